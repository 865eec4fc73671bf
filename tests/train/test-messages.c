/* What is wrong is told in the caller's terms, and where it is. */
#include "test-models.h"

#include <math.h>

enum { EXAMPLES = 40, WIDTH = 5, BATCH = 8 };

/* A network for vectors, with as many outputs. */
static neuron_graph_t *network(neuron_context_t *context, int64_t outputs)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_dense(g, neuron_input(g, (const int64_t[]){WIDTH}, 1), outputs, NULL);
    x = outputs == 1 ? neuron_sigmoid(g, x) : neuron_softmax(g, x, NULL);
    assert_ok(neuron_graph_finish(g, x));
    return g;
}

/* Vectors of two classes, one number of which may be no number. */
static neuron_dataset_t *vectors(neuron_context_t *context, int64_t example, int64_t place,
                                 float value)
{
    float values[EXAMPLES * WIDTH];
    int32_t numbers[EXAMPLES];
    for (int i = 0; i < EXAMPLES * WIDTH; i++)
        values[i] = (float)(i % 7) / 7;
    for (int i = 0; i < EXAMPLES; i++)
        numbers[i] = i % 2;
    values[example * WIDTH + place] = value;
    neuron_tensor_t *examples, *labels;
    neuron_dataset_t *made;
    const int64_t shape[] = {EXAMPLES, WIDTH};
    assert_ok(neuron_tensor_copy(&examples, context, NEURON_TYPE_F32, shape, 2, values));
    assert_ok(neuron_tensor_copy(&labels, context, NEURON_TYPE_I32, shape, 1, numbers));
    assert_ok(neuron_dataset_create(&made, context, examples, labels, 2));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    return made;
}

static neuron_trainer_t *trainer_of(neuron_graph_t *graph, neuron_context_t *context,
                                    neuron_dataset_t *data, int32_t shuffle)
{
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, sgd, data));
    neuron_optimizer_unref(sgd);
    assert_ok(neuron_trainer_set_number(trainer, "shuffle", shuffle));
    assert_ok(neuron_trainer_set_number(trainer, "batch_size", BATCH));
    return trainer;
}

static const struct {
    int64_t example, place;
    float value;
    int32_t shuffle;
    const char *texts[2];
} bad[] = {
    {17, 3, NAN, 0, {"epoch 1, step 3 is not a number", "number 3 of example 17"}},
    {39,
     0,
     INFINITY,
     0,
     {"epoch 1, step 5 is", "number 0 of example 39 of the training set, infinite"}},
    {0, 4, -INFINITY, 1, {"epoch 1, step", "number 4 of example 0 of the training set, infinite"}},
    {20, 1, NAN, 1, {"epoch 1, step", "number 1 of example 20 of the training set, not a number"}},
};

START_TEST(bad_input)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = network(context, 2);
    neuron_dataset_t *data = vectors(context, bad[_i].example, bad[_i].place, bad[_i].value);
    neuron_trainer_t *trainer = trainer_of(graph, context, data, bad[_i].shuffle);
    assert_status(neuron_trainer_run(NULL, trainer), NEURON_E_NOT_FINITE);
    assert_message(bad[_i].texts[0]);
    assert_message(bad[_i].texts[1]);
    neuron_trainer_unref(trainer);
    neuron_dataset_unref(data);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* Not the inputs, but the rate. */
