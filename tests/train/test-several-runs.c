/* Runs of networks with several inputs and outputs: the same bytes whatever threads, workers, files
 * and failures come between, and what histories and callbacks have of each output. */
#include "test-several.h"

#include <math.h>

enum { BATCH = 4, EPOCHS = 3, OUTPUTS = 3 };

/* ---- The same bytes ---- */

static int stop_at(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    int *left = user_data;
    (void)event;
    (void)trainer;
    return --*left == 0 ? NEURON_STOP : 0;
}

START_TEST(steps_are_those_of_a_run)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graphs[] = {three_heads(context), three_heads(context)};
    examples e = make_examples(context, EXAMPLES, 1);
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainers[2];
    zip_examples(&e);
    assert_ok(neuron_optimizer_create(&adam, context, "adam", "clip_norm=0.5"));
    for (int i = 0; i < 2; i++) {
        assert_ok(neuron_trainer_create(&trainers[i], graphs[i], adam, i == 0 ? e.zipped : NULL));
        assert_ok(neuron_trainer_set(trainers[i], "batch_size=4, shuffle=no"));
        assert_ok(neuron_trainer_set_number(trainers[i], "micro_batch_size", _i));
        set_losses(trainers[i], context, 0.5, 2);
    }
    assert_ok(neuron_trainer_run(NULL, trainers[0]));
    neuron_tensor_t *whole[] = {e.a, e.b, e.kinds, e.sizes, e.marks};
    for (int64_t first = 0; first < EXAMPLES; first += BATCH) {
        neuron_tensor_t *part[5];
        int64_t count = EXAMPLES - first < BATCH ? EXAMPLES - first : BATCH;
        for (int i = 0; i < 5; i++) {
            int32_t rank = neuron_tensor_rank(whole[i]);
            int64_t size = neuron_tensor_count(whole[i]) / EXAMPLES;
            const int64_t shape[] = {count, size};
            size *= 4; /* bytes */
            assert_ok(neuron_tensor_copy(&part[i], context, neuron_tensor_type(whole[i]), shape,
                                         rank,
                                         (char *)neuron_tensor_data(whole[i]) + first * size));
        }
        assert_ok(neuron_trainer_step(NULL, trainers[1], (neuron_tensor_t *const *)part, 2,
                                      (neuron_tensor_t *const *)part + 2, 3, NULL));
        for (int i = 0; i < 5; i++)
            neuron_tensor_unref(part[i]);
    }
    ck_assert(same_parameters(graphs[0], graphs[1]));
    for (int i = 0; i < 2; i++) {
        neuron_trainer_unref(trainers[i]);
        neuron_graph_unref(graphs[i]);
    }
    neuron_optimizer_unref(adam);
    drop_examples(&e);
    neuron_context_unref(context);
}
END_TEST

/* A step in parts has the figures of each output, before the parameters change. */
START_TEST(parts_sum_each_output)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *still;
    neuron_history_t *histories[3];
    assert_ok(neuron_optimizer_create(&still, context, "sgd", "learning_rate=0"));
    for (int i = 0; i < 3; i++) {
        neuron_graph_t *graph = three_heads(context);
        examples e = make_examples(context, EXAMPLES, 1);
        neuron_trainer_t *trainer;
        zip_examples(&e);
        assert_ok(neuron_trainer_create(&trainer, graph, still, e.zipped));
        assert_ok(neuron_trainer_set(trainer, "batch_size=4, shuffle=no"));
        assert_ok(neuron_trainer_set_number(trainer, "micro_batch_size", i));
        set_losses(trainer, context, 0.5, 2);
        assert_ok(neuron_trainer_run(&histories[i], trainer));
        for (int64_t output = 0; output < OUTPUTS; output++) {
            double whole, parts;
            const char *const metrics[] = {"loss", "accuracy"};
            for (int m = 0; m < 2; m++) {
                assert_ok(neuron_history_output_value(&whole, histories[0], 0, output, metrics[m]));
                assert_ok(neuron_history_output_value(&parts, histories[i], 0, output, metrics[m]));
                ck_assert_double_eq_tol(whole, parts, 1e-6);
            }
        }
        neuron_trainer_unref(trainer);
        neuron_graph_unref(graph);
        drop_examples(&e);
    }
    for (int i = 0; i < 3; i++)
        neuron_history_unref(histories[i]);
    neuron_optimizer_unref(still);
    neuron_context_unref(context);
}
END_TEST

