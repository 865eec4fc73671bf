/* Reading comma-separated values: what spreadsheets and Kaggle write, and where it goes wrong. */
#include "test-common.h"

#include "data/csv.h"
#include "data/decimal.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>

static neuron_context_t *context;

static void setup(void)
{
    context = test_context();
}

static void teardown(void)
{
    neuron_context_unref(context);
}

static int read_shaped(neuron_dataset_t **dataset, const char *text, size_t size,
                       const int64_t *shape, int32_t rank)
{
    *dataset = NULL;
    /* Memory of exactly that size lets the sanitizer see a read behind the end. */
    void *copy = malloc(size ? size : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, size);
    neuron_content content;
    assert_ok(neuron_content_of(&content, context, copy, size, "train.csv"));
    int status = neuron_csv_read(dataset, &content, 10, shape, rank);
    neuron_content_close(&content);
    free(copy);
    ck_assert((status == NEURON_OK) == (*dataset != NULL));
    return status;
}

static int read_text(neuron_dataset_t **dataset, const char *text)
{
    return read_shaped(dataset, text, strlen(text), NULL, 0);
}

static void assert_refused(const char *text, int status, const char *message)
{
    neuron_dataset_t *dataset;
    assert_status(read_text(&dataset, text), status);
    assert_message("train.csv: ");
    assert_message(message);
}

/* Two rows of two values. */
static void assert_read(const char *text, bool bytes, const int32_t *labels, const float *values)
{
    neuron_dataset_t *dataset;
    float met[4];
    int32_t met_labels[2];
    assert_ok(read_text(&dataset, text));
    ck_assert_int_eq(neuron_dataset_count(dataset), 2);
    ck_assert_int_eq(neuron_tensor_type(dataset->examples), bytes ? NEURON_U8 : NEURON_F32);
    assert_ok(neuron_dataset_set_scale(dataset, 1, 0));
    assert_ok(neuron_dataset_read(dataset, 0, 2, met, met_labels));
    for (int i = 0; i < 4; i++)
        ck_assert_float_eq(met[i], values[i]);
    ck_assert(met_labels[0] == labels[0] && met_labels[1] == labels[1]);
    neuron_dataset_unref(dataset);
}

START_TEST(reads_bytes)
{
    const int32_t labels[] = {3, 9};
    const float values[] = {0, 255, 1, 2};
    assert_read("label,pixel0,pixel1\n3,0,255\n9,1,2\n", true, labels, values);
    assert_read("3,0,255\n9,1,2", true, labels, values);
    assert_read("3,0,255\r\n9,1,2\r\n", true, labels, values);
    assert_read("\xef\xbb\xbf"
                "3,0,255\r\n9,1,2\r\n\r\n\n",
                true, labels, values);
    assert_read("\"label\",\"a \"\"b\"\", c\n\",d\r\n \"3\" ,\"0\",255\t\n9, 1 ,2\r", true, labels,
                values);
    assert_read("label,,\n3.0,0,2.55e2\n9,+1,20e-1\n", true, labels, values);
}
END_TEST

START_TEST(reads_floats)
{
    const int32_t labels[] = {0, 1};
    assert_read("0,0,256\n1,1,2\n", false, labels, (const float[]){0, 256, 1, 2});
    assert_read("0,-1,0.5\n1,1e-3,2\n", false, labels, (const float[]){-1, 0.5f, 1e-3f, 2});
    assert_read("0,.25,3.402823e38\n1,-1.17549435e-38,1.\n", false, labels,
                (const float[]){0.25f, 3.402823e38f, -1.17549435e-38f, 1});
}
END_TEST

