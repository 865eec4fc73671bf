/* Where a file has the weights of a layer: by the order that Keras has its layers in, in a list
 * that was split, among those of the model that it lies in, or where another one's are. */
#include "keras/files/hdf5.h"
#include "made-files.h"

#include <stdio.h>

static neuron_context_t *context;

static void set_up(void)
{
    context = test_context();
}

static void tear_down(void)
{
    neuron_context_unref(context);
}

static float first_of(const neuron_graph_t *graph, const char *array)
{
    float values[64];
    size_t count;
    assert_ok(
        neuron_graph_read_array(values, 64, &count, graph, neuron_graph_find_array(graph, array)));
    return values[0];
}

/* A file of Keras 2 that is being made; `description` may be NULL. */
static neuron_h5 begin(const char *description)
{
    neuron_h5 h5;
    assert_ok(neuron_h5_create(&h5, context, "made"));
    assert_ok(neuron_h5_add_group(&h5, "/model_weights"));
    if (description) {
        char *text = quoted(description);
        assert_ok(neuron_h5_set_text(&h5, "/", "model_config", text));
        free(text);
    }
    return h5;
}

/* The bytes of the file; the test releases them. */
static void *end(size_t *size, neuron_h5 *h5)
{
    void *bytes;
    assert_ok(neuron_h5_image(&bytes, size, h5));
    neuron_h5_close(h5);
    return bytes;
}

/* A layer whose arrays are full of 1, of 2, ...: kernels of 2x2 numbers, others of 2. */
static void add_layer(neuron_h5 *h5, const char *layer, const char *const *names, int count)
{
    char group[64], path[NEURON_H5_PATH];
    snprintf(group, sizeof group, "/model_weights/%s", layer);
    assert_ok(neuron_h5_add_group(h5, group));
    assert_ok(neuron_h5_set_texts(h5, group, "weight_names", names, (size_t)count));
    for (int i = 0; i < count; i++) {
        float value = (float)(i + 1);
        const float values[] = {value, value, value, value};
        bool is_table = strstr(names[i], "kernel") != NULL;
        snprintf(path, sizeof path, "%s/%s", group, names[i]);
        assert_ok(strstr(names[i], "count")
                      ? neuron_h5_add_integer(h5, path, 7)
                      : neuron_h5_add(h5, path,
                                      is_table ? &(neuron_shape){.rank = 2, .extent = {2, 2}}
                                               : &(neuron_shape){.rank = 1, .extent = {2}},
                                      values));
    }
}

/* ---- Order ---- */

/* a(x) + c(b(x)), of which Keras has the layers as x, b, c, a, y. */
static neuron_graph_t *branches(const char *const names[3], bool all)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){4}, 1), *dense[3] = {x, x, x};
    for (int i = 0; i < 3; i++) {
        dense[i] = neuron_dense(graph, i == 2 ? dense[1] : x, 4, "use_bias=no");
        neuron_node_set_name(dense[i], names[i]);
    }
    neuron_node_t *y =
        all ? neuron_add(graph, (neuron_node_t *[]){dense[2], dense[0]}, 2) : dense[2];
    assert_ok(neuron_graph_finish(graph, y));
    return graph;
}

static const char *const letters[] = {"a", "b", "c"};

START_TEST(layers_in_the_order_of_keras)
{
    static const char *const wanted[] = {"input", "b", "c", "a", "add"};
    neuron_graph_t *graph = branches(letters, true);
    size_t size, count;
    neuron_h5 h5;
    char **names;
    assert_ok(neuron_keras_save_memory(NULL, 0, &size, graph, "format=h5"));
    void *bytes = malloc(size);
    assert_ok(neuron_keras_save_memory(bytes, size, NULL, graph, "format=h5"));
    assert_ok(neuron_h5_open(&h5, context, "written", bytes, size));
    assert_ok(neuron_h5_texts(&names, &count, &h5, "/model_weights", "layer_names"));
    ck_assert_uint_eq(count, 5);
    for (size_t i = 0; i < count; i++)
        ck_assert_str_eq(names[i], wanted[i]);
    neuron_release(context, names);
    free(bytes);
    neuron_graph_unref(graph);
}
END_TEST

