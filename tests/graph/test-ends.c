/* Graphs with several inputs and outputs: built, predicted, saved, imported, joined, quantised. */
#include "gradient.h"

#include "graph/graph.h"
#include "test-common.h"

#include <math.h>
#include <string.h>

enum { LEFT = 6, RIGHT = 4, CLASSES = 3, ROWS = 5 };

/* left and right, a class of both and an angle of what is hidden. */
static neuron_graph_t *two_by_two(neuron_context_t *context, uint64_t seed, bool right_first)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    assert_ok(neuron_graph_set_seed(g, seed));
    neuron_node_t *first = vector_input(g, right_first ? RIGHT : LEFT);
    neuron_node_t *second = vector_input(g, right_first ? LEFT : RIGHT);
    neuron_node_t *left = right_first ? second : first, *right = right_first ? first : second;
    assert_ok(neuron_node_set_name(left, "left"));
    assert_ok(neuron_node_set_name(right, "right"));
    neuron_node_t *h = neuron_tanh(
        g, neuron_dense(g, neuron_concat(g, (neuron_node_t *[]){left, right}, 2, NULL), 7, NULL));
    h = neuron_dropout(g, h, 0.5);
    neuron_node_t *kind = neuron_softmax(g, neuron_dense(g, h, CLASSES, NULL), NULL);
    neuron_node_t *angle = neuron_dense(g, h, 1, NULL);
    assert_ok(neuron_node_set_name(kind, "kind"));
    assert_ok(neuron_node_set_name(angle, "angle"));
    assert_ok(neuron_graph_finish_many(g, (neuron_node_t *[]){kind, angle}, 2));
    return g;
}

typedef struct tensors {
    neuron_tensor_t *inputs[2], *outputs[2];
} tensors;

static neuron_tensor_t *rows(neuron_context_t *context, int64_t count, int64_t size)
{
    neuron_tensor_t *tensor;
    assert_ok(
        neuron_tensor_create(&tensor, context, NEURON_TYPE_F32, (const int64_t[]){count, size}, 2));
    float *data = neuron_tensor_data(tensor);
    for (int64_t i = 0; i < count * size; i++)
        data[i] = (float)((i * 7 + size) % 11) / 5 - 1;
    return tensor;
}

static tensors make_tensors(neuron_context_t *context, int64_t count)
{
    return (tensors){{rows(context, count, LEFT), rows(context, count, RIGHT)},
                     {rows(context, count, CLASSES), rows(context, count, 1)}};
}

static void drop_tensors(tensors *t)
{
    for (int i = 0; i < 2; i++) {
        neuron_tensor_unref(t->inputs[i]);
        neuron_tensor_unref(t->outputs[i]);
    }
}

static void predict_both(const neuron_graph_t *graph, tensors *t)
{
    assert_ok(
        neuron_graph_predict_many(graph, (neuron_tensor_t *const *)t->inputs, 2, t->outputs, 2));
}

static const float *row(const neuron_tensor_t *tensor)
{
    return neuron_tensor_data_const(tensor);
}

static bool same_rows(const neuron_tensor_t *a, const neuron_tensor_t *b, int64_t count)
{
    return memcmp(row(a), row(b), (size_t)count * sizeof(float)) == 0;
}

START_TEST(inputs_and_outputs_are_told_in_order)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *g = two_by_two(context, 1, false);
    ck_assert_int_eq(neuron_graph_input_count(g), 2);
    ck_assert_int_eq(neuron_graph_output_count(g), 2);
    ck_assert_str_eq(neuron_node_name(neuron_graph_input(g, 0)), "left");
    ck_assert_str_eq(neuron_node_name(neuron_graph_input(g, 1)), "right");
    ck_assert_str_eq(neuron_node_name(neuron_graph_output(g, 0)), "kind");
    ck_assert_str_eq(neuron_node_name(neuron_graph_output(g, 1)), "angle");
    ck_assert_ptr_null(neuron_graph_input(g, 2));
    assert_message("graph: has no input 2 of 2");
    ck_assert_ptr_null(neuron_graph_output(g, -1));
    assert_message("graph: has no output -1 of 2");
    ck_assert_ptr_null(neuron_graph_output(NULL, 0));
    assert_message("graph is NULL");
    ck_assert_int_eq(neuron_graph_input_count(NULL) + neuron_graph_output_count(NULL), 0);
    neuron_graph_unref(g);
    neuron_context_unref(context);
}
END_TEST

