#include "gradient.h"

#include "reference.h"
#include "test-common.h"

#include "base/random.h"
#include "session/steps.h"
#include "losses/cross-entropy.h"

#include <math.h>

enum { SAMPLES = 40 }; /* parameters of each array that are varied */

static const uint64_t dropout_seed = 77, dropout_step = 3;

/* Values differ by the rounding of float alone, and gradients by little more: a missing example, a
 * wrong factor or a wrong index is far outside. Both are relative; what is small beside the largest
 * of its kind is allowed that one's rounding. */
static const double value_tolerance = 1e-5;
static const double gradient_tolerance = 1e-3, gradient_floor = 1e-5;

typedef struct network {
    neuron_graph_t *graph;
    int64_t batch, in, classes;
    float *input, *target;
    float *gradients; /* as graph->values */
    double *parameters;
} network;

neuron_graph_t *new_graph(void)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_context_unref(context);
    return graph;
}

neuron_node_t *vector_input(neuron_graph_t *graph, int64_t extent)
{
    return neuron_input(graph, &extent, 1);
}

neuron_node_t *image_input(neuron_graph_t *graph, int64_t height, int64_t width, int64_t channels)
{
    return neuron_input(graph, (const int64_t[]){height, width, channels}, 3);
}

neuron_node_t *hidden_values(neuron_graph_t *graph, int64_t height, int64_t width, int64_t channels)
{
    if (height == 0)
        return neuron_dense(graph, vector_input(graph, 6), channels, NULL);
    return neuron_conv2d(graph, image_input(graph, height + 1, width + 1, 2), channels, 2, 2, NULL);
}

/* Wraps [count, ...shape]. */
static neuron_tensor_t *wrap_rows(const neuron_graph_t *graph, const neuron_shape *row,
                                  int64_t count, float *data)
{
    int64_t shape[NEURON_RANK_MAX] = {count};
    memcpy(shape + 1, row->extent, (size_t)row->rank * sizeof *shape);
    neuron_tensor_t *tensor;
    assert_ok(
        neuron_tensor_wrap(&tensor, graph->context, NEURON_TYPE_F32, shape, row->rank + 1, data));
    return tensor;
}

void assert_node_shape(const neuron_node_t *node, const int64_t *expected, int32_t expected_rank)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_node_shape(shape, &rank, node));
    ck_assert_int_eq(rank, expected_rank);
    for (int32_t i = 0; i < rank; i++)
        ck_assert_int_eq(shape[i], expected[i]);
}

void predict(const neuron_graph_t *graph, const float *input, int64_t count, float *output)
{
    size_t size = (size_t)(count * neuron_shape_count(neuron_graph_first_input(graph)));
    float *copy = malloc(size * sizeof *copy);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, input, size * sizeof *copy);
    neuron_tensor_t *from = wrap_rows(graph, neuron_graph_first_input(graph), count, copy);
    neuron_tensor_t *to = wrap_rows(graph, neuron_graph_first_output(graph), count, output);
    assert_ok(neuron_graph_predict(graph, from, to));
    neuron_tensor_unref(to);
    neuron_tensor_unref(from);
    free(copy);
}

