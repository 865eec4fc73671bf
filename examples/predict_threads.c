/* Predicts with one network from several threads at a time, as a server would.
 *
 *     cc -pthread predict_threads.c -o predict_threads $(pkg-config --cflags --libs libneuron)
 *     ./predict_threads committee.safetensors 4 fashion-mnist
 *
 * The model is one for images of 28 x 28 pixels that was saved, as committee.c does. The folder has
 * the test images of MNIST, Fashion-MNIST or K-MNIST (t10k-images-idx3-ubyte.gz and its labels);
 * without one, the library draws images. The program prints how many of them each thread has
 * predicted, the share that is correct, and images per second. */
#include <libneuron/libneuron.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH = 32, CLASSES = 10, PIXELS = 28 * 28, THREADS_MAX = 64 };

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

/* What all threads share. Graph and dataset are only read; `next` is handed out under the lock. */
typedef struct {
    neuron_context_t *context;
    const neuron_graph_t *graph;
    const neuron_dataset_t *test;
    pthread_mutex_t lock;
    int64_t next;
} work_t;

/* What a thread has for itself. */
typedef struct {
    pthread_t thread;
    work_t *work;
    int64_t count, correct;
} worker_t;

static int64_t take_batch(work_t *work, int64_t *first)
{
    pthread_mutex_lock(&work->lock);
    int64_t count = neuron_dataset_count(work->test) - work->next;
    if (count > BATCH)
        count = BATCH;
    *first = work->next;
    work->next += count;
    pthread_mutex_unlock(&work->lock);
    return count;
}

static void predict_batch(worker_t *worker, int64_t first, int64_t count)
{
    work_t *work = worker->work;
    float images[BATCH * PIXELS], probabilities[BATCH * CLASSES];
    int32_t labels[BATCH];
    neuron_tensor_t *input, *output;
    must(neuron_dataset_read(images, labels, work->test, first, count));
    must(neuron_tensor_wrap(&input, work->context, NEURON_TYPE_F32,
                            (const int64_t[]){count, 28, 28, 1}, 4, images));
    must(neuron_tensor_wrap(&output, work->context, NEURON_TYPE_F32,
                            (const int64_t[]){count, CLASSES}, 2, probabilities));
    must(neuron_graph_predict(work->graph, input, output));
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);

    for (int64_t i = 0; i < count; i++) {
        const float *row = probabilities + i * CLASSES;
        int32_t best = 0;
        for (int32_t k = 1; k < CLASSES; k++)
            if (row[k] > row[best])
                best = k;
        worker->correct += best == labels[i];
    }
    worker->count += count;
}

static void *run(void *user_data)
{
    worker_t *worker = user_data;
    int64_t first, count;
    while ((count = take_batch(worker->work, &first)) > 0)
        predict_batch(worker, first, count);
    return NULL;
}

static double now(void)
{
    struct timespec time;
    timespec_get(&time, TIME_UTC);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    int threads = argc == 3 || argc == 4 ? atoi(argv[2]) : 0;
    if (threads < 1 || threads > THREADS_MAX) {
        fprintf(stderr, "usage: %s MODEL THREADS [FOLDER], with 1 to %d threads\n", argv[0],
                THREADS_MAX);
        return 2;
    }
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_dataset_t *test;
    must(neuron_context_create(&context, NULL));
    /* Each of our threads computes by itself, without helpers from the context. */
    must(neuron_context_set_number(context, "threads", 1));
    must(neuron_graph_load(&graph, context, argv[1]));
    if (argc == 4) {
        char images[4096], labels[4096];
        snprintf(images, sizeof images, "%s/t10k-images-idx3-ubyte.gz", argv[3]);
        snprintf(labels, sizeof labels, "%s/t10k-labels-idx1-ubyte.gz", argv[3]);
        must(neuron_dataset_load_idx(&test, context, images, labels, CLASSES));
    } else {
        must(neuron_dataset_generate_glyphs(&test, context, 1000, 28, 28, 2));
    }

    work_t work = {context, graph, test, PTHREAD_MUTEX_INITIALIZER, 0};
    worker_t workers[THREADS_MAX] = {{0}};
    int64_t correct = 0, count = neuron_dataset_count(test);
    double begin = now();
    for (int i = 0; i < threads; i++) {
        workers[i].work = &work;
        if (pthread_create(&workers[i].thread, NULL, run, &workers[i]) != 0) {
            fprintf(stderr, "the system gives no thread %d\n", i + 1);
            return EXIT_FAILURE;
        }
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        printf("thread %d: %d images\n", i + 1, (int)workers[i].count);
        correct += workers[i].correct;
    }
    printf("accuracy %.4f, %.0f images per second\n", (double)correct / (double)count,
           (double)count / (now() - begin));

    neuron_dataset_unref(test);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    return EXIT_SUCCESS;
}
