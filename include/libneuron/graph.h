/** @file graph.h
 *  Graphs: the structure of a network together with its parameters.
 *
 *  A graph is built by the calls of layers.h, closed by neuron_graph_finish(), trained by a trainer
 *  (trainer.h), and then predicts, is evaluated, is saved, or becomes a member of a committee
 *  (committee.h), which is a graph again.
 *
 *      neuron_graph_create(&graph, context);
 *      neuron_node_t *x = neuron_input(graph, (const int64_t[]){784}, 1);
 *      neuron_node_t *h = neuron_relu(graph, neuron_dense(graph, x, 128, NULL));
 *      neuron_node_t *y = neuron_softmax(graph, neuron_dense(graph, h, 10, NULL), NULL);
 *      if (neuron_graph_finish(graph, y) < 0)
 *          fprintf(stderr, "%s\n", neuron_error_last());
 *
 *  A graph may have several inputs and several outputs: calls that end in _many take as many of
 *  each as the graph has, in its order; calls without are for graphs with one of each.
 *
 *  Errors while building stick: the first one is kept, later calls do nothing and return NULL, and
 *  neuron_graph_finish() reports it. So one check at the end is enough.
 */
#ifndef NEURON_GRAPH_H
#define NEURON_GRAPH_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Makes an empty graph. Its seed for initial parameters follows from the context's seed, and from
 *  nothing else: two graphs of one context that are built alike start with the same parameters,
 *  whatever was made or loaded in between. For networks that start differently, such as the members
 *  of a committee, give each a seed of its own with neuron_graph_set_seed().
 *  @param[out] graph  the new graph; NULL on failure.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_graph_create(neuron_graph_t **graph, neuron_context_t *context);

/** Adds an owner. @return  `graph`. Any thread. Since 0.1. */
NEURON_API neuron_graph_t *neuron_graph_ref(neuron_graph_t *graph);

/** Takes an owner away; with the last one its nodes go too. Any thread. Since 0.1. */
NEURON_API void neuron_graph_unref(neuron_graph_t *graph);

/** Names the graph, for messages and for the saved file. The default is "graph".
 *  @param name  1 to 63 bytes of UTF-8 without control characters; copied.
 *  @return  0 or NEURON_E_ARGUMENT. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API int neuron_graph_set_name(neuron_graph_t *graph, const char *name);

/** Name of the graph; NULL for NULL. Lives as long as the graph or until it is renamed. Any thread,
 *  unless another one changes the graph meanwhile. Since 0.1. */
NEURON_API const char *neuron_graph_name(const neuron_graph_t *graph);

/** Sets the seed of the initial parameters, in place of the one described at neuron_graph_create():
 *  graphs that are built alike start differently with different seeds, and alike with the same,
 *  whatever the context's seed.
 *  @return  0, NEURON_E_ARGUMENT, or NEURON_E_STATE after neuron_graph_finish(). No other thread
 *           may use the graph meanwhile. Since 0.1. */
NEURON_API int neuron_graph_set_seed(neuron_graph_t *graph, uint64_t seed);

/** Closes the structure: `output` becomes what the graph predicts, nodes it does not need are left
 *  out, and all parameters get their initial values.
 *  @return  0; the first error of a builder call, with its text again in neuron_error_last();
 *           NEURON_E_ARGUMENT for no output, for one of another graph, or for more parameters than
 *           can be counted; NEURON_E_SHAPE if the output is a layer whose window is larger than its
 *           input; NEURON_E_STATE if it is finished already; NEURON_E_MEMORY. No other thread may
 *           use the graph meanwhile. Since 0.1. */
NEURON_API int neuron_graph_finish(neuron_graph_t *graph, neuron_node_t *output);

/** The same with several outputs, such as a class and an angle of one image. An output may be an
 *  inner node as well: others may read it.
 *
 *      neuron_graph_finish_many(graph, (neuron_node_t *[]){digit, angle}, 2);
 *
 *  @param outputs  `count` different nodes; their order is that of all calls that take or give
 *                  something for each output.
 *  @param count    1 or more.
 *  @return  as neuron_graph_finish(); NEURON_E_ARGUMENT also for a node that is given twice, and if
 *           no output depends on one of the graph's inputs. No other thread may use the graph
 *           meanwhile. Since 0.1. */
