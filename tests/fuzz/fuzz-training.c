/* Feeds bytes to trainers as the training to continue, and takes some steps if they can. */
#include "input-file.h"
#include "limited.h"

enum { SIDE = 3, CLASSES = 2, EXAMPLES = 6, BATCH = 2, EPOCHS = 4, STEPS = 4 };

static void must(int status)
{
    if (status < 0)
        abort();
}

static neuron_graph_t *make_graph(neuron_context_t *context)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIDE, SIDE, 1}, 3);
    x = neuron_batch_norm(graph, neuron_dense(graph, neuron_flatten(graph, x), CLASSES, NULL),
                          NULL);
    must(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    return graph;
}

/* What a file must agree with beside the model: all that a trainer can be told to do. */
static void set_loss(neuron_trainer_t *trainer, neuron_context_t *context)
{
    neuron_loss_t *loss;
    must(neuron_loss_create(&loss, context, "cross_entropy", "label_smoothing=0.125"));
    must(neuron_trainer_set_loss(trainer, loss));
    must(neuron_trainer_set_class_weights(trainer, (const double[]){1, 2}, CLASSES));
    neuron_loss_unref(loss);
}

static void set_augmentation(neuron_trainer_t *trainer, neuron_context_t *context)
{
    neuron_augmentation_t *augmentation;
    must(neuron_augmentation_create(&augmentation, context, "rotation=8"));
    must(neuron_trainer_set_augmentation(trainer, augmentation));
    neuron_augmentation_unref(augmentation);
}

static void add_callbacks(neuron_trainer_t *trainer, neuron_context_t *context)
{
    static const struct {
        const char *kind, *options;
    } added[] = {{"early_stopping", "patience=2, restore_best=yes"},
                 {"reduce_on_plateau", NULL},
                 {"warm_up", NULL},
                 {"stop_on_nan", NULL}};
    for (size_t i = 0; i < sizeof added / sizeof *added; i++) {
        neuron_callback_t *callback;
        must(neuron_callback_create(&callback, context, added[i].kind, added[i].options));
        must(neuron_trainer_add_callback(trainer, callback));
        neuron_callback_unref(callback);
    }
}

static neuron_dataset_t *make_examples(neuron_context_t *context, int weighted)
{
    static const int32_t labels[EXAMPLES] = {0, 1, 0, 1, 1, 0};
    static const float weights[EXAMPLES] = {1, 2, 0.5F, 1, 1, 1};
    float pixels[EXAMPLES * SIDE * SIDE];
    neuron_tensor_t *images, *classes;
    neuron_dataset_t *examples;
    for (int i = 0; i < EXAMPLES * SIDE * SIDE; i++)
        pixels[i] = (float)(i * 7 % 11) / 11;
    must(neuron_tensor_copy(&images, context, NEURON_TYPE_F32,
                            (const int64_t[]){EXAMPLES, SIDE, SIDE, 1}, 4, pixels));
    must(neuron_tensor_copy(&classes, context, NEURON_TYPE_I32, (const int64_t[]){EXAMPLES}, 1,
                            (void *)labels));
    must(neuron_dataset_create(&examples, context, images, classes, CLASSES));
    if (weighted)
        must(neuron_dataset_set_weights(examples, weights, EXAMPLES));
    neuron_tensor_unref(classes);
    neuron_tensor_unref(images);
    return examples;
}

/* A graph of two outputs, and the classes of the examples for both. */
static neuron_trainer_t *make_double_trainer(neuron_context_t *context)
{
    neuron_trainer_t *trainer;
    neuron_optimizer_t *optimizer;
    neuron_graph_t *graph;
    neuron_dataset_t *examples = make_examples(context, 0), *zipped;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIDE, SIDE, 1}, 3), *ends[2];
    x = neuron_flatten(graph, x);
    for (int i = 0; i < 2; i++)
        ends[i] = neuron_softmax(graph, neuron_dense(graph, x, CLASSES, NULL), NULL);
    must(neuron_graph_finish_many(graph, ends, 2));
    must(neuron_dataset_zip(&zipped, &examples, 1, (neuron_dataset_t *[]){examples, examples}, 2));
    must(neuron_optimizer_create(&optimizer, context, "sgd", NULL));
    must(neuron_trainer_create(&trainer, graph, optimizer, zipped));
    must(neuron_trainer_set_number(trainer, "batch_size", BATCH));
    must(neuron_trainer_set_number(trainer, "epochs", EPOCHS));
    neuron_optimizer_unref(optimizer);
    neuron_dataset_unref(zipped);
    neuron_dataset_unref(examples);
    neuron_graph_unref(graph);
    return trainer;
}

static neuron_trainer_t *make_trainer(neuron_context_t *context, int full)
{
    neuron_trainer_t *trainer;
    neuron_optimizer_t *optimizer;
    neuron_graph_t *graph = make_graph(context);
    neuron_dataset_t *examples = make_examples(context, full);
    must(neuron_optimizer_create(&optimizer, context, full ? "adam" : "sgd", NULL));
    must(neuron_trainer_create(&trainer, graph, optimizer, examples));
    must(neuron_trainer_set_number(trainer, "batch_size", BATCH));
    must(neuron_trainer_set_number(trainer, "epochs", EPOCHS));
    if (full) {
        must(neuron_trainer_set_validation(trainer, examples));
        set_loss(trainer, context);
        set_augmentation(trainer, context);
        add_callbacks(trainer, context);
    }
    neuron_dataset_unref(examples);
    neuron_optimizer_unref(optimizer);
    neuron_graph_unref(graph);
    return trainer;
}

static int stop_soon(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    int *left = user_data;
    (void)trainer;
    return --*left <= 0 ? NEURON_STOP : 0;
}

static void continue_training(neuron_trainer_t *trainer)
{
    int left = STEPS;
    must(neuron_trainer_add_function(trainer, NEURON_EVENT_STEP_END, stop_soon, &left, NULL));
    (void)neuron_trainer_run(NULL, trainer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = limited_context(size);
    if (!context)
        return 0;
    input_file file = input_file_make(bytes, size);
    for (int way = 0; way <= 2; way++) {
        neuron_trainer_t *trainer =
            way == 2 ? make_double_trainer(context) : make_trainer(context, way);
        if (neuron_trainer_load(trainer, file.path) == NEURON_OK)
            continue_training(trainer);
        neuron_trainer_unref(trainer);
    }
    input_file_remove(&file);
    neuron_context_unref(context);
    return 0;
}
