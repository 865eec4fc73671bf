/* When callbacks are called, what their answers do, and how they go together. */
#include "callback-bench.h"

#include <stdio.h>

/* ---- Events ---- */

/* What was called, as text: "A" and the event's letter. */
typedef struct diary {
    char text[512];
} diary;

typedef struct writer {
    diary *diary;
    char name;
    int32_t event; /* where it answers */
    int answer;
} writer;

static char letter_of(int32_t event)
{
    switch (event) {
    case NEURON_EVENT_RUN_BEGIN:
        return 'b';
    case NEURON_EVENT_EPOCH_BEGIN:
        return 'e';
    case NEURON_EVENT_STEP_END:
        return 's';
    case NEURON_EVENT_EPOCH_END:
        return 't';
    default:
        ck_assert_int_eq(event, NEURON_EVENT_RUN_END);
        return 'x';
    }
}

static int write_down(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    writer *w = user_data;
    size_t length = strlen(w->diary->text);
    snprintf(w->diary->text + length, sizeof w->diary->text - length, "%c%c ", w->name,
             letter_of(event));
    const neuron_history_t *history = neuron_trainer_history(trainer);
    double epoch = neuron_trainer_progress(trainer, "epoch");
    if (event == NEURON_EVENT_EPOCH_BEGIN) {
        ck_assert_double_eq(neuron_trainer_progress(trainer, "step"), 0);
        ck_assert_double_eq(epoch, (double)neuron_history_epochs(history) + 1);
    }
    if (event == NEURON_EVENT_EPOCH_END)
        ck_assert_double_eq(epoch, (double)neuron_history_epochs(history));
    return event == w->event ? w->answer : 0;
}

static int write_step(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    (void)trainer;
    strcat(((diary *)user_data)->text, "S ");
    return 0;
}

static int write_epoch(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    (void)trainer;
    strcat(((diary *)user_data)->text, "E ");
    return 0;
}

/* Two functions that are called for everything, and two that are not. */
static bench set_up_writers(writer w[2], diary *d)
{
    bench b = set_up(2);
    d->text[0] = '\0';
    for (int i = 0; i < 2; i++) {
        w[i] = (writer){.diary = d, .name = (char)('A' + i)};
        add_custom(&b, write_down, &w[i]);
    }
    assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_STEP_END, write_step, d, NULL));
    assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_EPOCH_END, write_epoch, d, NULL));
    return b;
}

START_TEST(events_come_in_order)
{
    diary d;
    writer w[2];
    bench b = set_up_writers(w, &d);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert_str_eq(d.text, "Ab Bb Ae Be As Bs S As Bs S At Bt E "
                             "Ae Be As Bs S As Bs S At Bt E Ax Bx ");
    d.text[0] = '\0';
    assert_ok(neuron_trainer_run(NULL, b.trainer)); /* nothing to do */
    ck_assert_str_eq(d.text, "");
    tear_down(&b);
}
END_TEST

