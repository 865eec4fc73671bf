/* Signs of life: see signs.h. They are messages without bytes. */
#include "mpi/signs.h"

#include "base/clock.h"
#include "base/status.h"

enum {
    LOOKS = 8,       /* within the timeout */
    AT_MOST = 4,     /* timeouts, after which signs count no more */
    ASKERS_MOST = 64 /* that are answered at a time */
};

neuron_mpi_watch neuron_mpi_watch_begin(void)
{
    double now = neuron_clock_seconds();
    return (neuron_mpi_watch){now, now, now};
}

void neuron_mpi_watch_renew(neuron_mpi_watch *watch)
{
    *watch = neuron_mpi_watch_begin();
}

static int send_sign(const neuron_mpi_transport *t, int32_t to, int tag)
{
    MPI_Request request;
    int code = MPI_Isend(NULL, 0, MPI_BYTE, to, tag, t->comm, &request);
    return code == MPI_SUCCESS ? MPI_Request_free(&request) : code;
}

/* Takes one sign of this kind if there is one; `from` may be MPI_ANY_SOURCE. */
static bool take_sign(const neuron_mpi_transport *t, int from, int tag, int *source)
{
    MPI_Status status;
    int there = 0;
    if (MPI_Iprobe(from, tag, t->comm, &there, &status) != MPI_SUCCESS || !there)
        return false;
    *source = status.MPI_SOURCE;
    return MPI_Recv(NULL, 0, MPI_BYTE, *source, tag, t->comm, MPI_STATUS_IGNORE) == MPI_SUCCESS;
}

static void answer(const neuron_mpi_transport *t)
{
    int source;
    for (int i = 0; i < ASKERS_MOST; i++) {
        if (!take_sign(t, MPI_ANY_SOURCE, NEURON_MPI_TAG_ASK, &source))
            return;
        send_sign(t, source, NEURON_MPI_TAG_ALIVE);
    }
}

int neuron_mpi_watch_look(neuron_mpi_watch *watch, const neuron_mpi_transport *transport,
                          int32_t peer)
{
    double now = neuron_clock_seconds();
    int source;
    if (now - watch->looked < transport->timeout / LOOKS)
        return NEURON_OK;
    watch->looked = now;
    answer(transport);
    while (take_sign(transport, peer, NEURON_MPI_TAG_ALIVE, &source))
        watch->last = now;
    if (now - watch->last >= transport->timeout ||
        now - watch->begun >= AT_MOST * transport->timeout)
        return neuron_fail(NEURON_E_IO, "MPI: rank %d has not answered for %.3g seconds", (int)peer,
                           now - watch->begun);
    int code = send_sign(transport, peer, NEURON_MPI_TAG_ASK);
    return code == MPI_SUCCESS ? NEURON_OK : neuron_mpi_fail(code, "asking a rank");
}

void neuron_mpi_drop_signs(const neuron_mpi_transport *transport)
{
    int source;
    while (take_sign(transport, MPI_ANY_SOURCE, NEURON_MPI_TAG_ASK, &source) ||
           take_sign(transport, MPI_ANY_SOURCE, NEURON_MPI_TAG_ALIVE, &source)) {
    }
}
