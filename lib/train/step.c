/* A step: forward leaves predictions, the loss their gradient, the backward pass hands each
 * gradient to the optimizer as soon as it is there, or all of them at the end
 * (two-phase.h). Forward changes moving statistics, which are set aside before, so that a
 * step that fails leaves no trace. */
#include "train/step.h"

#include "base/checked.h"
#include "evaluate/evaluation.h"
#include "session/session.h"
#include "train/two-phase.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Losses are summed by so many examples, then these sums: the order in which doubles are added is
 * part of what a seed gives. */
enum { EXAMPLES_PER_SUM = 16 };

struct neuron_step {
    neuron_context_t *context;
    neuron_graph_t *graph;
    const neuron_optimizer_t *optimizer;
    const neuron_loss_t *loss;
    int64_t capacity; /* of a batch */
    neuron_session *session;
    float *slots[NEURON_OPTIMIZER_SLOTS_MAX];
    neuron_loss_result *results; /* of the batch's examples */
    neuron_two_phase two_phase;
    float *statistics; /* the part of graph->values that is not trained, before a step */
    bool under_way;    /* the graph may have to be restored */
    neuron_step_turn turn;
    neuron_optimizer_t options; /* as they were when the step began */
};

static int allocate(neuron_step *step)
{
    neuron_context_t *context = step->context;
    const neuron_graph_t *graph = step->graph;
    step->statistics = neuron_allocate(
        context, neuron_size(graph->value_count - graph->trainable_count), sizeof(float));
    step->results = neuron_allocate(context, neuron_size(step->capacity), sizeof *step->results);
    bool complete = step->statistics && step->results;
    for (int32_t i = 0; i < step->optimizer->rule->slot_count; i++) {
        step->slots[i] =
            neuron_allocate(context, neuron_size(graph->trainable_count), sizeof(float));
        complete = complete && step->slots[i];
    }
    return complete ? NEURON_OK : NEURON_E_MEMORY;
}

