/* Layers that files write as several operators: they become what they were, to the bit where sums
 * are the same, and what is not quite such a layer is refused by name. */
#include "onnx-build.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { EXAMPLES = 300 };

static uint8_t *exported(const neuron_graph_t *graph, size_t *size)
{
    assert_ok(neuron_onnx_export_memory(NULL, 0, size, graph, NULL));
    uint8_t *bytes = keep(*size);
    assert_ok(neuron_onnx_export_memory(bytes, *size, NULL, graph, NULL));
    return bytes;
}

/* What comes back of a graph. */
static neuron_graph_t *there_and_back(const neuron_graph_t *graph)
{
    neuron_graph_t *made;
    size_t size;
    const uint8_t *bytes = exported(graph, &size);
    assert_ok(neuron_onnx_import_memory(&made, context, bytes, size, NULL));
    return made;
}

/* Members of a committee: vectors of so many values each, cut out of one input, or it alone. */
static neuron_node_t **members_of(neuron_graph_t *graph, int64_t count, int64_t classes)
{
    static neuron_node_t *nodes[8];
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){count * classes}, 1);
    for (int64_t i = 0; i < count; i++) {
        char options[80];
        snprintf(options, sizeof options, "begin=%" PRId64 ", count=%" PRId64, i * classes,
                 classes);
        nodes[i] = count == 1 ? x : neuron_layer_by_name(graph, "slice", &x, 1, options);
    }
    return nodes;
}

/* Quarters, of which many are equal. */
static float *quarters(int64_t count)
{
    float *values = keep((size_t)count * sizeof *values);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)((i * 7919 + i / 5 * 31) % 5) / 4;
    return values;
}

/* Both graphs of one input say the same, to the bit if `most` is 0, of examples with some values
 * that are no numbers. */
static void assert_same(const neuron_graph_t *graph, const neuron_graph_t *made, float *input,
                        float most)
{
    int64_t sizes[2];
    float *results[] = {predict(graph, input, EXAMPLES, &sizes[0]),
                        predict(made, input, EXAMPLES, &sizes[1])};
    ck_assert_int_eq(sizes[0], sizes[1]);
    for (int64_t i = 0; i < sizes[0]; i++) {
        float ours = results[0][i], theirs = results[1][i];
        assert_that(isnan(ours) ? isnan(theirs) : fabsf(ours - theirs) <= most,
                    "value %" PRId64 ": %g and %g", i, (double)ours, (double)theirs);
    }
    free(results[0]);
    free(results[1]);
}

/* ---- Votes ---- */

static neuron_graph_t *vote_of(int64_t count, int64_t classes, const double *weights,
                               const char *options)
{
    neuron_graph_t *graph = new_graph(context);
    neuron_node_t *vote = neuron_vote(graph, members_of(graph, count, classes), count, weights);
    ck_assert_ptr_nonnull(vote);
    if (options)
        assert_ok(neuron_node_set(vote, options));
    assert_ok(neuron_graph_finish(graph, vote));
    return graph;
}

/* 0.1 and 0.2 are as much as 0.3, though not as floats: ties are decided as before. */
START_TEST(votes_come_back_to_the_bit)
{
    static const double alike[] = {1, 1, 1, 1}, tenths[] = {0.1, 0.2, 0.3, 0.7};
    static const double thirds[] = {1 / 3.0, 1 / 3.0, 2 / 3.0, 0.01};
    static const double *const weights[] = {NULL, alike, tenths, thirds};
    static const int64_t classes[] = {1, 2, 5};
    for (int64_t count = 1; count <= 4; count++)
        for (int w = 0; w < 4; w++)
            for (int k = 0; k < 6; k++) {
                bool borda = k % 2 && classes[k / 2] > 1;
                neuron_graph_t *graph =
                    vote_of(count, classes[k / 2], weights[w], borda ? "ballot=borda" : NULL);
                neuron_graph_t *made = there_and_back(graph);
                float *input = quarters(EXAMPLES * count * classes[k / 2]);
                for (int64_t i = 0; i < EXAMPLES * count * classes[k / 2]; i += 37)
                    input[i] = NAN;
                ck_assert_int_eq(count_layers(made, "vote"), 1);
                ck_assert_int_eq(neuron_graph_node_count(made), neuron_graph_node_count(graph));
                assert_same(graph, made, input, weights[w] == thirds ? 1e-6f : 0);
                neuron_graph_unref(made);
                neuron_graph_unref(graph);
            }
}
END_TEST