NEURON_API int neuron_graph_finish_many(neuron_graph_t *graph, neuron_node_t *const *outputs,
                                        int64_t count);

/** Number of inputs: those that were added; 0 for NULL. Any thread, as long as no thread adds to
 *  the graph. Since 0.1. */
NEURON_API int64_t neuron_graph_input_count(const neuron_graph_t *graph);

/** An input, of which neuron_node_name() and neuron_node_shape() tell more.
 *  @param index  0 to neuron_graph_input_count() - 1, in the order in which they were added.
 *  @return  the node, which belongs to the graph; NULL with a message if there is none. Threads as
 *           for neuron_graph_input_count(). Since 0.1. */
NEURON_API neuron_node_t *neuron_graph_input(const neuron_graph_t *graph, int64_t index);

/** Number of outputs; 0 for a NULL or unfinished graph. Threads as for
 *  neuron_graph_input_count(). Since 0.1. */
NEURON_API int64_t neuron_graph_output_count(const neuron_graph_t *graph);

/** An output, in the order in which they were given to neuron_graph_finish_many().
 *  @param index  0 to neuron_graph_output_count() - 1.
 *  @return  the node, which belongs to the graph; NULL with a message if there is none. Threads as
 *           for neuron_graph_input_count(). Since 0.1. */
NEURON_API neuron_node_t *neuron_graph_output(const neuron_graph_t *graph, int64_t index);

/** Makes a graph that puts out other nodes of a finished one, inner ones too: features of a hidden
 *  layer, or several layers at once. It has copies of what these nodes need, with their present
 *  parameters and the same names, and of the inputs those that they need; the name, storage and
 *  metadata of the source, how inputs are scaled, what is frozen, and the classes' names of nodes
 *  that have them.
 *  @param[out] graph  the new graph, finished; NULL on failure.
 *  @param source  a finished graph, which is not changed. No other thread may change it meanwhile.
 *  @param nodes   `count` different nodes of it, of neuron_graph_find_node() for instance.
 *  @param count   1 or more.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE for a graph that is not finished, NEURON_E_MEMORY.
 *           Since 0.1. */
NEURON_API int neuron_graph_with_outputs(neuron_graph_t **graph, const neuron_graph_t *source,
                                         neuron_node_t *const *nodes, int64_t count);

/** Shape that one example must have, without the batch dimension: of the first input, if there are
 *  several.
 *  @param[out] shape  at least NEURON_RANK_MAX numbers; the first `rank` are written.
 *  @param[out] rank   the number of dimensions.
 *  @return  0, NEURON_E_ARGUMENT, or NEURON_E_STATE before finish. Threads as for
 *  neuron_graph_input_count(). Since 0.1. */
NEURON_API int neuron_graph_input_shape(int64_t *shape, int32_t *rank, const neuron_graph_t *graph);

/** Shape of what is predicted for one example: by the first output, if there are several. As
 *  neuron_graph_input_shape(). Any thread, unless another one changes the graph meanwhile.
 *  Since 0.1. */
NEURON_API int neuron_graph_output_shape(int64_t *shape, int32_t *rank,
                                         const neuron_graph_t *graph);

/** Finds a node by its name: to freeze it (neuron_node_set_trainable()) after the graph was loaded,
 *  or to build on it.
 *  @return  the node, which belongs to the graph; NULL with a message if no node has that name. A
 *           finished graph has only the nodes that its output needs. Threads as for
 *  neuron_graph_input_count(). Since 0.1. */
NEURON_API neuron_node_t *neuron_graph_find_node(const neuron_graph_t *graph, const char *name);

/** Number of nodes: of a finished graph those that its output needs, else all that were added; 0
 *  for NULL. Any thread, as long as no thread adds to the graph. Since 0.1. */
NEURON_API int64_t neuron_graph_node_count(const neuron_graph_t *graph);

/** A node by its number. Nodes have the order in which they are computed and in which the summary
 *  lists them: the graph's input is one of them, and each node comes after its inputs. layers.h has
 *  the functions that ask a node for something.
 *  @param index  0 to neuron_graph_node_count() - 1. Finishing the graph may give other numbers.
 *  @return  the node, which belongs to the graph; NULL with a message if there is none. Threads as
 *           for neuron_graph_input_count(). Since 0.1. */
