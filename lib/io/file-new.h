/* A file that is written aside and then put in the place of another one of the same folder. It has no
 * name until it is whole, where the system knows such files; else a temporary name beside the other,
 * which it keeps only if the process is killed. Who writes the same file next removes that, but never
 * the file of one that is still at work: it holds a lock, wherever it runs. */
#ifndef IO_FILE_NEW_H
#define IO_FILE_NEW_H

#include <stdbool.h>
#include <sys/types.h>

/* Room for a temporary name, which is shorter than any system allows. */
enum { NEURON_NEW_NAME = 80 };

typedef struct neuron_new_file {
    int folder;                 /* of both; the caller's */
    const char *target;         /* the other's name in it, which must stay */
    int file;                   /* open for writing */
    char name[NEURON_NEW_NAME]; /* "" while it has none */
} neuron_new_file;

/* Makes an empty file; `named` asks for one with a temporary name from the start. False with a reason
 * in errno. */
bool neuron_new_file_create(neuron_new_file *made, int folder, const char *target, mode_t mode,
                            bool named);

/* Puts it in the place of the other, which need not exist. False with a reason in errno; for a file
 * without a name that may be that the system cannot give it one. */
bool neuron_new_file_place(neuron_new_file *made);

/* Closes it, and removes it if it still has its temporary name. False if closing says that what was
 * written is lost. */
bool neuron_new_file_close(neuron_new_file *made);

/* Removes what killed processes left beside a file. */
void neuron_new_file_sweep(int folder, const char *target);

/* openat(), close() and fsync() where a signal is no failure, nor is a file system that cannot
 * flush. */
int neuron_open_at(int folder, const char *path, int flags, mode_t mode);
bool neuron_close(int file);
bool neuron_flush(int file);

#endif
