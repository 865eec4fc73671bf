/* Calls that were left by a longjmp, and the release of a handle that they have nothing to do with;
 * and where the library cannot ask the system for the stack that it runs on. */
#include "scene.h"

#include <libneuron-committee/committees.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct kind {
    const char *name;
    void *(*make)(scene *s); /* with an owner more than the test takes away */
    void (*unref)(void *handle);
} kind;

#define KIND(noun)                                                                                 \
    static void *make_##noun(scene *s);                                                            \
    static void unref_##noun(void *handle)                                                         \
    {                                                                                              \
        neuron_##noun##_unref(handle);                                                             \
    }                                                                                              \
    static void *make_##noun(scene *s)

KIND(context)
{
    neuron_context_t *other = NULL;
    assert_ok(neuron_context_create(&other, NULL));
    (void)s;
    return neuron_context_ref(other);
}

KIND(tensor)
{
    neuron_tensor_t *made = NULL;
    int64_t one = 1;
    assert_ok(neuron_tensor_create(&made, s->context, NEURON_TYPE_F32, &one, 1));
    return neuron_tensor_ref(made);
}

KIND(graph)
{
    neuron_graph_t *made = NULL;
    assert_ok(neuron_graph_create(&made, s->context));
    return neuron_graph_ref(made);
}

KIND(dataset)
{
    neuron_dataset_t *made = NULL;
    assert_ok(neuron_dataset_generate_glyphs(&made, s->context, 2, SIDE, SIDE, 3));
    return neuron_dataset_ref(made);
}

KIND(loss)
{
    neuron_loss_t *made = NULL;
    assert_ok(neuron_loss_create_custom(&made, s->context, go_loss, s, NULL));
    return neuron_loss_ref(made);
}

KIND(optimizer)
{
    neuron_optimizer_t *made = NULL;
    assert_ok(neuron_optimizer_create(&made, s->context, "adam", NULL));
    return neuron_optimizer_ref(made);
}

KIND(callback)
{
    neuron_callback_t *made = NULL;
    assert_ok(neuron_callback_create(&made, s->context, "early_stopping", NULL));
    return neuron_callback_ref(made);
}

KIND(augmentation)
{
    neuron_augmentation_t *made = NULL;
    assert_ok(neuron_augmentation_create(&made, s->context, NULL));
    return neuron_augmentation_ref(made);
}

KIND(evaluation)
{
    neuron_evaluation_t *made = NULL;
    const int32_t classes[] = {0, 1, 1};
    assert_ok(neuron_evaluation_create(&made, s->context, classes, classes, 3, 2));
    return neuron_evaluation_ref(made);
}

KIND(search)
{
    neuron_search_t *made = NULL;
    assert_ok(neuron_search_create(&made, s->context, go_search, s, NULL, NULL));
    return neuron_search_ref(made);
}

KIND(trainer)
{
    add_trainer(s, 1);
    return neuron_trainer_ref(s->trainer);
}

/* The trainer is its last owner. */
KIND(history)
{
    add_trainer(s, 1);
    const void *history = neuron_trainer_history(s->trainer);
    return neuron_history_ref(history);
}

