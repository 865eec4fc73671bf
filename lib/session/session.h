/* A session: a finished graph compiled for one purpose and batch size, with the memory to run it.
 *
 * The graph stays read-only while a session predicts, so any number of sessions of one graph may
 * run at a time. */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "graph/graph.h"

typedef struct neuron_session neuron_session;

/* What a session is compiled for, and each of its outputs. The loss of a training may take the
 * place of an output layer, if the two are better worked out as one. */
typedef enum neuron_session_purpose {
    NEURON_SESSION_PREDICT,
    NEURON_SESSION_TRAIN,        /* a softmax is left to the loss */
    NEURON_SESSION_TRAIN_BINARY, /* a sigmoid is left to the loss */
    NEURON_SESSION_TRAIN_WHOLE   /* nothing is */
} neuron_session_purpose;

/* Compiles a graph for batches of up to `batch` examples. It does not own the graph. */
int neuron_session_create(neuron_session **session, const neuron_graph_t *graph,
                          neuron_session_purpose purpose, int64_t batch);

/* Inner values whose gradients are wanted too, and where each is to be put by the next backward:
 * [batch, ...shape of the node's output]. */
typedef struct neuron_session_wanted {
    const neuron_node_t *node;
    float *gradient;         /* NULL for not this time */
    int32_t producer, block; /* set by the session: the step that makes the value, -1 for an input,
                                and where its gradient is */
} neuron_session_wanted;

/* What else a session for training can be made for. All that it points to stays there as long as
 * the session. */
typedef struct neuron_session_training {
    const neuron_session_purpose *purposes; /* of each output */
    neuron_session_wanted *wanted;
    int64_t wanted_count;
    bool parameters;    /* gradients of parameters are wanted */
    bool as_predicting; /* layers do what they do when predicting */
    bool probes;  /* the graph stays as it is: nothing is moved in forward, penalties add nothing */
    bool partial; /* it is for parts of batches: penalties add nothing */
    bool follows; /* nothing is moved in forward: the session of another part does so */
} neuron_session_training;

int neuron_session_create_training(neuron_session **session, const neuron_graph_t *graph,
                                   const neuron_session_training *training, int64_t batch);

/* The same without the memory: for neuron_session_bytes() and neuron_session_destroy(). */
int neuron_session_plan(neuron_session **session, const neuron_graph_t *graph,
                        neuron_session_purpose purpose, int64_t batch);

/* Both for NEURON_SESSION_PREDICT, but with the examples cut into chunks where that is faster: see
 * team.h. */
int neuron_session_create_prediction(neuron_session **session, const neuron_graph_t *graph,
                                     int64_t batch);
int neuron_session_plan_prediction(neuron_session **session, const neuron_graph_t *graph,
                                   int64_t batch);

void neuron_session_destroy(neuron_session *session);

/* Whether nothing was frozen or thawed, and no option set, since it was compiled. */
bool neuron_session_current(const neuron_session *session);

int64_t neuron_session_batch(const neuron_session *session);
int32_t neuron_session_threads(const neuron_session *session);

const struct neuron_kernels *neuron_session_kernels(const neuron_session *session);

/* Bytes of the memory that it works in, and of what it keeps of the parameters; of a team all of
 * it. */
size_t neuron_session_bytes(const neuron_session *session);

/* Where forward reads the examples of an input of the graph that it is given none for. */
float *neuron_session_input(neuron_session *session, int64_t index);

/* Runs the first `batch` examples forward. `inputs` are the caller's memory for each input of the
 * graph, which backward reads as well; NULL, for one or for all, for the session's. `step` numbers
 * the random draws of a training step. Fails only if neuron_graph_may_fail(). */
int neuron_session_forward(neuron_session *session, const float *const *inputs, int64_t batch,
                           uint64_t seed, uint64_t step);

/* Room for the `inputs` of forward. */
const float **neuron_session_lent(neuron_session *session);

/* Is shown the first input of each step of forward before it runs. A failure ends forward. */
typedef struct neuron_session_observer {
    int (*observe)(void *user_data, const neuron_node_t *node, const float *input, int64_t batch);
    void *user_data;
} neuron_session_observer;

