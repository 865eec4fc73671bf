/* A training that stops and continues gives the same bytes as one that does not. */
#include "test-models.h"

#include "train/trainer.h"

#include <stdio.h>
#include <unistd.h>

enum { SIZE = 9, EXAMPLES = 23, BATCH = 8, STEPS = 3, EPOCHS = 4 };

typedef struct bench {
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_optimizer_t *optimizer;
    neuron_dataset_t *train, *validation;
    neuron_trainer_t *trainer;
} bench;

static neuron_graph_t *small_model(neuron_context_t *context)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){SIZE, SIZE, 1}, 3);
    neuron_node_t *c = neuron_batch_norm(g, neuron_relu(g, neuron_conv2d(g, x, 3, 3, 3)));
    neuron_node_t *h = neuron_dropout(g, neuron_flatten(g, neuron_max_pool2d(g, c, 2, 2)), 0.3);
    assert_ok(neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, h, TEST_CLASSES))));
    return g;
}

typedef struct settings {
    neuron_graph_t *(*model)(neuron_context_t *context);
    uint64_t seed;
    int32_t rule, threads;
    int64_t examples, batch_size, shuffle;
    double validation_split;
} settings;

static const settings usual = {.model = small_model,
                               .seed = 1,
                               .rule = NEURON_OPTIMIZER_ADAM,
                               .threads = 2,
                               .examples = EXAMPLES,
                               .batch_size = BATCH,
                               .shuffle = 1};

static bench set_up(settings s, const char *checkpoint)
{
    bench b;
    assert_ok(neuron_context_create(&b.context));
    assert_ok(neuron_context_set_threads(b.context, s.threads));
    assert_ok(neuron_context_set_seed(b.context, s.seed));
    b.graph = s.model(b.context);
    assert_ok(neuron_optimizer_create(&b.optimizer, b.context, s.rule));
    b.train = test_glyphs(b.context, s.examples, SIZE);
    assert_ok(neuron_dataset_generate_glyphs(&b.validation, b.context, 11, SIZE, SIZE, 8));
    assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, b.train));
    assert_ok(neuron_trainer_set_int(b.trainer, NEURON_TRAINER_BATCH_SIZE, s.batch_size));
    assert_ok(neuron_trainer_set_int(b.trainer, NEURON_TRAINER_SHUFFLE, s.shuffle));
    assert_ok(neuron_trainer_set_int(b.trainer, NEURON_TRAINER_EPOCHS, EPOCHS));
    if (s.validation_split > 0)
        assert_ok(neuron_trainer_set_float(b.trainer, NEURON_TRAINER_VALIDATION_SPLIT,
                                           s.validation_split));
    else
        assert_ok(neuron_trainer_set_validation(b.trainer, b.validation));
    if (checkpoint)
        assert_ok(
            neuron_trainer_set_checkpoint(b.trainer, checkpoint, NEURON_METRIC_VALIDATION_LOSS));
    return b;
}

static void tear_down(bench *b)
{
    neuron_trainer_unref(b->trainer);
    neuron_dataset_unref(b->validation);
    neuron_dataset_unref(b->train);
    neuron_optimizer_unref(b->optimizer);
    neuron_graph_unref(b->graph);
    neuron_context_unref(b->context);
}

/* ---- Files ---- */

