/* Layers of the caller's own: see libneuron/custom.h. */
#ifndef LAYERS_CUSTOM_H
#define LAYERS_CUSTOM_H

#include "layers/layer.h"

#include <libneuron/custom.h>

#include "base/context.h"

/* What such layers are called in files, beside their kind. */
#define NEURON_CUSTOM_LAYER "custom"

enum { NEURON_CUSTOM_NAME_MAX = 63, NEURON_CUSTOM_ARRAY_NAME_MAX = 30 };

/* A registered kind, which is a layer. */
typedef struct neuron_custom_kind {
    neuron_owned owned; /* by its context, with the user data of the callbacks */
    neuron_layer layer;
    char name[NEURON_CUSTOM_NAME_MAX + 1];
    neuron_custom_run_function_t forward, backward;
    neuron_custom_shape_function_t shape;
    neuron_custom_saved_function_t saved; /* NULL if forward keeps nothing */
} neuron_custom_kind;

/* One call, or the question what it will keep: then there are shapes, but no values. */
struct neuron_custom_run {
    neuron_handle handle;
    const neuron_run *run;
    bool backward;
    float *values[NEURON_ARRAYS_MAX]; /* of the arrays */
};

/* The kind of a layer with NEURON_LAYER_CUSTOM. */
const neuron_custom_kind *neuron_custom_kind_of(const neuron_layer *layer);

/* The kind registered under a name, or NULL. */
const neuron_custom_kind *neuron_custom_find(const neuron_context_t *context, const char *name);

/* The shape that the kind gives to these inputs. `result` is what the kind's function returned: 0
 * if the failure is none of its. */
int neuron_custom_infer(const neuron_custom_kind *kind, const neuron_spec *spec, const char *node,
                        neuron_shape *output, int *result);

#endif
