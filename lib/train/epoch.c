/* The end of an epoch: its figures, its callbacks. */
#include "train/trainer.h"

#include "evaluate/evaluation.h"
#include "train/callback.h"

#include <math.h>

/* The figures of the epoch that is on, all of whose steps are done. */
static int measure(neuron_trainer_t *trainer, double figures[NEURON_HISTORY_FIGURES])
{
    const neuron_progress *progress = &trainer->progress;
    double validation_loss = NAN, validation_accuracy = NAN;
    if (trainer->validation)
        RETURN_IF_ERROR(neuron_evaluate_into(trainer->graph, trainer->validation, trainer->loss,
                                             &validation_loss, &validation_accuracy, NULL));
    validation_loss += neuron_graph_penalty(trainer->graph);
    figures[0] = progress->loss_sum / (double)progress->seen;
    figures[1] = (double)progress->right / (double)progress->seen;
    figures[2] = validation_loss;
    figures[3] = validation_accuracy;
    figures[4] = neuron_trainer_rate(trainer);
    figures[5] = neuron_trainer_seconds(trainer);
    return NEURON_OK;
}

int neuron_trainer_end_epoch(neuron_trainer_t *trainer)
{
    neuron_progress *progress = &trainer->progress;
    double figures[NEURON_HISTORY_FIGURES];
    RETURN_IF_ERROR(measure(trainer, figures));
    neuron_history_append(trainer->history, figures);
    progress->epoch++;
    progress->step = 0;
    progress->seconds = figures[5];
    trainer->epoch_ended = true;
    progress->epoch_begun = false;
    int answer = neuron_callbacks_call(trainer, NEURON_EVENT_EPOCH_END, NEURON_OK);
    trainer->epoch_ended = false;
    progress->seconds = 0;
    neuron_trainer_start_clock(trainer);
    return answer;
}
