/** @file callback.h
 *  Callbacks: what happens at set points of a training, beside the training itself.
 *
 *      neuron_callback_t *stop;
 *      neuron_callback_create(&stop, context, "early_stopping", "patience=5, restore_best=yes");
 *      neuron_trainer_add_callback(trainer, stop);
 *      neuron_callback_unref(stop);
 *
 *  A function of the caller's is called at the points that it asks for:
 *
 *      static int show(neuron_trainer_t *trainer, int32_t event, void *user_data)
 *      {
 *          double loss = neuron_trainer_progress(trainer, "loss");
 *          fprintf(user_data, "%s%.4f", event == NEURON_EVENT_EPOCH_END ? "\n" : "\r", loss);
 *          return 0;
 *      }
 *
 *      neuron_trainer_add_function(trainer, NEURON_EVENT_STEP_END | NEURON_EVENT_EPOCH_END, show,
 *                                  stderr, NULL);
 *
 *  At each point a trainer calls all that is to be called: the callbacks of the library in the
 *  order in which they were added, then the functions of the caller's in theirs. So when such
 *  a function is called, the others are done with the epoch, and a training that it saves continues
 *  as if it had not been interrupted. If one of them ends the run, the others are called all the
 *  same, and the first number that is not 0 counts. A callback holds settings only. What it
 *  remembers of a training (how long it has waited, the best figure so far) belongs to the trainer
 *  and to its file, so one callback may serve several trainers.
 *
 *  Learning rates. Callbacks change the rate in one of two ways, so that any of them can be
 *  combined in any order:
 *  - The step, exponential and cosine schedules and the warm-up are factors. In each epoch, or each
 *    step if they are told so, the rate is the base rate times all the factors.
 *  - Reduce-on-plateau and the schedule by function change the base rate, which is what the
 *    optimizer had when the first of these was called for the first time.
 *  The result belongs to the trainer, whose neuron_trainer_progress() tells it as "learning_rate";
 *  the optimizer keeps the rate that the caller set. A rate that is set on the optimizer during the
 *  training, in a callback or between runs, is used unchanged by the next step. From then on the
 *  base rate is that rate divided by the factors of that moment (or just that rate if these are 0).
 */
#ifndef NEURON_CALLBACK_H
#define NEURON_CALLBACK_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The points of a training, which are joined by | where a function asks for several.
 *  Since 0.1. */
enum neuron_event {
    /** A run begins that has something to do: the first, one that continues, or one that writes
     *  what the last epoch could not write. */
    NEURON_EVENT_RUN_BEGIN = 1,
    /** Before the first step of an epoch; not again when a run continues in the middle of it. If a
     *  callback failed here, the next run begins the epoch once more, for all of them. */
    NEURON_EVENT_EPOCH_BEGIN = 2,
    NEURON_EVENT_STEP_END = 4,  /**< after each step */
    NEURON_EVENT_EPOCH_END = 8, /**< after each epoch, once its figures are in the history */
    /** The run is over, for whatever reason, even if there is more to do. The parameters of the
     *  best epoch are back where that was asked for. */
    NEURON_EVENT_RUN_END = 16,
    /** After each batch of the validation set, once the steps of an epoch are done. A run that ends
     *  here has the epoch not in its history yet: the next one judges it anew. */
    NEURON_EVENT_VALIDATION_STEP_END = 32
};

/** A function of the caller's, called in the thread that runs the trainer. It may read the trainer,
 *  save it, predict with, evaluate and save its graph, and set the optimizer, losses and options of
 *  callbacks; they count from the next step or point of the training.
 *  @param event  the one of NEURON_EVENT_... that it is called for.
 *  @return  0 to go on. NEURON_STOP ends the run early without calling that a failure: the run
 *           returns NEURON_STOP, and the next one goes on from there. A negative number makes the
 *           run fail with it, and any other with NEURON_E_CALLBACK. Since 0.1. */
typedef int (*neuron_callback_function_t)(neuron_trainer_t *trainer, int32_t event,
                                          void *user_data);

/** A schedule of the caller: called once before each epoch, and again if a callback failed there,
 *  in the thread that runs the trainer.
 *  @param[in,out] rate  the present base rate: what it was set to here last, unless another changed
 *                       it since. To be set to that from now on, 0 or more and finite as float, or
 *                       to be left as it is.
 *  @param epoch         from 0.
 *  @return  as neuron_callback_function_t. With NEURON_STOP, too, the rate counts. Since 0.1. */