/* Changes one byte in place: writing whole files anew is slow on some file systems. */
static void write_byte(const char *path, size_t place, char byte)
{
    FILE *file = fopen(path, "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, (long)place, SEEK_SET), 0);
    ck_assert_int_eq(fputc(byte, file), (unsigned char)byte);
    ck_assert_int_eq(fclose(file), 0);
}

static void assert_same_histories(const neuron_trainer_t *a, const neuron_trainer_t *b)
{
    const neuron_history_t *x = neuron_trainer_history(a), *y = neuron_trainer_history(b);
    ck_assert_int_eq(neuron_history_epochs(x), neuron_history_epochs(y));
    for (int64_t i = 0; i < neuron_history_epochs(x); i++)
        for (int32_t metric = NEURON_METRIC_LOSS; metric < NEURON_METRIC_SECONDS; metric += 10) {
            double left = test_figure(x, i, metric), right = test_figure(y, i, metric);
            ck_assert_msg(memcmp(&left, &right, sizeof left) == 0, "epoch %d, metric %d: %a, %a",
                          (int)i, metric, left, right);
        }
}

/* ---- Stopping and going on ---- */

static bench whole;
static const char *whole_best, *best, *state;

static void train_whole(void)
{
    whole_best = test_file("whole-best");
    best = test_file("best");
    state = test_file("state");
    whole = set_up(usual, whole_best);
    assert_ok(neuron_trainer_run(whole.trainer, NULL));
}

static void drop_whole(void)
{
    tear_down(&whole);
}

static void assert_as_whole(const bench *b)
{
    ck_assert(same_parameters(b->graph, whole.graph));
    assert_same_histories(b->trainer, whole.trainer);
    ck_assert(test_same_files(best, whole_best));
}

START_TEST(two_and_two_are_four)
{
    bench b = set_up(usual, best);
    assert_ok(neuron_trainer_set_int(b.trainer, NEURON_TRAINER_EPOCHS, EPOCHS / 2));
    assert_ok(neuron_trainer_run(b.trainer, NULL));
    ck_assert(!same_parameters(b.graph, whole.graph));
    assert_ok(neuron_trainer_run(b.trainer, NULL)); /* nothing left to do */
    assert_ok(neuron_trainer_set_int(b.trainer, NEURON_TRAINER_EPOCHS, EPOCHS));
    /* Nor does it matter how many threads there are then. */
    assert_ok(neuron_context_set_threads(b.context, 3));
    assert_ok(neuron_trainer_run(b.trainer, NULL));
    assert_as_whole(&b);
    tear_down(&b);
}
END_TEST

static int stop_at(neuron_trainer_t *trainer, void *user_data)
{
    (void)trainer;
    int *left = user_data;
    return --*left == 0 ? NEURON_STOP : 0;
}

START_TEST(stopping_at_any_step)
{
    bench b = set_up(usual, best);
    int left = 0, stops = 0, status;
    assert_ok(neuron_trainer_set_step_callback(b.trainer, stop_at, &left));
    do {
        left = 1;
        status = neuron_trainer_run(b.trainer, NULL);
        stops += status == NEURON_STOP;
    } while (status == NEURON_STOP && stops < 100);
    assert_ok(status);
    ck_assert_int_eq(stops, STEPS * EPOCHS);
    assert_as_whole(&b);
    tear_down(&b);
}
END_TEST

/* In another context with another seed, other initial parameters and another number of threads. */
static bench elsewhere(void)
{
    settings s = usual;
    s.seed = 77;
    s.threads = 1;
    bench b = set_up(s, best);
    ck_assert(!same_parameters(b.graph, whole.graph));
    return b;
}

START_TEST(another_process_continues)
{
    /* In the middle and at the end of epochs; each file written waits for the disk. */
    const int steps[] = {1, 2, 3, 4, 9, 11};
    for (int i = 0; i < 6; i++) {
        int step = steps[i];
        bench b = set_up(usual, best);
        int left = step;
        assert_ok(neuron_trainer_set_step_callback(b.trainer, stop_at, &left));
        ck_assert_int_eq(neuron_trainer_run(b.trainer, NULL), NEURON_STOP);
        assert_ok(neuron_trainer_save(b.trainer, state));
        tear_down(&b);
        bench c = elsewhere();
        assert_ok(neuron_trainer_load(c.trainer, state));
        ck_assert_double_eq(neuron_trainer_progress(c.trainer, NEURON_PROGRESS_STEP),
                            (step - 1) % STEPS + 1);
        assert_ok(neuron_trainer_run(c.trainer, NULL));
        assert_as_whole(&c);
        tear_down(&c);
    }
}
END_TEST

static int save_state(neuron_trainer_t *trainer, void *user_data)
{
    int *left = user_data;
    if (--*left > 0)
        return 0;
    assert_ok(neuron_trainer_save(trainer, state));
    return NEURON_STOP;
}

START_TEST(saved_from_callbacks)
{
    for (int epoch = 0; epoch < 2; epoch++) {
        bench b = set_up(usual, best);
        int left = 2;
        if (epoch)
            assert_ok(neuron_trainer_set_epoch_callback(b.trainer, save_state, &left));
        else
            assert_ok(neuron_trainer_set_step_callback(b.trainer, save_state, &left));
        ck_assert_int_eq(neuron_trainer_run(b.trainer, NULL), NEURON_STOP);
        tear_down(&b);
        bench c = elsewhere();
        assert_ok(neuron_trainer_load(c.trainer, state));
        assert_ok(neuron_trainer_run(c.trainer, NULL));
        assert_as_whole(&c);
        tear_down(&c);
    }
}
END_TEST

/* A rate that was lowered on the way is part of where a training is. */
START_TEST(the_learning_rate_is_continued)
{
    bench b = set_up(usual, NULL), c = elsewhere();
    assert_ok(neuron_optimizer_set_float(b.optimizer, NEURON_OPTIMIZER_LEARNING_RATE, 0.0003));
    assert_ok(neuron_trainer_set_int(b.trainer, NEURON_TRAINER_EPOCHS, 1));
    assert_ok(neuron_trainer_run(b.trainer, NULL));
    assert_ok(neuron_trainer_save(b.trainer, state));
    assert_ok(neuron_trainer_load(c.trainer, state));
    double rate;
    assert_ok(neuron_optimizer_get_float(c.optimizer, NEURON_OPTIMIZER_LEARNING_RATE, &rate));
    ck_assert_double_eq(rate, 0.0003);
    tear_down(&c);
    tear_down(&b);
}
END_TEST

/* Every rule, with options of its own that must be continued too. */
static const struct {
    int32_t rule, options[2];
    double values[2];
} rules[] = {
    {NEURON_OPTIMIZER_SGD, {NEURON_OPTIMIZER_MOMENTUM, NEURON_OPTIMIZER_NESTEROV}, {0.9, 1}},
    {NEURON_OPTIMIZER_SGD, {NEURON_OPTIMIZER_MOMENTUM, NEURON_OPTIMIZER_CLIP_NORM}, {0.5, 0.05}},
    {NEURON_OPTIMIZER_RMSPROP, {NEURON_OPTIMIZER_RHO, NEURON_OPTIMIZER_MOMENTUM}, {0.8, 0.7}},
    {NEURON_OPTIMIZER_ADAGRAD, {NEURON_OPTIMIZER_INITIAL_ACCUMULATOR}, {0.3}},
    {NEURON_OPTIMIZER_ADADELTA, {NEURON_OPTIMIZER_LEARNING_RATE}, {1}},
    {NEURON_OPTIMIZER_ADAM, {NEURON_OPTIMIZER_CLIP_VALUE}, {0.01}},
    {NEURON_OPTIMIZER_ADAMW, {NEURON_OPTIMIZER_WEIGHT_DECAY}, {0.1}},
    {NEURON_OPTIMIZER_ADAMAX, {NEURON_OPTIMIZER_CLIP_GLOBAL_NORM}, {0.1}},
    {NEURON_OPTIMIZER_NADAM, {NEURON_OPTIMIZER_BETA_1}, {0.8}},
};

START_TEST(every_rule_is_continued)
{
    settings s = usual;
    s.rule = rules[_i].rule;
    bench b = set_up(s, NULL);
    for (int i = 0; i < 2 && rules[_i].options[i]; i++)
        assert_ok(
            neuron_optimizer_set_float(b.optimizer, rules[_i].options[i], rules[_i].values[i]));
    int left = 5;
    assert_ok(neuron_trainer_set_step_callback(b.trainer, stop_at, &left));
    ck_assert_int_eq(neuron_trainer_run(b.trainer, NULL), NEURON_STOP);
    assert_ok(neuron_trainer_save(b.trainer, state));
    assert_ok(neuron_trainer_run(b.trainer, NULL));
    s.seed = 77;
    s.threads = 1;
    bench c = set_up(s, NULL); /* its options are the defaults until the file is loaded */
    assert_ok(neuron_trainer_load(c.trainer, state));
    ck_assert(!same_parameters(b.graph, c.graph));
    assert_ok(neuron_trainer_run(c.trainer, NULL));
    ck_assert(same_parameters(b.graph, c.graph));
    assert_same_histories(b.trainer, c.trainer);
    for (int32_t i = 0; i < b.optimizer->rule->slot_count; i++)
        ck_assert_mem_eq(b.trainer->memory.slots[i], c.trainer->memory.slots[i],
                         (size_t)b.graph->trainable_count * sizeof(float));
    tear_down(&c);
    tear_down(&b);
}
END_TEST

/* What a rule remembers starts as its options are at the first step, not when memory was made. */
START_TEST(options_before_the_first_step_count)
{
    settings s = usual;
    s.rule = NEURON_OPTIMIZER_ADAGRAD;
    bench b = set_up(s, NULL), c = set_up(s, NULL);
    assert_ok(neuron_trainer_save(b.trainer, state));
    assert_ok(neuron_trainer_load(c.trainer, state)); /* makes memory */
    bench *const both[] = {&b, &c};
    for (int i = 0; i < 2; i++) {
        assert_ok(neuron_optimizer_set_float(both[i]->optimizer,
                                             NEURON_OPTIMIZER_INITIAL_ACCUMULATOR, 0.9));
        assert_ok(neuron_trainer_run(both[i]->trainer, NULL));
    }
    ck_assert(same_parameters(b.graph, c.graph));
    /* A trainer that went on and goes back to the start begins anew. */
    assert_ok(neuron_trainer_load(c.trainer, state));
    assert_ok(neuron_optimizer_set_float(c.optimizer, NEURON_OPTIMIZER_INITIAL_ACCUMULATOR, 0.9));
    assert_ok(neuron_trainer_run(c.trainer, NULL));
    ck_assert(same_parameters(b.graph, c.graph));
    tear_down(&c);
    tear_down(&b);
}
END_TEST

START_TEST(saved_before_the_first_step)
{
    bench b = set_up(usual, best);
    assert_ok(neuron_trainer_save(b.trainer, state));
    tear_down(&b);
    bench c = elsewhere();
    assert_ok(neuron_trainer_load(c.trainer, state));
    assert_ok(neuron_trainer_run(c.trainer, NULL));
    assert_as_whole(&c);
    tear_down(&c);
}
END_TEST

/* A trainer that went on is taken back to where the file is. */
START_TEST(going_back)
{
    bench b = set_up(usual, best);
    int left = 4;
    assert_ok(neuron_trainer_set_step_callback(b.trainer, stop_at, &left));
    ck_assert_int_eq(neuron_trainer_run(b.trainer, NULL), NEURON_STOP);
    assert_ok(neuron_trainer_save(b.trainer, state));
    assert_ok(neuron_trainer_run(b.trainer, NULL));
    assert_ok(neuron_trainer_load(b.trainer, state));
    ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(b.trainer)), 1);
    assert_ok(neuron_trainer_run(b.trainer, NULL));
    assert_as_whole(&b);
    tear_down(&b);
}
END_TEST

