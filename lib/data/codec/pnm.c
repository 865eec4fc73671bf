/* The portable formats PBM, PGM and PPM: P1, P2 and P3 as text, P4, P5 and P6 as bytes. */
#include "data/codec/image.h"

#include "base/checked.h"

#include <inttypes.h>
#include <string.h>

/* TAIL_MOST bytes may be comments in front of the samples, or blanks behind them. */
enum { MAXIMUM_MOST = 65535, WHITE = 255, TAIL_MOST = 4096 };

typedef struct scan {
    neuron_source *source;
    size_t at, size; /* the next byte of the buffer, and how many it has */
    bool bits;       /* samples are 0 and 1, and 1 is black */
    int64_t maximum; /* of a sample: white */
    uint8_t buffer[TAIL_MOST];
} scan;

static bool is_blank(uint8_t character)
{
    return character == ' ' || (character >= '\t' && character <= '\r');
}

/* The next byte, which stays; -1 where there is none. */
static int next_byte(scan *text, int *byte)
{
    if (text->at == text->size) {
        RETURN_IF_ERROR(
            neuron_source_read(text->source, text->buffer, sizeof text->buffer, &text->size));
        text->at = 0;
    }
    *byte = text->at < text->size ? text->buffer[text->at] : -1;
    return NEURON_OK;
}

/* Where the next byte is in the file. */
static size_t position(const scan *text)
{
    return text->source->position - (text->size - text->at);
}

/* Skips a comment, up to the end of its line and not with it. */
static int skip_comment(scan *text, int *byte)
{
    while (*byte >= 0 && *byte != '\n' && *byte != '\r') {
        text->at++;
        RETURN_IF_ERROR(next_byte(text, byte));
    }
    return NEURON_OK;
}

/* Skips blanks and comments, and gives the byte behind them. */
static int skip_blanks(scan *text, int *byte)
{
    RETURN_IF_ERROR(next_byte(text, byte));
    while (*byte == '#' || (*byte >= 0 && is_blank((uint8_t)*byte))) {
        if (*byte == '#')
            RETURN_IF_ERROR(skip_comment(text, byte));
        else
            text->at++;
        RETURN_IF_ERROR(next_byte(text, byte));
    }
    return NEURON_OK;
}

/* A number of up to `most`, which is far below what overflows, and of up to `digits` digits. */
static int take_number(scan *text, const char *what, int64_t most, int digits, int64_t *number)
{
    const neuron_source *source = text->source;
    int byte, taken = 0;
    RETURN_IF_ERROR(skip_blanks(text, &byte));
    size_t first = position(text);
    for (*number = 0; byte >= '0' && byte <= '9' && *number <= most && taken < digits; taken++) {
        *number = *number * 10 + (byte - '0');
        text->at++;
        RETURN_IF_ERROR(next_byte(text, &byte));
    }
    if (taken == 0)
        return neuron_fail(NEURON_E_FORMAT, "%s: %s %s at byte %zu%s", source->name, what,
                           byte < 0 ? "is missing" : "is not a number", first,
                           neuron_source_where(source));
    if (*number > most)
        return neuron_fail(NEURON_E_FORMAT, "%s: %s is above %" PRId64 " at byte %zu%s",
                           source->name, what, most, first, neuron_source_where(source));
    return NEURON_OK;
}

static int read_header(scan *text, neuron_image *image)
{
    int64_t most = 1 << 30;
    RETURN_IF_ERROR(take_number(text, "the width", most, INT32_MAX, &image->width));
    RETURN_IF_ERROR(take_number(text, "the height", most, INT32_MAX, &image->height));
    if (text->bits)
        return NEURON_OK;
    RETURN_IF_ERROR(take_number(text, "the largest sample", most, INT32_MAX, &text->maximum));
    if (text->maximum < 1 || text->maximum > MAXIMUM_MOST)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: the largest sample is %" PRId64 ", not 1 to %d", text->source->name,
                           text->maximum, MAXIMUM_MOST);
    return NEURON_OK;
}

