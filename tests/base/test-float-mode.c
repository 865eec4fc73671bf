/* Whatever mode of floating-point arithmetic the host sets, before a context or behind it, between
 * calls or in callbacks: the same bytes, no trap, no flag, and its mode is as it left it. */
#include "test-common.h"

#include "base/float-mode.h"

#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

typedef struct mode {
    const char *name;
    int rounding, traps;
    bool flush;    /* subnormal numbers are 0, as after linking with -ffast-math */
    int precision; /* of the x87, if it has one: in its control word, where 0 is 24 bits */
} mode;

enum { PRECISION = 0x300, BITS_24 = 0, BITS_53 = 0x200, BITS_64 = 0x300 };

static const mode modes[] = {
    {"as a program starts", FE_TONEAREST, 0, false, BITS_64},
    {"upward", FE_UPWARD, 0, false, BITS_64},
    {"downward", FE_DOWNWARD, 0, false, BITS_64},
    {"toward zero", FE_TOWARDZERO, 0, false, BITS_64},
    {"flushing", FE_TONEAREST, 0, true, BITS_64},
    {"traps", FE_TONEAREST, FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW, false, BITS_64},
    {"float32", FE_TONEAREST, 0, false, BITS_24},
    {"double", FE_TONEAREST, 0, false, BITS_53},
    {"all of it", FE_DOWNWARD, FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW, true, BITS_24},
};

enum { MODES = sizeof modes / sizeof modes[0] };

static unsigned x87_precision(void)
{
    uint16_t control = 0;
#if defined(__i386__) || defined(__x86_64__)
    __asm__ volatile("fnstcw %0" : "=m"(control));
#endif
    return control & PRECISION;
}

static void set_precision(int precision)
{
#if defined(__i386__) || defined(__x86_64__)
    uint16_t control;
    __asm__ volatile("fnstcw %0" : "=m"(control));
    control = (uint16_t)((control & ~PRECISION) | precision);
    __asm__ volatile("fldcw %0" : : "m"(control) : "memory");
#else
    (void)precision;
#endif
}

static void set_mode(const mode *wanted)
{
    fesetenv(FE_DFL_ENV);
    fesetround(wanted->rounding);
#if defined(__GLIBC__)
    feenableexcept(wanted->traps);
#endif
#if defined(__x86_64__)
    if (wanted->flush)
        _mm_setcsr(_mm_getcsr() | 0x8040);
#endif
    set_precision(wanted->precision);
}

/* What a call must leave as it was. */
typedef struct held {
    int rounding, flags, traps;
    unsigned control, precision;
} held;

static held look(void)
{
    held now = {fegetround(), fetestexcept(FE_ALL_EXCEPT), 0, 0, x87_precision()};
#if defined(__GLIBC__)
    now.traps = fegetexcept();
#endif
#if defined(__x86_64__)
    now.control = _mm_getcsr();
#endif
    return now;
}

static bool same(held a, held b, bool flags_too)
{
    unsigned bits = flags_too ? ~0u : ~0x3fu;
    return a.rounding == b.rounding && a.traps == b.traps && (!flags_too || a.flags == b.flags) &&
           (a.control & bits) == (b.control & bits) && a.precision == b.precision;
}

/* Calls that may not change the mode. */
#define WATCH(call)                                                                                \
    const held before_ = look();                                                                   \
    int status_ = (call);                                                                          \
    const held after_ = look();                                                                    \
    ck_assert_msg(same(before_, after_, true), "%s changed the mode from %x to %x", #call,         \
                  before_.control, after_.control)

