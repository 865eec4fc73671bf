/* A layer of one's own: snake, x + sin(a x)^2 / a, with an `a` for each unit that is trained (Ziyin
 * et al., NeurIPS 2020; arXiv 2006.08195).
 *
 *     cc custom_layer.c -o custom_layer $(pkg-config --cflags --libs libneuron) -lm
 *     ./custom_layer model.safetensors fashion-mnist
 *
 * The folder has the four files of MNIST, Fashion-MNIST or K-MNIST (train-images-idx3-ubyte.gz and
 * so on). Without one, the program learns from images that the library draws. It prints the test
 * accuracy, what became of `a`, and the accuracy once more after saving and loading. */
#include <libneuron/libneuron.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

/* Forward: the whole batch in one call, example after example. Returns 0 to go on. */
static int snake(neuron_custom_run_t *run, void *user_data)
{
    const float *x = neuron_custom_run_input(run, 0);
    const float *a = neuron_custom_run_array(run, 0);
    float *y = neuron_custom_run_output(run);
    int64_t units = neuron_custom_run_array_size(run, 0);
    int64_t count = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    (void)user_data;
    for (int64_t i = 0; i < count; i++) {
        float s = sinf(a[i % units] * x[i]);
        y[i] = x[i] + s * s / a[i % units];
    }
    return 0;
}

/* Backward: gradients of the loss by x and by a, from that by y. Either is NULL if nobody needs it.
 *     dy/dx = 1 + sin(2 a x)         dy/da = (a x sin(2 a x) - sin(a x)^2) / a^2 */
static int snake_backward(neuron_custom_run_t *run, void *user_data)
{
    const float *x = neuron_custom_run_input(run, 0);
    const float *a = neuron_custom_run_array(run, 0);
    const float *dy = neuron_custom_run_output_gradient(run);
    float *dx = neuron_custom_run_input_gradient(run, 0);
    float *da = neuron_custom_run_array_gradient(run, 0);
    int64_t units = neuron_custom_run_array_size(run, 0);
    int64_t count = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    (void)user_data;
    for (int64_t k = 0; da && k < units; k++)
        da[k] = 0;
    for (int64_t i = 0; i < count; i++) {
        int64_t k = i % units;
        float s = sinf(a[k] * x[i]), slope = sinf(2 * a[k] * x[i]);
        if (dx)
            dx[i] = dy[i] * (1 + slope);
        if (da)
            da[k] += dy[i] * (a[k] * x[i] * slope - s * s) / (a[k] * a[k]);
    }
    return 0;
}

/* A builder, used like those of the library. The array `a` starts as 1 everywhere. */
static neuron_node_t *add_snake(neuron_graph_t *graph, neuron_node_t *x, int64_t units)
{
    neuron_node_t *node = neuron_custom_layer(graph, "snake", &x, 1, NULL, 0);
    must(neuron_custom_layer_add_array(node, "a", &units, 1, "ones", 0, 1));
    return node;
}

/* `part` is "train" or "t10k", as these files are called. */
static neuron_dataset_t *load(neuron_context_t *context, const char *folder, const char *part,
                              int64_t drawn, uint64_t seed)
{
    neuron_dataset_t *dataset;
    char images[4096], labels[4096];
    if (!folder) {
        must(neuron_dataset_generate_glyphs(&dataset, context, drawn, 28, 28, seed));
    } else {
        snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte.gz", folder, part);
        snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte.gz", folder, part);
        must(neuron_dataset_load_idx(&dataset, context, images, labels, 10));
    }
    return dataset;
}

static void print_accuracy(const char *what, neuron_graph_t *graph, neuron_dataset_t *test)
{
    neuron_evaluation_t *evaluation;
    must(neuron_graph_evaluate(&evaluation, graph, test, NULL, NULL));
    printf("%s: test accuracy %.4f\n", what, neuron_evaluation_accuracy(evaluation));
    neuron_evaluation_unref(evaluation);
}

int main(int argc, char **argv)
{
    enum { UNITS = 64 };
    if (argc < 2 || argc > 3 || argv[1][0] == '-') {
        fprintf(stderr, "usage: %s MODEL [FOLDER]\n", argv[0]);
        return 2;
    }
    const char *folder = argc == 3 ? argv[2] : NULL;
    neuron_context_t *context;
    must(neuron_context_create(&context, NULL));
    /* Once for a context, before it builds or loads a graph with such a layer. */
    must(neuron_custom_layer_register(context, "snake", snake, snake_backward, NULL, NULL, NULL));
    neuron_dataset_t *train = load(context, folder, "train", 6000, 1);
    neuron_dataset_t *test = load(context, folder, "t10k", 1000, 2);

    neuron_graph_t *graph, *loaded;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_flatten(graph, neuron_input(graph, (const int64_t[]){28, 28, 1}, 3));
    x = add_snake(graph, neuron_dense(graph, x, UNITS, NULL), UNITS);
    must(neuron_graph_finish(graph, neuron_softmax(graph, neuron_dense(graph, x, 10, NULL), NULL)));

    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set(trainer, "epochs=5"));
    must(neuron_trainer_run(NULL, trainer));
    print_accuracy("trained", graph, test);

    float a[UNITS], low = INFINITY, high = -INFINITY;
    must(neuron_graph_read_array(a, UNITS, NULL, graph, 2)); /* behind the kernel and the bias */
    for (int k = 0; k < UNITS; k++) {
        low = fminf(low, a[k]);
        high = fmaxf(high, a[k]);
    }
    printf("%s: %.3f to %.3f\n", neuron_graph_array_name(graph, 2), low, high);

    must(neuron_graph_save(graph, argv[1]));
    must(neuron_graph_load(&loaded, context, argv[1]));
    print_accuracy("loaded", loaded, test);

    neuron_graph_unref(loaded);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(graph);
    neuron_dataset_unref(test);
    neuron_dataset_unref(train);
    neuron_context_unref(context);
    return EXIT_SUCCESS;
}
