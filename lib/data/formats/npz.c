/* Reads members by their names and makes a dataset of two of them. */
#include "data/formats/npz.h"

#include "base/float-mode.h"
#include "data/codec/zip.h"

#include <stdio.h>
#include <string.h>

/* In messages a member is "archive: name.npy". */
int neuron_npz_read_array(neuron_npy_array *array, const neuron_store *archive, const char *name)
{
    *array = (neuron_npy_array){.name = archive->name};
    size_t size = strlen(archive->name) + strlen(name) + sizeof ": .npy";
    char *label = neuron_allocate(archive->context, size, 1);
    if (!label)
        return NEURON_E_MEMORY;
    snprintf(label, size, "%s: %s.npy", archive->name, name);
    neuron_zip_member member;
    int status = neuron_zip_open(&member, archive, label, name);
    if (status == NEURON_OK) {
        status = neuron_npy_read_array(array, &member.source);
        array->name = archive->name;
        neuron_source_close(&member.source);
    }
    neuron_release(archive->context, label);
    return status;
}

static int load_tensor(neuron_tensor_t **tensor, const neuron_content *content, const char *name)
{
    neuron_store archive;
    neuron_npy_array array;
    RETURN_IF_ERROR(neuron_store_open(&archive, content));
    int status = neuron_npz_read_array(&array, &archive, name);
    neuron_store_close(&archive);
    *tensor = array.tensor;
    return status;
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
    const neuron_content content = neuron_content_of_file(context, path);
    return load_tensor(tensor, &content, name);
}

int neuron_tensor_load_npz_memory(neuron_tensor_t **tensor, neuron_context_t *context,
                                  const void *bytes, size_t size, const char *name)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(tensor);
    *tensor = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(name);
    const neuron_content content = neuron_content_of_memory(context, bytes, size, "memory");
    return load_tensor(tensor, &content, name);
}

int neuron_npz_read(neuron_dataset_t **dataset, const neuron_content *content,
                    const neuron_npz_settings *settings)
{
    neuron_store archive;
    neuron_npy_array examples, labels = {.tensor = NULL};
    RETURN_IF_ERROR(neuron_store_open(&archive, content));
    int status = neuron_npz_read_array(&examples, &archive, settings->examples_name);
    if (status == NEURON_OK)
        status = neuron_npz_read_array(&labels, &archive, settings->labels_name);
    neuron_store_close(&archive);
    if (status == NEURON_OK)
        status = neuron_npy_make_dataset(dataset, content->context, &examples, &labels,
                                         settings->class_count);
    neuron_tensor_unref(labels.tensor);
    neuron_tensor_unref(examples.tensor);
    return status;
}

static int load(neuron_dataset_t **dataset, const neuron_content *content,
                const char *examples_name, const char *labels_name, int64_t class_count,
                const char *who)
{
    if (!examples_name || !labels_name)
        return neuron_refuse_null(examples_name ? "labels_name" : "examples_name", who);
    RETURN_IF_ERROR(neuron_check_range(class_count, 0, NEURON_CLASSES_MAX, "class_count", who));
    const neuron_npz_settings settings = {examples_name, labels_name, class_count};
    return neuron_npz_read(dataset, content, &settings);
}

int neuron_dataset_load_npz(neuron_dataset_t **dataset, neuron_context_t *context, const char *path,
                            const char *examples_name, const char *labels_name, int64_t class_count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    const neuron_content content = neuron_content_of_file(context, path);
    return load(dataset, &content, examples_name, labels_name, class_count, __func__);
}

int neuron_dataset_load_npz_memory(neuron_dataset_t **dataset, neuron_context_t *context,
                                   const void *bytes, size_t size, const char *examples_name,
                                   const char *labels_name, int64_t class_count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    const neuron_content content = neuron_content_of_memory(context, bytes, size, "memory");
    return load(dataset, &content, examples_name, labels_name, class_count, __func__);
}
