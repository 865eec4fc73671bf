/* The preparation of a table: other tables and single rows read by it, its text, and what is
 * refused. */
#include "csv-common.h"

#include <stdio.h>

static const char people[] = "age,city,id,income\n"
                             "10,Rome,1,high\n"
                             ",Bern,2,low\n"
                             "20,\"Bern\",3,low\n"
                             "60,Oslo,4,high\n";

#define OPTIONS "label=income, ignore=id, categories=one_hot"

static neuron_dataset_t *load(const char *text, const char *options)
{
    neuron_dataset_t *dataset;
    assert_ok(read_as(&dataset, text, strlen(text), options));
    return dataset;
}

static int load_like(neuron_dataset_t **dataset, const char *text, const neuron_dataset_t *like)
{
    return neuron_dataset_load_csv_prepared_memory(dataset, context, text, strlen(text),
                                                   neuron_dataset_preparation(like));
}

static char *json_of(const neuron_preparation_t *preparation)
{
    size_t size;
    assert_ok(neuron_preparation_json(NULL, 0, &size, preparation));
    char *json = malloc(size);
    assert_status(neuron_preparation_json(json, size - 1, NULL, preparation), NEURON_E_ARGUMENT);
    assert_ok(neuron_preparation_json(json, size, NULL, preparation));
    ck_assert_uint_eq(strlen(json), size - 1);
    return json;
}

/* ---- Other tables ---- */

/* age, whether it is missing, and Bern, Oslo, Rome: no city is missing. */
static const struct {
    const char *text;
    int32_t label;
    float values[5];
} alike[] = {
    {"age,city,id,income\n5,Oslo,9,low\n", 1, {5, 0, 0, 1, 0}},
    {"income,city,age\nhigh,Bern,7\n", 0, {7, 0, 1, 0, 0}},
    {"x,city,y,age,z\nq,Rome,r,,s\n", 0, {30, 1, 0, 0, 1}},
    {"city,age\nParis,1\n", 0, {1, 0, 1, 0, 0}},
    {"age,city,id,income\n\"1\",?,,\"low\"\n", 1, {1, 0, 1, 0, 0}},
};

START_TEST(other_tables_are_read_alike)
{
    neuron_dataset_t *train = load(people, OPTIONS ", missing=mark"), *test;
    float met[5];
    int32_t label;
    assert_ok(load_like(&test, alike[_i].text, train));
    ck_assert_int_eq(neuron_dataset_class_count(test), 2);
    ck_assert_str_eq(neuron_dataset_class_name(test, 1), "low");
    assert_ok(neuron_dataset_read(met, &label, test, 0, 1));
    ck_assert_int_eq(label, alike[_i].label);
    for (int i = 0; i < 5; i++)
        ck_assert_float_eq(met[i], alike[_i].values[i]);
    neuron_dataset_unref(test);
    neuron_dataset_unref(train);
}
END_TEST

