/* One section of a report while it is written, and when it is kept: its HTML, and where in that
 * its pictures are. */
#ifndef REPORT_DOCUMENT_SECTION_H
#define REPORT_DOCUMENT_SECTION_H

#include "report/document/buffer.h"
#include "report/document/figure.h"

/* What colours a page has; they begin at 1 because options of words do. */
typedef enum neuron_page_theme {
    NEURON_PAGE_AUTO = 1,
    NEURON_PAGE_LIGHT,
    NEURON_PAGE_DARK
} neuron_page_theme;

enum { NEURON_PICTURE_NAME = 48 };

/* A picture within the HTML of its section. */
typedef struct neuron_picture {
    char name[NEURON_PICTURE_NAME]; /* of its file, without section and ending */
    bool is_png;                    /* bytes in base 64, else an element <svg> */
    size_t begin, end;
    size_t inside;        /* where the children of an <svg> begin */
    double width, height; /* of an <svg> */
} neuron_picture;

typedef struct neuron_section {
    int64_t number; /* from 1 */
    int decimals;   /* of figures */
    bool in_head;   /* of a table: the heads of its columns are not closed yet */
    neuron_buffer html;
    neuron_buffer heading;  /* escaped */
    neuron_buffer pictures; /* as neuron_picture, one behind the other */
} neuron_section;

void neuron_section_begin(neuron_section *section, neuron_context_t *context, int64_t number,
                          const char *heading);
void neuron_section_end(neuron_section *section) __attribute__((nothrow));

int64_t neuron_section_picture_count(const neuron_section *section);
neuron_picture *neuron_section_picture(const neuron_section *section, int64_t index);

/* Notes a picture. Without memory the whole section fails. */
void neuron_section_add_picture(neuron_section *section, const neuron_picture *picture);

/* ---- Elements ---- */

/* A smaller heading within the section. */
void neuron_write_heading(neuron_section *section, const char *heading);

/* One paragraph. */
void neuron_write_note(neuron_section *section, const char *text);

/* A table in a box in which it can be scrolled: `caption` is what readers are told of it. Then
 * come the heads of its columns, and rows of cells. */
void neuron_table_begin(neuron_section *section, const char *caption);
void neuron_table_column(neuron_section *section, const char *head, bool numbers);
void neuron_table_row(neuron_section *section, const char *head); /* with its first cell */
void neuron_table_cell(neuron_section *section, const char *text);
void neuron_table_number(neuron_section *section, const char *text);
void neuron_table_real(neuron_section *section, double value);
void neuron_table_count(neuron_section *section, int64_t count);
void neuron_table_share(neuron_section *section, double share);
void neuron_table_end(neuron_section *section);

/* A few figures that matter most, side by side. */
void neuron_facts_begin(neuron_section *section);
void neuron_fact(neuron_section *section, const char *name, const char *value);
void neuron_fact_real(neuron_section *section, const char *name, double value);
void neuron_fact_count(neuron_section *section, const char *name, int64_t count);
void neuron_facts_end(neuron_section *section);

/* A table that is folded away behind a picture. */
void neuron_details_begin(neuron_section *section, const char *caption);
void neuron_details_end(neuron_section *section);

#endif
