/* Replaces a file in one step: all of the new content is written beside the old, brought to
 * the disk, and renamed over it, so that whoever reads the name finds the old or the new
 * file, whole. Links are followed, owner and mode are kept as far as the system allows. The
 * new file is made in file-new.c. */
#include "base/files/file-write.h"

#include "base/files/byte-order.h"
#include "base/files/file-new.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One link behind the other: more than a system follows. */
enum { LINKS_MAX = 64 };

/* Linux writes no more than this at a time. */
static const size_t write_max = 0x7ffff000;

static int fail_io(const char *path, const char *what)
{
    return neuron_fail(NEURON_E_IO, "%s: %s: %s", path, what, strerror(errno));
}

static int check_path(const char *path)
{
    return path[0] ? NEURON_OK : neuron_fail(NEURON_E_IO, "cannot write \"\": the path is empty");
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
    ssize_t length = readlink(path, next, sizeof next);
    if (length < 0)
        return false;
    const char *slash = strrchr(path, '/');
    size_t folder = next[0] == '/' || !slash ? 0 : (size_t)(slash - path) + 1;
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

/* Finds what a path stands for: renaming over a link would leave what it points to as it is, and
 * over a device or a folder do harm or fail late. */
static int find_target(target *found, const char *path)
{
    struct stat status;
    found->path = path;
    RETURN_IF_ERROR(check_path(path));
    found->exists = lstat(path, &status) == 0;
    if (found->exists && S_ISLNK(status.st_mode))
        RETURN_IF_ERROR(find_linked(found, &status));
    if (found->exists && !S_ISREG(status.st_mode))
        return neuron_fail(NEURON_E_IO, "%s: is not a regular file and is left alone", path);
    found->mode = found->exists ? status.st_mode & 07777 : 0;
    found->group = found->exists ? status.st_gid : 0;
    return NEURON_OK;
}

/* A folder that may be written but not read can be used, but not flushed. */
#ifndef O_PATH
#define O_PATH O_RDONLY
#endif

/* Opens the folder that holds a file, and finds the file's name in it. */
static int open_folder(int *folder, const char **name, const char *path)
{
    char beginning[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    if (length < sizeof beginning && length > 0) {
        memcpy(beginning, path, length);
        beginning[length] = '\0';
    }
    *name = path + length;
    errno = ENAMETOOLONG;
    *folder = -1;
    if (length < sizeof beginning)
        *folder = neuron_open_at(AT_FDCWD, beginning, O_RDONLY | O_DIRECTORY, 0);
    if (*folder < 0 && errno == EACCES)
        *folder = neuron_open_at(AT_FDCWD, beginning, O_PATH | O_DIRECTORY, 0);
    return *folder < 0 ? fail_io(path, "cannot open its folder") : NEURON_OK;
}

/* The mode without its group, whose members are among the others then. */
static mode_t without_group(mode_t mode)
{
    mode_t both = (mode >> 3) & mode & S_IRWXO;
    return (mode & ~(mode_t)(S_ISGID | S_IRWXG | S_IRWXO)) | both;
}

static int set_mode(int file, mode_t mode)
{
    int status;
    do {
        status = fchmod(file, mode);
    } while (status < 0 && errno == EINTR);
    return status;
}

/* Whom the old file shuts out never sees the new one, not even while it is written. A process may
 * give a file no group but its own ones, nor keep an owner other than itself; and some file systems
 * know no modes. */
static int keep_access(neuron_context_t *context, int file, const target *to)
{
    if (!to->exists)
        return NEURON_OK;
    bool kept = fchown(file, (uid_t)-1, to->group) == 0;
    if (set_mode(file, kept ? to->mode : without_group(to->mode)) == 0)
        return NEURON_OK;
    if (errno != EPERM && errno != ENOTSUP && errno != EOPNOTSUPP && errno != ENOSYS)
        return fail_io(to->path, "cannot give the new file its mode");
    neuron_log(context, NEURON_LOG_WARNING, "files", "%s: does not keep its mode: %s", to->path,
               strerror(errno));
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

/* Numbers of a big-endian machine. */
static int write_swapped(int file, const neuron_file_piece *piece, const char *path)
{
    char swapped[4096];
    const char *data = piece->data;
    for (size_t done = 0; done < piece->size; done += sizeof swapped) {
        size_t left = piece->size - done;
        const neuron_file_piece part = {swapped, left < sizeof swapped ? left : sizeof swapped, 1};
        neuron_copy_swapped(swapped, data + done, part.size, piece->width);
        RETURN_IF_ERROR(write_piece(file, &part, path));
    }
    return NEURON_OK;
}

static int write_pieces(int file, const neuron_file_piece *pieces, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++)
        RETURN_IF_ERROR(NEURON_BIG_ENDIAN && pieces[i].width > 1
                            ? write_swapped(file, &pieces[i], path)
                            : write_piece(file, &pieces[i], path));
    if (!neuron_flush(file))
        return fail_io(path, "cannot flush to the disk");
    return NEURON_OK;
}

/* Whether a name is sure to outlive a power cut. Where the folder cannot be flushed, that is no
 * reason to fail: it may not be readable, or only be opened as a place. */
static bool flush_folder(int folder)
{
    return neuron_flush(folder) || errno == EACCES || errno == EPERM || errno == EBADF ||
           errno == EROFS;
}

/* Some file systems tell only when it is closed that a file could not be written. */
static int check_written(int file, const char *path)
{
    int copy = dup(file);
    return copy < 0 || neuron_close(copy) ? NEURON_OK : fail_io(path, "cannot write");
}

static int fill(neuron_context_t *context, int file, const target *to,
                const neuron_file_piece *pieces, size_t count)
{
    RETURN_IF_ERROR(keep_access(context, file, to));
    RETURN_IF_ERROR(write_pieces(file, pieces, count, to->path));
    return check_written(file, to->path);
}

/* Writes a file aside and puts it in place. If nothing has happened, and another naming may do,
 * *naming is that one, and there is no message. */
static int replace(neuron_context_t *context, neuron_new_file *file, const target *to,
                   const neuron_file_piece *pieces, size_t count, neuron_new_naming *naming)
{
    const neuron_new_naming tried = *naming;
    int status = fill(context, file->file, to, pieces, count);
    if (status == NEURON_OK && !neuron_new_file_place(file)) {
        if (file->lost)
            *naming = NEURON_NAME_OWN;
        else if (tried == NEURON_NAME_LATE && !file->name[0])
            *naming = NEURON_NAME_SHARED;
        status = *naming != tried ? NEURON_E_IO
                                  : fail_io(to->path, "cannot put the new file in its place");
    }
    if (!neuron_new_file_close(file) && status == NEURON_OK)
        status = fail_io(to->path, "cannot write");
    return status;
}

/* Tries one naming after the other. */
static int replace_somehow(neuron_context_t *context, int folder, const char *name,
                           const target *to, const neuron_file_piece *pieces, size_t count)
{
    mode_t mode = to->exists ? 0600 : 0666;
    neuron_new_naming next = NEURON_NAME_LATE, naming;
    neuron_new_file file;
    int status;
    if (!neuron_new_file_create(&file, folder, name, mode, next))
        next = NEURON_NAME_SHARED;
    do {
        naming = next;
        if (naming != NEURON_NAME_LATE &&
            !neuron_new_file_create(&file, folder, name, mode, naming))
            return fail_io(to->path, "cannot create a file beside it");
        status = replace(context, &file, to, pieces, count, &next);
    } while (next != naming);
    return status;
}

static int replace_in(neuron_context_t *context, int folder, const char *name, const target *to,
                      const neuron_file_piece *pieces, size_t count)
{
    RETURN_IF_ERROR(replace_somehow(context, folder, name, to, pieces, count));
    neuron_new_file_sweep(folder, name);
    return flush_folder(folder)
               ? NEURON_OK
               : fail_io(to->path, "is written, but cannot flush its folder to the disk");
}

/* A name that is new, or that a crash may have made so, is flushed before anything is added. */
static int flush_name(const char *path)
{
    target to;
    int folder;
    const char *name;
    RETURN_IF_ERROR(find_target(&to, path));
    RETURN_IF_ERROR(open_folder(&folder, &name, to.path));
    bool flushed = flush_folder(folder);
    int reason = errno;
    neuron_close(folder);
    errno = reason;
    return flushed ? NEURON_OK : fail_io(path, "cannot flush its folder to the disk");
}

static int append(int file, const char *path, const neuron_file_piece *piece)
{
    struct stat found;
    if (fstat(file, &found) < 0)
        return fail_io(path, "cannot write");
    if (!S_ISREG(found.st_mode))
        return neuron_fail(NEURON_E_IO, "%s: is not a regular file and is left alone", path);
    if (found.st_size == 0 && piece->size > 0)
        RETURN_IF_ERROR(flush_name(path));
    int status = piece->size > 0 ? write_pieces(file, piece, 1, path) : NEURON_OK;
    /* If it cannot be cut either, what is there of the piece stays: readers must bear it. */
    while (status < 0 && ftruncate(file, found.st_size) < 0 && errno == EINTR)
        ;
    return status;
}

int neuron_file_append(const char *path, const void *data, size_t size)
{
    RETURN_IF_ERROR(check_path(path));
    /* Without O_NONBLOCK a pipe that nobody reads from would hang the host. */
    int file = neuron_open_at(AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0666);
    if (file < 0)
        return fail_io(path, "cannot open");
    const neuron_file_piece piece = {data, size, 1};
    int status = append(file, path, &piece);
    if (!neuron_close(file) && status == NEURON_OK)
        status = fail_io(path, "cannot write");
    return status;
}

int neuron_file_cut(const char *path, size_t size)
{
    int status;
    do {
        status = truncate(path, (off_t)size);
    } while (status < 0 && errno == EINTR);
    if (status < 0)
        return fail_io(path, "cannot cut a broken last line");
    return NEURON_OK;
}

int neuron_file_replace(neuron_context_t *context, const char *path,
                        const neuron_file_piece *pieces, size_t count)
{
    target to;
    int folder;
    const char *name;
    RETURN_IF_ERROR(find_target(&to, path));
    RETURN_IF_ERROR(open_folder(&folder, &name, to.path));
    int status = replace_in(context, folder, name, &to, pieces, count);
    neuron_close(folder);
    return status;
}