/* A file as well, with the scale of the dataset, which may be a subset of the table's. */
START_TEST(files_are_read_like_a_dataset)
{
    const char *path = test_file("new.csv");
    static const char text[] = "age,city\n20,Oslo\n";
    test_write_file(path, text, sizeof text - 1);
    neuron_dataset_t *table = load(people, OPTIONS ", missing=mean"), *train, *test;
    float met[4], again[4];
    double scales[4], offsets[4];
    assert_ok(neuron_dataset_subset(&train, table, 1, 3));
    neuron_dataset_unref(table);
    assert_ok(neuron_dataset_standardize_channels(train, train));
    assert_ok(neuron_dataset_scales(scales, offsets, 4, NULL, train));
    assert_ok(neuron_dataset_load_csv_like(&test, context, path, train));
    assert_ok(neuron_dataset_read(met, NULL, test, 0, 1));
    ck_assert_float_eq(met[0], (float)(20 * scales[0] + offsets[0]));
    ck_assert_float_eq(met[2], (float)(1 * scales[2] + offsets[2]));
    neuron_dataset_unref(test);
    assert_ok(neuron_dataset_load_csv_like_memory(&test, context, text, sizeof text - 1, train));
    assert_ok(neuron_dataset_read(again, NULL, test, 0, 1));
    ck_assert_mem_eq(again, met, 3 * sizeof *met);
    neuron_dataset_unref(test);
    assert_ok(
        neuron_dataset_load_csv_prepared(&test, context, path, neuron_dataset_preparation(train)));
    assert_ok(neuron_dataset_read(met, NULL, test, 0, 1));
    ck_assert_float_eq(met[0], 20);
    neuron_dataset_unref(test);
#define REFUSED(call) assert_status((call), NEURON_E_ARGUMENT)
    REFUSED(neuron_dataset_load_csv_like(NULL, context, path, train));
    REFUSED(neuron_dataset_load_csv_like(&test, NULL, path, train));
    REFUSED(neuron_dataset_load_csv_like(&test, context, NULL, train));
    REFUSED(neuron_dataset_load_csv_like(&test, context, path, NULL));
    REFUSED(neuron_dataset_load_csv_like_memory(NULL, context, text, 1, train));
    REFUSED(neuron_dataset_load_csv_like_memory(&test, NULL, text, 1, train));
    REFUSED(neuron_dataset_load_csv_like_memory(&test, context, text, 1, NULL));
    REFUSED(neuron_dataset_load_csv_prepared(NULL, context, path, NULL));
    REFUSED(neuron_dataset_load_csv_prepared(&test, NULL, path, NULL));
    REFUSED(neuron_dataset_load_csv_prepared(&test, context, NULL, NULL));
    REFUSED(neuron_dataset_load_csv_prepared(&test, context, path, NULL));
    REFUSED(neuron_dataset_load_csv_prepared_memory(NULL, context, path, 1, NULL));
    REFUSED(neuron_dataset_load_csv_prepared_memory(&test, NULL, path, 1, NULL));
    REFUSED(neuron_dataset_load_csv_prepared_memory(&test, context, path, 1, NULL));
#undef REFUSED
    neuron_dataset_unref(train);
    assert_ok(neuron_dataset_generate_glyphs(&train, context, 10, 8, 8, 1));
    ck_assert_ptr_null(neuron_dataset_preparation(train));
    assert_status(neuron_dataset_load_csv_like(&test, context, path, train), NEURON_E_DATA);
    assert_status(neuron_dataset_load_csv_like_memory(&test, context, text, 1, train),
                  NEURON_E_DATA);
    assert_message("cannot be read like a dataset that is of no table");
    neuron_dataset_unref(train);
    ck_assert_ptr_null(neuron_dataset_preparation(NULL));
}
END_TEST

START_TEST(tables_without_names_go_by_places)
{
    neuron_dataset_t *train = load("1;x;0,5;a\n2;y;1,5;b\n",
                                   "label=last, ignore=1, separator=;, decimal=comma, "
                                   "categories=index, header=absent"),
                     *test;
    float met[2];
    int32_t label;
    assert_ok(load_like(&test, "7;y;2,5;a\n", train));
    assert_ok(neuron_dataset_read(met, &label, test, 0, 1));
    ck_assert(met[0] == 1 && met[1] == 2.5f && label == 0);
    neuron_dataset_unref(test);
    assert_ok(load_like(&test, "x;-1,5\n", train));
    assert_ok(neuron_dataset_read(met, &label, test, 0, 1));
    ck_assert(met[0] == 0 && met[1] == -1.5f && label == 0);
    neuron_dataset_unref(test);
    assert_status(load_like(&test, "x;-1,5;3\n", train), NEURON_E_DATA);
    assert_message("line 1 has 3 columns; it must have those of the other table, 4, or of its "
                   "inputs, 2");
    neuron_dataset_unref(train);
}
END_TEST

START_TEST(targets_and_numbers_of_classes_are_kept)
{
    neuron_dataset_t *train = load("a,b,c\n1,no,2\n3,yes,4\n", "targets=b+c"), *test;
    float met[2];
    assert_ok(load_like(&test, "c,b,a\n-1,yes,5\n", train));
    assert_ok(neuron_dataset_read_targets(met, 2, NULL, test, 0, 1));
    ck_assert(met[0] == 1 && met[1] == -1);
    neuron_dataset_unref(test);
    assert_ok(load_like(&test, "a\n5\n", train));
    assert_ok(neuron_dataset_read_targets(met, 2, NULL, test, 0, 1));
    ck_assert(met[0] == 0 && met[1] == 0);
    neuron_dataset_unref(test);
    assert_status(load_like(&test, "c,a\n5,1\n", train), NEURON_E_DATA);
    assert_message("no column is called \"b\" in line 1, but the other table has it");
    assert_status(load_like(&test, "c,b,a\n1,maybe,2\n", train), NEURON_E_DATA);
    neuron_dataset_unref(train);
    train = load("7,1\n9,2\n3,3\n", "label=1");
    int32_t labels[2];
    assert_ok(load_like(&test, "9.0,1\n7,2\n", train));
    assert_ok(neuron_dataset_read(NULL, labels, test, 0, 2));
    ck_assert(labels[0] == 2 && labels[1] == 1);
    neuron_dataset_unref(test);
    assert_status(load_like(&test, "9,1\n8,2\n", train), NEURON_E_DATA);
    assert_message("line 2, column 1: label \"8\" is none of the 3 classes of the other table");
    neuron_dataset_unref(train);
}
END_TEST

