/** @file optimizer.h
 *  Optimizers: the rule by which gradients change parameters.
 *
 *  An optimizer holds settings only. What it remembers of a training (momentum, moments, the number
 *  of steps) belongs to the trainer, and so does what callbacks make of the learning rate: one
 *  optimizer may serve several trainers. A training never sets it; neuron_trainer_load() does, to
 *  the settings in the file.
 */
#ifndef NEURON_OPTIMIZER_H
#define NEURON_OPTIMIZER_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The rules, with w a parameter, g its gradient, lr the learning rate and t the number of the
 *  step, from 1. Formulas and defaults are those of Keras 3; where PyTorch has others, it is said.
 *  What a rule remembers starts at 0 unless said. Every rule has NEURON_OPTIMIZER_LEARNING_RATE and
 *  the three options NEURON_OPTIMIZER_CLIP_...; its other options are listed with their defaults.
 *  Since 0.1. */
enum {
    /** Gradient descent: v = momentum v - lr g, w = w + v; with Nesterov's momentum (Sutskever et
     *  al., 2013) w = w + momentum v - lr g instead. NEURON_OPTIMIZER_LEARNING_RATE (0.01),
     *  NEURON_OPTIMIZER_MOMENTUM (0), NEURON_OPTIMIZER_NESTEROV (0). PyTorch (lr 0.001)
     *  multiplies by lr only when w is changed, which differs once lr changes. */
    NEURON_OPTIMIZER_SGD = 10,
    /** Adam (Kingma and Ba, 2015; arXiv 1412.6980), in the form that ends section 2 of the paper:
     *  m = beta_1 m + (1 - beta_1) g, v = beta_2 v + (1 - beta_2) g g,
     *  w = w - lr sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon).
     *  NEURON_OPTIMIZER_LEARNING_RATE (0.001), NEURON_OPTIMIZER_BETA_1 (0.9),
     *  NEURON_OPTIMIZER_BETA_2 (0.999), NEURON_OPTIMIZER_EPSILON (1e-7). PyTorch, as the paper's
     *  algorithm 1, adds epsilon (1e-8) to sqrt(v / (1 - beta_2^t)). */
    NEURON_OPTIMIZER_ADAM = 20,
    /** RMSprop (Tieleman and Hinton, 2012): v = rho v + (1 - rho) g g,
     *  m = momentum m + lr g / sqrt(v + epsilon), w = w - m.
     *  NEURON_OPTIMIZER_LEARNING_RATE (0.001), NEURON_OPTIMIZER_RHO (0.9),
     *  NEURON_OPTIMIZER_MOMENTUM (0), NEURON_OPTIMIZER_EPSILON (1e-7). PyTorch divides by
     *  sqrt(v) + epsilon (1e-8) and has 0.01 and 0.99 for lr and rho. */
    NEURON_OPTIMIZER_RMSPROP = 30,
    /** Adagrad (Duchi, Hazan and Singer, 2011): v = v + g g, w = w - lr g / sqrt(v + epsilon).
     *  v starts at NEURON_OPTIMIZER_INITIAL_ACCUMULATOR (0.1).
     *  NEURON_OPTIMIZER_LEARNING_RATE (0.001), NEURON_OPTIMIZER_EPSILON (1e-7). PyTorch divides by
     *  sqrt(v) + epsilon (1e-10), starts v at 0 and has 0.01 for lr. */
    NEURON_OPTIMIZER_ADAGRAD = 40,
    /** Adadelta (Zeiler, 2012; arXiv 1212.5701): v = rho v + (1 - rho) g g,
     *  d = sqrt(x + epsilon) / sqrt(v + epsilon) g, x = rho x + (1 - rho) d d, w = w - lr d.
     *  NEURON_OPTIMIZER_LEARNING_RATE (0.001; the paper and PyTorch have none, that is 1, and learn
     *  a thousand times as fast), NEURON_OPTIMIZER_RHO (0.95; PyTorch 0.9),
     *  NEURON_OPTIMIZER_EPSILON (1e-7; the paper and PyTorch 1e-6). */
    NEURON_OPTIMIZER_ADADELTA = 50,
    /** AdamW (Loshchilov and Hutter, 2019; arXiv 1711.05101): a step of Adam from
     *  w - lr weight_decay w, for every trainable parameter, biases included. The options of Adam
     *  and NEURON_OPTIMIZER_WEIGHT_DECAY (0.004; PyTorch 0.01). */
    NEURON_OPTIMIZER_ADAMW = 60,
    /** Adamax (section 7.1 of the paper on Adam): m = beta_1 m + (1 - beta_1) g,
     *  u = max(beta_2 u, |g|), w = w - lr / (1 - beta_1^t) m / (u + epsilon).
     *  NEURON_OPTIMIZER_LEARNING_RATE (0.001; the paper and PyTorch 0.002),
     *  NEURON_OPTIMIZER_BETA_1 (0.9), NEURON_OPTIMIZER_BETA_2 (0.999), NEURON_OPTIMIZER_EPSILON
     *  (1e-7). PyTorch adds epsilon (1e-8) to |g|, not to u. */
    NEURON_OPTIMIZER_ADAMAX = 70,
    /** Nadam (Dozat, 2016): m and v as in Adam; with u_t = beta_1 (1 - 0.96^t / 2) and P_t the
     *  product of u_1 to u_t,
     *  w = w - lr (u_(t+1) m / (1 - P_(t+1)) + (1 - u_t) g / (1 - P_t)) /
     *  (sqrt(v / (1 - beta_2^t)) + epsilon).
     *  NEURON_OPTIMIZER_LEARNING_RATE (0.001; PyTorch 0.002), NEURON_OPTIMIZER_BETA_1 (0.9),
     *  NEURON_OPTIMIZER_BETA_2 (0.999), NEURON_OPTIMIZER_EPSILON (1e-7; PyTorch 1e-8). The paper
     *  and PyTorch have 0.96^(t / 250), which warms up more slowly. The product follows from
     *  beta_1 and t: a beta_1 that is changed during a training counts as if it had always been
     *  so. */
    NEURON_OPTIMIZER_NADAM = 80
};

