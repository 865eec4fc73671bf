/** @file layers.h
 *  The builder calls: each takes nodes of a graph, adds a layer, and returns its node.
 *
 *  A call that cannot be carried out returns NULL and leaves its reason with the
 *  graph. From then on all calls return NULL silently, so that NULL as an input needs
 *  no check, and neuron_graph_finish() reports the reason. If the graph has no error
 *  yet, NULL as an input is one.
 *  Shapes below leave the batch dimension out. What a layer cannot be without is an argument; the
 *  rest has defaults, told with each call, and is text as options.h has it, so that calls nest:
 *
 *      x = neuron_relu(graph, neuron_conv2d(graph, x, 32, 3, 3, "padding=same, use_bias=no"));
 *      x = neuron_dense(graph, neuron_flatten(graph, x), 10, NULL);      NULL: all defaults
 *
 *  Text that an option may not be, or that says again what an argument says, fails as any call
 *  does. neuron_node_set() sets options, those that are arguments too, as long as no other layer
 *  uses the node. Defaults are those of Keras unless a comment names another source.
 */
#ifndef NEURON_LAYERS_H
#define NEURON_LAYERS_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An input of the graph. A graph may have several, which then best get names of their own by
 *  neuron_node_set_name(); they are numbered in the order in which they are added.
 *  @param shape  `rank` extents of one example, each 1 or more: {784} or {28, 28, 1}. No other
 *  thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_input(neuron_graph_t *graph, const int64_t *shape, int32_t rank);

/** Makes a vector of its input, row-major: 28x28x1 becomes 784. No other thread may use the graph
 *  meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_flatten(neuron_graph_t *graph, neuron_node_t *input);

/** Gives its input another shape with as many elements, row-major. Takes no time.
 *  Options: `extent_0` to `extent_6`, to read the shape back; none can be set
 *  to what would need another number of elements.
 *  @param shape  `rank` extents of one example, each 1 or more; one may be -1, for what the others
 *                leave. Copied.
 *  @param rank   1 to NEURON_RANK_MAX - 1. No other thread may use the graph meanwhile.
 *  Since 0.1. */
NEURON_API neuron_node_t *neuron_reshape(neuron_graph_t *graph, neuron_node_t *input,
                                         const int64_t *shape, int32_t rank);

/** Gives the axes of its input another order (Keras: Permute, whose axes begin at 1): axis i of the
 *  output is axis axes[i] of the input.
 *
 *      x = neuron_permute(graph, x, (const int32_t[]){1, 2, 0}, 3);    channels first to last
 *
 *  Options: `axis_0`, `axis_1`, `axis_2`, `axis_3`, `axis_4`, `axis_5` and `axis_6`, to read the
 *  axes back.
 *  @param axes  `rank` different numbers from 0 to rank - 1. Copied.
 *  @param rank  that of the input. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_permute(neuron_graph_t *graph, neuron_node_t *input,
                                         const int32_t *axes, int32_t rank);

/** Puts rows and columns of zeros around images.
 *  [height, width, channels] -> [top + height + bottom, left + width + right, channels].
 *  Options: `top`, `bottom`, `left`, `right`.
 *  @param top     0 to 2^31 - 1.
 *  @param bottom  likewise.
 *  @param left    likewise.
 *  @param right   likewise. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_zero_pad2d(neuron_graph_t *graph, neuron_node_t *input,
                                            int64_t top, int64_t bottom, int64_t left,
                                            int64_t right);

/** Some places of an axis: `begin`, begin + 1, ... of `count` in all.
 *
 *      first = neuron_slice(graph, x, 0, 10, "axis=0");     rows 0 to 9 of an image
 *      alpha = neuron_slice(graph, x, -1, 1, NULL);         its last channel
 *
 *  Options: `axis`: 0 to rank - 1, or -1 for the last, the default; `begin`, `count`.
 *  @param begin  0 to extent - 1, or below 0 from the end: -1 is the last place.
 *  @param count  1 or more, within the axis; -1 for all that follow. No other thread may use the
 *  graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_slice(neuron_graph_t *graph, neuron_node_t *input, int64_t begin,
                                       int64_t count, const char *options);

/** Images of whole times as many rows and columns (Keras: UpSampling2D).
 *  [height, width, channels] -> [height * factor_height, width * factor_width, channels].
 *  Interpolation `nearest` repeats pixels; `bilinear` mixes the two nearest along each axis, where
 *  centres of pixels lie at halves and what is outside is as the edge, as Keras does, and PyTorch
 *  with align_corners=False.
 *  Options: `factor_height`, `factor_width`, `interpolation` (nearest).
 *  @param factor_height  1 to 1024.
 *  @param factor_width   likewise. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_upsample2d(neuron_graph_t *graph, neuron_node_t *input,
                                            int64_t factor_height, int64_t factor_width,
                                            const char *options);

/** x * scale + offset, the same for all values (Keras: Rescaling): bytes to 0 .. 1 by 1 / 255.0.
 *  Options: `scale`, `offset`.
 *  @param scale   finite as float.
 *  @param offset  finite as float. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_rescale(neuron_graph_t *graph, neuron_node_t *input, double scale,
                                         double offset);

/** (x - mean) / deviation for each channel, by numbers that training leaves alone (Keras:
 *  Normalization): so a model has the scale of its inputs in its file. A deviation of 0 counts as
 *  1.
 *
 *      x = neuron_standardize(graph, neuron_input(graph, (const int64_t[]){13}, 1));
 *      ...
 *      neuron_graph_finish(graph, y);
 *      neuron_node_adapt(x, train);
 *
 *  Arrays: `mean` (zeros), `deviation` (ones), each [channels], the extent of the last axis.
 *  neuron_node_adapt() takes them from a dataset, neuron_graph_write_array() from anywhere.
 *  @param input  of rank 1 or more; its shape is that of the output. No other thread may use the
 *  graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_standardize(neuron_graph_t *graph, neuron_node_t *input);

/** x * deviation + mean for each channel, the way back (Keras: Normalization with invert=True): for
 *  a regression whose targets are not about as large as 1. What is before it learns numbers around
 *  0, and the graph puts out, and is evaluated by, those in the unit of the targets.
 *
 *      y = neuron_unstandardize(graph, neuron_dense(graph, x, 1, NULL));
 *      neuron_graph_finish(graph, y);
 *      neuron_node_adapt(y, train);
 *
 *  The loss is in that unit too, squared for mean_squared_error, and so are its gradients: Adam and
 *  the rules like it do not mind, `sgd` wants a learning rate that is smaller by deviation^2.
 *  Targets in different units are outputs of their own, each with a weight
 *  (neuron_trainer_set_output_loss()).
 *
 *  Arrays and `input` as for neuron_standardize(). No other thread may use the graph meanwhile.
 *  Since 0.1. */
