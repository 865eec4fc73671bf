/* Reads safetensors: a size, a header in JSON, then the values. Every offset is checked against the
 * header and the file before anything is read by it. */
#include "model/safetensors.h"

#include "base/checked.h"
#include "base/files/file.h"
#include "base/sort.h"
#include "base/tensor.h"
#include "base/files/json.h"
#include "model/safetensors-types.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_SIZE = 8 };

struct neuron_safetensors {
    neuron_context_t *context;
    const char *source;
    void *owned;    /* the bytes, if they were read from a file */
    json_t *header; /* owns all names and texts */
    const json_t *metadata;
    const unsigned char *data;
    size_t data_place; /* in the file */
    size_t data_size;
    neuron_safetensors_entry *entries;
    size_t entry_count;
};

/* Finds header and data, and parses the header. */
static int read_header(neuron_safetensors *file, const unsigned char *bytes, size_t size)
{
    if (size < LENGTH_SIZE)
        return neuron_fail(NEURON_E_FORMAT, "%s: ends at byte %zu, before the header", file->source,
                           size);
    uint64_t length = 0;
    for (int i = 0; i < LENGTH_SIZE; i++)
        length |= (uint64_t)bytes[i] << (8 * i);
    if (length > neuron_safetensors_header_max)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: is no safetensors file: byte 0 announces a header of %" PRIu64
                           " bytes; at most %zu are allowed",
                           file->source, length, neuron_safetensors_header_max);
    if (length > size - LENGTH_SIZE)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: ends at byte %zu, inside a header of %" PRIu64 " bytes",
                           file->source, size, length);
    if (length == 0 || bytes[LENGTH_SIZE] != '{')
        return neuron_fail(NEURON_E_FORMAT, "%s: header does not begin with '{' at byte %d",
                           file->source, LENGTH_SIZE);
    file->data_place = LENGTH_SIZE + (size_t)length;
    file->data = bytes + file->data_place;
    file->data_size = size - file->data_place;
    return neuron_json_parse(&file->header, file->context, (const char *)bytes + LENGTH_SIZE,
                             (size_t)length, LENGTH_SIZE, file->source);
}

static int read_metadata(neuron_safetensors *file)
{
    file->metadata = json_object_get(file->header, neuron_safetensors_metadata);
    if (!file->metadata)
        return NEURON_OK;
    if (!json_is_object(file->metadata))
        return neuron_fail(NEURON_E_FORMAT, "%s: \"%s\" is not an object", file->source,
                           neuron_safetensors_metadata);
    void *place = json_object_iter((json_t *)(uintptr_t)file->metadata);
    for (; place; place = json_object_iter_next((json_t *)(uintptr_t)file->metadata, place))
        if (!json_is_string(json_object_iter_value(place)))
            return neuron_fail(NEURON_E_FORMAT, "%s: key \"" NEURON_JSON_NAME "\" is not a text",
                               file->source, json_object_iter_key(place));
    return NEURON_OK;
}

/* Begins a message about an entry. */
#define ENTRY "%s: array \"" NEURON_JSON_NAME "\""

static int read_dtype(const neuron_safetensors_type **type, const neuron_safetensors *file,
                      const char *name, const json_t *json)
{
    const char *text = json_string_value(json);
    for (int i = 0; text && i < NEURON_SAFETENSORS_TYPES; i++) {
        *type = &neuron_safetensors_types[i];
        if (strcmp((*type)->name, text) == 0)
            return NEURON_OK;
    }
    return neuron_fail(NEURON_E_FORMAT, ENTRY ": dtype \"%.31s\" is not known", file->source, name,
                       text ? text : "");
}

static int read_shape(neuron_shape *shape, const neuron_safetensors *file, const char *name,
                      const json_t *json)
{
    int64_t extents[NEURON_RANK_MAX];
    size_t rank = json_array_size(json);
    if (!json_is_array(json) || rank > NEURON_RANK_MAX)
        return neuron_fail(NEURON_E_FORMAT, ENTRY ": shape is not a list of up to %d numbers",
                           file->source, name, NEURON_RANK_MAX);
    for (size_t axis = 0; axis < rank; axis++) {
        const json_t *extent = json_array_get(json, axis);
        if (!json_is_integer(extent))
            return neuron_fail(NEURON_E_FORMAT, ENTRY ": extent %zu is not a whole number",
                               file->source, name, axis);
        extents[axis] = json_integer_value(extent);
    }
    if (neuron_shape_set(shape, extents, (int32_t)rank, 0, "shape") < 0)
        return neuron_fail(NEURON_E_FORMAT, ENTRY ": %s", file->source, name, neuron_error_last());
    return NEURON_OK;
}

