/* What the classes of a dataset are called. */
#include "data/dataset.h"

#include "base/checked.h"

#include <inttypes.h>
#include <string.h>

const char *neuron_dataset_class_name(const neuron_dataset_t *dataset, int32_t k)
{
    if (!dataset || !dataset->class_names || k < 0 || k >= dataset->class_count)
        return NULL;
    const char *name = dataset->class_names->data;
    for (int32_t i = 0; i < k; i++)
        name += strlen(name) + 1;
    return name;
}

int neuron_dataset_check_names(const neuron_dataset_t *a, const char *a_called,
                               const neuron_dataset_t *b, const char *b_called, const char *who)
{
    if (!a->class_names || !b->class_names)
        return NEURON_OK;
    int64_t count = neuron_min_count(a->class_count, b->class_count);
    const char *ours = a->class_names->data, *theirs = b->class_names->data;
    for (int64_t k = 0; k < count; k++) {
        if (strcmp(ours, theirs) != 0)
            return neuron_fail(NEURON_E_DATA,
                               "%s: class %" PRId64 " is \"%s\" in %s and \"%s\" in %s", who, k,
                               ours, a_called, theirs, b_called);
        ours += strlen(ours) + 1;
        theirs += strlen(theirs) + 1;
    }
    return NEURON_OK;
}
