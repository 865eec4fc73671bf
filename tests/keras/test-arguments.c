/* Arguments of Keras's layers: what is written for a node with options of its own, and what is made
 * of a layer with such arguments. Both are compared with what Keras itself has, as a wrong name or
 * default on both ways would not be seen in a file that goes there and back. */
#include "graph/graph.h"
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

/* ---- Arguments ---- */

typedef struct row {
    const char *layer, *options, *class_name;
    const char *arguments; /* as they are written, with ' for " */
    bool read_only;        /* what Keras may write otherwise: NULL, or what it means by a word */
} row;

static const row rows[] = {
    {"dense", "units=3, use_bias=no", "Dense", "'units':3,'use_bias':false", false},
    {"conv2d",
     "filters=4, groups=2, kernel_height=3, kernel_width=2, stride_height=2, stride_width=1, "
     "padding=same, use_bias=no",
     "Conv2D",
     "'filters':4,'groups':2,'kernel_size':[3,2],'strides':[2,1],'padding':'same',"
     "'data_format':'channels_last','dilation_rate':[1,1],'use_bias':false",
     false},
    {"conv2d",
     "filters=4, kernel_height=3, kernel_width=2, dilation_height=2, dilation_width=3, "
     "padding=valid",
     "Conv2D",
     "'filters':4,'groups':1,'kernel_size':[3,2],'strides':[1,1],'padding':'valid',"
     "'data_format':'channels_last','dilation_rate':[2,3],'use_bias':true",
     false},
    {"conv2d", "filters=4, kernel_height=3, kernel_width=2", "Conv2D",
     "'filters':4,'kernel_size':[3,2]", true},
    {"conv2d_transpose",
     "filters=4, kernel_height=3, kernel_width=2, stride_height=2, stride_width=1, padding=same",
     "Conv2DTranspose",
     "'filters':4,'kernel_size':[3,2],'strides':[2,1],'padding':'same',"
     "'data_format':'channels_last','use_bias':true",
     false},
    {"depthwise_conv2d",
     "depth_multiplier=2, kernel_height=3, kernel_width=2, stride_height=1, stride_width=2, "
     "padding=same, use_bias=no",
     "DepthwiseConv2D",
     "'depth_multiplier':2,'kernel_size':[3,2],'strides':[1,2],'padding':'same',"
     "'data_format':'channels_last','dilation_rate':[1,1],'use_bias':false",
     false},
    {"depthwise_conv2d", "depth_multiplier=1, kernel_height=3, kernel_width=3", "DepthwiseConv2D",
     "'kernel_size':3", true},
    {"conv1d", "filters=4, groups=2, kernel_size=3, stride=2, padding=same, use_bias=no", "Conv1D",
     "'filters':4,'groups':2,'kernel_size':[3],'strides':[2],'padding':'same',"
     "'data_format':'channels_last','dilation_rate':[1],'use_bias':false",
     false},
    {"conv1d", "filters=4, kernel_size=3, dilation=2, padding_before=4", "Conv1D",
     "'filters':4,'kernel_size':[3],'strides':[1],'padding':'causal','dilation_rate':[2]", true},
    {"max_pool2d", "kernel_height=3, kernel_width=2, stride_height=2, stride_width=1, padding=same",
     "MaxPooling2D",
     "'pool_size':[3,2],'strides':[2,1],'padding':'same','data_format':'channels_last'", false},
    {"average_pool2d",
     "kernel_height=3, kernel_width=2, stride_height=2, stride_width=1, padding=same",
     "AveragePooling2D",
     "'pool_size':[3,2],'strides':[2,1],'padding':'same','data_format':'channels_last'", false},
    {"max_pool2d", "kernel_height=3, kernel_width=2, stride_height=3, stride_width=2",
     "MaxPooling2D", "'pool_size':[3,2],'strides':null", true},
    {"average_pool2d", "kernel_height=2, kernel_width=2, stride_height=2, stride_width=2",
     "AveragePooling2D", "'padding':'valid'", true},
    {"max_pool1d", "kernel_size=3, stride=2, padding=same", "MaxPooling1D",
     "'pool_size':[3],'strides':[2],'padding':'same'", false},
    {"average_pool1d", "kernel_size=3, stride=3", "AveragePooling1D", "'pool_size':3", true},
    {"batch_norm", "momentum=0.75, epsilon=0.125", "BatchNormalization",
     "'axis':-1,'momentum':0.75,'epsilon':0.125", false},
    {"batch_norm", "momentum=0.99, epsilon=0.001", "BatchNormalization", "'axis':3", true},
    {"layer_norm", "epsilon=0.125", "LayerNormalization", "'axis':-1,'epsilon':0.125", false},
    {"layer_norm", "epsilon=0.001", "LayerNormalization", "'axis':[3]", true},
    {"standardize", "", "Normalization", "'axis':[-1],'invert':false", false},
    {"unstandardize", "", "Normalization", "'axis':[-1],'invert':true", false},
    {"rescale", "scale=0.25, offset=-0.5", "Rescaling", "'scale':0.25,'offset':-0.5", false},
    {"rescale", "scale=1, offset=0", "Rescaling", "'name':'x'", true},
    {"reshape", "extent_0=12, extent_1=16", "Reshape", "'target_shape':[12,16]", false},
    {"reshape", "extent_0=16, extent_1=12", "Reshape", "'target_shape':[-1,12]", true},
    {"zero_pad2d", "top=1, bottom=2, left=3, right=4", "ZeroPadding2D", "'padding':[[1,2],[3,4]]",
     false},
    {"zero_pad2d", "top=2, bottom=2, left=3, right=3", "ZeroPadding2D", "'padding':[2,3]", true},
    {"zero_pad2d", "top=1, bottom=1, left=1, right=1", "ZeroPadding2D", "'name':'x'", true},
    {"upsample2d", "factor_height=2, factor_width=3, interpolation=bilinear", "UpSampling2D",
     "'size':[2,3],'interpolation':'bilinear'", false},
    {"upsample2d", "factor_height=2, factor_width=2, interpolation=nearest", "UpSampling2D",
     "'size':2", true},
    {"permute", "axis_0=2, axis_1=0, axis_2=1", "Permute", "'dims':[3,1,2]", false},
    {"dropout", "rate=0.25", "Dropout", "'rate':0.25", false},
    {"gaussian_noise", "deviation=0.25", "GaussianNoise", "'stddev':0.25", false},
    {"leaky_relu", "slope=0.125", "LeakyReLU", "'negative_slope':0.125", false},
    {"leaky_relu", "slope=0.125", "LeakyReLU", "'alpha':0.125", true},
    {"leaky_relu", "slope=0.3", "LeakyReLU", "'name':'x'", true},
    {"leaky_relu", "slope=0.125", "ReLU", "'negative_slope':0.125", true},
    {"elu", "alpha=0.5", "ELU", "'alpha':0.5", false},
    {"elu", "alpha=1", "ELU", "'name':'x'", true},
    {"clip", "minimum=0, maximum=6", "ReLU", "'max_value':6.0", false},
    {"prelu", "", "PReLU", "'shared_axes':[1,2]", false},
    {"softmax", "axis=0", "Softmax", "'axis':1", false},
    {"softmax", "axis=2", "Softmax", "'axis':-1", true},
    {"hard_swish", "", "Activation", "'activation':'hard_silu'", false},
    {"silu", "", "Activation", "'activation':'silu'", false},
    {"silu", "", "Activation", "'activation':'swish'", true},
    {"clip", "minimum=0, maximum=6", "Activation", "'activation':'relu6'", true},
    {"elu", "alpha=1", "Activation", "'activation':'elu'", true},
    {"leaky_relu", "slope=0.2", "Activation", "'activation':'leaky_relu'", true},
    {"gelu", "approximate=no", "Activation", "'activation':'gelu'", false},
    {"log_softmax", "", "Activation", "'activation':'log_softmax'", false},
};

