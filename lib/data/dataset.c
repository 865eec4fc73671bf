/* A dataset is two tensors, examples and labels, and an order of their rows: subsets, folds and
 * shuffled datasets share the tensors and have an order of their own. Tensors are checked when
 * it is made. Scales are in scale.c, reading in gather.c, examples that are not in memory in
 * stream.c. */
#include "data/dataset.h"

#include "base/float-mode.h"
#include "losses/loss.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

int neuron_dataset_check_examples(const neuron_tensor_t *examples, const char *who)
{
    char text[NEURON_SHAPE_TEXT];
    neuron_shape one;
    if (examples->type != NEURON_TYPE_U8 && examples->type != NEURON_TYPE_F32)
        return neuron_fail(NEURON_E_TYPE, "%s: examples are %s, not u8 or f32", who,
                           neuron_type_name(examples->type));
    if (examples->shape.rank < 2)
        return neuron_fail(NEURON_E_SHAPE, "%s: examples are %s, not [n, ...shape of one]", who,
                           neuron_shape_text(&examples->shape, text));
    return neuron_shape_set(&one, examples->shape.extent + 1, examples->shape.rank - 1, 1, who);
}

static int check_counts(const neuron_tensor_t *examples, const neuron_tensor_t *labels,
                        const char *what, const char *who)
{
    if (examples->shape.extent[0] != labels->shape.extent[0])
        return neuron_fail(NEURON_E_DATA, "%s: %" PRId64 " examples but %" PRId64 " %s", who,
                           examples->shape.extent[0], labels->shape.extent[0], what);
    return NEURON_OK;
}

static int check_labels(const neuron_tensor_t *labels, int64_t class_count, const char *who)
{
    char text[NEURON_SHAPE_TEXT];
    bool targets = labels->type == NEURON_TYPE_F32;
    if (labels->shape.rank != (targets ? 2 : 1))
        return neuron_fail(NEURON_E_SHAPE, "%s: labels are %s, not %s", who,
                           neuron_shape_text(&labels->shape, text),
                           targets ? "[n, classes] for targets" : "[n] for class numbers");
    if (targets && labels->shape.extent[1] != class_count)
        return neuron_fail(NEURON_E_SHAPE, "%s: targets are %s, but there are %" PRId64 " classes",
                           who, neuron_shape_text(&labels->shape, text), class_count);
    return NEURON_OK;
}

static int check_targets(const neuron_tensor_t *labels, int64_t class_count, const char *who)
{
    const float *target = labels->data;
    for (int64_t i = 0; i < labels->shape.extent[0]; i++, target += class_count) {
        double sum = 0;
        for (int32_t k = 0; k < class_count; k++) {
            if (!isfinite(target[k]) || target[k] < 0)
                return neuron_fail(NEURON_E_DATA,
                                   "%s: target %" PRId32 " of example %" PRId64 " is %s", who, k, i,
                                   isfinite(target[k]) ? "negative" : "not finite");
            sum += (double)target[k];
        }
        if (fabs(sum - 1) > NEURON_LOSS_SUM_TOLERANCE)
            return neuron_fail(NEURON_E_DATA,
                               "%s: the targets of example %" PRId64 " do not add up to 1", who, i);
    }
    return NEURON_OK;
}

static int64_t stored_label(const neuron_tensor_t *labels, int64_t row)
{
    switch (labels->type) {
    case NEURON_TYPE_U8:
        return ((const uint8_t *)labels->data)[row];
    case NEURON_TYPE_I32:
        return ((const int32_t *)labels->data)[row];
    default:
        return ((const int64_t *)labels->data)[row];
    }
}

static int check_numbers(const neuron_tensor_t *labels, int64_t class_count, const char *who)
{
    for (int64_t i = 0; i < labels->shape.extent[0]; i++) {
        int64_t label = stored_label(labels, i);
        if (label < 0 || label >= class_count)
            return neuron_fail(NEURON_E_DATA,
                               "%s: label %" PRId64 " of example %" PRId64 " is not 0 to %" PRId64,
                               who, label, i, class_count - 1);
    }
    return NEURON_OK;
}

