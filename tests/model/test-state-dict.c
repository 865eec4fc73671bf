/* State dicts of PyTorch: where each number goes, which layer is which, both ways, and what is
 * refused. tests/interop/state_dicts.py compares with PyTorch itself. */
#include "test-models.h"

#include "model/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

static neuron_context_t *context;

static void set_up(void)
{
    context = test_context();
}

static void tear_down(void)
{
    neuron_context_unref(context);
}

/* ---- Files ---- */

/* An array whose numbers count up from `first`. */
typedef struct row {
    const char *name;
    float first;
    neuron_shape shape;
    const char *dtype; /* NULL for F32 */
} row;

enum { ROWS = 8 };

/* The bytes of a file of rows, up to one without a name. */
static test_bytes make_file(const row *rows)
{
    neuron_safetensors_writer *writer;
    float *numbers[ROWS];
    test_bytes made = {NULL, 0};
    int count = 0;
    assert_ok(neuron_safetensors_writer_create(&writer, context));
    for (; count < ROWS && rows[count].name; count++) {
        const row *each = &rows[count];
        int64_t size = neuron_shape_count(&each->shape);
        numbers[count] = malloc((size_t)size * sizeof(float));
        for (int64_t i = 0; i < size; i++)
            numbers[count][i] = each->first + (float)i;
        assert_ok(neuron_safetensors_add_floats(
            writer, each->name, each->dtype ? each->dtype : "F32", &each->shape, numbers[count]));
    }
    assert_ok(neuron_safetensors_copy(writer, NULL, 0, &made.size, "test"));
    made.data = malloc(made.size);
    assert_ok(neuron_safetensors_copy(writer, made.data, made.size, NULL, "test"));
    neuron_safetensors_writer_destroy(writer);
    while (count-- > 0)
        free(numbers[count]);
    return made;
}

static int load(int64_t *loaded, neuron_graph_t *graph, const row *rows, const char *to_prefix,
                const char *from_prefix)
{
    test_bytes file = make_file(rows);
    int status = neuron_graph_load_state_dict_memory(loaded, graph, file.data, file.size, to_prefix,
                                                     from_prefix);
    free(file.data);
    return status;
}

/* ---- Graphs ---- */

static neuron_graph_t *begin(void)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    return graph;
}

static neuron_node_t *vector(neuron_graph_t *graph, int64_t size)
{
    return neuron_input(graph, &size, 1);
}

static neuron_node_t *image(neuron_graph_t *graph, int64_t height, int64_t width, int64_t channels)
{
    return neuron_input(graph, (const int64_t[]){height, width, channels}, 3);
}

enum { MOST = 2000 };

static const float *values_of(const neuron_graph_t *graph, const char *name)
{
    static float values[MOST];
    int64_t index = neuron_graph_find_array(graph, name);
    ck_assert_msg(index >= 0, "%s", neuron_error_last());
    assert_ok(neuron_graph_read_array(values, MOST, NULL, graph, index));
    return values;
}

/* ---- Axes ---- */

/* Checks that the number at each place of `name` here is that of PyTorch's place, which is told by
 * how far apart neighbours along our axes are there. */
static void check_steps(const neuron_graph_t *graph, const char *name, float first,
                        const int64_t *steps)
{
    int64_t shape[NEURON_RANK_MAX], index = neuron_graph_find_array(graph, name);
    int32_t rank;
    assert_ok(neuron_graph_array_shape(shape, &rank, graph, index));
    const float *values = values_of(graph, name);
    int64_t count = 1;
    for (int32_t axis = 0; axis < rank; axis++)
        count *= shape[axis];
    for (int64_t i = 0; i < count; i++) {
        int64_t rest = i, place = 0;
        for (int32_t axis = rank - 1; axis >= 0; axis--) {
            place += rest % shape[axis] * steps[axis];
            rest /= shape[axis];
        }
        assert_that(values[i] == first + (float)place, "%s: number %d is %g, not %g", name, (int)i,
                    (double)values[i], (double)first + (double)place);
    }
}

static neuron_node_t *build_dense(neuron_graph_t *graph)
{
    return neuron_dense(graph, vector(graph, 3), 5, NULL);
}

