/* Exchanges over MPI: see transport.h. Bytes go in pieces, of which two are on their way at a time
 * in each direction, so that one is copied while the other travels. */
#include "mpi/transport.h"

#include "base/context.h"
#include "mpi/signs.h"
#include "mpi/wait.h"

#include <string.h>

enum { PIECE = 1 << 17, WINDOW = 2 };

/* How long MPI may take to let go of what is given up, in seconds. */
static const double LETTING_GO = 0.2;

struct neuron_mpi_lane {
    neuron_mpi_lane *next;        /* of those that are given up */
    MPI_Request requests[WINDOW]; /* MPI_REQUEST_NULL for none */
    char pieces[WINDOW][PIECE];
};

/* One direction of an exchange. */
typedef struct stream {
    neuron_mpi_lane *lane;
    char *to;         /* of bytes that are received; NULL of those that are sent */
    const char *from; /* of bytes that are sent */
    size_t size, begun, done;
} stream;

int neuron_mpi_fail(int code, const char *what)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    if (MPI_Error_string(code, text, &length) != MPI_SUCCESS)
        text[0] = '\0';
    return neuron_fail(NEURON_E_IO, "MPI: %s failed: %.300s", what, text);
}

/* ---- One direction ---- */

static size_t piece_at(const stream *s, size_t offset)
{
    return s->size - offset < PIECE ? s->size - offset : PIECE;
}

static int slot_at(size_t offset)
{
    return (int)(offset / PIECE % WINDOW);
}

/* Hands the next piece to MPI. */
static int begin_piece(stream *s, const neuron_mpi_transport *t, int32_t peer)
{
    int slot = slot_at(s->begun), size = (int)piece_at(s, s->begun);
    char *piece = s->lane->pieces[slot];
    MPI_Request *request = &s->lane->requests[slot];
    if (!s->to)
        memcpy(piece, s->from + s->begun, (size_t)size);
    s->begun += (size_t)size;
    return s->to ? MPI_Irecv(piece, size, MPI_BYTE, peer, NEURON_MPI_TAG_BYTES, t->comm, request)
                 : MPI_Isend(piece, size, MPI_BYTE, peer, NEURON_MPI_TAG_BYTES, t->comm, request);
}

/* Takes the oldest piece back if it is through. */
static int end_piece(stream *s, bool *moved)
{
    MPI_Status status;
    int slot = slot_at(s->done), through = 0, received = 0;
    size_t size = piece_at(s, s->done);
    int code = MPI_Test(&s->lane->requests[slot], &through, &status);
    if (code != MPI_SUCCESS)
        return neuron_mpi_fail(code, s->to ? "receiving" : "sending");
    if (!through)
        return NEURON_OK;
    if (s->to) {
        MPI_Get_count(&status, MPI_BYTE, &received);
        if (received != (int)size)
            return neuron_fail(NEURON_E_IO,
                               "MPI: %d bytes came in place of %zu: the ranks make "
                               "different calls",
                               received, size);
        memcpy(s->to + s->done, s->lane->pieces[slot], size);
    }
    s->done += size;
    *moved = true;
    return NEURON_OK;
}

/* Does what can be done now. */
static int advance(stream *s, const neuron_mpi_transport *t, int32_t peer, bool *moved)
{
    while (s->begun < s->size && s->begun - s->done <= (WINDOW - 1) * (size_t)PIECE) {
        int code = begin_piece(s, t, peer);
        if (code != MPI_SUCCESS)
            return neuron_mpi_fail(code, s->to ? "receiving" : "sending");
    }
    return s->done < s->size ? end_piece(s, moved) : NEURON_OK;
}

/* ---- Giving up ---- */

/* Whether MPI has nothing of a lane any more. */
static bool is_free(neuron_mpi_lane *lane)
{
    MPI_Status statuses[WINDOW];
    int through = 0;
    return MPI_Testall(WINDOW, lane->requests, &through, statuses) != MPI_SUCCESS || through;
}

/* What is not received can be cancelled. What MPI is in the middle of cannot: then the lane stays
 * its, and the next exchange makes another one. */
static void give_up(neuron_mpi_lane **lane, neuron_mpi_transport *t, bool receives)
{
    double begun = neuron_clock_seconds();
    neuron_mpi_pause pause = {0};
    for (int i = 0; i < WINDOW && receives; i++)
        if ((*lane)->requests[i] != MPI_REQUEST_NULL)
            MPI_Cancel(&(*lane)->requests[i]);
    while (!is_free(*lane)) {
        if (neuron_clock_seconds() - begun > LETTING_GO) {
            (*lane)->next = t->left;
            t->left = *lane;
            *lane = NULL;
            return;
        }
        neuron_mpi_rest(&pause);
    }
}

