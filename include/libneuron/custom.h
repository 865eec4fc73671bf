/** @file custom.h
 *  Layers of the caller's own: forward and backward are callbacks, and the rest of the library
 *  treats the layer like any other: it is trained, summarised, imported and saved.
 *
 *  A kind of layer is registered once with a context, by a name, and then built into any number of
 *  graphs. Swish, x * sigmoid(x), for example:
 *
 *      static int swish(neuron_custom_run_t *run, void *user_data)
 *      {
 *          const float *x = neuron_custom_run_input(run, 0);
 *          float *y = neuron_custom_run_output(run);
 *          int64_t n = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
 *          (void)user_data;
 *          for (int64_t i = 0; i < n; i++)
 *              y[i] = x[i] / (1 + expf(-x[i]));
 *          return 0;
 *      }
 *
 *      static int swish_back(neuron_custom_run_t *run, void *user_data)
 *      {
 *          const float *x = neuron_custom_run_input(run, 0);
 *          const float *dy = neuron_custom_run_output_gradient(run);
 *          float *dx = neuron_custom_run_input_gradient(run, 0);
 *          int64_t n = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
 *          (void)user_data;
 *          for (int64_t i = 0; dx && i < n; i++) {
 *              float s = 1 / (1 + expf(-x[i]));
 *              dx[i] = dy[i] * s * (1 + x[i] * (1 - s));
 *          }
 *          return 0;
 *      }
 *
 *      neuron_custom_layer_register(context, "swish", swish, swish_back, NULL, NULL, NULL);
 *      x = neuron_custom_layer(graph, "swish", &x, 1, NULL, 0);
 *
 *  Callbacks run in the thread that called the library, one call for a batch: the examples of a
 *  batch follow each other in memory, each row-major in its shape. One graph may predict in several
 *  threads at a time, each of which then calls; a trainer calls from one. A callback must not use
 *  the graph it runs in. `user_data` is shared by all nodes of a kind; what a node keeps
 *  from forward to backward lies in neuron_custom_run_saved(), and
 *  neuron_custom_run_random() has its random numbers.
 *
 *  If a callback returns anything but 0, the call that it is part of fails: with the callback's
 *  number if that is negative, with NEURON_E_CALLBACK if it is positive, and with a message
 *  that ends with that of the last call which failed inside the callback. A step of training
 *  that fails so leaves all parameters as they were before it. For that, training a graph with
 *  such a layer takes additional memory of the size of its trainable parameters
 *  (neuron_graph_memory() counts it).
 */
#ifndef NEURON_CUSTOM_H
#define NEURON_CUSTOM_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One call of forward or backward; valid until the callback returns. The functions below that
 *  read from it return 0 or NULL if `run` is NULL. Since 0.1. */
typedef struct neuron_custom_run neuron_custom_run_t;

/** Forward: computes the output of a batch. Backward: computes the gradients of inputs and arrays
 *  from that of the output.
 *  @return  0, or anything else to fail, as said above. Since 0.1. */
typedef int (*neuron_custom_run_function_t)(neuron_custom_run_t *run, void *user_data);

/** Derives the shape of the output, without the batch.
 *  @param[out] output  room for NEURON_RANK_MAX numbers, each to be 1 or more.
 *  @param[out] rank    how many there are: at most NEURON_RANK_MAX - 1.
 *  @param shapes  NEURON_RANK_MAX numbers for each of `count` inputs, of which the first ranks[i]
 *                 count.
 *  @return  0; anything else to fail, as said above, if the inputs do not fit. Since 0.1. */
typedef int (*neuron_custom_shape_function_t)(int64_t *output, int32_t *rank, const int64_t *shapes,
                                              const int32_t *ranks, int64_t count, void *user_data);

/** Tells how much memory forward keeps for backward.
 *  @param run  stands for the largest batch that there will be: it has its size, the shapes and the
 *              name of the node, but no values, which are NULL.
 *  @return  how many numbers, 0 or more; a negative one makes the call fail that needs the memory,
 *           as above. Since 0.1. */
typedef int64_t (*neuron_custom_saved_function_t)(const neuron_custom_run_t *run, void *user_data);

