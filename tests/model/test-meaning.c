/* A model is whole: scales of bytes, names of classes and texts go with it through training, files,
 * committees, imports and quantised copies. */
#include "test-models.h"

#include "graph/metadata.h"

#include <math.h>
#include <stdio.h>

enum { SIDE = 8, COUNT = 40 };

static neuron_context_t *context;

static void set_up(void)
{
    context = test_context();
}

static void tear_down(void)
{
    neuron_context_unref(context);
}

static const char *const names[TEST_CLASSES] = {"zero",        "one", "two",   "three", "vier",
                                                "f\xc3\xbcnf", "six", "seven", "eight", "nine ten"};

static void train(neuron_graph_t *graph, neuron_dataset_t *dataset)
{
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, sgd, dataset));
    assert_ok(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
}

/* The graph through a file in memory. */
static neuron_graph_t *reload(const neuron_graph_t *graph)
{
    size_t size;
    neuron_graph_t *loaded;
    assert_ok(neuron_graph_save_memory(NULL, 0, &size, graph));
    void *bytes = malloc(size);
    assert_ok(neuron_graph_save_memory(bytes, size, NULL, graph));
    assert_ok(neuron_graph_load_memory(&loaded, context, bytes, size));
    free(bytes);
    return loaded;
}

/* Bytes as they are give what a dataset of the same scale gives, to the last bit. */
static void check_bytes(const neuron_graph_t *graph, const neuron_dataset_t *dataset,
                        const uint8_t *bytes)
{
    neuron_tensor_t *input, *output, *other;
    const int64_t shape[] = {COUNT, SIDE, SIDE, 1}, out[] = {COUNT, TEST_CLASSES};
    assert_ok(
        neuron_tensor_wrap(&input, context, NEURON_TYPE_U8, shape, 4, (void *)(uintptr_t)bytes));
    assert_ok(neuron_tensor_create(&output, context, NEURON_TYPE_F32, out, 2));
    assert_ok(neuron_tensor_create(&other, context, NEURON_TYPE_F32, out, 2));
    assert_ok(neuron_graph_predict(graph, input, output));
    assert_ok(neuron_graph_predict_dataset(graph, dataset, other));
    ck_assert_mem_eq(neuron_tensor_data(output), neuron_tensor_data(other),
                     COUNT * TEST_CLASSES * sizeof(float));
    neuron_tensor_unref(other);
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
}

static neuron_dataset_t *make_bytes(uint8_t bytes[COUNT * SIDE * SIDE])
{
    neuron_tensor_t *examples, *labels;
    neuron_dataset_t *dataset;
    int32_t classes[COUNT];
    for (int i = 0; i < COUNT * SIDE * SIDE; i++)
        bytes[i] = (uint8_t)(i * 37 + i / 11);
    for (int i = 0; i < COUNT; i++)
        classes[i] = i % TEST_CLASSES;
    assert_ok(neuron_tensor_copy(&examples, context, NEURON_TYPE_U8,
                                 (const int64_t[]){COUNT, SIDE, SIDE, 1}, 4, bytes));
    assert_ok(neuron_tensor_copy(&labels, context, NEURON_TYPE_I32, (const int64_t[]){COUNT}, 1,
                                 classes));
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, TEST_CLASSES));
    neuron_tensor_unref(labels);
    neuron_tensor_unref(examples);
    return dataset;
}

static void check_scale(const neuron_graph_t *graph, double scale, double offset)
{
    double scales[1], offsets[1];
    size_t needed = 7;
    assert_ok(neuron_graph_scales(scales, offsets, 1, &needed, graph, NULL));
    ck_assert_uint_eq(needed, 1);
    ck_assert(scales[0] == scale && offsets[0] == offset);
}

/* ---- Scales ---- */

