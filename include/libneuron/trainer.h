/** @file trainer.h
 *  Trainers: one training with its graph, optimizer, data, settings and progress.
 *
 *      neuron_trainer_create(&trainer, graph, adam, train);
 *      neuron_trainer_set_validation(trainer, validation);
 *      neuron_trainer_set(trainer, "epochs=50, batch_size=64");
 *      neuron_trainer_run(&history, trainer);
 *
 *  Or a step at a time, on the caller's own batches, for online and reinforcement learning,
 *  networks in series, and graphs with several inputs or outputs:
 *
 *      const neuron_tensor_t *inputs[] = {images}, *targets[] = {labels};
 *      neuron_trainer_create(&trainer, graph, adam, NULL);
 *      neuron_trainer_step(&loss, trainer, inputs, 1, targets, 1, NULL);
 *
 *  The loss is cross-entropy unless neuron_trainer_set_loss() sets another: the mean in nats
 *  between the graph's output and the labels, whether these are class numbers or targets. If the
 *  output is a softmax, the two are computed as one, from the logits; else outputs are divided by
 *  their sum and clipped to 1e-7 ... 1 - 1e-7, as in Keras (see loss.h).
 */
#ifndef NEURON_TRAINER_H
#define NEURON_TRAINER_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Makes a trainer. Its seed, for shuffling and dropout, is the context's, unless
 *  neuron_trainer_set_seed() gives it one of its own.
 *  @param[out] trainer  the new trainer; NULL on failure.
 *  @param graph      finished; does not depend on a vote. The trainer changes its parameters:
 *                    nobody else may use it during a run or a step, except callbacks.
 *  @param optimizer  the rule.
 *  @param train      examples of the graph's input shape, at least one, with labels: the output has
 *                    as many numbers as the dataset has classes, or targets for each example. For a
 *                    graph with several inputs or outputs as many of both, in its order
 *                    (neuron_dataset_zip()). NULL for a trainer that is given batches.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE, NEURON_E_SHAPE, NEURON_E_DATA for a dataset
 *  without examples or labels, NEURON_E_UNSUPPORTED for a vote or a graph without trainable
 *  parameters; NEURON_E_MEMORY. Any thread, unless another one changes the graph meanwhile.
 *  Since 0.1. */
NEURON_API int neuron_trainer_create(neuron_trainer_t **trainer, neuron_graph_t *graph,
                                     neuron_optimizer_t *optimizer, neuron_dataset_t *train);

/** Adds an owner. @return  `trainer`. Any thread. Since 0.1. */
NEURON_API neuron_trainer_t *neuron_trainer_ref(neuron_trainer_t *trainer);

/** Takes an owner away. Any thread. Since 0.1. */
NEURON_API void neuron_trainer_unref(neuron_trainer_t *trainer);

/** Sets the seed from which the order of examples, dropout and all else that is drawn in a training
 *  follow, only before the first step: trainers of one context that draw different numbers each
 *  have another one.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE. No other thread may use the trainer meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_trainer_set_seed(neuron_trainer_t *trainer, uint64_t seed);

/** Gives the trainer another training set, between runs and between two epochs. What the optimizer
 *  remembers, epochs, steps and history go on; a validation split is taken anew from the new set.
 *  @param train  as for neuron_trainer_create(); also for a trainer that had none.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_SHAPE, NEURON_E_DATA also if it has another number of
 *           classes than those that have weights, or the loss does not go with its targets;
 *           NEURON_E_STATE during a run or in the middle of an epoch, NEURON_E_UNSUPPORTED,
 *           NEURON_E_MEMORY. On failure nothing has changed. No other thread may use the trainer
 *           meanwhile. Since 0.1. */
NEURON_API int neuron_trainer_set_dataset(neuron_trainer_t *trainer, neuron_dataset_t *train);

