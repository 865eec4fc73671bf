/* Putting datasets together: checks that they are alike, copies examples and labels into new
 * tensors. */
#include "data/stream.h"

#include "base/checked.h"
#include "base/float-mode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The names of the classes, from whichever dataset knows them; NULL if none does. */
static int find_names(neuron_tensor_t **names, neuron_dataset_t *const *datasets, int64_t count)
{
    enum { CALLED_MAX = 32 };
    char ours[CALLED_MAX], theirs[CALLED_MAX];
    int32_t from = 0;
    *names = NULL;
    for (int32_t k = 0; k < count; k++) {
        if (!*names) {
            *names = datasets[k]->class_names;
            from = k;
        }
        snprintf(ours, sizeof ours, "dataset %" PRId32, from);
        snprintf(theirs, sizeof theirs, "dataset %" PRId32, k);
        RETURN_IF_ERROR(neuron_dataset_check_names(datasets[from], ours, datasets[k], theirs,
                                                   "neuron_dataset_join"));
        if (from > 0) /* of tables, words are compared as well */
            RETURN_IF_ERROR(neuron_dataset_check_names(datasets[0], "dataset 0", datasets[k],
                                                       theirs, "neuron_dataset_join"));
    }
    return NEURON_OK;
}

static int check_alike(const neuron_dataset_t *first, const neuron_dataset_t *other, int32_t number)
{
    const char *who = "neuron_dataset_join";
    char ours[NEURON_SHAPE_TEXT], theirs[NEURON_SHAPE_TEXT];
    if (!neuron_shape_equal(&first->shape, &other->shape))
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: examples of dataset %" PRId32 " are %s, those of dataset 0 are %s",
                           who, number, neuron_shape_text(&other->shape, theirs),
                           neuron_shape_text(&first->shape, ours));
    if (first->examples->type != other->examples->type)
        return neuron_fail(NEURON_E_TYPE,
                           "%s: examples of dataset %" PRId32 " are %s, those of dataset 0 are %s",
                           who, number, neuron_type_name(other->examples->type),
                           neuron_type_name(first->examples->type));
    if (neuron_dataset_has_targets(first) != neuron_dataset_has_targets(other))
        return neuron_fail(NEURON_E_TYPE,
                           "%s: of dataset %" PRId32 " and dataset 0 only one has targets", who,
                           number);
    if (first->any_targets != other->any_targets)
        return neuron_fail(NEURON_E_TYPE,
                           "%s: of dataset %" PRId32 " and dataset 0 only one has targets of any "
                           "kind",
                           who, number);
    if (first->outputs != other->outputs)
        return neuron_fail(NEURON_E_DATA,
                           "%s: dataset %" PRId32 " has %" PRId64 " %s, dataset 0 has %" PRId64,
                           who, number, other->outputs, first->any_targets ? "targets" : "classes",
                           first->outputs);
    if (first->any_targets && !neuron_shape_equal(&first->target_shape, &other->target_shape))
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: targets of dataset %" PRId32 " are %s, those of dataset 0 are %s",
                           who, number, neuron_shape_text(&other->target_shape, theirs),
                           neuron_shape_text(&first->target_shape, ours));
    if (!neuron_dataset_same_scale(first, other))
        return neuron_fail(NEURON_E_DATA,
                           "%s: dataset %" PRId32 " has another scale or offset than dataset 0",
                           who, number);
    return NEURON_OK;
}

/* Empty tensors for the examples and labels of all. */
static int create_tensors(neuron_tensor_t **examples, neuron_tensor_t **labels,
                          neuron_dataset_t *const *datasets, int64_t count)
{
    const neuron_dataset_t *first = datasets[0];
    int64_t extents[NEURON_RANK_MAX] = {0};
    memcpy(extents + 1, first->shape.extent, (size_t)first->shape.rank * sizeof extents[0]);
    int32_t label_type = NEURON_TYPE_I32;
    for (int32_t k = 0; k < count; k++) {
        extents[0] += datasets[k]->count;
        if (datasets[k]->labels->type == NEURON_TYPE_F32)
            label_type = NEURON_TYPE_F32;
    }
    RETURN_IF_ERROR(neuron_tensor_create_raw(examples, first->context, first->examples->type,
                                             extents, first->shape.rank + 1));
    const int64_t label_extents[] = {extents[0], first->outputs};
    return neuron_tensor_create_raw(labels, first->context, label_type, label_extents,
                                    label_type == NEURON_TYPE_F32 ? 2 : 1);
}

typedef struct copying {
    size_t size; /* bytes of an example */
    char *to;
} copying;

static void copy(void *work, const void *examples, int64_t count)
{
    copying *all = work;
    memcpy(all->to, examples, (size_t)count * all->size);
    all->to += (size_t)count * all->size;
}

/* Copies a dataset to the rows that begin at `row`. */
static int copy_rows(const neuron_dataset_t *dataset, int64_t row, neuron_tensor_t *examples,
                     neuron_tensor_t *labels)
{
    size_t size =
        (size_t)neuron_shape_count(&dataset->shape) * neuron_type_size(dataset->examples->type);
    copying work = {size, (char *)examples->data + (size_t)row * size};
    RETURN_IF_ERROR(neuron_dataset_visit(dataset, copy, &work));
    for (int64_t i = 0; i < dataset->count; i++) {
        if (labels->type == NEURON_TYPE_F32)
            neuron_dataset_copy_target(dataset, i,
                                       (float *)labels->data + (row + i) * dataset->outputs);
        else
            ((int32_t *)labels->data)[row + i] = neuron_dataset_label(dataset, i);
    }
    return NEURON_OK;
}

