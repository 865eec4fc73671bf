/* Feeds bytes to the reader of .npz archives, as two arrays that make a dataset. */
#include "limited.h"

#include "data/formats/npz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = limited_context(size);
    if (context) {
        const neuron_content content = neuron_content_of_memory(context, bytes, size, "fuzz");
        const neuron_npz_settings settings = {"x_train", "y_train", 3};
        neuron_dataset_t *dataset = NULL;
        int status = neuron_npz_read(&dataset, &content, &settings);
        limited_check(status, dataset);
        neuron_dataset_unref(dataset);
    }
    neuron_context_unref(context);
    return 0;
}