/** Sets options:
 *
 *  - `epochs`: how far a run goes, counted from the first epoch: 0 or more; 1.
 *  - `batch_size`: examples in a step: 1 or more; 32. The last step of an epoch has what is left.
 *    Only before the first step is it changed, as are `shuffle` and `validation_split`.
 *  - `micro_batch_size`: examples that go through the graph at once, where memory does not suffice
 *    for all of a step: 1 or more; 0, the default, for all. A step of more is done in parts, whose
 *    gradients are summed before the one update, and is the same but for rounding, and for what
 *    a layer draws or takes from the batch: masks of dropout, and normalisation, which goes by the
 *    statistics of each part. neuron_trainer_step() heeds it too. Between runs.
 *  - `shuffle`: yes for a new random order each epoch, the default, or no.
 *  - `validation_split`: share of the training set, taken from its end and in its order, that is
 *    held out as the validation set, as in Keras; 0 or more, less than 1; 0. Not together with
 *    neuron_trainer_set_validation().
 *  - `workers`: threads, beside those of the context, that make the next batch while a step runs: 0
 *    to 256; 0 has it made by the context's threads before the step. -1, the default, is 1 for a
 *    training with augmentation or from a stream in a context of several threads of its own, else
 *    0. It changes no result. Where the system refuses a thread, a warning goes to the log and
 *    batches are made before the step. Between runs.
 *
 *  - `metrics`: figures of the validation set beside its loss and accuracy, which each epoch adds
 *    to the history as `validation_` and the name: any of neuron_evaluation_metric() with blanks
 *    between, `metrics=roc_auc cohen_kappa`, or none, the default. They are computed with the
 *    defaults of their options and NEURON_AVERAGE_DEFAULT, of each output for whose kind they are
 *    (neuron_graph_evaluate()); a run fails with NEURON_E_STATE if there is none, and with
 *    NEURON_E_DATA if outputs are no probabilities where a metric is of such, for which a batch of
 *    the validation set is judged before the first step. Callbacks may go by them. Only before the
 *    first step.
 *
 *  - `parts`: each batch is computed in so many parts, whose gradients are added up in a fixed
 *    order: 0 to 4096; 0, the default, is 8 with a communicator, else 1. Results follow from their
 *    number, not from how many ranks share them: see neuron_trainer_set_communicator(). Each part
 *    draws random numbers of its own (dropout), while batch normalisation goes by all of the batch.
 *    Not together with `micro_batch_size`. Only before the first step.
 *  - `data`: `whole`, the default, if all ranks have the same training set; `shard` if each has
 *    examples of its own, as many as it likes: an epoch has the steps that the rank needs which
 *    needs most, and a rank that has none left takes part without. Results then follow from who has
 *    what. It counts for runs. Only before the first step.
 *  - `order`: `fixed`, the default, or `any`, quicker: each rank then computes its share of
 *    a batch as one part, whatever `parts` is, and gradients are added up by the communicator's own
 *    sum if it has one (neuron_communicator_set_sum()). All ranks still have the same parameters,
 *    but another number of ranks has other last digits, and so may another run. Only before the
 *    first step.
 *  - `overlap`: whether gradients are summed over ranks in a thread of the trainer's own while
 *    backward goes on: `on`, `off`, or `auto`, the default, which is on in a context of several
 *    threads of its own. It changes no result. Between runs.
 *  - `callbacks`: which ranks call functions of yours: `first`, the default, or `all`. Between
 *    runs.
 *
 *  @param options  as options.h has them: "epochs=50, batch_size=64".
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE for what is set too late, NEURON_E_DATA for a
 *           validation split that leaves one side without examples, NEURON_E_MEMORY. On failure
 *           nothing is set. No other thread may use the trainer meanwhile. Since 0.1. */
NEURON_API int neuron_trainer_set(neuron_trainer_t *trainer, const char *options);

/** Sets one option to a number, likewise; 1 or 0 where it is yes or no.
 *  @return  as neuron_trainer_set(). No other thread may use the trainer meanwhile. Since 0.1. */
NEURON_API int neuron_trainer_set_number(neuron_trainer_t *trainer, const char *option,
                                         double value);

/** Reads the number of an option back.
 *  @return  0, or NEURON_E_ARGUMENT for an option that a trainer does not have, and for one of
 *           words. Any thread, unless another one runs or changes the trainer meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_trainer_get_number(double *value, const neuron_trainer_t *trainer,
                                         const char *option);

/** Writes the value of an option as text, without its name ("" if it is not set), or with NULL as
 *  `option` all of them that are set, as `name=value, ...`, which can be set again.
 *  @param text         NULL to ask for the size only.
 *  @param capacity     bytes that there are at `text`.
 *  @param[out] needed  bytes that it takes with the zero behind it; may be NULL.
 *  @return  0, or NEURON_E_ARGUMENT, also for a capacity that is too small. Any thread, unless
 *           another one runs or changes the trainer meanwhile. Since 0.1. */
