/* Windows that slide over images, and over sequences, which are images of one column. */
#ifndef SOURCE_LAYERS_WINDOW_H
#define SOURCE_LAYERS_WINDOW_H

#include "source/layers/layer.h"

/* Along axis 0 or 1. */
typedef struct neuron_source_side {
    int64_t input, output; /* extents */
    int64_t kernel, stride, dilation;
    int64_t before; /* places of padding before the first one */
    bool padded;    /* some windows are partly outside */
    bool outside;   /* some windows are wholly outside */
} neuron_source_side;

typedef struct neuron_source_window {
    neuron_source_side down, along;
    int64_t channels, filters; /* of the input and of the output */
    int64_t groups;
    const char *type, *from; /* of what is in the image, and what that is called: "float", "x" */
} neuron_source_window;

neuron_source_window neuron_source_window_of(const neuron_node_t *node);

/* One over the whole image. */
neuron_source_window neuron_source_whole(const neuron_node_t *node);

/* Writes the beginning of the loops over windows, `row` and `column`: what is written then stands
 * in their braces, and writes to y, which goes on with each. The other call ends them. */
void neuron_write_windows(neuron_writer *writer, const neuron_source_window *window);
void neuron_write_windows_end(neuron_writer *writer, const neuron_source_window *window);

/* Where a cell of a window is along an axis, as an expression of both; without a cell, where the
 * window begins. */
enum { NEURON_PLACE_TEXT = 128 };
const char *neuron_place_text(const neuron_source_side *side, const char *window, const char *cell,
                              char text[NEURON_PLACE_TEXT]);

/* The number of the cell (i, j) of a window. */
const char *neuron_cell_text(const neuron_source_window *window, char text[NEURON_PLACE_TEXT]);

/* Writes the beginning of a loop over the rows i of a window that are inside of the image, with
 * `line`, the image's. */
void neuron_write_rows(neuron_writer *writer, const neuron_source_window *window);

/* Writes `p`, the pixel at a place of `line`. */
void neuron_write_pixel(neuron_writer *writer, const neuron_source_window *window,
                        const char *place);

/* Writes the beginning of both loops, over the rows i and the cells j, with `p`. */
void neuron_write_places(neuron_writer *writer, const neuron_source_window *window);

#endif
