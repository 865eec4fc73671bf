/** @file terminal.h
 *  What a program shows in a terminal: a bar while a network learns, and pictures made of
 *  characters that fit the width there is.
 *
 *      neuron_callback_create_progress_bar(&bar, context, to_stderr, NULL, NULL, NULL);
 *      neuron_trainer_add_callback(trainer, bar);
 *
 *      static int to_stderr(const void *bytes, size_t size, void *user_data)
 *      {
 *          return fwrite(bytes, 1, size, stderr) == size ? 0 : -1;
 *      }
 *
 *  The library prints nothing itself: the bar hands its characters to a function of the caller's,
 *  and the other calls write text into room of the caller's. Lines end with "\n", and none is wider
 *  than asked for, whatever characters names are made of (a Chinese one takes two columns).
 *
 *  Options that these calls share:
 *
 *  - `columns`: how wide, 20 to 1000; 80. neuron_terminal_columns() tells the terminal's.
 *  - `color`: yes for colours, as the escape sequences of ECMA-48; no, the default.
 *    neuron_terminal_color() tells what is wanted.
 *  - `unicode`: no for characters of ASCII only; yes, the default, for UTF-8 with blocks and lines.
 *    neuron_terminal_unicode() tells what the locale is.
 *
 *  It is part of libneuron-report, see report.h.
 */
#ifndef NEURON_TERMINAL_H
#define NEURON_TERMINAL_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How wide the terminal is that a file descriptor is: 1 is the standard output. The environment
 *  variable COLUMNS, if it is a number, comes first.
 *  @return  columns; 0 for a file, a pipe, and a terminal that does not say. Any thread, unless
 *           another one changes the environment meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int64_t neuron_terminal_columns(int32_t descriptor);

/** Whether colours are wanted there: it is a terminal, TERM is not "dumb", and the environment
 *  variable NO_COLOR is not set, or empty (no-color.org).
 *  @return  1 or 0. Any thread, unless another one changes the environment meanwhile. Since 0.1,
 *           experimental. */
NEURON_API_EXPERIMENTAL int32_t neuron_terminal_color(int32_t descriptor);

/** Whether the environment's locale (LC_ALL, else LC_CTYPE, else LANG) is one with UTF-8.
 *  @return  1 or 0. Any thread, unless another one changes the environment meanwhile. Since 0.1,
 *           experimental. */
NEURON_API_EXPERIMENTAL int32_t neuron_terminal_unicode(void);

/** Makes a callback that shows where a training is: a line that is drawn anew while an epoch runs,
 *  with a bar, the loss and accuracy so far, the examples per second and the time that all epochs
 *  will take, and that stays behind the epoch with its figures. The last one tells how long all of
 *  them took. A narrow line leaves out what matters least; none wraps. Options, beside the shared
 *  ones:
 *
 *  - `redraw`: no writes a line for each epoch and nothing else, for a file or a pipe; yes, the
 *    default, redraws, by "\r" and without escape sequences, which any terminal knows.
 *  - `descriptor`: the file descriptor whose terminal says how wide a line may be, asked before
 *    each drawing, if `columns` is not given; 2, the default, is the standard error. If it does not
 *    say, a line that is redrawn has 80, and another one all that there is to tell. The last column
 *    of a line that is redrawn stays free.
 *  - `seconds`: what lies at least between two drawings; 0 or more; 0.1.
 *  - `label`: a text that each line begins with, in quotes if it has a comma; none.
 *
 *  @param write      takes the characters, some at a time, in the thread that runs the trainer;
 *                    what it returns ends the run as neuron_callback_function_t says.
 *  @param user_data  handed to it; may be NULL.
 *  @param destroy    called with `user_data` when the callback is gone; not if this call fails. May
 *                    be NULL.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int
neuron_callback_create_progress_bar(neuron_callback_t **callback, neuron_context_t *context,
                                    neuron_write_function_t write, void *user_data,
                                    neuron_destroy_function_t destroy, const char *options);

/** Writes a bar for each of some numbers, 60 columns for the largest or what there is room for,
 *  with its name before and the number behind it.
 *  @param[out] text    room for `capacity` bytes; NULL with capacity 0 to ask for the size.
 *  @param[out] needed  bytes of the text with its final zero; may be NULL.
 *  @param names   `count` texts.
 *  @param values  0 or more and finite.
 *  @param options  the shared ones; NULL for the defaults.
 *  @return  0; NEURON_E_ARGUMENT, also if `text` is given and too small; NEURON_E_MEMORY. Any
 *           thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_terminal_bars(char *text, size_t capacity, size_t *needed,
                                                 const char *const *names, const double *values,
                                                 int64_t count, const char *options);

/** Writes how many examples of each class there are, as bars with counts and shares.
 *  @return  as neuron_terminal_bars(). Any thread, unless another one changes the dataset
 *           meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_terminal_class_counts(char *text, size_t capacity,
                                                         size_t *needed,
                                                         const neuron_dataset_t *dataset,
                                                         const char *options);

/** Writes the confusion matrix as a table, a row for each true class and a column for each that it
 *  was taken for. If it is too wide, names are cut and then give way to numbers with a legend; if
 *  that does not do, what is written is a list of the 20 pairs of classes that are confused most:
 *  the true class, the one it was taken for, how often, and in which share of its examples.
 *  @return  as neuron_terminal_bars(); NEURON_E_UNSUPPORTED for another kind than classes and
 *           pixels, and for more than 4096 classes. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_terminal_confusion(char *text, size_t capacity, size_t *needed,
                                                      const neuron_evaluation_t *evaluation,
                                                      const char *options);

/** Writes a curve in one line: a loss over the epochs. Numbers that are not finite are gaps; of
 *  more numbers than columns each column has the mean of its share.
 *  @param values  `count` numbers, 1 or more.
 *  @return  as neuron_terminal_bars(). Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_terminal_sparkline(char *text, size_t capacity, size_t *needed,
                                                      const double *values, int64_t count,
                                                      const char *options);

#ifdef __cplusplus
}
#endif

#endif
