/* What both kinds of files share, and the binary kind: records of a label and an image. All files
 * are read and checked before memory for the joined rows is asked for. */
#include "data/formats/cifar10.h"

#include "base/float-mode.h"

#include <inttypes.h>

enum {
    RECORD_SIZE = 1 + NEURON_CIFAR10_PIXELS,
    PLANE_SIZE = NEURON_CIFAR10_SIDE * NEURON_CIFAR10_SIDE
};

static int parse_records(neuron_cifar10_batch *batch)
{
    const neuron_buffer *buffer = &batch->buffer;
    if (buffer->size == 0)
        return neuron_fail(NEURON_E_FORMAT, "%s: no records of CIFAR-10: there is no byte%s",
                           buffer->name, neuron_buffer_where(buffer));
    if (buffer->size % RECORD_SIZE != 0)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: not whole records of CIFAR-10: %zu bytes%s are not a multiple of "
                           "%d: the last record begins at byte %zu",
                           buffer->name, buffer->size, neuron_buffer_where(buffer), RECORD_SIZE,
                           buffer->size / RECORD_SIZE * RECORD_SIZE);
    batch->count = (int64_t)(buffer->size / RECORD_SIZE);
    batch->labels = buffer->bytes;
    batch->pixels = buffer->bytes + 1;
    batch->label_step = batch->pixel_step = RECORD_SIZE;
    for (int64_t row = 0; row < batch->count; row++) {
        size_t at = (size_t)row * RECORD_SIZE;
        if (buffer->bytes[at] >= NEURON_CIFAR10_CLASSES)
            return neuron_fail(NEURON_E_DATA,
                               "%s: label %d of record %" PRId64 " is not 0 to %d, at byte %zu%s",
                               buffer->name, buffer->bytes[at], row, NEURON_CIFAR10_CLASSES - 1, at,
                               neuron_buffer_where(buffer));
    }
    return NEURON_OK;
}

/* Copies a file's rows, with the channels of a pixel side by side. */
static void copy_rows(const neuron_cifar10_batch *batch, uint8_t *pixels, int32_t *labels)
{
    for (int64_t row = 0; row < batch->count; row++) {
        labels[row] = batch->labels[(size_t)row * batch->label_step];
        const uint8_t *planes = batch->pixels + (size_t)row * batch->pixel_step;
        for (int i = 0; i < PLANE_SIZE; i++, pixels += NEURON_CIFAR10_CHANNELS)
            for (int c = 0; c < NEURON_CIFAR10_CHANNELS; c++)
                pixels[c] = planes[c * PLANE_SIZE + i];
    }
}

static void close_batch(neuron_cifar10_batch *batch)
{
    if (batch->owned)
        neuron_release(batch->buffer.context, batch->owned);
    batch->owned = NULL;
    neuron_buffer_close(&batch->buffer);
}

/* Copies the rows of all batches, and closes each as soon as they have been copied. */
static void join_rows(neuron_tensor_t *examples, neuron_tensor_t *labels,
                      neuron_cifar10_batch *batches, int64_t count)
{
    int64_t row = 0;
    for (int32_t k = 0; k < count; k++) {
        copy_rows(&batches[k], (uint8_t *)examples->data + row * NEURON_CIFAR10_PIXELS,
                  (int32_t *)labels->data + row);
        row += batches[k].count;
        close_batch(&batches[k]);
    }
}

static int join(neuron_dataset_t **dataset, neuron_context_t *context,
                neuron_cifar10_batch *batches, int64_t count)
{
    int64_t extents[] = {0, NEURON_CIFAR10_SIDE, NEURON_CIFAR10_SIDE, NEURON_CIFAR10_CHANNELS};
    for (int32_t k = 0; k < count; k++)
        extents[0] += batches[k].count;
    neuron_tensor_t *examples = NULL, *labels = NULL;
    int status = neuron_tensor_create_raw(&examples, context, NEURON_TYPE_U8, extents, 4);
    if (status == NEURON_OK)
        status = neuron_tensor_create_raw(&labels, context, NEURON_TYPE_I32, extents, 1);
    if (status == NEURON_OK) {
        join_rows(examples, labels, batches, count);
        status = neuron_dataset_create_for(dataset, context, examples, labels,
                                           NEURON_CIFAR10_CLASSES, batches[0].buffer.name);
    }
    neuron_tensor_unref(labels);
    neuron_tensor_unref(examples);
    return status;
}