/* Checks labels, and makes class numbers i32; targets and i32 are the caller's own. */
static int convert_labels(neuron_tensor_t **stored, neuron_context_t *context,
                          neuron_tensor_t *labels, int64_t class_count, const char *who)
{
    if (labels->type == NEURON_TYPE_F32)
        RETURN_IF_ERROR(check_targets(labels, class_count, who));
    else
        RETURN_IF_ERROR(check_numbers(labels, class_count, who));
    if (labels->type == NEURON_TYPE_F32 || labels->type == NEURON_TYPE_I32) {
        *stored = neuron_tensor_ref(labels);
        return NEURON_OK;
    }
    RETURN_IF_ERROR(
        neuron_tensor_create_raw(stored, context, NEURON_TYPE_I32, labels->shape.extent, 1));
    int32_t *numbers = (*stored)->data;
    for (int64_t i = 0; i < labels->shape.extent[0]; i++)
        numbers[i] = (int32_t)stored_label(labels, i);
    return NEURON_OK;
}

/* A dataset of `count` examples whose order is not set. It keeps the tensors. */
static neuron_dataset_t *create_empty(neuron_context_t *context, neuron_tensor_t *examples,
                                      neuron_tensor_t *labels, int64_t count)
{
    neuron_dataset_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    int64_t *order = made ? neuron_allocate(context, neuron_size(count), sizeof *order) : NULL;
    if (!order) {
        neuron_release(context, made);
        return NULL;
    }
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    made->context = neuron_context_ref(context);
    made->examples = neuron_tensor_ref(examples);
    made->labels = neuron_tensor_ref(labels);
    made->count = count;
    made->order = order;
    return made;
}

/* A dataset of tensors that were checked, with `outputs` classes. */
static int create(neuron_dataset_t **dataset, neuron_context_t *context, neuron_tensor_t *examples,
                  neuron_tensor_t *labels, int64_t outputs, const char *who)
{
    neuron_shape shape;
    RETURN_IF_ERROR(
        neuron_shape_set(&shape, examples->shape.extent + 1, examples->shape.rank - 1, 1, who));
    int64_t count = examples->shape.extent[0];
    neuron_dataset_t *made = create_empty(context, examples, labels, count);
    if (!made)
        return NEURON_E_MEMORY;
    made->class_count = made->outputs = outputs;
    made->shape = shape;
    made->scale.scale = neuron_dataset_default_scale(made);
    for (int64_t i = 0; i < count; i++)
        made->order[i] = i;
    *dataset = made;
    return NEURON_OK;
}

int neuron_dataset_create_for(neuron_dataset_t **dataset, neuron_context_t *context,
                              neuron_tensor_t *examples, neuron_tensor_t *labels,
                              int64_t class_count, const char *who)
{
    RETURN_IF_ERROR(neuron_dataset_check_examples(examples, who));
    RETURN_IF_ERROR(check_labels(labels, class_count, who));
    RETURN_IF_ERROR(check_counts(examples, labels, "labels", who));
    neuron_tensor_t *stored;
    RETURN_IF_ERROR(convert_labels(&stored, context, labels, class_count, who));
    int status = create(dataset, context, examples, stored, class_count, who);
    neuron_tensor_unref(stored);
    return status;
}

int neuron_dataset_create(neuron_dataset_t **dataset, neuron_context_t *context,
                          neuron_tensor_t *examples, neuron_tensor_t *labels, int64_t class_count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(examples);
    CHECK_ARGUMENT(labels);
    CHECK_RANGE(class_count, 1, NEURON_CLASSES_MAX);
    return neuron_dataset_create_for(dataset, context, examples, labels, class_count, "dataset");
}

