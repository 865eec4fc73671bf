/* What a search of document 000 tried.
 *
 * The library's log of a search has numbers for each fold, a score and figures. What the document
 * shows besides is kept in OUT/<id>-tried.jsonl, a line of JSON for each fold: levels, score,
 * epochs, accuracies and confusion matrices. These lines become a part of the run's record, so that
 * the tables can be made of the records alone. */
#include "kmnist_tried.h"
#include "kmnist_plans.h"

#include <libneuron-committee/committees.h>

#include <stdlib.h>
#include <string.h>

static const char ending[] = "-tried.jsonl";

enum { FACTORS_MAX = 6, TRIALS_MAX = 64 };

static void write_text(const example_t *example, FILE *file, const void *text)
{
    (void)example;
    fputs(text, file);
}

static FILE *open_text(char **text, size_t *size)
{
    FILE *file = open_memstream(text, size);

    if (file == NULL)
        example_fail("out of memory");
    return file;
}

static void close_text(FILE *file)
{
    if (fclose(file) != 0)
        example_fail("out of memory");
}

void kmnist_forget_tried(const example_t *example, const kmnist_run_t *run)
{
    char path[EXAMPLE_PATH_MAX];

    example_path(example, path, run->run.id, ending);
    remove(path);
}

/* Copies the lines that do not begin so. */
static void copy_others(FILE *file, const char *lines, const char *begin)
{
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n");

        if (strncmp(lines, begin, strlen(begin)) != 0)
            fprintf(file, "%.*s\n", (int)length, lines);
        lines += length + (lines[length] != '\0');
    }
}

void kmnist_keep_tried(const example_t *example, const kmnist_run_t *run,
                       const neuron_trial_t *trial, double score, const char *figures)
{
    const kmnist_plan_t *plan = &kmnist_plans[run->search];
    char *before = example_read_text(example, run->run.id, ending);
    char begin[64];
    char *text;
    size_t size;
    FILE *file = open_text(&text, &size);

    snprintf(begin, sizeof begin, "{\"trial\": %lld, \"fold\": %lld,",
             (long long)neuron_trial_index(trial), (long long)neuron_trial_fold(trial));
    if (before != NULL)
        copy_others(file, before, begin);
    fprintf(file, "%s \"levels\": {", begin);
    for (int64_t i = 0; i < plan->count; i++) {
        fprintf(file, "%s\"%s\": ", i > 0 ? ", " : "", plan->factors[i].name);
        example_write_number(file, neuron_trial_number(trial, plan->factors[i].name));
    }
    fputs("}, \"score\": ", file);
    example_write_number(file, score);
    fprintf(file, ", %s}\n", figures);
    close_text(file);
    example_write_whole(example, run->run.id, ending, write_text, text);
    free(text);
    free(before);
}

char *kmnist_tried(const example_t *example, const kmnist_run_t *run)
{
    char *lines = example_read_text(example, run->run.id, ending);
    const char *between = "";
    char *text;
    size_t size;
    FILE *file = open_text(&text, &size);

    fputs(",\n     \"tried\": [", file);
    for (const char *line = lines; line != NULL && *line != '\0';) {
        size_t length = strcspn(line, "\n");

        fprintf(file, "%s\n       %.*s", between, (int)length, line);
        line += length + (line[length] != '\0');
        between = ",";
    }
    fputs("]", file);
    close_text(file);
    free(lines);
    return text;
}

/* ---- Tables ---- */

/* A trial: the means of its folds. */
typedef struct {
    int64_t number;
    int64_t folds;
    double levels[FACTORS_MAX];
    double score; /* NAN if a fold has none */
    double train; /* likewise */
} tried_t;

typedef struct {
    const kmnist_plan_t *plan;
    tried_t trials[TRIALS_MAX];
    int64_t count;
} study_t;

/* The line of the next fold in a record, from `text` on; NULL behind the last one. */
static const char *next_line(const char *text)
{
    return strstr(text, "\n       {\"trial\": ");
}

static tried_t *find_trial(study_t *study, int64_t number)
{
    for (int64_t i = 0; i < study->count; i++)
        if (study->trials[i].number == number)
            return &study->trials[i];
    if (study->count == TRIALS_MAX)
        example_fail("a record has more than %d trials", TRIALS_MAX);
    study->trials[study->count] = (tried_t){.number = number};
    return &study->trials[study->count++];
}

static double train_of(const kmnist_plan_t *plan, const char *line)
{
    return example_read_number(line, plan->folds > 1 ? "train_accuracy" : "best_train_accuracy");
}

