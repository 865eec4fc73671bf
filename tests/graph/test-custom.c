#include "gradient.h"
#include "test-common.h"
#include "test-models.h"

#include <math.h>

/* ---- The example of the header ---- */

static int swish(neuron_custom_run_t *run, void *user_data)
{
    const float *x = neuron_custom_run_input(run, 0);
    float *y = neuron_custom_run_output(run);
    int64_t n = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    (void)user_data;
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] / (1 + expf(-x[i]));
    return 0;
}

static int swish_back(neuron_custom_run_t *run, void *user_data)
{
    const float *x = neuron_custom_run_input(run, 0);
    const float *dy = neuron_custom_run_output_gradient(run);
    float *dx = neuron_custom_run_input_gradient(run, 0);
    int64_t n = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    (void)user_data;
    for (int64_t i = 0; dx && i < n; i++) {
        float s = 1 / (1 + expf(-x[i]));
        dx[i] = dy[i] * s * (1 + x[i] * (1 - s));
    }
    return 0;
}

/* ---- A dense layer with parameters of its own ---- */

static int own_dense(neuron_custom_run_t *run, void *user_data)
{
    int64_t in = neuron_custom_run_input_size(run, 0), units = neuron_custom_run_output_size(run);
    const float *kernel = neuron_custom_run_array(run, 0), *bias = neuron_custom_run_array(run, 1);
    (void)user_data;
    for (int64_t e = 0; e < neuron_custom_run_batch(run); e++) {
        const float *x = neuron_custom_run_input(run, 0) + e * in;
        float *y = neuron_custom_run_output(run) + e * units;
        for (int64_t u = 0; u < units; u++) {
            double sum = (double)bias[u];
            for (int64_t i = 0; i < in; i++)
                sum += (double)x[i] * (double)kernel[i * units + u];
            y[u] = (float)sum;
        }
    }
    return 0;
}

static void own_kernel_gradient(const neuron_custom_run_t *run, float *to)
{
    int64_t in = neuron_custom_run_input_size(run, 0), units = neuron_custom_run_output_size(run);
    const float *x = neuron_custom_run_input(run, 0), *dy = neuron_custom_run_output_gradient(run);
    for (int64_t i = 0; i < in; i++)
        for (int64_t u = 0; u < units; u++) {
            double sum = 0;
            for (int64_t e = 0; e < neuron_custom_run_batch(run); e++)
                sum += (double)x[e * in + i] * (double)dy[e * units + u];
            to[i * units + u] = (float)sum;
        }
}

static int own_dense_back(neuron_custom_run_t *run, void *user_data)
{
    int64_t in = neuron_custom_run_input_size(run, 0), units = neuron_custom_run_output_size(run);
    int64_t batch = neuron_custom_run_batch(run);
    const float *kernel = neuron_custom_run_array(run, 0);
    const float *dy = neuron_custom_run_output_gradient(run);
    float *dx = neuron_custom_run_input_gradient(run, 0);
    float *gradients[] = {neuron_custom_run_array_gradient(run, 0),
                          neuron_custom_run_array_gradient(run, 1)};
    (void)user_data;
    for (int64_t e = 0; dx && e < batch; e++)
        for (int64_t i = 0; i < in; i++) {
            double sum = 0;
            for (int64_t u = 0; u < units; u++)
                sum += (double)dy[e * units + u] * (double)kernel[i * units + u];
            dx[e * in + i] = (float)sum;
        }
    if (gradients[0])
        own_kernel_gradient(run, gradients[0]);
    for (int64_t u = 0; gradients[1] && u < units; u++) {
        double sum = 0;
        for (int64_t e = 0; e < batch; e++)
            sum += (double)dy[e * units + u];
        gradients[1][u] = (float)sum;
    }
    return 0;
}

static neuron_node_t *add_own_dense(neuron_graph_t *graph, neuron_node_t *input, int64_t units)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    neuron_node_t *node = neuron_custom(graph, "own_dense", &input, 1, &units, 1);
    assert_ok(neuron_node_shape(input, shape, &rank));
    shape[1] = units;
    assert_ok(
        neuron_custom_add_array(node, "kernel", shape, 2, NEURON_INITIALIZER_GLOROT_UNIFORM, 0, 1));
    assert_ok(neuron_custom_add_array(node, "bias", &units, 1, NEURON_INITIALIZER_ZEROS, 0, 1));
    return node;
}