/* A model with a constant that is not what a vote has. */
static void assert_spoilt(const neuron_graph_t *graph, const char *name, size_t index, float value,
                          const char *message)
{
    model_t *model = model_of(graph, NULL);
    neuron_graph_t *made;
    bool found = false;
    for (size_t i = 0; i < model->graph->n_initializer; i++) {
        tensor_t *tensor = model->graph->initializer[i];
        if (strcmp(tensor->name, name) != 0)
            continue;
        if (tensor->data_type == TYPE(INT64)) {
            int64_t number = (int64_t)value;
            memcpy(tensor->raw_data.data + index * sizeof number, &number, sizeof number);
        } else {
            memcpy(tensor->raw_data.data + index * sizeof value, &value, sizeof value);
        }
        found = true;
    }
    assert_that(found, "there is no %s", name);
    int status = try_import(&made, context, model, NULL);
    assert_that(status == NEURON_E_UNSUPPORTED, "%s is %g, and the status %d", name, (double)value,
                status);
    ck_assert_ptr_null(made);
    assert_message(message);
    free_model(model);
}

START_TEST(what_is_no_vote_is_refused_by_name)
{
    neuron_graph_t *graph = vote_of(3, 4, (const double[]){1, 2, 3}, NULL);
    const char *message = "model: node \"vote.is_no_number_0\" (IsNaN): this operator is not "
                          "imported";
    assert_spoilt(graph, "vote.next", 0, 1.5f, message);
    assert_spoilt(graph, "vote.rounding", 0, 0.5f, message);
    assert_spoilt(graph, "vote.lowest", 0, 0, message);
    assert_spoilt(graph, "vote.zero", 0, 1, message);
    assert_spoilt(graph, "vote.one", 0, 2, message);
    assert_spoilt(graph, "vote.classes", 3, 4, message);
    assert_spoilt(graph, "vote.share_1", 0, -1, message);
    neuron_graph_unref(graph);
    graph = vote_of(2, 3, NULL, "ballot=borda");
    assert_spoilt(graph, "vote.half", 0, 0.25f, message);
    assert_spoilt(graph, "vote.own", 0, 0.25f, message);
    assert_spoilt(graph, "vote.scale", 0, 2, message);
    assert_spoilt(graph, "vote.axis_behind", 0, 1, message);
    neuron_graph_unref(graph);
    graph = vote_of(2, 1, NULL, NULL);
    assert_spoilt(graph, "vote.half", 0, 0.25f, message);
    assert_spoilt(graph, "vote.next", 0, 0.75f, message);
    assert_spoilt(graph, "vote.rounding", 0, 0.5f, message);
    assert_spoilt(graph, "vote.unknown", 0, 0, message);
    neuron_graph_unref(graph);
}
END_TEST

/* A value within a vote is no layer, and what other outputs there are do not need it. */
START_TEST(parts_are_refused_where_an_output_needs_them)
{
    neuron_graph_t *graph = vote_of(2, 3, NULL, NULL), *made;
    size_t size;
    const uint8_t *bytes = exported(graph, &size);
    assert_status(neuron_onnx_import_memory(&made, context, bytes, size, "outputs=vote.tally"),
                  NEURON_E_UNSUPPORTED);
    assert_message("node \"vote.is_no_number_0\" (IsNaN)");
    assert_status(
        neuron_onnx_import_memory(&made, context, bytes, size, "outputs=\"vote, vote.speaks\""),
        NEURON_E_UNSUPPORTED);
    assert_ok(neuron_onnx_import_memory(&made, context, bytes, size, "outputs=vote"));
    neuron_graph_unref(made);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- Choices that others write ---- */

static model_t *model_of_vectors(int64_t values)
{
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(0, values));
    return model;
}

/* What a model of one vector says of examples. */
static float *said(const model_t *model, float *input, int64_t *size, neuron_graph_t **graph)
{
    *graph = import_model(context, model, NULL);
    return predict(*graph, input, EXAMPLES, size);
}

