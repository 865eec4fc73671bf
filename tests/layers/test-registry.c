/* What must hold for every layer of the registry, one that was added this morning too. */
#include "gradient.h"
#include "registry-layers.h"
#include "test-common.h"

#include <ctype.h>

/* Values and gradients against the reference, the same for any memory, and once saved and
 * loaded. */
START_TEST(gradient)
{
    const neuron_layer *layer = neuron_layers[_i];
    if (!registry_trains(layer))
        return;
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 5, 6, 2), 4, 2, 1, NULL);
    x = registry_add(graph, layer, neuron_tanh(graph, x));
    check_layer(graph, neuron_relu(graph, x), 3);
}
END_TEST

/* Names go into files, and the first that fits is the one that is found. */
START_TEST(names)
{
    const neuron_layer *layer = neuron_layers[_i];
    ck_assert_ptr_eq(neuron_layer_find(layer->name), layer);
    for (const char *c = layer->name; *c; c++)
        ck_assert(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_');
    if (_i > 0)
        ck_assert_str_lt(neuron_layers[_i - 1]->name, layer->name);
}
END_TEST

START_TEST(the_list_ends)
{
    ck_assert_ptr_null(neuron_layers[REGISTRY_LAYERS]);
    ck_assert_ptr_null(neuron_layer_find("softsine"));
    ck_assert_ptr_null(neuron_layer_find(""));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("registry");
    TCase *tests = tcase_create("registry");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, gradient, 0, REGISTRY_LAYERS);
    tcase_add_loop_test(tests, names, 0, REGISTRY_LAYERS);
    tcase_add_test(tests, the_list_ends);
    return run_suite(suite);
}