static uint8_t scale(int64_t sample, const scan *text)
{
    int64_t bright = text->bits ? 1 - sample : sample;
    return (uint8_t)((bright * WHITE + text->maximum / 2) / text->maximum);
}

static int fail_more(const scan *text, size_t at)
{
    return neuron_fail(NEURON_E_FORMAT, "%s: more data follows the image, at byte %zu%s",
                       text->source->name, at, neuron_source_where(text->source));
}

static int read_text(scan *text, neuron_image *image, uint64_t left)
{
    /* A sample takes two bytes with the blank between it and the next, a bit needs no blank. */
    int byte, digits = text->bits ? 1 : INT32_MAX;
    RETURN_IF_ERROR(
        neuron_image_allocate(image, text->source, text->bits ? left : (left + 1) / 2, 0));
    size_t count = neuron_image_size(image);
    for (size_t i = 0; i < count; i++) {
        int64_t sample;
        RETURN_IF_ERROR(take_number(text, "a sample", text->maximum, digits, &sample));
        image->pixels[i] = scale(sample, text);
    }
    RETURN_IF_ERROR(skip_blanks(text, &byte));
    return byte < 0 ? NEURON_OK : fail_more(text, position(text));
}

/* Bits become bytes in their own place, from the last to the first. */
static void spread_bits(const neuron_image *image, const scan *text)
{
    size_t width = (size_t)image->width, row = (width + 7) / 8;
    uint8_t *pixels = image->pixels;
    for (size_t i = neuron_image_size(image); i-- > 0;) {
        size_t x = i % width;
        pixels[i] = scale(pixels[i / width * row + x / 8] >> (7 - x % 8) & 1, text);
    }
}

/* Samples of `size` bytes become bytes; `begin` is where they are in the file. */
static int scale_samples(const neuron_image *image, const scan *text, size_t size, size_t begin)
{
    size_t count = neuron_image_size(image);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *from = image->pixels + i * size;
        int sample = size == 2 ? from[0] << 8 | from[1] : from[0];
        if (sample > text->maximum)
            return neuron_fail(NEURON_E_FORMAT,
                               "%s: a sample of %d is above %" PRId64 " at byte %zu%s",
                               text->source->name, sample, text->maximum, begin + i * size,
                               neuron_source_where(text->source));
        image->pixels[i] = scale(sample, text);
    }
    return NEURON_OK;
}

/* Behind the comment that begins here, and its line end, which is CR LF too where that leaves
 * enough; 0 if it has none. */
static size_t comment_end(const uint8_t *bytes, size_t size, size_t begin, size_t needed)
{
    while (begin < size && bytes[begin] != '\n' && bytes[begin] != '\r')
        begin++;
    if (begin == size)
        return 0;
    bool both = size - begin >= needed + 2 && memcmp(bytes + begin, "\r\n", 2) == 0;
    return begin + 1 + both;
}

/* How well the samples go in here: 2 if nothing follows them, 1 if only blanks do, else 0. */
static int fit(const uint8_t *bytes, size_t size, size_t begin, size_t needed)
{
    if (begin > size || size - begin < needed)
        return 0;
    size_t end = size;
    while (end > begin + needed && is_blank(bytes[end - 1]))
        end--;
    return end > begin + needed ? 0 : 1 + (size == end);
}

/* Where the samples begin in what stands behind the header's last number, or 0: behind one
 * blank, as the specification has it. It knows no comments there, but some programs write them:
 * only where the samples do not go in behind the blank, those are looked for, and the best
 * place behind one is taken. */
