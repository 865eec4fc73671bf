/* Temperature and vector scaling: known values, single probabilities, what is 0 or 1, gradients. */
#include "gradient.h"
#include "test-common.h"

#include <float.h>
#include <math.h>

static void set_array(neuron_graph_t *graph, const char *name, const float *values, size_t count)
{
    assert_ok(neuron_graph_write_array(graph, neuron_graph_find_array(graph, name), values, count));
}

/* Makes probabilities of three again, by one temperature or by a scale and a bias for each. */
static void scale(const char *options, const float *temperature, const float *scales,
                  const float *biases, const float input[3], float output[3])
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 3);
    x = temperature ? neuron_temperature_scaling(graph, x, options)
                    : neuron_vector_scaling(graph, x, options);
    assert_ok(neuron_graph_finish(graph, x));
    if (temperature)
        set_array(graph, "temperature_scaling.temperature", temperature, 1);
    if (scales) {
        set_array(graph, "vector_scaling.scale", scales, 3);
        set_array(graph, "vector_scaling.bias", biases, 3);
    }
    predict(graph, input, 1, output);
    neuron_graph_unref(graph);
}

static void assert_three(const float found[3], double a, double b, double c)
{
    ck_assert_double_eq_tol((double)found[0], a, 1e-6);
    ck_assert_double_eq_tol((double)found[1], b, 1e-6);
    ck_assert_double_eq_tol((double)found[2], c, 1e-6);
}

START_TEST(temperature)
{
    static const float p[] = {0.5f, 0.3f, 0.2f};
    float y[3], half = 0.5f, two = 2, one = 1;
    scale(NULL, &one, NULL, NULL, p, y);
    assert_three(y, 0.5, 0.3, 0.2);
    scale(NULL, &half, NULL, NULL, p, y); /* squares */
    assert_three(y, 0.25 / 0.38, 0.09 / 0.38, 0.04 / 0.38);
    scale(NULL, &two, NULL, NULL, p, y); /* roots */
    double sum = sqrt(0.5) + sqrt(0.3) + sqrt(0.2);
    assert_three(y, sqrt(0.5) / sum, sqrt(0.3) / sum, sqrt(0.2) / sum);
    scale("activation=sigmoid", &half, NULL, NULL, p, y); /* odds squared */
    assert_three(y, 0.5, 0.09 / (0.09 + 0.49), 0.04 / (0.04 + 0.64));
}
END_TEST

START_TEST(vector)
{
    static const float p[] = {0.5f, 0.3f, 0.2f}, scales[] = {1, 2, 0.5f}, biases[] = {0, 1, -1};
    float y[3];
    scale(NULL, NULL, NULL, NULL, p, y);
    assert_three(y, 0.5, 0.3, 0.2);
    scale(NULL, NULL, scales, biases, p, y);
    double a = 0.5, b = 0.09 * exp(1), c = sqrt(0.2) * exp(-1);
    assert_three(y, a / (a + b + c), b / (a + b + c), c / (a + b + c));
    scale("activation=sigmoid", NULL, scales, biases, p, y);
    a = 0.5;
    b = 1 / (1 + 0.49 / 0.09 * exp(-1));
    c = 1 / (1 + sqrt(0.8 / 0.2) * exp(1));
    assert_three(y, a, b, c);
    scale("activation=sigmoid, normalize=yes", NULL, scales, biases, p, y);
    assert_three(y, a / (a + b + c), b / (a + b + c), c / (a + b + c));
}
END_TEST

/* What a softmax of floats puts out where a class has no chance is no infinite logarithm. */
START_TEST(certain)
{
    static const float sure[] = {1, 0, 0}, nothing[] = {0, 0, 0}, none[] = {0.5f, NAN, 0};
    float y[3], two = 2, small = 1e-3f;
    scale(NULL, &two, NULL, NULL, sure, y);
    ck_assert_float_eq(y[0], 1);
    ck_assert_float_eq_tol(y[1], sqrtf(FLT_MIN), 1e-22f);
    scale(NULL, &small, NULL, NULL, sure, y);
    assert_three(y, 1, 0, 0);
    scale(NULL, &two, NULL, NULL, nothing, y);
    assert_three(y, 1 / 3.0, 1 / 3.0, 1 / 3.0);
    scale("activation=sigmoid", &two, NULL, NULL, sure, y);
    assert_three(y, 1 / (1 + 0x1p-12), sqrt((double)FLT_MIN), sqrt((double)FLT_MIN));
    scale("activation=sigmoid", &two, NULL, NULL, none, y);
    ck_assert(y[0] == 0.5f && isnan(y[1]) && !isnan(y[2]));
    scale("activation=sigmoid, normalize=yes", NULL, (const float[]){100, 100, 100},
          (const float[]){0, 0, 0}, nothing, y); /* no value at all is left */
    assert_three(y, 1 / 3.0, 1 / 3.0, 1 / 3.0);
}
END_TEST

/* One output is that of a sigmoid, whatever is asked for, and says so. */
START_TEST(one_output)
{
    char text[40];
    size_t needed;
    const float input[] = {0.25f, 0.75f};
    float output[2], half = 0.5f;
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_temperature_scaling(graph, vector_input(graph, 1), NULL);
    assert_ok(neuron_node_get_text(text, sizeof text, &needed, x, "activation"));
    ck_assert_str_eq(text, "sigmoid");
    assert_ok(neuron_graph_finish(graph, x));
    set_array(graph, "temperature_scaling.temperature", &half, 1);
    predict(graph, input, 2, output);
    ck_assert_float_eq_tol(output[0], 0.1f, 1e-7f);
    ck_assert_float_eq_tol(output[1], 0.9f, 1e-7f);
    neuron_graph_unref(graph);
}
END_TEST

static const char *const variants[] = {NULL, "activation=sigmoid",
                                       "activation=sigmoid, normalize=yes"};

/* Also of images, of more rows than one piece has, and of one value. */
START_TEST(gradient)
{
    for (int64_t width = 1; width <= 41; width += 20) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = hidden_values(graph, width == 21 ? 5 : 0, 7, width);
        x = _i % 2 && width > 1 ? neuron_softmax(graph, x, NULL) : neuron_sigmoid(graph, x);
        x = _i < 2 ? neuron_temperature_scaling(graph, x, variants[_i])
                   : neuron_vector_scaling(graph, x, variants[_i - 2]);
        check_layer(graph, x, 5);
    }
}
END_TEST

/* Training leaves the numbers alone. */
START_TEST(not_trained)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x =
        neuron_softmax(graph, neuron_dense(graph, vector_input(graph, 3), 4, NULL), NULL);
    x = neuron_vector_scaling(graph, neuron_temperature_scaling(graph, x, NULL), NULL);
    ck_assert_int_eq(neuron_node_set_regularizer(x, "scale", 0, 1), NEURON_E_ARGUMENT);
    assert_message("vector_scaling: scale is not trained");
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scaling");
    TCase *tests = tcase_create("scaling");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, temperature);
    tcase_add_test(tests, vector);
    tcase_add_test(tests, certain);
    tcase_add_test(tests, one_output);
    tcase_add_loop_test(tests, gradient, 0, 5);
    tcase_add_test(tests, not_trained);
    return run_suite(suite);
}
