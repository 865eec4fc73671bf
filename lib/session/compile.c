/* Turns a graph into steps and blocks.
 *
 * Time runs forward through the steps (1, 2, ... n), then the loss (n + 1), then backward through
 * the same steps (2n + 1, ... n + 2). A value lives from the step that makes it to the last one
 * that reads it, so the arena is as large as the busiest moment and no larger. */
#include "session/compile.h"

#include "base/checked.h"
#include "base/bump.h"
#include "kernels/panels.h"

#include <assert.h>
#include <stdalign.h>
#include <stddef.h>
#include <string.h>

static int64_t forward_time(int64_t step)
{
    return step + 1;
}

static int64_t loss_time(const neuron_compiler *c)
{
    return c->session->step_count + 1;
}

static int64_t backward_time(const neuron_compiler *c, int64_t step)
{
    return 2 * c->session->step_count + 1 - step;
}

static uint32_t flags_of(const neuron_node_t *node)
{
    return node->spec.layer->flags;
}

static bool has_trainable_array(const neuron_compiler *c, const neuron_node_t *node)
{
    for (int32_t i = 0; i < node->spec.array_count && c->session->training.parameters; i++)
        if (neuron_node_trains(node, i))
            return true;
    return false;
}

static void count_uses(neuron_compiler *c)
{
    for (int32_t i = 0; i < c->session->training.wanted_count; i++) {
        neuron_value *wanted = neuron_compiler_value(c, c->session->training.wanted[i].node);
        wanted->requires_grad = true;
        wanted->uses++;
    }
    for (int32_t i = 0; i < c->session->step_count; i++) {
        neuron_step *step = &c->session->steps[i];
        const neuron_node_t *node = step->node;
        neuron_value *made = neuron_compiler_value(c, node);
        bool goes_back = has_trainable_array(c, node);
        for (int32_t j = 0; j < node->spec.input_count; j++) {
            neuron_value *input = neuron_compiler_value(c, node->inputs[j]);
            input->uses++;
            goes_back = goes_back || input->requires_grad;
        }
        step->backward = goes_back && neuron_compiler_trains(c);
        made->requires_grad = (goes_back || made->requires_grad) && neuron_compiler_trains(c);
    }
    for (int32_t i = 0; i < c->graph->output_count; i++)
        neuron_compiler_value(c, c->session->outputs[i].node)->uses++;
}

static int add_block(neuron_compiler *c, size_t bytes, int64_t first, int64_t last, int32_t *block)
{
    neuron_session *s = c->session;
    if (s->block_count == c->block_capacity)
        return neuron_fail(NEURON_E_STATE, "%s: too many blocks", c->graph->name);
    s->blocks[s->block_count] = (neuron_block){.bytes = bytes, .first = first, .last = last};
    *block = (int32_t)s->block_count++;
    return NEURON_OK;
}

static void extend(neuron_compiler *c, int32_t block, int64_t time)
{
    neuron_block *b = &c->session->blocks[block];
    b->first = time < b->first ? time : b->first;
    b->last = time > b->last ? time : b->last;
}

/* Bytes of a node's value for the whole batch. */
static int value_bytes(const neuron_compiler *c, const neuron_node_t *node, size_t *bytes)
{
    if (!neuron_multiply_size(neuron_size(neuron_shape_count(&node->spec.output)),
                              neuron_size_of(c->session->batch, sizeof(float)), bytes))
        return neuron_fail(NEURON_E_MEMORY, "%s: a batch of its values is too large", node->name);
    return NEURON_OK;
}

/* Whether a step goes back through its own activation, by what that made. */
static bool goes_back_by_output(const neuron_step *step)
{
    const neuron_post_op *op = neuron_post_activation(&step->fused.post);
    return step->activation_alone && !neuron_post_sees_input(op->kind);
}

/* Whether backward reads what forward made. */
static bool reads_output(const neuron_step *step)
{
    uint32_t flags = flags_of(step->node);
    return step->backward && (flags & NEURON_LAYER_READS_OUTPUT || goes_back_by_output(step) ||
                              (step->activation_of >= 0 && !(flags & NEURON_LAYER_READS_INPUT)));
}

/* Whether a step may write its output over its input. */
static bool in_place(neuron_compiler *c, const neuron_step *step)
{
    if (!(flags_of(step->node) & NEURON_LAYER_IN_PLACE))
        return false;
    const neuron_value *input = neuron_compiler_value(c, step->node->inputs[0]);
    if (input->uses != 1 || input->producer < 0)
        return false;
    /* The producer of the input must not want to read it again. */
    return !reads_output(&c->session->steps[input->producer]);
}

