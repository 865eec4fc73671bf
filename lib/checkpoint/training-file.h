/* A training in a file: the graph as a model file has it, what the optimizer remembers as the
 * arrays "optimizer.0", ..., what callbacks keep as "callback.0", ..., and the rest as JSON under
 * one key. */
#ifndef CHECKPOINT_TRAINING_FILE_H
#define CHECKPOINT_TRAINING_FILE_H

#include "base/files/json.h"
#include "model/safetensors.h"
#include "train/trainer.h"
#include "train/training.h"

#define NEURON_STATE_KEY "libneuron.trainer"

enum { NEURON_STATE_VERSION = 1, NEURON_SLOT_NAME_SIZE = 32 };

/* What a slot of the optimizer is called in the file. */
void neuron_slot_name(char name[NEURON_SLOT_NAME_SIZE], int32_t slot);

/* The shape of all slots. */
neuron_shape neuron_slot_shape(const neuron_trainer_t *trainer);

/* The failure of a file with a wrong value, or without one that it must have. */
int neuron_state_bad(const char *source, const char *key);

/* Keeps the message that a number of a file is not the trainer's, and has the value NEURON_E_DATA. */
int neuron_state_differs(const char *source, const char *what, const char *name, double theirs,
                         double ours);

/* A figure as a value in a file: "inf" or "-inf" where it is infinite, null where it is not a
 * number, which older files have for all three. */
json_t *neuron_state_figure(double value);
bool neuron_state_read_figure(double *value, const json_t *json);

/* Reads how many of a training's updates an optimizer remembers: all where it does not say. */
int neuron_state_read_steps(uint64_t *steps, const json_t *object, const char *key,
                            uint64_t updates, const char *source);

/* Writes the trainer's loss and class weights, and compares them with those of a file. */
int neuron_state_write_loss(json_t *object, const neuron_trainer_t *trainer);
int neuron_state_check_loss(const json_t *object, const neuron_trainer_t *trainer,
                            const char *source);

/* The same for its augmentation and the weights of its examples; writes its validation set too. */
int neuron_state_write_data(json_t *object, const neuron_trainer_t *trainer);
int neuron_state_check_data(const json_t *object, const neuron_trainer_t *trainer,
                            const char *source);

/* Compares the number of validation examples, and their weights. */
int neuron_state_check_validation(const json_t *object, const neuron_trainer_t *trainer,
                                  const char *source);

/* What callbacks remember, and the parameters that they keep. */
int neuron_callbacks_write(json_t *object, const neuron_trainer_t *trainer);
int neuron_callbacks_add_values(neuron_safetensors_writer *writer, const neuron_trainer_t *trainer);

/* Reads it into a list of entries, which the caller releases also after a failure; NULL of a
 * trainer without callbacks. Then checks the arrays and makes room for them; then takes all over,
 * which cannot fail. */
int neuron_callbacks_read(neuron_callback_entry **entries, neuron_progress *progress,
                          neuron_rate *rate, const json_t *object, const neuron_trainer_t *trainer,
                          const char *source);
int neuron_callbacks_check_values(const neuron_callback_entry *entries,
                                  const neuron_safetensors *file, neuron_trainer_t *trainer);
void neuron_callbacks_take(neuron_trainer_t *trainer, const neuron_callback_entry *entries,
                           const neuron_safetensors *file);

#endif
