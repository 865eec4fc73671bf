#include "gradient.h"
#include "test-common.h"
#include "test-models.h"

#include "graph/graph.h"

#include <math.h>

static neuron_node_t *find(const neuron_graph_t *graph, const char *name)
{
    neuron_node_t *node = neuron_graph_find_node(graph, name);
    assert_that(node != NULL, "%s", neuron_error_last());
    return node;
}

static void freeze(const neuron_graph_t *graph, const char *name)
{
    assert_ok(neuron_node_set_trainable(find(graph, name), 0));
}

/* `clip_norm` is 0 for none. */
static neuron_trainer_t *new_clipping_trainer(neuron_graph_t *graph, double clip_norm)
{
    neuron_optimizer_t *optimizer;
    neuron_trainer_t *trainer;
    neuron_dataset_t *data = test_glyphs(graph->context, 60, 8);
    assert_ok(neuron_optimizer_create(&optimizer, graph->context, "adam", NULL));
    assert_ok(neuron_optimizer_set_number(optimizer, "clip_global_norm", clip_norm));
    assert_ok(neuron_trainer_create(&trainer, graph, optimizer, data));
    neuron_optimizer_unref(optimizer);
    neuron_dataset_unref(data);
    return trainer;
}

static neuron_trainer_t *new_trainer(neuron_graph_t *graph)
{
    return new_clipping_trainer(graph, 0);
}

static void train(neuron_graph_t *graph)
{
    neuron_trainer_t *trainer = new_trainer(graph);
    assert_ok(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
}

static neuron_graph_t *save_and_load(const neuron_graph_t *graph)
{
    neuron_graph_t *loaded;
    size_t size;
    assert_ok(neuron_graph_save_memory(NULL, 0, &size, graph));
    void *bytes = malloc(size);
    assert_ok(neuron_graph_save_memory(bytes, size, NULL, graph));
    assert_ok(neuron_graph_load_memory(&loaded, graph->context, bytes, size));
    free(bytes);
    return loaded;
}

/* Just the arrays of frozen nodes must be as they were. */
static void assert_changed(const neuron_graph_t *graph, const neuron_graph_t *before)
{
    for (int32_t i = 0; i < graph->array_count; i++) {
        const neuron_graph_array *array = &graph->arrays[i];
        bool same = memcmp(graph->values + array->offset, before->values + array->offset,
                           (size_t)array->count * sizeof *graph->values) == 0;
        assert_that(same == array->node->frozen, "%s: %s", array->name,
                    same ? "is the same" : "changed");
    }
}

/* ---- Frozen layers: gradients ---- */

/* Normalised convolutions and dense layers, some of them frozen. */
static void check_frozen_images(const char *const *frozen, int pool)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 9, 10, 2), 5, 3, 3, NULL);
    x = neuron_relu(graph, neuron_batch_norm(graph, x, NULL));
    if (pool)
        x = neuron_max_pool2d(graph, x, 2, 2, NULL);
    x = neuron_relu(graph, neuron_conv2d(graph, x, 4, 2, 2, NULL));
    x = neuron_batch_norm(graph, x, NULL);
    if (pool)
        x = neuron_max_pool2d(graph, x, 2, 2, NULL);
    x = neuron_relu(graph, neuron_dense(graph, neuron_flatten(graph, x), 7, NULL));
    x = neuron_batch_norm(graph, neuron_dense(graph, x, 6, NULL), NULL);
    for (; *frozen; frozen++)
        freeze(graph, *frozen);
    check_layer(graph, x, 4);
}

static const struct {
    const char *frozen[8];
} frozen_sets[] = {
    {{"conv2d"}},
    {{"batch_norm"}},
    {{"conv2d", "batch_norm"}},
    {{"conv2d_1"}},
    {{"batch_norm_1"}},
    {{"dense"}},
    {{"batch_norm_2"}},
    {{"batch_norm", "batch_norm_1", "batch_norm_2"}},
    {{"conv2d", "batch_norm", "conv2d_1", "batch_norm_1", "dense"}},
};

