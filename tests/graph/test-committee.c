#include "test-models.h"

#include <libneuron-committee/committees.h>

#include <math.h>

enum { INPUTS = 2, CLASSES = 3, EXAMPLES = 5 };

static neuron_context_t *context;

static void set_up(void)
{
    context = test_context();
}

static void tear_down(void)
{
    neuron_context_unref(context);
}

/* A graph that puts out the same numbers whatever comes in: a dense layer with no kernel to speak
 * of and the numbers as its bias. */
static neuron_graph_t *member(const char *name, float a, float b, float c)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    assert_ok(neuron_graph_set_name(g, name));
    neuron_node_t *y = neuron_dense(g, neuron_input(g, (const int64_t[]){INPUTS}, 1), CLASSES,
                                    "initializer=zeros");
    assert_ok(neuron_graph_finish(g, y));
    assert_ok(neuron_graph_write_array(g, 1, (const float[]){a, b, c}, CLASSES));
    return g;
}

static void predict(const neuron_graph_t *g, float answer[EXAMPLES * CLASSES])
{
    float values[EXAMPLES * INPUTS];
    neuron_tensor_t *input, *output;
    for (int i = 0; i < EXAMPLES * INPUTS; i++)
        values[i] = (float)i / 4 - 1;
    assert_ok(neuron_tensor_wrap(&input, context, NEURON_TYPE_F32,
                                 (const int64_t[]){EXAMPLES, INPUTS}, 2, values));
    assert_ok(neuron_tensor_wrap(&output, context, NEURON_TYPE_F32,
                                 (const int64_t[]){EXAMPLES, CLASSES}, 2, answer));
    assert_ok(neuron_graph_predict(g, input, output));
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
}

/* Every example gets these three numbers, within `tolerance`. */
static void assert_answer(const neuron_graph_t *g, float a, float b, float c, float tolerance)
{
    float answer[EXAMPLES * CLASSES];
    const float expected[] = {a, b, c};
    predict(g, answer);
    for (int i = 0; i < EXAMPLES * CLASSES; i++)
        ck_assert_float_eq_tol(answer[i], expected[i % CLASSES], tolerance + 1e-30f);
}

static void assert_same_answer(const neuron_graph_t *a, const neuron_graph_t *b)
{
    float x[EXAMPLES * CLASSES], y[EXAMPLES * CLASSES];
    predict(a, x);
    predict(b, y);
    ck_assert_mem_eq(x, y, sizeof x);
}

static neuron_graph_t *join(neuron_graph_t *const *members, int64_t count, const char *rule,
                            const double *weights)
{
    neuron_graph_t *committee;
    assert_ok(neuron_committee_create(&committee, context, members, count, weights, rule));
    return committee;
}

/* The answer of a committee that is not needed afterwards. */
static void assert_joined(neuron_graph_t *const *members, int64_t count, const char *rule,
                          const double *weights, float a, float b, float c)
{
    neuron_graph_t *committee = join(members, count, rule, weights);
    assert_answer(committee, a, b, c, 1e-6f);
    neuron_graph_unref(committee);
}

static void drop(neuron_graph_t **members, int count)
{
    for (int i = 0; i < count; i++)
        neuron_graph_unref(members[i]);
}

START_TEST(means)
{
    neuron_graph_t *m[] = {member("a", 0.5f, 0.3f, 0.2f), member("b", 0.1f, 0.9f, 0),
                           member("c", 0.3f, 0.3f, 0.4f)};
    assert_joined(m, 3, "rule=mean", NULL, 0.3f, 0.5f, 0.2f);
    assert_joined(m, 1, "rule=mean", NULL, 0.5f, 0.3f, 0.2f);
    const double weights[] = {1, 3, 0};
    assert_joined(m, 3, "rule=weighted_mean", weights, 0.2f, 0.75f, 0.05f);
    neuron_graph_t *twice[] = {m[0], m[0], m[1], m[0]};
    assert_joined(twice, 4, "rule=mean", NULL, 0.4f, 0.45f, 0.15f);
    drop(m, 3);
}
END_TEST

