/* The runs of document 002: which network, on which images, trained how, and what is reported. */
#ifndef CIFAR_RUNS_H
#define CIFAR_RUNS_H

#include "../common/example.h"
#include "cifar.h"

typedef struct {
    const char *id;
    const char *description;
    const cifar_network_t *network;
    example_colours_t colours;
    int32_t rule;         /* of the optimizer */
    double learning_rate; /* 0 for the rule's own */
    int64_t batch_size;
    int64_t epochs; /* 0 for early stopping */
    example_reported_t reported;
} cifar_run_t;

extern const cifar_run_t cifar_runs[];
extern const int cifar_run_count;

#endif
