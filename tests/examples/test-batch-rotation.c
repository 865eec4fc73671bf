/* The layer of document 000 that rotates whole batches: where values come from in training, that
 * backward is its transpose, and that predictions are left alone. Each image has two columns, its
 * number in the batch and the number of the row, so that the output tells where a row was taken. */
#include "test-common.h"

#include "../../examples/documents/networks/batch_rotation.h"

#include <math.h>
#include <string.h>

enum { IMAGES = 21, ROWS = 9, SIZE = 2 * ROWS, COUNT = IMAGES * SIZE };

static const double factor = 0.05;
static neuron_context_t *context;

/* What the layer behind the rotation saw. */
static float rotated[COUNT], gradients[COUNT];

static int look(neuron_custom_run_t *run, void *user_data)
{
    (void)user_data;
    if (neuron_custom_run_training(run))
        memcpy(rotated, neuron_custom_run_input(run, 0), sizeof rotated);
    memcpy(neuron_custom_run_output(run), neuron_custom_run_input(run, 0),
           sizeof(float) * (size_t)(neuron_custom_run_batch(run) * SIZE));
    return 0;
}

static int look_back(neuron_custom_run_t *run, void *user_data)
{
    (void)user_data;
    memcpy(gradients, neuron_custom_run_output_gradient(run), sizeof gradients);
    memcpy(neuron_custom_run_input_gradient(run, 0), gradients, sizeof gradients);
    return 0;
}

static void setup(void)
{
    context = test_context();
    assert_ok(batch_rotation_register(context, factor));
    assert_ok(batch_rotation_register(context, factor)); /* once is enough, twice no fault */
    assert_ok(neuron_custom_layer_register(context, "look", look, look_back, NULL, NULL, NULL));
}

static void teardown(void)
{
    neuron_context_unref(context);
}

static neuron_dataset_t *make_images(void)
{
    neuron_tensor_t *images, *labels;
    neuron_dataset_t *dataset;
    const int64_t shape[] = {IMAGES, ROWS, 2, 1}, count = IMAGES;
    assert_ok(neuron_tensor_create(&images, context, NEURON_TYPE_F32, shape, 4));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_I32, &count, 1));
    float *values = neuron_tensor_data(images);
    int32_t *classes = neuron_tensor_data(labels);
    for (int i = 0; i < IMAGES; i++) {
        classes[i] = i % 3;
        for (int row = 0; row < ROWS; row++) {
            values[i * SIZE + 2 * row] = (float)i;
            values[i * SIZE + 2 * row + 1] = (float)row;
        }
    }
    assert_ok(neuron_dataset_create(&dataset, context, images, labels, 3));
    neuron_tensor_unref(images);
    neuron_tensor_unref(labels);
    return dataset;
}

/* In front of the rotation all values are multiplied by a weight, which starts at 1. */
static neuron_graph_t *make_graph(void)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){ROWS, 2, 1}, 3);
    x = neuron_conv2d(graph, x, 1, 1, 1, "use_bias=no");
    assert_ok(neuron_node_set_initializer(x, "kernel", "ones", 0));
    x = batch_rotation(graph, x, factor);
    x = neuron_custom_layer(graph, "look", &x, 1, NULL, 0);
    x = neuron_dense(graph, neuron_flatten(graph, x), 3, NULL);
    assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    return graph;
}