/* An input that the layer can take, and the layer. */
static neuron_graph_t *graph_of(const row *of)
{
    neuron_graph_t *graph;
    const int64_t image[] = {8, 6, 4}, sequence[] = {9, 4}, vector[] = {7};
    assert_ok(neuron_graph_create(&graph, context));
    int32_t rank = strcmp(of->layer, "dense") == 0 ? 1 : strstr(of->layer, "1d") ? 2 : 3;
    neuron_node_t *x = neuron_input(graph, rank == 1 ? vector : rank == 2 ? sequence : image, rank);
    x = neuron_layer_by_name(graph, of->layer, &x, 1, of->options);
    neuron_node_set_name(x, "x");
    assert_ok(neuron_graph_finish(graph, x));
    return graph;
}

/* A member of the archive that is written of a graph, with an end; the test frees it. */
static char *written(size_t *size, const neuron_graph_t *graph, const char *member)
{
    assert_ok(neuron_keras_save_memory(NULL, 0, size, graph, NULL));
    char *bytes = malloc(*size);
    void *text;
    assert_ok(neuron_keras_save_memory(bytes, *size, NULL, graph, NULL));
    assert_ok(neuron_archive_read(&text, size, context, bytes, *size, "m", member, UINT64_MAX));
    free(bytes);
    char *copy = calloc(1, *size + 1);
    memcpy(copy, text, *size);
    neuron_release(context, text);
    return copy;
}

