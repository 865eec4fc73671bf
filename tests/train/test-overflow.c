/* Numbers that are finite in double, or as inputs, but not in what a step makes of them: the run
 * fails in that step, and never reports success with parameters that are not finite. */
#include "test-common.h"

#include "kernels/kernels.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

enum { EXAMPLES = 24, INPUTS = 4, CLASSES = 3 };

typedef struct bench {
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_optimizer_t *optimizer;
    neuron_dataset_t *train;
    neuron_trainer_t *trainer;
} bench;

typedef struct setting {
    float scale;     /* of the inputs */
    bool normalizes; /* the inputs */
    double l2;
    const char *rule; /* NULL for gradient descent */
    bool regression;
    float target;
} setting;

static neuron_dataset_t *make_dataset(neuron_context_t *context, const setting *s)
{
    float values[EXAMPLES][INPUTS], targets[EXAMPLES];
    int32_t labels[EXAMPLES];
    for (int i = 0; i < EXAMPLES; i++) {
        for (int k = 0; k < INPUTS; k++)
            values[i][k] = s->scale * (float)((i * 7 + k * 5) % 11 - 5) / 5;
        labels[i] = i % CLASSES;
        targets[i] = s->target * (float)(i % 3 - 1);
    }
    neuron_tensor_t *examples, *answers;
    neuron_dataset_t *dataset;
    assert_ok(neuron_tensor_copy(&examples, context, NEURON_TYPE_F32, (int64_t[]){EXAMPLES, INPUTS},
                                 2, values));
    if (s->regression) {
        assert_ok(neuron_tensor_copy(&answers, context, NEURON_TYPE_F32, (int64_t[]){EXAMPLES, 1},
                                     2, targets));
        assert_ok(neuron_dataset_create_with_targets(&dataset, context, examples, answers));
    } else {
        assert_ok(neuron_tensor_copy(&answers, context, NEURON_TYPE_I32, (int64_t[]){EXAMPLES}, 1,
                                     labels));
        assert_ok(neuron_dataset_create(&dataset, context, examples, answers, CLASSES));
    }
    neuron_tensor_unref(answers);
    neuron_tensor_unref(examples);
    return dataset;
}

static bench set_up(setting s)
{
    bench b;
    b.context = test_context();
    b.train = make_dataset(b.context, &s);
    assert_ok(neuron_graph_create(&b.graph, b.context));
    neuron_node_t *x = neuron_input(b.graph, (int64_t[]){INPUTS}, 1);
    if (s.normalizes)
        x = neuron_batch_norm(b.graph, x, NULL);
    x = neuron_dense(b.graph, x, 8, NULL);
    assert_ok(neuron_node_set_name(x, "hidden"));
    if (s.l2 > 0)
        assert_ok(neuron_node_set_regularizer(x, "kernel", 0, s.l2));
    x = neuron_tanh(b.graph, x);
    x = neuron_dense(b.graph, x, s.regression ? 1 : CLASSES, NULL);
    assert_ok(neuron_graph_finish(b.graph, s.regression ? x : neuron_softmax(b.graph, x, NULL)));
    assert_ok(neuron_optimizer_create(&b.optimizer, b.context, s.rule ? s.rule : "sgd", NULL));
    assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, b.train));
    assert_ok(neuron_trainer_set(b.trainer, "batch_size=8, epochs=2"));
    if (s.regression) {
        neuron_loss_t *loss;
        assert_ok(neuron_loss_create(&loss, b.context, "mean_squared_error", NULL));
        assert_ok(neuron_trainer_set_loss(b.trainer, loss));
        neuron_loss_unref(loss);
    }
    return b;
}

static void tear_down(bench *b)
{
    neuron_trainer_unref(b->trainer);
    neuron_dataset_unref(b->train);
    neuron_optimizer_unref(b->optimizer);
    neuron_graph_unref(b->graph);
    neuron_context_unref(b->context);
}

static bool all_finite(const bench *b)
{
    for (int32_t i = 0; i < neuron_graph_array_count(b->graph); i++) {
        float values[64];
        size_t count;
        assert_ok(neuron_graph_read_array(values, 64, &count, b->graph, i));
        for (size_t k = 0; k < count; k++)
            if (!isfinite(values[k]))
                return false;
    }
    return true;
}

