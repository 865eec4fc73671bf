/* L-BFGS: Liu and Nocedal, "On the limited memory BFGS method for large scale optimization", 1989,
 * with the two loops of Nocedal, 1980. A step is halved until the value falls by as much as
 * Armijo's rule asks; where rounding hides by how much, until the slope along it is smaller (Hager
 * and Zhang, 2005). Pairs without curvature are not kept. */
#include "calibrate/minimize.h"

#include "base/checked.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { PAIRS = 10, HALVINGS = 60 };

static const double armijo = 1e-4, smaller = 0.9;

/* By how much a value of many sums may be off. */
static const double rounding = 64 * DBL_EPSILON;

/* So many steps without a smaller value or smaller slopes are the last. */
enum { PATIENCE = 8 };

typedef struct memory {
    int64_t count, pairs; /* numbers, and how many pairs were ever kept */
    double *points[PAIRS], *slopes[PAIRS];
    double products[PAIRS];
    double *direction, *next, *next_slopes, *now_slopes;
} memory;

static double product(const double *a, const double *b, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

static double largest(const double *a, int64_t count)
{
    double size = 0;
    for (int64_t i = 0; i < count; i++)
        size = fmax(size, fabs(a[i]));
    return size;
}

static void add(double *to, double factor, const double *from, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        to[i] += factor * from[i];
}

/* The direction of the step: minus the inverse Hessian, as the pairs know it, times the slopes. */
static void choose_direction(memory *m)
{
    int64_t oldest = m->pairs > PAIRS ? m->pairs - PAIRS : 0;
    double factors[PAIRS], *d = m->direction;
    for (int64_t i = 0; i < m->count; i++)
        d[i] = -m->now_slopes[i];
    for (int64_t k = m->pairs - 1; k >= oldest; k--) {
        int64_t at = k % PAIRS;
        factors[at] = product(m->points[at], d, m->count) / m->products[at];
        add(d, -factors[at], m->slopes[at], m->count);
    }
    if (m->pairs > 0) {
        int64_t last = (m->pairs - 1) % PAIRS;
        double scale = m->products[last] / product(m->slopes[last], m->slopes[last], m->count);
        for (int64_t i = 0; i < m->count; i++)
            d[i] *= scale;
    }
    for (int64_t k = oldest; k < m->pairs; k++) {
        int64_t at = k % PAIRS;
        double factor = product(m->slopes[at], d, m->count) / m->products[at];
        add(d, factors[at] - factor, m->points[at], m->count);
    }
}

/* Keeps the step from `point` to the next one. */
static void keep_pair(memory *m, const double *point)
{
    int64_t at = m->pairs % PAIRS;
    double *s = m->points[at], *y = m->slopes[at];
    for (int64_t i = 0; i < m->count; i++) {
        s[i] = m->next[i] - point[i];
        y[i] = m->next_slopes[i] - m->now_slopes[i];
    }
    double curvature = product(s, y, m->count);
    if (curvature > DBL_EPSILON * product(y, y, m->count)) {
        m->products[at] = curvature;
        m->pairs++;
    }
}

/* Whether there was a step that made the value smaller. */
static bool take_step(memory *m, const double *point, const neuron_function *function,
                      double *value)
{
    double fall = product(m->direction, m->now_slopes, m->count), size = 1;
    if (!(fall < 0))
        return false;
    if (m->pairs == 0)
        size = fmin(1, 1 / largest(m->now_slopes, m->count));
    for (int halving = 0; halving < HALVINGS; halving++, size /= 2) {
        for (int64_t i = 0; i < m->count; i++)
            m->next[i] = point[i] + size * m->direction[i];
        double next = function->evaluate(function->object, m->next, m->next_slopes);
        bool near = next <= *value + rounding * fabs(*value) &&
                    fabs(product(m->direction, m->next_slopes, m->count)) <= -smaller * fall;
        if (next <= *value + armijo * size * fall || near) {
            *value = next;
            return true;
        }
    }
    return false;
}

static void minimize(double *point, memory *m, const neuron_function *function, int64_t iterations,
                     double tolerance)
{
    size_t size = neuron_size(m->count) * sizeof *point;
    double value = function->evaluate(function->object, point, m->now_slopes), least = value;
    double slope = largest(m->now_slopes, m->count), enough = tolerance * slope, flattest = slope;
    int idle = 0;
    for (int64_t i = 0; i < iterations && slope > enough && idle < PATIENCE; i++) {
        choose_direction(m);
        if (!take_step(m, point, function, &value)) {
            if (m->pairs == 0)
                break;
            m->pairs = 0; /* what the pairs say leads nowhere: steepest descent, once */
            continue;
        }
        keep_pair(m, point);
        memcpy(point, m->next, size);
        memcpy(m->now_slopes, m->next_slopes, size);
        slope = largest(m->now_slopes, m->count);
        idle = value < least - rounding * fabs(least) || slope < flattest ? 0 : idle + 1;
        least = fmin(least, value);
        flattest = fmin(flattest, slope);
    }
}

int neuron_minimize(double *point, neuron_context_t *context, const neuron_function *function,
                    int64_t iterations, double tolerance)
{
    enum { VECTORS = 2 * PAIRS + 4 };
    memory m = {.count = function->count};
    size_t size = neuron_size_of(function->count, sizeof(double));
    double *room = neuron_allocate(context, VECTORS, size), *next = room;
    if (!room)
        return NEURON_E_MEMORY;
    for (int k = 0; k < PAIRS; k++, next += 2 * m.count) {
        m.points[k] = next;
        m.slopes[k] = next + m.count;
    }
    m.direction = next;
    m.next = next + m.count;
    m.next_slopes = next + 2 * m.count;
    m.now_slopes = next + 3 * m.count;
    minimize(point, &m, function, iterations, tolerance);
    neuron_release(context, room);
    return NEURON_OK;
}
