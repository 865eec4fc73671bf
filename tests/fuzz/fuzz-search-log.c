/* Feeds bytes to searches as the log to continue. */
#include "input-file.h"
#include "limited.h"

#include <libneuron-committee/committees.h>

enum { TRIALS = 3, FOLDS = 2, SEED = 7 };

static int score_one(double *score, const neuron_trial_t *trial, void *user_data)
{
    (void)user_data;
    *score = neuron_trial_number(trial, "rate");
    return neuron_trial_fold(trial) == 0 && neuron_trial_index(trial) == TRIALS - 1 ? NEURON_STOP
                                                                                    : 0;
}

static neuron_search_t *make_search(neuron_context_t *context, const char *path)
{
    neuron_search_t *search;
    if (neuron_search_create(&search, context, score_one, NULL, NULL, NULL) < 0 ||
        neuron_search_add_factor(search, "rate", (const double[]){0.1, 0.025, 3}, 3) < 0 ||
        neuron_search_add_choice(search, "kind", (const char *const[]){"relu", "\xc3\xa9lu"}, 2) <
            0 ||
        neuron_search_set_log(search, path) < 0)
        abort();
    return search;
}

/* Whatever can be asked of one that took the log over, or refused it. */
static void ask(const neuron_search_t *search)
{
    char text[4096];
    const neuron_trial_t *best = neuron_search_best(search);
    if (best)
        (void)neuron_trial_deviation(best);
    for (int64_t i = 0; i < neuron_search_figure_count(search); i++)
        (void)neuron_trial_figure(best, neuron_search_figure_name(search, i));
    (void)neuron_search_table(text, sizeof text, NULL, search);
}

static void run(neuron_context_t *context, const uint8_t *bytes, size_t size, int by_grid)
{
    input_file file = input_file_make(bytes, size);
    neuron_search_t *search = make_search(context, file.path);
    int status =
        by_grid ? neuron_search_run_grid(search) : neuron_search_run_random(search, TRIALS, SEED);
    if (status < 0 && neuron_search_trial_count(search) != 0)
        abort(); /* trials of a log that was refused */
    ask(search);
    neuron_search_unref(search);
    input_file_remove(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = limited_context(size);
    for (int by_grid = 0; context && by_grid <= 1; by_grid++)
        run(context, bytes, size, by_grid);
    neuron_context_unref(context);
    return 0;
}
