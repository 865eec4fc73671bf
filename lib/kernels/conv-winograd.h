/* Winograd's F(4x4, 3x3) along one axis, over vectors of channels.
 *
 * Four outputs of a convolution with three weights are a product of polynomials, and that is known
 * from its values at six points: 0, a, -a, b, -b and infinity. Instead of 12 multiplications it
 * takes 6, along both axes 36 instead of 144 (Lavin and Gray, arXiv 1509.09308). The matrices below
 * are that paper's B', G and A' for these points, with the values at a and -a divided by a in the
 * outputs and multiplied by it in the weights, and so for b, which saves multiplications.
 *
 * The points decide the error: that of 1 and 2, the usual ones, is more than twice that of these,
 * which cost one operation more. Their squares are exact. */
#ifndef KERNELS_CONV_WINOGRAD_H
#define KERNELS_CONV_WINOGRAD_H

#include "kernels/kernels.h"
#include "kernels/simd.h"

enum { OUT = NEURON_WINOGRAD_OUT, IN = NEURON_WINOGRAD_IN, WEIGHTS = 3 };

#define A         0.625
#define B         1.5
#define AA        (A * A)
#define BB        (B * B)
#define NORM_A    (1 / (2 * A * (AA - BB)))
#define NORM_B    (1 / (2 * B * (BB - AA)))
#define NORM_ZERO (1 / (AA * BB))

/* value + factor * more */
static ALWAYS_INLINE vector plus(vector value, double factor, vector more)
{
    return value + (float)factor * more;
}

/* B': six pixels at the points. */
static ALWAYS_INLINE void pixels_to_points(const vector d[IN], vector points[IN])
{
    vector even_a = plus(d[4], -BB, d[2]), odd_a = plus(d[3], -BB, d[1]);
    vector even_b = plus(d[4], -AA, d[2]), odd_b = plus(d[3], -AA, d[1]);
    points[0] = plus(plus(d[4], -(AA + BB), d[2]), AA * BB, d[0]);
    points[1] = plus(even_a, A, odd_a);
    points[2] = plus(even_a, -A, odd_a);
    points[3] = plus(even_b, B, odd_b);
    points[4] = plus(even_b, -B, odd_b);
    points[5] = plus(plus(d[5], -(AA + BB), d[3]), AA * BB, d[1]);
}

/* A': products at the points to four outputs. */
static ALWAYS_INLINE void points_to_outputs(const vector m[IN], vector outputs[OUT])
{
    vector sum_a = m[1] + m[2], difference_a = m[1] - m[2];
    vector sum_b = m[3] + m[4], difference_b = m[3] - m[4];
    outputs[0] = plus(plus(m[0], 1 / A, sum_a), 1 / B, sum_b);
    outputs[1] = difference_a + difference_b;
    outputs[2] = plus((float)A * sum_a, B, sum_b);
    outputs[3] = plus(plus(m[5], AA, difference_a), BB, difference_b);
}

/* A: gradients of four outputs at the points. */
static ALWAYS_INLINE void outputs_to_points(const vector y[OUT], vector points[IN])
{
    vector even_a = plus((float)(1 / A) * y[0], A, y[2]), odd_a = plus(y[1], AA, y[3]);
    vector even_b = plus((float)(1 / B) * y[0], B, y[2]), odd_b = plus(y[1], BB, y[3]);
    points[0] = y[0];
    points[1] = even_a + odd_a;
    points[2] = even_a - odd_a;
    points[3] = even_b + odd_b;
    points[4] = even_b - odd_b;
    points[5] = y[3];
}

/* G: three weights at the points. */
static ALWAYS_INLINE void weights_to_points(const vector g[WEIGHTS], vector points[IN])
{
    vector even_a = plus((float)NORM_A * g[0], NORM_A * AA, g[2]);
    vector even_b = plus((float)NORM_B * g[0], NORM_B * BB, g[2]);
    points[0] = (float)NORM_ZERO * g[0];
    points[1] = plus(even_a, NORM_A * A, g[1]);
    points[2] = plus(even_a, -NORM_A * A, g[1]);
    points[3] = plus(even_b, NORM_B * B, g[1]);
    points[4] = plus(even_b, -NORM_B * B, g[1]);
    points[5] = g[2];
}

/* G': products at the points to the gradients of three weights. */
static ALWAYS_INLINE void points_to_weights(const vector m[IN], vector weights[WEIGHTS])
{
    vector sum_a = m[1] + m[2], difference_a = m[1] - m[2];
    vector sum_b = m[3] + m[4], difference_b = m[3] - m[4];
    weights[0] = plus(plus((float)NORM_ZERO * m[0], NORM_A, sum_a), NORM_B, sum_b);
    weights[1] = plus((float)(NORM_A * A) * difference_a, NORM_B * B, difference_b);
    weights[2] = plus(plus(m[5], NORM_A * AA, sum_a), NORM_B * BB, sum_b);
}

#endif
