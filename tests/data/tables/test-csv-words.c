/* Tables with words and gaps: what labels, targets, categories and missing values become, how
 * tables are written, and that neither chunks nor threads can be seen. */
#include "csv-common.h"

#include <math.h>

enum { ROOM = 64 };

static neuron_dataset_t *load(const char *text, const char *options)
{
    neuron_dataset_t *dataset;
    assert_ok(read_as(&dataset, text, strlen(text), options));
    return dataset;
}

static void assert_values(const neuron_dataset_t *dataset, int64_t count, int64_t inputs,
                          const float *expected)
{
    float met[ROOM];
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    ck_assert_int_eq(neuron_dataset_count(dataset), count);
    assert_ok(neuron_dataset_shape(shape, &rank, dataset));
    ck_assert_int_eq(rank, 1);
    ck_assert_int_eq(shape[0], inputs);
    assert_ok(neuron_dataset_read(met, NULL, dataset, 0, count));
    for (int64_t i = 0; i < count * inputs; i++)
        ck_assert_msg(met[i] == expected[i], "value %d is %g, not %g", (int)i, (double)met[i],
                      (double)expected[i]);
}

static void assert_labels(const neuron_dataset_t *dataset, int32_t classes, const int32_t *expected,
                          const char *const *names)
{
    int32_t met[ROOM];
    int64_t count = neuron_dataset_count(dataset);
    ck_assert_int_eq(neuron_dataset_class_count(dataset), classes);
    assert_ok(neuron_dataset_read(NULL, met, dataset, 0, count));
    for (int64_t i = 0; i < count; i++)
        ck_assert_int_eq(met[i], expected[i]);
    for (int32_t k = 0; k < classes; k++) {
        const char *name = neuron_dataset_class_name(dataset, k);
        if (names)
            ck_assert_str_eq(name, names[k]);
        else
            ck_assert_ptr_null(name);
    }
}

static void assert_load_refused(const char *text, const char *options, int status,
                                const char *message)
{
    neuron_dataset_t *dataset;
    assert_status(read_as(&dataset, text, strlen(text), options), status);
    assert_message(message);
}

/* ---- Labels ---- */

static const struct {
    const char *text, *options;
    int32_t classes, labels[4];
    const char *names[4];
} labels[] = {
    {"1,no\n2,yes\n3,no\n4,maybe\n", "label=last", 3, {1, 2, 1, 0}, {"maybe", "no", "yes"}},
    {"a,b\nx,1\nB,2\nx,3\n\xc3\xa4,4\n", "label=a", 3, {1, 0, 1, 2}, {"B", "x", "\xc3\xa4"}},
    {"species,w\nx,1\ny,2\nx,3\ny,4\n", NULL, 2, {0, 1, 0, 1}, {"x", "y"}},
    {"1,a\n2,\"a\"\n3,\"b \"\"c\"\"\"\n4,b \"c\"\n", "label=2", 2, {0, 0, 1, 1}, {"a", "b \"c\""}},
    {"0,7\n1,7\n2,7\n1,7\n", "label=first", 3, {0, 1, 2, 1}, {NULL}},
    {"9,7\n-1,7\n3,7\n3.0,7\n", "label=first", 3, {2, 0, 1, 1}, {"-1", "3", "9"}},
    {"5,7\n6,7\n5,7\n6,7\n", "label=1", 2, {0, 1, 0, 1}, {"5", "6"}},
    {"5,7\n6,7\n5,7\n6,7\n", "label=1, classes=9", 9, {5, 6, 5, 6}, {NULL}},
    {"5,7\n6,7\n5,7\n6,7\n", "label=none", 1, {0, 0, 0, 0}, {NULL}},
    {"5,7\n6,7\n5,7\n6,7\n", "label=none, classes=4", 4, {0, 0, 0, 0}, {NULL}},
    {"x,y,a\n1,2,p\n3,4,q\n1,1,p\n2,2,p\n", "label=-1", 2, {0, 1, 0, 0}, {"p", "q"}},
};