START_TEST(gradients_with_frozen_layers)
{
    check_frozen_images(frozen_sets[_i].frozen, 0);
    check_frozen_images(frozen_sets[_i].frozen, 1);
}
END_TEST

/* ---- Frozen layers: training ---- */

static const struct {
    neuron_graph_t *(*build)(neuron_context_t *context, int64_t size);
    const char *frozen[4];
} trainings[] = {
    {test_cnn, {"conv2d"}}, {test_cnn, {"batch_norm"}}, {test_cnn, {"conv2d", "batch_norm"}},
    {test_cnn, {"dense"}},  {test_mlp, {"dense"}},      {test_mlp, {"batch_norm", "dense_1"}},
    {test_mlp, {NULL}},
};

START_TEST(frozen_layers_stay)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = trainings[_i].build(context, 8);
    train(graph); /* so that moving statistics are not those of a new layer */
    neuron_graph_t *before = save_and_load(graph), *loaded = save_and_load(graph);
    for (const char *const *name = trainings[_i].frozen; *name; name++) {
        freeze(graph, *name);
        freeze(loaded, *name);
    }
    train(graph);
    assert_changed(graph, before);
    neuron_graph_t *again = save_and_load(loaded);
    train(again);
    ck_assert(same_parameters(graph, again));
    neuron_graph_unref(graph);
    neuron_graph_unref(before);
    neuron_graph_unref(loaded);
    neuron_graph_unref(again);
    neuron_context_unref(context);
}
END_TEST

/* A frozen layer's gradient is no part of the norm of all, and momenta do not move it. */
START_TEST(frozen_layers_stay_when_clipping)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = test_mlp(context, 8);
    neuron_trainer_t *trainer = new_clipping_trainer(graph, 0.5);
    assert_ok(neuron_trainer_run(NULL, trainer));
    neuron_graph_t *before = save_and_load(graph);
    freeze(graph, "dense");
    freeze(graph, "batch_norm");
    assert_ok(neuron_trainer_set(trainer, "epochs=2"));
    assert_ok(neuron_trainer_run(NULL, trainer));
    assert_changed(graph, before);
    neuron_graph_unref(before);
    neuron_trainer_unref(trainer);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* Before it is finished or after: the same bytes in the same places. */
START_TEST(freezing_before_finish)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graphs[2];
    for (int i = 0; i < 2; i++) {
        assert_ok(neuron_graph_create(&graphs[i], context));
        assert_ok(neuron_graph_set_seed(graphs[i], 4));
        neuron_graph_t *g = graphs[i];
        neuron_node_t *x = neuron_flatten(g, image_input(g, 8, 8, 1));
        x = neuron_relu(g, neuron_dense(g, x, 9, NULL));
        x = neuron_softmax(g, neuron_dense(g, neuron_batch_norm(g, x, NULL), TEST_CLASSES, NULL),
                           NULL);
        if (i == 0)
            freeze(g, "dense");
        assert_ok(neuron_graph_finish(g, x));
        if (i == 1)
            freeze(g, "dense");
        train(g);
    }
    ck_assert(same_parameters(graphs[0], graphs[1]));
    neuron_graph_unref(graphs[0]);
    neuron_graph_unref(graphs[1]);
    neuron_context_unref(context);
}
END_TEST

