/* Feeds bytes to the reader of CIFAR-10's binary files. */
#include "limited.h"

#include "data/formats/cifar10.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = limited_context(size);
    neuron_content content;
    if (context && neuron_content_of(&content, context, bytes, size, "fuzz") == NEURON_OK) {
        neuron_dataset_t *dataset = NULL;
        int status =
            neuron_cifar10_read(&dataset, context, neuron_cifar10_parse_binary, &content, 1);
        limited_check(status, dataset);
        neuron_dataset_unref(dataset);
    }
    neuron_context_unref(context);
    return 0;
}