START_TEST(good_input)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = network(context, 2);
    neuron_dataset_t *data = vectors(context, 0, 0, 0.5f);
    neuron_trainer_t *trainer = trainer_of(graph, context, data, 1);
    assert_ok(neuron_optimizer_set(neuron_trainer_optimizer(trainer), "learning_rate=3e38"));
    assert_ok(neuron_trainer_set(trainer, "epochs=50"));
    assert_status(neuron_trainer_run(NULL, trainer), NEURON_E_NOT_FINITE);
    ck_assert_ptr_null(strstr(neuron_error_last(), "of example"));
    neuron_trainer_unref(trainer);
    neuron_dataset_unref(data);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(one_output_for_two_classes)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = network(context, 1);
    neuron_dataset_t *data = vectors(context, 0, 0, 0.5f);
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
    assert_status(neuron_trainer_create(&trainer, graph, sgd, data), NEURON_E_SHAPE);
    assert_message("trainer: the dataset has 2 classes, the graph's output is 1");
    assert_message("give the graph 2 outputs and a softmax");
    assert_message("neuron_dataset_create_with_targets()");
    assert_status(neuron_graph_evaluate(&evaluation, graph, data, NULL, NULL), NEURON_E_SHAPE);
    assert_message("evaluate: the dataset has 2 classes");
    assert_message("neuron_dataset_create_with_targets()");
    neuron_optimizer_unref(sgd);
    neuron_dataset_unref(data);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(options_have_names)
{
    neuron_context_t *context = test_context();
    neuron_loss_t *loss;
    neuron_optimizer_t *sgd;
    neuron_graph_t *graph;
    assert_ok(neuron_loss_create(&loss, context, "huber", NULL));
    assert_status(neuron_loss_set(loss, "label_smoothing=0.1"), NEURON_E_ARGUMENT);
    assert_message("huber: there is no option \"label_smoothing\"; its options are delta");
    neuron_loss_unref(loss);
    assert_ok(neuron_loss_create(&loss, context, "hinge", NULL));
    assert_status(neuron_loss_set(loss, "delta=0.1"), NEURON_E_ARGUMENT);
    assert_message("hinge: there is no option \"delta\"; it has none");
    neuron_loss_unref(loss);
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
    assert_status(neuron_optimizer_set_number(sgd, "12345", 1), NEURON_E_ARGUMENT);
    assert_message("sgd: there is no option \"12345\"; its options are learning_rate, ");
    neuron_optimizer_unref(sgd);
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_dense(graph, neuron_input(graph, (const int64_t[]){2}, 1), 3, NULL);
    assert_status(neuron_node_set(x, "padding=1"), NEURON_E_ARGUMENT);
    assert_message("dense: there is no option \"padding\"; its options are units, ");
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(arguments)
{
    neuron_context_t *context = test_context();
    neuron_dataset_t *data = vectors(context, 0, 0, 0.5f), *made, *parts[2];
    neuron_graph_t *graph;
    neuron_loss_t *loss;
    neuron_callback_t *callback;
    assert_status(neuron_dataset_generate_glyphs(&made, context, -1000000, 8, 8, 1),
                  NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_generate_glyphs: count is -1,000,000; it must be 1 or more");
    assert_status(
        neuron_dataset_split(parts, data, (const double[]){0.5, -2}, 2, 0, "order=in_order"),
        NEURON_E_ARGUMENT);
    assert_message("fractions[1] is -2; it must be above 0 and finite");
    assert_status(
        neuron_dataset_split(parts, data, (const double[]){0.5, 0.5}, 2, 0, "ordre=shuffled"),
        NEURON_E_ARGUMENT);
    assert_message("split: there is no option \"ordre\"; did you mean \"order\"?");
    assert_status(neuron_loss_create(&loss, context, "12", NULL), NEURON_E_ARGUMENT);
    assert_message("loss: there is no kind \"12\", but ");
    assert_message("cross_entropy");
    assert_status(neuron_loss_create(&loss, context, "huberr", NULL), NEURON_E_ARGUMENT);
    assert_message("loss: there is no kind \"huberr\"; did you mean \"huber\"?");
    assert_status(neuron_callback_create(&callback, context, "-10", NULL), NEURON_E_ARGUMENT);
    assert_message("callback: there is no kind \"-10\", but ");
    assert_status(neuron_graph_create(&graph, NULL), NEURON_E_ARGUMENT);
    assert_message("neuron_graph_create: context is NULL; it must not be");
    neuron_dataset_unref(data);
    assert_status(neuron_context_set_number(context, "threads", 300), NEURON_E_ARGUMENT);
    assert_message("context: threads is 300; it must be 0 to 256");
    assert_status(neuron_context_set_number(context, "threads", -7), NEURON_E_ARGUMENT);
    assert_message("threads is -7");
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("messages");
    TCase *cases = tcase_create("all");
    tcase_add_loop_test(cases, bad_input, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(cases, good_input);
    tcase_add_test(cases, one_output_for_two_classes);
    tcase_add_test(cases, options_have_names);
    tcase_add_test(cases, arguments);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
