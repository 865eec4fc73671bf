/* What the programs share: how they are called, what they say, and how they end. */
#ifndef TOOLS_TOOL_H
#define TOOLS_TOOL_H

#include <libneuron/libneuron.h>

#include <stdbool.h>

/* What programs end with. */
enum { TOOL_DONE = 0, TOOL_FAILED = 1, TOOL_USAGE = 2 };

/* What a program is: its name, and what it says about itself. */
typedef struct tool {
    const char *name; /* "libneuron-predict" */
    const char *help; /* lines of 79 columns at most */
} tool_t;

/* Before options are read: messages about them begin with the name, too. */
void tool_begin(const tool_t *tool, char **argv);

/* Says in a line on the standard error what is wrong; the name of the program comes in front. */
void tool_complain(const tool_t *tool, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same with the message of a call of the library's that failed. */
void tool_complain_of_call(const tool_t *tool);

/* What is wrong with the way the program was called, and where help is; ends it. */
void tool_misused(const tool_t *tool, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* An option that all programs have was given, or '?' of getopt_long(), which has said what is
 * wrong: prints what it asks for, or where help is, and ends. */
void tool_tell(const tool_t *tool, int option) __attribute__((noreturn));
enum { TOOL_HELP = 1000, TOOL_VERSION, TOOL_OWN };

/* An integer that an option was given. */
long tool_number(const tool_t *tool, const char *option, const char *text, long least, long most);

/* A context, whose warnings go to the standard error, as all that it logs with `verbose`; ends
 * the program if there is none. */
neuron_context_t *tool_context(const tool_t *tool, bool verbose);

/* Columns of the terminal that the standard output is, or that COLUMNS says; 0 for a file. */
int tool_columns(void);

/* Prints a name of anybody's, with '?' for what would control a terminal. */
void tool_print_name(const char *name);

/* Flushes the standard output; what was not written is a failure that is said. The result is the
 * status, or TOOL_FAILED. */
int tool_finish(const tool_t *tool, int status);

/* Memory, or the end of the program. */
void *tool_allocate(const tool_t *tool, size_t count, size_t size);
char *tool_text(const tool_t *tool, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A number with commas, and bytes at a glance: "1,234,567", "1.2 MiB"; the text stays until the
 * call after the next four. */
const char *tool_count(int64_t number);
const char *tool_bytes(int64_t bytes);

/* A shape: "28x28x1". */
enum { TOOL_SHAPE = 176 };
const char *tool_shape(const int64_t *shape, int32_t rank, char text[TOOL_SHAPE]);

#endif
