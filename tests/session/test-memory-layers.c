/* Each layer of the registry is built, trained, saved and loaded with each allocation failing in
 * turn. */
#include "registry-layers.h"

#include "failing-memory.h"

static const neuron_layer *layer;

static int build_with_layer(neuron_graph_t **graph, neuron_context_t *context)
{
    neuron_graph_t *g;
    *graph = NULL;
    int status = neuron_graph_create(&g, context);
    if (status < 0)
        return status;
    neuron_node_t *x = neuron_input(g, (const int64_t[]){SIZE, SIZE, 1}, 3);
    x = registry_add(g, layer, neuron_conv2d(g, x, 2, 3, 3, NULL));
    x = neuron_dense(g, neuron_flatten(g, x), TEST_CLASSES, NULL);
    status = neuron_graph_finish(g, neuron_softmax(g, x, NULL));
    if (status < 0)
        neuron_graph_unref(g);
    else
        *graph = g;
    return status;
}

static int run(world *w)
{
    int status = make_trainer(w, NULL, NULL);
    if (status < 0)
        return status;
    assert_ok(neuron_trainer_set(w->trainer, "epochs=1"));
    status = neuron_trainer_run(NULL, w->trainer);
    if (status < 0) {
        neuron_trainer_unref(w->trainer);
        w->trainer = NULL;
    }
    return status;
}

/* `w` has what does not change: a context and its data. */
static void use(world *w, long n)
{
    enum { ROOM = 1 << 16 };
    static char bytes[ROOM];
    neuron_graph_t *loaded = NULL;
    size_t size;
    assert_ok(neuron_optimizer_create(&w->adam, w->context, "adam", NULL));
    arm(n);
    TRY(build_with_layer(&w->graph, w->context));
    TRY(run(w));
    TRY(neuron_graph_save_memory(bytes, ROOM, &size, w->graph));
    TRY(neuron_graph_load_memory(&loaded, w->context, bytes, size));
    heal();
    size_t count[2];
    float *values[] = {test_parameters(w->graph, &count[0]), test_parameters(loaded, &count[1])};
    ck_assert_uint_eq(count[0], count[1]);
    ck_assert_mem_eq(values[0], values[1], count[0] * sizeof **values);
    free(values[0]);
    free(values[1]);
    neuron_graph_unref(loaded);
    neuron_trainer_unref(w->trainer);
    neuron_graph_unref(w->graph);
    neuron_optimizer_unref(w->adam);
    w->trainer = NULL;
    w->graph = NULL;
    w->adam = NULL;
}

START_TEST(every_layer)
{
    layer = neuron_layers[_i];
    if (!registry_trains(layer))
        return;
    kind = FAIL_ONCE;
    world w = make_world();
    /* Those of 2 are failed in test-memory.c. */
    assert_ok(neuron_context_set_number(w.context, "threads", 1));
    neuron_graph_unref(w.graph);
    neuron_optimizer_unref(w.adam);
    w.graph = NULL;
    w.adam = NULL;
    long n = 0, before;
    do {
        before = atomic_load(&live);
        use(&w, ++n);
        assert_that(atomic_load(&live) == before, "%s: %ld pieces are left after failure %ld",
                    layer->name, atomic_load(&live) - before, n);
    } while (atomic_load(&failures) > 0);
    ck_assert_int_gt(n, 100);
    end_world(&w);
    ck_assert_int_eq(atomic_load(&live), 0);
}
END_TEST

int main(void)
{
    json_set_alloc_funcs(json_allocate, json_release);
    Suite *suite = suite_create("memory of layers");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, every_layer, 0, REGISTRY_LAYERS);
    return run_suite(suite);
}
