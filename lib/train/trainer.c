/* The handle of a trainer: creation, life, augmentation, and what can be asked of it. Its numbers
 * are in trainer-options.c, datasets and loss in trainer-data.c, the loop in run.c. */
#include "train/trainer.h"

#include "base/checked.h"
#include "base/clock.h"
#include "base/float-mode.h"
#include "graph/meaning.h"
#include "train/parallel/ranks.h"
#include "train/training.h"

#include <inttypes.h>
#include <math.h>

int neuron_trainer_check_dataset(const neuron_graph_t *graph, const neuron_dataset_t *dataset)
{
    RETURN_IF_ERROR(neuron_graph_check_dataset(graph, dataset, "trainer"));
    if (dataset->count == 0)
        return neuron_fail(NEURON_E_DATA, "trainer: the dataset has no examples");
    return NEURON_OK;
}

static int create_losses(neuron_trainer_t *trainer)
{
    int64_t outputs = trainer->graph->output_count;
    trainer->losses =
        neuron_allocate_zero(trainer->context, neuron_size(outputs), sizeof *trainer->losses);
    trainer->sums =
        neuron_allocate_zero(trainer->context, neuron_size(outputs), sizeof *trainer->sums);
    trainer->scores =
        neuron_allocate(trainer->context, neuron_size(outputs), sizeof *trainer->scores);
    if (!trainer->losses || !trainer->sums || !trainer->scores)
        return NEURON_E_MEMORY;
    for (int32_t i = 0; i < outputs; i++)
        trainer->losses[i] = (neuron_step_loss){&neuron_loss_default, 1};
    return neuron_history_create(&trainer->history, trainer->graph);
}

int neuron_trainer_create(neuron_trainer_t **trainer, neuron_graph_t *graph,
                          neuron_optimizer_t *optimizer, neuron_dataset_t *train)
{
    CHECK_ARGUMENT(trainer);
    *trainer = NULL;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(optimizer);
    CHECK_OPTIONAL(train);
    RETURN_IF_ERROR(neuron_graph_check_trainable(graph, "trainer"));
    if (train)
        RETURN_IF_ERROR(neuron_trainer_check_dataset(graph, train));
    neuron_context_t *context = graph->context;
    neuron_trainer_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    made->context = neuron_context_ref(context);
    made->graph = neuron_graph_ref(graph);
    made->optimizer = neuron_optimizer_ref(optimizer);
    made->data = (neuron_trainer_data){.given = neuron_dataset_ref(train),
                                       .train = neuron_dataset_ref(train)};
    made->settings = (neuron_trainer_settings){.epochs = 1,
                                               .batch_size = 32,
                                               .shuffle = true,
                                               .workers = -1,
                                               .callbacks = NEURON_CALLBACKS_FIRST,
                                               .overlap = NEURON_OVERLAP_AUTO,
                                               .sharing = NEURON_DATA_WHOLE,
                                               .order = NEURON_ORDER_FIXED};
    made->progress.seed = context->seed;
    made->progress.last_loss = (double)NAN;
    int status = create_losses(made);
    if (status < 0)
        neuron_trainer_unref(made);
    else
        *trainer = made;
    return status;
}

neuron_trainer_t *neuron_trainer_ref(neuron_trainer_t *trainer)
{
    if (!NEURON_IS(trainer))
        return NULL;
    neuron_handle_own(&trainer->handle);
    return trainer;
}

void neuron_trainer_unref(neuron_trainer_t *trainer)
{
    if (!NEURON_IS(trainer) || !neuron_hold_last_owner(&trainer->handle.references))
        return;
    neuron_context_t *context = trainer->context;
    neuron_trainer_drop_step(trainer);
    neuron_callbacks_release(trainer);
    neuron_release(context, trainer->data.class_weights);
    neuron_single_step_release(trainer);
    for (int32_t i = 0; trainer->losses && i < trainer->graph->output_count; i++)
        if (trainer->losses[i].loss)
            neuron_trainer_end_loss(trainer->losses[i].loss);
    neuron_release(context, trainer->losses);
    neuron_release(context, trainer->sums);
    neuron_release(context, trainer->scores);
    neuron_history_unref(trainer->history);
    neuron_dataset_unref(trainer->data.validation);
    neuron_dataset_unref(trainer->data.given);
    neuron_dataset_unref(trainer->data.train);
    neuron_optimizer_unref(trainer->optimizer);
    neuron_graph_unref(trainer->graph);
    neuron_trainer_leave_ranks(trainer);
    neuron_release(context, trainer);
    neuron_context_unref(context);
}

