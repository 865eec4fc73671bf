/* The sort of the library: everything is there and in order, in few comparisons, and nothing beside
 * it is touched. */
#include "test-common.h"

#include "base/random.h"
#include "base/sort.h"

#include <math.h>

enum { LARGE = 20000 };

typedef struct item {
    float key;
    int32_t number;
    char rest[12];
} item;

static int64_t comparisons;

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    comparisons++;
    return (x > y) - (x < y);
}

/* More than quicksort alone takes for what is in a bad order. */
static int64_t most(int64_t count)
{
    int64_t all = 100;
    for (int64_t k = count; k > 0; k /= 2)
        all += 4 * count;
    return all;
}

typedef enum orders { ANY, FEW, RISING, FALLING, UP_AND_DOWN, SAME, ORDERS } orders;

static float key_of(orders order, int32_t i, int32_t count, neuron_random_reader *reader)
{
    switch (order) {
    case ANY:
        return (float)(neuron_random_next(reader) >> 8);
    case FEW:
        return (float)(neuron_random_next(reader) % 8);
    case RISING:
        return (float)i;
    case FALLING:
        return (float)-i;
    case UP_AND_DOWN:
        return (float)(i < count / 2 ? i : count - i);
    default:
        return 1;
    }
}

static void check_items(orders order, int32_t count)
{
    neuron_random_reader reader = neuron_random_read(1, NEURON_RANDOM_SHUFFLE, (uint32_t)count);
    item *items = calloc((size_t)count + 2, sizeof *items);
    float *keys = calloc((size_t)count + 1, sizeof *keys);
    char *seen = calloc((size_t)count + 1, 1);
    for (int32_t i = 0; i < count; i++) {
        keys[i] = key_of(order, i, count, &reader);
        items[i + 1] = (item){keys[i], i, "12345678901"};
    }
    const item before = items[0], after = items[count + 1];
    comparisons = 0;
    neuron_sort(items + 1, (size_t)count, sizeof *items, compare);
    ck_assert_int_le(comparisons, most(count));
    for (int32_t i = 1; i <= count; i++) {
        ck_assert(i == 1 || items[i - 1].key <= items[i].key);
        ck_assert(!seen[items[i].number]);
        seen[items[i].number] = 1;
        ck_assert(items[i].key == keys[items[i].number]);
        ck_assert_str_eq(items[i].rest, "12345678901");
    }
    ck_assert_mem_eq(&items[0], &before, sizeof before);
    ck_assert_mem_eq(&items[count + 1], &after, sizeof after);
    neuron_sort(keys, (size_t)count, sizeof *keys, compare);
    for (int32_t i = 0; i < count; i++)
        ck_assert(keys[i] == items[i + 1].key);
    free(items);
    free(keys);
    free(seen);
}

START_TEST(all_are_there_and_in_order)
{
    for (int order = 0; order < ORDERS; order++) {
        for (int32_t count = 0; count < 70; count++)
            check_items((orders)order, count);
        check_items((orders)order, 1000);
        check_items((orders)order, LARGE);
    }
    neuron_sort(NULL, 0, sizeof(float), compare);
}
END_TEST

/* An opponent that says what is worst for quicksort: numbers are given out as they are compared, so
 * that each median is among the lowest (McIlroy, 1999). */
static int32_t values[LARGE], given, candidate;

static int compare_worst(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    comparisons++;
    if (values[x] == LARGE && values[y] == LARGE)
        values[x == candidate ? x : y] = given++;
    if (values[x] == LARGE)
        candidate = x;
    else if (values[y] == LARGE)
        candidate = y;
    return (values[x] > values[y]) - (values[x] < values[y]);
}

START_TEST(the_worst_order_takes_few_comparisons)
{
    int32_t *numbers = calloc(LARGE, sizeof *numbers);
    for (int32_t i = 0; i < LARGE; i++) {
        numbers[i] = i;
        values[i] = LARGE;
    }
    given = candidate = 0;
    comparisons = 0;
    neuron_sort(numbers, LARGE, sizeof *numbers, compare_worst);
    ck_assert_int_le(comparisons, most(LARGE));
    for (int32_t i = 1; i < LARGE; i++)
        ck_assert(values[numbers[i - 1]] <= values[numbers[i]]);
    free(numbers);
}
END_TEST

/* What is not a number compares as equal to everything: any order, but no number is lost. */
START_TEST(nothing_is_lost_where_comparisons_contradict)
{
    neuron_random_reader reader = neuron_random_read(1, NEURON_RANDOM_SHUFFLE, 0);
    enum { COUNT = 5000 };
    float keys[COUNT + 2];
    double sum = 0;
    int broken = 0;
    for (int i = 0; i < COUNT + 2; i++) {
        uint32_t number = neuron_random_next(&reader) >> 20;
        keys[i] = number % 3 == 0 ? NAN : (float)number;
        if (i > 0 && i <= COUNT) {
            broken += number % 3 == 0;
            sum += number % 3 == 0 ? 0 : number;
        }
    }
    keys[0] = 1e9f;
    keys[COUNT + 1] = -1e9f;
    neuron_sort(keys + 1, COUNT, sizeof *keys, compare);
    ck_assert(keys[0] == 1e9f && keys[COUNT + 1] == -1e9f);
    for (int i = 1; i <= COUNT; i++) {
        broken -= isnan(keys[i]) != 0;
        sum -= isnan(keys[i]) ? 0 : (double)keys[i];
    }
    ck_assert_int_eq(broken, 0);
    ck_assert(sum == 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sort");
    TCase *tests = tcase_create("sort");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, all_are_there_and_in_order);
    tcase_add_test(tests, the_worst_order_takes_few_comparisons);
    tcase_add_test(tests, nothing_is_lost_where_comparisons_contradict);
    return run_suite(suite);
}
