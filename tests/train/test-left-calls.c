/* Functions of the caller's that let go of what a call works with, or leave the call. */
#include "scene.h"

#include <libneuron-committee/committees.h>

#include <math.h>
#include <stdatomic.h>
#include <time.h>

typedef struct call {
    const char *name;
    void (*set_up)(scene *s);
    int (*run)(scene *s);
    bool own_thread; /* the function may not be called in the thread of the call */
} call;

/* ---- Trainings ---- */

static int train(scene *s)
{
    int status = neuron_trainer_run(NULL, s->trainer);
    if (status == NEURON_OK && s->trainer) {
        ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(s->trainer)), 2);
        ck_assert(isfinite(neuron_trainer_progress(s->trainer, "loss")));
        ck_assert_int_ge((int)neuron_trainer_progress(s->trainer, "epoch"), 2);
    }
    return status;
}

static void set_up_plain(scene *s)
{
    add_context(s);
    add_graph(s, false);
    add_glyphs(s);
    add_trainer(s, 1);
}

static void add_own(scene *s, int32_t event)
{
    set_up_plain(s);
    assert_ok(neuron_trainer_add_function(s->trainer, event, go_plain, s, NULL));
}

static void set_up_step(scene *s)
{
    add_own(s, NEURON_EVENT_STEP_END);
}

static void set_up_epoch(scene *s)
{
    add_own(s, NEURON_EVENT_EPOCH_END);
}

static void set_up_run_begin(scene *s)
{
    add_own(s, NEURON_EVENT_RUN_BEGIN);
}

static void set_up_epoch_begin(scene *s)
{
    add_own(s, NEURON_EVENT_EPOCH_BEGIN);
}

static void set_up_run_end(scene *s)
{
    add_own(s, NEURON_EVENT_RUN_END);
}

static void set_up_schedule(scene *s)
{
    neuron_callback_t *c;
    set_up_plain(s);
    assert_ok(neuron_callback_create_schedule(&c, s->context, go_schedule, s, NULL));
    assert_ok(neuron_trainer_add_callback(s->trainer, c));
    neuron_callback_unref(c);
}

static void set_up_loss(scene *s)
{
    add_context(s);
    add_graph(s, false);
    add_glyphs(s);
    add_loss(s);
    add_trainer(s, 0);
    s->waits = 1;
}

static void set_up_validation(scene *s)
{
    set_up_loss(s);
    neuron_dataset_t *validation;
    assert_ok(neuron_dataset_subset(&validation, s->dataset, 0, 10));
    assert_ok(neuron_trainer_set_validation(s->trainer, validation));
    neuron_dataset_unref(validation);
    s->waits = 3; /* steps of an epoch */
}

static void set_up_layer(scene *s, const char *who)
{
    add_context(s);
    add_layer(s, who);
    add_graph(s, true);
    add_glyphs(s);
    add_trainer(s, 0);
}

static void set_up_forward(scene *s)
{
    set_up_layer(s, "forward");
    s->waits = 1;
}

static void set_up_backward(scene *s)
{
    set_up_layer(s, "backward");
    s->waits = 1;
}

static void set_up_saved(scene *s)
{
    set_up_layer(s, "saved");
}

static void set_up_stream_training(scene *s, int32_t workers)
{
    add_context(s);
    add_graph(s, false);
    s->waits = 1;
    assert_ok(add_stream(s));
    add_trainer(s, workers);
    s->waits = 1;
}

static void set_up_stream(scene *s)
{
    set_up_stream_training(s, 0);
}

static void set_up_worker(scene *s)
{
    set_up_stream_training(s, 1);
}

/* ---- Predictions ---- */

static void set_up_predict(scene *s)
{
    add_context(s);
    add_layer(s, "forward");
    add_graph(s, true);
    add_tensors(s);
}

static int predict(scene *s)
{
    return neuron_graph_predict(s->graph, s->input, s->output);
}

static void set_up_evaluate(scene *s)
{
    add_context(s);
    add_layer(s, "forward");
    add_graph(s, true);
    s->waits = 1;
    assert_ok(add_stream(s));
    add_loss(s);
}

static void set_up_evaluate_layer(scene *s)
{
    set_up_evaluate(s);
    s->waits = 1;
}

static void set_up_evaluate_stream(scene *s)
{
    set_up_evaluate(s);
    s->waits = 0;
}

