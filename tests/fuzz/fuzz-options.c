/* Sets bytes as the options of one thing of every kind. What is taken must be told as a text that
 * is taken again and says the same; what is refused must change nothing. */
#include "limited.h"

#include <stdint.h>
#include <string.h>

enum { TOLD = 4096 };

static void must(int status)
{
    if (status < 0)
        abort();
}

#define DEFINE_CHECK(noun)                                                                         \
    static void check_##noun(neuron_##noun##_t *handle, const char *options)                       \
    {                                                                                              \
        char before[TOLD], after[TOLD];                                                            \
        must(neuron_##noun##_get_text(before, sizeof before, NULL, handle, NULL));                 \
        if (neuron_##noun##_set(handle, options) == NEURON_OK) {                                   \
            must(neuron_##noun##_get_text(before, sizeof before, NULL, handle, NULL));             \
            must(neuron_##noun##_set(handle, before));                                             \
        }                                                                                          \
        must(neuron_##noun##_get_text(after, sizeof after, NULL, handle, NULL));                   \
        if (strcmp(before, after) != 0)                                                            \
            abort();                                                                               \
    }

DEFINE_CHECK(optimizer)
DEFINE_CHECK(loss)
DEFINE_CHECK(callback)
DEFINE_CHECK(augmentation)

/* Made with the text as well, where that is the way to it that most programs take. */
#define DEFINE_CHECK_ALL(noun)                                                                     \
    static void check_each_##noun(neuron_context_t *context, const char *options)                  \
    {                                                                                              \
        for (int32_t i = 0; i < neuron_kind_count(#noun); i++) {                                   \
            neuron_##noun##_t *made;                                                               \
            const char *kind = neuron_kind_name(#noun, i);                                         \
            int status = neuron_##noun##_create(&made, context, kind, options);                    \
            limited_check(status, made);                                                           \
            neuron_##noun##_unref(made);                                                           \
            must(neuron_##noun##_create(&made, context, kind, NULL));                              \
            check_##noun(made, options);                                                           \
            neuron_##noun##_unref(made);                                                           \
        }                                                                                          \
    }

DEFINE_CHECK_ALL(optimizer)
DEFINE_CHECK_ALL(loss)
DEFINE_CHECK_ALL(callback)

static void check_settings(neuron_context_t *context, const char *options)
{
    neuron_augmentation_t *augmentation;
    must(neuron_augmentation_create(&augmentation, context, NULL));
    check_augmentation(augmentation, options);
    neuron_augmentation_unref(augmentation);
}

/* A graph keeps the first error, so that each node has one of its own. */
static void check_node(neuron_context_t *context, const char *options,
                       neuron_node_t *(*add)(neuron_graph_t *graph, neuron_node_t *x))
{
    neuron_graph_t *graph;
    char told[TOLD];
    must(neuron_graph_create(&graph, context));
    neuron_node_t *node = add(graph, neuron_input(graph, (const int64_t[]){6, 6, 2}, 3));
    if (neuron_node_set(node, options) == NEURON_OK) {
        must(neuron_node_get_text(told, sizeof told, NULL, node, NULL));
        must(neuron_node_set(node, told));
    }
    neuron_graph_unref(graph);
}

static neuron_node_t *add_convolution(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_conv2d(graph, x, 3, 3, 3, NULL);
}

static neuron_node_t *add_rotation(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_random_rotation(graph, x, 0.1, NULL);
}

static neuron_node_t *add_normalisation(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_batch_norm(graph, x, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = limited_context(size);
    char *options = malloc(size + 1);
    if (context && options) {
        if (size > 0)
            memcpy(options, bytes, size);
        options[size] = '\0';
        check_each_optimizer(context, options);
        check_each_loss(context, options);
        check_each_callback(context, options);
        check_settings(context, options);
        check_node(context, options, add_convolution);
        check_node(context, options, add_rotation);
        check_node(context, options, add_normalisation);
    }
    free(options);
    neuron_context_unref(context);
    return 0;
}
