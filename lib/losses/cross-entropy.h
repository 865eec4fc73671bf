/* Cross-entropy by itself, fused with the softmax before it where there is one. */
#ifndef LOSSES_CROSS_ENTROPY_H
#define LOSSES_CROSS_ENTROPY_H

#include "kernels/kernels.h"

#include <stdbool.h>
#include <stdint.h>

/* Loss of one example in nats.
 *   output    [classes] logits, or probabilities
 *   target    [classes] probabilities
 *   gradient  [classes] of the loss times `scale`, or NULL if not wanted
 * For probabilities the loss is that of output / sum(output), as in Keras. */
double neuron_cross_entropy(const neuron_kernels *kernels, const float *output, bool logits,
                            const float *target, int64_t classes, float scale, float *gradient);

/* Whether these are probabilities of several classes. Asked only of targets that a dataset has not
 * checked to be. */
bool neuron_cross_entropy_accepts(const float *target, int64_t outputs);

/* Largest of the classes, the first of equals; a NaN is never larger. */
int32_t neuron_argmax(const float *output, int64_t classes);

/* The class that an example is taken for: that of its largest output, or of a single one whether it
 * is above the threshold, where an infinite one says that there is one class only. With an output
 * that is not a number it is another one than `truth`: what is broken must not look good. */
int32_t neuron_class_taken(const float *output, int64_t outputs, float threshold, int32_t truth);

#endif
