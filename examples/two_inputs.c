/* Two inputs and two outputs: of two images, whether they show the same kind of thing, and which
 * kind the first is.
 *
 *     cc two_inputs.c -o two_inputs $(pkg-config --cflags --libs libneuron)
 *     ./two_inputs mnist
 *
 * The folder has the four files of MNIST, Fashion-MNIST or K-MNIST. Without one, the program learns
 * from images that the library draws. It makes pairs at random, half of them of one kind, trains on
 * them, and prints the accuracies of both outputs on the way and for pairs of test images. */
#include <libneuron/libneuron.h>

#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 28, KINDS = 10, PAIRS = 32000, TEST_PAIRS = 2560 };

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

static neuron_dataset_t *load(neuron_context_t *context, const char *folder, const char *part,
                              int64_t drawn, uint64_t seed)
{
    neuron_dataset_t *images;
    char from[4096], labels[4096];
    if (!folder) {
        must(neuron_dataset_generate_glyphs(&images, context, drawn, SIDE, SIDE, seed));
    } else {
        snprintf(from, sizeof from, "%s/%s-images-idx3-ubyte.gz", folder, part);
        snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte.gz", folder, part);
        must(neuron_dataset_load_idx(&images, context, from, labels, KINDS));
    }
    return images;
}

/* A number from 0 to below `end`. */
static int64_t draw(uint64_t *state, int64_t end)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((*state >> 33) % (uint64_t)end);
}

/* Which images make pairs, and whether both are of one kind: of every second they are. */
static void draw_pairs(int64_t *left, int64_t *right, float *same, int64_t count,
                       const neuron_dataset_t *images, uint64_t state)
{
    int64_t all = neuron_dataset_count(images);
    int32_t *kinds = malloc((size_t)all * sizeof *kinds);
    if (!kinds)
        exit(EXIT_FAILURE);
    must(neuron_dataset_read(NULL, kinds, images, 0, all));
    for (int64_t i = 0; i < count; i++) {
        left[i] = draw(&state, all);
        do
            right[i] = draw(&state, all);
        while (i % 2 && kinds[left[i]] != kinds[right[i]]);
        same[i] = kinds[left[i]] == kinds[right[i]];
    }
    free(kinds);
}

/* Pairs of images: both are inputs, the targets 1 for one kind or 0, and the kind of the left. */
static neuron_dataset_t *make_pairs(neuron_context_t *context, neuron_dataset_t *images,
                                    int64_t count, uint64_t seed)
{
    neuron_tensor_t *numbers;
    neuron_dataset_t *left, *right, *same, *pairs;
    int64_t *chosen = malloc((size_t)count * 2 * sizeof *chosen);
    if (!chosen)
        exit(EXIT_FAILURE);
    must(neuron_tensor_create(&numbers, context, NEURON_TYPE_F32, (const int64_t[]){count, 1}, 2));
    draw_pairs(chosen, chosen + count, neuron_tensor_data(numbers), count, images, seed);
    must(neuron_dataset_select(&left, images, chosen, count));
    must(neuron_dataset_select(&right, images, chosen + count, count));
    must(neuron_dataset_create_with_targets(&same, context, numbers, numbers));
    must(neuron_dataset_zip(&pairs, (neuron_dataset_t *[]){left, right}, 2,
                            (neuron_dataset_t *[]){same, left}, 2));
    free(chosen);
    neuron_tensor_unref(numbers);
    neuron_dataset_unref(left);
    neuron_dataset_unref(right);
    neuron_dataset_unref(same);
    return pairs;
}

/*  left  --> convolution --> dense --> softmax: kind
 *                               \
 *                                concat --> dense --> sigmoid: same
 *                               /
 *  right --> convolution --> dense                                  */