static void set_up_evaluate_loss(scene *s)
{
    set_up_evaluate(s);
    s->waits = 2;
}

static int evaluate(scene *s)
{
    TAKE_AWAY(s, evaluation, evaluation);
    return neuron_graph_evaluate(&s->evaluation, s->graph, s->dataset, s->loss, NULL);
}

static int weigh(scene *s)
{
    double weights[3];
    neuron_graph_t *members[] = {s->graph, s->graph, s->graph};
    int status = neuron_committee_weights(weights, members, 3, s->dataset, NULL);
    if (status == NEURON_OK)
        ck_assert_double_eq_tol(weights[0] + weights[1] + weights[2], 1, 1e-9);
    return status;
}

static void set_up_distil_stream(scene *s)
{
    set_up_evaluate_stream(s);
    TAKE_AWAY(s, loss, loss);
}

static int distil(scene *s)
{
    return neuron_dataset_distil(&s->made, s->dataset, s->graph, NULL);
}

static void set_up_weigh(scene *s)
{
    set_up_evaluate_layer(s);
    TAKE_AWAY(s, loss, loss);
}

static void set_up_memory(scene *s)
{
    add_context(s);
    add_layer(s, "saved");
    add_graph(s, true);
}

static int measure(scene *s)
{
    int64_t bytes;
    return neuron_graph_memory(&bytes, s->graph, 8, "training=yes");
}

static int summarise(scene *s)
{
    char text[8192];
    return neuron_graph_summary(text, sizeof text, NULL, s->graph, 8);
}

static void set_up_build(scene *s)
{
    add_context(s);
    add_layer(s, "shape");
}

static int build(scene *s)
{
    TAKE_AWAY(s, graph, graph);
    assert_ok(neuron_graph_create(&s->graph, s->context));
    add_nodes(s->graph, true);
    return NEURON_OK;
}

static void set_up_load(scene *s)
{
    set_up_build(s);
    s->waits = 1000;
    add_graph(s, true);
    s->waits = 0;
    assert_ok(neuron_graph_save_memory(s->file, sizeof s->file, &s->file_size, s->graph));
    TAKE_AWAY(s, graph, graph);
}

static int load(scene *s)
{
    return neuron_graph_load_memory(&s->graph, s->context, s->file, s->file_size);
}

/* ---- Data ---- */

static void set_up_filter(scene *s)
{
    add_context(s);
    add_glyphs(s);
    s->waits = 5;
}

static int filter(scene *s)
{
    return neuron_dataset_filter_by(&s->made, s->dataset, go_keep, s);
}

static void set_up_data(scene *s)
{
    add_context(s);
    s->waits = 1;
    assert_ok(add_stream(s));
    s->waits = 0;
}

static int read_all(scene *s)
{
    return neuron_dataset_read(s->values, NULL, s->dataset, 0, COUNT);
}

static int normalize(scene *s)
{
    return neuron_dataset_normalize(s->dataset, 0, 1);
}

static int standardize(scene *s)
{
    return neuron_dataset_standardize(s->dataset, s->dataset);
}

static int standardize_channels(scene *s)
{
    return neuron_dataset_standardize_channels(s->dataset, s->dataset);
}

static int join_two(scene *s)
{
    neuron_dataset_t *both[] = {s->dataset, s->dataset};
    return neuron_dataset_join(&s->made, both, 2);
}

static void set_up_create(scene *s)
{
    add_context(s);
}

static int create(scene *s)
{
    return add_stream(s);
}

static void set_up_augment(scene *s)
{
    set_up_data(s);
    assert_ok(neuron_augmentation_create(&s->augmentation, s->context, NULL));
}

static int augment(scene *s)
{
    return neuron_augmentation_apply(s->values, s->augmentation, s->dataset, 0, COUNT, 1, 0);
}

/* ---- Searches ---- */

static void set_up_search(scene *s)
{
    add_context(s);
    assert_ok(neuron_search_create(&s->search, s->context, go_search, s, NULL, NULL));
    assert_ok(neuron_search_add_factor(s->search, "rate", (const double[]){1, 2, 3}, 3));
    s->waits = 1;
}

static int run_grid(scene *s)
{
    return neuron_search_run_grid(s->search);
}

static int run_random(scene *s)
{
    return neuron_search_run_random(s->search, 2, 1);
}

