/* Makes the quantised copy of a graph: see libneuron/quantize.h. */
#include "quantize/quantization.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "graph/import.h"
#include "graph/meaning.h"
#include "graph/metadata.h"
#include "layers/convolutions/conv2d.h"
#include "ops/bytes-gemm.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef struct quantizer {
    neuron_context_t *context;
    const neuron_graph_t *source;
    neuron_graph_t *graph; /* that is made */
    const neuron_options *options;
    neuron_range_seen **seen;      /* of each node; NULL for those that keep their floats */
    const neuron_node_t **readers; /* of each node, if one other reads it; or the input */
    neuron_node_t **copies, **inputs, **outputs;
    neuron_node_t **owners; /* as of a copying: see graph/import.h */
} quantizer;

static void release(void *owner, void *object)
{
    (void)owner;
    quantizer *q = object;
    for (int32_t i = 0; q->seen && i < q->source->node_count; i++)
        if (!q->source->nodes[i]->owner)
            neuron_release(q->context, q->seen[i]);
    neuron_release(q->context, q->seen);
    neuron_release(q->context, q->readers);
    neuron_release(q->context, q->copies);
    neuron_release(q->context, q->inputs);
    neuron_release(q->context, q->outputs);
    neuron_release(q->context, q->owners);
    neuron_graph_unref(q->graph);
    neuron_release(q->context, q);
}

static bool is_dense(const neuron_node_t *node)
{
    return node->spec.layer == &neuron_layer_dense;
}

/* Whether a layer can do with bytes. */
static bool can_quantize(const neuron_node_t *node)
{
    if (!is_dense(node) && node->spec.layer != &neuron_layer_conv2d)
        return false;
    if (!is_dense(node)) {
        const neuron_convolution convolution = neuron_conv2d_forward(&node->spec);
        if (!neuron_convolution_is_plain(&convolution))
            return false;
    }
    const neuron_shape *kernel = &node->spec.arrays[0].shape;
    int64_t outputs = kernel->extent[kernel->rank - 1];
    return neuron_shape_count(kernel) / outputs <= NEURON_BYTES_DEPTH_MAX;
}

/* Finds which layers get bytes, and who reads each node. */
static int find_layers(quantizer *q)
{
    const neuron_graph_t *source = q->source;
    bool any = false;
    for (int32_t i = 0; i < source->node_count; i++) {
        const neuron_node_t *node = source->nodes[i];
        if (node->owner) { /* one range for all that share its bytes */
            q->seen[i] = q->seen[node->owner->index];
        } else if (can_quantize(node)) {
            q->seen[i] = neuron_allocate_zero(q->context, 1, sizeof **q->seen);
            if (!q->seen[i])
                return NEURON_E_MEMORY;
            any = true;
        }
        for (int32_t j = 0; j < node->spec.input_count; j++) {
            const neuron_node_t **reader = &q->readers[node->inputs[j]->index];
            *reader = *reader ? source->inputs[0] : node; /* which reads nothing */
        }
    }
    for (int32_t i = 0; i < source->output_count; i++) /* the caller reads it as it is */
        q->readers[source->outputs[i]->index] = source->inputs[0];
    if (!any)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "quantize: %s has no dense layer or convolution that can be quantised",
                           source->name);
    return NEURON_OK;
}

/* The normalisation that goes into a quantised layer: the only one to read it, which all that share
 * its bytes must have. */
static const neuron_node_t *normalizer_of(const quantizer *q, const neuron_node_t *node)
{
    const neuron_node_t *reader = q->readers[node->index];
    bool goes_in = q->seen[node->index] && reader && reader->spec.layer == &neuron_layer_batch_norm;
    for (int32_t i = 0; goes_in && node->shared && i < q->source->node_count; i++) {
        const neuron_node_t *theirs = q->readers[i];
        if (neuron_node_shares(q->source->nodes[i], node))
            goes_in = theirs && neuron_node_shares(theirs, reader);
    }
    return goes_in ? reader : NULL;
}

static const float *values_of(const quantizer *q, const neuron_node_t *node, int32_t array)
{
    return q->source->values + q->source->arrays[node->first_array + array].offset;
}

