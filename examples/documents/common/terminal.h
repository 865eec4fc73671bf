/* Lines that fit the terminal. */
#ifndef TERMINAL_H
#define TERMINAL_H

enum { TERMINAL_GAP = 2 }; /* blanks between two fields */

/* A part of a line; of a line that is too long those with the largest rank go first, and of these
 * the last. One of rank 0 always stays. */
typedef struct {
    int width; /* 0 for one that is left out */
    int rank;
} terminal_field_t;

/* Columns of the terminal that stdout is, of what COLUMNS says if it is none, or 80. */
int terminal_width(void);

/* Leaves out fields until the line has at most `width` columns. Returns those that it has. */
int terminal_fit(terminal_field_t *fields, int count, int width);

#endif
