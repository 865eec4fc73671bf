/* The bytes of a model, in pieces that need not lie together: the numbers of its tensors stay where
 * they are, as a copy of all of them would take as much memory again. */
#ifndef ONNX_PIECES_H
#define ONNX_PIECES_H

#include <onnx.pb-c.h> /* made of onnx.proto */

#include "base/files/file-write.h"
#include "onnx/messages/memory.h"

typedef struct neuron_onnx_pieces {
    neuron_file_piece *list;
    size_t count;
    uint64_t size; /* of all of them */
} neuron_onnx_pieces;

/* Writes a model whose initializers have nothing but raw data. The pieces live as long as the
 * memory and the model's numbers. */
int neuron_onnx_pieces_make(neuron_onnx_pieces *pieces, neuron_onnx_memory *memory,
                            const Neuron__Onnx__Model *model);

/* NEURON_E_UNSUPPORTED for more bytes than a message may have; `name` is of the graph. */
int neuron_onnx_check_size(uint64_t size, const char *name);

#endif