START_TEST(labels_become_classes)
{
    neuron_dataset_t *dataset = load(labels[_i].text, labels[_i].options);
    assert_labels(dataset, labels[_i].classes, labels[_i].labels,
                  labels[_i].names[0] ? labels[_i].names : NULL);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(labels_that_are_none_are_refused)
{
    char text[1200];
    size_t used = 0;
    assert_load_refused("1,2\n1,x\n", "label=last", NEURON_E_DATA,
                        "line 2, column 2: label \"x\" is not an integer");
    assert_load_refused("1,2\n1,0.5\n", "label=last", NEURON_E_DATA,
                        "label \"0.5\" is not an integer; what is no class is to be predicted "
                        "with targets=...");
    assert_load_refused("1,a\n1,?\n1,b\n", "label=last, header=absent", NEURON_E_DATA,
                        "line 2, column 2: there is no label");
    assert_load_refused("1,a\n1,b\n", "label=last, classes=3", NEURON_E_DATA,
                        "classes is 3, but the labels in column 2 are 2 different words");
    assert_load_refused("0,0\n1,90000000\n", "label=last", NEURON_E_DATA,
                        "are 0 to 9e+07: numbers to be predicted are targets=...");
    assert_load_refused("n,w\nAnna,1\nBert,2\n", "header=present", NEURON_E_DATA,
                        "label \"Anna\" is not an integer");
    assert_message("say where the label is, with label=...");
    for (int i = 0; i < 40; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,%d\n", i % 7, 100 + i);
    assert_load_refused(text, "label=last", NEURON_E_DATA,
                        "the labels in column 2 have 40 different values in 40 rows: numbers to be "
                        "predicted are targets=...");
    assert_load_refused("1,a\n2,\xe4\n", "label=last", NEURON_E_FORMAT,
                        "line 2, column 2: the word is not UTF-8");
    assert_load_refused("a,\xe4\n2,1\n", "label=a", NEURON_E_FORMAT,
                        "line 1, column 2: the name is not UTF-8");
}
END_TEST

/* ---- Targets ---- */

static void assert_targets(const char *text, const char *options, size_t outputs,
                           const float *expected)
{
    neuron_dataset_t *dataset = load(text, options);
    float met[ROOM];
    size_t count;
    assert_ok(neuron_dataset_read_targets(met, ROOM, &count, dataset, 0, 2));
    ck_assert_uint_eq(count, 2 * outputs);
    for (size_t i = 0; i < count; i++)
        ck_assert_float_eq(met[i], expected[i]);
    neuron_dataset_unref(dataset);
}

START_TEST(targets_are_any_numbers)
{
    assert_targets("1,2,3.5\n4,5,-6\n", "targets=last", 1, (const float[]){3.5f, -6});
    assert_targets("a,b,c\n1,2,3\n4,5,6\n", "targets=c+a", 2, (const float[]){1, 3, 4, 6});
    assert_targets("a,b,c\nno,2,True\nyes,5,False\n", "targets=a+c", 2,
                   (const float[]){0, 1, 1, 0});
    assert_targets("\"a,b\",\"c+d\",e\n1,2,3\n4,5,6\n", "targets=\"a,b\"+\"c+d\"", 2,
                   (const float[]){1, 2, 4, 5});
    assert_load_refused("a,b\n1,x\n2,y\n3,z\n", "targets=b", NEURON_E_DATA,
                        "line 4, column 2: \"z\" is one more than 2 words");
    assert_load_refused("a,b\n1,x\n2,\n", "targets=b", NEURON_E_DATA,
                        "line 3, column 2: there is no target");
    assert_load_refused("a,b\n1,2\n", "targets=d", NEURON_E_DATA, "no column is called \"d\"");
}
END_TEST

/* ---- Categories and missing values ---- */

#define PEOPLE                                                                                     \
    "age,city,zip,y\n"                                                                             \
    "10,Rome,1,0\n"                                                                                \
    ",Bern,2,1\n"                                                                                  \
    "20,NA,1,1\n"                                                                                  \
    "60,Bern,1,0\n"

static const struct {
    const char *options;
    int64_t inputs;
    float values[ROOM];
} prepared[] = {
    {"missing=mean, categories=one_hot", 4, {10, 0, 1, 1, 30, 1, 0, 2, 20, 1, 0, 1, 60, 1, 0, 1}},
    {"missing=median, categories=index", 3, {10, 1, 1, 20, 0, 2, 20, 0, 1, 60, 0, 1}},
    {"missing=mark, categories=one_hot", 6, {10, 0, 0, 1, 0, 1, 30, 1, 1, 0, 0, 2,
                                             20, 0, 0, 0, 1, 1, 60, 0, 1, 0, 0, 1}},
    {"missing=mark, categories=index", 5, {10, 0, 1, 0, 1, 30, 1, 0, 0, 2,
                                           20, 0, 0, 1, 1, 60, 0, 0, 0, 1}},
    {"missing=mean, categorical=zip, ignore=city", 3, {10, 1, 0, 30, 0, 1, 20, 1, 0, 60, 1, 0}},
    {"missing=mean, ignore=2, na_values=60+x", 2, {10, 1, 15, 2, 20, 1, 15, 1}},
};

START_TEST(values_are_prepared)
{
    char options[120];
    snprintf(options, sizeof options, "label=y, %s", prepared[_i].options);
    neuron_dataset_t *dataset = load(PEOPLE, options);
    ck_assert_int_eq(neuron_dataset_type(dataset), NEURON_TYPE_F32);
    assert_values(dataset, 4, prepared[_i].inputs, prepared[_i].values);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(medians_are_those_of_any_numbers)
{
    static const char text[] = "-3,0\n1e-40,1\n-1e30,1\n?,1\n5,0\n,0\n";
    neuron_dataset_t *dataset = load(text, "label=last, header=absent, missing=median");
    float met[6];
    assert_ok(neuron_dataset_read(met, NULL, dataset, 0, 6));
    ck_assert_float_eq(met[3], (float)((-3 + 1e-40) / 2));
    ck_assert_float_eq(met[5], met[3]);
    neuron_dataset_unref(dataset);
    dataset = load("-3,0\n7,1\n,1\n5,0\n", "label=last, header=absent, missing=median");
    assert_values(dataset, 4, 1, (const float[]){-3, 7, 5, 5});
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(values_that_are_none_are_refused)
{
    assert_load_refused(PEOPLE, "label=y, ignore=city", NEURON_E_FORMAT,
                        "line 3, column 1: there is no number; missing=mean, median or mark");
    assert_load_refused(PEOPLE, "label=y, missing=mean", NEURON_E_FORMAT,
                        "line 2, column 2: \"Rome\" is not a number; categories=one_hot or index");
    assert_load_refused(PEOPLE, "label=y, ignore=age, categories=index", NEURON_E_FORMAT,
                        "line 4, column 2: there is no word, but NA; missing=");
    assert_load_refused("a,b\n1,0\n2,0\nx,0\n3,0\n", "label=b, categories=one_hot", NEURON_E_FORMAT,
                        "line 4, column 1: \"x\" is not a number, but 3 others of the column are: "
                        "say categorical=...");
    assert_load_refused("a,b,c\n?,0,1\n,0,2\n", "label=b, missing=mean", NEURON_E_DATA,
                        "column 1: the column, \"a\", has no value at all");
    assert_load_refused("a;b\n1;2\n", NULL, NEURON_E_FORMAT,
                        "with separator=semicolon it has more");
    assert_load_refused("a,b\nx,y\nz,w\n", "label=2, categories=one_hot", NEURON_E_DATA,
                        "neither this row nor the next has a number: say header=present or absent");
}
END_TEST

START_TEST(too_many_words_are_no_categories)
{
    enum { WORDS = 1001 };
    static char text[WORDS * 12 + 8];
    size_t used = (size_t)snprintf(text, sizeof text, "w,y\n");
    for (int i = 0; i < WORDS; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "w%d,%d\n", i, i % 2);
    assert_load_refused(text, "label=y, categories=one_hot", NEURON_E_DATA,
                        "line 1002, column 1: \"w1000\" is one more than 1000 words");
    neuron_dataset_t *dataset = load(text, "label=y, categories=index");
    ck_assert_int_eq(neuron_dataset_count(dataset), WORDS);
    neuron_dataset_unref(dataset);
}
END_TEST

/* ---- How tables are written ---- */

static const struct {
    const char *text, *options;
} written[] = {
    {"y,a,b\n0,1.5,2\n1,-3,4\n", NULL},
    {"y;a;b\n0;1.5;2\n1;-3;4\n", "separator=;"},
    {"y;a;b\r\n0;1,5;2\r\n1;-3;4", "separator=semicolon, decimal=comma"},
    {"y,a,b\n0,\"1,5\",2\n1,-3,\"4,0\"\n", "decimal=comma"},
    {"\xef\xbb\xbfy\ta\tb\n0\t1.5 \t 2\n1\t-3\t4\n", "separator=tab"},
    {"y|a|b\n0|1.5|2\n1|-3|4\n", "separator=|"},
    {"  y  a \t b\n0 1.5   2  \n 1 -3 4\n", "separator=space"},
    {"\"y\" \"a\"\t\"b\"\n0 \"1.5\"  2 \n\"1\" -3 \"4\" \n", "separator=space"},
    {"# from a ship\n\ny,a,b\n0,1.5,2\n#1,2,3\n\n1,-3,4\n# \"end\n\n", "comment=#"},
    {"%\ny,a,b\n%\n%\n0,1.5,2\r\n%,\r\n1,-3,4", "comment=%"},
    {"0,1.5,2\n1,-3,4\n", "header=absent"},
    {"a,b,y\n1.5,2,0\n-3,4,1\n", "label=y"},
    {"a,\" y \",b\n1.5,0,2\n-3,1,4\n", "label=\" y \""},
    {"a,b,1\n1.5,2,0\n-3,4,1\n", "label=\"1\""},
    {"a,b,last\n1.5,2,0\n-3,4,1\n", "label=\"last\""},
    {"id,a,y,b,x\n7,1.5,0,2,z\n8,-3,1,4,\"z\n\"\n", "label=y, ignore=id+-1"},
};

START_TEST(tables_may_be_written_in_many_ways)
{
    neuron_dataset_t *dataset = load(written[_i].text, written[_i].options);
    assert_values(dataset, 2, 2, (const float[]){1.5f, 2, -3, 4});
    assert_labels(dataset, 2, (const int32_t[]){0, 1}, NULL);
    neuron_dataset_unref(dataset);
}
END_TEST

/* ---- Chunks and threads ---- */

enum { ROWS = 30000, LINE = 60 };

/* Rows of several chunks, some of which go over lines and end in quotes. */
static char *write_many(bool quotes, int wrong)
{
    char *text = malloc((size_t)ROWS * LINE);
    size_t used = (size_t)sprintf(text, "y,a,w,b\n");
    for (int i = 0; i < ROWS; i++) {
        used += (size_t)sprintf(text + used, "%d,%.9g,", i % 3, i * 0.37 - 900);
        used += (size_t)sprintf(text + used, quotes && i % 5 == 0 ? "\"x\n,%d\"" : "x%d", i % 11);
        used += (size_t)sprintf(text + used, ",%s\n", i == wrong ? "?" : i % 2 ? "255" : "-7e-3");
    }
    return text;
}

START_TEST(chunks_cannot_be_seen)
{
    static float first[ROWS * 4], other[ROWS * 4];
    char *text = write_many(_i == 1, -1);
    for (int threads = 1; threads <= 4; threads += 3) {
        assert_ok(neuron_context_set_number(context, "threads", threads));
        neuron_dataset_t *dataset = load(text, "label=y, categories=index, missing=mean");
        ck_assert_int_eq(neuron_dataset_count(dataset), ROWS);
        assert_ok(neuron_dataset_read(threads == 1 ? first : other, NULL, dataset, 0, ROWS));
        neuron_dataset_unref(dataset);
    }
    ck_assert_mem_eq(first, other, sizeof(float) * 3 * ROWS);
    for (int i = 0; i < ROWS; i++) {
        char number[32];
        snprintf(number, sizeof number, "%.9g", i * 0.37 - 900);
        assert_that(first[3 * i] == strtof(number, NULL), "row %d", i);
        assert_that(first[3 * i + 2] == (i % 2 ? 255.0f : -7e-3f), "row %d", i);
    }
    free(text);
}
END_TEST

START_TEST(the_first_wrong_row_is_told)
{
    char expected[80];
    int wrong = ROWS * 2 / 3;
    char *text = write_many(false, wrong);
    text[strlen(text) - 2] = 'z'; /* a later one is wrong too */
    snprintf(expected, sizeof expected, "line %d, column 4: \"?\" is not a number", wrong + 2);
    for (int i = 0; i < 5; i++)
        assert_load_refused(text, "label=y, ignore=w", NEURON_E_FORMAT, expected);
    free(text);
}
END_TEST

/* Bytes are a guess that the last value may break. */
START_TEST(a_guess_of_bytes_is_taken_back)
{
    enum { COUNT = 50000 };
    char *text = malloc((size_t)COUNT * 16);
    size_t used = 0;
    for (int i = 0; i < COUNT; i++)
        used += (size_t)sprintf(text + used, "%d,%d,%d\n", i % 2, i % 256, i * 7 % 256);
    neuron_dataset_t *dataset = load(text, "label=1, shape=2");
    ck_assert_int_eq(neuron_dataset_type(dataset), NEURON_TYPE_U8);
    neuron_dataset_unref(dataset);
    sprintf(text + used, "1,2,256\n");
    dataset = load(text, "label=1, shape=2");
    ck_assert_int_eq(neuron_dataset_type(dataset), NEURON_TYPE_F32);
    float met[2];
    assert_ok(neuron_dataset_read(met, NULL, dataset, COUNT, 1));
    ck_assert(met[0] == 2 && met[1] == 256);
    neuron_dataset_unref(dataset);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csv-words");
    TCase *tests = tcase_create("csv-words");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
#define LOOP(test, array) tcase_add_loop_test(tests, test, 0, sizeof array / sizeof array[0])
    LOOP(labels_become_classes, labels);
    tcase_add_test(tests, labels_that_are_none_are_refused);
    tcase_add_test(tests, targets_are_any_numbers);
    LOOP(values_are_prepared, prepared);
    tcase_add_test(tests, medians_are_those_of_any_numbers);
    tcase_add_test(tests, values_that_are_none_are_refused);
    tcase_add_test(tests, too_many_words_are_no_categories);
    LOOP(tables_may_be_written_in_many_ways, written);
    tcase_add_loop_test(tests, chunks_cannot_be_seen, 0, 2);
    tcase_add_test(tests, the_first_wrong_row_is_told);
    tcase_add_test(tests, a_guess_of_bytes_is_taken_back);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
