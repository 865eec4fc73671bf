/* Feeds bytes to the reader of CIFAR-10's binary files. */
#include "limited.h"

#include "data/formats/cifar10.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = limited_context(size);
    if (context) {
        const neuron_content content = neuron_content_of_memory(context, bytes, size, "fuzz");
        neuron_dataset_t *dataset = NULL;
        int status = neuron_cifar10_read(&dataset, &content, &(neuron_cifar10_settings){1});
        limited_check(status, dataset);
        neuron_dataset_unref(dataset);
    }
    neuron_context_unref(context);
    return 0;
}