/* The description of a model of one layer behind the input of a graph, with ' for "; it stays until
 * the next call. */
static const char *describe(const neuron_graph_t *graph, const char *class_name,
                            const char *arguments)
{
    static char text[1024];
    char shape[64] = "null";
    int64_t extents[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_graph_input_shape(extents, &rank, graph));
    for (int32_t axis = 0; axis < rank; axis++)
        snprintf(shape + strlen(shape), sizeof shape - strlen(shape), ",%d", (int)extents[axis]);
    bool named = strstr(arguments, "'name'") != NULL;
    snprintf(text, sizeof text,
             "{'class_name':'Sequential','config':{'name':'s','layers':[{'class_name':"
             "'InputLayer','config':{'name':'i','batch_shape':[%s]}},{'class_name':'%s','config':"
             "{%s%s}}]}}",
             shape, class_name, named ? "" : "'name':'x',", arguments);
    return text;
}

START_TEST(arguments)
{
    const row *of = &rows[_i];
    neuron_graph_t *graph = graph_of(of), *read;
    size_t size;
    char *config = written(&size, graph, "config.json"), *wanted = quoted(of->arguments);
    char class_name[64];
    snprintf(class_name, sizeof class_name, "\"class_name\":\"%s\"", of->class_name);
    if (!of->read_only)
        assert_that(strstr(config, wanted) && strstr(config, class_name), "%s: %s", of->layer,
                    config);
    const char *description = describe(graph, of->class_name, of->arguments);
    char *weights = written(&size, graph, "model.weights.h5");
    assert_that(load_archive(&read, context, description, weights, size) == NEURON_OK, "%s: %s",
                description, neuron_error_last());
    const neuron_node_t *ours = neuron_graph_find_node(graph, "x");
    const neuron_node_t *theirs = neuron_graph_find_node(read, "x");
    ck_assert_str_eq(theirs->spec.layer->name, of->layer);
    ck_assert(neuron_shape_equal(&theirs->spec.output, &ours->spec.output));
    const neuron_option_table *table = ours->spec.options.table;
    for (int64_t i = 0; i < table->count; i++) {
        double a = ours->spec.options.values[i], b = theirs->spec.options.values[i];
        bool axis = strcmp(table->rows[i].name, "axis") == 0; /* which may count from the end */
        assert_that(a == b || (a != a && b != b) || (axis && a == b - 3), "%s: %s is %g, not %g",
                    description, table->rows[i].name, b, a);
    }
    free(weights);
    free(wanted);
    free(config);
    neuron_graph_unref(read);
    neuron_graph_unref(graph);
}
END_TEST

/* Keras 2 knows the slope by another name. */
START_TEST(slopes_of_keras_2)
{
    static const row of = {.layer = "leaky_relu", .options = "slope=0.125"};
    neuron_graph_t *graph = graph_of(&of);
    neuron_h5 h5;
    size_t size, count;
    char **texts;
    assert_ok(neuron_keras_save_memory(NULL, 0, &size, graph, "format=h5"));
    void *bytes = malloc(size);
    assert_ok(neuron_keras_save_memory(bytes, size, NULL, graph, "format=h5"));
    assert_ok(neuron_h5_open(&h5, context, "written", bytes, size));
    assert_ok(neuron_h5_texts(&texts, &count, &h5, "/", "model_config"));
    ck_assert_uint_eq(count, 1);
    assert_that(strstr(texts[0], "\"alpha\":0.125"), "%s", texts[0]);
    neuron_release(context, texts);
    free(bytes);
    neuron_graph_unref(graph);
}
END_TEST

