/* How a graph is evaluated: the options of neuron_graph_evaluate(), and the rule by which a kind
 * follows from the loss and the targets, as libneuron/evaluation.h tells it. */
#include "evaluate/evaluation.h"

#include <inttypes.h>

enum { KEY_KIND = 1, KEY_THRESHOLD, KEY_CHANNELS, KEY_OUTPUT, KEY_SCORES };

static const neuron_word kinds[] = {
    {NEURON_EVALUATION_AUTO, "auto"},
    {NEURON_EVALUATION_CLASSES, "classes"},
    {NEURON_EVALUATION_MULTI_LABEL, "multi_label"},
    {NEURON_EVALUATION_PIXELS, "pixels"},
    {NEURON_EVALUATION_REGRESSION, "regression"},
    {0, ""},
};

static const neuron_option rows[] = {
    NEURON_CHOICE(KEY_KIND, "kind", kinds, NEURON_EVALUATION_AUTO, "what the targets are"),
    NEURON_REAL(KEY_THRESHOLD, "threshold", -FLT_MAX, FLT_MAX, 0.5,
                "of outputs that are judged one by one"),
    NEURON_INTEGER(KEY_CHANNELS, "channels", 0, NEURON_EVALUATION_CLASSES_MAX, 0,
                   "numbers at each place of a flat map; 0 for the shape's"),
    NEURON_INTEGER(KEY_OUTPUT, "output", 0, INT32_MAX, 0, "which output of the graph"),
    NEURON_FLAG(KEY_SCORES, "scores", 0, "yes to keep what was said of each example"),
};

const neuron_option_table neuron_evaluation_options = NEURON_OPTION_TABLE(rows);

const char *neuron_evaluation_kind_name(neuron_evaluation_kinds kind)
{
    return neuron_word_name(kinds, kind);
}

static bool is_kind(const neuron_loss_t *loss, const neuron_loss_row *kind)
{
    return loss && loss->kind == kind;
}

static bool is_hinge(const neuron_loss_t *loss)
{
    return is_kind(loss, &neuron_loss_hinge) || is_kind(loss, &neuron_loss_squared_hinge);
}

/* What all targets of a dataset are like. */
typedef struct target_traits {
    bool binary;  /* all are 1 or 0, or with a hinge loss -1 */
    bool one_hot; /* and there is exactly one 1 at each place */
} target_traits;

static void inspect_place(target_traits *traits, const float *targets, int64_t channels, bool hinge)
{
    int32_t ones = 0;
    for (int32_t k = 0; k < channels; k++) {
        ones += targets[k] == 1;
        if (targets[k] != 1 && targets[k] != 0 && !(hinge && targets[k] == -1))
            traits->binary = false;
    }
    traits->one_hot = traits->one_hot && ones == 1;
}

static int inspect(target_traits *traits, const neuron_dataset_t *dataset,
                   const neuron_evaluation_plan *plan, bool hinge)
{
    float *targets =
        neuron_allocate(dataset->context, neuron_size(dataset->outputs), sizeof *targets);
    if (!targets)
        return NEURON_E_MEMORY;
    *traits = (target_traits){true, true};
    for (int64_t i = 0; i < dataset->count && traits->binary; i++) {
        neuron_dataset_copy_target(dataset, i, targets);
        for (int64_t place = 0; place < plan->places && traits->binary; place++)
            inspect_place(traits, targets + place * plan->channels, plan->channels, hinge);
    }
    neuron_release(dataset->context, targets);
    return NEURON_OK;
}

