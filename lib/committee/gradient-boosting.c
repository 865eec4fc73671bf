/* Gradient boosting (Friedman, 2001): each member is fitted by least squares to what the loss's
 * gradient says is missing, and is added to the sum of those before it, as far along as makes the
 * loss least, times the shrinkage. The loss is the log loss of classes, else half the squared
 * error. */
#include "committee/boost.h"

#include "base/checked.h"
#include "data/dataset.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { NEWTON_STEPS_MAX = 100 };

/* Where all examples are told apart, the loss has no least place: steps end here. */
static const double longest = 100;

static bool is_regression(const neuron_committee_trainer_t *trainer)
{
    return trainer->train->any_targets;
}

/* The target of an example: of one number for two classes, whether it is class 1. */
static void read_target(float *target, const neuron_committee_trainer_t *trainer, int64_t example)
{
    if (!is_regression(trainer) && trainer->boost.size == 1)
        target[0] = (float)neuron_dataset_label(trainer->train, example);
    else
        neuron_dataset_copy_target(trainer->train, example, target);
}

/* What an example's sums say: probabilities, or the numbers themselves. */
static void link_values(double *values, const float *scores, double along, const float *direction,
                        int64_t size, bool regression)
{
    double largest = -DBL_MAX, sum = 0;
    for (int64_t k = 0; k < size; k++) {
        values[k] = (double)scores[k] + (direction ? along * (double)direction[k] : 0);
        largest = fmax(largest, values[k]);
    }
    if (regression)
        return;
    if (size == 1) {
        values[0] = 1 / (1 + exp(-values[0]));
        return;
    }
    for (int64_t k = 0; k < size; k++)
        sum += values[k] = exp(values[k] - largest);
    for (int64_t k = 0; k < size; k++)
        values[k] /= sum;
}

/* Room for one example. */
typedef struct example_room {
    float *target;
    double *values;
} example_room;

static int make_room(example_room *room, const neuron_committee_trainer_t *trainer)
{
    size_t size = neuron_size(trainer->boost.size);
    room->target = neuron_allocate(trainer->context, size, sizeof *room->target);
    room->values = neuron_allocate(trainer->context, size, sizeof *room->values);
    return room->target && room->values ? NEURON_OK : NEURON_E_MEMORY;
}

static void drop_room(example_room *room, const neuron_committee_trainer_t *trainer)
{
    neuron_release(trainer->context, room->target);
    neuron_release(trainer->context, room->values);
}

/* ---- The base ---- */

/* The best constant: the mean of the targets, or the logs of the classes' shares, around 0. A class
 * without examples has the share of half an example. */
static void set_base(neuron_committee_trainer_t *trainer, const example_room *room)
{
    neuron_committee_boost *boost = &trainer->boost;
    int64_t count = trainer->train->count, size = boost->size;
    double mean = 0, least = 0.5 / (double)count;
    memset(room->values, 0, neuron_size(size) * sizeof *room->values);
    for (int64_t i = 0; i < count; i++) {
        read_target(room->target, trainer, i);
        for (int64_t k = 0; k < size; k++)
            room->values[k] += boost->weights[i] * (double)room->target[k] / (double)count;
    }
    for (int64_t k = 0; !is_regression(trainer) && k < size; k++) {
        double part = fmin(fmax(room->values[k], least), 1 - least);
        room->values[k] = size == 1 ? log(part / (1 - part)) : log(part);
        mean += room->values[k] / (double)size;
    }
    for (int64_t k = 0; k < size; k++)
        boost->base[k] = (float)(room->values[k] - (size > 1 ? mean : 0));
    for (int64_t i = 0; i < count; i++)
        memcpy(boost->scores + i * size, boost->base, neuron_size(size) * sizeof *boost->base);
}

int neuron_gradient_boost_begin(neuron_committee_trainer_t *trainer)
{
    example_room room = {NULL, NULL};
    int status = make_room(&room, trainer);
    if (status == NEURON_OK)
        set_base(trainer, &room);
    drop_room(&room, trainer);
    return status;
}

/* ---- Targets ---- */

