/* Options of the calls that learn how to join members and tell what they are worth. */
#ifndef COMMITTEE_WEIGHTS_H
#define COMMITTEE_WEIGHTS_H

#include "base/options/options.h"

extern const neuron_option_table neuron_committee_weights_options;
extern const neuron_option_table neuron_committee_stack_options;
extern const neuron_option_table neuron_committee_diversity_options;
extern const neuron_option_table neuron_committee_contributions_options;
extern const neuron_option_table neuron_committee_costs_options;
extern const neuron_option_table neuron_committee_prune_options;

#endif
