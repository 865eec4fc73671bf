/* Micro-batches: a step in parts is the same step, for any threads, and leaves no trace if one of
 * them fails. */
#include "trainer-bench.h"

#include "train/trainer.h"

#include <math.h>

/* ---- The same steps ---- */

/* Layers that see each example for itself, with what regularisers add. */
static neuron_graph_t *plain(neuron_context_t *context, int64_t size)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_flatten(g, neuron_input(g, (const int64_t[]){size, size, 1}, 3));
    x = neuron_dense(g, x, 7, NULL);
    assert_ok(neuron_node_set_regularizer(x, "kernel", 0, 0.01));
    assert_ok(neuron_node_set_regularizer(x, "bias", 0.003, 0.02));
    x = neuron_dense(g, neuron_tanh(g, x), TEST_CLASSES, NULL);
    assert_ok(neuron_graph_finish(g, neuron_softmax(g, x, NULL)));
    return g;
}

static const struct {
    const char *rule, *options;
} rules[] = {{"sgd", "learning_rate=0.1, momentum=0.9"},
             {"sgd", "learning_rate=0.1, clip_value=0.01"},
             {"sgd", "learning_rate=0.1, clip_norm=0.05"},
             {"sgd", "learning_rate=0.1, clip_global_norm=0.1"},
             {"adam", "learning_rate=0.01, epsilon=0.001"}};

enum { RULES = sizeof rules / sizeof rules[0] };

static bench make(model graph, int rule, int64_t micro_batch)
{
    bench b = set_up(graph);
    float weights[EXAMPLES];
    neuron_trainer_unref(b.trainer);
    neuron_optimizer_unref(b.optimizer);
    for (int i = 0; i < EXAMPLES; i++)
        weights[i] = (float)(i % 4) / 2;
    assert_ok(neuron_dataset_set_weights(b.train, weights, EXAMPLES));
    assert_ok(
        neuron_optimizer_create(&b.optimizer, b.context, rules[rule].rule, rules[rule].options));
    assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, b.train));
    assert_ok(neuron_trainer_set(b.trainer, "batch_size=16, epochs=3"));
    assert_ok(neuron_trainer_set_number(b.trainer, "micro_batch_size", (double)micro_batch));
    return b;
}

static void assert_close(const bench *a, const bench *b)
{
    size_t count;
    float *left = test_parameters(a->graph, &count), *right = test_parameters(b->graph, &count);
    for (size_t i = 0; i < count; i++)
        ck_assert_float_eq_tol(left[i], right[i], 1e-4f);
    free(left);
    free(right);
}

/* Parts that divide a batch, that do not, of one example, and the last step of an epoch, of two,
 * with parts of its own or not. */
START_TEST(parts_are_one_step)
{
    const int64_t sizes[] = {8, 5, 1, 15, 3};
    bench whole = make(plain, _i, 0);
    neuron_history_t *x, *y;
    assert_ok(neuron_trainer_run(&x, whole.trainer));
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        bench b = make(plain, _i, sizes[i]);
        assert_ok(neuron_trainer_run(&y, b.trainer));
        assert_close(&whole, &b);
        for (int64_t epoch = 0; epoch < 3; epoch++) {
            ck_assert_double_eq_tol(test_figure(x, epoch, "loss"), test_figure(y, epoch, "loss"),
                                    1e-5);
            ck_assert_double_eq_tol(test_figure(x, epoch, "accuracy"),
                                    test_figure(y, epoch, "accuracy"), 0.021);
        }
        ck_assert_double_eq(neuron_trainer_progress(b.trainer, "steps"), STEPS);
        neuron_history_unref(y);
        tear_down(&b);
    }
    neuron_history_unref(x);
    tear_down(&whole);
}
END_TEST

/* Of as many as a batch, or more, nothing comes. */
START_TEST(large_parts_change_nothing)
{
    const int64_t sizes[] = {16, 17, INT32_MAX};
    bench whole = make(test_cnn, 4, 0);
    assert_ok(neuron_trainer_run(NULL, whole.trainer));
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        bench b = make(test_cnn, 4, sizes[i]);
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        ck_assert(same_parameters(whole.graph, b.graph));
        tear_down(&b);
    }
    tear_down(&whole);
}
END_TEST

/* With dropout, normalisation and augmentation-like workers as well. */
START_TEST(threads_do_not_change_a_bit)
{
    bench one = make(test_cnn, _i, 5);
    assert_ok(neuron_context_set(one.context, "threads=1"));
    assert_ok(neuron_trainer_run(NULL, one.trainer));
    for (int threads = 2; threads <= 4; threads++) {
        bench b = make(test_cnn, _i, 5);
        assert_ok(neuron_context_set_number(b.context, "threads", threads));
        assert_ok(neuron_trainer_set_number(b.trainer, "workers", threads - 2));
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        ck_assert(same_parameters(one.graph, b.graph));
        tear_down(&b);
    }
    tear_down(&one);
}
END_TEST

