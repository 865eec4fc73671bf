/* Numbers of a file that are no float32: those of half the width, which save room, and those that
 * other programs write. */
#include "model/safetensors.h"

#include "base/checked.h"
#include "base/compiler/attributes.h"
#include "base/files/byte-order.h"
#include "base/files/json.h"
#include "base/text/number.h"

#include <libneuron/tensor.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of any kind but those of 8 bits with an exponent, and truth values. */
static bool is_number(const char *dtype)
{
    return strncmp(dtype, "F8", 2) != 0 && strcmp(dtype, "BOOL") != 0;
}

/* Finite doubles may be too large for a float. */
static int check_doubles(const neuron_safetensors_entry *entry, const char *source)
{
    for (size_t i = 0; i < entry->size / sizeof(double); i++) {
        double value;
        neuron_copy_little(&value, (const char *)entry->data + i * sizeof value, sizeof value,
                           sizeof value);
        if (isfinite(value) && isinf((float)value))
            return neuron_fail(NEURON_E_FORMAT,
                               "%s: number %zu of array \"" NEURON_JSON_NAME
                               "\" is too large for float32",
                               source, i, entry->name);
    }
    return NEURON_OK;
}

NEURON_COLD int neuron_safetensors_need_floats(const neuron_safetensors_entry **entry,
                                               const neuron_safetensors *file, const char *name,
                                               const neuron_shape *shape)
{
    const neuron_safetensors_entry *found = neuron_safetensors_find(file, name);
    bool fits = found && is_number(found->dtype);
    RETURN_IF_ERROR(
        neuron_safetensors_need(entry, file, name, fits ? found->type : NEURON_TYPE_F32, shape));
    bool doubles = strcmp((*entry)->dtype, "F64") == 0;
    return doubles ? check_doubles(*entry, neuron_safetensors_source(file)) : NEURON_OK;
}

static float of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* A number of any other kind: what its bytes mean is told by the first letter. */
static float read_number(const unsigned char *bytes, size_t size, char kind)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits |= (uint64_t)bytes[i] << (8 * i);
    if (kind == 'F') {
        double value;
        memcpy(&value, &bits, sizeof value);
        return (float)value;
    }
    uint64_t sign = UINT64_C(1) << (8 * size - 1);
    if (kind == 'I' && bits & sign)
        return -(float)((sign << 1) - bits);
    return (float)bits;
}

void neuron_safetensors_copy_floats(float *to, const neuron_safetensors_entry *entry)
{
    const unsigned char *bytes = entry->data;
    const char *dtype = entry->dtype;
    if (entry->type == NEURON_TYPE_F32) {
        neuron_copy_little(to, bytes, entry->size, sizeof *to);
        return;
    }
    bool brain = dtype[0] == 'B', half = brain || strcmp(dtype, "F16") == 0;
    size_t size = (size_t)strtoul(dtype + 1 + brain, NULL, 10) / 8;
    for (size_t i = 0; half && i < entry->size / 2; i++) {
        uint32_t bits = (uint32_t)bytes[2 * i] | (uint32_t)bytes[2 * i + 1] << 8;
        to[i] = brain ? of_bits(bits << 16) : neuron_number_half(bits);
    }
    for (size_t i = 0; !half && i < entry->size / size; i++)
        to[i] = read_number(bytes + i * size, size, dtype[0]);
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
