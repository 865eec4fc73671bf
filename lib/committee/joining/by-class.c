/* Weights for each member and class, by steps that never make the loss larger: the logarithm of a
 * class's sum is bounded from below by one that takes the members apart, that of all sums from
 * above by its tangent (Hunter and Lange, "A Tutorial on MM Algorithms", 2004). And ranks: the
 * places of values among all that a member has put out. */
#include "committee/joining/by-class.h"

#include "base/checked.h"
#include "base/sort.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>

/* A step that lowers the loss by a smaller part than this is the last. */
static const double enough = 1e-12;

static int check_classes(const neuron_member_outputs *outputs)
{
    for (int64_t k = 0; k < outputs->size; k++) {
        bool found = false;
        for (int64_t i = 0; i < outputs->dataset->count && !found; i++)
            found = outputs->targets.labels[i] == k && outputs->targets.weights[i] > 0;
        if (!found)
            return neuron_fail(NEURON_E_DATA,
                               "committee_stack: there is no example of class %" PRId64
                               ", whose weights cannot be learnt",
                               k);
    }
    return NEURON_OK;
}

/* Multiplies the weights by a step; returns the loss that they had. `rises` and `falls` are room
 * for as many numbers as there are weights. */
static double step(double *weights, double *rises, double *falls,
                   const neuron_member_outputs *outputs)
{
    int64_t size = outputs->size, count = outputs->members * size;
    double loss = 0;
    for (int64_t j = 0; j < count; j++)
        rises[j] = falls[j] = 0;
    for (int64_t i = 0; i < outputs->dataset->count; i++) {
        const float *x = neuron_member_outputs_at(outputs, i);
        double all = 0, of_truth = 0, weight = outputs->targets.weights[i];
        int64_t truth = outputs->targets.labels[i];
        for (int64_t j = 0; j < count; j++)
            all += weights[j] * (double)x[j];
        for (int64_t j = truth; j < count; j += size)
            of_truth += weights[j] * (double)x[j];
        if (!(all > 0))
            continue;
        of_truth = fmax(of_truth, DBL_EPSILON * all);
        loss -= weight * log(of_truth / all);
        for (int64_t j = truth; j < count; j += size)
            rises[j] += weight * (double)x[j] / of_truth;
        for (int64_t j = 0; j < count; j++)
            falls[j] += weight * (double)x[j] / all;
    }
    for (int64_t j = 0; j < count; j++)
        if (falls[j] > 0)
            weights[j] *= rises[j] / falls[j];
    return loss;
}

int neuron_class_weights_fit(double *weights, const neuron_member_outputs *outputs,
                             int64_t iterations)
{
    neuron_context_t *context = outputs->context;
    int64_t count = outputs->members * outputs->size;
    RETURN_IF_ERROR(check_classes(outputs));
    double *room = neuron_allocate(context, 2, neuron_size_of(count, sizeof *room));
    double before = INFINITY;
    if (!room)
        return NEURON_E_MEMORY;
    for (int64_t j = 0; j < count; j++)
        weights[j] = 1 / (double)outputs->members;
    for (int64_t i = 0; i < iterations; i++) {
        double loss = step(weights, room, room + count, outputs);
        if (before - loss <= enough * fabs(loss))
            break;
        before = loss;
    }
    neuron_release(context, room);
    return NEURON_OK;
}

static int compare(const void *a, const void *b)
{
    float first = *(const float *)a, second = *(const float *)b;
    return (first > second) - (first < second);
}

int neuron_ranks_fill(float *x, float *y, const neuron_member_outputs *outputs, int64_t member,
                      int64_t points)
{
    neuron_context_t *context = outputs->context;
    int64_t count = outputs->dataset->count, size = outputs->size;
    float *sorted = neuron_allocate(context, neuron_size(count), sizeof *sorted);
    if (!sorted)
        return NEURON_E_MEMORY;
    for (int64_t k = 0; k < size; k++) {
        for (int64_t i = 0; i < count; i++)
            sorted[i] = neuron_member_outputs_at(outputs, i)[member * size + k];
        neuron_sort(sorted, neuron_size(count), sizeof *sorted, compare);
        for (int64_t p = 0; p < points; p++) {
            double share = points > 1 ? (double)p / (double)(points - 1) : 0.5;
            x[k * points + p] = sorted[(int64_t)(share * (double)(count - 1) + 0.5)];
            y[k * points + p] = (float)share;
        }
    }
    neuron_release(context, sorted);
    return NEURON_OK;
}
