/* Searches in memory: which trials there are, scores, tables. */
#include "test-common.h"

#include "search/search.h"

#include <libneuron-committee/committees.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double rates[] = {0.1, 0.01, 0.001}, sizes[] = {64, 128};
static const char *const activations[] = {"relu", "tanh"};

enum { SIZE = 12 };

/* What was tried, in order. */
typedef struct book {
    int calls, stop_at, answer; /* answers at that call, from 1 */
    double rate[200], size[200];
    const char *activation[200];
    uint64_t seed[200];
    int64_t fold[200];
} book;

/* Any function will do, if it tells trials and folds apart. */
static double score_of(const neuron_trial_t *trial)
{
    return neuron_trial_number(trial, "rate") * 10 + neuron_trial_number(trial, "size") / 256 +
           neuron_trial_number(trial, "activation") / 3 + 0.01 * (double)neuron_trial_fold(trial);
}

static int try_one(double *score, const neuron_trial_t *trial, void *user_data)
{
    book *b = user_data;
    ck_assert_double_nan(*score);
    if (b->calls + 1 == b->stop_at) {
        b->stop_at = 0;
        return b->answer;
    }
    b->rate[b->calls] = neuron_trial_number(trial, "rate");
    b->size[b->calls] = neuron_trial_number(trial, "size");
    b->activation[b->calls] = neuron_trial_choice(trial, "activation");
    b->seed[b->calls] = neuron_trial_seed(trial);
    b->fold[b->calls] = neuron_trial_fold(trial);
    b->calls++;
    ck_assert_double_nan(neuron_trial_score(trial)); /* is not done */
    *score = score_of(trial);
    return 0;
}

static neuron_search_t *make_with(book *b, const char *options)
{
    neuron_context_t *context = test_context();
    neuron_search_t *search;
    *b = (book){.calls = 0};
    assert_ok(neuron_search_create(&search, context, try_one, b, NULL, options));
    neuron_context_unref(context); /* the search keeps it */
    assert_ok(neuron_search_add_factor(search, "rate", rates, 3));
    assert_ok(neuron_search_add_factor(search, "size", sizes, 2));
    assert_ok(neuron_search_add_choice(search, "activation", activations, 2));
    return search;
}

static neuron_search_t *make(book *b)
{
    return make_with(b, NULL);
}

START_TEST(a_grid_has_everything_in_order)
{
    book b;
    neuron_search_t *search = make(&b);
    assert_ok(neuron_search_run_grid(search));
    ck_assert_int_eq(b.calls, SIZE);
    for (int i = 0; i < SIZE; i++) {
        ck_assert_double_eq(b.rate[i], rates[i / 4]);
        ck_assert_double_eq(b.size[i], sizes[i / 2 % 2]);
        ck_assert_str_eq(b.activation[i], activations[i % 2]);
        for (int j = 0; j < i; j++)
            ck_assert(b.seed[i] != b.seed[j]);
    }
    assert_ok(neuron_search_run_grid(search)); /* nothing left */
    ck_assert_int_eq(b.calls, SIZE);
    const neuron_trial_t *best = neuron_search_best(search);
    ck_assert_int_eq(neuron_trial_index(best), 3);
    ck_assert_double_eq(neuron_trial_number(best, "rate"), 0.1);
    ck_assert_double_eq(neuron_trial_number(best, "activation"), 1);
    ck_assert_str_eq(neuron_trial_choice(best, "activation"), "tanh");
    ck_assert(neuron_trial_seconds(best) >= 0);
    neuron_search_unref(search);
}
END_TEST

/* The place of a call's levels in the grid. */
static int combination(const book *b, int call)
{
    int rate = b->rate[call] == rates[0] ? 0 : b->rate[call] == rates[1] ? 1 : 2;
    return rate * 4 + (b->size[call] == 128) * 2 + (b->activation[call][0] == 't');
}