/* What each output is, worked out by a graph of its own that shares the parameters. */
START_TEST(each_output_is_what_it_is_alone)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *g = two_by_two(context, 2, false);
    for (int64_t count = 0; count <= 300; count += count < 5 ? 1 : 59) {
        tensors both = make_tensors(context, count), alone = make_tensors(context, count);
        predict_both(g, &both);
        for (int32_t i = 0; i < 2; i++) {
            neuron_graph_t *one;
            neuron_node_t *node = neuron_graph_output(g, i);
            assert_ok(neuron_graph_with_outputs(&one, g, &node, 1));
            assert_ok(neuron_graph_predict_many(one, (neuron_tensor_t *const *)alone.inputs, 2,
                                                &alone.outputs[i], 1));
            ck_assert(same_rows(both.outputs[i], alone.outputs[i], count * (i ? 1 : CLASSES)));
            neuron_graph_unref(one);
        }
        drop_tensors(&both);
        drop_tensors(&alone);
    }
    neuron_graph_unref(g);
    neuron_context_unref(context);
}
END_TEST

START_TEST(bad_ends_are_refused)
{
    neuron_graph_t *g = new_graph(), *other = new_graph();
    neuron_node_t *x = vector_input(g, 4), *y = vector_input(g, 4), *z = vector_input(other, 4);
    neuron_node_t *h = neuron_dense(g, x, 3, NULL),
                  *both = neuron_add(g, (neuron_node_t *[]){x, y}, 2);
    assert_status(neuron_graph_finish_many(g, NULL, 1), NEURON_E_ARGUMENT);
    assert_message("outputs is NULL");
    assert_status(neuron_graph_finish_many(g, &h, 0), NEURON_E_ARGUMENT);
    assert_message("count is 0");
    assert_status(neuron_graph_finish_many(NULL, &h, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_finish_many(g, (neuron_node_t *[]){h, NULL}, 2), NEURON_E_ARGUMENT);
    assert_message("graph: output 1 is NULL");
    assert_status(neuron_graph_finish_many(g, (neuron_node_t *[]){h, z}, 2), NEURON_E_ARGUMENT);
    assert_message("belongs to another graph");
    assert_status(neuron_graph_finish_many(g, (neuron_node_t *[]){h, both, h}, 3),
                  NEURON_E_ARGUMENT);
    assert_message("graph: outputs 0 and 2 are the same node, dense");
    assert_status(neuron_graph_finish(g, h), NEURON_E_ARGUMENT);
    assert_message("graph: no output depends on the input input_1");
    assert_ok(neuron_graph_finish_many(g, (neuron_node_t *[]){h, both}, 2)); /* none of it stuck */
    assert_status(neuron_graph_finish_many(g, &h, 1), NEURON_E_STATE);
    neuron_graph_unref(g);
    neuron_graph_unref(other);
}
END_TEST

START_TEST(bad_tensors_are_refused)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *g = two_by_two(context, 1, false);
    tensors t = make_tensors(context, ROWS);
    neuron_tensor_t *const *in = (neuron_tensor_t *const *)t.inputs;
    assert_status(neuron_graph_predict_many(g, in, 1, t.outputs, 2), NEURON_E_ARGUMENT);
    assert_message("graph: inputs are 1; there must be 2");
    assert_status(neuron_graph_predict_many(g, in, 2, t.outputs, 3), NEURON_E_ARGUMENT);
    assert_message("graph: outputs are 3; there must be 2");
    assert_status(neuron_graph_predict(g, t.inputs[0], t.outputs[0]), NEURON_E_ARGUMENT);
    assert_message("inputs are 1; there must be 2");
    neuron_tensor_t *swapped[] = {t.inputs[1], t.inputs[0]};
    assert_status(neuron_graph_predict_many(g, swapped, 2, t.outputs, 2), NEURON_E_SHAPE);
    assert_message("graph: the input left is 5x4, not n x 6");
    neuron_tensor_t *missing[] = {t.inputs[0], NULL};
    assert_status(neuron_graph_predict_many(g, missing, 2, t.outputs, 2), NEURON_E_ARGUMENT);
    assert_message("graph: the input right is NULL");
    neuron_tensor_t *few = rows(context, ROWS - 1, 1);
    assert_status(neuron_graph_predict_many(g, in, 2, (neuron_tensor_t *[]){t.outputs[0], few}, 2),
                  NEURON_E_SHAPE);
    assert_message("graph: the output angle is 4x1; there are 5 examples");
    assert_status(neuron_graph_predict_many(g, NULL, 2, t.outputs, 2), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_predict_many(g, in, 2, NULL, 2), NEURON_E_ARGUMENT);
    neuron_tensor_unref(few);
    drop_tensors(&t);
    neuron_graph_unref(g);
    neuron_context_unref(context);
}
END_TEST

