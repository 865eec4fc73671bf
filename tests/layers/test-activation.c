/* The layers of activation.h that have no test of their own. */
#include "gradient.h"
#include "test-common.h"

#include "graph/graph.h"
#include "kernels/kernels.h"
#include "layers/activations/activation.h"

#include <float.h>
#include <math.h>

static neuron_node_t *exact_gelu(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_gelu(graph, x, NULL);
}

static neuron_node_t *approximate_gelu(neuron_graph_t *graph, neuron_node_t *x)
{
    neuron_node_t *node = neuron_gelu(graph, x, "approximate=yes");
    return node;
}

static neuron_node_t *leaky_relu(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_leaky_relu(graph, x, 0.3);
}

static neuron_node_t *flat_relu(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_leaky_relu(graph, x, 0);
}

static neuron_node_t *elu(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_elu(graph, x, 1);
}

static neuron_node_t *scaled_elu(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_elu(graph, x, 1.7);
}

static neuron_node_t *clip(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_clip(graph, x, -0.75, 2.25);
}

/* What is below the least is above the most too. */
static neuron_node_t *clip_to_one(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_clip(graph, x, 3, 2);
}

static double sigmoid_of(double x)
{
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}

static double leaky_relu_of(double x)
{
    return x > 0 ? x : 0.3 * x;
}

static double flat_relu_of(double x)
{
    return x > 0 ? x : 0;
}

static double elu_of(double x)
{
    return x > 0 ? x : expm1(x);
}

static double scaled_elu_of(double x)
{
    return x > 0 ? x : 1.7 * expm1(x);
}

static double gelu_of(double x)
{
    return 0.5 * x * erfc(-x / sqrt(2));
}

static double approximate_gelu_of(double x)
{
    return x * sigmoid_of(2 * sqrt(2 / acos(-1)) * (x + 0.044715 * pow(x, 3)));
}

static double silu_of(double x)
{
    return x * sigmoid_of(x);
}

static double hard_swish_of(double x)
{
    return x * fmin(fmax(x + 3, 0), 6) / 6;
}

static double selu_of(double x)
{
    return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * expm1(x));
}

static double clip_of(double x)
{
    return fmin(fmax(x, -0.75), 2.25);
}

static double clip_to_one_of(double x)
{
    (void)x;
    return 2;
}

static double softplus_of(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double softsign_of(double x)
{
    return x / (1 + fabs(x));
}

static const struct {
    neuron_node_t *(*add)(neuron_graph_t *graph, neuron_node_t *x);
    double (*value)(double x);
    double lowest, highest; /* at the infinities */
} cases[] = {
    {neuron_sigmoid, sigmoid_of, 0, 1},
    {leaky_relu, leaky_relu_of, (double)-INFINITY, (double)INFINITY},
    {flat_relu, flat_relu_of, (double)NAN, (double)INFINITY}, /* 0 times infinity */
    {elu, elu_of, -1, (double)INFINITY},
    {scaled_elu, scaled_elu_of, -1.7, (double)INFINITY},
    {exact_gelu, gelu_of, 0, (double)INFINITY},
    {approximate_gelu, approximate_gelu_of, 0, (double)INFINITY},
    {neuron_silu, silu_of, 0, (double)INFINITY},
    {neuron_hard_swish, hard_swish_of, 0, (double)INFINITY},
    {neuron_selu, selu_of, (double)(-1.05070098735548f * 1.67326324235438f), (double)INFINITY},
    {neuron_softplus, softplus_of, 0, (double)INFINITY},
    {neuron_softsign, softsign_of, -1, 1},
    {clip, clip_of, -0.75, 2.25},
    {clip_to_one, clip_to_one_of, 2, 2},
    {neuron_exponential, exp, 0, (double)INFINITY},
};
enum { CASES = sizeof cases / sizeof *cases };

/* What a layer makes of some values. */
static void apply(int kind, const float *input, int64_t count, float *output)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, count);
    assert_ok(neuron_graph_finish(graph, cases[kind].add(graph, x)));
    predict(graph, input, 1, output);
    neuron_graph_unref(graph);
}

/* To a few bits of each value, however small: nothing cancels. */
START_TEST(values)
{
    enum { COUNT = 16 };
    const float input[COUNT] = {0,  1e-6f, -1e-6f, 0.5f, -0.5f, 1,   -1,   3,
                                -3, 5.5f,  -5.5f,  9,    -8.5f, 100, -100, 1e20f};
    float output[COUNT];
    apply(_i, input, COUNT, output);
    for (int i = 0; i < COUNT; i++) {
        double expected = cases[_i].value((double)input[i]);
        if (fabs(expected) > FLT_MAX) {
            ck_assert_double_eq((double)output[i], copysign((double)INFINITY, expected));
            continue;
        }
        assert_that(fabs((double)output[i] - expected) <= 1e-5 * fabs(expected) + 1e-37,
                    "case %d: of %g comes %.9g, not %.9g", _i, (double)input[i], (double)output[i],
                    expected);
    }
}
END_TEST

