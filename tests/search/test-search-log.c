/* Searches with a file: interrupted anywhere they continue, and other files are left alone. */
#include "test-common.h"

#include <libneuron-committee/committees.h>

#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIALS = 5, FOLDS = 2, LINES = 1 + TRIALS * FOLDS };

/* How often the function was called, and after how many calls it stops. */
typedef struct calls {
    int made, allowed;
} calls;

static double figure_of(const neuron_trial_t *trial)
{
    return (double)(neuron_trial_seed(trial) % 997) / 7;
}

static int try_one(double *score, const neuron_trial_t *trial, void *user_data)
{
    calls *c = user_data;
    if (c->made == c->allowed)
        return NEURON_STOP;
    c->made++;
    int status = neuron_trial_add_figure(trial, "tr\xc3\xa9n \"1\"", figure_of(trial));
    if (status == NEURON_OK && neuron_trial_index(trial) > 1)
        status = neuron_trial_add_figure(trial, "late", NAN);
    if (status != NEURON_OK)
        return status;
    if (neuron_trial_number(trial, "rate") < 0.2) /* else there is none */
        *score = neuron_trial_number(trial, "rate") / 3 +
                 (double)(neuron_trial_seed(trial) % 1000) / 1000;
    return 0;
}

typedef struct settings {
    const char *names[2];
    double rates[3];
    const char *labels[2];
    const char *options;
} settings;

static const settings usual = {.names = {"rate", "kind \"of\" thing"},
                               .rates = {0.1, 0.025, 3},
                               .labels = {"relu", "\xc3\xa9lu"},
                               .options = "folds=2, goal=smallest"};

static neuron_search_t *make(settings s, calls *c, const char *path)
{
    neuron_context_t *context = test_context();
    neuron_search_t *search;
    assert_ok(neuron_search_create(&search, context, try_one, c, NULL, s.options));
    assert_ok(neuron_search_add_factor(search, s.names[0], s.rates, 3));
    assert_ok(neuron_search_add_choice(search, s.names[1], s.labels, 2));
    assert_ok(neuron_search_set_log(search, path));
    neuron_context_unref(context);
    return search;
}

static const char *path;
static test_bytes whole;
static double scores[TRIALS], figures[TRIALS];

static void search_whole(void)
{
    path = test_file("search.jsonl");
    calls c = {.allowed = 1000};
    neuron_search_t *search = make(usual, &c, path);
    assert_ok(neuron_search_run_random(search, TRIALS, 7));
    ck_assert_int_eq(c.made, TRIALS * FOLDS);
    for (int i = 0; i < TRIALS; i++) {
        scores[i] = neuron_trial_score(neuron_search_trial(search, i));
        figures[i] = neuron_trial_figure(neuron_search_trial(search, i), "tr\xc3\xa9n \"1\"");
        ck_assert(isfinite(figures[i]));
    }
    whole = test_read_file(path);
    neuron_search_unref(search);
}

static void drop_whole(void)
{
    free(whole.data);
}

static size_t lines_in(const char *text, size_t size)
{
    size_t lines = 0;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    return lines;
}

static void assert_as_whole(const neuron_search_t *search)
{
    ck_assert_int_eq(neuron_search_trial_count(search), TRIALS);
    for (int i = 0; i < TRIALS; i++) {
        double score = neuron_trial_score(neuron_search_trial(search, i));
        ck_assert(score == scores[i] || (isnan(score) && isnan(scores[i])));
        ck_assert_double_eq(
            neuron_trial_figure(neuron_search_trial(search, i), "tr\xc3\xa9n \"1\""), figures[i]);
    }
    test_bytes file = test_read_file(path);
    ck_assert_uint_eq(lines_in(file.data, file.size), LINES);
    ck_assert_int_eq(file.data[file.size - 1], '\n');
    free(file.data);
}

