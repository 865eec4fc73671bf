/* A file with a fuzz target's input, for what reads by a path. */
#ifndef FUZZ_INPUT_FILE_H
#define FUZZ_INPUT_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct input_file {
    char path[32];
} input_file;

/* A new file in memory where the system has a place for such, since there is one for each input. */
static input_file input_file_make(const uint8_t *bytes, size_t size)
{
    input_file file;
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(file.path, sizeof file.path, "%s/neuron-fuzz-XXXXXX", folder);
    int descriptor = mkstemp(file.path);
    if (descriptor < 0 || write(descriptor, bytes, size) != (ssize_t)size || close(descriptor) != 0)
        abort();
    return file;
}

static void input_file_remove(const input_file *file)
{
    unlink(file->path);
}

#endif