/* The default, one with an offset, one that is no short number, and one for each channel. */
START_TEST(bytes_are_predicted_as_they_are)
{
    uint8_t bytes[COUNT * SIDE * SIDE];
    neuron_dataset_t *dataset = make_bytes(bytes);
    if (_i == 1)
        assert_ok(neuron_dataset_set_scale(dataset, 1.0 / 127, -1));
    if (_i == 2)
        assert_ok(neuron_dataset_normalize(dataset, 1e-9, 1.1));
    if (_i == 3)
        assert_ok(neuron_dataset_standardize(dataset, dataset));
    if (_i == 4)
        assert_ok(neuron_dataset_standardize_channels(dataset, dataset));
    neuron_graph_t *graph = test_cnn(context, SIDE);
    train(graph, dataset);
    check_bytes(graph, dataset, bytes);
    neuron_graph_t *loaded = reload(graph), *again = reload(loaded);
    check_bytes(loaded, dataset, bytes);
    check_bytes(again, dataset, bytes);
    double scales[2][1], offsets[2][1];
    assert_ok(neuron_dataset_scales(scales[0], offsets[0], 1, NULL, dataset));
    assert_ok(neuron_graph_scales(scales[1], offsets[1], 1, NULL, again, "input"));
    ck_assert(scales[0][0] == scales[1][0] && offsets[0][0] == offsets[1][0]);
    neuron_graph_unref(again);
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    neuron_dataset_unref(dataset);
}
END_TEST

/* What is learnt later counts. */
START_TEST(the_last_training_counts)
{
    uint8_t bytes[COUNT * SIDE * SIDE];
    neuron_dataset_t *dataset = make_bytes(bytes);
    neuron_graph_t *graph = test_linear(context, SIDE);
    assert_ok(neuron_graph_set_scales(graph, NULL, (const double[]){3}, (const double[]){4}, 1));
    check_scale(graph, 3, 4);
    train(graph, dataset);
    check_scale(graph, 1.0 / 255, 0);
    assert_ok(neuron_dataset_set_scale(dataset, 2, 1));
    train(graph, dataset);
    check_scale(graph, 2, 1);
    assert_ok(neuron_graph_set_scales(graph, "input", NULL, NULL, 0));
    size_t needed = 7;
    assert_ok(neuron_graph_scales(NULL, NULL, 0, &needed, graph, NULL));
    ck_assert_uint_eq(needed, 0);
    neuron_graph_unref(graph);
    neuron_dataset_unref(dataset);
}
END_TEST

/* Floats that nobody scaled tell nothing of bytes. */
START_TEST(floats_tell_nothing)
{
    float values[20] = {0, 0.5f, 1};
    neuron_tensor_t *examples, *labels, *bytes, *output;
    neuron_dataset_t *dataset;
    neuron_graph_t *graph;
    assert_ok(neuron_tensor_copy(&examples, context, NEURON_TYPE_F32, (const int64_t[]){10, 2}, 2,
                                 values));
    assert_ok(neuron_tensor_create(&labels, context, NEURON_TYPE_I32, (const int64_t[]){10}, 1));
    assert_ok(neuron_tensor_create(&bytes, context, NEURON_TYPE_U8, (const int64_t[]){3, 2}, 2));
    assert_ok(neuron_tensor_create(&output, context, NEURON_TYPE_F32, (const int64_t[]){3, 3}, 2));
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, 3));
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){2}, 1);
    assert_ok(
        neuron_graph_finish(graph, neuron_softmax(graph, neuron_dense(graph, x, 3, NULL), NULL)));
    train(graph, dataset);
    assert_status(neuron_graph_predict(graph, bytes, output), NEURON_E_TYPE);
    assert_message("the input is u8, not f32");
    assert_message("neuron_graph_set_scales()");
    assert_ok(neuron_dataset_set_scales(dataset, (const double[]){0.5, 0.25},
                                        (const double[]){1, -1}, 2));
    train(graph, dataset);
    assert_ok(neuron_graph_predict(graph, bytes, output));
    double scales[2], offsets[2];
    neuron_graph_t *loaded = reload(graph);
    assert_ok(neuron_graph_scales(scales, offsets, 2, NULL, loaded, NULL));
    ck_assert(scales[0] == 0.5 && scales[1] == 0.25 && offsets[0] == 1 && offsets[1] == -1);
    assert_status(neuron_graph_scales(scales, offsets, 1, NULL, loaded, NULL), NEURON_E_ARGUMENT);
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(output);
    neuron_tensor_unref(bytes);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(examples);
}
END_TEST

/* ---- Names ---- */

