/* Files are read by position (pread), so that a store has no state besides its descriptor. */
#include "data/codec/store.h"

#include "base/files/file.h"

#include <string.h>
#include <unistd.h>

int neuron_store_open(neuron_store *store, const neuron_content *content)
{
    *store = (neuron_store){.context = content->context,
                            .name = content->name,
                            .bytes = content->bytes,
                            .size = content->size};
    return store->bytes ? NEURON_OK : neuron_file_open(&store->file, &store->size, content->name);
}

void neuron_store_close(neuron_store *store)
{
    if (!store->bytes)
        close(store->file);
}

int neuron_store_read(const neuron_store *store, size_t at, void *bytes, size_t size)
{
    if (!store->bytes)
        return neuron_file_read_at(store->file, store->name, at, bytes, size);
    if (size > 0)
        memcpy(bytes, store->bytes + at, size);
    return NEURON_OK;
}

int neuron_view_open(neuron_view *view, const neuron_store *store, size_t at, size_t size)
{
    *view = (neuron_view){.size = size};
    if (store->bytes) {
        view->bytes = store->bytes + at;
        return NEURON_OK;
    }
    view->owned = neuron_allocate(store->context, size, 1);
    if (!view->owned)
        return NEURON_E_MEMORY;
    view->bytes = view->owned;
    int status = neuron_store_read(store, at, view->owned, size);
    if (status < 0)
        neuron_view_close(view, store);
    return status;
}

void neuron_view_close(neuron_view *view, const neuron_store *store)
{
    neuron_release(store->context, view->owned);
    view->owned = NULL;
}