/** Registers a kind of layer with a context, for as long as the context lives.
 *
 *  A file only has the name, shape and arrays of such a layer: a context that loads the graph must
 *  have the kind registered. The file's shape must be the one that `shape` gives. Without `shape`,
 *  and for arrays always, a callback must check the sizes itself if files may come from strangers.
 *
 *  No other thread may use the context meanwhile.
 *  @param name      what the kind is called in graphs and files: 1 to 63 bytes of UTF-8 without
 *                   '.', '/' and control characters, unlike the context's other kinds; copied. It
 *                   may be that of a layer of the library. The nodes' default names come from it.
 *  @param forward   makes the output.
 *  @param backward  makes the gradients; NULL if there are none: then no graph with this layer can
 *                   be trained.
 *  @param shape     NULL if the output has the shape of the first input, unless
 *                   neuron_custom_layer() says otherwise.
 *  @param user_data handed to the callbacks; must live as long as the context, which all that
 *                   is made with it keeps alive.
 *  @param destroy   called with `user_data` when the context is gone, of which it must not use
 *                   anything; not if this call fails, after which the caller still has it. May be
 *                   NULL.
 *  @return  0; NEURON_E_ARGUMENT, also if the name is taken; NEURON_E_MEMORY. Since 0.1,
 *           experimental. */
NEURON_API_EXPERIMENTAL int neuron_custom_layer_register(
    neuron_context_t *context, const char *name, neuron_custom_run_function_t forward,
    neuron_custom_run_function_t backward, neuron_custom_shape_function_t shape, void *user_data,
    neuron_destroy_function_t destroy);

/** Lets forward of a registered kind keep numbers for backward of the same step, such as the places
 *  of maxima: neuron_custom_run_saved(). To be called before a graph has a layer of the kind; no
 *  other thread may use the context meanwhile.
 *  @param saved  called with the kind's user data wherever a training's memory is planned, by
 *                neuron_graph_memory() too; NULL to keep nothing, which is the default.
 *  @return  0, or NEURON_E_ARGUMENT, also if there is no such kind. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_custom_layer_set_saved(neuron_context_t *context,
                                                          const char *name,
                                                          neuron_custom_saved_function_t saved);

/** Adds a layer of a registered kind. Errors stick to the graph, as for the calls of layers.h.
 *  @param inputs        `count` nodes, 1 or more, of any shapes.
 *  @param output_shape  `rank` extents of one example, each 1 or more; NULL for the shape of the
 *                       kind. If it was registered with `shape`, any other shape is refused.
 *  @param rank          0 to NEURON_RANK_MAX - 1.
 *  @return  the node, or NULL. No other thread may use the graph meanwhile. Since 0.1,
 *           experimental. */
NEURON_API_EXPERIMENTAL neuron_node_t *
neuron_custom_layer(neuron_graph_t *graph, const char *name, neuron_node_t *const *inputs,
                    int64_t count, const int64_t *output_shape, int32_t rank);

/** Gives a custom layer a parameter array of its own, before another layer uses the node. Callbacks
 *  know it by its place: the first one added is 0. At most 8.
 *  @param name         1 to 30 bytes as above, unlike the node's other arrays; copied.
 *  @param shape        `rank` extents, each 1 or more.
 *  @param initializer  its name with its `parameter`, as for neuron_node_set_initializer().
 *  @param trainable    1 for an array that training changes; 0 for one that it leaves alone.
 *                      Forward may change such an array, but only in a step of training
 *                      (neuron_custom_run_training()).
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_STATE if another layer uses the node already, or the
 *           graph is finished; NEURON_E_MEMORY. Unless it is finished, the error sticks to the
 *           graph. No other thread may use the graph meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_custom_layer_add_array(neuron_node_t *node, const char *name,
                                                          const int64_t *shape, int32_t rank,
                                                          const char *initializer, double parameter,
                                                          int32_t trainable);

/** Kind of a custom layer, the name under which it was registered; NULL for any other node and for
 *  NULL. Lives as long as the graph. Any thread, unless another one changes the graph meanwhile.
 *  Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL const char *neuron_node_custom_kind(const neuron_node_t *node);

/** Name of the node; lives as long as the graph. Only in the thread that called the function of the
 *  layer. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL const char *neuron_custom_run_name(const neuron_custom_run_t *run);

/** Examples in this batch. Only in the thread that called the function of the layer. Since 0.1,
 *  experimental. */
NEURON_API_EXPERIMENTAL int64_t neuron_custom_run_batch(const neuron_custom_run_t *run);

