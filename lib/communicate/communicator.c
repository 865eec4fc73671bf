/* The handle of a communicator, its exchanges, and the public calls: each ends with a gathering, so
 * that all ranks that are left know of one that is gone. */
#include "communicate/communicator.h"

#include "base/float-mode.h"

#include <stdio.h>
#include <string.h>

enum {
    SIZE_MOST = 1048576,
    PIECE = 4096, /* bytes of a rank in a public call, with the head */
    BODY = PIECE - sizeof(neuron_gather_head)
};

/* The most that is exchanged at once. */
static const size_t EXCHANGED = (size_t)1 << 30;

static int allocate(neuron_communicator_t *c)
{
    size_t size = (size_t)c->size;
    c->gone = neuron_allocate_zero(c->context, size, sizeof *c->gone);
    c->offsets = neuron_allocate(c->context, size + 1, sizeof *c->offsets);
    c->pieces = neuron_allocate(c->context, size, PIECE);
    return c->gone && c->offsets && c->pieces ? NEURON_OK : NEURON_E_MEMORY;
}

int neuron_communicator_create(neuron_communicator_t **communicator, neuron_context_t *context,
                               int32_t rank, int32_t size, neuron_exchange_function_t exchange,
                               void *user_data, neuron_destroy_function_t destroy)
{
    CHECK_ARGUMENT(communicator);
    *communicator = NULL;
    CHECK_ARGUMENT(context);
    CHECK_RANGE(size, 1, SIZE_MOST);
    CHECK_RANGE(rank, 0, size - 1);
    if (size > 1)
        CHECK_FUNCTION(exchange);
    neuron_communicator_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    made->context = neuron_context_ref(context);
    made->rank = rank;
    made->size = size;
    made->exchange = exchange;
    made->user_data = user_data;
    made->culprit = -1;
    int status = allocate(made);
    if (status < 0) {
        neuron_communicator_unref(made);
        return status;
    }
    made->destroy = destroy; /* after a failure the caller still has the user data */
    *communicator = made;
    return NEURON_OK;
}

int neuron_communicator_set_ready(neuron_communicator_t *communicator,
                                  neuron_ready_function_t ready)
{
    CHECK_ARGUMENT(communicator);
    communicator->ready = ready;
    return NEURON_OK;
}

neuron_communicator_t *neuron_communicator_ref(neuron_communicator_t *communicator)
{
    if (!NEURON_IS(communicator))
        return NULL;
    neuron_handle_own(&communicator->handle);
    return communicator;
}

void neuron_communicator_unref(neuron_communicator_t *communicator)
{
    if (!NEURON_IS(communicator) || !neuron_hold_last_owner(&communicator->handle.references))
        return;
    neuron_context_t *context = communicator->context;
    neuron_destroy_function_t destroy = communicator->destroy;
    void *user_data = communicator->user_data;
    neuron_release(context, communicator->gone);
    neuron_release(context, communicator->offsets);
    neuron_release(context, communicator->pieces);
    neuron_release(context, communicator);
    if (destroy)
        neuron_destroy_user_data(destroy, user_data);
    neuron_context_unref(context);
}

NEURON_HOLD_DEFINE(communicator)

int32_t neuron_communicator_rank(const neuron_communicator_t *communicator)
{
    return NEURON_IS(communicator) ? communicator->rank : 0;
}

int32_t neuron_communicator_size(const neuron_communicator_t *communicator)
{
    return NEURON_IS(communicator) ? communicator->size : 0;
}

int neuron_communicator_state(const neuron_communicator_t *communicator)
{
    return communicator->told ? neuron_fail(communicator->status, "%s", communicator->message)
                              : NEURON_OK;
}

/* ---- Exchanges ---- */

/* The peer is gone: what exchange() said of it is the reason. */
static void lose(neuron_communicator_t *c, int32_t peer, int returned, uint64_t before)
{
    c->gone[peer] = true;
    int status = neuron_fail_call(returned, before,
                                  "communicator: rank %" PRId32 " is gone (exchange returned %d)",
                                  peer, returned);
    if (c->culprit >= 0)
        return;
    c->culprit = peer;
    c->status = status;
    snprintf(c->message, sizeof c->message, "%s", neuron_error_last());
}

static size_t next_bytes(size_t size, size_t done)
{
    size_t left = size > done ? size - done : 0;
    return left < EXCHANGED ? left : EXCHANGED;
}

static const void *behind(const void *bytes, size_t done, size_t size)
{
    return size > 0 ? (const char *)bytes + done : NULL;
}

bool neuron_communicator_exchange(neuron_communicator_t *c, int32_t peer, const void *sent,
                                  size_t sent_size, void *received, size_t received_size)
{
    size_t most = sent_size > received_size ? sent_size : received_size;
    uint64_t before = neuron_message_count();
    int returned = 0;
    if (c->gone[peer])
        return false;
    neuron_float_host *host = neuron_float_pause();
    for (size_t done = 0; returned == 0 && done < most; done += EXCHANGED) {
        size_t out = next_bytes(sent_size, done), in = next_bytes(received_size, done);
        returned = c->exchange(neuron_hold_object(behind(received, done, in)), in, peer,
                               behind(sent, done, out), out, c->user_data);
    }
    neuron_float_resume(host);
    if (returned != 0)
        lose(c, peer, returned, before);
    return returned == 0;
}

