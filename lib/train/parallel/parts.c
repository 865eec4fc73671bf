/* A step in parts: see parts.h. A rank that fails goes on through all that others wait for, and
 * says in the end that it has failed. */
#include "train/parallel/parts.h"

#include "kernels/kernels.h"
#include "train/parallel/gradient-sums.h"
#include "train/parallel/records.h"
#include "train/parallel/schedule.h"

#include <stdio.h>
#include <string.h>

/* What layers that join parts tell. */
typedef struct joint_memory {
    char *all; /* of all ranks, each with a head */
    size_t *offsets;
    const double **sums; /* of each part, in `all` */
} joint_memory;

/* A part that goes forward or back. */
typedef struct part_run {
    neuron_session *session;
    int64_t part;         /* of this rank, from 0 */
    int64_t first, count; /* its examples among those that are here */
} part_run;

struct neuron_parts {
    neuron_context_t *context;
    neuron_graph_t *graph;
    const neuron_session_purpose *purposes;
    neuron_parts_settings settings;
    int32_t first, count; /* parts of this rank */
    int64_t examples;     /* the most that a part has */
    neuron_part_schedule schedule;
    neuron_session **sessions; /* one for each part where parts are joined, else one for all */
    int64_t session_count;
    neuron_gradient_sums *sums;
    neuron_part_records *records;
    joint_memory joint;
    part_run *runs; /* of each part of this rank */

    /* Of the step that is on: */
    const neuron_parts_work *work;
    int64_t filled; /* parts of this rank that have examples: the first ones */
    int status;     /* what has failed on this rank */
    char message[NEURON_MESSAGE_SIZE];
};

/* ---- Memory ---- */

static int allocate_joint(neuron_parts *p)
{
    neuron_context_t *context = p->context;
    int64_t most = neuron_part_schedule_most_sums(&p->schedule);
    size_t ranks = neuron_size(neuron_ranks_of(p->settings.communicator));
    size_t parts = neuron_size(p->settings.parts), numbers = neuron_size_of(most, sizeof(double));
    size_t bytes;
    if (most == 0)
        return NEURON_OK;
    if (!neuron_multiply_size(parts, numbers, &bytes) ||
        !neuron_add_size(bytes, ranks * sizeof(neuron_gather_head), &bytes))
        return NEURON_E_MEMORY;
    p->joint.all = neuron_allocate_zero(context, bytes, 1);
    p->joint.offsets = neuron_allocate(context, ranks + 1, sizeof *p->joint.offsets);
    p->joint.sums = neuron_allocate(context, parts, sizeof *p->joint.sums);
    return p->joint.all && p->joint.offsets && p->joint.sums ? NEURON_OK : NEURON_E_MEMORY;
}

static int allocate(neuron_parts *p, float *gradients)
{
    RETURN_IF_ERROR(neuron_part_schedule_create(&p->schedule, p->graph));
    p->sessions = neuron_allocate_zero(p->context, neuron_size(p->count), sizeof *p->sessions);
    p->runs = neuron_allocate(p->context, neuron_size(p->count), sizeof *p->runs);
    if (!p->sessions || !p->runs)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(allocate_joint(p));
    RETURN_IF_ERROR(
        neuron_part_records_create(&p->records, p->context, &p->settings, p->graph->output_count));
    return neuron_gradient_sums_create(
        &p->sums, p->context, &p->settings, gradients, p->graph->trainable_count,
        neuron_part_schedule_longest(&p->schedule), neuron_part_schedule_capacity(&p->schedule));
}

