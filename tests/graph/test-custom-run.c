/* What a call of a custom layer is told beside its values: random numbers, memory that forward
 * keeps for backward, names and shapes. */
#include "gradient.h"
#include "test-common.h"
#include "test-models.h"

#include <math.h>
#include <stdio.h>

/* ---- A dropout, whose rate is an array of its own ---- */

/* Forward and backward are the same: what is dropped follows from the random numbers, which are the
 * same in both. */
static int drop(neuron_custom_run_t *run, const float *from, float *to)
{
    int64_t n = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    float rate = neuron_custom_run_training(run) ? *neuron_custom_run_array(run, 0) : 0;
    for (int64_t i = 0; to && i < n; i++) {
        float number;
        int status = neuron_custom_run_random(&number, run, i, 1);
        if (status < 0)
            return status;
        to[i] = number < rate ? 0 : from[i] / (1 - rate);
    }
    return 0;
}

static int drop_forward(neuron_custom_run_t *run, void *user_data)
{
    (void)user_data;
    return drop(run, neuron_custom_run_input(run, 0), neuron_custom_run_output(run));
}

static int drop_backward(neuron_custom_run_t *run, void *user_data)
{
    (void)user_data;
    return drop(run, neuron_custom_run_output_gradient(run),
                neuron_custom_run_input_gradient(run, 0));
}

static neuron_node_t *own_dropout(neuron_graph_t *graph, neuron_node_t *input, double rate)
{
    neuron_node_t *node = neuron_custom_layer(graph, "own_dropout", &input, 1, NULL, 0);
    assert_ok(neuron_custom_layer_add_array(node, "rate", NULL, 0, "constant", rate, 0));
    return node;
}

/* ---- Examples of length 1: forward keeps how long they were ---- */

static int unit_length(neuron_custom_run_t *run, void *user_data)
{
    int64_t size = neuron_custom_run_output_size(run);
    float *lengths = neuron_custom_run_saved(run);
    (void)user_data;
    ck_assert_int_eq(lengths != NULL, neuron_custom_run_training(run));
    for (int64_t e = 0; e < neuron_custom_run_batch(run); e++) {
        const float *x = neuron_custom_run_input(run, 0) + e * size;
        float *y = neuron_custom_run_output(run) + e * size;
        double sum = 0;
        for (int64_t i = 0; i < size; i++)
            sum += (double)x[i] * (double)x[i];
        float length = (float)sqrt(sum);
        for (int64_t i = 0; i < size; i++)
            y[i] = x[i] / length;
        if (lengths)
            lengths[e] = length;
    }
    return 0;
}

static int unit_length_back(neuron_custom_run_t *run, void *user_data)
{
    int64_t size = neuron_custom_run_output_size(run);
    const float *lengths = neuron_custom_run_saved(run);
    (void)user_data;
    for (int64_t e = 0; e < neuron_custom_run_batch(run); e++) {
        const float *y = neuron_custom_run_output(run) + e * size;
        const float *dy = neuron_custom_run_output_gradient(run) + e * size;
        float *dx = neuron_custom_run_input_gradient(run, 0) + e * size;
        double along = 0;
        for (int64_t i = 0; i < size; i++)
            along += (double)y[i] * (double)dy[i];
        for (int64_t i = 0; i < size; i++)
            dx[i] = (dy[i] - (float)along * y[i]) / lengths[e];
    }
    return 0;
}

static int64_t one_for_each_example(const neuron_custom_run_t *run, void *user_data)
{
    (void)user_data;
    return neuron_custom_run_batch(run);
}

static neuron_context_t *custom_context(int32_t threads)
{
    neuron_context_t *context = test_context();
    assert_ok(neuron_context_set_number(context, "threads", threads));
    assert_ok(neuron_custom_layer_register(context, "own_dropout", drop_forward, drop_backward,
                                           NULL, NULL, NULL));
    assert_ok(neuron_custom_layer_register(context, "unit_length", unit_length, unit_length_back,
                                           NULL, NULL, NULL));
    assert_ok(neuron_custom_layer_set_saved(context, "unit_length", one_for_each_example));
    return context;
}

static neuron_graph_t *custom_graph(void)
{
    neuron_context_t *context = custom_context(2);
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_context_unref(context);
    return graph;
}

/* ---- Values and gradients ---- */

START_TEST(gradient_with_what_forward_kept)
{
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 6), 5, NULL);
    x = neuron_custom_layer(graph, "unit_length", &x, 1, NULL, 0);
    x = neuron_dense(graph, x, 7, NULL);
    check_layer(graph, neuron_custom_layer(graph, "unit_length", &x, 1, NULL, 0), 5);
}
END_TEST

/* The reference draws the numbers itself, from the node's place in the graph and the step. */
START_TEST(gradient_with_random_numbers)
{
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 6), 9, NULL);
    x = own_dropout(graph, x, 0.25);
    check_layer(graph, own_dropout(graph, neuron_dense(graph, x, 7, NULL), 0.25), 5);
}
END_TEST

/* ---- Training ---- */

