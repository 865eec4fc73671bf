#include "train/trainer.h"

#include "base/checked.h"
#include "base/clock.h"
#include "base/float-mode.h"
#include "train/callback.h"

#include <inttypes.h>
#include <math.h>

static int check_dataset(const neuron_graph_t *graph, const neuron_dataset_t *dataset)
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
    RETURN_IF_ERROR(check_dataset(graph, train));
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
    made->train = neuron_dataset_ref(train);
    made->given = neuron_dataset_ref(train);
    made->epochs = 1;
    made->batch_size = 32;
    made->shuffle = true;
    made->workers = -1;
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
    neuron_trainer_drop_memory(trainer);
    neuron_callbacks_drop(trainer);
    neuron_release(context, trainer->class_weights);
    neuron_loss_unref(trainer->loss);
    neuron_history_unref(trainer->history);
    neuron_dataset_unref(trainer->validation);
    neuron_dataset_unref(trainer->given);
    neuron_dataset_unref(trainer->train);
    neuron_optimizer_unref(trainer->optimizer);
    neuron_graph_unref(trainer->graph);
    neuron_release(context, trainer);
    neuron_context_unref(context);
}

NEURON_HOLD_DEFINE(trainer)

/* Some settings would make the epochs so far something else. */
int neuron_trainer_check_not_begun(const neuron_trainer_t *trainer, const char *what)
{
    if (trainer->running || trainer->progress.updates > 0)
        return neuron_fail(NEURON_E_STATE, "trainer: %s is set before the first step", what);
    return NEURON_OK;
}

/* The network would be judged by inputs unlike those that it learns from. */
static void warn_of_scale(const neuron_trainer_t *trainer, const neuron_dataset_t *validation)
{
    const neuron_dataset_t *train = trainer->given;
    if (train->examples->type != validation->examples->type)
        neuron_log(trainer->context, NEURON_LOG_WARNING,
                   "trainer: examples to validate with are %s, those to train with %s",
                   neuron_type_name(validation->examples->type),
                   neuron_type_name(train->examples->type));
    if (!neuron_dataset_same_scale(train, validation))
        neuron_log(trainer->context, NEURON_LOG_WARNING,
                   "trainer: examples to validate with have another scale or offset than those to "
                   "train with");
}

static int check_validation(const neuron_trainer_t *trainer, const neuron_dataset_t *validation)
{
    RETURN_IF_ERROR(check_dataset(trainer->graph, validation));
    return neuron_dataset_check_names(trainer->given, "the training set", validation,
                                      "the validation set", "trainer");
}

int neuron_trainer_set_validation(neuron_trainer_t *trainer, neuron_dataset_t *validation)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    neuron_hold_settle();
    RETURN_IF_ERROR(neuron_trainer_check_not_begun(trainer, "the validation set"));
    if (validation)
        RETURN_IF_ERROR(check_validation(trainer, validation));
    if (validation && trainer->validation_split > 0)
        return neuron_fail(NEURON_E_ARGUMENT, "trainer: has a validation split already");
    if (trainer->validation_split > 0)
        return NEURON_OK;
    if (validation)
        warn_of_scale(trainer, validation);
    neuron_dataset_t *old = trainer->validation;
    trainer->validation = neuron_dataset_ref(validation);
    neuron_dataset_unref(old); /* last, as it may end with a function of the caller's */
    return NEURON_OK;
}

int neuron_trainer_set_augmentation(neuron_trainer_t *trainer,
                                    const neuron_augmentation_t *augmentation)
{
    CHECK_ARGUMENT(trainer);
    neuron_hold_settle();
    RETURN_IF_ERROR(neuron_trainer_check_not_begun(trainer, "the augmentation"));
    if (augmentation) {
        neuron_image_size size;
        RETURN_IF_ERROR(neuron_image_size_of(&size, &trainer->graph->input->spec.output));
        trainer->augmentation = augmentation->settings;
    }
    trainer->augments = augmentation != NULL;
    return NEURON_OK;
}

int neuron_trainer_set_step_callback(neuron_trainer_t *trainer, neuron_trainer_callback_t callback,
                                     void *user_data)
{
    CHECK_ARGUMENT(trainer);
    trainer->step_callback = callback;
    trainer->step_data = user_data;
    return NEURON_OK;
}

int neuron_trainer_set_epoch_callback(neuron_trainer_t *trainer, neuron_trainer_callback_t callback,
                                      void *user_data)
{
    CHECK_ARGUMENT(trainer);
    trainer->epoch_callback = callback;
    trainer->epoch_data = user_data;
    return NEURON_OK;
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

int64_t neuron_trainer_steps(const neuron_trainer_t *trainer)
{
    return neuron_ceil_divide(trainer->train->count, trainer->batch_size);
}

void neuron_trainer_start_clock(neuron_trainer_t *trainer)
{
    trainer->resumed_at = neuron_clock_seconds() - trainer->progress.seconds;
}

double neuron_trainer_seconds(const neuron_trainer_t *trainer)
{
    if (!trainer->running || trainer->epoch_ended)
        return trainer->progress.seconds;
    return neuron_clock_seconds() - trainer->resumed_at;
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
        return (double)(trainer->epoch_ended || progress->epoch >= trainer->epochs ||
                                (progress->stop_reason[0] && progress->step == 0)
                            ? progress->epoch
                            : progress->epoch + 1);
    case NEURON_PROGRESS_EPOCHS:
        return (double)trainer->epochs;
    case NEURON_PROGRESS_STEP:
        return (double)(trainer->epoch_ended ? neuron_trainer_steps(trainer) : progress->step);
    case NEURON_PROGRESS_STEPS:
        return (double)neuron_trainer_steps(trainer);
    case NEURON_PROGRESS_LOSS:
        return progress->loss_sum / seen;
    case NEURON_PROGRESS_ACCURACY:
        return (double)progress->right / seen;
    case NEURON_PROGRESS_SECONDS:
        return neuron_trainer_seconds(trainer);
    case NEURON_PROGRESS_LEARNING_RATE:
        return neuron_trainer_rate(trainer);
    default:
        return NAN;
    }
}
