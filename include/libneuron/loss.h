/** @file loss.h
 *  Losses: what a training minimises.
 *
 *      neuron_loss_create(&loss, context, "huber", "delta=0.5");
 *      neuron_trainer_set_loss(trainer, loss);
 *
 *  A loss of the caller's own is a function of a batch:
 *
 *      static int squared(double *losses, float *gradients, const float *outputs,
 *                         const float *targets, const int32_t *labels, int64_t count,
 *                         int64_t size, void *user_data)
 *      {
 *          for (int64_t i = 0; i < count * size; i++) {
 *              double error = (double)outputs[i] - (double)targets[i];
 *              losses[i / size] += error * error;
 *              if (gradients)
 *                  gradients[i] = (float)(2 * error);
 *          }
 *          return 0;
 *      }
 *
 *      neuron_loss_create_custom(&loss, context, squared, NULL, NULL);
 *
 *  A loss compares the outputs of one example with as many targets: those of the dataset, or for a
 *  class number 1 for its class and 0 for the others. The loss of a batch is the sum over its
 *  examples of weight times loss, divided by the number of examples, as in Keras; see
 *  neuron_trainer_set_class_weights() and neuron_dataset_set_weights() for the weights.
 *
 *  A loss holds settings only, so one may serve several trainers and evaluations.
 */
#ifndef NEURON_LOSS_H
#define NEURON_LOSS_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The caller's own loss of a batch.
 *
 *  A trainer calls it once for each step, or for each `micro_batch_size` examples of one, and an
 *  evaluation for as many examples as it takes at once, in their order, in the thread that runs the
 *  trainer or evaluates. How many these are does not depend on the number of threads.
 *
 *  @param[out] losses     [count], all 0, to be set to the loss of each example. One that is
 *                         infinite or not a number ends a run as any such loss does. The library
 *                         multiplies them by the examples' weights.
 *  @param[out] gradients  [count, size], all 0, to be set to the derivative of the sum of the
 *                         losses by each output; NULL if only the losses are wanted. The library
 *                         takes care of the size of the batch, and multiplies what belongs to an
 *                         example's outputs by its weight.
 *  @param outputs         [count, size], those that neuron_graph_predict() would give, after
 *                         a softmax or sigmoid that the graph ends with.
 *  @param targets         [count, size], as the dataset has them, or what stands for class numbers.
 *  @param labels          [count], the classes: their class numbers, or as
 *                         neuron_dataset_class_counts() counts them.
 *  @param count           examples of the batch, at least 1.
 *  @param size            numbers of an example's output.
 *  @return  0. A negative number makes the call that needed the loss fail with it, any other with
 *           NEURON_E_CALLBACK; a step that failed leaves the graph as it was. Since 0.1. */
typedef int (*neuron_loss_function_t)(double *losses, float *gradients, const float *outputs,
                                      const float *targets, const int32_t *labels, int64_t count,
                                      int64_t size, void *user_data);

