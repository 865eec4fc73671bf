/* The runs of document 000: which network, trained how, searched how, and what is reported. */
#ifndef KMNIST_RUNS_H
#define KMNIST_RUNS_H

#include "../common/example.h"
#include "kmnist.h"

/* What is tried before a run; the best of it is what the run trains. */
typedef enum {
    KMNIST_NO_SEARCH,
    KMNIST_RANDOM, /* six factors of the fully connected network */
    KMNIST_WIDER,  /* the same factors, deeper and wider */
    KMNIST_FOLDS,  /* the run itself, on five folds */
    KMNIST_GRID    /* learning rate and dropout, on five folds */
} kmnist_search_t;

/* How the rate changes every ten epochs. */
typedef enum {
    KMNIST_CONSTANT,
    KMNIST_SET,   /* it is set to 0.001, then to 0.0001, whatever it was */
    KMNIST_TENTHS /* it is divided by ten */
} kmnist_schedule_t;

/* What is 0 has the default in parentheses. */
typedef struct {
    example_run_t run;
    kmnist_network_t network;
    const char *rule;     /* of the optimizer: Adam */
    double learning_rate; /* the rule's own */
    int64_t batch_size;   /* 32 */
    int64_t epochs;
    int64_t patience; /* no early stopping */
    kmnist_schedule_t schedule;
    bool one_hot; /* labels are one-hot */
    bool best;    /* the epoch with the best validation accuracy is kept */
    bool on_test; /* the test set validates, and is what a search looks at */
    kmnist_search_t search;
} kmnist_run_t;

extern const kmnist_run_t kmnist_runs[];
extern const int kmnist_run_count;

#endif
