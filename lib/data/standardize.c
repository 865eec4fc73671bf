/* Scales and offsets that follow from the data. */
#include "base/text/number.h"
#include "base/float-mode.h"
#include "data/stream.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Sums over one index of the last axis, or over everything. */
typedef struct column {
    double origin; /* a value of it: what is near to that adds up without loss */
    double sum, squares;
    double sum_lost, squares_lost; /* what rounding has put into the two too much */
    double least, most;
    bool begun;
} column;

typedef struct survey {
    int32_t type;
    int64_t size; /* elements of an example */
    int64_t channels;
    column *columns;
} survey;

/* Adds without a loss that grows with the number of values (Kahan, 1965). */
static void add_to(double *sum, double *lost, double value)
{
    double term = value - *lost, next = *sum + term;
    *lost = (next - *sum) - term;
    *sum = next;
}

static void add(column *to, double value)
{
    if (!to->begun)
        *to = (column){.origin = value, .least = value, .most = value, .begun = true};
    double distance = value - to->origin;
    add_to(&to->sum, &to->sum_lost, distance);
    add_to(&to->squares, &to->squares_lost, distance * distance);
    to->least = fmin(to->least, value);
    to->most = fmax(to->most, value);
}

static void survey_examples(void *work, const void *examples, int64_t count)
{
    survey *all = work;
    const uint8_t *bytes = examples;
    const float *floats = examples;
    for (int64_t i = 0; i < count * all->size; i += all->channels)
        for (int64_t k = 0; k < all->channels; k++)
            add(&all->columns[k], all->type == NEURON_TYPE_U8 ? (double)bytes[i + k]
                                                              : neuron_scale_widen(floats[i + k]));
}

/* Looks at all values of a dataset; `columns` is zero. */
static int look(const neuron_dataset_t *dataset, column *columns, int64_t channels, const char *who)
{
    if (dataset->count == 0)
        return neuron_fail(NEURON_E_DATA, "%s: the dataset has no examples", who);
    survey all = {dataset->examples->type, neuron_shape_count(&dataset->shape), channels, columns};
    RETURN_IF_ERROR(neuron_dataset_visit(dataset, survey_examples, &all));
    for (int64_t k = 0; k < channels; k++)
        if (!isfinite(columns[k].squares))
            return neuron_fail(NEURON_E_DATA, "%s: some values are not finite or too large", who);
    return NEURON_OK;
}

/* Mean and stddev of `count` values. */
static double mean_of(const column *of, double count)
{
    return of->origin + of->sum / count;
}

static double stddev_of(const column *of, double count)
{
    double shift = of->sum / count;
    double variance = of->squares / count - shift * shift;
    return of->least < of->most ? sqrt(fmax(variance, 0)) : 0;
}

/* What makes mean 0 and stddev 1 of them. */
static void balance(const column *of, double count, double *scale, double *offset)
{
    double stddev = stddev_of(of, count);
    *scale = stddev > 0 ? 1 / stddev : 1;
    *offset = -mean_of(of, count) * *scale;
}

static double values_of(const neuron_dataset_t *dataset)
{
    return (double)dataset->count * (double)neuron_shape_count(&dataset->shape);
}

static int check_types(const neuron_dataset_t *dataset, const neuron_dataset_t *reference,
                       const char *who)
{
    if (dataset->examples->type != reference->examples->type)
        return neuron_fail(NEURON_E_TYPE, "%s: examples are %s, those of the reference are %s", who,
                           neuron_type_name(dataset->examples->type),
                           neuron_type_name(reference->examples->type));
    return NEURON_OK;
}

/* The first 29 bits of a number, rounded: so many that its product with a float is a double. */
static double shorten(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = (bits + 0x800000) & ~UINT64_C(0xffffff);
    memcpy(&value, &bits, sizeof bits);
    return value;
}

static bool meets(const neuron_scale *scale, const column *of, const double bounds[2])
{
    return (double)neuron_scale_value(scale, of->least) == bounds[0] &&
           (double)neuron_scale_value(scale, of->most) == bounds[1];
}

