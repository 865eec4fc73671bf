/* Choosing examples of a dataset, and putting them in another order. */
#include "data/dataset.h"

#include "base/float-mode.h"
#include "base/random.h"

#include <inttypes.h>
#include <math.h>

int neuron_dataset_shuffle(neuron_dataset_t **shuffled, neuron_dataset_t *dataset, uint64_t seed)
{
    CHECK_ARGUMENT(shuffled);
    *shuffled = NULL;
    CHECK_ARGUMENT(dataset);
    neuron_context_t *context = dataset->context;
    int64_t *positions = neuron_allocate(context, neuron_size(dataset->count), sizeof *positions);
    if (!positions)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < dataset->count; i++)
        positions[i] = i;
    neuron_random_reader reader = neuron_random_read(seed, NEURON_RANDOM_DATA_SHUFFLE, 0);
    neuron_random_shuffle(&reader, positions, dataset->count);
    int status = neuron_dataset_derive(shuffled, dataset, positions, 0, dataset->count);
    neuron_release(context, positions);
    return status;
}

/* A dataset of the examples that a function wants; `what` says which these are. */
static int derive_kept(neuron_dataset_t **filtered, const neuron_dataset_t *dataset,
                       neuron_dataset_keep_function_t function, void *user_data, const char *who,
                       const char *what)
{
    NEURON_HOLD(hold);
    neuron_context_t *context = dataset->context;
    int64_t *positions = neuron_allocate(context, neuron_size(dataset->count), sizeof *positions);
    if (!positions)
        return NEURON_E_MEMORY;
    neuron_hold_reference(&hold, dataset, dataset);
    neuron_hold_add(&hold, neuron_release_hold, context, positions);
    int64_t count = 0;
    for (int64_t i = 0; i < dataset->count; i++) {
        int32_t keep = 0;
        uint64_t before = neuron_message_count();
        int result = function(&keep, i, neuron_dataset_label(dataset, i), user_data);
        if (result != NEURON_OK)
            return neuron_fail_call(result, before,
                                    "%s: the function returned %d for example %" PRId64, who,
                                    result, i);
        if (keep)
            positions[count++] = i;
    }
    return count > 0 ? neuron_dataset_derive(filtered, dataset, positions, 0, count)
                     : neuron_fail(NEURON_E_DATA, "%s: none of the %" PRId64 " examples %s", who,
                                   dataset->count, what);
}

int neuron_dataset_filter_by(neuron_dataset_t **filtered, neuron_dataset_t *dataset,
                             neuron_dataset_keep_function_t function, void *user_data)
{
    CHECK_ARGUMENT(filtered);
    *filtered = NULL;
    CHECK_ARGUMENT(dataset);
    CHECK_FUNCTION(function);
    return derive_kept(filtered, dataset, function, user_data, __func__, "is kept");
}

static int keep_wanted(int32_t *keep, int64_t position, int32_t label, void *user_data)
{
    (void)position;
    const bool *wanted = user_data;
    *keep = wanted[label];
    return NEURON_OK;
}

static int check_classes(const neuron_dataset_t *dataset, const int32_t *classes, int64_t count,
                         const char *who)
{
    RETURN_IF_ERROR(neuron_check_range(count, 1, NEURON_LIST_MAX, "count", who));
    for (int64_t i = 0; i < count; i++)
        if (classes[i] < 0 || classes[i] >= dataset->class_count)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "%s: a class is %" PRId32 "; it must be 0 to %" PRId64, who,
                               classes[i], dataset->class_count - 1);
    return NEURON_OK;
}

int neuron_dataset_filter(neuron_dataset_t **filtered, neuron_dataset_t *dataset,
                          const int32_t *classes, int64_t count)
{
    CHECK_ARGUMENT(filtered);
    *filtered = NULL;
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(classes);
    RETURN_IF_ERROR(check_classes(dataset, classes, count, __func__));
    neuron_context_t *context = dataset->context;
    bool *wanted = neuron_allocate_zero(context, neuron_size(dataset->class_count), sizeof *wanted);
    if (!wanted)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < count; i++)
        wanted[classes[i]] = true;
    int status =
        derive_kept(filtered, dataset, keep_wanted, wanted, __func__, "is of these classes");
    neuron_release(context, wanted);
    return status;
}

/* The new number of each class of a dataset, -1 for what goes. */
static int number_classes(int32_t *numbers, const neuron_dataset_t *dataset, const int32_t *classes,
                          int64_t count, const char *who)
{
    for (int32_t k = 0; k < dataset->class_count; k++)
        numbers[k] = -1;
    for (int64_t i = 0; i < count; i++) {
        if (numbers[classes[i]] >= 0)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "%s: classes[%" PRId32 "] and classes[%" PRId64 "] are both %" PRId32
                               "; each must be there once",
                               who, numbers[classes[i]], i, classes[i]);
        numbers[classes[i]] = (int32_t)i; /* of classes that differ */
    }
    return NEURON_OK;
}

static int select_names(neuron_tensor_t **names, const neuron_dataset_t *dataset,
                        const int32_t *classes, int64_t count)
{
    const char **list = neuron_allocate(dataset->context, neuron_size(count), sizeof *list);
    if (!list)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < count; i++)
        list[i] = neuron_class_names_at(dataset->class_names, classes[i]);
    int status = neuron_class_names_make(names, dataset->context, list, count,
                                         "neuron_dataset_filter_renumbered");
    neuron_release(dataset->context, list);
    return status;
}