/* What a long name is cut to ends with a whole character, where something is put behind it. */
START_TEST(long_names)
{
    char name[NEURON_NODE_NAME_MAX + 1] = "";
    static const row input = {.layer = "relu", .options = ""};
    neuron_graph_t *shape = graph_of(&input), *graph, *read;
    for (size_t i = _i == 0 ? 0 : 1; i + 2 < sizeof name; i += 2)
        strcat(name, i == 1 ? "/\xc3\xa4" : "\xc3\xa4");
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){8, 6, 4}, 3);
    x = neuron_conv2d(graph, x, 4, 1, 1, "padding_top=1");
    neuron_node_set_name(x, name);
    x = neuron_relu(graph, x);
    if (_i == 1) { /* two that Keras would call alike */
        *strchr(name, '/') = '_';
        neuron_node_set_name(x, name);
    }
    assert_ok(neuron_graph_finish(graph, x));
    size_t size;
    assert_ok(neuron_keras_save_memory(NULL, 0, &size, graph, NULL));
    void *bytes = malloc(size);
    assert_ok(neuron_keras_save_memory(bytes, size, NULL, graph, NULL));
    assert_ok(neuron_keras_load_memory(&read, context, bytes, size));
    free(bytes);
    neuron_graph_unref(read);
    neuron_graph_unref(graph);
    neuron_graph_unref(shape);
}
END_TEST

static const row refused[] = {
    {.layer = "clip", .options = "minimum=1, maximum=6", .arguments = "another minimum than 0"},
    {.layer = "clip", .options = "minimum=-1, maximum=6", .arguments = "another minimum than 0"},
    {.layer = "gelu", .options = "approximate=yes", .arguments = "with approximate=yes"},
    {.layer = "log_softmax", .options = "axis=0", .arguments = "another axis than the last"},
};

START_TEST(what_keras_does_not_have)
{
    neuron_graph_t *graph = graph_of(&refused[_i]);
    size_t size;
    ck_assert_int_eq(neuron_keras_save_memory(NULL, 0, &size, graph, NULL), NEURON_E_UNSUPPORTED);
    assert_that(strstr(neuron_error_last(), refused[_i].arguments), "%s", neuron_error_last());
    neuron_graph_unref(graph);
}
END_TEST

/* A sequence is padded as an image of one column is, by a node in the middle. */
START_TEST(ends_of_sequences)
{
    static const struct {
        char padding[8];
        double before, behind;
    } given[] = {{"[1,2]", 1, 2}, {"3", 3, 3}, {"null", 1, 1}};
    static const row sequence = {.layer = "conv1d", .options = "filters=4, kernel_size=1"};
    neuron_graph_t *shape = graph_of(&sequence), *graph;
    size_t size;
    char *weights = written(&size, shape, "model.weights.h5"), told[100];
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        snprintf(told, sizeof told, "'padding':%s", given[i].padding);
        assert_ok(
            load_archive(&graph, context, describe(shape, "ZeroPadding1D", told), weights, size));
        const neuron_node_t *zeros = neuron_graph_find_node(graph, "x_zeros");
        const neuron_option_table *table = zeros->spec.options.table;
        for (int64_t k = 0; k < table->count; k++) {
            const char *name = table->rows[k].name;
            double wanted = strcmp(name, "top") == 0      ? given[i].before
                            : strcmp(name, "bottom") == 0 ? given[i].behind
                                                          : 0;
            assert_that(zeros->spec.options.values[k] == wanted, "%s of %s", name, told);
        }
        const neuron_shape *output = &neuron_graph_find_node(graph, "x")->spec.output;
        ck_assert_int_eq(output->extent[0], 9 + (int)(given[i].before + given[i].behind));
        neuron_graph_unref(graph);
    }
    free(weights);
    neuron_graph_unref(shape);
}
END_TEST

START_TEST(regularizers)
{
    static const struct {
        char text[64];
        double l1, l2;
    } given[] = {{"'class_name':'L1','config':{'l1':0.5}", 0.5, 0},
                 {"'class_name':'L2','config':{'l2':0.25}", 0, 0.25},
                 {"'class_name':'L1L2','config':{'l1':0.5,'l2':0.25}", 0.5, 0.25}};
    static const row dense = {.layer = "dense", .options = "units=3"};
    neuron_graph_t *shape = graph_of(&dense), *graph;
    size_t size;
    char *weights = written(&size, shape, "model.weights.h5"), told[300];
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        double l1, l2;
        snprintf(told, sizeof told, "'units':3,'bias_regularizer':{%s}", given[i].text);
        assert_ok(load_archive(&graph, context, describe(shape, "Dense", told), weights, size));
        const neuron_node_t *node = neuron_graph_find_node(graph, "x");
        assert_ok(neuron_node_regularizer(&l1, &l2, node, "bias"));
        ck_assert_double_eq(l1, given[i].l1);
        ck_assert_double_eq(l2, given[i].l2);
        assert_ok(neuron_node_regularizer(&l1, &l2, node, "kernel"));
        ck_assert_double_eq(l1 + l2, 0);
        neuron_graph_unref(graph);
    }
    free(weights);
    neuron_graph_unref(shape);
}
END_TEST