/* What brings the least and the most of a column to two floats exactly, and by that all between
 * them to between these, as rounding keeps an order. Where rounding misses them, a product without
 * an error meets the bound that is nearer to 0, the other is then within 2^-29 of itself, and the
 * offset has as many bits as it takes. */
static neuron_scale fit(const column *of, const double bounds[2])
{
    neuron_scale made = {.offset = bounds[0]};
    if (of->least == of->most)
        return made;
    made.scale = (bounds[1] - bounds[0]) / (of->most - of->least);
    made.offset = bounds[0] - of->least * made.scale;
    if (meets(&made, of, bounds))
        return made;
    made.scale = shorten(made.scale);
    bool upper = fabs(bounds[1]) < fabs(bounds[0]);
    double product = (upper ? of->most : of->least) * made.scale;
    made.offset = bounds[upper] - product;
    if (!meets(&made, of, bounds))
        made.rest = bounds[upper] - (product + made.offset);
    return made;
}

int neuron_dataset_normalize(neuron_dataset_t *dataset, double minimum, double maximum)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    CHECK_FLOAT(minimum);
    CHECK_FLOAT(maximum);
    const double bounds[] = {(double)(float)minimum, (double)(float)maximum};
    if (!(bounds[0] < bounds[1])) {
        char texts[2][NEURON_NUMBER_TEXT];
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: minimum is %s as float32; it must be below maximum, which is %s",
                           __func__, neuron_number_short(bounds[0], texts[0]),
                           neuron_number_short(bounds[1], texts[1]));
    }
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, dataset, dataset);
    column all = {.most = UINT8_MAX};
    if (dataset->examples->type != NEURON_TYPE_U8) {
        all = (column){0};
        RETURN_IF_ERROR(look(dataset, &all, 1, __func__));
    }
    const neuron_scale scale = fit(&all, bounds);
    neuron_dataset_keep_scale(dataset, &scale);
    return NEURON_OK;
}

int neuron_dataset_standardize(neuron_dataset_t *dataset, const neuron_dataset_t *reference)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(reference);
    RETURN_IF_ERROR(check_types(dataset, reference, __func__));
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, dataset, dataset);
    neuron_hold_reference(&hold, dataset, reference);
    column all = {0};
    RETURN_IF_ERROR(look(reference, &all, 1, __func__));
    double scale, offset;
    balance(&all, values_of(reference), &scale, &offset);
    return neuron_dataset_set_scale(dataset, scale, offset);
}

static int64_t last_extent(const neuron_dataset_t *dataset)
{
    return dataset->shape.extent[dataset->shape.rank - 1];
}

/* Gives a dataset its own scales and offsets. */
static int set_channels(neuron_dataset_t *dataset, const column *columns, int64_t channels,
                        double count, const char *who)
{
    double *scales = neuron_allocate(dataset->context, neuron_size(2 * channels), sizeof *scales);
    if (!scales)
        return NEURON_E_MEMORY;
    double *offsets = scales + channels;
    for (int64_t k = 0; k < channels; k++)
        balance(&columns[k], count, &scales[k], &offsets[k]);
    int status = neuron_dataset_set_scales_for(dataset, scales, offsets, (size_t)channels, who);
    neuron_release(dataset->context, scales);
    return status;
}

int neuron_dataset_standardize_channels(neuron_dataset_t *dataset,
                                        const neuron_dataset_t *reference)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(reference);
    RETURN_IF_ERROR(check_types(dataset, reference, __func__));
    int64_t channels = last_extent(dataset);
    if (channels != last_extent(reference))
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: the last axis has extent %" PRId64
                           ", that of the reference %" PRId64,
                           __func__, channels, last_extent(reference));
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, dataset, dataset);
    neuron_hold_reference(&hold, dataset, reference);
    neuron_context_t *context = dataset->context;
    column *columns = neuron_allocate_zero(context, neuron_size(channels), sizeof *columns);
    if (!columns)
        return NEURON_E_MEMORY;
    neuron_hold_add(&hold, neuron_release_hold, context, columns);
    RETURN_IF_ERROR(look(reference, columns, channels, __func__));
    return set_channels(dataset, columns, channels, values_of(reference) / (double)channels,
                        __func__);
}