/* ---- Sums of the caller's ---- */

int neuron_communicator_set_sum(neuron_communicator_t *communicator, neuron_sum_function_t sum)
{
    CHECK_ARGUMENT(communicator);
    communicator->sum = sum;
    return NEURON_OK;
}

void neuron_communicator_add(neuron_communicator_t *c, float *values, int64_t count)
{
    uint64_t before = neuron_message_count();
    if (c->sum_status < 0 || count == 0)
        return;
    neuron_float_host *host = neuron_float_pause();
    int returned = c->sum(values, count, c->user_data);
    neuron_float_resume(host);
    if (returned == 0)
        return;
    c->sum_status = neuron_fail_call(
        returned, before, "communicator: the sum over ranks failed (sum returned %d)", returned);
    snprintf(c->sum_message, sizeof c->sum_message, "%s", neuron_error_last());
}

int neuron_communicator_sum_state(const neuron_communicator_t *c)
{
    return c && c->sum_status < 0 ? neuron_fail(c->sum_status, "%s", c->sum_message) : NEURON_OK;
}

/* ---- The public calls ---- */

/* Sets where the blocks of a gathering are: each has a head and so many bytes behind it. */
static void set_offsets(neuron_communicator_t *c, size_t size)
{
    size_t step = (sizeof(neuron_gather_head) + size + 7) / 8 * 8;
    for (int32_t i = 0; i <= c->size; i++)
        c->offsets[i] = (size_t)i * step;
}

static char *body_of(const neuron_communicator_t *c, int32_t rank)
{
    return c->pieces + c->offsets[rank] + sizeof(neuron_gather_head);
}

/* Gathers up to BODY bytes of each rank. */
static int gather_piece(neuron_communicator_t *c, const void *own, size_t size)
{
    set_offsets(c, size);
    if (size > 0)
        memcpy(body_of(c, c->rank), own, size);
    return neuron_gather(c, c->pieces, c->offsets);
}

bool neuron_any_failed(neuron_communicator_t *c, int status)
{
    bool failed = gather_piece(c, &status, sizeof status) < 0;
    for (int32_t i = 0; i < c->size && !failed; i++) {
        int told;
        memcpy(&told, body_of(c, i), sizeof told);
        failed = told != 0;
    }
    return failed;
}

static int check(const neuron_communicator_t *communicator, const void *bytes, size_t size,
                 const char *name, const char *who)
{
    if (size > 0 && !bytes)
        return neuron_refuse_null(name, who);
    return neuron_communicator_state(communicator);
}

int neuron_communicator_barrier(neuron_communicator_t *communicator)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(communicator);
    RETURN_IF_ERROR(neuron_communicator_state(communicator));
    return gather_piece(communicator, NULL, 0);
}

int neuron_communicator_broadcast(void *bytes, size_t size, neuron_communicator_t *communicator,
                                  int32_t root)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(communicator);
    RETURN_IF_ERROR(neuron_check_range(root, 0, communicator->size - 1, "root", __func__));
    RETURN_IF_ERROR(check(communicator, bytes, size, "bytes", __func__));
    neuron_spread(communicator, bytes, size, root);
    return gather_piece(communicator, NULL, 0);
}

int neuron_communicator_gather(void *all, neuron_communicator_t *communicator, const void *own,
                               size_t size)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(communicator);
    RETURN_IF_ERROR(check(communicator, all, size, "all", __func__));
    RETURN_IF_ERROR(check(communicator, own, size, "own", __func__));
    for (size_t done = 0; done < size; done += BODY) {
        size_t some = size - done < BODY ? size - done : BODY;
        RETURN_IF_ERROR(gather_piece(communicator, (const char *)own + done, some));
        for (int32_t i = 0; i < communicator->size; i++)
            memcpy((char *)all + (size_t)i * size + done, body_of(communicator, i), some);
    }
    return NEURON_OK;
}

/* Adds what the ranks first .. first + count - 1 have, in halves of which the first is the largest
 * power of two, to that of the first. */
static void add_up(const neuron_communicator_t *c, int32_t first, int32_t count, int64_t numbers)
{
    int32_t half = 1;
    if (count == 1)
        return;
    while (2 * half < count)
        half *= 2;
    add_up(c, first, half, numbers);
    add_up(c, first + half, count - half, numbers);
    double *sums = (double *)(void *)body_of(c, first);
    const double *others = (const double *)(const void *)body_of(c, first + half);
    for (int64_t i = 0; i < numbers; i++)
        sums[i] += others[i];
}

int neuron_communicator_sum(double *values, int64_t count, neuron_communicator_t *communicator)
{
    FLOAT_SCOPE;
    enum { NUMBERS = BODY / sizeof(double) };
    CHECK_ARGUMENT(communicator);
    CHECK_RANGE(count, 0, INT64_MAX);
    RETURN_IF_ERROR(check(communicator, values, count > 0, "values", __func__));
    for (int64_t done = 0; done < count; done += NUMBERS) {
        int64_t some = neuron_min_count(NUMBERS, count - done);
        RETURN_IF_ERROR(gather_piece(communicator, values + done, (size_t)some * sizeof *values));
        add_up(communicator, 0, communicator->size, some);
        memcpy(values + done, body_of(communicator, 0), (size_t)some * sizeof *values);
    }
    return NEURON_OK;
}