START_TEST(freezing_between_epochs)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = test_mlp(context, 8);
    neuron_trainer_t *trainer = new_trainer(graph);
    assert_ok(neuron_trainer_run(NULL, trainer));
    neuron_graph_t *before = save_and_load(graph);
    freeze(graph, "dense");
    freeze(graph, "batch_norm");
    assert_ok(neuron_trainer_set(trainer, "epochs=2"));
    assert_ok(neuron_trainer_run(NULL, trainer));
    assert_changed(graph, before);
    neuron_graph_unref(before);
    before = save_and_load(graph);
    assert_ok(neuron_node_set_trainable(find(graph, "dense"), 1));
    assert_ok(neuron_node_set_trainable(find(graph, "batch_norm"), 1));
    assert_ok(neuron_trainer_set(trainer, "epochs=3"));
    assert_ok(neuron_trainer_run(NULL, trainer));
    assert_changed(graph, before);
    freeze(graph, "dense");
    freeze(graph, "batch_norm");
    freeze(graph, "dense_1");
    assert_ok(neuron_trainer_set(trainer, "epochs=4"));
    assert_status(neuron_trainer_run(NULL, trainer), NEURON_E_UNSUPPORTED);
    assert_message("trainer: mlp has nothing to train");
    neuron_graph_unref(before);
    neuron_trainer_unref(trainer);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(counts_and_summary)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = test_cnn(context, 8);
    int64_t all = neuron_graph_trainable_parameter_count(graph), before, after;
    char text[4096];
    assert_ok(neuron_graph_memory(&before, graph, 8, "training=yes"));
    freeze(graph, "conv2d");
    freeze(graph, "batch_norm");
    ck_assert_int_eq(neuron_graph_trainable_parameter_count(graph), all - 40 - 8);
    ck_assert_int_eq(neuron_graph_parameter_count(graph), all + 8);
    assert_ok(neuron_graph_memory(&after, graph, 8, "training=yes"));
    ck_assert_int_lt(after, before);
    assert_ok(neuron_graph_summary(text, sizeof text, NULL, graph, 8));
    ck_assert_ptr_nonnull(strstr(text, " 56\n"));
    ck_assert_int_eq(neuron_node_trainable(find(graph, "conv2d")), 0);
    ck_assert_int_eq(neuron_node_trainable(find(graph, "dense")), 1);
    ck_assert_int_eq(neuron_node_trainable(NULL), 0);
    freeze(graph, "dense");
    assert_ok(neuron_graph_summary(text, sizeof text, NULL, graph, 8));
    ck_assert_ptr_nonnull(strstr(text, "has nothing to train"));
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(marks_are_imported_and_saved)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = test_mlp(context, 8), *copy;
    freeze(graph, "dense");
    freeze(graph, "input"); /* without effect, and no hindrance to saving */
    neuron_graph_t *loaded = save_and_load(graph);
    assert_ok(neuron_graph_create(&copy, context));
    ck_assert_ptr_nonnull(neuron_graph_import(copy, image_input(copy, 8, 8, 1), loaded, "m", NULL));
    ck_assert_int_eq(neuron_node_trainable(find(loaded, "dense")), 0);
    ck_assert_int_eq(neuron_node_trainable(find(copy, "m/dense")), 0);
    ck_assert_int_eq(neuron_node_trainable(find(copy, "m/dense_1")), 1);
    neuron_graph_unref(copy);
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(bad_marks)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 3), 2, NULL);
    assert_status(neuron_node_set_trainable(NULL, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_node_set_trainable(node, 2), NEURON_E_ARGUMENT);
    assert_message("dense: trainable is 2; it must be 0 or 1");
    assert_status(neuron_graph_finish(graph, node), NEURON_E_ARGUMENT);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- Regularisers ---- */

static void regularize(const neuron_graph_t *graph, const char *name, const char *array, double l1,
                       double l2)
{
    assert_ok(neuron_node_set_regularizer(find(graph, name), array, l1, l2));
}

START_TEST(gradients_with_regularizers)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 6, 5, 2), 5, 3, 3, NULL);
    x = neuron_batch_norm(graph, neuron_relu(graph, x), NULL);
    x = neuron_dense(graph, neuron_flatten(graph, x), 60, NULL);
    x = neuron_dense(graph, x, 301,
                     NULL); /* a kernel for several tasks, the last of which has less */
    regularize(graph, "conv2d", "kernel", 0.01, 0.02);
    regularize(graph, "conv2d", "bias", 0.3, 0);
    regularize(graph, "batch_norm", "gamma", 0, 0.4);
    regularize(graph, "dense", "kernel", 0.02, 0);
    regularize(graph, "dense_1", "kernel", 0.001, 0.03);
    regularize(graph, "dense_1", "bias", 0.02, 0.01);
    if (_i == 1) { /* a frozen layer adds nothing */
        freeze(graph, "conv2d");
        freeze(graph, "dense");
    }
    check_layer(graph, x, 4);
}
END_TEST

