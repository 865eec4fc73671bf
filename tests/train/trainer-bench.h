/* A small training of glyphs. */
#ifndef TEST_TRAINER_BENCH_H
#define TEST_TRAINER_BENCH_H

#include "test-training.h"

enum { SIZE = 12, EXAMPLES = 50, BATCH = 16, STEPS = 4 };

typedef neuron_graph_t *(*model)(neuron_context_t *context, int64_t size);

static inline bench set_up(model make)
{
    bench b;
    b.context = test_context();
    b.graph = make(b.context, SIZE);
    assert_ok(neuron_optimizer_create(&b.optimizer, b.context, "adam", "learning_rate=0.01"));
    b.train = test_glyphs(b.context, EXAMPLES, SIZE);
    assert_ok(neuron_dataset_generate_glyphs(&b.validation, b.context, 20, SIZE, SIZE, 8));
    assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, b.train));
    assert_ok(neuron_trainer_set_number(b.trainer, "batch_size", BATCH));
    return b;
}

/* Answers something after so many calls. */
typedef struct stopper {
    int after, answer, calls;
} stopper;

static inline int stop_after(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    (void)trainer;
    stopper *s = user_data;
    return ++s->calls == s->after ? s->answer : 0;
}

#endif
