/* The handle of a trainer: creation, life, augmentation and functions to call, and what can
 * be asked of it. Its numbers are in trainer-options.c, datasets and loss in
 * trainer-data.c, the loop in run.c. */
#include "train/trainer.h"

#include "base/checked.h"
#include "base/clock.h"
#include "base/float-mode.h"
#include "train/training.h"

#include <inttypes.h>
#include <math.h>

int neuron_trainer_check_dataset(const neuron_graph_t *graph, const neuron_dataset_t *dataset)
{
    RETURN_IF_ERROR(neuron_dataset_check(dataset, &graph->input->spec.output,
                                         &graph->output->spec.output, "trainer"));
    if (dataset->count == 0)
        return neuron_fail(NEURON_E_DATA, "trainer: the dataset has no examples");
    return NEURON_OK;
}

int neuron_trainer_create(neuron_trainer_t **trainer, neuron_graph_t *graph,
                          neuron_optimizer_t *optimizer, neuron_dataset_t *train)
{
    CHECK_ARGUMENT(trainer);
    *trainer = NULL;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(optimizer);
    CHECK_ARGUMENT(train);
    RETURN_IF_ERROR(neuron_graph_check_trainable(graph, "trainer"));
    RETURN_IF_ERROR(neuron_trainer_check_dataset(graph, train));
    neuron_context_t *context = graph->context;
    neuron_trainer_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    int status = neuron_history_create(&made->history, context);
    if (status < 0) {
        neuron_release(context, made);
        return status;
    }
    atomic_init(&made->references, 1);
    made->context = neuron_context_ref(context);
    made->graph = neuron_graph_ref(graph);
    made->optimizer = neuron_optimizer_ref(optimizer);
    made->data = (neuron_trainer_data){.given = neuron_dataset_ref(train),
                                       .train = neuron_dataset_ref(train)};
    made->settings =
        (neuron_trainer_settings){.epochs = 1, .batch_size = 32, .shuffle = true, .workers = -1};
    made->progress.seed = context->seed;
    *trainer = made;
    return NEURON_OK;
}

neuron_trainer_t *neuron_trainer_ref(neuron_trainer_t *trainer)
{
    if (trainer)
        atomic_fetch_add_explicit(&trainer->references, 1, memory_order_relaxed);
    return trainer;
}

void neuron_trainer_unref(neuron_trainer_t *trainer)
{
    if (!trainer || !neuron_hold_last_owner(&trainer->references))
        return;
    neuron_context_t *context = trainer->context;
    neuron_trainer_drop_step(trainer);
    neuron_callbacks_release(trainer);
    neuron_release(context, trainer->data.class_weights);
    neuron_loss_unref(trainer->loss);
    neuron_history_unref(trainer->history);
    neuron_dataset_unref(trainer->data.validation);
    neuron_dataset_unref(trainer->data.given);
    neuron_dataset_unref(trainer->data.train);
    neuron_optimizer_unref(trainer->optimizer);
    neuron_graph_unref(trainer->graph);
    neuron_release(context, trainer);
    neuron_context_unref(context);
}

NEURON_HOLD_DEFINE(trainer)

/* Some settings would make the epochs so far something else. */
int neuron_trainer_check_not_begun(const neuron_trainer_t *trainer, const char *what)
{
    if (trainer->run.running || trainer->progress.updates > 0)
        return neuron_fail(NEURON_E_STATE, "trainer: %s is set before the first step", what);
    return NEURON_OK;
}

int neuron_trainer_set_augmentation(neuron_trainer_t *trainer,
                                    const neuron_augmentation_t *augmentation)
{
    CHECK_ARGUMENT(trainer);
    neuron_hold_end_left();
    RETURN_IF_ERROR(neuron_trainer_check_not_begun(trainer, "the augmentation"));
    if (augmentation) {
        neuron_image_size size;
        RETURN_IF_ERROR(neuron_image_size_of(&size, &trainer->graph->input->spec.output));
        trainer->settings.augmentation = augmentation->settings;
    }
    trainer->settings.augments = augmentation != NULL;
    return NEURON_OK;
}

int neuron_trainer_set_step_callback(neuron_trainer_t *trainer, neuron_trainer_callback_t callback,
                                     void *user_data)
{
    CHECK_ARGUMENT(trainer);
    trainer->callbacks.on_step = (neuron_trainer_hook){callback, user_data};
    return NEURON_OK;
}

int neuron_trainer_set_epoch_callback(neuron_trainer_t *trainer, neuron_trainer_callback_t callback,
                                      void *user_data)
{
    CHECK_ARGUMENT(trainer);
    trainer->callbacks.on_epoch = (neuron_trainer_hook){callback, user_data};
    return NEURON_OK;
}

int neuron_trainer_prepare(neuron_trainer_t *trainer)
{
    if (!trainer->step)
        RETURN_IF_ERROR(neuron_step_create(
            &trainer->step, trainer->graph, trainer->optimizer, neuron_trainer_loss(trainer),
            neuron_min_count(trainer->settings.batch_size, trainer->data.train->count)));
    return neuron_step_prepare(trainer->step);
}

void neuron_trainer_drop_step(neuron_trainer_t *trainer)
{
    neuron_step_destroy(trainer->step);
    trainer->step = NULL;
}

neuron_graph_t *neuron_trainer_graph(const neuron_trainer_t *trainer)
{
    return trainer ? trainer->graph : NULL;
}

neuron_optimizer_t *neuron_trainer_optimizer(const neuron_trainer_t *trainer)
{
    return trainer ? trainer->optimizer : NULL;
}

const neuron_history_t *neuron_trainer_history(const neuron_trainer_t *trainer)
{
    return trainer ? trainer->history : NULL;
}

void neuron_trainer_start_clock(neuron_trainer_t *trainer)
{
    trainer->run.resumed_at = neuron_clock_seconds() - trainer->progress.seconds;
}

double neuron_trainer_seconds(const neuron_trainer_t *trainer)
{
    if (!trainer->run.running || trainer->run.epoch_ended)
        return trainer->progress.seconds;
    return neuron_clock_seconds() - trainer->run.resumed_at;
}

double neuron_trainer_progress(const neuron_trainer_t *trainer, int32_t what)
{
    FLOAT_SCOPE;
    if (!trainer)
        return NAN;
    const neuron_progress *progress = &trainer->progress;
    double seen = (double)progress->seen;
    switch (what) {
    case NEURON_PROGRESS_EPOCH:
        return (double)(trainer->run.epoch_ended || progress->epoch >= trainer->settings.epochs ||
                                (progress->stop_reason[0] && progress->step == 0)
                            ? progress->epoch
                            : progress->epoch + 1);
    case NEURON_PROGRESS_EPOCHS:
        return (double)trainer->settings.epochs;
    case NEURON_PROGRESS_STEP:
        return (double)(trainer->run.epoch_ended ? neuron_training_steps(trainer) : progress->step);
    case NEURON_PROGRESS_STEPS:
        return (double)neuron_training_steps(trainer);
    case NEURON_PROGRESS_LOSS:
        return progress->loss_sum / seen;
    case NEURON_PROGRESS_ACCURACY:
        return (double)progress->correct / seen;
    case NEURON_PROGRESS_SECONDS:
        return neuron_trainer_seconds(trainer);
    case NEURON_PROGRESS_LEARNING_RATE:
        return neuron_rate_current(&trainer->rate, trainer->optimizer);
    default:
        return NAN;
    }
}