static void check_names(const neuron_graph_t *graph)
{
    for (int64_t k = 0; k < TEST_CLASSES; k++)
        ck_assert_str_eq(neuron_graph_class_name(graph, NULL, k), names[k]);
    ck_assert_ptr_null(neuron_graph_class_name(graph, NULL, -1));
    ck_assert_ptr_null(neuron_graph_class_name(graph, NULL, TEST_CLASSES));
    ck_assert_ptr_null(neuron_graph_class_name(graph, "input", 0));
    ck_assert_str_eq(neuron_graph_class_name(graph, "softmax", 1), names[1]);
}

static void check_report(const neuron_graph_t *graph, const neuron_dataset_t *dataset)
{
    char text[4096];
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_graph_evaluate(&evaluation, graph, dataset, NULL, NULL));
    assert_ok(neuron_evaluation_report(text, sizeof text, NULL, evaluation, NULL, 3));
    ck_assert_str_eq(neuron_evaluation_row_name(evaluation, 9), "nine ten");
    ck_assert_ptr_nonnull(strstr(text, "\n        f\xc3\xbcnf "));
    neuron_evaluation_unref(evaluation);
}

START_TEST(names_come_from_the_training_set)
{
    neuron_dataset_t *dataset = test_glyphs(context, COUNT, SIDE), *subset, *bare;
    bare = test_glyphs(context, COUNT, SIDE);
    assert_ok(neuron_dataset_set_class_names(dataset, names, TEST_CLASSES));
    assert_ok(neuron_dataset_subset(&subset, dataset, 0, COUNT / 2));
    ck_assert_str_eq(neuron_dataset_class_name(subset, 4), "vier");
    neuron_graph_t *graph = test_cnn(context, SIDE);
    ck_assert_ptr_null(neuron_graph_class_name(graph, NULL, 0));
    train(graph, subset);
    check_names(graph);
    neuron_graph_t *loaded = reload(graph);
    check_names(loaded);
    check_report(loaded, bare);
    train(loaded, bare); /* whose names nobody knows */
    check_names(loaded);
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    neuron_dataset_unref(bare);
    neuron_dataset_unref(subset);
    neuron_dataset_unref(dataset);
}
END_TEST

START_TEST(names_are_set)
{
    const char *wrong[TEST_CLASSES];
    neuron_graph_t *graph = test_linear(context, SIDE), *open;
    neuron_dataset_t *dataset = test_glyphs(context, COUNT, SIDE);
    assert_ok(neuron_graph_set_class_names(graph, "softmax", names, TEST_CLASSES));
    check_names(graph);
    check_report(graph, dataset);
    assert_status(neuron_graph_set_class_names(graph, NULL, names, 9), NEURON_E_SHAPE);
    assert_message("count is 9; it must be 10, the classes of softmax");
    assert_status(neuron_graph_set_class_names(graph, "dense", names, TEST_CLASSES),
                  NEURON_E_ARGUMENT);
    assert_message("has no output \"dense\", but \"softmax\"");
    memcpy(wrong, names, sizeof names);
    wrong[3] = "two\nlines";
    assert_status(neuron_graph_set_class_names(graph, NULL, wrong, TEST_CLASSES),
                  NEURON_E_ARGUMENT);
    wrong[3] = NULL;
    assert_status(neuron_graph_set_class_names(graph, NULL, wrong, TEST_CLASSES),
                  NEURON_E_ARGUMENT);
    assert_message("class 3 has no name");
    check_names(graph);
    assert_status(neuron_dataset_set_class_names(dataset, names, 3), NEURON_E_ARGUMENT);
    assert_message("count is 3; it must be 10");
    assert_ok(neuron_graph_create(&open, context));
    assert_status(neuron_graph_set_class_names(open, NULL, names, TEST_CLASSES), NEURON_E_STATE);
    assert_ok(neuron_graph_set_class_names(graph, NULL, NULL, 0));
    ck_assert_ptr_null(neuron_graph_class_name(graph, NULL, 0));
    neuron_graph_unref(open);
    neuron_dataset_unref(dataset);
    neuron_graph_unref(graph);
}
END_TEST

/* One output stands for two classes. */
START_TEST(one_output_has_two_names)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){2}, 1);
    assert_ok(neuron_graph_finish(graph, neuron_sigmoid(graph, neuron_dense(graph, x, 1, NULL))));
    assert_ok(neuron_graph_set_class_names(graph, NULL, (const char *const[]){"no", "yes"}, 2));
    neuron_graph_t *loaded = reload(graph);
    ck_assert_str_eq(neuron_graph_class_name(loaded, NULL, 1), "yes");
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- Texts ---- */

