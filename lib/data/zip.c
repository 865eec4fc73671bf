/* Datasets side by side: examples with several inputs and targets. Each of them is a dataset of its
 * own, with as many examples in the same order, so that what reads datasets reads these; what is
 * derived from the whole is derived from each. dataset.h says who has what. */
#include "data/dataset.h"

#include "base/checked.h"
#include "base/float-mode.h"

#include <inttypes.h>

/* Of a list; more are surely a mistake. */
enum { PARTS_MAX = 65536 };

int64_t neuron_dataset_input_count(const neuron_dataset_t *dataset)
{
    return NEURON_IS(dataset) ? neuron_dataset_inputs(dataset) : 0;
}

int64_t neuron_dataset_target_count(const neuron_dataset_t *dataset)
{
    return dataset && dataset->outputs > 0 ? neuron_dataset_targets(dataset) : 0;
}

int neuron_dataset_refuse_zipped(const neuron_dataset_t *dataset, const char *who)
{
    if (dataset->zip)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: the dataset has several inputs or targets; call this for the "
                           "datasets that were zipped, and zip what comes of it",
                           who);
    return NEURON_OK;
}

/* ---- Labels ---- */

neuron_dataset_t *neuron_dataset_labels_of(neuron_dataset_t *dataset)
{
    const neuron_zip *zip = dataset->zip;
    return zip ? zip->parts[zip->input_count - 1] : dataset;
}

void neuron_dataset_labels_changed(neuron_dataset_t *dataset)
{
    const neuron_dataset_t *part = neuron_dataset_target_at(dataset, 0);
    if (part == dataset)
        return;
    neuron_tensor_unref(dataset->labels);
    neuron_tensor_unref(dataset->class_names);
    neuron_tensor_unref(dataset->classes);
    dataset->labels = neuron_tensor_ref(part->labels);
    dataset->classes = neuron_tensor_ref(part->classes);
    dataset->class_names = neuron_tensor_ref(part->class_names);
    dataset->one_hot = part->one_hot;
    dataset->any_targets = part->any_targets;
    dataset->class_count = part->class_count;
    dataset->outputs = part->outputs;
    dataset->target_shape = part->target_shape;
}

/* ---- Life ---- */

static int64_t part_count(const neuron_zip *zip)
{
    return zip->input_count - 1 + zip->target_count;
}

/* Room for parts, all of which are still NULL. */
static int allocate(neuron_dataset_t *dataset, int64_t inputs, int64_t targets)
{
    neuron_zip *zip = neuron_allocate_zero(
        dataset->context, sizeof *zip + neuron_size_of(inputs - 1 + targets, sizeof zip->parts[0]),
        1);
    if (!zip)
        return NEURON_E_MEMORY;
    zip->input_count = inputs;
    zip->target_count = targets;
    dataset->zip = zip;
    return NEURON_OK;
}

void neuron_zip_release(neuron_dataset_t *dataset)
{
    neuron_zip *zip = dataset->zip;
    for (int32_t i = 0; zip && i < part_count(zip); i++)
        neuron_dataset_unref(zip->parts[i]);
    neuron_release(dataset->context, zip);
}

/* Weights go by position. */
static int derive_weights(neuron_dataset_t *derived, const neuron_dataset_t *dataset,
                          const int64_t *positions, int64_t first)
{
    if (!dataset->weights)
        return NEURON_OK;
    RETURN_IF_ERROR(neuron_tensor_create_raw(&derived->weights, derived->context, NEURON_TYPE_F32,
                                             &derived->count, 1));
    const float *from = dataset->weights->data;
    float *to = derived->weights->data;
    for (int64_t i = 0; i < derived->count; i++)
        to[i] = from[positions ? positions[i] : first + i];
    return NEURON_OK;
}

int neuron_zip_derive(neuron_dataset_t *derived, const neuron_dataset_t *dataset,
                      const int64_t *positions, int64_t first, int64_t count)
{
    const neuron_zip *zip = dataset->zip;
    RETURN_IF_ERROR(allocate(derived, zip->input_count, zip->target_count));
    for (int32_t i = 0; i < part_count(zip); i++)
        RETURN_IF_ERROR(neuron_dataset_derive_single(&derived->zip->parts[i], zip->parts[i],
                                                     positions, first, count));
    return derive_weights(derived, dataset, positions, first);
}

/* ---- Zipping ---- */

/* One input by itself. */
static int make_input(neuron_dataset_t **made, const neuron_dataset_t *dataset, int64_t index)
{
    neuron_dataset_t *part;
    const neuron_dataset_t *from = neuron_dataset_input_at(dataset, index);
    RETURN_IF_ERROR(neuron_dataset_derive_single(&part, from, NULL, 0, from->count));
    int status = neuron_dataset_drop_labels(part);
    if (status < 0)
        neuron_dataset_unref(part);
    else
        *made = part;
    return status;
}

