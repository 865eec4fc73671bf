/* A training in a file, of one format: the graph as a model file has it, what the optimizer
 * remembers as the arrays "optimizer.0", ..., what callbacks keep as "callback.0", ..., and the
 * rest as JSON under one key. */
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

/* A figure as a value in a file: "inf" or "-inf" where it is infinite, null
 * where it is not a number. */
json_t *neuron_state_figure(double value);
bool neuron_state_read_figure(double *value, const json_t *json);

/* Reads an integer from 0 to `most`. */
int neuron_state_read_count(int64_t *value, const json_t *object, const char *key, int64_t most,
                            const char *source);

/* Adds an object with options under a key, and reads it. */
int neuron_state_write_options(json_t *object, const char *key, const neuron_options *options);
int neuron_state_read_options(neuron_options *options, const neuron_option_table *table,
                              const json_t *object, const char *key, const char *source);

/* What must be the same in the trainer that goes on: see settings.c. */
int neuron_state_write_settings(json_t *object, const neuron_trainer_t *trainer);
int neuron_state_check_settings(const json_t *object, const neuron_trainer_t *trainer,
                                const char *source);

/* What callbacks remember, and the parameters that they keep. */
int neuron_callbacks_write(json_t *object, const neuron_trainer_t *trainer);
int neuron_callbacks_add_values(neuron_safetensors_writer *writer, const neuron_trainer_t *trainer);

/* Reads it into a list of entries, which the caller releases also after a failure; NULL of a
 * trainer without callbacks. Then checks the arrays and makes room for them; then takes all over,
 * which cannot fail. */
int neuron_callbacks_read(neuron_callback_entry **entries, neuron_run_progress *progress,
                          neuron_rate *rate, const json_t *object, const neuron_trainer_t *trainer,
                          const char *source);
int neuron_callbacks_check_values(const neuron_callback_entry *entries,
                                  const neuron_safetensors *file, neuron_trainer_t *trainer);
void neuron_callbacks_take(neuron_trainer_t *trainer, const neuron_callback_entry *entries,
                           const neuron_safetensors *file);

#endif
