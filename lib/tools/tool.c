/* Messages, numbers and texts of all programs. */
#include "tools/tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void tool_begin(const tool_t *tool, char **argv)
{
    argv[0] = (char *)(uintptr_t)tool->name;
}

static void say(const tool_t *tool, const char *format, va_list arguments)
{
    fflush(stdout);
    fprintf(stderr, "%s: ", tool->name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

void tool_complain(const tool_t *tool, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(tool, format, arguments);
    va_end(arguments);
}

void tool_complain_of_call(const tool_t *tool)
{
    tool_complain(tool, "%s", neuron_error_last());
}

static void tell_help(const tool_t *tool)
{
    fprintf(stderr, "Try '%s --help'.\n", tool->name);
}

void tool_misused(const tool_t *tool, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(tool, format, arguments);
    va_end(arguments);
    tell_help(tool);
    exit(TOOL_USAGE);
}

void tool_tell(const tool_t *tool, int option)
{
    if (option == '?') {
        tell_help(tool);
        exit(TOOL_USAGE);
    }
    if (option == TOOL_VERSION)
        printf("%s (libneuron) %s\n", tool->name, neuron_version_string());
    else
        fputs(tool->help, stdout);
    exit(tool_finish(tool, TOOL_DONE));
}

long tool_number(const tool_t *tool, const char *option, const char *text, long least, long most)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (end == text || *end || errno || number < least || number > most)
        tool_misused(tool, "%s is \"%s\"; it must be an integer from %ld to %ld", option, text,
                     least, most);
    return number;
}

static void log_line(int32_t level, const char *category, const char *text, void *user_data)
{
    const tool_t *tool = user_data;
    (void)level;
    (void)category;
    fprintf(stderr, "%s: %s\n", tool->name, text);
}

neuron_context_t *tool_context(const tool_t *tool, bool verbose)
{
    neuron_context_t *context;
    if (neuron_context_create(&context, NULL) < 0 ||
        neuron_context_set_log(context, verbose ? NEURON_LOG_INFO : NEURON_LOG_WARNING, log_line,
                               (void *)(uintptr_t)tool, NULL) < 0) {
        tool_complain_of_call(tool);
        exit(TOOL_FAILED);
    }
    return context;
}

int tool_columns(void)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    if (columns && atoi(columns) > 0)
        return atoi(columns);
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 0;
}

void tool_print_name(const char *name)
{
    for (; *name; name++)
        putchar((unsigned char)*name < ' ' || *name == 127 ? '?' : *name);
}

int tool_finish(const tool_t *tool, int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    tool_complain(tool, "the output could not be written: %s", strerror(errno));
    return TOOL_FAILED;
}

void *tool_allocate(const tool_t *tool, size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (!memory) {
        tool_complain(tool, "there is no memory for %zu things of %zu bytes", count, size);
        exit(TOOL_FAILED);
    }
    return memory;
}

char *tool_text(const tool_t *tool, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = tool_allocate(tool, (size_t)size + 1, 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)size + 1, format, arguments);
    va_end(arguments);
    return text;
}

/* Room for a short text, of which four live at a time. */
enum { ROOM = 48, ROOMS = 4 };
static char *next_room(void)
{
    static char rooms[ROOMS][ROOM];
    static int next;
    return rooms[next++ % ROOMS];
}

const char *tool_count(int64_t number)
{
    char digits[24], *text = next_room();
    size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRId64, number), used = 0;
    for (size_t i = 0; i < length; i++) {
        text[used++] = digits[i];
        if ((length - i - 1) % 3 == 0 && i + 1 < length && digits[i] != '-')
            text[used++] = ',';
    }
    text[used] = '\0';
    return text;
}

const char *tool_bytes(int64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    char *text = next_room();
    double size = (double)bytes / 1024;
    int unit = 0;
    if (bytes < 1024) {
        snprintf(text, ROOM, "%" PRId64 " bytes", bytes);
        return text;
    }
    for (; size >= 1024 && unit < 3; unit++)
        size /= 1024;
    snprintf(text, ROOM, "%.1f %s", size, units[unit]);
    return text;
}

const char *tool_shape(const int64_t *shape, int32_t rank, char text[TOOL_SHAPE])
{
    size_t used = 0;
    snprintf(text, TOOL_SHAPE, "one number");
    for (int32_t a = 0; a < rank; a++)
        used += (size_t)snprintf(text + used, TOOL_SHAPE - used, "%s%" PRId64, a > 0 ? "x" : "",
                                 shape[a]);
    return text;
}
