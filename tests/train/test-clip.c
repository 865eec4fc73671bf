/* Gradients that are limited, in whole trainings, and what every rule learns. */
#include "test-models.h"

#include "train/trainer.h"

#include <math.h>

/* Two dense layers of which the first has more weights than one task takes. */
enum { INPUTS = 700, HIDDEN = 30, CLASSES = 3, EXAMPLES = 12 };

typedef struct bench {
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_optimizer_t *optimizer;
    neuron_dataset_t *dataset;
    neuron_trainer_t *trainer;
} bench;

static neuron_graph_t *make_graph(neuron_context_t *context)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){INPUTS}, 1);
    neuron_node_t *h = neuron_relu(g, neuron_dense(g, x, HIDDEN, NULL));
    assert_ok(neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, h, CLASSES, NULL), NULL)));
    return g;
}

static neuron_dataset_t *make_dataset(neuron_context_t *context)
{
    static float x[EXAMPLES][INPUTS];
    int32_t labels[EXAMPLES];
    neuron_tensor_t *examples, *classes;
    neuron_dataset_t *dataset;
    for (int i = 0; i < EXAMPLES; i++) {
        labels[i] = i % CLASSES;
        for (int j = 0; j < INPUTS; j++)
            x[i][j] = (float)((i * 31 + j * 17 + labels[i] * j % 5) % 23 - 11) / 8;
    }
    assert_ok(neuron_tensor_copy(&examples, context, NEURON_TYPE_F32,
                                 (const int64_t[]){EXAMPLES, INPUTS}, 2, x));
    assert_ok(neuron_tensor_copy(&classes, context, NEURON_TYPE_I32, (const int64_t[]){EXAMPLES}, 1,
                                 labels));
    assert_ok(neuron_dataset_create(&dataset, context, examples, classes, CLASSES));
    neuron_tensor_unref(classes);
    neuron_tensor_unref(examples);
    return dataset;
}

static bench set_up(const char *rule, int32_t threads)
{
    bench b;
    b.context = test_context();
    assert_ok(neuron_context_set_number(b.context, "threads", threads));
    b.graph = make_graph(b.context);
    b.dataset = make_dataset(b.context);
    assert_ok(neuron_optimizer_create(&b.optimizer, b.context, rule, NULL));
    assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, b.dataset));
    assert_ok(neuron_trainer_set_number(b.trainer, "batch_size", EXAMPLES));
    return b;
}

static void tear_down(bench *b)
{
    neuron_trainer_unref(b->trainer);
    neuron_dataset_unref(b->dataset);
    neuron_optimizer_unref(b->optimizer);
    neuron_graph_unref(b->graph);
    neuron_context_unref(b->context);
}

enum { CLIP_VALUE, CLIP_NORM, CLIP_GLOBAL_NORM, CLIPS, CLIP_NOTHING = CLIPS };

static const char *const clips[CLIPS] = {"clip_value", "clip_norm", "clip_global_norm"};

/* The parameters after a step of gradient descent at the rate 1, and the change of each. */
static float *descend(int clip, double limit, int32_t threads, size_t *count)
{
    bench b = set_up("sgd", threads);
    assert_ok(neuron_optimizer_set(b.optimizer, "learning_rate=1"));
    if (clip != CLIP_NOTHING)
        assert_ok(neuron_optimizer_set_number(b.optimizer, clips[clip], limit));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    float *values = test_parameters(b.graph, count);
    tear_down(&b);
    return values;
}

/* The gradient as gradient descent at the rate 1 shows it, array after array. */
static double *gradient(size_t *count)
{
    bench b = set_up("sgd", 1);
    float *before = test_parameters(b.graph, count);
    float *after = descend(CLIP_NOTHING, 0, 1, count);
    double *difference = malloc(*count * sizeof *difference);
    for (size_t i = 0; i < *count; i++)
        difference[i] = (double)before[i] - (double)after[i];
    free(before);
    free(after);
    tear_down(&b);
    return difference;
}

/* What is to become of gradients g[first .. first + count - 1] whose norm is that of `whole`. */
static void limit_norm(double *g, size_t count, double squares, double limit)
{
    double norm = sqrt(squares);
    for (size_t i = 0; norm > limit && i < count; i++)
        g[i] *= limit / norm;
}

static double squares_of(const double *g, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += g[i] * g[i];
    return sum;
}

