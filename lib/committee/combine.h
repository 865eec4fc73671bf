/* How a trainer's members are joined: by what `combine` says. */
#ifndef COMMITTEE_COMBINE_H
#define COMMITTEE_COMBINE_H

#include "committee/committee-trainer.h"

/* The words of `combine`, of which 0 is the default, and the one that is set. */
extern const neuron_word neuron_committee_combinations[];
const char *neuron_committee_combination(const neuron_committee_trainer_t *trainer);

/* Whether something is learnt, from examples that were held out from the members. */
bool neuron_committee_learns_to_combine(const neuron_committee_trainer_t *trainer);

/* Whether it can be had: before anything is made, and of members like one that is made. */
int neuron_committee_check_combination(const neuron_committee_trainer_t *trainer);
int neuron_committee_check_combined(const neuron_committee_trainer_t *trainer,
                                    const neuron_graph_t *member);

/* Joins the members, which are trained, and fills `weights`, by how much each counts. */
int neuron_committee_combine(neuron_graph_t **committee, double *weights,
                             const neuron_committee_trainer_t *trainer);

#endif