static int choose_kind(neuron_evaluation_plan *plan, const neuron_node_t *output,
                       const neuron_dataset_t *dataset, const neuron_loss_t *loss)
{
    target_traits traits;
    bool map = plan->places > 1, single = plan->channels == 1;
    bool one_by_one = is_kind(loss, &neuron_loss_binary_cross_entropy) ||
                      (!loss && output->spec.layer == &neuron_layer_sigmoid);
    plan->kind = NEURON_EVALUATION_CLASSES;
    if (!dataset->any_targets)
        return NEURON_OK;
    if (is_kind(loss, &neuron_loss_cross_entropy) || is_kind(loss, &neuron_loss_kullback_leibler)) {
        if (map)
            plan->kind = NEURON_EVALUATION_PIXELS;
        return NEURON_OK;
    }
    RETURN_IF_ERROR(inspect(&traits, dataset, plan, is_hinge(loss)));
    if (!traits.binary)
        plan->kind = NEURON_EVALUATION_REGRESSION;
    else if (map && (single || traits.one_hot))
        plan->kind = NEURON_EVALUATION_PIXELS;
    else if (!single && (map || one_by_one || !traits.one_hot))
        plan->kind = NEURON_EVALUATION_MULTI_LABEL;
    return NEURON_OK;
}

/* Divides the outputs into places. */
static int choose_places(neuron_evaluation_plan *plan, const neuron_node_t *node, int32_t given)
{
    const neuron_shape *output = &node->spec.output;
    int64_t outputs = neuron_shape_count(output), channels = outputs;
    if (given > 0)
        channels = given;
    else if (output->rank > 1)
        channels = output->extent[output->rank - 1];
    if (channels == 0 || outputs % channels != 0)
        return neuron_fail(NEURON_E_SHAPE,
                           "evaluate: channels is %" PRId64 ", which does not divide the %" PRId64
                           " outputs of %s",
                           channels, outputs, node->graph->name);
    plan->channels = channels;
    plan->places = outputs / channels;
    return NEURON_OK;
}

int neuron_evaluation_choose(neuron_evaluation_plan *plan, const neuron_graph_t *graph,
                             const neuron_dataset_t *dataset, const neuron_loss_t *loss,
                             const char *options)
{
    neuron_options given;
    neuron_options_reset(&given, &neuron_evaluation_options);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, "evaluation"));
    *plan = (neuron_evaluation_plan){
        .output = (int32_t)neuron_options_value(&given, KEY_OUTPUT),
        .kind = (neuron_evaluation_kinds)neuron_options_value(&given, KEY_KIND),
        .threshold = (float)neuron_options_value(&given, KEY_THRESHOLD),
        .keeps_scores = neuron_options_value(&given, KEY_SCORES) > 0,
    };
    RETURN_IF_ERROR(neuron_check_range(plan->output, 0,
                                       dataset->outputs > 0 ? neuron_dataset_targets(dataset) - 1
                                                            : graph->output_count - 1,
                                       "output", "evaluation"));
    const neuron_node_t *output = graph->outputs[plan->output];
    dataset = neuron_dataset_target_at(dataset, plan->output);
    RETURN_IF_ERROR(
        choose_places(plan, output, (int32_t)neuron_options_value(&given, KEY_CHANNELS)));
    if (plan->kind == NEURON_EVALUATION_AUTO)
        RETURN_IF_ERROR(choose_kind(plan, output, dataset, loss));
    plan->rows = plan->channels;
    plan->outputs = plan->channels * plan->places;
    if (plan->kind == NEURON_EVALUATION_CLASSES)
        plan->rows = dataset->class_count;
    else if (plan->kind == NEURON_EVALUATION_PIXELS && plan->channels == 1)
        plan->rows = 2;
    return NEURON_OK;
}

#define DEFAULT_LOSS(loss_kind)                                                                    \
    {                                                                                              \
        .kind = &(loss_kind), .options.table = &(loss_kind).options                                \
    }

const neuron_loss_t *neuron_evaluation_loss_of(const neuron_evaluation_plan *plan,
                                               const neuron_dataset_t *dataset)
{
    /* Their options' defaults are 0. */
    static const neuron_loss_t binary = DEFAULT_LOSS(neuron_loss_binary_cross_entropy);
    static const neuron_loss_t squared = DEFAULT_LOSS(neuron_loss_mean_squared_error);
    if (plan->kind == NEURON_EVALUATION_REGRESSION)
        return &squared;
    if (plan->kind == NEURON_EVALUATION_CLASSES && dataset->outputs == dataset->class_count)
        return &neuron_loss_default;
    return &binary;
}