static void clip_naively(double *g, int clip, double limit)
{
    static const size_t arrays[] = {INPUTS * HIDDEN, HIDDEN, HIDDEN * CLASSES, CLASSES};
    size_t count = 0;
    for (int i = 0; i < 4; i++) {
        double *array = g + count;
        count += arrays[i];
        if (clip == CLIP_NORM)
            limit_norm(array, arrays[i], squares_of(array, arrays[i]), limit);
    }
    for (size_t i = 0; clip == CLIP_VALUE && i < count; i++)
        g[i] = fmax(-limit, fmin(limit, g[i]));
    if (clip == CLIP_GLOBAL_NORM)
        limit_norm(g, count, squares_of(g, count), limit);
}

/* Limits that change all gradients, some (a bias that has a small norm stays), and none. */
START_TEST(gradients_are_clipped)
{
    const double limits[3][3] = {{0.0005, 0.05, 1e6}, {0.01, 0.5, 1e6}, {0.02, 1, 1e6}};
    for (int i = 0; i < 3; i++) {
        size_t count;
        bench b = set_up("sgd", 1);
        float *before = test_parameters(b.graph, &count);
        float *after = descend(_i, limits[_i][i], 2, &count);
        float *unclipped = descend(CLIP_NOTHING, 0, 2, &count);
        double *expected = gradient(&count), largest = 0;
        clip_naively(expected, _i, limits[_i][i]);
        for (size_t j = 0; j < count; j++) {
            double error = fabs((double)before[j] - (double)after[j] - expected[j]);
            largest = fmax(largest, error / (1e-6 + 1e-5 * fabs(expected[j])));
        }
        assert_that(largest <= 1, "limit %g: off by %g times what it may", limits[_i][i], largest);
        bool same = memcmp(after, unclipped, count * sizeof *after) == 0;
        assert_that(same == (i == 2), "limit %g", limits[_i][i]);
        free(expected);
        free(unclipped);
        free(after);
        free(before);
        tear_down(&b);
    }
}
END_TEST

START_TEST(threads_do_not_change_a_bit)
{
    size_t count;
    float *alone = descend(_i, 0.05, 1, &count);
    for (int32_t threads = 2; threads <= 3; threads++) {
        float *values = descend(_i, 0.05, threads, &count);
        assert_that(memcmp(values, alone, count * sizeof *values) == 0, "%d threads", threads);
        free(values);
    }
    free(alone);
}
END_TEST

/* A loss that is a number although a gradient is none. */
static int bad_slope(double *losses, float *gradients, const float *outputs, const float *targets,
                     const int32_t *labels, int64_t count, int64_t size, void *user_data)
{
    (void)targets, (void)labels;
    const float *slope = user_data;
    for (int64_t i = 0; i < count; i++) {
        losses[i] = (double)outputs[i * size];
        if (gradients)
            gradients[i * size] = *slope;
    }
    return 0;
}

/* A norm that is not finite ends the run as a bad loss does, and nothing has changed. */
START_TEST(a_norm_that_is_no_number)
{
    static const char message[] = "the norm of a gradient of epoch 1, step 1 is ";
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            bench b = set_up("sgd", 2);
            float slope = i == 0 ? NAN : INFINITY;
            size_t count;
            neuron_loss_t *loss;
            neuron_callback_t *callback;
            float *before = test_parameters(b.graph, &count);
            assert_ok(neuron_loss_create_custom(&loss, b.context, bad_slope, &slope, NULL));
            assert_ok(neuron_trainer_set_loss(b.trainer, loss));
            assert_ok(neuron_optimizer_set_number(b.optimizer, clips[_i], 1));
            if (j == 1) {
                assert_ok(neuron_callback_create(&callback, b.context, "stop_on_nan", NULL));
                assert_ok(neuron_trainer_add_callback(b.trainer, callback));
                neuron_callback_unref(callback);
            }
            assert_status(neuron_trainer_run(NULL, b.trainer), j ? NEURON_OK : NEURON_E_NOT_FINITE);
            if (j == 0)
                assert_message(message);
            else
                ck_assert_ptr_nonnull(strstr(neuron_trainer_stop_reason(b.trainer), message));
            float *after = test_parameters(b.graph, &count);
            ck_assert_mem_eq(before, after, count * sizeof *after);
            free(after);
            free(before);
            neuron_loss_unref(loss);
            tear_down(&b);
        }
}
END_TEST

