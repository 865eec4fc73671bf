/* A step: forward leaves predictions, the loss their gradient, the backward pass hands each
 * gradient to the optimizer as soon as it is there, or all of them at the end (two-phase.h). With
 * micro-batches this is done for one after the other up to the gradients, which are summed. Forward
 * changes moving statistics, which are set aside before, so that a step that fails leaves no
 * trace. */
#include "train/step.h"

#include "base/checked.h"
#include "evaluate/evaluation.h"
#include "session/session.h"
#include "train/parallel/parts.h"
#include "train/two-phase.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Losses are summed by so many examples, then these sums: the order in which doubles are added is
 * part of what a seed gives. */
enum { EXAMPLES_PER_SUM = 16 };

/* The part of a batch that is on, if layers take less than all of it. */
typedef struct neuron_micro {
    float *examples;       /* of a whole batch, for all inputs of the graph */
    const float **inputs;  /* of each input: where the part begins */
    const float **outputs; /* of each output's gradient */
    neuron_batch *batches; /* of each output */
} neuron_micro;

struct neuron_step {
    neuron_context_t *context;
    neuron_graph_t *graph;
    const neuron_optimizer_t *optimizer;
    const neuron_step_loss *losses; /* of each output */
    neuron_session_purpose *purposes;
    neuron_output_sums *sums; /* of each output */
    float **inputs;           /* where a batch is to be put, of each input */
    int64_t capacity;         /* of a batch */
    int64_t examples;         /* of it that this rank has */
    int64_t micro_batch;      /* that layers work with at once */
    neuron_parts_settings split;
    neuron_parts *parts; /* NULL for batches as they are */
    neuron_micro micro;
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
    made->split.parts = 1;
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

static void release_micro(neuron_step *step)
{
    neuron_release(step->context, step->micro.examples);
    neuron_release(step->context, step->micro.inputs);
    neuron_release(step->context, step->micro.outputs);
    neuron_release(step->context, step->micro.batches);
    step->micro = (neuron_micro){0};
}

void neuron_step_destroy(neuron_step *step)
{
    if (!step)
        return;
    drop_sessions(step);
    neuron_parts_destroy(step->parts);
    release_micro(step);
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

static int64_t input_size(const neuron_step *step, int32_t input)
{
    return neuron_shape_count(&step->graph->inputs[input]->spec.output);
}

static int64_t output_size(const neuron_step *step, int32_t output)
{
    return neuron_shape_count(&step->graph->outputs[output]->spec.output);
}

static bool has_parts(const neuron_step *step)
{
    return neuron_parts_apply(&step->split);
}

/* What batches of more than `micro_batch` examples need besides; nothing if there are none. Of a
 * batch `examples` are here. */
static int allocate_micro(neuron_step *step, int64_t examples, int64_t micro_batch)
{
    neuron_context_t *context = step->context;
    neuron_micro *micro = &step->micro;
    size_t inputs = neuron_size(step->graph->input_count);
    size_t outputs = neuron_size(step->graph->output_count);
    int64_t size = 0, count;
    release_micro(step);
    if (micro_batch == examples && !has_parts(step))
        return NEURON_OK;
    for (int32_t i = 0; i < step->graph->input_count; i++)
        size += input_size(step, i);
    if (!neuron_multiply_count(examples, size, &count))
        return NEURON_E_MEMORY;
    micro->examples = neuron_allocate(context, neuron_size(count), sizeof(float));
    micro->inputs = neuron_allocate(context, inputs, sizeof *micro->inputs);
    micro->outputs = neuron_allocate(context, outputs, sizeof *micro->outputs);
    micro->batches = neuron_allocate(context, outputs, sizeof *micro->batches);
    if (!micro->examples || !micro->inputs || !micro->outputs || !micro->batches)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(neuron_two_phase_allocate(&step->two_phase, step->graph));
    return has_parts(step) ? NEURON_OK
                           : neuron_two_phase_allocate_sums(&step->two_phase, step->graph);
}

void neuron_step_set_parts(neuron_step *step, const neuron_parts_settings *settings)
{
    const neuron_parts_settings *old = &step->split;
    if (settings->parts == old->parts && settings->communicator == old->communicator &&
        settings->overlaps == old->overlaps && settings->any == old->any)
        return;
    neuron_parts_destroy(step->parts);
    step->parts = NULL;
    step->split = *settings;
    step->capacity = 0; /* to be set anew */
}

/* Makes what batches in parts need, for those of so many examples. */
static int create_parts(neuron_step *step, int64_t capacity)
{
    if (!has_parts(step))
        return NEURON_OK;
    if (!step->parts)
        RETURN_IF_ERROR(neuron_parts_create(&step->parts, step->graph, step->purposes, &step->split,
                                            step->two_phase.gradients));
    neuron_parts_set_capacity(step->parts, capacity);
    return NEURON_OK;
}

int neuron_step_set_capacity(neuron_step *step, int64_t capacity, int64_t micro_batch)
{
    neuron_context_t *context = step->context;
    int64_t examples =
        has_parts(step) ? neuron_parts_own_examples(&step->split, capacity) : capacity;
    micro_batch = has_parts(step) ? neuron_parts_part_examples(&step->split, capacity)
                                  : neuron_min_count(micro_batch, capacity);
    size_t count = neuron_size(micro_batch);
    bool weighs = weighs_losses(step);
    if (capacity == step->capacity && micro_batch == step->micro_batch)
        return NEURON_OK;
    step->capacity = 0; /* until all is there */
    RETURN_IF_ERROR(allocate_micro(step, examples, micro_batch));
    RETURN_IF_ERROR(create_parts(step, capacity));
    neuron_loss_result *results =
        neuron_loss_allocate_results(context, micro_batch, has_functions(step));
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
    step->examples = examples;
    step->micro_batch = micro_batch;
    drop_sessions(step);
    return NEURON_OK;
}

/* Where a batch is to be put. */
static void set_inputs(neuron_step *step)
{
    float *examples = step->micro.examples;
    for (int32_t i = 0; i < step->graph->input_count; i++) {
        step->inputs[i] = examples ? examples : neuron_session_input(step->session, i);
        if (examples)
            examples += step->examples * input_size(step, i);
    }
}

static int prepare_parts(neuron_step *step)
{
    RETURN_IF_ERROR(neuron_graph_check_trainable(step->graph, "trainer"));
    set_inputs(step);
    return neuron_parts_prepare(step->parts);
}

int neuron_step_prepare(neuron_step *step)
{
    if (has_parts(step))
        return prepare_parts(step);
    if (neuron_two_phase_needed(step->graph, step->optimizer))
        RETURN_IF_ERROR(neuron_two_phase_allocate(&step->two_phase, step->graph));
    if (step->session && neuron_session_current(step->session) &&
        neuron_session_threads(step->session) == neuron_context_threads(step->context))
        return NEURON_OK;
    RETURN_IF_ERROR(neuron_graph_check_trainable(step->graph, "trainer"));
    drop_sessions(step);
    const neuron_session_training training = {.purposes = step->purposes, .parameters = true};
    RETURN_IF_ERROR(
        neuron_session_create_training(&step->session, step->graph, &training, step->micro_batch));
    set_inputs(step);
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
                                              step->micro_batch));
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

bool neuron_step_undo(neuron_step *step)
{
    neuron_graph_t *graph = step->graph;
    if (!step->under_way)
        return false;
    step->under_way = false;
    memcpy(graph->values + graph->trainable_count, step->statistics, statistics_bytes(graph));
    neuron_graph_touch(graph);
    return true;
}

/* ---- Forward alone ---- */

void neuron_step_begin_forward(neuron_step *step)
{
    set_statistics_aside(step);
}

int64_t neuron_step_micro_batch(const neuron_step *step)
{
    return step->micro_batch;
}

int neuron_step_forward(neuron_step *step, int64_t first, int64_t count, uint64_t seed,
                        uint64_t number)
{
    const float **inputs = step->micro.inputs; /* else they are in the session already */
    for (int32_t i = 0; inputs && i < step->graph->input_count; i++)
        inputs[i] = step->inputs[i] + first * input_size(step, i);
    return neuron_session_forward(step->session, inputs, count,
                                  seed + (uint64_t)(first / step->micro_batch) * NEURON_PART_SEED,
                                  number);
}

void neuron_step_end_forward(neuron_step *step)
{
    step->under_way = false;
    neuron_graph_touch(step->graph);
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
static neuron_loss_batch batch_of(const neuron_step *step, const neuron_session *session,
                                  const neuron_step_data *data, int32_t output)
{
    neuron_loss_batch batch = neuron_loss_batch_of(session, output, &data->batches[output]);
    batch.whole = data->whole;
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
static int add_loss(neuron_step *step, neuron_session *session, const neuron_step_data *data,
                    int32_t output, neuron_step_result *result, bool *infinite, bool *undefined)
{
    const neuron_loss_batch batch = batch_of(step, session, data, output);
    neuron_output_sums *sums = &step->sums[output];
    double weight = step->losses[output].weight, loss = 0;
    RETURN_IF_ERROR(neuron_loss_compute(step->losses[output].loss, step->context->pool, &batch,
                                        step->results,
                                        neuron_session_output_gradient(session, output)));
    for (int64_t first = 0; first < batch.count; first += EXAMPLES_PER_SUM) {
        int64_t end = neuron_min_count(first + EXAMPLES_PER_SUM, batch.count);
        double sum = 0;
        for (int64_t i = first; i < end; i++) {
            sum += step->results[i].loss;
            sums->correct += step->results[i].predicted == batch.labels[i];
            *infinite |= step->results[i].overflow;
            *undefined |= step->results[i].undefined;
        }
        loss += sum;
        result->loss += sum;
    }
    sums->loss += weight > 0 ? loss / weight : (double)NAN;
    return NEURON_OK;
}

/* `*infinite` becomes whether a gradient is. */
static int compute_loss(neuron_step *step, neuron_session *session, const neuron_step_data *data,
                        neuron_step_result *result, bool *infinite)
{
    bool undefined = false;
    for (int32_t i = 0; i < step->graph->output_count; i++)
        RETURN_IF_ERROR(add_loss(step, session, data, i, result, infinite, &undefined));
    result->loss += neuron_graph_penalty(step->graph) * (double)data->count;
    if (!isfinite(result->loss))
        note_bad(result, "the loss", result->loss);
    else if (is_beyond(*infinite, undefined, &step->options))
        note_bad(result, "the gradient of the loss", undefined ? (double)NAN : (double)INFINITY);
    return NEURON_OK;
}

/* Takes the gradients that are given, times `scale`. */
static void take_gradients(neuron_step *step, neuron_session *session, const neuron_step_data *data,
                           float scale, neuron_step_result *result, bool *infinite)
{
    bool undefined = false;
    for (int32_t i = 0; i < step->graph->output_count; i++) {
        int64_t count = data->count * output_size(step, i);
        const float *given = data->output_gradients[i];
        float *to = neuron_session_output_gradient(session, i);
        for (int64_t k = 0; k < count; k++) {
            to[k] = given ? given[k] * scale : 0;
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

/* Updates all parameters by the gradients that are there. */
static void update_by_all(neuron_step *step, const neuron_update *update, bool infinite,
                          neuron_step_result *result)
{
    const char *bad = NULL;
    double value;
    neuron_two_phase_update(&step->two_phase, step->graph, update, infinite, &bad, &value);
    if (bad)
        note_bad(result, bad, value);
}

static int run_backward(neuron_step *step, neuron_session *session, neuron_update *update,
                        bool infinite, neuron_step_result *result)
{
    const neuron_gradient_sink sink = {apply_gradient, update};
    if (!infinite && !neuron_two_phase_needed(step->graph, &step->options))
        return neuron_session_backward_to(session, &sink);
    RETURN_IF_ERROR(neuron_two_phase_allocate(&step->two_phase, step->graph));
    RETURN_IF_ERROR(neuron_two_phase_backward(&step->two_phase, session));
    update_by_all(step, update, infinite, result);
    return NEURON_OK;
}

/* Runs backward and updates all parameters, or only does the latter, by the sums of micro-batches,
 * if `session` is NULL: without a failure, or something that is not finite before the update, the
 * graph has others then. */
static int update_parameters(neuron_step *step, neuron_session *session, bool infinite,
                             neuron_step_result *result)
{
    atomic_bool overflow;
    atomic_init(&overflow, false);
    neuron_update update = {
        .optimizer = &step->options,
        .kernels = step->context->kernels,
        .step = step->turn.optimizer_steps + 1,
        .learning_rate = step->turn.learning_rate,
        .values = step->graph->values,
        .overflow = &overflow,
    };
    memcpy(update.slots, step->slots, sizeof update.slots);
    if (update.step == 1)
        neuron_optimizer_reset(&step->options, step->slots, step->graph->trainable_count);
    neuron_optimizer_begin(&update);
    if (session)
        RETURN_IF_ERROR(run_backward(step, session, &update, infinite, result));
    else
        update_by_all(step, &update, infinite, result);
    if (!result->bad[0] && atomic_load(&overflow))
        note_overflow(step->graph, result);
    return NEURON_OK;
}

/* Runs forward and the loss of a batch, or of the micro-batch `index` of one of `whole`
 * examples. */
static int run_forward(neuron_step *step, neuron_session *session, const neuron_step_data *data,
                       int64_t index, int64_t whole, neuron_step_result *result, bool *infinite)
{
    uint64_t seed = step->turn.seed + (uint64_t)index * NEURON_PART_SEED; /* draws of its own */
    const float *const *inputs = data->inputs;
    if (!inputs && step->micro.examples)
        inputs = (const float *const *)step->inputs;
    RETURN_IF_ERROR(neuron_session_forward(session, inputs, data->count, seed, step->turn.updates));
    neuron_graph_touch(step->graph); /* its moving statistics */
    if (data->batches)
        return compute_loss(step, session, data, result, infinite);
    take_gradients(step, session, data, (float)whole / (float)data->count, result, infinite);
    return NEURON_OK;
}

/* Examples first ... first + count - 1 of a batch. */
static neuron_step_data part_of(neuron_step *step, const neuron_step_data *data, int64_t first,
                                int64_t count)
{
    const neuron_micro *micro = &step->micro;
    neuron_step_data part = {.count = count, .inputs = micro->inputs};
    for (int32_t i = 0; i < step->graph->input_count; i++)
        micro->inputs[i] =
            (data->inputs ? data->inputs[i] : step->inputs[i]) + first * input_size(step, i);
    for (int32_t i = 0; i < step->graph->output_count; i++) {
        int64_t offset = first * output_size(step, i);
        if (!data->batches) {
            const float *given = data->output_gradients[i];
            micro->outputs[i] = given ? given + offset : NULL;
            continue;
        }
        micro->batches[i] = data->batches[i];
        micro->batches[i].count = count;
        micro->batches[i].targets += first * data->batches[i].outputs;
        micro->batches[i].labels += first;
        micro->batches[i].weights += first;
    }
    part.batches = data->batches ? micro->batches : NULL;
    part.output_gradients = data->batches ? NULL : micro->outputs;
    return part;
}

/* The gradient of a batch's mean loss is the mean of those of its parts by their examples; so is
 * that of penalties, which each part has whole. */
static int run_parts(neuron_step *step, neuron_session *session, const neuron_step_data *data,
                     neuron_step_result *result, bool *infinite)
{
    for (int64_t first = 0; first < data->count; first += step->micro_batch) {
        int64_t count = neuron_min_count(step->micro_batch, data->count - first);
        const neuron_step_data part = part_of(step, data, first, count);
        RETURN_IF_ERROR(run_forward(step, session, &part, first / step->micro_batch, data->count,
                                    result, infinite));
        if (result->bad[0])
            return NEURON_OK;
        RETURN_IF_ERROR(neuron_two_phase_backward(&step->two_phase, session));
        neuron_two_phase_add(&step->two_phase, step->graph, (double)count / (double)data->count,
                             first == 0);
    }
    neuron_two_phase_take_sums(&step->two_phase);
    return NEURON_OK;
}

/* ---- Parts of a batch ---- */

typedef struct parts_object {
    neuron_step *step;
    const neuron_step_data *data;
} parts_object;

static const float *const *inputs_of_part(void *object, int64_t first)
{
    const parts_object *o = object;
    return part_of(o->step, o->data, first, 0).inputs;
}

static int judge_part(void *object, neuron_session *session, int64_t first, int64_t count,
                      neuron_step_result *result, bool *infinite)
{
    const parts_object *o = object;
    neuron_step_data part = part_of(o->step, o->data, first, count);
    part.whole = o->data->whole;
    return compute_loss(o->step, session, &part, result, infinite);
}

static neuron_parts_work work_of(parts_object *object, uint64_t seed, uint64_t number)
{
    const neuron_step_data *data = object->data;
    return (neuron_parts_work){
        .count = data->count,
        .first = data->first,
        .whole = data->whole,
        .sharded = data->sharded,
        .seed = seed,
        .number = number,
        .status = data->status,
        .inputs = inputs_of_part,
        .judge = judge_part,
        .object = object,
        .outputs = object->step->sums,
    };
}

static int run_in_parts(neuron_step *step, const neuron_step_data *data, neuron_step_result *result)
{
    parts_object object = {step, data};
    const neuron_parts_work work = work_of(&object, step->turn.seed, step->turn.updates);
    bool infinite = false;
    RETURN_IF_ERROR(neuron_parts_run(step->parts, &work, result, &infinite));
    neuron_graph_touch(step->graph); /* its moving statistics */
    if (result->bad[0])
        return NEURON_OK;
    neuron_session_add_penalties(step->graph, step->two_phase.gradients);
    return update_parameters(step, NULL, infinite, result);
}

bool neuron_step_has_parts(const neuron_step *step)
{
    return step->parts != NULL;
}

int neuron_step_forward_parts(neuron_step *step, const neuron_step_data *data, uint64_t seed,
                              uint64_t number)
{
    parts_object object = {step, data};
    const neuron_parts_work work = work_of(&object, seed, number);
    return neuron_parts_forward(step->parts, &work);
}

/* ---- Steps ---- */

/* The step without what follows from its result. */
static int run(neuron_step *step, neuron_session *session, const neuron_step_data *data,
               neuron_step_result *result)
{
    bool infinite = false, parts = data->count > step->micro_batch;
    if (parts)
        RETURN_IF_ERROR(run_parts(step, session, data, result, &infinite));
    else
        RETURN_IF_ERROR(run_forward(step, session, data, 0, data->count, result, &infinite));
    return result->bad[0] ? NEURON_OK
                          : update_parameters(step, parts ? NULL : session, infinite, result);
}

int neuron_step_run(neuron_step *step, const neuron_step_data *data, neuron_step_result *result)
{
    neuron_session *session = step->session;
    *result = (neuron_step_result){.loss = 0, .outputs = step->sums, .bad_rank = -1};
    memset(step->sums, 0, neuron_size(step->graph->output_count) * sizeof *step->sums);
    if (!data->batches && !step->parts)
        RETURN_IF_ERROR(find_whole(step, &session));
    set_statistics_aside(step);
    int status = step->parts ? run_in_parts(step, data, result) : run(step, session, data, result);
    if (status < 0 || result->bad[0]) {
        neuron_step_undo(step);
        return status;
    }
    step->under_way = false;
    neuron_graph_touch(step->graph);
    return NEURON_OK;
}