START_TEST(texts_are_kept)
{
    neuron_graph_t *graph = test_linear(context, SIDE);
    assert_ok(neuron_graph_set_metadata(graph, "version", "3.1"));
    assert_ok(neuron_graph_set_metadata(graph, "trained by", "two\nlines \"quoted\" \xe2\x82\xac"));
    assert_ok(neuron_graph_set_metadata(graph, "gone", "x"));
    assert_ok(neuron_graph_set_metadata(graph, "empty", ""));
    assert_ok(neuron_graph_set_metadata(graph, "version", "3.2"));
    assert_ok(neuron_graph_set_metadata(graph, "gone", NULL));
    assert_ok(neuron_graph_set_metadata(graph, "never", NULL));
    assert_ok(neuron_graph_keep_text(graph, NEURON_METADATA_PREPARATION, "{\"columns\": []}"));
    neuron_graph_t *loaded = reload(graph), *again = reload(loaded);
    ck_assert_str_eq(neuron_graph_metadata(again, "version"), "3.2");
    ck_assert_str_eq(neuron_graph_metadata(again, "trained by"),
                     "two\nlines \"quoted\" \xe2\x82\xac");
    ck_assert_str_eq(neuron_graph_metadata(again, "empty"), "");
    ck_assert_ptr_null(neuron_graph_metadata(again, "gone"));
    ck_assert_str_eq(neuron_graph_metadata_key(again, 0), "version");
    ck_assert_str_eq(neuron_graph_metadata_key(again, 1), "trained by");
    ck_assert_str_eq(neuron_graph_metadata_key(again, 2), "empty");
    ck_assert_ptr_null(neuron_graph_metadata_key(again, 3));
    ck_assert_ptr_null(neuron_graph_metadata_key(again, -1));
    ck_assert_str_eq(neuron_graph_kept_text(again, NEURON_METADATA_PREPARATION),
                     "{\"columns\": []}");
    ck_assert_ptr_null(neuron_graph_metadata(again, NEURON_METADATA_PREPARATION));
    neuron_graph_unref(again);
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(texts_are_checked)
{
    neuron_graph_t *graph = test_linear(context, SIDE);
    assert_status(neuron_graph_set_metadata(graph, "libneuron.graph", "x"), NEURON_E_ARGUMENT);
    assert_message("belong to the library");
    assert_status(neuron_graph_set_metadata(graph, "", "x"), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_set_metadata(graph, "a\nb", "x"), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_set_metadata(graph, "key", "ab\xff"), NEURON_E_ARGUMENT);
    assert_message("text is not UTF-8 at byte 2");
    assert_status(neuron_graph_set_metadata(NULL, "key", "x"), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_set_metadata(graph, NULL, "x"), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(neuron_graph_metadata(graph, NULL));
    ck_assert_ptr_null(neuron_graph_metadata(NULL, "key"));
    ck_assert_ptr_null(neuron_graph_metadata_key(NULL, 0));
    ck_assert_ptr_null(neuron_graph_metadata_key(graph, 0));
    neuron_graph_unref(graph);
}
END_TEST

/* ---- Committees, imports, copies ---- */

static neuron_graph_t *make_member(double scale, const char *const *called)
{
    neuron_graph_t *graph = test_linear(context, SIDE);
    assert_ok(neuron_graph_set_scales(graph, NULL, &scale, (const double[]){0}, 1));
    if (called)
        assert_ok(neuron_graph_set_class_names(graph, NULL, called, TEST_CLASSES));
    assert_ok(neuron_graph_set_metadata(graph, "version", "1"));
    return graph;
}

static int join(neuron_graph_t **committee, neuron_graph_t *a, neuron_graph_t *b)
{
    neuron_graph_t *const members[] = {a, b};
    int status = neuron_committee_create(committee, context, members, 2, NULL, "rule=mean");
    neuron_graph_unref(a);
    neuron_graph_unref(b);
    return status;
}

START_TEST(a_committee_knows_what_all_know)
{
    neuron_graph_t *committee;
    assert_ok(join(&committee, make_member(0.5, NULL), make_member(0.5, names)));
    check_scale(committee, 0.5, 0);
    ck_assert_str_eq(neuron_graph_class_name(committee, NULL, 4), "vier");
    ck_assert_ptr_null(neuron_graph_metadata_key(committee, 0));
    neuron_graph_unref(committee);
    assert_ok(join(&committee, make_member(0.5, NULL), make_member(0.25, NULL)));
    size_t needed;
    assert_ok(neuron_graph_scales(NULL, NULL, 0, &needed, committee, NULL));
    ck_assert_uint_eq(needed, 0);
    neuron_graph_unref(committee);
    const char *other[TEST_CLASSES];
    memcpy(other, names, sizeof names);
    other[2] = "deux";
    assert_status(join(&committee, make_member(0.5, names), make_member(0.5, other)),
                  NEURON_E_DATA);
    assert_message("committee: class 2 is \"two\" in member 0 (linear) and \"deux\" in member 1");
    ck_assert_ptr_null(committee);
}
END_TEST

START_TEST(a_part_brings_the_scale_of_its_input)
{
    neuron_graph_t *member = make_member(0.5, names), *graph, *other;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIDE, SIDE, 1}, 3);
    assert_ok(neuron_graph_finish(graph, neuron_graph_import(graph, x, member, NULL, NULL)));
    check_scale(graph, 0.5, 0);
    ck_assert_ptr_null(neuron_graph_class_name(graph, NULL, 0));
    assert_ok(neuron_graph_create(&other, context));
    x = neuron_relu(other, neuron_input(other, (const int64_t[]){SIDE, SIDE, 1}, 3));
    assert_ok(neuron_graph_finish(other, neuron_graph_import(other, x, member, NULL, NULL)));
    size_t needed;
    assert_ok(neuron_graph_scales(NULL, NULL, 0, &needed, other, NULL));
    ck_assert_uint_eq(needed, 0);
    neuron_graph_unref(other);
    neuron_graph_unref(graph);
    neuron_graph_unref(member);
}
END_TEST