static const struct {
    const char *text;
    int status;
    const char *message;
} unlike[] = {
    {"age,town,id,income\n1,Bern,2,low\n", NEURON_E_DATA, "no column is called \"city\" in line 1"},
    {"age,city,age\n1,Bern,2\n", NEURON_E_DATA, "line 1, column 3: is called \"age\", and so is"},
    {"city,age\nParis,1\n", NEURON_E_DATA,
     "line 2, column 1: \"Paris\" is none of the 3 words of \"city\" in the other table"},
    {"city,age\nBern,\n", NEURON_E_FORMAT, "line 2, column 2: there is no number"},
    {"city,age\n,2\n", NEURON_E_FORMAT, "line 2, column 1: there is no word; missing="},
    {"city,age,income\nBern,2,\n", NEURON_E_DATA, "line 2, column 3: there is no label"},
    {"city,age,income\nBern,2,middle\n", NEURON_E_DATA, "\"middle\" is none of the 2 classes"},
    {"city,age\n", NEURON_E_FORMAT, "no rows follow the names in line 1"},
    {"", NEURON_E_FORMAT, "no rows: there is no text"},
};

START_TEST(what_is_not_alike_is_refused)
{
    neuron_dataset_t *train = load("age,city,id,income\n10,Rome,1,high\n1,Bern,2,low\n"
                                   "20,\"Bern\",3,low\n60,Oslo,4,high\n",
                                   OPTIONS),
                     *test;
    assert_status(load_like(&test, unlike[_i].text, train), unlike[_i].status);
    assert_message(unlike[_i].message);
    ck_assert_ptr_null(test);
    neuron_dataset_unref(train);
}
END_TEST

/* Tables that were read one by one may have the same word under different numbers. */
START_TEST(words_must_have_the_same_numbers)
{
    static const char text[] = "age,city,id,income\n5,Rome,9,low\n7,Turin,8,high\n1,Oslo,2,low\n";
    static const char numbers[] = "a,y\n1,0\n2,1\n", others[] = "b,y\n5,0\n4,1\n";
    neuron_dataset_t *train = load(people, OPTIONS ", missing=mean"), *other, *like, *joined;
    assert_ok(load_like(&like, text, train));
    assert_ok(neuron_dataset_join(&joined, (neuron_dataset_t *[]){train, like}, 2));
    ck_assert_int_eq(neuron_dataset_count(joined), 7);
    ck_assert_ptr_eq(neuron_dataset_preparation(joined), neuron_dataset_preparation(train));
    neuron_dataset_unref(joined);
    other = load(text, OPTIONS ", missing=mean");
    assert_status(neuron_dataset_join(&joined, (neuron_dataset_t *[]){train, other}, 2),
                  NEURON_E_DATA);
    assert_message("the words of \"city\" in dataset 0 have other numbers in dataset 1: read one "
                   "table like the other, with neuron_dataset_load_csv_like()");
    neuron_graph_t *graph = NULL;
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){4}, 1);
    assert_ok(
        neuron_graph_finish(graph, neuron_softmax(graph, neuron_dense(graph, x, 2, NULL), NULL)));
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, sgd, train));
    assert_status(neuron_trainer_set_validation(trainer, other), NEURON_E_DATA);
    assert_message("the words of \"city\"");
    assert_ok(neuron_trainer_set_validation(trainer, like));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
    neuron_graph_unref(graph);
    neuron_dataset_unref(other);
    neuron_dataset_unref(like);
    neuron_dataset_unref(train);
    train = load("w,y\nx,0\ny,1\n", "label=y, categories=index");
    other = load("w,y\nz,0\ny,1\n", "label=y, categories=index");
    assert_status(neuron_dataset_join(&joined, (neuron_dataset_t *[]){train, other}, 2),
                  NEURON_E_DATA); /* where classes have no names */
    neuron_dataset_unref(other);
    neuron_dataset_unref(train);
    train = load(numbers, "label=y, type=f32");
    other = load(others, "label=y, type=f32");
    assert_ok(neuron_dataset_join(&joined, (neuron_dataset_t *[]){train, other}, 2));
    neuron_dataset_unref(joined);
    neuron_dataset_unref(other);
    neuron_dataset_unref(train);
}
END_TEST

