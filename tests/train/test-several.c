/* A run of a network with several inputs and outputs: parameters and figures are those of the same
 * training written out in double. */
#include "test-several.h"

#include <math.h>

enum { BATCH = 4, EPOCHS = 3, HIDDEN = 7, ARRAYS = 10, OUTPUTS = 3 };

#define SIZE_WEIGHT 0.25
#define MARK_WEIGHT 2.0
#define RATE        0.1

/* ---- The training in double ---- */

/* Of a graph of three_heads(): kernels [inputs][units] and biases, in the order of its arrays. */
typedef struct reference {
    double a[A][4], a_bias[4], b[B][3], b_bias[3];
    double kind[HIDDEN][KINDS], kind_bias[KINDS], size[HIDDEN][2], size_bias[2];
    double mark[HIDDEN][1], mark_bias[1];
} reference;

enum { VALUES = sizeof(reference) / sizeof(double) };

/* One example of it, with the weight that it has at each output. */
typedef struct example {
    const float *a, *b, *size;
    int32_t kind, mark;
    double weights[OUTPUTS];
} example;

typedef struct answers {
    double hidden[HIDDEN], kind[KINDS], size[2], mark;
} answers;

static void multiply(double *to, const double *from, int32_t inputs, const double *kernel,
                     const double *bias, int32_t units)
{
    for (int32_t u = 0; u < units; u++) {
        to[u] = bias[u];
        for (int32_t i = 0; i < inputs; i++)
            to[u] += from[i] * kernel[i * units + u];
    }
}

static answers forward(const reference *r, const example *e)
{
    answers o;
    double a[A], b[B], mark, sum = 0;
    for (int i = 0; i < A; i++)
        a[i] = (double)e->a[i];
    for (int i = 0; i < B; i++)
        b[i] = (double)e->b[i];
    multiply(o.hidden, a, A, r->a[0], r->a_bias, 4);
    multiply(o.hidden + 4, b, B, r->b[0], r->b_bias, 3);
    for (int i = 0; i < HIDDEN; i++)
        o.hidden[i] = tanh(o.hidden[i]);
    multiply(o.kind, o.hidden, HIDDEN, r->kind[0], r->kind_bias, KINDS);
    multiply(o.size, o.hidden, HIDDEN, r->size[0], r->size_bias, 2);
    multiply(&mark, o.hidden, HIDDEN, r->mark[0], r->mark_bias, 1);
    for (int k = 0; k < KINDS; k++)
        sum += o.kind[k] = exp(o.kind[k]);
    for (int k = 0; k < KINDS; k++)
        o.kind[k] /= sum;
    o.mark = 1 / (1 + exp(-mark));
    return o;
}

/* Losses of the outputs without any weight, and whether each is right. */
static void judge(const answers *o, const example *e, double losses[OUTPUTS], int right[OUTPUTS])
{
    double off[] = {o->size[0] - (double)e->size[0], o->size[1] - (double)e->size[1]};
    int best = 0;
    for (int k = 1; k < KINDS; k++)
        best = o->kind[k] > o->kind[best] ? k : best;
    losses[0] = -log(o->kind[e->kind]);
    losses[1] = (off[0] * off[0] + off[1] * off[1]) / 2;
    losses[2] = -log(e->mark ? o->mark : 1 - o->mark);
    right[0] = best == e->kind;
    right[1] = (o->size[1] > o->size[0]) == (e->size[1] > e->size[0]);
    right[2] = (o->mark > 0.5) == e->mark;
}

static void add_products(double *kernel, double *bias, double *back, const double *inputs,
                         const double *weights, int64_t count, const double *slope, int32_t units)
{
    for (int32_t u = 0; u < units; u++) {
        bias[u] += slope[u];
        for (int32_t i = 0; i < count; i++) {
            kernel[i * units + u] += inputs[i] * slope[u];
            if (back)
                back[i] += weights[i * units + u] * slope[u];
        }
    }
}

