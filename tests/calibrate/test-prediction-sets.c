/* Prediction sets: the sets of known probabilities, the threshold, and that the coverage of fresh
 * examples is what was promised. */
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

/* ---- The layer ---- */

/* The set of one example by a threshold, as a number of bits. */
static unsigned set_of(const char *options, float threshold, const float p[4])
{
    neuron_graph_t *graph;
    neuron_tensor_t *in, *out;
    float copy[4], set[4];
    memcpy(copy, p, sizeof copy);
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){4}, 1);
    assert_ok(neuron_graph_finish(graph, neuron_prediction_set(graph, x, options)));
    assert_ok(neuron_graph_write_array(graph, 0, &threshold, 1));
    assert_ok(neuron_tensor_wrap(&in, context, NEURON_TYPE_F32, (const int64_t[]){1, 4}, 2, copy));
    assert_ok(neuron_tensor_wrap(&out, context, NEURON_TYPE_F32, (const int64_t[]){1, 4}, 2, set));
    assert_ok(neuron_graph_predict(graph, in, out));
    unsigned bits = 0;
    for (int k = 0; k < 4; k++) {
        ck_assert(set[k] == 0 || set[k] == 1 || isnan(set[k]));
        bits |= (isnan(set[k]) ? 16U : (unsigned)set[k]) << k;
    }
    neuron_tensor_unref(in);
    neuron_tensor_unref(out);
    neuron_graph_unref(graph);
    return bits;
}

START_TEST(sets)
{
    static const float p[] = {0.125f, 0.5f, 0.125f, 0.25f}, none[] = {0.5f, NAN, 0.25f, 0};
    ck_assert_uint_eq(set_of(NULL, 0.75f, p), 0xa); /* classes 1 and 3 have 0.25 or more */
    ck_assert_uint_eq(set_of(NULL, 0.25f, p), 0x2); /* no class has 0.75, so the largest it is */
    ck_assert_uint_eq(set_of("allow_empty=yes", 0.25f, p), 0);
    ck_assert_uint_eq(set_of("method=aps", 0.75f, p), 0xa);
    ck_assert_uint_eq(set_of("method=aps", 0.8f, p), 0xa);
    ck_assert_uint_eq(set_of("method=aps", 0.875f, p), 0xb); /* of equals the first */
    ck_assert_uint_eq(set_of("method=aps", 1, p), 0xf);
    ck_assert_uint_eq(set_of("method=aps", 0.25f, p), 0x2);
    ck_assert_uint_eq(set_of("method=aps, allow_empty=yes", 0.25f, p), 0);
    /* 0.5, 0.75 + 1/4, 0.875 + 2/4, 1 + 3/4 */
    ck_assert_uint_eq(set_of("method=raps, penalty=0.25", 0.9f, p), 0x2);
    ck_assert_uint_eq(set_of("method=raps, penalty=0.25", 1, p), 0xa);
    ck_assert_uint_eq(set_of("method=raps, penalty=0.25", 1.375f, p), 0xb);
    ck_assert_uint_eq(set_of("method=raps, penalty=0.25", 1.75f, p), 0xf);
    ck_assert_uint_eq(set_of("method=raps, penalty=0.25, k_reg=3", 1, p), 0xb);
    ck_assert_uint_eq(set_of("method=aps", 1, none), 0xf0);
    ck_assert_uint_eq(set_of(NULL, 1, none), 0xf0);
}
END_TEST

/* A long list of classes, in the order of the first and of the last: looking for each of them among
 * all others would take minutes. */
START_TEST(many_classes_are_listed_fast)
{
    enum { COUNT = 1 << 18 };
    static float p[2 * COUNT], set[2 * COUNT];
    float threshold = 0.625f;
    neuron_graph_t *graph;
    neuron_tensor_t *in, *out;
    for (int k = 0; k < COUNT; k++) {
        p[k] = 1.0f / COUNT;
        p[COUNT + k] = (k % 2 == 0 ? 2.0f : 0) / COUNT;
    }
    p[COUNT + 1] = 1e-30f; /* behind those that are larger, whatever their place */
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){COUNT}, 1);
    assert_ok(neuron_graph_finish(graph, neuron_prediction_set(graph, x, "method=aps")));
    assert_ok(neuron_graph_write_array(graph, 0, &threshold, 1));
    assert_ok(neuron_tensor_wrap(&in, context, NEURON_TYPE_F32, (const int64_t[]){2, COUNT}, 2, p));
    assert_ok(
        neuron_tensor_wrap(&out, context, NEURON_TYPE_F32, (const int64_t[]){2, COUNT}, 2, set));
    assert_ok(neuron_graph_predict(graph, in, out));
    for (int k = 0; k < COUNT; k++) {
        ck_assert(set[k] == (k < COUNT / 8 * 5));
        ck_assert(set[COUNT + k] == (k % 2 == 0 && k < COUNT / 8 * 5));
    }
    neuron_tensor_unref(in);
    neuron_tensor_unref(out);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- What is promised ---- */

