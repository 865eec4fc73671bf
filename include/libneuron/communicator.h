/** @file communicator.h
 *  Communicators: several processes, or threads, that do one thing together.
 *
 *  Each of them is a rank, numbered from 0. All run the same program, and each makes a communicator
 *  of its own. What carries bytes from one rank to another is a function of the caller's, so the
 *  library knows nothing of networks:
 *
 *      static int exchange(void *received, size_t received_size, int32_t peer, const void *sent,
 *                          size_t sent_size, void *user_data)
 *      {
 *          MPI_Sendrecv(sent, (int)sent_size, MPI_BYTE, peer, 0, received, (int)received_size,
 *                       MPI_BYTE, peer, 0, *(MPI_Comm *)user_data, MPI_STATUS_IGNORE);
 *          return 0;
 *      }
 *
 *      neuron_communicator_create(&communicator, context, rank, size, exchange, &comm, NULL);
 *
 *  For MPI it need not be written: libneuron-mpi has one that also fails in bounded time.
 *
 *  All else is made of that: the calls below are made by all ranks in the same order, and each
 *  returns when this rank has its part.
 *
 *  A rank that is gone. Where exchange() fails, the rank that it was with counts as gone. The call
 *  then fails on the ranks that are left, each with the number of one that is gone in its message,
 *  and so does every later one: what is left to do is to save, to end, and to start anew. Where a
 *  rank dies when it has done nearly all of its part, the call may still succeed on some others,
 *  which hear of it in the next one. For none to wait for ever, exchange() must fail in bounded
 *  time when its peer is dead.
 */
#ifndef NEURON_COMMUNICATOR_H
#define NEURON_COMMUNICATOR_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Sends bytes to a rank and receives some from it, both at once: it must not wait for the one
 *  before it begins with the other, as the peer does the same at that time. It returns when `sent`
 *  may be changed again and all of `received` is there. The peer's call has the same sizes the
 *  other way round. Messages between two ranks never overtake each other.
 *
 *  It is called in the thread that made the call, or in one that a trainer or a search has for that
 *  (see their options `overlap` and `serve`), never in two at a time. It always returns, and calls
 *  nothing that works with this communicator.
 *  @param[out] received  room for `received_size` bytes; may be NULL if these are 0.
 *  @param received_size  0 for nothing to be received; at most 1 GiB.
 *  @param peer           the other rank.
 *  @param sent           `sent_size` bytes; may be NULL if these are 0.
 *  @param sent_size      0 for nothing to be sent; at most 1 GiB.
 *  @param user_data      as it was given to neuron_communicator_create().
 *  @return  0; another number if the peer could not be reached: the call that needed it then
 *           returns that number if it is negative, else NEURON_E_CALLBACK. The message ends with
 *           that of the last call of the library that failed in it. Since 0.1, experimental. */
typedef int (*neuron_exchange_function_t)(void *received, size_t received_size, int32_t peer,
                                          const void *sent, size_t sent_size, void *user_data);

/** Tells, without waiting, whether a rank has begun to send to this one, by poll() or MPI_Iprobe():
 *  then an exchange() that receives from it does not wait long. It is called as exchange() is,
 *  never at the same time as that.
 *  @param peer       the other rank.
 *  @param user_data  as it was given to neuron_communicator_create().
 *  @return  0 if nothing is there yet; another number if something is, or if the rank is known to
 *           be gone: exchange() then says so. Since 0.1, experimental. */
typedef int (*neuron_ready_function_t)(int32_t peer, void *user_data);

/** Adds numbers up over all ranks, in any order, so long as all ranks then have the same bytes:
 *  what a network has for this, such as MPI_Allreduce(). Threads and what it returns are as with
 *  neuron_exchange_function_t; after a failure it fails from then on, and at once.
 *  @param values     `count` numbers of this rank; the sums afterwards.
 *  @param count      1 or more, the same on all ranks.
 *  @param user_data  as it was given to neuron_communicator_create().
 *  @return  0; another number if that failed. Since 0.1, experimental. */
