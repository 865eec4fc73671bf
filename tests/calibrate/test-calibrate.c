/* Calibrated copies of graphs: that what is fitted is the optimum, by its conditions or by
 * definition, what is kept of the graph, and what is refused. */
#include "held-out-data.h"
#include "test-models.h"

#include <libneuron-committee/committees.h>

#include <float.h>
#include <stdio.h>

static neuron_context_t *context;
static held_out_data data;

static void set_up(void)
{
    context = test_context();
}

static void tear_down(void)
{
    neuron_context_unref(context);
}

static neuron_graph_t *calibrate(bool each, const char *options)
{
    neuron_graph_t *graph = graph_of_probabilities(context, data.classes), *calibrated;
    neuron_dataset_t *dataset = dataset_of(context, &data, each);
    assert_ok(neuron_graph_calibrate(&calibrated, graph, dataset, options));
    neuron_dataset_unref(dataset);
    neuron_graph_unref(graph);
    return calibrated;
}

static double truth(int64_t i, int64_t k, bool each)
{
    return each || data.classes == 1 ? (double)data.targets[i * data.classes + k]
                                     : data.labels[i] == k;
}

static double log_odds(float p)
{
    double q = fmin(fmax((double)p, (double)FLT_MIN), 1 - 0x1p-24);
    return log(q / (1 - q));
}

/* Where a convex loss is least, its slopes are 0: for each class those by its scale and by its
 * bias, or the sum of the first for one temperature. Returns the largest, of the mean of the
 * examples. `smooth` are Platt's targets. */
static double largest_slope(bool sigmoid, bool each, bool smooth, const double *scale,
                            const double *bias, bool alike)
{
    double slopes[2 * CLASSES_MOST] = {0}, is[CLASSES_MOST] = {0}, largest = 0, sum = 0;
    int64_t classes = data.classes;
    for (int64_t j = 0; j < EXAMPLES * classes; j++)
        is[j % classes] += truth(j / classes, j % classes, each);
    for (int64_t i = 0; i < EXAMPLES; i++) {
        double logs[CLASSES_MOST], made[CLASSES_MOST], all = 0;
        for (int64_t k = 0; k < classes; k++) {
            float p = data.p[i * classes + k];
            logs[k] = sigmoid ? log_odds(p) : log(fmax((double)p, (double)FLT_MIN));
            double z = scale[k] * logs[k] + bias[k];
            made[k] = sigmoid ? 1 / (1 + exp(-z)) : exp(z);
            all += made[k];
        }
        for (int64_t k = 0; k < classes; k++) {
            double t = truth(i, k, each);
            if (smooth)
                t = t > 0 ? (is[k] + 1) / (is[k] + 2) : 1 / (EXAMPLES - is[k] + 2);
            double off = made[k] / (sigmoid ? 1 : all) - t;
            slopes[k] += off * logs[k] / EXAMPLES;
            slopes[classes + k] += off / EXAMPLES;
            sum += off * logs[k] / EXAMPLES;
        }
    }
    for (int64_t j = 0; j < 2 * classes; j++)
        largest = fmax(largest, fabs(slopes[j]));
    return alike ? fabs(sum) : largest;
}

/* By the float nearest to the optimum, slopes are not exactly 0. */
static const double slope_tolerance = 2e-6;

static const struct {
    int64_t classes;
    bool each;
    const char *more;
} outputs[] = {{4, false, ""}, {1, false, ""}, {3, true, ", multi_label=yes"}, {2, false, ""}};

START_TEST(temperature)
{
    bool each = outputs[_i].each, sigmoid = each || outputs[_i].classes == 1;
    char options[60] = "method=temperature";
    draw_held_out(&data, outputs[_i].classes, each, 1);
    neuron_graph_t *graph = calibrate(each, strcat(options, outputs[_i].more));
    float found;
    double scale[CLASSES_MOST], none[CLASSES_MOST] = {0};
    read_numbers(&found, 1, graph, "temperature_scaling.temperature");
    ck_assert_float_gt(found, 2); /* they were drawn three times too sure */
    ck_assert_float_lt(found, 5);
    for (int k = 0; k < CLASSES_MOST; k++)
        scale[k] = 1 / (double)found;
    ck_assert_double_le(largest_slope(sigmoid, each, false, scale, none, true), slope_tolerance);
    neuron_graph_unref(graph);
}
END_TEST