static neuron_node_t *describe(neuron_graph_t *graph, neuron_node_t *image)
{
    neuron_node_t *c = neuron_relu(graph, neuron_conv2d(graph, image, 16, 3, 3, NULL));
    c = neuron_flatten(graph, neuron_max_pool2d(graph, c, 2, 2, NULL));
    return neuron_relu(graph, neuron_dense(graph, c, 64, NULL));
}

static neuron_graph_t *build(neuron_context_t *context)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *left = neuron_input(graph, (const int64_t[]){SIDE, SIDE, 1}, 3);
    neuron_node_t *right = neuron_input(graph, (const int64_t[]){SIDE, SIDE, 1}, 3);
    neuron_node_set_name(left, "left");
    neuron_node_set_name(right, "right");
    neuron_node_t *two[] = {describe(graph, left), describe(graph, right)};
    neuron_node_t *kind = neuron_softmax(graph, neuron_dense(graph, two[0], KINDS, NULL), NULL);
    neuron_node_t *joined = neuron_concat(graph, two, 2, NULL);
    neuron_node_t *h = neuron_relu(graph, neuron_dense(graph, joined, 64, NULL));
    neuron_node_t *same = neuron_sigmoid(graph, neuron_dense(graph, h, 1, NULL));
    neuron_node_set_name(same, "same");
    neuron_node_set_name(kind, "kind");
    must(neuron_graph_finish_many(graph, (neuron_node_t *[]){same, kind}, 2));
    return graph;
}

static void fit(neuron_context_t *context, neuron_graph_t *graph, neuron_dataset_t *pairs)
{
    neuron_optimizer_t *adam;
    neuron_loss_t *binary;
    neuron_trainer_t *trainer;
    neuron_history_t *history;
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_loss_create(&binary, context, "binary_cross_entropy", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, pairs));
    must(neuron_trainer_set(trainer, "epochs=3, batch_size=64"));
    must(neuron_trainer_set_output_loss(trainer, 0, binary, 1)); /* output 1 has cross-entropy */
    must(neuron_trainer_run(&history, trainer));
    for (int64_t epoch = 0; epoch < neuron_history_epochs(history); epoch++) {
        printf("epoch %d:", (int)epoch + 1);
        for (int64_t k = 0; k < neuron_history_output_count(history); k++) {
            double accuracy;
            must(neuron_history_output_value(&accuracy, history, epoch, k, "accuracy"));
            printf(" %s %.4f", neuron_history_output_name(history, k), accuracy);
        }
        printf("\n");
    }
    neuron_history_unref(history);
    neuron_trainer_unref(trainer);
    neuron_loss_unref(binary);
    neuron_optimizer_unref(adam);
}

static double accuracy(const neuron_graph_t *graph, const neuron_dataset_t *pairs,
                       const char *output)
{
    neuron_evaluation_t *evaluation;
    must(neuron_graph_evaluate(&evaluation, graph, pairs, NULL, output));
    double share = neuron_evaluation_accuracy(evaluation);
    neuron_evaluation_unref(evaluation);
    return share;
}

int main(int argc, char **argv)
{
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        fprintf(stderr, "usage: %s [FOLDER]\n", argv[0]);
        return 2;
    }
    const char *folder = argc == 2 ? argv[1] : NULL;
    neuron_context_t *context;
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *images = load(context, folder, "train", 6000, 1),
                     *kept = load(context, folder, "t10k", 1000, 2);
    neuron_dataset_t *train = make_pairs(context, images, PAIRS, 1),
                     *test = make_pairs(context, kept, TEST_PAIRS, 2);
    neuron_graph_t *graph = build(context);
    fit(context, graph, train);
    printf("test accuracy: same or not %.4f, kind %.4f\n", accuracy(graph, test, "output=0"),
           accuracy(graph, test, "output=1"));
    neuron_graph_unref(graph);
    neuron_dataset_unref(train);
    neuron_dataset_unref(test);
    neuron_dataset_unref(images);
    neuron_dataset_unref(kept);
    neuron_context_unref(context);
    return EXIT_SUCCESS;
}
