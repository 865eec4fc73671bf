#include "test-common.h"

#include <math.h>

static neuron_evaluation_t *make(const int32_t *truth, const int32_t *predicted, int64_t count,
                                 int64_t class_count)
{
    neuron_context_t *context = test_context();
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_evaluation_create(&evaluation, context, truth, predicted, count, class_count));
    neuron_context_unref(context); /* the evaluation keeps it */
    return evaluation;
}

static const int32_t truth_3[12] = {0, 1, 2, 2, 0, 1, 2, 0, 1, 2, 2, 1};
static const int32_t predicted_3[12] = {0, 2, 2, 2, 0, 1, 1, 0, 1, 2, 0, 1};

/* Of five classes, one is never taken, one never there. */
static const int32_t truth_5[14] = {0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 0, 1, 2};
static const int32_t predicted_5[14] = {0, 0, 1, 1, 1, 0, 1, 1, 0, 3, 3, 3, 1, 0};

/* The texts are what scikit-learn 1.9 writes for the same numbers. */
static const char report_3[] = "              precision    recall  f1-score   support\n"
                               "\n"
                               "           0       0.75      1.00      0.86         3\n"
                               "           1       0.75      0.75      0.75         4\n"
                               "           2       0.75      0.60      0.67         5\n"
                               "\n"
                               "    accuracy                           0.75        12\n"
                               "   macro avg       0.75      0.78      0.76        12\n"
                               "weighted avg       0.75      0.75      0.74        12\n";

static const char report_5[] = "                  precision    recall  f1-score   support\n"
                               "\n"
                               "     T-shirt/top     0.4000    0.5000    0.4444         4\n"
                               "        Pullover     0.5000    1.0000    0.6667         3\n"
                               "Ankle boot, worn     0.0000    0.0000    0.0000         5\n"
                               "       \xc3\x9c"
                               "bergr\xc3\xb6\xc3\x9f"
                               "e     0.6667    1.0000    0.8000         2\n"
                               "            none     0.0000    0.0000    0.0000         0\n"
                               "\n"
                               "        accuracy                         0.5000        14\n"
                               "       macro avg     0.3133    0.5000    0.3822        14\n"
                               "    weighted avg     0.3167    0.5000    0.3841        14\n";

static const char report_5_without_decimals[] =
    "              precision    recall  f1-score   support\n"
    "\n"
    "           0          0         0         0         4\n"
    "           1          0         1         1         3\n"
    "           2          0         0         0         5\n"
    "           3          1         1         1         2\n"
    "           4          0         0         0         0\n"
    "\n"
    "    accuracy                              0        14\n"
    "   macro avg          0         0         0        14\n"
    "weighted avg          0         0         0        14\n";

static const char *const names_5[] = {"T-shirt/top", "Pullover", "Ankle boot, worn",
                                      "\xc3\x9c"
                                      "bergr\xc3\xb6\xc3\x9f"
                                      "e",
                                      "none"};

static void check_report(const neuron_evaluation_t *evaluation, const char *const *names,
                         int32_t digits, const char *expected)
{
    size_t needed = 0;
    assert_ok(neuron_evaluation_report(NULL, 0, &needed, evaluation, names, digits));
    ck_assert_uint_eq(needed, strlen(expected) + 1);
    char text[1024];
    memset(text, 'x', sizeof text);
    assert_ok(neuron_evaluation_report(text, needed, NULL, evaluation, names, digits));
    ck_assert_str_eq(text, expected);
    ck_assert_int_eq(text[needed], 'x');
    text[0] = 'x';
    needed = 0;
    assert_status(
        neuron_evaluation_report(text, strlen(expected), &needed, evaluation, names, digits),
        NEURON_E_ARGUMENT);
    assert_message("report: capacity is");
    ck_assert_uint_eq(needed, strlen(expected) + 1);
    ck_assert_int_eq(text[0], 'x');
}

START_TEST(the_report_is_that_of_scikit_learn)
{
    neuron_evaluation_t *evaluation = make(truth_3, predicted_3, 12, 3);
    check_report(evaluation, NULL, 2, report_3);
    neuron_evaluation_unref(evaluation);
    evaluation = make(truth_5, predicted_5, 14, 5);
    check_report(evaluation, names_5, 4, report_5);
    check_report(evaluation, NULL, 0, report_5_without_decimals);
    neuron_evaluation_unref(evaluation);
}
END_TEST

static void assert_near(double value, double expected)
{
    ck_assert_double_eq_tol(value, expected, 1e-15);
}

