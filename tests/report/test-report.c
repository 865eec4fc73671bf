/* What calls of a report refuse, what its options do, and that its bytes are the same each time. */
#include <libneuron-report/report.h>

#include "test-common.h"

#include <math.h>
#include <stdio.h>

typedef struct page_text {
    char *text;
    size_t size;
} page_text;

static int append(const void *bytes, size_t size, void *user_data)
{
    page_text *page = user_data;
    page->text = realloc(page->text, page->size + size + 1);
    memcpy(page->text + page->size, bytes, size);
    page->size += size;
    page->text[page->size] = '\0';
    return 0;
}

/* The page of a report; the test frees it. */
static char *text_of(const neuron_report_t *report)
{
    page_text page = {0};
    assert_ok(neuron_report_save_to(report, append, &page));
    return page.text;
}

static void assert_has(const neuron_report_t *report, const char *expected)
{
    char *text = text_of(report);
    ck_assert_msg(strstr(text, expected) != NULL, "the page does not have %s", expected);
    free(text);
}

static void assert_lacks(const neuron_report_t *report, const char *text)
{
    char *all = text_of(report);
    ck_assert_msg(strstr(all, text) == NULL, "the page has %s", text);
    free(all);
}

static int count_of(const neuron_report_t *report, const char *text)
{
    int count = 0;
    char *all = text_of(report);
    for (const char *at = all; (at = strstr(at, text)) != NULL; at++)
        count++;
    free(all);
    return count;
}

static neuron_report_t *make(neuron_context_t *context, const char *options)
{
    neuron_report_t *report;
    assert_ok(neuron_report_create(&report, context, "Title", options));
    return report;
}

