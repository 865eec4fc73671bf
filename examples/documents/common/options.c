/* The command line, which is the same for every example. */
#include "example.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const example_program_t *program;
    example_options_t *options;
    bool run_given;
} parse_t;

static void usage_error(const example_program_t *program, const char *what, const char *value)
{
    fprintf(stderr, "%s: %s \"%s\"; see --help\n", program->name, what, value);
    exit(2);
}

static void print_help(const example_program_t *program)
{
    printf("usage: %s [options]\n\n%s\n\n", program->name, program->document);
    printf(
        "  --data DIR    folder with %s;\n"
        "                default: $NEURON_DATA, then /usr/share/datasets;\n"
        "                \"generated\" for images that the library draws\n"
        "  --data-note TEXT  how this data differs from the published set, for the results\n"
        "  --out DIR     where results go, beside those that are there; default: out/%s\n"
        "  --epochs N    passes over the training set, at most; default: those of the run\n"
        "  --limit N     keep N training examples; default: all\n"
        "  --seed S      of the split, initial parameters, shuffling, dropout; default: 1\n"
        "  --threads T   threads at work; default: one per processor\n"
        "  --resume      keep the state of each epoch, and go on where a run was interrupted;\n"
        "                without it each run begins anew\n"
        "  --quick       a smoke run of seconds: few examples, one epoch\n"
        "  --tables      write results.json and results.md anew of the runs that are there, and\n"
        "                end\n"
        "  --list        name the runs and end\n"
        "  --describe    tell of each run its data, network and training, and end: nothing is\n"
        "                trained or written\n"
        "  --estimate    tell of each run how many seconds it will take, and how many of a\n"
        "                processor, by a short look at each training, and end\n"
        "  --run ID      only these runs: repeated, or with commas, or \"all\"; default: %s\n"
        "  --help        this text\n",
        program->data, program->name, program->usual != NULL ? program->usual : "all");
}

int example_id_width(const example_program_t *program)
{
    int width = 9;

    for (int i = 0; i < program->run_count; i++)
        if ((int)strlen(program->runs[i].id) > width)
            width = (int)strlen(program->runs[i].id);
    return width;
}

static void print_list(const example_program_t *program)
{
    for (int i = 0; i < program->run_count; i++)
        printf("%-*s %s\n", example_id_width(program), program->runs[i].id,
               program->runs[i].description);
}

static uint64_t whole_number(const example_program_t *program, const char *option, const char *text,
                             uint64_t minimum, uint64_t maximum)
{
    char *end;

    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || number < minimum ||
        number > maximum) {
        fprintf(stderr, "%s: %s takes a whole number from %llu to %llu, not \"%s\"; see --help\n",
                program->name, option, (unsigned long long)minimum, (unsigned long long)maximum,
                text);
        exit(2);
    }
    return number;
}

static void choose_run(parse_t *parse, const char *id)
{
    int index = example_run_index(parse->program, id);

    if (strcmp(id, "all") == 0) {
        for (int i = 0; i < parse->program->run_count; i++)
            parse->options->wanted[i] = true;
    } else if (index >= 0) {
        parse->options->wanted[index] = true;
    } else {
        fprintf(stderr, "%s: there is no run \"%s\"; --list names them\n", parse->program->name,
                id);
        exit(2);
    }
    parse->run_given = true;
}

/* `ids` is one run or several with commas between. */
static void choose_runs(parse_t *parse, const char *ids)
{
    for (;;) {
        size_t length = strcspn(ids, ",");
        char id[32];

        if (length >= sizeof id)
            usage_error(parse->program, "there is no run", ids);
        memcpy(id, ids, length);
        id[length] = '\0';
        choose_run(parse, id);
        if (ids[length] == '\0')
            return;
        ids += length + 1;
    }
}

