/* Makes and releases sessions. What they do is decided in fuse.c and compile.c, laid out by plan.c,
 * and done by execute.c and backward.c. */
#include "session/team.h"

#include "base/checked.h"
#include "kernels/kernels.h"

#include <inttypes.h>

/* The most inputs that a step has. */
static size_t widest_step(const neuron_session *session)
{
    int64_t most = 1;
    for (int32_t i = 0; i < session->step_count; i++)
        if (session->steps[i].node->spec.input_count > most)
            most = session->steps[i].node->spec.input_count;
    return (size_t)most;
}

static void destroy(void *owner, void *session)
{
    (void)owner;
    neuron_session_destroy(session);
}

/* What `training` is of a session that trains all parameters. */
static const neuron_session_training whole_training = {.parameters = true};

static int allocate_ends(neuron_session *session)
{
    neuron_context_t *context = session->context;
    const neuron_graph_t *graph = session->graph;
    size_t inputs = neuron_size(graph->input_count), outputs = neuron_size(graph->output_count);
    session->input_blocks = neuron_allocate(context, inputs, sizeof *session->input_blocks);
    session->borrowed = neuron_allocate_zero(context, inputs, sizeof *session->borrowed);
    session->outputs = neuron_allocate_zero(context, outputs, sizeof *session->outputs);
    return session->input_blocks && session->borrowed && session->outputs ? NEURON_OK
                                                                          : NEURON_E_MEMORY;
}

static bool is_invariant(const neuron_session *session)
{
    return session->purpose == NEURON_SESSION_PREDICT && session->context->batch_invariant;
}

