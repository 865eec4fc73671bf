/* A stream: examples that stay in a file, of any size, and are read whenever a batch needs them.
 *
 * neuron_dataset_create_stream() takes a function that reads the examples at some positions. The
 * dataset that it makes is split, shuffled, trained on and evaluated as any other; a training reads
 * one batch ahead in a thread of its own. */
#include "recipe.h"

enum { PIXELS = 28 * 28, RECORD = 1 + PIXELS, CLASSES = 10 };

/* A file of records: a byte for the class, and a byte for each pixel. */
static FILE *write_records(neuron_context_t *context, int64_t count)
{
    neuron_dataset_t *from = images(context, "mnist", "train", count);
    FILE *file = tmpfile();
    for (int64_t i = 0; file && i < count; i++) {
        float image[PIXELS];
        int32_t label;
        must(neuron_dataset_read(image, &label, from, i, 1));
        fputc(label, file);
        for (int k = 0; k < PIXELS; k++)
            fputc((int)(255 * image[k] + 0.5f), file);
    }
    neuron_dataset_unref(from);
    if (!file || fflush(file) != 0) {
        perror("records");
        exit(EXIT_FAILURE);
    }
    return file;
}

/* Reads the records at these positions. Whatever is not wanted is NULL. */
static int read_records(void *examples, int32_t *labels, const int64_t *positions, int64_t count,
                        void *file)
{
    for (int64_t i = 0; i < count; i++) {
        uint8_t record[RECORD], *pixels = examples;
        if (fseek(file, (long)positions[i] * RECORD, SEEK_SET) != 0 ||
            fread(record, RECORD, 1, file) != 1)
            return NEURON_E_IO;
        if (labels)
            labels[i] = record[0];
        for (int k = 0; pixels && k < PIXELS; k++)
            pixels[i * PIXELS + k] = record[1 + k];
    }
    return 0;
}

static void close_file(void *file)
{
    fclose(file);
}

int main(void)
{
    enum { COUNT = 8000 };
    neuron_context_t *context;
    neuron_dataset_t *all, *parts[2];
    neuron_graph_t *graph;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_context_create(&context, NULL));
    FILE *file = write_records(context, COUNT);
    must(neuron_dataset_create_stream(&all, context, read_records, file, close_file, COUNT,
                                      "shape=28x28x1, type=u8, classes=10"));
    must(neuron_dataset_split(parts, all, (const double[]){0.8, 0.2}, 2, 1, "order=stratified"));

    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){28, 28, 1}, 3);
    x = neuron_relu(graph, neuron_conv2d(graph, x, 16, 5, 5, "stride=2"));
    x = neuron_dense(graph, neuron_flatten(graph, x), CLASSES, NULL);
    must(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, parts[0]));
    must(neuron_trainer_set(trainer, "epochs=3"));
    must(neuron_trainer_run(NULL, trainer));
    int status = reached("accuracy", accuracy(graph, parts[1]), 0.85);

    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(graph);
    neuron_dataset_unref(parts[0]);
    neuron_dataset_unref(parts[1]);
    neuron_dataset_unref(all); /* the file is closed with the last of them */
    neuron_context_unref(context);
    return status;
}
