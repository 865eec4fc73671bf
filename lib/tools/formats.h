/* The formats that models are read from and written to: one row each, of those that this build
 * has. */
#ifndef TOOLS_FORMATS_H
#define TOOLS_FORMATS_H

#include "tools/content.h"

typedef struct format {
    const char *name;   /* for --to */
    const char *ending; /* of a file's name */
    const char *what;   /* in lists and messages */
    const char *needs;  /* the library that reads and writes it; NULL for the core */

    /* Whether a file is of this format. */
    content_kind_t kind;

    /* The graph of a file; NULL if the format cannot be read. */
    int (*read)(neuron_graph_t **graph, neuron_context_t *context, const char *path);

    /* Takes parameters from a file into a graph; NULL if it has none by themselves. */
    int (*read_weights)(int64_t *count, neuron_graph_t *graph, const char *path);

    /* Writes a graph, with options of the format, of which `options` tells; NULL if it cannot be
     * written. */
    const char *options;
    int (*write)(neuron_graph_t *graph, const char *path, const char *options);
} format_t;

/* The formats, to the first without a name. Those that this build lacks have neither read nor
 * write. */
extern const format_t formats[];

const format_t *format_by_name(const char *name);
const format_t *format_by_ending(const char *path);
const format_t *format_by_kind(content_kind_t kind);

/* The names of those that can be read or written, "safetensors, onnx". */
const char *format_list(bool written);

/* Reads a model, whatever its format. A failure has been said. */
neuron_graph_t *format_load(const tool_t *tool, neuron_context_t *context, const char *path);

#endif
