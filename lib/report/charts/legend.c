/* Entries from the left to the right, as words of a paragraph. */
#include "report/charts/legend.h"

neuron_style neuron_style_of(int64_t index)
{
    return (neuron_style){(int)(index % NEURON_SERIES), (int)(index / NEURON_SERIES % 4)};
}

neuron_legend neuron_legend_begin(double y, double width, bool draws)
{
    return (neuron_legend){.x = 4, .y = y, .width = width, .draws = draws};
}

static void put_sign(neuron_chart *chart, double x, double y, neuron_style style,
                     neuron_legend_sign sign)
{
    switch (sign) {
    case NEURON_SIGN_LINE:
        neuron_buffer_print(chart->out, "<path class=\"l s%d i%d\" d=\"M%g %gh20\"/>\n",
                            style.colour, style.dash, x, y);
        break;
    case NEURON_SIGN_BAR:
        neuron_buffer_print(chart->out,
                            "<rect class=\"fs%d\" x=\"%g\" y=\"%g\" width=\"20\" height=\"9\"/>\n",
                            style.colour, x, y - 5);
        break;
    case NEURON_SIGN_DOT:
        neuron_buffer_print(chart->out, "<circle class=\"fs%d\" cx=\"%g\" cy=\"%g\" r=\"5\"/>\n",
                            style.colour, x + 14, y);
        break;
    case NEURON_SIGN_DIAMOND:
        neuron_buffer_print(chart->out, "<path class=\"fs%d\" d=\"M%g %gl6 6 -6 6 -6 -6z\"/>\n",
                            style.colour, x + 14, y - 6);
        break;
    }
}

void neuron_legend_add(neuron_legend *legend, neuron_chart *chart, neuron_style style,
                       neuron_legend_sign sign, const char *name)
{
    enum { SIGN = 26, GAP = 14 };
    double most = legend->width - SIGN - 8, units = neuron_text_units(name);
    units = units > most ? most : units;
    if (legend->x > 4 && legend->x + SIGN + units > legend->width - 4) {
        legend->x = 4;
        legend->y += NEURON_CHART_LINE + 1;
    }
    if (legend->draws) {
        put_sign(chart, legend->x, legend->y - 4, style, sign);
        neuron_chart_text(chart, legend->x + SIGN, legend->y, "", most, name);
    }
    legend->x += SIGN + units + GAP;
}

double neuron_legend_end(const neuron_legend *legend)
{
    return legend->y + 8;
}
