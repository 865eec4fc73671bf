/* Several threads at once. Checks are made in the main thread: Check's assertions belong there. */
#include "test-models.h"

#include <pthread.h>
#include <stdio.h>

enum { SIZE = 12, PIXELS = SIZE * SIZE, COUNT = 70, THREADS = 8, ROUNDS = 6 };

static void start_all(pthread_t *handles, int count, void *(*work)(void *), void *jobs, size_t size)
{
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(pthread_create(&handles[i], NULL, work, (char *)jobs + (size_t)i * size),
                         0);
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(pthread_join(handles[i], NULL), 0);
}

/* ---- Predicting with one graph ---- */

typedef struct job {
    neuron_context_t *context;
    const neuron_graph_t *graph;
    const neuron_dataset_t *glyphs;
    float *values; /* shared, only read */
    int64_t batch;
    int status;
    bool differs;
    float *expected, *answer; /* the thread's own */
    double loss, accuracy;
} job;

static int predict(job *j)
{
    for (int64_t first = 0; first < COUNT; first += j->batch) {
        int64_t n = j->batch < COUNT - first ? j->batch : COUNT - first;
        neuron_tensor_t *input = NULL, *output = NULL;
        int status =
            neuron_tensor_wrap(&input, j->context, NEURON_TYPE_F32,
                               (const int64_t[]){n, SIZE, SIZE, 1}, 4, j->values + first * PIXELS);
        if (status == 0)
            status = neuron_tensor_wrap(&output, j->context, NEURON_TYPE_F32,
                                        (const int64_t[]){n, TEST_CLASSES}, 2,
                                        j->answer + first * TEST_CLASSES);
        if (status == 0)
            status = neuron_graph_predict(j->graph, input, output);
        neuron_tensor_unref(output);
        neuron_tensor_unref(input);
        if (status < 0)
            return status;
    }
    return 0;
}

/* a dataset as a whole. */
static int predict_whole(job *j)
{
    neuron_tensor_t *output = NULL;
    int status = neuron_tensor_wrap(&output, j->context, NEURON_TYPE_F32,
                                    (const int64_t[]){COUNT, TEST_CLASSES}, 2, j->answer);
    if (status == 0)
        status = neuron_graph_predict_dataset(j->graph, j->glyphs, output);
    neuron_tensor_unref(output);
    return status;
}

static int evaluate(const job *j, double *loss, double *accuracy)
{
    neuron_evaluation_t *evaluation;
    int status = neuron_graph_evaluate(&evaluation, j->graph, j->glyphs, NULL, NULL);
    if (status < 0)
        return status;
    *loss = neuron_evaluation_loss(evaluation);
    *accuracy = neuron_evaluation_accuracy(evaluation);
    neuron_evaluation_unref(evaluation);
    return 0;
}

static void *predict_and_evaluate(void *argument)
{
    job *j = argument;
    for (int round = 0; round < ROUNDS && j->status == 0; round++) {
        double loss = 0, accuracy = 0;
        memset(j->answer, 0, COUNT * TEST_CLASSES * sizeof(float));
        j->status = predict(j);
        if (j->status == 0)
            j->status = evaluate(j, &loss, &accuracy);
        j->differs |= memcmp(j->answer, j->expected, COUNT * TEST_CLASSES * sizeof(float)) != 0;
        if (j->status == 0 && j->batch == COUNT)
            j->status = predict_whole(j);
        j->differs |= memcmp(j->answer, j->expected, COUNT * TEST_CLASSES * sizeof(float)) != 0 ||
                      loss != j->loss || accuracy != j->accuracy;
    }
    return NULL;
}

/* ---- Gradients of one graph, while others predict with it ---- */

enum { FEW = 9 };

typedef struct slope_job {
    const neuron_graph_t *graph;
    neuron_tensor_t *input, *by_output, *by_input; /* the first two are shared, only read */
    neuron_tensor_t *output;                       /* of those who predict; else NULL */
    const float *expected;
    int status;
    bool differs;
} slope_job;

static void *find_slopes(void *argument)
{
    slope_job *j = argument;
    neuron_tensor_t *inputs[] = {j->input}, *by[] = {j->by_output};
    for (int round = 0; round < 2 * ROUNDS && j->status == 0; round++) {
        if (j->output) {
            j->status = neuron_graph_predict(j->graph, j->input, j->output);
            continue;
        }
        j->status = neuron_graph_gradient(j->graph, inputs, 1, by, 1, &j->by_input);
        j->differs |=
            memcmp(neuron_tensor_data(j->by_input), j->expected, FEW * PIXELS * sizeof(float)) != 0;
    }
    return NULL;
}