START_TEST(the_largest_class_is_a_vote_of_one)
{
    for (int form = 0; form < 2; form++) {
        model_t *model = model_of_vectors(5);
        if (form == 0) {
            set_int(add_operator(model, "ArgMax", "x", "a"), "axis", 1);
            add_integers(model, "n", EXTENTS(0, 1, 2, 3, 4));
            add_operator(model, "Equal", "n a", "e");
            set_int(add_operator(model, "Cast", "e", "h"), "to", TYPE(FLOAT));
        } else {
            set_int(set_int(add_operator(model, "ArgMax", "x", "a"), "axis", -1), "keepdims", 0);
            add_integers(model, "n", EXTENTS(5));
            tensor_t *values = add_floats(model, "v", EXTENTS(2));
            floats_in(values)[0] = 0;
            floats_in(values)[1] = 1;
            add_operator(model, "OneHot", "a n v", "h");
        }
        add_number(model, "two", 2);
        add_operator(model, "Mul", "h two", "y");
        add_output(model, "y");
        neuron_graph_t *graph;
        int64_t size;
        float *input = quarters((int64_t)EXAMPLES * 5), *y = said(model, input, &size, &graph);
        ck_assert_int_eq(count_layers(graph, "vote"), 1);
        for (int64_t i = 0; i < EXAMPLES; i++) {
            int64_t largest = 0;
            for (int64_t k = 0; k < 5; k++)
                largest = input[i * 5 + k] > input[i * 5 + largest] ? k : largest;
            for (int64_t k = 0; k < 5; k++)
                ck_assert_float_eq(y[i * 5 + k], k == largest ? 2 : 0);
        }
        free(y);
        neuron_graph_unref(graph);
    }
}
END_TEST

START_TEST(what_is_above_one_half_is_a_vote_of_one)
{
    model_t *model = model_of_vectors(5);
    tensor_t *half = add_number(model, "h", 0.5f);
    add_operator(model, "Greater", "x h", "g");
    set_int(add_operator(model, "Cast", "g", "y"), "to", TYPE(FLOAT));
    add_output(model, "y");
    neuron_graph_t *graph;
    int64_t size;
    float *input = quarters((int64_t)EXAMPLES * 5), *y = said(model, input, &size, &graph);
    for (int64_t i = 0; i < size; i++)
        ck_assert_float_eq(y[i], input[i] > 0.5f);
    free(y);
    neuron_graph_unref(graph);
    floats_in(half)[0] = 0.25f;
    assert_status(try_import(&graph, context, model, NULL), NEURON_E_UNSUPPORTED);
    assert_message(
        "(Greater) that makes \"g\": is imported as a part of a softplus, or of a vote, alone");
}
END_TEST

/* The last of equals, places alone, and numbers of other classes. */
START_TEST(other_choices_are_refused)
{
    static const struct {
        const char *attribute;
        int64_t value;
    } rows[] = {{"axis", 0}, {"keepdims", 0}, {"select_last_index", 1}, {"by_magnitude", 1}};
    neuron_graph_t *graph;
    for (int i = 0; i < 4; i++) {
        model_t *model = model_of_vectors(2);
        operator_t *largest = add_operator(model, "ArgMax", "x", "a");
        set_int(largest, rows[i].attribute, rows[i].value);
        if (i > 0)
            set_int(largest, "axis", 1);
        add_integers(model, "n", EXTENTS(0, 1));
        add_operator(model, "Equal", "a n", "e");
        set_int(add_operator(model, "Cast", "e", "y"), "to", TYPE(FLOAT));
        add_output(model, "y");
        assert_status(try_import(&graph, context, model, NULL), NEURON_E_UNSUPPORTED);
        assert_message("(ArgMax) that makes \"a\": this operator is not imported");
    }
}
END_TEST

/* ---- Uncertainty ---- */

static const char *const measures[] = {"entropy",         "expected_entropy", "mutual_information",
                                       "variation_ratio", "disagreement",     "margin",
                                       "confidence",      "answers"};

static neuron_graph_t *uncertainty_of(int64_t count, int64_t values, const double *weights,
                                      const char *measure)
{
    char options[80];
    neuron_graph_t *graph = new_graph(context);
    neuron_node_t **members = members_of(graph, count, values);
    for (int64_t i = 0; i < count; i++)
        members[i] = values > 1 ? neuron_softmax(graph, members[i], NULL)
                                : neuron_sigmoid(graph, members[i]);
    snprintf(options, sizeof options, "measure=%s, threshold=0.7", measure);
    assert_ok(
        neuron_graph_finish(graph, neuron_uncertainty(graph, members, count, weights, options)));
    return graph;
}

