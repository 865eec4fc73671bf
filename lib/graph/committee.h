/* Options of neuron_committee_create(), and its rules for who chooses one of them. */
#ifndef GRAPH_COMMITTEE_H
#define GRAPH_COMMITTEE_H

#include "base/compiler/attributes.h"
#include "base/options/options.h"

#include <libneuron/types.h>

extern const neuron_option_table neuron_committee_options;

/* The rules, of which 0 is the default. */
extern const neuron_word neuron_committee_rules[];

bool neuron_committee_rule_has_weights(int32_t rule);

/* Whether a member can be joined with those before it: the status and message of
 * neuron_committee_create(). Without `names` their classes may be called differently. */
NEURON_SHARED int neuron_committee_check_member(neuron_graph_t *const *members, int64_t index,
                                                bool names);

/* Whether a member calls the classes of its first output like those before it, where both call them
 * something. `who` begins the message. */
NEURON_SHARED int neuron_committee_check_names(neuron_graph_t *const *members, int64_t index,
                                               const char *who);

#endif
