#include "train/trainer.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "train/callback.h"
#include "train/feed.h"
#include "train/whole-step.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What was made for the number of threads that there was. */
static void drop_session(neuron_trainer_t *trainer)
{
    neuron_run_memory *memory = &trainer->memory;
    neuron_session_destroy(memory->session);
    neuron_release(trainer->context, memory->targets);
    neuron_release(trainer->context, memory->losses);
    memory->session = NULL;
    memory->targets = NULL;
    memory->losses = NULL;
}

void neuron_trainer_drop_memory(neuron_trainer_t *trainer)
{
    neuron_run_memory *memory = &trainer->memory;
    drop_session(trainer);
    neuron_whole_step_drop_memory(trainer);
    neuron_release(trainer->context, memory->order);
    for (int32_t i = 0; i < NEURON_OPTIMIZER_SLOTS_MAX; i++)
        neuron_release(trainer->context, memory->slots[i]);
    neuron_release(trainer->context, memory->statistics);
    *memory = (neuron_run_memory){0};
}

static int make_memory(neuron_trainer_t *trainer)
{
    neuron_context_t *context = trainer->context;
    neuron_run_memory *memory = &trainer->memory;
    const neuron_graph_t *graph = trainer->graph;
    size_t trainable = (size_t)graph->trainable_count;
    memory->order =
        neuron_allocate(context, neuron_size(trainer->train->count), sizeof *memory->order);
    memory->statistics = neuron_allocate(
        context, neuron_size(graph->value_count - graph->trainable_count), sizeof(float));
    bool complete = memory->order && memory->statistics;
    for (int32_t i = 0; i < trainer->optimizer->rule->slot_count; i++) {
        memory->slots[i] = neuron_allocate(context, trainable, sizeof(float));
        complete = complete && memory->slots[i];
    }
    return complete ? NEURON_OK : NEURON_E_MEMORY;
}

static int make_session(neuron_trainer_t *trainer)
{
    neuron_context_t *context = trainer->context;
    neuron_run_memory *memory = &trainer->memory;
    int64_t batch = neuron_min_count(trainer->batch_size, trainer->train->count);
    memory->targets = neuron_allocate(context, neuron_size(neuron_context_threads(context)),
                                      neuron_size_of(trainer->train->outputs, sizeof(float)));
    memory->losses =
        neuron_allocate(context, neuron_size(neuron_ceil_divide(batch, NEURON_LOSSES_PER_TASK)),
                        sizeof *memory->losses);
    if (!memory->targets || !memory->losses)
        return NEURON_E_MEMORY;
    return neuron_session_create(&memory->session, trainer->graph,
                                 neuron_trainer_loss(trainer)->kind->purpose, batch);
}

int neuron_trainer_prepare(neuron_trainer_t *trainer)
{
    neuron_run_memory *memory = &trainer->memory;
    if (!memory->order) {
        int status = make_memory(trainer);
        if (status < 0) {
            neuron_trainer_drop_memory(trainer);
            return status;
        }
    }
    RETURN_IF_ERROR(neuron_whole_step_prepare(trainer));
    if (memory->session && neuron_session_current(memory->session) &&
        neuron_session_threads(memory->session) == neuron_context_threads(trainer->context))
        return NEURON_OK;
    RETURN_IF_ERROR(neuron_graph_check_trainable(trainer->graph, "trainer"));
    drop_session(trainer);
    int status = make_session(trainer);
    if (status < 0)
        drop_session(trainer);
    return status;
}

/* The order of the examples in the epoch that is on: it follows from seed and epoch alone. */
static void order_examples(neuron_trainer_t *trainer)
{
    int64_t *order = trainer->memory.order;
    for (int64_t i = 0; i < trainer->train->count; i++)
        order[i] = i;
    if (!trainer->shuffle)
        return;
    neuron_random_reader reader = neuron_random_read(trainer->progress.seed, NEURON_RANDOM_SHUFFLE,
                                                     (uint32_t)trainer->progress.epoch);
    neuron_random_shuffle(&reader, order, trainer->train->count);
}

