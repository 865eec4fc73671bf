/* Gradients for callers: a session for training that leaves the graph as it is and hands out what
 * was asked for. See libneuron/gradient.h. */
#include <libneuron/gradient.h>

#include "base/checked.h"
#include "base/float-mode.h"
#include "base/options/options.h"
#include "session/ends.h"
#include "session/gradient.h"
#include "session/session.h"

#include <inttypes.h>
#include <string.h>

enum { TRAINING = 1, SEED };

static const neuron_option rows[] = {
    NEURON_FLAG(TRAINING, "training", 0, "yes to do what layers do in training"),
    NEURON_INTEGER(SEED, "seed", 0, 0x1p53, 0, "what random draws in training follow from"),
};

const neuron_option_table neuron_gradient_options = NEURON_OPTION_TABLE(rows);

/* What was asked for: a node, or an array of the graph. */
typedef struct request {
    const neuron_node_t *node; /* NULL for an array */
    int32_t array;
} request;

struct neuron_gradient {
    neuron_handle handle;
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_options options;
    int64_t count, wanted_count, array_count; /* requests, and how many are of each sort */
    request *requests;
    neuron_session_wanted *wanted; /* of the nodes, in their order; once the session is there */
    neuron_session *session;
    float *
        parameters; /* gradients of all, laid out as graph->values; NULL if no array is asked for */
    uint64_t forwards;
    int64_t batch; /* of the last forward; 0 for none */
};

static int check_graph(const neuron_graph_t *graph)
{
    const neuron_node_t *barrier = neuron_graph_find_barrier(graph);
    if (barrier)
        return neuron_fail(NEURON_E_UNSUPPORTED, "gradient: %s has none: %s lets none through",
                           graph->name, barrier->name);
    return NEURON_OK;
}

int neuron_gradient_create(neuron_gradient_t **gradient, neuron_graph_t *graph, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(gradient);
    *gradient = NULL;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, "gradient"));
    RETURN_IF_ERROR(check_graph(graph));
    neuron_options settings;
    neuron_options_reset(&settings, &neuron_gradient_options);
    RETURN_IF_ERROR(neuron_options_parse(&settings, options, "gradient"));
    neuron_gradient_t *made = neuron_allocate_zero(graph->context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    made->context = neuron_context_ref(graph->context);
    made->graph = neuron_graph_ref(graph);
    made->options = settings;
    *gradient = made;
    return NEURON_OK;
}

neuron_gradient_t *neuron_gradient_ref(neuron_gradient_t *gradient)
{
    if (!NEURON_IS(gradient))
        return NULL;
    neuron_handle_own(&gradient->handle);
    return gradient;
}

void neuron_gradient_unref(neuron_gradient_t *gradient)
{
    if (!NEURON_IS(gradient) || !neuron_hold_last_owner(&gradient->handle.references))
        return;
    neuron_context_t *context = gradient->context;
    neuron_session_destroy(gradient->session);
    neuron_release(context, gradient->requests);
    neuron_release(context, gradient->wanted);
    neuron_release(context, gradient->parameters);
    neuron_graph_unref(gradient->graph);
    neuron_release(context, gradient);
    neuron_context_unref(context);
}

NEURON_HOLD_DECLARE(gradient);
NEURON_HOLD_DEFINE(gradient)

/* ---- What is asked for ---- */

static bool is_training(const neuron_gradient_t *gradient)
{
    return neuron_options_value(&gradient->options, TRAINING) != 0;
}

static bool passes_on(const neuron_gradient_t *gradient, const neuron_node_t *node)
{
    uint32_t flags = node->spec.layer->flags;
    return flags & NEURON_LAYER_VIEW ||
           (flags & NEURON_LAYER_TRAINING_ONLY && !is_training(gradient));
}

static bool is_output(const neuron_node_t *node)
{
    for (int32_t i = 0; i < node->graph->output_count; i++)
        if (node->graph->outputs[i] == node)
            return true;
    return false;
}

/* Nodes of a finished graph that read the node. */
static int32_t count_readers(const neuron_node_t *node)
{
    const neuron_graph_t *graph = node->graph;
    int32_t readers = 0;
    for (int32_t i = 0; i < graph->node_count; i++)
        for (int32_t j = 0; j < graph->nodes[i]->spec.input_count; j++)
            readers += graph->nodes[i]->inputs[j] == node;
    return readers;
}

