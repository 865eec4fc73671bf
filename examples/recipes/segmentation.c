/* Segmentation: a U-shaped network (Ronneberger et al., 2015; arXiv 1505.04597) says of each pixel
 * whether it belongs to a thing or to the noise around it.
 *
 * Going down, convolutions and pooling; going up, neuron_conv2d_transpose() with a stride of 2, and
 * a neuron_concat() with what was there at this size on the way down. Targets are maps of 0 and 1,
 * the output is a sigmoid with binary cross-entropy, and an evaluation of such maps is one of
 * pixels: accuracy, and the intersection over union (IoU). */
#include "recipe.h"

enum { SIDE = 28, PIXELS = SIDE * SIDE };

/* Noisy images as examples, and as targets where the image was before there was noise. */
static neuron_dataset_t *make_maps(neuron_context_t *context, const char *part, int64_t count)
{
    neuron_tensor_t *noisy, *maps;
    neuron_dataset_t *dataset, *clean = images(context, "fashion-mnist", part, count);
    const int64_t shape[] = {count, SIDE, SIDE, 1};
    must(neuron_tensor_create(&noisy, context, NEURON_TYPE_F32, shape, 4));
    must(neuron_tensor_create(&maps, context, NEURON_TYPE_F32, shape, 4));
    float *pixel = neuron_tensor_data(noisy), *map = neuron_tensor_data(maps);
    must(neuron_dataset_read(pixel, NULL, clean, 0, count));
    uint32_t state = 1;
    for (int64_t i = 0; i < count * PIXELS; i++) {
        state = state * 1664525 + 1013904223;
        map[i] = pixel[i] > 0.4f;
        pixel[i] += (float)(state >> 8) / (1 << 24) - 0.5f;
    }
    must(neuron_dataset_create_with_targets(&dataset, context, noisy, maps));
    neuron_tensor_unref(noisy);
    neuron_tensor_unref(maps);
    neuron_dataset_unref(clean);
    return dataset;
}

static neuron_node_t *block(neuron_graph_t *graph, neuron_node_t *x, int64_t filters)
{
    x = neuron_relu(graph, neuron_conv2d(graph, x, filters, 3, 3, "padding=same"));
    return neuron_relu(graph, neuron_conv2d(graph, x, filters, 3, 3, "padding=same"));
}

/* Twice as large, and beside it what was there on the way down. */
static neuron_node_t *up(neuron_graph_t *graph, neuron_node_t *x, neuron_node_t *beside,
                         int64_t filters)
{
    x = neuron_conv2d_transpose(graph, x, filters, 2, 2, "stride=2");
    x = neuron_concat(graph, (neuron_node_t *[]){beside, x}, 2, NULL);
    return block(graph, x, filters);
}

static neuron_graph_t *build(neuron_context_t *context)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){SIDE, SIDE, 1}, 3);
    neuron_node_t *large = block(graph, x, 8);                                             /* 28 */
    neuron_node_t *middle = block(graph, neuron_max_pool2d(graph, large, 2, 2, NULL), 16); /* 14 */
    x = block(graph, neuron_max_pool2d(graph, middle, 2, 2, NULL), 32);                    /* 7 */
    x = up(graph, up(graph, x, middle, 16), large, 8);
    must(neuron_graph_finish(graph, neuron_sigmoid(graph, neuron_conv2d(graph, x, 1, 1, 1, NULL))));
    return graph;
}

int main(void)
{
    neuron_context_t *context;
    neuron_optimizer_t *adam;
    neuron_loss_t *loss;
    neuron_trainer_t *trainer;
    neuron_evaluation_t *evaluation;
    must(neuron_context_create(&context, NULL));
    neuron_dataset_t *train = make_maps(context, "train", 3000);
    neuron_dataset_t *test = make_maps(context, "t10k", 500);
    neuron_graph_t *graph = build(context);

    must(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.003"));
    must(neuron_loss_create(&loss, context, "binary_cross_entropy", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set_loss(trainer, loss));
    must(neuron_trainer_set(trainer, "epochs=2"));
    must(neuron_trainer_run(NULL, trainer));

    char report[4096];
    must(neuron_graph_evaluate(&evaluation, graph, test, loss, NULL));
    must(neuron_evaluation_report(report, sizeof report, NULL, evaluation,
                                  (const char *const[]){"noise", "thing"}, 3));
    puts(report);
    int status = reached("IoU of the thing", neuron_evaluation_iou(evaluation, 1), 0.7);

    neuron_evaluation_unref(evaluation);
    neuron_trainer_unref(trainer);
    neuron_loss_unref(loss);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(graph);
    neuron_dataset_unref(train);
    neuron_dataset_unref(test);
    neuron_context_unref(context);
    return status;
}
