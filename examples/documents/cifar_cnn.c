/* Document 002, "step-by-step tuning of a CNN on CIFAR-10".
 *
 * A small network for grey images is changed one thing at a time: depth, widths, dropout, batch
 * normalisation, the hidden layer, activations, optimizer, learning rate, batch size; at last it
 * sees the colours. The last fifth of the training images validates, and training ends when its
 * loss has not become smaller for five epochs; the parameters of the last epoch are what is tested.
 * The runs are in networks/cifar_runs.c, and what the document's sections compare in
 * networks/cifar_sections.c; runs named -sound do without a slip of the document. */
#include "networks/broadcast.h"
#include "networks/cifar_runs.h"
#include "networks/cifar_sections.h"

#include <stdlib.h>

enum { BATCH_SIZE = 64, EPOCHS_MAX = 500, PATIENCE = 5 };

static const double validation_share = 0.2;

/* The dataset for a run, unless the run before had the same. */
static void choose_data(example_t *example, example_colours_t colours)
{
    static int present = -1;
    const double fractions[] = {1 - validation_share, validation_share};
    neuron_dataset_t *train;
    neuron_dataset_t *test;
    neuron_dataset_t *parts[2];

    if (present == (int)colours)
        return;
    present = (int)colours;
    example_load_cifar10(example, colours, &train, &test);
    example_split(example, train, fractions, 2, "order=in_order", parts);
    example_set_data(example, parts[0], parts[1], test);
    neuron_dataset_unref(train);
}

static neuron_optimizer_t *make_optimizer(const example_t *example, const cifar_run_t *run)
{
    neuron_optimizer_t *optimizer;

    must(neuron_optimizer_create(&optimizer, example->context,
                                 run->rule != NULL ? run->rule : "adam", run->rule_options));
    if (run->learning_rate != 0)
        must(neuron_optimizer_set_number(optimizer, "learning_rate", run->learning_rate));
    return optimizer;
}

/* The horizontal flips and the shift by a pixel of the generator that the document prepares and
 * does not use; its text speaks of vertical flips too. NULL for none. */
static neuron_augmentation_t *make_augmentation(const example_t *example, const cifar_run_t *run)
{
    neuron_augmentation_t *augmentation;

    if (!run->augmented)
        return NULL;
    must(neuron_augmentation_create(&augmentation, example->context,
                                    "horizontal_flip=yes, width_shift=1, height_shift=1"));
    return augmentation;
}

/* Which loss is taken between outputs and class numbers; NULL if none is. */
static const char *name_broadcast(const example_t *example, const cifar_run_t *run)
{
    static char note[EXAMPLE_TEXT_MAX];
    neuron_loss_t *built_in;

    if (!run->broadcast)
        return NULL;
    must(neuron_loss_create(&built_in, example->context, run->loss, NULL));
    snprintf(note, sizeof note, "%s of class numbers", neuron_loss_kind(built_in));
    neuron_loss_unref(built_in);
    return note;
}

/* NULL for cross-entropy. */
static neuron_loss_t *make_loss(const example_t *example, const cifar_run_t *run)
{
    neuron_loss_t *loss = NULL;

    if (run->broadcast)
        must(broadcast_loss_create(&loss, example->context, run->loss));
    else if (run->loss != NULL)
        must(neuron_loss_create(&loss, example->context, run->loss, NULL));
    return loss;
}

static void train(example_t *example, const cifar_run_t *run)
{
    choose_data(example, run->colours);

    neuron_optimizer_t *optimizer = make_optimizer(example, run);
    neuron_loss_t *loss = make_loss(example, run);
    example_training_t training = {
        .optimizer = optimizer,
        .loss = loss,
        .loss_note = name_broadcast(example, run),
        .augmentation = make_augmentation(example, run),
        .batch_size = run->batch_size != 0 ? run->batch_size : BATCH_SIZE,
        .epochs = run->epochs != 0 ? run->epochs : EPOCHS_MAX,
        .callbacks = {run->epochs != 0 ? NULL : example_early_stopping(example, PATIENCE)},
    };
    neuron_graph_t *graph = example_graph(example, run->run.id);
    must(neuron_graph_finish(
        graph, cifar_network(graph, run->network, run->colours == EXAMPLE_GREY ? 1 : 3)));
    graph = example_train(example, run->run.id, graph, &training);

    neuron_graph_unref(graph);
    neuron_augmentation_unref(training.augmentation);
    neuron_callback_unref(training.callbacks[0]);
    neuron_loss_unref(loss);
    neuron_optimizer_unref(optimizer);
}

int main(int argc, char **argv)
{
    static example_run_t runs[EXAMPLE_RUNS_MAX];
    const example_program_t program = {
        .name = "cifar_cnn",
        .document = "Document 002: step-by-step tuning of a CNN on CIFAR-10",
        .data = "cifar-10-batches-bin/ or -py/",
        .kept = EXAMPLE_KEPT_LAST,
        .runs = runs,
        .run_count = cifar_run_count,
        .write_more = cifar_write_sections,
    };
    example_t example;

    for (int i = 0; i < cifar_run_count; i++)
        runs[i] = cifar_runs[i].run;
    example_open(&example, &program, argc, argv);
    for (int i = 0; i < cifar_run_count; i++)
        if (example_wants(&example, cifar_runs[i].run.id))
            train(&example, &cifar_runs[i]);
    example_close(&example);
    return EXIT_SUCCESS;
}
