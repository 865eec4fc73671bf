/* A folder is read once, and what the system puts into folders by itself is left out: is_litter().
 * Sorted by bytes, so that classes have the same numbers everywhere. */
#include "data/formats/file-names.h"

#include "base/sort.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static int fail(const char *what, const char *path)
{
    return neuron_fail(NEURON_E_IO, "cannot %s \"%s\": %s", what, path, strerror(errno));
}

char *neuron_names_path(neuron_context_t *context, const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = neuron_allocate(context, size, 1);
    if (path)
        snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static int add(neuron_names *names, const char *name)
{
    if (names->count == names->capacity) {
        size_t capacity = names->capacity * 2 + 16;
        char **larger = neuron_allocate(names->context, capacity, sizeof *larger);
        if (!larger)
            return NEURON_E_MEMORY;
        if (names->count > 0)
            memcpy(larger, names->at, names->count * sizeof *larger);
        neuron_release(names->context, names->at);
        names->at = larger;
        names->capacity = capacity;
    }
    char *copy = neuron_copy_text(names->context, name);
    if (!copy)
        return NEURON_E_MEMORY;
    names->at[names->count++] = copy;
    return NEURON_OK;
}

/* What Windows, macOS, Linux, network disks, archivers and Python put beside the files of a user.
 * What they hide behind a dot is left out anyway. */
static bool is_litter(const char *name)
{
    static const char *const known[] = {
        "__MACOSX",
        "Network Trash Folder",
        "Temporary Items",
        "TheVolumeSettingsFolder",
        "Icon\r",
        "@eaDir",
        "#recycle",
        "#snapshot",
        "@Recycle",
        "@Recently-Snapshot",
        "lost+found",
        "$RECYCLE.BIN",
        "RECYCLER",
        "RECYCLED",
        "desktop.ini",
        "System Volume Information",
        "Thumbs.db",
        "ehthumbs.db",
        "__pycache__",
        "ehthumbs_vista.db",
        "@tmp",
        "Picasa.ini",
    };
    static const char *const ends[] = {":Zone.Identifier", "@SynoEAStream", "@SynoResource"};
    size_t size = strlen(name);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcasecmp(name, known[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (size > strlen(ends[i]) && strcmp(name + size - strlen(ends[i]), ends[i]) == 0)
            return true;
    return false;
}

static int add_if_wanted(neuron_names *names, const char *path, const char *name, bool folders)
{
    struct stat found;
    if (stat(path, &found) < 0)
        return fail("read", path);
    bool folder = S_ISDIR(found.st_mode);
    if (folders && !folder)
        return NEURON_OK;
    if (!folders && folder)
        return neuron_fail(NEURON_E_DATA, "\"%s\" is a folder, where images of one class are",
                           path);
    if (!folders && !S_ISREG(found.st_mode))
        return neuron_fail(NEURON_E_IO, "cannot read \"%s\": not a regular file", path);
    if (!folders)
        names->bytes += (uint64_t)found.st_size;
    return add(names, name);
}

static int read_all(neuron_names *names, DIR *open, const char *folder, bool folders)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(open);
        if (!entry && errno == EINTR)
            continue;
        if (!entry)
            return errno == 0 ? NEURON_OK : fail("read", folder);
        if (entry->d_name[0] == '.')
            continue;
        if (is_litter(entry->d_name)) {
            neuron_log(names->context, NEURON_LOG_INFO, "data", "%s/%s is left out", folder,
                       entry->d_name);
            continue;
        }
        char *path = neuron_names_path(names->context, folder, entry->d_name);
        if (!path)
            return NEURON_E_MEMORY;
        int status = add_if_wanted(names, path, entry->d_name, folders);
        neuron_release(names->context, path);
        RETURN_IF_ERROR(status);
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int neuron_names_list(neuron_names *names, neuron_context_t *context, const char *folder,
                      bool folders)
{
    *names = (neuron_names){.context = context};
    DIR *open;
    do {
        open = opendir(folder);
    } while (!open && errno == EINTR);
    if (!open)
        return fail("open", folder);
    int status = read_all(names, open, folder, folders);
    closedir(open);
    if (status < 0)
        neuron_names_release(names);
    else if (names->count > 0)
        neuron_sort(names->at, names->count, sizeof *names->at, compare);
    return status;
}

void neuron_names_release(neuron_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        neuron_release(names->context, names->at[i]);
    if (names->at)
        neuron_release(names->context, names->at);
    *names = (neuron_names){.context = NULL};
}
