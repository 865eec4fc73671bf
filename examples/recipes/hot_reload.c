/* A server that changes its model while it answers: threads predict, and another one trains on,
 * saves, loads and puts the new model in place of the old. No request fails or waits for that.
 *
 * Any number of threads may predict with a graph. Each request holds the model of the moment by
 * neuron_graph_ref() and lets it go afterwards, so an old model goes with its last request. */
#include "recipe.h"

#include <pthread.h>

enum { THREADS = 3, VERSIONS = 4, LAST_REQUESTS = 500, CLASSES = 10 };

typedef struct {
    pthread_mutex_t lock; /* of graph and version */
    neuron_graph_t *graph;
    int version;
    neuron_context_t *context;
    neuron_dataset_t *requests;
} server_t;

typedef struct {
    pthread_t thread;
    server_t *server;
    int answers[VERSIONS + 1], correct[VERSIONS + 1]; /* by version, from 1 */
} worker_t;

static void replace_model(server_t *server, neuron_graph_t *graph)
{
    pthread_mutex_lock(&server->lock);
    neuron_graph_t *old = server->graph;
    server->graph = graph;
    server->version++;
    pthread_mutex_unlock(&server->lock);
    neuron_graph_unref(old);
}

/* Answers requests until enough of them were answered by the last version. */
static void *answer(void *user_data)
{
    worker_t *worker = user_data;
    server_t *server = worker->server;
    neuron_tensor_t *input, *output;
    must(neuron_tensor_create(&input, server->context, NEURON_TYPE_F32,
                              (const int64_t[]){1, 28, 28, 1}, 4));
    must(neuron_tensor_create(&output, server->context, NEURON_TYPE_F32,
                              (const int64_t[]){1, CLASSES}, 2));
    for (int64_t i = 0; worker->answers[VERSIONS] < LAST_REQUESTS; i++) {
        int32_t label;
        int64_t best;
        must(neuron_dataset_read(neuron_tensor_data(input), &label, server->requests,
                                 i % neuron_dataset_count(server->requests), 1));
        pthread_mutex_lock(&server->lock);
        neuron_graph_t *graph = neuron_graph_ref(server->graph);
        int version = server->version;
        pthread_mutex_unlock(&server->lock);
        must(neuron_graph_predict(graph, input, output));
        neuron_graph_unref(graph);
        must(neuron_tensor_top_k(&best, NULL, 1, output, 1));
        worker->answers[version]++;
        worker->correct[version] += best == label;
    }
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    return NULL;
}

int main(void)
{
    static const char *const path = "served.safetensors";
    server_t server = {.lock = PTHREAD_MUTEX_INITIALIZER};
    worker_t workers[THREADS] = {{0}};
    neuron_context_t *context;
    neuron_graph_t *graph, *loaded;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_context_create(&context, NULL));
    must(neuron_context_create(&server.context, "threads=1")); /* each request computes by itself */
    neuron_dataset_t *train = images(context, "mnist", "train", 4000);
    server.requests = images(server.context, "mnist", "t10k", LAST_REQUESTS);

    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_flatten(graph, neuron_input(graph, (const int64_t[]){28, 28, 1}, 3));
    x = neuron_relu(graph, neuron_dense(graph, x, 128, NULL));
    must(neuron_graph_finish(graph,
                             neuron_softmax(graph, neuron_dense(graph, x, CLASSES, NULL), NULL)));
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    for (int version = 1; version <= VERSIONS; version++) {
        must(neuron_trainer_set_number(trainer, "epochs", 2 * version));
        must(neuron_trainer_run(NULL, trainer));
        must(neuron_graph_save(graph, path));
        must(neuron_graph_load(&loaded, server.context, path));
        replace_model(&server, loaded);
        for (int i = 0; version == 1 && i < THREADS; i++) { /* there is a first model now */
            workers[i].server = &server;
            if (pthread_create(&workers[i].thread, NULL, answer, &workers[i]) != 0)
                return EXIT_FAILURE;
        }
    }
    double share = 0;
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    for (int version = 1; version <= VERSIONS; version++) {
        int answers = 0, correct = 0;
        for (int i = 0; i < THREADS; i++) {
            answers += workers[i].answers[version];
            correct += workers[i].correct[version];
        }
        share = (double)correct / answers;
        printf("version %d: %d answers, %.4f correct\n", version, answers, share);
    }
    int status = reached("correct answers of the last version", share, 0.75);

    remove(path);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(graph);
    neuron_graph_unref(server.graph);
    neuron_dataset_unref(train);
    neuron_dataset_unref(server.requests);
    neuron_context_unref(server.context);
    neuron_context_unref(context);
    return status;
}
