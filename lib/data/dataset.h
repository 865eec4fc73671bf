/* Datasets, from the inside: what readers of formats make, and trainers and evaluations read.
 * dataset.c says how it is built; the calls of users are in libneuron/dataset.h. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include <libneuron/dataset.h>
#include <libneuron/table.h>

#include "base/compiler/attributes.h"
#include "base/context.h"
#include "base/random.h"
#include "data/scale.h"

enum { NEURON_CLASSES_MAX = 65536 };

typedef struct neuron_stream neuron_stream;
typedef struct neuron_zip neuron_zip;

struct neuron_dataset {
    neuron_handle handle;
    neuron_context_t *context;
    neuron_tensor_t *examples;    /* u8 or f32, [stored, ...] */
    neuron_stream *stream;        /* reads examples, then `examples` owns it and has no elements */
    neuron_tensor_t *labels;      /* i32 [stored] or, as targets, f32 [stored, outputs] */
    neuron_tensor_t *class_names; /* u8, each with its zero; NULL if they are not known */
    neuron_tensor_t *classes;  /* i32 [stored], the examples' classes where targets are those of a
                                     teacher; NULL where the targets tell them */
    bool one_hot;              /* labels are class numbers that are handed out as targets */
    bool any_targets;          /* targets need not be probabilities */
    int64_t class_count;       /* of which neuron_dataset_label() tells one */
    int64_t outputs;           /* what a graph must have: as many, but 1 for two classes */
    neuron_shape target_shape; /* of targets of any kind */
    neuron_shape shape;        /* of one example */
    neuron_scale scale;
    neuron_tensor_t
        *channels; /* u8 [last extent, size of one]: a neuron_scale for each index of the
                                  last axis instead of the one; NULL for none */
    int64_t count;
    int64_t *order;                    /* stored row of each example */
    neuron_tensor_t *weights;          /* f32 [stored]; NULL if all are 1 */
    neuron_preparation_t *preparation; /* of the table that it comes from; NULL for none */
    neuron_zip *zip;                   /* its further inputs and its targets; NULL if it has one of
                                          each */
};

/* What makes a dataset zipped. The dataset itself is the first input; `parts` are datasets of the
 * same examples, none of them zipped: the further inputs, without labels, then the targets. What
 * the dataset has of labels is a copy of what the first target has, and in the order of that; its
 * weights are by position and multiply those of the targets. See zip.c. */
struct neuron_zip {
    int64_t input_count, target_count; /* 1 or more each */
    neuron_dataset_t *parts[];
};

NEURON_SHARED NEURON_HOLD_DECLARE(dataset);

/* The dataset that an input or a target of another belongs to: that itself if it is not zipped. */
static inline const neuron_dataset_t *neuron_dataset_input_at(const neuron_dataset_t *dataset,
                                                              int64_t index)
{
    return index > 0 ? dataset->zip->parts[index - 1] : dataset;
}

static inline const neuron_dataset_t *neuron_dataset_target_at(const neuron_dataset_t *dataset,
                                                               int64_t index)
{
    const neuron_zip *zip = dataset->zip;
    return zip ? zip->parts[zip->input_count - 1 + index] : dataset;
}

/* How many of both there are; of targets at least 1, which may be empty. */
static inline int64_t neuron_dataset_inputs(const neuron_dataset_t *dataset)
{
    return dataset->zip ? dataset->zip->input_count : 1;
}

static inline int64_t neuron_dataset_targets(const neuron_dataset_t *dataset)
{
    return dataset->zip ? dataset->zip->target_count : 1;
}

/* A single target of any kind stands for class 1 if it is above this, else for class 0. */
#define NEURON_DATASET_THRESHOLD 0.5f

/* neuron_dataset_create() whose messages begin with `who`, such as the path of a file. */
NEURON_SHARED int neuron_dataset_create_for(neuron_dataset_t **dataset, neuron_context_t *context,
                                            neuron_tensor_t *examples, neuron_tensor_t *labels,
                                            int64_t class_count, const char *who);

/* Whether these can be the examples of a dataset. */
int neuron_dataset_check_examples(const neuron_tensor_t *examples, const char *who);

/* neuron_dataset_create_with_targets() likewise; `targets` may be NULL. */
NEURON_SHARED int neuron_dataset_create_with_targets_for(neuron_dataset_t **dataset,
                                                         neuron_context_t *context,
                                                         neuron_tensor_t *examples,
                                                         neuron_tensor_t *targets, const char *who);

/* A dataset of `count` examples of another, sharing its memory. `positions` count in the
 * dataset's order; NULL for first, first + 1, ... */
NEURON_SHARED int neuron_dataset_derive(neuron_dataset_t **derived, const neuron_dataset_t *dataset,
                                        const int64_t *positions, int64_t first, int64_t count);

/* The same of a dataset by itself, without what it was zipped with. */
int neuron_dataset_derive_single(neuron_dataset_t **derived, const neuron_dataset_t *dataset,
                                 const int64_t *positions, int64_t first, int64_t count);

/* Gives what was derived so what else a zipped dataset has. */
int neuron_zip_derive(neuron_dataset_t *derived, const neuron_dataset_t *dataset,
                      const int64_t *positions, int64_t first, int64_t count);
void neuron_zip_release(neuron_dataset_t *dataset);