static neuron_node_t *build_conv2d(neuron_graph_t *graph)
{
    return neuron_conv2d(graph, image(graph, 6, 7, 3), 5, 4, 2, NULL);
}

static neuron_node_t *build_groups(neuron_graph_t *graph)
{
    return neuron_conv2d(graph, image(graph, 6, 7, 4), 6, 3, 2, "groups=2");
}

static neuron_node_t *build_depthwise(neuron_graph_t *graph)
{
    return neuron_depthwise_conv2d(graph, image(graph, 6, 7, 3), 4, 2, "depth_multiplier=2");
}

static neuron_node_t *build_transpose(neuron_graph_t *graph)
{
    return neuron_conv2d_transpose(graph, image(graph, 6, 7, 3), 5, 4, 2, NULL);
}

static neuron_node_t *build_conv1d(neuron_graph_t *graph)
{
    return neuron_conv1d(graph, neuron_input(graph, (const int64_t[]){9, 3}, 2), 5, 4, NULL);
}

static const struct {
    neuron_node_t *(*build)(neuron_graph_t *graph);
    const char *kernel, *bias;
    neuron_shape weight;
    int64_t outputs, steps[4];
} layers[] = {
    {build_dense, "dense.kernel", "dense.bias", {2, {5, 3}}, 5, {1, 3}},
    {build_conv2d, "conv2d.kernel", "conv2d.bias", {4, {5, 3, 4, 2}}, 5, {2, 1, 8, 24}},
    {build_groups, "conv2d.kernel", "conv2d.bias", {4, {6, 2, 3, 2}}, 6, {2, 1, 6, 12}},
    {build_depthwise,
     "depthwise_conv2d.kernel",
     "depthwise_conv2d.bias",
     {4, {6, 1, 4, 2}},
     6,
     {2, 1, 16, 8}},
    {build_transpose,
     "conv2d_transpose.kernel",
     "conv2d_transpose.bias",
     {4, {3, 5, 4, 2}},
     5,
     {2, 1, 8, 40}},
    {build_conv1d, "conv1d.kernel", "conv1d.bias", {3, {5, 3, 4}}, 5, {1, 4, 12}},
};

START_TEST(axes)
{
    neuron_graph_t *graph = begin();
    int64_t loaded = 0;
    assert_ok(neuron_graph_finish(graph, layers[_i].build(graph)));
    const row rows[] = {{.name = "7.weight", .first = 10, .shape = layers[_i].weight},
                        {.name = "7.bias", .first = -50, .shape = {1, {layers[_i].outputs}}},
                        {.name = NULL}};
    assert_ok(load(&loaded, graph, rows, NULL, NULL));
    ck_assert_int_eq(loaded, 2);
    check_steps(graph, layers[_i].kernel, 10, layers[_i].steps);
    check_steps(graph, layers[_i].bias, -50, (const int64_t[]){1});
    neuron_graph_unref(graph);
}
END_TEST

/* Where number i of a flattened image here is in PyTorch. */
static int64_t unfold(int64_t i, int64_t places, int64_t channels)
{
    return i % channels * places + i / channels;
}

static void check_inputs(const neuron_graph_t *graph, const char *name, int64_t in, int64_t out,
                         int64_t (*place)(int64_t i))
{
    const float *values = values_of(graph, name);
    for (int64_t i = 0; i < in; i++)
        for (int64_t j = 0; j < out; j++)
            assert_that(values[i * out + j] == (float)(j * in + place(i)),
                        "%s: input %d of output %d is %g", name, (int)i, (int)j,
                        (double)values[i * out + j]);
}

static int64_t place_flat(int64_t i)
{
    return unfold(i, 6, 4);
}

