/* Kinds of evaluations: what is chosen, and figures against scikit-learn and by hand. */
#include "test-common.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

/* A graph that hands on what it is given, in the shape of its input. */
static neuron_graph_t *make_identity(neuron_context_t *context, const int64_t *shape, int32_t rank)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *input = neuron_input(graph, shape, rank);
    assert_ok(neuron_graph_finish(graph, neuron_leaky_relu(graph, input, 1)));
    return graph;
}

static neuron_tensor_t *wrap(neuron_context_t *context, const int64_t *shape, int32_t rank,
                             const float *values)
{
    neuron_tensor_t *tensor;
    assert_ok(neuron_tensor_copy(&tensor, context, NEURON_TYPE_F32, shape, rank,
                                 (void *)(uintptr_t)values));
    return tensor;
}

typedef struct scene {
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_dataset_t *dataset;
} scene;

/* Outputs are compared with targets: `shape` is that of one example. */
static scene make_scene(const int64_t *shape, int32_t rank, int64_t count, const float *outputs,
                        const float *targets)
{
    scene s = {.context = test_context()};
    int64_t all[NEURON_RANK_MAX] = {count}, size = 1;
    for (int32_t axis = 0; axis < rank; axis++) {
        all[axis + 1] = shape[axis];
        size *= shape[axis];
    }
    s.graph = make_identity(s.context, shape, rank);
    neuron_tensor_t *examples = wrap(s.context, all, rank + 1, outputs);
    neuron_tensor_t *given = wrap(s.context, (const int64_t[]){count, size}, 2, targets);
    assert_ok(neuron_dataset_create_with_targets(&s.dataset, s.context, examples, given));
    neuron_tensor_unref(given);
    neuron_tensor_unref(examples);
    return s;
}

static void drop_scene(scene *s)
{
    neuron_dataset_unref(s->dataset);
    neuron_graph_unref(s->graph);
    neuron_context_unref(s->context);
}

static neuron_evaluation_t *evaluate(const scene *s, const char *loss, const char *options)
{
    neuron_loss_t *made = NULL;
    neuron_evaluation_t *evaluation;
    if (loss)
        assert_ok(neuron_loss_create(&made, s->context, loss, NULL));
    assert_ok(neuron_graph_evaluate(&evaluation, s->graph, s->dataset, made, options));
    neuron_loss_unref(made);
    return evaluation;
}

static void check_kind(const scene *s, const char *loss, const char *options, const char *expected)
{
    neuron_evaluation_t *evaluation = evaluate(s, loss, options);
    ck_assert_str_eq(neuron_evaluation_kind(evaluation), expected);
    neuron_evaluation_unref(evaluation);
}

static void check_report(const neuron_evaluation_t *evaluation, const char *expected)
{
    char text[4096];
    assert_ok(neuron_evaluation_report(text, sizeof text, NULL, evaluation, NULL, 3));
    ck_assert_str_eq(text, expected);
}

static void assert_near(double value, double expected)
{
    ck_assert_double_eq_tol(value, expected, 1e-12);
}

/* ---- Labels ---- */

static const float label_outputs[6][4] = {
    {0.9f, 0.2f, 0.6f, 0.1f}, {0.4f, 0.8f, 0.5f, 0.0f}, {0.7f, 0.6f, 0.1f, 0.2f},
    {0.1f, 0.1f, 0.2f, 0.3f}, {0.6f, 0.9f, 0.9f, 0.6f}, {0.2f, 0.7f, 0.3f, 0.4f},
};
static const float label_targets[6][4] = {
    {1, 0, 1, 0}, {1, 1, 0, 0}, {1, 0, 0, 0}, {0, 0, 0, 0}, {1, 1, 0, 0}, {0, 1, 1, 0},
};

/* Figures and layout are what scikit-learn 1.9 has for the same numbers; the line of exact matches
 * is its accuracy_score(). */
