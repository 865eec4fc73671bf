/* Waiting for something of MPI's: without pause at first, then with longer ones, as others may need
 * the processor. */
#ifndef MPI_WAIT_H
#define MPI_WAIT_H

#include "base/clock.h"

#include <stdint.h>

typedef struct neuron_mpi_pause {
    int32_t turns; /* since something happened */
} neuron_mpi_pause;

/* What is on its way comes within some microseconds; a rank that computes takes much longer. */
static inline void neuron_mpi_rest(neuron_mpi_pause *pause)
{
    enum { QUICK = 200, LONGEST = 100000 }; /* turns, nanoseconds */
    int32_t more = pause->turns - QUICK;
    if (more >= 0) {
        long time = 5000 + 1000 * (long)more;
        nanosleep(&(struct timespec){.tv_nsec = time < LONGEST ? time : LONGEST}, NULL);
    }
    pause->turns += pause->turns < INT32_MAX;
}

#endif
