/** @file cascade.h
 *  Cascades: committees that stop asking members once the decision is certain.
 *
 *  The first member is asked about all examples. Those of whose class it is certain enough are
 *  done; the next one is asked about the others, and so on (Viola and Jones, 2001; Wang et al.,
 *  "Wisdom of Committees", 2022). So a committee decides nearly as well, and where most examples
 *  are easy it costs little more than its first member.
 *
 *      neuron_cascade_create(&cascade, context, members, 3, NULL, NULL);
 *      neuron_cascade_tune(cascade, validation, "tolerance=0.005");
 *      neuron_cascade_predict(cascade, input, output, asked);
 *
 *  The order is the caller's: the cheapest first, or the best.
 */
#ifndef NEURON_CASCADE_H
#define NEURON_CASCADE_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Members of a committee that are asked one after the other. Since 0.1, experimental. */
typedef struct neuron_cascade neuron_cascade_t;

/** Makes a cascade of members in their order. It keeps the graphs, and predicts by them as they
 *  are: to keep it, save them. Of an example it says the weighted mean of what the members put out
 *  that were asked. Options:
 *
 *  - `measure`: how certain a mean is, from 0 to 1:
 *    - `confidence`, the default: its largest probability
 *    - `margin`: the largest less the second largest
 *    - `entropy`: 1 less its entropy over that of probabilities that are all alike
 *
 *    A single output p stands for the probabilities p and 1 - p of two classes.
 *  - `threshold` (0.9; 0 to 2): an example is done if the measure is at least so much. Above 1 all
 *    members are asked: the outputs are then, to the byte, the mean of theirs, weighted or not.
 *
 *  @param[out] cascade  the new cascade; NULL on failure.
 *  @param members  `count` finished graphs, 1 to 4096, with one input and one output each, of the
 *                  same shapes: probabilities of classes.
 *  @param weights  `count` finite numbers above 0, of which only ratios matter; NULL for 1 each.
 *  @param options  as options.h has them: "measure=margin, threshold=0.5"; NULL for the defaults.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_STATE for a member that is not finished; NEURON_E_SHAPE
 *           for members that disagree, or put out more than a row of numbers; NEURON_E_DATA for
 *           members that call a class differently; NEURON_E_UNSUPPORTED for several inputs or
 *           outputs; NEURON_E_MEMORY. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_cascade_create(neuron_cascade_t **cascade,
                                                  neuron_context_t *context,
                                                  neuron_graph_t *const *members, int64_t count,
                                                  const double *weights, const char *options);

/** Adds an owner. @return  `cascade`. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL neuron_cascade_t *neuron_cascade_ref(neuron_cascade_t *cascade);

/** Takes an owner away. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL void neuron_cascade_unref(neuron_cascade_t *cascade);

/** Sets options.
 *  @return  0, or NEURON_E_ARGUMENT as options.h says, and then nothing is set. No other thread may
 *           use the cascade meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_cascade_set(neuron_cascade_t *cascade, const char *options);

/** Sets one option to a number, likewise.
 *  @return  0, or NEURON_E_ARGUMENT. No other thread may use the cascade meanwhile. Since 0.1,
 *           experimental. */
NEURON_API_EXPERIMENTAL int neuron_cascade_set_number(neuron_cascade_t *cascade, const char *option,
                                                      double value);

/** Reads the number of an option back.
 *  @return  0, or NEURON_E_ARGUMENT also for one of words. Any thread, unless another one changes
 *           the cascade meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_cascade_get_number(double *value, const neuron_cascade_t *cascade, const char *option);

/** Writes the value of an option as text, as neuron_loss_get_text() does.
 *  @param text         NULL to ask for the size only.
 *  @param capacity     bytes that there are at `text`.
 *  @param[out] needed  bytes that it takes with the zero behind it; may be NULL.
 *  @return  0, or NEURON_E_ARGUMENT. Any thread, unless another one changes the cascade meanwhile.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_cascade_get_text(char *text, size_t capacity, size_t *needed,
                                                    const neuron_cascade_t *cascade,
                                                    const char *option);

/** Number of members; 0 for NULL. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int64_t neuron_cascade_member_count(const neuron_cascade_t *cascade);

/** A member. It belongs to the cascade.
 *  @param member  0 to neuron_cascade_member_count() - 1.
 *  @return  the graph; NULL for another number. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL neuron_graph_t *neuron_cascade_member(const neuron_cascade_t *cascade,
                                                              int64_t member);

/** Predicts examples.
 *  @param input   as for neuron_graph_predict() by each member, [n, ...input shape].
 *  @param output  NEURON_TYPE_F32 [n, outputs], written to when all is known: its memory may be
 *                 that of the input.
 *  @param asked   NEURON_TYPE_I32 [n], how many members were asked about each example; may be NULL.
 *  @return  0, or as neuron_graph_predict(). After a failure `output` and `asked` are as they were.
 *           Any number of threads at a time, as long as nobody changes the cascade or its members.
 *           It takes 4 bytes for each example and output, of each member and of the mean, and a
 *           copy of the inputs that the second member is asked about. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_cascade_predict(const neuron_cascade_t *cascade,
                                                   const neuron_tensor_t *input,
                                                   neuron_tensor_t *output, neuron_tensor_t *asked);

/** The same of a dataset, without a copy of its examples.
 *  @return  0, or as neuron_graph_predict_dataset(). Threads as for neuron_cascade_predict().
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_cascade_predict_dataset(const neuron_cascade_t *cascade,
                                                           const neuron_dataset_t *dataset,
                                                           neuron_tensor_t *output,
                                                           neuron_tensor_t *asked);

/** Chooses the threshold: the least with which accuracy on `validation` is at most `tolerance`
 *  below that of all members together, so that as few as possible are asked. Option:
 *
 *  - `tolerance` (0.005; 0 to 1)
 *
 *  @param validation  examples of classes that the members were not trained on, at least one.
 *  @param options     "tolerance=0"; NULL for the defaults.
 *  @return  0; or as neuron_cascade_curve(), and then the threshold is what it was. No other
 *           thread may use the cascade meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_cascade_tune(neuron_cascade_t *cascade,
                                                const neuron_dataset_t *validation,
                                                const char *options);

/** What accuracy each threshold has on a dataset, and what it costs, by the measure that is set.
 *  @param[out] curve  a new tensor NEURON_TYPE_F32 [points, 3]: threshold, accuracy, and the mean
 *                     of what the members cost that were asked. The first point is with all
 *                     members, and its threshold 2; then there is one for each threshold that
 *                     decides about more examples, and the last asks the first member only. NULL
 *                     on failure.
 *  @param dataset  examples of classes, at least one.
 *  @param costs    what each member costs, finite and not negative, such as the seconds of
 *                  neuron_committee_costs(); NULL for 1 each: how many are asked.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_DATA for no examples, or for an output outside of 0 to
 *           1, with the member and the example; NEURON_E_UNSUPPORTED for targets that are not
 *           classes; or as neuron_graph_evaluate(). Threads as for neuron_cascade_predict(). It
 *           takes 4 bytes for each member, example and output. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_cascade_curve(neuron_tensor_t **curve,
                                                 const neuron_cascade_t *cascade,
                                                 const neuron_dataset_t *dataset,
                                                 const double *costs);

#ifdef __cplusplus
}
#endif

#endif