/* What a weight of an output is multiplied by, and how its bias changes, as the normalisation does
 * it. */
static double factor_of(const quantizer *q, const neuron_node_t *normalizer, int64_t output,
                        double *bias)
{
    enum { GAMMA, BETA, MEAN, VARIANCE };
    if (!normalizer)
        return 1;
    double epsilon = neuron_spec_option(&normalizer->spec, NEURON_NODE_EPSILON);
    double factor = values_of(q, normalizer, GAMMA)[output] /
                    sqrt(values_of(q, normalizer, VARIANCE)[output] + epsilon);
    *bias = (*bias - values_of(q, normalizer, MEAN)[output]) * factor +
            values_of(q, normalizer, BETA)[output];
    return factor;
}

/* Bytes, scale and bias of one output. */
static int quantize_output(const quantizer *q, const neuron_node_t *node, int64_t output,
                           float *kernel, float *scale, float *bias)
{
    const neuron_shape *shape = &node->spec.arrays[0].shape;
    int64_t outputs = shape->extent[shape->rank - 1], rows = neuron_shape_count(shape) / outputs;
    const float *weights = values_of(q, node, 0) + output;
    double start = node->spec.array_count > 1 ? values_of(q, node, 1)[output] : 0, most = 0;
    double factor = factor_of(q, normalizer_of(q, node), output, &start);
    for (int64_t k = 0; k < rows; k++) {
        double size = fabs(weights[k * outputs] * factor);
        most = size <= most ? most : size; /* a NaN stays */
    }
    *scale = most > 0 ? (float)(most / 127) : 1;
    *bias = (float)start;
    if (!isfinite(most) || !isfinite(*bias) || *scale == 0)
        return neuron_fail(NEURON_E_NOT_FINITE,
                           "quantize: a parameter of %s is not a finite number, or too small",
                           node->name);
    for (int64_t k = 0; k < rows; k++)
        kernel[k * outputs + output] = (float)rint(weights[k * outputs] * factor / *scale);
    return NEURON_OK;
}

/* The options that both layers have, and those of the input. */
static neuron_options options_of(const quantizer *q, const neuron_node_t *node,
                                 const neuron_layer *layer)
{
    neuron_options options;
    neuron_options_reset(&options, &layer->options);
    for (int32_t i = 0; i < layer->options.count; i++) {
        int32_t key = layer->options.rows[i].key;
        if (neuron_options_find(&node->spec.layer->options, key))
            neuron_options_put(&options, key, neuron_spec_option(&node->spec, key));
    }
    const neuron_byte_scale by = neuron_range_scale(q->seen[node->index], q->options);
    neuron_options_put(&options, NEURON_NODE_INPUT_SCALE, by.scale);
    neuron_options_put(&options, NEURON_NODE_INPUT_ZERO_POINT, by.zero_point);
    return options;
}

static int add_quantized(quantizer *q, const neuron_node_t *node, neuron_node_t **made)
{
    neuron_node_t **owner = &q->owners[(node->owner ? node->owner : node)->index];
    if (*owner) {
        *made = neuron_graph_add_shared(q->graph, *owner, node->name, q->inputs, 1);
        return q->graph->status;
    }
    const neuron_layer *layer =
        is_dense(node) ? &neuron_layer_quantized_dense : &neuron_layer_quantized_conv2d;
    const neuron_options options = options_of(q, node, layer);
    neuron_node_t *copy =
        neuron_graph_add(q->graph, layer, node->name, q->inputs, 1, &options, NULL);
    if (!copy)
        return q->graph->status;
    int64_t count = neuron_shape_count(&copy->spec.arrays[0].shape);
    int64_t outputs = copy->spec.arrays[1].shape.extent[0];
    copy->imported = neuron_allocate(q->context, neuron_size(count + 2 * outputs), sizeof(float));
    if (!copy->imported)
        return NEURON_E_MEMORY;
    float *scales = copy->imported + count;
    for (int64_t n = 0; n < outputs; n++)
        RETURN_IF_ERROR(
            quantize_output(q, node, n, copy->imported, scales + n, scales + outputs + n));
    *made = copy;
    if (node->shared)
        *owner = copy;
    return NEURON_OK;
}