START_TEST(infinity_and_what_is_no_number)
{
    float output[3];
    apply(_i, (const float[]){-INFINITY, INFINITY, NAN}, 3, output);
    if (isnan(cases[_i].lowest))
        ck_assert(isnan(output[0]));
    else
        ck_assert_float_eq(output[0], (float)cases[_i].lowest);
    ck_assert_float_eq(output[1], (float)cases[_i].highest);
    ck_assert(isnan(output[2]));
}
END_TEST

START_TEST(gradient)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 6), 17, NULL);
    check_layer(graph, cases[_i].add(graph, x), 5);
}
END_TEST

/* Twice, so that one works over the other; and behind layers that read what they made. */
START_TEST(gradient_of_an_image)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 5, 5, 2), 3, 2, 2, NULL);
    if (cases[_i].value == exp) /* exp(exp(5)) is no float */
        x = neuron_tanh(graph, x);
    x = cases[_i].add(graph, cases[_i].add(graph, x));
    x = neuron_relu(graph, neuron_batch_norm(graph, x, NULL));
    check_layer(graph, neuron_dropout(graph, cases[_i].add(graph, x), 0.3), 3);
}
END_TEST

/* Far from 0 slopes must be what they are, not infinity times 0. */
START_TEST(slopes_near_and_far)
{
    static const float x[] = {-1e20f, -100, -20, -2.5f, -0.5f, 0.5f, 2.5f, 20, 100, 1e20f};
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = cases[_i].add(graph, vector_input(graph, 1));
    const neuron_layer *layer = node->spec.layer;
    const neuron_kernels *kernels = neuron_kernels_choose();
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
        float y, dx, dy = 2;
        double step = 1e-5 * fmax(1, fabs((double)x[i]));
        double expected =
            (cases[_i].value((double)x[i] + step) - cases[_i].value((double)x[i] - step)) / step;
        const neuron_post_op op = layer->post_op(&node->spec);
        kernels->element->activate(&op, &x[i], 1, &y);
        kernels->element->activate_back(
            &op, &dy, layer->flags & NEURON_LAYER_READS_INPUT ? &x[i] : &y, 1, &dx);
        if (fabs(expected) <= FLT_MAX)
            ck_assert_double_eq_tol((double)dx, expected, 1e-5 * fmax(1, fabs(expected)));
        else /* of exp(100), or of what is infinite as double too */
            ck_assert_float_eq(dx, INFINITY);
    }
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bad_numbers_are_refused)
{
    for (int i = 0; i < 2; i++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = vector_input(graph, 4);
        ck_assert_ptr_null(i ? neuron_elu(graph, x, (double)NAN)
                             : neuron_leaky_relu(graph, x, -0.1));
        assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
        assert_message(i ? "elu: alpha is nan; it must be 0 or more and finite as float32"
                         : "leaky_relu: slope is -0.1; it must be 0 or more and finite as float32");
        neuron_graph_unref(graph);
    }
    neuron_graph_t *graph = new_graph();
    ck_assert_ptr_null(neuron_clip(graph, vector_input(graph, 4), (double)-INFINITY, 6));
    assert_status(neuron_graph_finish(graph, NULL), NEURON_E_ARGUMENT);
    assert_message("clip: minimum is -inf; it must be finite as float32");
    neuron_graph_unref(graph);
    graph = new_graph();
    neuron_node_t *x = neuron_gelu(graph, vector_input(graph, 4), NULL);
    assert_status(neuron_node_set(x, "approximate=2"), NEURON_E_ARGUMENT);
    assert_message("gelu: approximate is 2; it must be yes or no");
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("activation");
    TCase *tests = tcase_create("activation");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, values, 0, CASES);
    tcase_add_loop_test(tests, infinity_and_what_is_no_number, 0, CASES);
    tcase_add_loop_test(tests, gradient, 0, CASES);
    tcase_add_loop_test(tests, gradient_of_an_image, 0, CASES);
    tcase_add_loop_test(tests, slopes_near_and_far, 0, CASES);
    tcase_add_test(tests, bad_numbers_are_refused);
    return run_suite(suite);
}
