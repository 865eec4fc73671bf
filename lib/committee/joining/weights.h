/* Options of the calls that learn how to join members and tell what they are worth, and what is
 * learnt, for who has the outputs. */
#ifndef COMMITTEE_WEIGHTS_H
#define COMMITTEE_WEIGHTS_H

#include "base/options/options.h"
#include "committee/joining/blend.h"

extern const neuron_option_table neuron_committee_weights_options;
extern const neuron_option_table neuron_committee_stack_options;
extern const neuron_option_table neuron_committee_diversity_options;
extern const neuron_option_table neuron_committee_contributions_options;
extern const neuron_option_table neuron_committee_costs_options;
extern const neuron_option_table neuron_committee_prune_options;

/* Rows that the trainer of committees has too. */
#define NEURON_GOAL_ROW(key)                                                                       \
    NEURON_CHOICE(key, "goal", neuron_blend_goals, NEURON_BLEND_AUTO, "what the weights make best")
#define NEURON_ROUNDS_ROW(key)                                                                     \
    NEURON_INTEGER(key, "rounds", 1, 100000, 100, "members that greedy selection adds")
#define NEURON_L2_ROW(key)                                                                         \
    NEURON_REAL(key, "l2", DBL_MIN, DBL_MAX, 1, "by how much the squares of the kernel cost")
#define NEURON_ITERATIONS_ROW(key)                                                                 \
    NEURON_INTEGER(key, "iterations", 1, 100000, 1000, "at most, of logistic and class_weights")
#define NEURON_POINTS_ROW(key) NEURON_INTEGER(key, "points", 2, 65536, 101, "of a table of ranks")

/* ---- Weights ---- */

typedef enum neuron_weights_method {
    NEURON_WEIGHTS_AUTO,
    NEURON_WEIGHTS_ACCURACY,
    NEURON_WEIGHTS_INVERSE_ERROR,
    NEURON_WEIGHTS_GREEDY,
    NEURON_WEIGHTS_CONVEX
} neuron_weights_method;

typedef struct neuron_weights_request {
    neuron_weights_method method;
    neuron_blend_goal goal;
    int64_t rounds;
} neuron_weights_request;

/* Whether it can be had of any outputs, and of outputs that are judged so. */
int neuron_weights_check_request(const neuron_weights_request *asked, const char *who);
int neuron_weights_check_plan(const neuron_weights_request *asked,
                              const neuron_evaluation_plan *plan);

/* Fills `weights`, [members]. */
int neuron_weights_learn(double *weights, const neuron_member_outputs *outputs,
                         const neuron_weights_request *asked);

/* The methods that judge each member by itself, maybe on examples of its own: its accuracy or mean
 * squared error, and what becomes of these, which `weights` has. The outputs are those that some
 * member is judged by. */
int neuron_weights_judge(double *merit, const neuron_member_outputs *outputs, int64_t member,
                         neuron_weights_method method);
void neuron_weights_of_merits(double *weights, int64_t members, neuron_weights_method method);
neuron_weights_method neuron_weights_method_of(neuron_weights_method method,
                                               const neuron_evaluation_plan *plan);

/* ---- Stacking ---- */

typedef enum neuron_stack_method {
    NEURON_STACK_LOGISTIC,
    NEURON_STACK_CLASS_WEIGHTS,
    NEURON_STACK_RANKS
} neuron_stack_method;

typedef struct neuron_stack_request {
    neuron_stack_method method;
    double l2;
    int64_t iterations, points;
} neuron_stack_request;

/* Whether it can be had of outputs of such a size that are judged so. */
int neuron_stack_check_plan(const neuron_stack_request *asked, const neuron_evaluation_plan *plan,
                            int64_t size);

/* Joins members by what is learnt from their outputs. */
int neuron_stack_learn(neuron_graph_t **committee, neuron_context_t *context,
                       neuron_graph_t *const *members, const neuron_member_outputs *outputs,
                       const neuron_stack_request *asked);

#endif