/* Numbers beside images, which are augmented; noise and dropout, so that random numbers count. */
enum { SIDE = 12, LARGE = 150 };

static neuron_graph_t *image_and_numbers(neuron_context_t *context)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *numbers = neuron_input(g, (const int64_t[]){B}, 1);
    neuron_node_t *image = neuron_input(g, (const int64_t[]){SIDE, SIDE, 1}, 3);
    neuron_node_t *c = neuron_relu(g, neuron_conv2d(g, image, 6, 3, 3, "padding=same"));
    c = neuron_flatten(g, neuron_max_pool2d(g, neuron_batch_norm(g, c, NULL), 2, 2, NULL));
    neuron_node_t *both[] = {neuron_dense(g, numbers, 5, NULL), neuron_dropout(g, c, 0.2)};
    neuron_node_t *h = neuron_concat(g, both, 2, NULL);
    neuron_node_t *ends[] = {neuron_dense(g, h, 1, NULL),
                             neuron_softmax(g, neuron_dense(g, h, TEST_CLASSES, NULL), NULL)};
    assert_ok(neuron_graph_finish_many(g, ends, 2));
    return g;
}

/* Reads the numbers of a stream: b of each example follows from its place. */
static int read_numbers(void *values, int32_t *labels, const int64_t *positions, int64_t count,
                        void *user_data)
{
    (void)user_data;
    for (int64_t i = 0; i < count; i++) {
        uint32_t seed = (uint32_t)positions[i];
        for (int k = 0; values && k < B; k++)
            ((float *)values)[i * B + k] = draw(&seed);
        if (labels)
            labels[i] = 0;
    }
    return 0;
}

/* Trains by images of glyphs, by numbers of a stream, and with both outputs. */
static neuron_graph_t *train_with(int32_t threads, const char *options, bool augmented)
{
    neuron_context_t *context = test_context();
    assert_ok(neuron_context_set_number(context, "threads", threads));
    neuron_graph_t *graph = image_and_numbers(context);
    neuron_dataset_t *glyphs = test_glyphs(context, LARGE, SIDE), *numbers, *of_sizes, *zipped;
    neuron_tensor_t *sizes = drawn(context, (const int64_t[]){LARGE, 1}, 2, 4);
    neuron_loss_t *squared;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    assert_ok(neuron_dataset_create_stream(
        &numbers, context, read_numbers, NULL, NULL, LARGE,
        test_stream_options((const int64_t[]){B}, 1, NEURON_TYPE_F32, 1)));
    assert_ok(neuron_dataset_create_with_targets(&of_sizes, context, sizes, sizes));
    assert_ok(neuron_dataset_zip(&zipped, (neuron_dataset_t *[]){numbers, glyphs}, 2,
                                 (neuron_dataset_t *[]){of_sizes, glyphs}, 2));
    assert_ok(neuron_optimizer_create(&adam, context, "adam", NULL));
    assert_ok(neuron_loss_create(&squared, context, "mean_squared_error", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, adam, zipped));
    assert_ok(neuron_trainer_set_output_loss(trainer, 0, squared, 0.5));
    assert_ok(neuron_trainer_set(trainer, "validation_split=0.1, batch_size=32, epochs=2"));
    assert_ok(neuron_trainer_set(trainer, options));
    if (augmented) {
        neuron_augmentation_t *augmentation;
        assert_ok(neuron_augmentation_create(&augmentation, context,
                                             "rotation=10, width_shift=0.1, horizontal_flip=yes"));
        assert_ok(neuron_trainer_set_augmentation(trainer, augmentation));
        neuron_augmentation_unref(augmentation);
    }
    assert_ok(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_loss_unref(squared);
    neuron_optimizer_unref(adam);
    neuron_dataset_unref(zipped);
    neuron_dataset_unref(of_sizes);
    neuron_dataset_unref(numbers);
    neuron_dataset_unref(glyphs);
    neuron_tensor_unref(sizes);
    neuron_context_unref(context);
    return graph;
}

START_TEST(threads_and_workers_change_nothing)
{
    static const struct {
        int32_t threads;
        const char *options;
    } ways[] = {{2, "workers=0"}, {3, "workers=1"}, {1, "workers=2"}};
    neuron_graph_t *plain = train_with(1, "workers=0", false);
    for (int augmented = 0; augmented < 2; augmented++) {
        neuron_graph_t *alone = train_with(1, "workers=0", augmented);
        ck_assert(same_parameters(plain, alone) == !augmented);
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
            neuron_graph_t *graph = train_with(ways[i].threads, ways[i].options, augmented);
            assert_that(same_parameters(alone, graph), "%d threads, %s", ways[i].threads,
                        ways[i].options);
            neuron_graph_unref(graph);
        }
        neuron_graph_unref(alone);
    }
    neuron_graph_unref(plain);
}
END_TEST