/* Labels by new numbers; those that no example of the dataset has are 0. */
static int renumber(neuron_dataset_t *dataset, const int32_t *classes, int64_t count,
                    const int32_t *numbers)
{
    neuron_dataset_t *part = neuron_dataset_labels_of(dataset);
    neuron_tensor_t *labels, *names = NULL;
    RETURN_IF_ERROR(neuron_tensor_create_raw(&labels, part->context, NEURON_TYPE_I32,
                                             part->labels->shape.extent, 1));
    int status = part->class_names ? select_names(&names, part, classes, count) : NEURON_OK;
    const int32_t *from = part->labels->data;
    int32_t *to = labels->data;
    for (int64_t row = 0; row < labels->shape.extent[0]; row++)
        to[row] = numbers[from[row]] < 0 ? 0 : numbers[from[row]];
    if (status < 0) {
        neuron_tensor_unref(labels);
        return status;
    }
    neuron_tensor_unref(part->labels);
    neuron_tensor_unref(part->class_names);
    neuron_preparation_unref(dataset->preparation);
    part->labels = labels;
    part->class_names = names;
    dataset->preparation = NULL;
    part->class_count = part->outputs = count;
    neuron_dataset_labels_changed(dataset);
    return NEURON_OK;
}

int neuron_dataset_filter_renumbered(neuron_dataset_t **filtered, neuron_dataset_t *dataset,
                                     const int32_t *classes, int64_t count)
{
    CHECK_ARGUMENT(filtered);
    *filtered = NULL;
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(classes);
    RETURN_IF_ERROR(check_classes(dataset, classes, count, __func__));
    if (dataset->labels->type != NEURON_TYPE_I32)
        return neuron_fail(NEURON_E_TYPE, "%s: the dataset has targets, not class numbers",
                           __func__);
    int32_t *numbers =
        neuron_allocate(dataset->context, neuron_size(dataset->class_count), sizeof *numbers);
    if (!numbers)
        return NEURON_E_MEMORY;
    neuron_dataset_t *made = NULL;
    int status = number_classes(numbers, dataset, classes, count, __func__);
    if (status == NEURON_OK)
        status = neuron_dataset_filter(&made, dataset, classes, count);
    if (status == NEURON_OK)
        status = renumber(made, classes, count, numbers);
    if (status == NEURON_OK)
        *filtered = made;
    else
        neuron_dataset_unref(made);
    neuron_release(dataset->context, numbers);
    return status;
}

/* ---- By position ---- */

int neuron_dataset_select(neuron_dataset_t **selected, neuron_dataset_t *dataset,
                          const int64_t *positions, int64_t count)
{
    CHECK_ARGUMENT(selected);
    *selected = NULL;
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(positions);
    CHECK_RANGE(count, 1, INT64_MAX);
    for (int64_t i = 0; i < count; i++)
        if (positions[i] < 0 || positions[i] >= dataset->count)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "%s: positions[%" PRId64 "] is %" PRId64
                               "; it must be 0 to %" PRId64,
                               __func__, i, positions[i], dataset->count - 1);
    return neuron_dataset_derive(selected, dataset, positions, 0, count);
}

/* The sums of the weights up to each example. */
static int add_up(double *sums, const double *weights, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        double weight = weights ? weights[i] : 1;
        if (!isfinite(weight) || weight < 0)
            return neuron_fail(NEURON_E_DATA, "neuron_dataset_sample: weight %" PRId64 " is %s", i,
                               isfinite(weight) ? "negative" : "not finite");
        sum += weight;
        sums[i] = sum;
    }
    if (!(sum > 0) || !isfinite(sum))
        return neuron_fail(NEURON_E_DATA, "neuron_dataset_sample: the sum of weights is %g", sum);
    return NEURON_OK;
}

/* The first whose sum is beyond a number, which is below the last sum. */
static int64_t find_sum(const double *sums, int64_t count, double number)
{
    int64_t first = 0, last = count - 1;
    while (first < last) {
        int64_t middle = first + (last - first) / 2;
        if (sums[middle] > number)
            last = middle;
        else
            first = middle + 1;
    }
    return first;
}

int neuron_dataset_sample(neuron_dataset_t **sample, neuron_dataset_t *dataset,
                          const double *weights, int64_t weight_count, int64_t count, uint64_t seed)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(sample);
    *sample = NULL;
    CHECK_ARGUMENT(dataset);
    CHECK_RANGE(count, 1, INT64_MAX);
    if (weight_count != (weights ? dataset->count : 0))
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: weight_count is %" PRId64 "; there are %" PRId64 " %s", __func__,
                           weight_count, weights ? dataset->count : 0,
                           weights ? "examples" : "weights (NULL)");
    if (dataset->count == 0)
        return neuron_fail(NEURON_E_DATA, "%s: there are no examples", __func__);
    neuron_context_t *context = dataset->context;
    int64_t *positions = neuron_allocate(context, neuron_size(count), sizeof *positions);
    double *sums = neuron_allocate(context, neuron_size(dataset->count), sizeof *sums);
    int status = positions && sums ? add_up(sums, weights, dataset->count) : NEURON_E_MEMORY;
    if (status == NEURON_OK) {
        neuron_random_reader reader = neuron_random_read(seed, NEURON_RANDOM_SAMPLE, 0);
        double all = sums[dataset->count - 1];
        for (int64_t i = 0; i < count; i++)
            positions[i] = find_sum(sums, dataset->count, neuron_random_uniform(&reader) * all);
        status = neuron_dataset_derive(sample, dataset, positions, 0, count);
    }
    neuron_release(context, sums);
    neuron_release(context, positions);
    return status;
}
