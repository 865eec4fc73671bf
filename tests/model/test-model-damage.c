/* Model files that are not what they claim to be, and memory that ends. */
#include "model-examples.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

static neuron_context_t *context;

static int do_nothing(neuron_custom_run_t *run, void *user_data)
{
    (void)run;
    (void)user_data;
    return 0;
}

static void set_up(void)
{
    context = test_context();
    assert_ok(neuron_custom_layer_register(context, "own", do_nothing, NULL, NULL, NULL, NULL));
}

static void tear_down(void)
{
    neuron_context_unref(context);
}

/* Builds a file in `bytes` whose structure is `graph`, with the arrays that a dense layer called
 * "d" from 2 to 3 has. */
static size_t make_file(unsigned char bytes[4096], const char *graph, const char *arrays,
                        size_t data_size)
{
    json_t *header = json_loads(arrays, 0, NULL);
    ck_assert_ptr_nonnull(header);
    if (graph)
        json_object_set_new(header, "__metadata__", json_pack("{ss}", "libneuron.graph", graph));
    memset(bytes, 0, 4096);
    size_t length = json_dumpb(header, (char *)bytes + 8, 4000, JSON_COMPACT);
    ck_assert_uint_lt(length + data_size, 4000);
    bytes[0] = (unsigned char)length;
    bytes[1] = (unsigned char)(length >> 8);
    json_decref(header);
    return 8 + length + data_size;
}

static const char dense_arrays[] =
    "{\"d.kernel\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
    "\"d.bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[24,36]}}";

#define INPUT "{\"layer\":\"input\",\"name\":\"x\",\"shape\":[2]}"
#define DENSE "{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":3}"
#define GRAPH(nodes, output)                                                                       \
    "{\"version\":1,\"name\":\"g\",\"nodes\":[" nodes "],\"output\":" output "}"
#define SHARED(layer, name, place)                                                                 \
    GRAPH(INPUT "," DENSE ",{\"layer\":" layer ",\"name\":" name                                   \
                ",\"inputs\":[0],\"shared\":" place "}",                                           \
          "2")
#define SHARES(name, place)                                                                        \
    "{\"layer\":\"dense\",\"name\":\"" name "\",\"inputs\":[0],\"shared\":" place "}"
#define NO_OWNER   "\"shared\" is not the place of a node of layer dense before it that has arrays"
#define NODE(rest) GRAPH(INPUT "," rest, "1")

START_TEST(missing_options_have_defaults)
{
    unsigned char bytes[4096];
    neuron_graph_t *graph;
    size_t size = make_file(bytes, NODE(DENSE), dense_arrays, 36);
    assert_ok(neuron_graph_load_memory(&graph, context, bytes, size));
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 9);
    neuron_graph_unref(graph);
}
END_TEST

