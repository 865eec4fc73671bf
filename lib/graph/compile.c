/* Turns a graph into steps and blocks.
 *
 * Time runs forward through the steps (1, 2, ... n), then the loss (n + 1), then backward through
 * the same steps (2n + 1, ... n + 2). A value lives from the step that makes it to the last one
 * that reads it, so the arena is as large as the busiest moment and no larger. */
#include "graph/steps.h"

#include "base/checked.h"

/* What the compiler knows about the value of a node. Nodes that only pass a value on (views, and
 * dropout when predicting) share the entry of the node that made it: its root. */
typedef struct value {
    int32_t block, gradient; /* NEURON_NO_BLOCK where there is none */
    int32_t maker;           /* step, or -1 for the input */
    int32_t uses;            /* edges that read it, and the loss */
    bool wanted;             /* whether something before it is trained */
} value;

typedef struct compiler {
    neuron_session *session;
    const neuron_graph_t *graph;
    int32_t *root; /* of each node */
    value *values; /* of each root */
    const neuron_node_t *output;
    int32_t block_capacity;
} compiler;

static bool training(const compiler *c)
{
    return c->session->purpose == NEURON_SESSION_TRAIN;
}

static int32_t forward_time(int32_t step)
{
    return step + 1;
}

static int32_t loss_time(const compiler *c)
{
    return c->session->step_count + 1;
}

static int32_t backward_time(const compiler *c, int32_t step)
{
    return 2 * c->session->step_count + 1 - step;
}

static uint32_t flags_of(const neuron_node_t *node)
{
    return node->spec.layer->flags;
}

static bool passes_on(const compiler *c, const neuron_node_t *node)
{
    return flags_of(node) & NEURON_LAYER_VIEW ||
           (!training(c) && flags_of(node) & NEURON_LAYER_TRAINING_ONLY);
}

/* Finds roots, and makes a step of every node that is one, but for the input and for a softmax that
 * is left to the loss. */
static void list_steps(compiler *c)
{
    neuron_session *s = c->session;
    c->output = c->graph->output;
    if (training(c) && c->output->spec.layer == &neuron_layer_softmax) {
        s->logits = true;
        c->output = c->output->inputs[0];
    }
    for (int32_t i = 0; i < c->graph->node_count; i++) {
        const neuron_node_t *node = c->graph->nodes[i];
        c->root[i] = passes_on(c, node) ? c->root[node->inputs[0]->index] : i;
        c->values[i] = (value){NEURON_NO_BLOCK, NEURON_NO_BLOCK, -1, 0, false};
        if (c->root[i] != i || node == c->graph->input || (s->logits && node == c->graph->output))
            continue;
        c->values[i].maker = s->step_count;
        s->steps[s->step_count++] = (neuron_step){
            .node = node,
            .value = NEURON_NO_BLOCK,
            .gradient = NEURON_NO_BLOCK,
            .saved = NEURON_NO_BLOCK,
            .scratch = NEURON_NO_BLOCK,
            .backward_scratch = NEURON_NO_BLOCK,
            .first_edge = s->edge_count,
        };
        s->edge_count += node->spec.input_count;
    }
}

static value *value_of(compiler *c, const neuron_node_t *node)
{
    return &c->values[c->root[node->index]];
}

static bool has_trainable_array(const neuron_node_t *node)
{
    for (int32_t i = 0; i < node->spec.array_count; i++)
        if (node->spec.arrays[i].trainable)
            return true;
    return false;
}

static void count_uses(compiler *c)
{
    for (int32_t i = 0; i < c->session->step_count; i++) {
        const neuron_node_t *node = c->session->steps[i].node;
        value *made = value_of(c, node);
        made->wanted = has_trainable_array(node);
        for (int32_t j = 0; j < node->spec.input_count; j++) {
            value *input = value_of(c, node->inputs[j]);
            input->uses++;
            made->wanted = made->wanted || input->wanted;
        }
        made->wanted = made->wanted && training(c);
        c->session->steps[i].backward = made->wanted;
    }
    value_of(c, c->output)->uses++;
}

