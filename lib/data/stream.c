/* A stream calls the user's function for the rows that are wanted, into one buffer under a mutex:
 * so one thread reads at a time. It lives as long as the datasets that share it, in place of their
 * examples. What may happen within the call is most of the code: longjmp, fork, cancellation,
 * another use of the stream. */
#include "data/stream.h"

#include "base/checked.h"
#include "base/float-mode.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* Whether a read may end its thread: one of the library's own cannot be cancelled elsewhere. */
static _Thread_local bool ends_in_reads;

void neuron_stream_end_in_reads(void)
{
    ends_in_reads = true;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
}

/* In place of a process, while a child makes the stream its own. */
enum { NOBODY = 0 };

struct neuron_stream {
    neuron_context_t *context;
    neuron_dataset_read_function_t read; /* or, with targets: */
    neuron_dataset_read_targets_function_t read_targets;
    void *user_data;
    neuron_destroy_function_t destroy; /* of the user data; NULL for none */
    size_t size;                       /* bytes of an example */
    atomic_int process; /* whose mutex and buffer they are: a child of fork() makes them new */
    pthread_mutex_t mutex;
    atomic_uintptr_t user; /* the thread that has it, by an address of its own; 0 for none */
    /* Under the mutex: */
    int64_t capacity; /* examples in `examples` */
    void *examples;
};

/* A caller's number: what is below 0 goes back to it, another is no status. */
static int call(const neuron_stream *stream, const int64_t *rows, int64_t count, void *examples,
                void *labels)
{
    uint64_t before = neuron_message_count();
    neuron_float_host *host = neuron_float_pause();
    if (ends_in_reads)
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    int result = stream->read
                     ? stream->read(examples, labels, rows, count, stream->user_data)
                     : stream->read_targets(examples, labels, rows, count, stream->user_data);
    if (ends_in_reads)
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    neuron_float_resume(host);
    if (result == 0)
        return NEURON_OK;
    neuron_set_call_message(before,
                            "stream: reading %s%" PRId64 " example%s, the first of them %" PRId64
                            ", failed: the callback returned %d",
                            !labels        ? ""
                            : stream->read ? "the labels of "
                                           : "the targets of ",
                            count, count > 1 ? "s" : "", rows[0], result);
    return result < 0 ? result : NEURON_E_CALLBACK;
}

/* In a child process the mutex may be held, and the buffer just be replaced, by a thread that there
 * is only in the parent. The first thread to come makes both new, others wait for it. */
static void adopt(neuron_stream *stream)
{
    int process = (int)getpid();
    int owner = atomic_load(&stream->process);
    while (owner != process) {
        if (owner != NOBODY && atomic_compare_exchange_weak(&stream->process, &owner, NOBODY)) {
            pthread_mutex_init(&stream->mutex, NULL);
            atomic_store(&stream->user, 0);
            stream->examples = NULL;
            stream->capacity = 0;
            atomic_store(&stream->process, process);
        }
        owner = atomic_load(&stream->process);
    }
}

static int grow(neuron_stream *stream, int64_t count)
{
    if (count <= stream->capacity)
        return NEURON_OK;
    void *examples = neuron_allocate(stream->context, neuron_size(count), stream->size);
    if (!examples)
        return NEURON_E_MEMORY;
    neuron_release(stream->context, stream->examples);
    stream->examples = examples;
    stream->capacity = count;
    return NEURON_OK;
}

static uintptr_t this_thread(void)
{
    return (uintptr_t)&ends_in_reads;
}

static void unlock(void *owner, void *object)
{
    (void)owner;
    neuron_stream *stream = object;
    atomic_store_explicit(&stream->user, 0, memory_order_relaxed);
    pthread_mutex_unlock(&stream->mutex);
}

/* A thread does not wait for itself. */
static int lock(neuron_stream *stream, neuron_hold *hold)
{
    adopt(stream);
    if (pthread_mutex_trylock(&stream->mutex) != 0) {
        if (atomic_load_explicit(&stream->user, memory_order_relaxed) == this_thread())
            return neuron_fail(NEURON_E_STATE,
                               "stream: this thread is within a read of it, or has left one by "
                               "longjmp() and calls from deeper on its stack");
        pthread_mutex_lock(&stream->mutex);
    }
    atomic_store_explicit(&stream->user, this_thread(), memory_order_relaxed);
    neuron_hold_add(hold, unlock, NULL, stream);
    return NEURON_OK;
}

