/* Ordered sums: each rank adds up a slice of the numbers, of the blocks of all ranks, and gives it
 * to the others. So each rank sends about two times the numbers that it has, whatever the number of
 * ranks, where its parts are one block of the tree. Where all ranks have one block, and they are a
 * power of two, halves change hands with one rank after the other up the tree, and back (recursive
 * halving and doubling), which takes fewer messages; else slices go to each rank directly. */
#include "communicate/ordered-sum.h"

#include "base/checked.h"
#include "kernels/kernels.h"

#include <string.h>

/* Slices begin at whole vectors. */
enum { SLICE_MULTIPLE = NEURON_ALIGNMENT / sizeof(float) };

struct neuron_ordered_sum {
    neuron_context_t *context;
    neuron_communicator_t *communicator; /* NULL for a single rank */
    int32_t rank, ranks, parts;
    bool any;             /* by the communicator's own sum */
    int32_t *first_block; /* of each rank, and how many there are */
    neuron_part_block *blocks;
    float *received; /* a slice of each block */
    float *sent;     /* a slice of each own block, if these are several */
    float **at;      /* what is on the stack */
};

/* The numbers of the longest slice. */
static int64_t slice_length(int64_t count, int32_t ranks)
{
    return neuron_ceil_divide(neuron_ceil_divide(count, ranks), SLICE_MULTIPLE) * SLICE_MULTIPLE;
}

static int32_t own_count(const neuron_ordered_sum *sum)
{
    return sum->first_block[sum->rank + 1] - sum->first_block[sum->rank];
}

int32_t neuron_ordered_sum_blocks(const neuron_ordered_sum *sum)
{
    return own_count(sum);
}

/* The blocks of all ranks. */
static void list_blocks(neuron_ordered_sum *sum)
{
    int32_t count = 0;
    for (int32_t rank = 0; rank < sum->ranks; rank++) {
        neuron_part_stack stack = {.parts = sum->parts,
                                   .first = neuron_part_of_rank(sum->parts, rank, sum->ranks)};
        int32_t end = neuron_part_of_rank(sum->parts, rank + 1, sum->ranks);
        for (int32_t part = stack.first; part < end; part++)
            neuron_part_push(&stack, (neuron_part_block){0, part});
        sum->first_block[rank] = count;
        for (int32_t i = 0; i < stack.count; i++)
            sum->blocks[count++] = stack.blocks[i];
    }
    sum->first_block[sum->ranks] = count;
}

static int allocate(neuron_ordered_sum *sum, int64_t longest)
{
    neuron_context_t *context = sum->context;
    size_t parts = (size_t)sum->parts;
    sum->first_block = neuron_allocate(context, (size_t)sum->ranks + 1, sizeof *sum->first_block);
    sum->blocks = neuron_allocate(context, parts, sizeof *sum->blocks); /* no more than parts */
    sum->at = neuron_allocate(context, parts, sizeof *sum->at);
    if (!sum->first_block || !sum->blocks || !sum->at)
        return NEURON_E_MEMORY;
    list_blocks(sum);
    if (sum->ranks == 1 || sum->any)
        return NEURON_OK;
    size_t slice = neuron_size_of(slice_length(longest, sum->ranks), sizeof(float));
    sum->received = neuron_allocate_zero(context, (size_t)sum->first_block[sum->ranks], slice);
    if (own_count(sum) > 1)
        sum->sent = neuron_allocate(context, (size_t)own_count(sum), slice);
    return sum->received && (sum->sent || own_count(sum) == 1) ? NEURON_OK : NEURON_E_MEMORY;
}

int neuron_ordered_sum_create(neuron_ordered_sum **sum, neuron_context_t *context,
                              neuron_communicator_t *communicator, int32_t parts, bool any,
                              int64_t longest)
{
    neuron_ordered_sum *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    made->context = context;
    made->communicator = communicator;
    made->rank = neuron_rank_of(communicator);
    made->ranks = neuron_ranks_of(communicator);
    made->parts = parts;
    made->any = any;
    int status = allocate(made, longest);
    if (status < 0)
        neuron_ordered_sum_destroy(made);
    else
        *sum = made;
    return status;
}

void neuron_ordered_sum_destroy(neuron_ordered_sum *sum)
{
    if (!sum)
        return;
    neuron_release(sum->context, sum->first_block);
    neuron_release(sum->context, sum->blocks);
    neuron_release(sum->context, sum->received);
    neuron_release(sum->context, sum->sent);
    neuron_release(sum->context, sum->at);
    neuron_release(sum->context, sum);
}

/* A sum that is on. */
typedef struct sum_job {
    const neuron_ordered_sum *sum;
    float *const *blocks; /* of this rank */
    int64_t first, count, length;
} sum_job;

typedef struct slice {
    int64_t first, count;
} slice;

static slice slice_of(const sum_job *job, int32_t rank)
{
    int64_t begin = neuron_min_count(rank * job->length, job->count);
    int64_t end = neuron_min_count(begin + job->length, job->count);
    return (slice){job->first + begin, end - begin};
}

/* In each of `ranks` rounds the ranks are in pairs, but for one or two that have none. */
static int32_t peer_of(const neuron_ordered_sum *sum, int32_t round)
{
    return (round - sum->rank + sum->ranks) % sum->ranks;
}

