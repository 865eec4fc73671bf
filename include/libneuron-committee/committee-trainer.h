/** @file committee-trainer.h
 *  Committee trainers: the members of a committee, trained and joined by one call.
 *
 *      static int build(neuron_graph_t **graph, neuron_context_t *context, int64_t member,
 *                       void *user_data)
 *      {
 *          int status = neuron_graph_create(graph, context);
 *          if (status < 0)
 *              return status;
 *          neuron_node_t *x = neuron_input(*graph, (const int64_t[]){784}, 1);
 *          neuron_node_t *h = neuron_relu(*graph, neuron_dense(*graph, x, 32, NULL));
 *          neuron_node_t *y = neuron_softmax(*graph, neuron_dense(*graph, h, 10, NULL), NULL);
 *          return neuron_graph_finish(*graph, y);
 *      }
 *
 *      neuron_committee_fit(&committee, context, build, NULL, train,
 *                           "members=5, method=bagging, combine=stacking, epochs=30");
 *
 *  or, with an optimizer and a folder from which a run that was killed goes on,
 *
 *      neuron_committee_trainer_create(&trainer, context, sgd, train,
 *                                      "method=bagging, members=5, epochs=30, batch_size=64");
 *      neuron_committee_trainer_set_builder(trainer, build, NULL, NULL);
 *      neuron_committee_trainer_set_folder(trainer, "committee");
 *      neuron_committee_trainer_run(&committee, trainer);
 *
 *  Each member has a trainer of its own (trainer.h), with the same optimizer, loss, callbacks and
 *  options. What makes members differ is the method:
 *
 *  - `initialization`: each learns from all examples and differs by its initial parameters, order
 *    of examples and dropout alone (Lakshminarayanan, Pritzel and Blundell, 2017; arXiv
 *    1612.01474);
 *  - `bagging`: each learns from a bootstrap sample: as many examples as there are (or the share
 *    `sample_fraction` of that), drawn with replacement (Breiman, 1996). About 37 % of the examples
 *    are not in a sample: they are out of bag, held out from its member;
 *  - `folds`: the examples are divided into `folds` parts with the same share of each class, and
 *    each member learns from all parts but one (cross-validated committees; Krogh and Vedelsby,
 *    1995). With more members than folds the examples are divided anew for each further set of
 *    members. So a builder that makes several kinds of networks has one for each set, member /
 *    folds, and each example is predicted by one member of each kind that did not learn from it, as
 *    stacking wants it (Wolpert, 1992).
 *
 *  - `snapshot`: one training leaves all members: its rate falls along a cosine and begins anew
 *    after each `epochs` epochs, and before each restart its parameters are a member (Huang et al.,
 *    2017; arXiv 1704.00109). So there are members * epochs epochs in all, and all members have
 *    the one history.
 *
 *  - `adaboost`: members are trained one after the other, and examples that those before got wrong
 *    weigh more. Of classes only. By `algorithm` this is `samme`, the default, where members have
 *    as many votes as their weighted error says, or `samme_r`, which goes by their probabilities
 *    and joins them by the mean of their logits (Zhu, Zou, Rosset and Hastie, 2009). A member
 *    without an error is the last; with samme, one that is no better than chance is left out, and
 *    ends it too.
 *  - `gradient_boosting`: the committee is a sum to which each member adds what is missing: it is
 *    fitted, by mean_squared_error, to the negative gradient of the loss at the sum so far, and
 *    added as far along as makes the loss least, times `shrinkage` (Friedman, 2001). The loss is
 *    the log loss of classes or half the squared error of targets. The builder's graphs end in
 *    numbers of any size, as many as the dataset has targets or classes (or 1 for two): the
 *    committee puts out the probabilities of classes, of two both. Members have no validation
 *    figures.
 *
 *  What is learnt to join them, weights or a layer, is learnt from the validation set, if there is
 *  one (neuron_committee_trainer_set_validation()), else from what the method has held out from the
 *  members; the other methods hold nothing out. With `folds` the members of a set predict each
 *  example once, out of fold: they count alike, and what is learnt is how sets are joined, of which
 *  a single one gives the mean its weights and a layer what to correct. With `bagging` an example
 *  counts with what those members put out that it is out of bag of, and the others are taken to put
 *  out the mean of these. Accuracies and errors are each member's on what was held out from it.
 *
 *  Everything that is drawn follows from the seed that the context has at the first run and from
 *  the number of the member: the same seed gives the same bytes with any number of threads, with a
 *  folder or without, and however often the run was interrupted.
 */
