#include "settings.h"

#include "example.h"

#include <string.h>

/* ---- How an option is read: false if the object does not have it ---- */

typedef bool (*read_t)(const void *handle, int32_t option, double *value);

/* A whole number or a real one. */
#define DEFINE_READ(noun)                                                                          \
    static bool read_##noun(const void *handle, int32_t option, double *value)                     \
    {                                                                                              \
        int64_t whole;                                                                             \
                                                                                                   \
        if (neuron_##noun##_get_int(handle, option, &whole) != NEURON_OK)                          \
            return neuron_##noun##_get_float(handle, option, value) == NEURON_OK;                  \
        *value = (double)whole;                                                                    \
        return true;                                                                               \
    }

DEFINE_READ(node)
DEFINE_READ(callback)
DEFINE_READ(augmentation)
DEFINE_READ(optimizer)
DEFINE_READ(loss)

/* ---- What options and their values are called ---- */

/* A value that has a name; those of an option end with a NULL. */
typedef struct {
    int32_t value;
    const char *name;
} word_t;

/* An option, or with `second` two that are told as one: "kernel 3x3". */
typedef struct {
    int32_t option;
    int32_t second;
    const char *name;
    double usual; /* not told; NAN to tell every value */
    const word_t *words;
} row_t;

static const word_t paddings[] = {
    {NEURON_PADDING_VALID, "valid"}, {NEURON_PADDING_SAME, "same"}, {0, NULL}};
static const word_t fills[] = {{NEURON_FILL_NEAREST, "nearest"},
                               {NEURON_FILL_CONSTANT, "constant"},
                               {NEURON_FILL_REFLECT, "reflect"},
                               {NEURON_FILL_WRAP, "wrap"},
                               {0, NULL}};
static const word_t metrics[] = {{NEURON_METRIC_LOSS, "loss"},
                                 {NEURON_METRIC_ACCURACY, "accuracy"},
                                 {NEURON_METRIC_VALIDATION_LOSS, "validation loss"},
                                 {NEURON_METRIC_VALIDATION_ACCURACY, "validation accuracy"},
                                 {0, NULL}};
static const word_t modes[] = {
    {NEURON_MODE_SMALLEST, "smallest"}, {NEURON_MODE_LARGEST, "largest"}, {0, NULL}};

static const row_t node_rows[] = {
    {NEURON_NODE_UNITS, 0, "units", NAN, NULL},
    {NEURON_NODE_FILTERS, 0, "filters", NAN, NULL},
    {NEURON_NODE_KERNEL_HEIGHT, NEURON_NODE_KERNEL_WIDTH, "window", NAN, NULL},
    {NEURON_NODE_STRIDE_HEIGHT, NEURON_NODE_STRIDE_WIDTH, "stride", 1, NULL},
    {NEURON_NODE_PADDING, 0, "padding", NAN, paddings},
    {NEURON_NODE_DEPTH_MULTIPLIER, 0, "depth multiplier", 1, NULL},
    {NEURON_NODE_USE_BIAS, 0, "bias", 1, NULL},
    {NEURON_NODE_MOMENTUM, 0, "momentum", NAN, NULL},
    {NEURON_NODE_EPSILON, 0, "epsilon", NAN, NULL},
    {NEURON_NODE_RATE, 0, "rate", NAN, NULL},
    {NEURON_NODE_AXIS, 0, "axis", -1, NULL},
    {NEURON_NODE_SLOPE, 0, "slope", NAN, NULL},
    {NEURON_NODE_ALPHA, 0, "alpha", NAN, NULL},
    {NEURON_NODE_APPROXIMATE, 0, "approximate", 0, NULL},
    {NEURON_NODE_DEVIATION, 0, "deviation", NAN, NULL},
    {NEURON_NODE_FACTOR, 0, "factor", NAN, NULL},
    {NEURON_NODE_FILL_MODE, 0, "fill", NAN, fills},
    {NEURON_NODE_FILL_VALUE, 0, "fill value", 0, NULL},
    {NEURON_NODE_TOP, NEURON_NODE_BOTTOM, "above and below", NAN, NULL},
    {NEURON_NODE_LEFT, NEURON_NODE_RIGHT, "left and right", NAN, NULL},
    {0, 0, NULL, 0, NULL}};

static const row_t optimizer_rows[] = {
    {NEURON_OPTIMIZER_LEARNING_RATE, 0, "learning rate", NAN, NULL},
    {NEURON_OPTIMIZER_MOMENTUM, 0, "momentum", 0, NULL},
    {NEURON_OPTIMIZER_NESTEROV, 0, "nesterov", 0, NULL},
    {NEURON_OPTIMIZER_BETA_1, 0, "beta 1", NAN, NULL},
    {NEURON_OPTIMIZER_BETA_2, 0, "beta 2", NAN, NULL},
    {NEURON_OPTIMIZER_RHO, 0, "rho", NAN, NULL},
    {NEURON_OPTIMIZER_EPSILON, 0, "epsilon", NAN, NULL},
    {NEURON_OPTIMIZER_WEIGHT_DECAY, 0, "weight decay", NAN, NULL},
    {NEURON_OPTIMIZER_INITIAL_ACCUMULATOR, 0, "initial accumulator", NAN, NULL},
    {NEURON_OPTIMIZER_CLIP_VALUE, 0, "clip value", 0, NULL},
    {NEURON_OPTIMIZER_CLIP_NORM, 0, "clip norm", 0, NULL},
    {NEURON_OPTIMIZER_CLIP_GLOBAL_NORM, 0, "clip global norm", 0, NULL},
    {0, 0, NULL, 0, NULL}};

static const row_t loss_rows[] = {{NEURON_LOSS_LABEL_SMOOTHING, 0, "label smoothing", 0, NULL},
                                  {NEURON_LOSS_DELTA, 0, "delta", NAN, NULL},
                                  {0, 0, NULL, 0, NULL}};

static const row_t callback_rows[] = {{NEURON_CALLBACK_MONITOR, 0, "monitor", NAN, metrics},
                                      {NEURON_CALLBACK_MODE, 0, "mode", NEURON_MODE_AUTO, modes},
                                      {NEURON_CALLBACK_FACTOR, 0, "factor", NAN, NULL},
                                      {NEURON_CALLBACK_ALPHA, 0, "alpha", NAN, NULL},
                                      {NEURON_CALLBACK_LENGTH, 0, "length", NAN, NULL},
                                      {NEURON_CALLBACK_PER_STEP, 0, "per step", 0, NULL},
                                      {NEURON_CALLBACK_PATIENCE, 0, "patience", NAN, NULL},
                                      {NEURON_CALLBACK_MIN_DELTA, 0, "min delta", 0, NULL},
                                      {NEURON_CALLBACK_BASELINE, 0, "baseline", NAN, NULL},
                                      {NEURON_CALLBACK_START, 0, "start", 0, NULL},
                                      {NEURON_CALLBACK_COOLDOWN, 0, "cooldown", 0, NULL},
                                      {NEURON_CALLBACK_MIN_RATE, 0, "min rate", 0, NULL},
                                      {NEURON_CALLBACK_RESTORE_BEST, 0, "restore best", 0, NULL},
                                      {0, 0, NULL, 0, NULL}};

static const row_t augmentation_rows[] = {
    {NEURON_AUGMENTATION_ROTATION, 0, "rotation", 0, NULL},
    {NEURON_AUGMENTATION_WIDTH_SHIFT, 0, "width shift", 0, NULL},
    {NEURON_AUGMENTATION_HEIGHT_SHIFT, 0, "height shift", 0, NULL},
    {NEURON_AUGMENTATION_ZOOM, 0, "zoom", 0, NULL},
    {NEURON_AUGMENTATION_SHEAR, 0, "shear", 0, NULL},
    {NEURON_AUGMENTATION_HORIZONTAL_FLIP, 0, "horizontal flip", 0, NULL},
    {NEURON_AUGMENTATION_VERTICAL_FLIP, 0, "vertical flip", 0, NULL},
    {NEURON_AUGMENTATION_BRIGHTNESS_LOW, 0, "lowest brightness", 1, NULL},
    {NEURON_AUGMENTATION_BRIGHTNESS_HIGH, 0, "highest brightness", 1, NULL},
    {NEURON_AUGMENTATION_NOISE, 0, "noise", 0, NULL},
    {NEURON_AUGMENTATION_BLUR, 0, "blur", 0, NULL},
    {NEURON_AUGMENTATION_SHARPEN, 0, "sharpen", 0, NULL},
    {NEURON_AUGMENTATION_FILL_MODE, 0, "fill", NEURON_FILL_NEAREST, fills},
    {NEURON_AUGMENTATION_FILL_VALUE, 0, "fill value", 0, NULL},
    {0, 0, NULL, 0, NULL}};

/* ---- Writing ---- */

static void write_value(FILE *file, const row_t *row, double value)
{
    for (const word_t *word = row->words; word != NULL && word->name != NULL; word++) {
        if (word->value == value) {
            fprintf(file, " %s", word->name);
            return;
        }
    }
    fprintf(file, " %.9g", value);
}

/* Whether something was written. */
static bool write_row(FILE *file, const char *before, const row_t *row, read_t read,
                      const void *handle)
{
    double value;
    double second;

    if (!read(handle, row->option, &value) || isnan(value))
        return false;
    if (row->second == 0 || !read(handle, row->second, &second))
        second = value;
    if (value == row->usual && second == row->usual)
        return false;
    fprintf(file, "%s%s", before, row->name);
    write_value(file, row, value);
    if (row->second != 0)
        fprintf(file, "x%.9g", second);
    return true;
}

/* The options that the object has, with `before` in front of the first; what stands in front of
 * another word. */
static const char *write_options(FILE *file, const char *before, const row_t *rows, read_t read,
                                 const void *handle)
{
    for (const row_t *row = rows; row->name != NULL; row++)
        if (write_row(file, before, row, read, handle))
            before = ", ";
    return before;
}

/* A kernel starts by Glorot's uniform numbers, what scales or is a variance at 1, all else at 0. */
static bool starts_as_usual(const char *array, int32_t kind)
{
    if (strcmp(array, "kernel") == 0)
        return kind == NEURON_INITIALIZER_GLOROT_UNIFORM;
    if (strcmp(array, "gamma") == 0 || strcmp(array, "moving_variance") == 0)
        return kind == NEURON_INITIALIZER_ONES;
    return kind == NEURON_INITIALIZER_ZEROS;
}

static const char *write_array(FILE *file, const char *before, const neuron_node_t *node,
                               const char *array)
{
    int32_t kind;
    double parameter;
    double l1;
    double l2;

    must(neuron_node_get_initializer(node, array, &kind, &parameter));
    if (!starts_as_usual(array, kind)) {
        fprintf(file, "%s%s %s", before, array, neuron_initializer_name(kind));
        if (parameter != 0)
            fprintf(file, " %.9g", parameter);
        before = ", ";
    }
    must(neuron_node_get_regularizer(node, array, &l1, &l2));
    if (l1 != 0 || l2 != 0) {
        fprintf(file, "%s%s l1 %.9g l2 %.9g", before, array, l1, l2);
        before = ", ";
    }
    return before;
}

void settings_of_node(FILE *file, const neuron_graph_t *graph, const neuron_node_t *node)
{
    const char *before = write_options(file, "", node_rows, read_node, node);
    size_t length = strlen(neuron_node_name(node));

    for (int32_t i = 0; i < neuron_graph_array_count(graph); i++) {
        const char *name = neuron_graph_array_name(graph, i);

        if (strncmp(name, neuron_node_name(node), length) == 0 && name[length] == '.')
            before = write_array(file, before, node, name + length + 1);
    }
    if (!neuron_node_trainable(node))
        fprintf(file, "%sfrozen", before);
}

void settings_of_optimizer(FILE *file, const neuron_optimizer_t *optimizer)
{
    fputs(neuron_optimizer_name(optimizer), file);
    write_options(file, ": ", optimizer_rows, read_optimizer, optimizer);
}

void settings_of_loss(FILE *file, const neuron_loss_t *loss)
{
    fputs(neuron_loss_name(loss), file);
    write_options(file, ": ", loss_rows, read_loss, loss);
}

void settings_of_callback(FILE *file, const neuron_callback_t *callback)
{
    fputs(neuron_callback_name(callback), file);
    write_options(file, ": ", callback_rows, read_callback, callback);
}

void settings_of_augmentation(FILE *file, const neuron_augmentation_t *augmentation)
{
    write_options(file, "", augmentation_rows, read_augmentation, augmentation);
}
