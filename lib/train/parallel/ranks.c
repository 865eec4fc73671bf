/* Ranks of a training: see ranks.h. How they begin is in introduce.c. */
#include "train/parallel/ranks.h"

#include "base/float-mode.h"

#include <stdio.h>
#include <string.h>

/* What each tells where they meet. */
typedef struct agreement {
    neuron_gather_head head;
    int64_t status, stopped;
    int64_t epochs;
    uint64_t rate_changes; /* of the optimizer, */
    double rate;           /* and what it then is */
} agreement;

/* ---- The communicator ---- */

static void release(neuron_context_t *context, const neuron_trainer_ranks *ranks)
{
    neuron_release(context, ranks->told);
    neuron_release(context, ranks->offsets);
    neuron_release(context, ranks->shards);
    neuron_communicator_unref(ranks->communicator);
}

void neuron_trainer_leave_ranks(neuron_trainer_t *trainer)
{
    release(trainer->context, &trainer->ranks);
    trainer->ranks = (neuron_trainer_ranks){0};
}

static int check_time(const neuron_trainer_t *trainer, const neuron_communicator_t *communicator)
{
    if (trainer->run.running)
        return neuron_fail(NEURON_E_STATE, "trainer: gets a communicator between runs");
    bool changes = trainer->settings.parts == 0 &&
                   (communicator == NULL) != (trainer->ranks.communicator == NULL);
    if (changes && trainer->progress.updates > 0)
        return neuron_fail(NEURON_E_STATE, "trainer: has a communicator, or parts, from the first "
                                           "step on");
    return NEURON_OK;
}

int neuron_trainer_set_communicator(neuron_trainer_t *trainer, neuron_communicator_t *communicator)
{
    CHECK_ARGUMENT(trainer);
    CHECK_OPTIONAL(communicator);
    neuron_hold_end_left();
    RETURN_IF_ERROR(check_time(trainer, communicator));
    neuron_trainer_ranks made = {.communicator = neuron_communicator_ref(communicator)};
    size_t count = neuron_size(neuron_ranks_of(communicator));
    made.told = neuron_allocate_zero(trainer->context, count, NEURON_TOLD_BYTES);
    made.offsets = neuron_allocate(trainer->context, count + 1, sizeof *made.offsets);
    made.shards = neuron_allocate_zero(trainer->context, count, sizeof *made.shards);
    if (!made.told || !made.offsets || !made.shards) {
        release(trainer->context, &made);
        return NEURON_E_MEMORY;
    }
    const neuron_trainer_ranks old = trainer->ranks;
    trainer->ranks = made;
    if (trainer->step) /* nothing of it may work with the old one */
        neuron_step_set_parts(trainer->step, &(neuron_parts_settings){.parts = 1});
    release(trainer->context, &old);
    return NEURON_OK;
}

bool neuron_trainer_has_others(const neuron_trainer_t *trainer)
{
    return neuron_ranks_of(trainer->ranks.communicator) > 1;
}

const int64_t *neuron_trainer_shards(const neuron_trainer_t *trainer)
{
    bool apart = trainer->settings.sharing == NEURON_DATA_SHARD;
    return apart && neuron_trainer_has_others(trainer) ? trainer->ranks.shards : NULL;
}

/* ---- Meeting ---- */

const size_t *neuron_trainer_lay_out_told(const neuron_trainer_t *trainer, size_t bytes)
{
    size_t *offsets = trainer->ranks.offsets;
    for (int32_t i = 0; i <= neuron_ranks_of(trainer->ranks.communicator); i++)
        offsets[i] = (size_t)i * bytes;
    return offsets;
}

void *neuron_trainer_told(const neuron_trainer_t *trainer, int32_t rank)
{
    return trainer->ranks.told + trainer->ranks.offsets[rank];
}

bool neuron_trainer_must_tell(const neuron_trainer_t *trainer)
{
    return neuron_trainer_has_others(trainer) && !trainer->ranks.agreed;
}

int neuron_trainer_agreed(neuron_trainer_t *trainer, int status)
{
    trainer->ranks.agreed = trainer->ranks.agreed || status != NEURON_OK;
    return status;
}