/* Adds the gradient of an example's loss, the sum of all outputs, times `share`. */
static void backward(reference *gradient, const reference *r, const answers *o, const example *e,
                     double share)
{
    double kind[KINDS], size[2], mark, back[HIDDEN] = {0}, a[A], b[B];
    for (int k = 0; k < KINDS; k++)
        kind[k] = share * e->weights[0] * (o->kind[k] - (k == e->kind));
    for (int k = 0; k < 2; k++)
        size[k] = share * e->weights[1] * SIZE_WEIGHT * (o->size[k] - (double)e->size[k]);
    mark = share * e->weights[2] * MARK_WEIGHT * (o->mark - e->mark);
    add_products(gradient->kind[0], gradient->kind_bias, back, o->hidden, r->kind[0], HIDDEN, kind,
                 KINDS);
    add_products(gradient->size[0], gradient->size_bias, back, o->hidden, r->size[0], HIDDEN, size,
                 2);
    add_products(gradient->mark[0], gradient->mark_bias, back, o->hidden, r->mark[0], HIDDEN, &mark,
                 1);
    for (int i = 0; i < HIDDEN; i++)
        back[i] *= 1 - o->hidden[i] * o->hidden[i];
    for (int i = 0; i < A; i++)
        a[i] = (double)e->a[i];
    for (int i = 0; i < B; i++)
        b[i] = (double)e->b[i];
    add_products(gradient->a[0], gradient->a_bias, NULL, a, NULL, A, back, 4);
    add_products(gradient->b[0], gradient->b_bias, NULL, b, NULL, B, back + 4, 3);
}

static reference reference_of(const neuron_graph_t *graph)
{
    reference r;
    size_t count;
    float *values = test_parameters(graph, &count);
    ck_assert_int_eq(neuron_graph_array_count(graph), ARRAYS);
    ck_assert_uint_eq(count, VALUES);
    for (size_t i = 0; i < count; i++)
        ((double *)(void *)&r)[i] = (double)values[i];
    free(values);
    return r;
}

/* What a history has of an epoch. */
typedef struct figures {
    double loss, losses[OUTPUTS], accuracies[OUTPUTS];
} figures;

static figures train_epoch(reference *r, const example *list, int64_t count)
{
    figures f = {.loss = 0};
    static const double output_weights[] = {1, SIZE_WEIGHT, MARK_WEIGHT};
    for (int64_t first = 0; first < count; first += BATCH) {
        int64_t size = count - first < BATCH ? count - first : BATCH;
        reference gradient = {.kind_bias = {0}};
        for (const example *e = list + first; e < list + first + size; e++) {
            double losses[OUTPUTS];
            int right[OUTPUTS];
            answers o = forward(r, e);
            judge(&o, e, losses, right);
            for (int k = 0; k < OUTPUTS; k++) {
                f.losses[k] += e->weights[k] * losses[k] / (double)count;
                f.loss += output_weights[k] * e->weights[k] * losses[k] / (double)count;
                f.accuracies[k] += right[k] / (double)count;
            }
            backward(&gradient, r, &o, e, 1 / (double)size);
        }
        for (int i = 0; i < VALUES; i++)
            ((double *)(void *)r)[i] -= RATE * ((const double *)(const void *)&gradient)[i];
    }
    return f;
}

static figures validate(const reference *r, const example *list, int64_t count)
{
    figures f = {.loss = 0};
    for (const example *e = list; e < list + count; e++) {
        double losses[OUTPUTS];
        int right[OUTPUTS];
        answers o = forward(r, e);
        judge(&o, e, losses, right);
        for (int k = 0; k < OUTPUTS; k++) {
            f.losses[k] += e->weights[k] * losses[k] / (double)count;
            f.accuracies[k] += right[k] / (double)count;
        }
    }
    f.loss = f.losses[0] + SIZE_WEIGHT * f.losses[1] + MARK_WEIGHT * f.losses[2];
    return f;
}

static void list_examples(example *list, const examples *e, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        list[i] = (example){.a = (const float *)neuron_tensor_data_const(e->a) + i * A,
                            .b = (const float *)neuron_tensor_data_const(e->b) + i * B,
                            .size = (const float *)neuron_tensor_data_const(e->sizes) + i * 2,
                            .kind = ((const int32_t *)neuron_tensor_data_const(e->kinds))[i],
                            .mark = ((const int32_t *)neuron_tensor_data_const(e->marks))[i],
                            .weights = {1, 1, 1}};
}

