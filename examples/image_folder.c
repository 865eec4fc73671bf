/* Learns to tell the images of a folder apart, with augmentation, and classifies other images.
 *
 *     cc image_folder.c -o image_folder $(pkg-config --cflags --libs libneuron)
 *     ./image_folder photographs model.safetensors cat.png dog.png
 *
 * The folder has a sub-folder of images for each class, called as the class. All images have one
 * size, 8 x 8 pixels or more, as PNG, PGM or PPM. A fifth of them is kept apart: the program prints
 * its accuracy after each epoch and a report at the end, saves the model, and says what each of the
 * images named behind it shows. */
#include <libneuron/libneuron.h>

#include <stdio.h>
#include <stdlib.h>

enum { EPOCHS = 20 };

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

/* A 3x3 convolution that keeps the extents, and pooling that halves them. */
static neuron_node_t *block(neuron_graph_t *graph, neuron_node_t *x, int64_t filters)
{
    x = neuron_conv2d(graph, x, filters, 3, 3, "padding=same");
    x = neuron_batch_norm(graph, x, "momentum=0.9"); /* folders give few steps */
    return neuron_max_pool2d(graph, neuron_relu(graph, x), 2, 2, NULL);
}

/* The mean over each channel makes a vector of images of any size. */
static neuron_graph_t *build(neuron_context_t *context, neuron_dataset_t *images)
{
    neuron_graph_t *graph;
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    must(neuron_dataset_shape(shape, &rank, images));
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, shape, rank);
    x = block(graph, block(graph, block(graph, x, 16), 32), 64);
    x = neuron_dropout(graph, neuron_global_average_pool2d(graph, x), 0.2);
    x = neuron_dense(graph, x, neuron_dataset_class_count(images), NULL);
    must(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    return graph;
}

/* In each epoch every image is rotated, shifted, zoomed and flipped anew, by random amounts.
 * Letters and digits are not to be flipped: their mirror images are others, or none. */
static neuron_augmentation_t *augment(neuron_context_t *context)
{
    neuron_augmentation_t *augmentation;
    must(neuron_augmentation_create(
        &augmentation, context,
        "rotation=10, width_shift=0.1, height_shift=0.1, zoom=0.1, horizontal_flip=yes"));
    return augmentation;
}

static int print_epoch(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    const neuron_history_t *history = neuron_trainer_history(trainer);
    int64_t epoch = neuron_history_epochs(history);
    double accuracy;
    (void)event;
    (void)user_data;
    must(neuron_history_value(&accuracy, history, epoch - 1, "validation_accuracy"));
    printf("epoch %2d: validation accuracy %.3f\n", (int)epoch, accuracy);
    return 0;
}

static void fit(neuron_context_t *context, neuron_graph_t *graph, neuron_dataset_t *train,
                neuron_dataset_t *validation)
{
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_augmentation_t *augmentation = augment(context);
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set_validation(trainer, validation));
    must(neuron_trainer_set_augmentation(trainer, augmentation));
    must(neuron_trainer_add_function(trainer, NEURON_EVENT_EPOCH_END, print_epoch, NULL, NULL));
    must(neuron_trainer_set_number(trainer, "epochs", EPOCHS));
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_augmentation_unref(augmentation);
}

/* The model knows what its classes are called. */
static void classify(neuron_context_t *context, const neuron_graph_t *graph, int64_t classes,
                     const char *path)
{
    neuron_tensor_t *image, *output;
    int64_t best;
    float probability;
    must(neuron_tensor_load_image(&image, context, path, NULL, NULL, 0));
    must(neuron_tensor_create(&output, context, NEURON_TYPE_F32, (const int64_t[]){1, classes}, 2));
    must(neuron_graph_predict(graph, image, output));
    must(neuron_tensor_top_k(&best, &probability, 1, output, 1));
    printf("%s: %s, probability %.3f\n", path, neuron_graph_class_name(graph, NULL, best),
           (double)probability);
    neuron_tensor_unref(output);
    neuron_tensor_unref(image);
}

int main(int argc, char **argv)
{
    if (argc < 3 || argv[1][0] == '-' || argv[2][0] == '-') {
        fprintf(stderr, "usage: %s FOLDER MODEL [IMAGE...]\n", argv[0]);
        return 2;
    }
    static char report[1 << 17];
    neuron_context_t *context;
    neuron_dataset_t *images, *train, *validation;
    must(neuron_context_create(&context, NULL));
    must(neuron_dataset_load_folder(&images, context, argv[1]));
    int64_t classes = neuron_dataset_class_count(images);
    must(neuron_dataset_k_fold(&train, &validation, images, 5, 0, 1)); /* the first of five folds */
    neuron_graph_t *graph = build(context, images);
    fit(context, graph, train, validation);
    must(neuron_graph_save(graph, argv[2]));

    neuron_evaluation_t *evaluation;
    must(neuron_graph_evaluate(&evaluation, graph, validation, NULL, NULL));
    must(neuron_evaluation_report(report, sizeof report, NULL, evaluation, NULL, 3));
    puts(report);
    for (int i = 3; i < argc; i++)
        classify(context, graph, classes, argv[i]);

    neuron_evaluation_unref(evaluation);
    neuron_graph_unref(graph);
    neuron_dataset_unref(train);
    neuron_dataset_unref(validation);
    neuron_dataset_unref(images);
    neuron_context_unref(context);
    return EXIT_SUCCESS;
}