static const char label_report[] = "              precision    recall  f1-score   support\n"
                                   "\n"
                                   "           0      1.000     0.750     0.857         4\n"
                                   "           1      0.750     1.000     0.857         3\n"
                                   "           2      0.500     0.500     0.500         2\n"
                                   "           3      0.000     0.000     0.000         0\n"
                                   "\n"
                                   " exact match                          0.333         6\n"
                                   "   micro avg      0.700     0.778     0.737         9\n"
                                   "   macro avg      0.562     0.562     0.554         9\n"
                                   "weighted avg      0.806     0.778     0.778         9\n"
                                   " samples avg      0.667     0.667     0.611         9\n";

START_TEST(labels)
{
    scene s = make_scene((const int64_t[]){4}, 1, 6, label_outputs[0], label_targets[0]);
    neuron_evaluation_t *evaluation = evaluate(&s, "binary_cross_entropy", NULL);
    ck_assert_str_eq(neuron_evaluation_kind(evaluation), "multi_label");
    ck_assert_int_eq(neuron_evaluation_count(evaluation), 6);
    ck_assert_int_eq(neuron_evaluation_row_count(evaluation), 4);
    ck_assert_ptr_null(neuron_evaluation_row_name(evaluation, 0));
    assert_near(neuron_evaluation_accuracy(evaluation), 1.0 / 3);
    check_report(evaluation, label_report);
    assert_near(neuron_evaluation_iou(evaluation, NEURON_AVERAGE_MACRO), 0.4583333333333333);
    ck_assert_int_eq(neuron_evaluation_confusion(evaluation, 0, 0), -1);
    ck_assert(isnan(neuron_evaluation_r2(evaluation, 0)));
    ck_assert(isnan(neuron_evaluation_iou(evaluation, NEURON_AVERAGE_SAMPLES)));
    neuron_evaluation_unref(evaluation);
    evaluation = evaluate(&s, NULL, "threshold=0.25");
    ck_assert_str_eq(neuron_evaluation_kind(evaluation), "multi_label");
    assert_near(neuron_evaluation_f1(evaluation, NEURON_AVERAGE_SAMPLES), 0.6555555555555556);
    assert_near(neuron_evaluation_precision(evaluation, NEURON_AVERAGE_MICRO), 0.6);
    neuron_evaluation_unref(evaluation);
    drop_scene(&s);
}
END_TEST

/* ---- Numbers ---- */

static const float number_outputs[5][3] = {
    {1.5f, -2, 7}, {0.25f, 3, 7}, {2, 0.5f, 7}, {3, 1, 6.5f}, {-1, 0, 7}};
static const float number_targets[5][3] = {
    {1, -1, 7}, {0.5f, 2.5f, 7}, {2, 1, 7}, {2.5f, 3, 7}, {-0.5f, 0.5f, 7}};

START_TEST(numbers)
{
    scene s = make_scene((const int64_t[]){3}, 1, 5, number_outputs[0], number_targets[0]);
    neuron_evaluation_t *evaluation = evaluate(&s, NULL, NULL);
    ck_assert_str_eq(neuron_evaluation_kind(evaluation), "regression");
    assert_near(neuron_evaluation_loss(evaluation), 0.45416666666666666);
    static const double mae[] = {0.35, 0.9, 0.1, 0.45};
    static const double rmse[] = {0.4031128874149275, 1.0723805294763609, 0.22360679774997896,
                                  0.5663667382137557};
    static const double r2[] = {0.8574561403508771, 0.4417475728155341, 0, 0.4330679043888037};
    for (int32_t i = 0; i < 4; i++) {
        int64_t row = i < 3 ? i : NEURON_AVERAGE_MACRO;
        assert_near(neuron_evaluation_mean_absolute_error(evaluation, row), mae[i]);
        assert_near(neuron_evaluation_root_mean_squared_error(evaluation, row), rmse[i]);
        assert_near(neuron_evaluation_r2(evaluation, row), r2[i]);
        ck_assert_int_eq(neuron_evaluation_support(evaluation, row), 5);
    }
    check_report(evaluation, "                      mae        rmse        r2\n"
                             "\n"
                             "           0        0.350       0.403     0.857\n"
                             "           1        0.900       1.072     0.442\n"
                             "           2        0.100       0.224     0.000\n"
                             "\n"
                             "     average        0.450       0.566     0.433\n");
    ck_assert(isnan(neuron_evaluation_accuracy(evaluation)));
    ck_assert(isnan(neuron_evaluation_precision(evaluation, 0)));
    ck_assert(isnan(neuron_evaluation_r2(evaluation, 3)));
    ck_assert(isnan(neuron_evaluation_r2(evaluation, NEURON_AVERAGE_WEIGHTED)));
    neuron_evaluation_unref(evaluation);
    drop_scene(&s);
}
END_TEST

