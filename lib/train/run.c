/* A run: epochs, their steps, and how a run ends. It lets the parts of a trainer work together: the
 * batch source makes a batch, the step learns from it, callbacks are told, and the history gets a
 * row an epoch. It may be left in any way, a longjmp out of a callback included: see abandon(). */
#include "train/trainer.h"

#include "base/float-mode.h"
#include "evaluate/evaluation.h"
#include "graph/meaning.h"
#include "graph/metadata.h"
#include "train/advice.h"
#include "train/parallel/ranks.h"
#include "train/renew.h"
#include "train/training.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* ---- Steps ---- */

static const char *number_kind(double value)
{
    return isnan(value) ? "not a number" : "infinite";
}

/* The first input of the step's examples that is no finite number, for a message: often it is why
 * the loss is none. They are read again, as forward may have left nothing of them. */
static void describe_input(neuron_trainer_t *trainer, char text[NEURON_MESSAGE_SIZE])
{
    char of[NEURON_NODE_NAME_MAX + 16] = "";
    const neuron_graph_t *graph = trainer->graph;
    neuron_bad_input bad;
    text[0] = '\0';
    if (!neuron_batch_source_find_bad_input(trainer->run.source, trainer->progress.step,
                                            neuron_step_inputs(trainer->step), &bad))
        return;
    if (graph->input_count > 1)
        snprintf(of, sizeof of, " of input %s", graph->inputs[bad.input]->name);
    snprintf(text, NEURON_MESSAGE_SIZE,
             "; so is number %" PRId64 "%s of example %" PRId64 " of the training set, %s",
             bad.index, of, bad.example, number_kind(bad.value));
}

/* Ends the run: something is no finite number in the step that is on. */
static int fail_number(neuron_trainer_t *trainer, const neuron_step_result *result)
{
    char input[NEURON_MESSAGE_SIZE];
    describe_input(trainer, input);
    trainer->run.bad_number = true;
    int status =
        neuron_fail(NEURON_E_NOT_FINITE, "%s of epoch %" PRId64 ", step %" PRId64 " is %s%s",
                    result->bad, trainer->progress.epoch + 1, trainer->progress.step + 1,
                    number_kind(result->bad_value), input);
    return neuron_trainer_share_finding(trainer, status, result->bad_rank, input[0] != '\0');
}

void neuron_trainer_count_step(neuron_run_progress *progress, const neuron_step_result *result,
                               int64_t examples)
{
    progress->last_loss = result->loss / (double)examples;
    progress->updates++;
    progress->optimizer_steps++;
}

/* A step of the epoch, of which the first begins the sums anew. */
static void count_step(neuron_trainer_t *trainer, const neuron_step_result *result, int64_t batch)
{
    neuron_run_progress *progress = &trainer->progress;
    bool begins = progress->step == 0;
    for (int32_t i = 0; i < trainer->graph->output_count; i++) {
        neuron_output_sums *sums = &trainer->sums[i];
        if (begins)
            *sums = (neuron_output_sums){0};
        sums->loss += result->outputs[i].loss;
        sums->correct += result->outputs[i].correct;
    }
    if (begins) {
        progress->loss_sum = 0;
        progress->correct = 0;
        progress->seen = 0;
    }
    progress->loss_sum += result->loss;
    progress->correct += result->outputs[0].correct;
    progress->seen += batch;
    progress->step++;
    neuron_trainer_count_step(progress, result, batch);
}

/* Makes the batch, or this rank's share of it. */
static int make_batch(neuron_trainer_t *trainer, neuron_step_data *data)
{
    const neuron_parts_settings split = neuron_trainer_split_of(trainer);
    int64_t step = trainer->progress.step;
    RETURN_IF_ERROR(neuron_batch_source_next(trainer->run.source, step,
                                             neuron_step_inputs(trainer->step), &data->batches));
    data->count = data->batches->count;
    if (!neuron_parts_apply(&split))
        return NEURON_OK;
    neuron_batch_share share = neuron_batch_source_share(trainer->run.source, step);
    data->first = share.first;
    data->whole = share.whole;
    data->sharded = neuron_trainer_shards(trainer) != NULL;
    return NEURON_OK;
}