START_TEST(uncertainty_comes_back)
{
    static const double weights[] = {4, 1, 2};
    for (size_t m = 0; m < sizeof measures / sizeof *measures; m++)
        for (int form = 0; form < 6; form++) {
            int64_t count = form % 3 == 0 ? 1 : 3, values = form < 3 ? 4 : 1;
            neuron_graph_t *graph =
                uncertainty_of(count, values, form % 3 == 2 ? weights : NULL, measures[m]);
            neuron_graph_t *made = there_and_back(graph);
            ck_assert_int_eq(count_layers(made, "uncertainty"), 1);
            ck_assert_int_eq(neuron_graph_node_count(made), neuron_graph_node_count(graph));
            assert_same(graph, made, quarters(EXAMPLES * count * values), 1e-6f);
            neuron_graph_unref(made);
            neuron_graph_unref(graph);
        }
}
END_TEST

START_TEST(what_is_no_measure_is_refused_by_name)
{
    neuron_graph_t *graph = uncertainty_of(2, 3, NULL, "entropy");
    assert_spoilt(graph, "uncertainty.least", 0, 0.5f, "node \"uncertainty.logarithm_2\" (Log)");
    neuron_graph_unref(graph);
    graph = uncertainty_of(2, 3, NULL, "disagreement");
    assert_spoilt(graph, "uncertainty.every_class", 1, 7,
                  "(ArgMax): this operator is not imported");
    neuron_graph_unref(graph);
    graph = uncertainty_of(2, 3, NULL, "margin");
    assert_spoilt(graph, "uncertainty.nothing", 0, -1, "(ArgMax)");
    neuron_graph_unref(graph);
    graph = uncertainty_of(2, 3, NULL, "answers");
    assert_spoilt(graph, "uncertainty.threshold", 0, 2, "(GreaterOrEqual)");
    neuron_graph_unref(graph);
}
END_TEST

/* The entropy of one value, as others write it. */
START_TEST(an_entropy_without_bounds_is_one)
{
    model_t *model = model_of_vectors(4);
    set_int(add_operator(model, "Softmax", "x", "p"), "axis", 1);
    add_operator(model, "Log", "p", "l");
    add_operator(model, "Mul", "p l", "m");
    add_integers(model, "axes", EXTENTS(1));
    set_int(add_operator(model, "ReduceSum", "m axes", "s"), "keepdims", 1);
    add_operator(model, "Neg", "s", "y");
    add_output(model, "y");
    neuron_graph_t *graph;
    int64_t size;
    float *input = quarters((int64_t)EXAMPLES * 4), *y = said(model, input, &size, &graph);
    ck_assert_int_eq(size, EXAMPLES);
    for (int64_t i = 0; i < EXAMPLES; i++) {
        double all = 0, entropy = 0;
        for (int64_t k = 0; k < 4; k++)
            all += exp((double)input[i * 4 + k]);
        for (int64_t k = 0; k < 4; k++) {
            double p = exp((double)input[i * 4 + k]) / all;
            entropy -= p * log(p);
        }
        ck_assert_double_eq_tol((double)y[i], entropy, 1e-6);
    }
    free(y);
    neuron_graph_unref(graph);
}
END_TEST

/* A value and what it leaves of 1 are two classes only where they lie along the axis of the
 * classes, each alone. */
START_TEST(two_classes_lie_along_their_axis)
{
    static const struct {
        int rows, columns, axis; /* of x, whose classes are the rows */
    } forms[] = {{2, 3, 1}, {2, 3, 2}, {2, 1, 2}, {1, 3, 1}};
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        int rows = forms[f].rows, columns = forms[f].columns, axis = forms[f].axis;
        int all_rows = axis == 1 ? 2 * rows : rows, all_columns = axis == 2 ? 2 * columns : columns;
        model_t *model = new_model(13);
        add_input(model, "x", EXTENTS(0, rows, columns));
        add_number(model, "one", 1);
        add_operator(model, "Sigmoid", "x", "p");
        add_operator(model, "Sub", "one p", "q");
        set_int(add_operator(model, "Concat", "q p", "c"), "axis", axis);
        add_operator(model, "Log", "c", "l");
        add_operator(model, "Mul", "c l", "m");
        add_integers(model, "axes", EXTENTS(1));
        set_int(add_operator(model, "ReduceSum", "m axes", "s"), "keepdims", 1);
        add_operator(model, "Neg", "s", "y");
        add_output(model, "y");
        neuron_graph_t *graph;
        int64_t size;
        float *input = quarters((int64_t)EXAMPLES * rows * columns);
        float *y = said(model, input, &size, &graph);
        ck_assert_int_eq(size, EXAMPLES * all_columns);
        ck_assert_int_eq(count_layers(graph, "uncertainty"), 1);
        for (int64_t i = 0; i < EXAMPLES; i++)
            for (int column = 0; column < all_columns; column++) {
                const float *x = input + i * rows * columns;
                double entropy = 0;
                for (int row = 0; row < all_rows; row++) {
                    double p = 1 / (1 + exp(-(double)x[row % rows * columns + column % columns]));
                    double c = row < rows && column < columns ? 1 - p : p;
                    entropy -= c * log(c);
                }
                ck_assert_double_eq_tol((double)y[i * all_columns + column], entropy, 1e-5);
            }
        free(y);
        neuron_graph_unref(graph);
    }
}
END_TEST

