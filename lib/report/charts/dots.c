/* Dots on lines, one below the other: unlike bars they need no 0, so that figures that are close
 * to each other can be told apart. */
#include "report/charts/dots.h"

#include "report/charts/axis.h"

#include <math.h>

enum { ROW = 24, NAME_ROOM = 150 };

static neuron_range range_of(const neuron_dots *dots)
{
    neuron_range range = neuron_range_none();
    for (int64_t i = 0; i < dots->count; i++) {
        double error = dots->errors && isfinite(dots->errors[i]) ? dots->errors[i] : 0;
        neuron_range_add(&range, dots->first[i] - error);
        neuron_range_add(&range, dots->first[i] + error);
        if (dots->second)
            neuron_range_add(&range, dots->second[i]);
    }
    return range;
}

static double put_legend(const neuron_dots *dots, neuron_chart *chart, bool draws)
{
    if (!dots->second_name)
        return 6;
    neuron_legend legend = neuron_legend_begin(14, NEURON_CHART_WIDTH, draws);
    neuron_legend_add(&legend, chart, neuron_style_of(0), NEURON_SIGN_DOT, dots->first_name);
    neuron_legend_add(&legend, chart, neuron_style_of(1), NEURON_SIGN_DIAMOND, dots->second_name);
    return neuron_legend_end(&legend);
}

/* A bar from one error below to one above. */
static void put_error(neuron_chart *chart, const neuron_axis *axis, double value, double error,
                      double y)
{
    double low = neuron_axis_place(axis, value - error),
           high = neuron_axis_place(axis, value + error);
    neuron_buffer_print(chart->out, "<path class=\"l s0\" d=\"M%g %gH%gM%g %gv8M%g %gv8\"/>", low,
                        y, high, low, y - 4, high, y - 4);
}

/* The second is a diamond, so that it can be told without colour. */
static void put_row(neuron_chart *chart, const neuron_dots *dots, const neuron_axis *axis,
                    int64_t i, double y)
{
    neuron_chart_line(chart, "g", axis->from, y, axis->to, y);
    neuron_chart_text(chart, axis->from - 12, y + 4, "e", NAME_ROOM,
                      neuron_names_at(dots->names, i));
    double value = dots->first[i];
    bool is_there = isfinite(value);
    if (is_there && dots->errors && isfinite(dots->errors[i]))
        put_error(chart, axis, value, dots->errors[i], y);
    if (dots->second && isfinite(dots->second[i]))
        neuron_buffer_print(chart->out, "<path class=\"fs1 y\" d=\"M%g %gl6 6 -6 6 -6 -6z\"/>",
                            neuron_axis_place(axis, dots->second[i]), y - 6);
    if (is_there)
        neuron_buffer_print(chart->out, "<circle class=\"fs0 y\" cx=\"%g\" cy=\"%g\" r=\"5\"/>\n",
                            neuron_axis_place(axis, value), y);
}

static void put_table(neuron_chart *chart, const neuron_dots *dots)
{
    neuron_section *section = chart->section;
    neuron_chart_table(chart);
    neuron_table_column(section, dots->what, false);
    neuron_table_column(section, dots->first_name, true);
    if (dots->second_name)
        neuron_table_column(section, dots->second_name, true);
    for (int64_t i = 0; i < dots->count; i++) {
        neuron_table_row(section, neuron_names_at(dots->names, i));
        neuron_table_real(section, dots->first[i]);
        if (dots->second_name)
            neuron_table_real(section, dots->second[i]);
    }
    neuron_chart_end_table(chart);
}

void neuron_dots_draw(neuron_section *section, const neuron_dots *dots)
{
    section->html.failed |= neuron_names_status(dots->names) != NEURON_OK;
    if (section->html.failed)
        return;
    double top = put_legend(dots, NULL, false), bottom = top + ROW * (double)dots->count + 2;
    double names = 0;
    for (int64_t i = 0; i < dots->count; i++)
        names = fmax(names, neuron_text_units(neuron_names_at(dots->names, i)));
    double left = 22 + fmin(names, NAME_ROOM);
    neuron_axis axis = neuron_axis_make(range_of(dots), left, NEURON_CHART_WIDTH - 18, 4, false);
    NEURON_BUFFER(description, section->html.context);
    neuron_figure low, high;
    neuron_buffer_print(&description, "%" PRId64 " figures between %s and %s", dots->count,
                        neuron_axis_label(&low, axis.low), neuron_axis_label(&high, axis.high));
    neuron_buffer_add(&description, "", 1);
    section->html.failed |= description.failed;
    if (section->html.failed)
        return;
    neuron_chart chart = neuron_chart_begin(section, dots->name, dots->title, description.bytes,
                                            NEURON_CHART_WIDTH, bottom + 26);
    put_legend(dots, &chart, true);
    neuron_axis_draw_below(&chart, &axis, bottom, top);
    for (int64_t i = 0; i < dots->count; i++)
        put_row(&chart, dots, &axis, i, top + ROW * ((double)i + 0.5));
    neuron_chart_end(&chart);
    put_table(&chart, dots);
}
