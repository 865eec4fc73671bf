/* Steps whose gradients are limited by a norm. */
#ifndef TRAIN_CLIP_H
#define TRAIN_CLIP_H

#include "train/trainer.h"

/* Makes the memory that such steps need, if the optimizer asks for them and it is not there. */
int neuron_clip_prepare(neuron_trainer_t *trainer);
void neuron_clip_drop_memory(neuron_trainer_t *trainer);

/* Runs backward and then updates all parameters. `update` has been begun. */
void neuron_clip_descend(neuron_trainer_t *trainer, const neuron_update *update);

#endif
