/* Metrics of the validation set, which a trainer computes after each epoch. */
#include "train/trainer.h"

#include "base/checked.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static int choose(neuron_evaluation_plan *plan, const neuron_trainer_t *trainer, int64_t output)
{
    char options[32];
    snprintf(options, sizeof options, "output=%" PRId64, output);
    return neuron_evaluation_choose(plan, trainer->graph, trainer->data.validation,
                                    trainer->losses[output].loss, options);
}

static const neuron_metric_row *metric_at(const neuron_trainer_t *trainer, int64_t index)
{
    return &neuron_metrics[neuron_history_metric_at(trainer->history, index)];
}

static int check_one(const neuron_trainer_t *trainer, const neuron_metric_row *metric)
{
    neuron_evaluation_plan plan;
    for (int64_t i = 0; i < trainer->graph->output_count; i++) {
        RETURN_IF_ERROR(choose(&plan, trainer, i));
        if (neuron_metric_fits(metric, plan.kind))
            return NEURON_OK;
    }
    return neuron_fail(NEURON_E_STATE,
                       "trainer: %s is among its metrics, but is none of an evaluation of kind %s, "
                       "as %s",
                       metric->name, neuron_evaluation_kind_name(plan.kind),
                       trainer->graph->output_count > 1 ? "those of its outputs are"
                                                        : "that of its validation set is");
}

int neuron_trainer_check_metrics(const neuron_trainer_t *trainer)
{
    int64_t count = trainer->history->metric_count;
    if (count > 0 && !trainer->data.validation)
        neuron_log(trainer->context, NEURON_LOG_WARNING, "training",
                   "metrics are of a validation set, which the trainer does not have");
    for (int64_t i = 0; trainer->data.validation && i < count; i++)
        RETURN_IF_ERROR(check_one(trainer, metric_at(trainer, i)));
    return NEURON_OK;
}

int neuron_trainer_begin_metrics(neuron_trainer_t *trainer)
{
    int64_t count = trainer->history->metric_count;
    bool keeps = false;
    for (int64_t i = 0; i < count; i++)
        keeps = keeps || metric_at(trainer, i)->of_list;
    for (int64_t i = 0; count > 0 && i < trainer->graph->output_count; i++) {
        neuron_evaluation_plan plan;
        RETURN_IF_ERROR(choose(&plan, trainer, i));
        plan.keeps_scores = keeps;
        RETURN_IF_ERROR(neuron_evaluation_create_empty(&trainer->scores[i].into, trainer->context,
                                                       &plan, trainer->data.validation->count));
    }
    return NEURON_OK;
}

int neuron_trainer_end_metrics(const neuron_trainer_t *trainer, double *metrics)
{
    int64_t outputs = trainer->graph->output_count, count = trainer->history->metric_count;
    for (int64_t i = 0; i < count * outputs; i++) {
        const neuron_evaluation_t *found = trainer->scores[i % outputs].into;
        metrics[i] = (double)NAN;
        if (found)
            RETURN_IF_ERROR(neuron_metric_of(&metrics[i], found, metric_at(trainer, i / outputs)));
    }
    return NEURON_OK;
}

void neuron_trainer_drop_metrics(void *owner, void *object)
{
    (void)owner;
    neuron_trainer_t *trainer = object;
    for (int64_t i = 0; i < trainer->graph->output_count; i++) {
        neuron_evaluation_unref(trainer->scores[i].into);
        trainer->scores[i].into = NULL;
    }
}