static void read_study(study_t *study, const kmnist_plan_t *plan, const char *text)
{
    study->plan = plan;
    study->count = 0;
    for (const char *line = next_line(text); line != NULL; line = next_line(line + 1)) {
        char *one = strndup(line + 1, strcspn(line + 1, "\n"));
        if (one == NULL)
            example_fail("out of memory");
        tried_t *trial = find_trial(study, (int64_t)example_read_number(one, "trial"));

        for (int64_t i = 0; i < plan->count; i++)
            trial->levels[i] = example_read_number(one, plan->factors[i].name);
        trial->score += example_read_number(one, "score");
        trial->train += train_of(plan, one);
        trial->folds++;
        free(one);
    }
    for (int64_t i = 0; i < study->count; i++) {
        study->trials[i].score /= (double)study->trials[i].folds;
        study->trials[i].train /= (double)study->trials[i].folds;
    }
}

static bool has(const tried_t *trial, int64_t factor, double level)
{
    return trial->levels[factor] == level;
}

/* The larger one; a number rather than none. */
static double larger(double a, double b)
{
    return isnan(a) || b > a ? b : a;
}

/* The maxima of the trials with these levels; any where that is NAN. */
static void find_maxima(const study_t *study, const double levels[], double *score, double *train)
{
    *score = NAN;
    *train = NAN;
    for (int64_t i = 0; i < study->count; i++) {
        bool wanted = true;

        for (int64_t factor = 0; factor < study->plan->count; factor++)
            wanted =
                wanted && (isnan(levels[factor]) || has(&study->trials[i], factor, levels[factor]));
        if (wanted) {
            *score = larger(*score, study->trials[i].score);
            *train = larger(*train, study->trials[i].train);
        }
    }
}

static void forget_levels(double levels[FACTORS_MAX])
{
    for (int64_t i = 0; i < FACTORS_MAX; i++)
        levels[i] = NAN;
}

static void write_pair_cell(FILE *file, double score, double train)
{
    if (isnan(score))
        fputs(" - |", file);
    else if (isnan(train))
        fprintf(file, " %.4f |", score);
    else
        fprintf(file, " %.4f (%.4f) |", score, train);
}

static void write_pair(FILE *file, const study_t *study, int64_t first, int64_t second)
{
    const kmnist_factor_t *rows = &study->plan->factors[first];
    const kmnist_factor_t *columns = &study->plan->factors[second];
    double levels[FACTORS_MAX];
    double score;
    double train;

    fprintf(file, "\n| %s, %s |", rows->name, columns->name);
    for (int64_t i = 0; i < columns->count; i++)
        fprintf(file, " %.9g |", columns->levels[i]);
    fputs("\n|:---|", file);
    for (int64_t i = 0; i < columns->count; i++)
        fputs("---:|", file);
    fputc('\n', file);
    forget_levels(levels);
    for (int64_t i = 0; i < rows->count; i++) {
        levels[first] = rows->levels[i];
        fprintf(file, "| %.9g |", rows->levels[i]);
        for (int64_t j = 0; j < columns->count; j++) {
            levels[second] = columns->levels[j];
            find_maxima(study, levels, &score, &train);
            write_pair_cell(file, score, train);
        }
        fputc('\n', file);
    }
}

static void write_pairs(FILE *file, const example_run_t *run, const study_t *study)
{
    if (study->plan->count < 2)
        return;
    fprintf(file,
            "\n### %s: maxima of each pair of factors\n\nOf %lld trials the best score and, in "
            "parentheses, the best training accuracy, each of any trial\nwith both levels; - where "
            "there was none.\n",
            run->id, (long long)study->count);
    for (int64_t i = 0; i < study->plan->count; i++)
        for (int64_t j = i + 1; j < study->plan->count; j++)
            write_pair(file, study, i, j);
}

/* The maxima that the document shows of its first random search; NAN stands for any level. */
static const struct {
    double batch_norm, rotation, noise, hidden_layers;
    double train, test;
} reported[] = {
    {1, 0, 0.015, (double)NAN, 0.973150, 0.9428},
    {1, 0, 0.03, (double)NAN, 0.964367, 0.9415},
    {1, 0, 0.06, (double)NAN, 0.970850, 0.9390},
    {1, 0.5, 0, (double)NAN, 0.945083, 0.9369},
    {(double)NAN, (double)NAN, (double)NAN, 4, 0.973150, 0.9428},
    {(double)NAN, (double)NAN, (double)NAN, 3, 0.964367, 0.9415},
    {(double)NAN, (double)NAN, (double)NAN, 2, 0.952017, 0.9369},
    {(double)NAN, (double)NAN, (double)NAN, 1, 0.943100, 0.9270},
};

