/* Communicators, from the inside: what several ranks do together, all of it made of exchanges
 * between two. Whatever happens on a rank, it goes through all exchanges of what was begun, so that
 * none that is left waits for it in vain; only those with a rank that is gone are left out. */
#ifndef COMMUNICATE_COMMUNICATOR_H
#define COMMUNICATE_COMMUNICATOR_H

#include <libneuron/communicator.h>

#include "base/context.h"

/* Bytes of a rank's own in front of what it gives to a gathering. */
typedef struct neuron_gather_head {
    int32_t gone;   /* the rank for which this block is not there; -1 if it is */
    int32_t status; /* with which that was noticed */
    int32_t tells;  /* 1 if the block is there, and its rank has known of one that is gone */
    int32_t unused;
} neuron_gather_head;

struct neuron_communicator {
    neuron_handle handle;
    neuron_context_t *context;
    int32_t rank, size;
    neuron_exchange_function_t exchange;
    neuron_ready_function_t ready; /* NULL for none */
    void *user_data;
    neuron_destroy_function_t destroy; /* of the user data; NULL for none */

    bool *gone;      /* of each rank */
    int32_t culprit; /* the first rank that was gone; -1 for none */
    bool told;       /* all ranks that are left know */
    int status;      /* what came of it, and the message that goes with it */
    char message[NEURON_MESSAGE_SIZE];

    neuron_sum_function_t sum; /* NULL for none */
    int sum_status;            /* with which it failed, and the message that goes with it */
    char sum_message[NEURON_MESSAGE_SIZE];

    char *pieces;    /* of the public calls: a piece of each rank, each with its head */
    size_t *offsets; /* where each begins, and the end of the last */
};

NEURON_HOLD_DECLARE(communicator);

/* The rank and the number of ranks where there may be no communicator: that is one rank. */
static inline int32_t neuron_rank_of(const neuron_communicator_t *communicator)
{
    return communicator ? communicator->rank : 0;
}

static inline int32_t neuron_ranks_of(const neuron_communicator_t *communicator)
{
    return communicator ? communicator->size : 1;
}

/* NEURON_OK, or the failure with which a rank was found to be gone, if all others know by now. Who
 * alone has noticed goes through one more gathering, so that they hear of it. */
int neuron_communicator_state(const neuron_communicator_t *communicator);

/* Exchanges bytes with another rank; nothing if it is gone. Whether all went well. */
NEURON_SHARED bool neuron_communicator_exchange(neuron_communicator_t *communicator, int32_t peer,
                                                const void *sent, size_t sent_size, void *received,
                                                size_t received_size);

/* Adds up numbers by the sum that the communicator has; a failure is kept. */
void neuron_communicator_add(neuron_communicator_t *communicator, float *values, int64_t count);

/* NEURON_OK, or how that has failed on this rank. */
int neuron_communicator_sum_state(const neuron_communicator_t *communicator);

/* Gathers a block of each rank, from offsets[rank] to offsets[rank + 1] of `all`, which are the
 * same on all ranks and multiples of 8. Each begins with a head, which is written here. If one is
 * not there, that is a failure on all ranks that are left. Allocates nothing. */
int neuron_gather(neuron_communicator_t *communicator, void *all, const size_t *offsets);

/* Whether any rank has a status that is not 0, or is gone: then all are told so. Allocates nothing.
 */
bool neuron_any_failed(neuron_communicator_t *communicator, int status);

/* The bytes of `root` for all; its failures may be noticed by some ranks alone, until the next
 * gathering. */
void neuron_spread(neuron_communicator_t *communicator, void *bytes, size_t size, int32_t root);

/* Has the last failure on all ranks say what it says on `rank`, and whose it is. */
void neuron_share_message(neuron_communicator_t *communicator, int32_t rank);

#endif
