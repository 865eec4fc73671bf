/* How ranks begin a run: each tells what it has, which must be the same; then all have what the
 * first has. Parameters are only sent where some are other ones. */
#include "train/parallel/ranks.h"

#include "train/training.h"

#include <stdio.h>
#include <string.h>

/* What must be the same on all ranks, and what it is called. */
#define SAME(ROW)                                                                                  \
    ROW(ANY, "whether the communicator adds up in any order")                                      \
    ROW(PARTS, "parts")                                                                            \
    ROW(LAYERS, "the number of layers")                                                            \
    ROW(PARAMETERS, "the number of parameters")                                                    \
    ROW(EXAMPLES, "the number of examples")                                                        \
    ROW(VALIDATION, "the number of validation examples")                                           \
    ROW(BATCH_SIZE, "batch_size")                                                                  \
    ROW(SHUFFLE, "shuffle")                                                                        \
    ROW(SHARDS, "whether data is shard")                                                           \
    ROW(EPOCHS, "epochs")                                                                          \
    ROW(CALLBACKS, "the number of callbacks of the library")                                       \
    ROW(METRICS, "the number of metrics")                                                          \
    ROW(EPOCH, "the number of epochs done")                                                        \
    ROW(STEP, "the number of steps done in the epoch")                                             \
    ROW(UPDATES, "the number of steps done")                                                       \
    ROW(STOPPED, "whether a callback has ended the training")

#define KEY(key, name) key,
enum { SAME(KEY) SAME_COUNT };
#define NAME(key, name) name,
static const char *const same_names[] = {SAME(NAME)};

/* The same of words. */
enum { RULE, KERNELS, WORD_COUNT, WORD_SIZE = 24 };
static const char *const word_names[] = {"the optimizer", "kernels"};

typedef struct introduction {
    neuron_gather_head head;
    int64_t status;
    int64_t same[SAME_COUNT];
    int64_t examples;
    char words[WORD_COUNT][WORD_SIZE];
    uint64_t structure;     /* a checksum of layers, options, shapes, losses, and what is frozen */
    uint64_t values, slots; /* checksums of parameters, and of what the optimizer remembers */
    uint64_t seed;
    uint64_t rate_changes;
    int32_t events, work;
} introduction;

_Static_assert(sizeof(introduction) <= NEURON_TOLD_BYTES, "there is room");

/* ---- Checksums ---- */

static const uint64_t basis = 0xcbf29ce484222325;

static uint64_t add_number(uint64_t sum, uint64_t number)
{
    sum = (sum ^ number) * 0x9e3779b97f4a7c15;
    return sum ^ sum >> 29;
}

static uint64_t add_bytes(uint64_t sum, const void *bytes, size_t size)
{
    uint64_t number = 0;
    size_t done = 0;
    for (; done + sizeof number <= size; done += sizeof number) {
        memcpy(&number, (const char *)bytes + done, sizeof number);
        sum = add_number(sum, number);
    }
    number = 0;
    memcpy(&number, (const char *)bytes + done, size - done);
    return add_number(sum, number);
}

static uint64_t add_text(uint64_t sum, const char *text)
{
    return add_bytes(sum, text, strlen(text));
}

static uint64_t add_options(uint64_t sum, const neuron_options *options)
{
    for (int32_t i = 0; options->table && i < options->table->count; i++)
        sum = add_bytes(sum, &options->values[i], sizeof options->values[i]);
    return sum;
}

static uint64_t add_node(uint64_t sum, const neuron_node_t *node)
{
    const neuron_spec *spec = &node->spec;
    sum = add_options(add_text(sum, spec->layer->name), &spec->options);
    for (int32_t i = 0; i < spec->output.rank; i++)
        sum = add_number(sum, (uint64_t)spec->output.extent[i]);
    for (int32_t i = 0; i < spec->input_count; i++)
        sum = add_number(sum, (uint64_t)node->inputs[i]->index);
    for (int32_t i = 0; i < spec->array_count; i++) {
        sum = add_bytes(sum, &node->choices[i].l1, sizeof node->choices[i].l1);
        sum = add_bytes(sum, &node->choices[i].l2, sizeof node->choices[i].l2);
    }
    return add_number(sum, node->frozen);
}

