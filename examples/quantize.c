/* Quantises a trained network: dense layers and convolutions then multiply bytes, and the file
 * takes about a quarter of the room.
 *
 *     cc quantize.c -o quantize $(pkg-config --cflags --libs libneuron)
 *     ./quantize model.safetensors small.safetensors fashion-mnist
 *
 * The first file is a model of images of 28x28 pixels, as quick_start.c and committee.c save
 * one; the second is written. The folder has the four files of MNIST, Fashion-MNIST or K-MNIST
 * (train-images-idx3-ubyte.gz and so on). Without it the program draws images, and without a
 * model either it trains a small network on them first: "./quantize" alone shows the whole. It
 * prints for each way to find ranges how often the quantised network is right, and what its
 * outputs differ. */
#include <libneuron/libneuron.h>

#include <stdio.h>
#include <stdlib.h>

enum { IMAGES = 1000, CLASSES = 10 };

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

/* `part` is "train" or "t10k", as these files are called. */
static neuron_dataset_t *load(neuron_context_t *context, const char *folder, const char *part,
                              int64_t drawn, uint64_t seed)
{
    neuron_dataset_t *dataset;
    char images[4096], labels[4096];
    if (!folder) {
        must(neuron_dataset_generate_glyphs(&dataset, context, drawn, 28, 28, seed));
        return dataset;
    }
    snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte.gz", folder, part);
    snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte.gz", folder, part);
    must(neuron_dataset_load_idx(&dataset, context, images, labels, CLASSES));
    return dataset;
}

/* A network to begin with, for those who have none. */
static neuron_graph_t *train_one(neuron_context_t *context, neuron_dataset_t *train)
{
    neuron_graph_t *graph;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){28, 28, 1}, 3);
    x = neuron_relu(graph, neuron_batch_norm(graph, neuron_conv2d(graph, x, 16, 3, 3, NULL), NULL));
    x = neuron_max_pool2d(graph, x, 2, 2, NULL);
    x = neuron_relu(graph, neuron_dense(graph, neuron_flatten(graph, x), 64, NULL));
    must(neuron_graph_finish(graph,
                             neuron_softmax(graph, neuron_dense(graph, x, CLASSES, NULL), NULL)));
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set(trainer, "epochs=3"));
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    return graph;
}

static double accuracy(const neuron_graph_t *graph, const neuron_dataset_t *test)
{
    neuron_evaluation_t *evaluation;
    must(neuron_graph_evaluate(&evaluation, graph, test, NULL, NULL));
    double result = neuron_evaluation_accuracy(evaluation);
    neuron_evaluation_unref(evaluation);
    return result;
}

/* The first images of a dataset, as a network sees them, and what it makes of them. */
static neuron_tensor_t *predict(neuron_context_t *context, const neuron_graph_t *graph,
                                const neuron_dataset_t *test)
{
    neuron_tensor_t *images, *outputs;
    int64_t shape[NEURON_RANK_MAX + 1] = {IMAGES};
    int32_t rank;
    must(neuron_graph_input_shape(shape + 1, &rank, graph));
    must(neuron_tensor_create(&images, context, NEURON_TYPE_F32, shape, rank + 1));
    must(neuron_tensor_create(&outputs, context, NEURON_TYPE_F32,
                              (const int64_t[]){IMAGES, CLASSES}, 2));
    must(neuron_dataset_read(neuron_tensor_data(images), NULL, test, 0, IMAGES));
    must(neuron_graph_predict(graph, images, outputs));
    neuron_tensor_unref(images);
    return outputs;
}

static float largest_difference(const neuron_tensor_t *a, const neuron_tensor_t *b)
{
    const float *first = neuron_tensor_data_const(a), *second = neuron_tensor_data_const(b);
    float largest = 0;
    for (int i = 0; i < IMAGES * CLASSES; i++) {
        float difference = first[i] > second[i] ? first[i] - second[i] : second[i] - first[i];
        largest = difference > largest ? difference : largest;
    }
    return largest;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *options;
        const char *name;
    } ranges[] = {{"range=min_max", "smallest to largest"},
                  {"range=percentile", "percentiles"},
                  {"range=mse", "smallest error"}};
    if (argc == 2 || argc > 4 || (argc > 1 && argv[1][0] == '-')) {
        fprintf(stderr, "usage: %s [MODEL QUANTIZED [FOLDER]]\n", argv[0]);
        return 2;
    }
    neuron_context_t *context;
    neuron_graph_t *graph, *quantized = NULL;
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *train = load(context, argc > 3 ? argv[3] : NULL, "train", 6000, 1);
    neuron_dataset_t *test = load(context, argc > 3 ? argv[3] : NULL, "t10k", IMAGES, 2);
    if (argc > 1)
        must(neuron_graph_load(&graph, context, argv[1]));
    else
        graph = train_one(context, train);
    neuron_tensor_t *exact = predict(context, graph, test);
    printf("%-20s  accuracy %.4f\n", "float32", accuracy(graph, test));

    for (int i = 0; i < 3; i++) {
        neuron_graph_unref(quantized);
        must(neuron_graph_quantize(&quantized, graph, train, ranges[i].options));
        neuron_tensor_t *outputs = predict(context, quantized, test);
        printf("%-20s  accuracy %.4f, probabilities differ by %.4f at most\n", ranges[i].name,
               accuracy(quantized, test), (double)largest_difference(exact, outputs));
        neuron_tensor_unref(outputs);
    }
    if (argc > 2)
        must(neuron_graph_save(quantized, argv[2]));
    neuron_tensor_unref(exact);
    neuron_graph_unref(quantized);
    neuron_graph_unref(graph);
    neuron_dataset_unref(test);
    neuron_dataset_unref(train);
    neuron_context_unref(context);
    return 0;
}
