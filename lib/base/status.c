/* The last message of each thread, and the checks of arguments that write it. */
#include "base/status.h"

#include "base/text/utf8.h"

#include <stdio.h>
#include <string.h>

/* docs/design.md names all thread-locals of the library. */
static _Thread_local struct {
    char text[NEURON_MESSAGE_SIZE];
    uint64_t count; /* of texts so far */
} last_message;

void neuron_format_line(char *line, size_t size, const char *format, va_list arguments)
{
    int length = vsnprintf(line, size, format, arguments);
    neuron_utf8_clean(line, length < 0 || (size_t)length >= size);
}

void neuron_set_message(const char *format, ...)
{
    /* Built aside, because an argument may be the last message itself. */
    char message[NEURON_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    neuron_format_line(message, sizeof message, format, arguments);
    va_end(arguments);
    memcpy(last_message.text, message, sizeof last_message.text);
    last_message.count++;
}

uint64_t neuron_message_count(void)
{
    return last_message.count;
}

void neuron_set_call_message(uint64_t before, const char *format, ...)
{
    const char *reason = last_message.count == before ? "" : last_message.text;
    char message[NEURON_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    neuron_format_line(message, sizeof message, format, arguments);
    va_end(arguments);
    neuron_set_message("%s%s%s", message, reason[0] ? ": " : "", reason);
}

const char *neuron_error_last(void)
{
    return last_message.text;
}

const char *neuron_error_name(int status)
{
    switch (status) {
    case NEURON_OK:
        return "NEURON_OK";
    case NEURON_E_ARGUMENT:
        return "NEURON_E_ARGUMENT";
    case NEURON_E_SHAPE:
        return "NEURON_E_SHAPE";
    case NEURON_E_TYPE:
        return "NEURON_E_TYPE";
    case NEURON_E_STATE:
        return "NEURON_E_STATE";
    case NEURON_E_MEMORY:
        return "NEURON_E_MEMORY";
    case NEURON_E_IO:
        return "NEURON_E_IO";
    case NEURON_E_FORMAT:
        return "NEURON_E_FORMAT";
    case NEURON_E_DATA:
        return "NEURON_E_DATA";
    case NEURON_E_NOT_FINITE:
        return "NEURON_E_NOT_FINITE";
    case NEURON_E_UNSUPPORTED:
        return "NEURON_E_UNSUPPORTED";
    case NEURON_E_CALLBACK:
        return "NEURON_E_CALLBACK";
    default:
        return "unknown";
    }
}

const char *neuron_version_string(void)
{
    return NEURON_VERSION_STRING;
}

int32_t neuron_version_number(void)
{
    return NEURON_VERSION_NUMBER;
}

int32_t neuron_version_abi(void)
{
    return NEURON_ABI_VERSION;
}
