/* A committee in one call: see neuron_committee_fit(). */
#include "committee/combine.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "committee/boost.h"

#include <string.h>

enum { RULE_SIZE = 32 };

static int create_optimizer(neuron_optimizer_t **optimizer, neuron_context_t *context,
                            const neuron_options *options)
{
    char rule[RULE_SIZE] = "adam";
    size_t size;
    const char *given = neuron_options_given_text(options, NEURON_COMMITTEE_OPTIMIZER, &size);
    double rate = neuron_options_value(options, NEURON_COMMITTEE_LEARNING_RATE);
    if (given) {
        size = size < RULE_SIZE - 1 ? size : RULE_SIZE - 1;
        memcpy(rule, given, size);
        rule[size] = '\0';
    }
    RETURN_IF_ERROR(neuron_optimizer_create(optimizer, context, rule, NULL));
    int status =
        isnan(rate) ? NEURON_OK : neuron_optimizer_set_number(*optimizer, "learning_rate", rate);
    if (status < 0)
        neuron_optimizer_unref(*optimizer);
    return status;
}

/* Keeps examples from the members where they are to be joined by what only such can tell. */
static int hold_out(neuron_committee_trainer_t *trainer)
{
    double share = neuron_committee_value(trainer, NEURON_COMMITTEE_HOLD_OUT);
    neuron_dataset_t *parts[2];
    if (share == 0 || neuron_committee_is_boosted(trainer) ||
        !neuron_committee_learns_to_combine(trainer) || neuron_committee_holds_out(trainer))
        return NEURON_OK;
    RETURN_IF_ERROR(neuron_dataset_split(parts, trainer->train, (const double[]){1 - share, share},
                                         2, trainer->context->seed, "order=stratified"));
    neuron_dataset_unref(trainer->train);
    trainer->train = parts[0];
    trainer->validation = parts[1];
    return NEURON_OK;
}

int neuron_committee_fit(neuron_graph_t **committee, neuron_context_t *context,
                         neuron_committee_build_function_t build, void *user_data,
                         neuron_dataset_t *train, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(committee);
    *committee = NULL;
    CHECK_ARGUMENT(context);
    CHECK_FUNCTION(build);
    CHECK_ARGUMENT(train);
    neuron_options settings;
    neuron_options_reset(&settings, &neuron_committee_fit_options);
    RETURN_IF_ERROR(neuron_options_parse(&settings, options, "committee"));
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_optimizer_t *optimizer;
    neuron_committee_trainer_t *trainer;
    RETURN_IF_ERROR(create_optimizer(&optimizer, context, &settings));
    int status = neuron_committee_trainer_make(&trainer, context, optimizer, train, &settings);
    neuron_optimizer_unref(optimizer);
    RETURN_IF_ERROR(status);
    neuron_hold_add(&hold, neuron_committee_trainer_end_hold, NULL, trainer);
    RETURN_IF_ERROR(hold_out(trainer));
    RETURN_IF_ERROR(neuron_committee_trainer_set_builder(trainer, build, user_data, NULL));
    return neuron_committee_trainer_run(committee, trainer);
}
