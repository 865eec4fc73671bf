/* The settings of a training: what must be the same in a trainer that goes on with it, since the
 * next steps must be made in the same way.
 *
 *     "optimizer": "adam", "loss": "huber", "loss_options": {"delta": 1.0}, "more_losses": [],
 *     "class_weights": [],
 *     "augmentation": {"rotation": 15.0, ...}, "examples": 1000, "example_weights": checksum,
 *     "batch_size": 32, "shuffle": 1, "validation_split": 0.0, "validation_examples": 100,
 *     "validation_weights": checksum, "metrics": ["roc_auc"], "parts": 8
 *
 * A list of class weights is empty, and a checksum 0, if all weights are 1. A trainer that loads a
 * file writes its own settings in the same way and compares the two. */
#include "checkpoint/training-file.h"

#include "base/options/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char example_weights[] = "example_weights",
                  validation_weights[] = "validation_weights", more_losses[] = "more_losses",
                  metrics_key[] = "metrics", parts_key[] = "parts";

static bool has_weights(const neuron_dataset_t *dataset)
{
    bool any = dataset && dataset->weights;
    for (int32_t i = 0; dataset && i < neuron_dataset_targets(dataset); i++)
        any = any || neuron_dataset_target_at(dataset, i)->weights;
    return any;
}

/* FNV-1a over the weights' bits, target by target; 0 if all weights are 1. */
static uint64_t weights_checksum(const neuron_dataset_t *dataset)
{
    uint64_t sum = 0xcbf29ce484222325;
    bool any = false;
    int64_t count = has_weights(dataset) ? dataset->count : 0;
    for (int64_t i = 0; i < count * (count > 0 ? neuron_dataset_targets(dataset) : 0); i++) {
        float weight = (float)neuron_dataset_weight_at(dataset, (int32_t)(i / count), i % count);
        uint32_t bits;
        memcpy(&bits, &weight, sizeof bits);
        any = any || weight != 1;
        for (int32_t shift = 0; shift < 32; shift += 8)
            sum = (sum ^ (bits >> shift & 255)) * 0x100000001b3;
    }
    return any ? sum : 0;
}

/* The bits of a checksum in a signed number: JSON numbers of this library are int64_t. */
static json_t *checksum_json(const neuron_dataset_t *dataset)
{
    return json_integer((json_int_t)weights_checksum(dataset));
}

/* The options of its augmentation; the defaults, which change nothing, without one. */
static neuron_options augmentation_of(const neuron_trainer_t *trainer)
{
    neuron_options options = trainer->settings.augmentation.options;
    if (!trainer->settings.augments)
        neuron_options_reset(&options, &neuron_augmentation_options);
    return options;
}

/* ---- Writing ---- */

static int write_class_weights(json_t *object, const neuron_trainer_t *trainer)
{
    const double *weights = trainer->data.class_weights;
    int64_t classes = weights ? trainer->data.train->class_count : 0;
    bool any = false;
    json_t *list = json_array();
    RETURN_IF_ERROR(neuron_json_set(object, "class_weights", list));
    for (int32_t i = 0; i < classes; i++)
        any = any || weights[i] != 1;
    for (int32_t i = 0; any && i < classes; i++)
        RETURN_IF_ERROR(neuron_json_append_real(list, weights[i]));
    return NEURON_OK;
}

/* The losses of further outputs, and the weights of all where one is not 1: "more_losses":
 * [["huber", 0.5, {"delta": 1.0}]]. */
static int write_more_losses(json_t *object, const neuron_trainer_t *trainer)
{
    json_t *list = json_array();
    RETURN_IF_ERROR(neuron_json_set(object, more_losses, list));
    bool weighs = trainer->losses[0].weight != 1;
    for (int32_t i = weighs ? 0 : 1; i < trainer->graph->output_count; i++) {
        const neuron_loss_t *loss = trainer->losses[i].loss;
        json_t *row = json_array(), *options = json_object();
        RETURN_IF_ERROR(neuron_json_append(list, row));
        RETURN_IF_ERROR(neuron_json_append(row, json_string(loss->kind->name)));
        RETURN_IF_ERROR(neuron_json_append_real(row, trainer->losses[i].weight));
        RETURN_IF_ERROR(neuron_json_append(row, options));
        RETURN_IF_ERROR(neuron_options_write(options, &loss->options));
    }
    return NEURON_OK;
}

static int write_loss(json_t *object, const neuron_trainer_t *trainer)
{
    const neuron_loss_t *loss = trainer->losses[0].loss;
    RETURN_IF_ERROR(neuron_json_set(object, "loss", json_string(loss->kind->name)));
    RETURN_IF_ERROR(neuron_state_write_options(object, "loss_options", &loss->options));
    RETURN_IF_ERROR(write_more_losses(object, trainer));
    return write_class_weights(object, trainer);
}

static int write_data(json_t *object, const neuron_trainer_t *trainer)
{
    /* Ranks that have examples of their own have any number of them. */
    const neuron_dataset_t *train = neuron_trainer_shards(trainer) ? NULL : trainer->data.train;
    const neuron_dataset_t *validation = trainer->data.validation;
    const neuron_trainer_settings *settings = &trainer->settings;
    const neuron_options augmentation = augmentation_of(trainer);
    RETURN_IF_ERROR(neuron_state_write_options(object, "augmentation", &augmentation));
    RETURN_IF_ERROR(neuron_json_set(object, "examples", json_integer(train ? train->count : 0)));
    RETURN_IF_ERROR(neuron_json_set(object, example_weights, checksum_json(train)));
    RETURN_IF_ERROR(neuron_json_set(object, "batch_size", json_integer(settings->batch_size)));
    RETURN_IF_ERROR(neuron_json_set(object, "shuffle", json_integer(settings->shuffle)));
    RETURN_IF_ERROR(
        neuron_json_set(object, parts_key, json_integer(neuron_trainer_split_of(trainer).parts)));
    RETURN_IF_ERROR(neuron_json_set_real(object, "validation_split", settings->validation_split));
    RETURN_IF_ERROR(neuron_json_set(object, "validation_examples",
                                    json_integer(validation ? validation->count : 0)));
    return neuron_json_set(object, validation_weights, checksum_json(validation));
}

