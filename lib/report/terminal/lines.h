/* Lines for a terminal: none is wider than asked for, whatever is put into it, and none ends with
 * blanks. */
#ifndef REPORT_TERMINAL_LINES_H
#define REPORT_TERMINAL_LINES_H

#include <libneuron-report/terminal.h>

#include "base/options/options.h"
#include "report/terminal/width.h"

/* Keys and rows of the options that all calls share. */
enum { NEURON_TERMINAL_COLUMNS = 1, NEURON_TERMINAL_COLOR, NEURON_TERMINAL_UNICODE };
/* clang-format off */
#define NEURON_TERMINAL_ROWS                                                                       \
    NEURON_INTEGER(NEURON_TERMINAL_COLUMNS, "columns", 20, 1000, 80, "how wide lines may be"),     \
    NEURON_FLAG(NEURON_TERMINAL_COLOR, "color", 0, "yes for colours"),                             \
    NEURON_FLAG(NEURON_TERMINAL_UNICODE, "unicode", 1, "no for ASCII only")
/* clang-format on */

typedef enum neuron_ink {
    NEURON_INK_PLAIN,
    NEURON_INK_FAINT,
    NEURON_INK_GREEN,
    NEURON_INK_RED,
    NEURON_INK_CYAN
} neuron_ink;

/* What is written; without `bytes` it is only measured. */
typedef struct neuron_lines {
    char *bytes;
    size_t length;
    int64_t columns, used; /* of the present line */
    int64_t blanks;        /* of these, the last, which are written when something follows */
    bool color, unicode;
    neuron_ink ink, wanted; /* of what was written last, and of what comes */
} neuron_lines;

void neuron_lines_init(neuron_lines *lines, const neuron_options *options);

/* Puts text as far as there is room. */
void neuron_lines_put(neuron_lines *lines, const char *text);
void neuron_lines_blanks(neuron_lines *lines, int64_t count);
void neuron_lines_repeat(neuron_lines *lines, const char *glyph, int64_t count);

/* Puts text in a column of that width, cut with a sign if it is wider; at its left, its right. */
void neuron_lines_left(neuron_lines *lines, const char *text, int64_t width);
void neuron_lines_right(neuron_lines *lines, const char *text, int64_t width);

/* The colour of what comes, if there are any. */
void neuron_lines_ink(neuron_lines *lines, neuron_ink ink);

/* Ends colours, and forgets blanks behind which nothing comes; and ends the line. */
void neuron_lines_settle(neuron_lines *lines);
void neuron_lines_end(neuron_lines *lines);

/* A bar of up to `width` columns; a share of 1 fills it. */
void neuron_lines_bar(neuron_lines *lines, double share, int64_t width);

/* Puts what `write` writes of `subject`, with a zero behind it, as public calls promise, with the
 * shared options as text. */
int neuron_lines_fill(void (*write)(neuron_lines *lines, const void *subject), const void *subject,
                      const char *options, char *text, size_t capacity, size_t *needed,
                      const char *who);

/* "12,345", with the zero behind it. */
enum { NEURON_COUNT_TEXT = 32 };
const char *neuron_count_text(int64_t count, char text[NEURON_COUNT_TEXT]);

#endif