/* Far from 0 and near each other, a sum of squares would have no digit left. */
START_TEST(numbers_far_from_zero)
{
    enum { COUNT = 1000 };
    static float outputs[COUNT], targets[COUNT];
    double mean = 0, spread = 0, squared = 0;
    for (int i = 0; i < COUNT; i++) {
        targets[i] = 1e6f + (float)(i % 7) * 0.125f;
        outputs[i] = targets[i] + (i % 2 ? 0.0625f : -0.125f);
        mean += (double)targets[i] / COUNT;
    }
    for (int i = 0; i < COUNT; i++) {
        spread += pow((double)targets[i] - mean, 2);
        squared += pow((double)outputs[i] - (double)targets[i], 2);
    }
    scene s = make_scene((const int64_t[]){1}, 1, COUNT, outputs, targets);
    neuron_evaluation_t *evaluation = evaluate(&s, "huber", NULL);
    ck_assert_double_eq_tol(neuron_evaluation_r2(evaluation, 0), 1 - squared / spread, 1e-9);
    neuron_evaluation_unref(evaluation);
    drop_scene(&s);
}
END_TEST

START_TEST(a_single_number_has_no_r2)
{
    scene s = make_scene((const int64_t[]){2}, 1, 1, (const float[]){1, 2}, (const float[]){2, 4});
    neuron_evaluation_t *evaluation = evaluate(&s, NULL, NULL);
    ck_assert(isnan(neuron_evaluation_r2(evaluation, 1)));
    assert_near(neuron_evaluation_mean_absolute_error(evaluation, 1), 2);
    neuron_evaluation_unref(evaluation);
    drop_scene(&s);
}
END_TEST

/* ---- Maps ---- */

enum { SIDE = 3, CHANNELS = 4, MAPS = 7, PLACES = SIDE * SIDE * MAPS };

static int class_at(int i, int of)
{
    return (i * i + i / 5 + of * (i % 4 == 0)) % (CHANNELS - 1);
}

/* The last class is there for nobody, and taken for one place. */
static void make_maps(float outputs[PLACES][CHANNELS], float targets[PLACES][CHANNELS])
{
    memset(targets, 0, PLACES * sizeof targets[0]);
    for (int i = 0; i < PLACES; i++) {
        targets[i][class_at(i, 0)] = 1;
        for (int k = 0; k < CHANNELS; k++)
            outputs[i][k] = 0.1f + 0.01f * (float)k;
        outputs[i][i == 40 ? 3 : class_at(i, 1)] = 0.7f;
    }
}

