/* The handle of a cascade, and its predictions: each member is asked about the examples that those
 * before it were not certain of, which are put together for it. */
#include "committee/cascades/cascade.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "base/options/calls.h"
#include "graph/committee.h"
#include "graph/meaning.h"
#include "session/ends.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { CONFIDENCE = 10, MARGIN = 20, ENTROPY = 30 };

static const neuron_word measures[] = {
    {CONFIDENCE, "confidence"}, {MARGIN, "margin"}, {ENTROPY, "entropy"}, {0, ""}};

static const neuron_option rows[] = {
    NEURON_CHOICE(NEURON_CASCADE_MEASURE, "measure", measures, CONFIDENCE, "how certain a mean is"),
    NEURON_REAL(NEURON_CASCADE_THRESHOLD, "threshold", 0, NEURON_CASCADE_NEVER, 0.9,
                "from which on no more members are asked"),
};

const neuron_option_table neuron_cascade_options = NEURON_OPTION_TABLE(rows);

static const char who[] = "cascade";

/* ---- Life ---- */

static int check_member(const neuron_graph_t *member, const neuron_graph_t *first, int64_t index)
{
    char text[2][NEURON_SHAPE_TEXT];
    if (member->input_count != 1 || member->output_count != 1)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "cascade: member %" PRId64 " (%s) has %" PRId64 " inputs and %" PRId64
                           " outputs; it must have one of each",
                           index, member->name, member->input_count, member->output_count);
    const neuron_shape *in = &member->inputs[0]->spec.output;
    const neuron_shape *out = &member->outputs[0]->spec.output;
    if (!neuron_shape_equal(in, &first->inputs[0]->spec.output))
        return neuron_fail(NEURON_E_SHAPE,
                           "cascade: member %" PRId64 " (%s) takes %s, member 0 (%s) %s", index,
                           member->name, neuron_shape_text(in, text[0]), first->name,
                           neuron_shape_text(&first->inputs[0]->spec.output, text[1]));
    if (!neuron_shape_equal(out, &first->outputs[0]->spec.output))
        return neuron_fail(NEURON_E_SHAPE,
                           "cascade: member %" PRId64 " (%s) puts out %s, member 0 (%s) %s", index,
                           member->name, neuron_shape_text(out, text[0]), first->name,
                           neuron_shape_text(&first->outputs[0]->spec.output, text[1]));
    if (out->rank != 1)
        return neuron_fail(NEURON_E_SHAPE,
                           "cascade: member %" PRId64
                           " (%s) puts out %s; it must be the probabilities of classes",
                           index, member->name, neuron_shape_text(out, text[0]));
    return NEURON_OK;
}

static int check_weights(const double *weights, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; weights && i < count; i++) {
        sum += weights[i];
        if (!(weights[i] > 0) || !isfinite(sum))
            return neuron_fail(NEURON_E_ARGUMENT,
                               "cascade: weights[%" PRId64
                               "] is %g; weights must be above 0, and their sum finite",
                               i, weights[i]);
    }
    return NEURON_OK;
}

static int fill(neuron_cascade_t *cascade, neuron_graph_t *const *members, const double *weights)
{
    neuron_context_t *context = cascade->context;
    size_t count = neuron_size(cascade->count);
    cascade->graphs = neuron_allocate_zero(context, count, sizeof *cascade->graphs);
    cascade->weights = neuron_allocate(context, count, sizeof *cascade->weights);
    if (!cascade->graphs || !cascade->weights)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < cascade->count; i++) {
        cascade->graphs[i] = neuron_graph_ref(members[i]);
        cascade->weights[i] = weights ? weights[i] : 1;
    }
    return NEURON_OK;
}

