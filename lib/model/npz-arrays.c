/* Takes parameters of an .npz archive into a graph, and writes them as one. */
#include "model/npz-arrays.h"

#include "base/checked.h"
#include "base/files/byte-order.h"
#include "base/files/file-write.h"
#include "base/float-mode.h"
#include "data/codec/zip-write.h"
#include "data/codec/zip.h"
#include "data/formats/npy-header.h"
#include "data/formats/npz.h"
#include "graph/copy-arrays.h"
#include "model/safetensors.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { NAME_ROOM = 512 };

/* ---- Reading ---- */

int neuron_npz_is(bool *is, const neuron_content *content)
{
    neuron_store store;
    uint8_t sign[4] = {0};
    RETURN_IF_ERROR(neuron_store_open(&store, content));
    int status =
        store.size < sizeof sign ? NEURON_OK : neuron_store_read(&store, 0, sign, sizeof sign);
    neuron_store_close(&store);
    *is = memcmp(sign, "PK\3\4", 4) == 0 || memcmp(sign, "PK\5\6", 4) == 0;
    return status;
}

/* Arrays are all read before the first is taken. */
typedef struct archive_source {
    const neuron_graph_t *graph;
    const neuron_store *archive;
    neuron_tensor_t **tensors; /* by the index of the graph's array; NULL for none */
    int32_t *converted;        /* how many had numbers of another type */
} archive_source;

static neuron_tensor_t **place_of(const archive_source *source, const neuron_graph_array *to)
{
    return &source->tensors[to - source->graph->arrays];
}

/* Whether there is a member of that name; where it is one, it is read. */
static int read_member(const archive_source *source, const char *name, neuron_npy_array *array)
{
    char label[2 * NAME_ROOM];
    neuron_zip_member member;
    const neuron_store *archive = source->archive;
    size_t size = strlen(archive->name) + strlen(name) + sizeof ": .npy";
    char *text = size > sizeof label ? neuron_allocate(archive->context, size, 1) : label;
    if (!text)
        return NEURON_E_MEMORY;
    snprintf(text, size, "%s: %s.npy", archive->name, name);
    int status = neuron_zip_open(&member, archive, text, name);
    if (status == NEURON_OK) {
        status = neuron_npy_read_array(array, &member.source);
        neuron_source_close(&member.source);
        status = status == NEURON_OK ? 1 : status;
    } else if (status == NEURON_E_DATA) {
        status = 0;
    }
    if (text != label)
        neuron_release(archive->context, text);
    return status;
}

static int check_array(const void *owner, const char *name, const neuron_graph_array *to)
{
    const archive_source *source = owner;
    neuron_npy_array array = {.tensor = NULL};
    char text[2][NEURON_SHAPE_TEXT];
    int status = read_member(source, name, &array);
    if (status != 1)
        return status;
    *place_of(source, to) = array.tensor;
    bool kept = strcmp(array.type, to->array->bytes ? "i1" : "f4") == 0;
    *source->converted += !kept;
    if (!neuron_shape_equal(&array.tensor->shape, &to->array->shape))
        return neuron_fail(NEURON_E_SHAPE, "%s: array \"%s\" is %s, not %s", source->archive->name,
                           name, neuron_shape_text(&array.tensor->shape, text[0]),
                           neuron_shape_text(&to->array->shape, text[1]));
    return 1;
}

static float number_at(const neuron_tensor_t *tensor, int64_t i)
{
    switch (tensor->type) {
    case NEURON_TYPE_U8:
        return ((const uint8_t *)tensor->data)[i];
    case NEURON_TYPE_I32:
        return (float)((const int32_t *)tensor->data)[i];
    case NEURON_TYPE_I64:
        return (float)((const int64_t *)tensor->data)[i];
    default:
        return ((const float *)tensor->data)[i];
    }
}

static void copy_array(const void *owner, const char *name, const neuron_graph_array *to,
                       float *values)
{
    const neuron_tensor_t *tensor = *place_of(owner, to);
    (void)name;
    for (int64_t i = 0; tensor && i < to->count; i++)
        values[i] = number_at(tensor, i);
}

int neuron_npz_load_arrays(int64_t *loaded, neuron_graph_t *graph, const neuron_content *content,
                           const char *to_prefix, const char *from_prefix)
{
    neuron_store archive;
    int32_t converted = 0;
    size_t count = neuron_size(graph->array_count);
    neuron_tensor_t **tensors = neuron_allocate_zero(graph->context, count, sizeof *tensors);
    if (!tensors)
        return NEURON_E_MEMORY;
    int status = neuron_store_open(&archive, content);
    if (status == NEURON_OK) {
        const archive_source from = {graph, &archive, tensors, &converted};
        const neuron_array_source source = {content->name, &from, check_array, copy_array};
        status =
            neuron_graph_take_arrays(loaded, graph, &source, to_prefix, from_prefix, "load_arrays");
        neuron_store_close(&archive);
    }
    if (status == NEURON_OK && converted > 0)
        neuron_log(graph->context, NEURON_LOG_INFO, "model",
                   "%s: %" PRId32 " arrays of other numbers have become float32", content->name,
                   converted);
    for (size_t i = 0; i < count; i++)
        neuron_tensor_unref(tensors[i]);
    neuron_release(graph->context, tensors);
    return status;
}

