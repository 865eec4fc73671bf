/* Nothing is allocated where time counts. */
#include "failing-memory.h"

typedef struct counter {
    long last;
    int steps;
} counter;

static int count_step(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    counter *c = user_data;
    long now = atomic_load(&calls);
    if (neuron_trainer_progress(trainer, "step") > 1)
        assert_that(now == c->last, "a step allocates %ld times", now - c->last);
    c->last = now;
    c->steps++;
    return 0;
}

START_TEST(steps_allocate_nothing)
{
    kind = NO_FAULT;
    atomic_store(&live, 0);
    world w = make_world();
    counter c = {0};
    assert_ok(neuron_optimizer_set_number(w.adam, "clip_norm", _i));
    assert_ok(make_trainer(&w, NULL, NULL));
    assert_ok(neuron_trainer_set(w.trainer, "epochs=3"));
    assert_ok(neuron_trainer_add_function(w.trainer, NEURON_EVENT_STEP_END, count_step, &c, NULL));
    assert_ok(neuron_trainer_run(NULL, w.trainer));
    ck_assert_int_eq(c.steps, 3 * EXAMPLES / BATCH);
    end_world(&w);
    ck_assert_int_eq(atomic_load(&live), 0);
}
END_TEST

START_TEST(second_predictions_allocate_nothing)
{
    kind = NO_FAULT;
    atomic_store(&live, 0);
    world w = make_world();
    const int64_t counts[] = {1, 5, 128, 300};
    for (int i = 0; i < 4; i++) {
        neuron_tensor_t *input, *output;
        assert_ok(neuron_tensor_create(&input, w.context, NEURON_TYPE_F32,
                                       (const int64_t[]){counts[i], SIZE, SIZE, 1}, 4));
        assert_ok(neuron_tensor_create(&output, w.context, NEURON_TYPE_F32,
                                       (const int64_t[]){counts[i], TEST_CLASSES}, 2));
        assert_ok(neuron_graph_predict(w.graph, input, output));
        long before = atomic_load(&calls);
        for (int again = 0; again < 3; again++)
            assert_ok(neuron_graph_predict(w.graph, input, output));
        ck_assert_int_eq(atomic_load(&calls), before);
        neuron_tensor_unref(output);
        neuron_tensor_unref(input);
    }
    end_world(&w);
    ck_assert_int_eq(atomic_load(&live), 0);
}
END_TEST

int main(void)
{
    json_set_alloc_funcs(json_allocate, json_release);
    Suite *suite = suite_create("memory-steps");
    TCase *cases = tcase_create("memory-steps");
    tcase_set_timeout(cases, 0);
    tcase_add_loop_test(cases, steps_allocate_nothing, 0, 2);
    tcase_add_test(cases, second_predictions_allocate_nothing);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
