/* Boosting: members that are trained one after the other, each on what those before it have left.
 * All of that follows from the members before, so nothing of it is kept in files. */
#ifndef COMMITTEE_BOOST_H
#define COMMITTEE_BOOST_H

#include "committee/committee-trainer.h"

/* Whether members are, and whether by gradients. */
bool neuron_committee_is_boosted(const neuron_committee_trainer_t *trainer);
bool neuron_committee_fits_gradients(const neuron_committee_trainer_t *trainer);

/* A dataset for the next member, boost.stage. */
int neuron_committee_boost_dataset(neuron_dataset_t **dataset,
                                   const neuron_committee_trainer_t *trainer);

/* Checks the graph of a member, and makes room for what boosting remembers. */
int neuron_committee_boost_begin(neuron_committee_trainer_t *trainer, const neuron_graph_t *graph);
void neuron_committee_boost_release(neuron_committee_trainer_t *trainer);

/* Takes what the next member, which is trained, predicts of the training set into account. */
int neuron_committee_boost_advance(neuron_committee_trainer_t *trainer);

/* Joins the members by what was learnt of them. */
int neuron_committee_boost_join(neuron_graph_t **committee,
                                const neuron_committee_trainer_t *trainer);

/* What comes of a member: it is part of the committee, `step` times; and it is the last, or was
 * left out. */
void neuron_committee_boost_use(neuron_committee_trainer_t *trainer, double step);
void neuron_committee_boost_end(neuron_committee_trainer_t *trainer);

/* For boost.c: of AdaBoost and of gradient boosting, what the predictions [n, size] of a member
 * change. */
int neuron_adaboost_advance(neuron_committee_trainer_t *trainer, const float *predictions);
int neuron_gradient_boost_begin(neuron_committee_trainer_t *trainer);
int neuron_gradient_boost_advance(neuron_committee_trainer_t *trainer, const float *predictions);
int neuron_gradient_boost_targets(float *targets, const neuron_committee_trainer_t *trainer);

#endif