/* Weights of all, if any has some. */
static int join_weights(neuron_dataset_t *joined, neuron_dataset_t *const *datasets, int64_t count)
{
    bool weighted = false;
    for (int32_t k = 0; k < count; k++)
        weighted = weighted || datasets[k]->weights;
    if (!weighted)
        return NEURON_OK;
    RETURN_IF_ERROR(neuron_tensor_create_raw(&joined->weights, joined->context, NEURON_TYPE_F32,
                                             &joined->count, 1));
    float *weight = joined->weights->data;
    for (int32_t k = 0; k < count; k++)
        for (int64_t i = 0; i < datasets[k]->count; i++)
            *weight++ = (float)neuron_dataset_weight(datasets[k], i);
    return NEURON_OK;
}

/* Classes of all, if any has them beside its targets. */
static int join_classes(neuron_dataset_t *joined, neuron_dataset_t *const *datasets, int64_t count)
{
    bool any = false;
    for (int32_t k = 0; k < count; k++)
        any = any || datasets[k]->classes;
    if (!any)
        return NEURON_OK;
    RETURN_IF_ERROR(neuron_tensor_create_raw(&joined->classes, joined->context, NEURON_TYPE_I32,
                                             &joined->count, 1));
    int32_t *number = joined->classes->data;
    for (int32_t k = 0; k < count; k++)
        for (int64_t i = 0; i < datasets[k]->count; i++)
            *number++ = neuron_dataset_label(datasets[k], i);
    return NEURON_OK;
}

static void drop_list(void *context, void *list)
{
    for (neuron_dataset_t **dataset = list; *dataset; dataset++)
        neuron_dataset_unref(*dataset);
    neuron_release(context, list);
}

/* Owns the datasets of a list, which their streams may change meanwhile. */
static neuron_dataset_t **copy_list(neuron_dataset_t *const *datasets, int64_t count)
{
    neuron_dataset_t **list =
        neuron_allocate_zero(datasets[0]->context, (size_t)count + 1, sizeof(neuron_dataset_t *));
    for (int32_t k = 0; list && k < count; k++)
        list[k] = neuron_dataset_ref(datasets[k]);
    return list;
}

/* A dataset with these examples and labels, and otherwise as the first of the list. */
static int make(neuron_dataset_t **dataset, neuron_dataset_t *const *datasets, int64_t count,
                neuron_tensor_t *names, neuron_tensor_t *examples, neuron_tensor_t *labels)
{
    const char *who = "neuron_dataset_join";
    const neuron_dataset_t *first = datasets[0];
    RETURN_IF_ERROR(first->any_targets
                        ? neuron_dataset_create_with_targets_for(dataset, first->context, examples,
                                                                 first->outputs > 0 ? labels : NULL,
                                                                 who)
                        : neuron_dataset_create_for(dataset, first->context, examples, labels,
                                                    first->class_count, who));
    (*dataset)->target_shape = first->target_shape;
    (*dataset)->class_names = neuron_tensor_ref(names);
    (*dataset)->preparation = neuron_preparation_ref(first->preparation);
    int status = join_weights(*dataset, datasets, count);
    if (status == NEURON_OK)
        status = join_classes(*dataset, datasets, count);
    if (status < 0) {
        neuron_dataset_unref(*dataset);
        *dataset = NULL;
        return status;
    }
    (*dataset)->one_hot = first->one_hot && labels->type == NEURON_TYPE_I32;
    (*dataset)->scale = first->scale;
    (*dataset)->channels = neuron_tensor_ref(first->channels);
    return NEURON_OK;
}

int neuron_dataset_join(neuron_dataset_t **dataset, neuron_dataset_t *const *datasets,
                        int64_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(datasets);
    CHECK_LIST(count);
    for (int32_t k = 0; k < count; k++)
        RETURN_IF_ERROR(
            neuron_handle_check_at(datasets[k], NEURON_HANDLE_DATASET, "datasets", k, __func__));
    for (int32_t k = 0; k < count; k++)
        RETURN_IF_ERROR(neuron_dataset_refuse_zipped(datasets[k], __func__));
    for (int32_t k = 1; k < count; k++)
        RETURN_IF_ERROR(check_alike(datasets[0], datasets[k], k));
    neuron_tensor_t *names;
    RETURN_IF_ERROR(find_names(&names, datasets, count));

    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_dataset_t **list = copy_list(datasets, count);
    if (!list)
        return NEURON_E_MEMORY;
    neuron_hold_reference(&hold, context, list[0]->context);
    neuron_hold_add(&hold, drop_list, list[0]->context, list);
    neuron_tensor_t *examples = NULL, *labels = NULL;
    int status = create_tensors(&examples, &labels, list, count);
    neuron_hold_add(&hold, neuron_tensor_end_hold, NULL, examples);
    neuron_hold_add(&hold, neuron_tensor_end_hold, NULL, labels);
    RETURN_IF_ERROR(status);
    int64_t row = 0;
    for (int32_t k = 0; k < count; k++) {
        RETURN_IF_ERROR(copy_rows(list[k], row, examples, labels));
        row += list[k]->count;
    }
    return make(dataset, list, count, names, examples, labels);
}
