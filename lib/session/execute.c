/* Runs the steps of a session, forward and backward. */
#include "session/steps.h"

#include "base/checked.h"
#include "graph/penalty.h"
#include "base/bump.h"
#include "kernels/panels.h"

/* What all calls of a step have in common. */
typedef struct step_call {
    neuron_run run;
    float *values[NEURON_ARRAYS_MAX], *gradients[NEURON_ARRAYS_MAX];
} step_call;

static void begin_run(step_call *call, neuron_session *session, const neuron_step *step)
{
    const neuron_graph_t *graph = session->graph;
    const neuron_spec *spec = &step->node->spec;
    for (int32_t i = 0; i < spec->array_count; i++) {
        call->values[i] = graph->values + graph->arrays[step->node->first_array + i].offset;
        call->gradients[i] = NULL;
    }
    for (int32_t i = 0; i < spec->input_count; i++) {
        const neuron_edge *edge = &session->edges[step->first_edge + i];
        session->inputs[i] = neuron_session_value(session, edge->value);
        session->input_gradients[i] = NULL;
    }
    call->run = (neuron_run){
        .spec = spec,
        .node = step->node->name,
        .kernels = session->kernels,
        .pool = session->context->pool,
        .batch = session->last_batch,
        .capacity = session->batch,
        .training = session->purpose != NEURON_SESSION_PREDICT,
        .frozen = step->node->frozen,
        .inputs = session->inputs,
        .output = neuron_session_memory(session, step->value),
        .input_gradients = session->input_gradients,
        .values = call->values,
        .gradients = call->gradients,
        .saved = neuron_session_memory(session, step->saved),
        .prepared = neuron_session_memory(session, step->prepared),
        .status = &session->status,
        .rectify = step->rectify,
        .rectify_last = step->rectify_last,
        .pooling = step->pool ? &step->pool->spec : NULL,
        .gate = step->gates_input,
    };
    if (step->affine != NEURON_NO_BLOCK) {
        const neuron_shape *shape = &step->norm->spec.output;
        call->run.scale = neuron_session_memory(session, step->affine);
        call->run.shift = call->run.scale + neuron_panel_round(shape->extent[shape->rank - 1]);
    }
}

/* The random numbers of the last forward. */
static void set_random(neuron_run *run, const neuron_session *session, const neuron_step *step)
{
    run->random = session->last_random;
    run->random.stream = (uint32_t)step->node->index;
    run->random_first = session->last_step << 32;
}

/* The scale and shift of the normalisation behind a step. */
static void set_affine(const neuron_session *session, const neuron_step *step)
{
    const neuron_graph_t *graph = session->graph;
    const neuron_spec *spec = &step->norm->spec;
    const float *values[NEURON_ARRAYS_MAX];
    for (int32_t i = 0; i < spec->array_count; i++)
        values[i] = graph->values + graph->arrays[step->norm->first_array + i].offset;
    float *scale = neuron_session_memory(session, step->affine);
    int64_t width = neuron_panel_round(spec->output.extent[spec->output.rank - 1]);
    neuron_batch_norm_affine(spec, values, scale, scale + width);
}

/* Makes of the parameters what forward works with. */
static void prepare(neuron_session *session, const neuron_step *step)
{
    if (step->affine != NEURON_NO_BLOCK)
        set_affine(session, step);
    if (!step->node->spec.layer->prepare)
        return;
    step_call call;
    begin_run(&call, session, step);
    call.run.scratch = neuron_session_memory(session, step->scratch);
    step->node->spec.layer->prepare(&call.run);
}

static void prepare_all(neuron_session *session)
{
    uint64_t version = atomic_load(&session->graph->version);
    if (session->version == version)
        return;
    for (int32_t i = 0; i < session->step_count; i++)
        prepare(session, &session->steps[i]);
    session->version = version;
}

/* Sets where moments go to, and come from. */
static void place_moments(neuron_run *run, neuron_session *session, neuron_step *step)
{
    if (step->moments != NEURON_NO_BLOCK) {
        char *memory = neuron_session_memory(session, step->moments);
        size_t used = 0;
        size_t rows = neuron_reserve(&used, step->chunks, sizeof(int64_t));
        step->measured.rows = (int64_t *)(void *)(memory + rows);
        step->measured.sums = (float *)(void *)(memory + used);
        run->measure = &step->measured;
    }
    if (step->measured_by >= 0)
        run->measured = &session->steps[step->measured_by].measured;
}

