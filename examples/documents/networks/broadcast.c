/* The losses of document 002 as it used them: on class numbers where they expect one-hot targets.
 *
 * They also show how a program hands over a loss of its own. Each takes the mean, or the sum for
 * Kullback-Leibler, over all outputs y with the class number t as the target of each. */
#include "broadcast.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Keras keeps numbers away from 0 by this before it takes a logarithm. */
static const double smallest = 1e-7;

/* The term of one output, and its derivative by the output. */
typedef double (*term_t)(double output, double target, double *slope);

static double squared(double output, double target, double *slope)
{
    *slope = 2 * (output - target);
    return (output - target) * (output - target);
}

static double squared_logarithmic(double output, double target, double *slope)
{
    double kept = fmax(output, smallest);
    double difference = log1p(kept) - log1p(fmax(target, smallest));

    *slope = output > smallest ? 2 * difference / (1 + kept) : 0;
    return difference * difference;
}

static double hinge(double output, double target, double *slope)
{
    double margin = 1 - target * output;

    *slope = margin > 0 ? -target : 0;
    return fmax(margin, 0);
}

/* Both sides are clipped to 1 as well, so every class but 0 has the same targets. */
static double divergence(double output, double target, double *slope)
{
    double share = fmin(fmax(target, smallest), 1);
    double kept = fmin(fmax(output, smallest), 1);

    *slope = output > smallest ? -share / kept : 0;
    return share * log(share / kept);
}

static int over_outputs(term_t term, double weight, double *losses, float *gradients,
                        const float *outputs, const int32_t *labels, int64_t values, int64_t size)
{
    for (int64_t i = 0; i < values; i++) {
        double slope;

        losses[i / size] += weight * term(outputs[i], labels[i / size], &slope);
        if (gradients != NULL)
            gradients[i] = (float)(weight * slope);
    }
    return 0;
}

static int mean_of(double *losses, float *gradients, const float *outputs, const float *targets,
                   const int32_t *labels, int64_t count, int64_t size, void *user_data)
{
    (void)targets;
    return over_outputs(*(const term_t *)user_data, 1.0 / (double)size, losses, gradients, outputs,
                        labels, count * size, size);
}

static int sum_of(double *losses, float *gradients, const float *outputs, const float *targets,
                  const int32_t *labels, int64_t count, int64_t size, void *user_data)
{
    (void)targets;
    return over_outputs(*(const term_t *)user_data, 1, losses, gradients, outputs, labels,
                        count * size, size);
}

int broadcast_loss_create(neuron_loss_t **loss, neuron_context_t *context, const char *kind)
{
    static term_t terms[] = {squared, squared_logarithmic, hinge, divergence};

    if (strcmp(kind, "mean_squared_error") == 0)
        return neuron_loss_create_custom(loss, context, mean_of, &terms[0], NULL);
    if (strcmp(kind, "mean_squared_logarithmic_error") == 0)
        return neuron_loss_create_custom(loss, context, mean_of, &terms[1], NULL);
    if (strcmp(kind, "hinge") == 0)
        return neuron_loss_create_custom(loss, context, mean_of, &terms[2], NULL);
    return neuron_loss_create_custom(loss, context, sum_of, &terms[3], NULL);
}
