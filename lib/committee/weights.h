/* Options of neuron_committee_weights() and neuron_committee_stack(). */
#ifndef COMMITTEE_WEIGHTS_H
#define COMMITTEE_WEIGHTS_H

#include "base/options/options.h"

extern const neuron_option_table neuron_committee_weights_options;
extern const neuron_option_table neuron_committee_stack_options;

#endif
