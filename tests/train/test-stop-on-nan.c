/* A loss that is no number ends the training, and takes back what it came from. */
#include "callback-bench.h"

typedef struct spoiler {
    int64_t epoch, step; /* after which, from 1, one weight is spoiled */
    float value;
} spoiler;

static int spoil(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    const spoiler *s = user_data;
    if (event != NEURON_EVENT_STEP_END ||
        neuron_trainer_progress(trainer, "epoch") != (double)s->epoch ||
        neuron_trainer_progress(trainer, "step") != (double)s->step)
        return 0;
    size_t count;
    neuron_graph_t *graph = neuron_trainer_graph(trainer);
    assert_ok(neuron_graph_read_array(NULL, 0, &count, graph, 0));
    float *values = malloc(count * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = s->value;
    assert_ok(neuron_graph_write_array(graph, 0, values, count));
    free(values);
    return 0;
}

START_TEST(a_bad_loss_ends_the_training)
{
    static const struct {
        spoiler spoiler;
        int64_t kept;
        const char *reason;
    } cases[] = {
        {{3, 1, NAN},
         2,
         "stop_on_nan: the loss of epoch 3, step 2 is not a number; the parameters are those of "
         "epoch 2"},
        /* At the end of an epoch, which then leaves nothing to go back to. */
        {{2, 2, NAN},
         1,
         "stop_on_nan: the loss of epoch 3, step 1 is not a number; the parameters are those of "
         "epoch 1"},
        {{1, 1, NAN},
         0,
         "stop_on_nan: the loss of epoch 1, step 2 is not a number; the parameters are those of "
         "epoch 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bench b = set_up(5);
        album pictures = {.count = 0};
        spoiler s = cases[i].spoiler;
        size_t count;
        float *start = test_parameters(b.graph, &count);
        add_custom(&b, take_picture, &pictures);
        add_custom(&b, spoil, &s);
        add(&b, "stop_on_nan", NULL);
        neuron_history_t *history;
        assert_ok(neuron_trainer_run(&history, b.trainer));
        ck_assert_ptr_nonnull(history);
        neuron_history_unref(history);
        ck_assert_str_eq(neuron_trainer_stop_reason(b.trainer), cases[i].reason);
        if (cases[i].kept > 0) {
            ck_assert(looks_like(&b, &pictures, cases[i].kept - 1));
        } else {
            float *end = test_parameters(b.graph, &count);
            ck_assert_mem_eq(start, end, count * sizeof *end);
            free(end);
        }
        int64_t epochs = epochs_of(&b);
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        ck_assert_int_eq(epochs_of(&b), epochs);
        free(start);
        drop_album(&pictures);
        tear_down(&b);
    }
}
END_TEST

static int answer_once(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)trainer;
    int64_t *left = user_data; /* steps until then */
    return event == NEURON_EVENT_STEP_END && --*left == 0 ? NEURON_STOP : 0;
}

static void spoil_slots(neuron_trainer_t *trainer)
{
    for (int32_t i = 0; i < trainer->optimizer->rule->slot_count; i++)
        for (int64_t j = 0; j < trainer->graph->trainable_count; j++)
            neuron_step_slots(trainer->step)[i][j] = 1e30f;
}

static int spoil_all(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    const spoiler *s = user_data;
    if (event == NEURON_EVENT_STEP_END &&
        neuron_trainer_progress(trainer, "epoch") == (double)s->epoch)
        spoil_slots(trainer);
    return spoil(trainer, event, user_data);
}

/* What the optimizer remembers goes back too: also to the beginning, and from a file. */
START_TEST(a_bad_loss_takes_momenta_back)
{
    for (int64_t epoch = 1; epoch <= 2; epoch++)
        for (int file = 0; file < 2; file++) {
            bench b = set_up(4), c = set_up(4);
            bench *benches[] = {&b, &c};
            spoiler s = {epoch, 1, NAN};
            int64_t steps = file ? epoch * STEPS - 1 : 0;
            const char *path = test_file("momenta");
            for (int i = 0; i < 2; i++) {
                add_custom(benches[i], spoil_all, &s);
                add(benches[i], "stop_on_nan", NULL);
                add_custom(benches[i], answer_once, &steps);
            }
            neuron_trainer_t *trainer = b.trainer;
            if (file) {
                ck_assert_int_eq(neuron_trainer_run(NULL, trainer), NEURON_STOP);
                assert_ok(neuron_trainer_save(trainer, path));
                trainer = c.trainer;
                assert_ok(neuron_trainer_load(trainer, path));
            }
            assert_ok(neuron_trainer_run(NULL, trainer));
            ck_assert(neuron_trainer_stop_reason(trainer)[0]);
            const float *slot = neuron_step_slots(trainer->step)[0];
            float largest = 0;
            for (int64_t i = 0; i < trainer->graph->trainable_count; i++)
                largest = fmaxf(largest, fabsf(slot[i]));
            ck_assert(epoch == 1 ? largest == 0 : largest > 0 && largest < 10);
            assert_ok(neuron_trainer_clear_stop(trainer));
            s.epoch = 0;
            assert_ok(neuron_trainer_run(NULL, trainer));
            ck_assert_str_eq(neuron_trainer_stop_reason(trainer), "");
            ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(trainer)), 4);
            tear_down(&c);
            tear_down(&b);
        }
}
END_TEST

static bench set_up_adam(spoiler *s)
{
    bench b = set_up(4);
    neuron_trainer_unref(b.trainer);
    neuron_optimizer_unref(b.optimizer);
    assert_ok(neuron_optimizer_create(&b.optimizer, b.context, "adam", NULL));
    assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, b.train));
    assert_ok(neuron_trainer_set_number(b.trainer, "batch_size", BATCH));
    assert_ok(neuron_trainer_set(b.trainer, "epochs=4"));
    add(&b, "stop_on_nan", NULL);
    add_custom(&b, spoil, s);
    return b;
}

