/* Searches over ranks: results are those of one process, whoever tried what, and whoever fails. */
#include "test-ranks.h"

#include <libneuron-committee/committees.h>

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { GRID = 6, MOST = 4, TEXT = 20000 };

static const double rates[] = {0.1, 0.025, 3};
static const char *const kinds[] = {"relu", "tanh"};

struct scene;

/* What a rank is to do, and what came of it. */
typedef struct scene {
    const char *options, *log;
    int64_t trials; /* random ones; 0 for the grid */
    int runs;
    uint64_t seeds[MOST]; /* of random searches; the first, if the others are 0 */
    int (*meddle)(test_rank *own, const neuron_trial_t *trial); /* in the function; may be NULL */
    int answer;
    int32_t culprit;
    int64_t folds; /* that are done in all */
    atomic_int tried[MOST], all_tried, event;
    test_memory *memory; /* NULL for plenty; else what the context of this rank has in runs */
    int32_t poor;
    long allowed;
    int statuses[MOST];
    char messages[MOST][512];
    char text[MOST][TEXT], seconds[MOST][TEXT];
} scene;

static double value_of(const neuron_trial_t *trial)
{
    return (double)(neuron_trial_seed(trial) % 1000) / 7 + neuron_trial_number(trial, "rate");
}

/* The names of figures come in another order in each trial. */
static int note(const neuron_trial_t *trial)
{
    static const char *const names[] = {"train", "t\xc3\xa9st", "late", "never"};
    for (int i = 0; i < 4; i++) {
        int place = (int)(neuron_trial_index(trial) + i) % 4;
        bool has = place < 2 || neuron_trial_index(trial) > 3;
        if (!has)
            continue;
        int status = neuron_trial_add_figure(trial, names[place],
                                             place == 3 ? NAN : value_of(trial) / (place + 1));
        if (status < 0)
            return status;
    }
    return 0;
}

static int try_one(double *score, const neuron_trial_t *trial, void *user_data)
{
    test_rank *own = user_data;
    scene *s = own->all->user_data;
    int status = s->meddle ? s->meddle(own, trial) : 0;
    if (status == 0)
        status = note(trial);
    if (status != 0)
        return status;
    if (neuron_trial_index(trial) != 2) /* that has none */
        *score = value_of(trial) / 3;
    atomic_fetch_add(&s->tried[own->rank], 1);
    atomic_fetch_add(&s->all_tried, 1);
    return 0;
}

/* ---- What a search has ---- */

static void describe(char *text, char *seconds, const neuron_search_t *search)
{
    char table[2000];
    int at = 0, of = 0;
    for (int64_t i = 0; i < neuron_search_trial_count(search); i++) {
        const neuron_trial_t *trial = neuron_search_trial(search, i);
        at += snprintf(text + at, TEXT - (size_t)at,
                       "%d fold %d %a %a:", (int)neuron_trial_index(trial),
                       (int)neuron_trial_fold(trial), neuron_trial_score(trial),
                       neuron_trial_deviation(trial));
        for (int64_t k = 0; k < neuron_trial_fold_count(trial); k++)
            at += snprintf(text + at, TEXT - (size_t)at, " %a", neuron_trial_fold_score(trial, k));
        for (int64_t k = 0; k < neuron_search_figure_count(search); k++) {
            const char *name = neuron_search_figure_name(search, k);
            at += snprintf(text + at, TEXT - (size_t)at, ", %s %a", name,
                           neuron_trial_figure(trial, name));
        }
        at += snprintf(text + at, TEXT - (size_t)at, "\n");
        of += snprintf(seconds + of, TEXT - (size_t)of, "%a\n", neuron_trial_seconds(trial));
    }
    assert_ok(neuron_search_table(table, sizeof table, NULL, search));
    snprintf(text + at, TEXT - (size_t)at, "%s", table);
}

static int make(neuron_search_t **search, neuron_context_t *context, const scene *s, void *own)
{
    int status = neuron_search_create(search, context, try_one, own, NULL, s->options);
    if (status == 0)
        status = neuron_search_add_factor(*search, "rate", rates, 3);
    if (status == 0)
        status = neuron_search_add_choice(*search, "kind", kinds, 2);
    if (status == 0)
        status = neuron_search_set_log(*search, s->log);
    return status;
}

