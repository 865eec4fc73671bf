/* Feeds bytes to the reader of comma-separated values. */
#include "limited.h"

#include "data/formats/csv.h"

static const neuron_csv_format formats[] = {
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
    neuron_content content;
    if (context && neuron_content_of(&content, context, bytes, size, "fuzz") == NEURON_OK) {
        for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
            neuron_dataset_t *dataset = NULL;
            int status = neuron_csv_read(&dataset, &content, &formats[i]);
            limited_check(status, dataset);
            neuron_dataset_unref(dataset);
        }
        neuron_content_close(&content);
    }
    neuron_context_unref(context);
    return 0;
}
