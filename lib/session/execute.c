/* Runs the steps of a session forward; backward.c runs them back. */
#include "session/step-call.h"
#include "session/team.h"

/* What the layers done in a step's pass make of their parameters. */
static void prepare_post(const neuron_session *session, const neuron_step *step)
{
    const neuron_graph_t *graph = session->graph;
    int64_t panels = neuron_step_panels(step);
    float *next = neuron_session_memory(session, step->blocks.post_arrays);
    for (int32_t i = 0; next && i < step->fused.post.count; i++) {
        const neuron_node_t *node = step->post_nodes[i];
        if (!node || node->spec.layer->post_arrays == 0)
            continue;
        const float *values[NEURON_ARRAYS_MAX];
        float *arrays[NEURON_POST_ARRAYS_MAX];
        for (int32_t j = 0; j < node->spec.array_count; j++)
            values[j] = graph->values + graph->arrays[node->first_array + j].offset;
        for (int32_t j = 0; j < node->spec.layer->post_arrays; j++, next += panels)
            arrays[j] = next;
        node->spec.layer->set_post_arrays(&node->spec, values, arrays);
    }
}

/* Makes of the parameters what forward works with. */
static void prepare(neuron_session *session, neuron_step *step)
{
    prepare_post(session, step);
    if (!step->node->spec.layer->prepare || step->takes_prepared)
        return;
    neuron_step_call call;
    neuron_step_call_begin(&call, session, step);
    step->node->spec.layer->prepare(&call.run);
}

void neuron_session_prepare(neuron_session *session)
{
    uint64_t version = atomic_load(&session->graph->version);
    if (session->version == version)
        return;
    for (int32_t i = 0; i < session->step_count; i++)
        prepare(session, &session->steps[i]);
    session->version = version;
}

static int run_step(neuron_session *session, neuron_step *step)
{
    if (session->purpose != NEURON_SESSION_PREDICT)
        prepare(session, step);
    neuron_step_call call;
    neuron_step_call_begin(&call, session, step);
    const neuron_session_observer *observer = session->observer;
    if (observer)
        RETURN_IF_ERROR(observer->observe(observer->user_data, step->node, call.run.inputs[0],
                                          session->last_batch));
    return step->node->spec.layer->forward(&call.run);
}

void neuron_session_begin(neuron_session *session, const float *const *inputs, int64_t batch,
                          uint64_t seed, uint64_t step)
{
    neuron_session_borrow(session, inputs);
    session->last_batch = batch;
    session->last_random = (neuron_random){.seed = seed, .use = NEURON_RANDOM_DROPOUT};
    session->last_step = step;
    session->at = 0;
}

int neuron_session_forward(neuron_session *session, const float *const *inputs, int64_t batch,
                           uint64_t seed, uint64_t step)
{
    neuron_session_begin(session, inputs, batch, seed, step);
    if (session->members) {
        neuron_team_forward(session, batch);
        return NEURON_OK;
    }
    if (session->purpose == NEURON_SESSION_PREDICT && !session->is_member)
        neuron_session_prepare(session);
    for (int32_t i = 0; i < session->step_count; i++)
        RETURN_IF_ERROR(run_step(session, &session->steps[i]));
    return NEURON_OK;
}

/* ---- Parts of a batch ---- */

int neuron_session_forward_to(neuron_session *session, int64_t end)
{
    for (; session->at < session->step_count; session->at++) {
        neuron_step *step = &session->steps[session->at];
        if (step->node->index >= end)
            break;
        RETURN_IF_ERROR(run_step(session, step));
    }
    return NEURON_OK;
}

void neuron_session_measure(neuron_session *session, double *sums)
{
    neuron_step *step = &session->steps[session->at];
    neuron_step_call call;
    neuron_step_call_begin(&call, session, step);
    step->node->spec.layer->measure(&call.run, sums);
}

int neuron_session_forward_joined(neuron_session *session, const neuron_batch_parts *parts)
{
    session->parts = parts;
    int status = run_step(session, &session->steps[session->at++]);
    session->parts = NULL;
    return status;
}

int neuron_session_move(neuron_session *session, int64_t node, const neuron_batch_parts *parts)
{
    session->at = 0;
    while (session->steps[session->at].node->index != node)
        session->at++;
    session->last_batch = 0;
    return neuron_session_forward_joined(session, parts);
}