static int run_once(neuron_search_t *search, const scene *s, int32_t rank)
{
    uint64_t seed = s->seeds[rank] > 0 ? s->seeds[rank] : s->seeds[0];
    return s->trials > 0 ? neuron_search_run_random(search, s->trials, seed)
                         : neuron_search_run_grid(search);
}

static void search_in_rank(test_rank *own)
{
    scene *s = own->all->user_data;
    neuron_search_t *search;
    assert_ok(make(&search, own->context, s, own));
    assert_ok(neuron_search_set_communicator(search, own->communicator));
    for (int i = 0; i < (s->runs > 0 ? s->runs : 1); i++) {
        if (s->memory && own->rank == s->poor)
            s->memory->left = s->allowed;
        s->statuses[own->rank] = run_once(search, s, own->rank);
        snprintf(s->messages[own->rank], sizeof s->messages[0], "%s", neuron_error_last());
    }
    if (s->memory && own->rank == s->poor)
        test_refill(s->memory);
    describe(s->text[own->rank], s->seconds[own->rank], search);
    neuron_search_unref(search);
}

static void in_ranks(scene *s, int32_t size, int32_t threads)
{
    test_ranks all = {
        .size = size, .work = search_in_rank, .user_data = s, .dying = -1, .threads = threads};
    test_run_ranks(&all);
}

/* The same by one process without a communicator. */
static void alone(char text[TEXT], const scene *s)
{
    char seconds[TEXT];
    scene copy = {.options = s->options, .trials = s->trials, .log = s->log};
    copy.seeds[0] = s->seeds[0];
    test_ranks all = {.user_data = &copy};
    test_rank own = {.all = &all};
    neuron_context_t *context;
    neuron_search_t *search;
    assert_ok(neuron_context_create(&context, "seed=1"));
    assert_ok(make(&search, context, &copy, &own));
    assert_ok(run_once(search, &copy, 0));
    describe(text, seconds, search);
    neuron_search_unref(search);
    neuron_context_unref(context);
}

static void assert_all(const scene *s, int32_t size, const char *text)
{
    for (int32_t i = 0; i < size; i++) {
        assert_that(s->statuses[i] == 0, "rank %d says %s", (int)i, s->messages[i]);
        ck_assert_str_eq(s->text[i], text);
        ck_assert_str_eq(s->seconds[i], s->seconds[0]);
    }
}

/* ---- Results ---- */

static const char *const servings[] = {"folds=3", "folds=3, serve=only", "goal=smallest"};

START_TEST(results_are_those_of_one)
{
    static char text[TEXT];
    for (int i = 0; i < 3; i++)
        for (int64_t trials = 0; trials <= 9; trials += 9)
            for (int32_t size = 1; size <= MOST; size++) {
                scene *s = calloc(1, sizeof *s);
                s->options = servings[i];
                s->trials = trials;
                s->seeds[0] = 5;
                alone(text, s);
                in_ranks(s, size, 1 + i);
                assert_all(s, size, text);
                int64_t folds = (trials > 0 ? trials : GRID) * (i < 2 ? 3 : 1);
                ck_assert_int_eq(atomic_load(&s->all_tried), folds); /* each once */
                if (i == 1 && size > 1)
                    ck_assert_int_eq(atomic_load(&s->tried[0]), 0);
                free(s);
            }
}
END_TEST

/* The first fold takes until all others are done. */
static int wait_for_others(test_rank *own, const neuron_trial_t *trial)
{
    scene *s = own->all->user_data;
    for (int i = 0; neuron_trial_index(trial) == 0 && neuron_trial_fold(trial) == 0 &&
                    atomic_load(&s->all_tried) < s->folds - 1;
         i++) {
        ck_assert_int_lt(i, 60000);
        usleep(1000);
    }
    if (neuron_trial_index(trial) == 0 && neuron_trial_fold(trial) == 0)
        atomic_store(&s->event, own->rank + 1);
    return 0;
}

START_TEST(who_is_free_gets_the_next)
{
    for (int i = 0; i < 2; i++) {
        scene *s = calloc(1, sizeof *s);
        s->options = servings[i];
        s->folds = GRID * 3;
        s->meddle = wait_for_others;
        in_ranks(s, 3, 1);
        int busy = atomic_load(&s->event) - 1;
        ck_assert_int_ge(busy, 0);
        ck_assert_int_eq(atomic_load(&s->tried[busy]), 1);
        ck_assert_int_eq(atomic_load(&s->all_tried), GRID * 3);
        ck_assert_int_eq(s->statuses[0], 0);
        free(s);
    }
}
END_TEST

