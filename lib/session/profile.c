/* The time that each layer takes: predictions of which every step's begin is noted. */
#include <libneuron/summary.h>

#include "base/checked.h"
#include "base/clock.h"
#include "base/float-mode.h"
#include "session/session.h"

#include <math.h>

typedef struct profile {
    double *least;             /* of each node, over the repeats */
    const neuron_node_t *node; /* whose step runs; NULL before the first one */
    double begin;              /* of that step */
} profile;

static void end_step(profile *work, double now)
{
    if (work->node)
        work->least[work->node->index] = fmin(work->least[work->node->index], now - work->begin);
}

static int observe(void *user_data, const neuron_node_t *node, const float *input, int64_t batch)
{
    profile *work = user_data;
    (void)input;
    (void)batch;
    end_step(work, neuron_clock_seconds());
    work->node = node;
    work->begin = neuron_clock_seconds();
    return NEURON_OK;
}

/* Examples that are all the same, as no kernel looks at what it multiplies; anew for each forward,
 * whose later layers write over them. */
static void fill_inputs(neuron_session *session, const neuron_graph_t *graph, int64_t batch)
{
    for (int32_t i = 0; i < graph->input_count; i++) {
        float *input = neuron_session_input(session, i);
        int64_t count = neuron_shape_count(&graph->inputs[i]->spec.output) * batch;
        for (int64_t k = 0; k < count; k++)
            input[k] = 0.5f;
    }
}

static int predict(neuron_session *session, const neuron_graph_t *graph, profile *work,
                   int64_t batch)
{
    work->node = NULL;
    fill_inputs(session, graph, batch);
    RETURN_IF_ERROR(neuron_session_forward(session, NULL, batch, 0, 0));
    end_step(work, neuron_clock_seconds());
    return NEURON_OK;
}

static int repeat(neuron_session *session, const neuron_graph_t *graph, profile *work,
                  int64_t batch, int64_t repeats)
{
    const neuron_session_observer observer = {observe, work};
    RETURN_IF_ERROR(predict(session, graph, work, batch));
    neuron_session_observe(session, &observer);
    for (int64_t i = 0; i < repeats; i++)
        RETURN_IF_ERROR(predict(session, graph, work, batch));
    return NEURON_OK;
}

static void destroy(void *owner, void *session)
{
    (void)owner;
    neuron_session_destroy(session);
}

int neuron_graph_profile(double *seconds, size_t capacity, size_t *needed,
                         const neuron_graph_t *graph, int64_t batch, int64_t repeats)
{
    COMPUTE_SCOPE;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ROOM(seconds, capacity);
    CHECK_RANGE(batch, 1, INT32_MAX);
    CHECK_RANGE(repeats, 1, 1000000);
    if (needed)
        *needed = (size_t)graph->node_count;
    if (!seconds)
        return NEURON_OK;
    if (capacity < (size_t)graph->node_count)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: capacity is %zu; it must be %zu or more",
                           __func__, capacity, (size_t)graph->node_count);
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, graph, graph);
    neuron_session *session;
    RETURN_IF_ERROR(neuron_session_create(&session, graph, NEURON_SESSION_PREDICT, batch));
    neuron_hold_add(&hold, destroy, NULL, session);
    profile work = {.least = seconds};
    for (int32_t i = 0; i < graph->node_count; i++)
        seconds[i] = INFINITY;
    int status = repeat(session, graph, &work, batch, repeats);
    for (int32_t i = 0; i < graph->node_count; i++)
        if (status < 0 || isinf(seconds[i]))
            seconds[i] = 0;
    return status;
}
