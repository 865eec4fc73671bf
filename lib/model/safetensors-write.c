/* Writes safetensors, little-endian on any machine. The header is the same for the same tensors,
 * and padded so that values begin at whole cache lines. */
#include "model/safetensors.h"

#include "base/files/byte-order.h"
#include "base/checked.h"
#include "base/float-mode.h"
#include "base/files/file-write.h"
#include "base/files/json.h"
#include "model/safetensors-types.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

enum { LENGTH_SIZE = 8, DATA_ALIGNMENT = 64 };

/* The pieces before the arrays. */
enum { PIECE_LENGTH, PIECE_HEADER, PIECE_PADDING, FIRST_ARRAY };

static const char padding[DATA_ALIGNMENT + 1] =
    "                                                                ";

struct neuron_safetensors_writer {
    neuron_context_t *context;
    json_t *header;
    json_t *metadata; /* in header */
    unsigned char length[LENGTH_SIZE];
    char *text; /* the header, once it is complete */
    size_t data_size;
    neuron_file_piece *pieces;
    size_t piece_count, piece_capacity;
    struct narrowed *narrowed; /* numbers of its own */
};

/* Numbers that were made narrower for the file. */
typedef struct narrowed {
    struct narrowed *next;
    max_align_t numbers[];
} narrowed;

int neuron_safetensors_writer_create(neuron_safetensors_writer **writer, neuron_context_t *context)
{
    *writer = NULL;
    neuron_safetensors_writer *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    made->context = context;
    made->piece_count = FIRST_ARRAY;
    made->header = json_object();
    made->metadata = json_object();
    int status = NEURON_OK;
    if (!made->header || !made->metadata) {
        json_decref(made->metadata);
        status = neuron_json_no_memory();
    } else {
        status = neuron_json_set(made->header, neuron_safetensors_metadata, made->metadata);
    }
    if (status < 0) {
        neuron_safetensors_writer_destroy(made);
        return status;
    }
    *writer = made;
    return NEURON_OK;
}

void neuron_safetensors_writer_destroy(neuron_safetensors_writer *writer)
{
    if (!writer)
        return;
    while (writer->narrowed) {
        narrowed *first = writer->narrowed;
        writer->narrowed = first->next;
        neuron_release(writer->context, first);
    }
    json_decref(writer->header);
    neuron_release(writer->context, writer->text);
    neuron_release(writer->context, writer->pieces);
    neuron_release(writer->context, writer);
}

int neuron_safetensors_add_text(neuron_safetensors_writer *writer, const char *key,
                                const char *text)
{
    if (json_object_get(writer->metadata, key))
        return neuron_fail(NEURON_E_ARGUMENT, "key \"%s\" of a file is set twice", key);
    return neuron_json_set(writer->metadata, key, json_string(text));
}

static int reserve_piece(neuron_safetensors_writer *writer)
{
    if (writer->piece_count < writer->piece_capacity)
        return NEURON_OK;
    size_t capacity = writer->piece_count * 2 + 16;
    neuron_file_piece *pieces = neuron_allocate(writer->context, capacity, sizeof *pieces);
    if (!pieces)
        return NEURON_E_MEMORY;
    if (writer->pieces)
        memcpy(pieces, writer->pieces, writer->piece_count * sizeof *pieces);
    neuron_release(writer->context, writer->pieces);
    writer->pieces = pieces;
    writer->piece_capacity = capacity;
    return NEURON_OK;
}

static const neuron_safetensors_type *find_type(int32_t type)
{
    for (int i = 0; i < NEURON_SAFETENSORS_TYPES; i++)
        if (type != 0 && neuron_safetensors_types[i].type == type)
            return &neuron_safetensors_types[i];
    return NULL;
}

static const neuron_safetensors_type *find_dtype(const char *dtype)
{
    const neuron_safetensors_type *type = neuron_safetensors_types;
    while (strcmp(type->name, dtype) != 0)
        type++;
    return type;
}

/* Adds an empty array to an object, which owns it. */
static int add_list(json_t **list, json_t *object, const char *key)
{
    *list = json_array();
    return neuron_json_set(object, key, *list);
}

static int describe(json_t *entry, const char *dtype, const neuron_shape *shape, size_t begin,
                    size_t end)
{
    json_t *list = NULL;
    RETURN_IF_ERROR(neuron_json_set(entry, "dtype", json_string(dtype)));
    RETURN_IF_ERROR(add_list(&list, entry, "shape"));
    for (int32_t axis = 0; axis < shape->rank; axis++)
        RETURN_IF_ERROR(neuron_json_append(list, json_integer(shape->extent[axis])));
    RETURN_IF_ERROR(add_list(&list, entry, "data_offsets"));
    RETURN_IF_ERROR(neuron_json_append(list, json_integer((json_int_t)begin)));
    return neuron_json_append(list, json_integer((json_int_t)end));
}

static int add(neuron_safetensors_writer *writer, const char *name,
               const neuron_safetensors_type *found, const neuron_shape *shape, const void *data)
{
    size_t size, end;
    if (json_object_get(writer->header, name))
        return neuron_fail(NEURON_E_ARGUMENT, "array \"%s\" of a file is set twice", name);
    if (!neuron_multiply_size(neuron_size(neuron_shape_count(shape)), found->size, &size) ||
        !neuron_add_size(writer->data_size, size, &end) || end > SIZE_MAX / 2)
        return neuron_fail(NEURON_E_ARGUMENT, "array \"%s\" is too large for a file", name);
    RETURN_IF_ERROR(reserve_piece(writer));
    json_t *entry = json_object();
    if (!entry)
        return neuron_json_no_memory();
    int status = describe(entry, found->name, shape, writer->data_size, end);
    if (status < 0) {
        json_decref(entry);
        return status;
    }
    RETURN_IF_ERROR(neuron_json_set(writer->header, name, entry));
    writer->pieces[writer->piece_count++] = (neuron_file_piece){data, size, found->size};
    writer->data_size = end;
    return NEURON_OK;
}