/* Fails in the first step, with or without parameters that are still of use. */
static void assert_fails(bench *b, const char *message, bool stays)
{
    assert_status(neuron_trainer_run(NULL, b->trainer), NEURON_E_NOT_FINITE);
    assert_message(message);
    assert_message("epoch 1, step 1");
    ck_assert(all_finite(b) == stays);
    tear_down(b);
}

START_TEST(weights_of_classes_are_floats)
{
    bench b = set_up((setting){.scale = 1});
    static const double bad[] = {1e300, 3.5e38, (double)INFINITY, (double)NAN, -1};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const double weights[CLASSES] = {1, bad[i], 1};
        assert_status(neuron_trainer_set_class_weights(b.trainer, weights, CLASSES),
                      NEURON_E_ARGUMENT);
        assert_message("weights[1] is ");
        assert_message("it must be 0 or more and finite as float");
    }
    assert_ok(
        neuron_trainer_set_class_weights(b.trainer, (double[]){0, (double)FLT_MAX, 1}, CLASSES));
    tear_down(&b);
}
END_TEST

/* Each is a float, their product is not. */
START_TEST(weights_multiply)
{
    bench b = set_up((setting){.scale = 1});
    float weights[EXAMPLES];
    for (int i = 0; i < EXAMPLES; i++)
        weights[i] = 1e25f;
    assert_ok(neuron_trainer_set_class_weights(b.trainer, (double[]){1e20, 1e20, 1e20}, CLASSES));
    assert_ok(neuron_dataset_set_weights(b.train, weights, EXAMPLES));
    assert_fails(&b, "the gradient of the loss", true);
}
END_TEST

/* What is below the last layer of a network whose loss has infinite gradients. */
typedef enum below { NOTHING, AN_INPUT_OF_ZERO, A_LAYER, A_RELU, A_CONVOLUTION, BELOW_COUNT } below;

static neuron_node_t *add_below(neuron_graph_t *graph, below what)
{
    neuron_node_t *x = neuron_input(graph, (int64_t[]){INPUTS}, 1);
    if (what == A_LAYER || what == A_RELU)
        x = neuron_dense(graph, x, 5, NULL);
    if (what == A_RELU)
        x = neuron_relu(graph, x);
    if (what == A_CONVOLUTION) {
        x = neuron_reshape(graph, x, (int64_t[]){2, INPUTS / 2, 1}, 3);
        x = neuron_conv2d(graph, x, 3, 2, 2, NULL);
        x = neuron_flatten(graph, x);
    }
    return x;
}

/* With NOTHING the gradients of the parameters are infinite, each with its sign, and no other. */
static bench set_up_infinite(const char *rule, below what)
{
    bench b = {.context = test_context()};
    float values[EXAMPLES][INPUTS], weights[EXAMPLES];
    int32_t labels[EXAMPLES];
    for (int i = 0; i < EXAMPLES; i++) {
        for (int k = 0; k < INPUTS; k++)
            values[i][k] = what == AN_INPUT_OF_ZERO && k == 2 ? 0 : 0.5f + (float)k;
        labels[i] = 1;
        weights[i] = 1e25f;
    }
    neuron_tensor_t *examples, *answers;
    assert_ok(neuron_tensor_copy(&examples, b.context, NEURON_TYPE_F32,
                                 (int64_t[]){EXAMPLES, INPUTS}, 2, values));
    assert_ok(
        neuron_tensor_copy(&answers, b.context, NEURON_TYPE_I32, (int64_t[]){EXAMPLES}, 1, labels));
    assert_ok(neuron_dataset_create(&b.train, b.context, examples, answers, CLASSES));
    assert_ok(neuron_dataset_set_weights(b.train, weights, EXAMPLES));
    neuron_tensor_unref(answers);
    neuron_tensor_unref(examples);
    assert_ok(neuron_graph_create(&b.graph, b.context));
    neuron_node_t *x = neuron_dense(b.graph, add_below(b.graph, what), CLASSES, NULL);
    assert_ok(neuron_graph_finish(b.graph, neuron_softmax(b.graph, x, NULL)));
    assert_ok(neuron_optimizer_create(&b.optimizer, b.context, rule, NULL));
    assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, b.train));
    assert_ok(neuron_trainer_set(b.trainer, "epochs=1"));
    assert_ok(neuron_trainer_set_class_weights(b.trainer, (double[]){1e20, 1e20, 1e20}, CLASSES));
    return b;
}

