/* CRC-32C (Castagnoli), four bits at a time. */
#include "report/events/checksum.h"

/* What each value of four bits leaves. */
static const uint32_t rests[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t neuron_checksum_masked(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint32_t rest = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        rest ^= at[i];
        rest = rest >> 4 ^ rests[rest & 15];
        rest = rest >> 4 ^ rests[rest & 15];
    }
    rest = ~rest;
    return (rest >> 15 | rest << 17) + 0xa282ead8u;
}
