/* What a search of document 000 tried: kept fold by fold, in a run's record, and in tables. */
#ifndef KMNIST_TRIED_H
#define KMNIST_TRIED_H

#include "kmnist_runs.h"

#include <libneuron-committee/committees.h>

/* Adds a fold, or a trial without folds, to OUT/<id>-tried.jsonl, in place of what that has of it.
 * `figures` are fields of JSON. */
void kmnist_keep_tried(const example_t *example, const kmnist_run_t *run,
                       const neuron_trial_t *trial, double score, const char *figures);

/* Removes what an earlier search left. */
void kmnist_forget_tried(const example_t *example, const kmnist_run_t *run);

/* What was kept, for the run's record; to be freed. */
char *kmnist_tried(const example_t *example, const kmnist_run_t *run);

/* The folds and the maxima of each pair of factors, of the records that are there. */
void kmnist_write_searches(const example_t *example, FILE *file);

#endif
