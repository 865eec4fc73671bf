/* The document: a head with the style sheet, a list of its sections, and these. */
#include "report/document/report.h"

#include "base/files/file-write.h"
#include "base/float-mode.h"
#include "report/document/theme.h"

static void put_head(neuron_buffer *page, const neuron_report_t *report)
{
    const char *title = report->title[0] ? report->title : "Report";
    neuron_buffer_print(page,
                        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                        "<meta name=\"generator\" content=\"libneuron %s\">\n"
                        "<title>%s</title>\n<style>",
                        NEURON_VERSION_STRING, title);
    neuron_theme_page(page, report->theme);
    neuron_buffer_print(
        page,
        "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#content\">To the content</a>\n"
        "<header><h1 dir=\"auto\">%s</h1></header>\n",
        title);
}

static void put_contents(neuron_buffer *page, const neuron_report_t *report)
{
    if (report->count == 0)
        return;
    neuron_buffer_put(page, "<nav aria-label=\"Sections\"><ol>\n");
    for (int64_t i = 0; i < report->count; i++) {
        neuron_buffer_print(page, "<li><a href=\"#s%" PRId64 "\"><bdi>", i + 1);
        neuron_buffer_add(page, report->sections[i]->heading.bytes,
                          report->sections[i]->heading.size);
        neuron_buffer_put(page, "</bdi></a></li>\n");
    }
    neuron_buffer_put(page, "</ol></nav>\n");
}

static void put_section(neuron_buffer *page, const neuron_section *section)
{
    neuron_buffer_print(page, "<section id=\"s%" PRId64 "\">\n<h2 dir=\"auto\">", section->number);
    neuron_buffer_add(page, section->heading.bytes, section->heading.size);
    neuron_buffer_put(page, "</h2>\n");
    neuron_buffer_add(page, section->html.bytes, section->html.size);
    neuron_buffer_put(page, "</section>\n");
}

static int make_page(neuron_buffer *page, const neuron_report_t *report)
{
    put_head(page, report);
    put_contents(page, report);
    neuron_buffer_put(page, "<main id=\"content\">\n");
    for (int64_t i = 0; i < report->count; i++)
        put_section(page, report->sections[i]);
    neuron_buffer_print(page,
                        "</main>\n<footer>Made with libneuron %s</footer>\n</body>\n</html>\n",
                        NEURON_VERSION_STRING);
    return neuron_buffer_status(page);
}

int neuron_report_save(const neuron_report_t *report, const char *path)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(report);
    CHECK_ARGUMENT(path);
    NEURON_BUFFER(page, report->context);
    RETURN_IF_ERROR(make_page(&page, report));
    const neuron_file_piece piece = {page.bytes, page.size, 1};
    return neuron_file_replace(report->context, path, &piece, 1);
}

int neuron_report_save_to(const neuron_report_t *report, neuron_write_function_t write,
                          void *user_data)
{
    CHECK_ARGUMENT(report);
    CHECK_FUNCTION(write);
    NEURON_BUFFER(page, report->context);
    RETURN_IF_ERROR(make_page(&page, report));
    uint64_t before = neuron_message_count();
    int result = write(page.bytes, page.size, user_data);
    if (result == 0)
        return NEURON_OK;
    return neuron_fail_call(result, before, "%s: the function that writes returned %d", __func__,
                            result);
}
