/** @file event_log.h
 *  Event logs: the files that TensorBoard shows, written while a network learns.
 *
 *      neuron_callback_create_event_log(&callback, context, "logs/adam", "histograms=yes");
 *      neuron_trainer_add_callback(trainer, callback);
 *
 *  and, in a terminal, `tensorboard --logdir logs`. The figures of an epoch have the names that
 *  Keras gives them, in the folders `train` and `validation` below that of the run, so that its
 *  curves lie over each other; a folder for each run shows several side by side.
 *
 *  Whatever else is to be seen there is written by an event log of the caller's, best in a folder
 *  of its own (TensorBoard may read only the newest file of one while a training runs):
 *
 *      neuron_event_log_create(&log, context, "logs/adam/test", NULL);
 *      neuron_event_log_add_evaluation(log, "test", 50, evaluation);
 *      neuron_event_log_add_text(log, "notes", 0, "decoded from **JPEG** copies");
 *
 *  A tag names a series; '/' makes groups of them. Each value has a step, which says where it lies
 *  in its series: the number of the epoch or of the step of the training.
 *
 *  An event log is used by one thread at a time. It is part of libneuron-report, see report.h.
 */
#ifndef NEURON_EVENT_LOG_H
#define NEURON_EVENT_LOG_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A file of events that grows. Since 0.1, experimental. */
typedef struct neuron_event_log neuron_event_log_t;

/** Makes a file of a new name in a folder, `events.out.tfevents.<seconds>.<host>.<number>`, by
 *  which TensorBoard knows it; it takes the files of a folder in the order of their names. Options:
 *
 *  - `purge_step`: what earlier files of the folder have of this step and those after it is no
 *    longer shown, for a run that goes on from there. -1, the default, purges nothing. (The loader
 *    that TensorBoard calls fast purges only series that the new file has, too.)
 *  - `flush_seconds`: what was added reaches the file after so many seconds at the latest, once
 *    something else is added; 0 for at once. 0 or more; 10.
 *
 *  @param[out] log  the new log; NULL on failure.
 *  @param folder   is made, with those above it, if it is not there.
 *  @param options  as options.h has them; NULL for the defaults.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_IO or NEURON_E_MEMORY. Any thread. Since 0.1,
 *           experimental. */
NEURON_API_EXPERIMENTAL int neuron_event_log_create(neuron_event_log_t **log,
                                                    neuron_context_t *context, const char *folder,
                                                    const char *options);