/* The shape of the targets of one example. */
static int shape_targets(neuron_shape *one, const neuron_tensor_t *targets, const char *who)
{
    const neuron_shape *all = &targets->shape;
    char text[NEURON_SHAPE_TEXT];
    *one = (neuron_shape){1, {1}};
    bool valid = all->rank > 0;
    for (int32_t i = 1; i < all->rank; i++)
        valid = valid && all->extent[i] > 0;
    if (!valid)
        return neuron_fail(NEURON_E_SHAPE, "%s: targets are %s, not [n, ...shape of those of one]",
                           who, neuron_shape_text(all, text));
    if (all->rank > 1)
        RETURN_IF_ERROR(neuron_shape_set(one, all->extent + 1, all->rank - 1, 1, who));
    if (neuron_shape_count(one) > INT32_MAX)
        return neuron_fail(NEURON_E_SHAPE, "%s: targets are %s: too many for one example", who,
                           neuron_shape_text(all, text));
    return NEURON_OK;
}

static float stored_target(const neuron_tensor_t *targets, int64_t i)
{
    return targets->type == NEURON_TYPE_F32 ? ((const float *)targets->data)[i]
                                            : (float)stored_label(targets, i);
}

/* Targets as float32, which the caller's are as they are. */
static int convert_targets(neuron_tensor_t **stored, neuron_context_t *context,
                           neuron_tensor_t *targets, int64_t outputs, const char *who)
{
    int64_t count = targets->shape.extent[0] * outputs;
    const int64_t extents[] = {targets->shape.extent[0], outputs};
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(stored_target(targets, i)))
            return neuron_fail(NEURON_E_DATA,
                               "%s: target %" PRId64 " of example %" PRId64 " is not finite", who,
                               i % outputs, i / outputs);
    if (targets->type == NEURON_TYPE_F32) {
        *stored = neuron_tensor_ref(targets);
        return NEURON_OK;
    }
    RETURN_IF_ERROR(neuron_tensor_create_raw(stored, context, NEURON_TYPE_F32, extents, 2));
    for (int64_t i = 0; i < count; i++)
        ((float *)(*stored)->data)[i] = stored_target(targets, i);
    return NEURON_OK;
}

int neuron_dataset_drop_labels(neuron_dataset_t *dataset)
{
    const int64_t extents[] = {dataset->examples->shape.extent[0], 0};
    neuron_tensor_t *none;
    RETURN_IF_ERROR(neuron_tensor_create_raw(&none, dataset->context, NEURON_TYPE_F32, extents, 2));
    neuron_tensor_unref(dataset->labels);
    neuron_tensor_unref(dataset->weights);
    neuron_tensor_unref(dataset->class_names);
    neuron_tensor_unref(dataset->classes);
    dataset->labels = none;
    dataset->weights = dataset->class_names = dataset->classes = NULL;
    dataset->one_hot = false;
    dataset->any_targets = true;
    dataset->class_count = 1;
    dataset->outputs = 0;
    dataset->target_shape = (neuron_shape){1, {0}};
    return NEURON_OK;
}

static int create_without_labels(neuron_dataset_t **dataset, neuron_context_t *context,
                                 neuron_tensor_t *examples, const char *who)
{
    neuron_dataset_t *made;
    RETURN_IF_ERROR(create(&made, context, examples, NULL, 0, who));
    int status = neuron_dataset_drop_labels(made);
    if (status < 0)
        neuron_dataset_unref(made);
    else
        *dataset = made;
    return status;
}

