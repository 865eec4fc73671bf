/* Tells what kinds of things there are, and the options of each: libneuron/options.h. Every family
 * has a list of names and the tables of options of these. */
#include <libneuron/options.h>

#include "augment/augmentation.h"
#include "data/split.h"
#include "data/stream.h"
#include "data/tables/csv-options.h"
#include "evaluate/metric.h"
#include "graph/committee.h"
#include "graph/import.h"
#include "kernels/context-options.h"
#include "losses/loss.h"
#include "optimize/optimizer.h"
#include "quantize/quantization.h"
#include "session/gradient.h"
#include "session/memory.h"
#include "train/callbacks/callback.h"
#include "train/trainer.h"

#include <math.h>
#include <string.h>

typedef struct family {
    const char *name;
    neuron_name_at name_at; /* NULL for a family of one kind, */
    const neuron_option_table *(*find)(const char *kind);
    const neuron_option_table *only; /* which has these options */
} family;

static const char *layer_name(const void *list, int64_t index)
{
    (void)list;
    for (int32_t i = 0; neuron_layers[i]; i++)
        if (i == index)
            return neuron_layers[i]->name;
    return NULL;
}

static const neuron_option_table *layer_options(const char *name)
{
    const neuron_layer *layer = neuron_layer_find(name);
    return layer ? &layer->options : NULL;
}

static const family families[] = {
    {"layer", layer_name, layer_options, NULL},
    {"loss", neuron_loss_kind_name, neuron_loss_kind_options, NULL},
    {"optimizer", neuron_optimizer_rule_name, neuron_optimizer_rule_options, NULL},
    {"callback", neuron_callback_kind_name, neuron_callback_kind_options, NULL},
    {"metric", neuron_metric_name, neuron_metric_options, NULL},
    {"context", NULL, NULL, &neuron_context_options},
    {"augmentation", NULL, NULL, &neuron_augmentation_options},
    {"evaluation", NULL, NULL, &neuron_evaluation_options},
    {"interval", NULL, NULL, &neuron_interval_options},
    {"mcnemar", NULL, NULL, &neuron_mcnemar_options},
    {"quantization", NULL, NULL, &neuron_quantization_options},
    {"trainer", NULL, NULL, &neuron_trainer_options},
    {"stream", NULL, NULL, &neuron_stream_options},
    {"csv", NULL, NULL, &neuron_csv_options},
    {"gradient", NULL, NULL, &neuron_gradient_options},
    {"import", NULL, NULL, &neuron_import_options},
    {"committee", NULL, NULL, &neuron_committee_options},
    {"split", NULL, NULL, &neuron_split_options},
    {"memory", NULL, NULL, &neuron_memory_options},
};

static const family *find(const char *name)
{
    for (size_t i = 0; name && i < sizeof families / sizeof families[0]; i++)
        if (strcmp(families[i].name, name) == 0)
            return &families[i];
    return NULL;
}

const char *neuron_kind_name(const char *family_name, int64_t index)
{
    const family *found = find(family_name);
    if (!found || index < 0)
        return NULL;
    if (found->name_at)
        return found->name_at(NULL, index);
    return index == 0 ? found->name : NULL;
}

int64_t neuron_kind_count(const char *family_name)
{
    int64_t count = 0;
    while (neuron_kind_name(family_name, count))
        count++;
    return count;
}

static const neuron_option_table *table_of(const family *found, const char *kind)
{
    if (!found || !kind)
        return NULL;
    if (found->find)
        return found->find(kind);
    return strcmp(kind, found->name) == 0 ? found->only : NULL;
}

const neuron_option_t *neuron_kind_option(const char *family_name, const char *kind, int64_t index)
{
    const neuron_option_table *table = table_of(find(family_name), kind);
    return table && index >= 0 && index < table->count ? &table->rows[index] : NULL;
}

const char *neuron_option_name(const neuron_option_t *option)
{
    return option ? option->name : NULL;
}

int32_t neuron_option_type(const neuron_option_t *option)
{
    return option ? option->type : 0;
}

const char *neuron_option_help(const neuron_option_t *option)
{
    return option ? option->help : NULL;
}

double neuron_option_minimum(const neuron_option_t *option)
{
    return option && !neuron_option_words(option) ? option->minimum : NAN;
}

double neuron_option_maximum(const neuron_option_t *option)
{
    return option && !neuron_option_words(option) ? option->maximum : NAN;
}

double neuron_option_default(const neuron_option_t *option)
{
    return option && !neuron_option_words(option) ? option->standard : NAN;
}

const char *neuron_option_word(const neuron_option_t *option, int64_t index)
{
    if (!option || !neuron_option_words(option) || index < 0)
        return NULL;
    const char *standard = neuron_word_name(option->words, option->standard);
    if (index == 0)
        return standard;
    for (const neuron_word *word = option->words; word->name[0]; word++)
        if (strcmp(word->name, standard) != 0 && --index == 0)
            return word->name;
    return NULL;
}
