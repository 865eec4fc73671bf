/* Curves: an axis of numbers at the left, whole numbers below, and a path for each curve. */
#include "report/charts/lines.h"

#include "report/charts/axis.h"

#include <math.h>

enum {
    PLOT_HEIGHT = 190,
    BELOW = 40,
    POINTS_MAX = 600, /* of a path; of more values the least and the largest of some are drawn */
    MARKS_MAX = 15,   /* curves of fewer values have a mark at each */
    ROWS_MAX = 250    /* of the table */
};

typedef struct line_plot {
    neuron_chart chart;
    neuron_axis across, up;
    double left, right, top;
} line_plot;

static neuron_range range_of(const neuron_lines *lines)
{
    neuron_range range = neuron_range_none();
    for (int64_t k = 0; k < lines->curve_count; k++)
        for (int64_t i = 0; i < lines->count; i++)
            neuron_range_add(&range, lines->curves[k].values[i]);
    return range;
}

/* The legend of more than one curve. */
static double put_legend(const neuron_lines *lines, neuron_chart *chart, bool draws)
{
    if (lines->curve_count < 2)
        return 10;
    neuron_legend legend = neuron_legend_begin(14, NEURON_CHART_WIDTH, draws);
    for (int64_t k = 0; k < lines->curve_count && k < NEURON_LEGEND_MAX; k++)
        neuron_legend_add(&legend, chart, lines->curves[k].style, NEURON_SIGN_LINE,
                          lines->curves[k].name);
    return neuron_legend_end(&legend) + 2;
}

static void put_mark(line_plot *plot, const neuron_curve *curve, int64_t i, double radius)
{
    neuron_buffer_print(plot->chart.out, "<circle class=\"fs%d y\" cx=\"%g\" cy=\"%g\" r=\"%g\"/>",
                        curve->style.colour, neuron_axis_place(&plot->across, (double)(i + 1)),
                        neuron_axis_place(&plot->up, curve->values[i]), radius);
}

/* Adds a point to a path that begins anew where a gap was. */
static void put_point(line_plot *plot, const neuron_curve *curve, int64_t i, bool begins)
{
    neuron_buffer_print(plot->chart.out, begins ? "M%g %g" : "L%g %g",
                        neuron_axis_place(&plot->across, (double)(i + 1)),
                        neuron_axis_place(&plot->up, curve->values[i]));
}

/* The places of the least and the largest of some values, in their order; -1 without any. */
static void find_extremes(int64_t found[2], const double *values, int64_t first, int64_t end)
{
    int64_t least = -1, most = -1;
    for (int64_t i = first; i < end; i++) {
        if (!isfinite(values[i]))
            continue;
        least = least < 0 || values[i] < values[least] ? i : least;
        most = most < 0 || values[i] > values[most] ? i : most;
    }
    found[0] = least < most ? least : most;
    found[1] = least < most ? most : least;
}

static void put_path(line_plot *plot, const neuron_curve *curve, int64_t count)
{
    int64_t step = 2 * count > POINTS_MAX ? (2 * count + POINTS_MAX - 1) / POINTS_MAX : 1;
    bool begins = true;
    neuron_buffer_print(plot->chart.out, "<path class=\"l s%d i%d\" d=\"", curve->style.colour,
                        curve->style.dash);
    for (int64_t first = 0; first < count; first += step) {
        int64_t found[2];
        find_extremes(found, curve->values, first, neuron_min_count(first + step, count));
        if (found[0] >= 0)
            put_point(plot, curve, found[0], begins);
        if (found[1] > found[0])
            put_point(plot, curve, found[1], false);
        begins = found[0] < 0;
    }
    neuron_buffer_put(plot->chart.out, "\"/>\n");
}

static bool is_alone(const double *values, int64_t count, int64_t i)
{
    return isfinite(values[i]) && (i == 0 || !isfinite(values[i - 1])) &&
           (i + 1 == count || !isfinite(values[i + 1]));
}