static int add_block(compiler *c, size_t bytes, int32_t first, int32_t last, int32_t *block)
{
    neuron_session *s = c->session;
    if (s->block_count == c->block_capacity)
        return neuron_fail(NEURON_E_STATE, "%s: too many blocks", c->graph->name);
    s->blocks[s->block_count] = (neuron_block){.bytes = bytes, .first = first, .last = last};
    *block = s->block_count++;
    return NEURON_OK;
}

static void extend(compiler *c, int32_t block, int32_t time)
{
    neuron_block *b = &c->session->blocks[block];
    b->first = time < b->first ? time : b->first;
    b->last = time > b->last ? time : b->last;
}

/* Bytes of a node's value for the whole batch. */
static int value_bytes(const compiler *c, const neuron_node_t *node, size_t *bytes)
{
    if (!neuron_multiply_size((size_t)neuron_shape_count(&node->spec.output),
                              (size_t)c->session->batch * sizeof(float), bytes))
        return neuron_fail(NEURON_E_MEMORY, "%s: a batch of its values is too large", node->name);
    return NEURON_OK;
}

/* Whether a step may write its output over its input. */
static bool in_place(compiler *c, const neuron_step *step)
{
    if (!(flags_of(step->node) & NEURON_LAYER_IN_PLACE))
        return false;
    const value *input = value_of(c, step->node->inputs[0]);
    if (input->uses != 1 || input->maker < 0)
        return false;
    /* What made the input must not want to read it again. */
    const neuron_step *maker = &c->session->steps[input->maker];
    return !(training(c) && flags_of(maker->node) & NEURON_LAYER_READS_OUTPUT);
}

static int place_values(compiler *c)
{
    neuron_session *s = c->session;
    size_t bytes;
    value *input = &c->values[c->graph->input->index];
    RETURN_IF_ERROR(value_bytes(c, c->graph->input, &bytes));
    RETURN_IF_ERROR(add_block(c, bytes, 0, 0, &input->block));
    s->input = input->block;
    for (int32_t i = 0; i < s->step_count; i++) {
        neuron_step *step = &s->steps[i];
        const neuron_node_t *node = step->node;
        value *made = value_of(c, node);
        for (int32_t j = 0; j < node->spec.input_count; j++) {
            neuron_edge *edge = &s->edges[step->first_edge + j];
            edge->value = value_of(c, node->inputs[j])->block;
            edge->gradient = edge->sum = NEURON_NO_BLOCK;
            extend(c, edge->value, forward_time(i));
            if (step->backward && flags_of(node) & NEURON_LAYER_READS_INPUT)
                extend(c, edge->value, backward_time(c, i));
        }
        if (in_place(c, step)) {
            made->block = s->edges[step->first_edge].value;
        } else {
            RETURN_IF_ERROR(value_bytes(c, node, &bytes));
            RETURN_IF_ERROR(add_block(c, bytes, forward_time(i), forward_time(i), &made->block));
        }
        step->value = made->block;
        if (step->backward && flags_of(node) & NEURON_LAYER_READS_OUTPUT)
            extend(c, step->value, backward_time(c, i));
    }
    s->output = value_of(c, c->output)->block;
    extend(c, s->output, loss_time(c));
    return NEURON_OK;
}

static int place_working_memory(compiler *c)
{
    neuron_session *s = c->session;
    for (int32_t i = 0; i < s->step_count; i++) {
        neuron_step *step = &s->steps[i];
        const neuron_spec *spec = &step->node->spec;
        neuron_needs needs = {0};
        if (spec->layer->plan)
            spec->layer->plan(spec, s->batch, training(c), s->threads, &needs);
        int32_t forward = forward_time(i), backward = backward_time(c, i);
        if (needs.saved)
            RETURN_IF_ERROR(add_block(c, needs.saved, forward, step->backward ? backward : forward,
                                      &step->saved));
        if (needs.scratch)
            RETURN_IF_ERROR(add_block(c, needs.scratch, forward, forward, &step->scratch));
        if (needs.scratch && step->backward)
            RETURN_IF_ERROR(
                add_block(c, needs.scratch, backward, backward, &step->backward_scratch));
    }
    return NEURON_OK;
}

