/* Gradients for callers, against finite differences of what the graph predicts. */
#include "../graph/gradient.h"

#include "graph/graph.h"
#include "failing-memory.h"

#include <math.h>

enum { MANY = 3 };

static float noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / (float)(1 << 23) - 1;
}

/* A tensor of `count` examples of a node's shape. */
static neuron_tensor_t *tensor_for(const neuron_node_t *node, int64_t count, uint32_t seed)
{
    neuron_tensor_t *tensor;
    const neuron_shape *shape = &node->spec.output;
    int64_t extents[NEURON_RANK_MAX] = {count};
    for (int32_t i = 0; i < shape->rank; i++)
        extents[i + 1] = shape->extent[i];
    assert_ok(neuron_tensor_create(&tensor, node->graph->context, NEURON_TYPE_F32, extents,
                                   shape->rank + 1));
    float *data = neuron_tensor_data(tensor);
    for (int64_t i = 0; i < count * neuron_shape_count(shape); i++)
        data[i] = noise(&seed);
    return tensor;
}

/* A graph with tensors for its ends. */
typedef struct scene {
    neuron_graph_t *graph;
    int64_t count;
    neuron_tensor_t *inputs[2], *outputs[2], *by_outputs[2];
} scene;

static scene set_scene(neuron_graph_t *graph, int64_t count)
{
    scene s = {.graph = graph, .count = count};
    for (int32_t i = 0; i < graph->input_count; i++)
        s.inputs[i] = tensor_for(graph->inputs[i], count, 11 + (uint32_t)i);
    for (int32_t i = 0; i < graph->output_count; i++) {
        s.outputs[i] = tensor_for(graph->outputs[i], count, 1);
        s.by_outputs[i] = tensor_for(graph->outputs[i], count, 23 + (uint32_t)i);
    }
    return s;
}

static void end_scene(scene *s)
{
    for (int i = 0; i < 2; i++) {
        neuron_tensor_unref(s->inputs[i]);
        neuron_tensor_unref(s->outputs[i]);
        neuron_tensor_unref(s->by_outputs[i]);
    }
    neuron_graph_unref(s->graph);
}

#define READ(list) ((neuron_tensor_t *const *)(list))

/* What the gradients are of: the sum over outputs of output times its gradient. */
static double score(const scene *s)
{
    double sum = 0;
    assert_ok(neuron_graph_predict_many(s->graph, READ(s->inputs), s->graph->input_count,
                                        (neuron_tensor_t *const *)s->outputs,
                                        s->graph->output_count));
    for (int32_t i = 0; i < s->graph->output_count; i++) {
        const float *output = neuron_tensor_data_const(s->outputs[i]);
        const float *by = neuron_tensor_data_const(s->by_outputs[i]);
        for (int64_t k = 0; k < neuron_tensor_count(s->outputs[i]); k++)
            sum += (double)output[k] * (double)by[k];
    }
    return sum;
}

/* The slope of the score by one number. */
static double slope(const scene *s, float *number, float step)
{
    float before = *number;
    *number = before + step;
    neuron_graph_touch(s->graph);
    double above = score(s);
    *number = before - step;
    neuron_graph_touch(s->graph);
    double below = score(s);
    *number = before;
    neuron_graph_touch(s->graph);
    return (above - below) / (double)(before + step - (before - step));
}

/* Where a pooling takes another value within a step, a shorter one tells the slope. */
static void assert_slope(const scene *s, double found, float *number, const char *what,
                         int64_t index)
{
    double expected = 0;
    for (float step = 1e-2f; step > 3e-4f; step /= 3) {
        expected = slope(s, number, step);
        if (fabs(found - expected) <= 2e-2 * (fabs(expected) + 0.5))
            return;
    }
    assert_that(false, "%s %ld is %g, not %g", what, (long)index, found, expected);
}

