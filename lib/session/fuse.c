/* Which nodes make one step.
 *
 * A pass over a batch of values costs as much as many multiply-adds, so what can be done to them
 * while they are in registers or in the nearest cache is done in the step of the layer that makes
 * them, and a value between two such layers never exists. What a layer is as a post-operation, and
 * which of them a layer does, is told by their rows (layers/layer.h); no layer is named here. At
 * NEURON_LOG_DEBUG each node's line tells where it is done, and if in a pass of its own, why. */
#include "session/compile.h"

static const neuron_layer *layer_of(const neuron_node_t *node)
{
    return node->spec.layer;
}

/* Whether layers do what they do when predicting. */
static bool predicts(const neuron_compiler *c)
{
    return !neuron_compiler_trains(c) || c->session->training.as_predicting;
}

static bool passes_on(const neuron_compiler *c, const neuron_node_t *node)
{
    uint32_t flags = layer_of(node)->flags;
    return flags & NEURON_LAYER_VIEW || (predicts(c) && flags & NEURON_LAYER_TRAINING_ONLY);
}

bool neuron_compiler_wants(const neuron_compiler *c, const neuron_node_t *node)
{
    const neuron_session_training *training = &c->session->training;
    for (int32_t i = 0; i < training->wanted_count; i++)
        if (training->wanted[i].node == node)
            return true;
    return false;
}

/* What an output is compiled for. */
static neuron_session_purpose purpose_of(const neuron_compiler *c, int32_t output)
{
    const neuron_session_purpose *purposes = c->session->training.purposes;
    return purposes ? purposes[output] : c->session->purpose;
}

/* Whether the loss takes the place of the layer of an output. */
static bool left_to_loss(const neuron_compiler *c, int32_t output)
{
    const neuron_node_t *node = c->graph->outputs[output];
    const neuron_spec *spec = &node->spec;
    if (!spec->layer->output_kind || node->consumers > 0 || neuron_compiler_wants(c, node))
        return false;
    switch (purpose_of(c, output)) {
    case NEURON_SESSION_TRAIN:
        return spec->layer->output_kind(spec) == NEURON_OUTPUT_SOFTMAX;
    case NEURON_SESSION_TRAIN_BINARY:
        return spec->layer->output_kind(spec) == NEURON_OUTPUT_SIGMOID;
    default:
        return false;
    }
}

static void set_outputs(neuron_compiler *c)
{
    for (int32_t i = 0; i < c->graph->output_count; i++) {
        const neuron_node_t *node = c->graph->outputs[i];
        bool logits = left_to_loss(c, i);
        c->session->outputs[i] = (neuron_output){.node = logits ? node->inputs[0] : node,
                                                 .logits = logits,
                                                 .gradient = NEURON_NO_BLOCK,
                                                 .sum = NEURON_NO_BLOCK};
    }
}

/* Whether a node is an output that is left to the loss. */
static bool is_left(const neuron_compiler *c, const neuron_node_t *node)
{
    for (int32_t i = 0; i < c->graph->output_count; i++)
        if (c->graph->outputs[i] == node)
            return c->session->outputs[i].logits;
    return false;
}

/* An output layer that is left to the loss stands for the loss. */
static void count_consumers(neuron_compiler *c)
{
    for (int32_t i = 0; i < c->graph->node_count; i++)
        c->consumers[i] = 0;
    for (int32_t i = 0; i < c->graph->node_count; i++) {
        const neuron_node_t *node = c->graph->nodes[i];
        for (int32_t j = 0; j < node->spec.input_count; j++)
            c->consumers[node->inputs[j]->index]++;
    }
    for (int32_t i = 0; i < c->graph->output_count; i++)
        c->consumers[c->graph->outputs[i]->index]++;
    for (int32_t i = 0; i < c->session->training.wanted_count; i++)
        c->consumers[c->session->training.wanted[i].node->index]++;
}

/* Whether backward wants no gradient of a value. */
static bool ends_gradients(const neuron_compiler *c, const neuron_node_t *node)
{
    const neuron_node_t *root = c->graph->nodes[c->root[node->index]];
    return neuron_node_is_input(root) && c->session->training.wanted_count == 0;
}

static const char *refuse(const neuron_compiler *c, const neuron_step *step, neuron_post_op op)
{
    const neuron_layer *layer = layer_of(step->node);
    const neuron_fuse_request request = {
        .spec = &step->node->spec,
        .post = &step->fused.post,
        .op = op,
        .training = neuron_compiler_trains(c),
        .first = ends_gradients(c, step->node->inputs[0]),
    };
    if (!layer->refuse)
        return "the layer before it does nothing but its own work";
    return layer->refuse(&request);
}

