/* Which graphs a saved training goes on with: those that make the same
 * steps of it, and no others. */
#include "resume-bench.h"

#include "model/model.h"
#include "train/trainer.h"

#include <stdio.h>

/* What is done to the graph of the tests. */
typedef enum change {
    NOTHING,
    /* These leave the steps as they are. */
    GRAPH_NAME,
    PLAIN_NAMES,
    INITIALIZERS,
    /* These do not. */
    INPUT_SHAPE,
    FILTERS,
    PADDING,
    NO_BIAS,
    RATE,
    REGULARIZER,
    MORE_REGULARIZER,
    WEIGHTS,
    INPUT_ORDER,
    DENSE_NAME,
    SHARED,
    OTHER_LAYER,
    LAYER_MORE,
    LAYER_LESS,
    KIND,
    CUSTOM_ARRAY,
    CUSTOM_ARRAYS,
    CUSTOM_TRAINABLE
} change;

static change now; /* what model() makes: a plan hands it no more than a context */

static int scale(neuron_custom_run_t *run, void *user_data)
{
    const float *x = neuron_custom_run_input(run, 0), *by = neuron_custom_run_array(run, 0);
    float *y = neuron_custom_run_output(run);
    int64_t n = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    (void)user_data;
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] * *by;
    return 0;
}

static int scale_back(neuron_custom_run_t *run, void *user_data)
{
    const float *x = neuron_custom_run_input(run, 0), *by = neuron_custom_run_array(run, 0);
    const float *dy = neuron_custom_run_output_gradient(run);
    float *dx = neuron_custom_run_input_gradient(run, 0);
    float *to = neuron_custom_run_array_gradient(run, 0), sum = 0;
    int64_t n = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    (void)user_data;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i] * dy[i];
        if (dx)
            dx[i] = dy[i] * *by;
    }
    if (to)
        *to = sum;
    return 0;
}

static neuron_node_t *add_scale(neuron_graph_t *g, neuron_node_t *x)
{
    neuron_node_t *node = neuron_custom_layer(g, now == KIND ? "other" : "scale", &x, 1, NULL, 0);
    assert_ok(neuron_node_set_name(node, "scale"));
    assert_ok(neuron_custom_layer_add_array(node, now == CUSTOM_ARRAY ? "factor" : "by", NULL, 0,
                                            now == INITIALIZERS ? "constant" : "ones",
                                            now == INITIALIZERS ? 0.5 : 0,
                                            now != CUSTOM_TRAINABLE));
    if (now == CUSTOM_ARRAYS)
        assert_ok(neuron_custom_layer_add_array(node, "more", NULL, 0, "ones", 0, 1));
    return node;
}

static neuron_node_t *add_branches(neuron_graph_t *g, neuron_node_t *x)
{
    neuron_node_t *first = neuron_dense(g, x, 6, NULL);
    neuron_node_t *second =
        now == SHARED ? neuron_shared_layer(g, first, &x, 1) : neuron_dense(g, x, 6, NULL);
    if (now == DENSE_NAME)
        assert_ok(neuron_node_set_name(second, "second"));
    if (now == NO_BIAS)
        assert_ok(neuron_node_set(second, "use_bias=no"));
    if (now == INITIALIZERS)
        assert_ok(neuron_node_set(first, "initializer=he_normal"));
    assert_ok(neuron_node_set_regularizer(first, "kernel", 0, now == REGULARIZER ? 0.25 : 0.125));
    if (now == MORE_REGULARIZER)
        assert_ok(neuron_node_set_regularizer(second, "bias", 0.5, 0));
    neuron_node_t *in_order[] = {first, second}, *turned[] = {second, first};
    return neuron_weighted_average(g, now == INPUT_ORDER ? turned : in_order, 2,
                                   (const double[]){1, now == WEIGHTS ? 3 : 2});
}

