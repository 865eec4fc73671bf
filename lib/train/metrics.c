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

/* Whether outputs that are no probabilities may make a metric fail. */
static bool judge_probabilities(const neuron_trainer_t *trainer)
{
    bool found = false;
    for (int64_t i = 0; i < trainer->history->metric_count; i++)
        found = found || (metric_at(trainer, i)->traits & NEURON_METRIC_PROBABILITY);
    return found;
}

/* So that this is not found out after an epoch. */
static int try_batch(neuron_trainer_t *trainer)
{
    neuron_dataset_t *validation = trainer->data.validation, *batch;
    int64_t outputs = trainer->graph->output_count;
    NEURON_HOLD(hold);
    RETURN_IF_ERROR(neuron_dataset_derive(
        &batch, validation, NULL, 0, neuron_min_count(validation->count, NEURON_PREDICT_BATCH)));
    neuron_hold_add(&hold, neuron_dataset_end_hold, NULL, batch);
    neuron_hold_add(&hold, neuron_trainer_drop_metrics, NULL, trainer);
    RETURN_IF_ERROR(neuron_trainer_begin_metrics(trainer, batch));
    RETURN_IF_ERROR(
        neuron_evaluate_outputs(trainer->graph, batch, trainer->scores, 0, outputs, NULL));
    return neuron_trainer_end_metrics(trainer, NULL);
}

int neuron_trainer_check_metrics(neuron_trainer_t *trainer)
{
    int64_t count = trainer->history->metric_count;
    if (count > 0 && !trainer->data.validation)
        neuron_log(trainer->context, NEURON_LOG_WARNING, "training",
                   "metrics are of a validation set, which the trainer does not have");
    for (int64_t i = 0; trainer->data.validation && i < count; i++)
        RETURN_IF_ERROR(check_one(trainer, metric_at(trainer, i)));
    bool tries = trainer->data.validation && trainer->progress.updates == 0;
    return tries && judge_probabilities(trainer) ? try_batch(trainer) : NEURON_OK;
}

int neuron_trainer_begin_metrics(neuron_trainer_t *trainer, const neuron_dataset_t *dataset)
{
    int64_t count = trainer->history->metric_count;
    bool keeps = false;
    for (int64_t i = 0; i < count; i++)
        keeps = keeps || metric_at(trainer, i)->of_list;
    for (int64_t i = 0; i < trainer->graph->output_count; i++)
        trainer->scores[i] = (neuron_score){
            .function = trainer->losses[i].loss, .loss = (double)NAN, .accuracy = (double)NAN};
    for (int64_t i = 0; dataset && count > 0 && i < trainer->graph->output_count; i++) {
        neuron_evaluation_plan plan;
        RETURN_IF_ERROR(choose(&plan, trainer, i));
        plan.keeps_scores = keeps;
        RETURN_IF_ERROR(neuron_evaluation_create_empty(&trainer->scores[i].into, trainer->context,
                                                       &plan, dataset->count));
    }
    return NEURON_OK;
}

int neuron_trainer_end_metrics(const neuron_trainer_t *trainer, double *metrics)
{
    int64_t outputs = trainer->graph->output_count, count = trainer->history->metric_count;
    for (int64_t i = 0; i < count * outputs; i++) {
        const neuron_evaluation_t *found = trainer->scores[i % outputs].into;
        double value = (double)NAN;
        int status =
            found ? neuron_metric_of(&value, found, metric_at(trainer, i / outputs)) : NEURON_OK;
        if (status == NEURON_E_DATA)
            return neuron_fail(status, "trainer: of its metrics of the validation set, %s",
                               neuron_error_last());
        RETURN_IF_ERROR(status);
        if (metrics)
            metrics[i] = value;
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