NEURON_HOLD_DEFINE(trainer)

/* Some settings would make the epochs so far something else. */
int neuron_trainer_check_not_begun(const neuron_trainer_t *trainer, const char *what)
{
    if (trainer->run.running || trainer->progress.updates > 0)
        return neuron_fail(NEURON_E_STATE, "trainer: %s is set before the first step", what);
    return NEURON_OK;
}

/* The shape of the first input that is an image; that of the first where none is. */
static const neuron_shape *image_shape(const neuron_graph_t *graph)
{
    for (int32_t i = 0; i < graph->input_count; i++)
        if (neuron_shape_is_image(&graph->inputs[i]->spec.output))
            return &graph->inputs[i]->spec.output;
    return neuron_graph_first_input(graph);
}

int neuron_trainer_set_augmentation(neuron_trainer_t *trainer,
                                    const neuron_augmentation_t *augmentation)
{
    CHECK_ARGUMENT(trainer);
    CHECK_OPTIONAL(augmentation);
    neuron_hold_end_left();
    RETURN_IF_ERROR(neuron_trainer_check_not_begun(trainer, "the augmentation"));
    if (augmentation) {
        neuron_image_size size;
        RETURN_IF_ERROR(neuron_image_size_of(&size, image_shape(trainer->graph)));
        trainer->settings.augmentation = augmentation->settings;
    }
    trainer->settings.augments = augmentation != NULL;
    return NEURON_OK;
}

int neuron_trainer_set_seed(neuron_trainer_t *trainer, uint64_t seed)
{
    CHECK_ARGUMENT(trainer);
    neuron_hold_end_left();
    RETURN_IF_ERROR(neuron_trainer_check_not_begun(trainer, "the seed"));
    trainer->progress.seed = seed;
    return NEURON_OK;
}

/* A context of one thread, or of the host's, gets another one only if that is asked for. */
static bool overlaps(const neuron_trainer_t *trainer)
{
    const neuron_context_t *context = trainer->context;
    if (trainer->settings.overlap == NEURON_OVERLAP_AUTO)
        return neuron_context_threads(context) > 1 && !context->parallel.function;
    return trainer->settings.overlap == NEURON_OVERLAP_ON;
}

neuron_parts_settings neuron_trainer_split_of(const neuron_trainer_t *trainer)
{
    enum { PARTS = 8 };
    int64_t parts = trainer->settings.parts;
    neuron_communicator_t *communicator = trainer->ranks.communicator;
    bool any = trainer->settings.order == NEURON_ORDER_ANY;
    if (any)
        parts = neuron_ranks_of(communicator);
    return (neuron_parts_settings){
        .parts = (int32_t)(parts > 0      ? parts
                           : communicator ? PARTS
                                          : 1),
        .communicator = communicator,
        .any = any && communicator && communicator->sum,
        .overlaps = neuron_ranks_of(communicator) > 1 && overlaps(trainer),
    };
}

int neuron_trainer_check_parts(const neuron_trainer_t *trainer)
{
    const neuron_parts_settings split = neuron_trainer_split_of(trainer);
    int32_t ranks = neuron_ranks_of(split.communicator);
    if (ranks > split.parts)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "trainer: parts is %" PRId32 "; %" PRId32 " ranks need at least as many",
                           split.parts, ranks);
    if (neuron_trainer_shards(trainer) &&
        neuron_parts_own_examples(&split, trainer->settings.batch_size) == 0)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "trainer: batch_size is %" PRId64 "; it leaves this rank, which has "
                           "examples of its own, none of %" PRId32 " parts",
                           trainer->settings.batch_size, split.parts);
    if (neuron_parts_apply(&split) && trainer->settings.micro_batch_size > 0)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "trainer: parts is %" PRId32 " and micro_batch_size %" PRId64
                           "; a batch is computed in the one or the other",
                           split.parts, trainer->settings.micro_batch_size);
    return NEURON_OK;
}

static int prepare(neuron_trainer_t *trainer, int64_t capacity)
{
    const neuron_parts_settings split = neuron_trainer_split_of(trainer);
    if (!trainer->step)
        RETURN_IF_ERROR(neuron_step_create(&trainer->step, trainer->graph, trainer->optimizer,
                                           trainer->losses));
    neuron_step_set_parts(trainer->step, &split);
    int64_t micro_batch = trainer->settings.micro_batch_size;
    RETURN_IF_ERROR(neuron_step_set_capacity(trainer->step, capacity,
                                             micro_batch > 0 ? micro_batch : capacity));
    return neuron_step_prepare(trainer->step);
}

