/* Models of Keras: graphs are written and read again, in each kind of file and with each layer,
 * whatever allocation fails; files that are cut or lie are refused. */
#include "keras/files/hdf5.h"
#include "made-files.h"
#include "registry-layers.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

static const char *const formats[] = {"format=keras", "format=h5"};

static neuron_graph_t *new_graph(neuron_context_t *context)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    return graph;
}

/* The bytes of a graph; the test frees them. */
static uint8_t *bytes_of(size_t *size, const neuron_graph_t *graph, const char *options)
{
    assert_ok(neuron_keras_save_memory(NULL, 0, size, graph, options));
    uint8_t *bytes = malloc(*size);
    assert_ok(neuron_keras_save_memory(bytes, *size, NULL, graph, options));
    return bytes;
}

/* All arrays and what is predicted for a few examples are the same. */
static void assert_same(const neuron_graph_t *a, const neuron_graph_t *b, neuron_context_t *context)
{
    int64_t shape[NEURON_RANK_MAX], extents[NEURON_RANK_MAX] = {3};
    int32_t rank;
    neuron_tensor_t *input, *outputs[2];
    assert_ok(neuron_graph_input_shape(shape, &rank, a));
    for (int32_t axis = 0; axis < rank; axis++)
        extents[axis + 1] = shape[axis];
    assert_ok(neuron_tensor_create(&input, context, NEURON_TYPE_F32, extents, rank + 1));
    float *values = neuron_tensor_data(input);
    for (int64_t i = 0; i < neuron_tensor_count(input); i++)
        values[i] = (float)sin((double)i * 1.7);
    assert_ok(neuron_graph_output_shape(shape, &rank, a));
    for (int32_t axis = 0; axis < rank; axis++)
        extents[axis + 1] = shape[axis];
    for (int i = 0; i < 2; i++) {
        assert_ok(neuron_tensor_create(&outputs[i], context, NEURON_TYPE_F32, extents, rank + 1));
        assert_ok(neuron_graph_predict(i == 0 ? a : b, input, outputs[i]));
    }
    const float *x = neuron_tensor_data(outputs[0]), *y = neuron_tensor_data(outputs[1]);
    for (int64_t i = 0; i < neuron_tensor_count(outputs[0]); i++)
        ck_assert_float_eq_tol(x[i], y[i], 1e-5f * (1 + fabsf(x[i])));
    neuron_tensor_unref(input);
    neuron_tensor_unref(outputs[0]);
    neuron_tensor_unref(outputs[1]);
}

/* A little of all: a branch, a shared layer, explicit padding, a normalisation. */
static neuron_graph_t *branched_graph(neuron_context_t *context)
{
    neuron_graph_t *graph = new_graph(context);
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){6, 5, 2}, 3);
    x = neuron_conv2d(graph, x, 2, 3, 3,
                      "padding_top=1, padding_bottom=1, padding_left=1, "
                      "padding_right=1");
    neuron_node_t *shared = neuron_conv2d(graph, x, 2, 3, 3, "padding=same, use_bias=no");
    neuron_node_t *again = neuron_shared_layer(graph, shared, &shared, 1);
    neuron_node_set_regularizer(x, "kernel", 0, 0.25);
    x = neuron_add(graph, (neuron_node_t *[]){x, neuron_batch_norm(graph, again, NULL)}, 2);
    x = neuron_standardize(graph, neuron_flatten(graph, neuron_relu(graph, x)));
    neuron_node_t *last = neuron_dense(graph, x, 3, NULL);
    neuron_node_set_name(last, "last/one");
    neuron_node_set_trainable(last, 0);
    assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, last, NULL)));
    for (int64_t i = 0; i < neuron_graph_array_count(graph); i++) {
        size_t count;
        assert_ok(neuron_graph_read_array(NULL, 0, &count, graph, i));
        float *values = malloc(count * sizeof *values);
        for (size_t k = 0; k < count; k++)
            values[k] = 0.3f + (float)(k % 7) / 10 - (float)(i % 3) / 20;
        assert_ok(neuron_graph_write_array(graph, i, values, count));
        free(values);
    }
    return graph;
}