NEURON_API int neuron_trainer_get_text(char *text, size_t capacity, size_t *needed,
                                       const neuron_trainer_t *trainer, const char *option);

/** Sets the dataset that is evaluated after each epoch, only before the first step. A warning is
 *  logged if its elements are of another type than those of the training set or scaled otherwise.
 *  @param validation  of the same shape and classes; NULL for none, which leaves that of
 *                     `validation_split` in place: set the split to 0 instead.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_SHAPE, NEURON_E_DATA if it has no examples or a class is
 *           called otherwise than in the training set (the first such is named), NEURON_E_STATE. No
 *           other thread may use the trainer meanwhile. Since 0.1. */
NEURON_API int neuron_trainer_set_validation(neuron_trainer_t *trainer,
                                             neuron_dataset_t *validation);

/** Sets what the training minimises, only before the first step. The validation set is judged
 *  by the same loss. Of a graph with several outputs it is that of each, with weight 1.
 *  @param loss  NULL for cross_entropy, which is the default.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE, NEURON_E_DATA if the loss does not go with the
 *           targets of the training or the validation set. No other thread may use the trainer
 *           meanwhile. Since 0.1. */
NEURON_API int neuron_trainer_set_loss(neuron_trainer_t *trainer, neuron_loss_t *loss);

/** Sets what the training minimises at one output of several, only before the first step: the loss
 *  of a batch is the sum over the outputs of weight times loss.
 *
 *      neuron_trainer_set_output_loss(trainer, 1, huber, 0.5);     1 is the angle
 *
 *  @param output  its number, 0 to neuron_graph_output_count() - 1.
 *  @param loss    NULL for cross_entropy, which is the default of each output.
 *  @param weight  0 or more, finite as float; 1 is the default.
 *  @return  as neuron_trainer_set_loss(). No other thread may use the trainer meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_trainer_set_output_loss(neuron_trainer_t *trainer, int64_t output,
                                              neuron_loss_t *loss, double weight);

/** Sets by how much the losses of each class's examples are multiplied in training, at the first
 *  output (for another one, see neuron_dataset_zip() for weights of its examples), only before the
 *  first step. As in Keras the loss of a batch is then the sum of weight times loss, divided by the
 *  number of examples; validation and accuracy do not use class weights. If the dataset gives its
 *  examples weights too (neuron_dataset_set_weights()), both are multiplied.
 *  @param weights  copied: one for each class, finite and not negative; NULL for none.
 *  @param count    neuron_dataset_class_count() of the training set.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE, NEURON_E_MEMORY. No other thread may use the
 *           trainer meanwhile. Since 0.1. */
NEURON_API int neuron_trainer_set_class_weights(neuron_trainer_t *trainer, const double *weights,
                                                int64_t count);

/** Sets how the training images are changed at random in each epoch, only before the first step.
 *  Of several inputs it is the first that is an image, of height x width or height x width x
 *  channels. Validation images stay as they are. The trainer keeps a copy of the settings. It is
 *  set again before a training is loaded, whose file must have the same settings.
 *  @param augmentation  NULL for none.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_SHAPE if no input of the graph is an image,
 *           NEURON_E_STATE. No other thread may use the trainer meanwhile. Since 0.1. */
NEURON_API int neuron_trainer_set_augmentation(neuron_trainer_t *trainer,
                                               const neuron_augmentation_t *augmentation);