static neuron_graph_t *model(neuron_context_t *context)
{
    neuron_graph_t *g;
    assert_ok(neuron_custom_layer_register(context, "scale", scale, scale_back, NULL, NULL, NULL));
    assert_ok(neuron_custom_layer_register(context, "other", scale, scale_back, NULL, NULL, NULL));
    assert_ok(neuron_graph_create(&g, context));
    int64_t side = now == INPUT_SHAPE ? SIZE + 1 : SIZE, shape[] = {side, side, 1};
    neuron_node_t *x = neuron_input(g, shape, 3);
    neuron_node_t *conv = neuron_conv2d(g, x, now == FILTERS ? 4 : 3, 3, 3, NULL);
    if (now == PADDING)
        assert_ok(neuron_node_set(conv, "padding=same"));
    if (now == INITIALIZERS)
        assert_ok(neuron_node_set_initializer(conv, "kernel", "normal", 0.5));
    neuron_node_t *bent = now == OTHER_LAYER ? neuron_tanh(g, conv) : neuron_relu(g, conv);
    neuron_node_t *flat =
        neuron_flatten(g, neuron_max_pool2d(g, neuron_batch_norm(g, bent, NULL), 2, 2, NULL));
    neuron_node_t *h = neuron_dropout(g, flat, now == RATE ? 0.4 : 0.3);
    h = neuron_dense(g, add_scale(g, add_branches(g, h)), TEST_CLASSES, NULL);
    if (now != LAYER_LESS)
        h = neuron_softmax(g, h, NULL);
    if (now == LAYER_MORE)
        h = neuron_relu(g, h);
    if (now == PLAIN_NAMES) {
        assert_ok(neuron_node_set_name(x, "picture"));
        assert_ok(neuron_node_set_name(bent, "rectified"));
        assert_ok(neuron_node_set_name(flat, "features"));
        assert_ok(neuron_node_set_name(h, "probabilities"));
    }
    if (now == GRAPH_NAME)
        assert_ok(neuron_graph_set_name(g, "another"));
    assert_ok(neuron_graph_finish(g, h));
    return g;
}

static bench make(change what, uint64_t seed)
{
    plan s = usual;
    s.model = model;
    s.seed = seed;
    now = what;
    return set_up(s, NULL);
}

/* ---- Graphs that are taken ---- */

static void set_frozen(const bench *b, int frozen)
{
    assert_ok(neuron_node_set_trainable(neuron_graph_find_node(b->graph, "dense"), !frozen));
    assert_ok(neuron_node_set_trainable(neuron_graph_find_node(b->graph, "batch_norm"), !frozen));
}

static void run_to(const bench *b, int step)
{
    int left = step;
    neuron_callback_t *stop;
    assert_ok(neuron_callback_create_function(&stop, b->context, NEURON_EVENT_STEP_END, stop_at,
                                              &left, NULL));
    assert_ok(neuron_trainer_add_callback(b->trainer, stop));
    ck_assert_int_eq(neuron_trainer_run(NULL, b->trainer), NEURON_STOP);
    assert_ok(neuron_trainer_remove_callback(b->trainer, stop));
    neuron_callback_unref(stop);
}

static void assert_same_training(const bench *a, const bench *b)
{
    const neuron_history_t *x = neuron_trainer_history(a->trainer);
    const neuron_history_t *y = neuron_trainer_history(b->trainer);
    ck_assert(same_parameters(a->graph, b->graph));
    for (int32_t i = 0; i < a->optimizer->rule->slot_count; i++)
        ck_assert_mem_eq(neuron_step_slots(a->trainer->step)[i],
                         neuron_step_slots(b->trainer->step)[i],
                         (size_t)a->graph->trainable_count * sizeof(float));
    ck_assert_int_eq(neuron_history_epochs(x), neuron_history_epochs(y));
    for (int64_t i = 0; i < neuron_history_epochs(x); i++)
        for (int m = 0; m < 5; m++)
            ck_assert(test_figure(x, i, test_metrics[m]) == test_figure(y, i, test_metrics[m]));
}

static int warnings;
static char warning[256];

static void keep_warning(int32_t level, const char *category, const char *line, void *user_data)
{
    (void)category;
    (void)level;
    (void)user_data;
    warnings++;
    snprintf(warning, sizeof warning, "%s", line);
}

