#include "settings.h"

#include "example.h"

#include <string.h>

/* ---- How an option is read: false if the object does not have it ---- */

/* A number, or a word where there is one. */
typedef struct {
    double number;
    char word[32];
} value_t;

typedef bool (*read_t)(const void *handle, const char *option, value_t *value);

#define DEFINE_READ(noun)                                                                          \
    static bool read_##noun(const void *handle, const char *option, value_t *value)                \
    {                                                                                              \
        value->word[0] = '\0';                                                                     \
        return neuron_##noun##_get_number(&value->number, handle, option) == NEURON_OK ||          \
               neuron_##noun##_get_text(value->word, sizeof value->word, NULL, handle, option) ==  \
                   NEURON_OK;                                                                      \
    }

DEFINE_READ(node)
DEFINE_READ(callback)
DEFINE_READ(augmentation)
DEFINE_READ(optimizer)
DEFINE_READ(loss)

/* ---- What options are called ---- */

/* An option, or with `second` two that are told as one: "kernel 3x3". */
typedef struct {
    const char *option;
    const char *second;
    const char *name;
    double usual; /* not told; NAN to tell every value */
    const char *usual_word;
} row_t;

static const row_t node_rows[] = {{"units", NULL, "units", NAN, NULL},
                                  {"filters", NULL, "filters", NAN, NULL},
                                  {"kernel_height", "kernel_width", "window", NAN, NULL},
                                  {"stride_height", "stride_width", "stride", 1, NULL},
                                  {"padding", NULL, "padding", NAN, NULL},
                                  {"depth_multiplier", NULL, "depth multiplier", 1, NULL},
                                  {"use_bias", NULL, "bias", 1, NULL},
                                  {"momentum", NULL, "momentum", NAN, NULL},
                                  {"epsilon", NULL, "epsilon", NAN, NULL},
                                  {"rate", NULL, "rate", NAN, NULL},
                                  {"axis", NULL, "axis", -1, NULL},
                                  {"slope", NULL, "slope", NAN, NULL},
                                  {"alpha", NULL, "alpha", NAN, NULL},
                                  {"approximate", NULL, "approximate", 0, NULL},
                                  {"deviation", NULL, "deviation", NAN, NULL},
                                  {"factor", NULL, "factor", NAN, NULL},
                                  {"fill_mode", NULL, "fill", NAN, NULL},
                                  {"fill_value", NULL, "fill value", 0, NULL},
                                  {"top", "bottom", "above and below", NAN, NULL},
                                  {"left", "right", "left and right", NAN, NULL},
                                  {NULL, NULL, NULL, 0, NULL}};

static const row_t optimizer_rows[] = {
    {"learning_rate", NULL, "learning rate", NAN, NULL},
    {"momentum", NULL, "momentum", 0, NULL},
    {"nesterov", NULL, "nesterov", 0, NULL},
    {"beta_1", NULL, "beta 1", NAN, NULL},
    {"beta_2", NULL, "beta 2", NAN, NULL},
    {"rho", NULL, "rho", NAN, NULL},
    {"epsilon", NULL, "epsilon", NAN, NULL},
    {"epsilon_in_root", NULL, "epsilon in root", 1, NULL},
    {"momentum_decay", NULL, "momentum decay", 1, NULL},
    {"weight_decay", NULL, "weight decay", NAN, NULL},
    {"initial_accumulator", NULL, "initial accumulator", NAN, NULL},
    {"clip_value", NULL, "clip value", 0, NULL},
    {"clip_norm", NULL, "clip norm", 0, NULL},
    {"clip_global_norm", NULL, "clip global norm", 0, NULL},
    {NULL, NULL, NULL, 0, NULL}};

static const row_t loss_rows[] = {{"label_smoothing", NULL, "label smoothing", 0, NULL},
                                  {"delta", NULL, "delta", NAN, NULL},
                                  {NULL, NULL, NULL, 0, NULL}};

static const row_t callback_rows[] = {
    {"monitor", NULL, "monitor", NAN, NULL},         {"mode", NULL, "mode", NAN, "auto"},
    {"factor", NULL, "factor", NAN, NULL},           {"alpha", NULL, "alpha", NAN, NULL},
    {"length", NULL, "length", NAN, NULL},           {"per_step", NULL, "per step", 0, NULL},
    {"patience", NULL, "patience", NAN, NULL},       {"min_delta", NULL, "min delta", 0, NULL},
    {"baseline", NULL, "baseline", NAN, NULL},       {"start", NULL, "start", 0, NULL},
    {"cooldown", NULL, "cooldown", 0, NULL},         {"min_rate", NULL, "min rate", 0, NULL},
    {"restore_best", NULL, "restore best", 0, NULL}, {NULL, NULL, NULL, 0, NULL}};