static void append(neuron_step *step, neuron_post_op op, const neuron_node_t *node)
{
    step->post_nodes[step->fused.post.count] = node;
    step->fused.post.list[step->fused.post.count++] = op;
}

/* Makes the node part of the step that makes its input, if that step can do it too and nobody else
 * wants to see the value between them. Returns why not, or NULL. */
static const char *absorb(neuron_compiler *c, const neuron_node_t *node)
{
    const neuron_layer *layer = layer_of(node);
    const neuron_post_op op =
        layer->post_op ? layer->post_op(&node->spec) : (neuron_post_op){.kind = NEURON_POST_NONE};
    if (op.kind == NEURON_POST_NONE)
        return "it cannot be part of another";
    if (layer->post_arrays > 0 && neuron_compiler_trains(c))
        return "it has parameters, and this is a training";
    const neuron_node_t *input = node->inputs[0];
    int32_t producer = neuron_compiler_value(c, input)->producer;
    if (producer < 0)
        return "it reads an input of the graph";
    if (c->consumers[input->index] != 1)
        return "its input is read by others too";
    neuron_step *step = &c->session->steps[producer];
    if (step->result != input)
        return "a layer that only passes values on stands between";
    const char *refusal = refuse(c, step, op);
    if (refusal)
        return refusal;
    append(step, op, node);
    step->result = node;
    return NULL;
}

static void add_step(neuron_compiler *c, const neuron_node_t *node)
{
    neuron_session *s = c->session;
    const neuron_step_blocks none = {
        NEURON_NO_BLOCK, NEURON_NO_BLOCK, NEURON_NO_BLOCK, NEURON_NO_BLOCK,
        NEURON_NO_BLOCK, NEURON_NO_BLOCK, NEURON_NO_BLOCK, NEURON_NO_BLOCK,
        NEURON_NO_BLOCK, NEURON_NO_BLOCK, NEURON_NO_BLOCK,
    };
    c->values[node->index].producer = (int32_t)s->step_count;
    s->steps[s->step_count++] = (neuron_step){
        .node = node,
        .result = node,
        .consumer = -1,
        .activation_of = -1,
        .statistics_of = -1,
        .blocks = none,
        .first_edge = s->edge_count,
    };
    s->edge_count += node->spec.input_count;
}

/* Lets the step before a normalisation measure what it needs. */
static void fuse_statistics(neuron_compiler *c, neuron_step *step)
{
    const neuron_node_t *input = step->node->inputs[0];
    int32_t producer = neuron_compiler_value(c, input)->producer;
    if (!(layer_of(step->node)->flags & NEURON_LAYER_READS_STATISTICS) || step->node->frozen ||
        predicts(c) || producer < 0)
        return;
    neuron_step *before = &c->session->steps[producer];
    if (before->result != input)
        return;
    const neuron_post_op op = {.kind = NEURON_POST_STATISTICS};
    if (!neuron_post_find(&before->fused.post, op.kind)) {
        if (refuse(c, before, op))
            return;
        append(before, op, NULL);
    }
    step->statistics_of = producer;
}

static void tell(const neuron_compiler *c, const neuron_node_t *node, const char *why_not)
{
    neuron_context_t *context = c->session->context;
    if (!c->session->tells)
        return;
    if (is_left(c, node))
        neuron_log(context, NEURON_LOG_DEBUG, "graph", "%s: computed with the loss", node->name);
    else if (passes_on(c, node))
        neuron_log(context, NEURON_LOG_DEBUG, "graph", "%s: only passes on what it reads",
                   node->name);
    else if (why_not)
        neuron_log(context, NEURON_LOG_DEBUG, "graph", "%s: a pass of its own, for %s", node->name,
                   why_not);
    else
        neuron_log(context, NEURON_LOG_DEBUG, "graph", "%s: in the pass of %s", node->name,
                   c->session->steps[c->values[c->root[node->index]].producer].node->name);
}

/* Puts a node into a step: its own, or one before it. */
static void place(neuron_compiler *c, const neuron_node_t *node)
{
    const char *why_not = NULL;
    if (neuron_node_is_input(node))
        return;
    if (!is_left(c, node)) {
        if (!passes_on(c, node))
            why_not = absorb(c, node);
        if (why_not)
            add_step(c, node);
        else
            c->root[node->index] = c->root[node->inputs[0]->index];
    }
    tell(c, node, why_not);
}

