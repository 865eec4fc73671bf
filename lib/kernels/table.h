/* The kernels of one instruction set, for its table. */
#ifndef KERNELS_TABLE_H
#define KERNELS_TABLE_H

#include "kernels/kernels.h"
#include "kernels/simd.h"

void KERNEL(correlate)(const neuron_correlate_work *work);
void KERNEL(accumulate)(const neuron_accumulate_work *work);
void KERNEL(correlate_shallow)(const neuron_correlate_work *work);
void KERNEL(accumulate_shallow)(const neuron_accumulate_work *work);
void KERNEL(multiply)(const neuron_multiply_work *work);
void KERNEL(stream)(const neuron_stream_work *work);
void KERNEL(join)(const neuron_join_work *work);
void KERNEL(transpose)(const neuron_transpose_work *work);
void KERNEL(pack)(float *packed, const float *rows, int64_t stride, int64_t count, int64_t columns,
                  float *sums);
void KERNEL(winograd_pixels)(const neuron_winograd_tile *tile, const float *first, int64_t channels,
                             const neuron_winograd_points *points);
void KERNEL(winograd_gradients)(const neuron_winograd_tile *tile, const float *first,
                                int64_t channels, const neuron_winograd_points *points,
                                float *sums);
void KERNEL(winograd_outputs)(const neuron_winograd_tile *tile,
                              const neuron_winograd_points *points, int64_t channels,
                              const float *bias, const neuron_post_slice *post, float *first);
void KERNEL(winograd_weights)(const neuron_winograd_weights *work);
void KERNEL(winograd_sums)(const neuron_winograd_sums *work);
void KERNEL(maximum)(const neuron_window_part *part, const float *first, float *output,
                     int32_t *places);
void KERNEL(scatter)(const neuron_window_part *part, float *first, const float *gradient,
                     const float *gate, const int32_t *places);
void KERNEL(depthwise)(const neuron_window_part *part, const float *first, const float *weights,
                       const float *bias, float *output);
void KERNEL(depthwise_back)(const neuron_window_part *part, float *first, const float *weights,
                            const float *gradient);
void KERNEL(depthwise_sums)(const neuron_window_part *part, const float *first,
                            const float *gradient, float *sums);
void KERNEL(average)(const neuron_window_part *part, const float *first, float *output);
void KERNEL(spread)(const neuron_window_part *part, float *first, const float *gradient);
void KERNEL(pool)(const neuron_pool_work *work);
void KERNEL(pool_back)(const neuron_pool_work *work);
void KERNEL(moments)(const float *values, int64_t rows, int64_t channels, float *mean,
                     float *squares);
void KERNEL(normalize)(const float *values, int64_t rows, int64_t channels,
                       const neuron_normalization *by, float *output);
void KERNEL(gradient_sums)(const float *gradients, const float *values, int64_t rows,
                           int64_t channels, const float *mean, float *sums, float *products);
void KERNEL(normalize_back)(const float *gradients, const float *values, int64_t rows,
                            int64_t channels, const neuron_normalization *by, float *output);

void KERNEL(post_ops)(const neuron_post_slice *post, int32_t from, int64_t rows, int64_t columns,
                      float *values, int64_t row_step);
void KERNEL(scale_bytes)(const uint8_t *bytes, int64_t count, float scale, float shift,
                         float *restrict output);
void KERNEL(scale_floats)(const float *values, int64_t count, float scale, float shift,
                          float *restrict output);
void KERNEL(add)(const float *values, int64_t count, float *output);
void KERNEL(activate)(const neuron_post_op *op, const float *values, int64_t count, float *output);
void KERNEL(activate_back)(const neuron_post_op *op, const float *gradients, const float *seen,
                           int64_t count, float *output);
void KERNEL(dropout)(const neuron_dropout_work *work, const float *values, int64_t count,
                     float *output);
bool KERNEL(momentum)(const neuron_momentum_work *work, float *values, const float *gradients,
                      float *velocities, int64_t count);
bool KERNEL(adam)(const neuron_adam_work *work, float *values, const float *gradients, float *means,
                  float *squares, int64_t count);
neuron_rule_kernel KERNEL(rmsprop), KERNEL(adagrad), KERNEL(adadelta), KERNEL(adamax),
    KERNEL(nadam);
void KERNEL(limit)(const float *values, int64_t count, float scale, float bound,
                   float *restrict output);
double KERNEL(square_sum)(const float *values, int64_t count);

void KERNEL(norm_pool)(const neuron_norm_pool_work *work);
void KERNEL(norm_pool_back)(const neuron_norm_pool_work *work);

#endif
