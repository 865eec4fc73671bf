/* Sections: their headings, paragraphs and tables as HTML. */
#include "report/document/section.h"

#include <string.h>

void neuron_section_begin(neuron_section *section, neuron_context_t *context, int64_t number,
                          const char *heading)
{
    *section = (neuron_section){.number = number,
                                .html = {.context = context},
                                .heading = {.context = context},
                                .pictures = {.context = context}};
    neuron_buffer_print(&section->heading, "%s", heading);
    section->html.failed = section->heading.failed;
}

void neuron_section_end(neuron_section *section)
{
    neuron_buffer_end(&section->html);
    neuron_buffer_end(&section->heading);
    neuron_buffer_end(&section->pictures);
}

int64_t neuron_section_picture_count(const neuron_section *section)
{
    return (int64_t)(section->pictures.size / sizeof(neuron_picture));
}

neuron_picture *neuron_section_picture(const neuron_section *section, int64_t index)
{
    return (neuron_picture *)(void *)section->pictures.bytes + index;
}

void neuron_section_add_picture(neuron_section *section, const neuron_picture *picture)
{
    neuron_buffer_add(&section->pictures, picture, sizeof *picture);
    section->html.failed |= section->pictures.failed;
}

void neuron_write_heading(neuron_section *section, const char *heading)
{
    neuron_buffer_print(&section->html, "<h3>%s</h3>\n", heading);
}

void neuron_write_note(neuron_section *section, const char *text)
{
    neuron_buffer_print(&section->html, "<p>%s</p>\n", text);
}

void neuron_table_begin(neuron_section *section, const char *caption)
{
    neuron_buffer_print(&section->html,
                        "<div class=\"box\" role=\"group\" tabindex=\"0\" aria-label=\"%s\"><table>"
                        "<caption>%s</caption><thead><tr>",
                        caption, caption);
    section->in_head = true;
}

void neuron_table_column(neuron_section *section, const char *head, bool numbers)
{
    neuron_buffer_print(&section->html,
                        numbers ? "<th scope=\"col\" class=\"n\"><bdi>%s</bdi></th>"
                                : "<th scope=\"col\"><bdi>%s</bdi></th>",
                        head);
}

void neuron_table_row(neuron_section *section, const char *head)
{
    neuron_buffer_put(&section->html, section->in_head ? "</tr></thead><tbody>\n" : "</tr>\n");
    section->in_head = false;
    neuron_buffer_print(&section->html, "<tr><th scope=\"row\"><bdi>%s</bdi></th>", head);
}

void neuron_table_cell(neuron_section *section, const char *text)
{
    neuron_buffer_print(&section->html, "<td><bdi>%s</bdi></td>", text);
}

void neuron_table_number(neuron_section *section, const char *text)
{
    neuron_buffer_print(&section->html, "<td class=\"n\">%s</td>", text);
}

void neuron_table_real(neuron_section *section, double value)
{
    neuron_figure figure;
    neuron_table_number(section, neuron_figure_real(&figure, value, section->decimals));
}

void neuron_table_count(neuron_section *section, int64_t count)
{
    neuron_figure figure;
    neuron_table_number(section, neuron_figure_count(&figure, count));
}

void neuron_table_share(neuron_section *section, double share)
{
    neuron_figure figure;
    neuron_table_number(section, neuron_figure_share(&figure, share));
}

void neuron_table_end(neuron_section *section)
{
    neuron_buffer_put(&section->html, section->in_head ? "</tr></thead>" : "</tr></tbody>");
    neuron_buffer_put(&section->html, "</table></div>\n");
}

void neuron_facts_begin(neuron_section *section)
{
    neuron_buffer_put(&section->html, "<dl class=\"facts\">\n");
}

void neuron_fact(neuron_section *section, const char *name, const char *value)
{
    neuron_buffer_print(&section->html, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, value);
}

void neuron_fact_real(neuron_section *section, const char *name, double value)
{
    neuron_figure figure;
    neuron_fact(section, name, neuron_figure_real(&figure, value, section->decimals));
}

void neuron_fact_count(neuron_section *section, const char *name, int64_t count)
{
    neuron_figure figure;
    neuron_fact(section, name, neuron_figure_count(&figure, count));
}

void neuron_facts_end(neuron_section *section)
{
    neuron_buffer_put(&section->html, "</dl>\n");
}

void neuron_details_begin(neuron_section *section, const char *caption)
{
    neuron_buffer_print(&section->html, "<details><summary>Table: %s</summary>", caption);
    neuron_table_begin(section, caption);
}

void neuron_details_end(neuron_section *section)
{
    neuron_table_end(section);
    neuron_buffer_put(&section->html, "</details>\n");
}
