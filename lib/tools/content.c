/* Telling files by what they begin with, and looking into archives. */
#include "tools/content.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

/* ---- Numbers in files ---- */

static uint64_t little(const unsigned char *bytes, int count)
{
    uint64_t number = 0;
    for (int i = count; i-- > 0;)
        number = number << 8 | bytes[i];
    return number;
}

static bool begins(const content_t *content, const char *bytes, size_t size)
{
    return content->head_size >= size && memcmp(content->head, bytes, size) == 0;
}

/* ---- The safetensors layout ---- */

enum { HEADER_MOST = 100000000 };

char *content_safetensors_header(const char *path)
{
    unsigned char length[8];
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    if (file && fread(length, 1, sizeof length, file) == sizeof length) {
        uint64_t size = little(length, 8);
        text = size <= HEADER_MOST ? malloc((size_t)size + 1) : NULL;
        if (text && fread(text, 1, (size_t)size, file) == (size_t)size) {
            text[size] = '\0';
        } else {
            free(text);
            text = NULL;
        }
    }
    if (file)
        fclose(file);
    return text;
}

static content_kind_t tell_safetensors(const char *path)
{
    char *header = content_safetensors_header(path);
    content_kind_t kind = CONTENT_WEIGHTS;
    if (header && (strstr(header, ".weight\":") || strstr(header, "\"weight\":") ||
                   strstr(header, ".running_mean\":")))
        kind = CONTENT_STATE_DICT;
    if (header && strstr(header, "\"libneuron.trainer\""))
        kind = CONTENT_TRAINING;
    else if (header && strstr(header, "\"libneuron.graph\""))
        kind = CONTENT_MODEL;
    free(header);
    return kind;
}

/* ---- ZIP archives ---- */

enum { END_SIZE = 22, ENTRY_SIZE = 46, TAIL_MOST = 65535 + END_SIZE };

/* The place of the record that ends the archive in the tail; -1 if there is none. */
static long find_end(const unsigned char *tail, long size)
{
    for (long at = size - END_SIZE; at >= 0; at--)
        if (memcmp(tail + at, "PK\5\6", 4) == 0)
            return at;
    return -1;
}

/* The directory, which the caller frees, and its size; NULL if there is none. */
static unsigned char *read_directory(FILE *file, size_t *size)
{
    static unsigned char tail[TAIL_MOST];
    if (fseek(file, 0, SEEK_END) != 0)
        return NULL;
    long whole = ftell(file), part = whole < TAIL_MOST ? whole : TAIL_MOST;
    if (whole < END_SIZE || fseek(file, whole - part, SEEK_SET) != 0 ||
        fread(tail, 1, (size_t)part, file) != (size_t)part)
        return NULL;
    long end = find_end(tail, part);
    if (end < 0)
        return NULL;
    *size = (size_t)little(tail + end + 12, 4);
    long at =
        whole - part + end - (long)*size; /* what is in front of the archive does not matter so */
    unsigned char *directory = at >= 0 && *size <= (size_t)whole ? malloc(*size + 1) : NULL;
    if (directory &&
        (fseek(file, at, SEEK_SET) != 0 || fread(directory, 1, *size, file) != *size)) {
        free(directory);
        directory = NULL;
    }
    return directory;
}

bool content_each_member(const char *path, content_member_function_t each, void *user_data)
{
    FILE *file = fopen(path, "rb");
    size_t size = 0, at = 0;
    unsigned char *directory = file ? read_directory(file, &size) : NULL;
    bool good = directory != NULL;
    while (good && at < size) {
        const unsigned char *entry = directory + at;
        good = size - at >= ENTRY_SIZE && memcmp(entry, "PK\1\2", 4) == 0;
        size_t name_size = good ? (size_t)little(entry + 28, 2) : 0;
        size_t more = good ? (size_t)little(entry + 30, 2) + (size_t)little(entry + 32, 2) : 0;
        good = good && size - at - ENTRY_SIZE >= name_size + more;
        if (good) {
            char name[1024];
            snprintf(name, sizeof name, "%.*s", (int)(name_size < 1023 ? name_size : 1023),
                     (const char *)entry + ENTRY_SIZE);
            each(name, (int64_t)little(entry + 24, 4), user_data);
            at += ENTRY_SIZE + name_size + more;
        }
    }
    free(directory);
    if (file)
        fclose(file);
    return good;
}

typedef struct search {
    const char *name;
    bool found;
    int64_t arrays, members;
} search_t;

static void look(const char *name, int64_t size, void *user_data)
{
    search_t *search = user_data;
    size_t length = strlen(name);
    (void)size;
    search->found |= search->name && strcmp(name, search->name) == 0;
    search->arrays += length > 4 && strcmp(name + length - 4, ".npy") == 0;
    search->members++;
}

bool content_has_member(const char *path, const char *name)
{
    search_t search = {.name = name};
    return content_each_member(path, look, &search) && search.found;
}

static content_kind_t tell_zip(const char *path)
{
    search_t search = {.name = "config.json"};
    if (!content_each_member(path, look, &search))
        return CONTENT_ZIP;
    if (search.found)
        return CONTENT_KERAS;
    return search.arrays > 0 && search.arrays == search.members ? CONTENT_NPZ : CONTENT_ZIP;
}

/* ---- Everything ---- */

