/* Layers of the caller's own: registering them, and calling their callbacks. */
#include "layers/custom.h"

#include "base/float-mode.h"
#include "base/bump.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Where the output's shape comes from is decided by who adds the layer: see graph/custom.c. */
static int infer(neuron_spec *spec, const char *node)
{
    (void)node;
    spec->output = spec->inputs[0];
    return NEURON_OK;
}

const neuron_custom_kind *neuron_custom_kind_of(const neuron_layer *layer)
{
    const char *place = (const char *)layer - offsetof(neuron_custom_kind, layer);
    return (const neuron_custom_kind *)(const void *)place;
}

/* The status and the message for what a callback returned, which was called after `before`
 * messages. */
static int fail(const char *node, const char *callback, uint64_t before, int result)
{
    neuron_set_call_message(before, "%s: the %s callback returned %d", node, callback, result);
    return result < 0 ? result : NEURON_E_CALLBACK;
}

/* Room for what forward keeps. */
static int plan_saved(const neuron_custom_kind *kind, const neuron_plan_request *request,
                      neuron_needs *needs)
{
    const neuron_run run = {
        .spec = request->spec, .node = request->node, .batch = request->batch, .training = true};
    const neuron_custom_run_t call = {.handle.kind = NEURON_HANDLE_CUSTOM_RUN, .run = &run};
    uint64_t before = neuron_message_count();
    neuron_float_host *host = neuron_float_pause();
    int64_t count = kind->saved(&call, kind->owned.user_data);
    neuron_float_resume(host);
    if (count < 0)
        return fail(request->node, "saved", before,
                    count < INT_MIN ? NEURON_E_CALLBACK : (int)count);
    neuron_reserve(&needs->saved, count, sizeof(float));
    return NEURON_OK;
}

/* And for a copy of the arrays that forward may change. */
static int plan(const neuron_plan_request *request, neuron_needs *needs)
{
    const neuron_spec *spec = request->spec;
    const neuron_custom_kind *kind = neuron_custom_kind_of(spec->layer);
    if (!request->training)
        return NEURON_OK;
    for (int32_t i = 0; i < spec->array_count; i++)
        if (!spec->arrays[i].trainable)
            neuron_reserve(&needs->scratch, neuron_shape_count(&spec->arrays[i].shape),
                           sizeof(float));
    return kind->saved ? plan_saved(kind, request, needs) : NEURON_OK;
}

/* The callbacks of such a layer get copies, so that training changes nothing of it. */
static neuron_custom_run_t begin_call(const neuron_run *run, bool backward)
{
    neuron_custom_run_t call = {
        .handle.kind = NEURON_HANDLE_CUSTOM_RUN, .run = run, .backward = backward};
    size_t used = 0;
    for (int32_t i = 0; i < run->spec->array_count; i++) {
        const neuron_array *array = &run->spec->arrays[i];
        size_t count = (size_t)neuron_shape_count(&array->shape);
        call.values[i] = run->values[i];
        if (!run->training || !run->keeps || array->trainable)
            continue;
        call.values[i] = (float *)(void *)((char *)run->scratch +
                                           neuron_reserve(&used, (int64_t)count, sizeof(float)));
        memcpy(call.values[i], run->values[i], count * sizeof(float));
    }
    return call;
}

static int forward(const neuron_run *run)
{
    const neuron_custom_kind *kind = neuron_custom_kind_of(run->spec->layer);
    neuron_custom_run_t call = begin_call(run, false);
    uint64_t before = neuron_message_count();
    neuron_float_host *host = neuron_float_pause();
    int result = kind->forward(&call, kind->owned.user_data);
    neuron_float_resume(host);
    return result == 0 ? NEURON_OK : fail(run->node, "forward", before, result);
}

static int backward(const neuron_run *run)
{
    const neuron_custom_kind *kind = neuron_custom_kind_of(run->spec->layer);
    neuron_custom_run_t call = begin_call(run, true);
    uint64_t before = neuron_message_count();
    neuron_float_host *host = neuron_float_pause();
    int result = kind->backward(&call, kind->owned.user_data);
    neuron_float_resume(host);
    return result == 0 ? NEURON_OK : fail(run->node, "backward", before, result);
}

