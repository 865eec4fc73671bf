/* What the recipes share: ending with the message of a call that failed, images to learn from, and
 * the figure by which a recipe is judged. */
#ifndef RECIPE_H
#define RECIPE_H

#include <libneuron/libneuron.h>

#include <stdio.h>
#include <stdlib.h>

static inline void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", neuron_error_last());
        exit(EXIT_FAILURE);
    }
}

/* The first `count` images of "mnist" or "fashion-mnist", of the part "train" or "t10k", 28 x 28
 * pixels in ten classes: from the folder $NEURON_DATA, or where Debian's packages put them; or else
 * as many that the library draws. */
static inline neuron_dataset_t *images(neuron_context_t *context, const char *set, const char *part,
                                       int64_t count)
{
    const char *folder = getenv("NEURON_DATA");
    char pixels[4096], labels[4096];
    neuron_dataset_t *all, *first;
    folder = folder ? folder : "/usr/share/datasets";
    snprintf(pixels, sizeof pixels, "%s/%s/%s-images-idx3-ubyte.gz", folder, set, part);
    snprintf(labels, sizeof labels, "%s/%s/%s-labels-idx1-ubyte.gz", folder, set, part);
    FILE *file = fopen(pixels, "rb");
    if (!file) {
        printf("%s has no %s: the library draws %d images\n", folder, set, (int)count);
        must(neuron_dataset_generate_glyphs(&all, context, count, 28, 28, part[1] == 'r'));
        return all;
    }
    fclose(file);
    must(neuron_dataset_load_idx(&all, context, pixels, labels, 10));
    must(neuron_dataset_subset(&first, all, 0, count));
    neuron_dataset_unref(all);
    return first;
}

static inline double accuracy(const neuron_graph_t *graph, const neuron_dataset_t *test)
{
    neuron_evaluation_t *evaluation;
    must(neuron_graph_evaluate(&evaluation, graph, test, NULL, NULL));
    double share = neuron_evaluation_accuracy(evaluation);
    neuron_evaluation_unref(evaluation);
    return share;
}

/* Prints a figure. Returns what the program ends with: a failure if the figure is too small. */
static inline int reached(const char *what, double value, double least)
{
    printf("%s: %.4f\n", what, value);
    if (value >= least)
        return EXIT_SUCCESS;
    fprintf(stderr, "%s: %.4f is less than %.4f\n", what, value, least);
    return EXIT_FAILURE;
}

#endif
