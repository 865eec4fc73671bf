/* Files of events: see event-file.h. */
#include "report/events/event-file.h"

#include "base/clock.h"
#include "base/files/byte-order.h"
#include "base/files/file.h"
#include "report/events/checksum.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A record: eight bytes of length, four of their checksum, the message, four of its checksum. */
enum { HEAD = 12, TAIL = 4 };

/* Files of one second and machine; readers take a folder's files in the order of their names. */
enum { NUMBERS = 100000 };

enum { FIRST_CAPACITY = 4096, HOST_MAX = 64, NAME_MAX_TEXT = 160 };

double neuron_event_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ---- Opening ---- */

static int refuse(const char *who, const char *path, int reason)
{
    return neuron_fail(NEURON_E_IO, "%s: %s: %s", who, path, strerror(reason));
}

/* `path` is changed on the way, and is as it was at the end. */
static int make_folders(char *path, const char *who)
{
    for (char *at = path + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char end = *at;
        *at = '\0';
        bool made = mkdir(path, 0777) == 0 || errno == EEXIST || errno == EISDIR;
        int status = made || end == '/' ? NEURON_OK : refuse(who, path, errno);
        *at = end;
        if (status != NEURON_OK || end == '\0')
            return status;
    }
}

/* The machine's name, as far as it can be part of a file's. */
static void host_name(char name[HOST_MAX])
{
    if (gethostname(name, HOST_MAX) != 0 || name[0] == '\0')
        snprintf(name, HOST_MAX, "localhost");
    name[HOST_MAX - 1] = '\0';
    for (char *c = name; *c; c++)
        if (*c == '/' || (unsigned char)*c <= ' ' || (unsigned char)*c > '~')
            *c = '_';
}

/* Makes the file; its path, which has room for a name, gets one that no other has. */
static int make_file(neuron_event_file *file, char *name, const char *who)
{
    char host[HOST_MAX];
    host_name(host);
    long long seconds = (long long)neuron_event_now();
    for (int number = 0; number < NUMBERS; number++) {
        snprintf(name, NAME_MAX_TEXT, "/events.out.tfevents.%010lld.%s.%05d", seconds, host,
                 number);
        file->file = open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file->file >= 0)
            return NEURON_OK;
        if (errno != EEXIST && errno != EINTR)
            break;
    }
    return refuse(who, file->path, errno);
}

static int put_version(neuron_event_file *file)
{
    char version[] = "brain.Event:2";
    Neuron__Event__Event event = NEURON__EVENT__EVENT__INIT;
    event.what_case = NEURON__EVENT__EVENT__WHAT_FILE_VERSION;
    event.file_version = version;
    return neuron_event_file_put(file, &event);
}

int neuron_event_file_open(neuron_event_file *file, neuron_context_t *context, const char *folder,
                           double flush_seconds, const char *who)
{
    *file = (neuron_event_file){.context = context, .file = -1, .flush_seconds = flush_seconds};
    char *whole;
    RETURN_IF_ERROR(neuron_file_path(&whole, context, folder, who));
    size_t length = strlen(whole);
    file->path = neuron_allocate(context, length + NAME_MAX_TEXT, 1);
    int status = file->path ? NEURON_OK : NEURON_E_MEMORY;
    if (status == NEURON_OK) {
        memcpy(file->path, whole, length + 1);
        status = make_folders(file->path, who);
    }
    if (status == NEURON_OK)
        status = make_file(file, file->path + length, who);
    bool made = status == NEURON_OK;
    if (status == NEURON_OK)
        status = put_version(file);
    if (status == NEURON_OK)
        status = neuron_event_file_flush(file, who);
    if (status != NEURON_OK) {
        if (made)
            unlink(file->path);
        file->size = 0;
        neuron_event_file_close(file);
    }
    neuron_release(context, whole);
    return status;
}

int neuron_event_file_close(neuron_event_file *file)
{
    int status = neuron_event_file_flush(file, "the event log");
    if (file->file >= 0 && close(file->file) != 0 && errno != EINTR && status == NEURON_OK)
        status = refuse("the event log", file->path, errno);
    neuron_release(file->context, file->bytes);
    neuron_release(file->context, file->path);
    *file = (neuron_event_file){.context = file->context, .file = -1};
    return status;
}

/* ---- Adding ---- */

static int reserve(neuron_event_file *file, size_t more)
{
    size_t needed, capacity = file->capacity ? file->capacity : FIRST_CAPACITY;
    if (!neuron_add_size(file->size, more, &needed))
        needed = SIZE_MAX;
    if (needed <= file->capacity)
        return NEURON_OK;
    while (capacity < needed && capacity <= SIZE_MAX / 2)
        capacity *= 2;
    if (capacity < needed)
        capacity = needed;
    uint8_t *bytes = neuron_allocate(file->context, capacity, 1);
    if (!bytes)
        return NEURON_E_MEMORY;
    if (file->size > 0)
        memcpy(bytes, file->bytes, file->size);
    neuron_release(file->context, file->bytes);
    file->bytes = bytes;
    file->capacity = capacity;
    return NEURON_OK;
}

int neuron_event_file_put(neuron_event_file *file, Neuron__Event__Event *event)
{
    event->wall_time = neuron_event_now();
    uint64_t length = neuron__event__event__get_packed_size(event);
    RETURN_IF_ERROR(reserve(file, HEAD + (size_t)length + TAIL));

    uint8_t *head = file->bytes + file->size, *message = head + HEAD, *tail = message + length;
    neuron_copy_little(head, &length, sizeof length, sizeof length);
    uint32_t sum = neuron_checksum_masked(head, sizeof length);
    neuron_copy_little(head + sizeof length, &sum, sizeof sum, sizeof sum);
    neuron__event__event__pack(event, message);
    sum = neuron_checksum_masked(message, (size_t)length);
    neuron_copy_little(tail, &sum, sizeof sum, sizeof sum);
    file->size += HEAD + (size_t)length + TAIL;
    return NEURON_OK;
}

/* ---- Writing ---- */

int neuron_event_file_flush(neuron_event_file *file, const char *who)
{
    for (size_t done = 0; done < file->size;) {
        ssize_t some =
            pwrite(file->file, file->bytes + done, file->size - done, file->written + (off_t)done);
        if (some > 0)
            done += (size_t)some;
        else if (some == 0 || errno != EINTR) {
            int reason = some == 0 ? ENOSPC : errno;
            /* What the file has beyond is overwritten next time, if it cannot be cut. */
            if (ftruncate(file->file, file->written) != 0)
                errno = 0;
            return refuse(who, file->path, reason);
        }
    }
    file->written += (off_t)file->size;
    file->size = 0;
    file->flushed_at = neuron_clock_seconds();
    return NEURON_OK;
}

int neuron_event_file_flush_due(neuron_event_file *file, const char *who)
{
    if (neuron_clock_seconds() - file->flushed_at < file->flush_seconds)
        return NEURON_OK;
    return neuron_event_file_flush(file, who);
}