static const struct {
    const char *graph, *message;
} bad_graphs[] = {
    {NULL, "memory: holds no libneuron graph (key \"libneuron.graph\" is missing)"},
    {"", "memory: is not valid JSON"},
    {"[]", "memory: is not valid JSON at byte 0: one object expected"},
    {"{", "of the text \"libneuron.graph\""},
    {"{}", "\"version\" of the graph is not a whole number"},
    {"{\"version\":0}", "\"version\" of the graph is not a whole number"},
    {"{\"version\":\"1\"}", "\"version\" of the graph is not a whole number"},
    {"{\"version\":2}", "graph version 2 is newer than this library, which reads up to 1"},
    {"{\"version\":1}", "is not a version, a name, nodes and an output"},
    {"{\"version\":1,\"name\":\"g\",\"nodes\":{},\"output\":0}", "is not a version"},
    {"{\"version\":1,\"name\":\"g\",\"nodes\":[],\"output\":0,\"more\":0}", "is not a version"},
    {"{\"version\":1,\"name\":\"\",\"nodes\":[],\"output\":0}",
     "name has 0 bytes; it must have 1 to 63"},
    {GRAPH("", "0"), "\"output\" is not the place of a node"},
    {GRAPH(INPUT, "1"), "\"output\" is not the place of a node"},
    {GRAPH(INPUT, "-1"), "\"output\" is not the place of a node"},
    {GRAPH(INPUT, "0.0"), "\"output\" is not the place of a node"},
    {GRAPH(INPUT "," DENSE, "0"), "the output does not need node \"d\""},
    {GRAPH(INPUT "," INPUT, "1"), "memory: node 1: "},
    {GRAPH("1", "0"), "node 0 has no layer or no name"},
    {GRAPH("{\"layer\":\"input\"}", "0"), "node 0 has no layer or no name"},
    {GRAPH("{\"layer\":\"magic\",\"name\":\"m\"}", "0"),
     "node 0 \"m\": layer \"magic\" is not known"},
    {GRAPH("{\"layer\":\"input\",\"name\":\"x\"}", "0"), "an input is not a layer, a name and"},
    {GRAPH("{\"layer\":\"input\",\"name\":\"x\",\"shape\":[0]}", "0"), "memory: node 0: input"},
    {GRAPH("{\"layer\":\"input\",\"name\":\"x\",\"shape\":[\"2\"]}", "0"), "memory: node 0: input"},
    {GRAPH("{\"layer\":\"input\",\"name\":\"x\",\"shape\":[2],\"units\":1}", "0"),
     "an input is not"},
    {GRAPH("{\"layer\":\"input\",\"name\":\"x\",\"shape\":[1,1,1,1,1,1,1,1,1]}", "0"),
     "a shape is not a list of up to 8 numbers"},
    {GRAPH("{\"layer\":\"input\",\"name\":\"a.b\",\"shape\":[2]}", "0"),
     "of name is 0x2e, which is not allowed"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"units\":3}"),
     "node 1 \"d\": has no list of inputs"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[]}"), "has no list of inputs"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[1]}"),
     "input 0 is not a node before it"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[-1]}"),
     "input 0 is not a node before it"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[null]}"), "input 0 is not a node"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0,0]}"),
     "count is 2; this layer takes 1 "},
    {NODE("{\"layer\":\"dense\",\"name\":\"x\",\"inputs\":[0]}"), "is called x already"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"size\":3}"),
     "a dense layer has no \"size\""},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"shape\":[3]}"),
     "a dense layer has no \"shape\""},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":3.0}"),
     "node 1 \"d\": units is 3; it must be an integer, 1 to 2,147,483,647"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":\"3\"}"),
     "units is 3; it must be an integer, 1 to 2,147,483,647"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":0}"),
     "memory: node 1 \"d\": units is 0; it must be 1 to 2,147,483,647"},
    {NODE("{\"layer\":\"dropout\",\"name\":\"d\",\"inputs\":[0],\"rate\":null}"),
     "rate is null; it must be 0 or more and less than 1"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"initializer\":10}"),
     "initializer is 10; it must be glorot_uniform, zeros"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"initializer\":\"he\"}"),
     "initializer is he; it must be glorot_uniform, zeros"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"use_bias\":true}"),
     "use_bias is true; it must be an integer, 0 or 1"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"weights\":[1]}"),
     "weights are given; they must be NULL"},
    {NODE("{\"layer\":\"weighted_average\",\"name\":\"w\",\"inputs\":[0,0]}"), "weights is NULL"},
    {NODE("{\"layer\":\"weighted_average\",\"name\":\"w\",\"inputs\":[0,0],\"weights\":[1]}"),
     "weights are not 2 numbers"},
    {NODE("{\"layer\":\"weighted_average\",\"name\":\"w\",\"inputs\":[0],\"weights\":[true]}"),
     "weight 0 is not a number"},
    {NODE("{\"layer\":\"weighted_average\",\"name\":\"w\",\"inputs\":[0],\"weights\":[-1]}"),
     "memory: node 1: w: weight 0 is negative"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":3,\"trainable\":2}"),
     "node 1 \"d\": trainable is not 0 or 1"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":3,\"trainable\":false}"),
     "trainable is not 0 or 1"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":3,\"initializers\":[]}"),
     "initializers are not given by array"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":3,\"initializers\":{"
          "\"kernel\":\"ones\"}}"),
     "an initializer is not a name and a number"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":3,\"initializers\":{"
          "\"kernel\":[\"ones\"]}}"),
     "an initializer is not a name and a number"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":3,\"initializers\":{"
          "\"kernel\":[\"magic\",0]}}"),
     "there is no initializer \"magic\""},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":3,\"initializers\":{"
          "\"gamma\":[\"ones\",0]}}"),
     "memory: node 1: d: has no array \"gamma\""},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":3,\"regularizers\":0}"),
     "regularizers are not given by array"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":3,\"regularizers\":{"
          "\"kernel\":[1]}}"),
     "a regularizer is not two numbers"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":3,\"regularizers\":{"
          "\"kernel\":[1,-1]}}"),
     "memory: node 1: d: l2 is -1; it must be 0 or more"},
    {NODE("{\"layer\":\"custom\",\"name\":\"d\",\"inputs\":[0]}"), "a custom layer has no kind"},
    {NODE("{\"layer\":\"custom\",\"name\":\"d\",\"inputs\":[0],\"kind\":7}"),
     "a custom layer has no kind"},
    {NODE("{\"layer\":\"custom\",\"name\":\"d\",\"inputs\":[0],\"kind\":\"own\",\"arrays\":[],"
          "\"shape\":[1,1,1,1,1,1,1,2]}"),
     "memory: node 1: d: rank is 8; it must be 0 to 7"},
    /* arrays of another node */
    {SHARED("\"dense\"", "\"e\"", "2"), NO_OWNER},
    {SHARED("\"dense\"", "\"e\"", "7"), NO_OWNER},
    {SHARED("\"dense\"", "\"e\"", "-1"), NO_OWNER},
    {SHARED("\"dense\"", "\"e\"", "1.0"), NO_OWNER},
    {SHARED("\"dense\"", "\"e\"", "\"d\""), NO_OWNER},
    {SHARED("\"dense\"", "\"e\"", "null"), NO_OWNER},
    {SHARED("\"dense\"", "\"e\"", "0"), NO_OWNER},
    {SHARED("\"conv2d\"", "\"e\"", "1"),
     "is not the place of a node of layer conv2d before it that has arrays"},
    {SHARED("\"magic\"", "\"e\"", "1"), "is not the place of a node of layer magic before it"},
    {SHARED("\"input\"", "\"e\"", "0"), "is not the place of a node of layer input before it"},
    {SHARED("\"dense\"", "\"e\"", "1,\"units\":3"), "more than its layer, name, inputs and what"},
    {SHARED("\"dense\"", "\"d\"", "1"), "is called d already"},
    {GRAPH(INPUT "," DENSE ",{\"layer\":\"dense\",\"name\":\"e\",\"inputs\":[1],\"shared\":1}",
           "2"),
     "memory: node 2: e: kernel would be 3x3 here; that of d, which it is to share, is 2x3"},
    {GRAPH(INPUT "," DENSE "," SHARES("e", "1") "," SHARES("f", "2"), "3"),
     "node 3 \"f\": \"shared\" is not the place of a node of layer dense before it that has "
     "arrays"},
    {GRAPH(INPUT ",{\"layer\":\"relu\",\"name\":\"r\",\"inputs\":[0]},{\"layer\":\"relu\","
                 "\"name\":\"s\",\"inputs\":[0],\"shared\":1}",
           "2"),
     "is not the place of a node of layer relu before it that has arrays"},
    {GRAPH(INPUT "," DENSE "," SHARES("e", "1"), "2"), "the output does not need node \"d\""},
    /* shapes that the file does not have the bytes for */
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":4}"),
     "has 36 bytes of data, too few for the parameters up to \"d.bias\""},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":2000000000}"), "too few"},
    {GRAPH("{\"layer\":\"input\",\"name\":\"x\",\"shape\":[1000000000]}," DENSE, "1"), "too few"},
    /* arrays that do not fit the structure */
    {GRAPH(INPUT, "0"), "array \"d.bias\" belongs to no node"},
    {NODE("{\"layer\":\"dense\",\"name\":\"e\",\"inputs\":[0],\"units\":3}"),
     "array \"e.kernel\" is missing"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":2}"),
     "array \"d.kernel\" is 2x3, not 2x2"},
    {NODE("{\"layer\":\"dense\",\"name\":\"d\",\"inputs\":[0],\"units\":3,\"use_bias\":0}"),
     "array \"d.bias\" belongs to no node"},
};

