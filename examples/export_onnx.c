/* Exports a saved network as an ONNX file, which other programs run:
 *
 *     cc export_onnx.c -o export_onnx $(pkg-config --cflags --libs libneuron-onnx)
 *     ./export_onnx quick_start.safetensors quick_start.onnx
 *     ./export_onnx committee.safetensors committee.onnx "layout=nchw, input_type=u8"
 *
 * The first file is a model, as quick_start.c and committee.c save one; the second is written. The
 * third argument are options of neuron_onnx_export(). It prints what goes into the network and what
 * comes out, which who runs it has to know. */
#include <libneuron-onnx/onnx.h>
#include <libneuron/libneuron.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

static void print_node(const char *what, const neuron_node_t *node)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    must(neuron_node_shape(shape, &rank, node));
    printf("%s %s: a batch of", what, neuron_node_name(node));
    for (int32_t axis = 0; axis < rank; axis++)
        printf("%s%" PRId64, axis == 0 ? " " : "x", shape[axis]);
    printf("\n");
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: %s MODEL.safetensors MODEL.onnx [OPTIONS]\n", argv[0]);
        return 2;
    }
    neuron_context_t *context;
    neuron_graph_t *graph;
    must(neuron_context_create(&context, NULL));
    must(neuron_graph_load(&graph, context, argv[1]));
    must(neuron_onnx_export(graph, argv[2], argc > 3 ? argv[3] : NULL));

    for (int64_t i = 0; i < neuron_graph_input_count(graph); i++)
        print_node("input", neuron_graph_input(graph, i));
    for (int64_t i = 0; i < neuron_graph_output_count(graph); i++)
        print_node("output", neuron_graph_output(graph, i));
    printf("written: %s\n", argv[2]);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    return EXIT_SUCCESS;
}