START_TEST(a_clip_on_values_bounds_what_is_infinite)
{
    static const char *const rules[] = {"sgd", "adam", "rmsprop", "adamax"};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        bench b = set_up_infinite(rules[i], NOTHING);
        assert_ok(neuron_optimizer_set(b.optimizer, "clip_value=0.5"));
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        ck_assert(all_finite(&b));
        tear_down(&b);
        b = set_up_infinite(rules[i], NOTHING);
        assert_fails(&b, "the gradient of the loss", true);
        b = set_up_infinite(rules[i], NOTHING);
        assert_ok(neuron_optimizer_set(b.optimizer, "clip_norm=1"));
        assert_fails(&b, "the norm of a gradient", true);
    }
}
END_TEST

static void read_parameters(const bench *b, float values[64])
{
    size_t all = 0, count;
    for (int32_t i = 0; i < neuron_graph_array_count(b->graph); i++, all += count)
        assert_ok(neuron_graph_read_array(values + all, 64 - all, &count, b->graph, i));
}

/* There is no bound for what is not a number, which the way down makes of infinity. */
START_TEST(a_clip_on_values_keeps_parameters)
{
    static const char *const rules[] = {"sgd", "adam", "adagrad"};
    bench b = set_up_infinite(rules[_i % 3], (below)(1 + _i / 3));
    float before[64] = {0}, after[64] = {0};
    neuron_callback_t *callback;
    assert_ok(neuron_optimizer_set(b.optimizer, "clip_value=0.5"));
    assert_ok(neuron_trainer_set(b.trainer, "batch_size=8"));
    read_parameters(&b, before);
    for (int i = 0; i < 2; i++) {
        assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_E_NOT_FINITE);
        assert_message("the gradient of a parameter of epoch 1, step 1 is not a number");
        read_parameters(&b, after);
        ck_assert_mem_eq(before, after, sizeof before);
    }
    assert_ok(neuron_callback_create(&callback, b.context, "stop_on_nan", NULL));
    assert_ok(neuron_trainer_add_callback(b.trainer, callback));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    read_parameters(&b, after);
    ck_assert_mem_eq(before, after, sizeof before);
    neuron_callback_unref(callback);
    tear_down(&b);
}
END_TEST

/* Numbers whose sums are beyond float, though each is a float, are no reason to fail; one that is
 * infinite is. */
START_TEST(finite_numbers_raise_no_alarm)
{
    enum { COUNT = 37 };
    static const char *const names[] = {"baseline", "neon", "avx2", "avx512"};
    const neuron_kernels *kernels = neuron_kernels_find(names[_i / 6]);
    const neuron_rule_work rule = {.keep_first = 1, .keep_second = 1, .epsilon = 1e-7f};
    const neuron_adam_work adam = {.keep_mean = 1, .keep_square = 1, .epsilon = 1e-7f};
    if (!kernels)
        return;
    for (int bad = -1; bad < 3 * COUNT; bad++) {
        float values[COUNT], gradients[COUNT] = {0}, first[COUNT], second[COUNT];
        for (int i = 0; i < COUNT; i++) {
            values[i] = i % 2 ? FLT_MAX : -FLT_MAX;
            first[i] = _i % 6 == 0 || _i % 6 > 3 ? 0 : 3e38f; /* an average of gradients: at rest */
            second[i] = _i % 6 == 1 ? 0 : 3e38f;
        }
        float *arrays[] = {values, first, second};
        bool is_bad = bad >= 0 && !(_i % 6 == 2 && bad >= 2 * COUNT);
        if (bad >= 0)
            arrays[bad / COUNT][bad % COUNT] = INFINITY;
        bool finite;
        if (_i % 6 == 0)
            finite = kernels->update->adam(&adam, values, gradients, first, second, COUNT);
        else
            finite = (_i % 6 == 1   ? kernels->update->rmsprop
                      : _i % 6 == 2 ? kernels->update->adagrad
                      : _i % 6 == 3 ? kernels->update->adadelta
                      : _i % 6 == 4
                          ? kernels->update->adamax
                          : kernels->update->nadam)(&rule, values, gradients, first, second, COUNT);
        assert_that(finite == !is_bad, "%s, rule %d, %d", kernels->name, _i % 6, bad);
    }
}
END_TEST

