/* Steps on batches of the caller's: what a run does, a batch at a time; several inputs and outputs,
 * each with its loss; gradients in place of targets. */
#include "trainer-bench.h"

#include "graph/graph.h"
#include "train/trainer.h"

#include <math.h>

#define READ(list) ((neuron_tensor_t *const *)(list))

static neuron_tensor_t *floats(neuron_context_t *context, const int64_t *shape, int32_t rank,
                               uint32_t seed)
{
    neuron_tensor_t *tensor;
    assert_ok(neuron_tensor_create(&tensor, context, NEURON_TYPE_F32, shape, rank));
    float *data = neuron_tensor_data(tensor);
    for (int64_t i = 0; i < neuron_tensor_count(tensor); i++) {
        seed = seed * 1664525u + 1013904223u;
        data[i] = (float)(seed >> 8) / (float)(1 << 23) - 1;
    }
    return tensor;
}

static neuron_tensor_t *vectors(neuron_context_t *context, int64_t count, int64_t size,
                                uint32_t seed)
{
    return floats(context, (const int64_t[]){count, size}, 2, seed);
}

static neuron_tensor_t *classes(neuron_context_t *context, const int32_t *numbers, int64_t count)
{
    neuron_tensor_t *tensor;
    assert_ok(neuron_tensor_create(&tensor, context, NEURON_TYPE_I32, &count, 1));
    for (int64_t i = 0; i < count; i++)
        ((int32_t *)neuron_tensor_data(tensor))[i] = numbers[i];
    return tensor;
}

/* Examples first ... first + count - 1 of a dataset as tensors. */
typedef struct piece {
    neuron_tensor_t *inputs, *labels;
} piece;

static piece read_piece(const bench *b, int64_t first, int64_t count)
{
    piece p;
    int32_t labels[EXAMPLES];
    assert_ok(neuron_tensor_create(&p.inputs, b->context, NEURON_TYPE_F32,
                                   (const int64_t[]){count, SIZE, SIZE, 1}, 4));
    assert_ok(neuron_dataset_read(neuron_tensor_data(p.inputs), labels, b->train, first, count));
    p.labels = classes(b->context, labels, count);
    return p;
}

static void drop_piece(piece *p)
{
    neuron_tensor_unref(p->inputs);
    neuron_tensor_unref(p->labels);
}

/* A bench without a trainer. */
static bench set_out(model make)
{
    bench b = set_up(make);
    neuron_trainer_unref(b.trainer);
    b.trainer = NULL;
    return b;
}

static void train_by_steps(bench *b, int64_t epochs)
{
    for (int64_t epoch = 0; epoch < epochs; epoch++)
        for (int64_t first = 0; first < EXAMPLES; first += BATCH) {
            int64_t count = first + BATCH > EXAMPLES ? EXAMPLES - first : BATCH;
            piece p = read_piece(b, first, count);
            double loss = -1;
            assert_ok(neuron_trainer_step(&loss, b->trainer, READ(&p.inputs), 1, READ(&p.labels), 1,
                                          NULL));
            ck_assert_double_eq(loss, neuron_trainer_progress(b->trainer, "last_loss"));
            drop_piece(&p);
        }
}

/* The bytes of a run over the same batches, with dropout and batch normalisation, an optimizer that
 * clips norms or not. */
START_TEST(steps_are_those_of_a_run)
{
    for (int clips = 0; clips < 2; clips++) {
        bench run = set_out(test_cnn), step = set_out(test_cnn);
        if (clips)
            assert_ok(neuron_optimizer_set(run.optimizer, "clip_norm=0.5"));
        if (clips)
            assert_ok(neuron_optimizer_set(step.optimizer, "clip_norm=0.5"));
        assert_ok(neuron_trainer_create(&run.trainer, run.graph, run.optimizer, run.train));
        assert_ok(neuron_trainer_set(run.trainer, "epochs=2, batch_size=16, shuffle=no"));
        assert_ok(neuron_trainer_run(NULL, run.trainer));
        assert_ok(neuron_trainer_create(&step.trainer, step.graph, step.optimizer, NULL));
        assert_ok(neuron_trainer_set(step.trainer, "batch_size=16"));
        train_by_steps(&step, 2);
        ck_assert(same_parameters(run.graph, step.graph));
        ck_assert_double_eq(neuron_trainer_progress(run.trainer, "all_steps"), 8);
        ck_assert_double_eq(neuron_trainer_progress(step.trainer, "all_steps"), 8);
        ck_assert_double_eq(neuron_trainer_progress(run.trainer, "last_loss"),
                            neuron_trainer_progress(step.trainer, "last_loss"));
        tear_down(&run);
        tear_down(&step);
    }
}
END_TEST