/* ---- Arrays ---- */

/* The bytes of weights that are made of rows of four numbers, in the order of a group; the test
 * releases them. */
static void *make_rows(size_t *size, const char *group, const float (*values)[4], int count)
{
    neuron_h5 h5;
    void *bytes;
    char path[NEURON_H5_PATH];
    assert_ok(neuron_h5_create(&h5, context, "made"));
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "/layers/%s/vars/%d", group, i);
        assert_ok(neuron_h5_add(&h5, path, &(neuron_shape){.rank = 1, .extent = {4}}, values[i]));
    }
    assert_ok(neuron_h5_image(&bytes, size, &h5));
    neuron_h5_close(&h5);
    return bytes;
}

static void check_row(const neuron_graph_t *graph, const char *name, const float *wanted)
{
    float values[4];
    assert_ok(
        neuron_graph_read_array(values, 4, NULL, graph, neuron_graph_find_array(graph, name)));
    for (int i = 0; i < 4; i++)
        assert_that(values[i] == wanted[i], "%s: %g, not %g", name, (double)values[i],
                    (double)wanted[i]);
}

/* A normalisation without what it multiplies by, or adds, has no such array in the file. */
START_TEST(normalisations_without_some_arrays)
{
    static const float values[][4] = {{5, 6, 7, 8}, {9, 10, 11, 12}, {13, 14, 15, 16}};
    static const float ones[] = {1, 1, 1, 1}, zeros[] = {0, 0, 0, 0};
    static const row images = {.layer = "relu", .options = ""};
    neuron_graph_t *shape = graph_of(&images), *graph;
    size_t size;
    void *bytes = make_rows(&size, "batch_normalization", values, 3);
    const char *const given[] = {"'scale':false", "'center':false"};
    for (int i = 0; i < 2; i++) {
        const char *text = describe(shape, "BatchNormalization", given[i]);
        assert_ok(load_archive(&graph, context, text, bytes, size));
        check_row(graph, "x.gamma", i == 0 ? ones : values[0]);
        check_row(graph, "x.beta", i == 0 ? values[0] : zeros);
        check_row(graph, "x.moving_mean", values[1]);
        check_row(graph, "x.moving_variance", values[2]);
        neuron_graph_unref(graph);
    }
    neuron_release(context, bytes);
    neuron_graph_unref(shape);
}
END_TEST

/* Keras has the variance where there is a deviation here, in the file or in the description. */
START_TEST(deviations)
{
    static const float values[][4] = {{1, 2, 3, 4}, {4, 9, 0, 0.25f}};
    static const float roots[] = {2, 3, 1e-7f, 0.5f};
    static const row images = {.layer = "relu", .options = ""};
    neuron_graph_t *shape = graph_of(&images), *graph;
    size_t size;
    void *bytes = make_rows(&size, "normalization", values, 2);
    const char *const given[] = {"'axis':-1", "'mean':[[1,2,3,4]],'variance':[4,9,0,0.25]"};
    static const float same[] = {3, 3, 3, 3}, twos[] = {2, 2, 2, 2};
    for (int i = 0; i < 2; i++) {
        const char *text = describe(shape, "Normalization", given[i]);
        assert_ok(load_archive(&graph, context, text, bytes, size));
        check_row(graph, "x.mean", values[0]);
        check_row(graph, "x.deviation", roots);
        neuron_graph_unref(graph);
    }
    const char *text = describe(shape, "Normalization", "'mean':3,'variance':4.0");
    assert_ok(load_archive(&graph, context, text, bytes, size));
    check_row(graph, "x.mean", same);
    check_row(graph, "x.deviation", twos);
    neuron_graph_unref(graph);
    neuron_release(context, bytes);
    neuron_graph_unref(shape);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arguments");
    TCase *tests = tcase_create("layers");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, arguments, 0, sizeof rows / sizeof rows[0]);
    tcase_add_test(tests, slopes_of_keras_2);
    tcase_add_loop_test(tests, long_names, 0, 2);
    tcase_add_loop_test(tests, what_keras_does_not_have, 0, sizeof refused / sizeof refused[0]);
    tcase_add_test(tests, ends_of_sequences);
    tcase_add_test(tests, regularizers);
    tcase_add_test(tests, normalisations_without_some_arrays);
    tcase_add_test(tests, deviations);
    return run_suite(suite);
}
