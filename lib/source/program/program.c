/* From nodes to steps, and where their values lie. */
#include "source/program/program.h"

#include <libneuron/custom.h>

#include "base/checked.h"
#include "session/plan.h"

#include <string.h>

/* ---- Memory of the program itself ---- */

void neuron_program_end(neuron_program *program)
{
    if (!program->graph)
        return;
    neuron_context_t *context = program->graph->context;
    neuron_release(context, program->values);
    neuron_release(context, program->value_of);
    neuron_release(context, program->next);
    neuron_release(context, program->steps);
    neuron_release(context, program->copies);
    *program = (neuron_program){0};
}

static int allocate(neuron_program *program)
{
    neuron_context_t *context = program->graph->context;
    size_t nodes = neuron_size(program->graph->node_count);
    size_t outputs = neuron_size(program->graph->output_count);
    program->values = neuron_allocate_zero(context, nodes, sizeof *program->values);
    program->value_of = neuron_allocate_zero(context, nodes, sizeof *program->value_of);
    program->next = neuron_allocate_zero(context, nodes, sizeof *program->next);
    program->steps = neuron_allocate_zero(context, nodes, sizeof *program->steps);
    program->copies = neuron_allocate_zero(context, outputs, sizeof *program->copies);
    return program->values && program->value_of && program->next && program->steps &&
                   program->copies
               ? NEURON_OK
               : NEURON_E_MEMORY;
}

/* ---- Which layers there are ---- */

/* Whether what the layer puts out in a prediction is its input. */
static bool passes(const neuron_node_t *node)
{
    return node->spec.layer->flags & (NEURON_LAYER_VIEW | NEURON_LAYER_TRAINING_ONLY);
}

static bool is_input(const neuron_node_t *node)
{
    return node->spec.input_count == 0;
}

static int check_layer(const neuron_node_t *node, const char *who)
{
    const char *kind = node->spec.layer->name;
    if (node->spec.layer->flags & NEURON_LAYER_CUSTOM)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: %s is a layer of your own, %s, for which there is no C source", who,
                           node->name, neuron_node_custom_kind(node));
    if (!passes(node) && !is_input(node) && !neuron_source_layer_find(kind))
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: %s is a layer %s, for which there is no C source", who, node->name,
                           kind);
    return NEURON_OK;
}

/* `long` and arrays of C have 2^31 - 1 at least. */
static int check_size(const neuron_node_t *node, const char *who)
{
    int64_t most = neuron_shape_count(&node->spec.output);
    for (int64_t i = 0; i < node->spec.array_count; i++) {
        int64_t count = neuron_shape_count(&node->spec.arrays[i].shape);
        most = count > most ? count : most;
    }
    if (most > INT32_MAX)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: %s has %" PRId64 " numbers; C source may have 2^31 - 1 at most",
                           who, node->name, most);
    return NEURON_OK;
}

/* ---- Steps ---- */

/* While steps are made. */
typedef struct builder {
    neuron_program *program;
    int64_t *readers; /* by the index of a node: nodes that read it, and outputs */
    int64_t *end_of;  /* by value: the index of the last node in the chain of its step */
} builder;

static void count_readers(const builder *b)
{
    const neuron_graph_t *graph = b->program->graph;
    for (int64_t i = 0; i < graph->node_count; i++)
        for (int64_t j = 0; j < graph->nodes[i]->spec.input_count; j++)
            b->readers[graph->nodes[i]->inputs[j]->index]++;
    for (int64_t i = 0; i < graph->output_count; i++)
        b->readers[graph->outputs[i]->index]++;
}

/* The step that puts out a value; NULL for an input. */
static neuron_step *step_of(const neuron_program *program, int64_t value)
{
    int64_t step = program->values[value].first;
    return step > 0 ? &program->steps[step - 1] : NULL;
}

/* Whether a node alone reads what its input's step has made: those in between have one reader. */
static bool reads_alone(const builder *b, const neuron_node_t *node)
{
    const neuron_node_t *from = node->inputs[0];
    for (; passes(from); from = from->inputs[0])
        if (b->readers[from->index] > 1)
            return false;
    return b->readers[from->index] == 1;
}

