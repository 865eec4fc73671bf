/* Options of neuron_dataset_distil(). */
#ifndef COMMITTEE_DISTIL_H
#define COMMITTEE_DISTIL_H

#include "base/options/options.h"

extern const neuron_option_table neuron_distil_options;

#endif
