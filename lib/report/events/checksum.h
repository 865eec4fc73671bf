/* CRC-32C, the checksum of event files, in the form that they have it. */
#ifndef REPORT_EVENTS_CHECKSUM_H
#define REPORT_EVENTS_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of bytes, rotated and added to: a file of events may hold checksums as data, and
 * a checksum of data with its own checksum behind would be the same for all. */
uint32_t neuron_checksum_masked(const void *bytes, size_t size);

#endif
