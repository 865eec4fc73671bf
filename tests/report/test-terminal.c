/* Text for terminals: no line is wider than asked, whatever names are made of; what lines look
 * like; what is known of a terminal. */
#include "test-models.h"

#include <libneuron-report/terminal.h>

#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

/* ---- Widths ---- */

/* Columns of bytes by what the system says of each character in a locale with UTF-8; -1 for what is
 * no text. Escape sequences take none. */
static int columns_of(const char *bytes, size_t size)
{
    mbstate_t state = {0};
    int columns = 0;
    while (size > 0) {
        if (*bytes == '\033') {
            size_t length = strcspn(bytes, "m") + 1;
            assert_that(length <= size, "a sequence without end");
            bytes += length;
            size -= length;
            continue;
        }
        wchar_t character;
        size_t length = mbrtowc(&character, bytes, size, &state);
        if (length == 0 || length > size || wcwidth(character) < 0)
            return -1;
        columns += wcwidth(character);
        bytes += length;
        size -= length;
    }
    return columns;
}

static void check_lines(const char *text, int columns, bool ascii)
{
    for (const char *c = text; ascii && *c; c++)
        assert_that(*c == '\n' || *c == '\033' || (*c >= ' ' && *c <= '~'), "not ASCII: %s", text);
    while (*text) {
        const char *end = strchr(text, '\n');
        assert_that(end, "no end of a line: %s", text);
        int width = columns_of(text, (size_t)(end - text));
        assert_that(width >= 0 && width <= columns, "%d columns, not %d: %.*s", width, columns,
                    (int)(end - text), text);
        assert_that(end == text || end[-1] != ' ', "blanks at the end: %s", text);
        text = end + 1;
    }
}

/* What libraries of terminals stumble over. */
static const char *const names[] = {
    "",
    "T-shirt/top",
    "a name that is longer than any line of the narrowest terminals, and goes on and on and on",
    ("\xe4\xb8\xad\xe6\x96\x87\xe5\xad\x97\xe7\xac\xa6\xe5\xae\xbd\xe5\xba\xa6\xe6\xb5\x8b\xe8\xaf"
     "\x95\xe4\xb8\xad\xe6\x96\x87\xe5\xad\x97\xe7\xac\xa6"),              /* Chinese */
    "a\xe4\xb8\xad",                                                       /* odd and even */
    "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86\xcc\x87 e\xcc\x81", /* combining marks */
    "\xcc\x81\xcc\x81\xcc\x81",                                            /* marks alone */
    "\xff\xfe broken \xe4\xb8",                                            /* no UTF-8, and cut */
    "tab\tline\nreturn\rescape\033[31mbell\a",                             /* controls */
    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7", /* a family */
    "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xf0\x9f\x87\xab\xf0\x9f\x87\xb7",         /* flags */
    "\xe2\x9d\xa4\xef\xb8\x8f \xe2\x98\x8e\xef\xb8\x8f",                /* pictures by selector */
    "\xd9\x85\xd9\x8f\xd8\xad\xd9\x8e\xd9\x85\xd9\x8e\xd9\x91\xd8\xaf", /* Arabic with vowels */
    "\xe0\xa4\x95\xe0\xa5\x8d\xe0\xa4\xb7\xe0\xa4\xbf",                 /* Devanagari */
    "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab\xea\xb8\x80",                 /* Hangul in parts */
    "\xef\xbc\xa6\xef\xbd\x95\xef\xbd\x8c\xef\xbd\x8c",                 /* full width */
    "\xe2\x80\x8b\xe2\x80\x8b\xef\xbb\xbf",                             /* nothing to see */
};

enum { NAMES = sizeof names / sizeof names[0] };

typedef struct scene {
    neuron_context_t *context;
    neuron_dataset_t *dataset;
    neuron_evaluation_t *evaluation;
} scene;

