/* Comma-separated values: whether the first row has names, and which column is the label or an
 * index, said by the caller or guessed. */
#include "csv-common.h"

#include <stdio.h>

/* ---- The first row ---- */

START_TEST(header_can_be_said)
{
    int32_t present = NEURON_CSV_HEADER_PRESENT, absent = NEURON_CSV_HEADER_ABSENT;
    static const char columns[] = "0,1,2\n1,5,6\n", named[] = "?,1,2\n1,5,6\n0,7,8\n";
    assert_said(columns, NEURON_TYPE_F32, absent, 2, NEURON_TYPE_F32, 1);
    assert_said(columns, NEURON_TYPE_F32, present, 1, NEURON_TYPE_F32, 5);
    assert_said(named, NEURON_TYPE_F32, present, 2, NEURON_TYPE_F32, 5);
    assert_said("7,1,2\n1,5,6\n", NEURON_TYPE_F32, present, 1, NEURON_TYPE_F32, 5);
    assert_said_refused(named, 0, absent, NEURON_E_DATA, "line 1, column 1: there is no label");
    assert_said_refused("label,a,b\n1,5,6\n", 0, absent, NEURON_E_FORMAT,
                        "line 1, column 2: \"a\" is not a number");
    assert_said_refused("label,2\n1,5\n", 0, absent, NEURON_E_DATA,
                        "line 1, column 1: label \"label\" is not 0 to 9");
    assert_said_refused("1,2,3\n", 0, present, NEURON_E_FORMAT, "no rows follow the names");
}
END_TEST

/* What pandas writes above an array without names, also beside a named label; and rows of
 * which only the label is wrong. */
START_TEST(header_is_guessed_with_care)
{
    assert_said("0,1,2\n1,5,6\n", NEURON_TYPE_F32, NEURON_CSV_HEADER_GUESS, 1, NEURON_TYPE_F32, 5);
    assert_said("\"0\",\"1\",\"2\"\n1,5,6\n", NEURON_TYPE_F32, NEURON_CSV_HEADER_GUESS, 1,
                NEURON_TYPE_F32, 5);
    assert_said("0,1,3\n1,5,6\n", NEURON_TYPE_F32, NEURON_CSV_HEADER_GUESS, 2, NEURON_TYPE_F32, 1);
    assert_said("label,0,1\n1,5,6\n", NEURON_TYPE_F32, NEURON_CSV_HEADER_GUESS, 1, NEURON_TYPE_F32,
                5);
    assert_said("\"label\",\"0\",\"1\"\n1,5,6\n", NEURON_TYPE_F32, NEURON_CSV_HEADER_GUESS, 1,
                NEURON_TYPE_F32, 5);
    assert_said("label,0,x\n1,5,6\n", NEURON_TYPE_F32, NEURON_CSV_HEADER_GUESS, 1, NEURON_TYPE_F32,
                5);
    assert_said("0,1,x\n1,5,6\n", NEURON_TYPE_F32, NEURON_CSV_HEADER_PRESENT, 1, NEURON_TYPE_F32,
                5);
    assert_refused("?,1,2\n1,5,6\n0,7,8\n", NEURON_E_DATA,
                   "line 1, column 1: label \"?\" is not 0 to 9: if the line has names, say "
                   "header=present");
    assert_refused(",0,1\n0,5,6\n", NEURON_E_DATA, "say header=present");
    assert_refused("label,0,2\n0,5,6\n", NEURON_E_DATA, "say header=present");
    assert_refused("10,0,1\n0,5,6\n", NEURON_E_DATA, "say header=present");
    assert_refused("10,5,6\n0,5,6\n", NEURON_E_DATA, "say header=present");
}
END_TEST

/* ---- Where the label is ---- */

enum { FIRST = 1, LAST = -1, NONE = -10 };

static int read_label(neuron_dataset_t **dataset, const char *text, int32_t label, const char *name)
{
    char options[120], number[16];
    snprintf(number, sizeof number, "%d", label);
    snprintf(options, sizeof options, "classes=10, type=f32, label=%s",
             name            ? name
             : label == 0    ? "guess"
             : label == LAST ? "last"
             : label == NONE ? "none"
                             : number);
    return read_as(dataset, text, strlen(text), options);
}

