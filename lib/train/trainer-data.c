/* What a trainer learns from: the datasets, the losses and the weights of classes. What is held out
 * of the training set is set in trainer-options.c. */
#include "train/trainer.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "base/text/number.h"
#include "evaluate/evaluation.h"
#include "train/training.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void neuron_trainer_end_loss(const neuron_loss_t *loss)
{
    if (loss != &neuron_loss_default)
        neuron_loss_unref(neuron_hold_object(loss));
}

static int check_output(const neuron_trainer_t *trainer, const neuron_dataset_t *dataset,
                        int64_t output, const neuron_loss_t *loss)
{
    char who[NEURON_NODE_NAME_MAX + 32] = "trainer";
    const neuron_graph_t *graph = trainer->graph;
    if (!dataset)
        return NEURON_OK;
    if (graph->output_count > 1)
        snprintf(who, sizeof who, "trainer: %s", graph->outputs[output]->name);
    return neuron_loss_check_dataset(loss, neuron_dataset_target_at(dataset, output), who);
}

static int check_datasets(const neuron_trainer_t *trainer, int64_t output,
                          const neuron_loss_t *loss)
{
    RETURN_IF_ERROR(check_output(trainer, trainer->data.train, output, loss));
    return check_output(trainer, trainer->data.validation, output, loss);
}

int neuron_trainer_check_loss(const neuron_trainer_t *trainer)
{
    for (int32_t i = 0; i < trainer->graph->output_count; i++)
        RETURN_IF_ERROR(check_datasets(trainer, i, trainer->losses[i].loss));
    return NEURON_OK;
}

/* The loss of an output may belong to the caller's code, which its end runs: it comes last. */
static void set_loss(neuron_trainer_t *trainer, int64_t output, neuron_loss_t *loss, double weight)
{
    const neuron_loss_t *old = trainer->losses[output].loss;
    const neuron_loss_t *kept = loss ? neuron_loss_ref(loss) : &neuron_loss_default;
    trainer->losses[output] = (neuron_step_loss){kept, weight};
    neuron_trainer_drop_step(trainer);
    neuron_trainer_end_loss(old);
}

int neuron_trainer_set_loss(neuron_trainer_t *trainer, neuron_loss_t *loss)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    CHECK_OPTIONAL(loss);
    neuron_hold_end_left();
    RETURN_IF_ERROR(neuron_trainer_check_not_begun(trainer, "the loss"));
    for (int32_t i = 0; loss && i < trainer->graph->output_count; i++)
        RETURN_IF_ERROR(check_datasets(trainer, i, loss));
    for (int32_t i = 0; i < trainer->graph->output_count; i++)
        set_loss(trainer, i, loss, 1);
    return NEURON_OK;
}

int neuron_trainer_set_output_loss(neuron_trainer_t *trainer, int64_t output, neuron_loss_t *loss,
                                   double weight)
{
    FLOAT_SCOPE;
    char text[NEURON_NUMBER_TEXT];
    CHECK_ARGUMENT(trainer);
    CHECK_OPTIONAL(loss);
    neuron_hold_end_left();
    RETURN_IF_ERROR(neuron_trainer_check_not_begun(trainer, "the loss"));
    RETURN_IF_ERROR(
        neuron_check_range(output, 0, trainer->graph->output_count - 1, "output", "trainer"));
    if (!(weight >= 0 && weight <= FLT_MAX))
        return neuron_fail(NEURON_E_ARGUMENT,
                           "trainer: weight is %s; it must be 0 or more and finite as float",
                           neuron_number_short(weight, text));
    if (loss)
        RETURN_IF_ERROR(check_datasets(trainer, output, loss));
    set_loss(trainer, output, loss, weight);
    return NEURON_OK;
}

static int check_new_dataset(const neuron_trainer_t *trainer, const neuron_dataset_t *dataset)
{
    const neuron_dataset_t *old = trainer->data.given;
    if (trainer->run.running)
        return neuron_fail(NEURON_E_STATE, "trainer: gets another dataset between runs");
    if (trainer->progress.step > 0)
        return neuron_fail(NEURON_E_STATE,
                           "trainer: is in the middle of an epoch, at step %" PRId64 " of it",
                           trainer->progress.step);
    RETURN_IF_ERROR(neuron_trainer_check_dataset(trainer->graph, dataset));
    for (int32_t i = 0; i < trainer->graph->output_count; i++)
        RETURN_IF_ERROR(check_output(trainer, dataset, i, trainer->losses[i].loss));
    if (trainer->data.class_weights && dataset->class_count != old->class_count)
        return neuron_fail(NEURON_E_DATA,
                           "trainer: has weights of %" PRId64 " classes, the dataset has %" PRId64,
                           old->class_count, dataset->class_count);
    return NEURON_OK;
}

