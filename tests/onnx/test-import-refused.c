/* Importing what cannot be, and what a stranger made: each is named, and leaves nothing. */
#include "onnx-build.h"

#include <stdio.h>
#include <unistd.h>

/* A model of one operator that reads x, [batch, 2, 4, 4], and whatever else was added. */
static model_t *single(const char *type, const char *inputs, int64_t version)
{
    model_t *model = new_model(version);
    add_input(model, "x", EXTENTS(0, 2, 4, 4));
    add_operator(model, type, inputs, "y");
    add_output(model, "y");
    return model;
}

static operator_t *first(const model_t *model)
{
    return model->graph->node[0];
}

static void assert_refused(const model_t *model, int status, const char *message)
{
    neuron_graph_t *graph = (neuron_graph_t *)(void *)context;
    assert_status(try_import(&graph, context, model, NULL), status);
    ck_assert_ptr_null(graph);
    assert_message(message);
}

START_TEST(wrong_arguments_are_refused)
{
    neuron_graph_t *graph;
    size_t size;
    const uint8_t *bytes = pack(single("Relu", "x", 13), &size);
    assert_status(neuron_onnx_import_memory(NULL, context, bytes, size, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_onnx_import_memory(&graph, NULL, bytes, size, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_onnx_import_memory(&graph, context, NULL, size, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_onnx_import(&graph, context, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_onnx_import_memory(&graph, context, bytes, size, "layuot=file"),
                  NEURON_E_ARGUMENT);
    assert_message("layuot");
    assert_status(neuron_onnx_import_memory(&graph, context, bytes, size, "layout=nchw"),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_onnx_import_memory(&graph, context, bytes, size, "outputs=\"z\""),
                  NEURON_E_FORMAT);
    assert_message("nothing makes the output \"z\"");
    assert_status(neuron_onnx_import(&graph, context, "/nowhere/m.onnx", NULL), NEURON_E_IO);
    assert_message("/nowhere/m.onnx");
    ck_assert_ptr_null(graph);
}
END_TEST

/* ---- What is not imported ---- */

START_TEST(the_node_the_operator_and_the_attribute_are_named)
{
    model_t *model = single("LSTM", "x", 13);
    assert_refused(model, NEURON_E_UNSUPPORTED,
                   "model: the node (LSTM) that makes \"y\": this operator is not imported");
    first(model)->name = keep_text("/rnn/LSTM");
    assert_refused(model, NEURON_E_UNSUPPORTED, "\"/rnn/LSTM\" (LSTM)");
    model = single("Relu", "x", 13);
    set_int(first(model), "inplace", 1);
    assert_refused(model, NEURON_E_UNSUPPORTED, "(Relu) that makes \"y\": attribute inplace");
    model = single("MaxPool", "x", 13);
    assert_refused(model, NEURON_E_FORMAT, "(MaxPool) that makes \"y\": attribute kernel_shape");
    set_ints(first(model), "kernel_shape", EXTENTS(2, 2, 2));
    assert_refused(model, NEURON_E_FORMAT, "attribute kernel_shape has 3 numbers; it must have 2");
    model = single("MaxPool", "x", 13);
    set_int(first(model), "kernel_shape", 2);
    assert_refused(model, NEURON_E_FORMAT, "kernel_shape");
    model = single("Relu", "x", 13);
    first(model)->domain = keep_text("com.example");
    assert_refused(model, NEURON_E_UNSUPPORTED, "operators of \"com.example\" are not imported");
    model = single("Transpose", "x", 13);
    set_ints(first(model), "perm", EXTENTS(0, 1, 1, 2));
    assert_refused(model, NEURON_E_FORMAT, "attribute perm is no order of 4 axes");
    model = single("MatMul", "x x", 13);
    assert_refused(model, NEURON_E_UNSUPPORTED, "multiplies two values");
    model = single("Reshape", "x s", 13);
    add_integers(model, "s", EXTENTS(-1, 7));
    assert_refused(model, NEURON_E_UNSUPPORTED, "(Reshape)");
    model = single("BatchNormalization", "x s s s s", 15);
    add_floats(model, "s", EXTENTS(2));
    set_int(first(model), "training_mode", 1);
    assert_refused(model, NEURON_E_UNSUPPORTED, "attribute training_mode is 1");
}
END_TEST

/* Not the caller's argument, but what the file has. */
START_TEST(what_no_layer_may_be_told_is_named)
{
    model_t *model = single("BatchNormalization", "x s s s s", 15);
    add_floats(model, "s", EXTENTS(2));
    set_float(first(model), "epsilon", 0);
    assert_refused(model, NEURON_E_UNSUPPORTED, "batch_norm: epsilon is 0; it must be");
    model = single("Dropout", "x", 7);
    set_float(first(model), "ratio", 1);
    assert_refused(model, NEURON_E_UNSUPPORTED, "dropout: rate is 1; it must be");
}
END_TEST

START_TEST(sets_and_graphs_that_are_not_read_are_named)
{
    model_t *model = single("BatchNormalization", "x s s s s", 6);
    add_floats(model, "s", EXTENTS(2));
    assert_refused(model, NEURON_E_UNSUPPORTED, "attribute is_test is 0; it must be 1");
    model = single("PRelu", "x s", 6);
    add_floats(model, "s", EXTENTS(2));
    assert_refused(model, NEURON_E_UNSUPPORTED,
                   "(PRelu) that makes \"y\": is of operator set 6; it is imported from 7 on");
    model = single("Relu", "x", 6);
    set_int(first(model), "consumed_inputs", 0);
    assert_refused(model, NEURON_E_UNSUPPORTED, "attribute consumed_inputs is not known");
    model = single("Relu", "x", 13);
    model->n_opset_import = 0;
    assert_refused(model, NEURON_E_UNSUPPORTED, "is for operator set 0");
    model = single("Relu", "x", 13);
    NEW(function, Neuron__Onnx__Function, neuron__onnx__function__init);
    function->name = keep_text("twice");
    APPEND(model, functions, function);
    assert_refused(model, NEURON_E_UNSUPPORTED, "defines the function \"twice\"");
    model = single("Relu", "x", 13);
    Neuron__Onnx__Attribute *branch = add_attribute(first(model), "then_branch");
    branch->has_g = 1;
    branch->g = (ProtobufCBinaryData){.len = 2, .data = (uint8_t *)keep_text("\n")};
    assert_refused(model, NEURON_E_UNSUPPORTED, "attribute then_branch is a graph");
    model = new_model(13);
    model->graph = NULL;
    assert_refused(model, NEURON_E_FORMAT, "it has no graph");
    model = single("Relu", "x", 13);
    model->graph->input[0]->type->tensor_type->shape->dim[2]->value_case =
        NEURON__ONNX__SHAPE__EXTENT__VALUE__NOT_SET;
    assert_refused(model, NEURON_E_UNSUPPORTED, "axis 2 of the input \"x\", \"?\", is not fixed");
    model = single("Relu", "x", 13);
    model->graph->input[0]->type->tensor_type->elem_type = TYPE(STRING);
    assert_refused(model, NEURON_E_UNSUPPORTED, "the input \"x\" is no tensor of floats");
    model = single("Relu", "x", 13);
    model->graph->input[0]->type->tensor_type->shape = NULL;
    assert_refused(model, NEURON_E_UNSUPPORTED, "the input \"x\" has no shape");
}
END_TEST

START_TEST(graphs_that_are_none_are_refused)
{
    model_t *model = single("Relu", "z", 13);
    assert_refused(model, NEURON_E_FORMAT, "reads \"z\", which nothing makes");
    model = single("Relu", "y", 13); /* itself */
    assert_refused(model, NEURON_E_FORMAT, "reads \"y\", which is not made before it");
    model = single("Add", "x z", 13);
    add_operator(model, "Relu", "y", "z"); /* in a circle */
    assert_refused(model, NEURON_E_FORMAT, "reads \"z\", which is not made before it");
    model = single("Relu", "x", 13);
    add_operator(model, "Tanh", "x", "y"); /* twice */
    assert_refused(model, NEURON_E_FORMAT, "\"y\"");
    model = single("Relu", "x", 13);
    model->graph->n_output = 0;
    assert_refused(model, NEURON_E_UNSUPPORTED, "has no outputs");
    model = single("Relu", "", 13);
    assert_refused(model, NEURON_E_FORMAT, "(Relu)");
    model = single("Relu", "w", 13);
    add_floats(model, "w", EXTENTS(3));
    assert_refused(model, NEURON_E_UNSUPPORTED, "");
}
END_TEST

/* ---- What claims more than it has ---- */

START_TEST(tensors_have_the_numbers_that_they_claim)
{
    model_t *model = single("Add", "x w", 13);
    tensor_t *w = add_floats(model, "w", EXTENTS(4, 4));
    w->raw_data.len--;
    assert_refused(model, NEURON_E_FORMAT, "\"w\" has 15 numbers for 16 places");
    w->raw_data.len = 4;
    assert_refused(model, NEURON_E_FORMAT, "\"w\" has 1 numbers for 16 places");
    w->dims[0] = -4;
    assert_refused(model, NEURON_E_FORMAT, "\"w\" has a bad extent of -4");
    w->dims[0] = w->dims[1] = INT64_MAX;
    assert_refused(model, NEURON_E_FORMAT, "bad extent");
    w->dims[0] = w->dims[1] = INT64_C(1) << 32; /* 2^64 numbers, which is 0 in 64 bits */
    w->raw_data.len = 0;
    assert_refused(model, NEURON_E_FORMAT, "bad extent");
    w->dims[0] = 1;
    w->dims[1] = 1;
    w->data_type = 99;
    assert_refused(model, NEURON_E_UNSUPPORTED, "\"w\" is of type 99");
}
END_TEST

/* By a few bytes each. */
START_TEST(what_says_a_lot_by_few_bytes_is_refused)
{
    int64_t large = INT64_C(1) << 40;
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(0, 2));
    add_integers(model, "s", EXTENTS(large));
    add_operator(model, "ConstantOfShape", "s", "c");
    add_operator(model, "Add", "x c", "y");
    add_output(model, "y");
    assert_refused(model, NEURON_E_UNSUPPORTED, "far more than the file has");

    model = new_model(13); /* a constant that doubles again and again */
    add_input(model, "x", EXTENTS(0, 2));
    add_floats(model, "c0", EXTENTS(64));
    for (int i = 0; i < 40; i++) {
        char names[2][40];
        snprintf(names[0], sizeof names[0], "c%d c%d", i, i);
        snprintf(names[1], sizeof names[1], "c%d", i + 1);
        set_int(add_operator(model, "Concat", names[0], names[1]), "axis", 0);
    }
    add_operator(model, "Add", "x c40", "y");
    add_output(model, "y");
    assert_refused(model, NEURON_E_UNSUPPORTED, "far more than the file has");

    model = single("MaxPool", "x", 13);
    set_ints(first(model), "kernel_shape", EXTENTS(large, large));
    assert_refused(model, NEURON_E_UNSUPPORTED, "attribute kernel_shape has 1099511627776");
    model = new_model(13); /* a scale for each value of a huge input */
    add_input(model, "x", EXTENTS(0, 1 << 20, 1 << 20));
    add_floats(model, "w", EXTENTS(1));
    add_floats(model, "m", EXTENTS(1, 1, 1));
    add_operator(model, "PRelu", "x w", "y");
    add_output(model, "y");
    neuron_graph_t *graph; /* one slope for all may be, but not for each */
    if (try_import(&graph, context, model, NULL) == NEURON_OK)
        ck_assert_int_lt(neuron_graph_parameter_count(graph), 1 << 22);
    neuron_graph_unref(graph);
}
END_TEST

/* Empty operators, of two bytes each. */
START_TEST(messages_may_not_take_far_more_than_they_say)
{
    size_t count = 400000, size = 2 * count + 8;
    uint8_t *bytes = keep(size);
    size_t used = 0;
    bytes[used++] = 7 << 3 | 2; /* the graph */
    for (size_t rest = 2 * count;; rest >>= 7) {
        bytes[used++] = (uint8_t)((rest & 127) | (rest > 127 ? 128 : 0));
        if (rest <= 127)
            break;
    }
    for (size_t i = 0; i < count; i++) {
        bytes[used++] = 1 << 3 | 2; /* an operator */
        bytes[used++] = 0;
    }
    neuron_graph_t *graph;
    assert_status(neuron_onnx_import_memory(&graph, context, bytes, used, NULL), NEURON_E_FORMAT);
    assert_message("says far more than they have room for");
}
END_TEST

/* Nothing goes as deep as a file does. */
START_TEST(long_chains_and_deep_messages_end)
{
    enum { LONG = 600 };
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(0, 2));
    char names[2][20] = {"x"};
    for (int i = 0; i < LONG; i++) {
        snprintf(names[1], sizeof names[1], "i%d", i);
        add_operator(model, i % 2 ? "Identity" : "Relu", names[0], names[1]);
        memcpy(names[0], names[1], sizeof names[0]);
    }
    add_output(model, names[0]);
    neuron_graph_t *graph = import_model(context, model, NULL);
    ck_assert_int_eq(count_layers(graph, "relu"), LONG / 2);
    neuron_graph_unref(graph);
    /* Graphs in attributes of operators in graphs. */
    size_t used = 1 << 20, size = used;
    uint8_t *bytes = keep(size);
    for (size_t depth = 0; used > 30; depth++) {
        size_t inside = size - used;
        const uint8_t tags[] = {6 << 3 | 2, 5 << 3 | 2, 1 << 3 | 2};
        uint8_t length[10], *end = length;
        for (size_t rest = inside;; rest >>= 7) {
            *end++ = (uint8_t)((rest & 127) | (rest > 127 ? 128 : 0));
            if (rest <= 127)
                break;
        }
        used -= (size_t)(end - length);
        memcpy(bytes + used, length, (size_t)(end - length));
        bytes[--used] = tags[depth % 3];
    }
    model = single("Relu", "x", 13);
    Neuron__Onnx__Attribute *branch = add_attribute(first(model), "body");
    branch->has_g = 1;
    branch->g = (ProtobufCBinaryData){.len = size - used, .data = bytes + used};
    assert_refused(model, NEURON_E_UNSUPPORTED, "attribute body is a graph");
}
END_TEST

/* 24 bits in reverse order, which an axis of 1 that becomes one of 5 would make 25 of. */
START_TEST(axes_that_are_mixed_too_much_are_refused)
{
    model_t *model = new_model(13);
    char names[2][12] = {"x", ""}, inputs[30];
    add_input(model, "x", EXTENTS(0, 1 << 24));
    add_integers(model, "blocks", EXTENTS(0, 16, 16, 16, 16, 16, 16));
    add_integers(model, "flat", EXTENTS(0, 1 << 24, 1));
    add_floats(model, "w", EXTENTS(1, 5));
    add_operator(model, "Reshape", "x blocks", "b");
    set_ints(add_operator(model, "Transpose", "b", "t"), "perm", EXTENTS(0, 6, 5, 4, 3, 2, 1));
    snprintf(names[0], sizeof names[0], "t");
    for (int i = 0; i < 6; i++) { /* each block by itself */
        snprintf(names[1], sizeof names[1], "shape%d", i);
        add_integers(model, names[1], EXTENTS(0, 1 << 4 * i, 2, 2, 2, 2, 1 << 4 * (5 - i)));
        snprintf(inputs, sizeof inputs, "%s shape%d", names[0], i);
        snprintf(names[1], sizeof names[1], "r%d", i);
        add_operator(model, "Reshape", inputs, names[1]);
        snprintf(names[0], sizeof names[0], "t%d", i);
        set_ints(add_operator(model, "Transpose", names[1], names[0]), "perm",
                 EXTENTS(0, 1, 5, 4, 3, 2, 6));
    }
    add_operator(model, "Reshape", "t5 flat", "f");
    add_operator(model, "MatMul", "f w", "y");
    add_output(model, "y");
    assert_refused(model, NEURON_E_UNSUPPORTED,
                   "(MatMul) that makes \"y\": the axes of its input "
                   "are mixed by transpositions and reshapes before "
                   "it into 24 parts");
}
END_TEST

/* ---- Bytes of any kind ---- */

static model_t *mixed_model(void)
{
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(0, 2, 5, 5));
    add_floats(model, "w", EXTENTS(3, 2, 3, 3));
    add_floats(model, "g", EXTENTS(3));
    add_floats(model, "v", EXTENTS(27, 4));
    add_integers(model, "s", EXTENTS(0, -1));
    set_ints(add_operator(model, "Conv", "x w", "c"), "dilations", EXTENTS(1, 1));
    add_operator(model, "BatchNormalization", "c g g g g", "n");
    add_operator(model, "Relu", "n", "r");
    add_operator(model, "Reshape", "r s", "f");
    add_operator(model, "MatMul", "f v", "m");
    add_operator(model, "Softmax", "m", "y");
    add_output(model, "y");
    return model;
}

START_TEST(damaged_files_are_refused_or_read)
{
    size_t size;
    neuron_graph_t *graph;
    const uint8_t *bytes = pack(mixed_model(), &size);
    uint8_t *changed = malloc(size);
    for (size_t i = 0; i < size; i += i < 64 ? 1 : 7) {
        int status = neuron_onnx_import_memory(&graph, context, bytes, i, NULL);
        ck_assert((status == NEURON_OK) == (graph != NULL));
        neuron_graph_unref(graph);
    }
    for (size_t i = 0; i < size; i++) {
        memcpy(changed, bytes, size);
        changed[i] ^= (uint8_t)(1 << i % 8);
        int status = neuron_onnx_import_memory(&graph, context, changed, size, NULL);
        ck_assert((status == NEURON_OK) == (graph != NULL));
        ck_assert(status == NEURON_OK || neuron_error_last()[0]);
        neuron_graph_unref(graph);
    }
    free(changed);
}
END_TEST

START_TEST(failing_allocations_leave_nothing)
{
    test_memory memory;
    neuron_context_t *limited = test_limited_context(&memory);
    neuron_graph_t *graph;
    size_t size;
    const uint8_t *bytes = pack(mixed_model(), &size);
    long before = memory.live, failures = 0;
    for (;; failures++) {
        memory.left = failures;
        int status = neuron_onnx_import_memory(&graph, limited, bytes, size, NULL);
        test_refill(&memory);
        if (status == NEURON_OK)
            break;
        ck_assert_int_eq(status, NEURON_E_MEMORY);
        ck_assert_ptr_null(graph);
        ck_assert_int_eq(memory.live, before);
    }
    ck_assert_int_ge(failures, 20);
    neuron_graph_unref(graph);
    ck_assert_int_eq(memory.live, before);
    neuron_context_unref(limited);
}
END_TEST

/* ---- Numbers beside the file ---- */

static void set_entry(tensor_t *tensor, const char *key, const char *value)
{
    for (size_t i = 0; i < tensor->n_external_data; i++)
        if (strcmp(tensor->external_data[i]->key, key) == 0) {
            tensor->external_data[i]->value = keep_text(value);
            return;
        }
    NEW(entry, Neuron__Onnx__Text, neuron__onnx__text__init);
    entry->key = keep_text(key);
    entry->value = keep_text(value);
    APPEND(tensor, external_data, entry);
}

static int import_file(neuron_graph_t **graph, const model_t *model, const char *path)
{
    size_t size;
    const uint8_t *bytes = pack(model, &size);
    test_write_file(path, bytes, size);
    return neuron_onnx_import(graph, context, path, NULL);
}

START_TEST(numbers_beside_the_file_are_those_of_its_folder)
{
    char path[4096], beside[4096], link[4096], up[4096], message[4096];
    snprintf(path, sizeof path, "%s", test_file("beside.onnx"));
    snprintf(beside, sizeof beside, "%s", test_file("beside.data"));
    snprintf(link, sizeof link, "%s", test_file("beside.link"));
    const char *name = strrchr(beside, '/') + 1;
    model_t *model = new_model(13);
    add_input(model, "x", EXTENTS(0, 2));
    tensor_t *w = add_floats(model, "w", EXTENTS(2, 3));
    add_operator(model, "MatMul", "x w", "y");
    add_output(model, "y");
    float numbers[8] = {9, 9, 1, 2, 3, 4, 5, 6};
    test_write_file(beside, numbers, sizeof numbers);
    w->has_raw_data = 0;
    w->has_data_location = 1;
    w->data_location = NEURON__ONNX__TENSOR__LOCATION__EXTERNAL;
    set_entry(w, "location", name);
    set_entry(w, "offset", "8");
    neuron_graph_t *graph;
    assert_ok(import_file(&graph, model, path));
    float kernel[6];
    assert_ok(neuron_graph_read_array(kernel, 6, NULL, graph, 0));
    ck_assert_mem_eq(kernel, numbers + 2, sizeof kernel);
    neuron_graph_unref(graph);

    assert_refused(model, NEURON_E_UNSUPPORTED, "\"w\" is in the file \"");
    set_entry(w, "offset", "12");
    assert_status(import_file(&graph, model, path), NEURON_E_FORMAT);
    snprintf(message, sizeof message, "\"w\" is 24 bytes at 12 of \"%s\", which has 32", name);
    assert_message(message);
    const char *const offsets[] = {"-1", "18446744073709551615", "1e1", " 8",
                                   "99999999999999999999"};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        set_entry(w, "offset", offsets[i]);
        assert_status(import_file(&graph, model, path), NEURON_E_FORMAT);
    }
    set_entry(w, "offset", "8");
    set_entry(w, "length", "20");
    assert_status(import_file(&graph, model, path), NEURON_E_FORMAT);
    set_entry(w, "length", "24");
    snprintf(up, sizeof up, "../%s", name);
    const char *const names[] = {up,  beside, "/etc/passwd",  "a/beside.data", "..",
                                 ".", "",     "c:beside.data"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        set_entry(w, "location", names[i]);
        assert_status(import_file(&graph, model, path), NEURON_E_UNSUPPORTED);
        assert_message("what is not in the file must be beside it");
    }
    set_entry(w, "location", name);
    tensor_t *others[2] = {add_floats(model, "v", EXTENTS(2, 3)),
                           add_floats(model, "u", EXTENTS(2, 3))};
    for (int i = 0; i < 2; i++) { /* 24 of 32 bytes, twice and a third time */
        others[i]->has_raw_data = 0;
        others[i]->has_data_location = 1;
        others[i]->data_location = w->data_location;
        set_entry(others[i], "location", name);
        add_operator(model, "MatMul", i ? "x u" : "x v", i ? "z" : "o");
        add_output(model, i ? "z" : "o");
        int status = import_file(&graph, model, path);
        ck_assert_int_eq(status, i ? NEURON_E_UNSUPPORTED : NEURON_OK);
        neuron_graph_unref(graph);
    }
    assert_message("is read again and again");
    remove(link);
    ck_assert_int_eq(symlink(beside, link), 0);
    set_entry(w, "location", strrchr(link, '/') + 1);
    assert_status(import_file(&graph, model, path), NEURON_E_UNSUPPORTED);
    assert_message("which is no regular file");
    set_entry(w, "location", "missing.data");
    assert_status(import_file(&graph, model, path), NEURON_E_IO);
    assert_message("which is not beside the file");
    ck_assert_ptr_null(graph);
    remove(link);
    remove(beside);
    remove(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("onnx import refused");
    TCase *tests = tcase_create("refused");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, wrong_arguments_are_refused);
    tcase_add_test(tests, the_node_the_operator_and_the_attribute_are_named);
    tcase_add_test(tests, what_no_layer_may_be_told_is_named);
    tcase_add_test(tests, sets_and_graphs_that_are_not_read_are_named);
    tcase_add_test(tests, graphs_that_are_none_are_refused);
    tcase_add_test(tests, tensors_have_the_numbers_that_they_claim);
    tcase_add_test(tests, what_says_a_lot_by_few_bytes_is_refused);
    tcase_add_test(tests, messages_may_not_take_far_more_than_they_say);
    tcase_add_test(tests, long_chains_and_deep_messages_end);
    tcase_add_test(tests, axes_that_are_mixed_too_much_are_refused);
    tcase_add_test(tests, damaged_files_are_refused_or_read);
    tcase_add_test(tests, failing_allocations_leave_nothing);
    tcase_add_test(tests, numbers_beside_the_file_are_those_of_its_folder);
    return run_suite(suite);
}
