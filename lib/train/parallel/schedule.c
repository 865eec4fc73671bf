/* Schedules: see schedule.h. Buckets are made from the end of the parameters to their beginning, as
 * backward makes gradients: small arrays go together, as each message takes its time, and large
 * ones are cut, so that the memory for sums stays small. */
#include "train/parallel/schedule.h"

#include "base/checked.h"
#include "session/session.h"

#include <string.h>

/* Numbers of a bucket that takes no more arrays, and of a piece of an array. */
enum { FULL = 1 << 16, PIECE = 1 << 20 };

/* Of each node the first that works with its arrays. */
static void find_users(neuron_part_schedule *schedule)
{
    const neuron_graph_t *graph = schedule->graph;
    for (int64_t i = 0; i < graph->node_count; i++)
        schedule->users[i] = i;
    for (int64_t i = 0; i < graph->node_count; i++) {
        const neuron_node_t *owner = graph->nodes[i]->owner;
        if (owner && owner->index < graph->node_count && i < schedule->users[owner->index])
            schedule->users[owner->index] = i;
    }
}

int64_t neuron_part_schedule_capacity(const neuron_part_schedule *schedule)
{
    return schedule->graph->array_count + schedule->graph->trainable_count / PIECE + 1;
}

int neuron_part_schedule_create(neuron_part_schedule *schedule, const neuron_graph_t *graph)
{
    neuron_context_t *context = graph->context;
    size_t nodes = neuron_size(graph->node_count);
    *schedule = (neuron_part_schedule){.graph = graph};
    size_t buckets = neuron_size(neuron_part_schedule_capacity(schedule));
    schedule->joints = neuron_allocate(context, nodes, sizeof *schedule->joints);
    schedule->users = neuron_allocate(context, nodes, sizeof *schedule->users);
    schedule->buckets = neuron_allocate(context, buckets, sizeof *schedule->buckets);
    if (!schedule->joints || !schedule->users || !schedule->buckets)
        return NEURON_E_MEMORY;
    find_users(schedule);
    neuron_part_schedule_update(schedule);
    return NEURON_OK;
}

void neuron_part_schedule_release(neuron_part_schedule *schedule)
{
    if (!schedule->graph)
        return;
    neuron_context_t *context = schedule->graph->context;
    neuron_release(context, schedule->joints);
    neuron_release(context, schedule->users);
    neuron_release(context, schedule->buckets);
    *schedule = (neuron_part_schedule){0};
}

static void add_bucket(neuron_part_schedule *schedule, int64_t first, int64_t count, int64_t node)
{
    int64_t before =
        schedule->bucket_count > 0 ? schedule->buckets[schedule->bucket_count - 1].node : INT64_MAX;
    schedule->buckets[schedule->bucket_count++] =
        (neuron_gradient_bucket){first, count, neuron_min_count(node, before)};
}

/* Adds an array in front of the last bucket, if that is open and not full, or as buckets of its
 * own. */
static void add_array(neuron_part_schedule *schedule, const neuron_graph_array *array, bool open)
{
    int64_t node = schedule->users[array->node->index];
    neuron_gradient_bucket *last = &schedule->buckets[schedule->bucket_count - 1];
    if (open && last->count < FULL && array->count < FULL) {
        last->count += last->first - array->offset;
        last->first = array->offset;
        last->node = neuron_min_count(node, last->node);
        return;
    }
    for (int64_t i = (array->count - 1) / PIECE; i >= 0; i--)
        add_bucket(schedule, array->offset + i * PIECE,
                   neuron_min_count(PIECE, array->count - i * PIECE), node);
}

void neuron_part_schedule_update(neuron_part_schedule *schedule)
{
    const neuron_graph_t *graph = schedule->graph;
    bool open = false;
    schedule->joint_count = schedule->bucket_count = 0;
    for (int64_t i = 0; i < graph->node_count; i++)
        if (neuron_node_joins_parts(graph->nodes[i]))
            schedule->joints[schedule->joint_count++] = i;
    for (int64_t i = graph->array_count - 1; i >= 0; i--) {
        if (!graph->arrays[i].array->trainable)
            continue;
        bool trains = neuron_graph_trains(graph, i);
        if (trains)
            add_array(schedule, &graph->arrays[i], open);
        open = trains;
    }
}

int64_t neuron_part_schedule_longest(const neuron_part_schedule *schedule)
{
    /* A bucket that is not full takes one more array that would not fill it, and gaps. */
    int64_t most = neuron_min_count(schedule->graph->trainable_count, 3 * FULL);
    for (int64_t i = 0; i < schedule->graph->array_count; i++) {
        int64_t count = neuron_min_count(schedule->graph->arrays[i].count, PIECE);
        most = count > most ? count : most;
    }
    return most;
}

int64_t neuron_part_schedule_most_sums(const neuron_part_schedule *schedule)
{
    int64_t most = 0;
    for (int64_t i = 0; i < schedule->graph->node_count; i++) {
        const neuron_spec *spec = &schedule->graph->nodes[i]->spec;
        int64_t sums = spec->layer->part_sums ? spec->layer->part_sums(spec) : 0;
        most = sums > most ? sums : most;
    }
    return most;
}