static uint64_t sum_structure(const neuron_trainer_t *trainer)
{
    const neuron_graph_t *graph = trainer->graph;
    uint64_t sum = basis;
    for (int64_t i = 0; i < graph->node_count; i++)
        sum = add_node(sum, graph->nodes[i]);
    for (int64_t i = 0; i < graph->output_count; i++) {
        const neuron_step_loss *loss = &trainer->losses[i];
        sum = add_options(add_text(sum, loss->loss->kind->name), &loss->loss->options);
        sum = add_bytes(sum, &loss->weight, sizeof loss->weight);
    }
    return sum;
}

static uint64_t sum_slots(const neuron_trainer_t *trainer)
{
    uint64_t sum = basis;
    if (!trainer->step || trainer->progress.optimizer_steps == 0)
        return sum; /* they are set at the first step */
    float *const *slots = neuron_step_slots(trainer->step);
    for (int32_t i = 0; i < trainer->optimizer->rule->slot_count; i++)
        sum = add_bytes(sum, slots[i],
                        neuron_size_of(trainer->graph->trainable_count, sizeof(float)));
    return sum;
}

static uint64_t sum_values(const neuron_graph_t *graph)
{
    return add_bytes(basis, graph->values, neuron_size_of(graph->value_count, sizeof(float)));
}

/* ---- Telling ---- */

static void copy_word(char word[WORD_SIZE], const char *text)
{
    snprintf(word, WORD_SIZE, "%s", text);
}

static void describe(const neuron_trainer_t *trainer, introduction *own)
{
    const neuron_trainer_settings *settings = &trainer->settings;
    const neuron_trainer_data *data = &trainer->data;
    const neuron_run_progress *progress = &trainer->progress;
    int64_t *same = own->same;
    const neuron_parts_settings split = neuron_trainer_split_of(trainer);
    same[ANY] = split.any;
    same[PARTS] = split.parts;
    same[LAYERS] = trainer->graph->node_count;
    same[PARAMETERS] = neuron_graph_parameter_count(trainer->graph);
    own->examples = data->train ? data->train->count : 0;
    same[SHARDS] = neuron_trainer_shards(trainer) != NULL;
    same[EXAMPLES] = same[SHARDS] ? 0 : own->examples;
    same[VALIDATION] = data->validation ? data->validation->count : 0;
    same[BATCH_SIZE] = settings->batch_size;
    same[SHUFFLE] = settings->shuffle;
    same[EPOCHS] = settings->epochs;
    same[CALLBACKS] = trainer->callbacks.count;
    same[METRICS] = trainer->history->metric_count;
    same[EPOCH] = progress->epoch;
    same[STEP] = progress->step;
    same[UPDATES] = (int64_t)progress->updates;
    same[STOPPED] = progress->stop_reason[0] != '\0';
    copy_word(own->words[RULE], trainer->optimizer->rule->name);
    copy_word(own->words[KERNELS], neuron_context_kernels(trainer->context));
    own->structure = sum_structure(trainer);
    own->values = sum_values(trainer->graph);
    own->slots = sum_slots(trainer);
    own->seed = progress->seed;
    own->rate_changes = trainer->optimizer->rate_changes;
    for (int32_t i = 0; i < trainer->callbacks.function_count; i++)
        own->events |= trainer->callbacks.functions[i]->events;
    own->work = neuron_callbacks_have_work(trainer);
}

/* ---- Comparing ---- */

static int compare_numbers(const introduction *first, const introduction *other, int32_t rank)
{
    for (int32_t i = 0; i < SAME_COUNT; i++)
        if (other->same[i] != first->same[i])
            return neuron_fail(NEURON_E_ARGUMENT,
                               "trainer: %s is %" PRId64 " on rank %" PRId32 ", %" PRId64
                               " on rank 0",
                               same_names[i], other->same[i], rank, first->same[i]);
    return NEURON_OK;
}

