/* The whole file: what stands in front, arrays, a function for each step, and the one that calls
 * them. */
#include "source/export/export.h"

#include "source/text/number.h"

#include <stdio.h>

/* The body of a step's function. Steps whose functions are the same have the first one's. */
typedef struct function {
    neuron_code body;
    int64_t same; /* the step whose function it is */
} function;

typedef struct file {
    const neuron_export *export;
    neuron_code arrays, calls;
    function *functions;
    neuron_writer writer;
} file;

/* ---- Functions of steps ---- */

static void name_function(neuron_code *code, const file *f, int64_t step)
{
    char name[NEURON_IDENTIFIER_TEXT];
    const neuron_node_t *node = f->export->program.steps[step].node;
    FILL(code, "@name@_@index@_@node@", TEXT("name", f->export->name), NUMBER("index", node->index),
         TEXT("node", neuron_identifier(node->name, name)));
}

/* Whether the functions of two steps take the same arguments. */
static bool is_called_alike(const neuron_step *a, const neuron_step *b)
{
    return (a->layer->flags & NEURON_SOURCE_MANY) == (b->layer->flags & NEURON_SOURCE_MANY) &&
           (a->scratch >= 0) == (b->scratch >= 0);
}

static void write_step(file *f, int64_t step)
{
    const neuron_step *steps = f->export->program.steps;
    function *made = &f->functions[step];
    f->writer.step = &steps[step];
    f->writer.body = &made->body;
    made->body.depth = 1;
    steps[step].layer->write(&f->writer);
    made->same = 0;
    while (made->same < step && !(is_called_alike(&steps[made->same], &steps[step]) &&
                                  neuron_code_same(&f->functions[made->same].body, &made->body)))
        made->same++;
    if (made->same < step)
        neuron_code_end(&made->body);
}

/* "conv2d, relu: 28x28x1 -> 26x26x32" */
static void describe_step(neuron_code *code, const file *f, const neuron_step *step)
{
    char text[NEURON_SHAPE_TEXT];
    neuron_code_add_text(code, "\n/* ");
    neuron_code_comment(code, step->node->name);
    const neuron_node_t *node =
        step->layer->apply ? f->writer.next[step->node->index] : step->chain;
    if (step->folded) {
        neuron_code_add_text(code, ", ");
        neuron_code_comment(code, step->folded->name);
    }
    for (; node; node = f->writer.next[node->index]) {
        neuron_code_add_text(code, ", ");
        neuron_code_comment(code, node->name);
    }
    neuron_code_add_text(code, ": ");
    for (int64_t i = 0; i < step->node->spec.input_count; i++) {
        neuron_code_add_text(code, i > 0 ? ", " : "");
        neuron_code_add_text(code, neuron_shape_text(&step->node->spec.inputs[i], text));
    }
    neuron_code_add_text(code, " -> ");
    neuron_code_add_text(code, neuron_shape_text(&step->node->spec.output, text));
    neuron_code_add_text(code, " */\n");
}

static void put_functions(neuron_code *code, file *f)
{
    const neuron_program *program = &f->export->program;
    for (int64_t s = 0; s < program->step_count; s++) {
        const neuron_step *step = &program->steps[s];
        if (f->functions[s].same != s)
            continue;
        describe_step(code, f, step);
        neuron_code_put(code, "static void ");
        name_function(code, f, s);
        FILL(code, "(@const@ *x, float *y@scratch@)\n{\n",
             TEXT("const",
                  step->layer->flags & NEURON_SOURCE_MANY ? "const float *const" : "const float"),
             TEXT("scratch", step->scratch >= 0 ? ", float *scratch" : ""));
        neuron_code_append(code, &f->functions[s].body);
        neuron_code_put(code, "}\n");
    }
}

/* ---- The function that calls them ---- */

