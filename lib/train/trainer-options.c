/* The numbers that are set at a trainer, and the split of a validation
 * set, which is one of them. */
#include "train/trainer.h"

#include "base/options/calls.h"
#include "base/text/number.h"

#include <inttypes.h>

#define METRIC(place, name) {place, name},

static const neuron_word metric_words[] = {{0, "none"}, NEURON_METRIC_NAMES(METRIC){0, ""}};

static const neuron_word overlap_words[] = {
    {NEURON_OVERLAP_AUTO, "auto"}, {NEURON_OVERLAP_ON, "on"}, {NEURON_OVERLAP_OFF, "off"}, {0, ""}};

static const neuron_word data_words[] = {
    {NEURON_DATA_WHOLE, "whole"}, {NEURON_DATA_SHARD, "shard"}, {0, ""}};

static const neuron_word order_words[] = {
    {NEURON_ORDER_FIXED, "fixed"}, {NEURON_ORDER_ANY, "any"}, {0, ""}};

static const neuron_word callback_words[] = {
    {NEURON_CALLBACKS_FIRST, "first"}, {NEURON_CALLBACKS_ALL, "all"}, {0, ""}};

static const neuron_option rows[] = {
    NEURON_INTEGER(NEURON_TRAINER_EPOCHS, "epochs", 0, INT32_MAX, 1, "how far a run goes"),
    NEURON_INTEGER(NEURON_TRAINER_BATCH_SIZE, "batch_size", 1, INT32_MAX, 32, "examples in a step"),
    NEURON_INTEGER(NEURON_TRAINER_MICRO_BATCH_SIZE, "micro_batch_size", 0, INT32_MAX, 0,
                   "examples at once, 0 for all of a step"),
    NEURON_FLAG(NEURON_TRAINER_SHUFFLE, "shuffle", 1, "yes for a new order each epoch"),
    NEURON_REAL(NEURON_TRAINER_VALIDATION_SPLIT, "validation_split", 0, NEURON_BELOW_ONE, 0,
                "share held out"),
    NEURON_INTEGER(NEURON_TRAINER_WORKERS, "workers", -1, NEURON_THREADS_MAX, -1,
                   "threads that make batches, -1 to choose"),
    NEURON_WORDS(NEURON_TRAINER_METRICS, "metrics", metric_words,
                 "of the validation set after each epoch"),
    NEURON_INTEGER(NEURON_TRAINER_PARTS, "parts", 0, NEURON_PARTS_MAX, 0,
                   "of a batch, 0 for 8 with a communicator, else 1"),
    NEURON_CHOICE(NEURON_TRAINER_CALLBACKS, "callbacks", callback_words, NEURON_CALLBACKS_FIRST,
                  "ranks that call your functions"),
    NEURON_CHOICE(NEURON_TRAINER_OVERLAP, "overlap", overlap_words, NEURON_OVERLAP_AUTO,
                  "sums over ranks while backward goes on"),
    NEURON_CHOICE(NEURON_TRAINER_DATA, "data", data_words, NEURON_DATA_WHOLE,
                  "whether ranks have examples of their own"),
    NEURON_CHOICE(NEURON_TRAINER_ORDER, "order", order_words, NEURON_ORDER_FIXED,
                  "of sums, any for a part for each rank"),
};

const neuron_option_table neuron_trainer_options = NEURON_OPTION_TABLE(rows);
static const char who[] = "trainer";

/* Holds the last part of the examples out; both subsets share the memory of the whole. */
static int split(neuron_trainer_t *trainer, double fraction)
{
    if (fraction > 0 && trainer->data.validation && trainer->settings.validation_split == 0)
        return neuron_fail(NEURON_E_ARGUMENT, "trainer: has a validation set already");
    if (!trainer->data.given) {
        trainer->settings.validation_split = fraction;
        return NEURON_OK;
    }
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
    neuron_dataset_unref(old_train); /* last, as they may end with a function of the caller's */
    neuron_dataset_unref(old_validation);
    return NEURON_OK;
}

int neuron_trainer_split(neuron_trainer_t *trainer)
{
    return split(trainer, trainer->settings.validation_split);
}

/* Whether an option may be changed now. */
static int check_time(const neuron_trainer_t *trainer, int32_t option)
{
    switch (option) {
    case NEURON_TRAINER_EPOCHS:
        return NEURON_OK;
    case NEURON_TRAINER_BATCH_SIZE:
        return neuron_trainer_check_not_begun(trainer, "the batch size");
    case NEURON_TRAINER_MICRO_BATCH_SIZE:
        return trainer->run.running
                   ? neuron_fail(NEURON_E_STATE, "trainer: micro-batches are set between runs")
                   : NEURON_OK;
    case NEURON_TRAINER_SHUFFLE:
        return neuron_trainer_check_not_begun(trainer, "shuffling");
    case NEURON_TRAINER_WORKERS:
        return trainer->run.running
                   ? neuron_fail(NEURON_E_STATE, "trainer: workers are set between runs")
                   : NEURON_OK;
    case NEURON_TRAINER_PARTS:
        return neuron_trainer_check_not_begun(trainer, "the number of parts");
    case NEURON_TRAINER_CALLBACKS:
        return trainer->run.running
                   ? neuron_fail(NEURON_E_STATE, "trainer: callbacks are set between runs")
                   : NEURON_OK;
    case NEURON_TRAINER_OVERLAP:
        return trainer->run.running
                   ? neuron_fail(NEURON_E_STATE, "trainer: overlap is set between runs")
                   : NEURON_OK;
    case NEURON_TRAINER_DATA:
        return neuron_trainer_check_not_begun(trainer, "whose the data is");
    case NEURON_TRAINER_ORDER:
        return neuron_trainer_check_not_begun(trainer, "the order of sums");
    case NEURON_TRAINER_METRICS:
        return neuron_trainer_check_not_begun(trainer, "what metrics there are");
    default:
        return neuron_trainer_check_not_begun(trainer, "the validation split");
    }
}

