#include "test-common.h"

#include "base/context.h"

#include <pthread.h>
#include <stdatomic.h>

/* Counts what is out, and fails allocation number `fail_at`, counted from 0. */
typedef struct counter {
    atomic_int made, out, misaligned, destroyed;
    int fail_at;
} counter;

static void *count_allocate(size_t size, size_t alignment, void *user_data)
{
    counter *counts = user_data;
    if (atomic_fetch_add(&counts->made, 1) == counts->fail_at)
        return NULL;
    void *memory = NULL;
    if (posix_memalign(&memory, alignment, size) != 0)
        return NULL;
    if (alignment > 64 || (alignment & (alignment - 1)) != 0 || size == 0)
        atomic_fetch_add(&counts->misaligned, 1);
    atomic_fetch_add(&counts->out, 1);
    return memory;
}

static void count_release(void *memory, void *user_data)
{
    counter *counts = user_data;
    atomic_fetch_sub(&counts->out, 1);
    free(memory);
}

static void count_destroy(void *user_data)
{
    counter *counts = user_data;
    ck_assert_int_eq(counts->out, 0);
    counts->destroyed++;
}

START_TEST(a_context_starts_with_its_defaults)
{
    neuron_context_t *context;
    assert_ok(neuron_context_create(&context, NULL));
    ck_assert_int_ge(neuron_context_threads(context), 1);
    ck_assert_uint_eq(neuron_context_seed(context), 0);
    neuron_context_unref(context);
}
END_TEST

START_TEST(options_are_taken_when_it_is_made)
{
    neuron_context_t *context;
    double number;
    char text[300];
    assert_ok(neuron_context_create(&context, "threads=3, seed=9007199254740991"));
    ck_assert_int_eq(neuron_context_threads(context), 3);
    ck_assert_uint_eq(neuron_context_seed(context), 9007199254740991);
    assert_ok(neuron_context_get_number(&number, context, "seed"));
    ck_assert(number == 9007199254740991);
    assert_ok(neuron_context_set(context, " threads = 2 "));
    ck_assert_int_eq(neuron_context_threads(context), 2);
    ck_assert_uint_eq(neuron_context_seed(context), 9007199254740991);
    assert_ok(neuron_context_set_seed(context, UINT64_MAX));
    assert_ok(neuron_context_set(context, "threads=4")); /* which says nothing of the seed */
    ck_assert_uint_eq(neuron_context_seed(context), UINT64_MAX);
    assert_ok(neuron_context_set_number(context, "seed", 5));
    assert_ok(neuron_context_get_text(text, sizeof text, NULL, context, NULL));
    assert_that(strstr(text, "threads=4, seed=5, kernels=auto") == text, "%s", text);
    neuron_context_unref(context);
    assert_ok(neuron_context_create(&context, ""));
    assert_ok(neuron_context_get_number(&number, context, "threads"));
    ck_assert(number == 0);
    ck_assert_int_ge(neuron_context_threads(context), 1);
    neuron_context_unref(context);
}
END_TEST

START_TEST(wrong_options_are_refused)
{
    static const struct {
        const char *options, *message;
    } wrong[] = {{"thread=2", "context: there is no option \"thread\"; did you mean \"threads\"?"},
                 {"threads=257", "context: threads is 257; it must be 0 to 256"},
                 {"threads=-1", "context: threads is -1; it must be 0 to 256"},
                 {"seed=1, threads=1.5", "context: threads is 1.5; it must be"},
                 {"seed=9007199254740992", "context: seed is 9007199254740992; it must be"},
                 {"kernels=avx", "context: kernels is avx; it must be auto, baseline"},
                 {"threads=1, threads=1", "context: threads is given twice"},
                 {"threads", "context: threads has no value"}};
    neuron_context_t *made = test_context(), *none;
    assert_ok(neuron_context_set(made, "seed=77"));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        counter counts = {.fail_at = -1};
        none = made;
        assert_status(neuron_context_create(&none, wrong[i].options), NEURON_E_ARGUMENT);
        ck_assert_ptr_null(none);
        assert_message(wrong[i].message);
        none = made;
        assert_status(neuron_context_create_with_allocator(&none, count_allocate, count_release,
                                                           &counts, count_destroy,
                                                           wrong[i].options),
                      NEURON_E_ARGUMENT);
        ck_assert_ptr_null(none);
        ck_assert_int_eq(counts.destroyed, 0);
        ck_assert_int_eq(counts.out, 0);
        assert_status(neuron_context_set(made, wrong[i].options), NEURON_E_ARGUMENT);
        ck_assert_uint_eq(neuron_context_seed(made), 77);
        ck_assert_int_eq(neuron_context_threads(made), 2);
    }
    neuron_context_unref(made);
}
END_TEST

