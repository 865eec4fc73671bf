/* What a file is, by its bytes: its name says nothing. */
#ifndef TOOLS_CONTENT_H
#define TOOLS_CONTENT_H

#include "tools/tool.h"

typedef enum content_kind {
    CONTENT_MISSING, /* cannot be read; errno says why */
    CONTENT_FOLDER,
    CONTENT_MODEL,      /* of this library */
    CONTENT_TRAINING,   /* of neuron_trainer_save() */
    CONTENT_WEIGHTS,    /* other arrays in the safetensors layout */
    CONTENT_STATE_DICT, /* such with names of PyTorch */
    CONTENT_ONNX,
    CONTENT_KERAS, /* a .keras archive */
    CONTENT_HDF5,
    CONTENT_NPZ,
    CONTENT_NPY,
    CONTENT_PNG,
    CONTENT_PNM,
    CONTENT_JPEG,
    CONTENT_IDX,
    CONTENT_CIFAR10, /* the binary version */
    CONTENT_PICKLE,
    CONTENT_ZIP, /* of something else */
    CONTENT_TEXT,
    CONTENT_EMPTY,
    CONTENT_UNKNOWN
} content_kind_t;

enum { CONTENT_HEAD = 4096 };

typedef struct content {
    const char *path;
    content_kind_t kind;
    bool packed;                      /* by gzip */
    int64_t size;                     /* bytes of the file */
    unsigned char head[CONTENT_HEAD]; /* the first bytes, unpacked */
    size_t head_size;
} content_t;

content_t content_of(const char *path);

/* "an ONNX model", "a folder". */
const char *content_name(content_kind_t kind);

/* Calls a function for each member of a ZIP archive. False if that is damaged. */
typedef void (*content_member_function_t)(const char *name, int64_t size, void *user_data);
bool content_each_member(const char *path, content_member_function_t each, void *user_data);

/* Whether a ZIP archive has a member. */
bool content_has_member(const char *path, const char *name);

/* The header of a file in the safetensors layout as text, which the caller frees; NULL if there
 * is none. */
char *content_safetensors_header(const char *path);

/* Extents of an IDX file; the rank, or 0 if the head has none. */
int32_t content_idx_shape(const content_t *content, int64_t shape[NEURON_RANK_MAX]);

#endif
