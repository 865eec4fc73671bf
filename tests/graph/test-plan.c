#include "test-common.h"

#include "base/random.h"
#include "graph/plan.h"

#include <stdbool.h>

enum { BLOCKS_MAX = 60 };

static void assert_plan(const neuron_block *blocks, int32_t count, size_t arena)
{
    size_t end = 0;
    for (int32_t i = 0; i < count; i++) {
        const neuron_block *a = &blocks[i];
        ck_assert_uint_eq(a->offset % NEURON_ALIGNMENT, 0);
        end = a->offset + a->bytes > end ? a->offset + a->bytes : end;
        for (int32_t j = 0; j < i; j++) {
            const neuron_block *b = &blocks[j];
            bool together = a->first <= b->last && b->first <= a->last;
            bool shared = a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
            ck_assert_msg(!together || !shared || !a->bytes || !b->bytes,
                          "blocks %d and %d share bytes at a time", (int)i, (int)j);
        }
    }
    ck_assert_uint_eq(arena, end);
}

/* The most bytes that are in use at a time: no arena is smaller. */
static size_t busiest(const neuron_block *blocks, int32_t count)
{
    size_t most = 0;
    for (int32_t i = 0; i < count; i++) {
        size_t sum = 0; /* the busiest moment is one at which a block begins */
        for (int32_t j = 0; j < count; j++)
            if (blocks[j].first <= blocks[i].first && blocks[i].first <= blocks[j].last)
                sum += blocks[j].bytes;
        most = sum > most ? sum : most;
    }
    return most;
}

START_TEST(blocks_in_use_together_never_share_bytes)
{
    neuron_context_t *context = test_context();
    neuron_random_reader reader = neuron_random_read(1, NEURON_RANDOM_SHUFFLE, 0);
    for (int round = 0; round < 500; round++) {
        neuron_block blocks[BLOCKS_MAX];
        int32_t count = (int32_t)neuron_random_below(&reader, BLOCKS_MAX + 1);
        for (int32_t i = 0; i < count; i++) {
            int32_t first = (int32_t)neuron_random_below(&reader, 30);
            blocks[i] = (neuron_block){
                .bytes = (size_t)neuron_random_below(&reader, 2000),
                .first = first,
                .last = first + (int32_t)neuron_random_below(&reader, 10),
            };
        }
        size_t arena;
        assert_ok(neuron_plan(context, blocks, count, &arena));
        assert_plan(blocks, count, arena);
        ck_assert_uint_ge(arena, busiest(blocks, count));
    }
    neuron_context_unref(context);
}
END_TEST

/* A chain of layers, each of which reads what the one before wrote. */
static void check_chain(const size_t *bytes, int32_t count)
{
    neuron_context_t *context = test_context();
    neuron_block blocks[BLOCKS_MAX];
    for (int32_t i = 0; i < count; i++)
        blocks[i] = (neuron_block){.bytes = bytes[i], .first = i, .last = i + 1};
    size_t arena;
    assert_ok(neuron_plan(context, blocks, count, &arena));
    assert_plan(blocks, count, arena);
    ck_assert_uint_eq(arena, busiest(blocks, count));
    neuron_context_unref(context);
}

START_TEST(a_chain_needs_no_more_than_its_busiest_moment)
{
    check_chain((const size_t[]){640, 640, 640, 640, 640, 640}, 6);
    check_chain((const size_t[]){4096, 2048, 1024, 512, 64}, 5);
    check_chain((const size_t[]){64, 512, 1024, 2048, 4096}, 5);
    check_chain((const size_t[]){64, 512, 4096, 1024, 64}, 5);
    check_chain((const size_t[]){1, 63, 65, 1000}, 4);
    check_chain((const size_t[]){100}, 1);
}
END_TEST

/* Values that wait for backward, and gradients that come and go. */
START_TEST(forward_and_backward_of_a_chain)
{
    enum { LAYERS = 8 };
    neuron_context_t *context = test_context();
    neuron_block blocks[2 * LAYERS];
    for (int32_t i = 0; i < LAYERS; i++) {
        int32_t back = 2 * LAYERS - i;
        blocks[i] = (neuron_block){.bytes = 1024, .first = i, .last = back};
        blocks[LAYERS + i] = (neuron_block){.bytes = 1024, .first = back - 1, .last = back};
    }
    size_t arena;
    assert_ok(neuron_plan(context, blocks, 2 * LAYERS, &arena));
    assert_plan(blocks, 2 * LAYERS, arena);
    ck_assert_uint_eq(arena, busiest(blocks, 2 * LAYERS));
    neuron_context_unref(context);
}
END_TEST

START_TEST(nothing_needs_nothing)
{
    neuron_context_t *context = test_context();
    size_t arena = 7;
    assert_ok(neuron_plan(context, NULL, 0, &arena));
    ck_assert_uint_eq(arena, 0);
    neuron_block empty[] = {{.first = 0, .last = 3}, {.first = 1, .last = 2}};
    assert_ok(neuron_plan(context, empty, 2, &arena));
    ck_assert_uint_eq(arena, 0);
    neuron_context_unref(context);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    neuron_context_t *context = test_context();
    size_t arena;
    neuron_block one[] = {{.bytes = SIZE_MAX - 3}};
    assert_status(neuron_plan(context, one, 1, &arena), NEURON_E_MEMORY);
    assert_message("too much memory");
    neuron_block two[] = {{.bytes = SIZE_MAX / 2 + 1}, {.bytes = SIZE_MAX / 2 + 1}};
    assert_status(neuron_plan(context, two, 2, &arena), NEURON_E_MEMORY);
    assert_message("too much memory");
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan");
    TCase *tests = tcase_create("plan");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, blocks_in_use_together_never_share_bytes);
    tcase_add_test(tests, a_chain_needs_no_more_than_its_busiest_moment);
    tcase_add_test(tests, forward_and_backward_of_a_chain);
    tcase_add_test(tests, nothing_needs_nothing);
    tcase_add_test(tests, what_does_not_fit_is_refused);
    return run_suite(suite);
}
