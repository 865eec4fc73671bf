/* From what a layer saw to the scale of its bytes. */
#include "quantize/quantization.h"

#include <math.h>

/* Ends that are tried for the smallest error: these hundredths of the furthest value. */
enum { LEAST_PERCENT = 10, ALL_PERCENT = 100 };

/* Scales that a layer may have: 1 / scale is a normal float too. */
static const double least_scale = 1e-30, most_scale = 1e30;

bool neuron_range_bound(neuron_range_seen *seen, const float *values, int64_t count)
{
    float least = 0, most = 0, nothing = 0;
    for (int64_t i = 0; i < count; i++) {
        nothing += values[i] * 0; /* a NaN if one of them is not finite */
        least = values[i] < least ? values[i] : least;
        most = values[i] > most ? values[i] : most;
    }
    seen->minimum = least < seen->minimum ? least : seen->minimum;
    seen->maximum = most > seen->maximum ? most : seen->maximum;
    return nothing == 0;
}

void neuron_range_count(neuron_range_seen *seen, const float *values, int64_t count)
{
    double width = (seen->maximum - seen->minimum) / NEURON_RANGE_BINS;
    double inverse = width > 0 ? 1 / width : 0;
    for (int64_t i = 0; i < count; i++) {
        double place = (values[i] - seen->minimum) * inverse;
        int32_t bin = place < NEURON_RANGE_BINS - 1 ? (int32_t)place : NEURON_RANGE_BINS - 1;
        seen->counts[bin]++;
        seen->sums[bin] += values[i];
    }
}

typedef struct range {
    double low, high;
} range;

static neuron_byte_scale scale_of(range ends, bool symmetric)
{
    neuron_byte_scale made = {.zero_point = 128};
    if (symmetric)
        made.scale = fmax(-ends.low, ends.high) / 127;
    else
        made.scale = (ends.high - ends.low) / 255;
    if (made.scale == 0)
        made.scale = 1;
    made.scale = (double)(float)fmin(fmax(made.scale, least_scale), most_scale);
    if (!symmetric)
        made.zero_point = (int32_t)fmin(rint(-ends.low / made.scale), 255);
    return made;
}

/* Without what is rare at either end, up to whole bins. */
static range percentile(const neuron_range_seen *seen, double percent)
{
    double width = (seen->maximum - seen->minimum) / NEURON_RANGE_BINS;
    int64_t total = 0, below = 0, above = 0;
    for (int i = 0; i < NEURON_RANGE_BINS; i++)
        total += seen->counts[i];
    int64_t rare = (int64_t)((1 - percent / 100) * (double)total);
    int first = 0, last = NEURON_RANGE_BINS - 1;
    while (first < last && below + seen->counts[first] <= rare)
        below += seen->counts[first++];
    while (last > first && above + seen->counts[last] <= rare)
        above += seen->counts[last--];
    return (range){fmin(seen->minimum + first * width, 0),
                   fmax(seen->minimum + (last + 1) * width, 0)};
}

/* Sum of the squares of what bytes of that scale are off. */
static double error_of(const neuron_range_seen *seen, range ends, bool symmetric)
{
    const neuron_byte_scale by = scale_of(ends, symmetric);
    double error = 0;
    for (int i = 0; i < NEURON_RANGE_BINS; i++) {
        if (seen->counts[i] == 0)
            continue;
        double count = (double)seen->counts[i], value = seen->sums[i] / count;
        double byte = fmin(fmax(rint(value / by.scale) + by.zero_point, 0), 255);
        double off = (byte - by.zero_point) * by.scale - value;
        error += count * off * off;
    }
    return error;
}

/* Draws one end, or both, in to where the error is smallest. */
static range draw_in(const neuron_range_seen *seen, range ends, bool low, bool high, bool symmetric)
{
    range best = ends;
    double least = INFINITY;
    for (int percent = ALL_PERCENT; percent >= LEAST_PERCENT; percent--) {
        double part = (double)percent / ALL_PERCENT;
        range tried = {low ? ends.low * part : ends.low, high ? ends.high * part : ends.high};
        double error = error_of(seen, tried, symmetric);
        if (error < least) {
            least = error;
            best = tried;
        }
    }
    return best;
}

neuron_byte_scale neuron_range_scale(const neuron_range_seen *seen, const neuron_options *options)
{
    range ends = {seen->minimum, seen->maximum};
    bool symmetric = neuron_options_value(options, NEURON_QUANTIZATION_SYMMETRIC) != 0;
    switch ((int32_t)neuron_options_value(options, NEURON_QUANTIZATION_RANGE)) {
    case NEURON_RANGE_PERCENTILE:
        ends = percentile(seen, neuron_options_value(options, NEURON_QUANTIZATION_PERCENTILE));
        break;
    case NEURON_RANGE_MSE:
        ends = draw_in(seen, ends, symmetric, true, symmetric);
        if (!symmetric)
            ends = draw_in(seen, ends, true, false, false);
        break;
    default:
        break;
    }
    return scale_of(ends, symmetric);
}
