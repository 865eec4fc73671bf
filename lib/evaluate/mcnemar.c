/* McNemar's test of two evaluations of the same examples. */
#include "evaluate/metric.h"

#include "base/float-mode.h"

#include <math.h>
#include <string.h>

enum { KEY_METHOD = 1, EXACT_BELOW = 25 };

typedef enum method { AUTO = 10, EXACT = 20, CHI_SQUARED = 30 } method;

static const neuron_word methods[] = {
    {AUTO, "auto"}, {EXACT, "exact"}, {CHI_SQUARED, "chi_squared"}, {0, ""}};

static const neuron_option rows[] = {
    NEURON_CHOICE(KEY_METHOD, "method", methods, AUTO, "of the probability"),
};

const neuron_option_table neuron_mcnemar_options = NEURON_OPTION_TABLE(rows);

static int check_one(const neuron_evaluation_t *evaluation)
{
    neuron_evaluation_kinds kind = evaluation->plan.kind;
    if (kind != NEURON_EVALUATION_CLASSES && kind != NEURON_EVALUATION_MULTI_LABEL)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "mcnemar: is for evaluations of classes or multi_label, not of kind %s",
                           neuron_evaluation_kind(evaluation));
    return neuron_evaluation_check_scores(evaluation, "mcnemar");
}

static bool is_same(const neuron_evaluation_t *a, const neuron_evaluation_t *b, int64_t place)
{
    if (a->scores.truth)
        return a->scores.truth[place] == b->scores.truth[place];
    int64_t width = a->scores.width;
    return memcmp(a->scores.targets + place * width, b->scores.targets + place * width,
                  (size_t)width * sizeof(float)) == 0;
}

static int check_pair(const neuron_evaluation_t *a, const neuron_evaluation_t *b)
{
    if (a->plan.kind != b->plan.kind || a->seen != b->seen || a->plan.rows != b->plan.rows)
        return neuron_fail(NEURON_E_DATA,
                           "mcnemar: a has %" PRId64 " examples and %" PRId64 " %s, b %" PRId64
                           " and %" PRId64 " %s; they must be the same",
                           a->seen, a->plan.rows,
                           a->plan.kind == NEURON_EVALUATION_CLASSES ? "classes" : "labels",
                           b->seen, b->plan.rows,
                           b->plan.kind == NEURON_EVALUATION_CLASSES ? "classes" : "labels");
    for (int64_t i = 0; i < a->seen; i++)
        if (!is_same(a, b, i))
            return neuron_fail(NEURON_E_DATA,
                               "mcnemar: example %" PRId64
                               " has another target in a than in b; both must have the same "
                               "examples in the same order",
                               i);
    return NEURON_OK;
}

/* Twice the probability of at most `few` heads in `count` throws, few being no more than half of
 * them. Terms are those of the binomial beside the one in the middle, so that no factorial is
 * needed. */
static double binomial(int64_t few, int64_t count)
{
    double term = 1, half = 0, tail = 0;
    for (int64_t i = count / 2; i >= 0 && term > 0; i--) {
        half += term;
        tail += i <= few ? term : 0;
        term *= (double)i / (double)(count - i + 1);
    }
    double all = 2 * half - (count % 2 == 0); /* the middle is there once */
    return fmin(1, 2 * tail / all);
}

int neuron_evaluation_mcnemar(double *statistic, double *p_value, const neuron_evaluation_t *a,
                              const neuron_evaluation_t *b, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(a);
    CHECK_ARGUMENT(b);
    neuron_options given;
    neuron_options_reset(&given, &neuron_mcnemar_options);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, "mcnemar"));
    RETURN_IF_ERROR(check_one(a));
    RETURN_IF_ERROR(check_one(b));
    RETURN_IF_ERROR(check_pair(a, b));
    int64_t only_a = 0, only_b = 0;
    for (int64_t i = 0; i < a->seen; i++) {
        bool right = neuron_evaluation_is_right(a, i), other = neuron_evaluation_is_right(b, i);
        only_a += right && !other;
        only_b += other && !right;
    }
    int64_t count = only_a + only_b, few = only_a < only_b ? only_a : only_b;
    int32_t chosen = (int32_t)neuron_options_value(&given, KEY_METHOD);
    bool exact = chosen == EXACT || (chosen == AUTO && count < EXACT_BELOW);
    double beyond = fmax(0, fabs((double)(only_a - only_b)) - 1);
    double square = count > 0 ? beyond * beyond / (double)count : 0;
    if (statistic)
        *statistic = exact ? (double)few : square;
    if (p_value)
        *p_value = exact ? binomial(few, count) : erfc(sqrt(square / 2));
    return NEURON_OK;
}
