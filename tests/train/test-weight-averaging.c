/* Averages of parameters, with moving statistics that are renewed, and rates that begin anew. */
#include "test-training.h"

#include <math.h>

enum { SIZE = 8, EXAMPLES = 22, BATCH = 4, STEPS = 6, EPOCHS = 5, VALUES_MAX = 4096 };

/* Pixels that are normalised as they come: their statistics follow from the data alone. */
static neuron_graph_t *build(neuron_context_t *context)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){SIZE, SIZE, 1}, 3);
    x = neuron_batch_norm(g, neuron_flatten(g, x), "momentum=0.75");
    x = neuron_relu(g, neuron_batch_norm(g, neuron_dense(g, x, 6, NULL), NULL));
    assert_ok(neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, x, 10, NULL), NULL)));
    return g;
}

static void set_up_in(bench *b, neuron_context_t *context, const char *averaging)
{
    neuron_callback_t *callback;
    *b = (bench){.context = context};
    b->graph = build(context);
    assert_ok(neuron_optimizer_create(&b->optimizer, context, "sgd", "learning_rate=0.1"));
    assert_ok(neuron_dataset_generate_glyphs(&b->train, context, EXAMPLES, SIZE, SIZE, 2));
    assert_ok(neuron_trainer_create(&b->trainer, b->graph, b->optimizer, b->train));
    assert_ok(neuron_trainer_set(b->trainer, "epochs=5, batch_size=4, shuffle=no"));
    if (!averaging)
        return;
    assert_ok(neuron_callback_create(&callback, context, "weight_averaging", averaging));
    assert_ok(neuron_trainer_add_callback(b->trainer, callback));
    neuron_callback_unref(callback);
}

static bench set_up(const char *averaging)
{
    bench b;
    set_up_in(&b, test_context(), averaging);
    return b;
}

static void run(const bench *b)
{
    assert_ok(neuron_trainer_run(NULL, b->trainer));
}

/* All parameters and statistics of a graph. */
static size_t read_values(float values[VALUES_MAX], const neuron_graph_t *graph)
{
    size_t used = 0, size;
    for (int64_t i = 0; i < neuron_graph_array_count(graph); i++) {
        assert_ok(neuron_graph_read_array(values + used, VALUES_MAX - used, &size, graph, i));
        used += size;
    }
    return used;
}

/* Follows a training and averages by itself, in double. */
typedef struct follower {
    bool exponential;
    int from, count; /* the first call that counts, and calls so far */
    double average[VALUES_MAX];
} follower;

static int follow(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    follower *f = user_data;
    float values[VALUES_MAX];
    size_t size = read_values(values, neuron_trainer_graph(trainer));
    int number = ++f->count - f->from;
    for (size_t i = 0; number >= 0 && i < size; i++) {
        double part = number == 0 ? 1 : f->exponential ? 0.1 : 1.0 / (number + 1);
        f->average[i] += part * ((double)values[i] - f->average[i]);
    }
    return 0;
}

/* Where trained arrays are the average, and others are not moved by it. */
static void assert_average(const bench *b, const follower *f)
{
    float values[VALUES_MAX];
    size_t at = 0, size;
    read_values(values, b->graph);
    for (int64_t i = 0; i < neuron_graph_array_count(b->graph); i++) {
        assert_ok(neuron_graph_read_array(NULL, 0, &size, b->graph, i));
        for (size_t k = 0; k < size && neuron_graph_array_trainable(b->graph, i); k++)
            assert_that(fabs((double)values[at + k] - f->average[at + k]) < 1e-5, "%s: %g, not %g",
                        neuron_graph_array_name(b->graph, i), (double)values[at + k],
                        f->average[at + k]);
        at += size;
    }
}

static const struct {
    const char *options;
    int32_t event;
    bool exponential;
    int from;
} averages[] = {
    {"renew_statistics=no", NEURON_EVENT_EPOCH_END, false, 1},
    {"start=2", NEURON_EVENT_EPOCH_END, false, 3},
    {"per_step=yes, start=7", NEURON_EVENT_STEP_END, false, 8},
    {"average=exponential, decay=0.9, per_step=yes", NEURON_EVENT_STEP_END, true, 1},
};

