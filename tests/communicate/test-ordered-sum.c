/* Ordered sums: the same bytes for any number of ranks, equal to a tree that is walked plainly. */
#include "test-ranks.h"

#include "communicate/ordered-sum.h"

enum { COUNT = 1000, PARTS_MOST = 16 };

/* Numbers of which each sum rounds. */
static float number(int32_t part, int64_t i)
{
    uint32_t mixed = ((uint32_t)i * 16 + (uint32_t)part + 1) * 2654435761u;
    return (float)(mixed >> 8) * 0x1p-12f - 2000;
}

/* The sum of parts first ... first + count - 1: halves, the first of which is a power of two. */
static float plain_sum(int32_t first, int32_t count, int64_t i)
{
    int32_t half = 1;
    if (count == 1)
        return number(first, i);
    while (2 * half < count)
        half *= 2;
    return plain_sum(first, half, i) + plain_sum(first + half, count - half, i);
}

/* What a training does: adds parts up as they come, then has the rest done. */
static void sum_parts(test_rank *own)
{
    int32_t parts = *(int32_t *)own->user_data, ranks = own->all->size;
    int32_t first = neuron_part_of_rank(parts, own->rank, ranks);
    int32_t end = neuron_part_of_rank(parts, own->rank + 1, ranks);
    float *blocks[PARTS_MOST];
    for (int32_t i = 0; i < PARTS_MOST; i++)
        blocks[i] = aligned_alloc(64, (COUNT * sizeof(float) + 63) / 64 * 64);
    neuron_part_stack stack = {.parts = parts, .first = first};
    for (int32_t part = first; part < end; part++) {
        int32_t top = stack.count;
        for (int64_t i = 0; i < COUNT; i++)
            blocks[top][i] = number(part, i);
        int32_t merges = neuron_part_push(&stack, (neuron_part_block){0, part});
        for (; merges > 0; merges--, top--)
            for (int64_t i = 0; i < COUNT; i++)
                blocks[top - 1][i] += blocks[top][i];
    }
    neuron_ordered_sum *sum;
    assert_ok(
        neuron_ordered_sum_create(&sum, own->context, own->communicator, parts, false, COUNT));
    ck_assert_int_eq(neuron_ordered_sum_blocks(sum), stack.count);
    const int64_t ranges[] = {0, 16, 17, 48, 112, COUNT}; /* in pieces of any length */
    for (int32_t i = 0; i < 5; i++)
        neuron_ordered_sum_run(sum, blocks, ranges[i], ranges[i + 1] - ranges[i]);
    neuron_ordered_sum_destroy(sum);
    for (int64_t i = 0; i < COUNT; i++)
        assert_that(blocks[0][i] == plain_sum(0, parts, i), "number %d of %d parts, %d ranks",
                    (int)i, (int)parts, (int)ranks);
    for (int32_t i = 0; i < PARTS_MOST; i++)
        free(blocks[i]);
}

START_TEST(any_number_of_ranks)
{
    for (int32_t parts = 1; parts <= PARTS_MOST; parts++)
        for (int32_t ranks = 1; ranks <= parts; ranks++) {
            test_ranks all = {.size = ranks, .work = sum_parts, .user_data = &parts, .dying = -1};
            test_run_ranks(&all);
        }
}
END_TEST

/* Where each rank has one block, it sends about two times what it has, for any number of ranks. */
START_TEST(bytes_sent)
{
    for (int32_t ranks = 2; ranks <= 16; ranks *= 2) {
        int32_t parts = 16;
        test_ranks all = {.size = ranks, .work = sum_parts, .user_data = &parts, .dying = -1};
        test_run_ranks(&all);
        double each = (double)atomic_load(&all.sent) / ranks / (COUNT * sizeof(float));
        assert_that(each > 0.9 && each < 2.1, "%g times by each of %d", each, (int)ranks);
        long rounds = 0;
        for (int32_t i = 1; i < ranks; i *= 2)
            rounds++;
        ck_assert_int_eq(atomic_load(&all.exchanges), 5 * 2 * rounds); /* of five sums */
    }
}
END_TEST

START_TEST(little_memory)
{
    test_memory memory = {.left = 1000, .live = 0};
    neuron_context_t *context = test_limited_context(&memory);
    test_rank rank = {.rank = 0};
    neuron_communicator_t *c;
    neuron_ordered_sum *sum;
    assert_ok(neuron_communicator_create(&c, context, 1, 3, test_exchange, &rank, NULL));
    WITH_LITTLE_MEMORY(&memory, neuron_ordered_sum_create(&sum, context, c, 8, false, COUNT));
    ck_assert_int_eq(neuron_ordered_sum_blocks(sum), 2); /* 2 and 3, 4 */
    neuron_ordered_sum_destroy(sum);
    neuron_communicator_unref(c);
    neuron_context_unref(context);
    ck_assert_int_eq(atomic_load(&memory.live), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ordered-sum");
    TCase *tests = tcase_create("ordered-sum");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, any_number_of_ranks);
    tcase_add_test(tests, bytes_sent);
    tcase_add_test(tests, little_memory);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
