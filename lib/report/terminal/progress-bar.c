/* The callback that shows where a training is: see neuron_callback_create_progress_bar(). */
#include "report/terminal/lines.h"

#include "base/clock.h"
#include "base/context.h"
#include "base/float-mode.h"
#include "base/text/number.h"

#include <libneuron/callback.h>
#include <libneuron/history.h>
#include <libneuron/trainer.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { REDRAW = NEURON_TERMINAL_UNICODE + 1, DESCRIPTOR, SECONDS, LABEL };

static const neuron_option rows[] = {
    NEURON_TERMINAL_ROWS,
    NEURON_FLAG(REDRAW, "redraw", 1, "no for a line an epoch and nothing else"),
    NEURON_INTEGER(DESCRIPTOR, "descriptor", 0, INT32_MAX, 2, "whose terminal says how wide"),
    NEURON_REAL(SECONDS, "seconds", 0, FLT_MAX, 0.1, "at least between two drawings"),
    NEURON_TEXT(LABEL, "label", "what each line begins with"),
};

static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

enum { COLUMNS_LEAST = 20, COLUMNS_MOST = 1000, COLUMNS_USUAL = 80 };

/* Four bytes are the most that a column takes, but for the label; and there are colours. */
enum { LINE_ROOM = 4 * COLUMNS_MOST + 200 };

/* What the callback has as user data. */
typedef struct progress {
    neuron_context_t *context;
    neuron_write_function_t write;
    void *user_data;
    neuron_destroy_function_t destroy;
    neuron_lines lines; /* with room for one */
    char *label;        /* "" for none */
    bool redraw;
    int64_t asked_columns; /* 0 for those of the terminal */
    int32_t descriptor;
    double pause, drawn_at;
    int64_t drawn; /* columns that the present line has; 0 if it is empty */
} progress;

/* ---- What a line says ---- */

/* Its parts in their order, with what they are worth: where the line is too long those with the
 * largest rank go first. */
typedef enum part { LABEL_PART, EPOCH, BAR, LOSS, ACCURACY, VALIDATION, RATE, TIME, PARTS } part;

static const int ranks[PARTS] = {[LABEL_PART] = 2, [EPOCH] = 0,      [BAR] = 6,  [LOSS] = 1,
                                 [ACCURACY] = 4,   [VALIDATION] = 3, [RATE] = 7, [TIME] = 5};

enum { GAP = 2, BAR_LEAST = 8, BAR_MOST = 30, LABEL_SHARE = 3, PART_TEXT = 64 };

typedef struct state {
    char text[PARTS][PART_TEXT];
    int64_t width[PARTS]; /* 0 for one that is left out */
    double done;          /* of the epoch; 1 shows no bar */
} state;

static void write_figure(char text[PART_TEXT], const char *name, double value)
{
    enum { LEAST_FIXED = 10000 }; /* in the fifth place behind the point */
    char number[NEURON_NUMBER_TEXT];
    double size = fabs(value);
    if (isnan(value) && strcmp(name, "loss") != 0)
        return;
    if (isfinite(value) && size < 1e6 && (value == 0 || size * LEAST_FIXED >= 1))
        neuron_number_fixed(value, 4, number);
    else if (isfinite(value))
        snprintf(number, sizeof number, "%.3e", value), neuron_number_point(number);
    else
        neuron_number_short(value, number);
    snprintf(text, PART_TEXT, "%s %.40s", name, number);
}

static void write_duration(char text[PART_TEXT], double seconds, const char *behind)
{
    enum { MINUTE = 60, HOUR = 3600 };
    if (!(seconds >= 0 && seconds < 1e12))
        return;
    char number[NEURON_NUMBER_TEXT];
    int64_t whole = (int64_t)(seconds + 0.5);
    if (seconds < 9.95)
        snprintf(text, PART_TEXT, "%.20s s%s", neuron_number_fixed(seconds, 1, number), behind);
    else if (whole < HOUR)
        snprintf(text, PART_TEXT, "%" PRId64 ":%02d%s", whole / MINUTE, (int)(whole % MINUTE),
                 behind);
    else
        snprintf(text, PART_TEXT, "%" PRId64 ":%02d:%02d%s", whole / HOUR,
                 (int)(whole % HOUR / MINUTE), (int)(whole % MINUTE), behind);
}

