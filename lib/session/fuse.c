/* Which nodes make one step.
 *
 * A pass over a batch of values costs as much as many multiply-adds, so what can be done while they
 * are in registers or in the nearest cache is: a rectifier, and when predicting a batch
 * normalisation, in the step of the layer that makes the values; max-pooling in that of the
 * normalisation before it. A value between two such nodes never exists. */
#include "session/compile.h"

#include "layers/max-pool2d.h"

static uint32_t flags_of(const neuron_node_t *node)
{
    return node->spec.layer->flags;
}

static bool passes_on(const neuron_compiler *c, const neuron_node_t *node)
{
    return flags_of(node) & NEURON_LAYER_VIEW ||
           (!neuron_compiler_trains(c) && flags_of(node) & NEURON_LAYER_TRAINING_ONLY);
}

/* Whether the loss takes the place of the output layer: of a softmax only if that goes over all
 * classes. */
static bool left_to_loss(const neuron_compiler *c)
{
    const neuron_spec *spec = &c->graph->output->spec;
    switch (c->session->purpose) {
    case NEURON_SESSION_TRAIN:
        return spec->layer == &neuron_layer_softmax &&
               neuron_spec_option(spec, NEURON_NODE_AXIS) == spec->output.rank - 1;
    case NEURON_SESSION_TRAIN_BINARY:
        return spec->layer == &neuron_layer_sigmoid;
    default:
        return false;
    }
}

/* Counts for each node who reads it. An output layer that is left to the loss stands for the loss. */
static void count_readers(neuron_compiler *c)
{
    for (int32_t i = 0; i < c->graph->node_count; i++)
        c->readers[i] = 0;
    for (int32_t i = 0; i < c->graph->node_count; i++) {
        const neuron_node_t *node = c->graph->nodes[i];
        for (int32_t j = 0; j < node->spec.input_count; j++)
            c->readers[node->inputs[j]->index]++;
    }
    c->readers[c->graph->output->index]++;
}

static bool absorb_rectifier(neuron_step *step)
{
    if (!(flags_of(step->node) & NEURON_LAYER_RECTIFIES) || step->pool)
        return false;
    if (!step->norm) {
        step->rectify = true;
    } else {
        step->rectify_last = true;
    }
    return true;
}

static bool absorb_norm(const neuron_compiler *c, neuron_step *step, const neuron_node_t *norm)
{
    if (neuron_compiler_trains(c) || !(flags_of(step->node) & NEURON_LAYER_SCALES) || step->norm ||
        step->pool)
        return false;
    step->norm = norm;
    return true;
}

static bool can_pool(const neuron_compiler *c, const neuron_step *step)
{
    uint32_t flags = flags_of(step->node);
    if (!neuron_compiler_trains(c))
        return flags & NEURON_LAYER_POOLS_PREDICTING;
    const neuron_node_t *input = step->node->inputs[0];
    bool first = c->root[input->index] == c->graph->input->index;
    return flags & NEURON_LAYER_POOLS || (first && flags & NEURON_LAYER_POOLS_FIRST);
}

static bool absorb_pool(const neuron_compiler *c, neuron_step *step, const neuron_node_t *pool)
{
    if (!can_pool(c, step) || step->pool || !neuron_max_pool2d_tiles(&pool->spec))
        return false;
    step->pool = pool;
    return true;
}

/* Makes the node part of the step that makes its input, if that step can do it too and nobody else
 * wants to see the value between them. */
static bool absorb(neuron_compiler *c, const neuron_node_t *node)
{
    if (node->spec.input_count != 1)
        return false;
    const neuron_node_t *input = node->inputs[0];
    int32_t maker = neuron_compiler_value(c, input)->maker;
    if (maker < 0 || c->readers[input->index] != 1)
        return false;
    neuron_step *step = &c->session->steps[maker];
    if (step->result != input) /* something stands between them */
        return false;
    const neuron_layer *layer = node->spec.layer;
    bool absorbed = (layer == &neuron_layer_relu && absorb_rectifier(step)) ||
                    (layer == &neuron_layer_batch_norm && absorb_norm(c, step, node)) ||
                    (layer == &neuron_layer_max_pool2d && absorb_pool(c, step, node));
    if (absorbed)
        step->result = node;
    return absorbed;
}

