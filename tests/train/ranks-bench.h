/* Trainings that several ranks do together, of networks with all that matters for that, and what
 * comes of them. */
#ifndef TEST_RANKS_BENCH_H
#define TEST_RANKS_BENCH_H

#include "test-models.h"
#include "test-ranks.h"

/* The last of four steps has 2 examples; the validation set is judged in three batches. */
enum { SIZE = 12, EXAMPLES = 50, VALIDATION = 300 };

/* What is trained. */
typedef enum network {
    LINEAR,     /* one dense layer: no two examples have to do with each other */
    DENSE,      /* batch normalisation, dropout and a skip-concatenation */
    CONVOLUTED, /* convolution, normalisation and pooling in one pass; augmented */
    REGULAR,    /* penalties, a norm that clips, shared, frozen and normalised layers, weights */
    DEEP,       /* several normalisations, some over images that are not pooled */
    NETWORKS
} network;

typedef struct training {
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_dataset_t *train, *validation;
    neuron_optimizer_t *optimizer;
    neuron_trainer_t *trainer;
} training;

static inline neuron_graph_t *regular_graph(neuron_context_t *context)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_flatten(g, neuron_input(g, (const int64_t[]){SIZE, SIZE, 1}, 3));
    neuron_node_t *frozen = neuron_batch_norm(g, neuron_dense(g, x, 16, NULL), NULL);
    assert_ok(neuron_node_set_trainable(frozen, 0));
    neuron_node_t *cell = neuron_dense(g, frozen, 16, NULL);
    assert_ok(neuron_node_set_regularizer(cell, "kernel", 0.001, 0.002));
    neuron_node_t *h = neuron_tanh(g, cell);
    h = neuron_tanh(g, neuron_shared_layer(g, cell, &h, 1));
    h = neuron_gaussian_noise(g, neuron_batch_norm(g, h, "momentum=0.5"), 0.1);
    neuron_node_t *y = neuron_dense(g, h, TEST_CLASSES, NULL);
    assert_ok(neuron_node_set_regularizer(y, "kernel", 0, 0.01));
    assert_ok(neuron_graph_finish(g, neuron_softmax(g, y, NULL)));
    return g;
}

static inline neuron_graph_t *deep_graph(neuron_context_t *context)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){SIZE, SIZE, 1}, 3);
    neuron_node_t *c = neuron_conv2d(g, neuron_batch_norm(g, x, NULL), 3, 3, 3, "padding=same");
    neuron_node_t *d = neuron_relu(g, neuron_batch_norm(g, c, "momentum=0.9"));
    d = neuron_batch_norm(g, neuron_conv2d(g, d, 3, 3, 3, "padding=same, use_bias=no"), NULL);
    neuron_node_t *both[] = {c, d};
    neuron_node_t *h = neuron_relu(g, neuron_add(g, both, 2));
    h = neuron_flatten(g, neuron_average_pool2d(g, h, 2, 2, NULL));
    h = neuron_batch_norm(g, neuron_sigmoid(g, neuron_dense(g, h, 9, NULL)), NULL);
    assert_ok(
        neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, h, TEST_CLASSES, NULL), NULL)));
    return g;
}

static inline neuron_graph_t *network_graph(neuron_context_t *context, network which)
{
    switch (which) {
    case LINEAR:
        return test_linear(context, SIZE);
    case DENSE:
        return test_mlp(context, SIZE);
    case CONVOLUTED:
        return test_cnn(context, SIZE);
    case REGULAR:
        return regular_graph(context);
    default:
        return deep_graph(context);
    }
}

static inline void add_augmentation(neuron_trainer_t *trainer, neuron_context_t *context)
{
    neuron_augmentation_t *augmentation;
    assert_ok(neuron_augmentation_create(
        &augmentation, context, "rotation=15, width_shift=0.1, horizontal_flip=yes, noise=0.02"));
    assert_ok(neuron_trainer_set_augmentation(trainer, augmentation));
    neuron_augmentation_unref(augmentation);
}

static inline training make_training(neuron_context_t *context, network which)
{
    training t = {.context = neuron_context_ref(context)};
    t.graph = network_graph(context, which);
    t.train = test_glyphs(context, EXAMPLES, SIZE);
    assert_ok(neuron_dataset_generate_glyphs(&t.validation, context, VALIDATION, SIZE, SIZE, 8));
    assert_ok(neuron_optimizer_create(&t.optimizer, context, "adam",
                                      which == REGULAR ? "learning_rate=0.01, clip_global_norm=0.5"
                                                       : "learning_rate=0.01"));
    float weights[EXAMPLES];
    for (int i = 0; i < EXAMPLES; i++)
        weights[i] = (float)(i % 3);
    if (which == REGULAR)
        assert_ok(neuron_dataset_set_weights(t.train, weights, EXAMPLES));
    assert_ok(neuron_trainer_create(&t.trainer, t.graph, t.optimizer, t.train));
    assert_ok(neuron_trainer_set(t.trainer, "batch_size=16, epochs=3"));
    assert_ok(neuron_trainer_set_validation(t.trainer, t.validation));
    if (which == CONVOLUTED)
        add_augmentation(t.trainer, context);
    return t;
}

static inline void end_training(training *t)
{
    neuron_trainer_unref(t->trainer);
    neuron_optimizer_unref(t->optimizer);
    neuron_dataset_unref(t->validation);
    neuron_dataset_unref(t->train);
    neuron_graph_unref(t->graph);
    neuron_context_unref(t->context);
}

/* What came of a training: all parameters, and all figures of all epochs. */
typedef struct outcome {
    float *parameters;
    size_t count;
    int64_t epochs;
    double figures[16][5];
} outcome;

static inline outcome outcome_of(const training *t)
{
    outcome o = {.epochs = 0};
    const neuron_history_t *history = neuron_trainer_history(t->trainer);
    o.parameters = test_parameters(t->graph, &o.count);
    o.epochs = neuron_history_epochs(history);
    ck_assert_int_le(o.epochs, 16);
    for (int64_t i = 0; i < o.epochs; i++)
        for (int k = 0; k < 5; k++)
            o.figures[i][k] = test_figure(history, i, test_metrics[k]);
    return o;
}

static inline void end_outcome(outcome *o)
{
    free(o->parameters);
}

/* The same to the last bit. */
static inline bool same_outcome(const outcome *a, const outcome *b)
{
    return a->count == b->count && a->epochs == b->epochs &&
           memcmp(a->parameters, b->parameters, a->count * sizeof *a->parameters) == 0 &&
           memcmp(a->figures, b->figures, (size_t)a->epochs * sizeof a->figures[0]) == 0;
}

/* A training on one rank, without a communicator. */
static inline outcome train_alone(network which, const char *options, int32_t threads)
{
    neuron_context_t *context = test_context();
    assert_ok(neuron_context_set_number(context, "threads", threads));
    training t = make_training(context, which);
    assert_ok(neuron_trainer_set(t.trainer, options));
    assert_ok(neuron_trainer_run(NULL, t.trainer));
    outcome o = outcome_of(&t);
    end_training(&t);
    neuron_context_unref(context);
    return o;
}

#endif
