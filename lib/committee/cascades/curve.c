/* What each threshold of a cascade does. As it falls, examples are decided by ever fewer members:
 * each becomes certain enough at the largest certainty that there was so far, member by member. So
 * all thresholds are looked at by going through these certainties once, the largest first. */
#include "committee/cascades/cascade.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "base/sort.h"

#include <inttypes.h>
#include <math.h>

static const neuron_option rows[] = {
    NEURON_REAL(NEURON_CASCADE_TOLERANCE, "tolerance", 0, 1, 0.005,
                "by how much accuracy may fall"),
};

const neuron_option_table neuron_cascade_tune_options = NEURON_OPTION_TABLE(rows);

/* An example that is decided by fewer members from a threshold on. */
typedef struct decision {
    float threshold;
    int32_t asked;
    int64_t example;
} decision;

/* A threshold, how many examples are right, and what was paid for all. */
typedef struct point {
    float threshold;
    int64_t correct;
    double cost;
} point;

typedef struct tracing {
    const neuron_cascade_t *cascade;
    const neuron_member_outputs *outputs;
    const double *costs; /* NULL for 1 each */
    uint8_t *right;      /* [examples, members], by so many and one more; */
    int32_t *asked;      /* [examples], with the threshold that is looked at */
    double *paid;        /* [members], by the first so many and one more */
    float *mean;         /* [size] */
    decision *decisions; /* at most one for each example and member but the last */
    int64_t decision_count;
    point *points; /* one more than decisions at most */
    int64_t point_count;
} tracing;

static int check_outputs(const neuron_member_outputs *outputs)
{
    int64_t row = outputs->members * outputs->size;
    if (outputs->plan.kind != NEURON_EVALUATION_CLASSES)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "cascade: the dataset's targets are not classes, one for each example");
    for (int64_t i = 0; i < outputs->dataset->count; i++) {
        const float *x = neuron_member_outputs_at(outputs, i);
        for (int64_t k = 0; k < row; k++)
            if (!(x[k] >= 0 && x[k] <= 1))
                return neuron_fail(NEURON_E_DATA,
                                   "cascade: member %" PRId64 " puts out %g for example %" PRId64
                                   ", at place %" PRId64 "; it must be a probability, from 0 to 1",
                                   k / outputs->size, (double)x[k], i, k % outputs->size);
    }
    return NEURON_OK;
}

static bool is_right(const tracing *t, int64_t example)
{
    int64_t size = t->cascade->size;
    int32_t label = t->outputs->targets.labels[example], largest = 0;
    if (size == 1)
        return (t->mean[0] > NEURON_DATASET_THRESHOLD) == (label == 1);
    for (int32_t k = 1; k < size; k++)
        largest = t->mean[k] > t->mean[largest] ? k : largest;
    return largest == label;
}

/* Where an example is decided. */
static void look_at(tracing *t, int64_t example)
{
    const neuron_cascade_t *cascade = t->cascade;
    const float *x = neuron_member_outputs_at(t->outputs, example);
    float largest = -1;
    for (int64_t m = 0; m < cascade->count; m++) {
        neuron_cascade_mean(cascade, x, cascade->size, m + 1, t->mean);
        float certainty = neuron_cascade_certainty(cascade, t->mean);
        t->right[example * cascade->count + m] = is_right(t, example);
        if (m + 1 < cascade->count && certainty > largest) {
            largest = certainty;
            t->decisions[t->decision_count++] = (decision){certainty, (int32_t)m, example};
        }
    }
    t->asked[example] = (int32_t)(cascade->count - 1);
}

/* The largest threshold first, then by example. */
static int compare(const void *left, const void *right)
{
    const decision *a = left, *b = right;
    if (a->threshold != b->threshold)
        return a->threshold > b->threshold ? -1 : 1;
    return (a->example > b->example) - (a->example < b->example);
}

static void trace(tracing *t)
{
    int64_t members = t->cascade->count, examples = t->outputs->dataset->count, next = 0;
    point now = {.threshold = NEURON_CASCADE_NEVER};
    for (int64_t i = 0; i < examples; i++) {
        look_at(t, i);
        now.correct += t->right[i * members + members - 1];
    }
    now.cost = t->paid[members - 1] * (double)examples;
    neuron_sort(t->decisions, neuron_size(t->decision_count), sizeof *t->decisions, compare);
    t->points[t->point_count++] = now;
    while (next < t->decision_count) {
        now.threshold = t->decisions[next].threshold;
        for (; next < t->decision_count && t->decisions[next].threshold == now.threshold; next++) {
            const decision *made = &t->decisions[next];
            const uint8_t *right = t->right + made->example * members;
            int32_t before = t->asked[made->example];
            now.correct += right[made->asked] - right[before];
            now.cost -= t->paid[before] - t->paid[made->asked];
            t->asked[made->example] = made->asked;
        }
        t->points[t->point_count++] = now;
    }
}