#ifndef NEURON_COMMITTEE_TRAINER_H
#define NEURON_COMMITTEE_TRAINER_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The members of a committee and their trainings. Since 0.1, experimental. */
typedef struct neuron_committee_trainer neuron_committee_trainer_t;

/** Makes the graph of a member. While it is called the context's seed is that of the member, so
 *  that graphs which are built alike start differently: a builder need not look at `member`.
 *  @param[out] graph   a new and finished graph of that context, which the caller takes over, also
 *                      when the function fails. All members' inputs and outputs are alike.
 *  @param context    the committee trainer's.
 *  @param member     from 0. A run that goes on in another process builds all members again.
 *  @param user_data  as it was given to neuron_committee_trainer_set_builder().
 *  @return  0; a negative number makes the run fail with it, and any other with NEURON_E_CALLBACK.
 *           Since 0.1. */
typedef int (*neuron_committee_build_function_t)(neuron_graph_t **graph, neuron_context_t *context,
                                                 int64_t member, void *user_data);

/** Sets a member's trainer up beyond what all members have: class weights, losses of several
 *  outputs, callbacks with a file for each member. It is called when the trainer has been made,
 *  before it is loaded or run. Its dataset, validation set, seed and epochs must stay as they are,
 *  and of snapshots there must be no early_stopping or stop_on_nan: the run fails with
 *  NEURON_E_ARGUMENT otherwise.
 *  @return  as neuron_committee_build_function_t. Since 0.1. */
typedef int (*neuron_committee_setup_function_t)(neuron_trainer_t *trainer, int64_t member,
                                                 void *user_data);

/** Is told of each epoch that a member has done, to show progress or to end the run. Calls come one
 *  at a time, but from any of the context's threads, and each must return. It may call
 *  neuron_committee_trainer_progress(), and nothing else of this trainer.
 *  @return  0 to go on. NEURON_STOP ends the run early without calling that a failure: members end
 *           behind the epoch that they are in, the run returns NEURON_STOP, and the next one goes
 *           on from there. A negative number makes the run fail with it, and any other with
 *           NEURON_E_CALLBACK. Since 0.1. */
typedef int (*neuron_committee_epoch_function_t)(neuron_committee_trainer_t *trainer,
                                                 int64_t member, void *user_data);