/* ---- A shape of its own, and several inputs: all of them, one behind the other ---- */

static int join_shape(const int64_t *shapes, const int32_t *ranks, int32_t count, int64_t *output,
                      int32_t *rank, void *user_data)
{
    (void)user_data;
    *rank = 1;
    for (int32_t i = 0; i < count; i++) {
        if (ranks[i] != 1)
            return 7;
        output[0] += shapes[i * NEURON_RANK_MAX];
    }
    return 0;
}

static void join_copy(const neuron_custom_run_t *run, bool back)
{
    int64_t row = neuron_custom_run_output_size(run), first = 0;
    for (int32_t i = 0; i < neuron_custom_run_input_count(run); i++) {
        int64_t size = neuron_custom_run_input_size(run, i);
        float *dx = neuron_custom_run_input_gradient(run, i);
        for (int64_t e = 0; e < neuron_custom_run_batch(run); e++) {
            size_t bytes = (size_t)size * sizeof *dx;
            if (!back)
                memcpy(neuron_custom_run_output(run) + e * row + first,
                       neuron_custom_run_input(run, i) + e * size, bytes);
            else if (dx)
                memcpy(dx + e * size, neuron_custom_run_output_gradient(run) + e * row + first,
                       bytes);
        }
        first += size;
    }
}

static int join(neuron_custom_run_t *run, void *user_data)
{
    (void)user_data;
    join_copy(run, false);
    return 0;
}

static int join_back(neuron_custom_run_t *run, void *user_data)
{
    (void)user_data;
    join_copy(run, true);
    return 0;
}

static void register_all(neuron_context_t *context)
{
    assert_ok(neuron_custom_register(context, "swish", swish, swish_back, NULL, NULL));
    assert_ok(neuron_custom_register(context, "own_dense", own_dense, own_dense_back, NULL, NULL));
    assert_ok(neuron_custom_register(context, "join", join, join_back, join_shape, NULL));
}

static neuron_context_t *custom_context(void)
{
    neuron_context_t *context = test_context();
    register_all(context);
    return context;
}

static neuron_graph_t *custom_graph(void)
{
    neuron_context_t *context = custom_context();
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_context_unref(context);
    return graph;
}

static neuron_graph_t *save_and_load(const neuron_graph_t *graph, neuron_context_t *context,
                                     int expected)
{
    neuron_graph_t *loaded = NULL;
    size_t size;
    assert_ok(neuron_graph_save_memory(graph, NULL, 0, &size));
    void *bytes = malloc(size);
    assert_ok(neuron_graph_save_memory(graph, bytes, size, NULL));
    assert_status(neuron_graph_load_memory(&loaded, context, bytes, size), expected);
    free(bytes);
    return loaded;
}

/* ---- Values and gradients ---- */

START_TEST(gradient_of_swish)
{
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 5, 4, 2), 3, 2, 2);
    check_layer(graph, neuron_relu(graph, neuron_custom(graph, "swish", &x, 1, NULL, 0)), 4);
}
END_TEST

START_TEST(gradient_with_parameters)
{
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 6), 5);
    x = add_own_dense(graph, x, 7);
    assert_ok(neuron_node_set_regularizer(x, "kernel", 0.01, 0.02));
    if (_i == 1)
        assert_ok(neuron_node_set_trainable(x, 0));
    check_layer(graph, neuron_relu(graph, x), 5);
}
END_TEST

START_TEST(gradient_of_several_inputs)
{
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *input = vector_input(graph, 6);
    neuron_node_t *inputs[] = {neuron_dense(graph, input, 5), input,
                               neuron_tanh(graph, neuron_dense(graph, input, 3))};
    neuron_node_t *node = neuron_custom(graph, "join", inputs, 3, NULL, 0);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_node_shape(node, shape, &rank));
    ck_assert_int_eq(rank, 1);
    ck_assert_int_eq(shape[0], 14);
    check_layer(graph, node, 5);
}
END_TEST

