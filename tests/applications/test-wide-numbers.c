/* A count or an index beyond 32 bits is refused as it is, and never cut to one that would do. */
#include "test-models.h"

#include <libneuron-committee/committees.h>

#include <math.h>

/* What is cut to 32 bits of these is a number that would do. */
static const int64_t wide[] = {INT64_C(1) << 32, INT64_C(1) << 40, (INT64_C(1) << 32) + 1,
                               -(INT64_C(1) << 32), -(INT64_C(1) << 32) + 2};

typedef struct {
    neuron_context_t *context;
    neuron_dataset_t *dataset;
    neuron_graph_t *graph;
    neuron_evaluation_t *evaluation;
} scene;

static scene make_scene(void)
{
    static const char *const names[TEST_CLASSES] = {"a", "b", "c", "d", "e",
                                                    "f", "g", "h", "i", "j"};
    scene s = {.context = test_context()};
    s.dataset = test_glyphs(s.context, 40, 8);
    assert_ok(neuron_dataset_set_class_names(s.dataset, names, TEST_CLASSES));
    s.graph = test_mlp(s.context, 8);
    assert_ok(neuron_graph_set_class_names(s.graph, NULL, names, TEST_CLASSES));
    assert_ok(neuron_graph_set_metadata(s.graph, "version", "1"));
    assert_ok(neuron_graph_set_metadata(s.graph, "who", "us"));
    assert_ok(neuron_graph_evaluate(&s.evaluation, s.graph, s.dataset, NULL, NULL));
    return s;
}

static void drop_scene(scene *s)
{
    neuron_evaluation_unref(s->evaluation);
    neuron_graph_unref(s->graph);
    neuron_dataset_unref(s->dataset);
    neuron_context_unref(s->context);
}

START_TEST(an_index_is_not_cut)
{
    scene s = make_scene();
    int64_t k = wide[_i];
    const neuron_option_t *option = neuron_kind_option("optimizer", "sgd", 0);
    neuron_node_t *node = neuron_graph_node(s.graph, 1);
    ck_assert_ptr_null(neuron_graph_node(s.graph, k));
    ck_assert_ptr_null(neuron_graph_input(s.graph, k));
    ck_assert_ptr_null(neuron_graph_output(s.graph, k));
    ck_assert_ptr_null(neuron_node_input(node, k));
    ck_assert_ptr_null(neuron_graph_array_name(s.graph, k));
    ck_assert_ptr_null(neuron_graph_metadata_key(s.graph, k));
    ck_assert_ptr_null(neuron_graph_class_name(s.graph, NULL, k));
    ck_assert_ptr_null(neuron_dataset_class_name(s.dataset, k));
    ck_assert_ptr_null(neuron_evaluation_row_name(s.evaluation, k));
    ck_assert_ptr_null(neuron_kind_name("optimizer", k));
    ck_assert_ptr_null(neuron_kind_option("optimizer", "adam", k));
    ck_assert_ptr_null(neuron_option_word(option, k));
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    size_t size;
    float values[1024];
    assert_status(neuron_graph_array_shape(shape, &rank, s.graph, k), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_read_array(values, 1024, &size, s.graph, k), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_write_array(s.graph, k, values, 768), NEURON_E_ARGUMENT);
    ck_assert_int_eq(neuron_graph_array_trainable(s.graph, k), 0);
    ck_assert(isnan(neuron_evaluation_precision(s.evaluation, k)));
    ck_assert(isnan(neuron_evaluation_recall(s.evaluation, k)));
    ck_assert(isnan(neuron_evaluation_f1(s.evaluation, k)));
    ck_assert_int_lt(neuron_evaluation_support(s.evaluation, k), 0);
    ck_assert_int_lt(neuron_evaluation_confusion(s.evaluation, k, 0), 0);
    ck_assert_int_lt(neuron_evaluation_confusion(s.evaluation, 0, k), 0);
    drop_scene(&s);
}
END_TEST

