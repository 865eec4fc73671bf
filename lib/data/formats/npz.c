#include "data/formats/npz.h"

#include "base/float-mode.h"
#include "data/codec/zip.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { IMAGES_RANK = 3 };

/* In messages a member is "archive: name.npy". */
int neuron_npz_read(neuron_npy_array *array, const neuron_store *archive, const char *name)
{
    *array = (neuron_npy_array){.name = archive->name};
    size_t room = strlen(archive->name) + strlen(name) + sizeof ": .npy";
    char *label = neuron_allocate(archive->context, room, 1);
    if (!label)
        return NEURON_E_MEMORY;
    snprintf(label, room, "%s: %s.npy", archive->name, name);
    neuron_zip_member member;
    int status = neuron_zip_open(&member, archive, label, name);
    if (status == NEURON_OK) {
        status = neuron_npy_read(array, &member.source);
        array->name = archive->name;
        neuron_source_close(&member.source);
    }
    neuron_release(archive->context, label);
    return status;
}

/* What NumPy makes of class numbers by the way is f8, and of one-hot rows any type. */
static int check_labels(const neuron_npy_array *labels, int32_t class_count)
{
    const neuron_shape *shape = &labels->tensor->shape;
    char text[NEURON_SHAPE_TEXT];
    if (labels->tensor->type != NEURON_F32)
        return shape->rank == 1
                   ? NEURON_OK
                   : neuron_fail(
                         NEURON_E_SHAPE,
                         "%s: labels are %s %s; as class numbers (i1 to i8, u1 to u8, b1) they "
                         "must be [n] or [n, 1]: of one-hot rows save argmax(1), or "
                         "astype('float32') as targets [n, %" PRId32 "]",
                         labels->name, labels->type, neuron_shape_text(shape, text), class_count);
    if (shape->rank == 2 && (shape->extent[1] != 1 || class_count == 1))
        return NEURON_OK;
    return neuron_fail(NEURON_E_SHAPE,
                       "%s: labels are %s %s; of this type they are targets, [n, %" PRId32
                       "]; class numbers must be i1 to i8, u1 to u8 or b1: save astype('int32')",
                       labels->name, labels->type, neuron_shape_text(shape, text), class_count);
}

int neuron_npy_dataset(neuron_dataset_t **dataset, neuron_context_t *context,
                       const neuron_npy_array *examples, const neuron_npy_array *labels,
                       int32_t class_count)
{
    neuron_shape *images = &examples->tensor->shape, *numbers = &labels->tensor->shape;
    if (images->rank == IMAGES_RANK)
        images->extent[images->rank++] = 1;
    if (labels->tensor->type != NEURON_F32 && numbers->rank == 2 && numbers->extent[1] == 1)
        numbers->rank = 1;
    RETURN_IF_ERROR(neuron_dataset_check_examples(examples->tensor, examples->name));
    RETURN_IF_ERROR(check_labels(labels, class_count));
    RETURN_IF_ERROR(neuron_dataset_create_for(dataset, context, examples->tensor, labels->tensor,
                                              class_count, labels->name));
    return examples->boolean ? neuron_dataset_set_scale(*dataset, 1, 0) : NEURON_OK;
}

int neuron_tensor_load_npz(neuron_tensor_t **tensor, neuron_context_t *context, const char *path,
                           const char *name)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(tensor);
    *tensor = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    CHECK_ARGUMENT(name);
    neuron_store archive;
    RETURN_IF_ERROR(neuron_store_open(&archive, context, path));
    neuron_npy_array array;
    int status = neuron_npz_read(&array, &archive, name);
    neuron_store_close(&archive);
    *tensor = array.tensor;
    return status;
}

int neuron_dataset_load_npz(neuron_dataset_t **dataset, neuron_context_t *context, const char *path,
                            const char *examples_name, const char *labels_name, int32_t class_count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    CHECK_ARGUMENT(examples_name);
    CHECK_ARGUMENT(labels_name);
    CHECK_RANGE(class_count, 1, NEURON_CLASSES_MAX);
    neuron_store archive;
    neuron_npy_array examples, labels = {.tensor = NULL};
    RETURN_IF_ERROR(neuron_store_open(&archive, context, path));
    int status = neuron_npz_read(&examples, &archive, examples_name);
    if (status == NEURON_OK)
        status = neuron_npz_read(&labels, &archive, labels_name);
    neuron_store_close(&archive);
    if (status == NEURON_OK)
        status = neuron_npy_dataset(dataset, context, &examples, &labels, class_count);
    neuron_tensor_unref(labels.tensor);
    neuron_tensor_unref(examples.tensor);
    return status;
}

int neuron_dataset_load_npy(neuron_dataset_t **dataset, neuron_context_t *context,
                            const char *examples_path, const char *labels_path, int32_t class_count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(examples_path);
    CHECK_ARGUMENT(labels_path);
    CHECK_RANGE(class_count, 1, NEURON_CLASSES_MAX);
    neuron_npy_array examples = {.tensor = NULL}, labels = {.tensor = NULL};
    int status = neuron_npy_open(&examples, context, examples_path);
    if (status == NEURON_OK)
        status = neuron_npy_open(&labels, context, labels_path);
    if (status == NEURON_OK)
        status = neuron_npy_dataset(dataset, context, &examples, &labels, class_count);
    neuron_tensor_unref(labels.tensor);
    neuron_tensor_unref(examples.tensor);
    return status;
}