START_TEST(files_go_there_and_back)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = branched_graph(context), *read;
    size_t size;
    uint8_t *bytes = bytes_of(&size, graph, formats[_i]);
    assert_ok(neuron_keras_load_memory(&read, context, bytes, size));
    assert_same(graph, read, context);
    double l1, l2;
    assert_ok(neuron_node_regularizer(&l1, &l2, neuron_graph_find_node(read, "conv2d"), "kernel"));
    ck_assert_double_eq(l2, 0.25);
    const neuron_node_t *last = neuron_graph_find_node(read, "last_one");
    ck_assert_int_eq(neuron_node_trainable(last), 0);
    ck_assert_int_eq(neuron_graph_parameter_count(read), neuron_graph_parameter_count(graph));
    uint8_t *again = bytes_of(&size, graph, formats[_i]);
    ck_assert_mem_eq(bytes, again, size); /* the same bytes each time */
    free(again);
    free(bytes);
    neuron_graph_unref(read);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(endings_tell_the_format)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = branched_graph(context), *read;
    char path[] = "keras-XXXXXX", name[64];
    ck_assert_int_ge(mkstemp(path), 0);
    static const char *const ends[] = {".keras", ".h5", ".weights.h5"};
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        assert_ok(neuron_keras_save(graph, name, NULL));
        int status = neuron_keras_load(&read, context, name);
        ck_assert_int_eq(status, i < 2 ? NEURON_OK : NEURON_E_FORMAT);
        if (i < 2)
            assert_same(graph, read, context);
        else
            ck_assert_ptr_nonnull(strstr(neuron_error_last(), "weights only"));
        neuron_graph_unref(i < 2 ? read : NULL);
        unlink(name);
    }
    ck_assert_int_eq(neuron_keras_save(graph, "model.bin", NULL), NEURON_E_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(neuron_error_last(), "must end in .keras"));
    ck_assert_int_eq(neuron_keras_load(&read, context, "not-there.keras"), NEURON_E_IO);
    unlink(path);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* ---- Each layer ---- */

static neuron_graph_t *graph_with(neuron_context_t *context, const neuron_layer *layer)
{
    neuron_graph_t *graph = new_graph(context);
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){5, 6, 2}, 3);
    x = registry_add(graph, layer, neuron_conv2d(graph, x, 4, 2, 1, NULL));
    assert_ok(neuron_graph_finish(graph, neuron_sigmoid(graph, x)));
    return graph;
}

/* Layers that Keras does not have, or not as they are here. */
static bool is_refused(const neuron_layer *layer)
{
    static const char *const names[] = {
        "piecewise_linear",    "prediction_set", "quantized_conv2d", "quantized_dense",
        "temperature_scaling", "uncertainty",    "vector_scaling",   "vote",
        "weighted_average"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], layer->name) == 0)
            return true;
    return false;
}

START_TEST(each_layer)
{
    neuron_context_t *context = test_context();
    const neuron_layer *layer = neuron_layers[_i];
    bool is_read = strcmp(layer->name, "random_rotation") != 0;
    if (layer != &neuron_layer_input && strcmp(layer->name, "slice") != 0) {
        neuron_graph_t *graph = graph_with(context, layer), *read = NULL;
        for (int i = 0; i < 2; i++) {
            size_t size;
            int status = neuron_keras_save_memory(NULL, 0, &size, graph, formats[i]);
            ck_assert_int_eq(status, is_refused(layer) ? NEURON_E_UNSUPPORTED : NEURON_OK);
            if (status < 0) {
                ck_assert_ptr_nonnull(strstr(neuron_error_last(), layer->name));
                continue;
            }
            uint8_t *bytes = bytes_of(&size, graph, formats[i]);
            status = neuron_keras_load_memory(&read, context, bytes, size);
            assert_that((status == NEURON_OK) == is_read, "%s: %s", layer->name,
                        neuron_error_last());
            if (is_read)
                assert_same(graph, read, context);
            neuron_graph_unref(read);
            free(bytes);
        }
        neuron_graph_unref(graph);
    }
    neuron_context_unref(context);
}
END_TEST