/** Makes a loss.
 *
 *  The losses of one example with outputs y, targets t and n outputs, all defined as in Keras,
 *  logarithms being natural. Where something is clipped the gradient is 0, and so it is at a kink.
 *  An output that is infinite or not a number makes the loss infinite or not a number.
 *
 *  - `cross_entropy`: -sum t log q, with q = y / sum(y) clipped to 1e-7 ... 1 - 1e-7. If the graph
 *    ends with a softmax, training takes the two as one, from the logits and without clipping. Only
 *    for class numbers and targets that are probabilities. `label_smoothing` (0; 0 to 1, Szegedy et
 *    al., 2015; arXiv 1512.00567), s, puts t (1 - s) + s / n in the place of t.
 *  - `distillation`: how a student learns from a teacher (Hinton, Vinyals and Dean, 2015; arXiv
 *    1503.02531): a T^2 (-sum t(T) log q(T)) + (1 - a) (-log q of the example's class). There q is
 *    as above, and p(T) is p^(1/T) brought to a sum of 1, which divides the logits of a softmax by
 *    T but where the teacher puts out 0, which stays 0. `temperature` (2; above 0) is T;
 *    `soft_share` (0.5; 0 to 1) is a. T^2 keeps the gradients as large as they are without T.
 *    Targets are what the teacher puts out, as neuron_dataset_distil() of libneuron-committee makes
 *    them; the student predicts without a temperature. If the graph ends with a softmax, training
 *    takes the two as one. Only for targets that cross_entropy takes.
 *  - `binary_cross_entropy`: -mean(t log y + (1 - t) log(1 - y)), with y clipped to 1e-7 ... 1 -
 *    1e-7: each output is a probability of its own. If the graph ends with a sigmoid, training
 *    takes the two as one, from the logits and without clipping. Only for targets from 0 to 1.
 *    `label_smoothing` (0), s, puts t (1 - s) + s / 2 in the place of t.
 *  - `mean_squared_error`: mean((y - t)^2).
 *  - `mean_absolute_error`: mean(|y - t|).
 *  - `mean_squared_logarithmic_error`: mean((log(1 + y) - log(1 + t))^2), with y and t kept at 1e-7
 *    or above.
 *  - `hinge`: mean(max(0, 1 - t y)), where targets are -1 and 1. If all targets of an example are 0
 *    or 1, the zeros are taken for -1. Accuracy does not depend on the loss: as in Keras, a single
 *    output stands for class 1 above 0.5, although this loss divides the classes at 0.
 *  - `squared_hinge`: mean(max(0, 1 - t y)^2), with targets as for `hinge`.
 *  - `kullback_leibler`: sum(t log(t / y)), with y and t clipped to 1e-7 ... 1.
 *  - `huber`: mean of e^2 / 2 where e = |y - t| is at most d, and of d e - d^2 / 2 beyond (Huber,
 *    1964). `delta` (1; above 0) is d.
 *
 *  @param[out] loss  the new loss; NULL on failure.
 *  @param kind     the name of one of these.
 *  @param options  as options.h has them: "label_smoothing=0.1"; NULL for the defaults.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_loss_create(neuron_loss_t **loss, neuron_context_t *context, const char *kind,
                                  const char *options);

/** Makes a loss of the caller's own. In a file of neuron_trainer_save() it is called "custom",
 *  whatever it does.
 *  @param[out] loss  the new loss; NULL on failure.
 *  @param function   what works it out.
 *  @param user_data  handed to it; may be NULL. Must live as long as the loss, which trainers keep
 *                    alive.
 *  @param destroy    called with `user_data` when the loss is gone; not if this call fails, after
 *                    which the caller still has it. May be NULL.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_loss_create_custom(neuron_loss_t **loss, neuron_context_t *context,
                                         neuron_loss_function_t function, void *user_data,
                                         neuron_destroy_function_t destroy);

/** Adds an owner. @return  `loss`. Any thread. Since 0.1. */
NEURON_API neuron_loss_t *neuron_loss_ref(neuron_loss_t *loss);

/** Takes an owner away. Any thread. Since 0.1. */
NEURON_API void neuron_loss_unref(neuron_loss_t *loss);

/** Name of a loss's kind: "cross_entropy", "huber" and so on; "custom" for one of
 *  neuron_loss_create_custom().
 *  @return  a constant string; NULL for NULL. Any thread. Since 0.1. */
NEURON_API const char *neuron_loss_kind(const neuron_loss_t *loss);

/** Sets options, which count from the next step: also in a callback of a running trainer.
 *  No other thread may run a trainer with it meanwhile.
 *  @return  0, or NEURON_E_ARGUMENT as options.h says, and then nothing is set. Since 0.1. */
NEURON_API int neuron_loss_set(neuron_loss_t *loss, const char *options);

/** Sets one option to a number, likewise; 1 or 0 where it is yes or no.
 *  @return  0, or NEURON_E_ARGUMENT. No other thread may use the loss meanwhile. Since 0.1. */
NEURON_API int neuron_loss_set_number(neuron_loss_t *loss, const char *option, double value);

/** Reads the number of an option back.
 *  @return  0, or NEURON_E_ARGUMENT for an option that the loss does not have, and for one of
 *           words. Any thread, unless another one changes the loss meanwhile. Since 0.1. */
NEURON_API int neuron_loss_get_number(double *value, const neuron_loss_t *loss, const char *option);

/** Writes the value of an option as text, without its name ("" if it is not set), or with NULL as
 *  `option` all of them that are set, as `name=value, ...`, which can be set again.
 *  @param text         NULL to ask for the size only.
 *  @param capacity     bytes that there are at `text`.
 *  @param[out] needed  bytes that it takes with the zero behind it; may be NULL.
 *  @return  0, or NEURON_E_ARGUMENT, also for a capacity that is too small. Any thread, unless
 *           another one changes the loss meanwhile. Since 0.1. */
NEURON_API int neuron_loss_get_text(char *text, size_t capacity, size_t *needed,
                                    const neuron_loss_t *loss, const char *option);

#ifdef __cplusplus
}
#endif

#endif
