/* What must hold for every layer of the registry, one that was added this morning too: a graph with
 * it is exported, in both layouts, whatever allocation fails. */
#include "onnx-fixture.h"
#include "registry-layers.h"

static const char *const layouts[] = {"layout=nhwc", "layout=nchw"};

/* An image goes through a convolution, the layer and an activation; the layer puts out too. */
static neuron_graph_t *graph_with(neuron_context_t *context, const neuron_layer *layer)
{
    neuron_graph_t *graph = new_graph(context);
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){5, 6, 2}, 3);
    x = registry_add(graph, layer, neuron_conv2d(graph, x, 4, 2, 1, NULL));
    neuron_node_set_name(x, "layer");
    assert_ok(neuron_graph_finish_many(graph, (neuron_node_t *[]){x, neuron_relu(graph, x)}, 2));
    return graph;
}

START_TEST(exports)
{
    neuron_context_t *context = test_context();
    if (neuron_layers[_i] != &neuron_layer_input) {
        neuron_graph_t *graph = graph_with(context, neuron_layers[_i]);
        for (int i = 0; i < 2; i++) {
            model_t *model = model_of(graph, layouts[i]);
            ck_assert_uint_eq(model->graph->n_output, 2);
            ck_assert_str_eq(model->graph->output[0]->name, "layer");
            free_model(model);
        }
        neuron_graph_unref(graph);
    }
    neuron_context_unref(context);
}
END_TEST

START_TEST(failing_allocations_leave_nothing)
{
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory);
    if (neuron_layers[_i] != &neuron_layer_input) {
        neuron_graph_t *graph = graph_with(context, neuron_layers[_i]);
        long before = memory.live, failures = 0;
        int status = NEURON_E_MEMORY;
        size_t size;
        for (; status != NEURON_OK; failures++) {
            memory.left = failures;
            status = neuron_onnx_export_memory(NULL, 0, &size, graph, layouts[failures % 2]);
            test_refill(&memory);
            ck_assert_int_eq(memory.live, before);
            ck_assert(status == NEURON_OK || status == NEURON_E_MEMORY);
        }
        ck_assert_int_gt(failures, 1);
        neuron_graph_unref(graph);
    }
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("onnx registry");
    TCase *tests = tcase_create("registry");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, exports, 0, REGISTRY_LAYERS);
    tcase_add_loop_test(tests, failing_allocations_leave_nothing, 0, REGISTRY_LAYERS);
    return run_suite(suite);
}
