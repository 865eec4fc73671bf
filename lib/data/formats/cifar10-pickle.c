/* CIFAR-10 as Python keeps it: pickled dictionaries with an array and a list, which
 * data/codec/pickle.c reads. The pixels stay where they are in the file, the labels are copied. */
#include "data/formats/cifar10.h"
#include "base/float-mode.h"
#include "data/codec/pickle.h"

#include <inttypes.h>

/* Values that an honest file needs: a few, and a few for each row, which has 3072 bytes of
 * pixels. */
enum { VALUES_LEAST = 1000, BYTES_PER_VALUE = 64 };

static int find(const neuron_pickle *pickle, const char *key, neuron_pickle_kind kind,
                const neuron_pickle_object **object)
{
    const neuron_pickle_value *value = neuron_pickle_find(pickle, key);
    if (!value)
        return neuron_fail(NEURON_E_FORMAT, "%s: not a batch of CIFAR-10: it has no \"%s\"",
                           pickle->buffer->name, key);
    if (value->kind != kind)
        return neuron_fail(NEURON_E_FORMAT, "%s: \"%s\" is %s, not %s", pickle->buffer->name, key,
                           neuron_pickle_kind_name(value->kind), neuron_pickle_kind_name(kind));
    *object = neuron_pickle_object_of(pickle, value);
    return NEURON_OK;
}

static int check_counts(const neuron_pickle *pickle, const neuron_pickle_object *data,
                        const neuron_pickle_object *labels)
{
    const char *name = pickle->buffer->name;
    int64_t rows = data->extent[0];
    if (!data->bytes)
        return neuron_fail(NEURON_E_FORMAT, "%s: \"data\" is an array without elements", name);
    if (rows < 1 || data->extent[1] != NEURON_CIFAR10_PIXELS)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: \"data\" is an array %" PRId64 "x%" PRId64 ", not rows of %d", name,
                           rows, data->extent[1], NEURON_CIFAR10_PIXELS);
    if (data->size % NEURON_CIFAR10_PIXELS != 0 ||
        (uint64_t)rows != data->size / NEURON_CIFAR10_PIXELS)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: \"data\" is %" PRId64 " rows of %d but has %zu bytes", name, rows,
                           NEURON_CIFAR10_PIXELS, data->size);
    if (labels->count != (uint64_t)rows)
        return neuron_fail(NEURON_E_DATA, "%s: %" PRId64 " rows of \"data\" but %zu \"labels\"",
                           name, rows, labels->count);
    return NEURON_OK;
}

static int copy_labels(uint8_t *to, const neuron_pickle *pickle, const neuron_pickle_object *labels)
{
    for (size_t i = 0; i < labels->count; i++) {
        const neuron_pickle_value *label = &pickle->cells.at[labels->first + i];
        if (label->kind != NEURON_PICKLE_NUMBER)
            return neuron_fail(NEURON_E_FORMAT, "%s: label %zu is %s, not a number",
                               pickle->buffer->name, i, neuron_pickle_kind_name(label->kind));
        if (label->number < 0 || label->number >= NEURON_CIFAR10_CLASSES)
            return neuron_fail(NEURON_E_DATA, "%s: label %" PRId64 " of row %zu is not 0 to %d",
                               pickle->buffer->name, label->number, i, NEURON_CIFAR10_CLASSES - 1);
        to[i] = (uint8_t)label->number;
    }
    return NEURON_OK;
}

static int find_rows(neuron_cifar10_batch *batch, const neuron_pickle *pickle)
{
    const neuron_pickle_object *data, *labels;
    RETURN_IF_ERROR(find(pickle, "data", NEURON_PICKLE_ARRAY, &data));
    RETURN_IF_ERROR(find(pickle, "labels", NEURON_PICKLE_LIST, &labels));
    RETURN_IF_ERROR(check_counts(pickle, data, labels));
    uint8_t *copied = neuron_allocate(pickle->buffer->context, labels->count, 1);
    if (!copied)
        return NEURON_E_MEMORY;
    int status = copy_labels(copied, pickle, labels);
    if (status < 0) {
        neuron_release(pickle->buffer->context, copied);
        return status;
    }
    batch->count = data->extent[0];
    batch->pixels = data->bytes;
    batch->pixel_step = NEURON_CIFAR10_PIXELS;
    batch->labels = batch->owned = copied;
    batch->label_step = 1;
    return NEURON_OK;
}

static int parse_pickle(neuron_cifar10_batch *batch)
{
    neuron_pickle pickle;
    RETURN_IF_ERROR(neuron_pickle_read(&pickle, &batch->buffer,
                                       VALUES_LEAST + batch->buffer.size / BYTES_PER_VALUE));
    int status = find_rows(batch, &pickle);
    neuron_pickle_close(&pickle);
    return status;
}

int neuron_cifar10_pickle_read(neuron_dataset_t **dataset, const neuron_content *contents,
                               const neuron_cifar10_settings *settings)
{
    return neuron_cifar10_read_as(dataset, contents, settings, parse_pickle);
}

int neuron_dataset_load_cifar10_pickle(neuron_dataset_t **dataset, neuron_context_t *context,
                                       const char *const *paths, int64_t count)
{
    FLOAT_SCOPE;
    const neuron_cifar10_sources from = {(const void *const *)paths, NULL, false};
    return neuron_cifar10_load(dataset, context, parse_pickle, &from, count, __func__);
}

int neuron_dataset_load_cifar10_pickle_memory(neuron_dataset_t **dataset, neuron_context_t *context,
                                              const void *const *bytes, const size_t *sizes,
                                              int64_t count)
{
    FLOAT_SCOPE;
    const neuron_cifar10_sources from = {bytes, sizes, true};
    return neuron_cifar10_load(dataset, context, parse_pickle, &from, count, __func__);
}
