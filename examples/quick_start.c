/* A whole program: a small convolutional network learns ten kinds of glyphs, is evaluated, saved,
 * loaded again, and predicts. It needs no data but what the library draws. */
#include <libneuron/libneuron.h>

#include <stdio.h>
#include <stdlib.h>

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

int main(void)
{
    neuron_context_t *context;
    neuron_dataset_t *train, *test;
    must(neuron_context_create(&context, NULL));
    must(neuron_dataset_generate_glyphs(&train, context, 12000, 16, 16, 1));
    must(neuron_dataset_generate_glyphs(&test, context, 1000, 16, 16, 2));

    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){16, 16, 1}, 3);
    neuron_node_t *c = neuron_relu(graph, neuron_conv2d(graph, x, 16, 3, 3, NULL));
    neuron_node_t *h = neuron_flatten(graph, neuron_max_pool2d(graph, c, 2, 2, NULL));
    neuron_node_t *y = neuron_softmax(graph, neuron_dense(graph, h, 10, NULL), NULL);
    must(neuron_graph_finish(graph, y));

    char text[4096];
    must(neuron_graph_summary(text, sizeof text, NULL, graph, 32));
    puts(text);

    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_history_t *history;
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set(trainer, "epochs=5"));
    must(neuron_trainer_run(&history, trainer));
    must(neuron_history_save_csv(history, "quick_start.csv"));

    neuron_evaluation_t *evaluation;
    must(neuron_graph_evaluate(&evaluation, graph, test, NULL, NULL));
    must(neuron_evaluation_report(text, sizeof text, NULL, evaluation, NULL, 3));
    puts(text);

    neuron_graph_t *loaded;
    must(neuron_graph_save(graph, "quick_start.safetensors"));
    must(neuron_graph_load(&loaded, context, "quick_start.safetensors"));

    float image[16 * 16], shares[10];
    int32_t label;
    neuron_tensor_t *input, *output;
    must(neuron_dataset_read(image, &label, test, 0, 1));
    must(neuron_tensor_wrap(&input, context, NEURON_TYPE_F32, (const int64_t[]){1, 16, 16, 1}, 4,
                            image));
    must(
        neuron_tensor_wrap(&output, context, NEURON_TYPE_F32, (const int64_t[]){1, 10}, 2, shares));
    must(neuron_graph_predict(loaded, input, output));
    printf("the first test image is a %d, with probability %.3f\n", (int)label, shares[label]);

    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    neuron_graph_unref(loaded);
    neuron_evaluation_unref(evaluation);
    neuron_history_unref(history);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(graph);
    neuron_dataset_unref(train);
    neuron_dataset_unref(test);
    neuron_context_unref(context);
    return EXIT_SUCCESS;
}