START_TEST(random_trials_do_not_repeat)
{
    int first[SIZE] = {0};
    for (uint64_t seed = 0; seed < 300; seed++) {
        book b;
        neuron_search_t *search = make(&b);
        assert_ok(neuron_search_run_random(search, 3 * SIZE, seed));
        ck_assert_int_eq(b.calls, 3 * SIZE);
        for (int round = 0; round < 3; round++) {
            int seen = 0;
            for (int i = 0; i < SIZE; i++)
                seen |= 1 << combination(&b, round * SIZE + i);
            ck_assert_int_eq(seen, (1 << SIZE) - 1); /* each once */
        }
        first[combination(&b, 0)]++;
        neuron_search_unref(search);
    }
    for (int i = 0; i < SIZE; i++) /* 25 are expected, with a deviation of 5 */
        ck_assert(first[i] > 5 && first[i] < 50);
}
END_TEST

enum { LEVELS = 200, MANY = LEVELS * LEVELS };

static int note_pair(double *score, const neuron_trial_t *trial, void *user_data)
{
    unsigned char *times = user_data;
    int place = (int)(neuron_trial_number(trial, "a") * LEVELS + neuron_trial_number(trial, "b"));
    times[place]++;
    *score = 0;
    return 0;
}

/* Choosing does not go through all that was tried. */
START_TEST(many_random_trials)
{
    static unsigned char times[MANY];
    neuron_context_t *context = test_context();
    neuron_search_t *search;
    double levels[LEVELS];
    for (int i = 0; i < LEVELS; i++)
        levels[i] = i;
    assert_ok(neuron_search_create(&search, context, note_pair, times, NULL, NULL));
    assert_ok(neuron_search_add_factor(search, "a", levels, LEVELS));
    assert_ok(neuron_search_add_factor(search, "b", levels, LEVELS));
    for (int round = 1; round <= 2; round++) {
        int wrong = 0;
        assert_ok(neuron_search_run_random(search, round * MANY, 1));
        for (int i = 0; i < MANY; i++)
            wrong += times[i] != round;
        ck_assert_int_eq(wrong, 0);
    }
    neuron_search_unref(search);
    neuron_context_unref(context);
}
END_TEST

START_TEST(a_search_is_a_function_of_its_seed)
{
    book a, b, c;
    neuron_search_t *x = make(&a), *y = make(&b), *z = make(&c);
    assert_ok(neuron_search_run_random(x, 10, 5));
    for (int64_t trials = 1; trials <= 10; trials++) /* bit by bit */
        assert_ok(neuron_search_run_random(y, trials, 5));
    assert_ok(neuron_search_run_random(z, 10, 6));
    int different = 0;
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(combination(&a, i), combination(&b, i));
        ck_assert_uint_eq(a.seed[i], b.seed[i]);
        ck_assert_uint_ne(a.seed[i], c.seed[i]);
        different += combination(&a, i) != combination(&c, i);
    }
    ck_assert_int_gt(different, 3);
    neuron_search_unref(x);
    neuron_search_unref(y);
    neuron_search_unref(z);
}
END_TEST

START_TEST(folds_give_mean_and_deviation)
{
    book b;
    neuron_search_t *search = make_with(&b, "folds=5");
    assert_ok(neuron_search_run_grid(search));
    ck_assert_int_eq(b.calls, SIZE * 5);
    for (int i = 0; i < SIZE; i++) {
        const neuron_trial_t *trial = neuron_search_trial(search, i);
        ck_assert_int_eq(neuron_trial_fold_count(trial), 5);
        double sum = 0, squares = 0;
        for (int fold = 0; fold < 5; fold++) {
            ck_assert_int_eq(b.fold[i * 5 + fold], fold);
            ck_assert_int_eq(combination(&b, i * 5 + fold), i);
            double score = neuron_trial_fold_score(trial, fold);
            ck_assert_double_eq_tol(score, score_of(trial) + 0.01 * (fold - 4), 1e-14);
            sum += score;
            squares += score * score;
        }
        ck_assert_double_eq_tol(neuron_trial_score(trial), sum / 5, 1e-14);
        ck_assert_double_eq_tol(neuron_trial_deviation(trial), sqrt((squares - sum * sum / 5) / 4),
                                1e-8);
    }
    neuron_search_unref(search);
}
END_TEST