/* Weights of examples at two outputs, of all, and of the classes of the first. */
static void weigh(examples *e, example *list, int64_t count, const double *class_weights)
{
    float kinds[64], marks[64], all[64];
    for (int64_t i = 0; i < count; i++) {
        kinds[i] = (float)(i % 3);
        marks[i] = 0.5f + (float)(i % 2);
        all[i] = i % 5 == 0 ? 1.5f : 1;
        list[i].weights[0] = (double)(kinds[i] * all[i]) * class_weights[list[i].kind];
        list[i].weights[1] = (double)all[i];
        list[i].weights[2] = (double)(marks[i] * all[i]);
    }
    assert_ok(neuron_dataset_set_weights(e->of_kinds, kinds, count));
    assert_ok(neuron_dataset_set_weights(e->of_marks, marks, count));
    zip_examples(e);
    assert_ok(neuron_dataset_set_weights(e->zipped, all, count));
}

static void expect_figures(const neuron_history_t *history, int64_t epoch, const figures *f,
                           const char *loss, const char *accuracy)
{
    ck_assert_double_eq_tol(test_figure(history, epoch, loss), f->loss, 2e-6);
    ck_assert_double_eq_tol(test_figure(history, epoch, accuracy), f->accuracies[0], 1e-12);
    for (int k = 0; k < OUTPUTS; k++) {
        ck_assert_double_eq_tol(output_figure(history, epoch, k, loss), f->losses[k], 2e-6);
        ck_assert_double_eq_tol(output_figure(history, epoch, k, accuracy), f->accuracies[k],
                                1e-12);
    }
}

/* Parameters and all figures, epoch by epoch. */
static void compare(bool weighted)
{
    enum { HELD = 6 };
    static const double class_weights[] = {1, 3, 0.5}, ones[] = {1, 1, 1};
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = three_heads(context);
    examples train = make_examples(context, EXAMPLES, 1), held = make_examples(context, HELD, 9);
    example list[EXAMPLES], held_list[HELD];
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    neuron_history_t *history;
    list_examples(list, &train, EXAMPLES);
    list_examples(held_list, &held, HELD);
    if (weighted) {
        weigh(&train, list, EXAMPLES, class_weights);
        weigh(&held, held_list, HELD, ones);
    } else {
        zip_examples(&train);
        zip_examples(&held);
    }
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", "learning_rate=0.1"));
    assert_ok(neuron_trainer_create(&trainer, graph, sgd, train.zipped));
    assert_ok(neuron_trainer_set(trainer, "batch_size=4, shuffle=no, epochs=3"));
    assert_ok(neuron_trainer_set_validation(trainer, held.zipped));
    set_losses(trainer, context, SIZE_WEIGHT, MARK_WEIGHT);
    if (weighted)
        assert_ok(neuron_trainer_set_class_weights(trainer, class_weights, KINDS));
    reference r = reference_of(graph);
    assert_ok(neuron_trainer_run(&history, trainer));
    ck_assert_int_eq(neuron_history_output_count(history), OUTPUTS);
    for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
        figures f = train_epoch(&r, list, EXAMPLES);
        expect_figures(history, epoch, &f, "loss", "accuracy");
        f = validate(&r, held_list, HELD);
        expect_figures(history, epoch, &f, "validation_loss", "validation_accuracy");
    }
    reference got = reference_of(graph);
    for (int i = 0; i < VALUES; i++)
        ck_assert_double_eq_tol(((double *)(void *)&got)[i], ((double *)(void *)&r)[i], 2e-6);
    neuron_history_unref(history);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
    drop_examples(&train);
    drop_examples(&held);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}

START_TEST(a_run_is_the_one_in_double)
{
    compare(false);
    compare(true);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("several");
    TCase *tests = tcase_create("several");
    tcase_set_timeout(tests, 0);
    tcase_add_test(tests, a_run_is_the_one_in_double);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
