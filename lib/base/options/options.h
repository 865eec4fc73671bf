/* Options: what can be set of a layer, a loss, an optimizer, a callback,
 * an augmentation or a trainer.
 *
 * Each kind of object has a table with a row for each of its options, and each object the values
 * that belong to it. All is found by key or name, never by place. Public calls are made of
 * base/options/calls.h; files are written and read by base/options/json.h. In messages `who` is
 * what the caller knows the object by. */
#ifndef BASE_OPTIONS_OPTIONS_H
#define BASE_OPTIONS_OPTIONS_H

#include <libneuron/options.h>

#include "base/compiler/attributes.h"
#include "base/options/word.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct neuron_option {
    int32_t key, type; /* NEURON_NODE_UNITS, ..., not 0; NEURON_OPTION_... */
    const char *name;  /* the key's without its prefix, in lower case: in files and messages */
    union {
        double minimum;           /* of a number */
        const neuron_word *words; /* all that are allowed: see neuron_option_words() */
    };
    double maximum;
    double standard;  /* its default; NaN for a real number that need not be set */
    const char *help; /* one line for who sets it */
} neuron_option;

/* All words that are allowed; NULL of a number. */
static inline const neuron_word *neuron_option_words(const neuron_option *option)
{
    bool has = option->type == NEURON_OPTION_WORD || option->type == NEURON_OPTION_WORDS;
    return has ? option->words : NULL;
}

/* The rows of a table. */
#define NEURON_INTEGER(key, name, minimum, maximum, standard, help)                                \
    {                                                                                              \
        key, NEURON_OPTION_INTEGER, name, {minimum}, maximum, standard, help                       \
    }
#define NEURON_FLAG(key, name, standard, help)                                                     \
    {                                                                                              \
        key, NEURON_OPTION_FLAG, name, {0}, 1, standard, help                                      \
    }
#define NEURON_REAL(key, name, minimum, maximum, standard, help)                                   \
    {                                                                                              \
        key, NEURON_OPTION_REAL, name, {minimum}, maximum, standard, help                          \
    }
#define NEURON_TEXT(key, name, help)                                                               \
    {                                                                                              \
        key, NEURON_OPTION_TEXT, name, {NAN}, NAN, NAN, help                                       \
    }
#define NEURON_CHOICE(key, name, allowed, standard, help)                                          \
    {                                                                                              \
        key, NEURON_OPTION_WORD, name, {.words = allowed}, 0, standard, help                       \
    }

/* Of a list of words: the value is a number with a bit for each but the first, which stands for
 * none of them. */
#define NEURON_WORDS(key, name, allowed, help)                                                     \
    {                                                                                              \
        key, NEURON_OPTION_WORDS, name, {.words = allowed}, 0, 0, help                             \
    }

/* The last double below 1, for what must be less than 1; what must be above 0 has FLT_MIN or
 * DBL_MIN, by what it is calculated in. Messages call such bounds by the number left out. */
#define NEURON_BELOW_ONE (1 - DBL_EPSILON / 2)

typedef struct neuron_option_table {
    const neuron_option *rows;
    int64_t count;
} neuron_option_table;

/* The most that an object has: a committee that is fitted. */
enum { NEURON_OPTIONS_MAX = 24 };

/* The table of an array of rows; one with too many does not compile. */
#define NEURON_OPTION_TABLE(array)                                                                 \
    {                                                                                              \
        array, (int32_t)(sizeof array / sizeof array[0] +                                          \
                         0 * sizeof(struct {                                                       \
                             _Static_assert(sizeof array / sizeof array[0] <= NEURON_OPTIONS_MAX,  \
                                            "raise NEURON_OPTIONS_MAX");                           \
                             char unused;                                                          \
                         }))                                                                       \
    }

/* The values of one object, in the order of its table's rows. */
typedef struct neuron_options {
    const neuron_option_table *table;
    double values[NEURON_OPTIONS_MAX];
    uint32_t given;     /* a bit for each row that the last public call named, changed or not */
    const char *parsed; /* the last text: the value of a text option is where it stands in there */
} neuron_options;

_Static_assert(NEURON_OPTIONS_MAX <= 32, "a bit for each option");

