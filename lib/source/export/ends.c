/* Inputs and outputs: what they are called, what a caller sees of them, and the functions that it
 * calls. */
#include "source/export/export.h"

#include "source/text/number.h"

#include <stdio.h>
#include <string.h>

/* ---- Names ---- */

static const neuron_node_t *end_of(const neuron_export *export, bool input, int64_t index)
{
    return (input ? export->graph->inputs : export->graph->outputs)[index];
}

static int64_t end_count(const neuron_export *export, bool input)
{
    return input ? export->graph->input_count : export->graph->output_count;
}

/* The name of its node behind "input_" or "output_", with which that may begin itself. */
static void plain_name(const neuron_export *export, bool input, int64_t index,
                       char text[NEURON_END_TEXT])
{
    const char *what = input ? "input" : "output";
    char name[NEURON_IDENTIFIER_TEXT];
    neuron_identifier(end_of(export, input, index)->name, name);
    bool begins = strncmp(name, what, strlen(what)) == 0;
    snprintf(text, NEURON_END_TEXT, "%s%s%s", begins ? "" : what, begins ? "" : "_", name);
}

const char *neuron_end_name(const neuron_export *export, bool input, int64_t index,
                            char text[NEURON_END_TEXT])
{
    if (end_count(export, input) == 1) {
        snprintf(text, NEURON_END_TEXT, "%s", input ? "input" : "output");
        return text;
    }
    plain_name(export, input, index, text);
    /* Names that differ may become alike. */
    for (int64_t i = 0; i < end_count(export, input); i++) {
        char other[NEURON_END_TEXT];
        plain_name(export, input, i, other);
        if (i != index && strcmp(text, other) == 0) {
            snprintf(text, NEURON_END_TEXT, "%s_at_%" PRId64, input ? "input" : "output", index);
            break;
        }
    }
    return text;
}

