/* Steps on batches of the caller's: tensors become what a step learns from. Their inputs are read
 * where they are; targets are copied, as losses recode them. */
#include "base/checked.h"
#include "base/float-mode.h"
#include "losses/cross-entropy.h"
#include "session/ends.h"
#include "train/advice.h"
#include "train/parallel/ranks.h"
#include "train/trainer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* What was given for a step. */
typedef struct single_call {
    neuron_trainer_t *trainer;
    neuron_tensor_t *const *inputs, *const *targets;
    const neuron_tensor_t *weights; /* NULL if all are 1 */
    int64_t count;                  /* of examples */
} single_call;

/* ---- Memory ---- */

static int64_t outputs_of(const neuron_graph_t *graph, int32_t output)
{
    return neuron_shape_count(&graph->outputs[output]->spec.output);
}

static void release_batches(neuron_trainer_t *trainer)
{
    neuron_single_step *single = &trainer->single;
    for (int32_t i = 0; single->batches && i < trainer->graph->output_count; i++)
        neuron_batch_release(&single->batches[i]);
    single->capacity = 0;
}

void neuron_single_step_release(neuron_trainer_t *trainer)
{
    neuron_single_step *single = &trainer->single;
    release_batches(trainer);
    neuron_release(trainer->context, single->batches);
    neuron_release(trainer->context, single->inputs);
    neuron_release(trainer->context, single->gradients);
    *single = (neuron_single_step){0};
}

static int allocate_lists(neuron_trainer_t *trainer)
{
    neuron_context_t *context = trainer->context;
    neuron_single_step *single = &trainer->single;
    size_t inputs = neuron_size(trainer->graph->input_count);
    size_t outputs = neuron_size(trainer->graph->output_count);
    if (single->gradients)
        return NEURON_OK;
    single->batches = neuron_allocate_zero(context, outputs, sizeof *single->batches);
    single->inputs = neuron_allocate(context, inputs, sizeof *single->inputs);
    single->gradients = neuron_allocate(context, outputs, sizeof *single->gradients);
    if (single->batches && single->inputs && single->gradients)
        return NEURON_OK;
    neuron_single_step_release(trainer);
    return NEURON_E_MEMORY;
}

/* Room for the targets of `count` examples. */
static int reserve(neuron_trainer_t *trainer, int64_t count)
{
    const neuron_graph_t *graph = trainer->graph;
    neuron_single_step *single = &trainer->single;
    RETURN_IF_ERROR(allocate_lists(trainer));
    if (count <= single->capacity)
        return NEURON_OK;
    release_batches(trainer);
    for (int32_t i = 0; i < graph->output_count; i++) {
        int64_t outputs = outputs_of(graph, i);
        /* A single output tells two classes apart. */
        const neuron_dataset_t like = {.outputs = outputs,
                                       .class_count = outputs > 1 ? outputs : 2};
        /* No memory is said to have more outputs than an int32_t counts, as targets are read. */
        int64_t capacity = outputs > INT32_MAX ? INT64_MAX : count;
        int status = neuron_batch_allocate(&single->batches[i], trainer->context, &like, capacity);
        if (status < 0) {
            release_batches(trainer);
            return status;
        }
    }
    single->capacity = count;
    return NEURON_OK;
}

/* ---- Targets ---- */

static const char *target_text(const single_call *call, int32_t output, char text[NEURON_END_TEXT])
{
    const neuron_ends ends = neuron_ends_outputs(call->trainer->graph, "target");
    return neuron_end_text(&ends, output, text);
}

static int64_t class_number(const neuron_tensor_t *tensor, int64_t index)
{
    switch (tensor->type) {
    case NEURON_TYPE_U8:
        return ((const uint8_t *)tensor->data)[index];
    case NEURON_TYPE_I32:
        return ((const int32_t *)tensor->data)[index];
    default:
        return ((const int64_t *)tensor->data)[index];
    }
}

/* Class numbers, which become one-hot targets, or for a single output targets of 0 and 1. */
static int read_classes(const single_call *call, int32_t output, neuron_batch *batch)
{
    const neuron_tensor_t *tensor = call->targets[output];
    char text[NEURON_END_TEXT];
    for (int64_t i = 0; i < call->count; i++) {
        int64_t label = class_number(tensor, i);
        float *target = batch->targets + i * batch->outputs;
        if (label < 0 || label >= batch->class_count)
            return neuron_fail(NEURON_E_DATA,
                               "%s: %s %" PRId64 " is class %" PRId64 "; classes are 0 to %" PRId64,
                               call->trainer->graph->name, target_text(call, output, text), i,
                               label, batch->class_count - 1);
        batch->labels[i] = (int32_t)label;
        for (int32_t k = 0; k < batch->outputs; k++)
            target[k] = k == label;
        if (batch->outputs == 1)
            target[0] = (float)label;
    }
    return NEURON_OK;
}