START_TEST(a_saved_training_loads_as_saved)
{
    bench b = elsewhere();
    const char *again = test_file("again");
    assert_ok(neuron_trainer_save(whole.trainer, state));
    assert_ok(neuron_trainer_load(b.trainer, state));
    assert_ok(neuron_trainer_save(b.trainer, again));
    ck_assert(test_same_files(state, again));
    tear_down(&b);
}
END_TEST

/* ---- Files that do not fit ---- */

static bench half; /* where a load must change nothing */
static const char *before, *after, *wrong;

static void train_half(void)
{
    train_whole();
    before = test_file("before");
    after = test_file("after");
    wrong = test_file("wrong");
    settings s = usual;
    s.seed = 5;
    half = set_up(s, NULL);
    int left = 2;
    assert_ok(neuron_trainer_set_step_callback(half.trainer, stop_at, &left));
    ck_assert_int_eq(neuron_trainer_run(half.trainer, NULL), NEURON_STOP);
    assert_ok(neuron_trainer_save(half.trainer, before));
    assert_ok(neuron_trainer_save(whole.trainer, state));
}

static void drop_half(void)
{
    tear_down(&half);
    drop_whole();
}

static void assert_unchanged(void)
{
    assert_ok(neuron_trainer_save(half.trainer, after));
    ck_assert(test_same_files(before, after));
}

