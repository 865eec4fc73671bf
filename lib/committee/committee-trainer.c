/* The handle of a committee trainer: what is set, and what can be asked of it. */
#include "committee/committee-trainer.h"

#include "base/checked.h"
#include "base/clock.h"
#include "base/files/file.h"
#include "base/float-mode.h"
#include "committee/boost.h"
#include "committee/combine.h"
#include "committee/joining/weights.h"

#include <math.h>
#include <string.h>

static const neuron_word methods[] = {
    {NEURON_COMMITTEE_METHOD_INITIALIZATION, "initialization"},
    {NEURON_COMMITTEE_METHOD_BAGGING, "bagging"},
    {NEURON_COMMITTEE_METHOD_FOLDS, "folds"},
    {NEURON_COMMITTEE_METHOD_SNAPSHOT, "snapshot"},
    {NEURON_COMMITTEE_METHOD_ADABOOST, "adaboost"},
    {NEURON_COMMITTEE_METHOD_GRADIENT_BOOSTING, "gradient_boosting"},
    {0, ""}};
static const neuron_word schedules[] = {{NEURON_COMMITTEE_SIDE_BY_SIDE_AUTO, "auto"},
                                        {NEURON_COMMITTEE_SIDE_BY_SIDE_NO, "no"},
                                        {NEURON_COMMITTEE_SIDE_BY_SIDE_YES, "yes"},
                                        {0, ""}};

static const neuron_word algorithms[] = {{NEURON_COMMITTEE_ALGORITHM_SAMME, "samme"},
                                         {NEURON_COMMITTEE_ALGORITHM_SAMME_R, "samme_r"},
                                         {0, ""}};

static const neuron_option rows[] = {
    NEURON_CHOICE(NEURON_COMMITTEE_METHOD, "method", methods,
                  NEURON_COMMITTEE_METHOD_INITIALIZATION, "what makes members differ"),
    NEURON_INTEGER(NEURON_COMMITTEE_MEMBERS, "members", 1, NEURON_COMMITTEE_MEMBERS_MAX, 5,
                   "how many a builder is asked for"),
    NEURON_INTEGER(NEURON_COMMITTEE_FOLDS, "folds", 0, NEURON_COMMITTEE_MEMBERS_MAX, 0,
                   "parts of the examples, 0 for as many as members"),
    NEURON_REAL(NEURON_COMMITTEE_SAMPLE_FRACTION, "sample_fraction", DBL_MIN, 1, 1,
                "examples drawn for each that there is"),
    NEURON_REAL(NEURON_COMMITTEE_FEATURE_FRACTION, "feature_fraction", DBL_MIN, 1, 1,
                "share of the inputs that each member sees"),
    NEURON_REAL(NEURON_COMMITTEE_CLASS_FRACTION, "class_fraction", DBL_MIN, 1, 1,
                "share of the classes that each member learns"),
    NEURON_CHOICE(NEURON_COMMITTEE_ALGORITHM, "algorithm", algorithms,
                  NEURON_COMMITTEE_ALGORITHM_SAMME, "of adaboost"),
    NEURON_REAL(NEURON_COMMITTEE_SHRINKAGE, "shrinkage", DBL_MIN, 1, 1,
                "share of the step along a member of gradient boosting"),
    NEURON_CHOICE(NEURON_COMMITTEE_COMBINE, "combine", neuron_committee_combinations, 0,
                  "how the members are joined"),
    NEURON_GOAL_ROW(NEURON_COMMITTEE_GOAL),
    NEURON_ROUNDS_ROW(NEURON_COMMITTEE_ROUNDS),
    NEURON_L2_ROW(NEURON_COMMITTEE_L2),
    NEURON_ITERATIONS_ROW(NEURON_COMMITTEE_ITERATIONS),
    NEURON_POINTS_ROW(NEURON_COMMITTEE_POINTS),
    NEURON_CHOICE(NEURON_COMMITTEE_SIDE_BY_SIDE, "side_by_side", schedules,
                  NEURON_COMMITTEE_SIDE_BY_SIDE_AUTO,
                  "whether members are trained at the same time"),
    NEURON_INTEGER(NEURON_COMMITTEE_EPOCHS, "epochs", 0, INT32_MAX, 1, "how far each member goes"),
    NEURON_INTEGER(NEURON_COMMITTEE_BATCH_SIZE, "batch_size", 1, INT32_MAX, 32,
                   "examples in a step"),
    NEURON_INTEGER(NEURON_COMMITTEE_MICRO_BATCH_SIZE, "micro_batch_size", 0, INT32_MAX, 0,
                   "examples at once, 0 for all of a step"),
    NEURON_FLAG(NEURON_COMMITTEE_SHUFFLE, "shuffle", 1, "yes for a new order each epoch"),
    NEURON_INTEGER(NEURON_COMMITTEE_WORKERS, "workers", -1, NEURON_THREADS_MAX, -1,
                   "threads that make batches, -1 to choose"),
    NEURON_TEXT(NEURON_COMMITTEE_OPTIMIZER, "optimizer", "the rule of all members' trainings"),
    NEURON_REAL(NEURON_COMMITTEE_LEARNING_RATE, "learning_rate", 0, FLT_MAX, NAN,
                "of the optimizer, if not its own"),
    NEURON_REAL(NEURON_COMMITTEE_HOLD_OUT, "hold_out", 0, NEURON_BELOW_ONE, 0.2,
                "share of the examples kept for learning how members are joined"),
};

