/* Whether two images show the same: a Siamese network, whose trunk both go through, and a distance
 * between what it makes of them. With glyphs, and with the digits of MNIST where they are there. */
#include "test-models.h"

#include <math.h>
#include <stdio.h>

#define READ(list) ((neuron_tensor_t *const *)(list))

enum { PAIRS = 64, CODE = 16 };

typedef struct siamese {
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_dataset_t *train, *test;
    int64_t size;
    neuron_tensor_t *images[2], *same, *output;
    uint32_t state;
} siamese;

static neuron_node_t *trunk(neuron_graph_t *graph, neuron_node_t *x)
{
    x = neuron_max_pool2d(graph, neuron_relu(graph, neuron_conv2d(graph, x, 8, 5, 5, NULL)), 2, 2,
                          NULL);
    x = neuron_relu(graph, neuron_dense(graph, neuron_flatten(graph, x), 64, NULL));
    return neuron_dense(graph, x, CODE, NULL);
}

/* The probability that both are of one class follows from the squared differences of the codes. */
static neuron_graph_t *network(neuron_context_t *context, int64_t size)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *left = neuron_input(graph, (const int64_t[]){size, size, 1}, 3);
    neuron_node_t *right = neuron_input(graph, (const int64_t[]){size, size, 1}, 3);
    neuron_node_t *a = trunk(graph, left), *b = neuron_shared_part(graph, right, left, a);
    neuron_node_t *minus = neuron_rescale(graph, b, -1, 0);
    neuron_node_t *difference = neuron_add(graph, (neuron_node_t *[]){a, minus}, 2);
    neuron_node_t *square = neuron_multiply(graph, (neuron_node_t *[]){difference, difference}, 2);
    neuron_node_t *y = neuron_sigmoid(graph, neuron_dense(graph, square, 1, NULL));
    assert_ok(neuron_graph_finish(graph, y));
    return graph;
}

static uint32_t draw(uint32_t *state, int64_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % (uint32_t)below;
}

/* Random pairs, of which every other shows the same class. */
static void draw_pairs(siamese *s, const neuron_dataset_t *from)
{
    float *same = neuron_tensor_data(s->same);
    int64_t values = s->size * s->size;
    for (int i = 0; i < PAIRS; i++) {
        int64_t place[2];
        int32_t labels[2];
        do
            for (int k = 0; k < 2; k++) {
                place[k] = draw(&s->state, neuron_dataset_count(from));
                assert_ok(neuron_dataset_read(NULL, &labels[k], from, place[k], 1));
            }
        while ((labels[0] == labels[1]) != (i % 2 == 0));
        for (int k = 0; k < 2; k++) {
            float *to = neuron_tensor_data(s->images[k]);
            assert_ok(neuron_dataset_read(to + i * values, NULL, from, place[k], 1));
        }
        same[i] = i % 2 == 0;
    }
}

static void learn(siamese *s, int steps)
{
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_loss_t *loss;
    assert_ok(neuron_optimizer_create(&adam, s->context, "adam", "learning_rate=0.002"));
    assert_ok(neuron_loss_create(&loss, s->context, "binary_cross_entropy", NULL));
    assert_ok(neuron_trainer_create(&trainer, s->graph, adam, NULL));
    assert_ok(neuron_trainer_set_loss(trainer, loss));
    for (int step = 0; step < steps; step++) {
        draw_pairs(s, s->train);
        assert_ok(neuron_trainer_step(NULL, trainer, READ(s->images), 2, READ(&s->same), 1, NULL));
    }
    neuron_loss_unref(loss);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
}