static neuron_graph_t *wider_model(neuron_context_t *context)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_flatten(g, neuron_input(g, (const int64_t[]){SIZE, SIZE, 1}, 3));
    assert_ok(neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, x, TEST_CLASSES))));
    return g;
}

static void refuse(settings s, const char *message)
{
    bench b = set_up(s, NULL);
    int left = 1;
    assert_ok(neuron_trainer_set_step_callback(b.trainer, stop_at, &left));
    ck_assert_int_eq(neuron_trainer_run(b.trainer, NULL), NEURON_STOP);
    assert_ok(neuron_trainer_save(b.trainer, wrong));
    tear_down(&b);
    assert_status(neuron_trainer_load(half.trainer, wrong), NEURON_E_DATA);
    assert_message(message);
    assert_message(wrong);
    assert_unchanged();
}

START_TEST(another_training_is_refused)
{
    settings s = usual;
    s.model = wider_model;
    refuse(s, "another graph");
    s = usual;
    s.rule = NEURON_OPTIMIZER_SGD;
    refuse(s, "sgd");
    s = usual;
    s.batch_size = BATCH + 1;
    refuse(s, "batch_size 9");
    s = usual;
    s.examples = EXAMPLES + 1;
    refuse(s, "examples 24");
    s = usual;
    s.shuffle = 0;
    refuse(s, "shuffle");
    /* As many examples, but one more held out. */
    s = usual;
    s.examples = 30;
    s.validation_split = 0.21;
    refuse(s, "validation split");
}
END_TEST

