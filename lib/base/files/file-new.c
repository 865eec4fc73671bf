/* Makes the new file that will take a name's place: beside it in its folder, under a
 * temporary name that a later write recognises and removes, if a process died over it.
 * file-write.c writes and renames. */
#include "base/files/file-new.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first names are the same for all processes, so that each finds what another left; the rest
 * are any, for when all of those are in use. */
enum { SHARED_NAMES = 16, ATTEMPTS = 200 };

/* How much of the other's name a temporary one begins with, for people. */
enum { BEGINNING = 32 };

int neuron_open_at(int folder, const char *path, int flags, mode_t mode)
{
    int file;
    do {
        file = openat(folder, path, flags | O_CLOEXEC, mode);
    } while (file < 0 && errno == EINTR);
    return file;
}

bool neuron_close(int file)
{
    /* The file is closed after EINTR as well, and its number may be somebody else's by now. */
    return close(file) == 0 || errno == EINTR || errno == EINPROGRESS;
}

bool neuron_flush(int file)
{
    int status;
    do {
        status = fsync(file);
    } while (status < 0 && errno == EINTR);
    return status == 0 || errno == EINVAL || errno == ENOTSUP || errno == EOPNOTSUPP ||
           errno == ENOSYS;
}

/* The lock goes with the open file, and with the process when it ends. */
static bool lock(int file)
{
    int status;
    do {
        status = flock(file, LOCK_EX | LOCK_NB);
    } while (status < 0 && errno == EINTR);
    return status == 0;
}

/* Whether the name is still that of the file. */
static bool has_name(const neuron_new_file *made, int file)
{
    struct stat open, named;
    return fstat(file, &open) == 0 && S_ISREG(open.st_mode) &&
           fstatat(made->folder, made->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 1099511628211U; /* FNV-1a */
    return hash;
}

/* A number that no other writer has, neither in this process nor in one that has the same number
 * elsewhere. */
static uint64_t any_number(const neuron_new_file *made, int attempt)
{
    const uint64_t parts[] = {(uint64_t)getpid(), (uint64_t)(uintptr_t)made, (uint64_t)attempt};
    double now = neuron_clock_seconds();
    return mix(mix(14695981039346656037U, parts, sizeof parts), &now, sizeof now);
}

static void choose_name(neuron_new_file *made, int attempt)
{
    size_t length = strlen(made->target);
    uint64_t hash = mix(14695981039346656037U, made->target, length);
    if (length > BEGINNING)
        length = BEGINNING;
    /* Some file systems take whole characters alone. */
    while (length > 0 && (made->target[length] & 0xc0) == 0x80)
        length--;
    snprintf(made->name, sizeof made->name, "%.*s.%016" PRIx64 "-%" PRIx64 ".new", (int)length,
             made->target, hash,
             attempt < SHARED_NAMES ? (uint64_t)attempt : any_number(made, attempt));
}

/* Removes a file that has this name, if its writer is no more: else that holds the lock. No other
 * process can give the name to another file between the question and the answer, as only
 * who has the lock removes it. */
static void remove_left_over(const neuron_new_file *made)
{
    int flags = O_NOFOLLOW | O_NONBLOCK;
    int file = neuron_open_at(made->folder, made->name, O_RDWR | flags, 0);
    if (file < 0 && errno == EACCES)
        file = neuron_open_at(made->folder, made->name, O_RDONLY | flags, 0);
    if (file < 0)
        return;
    if (lock(file) && has_name(made, file))
        unlinkat(made->folder, made->name, 0);
    neuron_close(file);
}

/* Creates a file with the name. Until it is locked, it may be taken for one that was left. */
static bool create_named(neuron_new_file *made, mode_t mode)
{
    made->file = neuron_open_at(made->folder, made->name, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (made->file < 0)
        return false;
    /* A file system that has no locks has nobody who removes. */
    if ((lock(made->file) || errno != EWOULDBLOCK) && has_name(made, made->file))
        return true;
    neuron_close(made->file);
    errno = EEXIST;
    return false;
}

/* The place where Linux shows an open file. */
enum { SHOWN_NAME = 32 };

static void show_name(const neuron_new_file *made, char path[SHOWN_NAME])
{
    snprintf(path, SHOWN_NAME, "/proc/self/fd/%d", made->file);
}

/* Not where /proc is not mounted, as in some containers: a file without
 * a name stays without one. */
static bool is_shown(const neuron_new_file *made)
{
    char path[SHOWN_NAME];
    struct stat open, shown;
    show_name(made, path);
    return fstat(made->file, &open) == 0 && stat(path, &shown) == 0 &&
           open.st_dev == shown.st_dev && open.st_ino == shown.st_ino;
}

/* Gives a name to the file that has none. */
static bool link_named(neuron_new_file *made, const char *name)
{
    char path[SHOWN_NAME];
    show_name(made, path);
    return linkat(AT_FDCWD, path, made->folder, name, AT_SYMLINK_FOLLOW) == 0;
}

/* Finds a name for a new file, or for the one that has none yet, from this attempt on. */
static bool take_name(neuron_new_file *made, int attempt, bool create, mode_t mode)
{
    for (; attempt < ATTEMPTS; attempt++) {
        choose_name(made, attempt);
        for (int turn = 0; turn < 2; turn++) {
            if (create ? create_named(made, mode) : link_named(made, made->name))
                return true;
            if (errno != EEXIST)
                break;
            remove_left_over(made);
            errno = EEXIST;
        }
        if (errno != EEXIST)
            break;
    }
    made->name[0] = '\0';
    return false;
}

bool neuron_new_file_create(neuron_new_file *made, int folder, const char *target, mode_t mode,
                            neuron_new_naming naming)
{
    *made = (neuron_new_file){.folder = folder, .target = target, .file = -1};
    if (naming != NEURON_NAME_LATE)
        return take_name(made, naming == NEURON_NAME_OWN ? SHARED_NAMES : 0, true, mode);
#ifdef O_TMPFILE
    made->file = neuron_open_at(folder, ".", O_TMPFILE | O_WRONLY, mode);
    if (made->file >= 0 && !is_shown(made)) {
        neuron_close(made->file);
        made->file = -1;
        errno = ENOTSUP;
    }
    if (made->file >= 0)
        lock(made->file); /* before it has a name */
#else
    errno = ENOTSUP;
#endif
    return made->file >= 0;
}

bool neuron_new_file_place(neuron_new_file *made)
{
    if (!made->name[0]) {
        /* If there is no other, nothing can be left over. */
        if (link_named(made, made->target))
            return true;
        if (errno != EEXIST || !take_name(made, 0, false, 0))
            return false;
    }
    bool placed = renameat(made->folder, made->name, made->folder, made->target) == 0;
    made->lost = !placed && errno == ENOENT;
    if (placed || made->lost)
        made->name[0] = '\0';
    return placed;
}

void neuron_new_file_sweep(int folder, const char *target)
{
    neuron_new_file left = {.folder = folder, .target = target};
    for (int attempt = 0; attempt < SHARED_NAMES; attempt++) {
        choose_name(&left, attempt);
        remove_left_over(&left);
    }
}

bool neuron_new_file_close(neuron_new_file *made)
{
    int reason = errno;
    if (made->name[0])
        unlinkat(made->folder, made->name, 0);
    bool closed = made->file < 0 || neuron_close(made->file);
    made->file = -1;
    if (closed)
        errno = reason;
    return closed;
}
