/* Exporting graphs as ONNX files: what a file has, what is refused, and what failures leave. */
#include "onnx-fixture.h"

#include "onnx/messages/pieces.h"

#include <stdio.h>
#include <unistd.h>

/* 6 numbers become probabilities of 3 classes. */
static neuron_graph_t *small_graph(neuron_context_t *context)
{
    neuron_graph_t *graph = new_graph(context);
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){2, 3}, 2);
    neuron_node_set_name(x, "pixels");
    x = neuron_relu(graph, neuron_dense(graph, neuron_flatten(graph, x), 4, NULL));
    x = neuron_dropout(graph, x, 0.5);
    x = neuron_softmax(graph, neuron_dense(graph, x, 3, "use_bias=no"), NULL);
    assert_ok(neuron_graph_finish(graph, x));
    return graph;
}

START_TEST(file_has_all_of_a_graph)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = small_graph(context);
    const char *const classes[] = {"a", "b \"c\"", "d\\"};
    assert_ok(neuron_graph_set_class_names(graph, NULL, classes, 3));
    assert_ok(neuron_graph_set_metadata(graph, "author", "me\nand you"));
    assert_ok(neuron_graph_set_name(graph, "digits"));
    model_t *model = model_of(graph, NULL);
    ck_assert_int_eq(model->ir_version, 7);
    ck_assert_uint_eq(model->n_opset_import, 1);
    ck_assert_int_eq(model->opset_import[0]->version, 13);
    ck_assert_str_eq(model->producer_name, "libneuron");
    ck_assert_str_eq(model->graph->name, "digits");
    ck_assert_uint_eq(model->n_metadata_props, 2);
    ck_assert_str_eq(model->metadata_props[0]->key, "libneuron.outputs");
    ck_assert_str_eq(model->metadata_props[0]->value,
                     "{\"softmax\":{\"classes\":[\"a\",\"b \\\"c\\\"\",\"d\\\\\"]}}");
    ck_assert_str_eq(model->metadata_props[1]->value, "me\nand you");

    ck_assert_uint_eq(model->graph->n_node, 5); /* dropout is none */
    ck_assert_str_eq(operator_of(model, "dense")->op_type, "Gemm");
    ck_assert_str_eq(operator_of(model, "dense_1")->input[0], "relu");
    ck_assert_str_eq(operator_of(model, "dense_1")->input[1], "dense_1.kernel");
    const Neuron__Onnx__Value *input = model->graph->input[0];
    ck_assert_str_eq(input->name, "pixels");
    const Neuron__Onnx__Shape *shape = input->type->tensor_type->shape;
    ck_assert_uint_eq(shape->n_dim, 3);
    ck_assert_str_eq(shape->dim[0]->dim_param, "batch");
    ck_assert_int_eq(shape->dim[2]->dim_value, 3);
    ck_assert_str_eq(model->graph->output[0]->name, "softmax");

    const Neuron__Onnx__Tensor *kernel = constant_of(model, "dense.kernel");
    float values[24];
    int64_t index = neuron_graph_find_array(graph, "dense.kernel");
    assert_ok(neuron_graph_read_array(values, 24, NULL, graph, index));
    ck_assert_uint_eq(kernel->raw_data.len, sizeof values);
    ck_assert_mem_eq(kernel->raw_data.data, values, sizeof values);
    ck_assert_ptr_null(constant_of(model, "dense_1.bias"));
    free_model(model);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

static int count(const void *bytes, size_t size, void *user_data)
{
    (void)bytes;
    *(size_t *)user_data += size;
    return 0;
}

static int give_up(const void *bytes, size_t size, void *user_data)
{
    (void)bytes, (void)size;
    return *(int *)user_data;
}

