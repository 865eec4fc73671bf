/* Convolutions of floats and of bytes: what they share. */
#ifndef SOURCE_LAYERS_CONVOLUTIONS_H
#define SOURCE_LAYERS_CONVOLUTIONS_H

#include "source/layers/sums.h"
#include "source/layers/window.h"

/* Writes the sums of all windows, each of which becomes `value`, made of sum[f]. */
void neuron_write_convolution(neuron_writer *writer, const neuron_source_window *window,
                              const neuron_source_sums *sums, const char *value);

#endif