static void train_slowly(neuron_graph_t *graph, double *loss, double *validation)
{
    neuron_trainer_t *trainer;
    neuron_optimizer_t *optimizer;
    neuron_history_t *history;
    neuron_dataset_t *data = test_glyphs(graph->context, 50, 8);
    assert_ok(neuron_optimizer_create(&optimizer, graph->context, "sgd", "learning_rate=1e-30"));
    assert_ok(neuron_trainer_create(&trainer, graph, optimizer, data));
    assert_ok(neuron_trainer_set_validation(trainer, data));
    assert_ok(neuron_trainer_run(&history, trainer));
    *loss = test_figure(history, 0, "loss");
    *validation = test_figure(history, 0, "validation_loss");
    neuron_history_unref(history);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(optimizer);
    neuron_dataset_unref(data);
}

START_TEST(losses_contain_the_penalty)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = test_linear(context, 8);
    double loss[2], validation[2], sum = 0;
    train_slowly(graph, &loss[0], &validation[0]);
    regularize(graph, "dense", "kernel", 0.5, 0.25); /* a finished graph takes it too */
    for (int64_t i = 0; i < graph->arrays[0].count; i++) {
        double value = (double)graph->values[graph->arrays[0].offset + i];
        sum += 0.5 * fabs(value) + 0.25 * value * value;
    }
    train_slowly(graph, &loss[1], &validation[1]);
    ck_assert_double_gt(sum, 1);
    ck_assert_double_eq_tol(neuron_graph_penalty(graph), sum, 1e-9 * sum);
    ck_assert_double_eq_tol(loss[1] - loss[0], sum, 1e-9 * sum);
    ck_assert_double_eq_tol(validation[1] - validation[0], sum, 1e-9 * sum);
    ck_assert_double_eq(neuron_graph_penalty(NULL), 0);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* More parameters than one task takes, and than are joined at a time. */
START_TEST(threads_do_not_change_the_penalty)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 1201), 1000, NULL);
    regularize(graph, "dense", "kernel", 0.5, 0.25);
    assert_ok(neuron_graph_finish(graph, node));
    const float *values = graph->values + graph->arrays[0].offset;
    double sum = 0, alone = 0;
    for (int64_t i = 0; i < graph->arrays[0].count; i++)
        sum += 0.5 * fabs((double)values[i]) + 0.25 * (double)values[i] * (double)values[i];
    for (int32_t threads = 1; threads <= 3; threads++) {
        assert_ok(neuron_context_set_number(graph->context, "threads", threads));
        double penalty = neuron_graph_penalty(graph);
        ck_assert_double_eq_tol(penalty, sum, 1e-9 * sum);
        alone = threads == 1 ? penalty : alone;
        ck_assert_double_eq(penalty, alone);
    }
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(regularizers_are_saved_and_imported)
{
    neuron_graph_t *graph = new_graph(), *copy = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 3), 2, NULL);
    regularize(graph, "dense", "kernel", 0, 0.125);
    assert_ok(neuron_graph_finish(graph, node));
    neuron_graph_t *loaded = save_and_load(graph);
    node = neuron_graph_import(copy, vector_input(copy, 3), loaded, "m", NULL);
    assert_ok(neuron_graph_finish(copy, node));
    ck_assert_double_gt(neuron_graph_penalty(graph), 0);
    ck_assert_double_eq(neuron_graph_penalty(graph), neuron_graph_penalty(loaded));
    ck_assert_double_eq(neuron_graph_penalty(graph), neuron_graph_penalty(copy));
    neuron_graph_unref(copy);
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(regularizers_are_read_back)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_batch_norm(graph, vector_input(graph, 3), NULL);
    double l1 = 7, l2 = 7;
    assert_ok(neuron_node_regularizer(&l1, &l2, node, "gamma"));
    ck_assert(l1 == 0 && l2 == 0);
    assert_ok(neuron_node_set_regularizer(node, "gamma", 0.5, 0.25));
    assert_ok(neuron_node_regularizer(&l1, &l2, node, "gamma"));
    ck_assert(l1 == 0.5 && l2 == 0.25);
    assert_ok(neuron_node_regularizer(&l1, &l2, node, "moving_mean"));
    ck_assert(l1 == 0 && l2 == 0);
    assert_status(neuron_node_regularizer(&l1, &l2, node, "kernel"), NEURON_E_ARGUMENT);
    assert_message("batch_norm: has no array \"kernel\"");
    assert_status(neuron_node_regularizer(&l1, &l2, NULL, "gamma"), NEURON_E_ARGUMENT);
    assert_status(neuron_node_regularizer(&l1, &l2, node, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_node_regularizer(NULL, &l2, node, "gamma"), NEURON_E_ARGUMENT);
    assert_status(neuron_node_regularizer(&l1, NULL, node, "gamma"), NEURON_E_ARGUMENT);
    assert_ok(neuron_graph_finish(graph, node));
    neuron_graph_unref(graph);
}
END_TEST

