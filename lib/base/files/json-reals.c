/* The real numbers of a JSON text, which Jansson reads and writes by the locale's decimal
 * point: they are found again in the text, in its order, and converted by
 * base/text/number.c, which knows no locale. */
#include "base/files/json-reals.h"

#include "base/text/number.h"

#include <math.h>
#include <string.h>

/* A text that is gone through from number to number. */
typedef struct walk {
    const char *at, *end;
} walk;

typedef struct number {
    const char *text;
    size_t size;
    bool real;
} number;

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* Behind a string; an escape is never its end. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        at += *at == '\\' && at + 1 < end;
    return at < end ? at + 1 : end;
}

/* Behind what begins with one of two characters and goes on with digits; else where it was. */
static const char *skip_part(const char *at, const char *end, char first, char other, bool sign)
{
    if (at == end || (*at != first && *at != other))
        return at;
    const char *digits = at + 1;
    digits += sign && digits < end && (*digits == '+' || *digits == '-');
    const char *behind = skip_digits(digits, end);
    return behind > digits ? behind : at;
}

/* The longest number that begins here. */
static number number_at(const char *at, const char *end)
{
    const char *digits = at + (*at == '-');
    bool zero = digits < end && *digits == '0';
    const char *whole = zero ? digits + 1 : skip_digits(digits, end);
    const char *point = skip_part(whole, end, '.', '.', false);
    const char *behind = skip_part(point, end, 'e', 'E', true);
    /* An exponent without digits is an error, which the library is left to find. */
    bool broken = behind == point && behind < end && (*behind == 'e' || *behind == 'E');
    return (number){at, whole > digits ? (size_t)(behind - at) : 0, behind > whole && !broken};
}

/* The next number outside of strings; without a text if there is none. */
static number next_number(walk *in)
{
    while (in->at < in->end) {
        if (*in->at == '"') {
            in->at = skip_string(in->at, in->end);
            continue;
        }
        number found = number_at(in->at, in->end);
        in->at += found.size > 0 ? found.size : 1;
        if (found.size > 0)
            return found;
    }
    return (number){NULL, 0, false};
}

size_t neuron_json_hide_reals(char *text, size_t size)
{
    walk in = {text, text + size};
    size_t count = 0;
    for (number found; (found = next_number(&in)).text;) {
        if (!found.real)
            continue;
        /* The sign stays: two of them are no number. */
        char *place = text + (found.text - text);
        size_t sign = *place == '-';
        memset(place + sign, ' ', found.size - sign);
        place[sign] = '0';
        count++;
    }
    return count;
}

/* What stands for the next number of the text: NULL for the value itself, or if there is no memory
 * or the number is too large. */
typedef struct reals {
    walk in;
    const char *too_large;
    bool failed;
} reals;

static json_t *real_of(reals *r)
{
    const number found = next_number(&r->in);
    if (!found.real)
        return NULL;
    double value = neuron_number_read(found.text, found.size);
    if (isinf(value)) {
        r->too_large = found.text;
        return NULL;
    }
    json_t *made = json_real(value);
    r->failed = r->failed || !made;
    return made;
}

static void show(json_t *json, reals *r);

/* Objects and arrays are as in the text: in its order. */
static void show_in_object(json_t *object, reals *r)
{
    for (void *place = json_object_iter(object); place && !r->failed && !r->too_large;
         place = json_object_iter_next(object, place)) {
        json_t *value = json_object_iter_value(place);
        json_t *real = json_is_integer(value) ? real_of(r) : NULL;
        if (real)
            json_object_iter_set_new(object, place, real);
        else
            show(value, r);
    }
}

static void show_in_array(json_t *array, reals *r)
{
    for (size_t i = 0; i < json_array_size(array) && !r->failed && !r->too_large; i++) {
        json_t *value = json_array_get(array, i);
        json_t *real = json_is_integer(value) ? real_of(r) : NULL;
        if (real)
            json_array_set_new(array, i, real);
        else
            show(value, r);
    }
}

static void show(json_t *json, reals *r)
{
    if (json_is_object(json))
        show_in_object(json, r);
    else if (json_is_array(json))
        show_in_array(json, r);
}

const char *neuron_json_show_reals(json_t *json, const char *text, size_t size, bool *failed)
{
    reals r = {{text, text + size}, NULL, false};
    show(json, &r);
    *failed = r.failed;
    return r.too_large;
}