/* Sets a limit in the middle of a training, and takes it away again. */
static int change_limit(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    (void)user_data;
    bool on = neuron_trainer_progress(trainer, "epoch") == 2;
    return neuron_optimizer_set_number(neuron_trainer_optimizer(trainer), "clip_norm",
                                       on ? 1e6 : 0);
}

START_TEST(limits_may_change_on_the_way)
{
    bench a = set_up("nadam", 2), b = set_up("nadam", 2);
    assert_ok(neuron_trainer_set(a.trainer, "epochs=5"));
    assert_ok(neuron_trainer_set(b.trainer, "epochs=5"));
    assert_ok(
        neuron_trainer_add_function(b.trainer, NEURON_EVENT_EPOCH_END, change_limit, NULL, NULL));
    assert_ok(neuron_trainer_run(NULL, a.trainer));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert(same_parameters(a.graph, b.graph));
    tear_down(&b);
    tear_down(&a);
}
END_TEST

static void clip_now(neuron_optimizer_t *optimizer)
{
    assert_ok(neuron_optimizer_set(optimizer, "clip_norm=1e-3, learning_rate=0.5"));
}

static int clip_within(double *losses, float *gradients, const float *outputs, const float *targets,
                       const int32_t *labels, int64_t count, int64_t size, void *user_data)
{
    (void)targets;
    if (user_data)
        clip_now(user_data);
    for (int64_t i = 0; i < count * size; i++) {
        losses[i / size] = 1;
        if (gradients)
            gradients[i] = outputs[i] - (i % size == labels[i / size] ? 1.0F : 0.0F);
    }
    return 0;
}

static int clip_after(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    (void)user_data;
    clip_now(neuron_trainer_optimizer(trainer));
    return 0;
}

/* Options set in the middle of a step count from the next one, as those set at its end do. */
START_TEST(options_set_within_a_step)
{
    bench benches[2];
    for (int i = 0; i < 2; i++) {
        bench *b = &benches[i];
        *b = set_up("sgd", 1);
        neuron_loss_t *loss;
        assert_ok(neuron_loss_create_custom(&loss, b->context, clip_within,
                                            i == 0 ? b->optimizer : NULL, NULL));
        assert_ok(neuron_trainer_set_loss(b->trainer, loss));
        neuron_loss_unref(loss);
        if (i == 1)
            assert_ok(neuron_trainer_add_function(b->trainer, NEURON_EVENT_STEP_END, clip_after,
                                                  NULL, NULL));
        assert_ok(neuron_trainer_set(b->trainer, "epochs=3"));
        assert_ok(neuron_trainer_run(NULL, b->trainer));
    }
    ck_assert(same_parameters(benches[0].graph, benches[1].graph));
    tear_down(&benches[0]);
    tear_down(&benches[1]);
}
END_TEST

/* Rules, rates at which they learn a few examples by heart, and the loss that is left. */
START_TEST(every_rule_learns)
{
    const struct {
        const char *rule;
        double rate;
    } cases[] = {{"sgd", 0.01},   {"rmsprop", 0.001}, {"adagrad", 0.01}, {"adadelta", 1},
                 {"adam", 0.001}, {"adamw", 0.001},   {"adamax", 0.001}, {"nadam", 0.001}};
    int64_t epochs = 40;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bench b = set_up(cases[i].rule, 1);
        neuron_history_t *history;
        assert_ok(neuron_optimizer_set_number(b.optimizer, "learning_rate", cases[i].rate));
        assert_ok(neuron_trainer_set_number(b.trainer, "epochs", (double)epochs));
        assert_ok(neuron_trainer_run(&history, b.trainer));
        double first = test_figure(history, 0, "loss");
        double last = test_figure(history, epochs - 1, "loss");
        assert_that(last < 0.2 * first, "%s: loss %g, then %g", cases[i].rule, first, last);
        neuron_history_unref(history);
        tear_down(&b);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clip");
    TCase *cases = tcase_create("clip");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, gradients_are_clipped, 0, CLIPS);
    tcase_add_loop_test(cases, threads_do_not_change_a_bit, 0, CLIPS);
    tcase_add_loop_test(cases, a_norm_that_is_no_number, CLIP_NORM, CLIPS);
    tcase_add_test(cases, limits_may_change_on_the_way);
    tcase_add_test(cases, options_set_within_a_step);
    tcase_add_test(cases, every_rule_learns);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