/* ---- Calibration ---- */

static void write_numbers(neuron_graph_t *graph, const char *array, const float *values,
                          size_t count)
{
    assert_ok(
        neuron_graph_write_array(graph, neuron_graph_find_array(graph, array), values, count));
}

static neuron_graph_t *calibrated(const char *layer, const char *options, const char *before,
                                  int64_t values)
{
    neuron_graph_t *graph = new_graph(context);
    neuron_node_t *x = neuron_input(graph, &values, 1);
    x = neuron_layer_by_name(graph, before, &x, 1, NULL);
    x = neuron_layer_by_name(graph, layer, &x, 1, options);
    neuron_node_set_name(x, "last");
    assert_ok(neuron_graph_finish(graph, x));
    return graph;
}

START_TEST(scaling_comes_back)
{
    static const struct {
        const char *layer, *options;
    } rows[] = {{"temperature_scaling", "activation=softmax"},
                {"temperature_scaling", "activation=sigmoid"},
                {"vector_scaling", "activation=softmax"},
                {"vector_scaling", "activation=sigmoid"},
                {"vector_scaling", "activation=sigmoid, normalize=yes"}};
    static const float scale[] = {0.5f, 1.5f, 2}, bias[] = {-1, 0.25f, 3}, temperature[] = {1.75f};
    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        const char *layer = rows[i / 2].layer;
        neuron_graph_t *graph =
            calibrated(layer, rows[i / 2].options, i % 2 ? "sigmoid" : "softmax", 3);
        if (layer[0] == 'v') {
            write_numbers(graph, "last.scale", scale, 3);
            write_numbers(graph, "last.bias", bias, 3);
        } else {
            write_numbers(graph, "last.temperature", temperature, 1);
        }
        neuron_graph_t *made = there_and_back(graph);
        ck_assert_int_eq(count_layers(made, layer), 1);
        ck_assert_int_eq(neuron_graph_node_count(made), neuron_graph_node_count(graph));
        assert_same(graph, made, quarters((int64_t)EXAMPLES * 3), 0);
        neuron_graph_unref(made);
        neuron_graph_unref(graph);
    }
}
END_TEST

/* In older sets a softmax goes over all axes from its own on, which is the first behind the
 * batch. */
START_TEST(softmax_of_older_sets_is_told_apart)
{
    for (int axis = 1; axis < 4; axis++) {
        model_t *model = new_model(11);
        neuron_graph_t *graph;
        add_input(model, "x", EXTENTS(0, 2, 3));
        add_number(model, "least", 0x1p-126f);
        add_number(model, "t", 2);
        add_operator(model, "Sigmoid", "x", "p");
        add_operator(model, "Clip", "p least", "c");
        add_operator(model, "Log", "c", "l");
        add_operator(model, "Div", "l t", "s");
        operator_t *softmax = add_operator(model, "Softmax", "s", "y");
        if (axis < 3)
            set_int(softmax, "axis", axis);
        add_output(model, "y");
        int status = try_import(&graph, context, model, NULL);
        ck_assert_int_eq(status, axis == 2 ? NEURON_OK : NEURON_E_UNSUPPORTED);
        if (status == NEURON_OK)
            ck_assert_int_eq(count_layers(graph, "temperature_scaling"), 1);
        neuron_graph_unref(graph);
    }
}
END_TEST

