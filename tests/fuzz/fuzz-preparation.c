/* Feeds bytes to the reader of preparations of tables, and rows to what it makes of them. */
#include "limited.h"

#include "data/tables/csv.h"

#include <stdlib.h>
#include <string.h>

static void use(neuron_context_t *context, const neuron_preparation_t *preparation)
{
    static const char table[] = "a,b,c\n1,x,\n-2,y,0.5\n";
    static const char *const fields[] = {"1", "x", NULL, "-2", "y", "0.5", "", " 7 "};
    static float inputs[1 << 12];
    const neuron_content content =
        neuron_content_of_memory(context, table, sizeof table - 1, "table");
    neuron_dataset_t *dataset = NULL;
    int64_t count = neuron_preparation_field_count(preparation);
    if (neuron_preparation_input_count(preparation) > 1 << 12)
        return;
    int status = neuron_csv_read_prepared(&dataset, &content, preparation);
    limited_check(status, dataset);
    neuron_dataset_unref(dataset);
    if (count <= 8)
        neuron_preparation_apply(inputs, 1 << 12, NULL, preparation, fields, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = limited_context(size);
    char *text = malloc(size + 1);
    if (!context || !text) {
        free(text);
        neuron_context_unref(context);
        return 0;
    }
    memcpy(text, bytes, size);
    text[size] = '\0';
    neuron_preparation_t *preparation = NULL;
    int status = neuron_preparation_create(&preparation, context, text);
    limited_check(status, preparation);
    if (preparation)
        use(context, preparation);
    neuron_preparation_unref(preparation);
    neuron_context_unref(context);
    free(text);
    return 0;
}
