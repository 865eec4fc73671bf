/* What callbacks read and change of a training: each function reaches
 * into one part of the trainer. */
#include "train/training.h"

#include "base/checked.h"
#include "train/trainer.h"

#include <stdarg.h>
#include <string.h>

const neuron_run_progress *neuron_training_progress(const neuron_trainer_t *trainer)
{
    return &trainer->progress;
}

int64_t neuron_training_epochs(const neuron_trainer_t *trainer)
{
    return trainer->settings.epochs;
}

int64_t neuron_training_steps(const neuron_trainer_t *trainer)
{
    const neuron_dataset_t *train = trainer->data.train;
    const int64_t *shards = neuron_trainer_shards(trainer);
    int64_t batch_size = trainer->settings.batch_size, most = 0;
    if (!shards)
        return train ? neuron_ceil_divide(train->count, batch_size) : 0;
    const neuron_parts_settings split = neuron_trainer_split_of(trainer);
    for (int32_t i = 0; i < neuron_ranks_of(split.communicator); i++) {
        int64_t examples = neuron_parts_rank_examples(&split, batch_size, i);
        int64_t steps = examples > 0 ? neuron_ceil_divide(shards[i], examples) : 0;
        most = steps > most ? steps : most;
    }
    return most; /* until the last has none left */
}

bool neuron_training_writes(const neuron_trainer_t *trainer)
{
    return neuron_rank_of(trainer->ranks.communicator) == 0;
}

bool neuron_training_has_validation(const neuron_trainer_t *trainer)
{
    return trainer->data.validation != NULL;
}

double neuron_training_base_rate(neuron_trainer_t *trainer)
{
    return neuron_rate_base(&trainer->rate, trainer->optimizer);
}

void neuron_training_set_base_rate(neuron_trainer_t *trainer, double base)
{
    neuron_rate_set_base(&trainer->rate, trainer->optimizer, base);
}

size_t neuron_training_slot_values(const neuron_trainer_t *trainer)
{
    return (size_t)trainer->optimizer->rule->slot_count * (size_t)trainer->graph->trainable_count;
}

/* Before the first step the slots have no values yet. */
static float *const *filled_slots(const neuron_trainer_t *trainer)
{
    if (trainer->progress.optimizer_steps == 0)
        neuron_step_fill_slots(trainer->step);
    return neuron_step_slots(trainer->step);
}

void neuron_training_save(const neuron_trainer_t *trainer, neuron_snapshot *snapshot)
{
    neuron_snapshot_save(snapshot, trainer->graph, filled_slots(trainer),
                         trainer->optimizer->rule->slot_count, trainer->progress.optimizer_steps);
}

void neuron_training_average(const neuron_trainer_t *trainer, neuron_snapshot *snapshot,
                             double share)
{
    const neuron_graph_t *graph = trainer->graph;
    float part = (float)share;
    for (int64_t i = 0; i < graph->trainable_count; i++)
        snapshot->values[i] += part * (graph->values[i] - snapshot->values[i]);
    memcpy(snapshot->values + graph->trainable_count, graph->values + graph->trainable_count,
           (size_t)(graph->value_count - graph->trainable_count) * sizeof(float));
}

void neuron_training_restore(neuron_trainer_t *trainer, const neuron_snapshot *snapshot)
{
    neuron_snapshot_restore(snapshot, trainer->graph, filled_slots(trainer),
                            trainer->optimizer->rule->slot_count);
    if (snapshot->slots)
        trainer->progress.optimizer_steps = snapshot->steps;
}

void neuron_training_stop(neuron_trainer_t *trainer, const char *format, ...)
{
    char *reason = trainer->progress.stop_reason;
    if (reason[0])
        return;
    va_list arguments;
    va_start(arguments, format);
    neuron_format_line(reason, NEURON_STOP_REASON_SIZE, format, arguments);
    va_end(arguments);
    neuron_log(trainer->context, NEURON_LOG_INFO, "training", "%s", reason);
}
