/* Reading comma-separated values: what spreadsheets and Kaggle write, and where it goes wrong. */
#include "test-common.h"

#include "base/float-mode.h"
#include "data/formats/csv.h"
#include "data/formats/decimal.h"

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

static int read_as(neuron_dataset_t **dataset, const char *text, size_t size,
                   const neuron_csv_settings *settings)
{
    *dataset = NULL;
    /* Memory of exactly that size lets the sanitizer see a read behind the end. */
    void *copy = malloc(size ? size : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, size);
    const neuron_content content = neuron_content_of_memory(context, copy, size, "train.csv");
    int status = neuron_csv_read(dataset, &content, settings);
    free(copy);
    ck_assert((status == NEURON_OK) == (*dataset != NULL));
    return status;
}

static int read_shaped(neuron_dataset_t **dataset, const char *text, size_t size,
                       const int64_t *shape, int32_t rank)
{
    const neuron_csv_settings settings = {.class_count = 10, .shape = shape, .rank = rank};
    return read_as(dataset, text, size, &settings);
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

/* ---- What the caller says of a file ---- */

static int read_said(neuron_dataset_t **dataset, const char *text, int32_t type, int32_t header)
{
    const neuron_csv_settings settings = {.class_count = 10, .type = type, .header = header};
    return read_as(dataset, text, strlen(text), &settings);
}

/* How many examples a text has, of which type, and the first input of the first one. */
static void assert_said(const char *text, int32_t type, int32_t header, int64_t count,
                        int32_t becomes, float input)
{
    neuron_dataset_t *dataset;
    float values[2];
    assert_ok(read_said(&dataset, text, type, header));
    ck_assert_int_eq(neuron_dataset_count(dataset), count);
    ck_assert_int_eq(neuron_tensor_type(dataset->examples), becomes);
    assert_ok(neuron_dataset_read(dataset, 0, 1, values, NULL));
    ck_assert_float_eq(values[0], input);
    neuron_dataset_unref(dataset);
}

static void assert_said_refused(const char *text, int32_t type, int32_t header, int status,
                                const char *message)
{
    neuron_dataset_t *dataset;
    assert_status(read_said(&dataset, text, type, header), status);
    assert_message(message);
}

START_TEST(type_of_the_values_can_be_said)
{
    const int32_t guess = NEURON_CSV_HEADER_GUESS;
    assert_said("3,51,2\n", 0, guess, 1, NEURON_U8, 51 * (float)(1.0f / 255));
    assert_said("3,51,2\n", NEURON_U8, guess, 1, NEURON_U8, 51 * (float)(1.0f / 255));
    assert_said("3,51,2\n", NEURON_F32, guess, 1, NEURON_F32, 51);
    assert_said("3,51,256\n", NEURON_F32, guess, 1, NEURON_F32, 51);
    assert_said("3,51,256\n", 0, guess, 1, NEURON_F32, 51);
#define NO_BYTE(text, message)                                                                     \
    assert_said_refused(text, NEURON_U8, guess, NEURON_E_FORMAT,                                   \
                        "train.csv: " message " is not a whole number from 0 to 255")
    NO_BYTE("3,51,2\n4,256,0\n", "line 2, column 2: \"256\"");
    NO_BYTE("3,51,-1\n", "line 1, column 3: \"-1\"");
    NO_BYTE("l,a,b\n3,51,1\n3,0.5,1\n", "line 3, column 2: \"0.5\"");
#undef NO_BYTE
}
END_TEST

START_TEST(header_can_be_said)
{
    const int32_t present = NEURON_CSV_HEADER_PRESENT, absent = NEURON_CSV_HEADER_ABSENT;
    static const char columns[] = "0,1,2\n1,5,6\n", named[] = "?,1,2\n1,5,6\n0,7,8\n";
    assert_said(columns, NEURON_F32, absent, 2, NEURON_F32, 1);
    assert_said(columns, NEURON_F32, present, 1, NEURON_F32, 5);
    assert_said(named, NEURON_F32, present, 2, NEURON_F32, 5);
    assert_said("7,1,2\n1,5,6\n", NEURON_F32, present, 1, NEURON_F32, 5);
    assert_said_refused(named, 0, absent, NEURON_E_FORMAT,
                        "line 1, column 1: \"?\" is not a number");
    assert_said_refused("label,a,b\n1,5,6\n", 0, absent, NEURON_E_FORMAT,
                        "line 1, column 1: \"label\" is not a number");
    assert_said_refused("1,2,3\n", 0, present, NEURON_E_FORMAT, "no rows follow the names");
}
END_TEST

/* What pandas writes above an array without names, also beside a named label; and rows of which only
 * the label is wrong. */
START_TEST(header_is_guessed_with_care)
{
    assert_said("0,1,2\n1,5,6\n", NEURON_F32, NEURON_CSV_HEADER_GUESS, 1, NEURON_F32, 5);
    assert_said("\"0\",\"1\",\"2\"\n1,5,6\n", NEURON_F32, NEURON_CSV_HEADER_GUESS, 1, NEURON_F32,
                5);
    assert_said("0,1,3\n1,5,6\n", NEURON_F32, NEURON_CSV_HEADER_GUESS, 2, NEURON_F32, 1);
    assert_said("label,0,1\n1,5,6\n", NEURON_F32, NEURON_CSV_HEADER_GUESS, 1, NEURON_F32, 5);
    assert_said("\"label\",\"0\",\"1\"\n1,5,6\n", NEURON_F32, NEURON_CSV_HEADER_GUESS, 1,
                NEURON_F32, 5);
    assert_said("label,0,x\n1,5,6\n", NEURON_F32, NEURON_CSV_HEADER_GUESS, 1, NEURON_F32, 5);
    assert_said("0,1,x\n1,5,6\n", NEURON_F32, NEURON_CSV_HEADER_PRESENT, 1, NEURON_F32, 5);
    assert_refused("?,1,2\n1,5,6\n0,7,8\n", NEURON_E_DATA,
                   "line 1, column 1: label \"?\" is not 0 to 9: if the line has names, say "
                   "NEURON_CSV_HEADER_PRESENT");
    assert_refused(",0,1\n0,5,6\n", NEURON_E_DATA, "say NEURON_CSV_HEADER_PRESENT");
    assert_refused("label,0,2\n0,5,6\n", NEURON_E_DATA, "say NEURON_CSV_HEADER_PRESENT");
    assert_refused("10,0,1\n0,5,6\n", NEURON_E_DATA, "say NEURON_CSV_HEADER_PRESENT");
    assert_refused("10,5,6\n0,5,6\n", NEURON_E_DATA, "say NEURON_CSV_HEADER_PRESENT");
}
END_TEST

/* ---- Where the label is ---- */

static int read_label(neuron_dataset_t **dataset, const char *text, int32_t label, const char *name)
{
    const neuron_csv_settings settings = {
        .class_count = 10, .type = NEURON_F32, .label = label, .label_name = name};
    return read_as(dataset, text, strlen(text), &settings);
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
    assert_ok(neuron_dataset_shape(dataset, shape, &rank));
    ck_assert_int_eq(neuron_dataset_count(dataset), 2);
    ck_assert_int_eq(shape[0], count);
    assert_ok(neuron_dataset_read(dataset, 0, 2, met, labels));
    for (int i = 0; i < 2 * count; i++)
        ck_assert_float_eq(met[i], (float)(i + 1));
    ck_assert_int_eq(labels[0], label == NEURON_CSV_LABEL_NONE ? 0 : 3);
    ck_assert_int_eq(labels[1], label == NEURON_CSV_LABEL_NONE ? 0 : 9);
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
    const int32_t first = NEURON_CSV_LABEL_FIRST, last = NEURON_CSV_LABEL_LAST,
                  none = NEURON_CSV_LABEL_NONE;
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
    assert_label("a, \"my \"\"label\"\"\" ,c\n1,3,2\n3,9,4\n", 0, "my \"label\"", 2);
    assert_label("1,2,0\n3,1,2\n9,3,4\n", 0, "1", 2); /* numbers are names where a name is sought */
    assert_label("digit,label\n1,3\n2,9\n", 0, "label", 1);
}
END_TEST

/* What pandas and R write with an index, with names or without. */
START_TEST(index_without_a_name_is_left_out)
{
    const int32_t last = NEURON_CSV_LABEL_LAST, none = NEURON_CSV_LABEL_NONE;
    assert_label(",label,a,b\n0,3,1,2\n1,9,3,4\n", 0, "label", 2);
    assert_label("\"\",\"a\",\"label\"\n\"1\",1,3\n\"2\",2,9\n", last, NULL, 1);
    assert_label("Unnamed: 0,a,label\n0,1,3\n1,2,9\n", 0, "label", 1);
    assert_label(",a,b\nfirst,1,2\nsecond,3,4\n", none, NULL, 2);
    assert_label(",0,1\n0,1,2\n1,3,4\n", none, NULL, 2);
    assert_label(",a\n3,1\n9,2\n", NEURON_CSV_LABEL_FIRST, NULL,
                 1); /* as the caller will have it */
    assert_label_refused(",label\n0,3\n", 0, "label", NEURON_E_FORMAT,
                         "no column beside the label and one without a name");
}
END_TEST

#define REMEDY "neuron_dataset_load_csv_with_label()"

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
    assert_said("label,Target\n1,2\n", NEURON_F32, 0, 1, NEURON_F32, 2);
    assert_said("CLASS,pixel0,pixel1\n1,2,3\n", NEURON_F32, 0, 1, NEURON_F32, 2);
    assert_said("class_id,x\n1,2\n", NEURON_F32, 0, 1, NEURON_F32, 2);
    assert_said("quality,x1,x2\n1,2,3\n", NEURON_F32, 0, 1, NEURON_F32, 2);
    assert_said("f1,f3\n1,2\n", NEURON_F32, 0, 1, NEURON_F32, 2);
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
    const neuron_csv_settings settings = {.class_count = 100};
    neuron_dataset_t *dataset;
    int status = read_as(&dataset, text, strlen(text), &settings);
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
                         "the label is said to be in column 3, but line 1 has 2");
    assert_label_refused("a\n1\n", NEURON_CSV_LABEL_LAST, NULL, NEURON_E_FORMAT, "one column");
    assert_label_refused("1,2\n3,10\n", NEURON_CSV_LABEL_LAST, NULL, NEURON_E_DATA,
                         "line 2, column 2: label \"10\" is not 0 to 9");
    assert_label_refused("1,2,?\n3,4,5\n", NEURON_CSV_LABEL_LAST, NULL, NEURON_E_DATA,
                         "line 1, column 3: label \"?\" is not 0 to 9: if the line has names, say "
                         "NEURON_CSV_HEADER_PRESENT");
    assert_label_refused("?,5,6\n3,4,7\n", NEURON_CSV_LABEL_NONE, NULL, NEURON_E_DATA,
                         "line 1, column 1: \"?\" is not a number: if the line has names, say");
}
END_TEST