/** Adds an owner. @return  `log`. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL neuron_event_log_t *neuron_event_log_ref(neuron_event_log_t *log);

/** Takes an owner away; the last one writes what has not reached the file and closes it; if that
 *  fails, the log of the context tells it. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL void neuron_event_log_unref(neuron_event_log_t *log);

/** Adds a number to a series.
 *  @param tag    1 or more bytes of UTF-8 without controls; here and below.
 *  @param step   0 or more; here and below.
 *  @param value  may be infinite or not a number, which TensorBoard marks.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_IO or NEURON_E_MEMORY, as all below. After NEURON_E_IO
 *           the file has what it had before and the event is kept: the next call tries again. No
 *           other thread may use the log meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_event_log_add_scalar(neuron_event_log_t *log, const char *tag,
                                                        int64_t step, double value);

/** Adds how numbers are spread: 30 buckets of equal width between the smallest and the largest, as
 *  TensorBoard's own writer makes them. Numbers that are not finite are left out.
 *  @param values  `count` numbers, 0 or more.
 *  @return  as neuron_event_log_add_scalar(). Threads as there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_event_log_add_histogram(neuron_event_log_t *log, const char *tag,
                                                           int64_t step, const float *values,
                                                           int64_t count);

/** Adds a histogram of each parameter array of a graph, `<prefix>/<node>/<array>`.
 *  @param prefix  NULL for none.
 *  @return  as neuron_event_log_add_scalar(), and NEURON_E_STATE before finish. No other thread may
 *           use the log, or change the graph, meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_event_log_add_parameters(neuron_event_log_t *log,
                                                            const char *prefix, int64_t step,
                                                            const neuron_graph_t *graph);

/** Adds images to a series.
 *  @param images  1 to 64 of them, [n, height, width] or [n, height, width, 1 or 3], of
 *                 NEURON_TYPE_U8, or of NEURON_TYPE_F32, of which each image goes from its smallest
 *                 number, black, to its largest; 2 to 4096 pixels a side.
 *  @return  as neuron_event_log_add_scalar(), and NEURON_E_SHAPE or NEURON_E_TYPE. No other thread
 *           may use the log, or change the images, meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_event_log_add_images(neuron_event_log_t *log, const char *tag,
                                                        int64_t step,
                                                        const neuron_tensor_t *images);

/** Adds a text, which TensorBoard reads as Markdown.
 *  @return  as neuron_event_log_add_scalar(). Threads as there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_event_log_add_text(neuron_event_log_t *log, const char *tag,
                                                      int64_t step, const char *text);

/** Adds an evaluation: its figures as `<tag>/accuracy`, `<tag>/loss` and so on, `<tag>/report` as
 *  text, and of classes and pixels `<tag>/confusion` as an image, a row for each true class, from
 *  white for none of its examples to dark for all. Of more than 256 classes there is no image.
 *  @return  as neuron_event_log_add_scalar(). Threads as there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_event_log_add_evaluation(neuron_event_log_t *log,
                                                            const char *tag, int64_t step,
                                                            const neuron_evaluation_t *evaluation);

/** Says with what settings the run of this folder was made, which TensorBoard's HParams page lists
 *  beside the runs' figures. Once for a log.
 *  @param names         `count` texts: "learning_rate".
 *  @param values        of each; one that is a number is shown as one.
 *  @param metrics       tags of the series of this folder that are shown with them, `metric_count`
 *                       texts, the same in all runs that are compared. Without any, 0, all series
 *                       of this folder and of those below it are.
 *  @return  as neuron_event_log_add_scalar(); NEURON_E_STATE the second time. Threads as there.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_event_log_add_hparams(neuron_event_log_t *log,
                                                         const char *const *names,
                                                         const char *const *values, int64_t count,
                                                         const char *const *metrics,
                                                         int64_t metric_count);

/** Hands all that was added to the file.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_IO. No other thread may use the log meanwhile.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_event_log_flush(neuron_event_log_t *log);

/** Makes a callback that writes the figures of each epoch: `epoch_loss`, `epoch_accuracy` and
 *  `epoch_learning_rate` into the folder `train`, the first two of the validation set into
 *  `validation`, with the number of the epoch, from 0 as Keras counts them, as step; and into the
 *  folder itself, as hparams, the optimizer and what its options and the trainer's are. Of a graph
 *  with several outputs there are `epoch_<output>_loss` and `epoch_<output>_accuracy` besides. A
 *  run that was resumed goes on where it was: what was written of later epochs is no longer shown,
 *  nor is an earlier training in the same folder. Options:
 *
 *  - `steps`: yes also writes `batch_loss` and `batch_learning_rate` of each step of the training,
 *    into the folder `steps`; no, the default.
 *  - `histograms`: yes also writes how the parameters are spread, after each epoch; no, the
 *    default.
 *
 *  It serves one trainer at a time. It plays no part in the files of trainings: what
 *  neuron_trainer_add_callback() says of functions of the caller's holds.
 *  @param folder  of the run; is made if it is not there, when the first run begins.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. A run whose log cannot be written ends with
 *           NEURON_E_IO. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_callback_create_event_log(neuron_callback_t **callback,
                                                             neuron_context_t *context,
                                                             const char *folder,
                                                             const char *options);

#ifdef __cplusplus
}
#endif

#endif