NEURON_API neuron_node_t *neuron_unstandardize(neuron_graph_t *graph, neuron_node_t *input);

/** Fully connected: y = x W + b. [in] -> [units].
 *  Arrays: `kernel` [in, units], `bias` [units].
 *  Options: `units`, `use_bias` (yes),
 *  `initializer` (glorot_uniform).
 *  @param units  1 to 2^31 - 1. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_dense(neuron_graph_t *graph, neuron_node_t *input, int64_t units,
                                       const char *options);

/** Two-dimensional convolution (cross-correlation, as everywhere in the field).
 *  [height, width, channels] -> [height', width', filters], where with padding `valid`
 *  height' = (height - extent) / stride + 1 rounded down, of extent = (kernel_height - 1) *
 *  dilation + 1, and with `same` height' = height / stride rounded up; an odd row of padding goes
 *  to the bottom and the right. `padding_top` and its like put rows and columns of zeros around the
 *  image before all that, as neuron_zero_pad2d() does: with `valid`, they are what PyTorch calls
 *  padding.
 *
 *      x = neuron_conv2d(graph, x, 64, 3, 3, "padding=same, dilation=2");
 *      x = neuron_conv2d(graph, x, 64, 3, 3, "padding=same, groups=8");
 *
 *  With a dilation the kernel's pixels are so many rows or columns apart. With groups the first of
 *  them has the first channels / groups channels and makes the first filters / groups filters of
 *  them, and so on; as many groups as channels are what neuron_depthwise_conv2d() does.
 *  Arrays: `kernel` [kernel_height, kernel_width, channels / groups, filters], `bias` [filters].
 *  Options: `filters`, `kernel_height`, `kernel_width`,
 *  `stride_height`, `stride_width` (1), `padding` (valid),
 *  `dilation_height`, `dilation_width` (1; to 65,536), `padding_top`, `padding_bottom`,
 *  `padding_left`, `padding_right` (0), `groups` (1; divides channels and filters),
 *  `use_bias` (yes), `initializer` (glorot_uniform).
 *  A window larger than its input is refused when the node is used, so
 *  that padding can be set first.
 *  @param filters  1 to 2^31 - 1.
 *  @param kernel_height  1 to 2^31 - 1.
 *  @param kernel_width   likewise. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_conv2d(neuron_graph_t *graph, neuron_node_t *input,
                                        int64_t filters, int64_t kernel_height,
                                        int64_t kernel_width, const char *options);

/** Transposed convolution, the way back through a convolution's shapes (Keras: Conv2DTranspose):
 *  each pixel of the input adds the kernel, times its values, to the output.
 *  [height, width, channels] -> [height', width', filters], where with padding `valid`
 *  height' = (height - 1) * stride + kernel_height, but at least height * stride, and with `same`
 *  height' = height * stride: of what goes beyond, the odd row is taken off at the bottom and the
 *  right.
 *
 *      x = neuron_conv2d_transpose(graph, x, 32, 4, 4, "stride=2, padding=same");
 *
 *  Arrays: `kernel` [kernel_height, kernel_width, filters, channels], as in Keras,
 *  `bias` [filters].
 *  Options: `filters`, `kernel_height`, `kernel_width`,
 *  `stride_height`, `stride_width` (1), `padding` (valid),
 *  `use_bias` (yes), `initializer` (glorot_uniform).
 *  @param filters  1 to 2^31 - 1.
 *  @param kernel_height  1 to 2^31 - 1.
 *  @param kernel_width   likewise. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_conv2d_transpose(neuron_graph_t *graph, neuron_node_t *input,
                                                  int64_t filters, int64_t kernel_height,
                                                  int64_t kernel_width, const char *options);

/** Convolution of sequences, such as signals (Keras: Conv1D): neuron_conv2d() of an image with one
 *  column, with its kernels and as fast. [length, channels] -> [length', filters].
 *
 *      x = neuron_conv1d(graph, x, 32, 3, "dilation=4, padding_before=8");     sees no future
 *
 *  Arrays: `kernel` [kernel_size, channels / groups, filters], `bias` [filters].
 *  Options: as for neuron_conv2d(), `filters`, `kernel_size`, `stride` (1), `padding` (valid),
 *  `dilation` (1), `padding_before`, `padding_behind` (0), `groups` (1), `use_bias` (yes),
 *  `initializer` (glorot_uniform).
 *  @param filters  1 to 2^31 - 1.
 *  @param kernel_size  1 to 2^31 - 1. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_conv1d(neuron_graph_t *graph, neuron_node_t *input,
                                        int64_t filters, int64_t kernel_size, const char *options);

/** Convolution of each channel by itself (Keras: DepthwiseConv2D).
 *  [height, width, channels] -> [height', width', channels * multiplier], where output
 *  channel * multiplier + m is what filter m makes of the channel. Shapes as for neuron_conv2d().
 *  Arrays: `kernel` [kernel_height, kernel_width, channels, multiplier],
 *  `bias` [channels * multiplier].
 *  Options: `depth_multiplier` (1), `kernel_height`, `kernel_width`,
 *  `stride_height`, `stride_width` (1), `padding` (valid),
 *  `dilation_height`, `dilation_width` (1), `padding_top`, `padding_bottom`, `padding_left`,
 *  `padding_right` (0), as for neuron_conv2d(),
 *  `use_bias` (yes), `initializer` (glorot_uniform).
 *  @param kernel_height  1 to 2^31 - 1.
 *  @param kernel_width   likewise. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_depthwise_conv2d(neuron_graph_t *graph, neuron_node_t *input,
                                                  int64_t kernel_height, int64_t kernel_width,
                                                  const char *options);

/** Largest value of each window; padding never wins. Shapes as for neuron_conv2d(), but with as
 *  many channels as the input has.
 *
 *      x = neuron_max_pool2d(graph, x, 3, 3, "stride=2, padding_top=1, padding_bottom=1, "
 *                                            "padding_left=1, padding_right=1");
 *
 *  Options: `kernel_height`, `kernel_width`, `stride_height`,
 *  `stride_width` (as large as the window given here), `padding` (valid), `padding_top`,
 *  `padding_bottom`, `padding_left`, `padding_right` (0; less than the window), as for
 *  neuron_conv2d().
 *  @param window_height  1 to 1024, as for strides; the options of the window go to 2^31 - 1.
 *  @param window_width   likewise. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_max_pool2d(neuron_graph_t *graph, neuron_node_t *input,
                                            int64_t window_height, int64_t window_width,
                                            const char *options);

/** Mean of each window. Shapes as for neuron_max_pool2d(). With padding the mean is over the
 *  cells inside the image only, as in Keras; neuron_zero_pad2d() before it has zeros counted
 *  too, as PyTorch does unless count_include_pad=False.
 *  Options: `kernel_height`, `kernel_width`, `stride_height`,
 *  `stride_width` (as large as the window given here), `padding` (valid), `padding_top`,
 *  `padding_bottom`, `padding_left`, `padding_right` (0), as for neuron_max_pool2d().
 *  @param window_height  as for neuron_max_pool2d().
 *  @param window_width   likewise. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_average_pool2d(neuron_graph_t *graph, neuron_node_t *input,
                                                int64_t window_height, int64_t window_width,
                                                const char *options);

/** Mean of each channel over the image: [height, width, channels] -> [channels]. No other thread
 *  may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_global_average_pool2d(neuron_graph_t *graph, neuron_node_t *input);

/** Largest value of each channel of the image, the first one if several are equal: [height, width,
 *  channels] -> [channels]. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_global_max_pool2d(neuron_graph_t *graph, neuron_node_t *input);

/** Largest value of each window of a sequence: [length, channels] -> [length', channels], as
 *  neuron_max_pool2d() does it.
 *  Options: `kernel_size`, `stride` (as large as the window given here), `padding` (valid),
 *  `padding_before`, `padding_behind` (0; less than the window).
 *  @param window  1 to 1024, as for strides; the option of the window goes to 2^31 - 1. No other
 *  thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_max_pool1d(neuron_graph_t *graph, neuron_node_t *input,
                                            int64_t window, const char *options);

/** Mean of each window of a sequence, as neuron_average_pool2d() does it.
 *  Options: `kernel_size`, `stride` (as large as the window given here), `padding` (valid),
 *  `padding_before`, `padding_behind` (0), as for neuron_max_pool1d().
 *  @param window  as for neuron_max_pool1d(). No other thread may use the graph meanwhile.
 *  Since 0.1. */
