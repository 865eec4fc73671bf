/* A context for fuzz targets of readers, whose memory ends the program where a reader believes an
 * unchecked claim. */
#ifndef FUZZ_LIMITED_H
#define FUZZ_LIMITED_H

#include <libneuron/libneuron.h>

#include <stdatomic.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* More than any input of the largest size can honestly need: gzip's largest ratio,
 * 1032, times that is below it. */
enum { LIMITED_MEMORY = 64 << 20, LIMITED_INPUT = 60000 };

static void *limited_allocate(size_t size, size_t alignment, void *user_data)
{
    (void)user_data;
    void *memory = NULL;
    if (size > LIMITED_MEMORY)
        abort();
    return posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}

static void limited_release(void *memory, void *user_data)
{
    (void)user_data;
    free(memory);
}

/* A context with one thread, or NULL if the input is too large. */
static inline neuron_context_t *limited_context(size_t size)
{
    neuron_context_t *context;
    if (size > LIMITED_INPUT ||
        neuron_context_create_with_allocator(&context, limited_allocate, limited_release, NULL,
                                             NULL, NULL) < 0)
        return NULL;
    neuron_context_set_number(context, "threads", 1);
    return context;
}

/* Ends the program unless there is a result exactly where the status says so. */
static inline void limited_check(int status, const void *result)
{
    if ((status == NEURON_OK) != (result != NULL))
        abort();
}

#endif