static const kind kinds[] = {
#define ROW(noun)                                                                                  \
    {                                                                                              \
#noun, make_##noun, unref_##noun                                                           \
    }
    ROW(context),  ROW(tensor),       ROW(graph),      ROW(dataset), ROW(loss),    ROW(optimizer),
    ROW(callback), ROW(augmentation), ROW(evaluation), ROW(search),  ROW(trainer), ROW(history),
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

START_TEST(any_handle_lets_go)
{
    const kind *k = &kinds[_i];
    scene s = {.way = JUMP};
    add_context(&s);
    add_graph(&s, false);
    add_glyphs(&s);
    add_loss(&s);
    void *handle = k->make(&s);
    if (setjmp(s.back) == 0) {
        neuron_evaluation_t *never;
        neuron_graph_evaluate(&never, s.graph, s.dataset, s.loss, NULL);
        ck_abort_msg("the call goes on");
    }
    long left = s.memory.live;
    k->unref(handle);
    ck_assert_msg(s.memory.live < left, "%s: nothing was let go", k->name);
    if (strcmp(k->name, "trainer") != 0 && strcmp(k->name, "history") != 0)
        k->unref(handle);
    release_all(&s);
    ck_assert_int_eq(s.memory.live, 0);
}
END_TEST

/* ---- Where no file can be read ---- */

static void set_up_training(scene *s)
{
    add_context(s);
    add_graph(s, false);
    add_glyphs(s);
    add_trainer(s, 1);
    assert_ok(neuron_trainer_add_function(s->trainer, NEURON_EVENT_STEP_END, go_plain, s, NULL));
}

/* Returns what the run after the one that was left returns. */
static int run_twice(scene *s)
{
    if (setjmp(s->back) == 0)
        return -1 - neuron_trainer_run(NULL, s->trainer);
    return neuron_trainer_run(NULL, s->trainer);
}

static void *run_in_thread(void *data)
{
    scene *s = data;
    s->waits = run_twice(s);
    return s;
}

static int leave_a_run(bool in_thread)
{
    scene s = {.way = JUMP};
    pthread_t thread;
    set_up_training(&s);
    if (!in_thread)
        return run_twice(&s);
    if (pthread_create(&thread, NULL, run_in_thread, &s) != 0 || pthread_join(thread, NULL) != 0)
        return -1;
    return s.waits;
}

static bool allow_the_largest_stack(void)
{
    struct rlimit now;
    if (getrlimit(RLIMIT_STACK, &now) != 0)
        return false;
    now.rlim_cur = now.rlim_max;
    return setrlimit(RLIMIT_STACK, &now) == 0;
}

static bool forbid_files(void)
{
    struct rlimit now;
    if (getrlimit(RLIMIT_NOFILE, &now) != 0)
        return false;
    now.rlim_cur = 0;
    return setrlimit(RLIMIT_NOFILE, &now) == 0;
}

/* The C library reads in a file where the stack of the first thread is, once; so each of these has
 * a process in which it may open none. These are the first tests, before the library is called. */
static int status_without_files(bool in_thread, bool large_stack)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        bool limited = (!large_stack || allow_the_largest_stack()) && forbid_files();
        _exit(limited && leave_a_run(in_thread) == NEURON_OK ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

START_TEST(no_file_tells_the_stack)
{
    ck_assert_int_eq(status_without_files(false, false), 0);
}
END_TEST

START_TEST(no_file_and_another_thread)
{
    ck_assert_int_eq(status_without_files(true, false), 0);
}
END_TEST

START_TEST(no_file_and_the_largest_stack)
{
    ck_assert_int_eq(status_without_files(false, true), 0);
}
END_TEST

/* Settings that may not be changed during a run can be after one that was left. */
START_TEST(settings_may_follow)
{
    scene s = {.way = JUMP};
    add_context(&s);
    add_graph(&s, false);
    add_glyphs(&s);
    add_loss(&s);
    add_trainer(&s, 1);
    if (setjmp(s.back) == 0) {
        neuron_trainer_run(NULL, s.trainer);
        ck_abort_msg("the run goes on");
    }
    if (_i)
        assert_ok(neuron_trainer_set_number(s.trainer, "workers", 0));
    else
        assert_ok(neuron_trainer_set(s.trainer, "workers=0"));
    release_all(&s);
    ck_assert_int_eq(s.memory.live, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("left handles");
    TCase *tests = tcase_create("left handles");
    tcase_add_test(tests, no_file_tells_the_stack);
    tcase_add_test(tests, no_file_and_another_thread);
    tcase_add_test(tests, no_file_and_the_largest_stack);
    tcase_add_loop_test(tests, any_handle_lets_go, 0, KINDS);
    tcase_add_loop_test(tests, settings_may_follow, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
