/* How numbers are spread, of an array and of all parameters of a graph. */
#include "report/events/event-log.h"

#include "base/float-mode.h"

#include <libneuron/graph.h>

#include <math.h>
#include <string.h>

enum { BUCKETS = 30 };

typedef struct spread {
    double min, max, sum, sum_squares;
    int64_t count;
} spread;

static spread spread_of(const float *values, int64_t count)
{
    spread all = {.min = INFINITY, .max = -INFINITY};
    for (int64_t i = 0; i < count; i++) {
        double value = values[i];
        if (!isfinite(value))
            continue;
        all.min = value < all.min ? value : all.min;
        all.max = value > all.max ? value : all.max;
        all.sum += value;
        all.sum_squares += value * value;
        all.count++;
    }
    return all;
}

static void fill(double buckets[BUCKETS], const float *values, int64_t count, const spread *all)
{
    double scale = BUCKETS / (all->max - all->min);
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            continue;
        int bucket = (int)((values[i] - all->min) * scale);
        buckets[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    }
}

int neuron_event_log_put_histogram(neuron_event_log_t *log, const char *tag, int64_t step,
                                   const float *values, int64_t count)
{
    const spread all = spread_of(values, count);
    double limits[BUCKETS] = {0}, buckets[BUCKETS] = {0};
    Neuron__Event__Histogram histogram = NEURON__EVENT__HISTOGRAM__INIT;
    if (all.count > 0) {
        histogram.min = all.min;
        histogram.max = all.max;
        histogram.num = (double)all.count;
        histogram.sum = all.sum;
        histogram.sum_squares = all.sum_squares;
        /* Where all numbers are equal one bucket has them. */
        histogram.n_bucket = all.max > all.min ? BUCKETS : 1;
    }
    if (histogram.n_bucket == 1)
        buckets[0] = (double)all.count;
    else if (histogram.n_bucket > 1)
        fill(buckets, values, count, &all);
    for (size_t i = 0; i < histogram.n_bucket; i++)
        limits[i] = all.min + (all.max - all.min) * (double)(i + 1) / (double)histogram.n_bucket;
    histogram.n_bucket_limit = histogram.n_bucket;
    histogram.bucket_limit = limits;
    histogram.bucket = buckets;

    neuron_event_point point;
    neuron_event_point_init(&point, tag, step);
    point.value.value_case = NEURON__EVENT__VALUE__VALUE_HISTO;
    point.value.histo = &histogram;
    return neuron_event_file_put(&log->file, &point.event);
}

int neuron_event_log_add_histogram(neuron_event_log_t *log, const char *tag, int64_t step,
                                   const float *values, int64_t count)
{
    FLOAT_SCOPE;
    RETURN_IF_ERROR(neuron_event_check(log, tag, step, __func__));
    CHECK_RANGE(count, 0, INT64_MAX);
    if (count > 0)
        CHECK_ARGUMENT(values);
    size_t before = log->file.size;
    int status = neuron_event_log_put_histogram(log, tag, step, values, count);
    return neuron_event_log_done(log, before, status, __func__);
}

/* ---- Parameters ---- */

/* The tag of a parameter array: "dense_1.kernel" becomes "prefix/dense_1/kernel". */
static char *array_tag(neuron_context_t *context, const char *prefix, const char *name)
{
    char *tag = neuron_event_join(context, prefix, name);
    char *dot = tag ? strrchr(tag, '.') : NULL;
    if (dot)
        *dot = '/';
    return tag;
}

static int put_array(neuron_event_log_t *log, const char *prefix, int64_t step,
                     const neuron_graph_t *graph, int64_t index)
{
    size_t count;
    RETURN_IF_ERROR(neuron_graph_read_array(NULL, 0, &count, graph, index));
    char *tag = array_tag(log->context, prefix, neuron_graph_array_name(graph, index));
    float *values = tag ? neuron_allocate(log->context, count, sizeof *values) : NULL;
    int status = values ? NEURON_OK : NEURON_E_MEMORY;
    if (status == NEURON_OK)
        status = neuron_graph_read_array(values, count, NULL, graph, index);
    if (status == NEURON_OK)
        status = neuron_event_log_put_histogram(log, tag, step, values, (int64_t)count);
    neuron_release(log->context, values);
    neuron_release(log->context, tag);
    return status;
}

int neuron_event_log_add_parameters(neuron_event_log_t *log, const char *prefix, int64_t step,
                                    const neuron_graph_t *graph)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(log);
    if (prefix)
        RETURN_IF_ERROR(neuron_event_check_tag(prefix, "prefix", __func__));
    CHECK_RANGE(step, 0, INT64_MAX);
    CHECK_ARGUMENT(graph);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    RETURN_IF_ERROR(neuron_graph_input_shape(shape, &rank, graph));
    size_t before = log->file.size;
    int status = NEURON_OK;
    for (int64_t i = 0; status == NEURON_OK && i < neuron_graph_array_count(graph); i++)
        status = put_array(log, prefix, step, graph, i);
    return neuron_event_log_done(log, before, status, __func__);
}
