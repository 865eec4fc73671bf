/* The element types of the layout. */
#ifndef MODEL_SAFETENSORS_TYPES_H
#define MODEL_SAFETENSORS_TYPES_H

#include <libneuron/tensor.h>

#include <stddef.h>

static const char neuron_safetensors_metadata[] = "__metadata__";

/* The limit of the reference implementation. */
static const size_t neuron_safetensors_header_max = 100000000;

typedef struct neuron_safetensors_type {
    const char *name;
    size_t size;
    int32_t type; /* 0: no tensor has it */
} neuron_safetensors_type;

static const neuron_safetensors_type neuron_safetensors_types[] = {
    {"F32", 4, NEURON_TYPE_F32},
    {"U8", 1, NEURON_TYPE_U8},
    {"I32", 4, NEURON_TYPE_I32},
    {"I64", 8, NEURON_TYPE_I64},
    {"BOOL", 1, 0},
    {"I8", 1, 0},
    {"F8_E5M2", 1, 0},
    {"F8_E4M3", 1, 0},
    {"I16", 2, 0},
    {"U16", 2, 0},
    {"F16", 2, 0},
    {"BF16", 2, 0},
    {"U32", 4, 0},
    {"F64", 8, 0},
    {"U64", 8, 0},
};

enum {
    NEURON_SAFETENSORS_TYPES = sizeof neuron_safetensors_types / sizeof neuron_safetensors_types[0]
};

#endif
