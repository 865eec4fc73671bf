/* Files of trainings that do not fit: they are refused, and nothing changes. */
#include "resume-bench.h"

#include <stdio.h>
#include <unistd.h>

/* Changes one byte in place: writing whole files anew is slow on some file systems. */
static void write_byte(const char *path, size_t place, char byte)
{
    FILE *file = fopen(path, "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, (long)place, SEEK_SET), 0);
    ck_assert_int_eq(fputc(byte, file), (unsigned char)byte);
    ck_assert_int_eq(fclose(file), 0);
}

static bench half; /* where a load must change nothing */
static const char *before, *after, *wrong;
static const char *state; /* of a whole training */

static void train_half(void)
{
    bench whole = set_up(usual, NULL);
    assert_ok(neuron_trainer_run(NULL, whole.trainer));
    state = test_file("state");
    assert_ok(neuron_trainer_save(whole.trainer, state));
    tear_down(&whole);
    before = test_file("before");
    after = test_file("after");
    wrong = test_file("wrong");
    plan s = usual;
    s.seed = 5;
    half = set_up(s, NULL);
    int left = 2;
    assert_ok(
        neuron_trainer_add_function(half.trainer, NEURON_EVENT_STEP_END, stop_at, &left, NULL));
    ck_assert_int_eq(neuron_trainer_run(NULL, half.trainer), NEURON_STOP);
    assert_ok(neuron_trainer_save(half.trainer, before));
}

static void drop_half(void)
{
    tear_down(&half);
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
    assert_ok(
        neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, x, TEST_CLASSES, NULL), NULL)));
    return g;
}

static void refuse(plan s, const char *message)
{
    bench b = set_up(s, NULL);
    int left = 1;
    assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_STEP_END, stop_at, &left, NULL));
    ck_assert_int_eq(neuron_trainer_run(NULL, b.trainer), NEURON_STOP);
    assert_ok(neuron_trainer_save(b.trainer, wrong));
    tear_down(&b);
    assert_status(neuron_trainer_load(half.trainer, wrong), NEURON_E_DATA);
    assert_message(message);
    assert_message(wrong);
    assert_unchanged();
}

START_TEST(another_training_is_refused)
{
    plan s = usual;
    s.model = wider_model;
    refuse(s, "conv2d: layer is flatten in the file, conv2d here");
    s = usual;
    s.rule = "sgd";
    refuse(s, "optimizer is sgd in the file, adam here");
    s = usual;
    s.batch_size = BATCH + 1;
    refuse(s, "batch_size is 9 in the file, 8 here");
    s = usual;
    s.examples = EXAMPLES + 1;
    refuse(s, "examples is 24 in the file, 23 here");
    s = usual;
    s.shuffle = false;
    refuse(s, "shuffle is 0 in the file, 1 here");
    s = usual;
    s.validation = 12;
    refuse(s, "validation_examples is 12 in the file, 11 here");
    s.validation = 0;
    refuse(s, "validation_examples is 0 in the file, 11 here");
    /* As many examples, but one more held out. */
    s = usual;
    s.examples = 30;
    s.validation_split = 0.21;
    refuse(s, "validation_split is 0.21 in the file, 0 here");
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
            bool same = i % 4 == j % 4;
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
    assert_that(found != NULL, "no %s", from);
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
        {"\\\"seen\\\":23", "\\\"seen\\\":24", "\"seen\""},
        {"\\\"seen\\\":23", "\\\"seen\\\": 0", "\"right\""},
        {"\\\"loss_sum\\\":", "\\\"loss_sux\\\":", "\"loss_sum\""},
        {"\\\"seconds\\\":", "\\\"secondx\\\":", "\"seconds\""},
        {"\\\"optimizer_options\\\":", "\\\"optimizer_optionx\\\":",
         "optimizer_options: options are missing"},
        {"\\\"beta_1\\\":0.9", "\\\"beta_3\\\":0.9", "has no option \"beta_3\""},
        {"\\\"beta_1\\\":0.9", "\\\"beta_1\\\":9.9", "optimizer_options: beta_1 is 9.9"},
        {"clip_value\\\":0.0,\\\"clip_norm\\\":0.0", "clip_value\\\":1.0,\\\"clip_norm\\\":1.0",
         "\"optimizer_options\""},
        {"\\\"history\\\":[[", "\\\"history\\\":[]", ""},
        {"\\\"history\\\":", "\\\"histxry\\\":", "\"history\""},
        {"\"optimizer.1\"", "\"optimizer.2\"", "optimizer.1"},
        {"\"libneuron.trainer\"", "\"libneuron.trainex\"", "no training"},
    };
    test_bytes file = test_read_file(state);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        replace(&file, cases[i].from, cases[i].to);
        int status = neuron_trainer_load(half.trainer, wrong);
        assert_that(status == NEURON_E_FORMAT, "%s: %s (%s)", cases[i].to,
                    neuron_error_name(status), neuron_error_last());
        assert_message(wrong);
        assert_message(cases[i].message);
    }
    free(file.data);
    assert_unchanged();
}
END_TEST