/* ---- Single rows ---- */

START_TEST(a_row_becomes_what_a_table_has)
{
    neuron_dataset_t *train = load(people, OPTIONS ", missing=mark");
    char *json = json_of(neuron_dataset_preparation(train));
    neuron_preparation_t *kept;
    assert_ok(neuron_preparation_create(&kept, context, json));
    for (int32_t i = 0; i < 4; i++) {
        static const char *const rows[4][2] = {
            {"10", "Rome"}, {NULL, "Bern"}, {" 20\t", " Bern "}, {"6e1", "Oslo"}};
        float expected[5], met[5];
        size_t needed;
        assert_ok(neuron_dataset_read(expected, NULL, train, i, 1));
        assert_ok(neuron_preparation_apply(met, 5, &needed, kept, rows[i], 2));
        ck_assert_uint_eq(needed, 5);
        for (int k = 0; k < 5; k++)
            ck_assert_float_eq(met[k], expected[k]);
    }
    neuron_preparation_unref(kept);
    free(json);
    neuron_dataset_unref(train);
}
END_TEST

START_TEST(rows_that_do_not_fit_are_refused)
{
    neuron_dataset_t *train = load("age,city,y\n1,Bern,0\n2,Rome,1\n", "label=y, categories=index");
    const neuron_preparation_t *by = neuron_dataset_preparation(train);
    float met[2];
    size_t needed;
    const char *row[] = {"1", "Bern"};
    assert_ok(neuron_preparation_apply(NULL, 0, &needed, by, NULL, 0));
    ck_assert_uint_eq(needed, 2);
#define REFUSED(status, count, room, message)                                                      \
    assert_status(neuron_preparation_apply(met, room, NULL, by, row, count), status);              \
    assert_message(message)
    REFUSED(NEURON_E_ARGUMENT, 3, 2, "count is 3, but a row has 2 fields");
    REFUSED(NEURON_E_ARGUMENT, 2, 1, "there are 2 inputs, but room for 1");
    row[0] = "x";
    REFUSED(NEURON_E_DATA, 2, 2, "field 0 (\"age\") is \"x\", not a number of float32");
    row[0] = "1e39";
    REFUSED(NEURON_E_DATA, 2, 2, "\"1e39\", not a number of float32");
    row[0] = " ";
    REFUSED(NEURON_E_DATA, 2, 2, "field 0 (\"age\") is missing");
    row[0] = "1";
    row[1] = "Paris";
    REFUSED(NEURON_E_DATA, 2, 2, "field 1 (\"city\") is \"Paris\", none of its 2 words");
#undef REFUSED
    assert_status(neuron_preparation_apply(met, 2, NULL, by, NULL, 2), NEURON_E_ARGUMENT);
    assert_status(neuron_preparation_apply(met, 2, NULL, NULL, row, 2), NEURON_E_ARGUMENT);
    assert_status(neuron_preparation_apply(NULL, 2, NULL, by, row, 2), NEURON_E_ARGUMENT);
    neuron_dataset_unref(train);
    train = load("1,2,3\n0,5,6\n", "label=1, header=absent, type=u8");
    row[0] = "255", row[1] = "256";
    assert_status(neuron_preparation_apply(met, 2, NULL, neuron_dataset_preparation(train), row, 2),
                  NEURON_E_DATA);
    assert_message("field 1 (\"\") is \"256\", not an integer from 0 to 255");
    neuron_dataset_unref(train);
}
END_TEST