/** Has several ranks train one graph together, each with a trainer of its own that was made alike:
 *  the same graph, optimizer, datasets, losses, options and callbacks of the library, in the same
 *  order. A run, and neuron_trainer_step(), is then a call that all ranks make.
 *
 *      neuron_trainer_set_communicator(trainer, communicator);
 *      neuron_trainer_set(trainer, "parts=8, batch_size=256");
 *
 *  **The same bytes for any number of ranks.** Each batch is cut into `parts` parts of nearly the
 *  same size; a rank computes a contiguous range of them, and reads no other examples of it. The
 *  gradients of all parts are added up in one order, those of a binary tree over the parts, and
 *  batch normalisation goes by the statistics of all parts, joined in their order. So 1, 2, 3, 4 or
 *  8 ranks, and one process without a communicator but with `parts=8`, end with the same parameters
 *  and figures, whatever the number of threads, as long as all compute with the same `kernels`.
 *  There may be no more ranks than parts.
 *
 *  When a run begins all have the parameters of rank 0, its seed, and what its optimizer remembers
 *  and is set to. Every rank has all examples, unless `data=shard`. Of the validation set each
 *  predicts a part, and all judge. Callbacks of the library are called on all ranks, with the same
 *  figures; only rank 0 writes files, neuron_trainer_save() included, which does nothing elsewhere.
 *  Functions of yours are called on rank 0 (see `callbacks`). What they return, a rate that they
 *  set at the optimizer, and a number of epochs count for all. What changes the graph (what is
 *  frozen, say) is to be done on all ranks. neuron_trainer_step() is given the whole batch on all
 *  ranks.
 *
 *  **What fails on one rank** (memory, a stream, a number that is not finite, a function of yours)
 *  ends the run on all at the same step, with the same status and the message of that rank behind
 *  its number. If a rank is gone, the run fails on the others with what exchange() returned, see
 *  communicator.h. Parameters are those before the step. A training that was saved goes on with
 *  another number of ranks, to the same bytes.
 *  @param communicator  kept by the trainer, and used by no other one at the same time; NULL for
 *                       none.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_STATE during a run, and behind the first step if the
 *           number of parts would then be another; NEURON_E_MEMORY. A run and a step have as many
 *           failures more: NEURON_E_ARGUMENT for more ranks than parts, or trainers that differ,
 *           with what does on which rank. No other thread may use the trainer meanwhile. Since 0.1,
 *           experimental. */
NEURON_API_EXPERIMENTAL int neuron_trainer_set_communicator(neuron_trainer_t *trainer,
                                                            neuron_communicator_t *communicator);

/** Trains until `epochs` epochs are done or a callback ends it.
 *
 *  Before the first step a warning goes to the log if the output looks as if a softmax or a sigmoid
 *  that the loss wants were missing, and if the training is too short for the momentum of a batch
 *  normalisation: with 0.99 the moving averages that predictions go by need 300 steps.
 *
 *  A run continues where the last one stopped, in the middle of an epoch if need be: stopping and
 *  continuing gives the same bytes as not stopping. After the last epoch it does nothing, unless
 *  the number of epochs is raised or a callback's file could not be written.
 *
 *  @param[out] history  the trainer's own history with one more owner: the epochs so far, from the
 *                       first, and those of later runs. May be NULL if not wanted. Set also when
 *                       a function of the caller's (callback.h) or a loss that is not finite ended
 *                       the run; NULL after other failures.
 *  @return  0, also if one of the callbacks of callback.h ended the training, see
 *           neuron_trainer_stop_reason(); NEURON_STOP, above 0, if a function of the caller's ended
 *           the run by that; its number if that is negative, or NEURON_E_CALLBACK, with the message
 *           of what failed in the function; NEURON_E_NOT_FINITE if the loss, its gradient, or the
 *           norm of a gradient that the optimizer clips, is infinite or not a number in float; a
 *           batch normalisation whose statistics do not fit makes the loss so. (Where the optimizer
 *           clips values, infinite gradients get their bound, and only one that is not a number is
 *           an error, which the layers may make of the loss's: infinity times an input of 0 is.)
 *           The message then has epoch and step, and the first input that is so too, if there is
 *           one; the parameters are those before that step. Also where the update makes a
 *           parameter, or what the optimizer keeps of its gradients, infinite or not a number: the
 *           parameters are then those that the step left, and no use any more; NEURON_E_DATA if the
 *           loss does not go with the targets; NEURON_E_SHAPE if the validation set was given
 *           another shape since; NEURON_E_IO for a checkpoint or log that could not be written;
 *           NEURON_E_UNSUPPORTED if all layers with parameters were frozen since the trainer was
 *           made; NEURON_E_ARGUMENT, also for a rate that a schedule by function may not return;
 *           NEURON_E_STATE from within a callback or without a validation set that a callback
 *           needs; what the function of a stream, of a custom layer or of a loss failed with;
 *           NEURON_E_MEMORY. No other thread may use the trainer or its graph meanwhile. Since 0.1.
 *           */
NEURON_API int neuron_trainer_run(neuron_history_t **history, neuron_trainer_t *trainer);

