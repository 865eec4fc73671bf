/* Which classes are in a set that holds the true one as often as was promised: see
 * neuron_prediction_set(). Classes are taken in the order of their probabilities until the sum is
 * too large. The first ones are looked for, so that sure predictions take no longer than a look at
 * all classes, and only a longer list is sorted. */
#include "layers/calibration/prediction-set.h"

#include "base/bump.h"
#include "layers/pieces.h"

#include <math.h>

static const neuron_option options[] = {NEURON_OPTIONS_PREDICTION_SET};

static int infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_layer_infer_channels(spec, node));
    if (spec->output.extent[spec->output.rank - 1] < 2)
        return neuron_fail(NEURON_E_SHAPE, "%s: needs a probability for each class, 2 or more",
                           node);
    spec->arrays[0] = (neuron_array){.name = "threshold",
                                     .shape = {.rank = 1, .extent = {1}},
                                     .initializer = NEURON_INITIALIZER_ONES};
    spec->array_count = 1;
    return NEURON_OK;
}

neuron_set_rule neuron_set_rule_of(const neuron_options *given)
{
    return (neuron_set_rule){
        .method = (int32_t)neuron_options_value(given, NEURON_NODE_METHOD),
        .penalty = (float)neuron_options_value(given, NEURON_NODE_PENALTY),
        .k_reg = (int64_t)neuron_options_value(given, NEURON_NODE_K_REG),
    };
}

enum { LOOKED_FOR = 64 }; /* which takes as long as sorting */

/* The class behind another one in the order of probabilities, of equals the first; the first of all
 * behind -1, and -1 behind the last. */
static int64_t next_class(const float *p, int64_t classes, int64_t before)
{
    int64_t next = -1;
    for (int64_t k = 0; k < classes; k++) {
        bool behind = before < 0 || p[k] < p[before] || (p[k] == p[before] && k > before);
        if (behind && (next < 0 || p[k] > p[next]))
            next = k;
    }
    return next;
}

/* The classes of a row in their order, with the sums that are their scores. */
typedef struct walk {
    const neuron_set_rule *rule;
    const float *p;
    int64_t classes, place; /* the place is that of the class, from 1 */
    int64_t k;
    float sum;
    neuron_ranked *sorted; /* room for all classes */
} walk;

static walk begin(const neuron_set_rule *rule, const float *p, int64_t classes,
                  neuron_ranked *sorted)
{
    return (walk){.rule = rule, .p = p, .classes = classes, .k = -1, .sorted = sorted};
}

static void sort(const walk *w)
{
    for (int64_t k = 0; k < w->classes; k++)
        w->sorted[k] = (neuron_ranked){w->p[k], (int32_t)k};
    neuron_rank(w->sorted, w->classes);
}

static int64_t next_of(const walk *w)
{
    if (w->place < LOOKED_FOR)
        return next_class(w->p, w->classes, w->k);
    if (w->place == LOOKED_FOR)
        sort(w);
    return w->place < w->classes ? w->sorted[w->place].index : -1;
}

static bool go(walk *w)
{
    w->k = next_of(w);
    if (w->k < 0)
        return false;
    w->sum += w->p[w->k];
    w->place++;
    return true;
}

static float score(const walk *w)
{
    bool beyond = w->rule->method == NEURON_PREDICTION_SET_RAPS && w->place > w->rule->k_reg;
    return beyond ? w->sum + w->rule->penalty * (float)(w->place - w->rule->k_reg) : w->sum;
}

float neuron_set_score(const neuron_set_rule *rule, const float *p, int64_t classes, int64_t k,
                       neuron_ranked *sorted)
{
    if (rule->method == NEURON_PREDICTION_SET_LAC)
        return 1 - p[k];
    walk w = begin(rule, p, classes, sorted);
    while (go(&w) && w.k != k)
        ;
    return score(&w);
}

static bool has_nan(const float *p, int64_t classes)
{
    float sum = 0;
    for (int64_t k = 0; k < classes; k++)
        sum += p[k];
    return isnan(sum);
}

static void choose(const neuron_set_rule *rule, const float *p, int64_t classes, float threshold,
                   bool allow_empty, float *set, neuron_ranked *sorted)
{
    for (int64_t k = 0; k < classes; k++)
        set[k] = rule->method == NEURON_PREDICTION_SET_LAC && 1 - p[k] <= threshold;
    walk w = begin(rule, p, classes, sorted);
    while (rule->method != NEURON_PREDICTION_SET_LAC && go(&w) && score(&w) <= threshold)
        set[w.k] = 1;
    if (!allow_empty)
        set[next_class(p, classes, -1)] = 1;
    if (has_nan(p, classes))
        for (int64_t k = 0; k < classes; k++)
            set[k] = NAN;
}

static int64_t classes_of(const neuron_spec *spec)
{
    return spec->output.extent[spec->output.rank - 1];
}

static void forward_rows(const neuron_run *run, int64_t first, int64_t count, void *sorted)
{
    const neuron_spec *spec = run->spec;
    int64_t classes = classes_of(spec);
    const neuron_set_rule rule = neuron_set_rule_of(&spec->options);
    bool allow_empty = neuron_spec_option(spec, NEURON_NODE_ALLOW_EMPTY) != 0;
    for (int64_t at = first * classes; at < (first + count) * classes; at += classes)
        choose(&rule, run->inputs[0] + at, classes, run->values[0][0], allow_empty,
               run->output + at, sorted);
}

static size_t room_of(const neuron_spec *spec)
{
    return (size_t)classes_of(spec) * sizeof(neuron_ranked);
}

static int plan(const neuron_plan_request *request, neuron_needs *needs)
{
    neuron_reserve(&needs->scratch, request->threads, room_of(request->spec));
    return NEURON_OK;
}

static int forward(const neuron_run *run)
{
    neuron_run_rows_with(run, classes_of(run->spec), room_of(run->spec), forward_rows);
    return NEURON_OK;
}

const neuron_layer neuron_layer_prediction_set = {
    .name = "prediction_set",
    .flags = NEURON_LAYER_NO_GRADIENT | NEURON_LAYER_TELLS,
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .plan = plan,
    .forward = forward,
};