/* Trained side by side with the built-in layer: the same up to the order of sums. */
START_TEST(trains_as_the_built_in_layer)
{
    neuron_context_t *context = custom_context();
    neuron_dataset_t *data = test_glyphs(context, 80, 8);
    double losses[2];
    for (int i = 0; i < 2; i++) {
        neuron_graph_t *graph;
        neuron_trainer_t *trainer;
        neuron_optimizer_t *optimizer;
        neuron_history_t *history;
        assert_ok(neuron_graph_create(&graph, context));
        assert_ok(neuron_graph_set_seed(graph, 5));
        neuron_node_t *x = neuron_flatten(graph, image_input(graph, 8, 8, 1));
        x = i == 0 ? neuron_dense(graph, x, 9) : add_own_dense(graph, x, 9);
        x = neuron_dense(graph, neuron_tanh(graph, x), TEST_CLASSES);
        assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, x)));
        assert_ok(neuron_optimizer_create(&optimizer, context, NEURON_OPTIMIZER_ADAM));
        assert_ok(neuron_trainer_create(&trainer, graph, optimizer, data));
        assert_ok(neuron_trainer_set_int(trainer, NEURON_TRAINER_EPOCHS, 3));
        assert_ok(neuron_trainer_run(trainer, &history));
        losses[i] = test_figure(history, 2, NEURON_METRIC_LOSS);
        neuron_history_unref(history);
        neuron_trainer_unref(trainer);
        neuron_optimizer_unref(optimizer);
        neuron_graph_unref(graph);
    }
    ck_assert_double_eq_tol(losses[0], losses[1], 1e-5 * losses[0]);
    neuron_dataset_unref(data);
    neuron_context_unref(context);
}
END_TEST

/* ---- Callbacks that fail ---- */

typedef struct failure {
    int forward, backward; /* what they return */
    int calls_left;        /* of the one that fails, before it does */
} failure;

/* Adds 1 to its own count, which is not trained. */
static int count_forward(neuron_custom_run_t *run, void *user_data)
{
    failure *plan = user_data;
    if (neuron_custom_run_training(run))
        neuron_custom_run_array(run, 0)[0] += 1;
    if (plan->forward && plan->calls_left-- == 0)
        return plan->forward;
    return swish(run, NULL);
}

static int count_backward(neuron_custom_run_t *run, void *user_data)
{
    failure *plan = user_data;
    if (plan->backward && plan->calls_left-- == 0)
        return plan->backward;
    return swish_back(run, NULL);
}

static neuron_graph_t *failing_graph(neuron_context_t *context)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_flatten(graph, image_input(graph, 8, 8, 1));
    x = neuron_batch_norm(graph, neuron_dense(graph, x, 9));
    x = neuron_custom(graph, "count", &x, 1, NULL, 0);
    assert_ok(neuron_custom_add_array(x, "calls", NULL, 0, NEURON_INITIALIZER_ZEROS, 0, 0));
    x = neuron_batch_norm(graph, neuron_dense(graph, x, TEST_CLASSES));
    assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, x)));
    return graph;
}

static const struct {
    failure plan;
    int status;
    const char *message;
} failures[] = {
    {{3, 0, 1}, NEURON_E_CALLBACK, "count: the forward callback returned 3"},
    {{0, 4, 1}, NEURON_E_CALLBACK, "count: the backward callback returned 4"},
    {{NEURON_E_DATA, 0, 0}, NEURON_E_DATA, "count: the forward callback returned -80"},
    {{0, -5, 0}, -5, "count: the backward callback returned -5"},
};

/* A step that fails changes nothing, and the run can be continued as if it had not failed. */
START_TEST(a_step_that_fails)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *optimizer;
    neuron_trainer_t *trainers[2];
    neuron_graph_t *graphs[2];
    failure plan = {0, 0, 0};
    assert_ok(neuron_custom_register(context, "count", count_forward, count_backward, NULL, &plan));
    neuron_dataset_t *data = test_glyphs(context, 90, 8);
    assert_ok(neuron_optimizer_create(&optimizer, context, NEURON_OPTIMIZER_ADAM));
    for (int i = 0; i < 2; i++) {
        graphs[i] = failing_graph(context);
        if (i == 1)
            copy_parameters(graphs[1], graphs[0]);
        assert_ok(neuron_trainer_create(&trainers[i], graphs[i], optimizer, data));
    }
    neuron_graph_t *before = save_and_load(graphs[0], context, NEURON_OK);
    copy_parameters(before, graphs[0]);
    plan = failures[_i].plan;
    int calls = plan.calls_left;
    assert_status(neuron_trainer_run(trainers[0], NULL), failures[_i].status);
    assert_message(failures[_i].message);
    if (calls == 0)
        ck_assert(same_parameters(graphs[0], before));
    plan = (failure){0, 0, 0};
    assert_ok(neuron_trainer_run(trainers[0], NULL));
    /* The other one does not know of failures. */
    copy_parameters(graphs[1], before);
    assert_ok(neuron_trainer_run(trainers[1], NULL));
    ck_assert(same_parameters(graphs[0], graphs[1]));
    neuron_graph_unref(before);
    for (int i = 0; i < 2; i++) {
        neuron_trainer_unref(trainers[i]);
        neuron_graph_unref(graphs[i]);
    }
    neuron_optimizer_unref(optimizer);
    neuron_dataset_unref(data);
    neuron_context_unref(context);
}
END_TEST

