/* A folder of images, with a sub-folder for each class: first all names are listed, then the images
 * are read one by one. This format is a folder, not a content; each image in it is a content. */
#include "data/dataset.h"
#include "base/float-mode.h"
#include "data/codec/image.h"
#include "data/formats/file-names.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

typedef struct folder {
    neuron_context_t *context;
    const char *path;
    const neuron_dataset_t *classes_of; /* whose classes these are; NULL to have its own */
    neuron_names folders;
    size_t class_folders; /* sub-folders with images, which are the first ones then */
    neuron_names *files;  /* of each of these */
    int32_t *numbers;     /* the class of each */
    int64_t class_count;
    int64_t count; /* of all files */
    uint64_t bytes;
    char *first; /* path of the first image, which sets the size of all */
    neuron_image size;
    neuron_tensor_t *examples, *labels, *names;
    int64_t row; /* next to fill */
} folder;

/* By its name or by its beginning, unpacked, so that a damaged image is one too. */
static int is_image(const folder *all, const char *path, bool *image)
{
    static const char *const ends[] = {".pbm",  ".pgm", ".ppm", ".pnm",  ".png", ".jpg",
                                       ".jpeg", ".bmp", ".gif", ".tiff", ".tif", ".webp"};
    neuron_source source;
    neuron_magic magic = {.size = 0};
    const char *end = strrchr(path, '.');
    *image = false;
    for (size_t i = 0; end && i < sizeof ends / sizeof ends[0]; i++)
        *image = *image || strcasecmp(end, ends[i]) == 0;
    if (*image)
        return NEURON_OK;
    const neuron_content content = neuron_content_of_file(all->context, path);
    RETURN_IF_ERROR(neuron_source_open(&source, &content));
    int status = neuron_source_read(&source, magic.bytes, sizeof magic.bytes, &magic.size);
    neuron_source_close(&source);
    *image = neuron_image_is(&magic);
    return status;
}

/* Whether any file of a sub-folder is an image, which the first mostly is. */
static int has_images(const folder *all, const char *path, const neuron_names *files, bool *has)
{
    *has = false;
    for (size_t i = 0; i < files->count && !*has; i++) {
        char *file = neuron_names_path(all->context, path, files->at[i]);
        int status = file ? is_image(all, file, has) : NEURON_E_MEMORY;
        neuron_release(all->context, file);
        RETURN_IF_ERROR(status);
    }
    return NEURON_OK;
}

/* Lists the files of a sub-folder, which leaves the list if there is no image among them. */
static int list_folder(folder *all, size_t k, const char *path, bool *is_class)
{
    neuron_names *files = &all->files[all->class_folders];
    RETURN_IF_ERROR(neuron_names_list(files, all->context, path, false));
    int status = has_images(all, path, files, is_class);
    if (status < 0 || !*is_class) {
        neuron_names_release(files);
        if (status == NEURON_OK)
            neuron_log(all->context, NEURON_LOG_INFO, "data",
                       "%s has no images: it is left out and no class", path);
        return status;
    }
    char *name = all->folders.at[k];
    all->folders.at[k] = all->folders.at[all->class_folders];
    all->folders.at[all->class_folders++] = name;
    all->count += (int64_t)files->count;
    all->bytes += files->bytes;
    return NEURON_OK;
}

static int list_files(folder *all)
{
    all->files = neuron_allocate_zero(all->context, all->folders.count, sizeof *all->files);
    if (!all->files)
        return NEURON_E_MEMORY;
    for (size_t k = 0; k < all->folders.count; k++) {
        bool is_class;
        char *path = neuron_names_path(all->context, all->path, all->folders.at[k]);
        int status = path ? list_folder(all, k, path, &is_class) : NEURON_E_MEMORY;
        neuron_release(all->context, path);
        RETURN_IF_ERROR(status);
    }
    return NEURON_OK;
}

static int store_names(folder *all)
{
    RETURN_IF_ERROR(neuron_class_names_pack(&all->names, all->context,
                                            (const char *const *)all->folders.at,
                                            (int64_t)all->class_folders));
    for (size_t k = 0; k < all->class_folders; k++)
        all->numbers[k] = (int32_t)k;
    all->class_count = (int64_t)all->class_folders;
    return NEURON_OK;
}

/* Finds the sub-folders among the names of the other's classes, which are sorted like them. */
static int find_names(folder *all)
{
    all->names = neuron_tensor_ref(all->classes_of->class_names);
    all->class_count = all->classes_of->class_count;
    const char *name = neuron_class_names_next(all->names, NULL);
    int32_t number = 0;
    for (size_t k = 0; k < all->class_folders; k++) {
        const char *wanted = all->folders.at[k];
        for (; number < all->class_count && strcmp(name, wanted) < 0; number++)
            name += strlen(name) + 1;
        if (number == all->class_count || strcmp(name, wanted) != 0)
            return neuron_fail(NEURON_E_DATA,
                               "%s: the sub-folder \"%s\" is none of the %" PRId64 " classes",
                               all->path, wanted, all->class_count);
        all->numbers[k] = number;
    }
    return NEURON_OK;
}

static int number_folders(folder *all)
{
    all->numbers = neuron_allocate(all->context, all->class_folders, sizeof *all->numbers);
    if (!all->numbers)
        return NEURON_E_MEMORY;
    return all->classes_of ? find_names(all) : store_names(all);
}