/* Both offsets lie inside the data, the first not behind the second. */
static int read_offsets(size_t *begin, size_t *end, const neuron_safetensors *file,
                        const char *name, const json_t *json)
{
    const json_t *first = json_array_get(json, 0), *last = json_array_get(json, 1);
    if (json_array_size(json) != 2 || !json_is_integer(first) || !json_is_integer(last))
        return neuron_fail(NEURON_E_FORMAT, ENTRY ": data_offsets are not two whole numbers",
                           file->source, name);
    json_int_t from = json_integer_value(first), to = json_integer_value(last);
    if (from < 0 || to < from || (uint64_t)to > file->data_size)
        return neuron_fail(NEURON_E_FORMAT,
                           ENTRY ": bytes %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT
                                 " are not inside the %zu bytes of data from byte %zu",
                           file->source, name, from, to, file->data_size, file->data_place);
    *begin = (size_t)from;
    *end = (size_t)to;
    return NEURON_OK;
}

static int read_entry(neuron_safetensors_entry *entry, const neuron_safetensors *file,
                      const char *name, const json_t *json)
{
    const neuron_safetensors_type *type = NULL;
    size_t begin, end, size;
    if (json_object_size(json) != 3)
        return neuron_fail(NEURON_E_FORMAT,
                           ENTRY " is not an object of dtype, shape and data_offsets", file->source,
                           name);
    RETURN_IF_ERROR(read_dtype(&type, file, name, json_object_get(json, "dtype")));
    RETURN_IF_ERROR(read_shape(&entry->shape, file, name, json_object_get(json, "shape")));
    RETURN_IF_ERROR(read_offsets(&begin, &end, file, name, json_object_get(json, "data_offsets")));
    if (!neuron_multiply_size(neuron_size(neuron_shape_count(&entry->shape)), type->size, &size) ||
        size != end - begin) {
        char text[NEURON_SHAPE_TEXT];
        return neuron_fail(NEURON_E_FORMAT, ENTRY ": %s of %s does not take %zu bytes",
                           file->source, name, neuron_shape_text(&entry->shape, text), type->name,
                           end - begin);
    }
    entry->name = name;
    entry->dtype = type->name;
    entry->type = type->type;
    entry->data = file->data + begin;
    entry->size = size;
    return NEURON_OK;
}

static int read_entries(neuron_safetensors *file)
{
    size_t count = json_object_size(file->header);
    file->entries = neuron_allocate_zero(file->context, count, sizeof *file->entries);
    if (!file->entries)
        return NEURON_E_MEMORY;
    void *place = json_object_iter(file->header);
    for (; place; place = json_object_iter_next(file->header, place)) {
        const char *name = json_object_iter_key(place);
        if (strcmp(name, neuron_safetensors_metadata) == 0)
            continue;
        RETURN_IF_ERROR(read_entry(&file->entries[file->entry_count], file, name,
                                   json_object_iter_value(place)));
        file->entry_count++;
    }
    return NEURON_OK;
}

static int compare_places(const void *left, const void *right)
{
    const neuron_safetensors_entry *a = left, *b = right;
    uintptr_t first = (uintptr_t)a->data, second = (uintptr_t)b->data;
    if (first != second)
        return first < second ? -1 : 1;
    /* Empty arrays come before the one that begins where they are. */
    return (a->size > b->size) - (a->size < b->size);
}

static int compare_names(const void *left, const void *right)
{
    const neuron_safetensors_entry *a = left, *b = right;
    return strcmp(a->name, b->name);
}

/* The arrays lie one right after the other, from the first byte of the data to the last. */
static int check_cover(neuron_safetensors *file)
{
    size_t end = 0;
    neuron_sort(file->entries, file->entry_count, sizeof *file->entries, compare_places);
    for (size_t i = 0; i < file->entry_count; i++) {
        const neuron_safetensors_entry *entry = &file->entries[i];
        size_t begin = (size_t)((const unsigned char *)entry->data - file->data);
        if (begin != end)
            return neuron_fail(NEURON_E_FORMAT, ENTRY ": %s at byte %zu", file->source, entry->name,
                               begin < end ? "overlaps another array" : "leaves a hole before it",
                               file->data_place + begin);
        end += entry->size;
    }
    if (end != file->data_size)
        return neuron_fail(NEURON_E_FORMAT, "%s: %zu bytes at byte %zu belong to no array",
                           file->source, file->data_size - end, file->data_place + end);
    neuron_sort(file->entries, file->entry_count, sizeof *file->entries, compare_names);
    return NEURON_OK;
}