typedef int (*neuron_schedule_function_t)(double *rate, int64_t epoch, void *user_data);

/** Makes a callback of a kind that needs no more than options. Their defaults, in parentheses, are
 *  those of Keras where it has the kind.
 *
 *  - `early_stopping` ends the training when a figure of the epochs has not improved for some time,
 *    never at the first epoch. The run then returns 0, see neuron_trainer_stop_reason(). `monitor`
 *    (validation_loss), `output` (-1), `mode` (auto), `patience` (0), `min_delta` (0), `baseline`
 *    (none: read as not a number, and once set not to be unset), `start` (0), `restore_best` (no).
 *  - `reduce_on_plateau` multiplies the base rate by a factor when a figure of the epochs has not
 *    improved for some time. `monitor` (validation_loss), `output` (-1), `mode` (auto), `factor`
 *    (0.1, less than 1), `patience` (10), `min_delta` (1e-4), `cooldown` (0), `min_rate` (0).
 *  - `step_schedule`: the factor f^floor(t / n), with t the epochs or steps since the start and n
 *    the length. `factor`, f (0.1), `length`, n (10; both are common in papers), `start` (0),
 *    `per_step` (no).
 *  - `exponential_schedule`: the factor f^(t / n). `factor`, f (0.96, the example in the
 *    documentation of Keras), `length`, n (1), `start` (0), `per_step` (no).
 *  - `cosine_schedule`: the factor a + (1 - a) (1 + cos(pi t / n)) / 2, and a from t = n on
 *    (Loshchilov and Hutter, 2017; arXiv 1608.03983). `alpha`, a (0), `length`, n (0: the epochs of
 *    the trainer that runs; it may be another one after resuming), `start` (0), `per_step` (no),
 *    `restart` (no; yes begins anew after each n, the warm restarts of that paper: t is then t mod
 *    n).
 *  - `warm_up`: the factor (t + 1) / n, and 1 from t = n - 1 on: a rise from 0 in n equal parts
 *    (Goyal et al., 2017; arXiv 1706.02677), of which 0 itself, which teaches nothing, is left out.
 *    The factor is that of t = 0 before the start. `length`, n (5, as there), `start` (0),
 *    `per_step` (no).
 *  - `weight_averaging` keeps an average of the parameters beside the training, which does not see
 *    it; the graph gets it when the training is over. `average` (mean) is `mean`, that of the
 *    parameters at the end of every n-th epoch or step after the start: stochastic weight averaging
 *    (Izmailov et al., 2018; arXiv 1803.05407), best with a rate that stays large; or
 *    `exponential`, where each of these counts with 1 - d and the average so far with d, best
 *    with `per_step=yes` (Polyak and Juditsky, 1992; Tarvainen and Valpola, 2017). `decay`, d
 *    (0.999, less than 1), `length`, n (1), `start` (0), `per_step` (no), `renew_statistics` (yes).
 *    Moving statistics do not belong to averaged parameters: they are renewed by a pass over the
 *    training data, as the means over all of its batches, in training's order of examples and with
 *    its augmentation.
 *  - `stop_on_nan` ends the training when a loss, or the norm of a gradient that the optimizer
 *    clips, is infinite or not a number. The run then returns 0 instead of NEURON_E_NOT_FINITE, and
 *    the parameters are the last that were all finite at the end of an epoch, or at the beginning
 *    of a run between two epochs. What the optimizer remembers, including its number of steps, is
 *    as it was then, too; schedules and random numbers go on. It has no options.
 *
 *  What the options mean, for the kinds that have them:
 *
 *  - `monitor`: which figure of history.h is looked at: loss, accuracy, validation_loss,
 *    validation_accuracy, or one that the trainer's option `metrics` asks for, `validation_` and
 *    its name: validation_roc_auc. A run without a validation set is refused if it is one of that
 *    set's, and one of a trainer that does not compute it.
 *  - `output`: of which output of a graph with several it is, 0 to neuron_graph_output_count() - 1;
 *    -1, the default, is the loss of all, and the accuracy of the first.
 *  - `mode`: which figures are better: auto, smallest or largest.
 *  - `patience`: epochs without a better figure, 0 or more.
 *  - `min_delta`: a figure is better only if it is so by more than this; 0 or more.
 *  - `restore_best`: yes puts the parameters of the best epoch back when the training is over.
 *  - `baseline`: epochs whose figure is not better than this count as waiting.
 *  - `start`: epochs or steps before it begins, 0 or more.
 *  - `factor`: above 0.
 *  - `alpha`: share of the rate that is left at the end; 0 to 1.
 *  - `restart`: whether the schedule begins anew after each length.
 *  - `average`: `mean` or `exponential`.
 *  - `decay`: what is left of an exponential average; 0 or more.
 *  - `renew_statistics`: no leaves batch normalisations the moving statistics of the last step.
 *  - `length`: epochs or steps, 1 or more; of a cosine schedule also 0.
 *  - `per_step`: yes counts length and start in steps and sets the rate before each of them, no in
 *    epochs.
 *  - `cooldown`: epochs after a change that do not count as waiting; 0 or more.
 *  - `min_rate`: the base rate is not made smaller; 0 or more.
 *
 *  @param[out] callback  the new callback; NULL on failure.
 *  @param kind     the name of one of these.
 *  @param options  as options.h has them; NULL for the defaults.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_callback_create(neuron_callback_t **callback, neuron_context_t *context,
                                      const char *kind, const char *options);

/** Makes a callback that saves the graph, as neuron_graph_save() does, at the end of each epoch
 *  whose figure is better than those of all before it since the callback was added; a training that
 *  is loaded goes on with the best that its file has, whatever the path is now. If the file cannot
 *  be written, what was there stays and the run ends with NEURON_E_IO; the next one writes it
 *  before anything else, also after the last epoch and in a training that was saved and loaded
 *  meanwhile, so that the best epoch is not lost. A trainer may have several of these.
 *  @param path    copied; a relative one is told from the folder that is current now, wherever the
 *                 process goes later.
 *  @param options  `monitor` (validation_loss), `output` (-1) and `mode` (auto), as for
 *                 neuron_callback_create(); NULL for the defaults.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_callback_create_checkpoint(neuron_callback_t **callback,
                                                 neuron_context_t *context, const char *path,
                                                 const char *options);

/** Makes a callback that keeps the history in a file, in the layout of neuron_history_save_csv().
 *  A run first writes the file with all epochs so far, replacing what was there. Each epoch then
 *  adds its line and waits for the disk, so that a crash loses nothing. If the file
 *  cannot be written, the run ends with NEURON_E_IO, and the next one tries again first, also after
 *  the last epoch. It has no options.
 *  @param path  copied; a relative one is told from the folder that is current now.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_callback_create_csv_log(neuron_callback_t **callback,
                                              neuron_context_t *context, const char *path);

/** Makes a schedule by a function. A rate that is negative, infinite or not a number ends the
 *  run with NEURON_E_ARGUMENT. It has no options.
 *  @param user_data  handed to the function; may be NULL. Must live as long as the callback, which
 *                    trainers keep alive.
 *  @param destroy    called with `user_data` when the callback is gone; not if this call fails,
 *                    after which the caller still has it. May be NULL.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_callback_create_schedule(neuron_callback_t **callback,
                                               neuron_context_t *context,
                                               neuron_schedule_function_t function, void *user_data,
                                               neuron_destroy_function_t destroy);

/** Makes a callback of a function of the caller's, for several trainers, or to be taken out of one
 *  again; for one trainer neuron_trainer_add_function() is shorter. It has no options.
 *  @param events     what it is called for: one of NEURON_EVENT_..., or several joined by |.
 *  @param user_data  as for neuron_callback_create_schedule().
 *  @param destroy    likewise.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_callback_create_function(neuron_callback_t **callback,
                                               neuron_context_t *context, int32_t events,
                                               neuron_callback_function_t function, void *user_data,
                                               neuron_destroy_function_t destroy);

/** Adds an owner. @return  `callback`. Any thread. Since 0.1. */
NEURON_API neuron_callback_t *neuron_callback_ref(neuron_callback_t *callback);