static int list(folder *all)
{
    RETURN_IF_ERROR(neuron_names_list(&all->folders, all->context, all->path, true));
    if (all->folders.count == 0)
        return neuron_fail(NEURON_E_DATA, "%s: has no sub-folders, one for each class", all->path);
    RETURN_IF_ERROR(list_files(all));
    if (all->class_folders == 0)
        return neuron_fail(NEURON_E_DATA, "%s: its %zu sub-folders have no images", all->path,
                           all->folders.count);
    if (all->class_folders > NEURON_CLASSES_MAX)
        return neuron_fail(NEURON_E_DATA, "%s: has %zu sub-folders, more than %d classes",
                           all->path, all->class_folders, NEURON_CLASSES_MAX);
    return number_folders(all);
}

/* Memory for as many images as there are files, once it can be true that all are like the first. */
static int allocate_tensors(folder *all, const neuron_image *image, const char *path)
{
    const int64_t extents[] = {all->count, image->height, image->width, image->channels};
    size_t size = neuron_image_size(image);
    uint64_t limit = all->bytes > UINT64_MAX / NEURON_IMAGE_RATIO_MAX
                         ? UINT64_MAX
                         : all->bytes * NEURON_IMAGE_RATIO_MAX;
    if ((uint64_t)all->count > limit / size)
        return neuron_fail(NEURON_E_DATA,
                           "%s: %" PRId64 " images like %s, of %zu bytes, are more than files of "
                           "%" PRIu64 " bytes can hold",
                           all->path, all->count, path, size, all->bytes);
    RETURN_IF_ERROR(
        neuron_tensor_create_raw(&all->examples, all->context, NEURON_TYPE_U8, extents, 4));
    RETURN_IF_ERROR(
        neuron_tensor_create_raw(&all->labels, all->context, NEURON_TYPE_I32, extents, 1));
    all->size = *image;
    all->first = neuron_copy_text(all->context, path);
    return all->first ? NEURON_OK : NEURON_E_MEMORY;
}

static int check_size(const folder *all, const neuron_image *image, const char *path)
{
    const neuron_image *first = &all->size;
    if (image->height == first->height && image->width == first->width &&
        image->channels == first->channels)
        return NEURON_OK;
    return neuron_fail(NEURON_E_DATA,
                       "%s: is %" PRId64 "x%" PRId64 "x%" PRId64 ", but %s is %" PRId64 "x%" PRId64
                       "x%" PRId64,
                       path, image->height, image->width, image->channels, all->first,
                       first->height, first->width, first->channels);
}

static int store_image(folder *all, const neuron_image *image, const char *path, int32_t label)
{
    if (!all->examples)
        RETURN_IF_ERROR(allocate_tensors(all, image, path));
    RETURN_IF_ERROR(check_size(all, image, path));
    size_t size = neuron_image_size(image);
    memcpy((uint8_t *)all->examples->data + (size_t)all->row * size, image->pixels, size);
    ((int32_t *)all->labels->data)[all->row++] = label;
    return NEURON_OK;
}

static int read_image(folder *all, const char *path, int32_t label)
{
    neuron_source source;
    neuron_image image;
    const neuron_content content = neuron_content_of_file(all->context, path);
    RETURN_IF_ERROR(neuron_source_open(&source, &content));
    int status = neuron_image_read(&image, &source);
    neuron_source_close(&source);
    RETURN_IF_ERROR(status);
    status = store_image(all, &image, path, label);
    neuron_release(all->context, image.pixels);
    return status;
}

static int read_folder(folder *all, size_t k)
{
    char *inside = neuron_names_path(all->context, all->path, all->folders.at[k]);
    int status = inside ? NEURON_OK : NEURON_E_MEMORY;
    for (size_t i = 0; i < all->files[k].count && status == NEURON_OK; i++) {
        char *path = neuron_names_path(all->context, inside, all->files[k].at[i]);
        status = path ? read_image(all, path, all->numbers[k]) : NEURON_E_MEMORY;
        neuron_release(all->context, path);
    }
    neuron_release(all->context, inside);
    return status;
}

static int read_all(folder *all, neuron_dataset_t **dataset)
{
    RETURN_IF_ERROR(list(all));
    for (size_t k = 0; k < all->class_folders; k++)
        RETURN_IF_ERROR(read_folder(all, k));
    RETURN_IF_ERROR(neuron_dataset_create_for(dataset, all->context, all->examples, all->labels,
                                              all->class_count, all->path));
    (*dataset)->class_names = neuron_tensor_ref(all->names);
    return NEURON_OK;
}

static int load(neuron_dataset_t **dataset, neuron_context_t *context, const char *path,
                const neuron_dataset_t *classes_of)
{
    folder all = {.context = context, .path = path, .classes_of = classes_of};
    int status = read_all(&all, dataset);
    for (size_t k = 0; k < all.class_folders; k++)
        neuron_names_release(&all.files[k]);
    neuron_names_release(&all.folders);
    neuron_release(context, all.files);
    neuron_release(context, all.numbers);
    neuron_release(context, all.first);
    neuron_tensor_unref(all.names);
    neuron_tensor_unref(all.labels);
    neuron_tensor_unref(all.examples);
    return status;
}

int neuron_dataset_load_folder(neuron_dataset_t **dataset, neuron_context_t *context,
                               const char *path)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    return load(dataset, context, path, NULL);
}

int neuron_dataset_load_folder_as(neuron_dataset_t **dataset, neuron_context_t *context,
                                  const char *path, const neuron_dataset_t *classes_of)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    CHECK_ARGUMENT(classes_of);
    if (!classes_of->class_names)
        return neuron_fail(NEURON_E_DATA,
                           "%s: cannot be numbered as in a dataset whose classes have no names",
                           path);
    return load(dataset, context, path, classes_of);
}