/* ---- Ends ---- */

/* The culprit answers once, and nobody else goes on before it has. */
static int answer_once(test_rank *own, const neuron_trial_t *trial)
{
    scene *s = own->all->user_data;
    (void)trial;
    if (own->rank == s->culprit && atomic_exchange(&s->event, 1) == 0)
        return s->answer == NEURON_E_ARGUMENT ? neuron_history_value(NULL, NULL, 0, "loss")
                                              : s->answer;
    for (int i = 0; atomic_load(&s->event) == 0; i++) {
        ck_assert_int_lt(i, 60000);
        usleep(1000);
    }
    return 0;
}

static void stop_by(int32_t culprit)
{
    static char text[TEXT];
    for (int runs = 1; runs <= 2; runs++) {
        scene *s = calloc(1, sizeof *s);
        s->options = "folds=2";
        s->trials = 9;
        s->seeds[0] = 4;
        s->runs = runs;
        s->meddle = answer_once;
        s->answer = NEURON_STOP;
        s->culprit = culprit;
        alone(text, s);
        in_ranks(s, 3, 1);
        for (int32_t i = 0; runs == 1 && i < 3; i++) {
            ck_assert_int_eq(s->statuses[i], NEURON_STOP);
            ck_assert_str_eq(s->text[i], s->text[0]);
        }
        ck_assert_int_lt(runs == 1 ? atomic_load(&s->all_tried) : 0, 2 * 9);
        if (runs == 2) { /* what was done is not done again */
            assert_all(s, 3, text);
            ck_assert_int_eq(atomic_load(&s->all_tried), 2 * 9);
        }
        free(s);
    }
}

START_TEST(one_that_stops_stops_all)
{
    stop_by(0);
    stop_by(2);
}
END_TEST

START_TEST(one_that_fails_fails_all)
{
    for (int32_t i = 0; i < 3; i++) {
        static const char *const places[] = {"rank 0: ", "rank 1: ", "rank 2: "};
        scene *s = calloc(1, sizeof *s);
        s->options = "folds=2";
        s->trials = 9;
        s->meddle = answer_once;
        s->answer = NEURON_E_ARGUMENT;
        s->culprit = i;
        in_ranks(s, 3, 1);
        for (int32_t k = 0; k < 3; k++) {
            ck_assert_int_eq(s->statuses[k], NEURON_E_ARGUMENT);
            ck_assert_str_eq(s->messages[k], s->messages[0]);
            ck_assert_ptr_eq(strstr(s->messages[k], places[i]), s->messages[k]);
            ck_assert_ptr_nonnull(strstr(s->messages[k], "the search's function returned -10"));
            ck_assert_ptr_nonnull(strstr(s->messages[k], "history is NULL"));
        }
        free(s);
    }
}
END_TEST

START_TEST(others_are_refused)
{
    scene *s = calloc(1, sizeof *s);
    s->trials = 3;
    s->seeds[0] = 7;
    s->seeds[1] = 8;
    in_ranks(s, 3, 1);
    for (int32_t i = 0; i < 3; i++) {
        ck_assert_int_eq(s->statuses[i], NEURON_E_DATA);
        ck_assert_str_eq(s->messages[i], "rank 1: search: seed is 8 here, 7 on rank 0");
    }
    free(s);
}
END_TEST

static int note_many(test_rank *own, const neuron_trial_t *trial)
{
    char name[20];
    (void)own;
    snprintf(name, sizeof name, "figure %d", (int)neuron_trial_index(trial));
    return neuron_trial_add_figure(trial, name, 1);
}

START_TEST(too_many_figures_of_all)
{
    scene *s = calloc(1, sizeof *s);
    s->trials = 30;
    s->log = test_file("figures.jsonl");
    s->meddle = note_many;
    unlink(s->log);
    in_ranks(s, 3, 1);
    for (int32_t i = 0; i < 3; i++) {
        ck_assert_int_eq(s->statuses[i], NEURON_E_ARGUMENT);
        ck_assert_ptr_nonnull(strstr(s->messages[i], "has 16 figures already"));
    }
    scene *next = calloc(1, sizeof *next); /* the file is a good one nevertheless */
    next->trials = 1;
    next->log = s->log;
    next->seeds[0] = s->seeds[0];
    in_ranks(next, 2, 1);
    assert_that(next->statuses[0] == 0, "%s", next->messages[0]);
    unlink(s->log);
    free(next);
    free(s);
}
END_TEST

