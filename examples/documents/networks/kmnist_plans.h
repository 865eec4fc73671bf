/* What the searches of document 000 try. */
#ifndef KMNIST_PLANS_H
#define KMNIST_PLANS_H

#include "kmnist_runs.h"

typedef struct {
    const char *name;
    const double *levels;
    int64_t count;
    int64_t quick_count; /* with --quick, where the other levels take too long; 0 for all */
} kmnist_factor_t;

/* All combinations, or so many at random, each on so many folds. */
typedef struct {
    const kmnist_factor_t *factors;
    int64_t count;
    int64_t folds;
    int64_t trials; /* 0 for all combinations */
} kmnist_plan_t;

/* Of each kmnist_search_t. */
extern const kmnist_plan_t kmnist_plans[];

#endif