int neuron_session_forward(neuron_session *session, const float *input, int64_t batch,
                           uint64_t seed, uint64_t step_number)
{
    session->status = 0;
    session->borrowed_input = input;
    session->last_batch = batch;
    session->last_random = (neuron_random){.seed = seed, .use = NEURON_RANDOM_DROPOUT};
    session->last_step = step_number;
    bool training = session->purpose != NEURON_SESSION_PREDICT;
    if (!training)
        prepare_all(session);
    for (int32_t i = 0; i < session->step_count; i++) {
        const neuron_step *step = &session->steps[i];
        if (training)
            prepare(session, step);
        step_call call;
        begin_run(&call, session, step);
        call.run.scratch = neuron_session_memory(session, step->scratch);
        set_random(&call.run, session, step);
        place_moments(&call.run, session, &session->steps[i]);
        step->node->spec.layer->forward(&call.run);
        RETURN_IF_ERROR(session->status);
    }
    return NEURON_OK;
}

/* Where one gradient goes: all of it into a flat array, or each piece to a receiver. */
typedef struct gradient_route {
    neuron_session *session;
    const neuron_step *step;
    float *flat;
    const neuron_receiver *receiver;
} gradient_route;

static const neuron_graph_array *array_of(const gradient_route *route, int32_t index)
{
    return &route->session->graph->arrays[route->step->node->first_array + index];
}

/* Gradients to which that of a penalty is added at a time, on the stack. */
enum { PENALIZED = 1024 };

static void hand_on(const neuron_run *run, int32_t array, const float *gradient, int64_t first,
                    int64_t count)
{
    const gradient_route *route = run->receiver;
    const neuron_receiver *receiver = route->receiver;
    const neuron_array_choice *choice = &route->step->node->choices[array];
    int64_t offset = array_of(route, array)->offset + first;
    if (!neuron_choice_penalizes(choice)) {
        receiver->take(receiver->user_data, offset, gradient, count);
        return;
    }
    for (int64_t i = 0; i < count; i += PENALIZED) {
        float sum[PENALIZED];
        int64_t part = neuron_min_count(PENALIZED, count - i);
        neuron_penalty_add_gradient(choice, run->values[array] + first + i, gradient + i, part,
                                    sum);
        receiver->take(receiver->user_data, offset + i, sum, part);
    }
}

/* The same where the gradients lie in a flat array. */
static void add_penalties(const neuron_run *run, const neuron_node_t *node)
{
    for (int32_t i = 0; i < run->spec->array_count; i++)
        if (run->gradients[i] && neuron_choice_penalizes(&node->choices[i]))
            neuron_penalty_add_gradient(&node->choices[i], run->values[i], run->gradients[i],
                                        neuron_shape_count(&run->spec->arrays[i].shape),
                                        run->gradients[i]);
}

/* Sets where the gradients of the parameters go. */
static void place_gradients(const gradient_route *route, step_call *call)
{
    const neuron_step *step = route->step;
    size_t used = 0;
    for (int32_t i = 0; i < step->node->spec.array_count; i++) {
        const neuron_graph_array *array = array_of(route, i);
        if (!neuron_node_trains(step->node, i))
            continue;
        if (route->flat)
            call->gradients[i] = route->flat + array->offset;
        else if (!neuron_step_hands_on(step, i))
            call->gradients[i] =
                (float *)(void *)((char *)neuron_session_memory(route->session, step->gradients) +
                                  neuron_reserve(&used, array->count, sizeof(float)));
    }
    if (!route->flat && !step->node->frozen) {
        call->run.hand_on = hand_on;
        call->run.receiver = route;
    }
}

/* Parameters that one task hands on: a few microseconds' work for an optimizer. */
enum { HANDED_ON = 16384 };

typedef struct delivery {
    const neuron_run *run;
    int32_t array;
    int64_t count;
} delivery;

static void deliver_piece(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const delivery *all = work;
    int64_t first = task * HANDED_ON;
    hand_on(all->run, all->array, all->run->gradients[all->array] + first, first,
            neuron_min_count(HANDED_ON, all->count - first));
}