static const char *const methods[] = {"method=lac",
                                      "method=aps",
                                      "method=raps",
                                      "method=lac, allow_empty=yes",
                                      "method=aps, allow_empty=yes",
                                      "method=raps, penalty=0.1, allow_empty=yes"};

/* The share of the examples drawn last whose set has their class, by held-out ones drawn before,
 * and the mean size of a set. */
static double coverage(const char *options, uint32_t stream, double *size)
{
    static float found[2][EXAMPLES * CLASSES_MOST];
    draw_held_out(&data, CLASSES_MOST, false, stream);
    neuron_graph_t *graph = graph_of_probabilities(context, CLASSES_MOST), *made;
    neuron_dataset_t *dataset = dataset_of(context, &data, false);
    assert_ok(neuron_graph_add_prediction_sets(&made, graph, dataset, options));
    draw_held_out(&data, CLASSES_MOST, false, stream + 1000);
    neuron_tensor_t *in = tensor_of(context, NEURON_TYPE_F32, CLASSES_MOST, data.p), *outs[2];
    for (int i = 0; i < 2; i++)
        assert_ok(neuron_tensor_wrap(&outs[i], context, NEURON_TYPE_F32,
                                     (const int64_t[]){EXAMPLES, CLASSES_MOST}, 2, found[i]));
    assert_ok(neuron_graph_predict_many(made, &in, 1, outs, 2));
    double hits = 0;
    for (int64_t i = 0; i < EXAMPLES * CLASSES_MOST; i++)
        *size += (double)found[1][i] / EXAMPLES;
    for (int64_t i = 0; i < EXAMPLES; i++)
        hits += (double)found[1][i * CLASSES_MOST + data.labels[i]];
    for (int i = 0; i < 2; i++)
        neuron_tensor_unref(outs[i]);
    neuron_tensor_unref(in);
    neuron_dataset_unref(dataset);
    neuron_graph_unref(made);
    neuron_graph_unref(graph);
    return hits / EXAMPLES;
}

/* Over many draws of held-out examples and fresh ones. The mean of 60 has a deviation of 0.002;
 * sets without the largest class are not larger than they must be. */
START_TEST(fresh_examples_are_covered)
{
    static const double promised[] = {0.9, 0.6};
    enum { DRAWS = 60 };
    for (int j = 0; j < 2; j++) {
        char options[100];
        double sum = 0, size = 0;
        snprintf(options, sizeof options, "%s, coverage=%g", methods[_i], promised[j]);
        for (uint32_t draw = 0; draw < DRAWS; draw++)
            sum += coverage(options, 2000 + draw, &size);
        double share = sum / DRAWS;
        assert_that(share >= promised[j] - 0.008, "%s: %g", options, share);
        if (strstr(options, "empty"))
            assert_that(share <= promised[j] + 0.012, "%s: %g", options, share);
        assert_that(size / DRAWS > 0.5 && size / DRAWS < 4.5, "%s: %g", options, size / DRAWS);
    }
}
END_TEST