START_TEST(bad_structures_are_refused)
{
    unsigned char bytes[4096];
    neuron_graph_t *graph;
    size_t size = make_file(bytes, bad_graphs[_i].graph, dense_arrays, 36);
    assert_status(neuron_graph_load_memory(&graph, context, bytes, size), NEURON_E_FORMAT);
    assert_message("memory: ");
    assert_message(bad_graphs[_i].message);
    ck_assert_ptr_null(graph);
}
END_TEST

static int nothing(neuron_custom_run_t *run, void *user_data)
{
    (void)run;
    (void)user_data;
    return 0;
}

#define CUSTOM(rest)                                                                               \
    NODE("{\"layer\":\"custom\",\"name\":\"d\",\"inputs\":[0],\"kind\":\"listed\"" rest "}")
#define ARRAYS(arrays) CUSTOM(",\"shape\":[3],\"arrays\":[" arrays "]")
#define ARRAY(name, shape, initializer, parameter, trainable)                                      \
    "{\"name\":" name ",\"shape\":" shape ",\"initializer\":" initializer                          \
    ",\"parameter\":" parameter ",\"trainable\":" trainable "}"

#define BIAS ARRAY("\"bias\"", "[3]", "\"ones\"", "0", "1")

static const char no_array[] = "node 1 \"d\": an array is not a name, a shape, an initializer with "
                               "its parameter, and trainable 0 or 1";