/* ---- What is no such text ---- */

static void assert_bytes_refused(const char *bytes, size_t size, const char *message)
{
    neuron_dataset_t *dataset;
    assert_status(read_shaped(&dataset, bytes, size, NULL, 0), NEURON_E_FORMAT);
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
    REFUSED("\xff\xfe\0\0l\0\0\0", "is UTF-32");
    REFUSED("\0\0\xfe\xff\0\0\0l", "is UTF-32");
    REFUSED("PK\3\4xl/workbook.xml", "is a zip archive or a workbook (.xlsx, .ods)");
    REFUSED("\xd0\xcf\x11\xe0\xa1", "is a workbook (.xls), not comma-separated text");
    REFUSED("label,a\n1,2\0\n", "line 2: a NUL byte, at byte 11: the file is binary or damaged");
    REFUSED("label,a\n1,2\n\0", "line 3: a NUL byte, at byte 12");
    REFUSED("\0", "line 1: a NUL byte, at byte 0");
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

static char lines[2][256];
static int line_count, log_level = NEURON_LOG_INFO;

static void keep_line(int32_t level, const char *line, void *user_data)
{
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
    const int32_t absent = NEURON_CSV_HEADER_ABSENT;
    assert_ok(neuron_context_set_log(context, NEURON_LOG_INFO, keep_line, NULL));
    assert_logged("label,a\n1,2\n", 0, NEURON_CSV_HEADER_GUESS,
                  "train.csv: line 1 is taken for names",
                  "train.csv: the values are taken for bytes, scaled by 1/255");
    assert_logged("1,2\n1,2.5\n", 0, NEURON_CSV_HEADER_GUESS,
                  "train.csv: line 1 is taken for an example",
                  "train.csv: the values are taken as they are, as float32");
    assert_logged("1,2\n", 0, absent, "train.csv: the values are taken for bytes, scaled by 1/255",
                  "");
    assert_logged("1,2\n", NEURON_U8, NEURON_CSV_HEADER_GUESS,
                  "train.csv: line 1 is taken for an example", "");
    assert_logged("1,2\n", NEURON_F32, absent, "", "");
    log_level = NEURON_LOG_WARNING;
    assert_logged("quality,b\n1,2\n", NEURON_F32, NEURON_CSV_HEADER_PRESENT,
                  "train.csv: column 1, \"quality\", is taken for the label", "");
    log_level = NEURON_LOG_INFO;
    line_count = 0;
    assert_label(",label,a\n0,3,1\n1,9,2\n", 0, "label", 1);
    ck_assert_str_eq(lines[1], "train.csv: column 1, \"\", is an index and is left out");
}
END_TEST

static bool parse(const char *text, double *value, float *nearest)
{
    float ours;
    double also;
    bool read = neuron_decimal_parse((const uint8_t *)text, strlen(text), value, nearest);
    FLOAT_SCOPE; /* in which subnormal numbers count as 0 */
    ck_assert(neuron_decimal_parse((const uint8_t *)text, strlen(text), &also, &ours) == read);
    assert_that(!read || memcmp(&ours, nearest, sizeof ours) == 0, "%s", text);
    return read;
}

START_TEST(reads_numbers_as_c_does)
{
    float nearest;
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
        ck_assert(parse(texts[i], &value, &nearest));
        assert_that(nearest == strtof(texts[i], NULL), "%s: %.9g", texts[i], (double)nearest);
        assert_that(fabs(value - expected) <= 1e-15 * fabs(expected) + 1e-322, "%s: %.17g",
                    texts[i], value);
    }
    double value;
    ck_assert(parse("-1e999999999999999999999", &value, &nearest));
    ck_assert(isinf(value) && value < 0 && isinf(nearest) && nearest < 0);
    static const char *const none[] = {"",    ".",   "-",   "e5",  "1e",  "1e+", "1x",
                                       "1 2", "0x1", "nan", "inf", "1,5", "--1", "1.2.3"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_that(!parse(none[i], &value, &nearest), "%s", none[i]);
}
END_TEST

static void assert_nearest(const char *text, float right)
{
    double value;
    float nearest;
    ck_assert(parse(text, &value, &nearest));
    assert_that(memcmp(&nearest, &right, sizeof right) == 0, "%s: %.9g, not %.9g", text,
                (double)nearest, (double)right);
}

/* Texts of the middle between two floats, and of numbers as near to it as digits can tell. `high` is
 * what is not nearer to `low`, as the middle itself is where it is even. */
static void assert_middle(float low, float high, double middle, bool high_is_even)
{
    char text[1400];
    int size = snprintf(text, sizeof text, "%.160f", middle);
    assert_nearest(text, high_is_even ? high : low);
    char *last = text + size;
    snprintf(last, 1000, "%0800d", 0);
    assert_nearest(text, high_is_even ? high : low);
    text[size + 799] = '1';
    assert_nearest(text, high);
    snprintf(last, 8, "e-0");
    assert_nearest(text, high_is_even ? high : low);
    *last = '\0';
    while (*--last == '0' || *last == '.')
        if (*last == '0')
            *last = '9';
    --*last;
    assert_nearest(text, low);
    snprintf(text + size, 1000, "%0799d", 7);
    assert_nearest(text, low);
}

/* A middle is a double, whatever its digits in a text make of it. */
START_TEST(numbers_are_the_nearest_floats)
{
    uint64_t state = 99;
    for (uint32_t i = 0; i < 6000; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint32_t bits = (uint32_t)(state >> 33) % 0x7f7fffff;
        bits = i < 300 ? i : i < 600 ? (i - 300) % 254 << 23 : i % 3 ? bits : bits % 0x800000;
        float low, high;
        char text[64];
        memcpy(&low, &bits, sizeof bits);
        bits++;
        memcpy(&high, &bits, sizeof bits);
        assert_middle(low, high, (double)low / 2 + (double)high / 2, bits % 2 == 0);
        snprintf(text, sizeof text, "%.*g", (int)(state >> 20 & 31), (double)low);
        assert_nearest(text, strtof(text, NULL));
    }
    assert_middle(0x1.fffffep127f, INFINITY, 0x1.ffffffp127, true);
    assert_nearest("3965.8116455078125", 3965.8115234375f);
    assert_nearest("7373.1110839843751", 7373.111328125f);
    assert_nearest("-7373.1110839843749", -7373.11083984375f);
#define SMALLEST_HALF                                                                              \
    "7."                                                                                           \
    "0064923216240853546186479164495806564013097093825788587853414194489554134293030074331909418"  \
    "1060791015625"
    assert_nearest(SMALLEST_HALF "e-46", 0);
    assert_nearest("-" SMALLEST_HALF "0e-46", -0.0f);
    assert_nearest(SMALLEST_HALF "000001e-46", 0x1p-149f);
#undef SMALLEST_HALF
}
END_TEST

/* An exponent and zeros that cancel each other. */
START_TEST(numbers_are_as_long_as_they_are)
{
    enum { ZEROS = 300000 };
    char *text = malloc(ZEROS + 64);
    ck_assert_ptr_nonnull(text);
    memset(text, '0', ZEROS);
    text[1] = '.';
    snprintf(text + ZEROS, 64, "39658116455078125e%d", ZEROS + 2);
    assert_nearest(text, 3965.8115234375f);
    memset(text, '0', ZEROS);
    memcpy(text, "39658116455078125", 17);
    snprintf(text + ZEROS, 64, ".00e%d", 4 - ZEROS);
    assert_nearest(text, 3965.8115234375f);
    text[ZEROS + 2] = '1';
    assert_nearest(text, 3965.811767578125f);
    free(text);
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
    assert_ok(neuron_dataset_load_csv(&dataset, context, path, 10, NULL, 0, 0, 0));
    float value;
    assert_ok(neuron_dataset_read(dataset, 0, 1, &value, NULL));
    ck_assert_float_eq_tol(value, 128.0f / 255, 1e-6f);
    neuron_dataset_unref(dataset);
    assert_status(neuron_dataset_load_csv(&dataset, context, "/nowhere.csv", 10, NULL, 0, 0, 0),
                  NEURON_E_IO);
    ck_assert_ptr_null(dataset);
#define REFUSED(call) assert_status((call), NEURON_E_ARGUMENT)
    REFUSED(neuron_dataset_load_csv(NULL, context, path, 10, NULL, 0, 0, 0));
    REFUSED(neuron_dataset_load_csv(&dataset, NULL, path, 10, NULL, 0, 0, 0));
    REFUSED(neuron_dataset_load_csv(&dataset, context, NULL, 10, NULL, 0, 0, 0));
    REFUSED(neuron_dataset_load_csv(&dataset, context, path, 0, NULL, 0, 0, 0));
    assert_message("neuron_dataset_load_csv: class_count is 0; it must be 1 to 65536");
    REFUSED(neuron_dataset_load_csv(&dataset, context, path, 65537, NULL, 0, 0, 0));
    assert_message("neuron_dataset_load_csv: class_count is 65537; it must be 1 to 65536");
    REFUSED(neuron_dataset_load_csv(&dataset, context, path, 10, NULL, 1, 0, 0));
    assert_message("neuron_dataset_load_csv: shape is NULL, but rank is 1");
    REFUSED(neuron_dataset_load_csv(&dataset, context, path, 10, NULL, -1, 0, 0));
    assert_message("neuron_dataset_load_csv: rank is -1; it must be 0 to 7");
    REFUSED(neuron_dataset_load_csv(&dataset, context, path, 10, NULL, NEURON_RANK_MAX, 0, 0));
    assert_message("neuron_dataset_load_csv: rank is 8; it must be 0 to 7");
    REFUSED(neuron_dataset_load_csv(&dataset, context, path, 10, NULL, 0, NEURON_I32, 0));
    assert_message("neuron_dataset_load_csv: type is 30; it must be NEURON_U8, NEURON_F32 or 0");
    REFUSED(neuron_dataset_load_csv(&dataset, context, path, 10, NULL, 0, -1, 0));
    REFUSED(neuron_dataset_load_csv(&dataset, context, path, 10, NULL, 0, 0, 15));
    assert_message("neuron_dataset_load_csv: header is 15; it must be a NEURON_CSV_HEADER_...");
#define WITH(header, label, name)                                                                  \
    neuron_dataset_load_csv_with_label(&dataset, context, path, 10, NULL, 0, 0, header, label, name)
    REFUSED(WITH(0, -2, NULL));
    assert_message("neuron_dataset_load_csv_with_label: label is -2; it must be the number of a "
                   "column, from 1, or a NEURON_CSV_LABEL_...");
    REFUSED(WITH(0, 1, "label"));
    assert_message("label_name is \"label\" and label 1; with a name, label must be "
                   "NEURON_CSV_LABEL_GUESS");
    REFUSED(WITH(NEURON_CSV_HEADER_ABSENT, 0, "label"));
    assert_message("label_name is \"label\", but header is NEURON_CSV_HEADER_ABSENT");
    assert_ok(WITH(0, 0, "label"));
    neuron_dataset_unref(dataset);
    assert_ok(WITH(0, NEURON_CSV_LABEL_NONE, NULL));
    neuron_dataset_unref(dataset);
#undef WITH
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
    tcase_add_test(tests, type_of_the_values_can_be_said);
    tcase_add_test(tests, header_can_be_said);
    tcase_add_test(tests, header_is_guessed_with_care);
    tcase_add_test(tests, label_is_where_it_is_said);
    tcase_add_test(tests, index_without_a_name_is_left_out);
    tcase_add_test(tests, label_that_may_be_elsewhere_is_refused);
    tcase_add_test(tests, many_rows_may_speak_against_the_label);
    tcase_add_test(tests, label_that_is_not_there_is_refused);
    tcase_add_test(tests, says_what_a_file_is);
    tcase_add_test(tests, guesses_go_to_the_log);
    tcase_add_test(tests, reads_numbers_as_c_does);
    tcase_add_test(tests, numbers_are_the_nearest_floats);
    tcase_add_test(tests, numbers_are_as_long_as_they_are);
    tcase_add_test(tests, does_not_depend_on_the_locale);
    tcase_add_test(tests, gives_examples_their_shape);
    tcase_add_test(tests, says_where_it_goes_wrong);
    tcase_add_test(tests, survives_a_cut_anywhere);
    tcase_add_test(tests, loads_files);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
