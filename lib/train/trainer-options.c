/* The numbers that are set at a trainer, and the split of a validation set, which is one of them. */
#include "train/trainer.h"

#include "base/float-mode.h"
#include "base/text/number.h"
#include "base/options.h"

#include <inttypes.h>
#include <string.h>

static const neuron_option rows[] = {
    {NEURON_TRAINER_EPOCHS, "epochs", true, 0, INT32_MAX, 1, NULL},
    {NEURON_TRAINER_BATCH_SIZE, "batch size", true, 1, INT32_MAX, 32, NULL},
    {NEURON_TRAINER_SHUFFLE, "shuffling", true, 0, 1, 1, NULL},
    {NEURON_TRAINER_WORKERS, "workers", true, -1, NEURON_THREADS_MAX, -1, NULL},
    {NEURON_TRAINER_VALIDATION_SPLIT, "validation split", false, 0, NEURON_BELOW_ONE, 0, NULL},
};

enum { OPTIONS = sizeof rows / sizeof rows[0] };

static const neuron_option_table table = NEURON_OPTION_TABLE(rows);
static const char who[] = "trainer";

/* Holds the last part of the examples out; both subsets share the memory of the whole. */
static int split(neuron_trainer_t *trainer, double fraction)
{
    if (fraction > 0 && trainer->data.validation && trainer->settings.validation_split == 0)
        return neuron_fail(NEURON_E_ARGUMENT, "trainer: has a validation set already");
    int64_t count = trainer->data.given->count;
    int64_t left = (int64_t)((double)count * (1 - fraction));
    if (fraction > 0 && (left == 0 || left == count)) {
        char text[NEURON_NUMBER_TEXT];
        return neuron_fail(NEURON_E_DATA,
                           "trainer: a validation split of %s leaves nothing of %" PRId64
                           " examples on one side",
                           neuron_number_short(fraction, text), count);
    }
    neuron_dataset_t *train = NULL, *validation = NULL;
    RETURN_IF_ERROR(neuron_dataset_subset(&train, trainer->data.given, 0, left));
    if (fraction > 0) {
        int status = neuron_dataset_subset(&validation, trainer->data.given, left, count - left);
        if (status < 0) {
            neuron_dataset_unref(train);
            return status;
        }
    }
    neuron_dataset_t *old_train = trainer->data.train, *old_validation = NULL;
    if (fraction > 0 || trainer->settings.validation_split > 0) {
        old_validation = trainer->data.validation;
        trainer->data.validation = validation;
    }
    trainer->data.train = train;
    trainer->settings.validation_split = fraction;
    neuron_trainer_drop_step(trainer);
    neuron_dataset_unref(old_train); /* last, as they may end with a function of the caller's */
    neuron_dataset_unref(old_validation);
    return NEURON_OK;
}

static int set_workers(neuron_trainer_t *trainer, int64_t value)
{
    if (trainer->run.running)
        return neuron_fail(NEURON_E_STATE, "trainer: workers are set between runs");
    trainer->settings.workers = value;
    return NEURON_OK;
}

/* The value is in its bounds. */
static int set(neuron_trainer_t *trainer, int32_t option, double value)
{
    switch (option) {
    case NEURON_TRAINER_EPOCHS:
        trainer->settings.epochs = (int64_t)value;
        return NEURON_OK;
    case NEURON_TRAINER_BATCH_SIZE:
        RETURN_IF_ERROR(neuron_trainer_check_not_begun(trainer, "the batch size"));
        trainer->settings.batch_size = (int64_t)value;
        neuron_trainer_drop_step(trainer);
        return NEURON_OK;
    case NEURON_TRAINER_SHUFFLE:
        RETURN_IF_ERROR(neuron_trainer_check_not_begun(trainer, "shuffling"));
        trainer->settings.shuffle = value > 0;
        return NEURON_OK;
    case NEURON_TRAINER_WORKERS:
        return set_workers(trainer, (int64_t)value);
    default:
        RETURN_IF_ERROR(neuron_trainer_check_not_begun(trainer, "the validation split"));
        return split(trainer, value);
    }
}

/* All of them as they are, in the order of the rows. */
static void read_all(const neuron_trainer_t *trainer, double values[OPTIONS])
{
    const double all[OPTIONS] = {(double)trainer->settings.epochs,
                                 (double)trainer->settings.batch_size, trainer->settings.shuffle,
                                 (double)trainer->settings.workers,
                                 trainer->settings.validation_split};
    memcpy(values, all, sizeof all);
}

static int set_checked(neuron_trainer_t *trainer, int32_t option, double value, bool whole)
{
    int32_t index;
    RETURN_IF_ERROR(neuron_options_look_up_for(&table, option, value, whole, who, &index));
    return set(trainer, option, value);
}

int neuron_trainer_set_int(neuron_trainer_t *trainer, int32_t option, int64_t value)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    neuron_hold_settle();
    return set_checked(trainer, option, (double)value, true);
}

int neuron_trainer_set_float(neuron_trainer_t *trainer, int32_t option, double value)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    neuron_hold_settle();
    return set_checked(trainer, option, value, false);
}

int neuron_trainer_get_int(const neuron_trainer_t *trainer, int32_t option, int64_t *value)
{
    CHECK_ARGUMENT(trainer);
    CHECK_ARGUMENT(value);
    double values[OPTIONS];
    read_all(trainer, values);
    return neuron_options_get_int(&table, values, option, value, who);
}

int neuron_trainer_get_float(const neuron_trainer_t *trainer, int32_t option, double *value)
{
    CHECK_ARGUMENT(trainer);
    CHECK_ARGUMENT(value);
    double values[OPTIONS];
    read_all(trainer, values);
    return neuron_options_get_float(&table, values, option, value, who);
}

int neuron_trainer_bounds(const neuron_trainer_t *trainer, int32_t option, double *minimum,
                          double *maximum)
{
    CHECK_ARGUMENT(trainer);
    CHECK_ARGUMENT(minimum);
    CHECK_ARGUMENT(maximum);
    return neuron_options_bounds(&table, option, minimum, maximum, who);
}