/* A value that several nodes have has one gradient: the sum over all who read it. */
static int check_node(const neuron_gradient_t *gradient, const neuron_node_t *node)
{
    for (const neuron_node_t *at = node; passes_on(gradient, at); at = at->inputs[0])
        if (count_readers(at->inputs[0]) != 1 || is_output(at->inputs[0]))
            return neuron_fail(
                NEURON_E_UNSUPPORTED,
                "gradient: %s only passes on what %s puts out, which others read too", node->name,
                at->inputs[0]->name);
    return NEURON_OK;
}

static int find_array(const neuron_gradient_t *gradient, const char *name, int32_t *array)
{
    const neuron_graph_t *graph = gradient->graph;
    for (int32_t i = 0; i < graph->array_count; i++) {
        if (strcmp(graph->arrays[i].name, name) != 0)
            continue;
        *array = i;
        if (!neuron_graph_trains(graph, i))
            return neuron_fail(NEURON_E_ARGUMENT, "gradient: %s is not trained", name);
        return NEURON_OK;
    }
    return neuron_fail(NEURON_E_ARGUMENT,
                       "gradient: %s has no layer and no array called \"%.127s\"", graph->name,
                       name);
}

static int find(const neuron_gradient_t *gradient, const char *name, request *found)
{
    *found = (request){.node = neuron_graph_find_node(gradient->graph, name), .array = -1};
    RETURN_IF_ERROR(found->node ? check_node(gradient, found->node)
                                : find_array(gradient, name, &found->array));
    for (int32_t i = 0; i < gradient->count; i++)
        if (gradient->requests[i].node == found->node &&
            gradient->requests[i].array == found->array)
            return neuron_fail(NEURON_E_ARGUMENT, "gradient: %s is added already", name);
    return NEURON_OK;
}

int neuron_gradient_add(neuron_gradient_t *gradient, const char *name)
{
    CHECK_ARGUMENT(gradient);
    CHECK_ARGUMENT(name);
    request found;
    if (gradient->session)
        return neuron_fail(NEURON_E_STATE,
                           "gradient: %.127s must be added before the first forward", name);
    RETURN_IF_ERROR(find(gradient, name, &found));
    size_t count = (size_t)gradient->count;
    request *requests = neuron_allocate(gradient->context, count + 1, sizeof *requests);
    if (!requests)
        return NEURON_E_MEMORY;
    for (size_t i = 0; i < count; i++)
        requests[i] = gradient->requests[i];
    requests[count] = found;
    neuron_release(gradient->context, gradient->requests);
    gradient->requests = requests;
    gradient->count++;
    *(found.node ? &gradient->wanted_count : &gradient->array_count) += 1;
    return NEURON_OK;
}

/* ---- The session ---- */

static int allocate(neuron_gradient_t *gradient)
{
    neuron_context_t *context = gradient->context;
    if (!gradient->wanted)
        gradient->wanted = neuron_allocate_zero(context, neuron_size(gradient->wanted_count),
                                                sizeof *gradient->wanted);
    if (!gradient->parameters && gradient->array_count > 0)
        gradient->parameters = neuron_allocate_zero(
            context, neuron_size(gradient->graph->value_count), sizeof *gradient->parameters);
    if (!gradient->wanted || (gradient->array_count > 0 && !gradient->parameters))
        return NEURON_E_MEMORY;
    int32_t nodes = 0;
    for (int32_t i = 0; i < gradient->count; i++)
        if (gradient->requests[i].node)
            gradient->wanted[nodes++].node = gradient->requests[i].node;
    return NEURON_OK;
}

/* Whether the session can run a batch as it is. */
static bool fits(const neuron_gradient_t *gradient, int64_t batch)
{
    const neuron_session *session = gradient->session;
    return session && neuron_session_current(session) && neuron_session_batch(session) >= batch &&
           neuron_session_threads(session) == neuron_context_threads(gradient->context);
}

static int prepare(neuron_gradient_t *gradient, int64_t batch)
{
    const neuron_session_training training = {
        .wanted = gradient->wanted,
        .wanted_count = gradient->wanted_count,
        .parameters = gradient->array_count > 0,
        .as_predicting = !is_training(gradient),
        .probes = true,
    };
    if (fits(gradient, batch))
        return NEURON_OK;
    neuron_session_destroy(gradient->session);
    gradient->session = NULL;
    return neuron_session_create_training(&gradient->session, gradient->graph, &training, batch);
}

/* ---- Forward and backward ---- */

static int run_forward(neuron_gradient_t *gradient, const float *const *inputs, int64_t batch)
{
    RETURN_IF_ERROR(prepare(gradient, batch));
    uint64_t seed = (uint64_t)neuron_options_value(&gradient->options, SEED);
    RETURN_IF_ERROR(
        neuron_session_forward(gradient->session, inputs, batch, seed, gradient->forwards));
    gradient->forwards++;
    gradient->batch = batch;
    return NEURON_OK;
}

