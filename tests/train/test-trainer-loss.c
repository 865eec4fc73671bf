/* Trainings by other losses, with weights of examples and of classes. */
#include "test-models.h"

#include "data/dataset.h"
#include "session/session.h"
#include "losses/definitions.h"

#include <math.h>

enum { INPUTS = 3, OUTPUTS = 4, EXAMPLES = 40, BATCH = 33, EPOCHS = 2, KERNEL = INPUTS * OUTPUTS };
enum { PARAMETERS = KERNEL + OUTPUTS };

static neuron_context_t *context;

static void setup(void)
{
    context = test_context();
}

static void teardown(void)
{
    neuron_context_unref(context);
}

static neuron_tensor_t *tensor(int32_t type, const int64_t *shape, int32_t rank, const void *data)
{
    neuron_tensor_t *made;
    assert_ok(neuron_tensor_copy(&made, context, type, shape, rank, (void *)(uintptr_t)data));
    return made;
}

/* Numbers from -1 to 1 without a pattern. */
static float wave(int i)
{
    return (float)sin(1.7 * i + 0.3 * i * i);
}

static int32_t label_of(int i)
{
    return (i * i + 1) % OUTPUTS;
}

static float weight_of(int i)
{
    const float weights[] = {1, 0.5f, 2, 0, 1, 3, 0.25f};
    return weights[i % 7];
}

static const double class_weights[OUTPUTS] = {0.5, 2, 1, 4};

/* What comes behind the dense layer. */
typedef enum ending { NOTHING, SOFTMAX, SIGMOID } ending;

typedef struct plan {
    loss_definition loss;
    ending last;
    bool numbers; /* targets of any kind */
    bool weighted, class_weighted;
} plan;

static void make_target(const plan *p, int example, float target[OUTPUTS])
{
    for (int k = 0; k < OUTPUTS; k++)
        target[k] = p->numbers ? 2 * wave(100 + example * OUTPUTS + k) : k == label_of(example);
}

static neuron_dataset_t *make_dataset(const plan *p)
{
    float values[EXAMPLES * INPUTS], weights[EXAMPLES], targets[EXAMPLES][OUTPUTS];
    int32_t labels[EXAMPLES];
    for (int i = 0; i < EXAMPLES * INPUTS; i++)
        values[i] = wave(i);
    for (int i = 0; i < EXAMPLES; i++) {
        labels[i] = label_of(i);
        weights[i] = weight_of(i);
        make_target(p, i, targets[i]);
    }
    neuron_tensor_t *examples =
        tensor(NEURON_TYPE_F32, (const int64_t[]){EXAMPLES, INPUTS}, 2, values);
    neuron_tensor_t *given =
        p->numbers ? tensor(NEURON_TYPE_F32, (const int64_t[]){EXAMPLES, OUTPUTS}, 2, targets)
                   : tensor(NEURON_TYPE_I32, (const int64_t[]){EXAMPLES}, 1, labels);
    neuron_dataset_t *dataset;
    if (p->numbers)
        assert_ok(neuron_dataset_create_with_targets(&dataset, context, examples, given));
    else
        assert_ok(neuron_dataset_create(&dataset, context, examples, given, OUTPUTS));
    if (p->weighted)
        assert_ok(neuron_dataset_set_weights(dataset, weights, EXAMPLES));
    neuron_tensor_unref(given);
    neuron_tensor_unref(examples);
    return dataset;
}

static float parameter(int i)
{
    return i < KERNEL ? wave(50 + i) / 2 : 0.3f;
}

static neuron_graph_t *make_graph(ending last)
{
    neuron_graph_t *graph;
    float values[PARAMETERS];
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *y =
        neuron_dense(graph, neuron_input(graph, (const int64_t[]){INPUTS}, 1), OUTPUTS, NULL);
    if (last == SOFTMAX)
        y = neuron_softmax(graph, y, NULL);
    if (last == SIGMOID)
        y = neuron_sigmoid(graph, y);
    assert_ok(neuron_graph_finish(graph, y));
    for (int i = 0; i < PARAMETERS; i++)
        values[i] = parameter(i);
    assert_ok(neuron_graph_write_array(graph, 0, values, KERNEL));
    assert_ok(neuron_graph_write_array(graph, 1, values + KERNEL, OUTPUTS));
    return graph;
}