/** Takes an owner away. Any thread. Since 0.1. */
NEURON_API void neuron_callback_unref(neuron_callback_t *callback);

/** Name of a callback's kind: "early_stopping" and so on; else "checkpoint", "csv_log", "schedule"
 *  or "function", after the call that made it.
 *  @return  a constant string; NULL for NULL. Any thread. Since 0.1. */
NEURON_API const char *neuron_callback_kind(const neuron_callback_t *callback);

/** Sets options, which count from the next point of a training.
 *  No other thread may run a trainer with it meanwhile.
 *  @return  0, or NEURON_E_ARGUMENT as options.h says, and then nothing is set. Since 0.1. */
NEURON_API int neuron_callback_set(neuron_callback_t *callback, const char *options);

/** Sets one option to a number, likewise; 1 or 0 where it is yes or no.
 *  @return  0, or NEURON_E_ARGUMENT. No other thread may use the callback meanwhile. Since 0.1. */
NEURON_API int neuron_callback_set_number(neuron_callback_t *callback, const char *option,
                                          double value);

/** Reads the number of an option back. A baseline that was not set is
 *  not a number.
 *  @return  0, or NEURON_E_ARGUMENT for an option that the kind does not have, and for one of
 *           words. Any thread, unless another one changes the callback meanwhile. Since 0.1. */
