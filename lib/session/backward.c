/* Runs the steps of a session backward, from the last to the first, and gives the gradients of
 * parameters to whom they are for. */
#include "session/step-call.h"

#include "base/bump.h"
#include "base/checked.h"
#include "graph/graph.h"

#include <string.h>

/* Where one gradient goes: all of it into a flat array, or each piece to a sink. */
typedef struct gradient_route {
    neuron_session *session;
    neuron_step *step;
    float *flat;
    const neuron_gradient_sink *sink;
} gradient_route;

static const neuron_graph_array *array_of(const gradient_route *route, int64_t index)
{
    return &route->session->graph->arrays[route->step->node->first_array + index];
}

/* to = gradient + that of the penalty on `values`; `to` may be the gradient. */
static void penalize(const neuron_kernels *kernels, const neuron_array_choice *choice,
                     const float *values, const float *gradient, int64_t count, float *to)
{
    kernels->element->penalize(values, gradient, count, (float)choice->l1, (float)(2 * choice->l2),
                               to);
}

/* Gradients to which that of a penalty is added at a time, on the stack. */
enum { PENALIZED = 1024 };

static void on_gradient(const neuron_run *run, int32_t array, const float *gradient, int64_t first,
                        int64_t count)
{
    const gradient_route *route = run->fused->sink;
    const neuron_gradient_sink *sink = route->sink;
    const neuron_array_choice *choice = &route->step->node->choices[array];
    int64_t offset = array_of(route, array)->offset + first;
    if (!neuron_choice_penalizes(choice) || route->session->training.partial) {
        sink->on_gradient(sink->user_data, offset, gradient, count);
        return;
    }
    for (int64_t i = 0; i < count; i += PENALIZED) {
        float sum[PENALIZED];
        int64_t some = neuron_min_count(PENALIZED, count - i);
        penalize(run->kernels, choice, run->values[array] + first + i, gradient + i, some, sum);
        sink->on_gradient(sink->user_data, offset + i, sum, some);
    }
}

/* Values of a chunk: large enough to pay for a task, small enough to lie in the first cache. */
enum { CHUNK_VALUES = 8192 };

typedef struct element_job {
    const neuron_kernels *kernels;
    neuron_pool *pool;
    const neuron_post_op *op;          /* of an activation */
    const neuron_array_choice *choice; /* of a penalty */
    const float *from;
    float *to;
    int64_t count;
} element_job;

static void run_chunks(element_job *job, neuron_task task)
{
    neuron_pool_run(job->pool, neuron_ceil_divide(job->count, CHUNK_VALUES), task, job);
}

static void penalize_chunk(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const element_job *job = work;
    int64_t first = task * CHUNK_VALUES;
    penalize(job->kernels, job->choice, job->from + first, job->to + first,
             neuron_min_count(CHUNK_VALUES, job->count - first), job->to + first);
}

/* The same where the gradients lie in a flat array. */
static void add_penalties(const neuron_session *session, const neuron_run *run,
                          const neuron_node_t *node)
{
    for (int32_t i = 0; i < run->spec->array_count; i++) {
        element_job job = {
            .kernels = session->kernels,
            .pool = session->context->pool,
            .choice = &node->choices[i],
            .from = run->values[i],
            .to = run->gradients[i],
            .count = neuron_shape_count(&run->spec->arrays[i].shape),
        };
        if (job.to && neuron_choice_penalizes(job.choice))
            run_chunks(&job, penalize_chunk);
    }
}

static bool adds_up(const neuron_step *step)
{
    return step->blocks.gradient_sum != NEURON_NO_BLOCK;
}

/* Sets where the gradients of the parameters go: into the flat array, or into `block`. */
static void lay_out_gradients(const gradient_route *route, bool flat, int32_t block,
                              float **gradients)
{
    const neuron_step *step = route->step;
    size_t used = 0;
    for (int32_t i = 0; i < step->node->spec.array_count; i++) {
        const neuron_graph_array *array = array_of(route, i);
        if (!neuron_node_trains(step->node, i))
            continue;
        if (flat)
            gradients[i] = route->flat + array->offset;
        else if (!neuron_step_sinks(step, i))
            gradients[i] = (float *)(void *)((char *)neuron_session_memory(route->session, block) +
                                             neuron_reserve(&used, array->count, sizeof(float)));
    }
}

static void place_gradients(gradient_route *route, neuron_step_call *call)
{
    neuron_step *step = route->step;
    bool flat = route->flat && (!adds_up(step) || step->begins_sum);
    bool sinks = !route->flat && !call->run.frozen;
    if (!call->run.frozen)
        lay_out_gradients(route, flat, step->blocks.parameter_gradients, call->gradients);
    step->fused.on_gradient = sinks && !adds_up(step) ? on_gradient : NULL;
    step->fused.sink = sinks ? route : NULL;
}

