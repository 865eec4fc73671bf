/* Feeds bytes to the reader of comma-separated values. */
#include "limited.h"

#include "data/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = limited_context(size);
    neuron_content content;
    if (context && neuron_content_of(&content, context, bytes, size, "fuzz") == NEURON_OK) {
        neuron_dataset_t *dataset = NULL;
        int status = neuron_csv_read(&dataset, &content, 10, NULL, 0);
        limited_check(status, dataset);
        neuron_dataset_unref(dataset);
        neuron_content_close(&content);
    }
    neuron_context_unref(context);
    return 0;
}