int neuron_stream_reserve(neuron_stream *stream, int64_t count)
{
    NEURON_HOLD(hold);
    RETURN_IF_ERROR(lock(stream, &hold));
    return grow(stream, neuron_min_count(count, NEURON_STREAM_CHUNK));
}

int neuron_stream_open(neuron_stream *stream, const int64_t *rows, int64_t count,
                       const void **examples)
{
    NEURON_HOLD(hold);
    RETURN_IF_ERROR(lock(stream, &hold));
    RETURN_IF_ERROR(grow(stream, count));
    RETURN_IF_ERROR(call(stream, rows, count, stream->examples, NULL));
    *examples = stream->examples;
    neuron_hold_forget(&hold); /* it stays locked */
    return NEURON_OK;
}

void neuron_stream_close(neuron_stream *stream)
{
    unlock(NULL, stream);
}

static void drop(void *user_data)
{
    neuron_stream *stream = user_data;
    neuron_context_t *context = stream->context;
    adopt(stream);
    pthread_mutex_destroy(&stream->mutex);
    neuron_release(context, stream->examples);
    if (stream->destroy)
        neuron_destroy_user_data(stream->destroy, stream->user_data);
    neuron_release(context, stream);
    neuron_context_unref(context);
}

/* A tensor that has the type and shape of the examples and owns the stream in place of elements: so
 * the stream lives as long as the datasets that share it. */
static int make_tensor(neuron_tensor_t **tensor, neuron_context_t *context, neuron_stream **stream,
                       int32_t type, const neuron_shape *shape)
{
    neuron_stream *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    made->context = neuron_context_ref(context);
    atomic_init(&made->process, (int)getpid());
    pthread_mutex_init(&made->mutex, NULL);
    int status = neuron_tensor_wrap(tensor, context, type, shape->extent, shape->rank, made);
    if (status == NEURON_OK)
        status = neuron_tensor_set_destroy(*tensor, made, drop);
    if (status < 0)
        drop(made);
    else
        *stream = made;
    return status;
}

static int read_labels(const neuron_stream *stream, neuron_tensor_t *labels)
{
    int64_t rows[NEURON_STREAM_CHUNK], count = labels->shape.extent[0];
    size_t size = (size_t)(neuron_shape_count(&labels->shape) / count) * sizeof(float);
    for (int64_t first = 0; first < count; first += NEURON_STREAM_CHUNK) {
        int64_t chunk = neuron_min_count(NEURON_STREAM_CHUNK, count - first);
        for (int64_t i = 0; i < chunk; i++)
            rows[i] = first + i;
        RETURN_IF_ERROR(
            call(stream, rows, chunk, NULL, (char *)labels->data + (size_t)first * size));
    }
    return NEURON_OK;
}

/* ---- Making one ---- */

enum { STREAM_SHAPE = 1, STREAM_TYPE, STREAM_CLASSES, STREAM_TARGETS };

static const neuron_word types[] = {{NEURON_TYPE_F32, "f32"}, {NEURON_TYPE_U8, "u8"}, {0, ""}};

static const neuron_option rows[] = {
    NEURON_TEXT(STREAM_SHAPE, "shape", "of one example: 28x28x1"),
    NEURON_CHOICE(STREAM_TYPE, "type", types, NEURON_TYPE_F32, "how examples are stored"),
    NEURON_INTEGER(STREAM_CLASSES, "classes", 0, NEURON_CLASSES_MAX, 0,
                   "how many classes there are, of a stream with labels"),
    NEURON_TEXT(STREAM_TARGETS, "targets", "shape of those of one example: 3"),
};

const neuron_option_table neuron_stream_options = NEURON_OPTION_TABLE(rows);

/* What the options say, for `count` examples. */
typedef struct settings {
    int32_t type, class_count;
    neuron_shape all, labels; /* of the tensors */
} settings;

static int read_shape(neuron_shape *all, const neuron_options *options, int32_t key, int64_t count,
                      const char *who)
{
    size_t size;
    const char *text = neuron_options_given_text(options, key, &size);
    const char *name = neuron_options_find(options->table, key)->name;
    int64_t extents[NEURON_RANK_MAX] = {count};
    neuron_shape one;
    if (!text)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is missing; write \"%s=...\"", who, name,
                           name);
    RETURN_IF_ERROR(neuron_shape_parse(&one, text, size, name, who));
    memcpy(extents + 1, one.extent, (size_t)one.rank * sizeof *extents);
    return neuron_shape_set(all, extents, one.rank + 1, 1, who);
}

