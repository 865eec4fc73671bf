/* The portable formats PGM and PPM: P2 and P3 as text, P5 and P6 as bytes. */
#include "data/image.h"

#include <inttypes.h>
#include <string.h>

enum { MAXIMUM_MOST = 255 };

typedef struct scan {
    const neuron_content *content;
    size_t position;
    int64_t maximum; /* of a sample: white */
} scan;

bool neuron_pnm_is(const neuron_content *content)
{
    return content->size >= 2 && content->bytes[0] == 'P' && content->bytes[1] != '\0' &&
           strchr("2356", content->bytes[1]);
}

static bool is_blank(uint8_t character)
{
    return character == ' ' || (character >= '\t' && character <= '\r');
}

/* Skips blanks, and comments from # to the end of the line. */
static void skip_blanks(scan *text)
{
    const neuron_content *content = text->content;
    bool comment = false;
    for (; text->position < content->size; text->position++) {
        uint8_t character = content->bytes[text->position];
        if (character == '#')
            comment = true;
        else if (comment && character == '\n')
            comment = false;
        else if (!comment && !is_blank(character))
            break;
    }
}

/* A number of up to `most`, which is far below what overflows. */
static int take_number(scan *text, const char *what, int64_t most, int64_t *number)
{
    const neuron_content *content = text->content;
    skip_blanks(text);
    size_t first = text->position;
    *number = 0;
    for (; text->position < content->size && *number <= most; text->position++) {
        uint8_t character = content->bytes[text->position];
        if (character < '0' || character > '9')
            break;
        *number = *number * 10 + (character - '0');
    }
    if (text->position == first)
        return neuron_fail(NEURON_E_FORMAT, "%s: %s %s at byte %zu%s", content->name, what,
                           first == content->size ? "is missing" : "is not a number", first,
                           neuron_content_where(content));
    if (*number > most)
        return neuron_fail(NEURON_E_FORMAT, "%s: %s is above %" PRId64 " at byte %zu%s",
                           content->name, what, most, first, neuron_content_where(content));
    return NEURON_OK;
}

static int read_header(scan *text, neuron_image *image)
{
    const int64_t most = 1 << 30;
    RETURN_IF_ERROR(take_number(text, "the width", most, &image->width));
    RETURN_IF_ERROR(take_number(text, "the height", most, &image->height));
    RETURN_IF_ERROR(take_number(text, "the largest sample", most, &text->maximum));
    if (text->maximum < 1 || text->maximum > MAXIMUM_MOST)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: the largest sample is %" PRId64 ", not 1 to %d",
                           text->content->name, text->maximum, MAXIMUM_MOST);
    return NEURON_OK;
}

static uint8_t scale(int64_t sample, int64_t maximum)
{
    return (uint8_t)((sample * MAXIMUM_MOST + maximum / 2) / maximum);
}

static int read_text(scan *text, const neuron_image *image)
{
    size_t count = neuron_image_size(image);
    for (size_t i = 0; i < count; i++) {
        int64_t sample;
        RETURN_IF_ERROR(take_number(text, "a sample", text->maximum, &sample));
        image->pixels[i] = scale(sample, text->maximum);
    }
    skip_blanks(text);
    return NEURON_OK;
}

static int read_bytes(scan *text, const neuron_image *image)
{
    size_t count = neuron_image_size(image);
    const uint8_t *samples = text->content->bytes + text->position;
    for (size_t i = 0; i < count; i++) {
        if (samples[i] > text->maximum)
            return neuron_fail(NEURON_E_FORMAT,
                               "%s: a sample of %d is above %" PRId64 " at byte %zu%s",
                               text->content->name, samples[i], text->maximum, text->position + i,
                               neuron_content_where(text->content));
        image->pixels[i] = scale(samples[i], text->maximum);
    }
    text->position += count;
    return NEURON_OK;
}

static int read_samples(scan *text, neuron_image *image, bool bytes)
{
    const neuron_content *content = text->content;
    if (bytes && text->position < content->size)
        text->position++; /* the one blank behind the header */
    size_t left = content->size - text->position;
    /* As text a sample takes two bytes with the blank between it and the next. */
    RETURN_IF_ERROR(neuron_image_allocate(image, content, bytes ? left : (left + 1) / 2));
    RETURN_IF_ERROR(bytes ? read_bytes(text, image) : read_text(text, image));
    if (text->position < content->size)
        return neuron_fail(NEURON_E_FORMAT, "%s: more data follows the image, at byte %zu%s",
                           content->name, text->position, neuron_content_where(content));
    return NEURON_OK;
}

int neuron_pnm_read(neuron_image *image, const neuron_content *content)
{
    scan text = {.content = content, .position = 2};
    uint8_t kind = content->bytes[1];
    image->channels = kind == '3' || kind == '6' ? 3 : 1;
    RETURN_IF_ERROR(read_header(&text, image));
    int status = read_samples(&text, image, kind >= '5');
    if (status < 0) {
        neuron_release(content->context, image->pixels);
        image->pixels = NULL;
    }
    return status;
}