int neuron_parts_create(neuron_parts **parts, neuron_graph_t *graph,
                        const neuron_session_purpose *purposes,
                        const neuron_parts_settings *settings, float *gradients)
{
    neuron_parts *made = neuron_allocate_zero(graph->context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    made->context = graph->context;
    made->graph = graph;
    made->purposes = purposes;
    made->settings = *settings;
    made->first = neuron_parts_first(settings);
    made->count = neuron_parts_end(settings) - made->first;
    int status = allocate(made, gradients);
    if (status < 0)
        neuron_parts_destroy(made);
    else
        *parts = made;
    return status;
}

static void drop_sessions(neuron_parts *p)
{
    for (int32_t i = 0; p->sessions && i < p->count; i++) {
        neuron_session_destroy(p->sessions[i]);
        p->sessions[i] = NULL;
    }
    p->session_count = 0;
}

void neuron_parts_destroy(neuron_parts *p)
{
    if (!p)
        return;
    drop_sessions(p);
    neuron_gradient_sums_destroy(p->sums);
    neuron_part_records_destroy(p->records);
    neuron_part_schedule_release(&p->schedule);
    neuron_release(p->context, p->joint.all);
    neuron_release(p->context, p->joint.offsets);
    neuron_release(p->context, p->joint.sums);
    neuron_release(p->context, p->sessions);
    neuron_release(p->context, p->runs);
    neuron_release(p->context, p);
}

void neuron_parts_set_capacity(neuron_parts *parts, int64_t capacity)
{
    int64_t examples = neuron_parts_part_examples(&parts->settings, capacity);
    if (examples != parts->examples)
        drop_sessions(parts);
    parts->examples = examples;
}

static bool is_current(const neuron_parts *p)
{
    return p->session_count > 0 && neuron_session_current(p->sessions[0]) &&
           neuron_session_threads(p->sessions[0]) == neuron_context_threads(p->context);
}

int neuron_parts_prepare(neuron_parts *p)
{
    if (is_current(p))
        return NEURON_OK;
    neuron_part_schedule_update(&p->schedule);
    drop_sessions(p);
    int64_t count = p->schedule.joint_count > 0 ? p->count : 1;
    for (int32_t i = 0; i < count; i++) {
        const neuron_session_training training = {
            .purposes = p->purposes, .parameters = true, .partial = true, .follows = i > 0};
        RETURN_IF_ERROR(
            neuron_session_create_training(&p->sessions[i], p->graph, &training, p->examples));
    }
    p->session_count = count;
    return NEURON_OK;
}

/* ---- Failures ---- */

/* Keeps the first failure; nothing is computed from then on. */
static void note(neuron_parts *p, int status)
{
    if (status >= 0 || p->status < 0)
        return;
    p->status = status;
    snprintf(p->message, sizeof p->message, "%s", neuron_error_last());
}

static bool computes(const neuron_parts *p)
{
    return p->status == NEURON_OK;
}

/* ---- Layers that join parts ---- */

/* Where what a layer tells of each part goes. */
static void lay_out_joint(neuron_parts *p, int64_t numbers)
{
    joint_memory *joint = &p->joint;
    const neuron_parts_settings *settings = &p->settings;
    int32_t ranks = neuron_ranks_of(settings->communicator);
    size_t bytes = (size_t)numbers * sizeof(double), at = 0;
    for (int32_t rank = 0; rank < ranks; rank++) {
        int32_t end = neuron_part_of_rank(settings->parts, rank + 1, ranks);
        joint->offsets[rank] = at;
        at += sizeof(neuron_gather_head);
        for (int32_t i = neuron_part_of_rank(settings->parts, rank, ranks); i < end; i++) {
            joint->sums[i] = (const double *)(const void *)(joint->all + at);
            at += bytes;
        }
    }
    joint->offsets[ranks] = at;
}

static double *own_sums(const neuron_parts *p, int64_t part)
{
    return neuron_hold_object(p->joint.sums[p->first + part]);
}

/* Has each part of a group tell what a layer asks of it, and all know what all have told. */
static void join(neuron_parts *p, const part_run *runs, int64_t count, int64_t joint, bool back)
{
    const neuron_spec *spec = &p->graph->nodes[p->schedule.joints[joint]]->spec;
    int64_t numbers = spec->layer->part_sums(spec);
    lay_out_joint(p, numbers);
    memset(own_sums(p, 0), 0, neuron_size_of(p->count * numbers, sizeof(double)));
    for (int64_t i = 0; computes(p) && i < count; i++) {
        double *sums = own_sums(p, runs[i].part);
        if (back)
            neuron_session_measure_back(runs[i].session, sums);
        else
            neuron_session_measure(runs[i].session, sums);
    }
    if (!p->settings.communicator)
        return;
    neuron_gradient_sums_wait(p->sums);
    note(p, neuron_gather(p->settings.communicator, p->joint.all, p->joint.offsets));
}

static neuron_batch_parts joined_parts(const neuron_parts *p, int64_t part)
{
    return (neuron_batch_parts){.sums = p->joint.sums,
                                .count = p->settings.parts,
                                .own = p->first + part,
                                .batch = p->work->whole};
}

/* ---- Forward ---- */

static void forward_to(neuron_parts *p, const part_run *runs, int64_t count, int64_t node)
{
    for (int64_t i = 0; computes(p) && i < count; i++)
        note(p, neuron_session_forward_to(runs[i].session, node));
}

static void forward_joined(neuron_parts *p, const part_run *runs, int64_t count, int64_t node)
{
    for (int64_t i = 0; computes(p) && i < count; i++) {
        const neuron_batch_parts parts = joined_parts(p, runs[i].part);
        note(p, neuron_session_forward_joined(runs[i].session, &parts));
    }
    if (!computes(p) || count > 0)
        return;
    const neuron_batch_parts parts = joined_parts(p, 0);
    note(p, neuron_session_move(p->sessions[0], node, &parts));
}

static void forward(neuron_parts *p, const part_run *runs, int64_t count)
{
    const neuron_parts_work *work = p->work;
    for (int64_t i = 0; computes(p) && i < count; i++) {
        uint64_t part = (uint64_t)(p->first + runs[i].part);
        neuron_session_begin(runs[i].session, work->inputs(work->object, runs[i].first),
                             runs[i].count, work->seed + part * NEURON_PART_SEED, work->number);
    }
    for (int64_t k = 0; k < p->schedule.joint_count; k++) {
        int64_t node = p->schedule.joints[k];
        forward_to(p, runs, count, node);
        join(p, runs, count, k, false);
        forward_joined(p, runs, count, node);
    }
    forward_to(p, runs, count, p->graph->node_count);
}

static void judge(neuron_parts *p, const part_run *runs, int64_t count)
{
    const neuron_parts_work *work = p->work;
    size_t bytes = neuron_size_of(p->graph->output_count, sizeof *work->outputs);
    for (int64_t i = 0; computes(p) && i < count; i++) {
        neuron_step_result result = {.loss = 0};
        bool infinite = false;
        memset(work->outputs, 0, bytes);
        note(p, work->judge(work->object, runs[i].session, runs[i].first, runs[i].count, &result,
                            &infinite));
        neuron_part_records_add(p->records, runs[i].part, &result, work->outputs, infinite);
    }
}

/* ---- Backward ---- */

typedef struct part_sink {
    const neuron_gradient_sums *sums;
    int64_t part;
} part_sink;

static void take_gradient(void *user_data, int64_t offset, const float *gradient, int64_t count)
{
    const part_sink *sink = user_data;
    neuron_gradient_sums_take(sink->sums, sink->part, offset, gradient, count);
}

/* Runs all steps back that are of a node or behind it, or joins the parts at the one before. */
static void go_back(neuron_parts *p, const part_run *runs, int64_t count, int64_t node, bool joins)
{
    for (int64_t i = 0; computes(p) && i < count; i++) {
        part_sink into = {p->sums, runs[i].part};
        const neuron_gradient_sink sink = {take_gradient, &into};
        const neuron_batch_parts parts = joined_parts(p, runs[i].part);
        note(p, joins ? neuron_session_backward_joined(runs[i].session, &parts, &sink)
                      : neuron_session_backward_from(runs[i].session, node, &sink));
    }
}

/* All parts of this rank have given the gradients of a bucket, but those without examples. */
static void sum_bucket(neuron_parts *p, const neuron_gradient_bucket *bucket)
{
    for (int64_t part = p->filled; computes(p) && part < p->count; part++)
        neuron_gradient_sums_take_none(p->sums, part, bucket->first, bucket->count);
    neuron_gradient_sums_add_ranks(p->sums, bucket);
}

/* Runs the last parts back: gradients are summed over ranks as soon as they are whole. */
static void backward_last(neuron_parts *p, const part_run *runs, int64_t count)
{
    const neuron_part_schedule *schedule = &p->schedule;
    int64_t next = 0;
    for (int64_t k = schedule->joint_count - 1; k >= 0; k--) {
        int64_t node = schedule->joints[k];
        for (; next < schedule->bucket_count && schedule->buckets[next].node > node; next++) {
            go_back(p, runs, count, schedule->buckets[next].node, false);
            sum_bucket(p, &schedule->buckets[next]);
        }
        go_back(p, runs, count, node + 1, false);
        join(p, runs, count, k, true);
        go_back(p, runs, count, node, true);
    }
    for (; next < schedule->bucket_count; next++) {
        go_back(p, runs, count, schedule->buckets[next].node, false);
        sum_bucket(p, &schedule->buckets[next]);
    }
    go_back(p, runs, count, 0, false);
}

static void backward(neuron_parts *p, const part_run *runs, int64_t count, bool last)
{
    for (int64_t i = 0; computes(p) && i < count; i++)
        neuron_session_begin_backward(runs[i].session);
    if (last)
        backward_last(p, runs, count);
    else
        go_back(p, runs, count, 0, false);
}

/* ---- Steps ---- */

/* The examples of a part among those that are here. */
static part_run run_of(const neuron_parts *p, int64_t part)
{
    const neuron_parts_work *work = p->work;
    int64_t number = work->sharded ? part : p->first + part;
    int64_t parts = work->sharded ? p->count : p->settings.parts;
    int64_t examples = work->sharded ? work->count : work->whole;
    int64_t first = neuron_part_begin(examples, parts, number);
    return (part_run){.part = part,
                      .session = p->sessions[part < p->session_count ? part : 0],
                      .first = work->sharded ? first : first - work->first,
                      .count = neuron_part_begin(examples, parts, number + 1) - first};
}

static void begin_step(neuron_parts *p, const neuron_parts_work *work)
{
    neuron_gradient_sums_wait(p->sums); /* a step may have been left */
    p->work = work;
    p->status = NEURON_OK;
    note(p, work->status);
    p->filled = 0;
    while (computes(p) && p->filled < p->count && run_of(p, p->filled).count > 0)
        p->filled++;
    neuron_part_records_begin(p->records);
}

static int end_step(neuron_parts *p, neuron_step_result *result, bool *infinite)
{
    neuron_gradient_sums_wait(p->sums);
    note(p, neuron_communicator_sum_state(p->settings.communicator));
    if (p->status < 0)
        neuron_set_message("%s", p->message);
    memset(p->work->outputs, 0, neuron_size_of(p->graph->output_count, sizeof *p->work->outputs));
    return neuron_part_records_join(p->records, p->status, result, p->work->outputs, infinite);
}

/* Runs some of the filled parts, side by side; `last` if none follow. */
static void run_group(neuron_parts *p, int64_t first, int64_t count, bool last)
{
    for (int64_t i = 0; i < count; i++)
        p->runs[i] = run_of(p, first + i);
    forward(p, p->runs, count);
    judge(p, p->runs, count);
    backward(p, p->runs, count, last);
}

int neuron_parts_run(neuron_parts *parts, const neuron_parts_work *work, neuron_step_result *result,
                     bool *infinite)
{
    begin_step(parts, work);
    int64_t at_once = parts->schedule.joint_count > 0 ? parts->filled : 1, done = 0;
    for (; done + at_once < parts->filled; done += at_once)
        run_group(parts, done, at_once, false);
    run_group(parts, done, parts->filled - done, true);
    return end_step(parts, result, infinite);
}

int neuron_parts_forward(neuron_parts *parts, const neuron_parts_work *work)
{
    neuron_step_result none = {.loss = 0};
    bool infinite = false;
    begin_step(parts, work);
    int64_t at_once = parts->schedule.joint_count > 0 ? parts->filled : 1;
    for (int64_t done = 0; done == 0 || done<parts->filled; done += at_once> 0 ? at_once : 1) {
        int64_t count = neuron_min_count(at_once, parts->filled - done);
        for (int64_t i = 0; i < count; i++)
            parts->runs[i] = run_of(parts, done + i);
        forward(parts, parts->runs, count);
    }
    return end_step(parts, &none, &infinite);
}
