/* Feeds bytes to the reader of .npy files. */
#include "limited.h"

#include "data/formats/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = limited_context(size);
    const neuron_content content = neuron_content_of_memory(context, bytes, size, "fuzz");
    neuron_source source;
    if (context && neuron_source_open(&source, &content) == NEURON_OK) {
        neuron_npy_array array;
        int status = neuron_npy_read_array(&array, &source);
        limited_check(status, array.tensor);
        neuron_tensor_unref(array.tensor);
        neuron_source_close(&source);
    }
    neuron_context_unref(context);
    return 0;
}
