/* Prediction sets: how far down the list of probable classes one must go. What fits the threshold
 * goes by the same numbers, so that it is met exactly. */
#ifndef LAYERS_CALIBRATION_PREDICTION_SET_H
#define LAYERS_CALIBRATION_PREDICTION_SET_H

#include "base/compiler/attributes.h"
#include "layers/layer.h"
#include "layers/ranking.h"

/* NEURON_NODE_METHOD. */
enum { NEURON_PREDICTION_SET_LAC, NEURON_PREDICTION_SET_APS, NEURON_PREDICTION_SET_RAPS };

/* Each library has its own: a variable that is shared may be there twice in one program. */
static const neuron_word neuron_prediction_set_words[] = {
    {NEURON_PREDICTION_SET_LAC, "lac"},
    {NEURON_PREDICTION_SET_APS, "aps"},
    {NEURON_PREDICTION_SET_RAPS, "raps"},
    {0, ""},
};

/* The options of a set, which the call that fits it has as well. */
#define NEURON_OPTIONS_PREDICTION_SET                                                              \
    NEURON_CHOICE(NEURON_NODE_METHOD, "method", neuron_prediction_set_words,                       \
                  NEURON_PREDICTION_SET_LAC, "how classes are scored"),                            \
        NEURON_REAL(NEURON_NODE_PENALTY, "penalty", 0, 1, 0.01,                                    \
                    "of raps, for each class beyond k_reg"),                                       \
        NEURON_INTEGER(NEURON_NODE_K_REG, "k_reg", 0, INT32_MAX, 1, "classes without a penalty"),  \
        NEURON_FLAG(NEURON_NODE_ALLOW_EMPTY, "allow_empty", 0,                                     \
                    "no to have the largest class in each set")

/* How classes are scored. */
typedef struct neuron_set_rule {
    int32_t method;
    float penalty;
    int64_t k_reg;
} neuron_set_rule;

NEURON_SHARED neuron_set_rule neuron_set_rule_of(const neuron_options *options);

/* The score of a class, by the probabilities of all: the class is in the set if it is no larger
 * than the threshold. `sorted` has room for all classes. */
NEURON_SHARED float neuron_set_score(const neuron_set_rule *rule, const float *p, int64_t classes,
                                     int64_t k, neuron_ranked *sorted);

#endif
