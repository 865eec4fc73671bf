/* Numbers of files that become float32, and what the log says of it. */
#ifndef MODEL_CONVERSIONS_H
#define MODEL_CONVERSIONS_H

#include "model/safetensors-types.h"
#include "model/safetensors.h"

/* How many arrays there were of each type. */
typedef struct neuron_conversions {
    int32_t counts[NEURON_SAFETENSORS_TYPES];
} neuron_conversions;

/* Reads an array's numbers as neuron_safetensors_copy_floats() does. Those of a quantised array
 * (`bytes`) stay what they are. */
void neuron_convert(neuron_conversions *all, const neuron_safetensors_entry *entry, bool bytes,
                    float *to);

void neuron_conversions_log(const neuron_conversions *all, neuron_context_t *context,
                            const char *source);

#endif
