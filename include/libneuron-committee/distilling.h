/** @file distilling.h
 *  A small network that learns from what a large one or a committee says.
 */
#ifndef NEURON_DISTILLING_H
#define NEURON_DISTILLING_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The same examples with what a trained graph says of them as targets: a smaller one, the student,
 *  learns from these by the ordinary trainer (distilling: Hinton, Vinyals and Dean, 2015; arXiv
 *  1503.02531). The teacher may be a committee, the dataset may be unlabelled. Examples share
 *  memory, or are copies if these are few of many and that takes less than targets for all.
 *
 *      neuron_dataset_distil(&taught, train, committee, NULL);
 *      neuron_loss_create(&loss, context, "distillation", "temperature=2");
 *      neuron_trainer_create(&trainer, student, adam, taught);
 *      neuron_trainer_set_loss(trainer, loss);
 *
 *  Other losses take the targets too: mean_squared_error those of a regression,
 *  binary_cross_entropy those of labels. An example keeps the class that it had, by which accuracy
 *  and weights of classes go. Without labels it is the teacher's, and there are classes if for
 *  each example the outputs are probabilities that add up to 1. Option:
 *
 *  - `soft_share` (1; 0 to 1): how much the teacher counts, s. The targets are s times its outputs
 *    plus 1 - s times the targets that are there, in the place of a class number 1 for its class
 *    and 0 for the others. For the loss distillation it stays 1, as that knows the classes.
 *
 *  @param[out] distilled  the new dataset; NULL on failure.
 *  @param dataset  at least one example.
 *  @param teacher  a finished graph with one output. It predicts now, once for each example.
 *  @param options  "soft_share=0.5"; NULL for the defaults.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_STATE; NEURON_E_SHAPE; NEURON_E_DATA for an empty
 *           dataset, for one of classes if what the teacher puts out is not probabilities, with
 *           the example, and for a `soft_share` below 1 without labels; NEURON_E_NOT_FINITE for an
 *           output that is infinite or not a number; NEURON_E_UNSUPPORTED for several outputs; or
 *           as neuron_graph_predict_dataset(). Threads as there. Since 0.1. */
NEURON_API int neuron_dataset_distil(neuron_dataset_t **distilled, neuron_dataset_t *dataset,
                                     const neuron_graph_t *teacher, const char *options);

#ifdef __cplusplus
}
#endif

#endif