/* How often batches of other sizes came between changes no byte, nor does the number of threads. */
START_TEST(sizes_and_threads_change_nothing)
{
    bench a = set_out(test_cnn), b = set_out(test_cnn);
    assert_ok(neuron_context_set_number(b.context, "threads", 3));
    assert_ok(neuron_trainer_create(&a.trainer, a.graph, a.optimizer, NULL));
    assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, NULL));
    static const int64_t sizes[] = {1, 40, 7, 50, 3, 33, 32};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        piece p = read_piece(&a, 0, sizes[i]), q = read_piece(&b, 0, sizes[i]);
        if (i == 4) { /* another process goes on */
            const char *path = test_file("steps.safetensors");
            assert_ok(neuron_trainer_save(b.trainer, path));
            neuron_trainer_unref(b.trainer);
            neuron_graph_unref(b.graph);
            b.graph = test_cnn(b.context, SIZE);
            assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, NULL));
            assert_ok(neuron_trainer_load(b.trainer, path));
        }
        assert_ok(
            neuron_trainer_step(NULL, a.trainer, READ(&p.inputs), 1, READ(&p.labels), 1, NULL));
        assert_ok(
            neuron_trainer_step(NULL, b.trainer, READ(&q.inputs), 1, READ(&q.labels), 1, NULL));
        drop_piece(&p);
        drop_piece(&q);
    }
    ck_assert(same_parameters(a.graph, b.graph));
    ck_assert_double_eq(neuron_trainer_progress(b.trainer, "all_steps"), 7);
    tear_down(&a);
    tear_down(&b);
}
END_TEST

/* Runs and steps in turn, saved in between, with another dataset. */
START_TEST(runs_and_steps_go_on_from_each_other)
{
    bench a = set_out(test_mlp), b = set_out(test_mlp);
    bench *both[] = {&a, &b};
    const char *path = test_file("mixed.safetensors");
    for (int i = 0; i < 2; i++) {
        bench *it = both[i];
        neuron_dataset_t *few;
        assert_ok(neuron_trainer_create(&it->trainer, it->graph, it->optimizer, it->train));
        assert_ok(neuron_trainer_set(it->trainer, "epochs=1, batch_size=16"));
        assert_ok(neuron_trainer_run(NULL, it->trainer));
        piece p = read_piece(it, 5, 9);
        assert_ok(
            neuron_trainer_step(NULL, it->trainer, READ(&p.inputs), 1, READ(&p.labels), 1, NULL));
        drop_piece(&p);
        assert_ok(neuron_dataset_subset(&few, it->train, 0, 20));
        assert_ok(neuron_trainer_set_dataset(it->trainer, few));
        if (i == 1) {
            assert_ok(neuron_trainer_save(it->trainer, path));
            neuron_trainer_unref(it->trainer);
            neuron_graph_unref(it->graph);
            it->graph = test_mlp(it->context, SIZE);
            assert_ok(neuron_trainer_create(&it->trainer, it->graph, it->optimizer, few));
            assert_ok(neuron_trainer_set(it->trainer, "batch_size=16"));
            assert_ok(neuron_trainer_load(it->trainer, path));
        }
        assert_ok(neuron_trainer_set(it->trainer, "epochs=3"));
        assert_ok(neuron_trainer_run(NULL, it->trainer));
        /* 4 of the first epoch, 1, and 2 of each of the others */
        ck_assert_double_eq(neuron_trainer_progress(it->trainer, "all_steps"), 9);
        ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(it->trainer)), 3);
        neuron_dataset_unref(few);
    }
    ck_assert(same_parameters(a.graph, b.graph));
    tear_down(&a);
    tear_down(&b);
}
END_TEST

