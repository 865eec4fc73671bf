/* What the ranks of a training have to do with each other beside their steps: they begin as equals,
 * meet where callbacks are called, and end together. Without other ranks none of this does
 * anything.
 *
 * Ranks meet at the same points of a run, so that what failed on one is known to all at the next
 * point. Once a failure or a stop is agreed on, each goes to the end of its run by itself. */
#ifndef TRAIN_PARALLEL_RANKS_H
#define TRAIN_PARALLEL_RANKS_H

#include "train/trainer.h"

/* Room for what ranks tell each other, with a head in front, and the most that it may be. */
enum { NEURON_TOLD_BYTES = 512 };

/* Sets where each rank's lies, if it has so many bytes; and where that of a rank is. */
const size_t *neuron_trainer_lay_out_told(const neuron_trainer_t *trainer, size_t bytes);
void *neuron_trainer_told(const neuron_trainer_t *trainer, int32_t rank);

/* Begins a run, or single steps, with what came of all that this rank had to prepare: the same
 * status on all. All then have the first rank's parameters, seed, and what its optimizer remembers
 * and is set to. NEURON_E_ARGUMENT if their trainers differ, with both values. */
int neuron_trainer_introduce(neuron_trainer_t *trainer, int status);

bool neuron_trainer_has_others(const neuron_trainer_t *trainer);

/* Meets the others with a status: the same for all is that of the first rank which has one that is
 * not 0. Without one all have the first rank's learning rate and number of epochs. */
int neuron_trainer_agree(neuron_trainer_t *trainer, int status);

/* Says that all have this status, unless it is 0. */
int neuron_trainer_agreed(neuron_trainer_t *trainer, int status);

/* The same of a failure whose message one rank has, for all; they have their own if it is -1. */
int neuron_trainer_share_message(neuron_trainer_t *trainer, int status, int32_t rank);

/* The same where a rank may know more than that one: the first that `knows`. */
int neuron_trainer_share_finding(neuron_trainer_t *trainer, int status, int32_t rank, bool knows);

/* Whether there are others that wait to be told of a failure. */
bool neuron_trainer_must_tell(const neuron_trainer_t *trainer);

/* Whether this rank calls the caller's functions, whether ranks meet at an event, and whether some
 * rank's callbacks have something to do even if the training is over. */
bool neuron_trainer_calls_functions(const neuron_trainer_t *trainer);
bool neuron_trainer_meets_at(const neuron_trainer_t *trainer, int32_t event);
bool neuron_trainer_has_work(const neuron_trainer_t *trainer);

#endif
