/* A committee of which several processes train the members, each as it becomes free:
 *
 *     mpirun -np 2 mpi_committee [FOLDER]
 *
 * Each member is saved in FOLDER, the current one by default, which all processes see. A run that
 * was ended goes on with the members that are not there yet. In the end one process joins all, and
 * leaves mpi_committee.safetensors, the same bytes whoever trained what.
 *
 * cc mpi_committee.c -o mpi_committee $(pkg-config --cflags --libs libneuron-mpi)
 */
#include <libneuron-mpi/mpi.h>
#include <libneuron/libneuron.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MEMBERS = 5, PATH_SIZE = 4096 };

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

static void member_path(char path[PATH_SIZE], const char *folder, int member, const char *ending)
{
    snprintf(path, PATH_SIZE, "%s/member-%d.%s", folder, member, ending);
}

/* Whether this process is the one that takes a member: it is who makes a file. */
static int take(const char *folder, int member)
{
    char path[PATH_SIZE];
    member_path(path, folder, member, "safetensors");
    if (access(path, F_OK) == 0)
        return 0; /* an earlier run has it */
    member_path(path, folder, member, "taken");
    int file = open(path, O_CREAT | O_EXCL | O_WRONLY, 0666);
    if (file >= 0)
        close(file);
    return file >= 0;
}

/* Members are as different as their seeds and sizes; the larger ones take longer. */
static void train_member(neuron_context_t *context, const char *folder, int member)
{
    char path[PATH_SIZE];
    neuron_dataset_t *train;
    neuron_graph_t *graph;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_dataset_generate_glyphs(&train, context, 4000, 16, 16, 1));
    must(neuron_graph_create(&graph, context));
    must(neuron_graph_set_seed(graph, (uint64_t)member + 1));
    neuron_node_t *h = neuron_input(graph, (const int64_t[]){16, 16, 1}, 3);
    h = neuron_relu(graph, neuron_conv2d(graph, h, 4 + 4 * member, 3, 3, NULL));
    h = neuron_flatten(graph, neuron_max_pool2d(graph, h, 2, 2, NULL));
    must(neuron_graph_finish(graph, neuron_softmax(graph, neuron_dense(graph, h, 10, NULL), NULL)));
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set_seed(trainer, (uint64_t)member + 1));
    must(neuron_trainer_set(trainer, "epochs=2"));
    must(neuron_trainer_run(NULL, trainer));
    member_path(path, folder, member, "safetensors");
    must(neuron_graph_save(graph, path)); /* whole, or not at all */
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(graph);
    neuron_dataset_unref(train);
}

static void join(neuron_context_t *context, const char *folder)
{
    char path[PATH_SIZE];
    neuron_graph_t *members[MEMBERS], *committee;
    neuron_dataset_t *test;
    neuron_evaluation_t *evaluation;
    for (int i = 0; i < MEMBERS; i++) {
        member_path(path, folder, i, "safetensors");
        must(neuron_graph_load(&members[i], context, path));
    }
    must(neuron_committee_create(&committee, context, members, MEMBERS, NULL, "rule=mean"));
    must(neuron_dataset_generate_glyphs(&test, context, 1000, 16, 16, 2));
    must(neuron_graph_evaluate(&evaluation, committee, test, NULL, NULL));
    printf("accuracy of %d members: %.4f\n", MEMBERS, neuron_evaluation_accuracy(evaluation));
    snprintf(path, sizeof path, "%s/mpi_committee.safetensors", folder);
    must(neuron_graph_save(committee, path));
    for (int i = 0; i < MEMBERS; i++) {
        member_path(path, folder, i, "safetensors");
        remove(path);
        neuron_graph_unref(members[i]);
    }
    neuron_evaluation_unref(evaluation);
    neuron_dataset_unref(test);
    neuron_graph_unref(committee);
}

/* Those of a run that was ended are nobody's. */
static void forget_takers(const char *folder)
{
    char path[PATH_SIZE];
    for (int i = 0; i < MEMBERS; i++) {
        member_path(path, folder, i, "taken");
        remove(path);
    }
}

int main(int argc, char **argv)
{
    int level;
    const char *folder = argc > 1 ? argv[1] : ".";
    neuron_context_t *context;
    neuron_communicator_t *all;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &level);
    must(neuron_context_create(&context, "threads=1"));
    /* Who trains gives no sign of life: a day is for the longest member. */
    must(neuron_mpi_communicator_create(&all, context, MPI_COMM_WORLD, "timeout=86400"));
    int rank = neuron_communicator_rank(all);

    if (rank == 0)
        forget_takers(folder);
    must(neuron_communicator_barrier(all));
    for (int member = MEMBERS - 1; member >= 0; member--) /* the longest first */
        if (take(folder, member))
            train_member(context, folder, member);
    must(neuron_communicator_barrier(all));
    if (rank == 0) {
        forget_takers(folder);
        join(context, folder);
    }

    neuron_communicator_unref(all);
    neuron_context_unref(context);
    MPI_Finalize();
    return EXIT_SUCCESS;
}
