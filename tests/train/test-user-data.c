/* What a function of the caller's is handed: destroyed once, behind its last user, and never if the
 * call that was to take it failed. */
#include "test-models.h"

#include <libneuron-committee/committees.h>

enum { SIZE = 8, EXAMPLES = 20 };

/* User data that counts. */
typedef struct counted {
    int calls, destroyed;
} counted;

static void destroy(void *user_data)
{
    ((counted *)user_data)->destroyed++;
}

/* Uses it, which must not come after its end. */
static void use(void *user_data)
{
    counted *data = user_data;
    ck_assert_int_eq(data->destroyed, 0);
    data->calls++;
}

static int read_glyphs(void *examples, int32_t *labels, const int64_t *positions, int64_t count,
                       void *user_data)
{
    uint8_t *bytes = examples;
    use(user_data);
    for (int64_t i = 0; labels && i < count; i++)
        labels[i] = (int32_t)(positions[i] % TEST_CLASSES);
    for (int64_t i = 0; bytes && i < count * SIZE * SIZE; i++)
        bytes[i] = (uint8_t)(i * 37 % 251);
    return 0;
}

static int refuse(void *examples, int32_t *labels, const int64_t *positions, int64_t count,
                  void *user_data)
{
    (void)positions, (void)count, (void)examples, (void)labels;
    use(user_data);
    return NEURON_E_UNSUPPORTED;
}

static int distance(double *losses, float *gradients, const float *outputs, const float *targets,
                    const int32_t *labels, int64_t count, int64_t size, void *user_data)
{
    (void)labels;
    use(user_data);
    for (int64_t i = 0; i < count * size; i++) {
        losses[i / size] += (double)(outputs[i] - targets[i]) * (double)(outputs[i] - targets[i]);
        if (gradients)
            gradients[i] = 2 * (outputs[i] - targets[i]);
    }
    return 0;
}

static int same_rate(double *rate, int64_t epoch, void *user_data)
{
    (void)rate;
    (void)epoch;
    use(user_data);
    return 0;
}

static int try_one(double *score, const neuron_trial_t *trial, void *user_data)
{
    (void)trial;
    use(user_data);
    *score = 1;
    return 0;
}

static int watch(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)trainer, (void)event;
    use(user_data);
    return 0;
}

static int copy(neuron_custom_run_t *run, void *user_data)
{
    int64_t count = neuron_custom_run_batch(run) * neuron_custom_run_output_size(run);
    use(user_data);
    memcpy(neuron_custom_run_output(run), neuron_custom_run_input(run, 0),
           (size_t)count * sizeof(float));
    return 0;
}

static const int64_t image[] = {SIZE, SIZE, 1};

static int create_stream(neuron_dataset_t **stream, neuron_context_t *context, counted *data)
{
    return neuron_dataset_create_stream(
        stream, context, read_glyphs, data, destroy, EXAMPLES,
        test_stream_options(image, 3, NEURON_TYPE_U8, TEST_CLASSES));
}

static neuron_trainer_t *new_trainer(neuron_context_t *context, neuron_dataset_t *train)
{
    neuron_graph_t *graph = test_mlp(context, SIZE);
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, sgd, train));
    neuron_optimizer_unref(sgd);
    neuron_graph_unref(graph);
    return trainer;
}

/* Runs a training that alone has what `data` belongs to, and ends it. */
static void run_last_user(neuron_trainer_t *trainer, const counted *data)
{
    assert_ok(neuron_trainer_run(NULL, trainer));
    ck_assert_int_gt(data->calls, 0);
    ck_assert_int_eq(data->destroyed, 0);
    neuron_trainer_unref(trainer);
    ck_assert_int_eq(data->destroyed, 1);
}

START_TEST(of_a_stream)
{
    neuron_context_t *context = test_context();
    neuron_dataset_t *stream, *part;
    counted data = {0};
    assert_ok(create_stream(&stream, context, &data));
    assert_ok(neuron_dataset_subset(&part, stream, 5, 10));
    neuron_trainer_t *trainer = new_trainer(context, part);
    neuron_context_unref(context);
    neuron_dataset_unref(stream);
    neuron_dataset_unref(part);
    run_last_user(trainer, &data);
}
END_TEST