static void check_maps(const neuron_evaluation_t *evaluation)
{
    int64_t confusion[CHANNELS][CHANNELS] = {{0}}, right = 0;
    double mean_iou = 0;
    for (int i = 0; i < PLACES; i++) {
        int truth = class_at(i, 0), predicted = i == 40 ? 3 : class_at(i, 1);
        confusion[truth][predicted]++;
        right += truth == predicted;
    }
    for (int64_t k = 0; k < CHANNELS; k++) {
        int64_t all = -confusion[k][k];
        for (int32_t j = 0; j < CHANNELS; j++) {
            ck_assert_int_eq(neuron_evaluation_confusion(evaluation, k, j), confusion[k][j]);
            all += confusion[k][j] + confusion[j][k];
        }
        assert_near(neuron_evaluation_iou(evaluation, k), (double)confusion[k][k] / (double)all);
        mean_iou += (double)confusion[k][k] / (double)all / CHANNELS;
    }
    ck_assert_str_eq(neuron_evaluation_kind(evaluation), "pixels");
    ck_assert_int_eq(neuron_evaluation_count(evaluation), MAPS);
    ck_assert_int_eq(neuron_evaluation_row_count(evaluation), CHANNELS);
    ck_assert_int_eq(neuron_evaluation_support(evaluation, NEURON_AVERAGE_MACRO), PLACES);
    assert_near(neuron_evaluation_accuracy(evaluation), (double)right / PLACES);
    assert_near(neuron_evaluation_iou(evaluation, NEURON_AVERAGE_MACRO), mean_iou);
    char text[1024];
    assert_ok(neuron_evaluation_report(text, sizeof text, NULL, evaluation, NULL, 3));
    ck_assert_ptr_nonnull(
        strstr(text, "precision    recall  f1-score       iou   support\n\n           0 "));
}

START_TEST(maps)
{
    static float outputs[PLACES][CHANNELS], targets[PLACES][CHANNELS];
    make_maps(outputs, targets);
    scene s = make_scene((const int64_t[]){SIDE, SIDE, CHANNELS}, 3, MAPS, outputs[0], targets[0]);
    neuron_evaluation_t *evaluation = evaluate(&s, "mean_squared_error", NULL);
    check_maps(evaluation);
    neuron_evaluation_unref(evaluation);
    check_kind(&s, NULL, NULL, "pixels");
    check_kind(&s, "binary_cross_entropy", NULL, "pixels");
    check_kind(&s, NULL, "kind=multi_label", "multi_label");
    drop_scene(&s);
    s = make_scene((const int64_t[]){SIDE * SIDE * CHANNELS}, 1, MAPS, outputs[0], targets[0]);
    evaluation = evaluate(&s, "binary_cross_entropy", "channels=4");
    check_maps(evaluation);
    neuron_evaluation_unref(evaluation);
    check_kind(&s, NULL, NULL, "multi_label");
    evaluation = evaluate(&s, NULL, "kind=regression, channels=2");
    ck_assert_int_eq(neuron_evaluation_row_count(evaluation), 2);
    ck_assert_int_eq(neuron_evaluation_support(evaluation, 1), PLACES * CHANNELS / 2);
    neuron_evaluation_unref(evaluation);
    assert_status(neuron_graph_evaluate(&evaluation, s.graph, s.dataset, NULL, "channels=5"),
                  NEURON_E_SHAPE);
    assert_message("evaluate: channels is 5, which does not divide the 36 outputs of graph");
    drop_scene(&s);
}
END_TEST

/* One channel: a mask. */
START_TEST(masks)
{
    static const float outputs[2][4] = {{0.9f, 0.1f, 0.8f, 0.3f}, {0.6f, 0.7f, 0.2f, 0.1f}};
    static const float targets[2][4] = {{1, 0, 0, 0}, {1, 1, 0, 1}};
    scene s = make_scene((const int64_t[]){2, 2, 1}, 3, 2, outputs[0], targets[0]);
    neuron_evaluation_t *evaluation = evaluate(&s, NULL, NULL);
    ck_assert_str_eq(neuron_evaluation_kind(evaluation), "pixels");
    ck_assert_int_eq(neuron_evaluation_row_count(evaluation), 2);
    assert_near(neuron_evaluation_accuracy(evaluation), 0.75);
    assert_near(neuron_evaluation_iou(evaluation, 1), 3.0 / 5);
    assert_near(neuron_evaluation_iou(evaluation, 0), 3.0 / 5);
    neuron_evaluation_unref(evaluation);
    evaluation = evaluate(&s, NULL, "threshold=0.85");
    assert_near(neuron_evaluation_iou(evaluation, 1), 1.0 / 4);
    neuron_evaluation_unref(evaluation);
    drop_scene(&s);
}
END_TEST

