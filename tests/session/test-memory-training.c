/* Every allocation of a training fails once, and of the files of graphs and trainings. */
#include "failing-memory.h"

static float *trained; /* parameters of a training that nothing disturbed */

static void use_trainer(long n)
{
    world w = make_world();
    neuron_dataset_t *validation;
    neuron_loss_t *loss;
    const double class_weights[TEST_CLASSES] = {1, 2, 3};
    neuron_history_t *history = (neuron_history_t *)&w;
    assert_ok(neuron_dataset_subset(&validation, w.glyphs, 0, 5));
    neuron_optimizer_unref(w.adam);
    arm(n);
    TRY(neuron_optimizer_create(&w.adam, w.context, "adam", NULL));
    /* Needs memory of its own. */
    assert_ok(neuron_optimizer_set(w.adam, "clip_global_norm=0.5"));
    TRY(make_trainer(&w, validation, NULL));
    TRY(neuron_loss_create(&loss, w.context, "huber", NULL));
    assert_ok(neuron_trainer_set_loss(w.trainer, loss));
    TRY(neuron_trainer_set_class_weights(w.trainer, class_weights, TEST_CLASSES));
    TRY(neuron_trainer_run(&history, w.trainer));
    ck_assert_int_eq(neuron_history_epochs(history), 2);
    neuron_history_unref(history);
    neuron_loss_unref(loss);
    heal();
    size_t count;
    float *values = test_parameters(w.graph, &count);
    if (!trained)
        trained = values;
    ck_assert_mem_eq(values, trained, count * sizeof *values);
    if (values != trained)
        free(values);
    neuron_dataset_unref(validation);
    end_world(&w);
}

START_TEST(training)
{
    kind = NO_FAULT;
    use_trainer(1);
    fail_each(use_trainer);
    free(trained);
    trained = NULL;
}
END_TEST

static void use_history(long n)
{
    static const char *path;
    if (!path)
        path = test_file("history");
    world w = make_world();
    neuron_history_t *history;
    assert_ok(make_trainer(&w, NULL, NULL));
    assert_ok(neuron_trainer_run(&history, w.trainer));
    arm(n);
    TRY(neuron_history_save_csv(history, path));
    neuron_history_unref(history);
    end_world(&w);
}

START_TEST(histories)
{
    fail_each(use_history);
}
END_TEST

/* Every fifth allocation, as each try waits for the disk. */
static void use_checkpoint(long n)
{
    static const char *path;
    if (!path)
        path = test_file("best");
    world w = make_world();
    neuron_graph_t *loaded;
    assert_ok(make_trainer(&w, NULL, path));
    assert_ok(neuron_trainer_set(w.trainer, "epochs=0"));
    assert_ok(neuron_trainer_run(NULL, w.trainer)); /* plans the memory */
    assert_ok(neuron_trainer_set(w.trainer, "epochs=1"));
    arm(5 * n - 4);
    TRY(neuron_trainer_run(NULL, w.trainer));
    heal();
    ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(w.trainer)), 1);
    assert_ok(neuron_graph_load(&loaded, w.context, path));
    ck_assert(same_parameters(w.graph, loaded));
    neuron_graph_unref(loaded);
    end_world(&w);
}

START_TEST(checkpoints)
{
    fail_each(use_checkpoint);
}
END_TEST

static size_t saved_size(const neuron_graph_t *graph)
{
    size_t size;
    assert_ok(neuron_graph_save_memory(NULL, 0, &size, graph));
    return size;
}

static void use_saving(long n)
{
    world w = make_world();
    size_t size = saved_size(w.graph), needed;
    char *first = malloc(size), *second = malloc(size);
    assert_ok(neuron_graph_save_memory(first, size, &needed, w.graph));
    arm(n);
    TRY(neuron_graph_save_memory(second, size, &needed, w.graph));
    ck_assert_uint_eq(needed, size);
    ck_assert_mem_eq(first, second, size);
    free(second);
    free(first);
    end_world(&w);
}

START_TEST(saving)
{
    fail_each(use_saving);
}
END_TEST

static void use_loading(long n)
{
    world w = make_world();
    size_t size = saved_size(w.graph), needed;
    char *bytes = malloc(size);
    neuron_graph_t *loaded = w.graph;
    assert_ok(neuron_graph_save_memory(bytes, size, &needed, w.graph));
    arm(n);
    TRY(neuron_graph_load_memory(&loaded, w.context, bytes, size));
    ck_assert(same_parameters(w.graph, loaded));
    neuron_graph_unref(loaded);
    free(bytes);
    end_world(&w);
}

START_TEST(loading)
{
    fail_each(use_loading);
}
END_TEST

/* Files of graph and training, written once: what is looked at is the reading and the writing's own
 * memory, which ends before the disk is waited for. */
static const char *graph_path, *trainer_path;

static void write_files(void)
{
    graph_path = test_file("graph");
    trainer_path = test_file("trainer");
    kind = NO_FAULT;
    world w = make_world();
    assert_ok(make_trainer(&w, NULL, NULL));
    assert_ok(neuron_trainer_run(NULL, w.trainer));
    assert_ok(neuron_graph_save(w.graph, graph_path));
    assert_ok(neuron_trainer_save(w.trainer, trainer_path));
    end_world(&w);
}

