/* How differently members err: the measures that Kuncheva and Whitaker, 2003, compare. */
#include <libneuron-committee/joining.h>

#include "base/checked.h"
#include "base/float-mode.h"
#include "committee/outputs.h"
#include "committee/joining/weights.h"

#include <math.h>
#include <string.h>

enum { MEASURE = 1 };

enum { DISAGREEMENT, DOUBLE_FAULT, Q_STATISTIC, CORRELATION, KAPPA };

static const neuron_word measures[] = {
    {DISAGREEMENT, "disagreement"},
    {DOUBLE_FAULT, "double_fault"},
    {Q_STATISTIC, "q_statistic"},
    {CORRELATION, "correlation"},
    {KAPPA, "kappa"},
    {0, ""},
};

static const neuron_option rows[] = {
    NEURON_CHOICE(MEASURE, "measure", measures, DISAGREEMENT, "of how differently two err"),
};

const neuron_option_table neuron_committee_diversity_options = NEURON_OPTION_TABLE(rows);

static int read_options(int32_t *measure, const char *options)
{
    neuron_options given;
    neuron_options_reset(&given, &neuron_committee_diversity_options);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, "committee_diversity"));
    *measure = (int32_t)neuron_options_value(&given, MEASURE);
    return NEURON_OK;
}

/* How often both of a pair are right, only one of them, and none. */
typedef struct pair {
    double both, first, second, none;
} pair;

static double measure_of(const pair *p, int32_t measure)
{
    double a = p->both, b = p->first, c = p->second, d = p->none;
    switch (measure) {
    case DISAGREEMENT:
        return (b + c) / (a + b + c + d);
    case DOUBLE_FAULT:
        return d / (a + b + c + d);
    case Q_STATISTIC:
        return (a * d - b * c) / (a * d + b * c);
    case CORRELATION:
        return (a * d - b * c) / sqrt((a + b) * (c + d) * (a + c) * (b + d));
    default:
        return 2 * (a * d - b * c) / ((a + b) * (b + d) + (a + c) * (c + d));
    }
}

/* Of each member and thing that is right or wrong, whether it is right. */
static void judge(const neuron_member_outputs *outputs, bool *right, double *values)
{
    int64_t units = neuron_member_outputs_units(outputs), size = outputs->size;
    for (int64_t i = 0; i < outputs->dataset->count; i++)
        for (int64_t m = 0; m < outputs->members; m++) {
            const float *x = neuron_member_outputs_at(outputs, i) + m * size;
            for (int64_t k = 0; k < size; k++)
                values[k] = (double)x[k];
            for (int64_t unit = 0; unit < units; unit++)
                right[(i * units + unit) * outputs->members + m] =
                    neuron_member_outputs_right(outputs, i, unit, values);
        }
}

static void compare(double *diversity, const bool *right, int64_t count, int64_t members,
                    int32_t measure)
{
    for (int64_t i = 0; i < members; i++)
        for (int64_t j = 0; j < members; j++) {
            pair p = {0, 0, 0, 0};
            for (int64_t n = 0; n < count; n++) {
                bool first = right[n * members + i], second = right[n * members + j];
                p.both += first && second;
                p.first += first && !second;
                p.second += !first && second;
                p.none += !first && !second;
            }
            diversity[i * members + j] = measure_of(&p, measure);
        }
}

static int measure(double *diversity, const neuron_member_outputs *outputs, int32_t by)
{
    neuron_context_t *context = outputs->context;
    int64_t count = outputs->dataset->count * neuron_member_outputs_units(outputs);
    if (outputs->plan.kind == NEURON_EVALUATION_REGRESSION)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "committee_diversity: the targets are those of a regression, of which "
                           "nothing is right or wrong");
    RETURN_IF_ERROR(neuron_member_outputs_check(outputs, false));
    bool *right = neuron_allocate(context, neuron_size(count), neuron_size(outputs->members));
    double *values = neuron_allocate(context, neuron_size(outputs->size), sizeof *values);
    if (right && values) {
        judge(outputs, right, values);
        compare(diversity, right, count, outputs->members, by);
    }
    int status = right && values ? NEURON_OK : NEURON_E_MEMORY;
    neuron_release(context, right);
    neuron_release(context, values);
    return status;
}

static int compare_members(double *values, const neuron_member_source *source, const char *options)
{
    int32_t by;
    RETURN_IF_ERROR(neuron_member_source_check(source));
    RETURN_IF_ERROR(read_options(&by, options));
    NEURON_HOLD(hold);
    neuron_member_outputs *outputs;
    RETURN_IF_ERROR(neuron_member_outputs_read(&outputs, &hold, source));
    return measure(values, outputs, by);
}

int neuron_committee_diversity(double *values, neuron_graph_t *const *members, int64_t count,
                               const neuron_dataset_t *dataset, const char *options)
{
    FLOAT_SCOPE;
    const neuron_member_source source = NEURON_MEMBERS_OF(dataset);
    CHECK_ARGUMENT(values);
    neuron_hold_end_left();
    return compare_members(values, &source, options);
}

int neuron_committee_diversity_from_outputs(double *values, neuron_context_t *context,
                                            neuron_tensor_t *const *outputs, int64_t count,
                                            const neuron_tensor_t *targets, const char *options)
{
    FLOAT_SCOPE;
    const neuron_member_source source = NEURON_OUTPUTS_GIVEN;
    CHECK_ARGUMENT(values);
    neuron_hold_end_left();
    return compare_members(values, &source, options);
}