/* A network whose output is a map learns where pixels are bright, and is judged by places. */
START_TEST(a_map_is_learnt)
{
    enum { MANY = 64, WIDTH = 6, PIXELS = WIDTH * WIDTH };
    static float images[MANY * PIXELS], bright[MANY * PIXELS];
    for (int i = 0; i < MANY * PIXELS; i++) {
        images[i] = (float)((i * 7919 + i / 13) % 101) / 100;
        bright[i] = images[i] > 0.5f;
    }
    neuron_context_t *context = test_context();
    const int64_t shape[] = {MANY, WIDTH, WIDTH, 1};
    neuron_tensor_t *examples = wrap(context, shape, 4, images);
    neuron_tensor_t *targets = wrap(context, shape, 4, bright);
    scene s = {.context = context};
    neuron_loss_t *loss;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    assert_ok(neuron_dataset_create_with_targets(&s.dataset, context, examples, targets));
    assert_ok(neuron_graph_create(&s.graph, context));
    neuron_node_t *x = neuron_input(s.graph, shape + 1, 3);
    x = neuron_tanh(s.graph, neuron_conv2d(s.graph, x, 4, 1, 1, NULL));
    x = neuron_sigmoid(s.graph, neuron_conv2d(s.graph, x, 1, 1, 1, NULL));
    assert_ok(neuron_graph_finish(s.graph, x));
    assert_ok(neuron_loss_create(&loss, context, "binary_cross_entropy", NULL));
    assert_ok(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.1"));
    assert_ok(neuron_trainer_create(&trainer, s.graph, adam, s.dataset));
    assert_ok(neuron_trainer_set_loss(trainer, loss));
    assert_ok(neuron_trainer_set(trainer, "epochs=60, batch_size=8"));
    assert_ok(neuron_trainer_run(NULL, trainer));
    neuron_evaluation_t *evaluation = evaluate(&s, "binary_cross_entropy", NULL);
    ck_assert_str_eq(neuron_evaluation_kind(evaluation), "pixels");
    ck_assert_int_eq(neuron_evaluation_support(evaluation, NEURON_AVERAGE_MACRO), MANY * PIXELS);
    ck_assert_double_gt(neuron_evaluation_accuracy(evaluation), 0.97);
    ck_assert_double_gt(neuron_evaluation_iou(evaluation, NEURON_AVERAGE_MACRO), 0.94);
    neuron_evaluation_unref(evaluation);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_loss_unref(loss);
    neuron_tensor_unref(targets);
    neuron_tensor_unref(examples);
    drop_scene(&s);
}
END_TEST

/* ---- Which kind ---- */

START_TEST(the_kind_follows_from_loss_and_targets)
{
    static const float one_hot[2][3] = {{0, 0, 1}, {1, 0, 0}},
                       signs[2][3] = {{-1, 1, -1}, {-1, -1, 1}};
    static const float shares[2][3] = {{0.5f, 0.25f, 0.25f}, {0, 0, 1}}, none[2][3] = {{0}};
    scene s = make_scene((const int64_t[]){3}, 1, 2, shares[0], one_hot[0]);
    check_kind(&s, NULL, NULL, "classes");
    check_kind(&s, "mean_squared_error", NULL, "classes");
    check_kind(&s, "binary_cross_entropy", NULL, "multi_label");
    check_kind(&s, "hinge", NULL, "classes");
    check_kind(&s, NULL, "kind=regression", "regression");
    drop_scene(&s);
    s = make_scene((const int64_t[]){3}, 1, 2, one_hot[0], shares[0]);
    check_kind(&s, NULL, NULL, "regression");
    check_kind(&s, "cross_entropy", NULL, "classes");
    check_kind(&s, "kullback_leibler", NULL, "classes");
    drop_scene(&s);
    s = make_scene((const int64_t[]){3}, 1, 2, one_hot[0], signs[0]);
    check_kind(&s, NULL, NULL, "regression");
    check_kind(&s, "squared_hinge", NULL, "classes");
    drop_scene(&s);
    s = make_scene((const int64_t[]){3}, 1, 2, one_hot[0], none[0]);
    check_kind(&s, "mean_squared_error", NULL, "multi_label");
    drop_scene(&s);
    s = make_scene((const int64_t[]){1}, 1, 6, shares[0], one_hot[0]);
    check_kind(&s, NULL, NULL, "classes");
    check_kind(&s, NULL, "kind=multi_label", "multi_label");
    drop_scene(&s);
    s = make_scene((const int64_t[]){1}, 1, 6, shares[0], signs[0]);
    check_kind(&s, "hinge", NULL, "classes");
    drop_scene(&s);
}
END_TEST

/* Without a loss, what the graph ends with tells labels from classes. */
START_TEST(a_sigmoid_makes_labels)
{
    static const float targets[2][3] = {{0, 0, 1}, {1, 0, 0}};
    scene s = make_scene((const int64_t[]){3}, 1, 2, targets[0], targets[0]);
    neuron_graph_unref(s.graph);
    assert_ok(neuron_graph_create(&s.graph, s.context));
    neuron_node_t *input = neuron_input(s.graph, (const int64_t[]){3}, 1);
    assert_ok(neuron_graph_finish(s.graph, neuron_sigmoid(s.graph, input)));
    check_kind(&s, NULL, NULL, "multi_label");
    check_kind(&s, "mean_squared_error", NULL, "classes");
    check_kind(&s, NULL, "kind=classes", "classes");
    drop_scene(&s);
}
END_TEST

START_TEST(options_are_checked)
{
    scene s = make_scene((const int64_t[]){3}, 1, 5, number_outputs[0], number_targets[0]);
    neuron_evaluation_t *evaluation;
    assert_status(neuron_graph_evaluate(&evaluation, s.graph, s.dataset, NULL, "kind=labels"),
                  NEURON_E_ARGUMENT);
    assert_message("evaluation: kind is labels; it must be auto, classes, multi_label, pixels or "
                   "regression");
    assert_status(neuron_graph_evaluate(&evaluation, s.graph, s.dataset, NULL, "treshold=1"),
                  NEURON_E_ARGUMENT);
    assert_message("did you mean \"threshold\"?");
    assert_status(neuron_graph_evaluate(&evaluation, s.graph, s.dataset, NULL, "kind=classes"),
                  NEURON_E_DATA);
    assert_message("evaluate: cross_entropy needs");
    ck_assert_ptr_null(evaluation);
    drop_scene(&s);
}
END_TEST

/* ---- From outputs ---- */

/* Without a graph, the same; class numbers as well. */
START_TEST(outputs_that_are_there)
{
    scene s = make_scene((const int64_t[]){4}, 1, 6, label_outputs[0], label_targets[0]);
    neuron_tensor_t *outputs = wrap(s.context, (const int64_t[]){6, 4}, 2, label_outputs[0]);
    neuron_tensor_t *targets = wrap(s.context, (const int64_t[]){6, 4}, 2, label_targets[0]);
    neuron_tensor_t *given,
        *map = wrap(s.context, (const int64_t[]){1, 2, 3, 4}, 4, label_outputs[0]);
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_evaluation_create_from_outputs(&evaluation, s.context, outputs, targets, NULL,
                                                    NULL));
    check_report(evaluation, label_report);
    neuron_evaluation_unref(evaluation);
    static const int32_t classes[6] = {0, 1, 0, 3, 2, 1};
    assert_ok(neuron_tensor_copy(&given, s.context, NEURON_TYPE_I32, (const int64_t[]){6}, 1,
                                 (void *)(uintptr_t)classes));
    assert_ok(
        neuron_evaluation_create_from_outputs(&evaluation, s.context, outputs, given, NULL, NULL));
    ck_assert_str_eq(neuron_evaluation_kind(evaluation), "classes");
    assert_near(neuron_evaluation_accuracy(evaluation), 5.0 / 6);
    ck_assert_int_eq(neuron_evaluation_confusion(evaluation, 2, 1), 1);
    neuron_evaluation_unref(evaluation);
    assert_ok(neuron_evaluation_create_from_outputs(&evaluation, s.context, map, map, NULL, NULL));
    ck_assert_str_eq(neuron_evaluation_kind(evaluation), "regression");
    ck_assert_int_eq(neuron_evaluation_row_count(evaluation), 4);
    assert_near(neuron_evaluation_r2(evaluation, NEURON_AVERAGE_MACRO), 1);
    neuron_evaluation_unref(evaluation);
    assert_status(
        neuron_evaluation_create_from_outputs(&evaluation, s.context, outputs, map, NULL, NULL),
        NEURON_E_DATA);
    assert_message("evaluation: 6 examples but 1");
    assert_status(
        neuron_evaluation_create_from_outputs(&evaluation, s.context, given, targets, NULL, NULL),
        NEURON_E_TYPE);
    assert_message("evaluation: outputs are i32, not f32");
    assert_status(
        neuron_evaluation_create_from_outputs(&evaluation, s.context, outputs, NULL, NULL, NULL),
        NEURON_E_ARGUMENT);
    ck_assert_ptr_null(evaluation);
    neuron_tensor_unref(map);
    neuron_tensor_unref(given);
    neuron_tensor_unref(targets);
    neuron_tensor_unref(outputs);
    drop_scene(&s);
}
END_TEST

