/* The memory that is foretold is the memory that is taken. */
#include "test-models.h"

enum { SIZE = 12 };

/* ---- An allocator that counts ---- */

typedef struct ledger {
    size_t live;
    size_t watched; /* a size */
    int seen;       /* pieces of that size */
} ledger;

enum { HEADER = 64 };

static void *allocate(size_t size, size_t alignment, void *user_data)
{
    ledger *book = user_data;
    char *memory;
    ck_assert_uint_le(alignment, HEADER);
    if (posix_memalign((void **)&memory, HEADER, HEADER + size) != 0)
        return NULL;
    memcpy(memory, &size, sizeof size);
    book->live += size;
    book->seen += size == book->watched;
    return memory + HEADER;
}

static void release(void *memory, void *user_data)
{
    size_t size;
    memcpy(&size, (char *)memory - HEADER, sizeof size);
    ((ledger *)user_data)->live -= size;
    free((char *)memory - HEADER);
}

static ledger book;

/* Whether more can be counted than 32 bits tell. */
static const bool is_wide = SIZE_MAX > UINT32_MAX;

static neuron_context_t *counting_context(void)
{
    neuron_context_t *context;
    book = (ledger){0};
    assert_ok(neuron_context_create_with_allocator(&context, allocate, release, &book, NULL, NULL));
    assert_ok(neuron_context_set_number(context, "threads", 2));
    return context;
}

/* A session has steps, edges and blocks beside its memory: less than this for the small models. */
static const size_t bookkeeping = 10240;

static int64_t foretold(const neuron_graph_t *graph, const char *purpose, int64_t batch)
{
    size_t live = book.live;
    int64_t bytes = -1;
    assert_ok(neuron_graph_memory(&bytes, graph, batch, purpose));
    ck_assert_int_gt(bytes, 0);
    ck_assert_uint_eq(book.live, live);
    book.watched = (size_t)bytes;
    book.seen = 0;
    return bytes;
}

static void assert_taken(size_t before, size_t beside, int64_t bytes)
{
    ck_assert_int_ge(book.seen, 1); /* something else may be as large by chance */
    ck_assert_uint_ge(book.live, before + beside + (size_t)bytes);
    ck_assert_uint_le(book.live, before + beside + (size_t)bytes + bookkeeping);
}

/* ---- Tests ---- */

typedef neuron_graph_t *(*model)(neuron_context_t *context, int64_t size);

static const model models[] = {test_linear, test_mlp, test_cnn};

static void check_prediction(model make, int64_t count)
{
    neuron_context_t *context = counting_context();
    neuron_graph_t *graph = make(context, SIZE);
    neuron_tensor_t *input, *output;
    assert_ok(neuron_tensor_create(&input, context, NEURON_TYPE_F32,
                                   (const int64_t[]){count, SIZE, SIZE, 1}, 4));
    assert_ok(neuron_tensor_create(&output, context, NEURON_TYPE_F32,
                                   (const int64_t[]){count, TEST_CLASSES}, 2));
    size_t before = book.live;
    int64_t bytes = foretold(graph, NULL, count);
    assert_ok(neuron_graph_predict(graph, input, output));
    assert_taken(before, 0, bytes);
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    ck_assert_uint_eq(book.live, 0);
}

START_TEST(a_prediction_takes_what_was_foretold)
{
    const int64_t counts[] = {1, 3, 32, 100, 128, 300};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        check_prediction(models[_i], counts[i]);
}
END_TEST

/* `gradients` are the bytes that are taken apart from the rest. */
static void check_training(model make, int64_t batch, size_t gradients)
{
    int64_t examples = 96;
    neuron_context_t *context = counting_context();
    neuron_graph_t *graph = make(context, SIZE);
    neuron_dataset_t *glyphs = test_glyphs(context, examples, SIZE);
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    assert_ok(neuron_optimizer_create(&adam, context, "adam", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, adam, glyphs));
    assert_ok(neuron_trainer_set_number(trainer, "batch_size", (double)batch));
    size_t before = book.live;
    size_t moments = 2 * sizeof(float) * (size_t)neuron_graph_trainable_parameter_count(graph);
    int64_t bytes = foretold(graph, "training=yes", batch);
    book.watched -= gradients;
    assert_ok(neuron_trainer_run(NULL, trainer));
    assert_taken(before, moments, bytes);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_dataset_unref(glyphs);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    ck_assert_uint_eq(book.live, 0);
}