/* Room for what the step's activation is made of, where its slope follows from that. It is written
 * in forward, and read by the step that goes back through the activation. */
static int place_before(neuron_compiler *c, int64_t index)
{
    neuron_step *step = &c->session->steps[index];
    const neuron_post_op *op = neuron_post_activation(&step->fused.post);
    size_t bytes;
    if (!step->backward || !op || !neuron_post_sees_input(op->kind))
        return NEURON_OK;
    assert(!neuron_post_pooling(&step->fused.post)); /* its result has another size */
    RETURN_IF_ERROR(value_bytes(c, step->result, &bytes));
    return add_block(c, bytes, forward_time(index), backward_time(c, index), &step->blocks.before);
}

static int place_inputs(neuron_compiler *c)
{
    for (int32_t i = 0; i < c->graph->input_count; i++) {
        const neuron_node_t *node = c->graph->inputs[i];
        int32_t *block = &c->values[node->index].block;
        size_t bytes;
        RETURN_IF_ERROR(value_bytes(c, node, &bytes));
        RETURN_IF_ERROR(add_block(c, bytes, 0, 0, block));
        c->session->input_blocks[i] = *block;
    }
    return NEURON_OK;
}

static int place_values(neuron_compiler *c)
{
    neuron_session *s = c->session;
    size_t bytes;
    RETURN_IF_ERROR(place_inputs(c));
    for (int32_t i = 0; i < s->step_count; i++) {
        neuron_step *step = &s->steps[i];
        const neuron_node_t *node = step->node;
        neuron_value *made = neuron_compiler_value(c, node);
        for (int32_t j = 0; j < node->spec.input_count; j++) {
            neuron_edge *edge = &s->edges[step->first_edge + j];
            edge->value = neuron_compiler_value(c, node->inputs[j])->block;
            edge->gradient = edge->sum = NEURON_NO_BLOCK;
            extend(c, edge->value, forward_time(i));
            if (step->backward && flags_of(node) & NEURON_LAYER_READS_INPUT)
                extend(c, edge->value, backward_time(c, i));
        }
        if (in_place(c, step)) {
            made->block = s->edges[step->first_edge].value;
        } else {
            RETURN_IF_ERROR(value_bytes(c, step->result, &bytes));
            RETURN_IF_ERROR(add_block(c, bytes, forward_time(i), forward_time(i), &made->block));
        }
        step->blocks.value = made->block;
        if (reads_output(step))
            extend(c, made->block, backward_time(c, i));
        RETURN_IF_ERROR(place_before(c, i));
    }
    for (int32_t i = 0; i < c->graph->output_count; i++) {
        neuron_output *output = &s->outputs[i];
        output->value = neuron_compiler_value(c, output->node)->block;
        extend(c, output->value, loss_time(c));
    }
    return NEURON_OK;
}

/* A prediction keeps for the next one what is made of parameters. */
static int add_prepared(neuron_compiler *c, size_t bytes, int64_t time, int32_t *block)
{
    return add_block(c, bytes, time, neuron_compiler_trains(c) ? time : NEURON_BLOCK_KEPT, block);
}

static bool same_post(const neuron_step *a, const neuron_step *b)
{
    const neuron_post_ops *ours = &a->fused.post, *theirs = &b->fused.post;
    bool same = ours->count == theirs->count;
    for (int32_t i = 0; same && i < ours->count; i++) {
        const neuron_node_t *our = a->post_nodes[i], *their = b->post_nodes[i];
        same = memcmp(&ours->list[i], &theirs->list[i], sizeof ours->list[i]) == 0 &&
               (!our || our->spec.array_count == 0 || neuron_node_shares(our, their));
    }
    return same;
}

/* A step of a prediction before this one that makes the same of the same parameters; NULL if there
 * is none. */
static const neuron_step *find_prepared(const neuron_compiler *c, const neuron_step *step)
{
    const neuron_spec *spec = &step->node->spec;
    if (!step->node->shared || neuron_compiler_trains(c))
        return NULL;
    for (const neuron_step *other = c->session->steps; other < step; other++)
        if (neuron_node_shares(other->node, step->node) &&
            neuron_shape_equal(&other->node->spec.inputs[0], &spec->inputs[0]) &&
            memcmp(other->operation, step->operation, spec->layer->operation_size) == 0 &&
            same_post(other, step))
            return other;
    return NULL;
}