static void apply_value(parse_t *parse, const char *option, const char *value)
{
    const example_program_t *program = parse->program;
    example_options_t *options = parse->options;

    if (value[0] == '\0')
        usage_error(program, "a value is missing after", option);
    if (strcmp(option, "--data") == 0) {
        options->data = value;
    } else if (strcmp(option, "--out") == 0) {
        options->out = value;
    } else if (strcmp(option, "--data-note") == 0) {
        options->data_note = value;
    } else if (strcmp(option, "--epochs") == 0) {
        options->epochs = (int64_t)whole_number(program, option, value, 1, 1000000);
    } else if (strcmp(option, "--limit") == 0) {
        options->limit = (int64_t)whole_number(program, option, value, 1, 1000000000);
    } else if (strcmp(option, "--seed") == 0) {
        options->seed = whole_number(program, option, value, 0, UINT64_MAX);
    } else if (strcmp(option, "--threads") == 0) {
        options->threads = (int32_t)whole_number(program, option, value, 1, 256);
    } else {
        choose_runs(parse, value);
    }
}

static bool takes_value(const char *option)
{
    static const char *const names[] = {"--data",  "--data-note", "--out",     "--epochs",
                                        "--limit", "--seed",      "--threads", "--run"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(option, names[i]) == 0)
            return true;
    return false;
}

static void apply_switch(parse_t *parse, const char *option)
{
    if (strcmp(option, "--help") == 0) {
        print_help(parse->program);
        exit(0);
    } else if (strcmp(option, "--list") == 0) {
        print_list(parse->program);
        exit(0);
    } else if (strcmp(option, "--tables") == 0) {
        parse->options->tables = true;
    } else if (strcmp(option, "--describe") == 0) {
        parse->options->describe = true;
    } else if (strcmp(option, "--estimate") == 0) {
        parse->options->estimate = true;
    } else if (strcmp(option, "--quick") == 0) {
        parse->options->quick = true;
    } else if (strcmp(option, "--resume") == 0) {
        parse->options->resume = true;
    } else {
        usage_error(parse->program, "there is no option", option);
    }
}

void example_parse(example_options_t *options, const example_program_t *program, int argc,
                   char **argv)
{
    parse_t parse = {.program = program, .options = options};

    *options = (example_options_t){.seed = 1};
    for (int i = 1; i < argc; i++) {
        if (!takes_value(argv[i]))
            apply_switch(&parse, argv[i]);
        else if (i + 1 == argc)
            usage_error(program, "a value is missing after", argv[i]);
        else {
            apply_value(&parse, argv[i], argv[i + 1]);
            i++;
        }
    }
    if (options->quick && options->epochs == 0)
        options->epochs = 1;
    if (options->quick && options->limit == 0)
        options->limit = 500;
    if (!parse.run_given)
        choose_runs(&parse, program->usual != NULL && !options->describe ? program->usual : "all");
}

int example_run_index(const example_program_t *program, const char *id)
{
    for (int i = 0; i < program->run_count; i++)
        if (strcmp(program->runs[i].id, id) == 0)
            return i;
    return -1;
}

/* The command as a shell would take it, for the record. */
char *example_command(const example_program_t *program, int argc, char **argv)
{
    size_t size = strlen(program->name) + 1;

    for (int i = 1; i < argc; i++)
        size += 4 * strlen(argv[i]) + 3; /* each byte may be a quote, which takes four */
    char *command = malloc(size);
    if (command == NULL)
        example_fail("out of memory");

    char *end = command + sprintf(command, "%s", program->name);
    for (int i = 1; i < argc; i++) {
        bool plain = strspn(argv[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789-_./,:=+") == strlen(argv[i]);

        *end++ = ' ';
        if (!plain)
            *end++ = '\'';
        for (const char *byte = argv[i]; *byte != '\0'; byte++) {
            if (*byte == '\'')
                end += sprintf(end, "'\\''");
            else
                *end++ = *byte;
        }
        if (!plain)
            *end++ = '\'';
    }
    *end = '\0';
    return command;
}
