/* One image as a graph takes it: a dataset of one example, so that it is scaled to the same bits as
 * in a dataset. */
#include "data/formats/image-tensor.h"

#include "base/float-mode.h"
#include "data/codec/image.h"
#include "data/dataset.h"

/* A dataset of nothing but this image, over its pixels. */
static int make_dataset(neuron_dataset_t **dataset, neuron_context_t *context,
                        const neuron_image *image, const char *path)
{
    const int64_t extents[] = {1, image->height, image->width, image->channels};
    neuron_tensor_t *examples = NULL, *labels = NULL;
    int status = neuron_tensor_wrap(&examples, context, NEURON_TYPE_U8, extents, 4, image->pixels);
    if (status == NEURON_OK)
        status = neuron_tensor_create(&labels, context, NEURON_TYPE_I32, extents, 1);
    if (status == NEURON_OK)
        status = neuron_dataset_create_for(dataset, context, examples, labels, 1, path);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(examples);
    return status;
}

static int scale(neuron_tensor_t **tensor, neuron_dataset_t *dataset,
                 const neuron_image_settings *settings, const char *path)
{
    neuron_tensor_t *made;
    if (settings->scales)
        RETURN_IF_ERROR(neuron_dataset_set_scales_for(dataset, settings->scales, settings->offsets,
                                                      settings->count, path));
    RETURN_IF_ERROR(neuron_tensor_create_raw(&made, dataset->context, NEURON_TYPE_F32,
                                             dataset->examples->shape.extent,
                                             dataset->examples->shape.rank));
    int status = neuron_dataset_read(made->data, NULL, dataset, 0, 1);
    if (status < 0) {
        neuron_tensor_unref(made);
        return status;
    }
    *tensor = made;
    return NEURON_OK;
}

int neuron_image_read_tensor(neuron_tensor_t **tensor, const neuron_content *content,
                             const neuron_image_settings *settings)
{
    neuron_source source;
    neuron_image image;
    RETURN_IF_ERROR(neuron_source_open(&source, content));
    int status = neuron_image_read(&image, &source);
    neuron_source_close(&source);
    RETURN_IF_ERROR(status);
    neuron_dataset_t *dataset = NULL;
    status = make_dataset(&dataset, content->context, &image, content->name);
    if (status == NEURON_OK)
        status = scale(tensor, dataset, settings, content->name);
    neuron_dataset_unref(dataset);
    neuron_release(content->context, image.pixels);
    return status;
}

static int load(neuron_tensor_t **tensor, const neuron_content *content,
                const neuron_image_settings *settings, const char *who)
{
    bool scales = settings->scales, offsets = settings->offsets;
    if (settings->count != 0 && !(scales && offsets))
        return neuron_fail(
            NEURON_E_ARGUMENT,
            "%s: scales are %s, offsets are %s and count is %zu; give both, or neither "
            "with count 0",
            who, scales ? "given" : "NULL", offsets ? "given" : "NULL", settings->count);
    return neuron_image_read_tensor(tensor, content, settings);
}

int neuron_tensor_load_image(neuron_tensor_t **tensor, neuron_context_t *context, const char *path,
                             const double *scales, const double *offsets, size_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(tensor);
    *tensor = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    const neuron_content content = neuron_content_of_file(context, path);
    const neuron_image_settings settings = {scales, offsets, count};
    return load(tensor, &content, &settings, __func__);
}

int neuron_tensor_load_image_memory(neuron_tensor_t **tensor, neuron_context_t *context,
                                    const void *bytes, size_t size, const double *scales,
                                    const double *offsets, size_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(tensor);
    *tensor = NULL;
    CHECK_ARGUMENT(context);
    const neuron_content content = neuron_content_of_memory(context, bytes, size, "memory");
    const neuron_image_settings settings = {scales, offsets, count};
    return load(tensor, &content, &settings, __func__);
}