START_TEST(what_changes_no_step_is_taken)
{
    static const change changes[][2] = {{NOTHING, NOTHING},
                                        {NOTHING, GRAPH_NAME},
                                        {NOTHING, PLAIN_NAMES},
                                        {NOTHING, INITIALIZERS},
                                        {SHARED, SHARED}};
    const char *state = test_file("state");
    bench whole = make(changes[_i][0], 1), other = make(changes[_i][1], 77);
    run_to(&whole, 5);
    assert_ok(neuron_trainer_save(whole.trainer, state));
    assert_ok(neuron_trainer_run(NULL, whole.trainer));
    assert_ok(neuron_context_set_log(other.context, NEURON_LOG_WARNING, keep_warning, NULL, NULL));
    warnings = 0;
    assert_ok(neuron_trainer_load(other.trainer, state));
    ck_assert_int_eq(warnings, 0);
    assert_ok(neuron_trainer_run(NULL, other.trainer));
    assert_same_training(&whole, &other);
    tear_down(&other);
    tear_down(&whole);
}
END_TEST

/* Freezing or thawing when a training is loaded is doing so when it is interrupted: also twice, so
 * that what the optimizer remembers comes from before the layer was frozen. */
START_TEST(frozen_layers_are_as_the_graph_has_them)
{
    const struct {
        int first, second, third;
        const char *warning;
    } cases[] = {
        {0, 1, 0, "was saved with other layers frozen: 2 differ, the first is batch_norm"},
        {1, 0, 1, "was saved with other layers frozen: 2 differ, the first is batch_norm"},
        {1, 1, 0, NULL},
    };
    const char *state = test_file("state");
    bench whole = make(NOTHING, 1);
    set_frozen(&whole, cases[_i].first);
    run_to(&whole, 5);
    assert_ok(neuron_trainer_save(whole.trainer, state));
    bench second = make(NOTHING, 77), third = make(NOTHING, 78);
    assert_ok(neuron_context_set_log(second.context, NEURON_LOG_WARNING, keep_warning, NULL, NULL));
    warnings = 0;
    set_frozen(&second, cases[_i].second);
    assert_ok(neuron_trainer_load(second.trainer, state));
    ck_assert_int_eq(warnings, cases[_i].warning != NULL);
    assert_that(!cases[_i].warning || strstr(warning, cases[_i].warning), "%s", warning);
    ck_assert_int_eq(neuron_node_trainable(neuron_graph_find_node(second.graph, "dense")),
                     !cases[_i].second);
    set_frozen(&whole, cases[_i].second);
    run_to(&whole, 3);
    run_to(&second, 3);
    assert_same_training(&whole, &second);
    assert_ok(neuron_trainer_save(second.trainer, state));
    assert_ok(neuron_trainer_load(third.trainer, state));
    set_frozen(&third, cases[_i].third); /* after loading is as good */
    set_frozen(&whole, cases[_i].third);
    assert_ok(neuron_trainer_run(NULL, whole.trainer));
    assert_ok(neuron_trainer_run(NULL, third.trainer));
    assert_same_training(&whole, &third);
    tear_down(&third);
    tear_down(&second);
    tear_down(&whole);
}
END_TEST

START_TEST(all_layers_frozen)
{
    const char *state = test_file("state"), *after = test_file("after");
    bench b = make(NOTHING, 1);
    assert_ok(neuron_trainer_save(b.trainer, state));
    for (int32_t i = 0; i < neuron_graph_node_count(b.graph); i++)
        assert_ok(neuron_node_set_trainable(neuron_graph_node(b.graph, i), 0));
    assert_status(neuron_trainer_load(b.trainer, state), NEURON_E_UNSUPPORTED);
    assert_message("nothing to train");
    for (int32_t i = 0; i < neuron_graph_node_count(b.graph); i++)
        assert_ok(neuron_node_set_trainable(neuron_graph_node(b.graph, i), 1));
    assert_ok(neuron_trainer_save(b.trainer, after));
    ck_assert(test_same_files(state, after));
    tear_down(&b);
}
END_TEST

/* ---- Graphs that are refused ---- */

