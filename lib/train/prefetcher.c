/* A prefetcher: one thread makes what is asked for, one request at a time, under a mutex that
 * guards what was asked and what was made. The thread may end in a function of the caller's, and a
 * child of fork() has no thread at all; neither may leave the run waiting. */
#include "train/prefetcher.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "data/stream.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct neuron_prefetcher {
    neuron_context_t *context;
    neuron_batch_maker maker;
    neuron_pool *pool; /* its threads help the prefetcher's own */
    float **inputs;    /* of the batch that is made ahead */
    pid_t process;     /* whose threads they are: a child of fork() has none of them */
    pthread_t thread;
    neuron_float_host host; /* of who runs the trainer */
    pthread_mutex_t mutex;
    pthread_cond_t changed;

    /* Under the mutex: */
    neuron_batch_request wanted;
    bool made, ending;
    int status; /* of what was made, and the message that goes with it */
    char message[NEURON_MESSAGE_SIZE];
};

/* The thread ends in a function of the caller's. */
static void report_end(void *owner, void *object)
{
    (void)owner;
    neuron_prefetcher *p = object;
    pthread_mutex_lock(&p->mutex);
    p->status = NEURON_E_CALLBACK;
    snprintf(p->message, sizeof p->message,
             "trainer: the callback of the stream ended the thread that called it");
    p->made = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
}

static void *worker_main(void *argument)
{
    neuron_prefetcher *p = argument;
    COMPUTE_SCOPE;
    neuron_stream_end_in_reads();
    neuron_float_take_host(&p->host);
    NEURON_HOLD(hold);
    neuron_hold_add(&hold, report_end, NULL, p);
    pthread_mutex_lock(&p->mutex);
    while (!p->ending) {
        if (!p->wanted.positions || p->made) {
            pthread_cond_wait(&p->changed, &p->mutex);
            continue;
        }
        const neuron_batch_request asked = p->wanted;
        pthread_mutex_unlock(&p->mutex);
        int status = p->maker.make(p->maker.source, p->pool, &asked, p->inputs);
        pthread_mutex_lock(&p->mutex);
        p->status = status;
        if (status < 0)
            memcpy(p->message, neuron_error_last(), sizeof p->message);
        p->made = true;
        pthread_cond_broadcast(&p->changed);
    }
    pthread_mutex_unlock(&p->mutex);
    neuron_hold_forget(&hold);
    return NULL;
}

/* Without a thread there is nothing but a warning. */
static bool start_thread(neuron_prefetcher *p)
{
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->changed, NULL);
    p->process = getpid();
    neuron_float_copy_host(&p->host);
    if (neuron_pool_start_thread(p->pool, &p->thread, worker_main, p) == 0)
        return true;
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->mutex);
    p->process = 0;
    neuron_log(p->context, NEURON_LOG_WARNING, "threads",
               "trainer: no worker could be started, the work goes on without");
    return false;
}

static void stop_thread(neuron_prefetcher *p)
{
    pthread_mutex_lock(&p->mutex);
    p->ending = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
    pthread_join(p->thread, NULL);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->mutex);
}

bool neuron_prefetcher_works(const neuron_prefetcher *p)
{
    return p && p->process != 0 && p->process == getpid();
}

void neuron_prefetcher_destroy(neuron_prefetcher *p)
{
    int cancelling;
    if (!p)
        return;
    /* Waiting for a thread would let the caller's be cancelled in the middle. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling);
    if (neuron_prefetcher_works(p))
        stop_thread(p);
    neuron_pool_destroy(p->pool);
    pthread_setcancelstate(cancelling, NULL);
    for (int32_t i = 0; p->inputs && i < p->maker.input_count; i++)
        neuron_release(p->context, p->inputs[i]);
    neuron_release(p->context, p->inputs);
    neuron_release(p->context, p);
}

static bool allocate_inputs(neuron_prefetcher *p, int64_t capacity)
{
    p->inputs =
        neuron_allocate_zero(p->context, neuron_size(p->maker.input_count), sizeof *p->inputs);
    bool complete = p->inputs;
    for (int32_t i = 0; complete && i < p->maker.input_count; i++) {
        p->inputs[i] = neuron_allocate(p->context, neuron_size(capacity), p->maker.sizes[i]);
        complete = p->inputs[i];
    }
    return complete;
}

int neuron_prefetcher_create(neuron_prefetcher **prefetcher, neuron_context_t *context,
                             const neuron_batch_maker *maker, int32_t workers, int64_t capacity)
{
    neuron_prefetcher *p = neuron_allocate_zero(context, 1, sizeof *p);
    if (!p)
        return NEURON_E_MEMORY;
    p->context = context;
    p->maker = *maker;
    if (allocate_inputs(p, capacity))
        p->pool = neuron_pool_create(context, workers);
    if (!p->pool) {
        neuron_prefetcher_destroy(p);
        return NEURON_E_MEMORY;
    }
    neuron_pool_take_place(p->pool, context->pool);
    if (start_thread(p))
        *prefetcher = p;
    else
        neuron_prefetcher_destroy(p);
    return NEURON_OK;
}

static void ask(neuron_prefetcher *p, const neuron_batch_request *wanted)
{
    p->wanted = *wanted;
    p->made = false;
    pthread_cond_broadcast(&p->changed);
}

/* What is made is `now`: the steps of an epoch come in order, and one that fails ends
 * the run and the prefetcher. */
int neuron_prefetcher_take(neuron_prefetcher *p, const neuron_batch_request *now,
                           const neuron_batch_request *next, float *const *inputs)
{
    const neuron_batch_request none = {0};
    int cancelling;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling); /* with the mutex */
    pthread_mutex_lock(&p->mutex);
    if (!p->wanted.positions)
        ask(p, now);
    while (!p->made)
        pthread_cond_wait(&p->changed, &p->mutex);
    int status = p->status;
    if (status < 0)
        neuron_set_message("%s", p->message);
    for (int32_t i = 0; status >= 0 && i < p->maker.input_count; i++)
        memcpy(inputs[i], p->inputs[i], (size_t)now->count * p->maker.sizes[i]);
    ask(p, status < 0 ? &none : next);
    pthread_mutex_unlock(&p->mutex);
    pthread_setcancelstate(cancelling, NULL);
    return status;
}
