/* Examples in files of any kind, for a model: to predict, or with labels to evaluate. */
#ifndef TOOLS_DATA_H
#define TOOLS_DATA_H

#include "tools/content.h"

/* What the caller said of the data; NULL where nothing was. */
typedef struct data_request {
    const char *path, *labels; /* files, or a folder */
    const char *x, *y;         /* arrays of an archive */
    const char *table;         /* options of neuron_dataset_load_csv() */
    int scale;                 /* DATA_SCALE_... */
} data_request_t;

/* Whether stored numbers are scaled as the model's training set was: bytes and tables are,
 * floats not. */
enum { DATA_SCALE_AUTO, DATA_SCALE_YES, DATA_SCALE_NO };

/* The word that an option was given; ends the program if it is another. */
int data_scale(const tool_t *tool, const char *word);

/* Examples without labels. A failure has been said. */
neuron_dataset_t *data_to_predict(const tool_t *tool, const neuron_graph_t *graph,
                                  neuron_context_t *context, const data_request_t *request);

/* Examples with labels, or targets. A failure has been said. */
neuron_dataset_t *data_to_evaluate(const tool_t *tool, const neuron_graph_t *graph,
                                   neuron_context_t *context, const data_request_t *request);

/* Whether the model has one input and one output, which these need; if not, that is said. */
bool data_fits(const tool_t *tool, const neuron_graph_t *graph);

#endif