int neuron_cascade_create(neuron_cascade_t **cascade, neuron_context_t *context,
                          neuron_graph_t *const *members, int64_t count, const double *weights,
                          const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(cascade);
    *cascade = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(members);
    CHECK_RANGE(count, 1, NEURON_COMMITTEE_MEMBERS_MAX);
    neuron_options given;
    neuron_options_reset(&given, &neuron_cascade_options);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, who));
    for (int64_t i = 0; i < count; i++) {
        RETURN_IF_ERROR(neuron_handle_check_at(members[i], NEURON_HANDLE_GRAPH, "members", i, who));
        RETURN_IF_ERROR(neuron_graph_check_finished(members[i], who));
        RETURN_IF_ERROR(check_member(members[i], members[0], i));
        RETURN_IF_ERROR(neuron_committee_check_names(members, i, who));
    }
    RETURN_IF_ERROR(check_weights(weights, count));
    neuron_cascade_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    made->context = neuron_context_ref(context);
    made->count = count;
    made->size = neuron_shape_count(&members[0]->outputs[0]->spec.output);
    made->options = given;
    int status = fill(made, members, weights);
    if (status == NEURON_OK)
        *cascade = made;
    else
        neuron_cascade_unref(made);
    return status;
}

neuron_cascade_t *neuron_cascade_ref(neuron_cascade_t *cascade)
{
    if (!NEURON_IS(cascade))
        return NULL;
    neuron_handle_own(&cascade->handle);
    return cascade;
}

void neuron_cascade_unref(neuron_cascade_t *cascade)
{
    if (!NEURON_IS(cascade) || !neuron_hold_last_owner(&cascade->handle.references))
        return;
    neuron_context_t *context = cascade->context;
    for (int64_t i = 0; cascade->graphs && i < cascade->count; i++)
        neuron_graph_unref(cascade->graphs[i]);
    neuron_release(context, cascade->graphs);
    neuron_release(context, cascade->weights);
    neuron_release(context, cascade);
    neuron_context_unref(context);
}

NEURON_HOLD_DEFINE(cascade)

static int commit(neuron_cascade_t *cascade, const neuron_options *changed)
{
    cascade->options = *changed;
    return NEURON_OK;
}

NEURON_OPTION_CALLS(cascade, cascade->options, who, commit)

int64_t neuron_cascade_member_count(const neuron_cascade_t *cascade)
{
    return NEURON_IS(cascade) ? cascade->count : 0;
}

neuron_graph_t *neuron_cascade_member(const neuron_cascade_t *cascade, int64_t member)
{
    return NEURON_IS(cascade) && member >= 0 && member < cascade->count ? cascade->graphs[member]
                                                                        : NULL;
}

/* ---- Certainty ---- */

void neuron_cascade_mean(const neuron_cascade_t *cascade, const float *outputs, int64_t stride,
                         int64_t asked, float *mean)
{
    const neuron_element_kernels *element = cascade->context->kernels->element;
    double total = 0;
    for (int64_t m = 0; m < asked; m++)
        total += cascade->weights[m];
    for (int64_t m = 0; m < asked; m++)
        element->weigh(outputs + m * stride, cascade->size, (float)(cascade->weights[m] / total),
                       m > 0, mean);
}

/* The largest less the second largest. */
static double margin_of(const float *mean, int64_t size)
{
    float first = -INFINITY, second = -INFINITY;
    for (int64_t k = 0; k < size; k++) {
        second = fmaxf(second, fminf(first, mean[k]));
        first = fmaxf(first, mean[k]);
    }
    return (double)first - (double)second;
}

static double entropy_of(double share)
{
    return share > 0 ? -share * log(share) : 0;
}

/* 1 for one class that is certain, 0 where all are alike. */
static double order_of(const float *mean, int64_t size)
{
    double sum = 0;
    for (int64_t k = 0; k < size; k++)
        sum += entropy_of((double)mean[k]);
    return fmax(0, 1 - sum / log((double)size));
}

float neuron_cascade_certainty(const neuron_cascade_t *cascade, const float *mean)
{
    int32_t measure = (int32_t)neuron_options_value(&cascade->options, NEURON_CASCADE_MEASURE);
    int64_t size = cascade->size;
    const float both[] = {mean[0], 1 - mean[0]};
    for (int64_t k = 0; k < size; k++)
        if (isnan(mean[k]))
            return NAN;
    if (size == 1) {
        mean = both;
        size = 2;
    }
    if (measure == ENTROPY)
        return (float)order_of(mean, size);
    if (measure == MARGIN)
        return (float)margin_of(mean, size);
    float largest = mean[0];
    for (int64_t k = 1; k < size; k++)
        largest = mean[k] > largest ? mean[k] : largest;
    return largest;
}

/* ---- Prediction ---- */

