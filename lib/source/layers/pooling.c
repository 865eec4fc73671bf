/* Pooling: the largest value and the mean of windows, and of whole images. */
#include "source/layers/window.h"

/* The loop over blocks of channels, with an array for one block; "" stands before a number in it
 * where there is one block. */
static const char *write_block(neuron_writer *writer, int64_t channels, int64_t *block)
{
    *block = neuron_block_of(channels);
    if (*block == channels)
        return "";
    WRITE(writer, "for (long first = 0; first < @channels@; first += @block@) {\n",
          NUMBER("channels", channels), NUMBER("block", *block));
    return "first + ";
}

static void write_largest(neuron_writer *writer, const neuron_source_window *window)
{
    int64_t block;
    neuron_write_windows(writer, window);
    const char *first = write_block(writer, window->channels, &block);
    writer->needs_math = true;
    WRITE(writer,
          "float most[@block@];\n"
          "for (long c = 0; c < @block@; c++) {\n"
          "most[c] = -INFINITY;\n"
          "}\n",
          NUMBER("block", block));
    neuron_write_places(writer, window);
    WRITE(writer,
          "for (long c = 0; c < @block@; c++) {\n"
          "most[c] = p[@first@c] > most[c] ? p[@first@c] : most[c];\n"
          "}\n"
          "}\n"
          "}\n"
          "for (long c = 0; c < @block@; c++) {\n",
          NUMBER("block", block), TEXT("first", first));
    neuron_write_store(writer, *first ? "y[first + c]" : "y[c]", "most[c]",
                       *first ? "first + c" : "c");
    neuron_write_lines(writer, *first ? "}\n}\n" : "}\n");
    neuron_write_windows_end(writer, window);
}

/* A mean is of the cells that are inside of the image. */
static void write_mean(neuron_writer *writer, const neuron_source_window *window)
{
    int64_t block;
    bool padded = window->down.padded || window->along.padded;
    neuron_write_windows(writer, window);
    const char *first = write_block(writer, window->channels, &block);
    WRITE(writer,
          "float sum[@block@];\n"
          "for (long c = 0; c < @block@; c++) {\n"
          "sum[c] = 0.0f;\n"
          "}\n",
          NUMBER("block", block));
    if (padded)
        neuron_write_lines(writer, "long cells = 0;\n");
    neuron_write_places(writer, window);
    if (padded)
        neuron_write_lines(writer, "cells++;\n");
    WRITE(writer,
          "for (long c = 0; c < @block@; c++) {\n"
          "sum[c] += p[@first@c];\n"
          "}\n"
          "}\n"
          "}\n",
          NUMBER("block", block), TEXT("first", first));
    WRITE(writer,
          padded ? "const float share = 1.0f / (float)cells;\n"
                 : "const float share = 1.0f / @cells@.0f;\n",
          NUMBER("cells", window->down.kernel * window->along.kernel));
    WRITE(writer, "for (long c = 0; c < @block@; c++) {\n", NUMBER("block", block));
    neuron_write_store(writer, *first ? "y[first + c]" : "y[c]", "sum[c] * share",
                       *first ? "first + c" : "c");
    neuron_write_lines(writer, *first ? "}\n}\n" : "}\n");
    neuron_write_windows_end(writer, window);
}

static void write_max_pool(neuron_writer *writer)
{
    const neuron_source_window window = neuron_source_window_of(writer->step->node);
    write_largest(writer, &window);
}

static void write_average_pool(neuron_writer *writer)
{
    const neuron_source_window window = neuron_source_window_of(writer->step->node);
    write_mean(writer, &window);
}

static void write_global_max(neuron_writer *writer)
{
    const neuron_source_window window = neuron_source_whole(writer->step->node);
    write_largest(writer, &window);
}

static void write_global_average(neuron_writer *writer)
{
    const neuron_source_window window = neuron_source_whole(writer->step->node);
    write_mean(writer, &window);
}

#define POOLING(layer, function)                                                                   \
    const neuron_source_layer neuron_source_##layer = {                                            \
        .name = #layer, .flags = NEURON_SOURCE_CHAINS, .write = function}
POOLING(average_pool1d, write_average_pool);
POOLING(average_pool2d, write_average_pool);
POOLING(global_average_pool1d, write_global_average);
POOLING(global_average_pool2d, write_global_average);
POOLING(global_max_pool1d, write_global_max);
POOLING(global_max_pool2d, write_global_max);
POOLING(max_pool1d, write_max_pool);
POOLING(max_pool2d, write_max_pool);
