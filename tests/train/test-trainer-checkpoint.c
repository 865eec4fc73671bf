/* The file of the best epoch. */
#include "trainer-bench.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool exists(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0;
}

typedef struct checkpoints {
    const char *path;
    double best;
    int written, kept;
} checkpoints;

/* Removes the file after each epoch: it must be back after a better one, and after no other. */
static int check_checkpoint(neuron_trainer_t *trainer, void *user_data)
{
    checkpoints *c = user_data;
    const neuron_history_t *history = neuron_trainer_history(trainer);
    double loss =
        test_figure(history, neuron_history_epochs(history) - 1, NEURON_METRIC_VALIDATION_LOSS);
    bool better = loss < c->best;
    ck_assert_int_eq(exists(c->path), better);
    c->kept += !better;
    if (!better)
        return 0;
    neuron_graph_t *loaded;
    neuron_context_t *context = test_context();
    assert_ok(neuron_graph_load(&loaded, context, c->path));
    ck_assert(same_parameters(loaded, neuron_trainer_graph(trainer)));
    neuron_graph_unref(loaded);
    neuron_context_unref(context);
    unlink(c->path);
    c->best = loss;
    c->written++;
    return 0;
}

START_TEST(a_checkpoint_is_the_best_epoch)
{
    bench b = set_up(test_mlp);
    checkpoints c = {.path = test_file("best.safetensors"), .best = INFINITY};
    assert_ok(neuron_optimizer_set_float(b.optimizer, NEURON_OPTIMIZER_LEARNING_RATE, 0.1));
    assert_ok(neuron_trainer_set_validation(b.trainer, b.validation));
    assert_ok(neuron_trainer_set_int(b.trainer, NEURON_TRAINER_EPOCHS, 12));
    assert_ok(neuron_trainer_set_checkpoint(b.trainer, c.path, NEURON_METRIC_VALIDATION_LOSS));
    assert_ok(neuron_trainer_set_epoch_callback(b.trainer, check_checkpoint, &c));
    assert_ok(neuron_trainer_run(b.trainer, NULL));
    ck_assert_int_ge(c.written, 1);
    ck_assert_int_ge(c.kept, 1);
    tear_down(&b);
}
END_TEST

/* Figures that stay the same: the first of those that count is written, and no other. */
START_TEST(a_checkpoint_counts_since_it_was_set)
{
    bench a = set_up(test_linear), b = set_up(test_linear);
    bench *benches[] = {&a, &b};
    char first[512], second[512];
    const char *state;
    snprintf(first, sizeof first, "%s", test_file("first"));
    snprintf(second, sizeof second, "%s", test_file("second"));
    state = test_file("state");
    for (int i = 0; i < 2; i++) {
        assert_ok(neuron_trainer_set_validation(benches[i]->trainer, b.validation));
        assert_ok(
            neuron_optimizer_set_float(benches[i]->optimizer, NEURON_OPTIMIZER_LEARNING_RATE, 0));
    }
    const struct {
        bench *bench;
        const char *path;
        bool written;
    } cases[] = {
        {&a, first, true},  {&a, first, false}, {&a, second, true},
        {&a, NULL, false},  {&a, second, true}, {&b, first, false}, /* has loaded what a saved */
        {&b, second, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        neuron_trainer_t *trainer = cases[i].bench->trainer;
        if (i == 5) {
            assert_ok(neuron_trainer_save(a.trainer, state));
            assert_ok(neuron_trainer_load(b.trainer, state));
        }
        unlink(first);
        unlink(second);
        assert_ok(
            neuron_trainer_set_checkpoint(trainer, cases[i].path, NEURON_METRIC_VALIDATION_LOSS));
        assert_ok(neuron_trainer_set_int(trainer, NEURON_TRAINER_EPOCHS, (int64_t)i + 1));
        assert_ok(neuron_trainer_run(trainer, NULL));
        ck_assert_msg((exists(first) || exists(second)) == cases[i].written, "case %zu", i);
        ck_assert(!cases[i].written || exists(cases[i].path));
    }
    tear_down(&b);
    tear_down(&a);
}
END_TEST

/* A disk that was full is no reason to lose the best epoch. */
START_TEST(a_checkpoint_that_failed_is_written_later)
{
    bench b = set_up(test_linear), other = set_up(test_linear);
    const char *folder = test_file("folder"), *path;
    char inside[512];
    snprintf(inside, sizeof inside, "%s/best", folder);
    path = inside;
    assert_ok(neuron_trainer_set_checkpoint(b.trainer, path, NEURON_METRIC_LOSS));
    neuron_history_t *history = (neuron_history_t *)&b;
    assert_status(neuron_trainer_run(b.trainer, &history), NEURON_E_IO);
    ck_assert_ptr_null(history);
    assert_message(path);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    assert_ok(neuron_trainer_run(b.trainer, &history));
    ck_assert_int_eq(neuron_history_epochs(history), 1);
    neuron_history_unref(history);
    ck_assert(exists(path));
    assert_ok(neuron_trainer_run(other.trainer, NULL));
    ck_assert(same_parameters(other.graph, b.graph));
    unlink(path);
    rmdir(folder);
    tear_down(&other);
    tear_down(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trainer-checkpoint");
    TCase *cases = tcase_create("trainer-checkpoint");
    tcase_set_timeout(cases, 0);
    tcase_add_test(cases, a_checkpoint_is_the_best_epoch);
    tcase_add_test(cases, a_checkpoint_counts_since_it_was_set);
    tcase_add_test(cases, a_checkpoint_that_failed_is_written_later);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