START_TEST(references_are_counted)
{
    counter counts = {.fail_at = -1};
    neuron_context_t *context;
    assert_ok(neuron_context_create_with_allocator(&context, count_allocate, count_release, &counts,
                                                   count_destroy, NULL));
    ck_assert_ptr_eq(neuron_context_ref(context), context);
    neuron_context_unref(context);
    ck_assert_int_gt(counts.out, 0);
    ck_assert_int_eq(counts.destroyed, 0);
    neuron_context_unref(context);
    ck_assert_int_eq(counts.destroyed, 1);
    ck_assert_int_eq(counts.out, 0);
    ck_assert_int_eq(counts.misaligned, 0);
}
END_TEST

START_TEST(null_is_refused_or_passed_over)
{
    neuron_context_t *context = test_context();
    neuron_context_t *none = context;
    assert_status(neuron_context_create(NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(
        neuron_context_create_with_allocator(NULL, count_allocate, count_release, NULL, NULL, NULL),
        NEURON_E_ARGUMENT);
    assert_status(
        neuron_context_create_with_allocator(&none, NULL, count_release, NULL, NULL, NULL),
        NEURON_E_ARGUMENT);
    ck_assert_ptr_null(none);
    none = context;
    assert_status(
        neuron_context_create_with_allocator(&none, count_allocate, NULL, NULL, NULL, NULL),
        NEURON_E_ARGUMENT);
    ck_assert_ptr_null(none);
    ck_assert_ptr_null(neuron_context_ref(NULL));
    neuron_context_unref(NULL);
    ck_assert_int_eq(neuron_context_threads(NULL), 0);
    ck_assert_uint_eq(neuron_context_seed(NULL), 0);
    ck_assert_ptr_null(neuron_context_kernels(NULL));
    assert_status(neuron_context_set_number(NULL, "threads", 1), NEURON_E_ARGUMENT);
    assert_status(neuron_context_set_seed(NULL, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_context_set_log(NULL, NEURON_LOG_INFO, NULL, NULL, NULL),
                  NEURON_E_ARGUMENT);
    neuron_context_unref(context);
}
END_TEST

START_TEST(the_number_of_threads_has_bounds)
{
    neuron_context_t *context = test_context();
    assert_ok(neuron_context_set_number(context, "threads", 3));
    ck_assert_int_eq(neuron_context_threads(context), 3);
    assert_status(neuron_context_set_number(context, "threads", -1), NEURON_E_ARGUMENT);
    assert_status(neuron_context_set_number(context, "threads", 257), NEURON_E_ARGUMENT);
    ck_assert_int_eq(neuron_context_threads(context), 3);
    assert_ok(neuron_context_set_number(context, "threads", 0));
    ck_assert_int_ge(neuron_context_threads(context), 1);
    assert_ok(neuron_context_set_number(context, "threads", 1));
    ck_assert_int_eq(neuron_context_threads(context), 1);
    neuron_context_unref(context);
}
END_TEST

START_TEST(each_allocation_may_fail)
{
    int made = 0;
    for (int n = 0; n <= made; n++) {
        counter counts = {.fail_at = n};
        neuron_context_t *context;
        int status = neuron_context_create_with_allocator(&context, count_allocate, count_release,
                                                          &counts, count_destroy, NULL);
        made = counts.made;
        if (status == NEURON_OK) {
            neuron_context_unref(context);
        } else {
            ck_assert_int_eq(status, NEURON_E_MEMORY);
            assert_message("out of memory");
            ck_assert_ptr_null(context);
        }
        ck_assert_int_eq(counts.out, 0);
        ck_assert_int_eq(counts.destroyed, status == NEURON_OK);
        if (status == NEURON_OK)
            break;
    }
}
END_TEST

START_TEST(threads_that_cannot_be_had_leave_the_old_ones)
{
    counter counts = {.fail_at = -1};
    neuron_context_t *context;
    assert_ok(neuron_context_create_with_allocator(&context, count_allocate, count_release, &counts,
                                                   NULL, NULL));
    assert_ok(neuron_context_set_number(context, "threads", 2));
    for (int n = 0; n < 2; n++) {
        counts.fail_at = counts.made + n;
        assert_status(neuron_context_set_number(context, "threads", 4), NEURON_E_MEMORY);
        ck_assert_int_eq(neuron_context_threads(context), 2);
    }
    neuron_context_unref(context);
    ck_assert_int_eq(counts.out, 0);
}
END_TEST

START_TEST(memory_is_aligned_and_checked)
{
    neuron_context_t *context = test_context();
    void *memory = neuron_allocate(context, 3, 5);
    ck_assert_uint_eq((uintptr_t)memory % NEURON_ALIGNMENT, 0);
    neuron_release(context, memory);
    memory = neuron_allocate(context, 0, 5);
    ck_assert_ptr_nonnull(memory);
    neuron_release(context, memory);
    ck_assert_ptr_null(neuron_allocate(context, SIZE_MAX, 2));
    assert_message("out of memory");
    unsigned char *zeros = neuron_allocate_zero(context, 100, 1);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(zeros[i], 0);
    neuron_release(context, zeros);
    char *text = neuron_copy_text(context, "a text");
    ck_assert_str_eq(text, "a text");
    neuron_release(context, text);
    neuron_release(context, NULL);
    neuron_context_unref(context);
}
END_TEST

typedef struct log_book {
    int lines, forgotten;
    int32_t level;
    char category[20];
    char line[NEURON_MESSAGE_SIZE];
} log_book;

static void keep(int32_t level, const char *category, const char *line, void *user_data)
{
    log_book *book = user_data;
    strcpy(book->category, category);
    book->lines++;
    book->level = level;
    strcpy(book->line, line);
}

START_TEST(log_lines_go_to_the_sink_by_level)
{
    neuron_context_t *context = test_context();
    log_book book = {0};
    neuron_log(context, NEURON_LOG_WARNING, "data", "nobody listens");
    assert_ok(neuron_context_set_log(context, NEURON_LOG_INFO, keep, &book, NULL));
    neuron_log(context, NEURON_LOG_DEBUG, "data", "too much");
    ck_assert_int_eq(book.lines, 0);
    neuron_log(context, NEURON_LOG_WARNING, "data", "%d of %d", 1, 2);
    ck_assert_int_eq(book.lines, 1);
    ck_assert_int_eq(book.level, NEURON_LOG_WARNING);
    ck_assert_str_eq(book.category, "data");
    ck_assert_str_eq(book.line, "1 of 2");
    neuron_log(context, NEURON_LOG_INFO, "threads", "another");
    ck_assert_str_eq(book.category, "threads");
    book.lines = 1;
    neuron_log(context, NEURON_LOG_INFO, "data", "info");
    ck_assert_int_eq(book.lines, 2);
    neuron_log(context, NEURON_LOG_INFO, "data", "%s and %.1s\n", "caf\xe9", "\xc3\xa9");
    ck_assert_str_eq(book.line, "caf? and ??"); /* always one line of UTF-8 */
    book.lines = 2;
    assert_ok(neuron_context_set_log(context, NEURON_LOG_DEBUG, NULL, NULL, NULL));
    neuron_log(context, NEURON_LOG_WARNING, "data", "nobody listens");
    ck_assert_int_eq(book.lines, 2);
    neuron_context_unref(context);
}
END_TEST

static void *write_lines(void *context)
{
    for (int i = 0; i < 500; i++)
        neuron_log(context, NEURON_LOG_INFO, "data", "line");
    return NULL;
}

static void forget_book(void *user_data)
{
    log_book *book = user_data;
    book->forgotten++;
}

START_TEST(what_a_log_keeps_is_given_back_once)
{
    neuron_context_t *context = test_context();
    log_book a = {0}, b = {0};
    assert_status(neuron_context_set_log(NULL, NEURON_LOG_INFO, keep, &a, forget_book),
                  NEURON_E_ARGUMENT);
    ck_assert_int_eq(a.forgotten, 0);
    assert_ok(neuron_context_set_log(context, NEURON_LOG_INFO, keep, &a, forget_book));
    assert_ok(neuron_context_set_log(context, NEURON_LOG_DEBUG, keep, &b, forget_book));
    ck_assert_int_eq(a.forgotten, 1);
    assert_ok(neuron_context_set_log(context, NEURON_LOG_DEBUG, NULL, NULL, NULL));
    ck_assert_int_eq(b.forgotten, 1);
    assert_ok(neuron_context_set_log(context, NEURON_LOG_DEBUG, keep, &b, forget_book));
    neuron_context_ref(context);
    neuron_context_unref(context);
    ck_assert_int_eq(b.forgotten, 1);
    neuron_context_unref(context);
    ck_assert_int_eq(b.forgotten, 2);
    ck_assert_int_eq(a.forgotten, 1);
}
END_TEST

START_TEST(log_lines_come_one_at_a_time)
{
    neuron_context_t *context = test_context();
    log_book book = {0};
    assert_ok(neuron_context_set_log(context, NEURON_LOG_INFO, keep, &book, NULL));
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_lines, context), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(book.lines, 2000);
    neuron_context_unref(context);
}
END_TEST

/* What all pieces together may have, whoever gives them. */
START_TEST(memory_has_a_limit)
{
    counter counts = {.fail_at = -1};
    neuron_context_t *context;
    neuron_tensor_t *a, *b, *c;
    double limit;
    assert_ok(neuron_context_create_with_allocator(&context, count_allocate, count_release, &counts,
                                                   count_destroy,
                                                   "memory_limit=1000000, threads=2"));
    if (_i) {
        neuron_context_unref(context);
        assert_ok(neuron_context_create(&context, "memory_limit=1000000, threads=2"));
    }
    assert_ok(neuron_context_get_number(&limit, context, "memory_limit"));
    ck_assert(limit == 1000000);
    assert_ok(neuron_tensor_create(&a, context, NEURON_TYPE_U8, (const int64_t[]){600000}, 1));
    ck_assert_uint_eq((uintptr_t)neuron_tensor_data(a) % 64, 0);
    for (int i = 0; i < 3; i++) { /* what failed, or is gone, does not count */
        int made = counts.made;
        assert_status(
            neuron_tensor_create(&b, context, NEURON_TYPE_U8, (const int64_t[]){400000}, 1),
            NEURON_E_MEMORY);
        assert_message("of 1000000 in use");
        ck_assert_ptr_null(b);
        ck_assert_int_le(counts.made, made + 1); /* nobody is asked for it */
        assert_ok(neuron_tensor_create(&b, context, NEURON_TYPE_U8, (const int64_t[]){300000}, 1));
        memset(neuron_tensor_data(b), 1, 300000);
        assert_status(
            neuron_tensor_create(&c, context, NEURON_TYPE_U8, (const int64_t[]){100000}, 1),
            NEURON_E_MEMORY);
        neuron_tensor_unref(b);
    }
    assert_status(
        neuron_tensor_create(&b, context, NEURON_TYPE_F32, (const int64_t[]){100000000000}, 1),
        NEURON_E_MEMORY);
    assert_status(neuron_context_set(context, "seed=4, memory_limit=2000000"), NEURON_E_STATE);
    assert_message("context: memory_limit is set when it is made");
    assert_ok(neuron_context_set(context, "seed=4, memory_limit=1000000"));
    neuron_tensor_unref(a);
    neuron_context_unref(context);
    ck_assert_int_eq(counts.out, 0);
    assert_status(neuron_context_create(&context, "memory_limit=10"), NEURON_E_MEMORY);
    ck_assert_ptr_null(context);
}
END_TEST

START_TEST(two_contexts_do_not_disturb_each_other)
{
    neuron_context_t *a = test_context(), *b = test_context();
    assert_ok(neuron_context_set_seed(a, UINT64_MAX));
    assert_ok(neuron_context_set_number(a, "threads", 3));
    ck_assert_uint_eq(neuron_context_seed(a), UINT64_MAX);
    ck_assert_uint_eq(neuron_context_seed(b), 1);
    ck_assert_int_eq(neuron_context_threads(b), 2);
    neuron_context_unref(a);
    ck_assert_int_eq(neuron_context_threads(b), 2);
    neuron_context_unref(b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("context");
    TCase *tests = tcase_create("context");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_context_starts_with_its_defaults);
    tcase_add_test(tests, options_are_taken_when_it_is_made);
    tcase_add_test(tests, wrong_options_are_refused);
    tcase_add_test(tests, references_are_counted);
    tcase_add_test(tests, null_is_refused_or_passed_over);
    tcase_add_test(tests, the_number_of_threads_has_bounds);
    tcase_add_test(tests, each_allocation_may_fail);
    tcase_add_test(tests, threads_that_cannot_be_had_leave_the_old_ones);
    tcase_add_test(tests, memory_is_aligned_and_checked);
    tcase_add_test(tests, log_lines_go_to_the_sink_by_level);
    tcase_add_test(tests, what_a_log_keeps_is_given_back_once);
    tcase_add_test(tests, log_lines_come_one_at_a_time);
    tcase_add_loop_test(tests, memory_has_a_limit, 0, 2);
    tcase_add_test(tests, two_contexts_do_not_disturb_each_other);
    return run_suite(suite);
}