/* ---- The caller's own batches ---- */

typedef struct piece {
    neuron_tensor_t *inputs, *labels, *slopes;
} piece;

static piece read_piece(const bench *b, int64_t count)
{
    piece p;
    assert_ok(neuron_tensor_create(&p.inputs, b->context, NEURON_TYPE_F32,
                                   (const int64_t[]){count, SIZE, SIZE, 1}, 4));
    assert_ok(neuron_tensor_create(&p.labels, b->context, NEURON_TYPE_I32, &count, 1));
    assert_ok(neuron_dataset_read(neuron_tensor_data(p.inputs), neuron_tensor_data(p.labels),
                                  b->train, 0, count));
    assert_ok(neuron_tensor_create(&p.slopes, b->context, NEURON_TYPE_F32,
                                   (const int64_t[]){count, TEST_CLASSES}, 2));
    for (int64_t i = 0; i < count * TEST_CLASSES; i++)
        ((float *)neuron_tensor_data(p.slopes))[i] = (float)sin((double)(i * i));
    return p;
}

static void drop_piece(piece *p)
{
    neuron_tensor_unref(p->inputs);
    neuron_tensor_unref(p->labels);
    neuron_tensor_unref(p->slopes);
}

static void step(const bench *b, const piece *p, bool by_gradient, double *loss)
{
    neuron_tensor_t *inputs[] = {p->inputs}, *labels[] = {p->labels}, *slopes[] = {p->slopes};
    if (by_gradient)
        assert_ok(neuron_trainer_step_by_gradient(b->trainer, inputs, 1, slopes, 1));
    else
        assert_ok(neuron_trainer_step(loss, b->trainer, inputs, 1, labels, 1, NULL));
}

START_TEST(own_batches)
{
    const int64_t counts[] = {16, 3, 40, 1, 16, 50};
    for (int by_gradient = 0; by_gradient < 2; by_gradient++) {
        bench whole = make(plain, _i, 0), b = make(plain, _i, 6);
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
            piece p = read_piece(&b, counts[i]);
            double x = 0, y = 0;
            step(&whole, &p, by_gradient, &x);
            step(&b, &p, by_gradient, &y);
            ck_assert_double_eq_tol(x, y, 1e-5);
            drop_piece(&p);
        }
        assert_close(&whole, &b);
        tear_down(&whole);
        tear_down(&b);
    }
}
END_TEST

/* Two examples that are the same are not dropped out in the same way: the mean of two masks is no
 * mask. */
START_TEST(parts_draw_for_themselves)
{
    bench b[2];
    size_t count;
    float *after[2];
    for (int i = 0; i < 2; i++) {
        b[i] = make(test_linear, 0, 1);
        neuron_graph_unref(b[i].graph);
        neuron_trainer_unref(b[i].trainer);
        neuron_graph_t *g;
        assert_ok(neuron_graph_create(&g, b[i].context));
        neuron_node_t *x = neuron_flatten(g, neuron_input(g, (const int64_t[]){SIZE, SIZE, 1}, 3));
        x = neuron_dense(g, neuron_dropout(g, x, 0.5), TEST_CLASSES, NULL);
        assert_ok(neuron_graph_finish(g, neuron_softmax(g, x, NULL)));
        b[i].graph = g;
        assert_ok(neuron_trainer_create(&b[i].trainer, g, b[i].optimizer, NULL));
        assert_ok(neuron_trainer_set(b[i].trainer, "micro_batch_size=1, batch_size=2"));
        piece p = read_piece(&b[i], 1 + i);
        float *values = neuron_tensor_data(p.inputs);
        int32_t *labels = neuron_tensor_data(p.labels);
        if (i == 1) {
            memcpy(values + SIZE * SIZE, values, SIZE * SIZE * sizeof *values);
            labels[1] = labels[0];
        }
        step(&b[i], &p, false, NULL);
        drop_piece(&p);
        after[i] = test_parameters(g, &count);
    }
    ck_assert_mem_ne(after[0], after[1], count * sizeof(float));
    for (int i = 0; i < 2; i++) {
        free(after[i]);
        tear_down(&b[i]);
    }
}
END_TEST

/* ---- Failures ---- */

typedef struct failing {
    int calls, at, answer;
} failing;