/* The part of the parameters that forward changes by itself: moving statistics. */
static void copy_statistics(neuron_trainer_t *trainer, bool back)
{
    const neuron_graph_t *graph = trainer->graph;
    float *live = graph->values + graph->trainable_count, *kept = trainer->memory.statistics;
    size_t bytes = (size_t)(graph->value_count - graph->trainable_count) * sizeof *live;
    memcpy(back ? live : kept, back ? kept : live, bytes);
}

static void take_gradient(void *user_data, int64_t offset, const float *gradient, int64_t count)
{
    neuron_optimizer_apply_part(user_data, offset, gradient, count);
}

/* The options as they are now: those that are set while the step runs, by a loss for instance, count
 * from the next one. */
static neuron_update start_update(const neuron_trainer_t *trainer, neuron_optimizer_t *options)
{
    neuron_update update = {
        .optimizer = options,
        .kernels = neuron_session_kernels(trainer->memory.session),
        .step = trainer->progress.optimizer_steps + 1,
        .learning_rate = neuron_trainer_rate(trainer),
        .values = trainer->graph->values,
    };
    neuron_optimizer_copy_options(options, trainer->optimizer);
    memcpy(update.slots, trainer->memory.slots, sizeof update.slots);
    return update;
}

/* Names the first array that is not finite any more, and fails. */
static int fail_overflow(neuron_trainer_t *trainer)
{
    const neuron_graph_t *graph = trainer->graph;
    char what[NEURON_MESSAGE_SIZE];
    for (int32_t i = 0; i < graph->array_count; i++) {
        const neuron_graph_array *array = &graph->arrays[i];
        for (int64_t k = 0; k < array->count; k++) {
            const float value = graph->values[array->offset + k];
            if (isfinite(value))
                continue;
            snprintf(what, sizeof what, "%s after the update", neuron_graph_array_name(graph, i));
            return neuron_trainer_fail_number(trainer, what, (double)value);
        }
    }
    return neuron_trainer_fail_number(trainer, "what the optimizer keeps of the gradients",
                                      (double)INFINITY);
}

/* Runs backward; each parameter is updated as soon as its gradient is there, or all of them at the
 * end. Fails without an update, but where that is what is not finite. */
static int descend(neuron_trainer_t *trainer, neuron_update *update, bool infinite)
{
    neuron_run_memory *memory = &trainer->memory;
    atomic_bool overflow;
    atomic_init(&overflow, false);
    update->overflow = &overflow;
    if (update->step == 1)
        neuron_optimizer_reset(update->optimizer, memory->slots, trainer->graph->trainable_count);
    neuron_optimizer_begin(update);
    neuron_receiver receiver = {take_gradient, update};
    RETURN_IF_ERROR(infinite || neuron_whole_step_needed(trainer->graph, update->optimizer)
                        ? neuron_whole_step_descend(trainer, update, infinite)
                        : neuron_session_descend(memory->session, &receiver));
    if (atomic_load(&overflow))
        return fail_overflow(trainer);
    trainer->progress.updates++;
    trainer->progress.optimizer_steps++;
    neuron_graph_touch(trainer->graph);
    return NEURON_OK;
}

/* Takes back what a step that failed did to the graph. */
static int undo_step(neuron_trainer_t *trainer, int status)
{
    trainer->stage = NEURON_STAGE_NONE;
    copy_statistics(trainer, true);
    neuron_graph_touch(trainer->graph);
    return status;
}

static const char *number_kind(double value)
{
    return isnan(value) ? "not a number" : "infinite";
}

/* The first input of the step's examples that is no number, for a message: often it is why the loss is
 * none. They are read again, as forward may have left nothing of them. */
static void describe_input(neuron_trainer_t *trainer, char text[NEURON_MESSAGE_SIZE])
{
    const neuron_dataset_t *train = trainer->train;
    const int64_t first = trainer->progress.step * trainer->batch_size;
    const int64_t *positions = trainer->memory.order + first;
    const int64_t batch = neuron_min_count(trainer->batch_size, train->count - first);
    const int64_t size = neuron_shape_count(&train->shape);
    float *input = neuron_session_input(trainer->memory.session);
    text[0] = '\0';
    if (neuron_dataset_gather(train, trainer->context->pool, positions, 0, batch, input) < 0)
        return;
    int64_t i = 0;
    while (i < batch * size && isfinite(input[i]))
        i++;
    if (i < batch * size)
        snprintf(text, NEURON_MESSAGE_SIZE,
                 "; so is number %" PRId64 " of example %" PRId64 " of the training set, %s",
                 i % size, positions[i / size], number_kind((double)input[i]));
}

