/* What both kinds of files share, and the binary kind: records of a label and an image. */
#include "data/formats/cifar10.h"

#include "base/float-mode.h"

#include <inttypes.h>

enum {
    RECORD_SIZE = 1 + NEURON_CIFAR10_PIXELS,
    PLANE_SIZE = NEURON_CIFAR10_SIDE * NEURON_CIFAR10_SIDE
};

int neuron_cifar10_parse_binary(neuron_cifar10_batch *batch, const neuron_content *content)
{
    if (content->size == 0)
        return neuron_fail(NEURON_E_FORMAT, "%s: no records of CIFAR-10: there is no byte%s",
                           content->name, neuron_content_where(content));
    if (content->size % RECORD_SIZE != 0)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: not whole records of CIFAR-10: %zu bytes%s are not a multiple of "
                           "%d: the last record begins at byte %zu",
                           content->name, content->size, neuron_content_where(content), RECORD_SIZE,
                           content->size / RECORD_SIZE * RECORD_SIZE);
    *batch = (neuron_cifar10_batch){.count = (int64_t)(content->size / RECORD_SIZE),
                                    .labels = content->bytes,
                                    .pixels = content->bytes + 1,
                                    .label_step = RECORD_SIZE,
                                    .pixel_step = RECORD_SIZE};
    for (int64_t row = 0; row < batch->count; row++) {
        size_t at = (size_t)row * RECORD_SIZE;
        if (content->bytes[at] >= NEURON_CIFAR10_CLASSES)
            return neuron_fail(NEURON_E_DATA,
                               "%s: label %d of record %" PRId64 " is not 0 to %d, at byte %zu%s",
                               content->name, content->bytes[at], row, NEURON_CIFAR10_CLASSES - 1,
                               at, neuron_content_where(content));
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

static int join(neuron_dataset_t **dataset, neuron_context_t *context,
                const neuron_cifar10_batch *batches, neuron_content *contents, int32_t count)
{
    int64_t extents[] = {0, NEURON_CIFAR10_SIDE, NEURON_CIFAR10_SIDE, NEURON_CIFAR10_CHANNELS};
    for (int32_t k = 0; k < count; k++)
        extents[0] += batches[k].count;
    neuron_tensor_t *examples = NULL, *labels = NULL;
    int status = neuron_tensor_create_raw(&examples, context, NEURON_U8, extents, 4);
    if (status == NEURON_OK)
        status = neuron_tensor_create_raw(&labels, context, NEURON_I32, extents, 1);
    if (status < 0)
        goto done;
    int64_t row = 0;
    for (int32_t k = 0; k < count; k++) {
        copy_rows(&batches[k], (uint8_t *)examples->data + row * NEURON_CIFAR10_PIXELS,
                  (int32_t *)labels->data + row);
        row += batches[k].count;
        neuron_content_close(&contents[k]);
    }
    status = neuron_dataset_create_for(dataset, context, examples, labels, NEURON_CIFAR10_CLASSES,
                                       contents[0].name);
done:
    neuron_tensor_unref(labels);
    neuron_tensor_unref(examples);
    return status;
}

int neuron_cifar10_read(neuron_dataset_t **dataset, neuron_context_t *context,
                        neuron_cifar10_parse parse, neuron_content *contents, int32_t count)
{
    neuron_cifar10_batch *batches =
        neuron_allocate_zero(context, neuron_size(count), sizeof *batches);
    int status = batches ? NEURON_OK : NEURON_E_MEMORY;
    for (int32_t k = 0; k < count && status == NEURON_OK; k++)
        status = parse(&batches[k], &contents[k]);
    if (status == NEURON_OK)
        status = join(dataset, context, batches, contents, count);
    for (int32_t k = 0; k < count; k++) {
        neuron_content_close(&contents[k]);
        if (batches)
            neuron_release(context, batches[k].owned);
    }
    neuron_release(context, batches);
    return status;
}

static int check_paths(const char *const *paths, int32_t count, const char *who)
{
    if (!paths)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: needs paths", who);
    RETURN_IF_ERROR(neuron_check_range(count, 1, INT64_MAX, "count", who));
    for (int32_t k = 0; k < count; k++)
        if (!paths[k])
            return neuron_fail(NEURON_E_ARGUMENT, "%s: needs paths[%" PRId32 "]", who, k);
    return NEURON_OK;
}

int neuron_cifar10_load(neuron_dataset_t **dataset, neuron_context_t *context,
                        neuron_cifar10_parse parse, const char *const *paths, int32_t count,
                        const char *who)
{
    if (dataset)
        *dataset = NULL;
    if (!dataset || !context)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: needs %s", who, dataset ? "context" : "dataset");
    RETURN_IF_ERROR(check_paths(paths, count, who));
    neuron_content *contents = neuron_allocate_zero(context, neuron_size(count), sizeof *contents);
    if (!contents)
        return NEURON_E_MEMORY;
    int status = NEURON_OK;
    int32_t opened = 0;
    while (opened < count && status == NEURON_OK) {
        status = neuron_content_open(&contents[opened], context, paths[opened]);
        opened++;
    }
    if (status == NEURON_OK)
        status = neuron_cifar10_read(dataset, context, parse, contents, count);
    for (int32_t k = 0; k < opened; k++)
        neuron_content_close(&contents[k]);
    neuron_release(context, contents);
    return status;
}

int neuron_dataset_load_cifar10(neuron_dataset_t **dataset, neuron_context_t *context,
                                const char *const *paths, int32_t count)
{
    FLOAT_SCOPE;
    return neuron_cifar10_load(dataset, context, neuron_cifar10_parse_binary, paths, count,
                               __func__);
}