static int write_metrics(json_t *object, const neuron_trainer_t *trainer)
{
    json_t *list = json_array();
    RETURN_IF_ERROR(neuron_json_set(object, metrics_key, list));
    for (int64_t i = 0; i < trainer->history->metric_count; i++) {
        const neuron_metric_row *metric =
            &neuron_metrics[neuron_history_metric_at(trainer->history, i)];
        RETURN_IF_ERROR(neuron_json_append(list, json_string(metric->name)));
    }
    return NEURON_OK;
}

int neuron_state_write_options(json_t *object, const char *key, const neuron_options *options)
{
    json_t *made = json_object();
    RETURN_IF_ERROR(neuron_json_set(object, key, made));
    return neuron_options_write(made, options);
}

int neuron_state_write_settings(json_t *object, const neuron_trainer_t *trainer)
{
    const char *rule = trainer->optimizer->rule->name;
    RETURN_IF_ERROR(neuron_json_set(object, "optimizer", json_string(rule)));
    RETURN_IF_ERROR(write_loss(object, trainer));
    RETURN_IF_ERROR(write_metrics(object, trainer));
    return write_data(object, trainer);
}

/* ---- Comparing ---- */

int neuron_state_read_options(neuron_options *options, const neuron_option_table *table,
                              const json_t *object, const char *key, const char *source)
{
    char who[NEURON_MESSAGE_SIZE];
    snprintf(who, sizeof who, "%s: %s", source, key);
    return neuron_options_read(options, table, json_object_get(object, key), who);
}

static int compare_options(const json_t *object, const char *key, const neuron_options *ours,
                           const char *source)
{
    neuron_options theirs;
    RETURN_IF_ERROR(neuron_state_read_options(&theirs, ours->table, object, key, source));
    char who[NEURON_MESSAGE_SIZE];
    snprintf(who, sizeof who, "%s: %s", source, key);
    return neuron_options_compare(&theirs, ours, who);
}

/* Whether two values are of a kind, so that one could be in the place of the other. */
static bool alike(const json_t *a, const json_t *b)
{
    return a && (json_typeof(a) == json_typeof(b) || (json_is_number(a) && json_is_real(b)));
}

static int compare(const json_t *theirs, const json_t *ours, const char *key, const char *source)
{
    const json_t *found = json_object_get(theirs, key), *wanted = json_object_get(ours, key);
    if (!alike(found, wanted))
        return neuron_state_bad(source, key);
    if ((key == example_weights || key == validation_weights) && !json_equal(found, wanted))
        return neuron_fail(NEURON_E_DATA,
                           "%s: the %s of its training have other weights than these", source,
                           key == example_weights ? "examples" : "validation examples");
    return neuron_json_compare(found, wanted, key, source);
}

/* Older files tell nothing of parts. */
static int compare_parts(const json_t *theirs, const json_t *ours, const char *source)
{
    if (json_object_get(theirs, parts_key))
        return compare(theirs, ours, parts_key, source);
    json_int_t parts = json_integer_value(json_object_get(ours, parts_key));
    return parts == 1 ? NEURON_OK
                      : neuron_fail(NEURON_E_DATA,
                                    "%s: its training computes whole batches, this one %" PRId64
                                    " parts of each",
                                    source, (int64_t)parts);
}

static int compare_all(const json_t *theirs, const json_t *ours, const neuron_trainer_t *trainer,
                       const char *source)
{
    /* The split tells more than the numbers of examples that follow from it. */
    static const char *const keys[] = {example_weights,       "batch_size",       "shuffle",
                                       "class_weights",       "validation_split", "examples",
                                       "validation_examples", validation_weights};
    const neuron_loss_t *loss = trainer->losses[0].loss;
    const neuron_options augmentation = augmentation_of(trainer);
    RETURN_IF_ERROR(compare(theirs, ours, "optimizer", source));
    RETURN_IF_ERROR(compare(theirs, ours, "loss", source));
    RETURN_IF_ERROR(compare_options(theirs, "loss_options", &loss->options, source));
    if (!json_equal(json_object_get(theirs, more_losses), json_object_get(ours, more_losses)))
        return neuron_fail(NEURON_E_DATA, "%s: its training has other losses at further outputs",
                           source);
    const json_t *found = json_object_get(theirs, metrics_key); /* older files have no such list */
    if (json_array_size(found) != (size_t)trainer->history->metric_count ||
        (json_array_size(found) > 0 && !json_equal(found, json_object_get(ours, metrics_key))))
        return neuron_fail(NEURON_E_DATA, "%s: its training has other metrics", source);
    RETURN_IF_ERROR(compare_options(theirs, "augmentation", &augmentation, source));
    RETURN_IF_ERROR(compare_parts(theirs, ours, source));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        RETURN_IF_ERROR(compare(theirs, ours, keys[i], source));
    return NEURON_OK;
}

int neuron_state_check_settings(const json_t *object, const neuron_trainer_t *trainer,
                                const char *source)
{
    json_t *ours = json_object();
    int status = ours ? neuron_state_write_settings(ours, trainer) : neuron_json_no_memory();
    if (status == NEURON_OK)
        status = compare_all(object, ours, trainer, source);
    json_decref(ours);
    return status;
}
