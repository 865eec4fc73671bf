/* The records of a ZIP archive whose members are stored as they are: no member, nor the archive,
 * has more than 4 GiB. */
#ifndef DATA_CODEC_ZIP_WRITE_H
#define DATA_CODEC_ZIP_WRITE_H

#include "base/compiler/attributes.h"

#include <stddef.h>
#include <stdint.h>

enum {
    NEURON_ZIP_LOCAL = 30,
    NEURON_ZIP_ENTRY = 46,
    NEURON_ZIP_END = 22,
    NEURON_ZIP_MEMBERS = 65535
};

typedef struct neuron_zip_stored {
    const char *name;
    uint32_t checksum; /* of the bytes, as zlib's crc32() has it */
    uint32_t size;
    uint32_t at; /* where its local record begins */
} neuron_zip_stored;

/* Each writes its record with the name behind it, if it has one, and returns what follows. A local
 * record stands before the bytes of a member, an entry for each in the directory behind all of
 * them. */
NEURON_SHARED uint8_t *neuron_zip_put_local(uint8_t *to, const neuron_zip_stored *member);
NEURON_SHARED uint8_t *neuron_zip_put_entry(uint8_t *to, const neuron_zip_stored *member);
NEURON_SHARED uint8_t *neuron_zip_put_end(uint8_t *to, uint32_t count, uint32_t size, uint32_t at);

#endif
