#include "io/file-write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files left by a process that was killed and had the same number may be in the way. */
enum { ATTEMPTS = 1000 };

/* One link behind the other: more than a system follows. */
enum { LINKS_MAX = 64 };

/* Linux writes no more than this at a time. */
static const size_t write_max = 0x7ffff000;

static int fail_io(const char *path, const char *what)
{
    return neuron_fail(NEURON_E_IO, "%s: %s: %s", path, what, strerror(errno));
}

/* What is replaced. */
typedef struct target {
    const char *path;
    bool exists;
    mode_t mode; /* if it exists */
    gid_t group; /* likewise */
    char followed[PATH_MAX];
} target;

/* Goes from a link to what it points to, which may not be there. A relative link begins in its own
 * folder. False, with a reason in errno, if `path` is no link. */
static bool follow_link(char path[PATH_MAX])
{
    char next[PATH_MAX];
    const ssize_t length = readlink(path, next, sizeof next);
    if (length < 0)
        return false;
    const char *slash = strrchr(path, '/');
    const size_t folder = next[0] == '/' || !slash ? 0 : (size_t)(slash - path) + 1;
    if (folder + (size_t)length >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(path + folder, next, (size_t)length);
    path[folder + (size_t)length] = '\0';
    return true;
}

/* Finds where a link leads to. The system has the first word, which may forbid to follow it. */
static int find_linked(target *found, struct stat *status)
{
    const char *path = found->path;
    found->exists = stat(path, status) == 0;
    if (!found->exists && errno != ENOENT)
        return fail_io(path, "cannot follow the link");
    snprintf(found->followed, sizeof found->followed, "%s", path);
    int links = 0;
    while (links < LINKS_MAX && follow_link(found->followed))
        links++;
    if (links == LINKS_MAX)
        errno = ELOOP;
    if (errno != EINVAL && errno != ENOENT)
        return fail_io(path, "cannot follow the link");
    found->path = found->followed;
    return NEURON_OK;
}

/* Finds what a path stands for: renaming over a link would leave what it points to as it is, and over
 * a device or a folder do harm or fail late. */
static int find_target(target *found, const char *path)
{
    struct stat status;
    found->path = path;
    found->exists = lstat(path, &status) == 0;
    if (found->exists && S_ISLNK(status.st_mode))
        RETURN_IF_ERROR(find_linked(found, &status));
    if (found->exists && !S_ISREG(status.st_mode))
        return neuron_fail(NEURON_E_IO, "%s: is not a regular file and is left alone", path);
    found->mode = found->exists ? status.st_mode & 07777 : 0;
    found->group = found->exists ? status.st_gid : 0;
    return NEURON_OK;
}

/* Opens the folder that holds `path`, to flush the new name to the disk. `room` has strlen(path) +
 * 2 bytes. */
static int open_folder(int *folder, const char *path, char *room)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 1;
    memcpy(room, slash ? path : ".", length);
    room[length] = '\0';
    *folder = open(room, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*folder < 0)
        return fail_io(path, "cannot open its folder");
    return NEURON_OK;
}

/* mkstemp would give it a mode that shuts out whom the umask lets in. */
static int create_beside(int *file, char *name, size_t size, const char *path, mode_t mode)
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        snprintf(name, size, "%s.%ld-%d.new", path, (long)getpid(), attempt);
        *file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (*file >= 0)
            return NEURON_OK;
        if (errno != EEXIST)
            break;
    }
    return fail_io(path, "cannot create a file beside it");
}

/* The mode without its group, whose members are among the others then. */
static mode_t without_group(mode_t mode)
{
    const mode_t both = (mode >> 3) & mode & S_IRWXO;
    return (mode & ~(mode_t)(S_ISGID | S_IRWXG | S_IRWXO)) | both;
}

/* Whom the old file shuts out never sees the new one, not even while it is written. A process may
 * give a file no group but its own ones, nor keep an owner other than itself. */
