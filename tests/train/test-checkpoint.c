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
static int check_checkpoint(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    checkpoints *c = user_data;
    const neuron_history_t *history = neuron_trainer_history(trainer);
    double loss = test_figure(history, neuron_history_epochs(history) - 1, "validation_loss");
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
    assert_ok(neuron_optimizer_set(b.optimizer, "learning_rate=0.1"));
    assert_ok(neuron_trainer_set_validation(b.trainer, b.validation));
    assert_ok(neuron_trainer_set(b.trainer, "epochs=12"));
    add_checkpoint(&b, c.path, NULL);
    assert_ok(
        neuron_trainer_add_function(b.trainer, NEURON_EVENT_EPOCH_END, check_checkpoint, &c, NULL));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert_int_ge(c.written, 1);
    ck_assert_int_ge(c.kept, 1);
    tear_down(&b);
}
END_TEST

/* Figures that stay the same: the first since a checkpoint was added is written, and no other, also
 * after a training was loaded. */
START_TEST(a_checkpoint_counts_since_it_was_added)
{
    bench a = set_up(test_linear), b = set_up(test_linear);
    bench *benches[] = {&a, &b};
    char paths[3][512];
    const char *state = test_file("state");
    const char *const names[] = {"first", "second", "third"};
    for (int i = 0; i < 3; i++)
        snprintf(paths[i], sizeof paths[i], "%s", test_file(names[i]));
    for (int i = 0; i < 2; i++) {
        assert_ok(neuron_trainer_set_validation(benches[i]->trainer, b.validation));
        assert_ok(neuron_optimizer_set(benches[i]->optimizer, "learning_rate=0"));
    }
    const struct {
        bench *bench;
        int added, written; /* places in `paths`, or -1 */
    } cases[] = {
        {&a, 0, 0},   {&a, -1, -1}, {&a, 1, 1},
        {&a, -1, -1}, {&b, -1, -1}, /* has loaded what a saved */
        {&b, 2, 2},
    };
    for (int i = 0; i < 6; i++) {
        neuron_trainer_t *trainer = cases[i].bench->trainer;
        if (i == 4) {
            assert_ok(neuron_trainer_save(a.trainer, state));
            for (int j = 0; j < 2; j++)
                add_checkpoint(&b, paths[1 - j], NULL);
            assert_ok(neuron_trainer_load(b.trainer, state));
        }
        if (cases[i].added >= 0)
            add_checkpoint(cases[i].bench, paths[cases[i].added], NULL);
        assert_ok(neuron_trainer_set_number(trainer, "epochs", i + 1));
        assert_ok(neuron_trainer_run(NULL, trainer));
        for (int j = 0; j < 3; j++) {
            assert_that(exists(paths[j]) == (j == cases[i].written), "case %d, file %d", i, j);
            unlink(paths[j]);
        }
    }
    tear_down(&b);
    tear_down(&a);
}
END_TEST

static int count_call(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    (void)trainer;
    ++*(int *)user_data;
    return 0;
}

/* A disk that is full when an epoch is the best is no reason to lose it, be there worse ones later,
 * or only a file of the training left of it. */
START_TEST(a_checkpoint_that_failed_is_written_later)
{
    const char *state = test_file("state"), *folder = test_file("folder");
    char path[512];
    snprintf(path, sizeof path, "%s/best", folder);
    for (int elsewhere = 0; elsewhere < 2; elsewhere++) {
        bench b = set_up(test_linear), c = set_up(test_linear), one = set_up(test_linear);
        bench *after = elsewhere ? &c : &b;
        neuron_history_t *history = (neuron_history_t *)&b;
        neuron_graph_t *best;
        int calls = 0;
        add_checkpoint(&b, path, "monitor=loss");
        add_checkpoint(&c, path, "monitor=loss");
        assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_EPOCH_END, count_call, &calls,
                                              NULL));
        for (int i = 1; i <= 2; i++) { /* the second run gets no further */
            assert_status(neuron_trainer_run(&history, b.trainer), NEURON_E_IO);
            ck_assert_ptr_null(history);
            assert_message(path);
            ck_assert_int_eq(calls, 1);
            ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(b.trainer)), 1);
            assert_ok(neuron_trainer_set(b.trainer, "epochs=3"));
        }
        assert_ok(neuron_trainer_save(b.trainer, state));
        if (elsewhere)
            assert_ok(neuron_trainer_load(c.trainer, state));
        /* All that comes is worse. */
        assert_ok(neuron_optimizer_set(after->optimizer, "learning_rate=100"));
        assert_ok(neuron_trainer_set(after->trainer, "epochs=3"));
        ck_assert_int_eq(mkdir(folder, 0700), 0);
        assert_ok(neuron_trainer_run(&history, after->trainer));
        ck_assert_int_eq(neuron_history_epochs(history), 3);
        ck_assert(test_figure(history, 1, "loss") > test_figure(history, 0, "loss"));
        neuron_history_unref(history);
        assert_ok(neuron_graph_load(&best, b.context, path));
        assert_ok(neuron_trainer_run(NULL, one.trainer)); /* its only epoch */
        ck_assert(same_parameters(best, one.graph));
        neuron_graph_unref(best);
        unlink(path);
        rmdir(folder);
        tear_down(&one);
        tear_down(&c);
        tear_down(&b);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *cases = tcase_create("checkpoint");
    tcase_set_timeout(cases, 0);
    tcase_add_test(cases, a_checkpoint_is_the_best_epoch);
    tcase_add_test(cases, a_checkpoint_counts_since_it_was_added);
    tcase_add_test(cases, a_checkpoint_that_failed_is_written_later);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
