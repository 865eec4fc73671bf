/* Networks of several inputs and outputs, and what they learn from. */
#ifndef TEST_SEVERAL_H
#define TEST_SEVERAL_H

#include "test-models.h"

enum { A = 3, B = 2, KINDS = 3, EXAMPLES = 11 };

/* Numbers from -1 to 1, the same for a seed. */
static inline float draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / (float)(1 << 23) - 1;
}

static inline neuron_tensor_t *drawn(neuron_context_t *context, const int64_t *shape, int32_t rank,
                                     uint32_t seed)
{
    neuron_tensor_t *tensor;
    assert_ok(neuron_tensor_create(&tensor, context, NEURON_TYPE_F32, shape, rank));
    float *data = neuron_tensor_data(tensor);
    for (int64_t i = 0; i < neuron_tensor_count(tensor); i++)
        data[i] = draw(&seed);
    return tensor;
}

static inline neuron_tensor_t *drawn_classes(neuron_context_t *context, int64_t count, int classes,
                                             uint32_t seed)
{
    neuron_tensor_t *tensor;
    assert_ok(neuron_tensor_create(&tensor, context, NEURON_TYPE_I32, &count, 1));
    for (int64_t i = 0; i < count; i++) {
        draw(&seed);
        ((int32_t *)neuron_tensor_data(tensor))[i] = (int32_t)((seed >> 16) % (uint32_t)classes);
    }
    return tensor;
}

/* What a training is made of: tensors [count, ...] and the same as datasets. */
typedef struct examples {
    neuron_tensor_t *a, *b, *kinds, *sizes, *marks;
    neuron_dataset_t *of_a, *of_b, *of_kinds, *of_sizes, *of_marks, *zipped;
} examples;

static inline examples make_examples(neuron_context_t *context, int64_t count, uint32_t seed)
{
    examples e;
    e.a = drawn(context, (const int64_t[]){count, A}, 2, seed);
    e.b = drawn(context, (const int64_t[]){count, B}, 2, seed + 1);
    e.sizes = drawn(context, (const int64_t[]){count, 2}, 2, seed + 2);
    e.kinds = drawn_classes(context, count, KINDS, seed + 3);
    e.marks = drawn_classes(context, count, 2, seed + 4);
    assert_ok(neuron_dataset_create_with_targets(&e.of_a, context, e.a, NULL));
    assert_ok(neuron_dataset_create_with_targets(&e.of_b, context, e.b, NULL));
    assert_ok(neuron_dataset_create(&e.of_kinds, context, e.a, e.kinds, KINDS));
    assert_ok(neuron_dataset_create_with_targets(&e.of_sizes, context, e.a, e.sizes));
    assert_ok(neuron_dataset_create_with_targets(&e.of_marks, context, e.a, e.marks));
    e.zipped = NULL;
    return e;
}

static inline void zip_examples(examples *e)
{
    neuron_dataset_t *inputs[] = {e->of_a, e->of_b};
    neuron_dataset_t *targets[] = {e->of_kinds, e->of_sizes, e->of_marks};
    assert_ok(neuron_dataset_zip(&e->zipped, inputs, 2, targets, 3));
}

static inline void drop_examples(examples *e)
{
    neuron_tensor_t *tensors[] = {e->a, e->b, e->kinds, e->sizes, e->marks};
    neuron_dataset_t *datasets[] = {e->of_a,     e->of_b,     e->of_kinds,
                                    e->of_sizes, e->of_marks, e->zipped};
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++)
        neuron_tensor_unref(tensors[i]);
    for (size_t i = 0; i < sizeof datasets / sizeof *datasets; i++)
        neuron_dataset_unref(datasets[i]);
}

/* Two inputs, a hidden layer of each, and from both a class, two numbers and a probability. */
static inline neuron_graph_t *three_heads(neuron_context_t *context)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    assert_ok(neuron_graph_set_name(g, "heads"));
    assert_ok(neuron_graph_set_seed(g, 5));
    neuron_node_t *a = neuron_input(g, (const int64_t[]){A}, 1);
    neuron_node_t *b = neuron_input(g, (const int64_t[]){B}, 1);
    neuron_node_t *both[] = {neuron_tanh(g, neuron_dense(g, a, 4, NULL)),
                             neuron_tanh(g, neuron_dense(g, b, 3, NULL))};
    neuron_node_t *h = neuron_concat(g, both, 2, NULL);
    neuron_node_t *ends[] = {neuron_softmax(g, neuron_dense(g, h, KINDS, NULL), NULL),
                             neuron_dense(g, h, 2, NULL),
                             neuron_sigmoid(g, neuron_dense(g, h, 1, NULL))};
    static const char *const names[] = {"kind", "size", "mark"};
    assert_ok(neuron_node_set_name(a, "a"));
    assert_ok(neuron_node_set_name(b, "b"));
    for (int i = 0; i < 3; i++)
        assert_ok(neuron_node_set_name(ends[i], names[i]));
    assert_ok(neuron_graph_finish_many(g, ends, 3));
    return g;
}

/* By cross-entropy, squared error and binary cross-entropy, of which the last two have weights. */
static inline void set_losses(neuron_trainer_t *trainer, neuron_context_t *context,
                              double size_weight, double mark_weight)
{
    neuron_loss_t *squared, *binary;
    assert_ok(neuron_loss_create(&squared, context, "mean_squared_error", NULL));
    assert_ok(neuron_loss_create(&binary, context, "binary_cross_entropy", NULL));
    assert_ok(neuron_trainer_set_output_loss(trainer, 1, squared, size_weight));
    assert_ok(neuron_trainer_set_output_loss(trainer, 2, binary, mark_weight));
    neuron_loss_unref(squared);
    neuron_loss_unref(binary);
}

static inline double output_figure(const neuron_history_t *history, int64_t epoch, int64_t output,
                                   const char *metric)
{
    double value;
    assert_ok(neuron_history_output_value(&value, history, epoch, output, metric));
    return value;
}

#endif
