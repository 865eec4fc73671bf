/* The handle of an evaluation: its memory, which follows from what is evaluated, and evaluations of
 * class numbers. */
#include "evaluate/evaluation.h"

#include <math.h>

/* A matrix of confusion if it is no larger than what it is made of; else the pairs of examples. Of
 * places there would be too many. */
static int allocate_confusion(neuron_evaluation_t *made)
{
    int64_t classes = made->plan.rows;
    bool pixels = made->plan.kind == NEURON_EVALUATION_PIXELS;
    bool matrix = classes <= NEURON_EVALUATION_MATRIX_CLASSES ||
                  (pixels ? classes <= made->plan.places : classes * classes <= made->count);
    if (matrix)
        made->matrix =
            neuron_allocate_zero(made->context, (size_t)(classes * classes), sizeof *made->matrix);
    else if (!pixels)
        made->pairs = neuron_allocate(made->context, neuron_size(made->count), sizeof *made->pairs);
    return made->matrix || made->pairs || (pixels && !matrix) ? NEURON_OK : NEURON_E_MEMORY;
}

static int allocate_sums(neuron_evaluation_t *made)
{
    size_t rows = (size_t)made->plan.rows;
    if (made->plan.kind == NEURON_EVALUATION_REGRESSION) {
        made->errors = neuron_allocate_zero(made->context, rows, sizeof *made->errors);
        return made->errors ? NEURON_OK : NEURON_E_MEMORY;
    }
    made->of_row = neuron_allocate_zero(made->context, 3 * rows, sizeof *made->of_row);
    if (!made->of_row)
        return NEURON_E_MEMORY;
    made->taken_for = made->of_row + rows;
    made->correct = made->taken_for + rows;
    return NEURON_OK;
}

static int allocate_rest(neuron_evaluation_t *made)
{
    neuron_evaluation_kinds kind = made->plan.kind;
    if (kind == NEURON_EVALUATION_CLASSES || kind == NEURON_EVALUATION_PIXELS)
        RETURN_IF_ERROR(allocate_confusion(made));
    return made->plan.keeps_scores ? neuron_evaluation_allocate_scores(made) : NEURON_OK;
}

static int create(neuron_evaluation_t **evaluation, neuron_context_t *context,
                  const neuron_evaluation_plan *plan, int64_t count, bool whole)
{
    neuron_evaluation_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    made->context = neuron_context_ref(context);
    made->plan = *plan;
    made->count = count;
    made->loss = NAN;
    int status = allocate_sums(made);
    if (status == NEURON_OK && whole)
        status = allocate_rest(made);
    if (status < 0)
        neuron_evaluation_unref(made);
    else
        *evaluation = made;
    return status;
}

int neuron_evaluation_create_empty(neuron_evaluation_t **evaluation, neuron_context_t *context,
                                   const neuron_evaluation_plan *plan, int64_t count)
{
    return create(evaluation, context, plan, count, true);
}

int neuron_evaluation_create_sums(neuron_evaluation_t **evaluation, neuron_context_t *context,
                                  const neuron_evaluation_plan *plan)
{
    return create(evaluation, context, plan, 0, false);
}

static int check_classes(const int32_t *classes, int64_t count, int64_t class_count,
                         const char *name)
{
    for (int64_t i = 0; i < count; i++)
        if (classes[i] < 0 || classes[i] >= class_count)
            return neuron_fail(NEURON_E_DATA,
                               "evaluation: %s[%lld] is %d, classes are 0 to %" PRId64, name,
                               (long long)i, classes[i], class_count - 1);
    return NEURON_OK;
}

int neuron_evaluation_create(neuron_evaluation_t **evaluation, neuron_context_t *context,
                             const int32_t *truth, const int32_t *predicted, int64_t count,
                             int64_t class_count)
{
    CHECK_ARGUMENT(evaluation);
    *evaluation = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(truth);
    CHECK_ARGUMENT(predicted);
    CHECK_RANGE(count, 1, INT64_MAX);
    CHECK_RANGE(class_count, 1, NEURON_EVALUATION_CLASSES_MAX);
    RETURN_IF_ERROR(check_classes(truth, count, class_count, "truth"));
    RETURN_IF_ERROR(check_classes(predicted, count, class_count, "predicted"));
    const neuron_evaluation_plan plan = {.kind = NEURON_EVALUATION_CLASSES,
                                         .channels = class_count,
                                         .places = 1,
                                         .rows = class_count};
    neuron_evaluation_t *made;
    RETURN_IF_ERROR(neuron_evaluation_create_empty(&made, context, &plan, count));
    for (int64_t i = 0; i < count; i++)
        neuron_evaluation_note(made, truth[i], predicted[i]);
    neuron_evaluation_finish(made);
    *evaluation = made;
    return NEURON_OK;
}

neuron_evaluation_t *neuron_evaluation_ref(neuron_evaluation_t *evaluation)
{
    if (!NEURON_IS(evaluation))
        return NULL;
    neuron_handle_own(&evaluation->handle);
    return evaluation;
}

void neuron_evaluation_unref(neuron_evaluation_t *evaluation)
{
    if (!NEURON_IS(evaluation) || !neuron_hold_last_owner(&evaluation->handle.references))
        return;
    neuron_context_t *context = evaluation->context;
    neuron_tensor_unref(evaluation->names);
    neuron_release(context, evaluation->matrix);
    neuron_release(context, evaluation->pairs);
    neuron_release(context, evaluation->errors);
    neuron_release(context, evaluation->of_row);
    neuron_evaluation_release_scores(evaluation);
    neuron_release(context, evaluation);
    neuron_context_unref(context);
}
