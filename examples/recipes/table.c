/* A table with words and gaps: apartments of which the rent is high or low. The model's file has
 * all that is needed to predict a row as it comes: which column is what, which words there are,
 * what stands for a gap, and how numbers are scaled. It is saved as rents.safetensors, or as the
 * argument says.
 *
 * neuron_dataset_load_csv_memory() (or, of a file, neuron_dataset_load_csv()) finds that out,
 * neuron_standardize() scales in the graph, and neuron_graph_prepare_row() does the rest. */
#include "recipe.h"

#include <string.h>

/* A number from 0 to below `end`. */
static uint32_t draw(uint32_t end)
{
    static uint32_t state = 1;
    state = state * 1664525 + 1013904223;
    return (state >> 8) % end;
}

/* Rows as a program exports them: the size in square metres, the town, the year, the rent. */
static char *write_table(size_t rows)
{
    static const char *const towns[] = {"Bern", "Basel", "Chur", "\"La Chaux-de-Fonds\""};
    char *text = malloc(64 * (rows + 1)), *end = text;
    if (!text)
        exit(EXIT_FAILURE);
    end += sprintf(end, "size;town;year;rent\n");
    for (size_t i = 0; i < rows; i++) {
        uint32_t size = 20 + draw(120), town = draw(4), year = 1950 + draw(75);
        double rent = size * (1 - 0.2 * town) + 0.5 * (year - 1950);
        end += draw(10) ? sprintf(end, "%u;", size) : sprintf(end, "?;");
        end += sprintf(end, "%s;", draw(20) ? towns[town] : "");
        end += sprintf(end, "%u;%s\n", year, rent > 70 ? "high" : "low");
    }
    return text;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "rents.safetensors";
    neuron_context_t *context;
    neuron_dataset_t *train, *test;
    neuron_graph_t *graph, *loaded;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_tensor_t *input, *output;
    char *text = write_table(3000), *other = write_table(1000);
    must(neuron_context_create(&context, NULL));
    must(neuron_dataset_load_csv_memory(
        &train, context, text, strlen(text),
        "label=rent, categories=one_hot, missing=mark, separator=semicolon"));
    must(neuron_dataset_load_csv_like_memory(&test, context, other, strlen(other), train));

    int64_t inputs = neuron_preparation_input_count(neuron_dataset_preparation(train));
    must(neuron_graph_create(&graph, context));
    neuron_node_t *scaled = neuron_standardize(graph, neuron_input(graph, &inputs, 1));
    neuron_node_t *x = neuron_relu(graph, neuron_dense(graph, scaled, 32, NULL));
    must(neuron_graph_finish(graph, neuron_softmax(graph, neuron_dense(graph, x, 2, NULL), NULL)));
    must(neuron_node_adapt(scaled, train));
    must(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.003"));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set(trainer, "epochs=15"));
    must(neuron_trainer_run(NULL, trainer));
    must(neuron_graph_save(graph, path));

    /* Another program: a row of text in, a word out. */
    const char *const row[] = {"90", "Bern", NULL};
    must(neuron_graph_load(&loaded, context, path));
    must(neuron_tensor_create(&input, context, NEURON_TYPE_F32, (const int64_t[]){1, inputs}, 2));
    must(neuron_tensor_create(&output, context, NEURON_TYPE_F32, (const int64_t[]){1, 2}, 2));
    must(neuron_graph_prepare_row(neuron_tensor_data(input), (size_t)inputs, NULL, loaded, row, 3));
    must(neuron_graph_predict(loaded, input, output));
    const float *probabilities = neuron_tensor_data(output);
    for (int i = 0; i < 2; i++)
        printf("90 square metres in Bern, %s: %.3f\n", neuron_graph_class_name(loaded, NULL, i),
               (double)probabilities[i]);
    int status = reached("accuracy", accuracy(loaded, test), 0.85);

    free(text);
    free(other);
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(graph);
    neuron_graph_unref(loaded);
    neuron_dataset_unref(train);
    neuron_dataset_unref(test);
    neuron_context_unref(context);
    return status;
}
