/* Advice to a training that is about to begin, as warnings in the log. */
#ifndef TRAIN_ADVICE_H
#define TRAIN_ADVICE_H

#include "train/trainer.h"

/* `steps` are those that the training will have in all, as far as that is known; else 0. */
void neuron_trainer_advise(const neuron_trainer_t *trainer, int64_t steps);

#endif
