/* A dataset whose targets are what a teacher says of its examples: see neuron_dataset_distil(). */
#include "committee/distil.h"

#include <libneuron-committee/distilling.h>

#include "base/checked.h"
#include "base/float-mode.h"
#include "evaluate/evaluation.h"
#include "graph/meaning.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { SOFT_SHARE = 1 };

static const neuron_option rows[] = {
    NEURON_REAL(SOFT_SHARE, "soft_share", 0, 1, 1,
                "how much the teacher counts; the rest is for the targets that are there"),
};

const neuron_option_table neuron_distil_options = NEURON_OPTION_TABLE(rows);

/* What the teacher said: [count, size]. */
typedef struct teaching {
    const neuron_graph_t *teacher;
    const neuron_dataset_t *dataset;
    int64_t size;
    double share;
    const float *said;
} teaching;

/* Whether the outputs for an example are shares that add up to 1. */
static bool are_shares(const teaching *t, int64_t example)
{
    const float *said = t->said + example * t->size;
    double sum = 0;
    for (int64_t k = 0; k < t->size; k++) {
        if (!(said[k] >= 0))
            return false;
        sum += (double)said[k];
    }
    return t->size > 1 && fabs(sum - 1) <= NEURON_LOSS_SUM_TOLERANCE;
}

/* The first example whose outputs are none; -1 if all are shares. */
static int64_t find_other(const teaching *t)
{
    for (int64_t i = 0; i < t->dataset->count; i++)
        if (!are_shares(t, i))
            return i;
    return -1;
}

static int check_finite(const teaching *t)
{
    for (int64_t i = 0; i < t->dataset->count * t->size; i++)
        if (!isfinite(t->said[i]))
            return neuron_fail(NEURON_E_NOT_FINITE,
                               "distil: the teacher (%s) puts out %g for example %" PRId64
                               ", at place %" PRId64,
                               t->teacher->name, (double)t->said[i], i / t->size, i % t->size);
    return NEURON_OK;
}

static int check_shares(const teaching *t)
{
    int64_t example = find_other(t);
    if (example < 0)
        return NEURON_OK;
    return neuron_fail(NEURON_E_DATA,
                       "distil: what the teacher (%s) puts out for example %" PRId64
                       " is not probabilities that add up to 1, which the targets of classes must "
                       "be; end it with a softmax",
                       t->teacher->name, example);
}

/* What an unlabelled dataset learns of its targets. */
static void describe(neuron_dataset_t *part, const teaching *t)
{
    const neuron_node_t *output = t->teacher->outputs[0];
    part->outputs = part->class_count = t->size;
    part->any_targets = t->size > NEURON_CLASSES_MAX || find_other(t) >= 0;
    if (part->any_targets)
        part->target_shape = output->spec.output;
    if (t->size == 1)
        part->class_count = 2;
    if (output->meaning.class_names && output->meaning.class_names->shape.extent[0] > 0)
        part->class_names = neuron_tensor_ref(output->meaning.class_names);
}

/* Bytes of a stored example. */
static size_t example_size(const neuron_dataset_t *part)
{
    const neuron_shape *shape = &part->examples->shape;
    return neuron_size_of(neuron_shape_count(shape) / shape->extent[0],
                          neuron_type_size(part->examples->type));
}

/* Targets are stored by row, like the examples. Of few of many rows it takes less memory to have
 * copies of the examples, and no other rows. */
static bool takes_copies(const neuron_dataset_t *part, const teaching *t)
{
    double others = (double)(part->examples->shape.extent[0] - part->count);
    return !part->stream && others * (double)neuron_size_of(t->size, sizeof(float)) >
                                (double)part->count * (double)example_size(part);
}

/* Leaves the part the rows of its examples alone, in their order. */
static int copy_examples(neuron_dataset_t *part)
{
    neuron_tensor_t *examples, *weights = NULL;
    size_t bytes = example_size(part);
    int64_t extents[NEURON_RANK_MAX] = {part->count};
    const neuron_shape *shape = &part->examples->shape;
    for (int32_t axis = 1; axis < shape->rank; axis++)
        extents[axis] = shape->extent[axis];
    RETURN_IF_ERROR(neuron_tensor_create_raw(&examples, part->context, part->examples->type,
                                             extents, shape->rank));
    int status = part->weights ? neuron_tensor_create(&weights, part->context, NEURON_TYPE_F32,
                                                      &part->count, 1)
                               : NEURON_OK;
    if (status < 0) {
        neuron_tensor_unref(examples);
        return status;
    }
    for (int64_t i = 0; i < part->count; i++) {
        memcpy((char *)examples->data + (size_t)i * bytes,
               (const char *)part->examples->data + (size_t)part->order[i] * bytes, bytes);
        if (weights)
            ((float *)weights->data)[i] = ((const float *)part->weights->data)[part->order[i]];
        part->order[i] = i;
    }
    neuron_tensor_unref(part->examples);
    neuron_tensor_unref(part->weights);
    part->examples = examples;
    part->weights = weights;
    return NEURON_OK;
}