/* What a frozen layer counts is lost, though it is told that this is training. */
START_TEST(a_frozen_layer_stays_as_it_is)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *optimizer;
    neuron_trainer_t *trainer;
    failure plan = {0, 0, 0};
    assert_ok(neuron_custom_register(context, "count", count_forward, count_backward, NULL, &plan));
    neuron_dataset_t *data = test_glyphs(context, 90, 8);
    neuron_graph_t *graph = failing_graph(context);
    int32_t calls = 0;
    while (strcmp(neuron_graph_array_name(graph, calls), "count.calls") != 0)
        calls++;
    assert_ok(neuron_optimizer_create(&optimizer, context, NEURON_OPTIMIZER_ADAM));
    assert_ok(neuron_trainer_create(&trainer, graph, optimizer, data));
    const float expected[] = {3, 3, 6}; /* steps so far that counted */
    for (int i = 0; i < 3; i++) {
        float count;
        size_t size;
        assert_ok(neuron_node_set_trainable(neuron_graph_find_node(graph, "count"), i != 1));
        assert_ok(neuron_trainer_set_int(trainer, NEURON_TRAINER_EPOCHS, i + 1));
        assert_ok(neuron_trainer_run(trainer, NULL));
        assert_ok(neuron_graph_read_array(graph, calls, &count, 1, &size));
        ck_assert_float_eq(count, expected[i]);
    }
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(optimizer);
    neuron_graph_unref(graph);
    neuron_dataset_unref(data);
    neuron_context_unref(context);
}
END_TEST

START_TEST(predicting_and_evaluating_fail)
{
    neuron_context_t *context = test_context();
    failure plan = {6, 0, 0};
    assert_ok(neuron_custom_register(context, "count", count_forward, NULL, NULL, &plan));
    neuron_graph_t *graph = failing_graph(context);
    neuron_dataset_t *data = test_glyphs(context, 20, 8);
    neuron_evaluation_t *evaluation;
    assert_status(neuron_graph_evaluate(graph, data, &evaluation), NEURON_E_CALLBACK);
    ck_assert_ptr_null(evaluation);
    assert_message("count: the forward callback returned 6");
    neuron_tensor_t *input, *output;
    const int64_t in[] = {2, 8, 8, 1}, out[] = {2, TEST_CLASSES};
    assert_ok(neuron_tensor_create(&input, context, NEURON_F32, in, 4));
    assert_ok(neuron_tensor_create(&output, context, NEURON_F32, out, 2));
    plan.calls_left = 0;
    assert_status(neuron_graph_predict(graph, input, output), NEURON_E_CALLBACK);
    assert_ok(neuron_graph_predict(graph, input, output));
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    /* Without a backward nothing can be trained. */
    neuron_optimizer_t *optimizer;
    neuron_trainer_t *trainer;
    assert_ok(neuron_optimizer_create(&optimizer, context, NEURON_OPTIMIZER_ADAM));
    assert_status(neuron_trainer_create(&trainer, graph, optimizer, data), NEURON_E_UNSUPPORTED);
    assert_message("count has no gradient");
    neuron_optimizer_unref(optimizer);
    neuron_dataset_unref(data);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* ---- Files and other contexts ---- */

START_TEST(loading_needs_the_kind)
{
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *x = add_own_dense(graph, vector_input(graph, 3), 2);
    assert_ok(neuron_graph_finish(graph, x));
    neuron_context_t *other = test_context();
    save_and_load(graph, other, NEURON_E_UNSUPPORTED);
    assert_message("no layer \"own_dense\" is registered with the context");
    neuron_graph_t *copy;
    assert_ok(neuron_graph_create(&copy, other));
    ck_assert_ptr_null(neuron_import(copy, vector_input(copy, 3), graph, NULL));
    assert_message("import: no layer \"own_dense\" is registered");
    neuron_graph_unref(copy);
    register_all(other);
    neuron_graph_t *loaded = save_and_load(graph, other, NEURON_OK);
    ck_assert(same_parameters(graph, loaded));
    ck_assert_str_eq(neuron_graph_array_name(loaded, 0), "own_dense.kernel");
    assert_ok(neuron_graph_create(&copy, other));
    x = neuron_import(copy, vector_input(copy, 3), graph, NULL);
    assert_ok(neuron_graph_finish(copy, x));
    ck_assert(same_parameters(graph, copy));
    const float row[] = {1, -2, 3};
    float first[2], second[2];
    predict(graph, row, 1, first);
    predict(copy, row, 1, second);
    ck_assert_int_eq(memcmp(first, second, sizeof first), 0);
    neuron_graph_unref(copy);
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    neuron_context_unref(other);
}
END_TEST

/* A library that has a layer of that name, now or one day, keeps both apart. */
START_TEST(a_kind_may_be_called_as_a_layer_of_the_library)
{
    static const char *const names[] = {"dense", "input", "custom"};
    neuron_context_t *contexts[] = {test_context(), test_context()};
    neuron_graph_t *graph;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            assert_ok(neuron_custom_register(contexts[i], names[j], swish, swish_back, NULL, NULL));
    assert_ok(neuron_graph_create(&graph, contexts[0]));
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 3), 4);
    for (int j = 0; j < 3; j++)
        x = neuron_custom(graph, names[j], &x, 1, NULL, 0);
    ck_assert_str_eq(neuron_node_name(x), "custom");
    assert_ok(neuron_custom_add_array(x, "extra", NULL, 0, NEURON_INITIALIZER_ONES, 0, 1));
    assert_ok(neuron_graph_finish(graph, neuron_dense(graph, x, 2)));
    ck_assert_ptr_nonnull(neuron_graph_find_node(graph, "dense_2"));
    neuron_graph_t *loaded = save_and_load(graph, contexts[1], NEURON_OK);
    ck_assert(same_parameters(graph, loaded));
    const float row[] = {1, -2, 3};
    float first[2], second[2];
    predict(graph, row, 1, first);
    predict(loaded, row, 1, second);
    ck_assert_mem_eq(first, second, sizeof first);
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    neuron_context_unref(contexts[0]);
    neuron_context_unref(contexts[1]);
}
END_TEST

