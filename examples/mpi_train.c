/* Several processes train one network together, and give the same bytes as one:
 *
 *     mpirun -np 4 mpi_train [FOLDER]
 *
 * The training is saved in FOLDER, the current one by default, after each epoch, by rank 0. A run
 * that was ended, by whatever, goes on from there, with as many processes as it then has; one that
 * was not leaves mpi_train.safetensors.
 *
 * cc mpi_train.c -o mpi_train $(pkg-config --cflags --libs libneuron-mpi)
 */
#include <libneuron-mpi/mpi.h>
#include <libneuron/libneuron.h>

#include <stdio.h>
#include <stdlib.h>

/* Each rank ends by itself: what fails on one fails on all. */
static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

static neuron_graph_t *make_graph(neuron_context_t *context)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *h = neuron_input(graph, (const int64_t[]){16, 16, 1}, 3);
    h = neuron_conv2d(graph, h, 16, 3, 3, "use_bias=no");
    h = neuron_relu(graph, neuron_batch_norm(graph, h, NULL));
    h = neuron_flatten(graph, neuron_max_pool2d(graph, h, 2, 2, NULL));
    h = neuron_relu(graph, neuron_dense(graph, h, 64, NULL));
    h = neuron_softmax(graph, neuron_dense(graph, h, 10, NULL), NULL);
    must(neuron_graph_finish(graph, h));
    return graph;
}

/* Called on rank 0 alone, as all functions are. */
static int tell_and_save(neuron_trainer_t *trainer, int32_t event, void *path)
{
    double loss, accuracy;
    const neuron_history_t *history = neuron_trainer_history(trainer);
    int64_t last = neuron_history_epochs(history) - 1;
    (void)event;
    must(neuron_history_value(&loss, history, last, "loss"));
    must(neuron_history_value(&accuracy, history, last, "validation_accuracy"));
    printf("epoch %lld: loss %.4f, accuracy of the validation set %.4f\n", (long long)last + 1,
           loss, accuracy);
    fflush(stdout);
    return neuron_trainer_save(trainer, path); /* a failure ends the run on all ranks */
}

/* All ranks load, or none does: what is there is what rank 0 finds. */
static void go_on(neuron_trainer_t *trainer, neuron_communicator_t *communicator, const char *path)
{
    FILE *file = fopen(path, "rb");
    char there = file != NULL;
    if (file)
        fclose(file);
    must(neuron_communicator_broadcast(&there, 1, communicator, 0));
    if (there)
        must(neuron_trainer_load(trainer, path));
}

static void train(neuron_communicator_t *communicator, neuron_context_t *context,
                  const char *folder)
{
    char training[4096], model[4096];
    neuron_dataset_t *learned, *validation;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    snprintf(training, sizeof training, "%s/mpi_train.training", folder);
    snprintf(model, sizeof model, "%s/mpi_train.safetensors", folder);
    must(neuron_dataset_generate_glyphs(&learned, context, 8000, 16, 16, 1));
    must(neuron_dataset_generate_glyphs(&validation, context, 1000, 16, 16, 2));
    neuron_graph_t *graph = make_graph(context);
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, learned));
    must(neuron_trainer_set_validation(trainer, validation));
    must(neuron_trainer_set_communicator(trainer, communicator));
    must(neuron_trainer_set(trainer, "parts=8, batch_size=256, epochs=5"));
    must(neuron_trainer_add_function(trainer, NEURON_EVENT_EPOCH_END, tell_and_save, training,
                                     NULL));
    go_on(trainer, communicator, training);
    must(neuron_trainer_run(NULL, trainer));
    if (neuron_communicator_rank(communicator) == 0) {
        must(neuron_graph_save(graph, model));
        remove(training);
    }
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(graph);
    neuron_dataset_unref(validation);
    neuron_dataset_unref(learned);
}

int main(int argc, char **argv)
{
    int level;
    neuron_context_t *context;
    neuron_communicator_t *communicator;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &level);
    must(neuron_context_create(&context, "seed=1, threads=1")); /* a process for each core */
    must(neuron_mpi_communicator_create(&communicator, context, MPI_COMM_WORLD, "timeout=60"));
    train(communicator, context, argc > 1 ? argv[1] : ".");
    neuron_communicator_unref(communicator);
    neuron_context_unref(context);
    MPI_Finalize();
    return EXIT_SUCCESS;
}
