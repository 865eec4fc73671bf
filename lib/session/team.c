/* Chunks of examples, each in one thread: see team.h. */
#include "session/team.h"

#include "base/checked.h"

#include <string.h>

/* Bytes of values that a second cache holds beside weights, and chunks that keep the threads of
 * most machines busy. */
enum { CACHE_BYTES = 1 << 20, CHUNKS_MIN = 16 };

/* Bytes of parameters, or of what is made of them, that a chunk reads. */
static double weight_bytes(const neuron_session *session)
{
    double bytes = 0;
    for (int32_t i = 0; i < session->step_count; i++) {
        const neuron_step *step = &session->steps[i];
        if (step->blocks.prepared != NEURON_NO_BLOCK) {
            bytes += (double)session->blocks[step->blocks.prepared].bytes;
            continue;
        }
        for (int32_t j = 0; j < step->node->spec.array_count; j++)
            bytes += (double)neuron_shape_count(&step->node->spec.arrays[j].shape) * sizeof(float);
    }
    return bytes;
}

static double node_bytes(const neuron_node_t *node)
{
    return (double)neuron_shape_count(&node->spec.output) * sizeof(float);
}

/* Bytes of values that the steps write for one example, and the most that one of them reads and
 * writes. Scratch does not count: it depends on the number of threads. */
static double value_bytes(const neuron_session *session, double *most)
{
    double sum = 0;
    *most = 0;
    for (int32_t i = 0; i < session->step_count; i++) {
        const neuron_step *step = &session->steps[i];
        double touched = node_bytes(step->result);
        sum += touched;
        for (int32_t j = 0; j < step->node->spec.input_count; j++)
            touched += node_bytes(step->node->inputs[j]);
        *most = touched > *most ? touched : *most;
    }
    return sum;
}

/* Examples of a chunk: a power of two of them, as many as fit the cache. 0 to leave the batch in
 * one: because it fits, because there would be few chunks, or because reading the weights for each
 * would take as long as writing and reading the values of a whole batch. */
static int64_t chunk_of(const neuron_session *session)
{
    double example, values = value_bytes(session, &example), weights = weight_bytes(session);
    int64_t chunk = 1;
    if (neuron_graph_may_fail(session->graph) || example * (double)session->batch <= CACHE_BYTES)
        return 0;
    while (2 * (double)chunk * example <= CACHE_BYTES)
        chunk *= 2;
    bool reads_more = weights > CACHE_BYTES / 2.0 && weights > (double)chunk * values;
    return reads_more || session->batch / chunk < CHUNKS_MIN ? 0 : chunk;
}

static size_t batch_bytes(const neuron_session *session, const neuron_node_t *node)
{
    return neuron_size(neuron_shape_count(&node->spec.output)) *
           neuron_size_of(session->batch, sizeof(float));
}

/* Leaves a session nothing but room for its inputs and outputs. */
static int keep_ends(neuron_session *session)
{
    const neuron_graph_t *graph = session->graph;
    int64_t inputs = graph->input_count, count = inputs + graph->output_count;
    neuron_session_clear(session);
    session->blocks =
        neuron_allocate(session->context, neuron_size(count), sizeof *session->blocks);
    if (!session->blocks)
        return NEURON_E_MEMORY;
    session->block_count = count;
    for (int32_t i = 0; i < count; i++) {
        const neuron_node_t *node = i < inputs ? graph->inputs[i] : graph->outputs[i - inputs];
        session->blocks[i] = (neuron_block){.bytes = batch_bytes(session, node)};
        *(i < inputs ? &session->input_blocks[i] : &session->outputs[i - inputs].value) = i;
    }
    return neuron_plan(session->context, session->blocks, count, &session->arena_bytes,
                       &session->kept_bytes);
}

