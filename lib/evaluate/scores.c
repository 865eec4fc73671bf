/* What an evaluation keeps of each example, and the lists that metrics are computed from: see
 * evaluate/metric.h. */
#include "evaluate/metric.h"

#include "base/checked.h"
#include "base/sort.h"
#include "losses/cross-entropy.h"

#include <math.h>
#include <string.h>

/* ---- Keeping ---- */

static bool has_classes(const neuron_evaluation_t *evaluation)
{
    return evaluation->plan.kind == NEURON_EVALUATION_CLASSES ||
           evaluation->plan.kind == NEURON_EVALUATION_PIXELS;
}

int neuron_evaluation_allocate_scores(neuron_evaluation_t *evaluation)
{
    const neuron_evaluation_plan *plan = &evaluation->plan;
    neuron_evaluation_scores *scores = &evaluation->scores;
    neuron_context_t *context = evaluation->context;
    bool whole = plan->kind == NEURON_EVALUATION_CLASSES;
    scores->width = whole ? plan->outputs : plan->channels;
    scores->places = whole ? 1 : plan->places;
    size_t examples = neuron_size(evaluation->count);
    size_t floats = neuron_size_of(plan->outputs, sizeof(float));
    scores->outputs = neuron_allocate(context, examples, floats);
    if (!scores->outputs)
        return NEURON_E_MEMORY;
    if (!has_classes(evaluation)) {
        scores->targets = neuron_allocate(context, examples, floats);
        return scores->targets ? NEURON_OK : NEURON_E_MEMORY;
    }
    size_t classes = neuron_size_of(scores->places, sizeof(int32_t));
    scores->truth = neuron_allocate(context, examples, classes);
    scores->predicted = neuron_allocate(context, examples, classes);
    return scores->truth && scores->predicted ? NEURON_OK : NEURON_E_MEMORY;
}

void neuron_evaluation_release_scores(neuron_evaluation_t *evaluation)
{
    neuron_release(evaluation->context, evaluation->scores.outputs);
    neuron_release(evaluation->context, evaluation->scores.targets);
    neuron_release(evaluation->context, evaluation->scores.truth);
    neuron_release(evaluation->context, evaluation->scores.predicted);
}

static void take_softmax(float *values, int64_t count)
{
    double largest = (double)values[neuron_argmax(values, count)], sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += exp((double)values[i] - largest);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)(exp((double)values[i] - largest) / sum);
}

void neuron_evaluation_keep(neuron_evaluation_t *evaluation, const neuron_batch *batch,
                            const float *outputs, bool logits)
{
    const neuron_evaluation_scores *scores = &evaluation->scores;
    if (!scores->outputs)
        return;
    int64_t places = batch->count * scores->places;
    size_t bytes = (size_t)(places * scores->width) * sizeof *outputs;
    float *kept = scores->outputs + evaluation->seen * scores->width;
    memcpy(kept, outputs, bytes);
    logits = logits && has_classes(evaluation); /* others are judged as they are */
    for (int64_t i = 0; logits && i < places; i++)
        take_softmax(kept + i * scores->width, scores->width);
    if (scores->targets)
        memcpy(scores->targets + evaluation->seen * scores->width, batch->targets, bytes);
}

int neuron_evaluation_check_scores(const neuron_evaluation_t *evaluation, const char *who)
{
    if (evaluation->scores.outputs)
        return NEURON_OK;
    return neuron_fail(NEURON_E_STATE,
                       "%s: needs what was said of each example, which this evaluation has not "
                       "kept: evaluate with the option \"scores=yes\"",
                       who);
}

int neuron_evaluation_check_probabilities(const neuron_evaluation_t *evaluation, const char *who)
{
    static const float tolerance = 1e-5f; /* of sums and means that are rounded */
    const neuron_evaluation_scores *scores = &evaluation->scores;
    int64_t count = evaluation->seen * scores->width;
    for (int64_t i = 0; i < count; i++)
        if (scores->outputs[i] < -tolerance || scores->outputs[i] > 1 + tolerance)
            return neuron_fail(NEURON_E_DATA,
                               "%s: output %" PRId64 " of example %" PRId64
                               " is %g; it must be a probability, 0 to 1",
                               who, i % (scores->width * scores->places),
                               i / (scores->width * scores->places), (double)scores->outputs[i]);
    return NEURON_OK;
}

/* ---- Examples ---- */

/* What an output says of a row: a single output is that of class 1. */
static double score_of(const neuron_evaluation_t *evaluation, int64_t place, int64_t row)
{
    const neuron_evaluation_scores *scores = &evaluation->scores;
    const float *outputs = scores->outputs + place * scores->width;
    if (scores->width > 1 || evaluation->plan.rows == 1)
        return (double)outputs[row];
    return row == 1 ? (double)outputs[0] : 1 - (double)outputs[0];
}