/* A run that is ended at any point goes on where it was, and nobody misses a call. */
START_TEST(an_answer_ends_the_run)
{
    static const struct {
        int32_t event;
        const char *name, *first, *second;
    } cases[] = {
        {NEURON_EVENT_RUN_BEGIN, "when the run began", "Ab Bb Ax Bx ", "Ab Bb Ae Be As "},
        {NEURON_EVENT_EPOCH_BEGIN, "before an epoch", "Ab Bb Ae Be Ax Bx ", "Ab Bb As "},
        {NEURON_EVENT_STEP_END, "after a step", "Ab Bb Ae Be As Bs S Ax Bx ", "Ab Bb As Bs S At "},
        {NEURON_EVENT_EPOCH_END, "after an epoch", "Ab Bb Ae Be As Bs S As Bs S At Bt E Ax Bx ",
         "Ab Bb Ae Be As "},
        {NEURON_EVENT_RUN_END, "when the run ended",
         "Ab Bb Ae Be As Bs S As Bs S At Bt E Ae Be As Bs S As Bs S At Bt E Ax Bx ", ""},
    };
    const int answers[] = {NEURON_STOP, 7, -5, NEURON_E_NOT_FINITE};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int j = 0; j < 4; j++) {
            diary d;
            writer w[2];
            bench b = set_up_writers(w, &d);
            neuron_history_t *history;
            add(&b, "stop_on_nan", NULL); /* has no say in a caller's number */
            w[0].event = w[1].event = cases[i].event;
            w[0].answer = answers[j];
            w[1].answer = -1; /* too late */
            int expected = answers[j] > NEURON_STOP ? NEURON_E_CALLBACK : answers[j];
            ck_assert_int_eq(neuron_trainer_run(&history, b.trainer), expected);
            ck_assert_str_eq(d.text, cases[i].first);
            ck_assert_str_eq(neuron_trainer_stop_reason(b.trainer), "");
            if (expected < 0) {
                char message[80];
                snprintf(message, sizeof message, "the callback function returned %d %s",
                         answers[j], cases[i].name);
                ck_assert_str_eq(neuron_error_last(), message);
            }
            ck_assert_ptr_eq(history, neuron_trainer_history(b.trainer));
            neuron_history_unref(history);
            w[0].event = w[1].event = 0;
            d.text[0] = '\0';
            assert_ok(neuron_trainer_run(NULL, b.trainer));
            /* Where the beginning of an epoch failed, it comes again. */
            const char *second = cases[i].event == NEURON_EVENT_EPOCH_BEGIN && expected < 0
                                     ? "Ab Bb Ae Be As "
                                     : cases[i].second;
            assert_that(strncmp(d.text, second, strlen(second)) == 0, "%s", d.text);
            tear_down(&b);
        }
}
END_TEST

/* ---- Batches of a validation ---- */

enum { JUDGED = 300, JUDGED_BATCHES = 3 };

/* Counts the batches; at one of them it saves a file, and answers. */
typedef struct judge {
    int calls, answers_at, answer;
    const char *path;
} judge;

static int count_judged(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    judge *j = user_data;
    ck_assert_int_eq(event, NEURON_EVENT_VALIDATION_STEP_END);
    ck_assert_double_eq(neuron_trainer_progress(trainer, "step"), STEPS);
    if (++j->calls != j->answers_at)
        return 0;
    assert_ok(neuron_trainer_save(trainer, j->path));
    return j->answer;
}

static bench set_up_judged(judge *j)
{
    bench b = set_up(2);
    neuron_dataset_unref(b.validation);
    assert_ok(neuron_dataset_generate_glyphs(&b.validation, b.context, JUDGED, SIZE, SIZE, 8));
    assert_ok(neuron_trainer_set_validation(b.trainer, b.validation));
    assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_VALIDATION_STEP_END, count_judged,
                                          j, NULL));
    return b;
}

static double last_loss_of(const bench *b)
{
    ck_assert_int_eq(epochs_of(b), 2);
    return neuron_history_row(b->trainer->history, 1)[2];
}

/* A large validation set need not be judged to its end; the epoch is then judged anew. */
START_TEST(a_validation_can_be_ended)
{
    const int answers[] = {0, NEURON_STOP, -5};
    static const char *path;
    path = path ? path : test_file("judged");
    judge none = {.calls = 0};
    bench whole = set_up_judged(&none);
    assert_ok(neuron_trainer_run(NULL, whole.trainer));
    ck_assert_int_eq(none.calls, 2 * JUDGED_BATCHES);
    for (int i = 0; i < 3; i++)
        for (int at = JUDGED_BATCHES + 1; at <= 2 * JUDGED_BATCHES; at++) {
            judge j = {.answers_at = at, .answer = answers[i], .path = path}, again = {.calls = 0};
            bench b = set_up_judged(&j), loaded = set_up_judged(&again);
            neuron_history_t *history;
            ck_assert_int_eq(neuron_trainer_run(&history, b.trainer), answers[i]);
            ck_assert_ptr_eq(history, neuron_trainer_history(b.trainer));
            neuron_history_unref(history);
            if (answers[i] < 0)
                assert_message("function returned -5 after a batch of the validation");
            if (answers[i] != 0) {
                ck_assert_int_eq(epochs_of(&b), 1);
                ck_assert_int_eq(j.calls, at);
                assert_ok(neuron_trainer_run(NULL, b.trainer));
                ck_assert_int_eq(j.calls, at + JUDGED_BATCHES);
            }
            assert_ok(neuron_trainer_load(loaded.trainer, path));
            assert_ok(neuron_trainer_run(NULL, loaded.trainer));
            ck_assert_int_eq(again.calls, JUDGED_BATCHES);
            ck_assert(same_parameters(whole.graph, b.graph));
            ck_assert(same_parameters(whole.graph, loaded.graph));
            ck_assert_double_eq(last_loss_of(&b), last_loss_of(&whole));
            ck_assert_double_eq(last_loss_of(&loaded), last_loss_of(&whole));
            tear_down(&b);
            tear_down(&loaded);
        }
    tear_down(&whole);
}
END_TEST