NEURON_API neuron_node_t *neuron_average_pool1d(neuron_graph_t *graph, neuron_node_t *input,
                                                int64_t window, const char *options);

/** Mean of each channel over a sequence: [length, channels] -> [channels]. No other thread may use
 *  the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_global_average_pool1d(neuron_graph_t *graph, neuron_node_t *input);

/** Largest value of each channel of a sequence, the first one if several are equal: [length,
 *  channels] -> [channels]. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_global_max_pool1d(neuron_graph_t *graph, neuron_node_t *input);

/** Batch normalisation over the last axis (Ioffe and Szegedy, 2015; arXiv 1502.03167). In training
 *  by the statistics of the batch, else by their moving averages. Arrays: `gamma`, `beta`,
 *  `moving_mean`, `moving_variance`, each [channels]; the last two are not trained. The variance is
 *  the biased one in both, as in Keras. Options: `momentum` (0.99), `epsilon` (0.001).
 *
 *  With 0.99 the moving averages, by which validation and predictions go, need 300 steps to forget
 *  their beginnings. A shorter training looks far worse than it is, unless it sets `momentum=0.9`;
 *  a trainer's run warns of it in the log.
 *
 *      x = neuron_batch_norm(graph, x, "momentum=0.9");
 *
 *  No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_batch_norm(neuron_graph_t *graph, neuron_node_t *input,
                                            const char *options);

/** Layer normalisation over the last axis (Ba et al., 2016; arXiv 1607.06450): y = (x - mean) /
 *  sqrt(variance + epsilon) gamma + beta, with the mean and the biased variance of the last axis
 *  of each example, or of each place of it if it has more axes; the same in training and in
 *  prediction.
 *  Arrays: `gamma` (ones), `beta` (zeros), each [channels], the extent of the last axis.
 *  Options: `epsilon` (0.001, as in Keras; PyTorch takes 1e-5).
 *  @param input  of rank 1 or more; its shape is that of the output. No other thread may use the
 *  graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_layer_norm(neuron_graph_t *graph, neuron_node_t *input,
                                            const char *options);

/** Dropout (Srivastava et al., JMLR 2014), inverted: in training each value is set to zero with
 *  probability `rate` and the others are divided by 1 - rate. In prediction nothing happens.
 *  Options: `rate`.
 *  @param rate  0 or more and less than 1. No other thread may use the graph meanwhile.
 *  Since 0.1. */
NEURON_API neuron_node_t *neuron_dropout(neuron_graph_t *graph, neuron_node_t *input, double rate);

/** Adds normal noise of mean 0 in training, and does nothing in prediction. The gradient passes
 *  unchanged.
 *  The noise follows from the training's seed, the layer and the step, never from threads.
 *  Options: `deviation`.
 *  @param deviation  the standard deviation, 0 or more and finite as float. No other thread may use
 *  the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_gaussian_noise(neuron_graph_t *graph, neuron_node_t *input,
                                                double deviation);

/** Turns each image about its centre in training, and does nothing in prediction. Each image has an
 *  angle of its own, uniform from -factor to factor full turns. Values are interpolated linearly
 *  between the four nearest pixels. The angles follow from the training's seed, the layer and the
 *  step, never from threads.
 *  Options: `factor`, `fill_mode` (reflect), `fill_value` (0).
 *  @param input   [height, width] or [height, width, channels].
 *  @param factor  0 to 1. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_random_rotation(neuron_graph_t *graph, neuron_node_t *input,
                                                 double factor, const char *options);

/** max(x, 0). No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_relu(neuron_graph_t *graph, neuron_node_t *input);

/** The hyperbolic tangent of x. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_tanh(neuron_graph_t *graph, neuron_node_t *input);

/** 1 / (1 + exp(-x)). No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_sigmoid(neuron_graph_t *graph, neuron_node_t *input);

/** x where it is above 0, else slope x (Maas et al., ICML 2013).
 *  Options: `slope`.
 *  @param slope  0 or more; Keras takes 0.3. No other thread may use the graph meanwhile.
 *  Since 0.1. */
NEURON_API neuron_node_t *neuron_leaky_relu(neuron_graph_t *graph, neuron_node_t *input,
                                            double slope);

/** PReLU: x where it is above 0, else alpha x, where each channel has an alpha of its own, which
 *  is trained (He et al., 2015; arXiv 1502.01852).
 *  Arrays: `alpha` [channels], the extent of the last axis. It starts at 0.25, as in the paper
 *  and in PyTorch (Keras takes 0); neuron_node_set_initializer() sets another. It may become
 *  negative.
 *  @param input  of rank 1 or more; its shape is that of the output. No other thread may use the
 *  graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_prelu(neuron_graph_t *graph, neuron_node_t *input);

/** x where it is above 0, else alpha (exp(x) - 1) (Clevert et al., 2016; arXiv 1511.07289).
 *  Options: `alpha`.
 *  @param alpha  0 or more; Keras takes 1. No other thread may use the graph meanwhile.
 *  Since 0.1. */
