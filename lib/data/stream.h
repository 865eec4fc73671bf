/* A source of examples that are not in memory. */
#ifndef DATA_STREAM_H
#define DATA_STREAM_H

#include "base/options/options.h"
#include "data/dataset.h"

extern const neuron_option_table neuron_stream_options;

/* The most examples that are asked for at a time. */
enum { NEURON_STREAM_CHUNK = 1024 };

/* Room for reading `count` examples at a time, so that no memory is needed when they are read. */
int neuron_stream_reserve(neuron_stream *stream, int64_t count);

/* Reads `count` stored examples, NEURON_STREAM_CHUNK or less. They stay at `*examples` until
 * neuron_stream_close(), which follows if this succeeded: no other thread reads in the meantime. */
int neuron_stream_open(neuron_stream *stream, const int64_t *rows, int64_t count,
                       const void **examples);
void neuron_stream_close(neuron_stream *stream);

/* For a thread of the library's: it can only be cancelled while a stream is read. */
void neuron_stream_end_in_reads(void);

/* What is done with stored examples, which lie side by side. */
typedef void (*neuron_visit)(void *work, const void *examples, int64_t count);

/* Hands all examples of a dataset out in order, as they are stored. */
int neuron_dataset_visit(const neuron_dataset_t *dataset, neuron_visit visit, void *work);

#endif
