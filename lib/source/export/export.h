/* A file of C while it is written. */
#ifndef SOURCE_EXPORT_EXPORT_H
#define SOURCE_EXPORT_EXPORT_H

#include "source/program/program.h"

/* Keys and words of the options: see neuron_source_export(). */
enum {
    NEURON_SOURCE_NAME = 1,
    NEURON_SOURCE_HEADER,
    NEURON_SOURCE_WORKSPACE,
    NEURON_SOURCE_LINKAGE
};
enum { NEURON_SOURCE_STATIC = 1, NEURON_SOURCE_CALLER, NEURON_SOURCE_EXTERNAL };

typedef struct neuron_export {
    const neuron_graph_t *graph;
    char name[NEURON_IDENTIFIER_TEXT], capitals[NEURON_IDENTIFIER_TEXT];
    bool header;           /* declarations are in a file of their own */
    bool caller_workspace; /* that is an argument */
    bool is_static;        /* all of it is for the file that includes it */
    neuron_program program;
} neuron_export;

/* Adds what other files see: sizes, names of classes, functions. */
void neuron_export_declarations(neuron_code *code, const neuron_export *export);

/* Adds the whole file. The declarations stand in front of it, or in the file `header`, which it
 * includes; NULL for none. */
int neuron_export_source(neuron_code *code, const neuron_export *export, const char *header);

/* The file of declarations. */
void neuron_export_header(neuron_code *code, const neuron_export *export);

/* ---- Ends: inputs and outputs ---- */

/* What an end is called as an argument, "input" or "input_left"; in capitals as part of a name:
 * "INPUT_LEFT". */
enum { NEURON_END_TEXT = NEURON_IDENTIFIER_TEXT + 32 };
const char *neuron_end_name(const neuron_export *export, bool input, int64_t index,
                            char text[NEURON_END_TEXT]);

/* Adds the arguments of a function, between its brackets. */
void neuron_export_arguments(neuron_code *code, const neuron_export *export, bool bytes,
                             bool workspace);

/* Adds the functions that predict, and what they work with. */
void neuron_export_functions(neuron_code *code, const neuron_export *export);

/* Adds the arrays of class names. */
void neuron_export_class_names(neuron_code *code, const neuron_export *export);

/* How many names an output has; 0 if they are not known. */
int64_t neuron_export_class_count(const neuron_export *export, int64_t output);

#endif
