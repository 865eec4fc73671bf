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
    const neuron_step_loss *losses; /* of each output */
    neuron_session_purpose *purposes;
    neuron_output_sums *sums; /* of each output */
    float **inputs;           /* of the session, of each input */
    int64_t capacity;         /* of a batch */
    neuron_session *session;
    neuron_session
        *whole; /* for steps by given gradients, where a loss takes the place of an output
                              layer; made when the first comes */
    float *slots[NEURON_OPTIMIZER_SLOTS_MAX];
    neuron_loss_result *results; /* of the batch's examples */
    double *weights;             /* of the examples, at an output whose loss has a weight */
    neuron_two_phase two_phase;
    float *statistics; /* the part of graph->values that is not trained, before a step */
    bool under_way;    /* the graph may have to be restored */
    neuron_step_turn turn;
    neuron_optimizer_t options; /* as they were when the step began */
};

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

static int allocate(neuron_step *step)
{
    neuron_context_t *context = step->context;
    const neuron_graph_t *graph = step->graph;
    step->statistics = neuron_allocate(
        context, neuron_size(graph->value_count - graph->trainable_count), sizeof(float));
    step->purposes =
        neuron_allocate(context, neuron_size(graph->output_count), sizeof *step->purposes);
    step->sums =
        neuron_allocate_zero(context, neuron_size(graph->output_count), sizeof *step->sums);
    step->inputs = neuron_allocate(context, neuron_size(graph->input_count), sizeof *step->inputs);
    bool complete = step->statistics && step->purposes && step->sums && step->inputs;
    for (int32_t i = 0; i < step->optimizer->rule->slot_count; i++) {
        step->slots[i] =
            neuron_allocate(context, neuron_size(graph->trainable_count), sizeof(float));
        complete = complete && step->slots[i];
    }
    for (int32_t i = 0; complete && i < graph->output_count; i++)
        step->purposes[i] = purpose_for(step->losses[i].loss);
    return complete ? NEURON_OK : NEURON_E_MEMORY;
}

