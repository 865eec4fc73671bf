/* The runs of document 002: which network, on which images, trained how, and what is reported. */
#ifndef CIFAR_RUNS_H
#define CIFAR_RUNS_H

#include "../common/example.h"
#include "cifar.h"

/* What is 0 has the document's default, in parentheses. */
typedef struct {
    example_run_t run;
    const cifar_network_t *network;
    example_colours_t colours; /* grey */
    const char *rule;          /* of the optimizer: Adam */
    const char *rule_options;  /* the rule's own */
    double learning_rate;      /* the rule's own */
    int64_t batch_size;        /* 64 */
    int64_t epochs;            /* until the validation loss gets no better */
    const char *loss;          /* cross-entropy */
    bool broadcast;            /* the loss compares every output with the class number */
    bool augmented;            /* flipped and shifted by a pixel at random */
} cifar_run_t;

extern const cifar_run_t cifar_runs[];
extern const int cifar_run_count;

#endif