START_TEST(figures_follow_from_the_confusion_matrix)
{
    neuron_evaluation_t *evaluation = make(truth_5, predicted_5, 14, 5);
    const int64_t confusion[5][5] = {
        {2, 1, 0, 1, 0}, {0, 3, 0, 0, 0}, {3, 2, 0, 0, 0}, {0, 0, 0, 2, 0}, {0}};
    for (int32_t truth = 0; truth < 5; truth++)
        for (int32_t predicted = 0; predicted < 5; predicted++)
            ck_assert_int_eq(neuron_evaluation_confusion(evaluation, truth, predicted),
                             confusion[truth][predicted]);
    ck_assert_int_eq(neuron_evaluation_count(evaluation), 14);
    ck_assert_int_eq(neuron_evaluation_row_count(evaluation), 5);
    ck_assert(isnan(neuron_evaluation_loss(evaluation)));
    assert_near(neuron_evaluation_accuracy(evaluation), 7.0 / 14);
    assert_near(neuron_evaluation_precision(evaluation, 0), 2.0 / 5);
    assert_near(neuron_evaluation_recall(evaluation, 0), 2.0 / 4);
    assert_near(neuron_evaluation_f1(evaluation, 0), 4.0 / 9);
    assert_near(neuron_evaluation_precision(evaluation, 2), 0);
    assert_near(neuron_evaluation_recall(evaluation, 4), 0);
    assert_near(neuron_evaluation_f1(evaluation, 4), 0);
    assert_near(neuron_evaluation_precision(evaluation, NEURON_AVERAGE_MACRO),
                (2.0 / 5 + 3.0 / 6 + 2.0 / 3) / 5);
    assert_near(neuron_evaluation_recall(evaluation, NEURON_AVERAGE_WEIGHTED), 7.0 / 14);
    assert_near(neuron_evaluation_f1(evaluation, NEURON_AVERAGE_WEIGHTED),
                (4 * 4.0 / 9 + 3 * 6.0 / 9 + 2 * 4.0 / 5) / 14);
    ck_assert_int_eq(neuron_evaluation_support(evaluation, 2), 5);
    ck_assert_int_eq(neuron_evaluation_support(evaluation, 4), 0);
    ck_assert_int_eq(neuron_evaluation_support(evaluation, NEURON_AVERAGE_MACRO), 14);
    ck_assert_int_eq(neuron_evaluation_support(evaluation, NEURON_AVERAGE_WEIGHTED), 14);
    neuron_evaluation_unref(evaluation);
}
END_TEST

/* Each row costs the same, however many others there are. */
START_TEST(many_classes)
{
    enum { CLASSES = 4000 };
    int32_t *truth = malloc(2 * CLASSES * sizeof *truth), *predicted = truth + CLASSES;
    for (int32_t i = 0; i < CLASSES; i++) {
        truth[i] = i;
        predicted[i] = i / 2;
    }
    neuron_evaluation_t *evaluation = make(truth, predicted, CLASSES, CLASSES);
    size_t needed;
    assert_ok(neuron_evaluation_report(NULL, 0, &needed, evaluation, NULL, 2));
    ck_assert_uint_gt(needed, (size_t)CLASSES * 50);
    assert_near(neuron_evaluation_precision(evaluation, 0), 0.5);
    assert_near(neuron_evaluation_recall(evaluation, CLASSES - 1), 0);
    assert_near(neuron_evaluation_recall(evaluation, NEURON_AVERAGE_MACRO), 1.0 / CLASSES);
    neuron_evaluation_unref(evaluation);
    free(truth);
}
END_TEST

/* Names come from files in any encoding. */
START_TEST(names_that_are_no_text)
{
    const char *const names[] = {"caf\xe9", "two\nlines", "\xe3\x81"};
    neuron_evaluation_t *evaluation = make(truth_3, predicted_3, 12, 3);
    char text[1024];
    assert_ok(neuron_evaluation_report(text, sizeof text, NULL, evaluation, names, 2));
    ck_assert_ptr_nonnull(strstr(text, "\n        caf?       0.75 "));
    ck_assert_ptr_nonnull(strstr(text, "\n   two?lines       0.75 "));
    ck_assert_ptr_nonnull(strstr(text, "\n           ?       0.75 "));
    neuron_evaluation_unref(evaluation);
}
END_TEST