/* Example weights; all 1 is as good as none. */
START_TEST(other_weights_are_refused)
{
    static const float weights[][EXAMPLES] = {{1, 2, 3}, {1, 3, 2}, {0}};
    float ones[EXAMPLES];
    for (int i = 0; i < EXAMPLES; i++)
        ones[i] = 1;
    const float *const lists[] = {NULL, weights[0], weights[1], weights[2], ones};
    for (int i = 0; i < 5; i++) {
        bench b = set_up(usual, NULL);
        assert_ok(neuron_dataset_set_weights(b.train, lists[i], EXAMPLES));
        assert_ok(neuron_trainer_save(b.trainer, wrong));
        for (int j = 0; j < 5; j++) {
            bench c = set_up(usual, NULL);
            assert_ok(neuron_dataset_set_weights(c.train, lists[j], EXAMPLES));
            const bool same = i % 4 == j % 4;
            assert_status(neuron_trainer_load(c.trainer, wrong), same ? NEURON_OK : NEURON_E_DATA);
            if (!same)
                assert_message("other weights");
            tear_down(&c);
        }
        tear_down(&b);
    }
}
END_TEST

START_TEST(other_files_are_refused)
{
    assert_status(neuron_trainer_load(half.trainer, "/nowhere/at-all"), NEURON_E_IO);
    assert_message("/nowhere/at-all");
    assert_ok(neuron_graph_save(half.graph, wrong));
    assert_status(neuron_trainer_load(half.trainer, wrong), NEURON_E_FORMAT);
    assert_message("no training");
    test_write_file(wrong, "", 0);
    assert_status(neuron_trainer_load(half.trainer, wrong), NEURON_E_FORMAT);
    assert_unchanged();
}
END_TEST