/* The share of new pairs that are told right. Either image may be the left one. */
static double told_right(siamese *s)
{
    enum { ROUNDS = 10 };
    int right = 0;
    float outputs[2][PAIRS];
    for (int round = 0; round < ROUNDS; round++) {
        draw_pairs(s, s->test);
        neuron_tensor_t *turned[] = {s->images[1], s->images[0]};
        for (int k = 0; k < 2; k++) {
            assert_ok(neuron_graph_predict_many(s->graph, k == 0 ? READ(s->images) : turned, 2,
                                                &s->output, 1));
            memcpy(outputs[k], neuron_tensor_data(s->output), sizeof outputs[k]);
        }
        ck_assert_mem_eq(outputs[0], outputs[1], sizeof outputs[0]);
        for (int i = 0; i < PAIRS; i++)
            right += (outputs[0][i] > 0.5f) == (i % 2 == 0);
    }
    return (double)right / (ROUNDS * PAIRS);
}

static siamese set_up(neuron_context_t *context, neuron_dataset_t *train, neuron_dataset_t *test,
                      int64_t size)
{
    siamese s = {.context = context, .train = train, .test = test, .size = size, .state = 7};
    const int64_t images[] = {PAIRS, size, size, 1}, one[] = {PAIRS, 1};
    for (int k = 0; k < 2; k++)
        assert_ok(neuron_tensor_create(&s.images[k], context, NEURON_TYPE_F32, images, 4));
    assert_ok(neuron_tensor_create(&s.same, context, NEURON_TYPE_F32, one, 2));
    assert_ok(neuron_tensor_create(&s.output, context, NEURON_TYPE_F32, one, 2));
    s.graph = network(context, size);
    return s;
}

static void tear_down(siamese *s)
{
    neuron_tensor_t *tensors[] = {s->images[0], s->images[1], s->same, s->output};
    for (int i = 0; i < 4; i++)
        neuron_tensor_unref(tensors[i]);
    neuron_graph_unref(s->graph);
    neuron_dataset_unref(s->train);
    neuron_dataset_unref(s->test);
    neuron_context_unref(s->context);
}

START_TEST(glyphs)
{
    enum { SIZE = 16 };
    neuron_context_t *context = test_context();
    neuron_dataset_t *train, *test;
    assert_ok(neuron_dataset_generate_glyphs(&train, context, 3000, SIZE, SIZE, 1));
    assert_ok(neuron_dataset_generate_glyphs(&test, context, 500, SIZE, SIZE, 2));
    siamese s = set_up(context, train, test, SIZE);
    /* One trunk: kernel and bias of three layers, and those of the last. */
    ck_assert_int_eq(neuron_graph_array_count(s.graph), 8);
    learn(&s, 1500);
    double right = told_right(&s);
    assert_that(right > 0.9, "only %g are told right", right);
    tear_down(&s);
}
END_TEST

static neuron_dataset_t *digits(neuron_context_t *context, const char *set)
{
    char names[2][64], images[4096];
    neuron_dataset_t *dataset;
    snprintf(names[0], sizeof names[0], "mnist/%s-images-idx3-ubyte.gz", set);
    snprintf(names[1], sizeof names[1], "mnist/%s-labels-idx1-ubyte.gz", set);
    if (!test_data(names[0]) || !test_data(names[1]))
        return NULL;
    snprintf(images, sizeof images, "%s", test_data(names[0]));
    assert_ok(neuron_dataset_load_idx(&dataset, context, images, test_data(names[1]), 10));
    return dataset;
}

START_TEST(handwritten_digits)
{
    neuron_context_t *context = test_context();
    neuron_dataset_t *train = digits(context, "train"), *test = digits(context, "t10k");
    if (!train || !test) {
        printf("mnist: skipped: no data\n");
        neuron_dataset_unref(train);
        neuron_dataset_unref(test);
        neuron_context_unref(context);
        return;
    }
    siamese s = set_up(context, train, test, 28);
    learn(&s, 1500);
    double right = told_right(&s);
    assert_that(right > 0.93, "only %g are told right", right);
    tear_down(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("siamese");
    TCase *cases = tcase_create("siamese");
    tcase_set_timeout(cases, 0);
    tcase_add_test(cases, glyphs);
    tcase_add_test(cases, handwritten_digits);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