/* The last are those of one call for all. */
enum { FIT_ROWS = 3 };

const neuron_option_table neuron_committee_trainer_options = {rows, sizeof rows / sizeof rows[0] -
                                                                        FIT_ROWS};
const neuron_option_table neuron_committee_fit_options = NEURON_OPTION_TABLE(rows);
static const char who[] = "committee";

double neuron_committee_value(const neuron_committee_trainer_t *trainer, int32_t key)
{
    return neuron_options_value(&trainer->options, key);
}

int64_t neuron_committee_count(const neuron_committee_trainer_t *trainer, int32_t key)
{
    return (int64_t)neuron_committee_value(trainer, key);
}

neuron_committee_method neuron_committee_method_of(const neuron_committee_trainer_t *trainer)
{
    return (neuron_committee_method)neuron_committee_value(trainer, NEURON_COMMITTEE_METHOD);
}

const char *neuron_committee_method_name(const neuron_committee_trainer_t *trainer)
{
    return neuron_word_name(methods, neuron_committee_value(trainer, NEURON_COMMITTEE_METHOD));
}

bool neuron_committee_takes_snapshots(const neuron_committee_trainer_t *trainer)
{
    return neuron_committee_method_of(trainer) == NEURON_COMMITTEE_METHOD_SNAPSHOT;
}

int64_t neuron_committee_folds(const neuron_committee_trainer_t *trainer)
{
    int64_t folds = neuron_committee_count(trainer, NEURON_COMMITTEE_FOLDS);
    return folds > 0 ? folds : neuron_committee_trainer_member_count(trainer);
}

int64_t neuron_committee_members_of_set(const neuron_committee_trainer_t *trainer)
{
    return neuron_committee_method_of(trainer) == NEURON_COMMITTEE_METHOD_FOLDS
               ? neuron_committee_folds(trainer)
               : 1;
}

/* ---- Life ---- */

int neuron_committee_trainer_create(neuron_committee_trainer_t **trainer, neuron_context_t *context,
                                    neuron_optimizer_t *optimizer, neuron_dataset_t *train,
                                    const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    *trainer = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(optimizer);
    CHECK_ARGUMENT(train);
    neuron_options settings;
    neuron_options_reset(&settings, &neuron_committee_trainer_options);
    RETURN_IF_ERROR(neuron_options_parse(&settings, options, who));
    return neuron_committee_trainer_make(trainer, context, optimizer, train, &settings);
}

int neuron_committee_trainer_make(neuron_committee_trainer_t **trainer, neuron_context_t *context,
                                  neuron_optimizer_t *optimizer, neuron_dataset_t *train,
                                  const neuron_options *options)
{
    if (train->count == 0)
        return neuron_fail(NEURON_E_DATA, "committee: the dataset has no examples");
    neuron_committee_trainer_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    pthread_mutex_init(&made->mutex, NULL);
    pthread_mutex_init(&made->turns, NULL);
    pthread_mutex_init(&made->facts, NULL);
    made->context = neuron_context_ref(context);
    made->optimizer = neuron_optimizer_ref(optimizer);
    made->train = neuron_dataset_ref(train);
    made->options = *options;
    *trainer = made;
    return NEURON_OK;
}

neuron_committee_trainer_t *neuron_committee_trainer_ref(neuron_committee_trainer_t *trainer)
{
    if (!NEURON_IS(trainer))
        return NULL;
    neuron_handle_own(&trainer->handle);
    return trainer;
}

#define GIVE_BACK(given)                                                                           \
    do {                                                                                           \
        if ((given).destroy)                                                                       \
            neuron_destroy_user_data((given).destroy, (given).user_data);                          \
    } while (0)