START_TEST(cut_files_are_refused)
{
    test_bytes file = test_read_file(state);
    test_write_file(wrong, file.data, file.size);
    for (size_t size = file.size - 1; size > 0; size -= size < 64 ? 1 : 1 + size / 64) {
        ck_assert_int_eq(truncate(wrong, (off_t)size), 0);
        assert_status(neuron_trainer_load(half.trainer, wrong), NEURON_E_FORMAT);
        assert_message(wrong);
    }
    free(file.data);
    assert_unchanged();
}
END_TEST

/* Replaces text of the training, or of what follows it, by text of the same length. */
static void replace(const test_bytes *file, const char *from, const char *to)
{
    size_t length = strlen(from);
    ck_assert_uint_eq(length, strlen(to));
    char *begin = memmem(file->data, file->size, "\"libneuron.trainer\"", 19);
    ck_assert_ptr_nonnull(begin);
    size_t left = file->size - (size_t)(begin - file->data);
    char *found = memmem(begin, left, from, length);
    ck_assert_msg(found != NULL, "no %s", from);
    memcpy(found, to, length);
    test_write_file(wrong, file->data, file->size);
    memcpy(found, from, length);
}

START_TEST(wrong_states_are_refused)
{
    const struct {
        const char *from, *to, *message;
    } cases[] = {
        {"\\\"version\\\":1", "\\\"version\\\":2", "version 2"},
        {"\\\"optimizer\\\":\\\"adam\\\"", "\\\"optimizer\\\":[0,0,0 ]", ""},
        {"\\\"optimizer\\\":\\\"adam\\\"", "\\\"optimizex\\\":\\\"adam\\\"", "\"optimizer\""},
        {"\\\"epoch\\\":4", "\\\"epoch\\\":5", ""},
        {"\\\"epoch\\\":4", "\\\"epocx\\\":4", "\"epoch\""},
        {"\\\"step\\\":0", "\\\"step\\\":1", "\"updates\""},
        {"\\\"step\\\":0", "\\\"step\\\":9", "\"step\""},
        {"\\\"updates\\\":12", "\\\"updates\\\":-2", "\"updates\""},
        {"\\\"seed\\\":1", "\\\"sexd\\\":1", "\"seed\""},
        {"\\\"seed\\\":1", "\\\"seed\\\":x", "JSON"},
        {"\\\"right\\\":", "\\\"rigxt\\\":", "\"right\""},
        {"\\\"seen\\\":23", "\\\"seen\\\":-3", "\"seen\""},
        {"\\\"loss_sum\\\":", "\\\"loss_sux\\\":", "\"loss_sum\""},
        {"\\\"seconds\\\":", "\\\"secondx\\\":", "\"seconds\""},
        {"\\\"metric\\\":30", "\\\"metrix\\\":30", "\"metric\""},
        {"\\\"options\\\":", "\\\"optionx\\\":", "\"options\""},
        {"\\\"beta_1\\\":0.9", "\\\"beta_3\\\":0.9", "\"options\""},
        {"\\\"beta_1\\\":0.9", "\\\"beta_1\\\":9.9", "\"beta_1\""},
        {"clip value\\\":0.0,\\\"clip norm\\\":0.0", "clip value\\\":1.0,\\\"clip norm\\\":1.0",
         "\"options\""},
        {"\\\"history\\\":[[", "\\\"history\\\":[]", ""},
        {"\\\"history\\\":", "\\\"histxry\\\":", "\"history\""},
        {"\"optimizer.1\"", "\"optimizer.2\"", "optimizer.1"},
        {"\"libneuron.trainer\"", "\"libneuron.trainex\"", "no training"},
    };
    test_bytes file = test_read_file(state);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        replace(&file, cases[i].from, cases[i].to);
        int status = neuron_trainer_load(half.trainer, wrong);
        ck_assert_msg(status == NEURON_E_FORMAT, "%s: %s (%s)", cases[i].to,
                      neuron_error_name(status), neuron_error_last());
        assert_message(wrong);
        assert_message(cases[i].message);
    }
    free(file.data);
    assert_unchanged();
}
END_TEST

