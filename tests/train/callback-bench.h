/* A small training whose figures the tests write themselves. */
#ifndef TEST_CALLBACK_BENCH_H
#define TEST_CALLBACK_BENCH_H

#include "test-training.h"

#include "train/trainer.h"

#include <math.h>

enum { SIZE = 8, EXAMPLES = 6, BATCH = 4, STEPS = 2, EPOCHS = 14 };

static inline bench set_up(int64_t epochs)
{
    bench b;
    b.context = test_context();
    b.graph = test_mlp(b.context, SIZE);
    assert_ok(
        neuron_optimizer_create(&b.optimizer, b.context, "sgd", "learning_rate=0.1, momentum=0.5"));
    b.train = test_glyphs(b.context, EXAMPLES, SIZE);
    assert_ok(neuron_dataset_generate_glyphs(&b.validation, b.context, 3, SIZE, SIZE, 8));
    assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, b.train));
    assert_ok(neuron_trainer_set_number(b.trainer, "batch_size", BATCH));
    assert_ok(neuron_trainer_set_number(b.trainer, "epochs", (double)epochs));
    assert_ok(neuron_trainer_set_validation(b.trainer, b.validation));
    return b;
}

/* Adds a callback; the trainer keeps it. */
static inline neuron_callback_t *add(const bench *b, const char *kind, const char *options)
{
    neuron_callback_t *callback;
    assert_ok(neuron_callback_create(&callback, b->context, kind, options));
    assert_ok(neuron_trainer_add_callback(b->trainer, callback));
    neuron_callback_unref(callback);
    return callback;
}

static inline void add_custom(const bench *b, neuron_callback_function_t function, void *user_data)
{
    assert_ok(neuron_trainer_add_function(b->trainer, TEST_EVENTS, function, user_data, NULL));
}

static inline void add_log(const bench *b, const char *path)
{
    neuron_callback_t *c;
    assert_ok(neuron_callback_create_csv_log(&c, b->context, path));
    assert_ok(neuron_trainer_add_callback(b->trainer, c));
    neuron_callback_unref(c);
}

static inline int call_early(neuron_trainer_t *trainer, neuron_callback_entry *entry, int32_t event)
{
    return entry->callback->function(trainer, event, entry->callback->user_data);
}

static const neuron_callback_row early_kind = {.name = "early", .on_event = call_early};

/* The same, but called when it is its turn, as the library's own are, not after these. */
static inline void add_early(const bench *b, neuron_callback_function_t function, void *user_data)
{
    neuron_callback_t *callback;
    assert_ok(neuron_callback_make(&callback, b->context, &early_kind));
    callback->function = function;
    callback->user_data = user_data;
    assert_ok(neuron_trainer_add_callback(b->trainer, callback));
    neuron_callback_unref(callback);
}

/* Validation losses instead of those of the graph; they repeat. */
typedef struct script {
    const double *losses;
    int64_t count;
} script;

static const double usual_losses[EPOCHS] = {9, 8, 8, 5, 6, 7, 7, 4, 6, 6, 6, 6, 6, 6};
static const script usual_script = {usual_losses, EPOCHS};

static inline int play(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    const script *s = user_data;
    neuron_history_t *history = trainer->history;
    if (event == NEURON_EVENT_EPOCH_END)
        neuron_history_row(history, history->epochs - 1)[2] =
            s->losses[(history->epochs - 1) % s->count];
    return 0;
}

/* A schedule that has no rate for epoch 1, but what the user gives. */
static inline int no_rate(double *rate, int64_t epoch, void *user_data)
{
    if (epoch == 1)
        *rate = *(const double *)user_data;
    return 0;
}

static inline double rate_of(const bench *b)
{
    return neuron_trainer_progress(b->trainer, "learning_rate");
}

static inline int64_t epochs_of(const bench *b)
{
    return neuron_history_epochs(neuron_trainer_history(b->trainer));
}

/* The parameters after each epoch. */
typedef struct album {
    float *epochs[EPOCHS];
    size_t count;
} album;

static inline int take_picture(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    album *a = user_data;
    if (event == NEURON_EVENT_EPOCH_END)
        a->epochs[neuron_history_epochs(neuron_trainer_history(trainer)) - 1] =
            test_parameters(neuron_trainer_graph(trainer), &a->count);
    return 0;
}

static inline bool looks_like(const bench *b, const album *a, int64_t epoch)
{
    size_t count;
    float *values = test_parameters(b->graph, &count);
    bool same = memcmp(values, a->epochs[epoch], count * sizeof *values) == 0;
    free(values);
    return same;
}

static inline void drop_album(album *a)
{
    for (int i = 0; i < EPOCHS; i++)
        free(a->epochs[i]);
}

/* The rate of each step. */
typedef struct rates {
    double steps[EPOCHS * STEPS];
    int count;
} rates;

static inline int watch_rate(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    rates *r = user_data;
    if (event == NEURON_EVENT_STEP_END)
        r->steps[r->count++] = neuron_trainer_progress(trainer, "learning_rate");
    return 0;
}

/* A plateau at every epoch, whose callback looks at the base rate and finds it small enough. */
static inline void add_idle_plateau(const bench *b)
{
    add(b, "reduce_on_plateau", "patience=0, min_delta=1e9, min_rate=100");
}

/* What a schedule falls to goes by another name for one of them, and by none for a warm-up. */
static inline neuron_callback_t *add_schedule(const bench *b, const char *kind, int64_t length,
                                              double share, int64_t start, bool per_step)
{
    neuron_callback_t *c = add(b, kind, per_step ? "per_step=yes" : NULL);
    assert_ok(neuron_callback_set_number(c, "length", (double)length));
    assert_ok(neuron_callback_set_number(c, "start", (double)start));
    if (strcmp(kind, "warm_up") != 0)
        assert_ok(neuron_callback_set_number(
            c, strcmp(kind, "cosine_schedule") == 0 ? "alpha" : "factor", share));
    return c;
}

#endif
