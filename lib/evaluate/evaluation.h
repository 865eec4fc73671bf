/* Evaluations, from the inside: sums by row (class, label or output) that grow with the examples.
 * kind.c chooses what is summed, sums.c does it, metrics.c says what follows from the sums, and
 * report.c writes it down. Where each example is kept as well, by scores.c, the metrics of metric.h
 * look at it. */
#ifndef EVALUATE_EVALUATION_H
#define EVALUATE_EVALUATION_H

#include <libneuron/evaluation.h>

#include "base/compiler/attributes.h"
#include "base/context.h"
#include "data/batch.h"
#include "session/session.h"
#include "losses/loss.h"

/* As many classes as a dataset may have. */
enum { NEURON_EVALUATION_CLASSES_MAX = 65536 };

/* With so many classes there is always a confusion matrix. */
enum { NEURON_EVALUATION_MATRIX_CLASSES = 256 };

typedef enum neuron_evaluation_kinds {
    NEURON_EVALUATION_AUTO = 10,
    NEURON_EVALUATION_CLASSES = 20,
    NEURON_EVALUATION_MULTI_LABEL = 30,
    NEURON_EVALUATION_REGRESSION = 40,
    NEURON_EVALUATION_PIXELS = 50
} neuron_evaluation_kinds;

/* What is evaluated, and how. */
typedef struct neuron_evaluation_plan {
    int32_t output; /* of the graph */
    neuron_evaluation_kinds kind;
    float threshold;
    int64_t channels; /* numbers at a place of a map; else all outputs, */
    int64_t places;   /* of which there is one */
    int64_t rows;
    int64_t outputs; /* of an example */
    bool keeps_scores;
} neuron_evaluation_plan;

/* What was said of each example (of pixels, labels and numbers: of each place), in their order;
 * NULL where it is not kept. */
typedef struct neuron_evaluation_scores {
    int64_t width, places;      /* outputs at a place, and places of an example */
    float *outputs;             /* [seen, width] */
    float *targets;             /* likewise, of labels and numbers */
    int32_t *truth, *predicted; /* [seen], of classes and pixels */
} neuron_evaluation_scores;

/* Of a row of a regression. */
typedef struct neuron_error_sums {
    double absolute, squared; /* errors */
    double mean, spread;      /* of the targets: squared distances from their mean */
} neuron_error_sums;

struct neuron_evaluation {
    neuron_handle handle;
    neuron_context_t *context;
    neuron_evaluation_plan plan;
    const neuron_evaluation_t *whole; /* of which this is a sample; NULL if it is none */
    int64_t count;                    /* of examples */
    int64_t seen;                     /* examples or places so far */
    double loss;                      /* their mean */
    neuron_tensor_t *names;           /* of the rows; NULL if they are not known */

    /* By class or label: how many are of it, are taken for it, and both. */
    int64_t *of_row, *taken_for, *correct;
    int64_t exact;     /* examples or places all of whose labels are right */
    double samples[3]; /* precision, recall and F1 of their labels, summed */

    /* Of confusion there is a matrix, [truth, predicted]; or, where that would be larger, the two
     * of each example, 32 bits each, sorted once all are there; or neither. */
    int64_t *matrix;
    uint64_t *pairs;

    neuron_error_sums *errors; /* by row of a regression */

    neuron_evaluation_scores scores;
};

/* Options of neuron_graph_evaluate(). */
extern const neuron_option_table neuron_evaluation_options;

/* The word of a kind. */
const char *neuron_evaluation_kind_name(neuron_evaluation_kinds kind);

/* Chooses how a finished graph is evaluated on a dataset that fits it; `loss` is NULL if the caller
 * gave none. */
NEURON_SHARED int neuron_evaluation_choose(neuron_evaluation_plan *plan,
                                           const neuron_graph_t *graph,
                                           const neuron_dataset_t *dataset,
                                           const neuron_loss_t *loss, const char *options);

/* The loss for who gave none. Never referenced. */
const neuron_loss_t *neuron_evaluation_loss_of(const neuron_evaluation_plan *plan,
                                               const neuron_dataset_t *dataset);

