/* Small applications, each as a program would write it: learning while the world changes, a
 * generator against a discriminator, values of actions, what an image was recognised by, a small
 * network that learns from a large one, and the trunk of a trained network under a new head. */
#include "test-models.h"

#include <math.h>

#define READ(list) ((neuron_tensor_t *const *)(list))

static neuron_tensor_t *tensor(neuron_context_t *context, int64_t rows, int64_t columns)
{
    neuron_tensor_t *made;
    assert_ok(
        neuron_tensor_create(&made, context, NEURON_TYPE_F32, (const int64_t[]){rows, columns}, 2));
    return made;
}

static float *data(neuron_tensor_t *of)
{
    return neuron_tensor_data(of);
}

/* Uniform from -1 to 1. */
static float draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / (float)(1 << 23) - 1;
}

/* Dense layers of these widths with a ReLU between them. */
static neuron_graph_t *perceptron(neuron_context_t *context, uint64_t seed, const int64_t *widths,
                                  int64_t count, bool sigmoid)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    assert_ok(neuron_graph_set_seed(graph, seed));
    neuron_node_t *x = neuron_input(graph, widths, 1);
    for (int32_t i = 1; i < count; i++) {
        x = neuron_dense(graph, x, widths[i], NULL);
        x = i + 1 < count ? neuron_relu(graph, x) : x;
    }
    assert_ok(neuron_graph_finish(graph, sigmoid ? neuron_sigmoid(graph, x) : x));
    return graph;
}

static neuron_trainer_t *trainer_for(neuron_context_t *context, neuron_graph_t *graph,
                                     neuron_optimizer_t *optimizer, const char *loss_name)
{
    neuron_trainer_t *trainer;
    neuron_loss_t *loss;
    assert_ok(neuron_loss_create(&loss, context, loss_name, NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, optimizer, NULL));
    assert_ok(neuron_trainer_set_loss(trainer, loss));
    neuron_loss_unref(loss);
    return trainer;
}

/* ---- Online learning ---- */

/* One example at a time of a line that turns half-way: what is learnt follows it. */
START_TEST(learning_online)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *sgd;
    neuron_graph_t *graph = perceptron(context, 1, (const int64_t[]){2, 1}, 2, false);
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", "learning_rate=0.1"));
    neuron_trainer_t *trainer = trainer_for(context, graph, sgd, "mean_squared_error");
    neuron_tensor_t *x = tensor(context, 1, 2), *y = tensor(context, 1, 1);
    uint32_t state = 1;
    double error[2] = {0, 0};
    for (int step = 0; step < 400; step++) {
        double loss;
        data(x)[0] = draw(&state);
        data(x)[1] = draw(&state);
        data(y)[0] = step < 200 ? data(x)[0] : data(x)[1] - data(x)[0];
        assert_ok(neuron_trainer_step(&loss, trainer, READ(&x), 1, READ(&y), 1, NULL));
        error[0] += step >= 200 && step < 210 ? loss : 0;
        error[1] += step >= 390 ? loss : 0;
    }
    ck_assert_double_gt(error[0], 1);
    ck_assert_double_lt(error[1], 0.01);
    neuron_tensor_unref(x);
    neuron_tensor_unref(y);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* ---- A generator and a discriminator ---- */

enum { NOISE = 4, PAIRS = 32 };

