/* Members that learn only some classes, as random k-labelsets have it for labels (Tsoumakas,
 * Katakis and Vlahavas, 2011). In its graph a layer before the softmax lowers the logits of the
 * others, so that their outputs are 0; and behind the committee one makes up for how many of the
 * members know each class. */
#include "committee/classes.h"

#include "base/checked.h"
#include "base/random.h"
#include "graph/import.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What is added to the logits of classes that a member does not know: the exponential is 0 in float
 * beside any other, and losses stay finite. */
static const float lowered = -1000;

/* How many classes each member learns. */
static int64_t classes_of_member(const neuron_committee_trainer_t *trainer)
{
    double fraction = neuron_committee_value(trainer, NEURON_COMMITTEE_CLASS_FRACTION);
    int64_t classes = trainer->train->class_count;
    return neuron_between(neuron_min_count(2, classes), (int64_t)((double)classes * fraction + 0.5),
                          classes);
}

bool neuron_committee_has_class_subsets(const neuron_committee_trainer_t *trainer)
{
    return neuron_committee_value(trainer, NEURON_COMMITTEE_CLASS_FRACTION) < 1 &&
           classes_of_member(trainer) < trainer->train->class_count;
}

/* ---- Which classes ---- */

/* Deals the classes out, in one random order after the other, until a set of members has its own;
 * one that it has already is left for the next. `waiting` is room for twice as many. */
static void deal(bool *known, int64_t *waiting, const neuron_committee_trainer_t *trainer,
                 int64_t set)
{
    int64_t classes = trainer->train->class_count, each = classes_of_member(trainer), count = 0;
    neuron_random_reader reader =
        neuron_random_read(trainer->seed, NEURON_RANDOM_COMMITTEE_CLASSES, 0);
    for (int64_t i = 0; i <= set; i++) {
        int64_t taken = 0;
        memset(known, 0, (size_t)classes * sizeof *known);
        for (;;) {
            int64_t left = 0;
            for (int64_t k = 0; k < count; k++) {
                bool wanted = taken < each && !known[waiting[k]];
                if (wanted)
                    known[waiting[k]] = true;
                else
                    waiting[left++] = waiting[k];
                taken += wanted;
            }
            count = left;
            if (taken == each)
                break;
            for (int64_t k = 0; k < classes; k++)
                waiting[count + k] = k;
            neuron_random_shuffle(&reader, waiting + count, classes);
            count += classes;
        }
    }
}

int neuron_committee_known_classes(bool *known, const neuron_committee_trainer_t *trainer,
                                   int64_t member)
{
    int64_t classes = trainer->train->class_count;
    int64_t *waiting = neuron_allocate(trainer->context, 2 * neuron_size(classes), sizeof *waiting);
    if (!waiting)
        return NEURON_E_MEMORY;
    deal(known, waiting, trainer, member / neuron_committee_members_of_set(trainer));
    neuron_release(trainer->context, waiting);
    return NEURON_OK;
}

int neuron_committee_read_classes(bool **classes, const neuron_committee_trainer_t *trainer)
{
    int64_t size = trainer->train->class_count;
    *classes = NULL;
    if (!neuron_committee_has_class_subsets(trainer))
        return NEURON_OK;
    bool *made = neuron_allocate(trainer->context, neuron_size(trainer->count), neuron_size(size));
    int status = made ? NEURON_OK : NEURON_E_MEMORY;
    for (int64_t m = 0; status == NEURON_OK && m < trainer->count; m++)
        status = neuron_committee_known_classes(made + m * size, trainer, m);
    if (status == NEURON_OK)
        *classes = made;
    else
        neuron_release(trainer->context, made);
    return status;
}

void neuron_committee_normalize(float *row, int64_t count)
{
    float sum = 0;
    for (int64_t k = 0; k < count; k++)
        sum += row[k];
    for (int64_t k = 0; sum > 0 && k < count; k++)
        row[k] /= sum;
}

