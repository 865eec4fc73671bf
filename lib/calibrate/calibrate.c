/* Puts a layer behind an output whose numbers are fitted to held-out examples: see
 * libneuron/calibration.h. */
#include "calibrate/calibrate.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "calibrate/fit.h"
#include "calibrate/isotonic.h"
#include "graph/import.h"
#include "graph/names.h"
#include "layers/calibration/scaling.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { METHOD = 1, OUTPUT, MULTI_LABEL };
enum { TEMPERATURE, VECTOR, PLATT, ISOTONIC };

static const neuron_word methods[] = {
    {TEMPERATURE, "temperature"},
    {VECTOR, "vector"},
    {PLATT, "platt"},
    {ISOTONIC, "isotonic"},
    {0, ""},
};

static const neuron_option rows[] = {
    NEURON_CHOICE(METHOD, "method", methods, TEMPERATURE, "what is put behind the output"),
    NEURON_INTEGER(OUTPUT, "output", 0, INT32_MAX, 0, "which output of the graph"),
    NEURON_FLAG(MULTI_LABEL, "multi_label", 0, "yes for a probability of its own for each label"),
};

const neuron_option_table neuron_calibration_options = NEURON_OPTION_TABLE(rows);

/* ---- The layer and its numbers ---- */

/* What is put behind an output. */
typedef struct calibration {
    int64_t output;
    const neuron_layer *layer;
    neuron_setting settings[4];
    const float *arrays[2]; /* of the layer; NULL for none */
} calibration;

static int take_values(neuron_node_t *node, const float *const *arrays)
{
    const neuron_spec *spec = &node->spec;
    size_t count = 0;
    for (int32_t i = 0; i < spec->array_count; i++)
        count += neuron_size(neuron_shape_count(&spec->arrays[i].shape));
    float *to = neuron_allocate(node->graph->context, count, sizeof *to);
    if (!to)
        return NEURON_E_MEMORY;
    node->imported = to;
    for (int32_t i = 0; i < spec->array_count; i++) {
        size_t size = neuron_size(neuron_shape_count(&spec->arrays[i].shape));
        memcpy(to, arrays[i], size * sizeof *to);
        to += size;
    }
    return NEURON_OK;
}

/* Where there are several outputs, their names tell them apart: an output's name becomes free. */
static int take_name(char name[NEURON_NODE_NAME_MAX + 1], neuron_node_t *output)
{
    char before[NEURON_NODE_NAME_MAX + 40];
    snprintf(name, NEURON_NODE_NAME_MAX + 1, "%s", output->name);
    snprintf(before, sizeof before, "%s_uncalibrated", name);
    for (int64_t i = 1; neuron_names_find(output->graph, before); i++)
        snprintf(before, sizeof before, "%s_uncalibrated_%" PRId64, name, i);
    return neuron_node_set_name(output, before);
}

static int put_behind(neuron_graph_t *graph, neuron_node_t **outputs, int64_t *count,
                      const void *by)
{
    const calibration *c = by;
    neuron_node_t **output = &outputs[c->output];
    char name[NEURON_NODE_NAME_MAX + 1];
    neuron_options options;
    neuron_options_make(&options, &c->layer->options, c->settings);
    if (*count > 1)
        RETURN_IF_ERROR(take_name(name, *output));
    *output =
        neuron_graph_add(graph, c->layer, *count > 1 ? name : NULL, output, 1, &options, NULL);
    if (!*output)
        return graph->status;
    return c->arrays[0] ? take_values(*output, c->arrays) : NEURON_OK;
}

int neuron_calibrate_source(neuron_graph_t **source, const neuron_graph_t *graph, int64_t output)
{
    const neuron_spec *spec = &graph->outputs[output]->spec;
    if (spec->layer->output_kind && spec->layer->output_kind(spec) == NEURON_OUTPUT_LOGITS) {
        const calibration c = {.output = output, .layer = neuron_layer_find("softmax")};
        return neuron_graph_copy_changed(source, graph, put_behind, &c);
    }
    *source = neuron_graph_ref(neuron_hold_object(graph));
    return NEURON_OK;
}

/* ---- Fitting ---- */

typedef struct calibrating {
    const neuron_graph_t *graph;
    neuron_graph_t *source, *made;
    neuron_held_out held_out;
    neuron_isotonic isotonic;
    float *numbers; /* scales and biases of all classes, then a temperature */
} calibrating;

static void release(void *context, void *object)
{
    calibrating *c = object;
    neuron_graph_unref(c->source);
    neuron_graph_unref(c->made);
    neuron_held_out_end(&c->held_out);
    neuron_release(context, c->isotonic.x);
    neuron_release(context, c->numbers);
    neuron_release(context, c);
}

