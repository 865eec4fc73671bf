/* Memory that runs out at any allocation leaves a report as it was, and nothing behind. */
#include "session/failing-memory.h"

#include <libneuron-committee/committees.h>
#include <libneuron-report/report.h>

#include <stdio.h>
#include <unistd.h>

static int take(const void *bytes, size_t size, void *user_data)
{
    uint64_t *sum = user_data;
    for (size_t i = 0; i < size; i++)
        *sum = *sum * 31 + ((const unsigned char *)bytes)[i];
    return 0;
}

/* What is in the report, in one number. */
static uint64_t print(const neuron_report_t *report)
{
    uint64_t sum = 0;
    assert_ok(neuron_report_save_to(report, take, &sum));
    return sum;
}

/* A report with a section; `add` has to fail, and leave it so, or to do its work. */
static void try_section(long n, int (*add)(neuron_report_t *report, const world *w), bool trains)
{
    world w = make_world();
    neuron_report_t *report;
    if (trains) {
        assert_ok(make_trainer(&w, w.glyphs, NULL));
        assert_ok(neuron_trainer_run(NULL, w.trainer));
    }
    assert_ok(neuron_report_create(&report, w.context, "title", NULL));
    assert_ok(neuron_report_add_text(report, "first", "text"));
    uint64_t before = print(report);
    arm(n);
    int status = add(report, &w);
    bool failed = atomic_load(&failures) > 0;
    heal();
    if (status < 0) {
        assert_that(failed, "failed with memory there: %s", neuron_error_last());
        assert_out_of_memory(status, "a section");
        ck_assert_uint_eq(before, print(report));
        assert_ok(add(report, &w));
    }
    ck_assert(before != print(report));
    neuron_report_unref(report);
    end_world(&w);
}