int neuron_cifar10_read_as(neuron_dataset_t **dataset, const neuron_content *contents,
                           const neuron_cifar10_settings *settings, neuron_cifar10_parse parse)
{
    neuron_context_t *context = contents[0].context;
    int64_t count = settings->count, opened = 0;
    neuron_cifar10_batch *batches =
        neuron_allocate_zero(context, neuron_size(count), sizeof *batches);
    int status = batches ? NEURON_OK : NEURON_E_MEMORY;
    for (; opened < count && status == NEURON_OK; opened++) {
        status = neuron_buffer_open(&batches[opened].buffer, &contents[opened]);
        if (status == NEURON_OK)
            status = parse(&batches[opened]);
    }
    if (status == NEURON_OK)
        status = join(dataset, context, batches, count);
    for (int32_t k = 0; k < opened; k++)
        close_batch(&batches[k]);
    neuron_release(context, batches);
    return status;
}

int neuron_cifar10_read(neuron_dataset_t **dataset, const neuron_content *contents,
                        const neuron_cifar10_settings *settings)
{
    return neuron_cifar10_read_as(dataset, contents, settings, parse_records);
}

/* The paths of files, or the bytes of each in memory. */
static neuron_content content_of(neuron_context_t *context, const neuron_cifar10_sources *from,
                                 int32_t k)
{
    return from->sizes ? neuron_content_of_memory(context, from->at[k], from->sizes[k], "memory")
                       : neuron_content_of_file(context, from->at[k]);
}

static int check_sources(const neuron_cifar10_sources *from, int64_t count, const char *who)
{
    const char *name = from->in_memory ? "bytes" : "paths";
    if (!from->at || (from->in_memory && !from->sizes))
        return neuron_refuse_null(from->at ? "sizes" : name, who);
    RETURN_IF_ERROR(neuron_check_range(count, 1, NEURON_LIST_MAX, "count", who));
    for (int32_t k = 0; k < count; k++)
        if (!from->at[k])
            return neuron_fail(NEURON_E_ARGUMENT, "%s: %s[%" PRId32 "] is NULL; it must not be",
                               who, name, k);
    return NEURON_OK;
}

int neuron_cifar10_load(neuron_dataset_t **dataset, neuron_context_t *context,
                        neuron_cifar10_parse parse, const neuron_cifar10_sources *from,
                        int64_t count, const char *who)
{
    if (dataset)
        *dataset = NULL;
    if (!dataset)
        return neuron_refuse_null("dataset", who);
    CHECK_HANDLE(context, who);
    RETURN_IF_ERROR(check_sources(from, count, who));
    neuron_content *contents = neuron_allocate(context, neuron_size(count), sizeof *contents);
    if (!contents)
        return NEURON_E_MEMORY;
    for (int32_t k = 0; k < count; k++)
        contents[k] = content_of(context, from, k);
    int status =
        neuron_cifar10_read_as(dataset, contents, &(neuron_cifar10_settings){count}, parse);
    neuron_release(context, contents);
    return status;
}

int neuron_dataset_load_cifar10(neuron_dataset_t **dataset, neuron_context_t *context,
                                const char *const *paths, int64_t count)
{
    FLOAT_SCOPE;
    const neuron_cifar10_sources from = {(const void *const *)paths, NULL, false};
    return neuron_cifar10_load(dataset, context, parse_records, &from, count, __func__);
}

int neuron_dataset_load_cifar10_memory(neuron_dataset_t **dataset, neuron_context_t *context,
                                       const void *const *bytes, const size_t *sizes, int64_t count)
{
    FLOAT_SCOPE;
    const neuron_cifar10_sources from = {bytes, sizes, true};
    return neuron_cifar10_load(dataset, context, parse_records, &from, count, __func__);
}
