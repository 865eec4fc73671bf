/* Levels stand in the order in which they were given, at equal distances; the score has numbers. */
#include "report/charts/parallel.h"

#include "report/charts/axis.h"

#include <math.h>

enum { TOP = 46, HEIGHT = 220, BESIDE = 60, STEP_LEAST = 90, LINES_MAX = 4000 };

typedef struct coordinates {
    const neuron_parallel_lines *lines;
    neuron_chart chart;
    neuron_axis score;
    double step;
    int rows; /* of names: 2 where they have no room in one */
} coordinates;

static double across(const coordinates *c, int64_t factor)
{
    return BESIDE + c->step * (double)factor;
}

static const char *name_of(const coordinates *c, int64_t k)
{
    return k < c->lines->factor_count ? c->lines->factors[k].name : c->lines->score_name;
}

/* For a name in the middle above its line: up to the one beside it in its row, or to the edge. */
static double room_of(const coordinates *c, int64_t k)
{
    bool outermost = k == 0 || k == c->lines->factor_count;
    double room = c->step * c->rows - 12;
    room = outermost ? fmin(room, 2 * BESIDE - 4) : room;
    return room / 1.15; /* bold letters are wider than others */
}

static bool names_fit(const coordinates *c)
{
    for (int64_t k = 0; k <= c->lines->factor_count; k++)
        if (neuron_text_units(name_of(c, k)) > room_of(c, k))
            return false;
    return true;
}

static void put_name(coordinates *c, int64_t k)
{
    double y = c->rows == 1 || k % 2 == 1 ? 30 : 14;
    neuron_chart_text(&c->chart, across(c, k), y, "c o", room_of(c, k), name_of(c, k));
}

static double place(const neuron_parallel_factor *factor, int64_t level)
{
    return TOP + HEIGHT * (factor->level_count > 1
                               ? 1 - (double)level / (double)(factor->level_count - 1)
                               : 0.5);
}

static void put_line(coordinates *c, int64_t trial, const char *class)
{
    const neuron_parallel_lines *lines = c->lines;
    if (!isfinite(lines->scores[trial]))
        return;
    neuron_buffer_print(c->chart.out, "<path class=\"%s\" d=\"", class);
    for (int64_t k = 0; k < lines->factor_count; k++)
        neuron_buffer_print(
            c->chart.out, k == 0 ? "M%g %g" : "L%g %g", across(c, k),
            place(&lines->factors[k], lines->levels[trial * lines->factor_count + k]));
    neuron_buffer_print(c->chart.out, "L%g %g\"/>\n", across(c, lines->factor_count),
                        neuron_axis_place(&c->score, lines->scores[trial]));
}

static void put_factor(coordinates *c, int64_t k)
{
    const neuron_parallel_factor *factor = &c->lines->factors[k];
    double x = across(c, k);
    int64_t every = (factor->level_count + 11) / 12;
    neuron_chart_line(&c->chart, "w", x, TOP, x, TOP + HEIGHT);
    put_name(c, k);
    for (int64_t i = 0; i < factor->level_count; i += every) {
        double y = place(factor, i);
        neuron_buffer_print(c->chart.out, "<circle class=\"z\" cx=\"%g\" cy=\"%g\" r=\"3\"/>", x,
                            y);
        neuron_chart_text(&c->chart, k == 0 ? x - 7 : x + 7, y - 4, k == 0 ? "m e u" : "m u",
                          k == 0 ? BESIDE - 8 : c->step - 14, neuron_names_at(factor->levels, i));
    }
}

static void put_score(coordinates *c)
{
    double x = across(c, c->lines->factor_count);
    neuron_figure figure;
    neuron_chart_line(&c->chart, "w", x, TOP, x, TOP + HEIGHT);
    put_name(c, c->lines->factor_count);
    for (int i = 0; i < c->score.count; i++)
        neuron_chart_text(&c->chart, x + 7, neuron_axis_place(&c->score, c->score.ticks[i]) + 4,
                          "m", BESIDE - 8, neuron_axis_label(&figure, c->score.ticks[i]));
}

neuron_chart neuron_parallel_lines_draw(neuron_section *section, const neuron_parallel_lines *lines)
{
    coordinates c = {.lines = lines};
    double usual = (NEURON_CHART_WIDTH - 2.0 * BESIDE) / (double)lines->factor_count;
    c.step = fmax(usual, STEP_LEAST);
    c.rows = 1;
    c.rows = names_fit(&c) ? 1 : 2;
    neuron_range range = neuron_range_none();
    for (int64_t i = 0; i < lines->trial_count; i++)
        neuron_range_add(&range, lines->scores[i]);
    c.score = neuron_axis_make(range, TOP + HEIGHT, TOP, 5, false);
    NEURON_BUFFER(description, section->html.context);
    neuron_buffer_print(&description,
                        "%" PRId64 " trials as lines over %" PRId64 " factors and their score",
                        lines->trial_count, lines->factor_count);
    neuron_buffer_add(&description, "", 1);
    section->html.failed |= description.failed;
    c.chart = neuron_chart_begin(
        section, lines->name, lines->title, description.failed ? "" : description.bytes,
        2 * BESIDE + c.step * (double)lines->factor_count, TOP + HEIGHT + 14);
    int64_t every = (lines->trial_count + LINES_MAX - 1) / LINES_MAX;
    for (int64_t i = 0; i < lines->trial_count; i += every)
        put_line(&c, i, "v");
    for (int64_t k = 0; k < lines->factor_count; k++)
        put_factor(&c, k);
    put_score(&c);
    if (lines->best >= 0)
        put_line(&c, lines->best, "l s1");
    neuron_chart_end(&c.chart);
    neuron_chart_table(&c.chart);
    return c.chart;
}
