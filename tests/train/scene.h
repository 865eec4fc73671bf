/* Calls that run functions of the caller's, and what such a function may do to them: let go of all
 * that the call works with, or leave without returning. */
#ifndef TEST_SCENE_H
#define TEST_SCENE_H

#include "test-models.h"

#include <libneuron-committee/committees.h>

#include <pthread.h>
#include <setjmp.h>

typedef enum way { RETURN, RELEASE, JUMP, EXIT, CANCEL } way_out;

enum { SIDE = 12, PIXELS = SIDE * SIDE, COUNT = 40 };

/* What the test owns; `done` once the function has gone its way. */
typedef struct scene {
    test_memory memory;
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_dataset_t *dataset, *made;
    neuron_loss_t *loss;
    neuron_trainer_t *trainer;
    neuron_search_t *search;
    neuron_augmentation_t *augmentation;
    neuron_tensor_t *input, *output;
    neuron_evaluation_t *evaluation;
    float values[COUNT * PIXELS];
    unsigned char file[1 << 15];
    size_t file_size;
    way_out way;
    jmp_buf back;
    bool done, released;
    int waits; /* calls of the function that it returns from before */
} scene;

#define TAKE_AWAY(s, noun, member)                                                                 \
    do {                                                                                           \
        neuron_##noun##_unref((s)->member);                                                        \
        (s)->member = NULL;                                                                        \
    } while (0)

static inline void release_all(scene *s)
{
    TAKE_AWAY(s, tensor, input);
    TAKE_AWAY(s, tensor, output);
    TAKE_AWAY(s, loss, loss);
    TAKE_AWAY(s, dataset, dataset);
    TAKE_AWAY(s, dataset, made);
    TAKE_AWAY(s, graph, graph);
    TAKE_AWAY(s, trainer, trainer);
    TAKE_AWAY(s, search, search);
    TAKE_AWAY(s, augmentation, augmentation);
    TAKE_AWAY(s, evaluation, evaluation);
    TAKE_AWAY(s, context, context);
    s->released = true;
}

/* What every function of the tests ends with. */
static inline int go(scene *s)
{
    if (s->done || s->waits-- > 0)
        return 0;
    s->done = s->way != RETURN;
    switch (s->way) {
    case RELEASE: {
        long before = s->memory.live;
        release_all(s);
        ck_assert_int_eq(s->memory.live, before); /* the call still has all of it */
        break;
    }
    case JUMP:
        longjmp(s->back, 1);
    case EXIT:
        pthread_exit(NULL);
    case CANCEL:
        pthread_cancel(pthread_self());
        pthread_testcancel();
        ck_abort_msg("the thread goes on");
    default:
        break;
    }
    return 0;
}

/* ---- Functions ---- */

static inline int go_plain(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)trainer;
    (void)event;
    return go(user_data);
}

static inline int go_schedule(double *rate, int64_t epoch, void *user_data)
{
    (void)rate;
    (void)epoch;
    return go(user_data);
}

static inline int go_loss(double *losses, float *gradients, const float *outputs,
                          const float *targets, const int32_t *labels, int64_t count, int64_t size,
                          void *user_data)
{
    (void)labels;
    for (int64_t i = 0; i < count * size; i++) {
        losses[i / size] += (double)(outputs[i] - targets[i]) * (double)(outputs[i] - targets[i]);
        if (gradients)
            gradients[i] = 2 * (outputs[i] - targets[i]);
    }
    return go(user_data);
}

static inline int go_read(void *examples, int32_t *labels, const int64_t *positions, int64_t count,
                          void *user_data)
{
    float *values = examples;
    for (int64_t i = 0; values && i < count; i++)
        for (int64_t j = 0; j < PIXELS; j++)
            values[i * PIXELS + j] = (float)((positions[i] * 7 + j * 5) % 11) / 11;
    for (int64_t i = 0; labels && i < count; i++)
        labels[i] = (int32_t)(positions[i] % TEST_CLASSES);
    return go(user_data);
}

static inline int go_keep(int32_t *keep, int64_t position, int32_t label, void *user_data)
{
    (void)label;
    *keep = position % 2 == 0;
    return go(user_data);
}

static inline int go_search(double *score, const neuron_trial_t *trial, void *user_data)
{
    *score = neuron_trial_number(trial, "rate");
    go(user_data);
    return neuron_trial_index(trial) >= 0 ? 0 : -1;
}

/* A layer that hands on what it gets; `who` is what goes: forward, backward, shape or saved. */
typedef struct layer_data {
    scene *scene;
    const char *who;
} layer_data;

