#include "test-common.h"

#include "base/random.h"

#include <math.h>

/* The known answers of Philox4x32-10 in the file kat_vectors of Random123. The counter is {index
 * low, index high, stream, use}, the key {seed low, seed high}. */
START_TEST(blocks_are_the_published_ones)
{
    static const struct {
        uint64_t index;
        uint32_t stream, use;
        uint64_t seed;
        uint32_t numbers[4];
    } known[] = {
        {0, 0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {UINT64_MAX,
         UINT32_MAX,
         UINT32_MAX,
         UINT64_MAX,
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {0x85a308d3243f6a88,
         0x13198a2e,
         0x03707344,
         0x299f31d0a4093822,
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        neuron_random random = {
            .seed = known[i].seed, .stream = known[i].stream, .use = known[i].use};
        uint32_t numbers[4];
        neuron_random_block(&random, known[i].index, numbers);
        for (int k = 0; k < 4; k++)
            ck_assert_uint_eq(numbers[k], known[i].numbers[k]);
    }
}
END_TEST

START_TEST(a_reader_walks_along_the_blocks)
{
    neuron_random_reader reader = neuron_random_read(7, NEURON_RANDOM_SHUFFLE, 3);
    neuron_random random = {.seed = 7, .stream = 3, .use = NEURON_RANDOM_SHUFFLE};
    for (uint64_t index = 0; index < 3; index++) {
        uint32_t numbers[4];
        neuron_random_block(&random, index, numbers);
        for (int k = 0; k < 4; k++)
            ck_assert_uint_eq(neuron_random_next(&reader), numbers[k]);
    }
}
END_TEST

START_TEST(sequences_differ)
{
    neuron_random_reader a = neuron_random_read(7, NEURON_RANDOM_SHUFFLE, 3);
    neuron_random_reader others[] = {neuron_random_read(8, NEURON_RANDOM_SHUFFLE, 3),
                                     neuron_random_read(7, NEURON_RANDOM_DROPOUT, 3),
                                     neuron_random_read(7, NEURON_RANDOM_SHUFFLE, 4)};
    uint32_t first = neuron_random_next(&a);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_uint_ne(neuron_random_next(&others[i]), first);
}
END_TEST

/* Bounds of the moments are six standard errors; the draws are always the same. */
START_TEST(uniform_numbers_are_uniform)
{
    neuron_random_reader reader = neuron_random_read(1, NEURON_RANDOM_INITIALIZE, 0);
    enum { DRAWS = 100000 };
    double sum = 0, squares = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = neuron_random_uniform(&reader);
        ck_assert(x >= 0 && x < 1);
        sum += x;
        squares += x * x;
    }
    ck_assert_double_eq_tol(sum / DRAWS, 0.5, 6 * sqrt(1.0 / 12 / DRAWS));
    ck_assert_double_eq_tol(squares / DRAWS, 1.0 / 3, 6 * sqrt(4.0 / 45 / DRAWS));
    ck_assert_float_eq(neuron_random_float(0), 0);
    ck_assert(neuron_random_float(UINT32_MAX) < 1);
}
END_TEST

START_TEST(normal_numbers_are_normal)
{
    neuron_random_reader reader = neuron_random_read(1, NEURON_RANDOM_INITIALIZE, 1);
    enum { DRAWS = 100000 };
    double sum = 0, squares = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = neuron_random_normal(&reader);
        ck_assert(isfinite(x));
        sum += x;
        squares += x * x;
    }
    ck_assert_double_eq_tol(sum / DRAWS, 0, 6 * sqrt(1.0 / DRAWS));
    ck_assert_double_eq_tol(squares / DRAWS, 1, 6 * sqrt(2.0 / DRAWS));
}
END_TEST

START_TEST(numbers_below_a_limit_cover_it)
{
    neuron_random_reader reader = neuron_random_read(1, NEURON_RANDOM_SPLIT, 0);
    for (int i = 0; i < 10; i++)
        ck_assert_uint_eq(neuron_random_below(&reader, 1), 0);
    int counts[7] = {0};
    enum { DRAWS = 70000 };
    for (int i = 0; i < DRAWS; i++) {
        uint64_t number = neuron_random_below(&reader, 7);
        ck_assert_uint_lt(number, 7);
        counts[number]++;
    }
    for (int k = 0; k < 7; k++)
        ck_assert_double_eq_tol(counts[k], 10000, 6 * sqrt(10000.0));
    for (int i = 0; i < 100; i++)
        ck_assert_uint_lt(neuron_random_below(&reader, UINT64_MAX), UINT64_MAX);
}
END_TEST

START_TEST(a_shuffle_keeps_every_number)
{
    enum { COUNT = 1000 };
    int64_t order[COUNT], seen[COUNT] = {0};
    int moved = 0;
    for (int i = 0; i < COUNT; i++)
        order[i] = i;
    neuron_random_reader reader = neuron_random_read(1, NEURON_RANDOM_SHUFFLE, 0);
    neuron_random_shuffle(&reader, order, COUNT);
    for (int i = 0; i < COUNT; i++) {
        ck_assert(order[i] >= 0 && order[i] < COUNT);
        ck_assert_int_eq(seen[order[i]]++, 0);
        moved += order[i] != i;
    }
    ck_assert_int_gt(moved, COUNT / 2);
    neuron_random_shuffle(&reader, NULL, 0);
    neuron_random_shuffle(&reader, order, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random");
    TCase *tests = tcase_create("random");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, blocks_are_the_published_ones);
    tcase_add_test(tests, a_reader_walks_along_the_blocks);
    tcase_add_test(tests, sequences_differ);
    tcase_add_test(tests, uniform_numbers_are_uniform);
    tcase_add_test(tests, normal_numbers_are_normal);
    tcase_add_test(tests, numbers_below_a_limit_cover_it);
    tcase_add_test(tests, a_shuffle_keeps_every_number);
    return run_suite(suite);
}