int neuron_safetensors_parse(neuron_safetensors **file, neuron_context_t *context,
                             const void *bytes, size_t size, const char *source)
{
    *file = NULL;
    neuron_safetensors *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    made->context = context;
    made->source = source;
    int status = read_header(made, bytes, size);
    if (status == NEURON_OK)
        status = read_metadata(made);
    if (status == NEURON_OK)
        status = read_entries(made);
    if (status == NEURON_OK)
        status = check_cover(made);
    if (status < 0) {
        neuron_safetensors_close(made);
        return status;
    }
    *file = made;
    return NEURON_OK;
}

int neuron_safetensors_open(neuron_safetensors **file, neuron_context_t *context, const char *path)
{
    void *bytes = NULL;
    size_t size = 0;
    *file = NULL;
    RETURN_IF_ERROR(neuron_file_read(context, path, &bytes, &size));
    int status = neuron_safetensors_parse(file, context, bytes, size, path);
    if (status < 0)
        neuron_release(context, bytes);
    else
        neuron_safetensors_own(*file, bytes);
    return status;
}

void neuron_safetensors_own(neuron_safetensors *file, void *bytes)
{
    file->owned = bytes;
}

void neuron_safetensors_close(neuron_safetensors *file)
{
    if (!file)
        return;
    json_decref(file->header);
    neuron_release(file->context, file->entries);
    neuron_release(file->context, file->owned);
    neuron_release(file->context, file);
}

const char *neuron_safetensors_source(const neuron_safetensors *file)
{
    return file->source;
}

size_t neuron_safetensors_data_size(const neuron_safetensors *file)
{
    return file->data_size;
}

uint64_t neuron_safetensors_number_count(const neuron_safetensors *file)
{
    uint64_t count = 0;
    for (size_t i = 0; i < file->entry_count; i++)
        count += (uint64_t)neuron_shape_count(&file->entries[i].shape);
    return count;
}

const char *neuron_safetensors_text(const neuron_safetensors *file, const char *key)
{
    return json_string_value(json_object_get(file->metadata, key));
}

const char *neuron_safetensors_next_text(const neuron_safetensors *file, const char *key,
                                         const char **text)
{
    json_t *metadata = (json_t *)(uintptr_t)file->metadata;
    void *place = key ? json_object_iter_next(metadata, json_object_key_to_iter(key))
                      : json_object_iter(metadata);
    *text = json_string_value(json_object_iter_value(place));
    return json_object_iter_key(place);
}

size_t neuron_safetensors_count(const neuron_safetensors *file)
{
    return file->entry_count;
}

const neuron_safetensors_entry *neuron_safetensors_at(const neuron_safetensors *file, size_t index)
{
    return &file->entries[index];
}

const neuron_safetensors_entry *neuron_safetensors_find(const neuron_safetensors *file,
                                                        const char *name)
{
    const neuron_safetensors_entry key = {.name = name};
    if (file->entry_count == 0)
        return NULL;
    return bsearch(&key, file->entries, file->entry_count, sizeof key, compare_names);
}

int neuron_safetensors_need(const neuron_safetensors_entry **entry, const neuron_safetensors *file,
                            const char *name, int32_t type, const neuron_shape *shape)
{
    char found[NEURON_SHAPE_TEXT], wanted[NEURON_SHAPE_TEXT];
    *entry = neuron_safetensors_find(file, name);
    if (!*entry)
        return neuron_fail(NEURON_E_FORMAT, ENTRY " is missing", file->source, name);
    if ((*entry)->type != type)
        return neuron_fail(NEURON_E_FORMAT, ENTRY " is of %s, not of %s", file->source, name,
                           (*entry)->dtype, neuron_type_name(type));
    if (shape && !neuron_shape_equal(&(*entry)->shape, shape))
        return neuron_fail(NEURON_E_FORMAT, ENTRY " is %s, not %s", file->source, name,
                           neuron_shape_text(&(*entry)->shape, found),
                           neuron_shape_text(shape, wanted));
    return NEURON_OK;
}
