/* What the members of a committee put out for examples: what all that learns to join them learns
 * from. */
#ifndef COMMITTEE_OUTPUTS_H
#define COMMITTEE_OUTPUTS_H

#include "evaluate/evaluation.h"

/* As many as a layer has inputs. */
enum { NEURON_COMMITTEE_MEMBERS_MAX = 4096 };

typedef struct neuron_member_outputs {
    neuron_context_t *context;
    int64_t members, size;       /* numbers that each member puts out for an example */
    neuron_evaluation_plan plan; /* what the targets are */
    neuron_dataset_t *dataset;   /* f32 [n, members x size], in order, with the targets */
    neuron_graph_t **graphs;     /* NULL, or an owner of each, and NULL behind the last */
    neuron_shape shape;          /* of what a member puts out */
    neuron_batch targets;        /* of all examples */
} neuron_member_outputs;

/* Where the outputs of an example are, one member's behind the other's. */
static inline const float *neuron_member_outputs_at(const neuron_member_outputs *outputs,
                                                    int64_t example)
{
    const float *data = outputs->dataset->examples->data;
    return data + example * outputs->members * outputs->size;
}

/* Has members predict a dataset. The hold ends it. Outputs may be anything. */
int neuron_member_outputs_predict(neuron_member_outputs **outputs, neuron_hold *hold,
                                  neuron_graph_t *const *members, int64_t count,
                                  const neuron_dataset_t *dataset);
/* Makes ones without anything in them, which the hold ends; and puts in what is there already: rows
 * `values`, [n, members, size of the output], of graphs like one, for the examples of a dataset. */
int neuron_member_outputs_begin(neuron_member_outputs **outputs, neuron_hold *hold,
                                neuron_context_t *context, int64_t members);
int neuron_member_outputs_fill(neuron_member_outputs *outputs, const neuron_graph_t *graph,
                               const neuron_dataset_t *dataset, const float *values);
NEURON_HOLD_DECLARE(member_outputs);

/* What a public call is given: members that predict a dataset, or outputs that are there already,
 * of a context. */
typedef struct neuron_member_source {
    const char *who; /* the call, and what it calls its dataset */
    const char *dataset_name;
    neuron_graph_t *const *members; /* NULL where there are outputs */
    const neuron_dataset_t *dataset;
    neuron_context_t *context;
    neuron_tensor_t *const *outputs;
    const neuron_tensor_t *targets;
    bool given; /* the outputs are there */
    int64_t count;
} neuron_member_source;

/* Initialisers, of the arguments as the calls have them. */
#define NEURON_MEMBERS_OF(data)                                                                    \
    {                                                                                              \
        .who = __func__, .dataset_name = #data, .members = members, .dataset = (data),             \
        .count = count                                                                             \
    }
#define NEURON_OUTPUTS_GIVEN                                                                       \
    {                                                                                              \
        .who = __func__, .context = context, .outputs = outputs, .targets = targets,               \
        .given = true, .count = count                                                              \
    }

/* Whether the arguments are there; and what the members put out, which the hold ends. */
int neuron_member_source_check(const neuron_member_source *source);
int neuron_member_outputs_read(neuron_member_outputs **outputs, neuron_hold *hold,
                               const neuron_member_source *source);

/* What is right or wrong about an example, as neuron_evaluation_accuracy() counts: the places of a
 * map, else one thing; and whether outputs, [size], are right about one. */
static inline int64_t neuron_member_outputs_units(const neuron_member_outputs *outputs)
{
    return outputs->plan.kind == NEURON_EVALUATION_PIXELS ? outputs->plan.places : 1;
}
bool neuron_member_outputs_right(const neuron_member_outputs *outputs, int64_t example,
                                 int64_t unit, const double *values);

/* NEURON_E_NOT_FINITE if an output is not; NEURON_E_DATA with `shares` for one outside of 0 to 1.
 */
int neuron_member_outputs_check(const neuron_member_outputs *outputs, bool shares);

#endif
