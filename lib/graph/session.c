#include "graph/steps.h"

#include "kernels/kernels.h"

/* The most inputs that a step has. */
static size_t widest_step(const neuron_session *session)
{
    int32_t most = 1;
    for (int32_t i = 0; i < session->step_count; i++)
        if (session->steps[i].node->spec.input_count > most)
            most = session->steps[i].node->spec.input_count;
    return (size_t)most;
}

static int set_up(neuron_session *session)
{
    RETURN_IF_ERROR(neuron_session_compile(session));
    neuron_context_t *context = session->context;
    size_t width = widest_step(session);
    session->inputs = neuron_allocate(context, width, sizeof *session->inputs);
    session->input_gradients = neuron_allocate(context, width, sizeof *session->input_gradients);
    session->arena = neuron_allocate_zero(context, session->arena_bytes, 1);
    if (!session->inputs || !session->input_gradients || !session->arena)
        return NEURON_E_MEMORY;
    return NEURON_OK;
}

int neuron_session_create(neuron_session **session, const neuron_graph_t *graph,
                          neuron_session_purpose purpose, int64_t batch)
{
    neuron_session *made = neuron_allocate_zero(graph->context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    made->context = graph->context;
    made->graph = graph;
    made->kernels = neuron_kernels_choose();
    made->purpose = purpose;
    made->batch = batch;
    made->threads = neuron_context_threads(graph->context);
    int status = set_up(made);
    if (status < 0) {
        neuron_session_destroy(made);
        return status;
    }
    *session = made;
    return NEURON_OK;
}

void neuron_session_destroy(neuron_session *session)
{
    if (!session)
        return;
    neuron_context_t *context = session->context;
    neuron_release(context, session->steps);
    neuron_release(context, session->edges);
    neuron_release(context, session->blocks);
    neuron_release(context, session->inputs);
    neuron_release(context, session->input_gradients);
    neuron_release(context, session->arena);
    neuron_release(context, session);
}

int64_t neuron_session_batch(const neuron_session *session)
{
    return session->batch;
}

int32_t neuron_session_threads(const neuron_session *session)
{
    return session->threads;
}

size_t neuron_session_bytes(const neuron_session *session)
{
    return session->arena_bytes;
}

static void *block_memory(const neuron_session *session, int32_t block)
{
    return block == NEURON_NO_BLOCK ? NULL : session->arena + session->blocks[block].offset;
}

static const float *value_memory(const neuron_session *session, int32_t block)
{
    if (block == session->input && session->borrowed_input)
        return session->borrowed_input;
    return block_memory(session, block);
}

float *neuron_session_input(neuron_session *session)
{
    return block_memory(session, session->input);
}

const float *neuron_session_output(const neuron_session *session)
{
    return value_memory(session, session->output);
}

bool neuron_session_logits(const neuron_session *session)
{
    return session->logits;
}

float *neuron_session_output_gradient(neuron_session *session)
{
    return block_memory(session, session->output_gradient);
}

/* What forward and backward of a step have in common. `values` and `gradients` have room for
 * NEURON_ARRAYS_MAX pointers. */
static neuron_run begin_run(neuron_session *session, const neuron_step *step, float **values,
                            float **gradients, float *flat_gradients)
{
    const neuron_graph_t *graph = session->graph;
    const neuron_spec *spec = &step->node->spec;
    for (int32_t i = 0; i < spec->array_count; i++) {
        const neuron_graph_array *array = &graph->arrays[step->node->first_array + i];
        values[i] = graph->values + array->offset;
        gradients[i] =
            flat_gradients && array->array->trainable ? flat_gradients + array->offset : NULL;
    }
    for (int32_t i = 0; i < spec->input_count; i++) {
        const neuron_edge *edge = &session->edges[step->first_edge + i];
        session->inputs[i] = value_memory(session, edge->value);
        session->input_gradients[i] = flat_gradients ? block_memory(session, edge->gradient) : NULL;
    }
    return (neuron_run){
        .spec = spec,
        .kernels = session->kernels,
        .pool = session->context->pool,
        .batch = session->last_batch,
        .training = session->purpose == NEURON_SESSION_TRAIN,
        .inputs = session->inputs,
        .output = block_memory(session, step->value),
        .input_gradients = session->input_gradients,
        .values = values,
        .gradients = gradients,
        .saved = block_memory(session, step->saved),
    };
}

void neuron_session_forward(neuron_session *session, const float *input, int64_t batch,
                            uint64_t seed, uint64_t step_number)
{
    session->borrowed_input = input;
    session->last_batch = batch;
    for (int32_t i = 0; i < session->step_count; i++) {
        const neuron_step *step = &session->steps[i];
        float *values[NEURON_ARRAYS_MAX], *gradients[NEURON_ARRAYS_MAX];
        neuron_run run = begin_run(session, step, values, gradients, NULL);
        run.scratch = block_memory(session, step->scratch);
        run.random = (neuron_random){
            .seed = seed, .stream = (uint32_t)step->node->index, .use = NEURON_RANDOM_DROPOUT};
        run.random_first = step_number << 32;
        step->node->spec.layer->forward(&run);
    }
}

/* Adds what steps wrote aside because the value is used more than once. */
static void add_gradients(neuron_session *session, const neuron_step *step)
{
    const neuron_spec *spec = &step->node->spec;
    for (int32_t i = 0; i < spec->input_count; i++) {
        const neuron_edge *edge = &session->edges[step->first_edge + i];
        if (edge->sum == NEURON_NO_BLOCK)
            continue;
        const float *part = block_memory(session, edge->gradient);
        float *sum = block_memory(session, edge->sum);
        int64_t count = session->last_batch * neuron_shape_count(&spec->inputs[i]);
        for (int64_t j = 0; j < count; j++)
            sum[j] += part[j];
    }
}

void neuron_session_backward(neuron_session *session, float *flat_gradients)
{
    for (int32_t i = session->step_count - 1; i >= 0; i--) {
        const neuron_step *step = &session->steps[i];
        if (!step->backward)
            continue;
        float *values[NEURON_ARRAYS_MAX], *gradients[NEURON_ARRAYS_MAX];
        neuron_run run = begin_run(session, step, values, gradients, flat_gradients);
        run.output_gradient = block_memory(session, step->gradient);
        run.scratch = block_memory(session, step->backward_scratch);
        step->node->spec.layer->backward(&run);
        add_gradients(session, step);
    }
}