/* Sets it; NULL for none. Not for what neuron_session_create_prediction() made. What is shown as
 * floats may be bytes where a layer is quantised already. */
void neuron_session_observe(neuron_session *session, const neuron_session_observer *observer);

/* An output of the last forward, or the logits if the output layer is left to the loss: then
 * neuron_session_logits() is true. */
const float *neuron_session_output(const neuron_session *session, int64_t index);
bool neuron_session_logits(const neuron_session *session, int64_t index);

/* Whether a layer puts them out by itself, as a log-softmax does. */
bool neuron_session_puts_out_logits(const neuron_session *session, int64_t index);

/* Where the loss puts the gradient of neuron_session_output(). Not for NEURON_SESSION_PREDICT. */
float *neuron_session_output_gradient(neuron_session *session, int64_t index);

/* Runs the last forward's batch backward; penalties on parameters add to their gradients, here and
 * below; `gradients` is laid out as graph->values and overwritten in
 * all arrays that are trained. */
int neuron_session_backward(neuron_session *session, float *gradients);

/* Is given the gradient of graph->values[offset .. offset + count - 1], which nobody reads any more
 * before the next forward. Any thread, never two for the same values. */
typedef struct neuron_gradient_sink {
    void (*on_gradient)(void *user_data, int64_t offset, const float *gradient, int64_t count);
    void *user_data;
} neuron_gradient_sink;

/* The same, but gives each piece of the gradient to the sink as soon as it is made, while it is
 * still in the cache, and keeps none. */
int neuron_session_backward_to(neuron_session *session, const neuron_gradient_sink *sink);

/* ---- Parts of a batch, see neuron_batch_parts ---- */

/* The same in pieces, for parts that go through a graph side by side, each in a session. Forward
 * begins as neuron_session_forward() does, then runs steps up to that of node `end`, which is left
 * out: that of a layer that joins the parts. What it has to tell of this one is measured, and when
 * all have told, it is run too. The number of the last node and more runs all that is left. */
void neuron_session_begin(neuron_session *session, const float *const *inputs, int64_t batch,
                          uint64_t seed, uint64_t step);
int neuron_session_forward_to(neuron_session *session, int64_t end);
void neuron_session_measure(neuron_session *session, double *sums);
int neuron_session_forward_joined(neuron_session *session, const neuron_batch_parts *parts);

/* Backward likewise: all steps of node `first` and those behind it. */
void neuron_session_begin_backward(neuron_session *session);
int neuron_session_backward_from(neuron_session *session, int64_t first,
                                 const neuron_gradient_sink *sink);
void neuron_session_measure_back(neuron_session *session, double *sums);
int neuron_session_backward_joined(neuron_session *session, const neuron_batch_parts *parts,
                                   const neuron_gradient_sink *sink);

/* Has the layer of a node that joins parts move what it moves, where there is no part to run. */
int neuron_session_move(neuron_session *session, int64_t node, const neuron_batch_parts *parts);

/* Whether a layer of the graph joins the parts of a batch, as it is frozen now. */
static inline bool neuron_node_joins_parts(const neuron_node_t *node)
{
    return node->spec.layer->part_sums && !node->frozen;
}

/* Adds the gradients of penalties, which those of parts lack, to the sums of these. */
void neuron_session_add_penalties(const neuron_graph_t *graph, float *gradients);

/* Idle prediction sessions of a graph. `take` returns one for `batch` examples at a time, making it
 * if need be; `give` hands it back. Any thread. */
int neuron_session_take(neuron_session **session, const neuron_graph_t *graph, int64_t batch);
void neuron_session_give(neuron_session *session);

/* The same for neuron_hold_add(), whose owner of the graph is added before. */
NEURON_HOLD_DECLARE(session);

/* The batch size of the session that neuron_session_take() returns. */
int64_t neuron_session_cache_batch(int64_t batch);

/* The most examples that prediction takes at a time: enough to fill the machine, few enough that a
 * convolution's values stay in the cache. */
enum { NEURON_PREDICT_BATCH = 128 };

#endif
