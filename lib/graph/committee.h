/* Options of neuron_committee_create(). */
#ifndef GRAPH_COMMITTEE_H
#define GRAPH_COMMITTEE_H

#include "base/options/options.h"

extern const neuron_option_table neuron_committee_options;

#endif
