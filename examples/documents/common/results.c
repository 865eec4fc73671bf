/* What a run measured, on disk: OUT/<id>.json has its figures and then the details: the history,
 * how many images each class has, and of each part of the images the confusion matrix and the
 * report of the classes. It is written
 * under another name first, so that a program that was interrupted leaves whole files. No example
 * sets a locale, so numbers have a point. */
#include "example.h"
#include "revision.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
void example_write_number(FILE *file, double number)
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
    example_write_number(file, number);
}

static void write_text(FILE *file, const char *before, const char *name, const char *text)
{
    fprintf(file, "%s\"%s\": ", before, name);
    if (text[0] == '\0')
        fputs("null", file);
    else
        write_string(file, text);
}

/* A figure of which 0 means that there is none. */
static double known(double figure)
{
    return figure == 0 ? (double)NAN : figure;
}

static void write_reported(FILE *file, const example_reported_t *reported)
{
    write_field(file, ",\n     \"reported\": {", "parameters", known((double)reported->parameters));
    write_field(file, ", ", "epochs", known((double)reported->epochs));
    write_field(file, ", ", "train_accuracy", known(reported->train_accuracy));
    write_field(file, ", ", "validation_accuracy", known(reported->validation_accuracy));
    write_field(file, ", ", "validation_loss", known(reported->validation_loss));
    write_field(file, ",\n       ", "test_accuracy", known(reported->test_accuracy));
    write_field(file, ", ", "test_loss", known(reported->test_loss));
    write_field(file, ", ", "macro_f1", known(reported->macro_f1));
    write_field(file, ", ", "test_examples", known((double)reported->test_examples));
    write_field(file, ", ", "stated_accuracy", known(reported->stated_accuracy));
    fputs("}", file);
}

static void write_last_epoch(FILE *file, const example_result_t *result)
{
    if (result->epochs == 0) {
        fputs(",\n     \"last_epoch\": null", file);
        return;
    }
    write_field(file, ",\n     \"last_epoch\": {", "last_epoch_test_accuracy",
                result->last_epoch_test_accuracy);
    write_field(file, ", ", "last_epoch_test_loss", result->last_epoch_test_loss);
    fputs("}", file);
}

static void write_data(FILE *file, const example_result_t *result)
{
    write_text(file, ",\n     \"data\": {", "name", result->data_name);
    write_text(file, ", ", "source", result->data_source);
    write_text(file, ", ", "data_note", result->data_note);
    write_field(file, ",\n       ", "train_examples", result->train_examples);
    write_field(file, ", ", "validation_examples", result->validation_examples);
    write_field(file, ", ", "test_examples", result->test_examples);
    fputs("}", file);
}

void example_write_settings(const example_settings_t *settings, example_result_t *result)
{
    FILE *file = fmemopen(result->settings, sizeof result->settings, "w");

    if (file == NULL)
        example_fail("settings: %s", strerror(errno));
    for (int i = 0; i < settings->count; i++)
        write_text(file, i == 0 ? "{" : ",\n       ", settings->rows[i].name,
                   settings->rows[i].text);
    fputs("}", file);
    if (fclose(file) != 0)
        example_fail("settings: %s", strerror(errno));
}

void example_write_run(FILE *file, const example_run_t *run, const example_result_t *result)
{
    write_text(file, "    {", "id", run->id);
    write_text(file, ", ", "description", run->description);
    fprintf(file, ",\n     \"seed\": %llu", (unsigned long long)result->seed);
    write_text(file, ", ", "command", result->command);
    write_text(file, ", ", "note", result->note);
    write_data(file, result);
    write_field(file, ",\n     ", "parameters", (double)result->parameters);
    write_field(file, ", ", "trainable_parameters", (double)result->trainable_parameters);
    write_field(file, ",\n     ", "epochs", known((double)result->epochs));
    write_field(file, ", ", "seconds", round(result->seconds * 1000) / 1000);
    write_field(file, ",\n     ", "train_accuracy", result->train_accuracy);
    write_field(file, ", ", "train_loss", result->train_loss);
    write_field(file, ",\n     ", "validation_accuracy", result->validation_accuracy);
    write_field(file, ", ", "validation_loss", result->validation_loss);
    write_field(file, ",\n     ", "test_accuracy", result->test_accuracy);
    write_field(file, ", ", "test_loss", result->test_loss);
    write_field(file, ", ", "macro_f1", result->macro_f1);
    write_last_epoch(file, result);
    write_reported(file, &run->reported);
    write_text(file, ",\n     ", "library", result->library);
    write_text(file, ", ", "commit", result->commit);
    fprintf(file, ",\n     \"settings\": %s",
            result->settings[0] != '\0' ? result->settings : "null");
}

/* ---- The details ---- */

/* A JSON array of `count` figures. */
static void write_row(FILE *file, const char *before, int64_t count,
                      double (*figure)(const void *of, int index), const void *of)
{
    fprintf(file, "%s[", before);
    for (int i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", file);
        example_write_number(file, figure(of, i));
    }
    fputc(']', file);
}

typedef struct {
    const neuron_history_t *history;
    const char *metric;
} column_t;

static double of_epoch(const void *of, int index)
{
    const column_t *column = of;
    double value;

    must(neuron_history_value(&value, column->history, index, column->metric));
    return value;
}

void example_write_history(FILE *file, const neuron_history_t *history)
{
    static const char *const metrics[] = {
        "loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate", "seconds"};
    int epochs = (int)neuron_history_epochs(history);

    fputs(",\n     \"history\": {", file);
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        fprintf(file, "%s\"%s\": ", i > 0 ? ",\n       " : "", metrics[i]);
        write_row(file, "", epochs, of_epoch, &(column_t){history, metrics[i]});
    }
    fputs("}", file);
}