/* Two rows of labels 3 and 9, and of `count` values 1, 2, ... */
static void assert_label(const char *text, int32_t label, const char *name, int count)
{
    neuron_dataset_t *dataset;
    float met[8];
    int32_t labels[2];
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(read_label(&dataset, text, label, name));
    assert_ok(neuron_dataset_shape(shape, &rank, dataset));
    ck_assert_int_eq(neuron_dataset_count(dataset), 2);
    ck_assert_int_eq(shape[0], count);
    assert_ok(neuron_dataset_read(met, labels, dataset, 0, 2));
    for (int i = 0; i < 2 * count; i++)
        ck_assert_float_eq(met[i], (float)(i + 1));
    ck_assert_int_eq(labels[0], label == NONE ? 0 : 3);
    ck_assert_int_eq(labels[1], label == NONE ? 0 : 9);
    neuron_dataset_unref(dataset);
}

static void assert_label_refused(const char *text, int32_t label, const char *name, int status,
                                 const char *message)
{
    neuron_dataset_t *dataset;
    assert_status(read_label(&dataset, text, label, name), status);
    assert_message(message);
}

START_TEST(label_is_where_it_is_said)
{
    int32_t first = FIRST, last = LAST, none = NONE;
    assert_label("a,b,label\n1,2,3\n3,4,9\n", last, NULL, 2);
    assert_label("1,2,3\n3,4,9\n", last, NULL, 2);
    assert_label("1,2,3\n3,4,9\n", 3, NULL, 2);
    assert_label("1,3,2\n3,9,4\n", 2, NULL, 2);
    assert_label("a,class,c\n1,3,2\n3,9,4\n", 2, NULL, 2);
    assert_label("id,b\n3,1\n9,2\n", first, NULL, 1);
    assert_label("pixel0,pixel1\n1,2\n3,4\n", none, NULL, 2);
    assert_label("pixel0\n1\n2\n", none, NULL, 1);
    assert_label("1,2\n3,4\n", none, NULL, 2);
    assert_label("0,1\n1,2\n3,4\n", none, NULL, 2); /* names that count */
    assert_label("0,1,2\n1,2,3\n3,4,9\n", last, NULL, 2);
    assert_label("a,label\n1,3\n2,9\n", 0, "label", 1);
    assert_label("a, \"my \"\"label\"\"\" ,c\n1,3,2\n3,9,4\n", 0, "\"my \"\"label\"\"\"", 2);
    assert_label("1,2,0\n3,1,2\n9,3,4\n", 0, "\"1\"", 2); /* a number in quotes is a name */
    assert_label("digit,label\n1,3\n2,9\n", 0, "label", 1);
}
END_TEST

/* What pandas and R write with an index, with names or without. */
START_TEST(index_without_a_name_is_left_out)
{
    int32_t last = LAST, none = NONE;
    assert_label(",label,a,b\n0,3,1,2\n1,9,3,4\n", 0, "label", 2);
    assert_label("\"\",\"a\",\"label\"\n\"1\",1,3\n\"2\",2,9\n", last, NULL, 1);
    assert_label("Unnamed: 0,a,label\n0,1,3\n1,2,9\n", 0, "label", 1);
    assert_label(",a,b\nfirst,1,2\nsecond,3,4\n", none, NULL, 2);
    assert_label(",0,1\n0,1,2\n1,3,4\n", none, NULL, 2);
    assert_label(",a\n3,1\n9,2\n", FIRST, NULL, 1); /* as the caller will have it */
    assert_label_refused(
        ",label\n0,3\n", 0, "label", NEURON_E_FORMAT,
        "no column beside label, targets, what is ignored and an index without a name");
}
END_TEST

#define REMEDY "say where the label is, with label=..."

