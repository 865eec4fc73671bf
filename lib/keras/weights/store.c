/* Groups of Keras 2, which tell their order and the names of all, and those of Keras 3. */
#include "keras/weights/store.h"

#include <stdio.h>
#include <string.h>

static char *copy(const neuron_keras_store *store, const char *text)
{
    return neuron_copy_text(store->h5->context, text);
}

/* ---- Keras 2 ---- */

/* An attribute with texts, or the numbered ones that a long one was split into. */
static int read_texts(char ***texts, size_t *count, const neuron_h5 *h5, const char *group,
                      const char *attribute)
{
    RETURN_IF_ERROR(neuron_h5_texts(texts, count, h5, group, attribute));
    if (*texts)
        return NEURON_OK;
    for (int i = 0;; i++) {
        char name[64];
        char **more = NULL;
        size_t more_count = 0;
        snprintf(name, sizeof name, "%s%d", attribute, i);
        int status = neuron_h5_texts(&more, &more_count, h5, group, name);
        if (status < 0 || !more) {
            if (status < 0)
                neuron_release(h5->context, *texts);
            return status;
        }
        size_t size = more_count ? (size_t)(more[more_count - 1] - (char *)more) +
                                       strlen(more[more_count - 1]) + 1
                                 : 0;
        size_t before = 0;
        if (*texts && *count)
            before =
                (size_t)((*texts)[*count - 1] - (char *)*texts) + strlen((*texts)[*count - 1]) + 1;
        size_t all = *count + more_count;
        char **joined = neuron_allocate(h5->context, all * sizeof(char *) + before + size + 1, 1);
        char *to = (char *)joined + all * sizeof(char *);
        for (size_t k = 0; joined && k < all; k++) {
            const char *from = k < *count ? (*texts)[k] : more[k - *count];
            joined[k] = strcpy(to, from);
            to += strlen(from) + 1;
        }
        neuron_release(h5->context, more);
        neuron_release(h5->context, *texts);
        *texts = joined;
        if (!joined)
            return NEURON_E_MEMORY;
        *count = all;
    }
}

static int read_ordered(neuron_keras_store *store, char **names, size_t count)
{
    store->groups = neuron_allocate_zero(store->h5->context, count, sizeof *store->groups);
    if (!store->groups)
        return NEURON_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        neuron_keras_group *group = &store->groups[i];
        char path[NEURON_H5_PATH];
        store->group_count = i + 1;
        group->path = copy(store, names[i]);
        group->name = copy(store, names[i]);
        if (!group->path || !group->name)
            return NEURON_E_MEMORY;
        if (snprintf(path, sizeof path, "%s%s", store->root, names[i]) >= (int)sizeof path)
            return neuron_fail(NEURON_E_FORMAT, "%s: the name of a layer is too long",
                               store->h5->name);
        RETURN_IF_ERROR(read_texts(&group->arrays, &group->count, store->h5, path, "weight_names"));
    }
    return NEURON_OK;
}

/* ---- Keras 3 ---- */

/* How many arrays there are: they are numbered from 0. */
static size_t count_arrays(const neuron_h5 *h5, const char *group)
{
    char path[NEURON_H5_PATH + 24];
    for (size_t count = 0;; count++) {
        snprintf(path, sizeof path, "%s/vars/%zu", group, count);
        if (!neuron_h5_has(h5, path))
            return count;
    }
}

static int add_group(void *data, const char *name)
{
    neuron_keras_store *store = data;
    neuron_keras_group *groups = store->groups, *group;
    size_t count = store->group_count;
    char path[NEURON_H5_PATH], vars[NEURON_H5_PATH];
    char **names;
    size_t name_count;
    if ((count & (count - 1)) == 0) { /* room grows at 0, 1, 2, 4, ... */
        groups = neuron_allocate_zero(store->h5->context, count ? 2 * count : 1, sizeof *groups);
        if (!groups)
            return NEURON_E_MEMORY;
        if (count > 0)
            memcpy(groups, store->groups, count * sizeof *groups);
        neuron_release(store->h5->context, store->groups);
        store->groups = groups;
    }
    snprintf(path, sizeof path, "%s%s", store->root, name);
    snprintf(vars, sizeof vars, "%s%s/vars", store->root, name);
    group = &groups[store->group_count++];
    *group = (neuron_keras_group){.count = count_arrays(store->h5, path)};
    group->path = copy(store, name);
    if (!group->path)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(neuron_h5_texts(&names, &name_count, store->h5, vars, "name"));
    if (name_count == 1)
        group->name = copy(store, names[0]);
    bool failed = name_count == 1 && !group->name;
    neuron_release(store->h5->context, names);
    return failed ? NEURON_E_MEMORY : NEURON_OK;
}

/* ---- Both ---- */

int neuron_keras_store_open(neuron_keras_store *store, const neuron_h5 *h5)
{
    static const char *const ordered[] = {"/model_weights/", "/"};
    static const char *const others[] = {"/layers/", "/_layer_checkpoint_dependencies/"};
    *store = (neuron_keras_store){.h5 = h5};
    for (int i = 0; i < 2; i++) {
        char group[24], **names;
        size_t count;
        snprintf(group, sizeof group, "%s", i == 0 ? "/model_weights" : "/");
        if (i == 0 && !neuron_h5_has(h5, group))
            continue;
        RETURN_IF_ERROR(read_texts(&names, &count, h5, group, "layer_names"));
        if (!names)
            continue;
        store->root = ordered[i];
        store->ordered = true;
        int status = read_ordered(store, names, count);
        neuron_release(h5->context, names);
        return status;
    }
    for (int i = 0; i < 2; i++) {
        char group[48];
        snprintf(group, sizeof group, "%.*s", (int)strlen(others[i]) - 1, others[i]);
        if (!neuron_h5_has(h5, group))
            continue;
        store->root = others[i];
        return neuron_h5_each(h5, group, add_group, store);
    }
    return neuron_fail(NEURON_E_FORMAT, "%s: there are no weights of Keras in it", h5->name);
}

void neuron_keras_store_close(neuron_keras_store *store)
{
    neuron_context_t *context = store->h5->context;
    for (size_t i = 0; i < store->group_count; i++) {
        neuron_release(context, store->groups[i].path);
        neuron_release(context, store->groups[i].name);
        neuron_release(context, store->groups[i].arrays);
    }
    neuron_release(context, store->groups);
}

const neuron_keras_group *neuron_keras_store_at(const neuron_keras_store *store, const char *path)
{
    for (size_t i = 0; i < store->group_count; i++)
        if (strcmp(store->groups[i].path, path) == 0)
            return &store->groups[i];
    return NULL;
}

const neuron_keras_group *neuron_keras_store_find(const neuron_keras_store *store, const char *name)
{
    for (size_t i = 0; i < store->group_count; i++)
        if (store->groups[i].name && strcmp(store->groups[i].name, name) == 0)
            return &store->groups[i];
    return NULL;
}

int neuron_keras_store_path(char path[NEURON_H5_PATH], const neuron_keras_store *store,
                            const neuron_keras_group *group, size_t index)
{
    int length = group->arrays ? snprintf(path, NEURON_H5_PATH, "%s%s/%s", store->root, group->path,
                                          group->arrays[index])
                               : snprintf(path, NEURON_H5_PATH, "%s%s/vars/%zu", store->root,
                                          group->path, index);
    if (length >= NEURON_H5_PATH)
        return neuron_fail(NEURON_E_FORMAT, "%s: the name of an array is too long",
                           store->h5->name);
    return NEURON_OK;
}
