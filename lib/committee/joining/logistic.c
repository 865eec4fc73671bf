/* Logistic regression on what members put out: of classes with a softmax, of labels and a single
 * output with sigmoids, of numbers without either. All in double, example by example, so that
 * threads play no part. */
#include "committee/joining/logistic.h"

#include "base/checked.h"
#include "calibrate/minimize.h"

#include <inttypes.h>
#include <math.h>

static const double tolerance = 1e-6;

typedef struct fit {
    const neuron_member_outputs *outputs;
    int64_t inputs, size;
    double l2;
    double *values; /* [size], of one example */
} fit;

static bool is_softmax(const fit *f)
{
    return f->outputs->plan.kind == NEURON_EVALUATION_CLASSES && f->size > 1;
}

/* The loss of classes; the values become its derivatives by them. */
static double softmax_loss(double *values, const float *wanted, int64_t size)
{
    double most = values[0], sum = 0, loss = 0;
    for (int64_t k = 1; k < size; k++)
        most = fmax(most, values[k]);
    for (int64_t k = 0; k < size; k++)
        sum += exp(values[k] - most);
    for (int64_t k = 0; k < size; k++) {
        double log_share = values[k] - most - log(sum);
        loss -= (double)wanted[k] * log_share;
        values[k] = exp(log_share) - (double)wanted[k];
    }
    return loss;
}

static double sigmoid_loss(double *values, const float *wanted, int64_t size)
{
    double loss = 0;
    for (int64_t k = 0; k < size; k++) {
        double x = values[k], t = (double)wanted[k];
        loss += fmax(x, 0) - t * x + log1p(exp(-fabs(x)));
        values[k] = (x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))) - t;
    }
    return loss;
}

static double squared_loss(double *values, const float *wanted, int64_t size)
{
    double loss = 0;
    for (int64_t k = 0; k < size; k++) {
        values[k] -= (double)wanted[k];
        loss += values[k] * values[k] / 2;
    }
    return loss;
}

static double loss_of(const fit *f, double *values, const float *wanted)
{
    if (is_softmax(f))
        return softmax_loss(values, wanted, f->size);
    if (f->outputs->plan.kind == NEURON_EVALUATION_REGRESSION)
        return squared_loss(values, wanted, f->size);
    return sigmoid_loss(values, wanted, f->size);
}

/* The kernel, [inputs, size], and the bias behind it. */
static double evaluate(void *object, const double *point, double *slopes)
{
    const fit *f = object;
    int64_t inputs = f->inputs, size = f->size;
    const double *bias = point + inputs * size;
    double loss = 0, *values = f->values;
    for (int64_t i = 0; i < inputs * size; i++) {
        slopes[i] = f->l2 * point[i];
        loss += f->l2 / 2 * point[i] * point[i];
    }
    for (int64_t k = 0; k < size; k++)
        slopes[inputs * size + k] = 0;
    for (int64_t i = 0; i < f->outputs->dataset->count; i++) {
        const float *x = neuron_member_outputs_at(f->outputs, i);
        double weight = f->outputs->targets.weights[i];
        for (int64_t k = 0; k < size; k++)
            values[k] = bias[k];
        for (int64_t j = 0; j < inputs; j++)
            for (int64_t k = 0; k < size; k++)
                values[k] += (double)x[j] * point[j * size + k];
        loss += weight * loss_of(f, values, f->outputs->targets.targets + i * size);
        for (int64_t j = 0; j < inputs; j++)
            for (int64_t k = 0; k < size; k++)
                slopes[j * size + k] += weight * (double)x[j] * values[k];
        for (int64_t k = 0; k < size; k++)
            slopes[inputs * size + k] += weight * values[k];
    }
    return loss;
}

int neuron_logistic_fit(float *kernel, float *bias, const neuron_member_outputs *outputs, double l2,
                        int64_t iterations)
{
    neuron_context_t *context = outputs->context;
    fit f = {.outputs = outputs,
             .inputs = outputs->members * outputs->size,
             .size = outputs->size,
             .l2 = l2};
    int64_t weights, count;
    if (!neuron_multiply_count(f.inputs, f.size, &weights))
        return neuron_fail(NEURON_E_MEMORY, "committee: a layer that joins %" PRId64 " numbers",
                           f.inputs);
    count = weights + f.size;
    double *point = neuron_allocate_zero(context, neuron_size(count), sizeof *point);
    f.values = neuron_allocate(context, neuron_size(f.size), sizeof *f.values);
    const neuron_function function = {count, evaluate, &f};
    int status = point && f.values
                     ? neuron_minimize(point, context, &function, iterations, tolerance)
                     : NEURON_E_MEMORY;
    for (int64_t i = 0; status == NEURON_OK && i < weights; i++)
        kernel[i] = (float)point[i];
    for (int64_t k = 0; status == NEURON_OK && k < f.size; k++)
        bias[k] = (float)point[weights + k];
    neuron_release(context, f.values);
    neuron_release(context, point);
    return status;
}
