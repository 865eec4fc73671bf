/* NumPy's .npy format: a header with type, order and shape as Python text, then the elements. */
#ifndef DATA_NPY_H
#define DATA_NPY_H

#include "base/tensor.h"
#include "data/content.h"

/* Makes a tensor of the array that a content is. */
int neuron_npy_read(neuron_tensor_t **tensor, const neuron_content *content);

#endif