/* Does a step, or tells other ranks of a failure before it, `status`, in place of this rank's part
 * of it. */
static int do_step(neuron_trainer_t *trainer, int status)
{
    neuron_run_progress *progress = &trainer->progress;
    neuron_step *step = trainer->step;
    neuron_step_result result;
    neuron_step_data data = {.count = 0};
    /* A callback may have changed the number of threads, for which the session was planned, or what
     * is frozen. */
    if (status == NEURON_OK)
        status = neuron_trainer_prepare(trainer);
    const neuron_step_turn turn = {
        .seed = progress->seed,
        .updates = progress->updates,
        .optimizer_steps = progress->optimizer_steps,
        .learning_rate = neuron_rate_current(&trainer->rate, trainer->optimizer),
    };
    neuron_step_begin(step, &turn);
    if (status == NEURON_OK)
        status = make_batch(trainer, &data);
    if (status < 0 && !neuron_trainer_has_others(trainer))
        return status;
    data.status = status;
    RETURN_IF_ERROR(neuron_trainer_agreed(trainer, neuron_step_run(step, &data, &result)));
    if (result.bad[0])
        return fail_number(trainer, &result);
    count_step(trainer, &result, data.whole > 0 ? data.whole : data.count);
    return NEURON_OK;
}

/* ---- Epochs ---- */

static int begin_epoch(neuron_trainer_t *trainer)
{
    if (trainer->progress.epoch_begun)
        return NEURON_OK;
    neuron_callbacks_set_rate(trainer);
    trainer->progress.epoch_begun = true; /* now, for a file that is saved meanwhile */
    trainer->run.epoch_beginning = true;
    int status = neuron_callbacks_call(trainer, NEURON_EVENT_EPOCH_BEGIN, NEURON_OK);
    trainer->progress.epoch_begun = status >= 0;
    trainer->run.epoch_beginning = false;
    return status;
}

static int tell_of_batch(void *trainer)
{
    return neuron_callbacks_call(trainer, NEURON_EVENT_VALIDATION_STEP_END, NEURON_OK);
}

/* Judges each output by the validation set, by NaN without one, and tells the loss of all, and the
 * metrics. */
static int validate(neuron_trainer_t *trainer, double *loss, double *metrics)
{
    int64_t outputs = trainer->graph->output_count;
    NEURON_HOLD(hold);
    neuron_hold_add(&hold, neuron_trainer_drop_metrics, NULL, trainer);
    int status = neuron_trainer_begin_metrics(trainer, trainer->data.validation);
    if (trainer->data.validation) {
        status = neuron_trainer_agree(trainer, status);
        if (status != NEURON_OK)
            return status;
        const neuron_evaluation_watch watch = {tell_of_batch, trainer, trainer->ranks.communicator};
        status = neuron_evaluate_outputs(trainer->graph, trainer->data.validation, trainer->scores,
                                         0, outputs, &watch);
        status = neuron_trainer_agree(trainer, status);
        if (status != NEURON_OK)
            return status;
    }
    RETURN_IF_ERROR(neuron_trainer_end_metrics(trainer, metrics));
    *loss = trainer->data.validation ? 0 : (double)NAN;
    for (int32_t i = 0; i < outputs; i++)
        if (trainer->losses[i].weight > 0) /* a loss without one may be infinite */
            *loss += trainer->losses[i].weight * trainer->scores[i].loss;
    *loss += neuron_graph_penalty(trainer->graph);
    return NEURON_OK;
}