START_TEST(gradients_by_several_threads)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = test_cnn(context, SIZE);
    neuron_dataset_t *glyphs = test_glyphs(context, FEW, SIZE);
    const int64_t images[] = {FEW, SIZE, SIZE, 1}, rows[] = {FEW, TEST_CLASSES};
    neuron_tensor_t *input, *by_output;
    slope_job jobs[THREADS];
    pthread_t handles[THREADS];
    assert_ok(neuron_context_set_number(context, "threads", 2));
    assert_ok(neuron_tensor_create(&input, context, NEURON_TYPE_F32, images, 4));
    assert_ok(neuron_dataset_read(neuron_tensor_data(input), NULL, glyphs, 0, FEW));
    assert_ok(neuron_tensor_create(&by_output, context, NEURON_TYPE_F32, rows, 2));
    for (int i = 0; i < FEW * TEST_CLASSES; i++)
        ((float *)neuron_tensor_data(by_output))[i] = (float)(i % 3);
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (slope_job){.graph = graph, .input = input, .by_output = by_output};
        assert_ok(neuron_tensor_create(&jobs[i].by_input, context, NEURON_TYPE_F32, images, 4));
        if (i % 2)
            assert_ok(neuron_tensor_create(&jobs[i].output, context, NEURON_TYPE_F32, rows, 2));
    }
    float expected[FEW * PIXELS];
    slope_job *first = &jobs[0];
    neuron_tensor_t *inputs[] = {input}, *by[] = {by_output};
    assert_ok(neuron_graph_gradient(graph, inputs, 1, by, 1, &first->by_input));
    memcpy(expected, neuron_tensor_data(first->by_input), sizeof expected);
    for (int i = 0; i < THREADS; i++)
        jobs[i].expected = expected;
    start_all(handles, THREADS, find_slopes, jobs, sizeof jobs[0]);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(jobs[i].status, 0);
        ck_assert(!jobs[i].differs);
        neuron_tensor_unref(jobs[i].by_input);
        neuron_tensor_unref(jobs[i].output);
    }
    neuron_tensor_unref(input);
    neuron_tensor_unref(by_output);
    neuron_dataset_unref(glyphs);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

static void check_concurrent_use(neuron_context_t *context, const neuron_graph_t *graph)
{
    static const int64_t batches[] = {1, 7, 33, COUNT};
    neuron_dataset_t *glyphs = test_glyphs(context, COUNT, SIZE);
    float *values = malloc(COUNT * PIXELS * sizeof *values);
    assert_ok(neuron_dataset_read(values, NULL, glyphs, 0, COUNT));
    job jobs[THREADS];
    pthread_t handles[THREADS];
    for (int i = 0; i < THREADS; i++) {
        job *j = &jobs[i];
        *j = (job){.context = context,
                   .graph = graph,
                   .glyphs = glyphs,
                   .values = values,
                   .batch = batches[i % 4]};
        /* The truth, one call after the other. */
        j->answer = malloc(COUNT * TEST_CLASSES * sizeof(float));
        assert_ok(predict(j));
        assert_ok(evaluate(j, &j->loss, &j->accuracy));
        j->expected = j->answer;
        j->answer = malloc(COUNT * TEST_CLASSES * sizeof(float));
    }
    start_all(handles, THREADS, predict_and_evaluate, jobs, sizeof jobs[0]);
    for (int i = 0; i < THREADS; i++) {
        assert_ok(jobs[i].status);
        assert_that(!jobs[i].differs, "thread %d, batches of %d", i, (int)jobs[i].batch);
        free(jobs[i].expected);
        free(jobs[i].answer);
    }
    free(values);
    neuron_dataset_unref(glyphs);
}

START_TEST(one_graph_predicts_in_many_threads)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graphs[] = {test_cnn(context, SIZE), test_mlp(context, SIZE)};
    for (int i = 0; i < 2; i++)
        check_concurrent_use(context, graphs[i]);
    neuron_graph_t *committee;
    assert_ok(neuron_committee_create(&committee, context, graphs, 2, NULL, "rule=majority_vote"));
    check_concurrent_use(context, committee);
    neuron_graph_unref(committee);
    neuron_graph_unref(graphs[0]);
    neuron_graph_unref(graphs[1]);
    neuron_context_unref(context);
}
END_TEST

/* ---- Owners ---- */

typedef struct owner {
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_dataset_t *dataset;
    neuron_tensor_t *tensor;
    neuron_trainer_t *trainer;
    neuron_optimizer_t *optimizer;
} owner;

/* Each thread has one reference of its own, and the last of them frees. */
static void *come_and_go(void *argument)
{
    owner *o = argument;
    for (int i = 0; i < 200; i++) {
        neuron_context_unref(neuron_context_ref(o->context));
        neuron_graph_unref(neuron_graph_ref(o->graph));
        neuron_dataset_unref(neuron_dataset_ref(o->dataset));
        neuron_tensor_unref(neuron_tensor_ref(o->tensor));
        neuron_trainer_unref(neuron_trainer_ref(o->trainer));
        neuron_optimizer_unref(neuron_optimizer_ref(o->optimizer));
    }
    neuron_trainer_unref(o->trainer);
    neuron_context_unref(o->context);
    neuron_graph_unref(o->graph);
    neuron_dataset_unref(o->dataset);
    neuron_tensor_unref(o->tensor);
    neuron_optimizer_unref(o->optimizer);
    return NULL;
}

