/* Grad-CAM: where in a picture a network sees its class (Selvaraju et al., 2017; arXiv 1610.02391).
 * Of each picture one half is an image, and the other an image in disorder. The network learns what
 * is there, and nobody tells it on which side; Grad-CAM does, and shows it for one picture.
 *
 * neuron_graph_with_outputs() takes the scores before the softmax, whose gradients do not vanish
 * where the network is sure, and the last convolution. A neuron_gradient_t gives both, and going
 * back from a score its gradient by the convolution. (A saliency map, the gradient by the input, is
 * one call, neuron_graph_gradient().) */
#include "recipe.h"

#include <string.h>

enum { SIDE = 28, CLASSES = 10, ROWS = 7, COLUMNS = 14, FILTERS = 32, TRAIN = 6000, TEST = 200 };

/* Examples [count, 28, 56, 1]: of every second the image is on the right. */
static void make_pictures(neuron_tensor_t **pictures, neuron_tensor_t **labels,
                          neuron_context_t *context, const char *part, int64_t count)
{
    neuron_dataset_t *from = images(context, "mnist", part, count);
    must(neuron_tensor_create(pictures, context, NEURON_TYPE_F32,
                              (const int64_t[]){count, SIDE, 2 * SIDE, 1}, 4));
    must(neuron_tensor_create(labels, context, NEURON_TYPE_I32, &count, 1));
    float image[SIDE][SIDE], *row = neuron_tensor_data(*pictures);
    for (int64_t i = 0; i < count; i++) {
        int32_t *label = neuron_tensor_data(*labels);
        must(neuron_dataset_read(image[0], label + i, from, i, 1));
        for (int64_t r = 0; r < SIDE; r++, row += 2 * SIDE) {
            memcpy(row + i % 2 * SIDE, image[r], sizeof image[r]);
            memcpy(row + (1 - i % 2) * SIDE, image[r * 11 % SIDE], sizeof image[r]);
        }
    }
    neuron_dataset_unref(from);
}

static neuron_graph_t *learn(neuron_context_t *context, neuron_dataset_t *train)
{
    neuron_graph_t *graph;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIDE, 2 * SIDE, 1}, 3);
    x = neuron_relu(graph, neuron_conv2d(graph, x, 16, 5, 5, "padding=same"));
    x = neuron_max_pool2d(graph, x, 2, 2, NULL);
    x = neuron_relu(graph, neuron_conv2d(graph, x, 32, 3, 3, "padding=same"));
    x = neuron_max_pool2d(graph, x, 2, 2, NULL);
    x = neuron_relu(graph, neuron_conv2d(graph, x, FILTERS, 5, 5, "padding=same"));
    neuron_node_set_name(x, "map");
    x = neuron_dense(graph, neuron_global_max_pool2d(graph, x), CLASSES, NULL);
    neuron_node_set_name(x, "scores");
    must(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    must(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.002"));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set(trainer, "epochs=3"));
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    return graph;
}

/* How much each place speaks for the class: its values, each filter's weighed by its gradient's
 * mean. Returns the side on which it does more: 0 or 1. */
static int explain(float *cam, const float *map, const float *gradient)
{
    float weights[FILTERS] = {0}, sides[2] = {0};
    for (int i = 0; i < ROWS * COLUMNS * FILTERS; i++)
        weights[i % FILTERS] += gradient[i] / (ROWS * COLUMNS);
    for (int place = 0; place < ROWS * COLUMNS; place++) {
        float sum = 0;
        for (int k = 0; k < FILTERS; k++)
            sum += weights[k] * map[place * FILTERS + k];
        cam[place] = sum > 0 ? sum : 0;
        sides[place % COLUMNS >= COLUMNS / 2] += cam[place];
    }
    return sides[1] > sides[0];
}

static void print(const float *cam)
{
    float most = 0;
    for (int i = 0; i < ROWS * COLUMNS; i++)
        most = cam[i] > most ? cam[i] : most;
    for (int i = 0; i < ROWS * COLUMNS; i++)
        printf("%c%s", most > 0 ? " .:-=+*#%@"[(int)(9 * cam[i] / most)] : ' ',
               (i + 1) % COLUMNS ? "" : "|\n");
}

int main(void)
{
    neuron_context_t *context;
    neuron_graph_t *parts;
    neuron_gradient_t *gradient;
    neuron_dataset_t *train;
    neuron_tensor_t *pictures[2], *labels[2], *map, *by_map, *by_scores;
    must(neuron_context_create(&context, NULL));
    make_pictures(&pictures[0], &labels[0], context, "train", TRAIN);
    make_pictures(&pictures[1], &labels[1], context, "t10k", TEST);
    must(neuron_dataset_create(&train, context, pictures[0], labels[0], CLASSES));
    neuron_graph_t *graph = learn(context, train);

    const int64_t of_map[] = {TEST, ROWS, COLUMNS, FILTERS}, of_scores[] = {TEST, CLASSES};
    must(neuron_tensor_create(&map, context, NEURON_TYPE_F32, of_map, 4));
    must(neuron_tensor_create(&by_map, context, NEURON_TYPE_F32, of_map, 4));
    must(neuron_tensor_create(&by_scores, context, NEURON_TYPE_F32, of_scores, 2));
    const int32_t *label = neuron_tensor_data(labels[1]);
    for (int i = 0; i < TEST; i++) /* asked for is the score of the picture's class */
        ((float *)neuron_tensor_data(by_scores))[i * CLASSES + label[i]] = 1;

    neuron_node_t *nodes[] = {neuron_graph_find_node(graph, "map"),
                              neuron_graph_find_node(graph, "scores")};
    must(neuron_graph_with_outputs(&parts, graph, nodes, 2));
    must(neuron_gradient_create(&gradient, parts, NULL));
    must(neuron_gradient_add(gradient, "map"));
    neuron_tensor_t *inputs[] = {pictures[1]}, *by_outputs[] = {NULL, by_scores};
    neuron_tensor_t *outputs[] = {map, NULL};
    must(neuron_gradient_forward(gradient, inputs, 1, outputs, 2));
    must(neuron_gradient_backward(gradient, by_outputs, 2, &by_map, 1));

    int found = 0;
    for (int i = 0; i < TEST; i++) {
        float cam[ROWS * COLUMNS];
        int at = i * ROWS * COLUMNS * FILTERS;
        found += explain(cam, (float *)neuron_tensor_data(map) + at,
                         (float *)neuron_tensor_data(by_map) + at) == i % 2;
        if (i == 0)
            print(cam);
    }
    int status = reached("pictures explained by the right half", (double)found / TEST, 0.9);

    neuron_tensor_t *tensors[] = {pictures[0], pictures[1], labels[0], labels[1],
                                  map,         by_map,      by_scores};
    for (int i = 0; i < 7; i++)
        neuron_tensor_unref(tensors[i]);
    neuron_gradient_unref(gradient);
    neuron_graph_unref(parts);
    neuron_graph_unref(graph);
    neuron_dataset_unref(train);
    neuron_context_unref(context);
    return status;
}