/* Whether a layer can be part of the pass of the step before it. */
static bool joins_chain(const builder *b, const neuron_node_t *node)
{
    const neuron_source_layer *layer = neuron_source_layer_find(node->spec.layer->name);
    const neuron_step *step = step_of(b->program, b->program->value_of[node->inputs[0]->index]);
    if (!layer->apply || !step || !(step->layer->flags & NEURON_SOURCE_CHAINS))
        return false;
    if ((layer->flags & NEURON_SOURCE_CHANNELS) &&
        neuron_source_channels(node) != neuron_source_channels(step->node))
        return false;
    return reads_alone(b, node);
}

static void add_to_chain(const builder *b, const neuron_node_t *node)
{
    neuron_program *program = b->program;
    int64_t value = program->value_of[node->inputs[0]->index];
    neuron_step *step = step_of(program, value);
    program->value_of[node->index] = value;
    bool folds = (step->layer->flags & NEURON_SOURCE_FOLDS) && !step->chain && !step->folded &&
                 !step->node->shared && strcmp(node->spec.layer->name, "batch_norm") == 0;
    if (folds)
        step->folded = node;
    else if (!step->chain)
        step->chain = node;
    else
        program->next[b->end_of[value]] = node;
    b->end_of[value] = node->index;
}

static int64_t add_value(const builder *b, const neuron_node_t *node)
{
    neuron_program *program = b->program;
    int64_t value = program->value_count++;
    program->values[value] =
        (neuron_value){.size = neuron_shape_count(&node->spec.output), .memory = value};
    program->value_of[node->index] = value;
    b->end_of[value] = node->index;
    return value;
}

static void add_step(const builder *b, const neuron_node_t *node)
{
    neuron_program *program = b->program;
    int64_t value = add_value(b, node);
    neuron_step *step = &program->steps[program->step_count++];
    program->values[value].first = program->step_count;
    step->layer = neuron_source_layer_find(node->spec.layer->name);
    step->node = node;
    step->output = value;
    step->scratch = -1;
    step->chain = step->layer->apply ? node : NULL;
}

static void add_input(const builder *b, const neuron_node_t *node)
{
    neuron_program *program = b->program;
    neuron_value *value = &program->values[add_value(b, node)];
    value->place = NEURON_VALUE_INPUT;
    while (program->graph->inputs[value->index] != node)
        value->index++;
    program->takes_bytes |= neuron_source_takes_bytes(node);
}

static void add_node(const builder *b, const neuron_node_t *node)
{
    if (is_input(node))
        add_input(b, node);
    else if (passes(node))
        b->program->value_of[node->index] = b->program->value_of[node->inputs[0]->index];
    else if (joins_chain(b, node))
        add_to_chain(b, node);
    else
        add_step(b, node);
}

static int make_steps(neuron_program *program, const char *who)
{
    const neuron_graph_t *graph = program->graph;
    size_t nodes = neuron_size(graph->node_count);
    for (int64_t i = 0; i < graph->node_count; i++) {
        RETURN_IF_ERROR(check_layer(graph->nodes[i], who));
        RETURN_IF_ERROR(check_size(graph->nodes[i], who));
    }
    int64_t *numbers = neuron_allocate_zero(graph->context, nodes, 2 * sizeof *numbers);
    if (!numbers)
        return NEURON_E_MEMORY;
    const builder b = {program, numbers, numbers + nodes};
    count_readers(&b);
    for (int64_t i = 0; i < graph->node_count; i++)
        add_node(&b, graph->nodes[i]);
    neuron_release(graph->context, numbers);
    return NEURON_OK;
}

/* ---- Where values lie ---- */

bool neuron_source_takes_bytes(const neuron_node_t *input)
{
    return input->meaning.scaled;
}

const neuron_value *neuron_program_memory(const neuron_program *program, int64_t value)
{
    return &program->values[program->values[value].memory];
}

/* An output that is an input, or is another output, is a copy of it. */
static void place_outputs(neuron_program *program)
{
    const neuron_graph_t *graph = program->graph;
    for (int64_t i = 0; i < graph->output_count; i++) {
        int64_t value = program->value_of[graph->outputs[i]->index];
        neuron_value *made = &program->values[value];
        if (made->place != NEURON_VALUE_WORKSPACE) {
            program->copies[program->copy_count++] = (neuron_value_copy){value, i};
            made->last = program->step_count + 1;
        } else {
            made->place = NEURON_VALUE_OUTPUT;
            made->index = i;
            made->last = program->step_count + 1;
        }
    }
}

