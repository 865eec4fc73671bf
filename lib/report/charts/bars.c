/* Bars begin at 0, so that their lengths can be compared. */
#include "report/charts/bars.h"

#include "report/charts/axis.h"

#include <math.h>

enum { ROWS_MAX = 60, ROW = 20, NAME_ROOM = 130 };

const char *neuron_bars_count(neuron_figure *figure, double value, int decimals)
{
    (void)decimals;
    return neuron_figure_count(figure, (int64_t)value);
}

const char *neuron_bars_seconds(neuron_figure *figure, double value, int decimals)
{
    (void)decimals;
    return neuron_figure_seconds(figure, value);
}

static double value_of(const neuron_bars *bars, int64_t series, int64_t i)
{
    return bars->values[series * bars->count + i];
}

static neuron_range range_of(const neuron_bars *bars)
{
    neuron_range range = neuron_range_none();
    neuron_range_add(&range, 0);
    for (int64_t i = 0; i < bars->count * bars->series_count; i++)
        neuron_range_add(&range, bars->values[i]);
    if (range.high <= 0)
        range.high = 1;
    return range;
}

static double put_legend(const neuron_bars *bars, neuron_chart *chart, bool draws)
{
    if (bars->series_count < 2)
        return 4;
    neuron_legend legend = neuron_legend_begin(14, NEURON_CHART_WIDTH, draws);
    for (int64_t k = 0; k < bars->series_count; k++)
        neuron_legend_add(&legend, chart, neuron_style_of(k), NEURON_SIGN_BAR, bars->series[k]);
    return neuron_legend_end(&legend);
}

static double most_units(const neuron_bars *bars, int decimals, bool of_names)
{
    double most = 0;
    neuron_figure figure;
    for (int64_t i = 0; i < bars->count; i++)
        for (int64_t k = 0; k < bars->series_count; k++)
            most = fmax(most, neuron_text_units(
                                  of_names ? neuron_names_at(bars->names, i)
                                           : bars->write(&figure, value_of(bars, k, i), decimals)));
    return most;
}

static void put_bar(neuron_chart *chart, const neuron_bars *bars, const neuron_axis *axis,
                    int64_t i, int64_t k, double y)
{
    double value = value_of(bars, k, i), height = ROW - 6;
    neuron_figure figure;
    double end = isfinite(value) ? neuron_axis_place(axis, value) : axis->from;
    neuron_buffer_print(chart->out,
                        "<rect class=\"fs%d\" x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\"/>",
                        (int)k, axis->from, y + 2, fmax(end - axis->from, 0), height);
    neuron_chart_text(chart, end + 5, y + 13.5, "m", 1e9,
                      bars->write(&figure, value, chart->section->decimals));
}

static void draw_rows(neuron_section *section, const neuron_bars *bars, neuron_chart *chart,
                      const char *description)
{
    double top = put_legend(bars, NULL, false);
    double row = ROW * (double)bars->series_count + (bars->series_count > 1 ? 6 : 0);
    double left = 10 + fmin(most_units(bars, section->decimals, true), NAME_ROOM);
    double right = NEURON_CHART_WIDTH - 12 - most_units(bars, section->decimals, false);
    neuron_range range = range_of(bars);
    const neuron_axis axis = {.low = 0, .high = range.high, .from = left, .to = right};
    *chart = neuron_chart_begin(section, bars->name, bars->title, description, NEURON_CHART_WIDTH,
                                top + row * (double)bars->count + 4);
    put_legend(bars, chart, true);
    for (int64_t i = 0; i < bars->count; i++) {
        double y = top + row * (double)i;
        neuron_chart_text(chart, left - 6, y + row / 2 + 4, "e", NAME_ROOM,
                          neuron_names_at(bars->names, i));
        for (int64_t k = 0; k < bars->series_count; k++)
            put_bar(chart, bars, &axis, i, k, y + ROW * (double)k);
    }
    neuron_chart_line(chart, "a", left, top, left, top + row * (double)bars->count);
}

static void draw_columns(neuron_section *section, const neuron_bars *bars, neuron_chart *chart,
                         const char *description)
{
    double top = put_legend(bars, NULL, false) + 6, bottom = top + 180;
    neuron_axis up = neuron_axis_make(range_of(bars), bottom, top, 4, false);
    double left = 12 + neuron_axis_label_units(&up), right = NEURON_CHART_WIDTH - 8;
    *chart = neuron_chart_begin(section, bars->name, bars->title, description, NEURON_CHART_WIDTH,
                                bottom + 26);
    put_legend(bars, chart, true);
    neuron_axis_draw_left(chart, &up, left, right);
    double width = (right - left) / (double)bars->count / (double)bars->series_count;
    for (int64_t k = 0; k < bars->series_count; k++) {
        neuron_buffer_print(chart->out, "<path class=\"fs%d\" d=\"", (int)k);
        for (int64_t i = 0; i < bars->count; i++) {
            double value = value_of(bars, k, i);
            if (isfinite(value) && value > 0)
                neuron_buffer_print(chart->out, "M%g %gV%gh%gV%gz",
                                    left + width * (double)(i * bars->series_count + k), bottom,
                                    neuron_axis_place(&up, value), fmax(0.85 * width, 0.3), bottom);
        }
        neuron_buffer_put(chart->out, "\"/>\n");
    }
    neuron_chart_line(chart, "a", left, bottom, right, bottom);
    neuron_chart_text(chart, left, bottom + 18, "m", 180, neuron_names_at(bars->names, 0));
    neuron_chart_text(chart, right, bottom + 18, "m e", 180,
                      neuron_names_at(bars->names, bars->count - 1));
}

static void put_table(neuron_chart *chart, const neuron_bars *bars)
{
    neuron_figure figure;
    neuron_chart_table(chart);
    neuron_table_column(chart->section, bars->what, false);
    for (int64_t k = 0; k < bars->series_count; k++)
        neuron_table_column(chart->section, bars->series[k], true);
    for (int64_t i = 0; i < bars->count; i++) {
        neuron_table_row(chart->section, neuron_names_at(bars->names, i));
        for (int64_t k = 0; k < bars->series_count; k++)
            neuron_table_number(chart->section, bars->write(&figure, value_of(bars, k, i),
                                                            chart->section->decimals));
    }
    neuron_chart_end_table(chart);
}

void neuron_bars_draw(neuron_section *section, const neuron_bars *bars)
{
    section->html.failed |= neuron_names_status(bars->names) != NEURON_OK;
    if (section->html.failed || bars->count < 1)
        return;
    neuron_figure least, most;
    NEURON_BUFFER(description, section->html.context);
    neuron_range range = neuron_range_none();
    for (int64_t i = 0; i < bars->count * bars->series_count; i++)
        neuron_range_add(&range, bars->values[i]);
    neuron_buffer_print(&description, "%" PRId64 " bars", bars->count * bars->series_count);
    if (range.low <= range.high) {
        neuron_buffer_put(&description, " from ");
        neuron_buffer_put(&description, bars->write(&least, range.low, section->decimals));
        neuron_buffer_put(&description, " to ");
        neuron_buffer_put(&description, bars->write(&most, range.high, section->decimals));
    }
    neuron_buffer_add(&description, "", 1);
    section->html.failed |= description.failed;
    if (section->html.failed)
        return;
    neuron_chart chart;
    (bars->count <= ROWS_MAX ? draw_rows : draw_columns)(section, bars, &chart, description.bytes);
    neuron_chart_end(&chart);
    put_table(&chart, bars);
}
