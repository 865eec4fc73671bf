/* Models and data for the tests of the programs, in the folder that is its argument. */
#include <libneuron/libneuron.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIDE = 12, CLASSES = 10, IMAGES = 60 };

static const char *const names[CLASSES] = {"angle", "arrow",  "cross", "cup",      "plus",
                                           "ring",  "square", "tee",   "triangle", "zigzag"};

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

static FILE *create(const char *path)
{
    FILE *file = fopen(path, "wb");
    if (!file) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    return file;
}

static void train(neuron_context_t *context, neuron_graph_t *graph, neuron_dataset_t *dataset,
                  const char *options)
{
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.01"));
    must(neuron_trainer_create(&trainer, graph, adam, dataset));
    if (strcmp(options, "regression") == 0) {
        neuron_loss_t *loss;
        must(neuron_loss_create(&loss, context, "mean_squared_error", NULL));
        must(neuron_trainer_set_loss(trainer, loss));
        neuron_loss_unref(loss);
        options = "epochs=400";
    }
    must(neuron_trainer_set(trainer, options));
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
}

/* A folder for each class, with an image for each example. */
static void write_images(const neuron_dataset_t *dataset)
{
    float pixels[SIDE * SIDE];
    int32_t label;
    must(mkdir("images", 0700));
    for (int k = 0; k < CLASSES; k++) {
        char path[64];
        snprintf(path, sizeof path, "images/%s", names[k]);
        must(mkdir(path, 0700));
    }
    for (int64_t i = 0; i < IMAGES; i++) {
        char path[64];
        must(neuron_dataset_read(pixels, &label, dataset, i, 1));
        snprintf(path, sizeof path, "images/%s/%02d.pgm", names[label], (int)i);
        FILE *file = create(path);
        fprintf(file, "P5\n%d %d\n255\n", SIDE, SIDE);
        for (int p = 0; p < SIDE * SIDE; p++)
            fputc((int)(pixels[p] * 255 + 0.5f), file);
        fclose(file);
    }
}

static neuron_node_t *image_layers(neuron_graph_t *graph)
{
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIDE, SIDE, 1}, 3);
    x = neuron_relu(graph, neuron_conv2d(graph, x, 8, 3, 3, NULL));
    x = neuron_flatten(graph, neuron_max_pool2d(graph, x, 2, 2, NULL));
    return neuron_dense(graph, x, CLASSES, NULL);
}

/* Learns glyphs, under names that sort as the folders do. */
static void make_glyphs(neuron_context_t *context)
{
    neuron_dataset_t *dataset, *test;
    neuron_graph_t *graph;
    must(neuron_dataset_generate_glyphs(&dataset, context, 2000, SIDE, SIDE, 1));
    must(neuron_dataset_generate_glyphs(&test, context, IMAGES, SIDE, SIDE, 2));
    must(neuron_graph_create(&graph, context));
    must(neuron_graph_set_name(graph, "glyphs"));
    must(neuron_graph_finish(graph, neuron_softmax(graph, image_layers(graph), NULL)));
    must(neuron_dataset_set_class_names(dataset, names, CLASSES));
    train(context, graph, dataset, "epochs=8");
    must(neuron_graph_set_metadata(graph, "author", "a test\nin two lines"));
    must(neuron_graph_save(graph, "glyphs.safetensors"));
    write_images(test);
    neuron_graph_unref(graph);
    neuron_dataset_unref(dataset);
    neuron_dataset_unref(test);
}

/* What a row of rents.csv costs, by its size and town. */
static void make_table(neuron_context_t *context)
{
    FILE *file = create("rents.csv");
    fputs("size,town,rent\n", file);
    for (int i = 0; i < 200; i++)
        fprintf(file, "%d,%s,%s\n", 20 + i * 37 % 100, i % 3 ? "Bern" : "Chur",
                20 + i * 37 % 100 + (i % 3 ? 30 : 0) > 75 ? "high" : "low");
    fclose(file);
    file = create("new.csv");
    fputs("town,size\nBern,115\nChur,25\n", file);
    fclose(file);

    neuron_dataset_t *dataset;
    neuron_graph_t *graph;
    must(neuron_dataset_load_csv(&dataset, context, "rents.csv", "label=rent, categories=one_hot"));
    must(neuron_dataset_standardize_channels(dataset, dataset));
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){3}, 1);
    x = neuron_relu(graph, neuron_dense(graph, x, 8, NULL));
    must(neuron_graph_finish(graph, neuron_softmax(graph, neuron_dense(graph, x, 2, NULL), NULL)));
    train(context, graph, dataset, "epochs=60");
    must(neuron_graph_save(graph, "rents.safetensors"));
    neuron_graph_unref(graph);
    neuron_dataset_unref(dataset);
}

/* y = 2 a - b + 1 */
static void make_regression(neuron_context_t *context)
{
    float x[64][2], y[64];
    neuron_tensor_t *examples, *targets;
    neuron_dataset_t *dataset;
    neuron_graph_t *graph;
    for (int i = 0; i < 64; i++) {
        x[i][0] = (float)(i % 8) / 8;
        x[i][1] = (float)(i / 8) / 8;
        y[i] = 2 * x[i][0] - x[i][1] + 1;
    }
    must(neuron_tensor_wrap(&examples, context, NEURON_TYPE_F32, (const int64_t[]){64, 2}, 2, x));
    must(neuron_tensor_wrap(&targets, context, NEURON_TYPE_F32, (const int64_t[]){64}, 1, y));
    must(neuron_dataset_create_with_targets(&dataset, context, examples, targets));
    must(neuron_graph_create(&graph, context));
    neuron_node_t *in = neuron_input(graph, (const int64_t[]){2}, 1);
    must(neuron_graph_finish(graph, neuron_dense(graph, in, 1, NULL)));
    train(context, graph, dataset, "regression");
    must(neuron_graph_save(graph, "line.safetensors"));
    must(neuron_tensor_save_npy(examples, "x.npy"));
    must(neuron_tensor_save_npy(targets, "y.npy"));
    neuron_graph_unref(graph);
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(examples);
    neuron_tensor_unref(targets);
}

/* Two inputs, which the programs that predict refuse. */
static void make_two(neuron_context_t *context)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *both[] = {neuron_input(graph, (const int64_t[]){2}, 1),
                             neuron_input(graph, (const int64_t[]){3}, 1)};
    must(neuron_graph_finish(graph,
                             neuron_dense(graph, neuron_concat(graph, both, 2, NULL), 4, NULL)));
    must(neuron_graph_save(graph, "two.safetensors"));
    neuron_graph_unref(graph);
}

int main(int argc, char **argv)
{
    neuron_context_t *context;
    if (argc != 2 || chdir(argv[1]) != 0)
        return EXIT_FAILURE;
    must(neuron_context_create(&context, "seed=1, threads=1"));
    make_glyphs(context);
    make_table(context);
    make_regression(context);
    make_two(context);
    neuron_context_unref(context);
    return EXIT_SUCCESS;
}