static void check_vector(int which, const char *method, bool sigmoid, bool smooth)
{
    bool each = outputs[which].each;
    int64_t classes = outputs[which].classes;
    char options[60];
    float found[2][CLASSES_MOST];
    double scale[CLASSES_MOST] = {0}, bias[CLASSES_MOST] = {0};
    snprintf(options, sizeof options, "method=%s%s", method, outputs[which].more);
    draw_held_out(&data, classes, each, 2);
    neuron_graph_t *graph = calibrate(each, options);
    read_numbers(found[0], (size_t)classes, graph, "vector_scaling.scale");
    read_numbers(found[1], (size_t)classes, graph, "vector_scaling.bias");
    for (int64_t k = 0; k < classes; k++) {
        scale[k] = (double)found[0][k];
        bias[k] = (double)found[1][k];
    }
    ck_assert_double_le(largest_slope(sigmoid, each, smooth, scale, bias, false), slope_tolerance);
    double common = 0; /* to which a softmax is blind */
    for (int64_t k = 0; k < classes; k++)
        common += bias[k];
    if (!sigmoid)
        ck_assert_double_eq_tol(common, 0, 1e-6);
    neuron_graph_unref(graph);
}

START_TEST(vector)
{
    check_vector(_i, "vector", outputs[_i].each || outputs[_i].classes == 1, false);
}
END_TEST

START_TEST(platt)
{
    check_vector(_i, "platt", true, true);
}
END_TEST