#define HOLDS(call)                                                                                \
    do {                                                                                           \
        WATCH(call);                                                                               \
        ck_assert_msg(status_ == 0, "%s: %s", #call, neuron_error_last());                         \
    } while (0)

#define FAILS(call)                                                                                \
    do {                                                                                           \
        WATCH(call);                                                                               \
        ck_assert_msg(status_ < 0, "%s does not fail", #call);                                     \
    } while (0)

/* What one run leaves. */
typedef struct bytes {
    char data[1 << 18];
    size_t size;
} bytes;

static void note(bytes *all, const void *data, size_t size)
{
    ck_assert_uint_le(all->size + size, sizeof all->data);
    memcpy(all->data + all->size, data, size);
    all->size += size;
}

/* The mode that callbacks find, and the one that they leave: the same, or the next one. */
static const mode *now;
static bool turns;

static void visit(const char *what)
{
    const held found = look();
    fenv_t kept;
    fegetenv(&kept);
    set_mode(now);
    const held expected = look();
    fesetenv(&kept);
    ck_assert_msg(same(found, expected, false), "%s does not find the mode %s: %x, not %x", what,
                  now->name, found.control, expected.control);
    if (turns) {
        now = &modes[(now - modes + 1) % MODES];
        set_mode(now);
    }
}

/* Made by the compiler: to compute such numbers raises flags. */
static const float mixed[] = {0.3f, 1e-40f, 1.7f, -0.6f, 3e-39f, 0, 2.1f, -7e-41f, 0.1f, 1e-45f, 1};

enum { MIXED = sizeof mixed / sizeof mixed[0] };

/* In a worker's thread: the mode is that of the thread that started the run. */
static int read_examples(void *examples, int32_t *labels, const int64_t *positions, int64_t count,
                         void *user_data)
{
    (void)user_data;
    if (!turns)
        visit("a stream");
    for (int64_t i = 0; i < count; i++) {
        for (int64_t k = 0; examples && k < 20; k++)
            /* no assignment, which the x87 computes */
            memcpy((float *)examples + 20 * i + k, &mixed[(positions[i] * k + k) % MIXED],
                   sizeof(float));
        if (labels)
            labels[i] = (int32_t)(positions[i] % 3);
    }
    return 0;
}

static int copy_forward(neuron_custom_run_t *run, void *user_data)
{
    (void)user_data;
    visit("forward");
    int64_t count = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    memcpy(neuron_custom_run_output(run), neuron_custom_run_input(run, 0),
           (size_t)count * sizeof(float));
    return 0;
}

static int copy_backward(neuron_custom_run_t *run, void *user_data)
{
    (void)user_data;
    visit("backward");
    int64_t count = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    memcpy(neuron_custom_run_input_gradient(run, 0), neuron_custom_run_output_gradient(run),
           (size_t)count * sizeof(float));
    return 0;
}

static int after_step(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    (void)user_data;
    visit("a step");
    held before = look();
    ck_assert(neuron_trainer_progress(trainer, "loss") >= 0);
    ck_assert(same(before, look(), false));
    return 0;
}

static int count_destroyed(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)trainer;
    (void)event;
    ++*(int *)user_data;
    visit("an event");
    return 0;
}

static void sink(int32_t level, const char *category, const char *line, void *user_data)
{
    (void)category;
    (void)level;
    (void)line;
    (void)user_data;
    visit("a log");
}

static neuron_graph_t *make_graph(neuron_context_t *context)
{
    neuron_graph_t *graph;
    HOLDS(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (int64_t[]){20}, 1);
    x = neuron_dense(graph, x, 64, NULL);
    HOLDS(neuron_node_set_regularizer(x, "kernel", 1e-4, 0.1));
    x = neuron_batch_norm(graph, neuron_relu(graph, x), NULL);
    x = neuron_dropout(graph, neuron_tanh(graph, neuron_dense(graph, x, 33, NULL)), 0.1);
    x = neuron_custom_layer(graph, "copy", &x, 1, NULL, 0);
    HOLDS(neuron_graph_finish(graph, neuron_softmax(graph, neuron_dense(graph, x, 3, NULL), NULL)));
    return graph;
}

static void train(neuron_graph_t *graph, neuron_context_t *context, const char *rule, bytes *all)
{
    int events = 0;
    neuron_dataset_t *dataset;
    neuron_optimizer_t *optimizer;
    neuron_trainer_t *trainer;
    neuron_callback_t *callback;
    neuron_history_t *history;
    HOLDS(
        neuron_dataset_create_stream(&dataset, context, read_examples, NULL, NULL, 70,
                                     test_stream_options((int64_t[]){20}, 1, NEURON_TYPE_F32, 3)));
    HOLDS(neuron_optimizer_create(&optimizer, context, rule, "learning_rate=0.01"));
    HOLDS(neuron_optimizer_set(optimizer, "learning_rate=1e-2, clip_value=0"));
    FAILS(neuron_optimizer_set_number(optimizer, "learning_rate", (double)NAN));
    FAILS(neuron_optimizer_set_number(optimizer, "learning_rate", DBL_MAX));
    HOLDS(neuron_callback_create_function(&callback, context, TEST_EVENTS, count_destroyed, &events,
                                          NULL));
    HOLDS(neuron_trainer_create(&trainer, graph, optimizer, dataset));
    HOLDS(neuron_trainer_add_callback(trainer, callback));
    HOLDS(neuron_trainer_add_function(trainer, NEURON_EVENT_STEP_END, after_step, NULL, NULL));
    HOLDS(neuron_trainer_set(trainer, "epochs=3"));
    if (turns) /* only the callbacks change the mode then */
        assert_ok(neuron_trainer_run(&history, trainer));
    else
        HOLDS(neuron_trainer_run(&history, trainer));
    set_mode(now);
    ck_assert_int_gt(events, 0);
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        double loss;
        assert_ok(neuron_history_value(&loss, history, epoch, "loss"));
        note(all, &loss, sizeof loss);
    }
    neuron_history_unref(history);
    neuron_callback_unref(callback);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(optimizer);
    neuron_dataset_unref(dataset);
}