static int add_another(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    assert_status(neuron_trainer_add_callback(trainer, user_data), NEURON_E_STATE);
    assert_message("before a run");
    assert_status(neuron_trainer_clear_stop(trainer), NEURON_E_STATE);
    assert_message("is running");
    return 0;
}

START_TEST(the_list_is_closed_during_a_run)
{
    bench b = set_up(1);
    neuron_callback_t *c;
    assert_ok(neuron_callback_create(&c, b.context, "warm_up", NULL));
    add_custom(&b, add_another, c);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    neuron_callback_unref(c);
    tear_down(&b);
}
END_TEST

/* ---- Ends ---- */

/* Going on after an end gives the same as never having ended. */
START_TEST(a_stop_can_be_cleared)
{
    const double losses[] = {3, 1, 2, 2, 2, 2, 2};
    script s = {losses, 7};
    album pictures = {.count = 0}, others = {.count = 0};
    bench a = set_up(6), b = set_up(20);
    add_early(&a, play, &s);
    add_custom(&a, take_picture, &others);
    assert_ok(neuron_trainer_run(NULL, a.trainer));
    add_early(&b, play, &s);
    add_custom(&b, take_picture, &pictures);
    add(&b, "early_stopping", "patience=2, restore_best=yes");
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert_int_eq(epochs_of(&b), 4);
    ck_assert(looks_like(&b, &pictures, 1));
    assert_ok(neuron_trainer_clear_stop(b.trainer));
    ck_assert_str_eq(neuron_trainer_stop_reason(b.trainer), "");
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert_int_eq(epochs_of(&b), 6);
    ck_assert(looks_like(&b, &pictures, 1));
    for (int64_t epoch = 0; epoch < 6; epoch++) /* as if it had never stopped */
        ck_assert_mem_eq(pictures.epochs[epoch], others.epochs[epoch],
                         pictures.count * sizeof(float));
    drop_album(&pictures);
    drop_album(&others);
    tear_down(&b);
    tear_down(&a);
}
END_TEST

/* The same when the epochs were done and there are more of them. */
START_TEST(more_epochs_after_the_best)
{
    const double losses[] = {1, 2, 3, 4, 5, 6};
    script s = {losses, 6};
    album pictures = {.count = 0}, others = {.count = 0};
    bench a = set_up(6), b = set_up(3);
    add_custom(&a, take_picture, &others);
    assert_ok(neuron_trainer_run(NULL, a.trainer));
    add_early(&b, play, &s);
    add_custom(&b, take_picture, &pictures);
    for (int i = 0; i < 2; i++) { /* the second keeps another epoch */
        neuron_callback_t *c = add(&b, "early_stopping", "patience=20, restore_best=yes");
        assert_ok(neuron_callback_set_number(c, "start", i));
    }
    for (int64_t epochs = 3; epochs < 7; epochs++) {
        assert_ok(neuron_trainer_set_number(b.trainer, "epochs", (double)epochs));
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        ck_assert(looks_like(&b, &pictures, 1));
    }
    for (int64_t epoch = 0; epoch < 6; epoch++)
        ck_assert_mem_eq(pictures.epochs[epoch], others.epochs[epoch],
                         pictures.count * sizeof(float));
    drop_album(&pictures);
    drop_album(&others);
    tear_down(&b);
    tear_down(&a);
}
END_TEST

typedef struct one_output {
    neuron_tensor_t *input, *output;
    float values[TEST_CLASSES];
} one_output;

static void predict_one(const neuron_graph_t *graph, one_output *one)
{
    assert_ok(neuron_graph_predict(graph, one->input, one->output));
    memcpy(one->values, neuron_tensor_data_const(one->output), sizeof one->values);
}