START_TEST(fields_and_inputs_have_names)
{
    static const char *const inputs[] = {"age", "age missing", "city=Bern", "city=Oslo",
                                         "city=Rome"};
    neuron_dataset_t *train = load(people, OPTIONS ", missing=mark");
    neuron_preparation_t *by = neuron_preparation_ref(neuron_dataset_preparation(train));
    neuron_dataset_unref(train);
    char name[20];
    size_t needed;
    ck_assert_int_eq(neuron_preparation_field_count(by), 2);
    ck_assert_str_eq(neuron_preparation_field_name(by, 0), "age");
    ck_assert_str_eq(neuron_preparation_field_name(by, 1), "city");
    ck_assert_ptr_null(neuron_preparation_field_name(by, 2));
    ck_assert_ptr_null(neuron_preparation_field_name(by, -1));
    for (int i = 0; i < 5; i++) {
        assert_ok(neuron_preparation_input_name(name, sizeof name, &needed, by, i));
        ck_assert_str_eq(name, inputs[i]);
        ck_assert_uint_eq(needed, strlen(name) + 1);
    }
    assert_status(neuron_preparation_input_name(name, sizeof name, NULL, by, 5), NEURON_E_ARGUMENT);
    assert_status(neuron_preparation_input_name(name, 2, NULL, by, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_preparation_input_name(name, 2, NULL, NULL, 0), NEURON_E_ARGUMENT);
    neuron_preparation_unref(by);
    train = load("1,2,3\n0,5,6\n", "label=1, header=absent, type=u8");
    assert_ok(neuron_preparation_input_name(name, 20, NULL, neuron_dataset_preparation(train), 1));
    ck_assert_str_eq(name, "column 3");
    neuron_dataset_unref(train);
    ck_assert_int_eq(neuron_preparation_field_count(NULL), 0);
    ck_assert_int_eq(neuron_preparation_input_count(NULL), 0);
    ck_assert_ptr_null(neuron_preparation_field_name(NULL, 0));
    ck_assert_ptr_null(neuron_preparation_ref(NULL));
    neuron_preparation_unref(NULL);
}
END_TEST

/* ---- Text ---- */

static const char *const kept[] = {
    "",
    "label=last, header=absent, missing=mean, ignore=1, na_values=a+\"b,c\"",
    "label=1, header=present, categories=index, missing=mark, separator=;, comment=#",
    "targets=3+4, categories=one_hot, missing=median, decimal=comma, comment=%",
    "label=none, categorical=1+2, shape=1x6",
};

START_TEST(text_is_read_as_it_was_written)
{
    static const char *const texts[] = {"0,1,2\n1,3,4\n", "1,2,3,x\n1,,a,y\n", "a;b\nx;y z\nw;\n",
                                        "a,\"b\",c,d\nz,2,no,4\nx,,yes,6\n",
                                        "1,2,7\n3,4,7\n2,4,7\n"};
    neuron_dataset_t *dataset;
    if (read_as(&dataset, texts[_i], strlen(texts[_i]), kept[_i]) < 0)
        ck_abort_msg("%s", neuron_error_last());
    char *json = json_of(neuron_dataset_preparation(dataset));
    neuron_preparation_t *read;
    assert_ok(neuron_preparation_create(&read, context, json));
    char *again = json_of(read);
    ck_assert_str_eq(json, again);
    free(again);
    free(json);
    neuron_preparation_unref(read);
    neuron_dataset_unref(dataset);
}
END_TEST

#define HEAD                                                                                       \
    "{\"format\":\"libneuron table\",\"version\":1,\"separator\":\",\",\"decimal\":\".\","         \
    "\"comment\":\"\",\"header\":true,"
#define TABLE HEAD "\"missing\":\"mean\",\"na_values\":[],\"type\":\"f32\",\"classes\":2,"

static const struct {
    const char *json, *message;
} damaged[] = {
    {"", "not valid JSON"},
    {"{}", "format is none; it must be \"libneuron table\""},
    {"{\"format\":\"libneuron table\",\"version\":2}", "version is 2; it must be 1"},
    {HEAD "\"columns\":[]}", "columns is []; it must be a list of columns"},
    {HEAD "\"missing\":\"never\",\"columns\":[{}]}", "missing is never; it must be one of"},
    {TABLE "\"shape\":[1],\"columns\":[{}]}", "column 1: name is none; it must be a text"},
    {TABLE "\"shape\":[1],\"columns\":[{\"name\":\"a\"}]}", "column 1: fill is none; it must be a"},
    {TABLE "\"shape\":[1],\"columns\":[{\"name\":\"a\",\"fill\":1e39}]}", "fill is 1e+39"},
    {TABLE "\"shape\":[2],\"columns\":[{\"name\":\"a\",\"fill\":1}]}", "shape is [2]; it must be"},
    {TABLE "\"shape\":[0],\"columns\":[{\"name\":\"a\",\"fill\":1}]}", "shape is [0]; it must be"},
    {TABLE "\"shape\":[1],\"columns\":[{\"name\":\"a\",\"role\":\"label\"}]}",
     "it has 1 labels, 0 targets and 0 inputs"},
    {TABLE "\"shape\":[1],\"columns\":[{\"name\":\"a\",\"fill\":1},{\"name\":\"b\",\"role\":"
           "\"label\",\"kind\":\"index\",\"words\":[\"x\",\"y\",\"z\"]}]}",
     "classes is 2; it must be as many as words of the label"},
    {TABLE "\"shape\":[2],\"columns\":[{\"name\":\"a\",\"kind\":\"one_hot\",\"words\":[\"b\","
           "\"a\"],\"fill\":1}]}",
     "words[1] is not behind the one before it"},
    {TABLE "\"shape\":[2],\"columns\":[{\"name\":\"a\",\"kind\":\"one_hot\",\"words\":[\"a\","
           "\"b\"],\"fill\":2}]}",
     "fill is 2; it must be the place of a word"},
    {TABLE
     "\"shape\":[2],\"columns\":[{\"name\":\"a\",\"kind\":\"one_hot\",\"words\":[\"a\\u0000\","
     "\"b\"],\"fill\":1}]}",
     ""},
    {TABLE "\"shape\":[1],\"columns\":[{\"name\":\"a\",\"fill\":1,\"marked\":true}]}",
     "marked is true; it must be false"},
    {TABLE
     "\"shape\":[1],\"columns\":[{\"name\":\"a\",\"kind\":\"index\",\"words\":[],\"fill\":0}]}",
     "words is none; it must be at least one text"},
};

START_TEST(other_text_is_refused)
{
    neuron_preparation_t *read;
    assert_status(neuron_preparation_create(&read, context, damaged[_i].json), NEURON_E_FORMAT);
    assert_message(damaged[_i].message);
    ck_assert_ptr_null(read);
}
END_TEST

START_TEST(nothing_is_refused)
{
    neuron_preparation_t *read;
    assert_status(neuron_preparation_create(NULL, context, "{}"), NEURON_E_ARGUMENT);
    assert_status(neuron_preparation_create(&read, NULL, "{}"), NEURON_E_ARGUMENT);
    assert_status(neuron_preparation_create(&read, context, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_preparation_json(NULL, 0, NULL, NULL), NEURON_E_ARGUMENT);
}
END_TEST

/* ---- With a graph ---- */

static neuron_graph_t *new_graph(neuron_context_t *of, const neuron_dataset_t *train)
{
    neuron_graph_t *graph;
    int64_t inputs = neuron_preparation_input_count(neuron_dataset_preparation(train));
    assert_ok(neuron_graph_create(&graph, of));
    neuron_node_t *x = neuron_dense(graph, neuron_input(graph, &inputs, 1),
                                    neuron_dataset_class_count(train), NULL);
    assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    return graph;
}

static void assert_kept(const neuron_graph_t *graph, const neuron_preparation_t *preparation)
{
    neuron_preparation_t *kept_one;
    assert_ok(neuron_graph_preparation(&kept_one, graph));
    char *ours = json_of(preparation), *theirs = json_of(kept_one);
    ck_assert_str_eq(ours, theirs);
    free(ours);
    free(theirs);
    neuron_preparation_unref(kept_one);
}

/* A training keeps what its table was read by; the file of the model has it. */
START_TEST(a_model_has_the_preparation_of_its_table)
{
    const char *path = test_file("table.safetensors");
    neuron_dataset_t *train = load(people, OPTIONS ", missing=mark");
    const neuron_preparation_t *by = neuron_dataset_preparation(train);
    neuron_graph_t *graph = new_graph(context, train), *loaded;
    neuron_preparation_t *none;
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    assert_status(neuron_graph_preparation(&none, graph), NEURON_E_DATA);
    assert_message("has no preparation of a table");
    ck_assert_ptr_null(none);
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, sgd, train));
    assert_ok(neuron_trainer_set(trainer, "epochs=1"));
    assert_ok(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
    assert_kept(graph, by);
    assert_ok(neuron_graph_save(graph, path));
    neuron_graph_unref(graph);
    assert_ok(neuron_graph_load(&loaded, context, path));
    assert_kept(loaded, by);
    ck_assert_ptr_null(neuron_graph_metadata_key(loaded, 0));
    neuron_dataset_t *other = load("1,2\n0,3\n", "label=1");
    assert_ok(neuron_graph_set_preparation(loaded, neuron_dataset_preparation(other)));
    assert_kept(loaded, neuron_dataset_preparation(other));
    assert_ok(neuron_graph_set_preparation(loaded, NULL));
    assert_status(neuron_graph_preparation(&none, loaded), NEURON_E_DATA);
    assert_status(neuron_graph_set_preparation(NULL, by), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_preparation(NULL, loaded), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_preparation(&none, NULL), NEURON_E_ARGUMENT);
    neuron_dataset_unref(other);
    neuron_graph_unref(loaded);
    neuron_dataset_unref(train);
}
END_TEST

/* What a model is given of a row is, to the last bit, what its training had of it. */
static void check_scaled_row(const char *options, void (*scale)(neuron_dataset_t *))
{
    const char *text = "1,8,0\n2,4,1\n3,200,0\n250,7,1\n", *row[] = {"3", "200"};
    const char *path = test_file("scaled.safetensors");
    neuron_dataset_t *train = load(text, options);
    neuron_graph_t *graph = new_graph(context, train), *loaded;
    float expected[8], inputs[2], bare[2];
    size_t needed;
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    scale(train);
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, sgd, train));
    assert_ok(neuron_trainer_set(trainer, "epochs=1"));
    assert_ok(neuron_trainer_run(NULL, trainer));
    assert_ok(neuron_graph_save(graph, path));
    assert_ok(neuron_graph_load(&loaded, context, path));
    assert_ok(neuron_graph_prepare_row(NULL, 0, &needed, loaded, NULL, 0));
    ck_assert_uint_eq(needed, 2);
    assert_ok(neuron_graph_prepare_row(inputs, 2, NULL, loaded, row, 2));
    assert_ok(neuron_dataset_read(expected, NULL, train, 0, 4));
    ck_assert_mem_eq(inputs, expected + 4, sizeof inputs);
    assert_ok(neuron_preparation_apply(bare, 2, NULL, neuron_dataset_preparation(train), row, 2));
    ck_assert(bare[0] == 3 && bare[1] == 200);
    assert_status(neuron_graph_prepare_row(inputs, 1, NULL, loaded, row, 2), NEURON_E_ARGUMENT);
    assert_message("neuron_graph_prepare_row: there are 2 inputs, but room for 1");
    assert_status(neuron_graph_prepare_row(inputs, 2, NULL, loaded, row, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_prepare_row(inputs, 2, NULL, loaded, NULL, 2), NEURON_E_ARGUMENT);
    assert_message("neuron_graph_prepare_row: fields is NULL");
    assert_status(neuron_graph_prepare_row(inputs, 2, NULL, NULL, row, 2), NEURON_E_ARGUMENT);
    neuron_dataset_t *other = load("1,2,3,0\n4,5,6,1\n", "label=4");
    assert_ok(neuron_graph_set_preparation(loaded, neuron_dataset_preparation(other)));
    assert_status(neuron_graph_prepare_row(inputs, 2, NULL, loaded, row, 2), NEURON_E_SHAPE);
    assert_message("a row becomes 3 inputs, but input takes 2");
    neuron_dataset_unref(other);
    assert_ok(neuron_graph_set_preparation(loaded, NULL));
    assert_status(neuron_graph_prepare_row(inputs, 2, NULL, loaded, row, 2), NEURON_E_DATA);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    neuron_dataset_unref(train);
}

