/* Scales and offsets that follow from the data. */
#include "base/number.h"
#include "data/stream.h"

#include <inttypes.h>
#include <math.h>

/* Sums over one place of the last axis, or over everything. */
typedef struct column {
    double origin; /* a value of it: what is near to that adds up without loss */
    double sum, squares;
    double least, most;
    bool begun;
} column;

typedef struct survey {
    int32_t type;
    int64_t size; /* elements of an example */
    int64_t channels;
    column *columns;
} survey;

static void add(column *to, double value)
{
    if (!to->begun)
        *to = (column){.origin = value, .least = value, .most = value, .begun = true};
    double distance = value - to->origin;
    to->sum += distance;
    to->squares += distance * distance;
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
            add(&all->columns[k],
                all->type == NEURON_U8 ? (double)bytes[i + k] : (double)floats[i + k]);
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

/* What makes mean 0 and deviation 1 of `count` values. */
static void balance(const column *of, double count, double *scale, double *offset)
{
    double shift = of->sum / count;
    double variance = of->squares / count - shift * shift;
    double deviation = of->least < of->most ? sqrt(fmax(variance, 0)) : 0;
    *scale = deviation > 0 ? 1 / deviation : 1;
    *offset = -(of->origin + shift) * *scale;
}

/* Inputs are worked out in float. */
static int check_scale(double scale, double offset, const char *who)
{
    char texts[2][NEURON_NUMBER_TEXT];
    if (isfinite((float)scale) && isfinite((float)offset))
        return NEURON_OK;
    return neuron_fail(NEURON_E_DATA,
                       "%s: the values are too near to each other: a scale of %s with an offset of "
                       "%s is too large for float32",
                       who, neuron_number_short(scale, texts[0]),
                       neuron_number_short(offset, texts[1]));
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

int neuron_dataset_normalize(neuron_dataset_t *dataset, double minimum, double maximum)
{
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(isfinite((float)minimum));
    CHECK_ARGUMENT(isfinite((float)maximum));
    CHECK_ARGUMENT(minimum < maximum);
    column all = {.most = 255};
    if (dataset->examples->type != NEURON_U8) {
        all = (column){0};
        RETURN_IF_ERROR(look(dataset, &all, 1, __func__));
    }
    double scale = all.least < all.most ? (maximum - minimum) / (all.most - all.least) : 0;
    double offset = minimum - all.least * scale;
    RETURN_IF_ERROR(check_scale(scale, offset, __func__));
    return neuron_dataset_set_scale(dataset, scale, offset);
}

int neuron_dataset_standardize(neuron_dataset_t *dataset, const neuron_dataset_t *reference)
{
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(reference);
    RETURN_IF_ERROR(check_types(dataset, reference, __func__));
    column all = {0};
    RETURN_IF_ERROR(look(reference, &all, 1, __func__));
    double scale, offset;
    balance(&all, values_of(reference), &scale, &offset);
    RETURN_IF_ERROR(check_scale(scale, offset, __func__));
    return neuron_dataset_set_scale(dataset, scale, offset);
}

static int64_t last_extent(const neuron_dataset_t *dataset)
{
    return dataset->shape.extent[dataset->shape.rank - 1];
}

static int balance_channels(double *scales, double *offsets, const column *columns,
                            int64_t channels, double count, const char *who)
{
    for (int64_t k = 0; k < channels; k++) {
        balance(&columns[k], count, &scales[k], &offsets[k]);
        RETURN_IF_ERROR(check_scale(scales[k], offsets[k], who));
    }
    return NEURON_OK;
}

/* Gives a dataset its own scales and offsets. */
static int set_channels(neuron_dataset_t *dataset, const column *columns, int64_t channels,
                        double count, const char *who)
{
    double *scales = neuron_allocate(dataset->context, 2 * (size_t)channels, sizeof *scales);
    if (!scales)
        return NEURON_E_MEMORY;
    double *offsets = scales + channels;
    int status = balance_channels(scales, offsets, columns, channels, count, who);
    if (status == NEURON_OK)
        status = neuron_dataset_set_scales(dataset, scales, offsets, (size_t)channels);
    neuron_release(dataset->context, scales);
    return status;
}

int neuron_dataset_standardize_channels(neuron_dataset_t *dataset,
                                        const neuron_dataset_t *reference)
{
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(reference);
    RETURN_IF_ERROR(check_types(dataset, reference, __func__));
    int64_t channels = last_extent(dataset);
    if (channels != last_extent(reference))
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: the last axis has %" PRId64
                           " places, that of the reference %" PRId64,
                           __func__, channels, last_extent(reference));
    neuron_context_t *context = dataset->context;
    column *columns = neuron_allocate_zero(context, (size_t)channels, sizeof *columns);
    if (!columns)
        return NEURON_E_MEMORY;
    int status = look(reference, columns, channels, __func__);
    if (status == NEURON_OK)
        status = set_channels(dataset, columns, channels, values_of(reference) / (double)channels,
                              __func__);
    neuron_release(context, columns);
    return status;
}
