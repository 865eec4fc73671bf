/* The numbers that are set at a trainer, and the split of a validation
 * set, which is one of them. */
#include "train/trainer.h"

#include "base/options/calls.h"
#include "base/text/number.h"

#include <inttypes.h>

static const neuron_option rows[] = {
    NEURON_INTEGER(NEURON_TRAINER_EPOCHS, "epochs", 0, INT32_MAX, 1, "how far a run goes"),
    NEURON_INTEGER(NEURON_TRAINER_BATCH_SIZE, "batch_size", 1, INT32_MAX, 32, "examples in a step"),
    NEURON_FLAG(NEURON_TRAINER_SHUFFLE, "shuffle", 1, "1 for a new order each epoch"),
    NEURON_INTEGER(NEURON_TRAINER_WORKERS, "workers", -1, NEURON_THREADS_MAX, -1,
                   "threads that make batches, -1 to choose"),
    NEURON_REAL(NEURON_TRAINER_VALIDATION_SPLIT, "validation_split", 0, NEURON_BELOW_ONE, 0,
                "share held out"),
};

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

/* All of them as they are. */
static neuron_options read_all(const neuron_trainer_t *trainer)
{
    const neuron_trainer_settings *settings = &trainer->settings;
    neuron_options options;
    neuron_options_reset(&options, &table);
    neuron_options_put(&options, NEURON_TRAINER_EPOCHS, (double)settings->epochs);
    neuron_options_put(&options, NEURON_TRAINER_BATCH_SIZE, (double)settings->batch_size);
    neuron_options_put(&options, NEURON_TRAINER_SHUFFLE, settings->shuffle);
    neuron_options_put(&options, NEURON_TRAINER_WORKERS, (double)settings->workers);
    neuron_options_put(&options, NEURON_TRAINER_VALIDATION_SPLIT, settings->validation_split);
    return options;
}

int neuron_trainer_set_int(neuron_trainer_t *trainer, int32_t option, int64_t value)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    neuron_hold_end_left();
    neuron_options checked = read_all(trainer);
    RETURN_IF_ERROR(neuron_options_set_int(&checked, option, value, who));
    return set(trainer, option, (double)value);
}

int neuron_trainer_set_float(neuron_trainer_t *trainer, int32_t option, double value)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    neuron_hold_end_left();
    neuron_options checked = read_all(trainer);
    RETURN_IF_ERROR(neuron_options_set_float(&checked, option, value, who));
    return set(trainer, option, value);
}

#define VALUES ((neuron_options[]){read_all(trainer)}[0])
NEURON_OPTION_GETTERS(trainer, VALUES, who)
