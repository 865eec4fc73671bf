/* What is known of the terminal that a file descriptor is, and of what the user wants. */
#include <libneuron-report/terminal.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_MAX = 100000 };

/* A number of columns, all of the text; 0 for anything else. */
static int64_t read_columns(const char *text)
{
    int64_t columns = 0;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9' || columns > COLUMNS_MAX)
            return 0;
        columns = columns * 10 + (*c - '0');
    }
    return columns > COLUMNS_MAX ? 0 : columns;
}

int64_t neuron_terminal_columns(int32_t descriptor)
{
    const char *columns = getenv("COLUMNS");
    int64_t said = columns ? read_columns(columns) : 0;
    struct winsize size = {0};
    if (said == 0 && ioctl(descriptor, TIOCGWINSZ, &size) == 0)
        said = size.ws_col;
    return said;
}

int32_t neuron_terminal_color(int32_t descriptor)
{
    const char *unwanted = getenv("NO_COLOR"), *kind = getenv("TERM");
    return !(unwanted && unwanted[0]) && kind && kind[0] && strcmp(kind, "dumb") != 0 &&
           isatty(descriptor);
}

int32_t neuron_terminal_unicode(void)
{
    static const char names[][9] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *locale = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !(locale && locale[0]); i++)
        locale = getenv(names[i]);
    const char *point = locale ? strchr(locale, '.') : NULL;
    return point && (strncasecmp(point, ".UTF-8", 6) == 0 || strncasecmp(point, ".utf8", 5) == 0);
}
