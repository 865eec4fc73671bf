/* What a server does at the same time in one context: it answers by a model that is exchanged while
 * requests run, trains others on one dataset, and evaluates and saves. No handle is changed by two,
 * as the headers ask for, and nothing disturbs anything. */
#include "test-models.h"

#include <pthread.h>
#include <stdatomic.h>

enum { SIZE = 12, COUNT = 60, FEW = 7, VERSIONS = 4, SERVERS = 3, TRAININGS = 2, ROUNDS = 40 };

typedef struct server {
    neuron_context_t *context;
    neuron_dataset_t *glyphs; /* shared: only read */
    struct {
        unsigned char *bytes; /* of its file */
        size_t size;
        float answers[FEW * TEST_CLASSES];
    } versions[VERSIONS];
    pthread_mutex_t lock; /* of what follows alone */
    neuron_graph_t *current;
    int32_t version;
    atomic_int failures, answered;
} server;

static void note(server *s, bool failed)
{
    if (failed)
        atomic_fetch_add(&s->failures, 1);
}

static bool predict(server *s, const neuron_graph_t *graph, float *answers)
{
    neuron_tensor_t *input = NULL, *output = NULL;
    int status = neuron_tensor_create(&input, s->context, NEURON_TYPE_F32,
                                      (const int64_t[]){FEW, SIZE, SIZE, 1}, 4);
    if (status == 0)
        status = neuron_tensor_create(&output, s->context, NEURON_TYPE_F32,
                                      (const int64_t[]){FEW, TEST_CLASSES}, 2);
    if (status == 0)
        status = neuron_dataset_read(neuron_tensor_data(input), NULL, s->glyphs, 0, FEW);
    if (status == 0)
        status = neuron_graph_predict(graph, input, output);
    if (status == 0)
        memcpy(answers, neuron_tensor_data(output), FEW * TEST_CLASSES * sizeof *answers);
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    return status == 0;
}

/* Answers by the model that is current, whose reference keeps it until the answer is there. */
static void *serve(void *argument)
{
    server *s = argument;
    float answers[FEW * TEST_CLASSES];
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&s->lock);
        neuron_graph_t *graph = neuron_graph_ref(s->current);
        int32_t version = s->version;
        pthread_mutex_unlock(&s->lock);
        note(s, !predict(s, graph, answers) ||
                    memcmp(answers, s->versions[version].answers, sizeof answers) != 0);
        neuron_graph_unref(graph);
        atomic_fetch_add(&s->answered, 1);
    }
    return NULL;
}

static void *reload(void *argument)
{
    server *s = argument;
    for (int32_t i = 1; i < 3 * VERSIONS; i++) {
        int32_t version = i % VERSIONS;
        neuron_graph_t *fresh = NULL;
        note(s, neuron_graph_load_memory(&fresh, s->context, s->versions[version].bytes,
                                         s->versions[version].size) < 0);
        if (!fresh)
            continue;
        pthread_mutex_lock(&s->lock);
        neuron_graph_t *old = s->current;
        s->current = fresh;
        s->version = version;
        pthread_mutex_unlock(&s->lock);
        neuron_graph_unref(old); /* which a request may still work with */
    }
    return NULL;
}

typedef struct training {
    server *server;
    neuron_graph_t *graph;
} training;

static int run_training(server *s, neuron_graph_t *graph)
{
    neuron_optimizer_t *adam = NULL;
    neuron_trainer_t *trainer = NULL;
    int status = neuron_optimizer_create(&adam, s->context, "adam", NULL);
    if (status == 0)
        status = neuron_trainer_create(&trainer, graph, adam, s->glyphs);
    if (status == 0)
        status = neuron_trainer_set(trainer, "epochs=3, batch_size=16, validation_split=0.2");
    if (status == 0)
        status = neuron_trainer_run(NULL, trainer);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    return status;
}

static void *train(void *argument)
{
    training *t = argument;
    note(t->server, run_training(t->server, t->graph) < 0);
    return NULL;
}