static neuron_loss_t *make_loss(const loss_definition *d)
{
    neuron_loss_t *loss;
    assert_ok(neuron_loss_create(&loss, context, d->kind, NULL));
    assert_ok(loss_set(loss, d));
    return loss;
}

/* A trainer with its handles given away to it. */
static neuron_trainer_t *make_trainer(const plan *p, neuron_loss_t *loss)
{
    neuron_graph_t *graph = make_graph(p->last);
    neuron_dataset_t *dataset = make_dataset(p);
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", "learning_rate=0.1"));
    assert_ok(neuron_trainer_create(&trainer, graph, sgd, dataset));
    assert_ok(neuron_trainer_set_number(trainer, "batch_size", BATCH));
    assert_ok(neuron_trainer_set_number(trainer, "epochs", EPOCHS));
    assert_ok(neuron_trainer_set(trainer, "shuffle=no"));
    assert_ok(neuron_trainer_set_validation(trainer, dataset));
    assert_ok(neuron_trainer_set_loss(trainer, loss));
    if (p->class_weighted)
        assert_ok(neuron_trainer_set_class_weights(trainer, class_weights, OUTPUTS));
    neuron_dataset_unref(dataset);
    neuron_optimizer_unref(sgd);
    neuron_graph_unref(graph);
    return trainer;
}

/* ---- The same in double ---- */

static double example_loss(const plan *p, const double *w, int example)
{
    double y[OUTPUTS], sum = 0;
    float target[OUTPUTS];
    for (int k = 0; k < OUTPUTS; k++) {
        y[k] = w[KERNEL + k];
        for (int i = 0; i < INPUTS; i++)
            y[k] += (double)wave(example * INPUTS + i) * w[i * OUTPUTS + k];
    }
    for (int k = 0; k < OUTPUTS; k++)
        sum += exp(y[k]);
    for (int k = 0; k < OUTPUTS; k++)
        if (p->last != NOTHING)
            y[k] = p->last == SOFTMAX ? exp(y[k]) / sum : 1 / (1 + exp(-y[k]));
    make_target(p, example, target);
    return loss_by_definition(&p->loss, y, target, OUTPUTS);
}

static int32_t class_of(const plan *p, int example)
{
    float target[OUTPUTS];
    int32_t largest = 0;
    make_target(p, example, target);
    for (int32_t k = 1; k < OUTPUTS; k++)
        if (target[k] > target[largest])
            largest = k;
    return largest;
}

/* Sum of weight times loss. */
static double weighted_loss(const plan *p, const double *w, int first, int count, bool by_class)
{
    double sum = 0;
    for (int i = first; i < first + count; i++)
        sum += (p->weighted ? (double)weight_of(i) : 1) *
               (by_class && p->class_weighted ? class_weights[class_of(p, i)] : 1) *
               example_loss(p, w, i);
    return sum;
}

static void descend(const plan *p, double *w, int first, int count)
{
    double gradient[PARAMETERS];
    double width = 1e-6;
    for (int i = 0; i < PARAMETERS; i++) {
        double middle = w[i];
        w[i] = middle + width;
        double above = weighted_loss(p, w, first, count, true);
        w[i] = middle - width;
        gradient[i] = (above - weighted_loss(p, w, first, count, true)) / (2 * width) / count;
        w[i] = middle;
    }
    for (int i = 0; i < PARAMETERS; i++)
        w[i] -= 0.1 * gradient[i];
}

