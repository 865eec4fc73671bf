/* Datasets, from the inside: what readers of formats make, and trainers and evaluations read.
 * dataset.c says how it is built; the calls of users are in libneuron/dataset.h. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include <libneuron/dataset.h>
#include <libneuron/table.h>

#include "base/context.h"
#include "data/scale.h"

enum { NEURON_CLASSES_MAX = 65536 };

typedef struct neuron_stream neuron_stream;

struct neuron_dataset {
    atomic_int references;
    neuron_context_t *context;
    neuron_tensor_t *examples;    /* u8 or f32, [stored, ...] */
    neuron_stream *stream;        /* reads examples, then `examples` owns it and has no elements */
    neuron_tensor_t *labels;      /* i32 [stored] or, as targets, f32 [stored, outputs] */
    neuron_tensor_t *class_names; /* u8, each with its zero; NULL if they are not known */
    bool one_hot;                 /* labels are class numbers that are handed out as targets */
    bool any_targets;             /* targets need not be probabilities */
    int32_t class_count;          /* of which neuron_dataset_label() tells one */
    int32_t outputs;              /* what a graph must have: as many, but 1 for two classes */
    neuron_shape target_shape;    /* of targets of any kind */
    neuron_shape shape;           /* of one example */
    neuron_scale scale;
    neuron_tensor_t
        *channels; /* u8 [last extent, size of one]: a neuron_scale for each index of the
                                  last axis instead of the one; NULL for none */
    int64_t count;
    int64_t *order;                    /* stored row of each example */
    neuron_tensor_t *weights;          /* f32 [stored]; NULL if all are 1 */
    neuron_preparation_t *preparation; /* of the table that it comes from; NULL for none */
};

NEURON_HOLD_DECLARE(dataset);

/* A single target of any kind stands for class 1 if it is above this, else for class 0. */
#define NEURON_DATASET_THRESHOLD 0.5f

/* neuron_dataset_create() whose messages begin with `who`, such as the path of a file. */
int neuron_dataset_create_for(neuron_dataset_t **dataset, neuron_context_t *context,
                              neuron_tensor_t *examples, neuron_tensor_t *labels,
                              int32_t class_count, const char *who);

/* Whether these can be the examples of a dataset. */
int neuron_dataset_check_examples(const neuron_tensor_t *examples, const char *who);

/* neuron_dataset_create_with_targets() likewise. */
int neuron_dataset_create_with_targets_for(neuron_dataset_t **dataset, neuron_context_t *context,
                                           neuron_tensor_t *examples, neuron_tensor_t *targets,
                                           const char *who);

/* A dataset of `count` examples of another, sharing its memory. `positions` count in the
 * dataset's order; NULL for first, first + 1, ... */
int neuron_dataset_derive(neuron_dataset_t **derived, const neuron_dataset_t *dataset,
                          const int64_t *positions, int64_t first, int64_t count);

/* Sorts all positions of a dataset by class without changing the order within one. `scratch` is for
 * as many, `ends` becomes where each class ends. */
void neuron_dataset_group(const neuron_dataset_t *dataset, int64_t *positions, int64_t *scratch,
                          int64_t *ends);

/* Whether a graph of these shapes can work on the dataset; `who` begins the message. */
int neuron_dataset_check(const neuron_dataset_t *dataset, const neuron_shape *input,
                         const neuron_shape *output, const char *who);

/* Whether the classes that both have are called the same, where both know it. `a_called` and
 * `b_called` are what the message calls the two. */
int neuron_dataset_check_names(const neuron_dataset_t *a, const char *a_called,
                               const neuron_dataset_t *b, const char *b_called, const char *who);

/* Names of classes, one text after the other in a tensor of bytes. NULL, for what is not known, has
 * none. */
int neuron_class_names_make(neuron_tensor_t **made, neuron_context_t *context,
                            const char *const *names, int32_t count, const char *who);

/* The name behind another one, the first behind NULL; NULL behind the last. */
const char *neuron_class_names_next(const neuron_tensor_t *names, const char *name);

/* The name of a class; NULL if there is none. */
const char *neuron_class_names_at(const neuron_tensor_t *names, int32_t k);

/* The first class that both name, but not alike; -1 if there is none. */
int32_t neuron_class_names_differ(const neuron_tensor_t *a, const neuron_tensor_t *b);

/* Scales `count` examples into `values`. `positions` are places in the dataset; NULL for
 * first, first + 1, ... */
int neuron_dataset_gather(const neuron_dataset_t *dataset, neuron_pool *pool,
                          const int64_t *positions, int64_t first, int64_t count, float *values);

/* Mean and standard deviation of inputs over all examples, for each of `channels` that follow each
 * other in an example. NEURON_E_DATA for no examples, or values that are not finite. */
int neuron_dataset_measure(const neuron_dataset_t *dataset, int64_t channels, float *mean,
                           float *deviation, const char *who);

/* neuron_dataset_set_scales() whose messages begin with `who`, of arguments that are not NULL. */
int neuron_dataset_set_scales_for(neuron_dataset_t *dataset, const double *scales,
                                  const double *offsets, size_t count, const char *who);

/* What calls that set and tell scales have in common. */
int neuron_scales_check(const double *scales, const double *offsets, size_t count, const char *who);
int neuron_scales_get(const neuron_scale *each, size_t count, double *scales, double *offsets,
                      size_t capacity, size_t *needed, const char *who);

/* Sets one scale for all values. */
void neuron_dataset_keep_scale(neuron_dataset_t *dataset, const neuron_scale *scale);

/* The scales of a dataset, the first of them. */
static inline const neuron_scale *neuron_dataset_scales(const neuron_dataset_t *dataset)
{
    return dataset->channels ? (const neuron_scale *)dataset->channels->data : &dataset->scale;
}

/* How many scales there are: one, or one for each index of the last axis. */
static inline int64_t neuron_dataset_scale_count(const neuron_dataset_t *dataset)
{
    return dataset->channels ? dataset->channels->shape.extent[0] : 1;
}

/* Whether the same stored values become the same inputs. */
bool neuron_dataset_same_scale(const neuron_dataset_t *a, const neuron_dataset_t *b);

/* Whether examples have a target for each class rather than a class number. */
bool neuron_dataset_has_targets(const neuron_dataset_t *dataset);

/* Class of an example: its number, or its largest target (the first of equals), or for a single
 * target of any kind on which side of the threshold it lies. */
int32_t neuron_dataset_label(const neuron_dataset_t *dataset, int64_t position);

/* Writes the `outputs` targets of an example, one-hot for a class number. */
void neuron_dataset_target(const neuron_dataset_t *dataset, int64_t position, float *target);

/* What an example's loss is multiplied by. */
double neuron_dataset_weight(const neuron_dataset_t *dataset, int64_t position);

#endif
