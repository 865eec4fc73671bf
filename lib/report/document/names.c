/* Texts one behind the other. */
#include "report/document/names.h"

#include <string.h>

void neuron_names_end(neuron_names *names)
{
    neuron_buffer_end(&names->texts);
    neuron_buffer_end(&names->places);
}

void neuron_names_add(neuron_names *names, const char *text)
{
    size_t place = names->texts.size;
    neuron_buffer_add(&names->texts, text, strlen(text) + 1);
    neuron_buffer_add(&names->places, &place, sizeof place);
}

void neuron_names_add_number(neuron_names *names, const char *name, int64_t number)
{
    if (name) {
        neuron_names_add(names, name);
        return;
    }
    size_t place = names->texts.size;
    neuron_buffer_print(&names->texts, "%" PRId64, number);
    neuron_buffer_add(&names->texts, "", 1);
    neuron_buffer_add(&names->places, &place, sizeof place);
}

const char *neuron_names_at(const neuron_names *names, int64_t index)
{
    if (neuron_names_status(names) != NEURON_OK)
        return "";
    return names->texts.bytes + ((const size_t *)(const void *)names->places.bytes)[index];
}

int neuron_names_status(const neuron_names *names)
{
    return names->texts.failed || names->places.failed ? NEURON_E_MEMORY : NEURON_OK;
}