START_TEST(a_training_takes_what_was_foretold)
{
    const int64_t batches[] = {1, 32, 96};
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++)
        check_training(models[_i], batches[i], 0);
}
END_TEST

/* ---- A graph whose steps may fail ---- */

static int copy_forward(neuron_custom_run_t *run, void *user_data)
{
    int64_t n = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    (void)user_data;
    memcpy(neuron_custom_run_output(run), neuron_custom_run_input(run, 0),
           (size_t)n * sizeof(float));
    return 0;
}

static int copy_backward(neuron_custom_run_t *run, void *user_data)
{
    int64_t n = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    (void)user_data;
    memcpy(neuron_custom_run_input_gradient(run, 0), neuron_custom_run_output_gradient(run),
           (size_t)n * sizeof(float));
    return 0;
}

static neuron_graph_t *copying(neuron_context_t *context, int64_t size)
{
    neuron_graph_t *g;
    assert_ok(neuron_custom_layer_register(context, "copy", copy_forward, copy_backward, NULL, NULL,
                                           NULL));
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_flatten(g, neuron_input(g, (const int64_t[]){size, size, 1}, 3));
    x = neuron_dense(g, x, 32, NULL);
    x = neuron_dense(g, neuron_custom_layer(g, "copy", &x, 1, NULL, 0), TEST_CLASSES, NULL);
    assert_ok(neuron_graph_finish(g, neuron_softmax(g, x, NULL)));
    return g;
}

/* Its gradients are kept until all are there; each array takes whole lines of 64 bytes. */
START_TEST(gradients_that_are_kept_are_foretold)
{
    check_training(copying, 32, ((SIZE * SIZE + 1) * 32 + TEST_CLASSES * 32 + 16) * sizeof(float));
}
END_TEST

/* Prediction goes by powers of two up to 128; training takes a batch as it is. */
START_TEST(memory_grows_with_the_batch)
{
    neuron_context_t *context = counting_context();
    neuron_graph_t *graph = test_cnn(context, SIZE);
    int64_t last = 0;
    for (int64_t batch = 1; batch <= 128; batch *= 2) {
        int64_t bytes = foretold(graph, NULL, batch);
        ck_assert_int_gt(bytes, last);
        last = bytes;
    }
    ck_assert_int_eq(foretold(graph, NULL, 100), last);
    ck_assert_int_eq(foretold(graph, NULL, INT32_MAX), last);
    int64_t many = is_wide ? 1000000 : 10000;
    ck_assert_int_gt(foretold(graph, "training=yes", many), 4 * many * SIZE * SIZE);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

static neuron_node_t *dense(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_dense(graph, neuron_flatten(graph, x), 200, NULL);
}

static neuron_node_t *convolution(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_conv2d(graph, x, 8, 1, 1, NULL);
}

static neuron_node_t *silu_of_pool(neuron_graph_t *graph, neuron_node_t *x)
{
    x = neuron_average_pool2d(graph, x, 2, 2, "stride_height=1, stride_width=1, padding=same");
    return neuron_silu(graph, x);
}

/* What 64 more examples take in a prediction by a chain of so many layers. */
static int64_t growth(neuron_node_t *(*add)(neuron_graph_t *graph, neuron_node_t *x), int depth)
{
    neuron_context_t *context = counting_context();
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){5, 5, 8}, 3);
    for (int i = 0; i < depth; i++)
        x = add(graph, x);
    assert_ok(neuron_graph_finish(graph, x));
    int64_t more = foretold(graph, NULL, 128) - foretold(graph, NULL, 64);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    return more;
}

static neuron_node_t *(*const layers[])(neuron_graph_t *, neuron_node_t *) = {dense, convolution,
                                                                              silu_of_pool};

