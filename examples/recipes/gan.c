/* A generative adversarial network (Goodfellow et al., 2014; arXiv 1406.2661): a generator makes
 * points in the plane out of random numbers, until a discriminator cannot tell them from points
 * that lie around the eight corners of an octagon.
 *
 * Two trainers without datasets. The discriminator learns from real and made points by
 * neuron_trainer_step(). The generator learns through it: neuron_graph_gradient() says how the made
 * points should move to be taken for real, and neuron_trainer_step_by_gradient() takes that on. */
#include "recipe.h"

#include <math.h>

enum { NOISE = 8, BATCH = 128, STEPS = 6000, CORNERS = 8 };

static float uniform(void)
{
    static uint32_t state = 1;
    state = state * 1664525 + 1013904223;
    return (float)(state >> 8) / (1 << 24);
}

/* Nearly normal, with mean 0 and deviation 1. */
static float normal(void)
{
    float sum = -6;
    for (int i = 0; i < 12; i++)
        sum += uniform();
    return sum;
}

static neuron_graph_t *build(neuron_context_t *context, int64_t inputs, int64_t outputs)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, &inputs, 1);
    x = neuron_leaky_relu(graph, neuron_dense(graph, x, 64, NULL), 0.2);
    x = neuron_leaky_relu(graph, neuron_dense(graph, x, 64, NULL), 0.2);
    x = neuron_dense(graph, x, outputs, NULL);
    must(neuron_graph_finish(graph, outputs == 1 ? neuron_sigmoid(graph, x) : x));
    return graph;
}

static neuron_tensor_t *tensor(neuron_context_t *context, int64_t rows, int64_t columns)
{
    neuron_tensor_t *made;
    must(
        neuron_tensor_create(&made, context, NEURON_TYPE_F32, (const int64_t[]){rows, columns}, 2));
    return made;
}

/* The share of points near a corner, if near each corner there are some; else 0. */
static double judge(const float *points)
{
    int at[CORNERS] = {0}, near = 0;
    for (int i = 0; i < BATCH; i++)
        for (int k = 0; k < CORNERS; k++) {
            double x = points[2 * i] - 2 * cos(k * 0.785398),
                   y = points[2 * i + 1] - 2 * sin(k * 0.785398);
            if (hypot(x, y) < 0.5) {
                at[k]++;
                near++;
            }
        }
    for (int k = 0; k < CORNERS; k++)
        printf("corner %d: %d points\n", k, at[k]);
    for (int k = 0; k < CORNERS; k++)
        if (at[k] == 0)
            return 0;
    return (double)near / BATCH;
}

int main(void)
{
    neuron_context_t *context;
    neuron_optimizer_t *adam;
    neuron_loss_t *loss;
    neuron_trainer_t *of_generator, *of_discriminator;
    must(neuron_context_create(&context, NULL));
    must(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.001, beta_1=0.5"));
    must(neuron_loss_create(&loss, context, "binary_cross_entropy", NULL));
    neuron_graph_t *generator = build(context, NOISE, 2), *discriminator = build(context, 2, 1);
    must(neuron_trainer_create(&of_generator, generator, adam, NULL));
    must(neuron_trainer_create(&of_discriminator, discriminator, adam, NULL));
    must(neuron_trainer_set_loss(of_discriminator, loss));

    neuron_tensor_t *noise = tensor(context, BATCH, NOISE), *made = tensor(context, BATCH, 2);
    neuron_tensor_t *both = tensor(context, 2 * BATCH, 2), *real = tensor(context, 2 * BATCH, 1);
    neuron_tensor_t *said = tensor(context, BATCH, 1), *by_made = tensor(context, BATCH, 2);
    neuron_tensor_t *noises[] = {noise}, *points[] = {both}, *answers[] = {real};
    neuron_tensor_t *fakes[] = {made}, *by_said[] = {said}, *moves[] = {by_made};
    float *z = neuron_tensor_data(noise), *point = neuron_tensor_data(both);
    float *answer = neuron_tensor_data(real), *p = neuron_tensor_data(said);
    const float *fake = neuron_tensor_data(made);
    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < BATCH * NOISE; i++)
            z[i] = normal();
        must(neuron_graph_predict(generator, noise, made));
        for (int i = 0; i < BATCH; i++) {
            double angle = floor(uniform() * CORNERS) * 0.785398;
            point[2 * i] = (float)(2 * cos(angle)) + 0.1f * normal();
            point[2 * i + 1] = (float)(2 * sin(angle)) + 0.1f * normal();
            answer[i] = 1;
        }
        for (int i = 0; i < 2 * BATCH; i++)
            point[2 * BATCH + i] = fake[i];
        must(neuron_trainer_step(NULL, of_discriminator, points, 1, answers, 1, NULL));

        must(neuron_graph_predict(discriminator, made, said));
        for (int i = 0; i < BATCH; i++) /* the gradient of -log(p), the mean over the batch */
            p[i] = -1 / (BATCH * fmaxf(p[i], 1e-6f));
        must(neuron_graph_gradient(discriminator, fakes, 1, by_said, 1, &by_made));
        must(neuron_trainer_step_by_gradient(of_generator, noises, 1, moves, 1));
    }
    int status = reached("points near a corner", judge(fake), 0.7);

    neuron_tensor_t *tensors[] = {noise, made, both, real, said, by_made};
    for (int i = 0; i < 6; i++)
        neuron_tensor_unref(tensors[i]);
    neuron_trainer_unref(of_generator);
    neuron_trainer_unref(of_discriminator);
    neuron_graph_unref(generator);
    neuron_graph_unref(discriminator);
    neuron_loss_unref(loss);
    neuron_optimizer_unref(adam);
    neuron_context_unref(context);
    return status;
}