NEURON_API neuron_node_t *neuron_elu(neuron_graph_t *graph, neuron_node_t *input, double alpha);

/** x times the share of a normal distribution below x (Hendrycks and Gimpel, 2016; arXiv
 *  1606.08415): x (1 + erf(x / sqrt 2)) / 2, or with `approximate=yes` the paper's x (1 +
 *  tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. Options: `approximate` (no). No other thread may use
 *  the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_gelu(neuron_graph_t *graph, neuron_node_t *input,
                                      const char *options);

/** SiLU, also called swish: x / (1 + exp(-x)), which is x times the logistic function of x (Elfwing
 *  et al., 2017; arXiv 1702.03118. Ramachandran et al., 2017; arXiv 1710.05941). No other thread
 *  may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_silu(neuron_graph_t *graph, neuron_node_t *input);

/** SiLU of straight lines: x min(max(x + 3, 0), 6) / 6 (Howard et al., 2019; arXiv 1905.02244). No
 *  other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_hard_swish(neuron_graph_t *graph, neuron_node_t *input);

/** min(max(x, minimum), maximum): ReLU6 by 0 and 6 (Krizhevsky, 2010; Keras: ReLU with max_value;
 *  PyTorch: Hardtanh). Options: `minimum`, `maximum`.
 *  @param minimum  finite as float.
 *  @param maximum  likewise; below `minimum`, it is what all values become. No other thread may use
 *  the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_clip(neuron_graph_t *graph, neuron_node_t *input, double minimum,
                                      double maximum);

/** SELU, s x where x is above 0, else s a (exp(x) - 1), with the paper's s = 1.05070098735548 and a
 *  = 1.67326324235438 (Klambauer et al., 2017; arXiv 1706.02515). Layers in front of it should
 *  start by `initializer=lecun_normal`. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_selu(neuron_graph_t *graph, neuron_node_t *input);

/** log(1 + exp(x)) (Dugas et al., NIPS 2000), never by a straight line instead. No other thread may
 *  use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_softplus(neuron_graph_t *graph, neuron_node_t *input);

/** x / (1 + |x|) (compared in Glorot and Bengio, AISTATS 2010). No other thread may use the graph
 *  meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_softsign(neuron_graph_t *graph, neuron_node_t *input);

/** exp(x), infinite as float from x = 88.73 on. Keras calls it so too. No other thread may use the
 *  graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_exponential(neuron_graph_t *graph, neuron_node_t *input);

/** exp(x) / sum exp(x) over one axis. Options: `axis`: 0 to rank - 1, or -1 for the last, the
 *  default. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_softmax(neuron_graph_t *graph, neuron_node_t *input,
                                         const char *options);

/** log(exp(x) / sum exp(x)) over one axis, without a loss of digits. The loss `cross_entropy`
 *  takes it as it does a softmax, to the same values: PyTorch's NLLLoss. Options: `axis`: 0 to
 *  rank - 1, or -1 for the last, the default. No other thread may use the graph meanwhile.
 *  Since 0.1. */
NEURON_API neuron_node_t *neuron_log_softmax(neuron_graph_t *graph, neuron_node_t *input,
                                             const char *options);