static neuron_graph_t *small_network(neuron_context_t *context)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    assert_ok(neuron_graph_set_seed(graph, 5));
    neuron_node_t *x = neuron_flatten(graph, image_input(graph, 8, 8, 1));
    x = own_dropout(graph, neuron_tanh(graph, neuron_dense(graph, x, 12, NULL)), 0.3);
    x = neuron_custom_layer(graph, "unit_length", &x, 1, NULL, 0);
    x = neuron_dense(graph, own_dropout(graph, x, 0.1), TEST_CLASSES, NULL);
    assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    return graph;
}

/* Trains for 3 epochs: at once, or with a break after the first, in which all that lives
 * on is the file at `path`. */
static neuron_graph_t *train(int32_t threads, const char *path)
{
    neuron_context_t *context = custom_context(threads);
    neuron_dataset_t *data = test_glyphs(context, 70, 8);
    neuron_optimizer_t *optimizer;
    neuron_trainer_t *trainer;
    neuron_graph_t *graph = NULL;
    assert_ok(neuron_optimizer_create(&optimizer, context, "adam", NULL));
    for (int run = path ? 0 : 1; run < 2; run++) {
        neuron_graph_unref(graph);
        graph = small_network(context);
        assert_ok(neuron_trainer_create(&trainer, graph, optimizer, data));
        assert_ok(neuron_trainer_set(trainer, "batch_size=16"));
        assert_ok(neuron_trainer_set_number(trainer, "epochs", run == 0 ? 1 : 3));
        if (path && run == 1)
            assert_ok(neuron_trainer_load(trainer, path));
        assert_ok(neuron_trainer_run(NULL, trainer));
        if (path && run == 0)
            assert_ok(neuron_trainer_save(trainer, path));
        neuron_trainer_unref(trainer);
    }
    neuron_optimizer_unref(optimizer);
    neuron_dataset_unref(data);
    neuron_context_unref(context);
    return graph;
}

START_TEST(the_same_bytes_with_any_threads_and_resumed)
{
    neuron_graph_t *first = train(1, NULL);
    neuron_graph_t *others[] = {train(1, NULL), train(3, NULL), train(2, test_file("training"))};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_that(same_parameters(first, others[i]), "training %zu differs", i);
        neuron_graph_unref(others[i]);
    }
    neuron_graph_unref(first);
}
END_TEST

/* ---- What a run tells ---- */

typedef struct answers {
    char name[64];
    int64_t output[NEURON_RANK_MAX], array[NEURON_RANK_MAX];
    int32_t output_rank, array_rank, missing_rank, statuses[5];
    float *saved, numbers[8];
} answers;

static int ask(neuron_custom_run_t *run, void *user_data)
{
    answers *a = user_data;
    int64_t shape[NEURON_RANK_MAX];
    float number;
    snprintf(a->name, sizeof a->name, "%s", neuron_custom_run_name(run));
    neuron_custom_run_output_shape(a->output, &a->output_rank, run);
    neuron_custom_run_array_shape(a->array, &a->array_rank, run, 0);
    neuron_custom_run_array_shape(shape, &a->missing_rank, run, 1);
    neuron_custom_run_output_shape(NULL, NULL, run);
    a->saved = neuron_custom_run_saved(run);
    a->statuses[0] = neuron_custom_run_random(&number, run, -1, 1);
    a->statuses[1] = neuron_custom_run_random(&number, run, 0, -1);
    a->statuses[2] = neuron_custom_run_random(NULL, run, 0, 1);
    a->statuses[3] = neuron_custom_run_random(&number, run, (int64_t)1 << 34, 1);
    a->statuses[4] = neuron_custom_run_random(&number, run, ((int64_t)1 << 34) - 1, 1);
    /* One at a time or some at once: the same numbers. */
    int status = neuron_custom_run_random(a->numbers, run, 3, 8);
    for (int i = 0; i < 8 && status == 0; i++) {
        status = neuron_custom_run_random(&number, run, 3 + i, 1);
        ck_assert_float_eq(number, a->numbers[i]);
    }
    memset(neuron_custom_run_output(run), 0,
           (size_t)(neuron_custom_run_batch(run) * neuron_custom_run_output_size(run)) *
               sizeof(float));
    return status;
}