/* "12,345/s", and below a hundred "12.3/s". */
static void write_rate(char text[PART_TEXT], double rate)
{
    char number[NEURON_NUMBER_TEXT], count[NEURON_COUNT_TEXT];
    if (!(rate > 0 && rate < 1e15))
        return;
    if (rate < 100)
        snprintf(text, PART_TEXT, "%.20s/s", neuron_number_fixed(rate, 1, number));
    else
        snprintf(text, PART_TEXT, "%s/s", neuron_count_text((int64_t)(rate + 0.5), count));
}

/* "epoch  3/20": as wide in each line. */
static void write_epoch(char text[PART_TEXT], double epoch, double epochs)
{
    char all[PART_TEXT];
    int width = snprintf(all, sizeof all, "%.0f", epochs);
    snprintf(text, PART_TEXT, "epoch %*.0f/%.20s", width, epoch, all);
}

static double batch_size(const neuron_trainer_t *trainer)
{
    double size;
    return neuron_trainer_get_number(&size, trainer, "batch_size") == NEURON_OK ? size : 0;
}

/* Inside an epoch. The time that is left is that of all epochs, as long as this one takes. */
static void tell_step(state *told, const neuron_trainer_t *trainer)
{
    double step = neuron_trainer_progress(trainer, "step");
    double steps = neuron_trainer_progress(trainer, "steps");
    double seconds = neuron_trainer_progress(trainer, "seconds");
    double epoch = neuron_trainer_progress(trainer, "epoch");
    double epochs = neuron_trainer_progress(trainer, "epochs");
    told->done = steps > 0 ? step / steps : 0;
    write_epoch(told->text[EPOCH], epoch, epochs);
    write_figure(told->text[LOSS], "loss", neuron_trainer_progress(trainer, "loss"));
    write_figure(told->text[ACCURACY], "accuracy", neuron_trainer_progress(trainer, "accuracy"));
    write_rate(told->text[RATE], step * batch_size(trainer) / seconds);
    write_duration(told->text[TIME],
                   seconds / step * (steps - step + steps * fmax(epochs - epoch, 0)), " left");
}

static double value_of(const neuron_history_t *history, int64_t epoch, const char *metric)
{
    double value;
    return neuron_history_value(&value, history, epoch, metric) == NEURON_OK ? value : NAN;
}

static double all_seconds(const neuron_history_t *history)
{
    double sum = 0;
    for (int64_t i = 0; i < neuron_history_epochs(history); i++)
        sum += value_of(history, i, "seconds");
    return sum;
}

static void write_validation(char text[PART_TEXT], double loss, double accuracy)
{
    char of_loss[PART_TEXT] = "", of_accuracy[PART_TEXT] = "";
    if (isnan(loss))
        return;
    write_figure(of_loss, "validation", loss);
    write_figure(of_accuracy, "", accuracy);
    snprintf(text, PART_TEXT, "%.31s%.31s", of_loss, of_accuracy);
}

/* Behind an epoch: the time is what the rest will take, and behind the last what all took. */
static void tell_epoch(state *told, const neuron_trainer_t *trainer)
{
    const neuron_history_t *history = neuron_trainer_history(trainer);
    int64_t done = neuron_history_epochs(history), last = done - 1;
    double epochs = neuron_trainer_progress(trainer, "epochs"), seconds = all_seconds(history);
    double steps = neuron_trainer_progress(trainer, "steps");
    told->done = 1;
    write_epoch(told->text[EPOCH], (double)done, epochs);
    write_figure(told->text[LOSS], "loss", value_of(history, last, "loss"));
    write_figure(told->text[ACCURACY], "accuracy", value_of(history, last, "accuracy"));
    write_validation(told->text[VALIDATION], value_of(history, last, "validation_loss"),
                     value_of(history, last, "validation_accuracy"));
    write_rate(told->text[RATE], steps * batch_size(trainer) / value_of(history, last, "seconds"));
    if ((double)done < epochs)
        write_duration(told->text[TIME], seconds / (double)done * (epochs - (double)done), " left");
    else
        write_duration(told->text[TIME], seconds, "");
}

