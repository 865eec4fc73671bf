/* Lines for a terminal: see lines.h. */
#include "report/terminal/lines.h"

#include "base/checked.h"
#include "base/status.h"

#include <stdio.h>
#include <string.h>

static const neuron_option rows[] = {NEURON_TERMINAL_ROWS};

static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

void neuron_lines_init(neuron_lines *lines, const neuron_options *options)
{
    *lines =
        (neuron_lines){.columns = (int64_t)neuron_options_value(options, NEURON_TERMINAL_COLUMNS),
                       .color = neuron_options_value(options, NEURON_TERMINAL_COLOR) > 0,
                       .unicode = neuron_options_value(options, NEURON_TERMINAL_UNICODE) > 0};
}

/* ---- Characters ---- */

static void add(neuron_lines *lines, const char *bytes, size_t size)
{
    if (lines->bytes)
        memcpy(lines->bytes + lines->length, bytes, size);
    lines->length += size;
}

static void settle_ink(neuron_lines *lines)
{
    static const char sequences[][6] = {[NEURON_INK_PLAIN] = "\033[0m",
                                        [NEURON_INK_FAINT] = "\033[2m",
                                        [NEURON_INK_GREEN] = "\033[32m",
                                        [NEURON_INK_RED] = "\033[31m",
                                        [NEURON_INK_CYAN] = "\033[36m"};
    if (!lines->color || lines->ink == lines->wanted)
        return;
    if (lines->ink != NEURON_INK_PLAIN && lines->wanted != NEURON_INK_PLAIN)
        add(lines, sequences[NEURON_INK_PLAIN], strlen(sequences[NEURON_INK_PLAIN]));
    add(lines, sequences[lines->wanted], strlen(sequences[lines->wanted]));
    lines->ink = lines->wanted;
}

/* False if there is no room for it. */
static bool add_glyph(neuron_lines *lines, const neuron_glyph *glyph)
{
    if (lines->used + glyph->columns > lines->columns)
        return false;
    for (; lines->blanks > 0; lines->blanks--)
        add(lines, " ", 1);
    settle_ink(lines);
    add(lines, glyph->bytes, glyph->size);
    lines->used += glyph->columns;
    return true;
}

/* Puts what fits into `width` columns; how many it took. */
static int64_t put_within(neuron_lines *lines, const char *text, int64_t width)
{
    int64_t used = 0;
    neuron_glyph glyph;
    while (*text) {
        text += neuron_glyph_next(&glyph, text, lines->unicode);
        if (used + glyph.columns > width)
            break;
        if (glyph.size == 1 && glyph.bytes[0] == ' ')
            neuron_lines_blanks(lines, 1);
        else if (!add_glyph(lines, &glyph))
            break;
        used += glyph.columns;
    }
    return used;
}

void neuron_lines_put(neuron_lines *lines, const char *text)
{
    put_within(lines, text, INT64_MAX);
}

void neuron_lines_blanks(neuron_lines *lines, int64_t count)
{
    count = neuron_min_count(count, lines->columns - lines->used);
    if (count > 0) {
        lines->blanks += count;
        lines->used += count;
    }
}

void neuron_lines_repeat(neuron_lines *lines, const char *glyph, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        neuron_lines_put(lines, glyph);
}

/* ---- Columns ---- */

/* Cuts to `width`, with a sign in the last column. */
static int64_t put_cut(neuron_lines *lines, const char *text, int64_t width)
{
    if (width < 1)
        return 0;
    if (neuron_columns_of(text, lines->unicode) <= width)
        return put_within(lines, text, width);
    int64_t used = put_within(lines, text, width - 1);
    return used + put_within(lines, lines->unicode ? "\xe2\x80\xa6" : "~", 1);
}

void neuron_lines_left(neuron_lines *lines, const char *text, int64_t width)
{
    int64_t used = put_cut(lines, text, width);
    neuron_lines_blanks(lines, width - used);
}

void neuron_lines_right(neuron_lines *lines, const char *text, int64_t width)
{
    neuron_lines_blanks(lines, width - neuron_columns_of(text, lines->unicode));
    put_cut(lines, text, width);
}

void neuron_lines_ink(neuron_lines *lines, neuron_ink ink)
{
    lines->wanted = ink;
}

void neuron_lines_settle(neuron_lines *lines)
{
    lines->wanted = NEURON_INK_PLAIN;
    settle_ink(lines);
    lines->used -= lines->blanks;
    lines->blanks = 0;
}

void neuron_lines_end(neuron_lines *lines)
{
    neuron_lines_settle(lines);
    add(lines, "\n", 1);
    lines->used = 0;
}

void neuron_lines_bar(neuron_lines *lines, double share, int64_t width)
{
    /* One to seven eighths of a column, at its left. */
    static const char parts[][4] = {"",
                                    "\xe2\x96\x8f",
                                    "\xe2\x96\x8e",
                                    "\xe2\x96\x8d",
                                    "\xe2\x96\x8c",
                                    "\xe2\x96\x8b",
                                    "\xe2\x96\x8a",
                                    "\xe2\x96\x89"};
    int64_t eighths = (int64_t)(neuron_between(0, (int64_t)(share * 8000), 8000) * width / 1000);
    /* What there is at all is seen. */
    if (eighths < 1 && share > 0)
        eighths = 1;
    int64_t whole = lines->unicode ? eighths / 8 : (eighths + 4) / 8;
    if (!lines->unicode && whole == 0 && share > 0)
        whole = 1;
    neuron_lines_repeat(lines, lines->unicode ? "\xe2\x96\x88" : "#", whole);
    bool part = lines->unicode && eighths % 8 > 0;
    if (part)
        neuron_lines_put(lines, parts[eighths % 8]);
    neuron_lines_blanks(lines, width - whole - part);
}

/* ---- Calls ---- */

int neuron_lines_fill(void (*write)(neuron_lines *lines, const void *subject), const void *subject,
                      const char *options, char *text, size_t capacity, size_t *needed,
                      const char *who)
{
    neuron_options values;
    neuron_options_reset(&values, &table);
    RETURN_IF_ERROR(neuron_options_parse(&values, options, who));
    neuron_lines lines;
    neuron_lines_init(&lines, &values);
    write(&lines, subject);
    size_t size = lines.length + 1;
    if (needed)
        *needed = size;
    if (!text)
        return NEURON_OK;
    if (capacity < size)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: capacity is %zu; it must be %zu or more", who,
                           capacity, size);
    neuron_lines_init(&lines, &values);
    lines.bytes = text;
    write(&lines, subject);
    text[lines.length] = '\0';
    return NEURON_OK;
}

const char *neuron_count_text(int64_t count, char text[NEURON_COUNT_TEXT])
{
    char digits[NEURON_COUNT_TEXT];
    int length = snprintf(digits, sizeof digits, "%" PRId64, count);
    char *to = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && digits[i - 1] != '-' && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return text;
}