START_TEST(rows_that_do_not_exist_have_no_figures)
{
    neuron_evaluation_t *evaluation = make(truth_3, predicted_3, 12, 3);
    const int32_t rows[] = {-1, 3, -11, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert(isnan(neuron_evaluation_precision(evaluation, rows[i])));
        ck_assert(isnan(neuron_evaluation_recall(evaluation, rows[i])));
        ck_assert(isnan(neuron_evaluation_f1(evaluation, rows[i])));
        ck_assert_int_eq(neuron_evaluation_support(evaluation, rows[i]), -1);
        ck_assert_int_eq(neuron_evaluation_confusion(evaluation, rows[i], 0), -1);
        ck_assert_int_eq(neuron_evaluation_confusion(evaluation, 0, rows[i]), -1);
    }
    neuron_evaluation_unref(evaluation);
}
END_TEST

START_TEST(null_has_no_figures)
{
    ck_assert_ptr_null(neuron_evaluation_ref(NULL));
    neuron_evaluation_unref(NULL);
    ck_assert_int_eq(neuron_evaluation_count(NULL), 0);
    ck_assert_int_eq(neuron_evaluation_row_count(NULL), 0);
    ck_assert(isnan(neuron_evaluation_loss(NULL)));
    ck_assert(isnan(neuron_evaluation_accuracy(NULL)));
    ck_assert_int_eq(neuron_evaluation_confusion(NULL, 0, 0), -1);
    const int32_t rows[] = {0, NEURON_AVERAGE_MACRO, NEURON_AVERAGE_WEIGHTED};
    for (size_t i = 0; i < 3; i++) {
        ck_assert(isnan(neuron_evaluation_precision(NULL, rows[i])));
        ck_assert(isnan(neuron_evaluation_recall(NULL, rows[i])));
        ck_assert(isnan(neuron_evaluation_f1(NULL, rows[i])));
        ck_assert_int_eq(neuron_evaluation_support(NULL, rows[i]), -1);
    }
    size_t needed;
    assert_status(neuron_evaluation_report(NULL, 0, &needed, NULL, NULL, 2), NEURON_E_ARGUMENT);
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
    neuron_context_t *context = test_context();
    neuron_evaluation_t *made;
    const int32_t zeros[2] = {0, 0}, high[2] = {0, 3}, low[2] = {-1, 0};
    assert_status(neuron_evaluation_create(NULL, context, zeros, zeros, 2, 3), NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_create(&made, NULL, zeros, zeros, 2, 3), NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_create(&made, context, NULL, zeros, 2, 3), NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_create(&made, context, zeros, NULL, 2, 3), NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_create(&made, context, zeros, zeros, 0, 3), NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_create(&made, context, zeros, zeros, 2, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_create(&made, context, zeros, zeros, 2, 65537),
                  NEURON_E_ARGUMENT);
    ck_assert_ptr_null(made);
    assert_status(neuron_evaluation_create(&made, context, zeros, high, 2, 3), NEURON_E_DATA);
    assert_message("evaluation: predicted[1] is 3, classes are 0 to 2");
    assert_status(neuron_evaluation_create(&made, context, low, zeros, 2, 3), NEURON_E_DATA);
    assert_message("evaluation: truth[0] is -1");
    assert_ok(neuron_evaluation_create(&made, context, zeros, zeros, 2, 2));
    char text[8];
    const char *const names[2] = {"one", NULL};
    assert_status(neuron_evaluation_report(NULL, 0, NULL, made, NULL, -1), NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_report(NULL, 0, NULL, made, NULL, 10), NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_report(NULL, 8, NULL, made, NULL, 2), NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_report(text, 0, NULL, made, NULL, 2), NEURON_E_ARGUMENT);
    assert_status(neuron_evaluation_report(NULL, 0, NULL, made, names, 2), NEURON_E_ARGUMENT);
    assert_message("report: row 1 has no name");
    assert_ok(neuron_evaluation_report(NULL, 0, NULL, made, NULL, 9));
    ck_assert_ptr_eq(neuron_evaluation_ref(made), made);
    neuron_evaluation_unref(made);
    neuron_evaluation_unref(made);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("evaluation");
    TCase *tests = tcase_create("evaluation");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, the_report_is_that_of_scikit_learn);
    tcase_add_test(tests, figures_follow_from_the_confusion_matrix);
    tcase_add_test(tests, many_classes);
    tcase_add_test(tests, names_that_are_no_text);
    tcase_add_test(tests, rows_that_do_not_exist_have_no_figures);
    tcase_add_test(tests, null_has_no_figures);
    tcase_add_test(tests, bad_arguments_are_refused);
    return run_suite(suite);
}
