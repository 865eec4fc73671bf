/* Trains a classifier on a table and saves it, or predicts new rows with one that was saved.
 *
 *     cc csv_classifier.c -o csv_classifier $(pkg-config --cflags --libs libneuron)
 *     ./csv_classifier train flowers.csv species flowers.safetensors
 *     ./csv_classifier predict new.csv flowers.safetensors
 *
 * Tables are rows below one of names, such as
 *
 *     height,width,colour,species
 *     5.1,1.4,blue,setosa
 *     6.3,,red,virginica
 *
 * Here the column "species" has the classes, as words or numbers, and all other columns are inputs:
 * numbers, or words that become an input each. new.csv has these, in any order. What was learnt of
 * the table's columns is in the model's file too. docs/examples.md shows how to make tables to try
 * it with. Training prints a report on a fifth of the rows, kept apart; predicting a line for each
 * row. */
#include <libneuron/libneuron.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 4096, UNITS = 64 };

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

static neuron_graph_t *build(neuron_context_t *context, int64_t columns, int64_t classes)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, &columns, 1);
    x = neuron_relu(graph, neuron_dense(graph, x, UNITS, NULL));
    x = neuron_relu(graph, neuron_dense(graph, x, UNITS, NULL));
    must(neuron_graph_finish(graph,
                             neuron_softmax(graph, neuron_dense(graph, x, classes, NULL), NULL)));
    return graph;
}

/* Until the loss on the last fifth of the rows has not improved for 20 epochs. */
static void fit(neuron_context_t *context, neuron_graph_t *graph, neuron_dataset_t *train)
{
    neuron_optimizer_t *adam;
    neuron_callback_t *stop;
    neuron_trainer_t *trainer;
    must(neuron_optimizer_create(&adam, context, "adam", NULL));
    must(neuron_callback_create(&stop, context, "early_stopping", "patience=20, restore_best=yes"));
    must(neuron_trainer_create(&trainer, graph, adam, train));
    must(neuron_trainer_set(trainer, "epochs=300, validation_split=0.2"));
    must(neuron_trainer_add_callback(trainer, stop));
    must(neuron_trainer_run(NULL, trainer));
    neuron_trainer_unref(trainer);
    neuron_callback_unref(stop);
    neuron_optimizer_unref(adam);
}

static void make_model(neuron_context_t *context, const char *table, const char *label,
                       const char *model)
{
    static char report[1 << 16];
    char options[300];
    neuron_dataset_t *all, *train, *test;
    snprintf(options, sizeof options, "label=\"%s\", type=f32, categories=one_hot, missing=median",
             label);
    must(neuron_dataset_load_csv(&all, context, table, options));
    must(neuron_dataset_k_fold(&train, &test, all, 5, 0, 1)); /* the first of five folds tests */
    must(neuron_dataset_standardize_channels(train, train));
    must(neuron_dataset_standardize_channels(test, train));
    int64_t columns = neuron_preparation_input_count(neuron_dataset_preparation(all));
    neuron_graph_t *graph = build(context, columns, neuron_dataset_class_count(all));
    fit(context, graph, train);

    neuron_evaluation_t *evaluation;
    must(neuron_graph_evaluate(&evaluation, graph, test, NULL, NULL));
    must(neuron_evaluation_report(report, sizeof report, NULL, evaluation, NULL, 3));
    puts(report);
    must(neuron_graph_save(graph, model));
    neuron_evaluation_unref(evaluation);
    neuron_graph_unref(graph);
    neuron_dataset_unref(train);
    neuron_dataset_unref(test);
    neuron_dataset_unref(all);
}

static void predict(neuron_context_t *context, const char *table, const char *model)
{
    static double scales[COLUMNS_MAX], offsets[COLUMNS_MAX];
    neuron_graph_t *graph;
    neuron_dataset_t *rows;
    neuron_tensor_t *output;
    neuron_preparation_t *preparation;
    size_t columns;
    must(neuron_graph_load(&graph, context, model));
    must(neuron_graph_preparation(&preparation, graph));
    must(neuron_dataset_load_csv_prepared(&rows, context, table, preparation));
    must(neuron_graph_scales(scales, offsets, COLUMNS_MAX, &columns, graph, NULL));
    must(neuron_dataset_set_scales(rows, scales, offsets, columns));
    int64_t count = neuron_dataset_count(rows), classes = neuron_dataset_class_count(rows);
    must(neuron_tensor_create(&output, context, NEURON_TYPE_F32, (int64_t[]){count, classes}, 2));
    must(neuron_graph_predict_dataset(graph, rows, output));
    const float *probabilities = neuron_tensor_data(output);
    for (int64_t i = 0; i < count; i++, probabilities += classes) {
        int64_t best = 0;
        for (int64_t k = 1; k < classes; k++)
            if (probabilities[k] > probabilities[best])
                best = k;
        const char *name = neuron_dataset_class_name(rows, best); /* NULL of classes 0, 1, ... */
        printf("row %d: class %d%s%s, probability %.3f\n", (int)i + 1, (int)best, name ? ", " : "",
               name ? name : "", probabilities[best]);
    }
    neuron_tensor_unref(output);
    neuron_dataset_unref(rows);
    neuron_graph_unref(graph);
    neuron_preparation_unref(preparation);
}

int main(int argc, char **argv)
{
    int trains = argc == 5 && strcmp(argv[1], "train") == 0;
    if (!trains && !(argc == 4 && strcmp(argv[1], "predict") == 0)) {
        fprintf(stderr, "usage: %s train TABLE LABEL MODEL | predict TABLE MODEL\n", argv[0]);
        return 2;
    }
    neuron_context_t *context;
    must(neuron_context_create(&context, NULL));
    if (trains)
        make_model(context, argv[2], argv[3], argv[4]);
    else
        predict(context, argv[2], argv[3]);
    neuron_context_unref(context);
    return EXIT_SUCCESS;
}
