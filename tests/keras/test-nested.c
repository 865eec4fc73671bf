/* Models within models: their layers take their place, once for each call, with the arrays that the
 * file has for them; what cannot be put in is refused. */
#include "keras/files/hdf5.h"
#include "made-files.h"

#include <stdio.h>

static const float weights[] = {1, 2, 3, 4};

/* Weights of a layer "dense" with 2x2 numbers, which lie in a group. */
static void *make_weights(size_t *size, neuron_context_t *context, const char *group)
{
    neuron_h5 h5;
    void *bytes;
    char path[NEURON_H5_PATH];
    assert_ok(neuron_h5_create(&h5, context, "made"));
    snprintf(path, sizeof path, "%s/vars/0", group);
    assert_ok(neuron_h5_add(&h5, path, &(neuron_shape){.rank = 2, .extent = {2, 2}}, weights));
    assert_ok(neuron_h5_image(&bytes, size, &h5));
    neuron_h5_close(&h5);
    return bytes;
}

/* Loads a description with the weights in a group. */
static int load(neuron_graph_t **graph, neuron_context_t *context, const char *text,
                const char *group)
{
    size_t size;
    void *made = make_weights(&size, context, group);
    int status = load_archive(graph, context, text, made, size);
    neuron_release(context, made);
    return status;
}

#define INPUT(name)                                                                                \
    "{'class_name':'InputLayer','config':{'batch_shape':[null,2],'name':'" name "'}}"
#define DENSE              "{'class_name':'Dense','config':{'name':'d','units':2,'use_bias':false}}"
#define TENSOR(name, call) "{'config':{'keras_history':['" name "'," #call ",0]}}"
#define CALL(tensors)      "{'args':[" tensors "],'kwargs':{'mask':[null,false]}}"
#define BLOCK                                                                                      \
    "'class_name':'Sequential','config':{'name':'block','layers':[" INPUT("i") "," DENSE "]}"
#define FUNCTIONAL(layers, end)                                                                    \
    "{'class_name':'Functional','config':{'layers':[" layers "],'input_layers':[['x',0,0]],"       \
    "'output_layers':[" end "]}}"

/* What a graph with four weights makes of (1, 0). */
static void check_output(neuron_graph_t *graph, neuron_context_t *context, float first,
                         float second)
{
    float input[] = {1, 0}, output[2];
    neuron_tensor_t *from, *to;
    const int64_t shape[] = {1, 2};
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 4);
    assert_ok(neuron_tensor_wrap(&from, context, NEURON_TYPE_F32, shape, 2, input));
    assert_ok(neuron_tensor_wrap(&to, context, NEURON_TYPE_F32, shape, 2, output));
    assert_ok(neuron_graph_predict(graph, from, to));
    ck_assert_float_eq(output[0], first);
    ck_assert_float_eq(output[1], second);
    neuron_tensor_unref(from);
    neuron_tensor_unref(to);
}

/* x W W, with the W of the block. */
static void check_twice(neuron_graph_t *graph, neuron_context_t *context)
{
    ck_assert_ptr_nonnull(neuron_graph_find_node(graph, "block/d"));
    check_output(graph, context, 7, 10);
}

