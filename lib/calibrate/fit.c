/* Newton's method for a convex loss: the mean of what cross-entropy, or for sigmoids the binary
 * one, says of the held-out examples. Each step is found by conjugate gradients, so that nothing is
 * as large as the square of the classes. All is in double and in the order of the examples. */
#include "calibrate/fit.h"

#include "base/checked.h"
#include "layers/calibration/scaling.h"

#include <math.h>
#include <string.h>

typedef struct fitting {
    const neuron_held_out *held_out;
    neuron_fit_kind kind;
    int64_t classes, parameters; /* scales, then biases; or one scale */
    double *logs;                /* [count, classes], of which scores are made */
    double *made;                /* as many: the probabilities by the present parameters */
    double *high, *low;          /* targets of each class, of what is true and of what is not */
    double *at, *gradient, *step, *rest, *direction, *product, *tried; /* [parameters] */
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

/* The loss, and what probabilities are made. */
static double evaluate(const fitting *f, const double *at)
{
    double loss = 0;
    for (int64_t i = 0; i < f->held_out->count; i++)
        loss += (f->kind.sigmoid ? sigmoid_loss : softmax_loss)(f, at, i, f->made + i * f->classes);
    return loss / (double)f->held_out->count;
}

static void divide(const fitting *f, double *sums)
{
    for (int64_t j = 0; j < f->parameters; j++)
        sums[j] /= (double)f->held_out->count;
}

static void find_gradient(const fitting *f)
{
    memset(f->gradient, 0, (size_t)f->parameters * sizeof *f->gradient);
    for (int64_t i = 0; i < f->held_out->count; i++)
        for (int64_t k = 0; k < f->classes; k++)
            add(f, f->gradient, f->logs + i * f->classes, k,
                f->made[i * f->classes + k] - target(f, i, k));
    divide(f, f->gradient);
}

/* The second derivatives times a direction. */
static void find_product(const fitting *f, const double *direction, double *product)
{
    memset(product, 0, (size_t)f->parameters * sizeof *product);
    for (int64_t i = 0; i < f->held_out->count; i++) {
        const double *logs = f->logs + i * f->classes, *made = f->made + i * f->classes;
        double mean = 0;
        for (int64_t k = 0; !f->kind.sigmoid && k < f->classes; k++)
            mean += made[k] * score(f, direction, logs, k);
        for (int64_t k = 0; k < f->classes; k++)
            add(f, product, logs, k,
                made[k] * (score(f, direction, logs, k) - mean) *
                    (f->kind.sigmoid ? 1 - made[k] : 1));
    }
    divide(f, product);
}

static double dot(const fitting *f, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t j = 0; j < f->parameters; j++)
        sum += a[j] * b[j];
    return sum;
}

/* Solves for the step; returns how fast the loss falls along it. */
static double find_step(const fitting *f)
{
    static const double precise = 1e-24;
    int64_t most = 2 * f->parameters + 10;
    memset(f->step, 0, (size_t)f->parameters * sizeof *f->step);
    for (int64_t j = 0; j < f->parameters; j++)
        f->rest[j] = f->direction[j] = -f->gradient[j];
    double left = dot(f, f->rest, f->rest), enough = precise * left;
    for (int64_t turn = 0; turn < most && left > enough; turn++) {
        find_product(f, f->direction, f->product);
        double curvature = dot(f, f->direction, f->product);
        if (!(curvature > 0))
            break;
        double by = left / curvature;
        for (int64_t j = 0; j < f->parameters; j++) {
            f->step[j] += by * f->direction[j];
            f->rest[j] -= by * f->product[j];
        }
        double now = dot(f, f->rest, f->rest);
        for (int64_t j = 0; j < f->parameters; j++)
            f->direction[j] = f->rest[j] + now / left * f->direction[j];
        left = now;
    }
    return -dot(f, f->gradient, f->step);
}

enum { STEPS = 100, HALVINGS = 50 };

/* Goes along the step as far as the loss falls; false where it does not any more. */
static bool go(const fitting *f, double *loss, double fall)
{
    static const double share = 1e-4;
    double by = 1;
    for (int i = 0; i < HALVINGS; i++, by /= 2) {
        for (int64_t j = 0; j < f->parameters; j++)
            f->tried[j] = f->at[j] + by * f->step[j];
        double now = evaluate(f, f->tried);
        if (now <= *loss - share * by * fall) {
            memcpy(f->at, f->tried, (size_t)f->parameters * sizeof *f->at);
            *loss = now;
            return true;
        }
    }
    return false;
}

/* Until the loss falls by no more than its rounding. Where classes can be told apart without a
 * fault it falls to 0 with parameters that grow, which so have an end. */
static void descend(const fitting *f)
{
    static const double rounding = 1e-17;
    double loss = evaluate(f, f->at);
    for (int i = 0; i < STEPS; i++) {
        find_gradient(f);
        double fall = find_step(f);
        if (!(fall > rounding) || !go(f, &loss, fall))
            return;
    }
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

static void give(const fitting *f, float *scale, float *bias)
{
    for (int64_t k = 0; k < f->classes; k++) {
        double alike = fmin(fmax(f->at[0], softest), sharpest);
        scale[k] = (float)(f->kind.alike ? alike : f->at[k]);
        bias[k] = f->kind.alike ? 0 : (float)f->at[f->classes + k];
    }
}

int neuron_fit(float *scale, float *bias, const neuron_held_out *held_out, neuron_fit_kind kind)
{
    enum { PER_CLASS = 2, PER_PARAMETER = 7 };
    int64_t classes = held_out->classes, parameters = kind.alike ? 1 : 2 * classes;
    size_t all = neuron_size_of(classes, 2 * sizeof(double)); /* of an example */
    double *table = neuron_allocate(held_out->context, neuron_size(held_out->count), all);
    double *lists = neuron_allocate(held_out->context,
                                    neuron_size(PER_CLASS * classes + PER_PARAMETER * parameters),
                                    sizeof *lists);
    if (table && lists) {
        double *list = lists + PER_CLASS * classes;
        const fitting f = {
            .held_out = held_out,
            .kind = kind,
            .classes = classes,
            .parameters = parameters,
            .logs = table,
            .made = table + held_out->count * classes,
            .high = lists,
            .low = lists + classes,
            .at = list,
            .gradient = list + parameters,
            .step = list + 2 * parameters,
            .rest = list + 3 * parameters,
            .direction = list + 4 * parameters,
            .product = list + 5 * parameters,
            .tried = list + 6 * parameters,
        };
        take_logs(&f);
        take_targets(&f);
        for (int64_t j = 0; j < parameters; j++)
            f.at[j] = j < classes ? 1 : 0;
        descend(&f);
        give(&f, scale, bias);
    }
    int status = table && lists ? NEURON_OK : NEURON_E_MEMORY;
    neuron_release(held_out->context, table);
    neuron_release(held_out->context, lists);
    return status;
}