/* Through all that treats each number for itself. */
START_TEST(flattened_images)
{
    neuron_graph_t *graph = begin();
    neuron_node_t *x = neuron_conv2d(graph, image(graph, 3, 2, 1), 4, 1, 1, NULL);
    x = neuron_batch_norm(graph, neuron_relu(graph, neuron_flatten(graph, x)), NULL);
    x = neuron_prelu(graph, neuron_dropout(graph, x, 0.1));
    x = neuron_add(graph, (neuron_node_t *[]){x, x}, 2);
    assert_ok(neuron_graph_finish(graph, neuron_dense(graph, x, 2, NULL)));
    const row rows[] = {{.name = "0.weight", .shape = {4, {4, 1, 1, 1}}},
                        {.name = "0.bias", .shape = {1, {4}}},
                        {.name = "1.running_mean", .shape = {1, {24}}},
                        {.name = "1.running_var", .shape = {1, {24}}},
                        {.name = "2.weight", .shape = {1, {24}}},
                        {.name = "3.weight", .shape = {2, {2, 24}}},
                        {.name = "3.bias", .shape = {1, {2}}},
                        {.name = NULL}};
    int64_t loaded;
    assert_ok(load(&loaded, graph, rows, NULL, NULL));
    ck_assert_int_eq(loaded, neuron_graph_array_count(graph));
    check_inputs(graph, "dense.kernel", 24, 2, place_flat);
    static const char *const vectors[] = {"batch_norm.moving_mean", "batch_norm.moving_variance",
                                          "prelu.alpha"};
    for (int k = 0; k < 3; k++)
        for (int64_t i = 0; i < 24; i++)
            ck_assert_float_eq(values_of(graph, vectors[k])[i], (float)place_flat(i));
    for (int64_t i = 0; i < 24; i++) { /* which the file does not have */
        ck_assert_float_eq(values_of(graph, "batch_norm.gamma")[i], 1);
        ck_assert_float_eq(values_of(graph, "batch_norm.beta")[i], 0);
    }
    neuron_graph_unref(graph);
}
END_TEST

/* A vector, an image 2x3 with 4 channels, and a sequence of 5 with 2 channels, one behind the
 * other. */
static int64_t place_joined(int64_t i)
{
    if (i < 3)
        return i;
    return i < 27 ? 3 + unfold(i - 3, 6, 4) : 27 + unfold(i - 27, 5, 2);
}

START_TEST(flattened_images_behind_a_vector)
{
    neuron_graph_t *graph = begin();
    neuron_node_t *x = vector(graph, 3);
    neuron_node_t *y = neuron_flatten(graph, image(graph, 2, 3, 4));
    neuron_node_t *z = neuron_input(graph, (const int64_t[]){6, 2}, 2);
    z = neuron_flatten(graph, neuron_relu(graph, neuron_max_pool1d(graph, z, 2, "stride=1")));
    neuron_node_t *joined = neuron_concat(graph, (neuron_node_t *[]){y, z}, 2, NULL);
    joined = neuron_concat(graph, (neuron_node_t *[]){x, neuron_tanh(graph, joined)}, 2, NULL);
    assert_ok(neuron_graph_finish(graph, neuron_dense(graph, joined, 2, "use_bias=no")));
    assert_ok(load(NULL, graph,
                   (const row[]){{.name = "weight", .shape = {2, {2, 37}}}, {.name = NULL}}, NULL,
                   NULL));
    check_inputs(graph, "dense.kernel", 37, 2, place_joined);
    neuron_graph_unref(graph);
}
END_TEST

/* A table of numbers that is flattened has no channels. */
START_TEST(flattened_tables)
{
    neuron_graph_t *graph = begin();
    neuron_node_t *x = neuron_flatten(graph, neuron_input(graph, (const int64_t[]){5, 2}, 2));
    assert_ok(neuron_graph_finish(graph, neuron_dense(graph, x, 3, "use_bias=no")));
    assert_ok(load(NULL, graph,
                   (const row[]){{.name = "weight", .shape = {2, {3, 10}}}, {.name = NULL}}, NULL,
                   NULL));
    check_steps(graph, "dense.kernel", 0, (const int64_t[]){1, 10});
    neuron_graph_unref(graph);
}
END_TEST

