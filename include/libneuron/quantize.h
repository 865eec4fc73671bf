/** @file quantize.h
 *  Quantisation: a trained graph made smaller, and faster on processors that multiply bytes.
 *
 *      neuron_graph_quantize(&small, graph, train, NULL);
 *      neuron_graph_evaluate(&evaluation, small, test, NULL, NULL);
 *      neuron_graph_save(small, "small.safetensors");
 *
 *  Dense layers and convolutions of the new graph have weights of 8 bits, see their inputs as 8
 *  bits, and add up exactly, as integers of 32 bits; everything else is float32 as before. The new
 *  graph is a graph like any other: it predicts, is evaluated, saved (in about a quarter of the
 *  bytes) and loaded, and can be a member of a committee. It cannot be trained: train first, then
 *  quantise.
 *
 *  How a number becomes 8 bits
 *
 *  - An input x is seen as round(x / scale) + zero_point, from 0 to 255, where scale and zero
 *    point are those of the layer; what lies beyond is cut off. They follow from the values that
 *    the layer sees while the graph predicts some examples: the calibration. It takes the dataset's
 *    inputs as a training would, scaled, so the first examples of the training set do well.
 *  - A weight w is round(w / scale), from -127 to 127, with a scale for each unit or filter, so
 *    that the largest of them becomes 127. A batch normalisation right behind a layer goes into its
 *    weights first.
 *
 *  A layer with more than 32768 weights for each output keeps its floats, as sums may not fit.
 *
 *  Results are the same bytes with any number of threads, and where the rest of the graph is, on
 *  any processor. Those that have VNNI (Intel's servers since 2019, AMD since Zen 4) gain speed; on
 *  others prediction takes about as long as before, or longer.
 */
#ifndef NEURON_QUANTIZE_H
#define NEURON_QUANTIZE_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Makes a quantised copy of a trained graph; the graph itself stays as it is.
 *
 *  Layers keep their names. Those that compute with bytes are called quantized_dense and
 *  quantized_conv2d in summaries and files (neuron_node_layer()), and tell the scale and zero point
 *  of their input: `input_scale` and `input_zero_point`, for
 *  neuron_node_get_number(). Their arrays are `kernel`, shaped as before,
 *  of whole numbers from -127 to 127, `scale`, and `bias`.
 *
 *  The calibration predicts the examples twice, once for `min_max`, so it takes a little
 *  longer than that. The options are
 *
 *  - `range`: how the range of a layer's inputs follows from what was seen: `min_max`, from the
 *    smallest value to the largest; `percentile`, without what is rare; or `mse`, that with the
 *    smallest mean square of the error, the default. All have 0 in them, which is exact.
 *  - `percentile`: for that range: so many per cent of the values lie below its upper end, and as
 *    many above its lower end; 50 to 100; 99.99.
 *  - `examples`: that are looked at, the first of the dataset: 1 to 2^31 - 1; 1000. All if there
 *    are fewer.
 *  - `symmetric`: yes for ranges with 0 in the middle: the zero point is 128, as of a signed byte.
 *    No, the default, for ranges that end where the values do, which is finer where all have one
 *    sign, as behind a ReLU.
 *
 *  @param[out] quantized  the finished graph, with the name of the other; NULL on failure.
 *  @param graph        finished; it must not be trained meanwhile.
 *  @param calibration  examples of the shape that the graph takes, as it will see them: scaled as
 *                      those that it was trained with. Labels play no part.
 *  @param options  as options.h has them, such as "range=percentile, examples=500"; NULL for the
 *                  defaults.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_STATE for an unfinished graph; NEURON_E_SHAPE if the
 *           examples do not fit; NEURON_E_DATA if there are none; NEURON_E_NOT_FINITE if an input
 *           or a parameter of a layer is not finite, naming the layer; NEURON_E_UNSUPPORTED if the
 *           graph has no layer that can be quantised; what a stream or a custom layer returned;
 *           NEURON_E_MEMORY. Any thread, unless another one changes the graph meanwhile. Since 0.1,
 *           experimental.  */
NEURON_API_EXPERIMENTAL int neuron_graph_quantize(neuron_graph_t **quantized,
                                                  const neuron_graph_t *graph,
                                                  const neuron_dataset_t *calibration,
                                                  const char *options);

#ifdef __cplusplus
}
#endif

#endif