/* How all who read a step's value make bytes of it, if they agree; false if not. */
static bool find_quantizer(neuron_compiler *c, const neuron_step *step, neuron_quantizer *found)
{
    const neuron_value *value = neuron_compiler_value(c, step->node);
    bool any = false; /* nobody reads an output of the graph, or only the caller */
    for (int32_t i = 0; i < c->graph->output_count; i++)
        if (neuron_compiler_value(c, c->session->outputs[i].node) == value)
            return false;
    for (int32_t i = value->producer + 1; i < c->session->step_count; i++) {
        const neuron_step *reader = &c->session->steps[i];
        const neuron_layer *layer = layer_of(reader->node);
        for (int32_t j = 0; j < reader->node->spec.input_count; j++) {
            if (neuron_compiler_value(c, reader->node->inputs[j]) != value)
                continue;
            if (!layer->quantizer)
                return false;
            neuron_quantizer own = layer->quantizer(&reader->node->spec);
            if (any && (own.inverse != found->inverse || own.zero_point != found->zero_point))
                return false;
            *found = own;
            any = true;
        }
    }
    return any;
}

/* Lets a step write bytes, if that is what all who read it would make of its value. */
static void fuse_bytes(neuron_compiler *c, neuron_step *step)
{
    neuron_post_op op = {.kind = NEURON_POST_QUANTIZE};
    if (refuse(c, step, op) || !find_quantizer(c, step, &op.quantizer))
        return;
    append(step, op, NULL);
    const neuron_value *value = neuron_compiler_value(c, step->node);
    for (int32_t i = value->producer + 1; i < c->session->step_count; i++) {
        neuron_step *reader = &c->session->steps[i];
        if (neuron_compiler_value(c, reader->node->inputs[0]) == value)
            reader->fused.reads_bytes = true;
    }
}

void neuron_compiler_list_steps(neuron_compiler *c)
{
    neuron_session *s = c->session;
    set_outputs(c);
    count_consumers(c);
    for (int32_t i = 0; i < c->graph->node_count; i++) {
        c->root[i] = i;
        c->values[i] = (neuron_value){NEURON_NO_BLOCK, NEURON_NO_BLOCK, -1, 0, false};
        place(c, c->graph->nodes[i]);
    }
    for (int32_t i = 0; i < s->step_count; i++) {
        if (neuron_compiler_trains(c))
            fuse_statistics(c, &s->steps[i]);
        else
            fuse_bytes(c, &s->steps[i]);
    }
}

/* The only step that reads the value of a step; NULL if there are several, or the caller does. */
static neuron_step *only_consumer(neuron_compiler *c, const neuron_step *producer)
{
    const neuron_value *value = neuron_compiler_value(c, producer->node);
    if (value->uses != 1)
        return NULL;
    for (int32_t i = value->producer + 1; i < c->session->step_count; i++) {
        neuron_step *step = &c->session->steps[i];
        for (int32_t j = 0; j < step->node->spec.input_count; j++)
            if (neuron_compiler_value(c, step->node->inputs[j]) == value)
                return step;
    }
    return NULL;
}

static int32_t index_of(const neuron_compiler *c, const neuron_step *step)
{
    return (int32_t)(step - c->session->steps);
}

/* Lets the only step that reads what an activation made go back through it. */
static void fuse_activation(neuron_compiler *c, neuron_step *step)
{
    const neuron_post_op *op = neuron_post_activation(&step->fused.post);
    if (!op)
        return;
    neuron_step *consumer = only_consumer(c, step);
    if (consumer && consumer->backward &&
        layer_of(consumer->node)->back_kinds & NEURON_POST_BIT(op->kind)) {
        consumer->activation_of = index_of(c, step);
        consumer->fused.back = *op;
    } else {
        step->activation_alone = true;
    }
}

/* Whether a step can read the gradient of its value a few rows at a time: only the first layers
 * can, which want none for their own input. */
static bool reads_rows(neuron_compiler *c, const neuron_step *step)
{
    return layer_of(step->node)->flags & NEURON_LAYER_READS_ROWS &&
           !neuron_post_pooling(&step->fused.post) && !step->activation_alone &&
           !neuron_compiler_value(c, step->node->inputs[0])->requires_grad;
}

static void fuse_deferral(neuron_compiler *c, neuron_step *step)
{
    neuron_step *consumer = reads_rows(c, step) ? only_consumer(c, step) : NULL;
    /* A view between them would have other rows. */
    if (!consumer || !consumer->backward || !layer_of(consumer->node)->gradient_rows ||
        consumer->node->inputs[0] != step->result)
        return;
    const neuron_pooling *pooling = neuron_post_pooling(&consumer->fused.post);
    consumer->defers = true;
    step->consumer = index_of(c, consumer);
    step->fused.gradient_multiple = pooling ? pooling->window_rows : 1;
}

void neuron_compiler_fuse_gradients(neuron_compiler *c)
{
    for (int32_t i = 0; i < c->session->step_count; i++) {
        neuron_step *step = &c->session->steps[i];
        if (!step->backward)
            continue;
        fuse_activation(c, step);
        fuse_deferral(c, step);
    }
}