static const struct {
    const char *graph, *message;
} bad_customs[] = {
    {CUSTOM(",\"shape\":[3]"), "node 1 \"d\": a custom layer has no list of arrays"},
    {CUSTOM(",\"shape\":[3],\"arrays\":{}"), "node 1 \"d\": a custom layer has no list of arrays"},
    {CUSTOM(",\"arrays\":[]"), "a shape is not a list of up to 8 numbers"},
    {CUSTOM(",\"shape\":[0],\"arrays\":[]"), "memory: node 1: d: shape[0] is 0"},
    {CUSTOM(",\"shape\":[3],\"arrays\":[],\"units\":3"), "has no \"units\""},
    {ARRAYS("1"), no_array},
    {ARRAYS(ARRAY("1", "[2,3]", "\"ones\"", "0", "1")), no_array},
    {ARRAYS(ARRAY("\"kernel\"", "[2,3]", "10", "0", "1")), no_array},
    {ARRAYS(ARRAY("\"kernel\"", "[2,3]", "\"ones\"", "\"0\"", "1")), no_array},
    {ARRAYS(ARRAY("\"kernel\"", "[2,3]", "\"ones\"", "0", "2")), no_array},
    {ARRAYS(ARRAY("\"kernel\"", "[2,3]", "\"ones\"", "0", "true")), no_array},
    {ARRAYS(ARRAY("\"kernel\"", "6", "\"ones\"", "0", "1")),
     "a shape is not a list of up to 8 numbers"},
    {ARRAYS(ARRAY("\"kernel\"", "[2,0]", "\"ones\"", "0", "1")),
     "memory: node 1: d: shape[1] is 0"},
    {ARRAYS(ARRAY("\"kernel\"", "[2,3]", "\"magic\"", "0", "1")),
     "there is no initializer \"magic\""},
    {ARRAYS(ARRAY("\"a.b\"", "[2,3]", "\"ones\"", "0", "1")),
     "of name is 0x2e, which is not allowed"},
    {ARRAYS(BIAS "," BIAS), "memory: node 1: d: has an array bias already"},
    {ARRAYS(ARRAY("\"kernel\"", "[3,2]", "\"ones\"", "0", "1") "," BIAS),
     "array \"d.kernel\" is 2x3, not 3x2"},
};

