/** @file search.h
 *  Searches: trying combinations of settings, all of them or a random part.
 *
 *      static int try_one(double *score, const neuron_trial_t *trial, void *user_data)
 *      {
 *          double rate = neuron_trial_number(trial, "rate");
 *          const char *activation = neuron_trial_choice(trial, "activation");
 *          ... build and train a network with them and evaluate it ...
 *          neuron_trial_add_figure(trial, "training accuracy", training_accuracy);
 *          *score = accuracy;
 *          return 0;
 *      }
 *
 *      neuron_search_create(&search, context, try_one, NULL, NULL, "folds=5");
 *      neuron_search_add_factor(search, "rate", (const double[]){0.01, 0.001}, 2);
 *      neuron_search_add_choice(search, "activation", (const char *const[]){"relu", "tanh"}, 2);
 *      neuron_search_set_log(search, "search.jsonl");
 *      neuron_search_run_random(search, 3, 1);
 *
 *  A factor has levels; a trial is one level of each factor. Which trials there are, in which order
 *  and with which seeds, follows from the factors and the seed of the search alone. A random search
 *  is told its seed, as it says which combinations are tried. A grid tries all of
 *  them, so that only the trials' own seeds follow from its seed: that is the
 *  context's, as for all else made with it.
 *
 *  Trials are judged by their score alone. What else is to be known of them (the accuracy on the
 *  training images, beside that on others) is kept as figures, which logs and reports have too.
 *
 *  With folds, the function is called once for each fold of a trial, and the trial's score is their
 *  mean. With a log, nothing is done twice: a search that was interrupted, even by a crash,
 *  continues where it was. Several processes, on one machine or many, share a search: see
 *  neuron_search_set_communicator().
 */
#ifndef NEURON_SEARCH_H
#define NEURON_SEARCH_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Combinations of settings that are tried. Since 0.1, experimental. */
typedef struct neuron_search neuron_search_t;
/** One of these combinations. Owned by its search; lives as long as the search does. Since 0.1,
 *  experimental. */
typedef struct neuron_trial neuron_trial_t;

/** Tries one combination, in the thread that runs the search.
 *  @param[out] score  how good it was. An infinite score, or one that is not a number (the
 *                     default), counts as none and is worse than any other.
 *  @param trial       what to try; it belongs to the search.
 *  @return  0 to go on. NEURON_STOP ends the run early without calling that a failure: the run
 *           returns NEURON_STOP. A negative number makes the run fail with it, and any other with
 *           NEURON_E_CALLBACK. After each of these the score does not count, and the next run tries
 *           this again. Since 0.1. */
typedef int (*neuron_search_function_t)(double *score, const neuron_trial_t *trial,
                                        void *user_data);

