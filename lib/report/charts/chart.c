/* The frame of a picture, and its text. */
#include "report/charts/chart.h"

#include "base/text/utf8.h"

#include <stdio.h>
#include <string.h>

/* One that a telephone has no room for. */
static bool is_wide(double width)
{
    return width > 1.3 * NEURON_CHART_WIDTH;
}

neuron_chart neuron_chart_begin(neuron_section *section, const char *name, const char *title,
                                const char *description, double width, double height)
{
    neuron_chart chart = {section, &section->html, title, width, height};
    neuron_buffer *out = chart.out;
    int number = (int)neuron_section_picture_count(section) + 1;
    neuron_picture picture = {.width = width, .height = height};
    snprintf(picture.name, sizeof picture.name, "%s", name);
    bool wide = is_wide(width);
    neuron_buffer_put(out, wide ? "<figure class=\"wide\">" : "<figure>");
    neuron_buffer_print(out, "<figcaption><bdi>%s</bdi></figcaption>\n", title);
    if (wide)
        neuron_buffer_print(out,
                            "<div class=\"box\" role=\"group\" tabindex=\"0\" aria-label=\"%s\">"
                            "<div style=\"min-width:%gpx;max-width:%gpx\">",
                            title, width * 0.9, width * 1.2);
    else
        neuron_buffer_print(out, "<div style=\"max-width:%gpx\">", width * 1.2);
    picture.begin = out->size;
    neuron_buffer_print(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" role=\"img\" "
        "aria-labelledby=\"s%" PRId64 "p%dt\" aria-describedby=\"s%" PRId64 "p%dd\">",
        width, height, section->number, number, section->number, number);
    picture.inside = out->size;
    neuron_buffer_print(
        out, "<title id=\"s%" PRId64 "p%dt\">%s</title><desc id=\"s%" PRId64 "p%dd\">%s</desc>\n",
        section->number, number, title, section->number, number, description);
    neuron_section_add_picture(section, &picture);
    return chart;
}

void neuron_chart_end(neuron_chart *chart)
{
    neuron_buffer_put(chart->out, "</svg>");
    if (!chart->out->failed)
        neuron_section_picture(chart->section, neuron_section_picture_count(chart->section) - 1)
            ->end = chart->out->size;
    neuron_buffer_put(chart->out, is_wide(chart->width) ? "</div></div>\n" : "</div>\n");
}

void neuron_chart_table(neuron_chart *chart)
{
    neuron_details_begin(chart->section, chart->title);
}

void neuron_chart_end_table(neuron_chart *chart)
{
    neuron_details_end(chart->section);
    neuron_buffer_put(chart->out, "</figure>\n");
}

void neuron_charts_begin(neuron_section *section)
{
    neuron_buffer_put(&section->html, "<div class=\"grid\">\n");
}

void neuron_charts_end(neuron_section *section)
{
    neuron_buffer_put(&section->html, "</div>\n");
}

/* Of one character; ideographs are square. */
static double units(const char *text, size_t length)
{
    if (length == 1)
        return strchr("iljtfI.,:;'|!()[] ", *text) ? 4 : strchr("mwMW@%", *text) ? 11.5 : 7.7;
    if (length == 2 && memcmp(text, "\xc2\xa0", 2) == 0)
        return 4;
    return length == 2 || (unsigned char)*text < 0xe2 ? 8 : 12.5;
}

double neuron_text_units(const char *text)
{
    double sum = 0;
    bool printable;
    for (size_t length; *text; text += length) {
        length = neuron_utf8_next(text, &printable);
        sum += units(text, length);
    }
    return sum;
}

/* Bytes of the characters that there is room for. */
static size_t fitting(const char *text, double room)
{
    size_t size = 0;
    bool printable;
    for (double sum = 0; text[size];) {
        size_t length = neuron_utf8_next(text + size, &printable);
        sum += units(text + size, length);
        if (sum > room)
            break;
        size += length;
    }
    return size;
}

void neuron_chart_text(neuron_chart *chart, double x, double y, const char *class, double room,
                       const char *text)
{
    neuron_buffer_print(chart->out, "<text x=\"%g\" y=\"%g\" class=\"%s\">", x, y, class);
    if (neuron_text_units(text) <= room) {
        neuron_buffer_print(chart->out, "%s</text>\n", text);
        return;
    }
    neuron_buffer_escape(chart->out, text, fitting(text, room - 10));
    neuron_buffer_print(chart->out, "\xe2\x80\xa6<title>%s</title></text>\n", text);
}

void neuron_chart_line(neuron_chart *chart, const char *class, double x1, double y1, double x2,
                       double y2)
{
    neuron_buffer_print(chart->out, "<path class=\"%s\" d=\"M%g %gL%g %g\"/>\n", class, x1, y1, x2,
                        y2);
}
