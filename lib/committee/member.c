/* Making a member: its graph, which a builder of the caller's makes, and its trainer, which has
 * what all members have in common and the examples of the member. */
#include "committee/committee-trainer.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "committee/boost.h"
#include "committee/classes.h"
#include "graph/custom.h"
#include "graph/meaning.h"

#include <string.h>

int neuron_committee_fail(int64_t member, int status)
{
    if (status >= 0)
        return status;
    return neuron_fail(status, "committee: member %" PRId64 ": %s", member, neuron_error_last());
}

void neuron_committee_drop_member(neuron_committee_member *member)
{
    neuron_trainer_unref(member->trainer);
    neuron_graph_unref(member->graph);
    member->trainer = NULL;
    member->graph = NULL;
}

int neuron_committee_change_graph(neuron_committee_member *member, neuron_graph_t *made, int status)
{
    if (status < 0) {
        neuron_graph_unref(made);
        return status;
    }
    neuron_graph_unref(member->graph);
    member->graph = made;
    return NEURON_OK;
}

/* ---- The graph ---- */

/* The context has the member's seed meanwhile; where the function does not return, the end of the
 * run puts its own back. */
static int call_builder(neuron_committee_member *member)
{
    neuron_committee_trainer_t *committee = member->committee;
    neuron_context_t *context = committee->context;
    uint64_t before = neuron_message_count();
    committee->host_seed = context->seed;
    committee->has_host_seed = true;
    context->seed = neuron_committee_member_seed(committee, member->index);
    neuron_float_host *host = neuron_float_pause();
    int result = committee->build.function(&member->graph, context, member->index,
                                           committee->build.user_data);
    neuron_float_resume(host);
    context->seed = committee->host_seed;
    committee->has_host_seed = false;
    if (result != NEURON_OK)
        return neuron_fail_call(result, before,
                                "committee: member %" PRId64 ": the builder returned %d",
                                member->index, result);
    return NEURON_OK;
}

/* Members that were one graph would be trained by several threads at once. */
static int check_new(const neuron_committee_member *member)
{
    const neuron_committee_trainer_t *committee = member->committee;
    for (int64_t i = 0; committee->members && i < committee->count; i++)
        if (&committee->members[i] != member && committee->members[i].graph == member->graph)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "the builder's graph is member %" PRId64 " already; a builder makes "
                               "a new one each time",
                               i);
    return NEURON_OK;
}

static int build_graph(neuron_committee_member *member)
{
    if (member->built)
        return NEURON_OK;
    neuron_graph_unref(member->graph); /* of a builder that failed */
    member->graph = NULL;
    RETURN_IF_ERROR(call_builder(member));
    if (!member->graph)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "committee: member %" PRId64 ": the builder made no graph",
                           member->index);
    int status = neuron_graph_check_finished(member->graph, "the builder's graph");
    if (status == NEURON_OK && member->graph->context != member->committee->context)
        status = neuron_fail(NEURON_E_ARGUMENT, "the builder's graph is of another context");
    if (status == NEURON_OK)
        status = check_new(member);
    if (status == NEURON_OK)
        status = neuron_committee_choose_features(member);
    if (status == NEURON_OK)
        status = neuron_committee_choose_classes(member);
    if (status < 0)
        return neuron_committee_fail(member->index, status);
    member->built = true;
    return NEURON_OK;
}

/* ---- The trainer ---- */

static int copy_optimizer(neuron_optimizer_t **copy, const neuron_committee_trainer_t *committee)
{
    const neuron_optimizer_t *optimizer = committee->optimizer;
    RETURN_IF_ERROR(
        neuron_optimizer_create(copy, committee->context, neuron_optimizer_kind(optimizer), NULL));
    neuron_optimizer_copy_options(*copy, optimizer);
    return NEURON_OK;
}

