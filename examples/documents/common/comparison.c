/* What a section of a document compares, as a table of its runs: what each changes, by macro F1 on
 * the test set, in the document and here; and whether both point the same way.
 *
 * A change that is not larger than two standard errors points nowhere, nor does one of a run that
 * was cut short or saw drawn images. The error is that of a share of as many test images, of two
 * sets that are drawn apart: the same images test both runs, so it is rather too large than too
 * small. It knows nothing of what another seed would change. */
#include "example.h"

#include <string.h>

enum { POINTS_WIDTH = 26, CHANGE_WIDTH = 16 };

typedef enum {
    THE_SAME_WAY,
    THE_OTHER_WAY,
    NO_RECORD,
    NO_REFERENCE,
    CUT_SHORT,
    DRAWN_IMAGES,
    DOCUMENT_WITHIN,
    WITHIN,
    NOT_IN_DOCUMENT,
    REFERENCE
} points_t;

static const char *const texts[] = {
    [THE_SAME_WAY] = "the same way",
    [THE_OTHER_WAY] = "the other way",
    [NO_RECORD] = "no record yet",
    [NO_REFERENCE] = "nothing to compare with yet",
    [CUT_SHORT] = "cut short",
    [DRAWN_IMAGES] = "drawn images",
    [DOCUMENT_WITHIN] = "too small in the document",
    [WITHIN] = "too small here",
    [NOT_IN_DOCUMENT] = "not in the document",
    [REFERENCE] = "",
};

/* One of a section's runs. */
typedef struct {
    const example_run_t *run;
    example_result_t result;
    bool recorded;
} compared_t;

/* By how much one exceeds another; a change that is not known is NAN. */
typedef struct {
    double by;
    double error; /* its standard error */
} change_t;

static double variance(double share, double count)
{
    return count > 0 ? share * (1 - share) / count : 0;
}

static change_t change(double from, double from_count, double to, double to_count)
{
    return (change_t){to - from, sqrt(variance(from, from_count) + variance(to, to_count))};
}

static const change_t unknown = {(double)NAN, (double)NAN};

static change_t in_document(const compared_t *reference, const compared_t *other)
{
    const example_reported_t *from = &reference->run->reported;
    const example_reported_t *to = &other->run->reported;

    return from->macro_f1 != 0 && to->macro_f1 != 0
               ? change(from->macro_f1, (double)from->test_examples, to->macro_f1,
                        (double)to->test_examples)
               : unknown;
}

static change_t measured(const compared_t *reference, const compared_t *other)
{
    return reference->recorded && other->recorded
               ? change(reference->result.macro_f1, reference->result.test_examples,
                        other->result.macro_f1, other->result.test_examples)
               : unknown;
}

static bool is_large(change_t change)
{
    return fabs(change.by) > 2 * change.error;
}

/* Whether a run had less than the document's: it was told so by an option. */
static bool is_cut_short(const example_result_t *result)
{
    static const char *const options[] = {" --epochs", " --limit", " --quick"};

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strstr(result->command, options[i]) != NULL)
            return true;
    return false;
}

/* What keeps a run from being compared; REFERENCE for nothing. */
static points_t obstacle(const compared_t *compared)
{
    if (!compared->recorded)
        return NO_RECORD;
    if (is_cut_short(&compared->result))
        return CUT_SHORT;
    return strcmp(compared->result.data_source, "real") == 0 ? REFERENCE : DRAWN_IMAGES;
}

static points_t point(const compared_t *reference, const compared_t *other)
{
    change_t theirs = in_document(reference, other);
    change_t ours = measured(reference, other);

    if (obstacle(other) != REFERENCE || other->run == reference->run)
        return obstacle(other);
    if (isnan(theirs.by))
        return NOT_IN_DOCUMENT;
    if (obstacle(reference) != REFERENCE)
        return NO_REFERENCE;
    if (!is_large(theirs))
        return DOCUMENT_WITHIN;
    if (!is_large(ours))
        return WITHIN;
    return (theirs.by > 0) == (ours.by > 0) ? THE_SAME_WAY : THE_OTHER_WAY;
}

