/* Sums of gradients: see gradient-sums.h. A part's gradient is added to the block of parts that it
 * completes while it is in the cache; there are as many arrays of all gradients as there may be
 * blocks at a time, about the logarithm of the number of parts. */
#include "train/parallel/gradient-sums.h"

#include "communicate/ordered-sum.h"
#include "kernels/kernels.h"
#include "train/parallel/sum-queue.h"

#include <string.h>

/* Where the gradient of a part goes: to the block behind `blocks` others, of which the last
 * `merges` are then complete with it. */
typedef struct part_place {
    int32_t blocks, merges;
} part_place;

struct neuron_gradient_sums {
    neuron_context_t *context;
    part_place *places;                    /* of each part of this rank */
    float *blocks[NEURON_PART_BLOCKS_MAX]; /* the first is the caller's */
    neuron_ordered_sum *ordered;
    neuron_sum_queue *queue; /* NULL for sums that are made at once */
};

/* Returns how many blocks there may be at a time that are written down. */
static int32_t set_places(neuron_gradient_sums *sums, const neuron_parts_settings *settings)
{
    int32_t first = neuron_parts_first(settings), end = neuron_parts_end(settings), most = 1;
    neuron_part_stack stack = {.parts = settings->parts, .first = first};
    for (int32_t part = first; part < end; part++) {
        part_place *place = &sums->places[part - first];
        place->blocks = stack.count;
        place->merges = neuron_part_push(&stack, (neuron_part_block){0, part});
        most = stack.count > most ? stack.count : most;
    }
    return most;
}

static int allocate(neuron_gradient_sums *sums, const neuron_parts_settings *settings,
                    int64_t count, int64_t longest, int64_t buckets)
{
    neuron_context_t *context = sums->context;
    int32_t parts = neuron_parts_end(settings) - neuron_parts_first(settings);
    sums->places = neuron_allocate(context, neuron_size(parts), sizeof *sums->places);
    if (!sums->places)
        return NEURON_E_MEMORY;
    int32_t blocks = set_places(sums, settings);
    for (int32_t i = 1; i < blocks; i++) {
        sums->blocks[i] = neuron_allocate_zero(context, neuron_size(count), sizeof(float));
        if (!sums->blocks[i])
            return NEURON_E_MEMORY;
    }
    RETURN_IF_ERROR(neuron_ordered_sum_create(&sums->ordered, context, settings->communicator,
                                              settings->parts, settings->any, longest));
    return settings->overlaps ? neuron_sum_queue_create(&sums->queue, context, sums->ordered,
                                                        sums->blocks, buckets)
                              : NEURON_OK;
}

int neuron_gradient_sums_create(neuron_gradient_sums **sums, neuron_context_t *context,
                                const neuron_parts_settings *settings, float *gradients,
                                int64_t count, int64_t longest, int64_t buckets)
{
    neuron_gradient_sums *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    made->context = context;
    made->blocks[0] = gradients;
    int status = allocate(made, settings, count, longest, buckets);
    if (status < 0)
        neuron_gradient_sums_destroy(made);
    else
        *sums = made;
    return status;
}

void neuron_gradient_sums_destroy(neuron_gradient_sums *sums)
{
    if (!sums)
        return;
    neuron_sum_queue_destroy(sums->queue); /* before what it works with */
    for (int32_t i = 1; i < NEURON_PART_BLOCKS_MAX; i++)
        neuron_release(sums->context, sums->blocks[i]);
    neuron_release(sums->context, sums->places);
    neuron_ordered_sum_destroy(sums->ordered);
    neuron_release(sums->context, sums);
}

void neuron_gradient_sums_take(const neuron_gradient_sums *sums, int64_t part, int64_t first,
                               const float *gradient, int64_t count)
{
    part_place place = sums->places[part];
    float *const *block = &sums->blocks[place.blocks];
    neuron_sum_kernel *sum = sums->context->kernels->element->sum;
    if (place.merges == 0) {
        memcpy(block[0] + first, gradient, (size_t)count * sizeof *gradient);
        return;
    }
    sum(block[-1] + first, gradient, count, block[-1] + first);
    for (int32_t i = 1; i < place.merges; i++)
        sum(block[-i - 1] + first, block[-i] + first, count, block[-i - 1] + first);
}

void neuron_gradient_sums_take_none(const neuron_gradient_sums *sums, int64_t part, int64_t first,
                                    int64_t count)
{
    static const float zeros[64];
    enum { ZEROS = sizeof zeros / sizeof *zeros };
    for (int64_t i = 0; i < count; i += ZEROS)
        neuron_gradient_sums_take(sums, part, first + i, zeros, neuron_min_count(ZEROS, count - i));
}

void neuron_gradient_sums_add_ranks(neuron_gradient_sums *sums,
                                    const neuron_gradient_bucket *bucket)
{
    if (neuron_sum_queue_works(sums->queue))
        neuron_sum_queue_add(sums->queue, (neuron_sum_range){bucket->first, bucket->count});
    else
        neuron_ordered_sum_run(sums->ordered, sums->blocks, bucket->first, bucket->count);
}

void neuron_gradient_sums_wait(neuron_gradient_sums *sums)
{
    if (neuron_sum_queue_works(sums->queue))
        neuron_sum_queue_wait(sums->queue);
}