int neuron_trainer_set_dataset(neuron_trainer_t *trainer, neuron_dataset_t *train)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    CHECK_ARGUMENT(train);
    neuron_hold_end_left();
    RETURN_IF_ERROR(check_new_dataset(trainer, train));
    neuron_dataset_t *old = trainer->data.given;
    int64_t epoch = trainer->progress.epoch, before = neuron_training_steps(trainer);
    trainer->data.given = neuron_dataset_ref(train);
    int status = neuron_trainer_split(trainer);
    if (status < 0) {
        trainer->data.given = old;
        neuron_dataset_unref(train);
        return status;
    }
    trainer->progress.loss_sum = 0; /* nothing of the new set is seen yet */
    trainer->progress.correct = trainer->progress.seen = 0;
    trainer->progress.single_steps += epoch * (before - neuron_training_steps(trainer));
    neuron_dataset_unref(old); /* last, as it may end with a function of the caller's */
    return NEURON_OK;
}

int neuron_trainer_set_class_weights(neuron_trainer_t *trainer, const double *weights,
                                     int64_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    neuron_hold_end_left();
    RETURN_IF_ERROR(neuron_trainer_check_not_begun(trainer, "the weight of classes"));
    char text[NEURON_NUMBER_TEXT];
    double *copy = NULL;
    if (weights && !trainer->data.train)
        return neuron_fail(NEURON_E_STATE,
                           "trainer: has no dataset whose classes could be weighed");
    if (weights) {
        if (count != trainer->data.train->class_count)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "trainer: count is %" PRId64 "; it must be %" PRId64
                               ", the dataset's classes",
                               count, trainer->data.train->class_count);
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
    neuron_release(trainer->context, trainer->data.class_weights);
    trainer->data.class_weights = copy;
    return NEURON_OK;
}

/* The network would be judged by inputs unlike those that it learns from. */
static void warn_of_scale(const neuron_trainer_t *trainer, const neuron_dataset_t *train,
                          const neuron_dataset_t *validation)
{
    if (train->examples->type != validation->examples->type)
        neuron_log(trainer->context, NEURON_LOG_WARNING, "data",
                   "trainer: examples to validate with are %s, those to train with %s",
                   neuron_type_name(validation->examples->type),
                   neuron_type_name(train->examples->type));
    if (!neuron_dataset_same_scale(train, validation))
        neuron_log(trainer->context, NEURON_LOG_WARNING, "data",
                   "trainer: examples to validate with have another scale or offset than those to "
                   "train with");
}

static int check_validation(const neuron_trainer_t *trainer, const neuron_dataset_t *validation)
{
    const neuron_dataset_t *train = trainer->data.given;
    RETURN_IF_ERROR(neuron_trainer_check_dataset(trainer->graph, validation));
    if (!train)
        return NEURON_OK;
    RETURN_IF_ERROR(neuron_dataset_check_names(train, "the training set", validation,
                                               "the validation set", "trainer"));
    for (int32_t i = 1; i < neuron_dataset_targets(train); i++)
        RETURN_IF_ERROR(neuron_dataset_check_names(
            neuron_dataset_target_at(train, i), "the training set",
            neuron_dataset_target_at(validation, i), "the validation set", "trainer"));
    return NEURON_OK;
}

int neuron_trainer_set_validation(neuron_trainer_t *trainer, neuron_dataset_t *validation)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    CHECK_OPTIONAL(validation);
    neuron_hold_end_left();
    RETURN_IF_ERROR(neuron_trainer_check_not_begun(trainer, "the validation set"));
    if (validation)
        RETURN_IF_ERROR(check_validation(trainer, validation));
    if (validation && trainer->settings.validation_split > 0)
        return neuron_fail(NEURON_E_ARGUMENT, "trainer: has a validation split already");
    if (trainer->settings.validation_split > 0)
        return NEURON_OK;
    const neuron_dataset_t *train = validation ? trainer->data.given : NULL;
    for (int32_t i = 0; train && i < neuron_dataset_inputs(train); i++)
        warn_of_scale(trainer, neuron_dataset_input_at(train, i),
                      neuron_dataset_input_at(validation, i));
    neuron_dataset_t *old = trainer->data.validation;
    trainer->data.validation = neuron_dataset_ref(validation);
    neuron_dataset_unref(old); /* last, as it may end with a function of the caller's */
    return NEURON_OK;
}