static const call calls[] = {
    {"step callback", set_up_step, train, false},
    {"epoch callback", set_up_epoch, train, false},
    {"run begin", set_up_run_begin, train, false},
    {"epoch begin", set_up_epoch_begin, train, false},
    {"run end", set_up_run_end, train, false},
    {"schedule", set_up_schedule, train, false},
    {"loss", set_up_loss, train, false},
    {"loss in validation", set_up_validation, train, false},
    {"forward", set_up_forward, train, false},
    {"backward", set_up_backward, train, false},
    {"saved", set_up_saved, train, false},
    {"stream", set_up_stream, train, false},
    {"stream in a worker", set_up_worker, train, true},
    {"predict", set_up_predict, predict, false},
    {"evaluate, layer", set_up_evaluate_layer, evaluate, false},
    {"evaluate, stream", set_up_evaluate_stream, evaluate, false},
    {"evaluate, loss", set_up_evaluate_loss, evaluate, false},
    {"weigh", set_up_weigh, weigh, false},
    {"distil, layer", set_up_weigh, distil, false},
    {"distil, stream", set_up_distil_stream, distil, false},
    {"memory", set_up_memory, measure, false},
    {"summary", set_up_memory, summarise, false},
    {"build", set_up_build, build, false},
    {"load", set_up_load, load, false},
    {"filter", set_up_filter, filter, false},
    {"read", set_up_data, read_all, false},
    {"normalize", set_up_data, normalize, false},
    {"standardize", set_up_data, standardize, false},
    {"standardize channels", set_up_data, standardize_channels, false},
    {"join", set_up_data, join_two, false},
    {"create a stream", set_up_create, create, false},
    {"augment", set_up_augment, augment, false},
    {"grid", set_up_search, run_grid, false},
    {"random search", set_up_search, run_random, false},
};

enum { CALLS = sizeof calls / sizeof calls[0] };

/* All of it: of a volatile array clang 23 has only those bytes that are used. */
#define KEEP_ROOM(room) __asm__ volatile("" : : "r"(room) : "memory")

/* In a frame of some size, so that the stack is not as it was. */
__attribute__((noinline)) static int run_deeper(const call *c, scene *s)
{
    char room[5000];
    KEEP_ROOM(room);
    int status = c->run(s);
    KEEP_ROOM(room);
    return status;
}

__attribute__((noinline)) static void release_deeper(scene *s)
{
    char room[3000];
    KEEP_ROOM(room);
    release_all(s);
    KEEP_ROOM(room);
}

/* A call from the frame of the test, which is above all frames that were left. */
#define CALL_FROM_HERE()                                                                           \
    do {                                                                                           \
        neuron_context_t *context;                                                                 \
        assert_ok(neuron_context_create(&context, NULL));                                          \
        neuron_context_unref(context);                                                             \
    } while (0)

static void check_nothing_left(const call *c, const scene *s)
{
    ck_assert_msg(s->memory.live == 0, "%s: %ld pieces of memory are left", c->name,
                  (long)s->memory.live);
}

START_TEST(last_owner)
{
    const call *c = &calls[_i];
    scene s = {.way = RELEASE};
    c->set_up(&s);
    if (c->run == build) /* it goes on to use the graph */
        s.done = true;
    assert_ok(c->run(&s));
    ck_assert(s.done);
    release_all(&s);
    check_nothing_left(c, &s);
}
END_TEST

static void run_and_jump(const call *c, scene *s)
{
    if (setjmp(s->back) == 0) {
        c->run(s);
        ck_abort_msg("%s: returned", c->name);
    }
    ck_assert(s->done);
}

START_TEST(jumped_out)
{
    const call *c = &calls[_i];
    if (c->own_thread)
        return;
    scene s = {.way = JUMP};
    c->set_up(&s);
    run_and_jump(c, &s);
    assert_ok(c->run(&s));
    release_all(&s);
    check_nothing_left(c, &s);
}
END_TEST

/* A call from deeper than the one that was left cannot tell that it is over. It either works or
 * says that the other is on, and a later call from above makes all good. */
START_TEST(jumped_out_and_called_deeper)
{
    const call *c = &calls[_i];
    if (c->own_thread)
        return;
    scene s = {.way = JUMP};
    c->set_up(&s);
    run_and_jump(c, &s);
    int status = run_deeper(c, &s);
    if (status != NEURON_OK) {
        ck_assert_int_eq(status, NEURON_E_STATE);
        assert_ok(c->run(&s));
    }
    release_all(&s);
    check_nothing_left(c, &s);
}
END_TEST

