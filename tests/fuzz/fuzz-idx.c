/* Feeds bytes to the IDX reader: plain and gzip, as images and as labels. */
#include "limited.h"

#include "data/formats/idx.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = limited_context(size);
    const neuron_content content = neuron_content_of_memory(context, bytes, size, "fuzz");
    for (int32_t rank = 1; context && rank <= 3; rank += 2) {
        neuron_source source;
        neuron_tensor_t *tensor = NULL;
        if (neuron_source_open(&source, &content) < 0)
            continue;
        int status = neuron_idx_read_tensor(&tensor, &source, rank);
        neuron_source_close(&source);
        limited_check(status, tensor);
        neuron_tensor_unref(tensor);
    }
    neuron_context_unref(context);
    return 0;
}