static const struct {
    change what;
    const char *message;
} differences[] = {
    {INPUT_SHAPE, "input: shape is [10,10,1] in the file, [9,9,1] here"},
    {FILTERS, "conv2d: filters is 4 in the file, 3 here"},
    {PADDING, "conv2d: padding is same in the file, valid here"},
    {NO_BIAS, "dense_1: use_bias is 0 in the file, 1 here"},
    {RATE, "dropout: rate is 0.4 in the file, 0.3 here"},
    {REGULARIZER, "dense: regularizers is {\"kernel\":[0.0,0.25]} in the file, "
                  "{\"kernel\":[0.0,0.125]} here"},
    {MORE_REGULARIZER, "dense_1: regularizers is {\"bias\":[0.5,0.0]} in the file, none here"},
    {WEIGHTS, "weighted_average: weights is [1.0,3.0] in the file, [1.0,2.0] here"},
    {INPUT_ORDER, "weighted_average: inputs is [8,7] in the file, [7,8] here"},
    {DENSE_NAME, "dense_1: name is second in the file, dense_1 here"},
    {SHARED, "dense_1: shared is 7 in the file, none here"},
    {OTHER_LAYER, "relu: layer is tanh in the file, relu here"},
    {LAYER_MORE, "layer relu_1 of the file is not in the graph"},
    {LAYER_LESS, "layer softmax of the graph is not in the file"},
    {KIND, "scale: kind is other in the file, scale here"},
    {CUSTOM_ARRAY, "scale.by: name is factor in the file, by here"},
    {CUSTOM_ARRAYS, "scale: 2 arrays in the file, 1 in the graph"},
    {CUSTOM_TRAINABLE, "scale.by: trainable is 0 in the file, 1 here"},
};

static neuron_safetensors *save_graph(const bench *b, char **bytes)
{
    neuron_safetensors *file;
    size_t size = 0;
    (void)neuron_graph_save_memory(NULL, 0, &size, b->graph);
    *bytes = malloc(size);
    assert_ok(neuron_graph_save_memory(*bytes, size, &size, b->graph));
    assert_ok(neuron_safetensors_parse(&file, b->context, *bytes, size, "saved"));
    return file;
}

static neuron_graph_t *make_graph(neuron_context_t **context, change what)
{
    *context = test_context();
    now = what;
    return model(*context);
}

START_TEST(what_changes_steps_is_refused)
{
    char *bytes, message[256];
    bench theirs = {.graph = make_graph(&theirs.context, differences[_i].what)};
    bench ours = {.graph = make_graph(&ours.context, NOTHING)};
    neuron_safetensors *file = save_graph(&theirs, &bytes);
    assert_status(neuron_model_check(ours.graph, file), NEURON_E_DATA);
    snprintf(message, sizeof message, "saved: %s", differences[_i].message);
    ck_assert_str_eq(neuron_error_last(), message);
    assert_ok(neuron_model_check(theirs.graph, file));
    neuron_safetensors_close(file);
    free(bytes);
    tear_down(&ours);
    tear_down(&theirs);
}
END_TEST

/* The same from the other side. */
START_TEST(what_the_file_lacks_is_refused)
{
    static const change lacking[] = {MORE_REGULARIZER, SHARED, LAYER_MORE, LAYER_LESS,
                                     CUSTOM_ARRAYS};
    static const char *const messages[] = {
        "dense_1: regularizers is none in the file, {\"bias\":[0.5,0.0]} here",
        "dense_1: shared is none in the file, 7 here",
        "layer relu_1 of the graph is not in the file",
        "layer softmax of the file is not in the graph",
        "scale: 1 arrays in the file, 2 in the graph",
    };
    char *bytes;
    bench theirs = {.graph = make_graph(&theirs.context, NOTHING)};
    bench ours = {.graph = make_graph(&ours.context, lacking[_i])};
    neuron_safetensors *file = save_graph(&theirs, &bytes);
    assert_status(neuron_model_check(ours.graph, file), NEURON_E_DATA);
    assert_message(messages[_i]);
    neuron_safetensors_close(file);
    free(bytes);
    tear_down(&ours);
    tear_down(&theirs);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resume-graph");
    TCase *tests = tcase_create("graphs");
    tcase_set_timeout(tests, 0);
    tcase_add_loop_test(tests, what_changes_no_step_is_taken, 0, 4);
    tcase_add_loop_test(tests, frozen_layers_are_as_the_graph_has_them, 0, 3);
    tcase_add_test(tests, all_layers_frozen);
    tcase_add_loop_test(tests, what_changes_steps_is_refused, 0,
                        sizeof differences / sizeof differences[0]);
    tcase_add_loop_test(tests, what_the_file_lacks_is_refused, 0, 4);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