START_TEST(a_run_stops_and_goes_on)
{
    const struct {
        int answer, status;
        const char *message;
    } answers[] = {{NEURON_STOP, NEURON_STOP, ""},
                   {9, NEURON_E_CALLBACK, "the search's function returned 9 in trial 1"},
                   {-3, -3, "the search's function returned -3 in trial 1"}};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        book whole, b;
        neuron_search_t *x = make_with(&whole, "folds=2"), *y = make_with(&b, "folds=2");
        assert_ok(neuron_search_run_random(x, 7, 3));
        b.stop_at = 4;
        b.answer = answers[i].answer;
        assert_status(neuron_search_run_random(y, 7, 3), answers[i].status);
        assert_message(answers[i].message);
        ck_assert_int_eq(neuron_search_trial_count(y), 1);
        ck_assert_ptr_null(neuron_search_trial(y, 1));
        assert_ok(neuron_search_run_random(y, 7, 3));
        ck_assert_int_eq(b.calls, whole.calls);
        ck_assert_mem_eq(b.seed, whole.seed, sizeof b.seed);
        for (int64_t t = 0; t < 7; t++)
            ck_assert_double_eq(neuron_trial_score(neuron_search_trial(y, t)),
                                neuron_trial_score(neuron_search_trial(x, t)));
        neuron_search_unref(x);
        neuron_search_unref(y);
    }
}
END_TEST

static int fail_within(double *score, const neuron_trial_t *trial, void *user_data)
{
    (void)score;
    neuron_history_t *history = user_data;
    return neuron_history_value(NULL, history, neuron_trial_index(trial), "loss");
}

START_TEST(a_failure_in_the_function_is_told)
{
    neuron_context_t *context = test_context();
    neuron_search_t *search;
    assert_ok(neuron_search_create(&search, context, fail_within, NULL, NULL, NULL));
    assert_ok(neuron_search_add_factor(search, "rate", rates, 3));
    assert_status(neuron_search_run_grid(search), NEURON_E_ARGUMENT);
    assert_message(
        "the search's function returned -10 in trial 0: neuron_history_value: history is NULL");
    neuron_search_unref(search);
    neuron_context_unref(context);
}
END_TEST

/* Uses the trial's seed for all that it makes with the search's own context. */
static int set_seed(double *score, const neuron_trial_t *trial, void *user_data)
{
    book *b = user_data;
    assert_ok(neuron_context_set_seed(trial->search->context, neuron_trial_seed(trial)));
    return try_one(score, trial, b);
}

START_TEST(a_grid_goes_on_with_its_seed)
{
    book whole, b = {.calls = 0};
    neuron_search_t *x = make(&whole), *y;
    neuron_context_t *context = test_context();
    assert_ok(neuron_search_run_grid(x));
    assert_ok(neuron_search_create(&y, context, set_seed, &b, NULL, NULL));
    neuron_context_unref(context);
    assert_ok(neuron_search_add_factor(y, "rate", rates, 3));
    assert_ok(neuron_search_add_factor(y, "size", sizes, 2));
    assert_ok(neuron_search_add_choice(y, "activation", activations, 2));
    b.stop_at = 2;
    b.answer = NEURON_STOP;
    ck_assert_int_eq(neuron_search_run_grid(y), NEURON_STOP);
    assert_ok(neuron_search_run_grid(y));
    ck_assert_int_eq(b.calls, whole.calls);
    ck_assert_mem_eq(b.seed, whole.seed, sizeof b.seed);
    neuron_search_unref(x);
    neuron_search_unref(y);
}
END_TEST

/* Scores by the number of the trial: none, infinite, ... */
static int try_script(double *score, const neuron_trial_t *trial, void *user_data)
{
    const double *scores = user_data;
    *score = scores[neuron_trial_index(trial)];
    return 0;
}