static void copy_outputs(const neuron_gradient_t *gradient, neuron_tensor_t *const *outputs,
                         int64_t count)
{
    for (int32_t i = 0; i < count; i++) {
        int64_t size = neuron_shape_count(&gradient->graph->outputs[i]->spec.output);
        if (outputs[i])
            memcpy(outputs[i]->data, neuron_session_output(gradient->session, i),
                   (size_t)(gradient->batch * size) * sizeof(float));
    }
}

static int forward(neuron_gradient_t *gradient, neuron_tensor_t *const *inputs,
                   neuron_tensor_t *const *outputs, int64_t output_count, int64_t batch)
{
    const neuron_graph_t *graph = gradient->graph;
    const float **values =
        neuron_allocate(graph->context, neuron_size(graph->input_count), sizeof *values);
    if (!values)
        return NEURON_E_MEMORY;
    NEURON_HOLD(hold);
    neuron_hold_add(&hold, neuron_release_hold, graph->context, values);
    for (int32_t i = 0; i < graph->input_count; i++)
        values[i] = inputs[i]->data;
    RETURN_IF_ERROR(run_forward(gradient, values, batch));
    copy_outputs(gradient, outputs, output_count);
    return NEURON_OK;
}

/* Keeps what a call was given while functions of the caller's run. */
static int hold_all(neuron_hold *hold, neuron_gradient_t *gradient, neuron_tensor_t *const *some,
                    int64_t some_count, neuron_tensor_t *const *others, int64_t other_count)
{
    neuron_hold_reference(hold, gradient, gradient);
    neuron_tensor_owners *owners =
        neuron_tensors_own(gradient->context, some, some_count, others, other_count);
    if (!owners)
        return NEURON_E_MEMORY;
    neuron_hold_add(hold, neuron_tensors_end_hold, NULL, owners);
    return NEURON_OK;
}

int neuron_gradient_forward(neuron_gradient_t *gradient, neuron_tensor_t *const *inputs,
                            int64_t input_count, neuron_tensor_t *const *outputs,
                            int64_t output_count)
{
    COMPUTE_SCOPE;
    CHECK_ARGUMENT(gradient);
    CHECK_ARGUMENT(inputs);
    neuron_hold_end_left();
    neuron_tensor_t *const *into = outputs;
    const neuron_ends in = neuron_ends_inputs(gradient->graph, "input");
    const neuron_ends out = neuron_ends_outputs(gradient->graph, "output");
    int64_t batch = -1;
    RETURN_IF_ERROR(neuron_ends_check(&in, inputs, input_count, false, &batch));
    if (outputs || output_count != 0)
        RETURN_IF_ERROR(outputs ? neuron_ends_check(&out, into, output_count, true, &batch)
                                : neuron_refuse_null("outputs", __func__));
    if (batch == 0)
        return neuron_fail(NEURON_E_SHAPE, "gradient: the input has no examples");
    if (gradient->count == 0)
        return neuron_fail(NEURON_E_STATE, "gradient: nothing was added that it could be by");
    gradient->batch = 0;
    RETURN_IF_ERROR(allocate(gradient));
    NEURON_HOLD(hold);
    RETURN_IF_ERROR(hold_all(&hold, gradient, inputs, input_count, into, output_count));
    return forward(gradient, inputs, outputs, output_count, batch);
}

/* Copies what the caller says of the outputs; 0 where that is nothing. */
static void set_output_gradients(const neuron_gradient_t *gradient,
                                 neuron_tensor_t *const *output_gradients)
{
    for (int32_t i = 0; i < gradient->graph->output_count; i++) {
        int64_t size = neuron_shape_count(&gradient->graph->outputs[i]->spec.output);
        size_t bytes = (size_t)(gradient->batch * size) * sizeof(float);
        float *to = neuron_session_output_gradient(gradient->session, i);
        if (output_gradients[i])
            memcpy(to, output_gradients[i]->data, bytes);
        else
            memset(to, 0, bytes);
    }
}

/* The shape of the tensor for one request. */
static neuron_shape shape_of(const neuron_gradient_t *gradient, const request *asked)
{
    if (!asked->node)
        return gradient->graph->arrays[asked->array].array->shape;
    const neuron_shape *example = &asked->node->spec.output;
    neuron_shape shape = {.rank = example->rank + 1, .extent = {gradient->batch}};
    for (int32_t axis = 0; axis < example->rank; axis++)
        shape.extent[axis + 1] = example->extent[axis];
    return shape;
}

