/* The command line. */
#include "bench.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void bench_usage_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "neuron-bench: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "; see --help\n");
    va_end(arguments);
    exit(2);
}

void bench_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "neuron-bench: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    exit(1);
}

void bench_must(int status)
{
    if (status < 0)
        bench_fail("%s", neuron_error_last());
}

static void print_help(void)
{
    puts("usage: neuron-bench [options]\n"
         "\n"
         "Times training steps and predictions, beside the machine's rate of multiplying\n"
         "large matrices with the CBLAS, and checks that a step allocates nothing.\n"
         "\n"
         "  --row NAME      only this network, or the kernels that begin so; repeatable\n"
         "  --kernels       single operations: each layer, loss and optimizer by shape\n"
         "  --model FILE    a saved graph\n"
         "  --network FILE  a network in words, as --describe prints them\n"
         "  --pass PASS     train, infer, or int8: predictions of the network as\n"
         "                  neuron_graph_quantize() makes it, with its defaults, from the\n"
         "                  first examples of the row's data; default: train and infer\n"
         "  --int8          predictions only, in float32 and quantised, one below the other;\n"
         "                  a network that cannot be quantised says why\n"
         "  --threads N     so many threads; default: 1, 2, 4, ... and one per processor,\n"
         "                  of which the fastest counts\n"
         "  --batch N,...   examples at a time; default: the row's own, for infer 1 as well\n"
         "  --seconds S     for one measurement; default: 1\n"
         "  --no-sgemm      leaves the machine's rate out; it and the shares are 0\n"
         "  --json FILE     writes the results to a file\n"
         "  --list          names the rows and ends\n"
         "  --describe      prints each network in words, a line of name, tab and words;\n"
         "                  behind --kernels each operation of that table\n"
         "  --help          this text\n"
         "\n"
         "Status: 0; 1 if a step allocated or something failed; 2 for a bad command.");
}

static void print_list(void)
{
    for (const bench_network_t *network = bench_networks; network->name[0]; network++)
        printf("%-12s batch %-4lld %s\n", network->name, (long long)network->batch,
               network->description);
    bench_committees_list();
    puts("");
    bench_kernels_list();
}

static void print_descriptions(void)
{
    for (const bench_network_t *network = bench_networks; network->name[0]; network++)
        printf("%s\t%s\n", network->name, network->text);
}

static int64_t whole_number(const char *option, const char *text, long maximum)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || number < 1 ||
        number > maximum)
        bench_usage_error("%s takes a whole number from 1 to %ld, not \"%s\"", option, maximum,
                          text);
    return number;
}

static double seconds_of(const char *text)
{
    char *end;
    double seconds = strtod(text, &end);
    if (end == text || *end != '\0' || !(seconds > 0 && seconds <= 3600))
        bench_usage_error("--seconds takes a number above 0, up to 3600, not \"%s\"", text);
    return seconds;
}

/* Numbers with commas between them. */
static void set_batches(bench_options_t *options, const char *option, const char *value)
{
    options->batch_count = 0;
    for (const char *place = value; place; place = strchr(place, ',')) {
        place += *place == ',' && place != value;
        char text[16];
        snprintf(text, sizeof text, "%.*s", (int)strcspn(place, ","), place);
        if (options->batch_count == BENCH_BATCHES_MAX)
            bench_usage_error("%s takes at most %d numbers", option, BENCH_BATCHES_MAX);
        options->batches[options->batch_count++] = whole_number(option, text, 1 << 20);
    }
}

static void apply_value(bench_options_t *options, const char *option, const char *value)
{
    if (strcmp(option, "--json") == 0) {
        options->json = value;
    } else if (strcmp(option, "--model") == 0) {
        options->model = value;
    } else if (strcmp(option, "--network") == 0) {
        options->network = value;
    } else if (strcmp(option, "--row") == 0) {
        options->rows[options->row_count++] = value;
    } else if (strcmp(option, "--pass") == 0) {
        options->train = strcmp(value, "train") == 0;
        options->infer = strcmp(value, "infer") == 0;
        options->int8 = strcmp(value, "int8") == 0;
        if (!options->train && !options->infer && !options->int8)
            bench_usage_error("--pass takes train, infer or int8, not \"%s\"", value);
    } else if (strcmp(option, "--threads") == 0) {
        options->threads[0] = (int32_t)whole_number(option, value, 256);
        options->thread_count = 1;
    } else if (strcmp(option, "--batch") == 0) {
        set_batches(options, option, value);
    } else {
        options->seconds = seconds_of(value);
    }
}