START_TEST(a_quantised_copy_knows_the_same)
{
    neuron_graph_t *graph = make_member(0.5, names), *small;
    neuron_dataset_t *dataset = test_glyphs(context, COUNT, SIDE);
    assert_ok(neuron_graph_quantize(&small, graph, dataset, NULL));
    check_scale(small, 0.5, 0);
    check_names(small);
    ck_assert_str_eq(neuron_graph_metadata(small, "version"), "1");
    neuron_graph_unref(small);
    neuron_dataset_unref(dataset);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- Damage ---- */

/* Files of a graph [2] -> softmax of 3 without parameters, with that text under a key. */
static int load_with(neuron_graph_t **graph, const char *key, const char *text)
{
    char header[2000], file[2100];
    int size = snprintf(
        header, sizeof header,
        "{\"__metadata__\":{\"libneuron.graph\":\"{\\\"version\\\":1,\\\"name\\\":\\\"g\\\","
        "\\\"nodes\\\":[{\\\"layer\\\":\\\"input\\\",\\\"name\\\":\\\"x\\\",\\\"shape\\\":[3]},"
        "{\\\"layer\\\":\\\"softmax\\\",\\\"name\\\":\\\"y\\\",\\\"inputs\\\":[0]}],"
        "\\\"output\\\":1}\",\"format\":\"pt\",\"%s\":\"%s\"}}",
        key, text);
    memset(file, 0, 8);
    file[0] = (char)(size & 0xff);
    file[1] = (char)(size >> 8);
    memcpy(file + 8, header, (size_t)size);
    return neuron_graph_load_memory(graph, context, file, (size_t)size + 8);
}

START_TEST(strangers_are_kept)
{
    neuron_graph_t *graph;
    assert_ok(load_with(&graph, "note", "by hand"));
    neuron_graph_t *loaded = reload(graph);
    ck_assert_str_eq(neuron_graph_metadata(loaded, "format"), "pt");
    ck_assert_str_eq(neuron_graph_metadata(loaded, "note"), "by hand");
    neuron_graph_unref(loaded);
    neuron_graph_unref(graph);
    assert_ok(load_with(&graph, "libneuron.inputs",
                        "{\\\"x\\\":{\\\"scale\\\":2,\\\"offset\\\":-1e2,\\\"more\\\":[]}}"));
    check_scale(graph, 2, -100);
    neuron_graph_unref(graph);
    assert_ok(load_with(&graph, "libneuron.outputs",
                        "{\\\"y\\\":{\\\"classes\\\":[\\\"a\\\","
                        "\\\"\\\",\\\"c\\\"]}}"));
    ck_assert_str_eq(neuron_graph_class_name(graph, NULL, 1), "");
    ck_assert_str_eq(neuron_graph_class_name(graph, NULL, 2), "c");
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(damage_is_refused)
{
    static const struct {
        const char *key, *text, *message;
    } cases[] = {
        {"libneuron.inputs", "", "of the text \"libneuron.inputs\""},
        {"libneuron.inputs", "[]", "libneuron.inputs"},
        {"libneuron.inputs", "{}", "\"libneuron.inputs\" is not an object of \"x\""},
        {"libneuron.inputs", "{\\\"y\\\":{\\\"scale\\\":1,\\\"offset\\\":0}}",
         "is not an object of \"x\""},
        {"libneuron.inputs", "{\\\"x\\\":1}", "is not an object of \"x\""},
        {"libneuron.inputs", "{\\\"x\\\":{\\\"scale\\\":1}}", "\"offset\" is not a number"},
        {"libneuron.inputs", "{\\\"x\\\":{\\\"scale\\\":\\\"1\\\",\\\"offset\\\":0}}",
         "\"scale\" is not a number"},
        {"libneuron.inputs", "{\\\"x\\\":{\\\"scale\\\":[1,2],\\\"offset\\\":[0,0]}}",
         "\"scale\" is not a number, nor a list of one for each of the 3 channels"},
        {"libneuron.inputs", "{\\\"x\\\":{\\\"scale\\\":[1,2,3],\\\"offset\\\":0}}",
         "\"offset\" is not a number, nor a list"},
        {"libneuron.inputs", "{\\\"x\\\":{\\\"scale\\\":[1,2,[]],\\\"offset\\\":[0,0,0]}}",
         "\"scale\" is not"},
        {"libneuron.outputs", "{\\\"y\\\":{\\\"classes\\\":[\\\"a\\\",\\\"b\\\"]}}",
         "\"libneuron.outputs\" of \"y\": \"classes\" are not 3 texts"},
        {"libneuron.outputs", "{\\\"y\\\":{\\\"classes\\\":[\\\"a\\\",\\\"b\\\",3]}}",
         "\"classes\" are not 3 texts"},
        {"libneuron.outputs", "{\\\"y\\\":{}}", "\"classes\" are not 3 texts"},
    };
    neuron_graph_t *graph;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_status(load_with(&graph, cases[i].key, cases[i].text), NEURON_E_FORMAT);
        assert_message(cases[i].message);
        ck_assert_ptr_null(graph);
    }
}
END_TEST

/* ---- Predicting a dataset ---- */

START_TEST(a_dataset_is_predicted)
{
    enum { MANY = 300 };
    neuron_dataset_t *dataset = test_glyphs(context, MANY, SIDE), *small;
    neuron_graph_t *graph = test_cnn(context, SIDE);
    neuron_tensor_t *input, *output, *other;
    float *values = malloc(MANY * SIDE * SIDE * sizeof *values);
    assert_ok(neuron_dataset_read(values, NULL, dataset, 0, MANY));
    assert_ok(neuron_tensor_wrap(&input, context, NEURON_TYPE_F32,
                                 (const int64_t[]){MANY, SIDE, SIDE, 1}, 4, values));
    assert_ok(neuron_tensor_create(&output, context, NEURON_TYPE_F32,
                                   (const int64_t[]){MANY, TEST_CLASSES}, 2));
    assert_ok(neuron_tensor_create(&other, context, NEURON_TYPE_F32,
                                   (const int64_t[]){MANY, TEST_CLASSES}, 2));
    assert_ok(neuron_graph_predict(graph, input, other));
    for (int32_t threads = 1; threads <= 3; threads++) {
        assert_ok(neuron_context_set_number(context, "threads", threads));
        memset(neuron_tensor_data(output), 0xff, MANY * TEST_CLASSES * sizeof(float));
        assert_ok(neuron_graph_predict_dataset(graph, dataset, output));
        ck_assert_mem_eq(neuron_tensor_data(output), neuron_tensor_data(other),
                         MANY * TEST_CLASSES * sizeof(float));
    }
    assert_status(neuron_graph_predict_dataset(graph, dataset, input), NEURON_E_SHAPE);
    assert_message("cnn: the output is 300x8x8x1, not n x 10");
    assert_status(neuron_graph_predict_dataset(graph, NULL, output), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_predict_dataset(graph, dataset, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_predict_dataset(NULL, dataset, output), NEURON_E_ARGUMENT);
    small = test_glyphs(context, MANY, SIDE + 1);
    assert_status(neuron_graph_predict_dataset(graph, small, output), NEURON_E_SHAPE);
    assert_message("predict: examples are 9x9x1, the graph's input is 8x8x1");
    neuron_dataset_unref(small);
    neuron_tensor_unref(other);
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
    neuron_graph_unref(graph);
    neuron_dataset_unref(dataset);
    free(values);
}
END_TEST

/* ---- Memory ---- */

START_TEST(no_memory_is_an_answer)
{
    test_memory memory;
    neuron_context_t *kept = context;
    context = test_limited_context(&memory);
    neuron_graph_t *graph = test_linear(context, SIDE), *loaded, *committee;
    neuron_dataset_t *dataset = test_glyphs(context, COUNT, SIDE);
    neuron_tensor_t *output;
    size_t size;
    char bytes[20000];
    double scale = 0.5, offset = 2;
    WITH_LITTLE_MEMORY(&memory, neuron_graph_set_scales(graph, NULL, &scale, &offset, 1));
    WITH_LITTLE_MEMORY(&memory, neuron_graph_set_class_names(graph, NULL, names, TEST_CLASSES));
    WITH_LITTLE_MEMORY(&memory, neuron_graph_set_metadata(graph, "version", "1"));
    WITH_LITTLE_MEMORY(&memory, neuron_graph_set_metadata(graph, "version", "2"));
    WITH_LITTLE_MEMORY(&memory, neuron_dataset_set_class_names(dataset, names, TEST_CLASSES));
    assert_ok(neuron_graph_keep_text(graph, NEURON_METADATA_PREPARATION, "{}"));
    WITH_LITTLE_MEMORY(&memory, neuron_graph_save_memory(bytes, sizeof bytes, &size, graph));
    WITH_LITTLE_MEMORY(&memory, neuron_graph_load_memory(&loaded, context, bytes, size));
    check_names(loaded);
    check_scale(loaded, 0.5, 2);
    assert_ok(neuron_tensor_create(&output, context, NEURON_TYPE_F32,
                                   (const int64_t[]){COUNT, TEST_CLASSES}, 2));
    WITH_LITTLE_MEMORY(&memory, neuron_graph_predict_dataset(loaded, dataset, output));
    neuron_graph_t *const members[] = {graph, loaded};
    WITH_LITTLE_MEMORY(&memory,
                       neuron_committee_create(&committee, context, members, 2, NULL, "rule=mean"));
    check_scale(committee, 0.5, 2);
    neuron_graph_unref(committee);
    neuron_tensor_unref(output);
    neuron_graph_unref(loaded);
    neuron_dataset_unref(dataset);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    ck_assert_int_eq(memory.live, 0);
    context = kept;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("meaning");
    TCase *tests = tcase_create("meaning");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, bytes_are_predicted_as_they_are, 0, 5);
    tcase_add_test(tests, the_last_training_counts);
    tcase_add_test(tests, floats_tell_nothing);
    tcase_add_test(tests, names_come_from_the_training_set);
    tcase_add_test(tests, names_are_set);
    tcase_add_test(tests, one_output_has_two_names);
    tcase_add_test(tests, texts_are_kept);
    tcase_add_test(tests, texts_are_checked);
    tcase_add_test(tests, a_committee_knows_what_all_know);
    tcase_add_test(tests, a_part_brings_the_scale_of_its_input);
    tcase_add_test(tests, a_quantised_copy_knows_the_same);
    tcase_add_test(tests, strangers_are_kept);
    tcase_add_test(tests, damage_is_refused);
    tcase_add_test(tests, a_dataset_is_predicted);
    tcase_add_test(tests, no_memory_is_an_answer);
    return run_suite(suite);
}
