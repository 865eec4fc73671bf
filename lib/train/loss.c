/* A trainer's loss: its settings, and what it is for a batch. */
#include "train/trainer.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "base/text/number.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

const neuron_loss_t *neuron_trainer_loss(const neuron_trainer_t *trainer)
{
    return trainer->loss ? trainer->loss : &neuron_loss_default;
}

static int check_datasets(const neuron_trainer_t *trainer, const neuron_loss_t *loss)
{
    RETURN_IF_ERROR(neuron_loss_check(loss, trainer->train, "trainer"));
    return trainer->validation ? neuron_loss_check(loss, trainer->validation, "trainer")
                               : NEURON_OK;
}

int neuron_trainer_check_loss(const neuron_trainer_t *trainer)
{
    return check_datasets(trainer, neuron_trainer_loss(trainer));
}

int neuron_trainer_set_loss(neuron_trainer_t *trainer, neuron_loss_t *loss)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    neuron_hold_settle();
    RETURN_IF_ERROR(neuron_trainer_check_not_begun(trainer, "the loss"));
    if (loss)
        RETURN_IF_ERROR(check_datasets(trainer, loss));
    neuron_loss_t *old = trainer->loss;
    trainer->loss = neuron_loss_ref(loss);
    neuron_trainer_drop_memory(trainer);
    neuron_loss_unref(old); /* last, as it may end with a function of the caller's */
    return NEURON_OK;
}

int neuron_trainer_set_class_weights(neuron_trainer_t *trainer, const double *weights,
                                     int32_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    neuron_hold_settle();
    RETURN_IF_ERROR(neuron_trainer_check_not_begun(trainer, "the weight of classes"));
    char text[NEURON_NUMBER_TEXT];
    double *copy = NULL;
    if (weights) {
        if (count != trainer->train->class_count)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "trainer: count is %" PRId32 "; it must be %" PRId32
                               ", the dataset's classes",
                               count, trainer->train->class_count);
        for (int32_t i = 0; i < count; i++)
            if (!(weights[i] >= 0 && weights[i] <= FLT_MAX))
                return neuron_fail(NEURON_E_ARGUMENT,
                                   "trainer: weights[%" PRId32
                                   "] is %s; it must be 0 or more and finite as float",
                                   i, neuron_number_short(weights[i], text));
        copy = neuron_allocate(trainer->context, neuron_size(count), sizeof *copy);
        if (!copy)
            return NEURON_E_MEMORY;
        memcpy(copy, weights, (size_t)count * sizeof *copy);
    }
    neuron_release(trainer->context, trainer->class_weights);
    trainer->class_weights = copy;
    return NEURON_OK;
}

typedef struct loss_job {
    neuron_trainer_t *trainer;
    const int64_t *positions;
    int64_t batch;
} loss_job;

static double example_weight(const neuron_trainer_t *trainer, int64_t position)
{
    const double weight = neuron_dataset_weight(trainer->train, position);
    if (!trainer->class_weights)
        return weight;
    return weight * trainer->class_weights[neuron_dataset_label(trainer->train, position)];
}

static void add_losses(void *work, int64_t task, int32_t worker)
{
    const loss_job *job = work;
    neuron_trainer_t *trainer = job->trainer;
    const neuron_dataset_t *train = trainer->train;
    neuron_session *session = trainer->memory.session;
    const bool logits = neuron_session_logits(session);
    float *target = trainer->memory.targets + (int64_t)worker * train->outputs;
    neuron_loss_part part = {0};
    int64_t end = neuron_min_count(job->batch, (task + 1) * NEURON_LOSSES_PER_TASK);
    for (int64_t i = task * NEURON_LOSSES_PER_TASK; i < end; i++) {
        const int64_t position = job->positions[i], place = i * train->outputs;
        const float *output = neuron_session_output(session) + place;
        const double weight = example_weight(trainer, position);
        float *gradient = neuron_session_output_gradient(session) + place;
        part.loss +=
            weight * neuron_loss_take(neuron_trainer_loss(trainer), train, position, output, logits,
                                      target, weight / (double)job->batch, gradient);
        for (int32_t k = 0; k < train->outputs; k++) {
            part.overflow |= isinf(gradient[k]) != 0;
            part.undefined |= isnan(gradient[k]) != 0;
        }
        part.right +=
            neuron_loss_answer(train, output, logits) == neuron_dataset_label(train, position);
    }
    trainer->memory.losses[task] = part;
}

neuron_loss_part neuron_trainer_take_losses(neuron_trainer_t *trainer, const int64_t *positions,
                                            int64_t batch)
{
    loss_job job = {trainer, positions, batch};
    int64_t tasks = neuron_ceil_divide(batch, NEURON_LOSSES_PER_TASK);
    if (neuron_trainer_loss(trainer)->callback) /* the caller's function stays in this thread */
        for (int64_t task = 0; task < tasks; task++)
            add_losses(&job, task, 0);
    else
        neuron_pool_run(trainer->context->pool, tasks, add_losses, &job);
    neuron_loss_part sum = {0};
    for (int64_t i = 0; i < tasks; i++) {
        sum.loss += trainer->memory.losses[i].loss;
        sum.right += trainer->memory.losses[i].right;
        sum.overflow = sum.overflow || trainer->memory.losses[i].overflow;
        sum.undefined = sum.undefined || trainer->memory.losses[i].undefined;
    }
    return sum;
}
