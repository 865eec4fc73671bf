/* Cells have one of eleven steps of colour, each with a text that can be read on it. */
#include "report/charts/heat-map.h"

#include "report/document/theme.h"

#include <math.h>
#include <string.h>

enum {
    LABEL_ROOM = 110,
    CELL_MOST = 46,
    CELL_LEAST = 15,
    WRITTEN_MOST = 20, /* columns of which all texts have room */
    MORE_MOST = 15,    /* and all of those below */
    TWO_LINES = 28
};

static const char per_cent[] = "\xc2\xa0%"; /* what shares end with */

typedef struct heat_field {
    neuron_chart chart;
    double left, top, width, height; /* of the field's corner; of a cell */
    bool upright;                    /* names of columns go upwards */
    bool has_more, has_signs;        /* below the figures; with a per cent sign */
} heat_field;

static double most_units(const neuron_names *names, int64_t count)
{
    double most = 0;
    for (int64_t i = 0; i < count; i++)
        most = fmax(most, neuron_text_units(neuron_names_at(names, i)));
    return most;
}

/* Of the smaller letters below. */
static double more_units(const char *text)
{
    return neuron_text_units(text) * 0.88 + 2;
}

static double sign_units(void)
{
    return more_units(per_cent) - more_units("");
}

/* The widest figure of all cells, and the widest below. */
static void most_cell_units(double *text, double *more, const neuron_heat_map *map)
{
    neuron_heat_cell cell;
    *text = *more = 0;
    for (int64_t i = 0; i < map->row_count; i++)
        for (int64_t k = 0; k < map->column_count; k++) {
            map->cell(&cell, map->data, i, k);
            if (!isfinite(cell.level))
                continue;
            *text = fmax(*text, neuron_text_units(cell.text.text));
            *more = fmax(*more, more_units(cell.more.text));
        }
}

/* How large cells are: all of the usual width, or as much as their texts need. */
static heat_field lay_out(const neuron_heat_map *map)
{
    heat_field made = {.left = 26 + fmin(most_units(map->rows, map->row_count), LABEL_ROOM)};
    double usual = (NEURON_CHART_WIDTH - 4 - made.left) / (double)map->column_count;
    double needed = CELL_LEAST, text, more;
    if (map->column_count <= WRITTEN_MOST) {
        most_cell_units(&text, &more, map);
        made.has_more = map->more && map->column_count <= MORE_MOST;
        needed = fmax(text + 6, made.has_more ? more - sign_units() : 0);
        made.has_signs = fmax(usual, needed) >= more;
    }
    made.width = fmin(fmax(usual, fmax(needed, CELL_LEAST)), CELL_MOST + 20);
    made.height = map->row_count <= WRITTEN_MOST
                      ? fmin(fmax(made.width, made.has_more ? TWO_LINES : 22), 36)
                      : made.width;
    double names = most_units(map->columns, map->column_count);
    made.upright = names > made.width - 4;
    made.top = 28 + (made.upright ? fmin(names, LABEL_ROOM) : 14);
    return made;
}

static void put_names(heat_field *field, const neuron_heat_map *map)
{
    neuron_chart *chart = &field->chart;
    double size = field->height < 14 ? field->height : 14;
    for (int64_t i = 0; i < map->row_count; i++)
        neuron_chart_text(chart, field->left - 6,
                          field->top + field->height * ((double)i + 0.5) + size * 0.3, "e",
                          LABEL_ROOM, neuron_names_at(map->rows, i));
    for (int64_t k = 0; k < map->column_count; k++) {
        double x = field->left + field->width * ((double)k + 0.5);
        if (!field->upright) {
            neuron_chart_text(chart, x, field->top - 6, "c", field->width,
                              neuron_names_at(map->columns, k));
            continue;
        }
        neuron_buffer_print(chart->out, "<g transform=\"translate(%g %g) rotate(-90)\">", x + 4,
                            field->top - 6);
        neuron_chart_text(chart, 0, 0, "", LABEL_ROOM, neuron_names_at(map->columns, k));
        neuron_buffer_put(chart->out, "</g>\n");
    }
    neuron_chart_text(chart, field->left, 14, "m", NEURON_CHART_WIDTH - field->left, map->across);
    double bottom = field->top + field->height * (double)map->row_count;
    neuron_buffer_print(chart->out, "<g transform=\"translate(14 %g) rotate(-90)\">", bottom);
    neuron_chart_text(chart, 0, 0, "m", bottom - 2, map->down);
    neuron_buffer_put(chart->out, "</g>\n");
}