START_TEST(a_file_has_the_shape_that_the_kind_makes)
{
    neuron_context_t *contexts[] = {test_context(), test_context()};
    neuron_graph_t *graph;
    assert_ok(neuron_custom_register(contexts[0], "k", swish, NULL, NULL, NULL));
    assert_ok(neuron_custom_register(contexts[1], "k", swish, NULL, join_shape, NULL));
    assert_ok(neuron_graph_create(&graph, contexts[0]));
    neuron_node_t *x = vector_input(graph, 3);
    assert_ok(
        neuron_graph_finish(graph, neuron_custom(graph, "k", &x, 1, (const int64_t[]){1000}, 1)));
    save_and_load(graph, contexts[1], NEURON_E_FORMAT);
    assert_message("its shape is 1000, but k makes 3");
    neuron_graph_unref(graph);
    neuron_context_unref(contexts[0]);
    neuron_context_unref(contexts[1]);
}
END_TEST

/* What a kind makes of its inputs may be said again, and not otherwise: no file with another shape could
 * be loaded. */
START_TEST(a_shape_beside_that_of_the_kind)
{
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *x = vector_input(graph, 3);
    x = neuron_custom(graph, "join", &x, 1, (const int64_t[]){3}, 1);
    assert_ok(neuron_graph_finish(graph, x));
    neuron_context_t *other = custom_context();
    neuron_graph_unref(save_and_load(graph, other, NEURON_OK));
    neuron_context_unref(other);
    neuron_graph_unref(graph);
    graph = custom_graph();
    x = vector_input(graph, 3);
    ck_assert_ptr_null(neuron_custom(graph, "join", &x, 1, (const int64_t[]){4}, 1));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_SHAPE);
    assert_message("join: its shape is 4, but join makes 3");
    neuron_graph_unref(graph);
}
END_TEST