/* With a jump, and a level part. */
START_TEST(tables_come_back)
{
    static const float x[] = {0, 0.1f, 0.1f, 0.3f, 1, -1, 0.2f, 0.25f, 0.5f, 0.6f};
    static const float y[] = {0, 0.2f, 0.4f, 0.4f, 1, 0.125f, 0.2f, 0.3f, 0.75f, 1};
    for (int form = 0; form < 2; form++) {
        neuron_graph_t *graph = calibrated(
            "piecewise_linear", form ? "points=5, normalize=yes" : "points=5", "sigmoid", 2);
        write_numbers(graph, "last.x", x, 10);
        write_numbers(graph, "last.y", y, 10);
        neuron_graph_t *made = there_and_back(graph);
        ck_assert_int_eq(count_layers(made, "piecewise_linear"), 1);
        ck_assert_int_eq(neuron_graph_node_count(made), neuron_graph_node_count(graph));
        assert_same(graph, made, quarters((int64_t)EXAMPLES * 2), 1e-6f);
        neuron_graph_unref(made);
        neuron_graph_unref(graph);
    }
}
END_TEST

static const char *const sets[] = {"method=lac",
                                   "method=lac, allow_empty=yes",
                                   "method=aps",
                                   "method=aps, allow_empty=yes",
                                   "method=raps, penalty=0.05, k_reg=1",
                                   "method=raps, penalty=0.01, k_reg=2, allow_empty=yes",
                                   "method=raps, penalty=0.01, k_reg=0"};

START_TEST(prediction_sets_come_back)
{
    static const float thresholds[] = {0.2f, 0.7f, 0.95f};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        for (int k = 0; k < 3; k++) {
            neuron_graph_t *graph = calibrated("prediction_set", sets[i], "softmax", 5);
            write_numbers(graph, "last.threshold", &thresholds[k], 1);
            neuron_graph_t *made = there_and_back(graph);
            ck_assert_int_eq(count_layers(made, "prediction_set"), 1);
            ck_assert_int_eq(neuron_graph_node_count(made), neuron_graph_node_count(graph));
            assert_same(graph, made, quarters((int64_t)EXAMPLES * 5), 0);
            neuron_graph_unref(made);
            neuron_graph_unref(graph);
        }
}
END_TEST

START_TEST(what_is_no_calibration_is_refused_by_name)
{
    neuron_graph_t *graph = calibrated("temperature_scaling", NULL, "softmax", 3);
    assert_spoilt(graph, "last.least", 0, 0.01f,
                  "\"last.logarithm\" (Log): is imported as a part of a log softmax, an entropy");
    assert_spoilt(graph, "last.temperature", 0, -1, "\"last.logarithm\" (Log)");
    neuron_graph_unref(graph);
    graph = calibrated("vector_scaling", "activation=sigmoid, normalize=yes", "sigmoid", 3);
    assert_spoilt(graph, "last.most", 0, 0.5f, "\"last.odds\" (Div): divides by a value");
    assert_spoilt(graph, "last.alike", 0, 0.5f, "(Equal): this operator is not imported");
    neuron_graph_unref(graph);
    graph = calibrated("prediction_set", "method=raps, penalty=0.05, k_reg=1", "softmax", 4);
    assert_spoilt(graph, "last.penalties", 3, 0.5f, "\"last.sorted\" (TopK)");
    assert_spoilt(graph, "last.first", 2, 1, "\"last.sorted\" (TopK)");
    assert_spoilt(graph, "last.classes", 0, 3, "\"last.sorted\" (TopK)");
    neuron_graph_unref(graph);
    graph = calibrated("prediction_set", NULL, "softmax", 4);
    assert_spoilt(graph, "last.every_class", 0, 1, "(LessOrEqual): this operator is not imported");
    neuron_graph_unref(graph);
}
END_TEST

