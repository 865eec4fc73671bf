/* Graphs as C source, compiled by a compiler of the system and called: the same numbers as the
 * library has are wanted. */
#ifndef TEST_EXPORTED_H
#define TEST_EXPORTED_H

#include <libneuron-source/source.h>

#include "test-common.h"

enum { EXPORTED_EXAMPLES = 3, EXPORTED_ENDS = 4 };

/* A context, and graphs with random parameters that look like those of a trained network. */
neuron_graph_t *exported_graph(void);
void exported_fill(neuron_graph_t *graph);

/* Random values between -2 and 2, in an order that follows from `seed`. */
void exported_random(float *values, int64_t count, uint32_t seed);

/* The file that graphs are exported to here. */
const char *exported_path(void);

/* Compiles a file as C, with all warnings as errors, and loads what comes of it. */
void *exported_compile(const char *source);
void exported_unload(void *library);

/* A function of what was compiled. */
typedef void (*exported_function_t)(void);
exported_function_t exported_function(void *library, const char *name);

/* Something else of it. */
const void *exported_data(void *library, const char *name);

/* Fails unless numbers are those wanted but for 1e-5 of their size, or of 1. */
void exported_near(const char *what, const float *values, const float *wanted, int64_t count);

/* Looks whether the other compilers that there are take it, as C and as C++, likewise. */
void exported_compile_everywhere(const char *source);

/* Fails unless the exported graph, with these options ("name=m" in front), predicts what the graph
 * does: both of random inputs, or of the given ones of its only input. Releases the graph. */
void check_exported(neuron_graph_t *graph, const char *options);
void check_exported_values(neuron_graph_t *graph, const float *inputs, int64_t examples);

/* The same for a node that becomes the graph's only output. */
void check_exported_node(neuron_graph_t *graph, neuron_node_t *output);

#endif
