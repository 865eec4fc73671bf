/* Confidence intervals by bootstrap: a sample is how often each example was drawn, so that scores
 * are sorted once for all samples. Sample i draws from a sequence of its own, and figures are kept
 * by number, so that the number of threads changes nothing. Where a figure is put together from
 * many rows, all samples see some rows after the other, and draw again what they drew. */
#include "evaluate/metric.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "base/random.h"
#include "base/sort.h"

#include <math.h>
#include <string.h>

static const neuron_option rows[] = {
    NEURON_REAL(NEURON_METRIC_CONFIDENCE, "confidence", DBL_MIN, NEURON_BELOW_ONE, 0.95,
                "share of the samples between the bounds"),
    NEURON_INTEGER(NEURON_METRIC_SAMPLES, "samples", 1, 1000000, 2000, "how many are drawn"),
    NEURON_INTEGER(NEURON_METRIC_SEED, "seed", 0, INT32_MAX, 0, "of the random numbers"),
};

const neuron_option_table neuron_interval_options = NEURON_OPTION_TABLE(rows);

enum { OWN = sizeof rows / sizeof rows[0], METRIC_OPTIONS_MAX = 1, ROWS_AT_A_TIME = 16 };

/* What a thread works with. */
typedef struct worker {
    int32_t *counts;           /* of each example */
    neuron_evaluation_t *sums; /* of the sample; NULL for a metric of lists */
} worker;

typedef struct bootstrap {
    neuron_metric_call call;
    uint64_t seed;
    int64_t samples, worker_count;
    worker *workers;
    neuron_metric_mean *means; /* of each sample */
    double *figures;
} bootstrap;

/* ---- Samples ---- */

static void draw(int32_t *counts, int64_t count, uint64_t seed, int64_t sample)
{
    neuron_random_reader reader =
        neuron_random_read(seed, NEURON_RANDOM_BOOTSTRAP, (uint32_t)sample);
    memset(counts, 0, (size_t)count * sizeof *counts);
    for (int64_t i = 0; i < count; i++)
        counts[neuron_random_below(&reader, (uint64_t)count)]++;
}

static void empty(neuron_evaluation_t *sums)
{
    size_t count = (size_t)sums->plan.rows;
    sums->seen = sums->exact = 0;
    memset(sums->samples, 0, sizeof sums->samples);
    if (sums->errors)
        memset(sums->errors, 0, count * sizeof *sums->errors);
    else
        memset(sums->of_row, 0, 3 * count * sizeof *sums->of_row);
}

static void work_on(void *work, int64_t task, int32_t number)
{
    const bootstrap *all = work;
    const neuron_evaluation_t *evaluation = all->call.evaluation;
    const worker *own = &all->workers[number];
    draw(own->counts, evaluation->count, all->seed, task);
    if (own->sums) {
        empty(own->sums);
        neuron_evaluation_add_kept(own->sums, evaluation, own->counts);
    }
    neuron_metric_add(&all->means[task], &all->call, own->sums, own->counts);
    all->figures[task] = neuron_metric_figure(&all->call, &all->means[task]);
}

static void release(bootstrap *all)
{
    neuron_context_t *context = all->call.evaluation->context;
    for (int64_t i = 0; all->workers && i < all->worker_count; i++) {
        neuron_release(context, all->workers[i].counts);
        neuron_evaluation_unref(all->workers[i].sums);
    }
    neuron_release(context, all->workers);
    neuron_release(context, all->means);
    neuron_release(context, all->figures);
    neuron_metric_end(&all->call);
}

static int allocate(bootstrap *all)
{
    const neuron_evaluation_t *evaluation = all->call.evaluation;
    neuron_context_t *context = evaluation->context;
    neuron_evaluation_plan plan = evaluation->plan;
    plan.keeps_scores = false;
    all->worker_count = neuron_pool_threads(context->pool);
    all->workers = neuron_allocate_zero(context, neuron_size(all->worker_count), sizeof(worker));
    all->figures = neuron_allocate(context, neuron_size(all->samples), sizeof *all->figures);
    all->means = neuron_allocate_zero(context, neuron_size(all->samples), sizeof *all->means);
    int status = all->workers && all->figures && all->means ? NEURON_OK : NEURON_E_MEMORY;
    for (int64_t i = 0; status == NEURON_OK && i < all->worker_count; i++) {
        worker *own = &all->workers[i];
        own->counts = neuron_allocate(context, neuron_size(evaluation->count), sizeof *own->counts);
        status = own->counts ? NEURON_OK : NEURON_E_MEMORY;
        if (status == NEURON_OK && all->call.metric->of_sums)
            status = neuron_evaluation_create_sums(&own->sums, context, &plan);
        if (status == NEURON_OK && own->sums)
            own->sums->whole = evaluation;
    }
    return status;
}

/* ---- Percentiles ---- */

static int compare(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* Sorts those that are numbers, and tells how many they are. */
static int64_t sort(double *figures, int64_t count)
{
    int64_t defined = 0;
    for (int64_t i = 0; i < count; i++)
        if (!isnan(figures[i]))
            figures[defined++] = figures[i];
    neuron_sort(figures, (size_t)defined, sizeof *figures, compare);
    return defined;
}

static double quantile(const double *sorted, int64_t count, double share)
{
    if (count == 0)
        return (double)NAN;
    double place = share * (double)(count - 1);
    int64_t below = (int64_t)place, above = neuron_min_count(below + 1, count - 1);
    return sorted[below] + (place - (double)below) * (sorted[above] - sorted[below]);
}

/* ---- The call ---- */

/* The options of the metric, and ours. */
static int read_options(neuron_options *given, neuron_option_table *table,
                        neuron_option all[OWN + METRIC_OPTIONS_MAX],
                        const neuron_metric_row *metric, const char *options)
{
    const neuron_option_table *own = neuron_metric_table(metric);
    memcpy(all, rows, sizeof rows);
    if (own->count > 0)
        memcpy(all + OWN, own->rows, (size_t)own->count * sizeof *all);
    *table = (neuron_option_table){all, OWN + own->count};
    neuron_options_reset(given, table);
    return neuron_options_parse(given, options, metric->name);
}

int neuron_evaluation_interval(double *low, double *high, const neuron_evaluation_t *evaluation,
                               const char *metric, int64_t row, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(evaluation);
    const neuron_metric_row *found;
    neuron_option all_rows[OWN + METRIC_OPTIONS_MAX];
    neuron_option_table table;
    neuron_options given;
    RETURN_IF_ERROR(neuron_metric_find(&found, metric));
    RETURN_IF_ERROR(read_options(&given, &table, all_rows, found, options));
    RETURN_IF_ERROR(neuron_evaluation_check_scores(evaluation, found->name));
    bootstrap all = {
        .seed = (uint64_t)neuron_options_value(&given, NEURON_METRIC_SEED),
        .samples = (int64_t)neuron_options_value(&given, NEURON_METRIC_SAMPLES),
    };
    RETURN_IF_ERROR(neuron_metric_begin(&all.call, found, evaluation, row, &given, ROWS_AT_A_TIME));
    int status = allocate(&all);
    if (status == NEURON_OK) {
        double outside = 1 - neuron_options_value(&given, NEURON_METRIC_CONFIDENCE);
        while (neuron_metric_turn(&all.call))
            neuron_pool_run(evaluation->context->pool, all.samples, work_on, &all);
        int64_t defined = sort(all.figures, all.samples);
        if (low)
            *low = quantile(all.figures, defined, outside / 2);
        if (high)
            *high = quantile(all.figures, defined, 1 - outside / 2);
    }
    release(&all);
    return status;
}