static int check_found(const neuron_gradient_t *gradient, neuron_tensor_t *const *gradients,
                       int64_t count)
{
    if (count != gradient->count)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "gradient: count is %" PRId64 "; %" PRId64 " were added", count,
                           gradient->count);
    for (int32_t i = 0; i < count; i++) {
        const request *asked = &gradient->requests[i];
        const neuron_shape shape = shape_of(gradient, asked);
        const char *name =
            asked->node ? asked->node->name : gradient->graph->arrays[asked->array].name;
        char text[2][NEURON_SHAPE_TEXT];
        if (!gradients[i])
            continue;
        RETURN_IF_ERROR(
            neuron_handle_check_at(gradients[i], NEURON_HANDLE_TENSOR, "gradients", i, "gradient"));
        if (gradients[i]->type != NEURON_TYPE_F32)
            return neuron_fail(NEURON_E_TYPE, "gradient: the tensor for %s is %s, not f32", name,
                               neuron_type_name(gradients[i]->type));
        if (!neuron_shape_equal(&gradients[i]->shape, &shape))
            return neuron_fail(NEURON_E_SHAPE, "gradient: the tensor for %s is %s, not %s", name,
                               neuron_shape_text(&gradients[i]->shape, text[0]),
                               neuron_shape_text(&shape, text[1]));
    }
    return NEURON_OK;
}

static int backward(neuron_gradient_t *gradient, neuron_tensor_t *const *gradients)
{
    const neuron_graph_t *graph = gradient->graph;
    int32_t nodes = 0;
    for (int32_t i = 0; i < gradient->count; i++)
        if (gradient->requests[i].node)
            gradient->wanted[nodes++].gradient = gradients[i] ? gradients[i]->data : NULL;
    RETURN_IF_ERROR(neuron_session_backward(gradient->session, gradient->parameters));
    for (int32_t i = 0; i < gradient->count; i++) {
        const request *asked = &gradient->requests[i];
        if (asked->node || !gradients[i])
            continue;
        const neuron_graph_array *array = &graph->arrays[asked->array];
        memcpy(gradients[i]->data, gradient->parameters + array->offset,
               (size_t)array->count * sizeof(float));
    }
    return NEURON_OK;
}

int neuron_gradient_backward(neuron_gradient_t *gradient, neuron_tensor_t *const *output_gradients,
                             int64_t output_count, neuron_tensor_t *const *gradients, int64_t count)
{
    COMPUTE_SCOPE;
    CHECK_ARGUMENT(gradient);
    CHECK_ARGUMENT(output_gradients);
    CHECK_ARGUMENT(gradients);
    neuron_hold_end_left();
    const neuron_ends ends = neuron_ends_outputs(gradient->graph, "output gradient");
    int64_t batch = gradient->batch;
    if (batch == 0)
        return neuron_fail(NEURON_E_STATE, "gradient: there was no forward to go back through");
    if (!neuron_session_current(gradient->session))
        return neuron_fail(NEURON_E_STATE,
                           "gradient: layers were frozen or thawed after the forward");
    RETURN_IF_ERROR(neuron_ends_check(&ends, output_gradients, output_count, true, &batch));
    RETURN_IF_ERROR(check_found(gradient, gradients, count));
    NEURON_HOLD(hold);
    RETURN_IF_ERROR(hold_all(&hold, gradient, output_gradients, output_count, gradients, count));
    set_output_gradients(gradient, output_gradients);
    return backward(gradient, gradients);
}

/* ---- In one call ---- */

static void end_gradient(void *owner, void *gradient)
{
    (void)owner;
    neuron_gradient_unref(gradient);
}

int neuron_graph_gradient(const neuron_graph_t *graph, neuron_tensor_t *const *inputs,
                          int64_t input_count, neuron_tensor_t *const *output_gradients,
                          int64_t output_count, neuron_tensor_t *const *input_gradients)
{
    COMPUTE_SCOPE;
    RETURN_IF_ERROR(neuron_graph_check_finished(graph, __func__));
    CHECK_ARGUMENT(input_gradients);
    neuron_gradient_t *gradient;
    RETURN_IF_ERROR(neuron_gradient_create(&gradient, neuron_hold_object(graph), NULL));
    NEURON_HOLD(hold);
    neuron_hold_add(&hold, end_gradient, NULL, gradient);
    for (int32_t i = 0; i < graph->input_count; i++)
        RETURN_IF_ERROR(neuron_gradient_add(gradient, graph->inputs[i]->name));
    RETURN_IF_ERROR(neuron_gradient_forward(gradient, inputs, input_count, NULL, 0));
    return neuron_gradient_backward(gradient, output_gradients, output_count, input_gradients,
                                    graph->input_count);
}
