/* What joins members class by class: weights, and tables of ranks. */
#ifndef COMMITTEE_BY_CLASS_H
#define COMMITTEE_BY_CLASS_H

#include "committee/outputs.h"

/* Fits `weights`, [members, size], none negative, with which the sums of what members put out for
 * each class, divided by their sum over the classes, have the least log loss: after at most so many
 * steps. The outputs are checked probabilities of classes. NEURON_E_DATA if a class has no example.
 */
int neuron_class_weights_fit(double *weights, const neuron_member_outputs *outputs,
                             int64_t iterations);

/* Fills `x` and `y`, [size, points], with values that a member puts out and the share of the
 * examples for which it puts out less. The outputs are finite. */
int neuron_ranks_fill(float *x, float *y, const neuron_member_outputs *outputs, int64_t member,
                      int64_t points);

#endif
