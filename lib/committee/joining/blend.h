/* The loss of a weighted mean of what members put out, as a function of their weights: the mean
 * over rows of a loss of one number, which is the weighted mean of one number of each member. A
 * row is an example of classes, or else one output of an example. */
#ifndef COMMITTEE_BLEND_H
#define COMMITTEE_BLEND_H

#include "base/options/options.h"
#include "committee/outputs.h"

typedef enum neuron_blend_goal {
    NEURON_BLEND_AUTO = 10,
    NEURON_BLEND_LOG_LOSS = 20,
    NEURON_BLEND_MEAN_SQUARED_ERROR = 30,
    NEURON_BLEND_ACCURACY = 40
} neuron_blend_goal;

typedef struct neuron_blend {
    neuron_context_t *context;
    neuron_blend_goal goal; /* one of the two losses */
    int64_t rows, members;
    double *values;  /* [rows, members] */
    double *wanted;  /* [rows] */
    double *weights; /* [rows], which add up to 1 */
} neuron_blend;

/* Their words. */
extern const neuron_word neuron_blend_goals[];

/* The goal that `auto` stands for, and whether outputs, or how they are judged, will do for a goal.
 */
neuron_blend_goal neuron_blend_goal_of(neuron_blend_goal goal,
                                       const neuron_member_outputs *outputs);
int neuron_blend_check(neuron_blend_goal goal, const neuron_member_outputs *outputs);
int neuron_blend_check_plan(neuron_blend_goal goal, const neuron_evaluation_plan *plan);

/* Makes one of outputs that were checked; to be released, after a failure too. */
int neuron_blend_make(neuron_blend *blend, const neuron_member_outputs *outputs,
                      neuron_blend_goal goal);
void neuron_blend_release(neuron_blend *blend);

/* The loss of a row at its mean, and its derivatives by that. */
double neuron_blend_loss(const neuron_blend *blend, int64_t row, double mean);
void neuron_blend_slopes(const neuron_blend *blend, int64_t row, double mean, double *first,
                         double *second);

/* Weights that are best by the goal, which may be accuracy; by `rounds` of greedy selection, or
 * with the least loss of all. */
int neuron_blend_greedy(double *weights, const neuron_member_outputs *outputs,
                        neuron_blend_goal goal, int64_t rounds);
int neuron_blend_convex(double *weights, const neuron_member_outputs *outputs,
                        neuron_blend_goal goal);

/* Chooses members that together cost no more than the budget; each costs 1 if `costs` is NULL. */
typedef struct neuron_pruning {
    const double *costs;
    double budget;
    bool fills; /* takes as many as fit */
} neuron_pruning;

int neuron_blend_prune(int64_t *kept, int64_t *kept_count, const neuron_member_outputs *outputs,
                       neuron_blend_goal goal, const neuron_pruning *by);

/* The loss of the weighted mean of all, or minus the share that is right, by any goal: with the
 * outputs of one member dealt among the examples as `order` says; NULL as they are. Not a number
 * without weights. */
int neuron_blend_merit(double *loss, const neuron_member_outputs *outputs, neuron_blend_goal goal,
                       const double *weights, int64_t member, const int64_t *order);

#endif
