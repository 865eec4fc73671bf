/* Feeds bytes to the reader of comma-separated values. */
#include "limited.h"

#include <stdbool.h>
#include <string.h>

#include "data/tables/csv.h"

static const char *const options[] = {
    "classes=10",
    "classes=10, type=u8, header=present",
    "classes=10, type=f32, header=absent",
    "label=last",
    "label=none, missing=median, separator=space",
    "label=2, header=present, categories=one_hot, missing=mark",
    "label=label, categories=index, missing=mean, na_values=-1+x",
    "targets=1+last, comment=#, separator=;, decimal=comma",
    "targets=last, categorical=1, comment=%, ignore=2, separator=tab",
};

static void again(neuron_context_t *context, const neuron_content *content,
                  const neuron_dataset_t *dataset)
{
    static char json[1 << 16];
    neuron_preparation_t *preparation = NULL;
    neuron_dataset_t *same = NULL;
    if (neuron_preparation_json(json, sizeof json, NULL, neuron_dataset_preparation(dataset)) < 0 ||
        neuron_preparation_create(&preparation, context, json) < 0)
        return;
    int status = neuron_csv_read_prepared(&same, content, preparation);
    limited_check(status, same);
    neuron_dataset_unref(same);
    neuron_preparation_unref(preparation);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = limited_context(size);
    const neuron_content content = neuron_content_of_memory(context, bytes, size, "fuzz");
    bool packed = size > 0 && bytes[0] == 0x1f;
    for (size_t i = 0; context && i < sizeof options / sizeof options[0]; i++) {
        neuron_dataset_t *dataset = NULL;
        /* An input for each word of each row may honestly take much. */
        if (size > 1500 && (packed || strstr(options[i], "categor")))
            continue;
        int status = neuron_csv_read(&dataset, &content, options[i], "load");
        limited_check(status, dataset);
        if (status == NEURON_OK) /* what it was read by reads it again */
            again(context, &content, dataset);
        neuron_dataset_unref(dataset);
    }
    neuron_context_unref(context);
    return 0;
}
