/* A file that is written aside and then put in the place of another one of the same folder. It
 * has no name until it is whole, where the system knows such files; else a temporary name
 * beside the other, which it keeps only if the process is killed. Who writes the same file next
 * removes that, but not the file of one that is still at work, as that holds a lock. Where the
 * file system shows locks to this machine alone, a writer elsewhere may take away the name of a
 * file that is being written. */
#ifndef BASE_FILES_FILE_NEW_H
#define BASE_FILES_FILE_NEW_H

#include <stdbool.h>
#include <sys/types.h>

/* Room for a temporary name, which is shorter than any system allows. */
enum { NEURON_NEW_NAME = 80 };

/* When a file gets its temporary name, and which. */
typedef enum neuron_new_naming {
    NEURON_NAME_LATE,   /* only if it takes the place of another one */
    NEURON_NAME_SHARED, /* from the start, one that other writers look at for what was left */
    NEURON_NAME_OWN     /* from the start, one that no other writer knows of */
} neuron_new_naming;

typedef struct neuron_new_file {
    int folder;                 /* of both; the caller's */
    const char *target;         /* the other's name in it, which must stay */
    int file;                   /* open for writing */
    char name[NEURON_NEW_NAME]; /* "" while it has none */
    bool lost;                  /* somebody took its name away before it was in place */
} neuron_new_file;

/* Makes an empty file. False with a reason in errno: for NEURON_NAME_LATE that may be that the
 * system knows no such files, or could not give it a name later. */
bool neuron_new_file_create(neuron_new_file *made, int folder, const char *target, mode_t mode,
                            neuron_new_naming naming);

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
