/* Initial parameters: twelve kinds by name, and random numbers that follow from the graph's seed
 * and the array, so that adding a layer does not change those of another. */
#include "graph/initializer.h"

#include "base/text/number.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Which fan the variance is scaled by. */
typedef enum scale { SCALE_NONE, SCALE_IN, SCALE_MEAN } scale;

typedef enum shape_of_values { CONSTANT, UNIFORM, NORMAL, TRUNCATED } shape_of_values;

/* One kind. Its size (deviation, limit or value) is the parameter, or follows from a fan: the
 * variance is `gain` over it. */
typedef struct initializer {
    int32_t kind; /* NEURON_INITIALIZER_... */
    const char *name, *alias;
    shape_of_values values;
    scale scale;
    double gain; /* the value itself for a CONSTANT without a parameter */
    const char *parameter;
    double minimum;
} initializer;

static const initializer initializers[] = {
    {NEURON_INITIALIZER_GLOROT_UNIFORM, "glorot_uniform", NULL, UNIFORM, SCALE_MEAN, 1, NULL, 0},
    {NEURON_INITIALIZER_ZEROS, "zeros", NULL, CONSTANT, SCALE_NONE, 0, NULL, 0},
    {NEURON_INITIALIZER_GLOROT_NORMAL, "glorot_normal", NULL, TRUNCATED, SCALE_MEAN, 1, NULL, 0},
    {NEURON_INITIALIZER_HE_UNIFORM, "he_uniform", NULL, UNIFORM, SCALE_IN, 2, NULL, 0},
    {NEURON_INITIALIZER_HE_NORMAL, "he_normal", NULL, TRUNCATED, SCALE_IN, 2, NULL, 0},
    {NEURON_INITIALIZER_LECUN_UNIFORM, "lecun_uniform", NULL, UNIFORM, SCALE_IN, 1, NULL, 0},
    {NEURON_INITIALIZER_LECUN_NORMAL, "lecun_normal", NULL, TRUNCATED, SCALE_IN, 1, NULL, 0},
    {NEURON_INITIALIZER_UNIFORM, "uniform", "random_uniform", UNIFORM, SCALE_NONE, 0, "limit", 0},
    {NEURON_INITIALIZER_NORMAL, "normal", "random_normal", NORMAL, SCALE_NONE, 0, "deviation", 0},
    {NEURON_INITIALIZER_TRUNCATED_NORMAL, "truncated_normal", NULL, TRUNCATED, SCALE_NONE, 0,
     "deviation", 0},
    {NEURON_INITIALIZER_CONSTANT, "constant", NULL, CONSTANT, SCALE_NONE, 0, "value", -FLT_MAX},
    {NEURON_INITIALIZER_ONES, "ones", NULL, CONSTANT, SCALE_NONE, 1, NULL, 0},
};

/* Deviation of a normal number with deviation 1 that is drawn again beyond 2. */
static const double truncated_deviation = 0.87962566103423978;

static const initializer *find_kind(int32_t kind)
{
    for (size_t i = 0; i < sizeof initializers / sizeof *initializers; i++)
        if (initializers[i].kind == kind)
            return &initializers[i];
    return NULL;
}

const char *neuron_initializer_name(int32_t kind)
{
    return find_kind(kind)->name;
}

static const char *name_at(const void *list, int64_t index)
{
    (void)list;
    int64_t count = sizeof initializers / sizeof *initializers;
    return index < count ? initializers[index].name : NULL;
}

int neuron_initializer_find(int32_t *kind, const char *name, const char *who)
{
    if (!name)
        return neuron_refuse_null("initializer", who);
    for (size_t i = 0; i < sizeof initializers / sizeof *initializers; i++) {
        const initializer *row = &initializers[i];
        if (strcmp(row->name, name) == 0 || (row->alias && strcmp(row->alias, name) == 0)) {
            *kind = row->kind;
            return NEURON_OK;
        }
    }
    return neuron_refuse_kind(name, "initializer", name_at, NULL, who);
}

int neuron_initializer_check(int32_t kind, double parameter, const char *who)
{
    const initializer *row = find_kind(kind);
    char text[NEURON_NUMBER_TEXT];
    if (!row->parameter && parameter != 0)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: parameter is %s; it must be 0 for %s", who,
                           neuron_number_short(parameter, text), row->name);
    /* Written so that a NaN is refused. */
    if (row->parameter && !(parameter >= row->minimum && parameter <= FLT_MAX))
        return neuron_fail(NEURON_E_ARGUMENT, "%s: parameter is %s; the %s of %s must be %s", who,
                           neuron_number_short(parameter, text), row->parameter, row->name,
                           row->minimum < 0 ? "finite as float" : "0 or more and finite as float");
    return NEURON_OK;
}

/* What one value depends on and how many depend on one, as Keras counts them for arrays that are no
 * kernels: the last two axes, times the window before them. */
static void set_fans(const neuron_array *array, double *in, double *out)
{
    *in = array->fan_in;
    *out = array->fan_out;
    const neuron_shape *shape = &array->shape;
    if (*in > 0 || shape->rank == 0) {
        *in = *in > 0 ? *in : 1;
        *out = *out > 0 ? *out : 1;
        return;
    }
    double window = 1;
    for (int32_t axis = 0; axis < shape->rank - 2; axis++)
        window *= (double)shape->extent[axis];
    *out = window * (double)shape->extent[shape->rank - 1];
    *in = shape->rank == 1 ? *out : window * (double)shape->extent[shape->rank - 2];
}

/* The deviation, limit or value: see `initializer`. */
static double size_of(const initializer *row, const neuron_array *array)
{
    if (row->parameter)
        return array->parameter;
    if (row->values == CONSTANT)
        return row->gain;
    double in, out;
    set_fans(array, &in, &out);
    double fan = row->scale == SCALE_IN ? in : (in + out) / 2;
    if (row->values == UNIFORM)
        return sqrt(3 * row->gain / fan);
    return sqrt(row->gain / fan) / truncated_deviation;
}

static void fill_uniform(float *values, int64_t count, float limit, const neuron_random *random)
{
    for (int64_t i = 0; i < count; i += 4) {
        uint32_t numbers[4];
        neuron_random_block(random, (uint64_t)i / 4, numbers);
        for (int64_t j = i; j < i + 4 && j < count; j++)
            values[j] = limit * (2.0f * neuron_random_float(numbers[j - i]) - 1.0f);
    }
}

static void fill_normal(float *values, int64_t count, double deviation, double cut,
                        const neuron_random *random)
{
    neuron_random_reader reader =
        neuron_random_read(random->seed, NEURON_RANDOM_INITIALIZE, random->stream);
    for (int64_t i = 0; i < count; i++) {
        double value;
        do {
            value = neuron_random_normal(&reader);
        } while (fabs(value) > cut);
        values[i] = (float)(deviation * value);
    }
}

void neuron_initializer_fill(const neuron_array *array, const neuron_random *random, int64_t count,
                             float *values)
{
    const initializer *row = find_kind(array->initializer);
    double size = size_of(row, array);
    switch (row->values) {
    case UNIFORM:
        fill_uniform(values, count, (float)size, random);
        break;
    case NORMAL:
        fill_normal(values, count, size, DBL_MAX, random);
        break;
    case TRUNCATED:
        fill_normal(values, count, size, 2, random);
        break;
    default:
        for (int64_t i = 0; i < count; i++)
            values[i] = (float)size;
        break;
    }
}