static int allocate(tracing *t)
{
    const neuron_cascade_t *cascade = t->cascade;
    neuron_context_t *context = cascade->context;
    int64_t examples = t->outputs->dataset->count, all = examples * cascade->count;
    size_t most = neuron_size(all - examples + 1);
    t->right = neuron_allocate(context, neuron_size(all), sizeof *t->right);
    t->asked = neuron_allocate(context, neuron_size(examples), sizeof *t->asked);
    t->paid = neuron_allocate(context, neuron_size(cascade->count), sizeof *t->paid);
    t->mean = neuron_allocate(context, neuron_size(cascade->size), sizeof *t->mean);
    t->decisions = neuron_allocate(context, most, sizeof *t->decisions);
    t->points = neuron_allocate(context, most, sizeof *t->points);
    return t->right && t->asked && t->paid && t->mean && t->decisions && t->points
               ? NEURON_OK
               : NEURON_E_MEMORY;
}

static void release(const tracing *t)
{
    neuron_context_t *context = t->cascade->context;
    neuron_release(context, t->right);
    neuron_release(context, t->asked);
    neuron_release(context, t->paid);
    neuron_release(context, t->mean);
    neuron_release(context, t->decisions);
    neuron_release(context, t->points);
}

/* Has all members predict a dataset, and traces the curve; to be released, after a failure too. */
static int make(tracing *t, neuron_hold *hold, const neuron_dataset_t *dataset)
{
    const neuron_cascade_t *cascade = t->cascade;
    neuron_member_outputs *outputs;
    RETURN_IF_ERROR(
        neuron_member_outputs_predict(&outputs, hold, cascade->graphs, cascade->count, dataset));
    RETURN_IF_ERROR(check_outputs(outputs));
    t->outputs = outputs;
    RETURN_IF_ERROR(allocate(t));
    for (int64_t m = 0; m < cascade->count; m++)
        t->paid[m] = (m > 0 ? t->paid[m - 1] : 0) + (t->costs ? t->costs[m] : 1);
    trace(t);
    return NEURON_OK;
}

/* The least threshold with which so much accuracy is lost at most. A hair more, for tolerances
 * such as 0.1 of 30 examples. */
static double choose(const tracing *t, double tolerance)
{
    double examples = (double)t->outputs->dataset->count;
    double least = (double)t->points[0].correct - tolerance * examples - 1e-6;
    int64_t last = t->point_count - 1;
    while ((double)t->points[last].correct < least)
        last--;
    return (double)t->points[last].threshold;
}

int neuron_cascade_tune(neuron_cascade_t *cascade, const neuron_dataset_t *validation,
                        const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(cascade);
    CHECK_ARGUMENT(validation);
    neuron_options given;
    neuron_options_reset(&given, &neuron_cascade_tune_options);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, "cascade_tune"));
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, cascade, cascade);
    tracing t = {.cascade = cascade};
    int status = make(&t, &hold, validation);
    if (status == NEURON_OK)
        neuron_options_put(&cascade->options, NEURON_CASCADE_THRESHOLD,
                           choose(&t, neuron_options_value(&given, NEURON_CASCADE_TOLERANCE)));
    release(&t);
    return status;
}

/* Rows of threshold, accuracy and mean cost. */
static int write_curve(neuron_tensor_t **curve, const tracing *t)
{
    double examples = (double)t->outputs->dataset->count;
    const int64_t extents[] = {t->point_count, 3};
    RETURN_IF_ERROR(
        neuron_tensor_create_raw(curve, t->cascade->context, NEURON_TYPE_F32, extents, 2));
    float *row = (*curve)->data;
    for (int64_t i = 0; i < t->point_count; i++, row += 3) {
        row[0] = t->points[i].threshold;
        row[1] = (float)((double)t->points[i].correct / examples);
        row[2] = (float)fmax(0, t->points[i].cost / examples);
    }
    return NEURON_OK;
}

static int check_costs(const double *costs, int64_t count)
{
    for (int64_t i = 0; costs && i < count; i++)
        if (!isfinite(costs[i]) || costs[i] < 0)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "cascade: costs[%" PRId64
                               "] is %g; it must be a finite number of 0 or more",
                               i, costs[i]);
    return NEURON_OK;
}

int neuron_cascade_curve(neuron_tensor_t **curve, const neuron_cascade_t *cascade,
                         const neuron_dataset_t *dataset, const double *costs)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(curve);
    *curve = NULL;
    CHECK_ARGUMENT(cascade);
    CHECK_ARGUMENT(dataset);
    RETURN_IF_ERROR(check_costs(costs, cascade->count));
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, cascade, cascade);
    tracing t = {.cascade = cascade, .costs = costs};
    int status = make(&t, &hold, dataset);
    if (status == NEURON_OK)
        status = write_curve(curve, &t);
    release(&t);
    return status;
}
