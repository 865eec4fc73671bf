/* What a graph's sessions need, told without making their memory. */
#include <libneuron/summary.h>

#include "session/memory.h"
#include "session/session.h"

#include <inttypes.h>

enum { TRAINING = 1 };

static const neuron_option rows[] = {
    NEURON_FLAG(TRAINING, "training", 0, "yes for what a trainer's steps need"),
};

const neuron_option_table neuron_memory_options = NEURON_OPTION_TABLE(rows);

/* Of the largest number, half: figures of memory are added up. */
static const uint64_t bytes_max = INT64_MAX / 2;

/* The gradients of a graph whose steps may fail are kept until all are there: see
 * train/two-phase.h. */
static uint64_t kept_bytes(const neuron_graph_t *graph, neuron_session_purpose purpose)
{
    if (purpose == NEURON_SESSION_PREDICT || !neuron_graph_may_fail(graph))
        return 0;
    return (uint64_t)graph->trainable_count * sizeof(float);
}

static int count_bytes(const neuron_graph_t *graph, neuron_session_purpose purpose, int64_t batch,
                       int64_t *bytes)
{
    neuron_session *session;
    RETURN_IF_ERROR(purpose == NEURON_SESSION_PREDICT
                        ? neuron_session_plan_prediction(&session, graph, batch)
                        : neuron_session_plan(&session, graph, purpose, batch));
    uint64_t count = neuron_session_bytes(session);
    neuron_session_destroy(session);
    uint64_t kept = kept_bytes(graph, purpose);
    if (count > bytes_max - kept)
        return neuron_fail(NEURON_E_MEMORY, "the values of a batch need too much memory");
    *bytes = (int64_t)(count + kept);
    return NEURON_OK;
}

int neuron_graph_memory(int64_t *bytes, const neuron_graph_t *graph, int64_t batch,
                        const char *options)
{
    CHECK_ARGUMENT(bytes);
    *bytes = 0;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, graph, graph);
    RETURN_IF_ERROR(neuron_check_range(batch, 1, INT32_MAX, "batch", graph->name));
    neuron_options settings;
    neuron_options_reset(&settings, &neuron_memory_options);
    RETURN_IF_ERROR(neuron_options_parse(&settings, options, "memory"));
    if (neuron_options_value(&settings, TRAINING) == 0)
        return count_bytes(graph, NEURON_SESSION_PREDICT, neuron_session_cache_batch(batch), bytes);
    RETURN_IF_ERROR(neuron_graph_check_trainable(graph, __func__));
    return count_bytes(graph, NEURON_SESSION_TRAIN, batch, bytes);
}