/* Looks at the current model in all ways that only read. */
static void *inspect(void *argument)
{
    server *s = argument;
    for (int i = 0; i < ROUNDS / 4; i++) {
        neuron_evaluation_t *evaluation = NULL;
        neuron_graph_t *clone = NULL;
        pthread_mutex_lock(&s->lock);
        neuron_graph_t *graph = neuron_graph_ref(s->current);
        pthread_mutex_unlock(&s->lock);
        size_t size = 0;
        char text[20000];
        note(s, neuron_graph_evaluate(&evaluation, graph, s->glyphs, NULL, NULL) < 0);
        note(s,
             neuron_graph_clone(&clone, s->context, graph) < 0 || !same_parameters(graph, clone));
        note(s, neuron_graph_save_memory(NULL, 0, &size, graph) < 0 || size == 0);
        note(s, neuron_graph_summary(text, sizeof text, NULL, graph, 32) < 0);
        neuron_evaluation_unref(evaluation);
        neuron_graph_unref(clone);
        neuron_graph_unref(graph);
    }
    return NULL;
}

static neuron_graph_t *build(neuron_context_t *context, int number)
{
    return number % 2 ? test_mlp(context, SIZE) : test_cnn(context, SIZE);
}

/* Versions of a model as files, with what each answers. */
static void make_versions(server *s)
{
    for (int i = 0; i < VERSIONS; i++) {
        neuron_graph_t *graph = build(s->context, i / 2);
        for (int k = 0; k < i; k++)
            assert_ok(run_training(s, graph));
        assert_ok(neuron_graph_save_memory(NULL, 0, &s->versions[i].size, graph));
        s->versions[i].bytes = malloc(s->versions[i].size);
        assert_ok(neuron_graph_save_memory(s->versions[i].bytes, s->versions[i].size, NULL, graph));
        ck_assert(predict(s, graph, s->versions[i].answers));
        if (i == 0)
            s->current = neuron_graph_ref(graph);
        neuron_graph_unref(graph);
    }
}

START_TEST(all_at_once)
{
    static server s;
    enum { THREADS = SERVERS + TRAININGS + 2 };
    pthread_t threads[THREADS];
    training trainings[TRAININGS];
    neuron_graph_t *alone[TRAININGS];
    int count = 0;
    s = (server){.context = test_context()};
    pthread_mutex_init(&s.lock, NULL);
    assert_ok(neuron_context_set(s.context, _i ? "threads=1" : "threads=3"));
    s.glyphs = test_glyphs(s.context, COUNT, SIZE);
    make_versions(&s);
    for (int i = 0; i < TRAININGS; i++) {
        alone[i] = build(s.context, i);
        assert_ok(run_training(&s, alone[i]));
        trainings[i] = (training){&s, build(s.context, i)};
        ck_assert_int_eq(pthread_create(&threads[count++], NULL, train, &trainings[i]), 0);
    }
    for (int i = 0; i < SERVERS; i++)
        ck_assert_int_eq(pthread_create(&threads[count++], NULL, serve, &s), 0);
    ck_assert_int_eq(pthread_create(&threads[count++], NULL, reload, &s), 0);
    ck_assert_int_eq(pthread_create(&threads[count++], NULL, inspect, &s), 0);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(s.failures, 0);
    ck_assert_int_eq(s.answered, SERVERS * ROUNDS);
    for (int i = 0; i < TRAININGS; i++) {
        ck_assert(same_parameters(alone[i], trainings[i].graph));
        neuron_graph_unref(alone[i]);
        neuron_graph_unref(trainings[i].graph);
    }
    for (int i = 0; i < VERSIONS; i++)
        free(s.versions[i].bytes);
    neuron_graph_unref(s.current);
    neuron_dataset_unref(s.glyphs);
    neuron_context_unref(s.context);
    pthread_mutex_destroy(&s.lock);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("side-by-side");
    TCase *tests = tcase_create("side-by-side");
    tcase_set_timeout(tests, 0);
    tcase_add_loop_test(tests, all_at_once, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
