/* Feeds bytes to the reader of .npy files. */
#include "limited.h"

#include "data/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = limited_context(size);
    neuron_content content;
    if (context && neuron_content_of(&content, context, bytes, size, "fuzz") == NEURON_OK) {
        neuron_tensor_t *tensor = NULL;
        int status = neuron_npy_read(&tensor, &content);
        limited_check(status, tensor);
        neuron_tensor_unref(tensor);
        neuron_content_close(&content);
    }
    neuron_context_unref(context);
    return 0;
}