/* Outputs that are there already, as the examples of a dataset that fits a graph without layers.
 * Both are NULL after a failure. */
NEURON_SHARED int neuron_evaluation_take_outputs(neuron_graph_t **graph, neuron_dataset_t **dataset,
                                                 neuron_context_t *context,
                                                 const neuron_tensor_t *outputs,
                                                 const neuron_tensor_t *targets, const char *who);

/* Makes an evaluation of `count` examples, of which none is there yet, with a loss that is not a
 * number. */
int neuron_evaluation_create_empty(neuron_evaluation_t **evaluation, neuron_context_t *context,
                                   const neuron_evaluation_plan *plan, int64_t count);

/* Makes one for sums alone: without confusion, names, and a number of examples. */
int neuron_evaluation_create_sums(neuron_evaluation_t **evaluation, neuron_context_t *context,
                                  const neuron_evaluation_plan *plan);

/* Allocates memory for scores of `count` examples; NEURON_E_MEMORY. And lets go of it. */
int neuron_evaluation_allocate_scores(neuron_evaluation_t *evaluation);
void neuron_evaluation_release_scores(neuron_evaluation_t *evaluation);

/* Keeps what was said of a batch, if that is wanted, before its examples are added. Logits of
 * classes become probabilities. */
void neuron_evaluation_keep(neuron_evaluation_t *evaluation, const neuron_batch *batch,
                            const float *outputs, bool logits);

/* Adds the examples that another evaluation has kept, each as often as it counts, to an empty one.
 */
void neuron_evaluation_add_kept(neuron_evaluation_t *evaluation, const neuron_evaluation_t *kept,
                                const int32_t *counts);

/* Adds an example or a place: its class, and the one that it is taken for. */
void neuron_evaluation_note(neuron_evaluation_t *evaluation, int64_t truth, int64_t predicted);

/* Whether an example is taken to have a label; never rightly if the output is not a number. */
bool neuron_evaluation_takes_label(const neuron_evaluation_t *evaluation, float output, bool truth);

/* Adds the examples of a batch, `outputs` for each. Kind NEURON_EVALUATION_CLASSES is left to
 * neuron_evaluation_note(). */
void neuron_evaluation_add(neuron_evaluation_t *evaluation, const neuron_batch *batch,
                           const float *outputs);

/* Says that all examples are there. */
void neuron_evaluation_finish(neuron_evaluation_t *evaluation);

/* A batch whose inputs a session has run forward, as the loss of an output sees it. */
neuron_loss_batch neuron_loss_batch_of(const neuron_session *session, int64_t output,
                                       const neuron_batch *batch);

/* NEURON_E_DATA if the loss cannot work with the dataset's targets; `who` begins the message. */
int neuron_loss_check_dataset(const neuron_loss_t *loss, const neuron_dataset_t *dataset,
                              const char *who);

/* How an output is judged, and what comes of it. */
typedef struct neuron_score {
    const neuron_loss_t *function; /* NULL if no loss is wanted; then any targets will do */
    neuron_evaluation_t *into;     /* whose sums are added to; NULL if not wanted */
    double loss, accuracy;         /* the mean, and the share of correct classes */
} neuron_score;

/* What is called after each batch; NULL for nothing. What it returns, if not 0, ends the
 * evaluation and is what that returns. With a communicator of several ranks, which all make the
 * call, each predicts some of the batches and gets what the others say of theirs; what fails on one
 * then ends it on all, with NEURON_OK on those that have no failure of their own: they are to meet
 * for that. */
typedef struct neuron_evaluation_watch {
    int (*after_batch)(void *object);
    void *object;
    struct neuron_communicator *communicator; /* NULL for none */
} neuron_evaluation_watch;

/* Predicts a dataset and compares: `count` outputs of the graph from the first on. A loss that is
 * infinite or not a number is no failure. `watch` may be NULL. Any thread, as
 * neuron_graph_predict(). */
int neuron_evaluate_outputs(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                            neuron_score *scores, int64_t first, int64_t count,
                            const neuron_evaluation_watch *watch);

#endif
