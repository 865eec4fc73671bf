/* Each file is read in order and straight into its tensor: the header first, which is checked
 * against how much there can be, then the elements. neuron_idx_read() makes a dataset of the
 * two. */
#include "data/formats/idx.h"

#include "base/checked.h"
#include "base/float-mode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MAGIC_SIZE = 4, IDX_UNSIGNED_BYTES = 8, IMAGES_RANK = 3 };

/* Room for what a header promises: a count, and a shape. */
enum { PROMISE_TEXT = NEURON_SHAPE_TEXT + 32 };

typedef struct header {
    neuron_shape shape;
    uint64_t elements;          /* UINT64_MAX if they are more than can be counted */
    char promise[PROMISE_TEXT]; /* "60000 images of 28x28" */
} header;

static int check_magic(const neuron_source *from, const uint8_t *magic, size_t got, int32_t rank)
{
    const uint8_t expected[MAGIC_SIZE] = {0, 0, IDX_UNSIGNED_BYTES, (uint8_t)rank};
    if (got == MAGIC_SIZE && memcmp(magic, expected, MAGIC_SIZE) == 0)
        return NEURON_OK;
    if (got < MAGIC_SIZE)
        return neuron_fail(NEURON_E_FORMAT, "%s: not an IDX file: it ends at byte %zu", from->name,
                           got);
    bool idx = magic[0] == 0 && magic[1] == 0;
    if (idx && magic[2] == IDX_UNSIGNED_BYTES)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: an IDX file of rank %d, not %" PRId32 ": it begins with "
                           "%02x %02x %02x %02x, not %02x %02x %02x %02x",
                           from->name, magic[3], rank, magic[0], magic[1], magic[2], magic[3],
                           expected[0], expected[1], expected[2], expected[3]);
    return neuron_fail(NEURON_E_FORMAT,
                       "%s: not an IDX file%s: it begins with %02x %02x %02x %02x, "
                       "not %02x %02x %02x %02x",
                       from->name, idx ? " of bytes" : "", magic[0], magic[1], magic[2], magic[3],
                       expected[0], expected[1], expected[2], expected[3]);
}

static void write_promise(header *read)
{
    neuron_shape item = {.rank = read->shape.rank - 1};
    for (int32_t axis = 0; axis < item.rank; axis++)
        item.extent[axis] = read->shape.extent[axis + 1];
    char text[NEURON_SHAPE_TEXT];
    if (item.rank == 0)
        snprintf(read->promise, sizeof read->promise, "%" PRId64 " labels", read->shape.extent[0]);
    else
        snprintf(read->promise, sizeof read->promise, "%" PRId64 " images of %s",
                 read->shape.extent[0], neuron_shape_text(&item, text));
}

static int read_header(neuron_source *from, header *read, int32_t rank)
{
    uint8_t magic[MAGIC_SIZE], extents[4 * NEURON_RANK_MAX];
    size_t got, wanted = 4 * (size_t)rank;
    RETURN_IF_ERROR(neuron_source_read(from, magic, sizeof magic, &got));
    RETURN_IF_ERROR(check_magic(from, magic, got, rank));
    RETURN_IF_ERROR(neuron_source_read(from, extents, wanted, &got));
    if (got < wanted)
        return neuron_fail(NEURON_E_FORMAT, "%s: the header ends early, at byte %zu of %zu",
                           from->name, from->position, sizeof magic + wanted);
    read->shape.rank = rank;
    read->elements = 1;
    bool counted = true;
    for (int32_t axis = 0; axis < rank; axis++) {
        const uint8_t *e = extents + 4 * axis;
        uint32_t extent = (uint32_t)e[0] << 24 | (uint32_t)e[1] << 16 | (uint32_t)e[2] << 8 | e[3];
        read->shape.extent[axis] = extent;
        counted = counted && !__builtin_mul_overflow(read->elements, extent, &read->elements);
        if (axis > 0 && extent == 0)
            return neuron_fail(NEURON_E_FORMAT, "%s: axis %" PRId32 " has extent 0, at byte %zu",
                               from->name, axis, sizeof magic + 4 * (size_t)axis);
    }
    if (!counted)
        read->elements = UINT64_MAX;
    write_promise(read);
    return NEURON_OK;
}