static int copy_node(quantizer *q, const neuron_node_t *node)
{
    neuron_node_t **copy = &q->copies[node->index];
    if (neuron_node_is_input(node)) {
        *copy = neuron_graph_copy_input(q->graph, node);
        return q->graph->status;
    }
    for (int32_t i = 0; i < node->spec.input_count; i++)
        q->inputs[i] = q->copies[node->inputs[i]->index];
    int64_t before = node->inputs[0]->index;
    if (normalizer_of(q, q->source->nodes[before]) == node) {
        *copy = q->inputs[0];
        return NEURON_OK;
    }
    if (q->seen[node->index])
        return add_quantized(q, node, copy);
    return neuron_graph_copy_node(q->graph, q->source, node, node->name, q->inputs, q->owners,
                                  copy);
}

static int build(quantizer *q)
{
    RETURN_IF_ERROR(neuron_graph_create(&q->graph, q->context));
    RETURN_IF_ERROR(neuron_graph_set_name(q->graph, q->source->name));
    q->graph->storage = q->source->storage;
    for (int32_t i = 0; i < q->source->node_count; i++)
        RETURN_IF_ERROR(copy_node(q, q->source->nodes[i]));
    for (int32_t i = 0; i < q->source->output_count; i++)
        q->outputs[i] = q->copies[q->source->outputs[i]->index];
    RETURN_IF_ERROR(neuron_graph_finish_many(q->graph, q->outputs, q->source->output_count));
    neuron_graph_copy_meaning(q->graph, q->source);
    return neuron_graph_copy_metadata(q->graph, q->source);
}

static int allocate(quantizer *q)
{
    size_t count = neuron_size(q->source->node_count);
    size_t most = neuron_graph_most_inputs(q->source);
    q->seen = neuron_allocate_zero(q->context, count, sizeof *q->seen);
    q->readers = neuron_allocate_zero(q->context, count, sizeof *q->readers);
    q->copies = neuron_allocate_zero(q->context, count, sizeof *q->copies);
    q->owners = neuron_allocate_zero(q->context, count, sizeof *q->owners);
    q->inputs = neuron_allocate(q->context, most, sizeof *q->inputs);
    q->outputs =
        neuron_allocate(q->context, neuron_size(q->source->output_count), sizeof *q->outputs);
    return q->seen && q->readers && q->copies && q->owners && q->inputs && q->outputs
               ? NEURON_OK
               : NEURON_E_MEMORY;
}

static int check(const neuron_graph_t *graph, const neuron_dataset_t *dataset)
{
    RETURN_IF_ERROR(neuron_graph_check_examples(graph, dataset, "quantize"));
    if (dataset->count == 0)
        return neuron_fail(NEURON_E_DATA, "quantize: the dataset has no examples");
    return NEURON_OK;
}

int neuron_graph_quantize(neuron_graph_t **quantized, const neuron_graph_t *graph,
                          const neuron_dataset_t *calibration, const char *text)
{
    COMPUTE_SCOPE;
    CHECK_ARGUMENT(quantized);
    *quantized = NULL;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, "quantize"));
    CHECK_ARGUMENT(calibration);
    RETURN_IF_ERROR(check(graph, calibration));
    neuron_options options;
    neuron_options_reset(&options, &neuron_quantization_options);
    RETURN_IF_ERROR(neuron_options_parse(&options, text, "quantization"));
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, graph, graph);
    neuron_hold_reference(&hold, dataset, calibration);
    quantizer *q = neuron_allocate_zero(graph->context, 1, sizeof *q);
    if (!q)
        return NEURON_E_MEMORY;
    q->context = graph->context;
    q->source = graph;
    q->options = &options;
    neuron_hold_add(&hold, release, NULL, q);
    RETURN_IF_ERROR(allocate(q));
    RETURN_IF_ERROR(find_layers(q));
    RETURN_IF_ERROR(neuron_calibrate(graph, calibration, &options, q->seen));
    RETURN_IF_ERROR(build(q));
    *quantized = neuron_graph_ref(q->graph);
    return NEURON_OK;
}