START_TEST(the_file_says_all)
{
    ck_assert_uint_eq(lines_in(whole.data, whole.size), LINES);
    const char header[] =
        "{\"libneuron.search\":1,\"kind\":\"random\",\"seed\":7,\"folds\":2,\"goal\":\"smallest\","
        "\"factors\":[{\"name\":\"rate\",\"levels\":[0.1";
    ck_assert_int_eq(strncmp(whole.data, header, sizeof header - 1), 0);
    ck_assert_ptr_nonnull(strstr(whole.data, "\n{\"trial\":0,\"fold\":0,\"seed\":"));
    ck_assert_ptr_nonnull(strstr(whole.data, "\n{\"trial\":4,\"fold\":1,\"seed\":"));
    ck_assert_ptr_nonnull(strstr(whole.data, "\"score\":null,\"seconds\":"));
    ck_assert_ptr_nonnull(strstr(whole.data, ",\"figures\":{\"tr\xc3\xa9n \\\"1\\\"\":"));
    ck_assert_ptr_null(strstr(whole.data, "late"));
    ck_assert_ptr_nonnull(strstr(whole.data, "\"kind \\\"of\\\" thing\":\"\xc3\xa9lu\""));
}
END_TEST

START_TEST(what_is_done_is_not_done_again)
{
    test_write_file(path, whole.data, whole.size);
    calls c = {.allowed = 0};
    neuron_search_t *search = make(usual, &c, path);
    assert_ok(neuron_search_run_random(search, TRIALS, 7));
    assert_as_whole(search);
    test_bytes file = test_read_file(path);
    ck_assert_mem_eq(file.data, whole.data, whole.size); /* nor written again */
    free(file.data);
    c.allowed = 2;
    assert_ok(neuron_search_run_random(search, TRIALS + 1, 7)); /* one more */
    ck_assert_int_eq(c.made, FOLDS);
    neuron_search_unref(search);
}
END_TEST

START_TEST(the_locale_does_not_matter)
{
    for (int written = 0; written < 2; written++) { /* read, then written and read */
        test_write_file(path, whole.data, written ? 0 : whole.size);
        calls c = {.allowed = written ? 1000 : 0};
        if (!test_set_wide_point_locale())
            return;
        neuron_search_t *search = make(usual, &c, path);
        int status = neuron_search_run_random(search, TRIALS, 7);
        setlocale(LC_ALL, "C");
        assert_ok(status);
        assert_as_whole(search);
        neuron_search_unref(search);
    }
    calls c = {.allowed = 0};
    neuron_search_t *search = make(usual, &c, path);
    assert_ok(neuron_search_run_random(search, TRIALS, 7));
    assert_as_whole(search);
    neuron_search_unref(search);
}
END_TEST

static int try_elsewhere(double *score, const neuron_trial_t *trial, void *user_data)
{
    ck_assert_int_eq(chdir(neuron_trial_index(trial) % 2 ? "/" : user_data), 0);
    *score = 1;
    return 0;
}

