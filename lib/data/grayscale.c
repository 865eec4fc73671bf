/* Grey images from coloured ones. */
#include "data/dataset.h"

#include "base/float-mode.h"

static void convert_bytes(const uint8_t *pixels, int64_t count, uint8_t *gray)
{
    for (int64_t i = 0; i < count; i++, pixels += 3)
        gray[i] = (uint8_t)((299 * pixels[0] + 587 * pixels[1] + 114 * pixels[2] + 500) / 1000);
}

static void convert_floats(const float *pixels, int64_t count, float *gray)
{
    for (int64_t i = 0; i < count; i++, pixels += 3)
        gray[i] = 0.299f * pixels[0] + 0.587f * pixels[1] + 0.114f * pixels[2];
}

/* The stored examples in grey. */
static int convert(neuron_tensor_t **gray, const neuron_dataset_t *dataset)
{
    const neuron_tensor_t *from = dataset->examples;
    int64_t rows = from->shape.extent[0];
    int64_t extents[] = {rows, dataset->shape.extent[0], dataset->shape.extent[1], 1};
    RETURN_IF_ERROR(neuron_tensor_create_raw(gray, dataset->context, from->type, extents, 4));
    int64_t pixels = rows * extents[1] * extents[2];
    if (from->type == NEURON_TYPE_U8)
        convert_bytes(from->data, pixels, (*gray)->data);
    else
        convert_floats(from->data, pixels, (*gray)->data);
    return NEURON_OK;
}

/* Sharing labels means to convert all that is stored; of a small part only what belongs to it is,
 * and so is what is not in memory. */
static int derive_compact(neuron_dataset_t **made, neuron_dataset_t *dataset)
{
    if (dataset->stream || dataset->count < dataset->examples->shape.extent[0])
        return neuron_dataset_join(made, &dataset, 1);
    return neuron_dataset_derive(made, dataset, NULL, 0, dataset->count);
}

int neuron_dataset_grayscale(neuron_dataset_t **gray, neuron_dataset_t *dataset)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(gray);
    *gray = NULL;
    CHECK_ARGUMENT(dataset);
    RETURN_IF_ERROR(neuron_dataset_refuse_zipped(dataset, __func__));
    if (dataset->shape.rank != 3 || dataset->shape.extent[2] != 3) {
        char text[NEURON_SHAPE_TEXT];
        return neuron_fail(NEURON_E_SHAPE, "%s: examples are %s, not height x width x 3", __func__,
                           neuron_shape_text(&dataset->shape, text));
    }
    if (dataset->channels)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: the dataset has a scale for each colour; make it grey before it is "
                           "standardised",
                           __func__);
    neuron_dataset_t *made;
    RETURN_IF_ERROR(derive_compact(&made, dataset));
    neuron_tensor_t *examples;
    int status = convert(&examples, made);
    if (status < 0) {
        neuron_dataset_unref(made);
        return status;
    }
    neuron_tensor_unref(made->examples);
    made->examples = examples;
    made->shape.extent[2] = 1;
    neuron_preparation_unref(made->preparation); /* its inputs were others */
    made->preparation = NULL;
    *gray = made;
    return NEURON_OK;
}
