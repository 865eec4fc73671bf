/* Runs every file of the folders that it is given through a fuzz target, so that what was once
 * found stays found without libFuzzer. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Heap memory of exactly that size, so that a sanitizer sees a byte too far. */
static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        return -1;
    long size = ftell(file);
    rewind(file);
    uint8_t *data = size < 0 ? NULL : malloc(size > 0 ? (size_t)size : 1);
    int failed = !data || fread(data, 1, (size_t)size, file) != (size_t)size;
    fclose(file);
    if (!failed)
        LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    return failed ? -1 : 0;
}

/* Number of files run, or -1. */
static int run_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    int done = 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && done >= 0) {
            done = run_file(path) == 0 ? done + 1 : -1;
            if (done < 0)
                fprintf(stderr, "%s: %s\n", path, strerror(errno));
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return count < 0 ? -1 : done;
}

int main(int count, char **arguments)
{
    int status = EXIT_SUCCESS;
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < count; i++) {
        int done = run_folder(arguments[i]);
        printf("%s: %d files\n", arguments[i], done);
        if (done <= 0)
            status = EXIT_FAILURE;
    }
    return status;
}