/* Hands on what the layer has not. */
static void deliver(const gradient_route *route, const neuron_run *run)
{
    for (int32_t i = 0; i < run->spec->array_count; i++) {
        if (!run->gradients[i])
            continue;
        delivery all = {run, i, array_of(route, i)->count};
        neuron_pool_run(run->pool, neuron_ceil_divide(all.count, HANDED_ON), deliver_piece, &all);
    }
}

/* Takes the gradient through the step's own rectifier. */
static void gate_itself(const neuron_session *session, const neuron_step *step, float *gradient)
{
    float *gradients[] = {gradient};
    const neuron_run run = {
        .spec = &step->result->spec,
        .kernels = session->kernels,
        .pool = session->context->pool,
        .batch = session->last_batch,
        .output = neuron_session_memory(session, step->value),
        .output_gradient = gradient,
        .input_gradients = gradients,
    };
    neuron_layer_relu.backward(&run);
}

/* Adds what steps wrote aside because the value is used more than once. */
static void add_gradients(neuron_session *session, const neuron_step *step)
{
    const neuron_spec *spec = &step->node->spec;
    for (int32_t i = 0; i < spec->input_count; i++) {
        const neuron_edge *edge = &session->edges[step->first_edge + i];
        if (edge->sum == NEURON_NO_BLOCK)
            continue;
        const float *part = neuron_session_memory(session, edge->gradient);
        float *sum = neuron_session_memory(session, edge->sum);
        int64_t count = session->last_batch * neuron_shape_count(&spec->inputs[i]);
        for (int64_t j = 0; j < count; j++)
            sum[j] += part[j];
    }
}

/* Calls the reader of a step, whose backward is over, for the gradient that it deferred. */
typedef struct reader_call {
    step_call call;
    const float *input;
} reader_call;

static void begin_reader(reader_call *reader, neuron_session *session, const neuron_step *step)
{
    begin_run(&reader->call, session, step);
    reader->input = session->inputs[0]; /* the array is needed for the step that asks */
    reader->call.run.inputs = &reader->input;
    reader->call.run.input_gradients = NULL;
    reader->call.run.output_gradient = neuron_session_memory(session, step->gradient);
    reader->call.run.scratch = neuron_session_memory(session, step->backward_scratch);
}

static int step_back(gradient_route *route)
{
    neuron_session *session = route->session;
    const neuron_step *step = route->step;
    float *gradient = neuron_session_memory(session, step->gradient);
    step_call call;
    reader_call reader;
    if (step->reader >= 0)
        begin_reader(&reader, session, &session->steps[step->reader]);
    begin_run(&call, session, step);
    if (step->reader >= 0)
        call.run.reader = &reader.call.run;
    call.run.gradient_multiple = neuron_step_gradient_multiple(session, step);
    for (int32_t i = 0; i < step->node->spec.input_count; i++)
        session->input_gradients[i] =
            neuron_session_memory(session, session->edges[step->first_edge + i].gradient);
    place_gradients(route, &call);
    if (step->gates_itself)
        gate_itself(session, step, gradient);
    call.run.output_gradient = gradient;
    call.run.scratch = neuron_session_memory(session, step->backward_scratch);
    set_random(&call.run, session, step);
    step->node->spec.layer->backward(&call.run);
    RETURN_IF_ERROR(session->status);
    if (route->flat)
        add_penalties(&call.run, step->node);
    else
        deliver(route, &call.run);
    add_gradients(session, step);
    return NEURON_OK;
}

static int step_all_back(gradient_route *route)
{
    neuron_session *session = route->session;
    session->status = 0;
    for (int32_t i = session->step_count - 1; i >= 0; i--) {
        route->step = &session->steps[i];
        if (route->step->backward)
            RETURN_IF_ERROR(step_back(route));
    }
    return NEURON_OK;
}

int neuron_session_backward(neuron_session *session, float *gradients)
{
    gradient_route route = {.session = session, .flat = gradients};
    return step_all_back(&route);
}

int neuron_session_descend(neuron_session *session, const neuron_receiver *receiver)
{
    gradient_route route = {.session = session, .receiver = receiver};
    return step_all_back(&route);
}