START_TEST(label_that_may_be_elsewhere_is_refused)
{
#define REFUSED(text, message)                                                                     \
    do {                                                                                           \
        assert_refused(text, NEURON_E_DATA, message);                                              \
        assert_message(REMEDY);                                                                    \
    } while (0)
    REFUSED(",label,a,b\n0,3,1,2\n1,9,3,4\n", "line 1, column 1: the first column has no name");
    REFUSED("\"\",a\n0,3\n", "the first column has no name");
    REFUSED("Unnamed: 0,label\n0,3\n", "the first column has no name");
    REFUSED("pixel0,pixel1,pixel2\n0,3,1\n", "\"pixel0\", seems to be a value like the next");
    REFUSED("1x1,1x2\n0,3\n", "\"1x1\", seems to be a value");
    REFUSED("f9,f10,x\n0,3,1\n", "\"f9\", seems to be a value");
    REFUSED("a,b,Label\n0,3,1\n", "line 1, column 3: \"Label\" may be the label");
    REFUSED("sepal length,species\n0,3\n", "column 2: \"species\" may be the label");
    REFUSED("x,y\n0,3\n", "\"y\" may be the label");
    REFUSED("ImageId,x\n0,3\n", "\"ImageId\", may be an index");
    REFUSED("ID,x\n0,3\n", "\"ID\", may be an index");
    REFUSED("row_id,x\n0,3\n", "\"row_id\", may be an index");
    REFUSED("5.1,3.5,0\n4.9,3,1\n", "label \"5.1\" is not 0 to 9");
#undef REFUSED
    assert_said("label,Target\n1,2\n", NEURON_TYPE_F32, 0, 1, NEURON_TYPE_F32, 2);
    assert_said("CLASS,pixel0,pixel1\n1,2,3\n", NEURON_TYPE_F32, 0, 1, NEURON_TYPE_F32, 2);
    assert_said("class_id,x\n1,2\n", NEURON_TYPE_F32, 0, 1, NEURON_TYPE_F32, 2);
    assert_said("quality,x1,x2\n1,2,3\n", NEURON_TYPE_F32, 0, 1, NEURON_TYPE_F32, 2);
    assert_said("f1,f3\n1,2\n", NEURON_TYPE_F32, 0, 1, NEURON_TYPE_F32, 2);
}
END_TEST

/* A text of rows as a format of one number makes them, the row's place. */
static void write_rows(char *text, size_t room, const char *header, int rows, int first_step,
                       int last_step)
{
    size_t used = (size_t)snprintf(text, room, "%s", header);
    for (int i = 0; i < rows; i++)
        used += (size_t)snprintf(text + used, room - used, "%d,7.5,%d\n", i * first_step,
                                 i * last_step % 10);
}

static int read_many(const char *text)
{
    neuron_dataset_t *dataset;
    int status = read_as(&dataset, text, strlen(text), "classes=100");
    neuron_dataset_unref(dataset);
    return status;
}

START_TEST(many_rows_may_speak_against_the_label)
{
    char text[2000];
    write_rows(text, sizeof text, "", 40, 1, 0);
    assert_status(read_many(text), NEURON_E_DATA);
    assert_message("the first column counts the rows and may be an index: ");
    assert_message(REMEDY);
    write_rows(text, sizeof text, "", 20, 0, 3);
    assert_status(read_many(text), NEURON_E_DATA);
    assert_message("the first column is always 0, while the last could be the label: ");
    assert_message(REMEDY);
    write_rows(text, sizeof text, "a,b,c\n", 20, 0, 3);
    assert_status(read_many(text), NEURON_E_DATA);
    write_rows(text, sizeof text, "label,b,c\n", 20, 0, 3);
    assert_ok(read_many(text));
    write_rows(text, sizeof text, "label,b,c\n", 40, 1, 0);
    assert_ok(read_many(text));
    write_rows(text, sizeof text, "", 20, 2, 3);
    assert_ok(read_many(text));
    write_rows(text, sizeof text, "", 15, 0, 3); /* too few to tell */
    assert_ok(read_many(text));
    write_rows(text, sizeof text, "", 20, 0, 0); /* nothing better */
    assert_ok(read_many(text));
}
END_TEST