START_TEST(a_relative_path_stays_where_it_was)
{
    char before[4096], folder[300];
    neuron_context_t *context = test_context();
    neuron_search_t *search;
    ck_assert_ptr_nonnull(getcwd(before, sizeof before));
    snprintf(folder, sizeof folder, "%s", test_file("elsewhere"));
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    ck_assert_int_eq(chdir(folder), 0);
    assert_ok(neuron_search_create(&search, context, try_elsewhere, folder, NULL, NULL));
    assert_ok(neuron_search_add_factor(search, "rate", usual.rates, 3));
    assert_status(neuron_search_set_log(search, ""), NEURON_E_ARGUMENT);
    assert_message("search: path is empty");
    assert_ok(neuron_search_set_log(search, "log"));
    ck_assert_int_eq(chdir("/"), 0);
    assert_ok(neuron_search_run_grid(search));
    ck_assert_int_eq(chdir(folder), 0);
    test_bytes file = test_read_file("log");
    ck_assert_uint_eq(lines_in(file.data, file.size), 4);
    free(file.data);
    ck_assert_int_eq(unlink("log"), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    /* A folder that is no more has no path: then there is no other way but to take it as it is. */
    neuron_search_unref(search);
    assert_ok(neuron_search_create(&search, context, try_elsewhere, folder, NULL, NULL));
    assert_ok(neuron_search_add_factor(search, "rate", usual.rates, 3));
    assert_ok(neuron_search_set_log(search, "log"));
    assert_status(neuron_search_run_grid(search), NEURON_E_IO);
    assert_message("log: cannot open: No such file");
    ck_assert_int_eq(chdir(before), 0);
    neuron_search_unref(search);
    neuron_context_unref(context);
}
END_TEST

START_TEST(stopped_after_each_line)
{
    for (int done = 0; done <= TRIALS * FOLDS; done++) {
        unlink(path);
        calls c = {.allowed = done};
        neuron_search_t *search = make(usual, &c, path);
        ck_assert_int_eq(neuron_search_run_random(search, TRIALS, 7),
                         done < TRIALS * FOLDS ? NEURON_STOP : 0);
        neuron_search_unref(search);
        c = (calls){.allowed = 1000};
        search = make(usual, &c, path);
        assert_ok(neuron_search_run_random(search, TRIALS, 7));
        ck_assert_int_eq(c.made, TRIALS * FOLDS - done);
        assert_as_whole(search);
        neuron_search_unref(search);
    }
}
END_TEST

/* What is left of a file that is cut anywhere is used, to the last whole line. Most times the
 * function stops at once, as each line that is added waits for the disk, the first one also. */
START_TEST(cut_at_each_byte)
{
    size_t header = (size_t)(strchr(whole.data, '\n') - whole.data);
    for (size_t size = 0; size < whole.size; size += size < header ? 4 : 1) {
        test_write_file(path, whole.data, size);
        size_t lines = lines_in(whole.data, size);
        int done = lines > 0 ? (int)lines - 1 : 0;
        calls c = {.allowed = size % 300 == 0 ? 1000 : 0};
        neuron_search_t *search = make(usual, &c, path);
        int status = neuron_search_run_random(search, TRIALS, 7);
        if (c.allowed > 0) {
            assert_ok(status);
            ck_assert_int_eq(c.made, TRIALS * FOLDS - done);
            assert_as_whole(search);
        } else {
            ck_assert_int_eq(status, NEURON_STOP);
            ck_assert_int_eq(neuron_search_trial_count(search), done / FOLDS);
            test_bytes file = test_read_file(path);
            ck_assert_uint_eq(lines_in(file.data, file.size), lines > 0 ? lines : 1);
            ck_assert_mem_eq(file.data, whole.data, file.size);
            ck_assert_int_eq(file.data[file.size - 1], '\n');
            free(file.data);
        }
        neuron_search_unref(search);
    }
}
END_TEST

/* ---- Files that do not fit ---- */

static void refuse(settings s, bool grid, uint64_t seed, int expected, const char *message)
{
    test_bytes before = test_read_file(path);
    calls c = {.allowed = 1000};
    neuron_search_t *search = make(s, &c, path);
    assert_status(grid ? neuron_search_run_grid(search) : neuron_search_run_random(search, 3, seed),
                  expected);
    assert_message(path);
    assert_message(message);
    ck_assert_int_eq(c.made, 0);
    ck_assert_int_eq(neuron_search_trial_count(search), 0);
    test_bytes after = test_read_file(path);
    ck_assert_uint_eq(before.size, after.size);
    ck_assert_mem_eq(before.data, after.data, before.size);
    free(before.data);
    free(after.data);
    /* The search is as before: it may run otherwise. */
    assert_ok(neuron_search_set_log(search, NULL));
    assert_ok(neuron_search_run_random(search, 1, 3));
    neuron_search_unref(search);
}

START_TEST(another_search_is_refused)
{
    test_write_file(path, whole.data, whole.size);
    int data = NEURON_E_DATA;
    refuse(usual, true, 0, data,
           "belongs to another search: kind is random in the file, grid here");
    refuse(usual, false, 8, data, "belongs to another search: seed is 7 in the file, 8 here");
    settings s = usual;
    s.options = "folds=3, goal=smallest";
    refuse(s, false, 7, data, "folds is 2 in the file, 3 here");
    s = usual;
    s.options = "folds=2";
    refuse(s, false, 7, data, "goal is smallest in the file, largest here");
    s = usual;
    s.names[0] = "speed";
    refuse(s, false, 7, data, "factor 0 is rate in the file, speed here");
    s = usual;
    s.rates[1] = 0.5;
    refuse(s, false, 7, data, "list of levels of factor 0 is [");
    s = usual;
    s.labels[1] = "tanh";
    refuse(s, false, 7, data, "list of levels of factor 1 is [\"relu\"");
    s = usual;
    s.names[1] = "other";
    refuse(s, false, 7, data, "factor 1");
}
END_TEST

START_TEST(other_files_are_refused)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"a letter to a friend", "is not the log of a search"},
        {"a letter to a friend\nin two lines\n", "is not valid JSON at byte 1"},
        {"{\"a\":1}\n", "is not the log of a search"},
        {"\n", "is not valid JSON"},
        {"{\"libneuron.search\":1,\"kind\":\"grid", "is not the log of a search"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_write_file(path, cases[i].text, strlen(cases[i].text));
        refuse(usual, false, 7, NEURON_E_FORMAT, cases[i].message);
    }
    test_write_file(path, "{\"libneuron.search\":2}\n", 23);
    refuse(usual, false, 7, NEURON_E_DATA, "version is 2 in the file, 1 here");
    test_write_file(path, "{\"libneuron.search\":1}\n", 23);
    refuse(usual, false, 7, NEURON_E_DATA, "kind is none in the file, random here");
}
END_TEST

