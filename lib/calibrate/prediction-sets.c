/* Adds prediction sets to a graph, with a threshold of held-out examples: see
 * libneuron/calibration.h. */
#include "calibrate/calibrate.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "base/sort.h"
#include "calibrate/held-out.h"
#include "graph/import.h"
#include "graph/meaning.h"
#include "graph/names.h"
#include "layers/calibration/prediction-set.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Beside the keys of the layer. */
enum { COVERAGE = 1000, OUTPUT };

static const neuron_option rows[] = {
    NEURON_OPTIONS_PREDICTION_SET,
    NEURON_REAL(COVERAGE, "coverage", DBL_MIN, NEURON_BELOW_ONE, 0.9,
                "share of examples whose set has their class"),
    NEURON_INTEGER(OUTPUT, "output", 0, INT32_MAX, 0, "which output of the graph"),
};

const neuron_option_table neuron_prediction_sets_options = NEURON_OPTION_TABLE(rows);

/* ---- The graph ---- */

typedef struct set_output {
    int64_t output;
    const neuron_options *options;
    float threshold;
} set_output;

/* One output has one list of sets. */
static int check_without_sets(const neuron_graph_t *graph, const neuron_node_t *from)
{
    const neuron_layer *layer = neuron_layer_find("prediction_set");
    for (int64_t i = 0; i < graph->node_total; i++) {
        const neuron_node_t *node = graph->nodes[i];
        if (node->spec.layer == layer && node->inputs[0] == from)
            return neuron_fail(NEURON_E_ARGUMENT, "prediction_sets: %s has sets already, %s",
                               from->name, node->name);
    }
    return NEURON_OK;
}

static int add_sets(neuron_graph_t *graph, neuron_node_t **outputs, int64_t *count, const void *by)
{
    const set_output *what = by;
    neuron_node_t *from = outputs[what->output];
    RETURN_IF_ERROR(check_without_sets(graph, from));
    const neuron_option_table *table = &neuron_layer_find("prediction_set")->options;
    char name[NEURON_NODE_NAME_MAX + 32] = "prediction_set";
    if (*count > 1)
        snprintf(name, sizeof name, "%s_prediction_set", from->name);
    if (neuron_names_find(graph, name))
        return neuron_fail(NEURON_E_ARGUMENT, "prediction_sets: %s is there already", name);
    neuron_options options;
    neuron_options_reset(&options, table);
    for (int64_t i = 0; i < table->count; i++)
        neuron_options_put(&options, table->rows[i].key,
                           neuron_options_value(what->options, table->rows[i].key));
    neuron_node_t *sets = neuron_graph_add(graph, neuron_layer_find("prediction_set"), name, &from,
                                           1, &options, NULL);
    if (!sets)
        return graph->status;
    outputs[(*count)++] = sets;
    sets->imported = neuron_allocate(graph->context, 1, sizeof *sets->imported);
    if (!sets->imported)
        return NEURON_E_MEMORY;
    *sets->imported = what->threshold;
    return NEURON_OK;
}

/* ---- The threshold ---- */

static int compare(const void *a, const void *b)
{
    const float *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The score of number ceil((n + 1) coverage) in their order: so many of n + 1 examples, of which
 * the last is to come, have at most that one. Where there are not so many, all classes are in. */
static int find_threshold(float *threshold, const neuron_held_out *held_out,
                          const neuron_options *options)
{
    const neuron_set_rule rule = neuron_set_rule_of(options);
    double coverage = neuron_options_value(options, COVERAGE);
    int64_t count = held_out->count;
    int64_t place = (int64_t)ceil((double)(count + 1) * coverage * (1 - 0x1p-50));
    neuron_context_t *context = held_out->context;
    float *scores = neuron_allocate(context, neuron_size(count), sizeof *scores);
    neuron_ranked *sorted =
        neuron_allocate(context, neuron_size(held_out->classes), sizeof *sorted);
    bool is_there = scores && sorted;
    for (int64_t i = 0; is_there && i < count; i++)
        scores[i] = neuron_set_score(&rule, neuron_held_out_row(held_out, i), held_out->classes,
                                     held_out->labels[i], sorted);
    if (is_there) {
        neuron_sort(scores, (size_t)count, sizeof *scores, compare);
        *threshold = place <= count ? scores[place - 1] : FLT_MAX;
    }
    neuron_release(context, scores);
    neuron_release(context, sorted);
    return is_there ? NEURON_OK : NEURON_E_MEMORY;
}

/* ---- The call ---- */

typedef struct adding {
    const neuron_graph_t *graph;
    neuron_graph_t *source, *made;
    neuron_held_out held_out;
} adding;

static void release(void *context, void *object)
{
    adding *a = object;
    neuron_graph_unref(a->source);
    neuron_graph_unref(a->made);
    neuron_held_out_end(&a->held_out);
    neuron_release(context, a);
}

static int add(adding *a, const neuron_dataset_t *dataset, const neuron_options *options)
{
    set_output what = {.output = (int64_t)neuron_options_value(options, OUTPUT),
                       .options = options};
    RETURN_IF_ERROR(neuron_check_range(what.output, 0, neuron_graph_target_count(a->graph) - 1,
                                       "output", "prediction_sets"));
    RETURN_IF_ERROR(neuron_calibrate_source(&a->source, a->graph, what.output));
    RETURN_IF_ERROR(neuron_held_out_read(&a->held_out, a->source, what.output, dataset, false,
                                         "prediction_sets"));
    if (a->held_out.classes < 2)
        return neuron_fail(NEURON_E_SHAPE,
                           "prediction_sets: %s puts out one number; there must be one for each "
                           "class",
                           a->graph->outputs[what.output]->name);
    RETURN_IF_ERROR(find_threshold(&what.threshold, &a->held_out, options));
    RETURN_IF_ERROR(neuron_graph_copy_changed(&a->made, a->source, add_sets, &what));
    neuron_node_keep_names(a->made->outputs[a->made->output_count - 1],
                           a->made->outputs[what.output]->meaning.class_names);
    return NEURON_OK;
}

int neuron_graph_add_prediction_sets(neuron_graph_t **with_sets, const neuron_graph_t *graph,
                                     const neuron_dataset_t *held_out, const char *options)
{
    COMPUTE_SCOPE;
    CHECK_ARGUMENT(with_sets);
    *with_sets = NULL;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, "prediction_sets"));
    CHECK_ARGUMENT(held_out);
    neuron_options settings;
    neuron_options_reset(&settings, &neuron_prediction_sets_options);
    RETURN_IF_ERROR(neuron_options_parse(&settings, options, "prediction_sets"));
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, graph, graph);
    neuron_hold_reference(&hold, dataset, held_out);
    adding *a = neuron_allocate_zero(graph->context, 1, sizeof *a);
    if (!a)
        return NEURON_E_MEMORY;
    a->graph = graph;
    a->held_out.context = graph->context;
    neuron_hold_add(&hold, release, graph->context, a);
    RETURN_IF_ERROR(add(a, held_out, &settings));
    *with_sets = neuron_graph_ref(a->made);
    return NEURON_OK;
}