/* Files of a library that did not have an option yet. */
START_TEST(options_that_are_missing_take_their_default)
{
    static const char text[] = ",\\\"clip value\\\":0.0,\\\"clip norm\\\":0.0";
    char blank[sizeof text];
    memset(blank, ' ', sizeof blank - 1);
    blank[sizeof blank - 1] = '\0';
    test_bytes file = test_read_file(state);
    replace(&file, text, blank);
    bench b = elsewhere();
    double value;
    assert_ok(neuron_optimizer_set_float(b.optimizer, NEURON_OPTIMIZER_CLIP_NORM, 3));
    assert_ok(neuron_trainer_load(b.trainer, wrong));
    assert_ok(neuron_optimizer_get_float(b.optimizer, NEURON_OPTIMIZER_CLIP_NORM, &value));
    ck_assert(value == 0);
    tear_down(&b);
    free(file.data);
}
END_TEST

/* Each byte of the header in turn: whatever it becomes, a load takes all of it or nothing. */
START_TEST(damaged_headers_change_nothing)
{
    test_bytes file = test_read_file(state);
    size_t header = 8;
    for (int i = 0; i < 3; i++)
        header += (size_t)(unsigned char)file.data[i] << (8 * i);
    ck_assert_uint_lt(header, file.size);
    test_write_file(wrong, file.data, file.size);
    for (size_t place = 0; place < header; place++) {
        write_byte(wrong, place, (char)(file.data[place] ^ 2));
        int status = neuron_trainer_load(half.trainer, wrong);
        if (status == 0) /* another number, but one that can be */
            assert_ok(neuron_trainer_load(half.trainer, before));
        else
            ck_assert_msg(status == NEURON_E_FORMAT || status == NEURON_E_DATA, "byte %zu: %s (%s)",
                          place, neuron_error_name(status), neuron_error_last());
        ck_assert_double_eq(neuron_trainer_progress(half.trainer, NEURON_PROGRESS_STEP), 2);
        write_byte(wrong, place, file.data[place]);
    }
    free(file.data);
    assert_unchanged();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resume");
    TCase *cases = tcase_create("continue");
    tcase_set_timeout(cases, 0);
    tcase_add_unchecked_fixture(cases, train_whole, drop_whole);
    tcase_add_test(cases, two_and_two_are_four);
    tcase_add_test(cases, stopping_at_any_step);
    tcase_add_test(cases, another_process_continues);
    tcase_add_test(cases, saved_from_callbacks);
    tcase_add_test(cases, the_learning_rate_is_continued);
    tcase_add_loop_test(cases, every_rule_is_continued, 0, sizeof rules / sizeof rules[0]);
    tcase_add_test(cases, options_before_the_first_step_count);
    tcase_add_test(cases, saved_before_the_first_step);
    tcase_add_test(cases, going_back);
    tcase_add_test(cases, a_saved_training_loads_as_saved);
    suite_add_tcase(suite, cases);
    cases = tcase_create("refuse");
    tcase_set_timeout(cases, 0);
    tcase_add_unchecked_fixture(cases, train_half, drop_half);
    tcase_add_test(cases, another_training_is_refused);
    tcase_add_test(cases, other_weights_are_refused);
    tcase_add_test(cases, other_files_are_refused);
    tcase_add_test(cases, cut_files_are_refused);
    tcase_add_test(cases, wrong_states_are_refused);
    tcase_add_test(cases, options_that_are_missing_take_their_default);
    tcase_add_test(cases, damaged_headers_change_nothing);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
