#include "graph/penalty.h"

#include <math.h>

/* Sums that are kept beside each other, so that one need not wait for the other. */
enum { LANES = 8 };

static double penalty_of(const neuron_array_choice *choice, const float *values, int64_t count)
{
    double sizes[LANES] = {0}, squares[LANES] = {0}, size = 0, square = 0;
    for (int64_t i = 0; i < count; i += LANES) {
        for (int64_t j = 0; j < LANES && i + j < count; j++) {
            double value = (double)values[i + j];
            sizes[j] += fabs(value);
            squares[j] += value * value;
        }
    }
    for (int j = 0; j < LANES; j++) {
        size += sizes[j];
        square += squares[j];
    }
    return choice->l1 * size + choice->l2 * square;
}

double neuron_graph_penalty(const neuron_graph_t *graph)
{
    double sum = 0;
    for (int32_t i = 0; graph && i < graph->array_count; i++) {
        const neuron_graph_array *array = &graph->arrays[i];
        const neuron_array_choice *choice =
            &array->node->choices[array->array - array->node->spec.arrays];
        if (neuron_choice_penalizes(choice) && neuron_graph_trains(graph, i))
            sum += penalty_of(choice, graph->values + array->offset, array->count);
    }
    return sum;
}

void neuron_penalty_add_gradient(const neuron_array_choice *choice, const float *values,
                                 const float *gradient, int64_t count, float *to)
{
    const float l1 = (float)choice->l1, l2 = (float)(2 * choice->l2);
    for (int64_t i = 0; i < count; i++) {
        float sign = (float)((values[i] > 0) - (values[i] < 0));
        to[i] = gradient[i] + l1 * sign + l2 * values[i];
    }
}