static int check_dealt(const neuron_committee_trainer_t *trainer)
{
    int64_t each = classes_of_member(trainer), classes = trainer->train->class_count;
    int64_t per_set = neuron_committee_members_of_set(trainer);
    int64_t sets = neuron_committee_trainer_member_count(trainer) / per_set;
    if (sets * each < classes)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "committee: %" PRId64 " %s that know %" PRId64 " of %" PRId64
                           " classes each leave some out",
                           sets, per_set > 1 ? "sets of folds" : "members", each, classes);
    return NEURON_OK;
}

int neuron_committee_check_classes(const neuron_committee_trainer_t *trainer)
{
    if (neuron_committee_value(trainer, NEURON_COMMITTEE_CLASS_FRACTION) >= 1)
        return NEURON_OK;
    switch (neuron_committee_method_of(trainer)) {
    case NEURON_COMMITTEE_METHOD_INITIALIZATION:
    case NEURON_COMMITTEE_METHOD_BAGGING:
    case NEURON_COMMITTEE_METHOD_FOLDS:
        break;
    default:
        return neuron_fail(NEURON_E_ARGUMENT,
                           "committee: class_fraction is for members by initialization, bagging "
                           "and folds, not by %s",
                           neuron_committee_method_name(trainer));
    }
    if (!trainer->build.function)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "committee: class_fraction is for graphs of a builder, not for those "
                           "that were added");
    if (trainer->train->any_targets || trainer->train->class_count < 2)
        return neuron_fail(NEURON_E_DATA,
                           "committee: class_fraction is for classes; the dataset has targets");
    return check_dealt(trainer);
}

int neuron_committee_restrict(neuron_dataset_t **part, const neuron_committee_trainer_t *trainer,
                              int64_t member, const neuron_dataset_t *dataset)
{
    neuron_context_t *context = trainer->context;
    int64_t classes = trainer->train->class_count, count = 0;
    bool *known = neuron_allocate(context, neuron_size(classes), sizeof *known);
    int64_t *positions = neuron_allocate(context, neuron_size(dataset->count), sizeof *positions);
    int status = known && positions ? neuron_committee_known_classes(known, trainer, member)
                                    : NEURON_E_MEMORY;
    for (int64_t i = 0; status == NEURON_OK && i < dataset->count; i++) {
        int32_t label = neuron_dataset_label(dataset, i);
        if (label < classes && known[label])
            positions[count++] = i;
    }
    if (status == NEURON_OK && count == 0)
        status = neuron_fail(NEURON_E_DATA, "the validation set has no example of its classes");
    if (status == NEURON_OK)
        status = neuron_dataset_derive(part, dataset, positions, 0, count);
    neuron_release(context, known);
    neuron_release(context, positions);
    return status;
}

/* ---- The graph of a member ---- */

typedef struct ending {
    const neuron_graph_t *source; /* whose names its ends have */
} ending;

static int end_anew(neuron_graph_t *graph, neuron_node_t **outputs, int64_t *count, const void *by)
{
    const ending *e = by;
    (void)count;
    neuron_node_t *lower =
        neuron_graph_add(graph, neuron_layer_find("unstandardize"), NULL, outputs, 1, NULL, NULL);
    RETURN_IF_ERROR(graph->status);
    outputs[0] = neuron_graph_add(graph, neuron_layer_find("softmax"), e->source->outputs[0]->name,
                                  &lower, 1, NULL, NULL);
    return graph->status;
}

static int lower_logits(neuron_graph_t *graph, const neuron_committee_member *member)
{
    const neuron_committee_trainer_t *committee = member->committee;
    neuron_context_t *context = committee->context;
    size_t classes = neuron_size(committee->train->class_count);
    char name[NEURON_NODE_NAME_MAX + sizeof ".mean"];
    snprintf(name, sizeof name, "%s.mean", graph->outputs[0]->inputs[0]->name);
    bool *known = neuron_allocate(context, classes, sizeof *known);
    float *added = neuron_allocate(context, classes, sizeof *added);
    int status = known && added ? neuron_committee_known_classes(known, committee, member->index)
                                : NEURON_E_MEMORY;
    for (size_t k = 0; status == NEURON_OK && k < classes; k++)
        added[k] = known[k] ? 0 : lowered;
    if (status == NEURON_OK)
        status =
            neuron_graph_write_array(graph, neuron_graph_find_array(graph, name), added, classes);
    neuron_release(context, known);
    neuron_release(context, added);
    return status;
}

