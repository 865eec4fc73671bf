/* A bar that grows while an epoch runs, and one line for each epoch that ended, as wide as
 * the terminal has room for. */
#include "example.h"
#include "terminal.h"

#include <string.h>
#include <unistd.h>

enum { BAR_WIDTH = 26, BAR_LEAST = 8, FIELD_MAX = 64, LINE_WITHOUT_TERMINAL = 160 };

/* Draws are at least this many seconds apart. */
static const double pause_between_draws = 0.1;

typedef struct {
    const char *id;
    bool redraw; /* stdout is a terminal */
    double drawn_at;
    const char *state_path; /* NULL if the state is not kept */
} progress_t;

/* The parts of a line, in their order. */
enum { RUN, EPOCH, BAR, STEPS, LOSS, ACCURACY, VALIDATION, LEFT, FIELDS };

/* What goes first where the line is too long: the bar, the steps, the accuracy. */
static const int ranks[FIELDS] = {[RUN] = 0,  [EPOCH] = 0,    [BAR] = 6,        [STEPS] = 5,
                                  [LOSS] = 3, [ACCURACY] = 4, [VALIDATION] = 2, [LEFT] = 1};

typedef struct {
    char text[FIELDS][FIELD_MAX];
    double done; /* of the epoch */
} line_t;

static void write_time(char text[FIELD_MAX], double seconds)
{
    long long whole = (long long)(seconds + 0.5);

    if (whole >= 3600)
        snprintf(text, FIELD_MAX, "%lld:%02lld:%02lld left", whole / 3600, whole / 60 % 60,
                 whole % 60);
    else
        snprintf(text, FIELD_MAX, "%lld:%02lld left", whole / 60, whole % 60);
}

static void print_bar(double done, int width)
{
    int full = (int)(done * (width - 2));

    putchar('[');
    for (int i = 0; i < width - 2; i++)
        putchar(i < full ? '=' : i == full ? '>' : ' ');
    putchar(']');
}

static void write_state(line_t *line, const progress_t *progress, const neuron_trainer_t *trainer)
{
    double step = neuron_trainer_progress(trainer, "step");
    double steps = neuron_trainer_progress(trainer, "steps");

    *line = (line_t){.done = step / steps};
    snprintf(line->text[RUN], FIELD_MAX, "%s", progress->id);
    snprintf(line->text[EPOCH], FIELD_MAX, "epoch %.0f/%.0f",
             neuron_trainer_progress(trainer, "epoch"), neuron_trainer_progress(trainer, "epochs"));
    snprintf(line->text[STEPS], FIELD_MAX, "%.0f/%.0f", step, steps);
    snprintf(line->text[LOSS], FIELD_MAX, "loss %.4f", neuron_trainer_progress(trainer, "loss"));
    snprintf(line->text[ACCURACY], FIELD_MAX, "accuracy %.4f",
             neuron_trainer_progress(trainer, "accuracy"));
}

/* The terminal's last column stays free: some go to the next line as soon as it is written. */
static void print_line(const progress_t *progress, const line_t *line)
{
    int room = progress->redraw ? terminal_width() - 1 : LINE_WITHOUT_TERMINAL;
    terminal_field_t fields[FIELDS];
    int used = 0;

    for (int i = 0; i < FIELDS; i++)
        fields[i] = (terminal_field_t){(int)strlen(line->text[i]), ranks[i]};
    fields[BAR].width = BAR_LEAST;
    int spare = room - terminal_fit(fields, FIELDS, room);
    if (fields[BAR].width > 0)
        fields[BAR].width += spare < BAR_WIDTH - BAR_LEAST ? spare : BAR_WIDTH - BAR_LEAST;
    if (progress->redraw)
        printf("\r\033[K");
    for (int i = 0; i < FIELDS; i++) {
        if (fields[i].width == 0)
            continue;
        printf("%*s", used > 0 ? TERMINAL_GAP : 0, "");
        if (i == BAR)
            print_bar(line->done, fields[BAR].width);
        else
            fputs(line->text[i], stdout);
        used += fields[i].width;
    }
}

static void after_step(const neuron_trainer_t *trainer, progress_t *progress)
{
    double now = example_clock();
    line_t line;

    if (!progress->redraw || now - progress->drawn_at < pause_between_draws)
        return;
    progress->drawn_at = now;

    double step = neuron_trainer_progress(trainer, "step");
    double steps = neuron_trainer_progress(trainer, "steps");
    double seconds = neuron_trainer_progress(trainer, "seconds");
    write_state(&line, progress, trainer);
    write_time(line.text[LEFT], seconds / step * (steps - step));
    print_line(progress, &line);
    fflush(stdout);
}

static double mean_seconds(const neuron_history_t *history, int64_t epochs)
{
    double sum = 0;

    for (int64_t i = 0; i < epochs; i++) {
        double seconds = 0;
        must(neuron_history_value(&seconds, history, i, "seconds"));
        sum += seconds;
    }
    return sum / (double)epochs;
}

static void after_epoch(const neuron_trainer_t *trainer, const progress_t *progress)
{
    const neuron_history_t *history = neuron_trainer_history(trainer);
    int64_t epochs = neuron_history_epochs(history);
    double left = neuron_trainer_progress(trainer, "epochs") - (double)epochs;
    double loss;
    double accuracy;
    line_t line;

    must(neuron_history_value(&loss, history, epochs - 1, "validation_loss"));
    must(neuron_history_value(&accuracy, history, epochs - 1, "validation_accuracy"));
    write_state(&line, progress, trainer);
    snprintf(line.text[VALIDATION], FIELD_MAX, "validation %.4f %.4f", loss, accuracy);
    write_time(line.text[LEFT], left * mean_seconds(history, epochs));
    print_line(progress, &line);
    putchar('\n');
    fflush(stdout);
    if (progress->state_path != NULL)
        must(neuron_trainer_save(trainer, progress->state_path));
}

static int follow(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    if (event == NEURON_EVENT_STEP_END)
        after_step(trainer, user_data);
    else
        after_epoch(trainer, user_data);
    return 0;
}

/* The trainer calls back until its next run: `state_path` is kept. */
void example_follow(neuron_trainer_t *trainer, const char *id, const char *state_path)
{
    static progress_t progress;

    progress =
        (progress_t){.id = id, .redraw = isatty(STDOUT_FILENO) != 0, .state_path = state_path};
    must(neuron_trainer_add_function(trainer, NEURON_EVENT_STEP_END | NEURON_EVENT_EPOCH_END,
                                     follow, &progress, NULL));
}
