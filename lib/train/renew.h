/* Renewing the moving statistics of batch normalisations, for parameters that no step has left: by
 * a pass over the training data. */
#ifndef TRAIN_RENEW_H
#define TRAIN_RENEW_H

#include <libneuron/trainer.h>

/* Does so if the graph has parameters that a callback asks it for. During a run, whose source has
 * the batches. On failure the statistics are as before. */
int neuron_trainer_renew_statistics(neuron_trainer_t *trainer);

#endif