/** Sharper or softer probabilities by one number (Guo et al., ICML 2017; arXiv 1706.04599):
 *  softmax(log(x) / T) along the last axis, T above 1 for softer ones. It never changes which is
 *  the largest. Where the last axis has one place, or with `activation=sigmoid`, each value is a
 *  probability of its own, and becomes sigmoid(log(x / (1 - x)) / T). neuron_graph_calibrate() fits
 *  the number.
 *  Array: `temperature` [1] (1), which training leaves alone.
 *  Options: `activation`: `softmax`, the default, or `sigmoid`.
 *  @param input  probabilities, of rank 1 or more, such as of a softmax or an average of some; its
 *                shape is that of the output. Below 1.2e-38, and for single ones above 1 - 6e-8,
 *                they count as these, so that their logarithm is finite. No other thread may use
 *                the graph meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL neuron_node_t *
neuron_temperature_scaling(neuron_graph_t *graph, neuron_node_t *input, const char *options);

/** Probabilities by a scale and a bias for each class, as vector scaling (Guo et al., 2017) and
 *  Platt's scaling (1999) have them: softmax(scale log(x) + bias) along the last axis. Where that
 *  has one place, or with `activation=sigmoid`, each value is a probability of its own, and becomes
 *  sigmoid(scale log(x / (1 - x)) + bias), with `normalize=yes` divided by the sum of these along
 *  the last axis. neuron_graph_calibrate() fits the numbers.
 *  Arrays: `scale` (ones), `bias` (zeros), each [channels], the extent of the last axis, which
 *  training leaves alone.
 *  Options: `activation`: `softmax`, the default, or `sigmoid`; `normalize` (no).
 *  @param input  as for neuron_temperature_scaling(). No other thread may use the graph meanwhile.
 *                Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL neuron_node_t *
neuron_vector_scaling(neuron_graph_t *graph, neuron_node_t *input, const char *options);

/** A table for each channel, with straight lines between its points, as NumPy's interp() has it:
 *  the calibration of an isotonic regression, or scores that become ranks. Before the first point
 *  its y holds, behind the last one the last. With `normalize=yes` values are divided by their sum
 *  along the last axis; where that is 0, all become alike.
 *  Arrays: `x` and `y`, each [channels, points] (zeros), which training leaves alone: along a
 *  channel x must not fall. Where it stays the same, y jumps: to the left of that place, and in it,
 *  the first y holds. A table with fewer points repeats its last one.
 *  Options: `points`, `normalize` (no).
 *  @param input   of rank 1 or more; its shape is that of the output.
 *  @param points  of each table, 1 to 2^31 - 1. No other thread may use the graph meanwhile.
 *                 Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL neuron_node_t *neuron_piecewise_linear(neuron_graph_t *graph,
                                                               neuron_node_t *input, int64_t points,
                                                               const char *options);

/** Sets of classes that hold the true one as often as was promised, as conformal prediction has
 *  them: 1 for the classes along the last axis that are in, 0 for the others. A class is in if its
 *  score is at most the threshold, which neuron_graph_add_prediction_sets() fits to held-out
 *  examples. Scores, by `method`:
 *
 *  - `lac`, of the least ambiguous sets: 1 less the class's probability (Sadinle et al., JASA 2019;
 *    also called the split or the threshold method);
 *  - `aps`, of adaptive sets: the sum of the probabilities of the class and of those before it,
 *    from the most probable one down, of equals the first (Romano et al., NeurIPS 2020; arXiv
 *    2006.02544);
 *  - `raps`: that, and `penalty` (lambda) for each class beyond the first `k_reg` (Angelopoulos et
 *    al., ICLR 2021; arXiv 2009.14193).
 *
 *  The two are their deterministic forms, which draw no numbers. Unless `allow_empty` is yes, the
 *  most probable class is in each set.
 *  Array: `threshold` [1] (1).
 *  Options: `method` (lac), `penalty` (0.01), `k_reg` (1), `allow_empty` (no).
 *  @param input  probabilities of 2 classes or more, of rank 1 or more; its shape is that of the
 *                output. Of what is not a number the set is none. A set has no gradient and no
 *                target, see neuron_graph_add_prediction_sets(). No other thread may use the graph
 *                meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL neuron_node_t *
neuron_prediction_set(neuron_graph_t *graph, neuron_node_t *input, const char *options);

/** Joins its inputs along an axis; all other extents must be equal.
 *  The skip-concatenation is concat(input, hidden).
 *  Options: `axis`: 0 to rank - 1, or -1 for the last, the default.
 *  @param count  1 or more. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_concat(neuron_graph_t *graph, neuron_node_t *const *inputs,
                                        int64_t count, const char *options);

/** Sum of inputs: what a residual connection ends in. Their shapes are equal, or broadcast as in
 *  NumPy: aligned at the last axis, an extent of 1, or an axis that an input does not have, stands
 *  for as many as the others have. So [channels] is added to each pixel of [height, width,
 *  channels].
 *  @param count  1 or more. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_add(neuron_graph_t *graph, neuron_node_t *const *inputs,
                                     int64_t count);

/** Product of inputs, element by element. Shapes are equal or broadcast, as for neuron_add(): a
 *  squeeze-and-excitation (Hu et al., 2018; arXiv 1709.01507) scales the channels of an image by
 *
 *      s = neuron_dense(graph, neuron_global_average_pool2d(graph, x), 4, NULL);
 *      s = neuron_relu(graph, s);
 *      s = neuron_sigmoid(graph, neuron_dense(graph, s, 64, NULL));
 *      x = neuron_multiply(graph, (neuron_node_t *[]){x, s}, 2);
 *
 *  @param count  1 or more. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_multiply(neuron_graph_t *graph, neuron_node_t *const *inputs,
                                          int64_t count);

/** Mean of inputs of one shape. @param count 1 or more. No other thread may use the graph
 *  meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_average(neuron_graph_t *graph, neuron_node_t *const *inputs,
                                         int64_t count);

/** Weighted mean of inputs of one shape: sum of w[i] x[i] over sum of w[i].
 *  @param weights  `count` finite numbers, none negative, at least one positive; they need not add
 *  up to 1. Copied. No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_weighted_average(neuron_graph_t *graph,
                                                  neuron_node_t *const *inputs, int64_t count,
                                                  const double *weights);

/** A vote over the last axis. Each input gives its weight to the class where it is largest,
 *  the lowest such class if several are. The output is each class's share of all weight.
 *
 *  Options: `ballot`: plurality, the default, or borda, where an input gives its weight to all
 *  classes by rank, to each in proportion to how many others are smaller there, those that are
 *  equal counted half (Borda, 1781). What follows holds for both.
 *
 *  Where the last axis has one place, as for networks of two classes with one output, an input
 *  votes for class 1 if it is above 0.5, else for class 0, and the output is the share of
 *  class 1. So it is above 0.5 where class 1 has the majority, however small; if both have
 *  half of the weight, it is one unit in the last place above 0.5 where the weighted mean of
 *  the inputs is above 0.5, else 0.5.
 *
 *  If classes share the lead, the one with the largest weighted sum of the inputs wins, and the
 *  lowest of those if that is equal too; its share is raised by one unit in the last place,
 *  as is that of a lead too small for float, so that the largest output is always the
 *  decision. An input with a value that is not a number casts no vote; if none votes, the
 *  output is not a number either.
 *
 *  A vote has no gradient: a graph whose output depends on one cannot be trained.
 *  @param weights  as for neuron_weighted_average(), or NULL for one vote each. No other thread may
 *  use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_vote(neuron_graph_t *graph, neuron_node_t *const *inputs,
                                      int64_t count, const double *weights);

/** How sure several inputs are together, such as members of a committee of the classes of an
 *  example, or how sure one is: a number in place of the probabilities along the last axis. Where
 *  that has one place, it is the probability of the second of two classes. Below, p is the mean of
 *  the inputs, weighted if weights are given; logarithms are natural, so that entropies are in nats
 *  (divide by log 2 for bits).
 *
 *  - `entropy`: of p, the whole uncertainty, from 0 to log(classes) (Lakshminarayanan et al.,
 *    NeurIPS 2017; arXiv 1612.01474).
 *  - `expected_entropy`: the mean of the inputs' entropies, the part that lies in the data; and
 *    `mutual_information`, the rest, the part that more data would take away (Depeweg et al., ICML
 *    2018; arXiv 1710.07283).
 *  - `variation_ratio`: the share of votes that are not for the class with the most (Freeman,
 *    Elementary Applied Statistics, 1965).
 *  - `disagreement`: the share of pairs of inputs that vote for different classes, each pair with
 *    the product of its weights; 0 for one input.
 *  - `margin`: the largest p less the second largest, and `confidence`: the largest p. Both are
 *    large where the inputs are sure.
 *  - `answers`: 1 where the confidence is at least `threshold`, else 0.
 *
 *  An input votes for its largest class, the first of equals. What is not a number makes the result
 *  none. Gradients of steps (votes, answers) are 0. An output of this layer has no targets, see
 *  `uncertainty` of neuron_committee_create().
 *  Options: `measure` (entropy), `threshold` (0.5).
 *  @param inputs   `count` probabilities of one shape, of rank 1 or more. The output has that
 *                  shape, but 1 as the last extent.
 *  @param weights  as for neuron_weighted_average(), or NULL for equal ones. No other thread may
 *                  use the graph meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL neuron_node_t *neuron_uncertainty(neuron_graph_t *graph,
                                                          neuron_node_t *const *inputs,
                                                          int64_t count, const double *weights,
                                                          const char *options);

/** Puts a copy of a finished graph, structure and present parameters, into this one. The copy's
 *  nodes are called `<name>/<node>`. The source is not changed and not needed afterwards. Options:
 *  `trainable`: no to freeze the copies, yes (the default) to leave them as they are in the source;
 *  `dropout`: no to leave out the layers that act in training only (dropout, noise, random
 *  rotation), yes (the default) to copy them too.
 *  @param input    takes the place of the source's input; must have its shape.
 *  @param source   a finished graph of any context, with one input and one output.
 *  @param name     1 to 63 bytes without '/' or '.'; NULL for the source's own name. Made unique by
 *                  a number if it is taken; with it, each node's name must fit into 127 bytes.
 *  @param options  as options.h has them: "trainable=no, dropout=no"; NULL for the defaults.
 *  @return  the node of the copy's output, or NULL. No other thread may use the graph meanwhile.
 *           Since 0.1. */
