/* Results on disk: results.json for programs, results.md for people. Both are written after each
 * run, under another name first, so that a program that was interrupted leaves whole files. No
 * example sets a locale, so numbers have a point. */
#include "example.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void write_string(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', file);
        if ((unsigned char)*text < 0x20)
            fprintf(file, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, file);
    }
    fputc('"', file);
}

/* The shortest text that reads back as the same number; null for what is not one. */
static void write_number(FILE *file, double number)
{
    char text[32];

    if (!isfinite(number)) {
        fputs("null", file);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    fputs(text, file);
}

/* `before` is what stands between this field and the one before it. */
static void write_field(FILE *file, const char *before, const char *name, double number)
{
    fprintf(file, "%s\"%s\": ", before, name);
    write_number(file, number);
}

/* A count of which 0 means that there is none. */
static double count_or_none(int64_t count)
{
    return count == 0 ? (double)NAN : (double)count;
}

static void write_reported(FILE *file, const example_reported_t *reported)
{
    write_field(file, ",\n     \"reported\": {", "test_accuracy", reported->test_accuracy);
    write_field(file, ", ", "test_loss", reported->test_loss);
    write_field(file, ", ", "macro_f1", reported->macro_f1);
    write_field(file, ", ", "test_examples", count_or_none(reported->test_examples));
    fputs("}", file);
}

static void write_last_epoch(FILE *file, const example_result_t *result)
{
    if (result->epochs == 0) {
        fputs(",\n     \"last_epoch\": null", file);
        return;
    }
    write_field(file, ",\n     \"last_epoch\": {", "test_accuracy",
                result->last_epoch_test_accuracy);
    write_field(file, ", ", "test_loss", result->last_epoch_test_loss);
    fputs("}", file);
}

static void write_run(FILE *file, const example_result_t *result)
{
    fputs("    {\"id\": ", file);
    write_string(file, result->run->id);
    fprintf(file, ", \"parameters\": %lld, \"trainable_parameters\": %lld",
            (long long)result->parameters, (long long)result->trainable_parameters);
    write_field(file, ",\n     ", "epochs", count_or_none(result->epochs));
    write_field(file, ", ", "seconds", round(result->seconds * 1000) / 1000);
    write_field(file, ",\n     ", "train_accuracy", result->train_accuracy);
    write_field(file, ", ", "validation_accuracy", result->validation_accuracy);
    write_field(file, ",\n     ", "test_accuracy", result->test_accuracy);
    write_field(file, ", ", "test_loss", result->test_loss);
    write_field(file, ", ", "macro_f1", result->macro_f1);
    write_last_epoch(file, result);
    write_reported(file, &result->run->reported);
    fputs("}", file);
}

static void write_json(const example_t *example, FILE *file)
{
    fputs("{\n  \"document\": ", file);
    write_string(file, example->program->document);
    fputs(",\n  \"data\": {\"name\": ", file);
    write_string(file, example->data_name);
    fprintf(file, ", \"source\": \"%s\", \"train\": %lld, \"validation\": %lld, \"test\": %lld},\n",
            example->data_source, (long long)neuron_dataset_count(example->train),
            (long long)neuron_dataset_count(example->validation),
            (long long)neuron_dataset_count(example->test));
    fprintf(file, "  \"seed\": %llu,\n  \"command\": ", (unsigned long long)example->options.seed);
    write_string(file, example->command);
    fputs(",\n  \"runs\": [\n", file);
    for (int i = 0; i < example->result_count; i++) {
        write_run(file, &example->results[i]);
        fputs(i + 1 < example->result_count ? ",\n" : "\n", file);
    }
    fputs("  ]\n}\n", file);
}

/* A cell of the table, right-aligned; "-" for what is not a number. */
static void write_cell(FILE *file, int width, int digits, double number)
{
    if (isfinite(number))
        fprintf(file, " %*.*f |", width, digits, number);
    else
        fprintf(file, " %*s |", width, "-");
}

void example_write_table(const example_t *example, FILE *file)
{
    fputs("| run     | parameters | epochs | seconds |  train | validation |   test |   loss "
          "| macro F1 | document: test |   loss |\n"
          "|:--------|-----------:|-------:|--------:|-------:|-----------:|-------:|-------:"
          "|---------:|---------------:|-------:|\n",
          file);
    for (int i = 0; i < example->result_count; i++) {
        const example_result_t *result = &example->results[i];

        fprintf(file, "| %-7s |", result->run->id);
        write_cell(file, 10, 0, (double)result->parameters);
        write_cell(file, 6, 0, count_or_none(result->epochs));
        write_cell(file, 7, 1, result->seconds);
        write_cell(file, 6, 4, result->train_accuracy);
        write_cell(file, 10, 4, result->validation_accuracy);
        write_cell(file, 6, 4, result->test_accuracy);
        write_cell(file, 6, 4, result->test_loss);
        write_cell(file, 8, 4, result->macro_f1);
        write_cell(file, 14, 4, result->run->reported.test_accuracy);
        write_cell(file, 6, 4, result->run->reported.test_loss);
        fputc('\n', file);
    }
}

static void write_markdown(const example_t *example, FILE *file)
{
    fprintf(file, "# %s\n\n", example->program->document);
    fprintf(file, "Data: %s (%s), %lld images to train with, %lld to validate, %lld to test.\n",
            example->data_name, example->data_source,
            (long long)neuron_dataset_count(example->train),
            (long long)neuron_dataset_count(example->validation),
            (long long)neuron_dataset_count(example->test));
    fprintf(file, "Seed %llu. Made by `%s`.\n\n", (unsigned long long)example->options.seed,
            example->command);
    example_write_table(example, file);
    fputs("\nTrain, validation and test are accuracies of the parameters from the epoch with the "
          "best\nvalidation accuracy; after the last epoch the test accuracies were:\n\n",
          file);
    for (int i = 0; i < example->result_count; i++)
        if (example->results[i].epochs > 0)
            fprintf(file, "- %s: %.4f\n", example->results[i].run->id,
                    example->results[i].last_epoch_test_accuracy);
    fputs("\nThe runs:\n\n", file);
    for (int i = 0; i < example->result_count; i++)
        fprintf(file, "- %s: %s\n", example->results[i].run->id,
                example->results[i].run->description);
}

static void write_whole(const example_t *example, const char *name,
                        void (*write)(const example_t *, FILE *))
{
    char path[EXAMPLE_PATH_MAX];
    char unfinished[EXAMPLE_PATH_MAX];

    example_path(example, path, name, "");
    example_path(example, unfinished, name, ".new");
    FILE *file = fopen(unfinished, "w");
    if (file == NULL)
        example_fail("%s: %s", unfinished, strerror(errno));
    write(example, file);
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed || rename(unfinished, path) != 0)
        example_fail("%s: %s", path, strerror(errno));
}

void example_write_results(const example_t *example)
{
    write_whole(example, "results.json", write_json);
    write_whole(example, "results.md", write_markdown);
}

void example_add_result(example_t *example, const example_result_t *result)
{
    example->results[example->result_count] = *result;
    example->result_count++;
    example_write_results(example);
}
