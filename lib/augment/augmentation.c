/* The settings of an augmentation: options with names and bounds. What they do is in batch.c. */
#include "augment/augmentation.h"

#include "base/options/calls.h"
#include "ops/fill.h"

#include <float.h>

enum { TIMES_MAX = 100, SHIFT_MAX = 65536, BRIGHTNESS_MAX = 1000 };

static const neuron_word fill_words[] = {NEURON_FILL_WORDS, {0, ""}};

static const neuron_option rows[] = {
    NEURON_REAL(NEURON_AUGMENTATION_ROTATION, "rotation", 0, 180, 0, "degrees"),
    NEURON_REAL(NEURON_AUGMENTATION_WIDTH_SHIFT, "width_shift", 0, SHIFT_MAX, 0,
                "pixels, or share below 1"),
    NEURON_REAL(NEURON_AUGMENTATION_HEIGHT_SHIFT, "height_shift", 0, SHIFT_MAX, 0,
                "pixels, or share below 1"),
    NEURON_REAL(NEURON_AUGMENTATION_ZOOM, "zoom", 0, 0.99, 0, "share"),
    NEURON_REAL(NEURON_AUGMENTATION_SHEAR, "shear", 0, 89, 0, "degrees"),
    NEURON_FLAG(NEURON_AUGMENTATION_HORIZONTAL_FLIP, "horizontal_flip", 0,
                "yes to mirror half of the images"),
    NEURON_FLAG(NEURON_AUGMENTATION_VERTICAL_FLIP, "vertical_flip", 0,
                "yes to turn half of the images over"),
    NEURON_REAL(NEURON_AUGMENTATION_BRIGHTNESS_LOW, "brightness_low", 0, BRIGHTNESS_MAX, 1,
                "least factor"),
    NEURON_REAL(NEURON_AUGMENTATION_BRIGHTNESS_HIGH, "brightness_high", 0, BRIGHTNESS_MAX, 1,
                "largest factor"),
    NEURON_CHOICE(NEURON_AUGMENTATION_FILL_MODE, "fill_mode", fill_words, NEURON_FILL_NEAREST,
                  "what lies outside of an image"),
    NEURON_REAL(NEURON_AUGMENTATION_FILL_VALUE, "fill_value", -FLT_MAX, FLT_MAX, 0,
                "what lies outside with constant"),
    NEURON_REAL(NEURON_AUGMENTATION_NOISE, "noise", 0, FLT_MAX, 0, "standard deviation"),
    NEURON_INTEGER(NEURON_AUGMENTATION_BLUR, "blur", 0, TIMES_MAX, 0, "how often"),
    NEURON_INTEGER(NEURON_AUGMENTATION_SHARPEN, "sharpen", 0, TIMES_MAX, 0, "how often"),
};

const neuron_option_table neuron_augmentation_options = NEURON_OPTION_TABLE(rows);

static const char who[] = "augmentation";

int neuron_augmentation_create(neuron_augmentation_t **augmentation, neuron_context_t *context,
                               const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(augmentation);
    *augmentation = NULL;
    CHECK_ARGUMENT(context);
    neuron_options settings;
    neuron_options_reset(&settings, &neuron_augmentation_options);
    RETURN_IF_ERROR(neuron_options_parse(&settings, options, who));
    neuron_augmentation_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    made->context = neuron_context_ref(context);
    made->settings.options = settings;
    *augmentation = made;
    return NEURON_OK;
}

neuron_augmentation_t *neuron_augmentation_ref(neuron_augmentation_t *augmentation)
{
    if (!NEURON_IS(augmentation))
        return NULL;
    neuron_handle_own(&augmentation->handle);
    return augmentation;
}

void neuron_augmentation_unref(neuron_augmentation_t *augmentation)
{
    if (!NEURON_IS(augmentation) || !neuron_hold_last_owner(&augmentation->handle.references))
        return;
    neuron_context_t *context = augmentation->context;
    neuron_release(context, augmentation);
    neuron_context_unref(context);
}

NEURON_HOLD_DEFINE(augmentation)

static int commit(neuron_augmentation_t *augmentation, const neuron_options *changed)
{
    augmentation->settings.options = *changed;
    return NEURON_OK;
}

NEURON_OPTION_CALLS(augmentation, augmentation->settings.options, who, commit)