/* What becomes an image is one in PyTorch's order before. */
START_TEST(images_of_vectors)
{
    neuron_graph_t *graph = begin();
    neuron_node_t *x = neuron_dense(graph, vector(graph, 3), 24, NULL);
    x = neuron_relu(graph, neuron_batch_norm(graph, x, NULL));
    x = neuron_reshape(graph, x, (const int64_t[]){2, 3, 4}, 3);
    assert_ok(neuron_graph_finish(graph, neuron_conv2d(graph, x, 1, 1, 1, "use_bias=no")));
    const row rows[] = {{.name = "0.weight", .shape = {2, {24, 3}}},
                        {.name = "0.bias", .shape = {1, {24}}},
                        {.name = "1.running_mean", .shape = {1, {24}}},
                        {.name = "1.running_var", .shape = {1, {24}}},
                        {.name = "4.weight", .shape = {4, {1, 4, 1, 1}}},
                        {.name = NULL}};
    assert_ok(load(NULL, graph, rows, NULL, NULL));
    for (int64_t j = 0; j < 24; j++) {
        ck_assert_float_eq(values_of(graph, "dense.bias")[j], (float)unfold(j, 6, 4));
        ck_assert_float_eq(values_of(graph, "batch_norm.moving_mean")[j], (float)unfold(j, 6, 4));
        for (int64_t i = 0; i < 3; i++)
            ck_assert_float_eq(values_of(graph, "dense.kernel")[i * 24 + j],
                               (float)(unfold(j, 6, 4) * 3 + i));
    }
    neuron_graph_unref(graph);
}
END_TEST

/* ---- Which layer is which ---- */

static neuron_graph_t *make_chain(int64_t count)
{
    neuron_graph_t *graph = begin();
    neuron_node_t *x = vector(graph, 1);
    while (count-- > 0)
        x = neuron_dense(graph, x, 1, "use_bias=no");
    assert_ok(neuron_graph_finish(graph, x));
    return graph;
}

#define ONE(called, number)                                                                        \
    {                                                                                              \
        .name = called, .first = number, .shape = { 2, {1, 1} }                                    \
    }

/* Numbers in names are numbers. */
START_TEST(order)
{
    neuron_graph_t *graph = make_chain(5);
    static const char *const names[] = {"dense.kernel", "dense_1.kernel", "dense_2.kernel",
                                        "dense_3.kernel", "dense_4.kernel"};
    const row rows[] = {ONE("b.weight", 5),      ONE("a.10.weight", 3), ONE("a.2.weight", 2),
                        ONE("a.10.0.weight", 4), ONE("0.weight", 1),    {.name = NULL}};
    assert_ok(load(NULL, graph, rows, NULL, NULL));
    for (int i = 0; i < 5; i++)
        ck_assert_float_eq(values_of(graph, names[i])[0], (float)(i + 1));
    neuron_graph_unref(graph);
}
END_TEST

/* Each kind is counted by itself, so that names of attributes do. */
START_TEST(order_of_kinds)
{
    neuron_graph_t *graph = begin();
    neuron_node_t *x = neuron_conv2d(graph, image(graph, 3, 3, 1), 1, 1, 1, "use_bias=no");
    x = neuron_batch_norm(graph, x, NULL);
    x = neuron_prelu(graph, neuron_layer_norm(graph, neuron_flatten(graph, x), NULL));
    assert_ok(neuron_graph_finish(graph, neuron_dense(graph, x, 1, NULL)));
    const row rows[] = {{.name = "bn1.running_mean", .first = 1, .shape = {1, {1}}},
                        {.name = "conv1.weight", .first = 2, .shape = {4, {1, 1, 1, 1}}},
                        {.name = "act.weight", .first = 3, .shape = {1, {1}}},
                        {.name = "fc.weight", .first = 4, .shape = {2, {1, 9}}},
                        {.name = "fc.bias", .first = 5, .shape = {1, {1}}},
                        {.name = "ln.weight", .first = 6, .shape = {1, {9}}},
                        {.name = "ln.bias", .first = 7, .shape = {1, {9}}},
                        {.name = NULL}};
    int64_t loaded;
    assert_status(load(NULL, graph, rows, NULL, NULL), NEURON_E_DATA);
    assert_message("memory: \"bn1\" has no running_var, but batch_norm.moving_variance is there");
    row more[ROWS + 1];
    memcpy(more, rows, sizeof rows);
    more[7] = (row){.name = "bn1.running_var", .first = 8, .shape = {1, {1}}};
    more[8].name = NULL;
    assert_ok(load(&loaded, graph, more, NULL, NULL));
    ck_assert_int_eq(loaded, neuron_graph_array_count(graph));
    ck_assert_float_eq(values_of(graph, "conv2d.kernel")[0], 2);
    ck_assert_float_eq(values_of(graph, "batch_norm.moving_mean")[0], 1);
    ck_assert_float_eq(values_of(graph, "batch_norm.moving_variance")[0], 8);
    ck_assert_float_eq(values_of(graph, "prelu.alpha")[8], 3); /* one slope for all */
    ck_assert_float_eq(values_of(graph, "layer_norm.beta")[8], 15);
    ck_assert_float_eq(values_of(graph, "dense.kernel")[8], 12);
    neuron_graph_unref(graph);
}
END_TEST

