/* The handle: what it takes and refuses, and what it does with its data. */
#include "trainer-bench.h"

#include "train/trainer.h"

#include <math.h>

START_TEST(nothing_is_null)
{
    bench b = set_up(test_linear);
    neuron_trainer_t *made = b.trainer;
    assert_status(neuron_trainer_create(NULL, b.graph, b.optimizer, b.train), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_create(&made, NULL, b.optimizer, b.train), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(made);
    assert_status(neuron_trainer_create(&made, b.graph, NULL, b.train), NEURON_E_ARGUMENT);
    assert_message("optimizer");
    double value;
    size_t needed;
    assert_status(neuron_trainer_set(NULL, "epochs=1"), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_set(NULL, "validation_split=0"), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_set_number(NULL, "epochs", 1), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_set_number(b.trainer, NULL, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_get_number(&value, NULL, "epochs"), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_get_number(&value, b.trainer, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_get_number(NULL, b.trainer, "epochs"), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_get_text(NULL, 0, &needed, NULL, "epochs"), NEURON_E_ARGUMENT);
    assert_ok(neuron_trainer_set(b.trainer, NULL));
    assert_status(neuron_trainer_set_validation(NULL, b.train), NEURON_E_ARGUMENT);
    neuron_history_t *history = (neuron_history_t *)&made;
    assert_status(neuron_trainer_run(&history, NULL), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(history);
    assert_status(neuron_trainer_save(NULL, "x"), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_save(b.trainer, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_load(NULL, "x"), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_load(b.trainer, NULL), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(neuron_trainer_graph(NULL));
    ck_assert_ptr_null(neuron_trainer_optimizer(NULL));
    ck_assert_ptr_null(neuron_trainer_history(NULL));
    ck_assert_double_nan(neuron_trainer_progress(NULL, "epoch"));
    ck_assert_double_nan(neuron_trainer_progress(b.trainer, "epoc"));
    assert_message("trainer: there is no progress \"epoc\"; did you mean \"epoch\"?");
    ck_assert_double_nan(neuron_trainer_progress(b.trainer, NULL));
    ck_assert_ptr_null(neuron_trainer_ref(NULL));
    neuron_trainer_unref(NULL);
    tear_down(&b);
}
END_TEST

START_TEST(handles_may_go_in_any_order)
{
    bench b = set_up(test_mlp);
    ck_assert_ptr_eq(neuron_trainer_graph(b.trainer), b.graph);
    ck_assert_ptr_eq(neuron_trainer_optimizer(b.trainer), b.optimizer);
    ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(b.trainer)), 0);
    neuron_context_unref(b.context);
    neuron_graph_unref(b.graph);
    neuron_dataset_unref(b.train);
    neuron_dataset_unref(b.validation);
    neuron_optimizer_unref(b.optimizer);
    neuron_history_t *history;
    neuron_trainer_unref(neuron_trainer_ref(b.trainer));
    assert_ok(neuron_trainer_run(&history, b.trainer));
    neuron_trainer_unref(b.trainer);
    ck_assert_int_eq(neuron_history_epochs(history), 1);
    neuron_history_unref(history);
}
END_TEST

START_TEST(settings_have_bounds)
{
    bench b = set_up(test_linear);
    neuron_trainer_t *t = b.trainer;
    assert_status(neuron_trainer_set(t, "batch_size=0"), NEURON_E_ARGUMENT);
    assert_message("trainer: batch_size is 0; it must be 1");
    assert_status(neuron_trainer_set(t, "batch_size=-3"), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_set(t, "batch_size=2.5"), NEURON_E_ARGUMENT);
    assert_message("trainer: batch_size is 2.5; it must be 1");
    assert_status(neuron_trainer_set_number(t, "batch_size", 9223372036854775807.0),
                  NEURON_E_ARGUMENT);
    assert_message("trainer: batch_size is 9");
    assert_status(neuron_trainer_set(t, "epochs=-1"), NEURON_E_ARGUMENT);
    assert_message("trainer: epochs is -1; it must be 0");
    assert_status(neuron_trainer_set(t, "shuffle=2"), NEURON_E_ARGUMENT);
    assert_message("trainer: shuffle is 2; it must be yes or no");
    assert_status(neuron_trainer_set_number(t, "shuffle", 2), NEURON_E_ARGUMENT);
    assert_message("trainer: shuffle is 2; it must be yes or no");
    assert_status(neuron_trainer_set(t, "batchsize=1"), NEURON_E_ARGUMENT);
    assert_message("trainer: there is no option \"batchsize\"; did you mean \"batch_size\"?");
    assert_status(neuron_trainer_set_number(t, "vs", 0.5), NEURON_E_ARGUMENT);
    assert_message("trainer: there is no option \"vs\"; did you mean \"validation_split\"?");
    assert_status(neuron_trainer_set(t, "learning_rate=1"), NEURON_E_ARGUMENT);
    assert_message("its options are epochs, batch_size, micro_batch_size, shuffle, "
                   "validation_split, workers");
    const double splits[] = {-0.1, 1, 2, NAN, INFINITY};
    for (size_t i = 0; i < sizeof splits / sizeof splits[0]; i++) {
        assert_status(neuron_trainer_set_number(t, "validation_split", splits[i]),
                      NEURON_E_ARGUMENT);
        assert_message("trainer: validation_split is ");
    }
    /* What comes before it in the text is not set either. */
    assert_status(neuron_trainer_set(t, "batch_size=1, validation_split=0.999"), NEURON_E_DATA);
    assert_status(neuron_trainer_set(t, "batch_size=1, epochs=-1"), NEURON_E_ARGUMENT);
    assert_ok(neuron_trainer_run(NULL, t)); /* with the settings it had */
    ck_assert_double_eq(neuron_trainer_progress(t, "steps"), STEPS);
    tear_down(&b);
}
END_TEST

START_TEST(settings_can_be_read)
{
    static const struct {
        const char *option;
        double minimum, maximum, fallback, value;
    } cases[] = {
        {"epochs", 0, INT32_MAX, 1, 7},           {"batch_size", 1, INT32_MAX, 32, 5},
        {"micro_batch_size", 0, INT32_MAX, 0, 3}, {"shuffle", 0, 1, 1, 0},
        {"validation_split", 0, 1, 0, 0.25},      {"workers", -1, 256, -1, 2},
    };
    bench b = set_up(test_linear);
    neuron_trainer_t *t;
    char text[256];
    assert_ok(neuron_trainer_create(&t, b.graph, b.optimizer, b.train));
    for (int32_t i = 0; i < 6; i++) {
        const neuron_option_t *told = neuron_kind_option("trainer", "trainer", i);
        const char *option = cases[i].option;
        double value, minimum = cases[i].minimum, maximum = cases[i].maximum;
        bool split = i == 4; /* the bound is beyond, and leaves nothing of these examples */
        ck_assert_str_eq(neuron_option_name(told), option);
        ck_assert(neuron_option_minimum(told) == minimum);
        ck_assert(neuron_option_maximum(told) == (split ? nextafter(1, 0) : maximum));
        assert_ok(neuron_trainer_get_number(&value, t, option));
        ck_assert_double_eq(value, cases[i].fallback);
        if (!split)
            assert_ok(neuron_trainer_set_number(t, option, maximum));
        assert_status(neuron_trainer_set_number(t, option, split ? 1 : maximum + 1),
                      NEURON_E_ARGUMENT);
        assert_ok(neuron_trainer_set_number(t, option, minimum));
        assert_status(neuron_trainer_set_number(t, option, minimum - 1), NEURON_E_ARGUMENT);
        assert_ok(neuron_trainer_set_number(t, option, cases[i].value));
        assert_ok(neuron_trainer_get_number(&value, t, option));
        ck_assert_double_eq(value, cases[i].value);
    }
    ck_assert_str_eq(neuron_option_name(neuron_kind_option("trainer", "trainer", 6)), "metrics");
    ck_assert_ptr_null(neuron_kind_option("trainer", "trainer", 12));
    assert_ok(neuron_trainer_get_text(text, sizeof text, NULL, t, NULL));
    ck_assert_str_eq(
        text,
        "epochs=7, batch_size=5, micro_batch_size=3, shuffle=no, validation_split=0.25, workers=2, "
        "metrics=none, parts=0, callbacks=first, overlap=auto, data=whole, order=fixed");
    assert_ok(neuron_trainer_set(t, "epochs=8,shuffle=true"));
    assert_ok(neuron_trainer_get_text(text, sizeof text, NULL, t, "shuffle"));
    ck_assert_str_eq(text, "yes");
    double value;
    assert_status(neuron_trainer_get_number(&value, t, "momentum"), NEURON_E_ARGUMENT);
    assert_message("trainer: there is no option \"momentum\"");
    neuron_trainer_unref(t);
    tear_down(&b);
}
END_TEST

START_TEST(some_settings_come_too_late)
{
    bench b = set_up(test_linear);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    assert_status(neuron_trainer_set(b.trainer, "batch_size=4"), NEURON_E_STATE);
    assert_message("batch size");
    assert_status(neuron_trainer_set(b.trainer, "shuffle=no"), NEURON_E_STATE);
    assert_message("shuffling");
    assert_status(neuron_trainer_set(b.trainer, "validation_split=0.2"), NEURON_E_STATE);
    assert_message("validation split");
    assert_status(neuron_trainer_set_validation(b.trainer, b.validation), NEURON_E_STATE);
    assert_message("validation set");
    assert_status(neuron_trainer_set(b.trainer, "epochs=3, batch_size=4"), NEURON_E_STATE);
    double epochs;
    assert_ok(neuron_trainer_get_number(&epochs, b.trainer, "epochs"));
    ck_assert_double_eq(epochs, 1);
    /* What is as it was is never too late. */
    assert_ok(neuron_trainer_set(b.trainer, "shuffle=yes, validation_split=0, epochs=2"));
    assert_ok(neuron_trainer_set_number(b.trainer, "batch_size", BATCH));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert_double_eq(neuron_trainer_progress(b.trainer, "epoch"), 2);
    tear_down(&b);
}
END_TEST

START_TEST(a_split_and_a_validation_set_exclude_each_other)
{
    bench b = set_up(test_linear);
    assert_ok(neuron_trainer_set(b.trainer, "validation_split=0.2"));
    assert_status(neuron_trainer_set_validation(b.trainer, b.validation), NEURON_E_ARGUMENT);
    assert_message("validation split");
    assert_ok(neuron_trainer_set_validation(b.trainer, NULL));
    ck_assert_ptr_nonnull(b.trainer->data.validation); /* that of the split stays */
    assert_ok(neuron_trainer_set(b.trainer, "validation_split=0"));
    assert_ok(neuron_trainer_set_validation(b.trainer, b.validation));
    assert_status(neuron_trainer_set(b.trainer, "validation_split=0.2"), NEURON_E_ARGUMENT);
    assert_message("validation set");
    assert_ok(neuron_trainer_set_validation(b.trainer, NULL));
    assert_ok(neuron_trainer_set(b.trainer, "validation_split=0.2"));
    tear_down(&b);
}
END_TEST

/* The share held out is the end of the examples: training on the two halves by hand is the same. */
START_TEST(a_split_takes_the_end)
{
    bench a = set_up(test_mlp), b = set_up(test_mlp);
    neuron_dataset_t *first, *last;
    neuron_trainer_t *by_hand;
    assert_ok(neuron_dataset_subset(&first, b.train, 0, 40));
    assert_ok(neuron_dataset_subset(&last, b.train, 40, 10));
    assert_ok(neuron_trainer_create(&by_hand, b.graph, b.optimizer, first));
    assert_ok(neuron_trainer_set_number(by_hand, "batch_size", BATCH));
    assert_ok(neuron_trainer_set_validation(by_hand, last));
    assert_ok(neuron_trainer_set(a.trainer, "validation_split=0.2"));
    neuron_history_t *history[2];
    assert_ok(neuron_trainer_run(&history[0], a.trainer));
    assert_ok(neuron_trainer_run(&history[1], by_hand));
    ck_assert(same_parameters(a.graph, b.graph));
    ck_assert_double_eq(test_figure(history[0], 0, "validation_loss"),
                        test_figure(history[1], 0, "validation_loss"));
    neuron_history_unref(history[0]);
    neuron_history_unref(history[1]);
    neuron_trainer_unref(by_hand);
    neuron_dataset_unref(last);
    neuron_dataset_unref(first);
    tear_down(&b);
    tear_down(&a);
}
END_TEST

START_TEST(data_must_fit_the_graph)
{
    bench b = set_up(test_linear);
    neuron_trainer_t *t;
    neuron_dataset_t *wide = test_glyphs(b.context, 10, SIZE + 1), *none;
    assert_status(neuron_trainer_create(&t, b.graph, b.optimizer, wide), NEURON_E_SHAPE);
    assert_message("13x13x1");
    assert_message("12x12x1");
    assert_status(neuron_trainer_set_validation(b.trainer, wide), NEURON_E_SHAPE);
    assert_message("13x13x1");
    assert_ok(neuron_dataset_subset(&none, b.train, 0, 0));
    assert_status(neuron_trainer_create(&t, b.graph, b.optimizer, none), NEURON_E_DATA);
    assert_message("no examples");
    assert_status(neuron_trainer_set_validation(b.trainer, none), NEURON_E_DATA);

    neuron_graph_t *three;
    assert_ok(neuron_graph_create(&three, b.context));
    neuron_node_t *x =
        neuron_flatten(three, neuron_input(three, (const int64_t[]){SIZE, SIZE, 1}, 3));
    neuron_node_t *y = neuron_dense(three, x, 3, NULL);
    assert_status(neuron_trainer_create(&t, three, b.optimizer, b.train), NEURON_E_STATE);
    assert_message("not finished");
    assert_ok(neuron_graph_finish(three, y));
    assert_status(neuron_trainer_create(&t, three, b.optimizer, b.train), NEURON_E_SHAPE);
    assert_message("10 classes");
    ck_assert_ptr_null(t);
    neuron_graph_unref(three);
    neuron_dataset_unref(none);
    neuron_dataset_unref(wide);
    tear_down(&b);
}
END_TEST

/* Ten classes that are called by a letter each. */
static void name_classes(neuron_dataset_t *dataset, const char *letters)
{
    char texts[TEST_CLASSES][2] = {{0}};
    const char *names[TEST_CLASSES];
    for (int k = 0; k < TEST_CLASSES; k++) {
        texts[k][0] = letters[k];
        names[k] = texts[k];
    }
    neuron_tensor_unref(dataset->class_names);
    assert_ok(
        neuron_class_names_pack(&dataset->class_names, dataset->context, names, TEST_CLASSES));
}

START_TEST(classes_must_have_the_same_names)
{
    bench b = set_up(test_linear);
    name_classes(b.validation, "abdefghijk");
    assert_ok(neuron_trainer_set_validation(b.trainer, b.validation)); /* only one has names */
    assert_ok(neuron_trainer_set_validation(b.trainer, NULL));
    name_classes(b.train, "abcdefghij");
    assert_status(neuron_trainer_set_validation(b.trainer, b.validation), NEURON_E_DATA);
    assert_message("trainer: class 2 is \"c\" in the training set and \"d\" in the validation set");
    ck_assert_ptr_null(b.trainer->data.validation);
    name_classes(b.validation, "abcdefghij");
    assert_ok(neuron_trainer_set_validation(b.trainer, b.validation));
    tear_down(&b);
}
END_TEST

START_TEST(a_vote_cannot_be_trained)
{
    bench b = set_up(test_linear);
    neuron_graph_t *vote;
    neuron_trainer_t *t;
    assert_ok(neuron_committee_create(&vote, b.context, &b.graph, 1, NULL, "rule=majority_vote"));
    assert_status(neuron_trainer_create(&t, vote, b.optimizer, b.train), NEURON_E_UNSUPPORTED);
    assert_message("committee");
    assert_message("vote");
    neuron_graph_unref(vote);
    tear_down(&b);
}
END_TEST

/* ---- Callbacks ---- */
/* ---- Checkpoints ---- */
int main(void)
{
    Suite *suite = suite_create("trainer");
    TCase *cases = tcase_create("trainer");
    tcase_set_timeout(cases, 0);
    tcase_add_test(cases, nothing_is_null);
    tcase_add_test(cases, handles_may_go_in_any_order);
    tcase_add_test(cases, settings_have_bounds);
    tcase_add_test(cases, settings_can_be_read);
    tcase_add_test(cases, some_settings_come_too_late);
    tcase_add_test(cases, a_split_and_a_validation_set_exclude_each_other);
    tcase_add_test(cases, a_split_takes_the_end);
    tcase_add_test(cases, data_must_fit_the_graph);
    tcase_add_test(cases, classes_must_have_the_same_names);
    tcase_add_test(cases, a_vote_cannot_be_trained);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