static bool is_of_row(const neuron_evaluation_t *evaluation, int64_t place, int64_t row)
{
    const neuron_evaluation_scores *scores = &evaluation->scores;
    return scores->truth ? scores->truth[place] == row
                         : scores->targets[place * scores->width + row] > 0.5f;
}

bool neuron_evaluation_is_right(const neuron_evaluation_t *evaluation, int64_t place)
{
    const neuron_evaluation_scores *scores = &evaluation->scores;
    if (scores->truth)
        return scores->truth[place] == scores->predicted[place];
    const float *outputs = scores->outputs + place * scores->width;
    bool right = true;
    for (int64_t k = 0; k < scores->width; k++) {
        bool truth = is_of_row(evaluation, place, k);
        right = right && truth == neuron_evaluation_takes_label(evaluation, outputs[k], truth);
    }
    return right;
}

/* As in scikit-learn, of equal outputs the last counts as the largest; of two classes it is the
 * class taken that counts, whether they have one output or two. */
static bool is_among_largest(const neuron_evaluation_t *evaluation, int64_t place, int64_t k)
{
    const neuron_evaluation_scores *scores = &evaluation->scores;
    int64_t truth = scores->truth[place], larger = 0;
    const float *outputs = scores->outputs + place * scores->width;
    if (evaluation->plan.rows == 2)
        return k > 1 || scores->predicted[place] == truth;
    for (int64_t i = 0; i < scores->width; i++)
        larger += outputs[i] > outputs[truth] || (outputs[i] == outputs[truth] && i > truth);
    return larger < k;
}

/* ---- Lists ---- */

int neuron_scored_allocate(neuron_scored_list *list, const neuron_evaluation_t *evaluation,
                           neuron_scored_what what)
{
    int64_t all = what == NEURON_SCORED_ALL_ROWS ? evaluation->plan.rows : 1;
    *list = (neuron_scored_list){0};
    list->all = neuron_allocate(evaluation->context, neuron_size(evaluation->seen),
                                neuron_size_of(all, sizeof *list->all));
    return list->all ? NEURON_OK : NEURON_E_MEMORY;
}

static bool is_undefined(const neuron_evaluation_t *evaluation, int64_t place)
{
    const float *outputs = evaluation->scores.outputs + place * evaluation->scores.width;
    bool found = false;
    for (int64_t k = 0; k < evaluation->scores.width; k++)
        found = found || isnan(outputs[k]);
    return found;
}

static void add(neuron_scored_list *list, double score, bool is_so, int64_t example,
                bool probability)
{
    if (isnan(score) && !list->undefined) {
        list->undefined = true;
        list->undefined_at = example;
    }
    if (probability)
        score = score < 0 ? 0 : score > 1 ? 1 : score;
    list->all[list->count++] = (neuron_scored){score, 2 * example + is_so};
}

void neuron_scored_fill(neuron_scored_list *list, const neuron_evaluation_t *evaluation,
                        neuron_scored_what what, int64_t argument, bool probabilities)
{
    const neuron_evaluation_scores *scores = &evaluation->scores;
    int64_t last = what == NEURON_SCORED_ALL_ROWS ? evaluation->plan.rows - 1 : argument;
    bool of_place = what != NEURON_SCORED_ROW && what != NEURON_SCORED_ALL_ROWS;
    /* 1 - p has not the order of small p, but -p has. */
    bool negative =
        what == NEURON_SCORED_ROW && !probabilities && scores->width == 1 && argument == 0;
    list->count = 0;
    list->offset = negative && evaluation->plan.rows == 2 ? 1 : 0;
    list->undefined = false;
    for (int64_t row = what == NEURON_SCORED_ALL_ROWS ? 0 : argument; row <= last; row++)
        for (int64_t i = 0; i < evaluation->seen; i++) {
            double score = 0;
            bool is_so = true;
            if (what == NEURON_SCORED_CONFIDENCE) {
                score = score_of(evaluation, i, scores->predicted[i]);
                is_so = neuron_evaluation_is_right(evaluation, i);
            } else if (what == NEURON_SCORED_TRUTH) {
                score = score_of(evaluation, i, scores->truth[i]);
            } else if (what == NEURON_SCORED_TOP) {
                is_so = is_among_largest(evaluation, i, argument);
            } else {
                score =
                    list->offset > 0 ? -(double)scores->outputs[i] : score_of(evaluation, i, row);
                is_so = is_of_row(evaluation, i, row);
            }
            if (of_place && is_undefined(evaluation, i))
                score = (double)NAN;
            add(list, score, is_so, i / scores->places, probabilities);
        }
}

static int compare(const void *left, const void *right)
{
    const neuron_scored *a = left, *b = right;
    int by_score = (a->score < b->score) - (a->score > b->score);
    return by_score != 0 ? by_score : (a->mark > b->mark) - (a->mark < b->mark);
}

void neuron_scored_sort(neuron_scored_list *list)
{
    if (!list->undefined)
        neuron_sort(list->all, (size_t)list->count, sizeof *list->all, compare);
}
