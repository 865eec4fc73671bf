/* The results of all runs whose OUT/<id>.json is there, this program's and those of others before
 * it: results.json for programs, results.md for people, and a short table for the terminal. */
#include "example.h"
#include "terminal.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The whole of OUT/<id><ending>, to be freed; NULL if there is none. */
char *example_read_text(const example_t *example, const char *id, const char *ending)
{
    char path[EXAMPLE_PATH_MAX];
    char *text = NULL;
    long size;

    example_path(example, path, id, ending);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) > 0) {
        rewind(file);
        text = calloc((size_t)size + 1, 1);
        if (text != NULL && fread(text, 1, (size_t)size, file) != (size_t)size) {
            free(text);
            text = NULL;
        }
    }
    fclose(file);
    return text;
}

/* What stands behind the first field of a name; "" if there is none. */
static const char *find_field(const char *text, const char *name)
{
    char quoted[64];

    snprintf(quoted, sizeof quoted, "\"%s\": ", name);
    const char *found = strstr(text, quoted);
    return found == NULL ? "" : found + strlen(quoted);
}

double example_read_number(const char *text, const char *name)
{
    char *end;
    const char *start = find_field(text, name);
    double number = strtod(start, &end);

    return end == start ? (double)NAN : number;
}

/* A string as write_string() of results.c wrote it; control characters are left out. */
static void read_string(char *string, const char *text, const char *name)
{
    const char *byte = find_field(text, name);
    size_t length = 0;

    if (*byte++ == '"') {
        while (*byte != '"' && *byte != '\0' && length + 1 < EXAMPLE_TEXT_MAX) {
            if (strncmp(byte, "\\u", 2) == 0 && strlen(byte) >= 6) {
                byte += 6;
                continue;
            }
            if (*byte == '\\')
                byte++;
            string[length++] = *byte++;
        }
    }
    string[length] = '\0';
}

/* What a run was set to, as it stands there; "" of runs before settings were kept.
 * No text in it has a brace. */
static void read_settings(example_result_t *result, const char *text)
{
    const char *start = find_field(text, "settings");
    size_t length = start[0] == '{' ? strcspn(start, "}") + 1 : 0;

    if (length >= sizeof result->settings)
        length = 0;
    memcpy(result->settings, start, length);
    result->settings[length] = '\0';
}

static int64_t read_count(const char *text, const char *name)
{
    return strtoll(find_field(text, name), NULL, 10);
}

static const struct {
    const char *name;
    size_t offset;
} numbers[] = {
    {"seconds", offsetof(example_result_t, seconds)},
    {"train_accuracy", offsetof(example_result_t, train_accuracy)},
    {"train_loss", offsetof(example_result_t, train_loss)},
    {"validation_accuracy", offsetof(example_result_t, validation_accuracy)},
    {"validation_loss", offsetof(example_result_t, validation_loss)},
    {"test_accuracy", offsetof(example_result_t, test_accuracy)},
    {"test_loss", offsetof(example_result_t, test_loss)},
    {"macro_f1", offsetof(example_result_t, macro_f1)},
    {"last_epoch_test_accuracy", offsetof(example_result_t, last_epoch_test_accuracy)},
    {"last_epoch_test_loss", offsetof(example_result_t, last_epoch_test_loss)},
    {"train_examples", offsetof(example_result_t, train_examples)},
    {"validation_examples", offsetof(example_result_t, validation_examples)},
    {"test_examples", offsetof(example_result_t, test_examples)},
};

bool example_read_result(const example_t *example, const char *id, example_result_t *result)
{
    char *text = example_read_text(example, id, ".json");

    if (text == NULL)
        return false;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        double number = example_read_number(text, numbers[i].name);
        memcpy((char *)result + numbers[i].offset, &number, sizeof number);
    }
    result->parameters = read_count(text, "parameters");
    result->trainable_parameters = read_count(text, "trainable_parameters");
    result->epochs = read_count(text, "epochs");
    result->seed = strtoull(find_field(text, "seed"), NULL, 10);
    read_string(result->command, text, "command");
    read_string(result->note, text, "note");
    read_string(result->library, text, "library");
    read_string(result->commit, text, "commit");
    read_string(result->data_name, text, "name");
    read_string(result->data_source, text, "source");
    read_string(result->data_note, text, "data_note");
    read_settings(result, text);
    result->details = NULL;
    free(text);
    return true;
}

