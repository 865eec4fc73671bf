/* Reads a file from disk: whole into memory, or a part of it at a time. */
#include "base/files/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Systems differ in what they say to larger reads. */
static const size_t piece_max = (size_t)1 << 30;

static int fail(const char *what, const char *path)
{
    return neuron_fail(NEURON_E_IO, "cannot %s \"%s\": %s", what, path, strerror(errno));
}

static int file_size(int file, const char *path, size_t *size)
{
    struct stat found;
    if (fstat(file, &found) < 0)
        return fail("read", path);
    if (S_ISDIR(found.st_mode)) {
        errno = EISDIR;
        return fail("read", path);
    }
    if (!S_ISREG(found.st_mode))
        return neuron_fail(NEURON_E_IO, "cannot read \"%s\": not a regular file", path);
    if ((uint64_t)found.st_size > SIZE_MAX) {
        errno = EFBIG;
        return fail("read", path);
    }
    *size = (size_t)found.st_size;
    return NEURON_OK;
}

int neuron_file_read_at(int file, const char *path, size_t at, void *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        size_t piece = size - done < piece_max ? size - done : piece_max;
        ssize_t got = pread(file, (char *)bytes + done, piece, (off_t)(at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail("read", path);
        if (got == 0)
            return neuron_fail(NEURON_E_IO, "cannot read \"%s\": it became shorter meanwhile",
                               path);
        done += (size_t)got;
    }
    return NEURON_OK;
}

int neuron_file_open(int *file, size_t *size, const char *path)
{
    int opened;
    do {
        /* Without O_NONBLOCK a pipe that nobody writes to would hang the host. */
        opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    } while (opened < 0 && errno == EINTR);
    if (opened < 0)
        return fail("open", path);
    int status = file_size(opened, path, size);
    if (status < 0)
        close(opened);
    else
        *file = opened;
    return status;
}

int neuron_file_read(neuron_context_t *context, const char *path, void **bytes, size_t *size)
{
    int file;
    RETURN_IF_ERROR(neuron_file_open(&file, size, path));
    void *content = neuron_allocate(context, *size, 1);
    int status = content ? neuron_file_read_at(file, path, 0, content, *size) : NEURON_E_MEMORY;
    close(file);
    if (status < 0)
        neuron_release(context, content);
    else
        *bytes = content;
    return status;
}

/* Whether the current folder has a path, with room for one in it. */
static bool find_current(char folder[PATH_MAX], size_t room)
{
    struct stat here, there;
    return getcwd(folder, PATH_MAX) && strlen(folder) + room <= PATH_MAX && stat(".", &here) == 0 &&
           stat(folder, &there) == 0 && here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

int neuron_file_path(char **copy, neuron_context_t *context, const char *path, const char *who)
{
    char folder[PATH_MAX];
    size_t size = strlen(path) + 2; /* with what comes before and behind it */
    if (!path[0])
        return neuron_fail(NEURON_E_ARGUMENT, "%s: path is empty; it must name a file", who);
    if (path[0] == '/' || !find_current(folder, size))
        *copy = neuron_copy_text(context, path);
    else {
        size_t room = strlen(folder) + size;
        *copy = neuron_allocate(context, room, 1);
        if (*copy)
            snprintf(*copy, room, "%s/%s", folder[1] ? folder : "", path);
    }
    return *copy ? NEURON_OK : NEURON_E_MEMORY;
}