/** Does one step on a batch of the caller's: forward as in training, loss, backward, update. The
 *  optimizer goes on from the step before, be it one of these or of a run; epochs, history and the
 *  figures of an epoch do not see it, and callbacks are not called. The rate is the optimizer's,
 *  with what callbacks of earlier runs have made of it.
 *
 *  A step costs what one inside a run does. The first with more examples than `batch_size` and than
 *  those before it allocates memory, as the very first does; all others allocate none.
 *  @param[out] loss     the batch's loss: the mean over its examples, with what regularisers add;
 *                       may be NULL. Untouched on failure.
 *  @param inputs        a tensor for each input of the graph, NEURON_TYPE_F32 [n, ...input shape],
 *                       n 1 or more.
 *  @param input_count   neuron_graph_input_count().
 *  @param targets       a tensor for each output: class numbers [n] or [n, 1], NEURON_TYPE_U8,
 *                       NEURON_TYPE_I32 or NEURON_TYPE_I64, each 0 to the output's number of
 *                       elements - 1, and 0 or 1 for an output of one number; or targets,
 *                       NEURON_TYPE_F32 [n, ...output shape], finite, of the kind that the loss
 *                       takes: cross_entropy wants shares that add up to 1.
 *  @param target_count  neuron_graph_output_count().
 *  @param weights       NEURON_TYPE_F32 [n], by which the losses of the examples are multiplied,
 *                       finite and not negative; NULL for 1 everywhere.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_TYPE, NEURON_E_SHAPE, NEURON_E_DATA for a target or
 *           weight that cannot be, with its number; NEURON_E_NOT_FINITE as neuron_trainer_run();
 *           NEURON_E_STATE during a run, NEURON_E_UNSUPPORTED if all layers with parameters are
 *           frozen, what a custom layer or loss failed with, NEURON_E_MEMORY. After a failure the
 *           parameters are those before the step, but for the update that NEURON_E_NOT_FINITE is
 *           about. No other thread may use the trainer or its graph meanwhile. Since 0.1. */
NEURON_API int neuron_trainer_step(double *loss, neuron_trainer_t *trainer,
                                   neuron_tensor_t *const *inputs, int64_t input_count,
                                   neuron_tensor_t *const *targets, int64_t target_count,
                                   const neuron_tensor_t *weights);

/** Does one step by the gradient of a loss that the caller has computed, in place of targets: for
 *  policies, for a generator that learns through a discriminator (neuron_graph_gradient()), for any
 *  loss over a whole batch. It runs forward again, as in training: with dropout, or normalisation
 *  by the statistics of the batch, other outputs come of it than neuron_graph_predict() gave. The
 *  gradient is taken as it is: for the mean over the batch, divide it by n. What regularisers add
 *  is added. Inputs are as for neuron_trainer_step().
 *  @param output_gradients  a tensor for each output, NEURON_TYPE_F32 [n, ...output shape]: the
 *                           derivative of the loss by that output. NULL for an output that plays no
 *                           part.
 *  @param output_count      neuron_graph_output_count().
 *  @return  as neuron_trainer_step(). No other thread may use the trainer or its graph meanwhile.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_trainer_step_by_gradient(neuron_trainer_t *trainer, neuron_tensor_t *const *inputs,
                                int64_t input_count, neuron_tensor_t *const *output_gradients,
                                int64_t output_count);

/** Saves parameters, what the optimizer and the callbacks remember, progress and history in one
 *  file, as neuron_graph_save() does, so that another process can continue. May be called from
 *  callbacks.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_IO, NEURON_E_UNSUPPORTED, NEURON_E_MEMORY. Any thread,
 *           unless another one runs or changes the trainer meanwhile. Since 0.1. */
NEURON_API int neuron_trainer_save(const neuron_trainer_t *trainer, const char *path);

/** Saves into memory of the caller the bytes that neuron_trainer_save() would put into a file.
 *  @param[out] bytes   room for `capacity` bytes; NULL with capacity 0 to ask for the size.
 *  @param[out] needed  how many bytes there are; may be NULL.
 *  @return  as neuron_trainer_save(); NEURON_E_ARGUMENT also if `bytes` is given and too small. Any
 *           thread, unless another one runs or changes the trainer meanwhile. Since 0.1. */
NEURON_API int neuron_trainer_save_memory(void *bytes, size_t capacity, size_t *needed,
                                          const neuron_trainer_t *trainer);

/** Hands these bytes to a function, piece by piece.
 *  @param user_data  handed to it; may be NULL.
 *  @return  as neuron_trainer_save(), or what `write` returned. Any thread, unless another one runs
 *           or changes the trainer meanwhile. Since 0.1. */
