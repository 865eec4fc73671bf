/* That training learns: on generated glyphs, and on real images where they are. */
#include "test-models.h"

#include <stdio.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { SIZE = 28 };

static double train_and_test(neuron_graph_t *graph, neuron_context_t *context,
                             neuron_dataset_t *train, neuron_dataset_t *test, int64_t epochs,
                             double rate)
{
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_evaluation_t *evaluation;
    neuron_history_t *history;
    assert_ok(neuron_optimizer_create(&adam, context, "adam", NULL));
    assert_ok(neuron_optimizer_set_number(adam, "learning_rate", rate));
    assert_ok(neuron_trainer_create(&trainer, graph, adam, train));
    assert_ok(neuron_trainer_set_number(trainer, "epochs", (double)epochs));
    assert_ok(neuron_trainer_run(&history, trainer));
    assert_ok(neuron_graph_evaluate(&evaluation, graph, test, NULL, NULL));
    double accuracy = neuron_evaluation_accuracy(evaluation);
    if (epochs > 1) /* it gets better, not only good */
        ck_assert_double_lt(test_figure(history, epochs - 1, "loss"),
                            test_figure(history, 0, "loss"));
    neuron_history_unref(history);
    neuron_evaluation_unref(evaluation);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    return accuracy;
}

static neuron_graph_t *small_cnn(neuron_context_t *context)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){SIZE, SIZE, 1}, 3);
    neuron_node_t *a =
        neuron_max_pool2d(g, neuron_relu(g, neuron_conv2d(g, x, 8, 3, 3, NULL)), 2, 2, NULL);
    neuron_node_t *b =
        neuron_max_pool2d(g, neuron_relu(g, neuron_conv2d(g, a, 16, 3, 3, NULL)), 2, 2, NULL);
    neuron_node_t *h = neuron_relu(g, neuron_dense(g, neuron_flatten(g, b), 64, NULL));
    assert_ok(neuron_graph_finish(
        g,
        neuron_softmax(g, neuron_dense(g, neuron_dropout(g, h, 0.2), TEST_CLASSES, NULL), NULL)));
    return g;
}

START_TEST(a_cnn_beats_a_linear_model_on_glyphs)
{
    int64_t examples = SANITIZED ? 800 : 3000, epochs = SANITIZED ? 6 : 8;
    neuron_context_t *context = test_context();
    neuron_dataset_t *all = test_glyphs(context, examples + 500, SIZE), *train, *test;
    assert_ok(neuron_dataset_subset(&train, all, 0, examples));
    assert_ok(neuron_dataset_subset(&test, all, examples, 500));
    neuron_graph_t *linear = test_linear(context, SIZE), *cnn = small_cnn(context);
    double linear_accuracy = train_and_test(linear, context, train, test, epochs, 0.003);
    double cnn_accuracy = train_and_test(cnn, context, train, test, epochs, 0.003);
    if (getenv("NEURON_TEST_FIGURES"))
        fprintf(stderr, "glyphs: linear %.3f, CNN %.3f\n", linear_accuracy, cnn_accuracy);
    ck_assert_double_gt(linear_accuracy, 0.2); /* it does learn: chance is 0.1 */
    ck_assert_double_ge(cnn_accuracy, SANITIZED ? 0.8 : 0.93);
    ck_assert_double_ge(cnn_accuracy - linear_accuracy, 0.05);
    neuron_graph_unref(cnn);
    neuron_graph_unref(linear);
    neuron_dataset_unref(test);
    neuron_dataset_unref(train);
    neuron_dataset_unref(all);
    neuron_context_unref(context);
}
END_TEST

static neuron_dataset_t *fashion(neuron_context_t *context, const char *part, int64_t count)
{
    static const char *const endings[] = {"", ".gz"};
    for (int i = 0; i < 2; i++) {
        char images[4096], labels[4096], name[128];
        snprintf(name, sizeof name, "fashion-mnist/%s-images-idx3-ubyte%s", part, endings[i]);
        const char *found = test_data(name);
        if (!found)
            continue;
        snprintf(images, sizeof images, "%s", found);
        snprintf(name, sizeof name, "fashion-mnist/%s-labels-idx1-ubyte%s", part, endings[i]);
        found = test_data(name);
        ck_assert_ptr_nonnull(found);
        snprintf(labels, sizeof labels, "%s", found);
        neuron_dataset_t *whole, *first;
        assert_ok(neuron_dataset_load_idx(&whole, context, images, labels, TEST_CLASSES));
        assert_ok(neuron_dataset_subset(&first, whole, 0, count));
        neuron_dataset_unref(whole);
        return first;
    }
    return NULL;
}

START_TEST(an_mlp_learns_fashion_mnist)
{
    neuron_context_t *context = test_context();
    neuron_dataset_t *train = fashion(context, "train", SANITIZED ? 2000 : 10000);
    if (train) {
        neuron_dataset_t *test = fashion(context, "t10k", 2000);
        ck_assert_ptr_nonnull(test);
        neuron_graph_t *g;
        assert_ok(neuron_graph_create(&g, context));
        neuron_node_t *x = neuron_flatten(g, neuron_input(g, (const int64_t[]){SIZE, SIZE, 1}, 3));
        neuron_node_t *h = neuron_relu(g, neuron_dense(g, x, 128, NULL));
        assert_ok(neuron_graph_finish(
            g, neuron_softmax(g, neuron_dense(g, h, TEST_CLASSES, NULL), NULL)));
        double accuracy = train_and_test(g, context, train, test, 1, 0.001);
        if (getenv("NEURON_TEST_FIGURES"))
            fprintf(stderr, "Fashion-MNIST: MLP %.3f\n", accuracy);
        ck_assert_double_gt(accuracy, SANITIZED ? 0.6 : 0.76);
        neuron_graph_unref(g);
        neuron_dataset_unref(test);
        neuron_dataset_unref(train);
    }
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("learning");
    TCase *cases = tcase_create("learning");
    tcase_set_timeout(cases, 0);
    tcase_add_test(cases, a_cnn_beats_a_linear_model_on_glyphs);
    tcase_add_test(cases, an_mlp_learns_fashion_mnist);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
