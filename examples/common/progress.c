/* A bar that grows while an epoch runs, and one line for each epoch that ended. */
#include "example.h"

#include <unistd.h>

enum { BAR_WIDTH = 24 };

/* Draws are at least this many seconds apart. */
static const double pause_between_draws = 0.1;

typedef struct {
    const char *id;
    bool redraw; /* stdout is a terminal */
    double drawn_at;
    const char *state_path; /* NULL if the state is not kept */
} progress_t;

static void print_time(double seconds)
{
    long long whole = (long long)(seconds + 0.5);

    if (whole >= 3600)
        printf("%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
    else
        printf("%lld:%02lld", whole / 60, whole % 60);
}

static void print_bar(double done)
{
    int full = (int)(done * BAR_WIDTH);

    putchar('[');
    for (int i = 0; i < BAR_WIDTH; i++)
        putchar(i < full ? '=' : i == full ? '>' : ' ');
    putchar(']');
}

static void print_state(const progress_t *progress, const neuron_trainer_t *trainer)
{
    double step = neuron_trainer_progress(trainer, NEURON_PROGRESS_STEP);
    double steps = neuron_trainer_progress(trainer, NEURON_PROGRESS_STEPS);

    if (progress->redraw)
        printf("\r\033[K");
    printf("%s  epoch %.0f/%.0f  ", progress->id,
           neuron_trainer_progress(trainer, NEURON_PROGRESS_EPOCH),
           neuron_trainer_progress(trainer, NEURON_PROGRESS_EPOCHS));
    print_bar(step / steps);
    printf(" %.0f/%.0f  loss %.4f  accuracy %.4f", step, steps,
           neuron_trainer_progress(trainer, NEURON_PROGRESS_LOSS),
           neuron_trainer_progress(trainer, NEURON_PROGRESS_ACCURACY));
}

static int after_step(neuron_trainer_t *trainer, void *user_data)
{
    progress_t *progress = user_data;
    double now = example_clock();

    if (!progress->redraw || now - progress->drawn_at < pause_between_draws)
        return 0;
    progress->drawn_at = now;

    double step = neuron_trainer_progress(trainer, NEURON_PROGRESS_STEP);
    double steps = neuron_trainer_progress(trainer, NEURON_PROGRESS_STEPS);
    double seconds = neuron_trainer_progress(trainer, NEURON_PROGRESS_SECONDS);
    print_state(progress, trainer);
    printf("  ");
    print_time(seconds / step * (steps - step));
    printf(" left");
    fflush(stdout);
    return 0;
}

static double mean_seconds(const neuron_history_t *history, int64_t epochs)
{
    double sum = 0;

    for (int64_t i = 0; i < epochs; i++) {
        double seconds = 0;
        must(neuron_history_get(history, i, NEURON_METRIC_SECONDS, &seconds));
        sum += seconds;
    }
    return sum / (double)epochs;
}

static int after_epoch(neuron_trainer_t *trainer, void *user_data)
{
    const progress_t *progress = user_data;
    const neuron_history_t *history = neuron_trainer_history(trainer);
    int64_t epochs = neuron_history_epochs(history);
    double left = neuron_trainer_progress(trainer, NEURON_PROGRESS_EPOCHS) - (double)epochs;
    double loss;
    double accuracy;

    must(neuron_history_get(history, epochs - 1, NEURON_METRIC_VALIDATION_LOSS, &loss));
    must(neuron_history_get(history, epochs - 1, NEURON_METRIC_VALIDATION_ACCURACY, &accuracy));
    print_state(progress, trainer);
    printf("  validation %.4f %.4f  ", loss, accuracy);
    print_time(left * mean_seconds(history, epochs));
    printf(" left\n");
    fflush(stdout);
    if (progress->state_path != NULL)
        must(neuron_trainer_save(trainer, progress->state_path));
    return 0;
}

/* The trainer calls back until its next run: `state_path` is kept. */
void example_follow(neuron_trainer_t *trainer, const char *id, const char *state_path)
{
    static progress_t progress;

    progress =
        (progress_t){.id = id, .redraw = isatty(STDOUT_FILENO) != 0, .state_path = state_path};
    must(neuron_trainer_set_step_callback(trainer, after_step, &progress));
    must(neuron_trainer_set_epoch_callback(trainer, after_epoch, &progress));
}