/* Parameters that one task gives to the sink: a few microseconds' work for an optimizer. */
enum { CHUNK = 16384 };

typedef struct delivery {
    const neuron_run *run;
    int32_t array;
    int64_t count;
} delivery;

static void deliver_chunk(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const delivery *all = work;
    int64_t first = task * CHUNK;
    on_gradient(all->run, all->array, all->run->gradients[all->array] + first, first,
                neuron_min_count(CHUNK, all->count - first));
}

/* Gives to the sink what the layer has not. */
static void deliver(const gradient_route *route, const neuron_run *run)
{
    for (int32_t i = 0; i < run->spec->array_count; i++) {
        if (!run->gradients[i])
            continue;
        delivery all = {run, i, array_of(route, i)->count};
        neuron_pool_run(run->pool, neuron_ceil_divide(all.count, CHUNK), deliver_chunk, &all);
    }
}

static void activate_back_chunk(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const element_job *job = work;
    int64_t first = task * CHUNK_VALUES;
    job->kernels->element->activate_back(job->op, job->to + first, job->from + first,
                                         neuron_min_count(CHUNK_VALUES, job->count - first),
                                         job->to + first);
}

/* Takes the gradient of a step's value through its own activation, in place. */
static void activate_back(const neuron_session *session, const neuron_step *step)
{
    const float *before = neuron_session_memory(session, step->blocks.before);
    element_job job = {
        .kernels = session->kernels,
        .pool = session->context->pool,
        .op = neuron_post_activation(&step->fused.post),
        .from = before ? before : neuron_session_memory(session, step->blocks.value),
        .to = neuron_session_memory(session, step->blocks.gradient),
        .count = session->last_batch * neuron_shape_count(&step->result->spec.output),
    };
    run_chunks(&job, activate_back_chunk);
}

static void add_chunk(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const element_job *job = work;
    int64_t first = task * CHUNK_VALUES;
    float *to = job->to + first;
    job->kernels->element->sum(to, job->from + first,
                               neuron_min_count(CHUNK_VALUES, job->count - first), to);
}

/* Adds what steps wrote aside because the value is used more than once. */
static void add_gradients(const neuron_session *session, const neuron_step *step)
{
    const neuron_spec *spec = &step->node->spec;
    for (int32_t i = 0; i < spec->input_count; i++) {
        const neuron_edge *edge = &session->edges[step->first_edge + i];
        element_job job = {
            .kernels = session->kernels,
            .pool = session->context->pool,
            .from = neuron_session_memory(session, edge->gradient),
            .to = neuron_session_memory(session, edge->sum),
            .count = session->last_batch * neuron_shape_count(&spec->inputs[i]),
        };
        if (edge->sum != NEURON_NO_BLOCK)
            run_chunks(&job, add_chunk);
    }
}

/* Adds the gradients of parameters to those of the other steps that work with them, if there are
 * any, and has the call's be the sum. */
static void sum_gradients(const gradient_route *route, neuron_step_call *call)
{
    const neuron_step *step = route->step;
    float *sums[NEURON_ARRAYS_MAX] = {NULL};
    if (call->run.frozen || !adds_up(step) || step->begins_sum)
        return;
    lay_out_gradients(route, route->flat, step->blocks.gradient_sum, sums);
    for (int32_t i = 0; i < step->node->spec.array_count; i++) {
        element_job job = {.kernels = route->session->kernels,
                           .pool = route->session->context->pool,
                           .from = call->gradients[i],
                           .to = sums[i],
                           .count = array_of(route, i)->count};
        if (job.to)
            run_chunks(&job, add_chunk);
        call->gradients[i] = sums[i];
    }
}

static void begin_backward(neuron_step_call *call, neuron_session *session, neuron_step *step)
{
    neuron_step_call_begin(call, session, step);
    call->run.output_gradient = neuron_session_memory(session, step->blocks.gradient);
    call->run.scratch = neuron_session_memory(session, step->blocks.backward_scratch);
}

/* The call of a consumer, whose backward is over, for the gradient that it deferred. */
typedef struct consumer_call {
    neuron_step_call call;
    const float *input;
} consumer_call;

static void begin_consumer(consumer_call *consumer, neuron_session *session, neuron_step *step)
{
    begin_backward(&consumer->call, session, step);
    consumer->input = session->inputs[0]; /* the array is needed for the step that asks */
    consumer->call.run.inputs = &consumer->input;
    consumer->call.run.input_gradients = NULL;
}

/* Whether a step goes back through its own activation now: parts that are joined have done so
 * before they were measured. */
static bool activates_back(const neuron_session *session, const neuron_step *step)
{
    return step->activation_alone && !session->parts;
}

