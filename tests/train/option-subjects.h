/* One object of every kind that has options, for tests that treat them all alike. */
#ifndef TEST_OPTION_SUBJECTS_H
#define TEST_OPTION_SUBJECTS_H

#include "test-models.h"

enum { TEXT = 512, VALUE = 64 };

/* The calls of one handle, which forget its type. */
typedef struct calls {
    int (*set)(void *object, const char *options);
    int (*set_number)(void *object, const char *option, double value);
    int (*get_number)(const void *object, const char *option, double *value);
    int (*get_text)(const void *object, const char *option, char *text, size_t capacity,
                    size_t *needed);
} calls;

#define CALLS_OF(handle)                                                                           \
    static int handle##_set(void *object, const char *options)                                     \
    {                                                                                              \
        return neuron_##handle##_set(object, options);                                             \
    }                                                                                              \
    static int handle##_set_number(void *object, const char *option, double value)                 \
    {                                                                                              \
        return neuron_##handle##_set_number(object, option, value);                                \
    }                                                                                              \
    static int handle##_get_number(const void *object, const char *option, double *value)          \
    {                                                                                              \
        return neuron_##handle##_get_number(value, object, option);                                \
    }                                                                                              \
    static int handle##_get_text(const void *object, const char *option, char *text,               \
                                 size_t capacity, size_t *needed)                                  \
    {                                                                                              \
        return neuron_##handle##_get_text(text, capacity, needed, object, option);                 \
    }                                                                                              \
    static const calls of_##handle = {handle##_set, handle##_set_number, handle##_get_number,      \
                                      handle##_get_text};

CALLS_OF(augmentation)
CALLS_OF(callback)
CALLS_OF(loss)
CALLS_OF(node)
CALLS_OF(optimizer)
CALLS_OF(trainer)

/* ---- One object of every kind ---- */

typedef struct subject {
    const char *family, *kind;
    const calls *calls;
    void *object;
} subject;

typedef void (*check)(const subject *s);

static inline void with_optimizers(neuron_context_t *context, check run)
{
    const char *kind;
    for (int32_t i = 0; (kind = neuron_kind_name("optimizer", i)); i++) {
        neuron_optimizer_t *made;
        assert_ok(neuron_optimizer_create(&made, context, kind, NULL));
        run(&(subject){"optimizer", kind, &of_optimizer, made});
        neuron_optimizer_unref(made);
    }
}

static inline void with_losses(neuron_context_t *context, check run)
{
    const char *kind;
    for (int32_t i = 0; (kind = neuron_kind_name("loss", i)); i++) {
        neuron_loss_t *made;
        assert_ok(neuron_loss_create(&made, context, kind, NULL));
        run(&(subject){"loss", kind, &of_loss, made});
        neuron_loss_unref(made);
    }
}

static inline void with_callbacks(neuron_context_t *context, check run)
{
    const char *kind;
    for (int32_t i = 0; (kind = neuron_kind_name("callback", i)); i++) {
        neuron_callback_t *made;
        assert_ok(neuron_callback_create(&made, context, kind, NULL));
        run(&(subject){"callback", kind, &of_callback, made});
        neuron_callback_unref(made);
    }
}

static inline void with_images(neuron_context_t *context, check run)
{
    neuron_augmentation_t *images;
    assert_ok(neuron_augmentation_create(&images, context, NULL));
    run(&(subject){"augmentation", "augmentation", &of_augmentation, images});
    neuron_augmentation_unref(images);
}

static inline void with_a_trainer(neuron_context_t *context, check run)
{
    neuron_graph_t *graph = test_mlp(context, 8);
    neuron_dataset_t *glyphs = test_glyphs(context, 20, 8);
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, sgd, glyphs));
    run(&(subject){"trainer", "trainer", &of_trainer, trainer});
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
    neuron_dataset_unref(glyphs);
    neuron_graph_unref(graph);
}

static inline neuron_node_t *random_rotation(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_random_rotation(
        graph, x, neuron_option_default(neuron_kind_option("layer", "random_rotation", 0)), NULL);
}

static inline neuron_node_t *batch_norm(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_batch_norm(graph, x, NULL);
}

static inline neuron_node_t *gelu(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_gelu(graph, x, NULL);
}

/* Layers whose options have nothing to do with shapes, which have other tests. What is refused
 * sticks to a graph: each has its own. */
static inline void with_nodes(neuron_context_t *context, check run)
{
    static const struct {
        const char *kind;
        neuron_node_t *(*add)(neuron_graph_t *graph, neuron_node_t *x);
    } layers[] = {{"batch_norm", batch_norm}, {"gelu", gelu}, {"random_rotation", random_rotation}};
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        neuron_graph_t *graph;
        assert_ok(neuron_graph_create(&graph, context));
        neuron_node_t *x = neuron_input(graph, (const int64_t[]){4, 4, 1}, 3);
        run(&(subject){"layer", layers[i].kind, &of_node, layers[i].add(graph, x)});
        neuron_graph_unref(graph);
    }
}

static inline void with_each(check run)
{
    neuron_context_t *context = test_context();
    with_optimizers(context, run);
    with_losses(context, run);
    with_callbacks(context, run);
    with_images(context, run);
    with_a_trainer(context, run);
    with_nodes(context, run);
    neuron_context_unref(context);
}

#endif