/* Numbers around 3, from noise. */
START_TEST(generating)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *adam;
    assert_ok(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.005, beta_1=0.5"));
    neuron_graph_t *generator = perceptron(context, 2, (const int64_t[]){NOISE, 16, 1}, 3, false);
    neuron_graph_t *judge = perceptron(context, 3, (const int64_t[]){1, 16, 1}, 3, true);
    neuron_trainer_t *of_judge = trainer_for(context, judge, adam, "binary_cross_entropy");
    neuron_trainer_t *of_generator;
    assert_ok(neuron_trainer_create(&of_generator, generator, adam, NULL));
    neuron_tensor_t *noise = tensor(context, PAIRS, NOISE), *made = tensor(context, PAIRS, 1);
    neuron_tensor_t *said = tensor(context, PAIRS, 1), *by_made = tensor(context, PAIRS, 1);
    neuron_tensor_t *both = tensor(context, 2 * PAIRS, 1), *real = tensor(context, 2 * PAIRS, 1);
    uint32_t state = 2;
    double mean = 0;
    for (int step = 0; step < 1500; step++) {
        for (int i = 0; i < PAIRS * NOISE; i++)
            data(noise)[i] = draw(&state);
        assert_ok(neuron_graph_predict(generator, noise, made));
        for (int i = 0; i < PAIRS; i++) {
            data(both)[i] = 3 + draw(&state);
            data(both)[PAIRS + i] = data(made)[i];
            data(real)[i] = 1;
            data(real)[PAIRS + i] = 0;
            mean += step >= 1000 ? (double)data(made)[i] / (500 * PAIRS) : 0;
        }
        assert_ok(neuron_trainer_step(NULL, of_judge, READ(&both), 1, READ(&real), 1, NULL));
        assert_ok(neuron_graph_predict(judge, made, said));
        for (int i = 0; i < PAIRS; i++) /* the gradient of -log(said) */
            data(said)[i] = -1 / (PAIRS * (data(said)[i] + 1e-3f));
        assert_ok(neuron_graph_gradient(judge, READ(&made), 1, READ(&said), 1, &by_made));
        assert_ok(
            neuron_trainer_step_by_gradient(of_generator, READ(&noise), 1, READ(&by_made), 1));
    }
    ck_assert_double_eq_tol(mean, 3, 0.5);
    neuron_tensor_t *all[] = {noise, made, said, by_made, both, real};
    for (int i = 0; i < 6; i++)
        neuron_tensor_unref(all[i]);
    neuron_trainer_unref(of_judge);
    neuron_trainer_unref(of_generator);
    neuron_graph_unref(judge);
    neuron_graph_unref(generator);
    neuron_optimizer_unref(adam);
    neuron_context_unref(context);
}
END_TEST

/* ---- Values of actions ---- */

enum { PLACES = 5, ACTIONS = 2 };

/* Five places in a row, a reward at the right end: going right is worth more everywhere. */
START_TEST(valuing_actions)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *adam;
    assert_ok(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.01"));
    neuron_graph_t *values =
        perceptron(context, 4, (const int64_t[]){PLACES, 16, ACTIONS}, 3, false);
    neuron_trainer_t *trainer = trainer_for(context, values, adam, "huber");
    neuron_tensor_t *from = tensor(context, PLACES * ACTIONS, PLACES);
    neuron_tensor_t *to = tensor(context, PLACES * ACTIONS, PLACES);
    neuron_tensor_t *now = tensor(context, PLACES * ACTIONS, ACTIONS);
    neuron_tensor_t *later = tensor(context, PLACES * ACTIONS, ACTIONS);
    memset(data(from), 0, PLACES * ACTIONS * PLACES * sizeof(float));
    memset(data(to), 0, PLACES * ACTIONS * PLACES * sizeof(float));
    for (int i = 0; i < PLACES * ACTIONS; i++) {
        int place = i / ACTIONS, next = i % ACTIONS ? place + 1 : place - 1;
        next = next < 0 ? 0 : next == PLACES ? PLACES - 1 : next;
        data(from)[i * PLACES + place] = 1;
        data(to)[i * PLACES + next] = 1;
    }
    for (int step = 0; step < 600; step++) {
        assert_ok(neuron_graph_predict(values, from, now));
        assert_ok(neuron_graph_predict(values, to, later));
        for (int i = 0; i < PLACES * ACTIONS; i++) { /* only the action that was taken learns */
            float best = fmaxf(data(later)[i * ACTIONS], data(later)[i * ACTIONS + 1]);
            bool wins = i == PLACES * ACTIONS - 1;
            data(now)[i * ACTIONS + i % ACTIONS] = wins ? 1 : 0.9f * best;
        }
        assert_ok(neuron_trainer_step(NULL, trainer, READ(&from), 1, READ(&now), 1, NULL));
    }
    assert_ok(neuron_graph_predict(values, from, now));
    for (int place = 0; place < PLACES; place++) {
        const float *row = data(now) + place * ACTIONS * ACTIONS;
        ck_assert_float_gt(row[1], row[0]);
        ck_assert_double_eq_tol((double)row[1], pow(0.9, PLACES - 1 - place), 0.1);
    }
    neuron_tensor_t *all[] = {from, to, now, later};
    for (int i = 0; i < 4; i++)
        neuron_tensor_unref(all[i]);
    neuron_trainer_unref(trainer);
    neuron_graph_unref(values);
    neuron_optimizer_unref(adam);
    neuron_context_unref(context);
}
END_TEST