/* The score of number ceil((n + 1) coverage): by counting, of the held-out examples themselves. */
START_TEST(threshold)
{
    static const double promised[] = {0.5, 0.9, 0.99, 0.9985};
    draw_held_out(&data, 4, false, 11);
    neuron_graph_t *graph = graph_of_probabilities(context, 4), *made;
    neuron_dataset_t *dataset = dataset_of(context, &data, false);
    for (int j = 0; j < 4; j++) {
        char options[60];
        float found;
        int64_t at_most = 0, below = 0, place = (int64_t)ceil((EXAMPLES + 1) * promised[j]);
        snprintf(options, sizeof options, "coverage=%g", promised[j]);
        assert_ok(neuron_graph_add_prediction_sets(&made, graph, dataset, options));
        read_numbers(&found, 1, made, "prediction_set.threshold");
        for (int64_t i = 0; i < EXAMPLES; i++) {
            at_most += 1 - data.p[i * 4 + data.labels[i]] <= found;
            below += 1 - data.p[i * 4 + data.labels[i]] < found;
        }
        if (place > EXAMPLES)
            ck_assert_float_eq(found, FLT_MAX);
        else
            ck_assert(below < place && place <= at_most);
        neuron_graph_unref(made);
    }
    neuron_dataset_unref(dataset);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- What is kept and refused ---- */

START_TEST(one_more_output)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    neuron_graph_t *graph, *made, *twice = NULL, *loaded;
    draw_held_out(&data, 4, false, 12);
    neuron_dataset_t *dataset = dataset_of(context, &data, false);
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){4}, 1);
    assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    assert_ok(neuron_graph_set_class_names(graph, NULL, names, 4));
    assert_ok(neuron_graph_add_prediction_sets(&made, graph, dataset, "method=aps"));
    ck_assert_int_eq(neuron_graph_output_count(made), 2);
    ck_assert_str_eq(neuron_node_name(neuron_graph_output(made, 1)), "prediction_set");
    ck_assert_str_eq(neuron_graph_class_name(made, "prediction_set", 2), "c");
    ck_assert_str_eq(neuron_graph_class_name(made, NULL, 2), "c");
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_graph_evaluate(&evaluation, made, dataset, NULL, NULL));
    neuron_evaluation_unref(evaluation);

    size_t size;
    assert_ok(neuron_graph_save_memory(NULL, 0, &size, made));
    uint8_t *bytes = malloc(size);
    assert_ok(neuron_graph_save_memory(bytes, size, NULL, made));
    assert_ok(neuron_graph_load_memory(&loaded, context, bytes, size));
    ck_assert(same_parameters(made, loaded));
    free(bytes);
    neuron_graph_unref(loaded);

    /* An output has sets once. */
    assert_status(neuron_graph_add_prediction_sets(&twice, made, dataset, "coverage=0.5"),
                  NEURON_E_ARGUMENT);
    assert_message("prediction_sets: softmax has sets already, prediction_set");
    ck_assert_ptr_null(twice);
    neuron_graph_unref(made);
    neuron_graph_unref(graph);
    neuron_dataset_unref(dataset);
}
END_TEST

static void refuse(int status, const char *options, const char *message)
{
    neuron_graph_t *graph = graph_of_probabilities(context, data.classes), *made = graph;
    neuron_dataset_t *dataset = dataset_of(context, &data, false);
    assert_status(neuron_graph_add_prediction_sets(&made, graph, dataset, options), status);
    assert_message(message);
    ck_assert_ptr_null(made);
    neuron_dataset_unref(dataset);
    neuron_graph_unref(graph);
}

START_TEST(refused)
{
    draw_held_out(&data, 3, false, 13);
    refuse(NEURON_E_ARGUMENT, "coverage=1", "prediction_sets: coverage is 1; it must be ");
    refuse(NEURON_E_ARGUMENT, "method=lap", "prediction_sets: method is lap; it must be lac, aps");
    refuse(NEURON_E_ARGUMENT, "output=1", "prediction_sets: output is 1; it must be 0");
    data.p[4] = 2;
    refuse(NEURON_E_DATA, NULL, "prediction_sets: output 1 of example 1 is 2");
    draw_held_out(&data, 1, false, 13);
    refuse(NEURON_E_SHAPE, NULL, "prediction_sets: input puts out one number");
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){1}, 1);
    ck_assert_ptr_null(neuron_prediction_set(graph, x, NULL));
    assert_message("prediction_set: needs a probability for each class, 2 or more");
    neuron_graph_unref(graph);
}
END_TEST

/* Of logarithms, so that the graph that predicts, and keeps what it needs to do so, is a copy. */
START_TEST(memory_may_run_out)
{
    test_memory memory = {0};
    neuron_context_t *limited = test_limited_context(&memory);
    draw_held_out(&data, 4, false, 14);
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
        status = neuron_graph_add_prediction_sets(&made, graph, dataset, "method=aps");
        if (status < 0) {
            ck_assert_int_eq(atomic_load(&memory.live), live);
            ck_assert(count == 0 || !made);
        }
    }
    assert_ok(status);
    ck_assert_int_gt(count, 20);
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
    Suite *suite = suite_create("prediction-sets");
    TCase *tests = tcase_create("prediction-sets");
    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, sets);
    tcase_add_test(tests, many_classes_are_listed_fast);
    tcase_add_loop_test(tests, fresh_examples_are_covered, 0, 6);
    tcase_add_test(tests, threshold);
    tcase_add_test(tests, one_more_output);
    tcase_add_test(tests, refused);
    tcase_add_test(tests, memory_may_run_out);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
