/** @file calibration.h
 *  Calibration: probabilities that can be taken at their word, and sets of classes that hold the
 *  true one as often as was promised.
 *
 *      neuron_graph_calibrate(&calibrated, graph, held_out, "method=temperature");
 *      neuron_graph_add_prediction_sets(&sure, calibrated, other, "method=raps, coverage=0.9");
 *      neuron_graph_save(sure, "sure.safetensors");
 *
 *  Trained networks, and committees as well, say 99 % where they are right in 90 of 100 cases. What
 *  corrects that is fitted to examples that the network was not trained with, and is a node at the
 *  end of the graph from then on: the graph predicts, is evaluated, saved, loaded and exported as
 *  any other, and can be a member of a committee. The layers are told in layers.h:
 *  neuron_temperature_scaling(), neuron_vector_scaling(), neuron_piecewise_linear() and
 *  neuron_prediction_set(). How well a graph is calibrated tells neuron_graph_evaluate(); how sure
 *  the members of a committee are together, its outputs `uncertainty` (committee.h).
 */
#ifndef NEURON_CALIBRATION_H
#define NEURON_CALIBRATION_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Makes a copy of a trained graph whose probabilities are calibrated; the graph itself stays as it
 *  is. Options:
 *
 *  - `method`: what is put behind the output, and how it is fitted, by maximum likelihood but for
 *    the last. p are the probabilities of an example.
 *    `temperature`, the default: softmax(log p / T), one number, which never changes which class is
 *    the largest (Guo et al., ICML 2017; arXiv 1706.04599). T is from 0.01 to 100.
 *    `vector`: softmax(w log p + b), a weight and a bias for each class (vector scaling of Guo et
 *    al., on the logarithms of probabilities as Kull et al., NeurIPS 2019, have it; arXiv
 *    1910.12656). With few examples the bias of a rare class is large.
 *    `platt`: each class against the rest, sigmoid(a log(p / (1 - p)) + b), by targets that are
 *    (n1 + 1) / (n1 + 2) and 1 / (n0 + 2) of n1 examples of the class and n0 others (Platt, 1999;
 *    Lin et al., 2007); then divided by their sum.
 *    `isotonic`: each class against the rest, by the rising steps that fit best (Zadrozny and
 *    Elkan, KDD 2002; pool adjacent violators), straight lines between them; then divided by their
 *    sum. It wants 1000 examples or more. Its probabilities are 0 and 1 at the ends, so that a
 *    log loss may be infinite.
 *    The first three are found by at most 1000 steps of L-BFGS (Liu and Nocedal, 1989), which end
 *    before where rounding hides what more of them would gain; the mean of the biases of `vector`
 *    is 0. The last two are what scikit-learn's CalibratedClassifierCV does with `sigmoid` and
 *    `isotonic`, the first of these given the log-odds.
 *  - `output`: which output of the graph; 0. Its probabilities are one for each class, as those of
 *    a softmax or of a committee, or a single one, that of class 1, as of a sigmoid; of a
 *    log-softmax, which becomes a softmax.
 *  - `multi_label`: yes for an output with a probability of its own for each label, and targets
 *    that are 0 or 1: all methods then treat each label for itself, by the log-odds, and nothing is
 *    divided by a sum; `temperature` has one T for all. no.
 *
 *  The new node is the output. It is called by its layer, or where the graph has several outputs by
 *  the name of the output, and what had that name by `<name>_uncalibrated`, with a number if that
 *  is taken. Other outputs, names of classes, scales and metadata are kept. Training goes back
 *  through the new node and leaves it as it is; after a training, calibrate again. The numbers
 *  follow from the examples in their order, with any number of threads.
 *
 *  @param[out] calibrated  the finished graph, with the name of the other; NULL on failure.
 *  @param graph     finished; it must not be trained meanwhile. May be calibrated already.
 *  @param held_out  examples and their classes that the graph was not trained with, of each class
 *                   some. Fitted to the training set, nothing is gained. Weights of examples play
 *                   no part.
 *  @param options   as options.h has them; NULL for the defaults.
 *  @return  0; NEURON_E_ARGUMENT for NULL, an unknown option or an output that there is not;
 *           NEURON_E_STATE for an unfinished graph; NEURON_E_SHAPE if the examples do not fit, and
 *           for an output that is not a vector; NEURON_E_DATA for no examples or targets, for a
 *           class of which there is no example, or nothing else, unless the method is
 *           `temperature`, and for outputs that are no probabilities; NEURON_E_NOT_FINITE for
 *           outputs that are no finite numbers; what a stream or a custom layer returned;
 *           NEURON_E_MEMORY. Any thread, unless another one changes the graph meanwhile.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_graph_calibrate(neuron_graph_t **calibrated,
                                                   const neuron_graph_t *graph,
                                                   const neuron_dataset_t *held_out,
                                                   const char *options);

/** Makes a copy of a trained graph with one more output: for each example the set of classes that
 *  holds its class with a promised probability (split conformal prediction: Papadopoulos et al.,
 *  ECML 2002; a tutorial: Angelopoulos and Bates, arXiv 2107.07511). The graph itself stays as it
 *  is. Options:
 *
 *  - `method`: `lac`, `aps` or `raps`, with `penalty`, `k_reg` and `allow_empty`: as
 *    neuron_prediction_set() has them, which is the node that is added. `lac` has the smallest
 *    sets, on average; those of `aps` tell better by their size how hard an example is, and `raps`
 *    keeps these small where there are many classes.
 *  - `coverage`: the promise, above 0 and below 1; 0.9.
 *  - `output`: which output of the graph; 0.
 *
 *  The threshold is the score of number ceil((n + 1) coverage) among those of the n held-out
 *  examples' classes, in rising order; where there are not so many, all classes are in each set.
 *  If examples to come are like those (exchangeable), a set has the class with at least that
 *  probability: over the held-out examples too, so that with 1000 of them the share of a long run
 *  lies within 0.02 of it mostly. Without equal scores it is at most 1 / (n + 1) more. Equal ones
 *  make it more, never less: of `aps` the least probable class always has the score 1, which counts
 *  where there are few classes; and so does that the most probable class is always in unless
 *  `allow_empty` is yes. The sets need not be as good for each class, or each kind of example.
 *
 *  The new output is the last one, [classes], and called "prediction_set", of several outputs
 *  "<output>_prediction_set". It has the names of the classes and no targets: the graph is
 *  evaluated by datasets without them. Calibrate before, and not with the same examples; after a
 *  training, make the sets again.
 *
 *  @param[out] with_sets  the finished graph, with the name of the other; NULL on failure.
 *  @param graph     as for neuron_graph_calibrate().
 *  @param held_out  likewise.
 *  @param options   as options.h has them; NULL for the defaults.
 *  @return  as neuron_graph_calibrate(); NEURON_E_SHAPE also for an output of one number;
 *           NEURON_E_ARGUMENT also where the output has sets already. Any thread, unless another
 *           one changes the graph meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_graph_add_prediction_sets(neuron_graph_t **with_sets,
                                                             const neuron_graph_t *graph,
                                                             const neuron_dataset_t *held_out,
                                                             const char *options);

#ifdef __cplusplus
}
#endif

#endif
