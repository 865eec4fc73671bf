/* Files as Keras could have written them. */
#ifndef MADE_FILES_H
#define MADE_FILES_H

#include <libneuron-keras/keras.h>

#include "keras/files/archive.h"
#include "test-common.h"

/* A text with " for each '; the test frees it. */
static inline char *quoted(const char *text)
{
    char *copy = strdup(text);
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    return copy;
}

/* Loads an archive of a description, in which ' stands for ", and of weights. */
static inline int load_archive(neuron_graph_t **graph, neuron_context_t *context,
                               const char *description, const void *weights, size_t size)
{
    void *bytes;
    char *json = quoted(description);
    const neuron_archive_member members[] = {{"config.json", json, strlen(json)},
                                             {"model.weights.h5", weights, size}};
    assert_ok(neuron_archive_make(&bytes, &size, context, members, 2));
    int status = neuron_keras_load_memory(graph, context, bytes, size);
    neuron_release(context, bytes);
    free(json);
    return status;
}

#endif