/* ---- Files ---- */

typedef struct training {
    neuron_context_t *context;
    neuron_graph_t *graph;
    examples train;
    neuron_trainer_t *trainer;
} training;

static training begin_in(neuron_context_t *context)
{
    training t = {.context = context, .graph = three_heads(context)};
    neuron_optimizer_t *adam;
    t.train = make_examples(context, EXAMPLES, 1);
    zip_examples(&t.train);
    assert_ok(neuron_optimizer_create(&adam, context, "adam", NULL));
    assert_ok(neuron_trainer_create(&t.trainer, t.graph, adam, t.train.zipped));
    assert_ok(neuron_trainer_set(t.trainer, "batch_size=4, epochs=3"));
    assert_ok(neuron_trainer_set_validation(t.trainer, t.train.zipped));
    set_losses(t.trainer, context, 0.5, 2);
    neuron_optimizer_unref(adam);
    return t;
}

static training begin(void)
{
    return begin_in(test_context());
}

static void end(training *t)
{
    neuron_trainer_unref(t->trainer);
    drop_examples(&t->train);
    neuron_graph_unref(t->graph);
    neuron_context_unref(t->context);
}

static void expect_same_history(const neuron_history_t *a, const neuron_history_t *b)
{
    ck_assert_int_eq(neuron_history_epochs(a), EPOCHS);
    ck_assert_int_eq(neuron_history_epochs(b), EPOCHS);
    for (int64_t epoch = 0; epoch < EPOCHS; epoch++)
        for (int m = 0; m < 4; m++) {
            ck_assert_double_eq(test_figure(a, epoch, test_metrics[m]),
                                test_figure(b, epoch, test_metrics[m]));
            for (int k = 0; k < OUTPUTS; k++)
                ck_assert_double_eq(output_figure(a, epoch, k, test_metrics[m]),
                                    output_figure(b, epoch, k, test_metrics[m]));
        }
}

START_TEST(files_go_on)
{
    training whole = begin();
    neuron_history_t *histories[2];
    const char *path = test_file("several.safetensors");
    assert_ok(neuron_trainer_run(&histories[0], whole.trainer));
    for (int after = 1; after <= 7; after += 2) { /* of 9 steps; 3 is the end of an epoch */
        training first = begin(), second = begin();
        int left = after;
        assert_ok(neuron_trainer_add_function(first.trainer, NEURON_EVENT_STEP_END, stop_at, &left,
                                              NULL));
        ck_assert_int_eq(neuron_trainer_run(NULL, first.trainer), NEURON_STOP);
        assert_ok(neuron_trainer_save(first.trainer, path));
        assert_ok(neuron_trainer_load(second.trainer, path));
        assert_ok(neuron_trainer_run(&histories[1], second.trainer));
        expect_same_history(histories[0], histories[1]);
        ck_assert(same_parameters(whole.graph, second.graph));
        neuron_history_unref(histories[1]);
        end(&second);
        end(&first);
    }
    neuron_history_unref(histories[0]);
    end(&whole);
}
END_TEST

/* The same file but for a text of the same length. */
static void replace(const char *from, const char *to, const char *old, const char *new)
{
    test_bytes bytes = test_read_file(from);
    bool found = false;
    for (size_t i = 0; i + strlen(old) <= bytes.size && !found; i++) {
        found = memcmp(bytes.data + i, old, strlen(old)) == 0;
        if (found)
            memcpy(bytes.data + i, new, strlen(old));
    }
    assert_that(found, "%s is not in the file", old);
    test_write_file(to, bytes.data, bytes.size);
    free(bytes.data);
}