static void check_inputs(const scene *s, neuron_tensor_t *const *gradients)
{
    for (int32_t i = 0; i < s->graph->input_count; i++) {
        float *input = neuron_tensor_data(s->inputs[i]);
        const float *found = neuron_tensor_data_const(gradients[i]);
        for (int64_t k = 0; k < neuron_tensor_count(s->inputs[i]); k++)
            assert_slope(s, (double)found[k], &input[k], "input", k);
    }
}

static void check_arrays(const scene *s)
{
    const neuron_graph_t *graph = s->graph;
    for (int32_t i = 0; i < graph->array_count; i++) {
        neuron_gradient_t *gradient;
        neuron_tensor_t *found;
        const neuron_graph_array *array = &graph->arrays[i];
        if (!neuron_graph_trains(graph, i))
            continue;
        assert_ok(neuron_gradient_create(&gradient, s->graph, NULL));
        assert_ok(neuron_gradient_add(gradient, array->name));
        assert_ok(neuron_tensor_create(&found, graph->context, NEURON_TYPE_F32,
                                       array->array->shape.extent, array->array->shape.rank));
        assert_ok(neuron_gradient_forward(gradient, READ(s->inputs), graph->input_count, NULL, 0));
        assert_ok(neuron_gradient_backward(gradient, READ(s->by_outputs), graph->output_count,
                                           &found, 1));
        for (int64_t k = 0; k < array->count; k += array->count / 7 + 1)
            assert_slope(s, (double)((const float *)neuron_tensor_data_const(found))[k],
                         &graph->values[array->offset + k], array->name, k);
        neuron_tensor_unref(found);
        neuron_gradient_unref(gradient);
    }
}

/* Inner nodes: the graph behind a node, with the node as input, has the same gradient. */
static void check_nodes(const scene *s)
{
    const neuron_graph_t *graph = s->graph;
    for (int32_t i = 0; i < graph->node_count && graph->input_count == 1; i++) {
        neuron_node_t *node = graph->nodes[i];
        neuron_gradient_t *gradient;
        neuron_graph_t *head, *trunk;
        assert_ok(neuron_gradient_create(&gradient, s->graph, NULL));
        if (neuron_gradient_add(gradient, node->name) < 0) {
            neuron_gradient_unref(gradient);
            continue;
        }
        int32_t asked = 1; /* with the input, the way goes on behind the node */
        if (node != graph->inputs[0]) {
            assert_ok(neuron_gradient_add(gradient, graph->inputs[0]->name));
            asked = 2;
        }
        neuron_tensor_t *found = tensor_for(node, s->count, 1),
                        *again = tensor_for(node, s->count, 1);
        neuron_tensor_t *value = tensor_for(node, s->count, 1);
        assert_ok(neuron_gradient_forward(gradient, READ(s->inputs), 1, NULL, 0));
        assert_ok(neuron_gradient_backward(gradient, READ(s->by_outputs), graph->output_count,
                                           (neuron_tensor_t *[]){found, NULL}, asked));
        assert_ok(neuron_graph_with_outputs(&trunk, graph, &node, 1));
        assert_ok(neuron_graph_predict(trunk, s->inputs[0], value));
        assert_ok(neuron_graph_create(&head, graph->context));
        neuron_node_t *x = neuron_input(head, node->spec.output.extent, node->spec.output.rank);
        neuron_node_t *y = neuron_graph_import_part(head, x, graph, node->name,
                                                    graph->outputs[0]->name, NULL, NULL);
        if (graph->output_count == 1 && neuron_graph_finish(head, y) == NEURON_OK) {
            assert_ok(neuron_graph_gradient(head, READ(&value), 1, READ(s->by_outputs), 1, &again));
            const float *a = neuron_tensor_data_const(found), *b = neuron_tensor_data_const(again);
            for (int64_t k = 0; k < neuron_tensor_count(found); k++)
                assert_that(fabsf(a[k] - b[k]) <= 1e-5f * (1 + fabsf(b[k])), "%s: %g, not %g",
                            node->name, (double)a[k], (double)b[k]);
        }
        neuron_tensor_unref(value);
        neuron_tensor_unref(found);
        neuron_tensor_unref(again);
        neuron_graph_unref(head);
        neuron_graph_unref(trunk);
        neuron_gradient_unref(gradient);
    }
}

