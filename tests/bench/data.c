/* Examples by chance. What they are does not matter to the time, that they lie in memory does. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

enum { EXAMPLES = 60000, BYTES_MAX = 64 << 20, BATCHES_MIN = 8 };

static uint64_t next_number(uint64_t *state) /* xorshift64* (Vigna, 2016) */
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

static int64_t elements(const int64_t *shape, int32_t rank)
{
    int64_t count = 1;
    for (int32_t i = 0; i < rank; i++)
        count *= shape[i];
    return count;
}

/* An empty tensor of `count` times `shape`. */
static neuron_tensor_t *make_tensor(neuron_context_t *context, int32_t type, int64_t count,
                                    const int64_t *shape, int32_t rank)
{
    int64_t extents[NEURON_RANK_MAX] = {count};
    for (int32_t i = 0; i < rank; i++)
        extents[i + 1] = shape[i];
    neuron_tensor_t *tensor;
    bench_must(neuron_tensor_create(&tensor, context, type, extents, rank + 1));
    return tensor;
}

static int64_t example_count(int64_t size, int64_t batch)
{
    int64_t count = BYTES_MAX / size < EXAMPLES ? BYTES_MAX / size : EXAMPLES;
    int64_t batches = count / batch;
    return (batches > BATCHES_MIN ? batches : BATCHES_MIN) * batch;
}

static neuron_tensor_t *make_bytes(neuron_context_t *context, int64_t count, const int64_t *shape,
                                   int32_t rank, uint64_t *state)
{
    neuron_tensor_t *examples = make_tensor(context, NEURON_TYPE_U8, count, shape, rank);
    uint8_t *bytes = neuron_tensor_data(examples);
    for (int64_t i = 0; i < count * elements(shape, rank); i++)
        bytes[i] = (uint8_t)(next_number(state) >> 56);
    return examples;
}

static neuron_tensor_t *make_labels(neuron_context_t *context, int64_t count, int32_t classes,
                                    uint64_t *state)
{
    neuron_tensor_t *labels = make_tensor(context, NEURON_TYPE_I32, count, NULL, 0);
    int32_t *values = neuron_tensor_data(labels);
    for (int64_t i = 0; i < count; i++)
        values[i] = (int32_t)(next_number(state) % (uint64_t)classes);
    return labels;
}

static neuron_tensor_t *make_targets(neuron_context_t *context, int64_t count, int64_t outputs,
                                     uint64_t *state)
{
    neuron_tensor_t *targets = make_tensor(context, NEURON_TYPE_F32, count, &outputs, 1);
    float *values = neuron_tensor_data(targets);
    for (int64_t i = 0; i < count * outputs; i++)
        values[i] = (float)(next_number(state) >> 63);
    return targets;
}

neuron_dataset_t *bench_dataset(neuron_context_t *context, const int64_t *shape, int32_t rank,
                                const char *loss, int32_t outputs, int64_t batch)
{
    bool labelled = strcmp(loss, "cross_entropy") == 0;
    int64_t size = elements(shape, rank) + (labelled ? 0 : (int64_t)sizeof(float) * outputs);
    int64_t count = example_count(size, batch);
    uint64_t state = 1;
    neuron_tensor_t *examples = make_bytes(context, count, shape, rank, &state);
    neuron_tensor_t *wanted = labelled ? make_labels(context, count, outputs, &state)
                                       : make_targets(context, count, outputs, &state);
    neuron_dataset_t *dataset;
    bench_must(labelled ? neuron_dataset_create(&dataset, context, examples, wanted, outputs)
                        : neuron_dataset_create_with_targets(&dataset, context, examples, wanted));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(wanted);
    return dataset;
}

neuron_tensor_t *bench_tensor(neuron_context_t *context, int64_t batch, const int64_t *shape,
                              int32_t rank)
{
    neuron_tensor_t *tensor = make_tensor(context, NEURON_TYPE_F32, batch, shape, rank);
    float *values = neuron_tensor_data(tensor);
    uint64_t state = 1;
    for (int64_t i = 0; i < neuron_tensor_count(tensor); i++)
        values[i] = (float)(next_number(&state) >> 40) * 0x1p-24f;
    return tensor;
}