/* ---- Deaths ---- */

static int die_once(test_rank *own, const neuron_trial_t *trial)
{
    if (answer_once(own, trial) != 0)
        test_die(own);
    return 0;
}

START_TEST(a_rank_that_dies_is_done_without)
{
    static char text[TEXT];
    for (int i = 0; i < 2; i++) {
        scene *s = calloc(1, sizeof *s);
        s->options = servings[i];
        s->trials = 7;
        s->seeds[0] = 3;
        s->meddle = die_once;
        s->answer = 1;
        s->culprit = 1;
        alone(text, s);
        in_ranks(s, 3, 1);
        ck_assert_int_eq(s->statuses[1], NEURON_E_IO);
        ck_assert_ptr_nonnull(strstr(s->messages[1], "communicator: rank 0 is gone"));
        for (int k = 0; k < 3; k += 2) {
            assert_that(s->statuses[k] == 0, "rank %d says %s", k, s->messages[k]);
            ck_assert_str_eq(s->text[k], text);
        }
        ck_assert_int_eq(atomic_load(&s->all_tried), 7 * 3 + 1); /* one of them in vain */
        free(s);
    }
}
END_TEST

START_TEST(all_others_die)
{
    static char text[TEXT];
    for (int i = 0; i < 2; i++) {
        scene *s = calloc(1, sizeof *s);
        s->options = servings[i];
        s->meddle = die_once;
        s->answer = 1;
        s->culprit = 1;
        alone(text, s);
        in_ranks(s, 2, 1);
        assert_that(s->statuses[0] == 0, "rank 0 says %s", s->messages[0]);
        ck_assert_str_eq(s->text[0], text);
        ck_assert_int_lt(s->statuses[1], 0);
        free(s);
    }
}
END_TEST

/* At each exchange. */
START_TEST(any_rank_dies_anywhere)
{
    static char text[TEXT];
    for (int32_t dying = 0; dying < 3; dying++)
        for (long at = 0; at < 12; at++) {
            scene *s = calloc(1, sizeof *s);
            s->options = at % 2 ? "folds=2" : "folds=2, serve=only";
            test_ranks all = {
                .size = 3, .work = search_in_rank, .user_data = s, .dying = dying, .dies_at = at};
            alone(text, s);
            test_run_ranks(&all);
            for (int32_t i = 0; i < 3; i++) {
                if (i == dying || (dying == 0 && s->statuses[i] < 0))
                    continue;
                if (dying == 0) { /* it has died when this one had all */
                    ck_assert_int_eq(s->statuses[i], 0);
                } else {
                    assert_that(s->statuses[i] == 0, "rank %d says %s", (int)i, s->messages[i]);
                }
                ck_assert_str_eq(s->text[i], text);
            }
            if (dying == 0) {
                bool told = strstr(s->messages[1], "rank 0 is gone") != NULL;
                assert_that(told || s->statuses[1] == 0, "rank 1 says %s", s->messages[1]);
            }
            free(s);
        }
}
END_TEST

/* One does not come back before the others are done. */
static int wait_for_the_end(test_rank *own, const neuron_trial_t *trial)
{
    scene *s = own->all->user_data;
    (void)trial;
    if (own->rank == 1)
        atomic_store(&s->event, 1);
    for (int i = 0;
         own->rank == 1 ? atomic_load(&s->all_tried) < s->folds : atomic_load(&s->event) == 0;
         i++) {
        ck_assert_int_lt(i, 60000);
        usleep(1000);
    }
    return 0;
}

START_TEST(patience_ends)
{
    static char text[TEXT];
    scene *s = calloc(1, sizeof *s);
    s->options = "patience=1";
    s->folds = GRID;
    s->meddle = wait_for_the_end;
    alone(text, s);
    in_ranks(s, 3, 1);
    ck_assert_int_lt(s->statuses[1], 0);
    for (int i = 0; i < 3; i += 2) {
        assert_that(s->statuses[i] == 0, "rank %d says %s", i, s->messages[i]);
        ck_assert_str_eq(s->text[i], text);
    }
    free(s);
}
END_TEST

/* ---- The log ---- */

static void cut_file(const char *path, size_t lines, size_t more)
{
    test_bytes whole = test_read_file(path);
    size_t size = 0;
    for (size_t i = 0; i < lines; i++)
        size = (size_t)((char *)memchr(whole.data + size, '\n', whole.size - size) -
                        (char *)whole.data) +
               1;
    test_write_file(path, whole.data, size + more);
    free(whole.data);
}