enum { ASKED_MAX = 64 };

/* What one object is asked for, with the shapes of what it finds. */
typedef struct asked {
    const char *names[ASKED_MAX];
    neuron_tensor_t *together[ASKED_MAX], *alone[ASKED_MAX];
    int64_t count;
} asked;

static void ask(asked *all, neuron_gradient_t *gradient, const char *name, const int64_t *extents,
                int32_t rank, neuron_context_t *context)
{
    ck_assert_int_lt(all->count, ASKED_MAX);
    if (neuron_gradient_add(gradient, name) < 0)
        return;
    all->names[all->count] = name;
    assert_ok(
        neuron_tensor_create(&all->together[all->count], context, NEURON_TYPE_F32, extents, rank));
    assert_ok(
        neuron_tensor_create(&all->alone[all->count], context, NEURON_TYPE_F32, extents, rank));
    all->count++;
}

/* All nodes and arrays at once give what each gives by itself: nothing is lost on the way. */
static void check_together(const scene *s)
{
    const neuron_graph_t *graph = s->graph;
    asked all = {.count = 0};
    neuron_gradient_t *gradient, *one;
    assert_ok(neuron_gradient_create(&gradient, s->graph, NULL));
    for (int32_t i = 0; i < graph->node_count; i++) {
        const neuron_shape *shape = &graph->nodes[i]->spec.output;
        int64_t extents[NEURON_RANK_MAX] = {s->count};
        for (int32_t axis = 0; axis < shape->rank; axis++)
            extents[axis + 1] = shape->extent[axis];
        ask(&all, gradient, graph->nodes[i]->name, extents, shape->rank + 1, graph->context);
    }
    for (int32_t i = 0; i < graph->array_count; i++) {
        const neuron_shape *shape = &graph->arrays[i].array->shape;
        ask(&all, gradient, graph->arrays[i].name, shape->extent, shape->rank, graph->context);
    }
    assert_ok(neuron_gradient_forward(gradient, READ(s->inputs), graph->input_count, NULL, 0));
    assert_ok(neuron_gradient_backward(gradient, READ(s->by_outputs), graph->output_count,
                                       all.together, all.count));
    for (int32_t i = 0; i < all.count; i++) {
        assert_ok(neuron_gradient_create(&one, s->graph, NULL));
        assert_ok(neuron_gradient_add(one, all.names[i]));
        assert_ok(neuron_gradient_forward(one, READ(s->inputs), graph->input_count, NULL, 0));
        assert_ok(neuron_gradient_backward(one, READ(s->by_outputs), graph->output_count,
                                           &all.alone[i], 1));
        const float *a = neuron_tensor_data_const(all.together[i]);
        const float *b = neuron_tensor_data_const(all.alone[i]);
        for (int64_t k = 0; k < neuron_tensor_count(all.alone[i]); k++)
            assert_that(fabsf(a[k] - b[k]) <= 1e-5f * (1 + fabsf(b[k])), "%s %ld: %g, alone %g",
                        all.names[i], (long)k, (double)a[k], (double)b[k]);
        neuron_tensor_unref(all.together[i]);
        neuron_tensor_unref(all.alone[i]);
        neuron_gradient_unref(one);
    }
    neuron_gradient_unref(gradient);
}

