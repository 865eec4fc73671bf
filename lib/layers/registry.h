/* All layers by name, one line each: what declares them, lists them and looks whether each
 * is tested comes from here. */
#ifndef LAYERS_REGISTRY_H
#define LAYERS_REGISTRY_H

/* clang-format off */
#define NEURON_LAYERS(X) \
    X(add) \
    X(average) \
    X(average_pool1d) \
    X(average_pool2d) \
    X(batch_norm) \
    X(clip) \
    X(concat) \
    X(conv1d) \
    X(conv2d) \
    X(conv2d_transpose) \
    X(dense) \
    X(depthwise_conv2d) \
    X(dropout) \
    X(elu) \
    X(exponential) \
    X(flatten) \
    X(gaussian_noise) \
    X(gelu) \
    X(global_average_pool1d) \
    X(global_average_pool2d) \
    X(global_max_pool1d) \
    X(global_max_pool2d) \
    X(hard_swish) \
    X(input) \
    X(layer_norm) \
    X(leaky_relu) \
    X(log_softmax) \
    X(max_pool1d) \
    X(max_pool2d) \
    X(multiply) \
    X(permute) \
    X(piecewise_linear) \
    X(prediction_set) \
    X(prelu) \
    X(quantized_conv2d) \
    X(quantized_dense) \
    X(random_rotation) \
    X(relu) \
    X(rescale) \
    X(reshape) \
    X(selu) \
    X(sigmoid) \
    X(silu) \
    X(slice) \
    X(softmax) \
    X(softplus) \
    X(softsign) \
    X(standardize) \
    X(tanh) \
    X(temperature_scaling) \
    X(uncertainty) \
    X(unstandardize) \
    X(upsample2d) \
    X(vector_scaling) \
    X(vote) \
    X(weighted_average) \
    X(zero_pad2d)
/* clang-format on */

#endif