static int set_options(neuron_trainer_t *trainer, const neuron_committee_trainer_t *committee)
{
    static const struct {
        int32_t key;
        const char *name;
    } options[] = {{NEURON_COMMITTEE_EPOCHS, "epochs"},
                   {NEURON_COMMITTEE_BATCH_SIZE, "batch_size"},
                   {NEURON_COMMITTEE_MICRO_BATCH_SIZE, "micro_batch_size"},
                   {NEURON_COMMITTEE_SHUFFLE, "shuffle"},
                   {NEURON_COMMITTEE_WORKERS, "workers"}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        RETURN_IF_ERROR(neuron_trainer_set_number(
            trainer, options[i].name, neuron_committee_value(committee, options[i].key)));
    if (!neuron_committee_takes_snapshots(committee))
        return NEURON_OK;
    double epochs = neuron_committee_value(committee, NEURON_COMMITTEE_EPOCHS);
    return neuron_trainer_set_number(trainer, "epochs", epochs * (double)committee->count);
}

/* Targets of gradient boosting are no classes, nor those of a validation set. */
static int set_squared_error(neuron_trainer_t *trainer)
{
    neuron_loss_t *loss;
    RETURN_IF_ERROR(neuron_loss_create(&loss, trainer->context, "mean_squared_error", NULL));
    int status = neuron_trainer_set_loss(trainer, loss);
    neuron_loss_unref(loss);
    return status;
}

/* What a member is judged by after each epoch; NULL for nothing. */
static int select_validation(neuron_dataset_t **judging, const neuron_committee_member *member)
{
    const neuron_committee_trainer_t *committee = member->committee;
    *judging = NULL;
    if (committee->validation && neuron_committee_has_class_subsets(committee))
        return neuron_committee_restrict(judging, committee, member->index, committee->validation);
    if (committee->validation)
        *judging = neuron_dataset_ref(committee->validation);
    else if (neuron_committee_holds_out(committee))
        return neuron_committee_select(judging, committee, member->index, NEURON_COMMITTEE_JUDGED);
    return NEURON_OK;
}

static int set_validation(neuron_trainer_t *trainer, const neuron_committee_member *member)
{
    neuron_dataset_t *judging;
    if (neuron_committee_fits_gradients(member->committee))
        return set_squared_error(trainer);
    RETURN_IF_ERROR(select_validation(&judging, member));
    int status = judging ? neuron_trainer_set_validation(trainer, judging) : NEURON_OK;
    neuron_dataset_unref(judging);
    return status;
}

/* What all members have. */
static int set_common(neuron_trainer_t *trainer, const neuron_committee_member *member)
{
    const neuron_committee_trainer_t *committee = member->committee;
    RETURN_IF_ERROR(
        neuron_trainer_set_seed(trainer, neuron_committee_member_seed(committee, member->index)));
    RETURN_IF_ERROR(set_options(trainer, committee));
    if (committee->loss)
        for (int64_t i = 0; i < member->graph->output_count; i++)
            RETURN_IF_ERROR(neuron_trainer_set_output_loss(trainer, i, committee->loss, 1));
    RETURN_IF_ERROR(neuron_trainer_set_augmentation(trainer, committee->augmentation));
    RETURN_IF_ERROR(set_validation(trainer, member));
    for (int64_t i = 0; i < committee->callback_count; i++)
        RETURN_IF_ERROR(neuron_trainer_add_callback(trainer, committee->callbacks[i]));
    return NEURON_OK;
}

static int create_trainer(neuron_committee_member *member)
{
    const neuron_committee_trainer_t *committee = member->committee;
    neuron_dataset_t *train;
    neuron_optimizer_t *optimizer = NULL;
    if (neuron_committee_is_boosted(committee))
        RETURN_IF_ERROR(neuron_committee_boost_dataset(&train, committee));
    else
        RETURN_IF_ERROR(
            neuron_committee_select(&train, committee, member->index, NEURON_COMMITTEE_LEARNT));
    int status = copy_optimizer(&optimizer, committee);
    if (status == NEURON_OK)
        status = neuron_trainer_create(&member->trainer, member->graph, optimizer, train);
    neuron_optimizer_unref(optimizer);
    neuron_dataset_unref(train);
    return status == NEURON_OK ? set_common(member->trainer, member) : status;
}

/* What the committee goes by is as it was before the setup. */
static int check_setup(const neuron_committee_member *member, const neuron_trainer_settings *before,
                       uint64_t seed, const neuron_trainer_data *data)
{
    const neuron_trainer_t *trainer = member->trainer;
    if (trainer->settings.epochs != before->epochs)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "its setup has set epochs to %" PRId64 ", which must stay %" PRId64,
                           trainer->settings.epochs, before->epochs);
    if (trainer->progress.seed != seed)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "its setup has set the seed to %" PRIu64 ", which must stay %" PRIu64,
                           trainer->progress.seed, seed);
    if (trainer->data.train != data->train || trainer->data.validation != data->validation ||
        trainer->settings.validation_split != before->validation_split)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "its setup has set another dataset, which must stay as it is");
    return NEURON_OK;
}

