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

/* Where a group is: "block/conv" is layers/block/layers/conv. */
static int expand(char path[NEURON_H5_PATH], const neuron_keras_store *store, const char *group,
                  const char *behind)
{
    size_t used = (size_t)snprintf(path, NEURON_H5_PATH, "%s", store->root);
    for (; *group && used < NEURON_H5_PATH; group++) {
        if (*group == '/')
            used += (size_t)snprintf(path + used, NEURON_H5_PATH - used, "%s", store->root);
        else
            path[used++] = *group;
    }
    if (used < NEURON_H5_PATH)
        used += (size_t)snprintf(path + used, NEURON_H5_PATH - used, "%s", behind);
    if (used >= NEURON_H5_PATH)
        return neuron_fail(NEURON_E_FORMAT, "%s: the name of an array is too long",
                           store->h5->name);
    return NEURON_OK;
}

/* How many arrays there are: they are numbered from 0. No layer has as many as are looked for. */
static int count_arrays(size_t *count, const neuron_keras_store *store, const char *group)
{
    enum { ARRAYS_MAX = 64 };
    for (*count = 0; *count < ARRAYS_MAX; ++*count) {
        char path[NEURON_H5_PATH], behind[32];
        snprintf(behind, sizeof behind, "/vars/%zu", *count);
        RETURN_IF_ERROR(expand(path, store, group, behind));
        if (!neuron_h5_has(store->h5, path))
            break;
    }
    return NEURON_OK;
}

/* The models that a group lies in, by their groups and by the names of their layers. */
typedef struct models {
    neuron_keras_store *store;
    const char *path, *name; /* name is NULL where a model has none */
    int depth;
} models;

/* Both with a '/' between, or the second alone. */
static char *join(const neuron_keras_store *store, const char *first, const char *second)
{
    char text[NEURON_H5_PATH];
    snprintf(text, sizeof text, "%s%s%s", first, first[0] ? "/" : "", second);
    return copy(store, text);
}

/* A new group at the end; a layer takes some hundred bytes of a file, so that one of which links
 * lead back to groups before does not go on for ever. */
static int new_group(neuron_keras_store *store)
{
    enum { LAYER_MIN = 100 };
    size_t count = store->group_count;
    if (count > store->h5->size / LAYER_MIN)
        return neuron_h5_damaged(store->h5, store->root);
    if ((count & (count - 1)) == 0) { /* room grows at 0, 1, 2, 4, ... */
        neuron_keras_group *groups =
            neuron_allocate_zero(store->h5->context, count ? 2 * count : 1, sizeof *groups);
        if (!groups)
            return NEURON_E_MEMORY;
        if (count > 0)
            memcpy(groups, store->groups, count * sizeof *groups);
        neuron_release(store->h5->context, store->groups);
        store->groups = groups;
    }
    store->groups[store->group_count++] = (neuron_keras_group){.path = NULL};
    return NEURON_OK;
}

/* The name of a layer is an attribute of the group with its arrays, if it has one. */
static int read_name(neuron_keras_group *group, const models *in)
{
    char path[NEURON_H5_PATH], **names;
    size_t count;
    RETURN_IF_ERROR(expand(path, in->store, group->path, "/vars"));
    RETURN_IF_ERROR(neuron_h5_texts(&names, &count, in->store->h5, path, "name"));
    if (count == 1 && in->name)
        group->name = join(in->store, in->name, names[0]);
    bool failed = count == 1 && in->name && !group->name;
    neuron_release(in->store->h5->context, names);
    return failed ? NEURON_E_MEMORY : NEURON_OK;
}

static int add_group(void *data, const char *name)
{
    const models *in = data;
    neuron_keras_store *store = in->store;
    enum { DEPTH_MAX = 16 };
    char path[NEURON_H5_PATH];
    RETURN_IF_ERROR(new_group(store));
    neuron_keras_group *group = &store->groups[store->group_count - 1];
    group->path = join(store, in->path, name);
    if (!group->path)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(count_arrays(&group->count, store, group->path));
    RETURN_IF_ERROR(read_name(group, in));
    /* The layers of a model within the model. Groups move when more come. */
    models inner = {store, group->path, group->name, in->depth + 1};
    RETURN_IF_ERROR(expand(path, store, group->path, store->root));
    path[strlen(path) - 1] = '\0';
    if (inner.depth > DEPTH_MAX || !neuron_h5_has(store->h5, path))
        return NEURON_OK;
    return neuron_h5_each(store->h5, path, add_group, &inner);
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
        return neuron_h5_each(h5, group, add_group, &(models){store, "", "", 0});
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
    char number[32];
    if (!store->ordered) {
        snprintf(number, sizeof number, "/vars/%zu", index);
        return expand(path, store, group->path, number);
    }
    if (snprintf(path, NEURON_H5_PATH, "%s%s/%s", store->root, group->path, group->arrays[index]) >=
        NEURON_H5_PATH)
        return neuron_fail(NEURON_E_FORMAT, "%s: the name of an array is too long",
                           store->h5->name);
    return NEURON_OK;
}