/* Classes of these names; `wrong` of a hundred examples are taken for another. */
static scene new_scene(int32_t classes, int32_t wrong)
{
    enum { EXAMPLES = 100 };
    scene s = {.context = test_context()};
    const char *of_classes[1000];
    float *outputs = calloc((size_t)(EXAMPLES * classes), sizeof *outputs);
    int32_t labels[EXAMPLES];
    for (int32_t i = 0; i < EXAMPLES; i++) {
        labels[i] = i * i % classes;
        outputs[i * classes + (i < wrong ? (labels[i] + 1 + i % 3) % classes : labels[i])] = 1;
    }
    for (int32_t i = 0; i < classes; i++)
        of_classes[i] = names[(i + 1) % NAMES][0] ? names[(i + 1) % NAMES] : "b";
    neuron_tensor_t *x, *y;
    assert_ok(neuron_tensor_copy(&x, s.context, NEURON_TYPE_F32, (int64_t[]){EXAMPLES, classes}, 2,
                                 outputs));
    assert_ok(neuron_tensor_copy(&y, s.context, NEURON_TYPE_I32, (int64_t[]){EXAMPLES}, 1, labels));
    assert_ok(neuron_dataset_create(&s.dataset, s.context, x, y, classes));
    if (neuron_dataset_set_class_names(s.dataset, of_classes, classes) != NEURON_OK) {
        /* Some are no names of classes: controls, broken ones, the same twice. */
        for (int32_t i = 0; i < classes; i++) {
            static char other[1000][80];
            snprintf(other[i], sizeof other[i], "%d %s", i, names[3 + i % 3]);
            of_classes[i] = other[i];
        }
        assert_ok(neuron_dataset_set_class_names(s.dataset, of_classes, classes));
    }
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, s.context));
    neuron_node_t *node = neuron_input(graph, (int64_t[]){classes}, 1);
    assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, node, NULL)));
    assert_ok(neuron_graph_evaluate(&s.evaluation, graph, s.dataset, NULL, NULL));
    neuron_graph_unref(graph);
    neuron_tensor_unref(y);
    neuron_tensor_unref(x);
    free(outputs);
    return s;
}

static void end_scene(scene *s)
{
    neuron_evaluation_unref(s->evaluation);
    neuron_dataset_unref(s->dataset);
    neuron_context_unref(s->context);
}

enum { PICTURES = 4 };

static int picture(int which, const scene *s, char *text, size_t capacity, size_t *needed,
                   const char *options)
{
    static double values[NAMES];
    for (int i = 0; i < NAMES; i++)
        values[i] = i == 3 ? 0 : i == 4 ? 1.7e308 : i * 1.23456789e-5;
    switch (which) {
    case 0:
        return neuron_terminal_bars(text, capacity, needed, names, values, NAMES, options);
    case 1:
        return neuron_terminal_class_counts(text, capacity, needed, s->dataset, options);
    case 2:
        return neuron_terminal_confusion(text, capacity, needed, s->evaluation, options);
    default:
        return neuron_terminal_sparkline(text, capacity, needed, values, NAMES, options);
    }
}

START_TEST(no_line_is_wider_than_asked)
{
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return;
    static const int32_t classes[] = {2, 5, 10, 40, 300};
    scene s = new_scene(classes[_i], 60);
    for (int columns = 20; columns <= 200; columns += classes[_i] > 100 ? 20 : 1)
        for (int which = 0; which < PICTURES; which++)
            for (int way = 0; way < 4; way++) {
                char options[80];
                size_t size, again;
                snprintf(options, sizeof options, "columns=%d, unicode=%s, color=%s", columns,
                         way & 1 ? "no" : "yes", way & 2 ? "yes" : "no");
                assert_that(picture(which, &s, NULL, 0, &size, options) == NEURON_OK, "%s",
                            neuron_error_last());
                char *text = malloc(size + 1);
                text[size] = 'x';
                assert_that(picture(which, &s, text, size, &again, options) == NEURON_OK, "%s",
                            neuron_error_last());
                assert_that(again == size, "%zu is not %zu", again, size);
                assert_that(strlen(text) + 1 == size, "not %zu bytes: %s", size, text);
                assert_that(text[size] == 'x', "written too far");
                check_lines(text, columns, way & 1);
                assert_that(!strchr(text, '\033') || (way & 2), "colours: %s", text);
                assert_that(picture(which, &s, text, size - 1, NULL, options) == NEURON_E_ARGUMENT,
                            "too small");
                free(text);
            }
    end_scene(&s);
}
END_TEST