NEURON_API neuron_node_t *neuron_graph_node(const neuron_graph_t *graph, int64_t index);

/** Number of parameters, including those that have no gradient (the moving statistics of batch
 *  normalisation); 0 for a NULL or unfinished graph. Threads as for
 *  neuron_graph_input_count(). Since 0.1. */
NEURON_API int64_t neuron_graph_parameter_count(const neuron_graph_t *graph);

/** Number of parameters that training changes: without those of frozen layers. As
 *  neuron_graph_parameter_count(). Any thread, unless another one changes the graph meanwhile.
 *  Since 0.1. */
NEURON_API int64_t neuron_graph_trainable_parameter_count(const neuron_graph_t *graph);

/** What the regularisers of the graph's layers (neuron_node_set_regularizer()) add to the loss with
 *  the present parameters: the sum over all arrays of l1 * sum |w| + l2 * sum w^2; frozen layers
 *  add nothing. 0 for a NULL or unfinished graph. The losses of a trainer's history contain it,
 *  those of neuron_graph_evaluate() do not. Threads as for neuron_graph_predict(). Since 0.1. */
NEURON_API double neuron_graph_penalty(const neuron_graph_t *graph);

/** Number of parameter arrays: a dense layer has two, `kernel` and `bias`. Any thread, unless
 *  another one changes the graph meanwhile. Since 0.1. */
NEURON_API int64_t neuron_graph_array_count(const neuron_graph_t *graph);

/** Name of a parameter array, `<node>.<array>`, such as "dense_1.kernel"; it is the name in saved
 *  files as well.
 *  @param index  0 to neuron_graph_array_count() - 1, in the order of the nodes.
 *  @return  a string that lives as long as the graph, or NULL. Any thread, unless another one
 *           changes the graph meanwhile. Since 0.1. */
NEURON_API const char *neuron_graph_array_name(const neuron_graph_t *graph, int64_t index);

/** Shape of a parameter array: of `kernel` of a dense layer [in, units].
 *  @param[out] shape  at least NEURON_RANK_MAX numbers; the first `rank` are written.
 *  @param[out] rank   the number of dimensions.
 *  @param index       as for neuron_graph_array_name().
 *  @return  0, NEURON_E_ARGUMENT, or NEURON_E_STATE before finish. Threads as for
 *  neuron_graph_input_count(). Since 0.1. */
NEURON_API int neuron_graph_array_shape(int64_t *shape, int32_t *rank, const neuron_graph_t *graph,
                                        int64_t index);

/** Whether training changes a parameter array: 1; 0 for one of a frozen layer, for moving
 *  statistics and the like, and for an index out of its range. Any thread, unless another one
 *  changes the graph meanwhile. Since 0.1. */
NEURON_API int32_t neuron_graph_array_trainable(const neuron_graph_t *graph, int64_t index);

/** Copies a parameter array out of the graph.
 *  @param[out] values  room for `capacity` numbers; NULL with capacity 0 to ask for the size.
 *  @param[out] needed  how many numbers the array has; may be NULL.
 *  @return  0; NEURON_E_ARGUMENT if `values` is given and too small; NEURON_E_STATE before finish.
 *           Any thread, unless another one changes the graph meanwhile. Since 0.1. */
NEURON_API int neuron_graph_read_array(float *values, size_t capacity, size_t *needed,
                                       const neuron_graph_t *graph, int64_t index);

/** Copies a parameter array into the graph. No other thread may use the graph meanwhile.
 *  @param count  must be the size of the array.
 *  @return  0, NEURON_E_ARGUMENT, or NEURON_E_STATE before finish. Since 0.1. */
NEURON_API int neuron_graph_write_array(neuron_graph_t *graph, int64_t index, const float *values,
                                        size_t count);

/** Finds a parameter array by its name, such as "dense_1.kernel".
 *  @return  its index; -1 with a message, which names the nearest, if there is none. Threads as
 *           for neuron_graph_input_count(). Since 0.1. */
NEURON_API int64_t neuron_graph_find_array(const neuron_graph_t *graph, const char *name);