/* Checks all gradients of a graph that is finished, and releases it. */
static void check_graph(neuron_graph_t *graph)
{
    uint32_t seed = 5;
    for (int32_t i = 0; i < graph->array_count; i++) /* moving statistics, too */
        for (int64_t k = 0; k < graph->arrays[i].count; k++) {
            float *value = &graph->values[graph->arrays[i].offset + k];
            *value = strstr(graph->arrays[i].name, "variance") ? 1 + 0.5f * noise(&seed)
                                                               : *value + 0.2f * noise(&seed);
        }
    neuron_graph_touch(graph);
    scene s = set_scene(graph, MANY);
    neuron_tensor_t *by_inputs[2] = {NULL, NULL};
    for (int32_t i = 0; i < graph->input_count; i++)
        by_inputs[i] = tensor_for(graph->inputs[i], MANY, 3);
    assert_ok(neuron_graph_gradient(graph, READ(s.inputs), graph->input_count, READ(s.by_outputs),
                                    graph->output_count, by_inputs));
    check_inputs(&s, by_inputs);
    check_arrays(&s);
    check_nodes(&s);
    check_together(&s);
    neuron_tensor_unref(by_inputs[0]);
    neuron_tensor_unref(by_inputs[1]);
    end_scene(&s);
}

START_TEST(dense_layers)
{
    neuron_graph_t *g = new_graph();
    neuron_node_t *x = vector_input(g, 5);
    neuron_node_t *h = neuron_dropout(g, neuron_tanh(g, neuron_dense(g, x, 6, NULL)), 0.4);
    neuron_node_t *both[] = {
        x, neuron_batch_norm(g, neuron_gelu(g, neuron_dense(g, h, 5, NULL), NULL), NULL)};
    neuron_node_set_regularizer(h->inputs[0]->inputs[0], "kernel", 0.1, 0.1); /* plays no part */
    assert_ok(neuron_graph_finish(
        g, neuron_softmax(g, neuron_dense(g, neuron_concat(g, both, 2, NULL), 3, NULL), NULL)));
    check_graph(g);
}
END_TEST

START_TEST(image_layers)
{
    neuron_graph_t *g = new_graph();
    neuron_node_t *x = image_input(g, 6, 6, 2);
    neuron_node_t *c = neuron_tanh(g, neuron_conv2d(g, x, 3, 3, 3, "padding=same"));
    c = neuron_batch_norm(g, c, NULL);
    c = neuron_average_pool2d(g, c, 2, 2, NULL);
    neuron_node_t *d = neuron_sigmoid(g, neuron_depthwise_conv2d(g, c, 3, 3, "padding=same"));
    neuron_node_t *sum = neuron_add(g, (neuron_node_t *[]){c, d}, 2);
    assert_ok(neuron_graph_finish(g, neuron_dense(g, neuron_flatten(g, sum), 2, NULL)));
    check_graph(g);
}
END_TEST

/* Rectifiers and poolings in the pass of a convolution, behind which values are asked for. */
START_TEST(fused_layers)
{
    neuron_graph_t *g = new_graph();
    neuron_node_t *x = image_input(g, 8, 8, 1);
    neuron_node_t *c = neuron_conv2d(g, x, 8, 3, 3, "padding=same");
    neuron_node_set_name(c, "first");
    c = neuron_max_pool2d(g, neuron_silu(g, neuron_batch_norm(g, c, NULL)), 2, 2, NULL);
    c = neuron_tanh(g, neuron_conv2d(g, c, 16, 3, 3, NULL));
    c = neuron_softplus(g, neuron_dense(g, neuron_flatten(g, c), 9, NULL));
    assert_ok(neuron_graph_finish(g, neuron_dense(g, c, 4, NULL)));
    check_graph(g);
}
END_TEST

/* What the first layer does to save work where nobody wants the gradient of its input. */
START_TEST(first_layers)
{
    for (int channels = 1; channels <= 3; channels += 2) {
        neuron_graph_t *g = new_graph();
        neuron_node_t *x = image_input(g, 8, 8, channels);
        neuron_node_t *c = neuron_relu(g, neuron_conv2d(g, x, 16, 3, 3, "padding=same"));
        c = neuron_max_pool2d(g, c, 2, 2, NULL);
        c = neuron_tanh(g, neuron_conv2d(g, c, 8, 3, 3, NULL));
        assert_ok(neuron_graph_finish(g, neuron_dense(g, neuron_flatten(g, c), 3, NULL)));
        check_graph(g);
    }
}
END_TEST