static void standardize(neuron_dataset_t *dataset)
{
    assert_ok(neuron_dataset_standardize_channels(dataset, dataset));
}

static void scale_all(neuron_dataset_t *dataset)
{
    assert_ok(neuron_dataset_set_scale(dataset, 1.0 / 3, 0.1));
}

static void leave(neuron_dataset_t *dataset)
{
    (void)dataset;
}

START_TEST(rows_of_a_model_are_scaled_as_its_training_was)
{
    static const char *const types[] = {"label=3, type=f32", "label=3, type=u8"};
    for (size_t i = 0; i < 2; i++) {
        check_scaled_row(types[i], standardize);
        check_scaled_row(types[i], scale_all);
        check_scaled_row(types[i], leave);
    }
}
END_TEST

START_TEST(a_graph_may_find_no_memory_for_it)
{
    test_memory memory;
    neuron_dataset_t *train = load(people, OPTIONS ", missing=mark");
    neuron_context_t *limited = test_limited_context(&memory);
    neuron_graph_t *graph = new_graph(limited, train);
    long before = memory.live;
    int failures = 0;
    for (int status = NEURON_E_MEMORY; status != NEURON_OK; failures++) {
        neuron_preparation_t *made = NULL;
        memory.left = failures;
        status = neuron_graph_set_preparation(graph, neuron_dataset_preparation(train));
        if (status == NEURON_OK)
            status = neuron_graph_preparation(&made, graph);
        neuron_preparation_unref(made);
        test_refill(&memory);
        assert_ok(neuron_graph_set_preparation(graph, NULL));
        ck_assert_int_eq(memory.live, before);
        ck_assert(status == NEURON_OK || status == NEURON_E_MEMORY);
    }
    ck_assert_int_gt(failures, 8);
    neuron_graph_unref(graph);
    neuron_context_unref(limited);
    neuron_dataset_unref(train);
}
END_TEST

