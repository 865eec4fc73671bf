#include "test-common.h"

#include "base/checked.h"
#include "base/shape.h"

START_TEST(a_shape_is_counted_and_written)
{
    neuron_shape shape;
    char text[NEURON_SHAPE_TEXT];
    assert_ok(neuron_shape_set(&shape, (const int64_t[]){28, 28, 1}, 3, 1, "test"));
    ck_assert_int_eq(neuron_shape_count(&shape), 784);
    ck_assert_str_eq(neuron_shape_text(&shape, text), "28x28x1");
    assert_ok(neuron_shape_set(&shape, NULL, 0, 1, "test"));
    ck_assert_int_eq(neuron_shape_count(&shape), 1);
    ck_assert_str_eq(neuron_shape_text(&shape, text), "scalar");
    assert_ok(neuron_shape_set(&shape, (const int64_t[]){0, 5}, 2, 0, "test"));
    ck_assert_int_eq(neuron_shape_count(&shape), 0);
}
END_TEST

START_TEST(a_bad_shape_is_refused_and_nothing_changes)
{
    neuron_shape shape = {.rank = 1, .extent = {3}};
    int64_t ones[NEURON_RANK_MAX + 1] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    assert_status(neuron_shape_set(&shape, ones, -1, 1, "who"), NEURON_E_ARGUMENT);
    assert_message("who: rank is -1");
    assert_status(neuron_shape_set(&shape, ones, NEURON_RANK_MAX + 1, 1, "who"), NEURON_E_ARGUMENT);
    assert_message("rank is 9");
    assert_status(neuron_shape_set(&shape, NULL, 1, 1, "who"), NEURON_E_ARGUMENT);
    assert_message("shape is NULL");
    assert_status(neuron_shape_set(&shape, (const int64_t[]){4, 0}, 2, 1, "who"),
                  NEURON_E_ARGUMENT);
    assert_message("shape[1] is 0; it must be 1 or more");
    assert_status(neuron_shape_set(&shape, (const int64_t[]){-1}, 1, 0, "who"), NEURON_E_ARGUMENT);
    assert_message("shape[0] is -1; it must be 0 or more");
    ck_assert_int_eq(shape.rank, 1);
    ck_assert_int_eq(shape.extent[0], 3);
}
END_TEST

START_TEST(a_product_that_does_not_fit_is_refused)
{
    neuron_shape shape;
    static const int64_t large[][3] = {
        {INT64_MAX, 1, 1},
        {INT64_MAX, INT64_MAX, INT64_MAX},
        {(int64_t)1 << 32, (int64_t)1 << 32, 1},
        {(int64_t)1 << 40, 2, 1},
        {(int64_t)1 << 20, (int64_t)1 << 20, 2},
    };
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        assert_status(neuron_shape_set(&shape, large[i], 3, 1, "who"), NEURON_E_ARGUMENT);
        assert_message("who: more than");
    }
}
END_TEST

START_TEST(equal_shapes_are_equal)
{
    neuron_shape a = {.rank = 2, .extent = {2, 3, 7}}, b = {.rank = 2, .extent = {2, 3, 8}};
    ck_assert(neuron_shape_equal(&a, &b));
    b.extent[1] = 4;
    ck_assert(!neuron_shape_equal(&a, &b));
    b = a;
    b.rank = 3;
    ck_assert(!neuron_shape_equal(&a, &b));
}
END_TEST

START_TEST(a_shape_is_copied_out)
{
    neuron_shape shape = {.rank = 2, .extent = {2, 3}};
    int64_t extents[NEURON_RANK_MAX] = {9, 9, 9};
    int32_t rank;
    neuron_shape_get(&shape, extents, &rank);
    ck_assert_int_eq(rank, 2);
    ck_assert_int_eq(extents[0], 2);
    ck_assert_int_eq(extents[1], 3);
    ck_assert_int_eq(extents[2], 9);
}
END_TEST

START_TEST(the_longest_text_has_room)
{
    neuron_shape shape = {.rank = NEURON_RANK_MAX};
    for (int i = 0; i < NEURON_RANK_MAX; i++)
        shape.extent[i] = INT64_MAX;
    char text[NEURON_SHAPE_TEXT];
    size_t length = strlen(neuron_shape_text(&shape, text));
    ck_assert_uint_eq(length, NEURON_RANK_MAX * 19 + NEURON_RANK_MAX - 1);
}
END_TEST

START_TEST(arithmetic_on_sizes_tells_when_it_does_not_fit)
{
    size_t size;
    int64_t count;
    ck_assert(neuron_multiply_size(6, 7, &size) && size == 42);
    ck_assert(!neuron_multiply_size(SIZE_MAX, 2, &size));
    ck_assert(neuron_add_size(6, 7, &size) && size == 13);
    ck_assert(!neuron_add_size(SIZE_MAX, 1, &size));
    ck_assert(neuron_multiply_count(6, 7, &count) && count == 42);
    ck_assert(!neuron_multiply_count(INT64_MAX, 2, &count));
    ck_assert_int_eq(neuron_min_count(3, 2), 2);
    ck_assert_int_eq(neuron_ceil_divide(7, 3), 3);
    ck_assert_int_eq(neuron_ceil_divide(6, 3), 2);
    ck_assert_int_eq(neuron_ceil_divide(0, 3), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shape");
    TCase *tests = tcase_create("shape");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_shape_is_counted_and_written);
    tcase_add_test(tests, a_bad_shape_is_refused_and_nothing_changes);
    tcase_add_test(tests, a_product_that_does_not_fit_is_refused);
    tcase_add_test(tests, equal_shapes_are_equal);
    tcase_add_test(tests, a_shape_is_copied_out);
    tcase_add_test(tests, the_longest_text_has_room);
    tcase_add_test(tests, arithmetic_on_sizes_tells_when_it_does_not_fit);
    return run_suite(suite);
}