static int stop_now(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    (void)trainer;
    (void)user_data;
    return NEURON_STOP;
}

/* The largest change of a trained parameter in the next step. */
static double next_change(const bench *b)
{
    size_t count = (size_t)b->graph->trainable_count;
    double largest = 0;
    float *before = malloc(count * sizeof *before);
    memcpy(before, b->graph->values, count * sizeof *before);
    assert_ok(neuron_trainer_add_function(b->trainer, NEURON_EVENT_STEP_END, stop_now, NULL, NULL));
    ck_assert_int_eq(neuron_trainer_run(NULL, b->trainer), NEURON_STOP);
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)b->graph->values[i] - (double)before[i]));
    free(before);
    return largest;
}

/* Adam's first step changes a parameter by the learning rate; the next ones from empty moments
 * would not. What the optimizer remembers goes back to the beginning with its number of steps. */
START_TEST(a_bad_loss_takes_the_number_of_steps_back)
{
    for (int file = 0; file < 3; file++) { /* saved before the bad loss or after it */
        spoiler s = {1, 1, NAN};
        bench b = set_up_adam(&s), c = set_up_adam(&s);
        bench *live = &b;
        const char *path = test_file("steps");
        if (file == 1) {
            assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_STEP_END, stop_now, NULL,
                                                  NULL));
            ck_assert_int_eq(neuron_trainer_run(NULL, b.trainer), NEURON_STOP);
            assert_ok(neuron_trainer_save(b.trainer, path));
            assert_ok(neuron_trainer_load(c.trainer, path));
            live = &c;
        }
        assert_ok(neuron_trainer_run(NULL, live->trainer));
        ck_assert(neuron_trainer_stop_reason(live->trainer)[0]);
        if (file == 2) {
            assert_ok(neuron_trainer_save(b.trainer, path));
            assert_ok(neuron_trainer_load(c.trainer, path));
            live = &c;
        }
        assert_ok(neuron_trainer_clear_stop(live->trainer));
        s.epoch = 0;
        ck_assert_double_eq_tol(next_change(live), 0.001, 1e-5);
        tear_down(&c);
        tear_down(&b);
    }
}
END_TEST

/* Parameters that the caller writes between two runs are those to go back to. */
START_TEST(a_bad_loss_and_the_callers_parameters)
{
    bench b = set_up(2), other = set_up(1);
    spoiler s = {3, 1, NAN};
    assert_ok(neuron_trainer_run(NULL, other.trainer));
    add(&b, "stop_on_nan", NULL);
    add_custom(&b, spoil, &s);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert(!same_parameters(b.graph, other.graph));
    copy_parameters(b.graph, other.graph);
    assert_ok(neuron_trainer_set(b.trainer, "epochs=4"));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert(neuron_trainer_stop_reason(b.trainer)[0]);
    ck_assert(same_parameters(b.graph, other.graph));
    tear_down(&other);
    tear_down(&b);
}
END_TEST

static int no_number(neuron_custom_run_t *run, void *user_data)
{
    (void)run;
    return *(const int *)user_data;
}

/* A layer of the caller's that returns the number which a bad loss has. */
START_TEST(a_number_of_a_layer_is_no_bad_loss)
{
    bench b = set_up(1), other = b;
    int answer = NEURON_E_NOT_FINITE;
    neuron_history_t *history = (neuron_history_t *)&answer;
    assert_ok(neuron_custom_layer_register(b.context, "no_number", no_number, no_number, NULL,
                                           &answer, NULL));
    assert_ok(neuron_graph_create(&other.graph, b.context));
    const int64_t shape[] = {SIZE, SIZE, 1};
    neuron_node_t *x = neuron_flatten(other.graph, neuron_input(other.graph, shape, 3));
    x = neuron_custom_layer(other.graph, "no_number", &x, 1, NULL, 0);
    x = neuron_dense(other.graph, x, TEST_CLASSES, NULL);
    assert_ok(neuron_graph_finish(other.graph, neuron_softmax(other.graph, x, NULL)));
    assert_ok(neuron_trainer_create(&other.trainer, other.graph, b.optimizer, b.train));
    add(&other, "stop_on_nan", NULL);
    assert_status(neuron_trainer_run(&history, other.trainer), NEURON_E_NOT_FINITE);
    assert_message("no_number: the forward callback returned");
    ck_assert_str_eq(neuron_trainer_stop_reason(other.trainer), "");
    ck_assert_ptr_null(history);
    neuron_trainer_unref(other.trainer);
    neuron_graph_unref(other.graph);
    tear_down(&b);
}
END_TEST

START_TEST(without_it_a_bad_loss_is_an_error)
{
    bench b = set_up(5);
    spoiler s = {1, 1, NAN};
    add_custom(&b, spoil, &s);
    add(&b, "warm_up", NULL);
    assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_E_NOT_FINITE);
    assert_message("the loss of epoch 1, step 2 is not a number");
    ck_assert_str_eq(neuron_trainer_stop_reason(b.trainer), "");
    tear_down(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stop-on-nan");
    TCase *tests = tcase_create("stop-on-nan");
    tcase_set_timeout(tests, 0);
    tcase_add_test(tests, a_bad_loss_ends_the_training);
    tcase_add_test(tests, a_bad_loss_takes_momenta_back);
    tcase_add_test(tests, a_bad_loss_takes_the_number_of_steps_back);
    tcase_add_test(tests, a_bad_loss_and_the_callers_parameters);
    tcase_add_test(tests, a_number_of_a_layer_is_no_bad_loss);
    tcase_add_test(tests, without_it_a_bad_loss_is_an_error);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
