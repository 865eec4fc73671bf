/* What was held out, as rows to learn from how members are joined: see held-out.h. */
#include "committee/held-out.h"

#include "base/checked.h"
#include "committee/classes.h"

typedef struct rows {
    const neuron_committee_trainer_t *trainer;
    int64_t size;       /* numbers that a member puts out */
    float *values;      /* [examples, members, size] */
    bool *known;        /* [examples, members] */
    bool *classes;      /* that each member knows, [members, size]; NULL for all */
    float *made;        /* [examples, sets, size] */
    int64_t *positions; /* of the examples that rows were made of */
    neuron_dataset_t *dataset;
} rows;

static void end_rows(void *context, void *object)
{
    rows *r = object;
    neuron_release(context, r->values);
    neuron_release(context, r->known);
    neuron_release(context, r->classes);
    neuron_release(context, r->made);
    neuron_release(context, r->positions);
    neuron_dataset_unref(r->dataset);
    neuron_release(context, r);
}

/* The mean of what members from `first` on have put out for an example, of each class that of those
 * that know it; how many have. */
static int64_t mean_of(float *mean, const rows *r, int64_t example, int64_t first, int64_t count)
{
    int64_t place = example * r->trainer->count + first, size = r->size, used = 0;
    for (int64_t m = 0; m < count; m++)
        used += r->known[place + m];
    for (int64_t k = 0; used > 0 && k < size; k++) {
        int64_t of_class = 0;
        mean[k] = 0;
        for (int64_t m = 0; m < count; m++) {
            if (!r->known[place + m] || (r->classes && !r->classes[(first + m) * size + k]))
                continue;
            float value = r->values[(place + m) * size + k];
            mean[k] = of_class++ > 0 ? mean[k] + value : value;
        }
        mean[k] = of_class > 1 ? mean[k] / (float)of_class : mean[k];
    }
    return used;
}

/* What a set would have put out, by what the others have. */
static void impute(float *row, const rows *r, int64_t example, int64_t first)
{
    mean_of(row, r, example, 0, r->trainer->count);
    for (int64_t k = 0; r->classes && k < r->size; k++)
        row[k] = r->classes[first * r->size + k] ? row[k] : 0;
    if (r->classes)
        neuron_committee_normalize(row, r->size);
}

/* Makes the rows; returns of how many examples. */
static int64_t condense(rows *r)
{
    const neuron_committee_trainer_t *trainer = r->trainer;
    int64_t each = neuron_committee_members_of_set(trainer), count = 0;
    int64_t sets = trainer->count / each;
    for (int64_t i = 0; i < trainer->train->count; i++) {
        int64_t used = 0;
        for (int64_t m = 0; m < trainer->count; m++)
            used += r->known[i * trainer->count + m];
        if (used == 0)
            continue;
        for (int64_t s = 0; s < sets; s++) {
            float *row = r->made + (count * sets + s) * r->size;
            if (mean_of(row, r, i, s * each, each) == 0)
                impute(row, r, i, s * each);
        }
        r->positions[count++] = i;
    }
    return count;
}

static int allocate(rows *r, int64_t sets)
{
    const neuron_committee_trainer_t *trainer = r->trainer;
    neuron_context_t *context = trainer->context;
    size_t examples = neuron_size(trainer->train->count);
    r->values = neuron_allocate(context, examples,
                                neuron_size_of(trainer->count * r->size, sizeof *r->values));
    r->known = neuron_allocate_zero(context, examples, neuron_size(trainer->count));
    r->made = neuron_allocate(context, examples, neuron_size_of(sets * r->size, sizeof *r->made));
    r->positions = neuron_allocate(context, examples, sizeof *r->positions);
    return r->values && r->known && r->made && r->positions ? NEURON_OK : NEURON_E_MEMORY;
}

int neuron_committee_read_held_out(neuron_member_outputs **outputs, neuron_hold *hold,
                                   const neuron_committee_trainer_t *trainer)
{
    const neuron_graph_t *first = trainer->members[0].graph;
    neuron_context_t *context = trainer->context;
    int64_t sets = trainer->count / neuron_committee_members_of_set(trainer);
    RETURN_IF_ERROR(neuron_member_outputs_begin(outputs, hold, context, sets));
    NEURON_HOLD(own);
    rows *r = neuron_allocate_zero(context, 1, sizeof *r);
    if (!r)
        return NEURON_E_MEMORY;
    neuron_hold_add(&own, end_rows, context, r);
    r->trainer = trainer;
    r->size = neuron_shape_count(&first->outputs[0]->spec.output);
    RETURN_IF_ERROR(allocate(r, sets));
    RETURN_IF_ERROR(neuron_committee_read_classes(&r->classes, trainer));
    RETURN_IF_ERROR(neuron_committee_gather(r->values, r->known, trainer));
    int64_t count = condense(r);
    if (count == 0)
        return neuron_fail(NEURON_E_DATA,
                           "committee: no example was held out from any member to learn from how "
                           "they are joined");
    RETURN_IF_ERROR(neuron_dataset_derive(&r->dataset, trainer->train, r->positions, 0, count));
    return neuron_member_outputs_fill(*outputs, first, r->dataset, r->made);
}
