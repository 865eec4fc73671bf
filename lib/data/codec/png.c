/* PNG, through libpng. */
#include "data/codec/image.h"

#include <png.h>
#include <setjmp.h>

/* What a failure, which jumps, must find again. */
typedef struct decoder {
    neuron_source *source;
    neuron_image *image;
    png_structp png;
    png_infop info;
    png_bytep *rows;
    size_t most; /* that is allocated at a time */
    bool too_much, no_memory;
    bool left_out; /* a chunk that was too large, which then should follow to its end */
    int status;
} decoder;

static const char too_large[] = "a chunk is larger than the file";

static void *allocate_for_png(png_structp png, png_alloc_size_t size)
{
    decoder *state = png_get_mem_ptr(png);
    if (size > state->most) {
        state->too_much = true;
        return NULL;
    }
    void *memory = neuron_allocate(state->source->context, size, 1);
    state->no_memory = state->no_memory || !memory;
    return memory;
}

static void release_for_png(png_structp png, void *memory)
{
    decoder *state = png_get_mem_ptr(png);
    neuron_release(state->source->context, memory);
}

static void fail(png_structp png, png_const_charp message)
{
    decoder *state = png_get_error_ptr(png);
    if (state->too_much)
        message = too_large;
    state->status = state->no_memory
                        ? NEURON_E_MEMORY
                        : neuron_fail(NEURON_E_FORMAT,
                                      "%s: not a PNG that is read: %s, at byte "
                                      "%zu%s",
                                      state->source->name, message, state->source->position,
                                      neuron_source_where(state->source));
    png_longjmp(png, 1);
}

/* The library prints nothing, and an image that can be read is read. */
static void ignore(png_structp png, png_const_charp message)
{
    decoder *state = png_get_error_ptr(png);
    (void)message;
    state->left_out = state->left_out || state->too_much;
    state->too_much = false; /* what was too large is only left out */
}

static void read_bytes(png_structp png, png_bytep to, size_t size)
{
    decoder *state = png_get_io_ptr(png);
    size_t got;
    state->status = neuron_source_read(state->source, to, size, &got);
    if (state->status < 0)
        png_longjmp(png, 1);
    if (got < size)
        png_error(png, state->left_out ? too_large : "it ends early");
}

/* Whatever is stored becomes 8 bits of grey or of red, green and blue. */
static void set_output(decoder *state)
{
    png_structp png = state->png;
    png_byte colour = png_get_color_type(png, state->info);
    if (colour == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(png);
    else if (png_get_bit_depth(png, state->info) < 8)
        png_set_expand_gray_1_2_4_to_8(png);
    png_set_scale_16(png);
    png_set_strip_alpha(png);
    png_set_interlace_handling(png);
    state->image->height = png_get_image_height(png, state->info);
    state->image->width = png_get_image_width(png, state->info);
    state->image->channels = colour & PNG_COLOR_MASK_COLOR ? 3 : 1;
}

/* Whether rows of so many bytes as are stored can be in the file. */
static bool fits(const decoder *state)
{
    uint64_t stored = (uint64_t)png_get_rowbytes(state->png, state->info) + 1; /* and the filter */
    uint64_t limit = (uint64_t)state->source->end * NEURON_GZIP_RATIO_MAX;
    return (uint64_t)png_get_image_height(state->png, state->info) <= limit / stored;
}

static void allocate_pixels(decoder *state)
{
    neuron_image *image = state->image;
    state->status = neuron_image_allocate(image, state->source, fits(state) ? UINT64_MAX : 0, 0);
    if (state->status < 0)
        png_longjmp(state->png, 1);
    state->most = SIZE_MAX; /* the image's size has been checked */
    state->rows = png_malloc(state->png, (png_alloc_size_t)image->height * sizeof *state->rows);
    size_t size = (size_t)image->width * (size_t)image->channels;
    for (int64_t y = 0; y < image->height; y++)
        state->rows[y] = image->pixels + (size_t)y * size;
}

/* A chunk's length is a claim, for which libpng asks memory before a byte of it is read. Chunks of
 * text that do not get it are skipped. */
static size_t chunk_max(const neuron_source *source)
{
    size_t own = 1 << 17; /* for libpng and zlib themselves */
    return source->end < SIZE_MAX - own ? source->end + own : SIZE_MAX;
}

static void decode(decoder *state)
{
    if (setjmp(png_jmpbuf(state->png)) != 0)
        return;
    png_set_read_fn(state->png, state, read_bytes);
    png_set_sig_bytes(state->png, NEURON_IMAGE_MAGIC);
    png_set_chunk_malloc_max(state->png, 0); /* what fits is for allocate_for_png() to say */
    png_read_info(state->png, state->info);
    set_output(state);
    allocate_pixels(state);
    png_read_update_info(state->png, state->info);
    if (png_get_rowbytes(state->png, state->info) !=
        (size_t)state->image->width * (size_t)state->image->channels)
        png_error(state->png, "its kind of samples is not known");
    png_read_image(state->png, state->rows);
    state->most = chunk_max(state->source);
    png_read_end(state->png, NULL);
}

int neuron_png_read(neuron_image *image, neuron_source *source)
{
    RETURN_IF_ERROR(neuron_source_check_packed_once(source));
    decoder state = {.source = source, .image = image, .most = chunk_max(source)};
    state.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &state, fail, ignore, &state,
                                         allocate_for_png, release_for_png);
    if (state.png)
        state.info = png_create_info_struct(state.png);
    if (state.info)
        decode(&state);
    else
        state.status = state.no_memory ? NEURON_E_MEMORY
                                       : neuron_fail(NEURON_E_UNSUPPORTED,
                                                     "%s: libpng %s is not the version of its "
                                                     "headers",
                                                     source->name, png_get_libpng_ver(NULL));
    if (state.png && state.rows)
        png_free(state.png, state.rows);
    png_destroy_read_struct(&state.png, &state.info, NULL);
    if (state.status < 0) {
        neuron_release(source->context, image->pixels);
        image->pixels = NULL;
    }
    return state.status;
}
