/* A training as its callbacks see it: what they may read and change,
 * without the trainer's struct. */
#ifndef TRAIN_TRAINING_H
#define TRAIN_TRAINING_H

#include <libneuron/trainer.h>

#include "base/compiler/attributes.h"
#include "train/progress.h"
#include "train/snapshot.h"

const neuron_run_progress *neuron_training_progress(const neuron_trainer_t *trainer);

/* Epochs in all, and steps of each. */
int64_t neuron_training_epochs(const neuron_trainer_t *trainer);
NEURON_SHARED int64_t neuron_training_steps(const neuron_trainer_t *trainer);

/* Whether this rank is the one that writes files. */
bool neuron_training_writes(const neuron_trainer_t *trainer);

bool neuron_training_has_validation(const neuron_trainer_t *trainer);

/* The base of the learning rate: see rate.h. */
double neuron_training_base_rate(neuron_trainer_t *trainer);
void neuron_training_set_base_rate(neuron_trainer_t *trainer, double base);

/* Numbers that the optimizer remembers. */
size_t neuron_training_slot_values(const neuron_trainer_t *trainer);

/* Sets parameters aside, with the optimizer's numbers if the snapshot has memory for
 * them, and puts them back. */
void neuron_training_save(const neuron_trainer_t *trainer, neuron_snapshot *snapshot);
/* Moves the trained parameters of a snapshot by a share of the way to those of now, and takes all
 * others as they are. */
void neuron_training_average(const neuron_trainer_t *trainer, neuron_snapshot *snapshot,
                             double share);
void neuron_training_restore(neuron_trainer_t *trainer, const neuron_snapshot *snapshot);

/* Ends the training, unless it is ended already; the reason is a line of text. */
void neuron_training_stop(neuron_trainer_t *trainer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
