/* Teams: predictions of many examples, cut into chunks that run through the whole graph each in one
 * thread.
 *
 * Where a batch of values is larger than the cache, every step reads what the one before it has
 * written to memory. The values of a chunk stay in the cache of the thread that computes
 * them, and threads need not wait for each other between steps. A team has a session for the
 * whole batch, which has no steps of its own, but input and output; and members, sessions for a
 * chunk, as many as threads can be at work, which share what is made of the parameters. How
 * examples are cut follows from the graph alone, so that the number of threads cannot change a
 * result. */
#ifndef SESSION_TEAM_H
#define SESSION_TEAM_H

#include "session/steps.h"

/* Makes a team of a session that is planned for a prediction, if that is faster. On failure the
 * session is to be destroyed. */
int neuron_team_form(neuron_session *session);

/* The memory of the members. */
int neuron_team_allocate(neuron_session *session);

/* Bytes of that; 0 if the session has no members. */
size_t neuron_team_bytes(const neuron_session *session);

/* Destroys the members, if there are any. */
void neuron_team_dissolve(neuron_session *session);

/* Runs the first `batch` examples of the input forward. */
void neuron_team_forward(neuron_session *session, int64_t batch);

#endif