START_TEST(the_best_has_a_score)
{
    static const struct {
        double scores[4];
        const char *options;
        int64_t best;
    } cases[] = {
        {{NAN, 2, 3, 3}, NULL, 2},
        {{NAN, 2, 3, 2}, "goal=smallest", 1},
        {{INFINITY, -1, -2, NAN}, NULL, 1},
        {{-INFINITY, NAN, NAN, 0}, "goal=smallest", 3},
        {{NAN, NAN, INFINITY, NAN}, NULL, -1},
    };
    neuron_context_t *context = test_context();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        neuron_search_t *search;
        assert_ok(neuron_search_create(&search, context, try_script, (void *)cases[i].scores, NULL,
                                       cases[i].options));
        assert_ok(neuron_search_add_factor(search, "x", (const double[]){1, 2, 3, 4}, 4));
        assert_ok(neuron_search_run_grid(search));
        ck_assert_int_eq(neuron_trial_index(neuron_search_best(search)), cases[i].best);
        neuron_search_unref(search);
    }
    neuron_context_unref(context);
}
END_TEST

/* ---- Table ---- */

static char *table_of(const neuron_search_t *search)
{
    size_t needed;
    assert_ok(neuron_search_table(NULL, 0, &needed, search));
    char *text = malloc(needed);
    assert_ok(neuron_search_table(text, needed, NULL, search));
    ck_assert_uint_eq(strlen(text) + 1, needed);
    return text;
}

START_TEST(a_table_is_as_expected)
{
    const double scores[] = {0.5, 0.25, NAN, 0.75, 1, 0.125};
    neuron_context_t *context = test_context();
    neuron_search_t *search;
    assert_ok(neuron_search_create(&search, context, try_script, (void *)scores, NULL, NULL));
    assert_ok(neuron_search_add_factor(search, "rate", (const double[]){0.001, 0.5}, 2));
    assert_ok(neuron_search_add_choice(search, "activation",
                                       (const char *const[]){"relu", "tanh", "\xc3\xa9lu"}, 3));
    char *text = table_of(search);
    ck_assert_str_eq(text, "Factor      Level  Trials  Best  Mean\n"
                           "=====================================\n"
                           "rate        0.001       0     -     -\n"
                           "            0.5         0     -     -\n"
                           "activation  relu        0     -     -\n"
                           "            tanh        0     -     -\n"
                           "            \xc3\xa9lu         0     -     -\n"
                           "=====================================\n"
                           "Best of 0 trials: -\n");
    free(text);
    assert_ok(neuron_search_run_grid(search));
    text = table_of(search);
    ck_assert_str_eq(text, "Factor      Level  Trials   Best   Mean\n"
                           "=======================================\n"
                           "rate        0.001       3    0.5  0.375\n"
                           "            0.5         3      1  0.625\n"
                           "activation  relu        2   0.75  0.625\n"
                           "            tanh        2      1  0.625\n"
                           "            \xc3\xa9lu         2  0.125  0.125\n"
                           "=======================================\n"
                           "Best of 6 trials: 1 in trial 4 with rate 0.5, activation tanh\n");
    free(text);
    neuron_search_unref(search);
    neuron_context_unref(context);
}
END_TEST