static size_t find_samples(const uint8_t *bytes, size_t size, size_t needed)
{
    bool attached = bytes[0] == '#';
    size_t begin = attached ? 0 : 1, found = 0;
    if (!attached && fit(bytes, size, begin, needed) > 0)
        return begin;
    for (int best = 0; begin < size && bytes[begin] == '#';) {
        begin = comment_end(bytes, size, begin, needed);
        int here = begin > 0 ? fit(bytes, size, begin, needed) : 0;
        if (here > best)
            found = begin;
        best = here > best ? here : best;
        if (begin == 0)
            break;
    }
    /* Some want the one blank behind a comment that stands at the number itself. */
    if (found == 0 && attached && begin > 0 && begin < size && is_blank(bytes[begin]) &&
        fit(bytes, size, begin + 1, needed) > 0)
        found = begin + 1;
    return found;
}

/* Reads all that follows the header, as far as it can belong to the image. */
static int read_rest(scan *text, uint8_t *bytes, size_t room, size_t *size)
{
    size_t got, kept = text->size - text->at < room ? text->size - text->at : room;
    memcpy(bytes, text->buffer + text->at, kept);
    text->at += kept;
    RETURN_IF_ERROR(neuron_source_read(text->source, bytes + kept, room - kept, &got));
    *size = kept + got;
    return NEURON_OK;
}

/* What follows the last number is read behind the pixels' own place too, and then put into it. */
static int read_samples(scan *text, neuron_image *image, size_t needed, size_t sample_size)
{
    size_t start = position(text), size, room = needed + 1 + TAIL_MOST;
    uint8_t *bytes = image->pixels;
    RETURN_IF_ERROR(read_rest(text, bytes, room, &size));
    if (size <= needed)
        return neuron_fail(NEURON_E_FORMAT, "%s: the samples end early, at byte %zu%s",
                           text->source->name, start + size, neuron_source_where(text->source));
    if (size == room) /* more than is looked at, or gzip data whose end has not been checked */
        RETURN_IF_ERROR(neuron_source_finish(text->source, "the image"));
    if (bytes[0] != '#' && !is_blank(bytes[0]))
        return neuron_fail(NEURON_E_FORMAT, "%s: the header does not end at byte %zu%s",
                           text->source->name, start, neuron_source_where(text->source));
    size_t begin = find_samples(bytes, size, needed);
    if (begin == 0)
        return fail_more(text, start + 1 + needed);
    memmove(bytes, bytes + begin, needed);
    if (sample_size > 0)
        return scale_samples(image, text, sample_size, start + begin);
    spread_bits(image, text);
    return NEURON_OK;
}

static int read_bytes(scan *text, neuron_image *image, uint64_t left)
{
    size_t sample_size = text->bits ? 0 : text->maximum > WHITE ? 2 : 1;
    uint64_t most = left > 0 ? left - 1 : 0; /* without the blank behind the header */
    uint64_t row = (uint64_t)(image->width * image->channels) * sample_size;
    if (text->bits)
        row = ((uint64_t)image->width + 7) / 8;
    uint64_t needed = row * (uint64_t)image->height;
    size_t size = neuron_size((int64_t)needed);
    size_t spare = 1 + TAIL_MOST + (sample_size == 2 ? size / 2 : 0);
    RETURN_IF_ERROR(
        neuron_image_allocate(image, text->source, needed <= most ? needed * 8 : 0, spare));
    return read_samples(text, image, size, sample_size);
}

int neuron_pnm_read(neuron_image *image, neuron_source *source, const neuron_magic *magic)
{
    uint64_t left;
    uint8_t kind = magic->bytes[1];
    scan text = {.source = source,
                 .at = 2,
                 .size = magic->size,
                 .bits = kind == '1' || kind == '4',
                 .maximum = 1};
    memcpy(text.buffer, magic->bytes, magic->size);
    image->channels = kind == '3' || kind == '6' ? 3 : 1;
    RETURN_IF_ERROR(read_header(&text, image));
    neuron_source_left(source, &left);
    left += text.size - text.at;
    int status = kind >= '4' ? read_bytes(&text, image, left) : read_text(&text, image, left);
    if (status < 0) {
        neuron_release(source->context, image->pixels);
        image->pixels = NULL;
    }
    return status;
}