START_TEST(layers_take_the_place_of_their_model)
{
    static const char *const texts[] = {
        FUNCTIONAL(INPUT("x") ",{" BLOCK ",'inbound_nodes':[" CALL(TENSOR("x", 0)) "," CALL(
                       TENSOR("block", 0)) "]}",
                   "['block',1,0]"),
        /* As Keras 2 has calls: those of the block begin with 1. */
        FUNCTIONAL(INPUT("x") ",{" BLOCK ",'inbound_nodes':[[['x',0,0,{}]],[['block',1,0,{}]]]}",
                   "['block',2,0]"),
    };
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    assert_ok(load(&graph, context, texts[_i], "/layers/sequential/layers/dense"));
    check_twice(graph, context);
    neuron_graph_unref(graph);
    /* The same where the first archives have groups. */
    assert_ok(load(&graph, context, texts[_i],
                   "/_layer_checkpoint_dependencies/sequential/_layer_checkpoint_dependencies/"
                   "dense"));
    check_twice(graph, context);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* A model that is not trained has no layer that is; a name takes what nodes may be called. */
START_TEST(frozen_models)
{
    static const char text[] =
        "{'class_name':'Sequential','config':[{'class_name':'Sequential','config':{'name':'a.b',"
        "'trainable':false,'layers':[" INPUT("i") "," DENSE "]}}]}";
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    assert_ok(load(&graph, context, text, "/layers/sequential/layers/dense"));
    ck_assert_int_eq(neuron_node_trainable(neuron_graph_find_node(graph, "a_b/d")), 0);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* Sequential models of the first Keras 2 are a list, and have their name beside it. */
START_TEST(models_without_a_configuration)
{
    static const char text[] = "{'class_name':'Sequential','config':[{'class_name':'Sequential','"
                               "name':'block','config':[" INPUT("i") "," DENSE "]}]}";
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    assert_ok(load(&graph, context, text, "/layers/sequential/layers/dense"));
    check_output(graph, context, 1, 2);
    ck_assert_ptr_nonnull(neuron_graph_find_node(graph, "block/d"));
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* The first call of a layer leads to no output, so that its node goes away, but not its weights. */
START_TEST(calls_that_nothing_needs)
{
    static const char text[] = FUNCTIONAL(
        INPUT("x") ",{'class_name':'Dense','config':{'name':'d','units':2,'use_bias':"
                   "false},'inbound_nodes':[" CALL(TENSOR("x", 0)) "," CALL(TENSOR("x", 0)) "]}",
        "['d',1,0]");
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    assert_ok(load(&graph, context, text, "/layers/dense"));
    check_output(graph, context, 1, 2);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(allocations_that_fail_leave_nothing)
{
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory), *other = test_context();
    size_t weight_size, size;
    void *made = make_weights(&weight_size, other, "/layers/sequential/layers/dense"), *bytes;
    const char text[] = "{\"class_name\":\"Sequential\",\"config\":{\"layers\":["
                        "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"block\",\"layers\":["
                        "{\"class_name\":\"InputLayer\",\"config\":{\"batch_shape\":[null,2],"
                        "\"name\":\"i\"}},{\"class_name\":\"Dense\",\"config\":{\"name\":\"d\","
                        "\"units\":2,\"use_bias\":false}}]}}]}}";
    const neuron_archive_member members[] = {{"config.json", text, sizeof text - 1},
                                             {"model.weights.h5", made, weight_size}};
    assert_ok(neuron_archive_make(&bytes, &size, other, members, 2));
    long before = memory.live, left = 0;
    for (int status = NEURON_E_MEMORY; test_one_more(&memory, &left, status);) {
        neuron_graph_t *graph;
        status = neuron_keras_load_memory(&graph, context, bytes, size);
        test_refill(&memory);
        neuron_graph_unref(graph);
        ck_assert_int_eq(memory.live, before);
    }
    ck_assert_int_gt(left, 20);
    neuron_release(other, bytes);
    neuron_release(other, made);
    neuron_context_unref(context);
    neuron_context_unref(other);
}
END_TEST

static const struct {
    const char *text;
    int status;
    const char *message;
} told[] = {
    {FUNCTIONAL(INPUT("x") ",{" BLOCK
                           ",'inbound_nodes':[" CALL(TENSOR("x", 0) "," TENSOR("x", 0)) "]}",
                "['block',0,0]"),
     NEURON_E_FORMAT, "a call of a sequential model with several inputs"},
    {FUNCTIONAL(INPUT("x") ",{" BLOCK ",'inbound_nodes':[" CALL(TENSOR("x", 0)) "]}",
                "['block',0,1]"),
     NEURON_E_FORMAT, "something that no layer puts out"},
    {FUNCTIONAL(INPUT("x") ",{'class_name':'Functional','config':{'name':'two','layers':[" INPUT(
                    "a") "," INPUT("b") "],'input_layers':[['a',0,0],['b',0,0]],'output_layers':"
                                        "[['a',0,0]]},'inbound_nodes':[" CALL(TENSOR("x", 0)) "]}",
                "['two',1,0]"),
     NEURON_E_FORMAT, "a call of a model with too few inputs"},
    {FUNCTIONAL(INPUT("x") ",{'class_name':'Functional','config':{'name':'two','layers':[" INPUT(
                    "a") "],'input_layers':[['a',0,0]],'output_layers':[['a',0,0]]},'inbound_nodes'"
                         ":[" CALL(TENSOR("x", 0) "," TENSOR("x", 0)) "]}",
                "['two',1,0]"),
     NEURON_E_FORMAT, "a call of a model with too many inputs"},
    {FUNCTIONAL(INPUT("x") ",{'class_name':'Functional','config':{'name':'two','layers':[" INPUT(
                    "a") "," INPUT("b") "],'input_layers':{'b':['b',0,0],'a':['a',0,0]},"
                                        "'output_layers':[['a',0,0]]},'inbound_nodes':[" CALL(
                                            TENSOR("x", 0) "," TENSOR("x", 0)) "]}",
                "['two',1,0]"),
     NEURON_E_UNSUPPORTED, "layer \"two\" (Functional): its inputs have names"},
    {FUNCTIONAL(INPUT("x") ",{'class_name':'Mine','config':{'name':'m','layers':[]},"
                           "'inbound_nodes':[" CALL(TENSOR("x", 0)) "]}",
                "['m',0,0]"),
     NEURON_E_UNSUPPORTED, "layer \"m\": there is no layer like Mine here"},
};

START_TEST(what_cannot_be_put_in)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    int status = load(&graph, context, told[_i].text, "/layers/sequential/layers/dense");
    assert_that(status == told[_i].status && strstr(neuron_error_last(), told[_i].message),
                "%d: %s", status, neuron_error_last());
    neuron_context_unref(context);
}
END_TEST

/* Of models that lie in each other, and are called twice each, a few lines would make millions. */
START_TEST(no_model_is_called_for_ever)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    enum { SIZE = 1 << 16 };
    char *text = calloc(1, SIZE);
    size_t used = 0;
    for (int i = 0; i < _i; i++)
        used += (size_t)snprintf(
            text + used, SIZE - used,
            "{'class_name':'Functional','config':{'name':'m','input_layers':[['x',0,0]],"
            "'output_layers':[['%s',%d,0]],'layers':[" INPUT("x") ",",
            i + 1 < _i ? "m" : "r", i + 1 < _i ? 2 : 1);
    used += (size_t)snprintf(text + used, SIZE - used,
                             "{'class_name':'ReLU','config':{'name':'r'},'inbound_nodes':[" CALL(
                                 TENSOR("x", 0)) "," CALL(TENSOR("r", 0)) "]}]}");
    for (int i = 1; i < _i; i++)
        used += (size_t)snprintf(
            text + used, SIZE - used,
            ",'inbound_nodes':[" CALL(TENSOR("x", 0)) "," CALL(TENSOR("m", 0)) "]}]}");
    snprintf(text + used, SIZE - used, "}");
    int status = load(&graph, context, text, "/layers/sequential/layers/dense");
    assert_that((status == NEURON_OK) == (_i < 14), "%d: %d: %s", _i, status, neuron_error_last());
    if (_i == 3)
        ck_assert_int_eq(neuron_graph_node_count(graph), 1 + 8);
    neuron_graph_unref(graph);
    free(text);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nested");
    TCase *tests = tcase_create("models");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, layers_take_the_place_of_their_model, 0, 2);
    tcase_add_test(tests, frozen_models);
    tcase_add_test(tests, models_without_a_configuration);
    tcase_add_test(tests, calls_that_nothing_needs);
    tcase_add_test(tests, allocations_that_fail_leave_nothing);
    tcase_add_loop_test(tests, what_cannot_be_put_in, 0, sizeof told / sizeof told[0]);
    tcase_add_loop_test(tests, no_model_is_called_for_ever, 1, 19);
    return run_suite(suite);
}
