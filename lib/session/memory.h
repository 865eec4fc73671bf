/* Options of neuron_graph_memory(). */
#ifndef SESSION_MEMORY_H
#define SESSION_MEMORY_H

#include "base/options/options.h"

extern const neuron_option_table neuron_memory_options;

#endif
