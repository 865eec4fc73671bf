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

/** Makes an optimizer.
 *
 *  The rules, with w a parameter, g its gradient, lr the learning rate and t the number of the
 *  step, from 1. Formulas and defaults are those of Keras 3; where PyTorch has others, it is said.
 *  What a rule remembers starts at 0 unless said. Each has the options named with it, all numbers
 *  where nothing else is said, and those below.
 *
 *  - `sgd`, gradient descent: v = momentum v - lr g, w = w + v; with Nesterov's momentum (Sutskever
 *    et al., 2013) w = w + momentum v - lr g instead. `learning_rate` (0.01), `momentum` (0, up to
 *    1), `nesterov` (no). PyTorch (lr 0.001) multiplies by lr only when w is changed, which differs
 *    once lr changes.
 *  - `adam` (Kingma and Ba, 2015; arXiv 1412.6980), in the form that ends section 2 of the paper:
 *    m = beta_1 m + (1 - beta_1) g, v = beta_2 v + (1 - beta_2) g g,
 *    w = w - lr sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon).
 *    `learning_rate` (0.001), `beta_1` (0.9), `beta_2` (0.999), `epsilon` (1e-7). PyTorch, as the
 *    paper's algorithm 1, adds epsilon (1e-8) to sqrt(v / (1 - beta_2^t)).
 *  - `rmsprop` (Tieleman and Hinton, 2012): v = rho v + (1 - rho) g g,
 *    m = momentum m + lr g / sqrt(v + epsilon), w = w - m. `learning_rate` (0.001), `rho` (0.9),
 *    `momentum` (0), `epsilon` (1e-7), `epsilon_in_root` (yes; with no, sqrt(v) + epsilon divides,
 *    as in PyTorch, and in Keras 2 without momentum). PyTorch has 1e-8, 0.01 and 0.99 for epsilon,
 *    lr and rho.
 *  - `adagrad` (Duchi, Hazan and Singer, 2011): v = v + g g, w = w - lr g / sqrt(v + epsilon).
 *    v starts at `initial_accumulator` (0.1), which counts from the first step on. `learning_rate`
 *    (0.001), `epsilon` (1e-7), `epsilon_in_root` (yes; with no, sqrt(v) + epsilon divides, as in
 *    PyTorch and Keras 2). PyTorch starts v at 0 and has 1e-10 and 0.01 for epsilon and lr.
 *  - `adadelta` (Zeiler, 2012; arXiv 1212.5701): v = rho v + (1 - rho) g g,
 *    d = sqrt(x + epsilon) / sqrt(v + epsilon) g, x = rho x + (1 - rho) d d, w = w - lr d.
 *    `learning_rate` (0.001; the paper and PyTorch have none, that is 1, and learn a thousand times
 *    as fast), `rho` (0.95; PyTorch 0.9), `epsilon` (1e-7; the paper and PyTorch 1e-6).
 *  - `adamw` (Loshchilov and Hutter, 2019; arXiv 1711.05101): a step of Adam from
 *    w - lr weight_decay w, for every trainable parameter, biases included. The options of `adam`
 *    and `weight_decay` (0.004; PyTorch 0.01).
 *  - `adamax` (section 7.1 of the paper on Adam): m = beta_1 m + (1 - beta_1) g,
 *    u = max(beta_2 u, |g|), w = w - lr / (1 - beta_1^t) m / (u + epsilon). `learning_rate` (0.001;
 *    the paper and PyTorch 0.002), `beta_1` (0.9), `beta_2` (0.999), `epsilon` (1e-7). PyTorch adds
 *    epsilon (1e-8) to |g|, not to u.
 *  - `nadam` (Dozat, 2016): m and v as in Adam; with u_t = beta_1 (1 - 0.96^(d t) / 2) and P_t
 *    the product of u_1 to u_t, w = w - lr (u_(t+1) m / (1 - P_(t+1)) + (1 - u_t) g / (1 - P_t)) /
 *    (sqrt(v / (1 - beta_2^t)) + epsilon). `learning_rate` (0.001; PyTorch 0.002), `beta_1` (0.9),
 *    `beta_2` (0.999), `epsilon` (1e-7; PyTorch 1e-8), `momentum_decay`, which is d (1; the paper,
 *    PyTorch and Keras 2 have 0.004, with which the momentum grows more slowly). The product
 *    follows from beta_1, d and t: what is changed of them during a training counts as if it had
 *    always been so.
 *
 *  Rates and decays are 0 or more, betas and rho 0 or more and less than 1, epsilon is above 0.
 *
 *  Gradients are limited before any rule sees them, by one of three options at most; 0 is off and
 *  the default. `clip_value` brings each number of a gradient to -value .. value. `clip_norm`
 *  multiplies the gradient of each array of parameters (a layer's kernel, a layer's bias) by value
 *  / norm if its norm, the root of the sum of its squares, is larger than the value.
 *  `clip_global_norm` does the same to all arrays together: their directions stay as they are. Both
 *  norms need memory for a gradient of every parameter, which a training takes at its next step.
 *
 *  @param[out] optimizer  the new optimizer; NULL on failure.
 *  @param rule     the name of a rule.
 *  @param options  as options.h has them: "learning_rate=0.01, momentum=0.9"; NULL for the
 *           defaults.
 *  @return  0; NEURON_E_ARGUMENT for NULL, for a rule that there is not, for an option that the
 *           rule does not have or that may not be that, and for two ways to clip; NEURON_E_MEMORY.
 *           Any thread. Since 0.1. */