/* ---- Memory ---- */

static int use_all(neuron_context_t *limited, const char *options, const char *text)
{
    neuron_dataset_t *train = NULL, *test = NULL;
    neuron_preparation_t *read = NULL;
    static char json[4096];
    int status = neuron_dataset_load_csv_memory(&train, limited, text, strlen(text), options);
    if (status == NEURON_OK)
        status =
            neuron_preparation_json(json, sizeof json, NULL, neuron_dataset_preparation(train));
    if (status == NEURON_OK)
        status = neuron_preparation_create(&read, limited, json);
    if (status == NEURON_OK)
        status = neuron_dataset_load_csv_prepared_memory(&test, limited, text, strlen(text), read);
    neuron_dataset_unref(test);
    neuron_preparation_unref(read);
    neuron_dataset_unref(train);
    return status;
}

START_TEST(memory_may_be_refused)
{
    static const char *const options[] = {OPTIONS ", missing=mark, na_values=-1",
                                          "targets=income+id, categories=index, missing=median",
                                          "label=id, classes=9, ignore=city+income, missing=mean",
                                          "label=id, categories=one_hot, missing=mean"};
    test_memory memory;
    neuron_context_t *limited = test_limited_context(&memory);
    long before = memory.live;
    int failures = 0;
    for (int status = NEURON_E_MEMORY; status != NEURON_OK; failures++) {
        memory.left = failures;
        status = use_all(limited, options[_i],
                         "age,city,id,income\n10,Rome,1,high\n,\"B \"\"x\"\"\",3,low\n");
        ck_assert_int_eq(memory.live, before);
        ck_assert_msg(status == NEURON_OK || status == NEURON_E_MEMORY, "%s", neuron_error_last());
    }
    ck_assert_int_gt(failures, 20);
    test_refill(&memory);
    neuron_context_unref(limited);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("preparation");
    TCase *tests = tcase_create("preparation");
    tcase_add_checked_fixture(tests, setup, teardown);
#define LOOP(test, array) tcase_add_loop_test(tests, test, 0, sizeof array / sizeof array[0])
    LOOP(other_tables_are_read_alike, alike);
    tcase_add_test(tests, files_are_read_like_a_dataset);
    tcase_add_test(tests, tables_without_names_go_by_places);
    tcase_add_test(tests, targets_and_numbers_of_classes_are_kept);
    LOOP(what_is_not_alike_is_refused, unlike);
    tcase_add_test(tests, words_must_have_the_same_numbers);
    tcase_add_test(tests, a_row_becomes_what_a_table_has);
    tcase_add_test(tests, rows_that_do_not_fit_are_refused);
    tcase_add_test(tests, fields_and_inputs_have_names);
    LOOP(text_is_read_as_it_was_written, kept);
    LOOP(other_text_is_refused, damaged);
    tcase_add_test(tests, nothing_is_refused);
    tcase_add_test(tests, a_model_has_the_preparation_of_its_table);
    tcase_add_test(tests, rows_of_a_model_are_scaled_as_its_training_was);
    tcase_add_test(tests, a_graph_may_find_no_memory_for_it);
    tcase_add_loop_test(tests, memory_may_be_refused, 0, 4);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