static void *allocate(int64_t count, size_t size)
{
    void *memory = calloc((size_t)count + 1, size);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

/* Kernels keep their initial values; what starts as zeros or ones would hide mistakes. */
static void randomize_parameters(neuron_graph_t *graph)
{
    neuron_random_reader reader = neuron_random_read(5, NEURON_RANDOM_INITIALIZE, 1000);
    for (int32_t i = 0; i < graph->array_count; i++) {
        const neuron_graph_array *array = &graph->arrays[i];
        const char *name = array->array->name;
        if (strcmp(name, "kernel") == 0)
            continue;
        bool positive = strcmp(name, "gamma") == 0 || strcmp(name, "moving_variance") == 0 ||
                        strcmp(name, "deviation") == 0 || strcmp(name, "temperature") == 0;
        if (strcmp(name, "x") == 0) { /* of a table, where they rise from -1 to 1 */
            int64_t points = array->array->shape.extent[1];
            for (int64_t j = 0; j < array->count; j++)
                graph->values[array->offset + j] =
                    (float)(((double)(j % points) + neuron_random_uniform(&reader)) * 2 /
                                (double)points -
                            1);
            continue;
        }
        for (int64_t j = 0; j < array->count; j++)
            graph->values[array->offset + j] =
                (float)(neuron_random_uniform(&reader) - 0.5 + (positive ? 1 : 0));
    }
}

/* Normal inputs; targets are shares of all classes, so that each logit has a say. */
static void make_batch(network *n)
{
    neuron_random_reader reader = neuron_random_read(6, NEURON_RANDOM_INITIALIZE, 1001);
    for (int64_t i = 0; i < n->batch * n->in; i++)
        n->input[i] = (float)neuron_random_normal(&reader);
    for (int64_t e = 0; e < n->batch; e++) {
        float *target = n->target + e * n->classes, sum = 0;
        for (int64_t k = 0; k < n->classes; k++)
            sum += target[k] = (float)neuron_random_uniform(&reader);
        for (int64_t k = 0; k < n->classes; k++)
            target[k] /= sum;
    }
}

static network make_network(neuron_graph_t *graph, neuron_node_t *output, int64_t batch)
{
    assert_ok(neuron_graph_finish(graph, output));
    network n = {.graph = graph, .batch = batch};
    n.in = neuron_shape_count(neuron_graph_first_input(graph));
    n.classes = neuron_shape_count(&output->spec.output);
    n.input = allocate(batch * n.in, sizeof *n.input);
    n.target = allocate(batch * n.classes, sizeof *n.target);
    n.gradients = allocate(graph->value_count, sizeof *n.gradients);
    n.parameters = allocate(graph->value_count, sizeof *n.parameters);
    randomize_parameters(graph);
    for (int64_t i = 0; i < graph->value_count; i++)
        n.parameters[i] = (double)graph->values[i];
    make_batch(&n);
    return n;
}

static void drop_network(network *n)
{
    free(n->input);
    free(n->target);
    free(n->gradients);
    free(n->parameters);
    neuron_graph_unref(n->graph);
}

static void compare_values(const float *values, const double *expected, int64_t count,
                           const char *what)
{
    double largest = 0;
    for (int64_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(expected[i]));
    for (int64_t i = 0; i < count; i++)
        assert_that(fabs((double)values[i] - expected[i]) <= value_tolerance * largest,
                    "%s: value %d is %.9g, not %.9g (largest %.9g)", what, (int)i,
                    (double)values[i], expected[i], largest);
}

static void check_prediction(const network *n)
{
    reference_t *reference = reference_create(n->graph, n->batch, false, 0, 0);
    reference_forward(reference, n->parameters, n->input);
    float *output = allocate(n->batch * n->classes, sizeof *output);
    predict(n->graph, n->input, n->batch, output);
    compare_values(output, reference_value(reference, n->graph->outputs[0]), n->batch * n->classes,
                   "prediction");
    free(output);
    reference_destroy(reference);
}

/* Whatever is in the memory before must not matter. */
static neuron_session *make_session(const network *n, int64_t batch)
{
    neuron_session *session;
    assert_ok(neuron_session_create(&session, n->graph, NEURON_SESSION_TRAIN, batch));
    memset(session->arena, 0xff, session->arena_bytes);
    return session;
}

/* Forward and the loss, for examples first, first + 1, ... */
static void run_forward(const network *n, neuron_session *session, int64_t first, int64_t batch)
{
    neuron_session_forward(session, (const float *const[]){n->input + first * n->in}, batch,
                           dropout_seed, dropout_step);
    const float *output = neuron_session_output(session, 0);
    float *gradient = neuron_session_output_gradient(session, 0);
    for (int64_t e = 0; e < batch; e++)
        neuron_cross_entropy(neuron_kernels_choose(), output + e * n->classes,
                             neuron_session_logits(session, 0),
                             n->target + (first + e) * n->classes, (int32_t)n->classes,
                             1.0f / (float)batch, gradient + e * n->classes);
}

/* One training step without the update. */
static void run_step(const network *n, neuron_session *session, int64_t first, int64_t batch,
                     float *gradients)
{
    memset(gradients, 0xff, (size_t)n->graph->trainable_count * sizeof *gradients);
    run_forward(n, session, first, batch);
    neuron_session_backward(session, gradients);
}

static void check_training_forward(const network *n, reference_t *reference)
{
    neuron_session *session = make_session(n, n->batch);
    neuron_session_forward(session, (const float *const[]){n->input}, n->batch, dropout_seed,
                           dropout_step);
    const neuron_node_t *output = n->graph->outputs[0];
    if (neuron_session_logits(session, 0))
        output = output->inputs[0];
    reference_forward(reference, n->parameters, n->input);
    compare_values(neuron_session_output(session, 0), reference_value(reference, output),
                   n->batch * n->classes, "training");
    neuron_session_destroy(session);
}

/* What regularisers add to the loss. */
static double penalty(const network *n)
{
    double sum = 0;
    for (int32_t i = 0; i < n->graph->array_count; i++) {
        const neuron_graph_array *array = &n->graph->arrays[i];
        const neuron_array_choice *choice =
            &array->node->choices[array->array - array->node->spec.arrays];
        for (int64_t j = 0; neuron_graph_trains(n->graph, i) && j < array->count; j++) {
            double value = n->parameters[array->offset + j];
            sum += choice->l1 * fabs(value) + choice->l2 * value * value;
        }
    }
    return sum;
}

/* The slope of the loss along one parameter. */
static double central_difference(const network *n, reference_t *reference, int64_t index)
{
    double step = 1e-6, kept = n->parameters[index];
    n->parameters[index] = kept + step;
    reference_forward(reference, n->parameters, n->input);
    double above = reference_loss(reference, n->target) + penalty(n);
    n->parameters[index] = kept - step;
    reference_forward(reference, n->parameters, n->input);
    double below = reference_loss(reference, n->target) + penalty(n);
    n->parameters[index] = kept;
    return (above - below) / (2 * step);
}

static double largest_gradient(const network *n)
{
    double largest = 0;
    for (int32_t i = 0; i < n->graph->array_count; i++) {
        const neuron_graph_array *array = &n->graph->arrays[i];
        for (int64_t j = 0; neuron_graph_trains(n->graph, i) && j < array->count; j++) {
            double gradient = (double)n->gradients[array->offset + j];
            assert_that(isfinite(gradient), "%s: gradient %d was not written", array->name, (int)j);
            largest = fmax(largest, fabs(gradient));
        }
    }
    return largest;
}

static void check_gradients(const network *n, reference_t *reference)
{
    neuron_random_reader reader = neuron_random_read(7, NEURON_RANDOM_SHUFFLE, 0);
    double largest = largest_gradient(n);
    for (int32_t i = 0; i < n->graph->array_count; i++) {
        const neuron_graph_array *array = &n->graph->arrays[i];
        bool all = array->count <= SAMPLES;
        int64_t count = all ? array->count : SAMPLES;
        for (int64_t j = 0; neuron_graph_trains(n->graph, i) && j < count; j++) {
            int64_t place = all ? j : (int64_t)neuron_random_below(&reader, (uint64_t)array->count);
            double gradient = (double)n->gradients[array->offset + place];
            double expected = central_difference(n, reference, array->offset + place);
            double allowed = gradient_tolerance * fmax(fabs(gradient), fabs(expected)) +
                             gradient_floor * largest;
            assert_that(fabs(gradient - expected) <= allowed,
                        "%s: gradient %d is %.9g, not %.9g (largest %.9g)", array->name, (int)place,
                        gradient, expected, largest);
        }
    }
}

static void assert_same_bytes(const float *a, const float *b, int64_t count, const char *what)
{
    assert_that(memcmp(a, b, (size_t)count * sizeof *a) == 0, "%s: not the same bytes", what);
}

/* A session that has worked before, on more examples, gives the same bytes as a fresh one. */
static void check_reuse(const network *n)
{
    int64_t small = n->batch - 1;
    float *used = allocate(n->graph->value_count, sizeof *used);
    float *fresh = allocate(n->graph->value_count, sizeof *fresh);
    if (small > 0) {
        neuron_session *session = make_session(n, n->batch);
        run_step(n, session, 0, n->batch, used);
        assert_same_bytes(used, n->gradients, n->graph->trainable_count, "a second session");
        run_step(n, session, 1, small, used);
        neuron_session_destroy(session);
        session = make_session(n, n->batch);
        run_step(n, session, 1, small, fresh);
        assert_same_bytes(used, fresh, n->graph->trainable_count, "the last batch");
        run_step(n, session, 0, n->batch, used);
        assert_same_bytes(used, n->gradients, n->graph->trainable_count, "the batch after it");
        neuron_session_destroy(session);
    }
    free(used);
    free(fresh);
}

static void take_gradient(void *user_data, int64_t offset, const float *gradient, int64_t count)
{
    float *gradients = user_data;
    memcpy(gradients + offset, gradient, (size_t)count * sizeof *gradient);
}

/* Gradients that are handed on piece by piece are the same, and none is missing. */
static void check_descent(const network *n)
{
    float *gradients = allocate(n->graph->value_count, sizeof *gradients);
    memset(gradients, 0xff, (size_t)n->graph->trainable_count * sizeof *gradients);
    neuron_session *session = make_session(n, n->batch);
    run_forward(n, session, 0, n->batch);
    neuron_session_backward_to(session, &(neuron_gradient_sink){take_gradient, gradients});
    neuron_session_destroy(session);
    assert_same_bytes(gradients, n->gradients, n->graph->trainable_count, "handed on");
    free(gradients);
}

static void check_saved(const network *n)
{
    size_t size;
    assert_ok(neuron_graph_save_memory(NULL, 0, &size, n->graph));
    void *bytes = allocate((int64_t)size, 1);
    assert_ok(neuron_graph_save_memory(bytes, size, NULL, n->graph));
    neuron_graph_t *loaded;
    assert_ok(neuron_graph_load_memory(&loaded, n->graph->context, bytes, size));
    free(bytes);
    ck_assert_int_eq(neuron_graph_parameter_count(loaded), neuron_graph_parameter_count(n->graph));
    float *before = allocate(n->batch * n->classes, sizeof *before);
    float *after = allocate(n->batch * n->classes, sizeof *after);
    predict(n->graph, n->input, n->batch, before);
    predict(loaded, n->input, n->batch, after);
    assert_same_bytes(before, after, n->batch * n->classes, "loaded");
    free(before);
    free(after);
    neuron_graph_unref(loaded);
}

void check_network(neuron_graph_t *graph, neuron_node_t *output, int64_t batch)
{
    network n = make_network(graph, output, batch);
    check_prediction(&n);
    check_saved(&n);
    reference_t *reference = reference_create(graph, batch, true, dropout_seed, dropout_step);
    check_training_forward(&n, reference);
    neuron_session *session = make_session(&n, batch);
    run_step(&n, session, 0, batch, n.gradients);
    neuron_session_destroy(session);
    check_gradients(&n, reference);
    ck_assert_double_eq_tol(neuron_graph_penalty(graph), penalty(&n), 1e-12 * (1 + penalty(&n)));
    reference_destroy(reference);
    check_reuse(&n);
    check_descent(&n);
    drop_network(&n);
}

void check_layer(neuron_graph_t *graph, neuron_node_t *layer, int64_t batch)
{
    neuron_node_t *flat = neuron_flatten(graph, layer);
    check_network(graph, neuron_softmax(graph, neuron_dense(graph, flat, 3, NULL), NULL), batch);
}