START_TEST(test_the_average)
{
    static follower f;
    f = (follower){.exponential = averages[_i].exponential, .from = averages[_i].from};
    bench b = set_up(averages[_i].options), plain = set_up(NULL);
    assert_ok(neuron_trainer_add_function(b.trainer, averages[_i].event, follow, &f, NULL));
    run(&b);
    assert_average(&b, &f);
    /* The training does not see it: it goes on from its own parameters. */
    ck_assert(!same_parameters(b.graph, plain.graph));
    assert_ok(neuron_trainer_set(b.trainer, "epochs=7"));
    assert_ok(neuron_trainer_set(plain.trainer, "epochs=7"));
    run(&b);
    run(&plain);
    ck_assert(test_figure(neuron_trainer_history(b.trainer), 6, "loss") ==
              test_figure(neuron_trainer_history(plain.trainer), 6, "loss"));
    assert_average(&b, &f);
    tear_down(&b);
    tear_down(&plain);
}
END_TEST

START_TEST(test_every_second_epoch)
{
    bench b = set_up("length=2, start=1, renew_statistics=no"); /* those of epochs 3 and 5 */
    bench third = set_up(NULL), fifth = set_up(NULL);
    assert_ok(neuron_trainer_set(third.trainer, "epochs=3"));
    run(&b);
    run(&third);
    run(&fifth);
    float found[VALUES_MAX], at_third[VALUES_MAX], at_fifth[VALUES_MAX];
    size_t size = read_values(found, b.graph), same = 0;
    read_values(at_third, third.graph);
    read_values(at_fifth, fifth.graph);
    for (size_t i = 0; i < size; i++) {
        bool between = fabsf(found[i] - (at_third[i] + at_fifth[i]) / 2) < 1e-6F;
        same += found[i] == at_fifth[i]; /* statistics */
        assert_that(between || found[i] == at_fifth[i], "value %zu is %g", i, (double)found[i]);
    }
    ck_assert_uint_ge(same, 2 * (SIZE * SIZE + 6));
    tear_down(&b);
    tear_down(&third);
    tear_down(&fifth);
}
END_TEST

/* ---- Statistics ---- */

/* Mean and variance of a pixel in each batch, and their means by the number of examples. */
static void expect_statistics(double mean[SIZE * SIZE], double variance[SIZE * SIZE],
                              const neuron_dataset_t *dataset, int batch)
{
    static float pixels[EXAMPLES][SIZE * SIZE];
    assert_ok(neuron_dataset_read(pixels[0], NULL, dataset, 0, EXAMPLES));
    for (int k = 0; k < SIZE * SIZE; k++) {
        mean[k] = variance[k] = 0;
        for (int first = 0; first < EXAMPLES; first += batch) {
            int count = EXAMPLES - first < batch ? EXAMPLES - first : batch;
            double sum = 0, squares = 0;
            for (int i = 0; i < count; i++)
                sum += (double)pixels[first + i][k];
            for (int i = 0; i < count; i++)
                squares += pow((double)pixels[first + i][k] - sum / count, 2);
            mean[k] += sum / EXAMPLES;
            variance[k] += squares / EXAMPLES;
        }
    }
}

static void assert_array(const neuron_graph_t *graph, const char *name,
                         const double expected[SIZE * SIZE])
{
    float values[SIZE * SIZE];
    int64_t index = neuron_graph_find_array(graph, name);
    assert_ok(neuron_graph_read_array(values, SIZE * SIZE, NULL, graph, index));
    for (int k = 0; k < SIZE * SIZE; k++)
        assert_that(fabs((double)values[k] - expected[k]) < 1e-6, "%s %d is %g, not %g", name, k,
                    (double)values[k], expected[k]);
}

START_TEST(test_statistics_are_renewed)
{
    static const int batches[] = {4, 3, 2};
    static const char *const options[] = {NULL, "micro_batch_size=3", "micro_batch_size=2"};
    double mean[SIZE * SIZE], variance[SIZE * SIZE];
    bench b = set_up("average=mean");
    if (options[_i]) {
        assert_ok(neuron_trainer_set(b.trainer, options[_i]));
        if (_i == 1) /* parts of 3 and 1 are not those of batches of 3 */
            assert_ok(neuron_trainer_set(b.trainer, "batch_size=3"));
    }
    expect_statistics(mean, variance, b.train, batches[_i]);
    run(&b);
    assert_array(b.graph, "batch_norm.moving_mean", mean);
    assert_array(b.graph, "batch_norm.moving_variance", variance);
    tear_down(&b);
}
END_TEST

