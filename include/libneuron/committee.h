/** @file committee.h
 *  Committees: several trained graphs that decide together.
 *
 *  A committee is itself a finished graph. It predicts, is evaluated, saved and loaded like any
 *  other, and can be a member of another committee.
 *
 *      neuron_committee_create(&committee, context, members, 3, NULL, "rule=mean");
 *      neuron_graph_save(committee, "committee.safetensors");
 *
 *  What trains members, weighs them, or learns how to join them is in a library beside this one:
 *  see libneuron-committee/committees.h.
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
 *    weights, where ties are explained), with `weighted_vote` as many as its weight says; with
 *    `borda` and `weighted_borda` a vote is shared among the classes by their rank.
 *  - `uncertainty`: what more outputs tell of how sure the members are, with blanks between:
 *    "uncertainty=entropy mutual_information", of `entropy`, `expected_entropy`,
 *    `mutual_information`, `variation_ratio`, `disagreement`, `margin`, `confidence` and `answers`;
 *    `none`, the default, for nothing. Each is a node of neuron_uncertainty(), where they are
 *    explained, over the members' outputs with the weights of the rule, and called by its word; of
 *    several outputs "<output>_<word>". They come behind the others, in this order. Such outputs
 *    have no targets: the committee is evaluated and calibrated by datasets without them, and as a
 *    member of another committee leaves them out. Trained it cannot be with them: train first.
 *  - `abstain_below`: one more output of that kind, `answers`: 1 where the largest mean probability
 *    is at least this, 0 to 1, and 0 where the committee had better not answer.
 *
 *  @param[out] committee  the finished graph, called "committee"; NULL on failure.
 *  @param members  `count` finished graphs, 1 or more. Where they have several inputs or outputs,
 *                  those of the same name belong together: the committee has the inputs and outputs
 *                  of the first member, and joins each output by itself.
 *  @param weights  for the weighted rules: `count` finite numbers, none negative, at least one
 *                  positive; only their ratios matter. Must be NULL for the others.
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

/** Joins members by a trained graph of the caller's own: it takes their first outputs side by
 *  side. neuron_committee_outputs() makes what it learns from, and the ordinary trainer trains it.
 *  @param[out] committee  the finished graph, called "committee"; NULL on failure.
 *  @param members   as for neuron_committee_create(), with one output each; their copies are
 *                   frozen.
 *  @param combiner  a finished graph with one input, of as many numbers as all members put out,
 *                   and one output. Copied.
 *  @return  0 or as neuron_committee_create(). Any thread. Since 0.1. */
NEURON_API int neuron_committee_join(neuron_graph_t **committee, neuron_context_t *context,
                                     neuron_graph_t *const *members, int64_t count,
                                     neuron_graph_t *combiner);

#ifdef __cplusplus
}
#endif

#endif
