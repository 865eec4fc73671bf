/* What ranks tell each other at the end of a step: what each part adds to the figures of the batch,
 * and whether something has failed. */
#ifndef TRAIN_PARALLEL_RECORDS_H
#define TRAIN_PARALLEL_RECORDS_H

#include "train/parallel/settings.h"
#include "train/step.h"

typedef struct neuron_part_records neuron_part_records;

int neuron_part_records_create(neuron_part_records **records, neuron_context_t *context,
                               const neuron_parts_settings *settings, int64_t outputs);
void neuron_part_records_destroy(neuron_part_records *records);

/* Begins a step: nothing is told yet. */
void neuron_part_records_begin(neuron_part_records *records);

/* What came of a part of this rank, from 0: `result` and `outputs` are of it alone. */
void neuron_part_records_add(neuron_part_records *records, int64_t part,
                             const neuron_step_result *result, const neuron_output_sums *outputs,
                             bool infinite);

/* Joins those of all ranks, in the order of parts; `status` is this rank's, as neuron_error_last()
 * says. */
int neuron_part_records_join(neuron_part_records *records, int status, neuron_step_result *result,
                             neuron_output_sums *outputs, bool *infinite);

#endif
