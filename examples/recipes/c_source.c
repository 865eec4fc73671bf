/* Trains a small network and writes it as a file of C, which then predicts without the library.
 *
 *     cc c_source.c -o c_source $(pkg-config --cflags --libs libneuron-source)
 *     ./c_source glyphs.c
 *
 * writes glyphs.c and glyphs.h, whose use c_source_main.c shows:
 *
 *     cc -O2 c_source_main.c glyphs.c -o glyphs -lm
 *     ./glyphs
 *
 * The images are those that the library draws: ten kinds of glyphs. */
#include "recipe.h"

#include <libneuron-source/source.h>

enum { SIDE = 16, CLASSES = 10 };

static neuron_graph_t *build(neuron_context_t *context)
{
    static const char *const names[CLASSES] = {"ring",  "cross", "plus",   "triangle", "square",
                                               "angle", "tee",   "zigzag", "arrow",    "cup"};
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    must(neuron_graph_set_name(graph, "glyphs"));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIDE, SIDE, 1}, 3);
    x = neuron_conv2d(graph, x, 8, 3, 3, "padding=same");
    x = neuron_relu(graph, neuron_batch_norm(graph, x, "momentum=0.9"));
    x = neuron_flatten(graph, neuron_max_pool2d(graph, x, 2, 2, NULL));
    x = neuron_relu(graph, neuron_dense(graph, neuron_dropout(graph, x, 0.2), 32, NULL));
    x = neuron_softmax(graph, neuron_dense(graph, x, CLASSES, NULL), NULL);
    must(neuron_graph_finish(graph, x));
    must(neuron_graph_set_class_names(graph, NULL, names, CLASSES));
    return graph;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "glyphs.c";
    neuron_context_t *context;
    neuron_dataset_t *train, *test;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_context_create(&context, "seed=1"));
    must(neuron_dataset_generate_glyphs(&train, context, 4000, SIDE, SIDE, 1));
    must(neuron_dataset_generate_glyphs(&test, context, 1000, SIDE, SIDE, 2));
    neuron_graph_t *graph = build(context);
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set(trainer, "epochs=12"));
    must(neuron_trainer_run(NULL, trainer));

    /* How bytes become inputs the graph has learnt from the dataset. */
    must(neuron_source_export(graph, path, "header=yes"));
    printf("%s is written\n", path);
    int status = reached("accuracy", accuracy(graph, test), 0.9);

    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(graph);
    neuron_dataset_unref(test);
    neuron_dataset_unref(train);
    neuron_context_unref(context);
    return status;
}