START_TEST(slices_of_images)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = new_graph(context), *read;
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){5, 6, 2}, 3);
    x = neuron_slice(graph, neuron_slice(graph, x, 1, 3, "axis=0"), -3, 2, "axis=1");
    assert_ok(neuron_graph_finish(graph, x));
    size_t size;
    uint8_t *bytes = bytes_of(&size, graph, NULL);
    assert_ok(neuron_keras_load_memory(&read, context, bytes, size));
    assert_same(graph, read, context);
    free(bytes);
    neuron_graph_unref(read);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* ---- Failures ---- */

START_TEST(failing_allocations_leave_nothing)
{
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory);
    neuron_graph_t *graph = branched_graph(context), *read = NULL;
    size_t size;
    uint8_t *bytes = bytes_of(&size, graph, formats[_i]);
    long before = memory.live, left = 0;
    int status = NEURON_E_MEMORY;
    while (test_one_more(&memory, &left, status)) {
        status = neuron_keras_save_memory(NULL, 0, &size, graph, formats[_i]);
        test_refill(&memory);
        ck_assert_int_eq(memory.live, before);
    }
    ck_assert_int_gt(left, 5);
    status = NEURON_E_MEMORY;
    left = 0;
    while (test_one_more(&memory, &left, status)) {
        status = neuron_keras_load_memory(&read, context, bytes, size);
        test_refill(&memory);
        neuron_graph_unref(read);
        ck_assert_int_eq(memory.live, before);
    }
    ck_assert_int_gt(left, 20);
    free(bytes);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(cut_files_are_refused)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = branched_graph(context), *read;
    size_t size;
    uint8_t *bytes = bytes_of(&size, graph, formats[_i]);
    for (size_t cut = 0; cut < size - 1; cut += 97) {
        uint8_t *part = malloc(cut + 1);
        memcpy(part, bytes, cut);
        int status = neuron_keras_load_memory(&read, context, part, cut);
        assert_that(status < 0, "%zu of %zu bytes were read", cut, size);
        ck_assert_ptr_null(read);
        free(part);
    }
    free(bytes);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* ---- Weights alone ---- */

static neuron_graph_t *two_layers(neuron_context_t *context, const char *first, const char *second,
                                  int64_t units, uint64_t seed)
{
    neuron_graph_t *graph = new_graph(context);
    neuron_graph_set_seed(graph, seed);
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){4}, 1);
    neuron_node_t *a = neuron_dense(graph, x, units, NULL), *b = neuron_dense(graph, a, 2, NULL);
    neuron_node_set_name(a, first);
    neuron_node_set_name(b, second);
    assert_ok(neuron_graph_finish(graph, b));
    return graph;
}

START_TEST(weights_by_name_and_by_order)
{
    static const char *const kinds[] = {"format=weights", "format=h5", "format=keras"};
    neuron_context_t *context = test_context();
    neuron_graph_t *from = two_layers(context, "a", "b", 4, 1);
    size_t size;
    int64_t loaded = -1;
    uint8_t *bytes = bytes_of(&size, from, kinds[_i]);
    neuron_graph_t *named = two_layers(context, "a", "b", 4, 2);
    assert_ok(neuron_keras_load_weights_memory(&loaded, named, bytes, size, "match=name"));
    ck_assert_int_eq(loaded, 4);
    assert_same(from, named, context);
    neuron_graph_t *other = two_layers(context, "c", "d", 4, 2);
    ck_assert_int_eq(neuron_keras_load_weights_memory(&loaded, other, bytes, size, "match=name"),
                     NEURON_E_DATA);
    ck_assert_str_eq(neuron_error_last(), "memory: there are no weights for c, by name");
    assert_ok(neuron_keras_load_weights_memory(&loaded, other, bytes, size, NULL));
    assert_same(from, other, context);
    neuron_graph_t *narrow = two_layers(context, "a", "b", 3, 2);
    ck_assert_int_eq(neuron_keras_load_weights_memory(NULL, narrow, bytes, size, NULL),
                     NEURON_E_SHAPE);
    ck_assert_ptr_nonnull(strstr(neuron_error_last(), "is 4x4, but a.kernel is 4x3"));
    free(bytes);
    neuron_graph_unref(narrow);
    neuron_graph_unref(other);
    neuron_graph_unref(named);
    neuron_graph_unref(from);
    neuron_context_unref(context);
}
END_TEST