START_TEST(refuses_creation)
{
    neuron_context_t *context = test_context();
    neuron_report_t *report = (neuron_report_t *)context;
    assert_status(neuron_report_create(NULL, context, "t", NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_report_create(&report, NULL, "t", NULL), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(report);
    assert_status(neuron_report_create(&report, context, NULL, NULL), NEURON_E_ARGUMENT);
    static const char *const wrong[] = {"digits=0", "digits=10", "digits=2.5", "theme=blue",
                                        "colour=red"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_status(neuron_report_create(&report, context, "t", wrong[i]), NEURON_E_ARGUMENT);
        assert_message("neuron_report_create: ");
        ck_assert_ptr_null(report);
    }
    ck_assert_ptr_null(neuron_report_ref(NULL));
    ck_assert_ptr_null(neuron_report_ref((neuron_report_t *)context));
    neuron_report_unref(NULL);
    neuron_context_unref(context);
}
END_TEST

START_TEST(keeps_owners)
{
    neuron_context_t *context = test_context();
    neuron_report_t *report = make(context, NULL);
    neuron_context_unref(context);
    ck_assert_ptr_eq(neuron_report_ref(report), report);
    neuron_report_unref(report);
    assert_ok(neuron_report_add_text(report, "a", "b"));
    neuron_report_unref(report);
}
END_TEST

#define REFUSES(call)                                                                              \
    do {                                                                                           \
        assert_status(call, NEURON_E_ARGUMENT);                                                    \
        assert_message("neuron_report_");                                                          \
    } while (0)

/* NULL, a handle of another kind, and counts. */
START_TEST(refuses_arguments)
{
    neuron_context_t *context = test_context();
    neuron_report_t *r = make(context, NULL);
    const neuron_report_t *other = (const neuron_report_t *)context;
    const char *const words[] = {"a", NULL};
    const double numbers[] = {1, 2};
    const neuron_graph_t *graphs[] = {NULL};
    const neuron_history_t *histories[] = {NULL};
    char *before = text_of(r);
    REFUSES(neuron_report_add_text(NULL, "a", "b"));
    REFUSES(neuron_report_add_text((neuron_report_t *)context, "a", "b"));
    REFUSES(neuron_report_add_text(r, NULL, "b"));
    REFUSES(neuron_report_add_text(r, "a", NULL));
    REFUSES(neuron_report_add_settings(r, NULL, NULL, words, 1));
    REFUSES(neuron_report_add_settings(r, NULL, words, NULL, 1));
    REFUSES(neuron_report_add_settings(r, NULL, words, words, 0));
    REFUSES(neuron_report_add_settings(r, NULL, words, words, 2));
    REFUSES(neuron_report_add_table(r, NULL, words, 1, words, 1));
    REFUSES(neuron_report_add_table(r, "a", NULL, 1, words, 1));
    REFUSES(neuron_report_add_table(r, "a", words, 0, words, 1));
    REFUSES(neuron_report_add_table(r, "a", words, 2, words, 1));
    REFUSES(neuron_report_add_table(r, "a", words, 1, NULL, 1));
    REFUSES(neuron_report_add_table(r, "a", words, 1, words, -1));
    REFUSES(neuron_report_add_trainer(r, NULL, NULL));
    REFUSES(neuron_report_add_dataset(r, NULL, NULL, NULL));
    REFUSES(neuron_report_add_graph(r, NULL, NULL, NULL));
    REFUSES(neuron_report_add_graph(r, NULL, (const neuron_graph_t *)context, NULL));
    REFUSES(neuron_report_add_history(r, NULL, NULL));
    REFUSES(neuron_report_add_histories(r, NULL, NULL, NULL, 1));
    REFUSES(neuron_report_add_histories(r, NULL, histories, NULL, 0));
    REFUSES(neuron_report_add_histories(r, NULL, histories, NULL, 1));
    REFUSES(neuron_report_add_evaluation(r, NULL, NULL));
    REFUSES(neuron_report_add_mistakes(r, NULL, NULL, NULL, NULL));
    REFUSES(neuron_report_add_comparison(r, NULL, NULL, words, numbers, numbers, NULL, 1));
    REFUSES(neuron_report_add_comparison(r, NULL, "m", words, NULL, numbers, NULL, 1));
    REFUSES(neuron_report_add_comparison(r, NULL, "m", words, numbers, NULL, NULL, 1));
    REFUSES(neuron_report_add_comparison(r, NULL, "m", words, numbers, numbers, NULL, 2));
    REFUSES(neuron_report_add_comparison(r, NULL, "m", words, numbers, numbers, NULL, 0));
    REFUSES(neuron_report_add_committee(r, NULL, NULL, graphs, NULL, 1, NULL));
    REFUSES(neuron_report_add_search(r, NULL, NULL));
    REFUSES(neuron_report_add_images(r, NULL, NULL, NULL));
    REFUSES(neuron_report_save(NULL, "x"));
    REFUSES(neuron_report_save(r, NULL));
    REFUSES(neuron_report_save_to(r, NULL, NULL));
    REFUSES(neuron_report_save_to(other, append, NULL));
    REFUSES(neuron_report_save_pictures(r, NULL, NULL));
    REFUSES(neuron_report_save_pictures(r, "", NULL));
    REFUSES(neuron_report_save_pictures(r, "x", "scale=11"));
    char *after = text_of(r);
    ck_assert_str_eq(before, after);
    free(after);
    free(before);
    neuron_report_unref(r);
    neuron_context_unref(context);
}
END_TEST

/* One example that is not a number leaves out what tells how sure they are, no more. */
START_TEST(a_committee_with_broken_outputs_is_shown)
{
    neuron_context_t *context = test_context();
    for (int broken = 0; broken < 2; broken++) {
        float inputs[20][3];
        int32_t classes[20];
        for (int i = 0; i < 20; i++) {
            classes[i] = i % 3;
            for (int k = 0; k < 3; k++)
                inputs[i][k] = (float)((i + 2 * k) % 5) / 5;
        }
        inputs[3][1] = broken ? NAN : 0;
        neuron_tensor_t *examples, *labels;
        neuron_dataset_t *dataset;
        assert_ok(neuron_tensor_copy(&examples, context, NEURON_TYPE_F32, (const int64_t[]){20, 3},
                                     2, inputs));
        assert_ok(neuron_tensor_copy(&labels, context, NEURON_TYPE_I32, (const int64_t[]){20}, 1,
                                     classes));
        assert_ok(neuron_dataset_create(&dataset, context, examples, labels, 3));
        neuron_graph_t *graphs[3];
        for (int i = 0; i < 3; i++) {
            assert_ok(neuron_graph_create(&graphs[i], context));
            neuron_node_t *x = neuron_input(graphs[i], (const int64_t[]){3}, 1);
            x = neuron_softmax(graphs[i], neuron_dense(graphs[i], x, 3, NULL), NULL);
            assert_ok(neuron_graph_finish(graphs[i], x));
        }
        neuron_report_t *report = make(context, NULL);
        const neuron_graph_t *members[] = {graphs[1], graphs[2]};
        assert_ok(neuron_report_add_committee(report, NULL, graphs[0], members, NULL, 2, dataset));
        char *text = text_of(report);
        ck_assert((strstr(text, "Expected calibration error") == NULL) == broken);
        ck_assert((strstr(text, "Both of two are wrong") == NULL) == broken);
        ck_assert_ptr_nonnull(strstr(text, "Accuracy"));
        free(text);
        neuron_report_unref(report);
        for (int i = 0; i < 3; i++)
            neuron_graph_unref(graphs[i]);
        neuron_dataset_unref(dataset);
        neuron_tensor_unref(examples);
        neuron_tensor_unref(labels);
    }
    neuron_context_unref(context);
}
END_TEST

/* Which reads are asked for. */
typedef struct reads {
    int64_t examples;
} reads;

enum { READ = 40 };

static int read_some(void *examples, int32_t *labels, const int64_t *positions, int64_t count,
                     void *user_data)
{
    reads *all = user_data;
    float *values = examples;
    for (int64_t i = 0; i < count; i++) {
        if (labels)
            labels[i] = (int32_t)(positions[i] % 3);
        for (int k = 0; values && k < 3; k++)
            values[3 * i + k] = (float)((positions[i] + 2 * k) % 5) / 5;
    }
    all->examples += values ? count : 0;
    return 0;
}

/* Members predict a dataset once, whatever is told of them; the committee and its best member
 * twice, for what the numbers mean. Only datasets have weights of examples, for which it takes more
 * predictions. */
START_TEST(members_predict_once)
{
    neuron_context_t *context = test_context();
    reads all = {0};
    neuron_dataset_t *dataset;
    neuron_graph_t *graphs[4];
    assert_ok(neuron_dataset_create_stream(&dataset, context, read_some, &all, NULL, READ,
                                           "shape=3, classes=3"));
    for (int i = 0; i < 4; i++) {
        assert_ok(neuron_graph_create(&graphs[i], context));
        neuron_node_t *x = neuron_input(graphs[i], (const int64_t[]){3}, 1);
        x = neuron_softmax(graphs[i], neuron_dense(graphs[i], x, 3, NULL), NULL);
        assert_ok(neuron_graph_finish(graphs[i], x));
    }
    const neuron_graph_t *members[] = {graphs[1], graphs[2], graphs[3]};
    static float weights[READ];
    char *pages[3];
    for (int weighted = 0; weighted < 3; weighted++) {
        for (int i = 0; i < READ; i++)
            weights[i] = weighted == 2 && i % 2 == 0 ? 3 : 1;
        if (weighted > 0)
            assert_ok(neuron_dataset_set_weights(dataset, weights, READ));
        neuron_report_t *report = make(context, NULL);
        all.examples = 0;
        assert_ok(neuron_report_add_committee(report, NULL, graphs[0], members, NULL, 3, dataset));
        ck_assert_int_eq(all.examples, READ * (weighted == 2 ? 12 : 6));
        pages[weighted] = text_of(report);
        ck_assert_ptr_nonnull(strstr(pages[weighted], "Both of two are wrong"));
        ck_assert_ptr_nonnull(strstr(pages[weighted], "What each member adds"));
        neuron_report_unref(report);
    }
    ck_assert_str_eq(pages[0], pages[1]);
    ck_assert_str_ne(pages[0], pages[2]);
    for (int i = 0; i < 3; i++)
        free(pages[i]);
    for (int i = 0; i < 4; i++)
        neuron_graph_unref(graphs[i]);
    neuron_dataset_unref(dataset);
    neuron_context_unref(context);
}
END_TEST

/* A single output is that of class 1: what pairs have in common is told of it too. */
START_TEST(members_of_one_output_are_compared)
{
    neuron_context_t *context = test_context();
    float inputs[20][3];
    float targets[20];
    for (int i = 0; i < 20; i++) {
        targets[i] = (float)(i % 2);
        for (int k = 0; k < 3; k++)
            inputs[i][k] = (float)((i + 2 * k) % 5) / 5;
    }
    neuron_tensor_t *examples, *labels;
    neuron_dataset_t *dataset;
    neuron_graph_t *graphs[3];
    assert_ok(neuron_tensor_copy(&examples, context, NEURON_TYPE_F32, (const int64_t[]){20, 3}, 2,
                                 inputs));
    assert_ok(neuron_tensor_copy(&labels, context, NEURON_TYPE_F32, (const int64_t[]){20, 1}, 2,
                                 targets));
    assert_ok(neuron_dataset_create_with_targets(&dataset, context, examples, labels));
    for (int i = 0; i < 3; i++) {
        assert_ok(neuron_graph_create(&graphs[i], context));
        neuron_node_t *x = neuron_input(graphs[i], (const int64_t[]){3}, 1);
        x = neuron_sigmoid(graphs[i], neuron_dense(graphs[i], x, 1, NULL));
        assert_ok(neuron_graph_finish(graphs[i], x));
    }
    neuron_report_t *report = make(context, NULL);
    const neuron_graph_t *members[] = {graphs[1], graphs[2]};
    assert_ok(neuron_report_add_committee(report, NULL, graphs[0], members, NULL, 2, dataset));
    assert_has(report, "Both of two are wrong");
    assert_has(report, "What each member adds");
    neuron_report_unref(report);
    for (int i = 0; i < 3; i++)
        neuron_graph_unref(graphs[i]);
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    neuron_context_unref(context);
}
END_TEST

/* Networks and datasets that do not go together. */
START_TEST(refuses_what_does_not_fit)
{
    neuron_context_t *context = test_context();
    neuron_report_t *report = make(context, NULL);
    neuron_dataset_t *glyphs;
    neuron_graph_t *graph;
    neuron_tensor_t *tensor;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    assert_ok(neuron_dataset_generate_glyphs(&glyphs, context, 20, 8, 8, 1));
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){8, 8, 1}, 3);
    x = neuron_dense(graph, neuron_flatten(graph, x), 7, NULL);
    assert_status(neuron_report_add_graph(report, NULL, graph, NULL), NEURON_E_STATE);
    assert_status(neuron_report_add_mistakes(report, NULL, graph, glyphs, NULL), NEURON_E_STATE);
    assert_ok(neuron_graph_finish(graph, x));
    assert_status(neuron_report_add_mistakes(report, NULL, graph, glyphs, NULL), NEURON_E_SHAPE);
    assert_message("7 numbers at its output, the dataset has 10 classes");
    const neuron_graph_t *members[] = {graph};
    assert_status(neuron_report_add_committee(report, NULL, graph, members, NULL, 1, glyphs),
                  NEURON_E_SHAPE);
    assert_status(neuron_report_add_mistakes(report, NULL, graph, glyphs, "count=0"),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_report_add_dataset(report, NULL, glyphs, "samples=401"),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_report_add_graph(report, NULL, graph, "batch=0"), NEURON_E_ARGUMENT);
    assert_ok(
        neuron_tensor_create(&tensor, context, NEURON_TYPE_I32, (const int64_t[]){2, 4, 4}, 3));
    assert_status(neuron_report_add_images(report, NULL, tensor, NULL), NEURON_E_TYPE);
    neuron_tensor_unref(tensor);
    assert_ok(
        neuron_tensor_create(&tensor, context, NEURON_TYPE_U8, (const int64_t[]){2, 4, 4, 2}, 4));
    assert_status(neuron_report_add_images(report, NULL, tensor, NULL), NEURON_E_SHAPE);
    neuron_tensor_unref(tensor);
    assert_ok(neuron_optimizer_create(&adam, context, "adam", NULL));
    neuron_graph_t *fitting;
    assert_ok(neuron_graph_create(&fitting, context));
    x = neuron_flatten(fitting, neuron_input(fitting, (const int64_t[]){8, 8, 1}, 3));
    assert_ok(neuron_graph_finish(
        fitting, neuron_softmax(fitting, neuron_dense(fitting, x, 10, NULL), NULL)));
    assert_ok(neuron_trainer_create(&trainer, fitting, adam, glyphs));
    assert_status(neuron_report_add_history(report, NULL, neuron_trainer_history(trainer)),
                  NEURON_E_DATA);
    assert_ok(neuron_report_add_trainer(report, NULL, trainer)); /* it has not run */
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(fitting);
    neuron_graph_unref(graph);
    neuron_dataset_unref(glyphs);
    neuron_report_unref(report);
    neuron_context_unref(context);
}
END_TEST