static int check_numbers(const single_call *call, int32_t output, const neuron_batch *batch)
{
    const neuron_loss_row *kind = call->trainer->losses[output].loss->kind;
    const char *graph = call->trainer->graph->name;
    char text[NEURON_END_TEXT];
    for (int64_t i = 0; i < call->count; i++) {
        const float *target = batch->targets + i * batch->outputs;
        for (int32_t k = 0; k < batch->outputs; k++)
            if (!isfinite(target[k]))
                return neuron_fail(NEURON_E_DATA,
                                   "%s: %s %" PRId64 " has a number that is not finite", graph,
                                   target_text(call, output, text), i);
        if (kind->accepts && !kind->accepts(target, batch->outputs))
            return neuron_fail(NEURON_E_DATA, "%s: %s needs %s, which %s %" PRId64 " is not", graph,
                               kind->name, kind->needs, target_text(call, output, text), i);
    }
    return NEURON_OK;
}

/* Targets of any kind; the largest tells the class. */
static int read_numbers(const single_call *call, int32_t output, neuron_batch *batch)
{
    const float *from = call->targets[output]->data;
    int64_t outputs = batch->outputs;
    for (int64_t i = 0; i < call->count * outputs; i++)
        batch->targets[i] = from[i];
    RETURN_IF_ERROR(check_numbers(call, output, batch));
    for (int64_t i = 0; i < call->count; i++)
        batch->labels[i] = outputs > 1 ? neuron_argmax(from + i * outputs, (int32_t)outputs)
                                       : from[i] > NEURON_DATASET_THRESHOLD;
    return NEURON_OK;
}

/* Whether the shape is [n, ...shape of the output], or [n, outputs] for one of more axes. */
static bool has_output_shape(const neuron_shape *shape, const neuron_shape *output)
{
    bool flat = shape->rank == 2 && shape->extent[1] == neuron_shape_count(output);
    bool same = shape->rank == output->rank + 1;
    for (int32_t axis = 0; same && axis < output->rank; axis++)
        same = shape->extent[axis + 1] == output->extent[axis];
    return flat || same;
}

static int check_target(const single_call *call, int32_t output)
{
    const neuron_tensor_t *tensor = call->targets[output];
    const neuron_graph_t *graph = call->trainer->graph;
    char called[NEURON_END_TEXT], text[2][NEURON_SHAPE_TEXT];
    const char *what = target_text(call, output, called);
    if (!tensor)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: the %s is NULL", graph->name, what);
    const neuron_shape *shape = &tensor->shape, *wanted = &graph->outputs[output]->spec.output;
    bool numbers = tensor->type == NEURON_TYPE_F32;
    bool fits = numbers ? has_output_shape(shape, wanted)
                        : shape->rank == 1 || (shape->rank == 2 && shape->extent[1] == 1);
    if (!fits)
        return neuron_fail(NEURON_E_SHAPE, "%s: the %s is %s; it must be n%s%s", graph->name, what,
                           neuron_shape_text(shape, text[0]), numbers ? " x " : " class numbers",
                           numbers ? neuron_shape_text(wanted, text[1]) : "");
    if (shape->extent[0] != call->count)
        return neuron_fail(NEURON_E_SHAPE, "%s: the %s is %s; there are %" PRId64 " examples",
                           graph->name, what, neuron_shape_text(shape, text[0]), call->count);
    return NEURON_OK;
}

static int check_weights(const single_call *call)
{
    const neuron_tensor_t *weights = call->weights;
    char text[NEURON_SHAPE_TEXT];
    if (!weights)
        return NEURON_OK;
    if (weights->type != NEURON_TYPE_F32)
        return neuron_fail(NEURON_E_TYPE, "trainer: the weights are %s, not f32",
                           neuron_type_name(weights->type));
    if (weights->shape.rank != 1 || weights->shape.extent[0] != call->count)
        return neuron_fail(NEURON_E_SHAPE,
                           "trainer: the weights are %s; there must be one for each of %" PRId64
                           " examples",
                           neuron_shape_text(&weights->shape, text), call->count);
    for (int64_t i = 0; i < call->count; i++) {
        float weight = ((const float *)weights->data)[i];
        if (!(weight >= 0) || isinf(weight))
            return neuron_fail(NEURON_E_DATA,
                               "trainer: weight %" PRId64 " is %g; it must be finite and not "
                               "negative",
                               i, (double)weight);
    }
    return NEURON_OK;
}

