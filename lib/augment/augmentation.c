/* The settings of an augmentation: options with names and bounds. What they do is in batch.c. */
#include "augment/augmentation.h"

#include "base/float-mode.h"
#include "base/options.h"

#include <float.h>

enum { TIMES_MAX = 100, SHIFT_MAX = 65536, BRIGHTNESS_MAX = 1000 };

static const int32_t fill_modes[] = {NEURON_FILL_NEAREST, NEURON_FILL_CONSTANT, NEURON_FILL_REFLECT,
                                     NEURON_FILL_WRAP, 0};

/* In the order of their keys, so that a key leads to its index. */
static const neuron_option rows[NEURON_AUGMENTATION_OPTIONS] = {
    {NEURON_AUGMENTATION_ROTATION, "rotation", false, 0, 180, 0, NULL},
    {NEURON_AUGMENTATION_WIDTH_SHIFT, "width shift", false, 0, SHIFT_MAX, 0, NULL},
    {NEURON_AUGMENTATION_HEIGHT_SHIFT, "height shift", false, 0, SHIFT_MAX, 0, NULL},
    {NEURON_AUGMENTATION_ZOOM, "zoom", false, 0, 0.99, 0, NULL},
    {NEURON_AUGMENTATION_SHEAR, "shear", false, 0, 89, 0, NULL},
    {NEURON_AUGMENTATION_HORIZONTAL_FLIP, "horizontal flip", true, 0, 1, 0, NULL},
    {NEURON_AUGMENTATION_VERTICAL_FLIP, "vertical flip", true, 0, 1, 0, NULL},
    {NEURON_AUGMENTATION_BRIGHTNESS_LOW, "low brightness", false, 0, BRIGHTNESS_MAX, 1, NULL},
    {NEURON_AUGMENTATION_BRIGHTNESS_HIGH, "high brightness", false, 0, BRIGHTNESS_MAX, 1, NULL},
    {NEURON_AUGMENTATION_FILL_MODE, "fill mode", true, NEURON_FILL_NEAREST, NEURON_FILL_WRAP,
     NEURON_FILL_NEAREST, fill_modes},
    {NEURON_AUGMENTATION_FILL_VALUE, "fill value", false, -FLT_MAX, FLT_MAX, 0, NULL},
    {NEURON_AUGMENTATION_NOISE, "noise", false, 0, FLT_MAX, 0, NULL},
    {NEURON_AUGMENTATION_BLUR, "blur", true, 0, TIMES_MAX, 0, NULL},
    {NEURON_AUGMENTATION_SHARPEN, "sharpen", true, 0, TIMES_MAX, 0, NULL},
};

static const neuron_option_table options = NEURON_OPTION_TABLE(rows);

static const char who[] = "augmentation";

int neuron_augmentation_create(neuron_augmentation_t **augmentation, neuron_context_t *context)
{
    CHECK_ARGUMENT(augmentation);
    *augmentation = NULL;
    CHECK_ARGUMENT(context);
    neuron_augmentation_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    atomic_init(&made->references, 1);
    made->context = neuron_context_ref(context);
    neuron_options_reset(&options, made->settings.options);
    *augmentation = made;
    return NEURON_OK;
}

neuron_augmentation_t *neuron_augmentation_ref(neuron_augmentation_t *augmentation)
{
    if (augmentation)
        atomic_fetch_add_explicit(&augmentation->references, 1, memory_order_relaxed);
    return augmentation;
}

void neuron_augmentation_unref(neuron_augmentation_t *augmentation)
{
    if (!augmentation || !neuron_hold_last_owner(&augmentation->references))
        return;
    neuron_context_t *context = augmentation->context;
    neuron_release(context, augmentation);
    neuron_context_unref(context);
}

NEURON_HOLD_DEFINE(augmentation)

int neuron_augmentation_set_int(neuron_augmentation_t *augmentation, int32_t option, int64_t value)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(augmentation);
    return neuron_options_set_int(&options, augmentation->settings.options, option, value, who);
}

int neuron_augmentation_set_float(neuron_augmentation_t *augmentation, int32_t option, double value)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(augmentation);
    return neuron_options_set_float(&options, augmentation->settings.options, option, value, who);
}

int neuron_augmentation_get_int(const neuron_augmentation_t *augmentation, int32_t option,
                                int64_t *value)
{
    CHECK_ARGUMENT(augmentation);
    CHECK_ARGUMENT(value);
    return neuron_options_get_int(&options, augmentation->settings.options, option, value, who);
}

int neuron_augmentation_get_float(const neuron_augmentation_t *augmentation, int32_t option,
                                  double *value)
{
    CHECK_ARGUMENT(augmentation);
    CHECK_ARGUMENT(value);
    return neuron_options_get_float(&options, augmentation->settings.options, option, value, who);
}

int neuron_augmentation_bounds(const neuron_augmentation_t *augmentation, int32_t option,
                               double *minimum, double *maximum)
{
    CHECK_ARGUMENT(augmentation);
    CHECK_ARGUMENT(minimum);
    CHECK_ARGUMENT(maximum);
    return neuron_options_bounds(&options, option, minimum, maximum, who);
}

const neuron_option *neuron_augment_option_row(int32_t index)
{
    return &options.rows[index];
}