/* ---- Memory ---- */

static atomic_size_t largest;

static void *allocate(size_t size, size_t alignment, void *user_data)
{
    void *memory = NULL;
    (void)user_data;
    if (size > atomic_load(&largest))
        atomic_store(&largest, size);
    return posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}

static void release(void *memory, void *user_data)
{
    (void)user_data;
    free(memory);
}

/* What is made of few examples does not grow with the square of the outputs, whatever the kind. */
START_TEST(memory_grows_with_the_outputs)
{
    enum { OUTPUTS = 128 * 128, COUNT = 2 };
    static const char *const kinds[] = {"kind=classes", "kind=multi_label", "kind=regression",
                                        "kind=pixels", NULL};
    float *values = calloc(COUNT * OUTPUTS, sizeof *values);
    for (int i = 0; i < COUNT; i++)
        values[i * OUTPUTS + 100 * i + 50] = 1;
    scene s = make_scene((const int64_t[]){OUTPUTS}, 1, COUNT, values, values);
    neuron_graph_unref(s.graph);
    neuron_context_t *context; /* of the graph, from which an evaluation has its memory */
    assert_ok(neuron_context_create_with_allocator(&context, allocate, release, NULL, NULL, NULL));
    s.graph = make_identity(context, (const int64_t[]){OUTPUTS}, 1);
    for (int i = 0; i < 5; i++) {
        neuron_evaluation_t *evaluation = evaluate(&s, "mean_squared_error", kinds[i]);
        ck_assert_uint_lt(atomic_load(&largest), OUTPUTS * 64);
        if (i == 0) {
            ck_assert_int_eq(neuron_evaluation_confusion(evaluation, 50, 50), 1);
            ck_assert_int_eq(neuron_evaluation_confusion(evaluation, 150, 150), 1);
            ck_assert_int_eq(neuron_evaluation_confusion(evaluation, 50, 150), 0);
            ck_assert_int_eq(neuron_evaluation_confusion(evaluation, OUTPUTS - 1, OUTPUTS - 1), 0);
            assert_near(neuron_evaluation_accuracy(evaluation), 1);
        }
        neuron_evaluation_unref(evaluation);
    }
    drop_scene(&s);
    neuron_context_unref(context);
    free(values);
}
END_TEST