/* ---- Grad-CAM ---- */

enum { SIDE = 12, SPOTS = 32, FILTERS = 6 };

/* A bright square in one half of each image, and which half. */
static void paint(neuron_tensor_t *images, int32_t *halves, uint32_t *state)
{
    for (int i = 0; i < SPOTS; i++) {
        float *image = data(images) + i * SIDE * SIDE;
        int column = (int)((draw(state) + 1) * 1.5f) + (i % 2 ? 7 : 1);
        int row = 1 + (int)((draw(state) + 1) * 3.5f);
        for (int k = 0; k < SIDE * SIDE; k++)
            image[k] = 0.1f * draw(state);
        for (int k = 0; k < 9; k++)
            image[(row + k / 3) * SIDE + column + k % 3] += 1;
        halves[i] = i % 2;
    }
}

static neuron_graph_t *spotter(neuron_context_t *context)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIDE, SIDE, 1}, 3);
    x = neuron_relu(graph, neuron_conv2d(graph, x, FILTERS, 3, 3, "padding=same"));
    x = neuron_dense(graph, neuron_flatten(graph, x), 2, NULL);
    assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    return graph;
}

/* How much each place of the convolution speaks for the class, summed over the two halves. */
static void explain(const float *values, const float *gradients, double halves[2])
{
    double weights[FILTERS] = {0};
    for (int k = 0; k < SIDE * SIDE * FILTERS; k++)
        weights[k % FILTERS] += (double)gradients[k] / (SIDE * SIDE);
    halves[0] = halves[1] = 0;
    for (int k = 0; k < SIDE * SIDE; k++) {
        double sum = 0;
        for (int f = 0; f < FILTERS; f++)
            sum += weights[f] * (double)values[k * FILTERS + f];
        halves[k % SIDE >= SIDE / 2] += sum > 0 ? sum : 0;
    }
}

START_TEST(explaining)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *adam;
    neuron_tensor_t *images, *labels, *features[2];
    neuron_gradient_t *gradient;
    neuron_graph_t *graph = spotter(context), *trunk;
    uint32_t state = 5;
    assert_ok(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.01"));
    assert_ok(neuron_tensor_create(&images, context, NEURON_TYPE_F32,
                                   (const int64_t[]){SPOTS, SIDE, SIDE, 1}, 4));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_I32, (const int64_t[]){SPOTS}, 1));
    for (int i = 0; i < 2; i++)
        assert_ok(neuron_tensor_create(&features[i], context, NEURON_TYPE_F32,
                                       (const int64_t[]){SPOTS, SIDE, SIDE, FILTERS}, 4));
    neuron_trainer_t *trainer = trainer_for(context, graph, adam, "cross_entropy");
    for (int step = 0; step < 200; step++) {
        paint(images, neuron_tensor_data(labels), &state);
        assert_ok(neuron_trainer_step(NULL, trainer, READ(&images), 1, READ(&labels), 1, NULL));
    }
    neuron_tensor_t *classes = tensor(context, SPOTS, 2);
    const int32_t *halves = neuron_tensor_data(labels);
    for (int i = 0; i < SPOTS * 2; i++)
        data(classes)[i] = i % 2 == halves[i / 2] ? 1 : -1;
    neuron_node_t *layer = neuron_graph_find_node(graph, "relu");
    assert_ok(neuron_graph_with_outputs(&trunk, graph, &layer, 1));
    assert_ok(neuron_graph_predict(trunk, images, features[0]));
    assert_ok(neuron_gradient_create(&gradient, graph, NULL));
    assert_ok(neuron_gradient_add(gradient, "relu"));
    assert_ok(neuron_gradient_forward(gradient, READ(&images), 1, NULL, 0));
    assert_ok(neuron_gradient_backward(gradient, READ(&classes), 1, &features[1], 1));
    int right = 0;
    for (int i = 0; i < SPOTS; i++) {
        double speaks[2];
        int64_t at = (int64_t)i * SIDE * SIDE * FILTERS;
        explain(data(features[0]) + at, data(features[1]) + at, speaks);
        right += (speaks[1] > speaks[0]) == halves[i];
    }
    ck_assert_int_ge(right, SPOTS * 9 / 10);
    neuron_tensor_t *all[] = {images, labels, features[0], features[1], classes};
    for (int i = 0; i < 5; i++)
        neuron_tensor_unref(all[i]);
    neuron_gradient_unref(gradient);
    neuron_trainer_unref(trainer);
    neuron_graph_unref(trunk);
    neuron_graph_unref(graph);
    neuron_optimizer_unref(adam);
    neuron_context_unref(context);
}
END_TEST

