/* Options of neuron_dataset_split(). */
#ifndef DATA_SPLIT_H
#define DATA_SPLIT_H

#include "base/options/options.h"

extern const neuron_option_table neuron_split_options;

#endif