NEURON_API neuron_node_t *neuron_graph_import(neuron_graph_t *graph, neuron_node_t *input,
                                              const neuron_graph_t *source, const char *name,
                                              const char *options);

/** Puts a copy of a part of a finished graph into this one: the layers from one node to another,
 *  such as the trunk of a network that was trained for something else.
 *
 *      h = neuron_graph_import_part(graph, x, trained, NULL, "dense_1", "trunk", "trainable=no");
 *
 *  @param input  takes the place of the node `from`, which is not copied; must have its shape.
 *  @param from   name of a node of the source; NULL for its only input.
 *  @param to     name of a node of the source; NULL for its only output.
 *  @param name     as for neuron_graph_import().
 *  @param options  likewise.
 *  @return  the node of the copy of `to`; NULL with the reason left with the graph, also if `to`
 *           needs an input of the source that `from` does not stand for. No other thread may use
 *           the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_graph_import_part(neuron_graph_t *graph, neuron_node_t *input,
                                                   const neuron_graph_t *source, const char *from,
                                                   const char *to, const char *name,
                                                   const char *options);

/** neuron_graph_import() of a graph with several inputs or outputs.
 *  @param[out] outputs  the nodes of the copies of its outputs, in their order; NULL on failure.
 *  @param output_count  neuron_graph_output_count() of the source.
 *  @param inputs        a node for each input of the source, in its order.
 *  @param input_count   neuron_graph_input_count() of the source.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_SHAPE, NEURON_E_STATE if one of the graphs is not in the
 *           state for it, NEURON_E_UNSUPPORTED for a custom layer whose kind is not registered with
 *           the context, NEURON_E_MEMORY. The error sticks to the graph. No other thread may use
 *           the graph meanwhile. Since 0.1. */
NEURON_API int neuron_graph_import_many(neuron_node_t **outputs, int64_t output_count,
                                        neuron_graph_t *graph, neuron_node_t *const *inputs,
                                        int64_t input_count, const neuron_graph_t *source,
                                        const char *name, const char *options);

/** Adds a layer by its name, for configuration files and bindings: what the builder call of that
 *  name does, with its numbers as options too.
 *
 *      n = neuron_layer_by_name(graph, "conv2d", &x, 1,
 *                               "filters=32, kernel_height=3, kernel_width=3, padding=same");
 *
 *  @param layer    the name of a layer, as in neuron_kind_name("layer", ...). Not `input`,
 *                  `weighted_average` and layers of quantised graphs, which take more than options.
 *  @param inputs   `count` nodes: one, but for layers that join.
 *  @param options  as options.h has them. The numbers that the builder call takes must be given,
 *                  but for those with a default in its comment, `top`, `bottom`, `left` and `right`
 *                  (0), `slope` (0.3) and `alpha` (1). NULL for none.
 *  @return  the node; NULL with the reason left with the graph, also for an unknown name or option.
 *           No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_layer_by_name(neuron_graph_t *graph, const char *layer,
                                               neuron_node_t *const *inputs, int64_t count,
                                               const char *options);

/** Uses a layer again: a node that does with other inputs what `layer` does with its own, by the
 *  same parameters (weight sharing; Keras: calling a layer again). There is one set of arrays,
 *  which belong to the node that was added first and have its name; their gradients are summed over
 *  all uses, and they are initialised, regularised, counted, saved and loaded once. Two images
 *  through one trunk, or a recurrent cell at each step of time:
 *
 *      cell = neuron_dense(graph, h, 32, NULL);
 *      next = neuron_shared_layer(graph, cell, &h2, 1);
 *
 *  What is set on one of the nodes counts for all that share arrays: options, initialisers,
 *  regularisers, whether it is trained. Batch normalisation goes by the statistics of each use, and
 *  moves its averages by one use after the other, in the order of the nodes. Copies of a graph, or
 *  of a part by one neuron_graph_import(), share as their originals do; if the node that has the
 *  arrays is not needed by any output, the first of the others has them. A layer without parameters
 *  is simply done again with the options that it has now; dropout draws for itself.
 *  @param layer   a node of this graph, not an input; may share itself.
 *  @param inputs  `count` nodes, of shapes for which the layer has arrays of the same shapes: those
 *                 of its own inputs, or for convolutions images of any size. For a custom layer
 *                 only those of its own inputs.
 *  @param count   as for the layer's builder.
 *  @return  the node; NULL with the reason left with the graph. No other thread may use the graph
 *           meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL neuron_node_t *neuron_shared_layer(neuron_graph_t *graph,
                                                           neuron_node_t *layer,
                                                           neuron_node_t *const *inputs,
                                                           int64_t count);

/** Uses all layers that lead from one node to another again, each by neuron_shared_layer(): a
 *  Siamese network is a trunk that was built once.
 *
 *      a = trunk(graph, left);                            layers as ever
 *      b = neuron_shared_part(graph, right, left, a);     the same on another input
 *
 *  @param input  takes the place of `from`.
 *  @param from   a node of this graph on which `to` depends. What does not depend on it, such as
 *                another input, is read by both.
 *  @param to     the node whose like is wanted.
 *  @return  the node that does what `to` does; NULL with the reason left with the graph, also if
 *           `to` does not depend on `from`. No other thread may use the graph meanwhile.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL neuron_node_t *neuron_shared_part(neuron_graph_t *graph,
                                                          neuron_node_t *input, neuron_node_t *from,
                                                          neuron_node_t *to);

/** Sets how one parameter array of a node starts. Kernels start with Glorot's uniform numbers,
 *  biases with zeros, unless it is set. The numbers follow from the graph's seed and the place of
 *  the array in the graph. Initialisers are
 *
 *  - "glorot_uniform", uniform within sqrt(6 / (fan in + fan out)), and "glorot_normal", normal
 *    with variance 2 / (fan in + fan out) (Glorot and Bengio, AISTATS 2010);
 *  - "he_uniform", uniform within sqrt(6 / fan in), and "he_normal", normal with variance
 *    2 / fan in (He and others, 2015; arXiv 1502.01852);
 *  - "lecun_uniform", uniform within sqrt(3 / fan in), and "lecun_normal", normal with variance
 *    1 / fan in (LeCun and others, Efficient BackProp, 1998);
 *  - "zeros" and "ones";
 *  - with a parameter: "uniform" from -parameter to parameter; "normal" with mean 0 and the
 *    parameter as deviation, of any size; "truncated_normal", where what is beyond two
 *    deviations is drawn again, and the deviation is not corrected; "constant", the parameter
 *    everywhere. "random_uniform" and "random_normal" do as well as "uniform" and "normal".
 *
 *  Fan in and fan out are what one output depends on and how many outputs depend on one input: the
 *  last two axes of an array, times the window before them; both are its extent for an array of
 *  rank 1. "Normal" with a variance that follows from them means that numbers beyond two deviations
 *  are drawn again, and the deviation made larger by 1 / 0.8796 so that the variance is
 *  right, as in Keras.
 *
 *  @param node         as for neuron_node_set(), but another layer may use it already.
 *  @param array        name of the array, as told with the layer: "kernel", "bias", "gamma".
 *  @param initializer  one of the names above; in force until the option `initializer` is set.
 *  @param parameter    limit or deviation, 0 or more; any value of a constant; finite as float; 0
 *                      for those that take none.
 *  @return  0; NEURON_E_ARGUMENT for NULL, for an array that the node does not have, for an unknown
 *           name, and for a parameter out of its bounds; NEURON_E_STATE if the graph is finished.
 *           Unless it is finished, the error sticks to the graph. No other thread may use the graph
 *           meanwhile. Since 0.1. */