/* Pixels that lie in a row, as a network of dense layers takes them. */
START_TEST(rows_of_pixels_are_images)
{
    enum { COUNT = 4, HEIGHT = 3, WIDTH = 5 };
    neuron_context_t *context = test_context();
    neuron_report_t *report = make(context, NULL);
    for (int64_t channels = 1; channels <= 3; channels += 2) {
        uint8_t pixels[COUNT * HEIGHT * WIDTH * 3] = {0};
        int32_t labels[COUNT] = {0, 1, 0, 1};
        neuron_tensor_t *x, *y;
        neuron_dataset_t *rows;
        int64_t size = HEIGHT * WIDTH * channels;
        assert_ok(neuron_tensor_copy(&x, context, NEURON_TYPE_U8, (const int64_t[]){COUNT, size}, 2,
                                     pixels));
        assert_ok(
            neuron_tensor_copy(&y, context, NEURON_TYPE_I32, (const int64_t[]){COUNT}, 1, labels));
        assert_ok(neuron_dataset_create(&rows, context, x, y, 2));
        assert_ok(neuron_report_add_dataset(report, "Rows", rows, NULL));
        ck_assert_int_eq(count_of(report, "<img "), channels == 1 ? 0 : COUNT);
        assert_ok(neuron_report_add_dataset(report, "Images", rows, "height=3, width=5"));
        ck_assert_int_eq(count_of(report, "<img width=\"5\" height=\"3\""),
                         channels == 1 ? COUNT : 2 * COUNT);
        assert_status(neuron_report_add_dataset(report, NULL, rows, "height=5"), NEURON_E_SHAPE);
        assert_status(neuron_report_add_dataset(report, NULL, rows, "height=3, width=4"),
                      NEURON_E_SHAPE);
        assert_message("height=3, width=4: examples have");
        assert_status(neuron_report_add_dataset(report, NULL, rows, "height=1, width=15"),
                      NEURON_E_SHAPE);
        neuron_dataset_unref(rows);
        neuron_tensor_unref(y);
        neuron_tensor_unref(x);
    }
    neuron_report_unref(report);
    neuron_context_unref(context);
}
END_TEST