/* Fills the batches of all outputs. */
static int read_targets(const single_call *call)
{
    neuron_trainer_t *trainer = call->trainer;
    for (int32_t i = 0; i < trainer->graph->output_count; i++) {
        neuron_batch *batch = &trainer->single.batches[i];
        batch->count = call->count;
        RETURN_IF_ERROR(call->targets[i]->type == NEURON_TYPE_F32 ? read_numbers(call, i, batch)
                                                                  : read_classes(call, i, batch));
        for (int64_t k = 0; k < call->count; k++)
            batch->weights[k] = call->weights ? (double)((const float *)call->weights->data)[k] : 1;
    }
    return NEURON_OK;
}

/* ---- Steps ---- */

static const char *number_kind(double value)
{
    return isnan(value) ? "not a number" : "infinite";
}

/* The first input that is no finite number, as the end of a message; "" if there is none. */
static void describe_input(const single_call *call, char text[NEURON_MESSAGE_SIZE])
{
    const neuron_graph_t *graph = call->trainer->graph;
    const neuron_ends ends = neuron_ends_inputs(graph, "input");
    char called[NEURON_END_TEXT];
    text[0] = '\0';
    for (int32_t i = 0; i < graph->input_count; i++) {
        const float *values = call->inputs[i]->data;
        int64_t size = neuron_shape_count(&graph->inputs[i]->spec.output);
        for (int64_t k = 0; k < call->count * size; k++) {
            if (isfinite(values[k]))
                continue;
            snprintf(text, NEURON_MESSAGE_SIZE,
                     "; so is number %" PRId64 " of example %" PRId64 " of the %s, %s", k % size,
                     k / size, neuron_end_text(&ends, i, called), number_kind((double)values[k]));
            return;
        }
    }
}

static int run_step(const single_call *call, const neuron_step_data *data, double *loss)
{
    neuron_trainer_t *trainer = call->trainer;
    neuron_run_progress *progress = &trainer->progress;
    neuron_step_result result;
    char input[NEURON_MESSAGE_SIZE];
    const neuron_step_turn turn = {
        .seed = progress->seed,
        .updates = progress->updates,
        .optimizer_steps = progress->optimizer_steps,
        .learning_rate = neuron_rate_current(&trainer->rate, trainer->optimizer),
    };
    neuron_step_begin(trainer->step, &turn);
    RETURN_IF_ERROR(neuron_step_run(trainer->step, data, &result));
    if (result.bad[0]) {
        describe_input(call, input);
        int status = neuron_fail(NEURON_E_NOT_FINITE, "%s of step %" PRIu64 " is %s%s", result.bad,
                                 progress->updates + 1, number_kind(result.bad_value), input);
        return neuron_trainer_share_finding(trainer, status, result.bad_rank, input[0] != '\0');
    }
    neuron_trainer_count_step(progress, &result, call->count);
    progress->single_steps++;
    if (loss)
        *loss = progress->last_loss;
    return NEURON_OK;
}

static int check_call(single_call *call, int64_t input_count)
{
    const neuron_trainer_t *trainer = call->trainer;
    const neuron_ends inputs = neuron_ends_inputs(trainer->graph, "input");
    if (trainer->run.running)
        return neuron_fail(NEURON_E_STATE, "trainer: is running already");
    call->count = -1;
    RETURN_IF_ERROR(neuron_ends_check(&inputs, call->inputs, input_count, false, &call->count));
    if (call->count == 0)
        return neuron_fail(NEURON_E_SHAPE, "%s: the input has no examples", trainer->graph->name);
    return NEURON_OK;
}

/* The run that is on is undone if a function of the caller's leaves it. */
static void end_step(void *owner, void *object)
{
    (void)owner;
    neuron_trainer_t *trainer = object;
    if (trainer->step)
        neuron_step_undo(trainer->step);
    trainer->run.running = false;
}

/* Whether functions of the caller's run in a step. */
static bool calls_back(const neuron_trainer_t *trainer)
{
    bool calls = neuron_graph_may_fail(trainer->graph);
    for (int32_t i = 0; i < trainer->graph->output_count; i++)
        calls = calls || trainer->losses[i].loss->function;
    return calls;
}

/* Makes the trainer ready for a step of so many examples, of which each rank does its parts. What
 * fails here is told to the others by the step, unless it is what they meet for first. */
