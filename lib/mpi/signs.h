/* Signs of life: who waits long for a rank asks it for one. A rank answers while it waits itself,
 * so that it is not taken for the one that is gone, which it waits for. */
#ifndef MPI_SIGNS_H
#define MPI_SIGNS_H

#include "mpi/transport.h"

enum { NEURON_MPI_TAG_BYTES = 1, NEURON_MPI_TAG_ASK, NEURON_MPI_TAG_ALIVE };

typedef struct neuron_mpi_watch {
    double begun, last; /* when the wait began, and when there was a sign of life */
    double looked;      /* and when it was looked for */
} neuron_mpi_watch;

neuron_mpi_watch neuron_mpi_watch_begin(void);

/* Something came of the peer, or went to it. */
void neuron_mpi_watch_renew(neuron_mpi_watch *watch);

/* Asks and answers from time to time; a failure once the peer counts as gone. */
int neuron_mpi_watch_look(neuron_mpi_watch *watch, const neuron_mpi_transport *transport,
                          int32_t peer);

/* Takes what signs there still are, so that MPI has none of this communicator. */
void neuron_mpi_drop_signs(const neuron_mpi_transport *transport);

#endif
