/* A call of a step's layer: its arrays found in the session's memory. */
#ifndef SESSION_STEP_CALL_H
#define SESSION_STEP_CALL_H

#include "session/steps.h"

typedef struct neuron_step_call {
    neuron_run run;
    float *values[NEURON_ARRAYS_MAX], *gradients[NEURON_ARRAYS_MAX];
} neuron_step_call;

/* Fills in all that prepare and forward need. The pointers of the edges are the session's, and are
 * there until the next call begins. */
void neuron_step_call_begin(neuron_step_call *call, neuron_session *session, neuron_step *step);

#endif
