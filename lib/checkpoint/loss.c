/* The loss of a training and its class weights in a file. */
#include "checkpoint/training-file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int neuron_state_write_loss(json_t *object, const neuron_trainer_t *trainer)
{
    const neuron_loss_t *loss = neuron_trainer_loss(trainer);
    RETURN_IF_ERROR(neuron_json_set(object, "loss", json_string(loss->kind->name)));
    json_t *options = json_object();
    RETURN_IF_ERROR(neuron_json_set(object, "loss_options", options));
    for (int32_t i = 0; i < loss->kind->options.count; i++)
        RETURN_IF_ERROR(
            neuron_json_set_real(options, loss->kind->options.rows[i].name, loss->options[i]));
    if (!trainer->data.class_weights)
        return NEURON_OK;
    json_t *weights = json_array();
    RETURN_IF_ERROR(neuron_json_set(object, "class_weights", weights));
    for (int32_t i = 0; i < trainer->data.train->class_count; i++)
        RETURN_IF_ERROR(neuron_json_append_real(weights, trainer->data.class_weights[i]));
    return NEURON_OK;
}

/* A file without the key is older than losses: its training went by cross-entropy. */
static int check_kind(const json_t *object, const neuron_loss_t *loss, const char *source)
{
    const json_t *found = json_object_get(object, "loss");
    if (found && !json_is_string(found))
        return neuron_state_bad(source, "loss");
    const char *name = found ? json_string_value(found) : neuron_loss_default.kind->name;
    if (strcmp(name, loss->kind->name) != 0)
        return neuron_fail(NEURON_E_DATA,
                           "%s: the loss of its training is " NEURON_JSON_NAME ", of this one %s",
                           source, name, loss->kind->name);
    return NEURON_OK;
}

/* An option that is missing has its default. */
static int check_options(const json_t *object, const neuron_loss_t *loss, const char *source)
{
    const json_t *options = json_object_get(object, "loss_options");
    for (int32_t i = 0; i < loss->kind->options.count; i++) {
        const neuron_option *option = &loss->kind->options.rows[i];
        const json_t *found = json_object_get(options, option->name);
        if (found && !json_is_number(found))
            return neuron_state_bad(source, option->name);
        const double value = found ? json_number_value(found) : option->fallback;
        if (value != loss->options[i])
            return neuron_state_differs(source, "the loss of its training has", option->name, value,
                                        loss->options[i]);
    }
    return NEURON_OK;
}

/* Class weights by class; 1 for all where none are. */
static int check_class_weights(const json_t *object, const neuron_trainer_t *trainer,
                               const char *source)
{
    const json_t *list = json_object_get(object, "class_weights");
    const int32_t classes = trainer->data.train->class_count;
    if (list && (!json_is_array(list) || json_array_size(list) != (size_t)classes))
        return neuron_state_bad(source, "class_weights");
    for (int32_t i = 0; i < classes; i++) {
        const json_t *found = json_array_get(list, (size_t)i);
        if (list && !json_is_number(found))
            return neuron_state_bad(source, "class_weights");
        const double theirs = list ? json_number_value(found) : 1;
        const double ours = trainer->data.class_weights ? trainer->data.class_weights[i] : 1;
        if (theirs != ours) {
            char weight[40];
            snprintf(weight, sizeof weight, "a weight of class %" PRId32 " of", i);
            return neuron_state_differs(source, "its training has", weight, theirs, ours);
        }
    }
    return NEURON_OK;
}

int neuron_state_check_loss(const json_t *object, const neuron_trainer_t *trainer,
                            const char *source)
{
    const neuron_loss_t *loss = neuron_trainer_loss(trainer);
    RETURN_IF_ERROR(check_kind(object, loss, source));
    RETURN_IF_ERROR(check_options(object, loss, source));
    return check_class_weights(object, trainer, source);
}
