/* Numbers stored beside a model: see external.h. A stranger's file names the other one, so it
 * may be none but one that lies in the same folder: no path, and no link. */
#include "onnx/import/external.h"

#include "base/files/file.h"
#include "base/text/utf8.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 255 };

static const char *entry(const Neuron__Onnx__Tensor *tensor, const char *key)
{
    for (size_t i = 0; i < tensor->n_external_data; i++)
        if (tensor->external_data[i]->key && strcmp(tensor->external_data[i]->key, key) == 0)
            return tensor->external_data[i]->value;
    return NULL;
}

/* A number of bytes; false if the text is none. */
static bool read_number(const char *text, size_t *number)
{
    *number = 0;
    if (!*text)
        return false;
    for (; *text; text++)
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(*number, (size_t)10, number) ||
            __builtin_add_overflow(*number, (size_t)(*text - '0'), number))
            return false;
    return true;
}

static bool is_file_name(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length <= NAME_MAX_BYTES && !strpbrk(name, "/\\:") &&
           strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* What may still be read of a file: tensors that share numbers read them more than once, but no
 * file is read without end. */
static int64_t *left_of(neuron_onnx_reader *reader, const char *name, size_t size)
{
    for (neuron_onnx_external *known = reader->external; known; known = known->before)
        if (strcmp(known->name, name) == 0)
            return &known->left;
    neuron_onnx_external *made = neuron_onnx_reader_get(reader, 1, sizeof *made);
    if (!made)
        return NULL;
    made->before = reader->external;
    made->name = name;
    made->left = size > INT64_MAX / 2 ? INT64_MAX : 2 * (int64_t)size;
    reader->external = made;
    reader->numbers += size;
    return &made->left;
}

/* The part of the file that an entry tells. */
static int check_part(size_t *offset, neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                      const Neuron__Onnx__Tensor *tensor, const char *file, size_t size,
                      size_t needed, const char *name)
{
    const char *begin = entry(tensor, "offset"), *length = entry(tensor, "length");
    size_t bytes = needed;
    *offset = 0;
    if ((begin && !read_number(begin, offset)) || (length && !read_number(length, &bytes)) ||
        bytes != needed || *offset > size || needed > size - *offset)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "\"%.127s\" is %zu bytes at %zu of \"%s\", which has %zu", name,
                                  needed, *offset, file, size);
    int64_t *left = left_of(reader, file, size);
    if (!left)
        return NEURON_E_MEMORY;
    if (needed > (uint64_t)*left)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "\"%s\" is read again and again", file);
    *left -= (int64_t)needed;
    return NEURON_OK;
}

static int read_part(void *bytes, const char *path, size_t offset, size_t size)
{
    int file;
    size_t all;
    RETURN_IF_ERROR(neuron_file_open(&file, &all, path));
    int status = neuron_file_read_at(file, path, offset, bytes, size);
    close(file);
    return status;
}

/* Where the file lies, which is there and is no link. */
static int find_file(char **path, size_t *size, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from, const char *file, const char *name)
{
    struct stat found;
    if (!reader->folder)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "\"%.127s\" is in the file \"%.127s\", and bytes in memory have "
                                  "none beside them",
                                  name, file);
    if (!is_file_name(file))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "\"%.127s\" is in \"%.127s\"; what is not in the file must be "
                                  "beside it",
                                  name, file);
    size_t room = strlen(reader->folder) + strlen(file) + 1;
    *path = neuron_onnx_memory_get(&reader->memory, room, 1);
    if (!*path)
        return NEURON_E_MEMORY;
    snprintf(*path, room, "%s%s", reader->folder, file);
    if (lstat(*path, &found) < 0)
        return neuron_onnx_refuse(reader, from, NEURON_E_IO,
                                  "\"%.127s\" is in \"%.127s\", which is not beside the file", name,
                                  file);
    if (!S_ISREG(found.st_mode) || found.st_size < 0 || (uint64_t)found.st_size > SIZE_MAX)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "\"%.127s\" is in \"%.127s\", which is no regular file", name,
                                  file);
    *size = (size_t)found.st_size;
    return NEURON_OK;
}

int neuron_onnx_external_read(const Neuron__Onnx__Tensor **read, neuron_onnx_reader *reader,
                              const neuron_onnx_operator *from, const Neuron__Onnx__Tensor *tensor,
                              int64_t bytes, const char *name)
{
    char *path = NULL;
    size_t size = 0, offset;
    const char *file = entry(tensor, "location");
    RETURN_IF_ERROR(find_file(&path, &size, reader, from, file ? file : "", name));
    RETURN_IF_ERROR(check_part(&offset, reader, from, tensor, file, size, (size_t)bytes, name));
    Neuron__Onnx__Tensor *made = neuron_onnx_reader_get(reader, 1, sizeof *made);
    void *numbers = neuron_onnx_reader_get(reader, bytes, 1);
    if (!made || !numbers)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(read_part(numbers, path, offset, (size_t)bytes));
    *made = *tensor;
    made->has_raw_data = 1;
    made->raw_data = (ProtobufCBinaryData){.len = (size_t)bytes, .data = numbers};
    *read = made;
    return NEURON_OK;
}