START_TEST(targets_are_far_away)
{
    bench b = set_up((setting){.scale = 1, .regression = true, .target = 3e38f});
    assert_ok(neuron_optimizer_set(b.optimizer, "learning_rate=100"));
    assert_fails(&b, "", false);
}
END_TEST

START_TEST(rates_and_factors_are_too_large)
{
    bench b = set_up((setting){.scale = 1});
    assert_ok(neuron_optimizer_set(b.optimizer, "learning_rate=3e38"));
    assert_ok(neuron_trainer_set_class_weights(b.trainer, (double[]){1e6, 1e6, 1e6}, CLASSES));
    assert_fails(&b, "after the update", false);
    b = set_up((setting){.scale = 1, .l2 = 3e38});
    assert_ok(neuron_optimizer_set(b.optimizer, "learning_rate=10"));
    assert_fails(&b, "hidden.kernel after the update", false);
    b = set_up((setting){.scale = 1, .rule = "adamw"});
    assert_ok(neuron_optimizer_set(b.optimizer, "learning_rate=1e20, weight_decay=1e30"));
    assert_fails(&b, "after the update", false);
}
END_TEST

/* What a rule remembers, without which it would stand still for ever. */
START_TEST(squares_of_gradients_overflow)
{
    static const char *const rules[] = {"adam", "adamw", "nadam", "rmsprop", "adadelta", "adagrad"};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        bench b = set_up((setting){.scale = 1, .rule = rules[i]});
        assert_ok(
            neuron_trainer_set_class_weights(b.trainer, (double[]){1e25, 1e25, 1e25}, CLASSES));
        assert_fails(&b, "what the optimizer keeps of the gradients", true);
    }
}
END_TEST

START_TEST(statistics_of_inputs_overflow)
{
    static const float scales[] = {1e30f, 1e20f, 3e38f};
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        bench b = set_up((setting){.scale = scales[i], .normalizes = true});
        assert_fails(&b, "the loss of", true);
    }
    bench b = set_up((setting){.scale = 1e15f, .normalizes = true});
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert(all_finite(&b));
    tear_down(&b);
}
END_TEST

/* As for a loss that is no number: the training ends, and the parameters of its begin come back. */
START_TEST(a_callback_takes_it)
{
    bench b = set_up((setting){.scale = 1, .l2 = 3e38});
    assert_ok(neuron_optimizer_set(b.optimizer, "learning_rate=10"));
    neuron_callback_t *callback;
    assert_ok(neuron_callback_create(&callback, b.context, "stop_on_nan", NULL));
    assert_ok(neuron_trainer_add_callback(b.trainer, callback));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert(neuron_trainer_stop_reason(b.trainer)[0] != '\0');
    ck_assert(all_finite(&b));
    neuron_callback_unref(callback);
    tear_down(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("overflow");
    TCase *tests = tcase_create("overflow");
    tcase_add_test(tests, weights_of_classes_are_floats);
    tcase_add_test(tests, weights_multiply);
    tcase_add_test(tests, a_clip_on_values_bounds_what_is_infinite);
    tcase_add_loop_test(tests, a_clip_on_values_keeps_parameters, 0, 3 * (BELOW_COUNT - 1));
    tcase_add_loop_test(tests, finite_numbers_raise_no_alarm, 0, 24);
    tcase_add_test(tests, targets_are_far_away);
    tcase_add_test(tests, rates_and_factors_are_too_large);
    tcase_add_test(tests, squares_of_gradients_overflow);
    tcase_add_test(tests, statistics_of_inputs_overflow);
    tcase_add_test(tests, a_callback_takes_it);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