START_TEST(test_frozen_statistics_stay)
{
    bench b = set_up("start=1"), plain = set_up(NULL);
    const bench *both[] = {&b, &plain};
    for (int i = 0; i < 2; i++) {
        neuron_node_t *node = neuron_graph_find_node(both[i]->graph, "batch_norm");
        assert_ok(neuron_node_set_trainable(node, 0));
        run(both[i]);
    }
    float a[SIZE * SIZE], c[SIZE * SIZE];
    int64_t index = neuron_graph_find_array(b.graph, "batch_norm.moving_variance");
    assert_ok(neuron_graph_read_array(a, SIZE * SIZE, NULL, b.graph, index));
    assert_ok(neuron_graph_read_array(c, SIZE * SIZE, NULL, plain.graph, index));
    ck_assert(memcmp(a, c, sizeof a) == 0);
    tear_down(&b);
    tear_down(&plain);
}
END_TEST

/* ---- Going on ---- */

static int save(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    const int *epoch = user_data;
    return (int)neuron_trainer_progress(trainer, "epoch") == *epoch
               ? neuron_trainer_save(trainer, test_file("averaging"))
               : 0;
}

START_TEST(test_a_training_that_is_loaded)
{
    static const char options[] = "average=exponential, decay=0.5";
    int epoch = _i + 1;
    bench whole = set_up(options), part = set_up(options);
    assert_ok(
        neuron_trainer_add_function(whole.trainer, NEURON_EVENT_EPOCH_END, save, &epoch, NULL));
    run(&whole);
    assert_ok(neuron_trainer_load(part.trainer, test_file("averaging")));
    run(&part); /* behind the last epoch it only renews the statistics */
    ck_assert(same_parameters(whole.graph, part.graph));
    assert_ok(neuron_trainer_save(whole.trainer, test_file("averaging"))); /* all is done in it */
    tear_down(&part);
    part = set_up(options);
    assert_ok(neuron_trainer_load(part.trainer, test_file("averaging")));
    ck_assert(same_parameters(whole.graph, part.graph));
    run(&part);
    ck_assert(same_parameters(whole.graph, part.graph));
    tear_down(&whole);
    tear_down(&part);
}
END_TEST

/* What a thread more, and a pass that had no memory, change. */
START_TEST(test_threads_and_memory)
{
    bench whole = set_up("start=1");
    run(&whole);
    for (long allowed = 0, done = 0; !done; allowed++) {
        test_memory memory;
        bench b;
        neuron_context_t *context = test_limited_context(&memory);
        assert_ok(neuron_context_set(context, "seed=1"));
        set_up_in(&b, context, "start=1");
        atomic_store(&memory.left, allowed);
        int status = neuron_trainer_run(NULL, b.trainer);
        test_refill(&memory);
        if (status == NEURON_OK)
            done = 1;
        else
            assert_status(status, NEURON_E_MEMORY);
        run(&b);
        ck_assert(same_parameters(whole.graph, b.graph));
        tear_down(&b);
        ck_assert_int_eq(atomic_load(&memory.live), 0);
    }
    tear_down(&whole);
}
END_TEST

/* ---- Restarts ---- */

typedef struct rates {
    int count;
    double seen[EPOCHS * STEPS];
} rates;

static int note_rate(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    rates *r = user_data;
    r->seen[r->count++] = neuron_trainer_progress(trainer, "learning_rate");
    return 0;
}

START_TEST(test_a_cosine_that_begins_anew)
{
    neuron_callback_t *cosine;
    rates r = {0};
    bench b = set_up(NULL);
    assert_ok(neuron_callback_create(&cosine, b.context, "cosine_schedule",
                                     "length=12, start=3, per_step=yes, restart=yes"));
    assert_ok(neuron_trainer_add_callback(b.trainer, cosine));
    assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_STEP_END, note_rate, &r, NULL));
    run(&b);
    ck_assert_int_eq(r.count, EPOCHS * STEPS);
    for (int i = 0; i < r.count; i++) {
        double part = (i < 3 ? 0 : (i - 3) % 12) / 12.0;
        double expected = 0.1 * (1 + cos(3.14159265358979323846 * part)) / 2;
        assert_that(fabs(r.seen[i] - expected) < 1e-7, "step %d: %g, not %g", i, r.seen[i],
                    expected);
    }
    neuron_callback_unref(cosine);
    tear_down(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("weight-averaging");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_the_average, 0, 4);
    tcase_add_test(tcase, test_every_second_epoch);
    tcase_add_loop_test(tcase, test_statistics_are_renewed, 0, 3);
    tcase_add_test(tcase, test_frozen_statistics_stay);
    tcase_add_loop_test(tcase, test_a_training_that_is_loaded, 0, EPOCHS);
    tcase_add_test(tcase, test_threads_and_memory);
    tcase_add_test(tcase, test_a_cosine_that_begins_anew);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