/** What can be set: real numbers where nothing else is said. Since 0.1. */
enum {
    NEURON_OPTIMIZER_LEARNING_RATE = 10,       /**< 0 or more, finite as float */
    NEURON_OPTIMIZER_MOMENTUM = 20,            /**< 0 to 1 */
    NEURON_OPTIMIZER_BETA_1 = 30,              /**< 0 or more, less than 1 */
    NEURON_OPTIMIZER_BETA_2 = 40,              /**< 0 or more, less than 1 */
    NEURON_OPTIMIZER_EPSILON = 50,             /**< above 0 */
    NEURON_OPTIMIZER_NESTEROV = 60,            /**< whole: 0 or 1 */
    NEURON_OPTIMIZER_RHO = 70,                 /**< 0 or more, less than 1 */
    NEURON_OPTIMIZER_WEIGHT_DECAY = 80,        /**< 0 or more, finite as float */
    NEURON_OPTIMIZER_INITIAL_ACCUMULATOR = 90, /**< 0 or more; counts from the first step on */
    /** Gradients are limited before the rule sees them, by one of the three at most; the others
     *  must be 0, which is off and the default. Each number of a gradient is brought to -value ..
     *  value. */
    NEURON_OPTIMIZER_CLIP_VALUE = 100,
    /** The gradient of each array of parameters (a layer's kernel, a layer's bias) is multiplied by
     *  value / norm if its norm, the root of the sum of its squares, is larger than the value. */
    NEURON_OPTIMIZER_CLIP_NORM = 110,
    /** The same for all arrays together: their directions stay as they are. Both norms need memory
     *  for a gradient of every parameter, which a training takes at its next step. */
    NEURON_OPTIMIZER_CLIP_GLOBAL_NORM = 120
};

/** Makes an optimizer with the defaults of its rule.
 *  @param[out] optimizer  the new optimizer; NULL on failure.
 *  @param rule  NEURON_OPTIMIZER_SGD, NEURON_OPTIMIZER_ADAM or another of the rules above.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. Since 0.1. */
NEURON_API int neuron_optimizer_create(neuron_optimizer_t **optimizer, neuron_context_t *context,
                                       int32_t rule);

/** Adds an owner. @return  `optimizer`. Any thread. Since 0.1. */
NEURON_API neuron_optimizer_t *neuron_optimizer_ref(neuron_optimizer_t *optimizer);

/** Takes an owner away. Any thread. Since 0.1. */
NEURON_API void neuron_optimizer_unref(neuron_optimizer_t *optimizer);

/** Name of an optimizer's rule, as in saved files: "sgd", "adam" and so on, as the enumerators are
 *  called.
 *  @return  a constant string; NULL for NULL. Any thread. Since 0.1. */
NEURON_API const char *neuron_optimizer_name(const neuron_optimizer_t *optimizer);

/** Sets a whole number. May be called from a callback of a running trainer; it counts from the next
 *  step.
 *  @return  0, or NEURON_E_ARGUMENT for an option that the rule does not have, one that is a real
 *           number, or a value out of its bounds. Since 0.1. */
NEURON_API int neuron_optimizer_set_int(neuron_optimizer_t *optimizer, int32_t option,
                                        int64_t value);

/** Sets a real number, likewise; a learning rate counts as callback.h says.
 *  @return  0, or NEURON_E_ARGUMENT for an option that the rule does not have, one that is a whole
 *           number, a value out of its bounds, or a second way to clip. Since 0.1. */
NEURON_API int neuron_optimizer_set_float(neuron_optimizer_t *optimizer, int32_t option,
                                          double value);

/** Reads a whole number back. @return  0, or NEURON_E_ARGUMENT as for setting it. Since 0.1. */
NEURON_API int neuron_optimizer_get_int(const neuron_optimizer_t *optimizer, int32_t option,
                                        int64_t *value);

/** Reads a real number back. For the learning rate that a training is at, which callbacks may
 *  change, see NEURON_PROGRESS_LEARNING_RATE.
 *  @return  0, or NEURON_E_ARGUMENT as for setting it. Since 0.1. */
NEURON_API int neuron_optimizer_get_float(const neuron_optimizer_t *optimizer, int32_t option,
                                          double *value);

/** The bounds of a number, whole or real, both inclusive.
 *  @return  0 or NEURON_E_ARGUMENT. Since 0.1. */
NEURON_API int neuron_optimizer_bounds(const neuron_optimizer_t *optimizer, int32_t option,
                                       double *minimum, double *maximum);

#ifdef __cplusplus
}
#endif

#endif