static int compare_floats(const void *a, const void *b)
{
    const float *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* By definition, the largest over all a <= x of the smallest over all b >= x of the mean of what is
 * true between them. */
static double isotonic_at(float x, int64_t k, bool each, const float *sorted)
{
    static double is[EXAMPLES], count[EXAMPLES]; /* up to each place in the order */
    int64_t classes = data.classes, places = 0;
    static float at[EXAMPLES];
    for (int64_t i = 0; i < EXAMPLES; i++)
        if (i == 0 || sorted[i] != sorted[i - 1])
            at[places++] = sorted[i];
    memset(is, 0, sizeof is);
    memset(count, 0, sizeof count);
    for (int64_t i = 0; i < EXAMPLES; i++) {
        float p = data.p[i * classes + k];
        float *found = bsearch(&p, at, (size_t)places, sizeof p, compare_floats);
        is[found - at] += truth(i, k, each);
        count[found - at]++;
    }
    double largest = 0;
    for (int64_t a = 0; a < places && at[a] <= x; a++) {
        double smallest = 1, sum = 0, all = 0;
        for (int64_t b = a; b < places; b++) {
            sum += is[b];
            all += count[b];
            if (at[b] >= x)
                smallest = fmin(smallest, sum / all);
        }
        largest = fmax(largest, smallest);
    }
    return largest;
}

START_TEST(isotonic)
{
    static float found[EXAMPLES * CLASSES_MOST], sorted[CLASSES_MOST][EXAMPLES];
    bool each = outputs[_i].each, single = each || outputs[_i].classes == 1;
    int64_t classes = outputs[_i].classes;
    char options[60] = "method=isotonic";
    draw_held_out(&data, classes, each, 3);
    neuron_graph_t *graph = calibrate(each, strcat(options, outputs[_i].more));
    predict_held_out(graph, &data, found);
    for (int64_t k = 0; k < classes; k++) {
        for (int64_t i = 0; i < EXAMPLES; i++)
            sorted[k][i] = data.p[i * classes + k];
        qsort(sorted[k], EXAMPLES, sizeof(float), compare_floats);
    }
    for (int64_t i = 0; i < EXAMPLES; i += 3) {
        double expected[CLASSES_MOST], sum = 0;
        for (int64_t k = 0; k < classes; k++) {
            expected[k] = isotonic_at(data.p[i * classes + k], k, each, sorted[k]);
            sum += expected[k];
        }
        for (int64_t k = 0; k < classes; k++)
            ck_assert_double_eq_tol((double)found[i * classes + k],
                                    single     ? expected[k]
                                    : sum == 0 ? 1.0 / (double)classes
                                               : expected[k] / sum,
                                    1e-6);
    }
    neuron_graph_unref(graph);
}
END_TEST

/* Classes that are told apart without a fault have no optimum: the numbers stay finite. */
START_TEST(no_fault)
{
    static const char *const methods[] = {"method=temperature", "method=vector", "method=platt",
                                          "method=isotonic"};
    draw_held_out(&data, 3, false, 4);
    for (int64_t i = 0; i < EXAMPLES; i++)
        for (int64_t k = 0; k < 3; k++)
            data.p[i * 3 + k] = k == data.labels[i] ? 0.8f : 0.1f;
    static float found[EXAMPLES * 3];
    neuron_graph_t *graph = calibrate(false, methods[_i]);
    predict_held_out(graph, &data, found);
    for (int64_t i = 0; i < EXAMPLES * 3; i++) {
        bool is = i % 3 == data.labels[i / 3];
        ck_assert(is ? found[i] > 0.98f : found[i] < 0.01f);
    }
    neuron_graph_unref(graph);
}
END_TEST

/* ---- What is kept ---- */

static neuron_graph_t *trained(const neuron_dataset_t *images)
{
    neuron_graph_t *graph = test_mlp(context, 8);
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_dataset_t *own = neuron_dataset_ref((neuron_dataset_t *)(uintptr_t)images);
    assert_ok(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.02"));
    assert_ok(neuron_trainer_create(&trainer, graph, adam, own));
    assert_ok(neuron_trainer_set(trainer, "epochs=20"));
    assert_ok(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_dataset_unref(own);
    return graph;
}

static double loss_of(const neuron_graph_t *graph, const neuron_dataset_t *dataset)
{
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_graph_evaluate(&evaluation, graph, dataset, NULL, NULL));
    double loss = neuron_evaluation_loss(evaluation);
    neuron_evaluation_unref(evaluation);
    return loss;
}

START_TEST(a_trained_network)
{
    static const char *const names[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    neuron_dataset_t *train, *held_out, *test;
    assert_ok(neuron_dataset_generate_glyphs(&train, context, 150, 8, 8, 1));
    assert_ok(neuron_dataset_generate_glyphs(&held_out, context, 400, 8, 8, 2));
    assert_ok(neuron_dataset_generate_glyphs(&test, context, 1000, 8, 8, 3));
    neuron_graph_t *graph = trained(train), *calibrated, *loaded;
    assert_ok(neuron_graph_set_class_names(graph, NULL, names, 10));
    assert_ok(neuron_graph_set_metadata(graph, "version", "7"));
    assert_ok(neuron_graph_calibrate(&calibrated, graph, held_out, NULL));
    ck_assert_double_lt(loss_of(calibrated, test), loss_of(graph, test));

    ck_assert_str_eq(neuron_graph_name(calibrated), "mlp");
    ck_assert_str_eq(neuron_graph_class_name(calibrated, NULL, 3), "3");
    ck_assert_str_eq(neuron_graph_metadata(calibrated, "version"), "7");
    ck_assert_str_eq(neuron_node_layer(neuron_graph_output(calibrated, 0)), "temperature_scaling");
    ck_assert_str_eq(neuron_node_name(neuron_graph_output(calibrated, 0)), "temperature_scaling");
    double scales[2][1], offsets[2][1];
    assert_ok(neuron_graph_scales(scales[0], offsets[0], 1, NULL, graph, NULL));
    assert_ok(neuron_graph_scales(scales[1], offsets[1], 1, NULL, calibrated, NULL));
    ck_assert(scales[0][0] == scales[1][0] && offsets[0][0] == offsets[1][0]);

    size_t size;
    assert_ok(neuron_graph_save_memory(NULL, 0, &size, calibrated));
    uint8_t *bytes = malloc(size);
    assert_ok(neuron_graph_save_memory(bytes, size, NULL, calibrated));
    assert_ok(neuron_graph_load_memory(&loaded, context, bytes, size));
    ck_assert(same_parameters(calibrated, loaded));
    ck_assert_double_eq(loss_of(calibrated, test), loss_of(loaded, test));
    free(bytes);
    neuron_graph_unref(loaded);

    /* It can be calibrated again, to little avail, be a member, and be trained. */
    neuron_graph_t *twice, *committee;
    float number;
    assert_ok(neuron_graph_calibrate(&twice, calibrated, held_out, NULL));
    read_numbers(&number, 1, twice, "temperature_scaling_1.temperature");
    ck_assert_float_eq_tol(number, 1, 1e-3f);
    neuron_graph_t *members[] = {graph, calibrated};
    assert_ok(neuron_committee_create(&committee, context, members, 2, NULL, NULL));
    neuron_trainer_t *trainer;
    neuron_optimizer_t *sgd;
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
    assert_ok(neuron_trainer_create(&trainer, calibrated, sgd, train));
    assert_ok(neuron_trainer_set(trainer, "epochs=2"));
    assert_ok(neuron_trainer_run(NULL, trainer));
    float before, after;
    read_numbers(&before, 1, twice, "temperature_scaling.temperature");
    read_numbers(&after, 1, calibrated, "temperature_scaling.temperature");
    ck_assert_float_eq(before, after);
    ck_assert(!same_parameters(calibrated, twice));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
    neuron_graph_unref(committee);
    neuron_graph_unref(twice);
    neuron_graph_unref(calibrated);
    neuron_graph_unref(graph);
    neuron_dataset_unref(train);
    neuron_dataset_unref(held_out);
    neuron_dataset_unref(test);
}
END_TEST

/* Two heads: one is calibrated and keeps its name, and the other stays as it is. */
START_TEST(one_of_two_outputs)
{
    neuron_graph_t *graph, *calibrated;
    neuron_dataset_t *parts[3], *both;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){4}, 1);
    neuron_node_t *a = neuron_softmax(graph, neuron_dense(graph, x, 4, NULL), NULL);
    neuron_node_t *b = neuron_log_softmax(graph, neuron_dense(graph, x, 4, NULL), NULL);
    assert_ok(neuron_node_set_name(a, "left"));
    assert_ok(neuron_node_set_name(b, "right"));
    assert_ok(neuron_graph_finish_many(graph, (neuron_node_t *[]){a, b}, 2));
    draw_held_out(&data, 4, false, 5);
    for (int i = 0; i < 3; i++)
        parts[i] = dataset_of(context, &data, false);
    assert_ok(neuron_dataset_zip(&both, parts, 1, parts + 1, 2));
    assert_ok(neuron_graph_calibrate(&calibrated, graph, both, "output=1, method=vector"));
    ck_assert_int_eq(neuron_graph_output_count(calibrated), 2);
    ck_assert_str_eq(neuron_node_layer(neuron_graph_output(calibrated, 0)), "softmax");
    ck_assert_str_eq(neuron_node_name(neuron_graph_output(calibrated, 0)), "left");
    neuron_node_t *end = neuron_graph_output(calibrated, 1);
    ck_assert_str_eq(neuron_node_layer(end), "vector_scaling");
    ck_assert_str_eq(neuron_node_name(end), "right");
    ck_assert_str_eq(neuron_node_layer(neuron_node_input(end, 0)), "softmax");
    neuron_node_t *first = neuron_node_input(neuron_node_input(end, 0), 0);
    ck_assert_str_eq(neuron_node_layer(first), "log_softmax");
    neuron_graph_unref(calibrated);
    assert_status(neuron_graph_calibrate(&calibrated, graph, both, "output=2"), NEURON_E_ARGUMENT);
    assert_message("calibrate: output is 2; it must be 0 or 1");
    ck_assert_ptr_null(calibrated);
    for (int i = 0; i < 3; i++)
        neuron_dataset_unref(parts[i]);
    neuron_dataset_unref(both);
    neuron_graph_unref(graph);
}
END_TEST

/* Of a log-softmax as of the softmax. */
START_TEST(logarithms)
{
    float found[2];
    draw_held_out(&data, 4, false, 6);
    neuron_dataset_t *dataset = dataset_of(context, &data, false);
    for (int i = 0; i < 2; i++) {
        neuron_graph_t *graph, *calibrated;
        assert_ok(neuron_graph_create(&graph, context));
        neuron_node_t *x = neuron_input(graph, (const int64_t[]){4}, 1);
        x = (i ? neuron_log_softmax : neuron_softmax)(graph, x, NULL);
        assert_ok(neuron_graph_finish(graph, x));
        assert_ok(neuron_graph_calibrate(&calibrated, graph, dataset, NULL));
        read_numbers(&found[i], 1, calibrated, "temperature_scaling.temperature");
        ck_assert_int_eq(neuron_graph_node_count(calibrated), 3 + i);
        neuron_graph_unref(calibrated);
        neuron_graph_unref(graph);
    }
    ck_assert_float_eq_tol(found[0], found[1], 1e-6f);
    neuron_dataset_unref(dataset);
}
END_TEST

/* ---- What is refused ---- */

static void refuse(int status, bool each, const char *options, const char *message)
{
    neuron_graph_t *graph = graph_of_probabilities(context, data.classes), *made = graph;
    neuron_dataset_t *dataset = dataset_of(context, &data, each);
    assert_status(neuron_graph_calibrate(&made, graph, dataset, options), status);
    assert_message(message);
    ck_assert_ptr_null(made);
    neuron_dataset_unref(dataset);
    neuron_graph_unref(graph);
}

START_TEST(refused)
{
    draw_held_out(&data, 3, false, 7);
    refuse(NEURON_E_ARGUMENT, false, "method=plat",
           "calibration: method is plat; it must be temperature, vector, platt or isotonic");
    refuse(NEURON_E_ARGUMENT, false, "output=1", "calibrate: output is 1; it must be 0");
    data.p[7] = -0.25f;
    refuse(NEURON_E_DATA, false, NULL,
           "calibrate: output 1 of example 2 is -0.25; it must be a probability");
    data.p[6] = 0.25f;
    data.p[7] = data.p[8] = 0.5f;
    refuse(NEURON_E_DATA, false, NULL, "calibrate: outputs of example 2 add up to 1.25; ");
    data.p[7] = INFINITY;
    refuse(NEURON_E_NOT_FINITE, false, NULL,
           "calibrate: output 1 of example 2 is not a finite number");
}
END_TEST

START_TEST(classes_that_are_not_there)
{
    draw_held_out(&data, 3, false, 8);
    for (int64_t i = 0; i < EXAMPLES; i++)
        data.labels[i] = data.labels[i] == 1 ? 0 : data.labels[i];
    refuse(NEURON_E_DATA, false, "method=isotonic",
           "calibrate: none of the 600 examples is of class 1; method=temperature does without");
    refuse(NEURON_E_DATA, false, "method=vector", "is of class 1");
    neuron_graph_unref(calibrate(false, NULL));
    draw_held_out(&data, 1, false, 8);
    for (int64_t i = 0; i < EXAMPLES; i++)
        data.targets[i] = 1;
    refuse(NEURON_E_DATA, false, "method=platt", "each of the 600 examples is of class 1");
    draw_held_out(&data, 3, true, 8);
    data.targets[4] = 0.5f;
    refuse(NEURON_E_DATA, true, "multi_label=yes",
           "calibrate: target 1 of example 1 is 0.5; with multi_label it must be 0 or 1");
}
END_TEST

START_TEST(handles)
{
    neuron_graph_t *graph = graph_of_probabilities(context, 3), *made, *open;
    draw_held_out(&data, 3, false, 9);
    neuron_dataset_t *dataset = dataset_of(context, &data, false), *none;
    assert_status(neuron_graph_calibrate(NULL, graph, dataset, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_calibrate(&made, NULL, dataset, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_calibrate(&made, graph, NULL, NULL), NEURON_E_ARGUMENT);
    assert_ok(neuron_graph_create(&open, context));
    assert_status(neuron_graph_calibrate(&made, open, dataset, NULL), NEURON_E_STATE);
    neuron_tensor_t *p = tensor_of(context, NEURON_TYPE_F32, 3, data.p);
    assert_ok(neuron_dataset_create_with_targets(&none, context, p, NULL));
    assert_status(neuron_graph_calibrate(&made, graph, none, NULL), NEURON_E_DATA);
    assert_message("calibrate: the dataset has no labels or targets");
    neuron_dataset_unref(none);
    neuron_tensor_unref(p);
    neuron_graph_unref(open);
    neuron_graph_unref(graph);
    neuron_dataset_unref(dataset);
}
END_TEST

/* A map of probabilities is no vector. */
START_TEST(maps)
{
    neuron_graph_t *graph, *made;
    draw_held_out(&data, 4, true, 9);
    neuron_dataset_t *dataset = dataset_of(context, &data, true);
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){4}, 1);
    assert_ok(neuron_graph_finish(graph, neuron_reshape(graph, x, (const int64_t[]){2, 2}, 2)));
    assert_status(neuron_graph_calibrate(&made, graph, dataset, NULL), NEURON_E_SHAPE);
    assert_message("calibrate: reshape puts out 2x2; it must be a vector of probabilities");
    neuron_graph_unref(graph);
    neuron_dataset_unref(dataset);
}
END_TEST

/* ---- Threads and memory ---- */

START_TEST(any_number_of_threads)
{
    static const char *const methods[] = {"method=temperature", "method=vector", "method=platt",
                                          "method=isotonic"};
    neuron_graph_t *made[2];
    for (int i = 0; i < 2; i++) {
        assert_ok(neuron_context_set_number(context, "threads", i == 0 ? 1 : 5));
        neuron_dataset_t *held_out = test_glyphs(context, 500, 8);
        neuron_graph_t *graph = test_mlp(context, 8);
        assert_ok(neuron_graph_calibrate(&made[i], graph, held_out, methods[_i]));
        neuron_graph_unref(graph);
        neuron_dataset_unref(held_out);
    }
    ck_assert(same_parameters(made[0], made[1]));
    neuron_graph_unref(made[0]);
    neuron_graph_unref(made[1]);
}
END_TEST

START_TEST(memory_may_run_out)
{
    static const char *const options[] = {NULL, "method=platt", "method=isotonic"};
    test_memory memory = {0};
    neuron_context_t *limited = test_limited_context(&memory);
    draw_held_out(&data, 4, false, 10);
    neuron_dataset_t *dataset = dataset_of(limited, &data, false);
    neuron_graph_t *graph, *made;
    assert_ok(neuron_graph_create(&graph, limited));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){4}, 1);
    assert_ok(neuron_graph_finish(graph, neuron_log_softmax(graph, x, NULL)));
    assert_ok(neuron_context_set_number(limited, "threads", 1));
    int status = NEURON_E_MEMORY, count = 0;
    for (; status == NEURON_E_MEMORY; count++) {
        long live = atomic_load(&memory.live);
        atomic_store(&memory.left, count);
        status = neuron_graph_calibrate(&made, graph, dataset, options[_i]);
        if (status < 0) {
            ck_assert_int_eq(atomic_load(&memory.live), live);
            ck_assert(count == 0 || !made);
        }
    }
    assert_ok(status);
    ck_assert_int_gt(count, 30);
    test_refill(&memory);
    neuron_graph_unref(made);
    neuron_graph_unref(graph);
    neuron_dataset_unref(dataset);
    neuron_context_unref(limited);
    ck_assert_int_eq(atomic_load(&memory.live), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("calibrate");
    TCase *tests = tcase_create("calibrate");
    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, temperature, 0, 4);
    tcase_add_loop_test(tests, vector, 0, 4);
    tcase_add_loop_test(tests, platt, 0, 4);
    tcase_add_loop_test(tests, isotonic, 0, 4);
    tcase_add_loop_test(tests, no_fault, 0, 4);
    tcase_add_test(tests, a_trained_network);
    tcase_add_test(tests, one_of_two_outputs);
    tcase_add_test(tests, logarithms);
    tcase_add_test(tests, refused);
    tcase_add_test(tests, classes_that_are_not_there);
    tcase_add_test(tests, handles);
    tcase_add_test(tests, maps);
    tcase_add_loop_test(tests, any_number_of_threads, 0, 4);
    tcase_add_loop_test(tests, memory_may_run_out, 0, 3);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
