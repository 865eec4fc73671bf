/* Scales and biases with the least loss: the mean of what cross-entropy, or for sigmoids the binary
 * one, says of the held-out examples. It is convex. All is in double and in the order of the
 * examples. */
#include "calibrate/fit.h"

#include "base/checked.h"
#include "calibrate/minimize.h"
#include "layers/calibration/scaling.h"

#include <math.h>

typedef struct fitting {
    const neuron_held_out *held_out;
    neuron_fit_kind kind;
    int64_t classes, parameters; /* scales, then biases; or one scale */
    double *logs;                /* [count, classes], of which scores are made */
    double *made;                /* [classes], the probabilities of one example */
    double *high, *low;          /* targets of each class, of what is true and of what is not */
} fitting;

static double score(const fitting *f, const double *at, const double *logs, int64_t k)
{
    return f->kind.alike ? at[0] * logs[k] : at[k] * logs[k] + at[f->classes + k];
}

static double target(const fitting *f, int64_t example, int64_t k)
{
    return neuron_held_out_is(f->held_out, example, k) ? f->high[k] : f->low[k];
}

/* Adds to the derivatives by all parameters what one score has. */
static void add(const fitting *f, double *sums, const double *logs, int64_t k, double by)
{
    sums[f->kind.alike ? 0 : k] += by * logs[k];
    if (!f->kind.alike)
        sums[f->classes + k] += by;
}

static double softmax_loss(const fitting *f, const double *at, int64_t i, double *made)
{
    const double *logs = f->logs + i * f->classes;
    double largest = -INFINITY, sum = 0, loss = 0;
    for (int64_t k = 0; k < f->classes; k++) {
        made[k] = score(f, at, logs, k);
        largest = fmax(largest, made[k]);
    }
    for (int64_t k = 0; k < f->classes; k++)
        sum += exp(made[k] - largest);
    double all = largest + log(sum);
    for (int64_t k = 0; k < f->classes; k++) {
        loss += target(f, i, k) * (all - made[k]);
        made[k] = exp(made[k] - all);
    }
    return loss;
}

static double sigmoid_loss(const fitting *f, const double *at, int64_t i, double *made)
{
    const double *logs = f->logs + i * f->classes;
    double loss = 0;
    for (int64_t k = 0; k < f->classes; k++) {
        double z = score(f, at, logs, k);
        loss += fmax(z, 0) + log1p(exp(-fabs(z))) - target(f, i, k) * z;
        made[k] = 1 / (1 + exp(-z));
    }
    return loss;
}

/* A softmax does not see what all biases have in common, and rounding would let it drift: their
 * slopes have none of it, and so no step has. */
static void take_mean_off(double *biases, int64_t count)
{
    double mean = 0;
    for (int64_t k = 0; k < count; k++)
        mean += biases[k] / (double)count;
    for (int64_t k = 0; k < count; k++)
        biases[k] -= mean;
}

/* The loss, and its derivatives. */
static double evaluate(void *object, const double *at, double *slopes)
{
    const fitting *f = object;
    double loss = 0, count = (double)f->held_out->count;
    for (int64_t j = 0; j < f->parameters; j++)
        slopes[j] = 0;
    for (int64_t i = 0; i < f->held_out->count; i++) {
        loss += (f->kind.sigmoid ? sigmoid_loss : softmax_loss)(f, at, i, f->made);
        for (int64_t k = 0; k < f->classes; k++)
            add(f, slopes, f->logs + i * f->classes, k, f->made[k] - target(f, i, k));
    }
    for (int64_t j = 0; j < f->parameters; j++)
        slopes[j] /= count;
    if (!f->kind.alike && !f->kind.sigmoid)
        take_mean_off(slopes + f->classes, f->classes);
    return loss / count;
}

static void take_logs(const fitting *f)
{
    for (int64_t i = 0; i < f->held_out->count; i++)
        for (int64_t k = 0; k < f->classes; k++) {
            float p = neuron_held_out_row(f->held_out, i)[k];
            f->logs[i * f->classes + k] =
                f->kind.sigmoid ? neuron_scaling_log_odds(p) : neuron_scaling_logarithm(p);
        }
}

static void take_targets(const fitting *f)
{
    for (int64_t k = 0; k < f->classes; k++) {
        int64_t of_class = neuron_held_out_count(f->held_out, k);
        double is = (double)of_class, others = (double)(f->held_out->count - of_class);
        f->high[k] = f->kind.smooth ? (is + 1) / (is + 2) : 1;
        f->low[k] = f->kind.smooth ? 1 / (others + 2) : 0;
    }
}

/* Temperatures are from 1 / 100 to 100. */
static const double sharpest = 100, softest = 0.01;

static void give(const fitting *f, const double *at, float *scale, float *bias)
{
    for (int64_t k = 0; k < f->classes; k++) {
        double alike = fmin(fmax(at[0], softest), sharpest);
        scale[k] = (float)(f->kind.alike ? alike : at[k]);
        bias[k] = f->kind.alike ? 0 : (float)at[f->classes + k];
    }
}

/* How near the derivatives come to 0, beside those of the start. Where classes can be told apart
 * without a fault, the loss falls to 0 with parameters that grow, which so have an end. */
static const double tolerance = 1e-10;

enum { ITERATIONS = 1000 };

int neuron_fit(float *scale, float *bias, const neuron_held_out *held_out, neuron_fit_kind kind)
{
    enum { PER_CLASS = 3 };
    neuron_context_t *context = held_out->context;
    int64_t classes = held_out->classes, parameters = kind.alike ? 1 : 2 * classes;
    double *logs = neuron_allocate(context, neuron_size(held_out->count),
                                   neuron_size_of(classes, sizeof *logs));
    double *lists =
        neuron_allocate(context, neuron_size(PER_CLASS * classes + parameters), sizeof *lists);
    int status = logs && lists ? NEURON_OK : NEURON_E_MEMORY;
    if (status == NEURON_OK) {
        fitting f = {
            .held_out = held_out,
            .kind = kind,
            .classes = classes,
            .parameters = parameters,
            .logs = logs,
            .made = lists,
            .high = lists + classes,
            .low = lists + 2 * classes,
        };
        double *at = lists + PER_CLASS * classes;
        const neuron_function function = {parameters, evaluate, &f};
        take_logs(&f);
        take_targets(&f);
        for (int64_t j = 0; j < parameters; j++)
            at[j] = j < classes ? 1 : 0;
        status = neuron_minimize(at, context, &function, ITERATIONS, tolerance);
        if (status == NEURON_OK)
            give(&f, at, scale, bias);
    }
    neuron_release(context, logs);
    neuron_release(context, lists);
    return status;
}
