/* A layer by its name, with what the builder call of that name takes as text. */
#include "graph/graph.h"

#include "base/float-mode.h"

static const char *name_at(const void *list, int64_t index)
{
    (void)list; /* which ends with NULL */
    return neuron_layers[index] ? neuron_layers[index]->name : NULL;
}

/* What a layer cannot be without, and no default stands for. */
static int check_needed(const neuron_layer *layer, const neuron_options *options)
{
    static const int32_t keys[] = {
        NEURON_NODE_UNITS,         NEURON_NODE_FILTERS,      NEURON_NODE_KERNEL_HEIGHT,
        NEURON_NODE_KERNEL_WIDTH,  NEURON_NODE_RATE,         NEURON_NODE_DEVIATION,
        NEURON_NODE_FACTOR,        NEURON_NODE_BEGIN,        NEURON_NODE_COUNT,
        NEURON_NODE_FACTOR_HEIGHT, NEURON_NODE_FACTOR_WIDTH, NEURON_NODE_SCALE,
        NEURON_NODE_OFFSET,        NEURON_NODE_KERNEL_SIZE,  NEURON_NODE_POINTS};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const neuron_option *option = neuron_options_find(&layer->options, keys[i]);
        if (option && !neuron_options_given(options, keys[i]))
            return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is missing; write \"%s=...\"",
                               layer->name, option->name, option->name);
    }
    return NEURON_OK;
}

/* As the builder calls have it, windows do not overlap unless that is asked for. */
static void set_strides(const neuron_layer *layer, neuron_options *options)
{
    static const int32_t pairs[][2] = {{NEURON_NODE_STRIDE_HEIGHT, NEURON_NODE_KERNEL_HEIGHT},
                                       {NEURON_NODE_STRIDE_WIDTH, NEURON_NODE_KERNEL_WIDTH},
                                       {NEURON_NODE_STRIDE, NEURON_NODE_KERNEL_SIZE}};
    if (layer != &neuron_layer_max_pool2d && layer != &neuron_layer_average_pool2d &&
        layer != &neuron_layer_max_pool1d && layer != &neuron_layer_average_pool1d)
        return;
    for (int i = 0; i < 3; i++)
        if (neuron_options_find(&layer->options, pairs[i][0]) &&
            !neuron_options_given(options, pairs[i][0]))
            neuron_options_put(options, pairs[i][0], neuron_options_value(options, pairs[i][1]));
}

/* Some layers need more than options, and some are for files alone. */
static int check_buildable(const neuron_layer *layer, int64_t input_count, bool from_file)
{
    if (layer == &neuron_layer_input || layer->flags & NEURON_LAYER_WEIGHTS_NEEDED)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: needs more than options; see neuron_%s()",
                           layer->name, layer->name);
    if (!from_file &&
        (layer == &neuron_layer_quantized_dense || layer == &neuron_layer_quantized_conv2d))
        return neuron_fail(NEURON_E_ARGUMENT, "%s: is made by neuron_graph_quantize()",
                           layer->name);
    return layer->flags & NEURON_LAYER_MANY_INPUTS
               ? NEURON_OK
               : neuron_check_range(input_count, 1, 1, "count", layer->name);
}

static int read_options(const neuron_layer **layer, neuron_options *options, const char *name,
                        int64_t input_count, const char *text, bool from_file)
{
    *layer = name ? neuron_layer_find(name) : NULL;
    if (!*layer)
        return neuron_refuse_kind(name, "layer", name_at, NULL, "graph");
    RETURN_IF_ERROR(check_buildable(*layer, input_count, from_file));
    neuron_options_reset(options, &(*layer)->options);
    RETURN_IF_ERROR(neuron_options_parse(options, text, (*layer)->name));
    RETURN_IF_ERROR(check_needed(*layer, options));
    set_strides(*layer, options);
    return neuron_options_check(options, (*layer)->name);
}

static neuron_node_t *add(neuron_graph_t *graph, const char *layer, neuron_node_t *const *inputs,
                          int64_t count, const char *options, bool from_file)
{
    FLOAT_SCOPE;
    const neuron_layer *found = NULL;
    neuron_options settings;
    if (!neuron_graph_takes_more(graph, "layer_by_name"))
        return NULL;
    int status = read_options(&found, &settings, layer, count, options, from_file);
    if (status < 0) {
        neuron_graph_latch(graph, status);
        return NULL;
    }
    return neuron_graph_add(graph, found, NULL, inputs, count, &settings, NULL);
}

neuron_node_t *neuron_layer_by_name(neuron_graph_t *graph, const char *layer,
                                    neuron_node_t *const *inputs, int64_t count,
                                    const char *options)
{
    return add(graph, layer, inputs, count, options, false);
}

neuron_node_t *neuron_graph_add_from_file(neuron_graph_t *graph, const char *layer,
                                          neuron_node_t *const *inputs, int64_t count,
                                          const char *options)
{
    return add(graph, layer, inputs, count, options, true);
}