START_TEST(other_files_are_refused)
{
    training t = begin();
    const char *path = test_file("refused.safetensors"), *wrong = test_file("wrong.safetensors");
    int left = 5;
    assert_ok(neuron_trainer_add_function(t.trainer, NEURON_EVENT_STEP_END, stop_at, &left, NULL));
    ck_assert_int_eq(neuron_trainer_run(NULL, t.trainer), NEURON_STOP);
    assert_ok(neuron_trainer_save(t.trainer, path));
    replace(path, wrong, "output_sums", "output_sumy");
    assert_status(neuron_trainer_load(t.trainer, wrong), NEURON_E_FORMAT);
    assert_message("output_sums");
    assert_ok(neuron_trainer_load(t.trainer, path));

    /* Weights at any output belong to the training. */
    training other = begin();
    neuron_trainer_t *weighted;
    neuron_optimizer_t *adam;
    float weights[EXAMPLES] = {1, 2};
    neuron_dataset_unref(other.train.zipped);
    assert_ok(neuron_dataset_set_weights(other.train.of_marks, weights, EXAMPLES));
    zip_examples(&other.train);
    assert_ok(neuron_optimizer_create(&adam, other.context, "adam", NULL));
    assert_ok(neuron_trainer_create(&weighted, other.graph, adam, other.train.zipped));
    assert_ok(neuron_trainer_set(weighted, "batch_size=4, epochs=3"));
    assert_ok(neuron_trainer_set_validation(weighted, t.train.zipped));
    set_losses(weighted, other.context, 0.5, 2);
    assert_status(neuron_trainer_load(weighted, path), NEURON_E_DATA);
    assert_message("weights");
    neuron_optimizer_unref(adam);
    neuron_trainer_unref(weighted);
    end(&other);
    end(&t);
}
END_TEST

/* ---- Losses of the caller's ---- */

/* Fails at one call. */
typedef struct probe {
    int calls, fails;
} probe;

static int squared(double *losses, float *gradients, const float *outputs, const float *targets,
                   const int32_t *labels, int64_t count, int64_t size, void *user_data)
{
    (void)labels;
    probe *p = user_data;
    if (++p->calls == p->fails)
        return -77;
    for (int64_t i = 0; i < count * size; i++) {
        double off = (double)outputs[i] - (double)targets[i];
        losses[i / size] += off * off / (double)size;
        if (gradients)
            gradients[i] = (float)(2 * off / (double)size);
    }
    return 0;
}

/* By such a loss at the last two outputs; `own` false for the library's. */
static training begin_with(probe *p, bool own)
{
    training t = begin();
    neuron_loss_t *loss;
    assert_ok(own ? neuron_loss_create_custom(&loss, t.context, squared, p, NULL)
                  : neuron_loss_create(&loss, t.context, "mean_squared_error", NULL));
    for (int32_t k = 1; k < OUTPUTS; k++)
        assert_ok(neuron_trainer_set_output_loss(t.trainer, k, loss, 0.5 * k));
    neuron_loss_unref(loss);
    return t;
}

/* They are called for one output after the other, and a run that they end goes on. */
START_TEST(losses_of_the_caller_may_fail)
{
    enum { EPOCH = 3 * 2 + 2 }; /* calls: three steps and a validation, at two outputs */
    probe whole = {0};
    training library = begin_with(NULL, false), t = begin_with(&whole, true);
    neuron_history_t *history[2];
    assert_ok(neuron_trainer_run(&history[0], library.trainer));
    assert_ok(neuron_trainer_run(&history[1], t.trainer));
    ck_assert_int_eq(whole.calls, EPOCHS * EPOCH);
    for (int64_t epoch = 0; epoch < EPOCHS; epoch++)
        for (int k = 0; k < OUTPUTS; k++)
            ck_assert_double_eq_tol(output_figure(history[0], epoch, k, "loss"),
                                    output_figure(history[1], epoch, k, "loss"), 1e-5);
    neuron_history_unref(history[0]);
    for (int fails = EPOCH + 1; fails <= 2 * EPOCH; fails++) {
        probe p = {.fails = fails};
        training other = begin_with(&p, true);
        assert_status(neuron_trainer_run(NULL, other.trainer), -77);
        assert_ok(neuron_trainer_run(&history[0], other.trainer));
        expect_same_history(history[0], history[1]);
        ck_assert(same_parameters(other.graph, t.graph));
        neuron_history_unref(history[0]);
        end(&other);
    }
    neuron_history_unref(history[1]);
    end(&library);
    end(&t);
}
END_TEST

/* ---- History ---- */