static void put_value(neuron_code *code, const file *f, int64_t value)
{
    const neuron_program *program = &f->export->program;
    const neuron_value *memory = neuron_program_memory(program, value);
    char name[NEURON_END_TEXT];
    if (memory->place != NEURON_VALUE_WORKSPACE)
        neuron_code_put(code, neuron_end_name(f->export, memory->place == NEURON_VALUE_INPUT,
                                              memory->index, name));
    else if (memory->offset > 0)
        FILL(code, "workspace + @offset@", NUMBER("offset", memory->offset));
    else
        neuron_code_put(code, "workspace");
}

static void put_inputs(neuron_code *code, const file *f, const neuron_step *step)
{
    const int64_t *value_of = f->export->program.value_of;
    for (int64_t i = 0; i < step->node->spec.input_count; i++) {
        neuron_code_put(code, i > 0 ? ", " : "");
        put_value(code, f, value_of[step->node->inputs[i]->index]);
    }
}

static void put_call(neuron_code *code, const file *f, int64_t step)
{
    const neuron_step *s = &f->export->program.steps[step];
    bool many = s->layer->flags & NEURON_SOURCE_MANY;
    if (many) {
        neuron_code_put(code, "{\nconst float *const x[] = {");
        put_inputs(code, f, s);
        neuron_code_put(code, "};\n");
    }
    name_function(code, f, f->functions[step].same);
    neuron_code_put(code, "(");
    if (many)
        neuron_code_put(code, "x");
    else
        put_inputs(code, f, s);
    neuron_code_put(code, ", ");
    put_value(code, f, s->output);
    if (s->scratch >= 0)
        FILL(code, ", workspace + @scratch@", NUMBER("scratch", s->scratch));
    neuron_code_put(code, many ? ");\n}\n" : ");\n");
}

static void put_copies(neuron_code *code, const file *f)
{
    const neuron_program *program = &f->export->program;
    char name[NEURON_END_TEXT];
    for (int64_t i = 0; i < program->copy_count; i++) {
        const neuron_value_copy *copy = &program->copies[i];
        FILL(code, "memcpy(@output@, ",
             TEXT("output", neuron_end_name(f->export, false, copy->output, name)));
        put_value(code, f, copy->value);
        FILL(code, ", @size@ * sizeof(float));\n",
             NUMBER("size", program->values[copy->value].size));
    }
}

static bool uses_workspace(const neuron_program *program)
{
    bool uses = false;
    for (int64_t s = 0; s < program->step_count; s++)
        uses |= program->steps[s].scratch >= 0 ||
                neuron_program_memory(program, program->steps[s].output)->place ==
                    NEURON_VALUE_WORKSPACE;
    return uses;
}

static void put_run(neuron_code *code, const file *f)
{
    const neuron_program *program = &f->export->program;
    FILL(code, "\nstatic void @name@_run(", TEXT("name", f->export->name));
    neuron_export_arguments(code, f->export, false, true);
    neuron_code_put(code, ")\n{\n");
    for (int64_t s = 0; s < program->step_count; s++)
        put_call(code, f, s);
    put_copies(code, f);
    if (!uses_workspace(program))
        neuron_code_put(code, "(void)workspace;\n");
    neuron_code_put(code, "}\n");
}

/* ---- The file ---- */

static void write_scales(file *f, const neuron_node_t *input, const char *name)
{
    size_t count = 0;
    neuron_context_t *context = f->export->graph->context;
    (void)neuron_graph_scales(NULL, NULL, 0, &count, f->export->graph, input->name);
    if (count < 2)
        return;
    double *scales = neuron_allocate(context, 2 * count, sizeof *scales);
    float *floats = neuron_writer_floats(&f->writer, (int64_t)count);
    if (scales && floats) {
        (void)neuron_graph_scales(scales, scales + count, count, NULL, f->export->graph,
                                  input->name);
        for (int part = 0; part < 2; part++) {
            for (size_t c = 0; c < count; c++)
                floats[c] = (float)scales[(size_t)part * count + c];
            FILL(&f->arrays, "static const float @name@_@input@_@part@[@count@] = {\n",
                 TEXT("name", f->export->name), TEXT("input", name),
                 TEXT("part", part == 0 ? "scales" : "offsets"), NUMBER("count", (int64_t)count));
            neuron_code_numbers(&f->arrays, floats, (int64_t)count, false);
            neuron_code_put(&f->arrays, "};\n");
        }
    } else {
        f->writer.status = NEURON_E_MEMORY;
    }
    neuron_release(context, floats);
    neuron_release(context, scales);
}