/* Nothing but a temperature can be fitted to a class of which nothing is known. */
static int check_classes(const neuron_held_out *held_out)
{
    for (int64_t k = 0; k < held_out->classes; k++) {
        int64_t count = neuron_held_out_count(held_out, k);
        if (count == 0 || count == held_out->count)
            return neuron_fail(NEURON_E_DATA,
                               "calibrate: %s of the %" PRId64 " examples is of %s %" PRId64
                               "; method=temperature does without",
                               count == 0 ? "none" : "each", held_out->count,
                               held_out->targets ? "label" : "class",
                               held_out->classes == 1 && !held_out->targets ? 1 : k);
    }
    return NEURON_OK;
}

static int fit_isotonic(calibrating *c, calibration *by, bool shares)
{
    RETURN_IF_ERROR(neuron_isotonic_fit(&c->isotonic, &c->held_out));
    by->layer = neuron_layer_find("piecewise_linear");
    by->settings[0] = (neuron_setting){NEURON_NODE_POINTS, (double)c->isotonic.points};
    by->settings[1] = (neuron_setting){NEURON_NODE_NORMALIZE, shares};
    by->arrays[0] = c->isotonic.x;
    by->arrays[1] = c->isotonic.y;
    return NEURON_OK;
}

static int fit_scaling(calibrating *c, calibration *by, int32_t method, bool each)
{
    int64_t classes = c->held_out.classes;
    c->numbers = neuron_allocate(c->graph->context, neuron_size(2 * classes + 1), sizeof(float));
    if (!c->numbers)
        return NEURON_E_MEMORY;
    float *scale = c->numbers, *bias = scale + classes, *temperature = bias + classes;
    bool sigmoid = each || method == PLATT;
    RETURN_IF_ERROR(neuron_fit(scale, bias, &c->held_out,
                               (neuron_fit_kind){.sigmoid = sigmoid,
                                                 .alike = method == TEMPERATURE,
                                                 .smooth = method == PLATT}));
    *temperature = 1 / scale[0];
    by->layer = neuron_layer_find(method == TEMPERATURE ? "temperature_scaling" : "vector_scaling");
    by->settings[0] = (neuron_setting){NEURON_NODE_ACTIVATION,
                                       sigmoid ? NEURON_SCALING_SIGMOID : NEURON_SCALING_SOFTMAX};
    if (method == PLATT)
        by->settings[1] = (neuron_setting){NEURON_NODE_NORMALIZE, !each};
    by->arrays[0] = method == TEMPERATURE ? temperature : scale;
    by->arrays[1] = bias;
    return NEURON_OK;
}

static int calibrate(calibrating *c, const neuron_dataset_t *dataset, const neuron_options *options)
{
    int32_t method = (int32_t)neuron_options_value(options, METHOD);
    bool labels = neuron_options_value(options, MULTI_LABEL) != 0;
    calibration by = {.output = (int64_t)neuron_options_value(options, OUTPUT)};
    RETURN_IF_ERROR(neuron_check_range(by.output, 0, neuron_graph_target_count(c->graph) - 1,
                                       "output", "calibrate"));
    RETURN_IF_ERROR(neuron_calibrate_source(&c->source, c->graph, by.output));
    RETURN_IF_ERROR(
        neuron_held_out_read(&c->held_out, c->source, by.output, dataset, labels, "calibrate"));
    if (method != TEMPERATURE)
        RETURN_IF_ERROR(check_classes(&c->held_out));
    bool each = labels || c->held_out.classes == 1;
    RETURN_IF_ERROR(method == ISOTONIC ? fit_isotonic(c, &by, !each)
                                       : fit_scaling(c, &by, method, each));
    return neuron_graph_copy_changed(&c->made, c->source, put_behind, &by);
}

int neuron_graph_calibrate(neuron_graph_t **calibrated, const neuron_graph_t *graph,
                           const neuron_dataset_t *held_out, const char *options)
{
    COMPUTE_SCOPE;
    CHECK_ARGUMENT(calibrated);
    *calibrated = NULL;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, "calibrate"));
    CHECK_ARGUMENT(held_out);
    neuron_options settings;
    neuron_options_reset(&settings, &neuron_calibration_options);
    RETURN_IF_ERROR(neuron_options_parse(&settings, options, "calibration"));
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, graph, graph);
    neuron_hold_reference(&hold, dataset, held_out);
    calibrating *c = neuron_allocate_zero(graph->context, 1, sizeof *c);
    if (!c)
        return NEURON_E_MEMORY;
    c->graph = graph;
    c->held_out.context = graph->context;
    neuron_hold_add(&hold, release, graph->context, c);
    RETURN_IF_ERROR(calibrate(c, held_out, &settings));
    *calibrated = neuron_graph_ref(c->made);
    return NEURON_OK;
}
