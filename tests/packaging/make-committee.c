/* Trains three tiny networks for an epoch, joins and saves them, and writes some examples and what
 * the committee makes of them, as raw floats: make-committee FOLDER. */
#include <libneuron-committee/committees.h>
#include <libneuron/libneuron.h>

#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 12, PIXELS = SIDE * SIDE, CLASSES = 10, MEMBERS = 3, EXAMPLES = 40 };

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

static neuron_graph_t *train_member(neuron_context_t *context, neuron_dataset_t *train,
                                    neuron_optimizer_t *adam, int64_t units, uint64_t seed)
{
    neuron_graph_t *graph;
    neuron_trainer_t *trainer;
    must(neuron_graph_create(&graph, context));
    must(neuron_graph_set_seed(graph, seed));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIDE, SIDE, 1}, 3);
    neuron_node_t *flat = neuron_flatten(graph, x);
    neuron_node_t *hidden = neuron_relu(graph, neuron_dense(graph, flat, units, NULL));
    neuron_node_t *both = neuron_concat(graph, (neuron_node_t *const[]){flat, hidden}, 2, NULL);
    neuron_node_t *logits = neuron_dense(graph, both, CLASSES, NULL);
    must(neuron_graph_finish(graph, neuron_softmax(graph, logits, NULL)));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    return graph;
}

static void write_floats(const char *folder, const char *name, const float *values, size_t count)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(values, sizeof *values, count, file) != count || fclose(file) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}

static void write_predictions(neuron_context_t *context, const neuron_graph_t *committee,
                              const neuron_dataset_t *test, const char *folder)
{
    static float inputs[EXAMPLES * PIXELS], outputs[EXAMPLES * CLASSES];
    neuron_tensor_t *input, *output;
    must(neuron_dataset_read(inputs, NULL, test, 0, EXAMPLES));
    must(neuron_tensor_wrap(&input, context, NEURON_TYPE_F32,
                            (const int64_t[]){EXAMPLES, SIDE, SIDE, 1}, 4, inputs));
    must(neuron_tensor_wrap(&output, context, NEURON_TYPE_F32,
                            (const int64_t[]){EXAMPLES, CLASSES}, 2, outputs));
    must(neuron_graph_predict(committee, input, output));
    write_floats(folder, "inputs.f32", inputs, EXAMPLES * PIXELS);
    write_floats(folder, "outputs.f32", outputs, EXAMPLES * CLASSES);
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
}

int main(int count, char **arguments)
{
    neuron_context_t *context;
    neuron_dataset_t *train, *test;
    neuron_optimizer_t *adam;
    neuron_graph_t *members[MEMBERS], *committee;
    double weights[MEMBERS];
    if (count != 2)
        return EXIT_FAILURE;
    must(neuron_context_create(&context, NULL));
    must(neuron_dataset_generate_glyphs(&train, context, 300, SIDE, SIDE, 1));
    must(neuron_dataset_generate_glyphs(&test, context, 100, SIDE, SIDE, 2));
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    for (int i = 0; i < MEMBERS; i++)
        members[i] = train_member(context, train, adam, 8 + 4 * i, (uint64_t)i + 1);
    must(neuron_committee_weights(weights, members, MEMBERS, test, NULL));
    must(neuron_committee_create(&committee, context, members, MEMBERS, weights,
                                 "rule=weighted_mean"));
    char path[4096];
    snprintf(path, sizeof path, "%s/committee.safetensors", arguments[1]);
    must(neuron_graph_save(committee, path));
    write_predictions(context, committee, test, arguments[1]);
    for (int i = 0; i < MEMBERS; i++)
        neuron_graph_unref(members[i]);
    neuron_graph_unref(committee);
    neuron_optimizer_unref(adam);
    neuron_dataset_unref(train);
    neuron_dataset_unref(test);
    neuron_context_unref(context);
    return EXIT_SUCCESS;
}
