/* A dataset of two arrays, however they were stored: what NumPy's users save as examples and
 * labels. */
#include "data/formats/npy.h"

#include "base/float-mode.h"

#include <inttypes.h>

enum { IMAGES_RANK = 3 };

/* What NumPy makes of class numbers by the way is f8, and of one-hot rows any type. */
static int check_labels(const neuron_npy_array *labels, int64_t class_count)
{
    const neuron_shape *shape = &labels->tensor->shape;
    char text[NEURON_SHAPE_TEXT];
    if (labels->tensor->type != NEURON_TYPE_F32)
        return shape->rank == 1
                   ? NEURON_OK
                   : neuron_fail(
                         NEURON_E_SHAPE,
                         "%s: labels are %s %s; as class numbers (i1 to i8, u1 to u8, b1) they "
                         "must be [n] or [n, 1]: of one-hot rows save argmax(1), or "
                         "astype('float32') as targets [n, %" PRId64 "]",
                         labels->name, labels->type, neuron_shape_text(shape, text), class_count);
    if (shape->rank == 2 && (shape->extent[1] != 1 || class_count == 1))
        return NEURON_OK;
    return neuron_fail(NEURON_E_SHAPE,
                       "%s: labels are %s %s; of this type they are targets, [n, %" PRId64
                       "]; class numbers must be i1 to i8, u1 to u8 or b1: save astype('int32')",
                       labels->name, labels->type, neuron_shape_text(shape, text), class_count);
}

int neuron_npy_make_dataset(neuron_dataset_t **dataset, neuron_context_t *context,
                            const neuron_npy_array *examples, const neuron_npy_array *labels,
                            int64_t class_count)
{
    neuron_shape *images = &examples->tensor->shape, *numbers = &labels->tensor->shape;
    if (images->rank == IMAGES_RANK)
        images->extent[images->rank++] = 1;
    if (class_count > 0 && labels->tensor->type != NEURON_TYPE_F32 && numbers->rank == 2 &&
        numbers->extent[1] == 1)
        numbers->rank = 1;
    RETURN_IF_ERROR(neuron_dataset_check_examples(examples->tensor, examples->name));
    if (class_count > 0)
        RETURN_IF_ERROR(check_labels(labels, class_count));
    RETURN_IF_ERROR(class_count > 0
                        ? neuron_dataset_create_for(dataset, context, examples->tensor,
                                                    labels->tensor, class_count, labels->name)
                        : neuron_dataset_create_with_targets_for(dataset, context, examples->tensor,
                                                                 labels->tensor, labels->name));
    return examples->boolean ? neuron_dataset_set_scale(*dataset, 1, 0) : NEURON_OK;
}

int neuron_npy_read(neuron_dataset_t **dataset, const neuron_content contents[2],
                    const neuron_npy_settings *settings)
{
    neuron_npy_array examples = {.tensor = NULL}, labels = {.tensor = NULL};
    int status = neuron_npy_read_content(&examples, &contents[0]);
    if (status == NEURON_OK)
        status = neuron_npy_read_content(&labels, &contents[1]);
    if (status == NEURON_OK)
        status = neuron_npy_make_dataset(dataset, contents[0].context, &examples, &labels,
                                         settings->class_count);
    neuron_tensor_unref(labels.tensor);
    neuron_tensor_unref(examples.tensor);
    return status;
}

int neuron_dataset_load_npy(neuron_dataset_t **dataset, neuron_context_t *context,
                            const char *examples_path, const char *labels_path, int64_t class_count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(examples_path);
    CHECK_ARGUMENT(labels_path);
    CHECK_RANGE(class_count, 0, NEURON_CLASSES_MAX);
    const neuron_content contents[] = {neuron_content_of_file(context, examples_path),
                                       neuron_content_of_file(context, labels_path)};
    return neuron_npy_read(dataset, contents, &(neuron_npy_settings){class_count});
}

int neuron_dataset_load_npy_memory(neuron_dataset_t **dataset, neuron_context_t *context,
                                   const void *examples, size_t examples_size, const void *labels,
                                   size_t labels_size, int64_t class_count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_RANGE(class_count, 0, NEURON_CLASSES_MAX);
    const neuron_content contents[] = {
        neuron_content_of_memory(context, examples, examples_size, "examples in memory"),
        neuron_content_of_memory(context, labels, labels_size, "labels in memory")};
    return neuron_npy_read(dataset, contents, &(neuron_npy_settings){class_count});
}