/* A name with a comma and a quote is quoted. */
START_TEST(tables_have_a_column_for_each)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *g;
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    neuron_history_t *history;
    examples e = make_examples(context, EXAMPLES, 1);
    neuron_dataset_t *zipped, *targets[] = {e.of_sizes, e.of_sizes};
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){A}, 1);
    neuron_node_t *ends[] = {neuron_dense(g, x, 2, NULL), neuron_dense(g, x, 2, NULL)};
    assert_ok(neuron_node_set_name(ends[0], "left"));
    assert_ok(neuron_node_set_name(ends[1], "right, \"2\""));
    assert_ok(neuron_graph_finish_many(g, ends, 2));
    assert_ok(neuron_dataset_zip(&zipped, &e.of_a, 1, targets, 2));
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
    assert_ok(neuron_trainer_create(&trainer, g, sgd, zipped));
    neuron_loss_t *squared;
    assert_ok(neuron_loss_create(&squared, context, "mean_squared_error", NULL));
    assert_ok(neuron_trainer_set_output_loss(trainer, 0, squared, 1));
    assert_ok(neuron_trainer_set_output_loss(trainer, 1, squared, 0));
    assert_ok(neuron_trainer_run(&history, trainer));
    const char *path = test_file("history.csv");
    assert_ok(neuron_history_save_csv(history, path));
    test_bytes bytes = test_read_file(path);
    static const char header[] =
        "epoch,loss,accuracy,validation_loss,validation_accuracy,learning_rate,seconds,"
        "left_loss,left_accuracy,left_validation_loss,left_validation_accuracy,"
        "\"right, \"\"2\"\"_loss\",\"right, \"\"2\"\"_accuracy\","
        "\"right, \"\"2\"\"_validation_loss\",\"right, \"\"2\"\"_validation_accuracy\"\n1,";
    ck_assert_msg(strncmp(bytes.data, header, strlen(header)) == 0, "%s", bytes.data);
    int commas = 0;
    for (const char *c = bytes.data + strlen(header); *c != '\n'; c++)
        commas += *c == ',';
    ck_assert_int_eq(commas, 13);
    free(bytes.data);
    ck_assert_str_eq(neuron_history_output_name(history, 1), "right, \"2\"");
    ck_assert_ptr_null(neuron_history_output_name(history, 2));
    ck_assert_ptr_null(neuron_history_output_name(history, -1));
    ck_assert_ptr_null(neuron_history_output_name(NULL, 0));
    ck_assert_int_eq(neuron_history_output_count(NULL), 0);
    /* A loss of weight 0 is not worked out in a step. */
    ck_assert_double_eq(output_figure(history, 0, 0, "loss"), test_figure(history, 0, "loss"));
    ck_assert(isnan(output_figure(history, 0, 1, "loss")));
    ck_assert(isnan(output_figure(history, 0, 1, "validation_loss")));
    double value = 7;
    assert_status(neuron_history_output_value(&value, history, 0, 2, "loss"), NEURON_E_ARGUMENT);
    assert_message("history: output is 2; it must be 0 or 1");
    assert_status(neuron_history_output_value(&value, history, 1, 0, "loss"), NEURON_E_ARGUMENT);
    assert_message("epoch is 1");
    assert_status(neuron_history_output_value(&value, history, 0, 0, "seconds"), NEURON_E_ARGUMENT);
    ck_assert(value == 7);
    neuron_history_unref(history);
    neuron_loss_unref(squared);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
    neuron_dataset_unref(zipped);
    drop_examples(&e);
    neuron_graph_unref(g);
    neuron_context_unref(context);
}
END_TEST

