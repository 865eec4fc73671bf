/* Several labels: which kinds of things a picture shows, of ten that it may or may not have.
 *
 * The network ends with a sigmoid, and the loss is binary cross-entropy. Targets are zeros and ones
 * for each example, neuron_dataset_create_with_targets(), and an evaluation has the figures of each
 * tag: precision, recall, F1, and their averages. */
#include "recipe.h"

enum { KINDS = 10 };

/* Pictures of two images side by side, and for each kind whether one of them is of it. */
static neuron_dataset_t *make_pairs(neuron_context_t *context, neuron_dataset_t *images)
{
    int64_t count = neuron_dataset_count(images) / 2;
    neuron_dataset_t *halves[2], *tagged, *pairs;
    neuron_tensor_t *tags;
    must(neuron_tensor_create(&tags, context, NEURON_TYPE_F32, (const int64_t[]){count, KINDS}, 2));
    float *tag = neuron_tensor_data(tags);
    for (int half = 0; half < 2; half++) {
        must(neuron_dataset_subset(&halves[half], images, half * count, count));
        for (int64_t i = 0; i < count; i++) {
            int32_t kind;
            must(neuron_dataset_read(NULL, &kind, halves[half], i, 1));
            tag[i * KINDS + kind] = 1;
        }
    }
    must(neuron_dataset_create_with_targets(&tagged, context, tags, tags));
    must(neuron_dataset_zip(&pairs, halves, 2, &tagged, 1));
    neuron_dataset_unref(halves[0]);
    neuron_dataset_unref(halves[1]);
    neuron_dataset_unref(tagged);
    neuron_tensor_unref(tags);
    return pairs;
}

static neuron_graph_t *build(neuron_context_t *context)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *halves[] = {neuron_input(graph, (const int64_t[]){28, 28, 1}, 3),
                               neuron_input(graph, (const int64_t[]){28, 28, 1}, 3)};
    neuron_node_t *x = neuron_concat(graph, halves, 2, "axis=1"); /* 28 x 56 */
    x = neuron_relu(graph, neuron_conv2d(graph, x, 16, 5, 5, "stride=2"));
    x = neuron_relu(graph, neuron_conv2d(graph, x, 48, 5, 5, "stride=2"));
    x = neuron_relu(graph, neuron_dense(graph, neuron_flatten(graph, x), 128, NULL));
    must(neuron_graph_finish(graph, neuron_sigmoid(graph, neuron_dense(graph, x, KINDS, NULL))));
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
    neuron_dataset_t *singles = images(context, "mnist", "train", 20000);
    neuron_dataset_t *others = images(context, "mnist", "t10k", 2000);
    neuron_dataset_t *train = make_pairs(context, singles), *test = make_pairs(context, others);

    neuron_graph_t *graph = build(context);
    must(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.002"));
    must(neuron_loss_create(&loss, context, "binary_cross_entropy", NULL));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set_loss(trainer, loss));
    must(neuron_trainer_set(trainer, "epochs=4"));
    must(neuron_trainer_run(NULL, trainer));

    char report[4096];
    must(neuron_graph_evaluate(&evaluation, graph, test, loss, "kind=multi_label, threshold=0.5"));
    must(neuron_evaluation_report(report, sizeof report, NULL, evaluation, NULL, 3));
    puts(report);
    int status =
        reached("F1 of all tags", neuron_evaluation_f1(evaluation, NEURON_AVERAGE_MACRO), 0.8);

    neuron_evaluation_unref(evaluation);
    neuron_trainer_unref(trainer);
    neuron_loss_unref(loss);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(graph);
    neuron_dataset_t *sets[] = {singles, others, train, test};
    for (int i = 0; i < 4; i++)
        neuron_dataset_unref(sets[i]);
    neuron_context_unref(context);
    return status;
}