#define STAGE(name, trains, call)                                                                  \
    static int add_##name(neuron_report_t *report, const world *w)                                 \
    {                                                                                              \
        (void)w;                                                                                   \
        return call;                                                                               \
    }                                                                                              \
    static void stage_##name(long n)                                                               \
    {                                                                                              \
        try_section(n, add_##name, trains);                                                        \
    }                                                                                              \
    START_TEST(name)                                                                               \
    {                                                                                              \
        fail_each(stage_##name);                                                                   \
    }                                                                                              \
    END_TEST

static const char *const words[] = {"a", "b"};
static const double numbers[] = {0.5, 0.25};

STAGE(text, false, neuron_report_add_text(report, "heading", "one\n\ntwo"))
STAGE(settings, false, neuron_report_add_settings(report, NULL, words, words, 2))
STAGE(table, false, neuron_report_add_table(report, "heading", words, 2, words, 1))
STAGE(trainer, true, neuron_report_add_trainer(report, NULL, w->trainer))
STAGE(dataset, false, neuron_report_add_dataset(report, NULL, w->glyphs, "samples=3"))
STAGE(graph, false, neuron_report_add_graph(report, NULL, w->graph, NULL))
STAGE(history, true, neuron_report_add_history(report, NULL, neuron_trainer_history(w->trainer)))
STAGE(mistakes, false, neuron_report_add_mistakes(report, NULL, w->graph, w->glyphs, "count=2"))
STAGE(comparison, false,
      neuron_report_add_comparison(report, NULL, "metric", words, numbers, numbers, numbers, 2))

static int add_histories(neuron_report_t *report, const world *w)
{
    const neuron_history_t *both[] = {neuron_trainer_history(w->trainer),
                                      neuron_trainer_history(w->trainer)};
    return neuron_report_add_histories(report, NULL, both, NULL, 2);
}

static void stage_histories(long n)
{
    try_section(n, add_histories, true);
}

START_TEST(histories)
{
    fail_each(stage_histories);
}
END_TEST

static int add_evaluation(neuron_report_t *report, const world *w)
{
    static const int32_t truth[] = {0, 1, 2, 2}, predicted[] = {0, 2, 2, 1};
    neuron_evaluation_t *evaluation;
    int status = neuron_evaluation_create(&evaluation, w->context, truth, predicted, 4, 3);
    if (status == NEURON_OK)
        status = neuron_report_add_evaluation(report, NULL, evaluation);
    neuron_evaluation_unref(evaluation);
    return status;
}

static void stage_evaluation(long n)
{
    try_section(n, add_evaluation, false);
}

START_TEST(evaluation)
{
    fail_each(stage_evaluation);
}
END_TEST

static int add_committee(neuron_report_t *report, const world *w)
{
    const neuron_graph_t *members[] = {w->graph, w->graph};
    return neuron_report_add_committee(report, NULL, w->graph, members, words, 2, w->glyphs);
}

static void stage_committee(long n)
{
    try_section(n, add_committee, false);
}

START_TEST(committee)
{
    fail_each(stage_committee);
}
END_TEST

static int add_images(neuron_report_t *report, const world *w)
{
    static const float values[32];
    neuron_tensor_t *images;
    int status = neuron_tensor_wrap(&images, w->context, NEURON_TYPE_F32,
                                    (const int64_t[]){2, 4, 4}, 3, (void *)(uintptr_t)values);
    if (status == NEURON_OK)
        status = neuron_report_add_images(report, NULL, images, words);
    neuron_tensor_unref(images);
    return status;
}

static void stage_images(long n)
{
    try_section(n, add_images, false);
}

START_TEST(images)
{
    fail_each(stage_images);
}
END_TEST

static int score(double *result, const neuron_trial_t *trial, void *user_data)
{
    (void)user_data;
    *result = neuron_trial_number(trial, "a") + neuron_trial_number(trial, "b");
    return 0;
}

static int add_search(neuron_report_t *report, const world *w)
{
    neuron_search_t *search;
    int status = neuron_search_create(&search, w->context, score, NULL, NULL, NULL);
    if (status == NEURON_OK)
        status = neuron_search_add_factor(search, "a", numbers, 2);
    if (status == NEURON_OK)
        status = neuron_search_add_choice(search, "b", words, 2);
    if (status == NEURON_OK)
        status = neuron_search_run_grid(search);
    if (status == NEURON_OK)
        status = neuron_report_add_search(report, NULL, search);
    neuron_search_unref(search);
    return status;
}

static void stage_search(long n)
{
    try_section(n, add_search, false);
}

START_TEST(search)
{
    fail_each(stage_search);
}
END_TEST

static const char *page_path, *folder;

/* Making a report, and writing it. */
static void stage_files(long n)
{
    world w = make_world();
    neuron_report_t *report;
    static const char *const names[] = {"01-data-class-counts.svg", "01-data-image-002.png",
                                        "01-data-image-003.png"};
    arm(n);
    TRY(neuron_report_create(&report, w.context, "title", "digits=2"));
    TRY(neuron_report_add_dataset(report, NULL, w.glyphs, "samples=2"));
    TRY(neuron_report_save(report, page_path));
    TRY(neuron_report_save_pictures(report, folder, NULL));
    neuron_report_unref(report);
    end_world(&w);
    for (int i = 0; i < 3; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        ck_assert_int_eq(remove(path), 0);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}

START_TEST(files)
{
    page_path = test_file("page.html");
    folder = test_file("pictures");
    fail_each(stage_files);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report-memory");
    TCase *tests = tcase_create("memory");
    tcase_set_timeout(tests, 280);
    tcase_add_test(tests, text);
    tcase_add_test(tests, settings);
    tcase_add_test(tests, table);
    tcase_add_test(tests, trainer);
    tcase_add_test(tests, dataset);
    tcase_add_test(tests, graph);
    tcase_add_test(tests, history);
    tcase_add_test(tests, histories);
    tcase_add_test(tests, evaluation);
    tcase_add_test(tests, mistakes);
    tcase_add_test(tests, comparison);
    tcase_add_test(tests, committee);
    tcase_add_test(tests, search);
    tcase_add_test(tests, images);
    tcase_add_test(tests, files);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