static int step_back(gradient_route *route)
{
    neuron_session *session = route->session;
    neuron_step *step = route->step;
    neuron_step_call call;
    consumer_call consumer;
    if (step->consumer >= 0)
        begin_consumer(&consumer, session, &session->steps[step->consumer]);
    step->fused.consumer = step->consumer >= 0 ? &consumer.call.run : NULL;
    begin_backward(&call, session, step);
    for (int32_t i = 0; i < step->node->spec.input_count; i++)
        session->input_gradients[i] =
            neuron_session_memory(session, session->edges[step->first_edge + i].gradient);
    place_gradients(route, &call);
    if (activates_back(session, step))
        activate_back(session, step);
    int status = step->node->spec.layer->backward(&call.run);
    step->fused.consumer = NULL;
    RETURN_IF_ERROR(status);
    sum_gradients(route, &call);
    bool whole = !adds_up(step) || step->ends_sum;
    if (whole && !route->flat)
        deliver(route, &call.run);
    else if (whole && !session->training.probes)
        add_penalties(session, &call.run, step->node);
    add_gradients(session, step);
    return NEURON_OK;
}

/* Adds the gradients of outputs that have one value. */
static void join_outputs(const neuron_session *session)
{
    for (int32_t i = 0; i < session->graph->output_count; i++) {
        const neuron_output *output = &session->outputs[i];
        element_job job = {
            .kernels = session->kernels,
            .pool = session->context->pool,
            .from = neuron_session_memory(session, output->gradient),
            .to = neuron_session_memory(session, output->sum),
            .count = session->last_batch * neuron_shape_count(&output->node->spec.output),
        };
        if (output->sum != NEURON_NO_BLOCK)
            run_chunks(&job, add_chunk);
    }
}

/* Hands out the gradients that are wanted of the value of a step, or of inputs, -1: all who read it
 * have added theirs. */
static void hand_out(const neuron_session *session, int64_t producer)
{
    const neuron_session_training *training = &session->training;
    for (int32_t i = 0; i < training->wanted_count; i++) {
        const neuron_session_wanted *wanted = &training->wanted[i];
        int64_t count = session->last_batch * neuron_shape_count(&wanted->node->spec.output);
        if (wanted->gradient && wanted->producer == producer)
            memcpy(wanted->gradient, neuron_session_memory(session, wanted->block),
                   (size_t)count * sizeof *wanted->gradient);
    }
}

static int step_all_back(gradient_route *route)
{
    neuron_session *session = route->session;
    join_outputs(session);
    for (int64_t i = session->step_count - 1; i >= 0; i--) {
        route->step = &session->steps[i];
        hand_out(session, i);
        if (!route->step->backward)
            continue;
        RETURN_IF_ERROR(step_back(route));
    }
    hand_out(session, -1);
    return NEURON_OK;
}

int neuron_session_backward(neuron_session *session, float *gradients)
{
    gradient_route route = {.session = session, .flat = gradients};
    return step_all_back(&route);
}

int neuron_session_backward_to(neuron_session *session, const neuron_gradient_sink *sink)
{
    gradient_route route = {.session = session, .sink = sink};
    return step_all_back(&route);
}

/* ---- Parts of a batch ---- */

void neuron_session_begin_backward(neuron_session *session)
{
    join_outputs(session);
    session->at = session->step_count;
}

int neuron_session_backward_from(neuron_session *session, int64_t first,
                                 const neuron_gradient_sink *sink)
{
    gradient_route route = {.session = session, .sink = sink};
    for (; session->at > 0; session->at--) {
        route.step = &session->steps[session->at - 1];
        if (route.step->node->index < first)
            break;
        if (route.step->backward)
            RETURN_IF_ERROR(step_back(&route));
    }
    return NEURON_OK;
}

void neuron_session_measure_back(neuron_session *session, double *sums)
{
    neuron_step *step = &session->steps[session->at - 1];
    neuron_step_call call;
    begin_backward(&call, session, step);
    if (step->activation_alone)
        activate_back(session, step);
    step->node->spec.layer->measure_back(&call.run, sums);
}

int neuron_session_backward_joined(neuron_session *session, const neuron_batch_parts *parts,
                                   const neuron_gradient_sink *sink)
{
    gradient_route route = {
        .session = session, .step = &session->steps[--session->at], .sink = sink};
    session->parts = parts;
    int status = step_back(&route);
    session->parts = NULL;
    return status;
}

void neuron_session_add_penalties(const neuron_graph_t *graph, float *gradients)
{
    for (int32_t i = 0; i < graph->array_count; i++) {
        const neuron_graph_array *array = &graph->arrays[i];
        const neuron_node_t *node = array->node;
        int32_t place = (int32_t)(i - node->first_array);
        element_job job = {
            .kernels = graph->context->kernels,
            .pool = graph->context->pool,
            .choice = &node->choices[place],
            .from = graph->values + array->offset,
            .to = gradients + array->offset,
            .count = array->count,
        };
        if (neuron_node_trains(node, place) && neuron_choice_penalizes(job.choice))
            run_chunks(&job, penalize_chunk);
    }
}