static int predict_at_the_end_of_epochs(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    if (event == NEURON_EVENT_EPOCH_END)
        predict_one(neuron_trainer_graph(trainer), user_data);
    return 0;
}

/* Nothing that was made of the last epoch's parameters is left. */
START_TEST(the_best_epoch_predicts)
{
    const double losses[] = {1, 2, 3, 4};
    script s = {losses, 4};
    bench b = set_up(4);
    one_output last, best, copied;
    assert_ok(neuron_tensor_create(&last.input, b.context, NEURON_TYPE_F32,
                                   (const int64_t[]){1, SIZE, SIZE, 1}, 4));
    assert_ok(neuron_dataset_read(neuron_tensor_data(last.input), NULL, b.train, 0, 1));
    assert_ok(neuron_tensor_create(&last.output, b.context, NEURON_TYPE_F32,
                                   (const int64_t[]){1, TEST_CLASSES}, 2));
    add_early(&b, play, &s);
    add_custom(&b, predict_at_the_end_of_epochs, &last);
    add(&b, "early_stopping", "patience=20, restore_best=yes");
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    best = copied = last;
    predict_one(b.graph, &best);
    neuron_graph_t *copy = test_mlp(b.context, SIZE);
    copy_parameters(copy, b.graph);
    predict_one(copy, &copied);
    ck_assert_mem_eq(best.values, copied.values, sizeof best.values);
    ck_assert(memcmp(best.values, last.values, sizeof best.values) != 0);
    neuron_graph_unref(copy);
    neuron_tensor_unref(last.output);
    neuron_tensor_unref(last.input);
    tear_down(&b);
}
END_TEST

/* Parameters that the caller sets after the end are those to go on with. */
START_TEST(parameters_set_after_the_end)
{
    const double losses[] = {1, 2, 3, 4};
    script s = {losses, 4};
    bench a = set_up(3), b = set_up(3);
    bench *benches[] = {&a, &b};
    for (int i = 0; i < 2; i++) {
        add_early(benches[i], play, &s);
        neuron_callback_t *c = add(benches[i], "early_stopping", "patience=20");
        assert_ok(neuron_callback_set_number(c, "restore_best", i));
        assert_ok(neuron_trainer_run(NULL, benches[i]->trainer));
    }
    ck_assert(!same_parameters(a.graph, b.graph));
    copy_parameters(b.graph, a.graph);
    for (int i = 0; i < 2; i++) {
        assert_ok(neuron_trainer_set(benches[i]->trainer, "epochs=4"));
        assert_ok(neuron_trainer_run(NULL, benches[i]->trainer));
    }
    ck_assert(same_parameters(a.graph, b.graph)); /* the only epoch that was kept since */
    tear_down(&b);
    tear_down(&a);
}
END_TEST

/* Another error ended the run, then a callback answers. */
START_TEST(an_answer_after_an_error)
{
    const int answers[] = {NEURON_STOP, -5};
    for (int i = 0; i < 2; i++) {
        bench b = set_up(2);
        diary d = {""};
        writer w = {.diary = &d, .name = 'A', .event = NEURON_EVENT_RUN_END, .answer = answers[i]};
        neuron_history_t *history = (neuron_history_t *)&d;
        double value = NAN;
        neuron_callback_t *c;
        add_custom(&b, write_down, &w);
        assert_ok(neuron_callback_create_schedule(&c, b.context, no_rate, &value, NULL));
        assert_ok(neuron_trainer_add_callback(b.trainer, c));
        neuron_callback_unref(c);
        assert_status(neuron_trainer_run(&history, b.trainer), NEURON_E_ARGUMENT);
        assert_message("schedule: the function set the rate to ");
        ck_assert_ptr_null(history);
        tear_down(&b);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("callback-events");
    TCase *tests = tcase_create("callback-events");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, events_come_in_order);
    tcase_add_test(tests, an_answer_ends_the_run);
    tcase_add_test(tests, a_validation_can_be_ended);
    tcase_add_test(tests, the_list_is_closed_during_a_run);
    tcase_add_test(tests, a_stop_can_be_cleared);
    tcase_add_test(tests, more_epochs_after_the_best);
    tcase_add_test(tests, the_best_epoch_predicts);
    tcase_add_test(tests, parameters_set_after_the_end);
    tcase_add_test(tests, an_answer_after_an_error);
    return run_suite(suite);
}