START_TEST(a_count_is_not_cut)
{
    scene s = make_scene();
    int64_t count = wide[_i];
    static const char *const names[2] = {"x", "y"};
    static const double halves[2] = {0.5, 0.5};
    static const int32_t classes[2] = {0, 1};
    neuron_dataset_t *sets[2] = {s.dataset, s.dataset}, *made[2] = {NULL, NULL};
    neuron_graph_t *graphs[2] = {s.graph, s.graph}, *committee;
    double weights[2];
    assert_status(neuron_dataset_set_class_names(s.dataset, names, count), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_set_class_names(s.graph, NULL, names, count), NEURON_E_SHAPE);
    assert_status(neuron_dataset_join(made, sets, count), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_filter(made, s.dataset, classes, count), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_filter_renumbered(made, s.dataset, classes, count),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_split(made, s.dataset, halves, count, 1, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_k_fold(&made[0], &made[1], s.dataset, count, 0, 1),
                  count > 0 ? NEURON_E_DATA : NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_k_fold(&made[0], &made[1], s.dataset, 2, count, 1),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_dataset_generate_glyphs(made, s.context, 4, count + 8, 8, 1),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_committee_create(&committee, s.context, graphs, count, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_committee_weights(weights, graphs, count, s.dataset, NULL),
                  NEURON_E_ARGUMENT);
    neuron_tensor_t *images, *labels, *outputs;
    const int64_t shape[] = {2, 8, 8, 1};
    assert_ok(neuron_tensor_create(&images, s.context, NEURON_TYPE_F32, shape, 4));
    assert_ok(neuron_tensor_create(&labels, s.context, NEURON_TYPE_I32, shape, 1));
    assert_ok(
        neuron_tensor_create(&outputs, s.context, NEURON_TYPE_F32, (const int64_t[]){2, 10}, 2));
    neuron_tensor_t *in[] = {images};
    neuron_tensor_t *out[] = {outputs};
    int64_t best[2];
    assert_status(neuron_dataset_create(made, s.context, images, labels, count), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_predict_many(s.graph, in, count, out, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_predict_many(s.graph, in, 1, out, count), NEURON_E_ARGUMENT);
    assert_status(neuron_tensor_top_k(best, NULL, 2, outputs, count), NEURON_E_ARGUMENT);
    neuron_tensor_unref(outputs);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(images);
    ck_assert_ptr_null(made[0]);
    ck_assert_ptr_null(made[1]);
    drop_scene(&s);
}
END_TEST

START_TEST(a_layer_takes_no_wide_count)
{
    scene s = make_scene();
    int64_t count = wide[_i];
    neuron_graph_t *graph;
    neuron_node_t *(*const joins[])(neuron_graph_t *, neuron_node_t *const *,
                                    int64_t) = {neuron_add, neuron_multiply, neuron_average};
    for (size_t i = 0; i < sizeof joins / sizeof joins[0]; i++) {
        assert_ok(neuron_graph_create(&graph, s.context));
        neuron_node_t *x = neuron_input(graph, (const int64_t[]){4}, 1);
        neuron_node_t *const both[] = {x, neuron_dense(graph, x, 4, NULL)};
        ck_assert_ptr_null(joins[i](graph, both, count));
        assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
        neuron_graph_unref(graph);
    }
    assert_ok(neuron_graph_create(&graph, s.context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){4}, 1);
    neuron_node_t *ends[] = {neuron_dense(graph, x, 4, NULL)};
    assert_status(neuron_graph_finish_many(graph, ends, count), NEURON_E_ARGUMENT);
    neuron_graph_unref(graph);
    drop_scene(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wide-numbers");
    TCase *tests = tcase_create("wide-numbers");
    int count = sizeof wide / sizeof wide[0];
    tcase_add_loop_test(tests, an_index_is_not_cut, 0, count);
    tcase_add_loop_test(tests, a_count_is_not_cut, 0, count);
    tcase_add_loop_test(tests, a_layer_takes_no_wide_count, 0, count);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