static void put_cell(heat_field *field, const neuron_heat_map *map, int64_t row, int64_t column)
{
    neuron_heat_cell cell = {.level = NAN};
    map->cell(&cell, map->data, row, column);
    if (!isfinite(cell.level))
        return;
    neuron_buffer *out = field->chart.out;
    char step = "0123456789a"[(int)(fmin(fmax(cell.level, 0), 1) * (NEURON_HEAT_STEPS - 1) + 0.5)];
    const char class[] = {step, '\0'};
    double x = field->left + field->width * (double)column,
           y = field->top + field->height * (double)row;
    neuron_buffer_print(out, "<g><title>%s, %s: %s", neuron_names_at(map->rows, row),
                        neuron_names_at(map->columns, column), cell.text.text);
    if (cell.more.text[0])
        neuron_buffer_print(out, " (%s)", cell.more.text);
    neuron_buffer_print(
        out, "</title><rect class=\"h%s y\" x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\"/>", class,
        x, y, field->width, field->height);
    x += field->width / 2;
    y += field->height / 2;
    if (neuron_text_units(cell.text.text) <= field->width - 2 && field->height >= 14)
        neuron_buffer_print(out, "<text class=\"c t%s\" x=\"%g\" y=\"%g\">%s</text>", class, x,
                            y + (field->has_more ? -1 : 4.5), cell.text.text);
    if (field->has_more && cell.more.text[0]) {
        char *sign = strstr(cell.more.text, per_cent);
        if (sign && !field->has_signs)
            *sign = '\0';
        neuron_buffer_print(out, "<text class=\"c k t%s\" x=\"%g\" y=\"%g\">%s</text>", class, x,
                            y + 12, cell.more.text);
    }
    neuron_buffer_put(out, "</g>\n");
}

static void put_table(neuron_chart *chart, const neuron_heat_map *map)
{
    neuron_heat_cell cell;
    neuron_section *section = chart->section;
    neuron_chart_table(chart);
    neuron_table_column(section, map->down, false);
    for (int64_t k = 0; k < map->column_count; k++)
        neuron_table_column(section, neuron_names_at(map->columns, k), true);
    for (int64_t i = 0; i < map->row_count; i++) {
        neuron_table_row(section, neuron_names_at(map->rows, i));
        for (int64_t k = 0; k < map->column_count; k++) {
            cell = (neuron_heat_cell){.level = NAN};
            map->cell(&cell, map->data, i, k);
            NEURON_BUFFER(text, section->html.context);
            neuron_buffer_put(&text, cell.text.text);
            if (map->more && cell.more.text[0] && isfinite(cell.level))
                neuron_buffer_print(&text, " (%s)", cell.more.text);
            neuron_buffer_add(&text, "", 1);
            section->html.failed |= text.failed;
            neuron_table_number(section, text.failed ? "" : text.bytes);
        }
    }
    neuron_chart_end_table(chart);
}

void neuron_heat_map_draw(neuron_section *section, const neuron_heat_map *map)
{
    section->html.failed |= neuron_names_status(map->rows) != NEURON_OK ||
                            neuron_names_status(map->columns) != NEURON_OK;
    if (section->html.failed)
        return;
    heat_field field = lay_out(map);
    double right = field.left + field.width * (double)map->column_count;
    double bottom = field.top + field.height * (double)map->row_count;
    field.chart =
        neuron_chart_begin(section, map->name, map->title, map->description,
                           fmax(right + 4, NEURON_CHART_WIDTH), bottom + (field.has_more ? 22 : 4));
    put_names(&field, map);
    if (field.has_more)
        neuron_chart_text(&field.chart, field.left, bottom + 16, "k m",
                          NEURON_CHART_WIDTH - field.left, map->more);
    for (int64_t i = 0; i < map->row_count; i++)
        for (int64_t k = 0; k < map->column_count; k++)
            put_cell(&field, map, i, k);
    neuron_buffer_print(field.chart.out,
                        "<rect class=\"a\" x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\"/>\n",
                        field.left, field.top, right - field.left, bottom - field.top);
    neuron_chart_end(&field.chart);
    put_table(&field.chart, map);
}