START_TEST(bad_custom_layers_are_refused)
{
    unsigned char bytes[4096];
    neuron_graph_t *graph;
    assert_ok(neuron_custom_layer_register(context, "listed", nothing, NULL, NULL, NULL, NULL));
    size_t size = make_file(bytes, bad_customs[_i].graph, dense_arrays, 36);
    assert_status(neuron_graph_load_memory(&graph, context, bytes, size), NEURON_E_FORMAT);
    assert_message("memory: ");
    assert_message(bad_customs[_i].message);
    ck_assert_ptr_null(graph);
}
END_TEST

/* Written as other programs do to save room: each number of a width of its own. */
static const struct {
    const char *kernel, *bias;
    int kernel_bytes, bias_bytes;
} half_widths[] = {{"F16", "F16", 2, 2},
                   {"BF16", "BF16", 2, 2},
                   {"F32", "F16", 4, 2},
                   {"F16", "F32", 2, 4},
                   {"BF16", "F16", 2, 2}};

/* What numbers are in half precision and in that of brains, which have the same highest byte. */
static const struct {
    float value;
    uint16_t half, brain;
} numbers[9] = {
    {1, 0x3c00, 0x3f80},           {-2.5f, 0xc100, 0xc020},    {0x1p-24f, 0x0001, 0x3380},
    {-0x1.8p-15f, 0x8300, 0xb840}, {0x1p-14f, 0x0400, 0x3880}, {INFINITY, 0x7c00, 0x7f80},
    {-INFINITY, 0xfc00, 0xff80},   {-0.0f, 0x8000, 0x8000},    {0.15625f, 0x3100, 0x3e20}};

static unsigned char *put_number(unsigned char *at, int i, const char *dtype)
{
    uint32_t bits = strcmp(dtype, "F16") == 0 ? numbers[i].half : numbers[i].brain;
    int size = 2;
    if (strcmp(dtype, "F32") == 0) {
        size = 4;
        memcpy(&bits, &numbers[i].value, sizeof bits);
    }
    for (int byte = 0; byte < size; byte++)
        *at++ = (unsigned char)(bits >> (8 * byte));
    return at;
}

START_TEST(half_widths_become_float)
{
    unsigned char bytes[4096];
    char arrays[300];
    neuron_graph_t *graph;
    float found[9];
    int kernel = 6 * half_widths[_i].kernel_bytes, bias = 3 * half_widths[_i].bias_bytes;
    snprintf(arrays, sizeof arrays,
             "{\"d.kernel\":{\"dtype\":\"%s\",\"shape\":[2,3],\"data_offsets\":[0,%d]},"
             "\"d.bias\":{\"dtype\":\"%s\",\"shape\":[3],\"data_offsets\":[%d,%d]}}",
             half_widths[_i].kernel, kernel, half_widths[_i].bias, kernel, kernel + bias);
    size_t size = make_file(bytes, NODE(DENSE), arrays, (size_t)(kernel + bias));
    unsigned char *at = bytes + size - (size_t)(kernel + bias);
    for (int i = 0; i < 9; i++)
        at = put_number(at, i, i < 6 ? half_widths[_i].kernel : half_widths[_i].bias);
    assert_ok(neuron_graph_load_memory(&graph, context, bytes, size));
    assert_ok(neuron_graph_read_array(found, 6, NULL, graph, 0));
    assert_ok(neuron_graph_read_array(found + 6, 3, NULL, graph, 1));
    for (int i = 0; i < 9; i++)
        assert_that(memcmp(&found[i], &numbers[i].value, sizeof(float)) == 0, "%d: %a, not %a", i,
                    found[i], numbers[i].value);
    neuron_graph_unref(graph);
}
END_TEST