START_TEST(a_dataset_is_set_between_epochs)
{
    bench b = set_out(test_mlp);
    neuron_dataset_t *few, *small = test_glyphs(b.context, 10, SIZE - 1);
    assert_ok(neuron_dataset_subset(&few, b.train, 0, 20));
    assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, NULL));
    assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_E_STATE);
    assert_message("trainer: has no dataset; see neuron_trainer_step()");
    assert_status(neuron_trainer_set_dataset(b.trainer, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_set_dataset(NULL, few), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_set_dataset(b.trainer, small), NEURON_E_SHAPE);
    assert_status(neuron_trainer_set_class_weights(b.trainer, (const double[]){1}, 1),
                  NEURON_E_STATE);
    assert_ok(neuron_trainer_set(b.trainer, "validation_split=0.25, batch_size=5"));
    assert_ok(neuron_trainer_set_dataset(b.trainer, few));
    ck_assert_double_eq(neuron_trainer_progress(b.trainer, "steps"), 3);
    stopper s = {2, NEURON_STOP, 0};
    assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_STEP_END, stop_after, &s, NULL));
    assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_STOP);
    assert_status(neuron_trainer_set_dataset(b.trainer, b.train), NEURON_E_STATE);
    assert_message("trainer: is in the middle of an epoch, at step 2 of it");
    neuron_dataset_unref(few);
    neuron_dataset_unref(small);
    tear_down(&b);
}
END_TEST

START_TEST(trainers_have_seeds)
{
    neuron_graph_t *graphs[3];
    bench b = set_out(test_mlp);
    for (int i = 0; i < 3; i++) {
        neuron_trainer_t *trainer;
        graphs[i] = test_mlp(b.context, SIZE);
        assert_ok(neuron_trainer_create(&trainer, graphs[i], b.optimizer, b.train));
        assert_ok(neuron_trainer_set_seed(trainer, i == 1 ? 77 : 78));
        assert_ok(neuron_trainer_run(NULL, trainer));
        assert_status(neuron_trainer_set_seed(trainer, 1), NEURON_E_STATE);
        assert_message("trainer: the seed is set before the first step");
        neuron_trainer_unref(trainer);
    }
    ck_assert(same_parameters(graphs[0], graphs[2]));
    ck_assert(!same_parameters(graphs[0], graphs[1]));
    assert_status(neuron_trainer_set_seed(NULL, 1), NEURON_E_ARGUMENT);
    for (int i = 0; i < 3; i++)
        neuron_graph_unref(graphs[i]);
    tear_down(&b);
}
END_TEST

/* ---- Several outputs ---- */

/* One input, a class of three and a number, from one hidden layer. */
static neuron_graph_t *two_heads(neuron_context_t *context)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    assert_ok(neuron_graph_set_seed(g, 5));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){6}, 1);
    neuron_node_t *h = neuron_tanh(g, neuron_dense(g, x, 8, NULL));
    neuron_node_t *ends[] = {neuron_softmax(g, neuron_dense(g, h, 3, NULL), NULL),
                             neuron_dense(g, h, 1, NULL)};
    assert_ok(neuron_graph_finish_many(g, ends, 2));
    return g;
}

/* The loss by hand, in double: cross-entropy plus `weight` times the squared error. */
static double loss_by_hand(const neuron_graph_t *g, neuron_tensor_t *x, const int32_t *kinds,
                           const float *numbers, const float *weights, double weight, int64_t count)
{
    neuron_tensor_t *out[2];
    assert_ok(
        neuron_tensor_create(&out[0], g->context, NEURON_TYPE_F32, (const int64_t[]){count, 3}, 2));
    assert_ok(
        neuron_tensor_create(&out[1], g->context, NEURON_TYPE_F32, (const int64_t[]){count, 1}, 2));
    assert_ok(neuron_graph_predict_many(g, &x, 1, out, 2));
    const float *p = neuron_tensor_data_const(out[0]), *y = neuron_tensor_data_const(out[1]);
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        double off = (double)y[i] - (double)numbers[i];
        sum += (weights ? (double)weights[i] : 1) *
               (-log((double)p[i * 3 + kinds[i]]) + weight * off * off);
    }
    neuron_tensor_unref(out[0]);
    neuron_tensor_unref(out[1]);
    return sum / (double)count;
}