/** 1 in a step of training, 0 when predicting. It is 0 as well where a gradient is computed as in
 *  prediction (gradient.h); backward then follows all the same, so that what it needs is to be
 *  saved whenever neuron_custom_run_saved() is not NULL. Only in the thread that called the
 *  function of the layer. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int32_t neuron_custom_run_training(const neuron_custom_run_t *run);

/** How many inputs the layer has. Only in the thread that called the function of the layer.
 *  Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int64_t neuron_custom_run_input_count(const neuron_custom_run_t *run);

/** Numbers of one example of an input; 0 if there is no such input. Only in the thread that called
 *  the function of the layer. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int64_t neuron_custom_run_input_size(const neuron_custom_run_t *run,
                                                             int64_t index);

/** Shape of one example of an input, as neuron_graph_input_shape() gives it; rank 0 if there is no
 *  such input. Only in the thread that called the function of the layer. Since 0.1, experimental.
 *  */
NEURON_API_EXPERIMENTAL void neuron_custom_run_input_shape(int64_t *shape, int32_t *rank,
                                                           const neuron_custom_run_t *run,
                                                           int64_t index);

/** The values of an input; NULL if there is no such input. Only in the thread that called the
 *  function of the layer. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL const float *neuron_custom_run_input(const neuron_custom_run_t *run,
                                                             int64_t index);

/** Numbers of one example of the output. Only in the thread that called the function of the layer.
 *  Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int64_t neuron_custom_run_output_size(const neuron_custom_run_t *run);

/** Shape of one example of the output, as neuron_custom_run_input_shape(). Only in the thread that
 *  called the function of the layer. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL void neuron_custom_run_output_shape(int64_t *shape, int32_t *rank,
                                                            const neuron_custom_run_t *run);

/** The values of the output: to be written by forward, all of them, and only read by backward. Only
 *  in the thread that called the function of the layer. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL float *neuron_custom_run_output(const neuron_custom_run_t *run);

/** The gradient of the loss by the output; NULL in forward. Only in the thread that called the
 *  function of the layer. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL const float *
neuron_custom_run_output_gradient(const neuron_custom_run_t *run);

/** Where backward writes the gradient by an input, all of it; NULL in forward, and if it is not
 *  needed. Only in the thread that called the function of the layer. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL float *neuron_custom_run_input_gradient(const neuron_custom_run_t *run,
                                                                int64_t index);

/** Numbers of a parameter array; 0 if there is no such array. Only in the thread that called the
 *  function of the layer. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int64_t neuron_custom_run_array_size(const neuron_custom_run_t *run,
                                                             int64_t index);

/** Shape of a parameter array, as neuron_custom_run_input_shape(). Only in the thread that called
 *  the function of the layer. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL void neuron_custom_run_array_shape(int64_t *shape, int32_t *rank,
                                                           const neuron_custom_run_t *run,
                                                           int64_t index);

/** The values of a parameter array; NULL if there is no such array. A trainable one must only be
 *  read. What is written to an array of a frozen layer in training is lost after the call. Only in
 *  the thread that called the function of the layer. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL float *neuron_custom_run_array(const neuron_custom_run_t *run,
                                                       int64_t index);

/** Where backward writes the gradient by a parameter array, summed over the batch, all of it; NULL
 *  in forward, and for one that is not trainable or belongs to a frozen layer. Only in the thread
 *  that called the function of the layer. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL float *neuron_custom_run_array_gradient(const neuron_custom_run_t *run,
                                                                int64_t index);

/** Memory of this node for what forward keeps for backward of the same step, as large as the kind
 *  asked for in neuron_custom_layer_set_saved(). Before forward its contents are undefined.
 *  @return  NULL when predicting, and if the kind keeps nothing. Only in the thread that called the
 *           function of the layer. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL float *neuron_custom_run_saved(const neuron_custom_run_t *run);

/** Random numbers, uniform from 0 to less than 1. Number i of a step follows from the training's
 *  seed, the node's place in the graph, the step and i alone: forward and backward of a step get
 *  the same numbers, two nodes different ones, and neither resuming nor the number of threads
 *  changes them. All predictions get the same numbers.
 *  @param[out] numbers  room for `count` numbers.
 *  @param first         0 or more: i of the first one.
 *  @param count         how many; first + count is at most 2^34.
 *  @return  0 or NEURON_E_ARGUMENT. Only in the thread that called the function of the layer.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_custom_run_random(float *numbers, const neuron_custom_run_t *run,
                                                     int64_t first, int64_t count);

#ifdef __cplusplus
}
#endif

#endif