/* Whose labels are to be set: those of the first target; and what follows once they are. */
NEURON_SHARED neuron_dataset_t *neuron_dataset_labels_of(neuron_dataset_t *dataset);
NEURON_SHARED void neuron_dataset_labels_changed(neuron_dataset_t *dataset);

/* NEURON_E_UNSUPPORTED for a dataset that was zipped. */
int neuron_dataset_refuse_zipped(const neuron_dataset_t *dataset, const char *who);

/* Takes the labels away. */
int neuron_dataset_drop_labels(neuron_dataset_t *dataset);

/* Sorts all positions of a dataset by class without changing the order within one. `scratch` is for
 * as many, `ends` becomes where each class ends. */
void neuron_dataset_group(const neuron_dataset_t *dataset, int64_t *positions, int64_t *scratch,
                          int64_t *ends);

/* Lays all positions of a dataset out to be dealt like cards, class after class, each in random
 * order: of k folds, fold f has those at f, f + k, ... So each fold gets the same fraction of each
 * class, and none more than one example more than another. `scratch` is for as many. */
NEURON_SHARED int neuron_dataset_deal(const neuron_dataset_t *dataset, int64_t *positions,
                                      int64_t *scratch, neuron_random_reader *reader);

/* Whether examples of a dataset fit an input of this shape, and its targets such an output; `who`
 * begins the message. Of a zipped dataset both are asked of its parts. */
int neuron_dataset_check_input(const neuron_dataset_t *dataset, const neuron_shape *input,
                               const char *who);
int neuron_dataset_check_target(const neuron_dataset_t *dataset, const neuron_shape *output,
                                const char *who);

/* Whether the classes that both have are called the same, where both know it. `a_called` and
 * `b_called` are what the message calls the two. */
int neuron_dataset_check_names(const neuron_dataset_t *a, const char *a_called,
                               const neuron_dataset_t *b, const char *b_called, const char *who);

/* Names of classes in a tensor of bytes, whose layout class-names.c knows. NULL, for what is not
 * known, has none. The first call takes texts as they are. */
int neuron_class_names_pack(neuron_tensor_t **made, neuron_context_t *context,
                            const char *const *names, int64_t count);
int neuron_class_names_make(neuron_tensor_t **made, neuron_context_t *context,
                            const char *const *names, int64_t count, const char *who);

/* The name behind another one, the first behind NULL; NULL behind the last. */
const char *neuron_class_names_next(const neuron_tensor_t *names, const char *name);

/* The name of a class; NULL if there is none. */
NEURON_SHARED const char *neuron_class_names_at(const neuron_tensor_t *names, int64_t k);

/* The first class that both name, but not alike; -1 if there is none. */
NEURON_SHARED int64_t neuron_class_names_differ(const neuron_tensor_t *a, const neuron_tensor_t *b);

/* Scales `count` examples into `values`. `positions` are places in the dataset; NULL for
 * first, first + 1, ... */
int neuron_dataset_gather(const neuron_dataset_t *dataset, neuron_pool *pool,
                          const int64_t *positions, int64_t first, int64_t count, float *values);

/* Mean and standard deviation of inputs over all examples, for each of `channels` that follow each
 * other in an example. NEURON_E_DATA for no examples, or values that are not finite. */
int neuron_dataset_measure(const neuron_dataset_t *dataset, int64_t channels, float *mean,
                           float *deviation, const char *who);

/* The same of targets that are numbers. */
int neuron_dataset_measure_targets(const neuron_dataset_t *dataset, int64_t channels, float *mean,
                                   float *deviation, const char *who);

/* neuron_dataset_set_scales() whose messages begin with `who`, of arguments that are not NULL. */
int neuron_dataset_set_scales_for(neuron_dataset_t *dataset, const double *scales,
                                  const double *offsets, size_t count, const char *who);

/* What calls that set and tell scales have in common. */
int neuron_scales_check(const double *scales, const double *offsets, size_t count, const char *who);
int neuron_scales_get(const neuron_scale *each, size_t count, double *scales, double *offsets,
                      size_t capacity, size_t *needed, const char *who);

/* How stored values are scaled unless something else is set: bytes to 0 to 1. */
static inline double neuron_dataset_default_scale(const neuron_dataset_t *dataset)
{
    return dataset->examples->type == NEURON_TYPE_U8 ? 1.0 / 255 : 1;
}

/* Sets one scale for all values. */
void neuron_dataset_keep_scale(neuron_dataset_t *dataset, const neuron_scale *scale);

/* The scales of a dataset, the first of them. */
static inline const neuron_scale *neuron_dataset_each_scale(const neuron_dataset_t *dataset)
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

/* Class of an example: its number, or the one it had before a teacher made its targets, or its
 * largest target (the first of equals), or for a single
 * target of any kind on which side of the threshold it lies; 0 without any. Here and below, of the
 * first target. */
NEURON_SHARED int32_t neuron_dataset_label(const neuron_dataset_t *dataset, int64_t position);

/* Writes the `outputs` targets of an example, one-hot for a class number. */
NEURON_SHARED void neuron_dataset_copy_target(const neuron_dataset_t *dataset, int64_t position,
                                              float *target);

/* What an example's loss is multiplied by at one of its targets, and at the first. */
double neuron_dataset_weight_at(const neuron_dataset_t *dataset, int64_t target, int64_t position);
NEURON_SHARED double neuron_dataset_weight(const neuron_dataset_t *dataset, int64_t position);

#endif