/* All of them as they are. */
static neuron_options read_all(const neuron_trainer_t *trainer)
{
    const neuron_trainer_settings *settings = &trainer->settings;
    neuron_options options;
    neuron_options_reset(&options, &neuron_trainer_options);
    neuron_options_put(&options, NEURON_TRAINER_EPOCHS, (double)settings->epochs);
    neuron_options_put(&options, NEURON_TRAINER_BATCH_SIZE, (double)settings->batch_size);
    neuron_options_put(&options, NEURON_TRAINER_MICRO_BATCH_SIZE,
                       (double)settings->micro_batch_size);
    neuron_options_put(&options, NEURON_TRAINER_SHUFFLE, settings->shuffle);
    neuron_options_put(&options, NEURON_TRAINER_WORKERS, (double)settings->workers);
    neuron_options_put(&options, NEURON_TRAINER_VALIDATION_SPLIT, settings->validation_split);
    neuron_options_put(&options, NEURON_TRAINER_METRICS, (double)trainer->history->metrics);
    neuron_options_put(&options, NEURON_TRAINER_PARTS, (double)settings->parts);
    neuron_options_put(&options, NEURON_TRAINER_CALLBACKS, settings->callbacks);
    neuron_options_put(&options, NEURON_TRAINER_OVERLAP, settings->overlap);
    neuron_options_put(&options, NEURON_TRAINER_DATA, settings->sharing);
    neuron_options_put(&options, NEURON_TRAINER_ORDER, settings->order);
    return options;
}

/* Takes over what has changed: all of it, or with a failure nothing. */
static int commit(neuron_trainer_t *trainer, const neuron_options *changed)
{
    neuron_trainer_settings *settings = &trainer->settings;
    neuron_options before = read_all(trainer);
    for (int32_t i = 0; i < neuron_trainer_options.count; i++)
        if (changed->values[i] != before.values[i])
            RETURN_IF_ERROR(check_time(trainer, neuron_trainer_options.rows[i].key));
    double held_out = neuron_options_value(changed, NEURON_TRAINER_VALIDATION_SPLIT);
    if (held_out != settings->validation_split)
        RETURN_IF_ERROR(split(trainer, held_out));
    uint64_t metrics = (uint64_t)neuron_options_value(changed, NEURON_TRAINER_METRICS);
    if (metrics != trainer->history->metrics)
        neuron_history_set_metrics(trainer->history, metrics);
    int64_t batch_size = (int64_t)neuron_options_value(changed, NEURON_TRAINER_BATCH_SIZE);
    settings->batch_size = batch_size;
    settings->micro_batch_size =
        (int64_t)neuron_options_value(changed, NEURON_TRAINER_MICRO_BATCH_SIZE);
    settings->epochs = (int64_t)neuron_options_value(changed, NEURON_TRAINER_EPOCHS);
    settings->shuffle = neuron_options_value(changed, NEURON_TRAINER_SHUFFLE) > 0;
    settings->workers = (int64_t)neuron_options_value(changed, NEURON_TRAINER_WORKERS);
    settings->parts = (int64_t)neuron_options_value(changed, NEURON_TRAINER_PARTS);
    settings->callbacks = (int32_t)neuron_options_value(changed, NEURON_TRAINER_CALLBACKS);
    settings->overlap = (int32_t)neuron_options_value(changed, NEURON_TRAINER_OVERLAP);
    settings->sharing = (int32_t)neuron_options_value(changed, NEURON_TRAINER_DATA);
    settings->order = (int32_t)neuron_options_value(changed, NEURON_TRAINER_ORDER);
    return NEURON_OK;
}

#define VALUES ((neuron_options[]){read_all(trainer)}[0])
NEURON_OPTION_GETTERS(trainer, VALUES, who)

/* By hand: what a run that was left still holds can be let go by public functions only. */
int neuron_trainer_set(neuron_trainer_t *trainer, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    neuron_hold_end_left();
    neuron_options changed = read_all(trainer);
    RETURN_IF_ERROR(neuron_options_parse(&changed, options, who));
    return commit(trainer, &changed);
}

int neuron_trainer_set_number(neuron_trainer_t *trainer, const char *option, double value)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    neuron_hold_end_left();
    neuron_options changed = read_all(trainer);
    RETURN_IF_ERROR(neuron_options_set_number(&changed, option, value, who));
    return commit(trainer, &changed);
}