/* A step of plain SGD goes down the slope of the weighted sum, which finite differences tell. */
START_TEST(losses_of_outputs_add_up)
{
    enum { COUNT = 5 };
    static const int32_t kinds[] = {0, 2, 1, 1, 0};
    static const float example_weights[] = {1, 0.5f, 0, 2, 1};
    neuron_context_t *context = test_context();
    neuron_optimizer_t *sgd;
    neuron_loss_t *squared;
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", "learning_rate=0.1"));
    assert_ok(neuron_loss_create(&squared, context, "mean_squared_error", NULL));
    neuron_tensor_t *x = vectors(context, COUNT, 6, 1), *numbers = vectors(context, COUNT, 1, 2);
    neuron_tensor_t *labels = classes(context, kinds, COUNT), *weights;
    int64_t count = COUNT;
    assert_ok(neuron_tensor_copy(&weights, context, NEURON_TYPE_F32, &count, 1,
                                 (void *)(uintptr_t)example_weights));
    for (int weighted = 0; weighted < 2; weighted++) {
        neuron_graph_t *g = two_heads(context), *before = two_heads(context);
        neuron_trainer_t *trainer;
        double loss, factor = weighted ? 0.25 : 1;
        const float *by = weighted ? example_weights : NULL;
        assert_ok(neuron_trainer_create(&trainer, g, sgd, NULL));
        assert_ok(neuron_trainer_set_output_loss(trainer, 1, squared, factor));
        assert_ok(neuron_trainer_step(&loss, trainer, READ(&x), 1,
                                      (neuron_tensor_t *[]){labels, numbers}, 2,
                                      weighted ? weights : NULL));
        const float *targets = neuron_tensor_data_const(numbers);
        ck_assert_double_eq_tol(loss, loss_by_hand(before, x, kinds, targets, by, factor, COUNT),
                                1e-5);
        for (int32_t i = 0; i < before->array_count; i++)
            for (int64_t k = 0; k < before->arrays[i].count; k++) {
                float *value = &before->values[before->arrays[i].offset + k];
                float start = *value, moved = g->values[before->arrays[i].offset + k];
                *value = start + 1e-2f;
                neuron_graph_touch(before);
                double above = loss_by_hand(before, x, kinds, targets, by, factor, COUNT);
                *value = start - 1e-2f;
                neuron_graph_touch(before);
                double below = loss_by_hand(before, x, kinds, targets, by, factor, COUNT);
                *value = start;
                ck_assert_double_eq_tol((double)(start - moved) / 0.1, (above - below) / 2e-2,
                                        2e-3);
            }
        neuron_trainer_unref(trainer);
        neuron_graph_unref(before);
        neuron_graph_unref(g);
    }
    neuron_tensor_unref(weights);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(numbers);
    neuron_tensor_unref(x);
    neuron_loss_unref(squared);
    neuron_optimizer_unref(sgd);
    neuron_context_unref(context);
}
END_TEST