/* A value of a prediction makes room for others when the layers behind it have read it. */
START_TEST(a_prediction_keeps_no_values)
{
    int64_t short_chain = growth(layers[_i], 3);
    ck_assert_int_gt(short_chain, 0);
    ck_assert_int_eq(growth(layers[_i], 9), short_chain);
}
END_TEST

START_TEST(what_cannot_be_told_is_refused)
{
    neuron_context_t *context = counting_context();
    neuron_graph_t *unfinished, *graph = test_linear(context, SIZE), *committee, *idle;
    int64_t bytes = 5;
    assert_ok(neuron_graph_create(&unfinished, context));
    assert_status(neuron_graph_memory(&bytes, NULL, 1, "training=yes"), NEURON_E_ARGUMENT);
    ck_assert_int_eq(bytes, 0);
    assert_status(neuron_graph_memory(NULL, graph, 1, "training=yes"), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_memory(&bytes, unfinished, 1, "training=yes"), NEURON_E_STATE);
    assert_status(neuron_graph_memory(&bytes, graph, 1, "training=2"), NEURON_E_ARGUMENT);
    assert_message("memory: training is 2; it must be yes or no");
    assert_status(neuron_graph_memory(&bytes, graph, 0, "training=yes"), NEURON_E_ARGUMENT);
    assert_message("linear: batch is 0; it must be 1 to 2,147,483,647");
    assert_status(neuron_graph_memory(&bytes, graph, (int64_t)1 << 31, NULL), NEURON_E_ARGUMENT);

    neuron_graph_t *members[] = {graph, graph};
    assert_ok(neuron_committee_create(&committee, context, members, 2, NULL, "rule=majority_vote"));
    assert_ok(neuron_graph_memory(&bytes, committee, 1, NULL));
    assert_status(neuron_graph_memory(&bytes, committee, 1, "training=yes"), NEURON_E_UNSUPPORTED);
    assert_message("committee cannot be trained: vote has no gradient");

    assert_ok(neuron_graph_create(&idle, context));
    int64_t size = (int64_t)1 << (is_wide ? 38 : 20);
    neuron_node_t *x = neuron_input(idle, &size, 1);
    assert_ok(neuron_graph_finish(idle, neuron_tanh(idle, x)));
    assert_status(neuron_graph_memory(&bytes, idle, 1, "training=yes"), NEURON_E_UNSUPPORTED);
    assert_message("nothing to train");
    /* More than is there can be told, as long as it can be counted. */
    assert_ok(neuron_graph_memory(&bytes, idle, 128, NULL));
    ck_assert_int_ge(bytes, 128 * 4 * size);

    neuron_graph_unref(idle);
    neuron_graph_unref(committee);
    neuron_graph_unref(unfinished);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    ck_assert_uint_eq(book.live, 0);
}
END_TEST

/* 2^39 floats for each of 2^31 examples are more than a size_t can say. */
START_TEST(too_much_to_count_is_refused)
{
    neuron_context_t *context = counting_context();
    neuron_graph_t *graph;
    int64_t bytes;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){1 << 20, 1 << 19, 1}, 3);
    assert_ok(neuron_graph_finish(graph, neuron_conv2d(graph, x, 1, 1, 1, NULL)));
    assert_status(neuron_graph_memory(&bytes, graph, INT32_MAX, "training=yes"), NEURON_E_MEMORY);
    ck_assert_int_eq(bytes, 0);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    ck_assert_uint_eq(book.live, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory-foretold");
    TCase *tests = tcase_create("memory-foretold");
    int count = sizeof models / sizeof models[0];
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, a_prediction_takes_what_was_foretold, 0, count);
    tcase_add_loop_test(tests, a_training_takes_what_was_foretold, 0, count);
    tcase_add_test(tests, gradients_that_are_kept_are_foretold);
    tcase_add_test(tests, memory_grows_with_the_batch);
    tcase_add_loop_test(tests, a_prediction_keeps_no_values, 0, sizeof layers / sizeof layers[0]);
    tcase_add_test(tests, what_cannot_be_told_is_refused);
    tcase_add_test(tests, too_much_to_count_is_refused);
    return run_suite(suite);
}
