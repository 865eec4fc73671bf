/* Where the batches of a run come from: the training set, augmented if that is set, by the pool of
 * the context at the time of the step, or by workers one batch ahead. */
#ifndef TRAIN_FEED_H
#define TRAIN_FEED_H

#include "train/trainer.h"

/* Around a run. `end` returns when no worker does anything any more. */
int neuron_feeder_begin(neuron_trainer_t *trainer);
void neuron_feeder_end(neuron_trainer_t *trainer);

/* Writes the examples of the step that is on to `input`. Workers then go on with those of the next
 * step of the epoch, if there is one. */
int neuron_feeder_take(neuron_trainer_t *trainer, const int64_t *positions, int64_t count,
                       float *input);

#endif