/* `tells` is whether the log says what became of each node. */
static int plan(neuron_session **session, const neuron_graph_t *graph, neuron_pool *pool,
                neuron_session_purpose purpose, const neuron_session_training *training,
                int64_t batch, bool tells)
{
    neuron_session *made = neuron_allocate_zero(graph->context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    NEURON_HOLD(hold);
    neuron_hold_add(&hold, destroy, NULL, made);
    made->context = graph->context;
    made->graph = graph;
    made->kernels = graph->context->kernels;
    made->purpose = purpose;
    made->training = *training;
    made->tells = tells;
    made->batch = batch;
    made->invariant = is_invariant(made);
    made->layout_version = graph->layout_version;
    made->pool = pool;
    made->threads = neuron_pool_threads(pool ? pool : graph->context->pool);
    RETURN_IF_ERROR(allocate_ends(made));
    RETURN_IF_ERROR(neuron_session_compile(made));
    neuron_hold_forget(&hold);
    *session = made;
    return NEURON_OK;
}

int neuron_session_plan(neuron_session **session, const neuron_graph_t *graph,
                        neuron_session_purpose purpose, int64_t batch)
{
    return plan(session, graph, NULL, purpose, &whole_training, batch, false);
}

int neuron_session_allocate(neuron_session *session)
{
    neuron_context_t *context = session->context;
    size_t width = widest_step(session), bytes = session->arena_bytes;
    bool keeps = !session->kept;
    if (keeps && !neuron_add_size(bytes, session->kept_bytes, &bytes))
        return neuron_fail(NEURON_E_MEMORY, "the values of a batch need too much memory");
    session->inputs = neuron_allocate(context, width, sizeof *session->inputs);
    session->input_gradients = neuron_allocate(context, width, sizeof *session->input_gradients);
    session->arena = neuron_allocate_zero(context, bytes, 1);
    if (!session->inputs || !session->input_gradients || !session->arena)
        return NEURON_E_MEMORY;
    if (keeps)
        session->kept = session->arena + session->arena_bytes;
    return NEURON_OK;
}

static void tell(const neuron_session *session)
{
    const char *missed = session->context->missed_kernels;
    if (missed)
        neuron_log(
            session->context, NEURON_LOG_WARNING, "kernels",
            "%s: this processor cannot run the %s kernels that NEURON_KERNELS asks for; it uses %s",
            session->graph->name, missed, session->kernels->name);
    const char *what = session->purpose == NEURON_SESSION_PREDICT ? "predict" : "train on";
    neuron_log(session->context, NEURON_LOG_DEBUG, "graph",
               "%s: %s kernels, %zu bytes to %s %" PRId64 " examples at a time",
               session->graph->name, session->kernels->name, neuron_session_bytes(session), what,
               session->batch);
}

/* Takes over what was planned. */
static int create(neuron_session **session, neuron_session *planned)
{
    int status = planned->members ? neuron_team_allocate(planned) : NEURON_OK;
    if (status == NEURON_OK)
        status = neuron_session_allocate(planned);
    if (status < 0) {
        neuron_session_destroy(planned);
        return status;
    }
    tell(planned);
    *session = planned;
    return NEURON_OK;
}

int neuron_session_create(neuron_session **session, const neuron_graph_t *graph,
                          neuron_session_purpose purpose, int64_t batch)
{
    neuron_session *planned;
    RETURN_IF_ERROR(plan(&planned, graph, NULL, purpose, &whole_training, batch, true));
    return create(session, planned);
}

int neuron_session_create_training(neuron_session **session, const neuron_graph_t *graph,
                                   const neuron_session_training *training, int64_t batch)
{
    neuron_session *planned;
    RETURN_IF_ERROR(plan(&planned, graph, NULL, NEURON_SESSION_TRAIN_WHOLE, training, batch, true));
    return create(session, planned);
}

static int plan_prediction(neuron_session **session, const neuron_graph_t *graph, int64_t batch,
                           bool tells)
{
    neuron_session *planned;
    RETURN_IF_ERROR(
        plan(&planned, graph, NULL, NEURON_SESSION_PREDICT, &whole_training, batch, tells));
    int status = neuron_team_form(planned);
    if (status < 0) {
        neuron_session_destroy(planned);
        return status;
    }
    *session = planned;
    return NEURON_OK;
}

int neuron_session_plan_member(neuron_session **session, const neuron_graph_t *graph,
                               neuron_pool *pool, int64_t batch)
{
    RETURN_IF_ERROR(
        plan(session, graph, pool, NEURON_SESSION_PREDICT, &whole_training, batch, false));
    (*session)->is_member = true;
    return NEURON_OK;
}

int neuron_session_plan_prediction(neuron_session **session, const neuron_graph_t *graph,
                                   int64_t batch)
{
    return plan_prediction(session, graph, batch, false);
}

int neuron_session_create_prediction(neuron_session **session, const neuron_graph_t *graph,
                                     int64_t batch)
{
    neuron_session *planned;
    RETURN_IF_ERROR(plan_prediction(&planned, graph, batch, true));
    return create(session, planned);
}

void neuron_session_clear(neuron_session *session)
{
    neuron_context_t *context = session->context;
    neuron_release(context, session->steps);
    neuron_release(context, session->edges);
    neuron_release(context, session->blocks);
    neuron_release(context, session->operations);
    session->steps = NULL;
    session->edges = NULL;
    session->blocks = NULL;
    session->operations = NULL;
    session->step_count = session->edge_count = session->block_count = 0;
}

void neuron_session_destroy(neuron_session *session)
{
    if (!session)
        return;
    neuron_context_t *context = session->context;
    neuron_team_dissolve(session);
    neuron_session_clear(session);
    neuron_release(context, session->inputs);
    neuron_release(context, session->input_gradients);
    neuron_release(context, session->arena);
    neuron_release(context, session->input_blocks);
    neuron_release(context, session->borrowed);
    neuron_release(context, session->outputs);
    neuron_release(context, session);
}

bool neuron_session_current(const neuron_session *session)
{
    return session->layout_version == session->graph->layout_version &&
           session->invariant == is_invariant(session);
}

int64_t neuron_session_batch(const neuron_session *session)
{
    return session->batch;
}

int32_t neuron_session_threads(const neuron_session *session)
{
    return session->threads;
}

const struct neuron_kernels *neuron_session_kernels(const neuron_session *session)
{
    return session->kernels;
}

size_t neuron_session_bytes(const neuron_session *session)
{
    return session->arena_bytes + session->kept_bytes + neuron_team_bytes(session);
}

void *neuron_session_memory(const neuron_session *session, int32_t block)
{
    if (block == NEURON_NO_BLOCK)
        return NULL;
    const neuron_block *at = &session->blocks[block];
    return (at->last == NEURON_BLOCK_KEPT ? session->kept : session->arena) + at->offset;
}

const float *neuron_session_value(const neuron_session *session, int32_t block)
{
    for (int32_t i = 0; i < session->graph->input_count; i++)
        if (block == session->input_blocks[i] && session->borrowed[i])
            return session->borrowed[i];
    return neuron_session_memory(session, block);
}

float *neuron_session_input(neuron_session *session, int64_t index)
{
    return neuron_session_memory(session, session->input_blocks[index]);
}

const float **neuron_session_lent(neuron_session *session)
{
    return session->borrowed;
}

void neuron_session_borrow(neuron_session *session, const float *const *inputs)
{
    for (int32_t i = 0; i < session->graph->input_count; i++)
        session->borrowed[i] = inputs ? inputs[i] : NULL;
}

void neuron_session_observe(neuron_session *session, const neuron_session_observer *observer)
{
    session->observer = observer;
}

const float *neuron_session_output(const neuron_session *session, int64_t index)
{
    return neuron_session_value(session, session->outputs[index].value);
}

bool neuron_session_logits(const neuron_session *session, int64_t index)
{
    return session->outputs[index].logits;
}

bool neuron_session_puts_out_logits(const neuron_session *session, int64_t index)
{
    const neuron_spec *spec = &session->outputs[index].node->spec;
    return spec->layer->output_kind && spec->layer->output_kind(spec) == NEURON_OUTPUT_LOGITS;
}

float *neuron_session_output_gradient(neuron_session *session, int64_t index)
{
    return neuron_session_memory(session, session->outputs[index].gradient);
}