static void put_front(neuron_code *code, const file *f, const char *header)
{
    neuron_code_add_text(code, "/* The network \"");
    neuron_code_comment(code, f->export->graph->name);
    neuron_code_add_text(code, "\", written by libneuron " NEURON_VERSION_STRING ". */\n");
    if (header)
        FILL(code, "#include \"@header@\"\n\n", TEXT("header", header));
    if (f->writer.needs_math)
        neuron_code_put(code, "#include <math.h>\n");
    if (f->writer.needs_integers)
        neuron_code_put(code, "#include <stdint.h>\n");
    if (f->writer.needs_memory || f->export->program.copy_count > 0)
        neuron_code_put(code, "#include <string.h>\n");
    neuron_code_put(code, "\n");
    if (!header)
        neuron_export_declarations(code, f->export);
}

static void put_file(neuron_code *code, file *f, const char *header)
{
    put_front(code, f, header);
    neuron_export_class_names(code, f->export);
    neuron_code_append(code, &f->arrays);
    put_functions(code, f);
    put_run(code, f);
    if (!f->export->caller_workspace)
        FILL(code, "\nstatic float @name@_workspace[@NAME@_WORKSPACE_SIZE];\n",
             TEXT("name", f->export->name), TEXT("NAME", f->export->capitals));
    neuron_export_functions(code, f->export);
}

static int fill_file(neuron_code *code, file *f, const char *header)
{
    const neuron_export *export = f->export;
    char name[NEURON_END_TEXT];
    for (int64_t i = 0; i < export->graph->input_count; i++)
        write_scales(f, export->graph->inputs[i], neuron_end_name(export, true, i, name));
    for (int64_t s = 0; s < export->program.step_count; s++)
        write_step(f, s);
    RETURN_IF_ERROR(f->writer.status);
    put_file(code, f, header);
    return neuron_code_status(code);
}

int neuron_export_source(neuron_code *code, const neuron_export *export, const char *header)
{
    const neuron_graph_t *graph = export->graph;
    neuron_context_t *context = graph->context;
    size_t steps = neuron_size(export->program.step_count);
    file f = {.export = export,
              .arrays = {.context = context},
              .functions = neuron_allocate_zero(context, steps, sizeof *f.functions),
              .writer = {
                  .graph = graph,
                  .name = export->name,
                  .has_arrays = neuron_allocate_zero(context, neuron_size(graph->node_count), 1),
                  .next = export->program.next,
              }};
    f.writer.arrays = &f.arrays;
    int status = NEURON_E_MEMORY;
    if (f.functions && f.writer.has_arrays) {
        for (size_t s = 0; s < steps; s++)
            f.functions[s].body.context = context;
        status = fill_file(code, &f, header);
        for (size_t s = 0; s < steps; s++)
            neuron_code_end(&f.functions[s].body);
    }
    neuron_code_end(&f.arrays);
    neuron_release(context, f.functions);
    neuron_release(context, f.writer.has_arrays);
    return status;
}

void neuron_export_header(neuron_code *code, const neuron_export *export)
{
    neuron_code_add_text(code, "/* The network \"");
    neuron_code_comment(code, export->graph->name);
    neuron_code_add_text(code, "\", written by libneuron " NEURON_VERSION_STRING ". */\n");
    FILL(code, "#ifndef @NAME@_H\n#define @NAME@_H\n\n", TEXT("NAME", export->capitals));
    neuron_export_declarations(code, export);
    neuron_code_add_text(code, "#endif\n");
}
