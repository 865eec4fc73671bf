/** @file summary.h
 *  Summaries: what a graph is made of and how much memory it takes, before it is run.
 *
 *      char text[4096];
 *      if (neuron_graph_summary(text, sizeof text, NULL, graph, 32) == NEURON_OK)
 *          puts(text);
 *
 *  prints of a small network
 *
 *      Model: "graph"
 *      ----------------------------------------------------------
 *      Layer (type)                  Output shape      Parameters
 *      ==========================================================
 *      input (input)                 (None, 16, 16, 1)          0
 *      conv2d (conv2d)               (None, 14, 14, 16)       160
 *      ...
 *
 *  Memory is counted in bytes. A prediction and a training step work in one piece of memory, which
 *  is planned for the graph, the batch size, the threads of the context and the processor. It has
 *  the input of a batch, all values and gradients that are needed at the busiest moment, and what
 *  layers use beside them. Both functions plan it and allocate none of it. Training a graph with a
 *  custom layer (custom.h) also keeps a gradient for each trainable parameter, which is counted.
 *  Not counted are a few hundred bytes for each layer, the dataset, and what the CBLAS keeps for
 *  itself; nor what a trainer keeps beside its steps: the order of the examples (8 bytes each),
 *  what the optimizer remembers (up to two numbers for each trained parameter), a copy of the
 *  parameters that are not trained, one more batch and the room for augmentation where workers or
 *  augmentation are on, a gradient of each trained parameter where a norm is clipped, and the
 *  copies of all parameters that early stopping with restoring and stop-on-NaN keep, the latter
 *  also of what the optimizer remembers.
 */
#ifndef NEURON_SUMMARY_H
#define NEURON_SUMMARY_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes of the memory in which a graph works on a batch, beside its parameters. Any thread, as
 *  long as no other changes the number of threads of the context. Options:
 *
 *  - `training`: yes for the memory of a trainer's steps, its optimizer's aside; no, the default,
 *    for that of neuron_graph_predict() and neuron_graph_evaluate(), once for each thread that
 *    predicts at the same time.
 *
 *  @param[out] bytes  the memory; 0 on failure.
 *  @param batch       for a prediction the number of examples, which are taken 128 at a time if
 *                     there are more; for training `batch_size`. 1 to 2^31 - 1.
 *  @param options     as options.h has them: "training=yes"; NULL for the defaults.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE before finish, NEURON_E_UNSUPPORTED for training a
 *           graph in which a vote stops all gradients or that has no trainable parameters,
 *           NEURON_E_MEMORY also if the bytes cannot be counted, or what a custom layer returned
 *           (neuron_custom_layer_set_saved()). Since 0.1. */
NEURON_API int neuron_graph_memory(int64_t *bytes, const neuron_graph_t *graph, int64_t batch,
                                   const char *options);

/** Writes a table of the graph in the layout that Keras made known, and what memory it takes.
 *
 *  Each layer is listed with its name and type, its output's shape with the batch as None, and its
 *  number of parameters; if the layers are not a plain chain, also with the layers that it takes
 *  its input from. Then come the numbers of all parameters, of those that training changes and of
 *  those that it does not.
 *
 *  The memory is that of
 *  - the parameters, 4 bytes each, every array rounded up to whole 64 bytes;
 *  - in training, the two moments of Adam, which are each as large as the trainable parameters;
 *    SGD has one momentum instead;
 *  - the working memory, see neuron_graph_memory();
 *
 *  and their sum. A graph that cannot be trained has no column for training, but a line that says
 *  why. Lines end with "\n", numbers have commas and points whatever the locale. Any thread, as
 *  neuron_graph_memory().
 *
 *  @param[out] text    room for `capacity` bytes; NULL with capacity 0 to ask for the size.
 *  @param[out] needed  bytes of the text with its final zero; may be NULL.
 *  @param batch        as for neuron_graph_memory(); 32 is the trainer's default.
 *  @return  0, NEURON_E_ARGUMENT also if `text` is given and too small, NEURON_E_STATE before
 *           finish, NEURON_E_MEMORY, or what a custom layer returned, as neuron_graph_memory().
 *           Since 0.1. */
NEURON_API int neuron_graph_summary(char *text, size_t capacity, size_t *needed,
                                    const neuron_graph_t *graph, int64_t batch);

/** Measures how long each layer takes to predict, by examples of its own making.
 *
 *  Layers are computed one after the other, each by all threads of the context. What is computed
 *  in the pass of another layer, as an activation in that of a convolution, has 0, and its time is
 *  with that layer. Where it is faster, neuron_graph_predict() takes some of the examples through
 *  all layers at a time: then the sum may be more than that call takes.
 *
 *  @param[out] seconds  room for `capacity` numbers: of each node in the order of
 *                       neuron_graph_node(), the least of all repeats, for the whole batch. NULL
 *                       with capacity 0 to ask how many there are. 0 on failure.
 *  @param[out] needed   neuron_graph_node_count(); may be NULL.
 *  @param batch    examples, 1 to 2^31 - 1.
 *  @param repeats  1 to 1,000,000; 10 are enough for a quiet machine. One more comes before them.
 *  @return  0; NEURON_E_ARGUMENT, also if there is too little room; NEURON_E_STATE before finish;
 *           NEURON_E_MEMORY; or what a custom layer returned. Threads as for
 *           neuron_graph_predict(). Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_graph_profile(double *seconds, size_t capacity, size_t *needed,
                                                 const neuron_graph_t *graph, int64_t batch,
                                                 int64_t repeats);

#ifdef __cplusplus
}
#endif

#endif
