/** @file onnx.h
 *  ONNX: graphs as files that other programs run, such as ONNX Runtime and OpenVINO.
 *
 *      if (neuron_onnx_export(graph, "digits.onnx", NULL) < 0)
 *          fprintf(stderr, "%s\n", neuron_error_last());
 *
 *  The file has all that a prediction needs: operators of the standard, parameters, the names of
 *  classes and the texts that are kept with the graph. Inputs, outputs, layers and parameter arrays
 *  have their names in the graph. The first axis of inputs and outputs is the batch, of any size.
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

#ifdef __cplusplus
}
#endif

#endif