START_TEST(owners_in_many_threads)
{
    owner o, owners[THREADS];
    pthread_t handles[THREADS];
    o.context = test_context();
    o.graph = test_linear(o.context, SIZE);
    o.dataset = test_glyphs(o.context, 10, SIZE);
    assert_ok(neuron_tensor_create(&o.tensor, o.context, NEURON_TYPE_U8, NULL, 0));
    assert_ok(neuron_optimizer_create(&o.optimizer, o.context, "sgd", NULL));
    assert_ok(neuron_trainer_create(&o.trainer, o.graph, o.optimizer, o.dataset));
    for (int i = 0; i < THREADS; i++) {
        owners[i] = o;
        if (i == 0)
            continue; /* the first takes the references that there are */
        neuron_context_ref(o.context);
        neuron_graph_ref(o.graph);
        neuron_dataset_ref(o.dataset);
        neuron_tensor_ref(o.tensor);
        neuron_trainer_ref(o.trainer);
        neuron_optimizer_ref(o.optimizer);
    }
    start_all(handles, THREADS, come_and_go, owners, sizeof owners[0]);
}
END_TEST

/* ---- Two contexts ---- */

typedef struct training {
    uint64_t seed;
    neuron_graph_t *graph;
} training;

static void *train(void *argument)
{
    training *t = argument;
    neuron_context_t *context;
    neuron_optimizer_t *adam = NULL;
    neuron_dataset_t *glyphs = NULL;
    neuron_trainer_t *trainer = NULL;
    int status = neuron_context_create(&context, NULL);
    if (status < 0)
        return NULL;
    neuron_context_set_number(context, "threads", 2);
    neuron_context_set_seed(context, t->seed);
    status = neuron_dataset_generate_glyphs(&glyphs, context, 60, SIZE, SIZE, t->seed);
    if (status == 0)
        status = neuron_optimizer_create(&adam, context, "adam", NULL);
    if (status == 0) {
        t->graph = t->seed % 2 ? test_cnn(context, SIZE) : test_mlp(context, SIZE);
        status = neuron_trainer_create(&trainer, t->graph, adam, glyphs);
    }
    if (status == 0)
        status = neuron_trainer_set(trainer, "epochs=2");
    if (status == 0)
        status = neuron_trainer_run(NULL, trainer);
    neuron_trainer_unref(trainer);
    neuron_dataset_unref(glyphs);
    neuron_optimizer_unref(adam);
    neuron_context_unref(context);
    if (status < 0) {
        neuron_graph_unref(t->graph);
        t->graph = NULL;
    }
    return NULL;
}

START_TEST(two_contexts_do_not_disturb_each_other)
{
    training alone[] = {{1, NULL}, {2, NULL}}, together[] = {{1, NULL}, {2, NULL}};
    pthread_t handles[2];
    for (int i = 0; i < 2; i++)
        train(&alone[i]);
    start_all(handles, 2, train, together, sizeof together[0]);
    for (int i = 0; i < 2; i++) {
        ck_assert_ptr_nonnull(alone[i].graph);
        ck_assert_ptr_nonnull(together[i].graph);
        ck_assert(same_parameters(alone[i].graph, together[i].graph));
        neuron_graph_unref(alone[i].graph);
        neuron_graph_unref(together[i].graph);
    }
}
END_TEST

/* ---- Messages ---- */

typedef struct failure {
    neuron_context_t *context;
    int number;
    bool fresh, own;
} failure;

static void *fail_often(void *argument)
{
    failure *f = argument;
    char expected[64];
    f->fresh = neuron_error_last()[0] == '\0';
    f->own = true;
    for (int i = 0; i < 500; i++) {
        neuron_optimizer_t *made;
        char rule[16];
        snprintf(rule, sizeof rule, "rule %d", f->number);
        snprintf(expected, sizeof expected, "there is no rule \"%s\"", rule);
        if (neuron_optimizer_create(&made, f->context, rule, NULL) != NEURON_E_ARGUMENT ||
            !strstr(neuron_error_last(), expected))
            f->own = false;
    }
    return NULL;
}

START_TEST(each_thread_has_its_own_last_error)
{
    failure failures[THREADS];
    pthread_t handles[THREADS];
    neuron_context_t *context = test_context();
    neuron_optimizer_t *made;
    for (int i = 0; i < THREADS; i++)
        failures[i] = (failure){.context = context, .number = i};
    assert_status(neuron_optimizer_create(&made, context, "77", NULL), NEURON_E_ARGUMENT);
    start_all(handles, THREADS, fail_often, failures, sizeof failures[0]);
    assert_message("there is no rule \"77\", but sgd");
    for (int i = 0; i < THREADS; i++) {
        ck_assert(failures[i].fresh);
        ck_assert(failures[i].own);
    }
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("threads");
    TCase *cases = tcase_create("threads");
    tcase_set_timeout(cases, 0);
    tcase_add_test(cases, gradients_by_several_threads);
    tcase_add_test(cases, one_graph_predicts_in_many_threads);
    tcase_add_test(cases, owners_in_many_threads);
    tcase_add_test(cases, two_contexts_do_not_disturb_each_other);
    tcase_add_test(cases, each_thread_has_its_own_last_error);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
