/* Lines that fit the terminal. */
#include "terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { USUAL_WIDTH = 80 };

int terminal_width(void)
{
    struct winsize size = {0};
    const char *columns = getenv("COLUMNS");

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    if (columns != NULL && atoi(columns) > 0)
        return atoi(columns);
    return USUAL_WIDTH;
}

static int total(const terminal_field_t *fields, int count)
{
    int width = 0;

    for (int i = 0; i < count; i++)
        if (fields[i].width > 0)
            width += fields[i].width + (width > 0 ? TERMINAL_GAP : 0);
    return width;
}

int terminal_fit(terminal_field_t *fields, int count, int width)
{
    while (total(fields, count) > width) {
        int least = -1;

        for (int i = 0; i < count; i++)
            if (fields[i].width > 0 && (least < 0 || fields[i].rank >= fields[least].rank))
                least = i;
        if (least < 0 || fields[least].rank == 0)
            break;
        fields[least].width = 0;
    }
    return total(fields, count);
}
