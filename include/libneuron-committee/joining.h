/** @file joining.h
 *  Joining members by what is learnt from examples, and what members are worth.
 *
 *      double weights[3];
 *      neuron_committee_weights(weights, members, 3, validation, "method=greedy");
 *      neuron_committee_create(&committee, context, members, 3, weights, "rule=weighted_mean");
 *
 *  or, with a layer that learns how to join them:
 *
 *      neuron_committee_stack(&committee, context, members, 3, validation, NULL);
 *
 *  Joined by a rule alone, members need neuron_committee_create() of libneuron/committee.h only.
 */
#ifndef NEURON_JOINING_H
#define NEURON_JOINING_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Learns how much each member of a committee counts, from examples that the members were not
 *  trained on: held-out ones, or those of folds (neuron_committee_weights_from_outputs()). Only
 *  the first output counts. Options:
 *
 *  - `method`:
 *    - `auto`, the default: `inverse_error` if neuron_graph_evaluate() takes the targets for a
 *      regression, else `accuracy`.
 *    - `accuracy`: the member's accuracy over the sum of all; if no member has anything right, all
 *      count alike. It is that of neuron_evaluation_accuracy(), which a regression does not have.
 *      Members that are about as good get about the same weights.
 *    - `inverse_error`: 1 over the member's mean squared error, over the sum of all (Bates and
 *      Granger, "The Combination of Forecasts", 1969). Members without an error leave nothing to
 *      the others. The weights of examples count.
 *    - `greedy`: ensemble selection with replacement (Caruana et al., "Ensemble Selection from
 *      Libraries of Models", 2004). Each of `rounds` rounds adds the member with which the mean of
 *      all that were added is best by `goal`, the first of equals. Of all rounds the best is kept,
 *      the first of equals; a weight is the share of times that a member was added until then.
 *    - `convex`: the weights, none negative and together 1, with which the weighted mean has the
 *      least loss by `goal`, to a billionth of the loss; most of them are 0 if there are many
 *      members. The stacking of Breiman, "Stacked Regressions", 1996.
 *  - `goal`: `log_loss`, `mean_squared_error`, with `greedy` also `accuracy`; `auto`, the default,
 *    is mean_squared_error if neuron_graph_evaluate() takes the targets for a regression, else
 *    log_loss. The log loss of classes is that of the output of the example's class; outputs that
 *    are judged one by one (labels, a single output) count one by one. Log losses take
 *    probabilities below 2^-52 as that much. The weights of examples count, but for accuracy; if
 *    all are 0, examples count alike.
 *  - `rounds`: of `greedy`, 1 to 100000, by default 100.
 *
 *  @param[out] weights  `count` numbers, none negative, that add up to 1; untouched on failure.
 *  @param members     finished graphs, 1 to 4096, with outputs of one shape.
 *  @param validation  at least one example.
 *  @param options     as options.h has them: "method=greedy, goal=accuracy"; NULL for the defaults.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_SHAPE for members that differ; NEURON_E_DATA for classes
 *           that members, or the dataset, call differently; NEURON_E_NOT_FINITE for an output that
 *           is infinite or not a number, with the member and the example, unless the weights are
 *           accuracies; NEURON_E_DATA if a log loss gets an output outside of 0 to 1;
 *           NEURON_E_UNSUPPORTED for accuracies of a regression; or as neuron_graph_evaluate(). It
 *           takes 4 bytes for each member, example and output; where a loss is made small, 8 more
 *           for each member and what the loss is of: an example of classes, a place of a map, else
 *           an output. Threads as for neuron_graph_evaluate(). Since 0.1. */
NEURON_API int neuron_committee_weights(double *weights, neuron_graph_t *const *members,
                                        int64_t count, const neuron_dataset_t *validation,
                                        const char *options);

/** Learns such weights from outputs that are there already: of folds, where each example was
 *  predicted by a graph that had not seen it, or of other programs.
 *  @param[out] weights  as for neuron_committee_weights().
 *  @param outputs  a tensor for each member, NEURON_TYPE_F32, [n, ...output shape] of one shape.
 *  @param count    how many, 1 to 4096.
 *  @param targets  as for neuron_evaluation_create_from_outputs().
 *  @param options  as for neuron_committee_weights().
 *  @return  as there, and NEURON_E_TYPE. Any thread, as long as nobody writes to the tensors.
 *           Since 0.1. */
NEURON_API int neuron_committee_weights_from_outputs(double *weights, neuron_context_t *context,
                                                     neuron_tensor_t *const *outputs, int64_t count,
                                                     const neuron_tensor_t *targets,
                                                     const char *options);

/** Joins members by what is learnt from what they put out for examples that they were not trained
 *  on. The members are frozen copies. Options:
 *
 *  - `method`:
 *    - `logistic`, the default, is stacking (Wolpert, "Stacked Generalization", 1992): the outputs
 *      side by side go to a dense layer and, of classes, a softmax, of labels and a single output a
 *      sigmoid. The dense layer has the parameters with the least loss: the sum over the examples
 *      of the log loss, of a regression of half the squared error, plus `l2` / 2 times the sum of
 *      the squares of its kernel. So scikit-learn's LogisticRegression(C=1 / l2) has it, fitted to
 *      the same probabilities.
 *    - `class_weights`: of classes, each member has a weight for each class, none negative; the
 *      weighted sums are divided by their sum over the classes. The weights have the least log
 *      loss. Each class must have an example.
 *    - `ranks`: each output becomes its rank, the share of `validation` for which the member puts
 *      out less there, by a table of `points`; the committee puts out the mean of the members'
 *      ranks, of classes divided by their sum. It joins members whose outputs do not lie on one
 *      scale; targets play no part.
 *  - `l2`: above 0, by default 1. The less, the freer, and the more examples are needed.
 *  - `iterations`: at most so many, 1 to 100000, by default 1000: of L-BFGS (Liu and Nocedal,
 *    1989), which ends before where no derivative is larger than a millionth of the first ones; of
 *    `class_weights`, where a step lowers the loss by less than a part in 10^12.
 *  - `points`: 2 to 65536, by default 101
 *
 *  @param[out] committee  the finished graph, called "committee"; NULL on failure.
 *  @param members     as for neuron_committee_create(), with one output each.
 *  @param validation  examples that the members were not trained on, at least one.
 *  @param options     "l2=10"; NULL for the defaults.
 *  @return  0 or as neuron_committee_create() and neuron_committee_weights(). `logistic` takes some
 *           200 bytes for each parameter of the dense layer: as many as all members put out, times
 *           what one puts out. Threads as for neuron_graph_predict(). Since 0.1. */
NEURON_API int neuron_committee_stack(neuron_graph_t **committee, neuron_context_t *context,
                                      neuron_graph_t *const *members, int64_t count,
                                      const neuron_dataset_t *validation, const char *options);

/** As neuron_committee_stack(), from outputs that are there already.
 *  @param outputs  a tensor for each member, as for neuron_committee_weights_from_outputs().
 *  @param targets  likewise.
 *  @return  as neuron_committee_stack(). Any thread, as long as nobody writes to the tensors.
 *           Since 0.1. */
NEURON_API int neuron_committee_stack_from_outputs(neuron_graph_t **committee,
                                                   neuron_context_t *context,
                                                   neuron_graph_t *const *members, int64_t count,
                                                   neuron_tensor_t *const *outputs,
                                                   const neuron_tensor_t *targets,
                                                   const char *options);

/** Makes a dataset of what members put out for the examples of another one: each example is the
 *  first outputs of all members side by side, and has the targets, names of classes and weights of
 *  the other. It is what a combiner learns from.
 *  @param[out] outputs  the new dataset; NULL on failure.
 *  @return  0 or as neuron_graph_predict_dataset(). Threads as there. Since 0.1. */
NEURON_API int neuron_committee_outputs(neuron_dataset_t **outputs, neuron_graph_t *const *members,
                                        int64_t count, const neuron_dataset_t *dataset);

/* ---- What members are worth ---- */

/** Tells how differently members err, pair by pair: only members that err differently gain by being
 *  joined. Of two members over some examples, with the shares that both have right (a), only the
 *  first (b), only the second (c) and neither (d), after Kuncheva and Whitaker, "Measures of
 *  Diversity in Classifier Ensembles", 2003. Options:
 *
 *  - `measure`:
 *    - `disagreement`, the default: b + c; 0 for members that err alike
 *    - `double_fault`: d
 *    - `q_statistic`: (a d - b c) / (a d + b c); 1 for members that err alike, 0 for independent
 *      ones, below 0 for those that make up for each other; not a number for 0 / 0
 *    - `correlation`: (a d - b c) / sqrt((a + b) (c + d) (a + c) (b + d)); likewise
 *    - `kappa`: 2 (a d - b c) / ((a + b) (b + d) + (a + c) (c + d)); likewise
 *
 *  An example is right as in neuron_evaluation_accuracy(); of maps each place counts by itself.
 *  @param[out] values  `count` times `count` numbers, those of the first member with all first;
 *                      each member also with itself. Untouched on failure.
 *  @param members  as for neuron_committee_weights().
 *  @param dataset  at least one example that the members were not trained on.
 *  @param options  "measure=q_statistic"; NULL for the defaults.
 *  @return  0; NEURON_E_UNSUPPORTED for a regression; or as neuron_committee_weights(). Threads as
 *           there. Since 0.1. */
NEURON_API int neuron_committee_diversity(double *values, neuron_graph_t *const *members,
                                          int64_t count, const neuron_dataset_t *dataset,
                                          const char *options);

/** As neuron_committee_diversity(), of outputs that are there already: see
 *  neuron_committee_weights_from_outputs(). Any thread, as long as nobody writes to the tensors.
 *  Since 0.1. */
NEURON_API int neuron_committee_diversity_from_outputs(double *values, neuron_context_t *context,
                                                       neuron_tensor_t *const *outputs,
                                                       int64_t count,
                                                       const neuron_tensor_t *targets,
                                                       const char *options);

/** Tells what each member adds to the weighted mean of all. Options:
 *
 *  - `measure`:
 *    - `leave_one_out`, the default: by how much the mean of the others is worse
 *    - `permutation`: by how much the mean is worse if what the member puts out is dealt among the
 *      examples at random (Breiman, "Random Forests", 2001), on average over `repeats`
 *  - `goal`: what is better or worse: `log_loss`, `mean_squared_error`, `accuracy`, or `auto`, as
 *    for neuron_committee_weights(). Accuracies get worse by becoming smaller.
 *  - `repeats`: of permutations, 1 to 10000, by default 5
 *  - `seed`: of permutations; 0
 *
 *  @param[out] values  `count` numbers, above 0 for members that help; untouched on failure. That
 *                      of the only member with a weight is not a number by leave_one_out.
 *  @param weights  `count` finite numbers, none negative, at least one positive; NULL for the mean.
 *  @return  0 or as neuron_committee_weights(). Threads as there. Since 0.1. */
NEURON_API int neuron_committee_contributions(double *values, neuron_graph_t *const *members,
                                              int64_t count, const double *weights,
                                              const neuron_dataset_t *dataset, const char *options);

/** As neuron_committee_contributions(), of outputs that are there already: see
 *  neuron_committee_weights_from_outputs(). Any thread, as long as nobody writes to the tensors.
 *  Since 0.1. */
NEURON_API int neuron_committee_contributions_from_outputs(
    double *values, neuron_context_t *context, neuron_tensor_t *const *outputs, int64_t count,
    const double *weights, const neuron_tensor_t *targets, const char *options);

/** Tells what each member costs. Options:
 *
 *  - `unit`: `seconds`, the default: of predicting `batch_size` examples, the fastest of `repeats`
 *    times; `parameters`: how many it has
 *  - `batch_size`: 1 to 65536, by default 1
 *  - `repeats`: 1 to 10000, by default 20
 *
 *  @param[out] costs  `count` numbers; untouched on failure.
 *  @param members  finished graphs, 1 to 4096.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_STATE before finish; NEURON_E_MEMORY; or what a custom
 *           layer returned. Threads as for neuron_graph_predict(). Since 0.1. */
NEURON_API int neuron_committee_costs(double *costs, neuron_graph_t *const *members, int64_t count,
                                      const char *options);

/** Chooses the members of a smaller committee: one after the other that with which the mean of all
 *  chosen is best, as long as one fits into the budget; of these committees, from the first member
 *  on, it is the best, the smallest of equals (Margineantu and Dietterich, "Pruning Adaptive
 *  Boosting", 1997; reduce-error pruning). Options:
 *
 *  - `goal`: `log_loss`, `mean_squared_error`, `accuracy`, or `auto`, as for
 *    neuron_committee_weights()
 *  - `fill`: yes to choose as many as fit, though fewer may be better; no is the default
 *
 *  @param[out] kept        which members, in the order in which they were chosen: room for `count`
 *                          numbers, of which the first `*kept_count` are written; untouched on
 *                          failure, as is `kept_count`.
 *  @param[out] kept_count  how many, 1 or more.
 *  @param members  as for neuron_committee_weights().
 *  @param costs    `count` finite numbers, none negative, as of neuron_committee_costs(); NULL if
 *                  each costs 1, so that the budget is how many there may be.
 *  @param budget   what the chosen may cost together.
 *  @param dataset  as for neuron_committee_weights().
 *  @return  0; NEURON_E_ARGUMENT also for a budget that no member fits into; or as
 *           neuron_committee_weights(). Threads as there. Since 0.1. */
NEURON_API int neuron_committee_prune(int64_t *kept, int64_t *kept_count,
                                      neuron_graph_t *const *members, int64_t count,
                                      const double *costs, double budget,
                                      const neuron_dataset_t *dataset, const char *options);

/** As neuron_committee_prune(), of outputs that are there already: see
 *  neuron_committee_weights_from_outputs(). Any thread, as long as nobody writes to the tensors.
 *  Since 0.1. */
NEURON_API int neuron_committee_prune_from_outputs(int64_t *kept, int64_t *kept_count,
                                                   neuron_context_t *context,
                                                   neuron_tensor_t *const *outputs, int64_t count,
                                                   const double *costs, double budget,
                                                   const neuron_tensor_t *targets,
                                                   const char *options);

#ifdef __cplusplus
}
#endif

#endif
