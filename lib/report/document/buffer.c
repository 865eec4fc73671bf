/* Growing text, escaped texts, and numbers that know no locale. */
#include "report/document/buffer.h"

#include "base/text/number.h"
#include "base/text/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void neuron_buffer_end(neuron_buffer *buffer)
{
    neuron_release(buffer->context, buffer->bytes);
    *buffer = (neuron_buffer){.context = buffer->context};
}

/* Twice as much as there is, so that a page of any length is copied a few times only. */
static bool make_room(neuron_buffer *buffer, size_t size)
{
    if (size <= buffer->capacity - buffer->size)
        return true;
    size_t needed, capacity = 2 * buffer->capacity;
    if (!neuron_add_size(buffer->size, size, &needed)) {
        buffer->failed = true;
        return false;
    }
    capacity = capacity < 1024 ? 1024 : capacity;
    capacity = capacity < needed ? needed : capacity;
    char *bytes = neuron_allocate(buffer->context, capacity, 1);
    if (!bytes) {
        buffer->failed = true;
        return false;
    }
    if (buffer->size > 0)
        memcpy(bytes, buffer->bytes, buffer->size);
    neuron_release(buffer->context, buffer->bytes);
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

void neuron_buffer_add(neuron_buffer *buffer, const void *bytes, size_t size)
{
    if (buffer->failed || size == 0 || !make_room(buffer, size))
        return;
    memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
}

void *neuron_buffer_room(neuron_buffer *buffer, int64_t count, size_t size)
{
    size_t bytes = neuron_size_of(count, size);
    if (buffer->failed || !make_room(buffer, bytes > 0 ? bytes : 1))
        return NULL;
    char *room = buffer->bytes + buffer->size;
    memset(room, 0, bytes);
    buffer->size += bytes;
    return room;
}

void neuron_buffer_put(neuron_buffer *buffer, const char *text)
{
    neuron_buffer_add(buffer, text, strlen(text));
}

static const char *entity(char character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* U+FFFE and U+FFFF, which XML does not have. */
static bool is_no_character(const char *text, size_t length)
{
    return length == 3 &&
           (memcmp(text, "\xef\xbf\xbe", 3) == 0 || memcmp(text, "\xef\xbf\xbf", 3) == 0);
}

void neuron_buffer_escape(neuron_buffer *buffer, const char *text, size_t size)
{
    const char *end = text + size;
    while (text < end && *text) {
        bool printable;
        size_t length = neuron_utf8_next(text, &printable);
        const char *escaped = entity(*text);
        if (escaped)
            neuron_buffer_put(buffer, escaped);
        else if (*text == '\t')
            neuron_buffer_put(buffer, " ");
        else if (!printable || length > (size_t)(end - text) || is_no_character(text, length))
            neuron_buffer_put(buffer, "?");
        else
            neuron_buffer_add(buffer, text, length);
        text += length;
    }
}

/* Two decimals at most: "12.5", "-3", "0". */
static void print_place(neuron_buffer *buffer, double value)
{
    char text[NEURON_NUMBER_TEXT];
    neuron_number_fixed(isfinite(value) ? value : 0, 2, text);
    char *end = text + strlen(text);
    while (end[-1] == '0')
        *--end = '\0';
    if (end[-1] == '.')
        end[-1] = '\0';
    neuron_buffer_put(buffer, strcmp(text, "-0") == 0 ? "0" : text);
}

static void print_whole(neuron_buffer *buffer, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    neuron_buffer_put(buffer, text);
}

/* The next part of a format, whose percent sign has been read; returns what follows it. */
static const char *print_part(neuron_buffer *buffer, const char *format, va_list *arguments)
{
    static const char whole[] = PRId64;
    if (strncmp(format, whole, sizeof whole - 1) == 0) {
        print_whole(buffer, va_arg(*arguments, int64_t));
        return format + sizeof whole - 1;
    }
    if (*format == 's') {
        const char *text = va_arg(*arguments, const char *);
        neuron_buffer_escape(buffer, text, strlen(text));
    } else if (*format == 'd') {
        print_whole(buffer, va_arg(*arguments, int));
    } else if (*format == 'g') {
        print_place(buffer, va_arg(*arguments, double));
    } else {
        neuron_buffer_add(buffer, format, 1);
    }
    return format + 1;
}

void neuron_buffer_print(neuron_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    while (*format && !buffer->failed) {
        size_t length = strcspn(format, "%");
        neuron_buffer_add(buffer, format, length);
        format += length;
        if (*format)
            format = print_part(buffer, format + 1, &arguments);
    }
    va_end(arguments);
}

int neuron_buffer_status(const neuron_buffer *buffer)
{
    return buffer->failed ? NEURON_E_MEMORY : NEURON_OK;
}