/** Copies parameters from one graph into another by their names: of each array of `to` that begins
 *  with one prefix, from the array of `from` that begins with the other and goes on alike.
 *
 *      neuron_graph_copy_arrays(&copied, graph, trained, "trunk/", "");     trunk/dense.kernel from
 *                                                                           dense.kernel
 *  Arrays that `from` does not have stay as they are. The log tells how many were copied, and the
 *  first that was not (NEURON_LOG_INFO).
 *  @param[out] copied  how many arrays were copied, 1 or more; untouched on failure. May be NULL.
 *  @param to           no other thread may use it meanwhile.
 *  @param from         may be `to`.
 *  @param to_prefix    NULL for "", with which every array begins.
 *  @param from_prefix  likewise.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_STATE before finish; NEURON_E_SHAPE if two such arrays
 *           differ in shape, both named; NEURON_E_TYPE if one of them only is quantised;
 *           NEURON_E_DATA if no array was found. On failure nothing has changed. Since 0.1. */
NEURON_API int neuron_graph_copy_arrays(int64_t *copied, neuron_graph_t *to,
                                        const neuron_graph_t *from, const char *to_prefix,
                                        const char *from_prefix);

/** Takes parameters from a safetensors file, or from an .npz archive of NumPy, into a graph by
 *  their names, as neuron_graph_copy_arrays() does; whatever program has written the file, and
 *  whatever else is in it. Which of both it is, its bytes tell. Numbers of F16, BF16, F64 and
 *  integers become float32, each rounded to the nearest; the log says so (NEURON_LOG_INFO). Arrays
 *  must lie in the order of this library: the kernel of a dense layer is [in, units], that of a
 *  convolution [height, width, in, out].
 *  @return  as neuron_graph_copy_arrays(), NEURON_E_SHAPE for an array of another shape too;
 *           NEURON_E_IO, NEURON_E_FORMAT also for numbers of another type, NEURON_E_MEMORY; of an
 *           archive also what neuron_tensor_load_npz() returns. On failure nothing has changed. No
 *           other thread may use the graph meanwhile. Since 0.1. */
NEURON_API int neuron_graph_load_arrays(int64_t *loaded, neuron_graph_t *graph, const char *path,
                                        const char *to_prefix, const char *from_prefix);

/** Takes parameters from the bytes of such a file in memory, which are free again after the call.
 *  @param bytes  `size` of them.
 *  @return  as neuron_graph_load_arrays(). No other thread may use the graph meanwhile. Since 0.1.
 */
NEURON_API int neuron_graph_load_arrays_memory(int64_t *loaded, neuron_graph_t *graph,
                                               const void *bytes, size_t size,
                                               const char *to_prefix, const char *from_prefix);

/** Writes parameters alone, by their names, as an .npz archive that numpy.load() opens:
 *
 *      weights = numpy.load("weights.npz")
 *      weights["dense_1.kernel"].shape                         (784, 30)
 *
 *  Numbers are float32, of quantised kernels int8; nothing is packed. The file is put in place as
 *  neuron_graph_save() does it. neuron_graph_load_arrays() takes them into a graph again.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE before finish, NEURON_E_IO, NEURON_E_MEMORY,
 *           NEURON_E_UNSUPPORTED for more than 65,535 arrays or 4 GiB. Any thread, unless another
 *           one changes the graph meanwhile. Since 0.1. */
NEURON_API int neuron_graph_save_npz(const neuron_graph_t *graph, const char *path);