/* Two ends on each side, an inner node among the outputs, and two outputs that are one value. */
START_TEST(several_ends)
{
    neuron_graph_t *g = new_graph();
    neuron_node_t *x = vector_input(g, 4), *y = vector_input(g, 3);
    neuron_node_t *h = neuron_tanh(
        g, neuron_dense(g, neuron_concat(g, (neuron_node_t *[]){x, y}, 2, NULL), 6, NULL));
    neuron_node_t *z = neuron_sigmoid(g, neuron_dense(g, h, 2, NULL));
    assert_ok(neuron_graph_finish_many(g, (neuron_node_t *[]){h, z}, 2));
    check_graph(g);
    g = new_graph();
    x = vector_input(g, 6);
    h = neuron_tanh(g, neuron_dense(g, x, 6, NULL));
    z = neuron_reshape(g, h, (const int64_t[]){2, 3}, 2);
    assert_ok(neuron_graph_finish_many(g, (neuron_node_t *[]){h, z}, 2));
    check_graph(g);
}
END_TEST

/* The input itself as an output, and what nothing is trained of. */
START_TEST(plain_ends)
{
    neuron_graph_t *g = new_graph();
    neuron_node_t *x = vector_input(g, 4);
    neuron_node_t *y = neuron_tanh(g, x);
    assert_ok(neuron_graph_finish_many(g, (neuron_node_t *[]){x, y}, 2));
    check_graph(g);
}
END_TEST

/* What a training does: masks of the seed, statistics of the batch; and nothing is changed. */
START_TEST(training_behaviour)
{
    neuron_graph_t *g = new_graph();
    neuron_node_t *x = vector_input(g, 6);
    neuron_node_t *n = neuron_batch_norm(g, x, NULL);
    assert_ok(neuron_graph_finish(g, neuron_dropout(g, n, 0.5)));
    scene s = set_scene(g, 64);
    neuron_tensor_t *by_input = tensor_for(g->inputs[0], 64, 1);
    size_t size;
    float *values = test_parameters(g, &size);
    for (int training = 0; training < 2; training++) {
        neuron_gradient_t *a, *b;
        neuron_tensor_t *other = tensor_for(g->outputs[0], 64, 1);
        const char *options = training ? "training=yes, seed=7" : NULL;
        assert_ok(neuron_gradient_create(&a, g, options));
        assert_ok(neuron_gradient_create(&b, g, options));
        assert_ok(neuron_gradient_add(a, "input"));
        assert_ok(neuron_gradient_add(b, "input"));
        assert_ok(neuron_gradient_forward(a, READ(s.inputs), 1, s.outputs, 1));
        assert_ok(neuron_gradient_forward(b, READ(s.inputs), 1, &other, 1));
        const float *first = neuron_tensor_data_const(s.outputs[0]);
        ck_assert(memcmp(first, neuron_tensor_data_const(other), 64 * 6 * sizeof *first) == 0);
        int zeros = 0;
        for (int64_t i = 0; i < 64 * 6; i++)
            zeros += first[i] == 0;
        ck_assert_int_eq(zeros > 140 && zeros < 240, training);
        ck_assert_int_eq(zeros == 0, !training);
        assert_ok(neuron_gradient_forward(a, READ(s.inputs), 1, &other, 1));
        bool same = memcmp(first, neuron_tensor_data_const(other), 64 * 6 * sizeof *first) == 0;
        ck_assert_int_eq(same, !training); /* drawn anew */
        assert_ok(neuron_gradient_backward(a, READ(s.by_outputs), 1, &by_input, 1));
        const float *slopes = neuron_tensor_data_const(by_input);
        double sum = 0; /* the mean of a batch moves with its examples: so gradients add up to 0 */
        for (int64_t i = 0; i < 64; i++)
            sum += (double)slopes[i * 6];
        ck_assert_int_eq(fabs(sum) < 1e-3, training);
        neuron_tensor_unref(other);
        neuron_gradient_unref(a);
        neuron_gradient_unref(b);
    }
    float *after = test_parameters(g, &size);
    ck_assert(memcmp(values, after, size * sizeof *after) == 0);
    free(values);
    free(after);
    neuron_tensor_unref(by_input);
    end_scene(&s);
}
END_TEST

