/* What carries bytes between two ranks over MPI, in bounded time. MPI has the program's memory
 * never, only pieces of a transport's own: where a rank is gone, MPI may keep them for good. */
#ifndef MPI_TRANSPORT_H
#define MPI_TRANSPORT_H

#include <libneuron/types.h>

#include <mpi.h>
#include <stdbool.h>

/* Pieces on their way to a rank, or from one. */
typedef struct neuron_mpi_lane neuron_mpi_lane;

/* Numbers that are added up. */
typedef struct neuron_mpi_sum neuron_mpi_sum;

typedef struct neuron_mpi_transport {
    neuron_context_t *context;
    MPI_Comm comm; /* this one's own; MPI_COMM_NULL for none yet */
    int32_t rank, size;
    double timeout;                   /* in seconds */
    bool main_only;                   /* only the thread that began MPI may come */
    neuron_mpi_lane *sent, *received; /* NULL until the first exchange */
    neuron_mpi_lane *left;            /* given up, as MPI still has them */
    neuron_mpi_sum *sum;              /* NULL until the first one */
} neuron_mpi_transport;

/* A neuron_exchange_function_t. */
int neuron_mpi_exchange(void *received, size_t received_size, int32_t peer, const void *sent,
                        size_t sent_size, void *transport);

/* A neuron_ready_function_t. */
int neuron_mpi_ready(int32_t peer, void *transport);

/* A neuron_sum_function_t. After a failure there are no more sums. */
int neuron_mpi_add(float *values, int64_t count, void *transport);
void neuron_mpi_release_sum(neuron_mpi_transport *transport, bool ended);

/* Whether this thread may call MPI. */
int neuron_mpi_check_thread(const neuron_mpi_transport *transport);

/* Waits for a request of no rank in particular, such as that of a collective call; one that fails
 * is left to MPI. */
int neuron_mpi_wait(MPI_Request *request, double timeout, const char *what);

/* A failure of MPI's with its own words. */
int neuron_mpi_fail(int code, const char *what);

/* Releases all, and what MPI has for it if MPI has not ended. */
void neuron_mpi_transport_destroy(void *transport);

#endif
