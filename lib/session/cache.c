/* Idle prediction sessions, kept so that a second prediction allocates nothing. */
#include "session/steps.h"

#include <pthread.h>

typedef struct session_cache {
    neuron_attachment attachment;
    neuron_context_t *context;
    pthread_mutex_t mutex;
    neuron_session *idle;
} session_cache;

static void release_cache(neuron_attachment *attachment)
{
    session_cache *cache = (session_cache *)attachment;
    while (cache->idle) {
        neuron_session *session = cache->idle;
        cache->idle = session->next;
        neuron_session_destroy(session);
    }
    pthread_mutex_destroy(&cache->mutex);
    neuron_release(cache->context, cache);
}

static neuron_attachment *create_cache(neuron_context_t *context)
{
    session_cache *cache = neuron_allocate_zero(context, 1, sizeof *cache);
    if (!cache)
        return NULL;
    cache->attachment.release = release_cache;
    cache->context = context;
    pthread_mutex_init(&cache->mutex, NULL);
    return &cache->attachment;
}

/* The cache of a graph, made by the first thread that predicts: all else about the graph stays as
 * it is. NULL if there is no memory for it. */
static session_cache *cache_of(const neuron_graph_t *graph)
{
    _Atomic(neuron_attachment *) *place = &((neuron_graph_t *)graph)->sessions;
    neuron_attachment *cache = atomic_load(place);
    if (!cache) {
        neuron_attachment *made = create_cache(graph->context);
        if (made && !atomic_compare_exchange_strong(place, &cache, made))
            release_cache(made); /* another thread was first */
        else
            cache = made;
    }
    return (session_cache *)cache;
}

/* A power of two, so that a graph asked for many sizes keeps few sessions. */
int64_t neuron_session_cache_batch(int64_t batch)
{
    int64_t size = 1;
    while (size < batch && size < NEURON_PREDICT_BATCH)
        size *= 2;
    return size;
}

/* Sessions that were compiled for other options. */
static void drop_old(session_cache *cache)
{
    neuron_session **place = &cache->idle;
    while (*place) {
        neuron_session *session = *place;
        if (neuron_session_current(session)) {
            place = &session->next;
            continue;
        }
        *place = session->next;
        neuron_session_destroy(session);
    }
}

int neuron_session_take(neuron_session **session, const neuron_graph_t *graph, int64_t batch)
{
    session_cache *cache = cache_of(graph);
    if (!cache)
        return NEURON_E_MEMORY;
    int64_t size = neuron_session_cache_batch(batch);
    int64_t threads = neuron_context_threads(graph->context);
    pthread_mutex_lock(&cache->mutex);
    drop_old(cache);
    neuron_session **place = &cache->idle;
    while (*place && ((*place)->batch != size || (*place)->threads < threads))
        place = &(*place)->next;
    *session = *place;
    if (*session)
        *place = (*session)->next;
    pthread_mutex_unlock(&cache->mutex);
    if (*session)
        return NEURON_OK;
    return neuron_session_create_prediction(session, graph, size);
}

void neuron_session_give(neuron_session *session)
{
    session_cache *cache = cache_of(session->graph); /* it is there: the session was taken */
    neuron_session_borrow(session, NULL);
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