/* A step of gradient descent with all images, in order. */
static void take_step(neuron_graph_t *graph, double rate)
{
    neuron_dataset_t *images = make_images();
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
    assert_ok(neuron_optimizer_set_number(sgd, "learning_rate", rate));
    assert_ok(neuron_trainer_create(&trainer, graph, sgd, images));
    assert_ok(neuron_trainer_set(trainer, "batch_size=21, epochs=1, shuffle=no"));
    assert_ok(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
    neuron_dataset_unref(images);
}

/* Around the middle, image 10 and row 4, which stays in its place. */
START_TEST(a_batch_is_turned_as_one_image)
{
    neuron_graph_t *graph = make_graph();
    take_step(graph, 0);
    double sine = 0;
    for (int i = 7; i <= 13; i++)
        for (int row = 2; row <= 6; row++) {
            double y = (double)rotated[i * SIZE + 2 * row] - 10;
            double x = (double)rotated[i * SIZE + 2 * row + 1] - 4;
            if (i == 10 && row == 5)
                sine = y;
            ck_assert_double_eq_tol(x * x + y * y, (i - 10) * (i - 10) + (row - 4) * (row - 4),
                                    1e-4);
        }
    ck_assert_double_gt(fabs(sine), 1e-3);
    ck_assert_double_lt(fabs(asin(sine)), factor * 6.2831853072);
    for (int i = 8; i <= 12; i++)
        for (int row = 2; row <= 6; row++)
            ck_assert_double_eq_tol((double)rotated[i * SIZE + 2 * row],
                                    10 + sine * (row - 4) + sqrt(1 - sine * sine) * (i - 10), 1e-4);
    /* Beyond the ends lie mirrored images and rows, so that nothing new comes in. */
    for (int i = 0; i < COUNT; i++)
        ck_assert(rotated[i] >= 0 && rotated[i] < (i % 2 == 0 ? IMAGES - 0.999 : ROWS - 0.999));
    neuron_graph_unref(graph);
}
END_TEST

/* The weight's gradient is the sum of gradients times what was rotated, and comes by backward. */
START_TEST(backward_is_the_transpose)
{
    neuron_graph_t *graph = make_graph();
    take_step(graph, 0.01);
    double sum = 0;
    for (int i = 0; i < COUNT; i++)
        sum += (double)gradients[i] * (double)rotated[i];
    float weight;
    int64_t kernel = neuron_graph_find_array(graph, "conv2d.kernel");
    assert_ok(neuron_graph_read_array(&weight, 1, NULL, graph, kernel));
    ck_assert_double_gt(fabs(sum), 1e-2);
    ck_assert_double_eq_tol((double)weight, 1 - 0.01 * sum, 1e-5 * (1 + fabs(sum)));
    neuron_graph_unref(graph);
}
END_TEST

/* `count` images from number `first` on. */
static void predict(const neuron_graph_t *graph, int first, int count, float *outputs)
{
    neuron_tensor_t *input, *output;
    const int64_t shape[] = {count, ROWS, 2, 1};
    assert_ok(neuron_tensor_create(&input, context, NEURON_TYPE_F32, shape, 4));
    assert_ok(neuron_tensor_create(&output, context, NEURON_TYPE_F32, (int64_t[]){count, 3}, 2));
    float *values = neuron_tensor_data(input);
    for (int i = 0; i < count * SIZE; i++)
        values[i] = (float)((first * SIZE + i) * 7 % 11) / 11;
    assert_ok(neuron_graph_predict(graph, input, output));
    memcpy(outputs, neuron_tensor_data(output), sizeof(float) * 3 * (size_t)count);
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
}

/* What a network predicts of an image is the same alone and among others. */
START_TEST(predictions_are_left_alone)
{
    neuron_graph_t *graph = make_graph();
    float together[IMAGES * 3], alone[3];
    predict(graph, 0, IMAGES, together);
    for (int i = 0; i < IMAGES; i++) {
        predict(graph, i, 1, alone);
        for (int j = 0; j < 3; j++)
            ck_assert_float_eq_tol(alone[j], together[3 * i + j], 1e-6f);
    }
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("batch-rotation");
    TCase *tests = tcase_create("batch-rotation");
    tcase_add_unchecked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_batch_is_turned_as_one_image);
    tcase_add_test(tests, backward_is_the_transpose);
    tcase_add_test(tests, predictions_are_left_alone);
    return run_suite(suite);
}
