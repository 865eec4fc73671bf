#include "test-common.h"

#include <math.h>

#include "base/tensor.h"

static const int64_t shape[] = {2, 3};

static const int32_t types[] = {NEURON_TYPE_F32, NEURON_TYPE_U8, NEURON_TYPE_I32, NEURON_TYPE_I64};

START_TEST(a_new_tensor_is_zero)
{
    neuron_context_t *context = test_context();
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        neuron_tensor_t *tensor;
        assert_ok(neuron_tensor_create(&tensor, context, types[i], shape, 2));
        ck_assert_int_eq(neuron_tensor_type(tensor), types[i]);
        ck_assert_int_eq(neuron_tensor_rank(tensor), 2);
        ck_assert_int_eq(neuron_tensor_extent(tensor, 0), 2);
        ck_assert_int_eq(neuron_tensor_extent(tensor, 1), 3);
        ck_assert_int_eq(neuron_tensor_count(tensor), 6);
        ck_assert_ptr_eq(neuron_tensor_data(tensor), neuron_tensor_data_const(tensor));
        const unsigned char *bytes = neuron_tensor_data_const(tensor);
        for (size_t k = 0; k < 6 * neuron_type_size(types[i]); k++)
            ck_assert_int_eq(bytes[k], 0);
        neuron_tensor_unref(tensor);
    }
    neuron_context_unref(context);
}
END_TEST

START_TEST(scalars_and_empty_tensors_are_tensors)
{
    neuron_context_t *context = test_context();
    neuron_tensor_t *tensor;
    assert_ok(neuron_tensor_create(&tensor, context, NEURON_TYPE_F32, NULL, 0));
    ck_assert_int_eq(neuron_tensor_count(tensor), 1);
    ck_assert_int_eq(neuron_tensor_rank(tensor), 0);
    neuron_tensor_unref(tensor);
    assert_ok(neuron_tensor_create(&tensor, context, NEURON_TYPE_F32, (const int64_t[]){0, 4}, 2));
    ck_assert_int_eq(neuron_tensor_count(tensor), 0);
    neuron_tensor_unref(tensor);
    assert_ok(
        neuron_tensor_wrap(&tensor, context, NEURON_TYPE_F32, (const int64_t[]){0, 4}, 2, NULL));
    neuron_tensor_unref(tensor);
    assert_ok(
        neuron_tensor_copy(&tensor, context, NEURON_TYPE_F32, (const int64_t[]){0, 4}, 2, NULL));
    neuron_tensor_unref(tensor);
    neuron_context_unref(context);
}
END_TEST

