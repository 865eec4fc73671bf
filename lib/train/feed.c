#include "train/feed.h"

#include "augment/augmentation.h"
#include "base/checked.h"
#include "base/float-mode.h"
#include "data/stream.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A batch to be made. */
typedef struct request {
    const int64_t *positions; /* NULL for none */
    int64_t count, epoch;
} request;

struct neuron_feeder {
    neuron_trainer_t *trainer;
    neuron_image_size size; /* of augmented images */
    float *room;            /* of augmentation, for `room_threads` */
    int32_t room_threads;

    /* Without workers there is nothing of what follows. The first worker is `thread`, which hands
     * parts of its work to the others in `pool`. */
    neuron_pool *pool;
    float *values; /* of the batch that is made ahead */
    pid_t process; /* whose threads they are: a child of fork() has none of them */
    pthread_t thread;
    neuron_float_host host; /* of who runs the trainer */
    pthread_mutex_t mutex;
    pthread_cond_t changed;

    /* Under the mutex: */
    request wanted;
    bool made, ending;
    int status; /* of what was made, and the message that goes with it */
    char message[NEURON_MESSAGE_SIZE];
};

static int64_t worker_count(const neuron_trainer_t *trainer)
{
    if (trainer->workers >= 0)
        return trainer->workers;
    return trainer->augments || trainer->train->stream;
}

/* A callback may have changed the number of threads. */
static int make_room(neuron_feeder *feeder, int32_t threads)
{
    neuron_context_t *context = feeder->trainer->context;
    if (threads <= feeder->room_threads)
        return NEURON_OK;
    float *room =
        neuron_allocate(context, neuron_size(threads), neuron_augment_room(&feeder->size));
    if (!room)
        return NEURON_E_MEMORY;
    neuron_release(context, feeder->room);
    feeder->room = room;
    feeder->room_threads = threads;
    return NEURON_OK;
}

static int make_batch(neuron_feeder *feeder, const request *asked, float *values)
{
    const neuron_trainer_t *trainer = feeder->trainer;
    neuron_pool *pool = feeder->pool ? feeder->pool : trainer->context->pool;
    if (!trainer->augments)
        return neuron_dataset_gather(trainer->train, pool, asked->positions, 0, asked->count,
                                     values);
    RETURN_IF_ERROR(make_room(feeder, neuron_pool_threads(pool)));
    neuron_augment_batch batch = {.settings = &trainer->augmentation,
                                  .dataset = trainer->train,
                                  .size = feeder->size,
                                  .positions = asked->positions,
                                  .count = asked->count,
                                  .seed = trainer->progress.seed,
                                  .epoch = (uint64_t)asked->epoch,
                                  .values = values,
                                  .room = feeder->room};
    return neuron_augment_run(&batch, pool);
}

/* The thread ends in a function of the caller's. */
static void report_end(void *owner, void *object)
{
    (void)owner;
    neuron_feeder *feeder = object;
    pthread_mutex_lock(&feeder->mutex);
    feeder->status = NEURON_E_CALLBACK;
    snprintf(feeder->message, sizeof feeder->message,
             "trainer: the callback of the stream ended the thread that called it");
    feeder->made = true;
    pthread_cond_broadcast(&feeder->changed);
    pthread_mutex_unlock(&feeder->mutex);
}

static void *worker_main(void *argument)
{
    neuron_feeder *feeder = argument;
    COMPUTE_SCOPE;
    neuron_stream_end_in_reads();
    neuron_float_take_host(&feeder->host);
    NEURON_HOLD(hold);
    neuron_hold_add(&hold, report_end, NULL, feeder);
    pthread_mutex_lock(&feeder->mutex);
    while (!feeder->ending) {
        if (!feeder->wanted.positions || feeder->made) {
            pthread_cond_wait(&feeder->changed, &feeder->mutex);
            continue;
        }
        request asked = feeder->wanted;
        pthread_mutex_unlock(&feeder->mutex);
        int status = make_batch(feeder, &asked, feeder->values);
        pthread_mutex_lock(&feeder->mutex);
        feeder->status = status;
        if (status < 0)
            memcpy(feeder->message, neuron_error_last(), sizeof feeder->message);
        feeder->made = true;
        pthread_cond_broadcast(&feeder->changed);
    }
    pthread_mutex_unlock(&feeder->mutex);
    neuron_hold_forget(&hold);
    return NULL;
}

/* Starts the first worker. Where it cannot be had, batches are made between the steps. */
static void start_thread(neuron_feeder *feeder)
{
    pthread_mutex_init(&feeder->mutex, NULL);
    pthread_cond_init(&feeder->changed, NULL);
    feeder->process = getpid();
    neuron_float_copy_host(&feeder->host);
    if (neuron_pool_start_thread(feeder->pool, &feeder->thread, worker_main, feeder) == 0)
        return;
    pthread_cond_destroy(&feeder->changed);
    pthread_mutex_destroy(&feeder->mutex);
    feeder->process = 0;
    neuron_pool_destroy(feeder->pool);
    feeder->pool = NULL;
    neuron_log(feeder->trainer->context, NEURON_LOG_WARNING,
               "trainer: no worker could be started, the work goes on without");
}

