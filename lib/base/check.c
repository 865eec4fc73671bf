/* What calls check of numbers that they were given. */
#include "base/text/number.h"
#include "base/status.h"

#include <math.h>

int neuron_check_range(int64_t value, int64_t least, int64_t most, const char *name,
                       const char *who)
{
    if (value >= least && value <= most)
        return NEURON_OK;
    if (most == INT64_MAX)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: %s is %" PRId64 "; it must be %" PRId64 " or more", who, name,
                           value, least);
    return neuron_fail(NEURON_E_ARGUMENT,
                       "%s: %s is %" PRId64 "; it must be %" PRId64 " to %" PRId64, who, name,
                       value, least, most);
}

int neuron_check_finite(double value, int as_float, const char *name, const char *who)
{
    char text[NEURON_NUMBER_TEXT];
    if (as_float ? isfinite((float)value) : isfinite(value))
        return NEURON_OK;
    return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is %s; it must be finite%s", who, name,
                       neuron_number_short(value, text), as_float ? " as float32" : "");
}

int neuron_check_part(int64_t first, int64_t count, int64_t all, const char *who)
{
    if (first >= 0 && count >= 0 && first <= all && count <= all - first)
        return NEURON_OK;
    return neuron_fail(NEURON_E_ARGUMENT,
                       "%s: first is %" PRId64 " and count %" PRId64
                       ", but the dataset has %" PRId64 " examples",
                       who, first, count, all);
}