START_TEST(jumped_out_and_released)
{
    const call *c = &calls[_i];
    for (int deeper = 0; deeper < 2 && !c->own_thread; deeper++) {
        scene s = {.way = JUMP};
        c->set_up(&s);
        run_and_jump(c, &s);
        if (deeper)
            release_deeper(&s);
        else
            release_all(&s);
        CALL_FROM_HERE();
        check_nothing_left(c, &s);
    }
}
END_TEST

/* Again from the same place, so that the new call stands where the old one stood. */
START_TEST(jumped_out_in_place)
{
    const call *c = &calls[_i];
    if (c->own_thread)
        return;
    scene s = {.way = JUMP};
    c->set_up(&s);
    setjmp(s.back);
    assert_ok(c->run(&s));
    ck_assert(s.done);
    release_all(&s);
    check_nothing_left(c, &s);
}
END_TEST

typedef struct thread_data {
    const call *call;
    scene *scene;
} thread_data;

static void *run_in_thread(void *data)
{
    const thread_data *all = data;
    all->call->run(all->scene);
    return NULL;
}

static void check_thread(const call *c, way_out way)
{
    scene s = {.way = way};
    pthread_t thread;
    thread_data data = {c, &s};
    void *result;
    c->set_up(&s);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_in_thread, &data), 0);
    pthread_join(thread, &result);
    ck_assert(s.done);
    if (!c->own_thread && way == CANCEL)
        ck_assert_ptr_eq(result, PTHREAD_CANCELED);
    assert_ok(c->run(&s));
    release_all(&s);
    check_nothing_left(c, &s);
}

START_TEST(thread_ended)
{
    check_thread(&calls[_i], EXIT);
}
END_TEST

START_TEST(thread_cancelled)
{
    check_thread(&calls[_i], CANCEL);
}
END_TEST

/* ---- Particulars ---- */

/* The parameters are those of a training that nobody left. */
static float *parameters_after(way_out way, size_t *count)
{
    scene s = {.way = way};
    set_up_backward(&s);
    if (way == JUMP)
        run_and_jump(&calls[0], &s);
    assert_ok(train(&s));
    float *values = test_parameters(s.graph, count);
    release_all(&s);
    return values;
}

static int run_again(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    assert_status(neuron_trainer_run(NULL, trainer), NEURON_E_STATE);
    assert_message("running already");
    return go(user_data);
}

START_TEST(a_step_left_is_undone)
{
    size_t counts[2];
    float *expected = parameters_after(RETURN, &counts[0]);
    float *found = parameters_after(JUMP, &counts[1]);
    ck_assert_uint_eq(counts[0], counts[1]);
    ck_assert_mem_eq(expected, found, counts[0] * sizeof *found);
    free(expected);
    free(found);
}
END_TEST

/* A run within a run is refused all the same, also behind one that was left. */
START_TEST(a_run_that_goes_on_is_one)
{
    scene s = {.way = JUMP};
    set_up_plain(&s);
    assert_ok(neuron_trainer_add_function(s.trainer, NEURON_EVENT_STEP_END, run_again, &s, NULL));
    run_and_jump(&calls[0], &s);
    assert_status(run_deeper(&calls[0], &s), NEURON_E_STATE);
    assert_ok(train(&s));
    release_all(&s);
    ck_assert_int_eq(s.memory.live, 0);
}
END_TEST

static void drop_trainer(void *user_data)
{
    TAKE_AWAY((scene *)user_data, trainer, trainer);
}

/* What a setter replaces may have been the caller's hold on the trainer. */
START_TEST(replaced)
{
    scene s = {.way = RETURN};
    add_context(&s);
    add_graph(&s, false);
    add_glyphs(&s);
    add_trainer(&s, 0);
    neuron_trainer_t *trainer = neuron_trainer_ref(s.trainer);
    neuron_loss_t *loss;
    assert_ok(neuron_loss_create_custom(&loss, s.context, go_loss, &s, drop_trainer));
    assert_ok(neuron_trainer_set_loss(trainer, loss));
    neuron_loss_unref(loss);
    assert_ok(neuron_trainer_set_loss(trainer, NULL));
    ck_assert_ptr_null(s.trainer);
    neuron_trainer_unref(trainer);
    release_all(&s);
    ck_assert_int_eq(s.memory.live, 0);
}
END_TEST