START_TEST(files_keep_them)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *g = two_by_two(context, 3, false), *loaded;
    tensors a = make_tensors(context, ROWS), b = make_tensors(context, ROWS);
    const char *path = test_file("ends.safetensors");
    assert_ok(neuron_graph_save(g, path));
    assert_ok(neuron_graph_load(&loaded, context, path));
    ck_assert_str_eq(neuron_node_name(neuron_graph_output(loaded, 1)), "angle");
    ck_assert_str_eq(neuron_node_name(neuron_graph_input(loaded, 1)), "right");
    predict_both(g, &a);
    predict_both(loaded, &b);
    ck_assert(same_rows(a.outputs[0], b.outputs[0], ROWS * CLASSES));
    ck_assert(same_rows(a.outputs[1], b.outputs[1], ROWS));
    drop_tensors(&a);
    drop_tensors(&b);
    neuron_graph_unref(loaded);
    neuron_graph_unref(g);
    neuron_context_unref(context);
}
END_TEST

/* Replaces text of the same length in the header of a model, and loads it. */
static int load_changed(neuron_context_t *context, const neuron_graph_t *graph, const char *from,
                        const char *to)
{
    size_t size;
    neuron_graph_t *loaded;
    ck_assert_uint_eq(strlen(from), strlen(to));
    assert_ok(neuron_graph_save_memory(NULL, 0, &size, graph));
    char *bytes = malloc(size);
    assert_ok(neuron_graph_save_memory(bytes, size, NULL, graph));
    char *found = NULL;
    for (size_t i = 0; !found && i + strlen(from) <= size; i++)
        if (memcmp(bytes + i, from, strlen(from)) == 0)
            found = bytes + i;
    ck_assert_msg(found != NULL, "no %s in the file", from);
    memcpy(found, to, strlen(to));
    int status = neuron_graph_load_memory(&loaded, context, bytes, size);
    neuron_graph_unref(loaded);
    free(bytes);
    return status;
}

START_TEST(bad_lists_in_files_are_refused)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *g = two_by_two(context, 3, false);
    static const char *const bad[] = {"\\\"output\\\":[7,7]", "\\\"output\\\":[8,9]",
                                      "\\\"output\\\":[7  ]", "\\\"output\\\":[   ]",
                                      "\\\"output\\\":[7,a]"};
    assert_ok(load_changed(context, g, "\\\"output\\\":[7,8]", "\\\"output\\\":[7,8]"));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_status(load_changed(context, g, "\\\"output\\\":[7,8]", bad[i]), NEURON_E_FORMAT);
    neuron_graph_unref(g);
    neuron_context_unref(context);
}
END_TEST

START_TEST(imports_take_all_ends)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *source = two_by_two(context, 4, false), *g;
    neuron_node_t *made[2];
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *left = vector_input(g, LEFT), *right = vector_input(g, RIGHT);
    assert_ok(neuron_graph_import_many(made, 2, g, (neuron_node_t *[]){left, right}, 2, source, "m",
                                       NULL));
    ck_assert_str_eq(neuron_node_name(made[1]), "m/angle");
    assert_ok(neuron_graph_finish_many(g, (neuron_node_t *[]){made[1], made[0]}, 2));
    tensors a = make_tensors(context, ROWS), b = make_tensors(context, ROWS);
    predict_both(source, &a);
    assert_ok(neuron_graph_predict_many(g, (neuron_tensor_t *const *)b.inputs, 2,
                                        (neuron_tensor_t *[]){b.outputs[1], b.outputs[0]}, 2));
    ck_assert(same_rows(a.outputs[0], b.outputs[0], ROWS * CLASSES));
    ck_assert(same_rows(a.outputs[1], b.outputs[1], ROWS));
    drop_tensors(&a);
    drop_tensors(&b);
    neuron_graph_unref(g);
    neuron_graph_unref(source);
    neuron_context_unref(context);
}
END_TEST

