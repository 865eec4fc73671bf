/** @file options.h
 *  Options: what can be set of a thing, by names that the field uses.
 *
 *  Contexts, optimizers, losses, callbacks and augmentations are made with options as text and take
 *  more of it later, as trainers and nodes do; evaluations, searches, gradients, tables and single
 *  calls take theirs once:
 *
 *      neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.001, clip_norm=1");
 *      neuron_optimizer_set(adam, "beta_1=0.95");
 *      neuron_optimizer_set_number(adam, "learning_rate", rate);    what was computed
 *      neuron_optimizer_get_number(&rate, adam, "learning_rate");
 *
 *  The text is a list of `name=value`, separated by commas; blanks and line ends around names and
 *  values mean nothing. NULL and "" set nothing. Whatever the locale, a value is
 *
 *  - a number, with a point and an exponent if need be: 32, 0.001, 1e-7;
 *  - `yes` or `no` where something is on or off; `true`, `false`, `1` and `0` do as well;
 *  - one of the words that the option has: `padding=same`;
 *  - several of them, with blanks between: `metrics=roc_auc cohen_kappa`;
 *  - a text, say the name of a column: in quotes if it has a comma or quote, each quote doubled.
 *
 *  Where a layer has an option for height and one for width, such as `stride_height` and
 *  `stride_width`, the name without the side, `stride`, sets both.
 *
 *  A name that there is not, a value out of its bounds, a name that is given twice: such text is
 *  NEURON_E_ARGUMENT, and nothing of it is set. The message tells what would do:
 *
 *      adam: there is no option "lr"; did you mean "learning_rate"?
 *      adam: beta_1 is 1; it must be 0 or more and less than 1
 *
 *  The same names stand in saved files, reports and bindings. Numbers are kept as doubles.
 *  What options there are, for a binding or a program's help, is told by the calls below; each
 *  thing's header explains its own.
 */
#ifndef NEURON_OPTIONS_H
#define NEURON_OPTIONS_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One option of a kind, as a constant that lives for ever. Since 0.1. */
typedef struct neuron_option neuron_option_t;

/** What values an option has. Since 0.1. */
enum neuron_option_type {
    NEURON_OPTION_INTEGER = 10, /**< whole numbers */
    NEURON_OPTION_REAL = 20,    /**< numbers */
    NEURON_OPTION_FLAG = 30,    /**< yes or no; 1 or 0 as a number */
    NEURON_OPTION_WORD = 40,    /**< one of a few words */
    NEURON_OPTION_TEXT = 50,    /**< any text; with a comma or quote, in quotes */
    NEURON_OPTION_WORDS = 60    /**< any of a few words, with blanks between; or the first alone */
};

/** How many kinds a family has.
 *  @param family  "optimizer", "loss", "callback", "layer", "metric", "context", "augmentation",
 *                 "evaluation", "interval", "mcnemar", "quantization", "trainer", "csv", "stream",
 *                 "gradient", "import", "committee", "split" or "memory"; those from
 *                 "context" on have one kind, which is called as they are. Of callbacks these are
 *                 those of neuron_callback_create(). What libneuron-committee does has its options
 *                 told by neuron_committee_option().
 *  @return  0 for any other text and NULL. Any thread. Since 0.1. */
NEURON_API int64_t neuron_kind_count(const char *family);

/** The name of a kind: "adam".
 *  @param index  from 0.
 *  @return  a constant; NULL if there is none. Any thread. Since 0.1. */
NEURON_API const char *neuron_kind_name(const char *family, int64_t index);

/** An option of a kind.
 *  @param kind   its name.
 *  @param index  from 0, in an order that stays.
 *  @return  a constant; NULL if there is none: count up to it. Any thread. Since 0.1. */
NEURON_API const neuron_option_t *neuron_kind_option(const char *family, const char *kind,
                                                     int64_t index);

/** The name of an option. All of these return NULL, NaN or 0 for NULL. Any thread. Since 0.1. */
NEURON_API const char *neuron_option_name(const neuron_option_t *option);

/** NEURON_OPTION_INTEGER, NEURON_OPTION_REAL, NEURON_OPTION_FLAG, NEURON_OPTION_WORD,
 *  NEURON_OPTION_TEXT or NEURON_OPTION_WORDS. Any thread. Since 0.1. */
NEURON_API int32_t neuron_option_type(const neuron_option_t *option);

/** One line on what an option does. A constant. Any thread. Since 0.1. */
NEURON_API const char *neuron_option_help(const neuron_option_t *option);

/** The least value of a number or flag.
 *  @return  NaN for an option of words or text, and NULL. Any thread. Since 0.1. */
NEURON_API double neuron_option_minimum(const neuron_option_t *option);

/** The largest value of a number or flag, which is included.
 *  @return  NaN for an option of words or text, and NULL. Any thread. Since 0.1. */
NEURON_API double neuron_option_maximum(const neuron_option_t *option);

/** What a number or flag is if it is not set. It does not count where a builder call is given the
 *  number, as a dense layer its units, nor for the strides of pooling layers, which are as large as
 *  the window.
 *  @return  NaN for an option of words or text, one that need not be set, and NULL. Any thread.
 *           Since 0.1. */
NEURON_API double neuron_option_default(const neuron_option_t *option);

/** A word that an option may be, the default first.
 *  @param index  from 0.
 *  @return  a constant; NULL behind the last, and for one of numbers or text. Any thread.
 *           Since 0.1. */
NEURON_API const char *neuron_option_word(const neuron_option_t *option, int64_t index);

#ifdef __cplusplus
}
#endif

#endif