/* What a rank is sent to add up: its slice of each own block. */
static const float *pack(const sum_job *job, slice part)
{
    const neuron_ordered_sum *sum = job->sum;
    if (own_count(sum) == 1)
        return job->blocks[0] + part.first;
    for (int32_t i = 0; i < own_count(sum); i++)
        memcpy(sum->sent + i * part.count, job->blocks[i] + part.first,
               (size_t)part.count * sizeof(float));
    return sum->sent;
}

static void collect(const sum_job *job)
{
    const neuron_ordered_sum *sum = job->sum;
    int64_t own = slice_of(job, sum->rank).count;
    for (int32_t round = 0; round < sum->ranks; round++) {
        int32_t peer = peer_of(sum, round), first = sum->first_block[peer];
        if (peer == sum->rank)
            continue;
        slice part = slice_of(job, peer);
        neuron_communicator_exchange(
            sum->communicator, peer, pack(job, part),
            (size_t)(part.count * own_count(sum)) * sizeof(float), sum->received + first * own,
            (size_t)(own * (sum->first_block[peer + 1] - first)) * sizeof(float));
    }
}

/* Adds up the own slice of all blocks, in the order of the tree. */
static const float *add_up(const sum_job *job)
{
    const neuron_ordered_sum *sum = job->sum;
    int32_t own = sum->first_block[sum->rank];
    slice part = slice_of(job, sum->rank);
    neuron_part_stack stack = {.parts = sum->parts};
    for (int32_t i = 0; i < sum->first_block[sum->ranks]; i++) {
        bool mine = i >= own && i < own + own_count(sum);
        int32_t top = stack.count;
        sum->at[top] = mine ? job->blocks[i - own] + part.first : sum->received + i * part.count;
        int32_t merges = neuron_part_push(&stack, sum->blocks[i]);
        for (; merges > 0; merges--, top--)
            sum->context->kernels->element->sum(sum->at[top - 1], sum->at[top], part.count,
                                                sum->at[top - 1]);
    }
    return sum->at[0];
}

static void hand_out(const sum_job *job)
{
    const neuron_ordered_sum *sum = job->sum;
    slice own = slice_of(job, sum->rank);
    for (int32_t round = 0; round < sum->ranks; round++) {
        int32_t peer = peer_of(sum, round);
        if (peer == sum->rank)
            continue;
        slice part = slice_of(job, peer);
        neuron_communicator_exchange(sum->communicator, peer, job->blocks[0] + own.first,
                                     (size_t)own.count * sizeof(float), job->blocks[0] + part.first,
                                     (size_t)part.count * sizeof(float));
    }
}

/* ---- By halves ---- */

static bool by_halves(const neuron_ordered_sum *sum)
{
    return (sum->ranks & (sum->ranks - 1)) == 0 && sum->first_block[sum->ranks] == sum->ranks;
}

/* The numbers of `slices` slices from the first on. */
static slice range_of(const sum_job *job, int32_t first, int32_t slices)
{
    int64_t begin = neuron_min_count(first * job->length, job->count);
    int64_t end = neuron_min_count((first + slices) * job->length, job->count);
    return (slice){job->first + begin, end - begin};
}

/* Goes up the tree: of what two neighbours have, each adds up one half, for both. Returns the slice
 * that is left. */
static int32_t add_halves(const sum_job *job)
{
    const neuron_ordered_sum *sum = job->sum;
    float *own = job->blocks[0];
    int32_t first = 0;
    for (int32_t step = 1; step < sum->ranks; step *= 2) {
        int32_t slices = sum->ranks / (2 * step), upper = (sum->rank & step) != 0;
        slice kept = range_of(job, first + upper * slices, slices);
        slice given = range_of(job, first + (1 - upper) * slices, slices);
        neuron_communicator_exchange(sum->communicator, sum->rank ^ step, own + given.first,
                                     (size_t)given.count * sizeof *own, sum->received,
                                     (size_t)kept.count * sizeof *own);
        sum->context->kernels->element->sum(own + kept.first, sum->received, kept.count,
                                            own + kept.first);
        first += upper * slices;
    }
    return first;
}

/* And down again: both give what they have. */
static void give_halves(const sum_job *job, int32_t first)
{
    const neuron_ordered_sum *sum = job->sum;
    float *own = job->blocks[0];
    for (int32_t step = sum->ranks / 2; step > 0; step /= 2) {
        int32_t slices = sum->ranks / (2 * step), upper = (sum->rank & step) != 0;
        slice given = range_of(job, first, slices);
        slice taken = range_of(job, first + (1 - 2 * upper) * slices, slices);
        neuron_communicator_exchange(sum->communicator, sum->rank ^ step, own + given.first,
                                     (size_t)given.count * sizeof *own, own + taken.first,
                                     (size_t)taken.count * sizeof *own);
        first -= upper * slices;
    }
}

void neuron_ordered_sum_run(const neuron_ordered_sum *sum, float *const *blocks, int64_t first,
                            int64_t count)
{
    const sum_job job = {sum, blocks, first, count, slice_length(count, sum->ranks)};
    if (sum->ranks == 1)
        return; /* a single rank has one block, the root */
    if (sum->any) {
        neuron_communicator_add(sum->communicator, blocks[0] + first, count);
        return;
    }
    if (by_halves(sum)) {
        give_halves(&job, add_halves(&job));
        return;
    }
    collect(&job);
    slice own = slice_of(&job, sum->rank);
    const float *sums = add_up(&job);
    float *to = blocks[0] + own.first;
    if (sums != to)
        memcpy(to, sums, (size_t)own.count * sizeof *to);
    hand_out(&job);
}