static void use_files(long n)
{
    world w = make_world();
    neuron_graph_t *loaded = w.graph;
    assert_ok(make_trainer(&w, NULL, NULL));
    arm(n);
    TRY(neuron_graph_load(&loaded, w.context, graph_path));
    ck_assert(!same_parameters(w.graph, loaded));
    size_t count;
    float *values = test_parameters(w.graph, &count);
    long before = atomic_load(&failures);
    int status = neuron_trainer_load(w.trainer, trainer_path);
    if (status < 0) { /* then nothing has changed */
        ck_assert_int_gt(atomic_load(&failures), before);
        assert_out_of_memory(status, "neuron_trainer_load");
        heal();
        float *unchanged = test_parameters(w.graph, &count);
        ck_assert_mem_eq(values, unchanged, count * sizeof *values);
        free(unchanged);
        ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(w.trainer)), 0);
        assert_ok(neuron_trainer_load(w.trainer, trainer_path));
    }
    heal();
    ck_assert(same_parameters(w.graph, loaded));
    ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(w.trainer)), 2);
    free(values);
    neuron_graph_unref(loaded);
    end_world(&w);
}

START_TEST(files)
{
    write_files();
    fail_each(use_files);
}
END_TEST

/* The call is not made again where it failed: that only waits for the disk. */
static void use_file_writers(long n)
{
    world w = make_world();
    assert_ok(make_trainer(&w, NULL, NULL));
    arm(n);
    int status = neuron_trainer_save(w.trainer, trainer_path);
    if (atomic_load(&failures) > 0 && status < 0)
        assert_out_of_memory(status, "neuron_trainer_save");
    else
        assert_ok(status);
    heal();
    if (n % 64 == 1)
        assert_ok(neuron_trainer_save(w.trainer, trainer_path));
    end_world(&w);
}

START_TEST(file_writers)
{
    write_files();
    fail_each(use_file_writers);
}
END_TEST

/* Steps on batches of the caller's, of which a larger one needs more memory, and by a gradient;
 * another dataset; and files in between. */
static void use_steps(long n)
{
    enum { FEW = 3, MANY = 40 };
    world w = make_world();
    neuron_trainer_t *trainer;
    neuron_dataset_t *few;
    neuron_tensor_t *input[2], *labels[2], *by_output;
    for (int i = 0; i < 2; i++) {
        int64_t count = i ? MANY : FEW;
        const int64_t shape[] = {count, SIZE, SIZE, 1};
        assert_ok(neuron_tensor_create(&input[i], w.context, NEURON_TYPE_F32, shape, 4));
        assert_ok(neuron_tensor_create(&labels[i], w.context, NEURON_TYPE_I32, &count, 1));
        memset(neuron_tensor_data(labels[i]), 0, (size_t)count * sizeof(int32_t));
        memset(neuron_tensor_data(input[i]), 0, (size_t)count * SIZE * SIZE * sizeof(float));
    }
    assert_ok(neuron_tensor_create(&by_output, w.context, NEURON_TYPE_F32,
                                   (const int64_t[]){FEW, TEST_CLASSES}, 2));
    memset(neuron_tensor_data(by_output), 0, FEW * TEST_CLASSES * sizeof(float));
    assert_ok(neuron_dataset_subset(&few, w.glyphs, 0, EXAMPLES / 2));
    arm(n);
    TRY(neuron_trainer_create(&trainer, w.graph, w.adam, NULL));
    for (int i = 0; i < 2; i++) {
        neuron_tensor_t *inputs[] = {input[i]}, *targets[] = {labels[i]};
        TRY(neuron_trainer_step(NULL, trainer, inputs, 1, targets, 1, NULL));
    }
    neuron_tensor_t *inputs[] = {input[0]}, *gradients[] = {by_output};
    TRY(neuron_trainer_step_by_gradient(trainer, inputs, 1, gradients, 1));
    assert_that(neuron_trainer_progress(trainer, "all_steps") == 3, "not 3 steps");
    TRY(neuron_trainer_set_dataset(trainer, few));
    TRY(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_dataset_unref(few);
    neuron_tensor_unref(by_output);
    for (int i = 0; i < 2; i++) {
        neuron_tensor_unref(input[i]);
        neuron_tensor_unref(labels[i]);
    }
    end_world(&w);
}

START_TEST(steps)
{
    fail_each(use_steps);
}
END_TEST

int main(void)
{
    json_set_alloc_funcs(json_allocate, json_release);
    Suite *suite = suite_create("memory-training");
    TCase *cases = tcase_create("memory-training");
    tcase_set_timeout(cases, 0);
    tcase_add_test(cases, training);
    tcase_add_test(cases, histories);
    tcase_add_test(cases, checkpoints);
    tcase_add_test(cases, saving);
    tcase_add_test(cases, loading);
    tcase_add_test(cases, files);
    tcase_add_test(cases, file_writers);
    tcase_add_test(cases, steps);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
