/* What the classes of a dataset are called: their texts one after the other in a tensor of bytes,
 * each with its zero, behind a table of where each begins, by which the last of many is found as
 * fast as the first. */
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

int neuron_class_names_pack(neuron_tensor_t **made, neuron_context_t *context,
                            const char *const *names, int64_t count)
{
    int64_t size = count * (int64_t)sizeof(int64_t), begin = size;
    for (int64_t k = 0; k < count; k++)
        size += (int64_t)strlen(names[k]) + 1;
    RETURN_IF_ERROR(neuron_tensor_create_raw(made, context, NEURON_TYPE_U8, &size, 1));
    int64_t *begins = (*made)->data;
    for (int64_t k = 0; k < count; k++) {
        size_t bytes = strlen(names[k]) + 1;
        memcpy((char *)begins + begin, names[k], bytes);
        begins[k] = begin;
        begin += (int64_t)bytes;
    }
    return NEURON_OK;
}

int neuron_class_names_make(neuron_tensor_t **made, neuron_context_t *context,
                            const char *const *names, int64_t count, const char *who)
{
    for (int64_t k = 0; k < count; k++) {
        if (!names[k])
            return neuron_fail(NEURON_E_ARGUMENT, "%s: class %" PRId64 " has no name", who, k);
        RETURN_IF_ERROR(neuron_name_check(names[k], NAME_MAX_BYTES, "", who));
    }
    return neuron_class_names_pack(made, context, names, count);
}

/* The first name lies behind the table, which tells how long that is. */
static int64_t count_of(const neuron_tensor_t *names)
{
    const int64_t *begins = names->data;
    return neuron_shape_count(&names->shape) > 0 ? begins[0] / (int64_t)sizeof *begins : 0;
}

const char *neuron_class_names_next(const neuron_tensor_t *names, const char *name)
{
    if (!name)
        return neuron_class_names_at(names, 0);
    name += strlen(name) + 1;
    return name < end_of(names) ? name : NULL;
}

const char *neuron_class_names_at(const neuron_tensor_t *names, int64_t k)
{
    if (!NEURON_IS(names) || k < 0 || k >= count_of(names))
        return NULL;
    const int64_t *begins = names->data;
    return (const char *)names->data + begins[k];
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
