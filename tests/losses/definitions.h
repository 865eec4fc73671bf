/* The losses once more, plainly and in double, from their definitions. */
#ifndef LOSSES_DEFINITIONS_H
#define LOSSES_DEFINITIONS_H

#include <libneuron/loss.h>

#include <math.h>
#include <stdbool.h>

typedef struct loss_definition {
    int32_t kind;
    double smoothing, delta;
    bool logits;
} loss_definition;

static inline double loss_between(double value, double low, double high)
{
    return fmin(fmax(value, low), high);
}

static inline double loss_of_pair(const loss_definition *d, double y, double t)
{
    switch (d->kind) {
    case NEURON_LOSS_BINARY_CROSS_ENTROPY:
        y = d->logits ? 1 / (1 + exp(-y)) : loss_between(y, 1e-7, 1 - 1e-7);
        return -(t * log(y) + (1 - t) * log(1 - y));
    case NEURON_LOSS_MEAN_SQUARED_ERROR:
        return pow(y - t, 2);
    case NEURON_LOSS_MEAN_ABSOLUTE_ERROR:
        return fabs(y - t);
    case NEURON_LOSS_MEAN_SQUARED_LOGARITHMIC_ERROR:
        return pow(log(1 + fmax(y, 1e-7)) - log(1 + fmax(t, 1e-7)), 2);
    case NEURON_LOSS_HINGE:
        return fmax(0, 1 - t * y);
    case NEURON_LOSS_SQUARED_HINGE:
        return pow(fmax(0, 1 - t * y), 2);
    case NEURON_LOSS_KULLBACK_LEIBLER:
        t = loss_between(t, 1e-7, 1);
        return t * log(t / loss_between(y, 1e-7, 1));
    default: /* NEURON_LOSS_HUBER */
        if (fabs(y - t) <= d->delta)
            return 0.5 * pow(y - t, 2);
        return d->delta * fabs(y - t) - 0.5 * d->delta * d->delta;
    }
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

static inline double loss_by_definition(const loss_definition *d, const double *y,
                                        const float *target, int n)
{
    double t[16], sum = 0;
    bool binary = true;
    for (int i = 0; i < n; i++) {
        t[i] = (double)target[i];
        binary = binary && (t[i] == 0 || t[i] == 1);
    }
    if (d->kind == NEURON_LOSS_CROSS_ENTROPY)
        return loss_cross_entropy(d, y, t, n);
    for (int i = 0; i < n; i++) {
        if (d->kind == NEURON_LOSS_BINARY_CROSS_ENTROPY)
            t[i] = t[i] * (1 - d->smoothing) + d->smoothing / 2;
        if ((d->kind == NEURON_LOSS_HINGE || d->kind == NEURON_LOSS_SQUARED_HINGE) && binary)
            t[i] = 2 * t[i] - 1;
        sum += loss_of_pair(d, y[i], t[i]);
    }
    return d->kind == NEURON_LOSS_KULLBACK_LEIBLER ? sum : sum / n;
}

#endif
