/* Runs that were repeated with other seeds: their records are OUT/seed-<number>/<id>.json, and the
 * tables tell how much the figures change with nothing but the seed.
 *
 * A record counts if it was made as the one beside the tables was: of as many images, with the same
 * settings. */
#include "example.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

enum { SEEDS_MAX = 16, NAME_SIZE = 96 };

static const char folder_start[] = "seed-";

/* The seeds of which there are folders, from the smallest up. */
typedef struct {
    int count;
    uint64_t numbers[SEEDS_MAX];
} seeds_t;

/* The figures of a run with one seed after the other. */
typedef enum { ACCURACY, LOSS, MACRO_F1, EPOCHS, FIGURES } figure_t;

typedef struct {
    int count;
    uint64_t seeds[SEEDS_MAX + 1];
    double figures[FIGURES][SEEDS_MAX + 1];
} repeated_t;

static void add_seed(seeds_t *seeds, uint64_t number)
{
    int at = seeds->count;

    if (seeds->count == SEEDS_MAX)
        example_fail("--out: there are more than %d folders seed-<number>", SEEDS_MAX);
    for (; at > 0 && seeds->numbers[at - 1] > number; at--)
        seeds->numbers[at] = seeds->numbers[at - 1];
    seeds->numbers[at] = number;
    seeds->count++;
}

static bool is_number(const char *digits)
{
    return digits[0] != '\0' && strspn(digits, "0123456789") == strlen(digits);
}

static void find_seeds(const example_t *example, seeds_t *seeds)
{
    size_t start = strlen(folder_start);
    DIR *folder = opendir(example->options.out);
    struct dirent *entry;

    seeds->count = 0;
    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if (strncmp(entry->d_name, folder_start, start) == 0 && is_number(entry->d_name + start))
            add_seed(seeds, strtoull(entry->d_name + start, NULL, 10));
    if (folder != NULL)
        closedir(folder);
}

static bool read_seed(const example_t *example, uint64_t seed, const char *id,
                      example_result_t *result)
{
    char name[NAME_SIZE];

    snprintf(name, sizeof name, "%s%llu/%s", folder_start, (unsigned long long)seed, id);
    return example_read_result(example, name, result);
}

static bool is_made_alike(const example_result_t *result, const example_result_t *other)
{
    return strcmp(result->settings, other->settings) == 0 &&
           strcmp(result->data_source, other->data_source) == 0 &&
           result->train_examples == other->train_examples &&
           result->validation_examples == other->validation_examples &&
           result->test_examples == other->test_examples;
}

static void add_result(repeated_t *repeated, const example_result_t *result)
{
    int at = repeated->count++;

    repeated->seeds[at] = result->seed;
    repeated->figures[ACCURACY][at] = result->test_accuracy;
    repeated->figures[LOSS][at] = result->test_loss;
    repeated->figures[MACRO_F1][at] = result->macro_f1;
    repeated->figures[EPOCHS][at] = (double)result->epochs;
}

/* What a run has; nothing where its first record or any other is missing. */
static void read_repeated(const example_t *example, const seeds_t *seeds, const char *id,
                          repeated_t *repeated)
{
    static example_result_t first;
    static example_result_t other;

    repeated->count = 0;
    if (!example_read_result(example, id, &first))
        return;
    add_result(repeated, &first);
    for (int i = 0; i < seeds->count; i++)
        if (seeds->numbers[i] != first.seed && read_seed(example, seeds->numbers[i], id, &other) &&
            is_made_alike(&first, &other))
            add_result(repeated, &other);
}

static double mean(const double *figures, int count)
{
    double sum = 0;

    for (int i = 0; i < count; i++)
        sum += figures[i];
    return sum / count;
}

/* The standard deviation of what the figures are a sample of. */
static double spread(const double *figures, int count)
{
    double middle = mean(figures, count);
    double sum = 0;

    for (int i = 0; i < count; i++)
        sum += (figures[i] - middle) * (figures[i] - middle);
    return sqrt(sum / (count - 1));
}

static void write_each(FILE *file, const double *figures, int count, int digits)
{
    for (int i = 0; i < count; i++)
        fprintf(file, "%s%.*f", i > 0 ? ", " : " ", digits, figures[i]);
    fputs(" |", file);
}

static void write_spread(FILE *file, const double *figures, int count)
{
    fprintf(file, " %.4f ± %.4f |", mean(figures, count), spread(figures, count));
}

static void write_row(FILE *file, int width, const example_run_t *run, const repeated_t *repeated)
{
    double reported = run->reported.test_accuracy;
    int count = repeated->count;

    fprintf(file, "| %-*s |", width, run->id);
    for (int i = 0; i < count; i++)
        fprintf(file, "%s%llu", i > 0 ? ", " : " ", (unsigned long long)repeated->seeds[i]);
    fputs(" |", file);
    if (repeated->figures[EPOCHS][0] > 0)
        write_each(file, repeated->figures[EPOCHS], count, 0);
    else
        fputs(" - |", file);
    write_each(file, repeated->figures[ACCURACY], count, 4);
    write_spread(file, repeated->figures[ACCURACY], count);
    if (reported != 0)
        fprintf(file, " %.4f | %+.4f |", reported,
                mean(repeated->figures[ACCURACY], count) - reported);
    else
        fputs(" - | - |", file);
    write_spread(file, repeated->figures[MACRO_F1], count);
    write_spread(file, repeated->figures[LOSS], count);
    fputc('\n', file);
}

static void write_heading(FILE *file, int width)
{
    fprintf(file,
            "\n## With other seeds\n\n"
            "Runs that were repeated with nothing changed but the seed, which divides the images, "
            "draws the\ninitial parameters and shuffles: test accuracies in the order of the "
            "seeds, and of them, of\nmacro F1 and of the loss the mean ± the standard deviation. "
            "The difference is that of the mean\nfrom the document.\n\n"
            "| %-*s | seeds | epochs | test | mean | document | difference | macro F1 | loss |\n"
            "|:",
            width, "run");
    for (int i = 0; i <= width; i++)
        fputc('-', file);
    fputs("|:------|-------:|-----:|-----:|---------:|-----------:|---------:|-----:|\n", file);
}

void example_write_seeds(const example_t *example, FILE *file)
{
    const example_program_t *program = example->program;
    int width = example_id_width(program);
    bool found = false;
    seeds_t seeds;
    repeated_t repeated;

    find_seeds(example, &seeds);
    for (int i = 0; seeds.count > 0 && i < program->run_count; i++) {
        read_repeated(example, &seeds, program->runs[i].id, &repeated);
        if (repeated.count < 2)
            continue;
        if (!found)
            write_heading(file, width);
        found = true;
        write_row(file, width, &program->runs[i], &repeated);
    }
}

void example_write_seeds_json(const example_t *example, FILE *file)
{
    const example_program_t *program = example->program;
    static example_result_t result;
    bool found = false;
    seeds_t seeds;

    find_seeds(example, &seeds);
    for (int i = 0; i < program->run_count; i++)
        for (int j = 0; j < seeds.count; j++) {
            if (!read_seed(example, seeds.numbers[j], program->runs[i].id, &result))
                continue;
            fputs(found ? ",\n" : ",\n  \"other_seeds\": [\n", file);
            example_write_run(file, &program->runs[i], &result);
            fputc('}', file);
            found = true;
        }
    if (found)
        fputs("\n  ]", file);
}