static int make_target(neuron_dataset_t **made, const neuron_dataset_t *dataset, int64_t index)
{
    const neuron_dataset_t *from = neuron_dataset_target_at(dataset, index);
    return neuron_dataset_derive_single(made, from, NULL, 0, from->count);
}

/* What was given for a call. */
typedef struct zipping {
    neuron_dataset_t *const *inputs, *const *targets;
    int64_t input_count, target_count; /* of the lists; */
    int64_t all_inputs, all_targets;   /* and of all that is in them */
} zipping;

static int check_one(const neuron_dataset_t *dataset, const zipping *given, const char *list,
                     int64_t index)
{
    const char *who = "neuron_dataset_zip";
    RETURN_IF_ERROR(neuron_handle_check_at(dataset, NEURON_HANDLE_DATASET, list, index, who));
    if (dataset->count != given->inputs[0]->count)
        return neuron_fail(NEURON_E_DATA,
                           "%s: %s[%" PRId64 "] has %" PRId64 " examples, inputs[0] has %" PRId64,
                           who, list, index, dataset->count, given->inputs[0]->count);
    return NEURON_OK;
}

static int check(zipping *given)
{
    const char *who = "neuron_dataset_zip";
    for (int64_t i = 0; i < given->input_count; i++) {
        RETURN_IF_ERROR(check_one(given->inputs[i], given, "inputs", i));
        given->all_inputs += neuron_dataset_inputs(given->inputs[i]);
    }
    for (int64_t i = 0; i < given->target_count; i++) {
        const neuron_dataset_t *dataset = given->targets[i];
        RETURN_IF_ERROR(check_one(dataset, given, "targets", i));
        given->all_targets += neuron_dataset_targets(dataset);
        if (dataset->outputs == 0)
            return neuron_fail(NEURON_E_DATA, "%s: targets[%" PRId64 "] has no labels or targets",
                               who, i);
        if (dataset->zip && dataset->weights)
            return neuron_fail(NEURON_E_UNSUPPORTED,
                               "%s: targets[%" PRId64 "] was zipped and given weights afterwards; "
                               "set them once all is zipped",
                               who, i);
    }
    RETURN_IF_ERROR(neuron_check_range(given->all_inputs, 1, PARTS_MAX, "number of inputs", who));
    return neuron_check_range(given->all_targets, 0, PARTS_MAX, "number of targets", who);
}

static int fill(neuron_dataset_t *made, const zipping *given)
{
    RETURN_IF_ERROR(
        allocate(made, given->all_inputs, given->all_targets > 0 ? given->all_targets : 1));
    neuron_dataset_t **part = made->zip->parts;
    for (int64_t i = 0; i < given->input_count; i++)
        for (int32_t k = i > 0 ? 0 : 1; k < neuron_dataset_inputs(given->inputs[i]); k++)
            RETURN_IF_ERROR(make_input(part++, given->inputs[i], k));
    for (int64_t i = 0; i < given->target_count; i++)
        for (int32_t k = 0; k < neuron_dataset_targets(given->targets[i]); k++)
            RETURN_IF_ERROR(make_target(part++, given->targets[i], k));
    if (given->target_count == 0)
        RETURN_IF_ERROR(make_input(part, given->inputs[0], 0));
    neuron_dataset_labels_changed(made);
    return NEURON_OK;
}

int neuron_dataset_zip(neuron_dataset_t **zipped, neuron_dataset_t *const *inputs,
                       int64_t input_count, neuron_dataset_t *const *targets, int64_t target_count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(zipped);
    *zipped = NULL;
    CHECK_ARGUMENT(inputs);
    CHECK_RANGE(input_count, 1, PARTS_MAX);
    CHECK_RANGE(target_count, 0, PARTS_MAX);
    if (target_count > 0)
        CHECK_ARGUMENT(targets);
    zipping given = {.inputs = inputs,
                     .targets = targets,
                     .input_count = input_count,
                     .target_count = target_count};
    RETURN_IF_ERROR(check(&given));
    neuron_dataset_t *made;
    RETURN_IF_ERROR(make_input(&made, inputs[0], 0));
    int status = fill(made, &given);
    if (status < 0)
        neuron_dataset_unref(made);
    else
        *zipped = made;
    return status;
}

/* ---- Taking apart ---- */

int neuron_dataset_input(neuron_dataset_t **part, neuron_dataset_t *dataset, int64_t index)
{
    CHECK_ARGUMENT(part);
    *part = NULL;
    CHECK_ARGUMENT(dataset);
    CHECK_RANGE(index, 0, neuron_dataset_input_count(dataset) - 1);
    return make_input(part, dataset, index);
}

int neuron_dataset_target(neuron_dataset_t **part, neuron_dataset_t *dataset, int64_t index)
{
    CHECK_ARGUMENT(part);
    *part = NULL;
    CHECK_ARGUMENT(dataset);
    if (dataset->outputs == 0)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: the dataset has no targets", __func__);
    CHECK_RANGE(index, 0, neuron_dataset_target_count(dataset) - 1);
    return make_target(part, dataset, index);
}
