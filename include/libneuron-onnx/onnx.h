/** @file onnx.h
 *  ONNX: graphs as files that other programs run, such as ONNX Runtime and OpenVINO, and graphs of
 *  files that others have written, such as PyTorch, Keras and scikit-learn.
 *
 *      if (neuron_onnx_export(graph, "digits.onnx", NULL) < 0)
 *          fprintf(stderr, "%s\n", neuron_error_last());
 *      if (neuron_onnx_import(&graph, context, "resnet20.onnx", NULL) < 0)
 *          fprintf(stderr, "%s\n", neuron_error_last());
 *
 *  An exported file has all that a prediction needs: operators of the standard, parameters, the
 *  names of classes and the texts that are kept with the graph. Inputs, outputs, layers and
 *  parameter arrays have their names in the graph. The first axis of inputs and outputs is the
 *  batch, of any size.
 *
 *  Any program for ONNX with operator set 13 runs it: of ONNX Runtime that is version 1.6, of
 *  December 2020, or later. No layer needs more.
 *
 *  This is a library of its own, libneuron-onnx, so that a program that does without does not carry
 *  it: `pkg-config --cflags --libs libneuron-onnx`.
 */
#ifndef NEURON_ONNX_H
#define NEURON_ONNX_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Writes a graph as an ONNX file, in place of one that is there: whole, or not at all, as
 *  neuron_graph_save() does. It computes what neuron_graph_predict() does: what acts in training
 *  only, such as dropout, is left out. Options:
 *
 *  - `layout`: of images, which are inputs and outputs of three axes: `nhwc`, the default, has them
 *    as in this library, [batch, height, width, channels]; `nchw` as PyTorch does, [batch,
 *    channels, height, width].
 *  - `input_type`: `f32`, the default, or `u8` for inputs that are bytes. The file then scales them
 *    as the graph does, see neuron_graph_set_scales(). Of several inputs, those that the graph does
 *    not know this of stay numbers.
 *
 *  @param graph    finished; must not be trained or changed meanwhile.
 *  @param options  as options.h has them: "layout=nchw, input_type=u8"; NULL for the defaults.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_STATE before finish, and with `u8` if the graph does not
 *           know how bytes become any of its inputs; NEURON_E_UNSUPPORTED for a layer that ONNX has
 *           no operators for, such as a custom one, which the message names, and for a file of more
 *           than 2 GiB, the most that the format has; NEURON_E_IO; NEURON_E_MEMORY. Any thread,
 *           unless another one changes the graph meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_onnx_export(const neuron_graph_t *graph, const char *path,
                                               const char *options);

/** Writes into memory of the caller the bytes that neuron_onnx_export() would put into a file.
 *  @param[out] bytes   room for `capacity` bytes; NULL with capacity 0 to ask for the size.
 *  @param[out] needed  how many bytes there are; may be NULL.
 *  @param options      as for neuron_onnx_export().
 *  @return  as neuron_onnx_export(); NEURON_E_ARGUMENT also if `bytes` is given and too small.
 *           Threads as there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_onnx_export_memory(void *bytes, size_t capacity, size_t *needed,
                                                      const neuron_graph_t *graph,
                                                      const char *options);

/** Hands the bytes that neuron_onnx_export() would put into a file to a function, piece by piece.
 *  @param user_data  handed to it; may be NULL.
 *  @param options    as for neuron_onnx_export().
 *  @return  as neuron_onnx_export(), or what `write` returned. Threads as there. Since 0.1,
 *           experimental. */
NEURON_API_EXPERIMENTAL int neuron_onnx_export_to(const neuron_graph_t *graph,
                                                  neuron_write_function_t write, void *user_data,
                                                  const char *options);

/** Reads an ONNX file as a graph, which predicts what the file says and is trained, evaluated
 *  and saved as any other. Nothing in the file is trusted before it is checked.
 *
 *      neuron_onnx_import(&graph, context, "mobilenet.onnx", NULL);
 *      neuron_onnx_import(&graph, context, "mlp.onnx", "outputs=probabilities");
 *
 *  The first axis of inputs is the batch, of any size. Images have their channels last here: an
 *  input [batch, channels, height, width] that a convolution or a pooling reads is one of
 *  [height, width, channels], and so is an output of such values. Weights are put in order for
 *  it, so that transpositions cost nothing; where one must be done, there is a neuron_permute().
 *  Nodes have the names of operators, outputs or parameters of the file, with '/' for '.'. Its
 *  texts become the graph's (neuron_graph_set_metadata()); names of classes and scales of inputs
 *  are those that neuron_onnx_export() has written.
 *
 *  docs/onnx.md lists the operators. What cannot be imported is told in one message, by the
 *  node, its operator and the attribute. Numbers of other types become float32. Options:
 *
 *  - `layout`: `nhwc`, the default, for images as above; `file` for inputs and outputs whose
 *    axes are in the order of the file.
 *  - `batch`: `first`, the default; `none` if inputs have no axis for the batch: then an example
 *    is all of an input.
 *  - `outputs`: names of outputs, or of other values, with commas between, in quotes; all
 *    outputs that are floats if it is not given. What is not needed for them is left out.
 *
 *  The file takes up to 64 times its bytes of memory while it is read, the graph as much as its
 *  parameters. Numbers that large models have in a file of their own are read from a file in the
 *  same folder, and from nowhere else.
 *  @param[out] graph  the finished graph, which the caller gives back by neuron_graph_unref(); it
 *                     keeps the context, and nothing of the file. NULL on failure.
 *  @param options     as options.h has them: "layout=file, outputs=probabilities"; NULL for the
 *                     defaults.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_IO; NEURON_E_FORMAT for what is no ONNX file, or a
 *           damaged one; NEURON_E_UNSUPPORTED for what is not imported; NEURON_E_SHAPE for a layer
 *           that does not fit its input; NEURON_E_MEMORY. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_onnx_import(neuron_graph_t **graph, neuron_context_t *context,
                                               const char *path, const char *options);

/** neuron_onnx_import() of the bytes of a file in memory, which are free again after the call.
 *  There is nothing beside them: a model whose numbers are in another file is refused.
 *  @param bytes  `size` of them.
 *  @return  as neuron_onnx_import(). Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_onnx_import_memory(neuron_graph_t **graph,
                                                      neuron_context_t *context, const void *bytes,
                                                      size_t size, const char *options);

#ifdef __cplusplus
}
#endif

#endif