/* Each by its own name and type, not by what comes after it. */
static const struct {
    const char *arrays, *message;
    size_t size;
} bad_arrays[] = {{"{\"d.kernel\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}}",
                   "array \"d.bias\" is missing", 24},
                  {"{\"d.bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}",
                   "array \"d.kernel\" is missing", 12},
                  {"{\"d.kernel\":{\"dtype\":\"F16\",\"shape\":[2,3],\"data_offsets\":[0,12]}}",
                   "array \"d.bias\" is missing", 12},
                  {"{}", "array \"d.kernel\" is missing", 0},
                  {"{\"d.kernel\":{\"dtype\":\"F64\",\"shape\":[2,3],\"data_offsets\":[0,48]},"
                   "\"d.bias\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[48,51]}}",
                   "array \"d.bias\" is of BOOL, not of f32", 51},
                  {"{\"d.kernel\":{\"dtype\":\"F8_E5M2\",\"shape\":[2,3],\"data_offsets\":[0,6]},"
                   "\"d.bias\":{\"dtype\":\"F8_E5M2\",\"shape\":[3],\"data_offsets\":[6,9]}}",
                   "array \"d.kernel\" is of F8_E5M2, not of f32", 9},
                  {"{\"d.kernel\":{\"dtype\":\"F16\",\"shape\":[3,2],\"data_offsets\":[0,12]},"
                   "\"d.bias\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[12,18]}}",
                   "array \"d.kernel\" is 3x2, not 2x3", 18},
                  {"{\"d.kernel\":{\"dtype\":\"C64\",\"shape\":[2,3],\"data_offsets\":[0,48]}}",
                   "array \"d.kernel\": dtype \"C64\" is not known", 48}};

START_TEST(bad_arrays_are_called_by_name)
{
    unsigned char bytes[4096];
    neuron_graph_t *graph;
    size_t size = make_file(bytes, NODE(DENSE), bad_arrays[_i].arrays, bad_arrays[_i].size);
    assert_status(neuron_graph_load_memory(&graph, context, bytes, size), NEURON_E_FORMAT);
    assert_message(bad_arrays[_i].message);
    ck_assert_ptr_null(graph);
}
END_TEST

/* A layer follows the one that lacks something. */
START_TEST(a_missing_bias_is_not_the_next_kernel)
{
    unsigned char bytes[4096];
    neuron_graph_t *graph;
    const char structure[] = GRAPH(
        INPUT "," DENSE ",{\"layer\":\"dense\",\"name\":\"e\",\"inputs\":[1],\"units\":2}", "2");
    const char arrays[] =
        "{\"d.kernel\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
        "\"e.kernel\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[24,48]},"
        "\"e.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[48,56]}}";
    size_t size = make_file(bytes, structure, arrays, 56);
    assert_status(neuron_graph_load_memory(&graph, context, bytes, size), NEURON_E_FORMAT);
    assert_message("memory: array \"d.bias\" is missing");
    ck_assert_ptr_null(graph);
}
END_TEST

START_TEST(array_of_another_type_is_refused)
{
    unsigned char bytes[4096];
    neuron_graph_t *graph;
    size_t size =
        make_file(bytes, NODE(DENSE),
                  "{\"d.kernel\":{\"dtype\":\"F8_E4M3\",\"shape\":[2,3],\"data_offsets\":[0,6]},"
                  "\"d.bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[6,18]}}",
                  18);
    assert_status(neuron_graph_load_memory(&graph, context, bytes, size), NEURON_E_FORMAT);
    assert_message("memory: array \"d.kernel\" is of F8_E4M3, not of f32");
}
END_TEST

START_TEST(file_cut_at_every_byte)
{
    neuron_graph_t *saved = example_network(context, "network"), *graph;
    size_t size;
    unsigned char *bytes = example_save(saved, &size);
    for (size_t cut = 0; cut < size; cut++) {
        unsigned char *part = malloc(cut ? cut : 1); /* so that reading past it is seen */
        memcpy(part, bytes, cut);
        assert_status(neuron_graph_load_memory(&graph, context, part, cut), NEURON_E_FORMAT);
        assert_message("memory: ");
        ck_assert_ptr_null(graph);
        free(part);
    }
    neuron_graph_unref(saved);
    free(bytes);
}
END_TEST