START_TEST(files_memory_and_functions_get_the_same)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = small_graph(context);
    const char *path = test_file("same.onnx");
    assert_ok(neuron_onnx_export(graph, path, ""));
    test_bytes file = test_read_file(path);
    size_t size, counted = 0;
    assert_ok(neuron_onnx_export_memory(NULL, 0, &size, graph, NULL));
    ck_assert_uint_eq(size, file.size);
    char *bytes = malloc(size);
    assert_status(neuron_onnx_export_memory(bytes, size - 1, &size, graph, NULL),
                  NEURON_E_ARGUMENT);
    assert_ok(neuron_onnx_export_memory(bytes, size, NULL, graph, NULL));
    ck_assert_mem_eq(bytes, file.data, size);
    assert_ok(neuron_onnx_export_to(graph, count, &counted, NULL));
    ck_assert_uint_eq(counted, size);
    assert_status(neuron_onnx_export_to(graph, give_up, &(int){-7}, NULL), -7);
    assert_status(neuron_onnx_export_to(graph, give_up, &(int){7}, NULL), NEURON_E_CALLBACK);
    free(bytes);
    free(file.data);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(refuses_wrong_arguments)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = small_graph(context), *unfinished = new_graph(context);
    const char *path = test_file("refused.onnx");
    char byte;
    assert_status(neuron_onnx_export(NULL, path, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_onnx_export((neuron_graph_t *)context, path, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_onnx_export(graph, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_onnx_export(graph, "", NULL), NEURON_E_IO);
    assert_status(neuron_onnx_export(graph, path, "layuot=nchw"), NEURON_E_ARGUMENT);
    assert_message("did you mean \"layout\"");
    assert_status(neuron_onnx_export(graph, path, "layout=hwc"), NEURON_E_ARGUMENT);
    assert_message("nhwc or nchw");
    assert_status(neuron_onnx_export(unfinished, path, NULL), NEURON_E_STATE);
    assert_message("is not finished");
    assert_status(neuron_onnx_export_memory(NULL, 1, NULL, graph, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_onnx_export_memory(&byte, 1, NULL, graph, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_onnx_export_to(graph, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_onnx_export_to(NULL, count, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_onnx_export(graph, path, "input_type=u8"), NEURON_E_STATE);
    assert_message("does not know how bytes become its inputs");
    ck_assert_int_ne(access(path, F_OK), 0);
    neuron_graph_unref(unfinished);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(a_path_that_cannot_be_leaves_nothing)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = small_graph(context);
    assert_status(neuron_onnx_export(graph, "/nowhere/model.onnx", NULL), NEURON_E_IO);
    assert_message("/nowhere/model.onnx");
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(bytes_are_scaled)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = small_graph(context);
    const double scales[] = {1 / 255.0, 2, 3}, offsets[] = {-0.5, 0, 1};
    assert_ok(neuron_graph_set_scales(graph, NULL, scales, offsets, 3));
    model_t *model = model_of(graph, "input_type=u8");
    ck_assert_int_eq(model->graph->input[0]->type->tensor_type->elem_type,
                     NEURON__ONNX__TENSOR__DATA_TYPE__UINT8);
    ck_assert_str_eq(operator_of(model, "flatten")->input[0], "pixels.input");
    const Neuron__Onnx__Tensor *offset = constant_of(model, "pixels.offset");
    ck_assert_uint_eq(offset->n_dims, 1);
    ck_assert_mem_eq(offset->raw_data.data, ((const float[]){-0.5f, 0, 1}), 12);
    ck_assert_str_eq(model->metadata_props[0]->key, "libneuron.inputs");
    ck_assert_str_eq(model->metadata_props[0]->value,
                     "{\"pixels\":{\"scale\":[0.0039215686274509803,2,3],\"offset\":[-0.5,0,1]}}");
    free_model(model);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(of_several_inputs_those_are_bytes_that_are_known)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = new_graph(context);
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){2}, 1);
    neuron_node_t *y = neuron_input(graph, (const int64_t[]){2}, 1);
    assert_ok(neuron_graph_finish(graph, neuron_add(graph, (neuron_node_t *[]){x, y}, 2)));
    double scale = 0.5, offset = 0;
    assert_ok(neuron_graph_set_scales(graph, "input_1", &scale, &offset, 1));
    model_t *model = model_of(graph, "input_type=u8");
    ck_assert_int_eq(model->graph->input[0]->type->tensor_type->elem_type,
                     NEURON__ONNX__TENSOR__DATA_TYPE__FLOAT);
    ck_assert_int_eq(model->graph->input[1]->type->tensor_type->elem_type,
                     NEURON__ONNX__TENSOR__DATA_TYPE__UINT8);
    ck_assert_str_eq(operator_of(model, "add")->input[1], "input_1.input");
    free_model(model);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(too_large_models_are_refused)
{
    assert_ok(neuron_onnx_check_size(INT32_MAX, "g"));
    assert_status(neuron_onnx_check_size((uint64_t)1 << 31, "digits"), NEURON_E_UNSUPPORTED);
    assert_message("digits: takes 2147483648 bytes");
}
END_TEST

START_TEST(failing_allocations_leave_nothing)
{
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory);
    neuron_graph_t *graph = small_graph(context);
    double scale = 0.5, offset = 0;
    assert_ok(neuron_graph_set_scales(graph, NULL, &scale, &offset, 1));
    long before = memory.live, failures = 0;
    size_t size;
    for (;; failures++) {
        memory.left = failures;
        int status = neuron_onnx_export_memory(NULL, 0, &size, graph, "input_type=u8");
        test_refill(&memory);
        ck_assert_int_eq(memory.live, before);
        if (status == NEURON_OK)
            break;
        ck_assert_int_eq(status, NEURON_E_MEMORY);
    }
    ck_assert_int_ge(failures, 1);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("onnx export");
    TCase *tests = tcase_create("export");
    tcase_add_test(tests, file_has_all_of_a_graph);
    tcase_add_test(tests, files_memory_and_functions_get_the_same);
    tcase_add_test(tests, refuses_wrong_arguments);
    tcase_add_test(tests, a_path_that_cannot_be_leaves_nothing);
    tcase_add_test(tests, bytes_are_scaled);
    tcase_add_test(tests, of_several_inputs_those_are_bytes_that_are_known);
    tcase_add_test(tests, too_large_models_are_refused);
    tcase_add_test(tests, failing_allocations_leave_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