START_TEST(bad_calls_are_refused)
{
    neuron_graph_t *g = new_graph(), *voting = new_graph();
    neuron_gradient_t *gradient;
    neuron_node_t *x = vector_input(g, 4);
    neuron_node_t *h = neuron_dense(g, x, 4, NULL), *frozen = neuron_dense(g, h, 4, NULL);
    assert_ok(neuron_node_set_trainable(frozen, 0));
    neuron_node_t *d = neuron_dropout(g, frozen, 0.5);
    neuron_node_t *two[] = {d, neuron_tanh(g, frozen)};
    assert_status(neuron_gradient_create(&gradient, g, NULL), NEURON_E_STATE);
    assert_ok(neuron_graph_finish(g, neuron_add(g, two, 2)));
    x = vector_input(voting, 4);
    assert_ok(neuron_graph_finish(voting, neuron_vote(voting, &x, 1, NULL)));
    assert_status(neuron_gradient_create(&gradient, voting, NULL), NEURON_E_UNSUPPORTED);
    assert_message("gradient: graph has none: vote lets none through");
    ck_assert_ptr_null(gradient);
    assert_status(neuron_gradient_create(&gradient, g, "trainig=yes"), NEURON_E_ARGUMENT);
    assert_message("did you mean \"training\"?");
    assert_ok(neuron_gradient_create(&gradient, g, NULL));
    assert_status(neuron_gradient_add(gradient, "dens"), NEURON_E_ARGUMENT);
    assert_message("gradient: graph has no layer and no array called \"dens\"");
    assert_status(neuron_gradient_add(gradient, "dense_1.kernel"), NEURON_E_ARGUMENT);
    assert_message("gradient: dense_1.kernel is not trained");
    assert_status(neuron_gradient_add(gradient, "dropout"), NEURON_E_UNSUPPORTED);
    assert_message("gradient: dropout only passes on what dense_1 puts out, which others read too");
    scene s = set_scene(g, 2);
    neuron_tensor_t *found[2] = {tensor_for(h, 2, 1), tensor_for(h, 3, 1)};
    assert_status(neuron_gradient_forward(gradient, READ(s.inputs), 1, NULL, 0), NEURON_E_STATE);
    assert_message("nothing was added");
    assert_ok(neuron_gradient_add(gradient, "dense"));
    assert_status(neuron_gradient_add(gradient, "dense"), NEURON_E_ARGUMENT);
    assert_message("gradient: dense is added already");
    assert_status(neuron_gradient_backward(gradient, READ(s.by_outputs), 1, found, 1),
                  NEURON_E_STATE);
    assert_message("there was no forward");
    assert_status(neuron_gradient_forward(gradient, READ(s.inputs), 1, NULL, 1), NEURON_E_ARGUMENT);
    assert_ok(neuron_gradient_forward(gradient, READ(s.inputs), 1, s.outputs, 1));
    assert_status(neuron_gradient_add(gradient, "dense.bias"), NEURON_E_STATE);
    assert_status(neuron_gradient_backward(gradient, READ(s.by_outputs), 1, found, 2),
                  NEURON_E_ARGUMENT);
    assert_message("gradient: count is 2; 1 were added");
    assert_status(neuron_gradient_backward(gradient, READ(s.by_outputs), 1, &found[1], 1),
                  NEURON_E_SHAPE);
    assert_message("gradient: the tensor for dense is 3x4, not 2x4");
    assert_status(neuron_gradient_backward(gradient, READ(&found[1]), 1, found, 1), NEURON_E_SHAPE);
    assert_ok(neuron_gradient_backward(gradient, READ(s.by_outputs), 1, found, 1));
    assert_ok(neuron_node_set_trainable(neuron_graph_find_node(g, "dense"), 0));
    assert_status(neuron_gradient_backward(gradient, READ(s.by_outputs), 1, found, 1),
                  NEURON_E_STATE);
    assert_message("frozen or thawed");
    neuron_tensor_unref(found[0]);
    neuron_tensor_unref(found[1]);
    neuron_gradient_unref(gradient);
    end_scene(&s);
    neuron_graph_unref(voting);
}
END_TEST

