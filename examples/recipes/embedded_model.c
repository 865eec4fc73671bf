/* A model inside the program: its file is a part of the executable, which needs no other file to
 * predict with. It is the one that table.c learns:
 *
 *     ./table rents.safetensors
 *     od -An -v -tu1 rents.safetensors | sed -E 's/[0-9]+/&,/g' >rents.inc
 *     cc embedded_model.c -o embedded_model $(pkg-config --cflags --libs libneuron)
 *
 * (In C23 that is #embed "rents.safetensors".) neuron_graph_load_memory() reads the bytes, and the
 * graph knows how a row of words becomes numbers, and what its classes are called. */
#include "recipe.h"

#include <string.h>

static const unsigned char model[] = {
#include "rents.inc"
};

/* Size, town and year of apartments, and what their rent is. */
static const char *const rows[][4] = {{"120", "Bern", "2015", "high"},
                                      {"25", "La Chaux-de-Fonds", "1960", "low"},
                                      {"100", "Basel", "2000", "high"},
                                      {"40", "Chur", NULL, "low"}};

enum { ROWS = sizeof rows / sizeof *rows };

int main(void)
{
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_tensor_t *input, *output;
    must(neuron_context_create(&context, NULL));
    must(neuron_graph_load_memory(&graph, context, model, sizeof model));
    size_t inputs;
    must(neuron_graph_prepare_row(NULL, 0, &inputs, graph, NULL, 0));
    must(neuron_tensor_create(&input, context, NEURON_TYPE_F32,
                              (const int64_t[]){1, (int64_t)inputs}, 2));
    must(neuron_tensor_create(&output, context, NEURON_TYPE_F32, (const int64_t[]){1, 2}, 2));

    int correct = 0;
    for (int i = 0; i < ROWS; i++) {
        must(neuron_graph_prepare_row(neuron_tensor_data(input), inputs, NULL, graph, rows[i], 3));
        must(neuron_graph_predict(graph, input, output));
        const float *probabilities = neuron_tensor_data(output);
        const char *rent =
            neuron_graph_class_name(graph, NULL, probabilities[1] > probabilities[0]);
        printf("%s square metres, %s: %s\n", rows[i][0], rows[i][1], rent);
        correct += strcmp(rent, rows[i][3]) == 0;
    }
    int status = reached("correct", (double)correct / ROWS, 1);

    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    return status;
}