/* Random trials, counted by hand from what the function saw. */
START_TEST(a_table_against_plain_loops)
{
    book b;
    neuron_search_t *search = make(&b);
    assert_ok(neuron_search_run_random(search, 30, 8));
    char *text = table_of(search);
    for (int rate = 0; rate < 3; rate++) {
        int trials = 0;
        double best = -1, sum = 0;
        for (int i = 0; i < 30; i++) {
            if (b.rate[i] != rates[rate])
                continue;
            double score = b.rate[i] * 10 + b.size[i] / 256 + (b.activation[i][0] == 't') / 3.0;
            trials++;
            sum += score;
            best = score > best ? score : best;
        }
        char level[32], expected[3][64];
        snprintf(level, sizeof level, rate == 0 ? "\nrate        %g " : "\n            %g ",
                 rates[rate]);
        const char *line = strstr(text, level);
        assert_that(line != NULL, "%s in %s", level, text);
        int found;
        char numbers[2][32];
        ck_assert_int_eq(
            sscanf(line + strlen(level), "%d %31s %31s", &found, numbers[0], numbers[1]), 3);
        snprintf(expected[0], sizeof expected[0], "%.9g", best);
        snprintf(expected[1], sizeof expected[1], "%.9g", sum / trials);
        ck_assert_int_eq(found, trials);
        ck_assert_str_eq(numbers[0], expected[0]);
        ck_assert_str_eq(numbers[1], expected[1]);
    }
    free(text);
    neuron_search_unref(search);
}
END_TEST

/* ---- Bad input ---- */

/* What a trial keeps beside its score. */
typedef struct keeper {
    int calls, fails_at;
    const neuron_trial_t *last;
} keeper;

static int keep_figures(double *score, const neuron_trial_t *trial, void *user_data)
{
    keeper *k = user_data;
    double fold = (double)neuron_trial_fold(trial);
    k->calls++;
    if (k->last && k->last != trial)
        assert_status(neuron_trial_add_figure(k->last, "train", 1), NEURON_E_STATE);
    assert_ok(neuron_trial_add_figure(trial, "train", 7));
    assert_ok(neuron_trial_add_figure(trial, "train", 10 + fold)); /* in its place */
    if (k->calls == k->fails_at) {
        assert_ok(neuron_trial_add_figure(trial, "of one that failed", 3));
        return 5;
    }
    if (fold == 0)
        assert_ok(neuron_trial_add_figure(trial, "of one fold", 3));
    assert_ok(neuron_trial_add_figure(trial, "epochs", neuron_trial_number(trial, "rate")));
    assert_ok(neuron_trial_add_figure(trial, "infinite", (double)INFINITY));
    *score = 1;
    k->last = trial;
    return 0;
}

START_TEST(figures_are_kept_beside_scores)
{
    static const char *const names[] = {"train", "of one that failed", "of one fold", "epochs",
                                        "infinite"};
    neuron_context_t *context = test_context();
    neuron_search_t *s;
    keeper k = {.fails_at = 1};
    assert_ok(neuron_search_create(&s, context, keep_figures, &k, NULL, "folds=2"));
    assert_ok(neuron_search_add_factor(s, "rate", rates, 3));
    ck_assert_int_eq(neuron_search_figure_count(s), 0);
    assert_status(neuron_search_run_grid(s), NEURON_E_CALLBACK);
    assert_ok(neuron_search_run_grid(s));
    ck_assert_int_eq(neuron_search_figure_count(s), 5);
    for (int i = 0; i < 5; i++)
        ck_assert_str_eq(neuron_search_figure_name(s, i), names[i]);
    for (int i = 0; i < 3; i++) {
        const neuron_trial_t *trial = neuron_search_trial(s, i);
        ck_assert_double_eq(neuron_trial_figure(trial, "train"), 10.5);
        ck_assert_double_eq(neuron_trial_figure(trial, "epochs"), rates[i]);
        ck_assert_double_nan(neuron_trial_figure(trial, "of one that failed"));
        ck_assert_double_nan(neuron_trial_figure(trial, "of one fold"));
        ck_assert_double_nan(neuron_trial_figure(trial, "infinite"));
        ck_assert_double_nan(neuron_trial_figure(trial, "nothing"));
        ck_assert_double_nan(neuron_trial_figure(trial, NULL));
        assert_status(neuron_trial_add_figure(trial, "train", 1), NEURON_E_STATE);
    }
    assert_message("search: trial 2 is not being tried; it has its figures");
    ck_assert_ptr_null(neuron_search_figure_name(s, 5));
    ck_assert_ptr_null(neuron_search_figure_name(s, -1));
    ck_assert_int_eq(neuron_search_figure_count(NULL), 0);
    ck_assert_ptr_null(neuron_search_figure_name(NULL, 0));
    ck_assert_double_nan(neuron_trial_figure(NULL, "train"));
    assert_status(neuron_trial_add_figure(NULL, "train", 1), NEURON_E_ARGUMENT);
    neuron_search_unref(s);
    neuron_context_unref(context);
}
END_TEST