START_TEST(of_a_loss)
{
    neuron_context_t *context = test_context();
    neuron_dataset_t *glyphs = test_glyphs(context, EXAMPLES, SIZE);
    neuron_trainer_t *trainer = new_trainer(context, glyphs);
    neuron_loss_t *loss;
    counted data = {0};
    assert_ok(neuron_loss_create_custom(&loss, context, distance, &data, destroy));
    assert_ok(neuron_trainer_set_loss(trainer, loss));
    neuron_loss_unref(loss);
    neuron_dataset_unref(glyphs);
    neuron_context_unref(context);
    run_last_user(trainer, &data);
}
END_TEST

START_TEST(of_callbacks)
{
    neuron_context_t *context = test_context();
    neuron_dataset_t *glyphs = test_glyphs(context, EXAMPLES, SIZE);
    neuron_trainer_t *trainer = new_trainer(context, glyphs);
    neuron_callback_t *callback;
    counted data = {0};
    assert_ok(_i == 0
                  ? neuron_callback_create_function(&callback, context, TEST_EVENTS, watch, &data,
                                                    destroy)
                  : neuron_callback_create_schedule(&callback, context, same_rate, &data, destroy));
    assert_ok(neuron_trainer_add_callback(trainer, callback));
    assert_ok(neuron_trainer_add_callback(trainer, callback));
    neuron_callback_unref(callback);
    neuron_dataset_unref(glyphs);
    neuron_context_unref(context);
    run_last_user(trainer, &data);
}
END_TEST

START_TEST(of_layers)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph;
    neuron_tensor_t *input, *output;
    counted data[2] = {0};
    assert_ok(neuron_custom_layer_register(context, "copy", copy, NULL, NULL, &data[0], destroy));
    assert_ok(neuron_custom_layer_register(context, "unused", copy, NULL, NULL, &data[1], destroy));
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){3}, 1);
    assert_ok(neuron_graph_finish(graph, neuron_custom_layer(graph, "copy", &x, 1, NULL, 0)));
    const int64_t shape[] = {2, 3};
    assert_ok(neuron_tensor_create(&input, context, NEURON_TYPE_F32, shape, 2));
    assert_ok(neuron_tensor_create(&output, context, NEURON_TYPE_F32, shape, 2));
    neuron_context_unref(context);
    assert_ok(neuron_graph_predict(graph, input, output));
    ck_assert_int_eq(data[0].calls, 1);
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    ck_assert_int_eq(data[0].destroyed + data[1].destroyed, 0);
    neuron_graph_unref(graph); /* the last to have the context */
    ck_assert_int_eq(data[0].destroyed, 1);
    ck_assert_int_eq(data[1].destroyed, 1);
}
END_TEST