START_TEST(heeds_options)
{
    neuron_context_t *context = test_context();
    neuron_report_t *report = make(context, "digits=2, theme=light");
    assert_ok(neuron_report_add_comparison(report, NULL, "metric", (const char *const[]){"one"},
                                           (const double[]){0.98765}, (const double[]){0.001}, NULL,
                                           1));
    assert_has(report, ">0.99<");
    assert_has(report, ">1.00e-03<");
    assert_has(report, "<h2 dir=\"auto\">Comparison</h2>");
    assert_lacks(report, "prefers-color-scheme");
    neuron_report_unref(report);
    report = make(context, NULL);
    assert_has(report, "prefers-color-scheme:dark");
    neuron_report_unref(report);
    neuron_context_unref(context);
}
END_TEST

START_TEST(escapes_texts)
{
    neuron_context_t *context = test_context();
    neuron_report_t *report;
    const char *const words[] = {"<i>&\"'"};
    assert_ok(neuron_report_create(&report, context, words[0], NULL));
    assert_ok(neuron_report_add_text(report, words[0], words[0]));
    assert_ok(neuron_report_add_settings(report, words[0], words, words, 1));
    assert_ok(neuron_report_add_table(report, words[0], words, 1, words, 1));
    assert_ok(neuron_report_add_comparison(report, words[0], words[0], words, (const double[]){1},
                                           (const double[]){2}, NULL, 1));
    assert_has(report, "&lt;i&gt;&amp;&quot;&#39;");
    assert_lacks(report, "<i>");
    neuron_report_unref(report);
    neuron_context_unref(context);
}
END_TEST