static void predict(neuron_graph_t *graph, neuron_context_t *context, bytes *all)
{
    static float in[300 * 20], out[300 * 3];
    neuron_tensor_t *input, *output;
    for (int i = 0; i < 300 * 20; i++)
        memcpy(&in[i], &mixed[i % 13 % MIXED], sizeof *in);
    HOLDS(neuron_tensor_wrap(&input, context, NEURON_TYPE_F32, (int64_t[]){300, 20}, 2, in));
    HOLDS(neuron_tensor_wrap(&output, context, NEURON_TYPE_F32, (int64_t[]){300, 3}, 2, out));
    if (turns)
        assert_ok(neuron_graph_predict(graph, input, output));
    else
        HOLDS(neuron_graph_predict(graph, input, output));
    FAILS(neuron_graph_predict(graph, output, output));
    note(all, out, sizeof out);
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
}

static void save(neuron_graph_t *graph, bytes *all)
{
    size_t size;
    static char file[1 << 16];
    HOLDS(neuron_graph_save_memory(NULL, 0, &size, graph));
    ck_assert_uint_le(size, sizeof file);
    HOLDS(neuron_graph_save_memory(file, size, NULL, graph));
    note(all, file, size);
}

/* Numbers that a host may give: among them some of which every comparison raises a flag. */
static void read_numbers(neuron_context_t *context, bytes *all)
{
    static const char *path;
    if (!path)
        path = test_file("numbers.csv");
    const char text[] = "0,0.1,3965.8116455078125,1e-39\n1,7373.1110839843751,-2.7e-5,16777217\n";
    test_write_file(path, text, sizeof text - 1);
    neuron_dataset_t *dataset, *scaled;
    float values[6];
    HOLDS(neuron_dataset_load_csv(&dataset, context, path, "classes=2, type=f32, header=absent"));
    HOLDS(neuron_dataset_read(values, NULL, dataset, 0, 2));
    note(all, values, sizeof values);
    HOLDS(neuron_dataset_standardize(dataset, dataset));
    HOLDS(neuron_dataset_read(values, NULL, dataset, 0, 2));
    note(all, values, sizeof values);
    FAILS(neuron_dataset_set_scale(dataset, (double)NAN, 0));
    neuron_dataset_unref(dataset);
    HOLDS(neuron_dataset_generate_glyphs(&scaled, context, 9, 12, 12, 1));
    static float images[9 * 144];
    HOLDS(neuron_dataset_read(images, NULL, scaled, 0, 9));
    note(all, images, sizeof images);
    neuron_dataset_unref(scaled);
}