/* Refuses a header that promises more than the file can hold, whatever is in it. */
static int check_promise(const neuron_source *from, const header *read)
{
    uint64_t needed, left;
    bool exact = neuron_source_left(from, &left);
    if (__builtin_add_overflow(read->elements, from->position, &needed))
        return neuron_fail(NEURON_E_FORMAT, "%s: %s are more than any file can hold", from->name,
                           read->promise);
    if (read->elements <= left)
        return NEURON_OK;
    if (!exact)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: %s need %" PRIu64
                           " bytes, more than %zu bytes of gzip data can hold",
                           from->name, read->promise, needed, from->end);
    return neuron_fail(NEURON_E_FORMAT, "%s: %s need %" PRIu64 " bytes, the file has %zu",
                       from->name, read->promise, needed, from->end);
}

static int read_elements(neuron_source *from, const header *read, neuron_tensor_t *tensor)
{
    char what[PROMISE_TEXT + 8];
    size_t got, size = (size_t)read->elements, needed = from->position + size;
    RETURN_IF_ERROR(neuron_source_read(from, tensor->data, size, &got));
    if (got < size)
        return neuron_fail(NEURON_E_FORMAT, "%s: %s need %zu bytes, the unpacked data has %zu",
                           from->name, read->promise, needed, from->position);
    snprintf(what, sizeof what, "the %s", read->promise);
    return neuron_source_finish(from, what);
}

int neuron_idx_read_tensor(neuron_tensor_t **tensor, neuron_source *from, int32_t expected_rank)
{
    header read;
    neuron_tensor_t *made = NULL;
    RETURN_IF_ERROR(read_header(from, &read, expected_rank));
    RETURN_IF_ERROR(check_promise(from, &read));
    RETURN_IF_ERROR(neuron_tensor_create_raw(&made, from->context, NEURON_TYPE_U8,
                                             read.shape.extent, read.shape.rank));
    int status = read_elements(from, &read, made);
    if (status == NEURON_OK)
        *tensor = made;
    else
        neuron_tensor_unref(made);
    return status;
}

static int read_content(neuron_tensor_t **tensor, const neuron_content *content, int32_t rank)
{
    neuron_source from;
    RETURN_IF_ERROR(neuron_source_open(&from, content));
    int status = neuron_idx_read_tensor(tensor, &from, rank);
    neuron_source_close(&from);
    return status;
}

/* The dataset of [n, height, width] images, with a channel axis of its own. */
static int make_dataset(neuron_dataset_t **dataset, const neuron_content contents[2],
                        neuron_tensor_t *images, neuron_tensor_t *labels, int64_t class_count)
{
    if (images->shape.extent[0] != labels->shape.extent[0])
        return neuron_fail(NEURON_E_DATA, "%" PRId64 " images but %" PRId64 " labels: %s and %s",
                           images->shape.extent[0], labels->shape.extent[0], contents[0].name,
                           contents[1].name);
    RETURN_IF_ERROR(neuron_dataset_create_for(dataset, contents[0].context, images, labels,
                                              class_count, contents[1].name));
    neuron_shape *shape = &(*dataset)->shape;
    shape->extent[shape->rank++] = 1;
    return NEURON_OK;
}

int neuron_idx_read(neuron_dataset_t **dataset, const neuron_content contents[2],
                    const neuron_idx_settings *settings)
{
    neuron_tensor_t *images = NULL, *labels = NULL;
    int status = read_content(&images, &contents[0], IMAGES_RANK);
    if (status == NEURON_OK)
        status = read_content(&labels, &contents[1], 1);
    if (status == NEURON_OK)
        status = make_dataset(dataset, contents, images, labels, settings->class_count);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(images);
    return status;
}

int neuron_dataset_load_idx(neuron_dataset_t **dataset, neuron_context_t *context,
                            const char *images_path, const char *labels_path, int64_t class_count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(images_path);
    CHECK_ARGUMENT(labels_path);
    CHECK_RANGE(class_count, 1, 256);
    const neuron_content contents[] = {neuron_content_of_file(context, images_path),
                                       neuron_content_of_file(context, labels_path)};
    return neuron_idx_read(dataset, contents, &(neuron_idx_settings){class_count});
}

int neuron_dataset_load_idx_memory(neuron_dataset_t **dataset, neuron_context_t *context,
                                   const void *images, size_t images_size, const void *labels,
                                   size_t labels_size, int64_t class_count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_RANGE(class_count, 1, 256);
    const neuron_content contents[] = {
        neuron_content_of_memory(context, images, images_size, "images in memory"),
        neuron_content_of_memory(context, labels, labels_size, "labels in memory")};
    return neuron_idx_read(dataset, contents, &(neuron_idx_settings){class_count});
}