static inline int go_if(void *user_data, const char *who)
{
    const layer_data *data = user_data;
    return strcmp(data->who, who) == 0 ? go(data->scene) : 0;
}

static inline int go_forward(neuron_custom_run_t *run, void *user_data)
{
    size_t n = (size_t)(neuron_custom_run_batch(run) * neuron_custom_run_output_size(run));
    memcpy(neuron_custom_run_output(run), neuron_custom_run_input(run, 0), n * sizeof(float));
    return go_if(user_data, "forward");
}

static inline int go_backward(neuron_custom_run_t *run, void *user_data)
{
    size_t n = (size_t)(neuron_custom_run_batch(run) * neuron_custom_run_output_size(run));
    if (neuron_custom_run_input_gradient(run, 0))
        memcpy(neuron_custom_run_input_gradient(run, 0), neuron_custom_run_output_gradient(run),
               n * sizeof(float));
    return go_if(user_data, "backward");
}

static inline int go_shape(int64_t *output, int32_t *rank, const int64_t *shapes,
                           const int32_t *ranks, int64_t count, void *user_data)
{
    (void)count;
    memcpy(output, shapes, (size_t)ranks[0] * sizeof *output);
    *rank = ranks[0];
    return go_if(user_data, "shape");
}

static inline int64_t go_saved(const neuron_custom_run_t *run, void *user_data)
{
    go_if(user_data, "saved");
    return neuron_custom_run_batch(run);
}

/* ---- Handles ---- */

static inline void add_context(scene *s)
{
    s->context = test_limited_context(&s->memory);
    assert_ok(neuron_context_set_number(s->context, "threads", 2));
}

static inline void add_layer(scene *s, const char *who)
{
    layer_data *data = malloc(sizeof *data);
    *data = (layer_data){s, who};
    assert_ok(neuron_custom_layer_register(s->context, "pass", go_forward, go_backward, go_shape,
                                           data, free));
    assert_ok(neuron_custom_layer_set_saved(s->context, "pass", go_saved));
}

static inline neuron_node_t *add_nodes(neuron_graph_t *g, bool custom)
{
    neuron_node_t *x = neuron_flatten(g, neuron_input(g, (const int64_t[]){SIDE, SIDE, 1}, 3));
    x = neuron_batch_norm(g, neuron_dense(g, x, 12, NULL), NULL);
    if (custom)
        x = neuron_custom_layer(g, "pass", &x, 1, NULL, 0);
    return neuron_softmax(g, neuron_dense(g, x, TEST_CLASSES, NULL), NULL);
}

static inline void add_graph(scene *s, bool custom)
{
    assert_ok(neuron_graph_create(&s->graph, s->context));
    assert_ok(neuron_graph_finish(s->graph, add_nodes(s->graph, custom)));
}

static inline void add_glyphs(scene *s)
{
    assert_ok(neuron_dataset_generate_glyphs(&s->dataset, s->context, COUNT, SIDE, SIDE, 3));
}

static inline int add_stream(scene *s)
{
    return neuron_dataset_create_stream(
        &s->dataset, s->context, go_read, s, NULL, COUNT,
        test_stream_options((const int64_t[]){SIDE, SIDE, 1}, 3, NEURON_TYPE_F32, TEST_CLASSES));
}

static inline void add_tensors(scene *s)
{
    const int64_t in[] = {COUNT, SIDE, SIDE, 1}, out[] = {COUNT, TEST_CLASSES};
    assert_ok(neuron_tensor_create(&s->input, s->context, NEURON_TYPE_F32, in, 4));
    assert_ok(neuron_tensor_create(&s->output, s->context, NEURON_TYPE_F32, out, 2));
}

static inline void add_loss(scene *s)
{
    assert_ok(neuron_loss_create_custom(&s->loss, s->context, go_loss, s, NULL));
}

static inline void add_trainer(scene *s, int32_t workers)
{
    neuron_optimizer_t *optimizer;
    assert_ok(neuron_optimizer_create(&optimizer, s->context, "adam", NULL));
    assert_ok(neuron_trainer_create(&s->trainer, s->graph, optimizer, s->dataset));
    neuron_optimizer_unref(optimizer);
    assert_ok(neuron_trainer_set(s->trainer, "batch_size=16, epochs=2"));
    assert_ok(neuron_trainer_set_number(s->trainer, "workers", workers));
    if (s->loss)
        assert_ok(neuron_trainer_set_loss(s->trainer, s->loss));
}

#endif
