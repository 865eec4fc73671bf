/* What the classes of a dataset are called: their texts one after the other in a tensor of bytes,
 * each with its zero. */
#include "data/dataset.h"

#include "base/checked.h"
#include "data/preparation.h"

#include <inttypes.h>
#include <string.h>

enum { NAME_MAX_BYTES = 255 };

static const char *end_of(const neuron_tensor_t *names)
{
    return (const char *)names->data + neuron_shape_count(&names->shape);
}

int neuron_class_names_make(neuron_tensor_t **made, neuron_context_t *context,
                            const char *const *names, int64_t count, const char *who)
{
    int64_t size = 0;
    for (int32_t k = 0; k < count; k++) {
        if (!names[k])
            return neuron_fail(NEURON_E_ARGUMENT, "%s: class %" PRId32 " has no name", who, k);
        RETURN_IF_ERROR(neuron_name_check(names[k], NAME_MAX_BYTES, "", who));
        size += (int64_t)strlen(names[k]) + 1;
    }
    RETURN_IF_ERROR(neuron_tensor_create_raw(made, context, NEURON_TYPE_U8, &size, 1));
    char *to = (*made)->data;
    for (int32_t k = 0; k < count; k++) {
        size_t bytes = strlen(names[k]) + 1;
        memcpy(to, names[k], bytes);
        to += bytes;
    }
    return NEURON_OK;
}

const char *neuron_class_names_next(const neuron_tensor_t *names, const char *name)
{
    if (!NEURON_IS(names))
        return NULL;
    name = name ? name + strlen(name) + 1 : names->data;
    return name < end_of(names) ? name : NULL;
}

const char *neuron_class_names_at(const neuron_tensor_t *names, int64_t k)
{
    const char *name = k >= 0 ? neuron_class_names_next(names, NULL) : NULL;
    for (; name && k > 0; k--)
        name = neuron_class_names_next(names, name);
    return name;
}

int64_t neuron_class_names_differ(const neuron_tensor_t *a, const neuron_tensor_t *b)
{
    const char *one = neuron_class_names_next(a, NULL), *other = neuron_class_names_next(b, NULL);
    for (int32_t k = 0; one && other; k++) {
        if (strcmp(one, other) != 0)
            return k;
        one = neuron_class_names_next(a, one);
        other = neuron_class_names_next(b, other);
    }
    return -1;
}

const char *neuron_dataset_class_name(const neuron_dataset_t *dataset, int64_t k)
{
    return NEURON_IS(dataset) ? neuron_class_names_at(dataset->class_names, k) : NULL;
}

int neuron_dataset_set_class_names(neuron_dataset_t *dataset, const char *const *names,
                                   int64_t count)
{
    CHECK_ARGUMENT(dataset);
    CHECK_ROOM(names, count);
    neuron_tensor_t *made = NULL;
    if (names && count != dataset->class_count)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: count is %" PRId64 "; it must be %" PRId64
                           ", the classes of the dataset",
                           __func__, count, dataset->class_count);
    if (names)
        RETURN_IF_ERROR(neuron_class_names_make(&made, dataset->context, names, count, __func__));
    neuron_dataset_t *part = neuron_dataset_labels_of(dataset);
    neuron_tensor_unref(part->class_names);
    part->class_names = made;
    neuron_dataset_labels_changed(dataset);
    return NEURON_OK;
}

int neuron_dataset_check_names(const neuron_dataset_t *a, const char *a_called,
                               const neuron_dataset_t *b, const char *b_called, const char *who)
{
    int64_t k = neuron_class_names_differ(a->class_names, b->class_names);
    const neuron_column *column = neuron_preparation_differ(a->preparation, b->preparation);
    if (k < 0 && column)
        return neuron_fail(NEURON_E_DATA,
                           "%s: the words of \"%s\" in %s have other numbers in %s: read one table "
                           "like the other, with neuron_dataset_load_csv_like()",
                           who, column->name, a_called, b_called);
    if (k < 0)
        return NEURON_OK;
    return neuron_fail(NEURON_E_DATA, "%s: class %" PRId64 " is \"%s\" in %s and \"%s\" in %s", who,
                       k, neuron_class_names_at(a->class_names, k), a_called,
                       neuron_class_names_at(b->class_names, k), b_called);
}