/* Everything in one mode; the context is from before it, or within it. */
static void tell(const mode *wanted, int32_t threads, bool before_context, bool turning, bytes *all)
{
    neuron_context_t *context;
    all->size = 0;
    now = wanted;
    turns = turning;
    if (before_context)
        set_mode(wanted);
    ck_assert_int_eq(neuron_context_create(&context, NULL), 0);
    HOLDS(neuron_context_set_number(context, "threads", threads));
    HOLDS(neuron_context_set_log(context, NEURON_LOG_DEBUG, sink, NULL, NULL));
    HOLDS(neuron_custom_layer_register(context, "copy", copy_forward, copy_backward, NULL, NULL,
                                       NULL));
    set_mode(wanted);
    neuron_graph_t *graph = make_graph(context);
    static const char *const rules[] = {"sgd", "adam", "nadam", "rmsprop"};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        train(graph, context, rules[i], all);
    predict(graph, context, all);
    set_mode(now);
    save(graph, all);
    read_numbers(context, all);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    fesetenv(FE_DFL_ENV);
}

static bytes expected_bytes, found_bytes;

static void compare(const mode *wanted, int32_t threads, bool before_context, bool turning)
{
    tell(wanted, threads, before_context, turning, &found_bytes);
    ck_assert_msg(found_bytes.size == expected_bytes.size &&
                      memcmp(found_bytes.data, expected_bytes.data, found_bytes.size) == 0,
                  "%s, %d threads%s%s: other bytes", wanted->name, threads,
                  before_context ? ", set before the context" : "",
                  turning ? ", changed in callbacks" : "");
}

START_TEST(modes_of_the_host_change_nothing)
{
    tell(&modes[0], 1, false, false, &expected_bytes);
    compare(&modes[_i], 1, false, false);
    compare(&modes[_i], 2, true, false);
    compare(&modes[_i], 3, false, false);
    compare(&modes[_i], 3, false, true);
}
END_TEST

/* Flags that were raised before stay, and others are not raised. */
START_TEST(flags_of_the_host_stay)
{
    neuron_context_t *context = test_context();
    fesetenv(FE_DFL_ENV);
    feraiseexcept(FE_DIVBYZERO);
    neuron_evaluation_t *evaluation;
    HOLDS(
        neuron_evaluation_create(&evaluation, context, (int32_t[]){0, 0}, (int32_t[]){0, 0}, 2, 3));
    const held before = look();
    (void)neuron_evaluation_precision(evaluation, 2);
    (void)neuron_evaluation_f1(evaluation, 1);
    ck_assert(same(before, look(), true));
    ck_assert_int_eq(fetestexcept(FE_ALL_EXCEPT), FE_DIVBYZERO);
    neuron_evaluation_unref(evaluation);
    neuron_context_unref(context);
    fesetenv(FE_DFL_ENV);
}
END_TEST

/* What is not assigned has no more bits than a double, whatever holds it meanwhile. */
START_TEST(operations_round_to_doubles)
{
    static const struct {
        double count, fraction;
        int64_t kept;
    } parts[] = {{50, 0.2, 40}, {10, 0.1, 9}, {100, 0.4, 60}, {1000, 0.3, 700}, {25, 0.2, 20}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        volatile double count = parts[i].count, fraction = parts[i].fraction;
        FLOAT_SCOPE;
        ck_assert_int_eq((int64_t)(count * (1 - fraction)), parts[i].kept);
    }
    volatile double tenth = 0.1, fifth = 0.2, sum = 0x1.3333333333334p-2, three = 3, whole = 1;
    FLOAT_SCOPE;
    ck_assert(tenth + fifth == sum);
    ck_assert(whole / three * three == whole);
    ck_assert(whole + 0x1p-53 == whole);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("float mode");
    TCase *tests = tcase_create("float mode");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, modes_of_the_host_change_nothing, 0, MODES);
    tcase_add_test(tests, flags_of_the_host_stay);
    tcase_add_test(tests, operations_round_to_doubles);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