/* Of two outputs without a layer in common, one does not learn: its figure does not change. */
static int64_t epochs_with(const char *options)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *g;
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    neuron_callback_t *stop;
    neuron_loss_t *squared;
    examples e = make_examples(context, EXAMPLES, 1);
    neuron_dataset_t *zipped, *targets[] = {e.of_sizes, e.of_sizes};
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){A}, 1);
    neuron_node_t *ends[] = {neuron_dense(g, x, 2, NULL), neuron_dense(g, x, 2, NULL)};
    assert_ok(neuron_graph_finish_many(g, ends, 2));
    assert_ok(neuron_dataset_zip(&zipped, &e.of_a, 1, targets, 2));
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
    assert_ok(neuron_loss_create(&squared, context, "mean_squared_error", NULL));
    assert_ok(neuron_trainer_create(&trainer, g, sgd, zipped));
    assert_ok(neuron_trainer_set_validation(trainer, zipped));
    assert_ok(neuron_trainer_set(trainer, "epochs=6"));
    assert_ok(neuron_trainer_set_output_loss(trainer, 0, squared, 1));
    assert_ok(neuron_trainer_set_output_loss(trainer, 1, squared, 0));
    assert_ok(neuron_callback_create(&stop, context, "early_stopping", options));
    assert_ok(neuron_trainer_add_callback(trainer, stop));
    int status = neuron_trainer_run(NULL, trainer);
    int64_t epochs = neuron_history_epochs(neuron_trainer_history(trainer));
    neuron_callback_unref(stop);
    neuron_loss_unref(squared);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
    neuron_dataset_unref(zipped);
    drop_examples(&e);
    neuron_graph_unref(g);
    neuron_context_unref(context);
    return status < 0 ? status : epochs;
}

START_TEST(callbacks_go_by_one_output)
{
    ck_assert_int_eq(epochs_with("patience=1"), 6);
    ck_assert_int_eq(epochs_with("patience=1, output=0"), 6);
    ck_assert_int_eq(epochs_with("patience=1, output=1"), 2);
    ck_assert_int_eq(epochs_with("patience=2, output=1, monitor=validation_accuracy"), 3);
    ck_assert_int_eq(epochs_with("output=2"), NEURON_E_ARGUMENT);
    assert_message("early_stopping: output is 2; it must be -1 to 1");
}
END_TEST

/* ---- Refused ---- */

/* Makes a trainer of a dataset, which must fail. */
static void refuse(const training *t, neuron_dataset_t *const *inputs, int64_t input_count,
                   neuron_dataset_t *const *targets, int64_t target_count, int status)
{
    neuron_dataset_t *zipped;
    neuron_trainer_t *trainer;
    neuron_optimizer_t *sgd;
    assert_ok(neuron_dataset_zip(&zipped, inputs, input_count, targets, target_count));
    assert_ok(neuron_optimizer_create(&sgd, t->context, "sgd", NULL));
    assert_status(neuron_trainer_create(&trainer, t->graph, sgd, zipped), status);
    ck_assert_ptr_null(trainer);
    neuron_optimizer_unref(sgd);
    neuron_dataset_unref(zipped);
}

START_TEST(refusals_say_why)
{
    training t = begin();
    const examples *e = &t.train;
    neuron_dataset_t *inputs[] = {e->of_a, e->of_b, e->of_a};
    neuron_dataset_t *targets[] = {e->of_kinds, e->of_sizes, e->of_marks};
    refuse(&t, inputs, 1, targets, 3, NEURON_E_SHAPE);
    assert_message("trainer: the dataset has 1 input, heads has 2; neuron_dataset_zip() makes");
    refuse(&t, inputs, 3, targets, 3, NEURON_E_SHAPE);
    assert_message("the dataset has 3 inputs, heads has 2");
    refuse(&t, inputs + 1, 2, targets, 3, NEURON_E_SHAPE);
    assert_message("trainer: a: examples are 2, the graph's input is 3");
    refuse(&t, inputs, 2, targets, 2, NEURON_E_SHAPE);
    assert_message("the dataset has 2 targets, heads has 3");
    refuse(&t, inputs, 2, (neuron_dataset_t *[]){targets[0], targets[0], targets[2]}, 3,
           NEURON_E_SHAPE);
    assert_message("trainer: size: the dataset has 3 classes, the graph's output is 2");
    refuse(&t, inputs, 2, NULL, 0, NEURON_E_DATA);
    assert_message("trainer: kind: the dataset has no labels or targets; neuron_dataset_zip()");

    /* A loss that does not go with one of the targets. */
    neuron_loss_t *cross;
    assert_ok(neuron_loss_create(&cross, t.context, "cross_entropy", NULL));
    assert_status(neuron_trainer_set_output_loss(t.trainer, 2, cross, 1), NEURON_E_DATA);
    assert_message("trainer: mark: ");
    assert_status(neuron_trainer_set_loss(t.trainer, cross), NEURON_E_DATA);
    neuron_loss_unref(cross);

    /* And a validation set of other parts. */
    neuron_dataset_t *held;
    assert_ok(neuron_dataset_zip(&held, inputs, 2, targets, 2));
    assert_status(neuron_trainer_set_validation(t.trainer, held), NEURON_E_SHAPE);
    neuron_dataset_unref(held);

    neuron_augmentation_t *augmentation;
    assert_ok(neuron_augmentation_create(&augmentation, t.context, NULL));
    assert_status(neuron_trainer_set_augmentation(t.trainer, augmentation), NEURON_E_SHAPE);
    neuron_augmentation_unref(augmentation);
    assert_ok(neuron_trainer_run(NULL, t.trainer)); /* nothing has changed */
    end(&t);
}
END_TEST