/* What a step makes of its parameters, and what the layers done in its pass make of theirs. */
static int place_prepared(neuron_compiler *c, neuron_step *step, size_t bytes, int64_t time)
{
    int64_t arrays = 0;
    const neuron_step *like = bytes ? find_prepared(c, step) : NULL;
    if (like) {
        step->blocks.prepared = like->blocks.prepared;
        step->takes_prepared = true;
    } else if (bytes) {
        RETURN_IF_ERROR(add_prepared(c, bytes, time, &step->blocks.prepared));
    }
    for (int32_t i = 0; i < step->fused.post.count; i++)
        if (step->post_nodes[i])
            arrays += step->post_nodes[i]->spec.layer->post_arrays;
    if (arrays == 0)
        return NEURON_OK;
    size_t size = neuron_size_of(neuron_step_panels(step), sizeof(float));
    return add_prepared(c, neuron_size_of(arrays, size), time, &step->blocks.post_arrays);
}

/* Nobody measures what a step makes: the way that it goes cannot. */
static void drop_statistics(neuron_step *producer, neuron_step *consumer)
{
    neuron_post_ops *post = &producer->fused.post;
    consumer->statistics_of = -1;
    if (post->count > 0 && post->list[post->count - 1].kind == NEURON_POST_STATISTICS)
        post->count--;
}

/* Room for the statistics that a normalisation wants from the step before it. */
static int place_statistics(neuron_compiler *c, int64_t index)
{
    neuron_session *s = c->session;
    neuron_step *step = &s->steps[index];
    if (step->statistics_of < 0)
        return NEURON_OK;
    neuron_step *producer = &s->steps[step->statistics_of];
    int64_t made = forward_time(step->statistics_of);
    if (producer->blocks.statistics != NEURON_NO_BLOCK) { /* another reads them too */
        extend(c, producer->blocks.statistics, forward_time(index));
        return NEURON_OK;
    }
    if (producer->chunks == 0) {
        drop_statistics(producer, step);
        return NEURON_OK;
    }
    const neuron_shape *shape = &producer->result->spec.output;
    size_t bytes = 0;
    producer->statistics.channels = shape->extent[shape->rank - 1];
    neuron_reserve(&bytes, producer->chunks, sizeof(int64_t));
    neuron_reserve(&bytes, producer->chunks,
                   neuron_size_of(producer->statistics.channels, 2 * sizeof(float)));
    return add_block(c, bytes, made, forward_time(index), &producer->blocks.statistics);
}

/* The next step in a direction, 1 or -1, that goes back with the same arrays; NULL for none. */
static const neuron_step *next_sharer(const neuron_compiler *c, const neuron_step *step,
                                      int direction)
{
    const neuron_session *s = c->session;
    if (!step->node->shared)
        return NULL;
    for (int64_t i = step - s->steps + direction; i >= 0 && i < s->step_count; i += direction)
        if (s->steps[i].backward && neuron_node_shares(s->steps[i].node, step->node))
            return &s->steps[i];
    return NULL;
}

/* Bytes of the gradients that are written down before the sink has them. */
static size_t gradient_bytes(const neuron_compiler *c, const neuron_step *step, bool sums)
{
    size_t bytes = 0;
    for (int32_t i = 0; i < step->node->spec.array_count; i++)
        if (c->session->training.parameters && neuron_node_trains(step->node, i) &&
            (sums || !neuron_step_sinks(step, i)))
            neuron_reserve(&bytes, neuron_shape_count(&step->node->spec.arrays[i].shape),
                           sizeof(float));
    return bytes;
}

/* Room for the gradients that the layer does not give to the sink itself. Those of arrays that
 * several steps work with are summed: the first of the steps to go back, which is the last, writes
 * its own to the sum, and the others add theirs. */
static int place_parameter_gradients(neuron_compiler *c, neuron_step *step, int64_t time)
{
    const neuron_step *before = next_sharer(c, step, -1), *behind = next_sharer(c, step, 1);
    neuron_step_blocks *blocks = &step->blocks;
    size_t bytes = gradient_bytes(c, step, before || behind);
    if (bytes == 0)
        return NEURON_OK;
    if (before || behind) {
        step->begins_sum = !behind;
        step->ends_sum = !before;
        if (before)
            blocks->gradient_sum = before->blocks.gradient_sum;
        else
            RETURN_IF_ERROR(add_block(c, bytes, time, time, &blocks->gradient_sum));
        extend(c, blocks->gradient_sum, time);
        blocks->parameter_gradients = blocks->gradient_sum;
    }
    return step->begins_sum ? NEURON_OK
                            : add_block(c, bytes, time, time, &blocks->parameter_gradients);
}

