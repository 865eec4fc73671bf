/* Dividing a dataset into subsets: positions are sorted by class or shuffled, and each subset gets
 * those of its fraction, so that none overlap and none is lost. Folds are in k-fold.c. */
#include "data/split.h"

#include "data/dataset.h"

#include "base/float-mode.h"
#include "base/random.h"
#include "base/text/number.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const double sum_tolerance = 1e-9;

typedef enum split_order { SHUFFLED, STRATIFIED, IN_ORDER } split_order;

static const neuron_word order_words[] = {
    {SHUFFLED, "shuffled"},
    {STRATIFIED, "stratified"},
    {IN_ORDER, "in_order"},
    {0, ""},
};

enum { ORDER = 1 };

static const neuron_option rows[] = {
    NEURON_CHOICE(ORDER, "order", order_words, SHUFFLED, "in which examples are dealt out"),
};

const neuron_option_table neuron_split_options = NEURON_OPTION_TABLE(rows);

/* Examples of one division in the order in which they are dealt out, class by class if it is
 * stratified and as if all were of one class if not. */
typedef struct deal {
    const double *fractions;
    int64_t class_count;
    int64_t *ends;      /* of each class in `positions` */
    int64_t *positions; /* in the dataset */
    int64_t *subset;    /* scratch for the positions of one subset */
} deal;

static int check_fractions(const double *fractions, int64_t count)
{
    char text[NEURON_NUMBER_TEXT];
    double sum = 0;
    for (int32_t k = 0; k < count; k++) {
        if (!isfinite(fractions[k]) || fractions[k] <= 0)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "neuron_dataset_split: fractions[%" PRId32
                               "] is %s; it must be above 0 and finite",
                               k, neuron_number_short(fractions[k], text));
        sum += fractions[k];
    }
    if (sum > 1 + sum_tolerance)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "neuron_dataset_split: the sum of fractions is %s; it must be at most 1",
                           neuron_number_apart(sum, 1, 6, text));
    return NEURON_OK;
}

/* Where subset `k` ends among `count` examples. Rounding sums instead of fractions makes each
 * subset begin where the one before it ends. */
static int64_t subset_end(const double *fractions, int32_t k, int64_t count)
{
    double sum = 0;
    for (int32_t i = 0; i <= k; i++)
        sum += fractions[i];
    if (sum >= 1 - sum_tolerance)
        return count;
    return (int64_t)llround(sum * (double)count);
}

void neuron_dataset_group(const neuron_dataset_t *dataset, int64_t *positions, int64_t *scratch,
                          int64_t *ends)
{
    memset(ends, 0, (size_t)dataset->class_count * sizeof *ends);
    for (int64_t i = 0; i < dataset->count; i++)
        ends[neuron_dataset_label(dataset, i)]++;
    int64_t begin = 0;
    for (int32_t k = 0; k < dataset->class_count; k++) {
        int64_t size = ends[k];
        ends[k] = begin;
        begin += size;
    }
    memcpy(scratch, positions, (size_t)dataset->count * sizeof *scratch);
    for (int64_t i = 0; i < dataset->count; i++) {
        int32_t label = neuron_dataset_label(dataset, scratch[i]);
        positions[ends[label]++] = scratch[i];
    }
}

/* Collects the positions of one subset and returns how many they are. */
static int64_t deal_subset(const deal *all, int32_t k)
{
    int64_t used = 0, begin = 0;
    for (int32_t class = 0; class < all->class_count; class ++) {
        int64_t size = all->ends[class] - begin;
        int64_t from = k > 0 ? subset_end(all->fractions, k - 1, size) : 0;
        int64_t to = subset_end(all->fractions, k, size);
        for (int64_t i = from; i < to; i++)
            all->subset[used++] = all->positions[begin + i];
        begin = all->ends[class];
    }
    return used;
}

static int make_subsets(deal *all, const neuron_dataset_t *dataset, int64_t count,
                        split_order order, uint64_t seed, neuron_dataset_t **subsets)
{
    neuron_random_reader reader = neuron_random_read(seed, NEURON_RANDOM_SPLIT, 0);
    for (int64_t i = 0; i < dataset->count; i++)
        all->positions[i] = i;
    all->ends[0] = dataset->count;
    if (order != IN_ORDER)
        neuron_random_shuffle(&reader, all->positions, dataset->count);
    if (order == STRATIFIED)
        neuron_dataset_group(dataset, all->positions, all->subset, all->ends);
    for (int32_t k = 0; k < count; k++) {
        int64_t size = deal_subset(all, k);
        if (size == 0)
            return neuron_fail(NEURON_E_DATA,
                               "neuron_dataset_split: subset %" PRId32 " of %" PRId64
                               " would get none of the %" PRId64 " examples",
                               k, count, dataset->count);
        if (order == STRATIFIED)
            neuron_random_shuffle(&reader, all->subset, size);
        RETURN_IF_ERROR(neuron_dataset_derive(&subsets[k], dataset, all->subset, 0, size));
    }
    return NEURON_OK;
}

int neuron_dataset_split(neuron_dataset_t **subsets, neuron_dataset_t *dataset,
                         const double *fractions, int64_t count, uint64_t seed, const char *options)
{
    FLOAT_SCOPE;
    CHECK_LIST(count);
    for (int32_t k = 0; subsets && k < count; k++)
        subsets[k] = NULL;
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(fractions);
    CHECK_ARGUMENT(subsets);
    neuron_options settings;
    neuron_options_reset(&settings, &neuron_split_options);
    RETURN_IF_ERROR(neuron_options_parse(&settings, options, "split"));
    const split_order order = (split_order)neuron_options_value(&settings, ORDER);
    RETURN_IF_ERROR(check_fractions(fractions, count));

    neuron_context_t *context = dataset->context;
    deal all = {.fractions = fractions,
                .class_count = order == STRATIFIED ? dataset->class_count : 1};
    int status = NEURON_E_MEMORY;
    all.ends = neuron_allocate(context, neuron_size(all.class_count), sizeof *all.ends);
    all.positions = neuron_allocate(context, neuron_size(dataset->count), sizeof *all.positions);
    all.subset = neuron_allocate(context, neuron_size(dataset->count), sizeof *all.subset);
    if (all.ends && all.positions && all.subset)
        status = make_subsets(&all, dataset, count, order, seed, subsets);
    for (int32_t k = 0; status < 0 && k < count; k++) {
        neuron_dataset_unref(subsets[k]);
        subsets[k] = NULL;
    }
    neuron_release(context, all.subset);
    neuron_release(context, all.positions);
    neuron_release(context, all.ends);
    return status;
}
