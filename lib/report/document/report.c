/* Making and releasing reports, and adding sections to them. */
#include "report/document/report.h"

#include "base/float-mode.h"
#include "base/options/options.h"

#include <string.h>

static const neuron_word themes[] = {
    {NEURON_PAGE_AUTO, "auto"}, {NEURON_PAGE_LIGHT, "light"}, {NEURON_PAGE_DARK, "dark"}, {0, ""}};
static const neuron_option rows[] = {
    NEURON_INTEGER(NEURON_REPORT_DIGITS, "digits", 1, 9, 4, "decimals of figures"),
    NEURON_CHOICE(NEURON_REPORT_THEME, "theme", themes, NEURON_PAGE_AUTO,
                  "light, dark, or what the reader's browser asks for")};
static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

int neuron_report_create(neuron_report_t **report, neuron_context_t *context, const char *title,
                         const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(report);
    *report = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(title);
    neuron_options given;
    neuron_options_reset(&given, &table);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, __func__));
    neuron_report_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    char *copy = made ? neuron_copy_text(context, title) : NULL;
    if (!copy) {
        neuron_release(context, made);
        return NEURON_E_MEMORY;
    }
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    made->context = neuron_context_ref(context);
    made->title = copy;
    made->decimals = (int)neuron_options_value(&given, NEURON_REPORT_DIGITS);
    made->theme = (neuron_page_theme)neuron_options_value(&given, NEURON_REPORT_THEME);
    *report = made;
    return NEURON_OK;
}

neuron_report_t *neuron_report_ref(neuron_report_t *report)
{
    if (!NEURON_IS(report))
        return NULL;
    neuron_handle_own(&report->handle);
    return report;
}

void neuron_report_unref(neuron_report_t *report)
{
    if (!NEURON_IS(report) || !neuron_hold_last_owner(&report->handle.references))
        return;
    neuron_context_t *context = report->context;
    for (int64_t i = 0; i < report->count; i++) {
        neuron_section_end(report->sections[i]);
        neuron_release(context, report->sections[i]);
    }
    neuron_release(context, report->sections);
    neuron_release(context, report->title);
    neuron_release(context, report);
    neuron_context_unref(context);
}

neuron_section neuron_report_begin(const neuron_report_t *report, const char *heading,
                                   const char *usual)
{
    neuron_section section;
    neuron_section_begin(&section, report->context, report->count + 1, heading ? heading : usual);
    section.decimals = report->decimals;
    return section;
}

/* Room for one more section. */
static int make_room(neuron_report_t *report)
{
    if (report->count < report->capacity)
        return NEURON_OK;
    int64_t capacity = report->capacity > 0 ? 2 * report->capacity : 16;
    neuron_section **sections =
        neuron_allocate(report->context, neuron_size(capacity), sizeof *sections);
    if (!sections)
        return NEURON_E_MEMORY;
    if (report->count > 0)
        memcpy(sections, report->sections, neuron_size(report->count) * sizeof *sections);
    neuron_release(report->context, report->sections);
    report->sections = sections;
    report->capacity = capacity;
    return NEURON_OK;
}

int neuron_report_add(neuron_report_t *report, neuron_section *section)
{
    RETURN_IF_ERROR(neuron_buffer_status(&section->html));
    RETURN_IF_ERROR(make_room(report));
    neuron_section *kept = neuron_allocate(report->context, 1, sizeof *kept);
    if (!kept)
        return NEURON_E_MEMORY;
    *kept = *section;
    neuron_section_begin(section, report->context, 0, "");
    report->sections[report->count++] = kept;
    return NEURON_OK;
}
