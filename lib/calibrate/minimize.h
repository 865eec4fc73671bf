/* The least value of a smooth function of many numbers: for calibration, and for stacking too. */
#ifndef CALIBRATE_MINIMIZE_H
#define CALIBRATE_MINIMIZE_H

#include "base/context.h"

typedef struct neuron_function {
    int64_t count; /* of numbers */
    /* The value at a point, and the derivatives there. */
    double (*evaluate)(void *object, const double *point, double *slopes);
    void *object;
} neuron_function;

/* Goes from `point` to where no derivative is larger than `tolerance` times the largest one of the
 * start, or as near as `iterations` and rounding allow. */
int neuron_minimize(double *point, neuron_context_t *context, const neuron_function *function,
                    int64_t iterations, double tolerance);

#endif
