/* Steps: those of the papers, the same bytes however they are run, and
 * losses that are no numbers. */
#include "trainer-bench.h"

#include <math.h>

/* ---- The same bytes ---- */

START_TEST(one_hot_labels_train_the_same)
{
    bench a = set_up(test_mlp), b = set_up(test_mlp);
    neuron_dataset_t *one_hot;
    neuron_trainer_t *t;
    neuron_history_t *history[2];
    assert_ok(neuron_dataset_one_hot(&one_hot, b.train));
    assert_ok(neuron_trainer_create(&t, b.graph, b.optimizer, one_hot));
    assert_ok(neuron_trainer_set_number(t, "batch_size", BATCH));
    assert_ok(neuron_trainer_run(&history[0], a.trainer));
    assert_ok(neuron_trainer_run(&history[1], t));
    ck_assert(same_parameters(a.graph, b.graph));
    ck_assert_double_eq(test_figure(history[0], 0, "loss"), test_figure(history[1], 0, "loss"));
    ck_assert_double_eq(test_figure(history[0], 0, "accuracy"),
                        test_figure(history[1], 0, "accuracy"));
    neuron_history_unref(history[0]);
    neuron_history_unref(history[1]);
    neuron_trainer_unref(t);
    neuron_dataset_unref(one_hot);
    tear_down(&b);
    tear_down(&a);
}
END_TEST

/* Large enough that every layer hands work to several threads. */
static neuron_graph_t *train_with_threads(model make, int32_t threads, uint64_t seed)
{
    enum { LARGE = 20 };
    neuron_context_t *context = test_context();
    assert_ok(neuron_context_set_number(context, "threads", threads));
    assert_ok(neuron_context_set_seed(context, seed));
    neuron_graph_t *graph = make(context, LARGE);
    neuron_optimizer_t *adam;
    neuron_trainer_t *t;
    neuron_dataset_t *glyphs = test_glyphs(context, 150, LARGE);
    assert_ok(neuron_optimizer_create(&adam, context, "adam", NULL));
    assert_ok(neuron_trainer_create(&t, graph, adam, glyphs));
    assert_ok(neuron_trainer_set(t, "validation_split=0.1, batch_size=50"));
    assert_ok(neuron_trainer_run(NULL, t));
    neuron_trainer_unref(t);
    neuron_dataset_unref(glyphs);
    neuron_optimizer_unref(adam);
    neuron_context_unref(context);
    return graph;
}

START_TEST(threads_do_not_change_a_bit)
{
    const model models[] = {test_mlp, test_cnn};
    for (int i = 0; i < 2; i++) {
        neuron_graph_t *alone = train_with_threads(models[i], 1, 3);
        for (int32_t threads = 2; threads <= 3; threads++) {
            neuron_graph_t *graph = train_with_threads(models[i], threads, 3);
            assert_that(same_parameters(alone, graph), "model %d, %d threads", i, threads);
            neuron_graph_unref(graph);
        }
        neuron_graph_t *other = train_with_threads(models[i], 1, 4);
        ck_assert(!same_parameters(alone, other));
        neuron_graph_unref(other);
        neuron_graph_unref(alone);
    }
}
END_TEST

/* The trainer's seed alone: the same initial parameters, another order. */
START_TEST(the_seed_shuffles)
{
    bench a = set_up(test_linear), b = set_up(test_linear);
    neuron_trainer_t *t;
    ck_assert(same_parameters(a.graph, b.graph));
    assert_ok(neuron_context_set_seed(b.context, 99));
    assert_ok(neuron_trainer_create(&t, b.graph, b.optimizer, b.train));
    assert_ok(neuron_trainer_set_number(t, "batch_size", BATCH));
    assert_ok(neuron_trainer_run(NULL, a.trainer));
    assert_ok(neuron_trainer_run(NULL, t));
    ck_assert(!same_parameters(a.graph, b.graph));
    neuron_trainer_unref(t);
    tear_down(&b);
    tear_down(&a);
}
END_TEST