/* Adds the figures of the epoch that is on, all of whose steps are done, to the history. */
static int add_figures(neuron_trainer_t *trainer)
{
    const neuron_run_progress *progress = &trainer->progress;
    const neuron_history_t *history = trainer->history;
    double seen = (double)progress->seen, validation_loss = 0;
    double *next = neuron_history_row(history, history->epochs); /* there is room */
    int status = validate(trainer, &validation_loss, next + neuron_history_metrics_begin(history));
    status = neuron_trainer_agree(trainer, status);
    if (status != NEURON_OK)
        return status;
    double *figures = neuron_history_append(trainer->history);
    figures[0] = progress->loss_sum / seen;
    figures[1] = (double)progress->correct / seen;
    figures[2] = validation_loss;
    figures[3] = trainer->scores[0].accuracy;
    figures[4] = neuron_rate_current(&trainer->rate, trainer->optimizer);
    figures[5] = neuron_trainer_seconds(trainer);
    figures += NEURON_HISTORY_FIGURES;
    for (int32_t i = 0; trainer->history->outputs > 1 && i < trainer->history->outputs; i++) {
        figures[0] = trainer->sums[i].loss / seen;
        figures[1] = (double)trainer->sums[i].correct / seen;
        figures[2] = trainer->scores[i].loss;
        figures[3] = trainer->scores[i].accuracy;
        figures += NEURON_HISTORY_OUTPUT_FIGURES;
    }
    return NEURON_OK;
}

static int end_epoch(neuron_trainer_t *trainer)
{
    neuron_run_progress *progress = &trainer->progress;
    int status = add_figures(trainer);
    if (status != NEURON_OK)
        return status;
    progress->epoch++;
    progress->step = 0;
    progress->seconds = neuron_history_row(trainer->history, progress->epoch - 1)[5];
    trainer->run.epoch_ended = true;
    progress->epoch_begun = false;
    status = neuron_callbacks_call(trainer, NEURON_EVENT_EPOCH_END, NEURON_OK);
    trainer->run.epoch_ended = false;
    progress->seconds = 0;
    neuron_trainer_start_clock(trainer);
    return status;
}

static int run_epoch(neuron_trainer_t *trainer)
{
    /* Now, so that an epoch cannot be lost when it is over. */
    int status = neuron_history_reserve(trainer->history, trainer->progress.epoch + 1);
    status = neuron_trainer_agree(trainer, status);
    if (status == NEURON_OK)
        status = begin_epoch(trainer);
    if (status != 0)
        return status;
    neuron_batch_source_begin_epoch(trainer->run.source, trainer->progress.epoch);
    while (trainer->progress.step < neuron_training_steps(trainer)) {
        neuron_callbacks_set_rate(trainer);
        RETURN_IF_ERROR(do_step(trainer, status));
        status = neuron_callbacks_call(trainer, NEURON_EVENT_STEP_END, NEURON_OK);
        if (status != 0 && !neuron_trainer_must_tell(trainer))
            return status;
    }
    return status != 0 ? status : end_epoch(trainer);
}

/* ---- Runs ---- */

static bool is_over(const neuron_trainer_t *trainer)
{
    return trainer->progress.epoch >= trainer->settings.epochs || trainer->progress.stop_reason[0];
}

static int run_epochs(neuron_trainer_t *trainer)
{
    neuron_callbacks_swap_out(trainer);
    int status = neuron_callbacks_call(trainer, NEURON_EVENT_RUN_BEGIN, NEURON_OK);
    neuron_trainer_start_clock(trainer);
    while (status == 0 && !is_over(trainer))
        status = run_epoch(trainer);
    if (trainer->run.bad_number && neuron_callbacks_accept_bad_number(trainer)) {
        trainer->run.bad_number = false;
        trainer->ranks.agreed = false;
        status = NEURON_OK;
    }
    trainer->progress.seconds = trainer->progress.step > 0 ? neuron_trainer_seconds(trainer) : 0;
    if (is_over(trainer)) {
        neuron_callbacks_swap_in(trainer);
        if (status == NEURON_OK)
            status = neuron_trainer_renew_statistics(trainer);
    }
    return neuron_callbacks_call(trainer, NEURON_EVENT_RUN_END, status);
}

/* A callback has left the run instead of returning. A step that was on is undone; an epoch at whose
 * end it was called is over. */
static void abandon(neuron_trainer_t *trainer)
{
    neuron_run_progress *progress = &trainer->progress;
    if (neuron_step_undo(trainer->step)) /* with these it was a pass over the data, see renew.c */
        neuron_callbacks_note_swapped(trainer);
    if (trainer->run.epoch_beginning)
        progress->epoch_begun = false;
    progress->seconds =
        progress->step > 0 && !trainer->run.epoch_ended ? neuron_trainer_seconds(trainer) : 0;
    trainer->run.epoch_ended = false;
    trainer->run.epoch_beginning = false;
    trainer->run.running = false;
}