void neuron_committee_trainer_unref(neuron_committee_trainer_t *trainer)
{
    if (!NEURON_IS(trainer) || !neuron_hold_last_owner(&trainer->handle.references))
        return;
    neuron_context_t *context = trainer->context;
    for (int64_t i = 0; i < trainer->count; i++)
        neuron_committee_drop_member(&trainer->members[i]);
    neuron_committee_drop_member(&trainer->source);
    neuron_committee_boost_release(trainer);
    neuron_release(context, trainer->members);
    neuron_release(context, trainer->weights);
    for (int64_t i = 0; i < trainer->callback_count; i++)
        neuron_callback_unref(trainer->callbacks[i]);
    neuron_release(context, trainer->callbacks);
    GIVE_BACK(trainer->build);
    GIVE_BACK(trainer->setup);
    GIVE_BACK(trainer->on_epoch);
    neuron_augmentation_unref(trainer->augmentation);
    neuron_loss_unref(trainer->loss);
    neuron_dataset_unref(trainer->validation);
    neuron_dataset_unref(trainer->train);
    neuron_optimizer_unref(trainer->optimizer);
    neuron_release(context, trainer->folder);
    pthread_mutex_destroy(&trainer->mutex);
    pthread_mutex_destroy(&trainer->turns);
    pthread_mutex_destroy(&trainer->facts);
    neuron_release(context, trainer);
    neuron_context_unref(context);
}

NEURON_HOLD_DEFINE(committee_trainer)

/* ---- Settings ---- */

static int check_not_begun(const neuron_committee_trainer_t *trainer, const char *what)
{
    if (trainer->running || trainer->begun)
        return neuron_fail(NEURON_E_STATE, "committee: gets %s before the first run", what);
    return NEURON_OK;
}

int neuron_committee_trainer_set_builder(neuron_committee_trainer_t *trainer,
                                         neuron_committee_build_function_t build, void *user_data,
                                         neuron_destroy_function_t destroy)
{
    CHECK_ARGUMENT(trainer);
    CHECK_FUNCTION(build);
    neuron_hold_end_left();
    RETURN_IF_ERROR(check_not_begun(trainer, "its builder"));
    if (trainer->count > 0)
        return neuron_fail(NEURON_E_STATE, "committee: has members already, and needs no builder");
    GIVE_BACK(trainer->build);
    trainer->build.function = build;
    trainer->build.user_data = user_data;
    trainer->build.destroy = destroy;
    return NEURON_OK;
}

int neuron_committee_trainer_set_setup(neuron_committee_trainer_t *trainer,
                                       neuron_committee_setup_function_t setup, void *user_data,
                                       neuron_destroy_function_t destroy)
{
    CHECK_ARGUMENT(trainer);
    neuron_hold_end_left();
    RETURN_IF_ERROR(check_not_begun(trainer, "its setup"));
    GIVE_BACK(trainer->setup);
    trainer->setup.function = setup;
    trainer->setup.user_data = user_data;
    trainer->setup.destroy = destroy;
    return NEURON_OK;
}

int neuron_committee_trainer_set_function(neuron_committee_trainer_t *trainer,
                                          neuron_committee_epoch_function_t on_epoch,
                                          void *user_data, neuron_destroy_function_t destroy)
{
    CHECK_ARGUMENT(trainer);
    neuron_hold_end_left();
    if (trainer->running)
        return neuron_fail(NEURON_E_STATE, "committee: gets its function between runs");
    GIVE_BACK(trainer->on_epoch);
    trainer->on_epoch.function = on_epoch;
    trainer->on_epoch.user_data = user_data;
    trainer->on_epoch.destroy = destroy;
    return NEURON_OK;
}

/* A copy of a list with room for one more. */
static void *grow(neuron_context_t *context, const void *list, int64_t count, size_t size)
{
    void *grown = neuron_allocate_zero(context, neuron_size(count) + 1, size);
    if (grown && count > 0)
        memcpy(grown, list, neuron_size(count) * size);
    return grown;
}

