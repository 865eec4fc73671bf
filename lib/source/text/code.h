/* Code that grows: text in pieces, which are never copied, however long it becomes. What follows a
 * failure is left out: who writes looks once, at the end. */
#ifndef SOURCE_TEXT_CODE_H
#define SOURCE_TEXT_CODE_H

#include "base/context.h"

typedef struct neuron_code_piece {
    struct neuron_code_piece *next;
    size_t size, capacity;
    char bytes[];
} neuron_code_piece;

typedef struct neuron_code {
    neuron_context_t *context;
    neuron_code_piece *first, *last; /* NULL before the first byte */
    size_t size;
    int64_t depth;  /* braces that are open */
    int64_t column; /* characters of the line so far; 0 at its beginning */
    bool continued; /* the line goes on with a statement of the one before it */
    char before;    /* the last character that was no blank or line end; 0 for none */
    bool directive; /* the line is one of the preprocessor, and so is the next if it ends so */
    bool failed;    /* there was no memory, or a name in a template has no field */
} neuron_code;

void neuron_code_end(neuron_code *code) __attribute__((nothrow));

/* Empty code, which ends with its block, however that is left. */
#define NEURON_CODE(name, of_context)                                                              \
    neuron_code name __attribute__((cleanup(neuron_code_end))) = {.context = (of_context)}

/* Adds bytes, or a text, as they are. */
void neuron_code_add(neuron_code *code, const char *bytes, size_t size);
void neuron_code_add_text(neuron_code *code, const char *text);

/* What a name in a template stands for: a text, or without one a whole number. */
typedef struct neuron_field {
    const char *name, *text;
    int64_t number;
} neuron_field;

/* Adds lines of C, in which @name@ stands for a field. Lines are indented by the braces that are
 * open, and those that go on with a statement by one step more, so that templates need not be. */
void neuron_code_fill(neuron_code *code, const char *template, const neuron_field *fields,
                      size_t count);

#define FILL(code, template, ...)                                                                  \
    neuron_code_fill(code, template, (const neuron_field[]){__VA_ARGS__},                          \
                     sizeof((const neuron_field[]){__VA_ARGS__}) / sizeof(neuron_field))
#define NUMBER(name, value)                                                                        \
    (neuron_field)                                                                                 \
    {                                                                                              \
        name, NULL, value                                                                          \
    }
#define TEXT(name, value)                                                                          \
    (neuron_field)                                                                                 \
    {                                                                                              \
        name, value, 0                                                                             \
    }

/* Lines without fields. */
void neuron_code_put(neuron_code *code, const char *lines);

/* Moves all pieces of another behind those of this one; the other is empty then. */
void neuron_code_append(neuron_code *code, neuron_code *other);

/* Whether two are the same text. */
bool neuron_code_same(const neuron_code *a, const neuron_code *b);

/* 0, or NEURON_E_MEMORY as the allocator has told it. */
int neuron_code_status(const neuron_code *code);

#endif