START_TEST(changed_header_never_crashes)
{
    neuron_graph_t *saved = example_network(context, "network"), *graph;
    size_t size;
    unsigned char *bytes = example_save(saved, &size);
    static const unsigned char values[] = {0, '"', '0', '9', '}'};
    size_t end = 8 + bytes[0] + (size_t)bytes[1] * 256;
    for (size_t place = 0; place < end; place++) {
        unsigned char before = bytes[place];
        for (size_t i = 0; i < sizeof values; i++) {
            bytes[place] = values[i];
            int status = neuron_graph_load_memory(&graph, context, bytes, size);
            ck_assert(status == NEURON_OK || status == NEURON_E_FORMAT);
            ck_assert_int_eq(status == NEURON_OK, graph != NULL);
            neuron_graph_unref(graph);
        }
        bytes[place] = before;
    }
    neuron_graph_unref(saved);
    free(bytes);
}
END_TEST

/* ---- Memory that ends ---- */

static long allocations_left, allocations_out;

static void *allocate(size_t size, size_t alignment, void *user_data)
{
    void *memory = NULL;
    (void)user_data;
    if (allocations_left-- == 0 || posix_memalign(&memory, alignment, size) != 0)
        return NULL;
    allocations_out++;
    return memory;
}

static void release(void *memory, void *user_data)
{
    (void)user_data;
    allocations_out--;
    free(memory);
}

/* What JSON takes. */
static void *allocate_json(size_t size)
{
    return allocations_left-- == 0 ? NULL : malloc(size);
}

START_TEST(each_allocation_fails_in_turn)
{
    neuron_context_t *limited;
    neuron_graph_t *saved, *graph;
    size_t size;
    allocations_left = -1;
    assert_ok(neuron_context_create_with_allocator(&limited, allocate, release, NULL, NULL, NULL));
    assert_ok(neuron_context_set_number(limited, "threads", 1));
    saved = example_committee(limited);
    unsigned char *bytes = example_save(saved, &size);
    const char *path = test_file("limited.safetensors");
    int status = NEURON_E_MEMORY;
    for (long n = 0; status != NEURON_OK; n++) {
        long before = allocations_out;
        allocations_left = n;
        status = neuron_graph_save(saved, path);
        if (status == NEURON_OK)
            status = neuron_graph_load(&graph, limited, path);
        allocations_left = -1;
        ck_assert(status == NEURON_OK || status == NEURON_E_MEMORY);
        if (status < 0)
            ck_assert_int_eq(allocations_out, before);
    }
    neuron_graph_unref(graph);
    neuron_graph_unref(saved);
    neuron_context_unref(limited);
    ck_assert_int_eq(allocations_out, 0);
    free(bytes);
}
END_TEST

static size_t json_used, json_most; /* by the JSON library */

static void *count_json(size_t size)
{
    size_t *memory = malloc(size + 16);
    if (!memory)
        return NULL;
    *memory = size;
    json_used += size;
    json_most = json_used > json_most ? json_used : json_most;
    return (char *)memory + 16;
}

static void uncount_json(void *memory)
{
    if (!memory)
        return;
    size_t *begin = (size_t *)(void *)((char *)memory - 16);
    json_used -= *begin;
    free(begin);
}

/* Short text that needs much: a limit of memory counts what the JSON library would take of it. */
START_TEST(small_files_that_ask_for_much)
{
    static const char *const items[] = {"{}", "[]", "0", "\"\"", "1.5", "{\"\":0}", "[[]]"};
    enum { LENGTH = 60000, LIMIT = 5000000 };
    static char bytes[LENGTH + 8];
    neuron_context_t *limited;
    neuron_graph_t *graph;
    const char *item = items[_i];
    size_t at = 8 + (size_t)sprintf(bytes + 8, "{\"a\":[%s", item);
    while (at + strlen(item) + 3 < sizeof bytes)
        at += (size_t)sprintf(bytes + at, ",%s", item);
    memset(bytes + at, ' ', sizeof bytes - at);
    memcpy(bytes + at, "]}", 2);
    bytes[0] = (char)(LENGTH & 255);
    bytes[1] = (char)(LENGTH >> 8);
    assert_ok(neuron_context_create(&limited, "memory_limit=5000000, threads=1"));
    json_set_alloc_funcs(count_json, uncount_json);
    assert_status(neuron_graph_load_memory(&graph, context, bytes, sizeof bytes), NEURON_E_FORMAT);
    ck_assert_uint_le(json_most, 100 * (size_t)LENGTH);
    json_most = 0;
    assert_status(neuron_graph_load_memory(&graph, limited, bytes, sizeof bytes), NEURON_E_MEMORY);
    ck_assert_ptr_null(graph);
    assert_message("bytes of JSON may take 100 each, and memory_limit is 5000000");
    ck_assert_uint_eq(json_most, 0);
    json_set_alloc_funcs(malloc, free);
    neuron_context_unref(limited);
    ck_assert_uint_lt(LIMIT, 100 * LENGTH);
}
END_TEST