int neuron_committee_trainer_add_member(neuron_committee_trainer_t *trainer, neuron_graph_t *graph)
{
    CHECK_ARGUMENT(trainer);
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    neuron_hold_end_left();
    RETURN_IF_ERROR(check_not_begun(trainer, "members"));
    if (trainer->build.function)
        return neuron_fail(NEURON_E_STATE, "committee: has a builder, which makes its members");
    if (graph->context != trainer->context)
        return neuron_fail(NEURON_E_ARGUMENT, "committee: graph is of another context");
    for (int64_t i = 0; i < trainer->count; i++)
        if (trainer->members[i].graph == graph)
            return neuron_fail(NEURON_E_ARGUMENT, "committee: graph is member %" PRId64 " already",
                               i);
    if (trainer->count == NEURON_COMMITTEE_MEMBERS_MAX)
        return neuron_fail(NEURON_E_ARGUMENT, "committee: has %d members already",
                           NEURON_COMMITTEE_MEMBERS_MAX);
    neuron_committee_member *grown =
        grow(trainer->context, trainer->members, trainer->count, sizeof *grown);
    if (!grown)
        return NEURON_E_MEMORY;
    neuron_release(trainer->context, trainer->members);
    trainer->members = grown;
    neuron_committee_member *added = &grown[trainer->count];
    added->committee = trainer;
    added->index = trainer->count++;
    added->graph = neuron_graph_ref(graph);
    added->built = true;
    return NEURON_OK;
}

int neuron_committee_trainer_set_validation(neuron_committee_trainer_t *trainer,
                                            neuron_dataset_t *validation)
{
    CHECK_ARGUMENT(trainer);
    CHECK_OPTIONAL(validation);
    neuron_hold_end_left();
    RETURN_IF_ERROR(check_not_begun(trainer, "its validation set"));
    neuron_dataset_t *before = trainer->validation;
    trainer->validation = neuron_dataset_ref(validation);
    neuron_dataset_unref(before);
    return NEURON_OK;
}

int neuron_committee_trainer_set_loss(neuron_committee_trainer_t *trainer, neuron_loss_t *loss)
{
    CHECK_ARGUMENT(trainer);
    CHECK_OPTIONAL(loss);
    neuron_hold_end_left();
    RETURN_IF_ERROR(check_not_begun(trainer, "its loss"));
    neuron_loss_t *before = trainer->loss;
    trainer->loss = neuron_loss_ref(loss);
    neuron_loss_unref(before);
    return NEURON_OK;
}

int neuron_committee_trainer_set_augmentation(neuron_committee_trainer_t *trainer,
                                              const neuron_augmentation_t *augmentation)
{
    CHECK_ARGUMENT(trainer);
    CHECK_OPTIONAL(augmentation);
    neuron_hold_end_left();
    RETURN_IF_ERROR(check_not_begun(trainer, "its augmentation"));
    neuron_augmentation_t *copy = NULL;
    if (augmentation) {
        RETURN_IF_ERROR(neuron_augmentation_create(&copy, trainer->context, NULL));
        copy->settings = augmentation->settings;
    }
    neuron_augmentation_unref(trainer->augmentation);
    trainer->augmentation = copy;
    return NEURON_OK;
}

int neuron_committee_trainer_add_callback(neuron_committee_trainer_t *trainer,
                                          neuron_callback_t *callback)
{
    CHECK_ARGUMENT(trainer);
    CHECK_ARGUMENT(callback);
    neuron_hold_end_left();
    RETURN_IF_ERROR(check_not_begun(trainer, "callbacks"));
    if (callback->path)
        return neuron_fail(
            NEURON_E_ARGUMENT,
            "committee: all members would write the one file of this %s; add one for "
            "each in neuron_committee_setup_function_t",
            callback->kind->name);
    RETURN_IF_ERROR(neuron_committee_check_callback(trainer, callback, "committee: "));
    neuron_callback_t **grown = grow(trainer->context, trainer->callbacks, trainer->callback_count,
                                     sizeof(neuron_callback_t *));
    if (!grown)
        return NEURON_E_MEMORY;
    neuron_release(trainer->context, trainer->callbacks);
    trainer->callbacks = grown;
    grown[trainer->callback_count++] = neuron_callback_ref(callback);
    return NEURON_OK;
}

int neuron_committee_trainer_set_folder(neuron_committee_trainer_t *trainer, const char *path)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    neuron_hold_end_left();
    RETURN_IF_ERROR(check_not_begun(trainer, "its folder"));
    char *copy = NULL;
    if (path)
        RETURN_IF_ERROR(neuron_file_path(&copy, trainer->context, path, who));
    neuron_release(trainer->context, trainer->folder);
    trainer->folder = copy;
    return NEURON_OK;
}

/* ---- What can be asked ---- */

int64_t neuron_committee_trainer_member_count(const neuron_committee_trainer_t *trainer)
{
    if (!NEURON_IS(trainer))
        return 0;
    if (trainer->boost.over)
        return trainer->boost.used;
    return trainer->build.function ? neuron_committee_count(trainer, NEURON_COMMITTEE_MEMBERS)
                                   : trainer->count;
}

