/* What a training makes of its data, in a file: compared when it is loaded, since the next steps
 * must be made in the same way.
 *
 *     "augmentation": {"rotation": 15, ...}, "example_weights": checksum,
 *     "validation_examples": 100, "validation_weights": checksum
 *
 * A training without augmentation or weights has no such keys, and a file of before validation sets
 * were compared has no number of examples. */
#include "checkpoint/training-file.h"

#include <inttypes.h>
#include <string.h>

static const char augmentation_key[] = "augmentation", weights_key[] = "example_weights";
static const char count_key[] = "validation_examples",
                  validation_weights_key[] = "validation_weights";

static double setting(const neuron_trainer_t *trainer, int32_t place)
{
    return trainer->settings.augments ? trainer->settings.augmentation.options[place]
                                      : neuron_augment_option_row(place)->fallback;
}

/* FNV-1a over the weights' bits; 0 if all weights are 1. */
static uint64_t weights_checksum(const neuron_dataset_t *dataset)
{
    uint64_t sum = 0xcbf29ce484222325;
    bool any = false;
    for (int64_t i = 0; dataset && dataset->weights && i < dataset->count; i++) {
        const float weight = (float)neuron_dataset_weight(dataset, i);
        uint32_t bits;
        memcpy(&bits, &weight, sizeof bits);
        any = any || weight != 1;
        for (int32_t shift = 0; shift < 32; shift += 8)
            sum = (sum ^ (bits >> shift & 255)) * 0x100000001b3;
    }
    return any ? sum : 0;
}

static int write_weights(json_t *object, const char *key, const neuron_dataset_t *dataset)
{
    const uint64_t sum = weights_checksum(dataset);
    return sum != 0 ? neuron_json_set(object, key, json_integer((json_int_t)sum)) : NEURON_OK;
}

static int64_t validation_count(const neuron_trainer_t *trainer)
{
    return trainer->data.validation ? trainer->data.validation->count : 0;
}

int neuron_state_write_data(json_t *object, const neuron_trainer_t *trainer)
{
    RETURN_IF_ERROR(write_weights(object, weights_key, trainer->data.train));
    RETURN_IF_ERROR(neuron_json_set(object, count_key, json_integer(validation_count(trainer))));
    RETURN_IF_ERROR(write_weights(object, validation_weights_key, trainer->data.validation));
    if (!trainer->settings.augments)
        return NEURON_OK;
    json_t *options = json_object();
    RETURN_IF_ERROR(neuron_json_set(object, augmentation_key, options));
    for (int32_t i = 0; i < NEURON_AUGMENTATION_OPTIONS; i++)
        RETURN_IF_ERROR(
            neuron_json_set_real(options, neuron_augment_option_row(i)->name, setting(trainer, i)));
    return NEURON_OK;
}

static int check_augmentation(const json_t *object, const neuron_trainer_t *trainer,
                              const char *source)
{
    const json_t *options = json_object_get(object, augmentation_key);
    size_t known = 0;
    if (options && !json_is_object(options))
        return neuron_state_bad(source, augmentation_key);
    for (int32_t i = 0; i < NEURON_AUGMENTATION_OPTIONS; i++) {
        const neuron_option *option = neuron_augment_option_row(i);
        const json_t *found = json_object_get(options, option->name);
        if (found && !json_is_number(found))
            return neuron_state_bad(source, option->name);
        const double theirs = found ? json_number_value(found) : option->fallback;
        const double ours = setting(trainer, i);
        known += found != NULL;
        if (theirs != ours)
            return neuron_state_differs(source, "the augmentation of its training has",
                                        option->name, theirs, ours);
    }
    return known == json_object_size(options) ? NEURON_OK
                                              : neuron_state_bad(source, augmentation_key);
}

static int check_weights(const json_t *object, const char *key, const neuron_dataset_t *dataset,
                         const char *what, const char *source)
{
    const json_t *found = json_object_get(object, key);
    if (found && !json_is_integer(found))
        return neuron_state_bad(source, key);
    /* Of what is no number it is 0. */
    if ((uint64_t)json_integer_value(found) != weights_checksum(dataset))
        return neuron_fail(NEURON_E_DATA, "%s: %s of its training have other weights than these",
                           source, what);
    return NEURON_OK;
}

int neuron_state_check_data(const json_t *object, const neuron_trainer_t *trainer,
                            const char *source)
{
    RETURN_IF_ERROR(
        check_weights(object, weights_key, trainer->data.train, "the examples", source));
    return check_augmentation(object, trainer, source);
}

/* The best figures so far mean nothing by another set. */
int neuron_state_check_validation(const json_t *object, const neuron_trainer_t *trainer,
                                  const char *source)
{
    const json_t *found = json_object_get(object, count_key);
    const int64_t theirs = json_integer_value(found), ours = validation_count(trainer);
    if (!found)
        return NEURON_OK;
    if (!json_is_integer(found) || theirs < 0)
        return neuron_state_bad(source, count_key);
    if (theirs != ours)
        return neuron_fail(NEURON_E_DATA,
                           "%s: its training has %s %" PRId64 ", this one has %" PRId64, source,
                           count_key, theirs, ours);
    return check_weights(object, validation_weights_key, trainer->data.validation,
                         "the validation examples", source);
}
