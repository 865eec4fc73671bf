/* Feature extraction: what a hidden layer makes of an image, as numbers for something else; here to
 * find the most similar of many images, with a twentieth of the numbers and better than by pixels.
 *
 * neuron_graph_with_outputs() makes a graph that puts out any layer of a finished one, and
 * neuron_graph_predict_dataset() predicts all of a dataset with it. */
#include "recipe.h"

#include <math.h>

enum { PIXELS = 28 * 28, FEATURES = 40, SHOWN = 1000 };

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
    x = neuron_tanh(graph, neuron_dense(graph, x, FEATURES, NULL));
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

/* The share of images to which the nearest one, by `width` numbers of each, is of the same kind. */
static double found(const float *numbers, int width, const int32_t *kinds)
{
    int same = 0;
    for (int i = 0; i < SHOWN; i++) {
        int nearest = 0;
        float least = INFINITY;
        for (int j = 0; j < SHOWN; j++) {
            float distance = 0;
            for (int k = 0; k < width; k++) {
                float difference = numbers[i * width + k] - numbers[j * width + k];
                distance += difference * difference;
            }
            if (j != i && distance < least) {
                least = distance;
                nearest = j;
            }
        }
        same += kinds[nearest] == kinds[i];
    }
    return (double)same / SHOWN;
}

int main(void)
{
    static float pixels[SHOWN * PIXELS], numbers[SHOWN * FEATURES];
    int32_t kinds[SHOWN];
    neuron_context_t *context;
    neuron_graph_t *features;
    neuron_tensor_t *output;
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *train = images(context, "fashion-mnist", "train", 10000);
    neuron_dataset_t *shown = images(context, "fashion-mnist", "t10k", SHOWN);
    neuron_graph_t *graph = learn(context, train);

    neuron_node_t *layer = neuron_graph_find_node(graph, "features");
    must(neuron_graph_with_outputs(&features, graph, &layer, 1));
    must(neuron_tensor_wrap(&output, context, NEURON_TYPE_F32, (const int64_t[]){SHOWN, FEATURES},
                            2, numbers));
    must(neuron_graph_predict_dataset(features, shown, output));
    must(neuron_dataset_read(pixels, kinds, shown, 0, SHOWN));
    double by_pixels = found(pixels, PIXELS, kinds), by_features = found(numbers, FEATURES, kinds);
    printf("nearest image of the same kind: by pixels %.4f, by features %.4f\n", by_pixels,
           by_features);
    int status = reached("gained by features", by_features - by_pixels, 0.02);

    neuron_tensor_unref(output);
    neuron_graph_unref(features);
    neuron_graph_unref(graph);
    neuron_dataset_unref(train);
    neuron_dataset_unref(shown);
    neuron_context_unref(context);
    return status;
}