/* Where backward writes the gradient of one input. The first step to get there, from the end,
 * writes straight into the value's gradient; later ones write aside and are added. */
static int place_edge_gradient(compiler *c, int32_t index, neuron_edge *edge,
                               const neuron_node_t *from)
{
    value *input = value_of(c, from);
    int32_t time = backward_time(c, index);
    size_t bytes;
    if (!input->wanted)
        return NEURON_OK;
    RETURN_IF_ERROR(value_bytes(c, from, &bytes));
    if (input->gradient != NEURON_NO_BLOCK) {
        edge->sum = input->gradient;
        return add_block(c, bytes, time, time, &edge->gradient);
    }
    const neuron_step *step = &c->session->steps[index];
    if (flags_of(step->node) & NEURON_LAYER_IN_PLACE && input->uses == 1)
        input->gradient = step->gradient;
    else
        RETURN_IF_ERROR(add_block(c, bytes, time, time, &input->gradient));
    edge->gradient = input->gradient;
    extend(c, input->gradient, backward_time(c, input->maker));
    return NEURON_OK;
}

static int place_gradients(compiler *c)
{
    neuron_session *s = c->session;
    value *output = value_of(c, c->output);
    size_t bytes;
    RETURN_IF_ERROR(value_bytes(c, c->output, &bytes));
    int32_t last = output->maker < 0 ? loss_time(c) : backward_time(c, output->maker);
    RETURN_IF_ERROR(add_block(c, bytes, loss_time(c), last, &output->gradient));
    s->output_gradient = output->gradient;
    for (int32_t i = s->step_count - 1; i >= 0; i--) {
        neuron_step *step = &s->steps[i];
        if (!step->backward)
            continue;
        step->gradient = value_of(c, step->node)->gradient;
        for (int32_t j = 0; j < step->node->spec.input_count; j++)
            RETURN_IF_ERROR(
                place_edge_gradient(c, i, &s->edges[step->first_edge + j], step->node->inputs[j]));
    }
    return NEURON_OK;
}

static int compile(compiler *c)
{
    neuron_session *s = c->session;
    list_steps(c);
    count_uses(c);
    RETURN_IF_ERROR(place_values(c));
    RETURN_IF_ERROR(place_working_memory(c));
    if (training(c))
        RETURN_IF_ERROR(place_gradients(c));
    return neuron_plan(s->context, s->blocks, s->block_count, &s->arena_bytes);
}

int neuron_session_compile(neuron_session *s)
{
    const neuron_graph_t *graph = s->graph;
    size_t nodes = (size_t)graph->node_count, edges = 0;
    for (size_t i = 0; i < nodes; i++)
        edges += (size_t)graph->nodes[i]->spec.input_count;
    compiler c = {.session = s, .graph = graph};
    /* A value and its gradient, what is saved, scratch both ways, and a gradient for every edge. */
    size_t blocks = 5 * nodes + edges + 2;
    c.block_capacity = (int32_t)blocks;
    c.root = neuron_allocate(s->context, nodes, sizeof *c.root);
    c.values = neuron_allocate(s->context, nodes, sizeof *c.values);
    s->steps = neuron_allocate(s->context, nodes, sizeof *s->steps);
    s->edges = neuron_allocate(s->context, edges, sizeof *s->edges);
    s->blocks = neuron_allocate(s->context, blocks, sizeof *s->blocks);
    int status = NEURON_E_MEMORY;
    if (c.root && c.values && s->steps && s->edges && s->blocks)
        status = compile(&c);
    neuron_release(s->context, c.root);
    neuron_release(s->context, c.values);
    return status;
}