static void add_step(neuron_compiler *c, const neuron_node_t *node)
{
    neuron_session *s = c->session;
    c->values[node->index].maker = s->step_count;
    s->steps[s->step_count++] = (neuron_step){
        .node = node,
        .result = node,
        .reader = -1,
        .measured_by = -1,
        .moments = NEURON_NO_BLOCK,
        .value = NEURON_NO_BLOCK,
        .gradient = NEURON_NO_BLOCK,
        .saved = NEURON_NO_BLOCK,
        .scratch = NEURON_NO_BLOCK,
        .backward_scratch = NEURON_NO_BLOCK,
        .prepared = NEURON_NO_BLOCK,
        .affine = NEURON_NO_BLOCK,
        .gradients = NEURON_NO_BLOCK,
        .first_edge = s->edge_count,
    };
    s->edge_count += node->spec.input_count;
}

/* Lets the layer before a normalisation take the moments that it needs. */
static void place_moments(neuron_compiler *c, neuron_step *step)
{
    const neuron_node_t *input = step->node->inputs[0];
    int32_t maker = neuron_compiler_value(c, input)->maker;
    if (step->node->spec.layer != &neuron_layer_batch_norm || step->node->frozen || maker < 0)
        return;
    const neuron_step *before = &c->session->steps[maker];
    if (flags_of(before->node) & NEURON_LAYER_MEASURES && before->result == input && !before->pool)
        step->measured_by = maker;
}

void neuron_compiler_list_steps(neuron_compiler *c)
{
    neuron_session *s = c->session;
    c->output = c->graph->output;
    s->logits = left_to_loss(c);
    if (s->logits)
        c->output = c->output->inputs[0];
    count_readers(c);
    for (int32_t i = 0; i < c->graph->node_count; i++) {
        const neuron_node_t *node = c->graph->nodes[i];
        c->root[i] = i;
        c->values[i] = (neuron_value){NEURON_NO_BLOCK, NEURON_NO_BLOCK, -1, 0, false};
        if (node == c->graph->input || (s->logits && node == c->graph->output))
            continue;
        if (passes_on(c, node) || absorb(c, node))
            c->root[i] = c->root[node->inputs[0]->index];
        else
            add_step(c, node);
    }
    for (int32_t i = 0; neuron_compiler_trains(c) && i < s->step_count; i++)
        place_moments(c, &s->steps[i]);
}

/* The only step that reads the value of `maker`; NULL if there are several, or the caller does. */
static neuron_step *only_reader(neuron_compiler *c, const neuron_step *maker)
{
    const neuron_value *value = neuron_compiler_value(c, maker->node);
    if (value->uses != 1)
        return NULL;
    for (int32_t i = value->maker + 1; i < c->session->step_count; i++) {
        neuron_step *step = &c->session->steps[i];
        for (int32_t j = 0; j < step->node->spec.input_count; j++)
            if (neuron_compiler_value(c, step->node->inputs[j]) == value)
                return step;
    }
    return NULL;
}

static void place_gate(neuron_compiler *c, neuron_step *step)
{
    neuron_step *reader = only_reader(c, step);
    if (reader && reader->backward && flags_of(reader->node) & NEURON_LAYER_GATES)
        reader->gates_input = true;
    else
        step->gates_itself = true;
}

/* Whether a step can take the gradient of its value a few rows at a time: only the first layers can,
 * which want none for their own input. */
static bool takes_rows(neuron_compiler *c, const neuron_step *step)
{
    return flags_of(step->node) & NEURON_LAYER_TAKES_ROWS && !step->pool && !step->gates_itself &&
           !neuron_compiler_value(c, step->node->inputs[0])->wanted;
}

static void place_deferral(neuron_compiler *c, neuron_step *step)
{
    neuron_step *reader = takes_rows(c, step) ? only_reader(c, step) : NULL;
    /* A view between them would have other rows. */
    if (!reader || !reader->backward || !reader->node->spec.layer->gradient_rows ||
        reader->node->inputs[0] != step->result)
        return;
    reader->defers = true;
    step->reader = (int32_t)(reader - c->session->steps);
}

void neuron_compiler_place_gradients(neuron_compiler *c)
{
    for (int32_t i = 0; i < c->session->step_count; i++) {
        neuron_step *step = &c->session->steps[i];
        if (!step->backward)
            continue;
        if (step->rectify || step->rectify_last)
            place_gate(c, step);
        place_deferral(c, step);
    }
}

int64_t neuron_step_gradient_multiple(const neuron_session *session, const neuron_step *step)
{
    if (step->reader < 0)
        return 0;
    const neuron_node_t *pool = session->steps[step->reader].pool;
    return pool ? neuron_window_of(&pool->spec, 0).kernel : 1;
}
