/* Two inputs and two outputs: of two images, whether they show the same kind of thing, and which
 * kind the first is.
 *
 *     cc two_inputs.c -o two_inputs $(pkg-config --cflags --libs libneuron)
 *     ./two_inputs mnist
 *
 * The folder has the four files of MNIST, Fashion-MNIST or K-MNIST. Without one, the program learns
 * from images that the library draws. It makes pairs at random, half of them of one kind, trains a
 * step at a time on batches of them, and prints the loss on the way and the accuracies for pairs of
 * test images. */
#include <libneuron/libneuron.h>

#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, BATCH = 64, STEPS = 1500, KINDS = 10 };

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

/* Images and their classes in memory. */
typedef struct images {
    int64_t count;
    float *pixels;
    int32_t *kinds;
} images;

static images load(neuron_context_t *context, const char *folder, const char *part, int64_t drawn,
                   uint64_t seed)
{
    neuron_dataset_t *dataset;
    char from[4096], labels[4096];
    if (!folder) {
        must(neuron_dataset_generate_glyphs(&dataset, context, drawn, SIDE, SIDE, seed));
    } else {
        snprintf(from, sizeof from, "%s/%s-images-idx3-ubyte.gz", folder, part);
        snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte.gz", folder, part);
        must(neuron_dataset_load_idx(&dataset, context, from, labels, KINDS));
    }
    images all = {.count = neuron_dataset_count(dataset)};
    all.pixels = malloc((size_t)all.count * PIXELS * sizeof *all.pixels);
    all.kinds = malloc((size_t)all.count * sizeof *all.kinds);
    if (!all.pixels || !all.kinds)
        exit(EXIT_FAILURE);
    must(neuron_dataset_read(all.pixels, all.kinds, dataset, 0, all.count));
    neuron_dataset_unref(dataset);
    return all;
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
    must(neuron_graph_finish_many(graph, (neuron_node_t *[]){same, kind}, 2));
    return graph;
}

/* A batch of pairs. */
typedef struct pairs {
    neuron_tensor_t *inputs[2];  /* left and right */
    neuron_tensor_t *targets[2]; /* whether they are the same, 0 or 1, and the kind of the left */
} pairs;

static pairs make_pairs(neuron_context_t *context)
{
    pairs p;
    for (int i = 0; i < 2; i++) {
        must(neuron_tensor_create(&p.inputs[i], context, NEURON_TYPE_F32,
                                  (const int64_t[]){BATCH, SIDE, SIDE, 1}, 4));
        must(neuron_tensor_create(&p.targets[i], context, NEURON_TYPE_I32, (const int64_t[]){BATCH},
                                  1));
    }
    return p;
}

static void drop_pairs(pairs *p)
{
    for (int i = 0; i < 2; i++) {
        neuron_tensor_unref(p->inputs[i]);
        neuron_tensor_unref(p->targets[i]);
    }
}

/* A number from 0 to below `end`. */
static int64_t draw(uint64_t *state, int64_t end)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((*state >> 33) % (uint64_t)end);
}

static void fill(pairs *p, const images *from, uint64_t *state)
{
    int32_t *same = neuron_tensor_data(p->targets[0]), *kinds = neuron_tensor_data(p->targets[1]);
    for (int64_t i = 0; i < BATCH; i++) {
        int64_t pair[2] = {draw(state, from->count), draw(state, from->count)};
        while (i % 2 && from->kinds[pair[0]] != from->kinds[pair[1]])
            pair[1] = draw(state, from->count);
        for (int side = 0; side < 2; side++) {
            float *to = (float *)neuron_tensor_data(p->inputs[side]) + i * PIXELS;
            for (int k = 0; k < PIXELS; k++)
                to[k] = from->pixels[pair[side] * PIXELS + k];
        }
        kinds[i] = from->kinds[pair[0]];
        same[i] = kinds[i] == from->kinds[pair[1]];
    }
}

static void fit(neuron_context_t *context, neuron_graph_t *graph, const images *train)
{
    neuron_optimizer_t *adam;
    neuron_loss_t *binary;
    neuron_trainer_t *trainer;
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_loss_create(&binary, context, "binary_cross_entropy", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, NULL));
    must(neuron_trainer_set_output_loss(trainer, 0, binary, 1)); /* output 1 has cross-entropy */
    pairs batch = make_pairs(context);
    uint64_t state = 1;
    double sum = 0;
    for (int step = 1; step <= STEPS; step++) {
        double loss;
        fill(&batch, train, &state);
        must(neuron_trainer_step(&loss, trainer, (const neuron_tensor_t *const *)batch.inputs, 2,
                                 (const neuron_tensor_t *const *)batch.targets, 2, NULL));
        sum += loss;
        if (step % 250 == 0) {
            printf("step %4d: loss %.4f\n", step, sum / 250);
            sum = 0;
        }
    }
    drop_pairs(&batch);
    neuron_trainer_unref(trainer);
    neuron_loss_unref(binary);
    neuron_optimizer_unref(adam);
}

static void test(neuron_context_t *context, const neuron_graph_t *graph, const images *from)
{
    enum { BATCHES = 40 };
    neuron_tensor_t *outputs[2];
    pairs batch = make_pairs(context);
    uint64_t state = 2;
    int right_same = 0, right_kind = 0;
    must(neuron_tensor_create(&outputs[0], context, NEURON_TYPE_F32, (const int64_t[]){BATCH, 1},
                              2));
    must(neuron_tensor_create(&outputs[1], context, NEURON_TYPE_F32,
                              (const int64_t[]){BATCH, KINDS}, 2));
    for (int n = 0; n < BATCHES; n++) {
        fill(&batch, from, &state);
        must(neuron_graph_predict_many(graph, (const neuron_tensor_t *const *)batch.inputs, 2,
                                       outputs, 2));
        const int32_t *same = neuron_tensor_data(batch.targets[0]);
        const int32_t *kinds = neuron_tensor_data(batch.targets[1]);
        const float *said = neuron_tensor_data(outputs[0]);
        for (int i = 0; i < BATCH; i++) {
            const float *shares = (const float *)neuron_tensor_data(outputs[1]) + i * KINDS;
            int best = 0;
            for (int k = 1; k < KINDS; k++)
                best = shares[k] > shares[best] ? k : best;
            right_same += (said[i] > 0.5f) == same[i];
            right_kind += best == kinds[i];
        }
    }
    printf("test accuracy: same or not %.4f, kind %.4f\n", right_same / (double)(BATCHES * BATCH),
           right_kind / (double)(BATCHES * BATCH));
    neuron_tensor_unref(outputs[0]);
    neuron_tensor_unref(outputs[1]);
    drop_pairs(&batch);
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
    images train = load(context, folder, "train", 6000, 1),
           kept = load(context, folder, "t10k", 1000, 2);
    neuron_graph_t *graph = build(context);
    fit(context, graph, &train);
    test(context, graph, &kept);
    free(train.pixels);
    free(train.kinds);
    free(kept.pixels);
    free(kept.kinds);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    return EXIT_SUCCESS;
}
