/* Feeds bytes to the reader of .npz archives, as two arrays that make a dataset. */
#include "limited.h"

#include "data/formats/npz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = limited_context(size);
    if (context) {
        neuron_store archive = neuron_store_of(context, bytes, size, "fuzz");
        neuron_npy_array examples, labels = {.tensor = NULL};
        neuron_dataset_t *dataset = NULL;
        int status = neuron_npz_read(&examples, &archive, "x_train");
        limited_check(status, examples.tensor);
        if (status == NEURON_OK)
            status = neuron_npz_read(&labels, &archive, "y_train");
        limited_check(status, examples.tensor ? labels.tensor : NULL);
        if (status == NEURON_OK) {
            status = neuron_npy_dataset(&dataset, context, &examples, &labels, 3);
            limited_check(status, dataset);
        }
        neuron_dataset_unref(dataset);
        neuron_tensor_unref(labels.tensor);
        neuron_tensor_unref(examples.tensor);
    }
    neuron_context_unref(context);
    return 0;
}
