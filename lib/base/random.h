/* Counter-based random numbers: Philox4x32-10 (Salmon et al., SC 2011).
 *
 * A number is a pure function of a key and a place, so any thread can make any part of a sequence,
 * and the number of threads cannot change a result. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/compiler/attributes.h"

#include <stdint.h>

/* What a sequence is for; it is part of the place, so that no two uses share numbers. */
typedef enum neuron_random_use {
    NEURON_RANDOM_INITIALIZE = 1,
    NEURON_RANDOM_SHUFFLE = 2,
    NEURON_RANDOM_DROPOUT = 3,
    NEURON_RANDOM_SPLIT = 4,
    NEURON_RANDOM_GLYPHS = 5,
    NEURON_RANDOM_GRAPH_SEED = 6,
    NEURON_RANDOM_DATA_SHUFFLE = 20,
    NEURON_RANDOM_FOLD = 21,
    NEURON_RANDOM_SAMPLE = 24,
    NEURON_RANDOM_AUGMENT = 22,
    NEURON_RANDOM_AUGMENT_NOISE = 23,
    NEURON_RANDOM_PERMUTATION = 25,
    NEURON_RANDOM_SEARCH = 40,
    NEURON_RANDOM_TRIAL_SEED = 41,
    NEURON_RANDOM_BOOTSTRAP = 42,
    NEURON_RANDOM_MEMBER_SEED = 50,
    NEURON_RANDOM_MEMBER_SAMPLE = 51,
    NEURON_RANDOM_COMMITTEE_FOLDS = 52,
    NEURON_RANDOM_MEMBER_FEATURES = 53,
    NEURON_RANDOM_COMMITTEE_CLASSES = 54
} neuron_random_use;

/* A sequence: `seed` is the key; `use`, `stream` (a node, an image) and the index make the counter.
 */
typedef struct neuron_random {
    uint64_t seed;
    uint32_t stream;
    uint32_t use;
} neuron_random;

/* The four 32-bit numbers at place `index`. */
NEURON_SHARED void neuron_random_block(const neuron_random *random, uint64_t index,
                                       uint32_t numbers[4]);

/* A reader that walks along a sequence, for code that draws one number after the other. */
typedef struct neuron_random_reader {
    neuron_random random;
    uint64_t index;
    uint32_t numbers[4];
    uint32_t used;
} neuron_random_reader;

NEURON_SHARED neuron_random_reader neuron_random_read(uint64_t seed, neuron_random_use use,
                                                      uint32_t stream);
uint32_t neuron_random_next(neuron_random_reader *reader);

/* Uniform in [0, 1), with 53 bits. */
double neuron_random_uniform(neuron_random_reader *reader);

/* Uniform in 0 .. limit - 1, without bias; limit is 1 or more. */
NEURON_SHARED uint64_t neuron_random_below(neuron_random_reader *reader, uint64_t limit);

/* Normal with mean 0 and deviation 1 (Box and Muller, 1958). */
double neuron_random_normal(neuron_random_reader *reader);

/* Puts `order` into random order (Fisher and Yates). */
NEURON_SHARED void neuron_random_shuffle(neuron_random_reader *reader, int64_t *order,
                                         int64_t count);

/* A float in [0, 1) from the upper 24 bits. */
static inline float neuron_random_float(uint32_t number)
{
    return (float)(number >> 8) * 0x1p-24f;
}

#endif