/* Floats that are gathered at a time. */
enum { GATHERED = 1 << 16 };

/* Looks at all inputs that a dataset becomes; `values` has room for `room` examples. */
static int look_at_inputs(const neuron_dataset_t *dataset, survey *all, float *values, int64_t room)
{
    for (int64_t first = 0; first < dataset->count; first += room) {
        int64_t count = dataset->count - first < room ? dataset->count - first : room;
        RETURN_IF_ERROR(
            neuron_dataset_gather(dataset, dataset->context->pool, NULL, first, count, values));
        survey_examples(all, values, count);
    }
    return NEURON_OK;
}

static int measure(const neuron_dataset_t *dataset, survey *all, const char *who)
{
    int64_t room = all->size < GATHERED ? GATHERED / all->size : 1;
    float *values =
        neuron_allocate(dataset->context, neuron_size(room * all->size), sizeof *values);
    if (!values)
        return NEURON_E_MEMORY;
    NEURON_HOLD(hold);
    neuron_hold_add(&hold, neuron_release_hold, dataset->context, values);
    RETURN_IF_ERROR(look_at_inputs(dataset, all, values, room));
    for (int64_t k = 0; k < all->channels; k++)
        if (!isfinite(all->columns[k].squares))
            return neuron_fail(NEURON_E_DATA, "%s: some values are not finite or too large", who);
    return NEURON_OK;
}

/* Mean and deviation of columns of `count` values each. */
static void tell(const survey *all, double count, float *mean, float *deviation)
{
    for (int64_t k = 0; k < all->channels; k++) {
        mean[k] = (float)mean_of(&all->columns[k], count);
        deviation[k] = (float)stddev_of(&all->columns[k], count);
    }
}

int neuron_dataset_measure(const neuron_dataset_t *dataset, int64_t channels, float *mean,
                           float *deviation, const char *who)
{
    if (dataset->count == 0)
        return neuron_fail(NEURON_E_DATA, "%s: the dataset has no examples", who);
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, dataset, dataset);
    survey all = {NEURON_TYPE_F32, neuron_shape_count(&dataset->shape), channels, NULL};
    all.columns =
        neuron_allocate_zero(dataset->context, neuron_size(channels), sizeof *all.columns);
    if (!all.columns)
        return NEURON_E_MEMORY;
    neuron_hold_add(&hold, neuron_release_hold, dataset->context, all.columns);
    RETURN_IF_ERROR(measure(dataset, &all, who));
    tell(&all, values_of(dataset) / (double)channels, mean, deviation);
    return NEURON_OK;
}

int neuron_dataset_measure_targets(const neuron_dataset_t *dataset, int64_t channels, float *mean,
                                   float *deviation, const char *who)
{
    if (dataset->count == 0)
        return neuron_fail(NEURON_E_DATA, "%s: the dataset has no examples", who);
    NEURON_HOLD(hold);
    survey all = {NEURON_TYPE_F32, dataset->outputs, channels, NULL};
    float *targets =
        neuron_allocate(dataset->context, neuron_size(dataset->outputs), sizeof *targets);
    if (!targets)
        return NEURON_E_MEMORY;
    neuron_hold_add(&hold, neuron_release_hold, dataset->context, targets);
    all.columns =
        neuron_allocate_zero(dataset->context, neuron_size(channels), sizeof *all.columns);
    if (!all.columns)
        return NEURON_E_MEMORY;
    neuron_hold_add(&hold, neuron_release_hold, dataset->context, all.columns);
    for (int64_t i = 0; i < dataset->count; i++) {
        neuron_dataset_copy_target(dataset, i, targets);
        survey_examples(&all, targets, 1);
    }
    double values = (double)dataset->count * (double)dataset->outputs;
    tell(&all, values / (double)channels, mean, deviation);
    return NEURON_OK;
}
