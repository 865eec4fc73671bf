/* Identifiers, string literals, and what a comment may say. */
#include "source/text/identifier.h"

#include <stdio.h>
#include <string.h>

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_in_identifier(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
}

const char *neuron_identifier(const char *name, char text[NEURON_IDENTIFIER_TEXT])
{
    size_t length = 0;
    for (; name[length] && length < NEURON_IDENTIFIER_MAX; length++)
        text[length] = is_in_identifier(name[length]) ? name[length] : '_';
    text[length] = '\0';
    return text;
}

const char *neuron_identifier_capitals(const char *name, char text[NEURON_IDENTIFIER_TEXT])
{
    neuron_identifier(name, text);
    for (char *c = text; *c; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    return text;
}

bool neuron_is_identifier(const char *name, size_t size)
{
    if (size == 0 || size > NEURON_IDENTIFIER_MAX || !is_letter(*name))
        return false;
    for (size_t i = 0; i < size; i++)
        if (!is_in_identifier(name[i]))
            return false;
    return true;
}

/* Octal digits always are three, so that one behind them stays what it is; '?' could begin a
 * trigraph. */
void neuron_code_string(neuron_code *code, const char *text)
{
    neuron_code_add(code, "\"", 1);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        char escaped[8];
        if (strchr("\"\\?", *text))
            snprintf(escaped, sizeof escaped, "\\%c", *text);
        else if (c < ' ' || c > '~')
            snprintf(escaped, sizeof escaped, "\\%03o", c);
        else
            snprintf(escaped, sizeof escaped, "%c", *text);
        neuron_code_add(code, escaped, strlen(escaped));
    }
    neuron_code_add(code, "\"", 1);
}

void neuron_code_comment(neuron_code *code, const char *text)
{
    for (; *text; text++) {
        bool ends = *text == '*' || *text == '\\' || *text == '?';
        neuron_code_add(code, ends ? "_" : text, 1);
    }
}