/* A softmax that another layer reads too is worked out, whatever the loss could do in its place. */
START_TEST(an_output_that_is_read_stays)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *sgd;
    neuron_loss_t *squared;
    neuron_graph_t *graphs[2];
    static const int32_t kinds[] = {0, 2, 1, 1};
    neuron_tensor_t *x = vectors(context, 4, 6, 1), *labels = classes(context, kinds, 4);
    neuron_tensor_t *numbers = vectors(context, 4, 1, 2);
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", "learning_rate=0.1"));
    assert_ok(neuron_loss_create(&squared, context, "mean_squared_error", NULL));
    for (int i = 0; i < 2; i++) { /* the second has a copy of the output for the other to read */
        neuron_trainer_t *trainer;
        neuron_graph_t *g;
        assert_ok(neuron_graph_create(&g, context));
        neuron_node_t *n = neuron_dense(g, neuron_input(g, (const int64_t[]){6}, 1), 3, NULL);
        neuron_node_t *kind = neuron_softmax(g, n, NULL), *read = kind;
        if (i == 1)
            read = neuron_softmax(g, n, NULL);
        assert_ok(neuron_graph_finish_many(
            g, (neuron_node_t *[]){kind, neuron_dense(g, read, 1, NULL)}, 2));
        assert_ok(neuron_trainer_create(&trainer, g, sgd, NULL));
        assert_ok(neuron_trainer_set_output_loss(trainer, 1, squared, 3));
        for (int step = 0; step < 3; step++)
            assert_ok(neuron_trainer_step(NULL, trainer, READ(&x), 1,
                                          (neuron_tensor_t *[]){labels, numbers}, 2, NULL));
        neuron_trainer_unref(trainer);
        graphs[i] = g;
    }
    for (int64_t k = 0; k < graphs[0]->value_count; k++)
        ck_assert_float_eq_tol(graphs[0]->values[k], graphs[1]->values[k], 1e-5f);
    neuron_graph_unref(graphs[0]);
    neuron_graph_unref(graphs[1]);
    neuron_tensor_unref(x);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(numbers);
    neuron_loss_unref(squared);
    neuron_optimizer_unref(sgd);
    neuron_context_unref(context);
}
END_TEST

/* The losses of all outputs belong to the training that a file goes on with. */
START_TEST(files_tell_losses_apart)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *adam;
    neuron_loss_t *huber;
    const char *path = test_file("losses.safetensors");
    assert_ok(neuron_optimizer_create(&adam, context, "adam", NULL));
    assert_ok(neuron_loss_create(&huber, context, "huber", NULL));
    for (int i = 0; i < 3; i++) {
        neuron_graph_t *g = two_heads(context);
        neuron_trainer_t *trainer;
        assert_ok(neuron_trainer_create(&trainer, g, adam, NULL));
        assert_ok(neuron_trainer_set_output_loss(trainer, 1, huber, i == 2 ? 0.5 : 1));
        if (i == 0)
            assert_ok(neuron_trainer_save(trainer, path));
        else
            assert_status(neuron_trainer_load(trainer, path), i == 1 ? NEURON_OK : NEURON_E_DATA);
        neuron_trainer_unref(trainer);
        neuron_graph_unref(g);
    }
    assert_message("its training has other losses at further outputs");
    neuron_loss_unref(huber);
    neuron_optimizer_unref(adam);
    neuron_context_unref(context);
}
END_TEST

/* ---- Gradients ---- */

