#include "test-models.h"

#include "train/history.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

static const double rows[][NEURON_HISTORY_FIGURES] = {
    {1.5, 0.25, NAN, NAN, 0.001, 2},
    {0.5, 0.75, 0.625, 0.5, 0.001, 1.25},
    {1.0 / 3, 0.875, NAN, 0.75, 1e-5, 0.5},
    {1.0 / 3, 0.875, 0.625, 0.75, 5e-324, -1.23456789e-300},
};

static void append(neuron_history_t *history, const double figures[NEURON_HISTORY_FIGURES])
{
    memcpy(neuron_history_append(history), figures, NEURON_HISTORY_FIGURES * sizeof *figures);
}

static neuron_history_t *make(int64_t epochs)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = test_linear(context, 8);
    neuron_history_t *history;
    assert_ok(neuron_history_create(&history, graph));
    neuron_graph_unref(graph);
    neuron_context_unref(context); /* the history keeps it */
    assert_ok(neuron_history_reserve(history, epochs));
    for (int64_t i = 0; i < epochs; i++)
        append(history, rows[i]);
    return history;
}

START_TEST(figures_come_back)
{
    const char *const metrics[NEURON_HISTORY_FIGURES] = {
        "loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate", "seconds"};
    neuron_history_t *history = make(4);
    ck_assert_int_eq(neuron_history_epochs(history), 4);
    for (int64_t epoch = 0; epoch < 4; epoch++)
        for (int32_t i = 0; i < NEURON_HISTORY_FIGURES; i++) {
            double value = -1;
            assert_ok(neuron_history_value(&value, history, epoch, metrics[i]));
            ck_assert(value == rows[epoch][i] || (isnan(value) && isnan(rows[epoch][i])));
        }
    neuron_history_unref(history);
}
END_TEST

START_TEST(it_grows_and_shrinks)
{
    neuron_history_t *history = make(0);
    for (int64_t i = 0; i < 1000; i++) {
        assert_ok(neuron_history_reserve(history, i + 1));
        append(history, (const double[]){(double)i, 0, 0, 0, 0, 0});
    }
    double value;
    for (int64_t i = 0; i < 1000; i++) {
        assert_ok(neuron_history_value(&value, history, i, "loss"));
        ck_assert(value == (double)i);
    }
    assert_status(neuron_history_reserve(history, INT64_MAX), NEURON_E_MEMORY);
    ck_assert_int_eq(neuron_history_epochs(history), 1000);
    neuron_history_truncate(history, 2000);
    ck_assert_int_eq(neuron_history_epochs(history), 1000);
    neuron_history_truncate(history, 10);
    ck_assert_int_eq(neuron_history_epochs(history), 10);
    assert_status(neuron_history_value(&value, history, 10, "loss"), NEURON_E_ARGUMENT);
    assert_message("history: epoch is 10; there are 10");
    neuron_history_unref(history);
}
END_TEST

static int64_t best(const neuron_history_t *history, const char *metric)
{
    int64_t epoch = -1;
    assert_ok(neuron_history_best(&epoch, history, metric));
    return epoch;
}

START_TEST(the_best_is_the_first_of_equals)
{
    neuron_history_t *history = make(4);
    ck_assert_int_eq(best(history, "loss"), 2);
    ck_assert_int_eq(best(history, "accuracy"), 2);
    ck_assert_int_eq(best(history, "validation_loss"), 1);
    ck_assert_int_eq(best(history, "validation_accuracy"), 2);
    int64_t epoch = 7;
    neuron_history_truncate(history, 1);
    assert_status(neuron_history_best(&epoch, history, "validation_loss"), NEURON_E_STATE);
    assert_message("history: no epoch has that figure");
    neuron_history_truncate(history, 0);
    assert_status(neuron_history_best(&epoch, history, "loss"), NEURON_E_STATE);
    ck_assert_int_eq(epoch, 7);
    append(history, (const double[]){INFINITY, 0, 0, 0, 0, 0});
    ck_assert_int_eq(best(history, "loss"), 0);
    neuron_history_unref(history);
}
END_TEST

static void assert_file(const char *path, const char *expected)
{
    char text[1024];
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    ck_assert_str_eq(text, expected);
}

#define HEADER "epoch,loss,accuracy,validation_loss,validation_accuracy,learning_rate,seconds\n"