static void write_figure(FILE *file, double figure)
{
    if (isfinite(figure) && figure != 0)
        fprintf(file, " %8.4f |", figure);
    else
        fprintf(file, " %8s |", "-");
}

static void write_change(FILE *file, change_t change, bool wanted)
{
    if (wanted && isfinite(change.by))
        fprintf(file, " %+.4f ± %.4f |", change.by, 2 * change.error);
    else
        fprintf(file, " %*s |", CHANGE_WIDTH, "-");
}

static void write_row(FILE *file, int width, const compared_t *reference, const compared_t *other)
{
    bool changed = other->run != reference->run;

    fprintf(file, "| %-*s |", width, other->run->id);
    write_figure(file, other->run->reported.macro_f1);
    write_change(file, in_document(reference, other), changed);
    write_figure(file, other->recorded ? other->result.macro_f1 : (double)NAN);
    write_change(file, measured(reference, other), changed);
    fprintf(file, " %-*s | %s |\n", POINTS_WIDTH, texts[point(reference, other)],
            other->run->description);
}

/* The runs of which the same is to be said, if there are any. */
static int write_those(FILE *file, const char *before, const char *text, const compared_t *runs,
                       int count, const compared_t *reference, points_t points)
{
    int found = 0;

    for (int i = 0; i < count; i++) {
        /* A variant is nothing that the document compares. */
        if (runs[i].run->reported.macro_f1 == 0 || point(reference, &runs[i]) != points)
            continue;
        if (file != NULL)
            fprintf(file, "%s%s", found == 0 ? before : ", ", runs[i].run->id);
        found++;
    }
    if (file != NULL && found > 0)
        fprintf(file, " %s", text);
    return found;
}

static int count_of(const compared_t *runs, int count, const compared_t *reference, points_t points)
{
    return write_those(NULL, "", "", runs, count, reference, points);
}

/* The line below the table. */
static void write_verdict(FILE *file, const compared_t *runs, int count,
                          const compared_t *reference)
{
    bool differs = count_of(runs, count, reference, THE_OTHER_WAY) > 0;
    bool agrees = count_of(runs, count, reference, THE_SAME_WAY) > 0;
    bool missing = count_of(runs, count, reference, NO_RECORD) > 0 ||
                   count_of(runs, count, reference, CUT_SHORT) > 0 ||
                   count_of(runs, count, reference, DRAWN_IMAGES) > 0;

    fprintf(file, "\nAgainst %s: **%s**", reference->run->id,
            differs              ? "differs"
            : agrees && !missing ? "agrees"
                                 : "cannot be told");
    for (points_t points = THE_SAME_WAY; points <= WITHIN; points++)
        if (points != NO_REFERENCE)
            write_those(file, "; ", texts[points], runs, count, reference, points);
    fputs(".\n", file);
}

static void take(const example_t *example, const char *id, compared_t *compared)
{
    int index = example_run_index(example->program, id);

    if (index < 0)
        example_fail("there is no run %s to compare", id);
    compared->run = &example->program->runs[index];
    compared->recorded = example_read_result(example, id, &compared->result);
}

void example_write_comparison(const example_t *example, FILE *file,
                              const example_comparison_t *comparison)
{
    static compared_t runs[EXAMPLE_COMPARED_MAX];
    static compared_t reference;
    int width = example_id_width(example->program);
    int count = 0;

    take(example, comparison->reference, &reference);
    for (; count < EXAMPLE_COMPARED_MAX && comparison->runs[count] != NULL; count++)
        take(example, comparison->runs[count], &runs[count]);
    fprintf(file, "\n### %s\n\n| %-*s | document | %*s | %8s | %*s | %-*s | what it is |\n|:",
            comparison->title, width, "run", CHANGE_WIDTH, "change", "here", CHANGE_WIDTH, "change",
            POINTS_WIDTH, "points");
    for (int i = 0; i <= width; i++)
        fputc('-', file);
    fputs("|---------:|-----------------:|---------:|-----------------:|:", file);
    for (int i = 0; i <= POINTS_WIDTH; i++)
        fputc('-', file);
    fputs("|:-----------|\n", file);
    for (int i = 0; i < count; i++)
        write_row(file, width, &reference, &runs[i]);
    write_verdict(file, runs, count, &reference);
}