static void end_run(void *owner, void *object)
{
    (void)owner;
    neuron_trainer_t *trainer = object;
    neuron_batch_source_destroy(trainer->run.source);
    trainer->run.source = NULL;
    if (trainer->run.running)
        abandon(trainer);
}

/* Ranks with examples of their own draw for themselves. */
static uint64_t source_seed(const neuron_trainer_t *trainer)
{
    uint64_t rank = (uint64_t)neuron_rank_of(trainer->ranks.communicator);
    return trainer->progress.seed + (neuron_trainer_shards(trainer) ? rank << 32 : 0);
}

static int create_source(neuron_trainer_t *trainer)
{
    const neuron_trainer_settings *settings = &trainer->settings;
    const neuron_batch_settings made = {
        .dataset = trainer->data.train,
        .class_weights = trainer->data.class_weights,
        .augmentation = settings->augments ? &settings->augmentation : NULL,
        .batch_size = settings->batch_size,
        .workers = settings->workers,
        .shuffle = settings->shuffle,
        .seed = source_seed(trainer),
        .split = neuron_trainer_split_of(trainer),
        .shards = neuron_trainer_shards(trainer),
    };
    return neuron_batch_source_create(&trainer->run.source, trainer->context, &made);
}

/* The graph has that of the first input that comes from a table. */
static int keep_preparation(neuron_trainer_t *trainer)
{
    const neuron_dataset_t *train = trainer->data.train;
    for (int32_t i = 0; i < neuron_dataset_inputs(train); i++) {
        const neuron_preparation_t *found = neuron_dataset_input_at(train, i)->preparation;
        if (found)
            return neuron_graph_keep_preparation(trainer->graph, found);
    }
    return NEURON_OK;
}

/* All that is to be done before a run. */
static int prepare_run(neuron_trainer_t *trainer)
{
    RETURN_IF_ERROR(neuron_trainer_check_parts(trainer));
    RETURN_IF_ERROR(neuron_trainer_check_loss(trainer));
    RETURN_IF_ERROR(neuron_trainer_prepare(trainer));
    RETURN_IF_ERROR(neuron_callbacks_prepare(trainer));
    RETURN_IF_ERROR(neuron_trainer_check_metrics(trainer));
    neuron_graph_learn_meaning(trainer->graph, trainer->data.train);
    return keep_preparation(trainer);
}

int neuron_trainer_run(neuron_history_t **history, neuron_trainer_t *trainer)
{
    COMPUTE_SCOPE;
    if (history)
        *history = NULL;
    CHECK_ARGUMENT(trainer);
    neuron_hold_end_left();
    if (trainer->run.running)
        return neuron_fail(NEURON_E_STATE, "trainer: is running already");
    if (!trainer->data.train)
        return neuron_fail(NEURON_E_STATE, "trainer: has no dataset; see neuron_trainer_step()");
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, trainer, trainer);
    RETURN_IF_ERROR(neuron_trainer_introduce(trainer, prepare_run(trainer)));
    neuron_hold_add(&hold, end_run, NULL, trainer);
    RETURN_IF_ERROR(neuron_trainer_agree(trainer, create_source(trainer)));
    if (trainer->progress.updates == 0)
        neuron_trainer_advise(trainer, trainer->settings.epochs * neuron_training_steps(trainer));
    int status = NEURON_OK;
    trainer->run.running = true;
    trainer->run.stopped = trainer->run.bad_number = false;
    if (is_over(trainer) &&
        !neuron_trainer_has_work(trainer)) /* a file may have been saved just before they did */
        neuron_callbacks_swap_in(trainer);
    else
        status = run_epochs(trainer);
    trainer->run.running = false;
    if (history && (status == NEURON_OK || trainer->run.stopped || trainer->run.bad_number))
        *history = neuron_history_ref(trainer->history);
    return status;
}