START_TEST(reads_numbers_as_c_does)
{
    static const char *const texts[] = {"0",
                                        "-0",
                                        "1",
                                        "0.1",
                                        "3.14159",
                                        "1e10",
                                        "1E-10",
                                        "123456789.123456789",
                                        "1e-45",
                                        "1e308",
                                        "2.5e-320",
                                        "0.000000000000000001",
                                        "1e-400",
                                        "00012",
                                        "18446744073709551616",
                                        "0.30000000000000004440892098500626"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value = 77, expected = strtod(texts[i], NULL);
        ck_assert(neuron_decimal_parse((const uint8_t *)texts[i], strlen(texts[i]), &value));
        ck_assert_msg(fabs(value - expected) <= 1e-15 * fabs(expected) + 1e-322, "%s: %.17g",
                      texts[i], value);
    }
    double value;
    ck_assert(neuron_decimal_parse((const uint8_t *)"-1e999999999999999999999", 24, &value));
    ck_assert(isinf(value) && value < 0);
    static const char *const none[] = {"",    ".",   "-",   "e5",  "1e",  "1e+", "1x",
                                       "1 2", "0x1", "nan", "inf", "1,5", "--1", "1.2.3"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        ck_assert_msg(!neuron_decimal_parse((const uint8_t *)none[i], strlen(none[i]), &value),
                      "%s", none[i]);
}
END_TEST

START_TEST(does_not_depend_on_the_locale)
{
    char before[256];
    snprintf(before, sizeof before, "%s", setlocale(LC_ALL, NULL));
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        printf("locale de_DE.UTF-8: skipped: not here\n");
    assert_read("0,0.5,1.5\n1,2.5,3.5\n", false, (const int32_t[]){0, 1},
                (const float[]){0.5f, 1.5f, 2.5f, 3.5f});
    setlocale(LC_ALL, before);
}
END_TEST

START_TEST(gives_examples_their_shape)
{
    const char text[] = "1,1,2,3,4,5,6\n";
    neuron_dataset_t *dataset;
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(read_shaped(&dataset, text, strlen(text), (const int64_t[]){2, 3, 1}, 3));
    assert_ok(neuron_dataset_shape(dataset, shape, &rank));
    ck_assert(rank == 3 && shape[0] == 2 && shape[1] == 3 && shape[2] == 1);
    neuron_dataset_unref(dataset);
    assert_ok(read_text(&dataset, text));
    assert_ok(neuron_dataset_shape(dataset, shape, &rank));
    ck_assert(rank == 1 && shape[0] == 6);
    neuron_dataset_unref(dataset);
    assert_status(read_shaped(&dataset, text, strlen(text), (const int64_t[]){2, 2}, 2),
                  NEURON_E_SHAPE);
    assert_message("train.csv: rows have 6 values beside the label, examples of 2x2 have 4");
    assert_status(read_shaped(&dataset, text, strlen(text), (const int64_t[]){6, 0}, 2),
                  NEURON_E_ARGUMENT);
}
END_TEST

START_TEST(says_where_it_goes_wrong)
{
    assert_refused("", NEURON_E_FORMAT, "no rows: there is no text");
    assert_refused("\n\n", NEURON_E_FORMAT, "no rows: there is no text");
    assert_refused("label,a,b\n", NEURON_E_FORMAT, "no rows follow the names in line 1");
    assert_refused("label\n1\n", NEURON_E_FORMAT, "line 1 has one column, not a label and values");
    assert_refused("1;2;3\n", NEURON_E_FORMAT, "line 1 has one column");
    assert_refused("l,a\n1,2\n3,x\n", NEURON_E_FORMAT, "line 3, column 2: \"x\" is not a number");
    assert_refused("l,\"a\n\"\n1,2\n3,x\n", NEURON_E_FORMAT, "line 4, column 2: \"x\"");
    assert_refused("1,2\n3,\n", NEURON_E_FORMAT, "line 2, column 2: there is no number");
    assert_refused("1,2\n\n3,4\n", NEURON_E_FORMAT, "line 2, column 1: there is no number");
    assert_refused("1,2\n3\n", NEURON_E_FORMAT,
                   "line 2, column 1: the row ends here, not at column 2");
    assert_refused("1,2\n3,4,5\n", NEURON_E_FORMAT,
                   "line 2, column 2: the row goes on after the last of 2");
    assert_refused("1,\"2\n3,4\n", NEURON_E_FORMAT,
                   "line 1, column 2: the quotes of a field are not closed");
    assert_refused("1,\"2\"3\n", NEURON_E_FORMAT,
                   "line 1, column 2: text follows the closing quotes");
    assert_refused("1,1e39\n", NEURON_E_FORMAT,
                   "line 1, column 2: \"1e39\" is too large for float32");
    assert_refused("1,nan\n", NEURON_E_FORMAT, "line 1, column 2: \"nan\" is not a number");
    assert_refused("1,2\n10,3\n", NEURON_E_DATA, "line 2, column 1: label \"10\" is not 0 to 9");
    assert_refused("-1,3\n", NEURON_E_DATA, "line 1, column 1: label \"-1\" is not 0 to 9");
    assert_refused("1.5,3\n", NEURON_E_DATA, "line 1, column 1: label \"1.5\" is not 0 to 9");
}
END_TEST

/* A cut text is another text, which may be right or not; it must never be read behind its end. */
START_TEST(survives_a_cut_anywhere)
{
    static const char text[] = "label,\"a\"\"b\"\r\n1,\"25\"\r\n2,-3.5e1\r\n";
    neuron_dataset_t *dataset;
    int good = 0;
    for (size_t size = 0; size < sizeof text; size++) {
        good += read_shaped(&dataset, text, size, NULL, 0) == NEURON_OK;
        neuron_dataset_unref(dataset);
    }
    ck_assert_int_gt(good, 0);
}
END_TEST

START_TEST(loads_files)
{
    const char *path = test_file("digits.csv");
    static const char text[] = "label,pixel0\n3,128\n";
    test_write_file(path, text, sizeof text - 1);
    neuron_dataset_t *dataset;
    assert_ok(neuron_dataset_load_csv(&dataset, context, path, 10, NULL, 0));
    float value;
    assert_ok(neuron_dataset_read(dataset, 0, 1, &value, NULL));
    ck_assert_float_eq_tol(value, 128.0f / 255, 1e-6f);
    neuron_dataset_unref(dataset);
    assert_status(neuron_dataset_load_csv(&dataset, context, "/nowhere.csv", 10, NULL, 0),
                  NEURON_E_IO);
    ck_assert_ptr_null(dataset);
#define REFUSED(call) assert_status((call), NEURON_E_ARGUMENT)
    REFUSED(neuron_dataset_load_csv(NULL, context, path, 10, NULL, 0));
    REFUSED(neuron_dataset_load_csv(&dataset, NULL, path, 10, NULL, 0));
    REFUSED(neuron_dataset_load_csv(&dataset, context, NULL, 10, NULL, 0));
    REFUSED(neuron_dataset_load_csv(&dataset, context, path, 0, NULL, 0));
    REFUSED(neuron_dataset_load_csv(&dataset, context, path, 65537, NULL, 0));
    REFUSED(neuron_dataset_load_csv(&dataset, context, path, 10, NULL, 1));
    REFUSED(neuron_dataset_load_csv(&dataset, context, path, 10, NULL, -1));
    REFUSED(neuron_dataset_load_csv(&dataset, context, path, 10, NULL, NEURON_RANK_MAX));
#undef REFUSED
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csv");
    TCase *tests = tcase_create("csv");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reads_bytes);
    tcase_add_test(tests, reads_floats);
    tcase_add_test(tests, reads_numbers_as_c_does);
    tcase_add_test(tests, does_not_depend_on_the_locale);
    tcase_add_test(tests, gives_examples_their_shape);
    tcase_add_test(tests, says_where_it_goes_wrong);
    tcase_add_test(tests, survives_a_cut_anywhere);
    tcase_add_test(tests, loads_files);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