/** Trains a committee and joins it, all in one call: what neuron_committee_trainer_run() makes of a
 *  committee trainer with this builder. Options are those of neuron_committee_trainer_create(), and
 *
 *  - `optimizer`: the name of a rule, see neuron_optimizer_create(), by default `adam`;
 *  - `learning_rate`: by default the rule's own;
 *  - `hold_out`: where `combine` learns and the method holds no examples out, this share of them,
 *    0.2 if it is not given, below 1, is kept from all members to learn from. They are drawn with
 *    the same share of each class;
 *
 *  @param[out] committee  the finished graph, see neuron_committee_create(); NULL on failure.
 *  @param build      makes the members.
 *  @param user_data  handed to it; may be NULL.
 *  @param train      as for neuron_committee_trainer_create().
 *  @param options    "members=5, method=bagging, combine=stacking"; NULL for the defaults.
 *  @return  0 or as neuron_committee_trainer_create(), neuron_optimizer_create() and
 *           neuron_committee_trainer_run(). No other thread may use the context to make graphs or
 *           trainers meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_committee_fit(neuron_graph_t **committee,
                                                 neuron_context_t *context,
                                                 neuron_committee_build_function_t build,
                                                 void *user_data, neuron_dataset_t *train,
                                                 const char *options);

/** Makes a committee trainer without members: neuron_committee_trainer_set_builder() or
 *  neuron_committee_trainer_add_member() give it some. Options:
 *
 *  - `method`: what makes members differ: `initialization`, the default, `bagging`, `folds`,
 *    `snapshot`, `adaboost` or `gradient_boosting`, as above;
 *  - `members`: how many a builder is asked for, 1 to 4096, default 5. Graphs that are added count
 *    themselves;
 *  - `folds`: of `folds`, 2 or more, which the number of members is a multiple of; 0, the default,
 *    is as many as there are members;
 *  - `sample_fraction`: of `bagging`, how many examples are drawn for each that there is, above 0,
 *    up to 1, the default;
 *  - `feature_fraction`: how many of its inputs each member of a builder sees, above 0, up to 1,
 *    the default; the others, which must be finite, are 0 to it, by a layer in its graph: random
 *    subspaces (Ho, 1998), with bagging random patches (Louppe and Geurts, 2012). For graphs with
 *    one input and one output;
 *  - `class_fraction`: how many of the classes each member of a builder learns, at least two, above
 *    0, up to 1, the default. It sees examples of these alone, and puts out 0 for the others, by a
 *    layer before the softmax that its graph ends in. Where members are joined, what each class has
 *    is over the members, or votes, that know it, and all is divided by the sum; each class is
 *    known by as many members as another, give or take one. Of labels this is known as random
 *    k-labelsets (Tsoumakas, Katakis and Vlahavas, 2011). For `initialization`, `bagging` and
 *    `folds`, where the members of a set know the same classes, and joined by `mean`,
 *    `weighted_mean`, `majority_vote`, `weighted_vote`, `stacking` or `class_weights`;
 *  - `algorithm`: of `adaboost`, `samme`, the default, or `samme_r`;
 *  - `shrinkage`: of `gradient_boosting`, above 0 and up to 1, the default;
 *  - `combine`: how the members are joined. By the rules of neuron_committee_create() of that name:
 *    `mean`, the default, `majority_vote` and `borda`; and `weighted_mean`, `weighted_vote` and
 *    `weighted_borda` with the members' accuracies as weights, of a regression with the inverse of
 *    their errors. Or by the mean with the weights of neuron_committee_weights(), `greedy` or
 *    `convex`; or as neuron_committee_stack() has it, `stacking` (by its method `logistic`),
 *    `class_weights` or `ranks`. Votes and Borda are for classes. Boosted members are joined by
 *    their method;
 *  - `goal` (auto) and `rounds` (100), of greedy and convex, and `l2` (1), `iterations` (1000) and
 *    `points` (101), of what is stacked: as for neuron_committee_weights() and
 *    neuron_committee_stack();
 *  - `side_by_side`: yes trains as many members at a time as the context has threads, each by one
 *    thread; no trains one after the other, by all threads. `auto`, the default, is yes but for
 *    large members, whose steps keep all threads busy. It takes the memory of as many trainings.
 *    Members are never side by side that call functions of the caller's: callbacks, schedules,
 *    losses, layers or streams. Results are the same bytes;
 *  - `epochs` (1), `batch_size` (32), `micro_batch_size` (0), `shuffle` (yes) and `workers` (-1):
 *    of each member's trainer, see neuron_trainer_set().
 *
 *  @param[out] trainer  the new committee trainer; NULL on failure.
 *  @param optimizer  each member has a copy of it, as it is when the member is made.
 *  @param train      examples with labels or targets, as for neuron_trainer_create(). Examples with
 *                    weights keep them.
 *  @param options    as options.h has them; NULL for the defaults.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_DATA for a dataset without examples; NEURON_E_MEMORY.
 *           Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_committee_trainer_create(neuron_committee_trainer_t **trainer,
                                                            neuron_context_t *context,
                                                            neuron_optimizer_t *optimizer,
                                                            neuron_dataset_t *train,
                                                            const char *options);

/** Adds an owner. @return  `trainer`. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL neuron_committee_trainer_t *
neuron_committee_trainer_ref(neuron_committee_trainer_t *trainer);

/** Takes an owner away. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL void neuron_committee_trainer_unref(neuron_committee_trainer_t *trainer);

/** Has a function build the members, before the first run.
 *  @param build      called for one member after the other, in the thread that runs the trainer.
 *  @param user_data  handed to it; may be NULL. Must live as long as the trainer.
 *  @param destroy    called with `user_data` when the trainer is gone; not if this call fails,
 *                    after which the caller still has it. May be NULL.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE also if members were added. No other thread may
 *           use the trainer meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_committee_trainer_set_builder(neuron_committee_trainer_t *trainer,
                                     neuron_committee_build_function_t build, void *user_data,
                                     neuron_destroy_function_t destroy);

/** Adds a member that is built already, before the first run: one of several architectures, or a
 *  trained one that is trained further. Runs train this very graph. Give graphs that are built
 *  alike seeds that differ, see neuron_graph_set_seed().
 *  @param graph  finished, of the trainer's context.
 *  @return  0, NEURON_E_ARGUMENT, also for a graph that was added before, NEURON_E_STATE also if
 *           there is a builder, NEURON_E_MEMORY. No other thread may use the trainer meanwhile.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_committee_trainer_add_member(neuron_committee_trainer_t *trainer,
                                                                neuron_graph_t *graph);

/** Sets the dataset that each member is evaluated with after each epoch, and that `combine` learns
 *  from, before the first run.
 *  @param validation  as for neuron_trainer_set_validation(). NULL for what is held out from a
 *                     member by its method, the default: its fold, or its examples out of bag; none
 *                     for methods that hold nothing out.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE. No other thread may use the trainer meanwhile.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_committee_trainer_set_validation(neuron_committee_trainer_t *trainer,
                                        neuron_dataset_t *validation);

/** Sets what each member minimises, before the first run; NULL for cross_entropy.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE. No other thread may use the trainer meanwhile.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_committee_trainer_set_loss(neuron_committee_trainer_t *trainer,
                                                              neuron_loss_t *loss);

/** Sets how each member's training images are changed at random, before the first run; NULL for not
 *  at all.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE. No other thread may use the trainer meanwhile.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_committee_trainer_set_augmentation(neuron_committee_trainer_t *trainer,
                                          const neuron_augmentation_t *augmentation);

/** Adds a callback for each member's trainer, before the first run. What it remembers belongs to
 *  the member. A `checkpoint` or `csv_log`, whose file all members would write, is refused:
 *  neuron_committee_trainer_set_setup() can give each member one of its own. Of `snapshot` so are
 *  `early_stopping` and `stop_on_nan`, which may end the training before its last snapshot.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE, NEURON_E_MEMORY. No other thread may use the
 *           trainer meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_committee_trainer_add_callback(neuron_committee_trainer_t *trainer,
                                      neuron_callback_t *callback);

/** Has a function set each member's trainer up, before the first run.
 *  @param setup      called for one member after the other, in the thread that runs the trainer.
 *                    NULL for none.
 *  @param user_data  as for neuron_committee_trainer_set_builder().
 *  @param destroy    likewise.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE. No other thread may use the trainer meanwhile.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_committee_trainer_set_setup(neuron_committee_trainer_t *trainer,
                                   neuron_committee_setup_function_t setup, void *user_data,
                                   neuron_destroy_function_t destroy);

/** Has a function told of each epoch, between runs.
 *  @param on_epoch   NULL for none.
 *  @param user_data  as for neuron_committee_trainer_set_builder().
 *  @param destroy    likewise; also called when another function is set.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE during a run. No other thread may use the trainer
 *           meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_committee_trainer_set_function(neuron_committee_trainer_t *trainer,
                                      neuron_committee_epoch_function_t on_epoch, void *user_data,
                                      neuron_destroy_function_t destroy);

/** Keeps the state in a folder, before the first run. There is a file `committee.json`, which says
 *  what is trained, and for each member a file `member-0.safetensors` and so on, of
 *  neuron_trainer_save(), which is written after each of its epochs, whole or not at all. Of
 *  `snapshot` that is `training.safetensors`, and members' files are those of neuron_graph_save().
 *
 *  A run takes over what the folder has: one that was killed goes on with the epochs that each
 *  member has not done. The folder of another committee is refused and left as it is: one of
 *  another method or number of members, or of other labels, targets, or shapes of examples. What is
 *  in the examples, and in the validation set, must be the same but is not compared. One process at
 *  a time may use a folder.
 *  @param path  is made if it is not there, in a folder that is. Copied; a relative one is told
 *               from the folder that is current now. NULL for none.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE, NEURON_E_MEMORY. No other thread may use the
 *           trainer meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_committee_trainer_set_folder(neuron_committee_trainer_t *trainer,
                                                                const char *path);

/** Trains all members and joins them.
 *
 *  After a failure or NEURON_STOP the next run goes on where this one ended; members that are done
 *  stay so. After the last epoch of the last member it only joins them.
 *  @param[out] committee  the finished graph, see neuron_committee_create(); NULL on failure and
 *                         with NEURON_STOP. Its members are copies of those of this trainer. May be
 *                         NULL if not wanted.
 *  @return  0; NEURON_STOP, above 0, if neuron_committee_epoch_function_t or a callback of a member
 *           ended it; what a builder, a setup, a callback or a member's training failed with, the
 *           message beginning with the member, as in `committee: member 2: ...`; NEURON_E_ARGUMENT
 *           without members; NEURON_E_STATE from within a run, or if nothing is held out where
 *           `combine` learns; NEURON_E_DATA for fewer examples than folds, or if the folder is that
 *           of another committee, with the difference; NEURON_E_IO, NEURON_E_FORMAT; what
 *           neuron_committee_create(), neuron_committee_weights() and neuron_committee_stack()
 *           return, before anything is trained if it is about options, targets or whether members
 *           are alike; NEURON_E_MEMORY. No other
 *           thread may use the trainer, graphs that were added, or the context to make graphs or
 *           trainers, meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_committee_trainer_run(neuron_graph_t **committee,
                                                         neuron_committee_trainer_t *trainer);

/** How many members there are, or will be, of `adaboost` at most; 0 for NULL. Any thread, unless
 *  another one runs or changes the trainer meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int64_t
neuron_committee_trainer_member_count(const neuron_committee_trainer_t *trainer);

/** A member: trained, or as far as it is trained. It belongs to the trainer.
 *  @param member  0 to neuron_committee_trainer_member_count() - 1.
 *  @return  the graph; NULL for another number, and before the first run has built it. Any thread,
 *           unless another one runs or changes the trainer meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL neuron_graph_t *
neuron_committee_trainer_member(const neuron_committee_trainer_t *trainer, int64_t member);

/** The epochs of a member so far: its history.h, which belongs to the trainer and grows with it.
 *  @return  as neuron_committee_trainer_member(). Any thread, unless another one runs or changes
 *           the trainer meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL const neuron_history_t *
neuron_committee_trainer_history(const neuron_committee_trainer_t *trainer, int64_t member);

/** By how much each member counts: the weights where `combine` has some; of `adaboost` by `samme`
 *  the votes, of `gradient_boosting` what members are multiplied by; else all alike.
 *  @param[out] weights  room for `capacity` numbers; NULL with capacity 0 to ask how many there
 *  are.
 *  @param[out] needed   neuron_committee_trainer_member_count(); may be NULL.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_STATE before a run has joined them. Any thread, unless
 *           another one runs or changes the trainer meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_committee_trainer_weights(double *weights, size_t capacity, size_t *needed,
                                 const neuron_committee_trainer_t *trainer);

/** Tells where the whole is.
 *
 *  - `members`: how many there are
 *  - `members_done`: how many are trained to their end
 *  - `epochs`: how many there are at most, of all members together
 *  - `epochs_done`: how many of these are done. Those that a member stopped before, by a callback,
 *    count as done
 *  - `seconds`: time spent in runs of this trainer
 *  - `side_by_side`: how many members the last run, or the one that is on, trains at a time
 *
 *  @param what  one of these names.
 *  @return  the number; not a number for NULL or another `what`, and then neuron_error_last() says
 *           which name comes near. Any thread, unless another one changes the trainer meanwhile;
 *           from neuron_committee_epoch_function_t too. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL double
neuron_committee_trainer_progress(const neuron_committee_trainer_t *trainer, const char *what);

/** How often each example of the training set is in what a member learns from: 0 for those held out
 *  from it or of classes that it does not learn, and above 1 for those that a bootstrap drew more
 *  than once.
 *  @param[out] counts  room for `capacity` numbers, one for each example in the order of the
 *                      dataset; NULL with capacity 0 to ask how many there are.
 *  @param[out] needed  neuron_dataset_count(); may be NULL.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_STATE before the first run; NEURON_E_MEMORY. Any thread,
 *           unless another one runs or changes the trainer meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_committee_trainer_example_counts(int32_t *counts, size_t capacity, size_t *needed,
                                        const neuron_committee_trainer_t *trainer, int64_t member);

/** Predicts each example by the members that did not learn from it: what rules of joining and
 *  calibration may learn from as if it were data of their own.
 *  @param[out] predictions  a new tensor NEURON_TYPE_F32 [examples, members, ...output shape], in
 *                           the order of the training set. Where the example was not held out
 *                           from the member all is not a number.
 *  @param output  of the members: 0 to neuron_graph_output_count() - 1.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_STATE if members are not trained to their end, or the
 *           method holds nothing out; NEURON_E_MEMORY; what a prediction failed with. No other
 *           thread may change the trainer meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_committee_trainer_held_out(neuron_tensor_t **predictions,
                                  const neuron_committee_trainer_t *trainer, int64_t output);

/** The same as one prediction for each example: the mean of what the members put out that did not
 *  learn from it. For `folds` these are the out-of-fold predictions, for `bagging` those out of
 *  bag, whose accuracy tells how good the committee is without a validation set (a little too low,
 *  as few members take part in each).
 *  @param[out] predictions  a new tensor NEURON_TYPE_F32 [examples, ...output shape]. An example
 *                           that is held out from no member, as may be with few of them, is not a
 *                           number. With `class_fraction` the mean of a class is that of members
 *                           that know it.
 *  @return  as neuron_committee_trainer_held_out(). No other thread may change the trainer
 *           meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_committee_trainer_out_of_fold(neuron_tensor_t **predictions,
                                     const neuron_committee_trainer_t *trainer, int64_t output);

#ifdef __cplusplus
}
#endif

#endif