START_TEST(only_ratios_of_weights_matter)
{
    neuron_graph_t *m[] = {member("a", 0.5f, 0.3f, 0.2f), member("b", 0.1f, 0.9f, 0)};
    const double scales[] = {1e-300, 1e-3, 2, 1e300};
    const char *const rules[] = {"rule=weighted_mean", "rule=weighted_vote"};
    for (int rule = 0; rule < 2; rule++) {
        const double plain[] = {1, 3};
        neuron_graph_t *expected = join(m, 2, rules[rule], plain);
        for (int i = 0; i < 4; i++) {
            const double weights[] = {scales[i], 3 * scales[i]};
            neuron_graph_t *committee = join(m, 2, rules[rule], weights);
            assert_same_answer(expected, committee);
            neuron_graph_unref(committee);
        }
        neuron_graph_unref(expected);
    }
    drop(m, 2);
}
END_TEST

START_TEST(votes)
{
    neuron_graph_t *m[] = {member("a", 0.5f, 0.3f, 0.2f), member("b", 0.1f, 0.9f, 0),
                           member("c", 0.4f, 0.35f, 0.25f)};
    assert_joined(m, 3, "rule=majority_vote", NULL, 2.0f / 3, 1.0f / 3, 0);
    const double weights[] = {1, 5, 2};
    assert_joined(m, 3, "rule=weighted_vote", weights, 3.0f / 8, 5.0f / 8, 0);
    const double zero[] = {1, 0, 0};
    assert_joined(m, 3, "rule=weighted_vote", zero, 1, 0, 0);
    assert_joined(m, 3, "rule=borda", NULL, 5.0f / 9, 4.0f / 9, 0);
    assert_joined(m, 3, "rule=weighted_borda", weights, 11.0f / 24, 13.0f / 24, 0);
    drop(m, 3);
    /* Within a member, the lowest of equal classes gets the vote. */
    neuron_graph_t *equal[] = {member("equal", 0.2f, 0.4f, 0.4f)};
    assert_joined(equal, 1, "rule=majority_vote", NULL, 0, 1, 0);
    drop(equal, 1);
}
END_TEST

START_TEST(ties_go_to_the_larger_sum)
{
    float raised = nextafterf(0.5f, 1);
    neuron_graph_t *m[] = {member("a", 0.6f, 0.3f, 0.1f), member("b", 0.1f, 0.8f, 0.1f)};
    neuron_graph_t *committee = join(m, 2, "rule=majority_vote", NULL);
    assert_answer(committee, 0.5f, raised, 0, 0);
    neuron_graph_unref(committee);
    drop(m, 2);
    /* The sum is a weighted one: equal votes are had with weights 2 against 1 and 1. */
    neuron_graph_t *w[] = {member("a", 0.4f, 0.35f, 0.25f), member("b", 0.2f, 0.5f, 0.3f),
                           member("c", 0.3f, 0.4f, 0.3f)};
    const double weights[] = {2, 1, 1};
    committee = join(w, 3, "rule=weighted_vote", weights); /* 1.3 against 1.6 */
    assert_answer(committee, 0.5f, raised, 0, 0);
    neuron_graph_unref(committee);
    /* 0.1 + 0.2 against 0.3, which as doubles are not the same. */
    const double thirds[] = {0.3, 0.1, 0.2};
    committee = join(w, 3, "rule=weighted_vote", thirds); /* 0.2 against 0.235 */
    assert_answer(committee, 0.5f, raised, 0, 0);
    neuron_graph_unref(committee);
    drop(w, 3);
}
END_TEST

START_TEST(perfect_ties_go_to_the_lowest_class)
{
    neuron_graph_t *m[] = {member("a", 0.25f, 0.5f, 0.25f), member("b", 0.25f, 0.25f, 0.5f)};
    neuron_graph_t *committee = join(m, 2, "rule=majority_vote", NULL);
    assert_answer(committee, 0, nextafterf(0.5f, 1), 0.5f, 0);
    neuron_graph_unref(committee);
    drop(m, 2);
    neuron_graph_t *all[] = {member("a", 0.5f, 0.25f, 0.25f), member("b", 0.25f, 0.5f, 0.25f),
                             member("c", 0.25f, 0.25f, 0.5f)};
    float third = (float)(1.0 / 3);
    committee = join(all, 3, "rule=majority_vote", NULL);
    assert_answer(committee, nextafterf(third, 1), third, third, 0);
    neuron_graph_unref(committee);
    drop(all, 3);
}
END_TEST