static int read_settings(settings *made, int64_t count, bool targets, const char *text,
                         const char *who)
{
    neuron_options options;
    neuron_options_reset(&options, &neuron_stream_options);
    RETURN_IF_ERROR(neuron_options_parse(&options, text, who));
    made->type = (int32_t)neuron_options_value(&options, STREAM_TYPE);
    made->class_count = (int32_t)neuron_options_value(&options, STREAM_CLASSES);
    made->labels = (neuron_shape){1, {count}};
    RETURN_IF_ERROR(read_shape(&made->all, &options, STREAM_SHAPE, count, who));
    if (neuron_options_given(&options, targets ? STREAM_CLASSES : STREAM_TARGETS))
        return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is given, but the stream has %s", who,
                           targets ? "classes" : "targets", targets ? "targets" : "classes");
    if (targets)
        return read_shape(&made->labels, &options, STREAM_TARGETS, count, who);
    return made->class_count > 0
               ? NEURON_OK
               : neuron_fail(NEURON_E_ARGUMENT, "%s: classes is missing; write \"classes=...\"",
                             who);
}

/* Takes the functions and user data of `given`. */
static int create(neuron_dataset_t **dataset, neuron_context_t *context, const neuron_stream *given,
                  int64_t count, const char *options, const char *who)
{
    settings by;
    RETURN_IF_ERROR(neuron_check_range(count, 1, INT64_MAX, "count", who));
    RETURN_IF_ERROR(read_settings(&by, count, !given->read, options, who));
    neuron_tensor_t *examples, *labels = NULL;
    neuron_stream *stream = NULL;
    NEURON_HOLD(hold);
    RETURN_IF_ERROR(make_tensor(&examples, context, &stream, by.type, &by.all));
    neuron_hold_reference(&hold, context, context);
    neuron_hold_add(&hold, neuron_tensor_end_hold, NULL, examples);
    stream->read = given->read;
    stream->read_targets = given->read_targets;
    stream->user_data = given->user_data;
    stream->size = neuron_size_of(neuron_shape_count(&by.all) / count, neuron_type_size(by.type));
    RETURN_IF_ERROR(neuron_tensor_create_raw(&labels, context,
                                             given->read ? NEURON_TYPE_I32 : NEURON_TYPE_F32,
                                             by.labels.extent, by.labels.rank));
    neuron_hold_add(&hold, neuron_tensor_end_hold, NULL, labels);
    RETURN_IF_ERROR(read_labels(stream, labels));
    RETURN_IF_ERROR(
        given->read
            ? neuron_dataset_create_for(dataset, context, examples, labels, by.class_count, who)
            : neuron_dataset_create_with_targets_for(dataset, context, examples, labels, who));
    (*dataset)->stream = stream;
    stream->destroy = given->destroy; /* before that it is still the caller's */
    return NEURON_OK;
}

int neuron_dataset_create_stream(neuron_dataset_t **dataset, neuron_context_t *context,
                                 neuron_dataset_read_function_t read, void *user_data,
                                 neuron_destroy_function_t destroy, int64_t count,
                                 const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_FUNCTION(read);
    const neuron_stream given = {.read = read, .user_data = user_data, .destroy = destroy};
    return create(dataset, context, &given, count, options, __func__);
}

int neuron_dataset_create_stream_with_targets(neuron_dataset_t **dataset, neuron_context_t *context,
                                              neuron_dataset_read_targets_function_t read,
                                              void *user_data, neuron_destroy_function_t destroy,
                                              int64_t count, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_FUNCTION(read);
    const neuron_stream given = {.read_targets = read, .user_data = user_data, .destroy = destroy};
    return create(dataset, context, &given, count, options, __func__);
}

int neuron_dataset_visit(const neuron_dataset_t *dataset, neuron_visit visit, void *work)
{
    if (dataset->stream) {
        for (int64_t first = 0; first < dataset->count; first += NEURON_STREAM_CHUNK) {
            int64_t chunk = neuron_min_count(NEURON_STREAM_CHUNK, dataset->count - first);
            const void *examples;
            RETURN_IF_ERROR(
                neuron_stream_open(dataset->stream, dataset->order + first, chunk, &examples));
            visit(work, examples, chunk);
            neuron_stream_close(dataset->stream);
        }
        return NEURON_OK;
    }
    size_t size =
        (size_t)neuron_shape_count(&dataset->shape) * neuron_type_size(dataset->examples->type);
    const char *stored = dataset->examples->data;
    for (int64_t i = 0; i < dataset->count; i++)
        visit(work, stored + (size_t)dataset->order[i] * size, 1);
    return NEURON_OK;
}
