/* Numbers in files are little-endian, whatever the machine. */
#ifndef BASE_FILES_BYTE_ORDER_H
#define BASE_FILES_BYTE_ORDER_H

#include <stddef.h>
#include <string.h>

enum { NEURON_BIG_ENDIAN = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ };

/* Copies numbers of `width` bytes each, every one with its bytes reversed. */
static inline void neuron_copy_swapped(void *to, const void *from, size_t size, size_t width)
{
    unsigned char *write = to;
    const unsigned char *read = from;
    for (size_t first = 0; first < size; first += width)
        for (size_t i = 0; i < width; i++)
            write[first + i] = read[first + width - 1 - i];
}

/* Copies numbers from a file's order to memory's, or back. */
static inline void neuron_copy_little(void *to, const void *from, size_t size, size_t width)
{
    if (NEURON_BIG_ENDIAN && width > 1)
        neuron_copy_swapped(to, from, size, width);
    else if (size > 0)
        memcpy(to, from, size);
}

#endif
