/* Ticks at 1, 2 or 5 times a power of ten, or at powers of ten. */
#include "report/charts/axis.h"

#include <float.h>
#include <math.h>
#include <string.h>

neuron_range neuron_range_none(void)
{
    return (neuron_range){INFINITY, -INFINITY, INFINITY};
}

void neuron_range_add(neuron_range *range, double value)
{
    if (!isfinite(value))
        return;
    range->low = fmin(range->low, value);
    range->high = fmax(range->high, value);
    if (value > 0)
        range->positive = fmin(range->positive, value);
}

/* The round number that is at least as large. */
static double round_step(double step)
{
    double power = pow(10, floor(log10(step))), lead = step / power;
    return power * (lead <= 1.0000001 ? 1 : lead <= 2.0000001 ? 2 : lead <= 5.0000001 ? 5 : 10);
}

/* Ticks at the multiples of a step within the bounds. */
static void set_ticks(neuron_axis *axis, double step)
{
    double first = ceil(axis->low / step - 1e-6);
    for (int i = 0; i < NEURON_TICKS_MAX; i++) {
        double tick = (first + i) * step;
        if (!isfinite(tick) || tick - 1e-6 * step > axis->high)
            return;
        axis->ticks[axis->count++] = tick + 0.0;
    }
}

static void make_logarithmic(neuron_axis *axis, neuron_range range)
{
    double first = floor(log10(range.positive) + 1e-9), last = ceil(log10(range.high) - 1e-9);
    double step = ceil((last - first) / 6);
    axis->logarithmic = true;
    axis->low = pow(10, first);
    axis->high = fmin(pow(10, last), DBL_MAX);
    for (double power = first; power <= fmin(last, 308); power += step)
        axis->ticks[axis->count++] = pow(10, power);
}

neuron_axis neuron_axis_make(neuron_range range, double from, double to, int ticks,
                             bool may_be_logarithmic)
{
    neuron_axis axis = {.from = from, .to = to};
    if (range.low > range.high) /* nothing is shown */
        range = (neuron_range){0, 1, 1};
    if (may_be_logarithmic && range.low > 1e-300 && range.high / range.low > 100) {
        make_logarithmic(&axis, range);
        return axis;
    }
    double span = range.high - range.low;
    double size = fmax(fabs(range.low), fabs(range.high));
    if (!isfinite(span) || span <= fmax(1e-9 * size, 1e-300)) { /* all are the same */
        double half = size > 0 && isfinite(span) ? fmax(0.05 * size, 1e-300) : 0.5;
        range.low -= half;
        range.high += half;
        span = range.high - range.low;
    }
    if (!isfinite(span)) { /* further apart than numbers go */
        axis.low = -DBL_MAX;
        axis.high = DBL_MAX;
        set_ticks(&axis, 1e308);
        return axis;
    }
    double step = round_step(span / ticks);
    axis.low = fmax(floor(range.low / step + 1e-6) * step, -DBL_MAX);
    axis.high = fmin(ceil(range.high / step - 1e-6) * step, DBL_MAX);
    set_ticks(&axis, step);
    return axis;
}

neuron_axis neuron_axis_whole(int64_t low, int64_t high, double from, double to, int ticks)
{
    neuron_axis axis = {.low = (double)low, .high = (double)high, .from = from, .to = to};
    if (low == high) {
        axis.low -= 0.5;
        axis.high += 0.5;
    }
    double step = round_step(fmax(1, (double)(high - low) / ticks));
    set_ticks(&axis, step);
    return axis;
}

double neuron_axis_place(const neuron_axis *axis, double value)
{
    double part = axis->logarithmic
                      ? (log10(value) - log10(axis->low)) / (log10(axis->high) - log10(axis->low))
                      : (value / 2 - axis->low / 2) / (axis->high / 2 - axis->low / 2);
    return axis->from + part * (axis->to - axis->from);
}

const char *neuron_axis_label(neuron_figure *figure, double tick)
{
    double size = fabs(tick);
    if (size >= 1e3 && size < 1e15 && tick == floor(tick))
        return neuron_figure_count(figure, (int64_t)tick);
    if (size > 0 && (size < 1e-4 || size >= 1e15)) {
        neuron_figure_real(figure, tick, 0);
        char *mantissa = strstr(figure->text, "e"); /* "1.00e-04" becomes "1e-4" */
        if (!mantissa)
            return neuron_figure_short(figure, tick);
        char *end = mantissa;
        while (end > figure->text && end[-1] == '0')
            end--;
        if (end > figure->text && end[-1] == '.')
            end--;
        memmove(end, mantissa, strlen(mantissa) + 1);
        char *digits = end + 2;
        if (digits[0] == '0' && digits[1])
            memmove(digits, digits + 1, strlen(digits));
        return figure->text;
    }
    /* A multiple of a step is not always the nearest number to its decimals. */
    double scale = pow(10, 9 - ceil(size > 0 ? log10(size) : 0));
    return neuron_figure_short(figure, round(tick * scale) / scale + 0.0);
}

double neuron_axis_label_units(const neuron_axis *axis)
{
    double most = 0;
    neuron_figure figure;
    for (int i = 0; i < axis->count; i++)
        most = fmax(most, neuron_text_units(neuron_axis_label(&figure, axis->ticks[i])));
    return most;
}

void neuron_axis_draw_left(neuron_chart *chart, const neuron_axis *axis, double x, double right)
{
    neuron_figure figure;
    for (int i = 0; i < axis->count; i++) {
        double y = neuron_axis_place(axis, axis->ticks[i]);
        neuron_chart_line(chart, "g", x, y, right, y);
        neuron_chart_text(chart, x - 6, y + 4, "m e", 1e9,
                          neuron_axis_label(&figure, axis->ticks[i]));
    }
}

void neuron_axis_draw_below(neuron_chart *chart, const neuron_axis *axis, double y, double top)
{
    neuron_figure figure;
    for (int i = 0; i < axis->count; i++) {
        double x = neuron_axis_place(axis, axis->ticks[i]);
        const char *label = neuron_axis_label(&figure, axis->ticks[i]);
        double middle = fmin(x, chart->width - 2 - neuron_text_units(label) / 2);
        neuron_chart_line(chart, top < y ? "g" : "a", x, top, x, top < y ? y : y + 4);
        neuron_chart_text(chart, middle, y + 18, "m c", 1e9, label);
    }
}