START_TEST(makes_paragraphs)
{
    neuron_context_t *context = test_context();
    neuron_report_t *report = make(context, NULL);
    assert_ok(neuron_report_add_text(report, "h", "\n\none\r\ntwo\n \t\n\nthree"));
    assert_has(report, "<p dir=\"auto\">one\ntwo</p>\n<p dir=\"auto\">three</p>\n");
    neuron_report_unref(report);
    neuron_context_unref(context);
}
END_TEST

START_TEST(aligns_numbers)
{
    neuron_context_t *context = test_context();
    neuron_report_t *report = make(context, NULL);
    const char *const columns[] = {"name", "numbers", "mixed", "none"};
    const char *const cells[] = {"a", "1.5", "1", NULL, "b", NULL, "x", NULL};
    assert_ok(neuron_report_add_table(report, "h", columns, 4, cells, 2));
    assert_has(report,
               "<th scope=\"col\" class=\"n\"><bdi>numbers</bdi></th>"
               "<th scope=\"col\"><bdi>mixed</bdi></th><th scope=\"col\"><bdi>none</bdi></th>");
    assert_ok(neuron_report_add_table(report, "empty", columns, 4, NULL, 0));
    neuron_report_unref(report);
    neuron_context_unref(context);
}
END_TEST

/* All that does not measure time, in a locale or another. */
static char *write_page(void)
{
    neuron_context_t *context = test_context();
    neuron_report_t *report = make(context, NULL);
    neuron_dataset_t *glyphs;
    neuron_evaluation_t *evaluation;
    const int32_t truth[] = {0, 1, 2, 2}, predicted[] = {0, 2, 2, 1};
    assert_ok(neuron_dataset_generate_glyphs(&glyphs, context, 40, 8, 8, 1));
    assert_ok(neuron_evaluation_create(&evaluation, context, truth, predicted, 4, 3));
    assert_ok(neuron_report_add_dataset(report, NULL, glyphs, NULL));
    assert_ok(neuron_report_add_evaluation(report, NULL, evaluation));
    char *text = text_of(report);
    neuron_evaluation_unref(evaluation);
    neuron_dataset_unref(glyphs);
    neuron_report_unref(report);
    neuron_context_unref(context);
    return text;
}

