/* Feeds bytes to the IDX reader: plain and gzip, as images and as labels. */
#include "data/idx.h"

#include <stdatomic.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* More than any small input can honestly need: an unchecked claim runs into it. */
static const size_t memory_max = (size_t)64 << 20;

static void *allocate(size_t size, size_t alignment, void *user_data)
{
    (void)user_data;
    void *memory = NULL;
    if (size > memory_max)
        abort();
    return posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}

static void release(void *memory, void *user_data)
{
    (void)user_data;
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context;
    /* The largest ratio of gzip, 1032, times this is below the limit. */
    if (size > 60000 || neuron_context_create_with_allocator(&context, allocate, release, NULL) < 0)
        return 0;
    neuron_context_set_threads(context, 1);
    for (int32_t rank = 1; rank <= 3; rank += 2) {
        neuron_tensor_t *tensor = NULL;
        int status = neuron_idx_read(&tensor, context, bytes, size, "fuzz", rank);
        if ((status == NEURON_OK) != (tensor != NULL))
            abort();
        neuron_tensor_unref(tensor);
    }
    neuron_context_unref(context);
    return 0;
}