/* As scikit-learn writes a calibrated probability of one class: 1 / (1 + exp(a x + b)). */
START_TEST(a_logistic_function_of_one_column_is_read)
{
    model_t *model = model_of_vectors(3);
    add_integers(model, "k", EXTENTS(1));
    add_number(model, "a", -2);
    add_number(model, "b", 0.5f);
    add_number(model, "one", 1);
    add_operator(model, "ArrayFeatureExtractor", "x k", "c")->domain = keep_text("ai.onnx.ml");
    add_operator(model, "Mul", "a c", "s");
    add_operator(model, "Add", "s b", "t");
    add_operator(model, "Exp", "t", "e");
    add_operator(model, "Add", "one e", "d");
    add_operator(model, "Div", "one d", "y");
    add_output(model, "y");
    neuron_graph_t *graph;
    int64_t size;
    float *input = quarters((int64_t)EXAMPLES * 3), *y = said(model, input, &size, &graph);
    ck_assert_int_eq(size, EXAMPLES);
    for (int64_t i = 0; i < EXAMPLES; i++)
        ck_assert_double_eq_tol((double)y[i], 1 / (1 + exp(0.5 - 2 * (double)input[i * 3 + 1])),
                                1e-6);
    free(y);
    neuron_graph_unref(graph);
    model->graph->node[0]->domain = keep_text("ai.onnx");
    assert_status(try_import(&graph, context, model, NULL), NEURON_E_UNSUPPORTED);
    assert_message("(ArrayFeatureExtractor) that makes \"c\": this operator is not imported");
}
END_TEST

/* Numbers of a single line may have no axes, so less than the value that they are spread over. */
START_TEST(ramps_of_numbers_without_axes_come_back)
{
    static const float x[] = {0.25f, 0.75f}, y[] = {1, 3};
    neuron_graph_t *graph = calibrated("piecewise_linear", "points=2", "sigmoid", 1), *made;
    int changed = 0;
    write_numbers(graph, "last.x", x, 2);
    write_numbers(graph, "last.y", y, 2);
    model_t *model = model_of(graph, NULL);
    for (size_t i = 0; i < model->graph->n_initializer; i++) {
        tensor_t *numbers = model->graph->initializer[i];
        if (numbers->data_type != TYPE(FLOAT))
            continue;
        numbers->n_dims = 0;
        changed++;
    }
    ck_assert_int_ge(changed, 4);
    assert_ok(try_import(&made, context, model, NULL));
    ck_assert_int_eq(count_layers(made, "piecewise_linear"), 1);
    assert_same(graph, made, quarters(EXAMPLES), 1e-6f);
    neuron_graph_unref(made);
    free_model(model);
    neuron_graph_unref(graph);
}
END_TEST

/* A table has lines from each point to the next. */
START_TEST(ramps_with_gaps_are_refused_by_name)
{
    static const float x[] = {0, 0.5f, 1, 0, 0.5f, 1}, y[] = {0, 0.25f, 1, 1, 0.5f, 0};
    neuron_graph_t *graph = calibrated("piecewise_linear", "points=3", "sigmoid", 2), *made;
    write_numbers(graph, "last.x", x, 6);
    write_numbers(graph, "last.y", y, 6);
    model_t *model = model_of(graph, NULL);
    for (size_t i = 0; i < model->graph->n_initializer; i++)
        if (strcmp(model->graph->initializer[i]->name, "last.steep") == 0)
            floats_in(model->graph->initializer[i])[0] = 4;
    assert_status(try_import(&made, context, model, NULL), NEURON_E_UNSUPPORTED);
    assert_message("node \"last.beyond\" (Sub): has a constant that is no part of the shape");
    free_model(model);
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("onnx import parts");
    TCase *tests = tcase_create("parts");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, votes_come_back_to_the_bit);
    tcase_add_test(tests, what_is_no_vote_is_refused_by_name);
    tcase_add_test(tests, parts_are_refused_where_an_output_needs_them);
    tcase_add_test(tests, the_largest_class_is_a_vote_of_one);
    tcase_add_test(tests, what_is_above_one_half_is_a_vote_of_one);
    tcase_add_test(tests, other_choices_are_refused);
    tcase_add_test(tests, uncertainty_comes_back);
    tcase_add_test(tests, what_is_no_measure_is_refused_by_name);
    tcase_add_test(tests, an_entropy_without_bounds_is_one);
    tcase_add_test(tests, two_classes_lie_along_their_axis);
    tcase_add_test(tests, scaling_comes_back);
    tcase_add_test(tests, softmax_of_older_sets_is_told_apart);
    tcase_add_test(tests, tables_come_back);
    tcase_add_test(tests, prediction_sets_come_back);
    tcase_add_test(tests, what_is_no_calibration_is_refused_by_name);
    tcase_add_test(tests, a_logistic_function_of_one_column_is_read);
    tcase_add_test(tests, ramps_of_numbers_without_axes_come_back);
    tcase_add_test(tests, ramps_with_gaps_are_refused_by_name);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
