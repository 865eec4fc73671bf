/* The safetensors layout: named arrays and named texts in one file. It knows nothing of graphs.
 *
 * A file is 8 bytes with the length N of the header, lowest byte first; N bytes of JSON, padded
 * with spaces; then the arrays, one right after the other:
 *
 *     {"__metadata__": {"key": "text"},
 *      "name": {"dtype": "F32", "shape": [784, 30], "data_offsets": [0, 94080]}} */
#ifndef MODEL_SAFETENSORS_H
#define MODEL_SAFETENSORS_H

#include "base/context.h"
#include "base/shape.h"

#include <stdbool.h>
#include <stddef.h>

/* ---- Writing ---- */

typedef struct neuron_safetensors_writer neuron_safetensors_writer;

int neuron_safetensors_writer_create(neuron_safetensors_writer **writer, neuron_context_t *context);
void neuron_safetensors_writer_destroy(neuron_safetensors_writer *writer); /* NULL is fine */

/* Adds a text under a key that is new. Both are copied and must be UTF-8. */
int neuron_safetensors_add_text(neuron_safetensors_writer *writer, const char *key,
                                const char *text);

/* Adds an array under a name that is new. `type` is one of NEURON_TYPE_F32, ... The numbers are not
 * copied: they must stay until the file is written. Arrays lie in the file in the order in which
 * they were added, without gaps: add those of wide elements first, so that all are aligned. */
int neuron_safetensors_add(neuron_safetensors_writer *writer, const char *name, int32_t type,
                           const neuron_shape *shape, const void *data);

/* The same for floats that the file has as "F32", "F16", "BF16" or "I8"; of the last three the
 * writer keeps a copy. NEURON_E_NOT_FINITE if one of them gets too large. */
int neuron_safetensors_add_floats(neuron_safetensors_writer *writer, const char *name,
                                  const char *dtype, const neuron_shape *shape,
                                  const float *values);

/* Rounds floats to numbers of F16, BF16 or I8, from -127 to 127, of the first two to even ones
 * where two are as near. False if a finite one gets infinite. */
bool neuron_safetensors_narrow(void *to, const char *dtype, const float *values, size_t count);

/* Writes the file by neuron_file_replace(). */
int neuron_safetensors_save(neuron_safetensors_writer *writer, const char *path);

/* Hands the same bytes to a function of the caller's, piece by piece; `who` begins the message. */
int neuron_safetensors_hand_out(neuron_safetensors_writer *writer, neuron_write_function_t write,
                                void *user_data, const char *who);

/* Writes the same bytes into memory: as neuron_graph_save_memory(). `who` begins the message. */
int neuron_safetensors_copy(neuron_safetensors_writer *writer, void *bytes, size_t capacity,
                            size_t *needed, const char *who);

/* ---- Reading ---- */

typedef struct neuron_safetensors neuron_safetensors;

/* An array of a file. */
typedef struct neuron_safetensors_entry {
    const char *name;
    const char *dtype; /* "F32", ... */
    int32_t type;      /* NEURON_TYPE_F32, ...; 0 for a dtype that no tensor has */
    neuron_shape shape;
    const void *data; /* not aligned: to be read with memcpy */
    size_t size;      /* bytes; that of shape and dtype */
} neuron_safetensors_entry;

/* Checks a whole file before a byte of it is believed. `bytes` and `source`, which begins all
 * messages, must stay until the file is closed. */
int neuron_safetensors_parse(neuron_safetensors **file, neuron_context_t *context,
                             const void *bytes, size_t size, const char *source);

/* Reads a file into memory and checks it. `path` must stay until it is closed. */
int neuron_safetensors_open(neuron_safetensors **file, neuron_context_t *context, const char *path);

void neuron_safetensors_close(neuron_safetensors *file); /* NULL is fine */

/* Has the file release the bytes that were parsed when it is closed. */
void neuron_safetensors_own(neuron_safetensors *file, void *bytes);

/* What begins messages about the file. */
const char *neuron_safetensors_source(const neuron_safetensors *file);

/* Bytes of all arrays together, and their numbers. */
size_t neuron_safetensors_data_size(const neuron_safetensors *file);
uint64_t neuron_safetensors_number_count(const neuron_safetensors *file);

/* The text of a key, or NULL. */
const char *neuron_safetensors_text(const neuron_safetensors *file, const char *key);

/* The key behind another one, the first behind NULL, with its text; NULL behind the last. */
const char *neuron_safetensors_next_text(const neuron_safetensors *file, const char *key,
                                         const char **text);

/* The arrays, sorted by name. */
size_t neuron_safetensors_count(const neuron_safetensors *file);
const neuron_safetensors_entry *neuron_safetensors_at(const neuron_safetensors *file, size_t index);

/* The array of that name, or NULL. */
const neuron_safetensors_entry *neuron_safetensors_find(const neuron_safetensors *file,
                                                        const char *name);

/* Finds an array that must be there with that type and shape; `shape` is NULL for any. */
int neuron_safetensors_need(const neuron_safetensors_entry **entry, const neuron_safetensors *file,
                            const char *name, int32_t type, const neuron_shape *shape);

/* The same for numbers of any kind but F8 and BOOL, which neuron_safetensors_copy_floats() makes
 * float32, each rounded to the nearest. NEURON_E_FORMAT also for doubles that are too large. */
int neuron_safetensors_need_floats(const neuron_safetensors_entry **entry,
                                   const neuron_safetensors *file, const char *name,
                                   const neuron_shape *shape);
void neuron_safetensors_copy_floats(float *to, const neuron_safetensors_entry *entry);

#endif