/* Names come first, a slash for a point; what is not there stays, or what is there too much. */
START_TEST(names)
{
    neuron_graph_t *graph = begin();
    neuron_node_t *x = neuron_dense(graph, vector(graph, 1), 1, "use_bias=no");
    assert_ok(neuron_node_set_name(x, "features/1"));
    neuron_node_t *y = neuron_dense(graph, x, 1, "use_bias=no");
    assert_ok(neuron_node_set_name(y, "features/0"));
    neuron_node_t *z = neuron_dense(graph, y, 1, "use_bias=no,initializer=ones");
    assert_ok(neuron_node_set_name(z, "head"));
    assert_ok(neuron_graph_finish(graph, z));
    const row rows[] = {ONE("m.features.0.weight", 20),
                        ONE("m.features.1.weight", 21),
                        ONE("m.other.weight", 22),
                        ONE("m.lstm.weight_ih_l0", 23),
                        {.name = NULL}};
    int64_t loaded;
    assert_status(load(&loaded, graph, rows, NULL, "m."), NEURON_E_DATA);
    assert_message("memory: has no arrays for head, and \"m.lstm.weight_ih_l0\" is the name of no "
                   "layer; prefixes choose a part");
    assert_ok(load(&loaded, graph, (const row[]){rows[0], rows[1], {.name = NULL}}, NULL, "m."));
    ck_assert_int_eq(loaded, 2);
    ck_assert_float_eq(values_of(graph, "features/0.kernel")[0], 20);
    ck_assert_float_eq(values_of(graph, "features/1.kernel")[0], 21);
    ck_assert_float_eq(values_of(graph, "head.kernel")[0], 1);

    /* A module by itself, into a layer of its own. */
    assert_ok(load(&loaded, graph, rows, "head", "m.other."));
    ck_assert_int_eq(loaded, 1);
    ck_assert_float_eq(values_of(graph, "head.kernel")[0], 22);
    ck_assert_float_eq(values_of(graph, "features/1.kernel")[0], 21);
    assert_ok(load(&loaded, graph, rows, "features/", "m.features."));
    ck_assert_int_eq(loaded, 2);
    const row all[] = {rows[0], rows[1], ONE("m.head.weight", 25),
                       rows[2], rows[3], {.name = NULL}};
    assert_ok(load(&loaded, graph, all, NULL, "m."));
    ck_assert_int_eq(loaded, 3);
    ck_assert_float_eq(values_of(graph, "head.kernel")[0], 25);
    assert_status(load(&loaded, graph, rows, "none", "m."), NEURON_E_DATA);
    assert_status(load(&loaded, graph, rows, NULL, "none"), NEURON_E_DATA);
    ck_assert_int_eq(loaded, 3);
    neuron_graph_unref(graph);
}
END_TEST