/* What is predicted: a tensor or a dataset. */
typedef struct cascading {
    const neuron_cascade_t *cascade;
    const neuron_tensor_t *input;
    const neuron_dataset_t *dataset;
    int64_t count;  /* of examples */
    int64_t open;   /* examples that are not decided, */
    int64_t *which; /* these, in order */
    float *outputs; /* [members, count, size] */
    /* Apart from the tensors to fill, whose memory may be that of the input. */
    float *means;   /* [count, size], behind the outputs */
    int32_t *asked; /* how many members were asked about each, behind `which` */
} cascading;

/* A tensor for what a member puts out for the open examples. */
static int make_output(neuron_tensor_t **made, const cascading *c, neuron_hold *hold)
{
    const int64_t extents[] = {c->open, c->cascade->size};
    RETURN_IF_ERROR(
        neuron_tensor_create_raw(made, c->cascade->context, NEURON_TYPE_F32, extents, 2));
    neuron_hold_reference(hold, tensor, *made);
    neuron_tensor_unref(*made);
    return NEURON_OK;
}

static int predict_tensor(const cascading *c, int64_t member, neuron_tensor_t *output)
{
    const neuron_tensor_t *all = c->input;
    const neuron_graph_t *graph = c->cascade->graphs[member];
    if (c->open == c->count)
        return neuron_graph_predict(graph, all, output);
    int64_t extents[NEURON_RANK_MAX] = {c->open};
    for (int32_t axis = 1; axis < all->shape.rank; axis++)
        extents[axis] = all->shape.extent[axis];
    NEURON_HOLD(hold);
    neuron_tensor_t *some;
    RETURN_IF_ERROR(
        neuron_tensor_create_raw(&some, c->cascade->context, all->type, extents, all->shape.rank));
    neuron_hold_reference(&hold, tensor, some);
    neuron_tensor_unref(some);
    size_t bytes =
        neuron_size_of(neuron_shape_count(&all->shape) / c->count, neuron_type_size(all->type));
    for (int64_t i = 0; i < c->open; i++)
        memcpy((char *)some->data + (size_t)i * bytes,
               (const char *)all->data + (size_t)c->which[i] * bytes, bytes);
    return neuron_graph_predict(graph, some, output);
}

static int predict_dataset(const cascading *c, int64_t member, neuron_tensor_t *output)
{
    NEURON_HOLD(hold);
    neuron_dataset_t *some;
    if (c->open == c->count)
        return neuron_graph_predict_dataset(c->cascade->graphs[member], c->dataset, output);
    RETURN_IF_ERROR(neuron_dataset_derive(&some, c->dataset, c->which, 0, c->open));
    neuron_hold_reference(&hold, dataset, some);
    neuron_dataset_unref(some);
    return neuron_graph_predict_dataset(c->cascade->graphs[member], some, output);
}

/* Asks a member about the open examples, and closes those that are certain now. */
static int ask(cascading *c, int64_t member)
{
    const neuron_cascade_t *cascade = c->cascade;
    int64_t size = cascade->size, stride = c->count * size, left = 0;
    double threshold = neuron_options_value(&cascade->options, NEURON_CASCADE_THRESHOLD);
    neuron_tensor_t *output;
    NEURON_HOLD(hold);
    RETURN_IF_ERROR(make_output(&output, c, &hold));
    RETURN_IF_ERROR(c->dataset ? predict_dataset(c, member, output)
                               : predict_tensor(c, member, output));
    const float *said = output->data;
    for (int64_t i = 0; i < c->open; i++) {
        int64_t example = c->which[i];
        float *first = c->outputs + example * size, *mean = c->means + example * size;
        memcpy(first + member * stride, said + i * size, neuron_size(size) * sizeof *said);
        neuron_cascade_mean(cascade, first, stride, member + 1, mean);
        c->asked[example] = (int32_t)member + 1;
        if (!((double)neuron_cascade_certainty(cascade, mean) >= threshold))
            c->which[left++] = example;
    }
    c->open = left;
    return NEURON_OK;
}