static int prepare_step(neuron_trainer_t *trainer, int64_t count, neuron_step_data *data)
{
    const neuron_parts_settings split = neuron_trainer_split_of(trainer);
    int status = neuron_trainer_check_parts(trainer);
    if (status == NEURON_OK)
        status = neuron_trainer_prepare_for(trainer, count);
    data->whole = neuron_parts_apply(&split) ? count : 0;
    if (!neuron_trainer_has_others(trainer))
        return status;
    if (!trainer->ranks.introduced)
        return neuron_trainer_introduce(trainer, status);
    data->status = status;
    return trainer->step && neuron_step_has_parts(trainer->step) ? NEURON_OK : status;
}

/* Runs a step whose targets or gradients are set. */
static int run_held(const single_call *call, neuron_tensor_t *const *others, int64_t count,
                    neuron_step_data *data, double *loss)
{
    neuron_trainer_t *trainer = call->trainer;
    const neuron_graph_t *graph = trainer->graph;
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, trainer, trainer);
    if (calls_back(trainer)) {
        neuron_tensor_owners *owners =
            neuron_tensors_own(trainer->context, call->inputs, graph->input_count, others, count);
        if (!owners)
            return NEURON_E_MEMORY;
        neuron_hold_add(&hold, neuron_tensors_end_hold, NULL, owners);
    }
    RETURN_IF_ERROR(prepare_step(trainer, call->count, data));
    for (int32_t i = 0; i < graph->input_count; i++)
        trainer->single.inputs[i] = call->inputs[i]->data;
    data->count = call->count;
    data->inputs = trainer->single.inputs;
    if (trainer->progress.updates == 0 && data->batches)
        neuron_trainer_advise(trainer, 0);
    trainer->run.running = true;
    neuron_hold_add(&hold, end_step, NULL, trainer);
    return run_step(call, data, loss);
}

int neuron_trainer_step(double *loss, neuron_trainer_t *trainer, neuron_tensor_t *const *inputs,
                        int64_t input_count, neuron_tensor_t *const *targets, int64_t target_count,
                        const neuron_tensor_t *weights)
{
    COMPUTE_SCOPE;
    CHECK_ARGUMENT(trainer);
    CHECK_ARGUMENT(inputs);
    CHECK_ARGUMENT(targets);
    CHECK_OPTIONAL(weights);
    neuron_hold_end_left();
    single_call call = {
        .trainer = trainer, .inputs = inputs, .targets = targets, .weights = weights};
    const neuron_ends ends = neuron_ends_outputs(trainer->graph, "target");
    RETURN_IF_ERROR(check_call(&call, input_count));
    RETURN_IF_ERROR(neuron_ends_check_count(&ends, target_count));
    for (int32_t i = 0; i < target_count; i++)
        RETURN_IF_ERROR(check_target(&call, i));
    RETURN_IF_ERROR(check_weights(&call));
    RETURN_IF_ERROR(reserve(trainer, call.count));
    RETURN_IF_ERROR(read_targets(&call));
    neuron_step_data data = {.batches = trainer->single.batches};
    return run_held(&call, targets, target_count, &data, loss);
}

int neuron_trainer_step_by_gradient(neuron_trainer_t *trainer, neuron_tensor_t *const *inputs,
                                    int64_t input_count, neuron_tensor_t *const *output_gradients,
                                    int64_t output_count)
{
    COMPUTE_SCOPE;
    CHECK_ARGUMENT(trainer);
    CHECK_ARGUMENT(inputs);
    CHECK_ARGUMENT(output_gradients);
    neuron_hold_end_left();
    single_call call = {.trainer = trainer, .inputs = inputs};
    const neuron_ends ends = neuron_ends_outputs(trainer->graph, "output gradient");
    const neuron_parts_settings split = neuron_trainer_split_of(trainer);
    if (neuron_parts_apply(&split))
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "trainer: parts is %" PRId32
                           "; a step by gradients is done in one, of one rank",
                           split.parts);
    RETURN_IF_ERROR(check_call(&call, input_count));
    RETURN_IF_ERROR(neuron_ends_check(&ends, output_gradients, output_count, true, &call.count));
    RETURN_IF_ERROR(allocate_lists(trainer));
    for (int32_t i = 0; i < output_count; i++)
        trainer->single.gradients[i] = output_gradients[i] ? output_gradients[i]->data : NULL;
    neuron_step_data data = {.output_gradients = trainer->single.gradients};
    return run_held(&call, output_gradients, output_count, &data, NULL);
}