/* Layers that share their arrays are one layer. */
START_TEST(shared)
{
    neuron_graph_t *graph = begin();
    neuron_node_t *x = neuron_dense(graph, vector(graph, 1), 1, "use_bias=no");
    neuron_node_t *y = neuron_shared_layer(graph, x, &x, 1);
    assert_ok(neuron_graph_finish(graph, neuron_dense(graph, y, 1, "use_bias=no")));
    const row rows[] = {ONE("0.weight", 4), ONE("1.weight", 5), {.name = NULL}};
    assert_ok(load(NULL, graph, rows, NULL, NULL));
    ck_assert_float_eq(values_of(graph, "dense.kernel")[0], 4);
    ck_assert_float_eq(values_of(graph, "dense_2.kernel")[0], 5);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- What is refused ---- */

static void refuse(neuron_graph_t *graph, const row *rows, int status, const char *message)
{
    neuron_graph_t *before;
    int64_t loaded = 77;
    assert_ok(neuron_graph_clone(&before, context, graph));
    assert_status(load(&loaded, graph, rows, NULL, NULL), status);
    assert_message(message);
    ck_assert_int_eq(loaded, 77);
    ck_assert(same_parameters(graph, before));
    neuron_graph_unref(before);
}

START_TEST(refused)
{
    neuron_graph_t *graph = begin();
    neuron_node_t *x = neuron_dense(graph, vector(graph, 3), 2, "use_bias=no");
    assert_ok(neuron_graph_finish(graph, neuron_dense(graph, x, 4, NULL)));
    const row first = {.name = "0.weight", .shape = {2, {2, 3}}};
    const row weight = {.name = "1.weight", .shape = {2, {4, 2}}};
    const row bias = {.name = "1.bias", .shape = {1, {4}}};
    refuse(graph,
           (const row[]){first, {.name = "1.weight", .shape = {2, {2, 4}}}, bias, {.name = NULL}},
           NEURON_E_SHAPE,
           "memory: array \"1.weight\" is 2x4, but dense_1.kernel is 2x4, which is 4x2 in PyTorch");
    refuse(graph,
           (const row[]){first, weight, {.name = "1.bias", .shape = {1, {1}}}, {.name = NULL}},
           NEURON_E_SHAPE, "array \"1.bias\" is 1, but dense_1.bias is 4");
    refuse(graph, (const row[]){first, weight, {.name = NULL}}, NEURON_E_DATA,
           "memory: \"1\" has no bias, but dense_1.bias is there");
    refuse(
        graph,
        (const row[]){first, weight, bias, {.name = "0.bias", .shape = {1, {2}}}, {.name = NULL}},
        NEURON_E_DATA, "array \"0.bias\": dense has no such array");
    refuse(graph, (const row[]){first, {.name = NULL}}, NEURON_E_DATA, "has no arrays for dense_1");
    refuse(graph, (const row[]){first, weight, bias, ONE("2.weight", 0), {.name = NULL}},
           NEURON_E_DATA, "array \"2.weight\" belongs to no layer of graph");
    refuse(graph, (const row[]){first, weight, bias, ONE("2.weight_ih_l0", 0), {.name = NULL}},
           NEURON_E_DATA, "array \"2.weight_ih_l0\" belongs to no layer of graph");
    refuse(graph,
           (const row[]){first,
                         weight,
                         bias,
                         {.name = "2.weight", .shape = {5, {1, 1, 1, 1, 1}}},
                         {.name = NULL}},
           NEURON_E_DATA, "array \"2.weight\" belongs to no layer of graph");
    refuse(graph,
           (const row[]){
               first, weight, {.name = "1.bias", .shape = {1, {4}}, .dtype = "I8"}, {.name = NULL}},
           NEURON_E_FORMAT, "array \"1.bias\" is of I8, not of F32, F16, BF16 or F64");
    refuse(graph, (const row[]){{.name = NULL}}, NEURON_E_DATA, "has no arrays for dense");

    neuron_graph_t *open = begin();
    test_bytes file = make_file((const row[]){first, weight, bias, {.name = NULL}});
    const char *path = test_file("state.safetensors");
    assert_status(neuron_graph_load_state_dict(NULL, open, path, NULL, NULL), NEURON_E_STATE);
    assert_status(neuron_graph_load_state_dict(NULL, NULL, path, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_load_state_dict(NULL, graph, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_load_state_dict(NULL, graph, path, NULL, NULL), NEURON_E_IO);
    assert_status(neuron_graph_load_state_dict_memory(NULL, graph, NULL, 9, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_graph_save_state_dict(open, path), NEURON_E_STATE);
    assert_status(neuron_graph_save_state_dict(graph, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_save_state_dict(graph, "/nowhere/state"), NEURON_E_IO);
    assert_status(neuron_graph_save_state_dict_memory(NULL, 0, NULL, open), NEURON_E_STATE);
    assert_status(neuron_graph_save_state_dict_memory(NULL, 9, NULL, graph), NEURON_E_ARGUMENT);
    char small[8];
    assert_status(neuron_graph_save_state_dict_memory(small, sizeof small, NULL, graph),
                  NEURON_E_ARGUMENT);
    neuron_graph_unref(open);

    /* Cut anywhere it is refused, and nothing has changed. */
    neuron_graph_t *before;
    assert_ok(neuron_graph_clone(&before, context, graph));
    for (size_t size = 0; size < file.size; size++) {
        ck_assert_int_lt(
            neuron_graph_load_state_dict_memory(NULL, graph, file.data, size, NULL, NULL), 0);
        ck_assert(same_parameters(graph, before));
    }
    assert_ok(neuron_graph_load_state_dict_memory(NULL, graph, file.data, file.size, NULL, NULL));
    neuron_graph_unref(before);
    free(file.data);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(quantised)
{
    neuron_graph_t *graph = test_cnn(context, 8), *small;
    neuron_dataset_t *glyphs = test_glyphs(context, 20, 8);
    size_t size;
    assert_ok(neuron_graph_quantize(&small, graph, glyphs, NULL));
    assert_status(neuron_graph_save_state_dict_memory(NULL, 0, &size, small), NEURON_E_UNSUPPORTED);
    assert_message("is quantised, which no state dict is");
    test_bytes file = {.size = 0};
    assert_ok(neuron_graph_save_state_dict_memory(NULL, 0, &file.size, graph));
    file.data = malloc(file.size);
    assert_ok(neuron_graph_save_state_dict_memory(file.data, file.size, NULL, graph));
    assert_status(
        neuron_graph_load_state_dict_memory(NULL, small, file.data, file.size, NULL, NULL),
        NEURON_E_TYPE);
    assert_message("is quantised");
    free(file.data);
    neuron_dataset_unref(glyphs);
    neuron_graph_unref(small);
    neuron_graph_unref(graph);
}
END_TEST

/* ---- Numbers of other types ---- */

START_TEST(half_numbers)
{
    neuron_graph_t *graph = begin();
    assert_ok(neuron_graph_finish(graph, build_dense(graph)));
    const row rows[] = {{.name = "weight", .first = 3, .shape = {2, {5, 3}}, .dtype = "F16"},
                        {.name = "bias", .first = -2, .shape = {1, {5}}, .dtype = "BF16"},
                        {.name = NULL}};
    assert_ok(load(NULL, graph, rows, NULL, NULL));
    check_steps(graph, "dense.kernel", 3, (const int64_t[]){1, 3});
    check_steps(graph, "dense.bias", -2, (const int64_t[]){1});
    neuron_graph_unref(graph);
}
END_TEST

/* ---- Both ways ---- */

/* With a layer of each kind, and one that PyTorch does not have. */
static neuron_graph_t *make_all(neuron_context_t *of, uint64_t seed)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, of));
    assert_ok(neuron_graph_set_seed(graph, seed));
    neuron_node_t *x = neuron_standardize(graph, image(graph, 6, 5, 2));
    x = neuron_conv2d(graph, x, 4, 3, 2, "groups=2");
    x = neuron_prelu(graph, neuron_batch_norm(graph, x, NULL));
    x = neuron_depthwise_conv2d(graph, x, 2, 1, "depth_multiplier=2");
    x = neuron_conv2d_transpose(graph, x, 3, 2, 2, "stride=2");
    neuron_node_t *y = neuron_dense(graph, neuron_flatten(graph, x), 12, NULL);
    y = neuron_reshape(graph, neuron_layer_norm(graph, y, NULL), (const int64_t[]){4, 3}, 2);
    y = neuron_flatten(graph, neuron_conv1d(graph, y, 5, 2, NULL));
    y = neuron_dense(graph, neuron_batch_norm(graph, y, NULL), 2, NULL);
    neuron_node_set_name(y, "head/0");
    assert_ok(neuron_graph_finish(graph, y));
    for (int64_t i = 0; i < neuron_graph_array_count(graph); i++) {
        float values[MOST];
        size_t count;
        assert_ok(neuron_graph_read_array(values, MOST, &count, graph, i));
        for (size_t k = 0; k < count; k++)
            values[k] = (float)(seed * 100000 + (uint64_t)i * 2000 + k);
        assert_ok(neuron_graph_write_array(graph, i, values, count));
    }
    return graph;
}

START_TEST(both_ways)
{
    neuron_graph_t *graph = make_all(context, 1), *other = make_all(context, 2);
    const char *path = test_file("state.safetensors");
    char bytes[20000];
    size_t size;
    int64_t loaded;
    assert_ok(neuron_graph_save_state_dict(graph, path));
    assert_ok(neuron_graph_save_state_dict_memory(bytes, sizeof bytes, &size, graph));
    test_bytes file = test_read_file(path);
    ck_assert_uint_eq(file.size, size);
    ck_assert_mem_eq(file.data, bytes, size);
    free(file.data);
    ck_assert(!same_parameters(graph, other));
    assert_ok(neuron_graph_load_state_dict(&loaded, other, path, NULL, NULL));
    ck_assert_int_eq(loaded, neuron_graph_array_count(graph));
    ck_assert(same_parameters(graph, other));

    neuron_safetensors *saved;
    assert_ok(neuron_safetensors_parse(&saved, context, bytes, size, "saved"));
    ck_assert_str_eq(neuron_safetensors_text(saved, "format"), "pt");
    ck_assert_uint_eq(neuron_safetensors_count(saved), (size_t)loaded + 2);
    static const struct {
        const char *name, *dtype;
        neuron_shape shape;
    } arrays[] = {{"batch_norm.num_batches_tracked", "I64", {0, {0}}},
                  {"batch_norm_1.running_var", "F32", {1, {15}}},
                  {"conv2d.weight", "F32", {4, {4, 1, 3, 2}}},
                  {"conv1d.weight", "F32", {3, {5, 3, 2}}},
                  {"head.0.bias", "F32", {1, {2}}},
                  {"standardize.mean", "F32", {1, {2}}}};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        const neuron_safetensors_entry *entry = neuron_safetensors_find(saved, arrays[i].name);
        ck_assert_msg(entry != NULL, "%s is missing", arrays[i].name);
        ck_assert_str_eq(entry->dtype, arrays[i].dtype);
        ck_assert(neuron_shape_equal(&entry->shape, &arrays[i].shape));
    }
    neuron_safetensors_close(saved);

    /* What is damaged is refused or read as what it says; nothing is changed by half. */
    neuron_graph_t *before = make_all(context, 2);
    for (size_t at = 0; at < size; at += 7) {
        char was = bytes[at];
        bytes[at] = (char)(was ^ 0x15);
        neuron_graph_t *target = make_all(context, 2);
        if (neuron_graph_load_state_dict_memory(NULL, target, bytes, size, NULL, NULL) < 0)
            ck_assert(same_parameters(target, before));
        neuron_graph_unref(target);
        bytes[at] = was;
    }
    neuron_graph_unref(before);
    neuron_graph_unref(other);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(no_memory)
{
    test_memory memory;
    neuron_context_t *limited = test_limited_context(&memory);
    neuron_graph_t *graph = make_all(limited, 1), *other = make_all(limited, 2),
                   *before = make_all(limited, 2);
    const char *path = test_file("state.safetensors");
    int status = NEURON_E_MEMORY;
    for (long left = 0; test_one_more(&memory, &left, status);) {
        remove(path);
        status = neuron_graph_save_state_dict(graph, path);
        test_refill(&memory);
        ck_assert_int_eq(access(path, F_OK) == 0, status == NEURON_OK);
    }
    status = NEURON_E_MEMORY;
    for (long left = 0; test_one_more(&memory, &left, status);) {
        status = neuron_graph_load_state_dict(NULL, other, path, NULL, NULL);
        test_refill(&memory);
        ck_assert(same_parameters(other, status == NEURON_OK ? graph : before));
    }
    neuron_graph_unref(before);
    neuron_graph_unref(other);
    neuron_graph_unref(graph);
    neuron_context_unref(limited);
    ck_assert_int_eq(atomic_load(&memory.live), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("state dict");
    TCase *tests = tcase_create("state dict");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, axes, 0, sizeof layers / sizeof *layers);
    tcase_add_test(tests, flattened_images);
    tcase_add_test(tests, flattened_images_behind_a_vector);
    tcase_add_test(tests, flattened_tables);
    tcase_add_test(tests, images_of_vectors);
    tcase_add_test(tests, order);
    tcase_add_test(tests, order_of_kinds);
    tcase_add_test(tests, names);
    tcase_add_test(tests, shared);
    tcase_add_test(tests, refused);
    tcase_add_test(tests, quantised);
    tcase_add_test(tests, half_numbers);
    tcase_add_test(tests, both_ways);
    tcase_add_test(tests, no_memory);
    return run_suite(suite);
}