static const plan plans[] = {
    {{"cross_entropy", 0.1, 0, false}, SOFTMAX, false, false, false},
    {{"cross_entropy", 0, 0, false}, SOFTMAX, false, true, true},
    {{"distillation", 0.9, 4, false}, SOFTMAX, false, false, false},
    {{"distillation", 0.5, 2, false}, SOFTMAX, false, true, true},
    {{"distillation", 0.6, 3, false}, SIGMOID, false, false, false},
    {{"binary_cross_entropy", 0, 0, false}, SOFTMAX, false, false, true},
    {{"binary_cross_entropy", 0.2, 0, false}, SOFTMAX, false, true, false},
    {{"binary_cross_entropy", 0, 0, false}, SIGMOID, false, true, true},
    {{"binary_cross_entropy", 0.1, 0, false}, SIGMOID, false, false, false},
    {{"mean_squared_error", 0, 0, false}, SIGMOID, true, false, false},
    {{"cross_entropy", 0, 0, false}, SIGMOID, false, false, false},
    {{"mean_squared_error", 0, 0, false}, NOTHING, true, false, false},
    {{"mean_squared_error", 0, 0, false}, SOFTMAX, false, true, true},
    {{"mean_absolute_error", 0, 0, false}, NOTHING, true, true, false},
    {{"mean_squared_logarithmic_error", 0, 0, false}, SOFTMAX, false, false, false},
    {{"hinge", 0, 0, false}, NOTHING, true, false, true},
    {{"hinge", 0, 0, false}, SOFTMAX, false, false, false},
    {{"squared_hinge", 0, 0, false}, NOTHING, false, true, true},
    {{"kullback_leibler", 0, 0, false}, SOFTMAX, false, false, false},
    {{"huber", 0, 1, false}, NOTHING, true, false, false},
    {{"huber", 0, 0.3, false}, SOFTMAX, false, true, false},
};
enum { PLANS = sizeof plans / sizeof plans[0] };

START_TEST(steps_are_those_by_hand)
{
    const plan *p = &plans[_i];
    neuron_loss_t *loss = make_loss(&p->loss);
    neuron_trainer_t *trainer = make_trainer(p, loss);
    neuron_history_t *history;
    double w[PARAMETERS];
    for (int i = 0; i < PARAMETERS; i++)
        w[i] = (double)parameter(i);
    assert_ok(neuron_trainer_run(&history, trainer));
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        double sum = 0;
        for (int first = 0; first < EXAMPLES; first += BATCH) {
            int count = EXAMPLES - first < BATCH ? EXAMPLES - first : BATCH;
            sum += weighted_loss(p, w, first, count, true);
            descend(p, w, first, count);
        }
        ck_assert_double_eq_tol(test_figure(history, epoch, "loss"), sum / EXAMPLES, 1e-5);
        /* Weights of classes are not for validation. */
        ck_assert_double_eq_tol(test_figure(history, epoch, "validation_loss"),
                                weighted_loss(p, w, 0, EXAMPLES, false) / EXAMPLES, 1e-5);
    }
    size_t count;
    float *values = test_parameters(neuron_trainer_graph(trainer), &count);
    ck_assert_uint_eq(count, PARAMETERS);
    for (int i = 0; i < PARAMETERS; i++)
        assert_that(fabs((double)values[i] - w[i]) < 1e-5, "parameter %d is %g, not %g", i,
                    (double)values[i], w[i]);
    free(values);
    neuron_history_unref(history);
    neuron_trainer_unref(trainer);
    neuron_loss_unref(loss);
}
END_TEST

START_TEST(threads_do_not_change_a_bit)
{
    neuron_trainer_t *trainers[3];
    neuron_loss_t *loss = make_loss(&plans[_i].loss);
    for (int i = 0; i < 3; i++) {
        assert_ok(neuron_context_set_number(context, "threads", i + 1));
        trainers[i] = make_trainer(&plans[_i], loss);
        assert_ok(neuron_trainer_set_number(trainers[i], "batch_size", EXAMPLES));
        assert_ok(neuron_trainer_run(NULL, trainers[i]));
        ck_assert(
            same_parameters(neuron_trainer_graph(trainers[i]), neuron_trainer_graph(trainers[0])));
    }
    for (int i = 0; i < 3; i++)
        neuron_trainer_unref(trainers[i]);
    neuron_loss_unref(loss);
}
END_TEST

