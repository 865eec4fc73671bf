/* A loss of the caller's: one call for each step, what it may return, and one that compares the
 * examples of a batch. */
#include "trainer-bench.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>

enum { CALLS = 64, CLASSES = TEST_CLASSES, VALIDATED = 20 };

/* ---- One call for each step ---- */

typedef struct probe {
    int calls, after, answer; /* `answer` is returned once there were `after` calls */
    bool explain;             /* with a failed call of its own */
    int64_t counts[CALLS];
    bool trains[CALLS];
    pthread_t thread;
} probe;

static void check_batch(const float *targets, const int32_t *labels, int64_t count, int64_t size)
{
    ck_assert_int_eq(size, CLASSES);
    for (int64_t i = 0; i < count * size; i++)
        ck_assert(targets[i] == (float)(i % size == labels[i / size]));
}

static int squared(double *losses, float *gradients, const float *outputs, const float *targets,
                   const int32_t *labels, int64_t count, int64_t size, void *user_data)
{
    probe *p = user_data;
    ck_assert_int_lt(p->calls, CALLS);
    ck_assert(pthread_equal(p->thread, pthread_self()));
    check_batch(targets, labels, count, size);
    p->counts[p->calls] = count;
    p->trains[p->calls++] = gradients != NULL;
    for (int64_t i = 0; i < count * size; i++) {
        double error = (double)outputs[i] - (double)targets[i];
        losses[i / size] += error * error;
        if (gradients)
            gradients[i] = (float)(2 * error);
    }
    if (p->calls <= p->after)
        return 0;
    if (p->explain)
        neuron_loss_set(NULL, "delta=1");
    return p->answer;
}

static void own(const bench *b, probe *p)
{
    neuron_loss_t *loss;
    p->thread = pthread_self();
    assert_ok(neuron_loss_create_custom(&loss, b->context, squared, p, NULL));
    assert_ok(neuron_trainer_set_loss(b->trainer, loss));
    neuron_loss_unref(loss);
}

START_TEST(one_call_for_each_step)
{
    bench b = set_up(test_cnn);
    probe p = {0};
    assert_ok(neuron_context_set_number(b.context, "threads", 1 + 2 * _i));
    assert_ok(neuron_trainer_set_validation(b.trainer, b.validation));
    assert_ok(neuron_trainer_set(b.trainer, "epochs=2"));
    own(&b, &p);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    const int64_t counts[STEPS + 1] = {BATCH, BATCH, BATCH, EXAMPLES % BATCH, VALIDATED};
    ck_assert_int_eq(p.calls, 2 * (STEPS + 1));
    for (int i = 0; i < p.calls; i++) {
        ck_assert_int_eq(p.counts[i], counts[i % (STEPS + 1)]);
        ck_assert(p.trains[i] == (i % (STEPS + 1) < STEPS));
    }
    tear_down(&b);
}
END_TEST

/* ---- What it returns ---- */

static const struct {
    int answer, status;
} answers[] = {
    {-12345, -12345},        {NEURON_E_IO, NEURON_E_IO}, {NEURON_STOP, NEURON_E_CALLBACK},
    {77, NEURON_E_CALLBACK}, {INT32_MIN, INT32_MIN},     {INT32_MAX, NEURON_E_CALLBACK}};

enum { ANSWERS = sizeof answers / sizeof answers[0] };

static void assert_told(int answer, bool explained)
{
    char expected[64];
    snprintf(expected, sizeof expected, "custom loss: the function returned %d", answer);
    assert_message(expected);
    if (explained)
        assert_message("loss is NULL");
}

/* A run fails, and goes on as if nothing had been once the function answers 0. */
START_TEST(a_run_that_fails_goes_on)
{
    for (int after = 0; after <= STEPS + 1; after++) {
        bench a = set_up(test_cnn), b = set_up(test_cnn);
        probe whole = {0}, p = {.after = after, .answer = answers[_i].answer, .explain = after % 2};
        own(&a, &whole);
        own(&b, &p);
        for (int i = 0; i < 2; i++) {
            neuron_trainer_t *trainer = i ? b.trainer : a.trainer;
            assert_ok(neuron_trainer_set_validation(trainer, i ? b.validation : a.validation));
            assert_ok(neuron_trainer_set(trainer, "epochs=2"));
        }
        assert_ok(neuron_trainer_run(NULL, a.trainer));
        assert_status(neuron_trainer_run(NULL, b.trainer), answers[_i].status);
        assert_told(answers[_i].answer, p.explain);
        size_t count;
        float *before = test_parameters(b.graph, &count);
        assert_status(neuron_trainer_run(NULL, b.trainer), answers[_i].status);
        float *behind = test_parameters(b.graph, &count); /* with moving statistics */
        ck_assert_mem_eq(before, behind, count * sizeof *before);
        p.answer = 0;
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        ck_assert(same_parameters(a.graph, b.graph));
        free(before);
        free(behind);
        tear_down(&a);
        tear_down(&b);
    }
}
END_TEST