/* ---- First steps by hand ---- */

/* One example x = (1, 2) of class 0 and a dense layer 2 -> 2 of zeros: the gradient of the logits
 * is
 * (-1/2, 1/2), so that of the kernel is ((-1/2, 1/2), (-1, 1)) and that of the bias (-1/2, 1/2). */
static neuron_graph_t *take_steps(const char *rule, const char *options, int64_t steps)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    neuron_optimizer_t *optimizer;
    neuron_tensor_t *examples, *labels;
    neuron_dataset_t *dataset;
    neuron_trainer_t *trainer;
    float x[] = {1, 2};
    int32_t label[] = {0};
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *y =
        neuron_dense(graph, neuron_input(graph, (const int64_t[]){2}, 1), 2, "initializer=zeros");
    assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, y, NULL)));
    assert_ok(neuron_optimizer_create(&optimizer, context, rule, options));
    assert_ok(
        neuron_tensor_copy(&examples, context, NEURON_TYPE_F32, (const int64_t[]){1, 2}, 2, x));
    assert_ok(
        neuron_tensor_copy(&labels, context, NEURON_TYPE_I32, (const int64_t[]){1}, 1, label));
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, 2));
    assert_ok(neuron_trainer_create(&trainer, graph, optimizer, dataset));
    assert_ok(neuron_trainer_set_number(trainer, "epochs", (double)steps));
    neuron_history_t *history;
    assert_ok(neuron_trainer_run(&history, trainer));
    ck_assert_double_eq_tol(test_figure(history, 0, "loss"), log(2), 1e-7);
    neuron_history_unref(history);
    neuron_trainer_unref(trainer);
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(examples);
    neuron_optimizer_unref(optimizer);
    neuron_context_unref(context);
    return graph;
}

/* The same in double: `steps` gradients, each handed to the rule. */
static void expect_steps(const char *rule, double momentum, int steps, double w[6])
{
    const double x[] = {1, 2, 1};
    double m[6] = {0}, v[6] = {0};
    for (int i = 0; i < 6; i++)
        w[i] = 0;
    for (int t = 1; t <= steps; t++) {
        double z[2] = {w[0] + 2 * w[2] + w[4], w[1] + 2 * w[3] + w[5]};
        double p = 1 / (1 + exp(z[1] - z[0]));
        double dz[2] = {p - 1, 1 - p};
        for (int i = 0; i < 6; i++) {
            double g = x[i / 2] * dz[i % 2];
            if (strcmp(rule, "sgd") == 0) {
                m[i] = momentum * m[i] - 0.01 * g;
                w[i] += m[i];
            } else {
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.999 * v[i] + 0.001 * g * g;
                w[i] -= 0.001 * sqrt(1 - pow(0.999, t)) / (1 - pow(0.9, t)) * m[i] /
                        (sqrt(v[i]) + 1e-7);
            }
        }
    }
}

START_TEST(steps_are_those_of_the_papers)
{
    const struct {
        const char *rule, *options;
        double momentum;
    } cases[] = {{"sgd", NULL, 0}, {"sgd", "momentum=0.9", 0.9}, {"adam", NULL, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int steps = 1; steps <= 3; steps++) {
            neuron_graph_t *graph = take_steps(cases[i].rule, cases[i].options, steps);
            double expected[6];
            size_t count;
            float *values = test_parameters(graph, &count);
            expect_steps(cases[i].rule, cases[i].momentum, steps, expected);
            ck_assert_uint_eq(count, 6);
            for (size_t j = 0; j < count; j++)
                ck_assert_double_eq_tol((double)values[j], expected[j],
                                        1e-5 * fabs(expected[j]) + 1e-9);
            free(values);
            neuron_graph_unref(graph);
        }
    }
}
END_TEST

/* ---- Losses that are no numbers ---- */