/* The gradient of the squared error, by hand, does what the loss does. */
START_TEST(gradients_stand_for_a_loss)
{
    enum { COUNT = 6 };
    neuron_context_t *context = test_context();
    neuron_optimizer_t *adam;
    neuron_loss_t *squared;
    neuron_graph_t *graphs[2];
    neuron_tensor_t *x = vectors(context, COUNT, 6, 1), *y = vectors(context, COUNT, 2, 2);
    neuron_tensor_t *out = vectors(context, COUNT, 2, 3), *by = vectors(context, COUNT, 2, 4);
    assert_ok(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.05"));
    assert_ok(neuron_loss_create(&squared, context, "mean_squared_error", NULL));
    for (int i = 0; i < 2; i++) {
        neuron_trainer_t *trainer;
        assert_ok(neuron_graph_create(&graphs[i], context));
        neuron_node_t *n = neuron_input(graphs[i], (const int64_t[]){6}, 1);
        n = neuron_tanh(graphs[i], neuron_dense(graphs[i], n, 8, NULL));
        n = neuron_sigmoid(graphs[i], neuron_dense(graphs[i], n, 2, NULL));
        assert_ok(neuron_graph_finish(graphs[i], n));
        assert_ok(neuron_trainer_create(&trainer, graphs[i], adam, NULL));
        if (i == 0)
            assert_ok(neuron_trainer_set_loss(trainer, squared));
        for (int step = 0; step < 20; step++) {
            assert_ok(neuron_graph_predict(graphs[i], x, out));
            const float *p = neuron_tensor_data_const(out), *t = neuron_tensor_data_const(y);
            float *slope = neuron_tensor_data(by);
            for (int k = 0; k < COUNT * 2; k++)
                slope[k] = (float)(2 * ((double)p[k] - (double)t[k]) / (COUNT * 2));
            if (i == 0)
                assert_ok(neuron_trainer_step(NULL, trainer, READ(&x), 1, READ(&y), 1, NULL));
            else /* with cross-entropy, which would leave no sigmoid out */
                assert_ok(neuron_trainer_step_by_gradient(trainer, READ(&x), 1, READ(&by), 1));
        }
        if (i == 1)
            ck_assert_double_nan(neuron_trainer_progress(trainer, "last_loss"));
        neuron_trainer_unref(trainer);
    }
    for (int64_t k = 0; k < graphs[0]->value_count; k++)
        ck_assert_float_eq_tol(graphs[0]->values[k], graphs[1]->values[k], 2e-4f);
    neuron_graph_unref(graphs[0]);
    neuron_graph_unref(graphs[1]);
    neuron_tensor_unref(x);
    neuron_tensor_unref(y);
    neuron_tensor_unref(out);
    neuron_tensor_unref(by);
    neuron_loss_unref(squared);
    neuron_optimizer_unref(adam);
    neuron_context_unref(context);
}
END_TEST

/* The output of a softmax that the loss takes the place of is there for gradients all the same. */
START_TEST(gradients_are_of_the_whole_output)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    neuron_graph_t *g = two_heads(context), *again = two_heads(context);
    neuron_tensor_t *x = vectors(context, 4, 6, 1), *by = vectors(context, 4, 3, 2);
    neuron_tensor_t *kernel = vectors(context, 6, 8, 3);
    neuron_gradient_t *gradient;
    neuron_tensor_t *ends[] = {by, NULL};
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", "learning_rate=1"));
    assert_ok(neuron_trainer_create(&trainer, g, sgd, NULL));
    for (int turn = 0; turn < 2; turn++) { /* between steps by targets, too */
        copy_parameters(again, g);
        assert_ok(neuron_gradient_create(&gradient, again, NULL));
        assert_ok(neuron_gradient_add(gradient, "dense.kernel"));
        assert_ok(neuron_gradient_forward(gradient, READ(&x), 1, NULL, 0));
        assert_ok(neuron_gradient_backward(gradient, ends, 2, &kernel, 1));
        assert_ok(neuron_trainer_step_by_gradient(trainer, READ(&x), 1, ends, 2));
        for (int64_t k = 0; k < 48; k++)
            ck_assert_float_eq_tol(again->values[k] - g->values[k],
                                   ((const float *)neuron_tensor_data_const(kernel))[k], 1e-6f);
        neuron_gradient_unref(gradient);
        neuron_tensor_t *labels = classes(context, (const int32_t[]){0, 1, 2, 0}, 4);
        neuron_tensor_t *numbers = vectors(context, 4, 1, 5);
        assert_status(neuron_trainer_step(NULL, trainer, READ(&x), 1,
                                          (neuron_tensor_t *[]){labels, numbers}, 2, NULL),
                      NEURON_E_DATA); /* cross-entropy of any number */
        neuron_tensor_unref(labels);
        neuron_tensor_unref(numbers);
    }
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
    neuron_tensor_unref(x);
    neuron_tensor_unref(by);
    neuron_tensor_unref(kernel);
    neuron_graph_unref(again);
    neuron_graph_unref(g);
    neuron_context_unref(context);
}
END_TEST

/* ---- Targets ---- */

static neuron_graph_t *one_sigmoid(neuron_context_t *context, int64_t size)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, &size, 1);
    assert_ok(neuron_graph_finish(g, neuron_sigmoid(g, neuron_dense(g, x, 1, NULL))));
    return g;
}

