/** @file report.h
 *  Reports: what a training came to, as one HTML file with tables and pictures.
 *
 *      neuron_report_create(&report, context, "Digits", NULL);
 *      neuron_report_add_trainer(report, NULL, trainer);
 *      neuron_report_add_dataset(report, "Training images", train, NULL);
 *      neuron_report_add_graph(report, NULL, graph, "profile=yes");
 *      neuron_report_add_history(report, NULL, neuron_trainer_history(trainer));
 *      neuron_report_add_evaluation(report, "Test images", evaluation);
 *      neuron_report_add_mistakes(report, NULL, graph, test, NULL);
 *      neuron_report_save(report, "digits.html");
 *
 *  The file needs no other one and no network: it opens offline in any browser, fits a telephone
 *  and a sheet of paper, follows the reader's choice of light or dark, and has a table behind each
 *  picture for who cannot see it. It has no script.
 *
 *  Reports are in a library of their own, libneuron-report, so that a program that ships a model
 *  does not carry them: `pkg-config --cflags --libs libneuron-report`.
 *
 *  Each call adds a section behind the others and copies what it shows: what it was made of may
 *  change or go. A section has a heading, UTF-8 of the caller's, or with NULL the one that its call
 *  names. All texts are shown as they are: nothing in them is taken for HTML. '?' stands for what
 *  is no UTF-8 and for controls.
 *
 *  A report is used by one thread at a time. If a call fails the report is as it was before it.
 */
#ifndef NEURON_REPORT_H
#define NEURON_REPORT_H

#include <libneuron-committee/search.h>
#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A document that grows by sections. Since 0.1, experimental. */
typedef struct neuron_report neuron_report_t;

