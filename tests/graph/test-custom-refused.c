/* What custom layers refuse, and what they answer when there is nothing. */
#include "custom-kinds.h"

#include <stdio.h>

START_TEST(bad_registrations)
{
    neuron_context_t *context = custom_context();
    static const struct {
        const char *name, *message;
    } names[] = {{"swish", "custom: a layer swish is registered already"},
                 {"a.b", "is not allowed"},
                 {"", "it must have 1 to 63"},
                 {NULL, "name is NULL"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_status(
            neuron_custom_layer_register(context, names[i].name, swish, NULL, NULL, NULL, NULL),
            NEURON_E_ARGUMENT);
        assert_message(names[i].message);
    }
    assert_status(neuron_custom_layer_register(context, "x", NULL, NULL, NULL, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_message("forward is NULL");
    assert_status(neuron_custom_layer_register(NULL, "x", swish, NULL, NULL, NULL, NULL),
                  NEURON_E_ARGUMENT);
    neuron_context_unref(context);
}
END_TEST

START_TEST(bad_layers)
{
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *x = vector_input(graph, 3);
    ck_assert_ptr_null(neuron_custom_layer(graph, "squish", &x, 1, NULL, 0));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_UNSUPPORTED);
    assert_message("custom: no layer \"squish\" is registered with the context");
    neuron_graph_unref(graph);
    graph = custom_graph();
    x = image_input(graph, 2, 2, 1);
    ck_assert_ptr_null(neuron_custom_layer(graph, "join", &x, 1, NULL, 0));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_CALLBACK);
    assert_message("join: the shape callback returned 7");
    neuron_graph_unref(graph);
    graph = custom_graph();
    x = vector_input(graph, 3);
    ck_assert_ptr_null(neuron_custom_layer(graph, "swish", &x, 1, (const int64_t[]){0}, 1));
    assert_message("swish: shape[0] is 0; it must be 1 or more");
    neuron_graph_unref(graph);
}
END_TEST

typedef struct bad_array {
    const char *name, *message;
    int64_t extent;
    const char *initializer;
    int32_t rank, trainable;
    int status;
} bad_array;

static const bad_array bad_arrays[] = {
    {NULL, "name is NULL", 2, "ones", 1, 1, NEURON_E_ARGUMENT},
    {"a.b", "is not allowed", 2, "ones", 1, 1, NEURON_E_ARGUMENT},
    {"first", "swish: has an array first already", 2, "ones", 1, 1, NEURON_E_ARGUMENT},
    {"a", "swish: shape[0] is 0", 0, "ones", 1, 1, NEURON_E_ARGUMENT},
    {"a", "swish: rank is 9; it must be 0 to 8", 2, "ones", 9, 1, NEURON_E_ARGUMENT},
    {"a", "swish: there is no initializer \"orthogonal\"", 2, "orthogonal", 1, 1,
     NEURON_E_ARGUMENT},
    {"a", "swish: trainable is 2; it must be 0 or 1", 2, "ones", 1, 2, NEURON_E_ARGUMENT},
};

START_TEST(arrays_that_are_refused)
{
    const bad_array *bad = &bad_arrays[_i];
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *x = vector_input(graph, 3);
    x = neuron_custom_layer(graph, "swish", &x, 1, NULL, 0);
    assert_ok(neuron_custom_layer_add_array(x, "first", NULL, 0, "ones", 0, 0));
    assert_status(neuron_custom_layer_add_array(x, bad->name, &bad->extent, bad->rank,
                                                bad->initializer, 0, bad->trainable),
                  bad->status);
    assert_message(bad->message);
    assert_status(neuron_graph_finish(graph, x), bad->status);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(arrays_at_the_wrong_place)
{
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *x = vector_input(graph, 3);
    neuron_node_t *dense = neuron_dense(graph, x, 2, NULL);
    assert_status(neuron_custom_layer_add_array(dense, "a", NULL, 0, "ones", 0, 0),
                  NEURON_E_ARGUMENT);
    assert_message("dense: a dense layer has its own arrays");
    neuron_graph_unref(graph);
    graph = custom_graph();
    x = vector_input(graph, 3);
    x = neuron_custom_layer(graph, "swish", &x, 1, NULL, 0);
    for (char name[] = "a"; *name < 'a' + 8; ++*name)
        assert_ok(neuron_custom_layer_add_array(x, name, NULL, 0, "ones", 0, 0));
    assert_status(neuron_custom_layer_add_array(x, "z", NULL, 0, "ones", 0, 0), NEURON_E_ARGUMENT);
    assert_message("swish: has 8 arrays, which is the most");
    neuron_graph_unref(graph);
    graph = custom_graph();
    x = vector_input(graph, 3);
    x = neuron_custom_layer(graph, "swish", &x, 1, NULL, 0);
    neuron_node_t *user = neuron_relu(graph, x);
    assert_status(neuron_custom_layer_add_array(x, "a", NULL, 0, "ones", 0, 0), NEURON_E_STATE);
    assert_message("swish: arrays must be added before another layer uses the node");
    assert_status(neuron_graph_finish(graph, user), NEURON_E_STATE);
    neuron_graph_unref(graph);
}
END_TEST

/* The batch is a dimension too, so that no output of the largest rank could be predicted. */
static int deep_shape(int64_t *output, int32_t *rank, const int64_t *shapes, const int32_t *ranks,
                      int64_t count, void *user_data)
{
    (void)shapes;
    (void)ranks;
    (void)count;
    (void)user_data;
    for (*rank = 0; *rank < NEURON_RANK_MAX; ++*rank)
        output[*rank] = 1;
    return 0;
}

START_TEST(outputs_leave_a_dimension_to_the_batch)
{
    const int64_t ones[NEURON_RANK_MAX] = {1, 1, 1, 1, 1, 1, 1, 1};
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *x = vector_input(graph, 1);
    ck_assert_ptr_nonnull(neuron_custom_layer(graph, "swish", &x, 1, ones, NEURON_RANK_MAX - 1));
    ck_assert_ptr_null(neuron_custom_layer(graph, "swish", &x, 1, ones, NEURON_RANK_MAX));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
    assert_message("swish_1: rank is 8; it must be 0 to 7");
    neuron_graph_unref(graph);
    neuron_context_t *context = test_context();
    assert_ok(neuron_custom_layer_register(context, "deep", swish, NULL, deep_shape, NULL, NULL));
    assert_ok(neuron_graph_create(&graph, context));
    x = vector_input(graph, 1);
    ck_assert_ptr_null(neuron_custom_layer(graph, "deep", &x, 1, NULL, 0));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
    assert_message("deep: rank is 8; it must be 0 to 7");
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* ---- Callbacks that fail because something in them does ---- */

enum { IN_SHAPE, IN_SAVED, IN_FORWARD, IN_BACKWARD, PLACES };

typedef struct reader {
    neuron_context_t *context;
    int place; /* that reads a file which is not there */
} reader;

static int read_nowhere(const reader *from, int place)
{
    neuron_tensor_t *table;
    if (from->place != place)
        return 0;
    return neuron_tensor_load_npy(&table, from->context, "/nowhere/table.npy");
}

static int read_shape(int64_t *output, int32_t *rank, const int64_t *shapes, const int32_t *ranks,
                      int64_t count, void *user_data)
{
    (void)count;
    *rank = ranks[0];
    memcpy(output, shapes, (size_t)ranks[0] * sizeof *output);
    return read_nowhere(user_data, IN_SHAPE);
}

static int64_t read_saved(const neuron_custom_run_t *run, void *user_data)
{
    (void)run;
    return read_nowhere(user_data, IN_SAVED);
}

static int read_forward(neuron_custom_run_t *run, void *user_data)
{
    swish(run, NULL);
    return read_nowhere(user_data, IN_FORWARD);
}

static int read_backward(neuron_custom_run_t *run, void *user_data)
{
    swish_back(run, NULL);
    return read_nowhere(user_data, IN_BACKWARD);
}

/* From the layer to a step of training. */
static int use_reader(neuron_context_t *context)
{
    neuron_graph_t *graph;
    neuron_optimizer_t *optimizer;
    neuron_trainer_t *trainer;
    neuron_dataset_t *data = test_glyphs(context, 20, 8);
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x =
        neuron_dense(graph, neuron_flatten(graph, image_input(graph, 8, 8, 1)), TEST_CLASSES, NULL);
    int status = neuron_graph_finish(graph, neuron_custom_layer(graph, "reader", &x, 1, NULL, 0));
    if (status == NEURON_OK) {
        assert_ok(neuron_optimizer_create(&optimizer, context, "sgd", NULL));
        status = neuron_trainer_create(&trainer, graph, optimizer, data);
        if (status == NEURON_OK)
            status = neuron_trainer_run(NULL, trainer);
        neuron_trainer_unref(trainer);
        neuron_optimizer_unref(optimizer);
    }
    neuron_graph_unref(graph);
    neuron_dataset_unref(data);
    return status;
}

/* What it failed with is in the message. */
START_TEST(a_failure_in_a_callback_is_told)
{
    const char *const names[PLACES] = {"shape", "saved", "forward", "backward"};
    neuron_context_t *context = test_context();
    reader from = {context, _i};
    char message[256];
    assert_ok(neuron_custom_layer_register(context, "reader", read_forward, read_backward,
                                           read_shape, &from, NULL));
    assert_ok(neuron_custom_layer_set_saved(context, "reader", read_saved));
    assert_status(use_reader(context), NEURON_E_IO);
    snprintf(
        message, sizeof message,
        "reader: the %s callback returned -60: cannot open \"/nowhere/table.npy\": No such file",
        names[_i]);
    assert_message(message);
    neuron_context_unref(context);
}
END_TEST

/* A finished graph takes no more layers, and stays what it is whatever is asked of it. */
START_TEST(a_finished_graph_stays_whole)
{
    static const char *const names[] = {"swish", "never registered", "", NULL};
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    neuron_tensor_t *input, *output;
    float value = 2;
    assert_ok(neuron_custom_layer_register(context, "swish", swish, NULL, NULL, NULL, NULL));
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = vector_input(graph, 1);
    neuron_node_t *y = neuron_custom_layer(graph, "swish", &x, 1, NULL, 0);
    assert_ok(neuron_graph_finish(graph, y));
    assert_ok(
        neuron_tensor_copy(&input, context, NEURON_TYPE_F32, (const int64_t[]){1, 1}, 2, &value));
    assert_ok(neuron_tensor_create(&output, context, NEURON_TYPE_F32, (const int64_t[]){1, 1}, 2));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int64_t nodes = neuron_graph_node_count(graph);
        ck_assert_ptr_null(neuron_custom_layer(graph, names[i], &x, 1, NULL, 0));
        assert_message("is finished");
        ck_assert_int_eq(neuron_graph_node_count(graph), nodes);
        assert_ok(neuron_graph_predict(graph, input, output));
        ck_assert(neuron_graph_output(graph, 0) == y);
    }
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* ---- What is asked for and is not there ---- */

static int ask(neuron_custom_run_t *run, void *user_data)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank = -1;
    neuron_custom_run_input_shape(shape, &rank, run, 1);
    bool none =
        rank == 0 && !neuron_custom_run_input(run, 1) && !neuron_custom_run_input(run, -1) &&
        !neuron_custom_run_array(run, 0) && neuron_custom_run_input_size(run, 1) == 0 &&
        neuron_custom_run_array_size(run, 0) == 0 && !neuron_custom_run_output_gradient(run) &&
        !neuron_custom_run_input_gradient(run, 0) && !neuron_custom_run_array_gradient(run, 0);
    neuron_custom_run_input_shape(shape, &rank, run, 0);
    *(bool *)user_data = none && rank == 1 && shape[0] == 3 && !neuron_custom_run_training(run);
    return swish(run, NULL);
}

START_TEST(what_is_not_there)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    bool fine = false;
    assert_ok(neuron_custom_layer_register(context, "ask", ask, NULL, NULL, &fine, NULL));
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = vector_input(graph, 3);
    assert_ok(neuron_graph_finish(graph, neuron_custom_layer(graph, "ask", &x, 1, NULL, 0)));
    float row[3] = {0};
    predict(graph, row, 1, row);
    ck_assert(fine);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

static int ask_for_null(neuron_custom_run_t *run, void *user_data)
{
    (void)user_data;
    neuron_custom_run_input_shape(NULL, NULL, run, 0);
    return swish(run, NULL);
}

START_TEST(nulls_are_answered)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank = -1;
    ck_assert_int_eq(neuron_custom_run_batch(NULL), 0);
    ck_assert_int_eq(neuron_custom_run_training(NULL), 0);
    ck_assert_int_eq(neuron_custom_run_input_count(NULL), 0);
    ck_assert_int_eq(neuron_custom_run_input_size(NULL, 0), 0);
    neuron_custom_run_input_shape(shape, &rank, NULL, 0);
    ck_assert_int_eq(rank, 0);
    neuron_custom_run_input_shape(NULL, NULL, NULL, 0);
    ck_assert_ptr_null(neuron_custom_run_input(NULL, 0));
    ck_assert_int_eq(neuron_custom_run_output_size(NULL), 0);
    ck_assert_ptr_null(neuron_custom_run_output(NULL));
    ck_assert_ptr_null(neuron_custom_run_output_gradient(NULL));
    ck_assert_ptr_null(neuron_custom_run_input_gradient(NULL, 0));
    ck_assert_int_eq(neuron_custom_run_array_size(NULL, 0), 0);
    ck_assert_ptr_null(neuron_custom_run_array(NULL, 0));
    ck_assert_ptr_null(neuron_custom_run_array_gradient(NULL, 0));
    neuron_graph_t *graph;
    neuron_context_t *context = test_context();
    assert_ok(neuron_custom_layer_register(context, "ask", ask_for_null, NULL, NULL, NULL, NULL));
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = vector_input(graph, 3);
    assert_ok(neuron_graph_finish(graph, neuron_custom_layer(graph, "ask", &x, 1, NULL, 0)));
    float row[3] = {0};
    predict(graph, row, 1, row);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("custom-refused");
    TCase *tests = tcase_create("custom-refused");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, outputs_leave_a_dimension_to_the_batch);
    tcase_add_test(tests, bad_registrations);
    tcase_add_test(tests, bad_layers);
    tcase_add_loop_test(tests, arrays_that_are_refused, 0, sizeof bad_arrays / sizeof *bad_arrays);
    tcase_add_test(tests, arrays_at_the_wrong_place);
    tcase_add_loop_test(tests, a_failure_in_a_callback_is_told, 0, PLACES);
    tcase_add_test(tests, a_finished_graph_stays_whole);
    tcase_add_test(tests, what_is_not_there);
    tcase_add_test(tests, nulls_are_answered);
    return run_suite(suite);
}