/* Images of which one is not a number. */
static neuron_dataset_t *spoiled(bench *b, int64_t example)
{
    enum { PIXELS = SIZE * SIZE };
    float *values = malloc(EXAMPLES * PIXELS * sizeof *values);
    int32_t labels[EXAMPLES];
    neuron_tensor_t *examples, *classes;
    neuron_dataset_t *dataset;
    assert_ok(neuron_dataset_read(values, labels, b->train, 0, EXAMPLES));
    values[example * PIXELS + 5] = NAN;
    assert_ok(neuron_tensor_copy(&examples, b->context, NEURON_TYPE_F32,
                                 (const int64_t[]){EXAMPLES, SIZE, SIZE, 1}, 4, values));
    assert_ok(neuron_tensor_copy(&classes, b->context, NEURON_TYPE_I32, (const int64_t[]){EXAMPLES},
                                 1, labels));
    assert_ok(neuron_dataset_create(&dataset, b->context, examples, classes, TEST_CLASSES));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(classes);
    free(values);
    return dataset;
}

START_TEST(an_input_that_is_no_number_stops_the_run)
{
    const model models[] = {test_mlp, test_cnn};
    for (int i = 0; i < 2; i++) {
        bench a = set_up(models[i]), b = set_up(models[i]);
        neuron_dataset_t *bad = spoiled(&b, 2 * BATCH + 1);
        neuron_trainer_t *t[2];
        neuron_dataset_t *data[] = {a.train, bad};
        neuron_graph_t *graphs[] = {a.graph, b.graph};
        neuron_history_t *history;
        stopper s = {.after = 2, .answer = NEURON_STOP};
        for (int j = 0; j < 2; j++) {
            assert_ok(neuron_trainer_create(&t[j], graphs[j], a.optimizer, data[j]));
            assert_ok(neuron_trainer_set_number(t[j], "batch_size", BATCH));
            assert_ok(neuron_trainer_set(t[j], "shuffle=no"));
        }
        assert_ok(neuron_trainer_add_function(t[0], NEURON_EVENT_STEP_END, stop_after, &s, NULL));
        ck_assert_int_eq(neuron_trainer_run(NULL, t[0]), NEURON_STOP);
        for (int again = 0; again < 2; again++) {
            assert_status(neuron_trainer_run(&history, t[1]), NEURON_E_NOT_FINITE);
            assert_message("epoch 1");
            assert_message("step 3");
            ck_assert_ptr_nonnull(history);
            ck_assert_int_eq(neuron_history_epochs(history), 0);
            neuron_history_unref(history);
            /* Moving statistics included, as after the two good steps. */
            ck_assert(same_parameters(a.graph, b.graph));
        }
        neuron_trainer_unref(t[0]);
        neuron_trainer_unref(t[1]);
        neuron_dataset_unref(bad);
        tear_down(&b);
        tear_down(&a);
    }
}
END_TEST

START_TEST(a_huge_learning_rate_stops_the_run)
{
    bench b = set_up(test_mlp);
    neuron_trainer_t *t;
    neuron_optimizer_t *sgd;
    assert_ok(neuron_optimizer_create(&sgd, b.context, "sgd", "learning_rate=1e38"));
    assert_ok(neuron_trainer_create(&t, b.graph, sgd, b.train));
    assert_ok(neuron_trainer_set(t, "epochs=20"));
    assert_status(neuron_trainer_run(NULL, t), NEURON_E_NOT_FINITE);
    assert_message("epoch ");
    assert_message("step ");
    neuron_trainer_unref(t);
    neuron_optimizer_unref(sgd);
    tear_down(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trainer-steps");
    TCase *tests = tcase_create("steps");
    tcase_set_timeout(tests, 0);
    tcase_add_test(tests, one_hot_labels_train_the_same);
    tcase_add_test(tests, threads_do_not_change_a_bit);
    tcase_add_test(tests, the_seed_shuffles);
    tcase_add_test(tests, steps_are_those_of_the_papers);
    tcase_add_test(tests, an_input_that_is_no_number_stops_the_run);
    tcase_add_test(tests, a_huge_learning_rate_stops_the_run);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
