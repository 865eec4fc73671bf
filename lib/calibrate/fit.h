/* Scales and biases of probabilities, by the likelihood of what was held out. */
#ifndef CALIBRATE_FIT_H
#define CALIBRATE_FIT_H

#include "calibrate/held-out.h"

/* What is fitted. */
typedef struct neuron_fit_kind {
    bool sigmoid; /* of each class for itself, by its log-odds; else a softmax of logarithms */
    bool alike;   /* one scale for all classes, and no bias */
    bool smooth;  /* targets that are not quite 0 and 1, as Platt has them */
} neuron_fit_kind;

/* Fits `scale` and `bias`, of each class. */
int neuron_fit(float *scale, float *bias, const neuron_held_out *held_out, neuron_fit_kind kind);

#endif