int neuron_dataset_create_with_targets_for(neuron_dataset_t **dataset, neuron_context_t *context,
                                           neuron_tensor_t *examples, neuron_tensor_t *targets,
                                           const char *who)
{
    neuron_shape shape;
    neuron_tensor_t *stored;
    RETURN_IF_ERROR(neuron_dataset_check_examples(examples, who));
    if (!targets)
        return create_without_labels(dataset, context, examples, who);
    CHECK_HANDLE(targets, who);
    RETURN_IF_ERROR(shape_targets(&shape, targets, who));
    RETURN_IF_ERROR(check_counts(examples, targets, "targets", who));
    int64_t outputs = neuron_shape_count(&shape);
    RETURN_IF_ERROR(convert_targets(&stored, context, targets, outputs, who));
    int status = create(dataset, context, examples, stored, outputs, who);
    neuron_tensor_unref(stored);
    RETURN_IF_ERROR(status);
    (*dataset)->any_targets = true;
    (*dataset)->target_shape = shape;
    if (outputs == 1)
        (*dataset)->class_count = 2;
    return NEURON_OK;
}

int neuron_dataset_create_with_targets(neuron_dataset_t **dataset, neuron_context_t *context,
                                       neuron_tensor_t *examples, neuron_tensor_t *targets)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(examples);
    return neuron_dataset_create_with_targets_for(dataset, context, examples, targets, "dataset");
}

int neuron_dataset_derive_single(neuron_dataset_t **derived, const neuron_dataset_t *dataset,
                                 const int64_t *positions, int64_t first, int64_t count)
{
    neuron_dataset_t *made =
        create_empty(dataset->context, dataset->examples, dataset->labels, count);
    if (!made)
        return NEURON_E_MEMORY;
    made->weights = dataset->zip ? NULL : neuron_tensor_ref(dataset->weights);
    made->class_names = neuron_tensor_ref(dataset->class_names);
    made->classes = neuron_tensor_ref(dataset->classes);
    made->one_hot = dataset->one_hot;
    made->any_targets = dataset->any_targets;
    made->class_count = dataset->class_count;
    made->outputs = dataset->outputs;
    made->target_shape = dataset->target_shape;
    made->shape = dataset->shape;
    made->scale = dataset->scale;
    made->channels = neuron_tensor_ref(dataset->channels);
    made->stream = dataset->stream;
    made->preparation = neuron_preparation_ref(dataset->preparation);
    for (int64_t i = 0; i < count; i++)
        made->order[i] = dataset->order[positions ? positions[i] : first + i];
    *derived = made;
    return NEURON_OK;
}

int neuron_dataset_derive(neuron_dataset_t **derived, const neuron_dataset_t *dataset,
                          const int64_t *positions, int64_t first, int64_t count)
{
    neuron_dataset_t *made;
    RETURN_IF_ERROR(neuron_dataset_derive_single(&made, dataset, positions, first, count));
    int status =
        dataset->zip ? neuron_zip_derive(made, dataset, positions, first, count) : NEURON_OK;
    if (status < 0)
        neuron_dataset_unref(made);
    else
        *derived = made;
    return status;
}

neuron_dataset_t *neuron_dataset_ref(neuron_dataset_t *dataset)
{
    if (!NEURON_IS(dataset))
        return NULL;
    neuron_handle_own(&dataset->handle);
    return dataset;
}

void neuron_dataset_unref(neuron_dataset_t *dataset)
{
    if (!NEURON_IS(dataset) || !neuron_hold_last_owner(&dataset->handle.references))
        return;
    neuron_context_t *context = dataset->context;
    neuron_zip_release(dataset);
    neuron_tensor_unref(dataset->channels);
    neuron_tensor_unref(dataset->examples);
    neuron_tensor_unref(dataset->labels);
    neuron_tensor_unref(dataset->weights);
    neuron_tensor_unref(dataset->class_names);
    neuron_tensor_unref(dataset->classes);
    neuron_preparation_unref(dataset->preparation);
    neuron_release(context, dataset->order);
    neuron_release(context, dataset);
    neuron_context_unref(context);
}

NEURON_HOLD_DEFINE(dataset)

int neuron_dataset_subset(neuron_dataset_t **subset, neuron_dataset_t *dataset, int64_t first,
                          int64_t count)
{
    CHECK_ARGUMENT(subset);
    *subset = NULL;
    CHECK_ARGUMENT(dataset);
    CHECK_PART(first, count, dataset->count);
    return neuron_dataset_derive(subset, dataset, NULL, first, count);
}