/* Lets the layer decide how it works. */
static int plan_layer(const neuron_compiler *c, const neuron_step *step, neuron_needs *needs)
{
    const neuron_spec *spec = &step->node->spec;
    const neuron_plan_request request = {
        .spec = spec,
        .node = step->node->name,
        .fused = &step->fused,
        .batch = c->session->batch,
        .training = neuron_compiler_trains(c),
        .invariant = c->session->invariant,
        .threads = c->session->threads,
        .kernels = c->session->kernels,
        .operation = step->operation,
    };
    return spec->layer->plan ? spec->layer->plan(&request, needs) : NEURON_OK;
}

static int place_working_memory(neuron_compiler *c)
{
    neuron_session *s = c->session;
    for (int32_t i = 0; i < s->step_count; i++) {
        neuron_step *step = &s->steps[i];
        neuron_step_blocks *blocks = &step->blocks;
        neuron_needs needs = {0};
        RETURN_IF_ERROR(plan_layer(c, step, &needs));
        int64_t forward = forward_time(i), backward = backward_time(c, i);
        if (needs.saved)
            RETURN_IF_ERROR(add_block(c, needs.saved, forward, step->backward ? backward : forward,
                                      &blocks->saved));
        if (needs.scratch)
            RETURN_IF_ERROR(add_block(c, needs.scratch, forward, forward, &blocks->scratch));
        if (needs.scratch && step->backward)
            RETURN_IF_ERROR(
                add_block(c, needs.scratch, backward, backward, &blocks->backward_scratch));
        step->chunks = needs.chunks;
        RETURN_IF_ERROR(place_statistics(c, i));
        RETURN_IF_ERROR(place_prepared(c, step, needs.prepared, forward));
        if (step->backward)
            RETURN_IF_ERROR(place_parameter_gradients(c, step, backward));
    }
    return NEURON_OK;
}

static void extend_unless_none(neuron_compiler *c, int32_t block, int64_t time)
{
    if (block != NEURON_NO_BLOCK)
        extend(c, block, time);
}

/* Keeps what a step makes its input's gradient of until the step before it has asked for it. */
static void defer(neuron_compiler *c, int64_t index, const neuron_value *input)
{
    const neuron_step *step = &c->session->steps[index];
    int64_t time = backward_time(c, input->producer);
    extend(c, input->block, time);
    extend(c, step->blocks.gradient, time);
    extend_unless_none(c, step->blocks.value, time);
    extend_unless_none(c, step->blocks.saved, time);
    extend_unless_none(c, step->blocks.backward_scratch, time);
}

/* Where backward writes the gradient of one input. The first step to get there, from the end,
 * writes straight into the value's gradient; later ones write aside and are added. */
static int place_edge_gradient(neuron_compiler *c, int64_t index, neuron_edge *edge,
                               const neuron_node_t *from)
{
    neuron_value *input = neuron_compiler_value(c, from);
    int64_t time = backward_time(c, index);
    size_t bytes;
    if (!input->requires_grad)
        return NEURON_OK;
    if (c->session->steps[index].defers) {
        defer(c, index, input);
        return NEURON_OK;
    }
    RETURN_IF_ERROR(value_bytes(c, from, &bytes));
    if (input->gradient != NEURON_NO_BLOCK) {
        edge->sum = input->gradient;
        return add_block(c, bytes, time, time, &edge->gradient);
    }
    const neuron_step *step = &c->session->steps[index];
    if (flags_of(step->node) & NEURON_LAYER_IN_PLACE && input->uses == 1)
        input->gradient = step->blocks.gradient;
    else
        RETURN_IF_ERROR(add_block(c, bytes, time, time, &input->gradient));
    edge->gradient = input->gradient;
    extend(c, input->gradient, backward_time(c, input->producer));
    return NEURON_OK;
}

/* Where the loss writes the gradient of an output: if another has the same value, aside. */
static int place_output_gradient(neuron_compiler *c, neuron_output *output)
{
    neuron_value *value = neuron_compiler_value(c, output->node);
    size_t bytes;
    RETURN_IF_ERROR(value_bytes(c, output->node, &bytes));
    if (value->gradient != NEURON_NO_BLOCK) {
        output->sum = value->gradient;
        return add_block(c, bytes, loss_time(c), loss_time(c), &output->gradient);
    }
    int64_t last = value->producer < 0 && !value->requires_grad ? loss_time(c)
                                                                : backward_time(c, value->producer);
    RETURN_IF_ERROR(add_block(c, bytes, loss_time(c), last, &value->gradient));
    output->gradient = value->gradient;
    return NEURON_OK;
}