static int call_setup(neuron_committee_member *member)
{
    neuron_committee_trainer_t *committee = member->committee;
    if (!committee->setup.function)
        return NEURON_OK;
    uint64_t before = neuron_message_count();
    neuron_trainer_t *trainer = member->trainer;
    const neuron_trainer_settings settings = trainer->settings;
    const neuron_trainer_data data = trainer->data;
    uint64_t seed = trainer->progress.seed;
    neuron_float_host *host = neuron_float_pause();
    int result =
        committee->setup.function(member->trainer, member->index, committee->setup.user_data);
    neuron_float_resume(host);
    if (result != NEURON_OK)
        return neuron_fail_call(result, before,
                                "committee: member %" PRId64 ": its setup returned %d",
                                member->index, result);
    member->own_workers = trainer->settings.workers != settings.workers;
    return neuron_committee_fail(member->index, check_setup(member, &settings, seed, &data));
}

/* What is not whole is made anew by the next run. */
int neuron_committee_make_member(neuron_committee_member *member)
{
    if (member->ready)
        return NEURON_OK;
    RETURN_IF_ERROR(build_graph(member));
    neuron_trainer_unref(member->trainer);
    member->trainer = NULL;
    int status = NEURON_OK;
    if (neuron_committee_is_boosted(member->committee))
        status = neuron_committee_boost_begin(member->committee, member->graph);
    status =
        neuron_committee_fail(member->index, status == NEURON_OK ? create_trainer(member) : status);
    if (status == NEURON_OK)
        status = call_setup(member);
    if (status == NEURON_OK)
        status = neuron_committee_fail(
            member->index, neuron_committee_add_cycles(member->trainer, member->committee));
    if (status == NEURON_OK)
        status = neuron_committee_fail(member->index, neuron_committee_attach(member));
    member->ready = status == NEURON_OK;
    return status;
}

/* ---- What it is like ---- */

static bool has_custom_layer(const neuron_graph_t *graph)
{
    for (int64_t i = 0; i < graph->node_count; i++)
        if (neuron_layer_is_custom(graph->nodes[i]->spec.layer))
            return true;
    return false;
}

static bool reads_stream(const neuron_dataset_t *dataset)
{
    for (int32_t i = 0; dataset && i < neuron_dataset_inputs(dataset); i++)
        if (neuron_dataset_input_at(dataset, i)->stream)
            return true;
    return false;
}

bool neuron_committee_calls_host(const neuron_committee_member *member)
{
    const neuron_trainer_t *trainer = member->trainer;
    const neuron_callback_list *callbacks = &trainer->callbacks;
    if (callbacks->function_count > 1) /* one is the committee's own */
        return true;
    for (int64_t i = 0; i < callbacks->count; i++)
        if (callbacks->entries[i].callback->schedule)
            return true;
    for (int64_t i = 0; i < member->graph->output_count; i++)
        if (trainer->losses[i].loss->function)
            return true;
    return has_custom_layer(member->graph) || reads_stream(trainer->data.train) ||
           reads_stream(trainer->data.validation);
}

/* A kernel is used once at each place of its output: once by a dense layer, for each pixel by a
 * convolution. A step goes forward and twice back. */
double neuron_committee_step_work(const neuron_committee_member *member)
{
    const neuron_graph_t *graph = member->graph;
    const neuron_trainer_settings *settings = &member->trainer->settings;
    double work = 0;
    for (int64_t i = 0; i < graph->array_count; i++) {
        const neuron_shape *output = &graph->arrays[i].node->spec.output;
        int64_t channels = output->rank > 0 ? output->extent[output->rank - 1] : 1;
        work += (double)graph->arrays[i].count * (double)(neuron_shape_count(output) / channels);
    }
    return 3 * work *
           (double)neuron_min_count(settings->batch_size, member->trainer->data.train->count);
}
