/* Parameters of a graph in an .npz archive: each array under its name, as numpy.savez() would have
 * it. */
#ifndef MODEL_NPZ_ARRAYS_H
#define MODEL_NPZ_ARRAYS_H

#include "data/codec/content.h"
#include "graph/graph.h"

/* Whether a content is such an archive, by its first bytes; a failure if it cannot be read. */
int neuron_npz_is(bool *is, const neuron_content *content);

/* neuron_graph_load_arrays() of one. */
int neuron_npz_load_arrays(int64_t *loaded, neuron_graph_t *graph, const neuron_content *content,
                           const char *to_prefix, const char *from_prefix);

#endif