static int keep_access(int file, const target *to)
{
    if (!to->exists)
        return NEURON_OK;
    const bool kept = fchown(file, (uid_t)-1, to->group) == 0;
    if (fchmod(file, kept ? to->mode : without_group(to->mode)) < 0)
        return fail_io(to->path, "cannot give the new file its mode");
    return NEURON_OK;
}

static int write_piece(int file, const neuron_file_piece *piece, const char *path)
{
    const char *data = piece->data;
    size_t left = piece->size;
    while (left > 0) {
        ssize_t wrote = write(file, data, left < write_max ? left : write_max);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return fail_io(path, "cannot write");
        data += wrote;
        left -= (size_t)wrote;
    }
    return NEURON_OK;
}

static int write_pieces(int file, const neuron_file_piece *pieces, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++)
        RETURN_IF_ERROR(write_piece(file, &pieces[i], path));
    if (fsync(file) < 0)
        return fail_io(path, "cannot flush to the disk");
    return NEURON_OK;
}

/* The file is in place by now: what is not sure is that its name outlives a power cut. File systems
 * that cannot flush a folder are no reason to fail. */
static int flush_folder(int folder, const char *path)
{
    if (fsync(folder) < 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS)
        return fail_io(path, "is written, but cannot flush its folder to the disk");
    return NEURON_OK;
}

static int replace(int folder, char *name, size_t size, const target *to,
                   const neuron_file_piece *pieces, size_t count)
{
    int file = -1;
    const char *path = to->path;
    RETURN_IF_ERROR(create_beside(&file, name, size, path, to->exists ? 0600 : 0666));
    int status = keep_access(file, to);
    if (status == NEURON_OK)
        status = write_pieces(file, pieces, count, path);
    if (close(file) < 0 && status == NEURON_OK)
        status = fail_io(path, "cannot write");
    if (status == NEURON_OK && rename(name, path) < 0)
        status = fail_io(path, "cannot put the new file in its place");
    if (status < 0) {
        unlink(name);
        return status;
    }
    return flush_folder(folder, path);
}

static int append(int file, const char *path, const neuron_file_piece *piece)
{
    struct stat found;
    if (fstat(file, &found) < 0)
        return fail_io(path, "cannot write");
    if (!S_ISREG(found.st_mode))
        return neuron_fail(NEURON_E_IO, "%s: is not a regular file and is left alone", path);
    int status = piece->size > 0 ? write_pieces(file, piece, 1, path) : NEURON_OK;
    /* If it cannot be cut either, what is there of the piece stays: readers must bear it. */
    const int cut = status < 0 ? ftruncate(file, found.st_size) : 0;
    (void)cut;
    return status;
}

int neuron_file_append(const char *path, const void *data, size_t size)
{
    /* Without O_NONBLOCK a pipe that nobody reads from would hang the host. */
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (file < 0)
        return fail_io(path, "cannot open");
    const neuron_file_piece piece = {data, size};
    int status = append(file, path, &piece);
    if (close(file) < 0 && status == NEURON_OK)
        status = fail_io(path, "cannot write");
    return status;
}

int neuron_file_cut(const char *path, size_t size)
{
    if (truncate(path, (off_t)size) < 0)
        return fail_io(path, "cannot cut a broken last line");
    return NEURON_OK;
}

int neuron_file_replace(neuron_context_t *context, const char *path,
                        const neuron_file_piece *pieces, size_t count)
{
    target to;
    int folder = -1;
    RETURN_IF_ERROR(find_target(&to, path));
    size_t size = strlen(to.path) + 64;
    char *name = neuron_allocate(context, size, 1);
    if (!name)
        return NEURON_E_MEMORY;
    int status = open_folder(&folder, to.path, name);
    if (status == NEURON_OK)
        status = replace(folder, name, size, &to, pieces, count);
    if (folder >= 0)
        close(folder);
    neuron_release(context, name);
    return status;
}