/* A log function returns, also in a thread that is cancelled meanwhile. */
static void cancel_in_log(int32_t level, const char *category, const char *line, void *user_data)
{
    (void)category;
    (void)level;
    (void)line;
    scene *s = user_data;
    if (s->done)
        return;
    pthread_cancel(pthread_self());
    pthread_testcancel();
    s->done = true;
}

static void *predict_in_thread(void *data)
{
    predict(data);
    pthread_testcancel();
    return NULL;
}

START_TEST(log_sink)
{
    scene s = {.way = RETURN};
    pthread_t thread;
    void *result;
    add_context(&s);
    add_graph(&s, false);
    add_tensors(&s);
    assert_ok(neuron_context_set_log(s.context, NEURON_LOG_DEBUG, cancel_in_log, &s, NULL));
    ck_assert_int_eq(pthread_create(&thread, NULL, predict_in_thread, &s), 0);
    pthread_join(thread, &result);
    ck_assert(s.done);
    ck_assert_ptr_eq(result, PTHREAD_CANCELED);
    assert_ok(neuron_context_set_number(s.context, "threads", 1)); /* a new session, with a line */
    assert_ok(predict(&s));
    release_all(&s);
    ck_assert_int_eq(s.memory.live, 0);
}
END_TEST

/* ---- A worker that is cancelled from outside, while it reads nothing ---- */

static pthread_t worker;
static atomic_bool has_worker;

static int tell_thread(void *examples, int32_t *labels, const int64_t *positions, int64_t count,
                       void *user_data)
{
    if (examples && !atomic_load(&has_worker)) {
        worker = pthread_self();
        atomic_store(&has_worker, true);
    }
    return go_read(examples, labels, positions, count, user_data);
}

static int cancel_worker(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    (void)trainer;
    (void)user_data;
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL); /* it waits for the next batch */
    return has_worker ? pthread_cancel(worker) : 0;
}

START_TEST(worker_cancelled)
{
    scene s = {.way = RETURN};
    add_context(&s);
    add_graph(&s, false);
    assert_ok(neuron_dataset_create_stream(
        &s.dataset, s.context, tell_thread, &s, NULL, COUNT,
        test_stream_options((const int64_t[]){SIDE, SIDE, 1}, 3, NEURON_TYPE_F32, TEST_CLASSES)));
    add_trainer(&s, 1);
    assert_ok(
        neuron_trainer_add_function(s.trainer, NEURON_EVENT_STEP_END, cancel_worker, NULL, NULL));
    assert_ok(neuron_trainer_run(NULL, s.trainer));
    ck_assert(has_worker);
    release_all(&s);
    ck_assert_int_eq(s.memory.live, 0);
}
END_TEST

/* A node that has no shape is in no graph that can be used. */
START_TEST(shape_left)
{
    scene s = {.way = JUMP};
    set_up_build(&s);
    assert_ok(neuron_graph_create(&s.graph, s.context));
    if (setjmp(s.back) == 0)
        add_nodes(s.graph, true);
    ck_assert(s.done);
    CALL_FROM_HERE();
    neuron_node_t *x = neuron_input(s.graph, (const int64_t[]){4}, 1);
    ck_assert_ptr_null(x);
    assert_status(neuron_graph_finish(s.graph, x), NEURON_E_CALLBACK);
    assert_message("shape function was left");
    release_all(&s);
    ck_assert_int_eq(s.memory.live, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("left calls");
    const struct {
        const char *name;
        const TTest *test;
    } loops[] = {
        {"last owner", last_owner},
        {"jump", jumped_out},
        {"jump in place", jumped_out_in_place},
        {"jump and go deeper", jumped_out_and_called_deeper},
        {"jump and release", jumped_out_and_released},
        {"end of the thread", thread_ended},
        {"cancellation", thread_cancelled},
    };
    for (size_t i = 0; i < sizeof loops / sizeof loops[0]; i++) {
        TCase *ways = tcase_create(loops[i].name);
        tcase_add_loop_test(ways, loops[i].test, 0, CALLS);
        suite_add_tcase(suite, ways);
    }
    TCase *cases = tcase_create("particulars");
    tcase_add_test(cases, a_step_left_is_undone);
    tcase_add_test(cases, a_run_that_goes_on_is_one);
    tcase_add_test(cases, replaced);
    tcase_add_test(cases, log_sink);
    tcase_add_test(cases, worker_cancelled);
    tcase_add_test(cases, shape_left);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