static const neuron_committee_member *find(const neuron_committee_trainer_t *trainer,
                                           int64_t member)
{
    return NEURON_IS(trainer) && member >= 0 && member < trainer->count ? &trainer->members[member]
                                                                        : NULL;
}

neuron_graph_t *neuron_committee_trainer_member(const neuron_committee_trainer_t *trainer,
                                                int64_t member)
{
    const neuron_committee_member *found = find(trainer, member);
    return found && found->built ? found->graph : NULL;
}

const neuron_history_t *neuron_committee_trainer_history(const neuron_committee_trainer_t *trainer,
                                                         int64_t member)
{
    const neuron_committee_member *found = find(trainer, member);
    if (!found)
        return NULL;
    return neuron_trainer_history(
        neuron_committee_takes_snapshots(trainer) ? trainer->source.trainer : found->trainer);
}

int neuron_committee_trainer_weights(double *weights, size_t capacity, size_t *needed,
                                     const neuron_committee_trainer_t *trainer)
{
    CHECK_ARGUMENT(trainer);
    CHECK_ROOM(weights, capacity);
    size_t count = neuron_size(neuron_committee_trainer_member_count(trainer));
    if (!trainer->weights)
        return neuron_fail(NEURON_E_STATE, "committee: its members are not joined yet");
    if (needed)
        *needed = count;
    if (weights && capacity < count)
        return neuron_fail(NEURON_E_ARGUMENT, "committee: capacity is %zu; there are %zu members",
                           capacity, count);
    if (weights)
        memcpy(weights, trainer->weights, count * sizeof *weights);
    return NEURON_OK;
}

enum {
    PROGRESS_MEMBERS,
    PROGRESS_MEMBERS_DONE,
    PROGRESS_EPOCHS,
    PROGRESS_EPOCHS_DONE,
    PROGRESS_SECONDS,
    PROGRESS_SIDE_BY_SIDE
};

static const neuron_word progress_words[] = {
    {PROGRESS_MEMBERS, "members"},
    {PROGRESS_MEMBERS_DONE, "members_done"},
    {PROGRESS_EPOCHS, "epochs"},
    {PROGRESS_EPOCHS_DONE, "epochs_done"},
    {PROGRESS_SECONDS, "seconds"},
    {PROGRESS_SIDE_BY_SIDE, "side_by_side"},
    {0, ""},
};

/* Members that are part of the committee, or may become it. */
static int64_t members_counted(const neuron_committee_trainer_t *trainer)
{
    return trainer->boost.over ? trainer->boost.used : trainer->count;
}

static int64_t epochs_done(const neuron_committee_trainer_t *trainer)
{
    int64_t done = 0, epochs = neuron_committee_count(trainer, NEURON_COMMITTEE_EPOCHS);
    if (neuron_committee_takes_snapshots(trainer))
        return (int64_t)atomic_load(&trainer->source.epochs_done);
    for (int64_t i = 0; i < members_counted(trainer); i++) {
        const neuron_committee_member *member = &trainer->members[i];
        done += atomic_load(&member->done) ? epochs : (int64_t)atomic_load(&member->epochs_done);
    }
    return done;
}

static int64_t members_done(const neuron_committee_trainer_t *trainer)
{
    int64_t done = 0;
    for (int64_t i = 0; i < members_counted(trainer); i++)
        done += atomic_load(&trainer->members[i].done);
    return done;
}

static double tell(const neuron_committee_trainer_t *trainer, int32_t figure)
{
    int64_t members = neuron_committee_trainer_member_count(trainer);
    switch (figure) {
    case PROGRESS_MEMBERS:
        return (double)members;
    case PROGRESS_MEMBERS_DONE:
        return (double)members_done(trainer);
    case PROGRESS_EPOCHS:
        return (double)members * neuron_committee_value(trainer, NEURON_COMMITTEE_EPOCHS);
    case PROGRESS_EPOCHS_DONE:
        return (double)epochs_done(trainer);
    case PROGRESS_SECONDS:
        return trainer->seconds + (trainer->running ? neuron_clock_seconds() - trainer->run_at : 0);
    default:
        return (double)trainer->side_by_side;
    }
}

double neuron_committee_trainer_progress(const neuron_committee_trainer_t *trainer,
                                         const char *what)
{
    FLOAT_SCOPE;
    int32_t figure;
    if (!NEURON_IS(trainer) || neuron_word_read(&figure, what, progress_words, "progress", who) < 0)
        return NAN;
    pthread_mutex_t *facts = &((neuron_committee_trainer_t *)(uintptr_t)trainer)->facts;
    pthread_mutex_lock(facts);
    double number = tell(trainer, figure);
    pthread_mutex_unlock(facts);
    return number;
}
