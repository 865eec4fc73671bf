/* The order in which Keras has the layers of a model: it does not keep that of the description, but
 * sorts them by how far they are from the outputs, and then by when it comes across them on the way
 * back from there. Weights are found by it. */
#include "keras/export/writer.h"

#include "base/sort.h"

/* A call whose inputs are looked at one after the other. */
typedef struct visit {
    size_t call, next;
} visit;

/* Puts all calls that one needs, and itself at last, behind those of a list. */
static void walk(neuron_keras_writer *writer, size_t from, visit *stack, size_t *list,
                 size_t *count, int64_t *turn)
{
    size_t height = 0;
    if (!writer->called[from].done)
        stack[height++] = (visit){from, 0};
    while (height > 0) {
        visit *top = &stack[height - 1];
        neuron_keras_called *call = &writer->called[top->call];
        neuron_keras_made *layer = &writer->layers[call->layer];
        if (top->next == 0) {
            call->done = true;
            if (layer->turn < 0)
                layer->turn = (*turn)++;
        }
        if (top->next == call->input_count) {
            list[(*count)++] = top->call;
            height--;
            continue;
        }
        size_t input = call->inputs[top->next++];
        if (!writer->called[input].done)
            stack[height++] = (visit){input, 0};
    }
}

/* A layer is as far as the farthest of its calls, and so are the calls that follow. */
static void measure(neuron_keras_writer *writer, const size_t *list, size_t count)
{
    while (count-- > 0) {
        neuron_keras_called *call = &writer->called[list[count]];
        neuron_keras_made *layer = &writer->layers[call->layer];
        if (call->depth < layer->depth)
            call->depth = layer->depth;
        layer->depth = call->depth;
        for (size_t i = 0; i < call->input_count; i++) {
            neuron_keras_called *input = &writer->called[call->inputs[i]];
            if (input->depth <= call->depth)
                input->depth = call->depth + 1;
        }
    }
}

static int compare(const void *left, const void *right)
{
    const neuron_keras_made *a = *(const neuron_keras_made *const *)left,
                            *b = *(const neuron_keras_made *const *)right;
    if (a->depth != b->depth)
        return a->depth > b->depth ? -1 : 1;
    return (a->turn > b->turn) - (a->turn < b->turn);
}

static void sort(neuron_keras_writer *writer, const neuron_keras_made **sorted)
{
    for (size_t i = 0; i < writer->layer_count; i++)
        sorted[i] = &writer->layers[i];
    neuron_sort(sorted, writer->layer_count, sizeof *sorted, compare);
    for (size_t i = 0; i < writer->layer_count; i++) {
        neuron_keras_made *layer = &writer->layers[sorted[i] - writer->layers];
        writer->order[i] = (size_t)(sorted[i] - writer->layers);
        neuron_keras_fail(writer,
                          neuron_keras_next_group(layer->group, writer->counts, layer->class_name));
    }
}

void neuron_keras_sort(neuron_keras_writer *writer)
{
    const neuron_graph_t *graph = writer->graph;
    size_t total = writer->called_count, count = 0;
    int64_t turn = 0;
    visit *stack = neuron_allocate(writer->context, total, sizeof *stack);
    size_t *list = neuron_allocate(writer->context, total, sizeof *list);
    const neuron_keras_made **sorted =
        neuron_allocate(writer->context, writer->layer_count, sizeof *sorted);
    if (stack && list && sorted) {
        for (size_t i = 0; i < writer->layer_count; i++)
            writer->layers[i].turn = -1;
        for (int64_t i = 0; i < graph->output_count; i++)
            walk(writer, writer->values[graph->outputs[i]->index].called, stack, list, &count,
                 &turn);
        measure(writer, list, count);
        sort(writer, sorted);
    } else {
        neuron_keras_fail(writer, NEURON_E_MEMORY);
    }
    neuron_release(writer->context, sorted);
    neuron_release(writer->context, list);
    neuron_release(writer->context, stack);
}
