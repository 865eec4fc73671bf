/* The public calls: options, and files of C. */
#include <libneuron-source/source.h>

#include "base/files/file-write.h"
#include "base/float-mode.h"
#include "base/options/options.h"
#include "source/export/export.h"

#include <string.h>

static const neuron_word workspaces[] = {
    {NEURON_SOURCE_STATIC, "static"}, {NEURON_SOURCE_CALLER, "caller"}, {0, ""}};
static const neuron_word linkages[] = {
    {NEURON_SOURCE_EXTERNAL, "external"}, {NEURON_SOURCE_STATIC, "static"}, {0, ""}};
static const neuron_option rows[] = {
    NEURON_TEXT(NEURON_SOURCE_NAME, "name", "what all names in the file begin with"),
    NEURON_FLAG(NEURON_SOURCE_HEADER, "header", 0, "yes for a file of declarations beside it"),
    NEURON_CHOICE(NEURON_SOURCE_WORKSPACE, "workspace", workspaces, NEURON_SOURCE_STATIC,
                  "where values between layers are"),
    NEURON_CHOICE(NEURON_SOURCE_LINKAGE, "linkage", linkages, NEURON_SOURCE_EXTERNAL,
                  "static for a file that is included"),
};
static const neuron_option_table table = NEURON_OPTION_TABLE(rows);

/* ---- Options ---- */

/* The name that was given, or what the graph's has of an identifier. */
static int read_name(neuron_export *export, const neuron_options *given, const char *who)
{
    size_t size = 0;
    const char *text = neuron_options_given_text(given, NEURON_SOURCE_NAME, &size);
    if (text && !neuron_is_identifier(text, size))
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: name is %.*s; it must be a letter and up to %d letters of English, "
                           "digits and _ behind it",
                           who, (int)(size < 80 ? size : 80), text, NEURON_IDENTIFIER_MAX - 1);
    if (text) {
        memcpy(export->name, text, size);
        export->name[size] = '\0';
    } else {
        const char *own = export->graph->name;
        while (*own && !neuron_is_identifier(own, 1))
            own++;
        neuron_identifier(*own ? own : "graph", export->name);
    }
    neuron_identifier_capitals(export->name, export->capitals);
    return NEURON_OK;
}

static int read_options(neuron_export *export, const char *options, const char *who)
{
    neuron_options given;
    neuron_options_reset(&given, &table);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, who));
    export->header = neuron_options_value(&given, NEURON_SOURCE_HEADER) != 0;
    export->caller_workspace =
        (int)neuron_options_value(&given, NEURON_SOURCE_WORKSPACE) == NEURON_SOURCE_CALLER;
    export->is_static =
        (int)neuron_options_value(&given, NEURON_SOURCE_LINKAGE) == NEURON_SOURCE_STATIC;
    if (export->header && export->is_static)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: linkage is static and header is yes; a file that is included has "
                           "its declarations itself",
                           who);
    return read_name(export, &given, who);
}

static int check_graph(const neuron_graph_t *graph, const char *who)
{
    RETURN_IF_ERROR(neuron_handle_check(graph, NEURON_HANDLE_GRAPH, "graph", who));
    if (!graph->finished)
        return neuron_fail(NEURON_E_STATE, "%s: %s is not finished", who, graph->name);
    return NEURON_OK;
}

/* All that the file is made of; whatever happens, the program is ended by the caller. */
static int begin(neuron_export *export, const neuron_graph_t *graph, const char *options,
                 const char *who)
{
    *export = (neuron_export){.graph = graph};
    RETURN_IF_ERROR(check_graph(graph, who));
    RETURN_IF_ERROR(read_options(export, options, who));
    return neuron_program_make(&export->program, graph, who);
}

/* ---- Files ---- */

static int write_file(const char *path, const neuron_code *code)
{
    size_t count = 0;
    for (const neuron_code_piece *piece = code->first; piece; piece = piece->next)
        count++;
    neuron_file_piece *pieces = neuron_allocate(code->context, count, sizeof *pieces);
    if (!pieces)
        return NEURON_E_MEMORY;
    count = 0;
    for (const neuron_code_piece *piece = code->first; piece; piece = piece->next)
        pieces[count++] = (neuron_file_piece){piece->bytes, piece->size, 1};
    int status = neuron_file_replace(code->context, path, pieces, count);
    neuron_release(code->context, pieces);
    return status;
}

/* The path of the header, and its name in the folder. */
static int header_path(char **path, const char **name, const neuron_export *export,
                       const char *source)
{
    size_t size = strlen(source);
    if (size < 3 || strcmp(source + size - 2, ".c") != 0 || source[size - 3] == '/')
        return neuron_fail(NEURON_E_ARGUMENT,
                           "neuron_source_export: path is %s; with header=yes it must end in .c",
                           source);
    *path = neuron_copy_text(export->graph->context, source);
    if (!*path)
        return NEURON_E_MEMORY;
    (*path)[size - 1] = 'h';
    const char *slash = strrchr(*path, '/');
    *name = slash ? slash + 1 : *path;
    return NEURON_OK;
}

static int write_both(const neuron_export *export, const char *path)
{
    char *header = NULL;
    const char *name = NULL;
    NEURON_CODE(source, export->graph->context);
    NEURON_CODE(declarations, export->graph->context);
    int status = export->header ? header_path(&header, &name, export, path) : NEURON_OK;
    if (status == NEURON_OK)
        status = neuron_export_source(&source, export, name);
    if (status == NEURON_OK && header)
        neuron_export_header(&declarations, export);
    if (status == NEURON_OK)
        status = neuron_code_status(&declarations);
    if (status == NEURON_OK)
        status = write_file(path, &source);
    if (status == NEURON_OK && header)
        status = write_file(header, &declarations);
    neuron_release(export->graph->context, header);
    return status;
}

int neuron_source_export(const neuron_graph_t *graph, const char *path, const char *options)
{
    FLOAT_SCOPE;
    neuron_export export;
    CHECK_ARGUMENT(path);
    int status = begin(&export, graph, options, __func__);
    if (status == NEURON_OK)
        status = write_both(&export, path);
    neuron_program_end(&export.program);
    return status;
}

/* ---- Functions that take the bytes ---- */

static int hand_over(const neuron_code *code, neuron_write_function_t write, void *user_data,
                     const char *who)
{
    for (const neuron_code_piece *piece = code->first; piece; piece = piece->next) {
        uint64_t before = neuron_message_count();
        int result = write(piece->bytes, piece->size, user_data);
        if (result != 0)
            return neuron_fail_call(result, before, "%s: the function that writes returned %d", who,
                                    result);
    }
    return NEURON_OK;
}

static int fill(neuron_code *code, const neuron_graph_t *graph, const char *options,
                const char *who)
{
    FLOAT_SCOPE;
    neuron_export export;
    int status = begin(&export, graph, options, who);
    if (status == NEURON_OK && export.header)
        neuron_export_header(code, &export);
    else if (status == NEURON_OK)
        status = neuron_export_source(code, &export, NULL);
    neuron_program_end(&export.program);
    return status == NEURON_OK ? neuron_code_status(code) : status;
}

int neuron_source_export_to(const neuron_graph_t *graph, neuron_write_function_t write,
                            void *user_data, const char *options)
{
    CHECK_ARGUMENT(graph);
    CHECK_FUNCTION(write);
    NEURON_CODE(code, graph->context);
    RETURN_IF_ERROR(fill(&code, graph, options, __func__));
    return hand_over(&code, write, user_data, __func__);
}
