/* A training whose plan the tests vary. */
#ifndef TEST_RESUME_BENCH_H
#define TEST_RESUME_BENCH_H

#include "test-training.h"

enum { SIZE = 9, EXAMPLES = 23, BATCH = 8, STEPS = 3, EPOCHS = 4 };

static inline neuron_graph_t *small_model(neuron_context_t *context)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){SIZE, SIZE, 1}, 3);
    neuron_node_t *c =
        neuron_batch_norm(g, neuron_relu(g, neuron_conv2d(g, x, 3, 3, 3, NULL)), NULL);
    neuron_node_t *h =
        neuron_dropout(g, neuron_flatten(g, neuron_max_pool2d(g, c, 2, 2, NULL)), 0.3);
    assert_ok(
        neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, h, TEST_CLASSES, NULL), NULL)));
    return g;
}

typedef struct plan {
    neuron_graph_t *(*model)(neuron_context_t *context);
    uint64_t seed;
    const char *rule;
    int32_t threads;
    int64_t examples, validation, batch_size; /* 0 validation examples for no set */
    bool shuffle;
    double validation_split;
} plan;

static const plan usual = {.model = small_model,
                           .seed = 1,
                           .rule = "adam",
                           .threads = 2,
                           .examples = EXAMPLES,
                           .validation = 11,
                           .batch_size = BATCH,
                           .shuffle = true};

static inline bench set_up(plan s, const char *checkpoint)
{
    bench b;
    assert_ok(neuron_context_create(&b.context, NULL));
    assert_ok(neuron_context_set_number(b.context, "threads", s.threads));
    assert_ok(neuron_context_set_seed(b.context, s.seed));
    b.graph = s.model(b.context);
    assert_ok(neuron_optimizer_create(&b.optimizer, b.context, s.rule, NULL));
    b.train = test_glyphs(b.context, s.examples, SIZE);
    assert_ok(neuron_dataset_generate_glyphs(&b.validation, b.context,
                                             s.validation > 0 ? s.validation : 1, SIZE, SIZE, 8));
    assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, b.train));
    assert_ok(neuron_trainer_set_number(b.trainer, "batch_size", (double)s.batch_size));
    assert_ok(neuron_trainer_set_number(b.trainer, "shuffle", s.shuffle));
    assert_ok(neuron_trainer_set_number(b.trainer, "epochs", EPOCHS));
    if (s.validation_split > 0)
        assert_ok(neuron_trainer_set_number(b.trainer, "validation_split", s.validation_split));
    else if (s.validation > 0)
        assert_ok(neuron_trainer_set_validation(b.trainer, b.validation));
    if (checkpoint)
        add_checkpoint(&b, checkpoint, NULL);
    return b;
}

static inline int stop_at(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    (void)trainer;
    int *left = user_data;
    return --*left == 0 ? NEURON_STOP : 0;
}

/* In another context with another seed, other initial parameters and another number of threads. */
static inline bench elsewhere(const char *checkpoint)
{
    plan s = usual;
    s.seed = 77;
    s.threads = 1;
    return set_up(s, checkpoint);
}

#endif
