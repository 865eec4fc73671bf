/* How sure several inputs are together: each measure against its formula, and gradients. */
#include "gradient.h"
#include "test-common.h"

#include <math.h>

enum { MEMBERS = 3, CLASSES = 4 };

static const char *const words[] = {"entropy",         "expected_entropy", "mutual_information",
                                    "variation_ratio", "disagreement",     "margin",
                                    "confidence",      "answers"};
enum { WORDS = sizeof words / sizeof words[0] };

/* What `count` members say of one example is told by each measure. */
static void tell(const float *p, int64_t count, int64_t classes, const double *weights,
                 const char *more, float found[WORDS])
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *all = vector_input(graph, count * classes), *members[8], *ends[WORDS];
    for (int64_t i = 0; i < count; i++)
        members[i] = neuron_slice(graph, all, i * classes, classes, NULL);
    for (int w = 0; w < WORDS; w++) {
        char options[80] = "measure=";
        strcat(strcat(options, words[w]), more);
        ends[w] = neuron_uncertainty(graph, members, count, weights, options);
    }
    assert_ok(neuron_graph_finish(graph, neuron_concat(graph, ends, WORDS, NULL)));
    predict(graph, p, 1, found);
    neuron_graph_unref(graph);
}

static double plogp(double p)
{
    return p > 0 ? -p * log(p) : 0;
}

static void assert_near(float found, double expected)
{
    ck_assert_double_eq_tol((double)found, expected, 1e-6);
}

START_TEST(by_their_formulas)
{
    static const float p[] = {0.7f, 0.1f, 0.1f, 0.1f, 0.2f, 0.6f, 0.2f, 0, 0.5f, 0.25f, 0.25f, 0};
    static const double given[] = {1, 2, 5}, alike[] = {1, 1, 1};
    const double *w = _i ? given : alike;
    double total = w[0] + w[1] + w[2], whole = 0, expected = 0, mean[CLASSES] = {0};
    float found[WORDS];
    for (int i = 0; i < MEMBERS; i++)
        for (int k = 0; k < CLASSES; k++) {
            mean[k] += w[i] / total * (double)p[i * CLASSES + k];
            expected += w[i] / total * plogp((double)p[i * CLASSES + k]);
        }
    for (int k = 0; k < CLASSES; k++)
        whole += plogp(mean[k]);
    tell(p, MEMBERS, CLASSES, _i ? given : NULL, ", threshold=0.47", found);
    assert_near(found[0], whole);
    assert_near(found[1], expected);
    assert_near(found[2], whole - expected);
    /* Members 0 and 2 are for class 0, member 1 is for class 1. */
    assert_near(found[3], w[1] / total);
    assert_near(found[4], (w[0] * w[1] + w[1] * w[2]) / (w[0] * w[1] + w[1] * w[2] + w[0] * w[2]));
    assert_near(found[5], mean[0] - mean[1]);
    assert_near(found[6], mean[0]);
    ck_assert_float_eq(found[7], 0); /* confidences are 0.4667 and 0.45 */
    tell(p, MEMBERS, CLASSES, _i ? given : NULL, ", threshold=0.44", found);
    ck_assert_float_eq(found[7], 1);
}
END_TEST

/* Sure, at one, and alone: exactly 0, whatever the weights add up to. */
START_TEST(agreement)
{
    static const float p[] = {0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0};
    static const double given[] = {0.1, 0.2, 0.7};
    float found[WORDS];
    for (int64_t count = 1; count <= 3; count++) {
        tell(p, count, CLASSES, given, "", found);
        for (int w = 0; w < 5; w++)
            ck_assert_msg(found[w] == 0, "%s is %g", words[w], (double)found[w]);
        for (int w = 5; w < WORDS; w++)
            assert_near(found[w], 1);
    }
}
END_TEST

/* Members that are each sure of another class know nothing together: all of it is information. */
START_TEST(strife)
{
    static const float p[] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
    float found[WORDS];
    tell(p, MEMBERS, CLASSES, NULL, "", found);
    assert_near(found[0], log(3));
    ck_assert_float_eq(found[1], 0);
    assert_near(found[2], log(3));
    assert_near(found[3], 2 / 3.0);
    assert_near(found[4], 1);
    assert_near(found[5], 0);
}
END_TEST

