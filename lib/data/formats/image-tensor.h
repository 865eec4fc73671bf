/* One image as a tensor that a graph predicts from. */
#ifndef DATA_FORMATS_IMAGE_TENSOR_H
#define DATA_FORMATS_IMAGE_TENSOR_H

#include "base/tensor.h"
#include "data/codec/content.h"

typedef struct neuron_image_settings {
    const double *scales, *offsets; /* NULL for those that datasets have by default */
    size_t count;
} neuron_image_settings;

/* neuron_tensor_load_image() for a content. */
int neuron_image_read_tensor(neuron_tensor_t **tensor, const neuron_content *content,
                             const neuron_image_settings *settings);

#endif