/* NULL for an output that plays no part is as good as zeros, and for a gradient nothing. */
START_TEST(null_is_nothing)
{
    neuron_graph_t *g = new_graph();
    neuron_node_t *x = vector_input(g, 4), *y = vector_input(g, 4);
    neuron_node_t *ends[] = {neuron_tanh(g, x), neuron_multiply(g, (neuron_node_t *[]){x, y}, 2)};
    assert_ok(neuron_graph_finish_many(g, ends, 2));
    scene s = set_scene(g, 2);
    neuron_tensor_t *a = tensor_for(x, 2, 1), *b = tensor_for(x, 2, 2);
    memset(neuron_tensor_data(s.by_outputs[1]), 0, 8 * sizeof(float));
    neuron_tensor_t *part[] = {s.by_outputs[0], NULL};
    assert_ok(neuron_graph_gradient(g, READ(s.inputs), 2, READ(s.by_outputs), 2,
                                    (neuron_tensor_t *[]){a, NULL}));
    assert_ok(neuron_graph_gradient(g, READ(s.inputs), 2, part, 2, (neuron_tensor_t *[]){b, NULL}));
    ck_assert(memcmp(neuron_tensor_data(a), neuron_tensor_data(b), 8 * sizeof(float)) == 0);
    neuron_tensor_unref(a);
    neuron_tensor_unref(b);
    end_scene(&s);
}
END_TEST

static void use_gradients(long n)
{
    neuron_context_t *context;
    neuron_graph_t *g;
    neuron_gradient_t *gradient;
    neuron_tensor_t *input, *output, *found;
    assert_ok(make_context(&context));
    assert_ok(build(&g, context));
    assert_ok(neuron_tensor_create(&input, context, NEURON_TYPE_F32,
                                   (const int64_t[]){3, SIZE, SIZE, 1}, 4));
    assert_ok(neuron_tensor_create(&found, context, NEURON_TYPE_F32,
                                   (const int64_t[]){3, SIZE, SIZE, 1}, 4));
    assert_ok(neuron_tensor_create(&output, context, NEURON_TYPE_F32,
                                   (const int64_t[]){3, TEST_CLASSES}, 2));
    neuron_graph_t *other;
    neuron_node_t *node = neuron_graph_find_node(g, "logits");
    arm(n);
    TRY(neuron_gradient_create(&gradient, g, "training=yes"));
    TRY(neuron_gradient_add(gradient, "input"));
    TRY(neuron_gradient_add(gradient, "conv2d.kernel"));
    TRY(neuron_gradient_forward(gradient, READ(&input), 1, &output, 1));
    TRY(neuron_gradient_backward(gradient, READ(&output), 1, (neuron_tensor_t *[]){found, NULL},
                                 2));
    TRY(neuron_graph_gradient(g, READ(&input), 1, READ(&output), 1, &found));
    TRY(neuron_graph_with_outputs(&other, g, &node, 1));
    neuron_graph_unref(other);
    neuron_gradient_unref(gradient);
    neuron_tensor_unref(input);
    neuron_tensor_unref(found);
    neuron_tensor_unref(output);
    neuron_graph_unref(g);
    neuron_context_unref(context);
}

START_TEST(memory_runs_out)
{
    fail_each(use_gradients);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gradients");
    TCase *cases = tcase_create("gradients");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, dense_layers);
    tcase_add_test(cases, image_layers);
    tcase_add_test(cases, fused_layers);
    tcase_add_test(cases, first_layers);
    tcase_add_test(cases, several_ends);
    tcase_add_test(cases, plain_ends);
    tcase_add_test(cases, training_behaviour);
    tcase_add_test(cases, bad_calls_are_refused);
    tcase_add_test(cases, null_is_nothing);
    tcase_add_test(cases, memory_runs_out);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
