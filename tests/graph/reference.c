#include "reference-call.h"

#include "test-common.h"

#include <math.h>

reference_t *reference_create(const neuron_graph_t *graph, int64_t batch, bool training,
                              uint64_t seed, uint64_t step)
{
    reference_t *made = malloc(sizeof *made);
    ck_assert_ptr_nonnull(made);
    *made = (reference_t){
        .graph = graph, .batch = batch, .training = training, .seed = seed, .step = step};
    made->values = calloc((size_t)graph->node_count, sizeof *made->values);
    ck_assert_ptr_nonnull(made->values);
    for (int32_t i = 0; i < graph->node_count; i++) {
        int64_t count = batch * neuron_shape_count(&graph->nodes[i]->spec.output);
        made->values[i] = calloc((size_t)count, sizeof **made->values);
        ck_assert_ptr_nonnull(made->values[i]);
    }
    return made;
}

void reference_destroy(reference_t *reference)
{
    for (int32_t i = 0; i < reference->graph->node_count; i++)
        free(reference->values[i]);
    free(reference->values);
    free(reference);
}

const double *reference_value(const reference_t *reference, const neuron_node_t *node)
{
    return reference->values[node->index];
}

double reference_option(const reference_call *c, int32_t key)
{
    return neuron_spec_option(&c->node->spec, key);
}

const double *reference_array(const reference_call *c, const char *name)
{
    for (int32_t i = 0; i < c->node->spec.array_count; i++)
        if (strcmp(c->node->spec.arrays[i].name, name) == 0)
            return c->parameters + c->reference->graph->arrays[c->node->first_array + i].offset;
    return NULL;
}

const double *reference_input(const reference_call *c, int32_t i)
{
    return c->reference->values[c->node->inputs[i]->index];
}

double reference_weight(const reference_call *c, int32_t i)
{
    return c->node->weights ? c->node->weights[i] : 1;
}

void reference_random(const reference_call *c, uint64_t block, uint32_t numbers[4])
{
    const neuron_random random = {.seed = c->reference->seed,
                                  .stream = (uint32_t)c->node->index,
                                  .use = NEURON_RANDOM_DROPOUT};
    neuron_random_block(&random, (c->reference->step << 32) + block, numbers);
}

static const reference_layer *const files[] = {reference_dense_layers, reference_image_layers,
                                               reference_join_layers, reference_value_layers};

static const reference_layer *find_layer(const char *name)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        for (const reference_layer *row = files[i]; row->layer; row++)
            if (strcmp(row->layer, name) == 0)
                return row;
    ck_abort_msg("the reference does not know the layer %s", name);
    return NULL;
}

static void forward_node(reference_t *reference, const neuron_node_t *node,
                         const double *parameters)
{
    const neuron_node_t *first = node->inputs[0];
    const reference_call c = {
        .reference = reference,
        .node = node,
        .parameters = parameters,
        .shape = &node->spec.output,
        .from = &first->spec.output,
        .count = reference->batch * neuron_shape_count(&node->spec.output),
        .x = reference->values[first->index],
        .y = reference->values[node->index],
    };
    find_layer(node->spec.layer->name)->forward(&c);
}

void reference_forward(reference_t *reference, const double *parameters, const float *examples)
{
    const neuron_graph_t *graph = reference->graph;
    int64_t count = reference->batch * neuron_shape_count(neuron_graph_first_input(graph));
    for (int64_t i = 0; i < count; i++)
        reference->values[graph->inputs[0]->index][i] = (double)examples[i];
    for (int32_t i = 0; i < graph->node_count; i++)
        if (!neuron_node_is_input(graph->nodes[i]))
            forward_node(reference, graph->nodes[i], parameters);
}

double reference_loss(const reference_t *reference, const float *target)
{
    const double *y = reference_value(reference, reference->graph->outputs[0]);
    int64_t classes = neuron_shape_count(&reference->graph->outputs[0]->spec.output);
    double loss = 0;
    for (int64_t e = 0; e < reference->batch; e++) {
        double sum = 0;
        for (int64_t k = 0; k < classes; k++)
            sum += y[e * classes + k];
        for (int64_t k = 0; k < classes; k++)
            loss -= (double)target[e * classes + k] * log(y[e * classes + k] / sum);
    }
    return loss / (double)reference->batch;
}