/** Makes a report without sections. Options:
 *
 *  - `digits`: decimals of accuracies, losses and other figures, 1 to 9; 4. What is smaller than a
 *    half of the last of them is written with an exponent.
 *  - `theme`: `light`, `dark`, or `auto`, the default: what the reader's browser asks for.
 *
 *  @param[out] report  the new report; NULL on failure.
 *  @param title    of the document.
 *  @param options  as options.h has them; NULL for the defaults.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_report_create(neuron_report_t **report,
                                                 neuron_context_t *context, const char *title,
                                                 const char *options);

/** Adds an owner. @return  `report`. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL neuron_report_t *neuron_report_ref(neuron_report_t *report);

/** Takes an owner away. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL void neuron_report_unref(neuron_report_t *report);

/** Adds text. An empty line begins a new paragraph.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. No other thread may use the report, or change
 *           what it shows, meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_report_add_text(neuron_report_t *report, const char *heading,
                                                   const char *text);

/** Adds a list of names and values, "Settings": of the run, of the machine, of the data.
 *  @param names   `count` texts.
 *  @param values  likewise; NULL for one that is not known.
 *  @return  as neuron_report_add_text(). Threads as there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_report_add_settings(neuron_report_t *report, const char *heading,
                                                       const char *const *names,
                                                       const char *const *values, int64_t count);

/** Adds a table. Columns in which all cells are numbers are aligned at their right.
 *  @param columns  what the columns are called.
 *  @param cells    `row_count` rows of `column_count` texts each; NULL for an empty cell.
 *  @return  as neuron_report_add_text(). Threads as there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_report_add_table(neuron_report_t *report, const char *heading,
                                                    const char *const *columns,
                                                    int64_t column_count, const char *const *cells,
                                                    int64_t row_count);

/** Adds a training's settings, "Training": its optimizer, loss, callbacks and options, as the
 *  library has them, where it is, and why it stopped.
 *  @return  as neuron_report_add_text(). Threads as there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_report_add_trainer(neuron_report_t *report, const char *heading,
                                                      const neuron_trainer_t *trainer);

/** Adds what a dataset has, "Data": its number of examples, their shape, how they are scaled, how
 *  many there are of each class, and some of them as pictures if they are images (extents of
 *  [height, width], or with 1 or 3 channels behind). Options:
 *
 *  - `samples`: how many pictures, 0 to 400; 30. They are taken from each class in turn, the first
 *    that there are.
 *  - `height` and `width`: of images whose pixels, of 1 or 3 channels, lie in a row, as networks of
 *    dense layers take them; 0, the default, for examples that are what their extents say.
 *
 *  Of a dataset with several inputs it shows the first.
 *  @return  as neuron_report_add_text(); NEURON_E_SHAPE if examples are no such images; or what a
 *           stream returned. Threads as there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_report_add_dataset(neuron_report_t *report, const char *heading,
                                                      const neuron_dataset_t *dataset,
                                                      const char *options);

/** Adds the network, "Network": a diagram of its layers with shapes, and a table of their
 *  parameters and options. Options:
 *
 *  - `batch`: examples that memory and time are told for, 1 to 2^20; 32.
 *  - `profile`: yes also runs the graph and shows the time that each layer takes when predicting,
 *    as neuron_graph_profile() measures it. no, the default.
 *
 *  @param graph  finished.
 *  @return  as neuron_report_add_text(); NEURON_E_STATE before finish; or what a custom layer
 *           returned. Threads as there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_report_add_graph(neuron_report_t *report, const char *heading,
                                                    const neuron_graph_t *graph,
                                                    const char *options);

/** Adds learning curves, "Learning curves": losses and, where there are any, accuracies over the
 *  epochs, while training and on the validation set, the learning rate if it changed, the metrics
 *  that the trainer computed, and the best epoch.
 *  @return  as neuron_report_add_text(); NEURON_E_DATA for a history without epochs. Threads as
 *           there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_report_add_history(neuron_report_t *report, const char *heading,
                                                      const neuron_history_t *history);

/** Adds the curves of several trainings in one picture for each figure, "Runs": of folds, seeds or
 *  settings that are compared.
 *  @param histories  `count` of them.
 *  @param names      what each is called; NULL for numbers from 1.
 *  @return  as neuron_report_add_history(). Threads as there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_report_add_histories(neuron_report_t *report,
                                                        const char *heading,
                                                        const neuron_history_t *const *histories,
                                                        const char *const *names, int64_t count);

/** Adds an evaluation, "Evaluation": its figures, the report of each class, label or output with
 *  the strongest and the weakest classes, and of classes and pixels the confusion matrix as a heat
 *  map with counts and shares. Of more than 60 classes it has the 60 that are confused most.
 *  @return  as neuron_report_add_text(). Threads as there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_report_add_evaluation(neuron_report_t *report,
                                                         const char *heading,
                                                         const neuron_evaluation_t *evaluation);

/** Adds the examples of which the graph was most certain and wrong, "Most confident mistakes": as
 *  pictures, if they are images, with the true and the predicted class and the probabilities of
 *  both. Options:
 *
 *  - `count`: how many, 1 to 400; 24.
 *  - `height` and `width`: as for neuron_report_add_dataset().
 *
 *  @param graph    finished, with one input, and one output that has as many numbers as the dataset
 *                  has classes, or a single one.
 *  @param dataset  of classes; predicted as a whole.
 *  @return  as neuron_graph_predict_dataset(); NEURON_E_SHAPE for another output or no images.
 *           Threads as there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_report_add_mistakes(neuron_report_t *report, const char *heading,
                                                       const neuron_graph_t *graph,
                                                       const neuron_dataset_t *dataset,
                                                       const char *options);

/** Adds a picture of figures beside what they are compared with, "Comparison": those of a document
 *  or of an earlier run.
 *  @param metric      what the figures are: "test accuracy".
 *  @param names       `count` texts: what each figure is of.
 *  @param values      the figures; not a number for one that is missing.
 *  @param references  what they are compared with, likewise.
 *  @param errors      standard error of each difference, drawn as a bar; NULL for none.
 *  @return  as neuron_report_add_text(). Threads as there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_report_add_comparison(neuron_report_t *report, const char *heading, const char *metric,
                             const char *const *names, const double *values,
                             const double *references, const double *errors, int64_t count);

/** Adds a committee beside its members, "Committee": the accuracy of each and of all, how often
 *  each two agree, how many examples that a member has wrong the committee has right (mended), and
 *  the other way round (broken). If they put out probabilities, also how sure the committee is,
 *  beside the best member: log loss, calibration, and what share is wrong of the surest examples
 *  (see neuron_evaluation_metric() and neuron_evaluation_curve()). Of two members or more, how
 *  differently they err (neuron_committee_diversity()) and what each adds to their mean
 *  (neuron_committee_contributions()).
 *  @param committee  a graph that says of each example what its class is: of members joined by
 *                    neuron_committee_create(), or any other.
 *  @param members    `count` graphs for the same examples.
 *  @param names      what each is called; NULL for numbers from 1.
 *  @param dataset    of classes.
 *  @return  as neuron_report_add_mistakes(). Threads as there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_report_add_committee(neuron_report_t *report,
                                                        const char *heading,
                                                        const neuron_graph_t *committee,
                                                        const neuron_graph_t *const *members,
                                                        const char *const *names, int64_t count,
                                                        const neuron_dataset_t *dataset);

/** Adds a search, "Search": the best and the mean score of each level and the best of each pair of
 *  levels, all trials as parallel coordinates, and the best of them in a table. Of figures that
 *  trials have beside their scores there is the same; best is what the search's goal says, of each
 *  by itself, and pairs of levels have the first figure only.
 *  @return  as neuron_report_add_text(); NEURON_E_DATA if no trial is done. Threads as there.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_report_add_search(neuron_report_t *report, const char *heading,
                                                     const neuron_search_t *search);

/** Adds pictures, "Images": filters of a convolution, examples with what was predicted, maps of
 *  what a network looks at.
 *  @param images    [n, height, width] or [n, height, width, 1 or 3], of NEURON_TYPE_U8, or of
 *                   NEURON_TYPE_F32, of which each image goes from its smallest number, black, to
 *                   its largest.
 *  @param captions  n texts that stand below; NULL for none.
 *  @return  as neuron_report_add_text(); NEURON_E_SHAPE or NEURON_E_TYPE for other tensors.
 *           Threads as there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_report_add_images(neuron_report_t *report, const char *heading,
                                                     const neuron_tensor_t *images,
                                                     const char *const *captions);

/** Writes the report as a file, in place of one that is there: whole, or not at all. It may grow
 *  and be saved again.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_IO, NEURON_E_MEMORY. No other thread may use the report
 *           meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_report_save(const neuron_report_t *report, const char *path);

/** Writes it to a function: a socket, a notebook.
 *  @return  as neuron_graph_save_to(). Threads as there. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_report_save_to(const neuron_report_t *report,
                                                  neuron_write_function_t write, void *user_data);

/** Writes each picture as a file of its own, `<section>-<picture>.svg`, such as
 *  `04-learning-curves-loss.svg`. Options:
 *
 *  - `format`: `svg`, the default; or `png`, for which the library must have been built with
 *    librsvg. Images are always PNG, in their own size.
 *  - `theme`: `light`, the default, or `dark`.
 *  - `scale`: of PNG, pixels for each unit of the picture, 0.1 to 10; 2.
 *
 *  @param folder  is made if it is not there; files of the same names are replaced.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_IO, NEURON_E_MEMORY; NEURON_E_UNSUPPORTED for PNG
 *           without librsvg. No other thread may use the report meanwhile. Since 0.1, experimental.
 *           */
NEURON_API_EXPERIMENTAL int neuron_report_save_pictures(const neuron_report_t *report,
                                                        const char *folder, const char *options);

#ifdef __cplusplus
}
#endif

#endif
