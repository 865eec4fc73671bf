/* Begins calls of steps: see step-call.h. */
#include "session/step-call.h"

#include "base/bump.h"
#include "kernels/panels.h"

int64_t neuron_step_panels(const neuron_step *step)
{
    const neuron_shape *shape = &step->result->spec.output;
    return shape->rank > 0 ? neuron_panel_round(shape->extent[shape->rank - 1]) : 0;
}

/* Where a step's post-operations find their arrays. */
static void set_post_arrays(const neuron_session *session, neuron_step *step)
{
    int64_t panels = neuron_step_panels(step);
    const float *arrays = neuron_session_memory(session, step->blocks.post_arrays);
    for (int32_t i = 0; i < step->fused.post.count; i++) {
        neuron_post_op *op = &step->fused.post.list[i];
        const neuron_node_t *node = step->post_nodes[i];
        int64_t count = node ? node->spec.layer->post_arrays : 0;
        if (count > 0)
            op->scale = arrays;
        if (count > 1)
            op->shift = arrays + panels;
        arrays = count > 0 ? arrays + count * panels : arrays;
        if (neuron_post_is_activation(op->kind))
            op->before = neuron_session_memory(session, step->blocks.before);
    }
}

/* Where the statistics of the output go, and where those of the input are. */
static void set_statistics(const neuron_session *session, neuron_step *step)
{
    neuron_post_ops *post = &step->fused.post;
    if (step->blocks.statistics != NEURON_NO_BLOCK) {
        char *memory = neuron_session_memory(session, step->blocks.statistics);
        size_t used = 0;
        size_t rows = neuron_reserve(&used, step->chunks, sizeof(int64_t));
        step->statistics.rows = (int64_t *)(void *)(memory + rows);
        step->statistics.sums = (float *)(void *)(memory + used);
        post->list[post->count - 1].statistics = &step->statistics;
    }
    if (step->statistics_of >= 0)
        step->fused.statistics = &session->steps[step->statistics_of].statistics;
}

/* What the activation made that `back` goes through, or was made of. */
static void set_back(const neuron_session *session, neuron_step *step)
{
    if (step->activation_of < 0)
        return;
    const neuron_step *producer = &session->steps[step->activation_of];
    const float *before = neuron_session_memory(session, producer->blocks.before);
    bool reads_input = step->node->spec.layer->flags & NEURON_LAYER_READS_INPUT;
    step->fused.back.seen = before ? before : reads_input ? session->inputs[0] : NULL;
}

void neuron_step_call_begin(neuron_step_call *call, neuron_session *session, neuron_step *step)
{
    const neuron_graph_t *graph = session->graph;
    const neuron_spec *spec = &step->node->spec;
    for (int32_t i = 0; i < spec->array_count; i++) {
        call->values[i] = graph->values + graph->arrays[step->node->first_array + i].offset;
        call->gradients[i] = NULL;
    }
    for (int32_t i = 0; i < spec->input_count; i++) {
        const neuron_edge *edge = &session->edges[step->first_edge + i];
        session->inputs[i] = neuron_session_value(session, edge->value);
        session->input_gradients[i] = NULL;
    }
    set_post_arrays(session, step);
    set_statistics(session, step);
    set_back(session, step);
    call->run = (neuron_run){
        .spec = spec,
        .node = step->node->name,
        .operation = step->operation,
        .fused = &step->fused,
        .kernels = session->kernels,
        .pool = session->pool ? session->pool : session->context->pool,
        .batch = session->last_batch,
        .training = session->purpose != NEURON_SESSION_PREDICT,
        .predicts = session->purpose == NEURON_SESSION_PREDICT || session->training.as_predicting,
        .frozen = step->node->frozen || !session->training.parameters,
        .fixed = step->node->frozen || session->training.as_predicting,
        .keeps = step->node->frozen || session->training.probes || session->training.follows,
        .parts = session->parts,
        .inputs = session->inputs,
        .output = neuron_session_memory(session, step->blocks.value),
        .input_gradients = session->input_gradients,
        .values = call->values,
        .gradients = call->gradients,
        .saved = neuron_session_memory(session, step->blocks.saved),
        .scratch = neuron_session_memory(session, step->blocks.scratch),
        .prepared = neuron_session_memory(session, step->blocks.prepared),
        .random = session->last_random,
        .random_first = session->last_step << 32,
    };
    call->run.random.stream = (uint32_t)step->node->index;
}
