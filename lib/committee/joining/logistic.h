/* The dense layer that joins what members put out with the least loss. */
#ifndef COMMITTEE_LOGISTIC_H
#define COMMITTEE_LOGISTIC_H

#include "committee/outputs.h"

/* Fits `kernel`, [members x size, size], and `bias`, [size], as neuron_committee_stack() has it.
 * The outputs were checked to be finite. */
int neuron_logistic_fit(float *kernel, float *bias, const neuron_member_outputs *outputs, double l2,
                        int64_t iterations);

#endif
