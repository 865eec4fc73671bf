/* Options: numbers that an object carries. Its kind has a table of them, and the object their
 * values, in the order of the table. In messages `who` is what the caller knows the object by. */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <float.h>
#include <stdbool.h>
#include <stdint.h>

/* It is set by `key`, saved by `name`. */
typedef struct neuron_option {
    int32_t key;
    const char *name;
    bool whole;
    double minimum, maximum, fallback;
    const int32_t *choices; /* ended by 0: nothing else between the bounds; NULL for all of it */
} neuron_option;

/* The last double below 1, for what must be less than 1; what must be above 0 has FLT_MIN or
 * DBL_MIN, by what it is calculated in. Messages call such bounds by the number left out. */
#define NEURON_BELOW_ONE (1 - DBL_EPSILON / 2)

typedef struct neuron_option_table {
    const neuron_option *rows;
    int32_t count;
} neuron_option_table;

/* The table of an array of rows. */
#define NEURON_OPTION_TABLE(array)                                                                 \
    {                                                                                              \
        array, sizeof array / sizeof array[0]                                                      \
    }

/* Place of an option in the table, or -1. */
int32_t neuron_options_find(const neuron_option_table *table, int32_t key);

/* What an object has for options, such as "; its options are units (10) and use_bias (20)". */
enum { NEURON_OPTIONS_TEXT = 320 };
const char *neuron_options_text(const neuron_option_table *table, char text[NEURON_OPTIONS_TEXT]);

/* The same with a message for the caller of a public function. */
int neuron_options_look_up(const neuron_option_table *table, int32_t key, const char *who,
                           int32_t *index);

/* True if the option may be `value`; false for a NaN. */
bool neuron_option_takes(const neuron_option *option, double value);

/* NEURON_E_ARGUMENT if it may not be `value`. */
int neuron_option_check(const neuron_option *option, double value, const char *who);

/* NEURON_E_ARGUMENT if the option is not of the kind, a whole or a real number, that it is to be set
 * or read as. */
int neuron_option_check_kind(const neuron_option *option, bool whole, const char *who);

/* Gives all options their defaults. */
void neuron_options_reset(const neuron_option_table *table, double *values);

/* The place of an option that is to become `value`, if all of that may be. */
int neuron_options_look_up_for(const neuron_option_table *table, int32_t key, double value,
                               bool whole, const char *who, int32_t *index);

/* The calls that every object with options has. */
int neuron_options_set_int(const neuron_option_table *table, double *values, int32_t key,
                           int64_t value, const char *who);
int neuron_options_set_float(const neuron_option_table *table, double *values, int32_t key,
                             double value, const char *who);
int neuron_options_get_int(const neuron_option_table *table, const double *values, int32_t key,
                           int64_t *value, const char *who);
int neuron_options_get_float(const neuron_option_table *table, const double *values, int32_t key,
                             double *value, const char *who);
int neuron_options_bounds(const neuron_option_table *table, int32_t key, double *minimum,
                          double *maximum, const char *who);

/* The value of an option that the table has. */
double neuron_options_value(const neuron_option_table *table, const double *values, int32_t key);

#endif