static int place_gradients(neuron_compiler *c)
{
    neuron_session *s = c->session;
    for (int32_t i = 0; i < c->graph->output_count; i++)
        RETURN_IF_ERROR(place_output_gradient(c, &s->outputs[i]));
    for (int64_t i = s->step_count - 1; i >= 0; i--) {
        neuron_step *step = &s->steps[i];
        if (!step->backward)
            continue;
        step->blocks.gradient = neuron_compiler_value(c, step->node)->gradient;
        for (int32_t j = 0; j < step->node->spec.input_count; j++)
            RETURN_IF_ERROR(
                place_edge_gradient(c, i, &s->edges[step->first_edge + j], step->node->inputs[j]));
    }
    for (int32_t i = 0; i < s->training.wanted_count; i++) {
        neuron_session_wanted *wanted = &s->training.wanted[i];
        const neuron_value *value = neuron_compiler_value(c, wanted->node);
        wanted->producer = value->producer;
        wanted->block = value->gradient;
    }
    return NEURON_OK;
}

/* An operation may hold anything. */
static size_t operation_bytes(const neuron_layer *layer)
{
    size_t alignment = alignof(max_align_t);
    return (layer->operation_size + alignment - 1) / alignment * alignment;
}

/* Gives back what there was for nodes that are no steps. */
static int trim_steps(neuron_session *s)
{
    size_t count = (size_t)s->step_count;
    neuron_step *steps = neuron_allocate(s->context, count, sizeof *steps);
    if (!steps)
        return NEURON_E_MEMORY;
    memcpy(steps, s->steps, count * sizeof *steps);
    neuron_release(s->context, s->steps);
    s->steps = steps;
    return NEURON_OK;
}

static void lay_out_operations(neuron_compiler *c)
{
    char *next = c->session->operations;
    for (int32_t i = 0; i < c->session->step_count; i++) {
        neuron_step *step = &c->session->steps[i];
        step->operation = next;
        next += operation_bytes(step->node->spec.layer);
    }
}

static int compile(neuron_compiler *c)
{
    neuron_session *s = c->session;
    neuron_compiler_list_steps(c);
    RETURN_IF_ERROR(trim_steps(s));
    lay_out_operations(c);
    count_uses(c);
    if (neuron_compiler_trains(c))
        neuron_compiler_fuse_gradients(c);
    RETURN_IF_ERROR(place_values(c));
    RETURN_IF_ERROR(place_working_memory(c));
    if (neuron_compiler_trains(c))
        RETURN_IF_ERROR(place_gradients(c));
    return neuron_plan(s->context, s->blocks, s->block_count, &s->arena_bytes, &s->kept_bytes);
}

int neuron_session_compile(neuron_session *s)
{
    const neuron_graph_t *graph = s->graph;
    size_t nodes = (size_t)graph->node_count, edges = 0, operations = 0;
    for (size_t i = 0; i < nodes; i++) {
        edges += (size_t)graph->nodes[i]->spec.input_count;
        operations += operation_bytes(graph->nodes[i]->spec.layer);
    }
    neuron_compiler c = {.session = s, .graph = graph};
    /* Those of neuron_step_blocks, a gradient for each edge, the inputs and the outputs'
     * gradients. */
    size_t blocks = sizeof(neuron_step_blocks) / sizeof(int32_t) * nodes + edges +
                    (size_t)graph->input_count + (size_t)graph->output_count;
    c.block_capacity = (int64_t)blocks;
    NEURON_HOLD(hold);
    c.root = neuron_allocate(s->context, nodes, sizeof *c.root);
    neuron_hold_add(&hold, neuron_release_hold, s->context, c.root);
    c.consumers = neuron_allocate(s->context, nodes, sizeof *c.consumers);
    neuron_hold_add(&hold, neuron_release_hold, s->context, c.consumers);
    c.values = neuron_allocate(s->context, nodes, sizeof *c.values);
    neuron_hold_add(&hold, neuron_release_hold, s->context, c.values);
    s->steps = neuron_allocate(s->context, nodes, sizeof *s->steps);
    s->edges = neuron_allocate(s->context, edges, sizeof *s->edges);
    s->blocks = neuron_allocate(s->context, blocks, sizeof *s->blocks);
    s->operations = neuron_allocate_zero(s->context, operations + 1, 1);
    if (c.root && c.consumers && c.values && s->steps && s->edges && s->blocks && s->operations)
        return compile(&c);
    return NEURON_E_MEMORY;
}