static bool takes_value(const char *option)
{
    static const char *const names[] = {"--json",  "--row",   "--pass",    "--threads",
                                        "--batch", "--model", "--seconds", "--network"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(option, names[i]) == 0)
            return true;
    return false;
}

static void apply_switch(bench_options_t *options, const char *option)
{
    if (strcmp(option, "--help") == 0) {
        print_help();
        exit(0);
    } else if (strcmp(option, "--list") == 0) {
        print_list();
        exit(0);
    } else if (strcmp(option, "--describe") == 0) {
        if (options->kernels)
            bench_kernels_describe();
        else
            print_descriptions();
        exit(0);
    } else if (strcmp(option, "--kernels") == 0) {
        options->kernels = true;
    } else if (strcmp(option, "--no-sgemm") == 0) {
        options->no_sgemm = true;
    } else if (strcmp(option, "--int8") == 0) {
        options->beside = true;
    } else {
        bench_usage_error("there is no option \"%s\"", option);
    }
}

/* Powers of two, and all processors. */
static void choose_threads(bench_options_t *options)
{
    neuron_context_t *context;
    bench_must(neuron_context_create(&context, NULL));
    int64_t all = neuron_context_threads(context);
    neuron_context_unref(context);
    for (int32_t threads = 1; threads < all; threads *= 2)
        options->threads[options->thread_count++] = threads;
    options->threads[options->thread_count++] = (int32_t)all;
}

static bool is_network(const char *name)
{
    for (const bench_network_t *network = bench_networks; network->name[0]; network++)
        if (strcmp(network->name, name) == 0)
            return true;
    return false;
}

static void check_rows(const bench_options_t *options)
{
    const char *pass = options->int8 ? "int8" : "infer";
    for (int i = 0; i < options->row_count; i++) {
        const char *name = options->rows[i];
        if (bench_is_committee(name) && options->int8)
            bench_usage_error("%s has no pass int8", name);
        if (is_network(name) || bench_is_committee(name))
            continue;
        if (name[0] == '\0' || bench_kernels_count(options, name) == 0)
            bench_usage_error("there is no row \"%s\"; --list names them", name);
        if (!options->train)
            bench_usage_error("%s is part of training: there is no pass %s", name, pass);
    }
    if (options->kernels && !options->train)
        bench_usage_error("kernels are parts of training: there is no pass %s", pass);
}

static void put_int8_beside(bench_options_t *options)
{
    if (options->train && !options->infer)
        bench_usage_error("--int8 only predicts: there is no pass train");
    options->train = false;
    options->int8 = true;
}

void bench_parse(bench_options_t *options, int argc, char **argv)
{
    *options = (bench_options_t){.train = true, .infer = true, .seconds = 1};
    options->rows = calloc((size_t)argc, sizeof *options->rows);
    if (!options->rows)
        bench_fail("out of memory");
    for (int i = 1; i < argc; i++) {
        if (!takes_value(argv[i]))
            apply_switch(options, argv[i]);
        else if (i + 1 == argc || argv[i + 1][0] == '\0')
            bench_usage_error("a value is missing after \"%s\"", argv[i]);
        else {
            apply_value(options, argv[i], argv[i + 1]);
            i++;
        }
    }
    if (options->beside)
        put_int8_beside(options);
    if (options->thread_count == 0)
        choose_threads(options);
    check_rows(options);
}

bool bench_wants(const bench_options_t *options, const char *name)
{
    for (int i = 0; i < options->row_count; i++)
        if (strcmp(name, options->rows[i]) == 0)
            return true;
    return false;
}