const neuron_custom_kind *neuron_custom_find(const neuron_context_t *context, const char *name)
{
    for (const neuron_owned *owned = context->custom_kinds; owned; owned = owned->next) {
        const neuron_custom_kind *kind = (const neuron_custom_kind *)(const void *)owned;
        if (strcmp(kind->name, name) == 0)
            return kind;
    }
    return NULL;
}

static int check_name(const neuron_context_t *context, const char *name)
{
    RETURN_IF_ERROR(neuron_name_check(name, NEURON_CUSTOM_NAME_MAX, "./", "custom"));
    if (neuron_custom_find(context, name))
        return neuron_fail(NEURON_E_ARGUMENT, "custom: a layer %s is registered already", name);
    return NEURON_OK;
}

int neuron_custom_layer_register(neuron_context_t *context, const char *name,
                                 neuron_custom_run_function_t forward_callback,
                                 neuron_custom_run_function_t backward_callback,
                                 neuron_custom_shape_function_t shape, void *user_data,
                                 neuron_destroy_function_t destroy)
{
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(name);
    if (!forward_callback)
        return neuron_refuse_null("forward", __func__);
    RETURN_IF_ERROR(check_name(context, name));
    neuron_custom_kind *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    snprintf(made->name, sizeof made->name, "%s", name);
    made->forward = forward_callback;
    made->backward = backward_callback;
    made->shape = shape;
    uint32_t flags = NEURON_LAYER_CUSTOM | NEURON_LAYER_MANY_INPUTS;
    flags |= backward_callback ? NEURON_LAYER_READS_INPUT | NEURON_LAYER_READS_OUTPUT
                               : NEURON_LAYER_NO_GRADIENT;
    made->layer = (neuron_layer){.name = made->name,
                                 .flags = flags,
                                 .infer = infer,
                                 .plan = plan,
                                 .forward = forward,
                                 .backward = backward};
    made->owned = (neuron_owned){context->custom_kinds, context, user_data, destroy};
    context->custom_kinds = &made->owned;
    return NEURON_OK;
}

int neuron_custom_layer_set_saved(neuron_context_t *context, const char *name,
                                  neuron_custom_saved_function_t saved)
{
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(name);
    for (neuron_owned *owned = context->custom_kinds; owned; owned = owned->next) {
        neuron_custom_kind *kind = (neuron_custom_kind *)(void *)owned;
        if (strcmp(kind->name, name) == 0) {
            kind->saved = saved;
            return NEURON_OK;
        }
    }
    return neuron_fail(NEURON_E_ARGUMENT, "%s: no layer \"%.63s\" is registered", __func__, name);
}

int neuron_custom_infer(const neuron_custom_kind *kind, const neuron_spec *spec, const char *node,
                        neuron_shape *output, int *result)
{
    *output = spec->inputs[0];
    *result = 0;
    if (!kind->shape)
        return NEURON_OK;
    size_t count = (size_t)spec->input_count;
    neuron_context_t *context = kind->owned.context;
    NEURON_HOLD(hold);
    int64_t *shapes = neuron_allocate_zero(context, count, NEURON_RANK_MAX * sizeof *shapes);
    neuron_hold_add(&hold, neuron_release_hold, context, shapes);
    int32_t *ranks = neuron_allocate(context, count, sizeof *ranks);
    neuron_hold_add(&hold, neuron_release_hold, context, ranks);
    int64_t extents[NEURON_RANK_MAX] = {0};
    int32_t rank = 0;
    int status = shapes && ranks ? NEURON_OK : NEURON_E_MEMORY;
    for (size_t i = 0; status == NEURON_OK && i < count; i++)
        neuron_shape_get(&spec->inputs[i], shapes + i * NEURON_RANK_MAX, &ranks[i]);
    if (status == NEURON_OK) {
        uint64_t before = neuron_message_count();
        neuron_float_host *host = neuron_float_pause();
        *result =
            kind->shape(extents, &rank, shapes, ranks, spec->input_count, kind->owned.user_data);
        neuron_float_resume(host);
        status = *result != 0 ? fail(node, "shape", before, *result)
                              : neuron_shape_set(output, extents, rank, 1, node);
    }
    return status;
}
