/* A queue of sums: see sum-queue.h. One mutex guards how many were asked for and how many are made;
 * all else stays as it is between two waits. */
#include "train/parallel/sum-queue.h"

#include "base/float-mode.h"

#include <pthread.h>
#include <unistd.h>

struct neuron_sum_queue {
    neuron_context_t *context;
    const neuron_ordered_sum *sum;
    float *const *blocks;
    neuron_sum_range *ranges;
    pid_t process; /* whose thread it is: a child of fork() has none */
    pthread_t thread;
    neuron_float_host host; /* of who trains */
    pthread_mutex_t mutex;
    pthread_cond_t changed;

    /* Under the mutex: */
    int64_t asked, made; /* since the last wait */
    bool ending;
};

static void *thread_main(void *argument)
{
    neuron_sum_queue *q = argument;
    COMPUTE_SCOPE;
    neuron_float_take_host(&q->host);
    pthread_mutex_lock(&q->mutex);
    while (!q->ending) {
        if (q->made == q->asked) {
            pthread_cond_wait(&q->changed, &q->mutex);
            continue;
        }
        neuron_sum_range range = q->ranges[q->made];
        pthread_mutex_unlock(&q->mutex);
        neuron_ordered_sum_run(q->sum, q->blocks, range.first, range.count);
        pthread_mutex_lock(&q->mutex);
        q->made++;
        pthread_cond_broadcast(&q->changed);
    }
    pthread_mutex_unlock(&q->mutex);
    return NULL;
}

static bool start_thread(neuron_sum_queue *q)
{
    pthread_mutex_init(&q->mutex, NULL);
    pthread_cond_init(&q->changed, NULL);
    q->process = getpid();
    neuron_float_copy_host(&q->host);
    if (neuron_pool_start_thread(q->context->pool, &q->thread, thread_main, q) == 0)
        return true;
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->mutex);
    q->process = 0;
    neuron_log(q->context, NEURON_LOG_WARNING, "threads",
               "trainer: no thread for sums over ranks could be started, they are made without");
    return false;
}

bool neuron_sum_queue_works(const neuron_sum_queue *q)
{
    return q && q->process != 0 && q->process == getpid();
}

static void stop_thread(neuron_sum_queue *q)
{
    pthread_mutex_lock(&q->mutex);
    q->ending = true;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->mutex);
    pthread_join(q->thread, NULL);
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->mutex);
}

void neuron_sum_queue_destroy(neuron_sum_queue *q)
{
    int cancelling;
    if (!q)
        return;
    /* Waiting for a thread would let the caller's be cancelled in the middle. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling);
    if (neuron_sum_queue_works(q))
        stop_thread(q);
    pthread_setcancelstate(cancelling, NULL);
    neuron_release(q->context, q->ranges);
    neuron_release(q->context, q);
}

int neuron_sum_queue_create(neuron_sum_queue **queue, neuron_context_t *context,
                            const neuron_ordered_sum *sum, float *const *blocks, int64_t capacity)
{
    neuron_sum_queue *q = neuron_allocate_zero(context, 1, sizeof *q);
    if (!q)
        return NEURON_E_MEMORY;
    q->context = context;
    q->sum = sum;
    q->blocks = blocks;
    q->ranges = neuron_allocate(context, neuron_size(capacity), sizeof *q->ranges);
    if (!q->ranges) {
        neuron_sum_queue_destroy(q);
        return NEURON_E_MEMORY;
    }
    if (start_thread(q))
        *queue = q;
    else
        neuron_sum_queue_destroy(q);
    return NEURON_OK;
}

void neuron_sum_queue_add(neuron_sum_queue *q, neuron_sum_range range)
{
    int cancelling;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling); /* with the mutex */
    pthread_mutex_lock(&q->mutex);
    q->ranges[q->asked++] = range;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->mutex);
    pthread_setcancelstate(cancelling, NULL);
}

void neuron_sum_queue_wait(neuron_sum_queue *q)
{
    int cancelling;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling);
    pthread_mutex_lock(&q->mutex);
    while (q->made < q->asked)
        pthread_cond_wait(&q->changed, &q->mutex);
    q->made = q->asked = 0;
    pthread_mutex_unlock(&q->mutex);
    pthread_setcancelstate(cancelling, NULL);
}