static const char *capital_name(const neuron_export *export, bool input, int64_t index,
                                char text[NEURON_END_TEXT])
{
    neuron_end_name(export, input, index, text);
    for (char *c = text; *c; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    return text;
}

/* ---- Declarations ---- */

static void put_sizes(neuron_code *code, const neuron_export *export, bool input)
{
    char name[NEURON_END_TEXT];
    for (int64_t i = 0; i < end_count(export, input); i++)
        FILL(code, "#define @NAME@_@END@_SIZE @size@\n", TEXT("NAME", export->capitals),
             TEXT("END", capital_name(export, input, i, name)),
             NUMBER("size", neuron_shape_count(&end_of(export, input, i)->spec.output)));
}

int64_t neuron_export_class_count(const neuron_export *export, int64_t output)
{
    const neuron_node_t *node = export->graph->outputs[output];
    int64_t count = 0;
    while (neuron_graph_class_name(export->graph, node->name, count))
        count++;
    return count;
}

/* "digits_class_names[10]", "digits_output_angle_class_names[10]" */
static void put_names_name(neuron_code *code, const neuron_export *export, int64_t output)
{
    char name[NEURON_END_TEXT] = "";
    bool several = export->graph->output_count > 1;
    if (several)
        neuron_end_name(export, false, output, name);
    FILL(code, "@name@@between@@end@_class_names[@count@]", TEXT("name", export->name),
         TEXT("between", several ? "_" : ""), TEXT("end", name),
         NUMBER("count", neuron_export_class_count(export, output)));
}

void neuron_export_arguments(neuron_code *code, const neuron_export *export, bool bytes,
                             bool workspace)
{
    char name[NEURON_END_TEXT];
    for (int64_t i = 0; i < end_count(export, true); i++) {
        bool as_bytes = bytes && neuron_source_takes_bytes(end_of(export, true, i));
        FILL(code, "@comma@const @type@ *@name@", TEXT("comma", i > 0 ? ", " : ""),
             TEXT("type", as_bytes ? "unsigned char" : "float"),
             TEXT("name", neuron_end_name(export, true, i, name)));
    }
    for (int64_t i = 0; i < end_count(export, false); i++)
        FILL(code, ", float *@name@", TEXT("name", neuron_end_name(export, false, i, name)));
    if (workspace)
        neuron_code_put(code, ", float *workspace");
}

/* The head of a function of the caller's, without what ends it. */
static void put_head(neuron_code *code, const neuron_export *export, bool bytes)
{
    FILL(code, "@static@void @name@_predict@bytes@(",
         TEXT("static", export->is_static ? "static inline " : ""), TEXT("name", export->name),
         TEXT("bytes", bytes ? "_bytes" : ""));
    neuron_export_arguments(code, export, bytes, export->caller_workspace);
    neuron_code_put(code, ")");
}

static void put_workspace_size(neuron_code *code, const neuron_export *export)
{
    int64_t size = export->program.workspace;
    FILL(code, "#define @NAME@_WORKSPACE_SIZE @size@\n", TEXT("NAME", export->capitals),
         NUMBER("size", size > 0 ? size : 1));
}

void neuron_export_declarations(neuron_code *code, const neuron_export *export)
{
    neuron_code_put(code, "/* Floats of one example, and of the memory between layers. */\n");
    put_sizes(code, export, true);
    put_sizes(code, export, false);
    put_workspace_size(code, export);
    neuron_code_put(code, "\n");
    if (export->is_static)
        return;
    neuron_code_add_text(code, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    for (int64_t i = 0; i < export->graph->output_count; i++)
        if (neuron_export_class_count(export, i) > 0) {
            neuron_code_put(code, "extern const char *const ");
            put_names_name(code, export, i);
            neuron_code_put(code, ";\n");
        }
    for (int bytes = 0; bytes <= export->program.takes_bytes; bytes++) {
        put_head(code, export, bytes);
        neuron_code_put(code, ";\n");
    }
    neuron_code_add_text(code, "\n#ifdef __cplusplus\n}\n#endif\n\n");
}

void neuron_export_class_names(neuron_code *code, const neuron_export *export)
{
    for (int64_t i = 0; i < export->graph->output_count; i++) {
        int64_t count = neuron_export_class_count(export, i);
        if (count == 0)
            continue;
        neuron_code_put(code,
                        export->is_static ? "static const char *const " : "const char *const ");
        put_names_name(code, export, i);
        neuron_code_add_text(code, " = {\n");
        for (int64_t k = 0; k < count; k++) {
            neuron_code_add_text(code, "    ");
            neuron_code_string(
                code, neuron_graph_class_name(export->graph, export->graph->outputs[i]->name, k));
            neuron_code_add_text(code, ",\n");
        }
        neuron_code_add(code, "};\n\n", 4);
    }
}

/* ---- Functions ---- */

/* Lines that make floats of the bytes of an input. */
static void put_scaling(neuron_code *code, const neuron_export *export, int64_t input)
{
    const neuron_node_t *node = end_of(export, true, input);
    const neuron_program *program = &export->program;
    char name[NEURON_END_TEXT], scale_text[NEURON_FLOAT_TEXT], offset_text[NEURON_FLOAT_TEXT];
    double scale = 0, offset = 0;
    size_t count = 0;
    (void)neuron_graph_scales(NULL, NULL, 0, &count, export->graph, node->name);
    if (count == 1)
        (void)neuron_graph_scales(&scale, &offset, 1, NULL, export->graph, node->name);
    FILL(code,
         count == 1
             ? "for (long i = 0; i < @size@; i++) {\n"
               "workspace[@place@ + i] = (float)@input@[i] * @scale@ + @offset@;\n"
               "}\n"
             : "for (long i = 0; i < @size@; i++) {\n"
               "workspace[@place@ + i] = (float)@input@[i] * @name@_@input@_scales[i % @count@]\n"
               "+ @name@_@input@_offsets[i % @count@];\n"
               "}\n",
         NUMBER("size", neuron_shape_count(&node->spec.output)),
         NUMBER("place", program->values[program->value_of[node->index]].offset),
         TEXT("input", neuron_end_name(export, true, input, name)), TEXT("name", export->name),
         TEXT("scale", neuron_float_text((float)scale, scale_text)),
         TEXT("offset", neuron_float_text((float)offset, offset_text)),
         NUMBER("count", (int64_t)count));
}

/* The call of what works: inputs that came as bytes lie in the workspace. */
static void put_call(neuron_code *code, const neuron_export *export, bool bytes)
{
    const neuron_program *program = &export->program;
    char name[NEURON_END_TEXT];
    FILL(code, "@name@_run(", TEXT("name", export->name));
    for (int64_t i = 0; i < export->graph->input_count; i++) {
        const neuron_node_t *node = end_of(export, true, i);
        if (bytes && neuron_source_takes_bytes(node))
            FILL(code, "workspace + @place@, ",
                 NUMBER("place", program->values[program->value_of[node->index]].offset));
        else
            FILL(code, "@input@, ", TEXT("input", neuron_end_name(export, true, i, name)));
    }
    for (int64_t i = 0; i < export->graph->output_count; i++)
        FILL(code, "@output@, ", TEXT("output", neuron_end_name(export, false, i, name)));
    neuron_code_put(code, "workspace);\n");
}

void neuron_export_functions(neuron_code *code, const neuron_export *export)
{
    for (int bytes = 0; bytes <= export->program.takes_bytes; bytes++) {
        neuron_code_put(code, "\n");
        put_head(code, export, bytes);
        neuron_code_put(code, "\n{\n");
        if (!export->caller_workspace)
            FILL(code, "float *workspace = @name@_workspace;\n", TEXT("name", export->name));
        for (int64_t i = 0; i < export->graph->input_count; i++)
            if (bytes && neuron_source_takes_bytes(end_of(export, true, i)))
                put_scaling(code, export, i);
        put_call(code, export, bytes);
        neuron_code_put(code, "}\n");
    }
}
