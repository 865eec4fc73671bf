/* Members that learn only some classes. */
#ifndef COMMITTEE_CLASSES_H
#define COMMITTEE_CLASSES_H

#include "committee/committee-trainer.h"

/* Whether members do, and whether they can. */
bool neuron_committee_has_class_subsets(const neuron_committee_trainer_t *trainer);
int neuron_committee_check_classes(const neuron_committee_trainer_t *trainer);

/* Fills `known`, [classes], with those that a member learns: the members of a set of folds learn
 * the same. Each class is known by as many sets as another, give or take one. */
int neuron_committee_known_classes(bool *known, const neuron_committee_trainer_t *trainer,
                                   int64_t member);

/* Makes a list of them, [members, classes]; NULL if all know all. */
int neuron_committee_read_classes(bool **classes, const neuron_committee_trainer_t *trainer);

/* Divides numbers by their sum, unless that is 0. */
void neuron_committee_normalize(float *row, int64_t count);

/* The examples of a dataset whose classes a member knows; fails if there are none. */
int neuron_committee_restrict(neuron_dataset_t **part, const neuron_committee_trainer_t *trainer,
                              int64_t member, const neuron_dataset_t *dataset);

/* Has the graph that a builder has made put out 0 for classes that the member does not know. */
int neuron_committee_choose_classes(neuron_committee_member *member);

/* Divides what a committee by a rule puts out for each class by the weights of the members that
 * know it, unless these are alike, and the outputs by their sum. */
int neuron_committee_scale_classes(neuron_graph_t **committee, const double *weights,
                                   const neuron_committee_trainer_t *trainer);

#endif