NEURON_API int neuron_optimizer_create(neuron_optimizer_t **optimizer, neuron_context_t *context,
                                       const char *rule, const char *options);

/** Adds an owner. @return  `optimizer`. Any thread. Since 0.1. */
NEURON_API neuron_optimizer_t *neuron_optimizer_ref(neuron_optimizer_t *optimizer);

/** Takes an owner away. Any thread. Since 0.1. */
NEURON_API void neuron_optimizer_unref(neuron_optimizer_t *optimizer);

/** The name of an optimizer's rule, such as "adam".
 *  @return  a constant string; NULL for NULL. Any thread. Since 0.1. */
NEURON_API const char *neuron_optimizer_kind(const neuron_optimizer_t *optimizer);

/** Sets options: "beta_1=0.95, clip_norm=1". May be called from a callback of a running trainer; it
 *  counts from the next step, a learning rate as callback.h says.
 *  No other thread may run a trainer with it meanwhile.
 *  @return  0, or NEURON_E_ARGUMENT as for neuron_optimizer_create(), and then nothing is set.
 *           Since 0.1. */
NEURON_API int neuron_optimizer_set(neuron_optimizer_t *optimizer, const char *options);

/** Sets one option to a number, likewise; 1 or 0 where it is yes or no.
 *  @return  0, or NEURON_E_ARGUMENT. No other thread may use the optimizer meanwhile. Since 0.1. */
NEURON_API int neuron_optimizer_set_number(neuron_optimizer_t *optimizer, const char *option,
                                           double value);

/** Reads the number of an option back. For the learning rate that a training is at, which callbacks
 *  may change, see neuron_trainer_progress().
 *  @return  0, or NEURON_E_ARGUMENT for an option that the rule does not have. Any thread, unless
 *           another one changes the optimizer meanwhile. Since 0.1. */
NEURON_API int neuron_optimizer_get_number(double *value, const neuron_optimizer_t *optimizer,
                                           const char *option);

/** Writes the value of an option as text, without its name (\"\" if it is not set), or with NULL as
 *  `option` all of them as `name=value, ...`, which can be set again:
 *  "learning_rate=0.001, beta_1=0.9, ...".
 *  @param text         NULL to ask for the size only.
 *  @param capacity     bytes that there are at `text`.
 *  @param[out] needed  bytes that it takes with the zero behind it; may be NULL.
 *  @return  0, or NEURON_E_ARGUMENT, also for a capacity that is too small. Any thread, unless
 *           another one changes the optimizer meanwhile. Since 0.1. */
NEURON_API int neuron_optimizer_get_text(char *text, size_t capacity, size_t *needed,
                                         const neuron_optimizer_t *optimizer, const char *option);

#ifdef __cplusplus
}
#endif

#endif