static int start_workers(neuron_feeder *feeder, int32_t workers)
{
    const neuron_trainer_t *trainer = feeder->trainer;
    size_t size = neuron_size_of(neuron_shape_count(&trainer->train->shape), sizeof(float));
    int64_t batch = neuron_min_count(trainer->batch_size, trainer->train->count);
    feeder->values = neuron_allocate(trainer->context, neuron_size(batch), size);
    if (!feeder->values)
        return NEURON_E_MEMORY;
    feeder->pool = neuron_pool_create(trainer->context, workers);
    if (!feeder->pool)
        return NEURON_E_MEMORY;
    neuron_pool_take_place(feeder->pool, trainer->context->pool);
    start_thread(feeder);
    return NEURON_OK;
}

static bool has_worker(const neuron_feeder *feeder)
{
    return feeder->process != 0 && feeder->process == getpid();
}

static void stop_workers(neuron_feeder *feeder)
{
    pthread_mutex_lock(&feeder->mutex);
    feeder->ending = true;
    pthread_cond_broadcast(&feeder->changed);
    pthread_mutex_unlock(&feeder->mutex);
    pthread_join(feeder->thread, NULL);
    pthread_cond_destroy(&feeder->changed);
    pthread_mutex_destroy(&feeder->mutex);
}

void neuron_feeder_end(neuron_trainer_t *trainer)
{
    neuron_feeder *feeder = trainer->feeder;
    int cancelling;
    if (!feeder)
        return;
    /* Waiting for a thread would let the caller's be cancelled in the middle. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling);
    if (has_worker(feeder))
        stop_workers(feeder);
    neuron_pool_destroy(feeder->pool);
    pthread_setcancelstate(cancelling, NULL);
    neuron_release(trainer->context, feeder->values);
    neuron_release(trainer->context, feeder->room);
    neuron_release(trainer->context, feeder);
    trainer->feeder = NULL;
}

int neuron_feeder_begin(neuron_trainer_t *trainer)
{
    int32_t workers = (int32_t)worker_count(trainer);
    if (trainer->train->stream)
        RETURN_IF_ERROR(neuron_stream_reserve(trainer->train->stream, trainer->batch_size));
    if (workers == 0 && !trainer->augments)
        return NEURON_OK;
    neuron_feeder *feeder = neuron_allocate_zero(trainer->context, 1, sizeof *feeder);
    if (!feeder)
        return NEURON_E_MEMORY;
    feeder->trainer = trainer;
    trainer->feeder = feeder;
    int status = NEURON_OK;
    if (trainer->augments)
        status = neuron_image_size_of(&feeder->size, &trainer->graph->input->spec.output);
    if (status == NEURON_OK && trainer->augments)
        status =
            make_room(feeder, workers > 0 ? workers : neuron_context_threads(trainer->context));
    if (status == NEURON_OK && workers > 0)
        status = start_workers(feeder, workers);
    if (status < 0)
        neuron_feeder_end(trainer);
    return status;
}

static void ask(neuron_feeder *feeder, const request *wanted)
{
    feeder->wanted = *wanted;
    feeder->made = false;
    pthread_cond_broadcast(&feeder->changed);
}

/* The batch after this one, if it belongs to the same epoch: the order of the next one is not yet
 * made. */
static request following(const neuron_trainer_t *trainer, const request *now)
{
    const int64_t *next = now->positions + now->count;
    int64_t left = trainer->train->count - (next - trainer->memory.order);
    return (request){.positions = left > 0 ? next : NULL,
                     .count = neuron_min_count(left, trainer->batch_size),
                     .epoch = now->epoch};
}

/* Waits for the batch from the worker, which is asked for it first if it makes none. What it makes
 * is this one: the steps of an epoch come in order, and one that fails ends the run and the
 * worker. */
static int await(neuron_feeder *feeder, const request *now, float *input)
{
    size_t size = (size_t)neuron_shape_count(&feeder->trainer->train->shape);
    int cancelling;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling); /* with the mutex */
    pthread_mutex_lock(&feeder->mutex);
    if (!feeder->wanted.positions)
        ask(feeder, now);
    while (!feeder->made)
        pthread_cond_wait(&feeder->changed, &feeder->mutex);
    int status = feeder->status;
    request next = {0};
    if (status < 0) {
        neuron_set_message("%s", feeder->message);
    } else {
        memcpy(input, feeder->values, (size_t)now->count * size * sizeof *input);
        next = following(feeder->trainer, now);
    }
    ask(feeder, &next);
    pthread_mutex_unlock(&feeder->mutex);
    pthread_setcancelstate(cancelling, NULL);
    return status;
}

int neuron_feeder_take(neuron_trainer_t *trainer, const int64_t *positions, int64_t count,
                       float *input)
{
    request now = {positions, count, trainer->progress.epoch};
    if (!trainer->feeder)
        return neuron_dataset_gather(trainer->train, trainer->context->pool, positions, 0, count,
                                     input);
    if (!has_worker(trainer->feeder))
        return make_batch(trainer->feeder, &now, input);
    return await(trainer->feeder, &now, input);
}
