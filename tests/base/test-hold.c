/* What a call holds, and when it ends: in any order, behind a longjmp, and
 * deeper than the list goes. */
#include "test-common.h"

#include "base/hold.h"

#include <pthread.h>
#include <setjmp.h>

enum { LISTED = 12, DEEP = 20 };

static int numbers[DEEP + 1], ended[2 * DEEP];
static int count;
static jmp_buf begin;

static void note(void *owner, void *object)
{
    ck_assert_ptr_eq(owner, numbers);
    ck_assert_int_lt(count, 2 * DEEP);
    ended[count++] = (int)((int *)object - numbers);
}

static void add(neuron_hold *hold, int number)
{
    neuron_hold_add(hold, note, numbers, &numbers[number]);
}

/* What ended since the last time. */
static void assert_ended(const int *expected, int expected_count)
{
    ck_assert_int_eq(count, expected_count);
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(ended[i], expected[i]);
    count = 0;
}

#define ASSERT_ENDED(...)                                                                          \
    assert_ended((const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

START_TEST(the_last_ends_first)
{
    {
        NEURON_HOLD(hold);
        for (int i = 1; i <= NEURON_HOLD_PARTS; i++) {
            add(&hold, i);
            neuron_hold_add(&hold, note, numbers, NULL);
        }
        assert_ended(NULL, 0);
    }
    ASSERT_ENDED(5, 4, 3, 2, 1);
}
END_TEST

START_TEST(ends_once)
{
    {
        NEURON_HOLD(outer);
        NEURON_HOLD(inner);
        add(&outer, 1);
        add(&inner, 2);
        neuron_hold_end(&outer);
        ASSERT_ENDED(1);
        add(&inner, 3);
        add(&outer, 4);
        neuron_hold_end(&inner);
        ASSERT_ENDED(3, 2);
        add(&inner, 5);
        add(&inner, 6);
        neuron_hold_forget(&inner);
    }
    ASSERT_ENDED(4);
    neuron_hold_end_left();
    assert_ended(NULL, 0);
}
END_TEST

__attribute__((noinline)) static void leave_two(void)
{
    NEURON_HOLD(outer);
    NEURON_HOLD(inner);
    add(&outer, 1);
    add(&inner, 2);
    add(&outer, 3);
    longjmp(begin, 1);
}

/* Of two, the one that began first. */
__attribute__((noinline)) static void leave_one(void)
{
    NEURON_HOLD(outer);
    NEURON_HOLD(inner);
    add(&outer, 1);
    add(&inner, 2);
    neuron_hold_end(&outer);
    add(&inner, 3);
    longjmp(begin, 1);
}

__attribute__((noinline)) static void leave_and_settle(void)
{
    if (setjmp(begin) == 0)
        leave_two();
    assert_ended(NULL, 0);
    neuron_hold_end_left();
    ASSERT_ENDED(2, 3, 1);
    if (setjmp(begin) == 0)
        leave_one();
    ASSERT_ENDED(1);
    neuron_hold_end_left();
    ASSERT_ENDED(3, 2);
    neuron_hold_end_left();
    assert_ended(NULL, 0);
}

START_TEST(what_was_left_ends)
{
    {
        NEURON_HOLD(alive);
        add(&alive, 9);
        leave_and_settle();
    }
    ASSERT_ENDED(9);
}
END_TEST

/* As a coroutine whose frames were copied away: another finds it gone, and it comes back. */
__attribute__((noinline)) static void come_back(uintptr_t above, int more)
{
    NEURON_HOLD(hold);
    add(&hold, 1);
    add(&hold, 2);
    neuron_hold_settle_below(above);
    ASSERT_ENDED(2, 1);
    for (int i = 0; i < more; i++)
        add(&hold, 3 + i);
    if (more == 4)
        neuron_hold_settle_below(above);
    if (more == 5)
        neuron_hold_forget(&hold);
}

START_TEST(what_ended_does_not_end_again)
{
    uintptr_t above = (uintptr_t)__builtin_frame_address(0) + 1;
    come_back(above, 0);
    assert_ended(NULL, 0);
    come_back(above, 1);
    ASSERT_ENDED(3);
    come_back(above, 3);
    ASSERT_ENDED(5, 4, 3);
    come_back(above, 4);
    ASSERT_ENDED(6, 5, 4, 3);
    come_back(above, NEURON_HOLD_PARTS);
    assert_ended(NULL, 0);
    neuron_hold_end_left();
    assert_ended(NULL, 0);
}
END_TEST

__attribute__((noinline)) static void go_down(int depth, bool leaves)
{
    NEURON_HOLD(hold);
    add(&hold, depth);
    if (depth < DEEP)
        go_down(depth + 1, leaves);
    else if (leaves)
        longjmp(begin, 1);
    ck_assert_int_eq(count, DEEP - depth);
}

START_TEST(deeper_than_the_list)
{
    int expected[DEEP];
    for (int i = 0; i < DEEP; i++)
        expected[i] = DEEP - i;
    go_down(1, false);
    assert_ended(expected, DEEP);
    if (setjmp(begin) == 0)
        go_down(1, true);
    neuron_hold_end_left();
    assert_ended(expected + DEEP - LISTED, LISTED);
    go_down(1, false);
    assert_ended(expected, DEEP);
}
END_TEST

static void *settle(void *data)
{
    neuron_hold_end_left();
    return data;
}

static void *leave_in_thread(void *data)
{
    if (setjmp(begin) == 0)
        leave_two();
    neuron_hold_end_left();
    ASSERT_ENDED(2, 3, 1);
    return data;
}

static void run_thread(void *(*work)(void *))
{
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, work, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

START_TEST(each_thread_has_its_own)
{
    if (setjmp(begin) == 0)
        leave_two();
    run_thread(settle);
    assert_ended(NULL, 0);
    run_thread(leave_in_thread);
    neuron_hold_end_left();
    ASSERT_ENDED(2, 3, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hold");
    TCase *tests = tcase_create("hold");
    tcase_add_test(tests, the_last_ends_first);
    tcase_add_test(tests, ends_once);
    tcase_add_test(tests, what_was_left_ends);
    tcase_add_test(tests, what_ended_does_not_end_again);
    tcase_add_test(tests, deeper_than_the_list);
    tcase_add_test(tests, each_thread_has_its_own);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
