/* CIFAR-10: 32 x 32 colour images of ten classes, as two kinds of files hold them: binary records
 * (cifar10.c) and Python's pickled batches (cifar10-pickle.c). A dataset is one file or several. */
#ifndef DATA_FORMATS_CIFAR10_H
#define DATA_FORMATS_CIFAR10_H

#include "data/codec/buffer.h"
#include "data/dataset.h"

enum {
    NEURON_CIFAR10_CLASSES = 10,
    NEURON_CIFAR10_SIDE = 32,
    NEURON_CIFAR10_CHANNELS = 3,
    NEURON_CIFAR10_PIXELS = 3072 /* bytes of an image: the red plane, the green, the blue */
};

typedef struct neuron_cifar10_settings {
    int64_t count; /* of the contents */
} neuron_cifar10_settings;

/* neuron_dataset_load_cifar10() and neuron_dataset_load_cifar10_pickle() for contents, whose rows
 * are joined in order. */
int neuron_cifar10_read(neuron_dataset_t **dataset, const neuron_content *contents,
                        const neuron_cifar10_settings *settings);
int neuron_cifar10_pickle_read(neuron_dataset_t **dataset, const neuron_content *contents,
                               const neuron_cifar10_settings *settings);

/* ---- What the two kinds share ---- */

/* Where the rows of one file lie. */
typedef struct neuron_cifar10_batch {
    neuron_buffer buffer;
    int64_t count;
    const uint8_t *pixels, *labels; /* of row 0 */
    size_t pixel_step, label_step;  /* bytes from row to row */
    void *owned;                    /* released with the batch */
} neuron_cifar10_batch;

/* Finds and checks the rows in the batch's buffer. On failure nothing is owned. */
typedef int (*neuron_cifar10_parse)(neuron_cifar10_batch *batch);

int neuron_cifar10_read_as(neuron_dataset_t **dataset, const neuron_content *contents,
                           const neuron_cifar10_settings *settings, neuron_cifar10_parse parse);

/* Paths of files, or bytes in memory and their sizes. */
typedef struct neuron_cifar10_sources {
    const void *const *at;
    const size_t *sizes;
    bool in_memory;
} neuron_cifar10_sources;

/* The same for these; `who` is the public function whose arguments the others are, as they came. */
int neuron_cifar10_load(neuron_dataset_t **dataset, neuron_context_t *context,
                        neuron_cifar10_parse parse, const neuron_cifar10_sources *from,
                        int64_t count, const char *who);

#endif