START_TEST(writes_the_same_bytes)
{
    char *first = write_page(), *second = write_page();
    ck_assert_str_eq(first, second);
    free(second);
    if (test_set_comma_locale()) {
        second = write_page();
        ck_assert_str_eq(first, second);
        free(second);
    }
    free(first);
}
END_TEST

static int refuse(const void *bytes, size_t size, void *user_data)
{
    (void)bytes;
    (void)size;
    return *(int *)user_data;
}

START_TEST(saves)
{
    neuron_context_t *context = test_context();
    neuron_report_t *report = make(context, NULL);
    const char *path = test_file("report.html");
    assert_ok(neuron_report_add_text(report, "h", "one"));
    assert_ok(neuron_report_save(report, path));
    assert_ok(neuron_report_add_text(report, "h", "two"));
    assert_ok(neuron_report_save(report, path));
    char *text = text_of(report);
    test_bytes bytes = test_read_file(path);
    ck_assert_uint_eq(bytes.size, strlen(text));
    ck_assert(memcmp(bytes.data, text, bytes.size) == 0);
    free(bytes.data);
    free(text);
    assert_status(neuron_report_save(report, "/nowhere/report.html"), NEURON_E_IO);
    assert_message("/nowhere/report.html");
    assert_status(neuron_report_save_to(report, refuse, &(int){-7}), -7);
    assert_status(neuron_report_save_to(report, refuse, &(int){7}), NEURON_E_CALLBACK);
    neuron_report_unref(report);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tests = tcase_create("report");
    tcase_add_test(tests, refuses_creation);
    tcase_add_test(tests, keeps_owners);
    tcase_add_test(tests, refuses_arguments);
    tcase_add_test(tests, refuses_what_does_not_fit);
    tcase_add_test(tests, a_committee_with_broken_outputs_is_shown);
    tcase_add_test(tests, members_predict_once);
    tcase_add_test(tests, members_of_one_output_are_compared);
    tcase_add_test(tests, rows_of_pixels_are_images);
    tcase_add_test(tests, heeds_options);
    tcase_add_test(tests, escapes_texts);
    tcase_add_test(tests, makes_paragraphs);
    tcase_add_test(tests, aligns_numbers);
    tcase_add_test(tests, writes_the_same_bytes);
    tcase_add_test(tests, saves);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
