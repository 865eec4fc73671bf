/* One step of a training: forward, loss, backward, update. It owns the session, what the optimizer
 * remembers (slots) and what it takes to undo a step that fails; it borrows graph, optimizer and
 * loss. The batch comes from batch-source.h, who drives it all is run.c. */
#ifndef TRAIN_STEP_H
#define TRAIN_STEP_H

#include "data/batch.h"
#include "graph/graph.h"
#include "losses/loss.h"
#include "optimize/optimizer.h"

typedef struct neuron_step neuron_step;

/* Lies between the seeds of the parts of a step, micro-batches too; 2^64 by the golden ratio. */
#define NEURON_PART_SEED UINT64_C(0x9e3779b97f4a7c15)

/* Where in the training a step is. */
typedef struct neuron_step_turn {
    uint64_t seed, updates;   /* number the random draws of layers */
    uint64_t optimizer_steps; /* that the optimizer remembers */
    double learning_rate;
} neuron_step_turn;

/* What is minimised at an output, and by what it is multiplied. */
typedef struct neuron_step_loss {
    const neuron_loss_t *loss;
    double weight;
} neuron_step_loss;

/* Sums over the examples of a batch at an output: without the weight of its loss, which may not be
 * 0 for that, and without penalties. */
typedef struct neuron_output_sums {
    double loss;
    int64_t correct;
} neuron_output_sums;

/* What came of a step. */
typedef struct neuron_step_result {
    double loss; /* sum over the batch, of all outputs; NaN where gradients were given */
    const neuron_output_sums *outputs; /* of each output; the step's until the next */
    /* If something is no finite number: what, such as "the loss", and its value; else "". And the
     * rank whose it is; -1 if all have it, or there are no others. */
    char bad[NEURON_MESSAGE_SIZE];
    double bad_value;
    int32_t bad_rank;
} neuron_step_result;

/* Makes a step. `losses` has one for each output of the graph and stays. */
int neuron_step_create(neuron_step **step, neuron_graph_t *graph,
                       const neuron_optimizer_t *optimizer, const neuron_step_loss *losses);
void neuron_step_destroy(neuron_step *step);

/* Has batches be computed in parts, from the next neuron_step_set_capacity() on: see
 * parallel/settings.h. What layers work with at once is then a part. */
struct neuron_parts_settings;
void neuron_step_set_parts(neuron_step *step, const struct neuron_parts_settings *settings);

/* Sets how many examples a batch may have, and with how many at most layers work at once: this
 * decides how they work, and so which bytes come of a batch. To be followed by
 * neuron_step_prepare(). */
int neuron_step_set_capacity(neuron_step *step, int64_t capacity, int64_t micro_batch);

/* Compiles the session anew if the number of threads or what is frozen has changed, and allocates
 * what the optimizer's options need. */
int neuron_step_prepare(neuron_step *step);

/* What the optimizer remembers: for each of its slots as many numbers as there are trainable
 * parameters. `fill` writes what it begins with. */
float *const *neuron_step_slots(const neuron_step *step);
void neuron_step_fill_slots(neuron_step *step);

/* Where a batch is to be put, for each input of the graph. */
float *const *neuron_step_inputs(const neuron_step *step);

/* Begins a step: the optimizer's options are those of now. What is set while the batch is made or
 * the step runs, by a loss for instance, counts from the next one. */
void neuron_step_begin(neuron_step *step, const neuron_step_turn *turn);

/* What a step learns from. */
typedef struct neuron_step_data {
    int64_t count;               /* of examples */
    int64_t first, whole;        /* where these begin in a batch of so many, of which ranks have
                                    parts; 0 for a batch that is all here */
    bool sharded;                /* these are examples that only this rank has */
    int status;                  /* a failure that this rank tells the others instead */
    const float *const *inputs;  /* of each input of the graph; NULL for neuron_step_inputs() */
    const neuron_batch *batches; /* of each output: targets, labels, weights; or NULL, then */
    const float *const *output_gradients; /* of each output; NULL for one that plays no part */
} neuron_step_data;

/* Runs it. After a failure the graph is as it was before, but for NEURON_E_NOT_FINITE after an
 * update that is not finite. Something that is no finite number is told by `result` and
 * NEURON_OK. */
int neuron_step_run(neuron_step *step, const neuron_step_data *data, neuron_step_result *result);

/* Forward passes as in training that nothing is learnt from, between begin and end: of `count`
 * examples, neuron_step_micro_batch() or fewer, of those that are at neuron_step_inputs(). They
 * move statistics, which neuron_step_undo() puts back. */
void neuron_step_begin_forward(neuron_step *step);
int64_t neuron_step_micro_batch(const neuron_step *step);
int neuron_step_forward(neuron_step *step, int64_t first, int64_t count, uint64_t seed,
                        uint64_t number);
/* The same of all that is there, where batches are computed in parts, which this tells. */
bool neuron_step_has_parts(const neuron_step *step);
int neuron_step_forward_parts(neuron_step *step, const neuron_step_data *data, uint64_t seed,
                              uint64_t number);
void neuron_step_end_forward(neuron_step *step);

/* Takes back what a step that was left in the middle did to the graph. Whether there was one. */
bool neuron_step_undo(neuron_step *step);

#endif
