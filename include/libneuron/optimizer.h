/** @file optimizer.h
 *  Optimizers: the rule by which gradients change parameters.
 *
 *  An optimizer holds settings only. What it remembers of a training (momentum, moments, the number
 *  of steps) belongs to the trainer, so one optimizer may serve several trainers.
 */
#ifndef NEURON_OPTIMIZER_H
#define NEURON_OPTIMIZER_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The rules, with w a parameter, g its gradient and lr the learning rate. Since 0.1. */
enum {
    /** Gradient descent: v = momentum v - lr g, w = w + v. Options: NEURON_OPTIMIZER_LEARNING_RATE
     *  (0.01), NEURON_OPTIMIZER_MOMENTUM (0). */
    NEURON_OPTIMIZER_SGD = 10,
    /** Adam (Kingma and Ba, 2015; arXiv 1412.6980) in the form of Keras:
     *  m = beta_1 m + (1 - beta_1) g, v = beta_2 v + (1 - beta_2) g g,
     *  w = w - lr sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon).
     *  Options: NEURON_OPTIMIZER_LEARNING_RATE (0.001), NEURON_OPTIMIZER_BETA_1 (0.9),
     *  NEURON_OPTIMIZER_BETA_2 (0.999), NEURON_OPTIMIZER_EPSILON (1e-7). */
    NEURON_OPTIMIZER_ADAM = 20
};

/** What can be set. Since 0.1. */
enum {
    NEURON_OPTIMIZER_LEARNING_RATE = 10, /**< 0 or more, finite */
    NEURON_OPTIMIZER_MOMENTUM = 20,      /**< 0 to 1 */
    NEURON_OPTIMIZER_BETA_1 = 30,        /**< 0 or more, less than 1 */
    NEURON_OPTIMIZER_BETA_2 = 40,        /**< 0 or more, less than 1 */
    NEURON_OPTIMIZER_EPSILON = 50        /**< above 0 */
};

/** Makes an optimizer with the defaults of its rule.
 *  @param[out] optimizer  the new optimizer; NULL on failure.
 *  @param rule  NEURON_OPTIMIZER_SGD or NEURON_OPTIMIZER_ADAM.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. Since 0.1. */
NEURON_API int neuron_optimizer_create(neuron_optimizer_t **optimizer, neuron_context_t *context,
                                       int32_t rule);

/** Adds an owner. @return  `optimizer`. Any thread. Since 0.1. */
NEURON_API neuron_optimizer_t *neuron_optimizer_ref(neuron_optimizer_t *optimizer);

/** Takes an owner away. Any thread. Since 0.1. */
NEURON_API void neuron_optimizer_unref(neuron_optimizer_t *optimizer);

/** Sets a number. May be called from a callback of a running trainer; it counts from the next step.
 *  @return  0, or NEURON_E_ARGUMENT for an option that the rule does not have or a value out of its
 *           bounds. Since 0.1. */
NEURON_API int neuron_optimizer_set_float(neuron_optimizer_t *optimizer, int32_t option,
                                          double value);

/** Reads a number back. @return  0 or NEURON_E_ARGUMENT. Since 0.1. */
NEURON_API int neuron_optimizer_get_float(const neuron_optimizer_t *optimizer, int32_t option,
                                          double *value);

/** The bounds of a number, both inclusive. @return  0 or NEURON_E_ARGUMENT. Since 0.1. */
NEURON_API int neuron_optimizer_bounds(const neuron_optimizer_t *optimizer, int32_t option,
                                       double *minimum, double *maximum);

#ifdef __cplusplus
}
#endif

#endif