/* ---- Both directions ---- */

static int need_lane(neuron_mpi_lane **lane, const neuron_mpi_transport *t)
{
    if (*lane)
        return NEURON_OK;
    *lane = neuron_allocate(t->context, 1, sizeof **lane);
    for (int i = 0; i < WINDOW && *lane; i++)
        (*lane)->requests[i] = MPI_REQUEST_NULL;
    return *lane ? NEURON_OK : NEURON_E_MEMORY;
}

static int carry(stream *in, stream *out, const neuron_mpi_transport *t, int32_t peer)
{
    neuron_mpi_watch watch = neuron_mpi_watch_begin();
    neuron_mpi_pause pause = {0};
    for (;;) {
        bool moved = false;
        RETURN_IF_ERROR(advance(in, t, peer, &moved));
        RETURN_IF_ERROR(advance(out, t, peer, &moved));
        if (in->done == in->size && out->done == out->size)
            return NEURON_OK;
        if (moved) {
            pause = (neuron_mpi_pause){0};
            neuron_mpi_watch_renew(&watch);
        } else {
            RETURN_IF_ERROR(neuron_mpi_watch_look(&watch, t, peer));
            neuron_mpi_rest(&pause);
        }
    }
}

int neuron_mpi_check_thread(const neuron_mpi_transport *t)
{
    int main_thread = 1;
    if (t->main_only)
        MPI_Is_thread_main(&main_thread);
    if (main_thread)
        return NEURON_OK;
    return neuron_fail(NEURON_E_STATE, "MPI: with threads=main only the thread that began MPI may "
                                       "use the communicator: a trainer needs overlap=off for it");
}

int neuron_mpi_exchange(void *received, size_t received_size, int32_t peer, const void *sent,
                        size_t sent_size, void *transport)
{
    neuron_mpi_transport *t = transport;
    RETURN_IF_ERROR(neuron_mpi_check_thread(t));
    RETURN_IF_ERROR(need_lane(&t->received, t));
    RETURN_IF_ERROR(need_lane(&t->sent, t));
    stream in = {.lane = t->received, .to = received, .size = received_size};
    stream out = {.lane = t->sent, .from = sent, .size = sent_size};
    int status = carry(&in, &out, t, peer);
    if (status < 0) {
        give_up(&t->received, t, true);
        give_up(&t->sent, t, false);
    }
    return status;
}

int neuron_mpi_ready(int32_t peer, void *transport)
{
    const neuron_mpi_transport *t = transport;
    int there = 0;
    return MPI_Iprobe(peer, NEURON_MPI_TAG_BYTES, t->comm, &there, MPI_STATUS_IGNORE) !=
               MPI_SUCCESS ||
           there;
}

int neuron_mpi_wait(MPI_Request *request, double timeout, const char *what)
{
    double begun = neuron_clock_seconds();
    neuron_mpi_pause pause = {0};
    for (;;) {
        int through = 0, code = MPI_Test(request, &through, MPI_STATUS_IGNORE);
        if (code != MPI_SUCCESS)
            return neuron_mpi_fail(code, what);
        if (through)
            return NEURON_OK;
        if (neuron_clock_seconds() - begun > timeout)
            return neuron_fail(NEURON_E_IO, "MPI: %s was not done by all ranks within %.3g seconds",
                               what, timeout);
        neuron_mpi_rest(&pause);
    }
}

/* ---- The end ---- */

/* What is given up and still MPI's is not released. */
static void release_left(neuron_mpi_transport *t, bool ended)
{
    for (neuron_mpi_lane *lane = t->left, *next; lane; lane = next) {
        next = lane->next;
        if (ended || is_free(lane))
            neuron_release(t->context, lane);
    }
}

void neuron_mpi_transport_destroy(void *transport)
{
    neuron_mpi_transport *t = transport;
    int ended = 0;
    MPI_Finalized(&ended);
    release_left(t, ended);
    neuron_mpi_release_sum(t, ended);
    if (!ended && t->comm != MPI_COMM_NULL) {
        neuron_mpi_drop_signs(t);
        MPI_Comm_free(&t->comm);
    }
    neuron_release(t->context, t->sent);
    neuron_release(t->context, t->received);
    neuron_release(t->context, t);
}