START_TEST(what_is_no_number_casts_no_vote)
{
    neuron_graph_t *m[] = {member("a", 0.1f, 0.2f, 0.7f), member("b", NAN, 0.9f, 0.1f),
                           member("c", 0.2f, 0.1f, 0.7f)};
    assert_joined(m, 3, "rule=majority_vote", NULL, 0, 0, 1);
    neuron_graph_t *none = join(m + 1, 1, "rule=majority_vote", NULL);
    float answer[EXAMPLES * CLASSES];
    predict(none, answer);
    for (int i = 0; i < EXAMPLES * CLASSES; i++)
        ck_assert_float_nan(answer[i]);
    neuron_graph_unref(none);
    drop(m, 3);
}
END_TEST

START_TEST(weights_have_rules)
{
    neuron_graph_t *m[] = {member("a", 1, 0, 0), member("b", 0, 1, 0)}, *committee = m[0];
    const struct {
        double weights[2];
        const char *message;
    } cases[] = {{{1, -1}, "weight 1 is negative"},
                 {{NAN, 1}, "weight 0 is not finite"},
                 {{1, INFINITY}, "weight 1 is not finite"},
                 {{0, 0}, "add up to 0"},
                 {{1e308, 1e308}, "infinity"}};
    const char *const rules[] = {"rule=weighted_mean", "rule=weighted_vote"};
    for (int r = 0; r < 2; r++) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            assert_status(
                neuron_committee_create(&committee, context, m, 2, cases[i].weights, rules[r]),
                NEURON_E_ARGUMENT);
            assert_message(cases[i].message);
            ck_assert_ptr_null(committee);
        }
        assert_status(neuron_committee_create(&committee, context, m, 2, NULL, rules[r]),
                      NEURON_E_ARGUMENT);
        assert_message("weights is NULL");
    }
    const double fine[] = {1, 1};
    assert_status(neuron_committee_create(&committee, context, m, 2, fine, "rule=mean"),
                  NEURON_E_ARGUMENT);
    assert_message("weights are given; they must be NULL");
    assert_status(neuron_committee_create(&committee, context, m, 2, fine, "rule=majority_vote"),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_committee_create(&committee, context, m, 2, fine, "rule=median"),
                  NEURON_E_ARGUMENT);
    assert_message("committee: rule is median; it must be mean, weighted_mean, majority_vote, "
                   "weighted_vote, borda or weighted_borda");
    drop(m, 2);
}
END_TEST

/* A member of any shape. */
static neuron_graph_t *shaped(const char *name, int64_t inputs, int64_t outputs)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    assert_ok(neuron_graph_set_name(g, name));
    assert_ok(neuron_graph_finish(
        g, neuron_softmax(
               g, neuron_dense(g, neuron_input(g, (const int64_t[]){inputs}, 1), outputs, NULL),
               NULL)));
    return g;
}

START_TEST(members_must_agree)
{
    neuron_graph_t *committee;
    neuron_graph_t *m[] = {shaped("first", 4, 3), shaped("wide", 5, 3), shaped("fine", 4, 2)};
    assert_status(neuron_committee_create(&committee, context, m, 2, NULL, "rule=mean"),
                  NEURON_E_SHAPE);
    assert_message("member 1 (wide) takes 5");
    assert_message("member 0 (first) takes 4");
    neuron_graph_t *outputs[] = {m[0], m[0], m[2]};
    assert_status(neuron_committee_create(&committee, context, outputs, 3, NULL, "rule=mean"),
                  NEURON_E_SHAPE);
    assert_message("member 2 (fine) puts out 2");
    assert_message("member 0 (first) puts out 3");
    neuron_graph_t *open, *unfinished[] = {m[0], NULL}, *missing[] = {NULL, m[0]};
    assert_ok(neuron_graph_create(&open, context));
    assert_ok(neuron_graph_set_name(open, "open"));
    unfinished[1] = open;
    assert_status(neuron_committee_create(&committee, context, unfinished, 2, NULL, "rule=mean"),
                  NEURON_E_STATE);
    assert_message("open is not finished");
    for (int i = 0; i < 2; i++) {
        assert_status(neuron_committee_create(&committee, context, missing, 2, NULL, "rule=mean"),
                      NEURON_E_ARGUMENT);
        ck_assert_ptr_null(committee);
        missing[0] = m[0];
        missing[1] = NULL;
    }
    neuron_graph_unref(open);
    drop(m, 3);
}
END_TEST