int neuron_step_create(neuron_step **step, neuron_graph_t *graph,
                       const neuron_optimizer_t *optimizer, const neuron_step_loss *losses)
{
    neuron_step *made = neuron_allocate_zero(graph->context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    made->context = graph->context;
    made->graph = graph;
    made->optimizer = optimizer;
    made->losses = losses;
    int status = allocate(made);
    if (status < 0)
        neuron_step_destroy(made);
    else
        *step = made;
    return status;
}

static void drop_sessions(neuron_step *step)
{
    neuron_session_destroy(step->session);
    neuron_session_destroy(step->whole);
    step->session = step->whole = NULL;
}

void neuron_step_destroy(neuron_step *step)
{
    if (!step)
        return;
    drop_sessions(step);
    neuron_two_phase_release(&step->two_phase, step->context);
    for (int32_t i = 0; i < NEURON_OPTIMIZER_SLOTS_MAX; i++)
        neuron_release(step->context, step->slots[i]);
    neuron_release(step->context, step->statistics);
    neuron_release(step->context, step->purposes);
    neuron_release(step->context, step->sums);
    neuron_release(step->context, step->inputs);
    neuron_release(step->context, step->results);
    neuron_release(step->context, step->weights);
    neuron_release(step->context, step);
}

static bool weighs_losses(const neuron_step *step)
{
    bool weighs = false;
    for (int32_t i = 0; i < step->graph->output_count; i++)
        weighs = weighs || step->losses[i].weight != 1;
    return weighs;
}

static bool has_functions(const neuron_step *step)
{
    bool has = false;
    for (int32_t i = 0; i < step->graph->output_count; i++)
        has = has || step->losses[i].loss->function;
    return has;
}

int neuron_step_set_capacity(neuron_step *step, int64_t capacity)
{
    neuron_context_t *context = step->context;
    size_t count = neuron_size(capacity);
    bool weighs = weighs_losses(step);
    if (capacity == step->capacity)
        return NEURON_OK;
    neuron_loss_result *results =
        neuron_loss_allocate_results(context, capacity, has_functions(step));
    double *weights = weighs ? neuron_allocate(context, count, sizeof *weights) : NULL;
    if (!results || (weighs && !weights)) {
        neuron_release(context, results);
        neuron_release(context, weights);
        return NEURON_E_MEMORY;
    }
    neuron_release(context, step->results);
    neuron_release(context, step->weights);
    step->results = results;
    step->weights = weights;
    step->capacity = capacity;
    drop_sessions(step);
    return NEURON_OK;
}

int neuron_step_prepare(neuron_step *step)
{
    if (neuron_two_phase_needed(step->graph, step->optimizer))
        RETURN_IF_ERROR(neuron_two_phase_allocate(&step->two_phase, step->graph));
    if (step->session && neuron_session_current(step->session) &&
        neuron_session_threads(step->session) == neuron_context_threads(step->context))
        return NEURON_OK;
    RETURN_IF_ERROR(neuron_graph_check_trainable(step->graph, "trainer"));
    drop_sessions(step);
    const neuron_session_training training = {.purposes = step->purposes, .parameters = true};
    RETURN_IF_ERROR(
        neuron_session_create_training(&step->session, step->graph, &training, step->capacity));
    for (int32_t i = 0; i < step->graph->input_count; i++)
        step->inputs[i] = neuron_session_input(step->session, i);
    return NEURON_OK;
}

/* The session in which nothing is left to a loss. */
static int find_whole(neuron_step *step, neuron_session **session)
{
    bool logits = false;
    for (int32_t i = 0; i < step->graph->output_count; i++)
        logits = logits || neuron_session_logits(step->session, i);
    if (logits && !step->whole)
        RETURN_IF_ERROR(neuron_session_create(&step->whole, step->graph, NEURON_SESSION_TRAIN_WHOLE,
                                              step->capacity));
    *session = logits ? step->whole : step->session;
    return NEURON_OK;
}

float *const *neuron_step_slots(const neuron_step *step)
{
    return step->slots;
}

void neuron_step_fill_slots(neuron_step *step)
{
    neuron_optimizer_reset(step->optimizer, step->slots, step->graph->trainable_count);
}

float *const *neuron_step_inputs(const neuron_step *step)
{
    return step->inputs;
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

/* The batch of an output, as its loss sees it. */
static neuron_loss_batch batch_of(const neuron_step *step, const neuron_batch *batches,
                                  int32_t output)
{
    neuron_loss_batch batch = neuron_loss_batch_of(step->session, output, &batches[output]);
    double weight = step->losses[output].weight;
    if (weight == 1)
        return batch;
    for (int64_t i = 0; i < batch.count; i++)
        step->weights[i] = batch.weights[i] * weight;
    batch.weights = step->weights;
    return batch;
}

/* Adds the loss of one output. `*infinite` becomes true if a gradient is, `*undefined` if one is
 * not a number. */
static int add_loss(neuron_step *step, const neuron_batch *batches, int32_t output,
                    neuron_step_result *result, bool *infinite, bool *undefined)
{
    const neuron_loss_batch batch = batch_of(step, batches, output);
    neuron_output_sums *sums = &step->sums[output];
    *sums = (neuron_output_sums){0};
    RETURN_IF_ERROR(neuron_loss_compute(step->losses[output].loss, step->context->pool, &batch,
                                        step->results,
                                        neuron_session_output_gradient(step->session, output)));
    for (int64_t first = 0; first < batch.count; first += EXAMPLES_PER_SUM) {
        int64_t end = neuron_min_count(first + EXAMPLES_PER_SUM, batch.count);
        double sum = 0;
        for (int64_t i = first; i < end; i++) {
            sum += step->results[i].loss;
            sums->correct += step->results[i].predicted == batch.labels[i];
            *infinite |= step->results[i].overflow;
            *undefined |= step->results[i].undefined;
        }
        sums->loss += sum;
        result->loss += sum;
    }
    double weight = step->losses[output].weight;
    sums->loss = weight > 0 ? sums->loss / weight : (double)NAN;
    return NEURON_OK;
}

/* `*infinite` becomes whether a gradient is. */
static int compute_loss(neuron_step *step, const neuron_step_data *data, neuron_step_result *result,
                        bool *infinite)
{
    bool undefined = false;
    for (int32_t i = 0; i < step->graph->output_count; i++)
        RETURN_IF_ERROR(add_loss(step, data->batches, i, result, infinite, &undefined));
    result->loss += neuron_graph_penalty(step->graph) * (double)data->count;
    if (!isfinite(result->loss))
        note_bad(result, "the loss", result->loss);
    else if (is_beyond(*infinite, undefined, &step->options))
        note_bad(result, "the gradient of the loss", undefined ? (double)NAN : (double)INFINITY);
    return NEURON_OK;
}

/* Takes the gradients that are given. */
static void take_gradients(neuron_step *step, neuron_session *session, const neuron_step_data *data,
                           neuron_step_result *result, bool *infinite)
{
    bool undefined = false;
    for (int32_t i = 0; i < step->graph->output_count; i++) {
        int64_t count = data->count * neuron_shape_count(&step->graph->outputs[i]->spec.output);
        const float *given = data->output_gradients[i];
        float *to = neuron_session_output_gradient(session, i);
        for (int64_t k = 0; k < count; k++) {
            to[k] = given ? given[k] : 0;
            *infinite |= isinf(to[k]) != 0;
            undefined |= isnan(to[k]) != 0;
        }
    }
    result->loss = (double)NAN;
    if (is_beyond(*infinite, undefined, &step->options))
        note_bad(result, "an output gradient", undefined ? (double)NAN : (double)INFINITY);
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

static int run_backward(neuron_step *step, neuron_session *session, neuron_update *update,
                        bool infinite, neuron_step_result *result)
{
    const neuron_gradient_sink sink = {apply_gradient, update};
    const char *bad = NULL;
    double value;
    if (!infinite && !neuron_two_phase_needed(step->graph, &step->options))
        return neuron_session_backward_to(session, &sink);
    RETURN_IF_ERROR(neuron_two_phase_allocate(&step->two_phase, step->graph));
    RETURN_IF_ERROR(neuron_two_phase_update(&step->two_phase, session, step->graph, update,
                                            infinite, &bad, &value));
    if (bad)
        note_bad(result, bad, value);
    return NEURON_OK;
}

/* Runs backward and updates all parameters: without a failure, or something that is not finite
 * before the update, the graph has others then. */
static int update_parameters(neuron_step *step, neuron_session *session, bool infinite,
                             neuron_step_result *result)
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
    RETURN_IF_ERROR(run_backward(step, session, &update, infinite, result));
    if (!result->bad[0] && atomic_load(&overflow))
        note_overflow(step->graph, result);
    return NEURON_OK;
}

/* The step without what follows from its result. */
static int run(neuron_step *step, neuron_session *session, const neuron_step_data *data,
               neuron_step_result *result)
{
    bool infinite = false;
    RETURN_IF_ERROR(neuron_session_forward(session, data->inputs, data->count, step->turn.seed,
                                           step->turn.updates));
    neuron_graph_touch(step->graph); /* its moving statistics */
    if (data->batches)
        RETURN_IF_ERROR(compute_loss(step, data, result, &infinite));
    else
        take_gradients(step, session, data, result, &infinite);
    return result->bad[0] ? NEURON_OK : update_parameters(step, session, infinite, result);
}

int neuron_step_run(neuron_step *step, const neuron_step_data *data, neuron_step_result *result)
{
    neuron_session *session = step->session;
    *result = (neuron_step_result){.loss = 0, .outputs = step->sums};
    if (!data->batches)
        RETURN_IF_ERROR(find_whole(step, &session));
    set_statistics_aside(step);
    int status = run(step, session, data, result);
    if (status < 0 || result->bad[0]) {
        neuron_step_undo(step);
        return status;
    }
    step->under_way = false;
    neuron_graph_touch(step->graph);
    return NEURON_OK;
}