START_TEST(other_validation_weights_are_refused)
{
    static const float weights[11] = {1, 2, 3};
    bench b = set_up(usual, NULL), c = set_up(usual, NULL);
    assert_ok(neuron_dataset_set_weights(b.validation, weights, 11));
    assert_ok(neuron_trainer_save(b.trainer, wrong));
    assert_status(neuron_trainer_load(c.trainer, wrong), NEURON_E_DATA);
    assert_message("the validation examples of its training have other weights");
    assert_ok(neuron_trainer_load(b.trainer, wrong));
    tear_down(&c);
    tear_down(&b);
}
END_TEST

/* There is one format: nothing but options may be left out of a file, nor be of another kind. */
START_TEST(nothing_may_be_missing)
{
    static const char *const keys[] = {
        "version",
        "optimizer",
        "loss",
        "loss_options",
        "class_weights",
        "augmentation",
        "examples",
        "example_weights",
        "batch_size",
        "shuffle",
        "validation_split",
        "validation_examples",
        "validation_weights",
        "optimizer_options",
        "seed",
        "epoch",
        "step",
        "updates",
        "optimizer_steps",
        "loss_sum",
        "right",
        "seen",
        "seconds",
        "history",
    };
    test_bytes file = test_read_file(state);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char from[64], to[64], message[64];
        snprintf(from, sizeof from, "\\\"%s\\\":", keys[i]);
        snprintf(to, sizeof to, "\\\"_%s\\\":", keys[i] + 1);
        snprintf(message, sizeof message, "%s", keys[i]);
        replace(&file, from, to);
        assert_status(neuron_trainer_load(half.trainer, wrong), NEURON_E_FORMAT);
        assert_message(message);
    }
    free(file.data);
    assert_unchanged();
}
END_TEST

/* Tables may grow. */
START_TEST(options_that_are_missing_take_their_default)
{
    static const char text[] = ",\\\"clip_value\\\":0.0,\\\"clip_norm\\\":0.0";
    char blank[sizeof text];
    memset(blank, ' ', sizeof blank - 1);
    blank[sizeof blank - 1] = '\0';
    test_bytes file = test_read_file(state);
    replace(&file, text, blank);
    bench b = elsewhere(NULL);
    double value;
    assert_ok(neuron_optimizer_set(b.optimizer, "clip_norm=3"));
    assert_ok(neuron_trainer_load(b.trainer, wrong));
    assert_ok(neuron_optimizer_get_number(&value, b.optimizer, "clip_norm"));
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
            assert_that(status == NEURON_E_FORMAT || status == NEURON_E_DATA, "byte %zu: %s (%s)",
                        place, neuron_error_name(status), neuron_error_last());
        ck_assert_double_eq(neuron_trainer_progress(half.trainer, "step"), 2);
        write_byte(wrong, place, file.data[place]);
    }
    free(file.data);
    assert_unchanged();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resume-refused");
    TCase *tests = tcase_create("refuse");
    tcase_set_timeout(tests, 0);
    tcase_add_unchecked_fixture(tests, train_half, drop_half);
    tcase_add_test(tests, another_training_is_refused);
    tcase_add_test(tests, other_weights_are_refused);
    tcase_add_test(tests, other_files_are_refused);
    tcase_add_test(tests, cut_files_are_refused);
    tcase_add_test(tests, wrong_states_are_refused);
    tcase_add_test(tests, other_validation_weights_are_refused);
    tcase_add_test(tests, nothing_may_be_missing);
    tcase_add_test(tests, options_that_are_missing_take_their_default);
    tcase_add_test(tests, damaged_headers_change_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
