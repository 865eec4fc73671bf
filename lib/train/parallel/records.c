/* Records of parts and ranks: see records.h. */
#include "train/parallel/records.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of a rank, in front of those of its parts. */
typedef struct rank_record {
    neuron_gather_head head;
    int64_t status;
    double bad_value;
    int64_t bad; /* whether a part of it has something that is no finite number */
} rank_record;

/* Of a part; behind it for each output what adds up there. */
typedef struct part_record {
    double loss;
    int64_t infinite;
} part_record;

typedef struct output_record {
    double loss;
    int64_t correct;
} output_record;

struct neuron_part_records {
    neuron_context_t *context;
    neuron_parts_settings settings;
    int64_t outputs;
    size_t *offsets; /* of what each rank tells, and the end */
    char *all;
    char bad[NEURON_MESSAGE_SIZE]; /* of this rank's parts */
};

static size_t part_bytes(const neuron_part_records *records)
{
    return sizeof(part_record) + neuron_size_of(records->outputs, sizeof(output_record));
}

static int32_t first_part(const neuron_part_records *records, int32_t rank)
{
    const neuron_parts_settings *settings = &records->settings;
    return neuron_part_of_rank(settings->parts, rank, neuron_ranks_of(settings->communicator));
}

static int allocate(neuron_part_records *records)
{
    int32_t ranks = neuron_ranks_of(records->settings.communicator);
    records->offsets =
        neuron_allocate(records->context, neuron_size(ranks) + 1, sizeof *records->offsets);
    if (!records->offsets)
        return NEURON_E_MEMORY;
    for (int32_t i = 0; i <= ranks; i++)
        records->offsets[i] =
            (size_t)i * sizeof(rank_record) + (size_t)first_part(records, i) * part_bytes(records);
    records->all = neuron_allocate_zero(records->context, records->offsets[ranks], 1);
    return records->all ? NEURON_OK : NEURON_E_MEMORY;
}

int neuron_part_records_create(neuron_part_records **records, neuron_context_t *context,
                               const neuron_parts_settings *settings, int64_t outputs)
{
    neuron_part_records *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    made->context = context;
    made->settings = *settings;
    made->outputs = outputs;
    int status = allocate(made);
    if (status < 0)
        neuron_part_records_destroy(made);
    else
        *records = made;
    return status;
}

void neuron_part_records_destroy(neuron_part_records *records)
{
    if (!records)
        return;
    neuron_release(records->context, records->offsets);
    neuron_release(records->context, records->all);
    neuron_release(records->context, records);
}

static rank_record *rank_at(const neuron_part_records *records, int32_t rank)
{
    return (rank_record *)(void *)(records->all + records->offsets[rank]);
}

static part_record *part_at(const neuron_part_records *records, int32_t rank, int64_t part)
{
    return (part_record *)(void *)(records->all + records->offsets[rank] + sizeof(rank_record) +
                                   (size_t)part * part_bytes(records));
}

void neuron_part_records_begin(neuron_part_records *records)
{
    int32_t own = neuron_rank_of(records->settings.communicator);
    size_t bytes = records->offsets[own + 1] - records->offsets[own];
    memset(rank_at(records, own), 0, bytes);
    records->bad[0] = '\0';
}

void neuron_part_records_add(neuron_part_records *records, int64_t part,
                             const neuron_step_result *result, const neuron_output_sums *outputs,
                             bool infinite)
{
    int32_t own = neuron_rank_of(records->settings.communicator);
    part_record *record = part_at(records, own, part);
    output_record *sums = (output_record *)(record + 1);
    record->loss = result->loss;
    record->infinite = infinite;
    for (int64_t i = 0; i < records->outputs; i++)
        sums[i] = (output_record){outputs[i].loss, outputs[i].correct};
    if (!result->bad[0] || records->bad[0])
        return;
    rank_at(records, own)->bad = 1;
    rank_at(records, own)->bad_value = result->bad_value;
    snprintf(records->bad, sizeof records->bad, "%s", result->bad);
}

/* Adds up what all parts tell. */
static void add_up(const neuron_part_records *records, neuron_step_result *result,
                   neuron_output_sums *outputs, bool *infinite)
{
    int32_t ranks = neuron_ranks_of(records->settings.communicator);
    for (int32_t rank = 0; rank < ranks; rank++) {
        int64_t parts = first_part(records, rank + 1) - first_part(records, rank);
        for (int64_t part = 0; part < parts; part++) {
            const part_record *record = part_at(records, rank, part);
            const output_record *sums = (const output_record *)(record + 1);
            result->loss += record->loss;
            *infinite |= record->infinite != 0;
            for (int64_t i = 0; i < records->outputs; i++) {
                outputs[i].loss += sums[i].loss;
                outputs[i].correct += sums[i].correct;
            }
        }
    }
}

int neuron_part_records_join(neuron_part_records *records, int status, neuron_step_result *result,
                             neuron_output_sums *outputs, bool *infinite)
{
    neuron_communicator_t *communicator = records->settings.communicator;
    int32_t ranks = neuron_ranks_of(communicator), bad = -1;
    rank_at(records, neuron_rank_of(communicator))->status = status;
    if (communicator)
        RETURN_IF_ERROR(neuron_gather(communicator, records->all, records->offsets));
    for (int32_t rank = 0; rank < ranks; rank++) {
        const rank_record *record = rank_at(records, rank);
        if (record->status != NEURON_OK) {
            if (communicator)
                neuron_share_message(communicator, rank);
            return (int)record->status;
        }
        if (record->bad && bad < 0)
            bad = rank;
    }
    add_up(records, result, outputs, infinite);
    if (bad < 0)
        return NEURON_OK;
    if (communicator)
        neuron_spread(communicator, records->bad, sizeof records->bad, bad);
    snprintf(result->bad, sizeof result->bad, "%.*s", (int)sizeof records->bad - 1, records->bad);
    result->bad_value = rank_at(records, bad)->bad_value;
    result->bad_rank = communicator ? bad : -1;
    return NEURON_OK;
}
