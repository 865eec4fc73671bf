/* How an example begins and ends. */
#include "example.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void must(int status)
{
    if (status != NEURON_OK)
        example_fail("%s", neuron_error_last());
}

void example_fail(const char *format, ...)
{
    va_list arguments;

    fflush(stdout);
    fputs("error: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

double example_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void example_path(const example_t *example, char path[EXAMPLE_PATH_MAX], const char *name,
                  const char *ending)
{
    int length = snprintf(path, EXAMPLE_PATH_MAX, "%s/%s%s", example->options.out, name, ending);

    if (length < 0 || length >= EXAMPLE_PATH_MAX)
        example_fail("--out: the path is too long");
}

/* Makes a folder and those it lies in. */
static void make_folder(const char *path)
{
    char part[EXAMPLE_PATH_MAX];
    size_t length = strlen(path);

    if (length >= sizeof part)
        example_fail("--out: the path is too long");
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            example_fail("%s: %s", part, strerror(errno));
    }
}

/* Tells before hours of training whether results can be written. */
static void try_folder(const char *path)
{
    char name[EXAMPLE_PATH_MAX];
    int length = snprintf(name, sizeof name, "%s/.writable.%ld", path, (long)getpid());

    if (length < 0 || (size_t)length >= sizeof name)
        example_fail("--out: the path is too long");
    FILE *file = fopen(name, "w");
    if (file == NULL)
        example_fail("%s: %s", path, strerror(errno));
    fclose(file);
    remove(name);
}

bool example_wants(const example_t *example, const char *id)
{
    int index = example_run_index(example->program, id);

    return index >= 0 && example->options.wanted[index];
}

bool example_only_tells(const example_t *example)
{
    return example->options.describe || example->options.estimate;
}

/* The folder for results, or the program ends. */
static void open_folder(example_options_t *options, const example_program_t *program)
{
    static char default_out[64];

    if (options->out == NULL) {
        snprintf(default_out, sizeof default_out, "out/%s", program->name);
        options->out = default_out;
    }
    make_folder(options->out);
    try_folder(options->out);
}

void example_open(example_t *example, const example_program_t *program, int argc, char **argv)
{
    example_options_t *options = &example->options;

    *example = (example_t){.program = program};
    example_parse(options, program, argc, argv);
    if (!example_only_tells(example))
        open_folder(options, program);
    if (options->tables) {
        example_write_tables(example);
        example_print_table(example);
        exit(fflush(stdout) == 0 ? 0 : 1);
    }
    example->command = example_command(program, argc, argv);

    must(neuron_context_create(&example->context, NULL));
    must(neuron_context_set_number(example->context, "threads", options->threads));
    must(neuron_context_set_seed(example->context, options->seed));
    if (options->describe)
        printf("%s\n\n", program->document);
    else if (!options->estimate)
        printf("%s\nseed %llu, %d threads\n", program->document, (unsigned long long)options->seed,
               (int)neuron_context_threads(example->context));
}

static void tell_results(const example_t *example)
{
    fputc('\n', stdout);
    example_print_table(example);
    printf("\nwritten to %s: results.json and results.md; of each run its\n"
           "record ID.json, its graph ID.safetensors and, if it was trained, the figures\n"
           "of its epochs ID-history.csv; with libneuron-report its page ID.html\n",
           example->options.out);
}

void example_close(example_t *example)
{
    if (!example_only_tells(example))
        tell_results(example);
    free(example->command);
    neuron_augmentation_unref(example->filters);
    neuron_dataset_unref(example->drawn[0]);
    neuron_dataset_unref(example->drawn[1]);
    neuron_dataset_unref(example->train);
    neuron_dataset_unref(example->validation);
    neuron_dataset_unref(example->test);
    neuron_context_unref(example->context);
    if (fflush(stdout) != 0)
        exit(1);
}
