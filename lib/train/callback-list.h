/* The callbacks of a trainer: its list, what each remembers, and when each is called.
 * The kinds are in callbacks/. */
#ifndef TRAIN_CALLBACK_LIST_H
#define TRAIN_CALLBACK_LIST_H

#include <libneuron/trainer.h>

#include "train/callbacks/callback.h"
#include "train/snapshot.h"

typedef struct neuron_callback_list {
    neuron_callback_entry *entries; /* of the library */
    int64_t count;
    neuron_callback_t **functions; /* of the caller's */
    int32_t function_count;
    uint64_t swapped_version; /* of the graph, when it got the parameters of snapshots */
} neuron_callback_list;

/* Numbers of the optimizer in the snapshot of a callback. */
size_t neuron_callback_slot_values(const neuron_trainer_t *trainer,
                                   const neuron_callback_entry *entry);

/* Whether the caller has changed the parameters that the graph got when the training was over:
 * these are then the ones to go on with, and nothing is left of the snapshot. */
bool neuron_callback_lost_snapshot(const neuron_trainer_t *trainer,
                                   const neuron_callback_entry *entry);

/* Checks all callbacks and makes their memory. */
int neuron_callbacks_prepare(neuron_trainer_t *trainer);
void neuron_callbacks_release(neuron_trainer_t *trainer);

/* Calls all: those of the library, then the caller's. The first status that is not 0, with its
 * message, where `status` comes before all; run.stopped becomes whether it is the caller's. */
int neuron_callbacks_call(neuron_trainer_t *trainer, int32_t event, int status);

/* Computes the rate for the step to come. */
void neuron_callbacks_set_rate(neuron_trainer_t *trainer);

/* Whether a run has something to do for one of them even if the training is over. */
bool neuron_callbacks_have_work(const neuron_trainer_t *trainer);

/* Tells of something that is no finite number. Whether the training is over instead of failing. */
bool neuron_callbacks_accept_bad_number(neuron_trainer_t *trainer);

/* Gives the graph the parameters with which a training is over, or those with which it goes on. */
void neuron_callbacks_swap_in(neuron_trainer_t *trainer);
void neuron_callbacks_swap_out(neuron_trainer_t *trainer);

/* Says that the graph has changed since, but by nobody else. */
void neuron_callbacks_note_swapped(neuron_trainer_t *trainer);

/* Whose parameters the graph has got: the last that was swapped in; NULL for none. */
neuron_callback_entry *neuron_callbacks_swapped(const neuron_trainer_t *trainer);

#endif
