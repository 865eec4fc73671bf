/* Idle prediction sessions, kept so that a second prediction allocates nothing. */
#include "graph/steps.h"

#include <pthread.h>

struct neuron_session_cache {
    neuron_context_t *context;
    pthread_mutex_t mutex;
    neuron_session *idle;
};

neuron_session_cache *neuron_session_cache_create(neuron_context_t *context)
{
    neuron_session_cache *cache = neuron_allocate_zero(context, 1, sizeof *cache);
    if (!cache)
        return NULL;
    cache->context = context;
    pthread_mutex_init(&cache->mutex, NULL);
    return cache;
}

void neuron_session_cache_destroy(neuron_session_cache *cache)
{
    if (!cache)
        return;
    while (cache->idle) {
        neuron_session *session = cache->idle;
        cache->idle = session->next;
        neuron_session_destroy(session);
    }
    pthread_mutex_destroy(&cache->mutex);
    neuron_release(cache->context, cache);
}

/* A power of two, so that a graph asked for many sizes keeps few sessions. */
int64_t neuron_session_cache_batch(int64_t batch)
{
    int64_t size = 1;
    while (size < batch && size < NEURON_PREDICT_BATCH)
        size *= 2;
    return size;
}

int neuron_session_take(neuron_session **session, const neuron_graph_t *graph, int64_t batch)
{
    neuron_session_cache *cache = graph->sessions;
    int64_t size = neuron_session_cache_batch(batch);
    int32_t threads = neuron_context_threads(graph->context);
    pthread_mutex_lock(&cache->mutex);
    neuron_session **place = &cache->idle;
    while (*place && ((*place)->batch != size || (*place)->threads < threads))
        place = &(*place)->next;
    *session = *place;
    if (*session)
        *place = (*session)->next;
    pthread_mutex_unlock(&cache->mutex);
    if (*session)
        return NEURON_OK;
    return neuron_session_create(session, graph, NEURON_SESSION_PREDICT, size);
}

void neuron_session_give(neuron_session *session)
{
    neuron_session_cache *cache = session->graph->sessions;
    session->borrowed_input = NULL;
    pthread_mutex_lock(&cache->mutex);
    session->next = cache->idle;
    cache->idle = session;
    pthread_mutex_unlock(&cache->mutex);
}

void neuron_session_end_hold(void *owner, void *session)
{
    (void)owner;
    neuron_session_give(session);
}