static void put_curve(line_plot *plot, const neuron_curve *curve, int64_t count)
{
    put_path(plot, curve, count);
    for (int64_t i = 0; i < count; i++)
        if (isfinite(curve->values[i]) && (count <= MARKS_MAX || is_alone(curve->values, count, i)))
            put_mark(plot, curve, i, 3);
    if (curve->best >= 0 && isfinite(curve->values[curve->best])) {
        put_mark(plot, curve, curve->best, 5.5);
        neuron_buffer_put(plot->chart.out, "\n");
    }
}

/* Says where each curve begins and ends. */
static void describe(neuron_buffer *text, const neuron_lines *lines, int decimals)
{
    neuron_figure first, last;
    neuron_buffer_print(text, "%" PRId64 " curves", lines->curve_count);
    for (int64_t k = 0; k < lines->curve_count && k < NEURON_LEGEND_MAX; k++) {
        const double *values = lines->curves[k].values;
        neuron_buffer_put(text, k == 0 ? ": " : "; ");
        neuron_buffer_put(text, lines->curves[k].name);
        neuron_buffer_put(text, " from ");
        neuron_buffer_put(text, neuron_figure_real(&first, values[0], decimals));
        neuron_buffer_put(text, " to ");
        neuron_buffer_put(text, neuron_figure_real(&last, values[lines->count - 1], decimals));
    }
    neuron_buffer_add(text, "", 1);
}

static void put_row(neuron_section *section, const neuron_lines *lines, int64_t i)
{
    neuron_figure figure;
    neuron_table_row(section, neuron_figure_count(&figure, i + 1));
    for (int64_t k = 0; k < lines->curve_count; k++)
        neuron_table_real(section, lines->curves[k].values[i]);
}

/* All values; of very many the first, the last, and some at equal distances. */
static void put_table(neuron_chart *chart, const neuron_lines *lines)
{
    int64_t step = (lines->count + ROWS_MAX - 1) / ROWS_MAX;
    neuron_chart_table(chart);
    neuron_table_column(chart->section, lines->across, false);
    for (int64_t k = 0; k < lines->curve_count; k++)
        neuron_table_column(chart->section, lines->curves[k].name, true);
    for (int64_t i = 0; i < lines->count; i += step)
        put_row(chart->section, lines, i);
    if ((lines->count - 1) % step != 0)
        put_row(chart->section, lines, lines->count - 1);
    neuron_chart_end_table(chart);
}

void neuron_lines_draw(neuron_section *section, const neuron_lines *lines)
{
    NEURON_BUFFER(description, section->html.context);
    describe(&description, lines, section->decimals);
    section->html.failed |= description.failed;
    if (section->html.failed)
        return;
    line_plot plot = {.top = put_legend(lines, NULL, false)};
    double bottom = plot.top + PLOT_HEIGHT;
    plot.up = neuron_axis_make(range_of(lines), bottom, plot.top + 4, 5, lines->may_be_logarithmic);
    plot.left = 14 + neuron_axis_label_units(&plot.up);
    plot.right = NEURON_CHART_WIDTH - 14;
    plot.across = neuron_axis_whole(1, lines->count, plot.left + 6, plot.right, 8);
    plot.chart = neuron_chart_begin(section, lines->name, lines->title, description.bytes,
                                    NEURON_CHART_WIDTH, bottom + BELOW);
    put_legend(lines, &plot.chart, true);
    neuron_axis_draw_left(&plot.chart, &plot.up, plot.left, plot.right);
    neuron_axis_draw_below(&plot.chart, &plot.across, bottom, bottom);
    neuron_chart_line(&plot.chart, "a", plot.left, bottom, plot.right, bottom);
    neuron_chart_text(&plot.chart, plot.right, bottom + 34, "m e", 200, lines->across);
    for (int64_t k = lines->curve_count - 1; k >= 0; k--)
        put_curve(&plot, &lines->curves[k], lines->count);
    neuron_chart_end(&plot.chart);
    put_table(&plot.chart, lines);
}
