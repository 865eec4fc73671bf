/* NumPy's .npy format: a header with type, order and shape as Python text, then the elements. A
 * dataset is two files, examples and labels. npy-header.h reads the header; npz.h has archives of
 * such files. */
#ifndef DATA_FORMATS_NPY_H
#define DATA_FORMATS_NPY_H

#include "base/tensor.h"
#include "data/codec/source.h"
#include "data/dataset.h"

typedef struct neuron_npy_settings {
    int64_t class_count;
} neuron_npy_settings;

/* neuron_dataset_load_npy() for two contents: examples and labels. */
int neuron_npy_read(neuron_dataset_t **dataset, const neuron_content contents[2],
                    const neuron_npy_settings *settings);

/* An array as a file has it. */
typedef struct neuron_npy_array {
    neuron_tensor_t *tensor; /* the holder owns it; NULL if nothing was read */
    const char *type;        /* of its elements, as NumPy has it: "f8" */
    bool boolean;            /* its bytes are truth values, 0 or 1 */
    const char *name;        /* of the file, for messages */
} neuron_npy_array;

/* Reads an array straight into a tensor. Its name is the source's, which must stay. */
int neuron_npy_read_array(neuron_npy_array *array, neuron_source *source);

/* The array of a content. Its name is the content's. */
int neuron_npy_read_content(neuron_npy_array *array, const neuron_content *content);

/* A dataset of two arrays: images get an axis of channels, labels lose one of extent 1, and truth
 * values are 0 and 1 as they are. The caller gives its tensors up to be changed. */
int neuron_npy_make_dataset(neuron_dataset_t **dataset, neuron_context_t *context,
                            const neuron_npy_array *examples, const neuron_npy_array *labels,
                            int64_t class_count);

#endif