/* The batch is a dimension too, so that no output of the largest rank could be predicted. */
static int deep_shape(const int64_t *shapes, const int32_t *ranks, int32_t count, int64_t *output,
                      int32_t *rank, void *user_data)
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
    ck_assert_ptr_nonnull(neuron_custom(graph, "swish", &x, 1, ones, NEURON_RANK_MAX - 1));
    ck_assert_ptr_null(neuron_custom(graph, "swish", &x, 1, ones, NEURON_RANK_MAX));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
    assert_message("swish_1: rank 8 is not 0 to 7");
    neuron_graph_unref(graph);
    neuron_context_t *context = test_context();
    assert_ok(neuron_custom_register(context, "deep", swish, NULL, deep_shape, NULL));
    assert_ok(neuron_graph_create(&graph, context));
    x = vector_input(graph, 1);
    ck_assert_ptr_null(neuron_custom(graph, "deep", &x, 1, NULL, 0));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
    assert_message("deep: rank 8 is not 0 to 7");
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* ---- Bad input ---- */

START_TEST(bad_registrations)
{
    neuron_context_t *context = custom_context();
    static const struct {
        const char *name, *message;
    } names[] = {{"swish", "custom: a layer swish is registered already"},
                 {"a.b", "is not allowed"},
                 {"", "1 to 63 bytes"},
                 {NULL, "needs name"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_status(neuron_custom_register(context, names[i].name, swish, NULL, NULL, NULL),
                      NEURON_E_ARGUMENT);
        assert_message(names[i].message);
    }
    assert_status(neuron_custom_register(context, "x", NULL, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    assert_message("needs forward");
    assert_status(neuron_custom_register(NULL, "x", swish, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    neuron_context_unref(context);
}
END_TEST

START_TEST(bad_layers)
{
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *x = vector_input(graph, 3);
    ck_assert_ptr_null(neuron_custom(graph, "squish", &x, 1, NULL, 0));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_UNSUPPORTED);
    assert_message("custom: no layer \"squish\" is registered with the context");
    neuron_graph_unref(graph);
    graph = custom_graph();
    x = image_input(graph, 2, 2, 1);
    ck_assert_ptr_null(neuron_custom(graph, "join", &x, 1, NULL, 0));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_CALLBACK);
    assert_message("join: the shape callback returned 7");
    neuron_graph_unref(graph);
    graph = custom_graph();
    x = vector_input(graph, 3);
    ck_assert_ptr_null(neuron_custom(graph, "swish", &x, 1, (const int64_t[]){0}, 1));
    assert_message("swish: extent 0 of axis 0 is less than 1");
    neuron_graph_unref(graph);
}
END_TEST

typedef struct bad_array {
    const char *name, *message;
    int64_t extent;
    int32_t rank, initializer, trainable;
    int status;
} bad_array;

static const bad_array bad_arrays[] = {
    {NULL, "an array needs a name", 2, 1, NEURON_INITIALIZER_ONES, 1, NEURON_E_ARGUMENT},
    {"a.b", "is not allowed", 2, 1, NEURON_INITIALIZER_ONES, 1, NEURON_E_ARGUMENT},
    {"first", "swish: has an array first already", 2, 1, NEURON_INITIALIZER_ONES, 1,
     NEURON_E_ARGUMENT},
    {"a", "swish: extent 0 of axis 0", 0, 1, NEURON_INITIALIZER_ONES, 1, NEURON_E_ARGUMENT},
    {"a", "swish: rank 9 is not 0 to 8", 2, 9, NEURON_INITIALIZER_ONES, 1, NEURON_E_ARGUMENT},
    {"a", "swish: 11 is not an initializer", 2, 1, 11, 1, NEURON_E_ARGUMENT},
    {"a", "swish: trainable 2 is not 0 or 1", 2, 1, NEURON_INITIALIZER_ONES, 2, NEURON_E_ARGUMENT},
};

START_TEST(arrays_that_are_refused)
{
    const bad_array *bad = &bad_arrays[_i];
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *x = vector_input(graph, 3);
    x = neuron_custom(graph, "swish", &x, 1, NULL, 0);
    assert_ok(neuron_custom_add_array(x, "first", NULL, 0, NEURON_INITIALIZER_ONES, 0, 0));
    assert_status(neuron_custom_add_array(x, bad->name, &bad->extent, bad->rank, bad->initializer,
                                          0, bad->trainable),
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
    neuron_node_t *dense = neuron_dense(graph, x, 2);
    assert_status(neuron_custom_add_array(dense, "a", NULL, 0, NEURON_INITIALIZER_ONES, 0, 0),
                  NEURON_E_ARGUMENT);
    assert_message("dense: a dense layer has its own arrays");
    neuron_graph_unref(graph);
    graph = custom_graph();
    x = vector_input(graph, 3);
    x = neuron_custom(graph, "swish", &x, 1, NULL, 0);
    for (char name[] = "a"; *name < 'a' + 8; ++*name)
        assert_ok(neuron_custom_add_array(x, name, NULL, 0, NEURON_INITIALIZER_ONES, 0, 0));
    assert_status(neuron_custom_add_array(x, "z", NULL, 0, NEURON_INITIALIZER_ONES, 0, 0),
                  NEURON_E_ARGUMENT);
    assert_message("swish: has 8 arrays, which is the most");
    neuron_graph_unref(graph);
    graph = custom_graph();
    x = vector_input(graph, 3);
    x = neuron_custom(graph, "swish", &x, 1, NULL, 0);
    neuron_node_t *user = neuron_relu(graph, x);
    assert_status(neuron_custom_add_array(x, "a", NULL, 0, NEURON_INITIALIZER_ONES, 0, 0),
                  NEURON_E_STATE);
    assert_message("swish: arrays must be added before another layer uses the node");
    assert_status(neuron_graph_finish(graph, user), NEURON_E_STATE);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- What is asked for and is not there ---- */

static int ask(neuron_custom_run_t *run, void *user_data)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank = -1;
    neuron_custom_run_input_shape(run, 1, shape, &rank);
    bool none =
        rank == 0 && !neuron_custom_run_input(run, 1) && !neuron_custom_run_input(run, -1) &&
        !neuron_custom_run_array(run, 0) && neuron_custom_run_input_size(run, 1) == 0 &&
        neuron_custom_run_array_size(run, 0) == 0 && !neuron_custom_run_output_gradient(run) &&
        !neuron_custom_run_input_gradient(run, 0) && !neuron_custom_run_array_gradient(run, 0);
    neuron_custom_run_input_shape(run, 0, shape, &rank);
    *(bool *)user_data = none && rank == 1 && shape[0] == 3 && !neuron_custom_run_training(run);
    return swish(run, NULL);
}

START_TEST(what_is_not_there)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    bool fine = false;
    assert_ok(neuron_custom_register(context, "ask", ask, NULL, NULL, &fine));
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = vector_input(graph, 3);
    assert_ok(neuron_graph_finish(graph, neuron_custom(graph, "ask", &x, 1, NULL, 0)));
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
    neuron_custom_run_input_shape(run, 0, NULL, NULL);
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
    neuron_custom_run_input_shape(NULL, 0, shape, &rank);
    ck_assert_int_eq(rank, 0);
    neuron_custom_run_input_shape(NULL, 0, NULL, NULL);
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
    assert_ok(neuron_custom_register(context, "ask", ask_for_null, NULL, NULL, NULL));
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = vector_input(graph, 3);
    assert_ok(neuron_graph_finish(graph, neuron_custom(graph, "ask", &x, 1, NULL, 0)));
    float row[3] = {0};
    predict(graph, row, 1, row);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("custom");
    TCase *tests = tcase_create("custom");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, gradient_of_swish);
    tcase_add_loop_test(tests, gradient_with_parameters, 0, 2);
    tcase_add_test(tests, gradient_of_several_inputs);
    tcase_add_test(tests, trains_as_the_built_in_layer);
    tcase_add_loop_test(tests, a_step_that_fails, 0, sizeof failures / sizeof *failures);
    tcase_add_test(tests, a_frozen_layer_stays_as_it_is);
    tcase_add_test(tests, predicting_and_evaluating_fail);
    tcase_add_test(tests, loading_needs_the_kind);
    tcase_add_test(tests, a_kind_may_be_called_as_a_layer_of_the_library);
    tcase_add_test(tests, a_file_has_the_shape_that_the_kind_makes);
    tcase_add_test(tests, a_shape_beside_that_of_the_kind);
    tcase_add_test(tests, outputs_leave_a_dimension_to_the_batch);
    tcase_add_test(tests, bad_registrations);
    tcase_add_test(tests, bad_layers);
    tcase_add_loop_test(tests, arrays_that_are_refused, 0, sizeof bad_arrays / sizeof *bad_arrays);
    tcase_add_test(tests, arrays_at_the_wrong_place);
    tcase_add_test(tests, what_is_not_there);
    tcase_add_test(tests, nulls_are_answered);
    return run_suite(suite);
}