NEURON_API int neuron_callback_get_number(double *value, const neuron_callback_t *callback,
                                          const char *option);

/** Writes the value of an option as text, without its name ("" if it is not set), or with NULL as
 *  `option` all of them that are set, as `name=value, ...`, which can be set again.
 *  @param text         NULL to ask for the size only.
 *  @param capacity     bytes that there are at `text`.
 *  @param[out] needed  bytes that it takes with the zero behind it; may be NULL.
 *  @return  0, or NEURON_E_ARGUMENT, also for a capacity that is too small. Any thread, unless
 *           another one changes the callback meanwhile. Since 0.1. */
NEURON_API int neuron_callback_get_text(char *text, size_t capacity, size_t *needed,
                                        const neuron_callback_t *callback, const char *option);

/** Adds a callback behind those that the trainer has; it stays until it is removed, or as long as
 *  the trainer. The same callback may be added twice; each time it remembers for itself.
 *
 *  What callbacks of the library remember is saved and loaded with the training, whose file must
 *  have been made with the same kinds and options in the same order; paths, and the function of a
 *  schedule, may be others. Functions of the caller's play no part in that: a progress bar more or
 *  less does not matter.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE during a run, NEURON_E_MEMORY. No other thread may
 *           use the trainer meanwhile. Since 0.1. */
NEURON_API int neuron_trainer_add_callback(neuron_trainer_t *trainer, neuron_callback_t *callback);

/** Adds a function of the caller's: makes a callback as neuron_callback_create_function() does,
 *  which this trainer alone has, and as long as it lives.
 *  @param destroy  called with `user_data` when the trainer is gone; not if this call fails. May be
 *                  NULL.
 *  @return  as neuron_trainer_add_callback(). No other thread may use the trainer meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_trainer_add_function(neuron_trainer_t *trainer, int32_t events,
                                           neuron_callback_function_t function, void *user_data,
                                           neuron_destroy_function_t destroy);

/** Removes a callback, between runs: the one added last, if the trainer has it several times.
 *
 *  With a callback of the library goes what it remembers of this training, and a file that is saved
 *  or loaded from then on is one of a trainer without it. A learning rate loses the factor
 *  of a schedule; what was done to the base rate remains. Parameters of the best epoch that early
 *  stopping put back stay in the graph, and the next run goes on from them. A training that it
 *  ended goes on only after neuron_trainer_clear_stop().
 *  @return  0, NEURON_E_ARGUMENT also if the trainer does not have it, NEURON_E_STATE during a run.
 *           No other thread may use the trainer meanwhile. Since 0.1. */
NEURON_API int neuron_trainer_remove_callback(neuron_trainer_t *trainer,
                                              const neuron_callback_t *callback);

/** Why early stopping or stop-on-NaN ended the training, such as
 *  `early_stopping: no better validation loss than 0.312 of epoch 7 for 5 epochs`. A trainer that
 *  was ended so does nothing when it is run again.
 *  @return  the text, "" if nothing ended it or for NULL. It belongs to the trainer and stays until
 *           that is run, loaded, cleared or released. Any thread, unless another one runs or
 *           changes the trainer meanwhile.
 *           Since 0.1. */
NEURON_API const char *neuron_trainer_stop_reason(const neuron_trainer_t *trainer);

/** Lets a training that was ended go on: the next run continues behind the last step and its
 *  parameters, not those of the best epoch, and early stopping begins to wait anew.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_STATE during a run. No other thread may use the trainer
 *           meanwhile. Since 0.1. */
NEURON_API int neuron_trainer_clear_stop(neuron_trainer_t *trainer);

#ifdef __cplusplus
}
#endif

#endif
