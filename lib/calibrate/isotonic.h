/* Isotonic regression: the rising function of a probability that is nearest to what is true. */
#ifndef CALIBRATE_ISOTONIC_H
#define CALIBRATE_ISOTONIC_H

#include "calibrate/held-out.h"

/* A table of points for each class, between which its function is a straight line. */
typedef struct neuron_isotonic {
    int64_t points;
    float *x, *y; /* [classes, points]; one piece of memory of the context, at x */
} neuron_isotonic;

/* Fits each class against all others. */
int neuron_isotonic_fit(neuron_isotonic *isotonic, const neuron_held_out *held_out);

#endif