static void find_last_readers(neuron_program *program)
{
    for (int64_t s = 0; s < program->step_count; s++) {
        const neuron_node_t *node = program->steps[s].node;
        for (int64_t i = 0; i < node->spec.input_count; i++)
            program->values[program->value_of[node->inputs[i]->index]].last = s + 1;
    }
}

/* Lets a step write over an input that nobody reads any more, where its layer can. The memory of an
 * output may so be used earlier. */
static void write_over(neuron_program *program, int64_t number)
{
    const neuron_step *step = &program->steps[number - 1];
    neuron_value *output = &program->values[step->output];
    if (!(step->layer->flags & NEURON_SOURCE_IN_PLACE))
        return;
    for (int64_t i = 0; i < step->node->spec.input_count; i++) {
        const neuron_value *input =
            &program->values[program->value_of[step->node->inputs[i]->index]];
        neuron_value *memory = &program->values[input->memory];
        if (input->place != NEURON_VALUE_WORKSPACE || memory->place != NEURON_VALUE_WORKSPACE ||
            input->last != number || input->size != output->size)
            continue;
        output->memory = input->memory;
        memory->last = output->last;
        if (output->place == NEURON_VALUE_OUTPUT) {
            memory->place = NEURON_VALUE_OUTPUT;
            memory->index = output->index;
        }
        return;
    }
}

/* One block for each value with memory of its own, and one for the scratch of each step. */
typedef struct layout {
    neuron_block *blocks;
    int64_t count;
} layout;

static void add_block(layout *l, int64_t floats, int64_t first, int64_t last)
{
    l->blocks[l->count++] = (neuron_block){
        .bytes = neuron_size_of(floats, sizeof(float)), .first = first, .last = last};
}

static bool needs_block(const neuron_program *program, int64_t value)
{
    const neuron_value *v = &program->values[value];
    if (v->place == NEURON_VALUE_INPUT)
        return neuron_source_takes_bytes(program->graph->inputs[v->index]);
    return v->memory == value && v->place == NEURON_VALUE_WORKSPACE;
}

static int64_t scratch_of(const neuron_step *step)
{
    int64_t bytes = step->layer->scratch ? step->layer->scratch(step->node) : 0;
    return neuron_ceil_divide(bytes, sizeof(float));
}

static int plan_blocks(neuron_program *program, layout *l)
{
    size_t arena, kept;
    for (int64_t v = 0; v < program->value_count; v++)
        if (needs_block(program, v))
            add_block(l, program->values[v].size, program->values[v].first,
                      program->values[v].last);
    for (int64_t s = 0; s < program->step_count; s++)
        if (scratch_of(&program->steps[s]) > 0)
            add_block(l, scratch_of(&program->steps[s]), s + 1, s + 1);
    RETURN_IF_ERROR(neuron_plan(program->graph->context, l->blocks, l->count, &arena, &kept));
    const neuron_block *block = l->blocks;
    for (int64_t v = 0; v < program->value_count; v++)
        if (needs_block(program, v))
            program->values[v].offset = (int64_t)(block++->offset / sizeof(float));
    for (int64_t s = 0; s < program->step_count; s++)
        if (scratch_of(&program->steps[s]) > 0)
            program->steps[s].scratch = (int64_t)(block++->offset / sizeof(float));
    program->workspace = (int64_t)(arena / sizeof(float));
    return NEURON_OK;
}

static int place_values(neuron_program *program, const char *who)
{
    neuron_context_t *context = program->graph->context;
    find_last_readers(program);
    place_outputs(program);
    for (int64_t number = 1; number <= program->step_count; number++)
        write_over(program, number);
    layout l = {.blocks = neuron_allocate(context,
                                          neuron_size(program->value_count + program->step_count),
                                          sizeof(neuron_block))};
    if (!l.blocks)
        return NEURON_E_MEMORY;
    int status = plan_blocks(program, &l);
    neuron_release(context, l.blocks);
    if (status == NEURON_OK && program->workspace > INT32_MAX)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: the workspace is %" PRId64
                           " floats; C source may have 2^31 - 1 at most",
                           who, program->workspace);
    return status;
}

int neuron_program_make(neuron_program *program, const neuron_graph_t *graph, const char *who)
{
    *program = (neuron_program){.graph = graph};
    RETURN_IF_ERROR(allocate(program));
    RETURN_IF_ERROR(make_steps(program, who));
    return place_values(program, who);
}
