/* Numbers of half the width, which other programs write to save room. */
#include "model/safetensors.h"

#include "base/files/byte-order.h"
#include "base/text/number.h"

#include <libneuron/tensor.h>

#include <stdbool.h>
#include <string.h>

int neuron_safetensors_need_floats(const neuron_safetensors_entry **entry,
                                   const neuron_safetensors *file, const char *name,
                                   const neuron_shape *shape)
{
    const neuron_safetensors_entry *found = neuron_safetensors_find(file, name);
    bool half = found && (strcmp(found->dtype, "F16") == 0 || strcmp(found->dtype, "BF16") == 0);
    return neuron_safetensors_need(entry, file, name, half ? found->type : NEURON_F32, shape);
}

static float of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void neuron_safetensors_copy_floats(float *to, const neuron_safetensors_entry *entry)
{
    if (entry->type == NEURON_F32) {
        neuron_copy_little(to, entry->data, entry->size, sizeof *to);
        return;
    }
    const unsigned char *bytes = entry->data;
    bool brain = entry->dtype[0] == 'B';
    for (size_t i = 0; i < entry->size / 2; i++) {
        uint32_t bits = (uint32_t)bytes[2 * i] | (uint32_t)bytes[2 * i + 1] << 8;
        to[i] = brain ? of_bits(bits << 16) : neuron_number_half(bits);
    }
}
