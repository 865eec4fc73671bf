/* What members predict of examples that they did not learn from. */
#ifndef COMMITTEE_HELD_OUT_H
#define COMMITTEE_HELD_OUT_H

#include "committee/committee-trainer.h"

/* Fills `values`, [examples, members, size], with what members put out first for the examples of
 * the training set that were held out from them, and `known`, [examples, members], with where that
 * is, which is to be false before. */
int neuron_committee_gather(float *values, bool *known, const neuron_committee_trainer_t *trainer);

/* The same to learn how members are joined: by each set of members of folds, else by each member,
 * where one that has learnt from the example is taken to put out the mean of those that have not.
 * Examples that are held out from no member are left out. The hold ends it. */
int neuron_committee_read_held_out(neuron_member_outputs **outputs, neuron_hold *hold,
                                   const neuron_committee_trainer_t *trainer);

#endif
