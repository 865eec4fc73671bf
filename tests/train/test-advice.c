/* What the log is told of a training that surprises those who build it. */
#include "trainer-bench.h"

#include <stdio.h>

typedef struct told {
    int warnings;
    char last[512];
} told;

static void note(int32_t level, const char *category, const char *line, void *user_data)
{
    (void)category;
    told *all = user_data;
    if (level != NEURON_LOG_WARNING)
        return;
    all->warnings++;
    snprintf(all->last, sizeof all->last, "%s", line);
}

/* Flat pixels, a dense layer, and perhaps something behind it. */
static neuron_graph_t *network(neuron_context_t *context, const char *normalizer, bool softmax)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_flatten(g, neuron_input(g, (const int64_t[]){SIZE, SIZE, 1}, 3));
    if (normalizer)
        x = neuron_batch_norm(g, x, normalizer);
    x = neuron_dense(g, x, TEST_CLASSES, NULL);
    assert_ok(neuron_graph_finish(g, softmax ? neuron_softmax(g, x, NULL) : x));
    return g;
}

/* What is told of a training of so many epochs, of STEPS steps each. */
static told train(const char *normalizer, bool softmax, const char *loss_name, int64_t epochs)
{
    told all = {0};
    bench b = set_up(test_linear);
    neuron_graph_t *graph = network(b.context, normalizer, softmax);
    neuron_trainer_t *trainer;
    assert_ok(neuron_context_set_log(b.context, NEURON_LOG_DEBUG, note, &all, NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, b.optimizer, b.train));
    assert_ok(neuron_trainer_set_number(trainer, "batch_size", BATCH));
    assert_ok(neuron_trainer_set_number(trainer, "epochs", (double)epochs));
    if (loss_name) {
        neuron_loss_t *loss;
        assert_ok(neuron_loss_create(&loss, b.context, loss_name, NULL));
        assert_ok(neuron_trainer_set_loss(trainer, loss));
        neuron_loss_unref(loss);
    }
    int status = neuron_trainer_run(NULL, trainer);
    ck_assert(status == NEURON_OK || status == NEURON_E_NOT_FINITE); /* sums near 0 */
    if (status == NEURON_OK) {                                       /* once only */
        int before = all.warnings;
        assert_ok(neuron_trainer_set_number(trainer, "epochs", (double)epochs + 1));
        (void)neuron_trainer_run(NULL, trainer);
        ck_assert_int_eq(all.warnings, before);
    }
    assert_ok(neuron_context_set_log(b.context, NEURON_LOG_WARNING, NULL, NULL, NULL));
    neuron_trainer_unref(trainer);
    neuron_graph_unref(graph);
    tear_down(&b);
    return all;
}

static void assert_told(const told *all, const char *text)
{
    assert_that(all->warnings == 1 && strstr(all->last, text), "%d warnings, \"%s\"", all->warnings,
                all->last);
}

START_TEST(a_missing_softmax_is_told)
{
    told all = train(NULL, false, NULL, 1);
    assert_told(&all, "trainer: cross_entropy takes probabilities, but dense puts out any numbers: "
                      "is a softmax missing behind it?");
    all = train(NULL, false, "binary_cross_entropy", 1);
    assert_told(&all, "is a sigmoid missing behind it?");
    all = train(NULL, false, "mean_squared_error", 1);
    ck_assert_int_eq(all.warnings, 0);
    all = train(NULL, true, NULL, 1);
    ck_assert_int_eq(all.warnings, 0);
}
END_TEST

/* 0.99 to the 299th is 0.0495, 0.9 to the 29th 0.047. */
START_TEST(averages_that_do_not_settle_are_told)
{
    told all = train("momentum=0.99", true, NULL, 74);
    assert_told(&all, "trainer: batch_norm has momentum 0.99, with which its averages settle after "
                      "299 steps; this training has 296");
    all = train("momentum=0.99", true, NULL, 75);
    ck_assert_int_eq(all.warnings, 0);
    all = train("momentum=0.9", true, NULL, 7);
    assert_told(&all, "settle after 29 steps; this training has 28");
    all = train("momentum=0.9", true, NULL, 8);
    ck_assert_int_eq(all.warnings, 0);
    all = train("momentum=1", true, NULL, 1);
    ck_assert_int_eq(all.warnings, 0);
    all = train("momentum=0", true, NULL, 1);
    ck_assert_int_eq(all.warnings, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("advice");
    TCase *cases = tcase_create("advice");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, a_missing_softmax_is_told);
    tcase_add_test(cases, averages_that_do_not_settle_are_told);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
