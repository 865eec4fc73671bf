/* The losses once more, plainly and in double, from their definitions. */
#ifndef LOSSES_DEFINITIONS_H
#define LOSSES_DEFINITIONS_H

#include <libneuron/loss.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Of distillation smoothing is the soft share, and delta the temperature. */
typedef struct loss_definition {
    const char *kind;
    double smoothing, delta;
    bool logits;
} loss_definition;

static inline double loss_between(double value, double low, double high)
{
    return fmin(fmax(value, low), high);
}

static inline bool loss_is(const loss_definition *d, const char *kind)
{
    return strcmp(d->kind, kind) == 0;
}

/* Sets the options of a loss. */
static inline int loss_set(neuron_loss_t *loss, const loss_definition *d)
{
    bool distils = loss_is(d, "distillation");
    int status = NEURON_OK;
    if (d->smoothing > 0 || distils)
        status =
            neuron_loss_set_number(loss, distils ? "soft_share" : "label_smoothing", d->smoothing);
    if (status == NEURON_OK && d->delta > 0)
        status = neuron_loss_set_number(loss, distils ? "temperature" : "delta", d->delta);
    return status;
}

static inline double loss_huber(double delta, double error)
{
    return error <= delta ? 0.5 * error * error : delta * error - 0.5 * delta * delta;
}

static inline double loss_of_pair(const loss_definition *d, double y, double t)
{
    if (loss_is(d, "binary_cross_entropy")) {
        y = d->logits ? 1 / (1 + exp(-y)) : loss_between(y, 1e-7, 1 - 1e-7);
        return -(t * log(y) + (1 - t) * log(1 - y));
    }
    if (loss_is(d, "kullback_leibler")) {
        t = loss_between(t, 1e-7, 1);
        return t * log(t / loss_between(y, 1e-7, 1));
    }
    if (loss_is(d, "mean_squared_logarithmic_error"))
        return pow(log(1 + fmax(y, 1e-7)) - log(1 + fmax(t, 1e-7)), 2);
    return loss_is(d, "mean_squared_error")    ? pow(y - t, 2)
           : loss_is(d, "mean_absolute_error") ? fabs(y - t)
           : loss_is(d, "hinge")               ? fmax(0, 1 - t * y)
           : loss_is(d, "squared_hinge")       ? pow(fmax(0, 1 - t * y), 2)
           : loss_is(d, "huber")               ? loss_huber(d->delta, fabs(y - t))
                                               : (double)NAN;
}

static inline double loss_cross_entropy(const loss_definition *d, const double *y, const double *t,
                                        int n)
{
    double sum = 0, loss = 0;
    for (int i = 0; i < n; i++)
        sum += d->logits ? exp(y[i]) : y[i];
    for (int i = 0; i < n; i++) {
        double share = (d->logits ? exp(y[i]) : y[i]) / sum;
        if (!d->logits)
            share = loss_between(share, 1e-7, 1 - 1e-7);
        loss -= (t[i] * (1 - d->smoothing) + d->smoothing / n) * log(share);
    }
    return loss;
}

static inline int loss_largest(const double *t, int n)
{
    int largest = 0;
    for (int i = 1; i < n; i++)
        largest = t[i] > t[largest] ? i : largest;
    return largest;
}

/* Of the class with the largest target. */
static inline double loss_distillation(const loss_definition *d, const double *y, const double *t,
                                       int n)
{
    double sum = 0, soft_sum = 0, target_sum = 0, loss = 0;
    double temperature = d->delta, share = d->smoothing;
    double q[16];
    for (int i = 0; i < n; i++)
        sum += d->logits ? exp(y[i]) : y[i];
    for (int i = 0; i < n; i++) {
        q[i] = (d->logits ? exp(y[i]) : y[i]) / sum;
        if (!d->logits)
            q[i] = loss_between(q[i], 1e-7, 1);
        soft_sum += pow(q[i], 1 / temperature);
        target_sum += pow(t[i], 1 / temperature);
    }
    for (int i = 0; i < n; i++)
        loss -=
            pow(t[i], 1 / temperature) / target_sum * log(pow(q[i], 1 / temperature) / soft_sum);
    return share * temperature * temperature * loss - (1 - share) * log(q[loss_largest(t, n)]);
}

static inline double loss_by_definition(const loss_definition *d, const double *y,
                                        const float *target, int n)
{
    double t[16], sum = 0;
    bool binary = true;
    for (int i = 0; i < n; i++) {
        t[i] = (double)target[i];
        binary = binary && (t[i] == 0 || t[i] == 1);
    }
    if (loss_is(d, "cross_entropy"))
        return loss_cross_entropy(d, y, t, n);
    if (loss_is(d, "distillation"))
        return loss_distillation(d, y, t, n);
    for (int i = 0; i < n; i++) {
        if (loss_is(d, "binary_cross_entropy"))
            t[i] = t[i] * (1 - d->smoothing) + d->smoothing / 2;
        if ((loss_is(d, "hinge") || loss_is(d, "squared_hinge")) && binary)
            t[i] = 2 * t[i] - 1;
        sum += loss_of_pair(d, y[i], t[i]);
    }
    return loss_is(d, "kullback_leibler") ? sum : sum / n;
}

#endif