static int fail_at(double *losses, float *gradients, const float *outputs, const float *targets,
                   const int32_t *labels, int64_t count, int64_t size, void *user_data)
{
    failing *f = user_data;
    (void)labels;
    for (int64_t i = 0; i < count * size; i++) {
        losses[i / size] += fabs((double)outputs[i] - (double)targets[i]);
        if (gradients)
            gradients[i] = outputs[i] > targets[i] ? 1 : -1;
    }
    if (++f->calls != f->at)
        return 0;
    losses[0] = f->answer == 0 ? NAN : 0;
    return f->answer;
}

/* A step that fails at any of its parts is done anew as if nothing had been. */
START_TEST(no_part_leaves_a_trace)
{
    const int answers[] = {-77, 0};
    static const int expected[] = {-77, NEURON_E_NOT_FINITE};
    for (int at = 1; at <= 10; at++) {
        bench whole = make(test_cnn, 0, 5), b = make(test_cnn, 0, 5);
        failing none = {0}, f = {.at = at, .answer = answers[_i]};
        neuron_loss_t *loss;
        for (int i = 0; i < 2; i++) {
            const bench *to = i ? &b : &whole;
            assert_ok(neuron_loss_create_custom(&loss, to->context, fail_at, i ? &f : &none, NULL));
            assert_ok(neuron_trainer_set_loss(to->trainer, loss));
            neuron_loss_unref(loss);
            assert_ok(neuron_trainer_set(to->trainer, "epochs=1"));
        }
        assert_ok(neuron_trainer_run(NULL, whole.trainer));
        assert_status(neuron_trainer_run(NULL, b.trainer), expected[_i]);
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        ck_assert(same_parameters(whole.graph, b.graph));
        tear_down(&whole);
        tear_down(&b);
    }
}
END_TEST

/* Whatever allocation fails, and none is made once the first step is done. */
START_TEST(memory_runs_out)
{
    int status = NEURON_E_MEMORY;
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory);
    neuron_graph_t *graph = test_cnn(context, SIZE);
    neuron_optimizer_t *optimizer;
    neuron_trainer_t *trainer;
    neuron_dataset_t *train = test_glyphs(context, EXAMPLES, SIZE);
    assert_ok(neuron_optimizer_create(&optimizer, context, "adam", NULL));
    for (long n = 0; status == NEURON_E_MEMORY; n++) {
        long before = memory.live;
        assert_ok(neuron_trainer_create(&trainer, graph, optimizer, train));
        assert_ok(neuron_trainer_set(trainer, "batch_size=16, micro_batch_size=3"));
        memory.left = n;
        status = neuron_trainer_run(NULL, trainer);
        test_refill(&memory);
        if (status == NEURON_E_MEMORY)
            assert_ok(neuron_trainer_run(NULL, trainer));
        neuron_trainer_unref(trainer);
        ck_assert_int_le(memory.live, before + 64); /* sessions that the context keeps */
        ck_assert_int_lt(n, 2000);
    }
    assert_ok(status);
    neuron_dataset_unref(train);
    neuron_optimizer_unref(optimizer);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

/* ---- Options ---- */

static int change(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event, (void)user_data;
    assert_status(neuron_trainer_set(trainer, "micro_batch_size=2"), NEURON_E_STATE);
    assert_message("micro-batches are set between runs");
    return NEURON_STOP;
}

/* Between runs it may be changed, also in the middle of an epoch; files know nothing of it. */
START_TEST(it_is_set_between_runs)
{
    const char *path = test_file("micro-batches");
    bench whole = make(plain, 0, 0), b = make(plain, 0, 4), c = make(plain, 0, 7);
    assert_status(neuron_trainer_set(b.trainer, "micro_batch_size=-1"), NEURON_E_ARGUMENT);
    assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_STEP_END, change, NULL, NULL));
    assert_ok(neuron_trainer_run(NULL, whole.trainer));
    assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_STOP);
    assert_ok(neuron_trainer_set(b.trainer, "micro_batch_size=9"));
    assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_STOP);
    assert_ok(neuron_trainer_save(b.trainer, path));
    assert_ok(neuron_trainer_load(c.trainer, path));
    assert_ok(neuron_trainer_run(NULL, c.trainer));
    assert_close(&whole, &c);
    tear_down(&whole);
    tear_down(&b);
    tear_down(&c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("micro-batches");
    TCase *cases = tcase_create("micro-batches");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, parts_are_one_step, 0, RULES);
    tcase_add_test(cases, large_parts_change_nothing);
    tcase_add_loop_test(cases, threads_do_not_change_a_bit, 0, RULES);
    tcase_add_loop_test(cases, own_batches, 0, RULES);
    tcase_add_test(cases, parts_draw_for_themselves);
    tcase_add_loop_test(cases, no_part_leaves_a_trace, 0, 2);
    tcase_add_test(cases, memory_runs_out);
    tcase_add_test(cases, it_is_set_between_runs);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