NEURON_API int neuron_node_set_initializer(neuron_node_t *node, const char *array,
                                           const char *initializer, double parameter);

/** Reads back how one parameter array of a node starts: what was set, else what its layer has by
 *  default.
 *  @param[out] initializer  its name, a constant.
 *  @param[out] parameter    limit, deviation or constant; 0 for those that take none.
 *  @param array             as for neuron_node_set_initializer().
 *  @return  0; NEURON_E_ARGUMENT, which does not stick, for NULL and for an array that the node
 *           does not have. Any thread, unless another one changes the graph meanwhile. Since 0.1.
 *           */
NEURON_API int neuron_node_initializer(const char **initializer, double *parameter,
                                       const neuron_node_t *node, const char *array);

/** Sets options of a node: for each layer what its builder call lists, with their defaults in
 *  parentheses. Numbers that the builder call was given are options too.
 *
 *  - `use_bias`: yes or no.
 *  - `initializer`: how the kernel starts, by the name of one that takes no parameter: `he_normal`.
 *  - `stride_height`, `stride_width`, or `stride` for both: 1 to 1024.
 *  - `padding`: `valid` for windows that lie inside only, or `same` for zeros around, so that
 *    stride 1 keeps the extent.
 *  - `momentum`: 0 to 1. `epsilon`: 1e-30 to 1e30.
 *  - `units`, `filters`, `kernel_height`, `kernel_width`: 1 or more.
 *  - `depth_multiplier`: filters for each channel, 1 to 1024.
 *  - `rate`: share of values that dropout sets to zero, 0 or more and less than 1.
 *  - `axis`: of a concatenation, a slice or a softmax; -1 is the last. `begin` and `count` of a
 *    slice.
 *  - `kernel_size`, `stride`, `dilation`, `padding_before`, `padding_behind`: of layers over
 *    sequences, as those with two axes.
 *  - `factor_height`, `factor_width`, `interpolation`: `nearest` or `bilinear`, of images made
 *    larger.
 *  - `scale`, `offset`: what values are multiplied by, and what is added then.
 *  - `slope`: of a leaky rectifier below 0. `alpha`: what an ELU goes down to, negated.
 *  - `approximate`: yes for a GELU's tanh form, no for the exact one.
 *  - `deviation`: standard deviation of noise.
 *  - `factor`: largest rotation as a share of a full turn. `fill_mode` and `fill_value`: what lies
 *    outside of a turned image abcd: `nearest` aaaa|abcd|dddd, `constant` (the value),
 *    `reflect` dcba|abcd|dcba, `wrap` abcd|abcd|abcd.
 *  - `top`, `bottom`, `left`, `right`, `padding_top` and its like: rows and columns of zeros.
 *  - `dilation_height`, `dilation_width`, or `dilation` for both: 1 to 65,536. `groups`: what
 *    divides channels and filters.
 *  - `extent_0` to `extent_6`: of a new shape, for reading: a number that needs more elements than
 *    the input has, or fewer, is refused. The rest of the shape follows, 0 for axes that it does
 *    not have.
 *  - `activation`: what makes probabilities again: `softmax` or `sigmoid`. `normalize`: yes to
 *    divide by the sum. `points` of a table. `measure` and `threshold` of neuron_uncertainty();
 *    `method`, `penalty`, `k_reg` and `allow_empty` of neuron_prediction_set().
 *  - `input_scale`, `input_zero_point`: of a quantised layer's input, for reading; see quantize.h.
 *
 *  Once another layer uses the node, or the graph is finished, what changes no shape of the node
 *  and of its arrays can still be set: the rate of a dropout, also in a part that was imported, the
 *  momentum of a normalisation. It counts from the next prediction and the next step of a training.
 *  All else is NEURON_E_STATE then. No other thread may use the graph meanwhile.
 *
 *  @param node     NULL, from a builder that failed, needs no check: the graph has kept the reason.
 *  @param options  as options.h has them: "padding=same, use_bias=no".
 *  @return  0; NEURON_E_ARGUMENT for NULL, an option that the layer does not have, or a value out
 *           of its bounds or with which the output, an array or a window would have too many
 *           elements; NEURON_E_SHAPE if the layer no longer fits its input; NEURON_E_STATE as said
 *           above. Then nothing is set, and unless the graph is finished, the error sticks to it.
 *           Since 0.1. */
NEURON_API int neuron_node_set(neuron_node_t *node, const char *options);

/** Sets one option of a node to a number, likewise; 1 or 0 where it is yes or no.
 *  @return  as neuron_node_set(). No other thread may use the graph meanwhile. Since 0.1. */
NEURON_API int neuron_node_set_number(neuron_node_t *node, const char *option, double value);

/** Names a node, in place of `<layer>` or `<layer>_<number>`.
 *  @param name  1 to 127 bytes of UTF-8 without '.' and control characters, unlike all others of
 *  the graph; copied.
 *  @return  0; NEURON_E_ARGUMENT for NULL, a name that cannot be or that another node has;
 *           NEURON_E_STATE if the graph is finished, but not if another layer uses the node;
 *           NEURON_E_MEMORY. Unless the graph is finished, the error sticks to it. No other thread
 *           may use the graph meanwhile. Since 0.1. */
NEURON_API int neuron_node_set_name(neuron_node_t *node, const char *name);

