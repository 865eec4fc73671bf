/* Steps that need all gradients before the first update: those whose gradients are limited by a
 * norm, those of graphs whose backward may fail, and those that begin with an infinite gradient. */
#ifndef TRAIN_WHOLE_STEP_H
#define TRAIN_WHOLE_STEP_H

#include "train/trainer.h"

/* Whether the steps of a graph are such with these options. */
bool neuron_whole_step_needed(const neuron_graph_t *graph, const neuron_optimizer_t *options);

/* Makes the memory that such steps need, if they are needed and it is not there. */
int neuron_whole_step_prepare(neuron_trainer_t *trainer);
void neuron_whole_step_drop_memory(neuron_trainer_t *trainer);

/* Runs backward and then, unless that failed or a norm is no number, updates all parameters. Where the
 * loss has an `infinite` gradient it makes that memory, and fails also if a gradient of a parameter is
 * not a number. `update` has been begun. */
int neuron_whole_step_descend(neuron_trainer_t *trainer, const neuron_update *update,
                              bool infinite);

#endif