START_TEST(a_step_or_an_evaluation_fails)
{
    bench b = set_up(test_cnn);
    probe p = {.answer = answers[_i].answer};
    neuron_loss_t *loss;
    neuron_evaluation_t *figures = (neuron_evaluation_t *)&figures;
    neuron_tensor_t *images, *classes;
    double value = 7;
    size_t count;
    own(&b, &p);
    assert_ok(neuron_tensor_create(&images, b.context, NEURON_TYPE_F32,
                                   (const int64_t[]){3, SIZE, SIZE, 1}, 4));
    assert_ok(neuron_tensor_create(&classes, b.context, NEURON_TYPE_I32, (const int64_t[]){3}, 1));
    assert_ok(neuron_dataset_read(neuron_tensor_data(images), neuron_tensor_data(classes), b.train,
                                  0, 3));
    neuron_tensor_t *inputs[] = {images}, *targets[] = {classes};
    float *before = test_parameters(b.graph, &count);
    assert_status(neuron_trainer_step(&value, b.trainer, inputs, 1, targets, 1, NULL),
                  answers[_i].status);
    assert_told(answers[_i].answer, false);
    ck_assert_double_eq(value, 7);
    assert_ok(neuron_loss_create_custom(&loss, b.context, squared, &p, NULL));
    assert_status(neuron_graph_evaluate(&figures, b.graph, b.train, loss, NULL),
                  answers[_i].status);
    assert_told(answers[_i].answer, false);
    ck_assert_ptr_null(figures);
    float *behind = test_parameters(b.graph, &count);
    ck_assert_mem_eq(before, behind, count * sizeof *before);
    p.answer = 0;
    assert_ok(neuron_trainer_step(&value, b.trainer, inputs, 1, targets, 1, NULL));
    assert_ok(neuron_graph_evaluate(&figures, b.graph, b.train, loss, NULL));
    free(before);
    free(behind);
    neuron_evaluation_unref(figures);
    neuron_loss_unref(loss);
    neuron_tensor_unref(images);
    neuron_tensor_unref(classes);
    tear_down(&b);
}
END_TEST

/* ---- The examples of a batch compared ---- */

static const double width = 1e-4; /* of finite differences */

enum { INPUTS = 3, OUTPUTS = 2, COUNT = 5, KERNEL = INPUTS * OUTPUTS };

/* Each example is to be as far from the next as its target says. */
static int apart(double *losses, float *gradients, const float *outputs, const float *targets,
                 const int32_t *labels, int64_t count, int64_t size, void *user_data)
{
    (void)labels, (void)user_data;
    for (int64_t i = 0; i < count * size; i++) {
        int64_t next = (i + size) % (count * size);
        double error = (double)outputs[i] - (double)outputs[next] - (double)targets[i];
        losses[i / size] += error * error;
        if (gradients) {
            gradients[i] += (float)(2 * error);
            gradients[next] -= (float)(2 * error);
        }
    }
    return 0;
}

/* The mean of the same, for x w without a bias, in double. */
static double mean_apart(const float *x, const float *targets, const double *w)
{
    double y[COUNT][OUTPUTS] = {{0}}, sum = 0;
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < INPUTS; j++)
            for (int k = 0; k < OUTPUTS; k++)
                y[i][k] += (double)x[i * INPUTS + j] * w[j * OUTPUTS + k];
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < OUTPUTS; k++)
            sum += pow(y[i][k] - y[(i + 1) % COUNT][k] - (double)targets[i * OUTPUTS + k], 2);
    return sum / COUNT;
}

static neuron_tensor_t *numbers(neuron_context_t *context, int64_t columns, double phase)
{
    neuron_tensor_t *tensor;
    assert_ok(neuron_tensor_create(&tensor, context, NEURON_TYPE_F32,
                                   (const int64_t[]){COUNT, columns}, 2));
    for (int64_t i = 0; i < COUNT * columns; i++)
        ((float *)neuron_tensor_data(tensor))[i] = (float)sin(phase + 1.3 * (double)(i * i));
    return tensor;
}

START_TEST(examples_are_compared)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    neuron_loss_t *loss;
    neuron_tensor_t *x = numbers(context, INPUTS, 0), *t = numbers(context, OUTPUTS, 2);
    neuron_tensor_t *inputs[] = {x}, *targets[] = {t};
    const float *given = neuron_tensor_data(x), *wanted = neuron_tensor_data(t);
    assert_ok(neuron_graph_create(&graph, context));
    assert_ok(neuron_graph_finish(
        graph, neuron_dense(graph, neuron_input(graph, (const int64_t[]){INPUTS}, 1), OUTPUTS,
                            "use_bias=no")));
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", "learning_rate=1"));
    assert_ok(neuron_trainer_create(&trainer, graph, sgd, NULL));
    assert_ok(neuron_loss_create_custom(&loss, context, apart, NULL, NULL));
    assert_ok(neuron_trainer_set_loss(trainer, loss));
    size_t count;
    double w[KERNEL], value;
    float *before = test_parameters(graph, &count);
    ck_assert_uint_eq(count, KERNEL);
    for (int i = 0; i < KERNEL; i++)
        w[i] = (double)before[i];
    assert_ok(neuron_trainer_step(&value, trainer, inputs, 1, targets, 1, NULL));
    ck_assert_double_eq_tol(value, mean_apart(given, wanted, w), 1e-6);
    float *behind = test_parameters(graph, &count);
    for (int i = 0; i < KERNEL; i++) {
        w[i] += width;
        double slope = mean_apart(given, wanted, w);
        w[i] -= 2 * width;
        slope = (slope - mean_apart(given, wanted, w)) / (2 * width);
        w[i] += width;
        ck_assert_double_eq_tol((double)before[i] - (double)behind[i], slope, 1e-5);
    }
    free(before);
    free(behind);
    neuron_loss_unref(loss);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
    neuron_graph_unref(graph);
    neuron_tensor_unref(x);
    neuron_tensor_unref(t);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loss-function");
    TCase *cases = tcase_create("loss-function");
    tcase_add_loop_test(cases, one_call_for_each_step, 0, 2);
    tcase_add_loop_test(cases, a_run_that_fails_goes_on, 0, ANSWERS);
    tcase_add_loop_test(cases, a_step_or_an_evaluation_fails, 0, ANSWERS);
    tcase_add_test(cases, examples_are_compared);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
