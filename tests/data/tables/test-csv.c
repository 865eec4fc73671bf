/* Comma-separated values: rows and their values, what spreadsheets and Kaggle write, and where it
 * goes wrong. Which column is what: test-csv-columns.c. */
#include "csv-common.h"

#include <locale.h>
#include <math.h>

static void assert_read(const char *text, bool bytes, const int32_t *labels, const float *values)
{
    neuron_dataset_t *dataset;
    float met[4];
    int32_t met_labels[2];
    assert_ok(read_as(&dataset, text, strlen(text), "classes=10, shape=2"));
    ck_assert_int_eq(neuron_dataset_count(dataset), 2);
    ck_assert_int_eq(neuron_tensor_type(dataset->examples),
                     bytes ? NEURON_TYPE_U8 : NEURON_TYPE_F32);
    assert_ok(neuron_dataset_set_scale(dataset, 1, 0));
    assert_ok(neuron_dataset_read(met, met_labels, dataset, 0, 2));
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

START_TEST(type_of_the_values_can_be_said)
{
    int32_t guess = NEURON_CSV_HEADER_GUESS;
    assert_said("3,51,2\n", 0, guess, 1, NEURON_TYPE_F32, 51); /* too few columns for images */
    assert_said("3,51,2\n", NEURON_TYPE_U8, guess, 1, NEURON_TYPE_U8, 51 * (float)(1.0f / 255));
    assert_said("3,51,2\n", NEURON_TYPE_F32, guess, 1, NEURON_TYPE_F32, 51);
    assert_said("3,51,256\n", NEURON_TYPE_F32, guess, 1, NEURON_TYPE_F32, 51);
    assert_said("3,51,256\n", 0, guess, 1, NEURON_TYPE_F32, 51);
#define NO_BYTE(text, message)                                                                     \
    assert_said_refused(text, NEURON_TYPE_U8, guess, NEURON_E_FORMAT,                              \
                        "train.csv: " message " is not an integer from 0 to 255")
    NO_BYTE("3,51,2\n4,256,0\n", "line 2, column 2: \"256\"");
    NO_BYTE("3,51,-1\n", "line 1, column 3: \"-1\"");
    NO_BYTE("l,a,b\n3,51,1\n3,0.5,1\n", "line 3, column 2: \"0.5\"");
#undef NO_BYTE
}
END_TEST

/* Ages are no pixels: a table is taken for images if it has columns enough, or a shape. */
START_TEST(few_columns_are_no_images)
{
    for (int columns = 62; columns <= 66; columns++) {
        char text[400] = "1";
        for (int i = 0; i < columns; i++)
            strcat(text, ",7");
        strcat(text, "\n");
        float value = columns < 64 ? 7 : 7 * (float)(1.0f / 255);
        assert_said(text, 0, NEURON_CSV_HEADER_GUESS, 1,
                    columns < 64 ? NEURON_TYPE_F32 : NEURON_TYPE_U8, value);
    }
}
END_TEST

/* ---- What is no such text ---- */

static void assert_bytes_refused(const char *bytes, size_t size, const char *message)
{
    neuron_dataset_t *dataset;
    assert_status(read_as(&dataset, bytes, size, "classes=10"), NEURON_E_FORMAT);
    assert_message(message);
}

START_TEST(says_what_a_file_is)
{
#define REFUSED(bytes, message) assert_bytes_refused(bytes, sizeof bytes - 1, "train.csv: " message)
    REFUSED(
        "\xff\xfe"
        "1\0,\0002\0\n\0",
        "is UTF-16 (little-endian), not comma-separated text in UTF-8: convert it, such as with "
        "iconv -f UTF-16 -t UTF-8");
    REFUSED("\xfe\xff\0l\0,\0a", "is UTF-16 (big-endian)");
    REFUSED("\xff\xfe", "is UTF-16 (little-endian)");
    REFUSED("l\0,\0a\0\n\0", "is UTF-16 (little-endian)");
    REFUSED("\0l\0,\0a\0\n", "is UTF-16 (big-endian)");
    REFUSED("l\0,\0", "is UTF-16 (little-endian)");
    REFUSED("\0l\0,", "is UTF-16 (big-endian)");
    REFUSED("\xff\xfe\0\0l\0\0\0", "is UTF-32");
    REFUSED("\0\0\xfe\xff\0\0\0l", "is UTF-32");
    REFUSED("PK\3\4xl/workbook.xml", "is a zip archive or a workbook (.xlsx, .ods)");
    REFUSED("\xd0\xcf\x11\xe0\xa1", "is a workbook (.xls), not comma-separated text");
    REFUSED("label,a\n1,2\0\n", "line 2: a NUL byte, at byte 11: the file is binary or damaged");
    REFUSED("label,a\n1,2\n\0", "line 3: a NUL byte, at byte 12");
    REFUSED("\0", "line 1: a NUL byte, at byte 0");
    REFUSED("a\0bc", "line 1: a NUL byte, at byte 1");
    REFUSED("abc\0", "line 1: a NUL byte, at byte 3");
    REFUSED("\0abc", "line 1: a NUL byte, at byte 0");
    REFUSED("ab\0c", "line 1: a NUL byte, at byte 2");
    REFUSED("label,a\r1,2\r3,4\r",
            "line 1, column 2: a carriage return (CR) ends the field, without a line feed (LF) "
            "behind it: lines must end in LF or CR LF");
    REFUSED("1,2\r3,4", "line 1, column 2: a carriage return (CR)");
    REFUSED("\"label\",\"a\"\r1,2\r", "line 1, column 2: a carriage return (CR)");
    REFUSED("1,2\n3,4\r5,6\n", "line 2, column 2: a carriage return (CR)");
    REFUSED("1\r2\r", "line 1, column 1: a carriage return (CR)");
#undef REFUSED
}
END_TEST

START_TEST(does_not_depend_on_the_locale)
{
    test_set_comma_locale();
    assert_read("0,0.5,1.5\n1,2.5,3.5\n", false, (const int32_t[]){0, 1},
                (const float[]){0.5f, 1.5f, 2.5f, 3.5f});
    setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(gives_examples_their_shape)
{
    const char text[] = "1,1,2,3,4,5,6\n";
    neuron_dataset_t *dataset;
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(read_as(&dataset, text, strlen(text), "classes=10, shape=2x3x1"));
    assert_ok(neuron_dataset_shape(shape, &rank, dataset));
    ck_assert(rank == 3 && shape[0] == 2 && shape[1] == 3 && shape[2] == 1);
    neuron_dataset_unref(dataset);
    assert_ok(read_text(&dataset, text));
    assert_ok(neuron_dataset_shape(shape, &rank, dataset));
    ck_assert(rank == 1 && shape[0] == 6);
    neuron_dataset_unref(dataset);
    assert_status(read_as(&dataset, text, strlen(text), "classes=10, shape=2x2"), NEURON_E_SHAPE);
    assert_message("train.csv: rows have 6 inputs, examples of 2x2 have 4");
    assert_status(read_as(&dataset, text, strlen(text), "shape=6x0"), NEURON_E_ARGUMENT);
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
    assert_refused("1,2\n\n3,4\n", NEURON_E_FORMAT,
                   "line 2, column 1: the row ends here, not at column 2");
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
    assert_refused("1,nan\n", NEURON_E_FORMAT,
                   "line 1, column 2: \"nan\" is not a number; missing=mean, median or mark");
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
        good += read_as(&dataset, text, size, "classes=10") == NEURON_OK;
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
    assert_ok(neuron_dataset_load_csv(&dataset, context, path, "classes=10, type=u8"));
    float value;
    assert_ok(neuron_dataset_read(&value, NULL, dataset, 0, 1));
    ck_assert_float_eq_tol(value, 128.0f / 255, 1e-6f);
    neuron_dataset_unref(dataset);
    assert_status(neuron_dataset_load_csv(&dataset, context, "/nowhere.csv", NULL), NEURON_E_IO);
    ck_assert_ptr_null(dataset);
    assert_ok(
        neuron_dataset_load_csv_memory(&dataset, context, text, sizeof text - 1, "classes=4"));
    ck_assert_int_eq(neuron_dataset_class_count(dataset), 4);
    neuron_dataset_unref(dataset);
    assert_status(neuron_dataset_load_csv_memory(&dataset, context, NULL, 7, NULL),
                  NEURON_E_FORMAT);
    assert_message("memory: no rows");
#define REFUSED(call) assert_status((call), NEURON_E_ARGUMENT)
    REFUSED(neuron_dataset_load_csv(NULL, context, path, NULL));
    REFUSED(neuron_dataset_load_csv(&dataset, NULL, path, NULL));
    REFUSED(neuron_dataset_load_csv(&dataset, context, NULL, NULL));
    REFUSED(neuron_dataset_load_csv_memory(NULL, context, text, 1, NULL));
    REFUSED(neuron_dataset_load_csv_memory(&dataset, NULL, text, 1, NULL));
#undef REFUSED
}
END_TEST

static const struct {
    const char *options, *message;
} refused[] = {
    {"classes=65537", "neuron_dataset_load_csv: classes is 65537; it must be 0 to 65,536"},
    {"shape=", "shape has no value"},
    {"shape=2x", "shape is 2x; it must be 1 to 7 extents, such as 28x28x1"},
    {"shape=x2", "shape is x2; it must be 1 to 7"},
    {"shape=1x1x1x1x1x1x1x1", "it must be 1 to 7 extents"},
    {"shape=-1", "shape is -1; it must be"},
    {"type=i32", "type is i32; it must be guess, u8 or f32"},
    {"header=yes", "header is yes; it must be guess, present or absent"},
    {"separator=,", "separator has no value"},
    {"separator=:", "separator is :; it must be comma, semicolon, tab, pipe, space"},
    {"lable=label", "there is no option \"lable\"; did you mean \"label\"?"},
    {"label=label, targets=pixel0",
     "label is label and targets is pixel0; it must be one of the two"},
    {"targets=pixel0, classes=3", "classes is 3, but targets have none"},
    {"type=u8, missing=mean", "type is u8; it must be f32 with categories, categorical or missing"},
    {"header=absent, label=label", "header is absent, but an option has the name of a column"},
    {"label=label+pixel0", "label is label+pixel0; it must be one column: several are targets"},
    {"label=label, ignore=label", "column 1, \"label\", is given twice, in ignore last"},
};

START_TEST(options_are_checked)
{
    const char *path = test_file("checked.csv");
    static const char text[] = "label,pixel0\n3,128\n";
    test_write_file(path, text, sizeof text - 1);
    neuron_dataset_t *dataset;
    assert_status(neuron_dataset_load_csv(&dataset, context, path, refused[_i].options),
                  NEURON_E_ARGUMENT);
    assert_message(refused[_i].message);
    ck_assert_ptr_null(dataset);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csv");
    TCase *tests = tcase_create("csv");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reads_bytes);
    tcase_add_test(tests, reads_floats);
    tcase_add_test(tests, type_of_the_values_can_be_said);
    tcase_add_test(tests, few_columns_are_no_images);
    tcase_add_test(tests, says_what_a_file_is);
    tcase_add_test(tests, does_not_depend_on_the_locale);
    tcase_add_test(tests, gives_examples_their_shape);
    tcase_add_test(tests, says_where_it_goes_wrong);
    tcase_add_test(tests, survives_a_cut_anywhere);
    tcase_add_test(tests, loads_files);
    tcase_add_loop_test(tests, options_are_checked, 0, sizeof refused / sizeof refused[0]);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
