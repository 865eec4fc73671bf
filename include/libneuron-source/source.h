/** @file source.h
 *  C source: a graph as one file of C that predicts, for a program or a device that has no room for
 *  a library.
 *
 *      if (neuron_source_export(graph, "digits.c", "name=digits, header=yes") < 0)
 *          fprintf(stderr, "%s\n", neuron_error_last());
 *
 *  The file is C99, and C++ as well. It holds the parameters, allocates nothing, and needs the C
 *  library's mathematics at most (`-lm`). Other programs see of it what digits.h declares, of a
 *  network with one input and one output:
 *
 *      #define DIGITS_INPUT_SIZE 784
 *      #define DIGITS_OUTPUT_SIZE 10
 *      #define DIGITS_WORKSPACE_SIZE 3456
 *      extern const char *const digits_class_names[10];
 *      void digits_predict(const float *input, float *output);
 *      void digits_predict_bytes(const unsigned char *input, float *output);
 *
 *  - `digits_predict()` predicts one example, as neuron_graph_predict() does but for the last
 *    digits. Values lie as in a tensor: those of an image row by row, pixel by pixel.
 *  - `digits_predict_bytes()` takes bytes, which are scaled as the graph scales them. It is there
 *    if the graph knows how (neuron_graph_set_scales()). Of several inputs those that it does not
 *    know this of stay floats.
 *  - `digits_class_names` is there if the graph knows them.
 *
 *  With several inputs or outputs each is an argument, inputs first, that is called
 *  `input_<name>` or `output_<name>` by the names of their nodes; so are the sizes and the names
 *  of classes: DIGITS_OUTPUT_ANGLE_SIZE. What is no letter or digit of C becomes `_`.
 *
 *  This is a library of its own, libneuron-source, so that a program that does without does not
 *  carry it: `pkg-config --cflags --libs libneuron-source`.
 */
#ifndef NEURON_SOURCE_H
#define NEURON_SOURCE_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Writes a graph as a file of C, in place of one that is there: whole, or not at all, as
 *  neuron_graph_save() does. It computes what neuron_graph_predict() does, in float: what acts in
 *  training only, such as dropout, is left out, and batch normalisation behind a dense layer or a
 *  convolution becomes part of its parameters. Each number is read back as the very float that it
 *  was. Options:
 *
 *  - `name`: what all names in the file begin with, a letter and up to 39 letters, digits and `_`;
 *    that of the graph by default, as far as it is made of these.
 *  - `header`: yes to write a file with the declarations beside it, whose name ends in `.h` where
 *    that of `path` ends in `.c`; no, the default, to leave them to the program that calls.
 *  - `workspace`: where values between two layers are. `static`, the default, is memory of the
 *    file's own, and only one thread may predict at a time. With `caller` the last argument of each
 *    function is `float *workspace`, of `NAME_WORKSPACE_SIZE` floats, which may have any content.
 *  - `linkage`: `external`, the default, for functions that other files call; `static` for a file
 *    that is included into the only one that does.
 *
 *  @param graph    finished; must not be trained or changed meanwhile.
 *  @param path     its name ends in `.c` if there is a header.
 *  @param options  as options.h has them; NULL for the defaults.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_STATE before finish; NEURON_E_UNSUPPORTED for a layer
 *           that there is no source for, such as a custom one, which the message names, and for
 *           more than 2^31 - 1 values between two layers or parameters of one;
 *           NEURON_E_NOT_FINITE for a parameter that is not finite; NEURON_E_IO;
 *           NEURON_E_MEMORY. If the header cannot be written the source is there already. Any
 *           thread, unless another one changes the graph meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_source_export(const neuron_graph_t *graph, const char *path,
                                                 const char *options);

/** Hands the bytes that neuron_source_export() would put into the file to a function, piece by
 *  piece.
 *  @param user_data  handed to it; may be NULL.
 *  @param options    as for neuron_source_export(); with `header=yes` it gets the declarations
 *                    instead of the source.
 *  @return  as neuron_source_export(), or what `write` returned. Threads as there. Since 0.1,
 *           experimental. */
NEURON_API_EXPERIMENTAL int neuron_source_export_to(const neuron_graph_t *graph,
                                                    neuron_write_function_t write, void *user_data,
                                                    const char *options);

#ifdef __cplusplus
}
#endif

#endif