/* ---- Drawing ---- */

static int64_t total_width(const state *told)
{
    int64_t width = 0;
    for (int i = 0; i < PARTS; i++)
        if (told->width[i] > 0)
            width += told->width[i] + (width > 0 ? GAP : 0);
    return width;
}

/* Leaves out what there is no room for; the bar gets the room that is left. */
static void fit(state *told, const progress *of, int64_t room)
{
    for (int i = 0; i < PARTS; i++)
        told->width[i] = (int64_t)strlen(told->text[i]);
    told->width[LABEL_PART] =
        neuron_min_count(neuron_columns_of(of->label, of->lines.unicode), room / LABEL_SHARE);
    told->width[BAR] = told->done < 1 ? BAR_LEAST : 0;
    for (int rank = PARTS; rank > 0; rank--)
        for (int i = 0; i < PARTS && total_width(told) > room; i++)
            if (ranks[i] == rank)
                told->width[i] = 0;
    if (told->width[BAR] > 0)
        told->width[BAR] += neuron_between(0, room - total_width(told), BAR_MOST - BAR_LEAST);
}

/* The bar stands on a line of points, or in brackets. */
static void put_bar(neuron_lines *lines, double done, int64_t width)
{
    if (!lines->unicode) {
        int64_t full = (int64_t)(done * (double)(width - 2));
        neuron_lines_put(lines, "[");
        neuron_lines_repeat(lines, "=", full);
        neuron_lines_repeat(lines, ".", width - 2 - full);
        neuron_lines_put(lines, "]");
        return;
    }
    int64_t halves = (int64_t)(done * 2 * (double)width);
    neuron_lines_ink(lines, NEURON_INK_GREEN);
    neuron_lines_repeat(lines, "\xe2\x94\x81", halves / 2);
    if (halves % 2 > 0)
        neuron_lines_put(lines, "\xe2\x95\xb8");
    neuron_lines_ink(lines, NEURON_INK_FAINT);
    neuron_lines_repeat(lines, "\xe2\x94\x80", width - halves / 2 - halves % 2);
    neuron_lines_ink(lines, NEURON_INK_PLAIN);
}

/* How wide a line may be. The last column of a terminal stays free: some go to the next line as
 * soon as it is written. What is no terminal takes lines of any width. */
static int64_t room_of(const progress *of)
{
    int64_t columns = of->asked_columns;
    if (columns == 0)
        columns = neuron_terminal_columns(of->descriptor);
    if (columns == 0)
        columns = of->redraw ? COLUMNS_USUAL : COLUMNS_MOST;
    return neuron_between(COLUMNS_LEAST, columns, COLUMNS_MOST) - of->redraw;
}

/* Fills the line that is to be written. */
static void draw(progress *to, state *told, bool ends)
{
    neuron_lines *lines = &to->lines;
    int64_t room = room_of(to);
    fit(told, to, room);
    lines->columns = room;
    lines->length = 0;
    lines->used = 0;
    /* To the beginning of the line that is there. */
    if (to->drawn > 0)
        lines->bytes[lines->length++] = '\r';
    for (int i = 0; i < PARTS; i++) {
        if (told->width[i] == 0)
            continue;
        if (lines->used > 0)
            neuron_lines_blanks(lines, GAP);
        if (i == BAR)
            put_bar(lines, told->done, told->width[i]);
        else
            neuron_lines_left(lines, i == LABEL_PART ? to->label : told->text[i], told->width[i]);
    }
    int64_t used = lines->used - lines->blanks;
    neuron_lines_settle(lines);
    /* Over what the last one had more. */
    for (int64_t rest = neuron_min_count(to->drawn, room) - used; rest > 0; rest--)
        lines->bytes[lines->length++] = ' ';
    if (ends)
        neuron_lines_end(lines);
    to->drawn = ends ? 0 : used;
}