START_TEST(a_bad_input_is_told)
{
    training t = begin();
    ((float *)neuron_tensor_data(t.train.b))[5 * B + 1] = INFINITY;
    assert_ok(neuron_trainer_set(t.trainer, "shuffle=no"));
    neuron_graph_t *before = three_heads(t.context);
    assert_status(neuron_trainer_run(NULL, t.trainer), NEURON_E_NOT_FINITE);
    assert_message("number 1 of input b of example 5 of the training set, infinite");
    ck_assert(!same_parameters(before, t.graph)); /* the first step was good */
    neuron_graph_unref(before);
    end(&t);
}
END_TEST

/* ---- Memory ---- */

START_TEST(no_memory_loses_nothing)
{
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory);
    assert_ok(neuron_context_set_number(context, "threads", 1));
    training t = begin_in(context);
    const char *path = test_file("memory.safetensors");
    assert_ok(neuron_trainer_set(t.trainer, "epochs=1"));
    assert_ok(neuron_trainer_run(NULL, t.trainer));
    assert_ok(neuron_trainer_save(t.trainer, path));
    neuron_loss_t *squared, *binary;
    assert_ok(neuron_loss_create(&squared, context, "mean_squared_error", NULL));
    assert_ok(neuron_loss_create(&binary, context, "binary_cross_entropy", NULL));
    long live = memory.live, allocations = 0;
    for (;; allocations++) {
        neuron_trainer_t *trainer = NULL;
        neuron_optimizer_t *sgd = NULL;
        neuron_graph_t *graph = NULL;
        memory.left = allocations;
        int status = neuron_graph_clone(&graph, context, t.graph);
        if (status == NEURON_OK)
            status = neuron_optimizer_create(&sgd, context, "sgd", NULL);
        if (status == NEURON_OK)
            status = neuron_trainer_create(&trainer, graph, sgd, t.train.zipped);
        if (status == NEURON_OK)
            status = neuron_trainer_set_output_loss(trainer, 1, squared, 0.5);
        if (status == NEURON_OK)
            status = neuron_trainer_set_output_loss(trainer, 2, binary, 2);
        if (status == NEURON_OK)
            status = neuron_trainer_set(trainer, "validation_split=0.3, workers=0");
        if (status == NEURON_OK)
            status = neuron_trainer_run(NULL, trainer);
        if (status == NEURON_OK)
            status = neuron_history_save_csv(neuron_trainer_history(trainer), path);
        if (status == NEURON_OK)
            status = neuron_trainer_save(trainer, path);
        if (status == NEURON_OK)
            status = neuron_trainer_load(trainer, path);
        test_refill(&memory);
        neuron_trainer_unref(trainer);
        neuron_optimizer_unref(sgd);
        neuron_graph_unref(graph);
        ck_assert_int_eq(memory.live, live);
        if (status == NEURON_OK)
            break;
        assert_status(status, NEURON_E_MEMORY);
    }
    ck_assert_int_gt(allocations, 100);
    neuron_loss_unref(squared);
    neuron_loss_unref(binary);
    end(&t);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("several-runs");
    TCase *tests = tcase_create("runs");
    tcase_set_timeout(tests, 0);
    tcase_add_loop_test(tests, steps_are_those_of_a_run, 0, 4); /* in parts of so many */
    tcase_add_test(tests, parts_sum_each_output);
    tcase_add_test(tests, threads_and_workers_change_nothing);
    tcase_add_test(tests, files_go_on);
    tcase_add_test(tests, other_files_are_refused);
    tcase_add_test(tests, losses_of_the_caller_may_fail);
    tcase_add_test(tests, tables_have_a_column_for_each);
    tcase_add_test(tests, callbacks_go_by_one_output);
    tcase_add_test(tests, refusals_say_why);
    tcase_add_test(tests, a_bad_input_is_told);
    tcase_add_test(tests, no_memory_loses_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