/* ---- Writing ---- */

/* A member: its records and the header of its array in one piece, and its numbers. */
typedef struct member {
    neuron_zip_stored record;
    char name[NAME_ROOM];
    uint8_t head[NEURON_ZIP_LOCAL + NAME_ROOM + NEURON_NPY_HEADER_ROOM];
    int8_t *bytes; /* of a quantised array; else NULL */
} member;

typedef struct archive {
    neuron_context_t *context;
    member *members;
    int64_t count;
    neuron_file_piece *pieces; /* two for each, and the directory */
    uint8_t *directory;
} archive;

/* As a file has them. */
static uint32_t checksum_of(uint32_t sum, const neuron_file_piece *piece)
{
    const uint8_t *from = piece->data;
    uint8_t part[1 << 10];
    for (size_t at = 0; at < piece->size; at += sizeof part) {
        size_t size = piece->size - at < sizeof part ? piece->size - at : sizeof part;
        neuron_copy_little(part, from + at, size, piece->width);
        sum = (uint32_t)crc32(sum, part, (uInt)size);
    }
    return sum;
}

static int fill_numbers(neuron_file_piece *piece, member *made, const neuron_graph_t *graph,
                        const neuron_graph_array *array)
{
    const float *values = graph->values + array->offset;
    size_t count = neuron_size(array->count);
    if (!array->array->bytes) {
        *piece = (neuron_file_piece){values, count * sizeof *values, sizeof *values};
        return NEURON_OK;
    }
    made->bytes = neuron_allocate(graph->context, count, 1);
    if (!made->bytes)
        return NEURON_E_MEMORY;
    (void)neuron_safetensors_narrow(made->bytes, "I8", values, count);
    *piece = (neuron_file_piece){made->bytes, count, 1};
    return NEURON_OK;
}

/* The checksum is of the array's header and its numbers. */
static int fill_member(archive *a, int64_t index, const neuron_graph_t *graph, uint64_t *at)
{
    member *made = &a->members[index];
    const neuron_graph_array *array = &graph->arrays[index];
    neuron_file_piece *pieces = &a->pieces[2 * index];
    char header[NEURON_NPY_HEADER_ROOM];
    snprintf(made->name, sizeof made->name, "%s.npy", array->name);
    RETURN_IF_ERROR(fill_numbers(&pieces[1], made, graph, array));
    const neuron_file_piece head = {
        header,
        neuron_npy_write_header(header, array->array->bytes ? "|i1" : "<f4", &array->array->shape),
        1};
    uint64_t size = (uint64_t)head.size + pieces[1].size;
    if (size > UINT32_MAX || *at + size > UINT32_MAX - NEURON_ZIP_LOCAL - NAME_ROOM)
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: has more than the 4 GiB of an archive",
                           graph->name);
    made->record = (neuron_zip_stored){.name = made->name,
                                       .checksum = checksum_of(checksum_of(0, &head), &pieces[1]),
                                       .size = (uint32_t)size,
                                       .at = (uint32_t)*at};
    uint8_t *end = neuron_zip_put_local(made->head, &made->record);
    memcpy(end, header, head.size);
    pieces[0] = (neuron_file_piece){made->head, (size_t)(end - made->head) + head.size, 1};
    *at += pieces[0].size + pieces[1].size;
    return NEURON_OK;
}

static int fill(archive *a, const neuron_graph_t *graph)
{
    uint64_t at = 0;
    for (int64_t i = 0; i < a->count; i++)
        RETURN_IF_ERROR(fill_member(a, i, graph, &at));
    uint8_t *end = a->directory;
    for (int64_t i = 0; i < a->count; i++)
        end = neuron_zip_put_entry(end, &a->members[i].record);
    end = neuron_zip_put_end(end, (uint32_t)a->count, (uint32_t)(end - a->directory), (uint32_t)at);
    a->pieces[2 * a->count] = (neuron_file_piece){a->directory, (size_t)(end - a->directory), 1};
    return NEURON_OK;
}

static void end_archive(archive *a)
{
    for (int64_t i = 0; a->members && i < a->count; i++)
        neuron_release(a->context, a->members[i].bytes);
    neuron_release(a->context, a->members);
    neuron_release(a->context, a->pieces);
    neuron_release(a->context, a->directory);
}

int neuron_graph_save_npz(const neuron_graph_t *graph, const char *path)
{
    FLOAT_SCOPE;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(path);
    size_t count = neuron_size(graph->array_count);
    if (count > NEURON_ZIP_MEMBERS)
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: has %zu arrays; an archive has %d at most",
                           graph->name, count, NEURON_ZIP_MEMBERS);
    neuron_context_t *context = graph->context;
    archive a = {
        .context = context,
        .count = graph->array_count,
        .members = neuron_allocate_zero(context, count, sizeof *a.members),
        .pieces = neuron_allocate(context, 2 * count + 1, sizeof *a.pieces),
        .directory =
            neuron_allocate(context, NEURON_ZIP_END + count * (NEURON_ZIP_ENTRY + NAME_ROOM), 1),
    };
    int status = a.members && a.pieces && a.directory ? fill(&a, graph) : NEURON_E_MEMORY;
    if (status == NEURON_OK)
        status = neuron_file_replace(context, path, a.pieces, 2 * count + 1);
    end_archive(&a);
    return status;
}