int neuron_dataset_shard(neuron_dataset_t **shard, neuron_dataset_t *dataset, int32_t rank,
                         int32_t size)
{
    CHECK_ARGUMENT(shard);
    *shard = NULL;
    CHECK_ARGUMENT(dataset);
    CHECK_RANGE(size, 1, NEURON_LIST_MAX);
    CHECK_RANGE(rank, 0, size - 1);
    int64_t each = dataset->count / size, more = dataset->count % size;
    if (each == 0)
        return neuron_fail(NEURON_E_DATA,
                           "%s: %" PRId64 " examples are too few for %" PRId32 " ranks", __func__,
                           dataset->count, size);
    return neuron_dataset_derive(shard, dataset, NULL, rank * each + neuron_min_count(rank, more),
                                 each + (rank < more));
}

int neuron_dataset_one_hot(neuron_dataset_t **one_hot, neuron_dataset_t *dataset)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(one_hot);
    *one_hot = NULL;
    CHECK_ARGUMENT(dataset);
    if (neuron_dataset_has_targets(dataset))
        return neuron_fail(NEURON_E_TYPE, "%s: the dataset has %s", __func__,
                           dataset->outputs > 0 ? "targets already" : "no labels");
    RETURN_IF_ERROR(neuron_dataset_derive(one_hot, dataset, NULL, 0, dataset->count));
    neuron_dataset_labels_of(*one_hot)->one_hot = true;
    neuron_dataset_labels_changed(*one_hot);
    return NEURON_OK;
}

int neuron_dataset_reshape(neuron_dataset_t *dataset, const int64_t *shape, int32_t rank)
{
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(shape);
    CHECK_RANGE(rank, 1, NEURON_RANK_MAX - 1);
    neuron_shape made;
    RETURN_IF_ERROR(neuron_shape_set(&made, shape, rank, 1, __func__));
    if (neuron_shape_count(&made) != neuron_shape_count(&dataset->shape)) {
        char from[NEURON_SHAPE_TEXT], to[NEURON_SHAPE_TEXT];
        return neuron_fail(NEURON_E_SHAPE, "%s: examples of %s cannot become %s", __func__,
                           neuron_shape_text(&dataset->shape, from), neuron_shape_text(&made, to));
    }
    dataset->shape = made;
    return NEURON_OK;
}

/* Rows that are not in the dataset weigh 1. */
static int store_weights(neuron_tensor_t **made, const neuron_dataset_t *dataset,
                         const float *weights)
{
    int64_t rows = dataset->zip ? dataset->count : dataset->examples->shape.extent[0];
    RETURN_IF_ERROR(neuron_tensor_create_raw(made, dataset->context, NEURON_TYPE_F32, &rows, 1));
    float *stored = (*made)->data;
    if (dataset->zip) {
        memcpy(stored, weights, (size_t)rows * sizeof *stored);
        return NEURON_OK;
    }
    for (int64_t i = 0; i < rows; i++)
        stored[i] = 1;
    for (int64_t i = 0; i < dataset->count; i++)
        stored[dataset->order[i]] = weights[i];
    for (int64_t i = 0; i < dataset->count; i++)
        if (stored[dataset->order[i]] != weights[i])
            return neuron_fail(NEURON_E_DATA,
                               "neuron_dataset_set_weights: weight %" PRId64 " is %g, but %g is "
                               "given to the same example elsewhere",
                               i, (double)weights[i], (double)stored[dataset->order[i]]);
    return NEURON_OK;
}

