/* What an unfinished run goes with: its seed, data and note, in OUT/<id><ending>.record beside what
 * the run left. The library compares a training's settings, but cannot tell one seed's images, or
 * those of another folder, from as many others. */
#include "example.h"

#include <stdlib.h>
#include <string.h>

enum { RECORD_MAX = 4 * EXAMPLE_TEXT_MAX, IMAGES_AT_ONCE = 64, ENDING_MAX = 64 };

static int64_t values_of_one(const neuron_dataset_t *dataset)
{
    int64_t shape[NEURON_RANK_MAX];
    int64_t count = 1;
    int32_t rank;

    must(neuron_dataset_shape(shape, &rank, dataset));
    for (int32_t i = 0; i < rank; i++)
        count *= shape[i];
    return count;
}

static uint64_t add_words(uint64_t sum, const void *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t word;

        memcpy(&word, (const char *)words + i * sizeof word, sizeof word);
        sum = (sum ^ word) * 0x100000001b3;
    }
    return sum;
}

/* FNV-1a, of four bytes at a time, over all images and labels in their order. */
static uint64_t checksum(const neuron_dataset_t *dataset)
{
    int64_t count = neuron_dataset_count(dataset);
    int64_t size = values_of_one(dataset);
    int32_t labels[IMAGES_AT_ONCE];
    uint64_t sum = 0xcbf29ce484222325;
    float *values = malloc((size_t)size * IMAGES_AT_ONCE * sizeof *values);

    if (values == NULL)
        example_fail("out of memory");
    for (int64_t first = 0; first < count; first += IMAGES_AT_ONCE) {
        int64_t some = count - first < IMAGES_AT_ONCE ? count - first : IMAGES_AT_ONCE;

        must(neuron_dataset_read(values, labels, dataset, first, some));
        sum = add_words(add_words(sum, values, (size_t)(some * size)), labels, (size_t)some);
    }
    free(values);
    return sum;
}

static void add_part(char *record, const neuron_dataset_t *part, const char *purpose)
{
    size_t length = strlen(record);

    snprintf(record + length, RECORD_MAX - length, "%lld images to %s with checksum %016llx\n",
             (long long)neuron_dataset_count(part), purpose, (unsigned long long)checksum(part));
}

static void describe(const example_t *example, int64_t epochs, char record[RECORD_MAX])
{
    char note[EXAMPLE_TEXT_MAX];

    example_data_note(example, note);
    snprintf(record, RECORD_MAX, "seed %llu\ndata %s (%s)\nnote %s\n",
             (unsigned long long)example->options.seed, example->data_name, example->data_source,
             note);
    if (epochs != 0)
        snprintf(record + strlen(record), RECORD_MAX - strlen(record), "epochs %lld\n",
                 (long long)epochs);
    add_part(record, example->train, "train");
    add_part(record, example->validation, "validate");
    add_part(record, example->test, "test");
}

static void write_text(const example_t *example, FILE *file, const void *text)
{
    (void)example;
    fputs(text, file);
}

/* Ends the program at the first line in which the two differ. */
static void compare(const char *path, const char *found, const char *wanted)
{
    while (*found != '\0' || *wanted != '\0') {
        int ours = (int)strcspn(wanted, "\n");
        int theirs = (int)strcspn(found, "\n");

        if (ours != theirs || strncmp(found, wanted, (size_t)ours) != 0)
            example_fail("%s: goes with \"%.*s\", this call with \"%.*s\"; remove it to begin anew",
                         path, theirs, found, ours, wanted);
        found += theirs + (found[theirs] != '\0');
        wanted += ours + (wanted[ours] != '\0');
    }
}

static void check(const example_t *example, const char *id, const char *ending, const char *path,
                  const char *wanted)
{
    char *found = example_read_text(example, id, ending);

    if (found == NULL)
        example_fail("%s: there is no record of what it goes with beside it; remove it to begin "
                     "anew",
                     path);
    compare(path, found, wanted);
    free(found);
}

bool example_take_up(const example_t *example, const char *id, const char *name, const char *ending,
                     int64_t epochs)
{
    char path[EXAMPLE_PATH_MAX];
    char record_ending[ENDING_MAX];
    char wanted[RECORD_MAX];
    char left[ENDING_MAX];

    snprintf(left, sizeof left, "%s%s", name, ending);
    snprintf(record_ending, sizeof record_ending, "%s.record", name);
    example_path(example, path, id, left);
    if (!example->options.resume)
        remove(path);
    bool there = example_file_exists(path);
    describe(example, epochs, wanted);
    if (there)
        check(example, id, record_ending, path, wanted);
    else
        example_write_whole(example, id, record_ending, write_text, wanted);
    return there;
}
