/* CIFAR-10: 32 x 32 colour images of ten classes, as two kinds of files hold them. */
#ifndef DATA_FORMATS_CIFAR10_H
#define DATA_FORMATS_CIFAR10_H

#include "data/codec/content.h"
#include "data/dataset.h"

enum {
    NEURON_CIFAR10_CLASSES = 10,
    NEURON_CIFAR10_SIDE = 32,
    NEURON_CIFAR10_CHANNELS = 3,
    NEURON_CIFAR10_PIXELS = 3072 /* bytes of an image: the red plane, the green, the blue */
};

/* Where the rows of one file lie. */
typedef struct neuron_cifar10_batch {
    int64_t count;
    const uint8_t *pixels, *labels; /* of row 0 */
    size_t pixel_step, label_step;  /* bytes from row to row */
    void *owned;                    /* released with the batch */
} neuron_cifar10_batch;

/* Finds and checks the rows of a file. On failure nothing is owned. */
typedef int (*neuron_cifar10_parse)(neuron_cifar10_batch *batch, const neuron_content *content);
int neuron_cifar10_parse_binary(neuron_cifar10_batch *batch, const neuron_content *content);
int neuron_cifar10_parse_pickle(neuron_cifar10_batch *batch, const neuron_content *content);

/* Joins the rows of all contents, in order, and closes each as soon as it has been used. */
int neuron_cifar10_read(neuron_dataset_t **dataset, neuron_context_t *context,
                        neuron_cifar10_parse parse, neuron_content *contents, int32_t count);

/* The same for files; `who` is the public function whose arguments the others are, as they came. */
int neuron_cifar10_load(neuron_dataset_t **dataset, neuron_context_t *context,
                        neuron_cifar10_parse parse, const char *const *paths, int32_t count,
                        const char *who);

#endif