static const struct {
    const char *array;
    double l1, l2;
    const char *message;
} bad_factors[] = {
    {NULL, 0, 0, "batch_norm: array is NULL"},
    {"kernel", 0, 0, "batch_norm: has no array \"kernel\""},
    {"gamma", -1, 0, "batch_norm: l1 is -1; it must be 0 or more"},
    {"gamma", 0, (double)NAN, "batch_norm: l2 is nan; it must be 0 or more"},
    {"gamma", (double)INFINITY, 0, "batch_norm: l1 is inf; it must be 0 or more"},
    {"gamma", 0, 1e39, "batch_norm: l2 is 1e+39; it must be 0 or more and finite as float"},
    {"moving_mean", 0, 1, "batch_norm: moving_mean is not trained, so it takes no regularizer"},
};

START_TEST(bad_regularizers)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_batch_norm(graph, vector_input(graph, 3), NULL);
    assert_status(neuron_node_set_regularizer(node, bad_factors[_i].array, bad_factors[_i].l1,
                                              bad_factors[_i].l2),
                  NEURON_E_ARGUMENT);
    assert_message(bad_factors[_i].message);
    assert_status(neuron_graph_finish(graph, node), NEURON_E_ARGUMENT);
    assert_message(bad_factors[_i].message);
    assert_status(neuron_node_set_regularizer(NULL, "kernel", 0, 0), NEURON_E_ARGUMENT);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(finding_nodes)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 3), *unused = neuron_dense(graph, x, 2, NULL);
    neuron_node_t *node = neuron_dense(graph, x, 2, NULL);
    ck_assert_ptr_eq(neuron_graph_find_node(graph, "dense"), unused);
    ck_assert_ptr_eq(neuron_graph_find_node(graph, "dense_1"), node);
    assert_ok(neuron_graph_finish(graph, node));
    ck_assert_ptr_null(neuron_graph_find_node(graph, "dense"));
    assert_message("graph: has no layer called \"dense\"");
    ck_assert_ptr_null(neuron_graph_find_node(NULL, "dense"));
    assert_message("is NULL; it must not be");
    ck_assert_ptr_null(neuron_graph_find_node(graph, NULL));
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parts");
    TCase *tests = tcase_create("parts");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, gradients_with_frozen_layers, 0,
                        sizeof frozen_sets / sizeof *frozen_sets);
    tcase_add_loop_test(tests, frozen_layers_stay, 0, sizeof trainings / sizeof *trainings);
    tcase_add_test(tests, frozen_layers_stay_when_clipping);
    tcase_add_test(tests, freezing_before_finish);
    tcase_add_test(tests, freezing_between_epochs);
    tcase_add_test(tests, counts_and_summary);
    tcase_add_test(tests, marks_are_imported_and_saved);
    tcase_add_test(tests, bad_marks);
    tcase_add_loop_test(tests, gradients_with_regularizers, 0, 2);
    tcase_add_test(tests, losses_contain_the_penalty);
    tcase_add_test(tests, threads_do_not_change_the_penalty);
    tcase_add_test(tests, regularizers_are_saved_and_imported);
    tcase_add_test(tests, regularizers_are_read_back);
    tcase_add_loop_test(tests, bad_regularizers, 0, sizeof bad_factors / sizeof *bad_factors);
    tcase_add_test(tests, finding_nodes);
    return run_suite(suite);
}