/** Takes parameters from a state dict of PyTorch in the safetensors layout, as
 *  `safetensors.torch.save_file(module.state_dict(), path)` writes it, into a graph that computes
 *  the same. Axes are put in this library's order; so are the inputs of a dense layer behind a
 *  flattened image, whose channels come first in PyTorch.
 *
 *      neuron_graph_load_state_dict(NULL, graph, "digits.safetensors", NULL, NULL);
 *
 *  Layers are found by the names of modules if there is one that a layer is called by, a point
 *  being a slash here: `features.0.weight` belongs to the layer "features/0". Then layers that
 *  the file does not have stay as they are, or modules that the graph does not have are passed
 *  over, but not both. If none is called so, the first module of a kind is the first layer of it,
 *  in the order of the graph and of the file's names, "2" before "10", and there must be as many.
 *  Kinds are what is told apart by the shapes of arrays: dense layers, convolutions of images and
 *  of sequences, batch normalisation, layer normalisation, PReLU.
 *
 *  Numbers are F32, F16, BF16 or F64. The epsilon of a normalisation is none of the parameters; it
 *  is 1e-5 in PyTorch, which `epsilon=1e-5` sets here.
 *  @param[out] loaded  how many arrays of the graph were loaded, 1 or more; untouched on failure.
 *                      May be NULL.
 *  @param to_prefix    only layers whose names begin with it are loaded, by what follows; NULL for
 *                      all.
 *  @param from_prefix  only arrays of the file that begin with it are taken, likewise.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_STATE before finish; NEURON_E_SHAPE if an array does not
 *           fit, with the layer, the array and both shapes; NEURON_E_DATA if a layer lacks an array
 *           or one is left over, or nothing was found; NEURON_E_TYPE for a quantised layer;
 *           NEURON_E_FORMAT also for other numbers; NEURON_E_IO, NEURON_E_MEMORY. On failure
 *           nothing has changed. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API int neuron_graph_load_state_dict(int64_t *loaded, neuron_graph_t *graph,
                                            const char *path, const char *to_prefix,
                                            const char *from_prefix);

/** Takes parameters from the bytes of such a file in memory, which are free again after the call.
 *  @param bytes  `size` of them.
 *  @return  as neuron_graph_load_state_dict(). No other thread may use the graph meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_graph_load_state_dict_memory(int64_t *loaded, neuron_graph_t *graph,
                                                   const void *bytes, size_t size,
                                                   const char *to_prefix, const char *from_prefix);

/** Writes parameters as a state dict of PyTorch, with its names and its order of axes, for a module
 *  that computes the same:
 *
 *      module.load_state_dict(safetensors.torch.load_file("digits.safetensors"))
 *
 *  The array `kernel` of the layer "features/0" becomes `features.0.weight`. Arrays of layers that
 *  PyTorch does not have keep names and order. The file is put in place as neuron_graph_save() does
 *  it.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE before finish, NEURON_E_IO, NEURON_E_MEMORY,
 *           NEURON_E_UNSUPPORTED for a graph with a quantised layer. Any thread, unless another one
 *           changes the graph meanwhile. Since 0.1. */
NEURON_API int neuron_graph_save_state_dict(const neuron_graph_t *graph, const char *path);

/** Writes into memory of the caller the bytes that neuron_graph_save_state_dict() would put into a
 *  file.
 *  @param[out] bytes   room for `capacity` bytes; NULL with capacity 0 to ask for the size.
 *  @param[out] needed  how many bytes there are; may be NULL.
 *  @return  as neuron_graph_save_state_dict(), NEURON_E_ARGUMENT also if `bytes` is given and too
 *           small. Any thread, unless another one changes the graph meanwhile. Since 0.1. */
NEURON_API int neuron_graph_save_state_dict_memory(void *bytes, size_t capacity, size_t *needed,
                                                   const neuron_graph_t *graph);

/** Predicts, with a graph that has one input and one output. Dropout is off and batch normalisation
 *  uses its moving statistics.
 *
 *  Any number of threads may call this with one graph at a time, as long as none trains it or
 *  writes its parameters; each gets working memory of its own, which the graph keeps for the next
 *  call, so that a second prediction of the same size allocates nothing.
 *
 *  @param input   NEURON_TYPE_F32, [n, ...input shape] with n >= 0; or NEURON_TYPE_U8 if the graph
 *                 knows how bytes become inputs, see neuron_graph_set_scales().
 *  @param output  NEURON_TYPE_F32, [n, ...output shape]; overwritten. Its memory is not that of the
 *                 input, nor part of it.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE before finish, NEURON_E_TYPE, NEURON_E_SHAPE,
 *           NEURON_E_MEMORY, or what a custom layer returned (see custom.h). Since 0.1. */
NEURON_API int neuron_graph_predict(const neuron_graph_t *graph, const neuron_tensor_t *input,
                                    neuron_tensor_t *output);

/** Predicts all examples of a dataset, as the dataset scales them. Its targets play no part. A
 *  warning is logged if it has bytes and scales them otherwise than the graph does, see
 *  neuron_graph_set_scales().
 *  @param dataset  examples of the graph's input shape, also of a stream.
 *  @param output   NEURON_TYPE_F32, [neuron_dataset_count(), ...output shape]; overwritten.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE before finish, NEURON_E_TYPE, NEURON_E_SHAPE,
 *           NEURON_E_MEMORY; or what a stream or a custom layer returned. Threads as for
 *           neuron_graph_predict(). Since 0.1. */