START_TEST(bad_imports_are_refused)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *source = two_by_two(context, 4, false);
    static const char *const cases[][3] = {
        {"left", "kind", "import: right of graph is needed, and nothing takes its place"},
        {NULL, "kind", "import: `from` is NULL, but graph has 2"},
        {"left", NULL, "import: `to` is NULL, but graph has 2"},
        {"nowhere", "kind", "graph: has no layer called \"nowhere\""},
        {"concat", "kind", "import: concat is 10, but input is 6"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        neuron_graph_t *g;
        assert_ok(neuron_graph_create(&g, context));
        neuron_node_t *x = vector_input(g, LEFT);
        ck_assert_ptr_null(
            neuron_graph_import_part(g, x, source, cases[i][0], cases[i][1], NULL, NULL));
        ck_assert_int_lt(neuron_graph_finish(g, x), 0);
        assert_message(cases[i][2]);
        neuron_graph_unref(g);
    }
    neuron_graph_t *g;
    neuron_node_t *made[2];
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = vector_input(g, LEFT);
    assert_status(neuron_graph_import_many(made, 2, g, &x, 1, source, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_message("import: 1 inputs and 2 outputs are given; graph has 2 and 2");
    ck_assert_ptr_null(made[0]);
    neuron_graph_unref(g);
    assert_ok(neuron_graph_create(&g, context));
    x = vector_input(g, LEFT);
    ck_assert_ptr_null(neuron_graph_import_part(g, x, source, "left", "kind", NULL, "dropot=no"));
    ck_assert_int_lt(neuron_graph_finish(g, x), 0);
    assert_message("import: there is no option \"dropot\"; did you mean \"dropout\"?");
    neuron_graph_unref(g);
    neuron_graph_unref(source);
    neuron_context_unref(context);
}
END_TEST

/* From what is joined to the angle: without dropout, frozen or not. */
START_TEST(parts_are_imported_with_options)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *source = two_by_two(context, 5, false), *g;
    for (int frozen = 0; frozen < 2; frozen++) {
        assert_ok(neuron_graph_create(&g, context));
        neuron_node_t *x = vector_input(g, LEFT + RIGHT);
        neuron_node_t *y =
            neuron_graph_import_part(g, x, source, "concat", "angle", "trunk",
                                     frozen ? "trainable=no, dropout=no" : "dropout=no");
        assert_ok(neuron_graph_finish(g, y));
        ck_assert_int_eq(neuron_graph_node_count(g), 4); /* input, dense, tanh, angle */
        ck_assert_ptr_null(neuron_graph_find_node(g, "trunk/dropout"));
        ck_assert_int_eq(neuron_node_trainable(y), !frozen);
        neuron_tensor_t *joined = rows(context, ROWS, LEFT + RIGHT), *out = rows(context, ROWS, 1);
        tensors t = make_tensors(context, ROWS);
        float *to = neuron_tensor_data(joined);
        for (int64_t i = 0; i < ROWS; i++) {
            memcpy(to + i * (LEFT + RIGHT), row(t.inputs[0]) + i * LEFT, LEFT * sizeof *to);
            memcpy(to + i * (LEFT + RIGHT) + LEFT, row(t.inputs[1]) + i * RIGHT,
                   RIGHT * sizeof *to);
        }
        predict_both(source, &t);
        assert_ok(neuron_graph_predict(g, joined, out));
        ck_assert(same_rows(out, t.outputs[1], ROWS));
        neuron_tensor_unref(joined);
        neuron_tensor_unref(out);
        drop_tensors(&t);
        neuron_graph_unref(g);
    }
    neuron_graph_unref(source);
    neuron_context_unref(context);
}
END_TEST

START_TEST(with_outputs_refuses_what_is_not_there)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *g = two_by_two(context, 6, false), *other = two_by_two(context, 6, false),
                   *made;
    neuron_node_t *node = neuron_graph_find_node(g, "tanh");
    neuron_node_t *foreign = neuron_graph_find_node(other, "tanh");
    assert_status(neuron_graph_with_outputs(NULL, g, &node, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_with_outputs(&made, NULL, &node, 1), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(made);
    assert_status(neuron_graph_with_outputs(&made, g, &node, 0), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_with_outputs(&made, g, &foreign, 1), NEURON_E_ARGUMENT);
    assert_message("graph: nodes[0] is tanh; it must be a node of this graph");
    assert_status(neuron_graph_with_outputs(&made, g, (neuron_node_t *[]){node, NULL}, 2),
                  NEURON_E_ARGUMENT);
    assert_message("nodes[1] is NULL");
    assert_status(neuron_graph_with_outputs(&made, g, (neuron_node_t *[]){node, node}, 2),
                  NEURON_E_ARGUMENT);
    assert_message("the same node");
    neuron_node_t *left = neuron_graph_input(g, 0);
    assert_ok(neuron_graph_with_outputs(&made, g, &left, 1)); /* an input is a node as well */
    ck_assert_int_eq(neuron_graph_input_count(made), 1);
    neuron_graph_unref(made);
    neuron_graph_unref(other);
    neuron_graph_unref(g);
    neuron_context_unref(context);
}
END_TEST

/* Members whose ends lie in another order are joined by name. */
START_TEST(committees_join_outputs_of_one_name)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *members[2] = {two_by_two(context, 7, false), NULL}, *committee;
    neuron_graph_t *second = two_by_two(context, 8, true);
    neuron_node_t *swapped[] = {neuron_graph_output(second, 1), neuron_graph_output(second, 0)};
    assert_ok(neuron_graph_with_outputs(&members[1], second, swapped, 2));
    assert_ok(neuron_committee_create(&committee, context, members, 2, NULL, "rule=mean"));
    ck_assert_str_eq(neuron_node_name(neuron_graph_output(committee, 0)), "kind");
    ck_assert_str_eq(neuron_node_name(neuron_graph_output(committee, 1)), "angle");
    tensors a = make_tensors(context, ROWS), b = make_tensors(context, ROWS);
    tensors all = make_tensors(context, ROWS);
    predict_both(members[0], &a);
    assert_ok(neuron_graph_predict_many(second, (neuron_tensor_t *[]){b.inputs[1], b.inputs[0]}, 2,
                                        b.outputs, 2));
    predict_both(committee, &all);
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; i < ROWS * (k ? 1 : CLASSES); i++)
            ck_assert_float_eq_tol(row(all.outputs[k])[i],
                                   (row(a.outputs[k])[i] + row(b.outputs[k])[i]) / 2, 1e-6f);
    drop_tensors(&a);
    drop_tensors(&b);
    drop_tensors(&all);
    neuron_graph_unref(committee);
    neuron_node_t *only = neuron_graph_output(second, 0);
    neuron_graph_t *one;
    assert_ok(neuron_graph_with_outputs(&one, second, &only, 1));
    neuron_graph_t *unlike[] = {members[0], one};
    assert_status(neuron_committee_create(&committee, context, unlike, 2, NULL, "rule=mean"),
                  NEURON_E_SHAPE);
    assert_message("committee: member 1 (graph) has 1 outputs, member 0 (graph) has 2");
    neuron_graph_unref(one);
    neuron_graph_unref(second);
    neuron_graph_unref(members[0]);
    neuron_graph_unref(members[1]);
    neuron_context_unref(context);
}
END_TEST

