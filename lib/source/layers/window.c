/* The geometry of windows, and the loops over them. */
#include "source/layers/window.h"

#include <stdio.h>

/* An option of images, by axis, or that of sequences, which go down. */
static int64_t option_of(const neuron_node_t *node, int axis, int32_t height, int32_t width,
                         int32_t length, int64_t otherwise)
{
    int64_t of_sequence = axis == 0 ? neuron_source_option_or(node, length, otherwise) : otherwise;
    return neuron_source_option_or(node, axis == 0 ? height : width, of_sequence);
}

static neuron_source_side side_of(const neuron_node_t *node, int axis)
{
    const neuron_shape *from = &node->spec.inputs[0], *to = &node->spec.output;
    bool is_image = from->rank == 3;
    neuron_source_side side = {
        .input = axis == 0 || is_image ? from->extent[axis] : 1,
        .output = axis == 0 || is_image ? to->extent[axis] : 1,
        .kernel = option_of(node, axis, NEURON_NODE_KERNEL_HEIGHT, NEURON_NODE_KERNEL_WIDTH,
                            NEURON_NODE_KERNEL_SIZE, 1),
        .stride = option_of(node, axis, NEURON_NODE_STRIDE_HEIGHT, NEURON_NODE_STRIDE_WIDTH,
                            NEURON_NODE_STRIDE, 1),
        .dilation = option_of(node, axis, NEURON_NODE_DILATION_HEIGHT, NEURON_NODE_DILATION_WIDTH,
                              NEURON_NODE_DILATION, 1),
    };
    int64_t zeros = option_of(node, axis, NEURON_NODE_PADDING_TOP, NEURON_NODE_PADDING_LEFT,
                              NEURON_NODE_PADDING_BEFORE, 0);
    int64_t behind = option_of(node, axis, NEURON_NODE_PADDING_BOTTOM, NEURON_NODE_PADDING_RIGHT,
                               NEURON_NODE_PADDING_BEHIND, 0);
    int64_t extent = (side.kernel - 1) * side.dilation + 1, padded = zeros + side.input + behind;
    bool same = neuron_source_option(node, NEURON_NODE_PADDING) == NEURON_PADDING_SAME;
    int64_t missing = (side.output - 1) * side.stride + extent - padded;
    side.before = zeros + (same && missing > 0 ? missing / 2 : 0);
    int64_t last = (side.output - 1) * side.stride - side.before;
    side.padded = side.before > 0 || last + extent > side.input;
    side.outside = side.before >= extent || last >= side.input;
    return side;
}

neuron_source_window neuron_source_window_of(const neuron_node_t *node)
{
    const neuron_shape *from = &node->spec.inputs[0];
    return (neuron_source_window){
        .down = side_of(node, 0),
        .along = side_of(node, 1),
        .channels = from->extent[from->rank - 1],
        .filters = neuron_source_channels(node),
        .groups = neuron_source_option_or(node, NEURON_NODE_GROUPS, 1),
        .type = "float",
        .from = "x",
    };
}

static neuron_source_side whole_side(int64_t extent)
{
    return (neuron_source_side){
        .input = extent, .output = 1, .kernel = extent, .stride = 1, .dilation = 1};
}

neuron_source_window neuron_source_whole(const neuron_node_t *node)
{
    const neuron_shape *from = &node->spec.inputs[0];
    int64_t channels = from->extent[from->rank - 1];
    return (neuron_source_window){
        .down = whole_side(from->extent[0]),
        .along = whole_side(from->rank == 3 ? from->extent[1] : 1),
        .channels = channels,
        .filters = channels,
        .groups = 1,
        .type = "float",
        .from = "x",
    };
}

/* Adds the beginning of a loop over one axis of the output; where that is one place, none. */
static void write_loop(neuron_writer *writer, const char *name, int64_t count)
{
    if (count > 1)
        WRITE(writer, "for (long @name@ = 0; @name@ < @end@; @name@++) {\n", TEXT("name", name),
              NUMBER("end", count));
}

void neuron_write_windows(neuron_writer *writer, const neuron_source_window *window)
{
    write_loop(writer, "row", window->down.output);
    write_loop(writer, "column", window->along.output);
}

void neuron_write_windows_end(neuron_writer *writer, const neuron_source_window *window)
{
    int loops = (window->down.output > 1) + (window->along.output > 1);
    if (loops > 0)
        WRITE(writer, "y += @filters@;\n", NUMBER("filters", window->filters));
    for (; loops > 0; loops--)
        neuron_write_lines(writer, "}\n");
}

const char *neuron_place_text(const neuron_source_side *side, const char *window, const char *cell,
                              char text[NEURON_PLACE_TEXT])
{
    char stride[32] = "", dilation[32] = "", before[32] = "";
    if (side->stride > 1)
        snprintf(stride, sizeof stride, " * %" PRId64, side->stride);
    if (side->dilation > 1)
        snprintf(dilation, sizeof dilation, " * %" PRId64, side->dilation);
    if (side->before > 0)
        snprintf(before, sizeof before, " - %" PRId64, side->before);
    bool moves = side->output > 1, more = moves && *cell;
    snprintf(text, NEURON_PLACE_TEXT, "%s%s%s%s%s%s%s", moves ? window : "", moves ? stride : "",
             more ? " + " : "", cell, *cell ? dilation : "", !moves && !*cell ? "0" : "", before);
    return text;
}

const char *neuron_cell_text(const neuron_source_window *window, char text[NEURON_PLACE_TEXT])
{
    snprintf(text, NEURON_PLACE_TEXT, "i * %" PRId64 " + j", window->along.kernel);
    return text;
}

/* The beginning of a loop over the cells of a window along one axis, and the place of each. */
static void write_cells(neuron_writer *writer, const neuron_source_side *side, const char *cell,
                        const char *window, const char *place)
{
    char text[NEURON_PLACE_TEXT];
    WRITE(writer,
          "for (long @cell@ = 0; @cell@ < @kernel@; @cell@++) {\n"
          "const long @place@ = @text@;\n",
          TEXT("cell", cell), NUMBER("kernel", side->kernel), TEXT("place", place),
          TEXT("text", neuron_place_text(side, window, cell, text)));
    if (side->padded)
        WRITE(writer, "if (@place@ < 0 || @place@ >= @input@) {\ncontinue;\n}\n",
              TEXT("place", place), NUMBER("input", side->input));
}

void neuron_write_rows(neuron_writer *writer, const neuron_source_window *window)
{
    write_cells(writer, &window->down, "i", "row", "line");
}

void neuron_write_pixel(neuron_writer *writer, const neuron_source_window *window,
                        const char *place)
{
    WRITE(writer, "const @type@ *p = @from@ + (line * @width@ + @place@) * @channels@;\n",
          TEXT("type", window->type), TEXT("from", window->from),
          NUMBER("width", window->along.input), TEXT("place", place),
          NUMBER("channels", window->channels));
}

void neuron_write_places(neuron_writer *writer, const neuron_source_window *window)
{
    neuron_write_rows(writer, window);
    write_cells(writer, &window->along, "j", "column", "place");
    neuron_write_pixel(writer, window, "place");
}