NEURON_API int neuron_graph_predict_dataset(const neuron_graph_t *graph,
                                            const neuron_dataset_t *dataset,
                                            neuron_tensor_t *output);

/** neuron_graph_predict_dataset() for a graph with several inputs or outputs.
 *  @param dataset       of as many inputs as the graph has, see neuron_dataset_zip().
 *  @param outputs       a tensor for each output, as for neuron_graph_predict_dataset().
 *  @param output_count  neuron_graph_output_count().
 *  @return  as neuron_graph_predict_dataset(). Any thread, unless another one changes the graph
 *           meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_graph_predict_dataset_many(const neuron_graph_t *graph,
                                                              const neuron_dataset_t *dataset,
                                                              neuron_tensor_t *const *outputs,
                                                              int64_t output_count);

/** neuron_graph_predict() for a graph with several inputs or outputs.
 *
 *      neuron_graph_predict_many(graph, (const neuron_tensor_t *[]){left, right}, 2, &output, 1);
 *
 *  @param inputs       a tensor for each input of the graph, in its order, as for
 *                      neuron_graph_predict(), all of the same n.
 *  @param input_count  neuron_graph_input_count().
 *  @param outputs       a tensor for each output, likewise.
 *  @param output_count  neuron_graph_output_count().
 *  @return  as neuron_graph_predict(). Any thread, unless another one changes the graph meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_graph_predict_many(const neuron_graph_t *graph,
                                         neuron_tensor_t *const *inputs, int64_t input_count,
                                         neuron_tensor_t *const *outputs, int64_t output_count);

/** Computes gradients by the inputs: of the sum over examples and outputs of output times
 *  `output_gradients`, with the parameters as they are. Saliency maps and adversarial examples are
 *  made of it; so is the way back through a graph whose output another graph takes. Layers do what
 *  they do in prediction: dropout is off and batch normalisation uses its moving statistics.
 *  gradient.h has gradients by inner nodes and by parameters, and the behaviour of training.
 *  @param inputs            as for neuron_graph_predict_many().
 *  @param output_gradients  a tensor for each output, NEURON_TYPE_F32, [n, ...output shape]; NULL
 *                           for an output that plays no part. For the gradient of a class's score:
 *                           1 at the class, else 0.
 *  @param input_gradients   `input_count` tensors, one of the shape of each input; overwritten.
 *                           NULL where the gradient is not wanted.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE before finish, NEURON_E_TYPE, NEURON_E_SHAPE,
 *           NEURON_E_UNSUPPORTED for a graph with a vote or a quantised layer, which have no
 *           gradient, NEURON_E_MEMORY, or what a custom layer returned. Threads as for
 *           neuron_graph_predict(). Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_graph_gradient(const neuron_graph_t *graph, neuron_tensor_t *const *inputs,
                      int64_t input_count, neuron_tensor_t *const *output_gradients,
                      int64_t output_count, neuron_tensor_t *const *input_gradients);

/** Sets how a byte becomes an input, byte * scale + offset, so that neuron_graph_predict() takes
 *  NEURON_TYPE_U8 tensors as they are. A trainer sets it when it runs, to the scale of its training
 *  set (neuron_dataset_set_scale()), if that has bytes, or float32 with a scale of its own; so one
 *  who trains on a dataset need not call this. It is saved and loaded with the graph.
 *
 *  An imported part (neuron_graph_import()) has what is set of its source only if its input is that
 *  of the graph, which knows nothing yet. A committee has what is set of all its members alike; if
 *  they differ, it has nothing, and the log is warned. A quantised copy has what its graph has.
 *  @param input    name of an input; NULL if there is one only.
 *  @param scales   `count` finite numbers; NULL to forget them.
 *  @param offsets  likewise.
 *  @param count  1; or the extent of the input's last axis, such as its channels; 0 with NULL.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE before finish, NEURON_E_SHAPE for another count,
 *           NEURON_E_MEMORY. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API int neuron_graph_set_scales(neuron_graph_t *graph, const char *input,
                                       const double *scales, const double *offsets, size_t count);

/** Tells how a byte becomes an input: what a dataset of other bytes, or of the numbers that the
 *  training began with, is scaled by with neuron_dataset_set_scales().
 *  @param[out] scales   room for `capacity` numbers; NULL with capacity 0 to ask how many there
 *                       are.
 *  @param[out] offsets  likewise.
 *  @param[out] needed  0 if nothing is known; else 1, or the extent of the last axis. May be NULL.
 *  @param input  as for neuron_graph_set_scales().
 *  @return  0, NEURON_E_ARGUMENT also if there is too little room, NEURON_E_STATE before finish.
 *           Threads as for neuron_graph_predict(). Since 0.1. */