/* A cell of the table, right-aligned; "-" for what is not known. */
static void write_cell(FILE *file, int width, int digits, double number)
{
    if (isfinite(number) && number != 0)
        fprintf(file, " %*.*f |", width, digits, number);
    else
        fprintf(file, " %*s |", width, "-");
}

/* By how much a run exceeds the document: in test accuracy, or in validation accuracy where the
 * document has no other; else in test accuracy what the document states; NAN where
 * there is nothing to compare. */
static double difference(const example_reported_t *reported, const example_result_t *result)
{
    if (reported->test_accuracy != 0)
        return result->test_accuracy - reported->test_accuracy;
    if (reported->validation_accuracy != 0)
        return result->validation_accuracy - reported->validation_accuracy;
    if (reported->stated_accuracy != 0)
        return result->test_accuracy - reported->stated_accuracy;
    return (double)NAN;
}

static void write_difference(FILE *file, int width, double number)
{
    if (isfinite(number))
        fprintf(file, " %+*.4f |", width, number);
    else
        fprintf(file, " %*s |", width, "-");
}

static void write_row(FILE *file, int width, const example_run_t *run,
                      const example_result_t *result)
{
    const example_reported_t *reported = &run->reported;

    fprintf(file, "| %-*s |", width, run->id);
    write_cell(file, 10, 0, (double)result->parameters);
    write_cell(file, 6, 0, (double)result->epochs);
    write_cell(file, 7, 1, result->seconds);
    write_cell(file, 6, 4, result->train_accuracy);
    write_cell(file, 10, 4, result->validation_accuracy);
    write_cell(file, 6, 4, result->test_accuracy);
    write_cell(file, 6, 4, result->test_loss);
    write_cell(file, 8, 4, result->macro_f1);
    write_cell(file, 16, 0, (double)reported->epochs);
    write_cell(file, 6, 4, reported->train_accuracy);
    write_cell(file, 10, 4, reported->validation_accuracy);
    write_cell(file, 6, 4, reported->test_accuracy);
    write_cell(file, 6, 4, reported->test_loss);
    write_cell(file, 8, 4, reported->macro_f1);
    write_cell(file, 6, 4, reported->stated_accuracy);
    write_difference(file, 10, difference(reported, result));
    fputc('\n', file);
}

static void write_table(const example_t *example, FILE *file)
{
    const example_program_t *program = example->program;
    int width = example_id_width(program);
    example_result_t result;

    fprintf(file, "| %-*s ", width, "run");
    fputs("| parameters | epochs | seconds |  train | validation |   test |   loss "
          "| macro F1 | document: epochs |  train | validation |   test |   loss | macro F1 "
          "| stated | difference |\n"
          "|:",
          file);
    for (int i = 0; i <= width; i++)
        fputc('-', file);
    fputs("|-----------:|-------:|--------:|-------:|-----------:|-------:|-------:"
          "|---------:|-----------------:|-------:|-----------:|-------:|-------:|---------:"
          "|-------:|-----------:|\n",
          file);
    for (int i = 0; i < program->run_count; i++)
        if (example_read_result(example, program->runs[i].id, &result))
            write_row(file, width, &program->runs[i], &result);
}

static void write_notes(FILE *file, const example_run_t *run, const example_result_t *result)
{
    fprintf(file, "- %s: %s. %s (%s), %.0f images to train with, %.0f to validate, %.0f to test",
            run->id, run->description, result->data_name, result->data_source,
            result->train_examples, result->validation_examples, result->test_examples);
    if (result->data_note[0] != '\0')
        fprintf(file, "; %s", result->data_note);
    fprintf(file, ". Seed %llu, `%s`.", (unsigned long long)result->seed, result->command);
    if (result->epochs > 0 && result->last_epoch_test_accuracy != result->test_accuracy)
        fprintf(file, " Test accuracy after the last epoch %.4f.",
                result->last_epoch_test_accuracy);
    if (result->note[0] != '\0')
        fprintf(file, " %s.", result->note);
    fputc('\n', file);
}

static void write_markdown(const example_t *example, FILE *file, const void *what)
{
    const example_program_t *program = example->program;
    example_result_t result;

    (void)what;
    fprintf(file, "# %s\n\n", program->document);
    write_table(example, file);
    fprintf(
        file,
        "\nTrain, validation and test are accuracies of %s, without dropout or noise;\n"
        "loss and macro F1 are of the test set. The document's training accuracy is the one that "
        "was\nmeasured while it trained. Stated is an accuracy that the document gives without "
        "saying of which\nimages, or of others than its logs say. The difference is that of the "
        "test accuracies, or of the\nvalidation accuracies where the document has no test "
        "accuracy; where it has neither, the test accuracy\nis compared with the stated one.\n\n"
        "The runs:\n\n",
        program->kept);
    for (int i = 0; i < program->run_count; i++)
        if (example_read_result(example, program->runs[i].id, &result))
            write_notes(file, &program->runs[i], &result);
    example_write_seeds(example, file);
    if (program->write_more != NULL)
        program->write_more(example, file);
}