/* Written by some ranks, cut, and continued by others; 0 is one process without a communicator. */
START_TEST(a_log_goes_on_with_any_number)
{
    static char text[TEXT], found[TEXT];
    const char *path = test_file("ranks.jsonl");
    static const int32_t sizes[][2] = {{3, 2}, {4, 1}, {2, 4}, {3, 0}, {0, 3}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        scene *s = calloc(1, sizeof *s);
        s->options = "folds=2";
        s->trials = 8;
        s->seeds[0] = 6;
        alone(text, s);
        unlink(path);
        s->log = path;
        if (sizes[i][0] > 0)
            in_ranks(s, sizes[i][0], 1);
        else
            alone(found, s);
        cut_file(path, 8, 10); /* 7 folds */
        scene *next = calloc(1, sizeof *next);
        next->options = s->options;
        next->trials = s->trials;
        next->seeds[0] = s->seeds[0];
        next->log = path;
        if (sizes[i][1] > 0) {
            in_ranks(next, sizes[i][1], 1);
            for (int32_t k = 0; k < sizes[i][1]; k++) {
                assert_that(next->statuses[k] == 0, "rank %d says %s", (int)k, next->messages[k]);
                /* A figure that is none has no name in a file. */
                ck_assert_str_eq(next->text[k], next->text[0]);
            }
            ck_assert_int_eq(atomic_load(&next->all_tried), 2 * 8 - 7);
        } else {
            alone(found, next);
        }
        test_bytes file = test_read_file(path);
        size_t lines = 0;
        for (size_t k = 0; k < file.size; k++)
            lines += ((char *)file.data)[k] == '\n';
        ck_assert_uint_eq(lines, 1 + 2 * 8);
        free(file.data);
        free(s);
        free(next);
    }
    unlink(path);
}
END_TEST

/* Stopped with holes: trials that are done come one after the other, each with its index. */
START_TEST(holes)
{
    scene *s = calloc(1, sizeof *s);
    s->folds = GRID;
    s->culprit = -1;
    s->options = "folds=1";
    s->log = test_file("holes.jsonl");
    unlink(s->log);
    in_ranks(s, 2, 1);
    test_bytes whole = test_read_file(s->log);
    char *kept = calloc(1, whole.size + 1), *line = whole.data, *end = line + whole.size;
    while (line < end) { /* without trials 1 and 4 */
        char *next = (char *)memchr(line, '\n', (size_t)(end - line)) + 1;
        if (strncmp(line, "{\"trial\":1,", 11) != 0 && strncmp(line, "{\"trial\":4,", 11) != 0)
            strncat(kept, line, (size_t)(next - line));
        line = next;
    }
    test_write_file(s->log, kept, strlen(kept));
    neuron_context_t *context;
    neuron_search_t *search;
    test_rank own = {.all = &(test_ranks){.user_data = s}};
    assert_ok(neuron_context_create(&context, "seed=1"));
    s->meddle = answer_once;
    s->culprit = 0;
    s->answer = NEURON_STOP;
    assert_ok(make(&search, context, s, &own));
    ck_assert_int_eq(neuron_search_run_grid(search), NEURON_STOP);
    ck_assert_int_eq(neuron_search_trial_count(search), GRID - 2);
    static const int indices[] = {0, 2, 3, 5};
    for (int i = 0; i < GRID - 2; i++)
        ck_assert_int_eq(neuron_trial_index(neuron_search_trial(search, i)), indices[i]);
    ck_assert_ptr_null(neuron_search_trial(search, GRID - 2));
    atomic_store(&s->all_tried, 0);
    assert_ok(neuron_search_run_grid(search));
    ck_assert_int_eq(atomic_load(&s->all_tried), 2);
    ck_assert_int_eq(neuron_search_trial_count(search), GRID);
    neuron_search_unref(search);
    neuron_context_unref(context);
    unlink(s->log);
    free(kept);
    free(whole.data);
    free(s);
}
END_TEST

START_TEST(a_log_that_cannot_be_written)
{
    scene *s = calloc(1, sizeof *s);
    s->log = "/nowhere/at/all";
    in_ranks(s, 3, 1);
    for (int32_t i = 0; i < 3; i++) {
        ck_assert_int_eq(s->statuses[i], NEURON_E_IO);
        ck_assert_ptr_eq(strstr(s->messages[i], "rank 0: /nowhere/at/all"), s->messages[i]);
    }
    ck_assert_int_eq(atomic_load(&s->all_tried), 0);
    free(s);
}
END_TEST