/** Sets the regulariser of one parameter array of a node, before the graph is finished or at any
 *  time later: l1 * sum |w| + l2 * sum w^2 is added to the loss, for training as well as for
 *  validation, and so l1 * sign(w) + 2 * l2 * w to the gradient before the optimizer sees it. As in
 *  Keras, l2 is not halved. A frozen layer adds nothing. Saved and loaded, and copied by
 *  neuron_graph_import(). No other thread may use the graph meanwhile.
 *  @param array  name of an array that is trained: "kernel", "bias", "gamma".
 *  @param l1     0 or more; 0 for none, which is the default.
 *  @param l2     the same.
 *  @return  0 or NEURON_E_ARGUMENT for NULL, an array that the node does not have or that is not
 *           trained, and a number out of its bounds. It sticks to a graph that is not finished,
 *           unless `node` is NULL. Since 0.1. */
NEURON_API int neuron_node_set_regularizer(neuron_node_t *node, const char *array, double l1,
                                           double l2);

/** Reads the regulariser of one parameter array of a node back.
 *  @param[out] l1  0 for none.
 *  @param[out] l2  the same.
 *  @param array    name of any array of the node.
 *  @return  0; NEURON_E_ARGUMENT, which does not stick, for NULL and for an array that the node
 *           does not have. Any thread, as long as none sets it. Since 0.1. */
NEURON_API int neuron_node_regularizer(double *l1, double *l2, const neuron_node_t *node,
                                       const char *array);

/** Freezes a layer or thaws it, before the graph is finished or at any time later: to train only
 *  the last layers of a graph that was loaded, find the others by neuron_graph_find_node() and
 *  freeze them. All layers begin as trainable.
 *
 *  Training does not change the parameters of a frozen layer, and takes less time and memory where
 *  no gradient is needed any more. A frozen batch normalisation uses its moving statistics in
 *  training too and does not change them, as in Keras; dropout stays on. Whether a layer is frozen
 *  is saved, loaded, and copied by neuron_graph_import(). For a trainer it counts from its next
 *  step on. No other thread may use the graph meanwhile.
 *  @param trainable  0 or 1.
 *  @return  0 or NEURON_E_ARGUMENT, which sticks to a graph that is not finished, unless `node` is
 *           NULL. Since 0.1. */
NEURON_API int neuron_node_set_trainable(neuron_node_t *node, int32_t trainable);

/** Whether training may change the parameters of a node, if it has any: 1, or 0 if it is frozen or
 *  NULL. Any thread, unless another one changes the graph meanwhile. Since 0.1. */
NEURON_API int32_t neuron_node_trainable(const neuron_node_t *node);

/** Sets mean and deviation of a node of neuron_standardize() to those of a dataset's examples: of
 *  each channel over all examples as a graph sees them, with the dataset's scale. Those of a node
 *  of neuron_unstandardize() become those of its targets, of each channel over all examples. The
 *  deviation is that of a population, by n and not n - 1. No other thread may use the graph
 *  meanwhile.
 *  @param node     of a finished graph; reads an input of it, as it is or through neuron_flatten()
 *                  or neuron_reshape(). Of neuron_unstandardize() it is an output, likewise.
 *  @param dataset  not changed; read from beginning to end. Of one of several inputs or targets
 *                  (neuron_dataset_zip()) it is that which the node reads, or puts out.
 *  @return  0; NEURON_E_ARGUMENT for NULL and for another node; NEURON_E_STATE for a graph that is
 *           not finished; NEURON_E_SHAPE if the examples do not fit the input, or the targets the
 *           output; NEURON_E_DATA for no examples, for values that are not finite, and for targets
 *           that are classes; NEURON_E_MEMORY; or what a stream returned.
 *           On failure nothing has changed. Since 0.1. */
NEURON_API int neuron_node_adapt(neuron_node_t *node, const neuron_dataset_t *dataset);

/** Reads the number of an option of a node back.
 *  @param[out] value  the value in force; 1 or 0 for yes or no.
 *  @return  0, or NEURON_E_ARGUMENT, which does not stick, for an option that the layer does not
 *           have, and for one of words. Any thread, unless another one changes the graph meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_node_get_number(double *value, const neuron_node_t *node, const char *option);

/** Writes the value of an option as text, without its name (\"\" if it is not set), or with NULL as
 *  `option` all of them as `name=value, ...`, which can be set again.
 *  @param text         NULL to ask for the size only.
 *  @param capacity     bytes that there are at `text`.
 *  @param[out] needed  bytes that it takes with the zero behind it; may be NULL.
 *  @return  0, or NEURON_E_ARGUMENT, which does not stick, also for a capacity that is too small.
 *           Any thread, unless another one changes the graph meanwhile. Since 0.1. */
NEURON_API int neuron_node_get_text(char *text, size_t capacity, size_t *needed,
                                    const neuron_node_t *node, const char *option);

/** Name of a node; NULL for NULL. Lives as long as the graph or until the node is renamed. Any
 *  thread, unless another one changes the graph meanwhile. Since 0.1. */
NEURON_API const char *neuron_node_name(const neuron_node_t *node);

/** What layer a node is, as in saved files: "conv2d" for one of neuron_conv2d(); "custom" for all
 *  of neuron_custom_layer(), of which neuron_node_custom_kind() tells the kind. A copy by
 *  neuron_graph_import() has the layer of its original.
 *  @return  a string that lives as long as the graph; NULL for NULL. Any thread, unless another one
 *           changes the graph meanwhile. Since 0.1. */
NEURON_API const char *neuron_node_layer(const neuron_node_t *node);

/** The node whose parameters a node works with: see neuron_shared_layer().
 *  @return  the node that has the arrays; NULL for a node that has its own, or none, and for NULL.
 *           Any thread, as long as none adds to the graph or finishes it. Since 0.1, experimental.
 *           */
NEURON_API_EXPERIMENTAL const neuron_node_t *neuron_node_shared_with(const neuron_node_t *node);

/** Number of inputs that a node has; 0 for the graph's input and for NULL. Any thread, unless
 *  another one changes the graph meanwhile. Since 0.1. */
NEURON_API int64_t neuron_node_input_count(const neuron_node_t *node);

/** One input of a node.
 *  @param index  0 to neuron_node_input_count() - 1, in the order in which they were given.
 *  @return  the node, which belongs to the graph; NULL if there is none. Any thread, unless another
 *           one changes the graph meanwhile. Since 0.1. */
NEURON_API neuron_node_t *neuron_node_input(const neuron_node_t *node, int64_t index);

/** Shape of what a node puts out for one example.
 *  @param[out] shape  at least NEURON_RANK_MAX numbers; the first `rank` are written.
 *  @param[out] rank   the number of dimensions.
 *  @return  0, NEURON_E_ARGUMENT, or NEURON_E_SHAPE, which does not stick, for a window that is
 *           larger than its input and has no padding yet. Any thread, unless another one changes
 *           the graph meanwhile. Since 0.1. */
NEURON_API int neuron_node_shape(int64_t *shape, int32_t *rank, const neuron_node_t *node);

#ifdef __cplusplus
}
#endif

#endif
