/* CIFAR-10, in colour and grey, from the files of its binary version or its Python one. */
#include "example.h"

#include <stdlib.h>
#include <string.h>

enum { EXTENT = 32, CHANNELS = 3, PIXELS = EXTENT * EXTENT, TRAIN_FILES = 5 };

static const char *const cifar_names[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                          "dog",      "frog",       "horse", "ship", "truck"};

/* How a version of the set is published, and what reads it. */
typedef struct {
    const char *folder;
    const char *ending;
    int (*load)(neuron_dataset_t **dataset, neuron_context_t *context, const char *const *paths,
                int64_t count);
} version_t;

static const version_t versions[] = {
    {"cifar-10-batches-bin", ".bin", neuron_dataset_load_cifar10},
    {"cifar-10-batches-py", "", neuron_dataset_load_cifar10_pickle},
};

/* The version that is in the folder, and where; NULL if there is none. */
static const version_t *find_version(char path[EXAMPLE_PATH_MAX], const char *folder)
{
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        int length = snprintf(path, EXAMPLE_PATH_MAX, "%s/%s", folder, versions[i].folder);

        if (length >= 0 && length < EXAMPLE_PATH_MAX && example_file_exists(path))
            return &versions[i];
    }
    return NULL;
}

static void load_files(const example_t *example, const version_t *version, const char *folder,
                       neuron_dataset_t **train, neuron_dataset_t **test)
{
    static char paths[TRAIN_FILES + 1][EXAMPLE_PATH_MAX];
    const char *list[TRAIN_FILES + 1];

    for (int i = 0; i <= TRAIN_FILES; i++) {
        int length = i < TRAIN_FILES ? snprintf(paths[i], EXAMPLE_PATH_MAX, "%s/data_batch_%d%s",
                                                folder, i + 1, version->ending)
                                     : snprintf(paths[i], EXAMPLE_PATH_MAX, "%s/test_batch%s",
                                                folder, version->ending);
        if (length < 0 || length >= EXAMPLE_PATH_MAX)
            example_fail("--data: the path is too long");
        list[i] = paths[i];
    }
    must(version->load(train, example->context, list, TRAIN_FILES));
    must(version->load(test, example->context, &list[TRAIN_FILES], 1));
}

/* Three planes one after the other, as they lie in the file. */
static void draw_planes(uint8_t *image, const float *colour)
{
    for (int channel = 0; channel < CHANNELS; channel++)
        for (int i = 0; i < PIXELS; i++)
            image[channel * PIXELS + i] = (uint8_t)lrintf(255 * colour[CHANNELS * i + channel]);
}

/* Grey glyphs as colour images: the same value in each channel. */
static void draw_colour(uint8_t *image, const float *grey)
{
    for (int i = 0; i < PIXELS; i++)
        memset(image + CHANNELS * i, (int)lrintf(255 * grey[i]), CHANNELS);
}

/* The images with these bytes in colour in place of those of a dataset, which is taken over. */
static neuron_dataset_t *with_images(const example_t *example, neuron_dataset_t *dataset,
                                     void (*draw)(uint8_t *image, const float *values))
{
    int64_t count = neuron_dataset_count(dataset);
    int64_t size = CHANNELS * PIXELS;
    neuron_dataset_t *redrawn;
    neuron_tensor_t *images;
    neuron_tensor_t *labels;
    float values[CHANNELS * PIXELS];

    must(neuron_tensor_create(&images, example->context, NEURON_TYPE_U8,
                              (const int64_t[]){count, EXTENT, EXTENT, CHANNELS}, 4));
    must(neuron_tensor_create(&labels, example->context, NEURON_TYPE_I32, &count, 1));
    uint8_t *image = neuron_tensor_data(images);
    int32_t *label = neuron_tensor_data(labels);
    for (int64_t i = 0; i < count; i++) {
        must(neuron_dataset_read(values, &label[i], dataset, i, 1));
        draw(image + i * size, values);
    }
    must(neuron_dataset_create(&redrawn, example->context, images, labels,
                               neuron_dataset_class_count(dataset)));
    neuron_tensor_unref(images);
    neuron_tensor_unref(labels);
    neuron_dataset_unref(dataset);
    return redrawn;
}

static neuron_dataset_t *take(const example_t *example, neuron_dataset_t *dataset,
                              example_colours_t colours)
{
    neuron_dataset_t *grey;

    if (colours == EXAMPLE_COLOUR)
        return dataset;
    if (colours == EXAMPLE_SCRAMBLED) {
        dataset = with_images(example, dataset, draw_planes);
        must(neuron_dataset_set_scale(dataset, 1, 0));
        return dataset;
    }
    must(neuron_dataset_grayscale(&grey, dataset));
    neuron_dataset_unref(dataset);
    return grey;
}

void example_load_cifar10(example_t *example, example_colours_t colours, neuron_dataset_t **train,
                          neuron_dataset_t **test)
{
    static const char *const names[] = {
        [EXAMPLE_GREY] = "CIFAR-10, grey",
        [EXAMPLE_COLOUR] = "CIFAR-10",
        [EXAMPLE_SCRAMBLED] = "CIFAR-10, planes taken for pixels, not scaled",
    };
    static char path[EXAMPLE_PATH_MAX];
    const version_t *found = NULL;

    for (const char *const *folder = example_folders(example); *folder != NULL && found == NULL;
         folder++)
        found = find_version(path, *folder);
    example->data_set = names[colours];
    if (found != NULL) {
        example->data_name = names[colours];
        example->data_source = "real";
        example->class_names = cifar_names;
        load_files(example, found, path, train, test);
    } else {
        example_generate(example, "CIFAR-10", EXTENT, train, test);
        *train = with_images(example, *train, draw_colour);
        *test = with_images(example, *test, draw_colour);
    }
    *train = take(example, *train, colours);
    *test = take(example, *test, colours);
}
