/* Members for a smaller committee: see neuron_committee_prune(). */
#include <libneuron-committee/joining.h>

#include "base/checked.h"
#include "base/float-mode.h"
#include "committee/joining/blend.h"
#include "committee/joining/weights.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { GOAL = 1, FILL };

static const neuron_option rows[] = {
    NEURON_CHOICE(GOAL, "goal", neuron_blend_goals, NEURON_BLEND_AUTO, "what is made best"),
    NEURON_FLAG(FILL, "fill", false, "whether as many are kept as fit"),
};

const neuron_option_table neuron_committee_prune_options = NEURON_OPTION_TABLE(rows);

typedef struct request {
    neuron_blend_goal goal;
    neuron_pruning by;
} request;

static int read_request(request *asked, const double *costs, double budget, int64_t count,
                        const char *options)
{
    const char *who = "committee_prune";
    neuron_options given;
    double cheapest = costs ? INFINITY : 1;
    neuron_options_reset(&given, &neuron_committee_prune_options);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, who));
    for (int64_t m = 0; costs && m < count; m++) {
        RETURN_IF_ERROR(neuron_check_finite(costs[m], false, "costs", who));
        if (costs[m] < 0)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "%s: costs[%" PRId64 "] is %g; it must be 0 or more", who, m,
                               costs[m]);
        cheapest = fmin(cheapest, costs[m]);
    }
    if (!(budget >= cheapest))
        return neuron_fail(NEURON_E_ARGUMENT, "%s: budget is %g; the cheapest member costs %g", who,
                           budget, cheapest);
    *asked = (request){(neuron_blend_goal)neuron_options_value(&given, GOAL),
                       {costs, budget, neuron_options_value(&given, FILL) != 0}};
    return NEURON_OK;
}

static int give(int64_t *kept, int64_t *kept_count, const neuron_member_outputs *outputs,
                const request *asked)
{
    int64_t count = 0;
    neuron_blend_goal goal = neuron_blend_goal_of(asked->goal, outputs);
    RETURN_IF_ERROR(neuron_blend_check(goal, outputs));
    int64_t *made = neuron_allocate(outputs->context, neuron_size(outputs->members), sizeof *made);
    int status =
        made ? neuron_blend_prune(made, &count, outputs, goal, &asked->by) : NEURON_E_MEMORY;
    if (status == NEURON_OK) {
        memcpy(kept, made, neuron_size(count) * sizeof *kept);
        *kept_count = count;
    }
    neuron_release(outputs->context, made);
    return status;
}

/* What the calls are asked for, beside where the outputs come from. */
typedef struct selection {
    int64_t *kept, *kept_count;
    const double *costs;
    double budget;
} selection;

static int prune(const selection *s, const neuron_member_source *source, const char *options)
{
    request asked;
    RETURN_IF_ERROR(neuron_member_source_check(source));
    RETURN_IF_ERROR(read_request(&asked, s->costs, s->budget, source->count, options));
    NEURON_HOLD(hold);
    neuron_member_outputs *outputs;
    RETURN_IF_ERROR(neuron_member_outputs_read(&outputs, &hold, source));
    return give(s->kept, s->kept_count, outputs, &asked);
}

int neuron_committee_prune(int64_t *kept, int64_t *kept_count, neuron_graph_t *const *members,
                           int64_t count, const double *costs, double budget,
                           const neuron_dataset_t *dataset, const char *options)
{
    FLOAT_SCOPE;
    const neuron_member_source source = NEURON_MEMBERS_OF(dataset);
    CHECK_ARGUMENT(kept);
    CHECK_ARGUMENT(kept_count);
    neuron_hold_end_left();
    return prune(&(selection){kept, kept_count, costs, budget}, &source, options);
}

int neuron_committee_prune_from_outputs(int64_t *kept, int64_t *kept_count,
                                        neuron_context_t *context, neuron_tensor_t *const *outputs,
                                        int64_t count, const double *costs, double budget,
                                        const neuron_tensor_t *targets, const char *options)
{
    FLOAT_SCOPE;
    const neuron_member_source source = NEURON_OUTPUTS_GIVEN;
    CHECK_ARGUMENT(kept);
    CHECK_ARGUMENT(kept_count);
    neuron_hold_end_left();
    return prune(&(selection){kept, kept_count, costs, budget}, &source, options);
}
