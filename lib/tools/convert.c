/* libneuron-convert: a model, or its parameters, in another format. */
#include "tools/formats.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const tool_t tool = {
    "libneuron-convert",
    "usage: libneuron-convert [OPTION...] IN OUT\n"
    "\n"
    "Writes a model in another format. What IN is, its contents tell; the format of\n"
    "OUT follows from the ending of its name, or from --to. OUT appears whole, or\n"
    "not at all.\n"
    "\n"
    "  -t, --to=FORMAT       write this format, whatever the name\n"
    "  -o, --option=NAME=VALUE\n"
    "                        an option of the format; may be given several times\n"
    "  -w, --weights=FILE    first take the parameters of FILE into the model:\n"
    "                        .npz, safetensors, .weights.h5, a state dict of\n"
    "                        PyTorch\n"
    "  -l, --list            list the formats and their options, and end\n"
    "  -v, --verbose         say what is done\n"
    "      --help            print this, and end\n"
    "      --version         print the version, and end\n"
    "\n"
    "libneuron-convert digits.safetensors digits.onnx -o layout=nchw\n"
    "libneuron-convert digits.safetensors digits.c -o name=digits -o header=yes\n"
    "libneuron-convert digits.safetensors new.safetensors --weights=trained.npz\n"
    "libneuron-convert digits.safetensors torch.safetensors --to=state_dict\n"
    "\n"
    "It ends with 0, with 1 if the conversion failed, and with 2 if it was called\n"
    "otherwise.\n",
};

typedef struct request {
    const char *in, *out, *to, *weights;
    char *options; /* as the library's text; NULL for none */
    bool verbose;
} request_t;

static void list_formats(void)
{
    printf("%-12s %-6s %-6s %s\n", "format", "read", "write", "");
    for (const format_t *format = formats; format->name; format++) {
        printf("%-12s %-6s %-6s %s\n", format->name,
               format->read           ? "yes"
               : format->read_weights ? "-w"
                                      : "no",
               format->write ? "yes" : "no", format->what);
        if (format->options && format->write)
            printf("%26s options: %s\n", "", format->options);
        if (format->needs && !format->write)
            printf("%26s needs %s, which this build lacks\n", "", format->needs);
    }
}

static void add_option(request_t *request, const char *text)
{
    char *before = request->options;
    if (!strchr(text, '='))
        tool_misused(&tool, "--option is \"%s\"; it must be NAME=VALUE", text);
    request->options =
        before ? tool_text(&tool, "%s, %s", before, text) : tool_text(&tool, "%s", text);
    free(before);
}

static request_t read_request(int argc, char **argv)
{
    static const struct option options[] = {
        {"to", required_argument, NULL, 't'},         {"option", required_argument, NULL, 'o'},
        {"weights", required_argument, NULL, 'w'},    {"list", no_argument, NULL, 'l'},
        {"verbose", no_argument, NULL, 'v'},          {"help", no_argument, NULL, TOOL_HELP},
        {"version", no_argument, NULL, TOOL_VERSION}, {NULL, 0, NULL, 0}};
    request_t request = {.in = NULL};
    tool_begin(&tool, argv);
    for (int given; (given = getopt_long(argc, argv, "t:o:w:lv", options, NULL)) != -1;)
        switch (given) {
        case 't':
            request.to = optarg;
            break;
        case 'o':
            add_option(&request, optarg);
            break;
        case 'w':
            request.weights = optarg;
            break;
        case 'v':
            request.verbose = true;
            break;
        case 'l':
            list_formats();
            exit(tool_finish(&tool, TOOL_DONE));
        default:
            tool_tell(&tool, given);
        }
    if (argc - optind != 2)
        tool_misused(&tool, "there are %d files; there must be IN and OUT", argc - optind);
    request.in = argv[optind];
    request.out = argv[optind + 1];
    return request;
}

/* The format that is wanted; the end of the program if there is none, or it cannot be written. */
static const format_t *choose(const request_t *request)
{
    const format_t *format =
        request->to ? format_by_name(request->to) : format_by_ending(request->out);
    if (!format && request->to)
        tool_misused(&tool, "--to is \"%s\"; formats are: %s", request->to, format_list(true));
    if (!format)
        tool_misused(&tool, "%s: the ending of the name tells no format; --to does: %s",
                     request->out, format_list(true));
    if (!format->write && format->needs)
        tool_misused(&tool, "%s needs %s, which this build lacks", format->name, format->needs);
    if (!format->write)
        tool_misused(&tool, "%s can be read, but not written", format->name);
    if (request->options && !format->options)
        tool_misused(&tool, "%s has no options", format->name);
    return format;
}

static bool take_weights(neuron_graph_t *graph, const request_t *request)
{
    int64_t count = 0;
    const content_t content = content_of(request->weights);
    const format_t *format = format_by_kind(content.kind);
    if (!format || !format->read_weights) {
        tool_complain(&tool, "%s is %s, which has no parameters that can be read", request->weights,
                      content_name(content.kind));
        return false;
    }
    if (format->read_weights(&count, graph, request->weights) < 0) {
        tool_complain_of_call(&tool);
        return false;
    }
    if (request->verbose)
        tool_complain(&tool, "%s arrays were taken from %s", tool_count(count), request->weights);
    return true;
}

static int convert(const request_t *request, const format_t *format, neuron_context_t *context)
{
    int status = TOOL_FAILED;
    neuron_graph_t *graph = format_load(&tool, context, request->in);
    if (graph && (!request->weights || take_weights(graph, request))) {
        if (format->write(graph, request->out, request->options) < 0)
            tool_complain_of_call(&tool);
        else
            status = TOOL_DONE;
    }
    neuron_graph_unref(graph);
    return status;
}

int main(int argc, char **argv)
{
    request_t request = read_request(argc, argv);
    const format_t *format = choose(&request);
    neuron_context_t *context = tool_context(&tool, request.verbose);
    int status = convert(&request, format, context);
    neuron_context_unref(context);
    free(request.options);
    return tool_finish(&tool, status);
}