NEURON_API int neuron_graph_scales(double *scales, double *offsets, size_t capacity, size_t *needed,
                                   const neuron_graph_t *graph, const char *input);

/** Names the classes, or whatever the outputs stand for. A trainer does so when it runs, if its
 *  training set has names (neuron_dataset_class_name()). They are saved and loaded with the graph,
 *  and reports of evaluations have them. A committee has the names of its members, which must be
 *  the same where they are known; an imported part has none.
 *  @param output  name of an output; NULL if there is one only.
 *  @param names   `count` texts of 1 to 255 bytes of UTF-8 without control characters; copied.
 *                 NULL to forget them.
 *  @param count   extent of the output's last axis, or 2 for one of extent 1; 0 with NULL.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE before finish, NEURON_E_SHAPE for another count,
 *           NEURON_E_MEMORY. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API int neuron_graph_set_class_names(neuron_graph_t *graph, const char *output,
                                            const char *const *names, int64_t count);

/** The name of a class.
 *  @param output  as for neuron_graph_set_class_names().
 *  @param k       from 0.
 *  @return  the name, which lives until names are set again; NULL if it is not known. Threads as
 *           for neuron_graph_predict(). Since 0.1. */
NEURON_API const char *neuron_graph_class_name(const neuron_graph_t *graph, const char *output,
                                               int64_t k);

/** Keeps a text with the graph: its version, who trained it, on what. It is saved with the graph,
 *  in the `__metadata__` of the file, where other programs can read and write such texts too; what
 *  they have written is kept through loading and saving. A quantised copy has it too; a committee
 *  and an imported part have none of it.
 *  @param key   1 to 255 bytes of UTF-8 without control characters, such as "version". Keys that
 *               begin with "libneuron." belong to the library.
 *  @param text  UTF-8 of any length, several lines too; copied. NULL to take the key away.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_MEMORY. No other thread may use the graph meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_graph_set_metadata(neuron_graph_t *graph, const char *key, const char *text);

/** The text that is kept under a key.
 *  @return  the text, which lives until the key is set again; NULL if there is none. Threads as for
 *           neuron_graph_predict(). Since 0.1. */
NEURON_API const char *neuron_graph_metadata(const neuron_graph_t *graph, const char *key);

/** The keys of texts, without those of the library, in the order in which they were set, or which a
 *  file has.
 *  @param index  from 0.
 *  @return  the key, which lives until it is taken away; NULL behind the last: count up to it.
 *           Threads as for neuron_graph_predict(). Since 0.1. */
NEURON_API const char *neuron_graph_metadata_key(const neuron_graph_t *graph, int64_t index);

/** Saves structure and parameters in one file in the safetensors layout: the arrays under their
 *  names, the structure as JSON in the header's `__metadata__`, and there also how inputs are
 *  scaled, the names of classes, and all metadata. The file is written aside in
 *  the folder of `path`, flushed to the disk and then put in place, so that a crash at any moment
 *  leaves the old file or the new one. What a crash may leave beside it, a file that ends in
 *  `.new`, goes with the next save to the same path. Several threads and processes may save to one
 *  path at the same time; the last one's file is there then.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE before finish, NEURON_E_IO, NEURON_E_MEMORY,
 *           NEURON_E_UNSUPPORTED for a description of more than 100 MB, NEURON_E_NOT_FINITE as
 *           neuron_graph_set_storage() says. Any thread, unless another one changes the graph
 *           meanwhile. Since 0.1. */
NEURON_API int neuron_graph_save(const neuron_graph_t *graph, const char *path);

