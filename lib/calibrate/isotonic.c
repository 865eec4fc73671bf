/* Pools adjacent violators: see isotonic.h. Equal probabilities are one point with the mean of what
 * is true of them, and points within a level part are left out, as scikit-learn has it. */
#include "calibrate/isotonic.h"

#include "base/checked.h"
#include "base/sort.h"

/* One thing seen: a probability, and whether the class was true. */
typedef struct sighting {
    float probability;
    bool is;
} sighting;

/* Points that have one height: the first and the last of them, how many examples they have, and of
 * how many of these the class is true. All are whole numbers, so that no order plays a part. */
typedef struct level {
    float first, last;
    int64_t examples, true_of;
} level;

typedef struct pooling {
    const neuron_held_out *held_out;
    sighting *seen; /* both with room for each example */
    level *levels;
} pooling;

static int compare(const void *a, const void *b)
{
    const sighting *first = a, *second = b;
    return (first->probability > second->probability) - (first->probability < second->probability);
}

static void see(const pooling *p, int64_t k)
{
    size_t count = (size_t)p->held_out->count;
    for (size_t i = 0; i < count; i++)
        p->seen[i] = (sighting){neuron_held_out_row(p->held_out, (int64_t)i)[k],
                                neuron_held_out_is(p->held_out, (int64_t)i, k)};
    neuron_sort(p->seen, count, sizeof *p->seen, compare);
}

static bool is_below(const level *a, const level *b)
{
    return (double)a->true_of * (double)b->examples < (double)b->true_of * (double)a->examples;
}

/* Makes the levels of a class, from the left; returns how many there are. */
static int64_t pool(const pooling *p, int64_t k)
{
    int64_t used = 0, count = p->held_out->count;
    see(p, k);
    for (int64_t i = 0; i < count;) {
        float x = p->seen[i].probability;
        level now = {.first = x, .last = x};
        for (; i < count && p->seen[i].probability == x; i++) {
            now.examples++;
            now.true_of += p->seen[i].is;
        }
        for (; used > 0 && !is_below(&p->levels[used - 1], &now); used--) {
            const level *before = &p->levels[used - 1];
            now.first = before->first;
            now.examples += before->examples;
            now.true_of += before->true_of;
        }
        p->levels[used++] = now;
    }
    return used;
}

/* Writes the corners of levels and returns how many there are; with NULL it only counts. */
static int64_t write_corners(const level *levels, int64_t count, float *x, float *y)
{
    int64_t points = 0;
    for (int64_t i = 0; i < count; i++)
        for (int side = 0; side < 2; side++) {
            if (side == 1 && levels[i].last == levels[i].first)
                continue;
            if (x) {
                x[points] = side == 0 ? levels[i].first : levels[i].last;
                y[points] = (float)((double)levels[i].true_of / (double)levels[i].examples);
            }
            points++;
        }
    return points;
}

static int fill(neuron_isotonic *isotonic, const pooling *p)
{
    int64_t classes = p->held_out->classes;
    isotonic->points = 1;
    for (int64_t k = 0; k < classes; k++) {
        int64_t points = write_corners(p->levels, pool(p, k), NULL, NULL);
        isotonic->points = points > isotonic->points ? points : isotonic->points;
    }
    size_t row = neuron_size_of(isotonic->points, 2 * sizeof *isotonic->x);
    isotonic->x = neuron_allocate(p->held_out->context, neuron_size(classes), row);
    if (!isotonic->x)
        return NEURON_E_MEMORY;
    isotonic->y = isotonic->x + classes * isotonic->points;
    for (int64_t k = 0; k < classes; k++) {
        float *x = isotonic->x + k * isotonic->points, *y = isotonic->y + k * isotonic->points;
        int64_t points = write_corners(p->levels, pool(p, k), x, y);
        for (int64_t i = points; i < isotonic->points; i++) {
            x[i] = x[points - 1];
            y[i] = y[points - 1];
        }
    }
    return NEURON_OK;
}

int neuron_isotonic_fit(neuron_isotonic *isotonic, const neuron_held_out *held_out)
{
    size_t count = neuron_size(held_out->count);
    *isotonic = (neuron_isotonic){.points = 0};
    pooling p = {.held_out = held_out};
    p.seen = neuron_allocate(held_out->context, count, sizeof *p.seen);
    p.levels = neuron_allocate(held_out->context, count, sizeof *p.levels);
    int status = p.seen && p.levels ? fill(isotonic, &p) : NEURON_E_MEMORY;
    neuron_release(held_out->context, p.seen);
    neuron_release(held_out->context, p.levels);
    return status;
}