/* A list of names that is longer than an attribute may be is in several, which are numbered. */
START_TEST(weights_by_order)
{
    static const char *const layers[] = {"first", "none", "second", "third"};
    static const char *const other[] = {"p", "q", "r"};
    static const float numbers[] = {1, 0, 2, 3};
    neuron_h5 h5 = begin(NULL);
    int64_t loaded;
    size_t size;
    for (int i = 0; i < 4; i++) {
        char group[64], path[96], name[32];
        const char *const list = name;
        float values[16];
        snprintf(group, sizeof group, "/model_weights/%s", layers[i]);
        snprintf(name, sizeof name, "%s/kernel:0", layers[i]);
        assert_ok(neuron_h5_add_group(&h5, group));
        assert_ok(neuron_h5_set_texts(&h5, group, "weight_names", &list, numbers[i] > 0));
        for (int k = 0; k < 16; k++)
            values[k] = numbers[i];
        snprintf(path, sizeof path, "%s/%s", group, name);
        if (numbers[i] > 0)
            assert_ok(
                neuron_h5_add(&h5, path, &(neuron_shape){.rank = 2, .extent = {4, 4}}, values));
    }
    if (_i == 0) {
        assert_ok(neuron_h5_set_texts(&h5, "/model_weights", "layer_names", layers, 4));
    } else {
        assert_ok(neuron_h5_set_texts(&h5, "/model_weights", "layer_names0", layers, 2));
        assert_ok(neuron_h5_set_texts(&h5, "/model_weights", "layer_names1", layers + 2, 1));
        assert_ok(neuron_h5_set_texts(&h5, "/model_weights", "layer_names2", layers + 3, 1));
    }
    void *bytes = end(&size, &h5);
    neuron_graph_t *graph = branches(other, true), *fewer = branches(other, false);
    assert_ok(neuron_keras_load_weights_memory(&loaded, graph, bytes, size, "match=order"));
    ck_assert_int_eq(loaded, 3);
    ck_assert_float_eq(first_of(graph, "q.kernel"), 1);
    ck_assert_float_eq(first_of(graph, "r.kernel"), 2);
    ck_assert_float_eq(first_of(graph, "p.kernel"), 3);
    float before = first_of(fewer, "q.kernel");
    ck_assert_int_eq(neuron_keras_load_weights_memory(NULL, fewer, bytes, size, "match=order"),
                     NEURON_E_DATA);
    ck_assert_str_eq(neuron_error_last(), "memory: layer \"third\" is one more than the graph has");
    ck_assert_float_eq(first_of(fewer, "q.kernel"), before);
    neuron_graph_unref(fewer);
    neuron_graph_unref(graph);
    neuron_release(context, bytes);
}
END_TEST

/* ---- Names ---- */

static neuron_graph_t *new_graph(neuron_node_t **input)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    *input = neuron_input(graph, (const int64_t[]){8, 6, 4}, 3);
    return graph;
}

/* The file with weights alone that is written of a graph; the test frees its bytes. */
static void *written(neuron_h5 *h5, const neuron_graph_t *graph)
{
    size_t size;
    assert_ok(neuron_keras_save_memory(NULL, 0, &size, graph, "format=weights"));
    void *bytes = malloc(size);
    assert_ok(neuron_keras_save_memory(bytes, size, NULL, graph, "format=weights"));
    assert_ok(neuron_h5_open(h5, context, "written", bytes, size));
    return bytes;
}

/* As keras.src.utils.naming.to_snake_case() makes them of classes. */
static const struct {
    const char *layer, *options, *group;
} groups[] = {
    {"conv2d", "filters=1, kernel_height=1, kernel_width=1", "conv2d"},
    {"conv2d_transpose", "filters=1, kernel_height=1, kernel_width=1", "conv2d_transpose"},
    {"depthwise_conv2d", "kernel_height=1, kernel_width=1", "depthwise_conv2d"},
    {"batch_norm", "", "batch_normalization"},
    {"layer_norm", "", "layer_normalization"},
    {"standardize", "", "normalization"},
    {"prelu", "", "p_re_lu"},
};