/* Whether there is something to be written. */
static bool prepare(progress *to, const neuron_trainer_t *trainer, int32_t event)
{
    FLOAT_SCOPE;
    state told = {0};
    double now = neuron_clock_seconds();
    if (event == NEURON_EVENT_RUN_END) {
        bool open = to->drawn > 0;
        to->lines.length = 0;
        neuron_lines_end(&to->lines);
        to->drawn = 0;
        return open;
    }
    if (event == NEURON_EVENT_STEP_END && now - to->drawn_at < to->pause)
        return false;
    to->drawn_at = now;
    if (event == NEURON_EVENT_STEP_END)
        tell_step(&told, trainer);
    else
        tell_epoch(&told, trainer);
    draw(to, &told, event == NEURON_EVENT_EPOCH_END);
    return true;
}

static int show(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    progress *to = user_data;
    if (!prepare(to, trainer, event))
        return 0;
    return to->write(to->lines.bytes, to->lines.length, to->user_data);
}

/* ---- Making and releasing ---- */

static void release(progress *gone)
{
    neuron_context_t *context = gone->context;
    neuron_release(context, gone->label);
    neuron_release(context, gone->lines.bytes);
    neuron_release(context, gone);
    neuron_context_unref(context);
}

static void destroy_progress(void *user_data)
{
    progress *gone = user_data;
    if (gone->destroy)
        neuron_destroy_user_data(gone->destroy, gone->user_data);
    release(gone);
}

/* A text in quotes may have commas, and quotes twice. */
static void copy_label(char *to, const char *from, size_t size)
{
    bool quoted = size >= 2 && from[0] == '"' && from[size - 1] == '"';
    for (size_t i = quoted; i + quoted < size; i++) {
        *to++ = from[i];
        if (quoted && from[i] == '"' && from[i + 1] == '"')
            i++;
    }
}

static int set_up(progress *made, const neuron_options *values)
{
    size_t size = 0;
    const char *label = neuron_options_given_text(values, LABEL, &size);
    neuron_lines_init(&made->lines, values);
    made->redraw = neuron_options_value(values, REDRAW) > 0;
    made->descriptor = (int32_t)neuron_options_value(values, DESCRIPTOR);
    made->pause = neuron_options_value(values, SECONDS);
    if (neuron_options_given(values, NEURON_TERMINAL_COLUMNS))
        made->asked_columns = made->lines.columns;
    made->label = neuron_allocate_zero(made->context, size + 1, 1);
    made->lines.bytes = made->label ? neuron_allocate(made->context, LINE_ROOM + size, 1) : NULL;
    if (!made->lines.bytes)
        return NEURON_E_MEMORY;
    if (label)
        copy_label(made->label, label, size);
    return NEURON_OK;
}

int neuron_callback_create_progress_bar(neuron_callback_t **callback, neuron_context_t *context,
                                        neuron_write_function_t write, void *user_data,
                                        neuron_destroy_function_t destroy, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(callback);
    *callback = NULL;
    CHECK_ARGUMENT(context);
    CHECK_FUNCTION(write);
    neuron_options values;
    neuron_options_reset(&values, &table);
    RETURN_IF_ERROR(neuron_options_parse(&values, options, __func__));

    progress *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    made->context = neuron_context_ref(context);
    made->write = write;
    made->user_data = user_data;
    made->destroy = destroy;
    made->drawn_at = -INFINITY;
    int status = set_up(made, &values);
    if (status == NEURON_OK) {
        int32_t events = NEURON_EVENT_EPOCH_END | NEURON_EVENT_RUN_END |
                         (made->redraw ? NEURON_EVENT_STEP_END : 0);
        status = neuron_callback_create_function(callback, context, events, show, made,
                                                 destroy_progress);
    }
    if (status != NEURON_OK)
        release(made);
    return status;
}