START_TEST(nothing_is_null)
{
    neuron_graph_t *m = member("a", 1, 0, 0), *committee = m;
    const char *mean = "rule=mean";
    assert_status(neuron_committee_create(NULL, context, &m, 1, NULL, mean), NEURON_E_ARGUMENT);
    assert_status(neuron_committee_create(&committee, NULL, &m, 1, NULL, mean), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(committee);
    assert_status(neuron_committee_create(&committee, context, NULL, 1, NULL, mean),
                  NEURON_E_ARGUMENT);
    const int32_t counts[] = {0, -1};
    for (int i = 0; i < 2; i++) {
        assert_status(neuron_committee_create(&committee, context, &m, counts[i], NULL, mean),
                      NEURON_E_ARGUMENT);
        assert_message("count");
    }
    double weight = 5;
    neuron_dataset_t *glyphs = test_glyphs(context, 10, 8);
    assert_status(neuron_committee_weights(&weight, NULL, 1, glyphs, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_committee_weights(&weight, &m, 0, glyphs, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_committee_weights(&weight, &m, 1, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_committee_weights(NULL, &m, 1, glyphs, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_committee_weights(&weight, &m, 1, glyphs, NULL), NEURON_E_SHAPE);
    committee = NULL;
    assert_status(neuron_committee_weights(&weight, &committee, 1, glyphs, NULL),
                  NEURON_E_ARGUMENT);
    ck_assert_double_eq(weight, 5);
    neuron_dataset_unref(glyphs);
    neuron_graph_unref(m);
}
END_TEST

START_TEST(a_committee_of_committees)
{
    neuron_graph_t *m[] = {member("a", 0.5f, 0.3f, 0.2f), member("b", 0.1f, 0.9f, 0),
                           member("c", 0, 0, 1)};
    neuron_graph_t *pair = join(m, 2, "rule=mean", NULL);
    neuron_graph_t *both[] = {pair, m[2]};
    const double weights[] = {2, 1};
    neuron_graph_t *outer = join(both, 2, "rule=weighted_mean", weights);
    assert_answer(outer, 0.2f, 0.4f, 0.4f, 1e-6f);
    ck_assert_int_eq(neuron_graph_parameter_count(outer), 3 * (INPUTS + 1) * CLASSES);
    ck_assert_str_eq(neuron_graph_array_name(outer, 0), "committee/a/dense.kernel");
    ck_assert_str_eq(neuron_graph_array_name(outer, 5), "c/dense.bias");
    neuron_graph_unref(outer);
    neuron_graph_t *vote = join(both, 2, "rule=majority_vote", NULL);
    assert_answer(vote, 0, 0.5f, nextafterf(0.5f, 1), 0); /* 0.6 against 1.1 */
    neuron_graph_unref(vote);
    neuron_graph_unref(pair);
    drop(m, 3);
}
END_TEST

START_TEST(names_are_made_unique)
{
    neuron_graph_t *m[] = {member("twin", 1, 0, 0), member("twin", 0, 1, 0),
                           member("x/y.z", 0, 0, 1)};
    neuron_graph_t *committee = join(m, 3, "rule=mean", NULL);
    ck_assert_int_eq(neuron_graph_array_count(committee), 6);
    ck_assert_str_eq(neuron_graph_array_name(committee, 0), "twin/dense.kernel");
    ck_assert_str_eq(neuron_graph_array_name(committee, 2), "twin_1/dense.kernel");
    ck_assert_str_eq(neuron_graph_array_name(committee, 4), "x_y_z/dense.kernel");
    neuron_graph_unref(committee);
    drop(m, 3);
}
END_TEST

START_TEST(saved_and_loaded)
{
    neuron_graph_t *m[] = {shaped("a", INPUTS, CLASSES), shaped("b", INPUTS, CLASSES),
                           shaped("c", INPUTS, CLASSES)};
    const double weights[] = {0.1, 1.0 / 3, 1e-7};
    const struct {
        const char *rule;
        const double *weights;
    } cases[] = {{"rule=mean", NULL},
                 {"rule=weighted_mean", weights},
                 {"rule=majority_vote", NULL},
                 {"rule=weighted_vote", weights}};
    const char *path = test_file("committee");
    for (int i = 0; i < 4; i++) {
        neuron_graph_t *inner = join(m, 3, cases[i].rule, cases[i].weights), *loaded;
        neuron_graph_t *two[] = {inner, m[0]};
        neuron_graph_t *committee = join(two, 2, "rule=mean", NULL);
        assert_ok(neuron_graph_save(committee, path));
        assert_ok(neuron_graph_load(&loaded, context, path));
        ck_assert(same_parameters(committee, loaded));
        assert_same_answer(committee, loaded);
        neuron_graph_unref(loaded);
        neuron_graph_unref(committee);
        neuron_graph_unref(inner);
    }
    drop(m, 3);
}
END_TEST

/* Two-number examples; each of the classes as often as asked for. */
static neuron_dataset_t *labelled(const int32_t *labels, int64_t count)
{
    neuron_tensor_t *examples, *numbers;
    neuron_dataset_t *dataset;
    assert_ok(neuron_tensor_create(&examples, context, NEURON_TYPE_F32,
                                   (const int64_t[]){count, INPUTS}, 2));
    assert_ok(neuron_tensor_create(&numbers, context, NEURON_TYPE_I32, &count, 1));
    memcpy(neuron_tensor_data(numbers), labels, (size_t)count * sizeof *labels);
    assert_ok(neuron_dataset_create(&dataset, context, examples, numbers, CLASSES));
    neuron_tensor_unref(numbers);
    neuron_tensor_unref(examples);
    return dataset;
}

/* One number for each example, which says on what side of one half the answer is. */
START_TEST(weights_of_graphs_with_one_output)
{
    enum { MANY = 4 };
    const float inputs[MANY] = {-2, -1, 1, 2}, targets[MANY] = {0, 0, 1, 0};
    neuron_tensor_t *examples, *numbers;
    neuron_dataset_t *dataset;
    neuron_graph_t *m[2];
    double weights[2];
    assert_ok(
        neuron_tensor_create(&examples, context, NEURON_TYPE_F32, (const int64_t[]){MANY, 1}, 2));
    assert_ok(
        neuron_tensor_create(&numbers, context, NEURON_TYPE_F32, (const int64_t[]){MANY, 1}, 2));
    memcpy(neuron_tensor_data(examples), inputs, sizeof inputs);
    memcpy(neuron_tensor_data(numbers), targets, sizeof targets);
    assert_ok(neuron_dataset_create_with_targets(&dataset, context, examples, numbers));
    for (int i = 0; i < 2; i++) { /* sigmoid(x), sigmoid(-x) */
        float kernel = i == 0 ? 1 : -1, bias = 0;
        assert_ok(neuron_graph_create(&m[i], context));
        neuron_node_t *x = neuron_input(m[i], (const int64_t[]){1}, 1);
        assert_ok(neuron_graph_finish(m[i], neuron_sigmoid(m[i], neuron_dense(m[i], x, 1, NULL))));
        assert_ok(neuron_graph_write_array(m[i], 0, &kernel, 1));
        assert_ok(neuron_graph_write_array(m[i], 1, &bias, 1));
    }
    assert_ok(neuron_committee_weights(weights, m, 2, dataset, NULL)); /* 3/4, 1/4 */
    ck_assert_double_eq_tol(weights[0], 0.75, 1e-15);
    ck_assert_double_eq_tol(weights[1], 0.25, 1e-15);
    drop(m, 2);
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(numbers);
    neuron_tensor_unref(examples);
}
END_TEST

START_TEST(weights_from_accuracies)
{
    const int32_t labels[] = {0, 0, 0, 1, 1, 0, 0, 0}, third[] = {2, 2, 2};
    neuron_graph_t *m[] = {member("a", 1, 0, 0), member("b", 0, 1, 0), member("c", 0, 0, 1)};
    neuron_dataset_t *dataset = labelled(labels, 8);
    double weights[3];
    assert_ok(neuron_committee_weights(weights, m, 3, dataset, NULL)); /* 6/8, 2/8, 0 */
    ck_assert_double_eq_tol(weights[0], 0.75, 1e-15);
    ck_assert_double_eq_tol(weights[1], 0.25, 1e-15);
    ck_assert_double_eq(weights[2], 0);
    assert_joined(m, 3, "rule=weighted_mean", weights, 0.75f, 0.25f, 0);
    assert_ok(neuron_committee_weights(weights, m + 1, 2, dataset, NULL));
    ck_assert_double_eq(weights[0], 1);
    neuron_dataset_unref(dataset);
    dataset = labelled(third, 3); /* neither is ever right */
    assert_ok(neuron_committee_weights(weights, m, 2, dataset, NULL));
    ck_assert_double_eq(weights[0], 0.5);
    ck_assert_double_eq(weights[1], 0.5);
    neuron_dataset_unref(dataset);
    drop(m, 3);
}
END_TEST

START_TEST(weights_stay_on_failure)
{
    const int32_t labels[] = {0, 1};
    neuron_graph_t *m[] = {member("a", 1, 0, 0), shaped("wide", INPUTS + 1, CLASSES)};
    neuron_dataset_t *dataset = labelled(labels, 2);
    double weights[] = {7, 8};
    assert_status(neuron_committee_weights(weights, m, 2, dataset, NULL), NEURON_E_SHAPE);
    ck_assert_double_eq(weights[0], 7);
    ck_assert_double_eq(weights[1], 8);
    neuron_dataset_unref(dataset);
    drop(m, 2);
}
END_TEST

static int train(neuron_graph_t *graph, neuron_dataset_t *dataset)
{
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    assert_ok(neuron_optimizer_create(&adam, context, "adam", NULL));
    int status = neuron_trainer_create(&trainer, graph, adam, dataset);
    if (status == 0)
        status = neuron_trainer_run(NULL, trainer);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    return status;
}

START_TEST(members_and_committee_train_apart)
{
    const int32_t labels[] = {0, 1, 2, 1, 0};
    neuron_graph_t *m[] = {shaped("a", INPUTS, CLASSES), shaped("b", INPUTS, CLASSES)};
    neuron_graph_t *mean = join(m, 2, "rule=mean", NULL);
    neuron_graph_t *vote = join(m, 2, "rule=majority_vote", NULL);
    neuron_dataset_t *dataset = labelled(labels, 5);
    float before[EXAMPLES * CLASSES], after[EXAMPLES * CLASSES];
    predict(mean, before);
    assert_ok(train(m[0], dataset));
    predict(mean, after);
    ck_assert_mem_eq(before, after, sizeof before);
    predict(m[1], before);
    assert_ok(train(mean, dataset));
    predict(m[1], after);
    ck_assert_mem_eq(before, after, sizeof before);
    predict(mean, after);
    ck_assert_mem_ne(before, after, sizeof before);
    assert_status(train(vote, dataset), NEURON_E_UNSUPPORTED);
    assert_message("vote");
    neuron_dataset_unref(dataset);
    neuron_graph_unref(vote);
    neuron_graph_unref(mean);
    drop(m, 2);
}
END_TEST

START_TEST(members_of_other_contexts)
{
    neuron_context_t *own = context, *other = test_context();
    context = other;
    neuron_graph_t *m = member("guest", 0.2f, 0.3f, 0.5f);
    context = own;
    neuron_graph_t *committee = join(&m, 1, "rule=mean", NULL);
    neuron_graph_unref(m);
    neuron_context_unref(other);
    assert_answer(committee, 0.2f, 0.3f, 0.5f, 0);
    neuron_graph_unref(committee);
}
END_TEST

/* ---- How sure it is ---- */

static neuron_graph_t *shares_of(float a, float b, float c)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *y = neuron_dense(g, neuron_input(g, (const int64_t[]){INPUTS}, 1), CLASSES,
                                    "initializer=zeros");
    assert_ok(neuron_graph_finish(g, neuron_softmax(g, y, NULL)));
    assert_ok(neuron_graph_write_array(g, 1, (const float[]){logf(a), logf(b), logf(c)}, CLASSES));
    return g;
}

static neuron_dataset_t *any_examples(void)
{
    neuron_dataset_t *dataset;
    neuron_tensor_t *examples, *labels;
    assert_ok(neuron_tensor_create(&examples, context, NEURON_TYPE_F32,
                                   (const int64_t[]){EXAMPLES, INPUTS}, 2));
    assert_ok(
        neuron_tensor_create(&labels, context, NEURON_TYPE_I32, (const int64_t[]){EXAMPLES}, 1));
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, CLASSES));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    return dataset;
}

/* What the only number of an output is for the first example. */
static float told(const neuron_graph_t *graph, int64_t output)
{
    float values[2 * INPUTS] = {0}, found[8][2 * CLASSES];
    neuron_tensor_t *input, *outputs[8];
    int64_t count = neuron_graph_output_count(graph);
    assert_ok(neuron_tensor_wrap(&input, context, NEURON_TYPE_F32, (const int64_t[]){2, INPUTS}, 2,
                                 values));
    for (int64_t i = 0; i < count; i++)
        assert_ok(neuron_tensor_wrap(&outputs[i], context, NEURON_TYPE_F32,
                                     (const int64_t[]){2, i == 0 ? CLASSES : 1}, 2, found[i]));
    assert_ok(neuron_graph_predict_many(graph, &input, 1, outputs, count));
    for (int64_t i = 0; i < count; i++)
        neuron_tensor_unref(outputs[i]);
    neuron_tensor_unref(input);
    return found[output][0];
}

START_TEST(uncertainty_as_outputs)
{
    static const char *const names[] = {"average", "entropy", "margin", "answers"};
    static const char *const classes[] = {"a", "b", "c"};
    neuron_graph_t *members[] = {shares_of(0.5f, 0.25f, 0.25f), shares_of(0.25f, 0.5f, 0.25f)};
    neuron_graph_t *committee, *outer, *loaded;
    assert_ok(neuron_graph_set_class_names(members[0], NULL, classes, 3));
    assert_ok(neuron_committee_create(&committee, context, members, 2, NULL,
                                      "abstain_below=0.4, uncertainty=margin entropy margin"));
    ck_assert_int_eq(neuron_graph_output_count(committee), 4);
    for (int i = 0; i < 4; i++)
        ck_assert_str_eq(neuron_node_name(neuron_graph_output(committee, i)), names[i]);
    double entropy = -2 * 0.375 * log(0.375) - 0.25 * log(0.25);
    ck_assert_double_eq_tol((double)told(committee, 1), entropy, 1e-6);
    ck_assert_double_eq_tol((double)told(committee, 2), 0, 1e-6);
    ck_assert_float_eq(told(committee, 3), 0);                          /* 0.375 is below 0.4 */
    ck_assert_str_eq(neuron_graph_class_name(committee, NULL, 1), "b"); /* of the first output */

    /* What tells has no targets: a dataset of one target evaluates it, and calibrates it. */
    neuron_dataset_t *dataset = any_examples();
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_graph_evaluate(&evaluation, committee, dataset, NULL, NULL));
    ck_assert_double_eq(neuron_evaluation_accuracy(evaluation), 1);
    neuron_evaluation_unref(evaluation);
    assert_status(neuron_graph_evaluate(&evaluation, committee, dataset, NULL, "output=1"),
                  NEURON_E_ARGUMENT);
    neuron_graph_t *calibrated;
    assert_ok(neuron_graph_calibrate(&calibrated, committee, dataset, NULL));
    ck_assert_int_eq(neuron_graph_output_count(calibrated), 4);
    ck_assert_str_eq(neuron_node_name(neuron_graph_output(calibrated, 0)), "average");
    ck_assert_double_eq_tol((double)told(calibrated, 1), entropy, 1e-6);
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    assert_ok(neuron_optimizer_create(&adam, context, "adam", NULL));
    assert_status(neuron_trainer_create(&trainer, committee, adam, dataset), NEURON_E_SHAPE);
    assert_message("the dataset has 1 target, committee has 4");

    /* As a member it leaves them out. */
    neuron_graph_t *both[] = {committee, members[0]};
    assert_ok(neuron_committee_create(&outer, context, both, 2, NULL, NULL));
    ck_assert_int_eq(neuron_graph_output_count(outer), 1);
    ck_assert_ptr_null(neuron_graph_find_node(outer, "committee/entropy"));

    size_t size;
    assert_ok(neuron_graph_save_memory(NULL, 0, &size, committee));
    uint8_t *bytes = malloc(size);
    assert_ok(neuron_graph_save_memory(bytes, size, NULL, committee));
    assert_ok(neuron_graph_load_memory(&loaded, context, bytes, size));
    for (int i = 1; i < 4; i++)
        ck_assert_float_eq(told(loaded, i), told(committee, i));
    free(bytes);
    neuron_graph_unref(loaded);
    neuron_graph_unref(outer);
    neuron_graph_unref(calibrated);
    neuron_graph_unref(committee);
    neuron_optimizer_unref(adam);
    neuron_dataset_unref(dataset);
    neuron_graph_unref(members[0]);
    neuron_graph_unref(members[1]);
}
END_TEST

/* With the weights of the rule; of two outputs each has its own. */
START_TEST(uncertainty_of_weights_and_of_two_outputs)
{
    neuron_graph_t *members[] = {shares_of(0.5f, 0.25f, 0.25f), shares_of(0.25f, 0.5f, 0.25f)};
    neuron_graph_t *committee, *pair;
    assert_ok(neuron_committee_create(&committee, context, members, 2, (const double[]){3, 1},
                                      "rule=weighted_vote, uncertainty=variation_ratio"));
    ck_assert_float_eq(told(committee, 1), 0.25f);
    neuron_graph_unref(committee);
    assert_ok(neuron_graph_create(&pair, context));
    neuron_node_t *x = neuron_input(pair, (const int64_t[]){INPUTS}, 1);
    neuron_node_t *ends[] = {neuron_softmax(pair, neuron_dense(pair, x, 3, NULL), NULL),
                             neuron_sigmoid(pair, neuron_dense(pair, x, 1, NULL))};
    assert_ok(neuron_node_set_name(ends[0], "kind"));
    assert_ok(neuron_node_set_name(ends[1], "sick"));
    assert_ok(neuron_graph_finish_many(pair, ends, 2));
    assert_ok(neuron_committee_create(&committee, context, &pair, 1, NULL,
                                      "uncertainty=entropy confidence"));
    static const char *const names[] = {
        "kind", "sick", "kind_entropy", "kind_confidence", "sick_entropy", "sick_confidence"};
    ck_assert_int_eq(neuron_graph_output_count(committee), 6);
    for (int i = 0; i < 6; i++)
        ck_assert_str_eq(neuron_node_name(neuron_graph_output(committee, i)), names[i]);
    neuron_graph_unref(committee);
    assert_status(neuron_committee_create(&committee, context, members, 2, NULL,
                                          "uncertainty=entropy margins"),
                  NEURON_E_ARGUMENT);
    assert_message("committee: uncertainty is entropy margins; it must be ");
    assert_status(neuron_committee_create(&committee, context, members, 2, NULL, "abstain_below=2"),
                  NEURON_E_ARGUMENT);
    neuron_graph_unref(pair);
    neuron_graph_unref(members[0]);
    neuron_graph_unref(members[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("committee");
    TCase *cases = tcase_create("committee");
    tcase_set_timeout(cases, 0);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, means);
    tcase_add_test(cases, only_ratios_of_weights_matter);
    tcase_add_test(cases, votes);
    tcase_add_test(cases, ties_go_to_the_larger_sum);
    tcase_add_test(cases, perfect_ties_go_to_the_lowest_class);
    tcase_add_test(cases, what_is_no_number_casts_no_vote);
    tcase_add_test(cases, weights_have_rules);
    tcase_add_test(cases, members_must_agree);
    tcase_add_test(cases, nothing_is_null);
    tcase_add_test(cases, a_committee_of_committees);
    tcase_add_test(cases, names_are_made_unique);
    tcase_add_test(cases, saved_and_loaded);
    tcase_add_test(cases, weights_from_accuracies);
    tcase_add_test(cases, weights_of_graphs_with_one_output);
    tcase_add_test(cases, weights_stay_on_failure);
    tcase_add_test(cases, members_and_committee_train_apart);
    tcase_add_test(cases, members_of_other_contexts);
    tcase_add_test(cases, uncertainty_as_outputs);
    tcase_add_test(cases, uncertainty_of_weights_and_of_two_outputs);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