/* ---- What they look like ---- */

#define BLOCK "\xe2\x96\x88"

START_TEST(bars_look_so)
{
    static const char *const few[] = {"cat", "dog", "\xe4\xb8\xad", "none"};
    static const double values[] = {40, 20, 2.5, 0};
    char text[600];
    assert_ok(neuron_terminal_bars(text, sizeof text, NULL, few, values, 4, "columns=20"));
    ck_assert_str_eq(text, "cat   " BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK "   40\n"
                           "dog   " BLOCK BLOCK BLOCK BLOCK "\xe2\x96\x8c       20\n"
                           "\xe4\xb8\xad    \xe2\x96\x8c          2.5\n"
                           "none               0\n");
    assert_ok(
        neuron_terminal_bars(text, sizeof text, NULL, few, values, 4, "columns=20, unicode=no"));
    ck_assert_str_eq(text, "cat   #########   40\n"
                           "dog   #####       20\n"
                           "?     #          2.5\n"
                           "none               0\n");
}
END_TEST

START_TEST(curves_look_so)
{
    const double values[] = {8, 7, 6, NAN, 4, 3, INFINITY, 1};
    char text[100];
    assert_ok(neuron_terminal_sparkline(text, sizeof text, NULL, values, 8, NULL));
    ck_assert_str_eq(text, "\xe2\x96\x88\xe2\x96\x87\xe2\x96\x86 \xe2\x96\x84\xe2\x96\x83 "
                           "\xe2\x96\x81\n");
    assert_ok(neuron_terminal_sparkline(text, sizeof text, NULL, values, 8, "unicode=no"));
    ck_assert_str_eq(text, "#*= -, _\n");
    double many[200];
    for (int i = 0; i < 200; i++)
        many[i] = i < 100 ? i % 2 : 1;
    assert_ok(
        neuron_terminal_sparkline(text, sizeof text, NULL, many, 200, "unicode=no, columns=20"));
    ck_assert_str_eq(text, "__________##########\n");
    const double equal[] = {2, 2}, none[] = {NAN};
    assert_ok(neuron_terminal_sparkline(text, sizeof text, NULL, equal, 2, "unicode=no"));
    ck_assert_str_eq(text, "__\n");
    assert_ok(neuron_terminal_sparkline(text, sizeof text, NULL, none, 1, NULL));
    ck_assert_str_eq(text, "\n");
}
END_TEST

static neuron_evaluation_t *evaluation_of(neuron_context_t *context, int64_t classes)
{
    const int32_t truth[] = {0, 0, 0, 1, 1, 1, 1, 1, 2, 2},
                  taken[] = {0, 0, 1, 1, 1, 1, 2, 2, 2, 0};
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_evaluation_create(&evaluation, context, truth, taken, 10, classes));
    return evaluation;
}

START_TEST(confusion_looks_so)
{
    neuron_context_t *context = test_context();
    neuron_evaluation_t *evaluation = evaluation_of(context, 3);
    char text[4000];
    assert_ok(neuron_terminal_confusion(text, sizeof text, NULL, evaluation, NULL));
    ck_assert_str_eq(text, "   0  1  2\n"
                           "0  2  1  .\n"
                           "1  .  3  2\n"
                           "2  1  .  1\n");
    neuron_evaluation_unref(evaluation);
    evaluation = evaluation_of(context, 100);
    assert_ok(
        neuron_terminal_confusion(text, sizeof text, NULL, evaluation, "columns=40, unicode=no"));
    ck_assert_str_eq(text, "1 > 2  2   40.0 %\n"
                           "0 > 1  1   33.3 %\n"
                           "2 > 0  1   50.0 %\n");
    neuron_evaluation_unref(evaluation);
    neuron_context_unref(context);
}
END_TEST

