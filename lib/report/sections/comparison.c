/* Figures beside those that they are compared with. */
#include "report/document/report.h"

#include "base/float-mode.h"
#include "report/charts/dots.h"

static void put_table(neuron_section *section, const neuron_dots *dots, const char *metric)
{
    neuron_table_begin(section, metric);
    neuron_table_column(section, dots->what, false);
    neuron_table_column(section, dots->first_name, true);
    neuron_table_column(section, dots->second_name, true);
    neuron_table_column(section, "Difference", true);
    if (dots->errors)
        neuron_table_column(section, "Standard error", true);
    for (int64_t i = 0; i < dots->count; i++) {
        neuron_table_row(section, neuron_names_at(dots->names, i));
        neuron_table_real(section, dots->first[i]);
        neuron_table_real(section, dots->second[i]);
        neuron_table_real(section, dots->first[i] - dots->second[i]);
        if (dots->errors)
            neuron_table_real(section, dots->errors[i]);
    }
    neuron_table_end(section);
}

int neuron_report_add_comparison(neuron_report_t *report, const char *heading, const char *metric,
                                 const char *const *names, const double *values,
                                 const double *references, const double *errors, int64_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(report);
    CHECK_ARGUMENT(metric);
    CHECK_ARGUMENT(names);
    CHECK_ARGUMENT(values);
    CHECK_ARGUMENT(references);
    CHECK_LIST(count);
    NEURON_NAMES(list, report->context);
    for (int64_t i = 0; i < count; i++) {
        if (!names[i])
            return neuron_fail(NEURON_E_ARGUMENT, "%s: names[%" PRId64 "] is NULL; it must not be",
                               __func__, i);
        neuron_names_add(&list, names[i]);
    }
    const neuron_dots dots = {.name = "comparison",
                              .title = metric,
                              .what = "Name",
                              .names = &list,
                              .count = count,
                              .first_name = "this run",
                              .second_name = "compared with",
                              .first = values,
                              .second = references,
                              .errors = errors};
    NEURON_SECTION(section, report, heading, "Comparison");
    neuron_charts_begin(&section);
    neuron_dots_draw(&section, &dots);
    neuron_buffer_put(&section.html, "<div>\n");
    put_table(&section, &dots, metric);
    neuron_buffer_put(&section.html, "</div>\n");
    neuron_charts_end(&section);
    return neuron_report_add(report, &section);
}
