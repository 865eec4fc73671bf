/** @file keras.h
 *  Keras: its models as graphs, and graphs as models that Keras loads.
 *
 *      neuron_graph_t *graph;
 *      if (neuron_keras_load(&graph, context, "digits.keras") < 0)
 *          fprintf(stderr, "%s\n", neuron_error_last());
 *      ... predict, or train on ...
 *      neuron_keras_save(graph, "digits-2.keras", NULL);
 *
 *  There are three kinds of files. `.keras` archives and `.h5` files of Keras 2 have structure and
 *  weights; `.weights.h5` files of Keras 3, and some `.h5`, have weights only, and go into a graph
 *  that is there already. Of a file that is read its bytes tell the kind, not its name.
 *
 *  A graph that was loaded is like any other: nothing of it depends on the file. How a training
 *  went on, such as Adam's moments, is not read and not written. docs/keras.md lists the layers.
 *
 *  This is a library of its own, libneuron-keras, so that a program that does without does not
 *  carry it: `pkg-config --cflags --libs libneuron-keras`.
 */
#ifndef NEURON_KERAS_H
#define NEURON_KERAS_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Loads a model: a sequential or functional one of Keras 2 or 3, as `.keras` or `.h5`. Nodes have
 *  the names of the layers. An activation that is an argument there is a node of its own here,
 *  called `<layer>_activation`. Regularisers and frozen layers stay so.
 *
 *  What there is no equal for is refused, and the message names layer, class, argument and value:
 *
 *      digits.keras: layer "conv" (Conv2D): data_format is "channels_first", which is not known
 *
 *  @param[out] graph  the finished graph; NULL on failure.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_IO; NEURON_E_FORMAT for a damaged file, and for one
 *           without a structure; NEURON_E_UNSUPPORTED for a layer or an argument that has no equal
 *           here; NEURON_E_SHAPE for layers or weights that do not fit together; NEURON_E_MEMORY.
 *           Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_keras_load(neuron_graph_t **graph, neuron_context_t *context,
                                              const char *path);

/** Loads a model from the bytes of such a file, which are free again after the call. Messages call
 *  them "memory".
 *  @param bytes  `size` of them.
 *  @return  as neuron_keras_load(). Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_keras_load_memory(neuron_graph_t **graph,
                                                     neuron_context_t *context, const void *bytes,
                                                     size_t size);

/** Takes weights from a file of any of the three kinds into a graph that is there already. Options:
 *
 *  - `match`: how layers of the file are found for those of the graph. `name`: each layer of the
 *    graph that has arrays takes those of the layer that has its name. `order`: the first takes
 *    those of the first, and so on; in a `.weights.h5` file, which does not tell the order, among
 *    layers of one class. `auto`, the default: by name if there are all names, else by order.
 *
 *  The shapes must be those of the graph; if one is not, the message names both places.
 *  @param[out] loaded  how many arrays were loaded; untouched on failure. May be NULL.
 *  @param graph    finished; no other thread may use it meanwhile.
 *  @param options  as options.h has them: "match=name"; NULL for the defaults.
 *  @return  as neuron_keras_load(); NEURON_E_STATE before finish; NEURON_E_DATA if a layer is
 *           missing, or has another number of arrays. On failure nothing has changed. Since 0.1,
 *           experimental. */
NEURON_API_EXPERIMENTAL int neuron_keras_load_weights(int64_t *loaded, neuron_graph_t *graph,
                                                      const char *path, const char *options);

/** Takes weights from the bytes of such a file, which are free again after the call.
 *  @param bytes  `size` of them.
 *  @return  as neuron_keras_load_weights(). No other thread may use the graph meanwhile. Since 0.1,
 *           experimental. */
NEURON_API_EXPERIMENTAL int neuron_keras_load_weights_memory(int64_t *loaded, neuron_graph_t *graph,
                                                             const void *bytes, size_t size,
                                                             const char *options);

/** Writes a graph as a file that keras.models.load_model() or load_weights() reads, in place of one
 *  that is there: whole, or not at all, as neuron_graph_save() does. The model is a functional one,
 *  and its layers have the names of the nodes, `_` for each `/`. Options:
 *
 *  - `format`: `keras` for an archive, as Keras 3 writes it; `h5` for structure and weights as
 *    Keras 2 does; `weights` for the weights alone, as Keras 3 has them in `.weights.h5`. Not set,
 *    it follows from what `path` ends in.
 *
 *  Names of classes and scales of inputs are not part of such a file.
 *  @param graph    finished; must not be trained or changed meanwhile.
 *  @param options  as options.h has them: "format=h5"; NULL for the defaults.
 *  @return  0; NEURON_E_ARGUMENT, also for a path that ends otherwise if no format is set;
 *           NEURON_E_STATE before finish; NEURON_E_UNSUPPORTED for a layer that Keras does not
 *           have, such as a vote, which the message names; NEURON_E_IO; NEURON_E_MEMORY. Any
 *           thread, unless another one changes the graph meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_keras_save(const neuron_graph_t *graph, const char *path,
                                              const char *options);

/** Writes into memory of the caller the bytes that neuron_keras_save() would put into a file.
 *  @param[out] bytes   room for `capacity` bytes; NULL with capacity 0 to ask for the size.
 *  @param[out] needed  how many bytes there are; may be NULL.
 *  @param options      as for neuron_keras_save(); without a format it is `keras`.
 *  @return  as neuron_keras_save(); NEURON_E_ARGUMENT also if `bytes` is given and too small.
 *           Threads as there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_keras_save_memory(void *bytes, size_t capacity, size_t *needed,
                                                     const neuron_graph_t *graph,
                                                     const char *options);

#ifdef __cplusplus
}
#endif

#endif
