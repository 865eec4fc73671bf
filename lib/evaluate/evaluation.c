/* The handle of an evaluation: a confusion matrix with its sums over rows and columns. */
#include "evaluate/evaluation.h"

#include <math.h>

int neuron_evaluation_create_empty(neuron_evaluation_t **evaluation, neuron_context_t *context,
                                   int32_t class_count)
{
    neuron_evaluation_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    size_t classes = (size_t)class_count;
    made->confusion = neuron_allocate_zero(context, classes,
                                           neuron_size_of(class_count, sizeof *made->confusion));
    made->of_class = neuron_allocate_zero(context, 2 * classes, sizeof *made->of_class);
    if (!made->confusion || !made->of_class) {
        neuron_release(context, made->confusion);
        neuron_release(context, made->of_class);
        neuron_release(context, made);
        return NEURON_E_MEMORY;
    }
    made->taken_for = made->of_class + classes;
    atomic_init(&made->references, 1);
    made->context = neuron_context_ref(context);
    made->class_count = class_count;
    made->loss = NAN;
    *evaluation = made;
    return NEURON_OK;
}

void neuron_evaluation_note(neuron_evaluation_t *evaluation, int32_t truth, int32_t predicted)
{
    evaluation->confusion[(int64_t)truth * evaluation->class_count + predicted]++;
    evaluation->of_class[truth]++;
    evaluation->taken_for[predicted]++;
}

static int check_classes(const int32_t *classes, int64_t count, int32_t class_count,
                         const char *name)
{
    for (int64_t i = 0; i < count; i++)
        if (classes[i] < 0 || classes[i] >= class_count)
            return neuron_fail(NEURON_E_DATA, "evaluation: %s[%lld] is %d, classes are 0 to %d",
                               name, (long long)i, classes[i], class_count - 1);
    return NEURON_OK;
}

int neuron_evaluation_create(neuron_evaluation_t **evaluation, neuron_context_t *context,
                             const int32_t *truth, const int32_t *predicted, int64_t count,
                             int32_t class_count)
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
    neuron_evaluation_t *made;
    RETURN_IF_ERROR(neuron_evaluation_create_empty(&made, context, class_count));
    made->count = count;
    for (int64_t i = 0; i < count; i++)
        neuron_evaluation_note(made, truth[i], predicted[i]);
    *evaluation = made;
    return NEURON_OK;
}

neuron_evaluation_t *neuron_evaluation_ref(neuron_evaluation_t *evaluation)
{
    if (evaluation)
        atomic_fetch_add_explicit(&evaluation->references, 1, memory_order_relaxed);
    return evaluation;
}

void neuron_evaluation_unref(neuron_evaluation_t *evaluation)
{
    if (!evaluation || !neuron_hold_last_owner(&evaluation->references))
        return;
    neuron_context_t *context = evaluation->context;
    neuron_release(context, evaluation->confusion);
    neuron_release(context, evaluation->of_class);
    neuron_release(context, evaluation);
    neuron_context_unref(context);
}