/* Replaces the first `from` by a text of the same length. */
static void damage(const char *from, const char *to)
{
    char *copy = malloc(whole.size);
    memcpy(copy, whole.data, whole.size);
    char *found = memmem(copy, whole.size, from, strlen(from));
    ck_assert_ptr_nonnull(found);
    ck_assert_uint_eq(strlen(from), strlen(to));
    memcpy(found, to, strlen(to));
    test_write_file(path, copy, whole.size);
    free(copy);
}

START_TEST(wrong_lines_are_refused)
{
    static const struct {
        const char *from, *to, *message;
    } cases[] = {
        {"\"trial\":0,\"fold\":0", "\"trial\":1,\"fold\":0",
         "line 2 is not that of trial 1, fold 0"},
        {"\"trial\":1,\"fold\":1", "\"trial\":1,\"fold\":0",
         "line 5 is not that of trial 1, fold 0"},
        {"\"trial\":2,\"fold\":0", "\"trixl\":2,\"fold\":0",
         "line 6 is not that of a fold of this search"},
        {"\"trial\":2,\"fold\":0", "\"trial\":2,\"fold\":2",
         "line 6 is not that of a fold of this search"},
        {"\"trial\":2,\"fold\":0", "\"trial\":-,\"fold\":0", "is not valid JSON at byte"},
        {"\"trial\":2,\"fold\":0", "\"trial\":2 \"fold\":0", "is not valid JSON at byte"},
        {"\"score\":", "\"scxre\":", "line 2"},
        {"\"score\":null", "\"score\":true", "line"},
        {"\"figures\":", "\"figurex\":", "line 2"},
        {"\"1\\\"\":", "\"1\\\"\n:", "is not valid JSON"},
        {"\"seconds\":", "\"secxnds\":", "line 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        damage(cases[i].from, cases[i].to);
        refuse(usual, false, 7, NEURON_E_FORMAT, cases[i].message);
    }
    /* A line twice, one of a trial far away, and one that is cut at its beginning. */
    char *second = strchr(whole.data, '\n') + 1, *third = strchr(second, '\n') + 1;
    test_write_file(path, whole.data, (size_t)(third - whole.data));
    FILE *twice = fopen(path, "ab");
    fwrite(second, 1, (size_t)(third - second), twice);
    fclose(twice);
    refuse(usual, false, 7, NEURON_E_FORMAT, "line 3 has trial 0, fold 0 once more");
    test_write_file(path, whole.data, (size_t)(second - whole.data));
    twice = fopen(path, "ab");
    fputs("{\"trial\":2000000000,\"fold\":0}\n", twice);
    fclose(twice);
    refuse(usual, false, 7, NEURON_E_FORMAT, "line 2 is not that of a fold of this search");
    test_write_file(path, whole.data, (size_t)(third - whole.data));
    FILE *file = fopen(path, "ab");
    fwrite(third - 10, 1, 10, file);
    fclose(file);
    refuse(usual, false, 7, NEURON_E_FORMAT, "is not valid JSON");
}
END_TEST

/* Ranks are done with folds in any order. */
START_TEST(lines_in_any_order)
{
    char *copy = malloc(whole.size), *to = copy;
    const char *begins[LINES + 1] = {whole.data};
    for (int i = 0; i < LINES; i++)
        begins[i + 1] = strchr(begins[i], '\n') + 1;
    for (int i = 0; i < LINES; i++) { /* the header, then the others backwards */
        int line = i == 0 ? 0 : LINES - i;
        size_t size = (size_t)(begins[line + 1] - begins[line]);
        memcpy(to, begins[line], size);
        to += size;
    }
    for (int left = 0; left < LINES - 1; left++) { /* and some of them only */
        size_t size = 0;
        for (int i = 0; i < LINES - left; i++)
            size = (size_t)(strchr(copy + size, '\n') + 1 - copy);
        test_write_file(path, copy, size);
        calls c = {.allowed = 1000};
        neuron_search_t *search = make(usual, &c, path);
        assert_ok(neuron_search_run_random(search, TRIALS, 7));
        ck_assert_int_eq(c.made, left);
        assert_as_whole(search);
        neuron_search_unref(search);
    }
    free(copy);
}
END_TEST

START_TEST(a_log_that_cannot_be_written)
{
    calls c = {.allowed = 1000};
    neuron_search_t *search = make(usual, &c, "/nowhere/at/all");
    assert_status(neuron_search_run_random(search, TRIALS, 7), NEURON_E_IO);
    assert_message("/nowhere/at/all");
    ck_assert_int_eq(c.made, 0); /* nothing was tried for nothing */
    neuron_search_unref(search);
    search = make(usual, &c, "/");
    assert_status(neuron_search_run_random(search, TRIALS, 7), NEURON_E_IO);
    neuron_search_unref(search);
}
END_TEST

/* ---- No memory ---- */

static int live(neuron_context_t *context, calls *c)
{
    neuron_search_t *search;
    int status = neuron_search_create(&search, context, try_one, c, NULL, usual.options);
    if (status < 0)
        return status;
    status = neuron_search_add_factor(search, usual.names[0], usual.rates, 3);
    if (status == NEURON_OK)
        status = neuron_search_add_choice(search, usual.names[1], usual.labels, 2);
    if (status == NEURON_OK)
        status = neuron_search_set_log(search, path);
    if (status == NEURON_OK)
        status = neuron_search_run_random(search, TRIALS, 7);
    neuron_search_unref(search);
    return status;
}

/* Each attempt takes over what the one before it brought about. */
START_TEST(no_memory_loses_nothing)
{
    calls c = {.allowed = 1000};
    unlink(path);
    for (long allowed = 0, status = NEURON_E_MEMORY; status < 0; allowed++) {
        test_memory memory;
        neuron_context_t *context = test_limited_context(&memory);
        memory.left = allowed;
        status = live(context, &c);
        ck_assert(status == NEURON_OK || status == NEURON_E_MEMORY);
        test_refill(&memory);
        neuron_context_unref(context);
        ck_assert_int_eq(memory.live, 0);
    }
    neuron_search_t *search = make(usual, &c, path);
    c = (calls){.allowed = 0};
    assert_ok(neuron_search_run_random(search, TRIALS, 7));
    assert_as_whole(search);
    neuron_search_unref(search);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("search-log");
    TCase *tests = tcase_create("search-log");
    tcase_set_timeout(tests, 0);
    tcase_add_unchecked_fixture(tests, search_whole, drop_whole);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, the_file_says_all);
    tcase_add_test(tests, what_is_done_is_not_done_again);
    tcase_add_test(tests, the_locale_does_not_matter);
    tcase_add_test(tests, a_relative_path_stays_where_it_was);
    tcase_add_test(tests, stopped_after_each_line);
    tcase_add_test(tests, cut_at_each_byte);
    tcase_add_test(tests, another_search_is_refused);
    tcase_add_test(tests, other_files_are_refused);
    tcase_add_test(tests, wrong_lines_are_refused);
    tcase_add_test(tests, lines_in_any_order);
    tcase_add_test(tests, a_log_that_cannot_be_written);
    tcase_add_test(tests, no_memory_loses_nothing);
    return run_suite(suite);
}