static int cascade_down(cascading *c, neuron_tensor_t *output, neuron_tensor_t *asked)
{
    const neuron_cascade_t *cascade = c->cascade;
    neuron_context_t *context = cascade->context;
    int64_t numbers;
    if (c->count == 0)
        return NEURON_OK;
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, cascade, cascade);
    neuron_tensor_owners *owners =
        neuron_tensors_own(context, (neuron_tensor_t *const[]){output, asked}, 2,
                           (neuron_tensor_t *const[]){(neuron_tensor_t *)(uintptr_t)c->input}, 1);
    if (!owners)
        return NEURON_E_MEMORY;
    neuron_hold_add(&hold, neuron_tensors_end_hold, NULL, owners);
    neuron_hold_reference(&hold, dataset, c->dataset);
    if (!neuron_multiply_count(cascade->count + 1, c->count * cascade->size, &numbers))
        return neuron_fail(NEURON_E_MEMORY, "cascade: %" PRId64 " members with %" PRId64 " outputs",
                           cascade->count, c->count * cascade->size);
    c->which = neuron_allocate(context, neuron_size(c->count), sizeof *c->which + sizeof *c->asked);
    neuron_hold_add(&hold, neuron_release_hold, context, c->which);
    c->outputs = neuron_allocate(context, neuron_size(numbers), sizeof *c->outputs);
    neuron_hold_add(&hold, neuron_release_hold, context, c->outputs);
    if (!c->which || !c->outputs)
        return NEURON_E_MEMORY;
    c->asked = (int32_t *)(c->which + c->count);
    c->means = c->outputs + cascade->count * c->count * cascade->size;
    for (int64_t i = 0; i < c->count; i++)
        c->which[i] = i;
    c->open = c->count;
    for (int64_t member = 0; member < cascade->count && c->open > 0; member++)
        RETURN_IF_ERROR(ask(c, member));
    memcpy(output->data, c->means, neuron_size_of(c->count * cascade->size, sizeof *c->means));
    if (asked)
        memcpy(asked->data, c->asked, neuron_size_of(c->count, sizeof *c->asked));
    return NEURON_OK;
}

static int check_asked(const neuron_tensor_t *asked, int64_t count)
{
    char text[NEURON_SHAPE_TEXT];
    if (!asked)
        return NEURON_OK;
    if (asked->type != NEURON_TYPE_I32)
        return neuron_fail(NEURON_E_TYPE, "cascade: asked is %s, not i32",
                           neuron_type_name(asked->type));
    if (asked->shape.rank != 1 || asked->shape.extent[0] != count)
        return neuron_fail(NEURON_E_SHAPE,
                           "cascade: asked is %s, but there are %" PRId64 " examples",
                           neuron_shape_text(&asked->shape, text), count);
    return NEURON_OK;
}

int neuron_cascade_predict(const neuron_cascade_t *cascade, const neuron_tensor_t *input,
                           neuron_tensor_t *output, neuron_tensor_t *asked)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(cascade);
    CHECK_ARGUMENT(input);
    CHECK_ARGUMENT(output);
    CHECK_OPTIONAL(asked);
    cascading c = {.cascade = cascade, .input = input, .count = -1};
    neuron_ends in = neuron_ends_inputs(cascade->graphs[0], "input");
    in.bytes = true;
    const neuron_ends out = neuron_ends_outputs(cascade->graphs[0], "output");
    neuron_tensor_t *const inputs[] = {(neuron_tensor_t *)(uintptr_t)input};
    RETURN_IF_ERROR(neuron_ends_check(&in, inputs, 1, false, &c.count));
    RETURN_IF_ERROR(neuron_ends_check(&out, &output, 1, false, &c.count));
    RETURN_IF_ERROR(check_asked(asked, c.count));
    neuron_hold_end_left();
    return cascade_down(&c, output, asked);
}

int neuron_cascade_predict_dataset(const neuron_cascade_t *cascade, const neuron_dataset_t *dataset,
                                   neuron_tensor_t *output, neuron_tensor_t *asked)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(cascade);
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(output);
    CHECK_OPTIONAL(asked);
    cascading c = {.cascade = cascade, .dataset = dataset, .count = dataset->count};
    const neuron_ends out = neuron_ends_outputs(cascade->graphs[0], "output");
    RETURN_IF_ERROR(neuron_graph_check_examples(cascade->graphs[0], dataset, who));
    RETURN_IF_ERROR(neuron_ends_check(&out, &output, 1, false, &c.count));
    RETURN_IF_ERROR(check_asked(asked, c.count));
    neuron_hold_end_left();
    return cascade_down(&c, output, asked);
}