int neuron_trainer_fail_number(neuron_trainer_t *trainer, const char *what, double value)
{
    char input[NEURON_MESSAGE_SIZE];
    describe_input(trainer, input);
    trainer->bad_number = true;
    return neuron_fail(NEURON_E_NUMBER, "%s of epoch %" PRId64 ", step %" PRId64 " is %s%s", what,
                       trainer->progress.epoch + 1, trainer->progress.step + 1, number_kind(value),
                       input);
}

/* Whether gradients of the loss are no use: infinite ones of parameters may be bounded by the optimizer,
 * and a whole step fails by itself where it takes a norm, or where backward made no numbers of them. */
static bool is_beyond(const neuron_loss_part *sum, const neuron_optimizer_t *options)
{
    const bool bounded = neuron_optimizer_option_value(options, NEURON_OPTIMIZER_CLIP_VALUE) > 0;
    return !neuron_optimizer_clips_norms(options) &&
           (sum->undefined || (sum->overflow && !bounded));
}

/* A step that is done, of which the first of an epoch begins the sums anew. */
static void count_step(neuron_progress *progress, const neuron_loss_part *sum, int64_t batch)
{
    if (progress->step == 0) {
        progress->loss_sum = 0;
        progress->right = 0;
        progress->seen = 0;
    }
    progress->loss_sum += sum->loss;
    progress->right += sum->right;
    progress->seen += batch;
    progress->step++;
}

static int do_step(neuron_trainer_t *trainer)
{
    /* A callback may have changed the number of threads, for which the session was planned, or what
     * is frozen. */
    RETURN_IF_ERROR(neuron_trainer_prepare(trainer));
    neuron_optimizer_t options;
    neuron_update update = start_update(trainer, &options);
    neuron_progress *progress = &trainer->progress;
    neuron_session *session = trainer->memory.session;
    int64_t first = progress->step * trainer->batch_size;
    int64_t batch = neuron_min_count(trainer->batch_size, trainer->train->count - first);
    const int64_t *positions = trainer->memory.order + first;

    RETURN_IF_ERROR(neuron_feeder_take(trainer, positions, batch, neuron_session_input(session)));
    copy_statistics(trainer, false);
    trainer->stage = NEURON_STAGE_STEP;
    int status = neuron_session_forward(session, NULL, batch, progress->seed, progress->updates);
    if (status < 0)
        return undo_step(trainer, status);
    neuron_graph_touch(trainer->graph); /* its moving statistics */
    neuron_loss_part sum = neuron_trainer_take_losses(trainer, positions, batch);
    sum.loss += neuron_graph_penalty(trainer->graph) * (double)batch;
    if (!isfinite(sum.loss))
        status = neuron_trainer_fail_number(trainer, "the loss", sum.loss);
    else if (is_beyond(&sum, &options))
        status = neuron_trainer_fail_number(trainer, "the gradient of the loss",
                                            sum.undefined ? (double)NAN : (double)INFINITY);
    else
        status = descend(trainer, &update, sum.overflow);
    if (status < 0)
        return undo_step(trainer, status);
    trainer->stage = NEURON_STAGE_NONE;
    count_step(progress, &sum, batch);
    return NEURON_OK;
}

static int begin_epoch(neuron_trainer_t *trainer)
{
    if (trainer->progress.epoch_begun)
        return NEURON_OK;
    neuron_callbacks_set_rate(trainer);
    trainer->progress.epoch_begun = true; /* now, for a file that is saved meanwhile */
    trainer->stage = NEURON_STAGE_EPOCH_BEGIN;
    int answer = neuron_callbacks_call(trainer, NEURON_EVENT_EPOCH_BEGIN, NEURON_OK);
    trainer->progress.epoch_begun = answer >= 0;
    trainer->stage = NEURON_STAGE_NONE;
    return answer;
}