/* One value is the probability of the second of two classes. */
START_TEST(two_classes)
{
    static const float one[] = {0.9f, 0.3f, 0.5f}, both[] = {0.1f, 0.9f, 0.7f, 0.3f, 0.5f, 0.5f};
    float found[2][WORDS];
    tell(one, MEMBERS, 1, NULL, "", found[0]);
    tell(both, MEMBERS, 2, NULL, "", found[1]);
    for (int w = 0; w < WORDS; w++)
        assert_near(found[0][w], (double)found[1][w]);
    assert_near(found[0][3], 1 / 3.0); /* a half is for the first class */
}
END_TEST

START_TEST(no_number)
{
    static const float p[] = {0.5f, 0.5f, NAN, 0.5f};
    float found[WORDS];
    tell(p, 2, 2, NULL, "", found);
    for (int w = 0; w < WORDS; w++)
        ck_assert(isnan(found[w]));
}
END_TEST

/* Of those that are no steps; maps, more rows than one piece has, weights, and single values. */
START_TEST(gradient)
{
    static const char *const smooth[] = {"measure=entropy", "measure=expected_entropy",
                                         "measure=mutual_information", "measure=margin",
                                         "measure=confidence"};
    static const double weights[] = {1, 3, 0.5};
    for (int64_t classes = 1; classes <= 5; classes += 4)
        for (int weighted = 0; weighted < 2; weighted++) {
            neuron_graph_t *graph = new_graph();
            neuron_node_t *members[3], *x = hidden_values(graph, 5, 7, 6);
            for (int i = 0; i < 3; i++) {
                members[i] = neuron_conv2d(graph, x, classes, 1, 1, NULL);
                members[i] = classes > 1 ? neuron_softmax(graph, members[i], NULL)
                                         : neuron_sigmoid(graph, members[i]);
            }
            check_layer(
                graph, neuron_uncertainty(graph, members, 3, weighted ? weights : NULL, smooth[_i]),
                5);
        }
}
END_TEST

/* A step is level where it does not rise: nothing goes back, and the rest is trained. */
START_TEST(steps_are_level)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 4);
    neuron_node_t *p = neuron_softmax(graph, x, NULL);
    neuron_node_t *y = neuron_uncertainty(graph, &p, 1, NULL, "measure=answers");
    assert_ok(neuron_graph_finish(graph, y));
    neuron_context_t *context = test_context();
    float in[4] = {1, 2, 3, 4}, one = 1, back[4] = {5, 5, 5, 5};
    neuron_tensor_t *input, *output, *to;
    const int64_t four[] = {1, 4};
    assert_ok(neuron_tensor_wrap(&input, context, NEURON_TYPE_F32, four, 2, in));
    assert_ok(
        neuron_tensor_wrap(&output, context, NEURON_TYPE_F32, (const int64_t[]){1, 1}, 2, &one));
    assert_ok(neuron_tensor_wrap(&to, context, NEURON_TYPE_F32, four, 2, back));
    assert_ok(neuron_graph_gradient(graph, &input, 1, &output, 1, &to));
    for (int i = 0; i < 4; i++)
        ck_assert_float_eq(back[i], 0);
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    neuron_tensor_unref(to);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(refused)
{
    static const struct {
        const char *options, *message;
    } wrong[] = {
        {"measure=entropi", "uncertainty: measure is entropi; it must be entropy, "},
        {"threshold=1.5", "uncertainty: threshold is 1.5; it must be 0 to 1"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = vector_input(graph, 3);
        ck_assert_ptr_null(neuron_uncertainty(graph, &x, 1, NULL, wrong[i].options));
        assert_message(wrong[i].message);
        neuron_graph_unref(graph);
    }
    neuron_graph_t *graph = new_graph();
    neuron_node_t *unlike[] = {vector_input(graph, 3), vector_input(graph, 4)};
    ck_assert_ptr_null(neuron_uncertainty(graph, unlike, 2, NULL, NULL));
    assert_message("uncertainty: input 1 is 4, input 0 is 3");
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uncertainty");
    TCase *tests = tcase_create("uncertainty");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, by_their_formulas, 0, 2);
    tcase_add_test(tests, agreement);
    tcase_add_test(tests, strife);
    tcase_add_test(tests, two_classes);
    tcase_add_test(tests, no_number);
    tcase_add_loop_test(tests, gradient, 0, 5);
    tcase_add_test(tests, steps_are_level);
    tcase_add_test(tests, refused);
    return run_suite(suite);
}
