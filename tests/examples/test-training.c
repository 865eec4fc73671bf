/* What the examples make of a training: its seed, and the score of a trial. */
#include "test-common.h"

#include "../../examples/documents/common/example.h"

#include <libneuron-committee/committees.h>

enum { IMAGES = 32, EXTENT = 8, FIGURES = 256 };

static example_t example;

static void setup(void)
{
    example = (example_t){.context = test_context(), .options = {.seed = 1}};
}

static void teardown(void)
{
    neuron_context_unref(example.context);
}

static neuron_dataset_t *images(uint64_t seed)
{
    neuron_dataset_t *dataset;
    assert_ok(
        neuron_dataset_generate_glyphs(&dataset, example.context, IMAGES, EXTENT, EXTENT, seed));
    return dataset;
}

static neuron_graph_t *finish(neuron_graph_t *graph)
{
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){EXTENT, EXTENT, 1}, 3);
    x = neuron_dense(graph, neuron_flatten(graph, x), 10, NULL);
    assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    return graph;
}

/* A number that goes with the initial parameters. Takes the graph over. */
static double loss_of(neuron_graph_t *graph)
{
    neuron_dataset_t *dataset = images(1);
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_graph_evaluate(&evaluation, finish(graph), dataset, NULL, NULL));
    double loss = neuron_evaluation_loss(evaluation);
    neuron_evaluation_unref(evaluation);
    neuron_dataset_unref(dataset);
    neuron_graph_unref(graph);
    return loss;
}

static double loss_of_seed(uint64_t seed)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, example.context));
    assert_ok(neuron_graph_set_seed(graph, seed));
    return loss_of(graph);
}

static double loss_of_run(uint64_t seed, const char *id)
{
    example.options.seed = seed;
    return loss_of(example_graph(&example, id));
}

START_TEST(each_run_and_seed_has_a_seed_of_its_own)
{
    ck_assert_double_eq(loss_of_run(1, "C1"), loss_of_seed(16));
    ck_assert_double_eq(loss_of_run(1, "C17"), loss_of_seed(32));
    ck_assert_double_eq(loss_of_run(1, "C17-sound"), loss_of_seed(32));
    ck_assert_double_ne(loss_of_run(2, "C1"), loss_of_run(1, "C17"));
    ck_assert_double_eq(loss_of_run(2, "C1"), loss_of_seed(1016));
}
END_TEST

typedef struct {
    double losses[4];
    int count;
} tried_t;

static int try_one(double *score, const neuron_trial_t *trial, void *user_data)
{
    tried_t *tried = user_data;
    *score = loss_of(example_trial_graph(&example, "K8", trial));
    ck_assert_double_eq(*score, loss_of_seed(neuron_trial_seed(trial)));
    tried->losses[tried->count++] = *score;
    return 0;
}

START_TEST(each_trial_and_fold_has_a_seed_of_its_own)
{
    tried_t tried = {.count = 0};
    neuron_search_t *search;
    assert_ok(neuron_search_create(&search, example.context, try_one, &tried, NULL, "folds=2"));
    assert_ok(neuron_search_add_factor(search, "rate", (const double[]){0.1, 0.2}, 2));
    assert_ok(neuron_search_run_grid(search));
    ck_assert_int_eq(tried.count, 4);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < i; j++)
            ck_assert_double_ne(tried.losses[i], tried.losses[j]);
    neuron_search_unref(search);
}
END_TEST

/* The score of a training whose second epoch begins with a loss that is no number; what it tells of
 * it goes to `figures`. */
static double score_of_ruin(bool scored, char figures[FIGURES])
{
    FILE *file = fmemopen(figures, FIGURES, "w");
    ck_assert_ptr_nonnull(file);
    neuron_dataset_t *train = images(1);
    neuron_dataset_t *validation = images(2);
    example_training_t training = {.batch_size = IMAGES, .epochs = 3};
    assert_ok(neuron_optimizer_create(&training.optimizer, example.context, "sgd", NULL));
    assert_ok(neuron_optimizer_set(training.optimizer, "learning_rate=3e38"));
    double score = example_try(&example, finish(example_graph(&example, "K8")), &training, train,
                               validation, scored ? validation : NULL, file);
    fclose(file);
    neuron_optimizer_unref(training.optimizer);
    neuron_dataset_unref(train);
    neuron_dataset_unref(validation);
    return score;
}

START_TEST(a_ruined_fold_has_no_score)
{
    char figures[FIGURES];
    ck_assert(!isnan(score_of_ruin(false, figures))); /* its first epoch is a trial of a search */
    ck_assert(!isnan(example_read_number(figures, "best_train_accuracy")));
    ck_assert(isnan(score_of_ruin(true, figures)));
    ck_assert_str_eq(figures, "\"epochs\": 2");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("training");
    TCase *tests = tcase_create("training");
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, each_run_and_seed_has_a_seed_of_its_own);
    tcase_add_test(tests, each_trial_and_fold_has_a_seed_of_its_own);
    tcase_add_test(tests, a_ruined_fold_has_no_score);
    return run_suite(suite);
}