/* Gives the part its targets by stored row; others than those of the dataset stay 0. */
static int fill(neuron_dataset_t *part, const teaching *t)
{
    neuron_context_t *context = part->context;
    bool copies = takes_copies(part, t);
    int64_t stored = copies ? part->count : part->examples->shape.extent[0];
    const int64_t extents[] = {stored, t->size};
    neuron_tensor_t *made, *classes = NULL;
    bool labelled = part->outputs > 0;
    RETURN_IF_ERROR(neuron_tensor_create(&made, context, NEURON_TYPE_F32, extents, 2));
    int status =
        labelled ? neuron_tensor_create(&classes, context, NEURON_TYPE_I32, &stored, 1) : NEURON_OK;
    if (status < 0) {
        neuron_tensor_unref(made);
        return status;
    }
    for (int64_t i = 0; i < part->count; i++) {
        int64_t row = copies ? i : part->order[i];
        float *target = (float *)made->data + row * t->size;
        const float *said = t->said + i * t->size;
        if (labelled) {
            neuron_dataset_copy_target(part, i, target);
            ((int32_t *)classes->data)[row] = neuron_dataset_label(part, i);
        }
        for (int64_t k = 0; k < t->size; k++)
            target[k] = (float)(t->share * (double)said[k] + (1 - t->share) * (double)target[k]);
    }
    if (copies)
        status = copy_examples(part);
    if (status < 0) {
        neuron_tensor_unref(made);
        neuron_tensor_unref(classes);
        return status;
    }
    neuron_tensor_unref(part->labels);
    neuron_tensor_unref(part->classes);
    part->labels = made;
    part->classes = classes;
    part->one_hot = false;
    if (!labelled)
        describe(part, t);
    return NEURON_OK;
}

static int teach(neuron_dataset_t **distilled, const teaching *t)
{
    neuron_dataset_t *made;
    bool of_classes = t->dataset->outputs > 0 && !t->dataset->any_targets;
    RETURN_IF_ERROR(check_finite(t));
    if (of_classes)
        RETURN_IF_ERROR(check_shares(t));
    RETURN_IF_ERROR(neuron_dataset_derive(&made, t->dataset, NULL, 0, t->dataset->count));
    int status = fill(neuron_dataset_labels_of(made), t);
    if (status < 0) {
        neuron_dataset_unref(made);
        return status;
    }
    neuron_dataset_labels_changed(made);
    *distilled = made;
    return NEURON_OK;
}

static int check(const neuron_graph_t *teacher, const neuron_dataset_t *dataset, double share)
{
    if (teacher->output_count != 1)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "distil: the teacher (%s) has %" PRId64
                           " outputs; neuron_graph_with_outputs() makes a graph of one of them",
                           teacher->name, teacher->output_count);
    if (dataset->count == 0)
        return neuron_fail(NEURON_E_DATA, "distil: the dataset has no examples");
    if (dataset->outputs > 0)
        return neuron_graph_check_dataset(teacher, dataset, "distil");
    if (share < 1)
        return neuron_fail(
            NEURON_E_DATA,
            "distil: soft_share is %g, but the dataset has no labels or targets that "
            "could have the rest",
            share);
    return neuron_graph_check_examples(teacher, dataset, "distil");
}

int neuron_dataset_distil(neuron_dataset_t **distilled, neuron_dataset_t *dataset,
                          const neuron_graph_t *teacher, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(distilled);
    *distilled = NULL;
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(teacher);
    RETURN_IF_ERROR(neuron_graph_check_finished(teacher, __func__));
    neuron_options given;
    neuron_options_reset(&given, &neuron_distil_options);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, "distil"));
    double share = neuron_options_value(&given, SOFT_SHARE);
    RETURN_IF_ERROR(check(teacher, dataset, share));
    const neuron_shape *shape = &teacher->outputs[0]->spec.output;
    int64_t extents[NEURON_RANK_MAX + 1] = {dataset->count};
    memcpy(extents + 1, shape->extent, (size_t)shape->rank * sizeof *extents);
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, graph, teacher);
    neuron_hold_reference(&hold, dataset, dataset);
    neuron_tensor_t *said;
    RETURN_IF_ERROR(neuron_tensor_create_raw(&said, dataset->context, NEURON_TYPE_F32, extents,
                                             shape->rank + 1));
    neuron_hold_reference(&hold, tensor, said);
    neuron_tensor_unref(said);
    RETURN_IF_ERROR(neuron_graph_predict_dataset(teacher, dataset, said));
    const teaching t = {.teacher = teacher,
                        .dataset = dataset,
                        .size = neuron_shape_count(shape),
                        .share = share,
                        .said = said->data};
    return teach(distilled, &t);
}