int neuron_gradient_boost_targets(float *targets, const neuron_committee_trainer_t *trainer)
{
    const neuron_committee_boost *boost = &trainer->boost;
    int64_t size = boost->size;
    example_room room = {NULL, NULL};
    int status = make_room(&room, trainer);
    for (int64_t i = 0; status == NEURON_OK && i < trainer->train->count; i++) {
        read_target(room.target, trainer, i);
        link_values(room.values, boost->scores + i * size, 0, NULL, size, is_regression(trainer));
        for (int64_t k = 0; k < size; k++)
            targets[i * size + k] = (float)((double)room.target[k] - room.values[k]);
    }
    drop_room(&room, trainer);
    return status;
}

/* ---- Steps ---- */

/* The derivatives of the loss by how far along the member's predictions it goes. */
typedef struct derivatives {
    double first, second;
} derivatives;

static derivatives derive(const neuron_committee_trainer_t *trainer, const float *predictions,
                          double along, const example_room *room)
{
    const neuron_committee_boost *boost = &trainer->boost;
    bool regression = is_regression(trainer);
    int64_t size = boost->size;
    derivatives d = {0, 0};
    for (int64_t i = 0; i < trainer->train->count; i++) {
        const float *row = predictions + i * size;
        double weight = boost->weights[i], mean = 0, square = 0, slope = 0;
        read_target(room->target, trainer, i);
        link_values(room->values, boost->scores + i * size, along, row, size, regression);
        for (int64_t k = 0; k < size; k++) {
            double h = (double)row[k], p = room->values[k];
            slope += (p - (double)room->target[k]) * h;
            mean += p * h;
            square += (regression ? 1 : p) * h * h;
        }
        d.first += weight * slope;
        d.second += weight * (regression ? square : square - mean * mean);
    }
    return d;
}

/* Newton's method, whose steps are no longer than has been gone already, and 1. */
static double find_least(const neuron_committee_trainer_t *trainer, const float *predictions,
                         const example_room *room)
{
    double along = 0, enough = 0;
    for (int i = 0; i < NEWTON_STEPS_MAX; i++) {
        const derivatives d = derive(trainer, predictions, along, room);
        if (i == 0)
            enough = 1e-10 * fabs(d.first);
        if (!(fabs(d.first) > enough) || !(d.second > 0))
            break;
        double most = fmax(1, fabs(along)), step = fmin(fmax(-d.first / d.second, -most), most);
        if (is_regression(trainer)) /* one step is all */
            step = -d.first / d.second;
        along += step;
        if (fabs(along) >= longest || is_regression(trainer))
            break;
    }
    return fmin(fmax(along, -longest), longest);
}

/* Finite numbers may still have a sum that is not. */
static int check_sums(const neuron_committee_trainer_t *trainer, const float *predictions,
                      float step)
{
    const neuron_committee_boost *boost = &trainer->boost;
    for (int64_t i = 0; i < trainer->train->count * boost->size; i++)
        if (!isfinite(boost->scores[i] + step * predictions[i]))
            return neuron_fail(NEURON_E_NOT_FINITE,
                               "committee: with member %" PRId64 ", which puts out %g for example "
                               "%" PRId64 ", the sum is not finite",
                               boost->stage, (double)predictions[i], i / boost->size);
    return NEURON_OK;
}

int neuron_gradient_boost_advance(neuron_committee_trainer_t *trainer, const float *predictions)
{
    neuron_committee_boost *boost = &trainer->boost;
    int64_t numbers = trainer->train->count * boost->size;
    example_room room = {NULL, NULL};
    int status = make_room(&room, trainer);
    if (status == NEURON_OK) {
        double step = find_least(trainer, predictions, &room) *
                      neuron_committee_value(trainer, NEURON_COMMITTEE_SHRINKAGE);
        status = check_sums(trainer, predictions, (float)step);
        for (int64_t i = 0; status == NEURON_OK && i < numbers; i++)
            boost->scores[i] += (float)step * predictions[i];
        if (status == NEURON_OK)
            neuron_committee_boost_use(trainer, step);
    }
    drop_room(&room, trainer);
    return status;
}
