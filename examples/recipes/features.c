/* Feature extraction: what a hidden layer makes of an image, as numbers for another program; here
 * to find images that look alike, of kinds that the network has never seen.
 *
 * neuron_graph_with_outputs() makes a graph that puts out any layer of a finished one, and
 * neuron_graph_predict_dataset() predicts all of a dataset with it. */
#include "recipe.h"

#include <math.h>

enum { WIDTH = 32, SHOWN = 500 };

/* A network of all kinds of images; those of which it is given none come as a surprise to it. */
static neuron_graph_t *learn(neuron_context_t *context, neuron_dataset_t *train)
{
    neuron_graph_t *graph;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){28, 28, 1}, 3);
    x = neuron_relu(graph, neuron_conv2d(graph, x, 16, 3, 3, NULL));
    x = neuron_max_pool2d(graph, x, 2, 2, NULL);
    x = neuron_relu(graph, neuron_conv2d(graph, x, 32, 3, 3, NULL));
    x = neuron_flatten(graph, neuron_max_pool2d(graph, x, 2, 2, NULL));
    x = neuron_tanh(graph, neuron_dense(graph, x, WIDTH, NULL));
    neuron_node_set_name(x, "features");
    must(neuron_graph_finish(graph, neuron_softmax(graph, neuron_dense(graph, x, 10, NULL), NULL)));
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set(trainer, "epochs=3"));
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    return graph;
}

/* Which of the images is nearest to one of them. */
static int nearest(const float *features, int image)
{
    int best = -1;
    float least = INFINITY;
    for (int i = 0; i < SHOWN; i++) {
        float distance = 0;
        for (int k = 0; k < WIDTH; k++) {
            float difference = features[i * WIDTH + k] - features[image * WIDTH + k];
            distance += difference * difference;
        }
        if (i != image && distance < least) {
            least = distance;
            best = i;
        }
    }
    return best;
}

int main(void)
{
    static float numbers[SHOWN * WIDTH];
    int32_t kinds[SHOWN];
    neuron_context_t *context;
    neuron_dataset_t *train, *unseen, *shown;
    neuron_graph_t *features;
    neuron_tensor_t *output;
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *all = images(context, "mnist", "train", 10000);
    must(neuron_dataset_filter(&train, all, (const int32_t[]){0, 1, 2, 3, 4, 5, 6}, 7));
    must(neuron_dataset_filter(&unseen, all, (const int32_t[]){7, 8, 9}, 3));
    must(neuron_dataset_subset(&shown, unseen, 0, SHOWN));
    neuron_graph_t *graph = learn(context, train);

    neuron_node_t *layer = neuron_graph_find_node(graph, "features");
    must(neuron_graph_with_outputs(&features, graph, &layer, 1));
    must(neuron_tensor_wrap(&output, context, NEURON_TYPE_F32, (const int64_t[]){SHOWN, WIDTH}, 2,
                            numbers));
    must(neuron_graph_predict_dataset(features, shown, output));

    int same = 0;
    must(neuron_dataset_read(NULL, kinds, shown, 0, SHOWN));
    for (int i = 0; i < SHOWN; i++)
        same += kinds[nearest(numbers, i)] == kinds[i];
    int status = reached("nearest image is of the same unseen kind", (double)same / SHOWN, 0.8);

    neuron_tensor_unref(output);
    neuron_graph_unref(features);
    neuron_graph_unref(graph);
    neuron_dataset_t *sets[] = {all, train, unseen, shown};
    for (int i = 0; i < 4; i++)
        neuron_dataset_unref(sets[i]);
    neuron_context_unref(context);
    return status;
}