/* One option with a value, in lists that end with key 0. */
typedef struct neuron_setting {
    int32_t key;
    double value;
} neuron_setting;

/* The defaults of a table. */
NEURON_SHARED void neuron_options_reset(neuron_options *options, const neuron_option_table *table);

/* The same with a list of settings, which are not checked; NULL for none. */
NEURON_SHARED void neuron_options_make(neuron_options *options, const neuron_option_table *table,
                                       const neuron_setting *settings);

/* The row of a key, or of a name; NULL if there is none. */
const neuron_option *neuron_options_find(const neuron_option_table *table, int32_t key);
const neuron_option *neuron_options_find_name(const neuron_option_table *table, const char *name,
                                              size_t size);

/* Whether values are whole numbers, be they words. */
static inline bool neuron_option_is_whole(const neuron_option *option)
{
    return option->type != NEURON_OPTION_REAL;
}

/* Where the value of a row of the object's table is. */
static inline double *neuron_options_at(neuron_options *options, const neuron_option *row)
{
    return &options->values[row - options->table->rows];
}

/* The value of an option that the object has; sets it without a check. */
NEURON_SHARED double neuron_options_value(const neuron_options *options, int32_t key);
NEURON_SHARED void neuron_options_put(neuron_options *options, int32_t key, double value);

/* What public calls do: see libneuron/options.h. A refused one changes nothing. */
NEURON_SHARED int neuron_options_parse(neuron_options *options, const char *text, const char *who);
NEURON_SHARED int neuron_options_set_number(neuron_options *options, const char *name, double value,
                                            const char *who);
NEURON_SHARED int neuron_options_get_number(const neuron_options *options, const char *name,
                                            double *value, const char *who);
NEURON_SHARED int neuron_options_get_text(const neuron_options *options, const char *name,
                                          char *text, size_t capacity, size_t *needed,
                                          const char *who);

/* Whether that call named an option of the object. */
NEURON_SHARED bool neuron_options_given(const neuron_options *options, int32_t key);

/* The value of a text option, as long as the text that was parsed last is there; NULL if that had
 * none. A comma in quotes does not end it. */
NEURON_SHARED const char *neuron_options_given_text(const neuron_options *options, int32_t key,
                                                    size_t *size);

/* True if the option may be set to `value`; false for a NaN. */
bool neuron_option_allows(const neuron_option *option, double value);

/* NEURON_E_ARGUMENT if an option, or one of an object's that all have
 * to be set, may not be that. */
int neuron_option_check(const neuron_option *option, double value, const char *who);
int neuron_options_check(const neuron_options *options, const char *who);

/* What an option must be: "1 to 1,024", "yes or no", "valid or same". */
enum { NEURON_ALLOWED_TEXT = 400 };
const char *neuron_option_allowed(const neuron_option *option, char text[NEURON_ALLOWED_TEXT]);

/* What messages show of a value: an enumerator's name, "none" where it is not set, or the number
 * with as many digits as tell it from `other`. */
enum { NEURON_VALUE_TEXT = 336 };
const char *neuron_option_show(const neuron_option *option, double value, double other,
                               char text[NEURON_VALUE_TEXT]);

/* What to say of a name that none of a list has: `; did you mean "learning_rate"?`, or nothing if
 * none looks like it. `name_at` gives the names in turn, and NULL behind the last. */
enum { NEURON_NEAREST_TEXT = 64 };
typedef const char *(*neuron_name_at)(const void *list, int64_t index);
const char *neuron_nearest_name(const char *name, size_t length, neuron_name_at name_at,
                                const void *list, char text[NEURON_NEAREST_TEXT]);

/* NEURON_E_ARGUMENT for such a name of a kind, which may be NULL: `optimizer: there is no rule
 * "adm"; did you mean "adam"?` */
int neuron_refuse_kind(const char *name, const char *what, neuron_name_at name_at, const void *list,
                       const char *who);

/* What an object has for options, such as "; its options are units, use_bias". */
enum { NEURON_OPTIONS_TEXT = 400 };
const char *neuron_options_text(const neuron_option_table *table, char text[NEURON_OPTIONS_TEXT]);

#endif