/* ---- Files of others ---- */

/* Loads a description that Keras could have written, with the weights of one layer. */
static int load_description(neuron_graph_t **graph, neuron_context_t *context, const char *text)
{
    neuron_h5 h5;
    void *weights;
    size_t size;
    assert_ok(neuron_h5_create(&h5, context, "made"));
    assert_ok(neuron_h5_add_group(&h5, "/layers/dense/vars"));
    const float values[] = {1, 2, 3, 4};
    assert_ok(neuron_h5_add(&h5, "/layers/dense/vars/0",
                            &(neuron_shape){.rank = 2, .extent = {2, 2}}, values));
    assert_ok(neuron_h5_image(&weights, &size, &h5));
    neuron_h5_close(&h5);
    int status = load_archive(graph, context, text, weights, size);
    neuron_release(context, weights);
    return status;
}

#define SEQUENTIAL(layers)                                                                         \
    "{'class_name': 'Sequential', 'config': {'name': 's', 'layers': ["                             \
    "{'class_name': 'InputLayer', 'config': {'batch_shape': [null, 2], 'name': 'i'}}"              \
    "," layers "]}}"

static const struct {
    const char *text;
    int status;
    const char *message;
} told[] = {
    {SEQUENTIAL("{'class_name': 'Dense', 'config': {'name': 'd', 'units': 2, "
                "'use_bias': false}}"),
     NEURON_OK, ""},
    {SEQUENTIAL("{'class_name': 'LSTM', 'config': {'name': 'r', 'units': 2}}"),
     NEURON_E_UNSUPPORTED, "memory: layer \"r\": there is no layer like LSTM here"},
    {SEQUENTIAL("{'class_name': 'Dense', 'config': {'name': 'd', 'units': 2, "
                "'activation': 'mish'}}"),
     NEURON_E_UNSUPPORTED,
     "memory: layer \"d\" (Dense): activation is \"mish\", which is not known here"},
    {SEQUENTIAL("{'class_name': 'Dense', 'config': {'name': 'd', 'units': 2, "
                "'kernel_constraint': {'class_name': 'MaxNorm'}}}"),
     NEURON_E_UNSUPPORTED, "kernel_constraint is {\"class_name\":\"MaxNorm\"}"},
    {SEQUENTIAL("{'class_name': 'ReLU', 'config': {'name': 'r', 'threshold': 6}}"),
     NEURON_E_UNSUPPORTED, "layer \"r\" (ReLU): threshold is 6, which is not known here"},
    {SEQUENTIAL("{'class_name': 'Dense', 'config': {'name': 'd', 'units': 0}}"), NEURON_E_FORMAT,
     "layer \"d\" (Dense): "},
    {SEQUENTIAL("{'class_name': 'Dense', 'config': {'name': 'd', 'units': 3, "
                "'use_bias': false}}"),
     NEURON_E_SHAPE, "is 2x2, but d.kernel is 2x3"},
    {SEQUENTIAL("{'class_name': 'Dense', 'config': {'name': 'd', 'units': 2}}"), NEURON_E_DATA,
     "has 1 arrays, but d has 2"},
    {SEQUENTIAL("{'class_name': 'Dense', 'config': {'name': 'i', 'units': 2}}"), NEURON_E_FORMAT,
     "there are two layers \"i\""},
    {SEQUENTIAL("{'class_name': 'Flatten', 'config': {'name': 'f', 'data_format': "
                "'channels_first'}}"),
     NEURON_E_UNSUPPORTED, "data_format is \"channels_first\""},
    {SEQUENTIAL("{'class_name': 'Conv2DTranspose', 'config': {'name': 'c', 'filters': 2, "
                "'kernel_size': 3, 'dilation_rate': 2}}"),
     NEURON_E_UNSUPPORTED, "dilation_rate is 2, which is not known here"},
    {SEQUENTIAL("{'class_name': 'Conv2D', 'config': {'name': 'c', 'filters': 2, "
                "'kernel_size': 3, 'padding': 'causal'}}"),
     NEURON_E_UNSUPPORTED, "padding is \"causal\", which is not known here"},
    {SEQUENTIAL("{'class_name': 'BatchNormalization', 'config': {'name': 'b', 'renorm': true}}"),
     NEURON_E_UNSUPPORTED, "renorm is true, which is not known here"},
    {SEQUENTIAL("{'class_name': 'LayerNormalization', 'config': {'name': 'n', 'axis': 2}}"),
     NEURON_E_UNSUPPORTED, "axis is 2, which is not known here"},
    {"{'class_name': 'Mine'}", NEURON_E_UNSUPPORTED, "of class Mine"},
    {"{'class_name': 'Sequential'}", NEURON_E_FORMAT, "has no list of layers"},
    {"{'class_name': 'Functional', 'config': {'layers': [{'class_name': 'ReLU', "
     "'config': {'name': 'a'}, 'inbound_nodes': [[['a', 0, 0, {}]]]}]}}",
     NEURON_E_FORMAT, "goes round in a circle"},
    {"{'class_name': 'Functional', 'config': {'layers': [{'class_name': 'ReLU', "
     "'config': {'name': 'a'}, 'inbound_nodes': [[['b', 0, 0, {}]]]}]}}",
     NEURON_E_FORMAT, "something that no layer puts out"},
    {"{", NEURON_E_FORMAT, "is not valid JSON"},
};