/* Ones are no weights. */
START_TEST(weights_of_one_change_nothing)
{
    const plan bare = {{"cross_entropy", 0, 0, false}, SOFTMAX, false, false, false};
    const double ones[OUTPUTS] = {1, 1, 1, 1};
    float many[EXAMPLES];
    for (int i = 0; i < EXAMPLES; i++)
        many[i] = 1;
    neuron_trainer_t *a = make_trainer(&bare, NULL), *b = make_trainer(&bare, NULL);
    neuron_loss_t *loss = make_loss(&bare.loss);
    assert_ok(neuron_trainer_set_loss(b, loss));
    assert_ok(neuron_trainer_set_class_weights(b, ones, OUTPUTS));
    neuron_trainer_t *c = make_trainer(&plans[1], NULL);
    assert_ok(neuron_trainer_set_class_weights(c, NULL, 0));
    assert_ok(neuron_trainer_run(NULL, a));
    assert_ok(neuron_trainer_run(NULL, b));
    assert_ok(neuron_trainer_run(NULL, c));
    ck_assert(same_parameters(neuron_trainer_graph(a), neuron_trainer_graph(b)));
    ck_assert(!same_parameters(neuron_trainer_graph(a), neuron_trainer_graph(c)));
    neuron_dataset_t *dataset = make_dataset(&bare);
    neuron_evaluation_t *plain, *weighed;
    assert_ok(neuron_graph_evaluate(&plain, neuron_trainer_graph(a), dataset, NULL, NULL));
    assert_ok(neuron_dataset_set_weights(dataset, many, EXAMPLES));
    assert_ok(neuron_graph_evaluate(&weighed, neuron_trainer_graph(a), dataset, NULL, NULL));
    ck_assert(neuron_evaluation_loss(plain) == neuron_evaluation_loss(weighed));
    neuron_evaluation_unref(weighed);
    neuron_evaluation_unref(plain);
    neuron_dataset_unref(dataset);
    neuron_loss_unref(loss);
    neuron_trainer_unref(c);
    neuron_trainer_unref(b);
    neuron_trainer_unref(a);
}
END_TEST

/* ---- The caller's own ---- */

typedef struct calls {
    int64_t training, evaluating; /* examples */
    double answer;
} calls;

static int squares(double *losses, float *gradients, const float *outputs, const float *targets,
                   const int32_t *labels, int64_t count, int64_t size, void *user_data)
{
    calls *seen = user_data;
    (void)labels;
    *(gradients ? &seen->training : &seen->evaluating) += count;
    for (int64_t i = 0; i < count * size; i++) {
        double error = (double)outputs[i] - (double)targets[i];
        losses[i / size] += seen->answer * error * error / (double)size;
        if (gradients)
            gradients[i] = (float)(2 * error / (double)size);
    }
    return 0;
}

START_TEST(own_function_as_built_in)
{
    const plan *p = &plans[9];
    calls seen = {.answer = 1};
    neuron_loss_t *own, *built_in = make_loss(&p->loss);
    assert_ok(neuron_loss_create_custom(&own, context, squares, &seen, NULL));
    neuron_trainer_t *a = make_trainer(p, built_in), *b = make_trainer(p, own);
    neuron_history_t *x, *y;
    assert_ok(neuron_trainer_run(&x, a));
    assert_ok(neuron_trainer_run(&y, b));
    ck_assert_int_eq(seen.training, EPOCHS * EXAMPLES);
    ck_assert_int_eq(seen.evaluating, EPOCHS * EXAMPLES);
    for (int epoch = 0; epoch < EPOCHS; epoch++)
        for (int m = 0; m < 4; m++)
            ck_assert_double_eq_tol(test_figure(x, epoch, test_metrics[m]),
                                    test_figure(y, epoch, test_metrics[m]), 1e-9);
    size_t count;
    float *left = test_parameters(neuron_trainer_graph(a), &count);
    float *right = test_parameters(neuron_trainer_graph(b), &count);
    for (size_t i = 0; i < count; i++)
        ck_assert_double_eq_tol((double)left[i], (double)right[i], 1e-6);
    free(right);
    free(left);
    neuron_history_unref(y);
    neuron_history_unref(x);
    neuron_trainer_unref(b);
    neuron_trainer_unref(a);
    neuron_loss_unref(own);
    neuron_loss_unref(built_in);
}
END_TEST

