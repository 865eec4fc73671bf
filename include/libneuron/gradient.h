/** @file gradient.h
 *  Gradients of a graph's outputs, by inputs, by inner nodes and by parameters, for what is no
 *  training of the library's: Grad-CAM, sensitivities, a loss that the caller computes.
 *
 *      neuron_gradient_t *gradient;
 *      neuron_gradient_create(&gradient, graph, NULL);
 *      neuron_gradient_add(gradient, "conv2d_3");        a node: what it puts out
 *      neuron_gradient_add(gradient, "dense.kernel");    an array of parameters
 *      const neuron_tensor_t *inputs[] = {images}, *by[] = {by_scores};
 *      neuron_gradient_forward(gradient, inputs, 1, &scores, 1);
 *      neuron_gradient_backward(gradient, by, 1, found, 2);
 *
 *  Forward predicts and remembers; backward goes back from what the caller says of the outputs and
 *  fills `found`, in the order in which nodes and arrays were added. The parameters stay as they
 *  are. neuron_graph_gradient() does all of it in one call where only inputs are asked for;
 *  neuron_trainer_step_by_gradient() changes the parameters by what such a loss says.
 *
 *  Other threads may predict with the graph meanwhile, and have gradient objects of their own for
 *  it; none may train it or write its parameters between a forward and the backward behind it.
 */
#ifndef NEURON_GRADIENT_H
#define NEURON_GRADIENT_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Makes an object that asks for nothing yet. Options:
 *
 *  - `training`: yes has layers do what they do in training: dropout and noise are drawn, anew for
 *    each forward, and batch normalisation goes by the statistics of the batch, but its moving
 *    averages stay. no, the default, has them do what they do in prediction.
 *  - `seed`: of what is drawn, 0 to 2^53; 0. The draws of the first forward follow from it, the
 *    second's from it and that it is the second, and so on.
 *
 *  @param[out] gradient  the new object; NULL on failure.
 *  @param graph    finished; the object keeps it.
 *  @param options  as options.h has them: "training=yes, seed=7"; NULL for the defaults.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE before finish, NEURON_E_UNSUPPORTED for a graph
 *           with a vote or a quantised layer, which have no gradient; NEURON_E_MEMORY. Any thread,
 *           unless another one changes the graph meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_gradient_create(neuron_gradient_t **gradient,
                                                   neuron_graph_t *graph, const char *options);

/** Adds an owner. @return  `gradient`. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL neuron_gradient_t *neuron_gradient_ref(neuron_gradient_t *gradient);

/** Takes an owner away. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL void neuron_gradient_unref(neuron_gradient_t *gradient);

/** Asks for one more gradient: the first added is number 0, and so on.
 *  @param name  of a node ("conv2d_3", or an input), or of an array of parameters that is trained
 *               ("dense.kernel"). A gradient by a node that only passes on what it reads (a
 *               flattening, a dropout in prediction) is had where no other layer reads the same
 *               value.
 *  @return  0, NEURON_E_ARGUMENT for a name that the graph does not have, or has added already, and
 *           for an array of a frozen layer or one that is not trained; NEURON_E_UNSUPPORTED for a
 *           node whose gradient cannot be told from others'; NEURON_E_STATE after the first
 *           forward; NEURON_E_MEMORY. No other thread may use the gradient object meanwhile.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_gradient_add(neuron_gradient_t *gradient, const char *name);

/** Runs the graph forward and remembers what backward needs of it.
 *  @param inputs        a tensor for each input of the graph, NEURON_TYPE_F32 [n, ...input shape],
 *                       n 1 or more. The caller keeps them, with their elements as they are, until
 *                       the last backward for them has returned.
 *  @param input_count   neuron_graph_input_count().
 *  @param outputs       a tensor for each output, NEURON_TYPE_F32 [n, ...output shape],
 *                       overwritten; NULL for one that is not wanted. May be NULL with a count of
 *                       0.
 *  @param output_count  neuron_graph_output_count(), or 0.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_TYPE, NEURON_E_SHAPE, NEURON_E_STATE if nothing was
 *           added, NEURON_E_MEMORY, or what a custom layer returned. No other thread may use the
 *           gradient object meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_gradient_forward(neuron_gradient_t *gradient, neuron_tensor_t *const *inputs,
                        int64_t input_count, neuron_tensor_t *const *outputs, int64_t output_count);

/** Goes back through the last forward: the gradients are those of the sum over examples and outputs
 *  of output times `output_gradients`. It may be called several times for one forward.
 *  @param output_gradients  a tensor for each output, NEURON_TYPE_F32 [n, ...output shape]; NULL
 *                           for an output that plays no part.
 *  @param output_count      neuron_graph_output_count().
 *  @param gradients         a tensor, overwritten, for each node and array that was added, in that
 *                           order: NEURON_TYPE_F32, [n, ...shape of the node's output] or the shape
 *                           of the array. NULL for one that is not wanted this time.
 *  @param count             how many were added.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_TYPE, NEURON_E_SHAPE, NEURON_E_STATE without a forward
 *           or after a change of what is frozen, or what a custom layer returned. No other thread
 *           may use the gradient object meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_gradient_backward(neuron_gradient_t *gradient, neuron_tensor_t *const *output_gradients,
                         int64_t output_count, neuron_tensor_t *const *gradients, int64_t count);

#ifdef __cplusplus
}
#endif

#endif