static int run_epoch(neuron_trainer_t *trainer)
{
    /* Now, so that an epoch cannot be lost when it is over. */
    RETURN_IF_ERROR(neuron_history_reserve(trainer->history, trainer->progress.epoch + 1));
    int answer = begin_epoch(trainer);
    if (answer != 0)
        return answer;
    order_examples(trainer);
    while (trainer->progress.step < neuron_trainer_steps(trainer)) {
        neuron_callbacks_set_rate(trainer);
        RETURN_IF_ERROR(do_step(trainer));
        answer = neuron_callbacks_call(trainer, NEURON_EVENT_STEP_END, NEURON_OK);
        if (answer != 0)
            return answer;
    }
    return neuron_trainer_end_epoch(trainer);
}

static bool is_over(const neuron_trainer_t *trainer)
{
    return trainer->progress.epoch >= trainer->epochs || trainer->progress.stop_reason[0];
}

static int run_epochs(neuron_trainer_t *trainer)
{
    neuron_callbacks_unsettle(trainer);
    int status = neuron_callbacks_call(trainer, NEURON_EVENT_RUN_BEGIN, NEURON_OK);
    neuron_trainer_start_clock(trainer);
    while (status == 0 && !is_over(trainer))
        status = run_epoch(trainer);
    if (trainer->bad_number && neuron_callbacks_take_bad_loss(trainer)) {
        trainer->bad_number = false;
        status = NEURON_OK;
    }
    trainer->progress.seconds = trainer->progress.step > 0 ? neuron_trainer_seconds(trainer) : 0;
    if (is_over(trainer))
        neuron_callbacks_settle(trainer);
    return neuron_callbacks_call(trainer, NEURON_EVENT_RUN_END, status);
}

/* A callback has left the run instead of returning. A step that was on is undone; an epoch at whose end
 * it was called is over. */
static void abandon(neuron_trainer_t *trainer)
{
    neuron_progress *progress = &trainer->progress;
    if (trainer->stage == NEURON_STAGE_STEP)
        undo_step(trainer, NEURON_OK);
    if (trainer->stage == NEURON_STAGE_EPOCH_BEGIN)
        progress->epoch_begun = false;
    progress->seconds =
        progress->step > 0 && !trainer->epoch_ended ? neuron_trainer_seconds(trainer) : 0;
    trainer->epoch_ended = false;
    trainer->stage = NEURON_STAGE_NONE;
    trainer->running = false;
}

static void end_run(void *owner, void *object)
{
    (void)owner;
    neuron_trainer_t *trainer = object;
    neuron_feeder_end(trainer);
    if (trainer->running)
        abandon(trainer);
}

int neuron_trainer_run(neuron_trainer_t *trainer, neuron_history_t **history)
{
    COMPUTE_SCOPE;
    if (history)
        *history = NULL;
    CHECK_ARGUMENT(trainer);
    neuron_hold_settle();
    if (trainer->running)
        return neuron_fail(NEURON_E_STATE, "trainer: is running already");
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, trainer, trainer);
    RETURN_IF_ERROR(neuron_trainer_check_loss(trainer));
    RETURN_IF_ERROR(neuron_trainer_prepare(trainer));
    RETURN_IF_ERROR(neuron_callbacks_prepare(trainer));
    RETURN_IF_ERROR(neuron_feeder_begin(trainer));
    neuron_hold_add(&hold, end_run, NULL, trainer);
    int status = NEURON_OK;
    trainer->running = true;
    trainer->stopped = trainer->bad_number = false;
    if (is_over(trainer) &&
        !neuron_callbacks_have_work(trainer)) /* a file may have been saved just before they did */
        neuron_callbacks_settle(trainer);
    else
        status = run_epochs(trainer);
    trainer->running = false;
    if (history && (status == NEURON_OK || trainer->stopped || trainer->bad_number))
        *history = neuron_history_ref(trainer->history);
    return status;
}