START_TEST(own_function_without_a_number)
{
    calls seen = {.answer = NAN};
    neuron_loss_t *own;
    assert_ok(neuron_loss_create_custom(&own, context, squares, &seen, NULL));
    neuron_trainer_t *trainer = make_trainer(&plans[8], own);
    assert_status(neuron_trainer_run(NULL, trainer), NEURON_E_NOT_FINITE);
    assert_message("the loss of epoch 1, step 1 is not a number");
    seen.answer = INFINITY;
    assert_status(neuron_trainer_run(NULL, trainer), NEURON_E_NOT_FINITE);
    assert_message("is infinite");
    seen.answer = 1;
    assert_ok(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_loss_unref(own);
}
END_TEST

/* ---- Evaluation ---- */

START_TEST(evaluation)
{
    const plan *p = &plans[_i];
    neuron_graph_t *graph = make_graph(p->last);
    neuron_dataset_t *dataset = make_dataset(p);
    neuron_loss_t *loss = make_loss(&p->loss);
    neuron_evaluation_t *figures;
    double w[PARAMETERS];
    for (int i = 0; i < PARAMETERS; i++)
        w[i] = (double)parameter(i);
    assert_ok(neuron_graph_evaluate(&figures, graph, dataset, loss, NULL));
    ck_assert_double_eq_tol(neuron_evaluation_loss(figures),
                            weighted_loss(p, w, 0, EXAMPLES, false) / EXAMPLES, 1e-6);
    ck_assert_int_eq(neuron_evaluation_count(figures), EXAMPLES);
    neuron_evaluation_unref(figures);
    neuron_loss_t *cross;
    assert_ok(neuron_loss_create(&cross, context, "cross_entropy", NULL));
    int expected = p->numbers ? NEURON_E_DATA : NEURON_OK;
    assert_status(neuron_graph_evaluate(&figures, graph, dataset, cross, NULL), expected);
    if (p->numbers)
        assert_message(
            "evaluate: cross_entropy needs class numbers or targets that are probabilities");
    neuron_evaluation_unref(figures);
    neuron_loss_unref(cross);
    assert_ok(neuron_graph_evaluate(&figures, graph, dataset, NULL, NULL)); /* by the targets */
    neuron_evaluation_unref(figures);
    neuron_loss_unref(loss);
    neuron_dataset_unref(dataset);
    neuron_graph_unref(graph);
}
END_TEST

/* The output is the input. Right are those on the same side of one half. */
START_TEST(a_single_output)
{
    const float inputs[] = {0.25f, 0.75f, 0.9f, 0.5f, 2}, targets[] = {0, 0, 1, 0, 1};
    neuron_tensor_t *examples = tensor(NEURON_TYPE_F32, (const int64_t[]){5, 1}, 2, inputs);
    neuron_tensor_t *given = tensor(NEURON_TYPE_F32, (const int64_t[]){5, 1}, 2, targets);
    neuron_dataset_t *dataset;
    neuron_graph_t *graph;
    neuron_loss_t *loss;
    neuron_evaluation_t *figures;
    assert_ok(neuron_dataset_create_with_targets(&dataset, context, examples, given));
    assert_ok(neuron_graph_create(&graph, context));
    assert_ok(neuron_graph_finish(
        graph, neuron_relu(graph, neuron_input(graph, (const int64_t[]){1}, 1))));
    assert_ok(neuron_loss_create(&loss, context, "mean_absolute_error", NULL));
    assert_ok(neuron_graph_evaluate(&figures, graph, dataset, loss, NULL));
    ck_assert_double_eq_tol(neuron_evaluation_loss(figures), 2.6 / 5, 1e-6);
    ck_assert_int_eq(neuron_evaluation_row_count(figures), 2);
    ck_assert_double_eq(neuron_evaluation_accuracy(figures), 0.8);
    ck_assert_int_eq(neuron_evaluation_confusion(figures, 0, 1), 1);
    neuron_evaluation_unref(figures);
    neuron_loss_unref(loss);
    neuron_graph_unref(graph);
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(given);
    neuron_tensor_unref(examples);
}
END_TEST

/* ---- What is refused ---- */

START_TEST(targets_must_suit)
{
    const plan numbers = {{"huber", 0, 1, false}, NOTHING, true, false, false};
    neuron_trainer_t *trainer = make_trainer(&numbers, NULL);
    neuron_history_t *history = (neuron_history_t *)&trainer;
    assert_status(neuron_trainer_run(&history, trainer), NEURON_E_DATA);
    ck_assert_ptr_null(history);
    assert_message("trainer: cross_entropy needs class numbers or targets that are probabilities");
    const loss_definition unsuited[] = {{"cross_entropy", 0, 0, false},
                                        {"binary_cross_entropy", 0, 0, false}};
    for (int i = 0; i < 2; i++) {
        neuron_loss_t *loss = make_loss(&unsuited[i]);
        assert_status(neuron_trainer_set_loss(trainer, loss), NEURON_E_DATA);
        neuron_loss_unref(loss);
    }
    assert_message("trainer: binary_cross_entropy needs targets from 0 to 1");
    neuron_loss_t *huber = make_loss(&numbers.loss);
    assert_ok(neuron_trainer_set_loss(trainer, huber));
    assert_ok(neuron_trainer_run(NULL, trainer));
    assert_status(neuron_trainer_set_loss(trainer, huber), NEURON_E_STATE);
    assert_message("trainer: the loss is set before the first step");
    neuron_loss_unref(huber);
    neuron_trainer_unref(trainer);
}
END_TEST

START_TEST(bad_class_weights)
{
    const double negative[OUTPUTS] = {1, -1, 1, 1}, nothing[OUTPUTS] = {1, 1, 1, NAN};
    neuron_trainer_t *trainer = make_trainer(&plans[0], NULL);
    assert_status(neuron_trainer_set_loss(NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_set_class_weights(NULL, class_weights, OUTPUTS),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_set_class_weights(trainer, class_weights, 3), NEURON_E_ARGUMENT);
    assert_message("trainer: count is 3; it must be 4");
    assert_status(neuron_trainer_set_class_weights(trainer, negative, OUTPUTS), NEURON_E_ARGUMENT);
    assert_message("weights[1] is -");
    assert_status(neuron_trainer_set_class_weights(trainer, nothing, OUTPUTS), NEURON_E_ARGUMENT);
    assert_message("weights[3] is nan");
    assert_ok(neuron_trainer_run(NULL, trainer));
    assert_status(neuron_trainer_set_class_weights(trainer, class_weights, OUTPUTS),
                  NEURON_E_STATE);
    assert_message("weight of classes is set before the first step");
    neuron_trainer_unref(trainer);
}
END_TEST

/* ---- Files ---- */

START_TEST(a_file_knows_the_loss)
{
    const char *path = test_file("state");
    const plan written = {{"huber", 0, 0.5, false}, SOFTMAX, false, false, true};
    plan read = written;
    neuron_loss_t *loss = make_loss(&written.loss);
    neuron_trainer_t *a = make_trainer(&written, loss), *b = make_trainer(&written, loss);
    assert_ok(neuron_trainer_set(a, "epochs=1"));
    assert_ok(neuron_trainer_run(NULL, a));
    assert_ok(neuron_trainer_save(a, path));
    assert_ok(neuron_trainer_load(b, path));
    assert_ok(neuron_trainer_set_number(a, "epochs", EPOCHS));
    assert_ok(neuron_trainer_run(NULL, a));
    assert_ok(neuron_trainer_run(NULL, b));
    ck_assert(same_parameters(neuron_trainer_graph(a), neuron_trainer_graph(b)));

    neuron_trainer_t *c = make_trainer(&written, NULL);
    assert_status(neuron_trainer_load(c, path), NEURON_E_DATA);
    assert_message("state: loss is huber in the file, cross_entropy here");
    read.loss.delta = 1;
    neuron_loss_t *other = make_loss(&read.loss);
    assert_ok(neuron_trainer_set_loss(c, other));
    assert_status(neuron_trainer_load(c, path), NEURON_E_DATA);
    assert_message("state: loss_options: delta is 0.5 in the file, 1 here");
    assert_ok(neuron_trainer_set_loss(c, loss));
    assert_ok(neuron_trainer_set_class_weights(c, NULL, 0));
    assert_status(neuron_trainer_load(c, path), NEURON_E_DATA);
    assert_message("state: class_weights is [0.5,2.0,1.0,4.0] in the file, [] here");
    assert_ok(neuron_trainer_set_class_weights(c, class_weights, OUTPUTS));
    assert_ok(neuron_trainer_load(c, path));
    neuron_loss_unref(other);
    neuron_trainer_unref(c);
    neuron_trainer_unref(b);
    neuron_trainer_unref(a);
    neuron_loss_unref(loss);
}
END_TEST

/* ---- Sessions ---- */

START_TEST(who_takes_the_sigmoid)
{
    neuron_graph_t *graph = make_graph(SIGMOID);
    for (int purpose = NEURON_SESSION_PREDICT; purpose <= NEURON_SESSION_TRAIN_WHOLE; purpose++) {
        neuron_session *session;
        assert_ok(neuron_session_create(&session, graph, (neuron_session_purpose)purpose, 1));
        ck_assert(neuron_session_logits(session, 0) == (purpose == NEURON_SESSION_TRAIN_BINARY));
        neuron_session_destroy(session);
    }
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(who_takes_the_softmax)
{
    const struct {
        neuron_session_purpose purpose;
        bool logits;
    } cases[] = {{NEURON_SESSION_PREDICT, false},
                 {NEURON_SESSION_TRAIN, true},
                 {NEURON_SESSION_TRAIN_BINARY, false},
                 {NEURON_SESSION_TRAIN_WHOLE, false}};
    neuron_graph_t *graph = make_graph(SOFTMAX);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        neuron_session *session;
        float input[INPUTS] = {1, 2, 3}, sum = 0;
        assert_ok(neuron_session_create(&session, graph, cases[i].purpose, 1));
        neuron_session_forward(session, (const float *const[]){input}, 1, 0, 0);
        for (int k = 0; k < OUTPUTS; k++)
            sum += neuron_session_output(session, 0)[k];
        ck_assert(neuron_session_logits(session, 0) == cases[i].logits);
        ck_assert((fabsf(sum - 1) < 1e-5f) == !cases[i].logits);
        neuron_session_destroy(session);
    }
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trainer-loss");
    TCase *cases = tcase_create("trainer-loss");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, steps_are_those_by_hand, 0, PLANS);
    tcase_add_loop_test(cases, threads_do_not_change_a_bit, 0, PLANS);
    tcase_add_test(cases, weights_of_one_change_nothing);
    tcase_add_test(cases, own_function_as_built_in);
    tcase_add_test(cases, own_function_without_a_number);
    tcase_add_loop_test(cases, evaluation, 0, PLANS);
    tcase_add_test(cases, a_single_output);
    tcase_add_test(cases, targets_must_suit);
    tcase_add_test(cases, bad_class_weights);
    tcase_add_test(cases, a_file_knows_the_loss);
    tcase_add_test(cases, who_takes_the_sigmoid);
    tcase_add_test(cases, who_takes_the_softmax);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