/* A layer whose floats the caller reads keeps them, though its only reader would have bytes, or
 * would become part of it. */
START_TEST(quantised_outputs_stay_floats)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *g, *quantized;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = image_input(g, 8, 8, 1);
    neuron_node_t *c = neuron_conv2d(g, x, 8, 3, 3, NULL), *read = c;
    if (_i == 0)
        read = neuron_batch_norm(g, c, NULL);
    neuron_node_t *d = neuron_relu(g, neuron_conv2d(g, read, 8, 3, 3, NULL));
    assert_ok(neuron_graph_finish_many(g, (neuron_node_t *[]){c, d}, 2));
    for (int64_t k = 0; _i == 0 && k < g->array_count; k++)
        if (strstr(g->arrays[k].name, "gamma") || strstr(g->arrays[k].name, "beta"))
            for (int64_t j = 0; j < g->arrays[k].count; j++)
                g->values[g->arrays[k].offset + j] = 2;
    neuron_graph_touch(g);
    neuron_dataset_t *glyphs;
    assert_ok(neuron_dataset_generate_glyphs(&glyphs, context, 20, 8, 8, 1));
    assert_ok(neuron_graph_quantize(&quantized, g, glyphs, NULL));
    enum { FIRST = 6 * 6 * 8, SECOND = 4 * 4 * 8 };
    neuron_tensor_t *in, *out[2], *again[2];
    assert_ok(
        neuron_tensor_create(&in, context, NEURON_TYPE_F32, (const int64_t[]){2, 8, 8, 1}, 4));
    for (int i = 0; i < 2; i++) {
        const int64_t shape[] = {2, i ? 4 : 6, i ? 4 : 6, 8};
        assert_ok(neuron_tensor_create(&out[i], context, NEURON_TYPE_F32, shape, 4));
        assert_ok(neuron_tensor_create(&again[i], context, NEURON_TYPE_F32, shape, 4));
    }
    assert_ok(neuron_dataset_read(neuron_tensor_data(in), NULL, glyphs, 0, 2));
    assert_ok(neuron_graph_predict_many(g, (neuron_tensor_t *const *)&in, 1, out, 2));
    assert_ok(neuron_graph_predict_many(quantized, (neuron_tensor_t *const *)&in, 1, again, 2));
    for (int i = 0; i < 2; i++) {
        double error = 0, sum = 0;
        for (int64_t k = 0; k < 2 * (i ? SECOND : FIRST); k++) {
            double difference = (double)row(out[i])[k] - (double)row(again[i])[k];
            error += difference * difference;
            sum += (double)row(out[i])[k] * (double)row(out[i])[k];
        }
        ck_assert_double_lt(error, 0.01 * sum);
        neuron_tensor_unref(out[i]);
        neuron_tensor_unref(again[i]);
    }
    neuron_tensor_unref(in);
    neuron_dataset_unref(glyphs);
    neuron_graph_unref(quantized);
    neuron_graph_unref(g);
    neuron_context_unref(context);
}
END_TEST

