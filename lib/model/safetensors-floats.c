/* Numbers of half the width, which save room. */
#include "model/safetensors.h"

#include "base/checked.h"
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

int neuron_safetensors_need_bytes(const neuron_safetensors_entry **entry,
                                  const neuron_safetensors *file, const char *name,
                                  const neuron_shape *shape)
{
    const neuron_safetensors_entry *found = neuron_safetensors_find(file, name);
    if (found && strcmp(found->dtype, "I8") == 0)
        return neuron_safetensors_need(entry, file, name, found->type, shape);
    return neuron_safetensors_need_floats(entry, file, name, shape);
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
    if (entry->dtype[0] == 'I') {
        const signed char *numbers = entry->data;
        for (size_t i = 0; i < entry->size; i++)
            to[i] = numbers[i];
        return;
    }
    for (size_t i = 0; i < entry->size / 2; i++) {
        uint32_t bits = (uint32_t)bytes[2 * i] | (uint32_t)bytes[2 * i + 1] << 8;
        to[i] = brain ? of_bits(bits << 16) : neuron_number_half(bits);
    }
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* bits >> shift, rounded to the nearest, to even where two are. */
static uint32_t round_off(uint32_t bits, uint32_t shift)
{
    return (bits + (UINT32_C(1) << (shift - 1)) - 1 + (bits >> shift & 1)) >> shift;
}

enum { INFINITE = 0x7f800000, NOT_A_NUMBER = 0x7fc00000 };

/* Sizes, without their sign. */
static uint32_t to_brain(uint32_t size)
{
    return round_off(size > INFINITE ? NOT_A_NUMBER : size, 16);
}

static uint32_t to_half(uint32_t size)
{
    uint32_t normal = UINT32_C(113) << 23, least = UINT32_C(102) << 23;
    if (size > INFINITE)
        return 0x7e00;
    if (size >= UINT32_C(143) << 23)
        return 0x7c00;
    if (size >= normal) /* a round to 0x1p16 carries over into infinity */
        return round_off(size - (UINT32_C(112) << 23), 13);
    if (size < least)
        return 0;
    return round_off((size & 0x7fffff) | 0x800000, 126 - (size >> 23));
}

static void to_bytes(int8_t *to, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (int8_t)neuron_nearest_weight(values[i]);
}

bool neuron_safetensors_narrow(void *to, const char *dtype, const float *values, size_t count)
{
    if (dtype[0] == 'I') {
        to_bytes(to, values, count);
        return true;
    }
    bool brain = dtype[0] == 'B', finite = true;
    uint32_t infinite = brain ? 0x7f80 : 0x7c00;
    uint16_t *numbers = to;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = bits_of(values[i]), size = bits & 0x7fffffff;
        uint32_t number = brain ? to_brain(size) : to_half(size);
        finite = finite && (number != infinite || size == INFINITE);
        numbers[i] = (uint16_t)((bits >> 16 & 0x8000) | number);
    }
    return finite;
}
