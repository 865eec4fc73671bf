/* A residual network (He et al., 2015; arXiv 1512.03385) on the colour images of CIFAR-10, or on
 * images that the library draws: each block adds what it computes to what it was given.
 *
 * neuron_add() is the shortcut; where a block halves the image, a convolution of one pixel with the
 * same stride brings the shortcut to the new shape. Batch normalisation has momentum=0.9: with the
 * default of 0.99 its averages, by which predictions go, need 300 steps to settle. */
#include "recipe.h"

/* The first images of a file of the binary version, or as many that the library draws. */
static neuron_dataset_t *load(neuron_context_t *context, const char *file, int64_t count)
{
    char path[4096];
    const char *folder = getenv("NEURON_DATA"), *paths[] = {path};
    neuron_dataset_t *all, *first;
    folder = folder ? folder : "/usr/share/datasets";
    snprintf(path, sizeof path, "%s/cifar-10-batches-bin/%s", folder, file);
    if (neuron_dataset_load_cifar10(&all, context, paths, 1) < 0)
        must(neuron_dataset_generate_glyphs(&all, context, count, 32, 32, file[0] == 't'));
    must(neuron_dataset_subset(&first, all, 0, count));
    neuron_dataset_unref(all);
    return first;
}

static neuron_node_t *convolve(neuron_graph_t *graph, neuron_node_t *x, int64_t filters,
                               int64_t extent, int stride)
{
    x = neuron_conv2d(graph, x, filters, extent, extent, "padding=same, use_bias=no");
    neuron_node_set_number(x, "stride", stride);
    return neuron_batch_norm(graph, x, "momentum=0.9");
}

static neuron_node_t *block(neuron_graph_t *graph, neuron_node_t *x, int64_t filters, int stride)
{
    neuron_node_t *shortcut = stride == 1 ? x : convolve(graph, x, filters, 1, stride);
    x = neuron_relu(graph, convolve(graph, x, filters, 3, stride));
    x = convolve(graph, x, filters, 3, 1);
    return neuron_relu(graph, neuron_add(graph, (neuron_node_t *[]){x, shortcut}, 2));
}

int main(void)
{
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *train = load(context, "data_batch_1.bin", 10000);
    neuron_dataset_t *test = load(context, "test_batch.bin", 1000);
    must(neuron_dataset_shape(shape, &rank, train));

    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, shape, rank);
    x = neuron_relu(graph, convolve(graph, x, 16, 3, 2));
    x = block(graph, x, 16, 1);
    x = block(graph, x, 32, 2);
    x = block(graph, x, 64, 2);
    x = neuron_dense(graph, neuron_global_average_pool2d(graph, x), 10, NULL);
    must(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));

    must(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.003"));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set(trainer, "epochs=4, batch_size=64"));
    must(neuron_trainer_run(NULL, trainer));
    int status = reached("accuracy", accuracy(graph, test), 0.4);

    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(graph);
    neuron_dataset_unref(train);
    neuron_dataset_unref(test);
    neuron_context_unref(context);
    return status;
}
