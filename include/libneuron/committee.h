/** @file committee.h
 *  Committees: several trained graphs that decide together.
 *
 *  A committee is itself a finished graph. It predicts, is evaluated, saved and loaded like any
 *  other, and can be a member of another committee.
 *
 *      double weights[3];
 *      neuron_committee_weights(weights, members, 3, validation);
 *      neuron_committee_create(&committee, context, members, 3, weights, "rule=weighted_mean");
 */
#ifndef NEURON_COMMITTEE_H
#define NEURON_COMMITTEE_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Joins finished graphs into a committee. The members are copied: training one later does not
 *  change the committee. The copies are called by the members' names; see neuron_graph_import().
 *
 *  The members must agree on the shape of the input and of the output; that their classes mean the
 *  same is up to the caller. A member may be given twice, may be a committee, and may belong to
 *  another context. A committee of means can be trained further, members and all. Options:
 *
 *  - `rule`: how the members' outputs are joined. `mean`, the default, is the mean of the
 *    probabilities (neuron_average()), `weighted_mean` the weighted one
 *    (neuron_weighted_average()); with `majority_vote` each has one vote (neuron_vote() without
 *    weights, where ties are explained), with `weighted_vote` as many as its weight says.
 *
 *  @param[out] committee  the finished graph, called "committee"; NULL on failure.
 *  @param members  `count` finished graphs, 1 or more. Where they have several inputs or outputs,
 *                  those of the same name belong together: the committee has the inputs and outputs
 *                  of the first member, and joins each output by itself.
 *  @param weights  for the two weighted rules: `count` finite numbers, none negative, at least one
 *                  positive; only their ratios matter. Must be NULL for the other two.
 *  @param options  as options.h has them: "rule=weighted_mean"; NULL for the defaults.
 *  @return  0; NEURON_E_ARGUMENT for an unknown option or rule, wrong weights, a member that is
 *           NULL, more members than a layer has inputs (4096), or what neuron_graph_import()
 *           refuses; NEURON_E_STATE for a member that is not finished; NEURON_E_SHAPE for members
 *           that disagree, with both named; NEURON_E_DATA for members that call a class
 *           differently; NEURON_E_UNSUPPORTED for a custom layer whose kind is not registered with
 *           the context (custom.h); NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_committee_create(neuron_graph_t **committee, neuron_context_t *context,
                                       neuron_graph_t *const *members, int64_t count,
                                       const double *weights, const char *options);

/** Weighs graphs by their accuracy on a dataset they were not trained on: each weight is the
 *  member's accuracy, at the first output, over the sum of all. If no member has any example right,
 *  all have the same weight. Any targets are taken as classes, as
 *  neuron_dataset_create_with_targets() has it.
 *  @param[out] weights  `count` numbers that add up to 1; untouched on failure.
 *  @return  0 or as neuron_graph_evaluate(). Threads as there. Since 0.1. */
NEURON_API int neuron_committee_weights(double *weights, neuron_graph_t *const *members,
                                        int64_t count, const neuron_dataset_t *validation);

#ifdef __cplusplus
}
#endif

#endif
