/* UTF-8: where characters begin and end, and making a text valid that was cut or never was. */
#include "base/text/utf8.h"

#include <string.h>

/* What the first byte of a sequence promises, which may be broken. */
static size_t promised_length(unsigned char first)
{
    static const unsigned char first_of_length[] = {0, 0, 0xc2, 0xe0, 0xf0, 0xf5};
    size_t length = 1;
    while (length < 4 && first >= first_of_length[length + 1])
        length++;
    return first < first_of_length[5] ? length : 1;
}

size_t neuron_utf8_length(const char *string)
{
    const unsigned char *text = (const unsigned char *)string;
    size_t length = promised_length(text[0]);
    if (length == 1)
        return text[0] < 0x80;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] >= 0xa0) ||
        (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] >= 0x90))
        return 0;
    return length;
}

/* The controls of ASCII and of Latin-1 (U+0080 to U+009F), and U+2028 and U+2029, which separate
 * lines. */
static bool is_control(const unsigned char *text, size_t length)
{
    if (length == 1)
        return text[0] < 0x20 || text[0] == 0x7f;
    return (text[0] == 0xc2 && text[1] < 0xa0) ||
           (text[0] == 0xe2 && text[1] == 0x80 && (text[2] == 0xa8 || text[2] == 0xa9));
}

size_t neuron_utf8_next(const char *text, bool *printable)
{
    size_t length = neuron_utf8_length(text);
    *printable = length > 0 && !is_control((const unsigned char *)text, length);
    if (length > 0)
        return length;
    size_t promised = promised_length((unsigned char)text[0]);
    for (length = 1; length < promised; length++)
        if ((text[length] & 0xc0) != 0x80)
            break;
    return length;
}

void neuron_utf8_clean(char *text, bool cut)
{
    char *to = text;
    bool printable;
    for (size_t length; *text; text += length) {
        length = neuron_utf8_next(text, &printable);
        if (printable)
            to = (char *)memmove(to, text, length) + length;
        else if (!cut || text[length] || length >= promised_length((unsigned char)*text))
            *to++ = '?';
    }
    *to = '\0';
}