static const row_t augmentation_rows[] = {{"rotation", NULL, "rotation", 0, NULL},
                                          {"width_shift", NULL, "width shift", 0, NULL},
                                          {"height_shift", NULL, "height shift", 0, NULL},
                                          {"zoom", NULL, "zoom", 0, NULL},
                                          {"shear", NULL, "shear", 0, NULL},
                                          {"horizontal_flip", NULL, "horizontal flip", 0, NULL},
                                          {"vertical_flip", NULL, "vertical flip", 0, NULL},
                                          {"brightness_low", NULL, "lowest brightness", 1, NULL},
                                          {"brightness_high", NULL, "highest brightness", 1, NULL},
                                          {"noise", NULL, "noise", 0, NULL},
                                          {"blur", NULL, "blur", 0, NULL},
                                          {"sharpen", NULL, "sharpen", 0, NULL},
                                          {"fill_mode", NULL, "fill", NAN, "nearest"},
                                          {"fill_value", NULL, "fill value", 0, NULL},
                                          {NULL, NULL, NULL, 0, NULL}};

/* ---- Writing ---- */

/* As the option calls it, "validation_loss", but in words. */
static void write_value(FILE *file, const value_t *value)
{
    if (value->word[0] == '\0') {
        fprintf(file, "%.9g", value->number);
        return;
    }
    for (const char *c = value->word; *c != '\0'; c++)
        putc(*c == '_' ? ' ' : *c, file);
}

static bool is_usual(const row_t *row, const value_t *value)
{
    if (value->word[0] != '\0')
        return row->usual_word != NULL && strcmp(value->word, row->usual_word) == 0;
    return value->number == row->usual;
}

/* Whether something was written. */
static bool write_row(FILE *file, const char *before, const row_t *row, read_t read,
                      const void *handle)
{
    value_t value;
    value_t second;

    if (!read(handle, row->option, &value) || (value.word[0] == '\0' && isnan(value.number)))
        return false;
    if (row->second == NULL || !read(handle, row->second, &second))
        second = value;
    if (is_usual(row, &value) && is_usual(row, &second))
        return false;
    fprintf(file, "%s%s ", before, row->name);
    write_value(file, &value);
    if (row->second != NULL) {
        putc('x', file);
        write_value(file, &second);
    }
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
static bool starts_as_usual(const char *array, const char *initializer)
{
    if (strcmp(array, "kernel") == 0)
        return strcmp(initializer, "glorot_uniform") == 0;
    if (strcmp(array, "gamma") == 0 || strcmp(array, "moving_variance") == 0)
        return strcmp(initializer, "ones") == 0;
    return strcmp(initializer, "zeros") == 0;
}

static const char *write_array(FILE *file, const char *before, const neuron_node_t *node,
                               const char *array)
{
    const char *initializer;
    double parameter;
    double l1;
    double l2;

    must(neuron_node_initializer(&initializer, &parameter, node, array));
    if (!starts_as_usual(array, initializer)) {
        fprintf(file, "%s%s %s", before, array, initializer);
        if (parameter != 0)
            fprintf(file, " %.9g", parameter);
        before = ", ";
    }
    must(neuron_node_regularizer(&l1, &l2, node, array));
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
    fputs(neuron_optimizer_kind(optimizer), file);
    write_options(file, ": ", optimizer_rows, read_optimizer, optimizer);
}

void settings_of_loss(FILE *file, const neuron_loss_t *loss)
{
    fputs(neuron_loss_kind(loss), file);
    write_options(file, ": ", loss_rows, read_loss, loss);
}

void settings_of_callback(FILE *file, const neuron_callback_t *callback)
{
    fputs(neuron_callback_kind(callback), file);
    write_options(file, ": ", callback_rows, read_callback, callback);
}

void settings_of_augmentation(FILE *file, const neuron_augmentation_t *augmentation)
{
    write_options(file, "", augmentation_rows, read_augmentation, augmentation);
}