START_TEST(descriptions)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    ck_assert_int_eq(load_description(&graph, context, told[_i].text), told[_i].status);
    if (told[_i].status == NEURON_OK)
        ck_assert_ptr_nonnull(graph);
    else
        assert_that(strstr(neuron_error_last(), told[_i].message), "%s", neuron_error_last());
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(damaged_bytes_do_no_harm)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = two_layers(context, "a", "b", 3, 1), *read;
    size_t size;
    uint8_t *bytes = bytes_of(&size, graph, "format=h5");
    for (size_t place = 0; place < size; place += 3) {
        uint8_t was = bytes[place];
        bytes[place] = (uint8_t)(was ^ 0x81);
        if (neuron_keras_load_memory(&read, context, bytes, size) == NEURON_OK)
            neuron_graph_unref(read);
        else
            ck_assert_ptr_null(read);
        bytes[place] = was;
    }
    free(bytes);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keras");
    TCase *tests = tcase_create("files");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, files_go_there_and_back, 0, 2);
    tcase_add_test(tests, endings_tell_the_format);
    tcase_add_loop_test(tests, each_layer, 0, REGISTRY_LAYERS);
    tcase_add_test(tests, slices_of_images);
    tcase_add_loop_test(tests, failing_allocations_leave_nothing, 0, 2);
    tcase_add_loop_test(tests, cut_files_are_refused, 0, 2);
    tcase_add_loop_test(tests, weights_by_name_and_by_order, 0, 3);
    tcase_add_loop_test(tests, descriptions, 0, sizeof told / sizeof told[0]);
    tcase_add_test(tests, damaged_bytes_do_no_harm);
    return run_suite(suite);
}