static int keep_too_many(double *score, const neuron_trial_t *trial, void *user_data)
{
    char name[200];
    (void)user_data;
    assert_status(neuron_trial_add_figure(trial, NULL, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_trial_add_figure(trial, "", 1), NEURON_E_ARGUMENT);
    assert_status(neuron_trial_add_figure(trial, "a\n", 1), NEURON_E_ARGUMENT);
    memset(name, 'a', sizeof name);
    name[128] = '\0';
    assert_status(neuron_trial_add_figure(trial, name, 1), NEURON_E_ARGUMENT);
    for (int i = 0; i < 16; i++) {
        snprintf(name, sizeof name, "figure %d", i);
        assert_ok(neuron_trial_add_figure(trial, name, i));
    }
    assert_status(neuron_trial_add_figure(trial, "one", 1), NEURON_E_ARGUMENT);
    assert_message("search: has 16 figures already; one would be one more");
    assert_ok(neuron_trial_add_figure(trial, "figure 3", 33));
    *score = 1;
    return 0;
}

START_TEST(bad_figures_are_refused)
{
    neuron_context_t *context = test_context();
    neuron_search_t *s;
    assert_ok(neuron_search_create(&s, context, keep_too_many, NULL, NULL, NULL));
    assert_ok(neuron_search_add_factor(s, "rate", rates, 2));
    assert_ok(neuron_search_run_grid(s));
    ck_assert_int_eq(neuron_search_figure_count(s), 16);
    ck_assert_double_eq(neuron_trial_figure(neuron_search_trial(s, 1), "figure 3"), 33);
    neuron_search_unref(s);
    neuron_context_unref(context);
}
END_TEST

START_TEST(bad_factors_are_refused)
{
    book b;
    neuron_search_t *s = make(&b);
    const double one[] = {1}, twice[] = {1, 2, 1}, none[] = {1, NAN};
    const char *const same[] = {"a", "b", "a"}, *const empty[] = {"a", ""}, *const null[] = {NULL};
    assert_status(neuron_search_add_factor(s, "rate", one, 1), NEURON_E_ARGUMENT);
    assert_message("search: has a factor rate already");
    assert_status(neuron_search_add_choice(s, "rate", same, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_search_add_factor(s, "", one, 1), NEURON_E_ARGUMENT);
    assert_message("search: name has 0 bytes; it must have 1 to 127");
    assert_status(neuron_search_add_factor(s, "a\nb", one, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_search_add_factor(s, "x", one, 0), NEURON_E_ARGUMENT);
    assert_message("search: count is 0; it must be 1 or more");
    assert_status(neuron_search_add_factor(s, "x", twice, 3), NEURON_E_ARGUMENT);
    assert_message("search: factor x has the level 1 twice");
    assert_status(neuron_search_add_factor(s, "x", none, 2), NEURON_E_ARGUMENT);
    assert_message("search: levels[1] of factor x is ");
    assert_status(neuron_search_add_choice(s, "x", same, 3), NEURON_E_ARGUMENT);
    assert_message("search: factor x has the level a twice");
    assert_status(neuron_search_add_choice(s, "x", empty, 2), NEURON_E_ARGUMENT);
    assert_status(neuron_search_add_choice(s, "x", null, 1), NEURON_E_ARGUMENT);
    assert_message("labels[0] of factor x is NULL");
    assert_status(neuron_search_run_random(s, 0, 1), NEURON_E_ARGUMENT);
    assert_message("search: trials is 0; it must be 1 to 2,147,483,647");
    assert_ok(neuron_search_run_grid(s));
    ck_assert_int_eq(b.calls, SIZE);
    neuron_search_unref(s);
}
END_TEST

START_TEST(too_many_combinations)
{
    neuron_context_t *context = test_context();
    neuron_search_t *search;
    book b = {.calls = 0};
    double levels[100];
    for (int i = 0; i < 100; i++)
        levels[i] = i;
    assert_ok(neuron_search_create(&search, context, try_one, &b, NULL, NULL));
    for (int i = 0; i < 9; i++) {
        char name[8];
        snprintf(name, sizeof name, "x%d", i);
        assert_ok(neuron_search_add_factor(search, name, levels, 100));
    }
    assert_status(neuron_search_add_factor(search, "y", levels, 100), NEURON_E_ARGUMENT);
    assert_message("with factor y there are 2^62 combinations or more");
    assert_status(neuron_search_run_grid(search), NEURON_E_ARGUMENT);
    assert_message("the grid has 1000000000000000000 trials");
    assert_ok(neuron_search_run_random(search, 20, 1));
    ck_assert_int_eq(b.calls, 20);
    neuron_search_unref(search);
    neuron_context_unref(context);
}
END_TEST

static int run_again(double *score, const neuron_trial_t *trial, void *user_data)
{
    (void)trial;
    *score = 1;
    neuron_search_t *search = *(neuron_search_t **)user_data;
    assert_status(neuron_search_run_grid(search), NEURON_E_STATE);
    assert_message("running");
    return 0;
}

START_TEST(what_comes_too_late)
{
    neuron_context_t *context = test_context();
    neuron_search_t *search;
    assert_ok(neuron_search_create(&search, context, run_again, &search, NULL, NULL));
    assert_status(neuron_search_run_grid(search), NEURON_E_ARGUMENT);
    assert_message("search: has no factors");
    assert_ok(neuron_search_add_factor(search, "rate", rates, 3));
    assert_ok(neuron_search_run_random(search, 1, 4));
    assert_status(neuron_search_run_random(search, 2, 5), NEURON_E_STATE);
    assert_message("has run as a random search with seed 4, not a random search with seed 5");
    assert_status(neuron_search_run_grid(search), NEURON_E_STATE);
    assert_message("not a grid search");
    assert_status(neuron_search_add_factor(search, "x", rates, 3), NEURON_E_STATE);
    assert_message("search: gets factors before its first run");
    assert_status(neuron_search_set_log(search, "x"), NEURON_E_STATE);
    neuron_search_unref(search);
    neuron_context_unref(context);
}
END_TEST

START_TEST(options_are_checked)
{
    static const struct {
        const char *options, *message;
    } cases[] = {
        {"goal=most", "search: goal is most; it must be smallest or largest"},
        {"folds=0", "search: folds is 0; it must be 1 to 10,000"},
        {"folds=10001", "search: folds is 10001; it must be 1 to 10,000"},
        {"fold=3", "search: there is no option \"fold\"; did you mean \"folds\"?"},
    };
    neuron_context_t *context = test_context();
    neuron_search_t *search;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_status(neuron_search_create(&search, context, try_one, NULL, NULL, cases[i].options),
                      NEURON_E_ARGUMENT);
        ck_assert_ptr_null(search);
        assert_message(cases[i].message);
    }
    neuron_context_unref(context);
}
END_TEST

START_TEST(nothing_is_null)
{
    book b;
    neuron_search_t *s = make(&b), *made = s;
    neuron_context_t *context = test_context();
    assert_status(neuron_search_create(NULL, context, try_one, NULL, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_search_create(&made, NULL, try_one, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(made);
    assert_status(neuron_search_create(&made, context, NULL, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_search_add_factor(NULL, "x", rates, 3), NEURON_E_ARGUMENT);
    assert_status(neuron_search_add_factor(s, NULL, rates, 3), NEURON_E_ARGUMENT);
    assert_status(neuron_search_add_factor(s, "x", NULL, 3), NEURON_E_ARGUMENT);
    assert_status(neuron_search_add_choice(NULL, "x", activations, 2), NEURON_E_ARGUMENT);
    assert_status(neuron_search_add_choice(s, NULL, activations, 2), NEURON_E_ARGUMENT);
    assert_status(neuron_search_add_choice(s, "x", NULL, 2), NEURON_E_ARGUMENT);
    assert_status(neuron_search_set_log(NULL, "x"), NEURON_E_ARGUMENT);
    assert_status(neuron_search_run_grid(NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_search_run_random(NULL, 1, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_search_table(NULL, 0, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_search_table(NULL, 1, NULL, s), NEURON_E_ARGUMENT);
    char small[4];
    assert_status(neuron_search_table(small, sizeof small, NULL, s), NEURON_E_ARGUMENT);
    assert_message("search: capacity is");
    ck_assert_int_eq(neuron_search_trial_count(NULL), 0);
    ck_assert_ptr_null(neuron_search_trial(NULL, 0));
    ck_assert_ptr_null(neuron_search_trial(s, 0));
    ck_assert_ptr_null(neuron_search_trial(s, -1));
    ck_assert_ptr_null(neuron_search_best(NULL));
    ck_assert_ptr_null(neuron_search_best(s));
    ck_assert_double_nan(neuron_trial_number(NULL, "rate"));
    ck_assert_ptr_null(neuron_trial_choice(NULL, "rate"));
    ck_assert_int_eq(neuron_trial_index(NULL), -1);
    ck_assert_int_eq(neuron_trial_fold(NULL), -1);
    ck_assert_int_eq(neuron_trial_fold_count(NULL), 0);
    ck_assert_uint_eq(neuron_trial_seed(NULL), 0);
    ck_assert_double_nan(neuron_trial_score(NULL));
    ck_assert_double_nan(neuron_trial_deviation(NULL));
    ck_assert_double_nan(neuron_trial_fold_score(NULL, 0));
    ck_assert_double_eq(neuron_trial_seconds(NULL), 0);
    assert_ok(neuron_search_run_random(s, 1, 1));
    const neuron_trial_t *trial = neuron_search_trial(s, 0);
    ck_assert_double_nan(neuron_trial_number(trial, "nothing"));
    ck_assert_double_nan(neuron_trial_number(trial, NULL));
    ck_assert_ptr_null(neuron_trial_choice(trial, "rate"));
    ck_assert_ptr_null(neuron_trial_choice(trial, NULL));
    ck_assert_double_nan(neuron_trial_deviation(trial));
    ck_assert_double_nan(neuron_trial_fold_score(trial, 1));
    ck_assert_ptr_eq(neuron_search_ref(s), s);
    neuron_search_unref(s);
    neuron_search_unref(s);
    ck_assert_ptr_null(neuron_search_ref(NULL));
    neuron_search_unref(NULL);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("search");
    TCase *tests = tcase_create("search");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_grid_has_everything_in_order);
    tcase_add_test(tests, random_trials_do_not_repeat);
    tcase_add_test(tests, many_random_trials);
    tcase_add_test(tests, a_search_is_a_function_of_its_seed);
    tcase_add_test(tests, folds_give_mean_and_deviation);
    tcase_add_test(tests, a_run_stops_and_goes_on);
    tcase_add_test(tests, a_failure_in_the_function_is_told);
    tcase_add_test(tests, a_grid_goes_on_with_its_seed);
    tcase_add_test(tests, the_best_has_a_score);
    tcase_add_test(tests, a_table_is_as_expected);
    tcase_add_test(tests, a_table_against_plain_loops);
    tcase_add_test(tests, figures_are_kept_beside_scores);
    tcase_add_test(tests, bad_figures_are_refused);
    tcase_add_test(tests, bad_factors_are_refused);
    tcase_add_test(tests, too_many_combinations);
    tcase_add_test(tests, what_comes_too_late);
    tcase_add_test(tests, options_are_checked);
    tcase_add_test(tests, nothing_is_null);
    return run_suite(suite);
}