int neuron_committee_choose_classes(neuron_committee_member *member)
{
    const neuron_graph_t *source = member->graph;
    const neuron_node_t *output = source->outputs[0];
    neuron_graph_t *cut, *made = NULL;
    if (!neuron_committee_has_class_subsets(member->committee))
        return NEURON_OK;
    if (source->output_count != 1 || output->spec.layer != neuron_layer_find("softmax") ||
        output->spec.output.rank != 1 ||
        output->spec.output.extent[0] != member->committee->train->class_count)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "class_fraction is for graphs that end in a softmax over the %" PRId64
                           " classes of the dataset",
                           member->committee->train->class_count);
    neuron_node_t *logits = output->inputs[0];
    RETURN_IF_ERROR(neuron_graph_with_outputs(&cut, source, &logits, 1));
    const ending end = {source};
    int status = neuron_graph_copy_changed(&made, cut, end_anew, &end);
    neuron_graph_unref(cut);
    if (status == NEURON_OK)
        status = lower_logits(made, member);
    return neuron_committee_change_graph(member, made, status);
}

/* ---- The graph of the committee ---- */

enum { POINTS = 2 };

static int scale_outputs(neuron_graph_t *graph, neuron_node_t **outputs, int64_t *count,
                         const void *by)
{
    const neuron_layer *layer = neuron_layer_find("piecewise_linear");
    neuron_options options;
    (void)count;
    (void)by;
    neuron_options_make(&options, &layer->options,
                        (const neuron_setting[]){
                            {NEURON_NODE_POINTS, POINTS}, {NEURON_NODE_NORMALIZE, true}, {0, 0}});
    outputs[0] = neuron_graph_add(graph, layer, "known_by", outputs, 1, &options, NULL);
    return graph->status;
}

/* Fills `x` and `y` of tables that divide by the weights of those that know the class; whether
 * these are other for one class than for another. */
static bool fill_tables(float *x, float *y, const bool *known, const double *weights,
                        const neuron_committee_trainer_t *trainer)
{
    int64_t classes = trainer->train->class_count;
    bool differ = false;
    double first = 0;
    for (int64_t k = 0; k < classes; k++) {
        double sum = 0;
        for (int64_t m = 0; m < trainer->count; m++)
            sum += known[m * classes + k] ? weights[m] : 0;
        first = k == 0 ? sum : first;
        differ = differ || sum != first;
        x[POINTS * k] = y[POINTS * k] = 0;
        x[POINTS * k + 1] = 1;
        y[POINTS * k + 1] = sum > 0 ? (float)(1 / sum) : 0;
    }
    return differ;
}

static int put_tables(neuron_graph_t **committee, const float *x, const float *y, int64_t count)
{
    neuron_graph_t *made;
    RETURN_IF_ERROR(neuron_graph_copy_changed(&made, *committee, scale_outputs, NULL));
    int status = neuron_graph_write_array(made, neuron_graph_find_array(made, "known_by.x"), x,
                                          neuron_size(count));
    if (status == NEURON_OK)
        status = neuron_graph_write_array(made, neuron_graph_find_array(made, "known_by.y"), y,
                                          neuron_size(count));
    if (status < 0) {
        neuron_graph_unref(made);
        return status;
    }
    neuron_graph_unref(*committee);
    *committee = made;
    return NEURON_OK;
}

int neuron_committee_scale_classes(neuron_graph_t **committee, const double *weights,
                                   const neuron_committee_trainer_t *trainer)
{
    neuron_context_t *context = trainer->context;
    int64_t count = POINTS * trainer->train->class_count;
    bool *known;
    RETURN_IF_ERROR(neuron_committee_read_classes(&known, trainer));
    if (!known)
        return NEURON_OK;
    float *x = neuron_allocate(context, 2 * neuron_size(count), sizeof *x);
    int status = x ? NEURON_OK : NEURON_E_MEMORY;
    if (x && fill_tables(x, x + count, known, weights, trainer))
        status = put_tables(committee, x, x + count, count);
    neuron_release(context, known);
    neuron_release(context, x);
    return status;
}