START_TEST(what_a_run_tells)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    answers a = {.missing_rank = -1};
    assert_ok(neuron_custom_layer_register(context, "ask", ask, NULL, NULL, &a, NULL));
    assert_ok(neuron_custom_layer_set_saved(context, "ask", one_for_each_example));
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = vector_input(graph, 3);
    x = neuron_custom_layer(graph, "ask", &x, 1, (const int64_t[]){2, 5}, 2);
    assert_ok(neuron_node_set_name(x, "why"));
    assert_ok(neuron_custom_layer_add_array(x, "a", (const int64_t[]){4, 6, 2}, 3, "ones", 0, 1));
    assert_ok(neuron_graph_finish(graph, x));
    float row[3] = {0}, out[10];
    predict(graph, row, 1, out);
    ck_assert_str_eq(a.name, "why");
    ck_assert_int_eq(a.output_rank, 2);
    ck_assert_mem_eq(a.output, ((int64_t[]){2, 5}), 2 * sizeof(int64_t));
    ck_assert_int_eq(a.array_rank, 3);
    ck_assert_mem_eq(a.array, ((int64_t[]){4, 6, 2}), 3 * sizeof(int64_t));
    ck_assert_int_eq(a.missing_rank, 0);
    ck_assert_ptr_null(a.saved);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(a.statuses[i], NEURON_E_ARGUMENT);
    ck_assert_int_eq(a.statuses[4], NEURON_OK);
    for (int i = 0; i < 8; i++)
        ck_assert(a.numbers[i] >= 0 && a.numbers[i] < 1);
    answers before = a;
    predict(graph, row, 1, out);
    ck_assert_mem_eq(a.numbers, before.numbers, sizeof a.numbers);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(nulls_are_answered)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank = -1;
    float number;
    ck_assert_ptr_null(neuron_custom_run_name(NULL));
    ck_assert_ptr_null(neuron_custom_run_saved(NULL));
    neuron_custom_run_output_shape(shape, &rank, NULL);
    ck_assert_int_eq(rank, 0);
    rank = -1;
    neuron_custom_run_array_shape(shape, &rank, NULL, 0);
    ck_assert_int_eq(rank, 0);
    assert_status(neuron_custom_run_random(&number, NULL, 0, 1), NEURON_E_ARGUMENT);
}
END_TEST

/* ---- Memory that cannot be had ---- */

/* Asks for what the user data says, and looks at what is not there yet. */
static int64_t as_told(const neuron_custom_run_t *run, void *user_data)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    ck_assert_str_eq(neuron_custom_run_name(run), "kept");
    ck_assert_int_eq(neuron_custom_run_batch(run), 6);
    neuron_custom_run_output_shape(shape, &rank, run);
    ck_assert_int_eq(shape[0], TEST_CLASSES);
    ck_assert_ptr_null(neuron_custom_run_input(run, 0));
    ck_assert_ptr_null(neuron_custom_run_output(run));
    ck_assert_ptr_null(neuron_custom_run_output_gradient(run));
    ck_assert_ptr_null(neuron_custom_run_input_gradient(run, 0));
    ck_assert_ptr_null(neuron_custom_run_array(run, 0));
    ck_assert_ptr_null(neuron_custom_run_array_gradient(run, 0));
    ck_assert_ptr_null(neuron_custom_run_saved(run));
    return *(int64_t *)user_data;
}

START_TEST(memory_that_is_refused)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    int64_t wanted = 0, none, bytes;
    assert_ok(neuron_custom_layer_register(context, "kept", drop_forward, drop_backward, NULL,
                                           &wanted, NULL));
    assert_ok(neuron_custom_layer_set_saved(context, "kept", as_told));
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 3), TEST_CLASSES, NULL);
    x = neuron_custom_layer(graph, "kept", &x, 1, NULL, 0);
    assert_ok(neuron_custom_layer_add_array(x, "rate", NULL, 0, "zeros", 0, 0));
    assert_ok(neuron_graph_finish(graph, x));
    assert_ok(neuron_graph_memory(&none, graph, 6, "training=yes"));
    wanted = 1000000;
    assert_ok(neuron_graph_memory(&bytes, graph, 6, "training=yes"));
    ck_assert_int_ge(bytes, 4000000); /* other memory may lie where this one is not needed */
    wanted = -17;
    assert_status(neuron_graph_memory(&bytes, graph, 6, "training=yes"), -17);
    assert_message("kept: the saved callback returned -17");
    wanted = INT64_MIN;
    assert_status(neuron_graph_memory(&bytes, graph, 6, "training=yes"), NEURON_E_CALLBACK);
    wanted = INT64_MAX;
    assert_status(neuron_graph_memory(&bytes, graph, 6, "training=yes"), NEURON_E_MEMORY);
    assert_ok(neuron_graph_memory(&bytes, graph, 6, NULL)); /* asks nobody */
    assert_ok(neuron_custom_layer_set_saved(context, "kept", NULL));
    assert_ok(neuron_graph_memory(&bytes, graph, 6, "training=yes"));
    ck_assert_int_eq(bytes, none);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(kinds_that_there_are_not)
{
    neuron_context_t *context = test_context();
    assert_status(neuron_custom_layer_set_saved(context, "none", one_for_each_example),
                  NEURON_E_ARGUMENT);
    assert_message("neuron_custom_layer_set_saved: no layer \"none\" is registered");
    assert_status(neuron_custom_layer_set_saved(context, NULL, one_for_each_example),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_custom_layer_set_saved(NULL, "none", one_for_each_example),
                  NEURON_E_ARGUMENT);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("custom-run");
    TCase *tests = tcase_create("custom-run");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, gradient_with_what_forward_kept);
    tcase_add_test(tests, gradient_with_random_numbers);
    tcase_add_test(tests, the_same_bytes_with_any_threads_and_resumed);
    tcase_add_test(tests, what_a_run_tells);
    tcase_add_test(tests, nulls_are_answered);
    tcase_add_test(tests, memory_that_is_refused);
    tcase_add_test(tests, kinds_that_there_are_not);
    return run_suite(suite);
}