typedef int (*neuron_sum_function_t)(float *values, int64_t count, void *user_data);

/** Makes a communicator. All ranks make one, with the same size.
 *  @param[out] communicator  the new communicator; NULL on failure.
 *  @param rank       this one's number, 0 to size - 1.
 *  @param size       how many ranks there are, 1 to 1048576.
 *  @param exchange   carries the bytes; NULL is fine for a single rank.
 *  @param user_data  handed to it; may be NULL.
 *  @param destroy    called with `user_data` when the communicator is gone; not if this call fails,
 *                    after which the caller still has it. NULL for none: then it must live so long.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_communicator_create(neuron_communicator_t **communicator, neuron_context_t *context,
                           int32_t rank, int32_t size, neuron_exchange_function_t exchange,
                           void *user_data, neuron_destroy_function_t destroy);

/** Sets what tells whether a rank sends. Searches need it (see neuron_search_set_communicator()),
 *  trainers do not.
 *  @param ready  NULL for none, as at first.
 *  @return  0 or NEURON_E_ARGUMENT. No other thread may use the communicator meanwhile.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_communicator_set_ready(neuron_communicator_t *communicator,
                                                          neuron_ready_function_t ready);

/** Adds an owner. @return  `communicator`. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL neuron_communicator_t *
neuron_communicator_ref(neuron_communicator_t *communicator);

/** Takes an owner away. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL void neuron_communicator_unref(neuron_communicator_t *communicator);

/** The number of this rank, from 0; 0 for NULL. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int32_t neuron_communicator_rank(const neuron_communicator_t *communicator);

/** How many ranks there are; 0 for NULL. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int32_t neuron_communicator_size(const neuron_communicator_t *communicator);

/** Waits until all ranks have made this call.
 *  @return  0; NEURON_E_ARGUMENT; what exchange() returned, here or elsewhere, if a rank is gone.
 *           No other thread may use the communicator meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_communicator_barrier(neuron_communicator_t *communicator);

/** Gives all ranks the bytes that one has.
 *  @param bytes  `size` bytes, read on rank `root` and written on all others; after a failure they
 *                hold anything there. May be NULL if `size` is 0.
 *  @param size   the same on all ranks.
 *  @param root   whose bytes they are, the same on all ranks.
 *  @return  as neuron_communicator_barrier(). No other thread may use the communicator meanwhile.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_communicator_broadcast(void *bytes, size_t size,
                                                          neuron_communicator_t *communicator,
                                                          int32_t root);

/** Gives all ranks what each of them has.
 *  @param[out] all  room for `size` bytes of each rank, in the order of ranks; after a failure it
 *                   holds anything.
 *  @param own       `size` bytes of this rank.
 *  @param size      the same on all ranks.
 *  @return  as neuron_communicator_barrier(). No other thread may use the communicator meanwhile.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_communicator_gather(void *all,
                                                       neuron_communicator_t *communicator,
                                                       const void *own, size_t size);

/** Adds numbers up over all ranks. They are added in the order of ranks, ((0 + 1) + (2 + 3)) + ...,
 *  so that all ranks have the same bytes, and the same each time.
 *  @param values  `count` numbers of this rank; the sums afterwards, or anything after a failure.
 *  @param count   0 or more, the same on all ranks.
 *  @return  as neuron_communicator_barrier(). No other thread may use the communicator meanwhile.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_communicator_sum(double *values, int64_t count,
                                                    neuron_communicator_t *communicator);

/** Gives a communicator such a sum, which trainers call that have `order=any`. All ranks have one,
 *  or none does.
 *  @param sum  NULL for none, as at first.
 *  @return  0 or NEURON_E_ARGUMENT. No other thread may use the communicator meanwhile, nor a
 *           trainer that runs. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_communicator_set_sum(neuron_communicator_t *communicator,
                                                        neuron_sum_function_t sum);

#ifdef __cplusplus
}
#endif

#endif