int32_t content_idx_shape(const content_t *content, int64_t shape[NEURON_RANK_MAX])
{
    int32_t rank = content->head[3];
    if (rank < 1 || rank >= NEURON_RANK_MAX || content->head_size < 4 + 4 * (size_t)rank)
        return 0;
    for (int32_t a = 0; a < rank; a++) {
        const unsigned char *bytes = content->head + 4 + 4 * a;
        shape[a] = (int64_t)bytes[0] << 24 | (int64_t)bytes[1] << 16 | (int64_t)bytes[2] << 8 |
                   (int64_t)bytes[3];
    }
    return rank;
}

static bool is_idx(const content_t *content)
{
    int64_t shape[NEURON_RANK_MAX];
    return begins(content, "\0\0\x08", 3) && content_idx_shape(content, shape) > 0;
}

/* A model's first fields: the version of the format, then who made it, the graph, or the
 * operators. */
static bool is_onnx(const content_t *content)
{
    const unsigned char *head = content->head;
    return content->head_size > 8 && head[0] == 0x08 && head[1] >= 1 && head[1] <= 32 &&
           memchr("\x12\x1a\x22\x2a\x32\x3a\x42", head[2], 7) != NULL;
}

static bool is_text(const content_t *content)
{
    for (size_t i = 0; i < content->head_size; i++)
        if (content->head[i] < ' ' && !strchr("\t\r\n\f", content->head[i]))
            return false;
    return true;
}

static bool is_pnm(const content_t *content)
{
    return content->head_size > 3 && content->head[0] == 'P' && content->head[1] >= '1' &&
           content->head[1] <= '6' &&
           (strchr(" \t\r\n", content->head[2]) != NULL || content->head[2] == '#');
}

static content_kind_t tell(const content_t *content)
{
    enum { CIFAR_RECORD = 3073 };
    if (content->head_size == 0)
        return CONTENT_EMPTY;
    if (begins(content, "\x93NUMPY", 6))
        return CONTENT_NPY;
    if (begins(content, "\x89PNG\r\n\x1a\n", 8))
        return CONTENT_PNG;
    if (begins(content, "\xff\xd8\xff", 3))
        return CONTENT_JPEG;
    if (begins(content, "\x89HDF\r\n\x1a\n", 8))
        return CONTENT_HDF5;
    if (begins(content, "PK\3\4", 4) || begins(content, "PK\5\6", 4))
        return tell_zip(content->path);
    if (content->head_size > 9 && content->head[8] == '{' &&
        little(content->head, 8) <= HEADER_MOST)
        return tell_safetensors(content->path);
    if (is_idx(content))
        return CONTENT_IDX;
    if (is_pnm(content))
        return CONTENT_PNM;
    if (content->head_size > 2 && content->head[0] == 0x80 && content->head[1] >= 2 &&
        content->head[1] <= 5)
        return CONTENT_PICKLE;
    if (is_onnx(content))
        return CONTENT_ONNX;
    if (is_text(content))
        return CONTENT_TEXT;
    if (!content->packed && content->size % CIFAR_RECORD == 0 && content->head[0] < 10)
        return CONTENT_CIFAR10;
    return CONTENT_UNKNOWN;
}

content_t content_of(const char *path)
{
    content_t content = {.path = path};
    struct stat about;
    if (stat(path, &about) != 0)
        return content;
    if (S_ISDIR(about.st_mode)) {
        content.kind = CONTENT_FOLDER;
        return content;
    }
    if (!S_ISREG(about.st_mode)) {
        errno = EINVAL;
        return content;
    }
    content.size = about.st_size;
    gzFile file = gzopen(path, "rb");
    int read = file ? gzread(file, content.head, CONTENT_HEAD) : -1;
    int error = errno;
    content.packed = file && gzdirect(file) == 0;
    if (file)
        gzclose(file);
    errno = error;
    if (read < 0)
        return content;
    content.head_size = (size_t)read;
    content.kind = tell(&content);
    return content;
}

const char *content_name(content_kind_t kind)
{
    static const char *const names[] = {
        [CONTENT_MISSING] = "no file that can be read",
        [CONTENT_FOLDER] = "a folder",
        [CONTENT_MODEL] = "a model of libneuron",
        [CONTENT_TRAINING] = "the state of a training of libneuron",
        [CONTENT_WEIGHTS] = "arrays in the safetensors layout",
        [CONTENT_STATE_DICT] = "a state dict of PyTorch in the safetensors layout",
        [CONTENT_ONNX] = "an ONNX model",
        [CONTENT_KERAS] = "a model of Keras",
        [CONTENT_HDF5] = "an HDF5 file",
        [CONTENT_NPZ] = "an .npz archive of NumPy",
        [CONTENT_NPY] = "an .npy array of NumPy",
        [CONTENT_PNG] = "a PNG image",
        [CONTENT_PNM] = "a PNM image",
        [CONTENT_JPEG] = "a JPEG image",
        [CONTENT_IDX] = "an IDX array",
        [CONTENT_CIFAR10] = "records of CIFAR-10",
        [CONTENT_PICKLE] = "a pickle of Python",
        [CONTENT_ZIP] = "a ZIP archive",
        [CONTENT_TEXT] = "text",
        [CONTENT_EMPTY] = "empty",
        [CONTENT_UNKNOWN] = "of a kind that is not known",
    };
    return names[kind];
}
