/* A curve in one line. */
#include "report/terminal/lines.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "base/status.h"

#include <math.h>

enum { LEVELS = 8 };

typedef struct number_curve {
    const double *values;
    int64_t count;
} number_curve;

/* The mean of the finite numbers of a column's share; not a number if there are none. */
static double mean_of(const number_curve *curve, int64_t column, int64_t columns)
{
    int64_t first = curve->count * column / columns, behind = curve->count * (column + 1) / columns;
    double sum = 0;
    int64_t count = 0;
    for (int64_t i = first; i < behind; i++)
        if (isfinite(curve->values[i])) {
            sum += curve->values[i] / (double)(behind - first);
            count++;
        }
    return count > 0 ? sum / (double)count * (double)(behind - first) : NAN;
}

static void write_curve(neuron_lines *lines, const void *subject)
{
    static const char blocks[LEVELS][4] = {"\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83",
                                           "\xe2\x96\x84", "\xe2\x96\x85", "\xe2\x96\x86",
                                           "\xe2\x96\x87", "\xe2\x96\x88"};
    static const char plain[LEVELS][2] = {"_", ".", ",", "-", "~", "=", "*", "#"};
    const number_curve *curve = subject;
    int64_t columns = neuron_min_count(curve->count, lines->columns);
    double least = INFINITY, most = -INFINITY;
    for (int64_t i = 0; i < columns; i++) {
        double mean = mean_of(curve, i, columns);
        least = mean < least ? mean : least;
        most = mean > most ? mean : most;
    }
    for (int64_t i = 0; i < columns; i++) {
        double mean = mean_of(curve, i, columns);
        if (isnan(mean)) {
            neuron_lines_blanks(lines, 1);
            continue;
        }
        /* Halves, as the largest double is as far from the smallest as twice that. */
        double height = most > least ? (mean / 2 - least / 2) / (most / 2 - least / 2) : 0;
        int level = (int)(height * (LEVELS - 1) + 0.5);
        neuron_lines_put(lines, lines->unicode ? blocks[level] : plain[level]);
    }
    neuron_lines_end(lines);
}

int neuron_terminal_sparkline(char *text, size_t capacity, size_t *needed, const double *values,
                              int64_t count, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ROOM(text, capacity);
    CHECK_ARGUMENT(values);
    CHECK_RANGE(count, 1, (int64_t)1 << 40);
    const number_curve curve = {values, count};
    return neuron_lines_fill(write_curve, &curve, options, text, capacity, needed, __func__);
}