void example_write_class_names(FILE *file, const char *const *names, int64_t count)
{
    fputs(",\n     \"class_names\": ", file);
    for (int i = 0; names != NULL && i < count; i++) {
        fputs(i > 0 ? ", " : "[", file);
        write_string(file, names[i]);
    }
    fputs(names != NULL ? "]" : "null", file);
}

static double counted(const void *of, int index)
{
    return (double)((const int64_t *)of)[index];
}

/* How many examples of each class a part has. */
static void write_counts(FILE *file, const char *before, const neuron_dataset_t *part)
{
    int64_t classes = neuron_dataset_class_count(part);
    int64_t *counts = calloc((size_t)classes, sizeof *counts);

    if (counts == NULL)
        example_fail("out of memory");
    must(neuron_dataset_class_counts(counts, classes, part));
    write_row(file, before, classes, counted, counts);
    free(counts);
}

void example_write_class_counts(FILE *file, const example_t *example)
{
    write_counts(file, ",\n     \"class_counts\": {\"train\": ", example->train);
    write_counts(file, ",\n       \"validation\": ", example->validation);
    write_counts(file, ",\n       \"test\": ", example->test);
    fputs("}", file);
}

typedef struct {
    const neuron_evaluation_t *evaluation;
    int32_t truth; /* of a row of the confusion matrix */
} row_t;

static double confused(const void *of, int index)
{
    const row_t *row = of;

    return (double)neuron_evaluation_confusion(row->evaluation, row->truth, index);
}

static double precision(const void *of, int index)
{
    return neuron_evaluation_precision(of, index);
}

static double recall(const void *of, int index)
{
    return neuron_evaluation_recall(of, index);
}

static double f1(const void *of, int index)
{
    return neuron_evaluation_f1(of, index);
}

static double support(const void *of, int index)
{
    return (double)neuron_evaluation_support(of, index);
}

void example_write_confusion(FILE *file, const char *between, const neuron_evaluation_t *evaluation)
{
    int64_t classes = neuron_evaluation_row_count(evaluation);

    for (int truth = 0; truth < classes; truth++)
        write_row(file, truth > 0 ? between : "", classes, confused, &(row_t){evaluation, truth});
}

void example_write_evaluation(FILE *file, const char *part, const neuron_evaluation_t *evaluation)
{
    int64_t classes = neuron_evaluation_row_count(evaluation);

    fprintf(file, ",\n     \"%s\": {\"confusion\": [\n         ", part);
    example_write_confusion(file, ",\n         ", evaluation);
    fputs("]", file);
    write_row(file, ",\n       \"precision\": ", classes, precision, evaluation);
    write_row(file, ",\n       \"recall\": ", classes, recall, evaluation);
    write_row(file, ",\n       \"f1\": ", classes, f1, evaluation);
    write_row(file, ",\n       \"support\": ", classes, support, evaluation);
    fputs("}", file);
}

typedef struct {
    const example_run_t *run;
    const example_result_t *result;
} pair_t;

static void write_file(const example_t *example, FILE *file, const void *what)
{
    const pair_t *pair = what;

    (void)example;
    example_write_run(file, pair->run, pair->result);
    fprintf(file, "%s}\n", pair->result->details != NULL ? pair->result->details : "");
}

void example_write_whole(const example_t *example, const char *name, const char *ending,
                         void (*write)(const example_t *, FILE *, const void *), const void *what)
{
    char path[EXAMPLE_PATH_MAX];
    char unfinished[EXAMPLE_PATH_MAX];
    char marked[64];

    /* Programs that share the folder do not share this file. */
    snprintf(marked, sizeof marked, "%s.%ld", ending, (long)getpid());
    example_path(example, path, name, ending);
    example_path(example, unfinished, name, marked);
    FILE *file = fopen(unfinished, "w");
    if (file == NULL)
        example_fail("%s: %s", unfinished, strerror(errno));
    write(example, file, what);
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed || rename(unfinished, path) != 0)
        example_fail("%s: %s", path, strerror(errno));
}

static void copy(char *text, const char *source)
{
    snprintf(text, EXAMPLE_TEXT_MAX, "%s", source);
}

void example_data_note(const example_t *example, char note[EXAMPLE_TEXT_MAX])
{
    const char *given = example->options.data_note;
    const char *own = example->data_note;

    snprintf(note, EXAMPLE_TEXT_MAX, "%s%s%s", given != NULL ? given : "",
             given != NULL && own != NULL ? "; " : "", own != NULL ? own : "");
}

/* What the program knows and the run does not. */
static void complete(const example_t *example, example_result_t *result)
{
    result->seed = example->options.seed;
    result->train_examples = (double)neuron_dataset_count(example->train);
    result->validation_examples = (double)neuron_dataset_count(example->validation);
    result->test_examples = (double)neuron_dataset_count(example->test);
    copy(result->command, example->command);
    copy(result->library, neuron_version_string());
    copy(result->commit, strcmp(example_revision, "none") == 0 ? "" : example_revision);
    copy(result->data_name, example->data_name);
    copy(result->data_source, example->data_source);
    example_data_note(example, result->data_note);
}

void example_add_result(const example_t *example, const char *id, example_result_t *result)
{
    const example_program_t *program = example->program;

    complete(example, result);
    example_write_whole(example, id, ".json", write_file,
                        &(pair_t){&program->runs[example_run_index(program, id)], result});
    example_write_tables(example);
}