/** Sets what neuron_graph_save(), neuron_graph_save_memory() and the checkpoints of a callback
 *  write parameters in: "f32", the default, has them as they are, in 4 bytes; "f16" has 2 bytes
 *  with 11 bits of precision and sizes up to 65504, "bf16" 2 bytes with 8 bits of precision and the
 *  sizes of a float. With the latter two a file is half as large, and its parameters are those of
 *  the graph, each rounded to the nearest number that two bytes hold, to the even one where two are
 *  as near. The graph itself computes with float32 as before, and so does one that is loaded; it
 *  does not remember what its file had. Moving statistics of batch normalisation stay float32, and
 *  so does the whole of neuron_trainer_save(), which loses nothing. Readers of safetensors, older
 *  libraries among them, read all three.
 *
 *  With "f16" saving fails with NEURON_E_NOT_FINITE if a parameter is finite and rounds to
 *  more than 65504; the message names its array. The graph need not be finished.
 *  @param storage  "f32", "f16" or "bf16".
 *  @return  0 or NEURON_E_ARGUMENT. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API int neuron_graph_set_storage(neuron_graph_t *graph, const char *storage);

/** Saves into memory of the caller the bytes that neuron_graph_save() would put into a file.
 *  @param[out] bytes   room for `capacity` bytes; NULL with capacity 0 to ask for the size.
 *  @param[out] needed  how many bytes there are; may be NULL.
 *  @return  0, NEURON_E_ARGUMENT if `bytes` is given and too small, NEURON_E_STATE,
 *  NEURON_E_MEMORY, NEURON_E_UNSUPPORTED, NEURON_E_NOT_FINITE as for neuron_graph_save(). Any
 *  thread, unless another one changes the graph meanwhile. Since 0.1. */
NEURON_API int neuron_graph_save_memory(void *bytes, size_t capacity, size_t *needed,
                                        const neuron_graph_t *graph);

/** Hands the bytes that neuron_graph_save() would put into a file to a function, piece by piece.
 *  @param user_data  handed to it; may be NULL.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE, NEURON_E_MEMORY, NEURON_E_UNSUPPORTED,
 *           NEURON_E_NOT_FINITE as for neuron_graph_save(), or what `write` returned. Any thread,
 *           unless another one changes the graph meanwhile. Since 0.1. */
NEURON_API int neuron_graph_save_to(const neuron_graph_t *graph, neuron_write_function_t write,
                                    void *user_data);

/** Loads a graph saved by neuron_graph_save(). Nothing in the file is trusted before it is checked.
 *  Loading takes memory in proportion to the file; what predicting takes follows from the shapes of
 *  the layers, which a stranger's file may make as large as it likes. The context's
 *  `memory_limit` makes that NEURON_E_MEMORY.
 *
 *  Parameters that another program has changed to F16, BF16, F64 or integers (I8 to I64, U8 to U64)
 *  become float32, each rounded to the nearest; the log says so (NEURON_LOG_INFO).
 *  @param[out] graph  the finished graph; NULL on failure.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_IO, NEURON_E_FORMAT with the byte offset where it can be
 *           told, NEURON_E_UNSUPPORTED for a custom layer whose kind is not registered with the
 *           context (custom.h), what the shape callback of such a layer failed with,
 *           NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_graph_load(neuron_graph_t **graph, neuron_context_t *context,
                                 const char *path);

/** Loads a graph from memory, which is free again after the call. As neuron_graph_load(). Any
 *  thread. Since 0.1. */
NEURON_API int neuron_graph_load_memory(neuron_graph_t **graph, neuron_context_t *context,
                                        const void *bytes, size_t size);

/** Copies a graph with all that it has: nodes, parameters, what is frozen, scales, names and
 *  metadata, storage.
 *  @param[out] clone  the finished graph; NULL on failure.
 *  @param context  of the copy, which may be another one.
 *  @param graph    finished.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE before finish, NEURON_E_UNSUPPORTED as for
 *           neuron_graph_load(), what the shape callback of a custom layer failed with,
 *           NEURON_E_MEMORY. Threads as for neuron_graph_predict(). Since 0.1. */
NEURON_API int neuron_graph_clone(neuron_graph_t **clone, neuron_context_t *context,
                                  const neuron_graph_t *graph);

#ifdef __cplusplus
}
#endif

#endif