NEURON_API int neuron_trainer_save_to(const neuron_trainer_t *trainer,
                                      neuron_write_function_t write, void *user_data);

/** Continues a training saved by neuron_trainer_save(), as if it had not been interrupted. The
 *  trainer must have been made alike:
 *  - with a graph of the same layers, built in the same order: shapes, connections, options,
 *    regularisers and the weights of joining layers are equal, and layers with parameters have the
 *    same names, by which their parameters are found;
 *  - with an optimizer of the same rule and as many examples, with the same batch size, shuffling,
 *    validation split, loss, class and example weights, augmentation, number and weights of
 *    validation examples and callbacks (see neuron_trainer_add_callback()).
 *
 *  Its seed and the graph's parameters are replaced. The optimizer is set to what it was set to
 *  when the file was saved, also for other trainers that it serves. The name of the graph, names of
 *  layers without parameters and initialisers play no part. The number of epochs may be another; a
 *  cosine schedule without a length then falls to another end.
 *
 *  Which layers are frozen is the graph's own affair and not replaced: it counts from the next step
 *  on, as neuron_node_set_trainable() between two runs would. The log is warned if it is not as it
 *  was when the file was saved. What the optimizer remembers of a frozen layer is in the file too;
 *  it stays as it is until the layer is thawed, while the number of steps, by which rules such as
 *  Adam correct their moments, goes on for all.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_IO; NEURON_E_FORMAT; NEURON_E_DATA if the file does not
 *           belong to this training, with the difference, such as `dense_1: units 10 in the file,
 *           12 in the graph`; NEURON_E_UNSUPPORTED if all layers were frozen since the trainer was
 *           made; NEURON_E_STATE during a run; NEURON_E_MEMORY. On failure nothing has changed. No
 *           other thread may use the trainer or its graph meanwhile. Since 0.1. */
NEURON_API int neuron_trainer_load(neuron_trainer_t *trainer, const char *path);

/** Continues a training from such bytes in memory, which are free again after the call. As
 *  neuron_trainer_load(). No other thread may use the trainer or its graph meanwhile. Since 0.1. */
NEURON_API int neuron_trainer_load_memory(neuron_trainer_t *trainer, const void *bytes,
                                          size_t size);

/** The trained graph; it stays the trainer's. NULL for NULL. Any thread, unless another one runs or
 *  changes the trainer meanwhile. Since 0.1. */
NEURON_API neuron_graph_t *neuron_trainer_graph(const neuron_trainer_t *trainer);

/** The optimizer; it stays the trainer's. NULL for NULL. Any thread, unless another one runs or
 *  changes the trainer meanwhile. Since 0.1. */
NEURON_API neuron_optimizer_t *neuron_trainer_optimizer(const neuron_trainer_t *trainer);

/** The epochs so far; it stays the trainer's and grows with it. NULL for NULL. Any thread, unless
 *  another one runs or changes the trainer meanwhile. Since 0.1. */
NEURON_API const neuron_history_t *neuron_trainer_history(const neuron_trainer_t *trainer);

/** Tells where a run is, mainly to callbacks.
 *
 *  - `epoch`: number of the epoch, from 1; at the end of an epoch the one that just ended, after a
 *    run the last one
 *  - `epochs`: how many there will be
 *  - `step`: steps done in this epoch; 0 once it is over and its callbacks were called
 *  - `steps`: how many an epoch has
 *  - `all_steps`: steps done in all, those of the caller's batches too
 *  - `loss`: mean loss of this epoch so far
 *  - `last_loss`: mean loss of the last step; not a number before it and after a step by gradient
 *  - `accuracy`: accuracy of this epoch so far, at the first output
 *  - `seconds`: time spent in this epoch so far
 *  - `learning_rate`: of the last step, or of the next one if a rate was set since: the
 *    optimizer's, as schedules, warm-up and plateau have changed it for this training
 *
 *  @param what  one of these names.
 *  @return  the number; not a number for NULL or another `what`, and then neuron_error_last() says
 *           which name comes near. Any thread, unless another one runs or changes the trainer
 *           meanwhile. Since 0.1. */
NEURON_API double neuron_trainer_progress(const neuron_trainer_t *trainer, const char *what);

#ifdef __cplusplus
}
#endif

#endif