int neuron_trainer_prepare(neuron_trainer_t *trainer)
{
    const neuron_dataset_t *train = trainer->data.train;
    int64_t batch_size = trainer->settings.batch_size;
    bool whole = train && !neuron_trainer_shards(trainer);
    return prepare(trainer, whole ? neuron_min_count(batch_size, train->count) : batch_size);
}

/* Up to the batch size all counts have one capacity, so that no session is made anew if they
 * change; above it a power of two, so that few are. */
int neuron_trainer_prepare_for(neuron_trainer_t *trainer, int64_t count)
{
    int64_t capacity = trainer->settings.batch_size;
    if (count > capacity)
        for (capacity = 1; capacity < count;)
            capacity *= 2;
    return prepare(trainer, capacity);
}

void neuron_trainer_drop_step(neuron_trainer_t *trainer)
{
    neuron_step_destroy(trainer->step);
    trainer->step = NULL;
}

neuron_graph_t *neuron_trainer_graph(const neuron_trainer_t *trainer)
{
    return NEURON_IS(trainer) ? trainer->graph : NULL;
}

neuron_optimizer_t *neuron_trainer_optimizer(const neuron_trainer_t *trainer)
{
    return NEURON_IS(trainer) ? trainer->optimizer : NULL;
}

const neuron_history_t *neuron_trainer_history(const neuron_trainer_t *trainer)
{
    return NEURON_IS(trainer) ? trainer->history : NULL;
}

void neuron_trainer_start_clock(neuron_trainer_t *trainer)
{
    trainer->run.resumed_at = neuron_clock_seconds() - trainer->progress.seconds;
}

double neuron_trainer_seconds(const neuron_trainer_t *trainer)
{
    if (!trainer->run.running || trainer->run.epoch_ended)
        return trainer->progress.seconds;
    return neuron_clock_seconds() - trainer->run.resumed_at;
}

static const neuron_word progress_words[] = {
    {NEURON_PROGRESS_EPOCH, "epoch"},
    {NEURON_PROGRESS_EPOCHS, "epochs"},
    {NEURON_PROGRESS_STEP, "step"},
    {NEURON_PROGRESS_STEPS, "steps"},
    {NEURON_PROGRESS_ALL_STEPS, "all_steps"},
    {NEURON_PROGRESS_LOSS, "loss"},
    {NEURON_PROGRESS_LAST_LOSS, "last_loss"},
    {NEURON_PROGRESS_ACCURACY, "accuracy"},
    {NEURON_PROGRESS_SECONDS, "seconds"},
    {NEURON_PROGRESS_LEARNING_RATE, "learning_rate"},
    {0, ""},
};

double neuron_trainer_progress(const neuron_trainer_t *trainer, const char *what)
{
    FLOAT_SCOPE;
    int32_t figure;
    if (!NEURON_IS(trainer) ||
        neuron_word_read(&figure, what, progress_words, "progress", "trainer") < 0)
        return NAN;
    const neuron_run_progress *progress = &trainer->progress;
    double seen = (double)progress->seen;
    switch (figure) {
    case NEURON_PROGRESS_EPOCH:
        return (double)(trainer->run.epoch_ended || progress->epoch >= trainer->settings.epochs ||
                                (progress->stop_reason[0] && progress->step == 0)
                            ? progress->epoch
                            : progress->epoch + 1);
    case NEURON_PROGRESS_EPOCHS:
        return (double)trainer->settings.epochs;
    case NEURON_PROGRESS_STEP:
        return (double)(trainer->run.epoch_ended ? neuron_training_steps(trainer) : progress->step);
    case NEURON_PROGRESS_STEPS:
        return (double)neuron_training_steps(trainer);
    case NEURON_PROGRESS_LOSS:
        return progress->loss_sum / seen;
    case NEURON_PROGRESS_ACCURACY:
        return (double)progress->correct / seen;
    case NEURON_PROGRESS_SECONDS:
        return neuron_trainer_seconds(trainer);
    case NEURON_PROGRESS_LEARNING_RATE:
        return neuron_rate_current(&trainer->rate, trainer->optimizer);
    case NEURON_PROGRESS_LAST_LOSS:
        return progress->last_loss;
    case NEURON_PROGRESS_ALL_STEPS:
        return (double)progress->updates;
    default:
        return NAN;
    }
}