/* Class numbers of every type, and the same as targets, for one output and for several. */
START_TEST(class_numbers_of_all_types_are_one)
{
    enum { COUNT = 4 };
    static const int32_t numbers[] = {1, 0, 1, 1};
    neuron_context_t *context = test_context();
    neuron_optimizer_t *sgd;
    neuron_loss_t *binary;
    neuron_graph_t *graphs[5];
    neuron_tensor_t *x = vectors(context, COUNT, 3, 1), *targets[5];
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", "learning_rate=0.5"));
    assert_ok(neuron_loss_create(&binary, context, "binary_cross_entropy", NULL));
    static const int32_t types[] = {NEURON_TYPE_U8, NEURON_TYPE_I32, NEURON_TYPE_I64,
                                    NEURON_TYPE_F32, NEURON_TYPE_I64};
    for (int i = 0; i < 5; i++) {
        neuron_trainer_t *trainer;
        const int64_t shape[] = {COUNT, 1};
        assert_ok(neuron_tensor_create(&targets[i], context, types[i], shape, i < 3 ? 1 : 2));
        void *data = neuron_tensor_data(targets[i]);
        for (int k = 0; k < COUNT; k++) {
            if (types[i] == NEURON_TYPE_U8)
                ((uint8_t *)data)[k] = (uint8_t)numbers[k];
            else if (types[i] == NEURON_TYPE_I32)
                ((int32_t *)data)[k] = numbers[k];
            else if (types[i] == NEURON_TYPE_I64)
                ((int64_t *)data)[k] = numbers[k];
            else
                ((float *)data)[k] = (float)numbers[k];
        }
        graphs[i] = one_sigmoid(context, 3);
        assert_ok(neuron_trainer_create(&trainer, graphs[i], sgd, NULL));
        assert_ok(neuron_trainer_set_loss(trainer, binary));
        assert_ok(neuron_trainer_step(NULL, trainer, READ(&x), 1, READ(&targets[i]), 1, NULL));
        ck_assert(same_parameters(graphs[i], graphs[0]));
        neuron_trainer_unref(trainer);
    }
    for (int i = 0; i < 5; i++) {
        neuron_graph_unref(graphs[i]);
        neuron_tensor_unref(targets[i]);
    }
    neuron_tensor_unref(x);
    neuron_loss_unref(binary);
    neuron_optimizer_unref(sgd);
    neuron_context_unref(context);
}
END_TEST

static int step_with(neuron_trainer_t *trainer, neuron_tensor_t *x, neuron_tensor_t *target,
                     neuron_tensor_t *weights)
{
    int status = neuron_trainer_step(NULL, trainer, READ(&x), 1, READ(&target), 1, weights);
    neuron_tensor_unref(target);
    neuron_tensor_unref(weights);
    return status;
}