/* ---- Learning from networks ---- */

enum { LESSONS = 1500 };

static void fit(neuron_graph_t *graph, neuron_optimizer_t *adam, neuron_dataset_t *train)
{
    neuron_trainer_t *trainer;
    assert_ok(neuron_trainer_create(&trainer, graph, adam, train));
    assert_ok(neuron_trainer_set(trainer, "epochs=20, batch_size=32"));
    assert_ok(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
}

static double accuracy_of(const neuron_graph_t *graph, const neuron_dataset_t *dataset)
{
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_graph_evaluate(&evaluation, graph, dataset, NULL, NULL));
    double accuracy = neuron_evaluation_accuracy(evaluation);
    neuron_evaluation_unref(evaluation);
    return accuracy;
}

/* A network that never sees a label learns them from what another says; and a new head on the
 * trunk of that one, which stays as it is. */
START_TEST(distilling_and_transferring)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *adam;
    neuron_dataset_t *train = test_glyphs(context, LESSONS, SIDE), *test, *taught;
    neuron_tensor_t *examples, *said = tensor(context, LESSONS, TEST_CLASSES);
    neuron_graph_t *teacher = test_cnn(context, SIDE), *student = test_mlp(context, SIDE), *other;
    assert_ok(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.01"));
    assert_ok(neuron_dataset_generate_glyphs(&test, context, 300, SIDE, SIDE, 99));
    fit(teacher, adam, train);
    assert_ok(neuron_tensor_create(&examples, context, NEURON_TYPE_F32,
                                   (const int64_t[]){LESSONS, SIDE, SIDE, 1}, 4));
    assert_ok(neuron_dataset_read(data(examples), NULL, train, 0, LESSONS));
    assert_ok(neuron_graph_predict_dataset(teacher, train, said));
    assert_ok(neuron_dataset_create(&taught, context, examples, said, TEST_CLASSES));
    fit(student, adam, taught);
    ck_assert_double_gt(accuracy_of(teacher, test), 0.7);
    ck_assert_double_gt(accuracy_of(student, test), 0.55);

    assert_ok(neuron_graph_create(&other, context));
    neuron_node_t *x = neuron_input(other, (const int64_t[]){SIDE, SIDE, 1}, 3);
    x = neuron_graph_import_part(other, x, teacher, NULL, "max_pool2d", "trunk", "trainable=no");
    x = neuron_dense(other, neuron_flatten(other, x), TEST_CLASSES, NULL);
    assert_ok(neuron_graph_finish(other, neuron_softmax(other, x, NULL)));
    fit(other, adam, train);
    ck_assert_double_gt(accuracy_of(other, test), 0.65);
    float before[36], after[36];
    int64_t kernel = neuron_graph_find_array(teacher, "conv2d.kernel");
    int64_t copy = neuron_graph_find_array(other, "trunk/conv2d.kernel");
    assert_ok(neuron_graph_read_array(before, 36, NULL, teacher, kernel));
    assert_ok(neuron_graph_read_array(after, 36, NULL, other, copy));
    ck_assert(memcmp(before, after, sizeof after) == 0);
    neuron_tensor_unref(examples);
    neuron_tensor_unref(said);
    neuron_graph_t *graphs[] = {teacher, student, other};
    neuron_dataset_t *sets[] = {train, test, taught};
    for (int i = 0; i < 3; i++) {
        neuron_graph_unref(graphs[i]);
        neuron_dataset_unref(sets[i]);
    }
    neuron_optimizer_unref(adam);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("applications");
    TCase *cases = tcase_create("applications");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, learning_online);
    tcase_add_test(cases, generating);
    tcase_add_test(cases, valuing_actions);
    tcase_add_test(cases, explaining);
    tcase_add_test(cases, distilling_and_transferring);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
