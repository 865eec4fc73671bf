/* Probabilities that are too sure of themselves, and what is true: a graph without layers puts out
 * the examples as they are. */
#ifndef HELD_OUT_DATA_H
#define HELD_OUT_DATA_H

#include "base/random.h"
#include "test-common.h"

#include <math.h>

enum { EXAMPLES = 600, CLASSES_MOST = 5 };

typedef struct held_out_data {
    int64_t classes;
    float p[EXAMPLES * CLASSES_MOST];
    float targets[EXAMPLES * CLASSES_MOST]; /* of each class for itself */
    int32_t labels[EXAMPLES];
} held_out_data;

/* Draws labels by a softmax of scores, and says the softmax of three times these scores; or with
 * `each` a sigmoid for each class. One class is the second of two. Each eighth example repeats the
 * one before it, so that there are ties. */
static inline void draw_held_out(held_out_data *data, int64_t classes, bool each, uint32_t stream)
{
    neuron_random_reader reader = neuron_random_read(9, NEURON_RANDOM_INITIALIZE, stream);
    data->classes = classes;
    for (int64_t i = 0; i < EXAMPLES; i++) {
        double scores[CLASSES_MOST], sum = 0, sharp = 0, at = neuron_random_uniform(&reader);
        float *p = data->p + i * classes;
        for (int64_t k = 0; k < classes; k++) {
            scores[k] = neuron_random_normal(&reader) + 0.2 * (double)k;
            sum += exp(scores[k]);
            sharp += exp(3 * scores[k]);
        }
        data->labels[i] = -1;
        for (int64_t k = 0; k < classes; k++) {
            bool single = each || classes == 1;
            p[k] = (float)(single ? 1 / (1 + exp(-3 * scores[k])) : exp(3 * scores[k]) / sharp);
            if (i % 8 == 7)
                p[k] = p[k - classes];
            data->targets[i * classes + k] =
                neuron_random_uniform(&reader) < 1 / (1 + exp(-scores[k]));
            at -= exp(scores[k]) / sum;
            if (at <= 0 && data->labels[i] < 0)
                data->labels[i] = (int32_t)k;
        }
        if (classes == 1)
            data->labels[i] = (int32_t)data->targets[i];
        if (data->labels[i] < 0)
            data->labels[i] = (int32_t)classes - 1;
    }
}

static inline neuron_graph_t *graph_of_probabilities(neuron_context_t *context, int64_t classes)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    assert_ok(neuron_graph_finish(graph, neuron_input(graph, &classes, 1)));
    return graph;
}

static inline neuron_tensor_t *tensor_of(neuron_context_t *context, int32_t type, int64_t columns,
                                         const void *data)
{
    neuron_tensor_t *tensor;
    size_t size = EXAMPLES * (size_t)(columns > 0 ? columns : 1) * 4;
    assert_ok(neuron_tensor_create(&tensor, context, type, (const int64_t[]){EXAMPLES, columns},
                                   columns > 0 ? 2 : 1));
    memcpy(neuron_tensor_data(tensor), data, size);
    return tensor;
}

/* With a target for each class, or the labels. */
static inline neuron_dataset_t *dataset_of(neuron_context_t *context, const held_out_data *data,
                                           bool each)
{
    neuron_dataset_t *dataset;
    neuron_tensor_t *p = tensor_of(context, NEURON_TYPE_F32, data->classes, data->p);
    bool targets = each || data->classes == 1;
    neuron_tensor_t *truth = targets
                                 ? tensor_of(context, NEURON_TYPE_F32, data->classes, data->targets)
                                 : tensor_of(context, NEURON_TYPE_I32, 0, data->labels);
    if (targets)
        assert_ok(neuron_dataset_create_with_targets(&dataset, context, p, truth));
    else
        assert_ok(neuron_dataset_create(&dataset, context, p, truth, data->classes));
    neuron_tensor_unref(p);
    neuron_tensor_unref(truth);
    return dataset;
}

/* What a graph says of the examples, [EXAMPLES, columns]. */
static inline void predict_held_out(const neuron_graph_t *graph, const held_out_data *data,
                                    float *output)
{
    neuron_context_t *context = test_context();
    neuron_tensor_t *in = tensor_of(context, NEURON_TYPE_F32, data->classes, data->p), *out;
    assert_ok(neuron_tensor_wrap(&out, context, NEURON_TYPE_F32,
                                 (const int64_t[]){EXAMPLES, data->classes}, 2, output));
    assert_ok(neuron_graph_predict(graph, in, out));
    neuron_tensor_unref(in);
    neuron_tensor_unref(out);
    neuron_context_unref(context);
}

/* The numbers of an array, by its name. */
static inline void read_numbers(float *numbers, size_t count, const neuron_graph_t *graph,
                                const char *name)
{
    size_t size;
    int64_t at = neuron_graph_find_array(graph, name);
    assert_that(at >= 0, "there is no array %s", name);
    assert_ok(neuron_graph_read_array(numbers, count, &size, graph, at));
    ck_assert_uint_eq(size, count);
}

#endif