int neuron_safetensors_add(neuron_safetensors_writer *writer, const char *name, int32_t type,
                           const neuron_shape *shape, const void *data)
{
    const neuron_safetensors_type *found = find_type(type);
    if (!found)
        return neuron_fail(NEURON_E_TYPE, "array \"%s\": type %" PRId32 " is not one of a file",
                           name, type);
    return add(writer, name, found, shape, data);
}

int neuron_safetensors_add_floats(neuron_safetensors_writer *writer, const char *name,
                                  const char *dtype, const neuron_shape *shape, const float *values)
{
    const neuron_safetensors_type *found = find_dtype(dtype);
    if (found->type == NEURON_TYPE_F32)
        return add(writer, name, found, shape, values);
    size_t count = neuron_size(neuron_shape_count(shape));
    narrowed *made = neuron_allocate(writer->context, sizeof *made + count * found->size, 1);
    if (!made)
        return NEURON_E_MEMORY;
    made->next = writer->narrowed;
    writer->narrowed = made;
    if (!neuron_safetensors_narrow(made->numbers, dtype, values, count))
        return neuron_fail(NEURON_E_NOT_FINITE,
                           "array \"%s\": a number is too large for %s; BF16 has room for it", name,
                           dtype);
    return add(writer, name, found, shape, made->numbers);
}

/* Writes the header, padded so that the arrays begin at a multiple of DATA_ALIGNMENT. */
static int complete(neuron_safetensors_writer *writer)
{
    size_t size;
    RETURN_IF_ERROR(reserve_piece(writer));
    neuron_release(writer->context, writer->text);
    writer->text = NULL;
    RETURN_IF_ERROR(neuron_json_write(&writer->text, &size, writer->context, writer->header));
    size_t fill = (DATA_ALIGNMENT - (LENGTH_SIZE + size) % DATA_ALIGNMENT) % DATA_ALIGNMENT;
    size_t length = size + fill;
    if (length > neuron_safetensors_header_max)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "the header of the file would have %zu bytes; at most %zu are allowed",
                           length, neuron_safetensors_header_max);
    for (int i = 0; i < LENGTH_SIZE; i++)
        writer->length[i] = (unsigned char)((uint64_t)length >> (8 * i));
    writer->pieces[PIECE_LENGTH] = (neuron_file_piece){writer->length, LENGTH_SIZE, 1};
    writer->pieces[PIECE_HEADER] = (neuron_file_piece){writer->text, size, 1};
    writer->pieces[PIECE_PADDING] = (neuron_file_piece){padding, fill, 1};
    return NEURON_OK;
}

int neuron_safetensors_save(neuron_safetensors_writer *writer, const char *path)
{
    RETURN_IF_ERROR(complete(writer));
    return neuron_file_replace(writer->context, path, writer->pieces, writer->piece_count);
}

int neuron_safetensors_copy(neuron_safetensors_writer *writer, void *bytes, size_t capacity,
                            size_t *needed, const char *who)
{
    RETURN_IF_ERROR(complete(writer));
    size_t total = 0;
    for (size_t i = 0; i < writer->piece_count; i++)
        if (!neuron_add_size(total, writer->pieces[i].size, &total))
            return neuron_fail(NEURON_E_MEMORY, "%s: more bytes than memory can have", who);
    if (needed)
        *needed = total;
    if (!bytes)
        return NEURON_OK;
    if (capacity < total)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: capacity is %zu; it must be %zu or more", who,
                           capacity, total);
    char *place = bytes;
    for (size_t i = 0; i < writer->piece_count; i++) {
        const neuron_file_piece *piece = &writer->pieces[i];
        neuron_copy_little(place, piece->data, piece->size, piece->width);
        place += writer->pieces[i].size;
    }
    return NEURON_OK;
}

/* Numbers of machines whose bytes are in the other order go by way of this. */
enum { CHUNK = 4096 };

static int hand_out(const void *bytes, size_t size, neuron_write_function_t write, void *user_data,
                    const char *who)
{
    uint64_t before = neuron_message_count();
    neuron_float_host *host = neuron_float_pause();
    int result = write(bytes, size, user_data);
    neuron_float_resume(host);
    if (result == 0)
        return NEURON_OK;
    neuron_set_call_message(before, "%s: the callback returned %d", who, result);
    return result < 0 ? result : NEURON_E_CALLBACK;
}

static int hand_out_swapped(const neuron_file_piece *piece, neuron_write_function_t write,
                            void *user_data, const char *who)
{
    char chunk[CHUNK];
    for (size_t first = 0; first < piece->size; first += CHUNK) {
        size_t size = piece->size - first < CHUNK ? piece->size - first : CHUNK;
        neuron_copy_little(chunk, (const char *)piece->data + first, size, piece->width);
        RETURN_IF_ERROR(hand_out(chunk, size, write, user_data, who));
    }
    return NEURON_OK;
}

int neuron_safetensors_hand_out(neuron_safetensors_writer *writer, neuron_write_function_t write,
                                void *user_data, const char *who)
{
    RETURN_IF_ERROR(complete(writer));
    for (size_t i = 0; i < writer->piece_count; i++) {
        const neuron_file_piece *piece = &writer->pieces[i];
        if (NEURON_BIG_ENDIAN && piece->width > 1)
            RETURN_IF_ERROR(hand_out_swapped(piece, write, user_data, who));
        else if (piece->size > 0)
            RETURN_IF_ERROR(hand_out(piece->data, piece->size, write, user_data, who));
    }
    return NEURON_OK;
}
