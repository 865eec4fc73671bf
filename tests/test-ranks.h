/* Ranks as threads of the test: each has a context and a communicator of its own, and bytes go from
 * one to another through memory. A rank may die at any exchange: all that are left notice. */
#ifndef TEST_RANKS_H
#define TEST_RANKS_H

#include "test-common.h"

#include <pthread.h>

enum { TEST_RANKS_MOST = 16 };

/* What a rank has for another one. */
typedef struct test_channel {
    const void *bytes;
    size_t size;
    bool full;
} test_channel;

struct test_rank;

typedef struct test_ranks {
    int32_t size;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    test_channel channels[TEST_RANKS_MOST][TEST_RANKS_MOST];
    bool gone[TEST_RANKS_MOST];
    void (*work)(struct test_rank *rank);
    void *user_data;
    neuron_context_t *contexts[TEST_RANKS_MOST]; /* NULL for one of its own */
    int32_t threads;                             /* of each context */
    int32_t dying; /* the rank that dies at its exchange number `dies_at`, from 0; -1 for none */
    long dies_at;
    atomic_long sent;      /* bytes of all */
    atomic_long exchanges; /* of rank 0 */
} test_ranks;

typedef struct test_rank {
    test_ranks *all;
    int32_t rank;
    long exchanges;
    neuron_context_t *context;
    neuron_communicator_t *communicator;
    void *user_data;
} test_rank;

static inline int test_exchange(void *received, size_t received_size, int32_t peer,
                                const void *sent, size_t sent_size, void *user_data)
{
    test_rank *own = user_data;
    test_ranks *all = own->all;
    test_channel *to = &all->channels[own->rank][peer], *from = &all->channels[peer][own->rank];
    atomic_fetch_add(&all->sent, (long)sent_size);
    pthread_mutex_lock(&all->mutex);
    if (own->rank == all->dying && own->exchanges >= all->dies_at)
        all->gone[own->rank] = true;
    own->exchanges++;
    bool lost = all->gone[own->rank] || all->gone[peer];
    if (sent_size > 0 && !lost)
        *to = (test_channel){sent, sent_size, true};
    pthread_cond_broadcast(&all->changed);
    while (received_size > 0 && !lost && !from->full) {
        lost = all->gone[peer];
        if (!lost)
            pthread_cond_wait(&all->changed, &all->mutex);
    }
    if (received_size > 0 && !lost) {
        ck_assert_uint_eq(from->size, received_size);
        memcpy(received, from->bytes, received_size);
        from->full = false;
        pthread_cond_broadcast(&all->changed);
    }
    while (sent_size > 0 && !lost && to->full) {
        lost = all->gone[peer];
        if (!lost)
            pthread_cond_wait(&all->changed, &all->mutex);
    }
    pthread_mutex_unlock(&all->mutex);
    return lost ? NEURON_E_IO : 0;
}

/* Whether the peer sends, or is gone. */
static inline int test_ready(int32_t peer, void *user_data)
{
    test_rank *own = user_data;
    test_ranks *all = own->all;
    pthread_mutex_lock(&all->mutex);
    bool ready = all->gone[peer] || all->channels[peer][own->rank].full;
    pthread_mutex_unlock(&all->mutex);
    return ready;
}

/* The rank dies here: its exchanges fail from now on, and those with it. */
static inline void test_die(test_rank *own)
{
    pthread_mutex_lock(&own->all->mutex);
    own->all->gone[own->rank] = true;
    pthread_cond_broadcast(&own->all->changed);
    pthread_mutex_unlock(&own->all->mutex);
}

static inline void *test_rank_main(void *argument)
{
    test_rank *own = argument;
    test_ranks *all = own->all;
    if (!own->context)
        assert_ok(neuron_context_create(&own->context, "seed=1"));
    assert_ok(neuron_context_set_number(own->context, "threads", all->threads));
    assert_ok(neuron_communicator_create(&own->communicator, own->context, own->rank, all->size,
                                         test_exchange, own, NULL));
    assert_ok(neuron_communicator_set_ready(own->communicator, test_ready));
    all->work(own);
    pthread_mutex_lock(&all->mutex);
    all->gone[own->rank] = true; /* what it had to send was taken */
    if (own->rank == 0)
        atomic_store(&all->exchanges, own->exchanges);
    pthread_cond_broadcast(&all->changed);
    pthread_mutex_unlock(&all->mutex);
    neuron_communicator_unref(own->communicator);
    neuron_context_unref(own->context);
    return NULL;
}

/* Has each rank do the work. What is not set of `all` is 0. */
static inline void test_run_ranks(test_ranks *all)
{
    pthread_t threads[TEST_RANKS_MOST];
    test_rank ranks[TEST_RANKS_MOST];
    ck_assert_int_le(all->size, TEST_RANKS_MOST);
    pthread_mutex_init(&all->mutex, NULL);
    pthread_cond_init(&all->changed, NULL);
    all->threads = all->threads > 0 ? all->threads : 1;
    for (int32_t i = 0; i < all->size; i++) {
        ranks[i] = (test_rank){.all = all,
                               .rank = i,
                               .context = neuron_context_ref(all->contexts[i]),
                               .user_data = all->user_data};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, test_rank_main, &ranks[i]), 0);
    }
    for (int32_t i = 0; i < all->size; i++)
        pthread_join(threads[i], NULL);
    pthread_cond_destroy(&all->changed);
    pthread_mutex_destroy(&all->mutex);
}

#endif