/* A model that takes little in its file and much to predict with. */
START_TEST(predictions_that_ask_for_much)
{
    neuron_context_t *limited;
    neuron_graph_t *graph;
    neuron_tensor_t *input, *output;
    const int64_t image[] = {600, 600, 1}, examples[] = {1, 600, 600, 1}, answers[] = {1, 64};
    assert_ok(neuron_context_create(&limited, "memory_limit=40000000, threads=2"));
    assert_ok(neuron_graph_create(&graph, limited));
    neuron_node_t *x = neuron_conv2d(graph, neuron_input(graph, image, 3), 64, 1, 1, NULL);
    x = neuron_layer_norm(graph, x, NULL);
    assert_ok(neuron_graph_finish(graph, neuron_global_max_pool2d(graph, x)));
    assert_ok(neuron_tensor_create(&input, limited, NEURON_TYPE_F32, examples, 4));
    assert_ok(neuron_tensor_create(&output, limited, NEURON_TYPE_F32, answers, 2));
    for (int i = 0; i < 3; i++) {
        assert_status(neuron_graph_predict(graph, input, output), NEURON_E_MEMORY);
        assert_message("of 40000000 in use");
    }
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    neuron_graph_unref(graph);
    neuron_context_unref(limited);
}
END_TEST

START_TEST(each_allocation_of_json_fails_in_turn)
{
    neuron_graph_t *saved = example_network(context, "network"), *graph;
    size_t size;
    unsigned char *bytes = example_save(saved, &size);
    /* One that fails may be asked for again, and then all is well. */
    int failures = 0;
    bool reached = true;
    for (long n = 0; reached; n++) {
        json_set_alloc_funcs(allocate_json, free);
        allocations_left = n;
        int status = neuron_graph_load_memory(&graph, context, bytes, size);
        if (status == NEURON_OK)
            status = neuron_graph_save_memory(NULL, 0, NULL, graph);
        reached = allocations_left < 0;
        allocations_left = -1;
        json_set_alloc_funcs(malloc, free);
        assert_that(status == NEURON_OK || status == NEURON_E_MEMORY, "%ld: %s", n,
                    neuron_error_last());
        failures += status < 0;
        neuron_graph_unref(graph);
    }
    ck_assert_int_gt(failures, 100);
    neuron_graph_unref(saved);
    free(bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model-damage");
    TCase *tests = tcase_create("model-damage");
    tcase_set_timeout(tests, 240);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, missing_options_have_defaults);
    tcase_add_loop_test(tests, bad_structures_are_refused, 0,
                        sizeof bad_graphs / sizeof bad_graphs[0]);
    tcase_add_loop_test(tests, bad_custom_layers_are_refused, 0,
                        sizeof bad_customs / sizeof *bad_customs);
    tcase_add_test(tests, array_of_another_type_is_refused);
    tcase_add_loop_test(tests, half_widths_become_float, 0,
                        sizeof half_widths / sizeof half_widths[0]);
    tcase_add_loop_test(tests, bad_arrays_are_called_by_name, 0,
                        sizeof bad_arrays / sizeof bad_arrays[0]);
    tcase_add_test(tests, a_missing_bias_is_not_the_next_kernel);
    tcase_add_test(tests, file_cut_at_every_byte);
    tcase_add_test(tests, changed_header_never_crashes);
    tcase_add_test(tests, each_allocation_fails_in_turn);
    tcase_add_test(tests, each_allocation_of_json_fails_in_turn);
    tcase_add_loop_test(tests, small_files_that_ask_for_much, 0, 7);
    tcase_add_test(tests, predictions_that_ask_for_much);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
