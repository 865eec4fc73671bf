/* Convolutions: each output is a sum over the cells of its window that are inside of the image. */
#include "source/layers/convolutions.h"

#include <stdio.h>

enum { FLAGS = NEURON_SOURCE_CHAINS | NEURON_SOURCE_FOLDS };

/* ---- Convolution ---- */

/* A row of a window lies together in the image and in the kernel, as far as it is inside. */
static void write_whole_rows(neuron_writer *writer, const neuron_source_window *window,
                             const neuron_source_sums *sums)
{
    const neuron_source_side *along = &window->along;
    char left[NEURON_PLACE_TEXT];
    neuron_place_text(along, "column", "", left);
    neuron_write_rows(writer, window);
    if (along->padded)
        WRITE(writer,
              "const long left = @left@;\n"
              "const long from = left < 0 ? -left : 0;\n"
              "const long to = left + @kernel@ > @width@ ? @width@ - left : @kernel@;\n",
              TEXT("left", left), NUMBER("kernel", along->kernel), NUMBER("width", along->input));
    if (along->outside)
        neuron_write_lines(writer, "if (from >= to) {\ncontinue;\n}\n");
    neuron_write_pixel(writer, window, along->padded ? "left + from" : left);
    char row[48], depth[48];
    snprintf(row, sizeof row, "i * %" PRId64 "%s", along->kernel, along->padded ? " + from" : "");
    neuron_write_kernel_at(writer, sums, row, window->channels * window->filters);
    snprintf(depth, sizeof depth, "(to - from) * %" PRId64, window->channels);
    neuron_write_products(writer, sums, along->padded ? depth : NULL,
                          along->kernel * window->channels);
    neuron_write_lines(writer, "}\n");
}

/* The channels of each cell of a window; of those of a group where there are several. */
static void write_cells(neuron_writer *writer, const neuron_source_window *window,
                        const neuron_source_sums *sums)
{
    int64_t channels = window->channels / window->groups;
    char text[NEURON_PLACE_TEXT];
    neuron_write_places(writer, window);
    neuron_write_kernel_at(writer, sums, neuron_cell_text(window, text),
                           channels * window->filters);
    if (window->groups > 1)
        WRITE(writer, "p += group * @channels@;\n", NUMBER("channels", channels));
    neuron_write_products(writer, sums, NULL, channels);
    neuron_write_lines(writer, "}\n}\n");
}

void neuron_write_convolution(neuron_writer *writer, const neuron_source_window *window,
                              const neuron_source_sums *sums, const char *value)
{
    neuron_write_windows(writer, window);
    neuron_write_sums(writer, sums);
    if (window->groups == 1 && window->along.dilation == 1)
        write_whole_rows(writer, window, sums);
    else
        write_cells(writer, window, sums);
    neuron_write_sums_end(writer, sums, value);
    neuron_write_windows_end(writer, window);
}

static void write_convolution(neuron_writer *writer)
{
    const neuron_source_window window = neuron_source_window_of(writer->step->node);
    const neuron_source_sums sums = neuron_source_sums_of(window.filters, window.groups);
    neuron_write_parameters(writer, window.filters, 0);
    neuron_write_convolution(writer, &window, &sums, "sum[f]");
}

const neuron_source_layer neuron_source_conv1d = {
    .name = "conv1d", .flags = FLAGS, .write = write_convolution};
const neuron_source_layer neuron_source_conv2d = {
    .name = "conv2d", .flags = FLAGS, .write = write_convolution};

/* ---- The way back ---- */

/* Of the output, how far before it the input's first pixel reaches. */
static int64_t begin_of(int64_t kernel, int64_t stride, bool same)
{
    int64_t over = kernel > stride ? kernel - stride : 0;
    return same ? over / 2 : 0;
}

/* The beginning of a loop over the cells of the kernel that some pixel of the input has put at this
 * place, along one axis, with the place of that pixel. */