START_TEST(arguments)
{
    scene s = new_scene(3, 0);
    char text[10] = "";
    const double values[] = {1, -1}, bad[] = {NAN};
    const char *const none[] = {"a", NULL};
    assert_status(neuron_terminal_bars(text, 10, NULL, NULL, values, 1, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_terminal_bars(text, 10, NULL, none, NULL, 1, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_terminal_bars(text, 10, NULL, none, values, 0, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_terminal_bars(NULL, 10, NULL, none, values, 1, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_terminal_bars(text, 10, NULL, none, values, 2, NULL), NEURON_E_ARGUMENT);
    assert_message("names[1] is NULL");
    assert_status(neuron_terminal_bars(text, 10, NULL, names, values, 2, NULL), NEURON_E_ARGUMENT);
    assert_message("values[1] is -1");
    assert_status(neuron_terminal_bars(text, 10, NULL, names, bad, 1, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_terminal_bars(text, 10, NULL, names, values, 1, "columns=19"),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_terminal_class_counts(text, 10, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_terminal_confusion(text, 10, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_terminal_sparkline(text, 10, NULL, NULL, 1, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_terminal_sparkline(text, 10, NULL, values, 0, NULL), NEURON_E_ARGUMENT);
    end_scene(&s);
}
END_TEST

/* ---- The progress bar ---- */

/* What a terminal of so many columns shows: lines that are over, and the present one. */
typedef struct screen {
    int columns, drawn, lines;
    char line[8000], last[8000]; /* the present one as bytes, and the one before it */
    int widest, answer, destroyed;
} screen;

static int show(const void *bytes, size_t size, void *user_data)
{
    screen *to = user_data;
    const char *at = bytes, *end = at + size;
    assert_that(size > 0, "nothing is written");
    while (at < end) {
        size_t length = 0;
        while (at + length < end && !strchr("\r\n", at[length]))
            length++;
        if (length > 0) {
            int width = columns_of(at, length);
            assert_that(width >= 0 && width <= to->columns, "%d of %d columns: %.*s", width,
                        to->columns, (int)length, at);
            /* What was there is gone. */
            assert_that(width >= columns_of(to->line, strlen(to->line)),
                        "something of \"%s\" stays", to->line);
            memcpy(to->line, at, length);
            to->line[length] = '\0';
            for (; length > 0 && to->line[length - 1] == ' '; length--)
                to->line[length - 1] = '\0';
            to->widest = width > to->widest ? width : to->widest;
            to->drawn++;
        }
        at += strcspn(at, "\r\n") < (size_t)(end - at) ? strcspn(at, "\r\n") : (size_t)(end - at);
        if (at < end && *at == '\n') {
            strcpy(to->last, to->line);
            to->line[0] = '\0';
            to->lines++;
        }
        at += at < end;
    }
    return to->answer;
}

static void count_destroyed(void *user_data)
{
    ((screen *)user_data)->destroyed++;
}

/* The bytes that are written end with a zero for strcspn(). */
static int show_copy(const void *bytes, size_t size, void *user_data)
{
    char *copy = malloc(size + 1);
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    int answer = show(copy, size, user_data);
    free(copy);
    return answer;
}

static int train(neuron_context_t *context, screen *to, const char *options,
                 const char *trainer_options)
{
    neuron_graph_t *graph = test_linear(context, 8);
    neuron_dataset_t *glyphs = test_glyphs(context, 100, 8);
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_callback_t *bar;
    assert_ok(neuron_optimizer_create(&adam, context, "adam", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, adam, glyphs));
    assert_ok(neuron_trainer_set(trainer, trainer_options));
    assert_ok(neuron_callback_create_progress_bar(&bar, context, show_copy, to, count_destroyed,
                                                  options));
    assert_ok(neuron_trainer_add_callback(trainer, bar));
    neuron_callback_unref(bar);
    int status = neuron_trainer_run(NULL, trainer);
    ck_assert_int_eq(to->destroyed, 0);
    neuron_trainer_unref(trainer);
    ck_assert_int_eq(to->destroyed, 1);
    neuron_optimizer_unref(adam);
    neuron_dataset_unref(glyphs);
    neuron_graph_unref(graph);
    return status;
}

START_TEST(progress_fits)
{
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return;
    neuron_context_t *context = test_context();
    for (int columns = 20; columns <= 200; columns += columns < 110 ? 3 : 17)
        for (int way = 0; way < 8; way++) {
            screen to = {.columns = columns - (way & 1 ? 0 : 1)};
            char options[200];
            snprintf(options, sizeof options,
                     "columns=%d, seconds=0, redraw=%s, unicode=%s, color=%s%s", columns,
                     way & 1 ? "no" : "yes", way & 2 ? "no" : "yes", way & 4 ? "yes" : "no",
                     columns % 3 == 0 ? ""
                     : columns % 3 == 1
                         ? ", label=e\xcc\x81\xe4\xb8\xad\xe6\x96\x87 of \xf0\x9f\x91\xa9"
                         : ", label=\"a, long one that is cut in terminals, as it should be\"");
            assert_ok(train(context, &to, options, "epochs=2, validation_split=0.2"));
            ck_assert_int_eq(to.lines, 2);
            ck_assert_int_eq(to.drawn, way & 1 ? 2 : 2 * 3 + 2);
            ck_assert_str_eq(to.line, "");
        }
    neuron_context_unref(context);
}
END_TEST

static void assert_has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" does not have \"%s\"", text, part);
}

START_TEST(progress_tells)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    neuron_context_t *context = test_context();
    screen to = {.columns = 1000};
    assert_ok(train(context, &to, "redraw=no, columns=200, label=A1",
                    "epochs=12, validation_split=0.2, batch_size=8"));
    ck_assert_int_eq(to.lines, 12);
    ck_assert_int_eq(strncmp(to.last, "A1  epoch 12/12  loss ", 22), 0);
    assert_has(to.last, "  accuracy 0.");
    assert_has(to.last, "  validation ");
    assert_has(to.last, "/s  ");
    assert_has(to.last, " s");
    ck_assert_ptr_null(strstr(to.last, "left"));
    to = (screen){.columns = 1000};
    assert_ok(
        train(context, &to, "redraw=no, label=\"fold \"\"2\"\", of 3\", columns=200", "epochs=1"));
    ck_assert_int_eq(strncmp(to.last, "fold \"2\", of 3  epoch 1/1", 24), 0);

    /* The function's answer ends the run, whose line is ended too. */
    to = (screen){.columns = 1000, .answer = NEURON_STOP};
    ck_assert_int_eq(train(context, &to, "columns=100, seconds=0, unicode=no", "epochs=2"),
                     NEURON_STOP);
    ck_assert_int_eq(to.drawn, 1);
    ck_assert_int_eq(to.lines, 1);
    assert_has(to.last, "epoch 1/2  [");
    assert_has(to.last, "left");
    to = (screen){.columns = 1000, .answer = NEURON_E_DATA};
    ck_assert_int_eq(train(context, &to, "seconds=0", "epochs=2"), NEURON_E_DATA);

    neuron_callback_t *bar;
    assert_ok(neuron_callback_create_progress_bar(&bar, context, show, NULL, NULL, NULL));
    neuron_callback_unref(bar); /* there is nothing to be destroyed */
    assert_status(neuron_callback_create_progress_bar(&bar, context, NULL, NULL, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_progress_bar(&bar, context, show, NULL, NULL, "width=3"),
                  NEURON_E_ARGUMENT);
    ck_assert_ptr_null(bar);
    neuron_context_unref(context);
}
END_TEST

START_TEST(progress_without_memory)
{
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory);
    neuron_callback_t *bar;
    screen to = {0};
    int status = NEURON_E_MEMORY;
    for (long n = 0; status == NEURON_E_MEMORY; n++) {
        memory.left = n;
        status = neuron_callback_create_progress_bar(&bar, context, show, &to, count_destroyed,
                                                     "label=a");
        ck_assert_int_eq(to.destroyed, 0);
    }
    assert_ok(status);
    neuron_callback_unref(bar);
    ck_assert_int_eq(to.destroyed, 1);
    scene s = new_scene(3, 1);
    end_scene(&s);
    neuron_context_unref(context);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

/* ---- Terminals ---- */

START_TEST(terminals_are_asked)
{
    int file = open("/dev/null", O_RDONLY), pipe_ends[2];
    ck_assert_int_eq(pipe(pipe_ends), 0);
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    unsetenv("COLUMNS");
    unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
    const int32_t others[] = {file, pipe_ends[1], -1, 9999};
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(neuron_terminal_columns(others[i]), 0);
        ck_assert_int_eq(neuron_terminal_color(others[i]), 0);
    }
    if (terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0) {
        int slave = open(ptsname(terminal), O_RDWR | O_NOCTTY);
        ck_assert_int_eq(neuron_terminal_columns(slave), 0); /* it does not say */
        const struct winsize size = {.ws_row = 24, .ws_col = 77};
        ck_assert_int_eq(ioctl(slave, TIOCSWINSZ, &size), 0);
        ck_assert_int_eq(neuron_terminal_columns(slave), 77);
        ck_assert_int_eq(neuron_terminal_color(slave), 1);
        setenv("NO_COLOR", "", 1);
        ck_assert_int_eq(neuron_terminal_color(slave), 1);
        setenv("NO_COLOR", "1", 1);
        ck_assert_int_eq(neuron_terminal_color(slave), 0);
        unsetenv("NO_COLOR");
        setenv("TERM", "dumb", 1);
        ck_assert_int_eq(neuron_terminal_color(slave), 0);
        unsetenv("TERM");
        ck_assert_int_eq(neuron_terminal_color(slave), 0);
        close(slave);
    }
    static const struct {
        const char *all, *type, *language;
        int32_t unicode;
    } locales[] = {
        {"de_DE.UTF-8", "C", "C", 1}, {"C", "C.UTF-8", "C.UTF-8", 0}, {"", "", "en_US.utf8", 1},
        {"", "ja_JP.eucJP", "", 0},   {"", "C.utf8@x", "C", 1},       {"", "", "", 0},
    };
    for (size_t i = 0; i < sizeof locales / sizeof locales[0]; i++) {
        setenv("LC_ALL", locales[i].all, 1);
        setenv("LC_CTYPE", locales[i].type, 1);
        setenv("LANG", locales[i].language, 1);
        ck_assert_int_eq(neuron_terminal_unicode(), locales[i].unicode);
    }
    setenv("COLUMNS", "123", 1);
    ck_assert_int_eq(neuron_terminal_columns(file), 123);
    static const char *const no_numbers[] = {"", "wide", "-5", "80x", "99999999999999999999"};
    for (size_t i = 0; i < sizeof no_numbers / sizeof no_numbers[0]; i++) {
        setenv("COLUMNS", no_numbers[i], 1);
        ck_assert_int_eq(neuron_terminal_columns(file), 0);
    }
    close(terminal);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    close(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("terminal");
    TCase *tests = tcase_create("terminal");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, no_line_is_wider_than_asked, 0, 5);
    tcase_add_test(tests, bars_look_so);
    tcase_add_test(tests, curves_look_so);
    tcase_add_test(tests, confusion_looks_so);
    tcase_add_test(tests, arguments);
    tcase_add_test(tests, progress_fits);
    tcase_add_test(tests, progress_tells);
    tcase_add_test(tests, progress_without_memory);
    tcase_add_test(tests, terminals_are_asked);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