START_TEST(a_table_is_written)
{
    neuron_history_t *history = make(4);
    const char *path = test_file("history.csv");
    setlocale(LC_ALL, "de_DE.UTF-8"); /* with a comma, where the system has it */
    assert_ok(neuron_history_save_csv(history, path));
    setlocale(LC_ALL, "C");
    assert_file(path, HEADER "1,1.5,0.25,,,0.001,2\n"
                             "2,0.5,0.75,0.625,0.5,0.001,1.25\n"
                             "3,0.333333333,0.875,,0.75,1e-05,0.5\n"
                             "4,0.333333333,0.875,0.625,0.75,4.94065646e-324,-1.23456789e-300\n");
    neuron_history_truncate(history, 0);
    assert_ok(neuron_history_save_csv(history, path));
    assert_file(path, HEADER);
    neuron_history_unref(history);
}
END_TEST

/* The longest numbers of all. */
START_TEST(a_line_has_room)
{
    neuron_history_t *history = make(0);
    assert_ok(neuron_history_reserve(history, 1));
    double widest = -1.23456789e-300;
    append(history, (const double[]){widest, widest, widest, widest, widest, widest});
    const char *path = test_file("wide.csv");
    assert_ok(neuron_history_save_csv(history, path));
    assert_file(path, HEADER "1,-1.23456789e-300,-1.23456789e-300,-1.23456789e-300,"
                             "-1.23456789e-300,-1.23456789e-300,-1.23456789e-300\n");
    neuron_history_unref(history);
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
    neuron_history_t *history = make(1);
    double value;
    int64_t epoch;
    ck_assert_ptr_null(neuron_history_ref(NULL));
    neuron_history_unref(NULL);
    ck_assert_int_eq(neuron_history_epochs(NULL), 0);
    const char *loss = "loss";
    assert_status(neuron_history_value(&value, NULL, 0, loss), NEURON_E_ARGUMENT);
    assert_status(neuron_history_value(NULL, history, 0, loss), NEURON_E_ARGUMENT);
    assert_status(neuron_history_value(&value, history, -1, loss), NEURON_E_ARGUMENT);
    assert_status(neuron_history_value(&value, history, 0, "val_loss"), NEURON_E_ARGUMENT);
    assert_message("history: there is no metric \"val_loss\"");
    assert_status(neuron_history_best(&epoch, NULL, loss), NEURON_E_ARGUMENT);
    assert_status(neuron_history_best(NULL, history, loss), NEURON_E_ARGUMENT);
    assert_status(neuron_history_best(&epoch, history, "seconds"), NEURON_E_ARGUMENT);
    assert_message("history: there is no metric \"seconds\"");
    assert_status(neuron_history_best(&epoch, history, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_history_save_csv(NULL, "x"), NEURON_E_ARGUMENT);
    assert_status(neuron_history_save_csv(history, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_history_save_csv(history, "/nowhere/at/all.csv"), NEURON_E_IO);
    assert_message("/nowhere/at/all.csv");
    ck_assert_ptr_eq(neuron_history_ref(history), history);
    neuron_history_unref(history);
    neuron_history_unref(history);
}
END_TEST

START_TEST(no_memory_loses_nothing)
{
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory);
    neuron_graph_t *graph = test_linear(context, 8);
    neuron_history_t *history;
    long allocations = -1;
    do {
        memory.left = ++allocations;
    } while (neuron_history_create(&history, graph) == NEURON_E_MEMORY);
    ck_assert_int_gt(allocations, 1);
    neuron_graph_unref(graph);
    memory.left = 1;
    assert_ok(neuron_history_reserve(history, 1));
    append(history, rows[0]);
    assert_status(neuron_history_reserve(history, 2), NEURON_E_MEMORY);
    ck_assert_int_eq(neuron_history_epochs(history), 1);
    const char *path = test_file("no-memory.csv");
    int status = NEURON_E_MEMORY;
    for (int64_t allowed = 0; status < 0; allowed++) {
        struct stat found;
        ck_assert_int_lt(stat(path, &found), 0);
        memory.left = (long)allowed;
        status = neuron_history_save_csv(history, path);
        ck_assert(status == NEURON_OK || status == NEURON_E_MEMORY);
    }
    test_refill(&memory);
    assert_file(path, HEADER "1,1.5,0.25,,,0.001,2\n");
    neuron_history_unref(history);
    neuron_context_unref(context);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("history");
    TCase *tests = tcase_create("history");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, figures_come_back);
    tcase_add_test(tests, it_grows_and_shrinks);
    tcase_add_test(tests, the_best_is_the_first_of_equals);
    tcase_add_test(tests, a_table_is_written);
    tcase_add_test(tests, a_line_has_room);
    tcase_add_test(tests, bad_arguments_are_refused);
    tcase_add_test(tests, no_memory_loses_nothing);
    return run_suite(suite);
}