START_TEST(bad_steps_are_refused)
{
    bench b = set_out(test_linear);
    neuron_context_t *c = b.context;
    neuron_graph_t *before = test_linear(c, SIZE);
    piece p = read_piece(&b, 0, 4);
    neuron_tensor_t *none, *x = p.inputs;
    assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, NULL));
    neuron_trainer_t *t = b.trainer;
    assert_status(neuron_trainer_step(NULL, NULL, READ(&x), 1, READ(&p.labels), 1, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_step(NULL, t, NULL, 1, READ(&p.labels), 1, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_step(NULL, t, READ(&x), 1, NULL, 1, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_step(NULL, t, READ(&x), 2, READ(&p.labels), 1, NULL),
                  NEURON_E_ARGUMENT);
    assert_message("linear: inputs are 2; there must be 1");
    assert_status(neuron_trainer_step(NULL, t, READ(&x), 1, READ(&p.labels), 3, NULL),
                  NEURON_E_ARGUMENT);
    assert_message("linear: targets are 3; there must be 1");
    assert_status(step_with(t, x, NULL, NULL), NEURON_E_ARGUMENT);
    assert_message("linear: the target is NULL");
    assert_status(step_with(t, x, classes(c, (const int32_t[]){1, 2, 10, 0}, 4), NULL),
                  NEURON_E_DATA);
    assert_message("linear: target 2 is class 10; classes are 0 to 9");
    assert_status(step_with(t, x, classes(c, (const int32_t[]){1, 2, 3}, 3), NULL), NEURON_E_SHAPE);
    assert_message("linear: the target is 3; there are 4 examples");
    assert_status(step_with(t, x, vectors(c, 4, 9, 1), NULL), NEURON_E_SHAPE);
    assert_message("linear: the target is 4x9; it must be n x 10");
    assert_status(step_with(t, x, vectors(c, 4, 10, 1), NULL), NEURON_E_DATA);
    assert_message("linear: cross_entropy needs");
    neuron_tensor_t *labels = neuron_tensor_ref(p.labels);
    assert_status(step_with(t, x, labels, floats(c, (const int64_t[]){3}, 1, 1)), NEURON_E_SHAPE);
    assert_message("trainer: the weights are 3; there must be one for each of 4 examples");
    labels = neuron_tensor_ref(p.labels);
    assert_status(step_with(t, x, labels, floats(c, (const int64_t[]){4}, 1, 1)), NEURON_E_DATA);
    assert_message("it must be finite and not negative");
    labels = neuron_tensor_ref(p.labels);
    assert_status(step_with(t, x, labels, classes(c, (const int32_t[]){1, 1, 1, 1}, 4)),
                  NEURON_E_TYPE);
    assert_ok(
        neuron_tensor_create(&none, c, NEURON_TYPE_F32, (const int64_t[]){0, SIZE, SIZE, 1}, 4));
    assert_status(step_with(t, none, classes(c, NULL, 0), NULL), NEURON_E_SHAPE);
    assert_message("linear: the input has no examples");
    assert_status(neuron_trainer_step_by_gradient(t, READ(&x), 1, READ(&x), 1), NEURON_E_SHAPE);
    assert_message("linear: the output gradient is");
    assert_status(neuron_trainer_set_output_loss(t, 1, NULL, 1), NEURON_E_ARGUMENT);
    assert_message("trainer: output is 1; it must be 0");
    assert_status(neuron_trainer_set_output_loss(t, 0, NULL, -1), NEURON_E_ARGUMENT);
    assert_message("trainer: weight is -1; it must be 0 or more and finite as float");
    ((float *)neuron_tensor_data(x))[SIZE * SIZE + 3] = NAN;
    labels = neuron_tensor_ref(p.labels);
    assert_status(step_with(t, x, labels, NULL), NEURON_E_NOT_FINITE);
    assert_message("the loss of step 1 is not a number; so is number 3 of example 1 of the input");
    ck_assert(same_parameters(b.graph, before));
    ck_assert_double_eq(neuron_trainer_progress(t, "all_steps"), 0);
    neuron_tensor_unref(none);
    neuron_graph_unref(before);
    drop_piece(&p);
    tear_down(&b);
}
END_TEST

static int step_inside(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    piece *p = user_data;
    assert_status(
        neuron_trainer_step(NULL, trainer, READ(&p->inputs), 1, READ(&p->labels), 1, NULL),
        NEURON_E_STATE);
    assert_message("trainer: is running already");
    return NEURON_STOP;
}

START_TEST(no_step_within_a_run)
{
    bench b = set_out(test_linear);
    piece p = read_piece(&b, 0, 4);
    assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, b.train));
    assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_STEP_END, step_inside, &p, NULL));
    assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_STOP);
    drop_piece(&p);
    tear_down(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("steps");
    TCase *cases = tcase_create("steps");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, steps_are_those_of_a_run);
    tcase_add_test(cases, sizes_and_threads_change_nothing);
    tcase_add_test(cases, runs_and_steps_go_on_from_each_other);
    tcase_add_test(cases, a_dataset_is_set_between_epochs);
    tcase_add_test(cases, trainers_have_seeds);
    tcase_add_test(cases, losses_of_outputs_add_up);
    tcase_add_test(cases, an_output_that_is_read_stays);
    tcase_add_test(cases, files_tell_losses_apart);
    tcase_add_test(cases, gradients_stand_for_a_loss);
    tcase_add_test(cases, gradients_are_of_the_whole_output);
    tcase_add_test(cases, class_numbers_of_all_types_are_one);
    tcase_add_test(cases, bad_steps_are_refused);
    tcase_add_test(cases, no_step_within_a_run);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