static void write_sources(neuron_writer *writer, const char *cell, const char *target,
                          const char *place, int64_t kernel, int64_t stride, int64_t before,
                          int64_t input)
{
    WRITE(writer,
          "for (long @cell@ = 0; @cell@ < @kernel@; @cell@++) {\n"
          "const long @place@ = (@target@ + @before@ - @cell@) / @stride@;\n"
          "if (@target@ + @before@ < @cell@ || @place@ >= @input@ ||\n"
          "(@target@ + @before@ - @cell@) % @stride@ != 0) {\n"
          "continue;\n"
          "}\n",
          TEXT("cell", cell), TEXT("target", target), TEXT("place", place),
          NUMBER("kernel", kernel), NUMBER("stride", stride), NUMBER("before", before),
          NUMBER("input", input));
}

static void write_transpose(neuron_writer *writer)
{
    const neuron_node_t *node = writer->step->node;
    const neuron_source_window window = neuron_source_window_of(node);
    const neuron_source_side *down = &window.down, *along = &window.along;
    const neuron_source_sums sums = neuron_source_sums_of(window.filters, 1);
    bool same = neuron_source_option(node, NEURON_NODE_PADDING) == NEURON_PADDING_SAME;
    char text[NEURON_PLACE_TEXT];
    neuron_write_parameters(writer, window.filters, window.channels);
    WRITE(writer,
          "for (long row = 0; row < @rows@; row++) {\n"
          "for (long column = 0; column < @columns@; column++) {\n",
          NUMBER("rows", down->output), NUMBER("columns", along->output));
    neuron_write_sums(writer, &sums);
    write_sources(writer, "i", "row", "line", down->kernel, down->stride,
                  begin_of(down->kernel, down->stride, same), down->input);
    write_sources(writer, "j", "column", "place", along->kernel, along->stride,
                  begin_of(along->kernel, along->stride, same), along->input);
    neuron_write_pixel(writer, &window, "place");
    neuron_write_kernel_at(writer, &sums, neuron_cell_text(&window, text),
                           window.channels * window.filters);
    neuron_write_products(writer, &sums, NULL, window.channels);
    neuron_write_lines(writer, "}\n}\n");
    neuron_write_sums_end(writer, &sums, "sum[f]");
    WRITE(writer, "y += @filters@;\n}\n}\n", NUMBER("filters", window.filters));
}

const neuron_source_layer neuron_source_conv2d_transpose = {
    .name = "conv2d_transpose", .flags = FLAGS, .write = write_transpose};

/* ---- Each channel by itself ---- */

static void write_depthwise(neuron_writer *writer)
{
    const neuron_source_window window = neuron_source_window_of(writer->step->node);
    int64_t multiplier = window.filters / window.channels;
    char text[NEURON_PLACE_TEXT];
    neuron_source_sums sums = neuron_source_sums_of(window.filters, 1);
    if (multiplier > 1) { /* blocks would cut the filters of a channel apart */
        sums.block = sums.filters;
        sums.first = "";
    }
    neuron_write_parameters(writer, window.filters, 0);
    neuron_write_windows(writer, &window);
    neuron_write_sums(writer, &sums);
    neuron_write_places(writer, &window);
    neuron_write_kernel_at(writer, &sums, neuron_cell_text(&window, text), window.filters);
    WRITE(writer,
          multiplier == 1 ? "for (long f = 0; f < @block@; f++) {\n"
                            "sum[f] += p[@first@f] * k[f];\n"
                            "}\n"
                          : "for (long c = 0; c < @channels@; c++) {\n"
                            "for (long m = 0; m < @multiplier@; m++) {\n"
                            "sum[c * @multiplier@ + m] += p[c] * k[c * @multiplier@ + m];\n"
                            "}\n"
                            "}\n",
          NUMBER("block", sums.block), TEXT("first", sums.first),
          NUMBER("channels", window.channels), NUMBER("multiplier", multiplier));
    neuron_write_lines(writer, "}\n}\n");
    neuron_write_sums_end(writer, &sums, "sum[f]");
    neuron_write_windows_end(writer, &window);
}

const neuron_source_layer neuron_source_depthwise_conv2d = {
    .name = "depthwise_conv2d", .flags = FLAGS, .write = write_depthwise};