/* ---- Calls that are refused, and no memory ---- */

START_TEST(wrong_calls)
{
    scene s = {.options = NULL};
    test_ranks all = {.user_data = &s, .size = 2};
    test_rank own = {.all = &all};
    neuron_context_t *context = test_context();
    neuron_communicator_t *communicator;
    neuron_search_t *search;
    assert_ok(make(&search, context, &s, &own));
    assert_ok(neuron_communicator_create(&communicator, context, 0, 2, test_exchange, &own, NULL));
    assert_status(neuron_search_set_communicator(NULL, communicator), NEURON_E_ARGUMENT);
    assert_status(neuron_communicator_set_ready(NULL, test_ready), NEURON_E_ARGUMENT);
    assert_status(neuron_search_set_communicator(search, communicator), NEURON_E_ARGUMENT);
    assert_message("search: the communicator cannot tell which rank is ready");
    assert_ok(neuron_communicator_set_ready(communicator, test_ready));
    assert_ok(neuron_search_set_communicator(search, communicator));
    assert_ok(neuron_search_set_communicator(search, NULL));
    assert_ok(neuron_search_run_grid(search));
    assert_status(neuron_search_set_communicator(search, communicator), NEURON_E_STATE);
    assert_message("search: gets its communicator before its first run");
    neuron_search_unref(search);
    neuron_communicator_unref(communicator);
    neuron_context_unref(context);
}
END_TEST

/* On one rank there is none from some allocation of its run on: what ends the run is told to all,
 * and what comes behind it fails there alone. */
START_TEST(no_memory_on_one_rank)
{
    static char text[TEXT];
    const char *path = test_file("memory.jsonl");
    for (int32_t poor = 0; poor < 2; poor++) {
        bool enough = false;
        for (long allowed = 0; !enough; allowed++) {
            test_memory memory;
            scene *s = calloc(1, sizeof *s);
            s->options = allowed % 2 ? "folds=2" : "folds=2, serve=only";
            s->log = path;
            s->memory = &memory;
            s->poor = poor;
            s->allowed = allowed;
            unlink(path);
            alone(text, &(scene){.options = s->options});
            test_ranks all = {.size = 2, .work = search_in_rank, .user_data = s, .dying = -1};
            all.contexts[poor] = test_limited_context(&memory);
            assert_ok(neuron_context_set_seed(all.contexts[poor], 1));
            test_run_ranks(&all);
            neuron_context_unref(all.contexts[poor]);
            ck_assert_int_eq(memory.live, 0);
            enough = s->statuses[0] == 0 && s->statuses[1] == 0;
            if (enough) {
                assert_all(s, 2, text);
            } else if (s->statuses[1 - poor] != 0) {
                assert_that(s->statuses[1 - poor] == NEURON_E_MEMORY, "after %ld: %s", allowed,
                            s->messages[1 - poor]);
                ck_assert_ptr_nonnull(strstr(s->messages[1 - poor], poor ? "rank 1" : "rank 0"));
            } else {
                ck_assert_int_eq(s->statuses[poor], NEURON_E_MEMORY);
                ck_assert_str_eq(s->text[1 - poor], text);
            }
            free(s);
        }
    }
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("search-ranks");
    TCase *tests = tcase_create("search-ranks");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, results_are_those_of_one);
    tcase_add_test(tests, who_is_free_gets_the_next);
    tcase_add_test(tests, one_that_stops_stops_all);
    tcase_add_test(tests, one_that_fails_fails_all);
    tcase_add_test(tests, others_are_refused);
    tcase_add_test(tests, too_many_figures_of_all);
    tcase_add_test(tests, a_rank_that_dies_is_done_without);
    tcase_add_test(tests, all_others_die);
    tcase_add_test(tests, any_rank_dies_anywhere);
    tcase_add_test(tests, patience_ends);
    tcase_add_test(tests, a_log_goes_on_with_any_number);
    tcase_add_test(tests, holes);
    tcase_add_test(tests, a_log_that_cannot_be_written);
    tcase_add_test(tests, wrong_calls);
    tcase_add_test(tests, no_memory_on_one_rank);
    return run_suite(suite);
}
