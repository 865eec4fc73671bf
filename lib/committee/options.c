/* Tells the options of what this library does: neuron_committee_option(). */
#include <libneuron-committee/committees.h>

#include "calibrate/calibrate.h"
#include "committee/cascades/cascade.h"
#include "committee/committee-trainer.h"
#include "committee/distil.h"
#include "committee/joining/weights.h"
#include "search/search.h"

#include <string.h>

typedef struct row {
    const char *name;
    const neuron_option_table *options;
} row;

static const row rows[] = {
    {"calibration", &neuron_calibration_options},
    {"prediction_sets", &neuron_prediction_sets_options},
    {"committee_weights", &neuron_committee_weights_options},
    {"committee_stack", &neuron_committee_stack_options},
    {"committee_contributions", &neuron_committee_contributions_options},
    {"committee_costs", &neuron_committee_costs_options},
    {"committee_diversity", &neuron_committee_diversity_options},
    {"committee_prune", &neuron_committee_prune_options},
    {"cascade", &neuron_cascade_options},
    {"cascade_tune", &neuron_cascade_tune_options},
    {"distil", &neuron_distil_options},
    {"committee_trainer", &neuron_committee_trainer_options},
    {"committee_fit", &neuron_committee_fit_options},
    {"search", &neuron_search_options},
};

const neuron_option_t *neuron_committee_option(const char *what, int64_t index)
{
    for (size_t i = 0; what && i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, what) == 0)
            return index >= 0 && index < rows[i].options->count ? &rows[i].options->rows[index]
                                                                : NULL;
    return NULL;
}