static void write_json(const example_t *example, FILE *file, const void *what)
{
    const example_program_t *program = example->program;
    const char *before = "";
    example_result_t result;

    (void)what;
    fprintf(file, "{\n  \"document\": \"%s\",\n  \"runs\": [\n", program->document);
    for (int i = 0; i < program->run_count; i++) {
        if (!example_read_result(example, program->runs[i].id, &result))
            continue;
        fputs(before, file);
        example_write_run(file, &program->runs[i], &result);
        fputc('}', file);
        before = ",\n";
    }
    fputs("\n  ]", file);
    example_write_seeds_json(example, file);
    fputs("\n}\n", file);
}

void example_write_tables(const example_t *example)
{
    example_write_whole(example, "results", ".json", write_json, NULL);
    example_write_whole(example, "results", ".md", write_markdown, NULL);
}

/* ---- The short table on stdout ---- */

enum { RUN, PARAMETERS, EPOCHS, SECONDS, TRAIN, VALIDATION, TEST, DOCUMENT, DIFFERENCE, COLUMNS };

static const struct {
    const char *head;
    int width;
    int rank; /* see terminal.h */
} columns[COLUMNS] = {[RUN] = {"run", 0, 0},           [PARAMETERS] = {"parameters", 10, 6},
                      [EPOCHS] = {"epochs", 6, 4},     [SECONDS] = {"seconds", 8, 7},
                      [TRAIN] = {"train", 6, 5},       [VALIDATION] = {"valid.", 6, 3},
                      [TEST] = {"test", 6, 0},         [DOCUMENT] = {"document", 8, 1},
                      [DIFFERENCE] = {"differ.", 7, 2}};

typedef struct {
    terminal_field_t fields[COLUMNS];
} layout_t;

static void print_text(const layout_t *layout, int column, const char *text)
{
    if (layout->fields[column].width > 0)
        printf("%*s%*s", TERMINAL_GAP, "", layout->fields[column].width, text);
}

static void print_figure(const layout_t *layout, int column, const char *format, double number)
{
    char text[32] = "-";

    if (isfinite(number) && number != 0)
        snprintf(text, sizeof text, format, number);
    print_text(layout, column, text);
}

/* What the difference is measured from; 0 if there is nothing. */
static double compared(const example_reported_t *reported)
{
    if (reported->test_accuracy != 0)
        return reported->test_accuracy;
    return reported->validation_accuracy != 0 ? reported->validation_accuracy
                                              : reported->stated_accuracy;
}

static void print_row(const layout_t *layout, const example_run_t *run,
                      const example_result_t *result)
{
    printf("%-*s", layout->fields[RUN].width, run->id);
    print_figure(layout, PARAMETERS, "%.0f", (double)result->parameters);
    print_figure(layout, EPOCHS, "%.0f", (double)result->epochs);
    print_figure(layout, SECONDS, "%.1f", result->seconds);
    print_figure(layout, TRAIN, "%.4f", result->train_accuracy);
    print_figure(layout, VALIDATION, "%.4f", result->validation_accuracy);
    print_figure(layout, TEST, "%.4f", result->test_accuracy);
    print_figure(layout, DOCUMENT, "%.4f", compared(&run->reported));
    print_figure(layout, DIFFERENCE, "%+.4f", difference(&run->reported, result));
    putchar('\n');
}

void example_print_table(const example_t *example)
{
    const example_program_t *program = example->program;
    layout_t layout;
    example_result_t result;

    for (int i = 0; i < COLUMNS; i++)
        layout.fields[i] = (terminal_field_t){columns[i].width, columns[i].rank};
    layout.fields[RUN].width = example_id_width(program);
    terminal_fit(layout.fields, COLUMNS, terminal_width() - 1);
    printf("%-*s", layout.fields[RUN].width, columns[RUN].head);
    for (int i = RUN + 1; i < COLUMNS; i++)
        print_text(&layout, i, columns[i].head);
    putchar('\n');
    for (int i = 0; i < program->run_count; i++)
        if (example_read_result(example, program->runs[i].id, &result))
            print_row(&layout, &program->runs[i], &result);
}
