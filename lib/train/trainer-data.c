/* What a trainer learns from: the validation set, the loss and the weights of classes. The training
 * set is given when it is created; what is held out of it is set in trainer-options.c. */
#include "train/trainer.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "base/text/number.h"
#include "evaluate/evaluation.h"

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
    RETURN_IF_ERROR(neuron_loss_check_dataset(loss, trainer->data.train, "trainer"));
    return trainer->data.validation
               ? neuron_loss_check_dataset(loss, trainer->data.validation, "trainer")
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
    neuron_hold_end_left();
    RETURN_IF_ERROR(neuron_trainer_check_not_begun(trainer, "the loss"));
    if (loss)
        RETURN_IF_ERROR(check_datasets(trainer, loss));
    neuron_loss_t *old = trainer->loss;
    trainer->loss = neuron_loss_ref(loss);
    neuron_trainer_drop_step(trainer);
    neuron_loss_unref(old); /* last, as it may end with a function of the caller's */
    return NEURON_OK;
}

int neuron_trainer_set_class_weights(neuron_trainer_t *trainer, const double *weights,
                                     int32_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    neuron_hold_end_left();
    RETURN_IF_ERROR(neuron_trainer_check_not_begun(trainer, "the weight of classes"));
    char text[NEURON_NUMBER_TEXT];
    double *copy = NULL;
    if (weights) {
        if (count != trainer->data.train->class_count)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "trainer: count is %" PRId32 "; it must be %" PRId32
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
static void warn_of_scale(const neuron_trainer_t *trainer, const neuron_dataset_t *validation)
{
    const neuron_dataset_t *train = trainer->data.given;
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
    RETURN_IF_ERROR(neuron_trainer_check_dataset(trainer->graph, validation));
    return neuron_dataset_check_names(trainer->data.given, "the training set", validation,
                                      "the validation set", "trainer");
}

int neuron_trainer_set_validation(neuron_trainer_t *trainer, neuron_dataset_t *validation)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    neuron_hold_end_left();
    RETURN_IF_ERROR(neuron_trainer_check_not_begun(trainer, "the validation set"));
    if (validation)
        RETURN_IF_ERROR(check_validation(trainer, validation));
    if (validation && trainer->settings.validation_split > 0)
        return neuron_fail(NEURON_E_ARGUMENT, "trainer: has a validation split already");
    if (trainer->settings.validation_split > 0)
        return NEURON_OK;
    if (validation)
        warn_of_scale(trainer, validation);
    neuron_dataset_t *old = trainer->data.validation;
    trainer->data.validation = neuron_dataset_ref(validation);
    neuron_dataset_unref(old); /* last, as it may end with a function of the caller's */
    return NEURON_OK;
}
