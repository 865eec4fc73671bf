/* Images by libpng, written into a buffer and then in base 64 into the page. */
#include "report/document/png.h"

#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

bool neuron_image_of_shape(neuron_image *image, const int64_t *shape, int32_t rank)
{
    if (rank != 2 && (rank != 3 || (shape[2] != 1 && shape[2] != 3)))
        return false;
    if (shape[0] < 2 || shape[1] < 2 || shape[0] > 4096 || shape[1] > 4096)
        return false;
    *image =
        (neuron_image){.height = shape[0], .width = shape[1], .channels = rank == 3 ? shape[2] : 1};
    return true;
}

void neuron_image_from_reals(uint8_t *pixels, const float *values, int64_t count)
{
    double low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < count; i++)
        if (isfinite(values[i])) {
            low = fmin(low, values[i]);
            high = fmax(high, values[i]);
        }
    double scale = high > low ? 255 / (high - low) : 0;
    for (int64_t i = 0; i < count; i++)
        pixels[i] = (uint8_t)(isfinite(values[i]) ? (values[i] - low) * scale + 0.5 : 0);
}

int neuron_image_of_tensor(neuron_image *image, const neuron_tensor_t *images, const char *who)
{
    int64_t shape[NEURON_RANK_MAX] = {0};
    int32_t rank = neuron_tensor_rank(images), type = neuron_tensor_type(images);
    if (type != NEURON_TYPE_U8 && type != NEURON_TYPE_F32)
        return neuron_fail(NEURON_E_TYPE,
                           "%s: images have elements of type %d; they must be of u8 or f32", who,
                           (int)type);
    for (int32_t i = 1; i < rank; i++)
        shape[i - 1] = neuron_tensor_extent(images, i);
    if (rank < 1 || !neuron_image_of_shape(image, shape, rank - 1))
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: images have %d axes; they must have [n, height, width], or 1 or 3 "
                           "channels behind, and 2 to 4096 pixels a side",
                           who, (int)rank);
    return NEURON_OK;
}

void neuron_image_at(neuron_image *image, const neuron_tensor_t *images, int64_t i, uint8_t *room)
{
    int64_t size = image->height * image->width * image->channels;
    const void *data = neuron_tensor_data_const(images);
    if (neuron_tensor_type(images) == NEURON_TYPE_U8) {
        image->pixels = (const uint8_t *)data + i * size;
    } else {
        neuron_image_from_reals(room, (const float *)data + i * size, size);
        image->pixels = room;
    }
}

static void put_bytes(png_structp png, png_bytep bytes, size_t size)
{
    neuron_buffer_add(png_get_io_ptr(png), bytes, size);
}

static void flush(png_structp png)
{
    (void)png;
}

static void be_silent(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

/* libpng leaves by a jump when it fails. */
static void fail(png_structp png, png_const_charp text)
{
    (void)text;
    png_longjmp(png, 1);
}

static void *take(png_structp png, png_alloc_size_t size)
{
    return neuron_allocate(png_get_mem_ptr(png), size, 1);
}

static void give_back(png_structp png, void *memory)
{
    neuron_release(png_get_mem_ptr(png), memory);
}

/* Small files, the same for every version of zlib that matters: the rows as they are, packed. */
static void write_rows(png_structp png, png_infop info, const neuron_image *image)
{
    png_set_IHDR(png, info, (png_uint_32)image->width, (png_uint_32)image->height, 8,
                 image->channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png, 9);
    png_set_filter(png, 0, PNG_FILTER_NONE);
    png_write_info(png, info);
    for (int64_t y = 0; y < image->height; y++)
        png_write_row(png, image->pixels + y * image->width * image->channels);
    png_write_end(png, info);
}

int neuron_image_encode(neuron_buffer *bytes, const neuron_image *image)
{
    png_structp png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, NULL, fail, be_silent,
                                                bytes->context, take, give_back);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    volatile bool done = false;
    if (info && setjmp(png_jmpbuf(png)) == 0) {
        png_set_write_fn(png, bytes, put_bytes, flush);
        write_rows(png, info, image);
        done = true;
    }
    png_destroy_write_struct(&png, &info);
    if (!done)
        return neuron_fail(NEURON_E_MEMORY,
                           "out of memory for a PNG image of %" PRId64 " x %" PRId64, image->height,
                           image->width);
    return neuron_buffer_status(bytes);
}

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_base64(neuron_buffer *out, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t three = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);
        const char four[] = {digits[three >> 18], digits[three >> 12 & 63],
                             left > 1 ? digits[three >> 6 & 63] : '=',
                             left > 2 ? digits[three & 63] : '='};
        neuron_buffer_add(out, four, sizeof four);
    }
}

void neuron_base64_read(neuron_buffer *bytes, const char *text, size_t size)
{
    for (size_t i = 0; i + 3 < size; i += 4) {
        uint32_t three = 0;
        size_t count = 3;
        for (size_t k = 0; k < 4; k++) {
            const char *found = memchr(digits, text[i + k], sizeof digits - 1);
            three = three << 6 | (found ? (uint32_t)(found - digits) : 0);
            count -= text[i + k] == '=';
        }
        const uint8_t out[] = {(uint8_t)(three >> 16), (uint8_t)(three >> 8), (uint8_t)three};
        neuron_buffer_add(bytes, out, count);
    }
}

int neuron_write_image(neuron_section *section, const neuron_image *image, const char *alt)
{
    NEURON_BUFFER(png, section->html.context);
    RETURN_IF_ERROR(neuron_image_encode(&png, image));
    neuron_picture picture = {.is_png = true};
    snprintf(picture.name, sizeof picture.name, "image-%03" PRId64,
             neuron_section_picture_count(section) + 1);
    neuron_buffer_print(&section->html,
                        "<img width=\"%d\" height=\"%d\" alt=\"%s\" src=\"data:image/png;base64,",
                        (int)image->width, (int)image->height, alt);
    picture.begin = section->html.size;
    put_base64(&section->html, (const uint8_t *)png.bytes, png.size);
    picture.end = section->html.size;
    neuron_buffer_put(&section->html, "\">");
    neuron_section_add_picture(section, &picture);
    return neuron_buffer_status(&section->html);
}