static void write_level(FILE *file, double level)
{
    if (isnan(level))
        fputs(" any |", file);
    else
        fprintf(file, " %.9g |", level);
}

/* In the factors of the first random search. */
static void write_reported(FILE *file, const example_run_t *run, const study_t *study)
{
    enum { HIDDEN_LAYERS = 2, BATCH_NORM, ROTATION, NOISE };
    double score;
    double train;

    fprintf(file,
            "\n### %s: the maxima that the document shows\n\n"
            "| batch normalisation | rotation | noise | hidden layers | document: train | test "
            "| score (train) |\n|---:|---:|---:|---:|---:|---:|---:|\n",
            run->id);
    for (size_t i = 0; i < sizeof reported / sizeof reported[0]; i++) {
        double levels[FACTORS_MAX];

        forget_levels(levels);
        levels[BATCH_NORM] = reported[i].batch_norm;
        levels[ROTATION] = reported[i].rotation;
        levels[NOISE] = reported[i].noise;
        levels[HIDDEN_LAYERS] = reported[i].hidden_layers;
        find_maxima(study, levels, &score, &train);
        fputs("|", file);
        for (int factor = BATCH_NORM; factor <= NOISE; factor++)
            write_level(file, levels[factor]);
        write_level(file, levels[HIDDEN_LAYERS]);
        fprintf(file, " %.4f | %.4f |", reported[i].train, reported[i].test);
        write_pair_cell(file, score, train);
        fputc('\n', file);
    }
}

static void write_accuracy(FILE *file, const char *line, const char *name)
{
    double accuracy = example_read_number(line, name);

    if (isnan(accuracy))
        fputs(" - |", file);
    else
        fprintf(file, " %.4f |", accuracy);
}

static void write_folds(FILE *file, const example_run_t *run, const kmnist_plan_t *plan,
                        const char *text)
{
    fprintf(file, "\n### %s: folds\n\n|", run->id);
    for (int64_t i = 0; i < plan->count; i++)
        fprintf(file, " %s |", plan->factors[i].name);
    fputs(" fold | epochs | train | validation | test |\n|", file);
    for (int64_t i = 0; i < plan->count + 5; i++)
        fputs("---:|", file);
    fputc('\n', file);
    for (const char *next = next_line(text); next != NULL; next = next_line(next + 1)) {
        char *line = strndup(next + 1, strcspn(next + 1, "\n"));
        if (line == NULL)
            example_fail("out of memory");
        fputs("|", file);
        for (int64_t i = 0; i < plan->count; i++)
            fprintf(file, " %.9g |", example_read_number(line, plan->factors[i].name));
        fprintf(file, " %.0f | %.0f |", example_read_number(line, "fold") + 1,
                example_read_number(line, "epochs"));
        write_accuracy(file, line, "train_accuracy");
        write_accuracy(file, line, "validation_accuracy");
        write_accuracy(file, line, "test_accuracy");
        fputc('\n', file);
        free(line);
    }
}

/* Of one record. */
static void write_search(FILE *file, const kmnist_run_t *run, const char *text)
{
    static study_t study;
    const kmnist_plan_t *plan = &kmnist_plans[run->search];

    read_study(&study, plan, text);
    if (plan->folds > 1)
        write_folds(file, &run->run, plan, text);
    if (run->search == KMNIST_RANDOM)
        write_reported(file, &run->run, &study);
    write_pairs(file, &run->run, &study);
}

void kmnist_write_searches(const example_t *example, FILE *file)
{
    bool begun = false;

    for (int i = 0; i < kmnist_run_count; i++) {
        const kmnist_run_t *run = &kmnist_runs[i];
        if (run->search == KMNIST_NO_SEARCH)
            continue;
        char *record = example_read_text(example, run->run.id, ".json");
        const char *text = record != NULL ? strstr(record, "\n     \"tried\": [") : NULL;

        if (text != NULL)
            text = next_line(text);
        if (text != NULL && !begun)
            fputs(
                "\n## What the searches tried\n\n"
                "The score of a trial of a random search is its best validation accuracy, and its "
                "training accuracy the\nbest one that was measured while it trained; K2 and "
                "K3-search validate on the test set. Folds have\nthe accuracies of the last "
                "epoch, without dropout. A trial with folds has their means; its score is\non the "
                "test set or, in K9-sound, on the images of the fold. Rotation is in hundredths of "
                "a turn.\n",
                file);
        begun = begun || text != NULL;
        if (text != NULL)
            write_search(file, run, text);
        free(record);
    }
}