int neuron_dataset_set_weights(neuron_dataset_t *dataset, const float *weights, int64_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    if (weights && count != dataset->count)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: %" PRId64 " weights, but the dataset has %" PRId64 " examples",
                           __func__, count, dataset->count);
    for (int64_t i = 0; weights && i < count; i++)
        if (!isfinite(weights[i]) || weights[i] < 0)
            return neuron_fail(NEURON_E_DATA, "%s: weight %" PRId64 " is %s", __func__, i,
                               isfinite(weights[i]) ? "negative" : "not finite");
    neuron_tensor_t *made = NULL;
    int status = weights ? store_weights(&made, dataset, weights) : NEURON_OK;
    if (status < 0) {
        neuron_tensor_unref(made);
        return status;
    }
    neuron_tensor_unref(dataset->weights);
    dataset->weights = made;
    return NEURON_OK;
}

int64_t neuron_dataset_count(const neuron_dataset_t *dataset)
{
    return NEURON_IS(dataset) ? dataset->count : 0;
}

int64_t neuron_dataset_class_count(const neuron_dataset_t *dataset)
{
    return NEURON_IS(dataset) ? dataset->class_count : 0;
}

int neuron_dataset_shape(int64_t *shape, int32_t *rank, const neuron_dataset_t *dataset)
{
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(shape);
    CHECK_ARGUMENT(rank);
    neuron_shape_get(&dataset->shape, shape, rank);
    return NEURON_OK;
}

/* Whether two shapes are the same but for axes of extent 1. */
static bool is_alike(const neuron_shape *a, const neuron_shape *b)
{
    int32_t k = 0;
    for (int32_t i = 0; i < a->rank; i++) {
        if (a->extent[i] == 1)
            continue;
        while (k < b->rank && b->extent[k] == 1)
            k++;
        if (k == b->rank || b->extent[k++] != a->extent[i])
            return false;
    }
    return true;
}

/* Targets of any kind are those of an output of their shape, or one of the two is flat. */
static bool fits_output(const neuron_dataset_t *dataset, const neuron_shape *output)
{
    const neuron_shape *target = &dataset->target_shape;
    return neuron_shape_count(output) == dataset->outputs &&
           (output->rank == 1 ||
            (dataset->any_targets && (target->rank == 1 || is_alike(target, output))));
}

int neuron_dataset_check_input(const neuron_dataset_t *dataset, const neuron_shape *input,
                               const char *who)
{
    char ours[NEURON_SHAPE_TEXT], theirs[NEURON_SHAPE_TEXT];
    if (!neuron_shape_equal(&dataset->shape, input))
        return neuron_fail(NEURON_E_SHAPE, "%s: examples are %s, the graph's input is %s", who,
                           neuron_shape_text(&dataset->shape, ours),
                           neuron_shape_text(input, theirs));
    return NEURON_OK;
}

int neuron_dataset_check_target(const neuron_dataset_t *dataset, const neuron_shape *output,
                                const char *who)
{
    char ours[NEURON_SHAPE_TEXT], theirs[NEURON_SHAPE_TEXT];
    if (dataset->outputs == 0)
        return neuron_fail(NEURON_E_DATA,
                           "%s: the dataset has no labels or targets; neuron_dataset_zip() gives "
                           "it those of another",
                           who);
    if (output->rank == 1 && output->extent[0] == 1 && dataset->outputs == 2 &&
        dataset->labels->type == NEURON_TYPE_I32)
        return neuron_fail(
            NEURON_E_SHAPE,
            "%s: the dataset has 2 classes, the graph's output is 1: give the graph 2 "
            "outputs and a softmax, or make the dataset of targets 0 and 1 with "
            "neuron_dataset_create_with_targets()",
            who);
    if (fits_output(dataset, output))
        return NEURON_OK;
    if (dataset->any_targets && dataset->target_shape.rank > 1)
        return neuron_fail(NEURON_E_SHAPE, "%s: targets are %s, the graph's output is %s", who,
                           neuron_shape_text(&dataset->target_shape, ours),
                           neuron_shape_text(output, theirs));
    return neuron_fail(NEURON_E_SHAPE,
                       "%s: the dataset has %" PRId64 " %s, the graph's output is %s", who,
                       dataset->outputs, dataset->any_targets ? "targets" : "classes",
                       neuron_shape_text(output, theirs));
}
