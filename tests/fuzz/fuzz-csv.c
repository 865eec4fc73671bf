/* Feeds bytes to the reader of comma-separated values. */
#include "limited.h"

#include "data/formats/csv.h"

static const neuron_csv_settings settings[] = {
    {.class_count = 10},
    {.class_count = 10, .type = NEURON_U8, .header = NEURON_CSV_HEADER_PRESENT},
    {.class_count = 10, .type = NEURON_F32, .header = NEURON_CSV_HEADER_ABSENT},
    {.class_count = 10, .label = NEURON_CSV_LABEL_LAST},
    {.class_count = 10, .label = NEURON_CSV_LABEL_NONE},
    {.class_count = 10, .label = 2, .header = NEURON_CSV_HEADER_PRESENT},
    {.class_count = 10, .label_name = "label"},
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = limited_context(size);
    const neuron_content content = neuron_content_of_memory(context, bytes, size, "fuzz");
    for (size_t i = 0; context && i < sizeof settings / sizeof settings[0]; i++) {
        neuron_dataset_t *dataset = NULL;
        int status = neuron_csv_read(&dataset, &content, &settings[i]);
        limited_check(status, dataset);
        neuron_dataset_unref(dataset);
    }
    neuron_context_unref(context);
    return 0;
}