int neuron_trainer_share_message(neuron_trainer_t *trainer, int status, int32_t rank)
{
    if (rank >= 0 && neuron_trainer_has_others(trainer))
        neuron_share_message(trainer->ranks.communicator, rank);
    return neuron_trainer_agreed(trainer, status);
}

int neuron_trainer_share_finding(neuron_trainer_t *trainer, int status, int32_t rank, bool knows)
{
    neuron_communicator_t *communicator = trainer->ranks.communicator;
    if (rank < 0 || !neuron_trainer_has_others(trainer))
        return neuron_trainer_agreed(trainer, status);
    char message[NEURON_MESSAGE_SIZE];
    snprintf(message, sizeof message, "%s", neuron_error_last());
    const size_t *offsets = neuron_trainer_lay_out_told(trainer, sizeof(agreement));
    *(agreement *)neuron_trainer_told(trainer, communicator->rank) = (agreement){.status = knows};
    RETURN_IF_ERROR(
        neuron_trainer_agreed(trainer, neuron_gather(communicator, trainer->ranks.told, offsets)));
    for (int32_t i = communicator->size - 1; i >= 0; i--) {
        const agreement *told = neuron_trainer_told(trainer, i);
        rank = told->status > 0 ? i : rank;
    }
    neuron_set_message("%s", message);
    return neuron_trainer_share_message(trainer, status, rank);
}

static double rate_of(const neuron_trainer_t *trainer)
{
    return neuron_optimizer_option_value(trainer->optimizer, NEURON_OPTIMIZER_LEARNING_RATE);
}

/* Does what the caller's functions did on the first rank. */
static void follow(neuron_trainer_t *trainer, const agreement *first)
{
    neuron_optimizer_t *optimizer = trainer->optimizer;
    bool changed = first->rate_changes != trainer->ranks.rate_changes;
    trainer->ranks.rate_changes = first->rate_changes;
    trainer->settings.epochs = first->epochs;
    if (!changed || neuron_rank_of(trainer->ranks.communicator) == 0)
        return;
    neuron_options_put(&optimizer->options, NEURON_OPTIMIZER_LEARNING_RATE, first->rate);
    optimizer->rate_changes++;
}

int neuron_trainer_agree(neuron_trainer_t *trainer, int status)
{
    neuron_communicator_t *communicator = trainer->ranks.communicator;
    if (!neuron_trainer_must_tell(trainer))
        return status;
    const size_t *offsets = neuron_trainer_lay_out_told(trainer, sizeof(agreement));
    agreement *own = neuron_trainer_told(trainer, communicator->rank);
    *own = (agreement){.status = status,
                       .stopped = trainer->run.stopped,
                       .epochs = trainer->settings.epochs,
                       .rate_changes = trainer->optimizer->rate_changes,
                       .rate = rate_of(trainer)};
    int gathered = neuron_gather(communicator, trainer->ranks.told, offsets);
    if (gathered < 0)
        return neuron_trainer_agreed(trainer, gathered);
    for (int32_t rank = 0; rank < communicator->size; rank++) {
        const agreement *told = neuron_trainer_told(trainer, rank);
        if (told->status == NEURON_OK)
            continue;
        trainer->run.stopped = told->stopped != 0;
        return neuron_trainer_share_message(trainer, (int)told->status,
                                            told->status < 0 ? rank : -1);
    }
    follow(trainer, neuron_trainer_told(trainer, 0));
    return NEURON_OK;
}

/* ---- Callbacks ---- */

bool neuron_trainer_calls_functions(const neuron_trainer_t *trainer)
{
    return trainer->settings.callbacks == NEURON_CALLBACKS_ALL ||
           neuron_rank_of(trainer->ranks.communicator) == 0;
}

bool neuron_trainer_meets_at(const neuron_trainer_t *trainer, int32_t event)
{
    bool often = event == NEURON_EVENT_STEP_END || event == NEURON_EVENT_VALIDATION_STEP_END;
    return neuron_trainer_has_others(trainer) && (!often || trainer->ranks.events & event);
}

bool neuron_trainer_has_work(const neuron_trainer_t *trainer)
{
    return neuron_trainer_has_others(trainer) ? trainer->ranks.have_work
                                              : neuron_callbacks_have_work(trainer);
}
