/* The convex weights with the least loss. The loss is convex in them, so that weight goes from the
 * member whose derivative is largest to the one whose is smallest, by Newton's step along that
 * edge, until no move is worth anything: the sequential minimal optimization of Platt, 1998, with
 * its working set of two. */
#include "committee/joining/blend.h"

#include "base/checked.h"

#include <math.h>

/* The gap bounds how far the loss is above the least one. */
static const double gap_allowed = 1e-9;
enum { MOVES_MAX = 100000, STEPS_OF_NEWTON = 30 };

/* Slopes are no better known than rounding lets them be, a share of what they are sums of: where
 * the loss is about 0, there is no better gap. */
static const double rounding = 1e-14;

/* Weights that rounding alone keeps above 0 are none. */
static const double none = 1e-12;

typedef struct search {
    const neuron_blend *blend;
    double *weights; /* [members] */
    double *slopes;  /* [members], of the loss by them */
    double *means;   /* [rows] */
} search;

static void compute_means(const search *s)
{
    const neuron_blend *blend = s->blend;
    for (int64_t row = 0; row < blend->rows; row++) {
        const double *values = blend->values + row * blend->members;
        s->means[row] = 0;
        for (int64_t m = 0; m < blend->members; m++)
            s->means[row] += s->weights[m] * values[m];
    }
}

/* Returns the loss, and of which size the numbers are that the slopes are sums of. */
static double compute_slopes(const search *s, double *size)
{
    const neuron_blend *blend = s->blend;
    double loss = 0, first, second;
    *size = 0;
    for (int64_t m = 0; m < blend->members; m++)
        s->slopes[m] = 0;
    for (int64_t row = 0; row < blend->rows; row++) {
        const double *values = blend->values + row * blend->members;
        neuron_blend_slopes(blend, row, s->means[row], &first, &second);
        double largest = 0;
        for (int64_t m = 0; m < blend->members; m++) {
            s->slopes[m] += blend->weights[row] * first * values[m];
            largest = fmax(largest, fabs(values[m]));
        }
        *size += blend->weights[row] * (fabs(first) + second * largest) * largest;
        loss += blend->weights[row] * neuron_blend_loss(blend, row, s->means[row]);
    }
    return loss;
}

/* By how much the loss falls if `amount` goes from one member to another, and its derivatives. */
static void slopes_along(const search *s, int64_t from, int64_t to, double amount, double *first,
                         double *second)
{
    const neuron_blend *blend = s->blend;
    double slope, bend;
    *first = *second = 0;
    for (int64_t row = 0; row < blend->rows; row++) {
        const double *values = blend->values + row * blend->members;
        double change = values[to] - values[from];
        neuron_blend_slopes(blend, row, s->means[row] + amount * change, &slope, &bend);
        *first += blend->weights[row] * slope * change;
        *second += blend->weights[row] * bend * change * change;
    }
}

/* The least loss along an edge: Newton's steps, halved into what is known to have it. */
static double best_amount(const search *s, int64_t from, int64_t to)
{
    double low = 0, high = s->weights[from], amount = 0, first, second;
    slopes_along(s, from, to, high, &first, &second);
    if (first <= 0)
        return high;
    for (int step = 0; step < STEPS_OF_NEWTON; step++) {
        slopes_along(s, from, to, amount, &first, &second);
        if (first == 0)
            break;
        *(first > 0 ? &high : &low) = amount;
        double next = second > 0 ? amount - first / second : (low + high) / 2;
        next = next > low && next < high ? next : (low + high) / 2;
        if (fabs(next - amount) <= 1e-15 * s->weights[from])
            break;
        amount = next;
    }
    return amount;
}

/* Returns whether anything was moved. */
static bool move(const search *s, int64_t from, int64_t to)
{
    const neuron_blend *blend = s->blend;
    double amount = best_amount(s, from, to);
    if (s->weights[from] - amount < none)
        amount = s->weights[from];
    if (!(amount > 0))
        return false;
    s->weights[from] -= amount;
    s->weights[to] += amount;
    for (int64_t row = 0; row < blend->rows; row++) {
        const double *values = blend->values + row * blend->members;
        s->means[row] += amount * (values[to] - values[from]);
    }
    return true;
}

static void minimize(const search *s)
{
    int64_t members = s->blend->members;
    for (int64_t m = 0; m < members; m++)
        s->weights[m] = 1 / (double)members;
    compute_means(s);
    for (int64_t moves = 0; moves < MOVES_MAX; moves++) {
        double size, loss = compute_slopes(s, &size), gap = 0;
        int64_t from = -1, to = 0;
        for (int64_t m = 0; m < members; m++) {
            if (s->slopes[m] < s->slopes[to])
                to = m;
            if (s->weights[m] > 0 && (from < 0 || s->slopes[m] > s->slopes[from]))
                from = m;
        }
        for (int64_t m = 0; m < members; m++)
            gap += s->weights[m] * (s->slopes[m] - s->slopes[to]);
        if (gap <= gap_allowed * fabs(loss) + rounding * size || !move(s, from, to))
            break;
        if (moves % 64 == 63)
            compute_means(s); /* without what rounding has left */
    }
    double sum = 0;
    for (int64_t m = 0; m < members; m++)
        sum += s->weights[m];
    for (int64_t m = 0; m < members; m++)
        s->weights[m] /= sum;
}

int neuron_blend_convex(double *weights, const neuron_member_outputs *outputs,
                        neuron_blend_goal goal)
{
    neuron_blend blend;
    int status = neuron_blend_make(&blend, outputs, goal);
    search s = {.blend = &blend, .weights = weights};
    s.slopes = neuron_allocate(outputs->context, neuron_size(outputs->members), sizeof *s.slopes);
    s.means = neuron_allocate(outputs->context, neuron_size(blend.rows), sizeof *s.means);
    if (status == NEURON_OK && s.slopes && s.means)
        minimize(&s);
    else
        status = NEURON_E_MEMORY;
    neuron_release(outputs->context, s.slopes);
    neuron_release(outputs->context, s.means);
    neuron_blend_release(&blend);
    return status;
}