START_TEST(stays_the_callers_where_arguments_are_refused)
{
    neuron_context_t *context = test_context();
    neuron_dataset_t *stream;
    neuron_loss_t *loss;
    neuron_callback_t *callback;
    neuron_search_t *search;
    counted data = {0}, taken = {0};
    assert_status(create_stream(NULL, context, &data), NEURON_E_ARGUMENT);
    assert_status(create_stream(&stream, NULL, &data), NEURON_E_ARGUMENT);
    assert_status(
        neuron_dataset_create_stream(&stream, context, NULL, &data, destroy, EXAMPLES,
                                     test_stream_options(image, 3, NEURON_TYPE_U8, TEST_CLASSES)),
        NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_create_stream(&stream, context, read_glyphs, &data, destroy,
                                               EXAMPLES, "shape=16x16x1, type=i32"),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_create_stream(
                      &stream, context, read_glyphs, &data, destroy, EXAMPLES,
                      test_stream_options(image, 3, NEURON_TYPE_U8, TEST_CLASSES - 1)),
                  NEURON_E_DATA);
    assert_status(
        neuron_dataset_create_stream(&stream, context, refuse, &data, destroy, EXAMPLES,
                                     test_stream_options(image, 3, NEURON_TYPE_U8, TEST_CLASSES)),
        NEURON_E_UNSUPPORTED);
    assert_status(neuron_loss_create_custom(&loss, context, NULL, &data, destroy),
                  NEURON_E_ARGUMENT);
    assert_status(
        neuron_callback_create_function(&callback, context, TEST_EVENTS, NULL, &data, destroy),
        NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_schedule(&callback, NULL, same_rate, &data, destroy),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_search_create(&search, context, NULL, &data, destroy, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_search_create(&search, NULL, try_one, &data, destroy, NULL),
                  NEURON_E_ARGUMENT);
    assert_ok(neuron_custom_layer_register(context, "copy", copy, NULL, NULL, &taken, destroy));
    assert_status(neuron_custom_layer_register(context, "copy", copy, NULL, NULL, &data, destroy),
                  NEURON_E_ARGUMENT);
    assert_message("registered already");
    ck_assert_int_eq(taken.destroyed, 0);
    neuron_context_unref(context);
    ck_assert_int_eq(taken.destroyed, 1);
    ck_assert_int_eq(data.destroyed, 0);
}
END_TEST

START_TEST(of_a_search)
{
    neuron_context_t *context = test_context();
    neuron_search_t *search;
    counted data = {0};
    assert_ok(neuron_search_create(&search, context, try_one, &data, destroy, NULL));
    neuron_context_unref(context);
    assert_ok(neuron_search_add_factor(search, "rate", (const double[]){1, 2}, 2));
    assert_ok(neuron_search_run_grid(search));
    neuron_search_unref(neuron_search_ref(search));
    ck_assert_int_eq(data.destroyed, 0);
    neuron_search_unref(search);
    ck_assert_int_eq(data.destroyed, 1);
}
END_TEST

/* Makes one of what there is, and ends it where that is not the context's to do. */
static int make(int what, neuron_context_t *context, counted *data)
{
    neuron_dataset_t *stream = NULL;
    neuron_loss_t *loss = NULL;
    neuron_callback_t *callback = NULL;
    neuron_search_t *search = NULL;
    int status;
    switch (what) {
    case 0:
        status = create_stream(&stream, context, data);
        break;
    case 1:
        status = neuron_loss_create_custom(&loss, context, distance, data, destroy);
        break;
    case 2:
        status =
            neuron_callback_create_function(&callback, context, TEST_EVENTS, watch, data, destroy);
        break;
    case 3:
        status = neuron_callback_create_schedule(&callback, context, same_rate, data, destroy);
        break;
    case 4:
        status = neuron_search_create(&search, context, try_one, data, destroy, NULL);
        break;
    default:
        return neuron_custom_layer_register(context, "copy", copy, NULL, NULL, data, destroy);
    }
    ck_assert_int_eq(data->destroyed, 0);
    neuron_dataset_unref(stream);
    neuron_loss_unref(loss);
    neuron_callback_unref(callback);
    neuron_search_unref(search);
    return status;
}

enum { WAYS = 6 };

START_TEST(stays_the_callers_without_memory)
{
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory);
    counted data = {0};
    int status = NEURON_E_MEMORY;
    for (long n = 0; status == NEURON_E_MEMORY; n++) {
        ck_assert_int_eq(data.destroyed, 0);
        memory.left = n;
        status = make(_i, context, &data);
        ck_assert_int_lt(n, 20);
        ck_assert(n > 0 || status == NEURON_E_MEMORY);
    }
    assert_ok(status);
    neuron_context_unref(context);
    ck_assert_int_eq(data.destroyed, 1);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("user-data");
    TCase *tests = tcase_create("user-data");
    tcase_add_test(tests, of_a_stream);
    tcase_add_test(tests, of_a_loss);
    tcase_add_loop_test(tests, of_callbacks, 0, 2);
    tcase_add_test(tests, of_layers);
    tcase_add_test(tests, of_a_search);
    tcase_add_test(tests, stays_the_callers_where_arguments_are_refused);
    tcase_add_loop_test(tests, stays_the_callers_without_memory, 0, WAYS);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
