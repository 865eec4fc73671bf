/* Several ranks with networks of several inputs and outputs, and with steps on batches of the
 * caller's. */
#include "test-ranks.h"
#include "test-several.h"

typedef struct result {
    float *parameters;
    size_t count;
    double figures[3][3]; /* loss, accuracy and validation loss of each output */
    double losses[6];     /* of the caller's steps */
} result;

typedef struct task {
    result expected;
    bool steps;
} task;

static void train_several(neuron_trainer_t *trainer, neuron_context_t *context, result *found)
{
    examples validation = make_examples(context, 7, 40);
    zip_examples(&validation);
    assert_ok(neuron_trainer_set_validation(trainer, validation.zipped));
    assert_ok(neuron_trainer_set(trainer, "epochs=3"));
    neuron_history_t *history;
    assert_ok(neuron_trainer_run(&history, trainer));
    for (int i = 0; i < 3; i++) {
        found->figures[i][0] = output_figure(history, 2, i, "loss");
        found->figures[i][1] = output_figure(history, 2, i, "accuracy");
        found->figures[i][2] = output_figure(history, 2, i, "validation_loss");
    }
    neuron_history_unref(history);
    drop_examples(&validation);
}

/* Batches of 11, 1 and 5 examples, all of them on each rank. */
static void do_steps(neuron_trainer_t *trainer, neuron_context_t *context, result *found)
{
    static const int64_t counts[] = {11, 1, 5};
    for (int i = 0; i < 6; i++) {
        examples e = make_examples(context, counts[i % 3], 50 + (uint32_t)i);
        neuron_tensor_t *inputs[] = {e.a, e.b}, *targets[] = {e.kinds, e.sizes, e.marks};
        assert_ok(neuron_trainer_step(&found->losses[i], trainer, inputs, 2, targets, 3, NULL));
        drop_examples(&e);
    }
}

static result train(neuron_context_t *context, neuron_communicator_t *communicator, bool steps)
{
    result found = {.parameters = NULL};
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_graph_t *graph = three_heads(context);
    examples e = make_examples(context, EXAMPLES, 30);
    zip_examples(&e);
    assert_ok(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.05"));
    assert_ok(neuron_trainer_create(&trainer, graph, adam, e.zipped));
    set_losses(trainer, context, 0.5, 2);
    assert_ok(neuron_trainer_set(trainer, "parts=4, batch_size=6"));
    if (communicator)
        assert_ok(neuron_trainer_set_communicator(trainer, communicator));
    if (steps)
        do_steps(trainer, context, &found);
    else
        train_several(trainer, context, &found);
    found.parameters = test_parameters(graph, &found.count);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    drop_examples(&e);
    neuron_graph_unref(graph);
    return found;
}

static void train_rank(test_rank *own)
{
    const task *given = own->user_data;
    result found = train(own->context, own->communicator, given->steps);
    ck_assert_uint_eq(found.count, given->expected.count);
    ck_assert_int_eq(memcmp(found.parameters, given->expected.parameters,
                            found.count * sizeof *found.parameters),
                     0);
    ck_assert_int_eq(memcmp(found.figures, given->expected.figures, sizeof found.figures), 0);
    ck_assert_int_eq(memcmp(found.losses, given->expected.losses, sizeof found.losses), 0);
    free(found.parameters);
}

START_TEST(several_outputs)
{
    task given = {.steps = _i == 1};
    neuron_context_t *context;
    assert_ok(neuron_context_create(&context, "seed=1, threads=1"));
    given.expected = train(context, NULL, given.steps);
    ck_assert(given.steps ? given.expected.losses[5] > 0 : given.expected.figures[1][0] > 0);
    for (int32_t size = 1; size <= 4; size++) {
        test_ranks all = {
            .size = size, .threads = size, .work = train_rank, .user_data = &given, .dying = -1};
        test_run_ranks(&all);
    }
    free(given.expected.parameters);
    neuron_context_unref(context);
}
END_TEST

/* What a single trainer with parts, or with a communicator, refuses. */
START_TEST(refused)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = three_heads(context);
    examples e = make_examples(context, EXAMPLES, 30);
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_communicator_t *communicator;
    neuron_tensor_t *inputs[] = {e.a, e.b}, *targets[] = {e.kinds, e.sizes, e.marks};
    neuron_tensor_t *gradients[] = {NULL, e.sizes, NULL};
    zip_examples(&e);
    assert_ok(neuron_optimizer_create(&adam, context, "adam", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, adam, e.zipped));
    set_losses(trainer, context, 1, 1);
    assert_ok(neuron_communicator_create(&communicator, context, 0, 1, NULL, NULL, NULL));
    assert_ok(neuron_trainer_set(trainer, "parts=2, micro_batch_size=3"));
    assert_status(neuron_trainer_run(NULL, trainer), NEURON_E_ARGUMENT);
    ck_assert_str_eq(neuron_error_last(), "trainer: parts is 2 and micro_batch_size 3; a batch is "
                                          "computed in the one or the other");
    assert_status(neuron_trainer_step(NULL, trainer, inputs, 2, targets, 3, NULL),
                  NEURON_E_ARGUMENT);
    assert_ok(neuron_trainer_set(trainer, "micro_batch_size=0"));
    assert_status(neuron_trainer_step_by_gradient(trainer, inputs, 2, gradients, 3),
                  NEURON_E_UNSUPPORTED);
    assert_ok(neuron_trainer_step(NULL, trainer, inputs, 2, targets, 3, NULL));
    assert_status(neuron_trainer_set(trainer, "parts=3"), NEURON_E_STATE);
    ck_assert_str_eq(neuron_error_last(),
                     "trainer: the number of parts is set before the first step");
    /* With the same number of parts a communicator may come, and go. */
    assert_ok(neuron_trainer_set_communicator(trainer, communicator));
    assert_ok(neuron_trainer_step(NULL, trainer, inputs, 2, targets, 3, NULL));
    assert_ok(neuron_trainer_set_communicator(trainer, NULL));
    assert_ok(neuron_trainer_step(NULL, trainer, inputs, 2, targets, 3, NULL));
    neuron_trainer_unref(trainer);
    assert_ok(neuron_trainer_create(&trainer, graph, adam, e.zipped));
    set_losses(trainer, context, 1, 1);
    assert_ok(neuron_trainer_step(NULL, trainer, inputs, 2, targets, 3, NULL));
    assert_status(neuron_trainer_set_communicator(trainer, communicator), NEURON_E_STATE);
    neuron_communicator_unref(communicator);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    drop_examples(&e);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ranks-steps");
    TCase *tests = tcase_create("ranks-steps");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, several_outputs, 0, 2);
    tcase_add_test(tests, refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