/** Makes a search without factors. Options:
 *
 *  - `goal`: which scores are better: `largest`, the default, or `smallest`
 *  - `folds`: how many times each trial is tried, 1 to 10000, by default 1; neuron_trial_fold()
 *    then tells which time it is
 *  - `serve`: with a communicator, how rank 0 answers the others: `thread`, the default, if a
 *    thread of the search's own does so while rank 0 tries trials too, whatever number of threads
 *    the context has; `only` if rank 0 does nothing else, in the thread that runs the search: for
 *    communicators whose functions must not be called in another one
 *  - `patience`: with a communicator, how many seconds another rank may take for a fold before it
 *    counts as gone; 0, the default, for any number
 *
 *  @param[out] search  the new search; NULL on failure.
 *  @param function   tries one combination; called in the thread that
 *                    runs the search, in runs only.
 *  @param user_data  handed to it; may be NULL. Must live as long as the search.
 *  @param destroy    called with `user_data` when the search is gone; not if this call fails, after
 *                    which the caller still has it. May be NULL.
 *  @param options    as options.h has them: "goal=smallest, folds=5"; NULL for the defaults.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_search_create(neuron_search_t **search,
                                                 neuron_context_t *context,
                                                 neuron_search_function_t function, void *user_data,
                                                 neuron_destroy_function_t destroy,
                                                 const char *options);

/** Adds an owner. @return  `search`. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL neuron_search_t *neuron_search_ref(neuron_search_t *search);

/** Takes an owner away. Any thread. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL void neuron_search_unref(neuron_search_t *search);

/** Adds a factor whose levels are numbers, before the first run.
 *  @param name    new, 1 to 127 bytes of UTF-8 without control characters; copied.
 *  @param levels  finite, each once; copied.
 *  @param count   1 or more. All factors together have less than 2^62 combinations.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE, NEURON_E_MEMORY. No other thread may use the
 *           search meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_search_add_factor(neuron_search_t *search, const char *name,
                                                     const double *levels, int64_t count);

/** Adds a factor whose levels are texts, before the first run.
 *  @param labels  each as a name, each once; copied.
 *  @return  as neuron_search_add_factor(). No other thread may use the search meanwhile.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_search_add_choice(neuron_search_t *search, const char *name,
                                                     const char *const *labels, int64_t count);

/** Keeps results in a file, in lines of JSON, before the first run. The first line has the kind of
 *  the search, its seed, folds, goal and factors; each other one, added and flushed to the disk
 *  when a fold is done, has the number of the trial, the fold, its seed, the levels, the score, the
 *  seconds it took and its figures.
 *
 *  A run takes over what the file has. A last line that was cut short is dropped. The file of
 *  another search is refused and left as it is. One process at a time may use a file.
 *  @param path  copied; a relative one is told from the folder that is current now. NULL for none.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE, NEURON_E_MEMORY. No other thread may use the
 *           search meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_search_set_log(neuron_search_t *search, const char *path);

/** Shares the trials with other ranks, before the first run. Each rank makes the same search and
 *  calls the same runs:
 *
 *      neuron_communicator_set_ready(communicator, ready);
 *      neuron_search_set_communicator(search, communicator);
 *      neuron_search_set_log(search, "search.jsonl");
 *      neuron_search_run_grid(search);
 *
 *  Rank 0 hands out the folds of trials, one at a time, to whoever is free, so that it does not
 *  matter that some take longer. Which trials there are, their combinations and seeds are as
 *  without ranks, and so are scores. After a run all ranks have all results, in the same order.
 *  Only rank 0 reads and writes the log; its lines come in the order in which folds are done, and
 *  another number of ranks, or one process alone, goes on with it.
 *
 *  What the function returns on one rank, if it is not 0, ends the run on all of them, when the
 *  folds that are being tried are done: with the same status, and "rank 2: " before the message of
 *  a failure. A search that differs from that of rank 0 is such a failure.
 *
 *  A rank that is gone is done without: its fold is handed out again, and the run succeeds on those
 *  that are left. (Calls in which all ranks take part, such as neuron_communicator_barrier(), then
 *  fail.) It is known to be gone where an exchange with it fails. One that does not end while it
 *  tries a fold, and whose end `ready` does not tell of, is waited for, see `patience`. When rank 0
 *  is gone, the run fails on all others as soon as they are done with their folds.
 *  @param communicator  NULL for none. That of several ranks has a function that tells who is ready
 *                       (see neuron_communicator_set_ready()). It belongs to the search as well
 *                       then. During runs nothing else uses it, the search's function included.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE, NEURON_E_MEMORY. No other thread may use the
 *           search meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_search_set_communicator(neuron_search_t *search,
                                                           neuron_communicator_t *communicator);

/** Tries all combinations, the last factor's levels changing fastest. Trials that are done are not
 *  done again; after the last one it does nothing.
 *
 *  The search's seed is the one that the context has when the search first runs (see
 *  neuron_context_set_seed()). The search keeps it, so that its function may set that
 *  of the context, say to neuron_trial_seed(). With a log, another process sets the
 *  same seed before it goes on.
 *  @return  0; the number of a function that ended it (if that is negative, with the message of
 *           what failed in the function); NEURON_E_ARGUMENT without factors or for more than 2^31 -
 *           1 combinations; NEURON_E_STATE from within a function or if the search has run the
 *           other way; NEURON_E_IO, NEURON_E_FORMAT or NEURON_E_DATA for the log, the last with the
 *           difference if it is that of another search; NEURON_E_MEMORY. No other thread may use
 *           the search meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_search_run_grid(neuron_search_t *search);

/** Tries random combinations, each as likely as any other. No combination comes
 *  again before all were tried.
 *  A later run may ask for more trials; it does not matter how many were asked for before.
 *  @param trials  in all, 1 to 2^31 - 1.
 *  @param seed    the search's: what the choice and the trials' seeds follow from, whatever the
 *                 context's seed. Later runs, and another process that goes on with the log, are to
 *                 give the same.
 *  @return  as neuron_search_run_grid(). No other thread may use the search meanwhile.
 *           Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_search_run_random(neuron_search_t *search, int64_t trials,
                                                     uint64_t seed);

/** How many trials are done, with all folds; 0 for NULL. Any thread, unless another one runs or
 *  changes the search meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int64_t neuron_search_trial_count(const neuron_search_t *search);

/** A trial that is done, from 0; NULL for another number. It belongs to the search. Any thread,
 *  unless another one runs or changes the search meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL const neuron_trial_t *neuron_search_trial(const neuron_search_t *search,
                                                                  int64_t index);

/** The trial that is done with the best score, the first of equals; NULL if none has a score. It
 *  belongs to the search. Any thread, unless another one runs or changes the search meanwhile.
 *  Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL const neuron_trial_t *neuron_search_best(const neuron_search_t *search);

/** Writes a table of each factor's levels: how many of the trials that are done had the level, and
 *  the best and mean of their scores. The last line tells the best trial. Lines end with "\n",
 *  numbers have points whatever the locale.
 *  @param[out] text    room for `capacity` bytes; NULL with capacity 0 to ask for the size.
 *  @param[out] needed  bytes of the text with its final zero; may be NULL.
 *  @return  0, NEURON_E_ARGUMENT also if `text` is given and too small. Any thread, unless another
 *           one runs or changes the search meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_search_table(char *text, size_t capacity, size_t *needed,
                                                const neuron_search_t *search);

/** How many figures trials have, of all names; 0 for NULL. Any thread, unless another one runs the
 *  search meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int64_t neuron_search_figure_count(const neuron_search_t *search);

/** The name of a figure, from 0, in the order in which trials first had them.
 *  @return  a text, which belongs to the search; NULL for another number. Any thread, unless
 *           another one runs the search meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL const char *neuron_search_figure_name(const neuron_search_t *search,
                                                              int64_t index);

/** Keeps a figure of the trial that is being tried, beside its score: called by the search's
 *  function, in its thread. Of a fold that is tried again none is kept.
 *  @param name   1 to 127 bytes of UTF-8 without control characters; of all trials up to 16.
 *  @param value  takes the place of one of the same name and fold. An infinite one, or one that is
 *                not a number, counts as none.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_MEMORY; NEURON_E_STATE for a trial that is not being
 *           tried. No other thread may use the search meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_trial_add_figure(const neuron_trial_t *trial, const char *name,
                                                    double value);

/** The mean of a figure over all folds; not a number if a fold does not have it, and for NULL. Any
 *  thread, unless another one runs the search meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL double neuron_trial_figure(const neuron_trial_t *trial, const char *name);

/** The trial's level of a factor: a number, or the place of a text in its list, from 0.
 *  @return  the level; not a number for NULL or another name. Any thread, unless another one runs
 *           the search meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL double neuron_trial_number(const neuron_trial_t *trial, const char *name);

/** The trial's level of a factor whose levels are texts.
 *  @return  the text, which belongs to the search; NULL for NULL, another name or numbers. Any
 *  thread, unless another one runs the search meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL const char *neuron_trial_choice(const neuron_trial_t *trial,
                                                        const char *name);

/** Which trial it is, from 0; -1 for NULL. Any thread, unless another one runs the search
 *  meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int64_t neuron_trial_index(const neuron_trial_t *trial);

/** Which fold is to be tried, from 0; the last one of a trial that is done; -1 for NULL. Any
 *  thread, unless another one runs the search meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int64_t neuron_trial_fold(const neuron_trial_t *trial);

/** How many folds there are; 0 for NULL. Any thread, unless another one runs the search meanwhile.
 *  Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int64_t neuron_trial_fold_count(const neuron_trial_t *trial);

/** A seed for this trial and fold alone, for neuron_context_set_seed() and datasets; 0 for NULL.
 *  Any thread, unless another one runs the search meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL uint64_t neuron_trial_seed(const neuron_trial_t *trial);

/** The mean of the scores of all folds; not a number if a fold has none or is not done, and for
 *  NULL. Any thread, unless another one runs the search meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL double neuron_trial_score(const neuron_trial_t *trial);

/** The deviation of the scores of all folds, that of a sample (by n - 1); not a number likewise,
 *  and for a single fold. Any thread, unless another one runs the search meanwhile. Since 0.1,
 *  experimental. */
NEURON_API_EXPERIMENTAL double neuron_trial_deviation(const neuron_trial_t *trial);

/** The score of one fold, from 0; not a number likewise, and for another fold. Any thread, unless
 *  another one runs the search meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL double neuron_trial_fold_score(const neuron_trial_t *trial, int64_t fold);

/** Seconds that all folds took; 0 for NULL. Any thread, unless another one runs the search
 *  meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL double neuron_trial_seconds(const neuron_trial_t *trial);

#ifdef __cplusplus
}
#endif

#endif
