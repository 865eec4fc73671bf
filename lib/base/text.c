/* Builds the text of tables and reports in the caller's room: it counts what did not fit, and
 * aligns columns by characters, not bytes. */
#include "base/text.h"

#include "base/status.h"
#include "base/text/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

size_t neuron_text_width(const char *string)
{
    size_t count = 0;
    bool printable;
    for (; *string; count++)
        string += neuron_utf8_next(string, &printable);
    return count;
}

static void put_bytes(neuron_text *text, const char *bytes, size_t size)
{
    if (text->bytes)
        memcpy(text->bytes + text->length, bytes, size);
    text->length += size;
}

void neuron_text_put(neuron_text *text, const char *string)
{
    bool printable;
    for (size_t size; *string; string += size) {
        size = neuron_utf8_next(string, &printable);
        if (printable)
            put_bytes(text, string, size);
        else
            put_bytes(text, "?", 1);
    }
}

void neuron_text_end_line(neuron_text *text)
{
    put_bytes(text, "\n", 1);
}

void neuron_text_repeat(neuron_text *text, char character, size_t count)
{
    if (text->bytes)
        memset(text->bytes + text->length, character, count);
    text->length += count;
}

static void fill_up(neuron_text *text, const char *string, size_t width)
{
    size_t used = neuron_text_width(string);
    if (used < width)
        neuron_text_repeat(text, ' ', width - used);
}

void neuron_text_left(neuron_text *text, const char *string, size_t width)
{
    neuron_text_put(text, string);
    fill_up(text, string, width);
}

void neuron_text_right(neuron_text *text, const char *string, size_t width)
{
    fill_up(text, string, width);
    neuron_text_put(text, string);
}

const char *neuron_text_number(int64_t number, char text[NEURON_NUMBER_ROOM])
{
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%" PRId64, number);
    char *end = text;
    int first = number < 0; /* digit, behind the sign */
    for (int i = 0; i < count; i++) {
        if (i > first && (count - i) % 3 == 0)
            *end++ = ',';
        *end++ = digits[i];
    }
    *end = '\0';
    return text;
}

const char *neuron_text_bytes(int64_t bytes, char text[NEURON_NUMBER_ROOM])
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    int unit = 0;
    while (unit < 3 && bytes >> (10 * unit + 10) >= 1024)
        unit++;
    /* In whole numbers: a locale has no say in them. */
    int64_t size = (int64_t)1 << (10 * unit + 10);
    int64_t hundredths = bytes / size * 100 + (bytes % size * 100 + size / 2) / size;
    char exact[NEURON_NUMBER_ROOM];
    if (bytes == 0)
        return strcpy(text, "-");
    snprintf(text, NEURON_NUMBER_ROOM, "%.32s (%" PRId64 ".%02d %s)",
             neuron_text_number(bytes, exact), hundredths / 100, (int)(hundredths % 100),
             units[unit]);
    return text;
}

int neuron_text_fill(void (*write)(neuron_text *text, const void *subject), const void *subject,
                     const char *who, char *bytes, size_t capacity, size_t *needed)
{
    neuron_text text = {0};
    write(&text, subject);
    size_t size = text.length + 1;
    if (needed)
        *needed = size;
    if (!bytes)
        return NEURON_OK;
    if (capacity < size)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: capacity is %zu; it must be %zu or more", who,
                           capacity, size);
    text = (neuron_text){.bytes = bytes};
    write(&text, subject);
    bytes[text.length] = '\0';
    return NEURON_OK;
}