/* Many labels or outputs without names are not listed. */
START_TEST(long_reports_have_averages_only)
{
    enum { OUTPUTS = 201 };
    static float values[OUTPUTS];
    values[7] = 0.25f;
    scene s = make_scene((const int64_t[]){OUTPUTS}, 1, 1, values, values);
    neuron_evaluation_t *evaluation = evaluate(&s, NULL, NULL);
    check_report(evaluation, "                      mae        rmse        r2\n\n"
                             "     average        0.000       0.000       nan\n");
    const char *names[OUTPUTS];
    for (int i = 0; i < OUTPUTS; i++)
        names[i] = "x";
    size_t needed;
    assert_ok(neuron_evaluation_report(NULL, 0, &needed, evaluation, names, 3));
    ck_assert_uint_gt(needed, OUTPUTS * 40);
    neuron_evaluation_unref(evaluation);
    drop_scene(&s);
}
END_TEST

START_TEST(no_memory_is_an_answer)
{
    static const char *const kinds[] = {"kind=classes", "kind=multi_label", "kind=regression",
                                        "kind=pixels", NULL};
    for (int i = 0; i < 5; i++) {
        test_memory memory;
        neuron_context_t *context = test_limited_context(&memory);
        scene s = make_scene((const int64_t[]){4}, 1, 6, label_outputs[0], label_targets[0]);
        neuron_graph_unref(s.graph);
        s.graph = make_identity(context, (const int64_t[]){4}, 1);
        neuron_loss_t *loss;
        assert_ok(neuron_loss_create(&loss, s.context, "mean_absolute_error", NULL));
        neuron_evaluation_t *evaluation = NULL;
        int status = NEURON_E_MEMORY;
        for (long allowed = 0; status < 0; allowed++) {
            ck_assert_ptr_null(evaluation);
            memory.left = allowed;
            status = neuron_graph_evaluate(&evaluation, s.graph, s.dataset, loss, kinds[i]);
            test_refill(&memory);
            ck_assert(status == NEURON_OK || status == NEURON_E_MEMORY);
        }
        ck_assert_int_eq(neuron_evaluation_count(evaluation), 6);
        neuron_evaluation_unref(evaluation);
        neuron_tensor_t *outputs = wrap(context, (const int64_t[]){6, 4}, 2, label_outputs[0]);
        neuron_tensor_t *targets = wrap(context, (const int64_t[]){6, 4}, 2, label_targets[0]);
        status = NEURON_E_MEMORY;
        for (long allowed = 0; status < 0; allowed++) {
            memory.left = allowed;
            status = neuron_evaluation_create_from_outputs(&evaluation, context, outputs, targets,
                                                           loss, kinds[i]);
            test_refill(&memory);
            ck_assert(status == NEURON_OK || (status == NEURON_E_MEMORY && !evaluation));
        }
        neuron_evaluation_unref(evaluation);
        neuron_tensor_unref(targets);
        neuron_tensor_unref(outputs);
        neuron_loss_unref(loss);
        drop_scene(&s);
        neuron_context_unref(context);
        ck_assert_int_eq(memory.live, 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kinds");
    TCase *tests = tcase_create("kinds");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, labels);
    tcase_add_test(tests, numbers);
    tcase_add_test(tests, numbers_far_from_zero);
    tcase_add_test(tests, a_single_number_has_no_r2);
    tcase_add_test(tests, maps);
    tcase_add_test(tests, masks);
    tcase_add_test(tests, a_map_is_learnt);
    tcase_add_test(tests, the_kind_follows_from_loss_and_targets);
    tcase_add_test(tests, a_sigmoid_makes_labels);
    tcase_add_test(tests, options_are_checked);
    tcase_add_test(tests, outputs_that_are_there);
    tcase_add_test(tests, memory_grows_with_the_outputs);
    tcase_add_test(tests, long_reports_have_averages_only);
    tcase_add_test(tests, no_memory_is_an_answer);
    return run_suite(suite);
}