static int add_members(neuron_session *session, int64_t chunk)
{
    neuron_context_t *context = session->context;
    int64_t chunks = neuron_ceil_divide(session->batch, chunk);
    int64_t count = neuron_min_count(session->threads, chunks);
    session->team_pool = neuron_pool_create(context, 1);
    if (!session->team_pool)
        return NEURON_E_MEMORY;
    session->members = neuron_allocate_zero(context, neuron_size(count), sizeof *session->members);
    if (!session->members)
        return NEURON_E_MEMORY;
    for (; session->member_count < count; session->member_count++)
        RETURN_IF_ERROR(neuron_session_plan_member(&session->members[session->member_count],
                                                   session->graph, session->team_pool, chunk));
    return NEURON_OK;
}

int neuron_team_form(neuron_session *session)
{
    int64_t chunk = chunk_of(session);
    if (chunk == 0)
        return NEURON_OK;
    RETURN_IF_ERROR(keep_ends(session));
    return add_members(session, chunk);
}

int neuron_team_allocate(neuron_session *session)
{
    for (int32_t i = 0; i < session->member_count; i++) {
        neuron_session *member = session->members[i];
        if (i > 0)
            member->kept = session->members[0]->kept;
        RETURN_IF_ERROR(neuron_session_allocate(member));
    }
    return NEURON_OK;
}

size_t neuron_team_bytes(const neuron_session *session)
{
    if (!session->members)
        return 0;
    const neuron_session *leader = session->members[0];
    size_t arenas = neuron_size_of(session->member_count, leader->arena_bytes), all;
    return neuron_add_size(arenas, leader->kept_bytes, &all) ? all : SIZE_MAX;
}

void neuron_team_dissolve(neuron_session *session)
{
    for (int32_t i = 0; i < session->member_count; i++)
        neuron_session_destroy(session->members[i]);
    neuron_pool_destroy(session->team_pool);
    session->team_pool = NULL;
    neuron_release(session->context, session->members);
    session->members = NULL;
    session->member_count = 0;
}

typedef struct team_job {
    neuron_session *session;
    int64_t batch;
} team_job;

/* A member that no other thread is at work with, best the one of the worker's last chunk: there are
 * as many as threads that can be at work. */
static neuron_session *take_member(const neuron_session *session, int32_t worker)
{
    for (int32_t i = worker;; i++) {
        neuron_session *member = session->members[i % session->member_count];
        if (!atomic_exchange_explicit(&member->busy, true, memory_order_acquire))
            return member;
    }
}

/* Has a member read its examples where they are. */
static void lend_inputs(const neuron_session *session, neuron_session *member, int64_t first)
{
    const neuron_graph_t *graph = session->graph;
    for (int32_t i = 0; i < graph->input_count; i++)
        member->borrowed[i] = neuron_session_value(session, session->input_blocks[i]) +
                              first * neuron_shape_count(&graph->inputs[i]->spec.output);
}

static void take_outputs(const neuron_session *session, const neuron_session *member, int64_t first,
                         int64_t count)
{
    const neuron_graph_t *graph = session->graph;
    for (int32_t i = 0; i < graph->output_count; i++) {
        int64_t size = neuron_shape_count(&graph->outputs[i]->spec.output);
        float *to = neuron_session_memory(session, session->outputs[i].value);
        memcpy(to + first * size, neuron_session_output(member, i),
               (size_t)(count * size) * sizeof *to);
    }
}

static void run_chunk(void *work, int64_t task, int32_t worker)
{
    const team_job *job = work;
    neuron_session *member = take_member(job->session, worker);
    int64_t first = task * member->batch;
    int64_t count = neuron_min_count(member->batch, job->batch - first);
    lend_inputs(job->session, member, first);
    (void)neuron_session_forward(member, neuron_session_lent(member), count, 0, 0);
    take_outputs(job->session, member, first, count);
    atomic_store_explicit(&member->busy, false, memory_order_release);
}

void neuron_team_forward(neuron_session *session, int64_t batch)
{
    team_job job = {session, batch};
    neuron_session *leader = session->members[0];
    neuron_session_prepare(leader);
    neuron_pool_run(session->context->pool, neuron_ceil_divide(batch, leader->batch), run_chunk,
                    &job);
}
