/* Random numbers by Philox4x32-10 (Salmon and others, 2011): a function of a key and a counter, so
 * that any thread can compute any number of a sequence without those before it. */
#include "base/random.h"

#include <math.h>

void neuron_random_block(const neuron_random *random, uint64_t index, uint32_t numbers[4])
{
    uint32_t key0 = (uint32_t)random->seed, key1 = (uint32_t)(random->seed >> 32);
    uint32_t c0 = (uint32_t)index, c1 = (uint32_t)(index >> 32);
    uint32_t c2 = random->stream, c3 = random->use;
    for (int round = 0; round < 10; round++) {
        uint64_t product0 = (uint64_t)0xD2511F53u * c0;
        uint64_t product1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(product1 >> 32) ^ c1 ^ key0;
        c1 = (uint32_t)product1;
        c2 = (uint32_t)(product0 >> 32) ^ c3 ^ key1;
        c3 = (uint32_t)product0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    numbers[0] = c0;
    numbers[1] = c1;
    numbers[2] = c2;
    numbers[3] = c3;
}

neuron_random_reader neuron_random_read(uint64_t seed, neuron_random_use use, uint32_t stream)
{
    return (neuron_random_reader){.random = {.seed = seed, .stream = stream, .use = (uint32_t)use},
                                  .used = 4};
}

uint32_t neuron_random_next(neuron_random_reader *reader)
{
    if (reader->used == 4) {
        neuron_random_block(&reader->random, reader->index++, reader->numbers);
        reader->used = 0;
    }
    return reader->numbers[reader->used++];
}

static uint64_t next_64(neuron_random_reader *reader)
{
    uint64_t low = neuron_random_next(reader);
    return (uint64_t)neuron_random_next(reader) << 32 | low;
}

double neuron_random_uniform(neuron_random_reader *reader)
{
    return (double)(next_64(reader) >> 11) * 0x1p-53;
}

uint64_t neuron_random_below(neuron_random_reader *reader, uint64_t limit)
{
    /* Numbers of an incomplete last group would favour the small results. */
    uint64_t incomplete = (UINT64_MAX - limit + 1) % limit;
    uint64_t number;
    do {
        number = next_64(reader);
    } while (number < incomplete);
    return number % limit;
}

double neuron_random_normal(neuron_random_reader *reader)
{
    double radius = sqrt(-2.0 * log(1.0 - neuron_random_uniform(reader)));
    return radius * cos(2.0 * 3.14159265358979323846 * neuron_random_uniform(reader));
}

void neuron_random_shuffle(neuron_random_reader *reader, int64_t *order, int64_t count)
{
    for (int64_t i = count - 1; i > 0; i--) {
        int64_t j = (int64_t)neuron_random_below(reader, (uint64_t)i + 1);
        int64_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}
