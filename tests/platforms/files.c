/* Files are the same on every machine: files write FOLDER makes a model, the state of a training
 * and arrays of each type; files copy FROM TO reads them and writes what it read, on a machine of
 * another kind, for cmp(1) to compare. */
#include <libneuron/libneuron.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(1);
    }
}

static const char *in(const char *folder, const char *name)
{
    static char path[2][4096];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static neuron_trainer_t *new_trainer(neuron_context_t *context, neuron_graph_t *graph)
{
    neuron_dataset_t *glyphs;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    must(neuron_dataset_generate_glyphs(&glyphs, context, 64, 8, 8, 3));
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, glyphs));
    must(neuron_trainer_set(trainer, "epochs=1"));
    neuron_optimizer_unref(adam);
    neuron_dataset_unref(glyphs);
    return trainer;
}

static neuron_graph_t *new_graph(neuron_context_t *context)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){8, 8, 1}, 3);
    x = neuron_batch_norm(graph, neuron_conv2d(graph, x, 5, 3, 3, NULL), NULL);
    x = neuron_dense(graph, neuron_flatten(graph, neuron_relu(graph, x)), 10, NULL);
    must(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    return graph;
}

static const struct {
    const char *name;
    int32_t type;
    size_t size;
} arrays[] = {{"f32.npy", NEURON_TYPE_F32, 4},
              {"i32.npy", NEURON_TYPE_I32, 4},
              {"i64.npy", NEURON_TYPE_I64, 8},
              {"u8.npy", NEURON_TYPE_U8, 1}};

enum { ARRAYS = sizeof arrays / sizeof *arrays, COUNT = 3000 };

static void set_element(void *data, int32_t type, int64_t i)
{
    switch (type) {
    case NEURON_TYPE_F32:
        ((float *)data)[i] = (float)(i - 700) / 128; /* exact on any machine */
        break;
    case NEURON_TYPE_I32:
        ((int32_t *)data)[i] = (int32_t)i * 54321 - 1000000;
        break;
    case NEURON_TYPE_I64:
        ((int64_t *)data)[i] = i * 9876543210123 - 5;
        break;
    default:
        ((uint8_t *)data)[i] = (uint8_t)(i * 7);
    }
}

static void write_all(neuron_context_t *context, const char *to)
{
    static double room[COUNT]; /* aligned for any type */
    for (int which = 0; which < ARRAYS; which++) {
        neuron_tensor_t *tensor;
        for (int64_t i = 0; i < COUNT; i++)
            set_element(room, arrays[which].type, i);
        must(neuron_tensor_wrap(&tensor, context, arrays[which].type,
                                (const int64_t[]){COUNT / 2, 2}, 2, room));
        must(neuron_tensor_save_npy(tensor, in(to, arrays[which].name)));
        neuron_tensor_unref(tensor);
    }
    neuron_graph_t *graph = new_graph(context);
    neuron_trainer_t *trainer = new_trainer(context, graph);
    must(neuron_trainer_run(NULL, trainer));
    must(neuron_trainer_save(trainer, in(to, "training.safetensors")));
    must(neuron_graph_save(graph, in(to, "model.safetensors")));
    neuron_trainer_unref(trainer);
    neuron_graph_unref(graph);
}

/* Ends the program if an array has not the numbers that were written. */
static void check_array(const neuron_tensor_t *tensor, int which)
{
    static double room[COUNT];
    for (int64_t i = 0; i < COUNT; i++)
        set_element(room, arrays[which].type, i);
    if (neuron_tensor_count(tensor) != COUNT ||
        memcmp(neuron_tensor_data_const(tensor), room, COUNT * arrays[which].size) != 0) {
        fprintf(stderr, "%s has other numbers\n", arrays[which].name);
        exit(1);
    }
}

static void copy_all(neuron_context_t *context, const char *from, const char *to)
{
    for (int which = 0; which < ARRAYS; which++) {
        neuron_tensor_t *tensor;
        must(neuron_tensor_load_npy(&tensor, context, in(from, arrays[which].name)));
        check_array(tensor, which);
        must(neuron_tensor_save_npy(tensor, in(to, arrays[which].name)));
        neuron_tensor_unref(tensor);
    }
    neuron_graph_t *model, *graph = new_graph(context);
    must(neuron_graph_load(&model, context, in(from, "model.safetensors")));
    must(neuron_graph_save(model, in(to, "model.safetensors")));
    neuron_trainer_t *trainer = new_trainer(context, graph);
    must(neuron_trainer_load(trainer, in(from, "training.safetensors")));
    must(neuron_trainer_save(trainer, in(to, "training.safetensors")));
    neuron_trainer_unref(trainer);
    neuron_graph_unref(graph);
    neuron_graph_unref(model);
}

int main(int count, char **arguments)
{
    neuron_context_t *context;
    must(neuron_context_create(&context, NULL));
    if (count == 3 && strcmp(arguments[1], "write") == 0)
        write_all(context, arguments[2]);
    else if (count == 4 && strcmp(arguments[1], "copy") == 0)
        copy_all(context, arguments[2], arguments[3]);
    else
        return 2;
    neuron_context_unref(context);
    return 0;
}