START_TEST(label_that_is_not_there_is_refused)
{
    assert_label_refused("a,b\n1,2\n", 0, "income", NEURON_E_DATA,
                         "train.csv: no column is called \"income\" in line 1, which has 2 columns "
                         "from \"a\" to \"b\"");
    assert_label_refused("a,Income\n1,2\n", 0, "income", NEURON_E_DATA,
                         "no column is called \"income\"; did you mean \"Income\"?");
    assert_label_refused("1,2\n3,4\n", 0, "label", NEURON_E_DATA, "no column is called \"label\"");
    assert_label_refused("a,b,a\n1,2,3\n", 0, "a", NEURON_E_DATA,
                         "line 1, column 3: is called \"a\", and so is column 1");
    assert_label_refused("a,b\n1,2\n", 3, NULL, NEURON_E_DATA,
                         "label is said to be in column 3, but line 1 has 2");
    assert_label_refused("a\n1\n", LAST, NULL, NEURON_E_FORMAT, "one column");
    assert_label_refused("1,2\n3,10\n", LAST, NULL, NEURON_E_DATA,
                         "line 2, column 2: label \"10\" is not 0 to 9");
    assert_label_refused("1,2,?\n3,4,5\n", LAST, NULL, NEURON_E_DATA,
                         "line 1, column 3: label \"?\" is not 0 to 9: if the line has names, "
                         "say header=present");
    assert_label_refused(
        "?,5,6\n3,4,7\n", NONE, NULL, NEURON_E_DATA,
        "line 1, column 1: \"?\" is not a number: if the line has names, say header=present");
}
END_TEST

static char lines[2][256];
static int line_count, log_level = NEURON_LOG_INFO;

static void keep_line(int32_t level, const char *category, const char *line, void *user_data)
{
    (void)category;
    (void)user_data;
    ck_assert_int_eq(level, log_level);
    ck_assert_int_lt(line_count, 2);
    snprintf(lines[line_count++], sizeof lines[0], "%s", line);
}

static void assert_logged(const char *text, int32_t type, int32_t header, const char *first,
                          const char *second)
{
    neuron_dataset_t *dataset;
    line_count = 0;
    lines[0][0] = lines[1][0] = '\0';
    assert_ok(read_said(&dataset, text, type, header));
    ck_assert_str_eq(lines[0], first);
    ck_assert_str_eq(lines[1], second);
    neuron_dataset_unref(dataset);
}

START_TEST(guesses_go_to_the_log)
{
    int32_t absent = NEURON_CSV_HEADER_ABSENT;
    assert_ok(neuron_context_set_log(context, NEURON_LOG_INFO, keep_line, NULL, NULL));
    assert_logged("label,a\n1,2\n", 0, NEURON_CSV_HEADER_GUESS,
                  "train.csv: line 1 is taken for names",
                  "train.csv: the values are taken as they are, as float32");
    assert_logged("1,2\n1,2.5\n", 0, NEURON_CSV_HEADER_GUESS,
                  "train.csv: line 1 is taken for an example",
                  "train.csv: the values are taken as they are, as float32");
    char wide[200] = "1";
    for (int i = 0; i < 64; i++)
        strcat(wide, ",2");
    assert_logged(wide, 0, absent, "train.csv: the values are taken for bytes, scaled by 1/255",
                  "");
    assert_logged("1,2\n", NEURON_TYPE_U8, NEURON_CSV_HEADER_GUESS,
                  "train.csv: line 1 is taken for an example", "");
    assert_logged("1,2\n", NEURON_TYPE_F32, absent, "", "");
    log_level = NEURON_LOG_WARNING;
    assert_logged("quality,b\n1,2\n", NEURON_TYPE_F32, NEURON_CSV_HEADER_PRESENT,
                  "train.csv: column 1, \"quality\", is taken for the label", "");
    log_level = NEURON_LOG_INFO;
    line_count = 0;
    assert_label(",label,a\n0,3,1\n1,9,2\n", 0, "label", 1);
    ck_assert_str_eq(lines[0], "train.csv: column 1, \"\", is an index and is left out");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csv-columns");
    TCase *tests = tcase_create("csv-columns");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, header_can_be_said);
    tcase_add_test(tests, header_is_guessed_with_care);
    tcase_add_test(tests, label_is_where_it_is_said);
    tcase_add_test(tests, index_without_a_name_is_left_out);
    tcase_add_test(tests, label_that_may_be_elsewhere_is_refused);
    tcase_add_test(tests, many_rows_may_speak_against_the_label);
    tcase_add_test(tests, label_that_is_not_there_is_refused);
    tcase_add_test(tests, guesses_go_to_the_log);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