/* A dataset must have as many inputs and targets. */
START_TEST(other_datasets_are_refused)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *g = two_by_two(context, 1, false);
    neuron_dataset_t *glyphs;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_dataset_generate_glyphs(&glyphs, context, 20, 8, 8, 1));
    assert_ok(neuron_optimizer_create(&adam, context, "adam", NULL));
    assert_status(neuron_trainer_create(&trainer, g, adam, glyphs), NEURON_E_SHAPE);
    assert_message("trainer: the dataset has 1 input, graph has 2; neuron_dataset_zip() makes one");
    assert_status(neuron_graph_evaluate(&evaluation, g, glyphs, NULL, NULL), NEURON_E_SHAPE);
    neuron_optimizer_unref(adam);
    neuron_dataset_unref(glyphs);
    neuron_graph_unref(g);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ends");
    TCase *cases = tcase_create("ends");
    tcase_add_test(cases, inputs_and_outputs_are_told_in_order);
    tcase_add_test(cases, each_output_is_what_it_is_alone);
    tcase_add_test(cases, bad_ends_are_refused);
    tcase_add_test(cases, bad_tensors_are_refused);
    tcase_add_test(cases, files_keep_them);
    tcase_add_test(cases, bad_lists_in_files_are_refused);
    tcase_add_test(cases, imports_take_all_ends);
    tcase_add_test(cases, bad_imports_are_refused);
    tcase_add_test(cases, parts_are_imported_with_options);
    tcase_add_test(cases, with_outputs_refuses_what_is_not_there);
    tcase_add_test(cases, committees_join_outputs_of_one_name);
    tcase_add_loop_test(cases, quantised_outputs_stay_floats, 0, 2);
    tcase_add_test(cases, other_datasets_are_refused);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