START_TEST(a_bad_description_is_refused)
{
    neuron_context_t *context = test_context();
    static const struct {
        int32_t type;
        int64_t extents[2];
        int32_t rank;
        const char *message;
    } bad[] = {
        {0, {2, 3}, 2, "tensor: type is 0; it must be f32 (10), u8 (20), i32 (30), i64 (40)"},
        {11, {2, 3}, 2, "type is 11; it must be f32 (10)"},
        {NEURON_TYPE_F32, {2, -3}, 2, "shape[1] is -3"},
        {NEURON_TYPE_F32, {2, 3}, -1, "rank is -1"},
        {NEURON_TYPE_F32, {2, 3}, 9, "rank is 9"},
        {NEURON_TYPE_F32, {INT64_MAX, INT64_MAX}, 2, "more than"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        neuron_tensor_t *tensor = (neuron_tensor_t *)context;
        assert_status(
            neuron_tensor_create(&tensor, context, bad[i].type, bad[i].extents, bad[i].rank),
            NEURON_E_ARGUMENT);
        assert_message(bad[i].message);
        ck_assert_ptr_null(tensor);
    }
    neuron_context_unref(context);
}
END_TEST

START_TEST(copy_is_apart_and_borrow_is_not)
{
    neuron_context_t *context = test_context();
    float numbers[6] = {1, 2, 3, 4, 5, 6};
    neuron_tensor_t *copy, *borrow;
    assert_ok(neuron_tensor_copy(&copy, context, NEURON_TYPE_F32, shape, 2, numbers));
    assert_ok(neuron_tensor_wrap(&borrow, context, NEURON_TYPE_F32, shape, 2, numbers));
    numbers[0] = 7;
    ck_assert_ptr_ne(neuron_tensor_data(copy), numbers);
    ck_assert_ptr_eq(neuron_tensor_data(borrow), numbers);
    ck_assert_float_eq(((float *)neuron_tensor_data(copy))[0], 1);
    ((float *)neuron_tensor_data(borrow))[1] = 8;
    ck_assert_float_eq(numbers[1], 8);
    neuron_tensor_unref(copy);
    neuron_tensor_unref(borrow);
    ck_assert_float_eq(numbers[5], 6);
    neuron_context_unref(context);
}
END_TEST

static void destroy(void *user_data)
{
    ++*(int *)user_data;
}

START_TEST(owned_memory_is_destroyed_once)
{
    neuron_context_t *context = test_context();
    float numbers[6] = {0};
    int seen = 0;
    neuron_tensor_t *tensor;
    assert_ok(neuron_tensor_wrap(&tensor, context, NEURON_TYPE_F32, shape, 2, numbers));
    assert_ok(neuron_tensor_set_destroy(tensor, &seen, destroy));
    assert_status(neuron_tensor_set_destroy(tensor, &seen, destroy), NEURON_E_STATE);
    assert_message("tensor: the memory has been handed over already");
    ck_assert_ptr_eq(neuron_tensor_data(tensor), numbers);
    ck_assert_ptr_eq(neuron_tensor_ref(tensor), tensor);
    neuron_tensor_unref(tensor);
    ck_assert_int_eq(seen, 0);
    neuron_tensor_unref(tensor);
    ck_assert_int_eq(seen, 1);

    float *own = calloc(6, sizeof *own);
    ck_assert_ptr_nonnull(own);
    assert_ok(neuron_tensor_wrap(&tensor, context, NEURON_TYPE_F32, shape, 2, own));
    assert_ok(neuron_tensor_set_destroy(tensor, own, free));
    neuron_tensor_unref(tensor);
    neuron_context_unref(context);
}
END_TEST

START_TEST(memory_stays_with_the_caller_on_failure)
{
    neuron_context_t *context = test_context();
    float numbers[6] = {0};
    neuron_tensor_t *tensor;
    int seen = 0;
    assert_status(neuron_tensor_wrap(NULL, context, NEURON_TYPE_F32, shape, 2, numbers),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_tensor_copy(NULL, context, NEURON_TYPE_F32, shape, 2, numbers),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_tensor_wrap(&tensor, NULL, NEURON_TYPE_F32, shape, 2, numbers),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_tensor_wrap(&tensor, context, 99, shape, 2, numbers), NEURON_E_ARGUMENT);
    assert_status(neuron_tensor_copy(&tensor, context, 99, shape, 2, numbers), NEURON_E_ARGUMENT);
    assert_status(neuron_tensor_wrap(&tensor, context, NEURON_TYPE_F32, shape, 2, NULL),
                  NEURON_E_ARGUMENT);
    assert_message("data is NULL");
    ck_assert_ptr_null(tensor);
    tensor = (neuron_tensor_t *)context;
    assert_status(neuron_tensor_copy(&tensor, context, NEURON_TYPE_F32, shape, 2, NULL),
                  NEURON_E_ARGUMENT);
    assert_message("data is NULL");
    ck_assert_ptr_null(tensor);
    assert_ok(neuron_tensor_copy(&tensor, context, NEURON_TYPE_F32, shape, 2, numbers));
    assert_status(neuron_tensor_set_destroy(tensor, &seen, destroy), NEURON_E_STATE);
    assert_message("tensor: the memory is its own, not the caller's");
    neuron_tensor_unref(tensor);
    assert_ok(neuron_tensor_wrap(&tensor, context, NEURON_TYPE_F32, shape, 2, numbers));
    assert_status(neuron_tensor_set_destroy(tensor, &seen, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_tensor_set_destroy(NULL, &seen, destroy), NEURON_E_ARGUMENT);
    neuron_tensor_unref(tensor);
    ck_assert_int_eq(seen, 0);
    neuron_context_unref(context);
}
END_TEST

START_TEST(null_is_refused_or_passed_over)
{
    neuron_context_t *context = test_context();
    neuron_tensor_t *tensor = (neuron_tensor_t *)context;
    assert_status(neuron_tensor_create(NULL, context, NEURON_TYPE_F32, shape, 2),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_tensor_create(&tensor, NULL, NEURON_TYPE_F32, shape, 2),
                  NEURON_E_ARGUMENT);
    ck_assert_ptr_null(tensor);
    assert_status(neuron_tensor_create(&tensor, context, NEURON_TYPE_F32, NULL, 2),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_tensor_copy(&tensor, context, NEURON_TYPE_F32, shape, 2, NULL),
                  NEURON_E_ARGUMENT);
    ck_assert_ptr_null(neuron_tensor_ref(NULL));
    neuron_tensor_unref(NULL);
    ck_assert_int_eq(neuron_tensor_type(NULL), 0);
    ck_assert_int_eq(neuron_tensor_rank(NULL), 0);
    ck_assert_int_eq(neuron_tensor_extent(NULL, 0), 0);
    ck_assert_int_eq(neuron_tensor_count(NULL), 0);
    ck_assert_ptr_null(neuron_tensor_data(NULL));
    ck_assert_ptr_null(neuron_tensor_data_const(NULL));
    assert_ok(neuron_tensor_create(&tensor, context, NEURON_TYPE_F32, shape, 2));
    ck_assert_int_eq(neuron_tensor_extent(tensor, -1), 0);
    ck_assert_int_eq(neuron_tensor_extent(tensor, 2), 0);
    neuron_tensor_unref(tensor);
    neuron_context_unref(context);
}
END_TEST

START_TEST(a_tensor_keeps_its_context)
{
    neuron_context_t *context = test_context();
    neuron_tensor_t *tensor;
    assert_ok(neuron_tensor_create(&tensor, context, NEURON_TYPE_F32, shape, 2));
    neuron_context_unref(context);
    ((float *)neuron_tensor_data(tensor))[5] = 1;
    neuron_tensor_unref(tensor);
}
END_TEST

typedef struct counter {
    int made, out, fail_at;
} counter;

static void *count_allocate(size_t size, size_t alignment, void *user_data)
{
    counter *counts = user_data;
    void *memory = NULL;
    if (counts->made++ == counts->fail_at || posix_memalign(&memory, alignment, size) != 0)
        return NULL;
    counts->out++;
    return memory;
}

static void count_release(void *memory, void *user_data)
{
    counter *counts = user_data;
    counts->out--;
    free(memory);
}

START_TEST(each_allocation_may_fail)
{
    counter counts = {.fail_at = -1};
    neuron_context_t *context;
    float numbers[6] = {0};
    assert_ok(neuron_context_create_with_allocator(&context, count_allocate, count_release, &counts,
                                                   NULL, NULL));
    int before = counts.out;
    for (int kind = 0; kind < 3; kind++) {
        int status = NEURON_E_MEMORY;
        for (int n = 0; status != NEURON_OK; n++) {
            neuron_tensor_t *tensor = (neuron_tensor_t *)context;
            counts.fail_at = counts.made + n;
            if (kind == 0)
                status = neuron_tensor_create(&tensor, context, NEURON_TYPE_F32, shape, 2);
            else
                status = (kind == 1 ? neuron_tensor_copy(&tensor, context, NEURON_TYPE_F32, shape,
                                                         2, numbers)
                                    : neuron_tensor_wrap(&tensor, context, NEURON_TYPE_F32, shape,
                                                         2, numbers));
            ck_assert_int_lt(n, 10);
            if (status == NEURON_OK)
                ck_assert_int_gt(n, 0);
            else
                ck_assert_ptr_null(tensor);
            ck_assert(status == NEURON_OK || status == NEURON_E_MEMORY);
            neuron_tensor_unref(tensor);
            ck_assert_int_eq(counts.out, before);
        }
    }
    neuron_context_unref(context);
    ck_assert_int_eq(counts.out, 0);
}
END_TEST

/* ---- The largest ---- */

START_TEST(the_largest_of_each_row)
{
    static const float rows[2][2][5] = {{{0.1f, 0.4f, 0.4f, -1, 0.3f}, {5, 4, 3, 2, 1}},
                                        {{NAN, -INFINITY, 2, NAN, 2}, {NAN, NAN, NAN, NAN, NAN}}};
    static const int32_t expected[4][5] = {
        {1, 2, 4, 0, 3}, {0, 1, 2, 3, 4}, {2, 4, 1, 0, 3}, {0, 1, 2, 3, 4}};
    neuron_context_t *context = test_context();
    neuron_tensor_t *tensor;
    assert_ok(neuron_tensor_copy(&tensor, context, NEURON_TYPE_F32, (const int64_t[]){2, 2, 5}, 3,
                                 (void *)(uintptr_t)rows));
    for (int64_t k = 1; k <= 5; k++) {
        int64_t indices[21] = {0};
        float values[21];
        indices[4 * k] = -7;
        assert_ok(neuron_tensor_top_k(indices, values, (size_t)(4 * k), tensor, k));
        assert_ok(neuron_tensor_top_k(indices, NULL, (size_t)(4 * k), tensor, k));
        for (int row = 0; row < 4; row++)
            for (int32_t i = 0; i < k; i++) {
                ck_assert_int_eq(indices[row * k + i], expected[row][i]);
                float value = rows[row / 2][row % 2][expected[row][i]];
                ck_assert(memcmp(&values[row * k + i], &value, sizeof value) == 0);
            }
        ck_assert_int_eq(indices[4 * k], -7);
        assert_status(neuron_tensor_top_k(indices, values, (size_t)(4 * k - 1), tensor, k),
                      NEURON_E_ARGUMENT);
        assert_message("for each of 4 rows");
    }
    neuron_tensor_unref(tensor);
    neuron_context_unref(context);
}
END_TEST

START_TEST(the_largest_of_nothing)
{
    neuron_context_t *context = test_context();
    neuron_tensor_t *bytes, *point, *none;
    int64_t index[2];
    assert_ok(neuron_tensor_create(&bytes, context, NEURON_TYPE_U8, (const int64_t[]){2}, 1));
    assert_ok(neuron_tensor_create(&point, context, NEURON_TYPE_F32, NULL, 0));
    assert_ok(neuron_tensor_create(&none, context, NEURON_TYPE_F32, (const int64_t[]){0, 3}, 2));
    assert_status(neuron_tensor_top_k(index, NULL, 2, bytes, 1), NEURON_E_TYPE);
    assert_status(neuron_tensor_top_k(index, NULL, 2, point, 1), NEURON_E_SHAPE);
    assert_status(neuron_tensor_top_k(index, NULL, 2, none, 4), NEURON_E_ARGUMENT);
    assert_status(neuron_tensor_top_k(index, NULL, 2, none, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_tensor_top_k(NULL, NULL, 2, none, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_tensor_top_k(index, NULL, 2, NULL, 1), NEURON_E_ARGUMENT);
    assert_ok(neuron_tensor_top_k(index, NULL, 0, none, 3)); /* no rows */
    neuron_tensor_unref(none);
    neuron_tensor_unref(point);
    neuron_tensor_unref(bytes);
    neuron_context_unref(context);
}
END_TEST

START_TEST(memory_is_aligned)
{
    static const struct {
        int32_t type;
        size_t away;
        bool fits;
    } cases[] = {{NEURON_TYPE_F32, 1, false}, {NEURON_TYPE_F32, 2, false},
                 {NEURON_TYPE_F32, 4, true},  {NEURON_TYPE_I32, 3, false},
                 {NEURON_TYPE_I64, 2, false}, {NEURON_TYPE_I64, 8, true},
                 {NEURON_TYPE_U8, 1, true}};
    neuron_context_t *context = test_context();
    neuron_tensor_t *tensor;
    _Alignas(16) char memory[64] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status = neuron_tensor_wrap(&tensor, context, cases[i].type, (const int64_t[]){2}, 1,
                                        memory + cases[i].away);
        ck_assert_int_eq(status, cases[i].fits ? NEURON_OK : NEURON_E_ARGUMENT);
        ck_assert(cases[i].fits == (tensor != NULL));
        if (!cases[i].fits)
            assert_message("is no multiple of");
        neuron_tensor_unref(tensor);
    }
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tensor");
    TCase *tests = tcase_create("tensor");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_new_tensor_is_zero);
    tcase_add_test(tests, memory_is_aligned);
    tcase_add_test(tests, scalars_and_empty_tensors_are_tensors);
    tcase_add_test(tests, a_bad_description_is_refused);
    tcase_add_test(tests, copy_is_apart_and_borrow_is_not);
    tcase_add_test(tests, owned_memory_is_destroyed_once);
    tcase_add_test(tests, memory_stays_with_the_caller_on_failure);
    tcase_add_test(tests, null_is_refused_or_passed_over);
    tcase_add_test(tests, a_tensor_keeps_its_context);
    tcase_add_test(tests, each_allocation_may_fail);
    tcase_add_test(tests, the_largest_of_each_row);
    tcase_add_test(tests, the_largest_of_nothing);
    return run_suite(suite);
}