static int compare(const introduction *first, const introduction *other, int32_t rank)
{
    RETURN_IF_ERROR(compare_numbers(first, other, rank));
    for (int32_t i = 0; i < WORD_COUNT; i++)
        if (strcmp(other->words[i], first->words[i]) != 0)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "trainer: %s is %s on rank %" PRId32 ", %s on rank 0", word_names[i],
                               other->words[i], rank, first->words[i]);
    if (other->structure != first->structure)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "trainer: layers, losses or their options on rank %" PRId32
                           " are not those on rank 0",
                           rank);
    return NEURON_OK;
}

/* ---- Taking over ---- */

/* Gives all ranks the numbers of the first. Whether they were other ones here. */
static bool spread_floats(neuron_communicator_t *communicator, float *values, int64_t count)
{
    size_t bytes = neuron_size_of(count, sizeof *values);
    uint64_t before = add_bytes(basis, values, bytes);
    neuron_spread(communicator, values, bytes, 0);
    return add_bytes(basis, values, bytes) != before;
}

static void take_over(neuron_trainer_t *trainer, const introduction *first, bool values, bool slots)
{
    neuron_communicator_t *communicator = trainer->ranks.communicator;
    neuron_graph_t *graph = trainer->graph;
    neuron_options options = trainer->optimizer->options;
    if (values && spread_floats(communicator, graph->values, graph->value_count))
        neuron_graph_touch(graph);
    for (int32_t i = 0; slots && i < trainer->optimizer->rule->slot_count; i++)
        spread_floats(communicator, neuron_step_slots(trainer->step)[i], graph->trainable_count);
    neuron_spread(communicator, options.values, sizeof options.values, 0);
    if (communicator->rank > 0)
        neuron_optimizer_take_options(trainer->optimizer, &options);
    trainer->progress.seed = first->seed;
    trainer->ranks.rate_changes = first->rate_changes;
}

/* Meets the others with what was told. */
static int meet(neuron_trainer_t *trainer)
{
    neuron_trainer_ranks *ranks = &trainer->ranks;
    const introduction *first = neuron_trainer_told(trainer, 0);
    bool values = false, slots = false;
    for (int32_t rank = 0; rank < ranks->communicator->size; rank++) {
        const introduction *told = neuron_trainer_told(trainer, rank);
        if (told->status < 0)
            return neuron_trainer_share_message(trainer, (int)told->status, rank);
        ranks->events |= told->events;
        ranks->shards[rank] = told->examples;
        ranks->have_work = ranks->have_work || told->work;
        values = values || told->values != first->values;
        slots = slots || told->slots != first->slots;
    }
    for (int32_t rank = 1; rank < ranks->communicator->size; rank++)
        RETURN_IF_ERROR(neuron_trainer_agreed(
            trainer, compare(first, neuron_trainer_told(trainer, rank), rank)));
    take_over(trainer, first, values, slots);
    return NEURON_OK;
}

int neuron_trainer_introduce(neuron_trainer_t *trainer, int status)
{
    neuron_trainer_ranks *ranks = &trainer->ranks;
    if (!neuron_trainer_has_others(trainer))
        return status;
    RETURN_IF_ERROR(neuron_communicator_state(ranks->communicator));
    ranks->agreed = ranks->introduced = ranks->have_work = false;
    ranks->events = 0;
    const size_t *offsets = neuron_trainer_lay_out_told(trainer, sizeof(introduction));
    introduction *own = neuron_trainer_told(trainer, ranks->communicator->rank);
    *own = (introduction){.status = status};
    if (status == NEURON_OK)
        describe(trainer, own);
    RETURN_IF_ERROR(
        neuron_trainer_agreed(trainer, neuron_gather(ranks->communicator, ranks->told, offsets)));
    RETURN_IF_ERROR(meet(trainer));
    ranks->introduced = true;
    return NEURON_OK;
}