/* Those of a class are numbered behind the first. */
START_TEST(groups_of_classes)
{
    enum { LAYERS = 4 };
    neuron_node_t *x;
    neuron_graph_t *graph = new_graph(&x);
    neuron_h5 h5;
    char path[80];
    for (int i = 0; i < LAYERS; i++)
        x = neuron_layer_by_name(graph, groups[_i].layer, &x, 1, groups[_i].options);
    assert_ok(neuron_graph_finish(graph, x));
    void *bytes = written(&h5, graph);
    for (int i = 0; i <= LAYERS; i++) {
        snprintf(path, sizeof path, "/layers/%s_%d/vars/0", groups[_i].group, i);
        if (i == 0)
            snprintf(path, sizeof path, "/layers/%s/vars/0", groups[_i].group);
        assert_that(neuron_h5_has(&h5, path) == (i < LAYERS), "%s", path);
    }
    free(bytes);
    neuron_graph_unref(graph);
}
END_TEST

/* Keras has variances; what does not deviate is divided by nothing here, by 1 there. */
START_TEST(variances_are_written)
{
    static const float deviations[] = {2, 0, 0.5f, 3}, wanted[] = {4, 1, 0.25f, 9};
    float values[4];
    neuron_node_t *x;
    neuron_graph_t *graph = new_graph(&x);
    neuron_h5 h5;
    assert_ok(neuron_graph_finish(graph, neuron_standardize(graph, x)));
    assert_ok(neuron_graph_write_array(graph, 1, deviations, 4));
    void *bytes = written(&h5, graph);
    assert_ok(neuron_h5_read(values, &h5, "/layers/normalization/vars/1"));
    ck_assert_mem_eq(values, wanted, sizeof wanted);
    free(bytes);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- Models within models ---- */

#define BLOCK(layers)                                                                              \
    "{'class_name':'Sequential','config':{'name':'s','layers':[{'class_name':'Sequential',"        \
    "'config':{'name':'block','layers':[{'class_name':'InputLayer','config':{'name':'i',"          \
    "'batch_input_shape':[null,2]}}," layers "]}}]}}"
#define DENSE(name, more)                                                                          \
    "{'class_name':'Dense','config':{'name':'" name "','units':2,'use_bias':false" more "}}"

/* Keras 2 has what is trained first, of all layers, and then the rest; normalisations may count. */
START_TEST(weights_of_a_model_in_one_group)
{
    static const char text[] =
        BLOCK("{'class_name':'Normalization','config':{'name':'n','axis':[-1]}}," DENSE(
            "frozen", ",'trainable':false") "," DENSE("trained", ""));
    static const char *const layer = "block";
    static const char *const counted[] = {"trained/kernel:0", "mean:0", "variance:0", "count:0",
                                          "frozen/kernel:0"};
    static const char *const plain[] = {"trained/kernel:0", "mean:0", "variance:0",
                                        "frozen/kernel:0"};
    neuron_graph_t *graph;
    size_t size;
    for (int i = 0; i < 2; i++) {
        neuron_h5 h5 = begin(text);
        assert_ok(neuron_h5_set_texts(&h5, "/model_weights", "layer_names", &layer, 1));
        add_layer(&h5, layer, i == 0 ? counted : plain, i == 0 ? 5 : 4);
        void *bytes = end(&size, &h5);
        assert_ok(neuron_keras_load_memory(&graph, context, bytes, size));
        ck_assert_float_eq(first_of(graph, "block/trained.kernel"), 1);
        ck_assert_float_eq(first_of(graph, "block/n.mean"), 2);
        ck_assert_float_eq_tol(first_of(graph, "block/n.deviation"), 1.7320508f, 1e-6f);
        ck_assert_float_eq(first_of(graph, "block/frozen.kernel"), i == 0 ? 5 : 4);
        neuron_graph_unref(graph);
        neuron_release(context, bytes);
    }
    /* One too few. */
    neuron_h5 h5 = begin(text);
    assert_ok(neuron_h5_set_texts(&h5, "/model_weights", "layer_names", &layer, 1));
    add_layer(&h5, layer, plain, 3);
    void *bytes = end(&size, &h5);
    ck_assert_int_eq(neuron_keras_load_memory(&graph, context, bytes, size), NEURON_E_DATA);
    ck_assert_ptr_nonnull(strstr(neuron_error_last(), "has 3 arrays, but its layers have 5"));
    neuron_release(context, bytes);
}
END_TEST

/* ---- The same bytes for many layers ---- */

/* Layers that all have their weights in one place would take memory without an end: `packed` ones
 * are of bytes, all zero, so that they take nearly nothing in the file. */
START_TEST(one_array_for_many_layers)
{
    enum { LAYERS = 3 };
    bool packed = _i == 1;
    int units = packed ? 2048 : 64;
    char text[1024], path[64];
    size_t size;
    neuron_h5 h5;
    neuron_graph_t *graph;
    assert_ok(neuron_h5_create(&h5, context, "made"));
    assert_ok(neuron_h5_add_group(&h5, "/layers/dense/vars"));
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t extents[] = {(hsize_t)units, (hsize_t)units};
    hid_t space = H5Screate_simple(2, extents, NULL);
    if (packed) {
        H5Pset_chunk(list, 2, extents);
        H5Pset_deflate(list, 9);
    }
    hid_t set = H5Dcreate2(h5.file, "/layers/dense/vars/0", packed ? H5T_STD_I8LE : H5T_IEEE_F32LE,
                           space, H5P_DEFAULT, list, H5P_DEFAULT);
    float *values = calloc((size_t)units * (size_t)units, sizeof *values);
    ck_assert_int_ge(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    free(values);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(list);
    snprintf(text, sizeof text,
             "{'class_name':'Sequential','config':{'name':'s','layers':[{'class_name':"
             "'InputLayer','config':{'name':'i','batch_shape':[null,%d]}}",
             units);
    for (int i = 0; i < LAYERS; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used,
                 ",{'class_name':'Dense','config':{'name':'d%d','units':%d,'use_bias':false}}", i,
                 units);
        snprintf(path, sizeof path, "/layers/dense_%d/vars", i);
        if (i > 0) {
            assert_ok(neuron_h5_add_group(&h5, path));
            strcat(path, "/0");
            H5Lcreate_hard(h5.file, "/layers/dense/vars/0", h5.file, path, H5P_DEFAULT,
                           H5P_DEFAULT);
        }
    }
    strcat(text, "]}}");
    void *bytes = end(&size, &h5);
    int status = load_archive(&graph, context, text, bytes, size);
    assert_that(status == NEURON_E_FORMAT && strstr(neuron_error_last(), "is damaged"), "%d: %s",
                status, neuron_error_last());
    neuron_release(context, bytes);
}
END_TEST

/* ---- Archives ---- */

START_TEST(members_that_are_too_large)
{
    static const neuron_archive_member member = {"a.json", "0123456789", 10};
    void *archive, *bytes;
    size_t size, length;
    assert_ok(neuron_archive_make(&archive, &size, context, &member, 1));
    assert_ok(neuron_archive_read(&bytes, &length, context, archive, size, "m", "a.json", 10));
    ck_assert_uint_eq(length, 10);
    neuron_release(context, bytes);
    ck_assert_int_eq(neuron_archive_read(&bytes, &length, context, archive, size, "m", "a.json", 9),
                     NEURON_E_FORMAT);
    ck_assert_ptr_null(bytes);
    ck_assert_ptr_nonnull(strstr(neuron_error_last(), "has more than 9 bytes"));
    neuron_release(context, archive);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("weights");
    TCase *tests = tcase_create("weights");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, layers_in_the_order_of_keras);
    tcase_add_loop_test(tests, weights_by_order, 0, 2);
    tcase_add_loop_test(tests, groups_of_classes, 0, sizeof groups / sizeof groups[0]);
    tcase_add_test(tests, variances_are_written);
    tcase_add_test(tests, weights_of_a_model_in_one_group);
    tcase_add_loop_test(tests, one_array_for_many_layers, 0, 2);
    tcase_add_test(tests, members_that_are_too_large);
    return run_suite(suite);
}
