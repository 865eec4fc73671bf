/* Counts arrays whose numbers are no float32 in a file, by their types. */
#include "model/conversions.h"

#include <string.h>

void neuron_convert(neuron_conversions *all, const neuron_safetensors_entry *entry, bool bytes,
                    float *to)
{
    bool kept = entry->type == NEURON_TYPE_F32 || (bytes && strcmp(entry->dtype, "I8") == 0);
    for (int i = 0; !kept && i < NEURON_SAFETENSORS_TYPES; i++)
        all->counts[i] += strcmp(neuron_safetensors_types[i].name, entry->dtype) == 0;
    neuron_safetensors_copy_floats(to, entry);
}

void neuron_conversions_log(const neuron_conversions *all, neuron_context_t *context,
                            const char *source)
{
    for (int i = 0; i < NEURON_SAFETENSORS_TYPES; i++)
        if (all->counts[i] > 0)
            neuron_log(context, NEURON_LOG_INFO, "model",
                       "%s: %" PRId32 " arrays of %s have become float32", source, all->counts[i],
                       neuron_safetensors_types[i].name);
}