int neuron_step_create(neuron_step **step, neuron_graph_t *graph,
                       const neuron_optimizer_t *optimizer, const neuron_loss_t *loss,
                       int64_t capacity)
{
    neuron_step *made = neuron_allocate_zero(graph->context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    made->context = graph->context;
    made->graph = graph;
    made->optimizer = optimizer;
    made->loss = loss;
    made->capacity = capacity;
    int status = allocate(made);
    if (status < 0)
        neuron_step_destroy(made);
    else
        *step = made;
    return status;
}

void neuron_step_destroy(neuron_step *step)
{
    if (!step)
        return;
    neuron_session_destroy(step->session);
    neuron_two_phase_release(&step->two_phase, step->context);
    for (int32_t i = 0; i < NEURON_OPTIMIZER_SLOTS_MAX; i++)
        neuron_release(step->context, step->slots[i]);
    neuron_release(step->context, step->statistics);
    neuron_release(step->context, step->results);
    neuron_release(step->context, step);
}

static neuron_session_purpose purpose_for(const neuron_loss_t *loss)
{
    switch (loss->kind->absorbs) {
    case NEURON_ABSORBS_SOFTMAX:
        return NEURON_SESSION_TRAIN;
    case NEURON_ABSORBS_SIGMOID:
        return NEURON_SESSION_TRAIN_BINARY;
    default:
        return NEURON_SESSION_TRAIN_WHOLE;
    }
}

int neuron_step_prepare(neuron_step *step)
{
    if (neuron_two_phase_needed(step->graph, step->optimizer))
        RETURN_IF_ERROR(neuron_two_phase_allocate(&step->two_phase, step->graph));
    if (step->session && neuron_session_current(step->session) &&
        neuron_session_threads(step->session) == neuron_context_threads(step->context))
        return NEURON_OK;
    RETURN_IF_ERROR(neuron_graph_check_trainable(step->graph, "trainer"));
    neuron_session_destroy(step->session);
    step->session = NULL;
    return neuron_session_create(&step->session, step->graph, purpose_for(step->loss),
                                 step->capacity);
}

float *const *neuron_step_slots(const neuron_step *step)
{
    return step->slots;
}

void neuron_step_fill_slots(neuron_step *step)
{
    neuron_optimizer_reset(step->optimizer, step->slots, step->graph->trainable_count);
}

float *neuron_step_inputs(neuron_step *step)
{
    return neuron_session_input(step->session);
}

void neuron_step_begin(neuron_step *step, const neuron_step_turn *turn)
{
    step->turn = *turn;
    neuron_optimizer_copy_options(&step->options, step->optimizer);
}

/* ---- Undoing ---- */

static size_t statistics_bytes(const neuron_graph_t *graph)
{
    return (size_t)(graph->value_count - graph->trainable_count) * sizeof(float);
}

static void set_statistics_aside(neuron_step *step)
{
    const neuron_graph_t *graph = step->graph;
    memcpy(step->statistics, graph->values + graph->trainable_count, statistics_bytes(graph));
    step->under_way = true;
}

void neuron_step_undo(neuron_step *step)
{
    neuron_graph_t *graph = step->graph;
    if (!step->under_way)
        return;
    step->under_way = false;
    memcpy(graph->values + graph->trainable_count, step->statistics, statistics_bytes(graph));
    neuron_graph_touch(graph);
}

/* ---- The loss ---- */

static void note_bad(neuron_step_result *result, const char *what, double value)
{
    snprintf(result->bad, sizeof result->bad, "%s", what);
    result->bad_value = value;
}

/* Whether gradients of the loss are no use: infinite ones of parameters may be bounded by
 * the optimizer, and a two-phase update looks itself at what norms it needs, or what the
 * backward pass made of them. */
static bool is_beyond(bool infinite, bool undefined, const neuron_optimizer_t *options)
{
    bool bounded = neuron_optimizer_option_value(options, NEURON_OPTIMIZER_CLIP_VALUE) > 0;
    return !neuron_optimizer_clips_norms(options) && (undefined || (infinite && !bounded));
}

/* `infinite` becomes whether a gradient is. */
static void compute_loss(neuron_step *step, const neuron_batch *batch, neuron_step_result *result,
                         bool *infinite)
{
    const neuron_loss_batch predicted = neuron_loss_batch_of(step->session, batch);
    bool undefined = false;
    *infinite = false;
    neuron_loss_compute(step->loss, step->context->pool, &predicted, step->results,
                        neuron_session_output_gradient(step->session));
    for (int64_t first = 0; first < batch->count; first += EXAMPLES_PER_SUM) {
        int64_t end = neuron_min_count(first + EXAMPLES_PER_SUM, batch->count);
        double sum = 0;
        for (int64_t i = first; i < end; i++) {
            sum += step->results[i].loss;
            result->correct += step->results[i].predicted == batch->labels[i];
            *infinite |= step->results[i].overflow;
            undefined |= step->results[i].undefined;
        }
        result->loss += sum;
    }
    result->loss += neuron_graph_penalty(step->graph) * (double)batch->count;
    if (!isfinite(result->loss))
        note_bad(result, "the loss", result->loss);
    else if (is_beyond(*infinite, undefined, &step->options))
        note_bad(result, "the gradient of the loss", undefined ? (double)NAN : (double)INFINITY);
}

/* ---- The update ---- */

static void apply_gradient(void *user_data, int64_t offset, const float *gradient, int64_t count)
{
    neuron_optimizer_apply_part(user_data, offset, gradient, count);
}

/* Names the first array that is not finite any more. */
static void note_overflow(const neuron_graph_t *graph, neuron_step_result *result)
{
    char what[NEURON_MESSAGE_SIZE];
    for (int32_t i = 0; i < graph->array_count; i++) {
        const neuron_graph_array *array = &graph->arrays[i];
        for (int64_t k = 0; k < array->count; k++) {
            float value = graph->values[array->offset + k];
            if (isfinite(value))
                continue;
            snprintf(what, sizeof what, "%s after the update", neuron_graph_array_name(graph, i));
            note_bad(result, what, (double)value);
            return;
        }
    }
    note_bad(result, "what the optimizer keeps of the gradients", (double)INFINITY);
}

static int run_backward(neuron_step *step, neuron_update *update, bool infinite,
                        neuron_step_result *result)
{
    const neuron_gradient_sink sink = {apply_gradient, update};
    const char *bad = NULL;
    double value;
    if (!infinite && !neuron_two_phase_needed(step->graph, &step->options))
        return neuron_session_backward_to(step->session, &sink);
    RETURN_IF_ERROR(neuron_two_phase_allocate(&step->two_phase, step->graph));
    RETURN_IF_ERROR(neuron_two_phase_update(&step->two_phase, step->session, step->graph, update,
                                            infinite, &bad, &value));
    if (bad)
        note_bad(result, bad, value);
    return NEURON_OK;
}

/* Runs backward and updates all parameters: without a failure, or something that is not finite
 * before the update, the graph has others then. */
static int update_parameters(neuron_step *step, bool infinite, neuron_step_result *result)
{
    atomic_bool overflow;
    atomic_init(&overflow, false);
    neuron_update update = {
        .optimizer = &step->options,
        .kernels = neuron_session_kernels(step->session),
        .step = step->turn.optimizer_steps + 1,
        .learning_rate = step->turn.learning_rate,
        .values = step->graph->values,
        .overflow = &overflow,
    };
    memcpy(update.slots, step->slots, sizeof update.slots);
    if (update.step == 1)
        neuron_optimizer_reset(&step->options, step->slots, step->graph->trainable_count);
    neuron_optimizer_begin(&update);
    RETURN_IF_ERROR(run_backward(step, &update, infinite, result));
    if (!result->bad[0] && atomic_load(&overflow))
        note_overflow(step->graph, result);
    return NEURON_OK;
}

int neuron_step_run(neuron_step *step, const neuron_batch *batch, neuron_step_result *result)
{
    bool infinite = false;
    *result = (neuron_step_result){.loss = 0};
    set_statistics_aside(step);
    int status = neuron_session_forward(step->session, NULL, batch->count, step->turn.seed,
                                        step->turn.updates);
    if (status == NEURON_OK) {
        neuron_graph_touch(step->graph); /* its moving statistics */
        compute_loss(step, batch, result, &infinite);
    }
    if (status == NEURON_OK && !result->bad[0])
        status = update_parameters(step, infinite, result);
    if (status < 0 || result->bad[0]) {
        neuron_step_undo(step);
        return status;
    }
    step->under_way = false;
    neuron_graph_touch(step->graph);
    return NEURON_OK;
}
