/* Finding the data, and the generated set where there is none. */
#include "example.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CLASS_COUNT = 10, GENERATED_TRAIN = 12000, GENERATED_TEST = 2000, QUICK_HELD_OUT = 250 };

static const char *const fashion_names[CLASS_COUNT] = {
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

static const struct {
    const char *name;
    const char *folder;
    const char *const *class_names;
} sets[] = {
    [EXAMPLE_FASHION_MNIST] = {"Fashion-MNIST", "fashion-mnist", fashion_names},
    [EXAMPLE_MNIST] = {"MNIST", "mnist", NULL},
    [EXAMPLE_KMNIST] = {"K-MNIST", "kmnist", NULL},
};

static const char *const file_names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                         "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
enum { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, FILE_COUNT };

typedef struct {
    char text[EXAMPLE_PATH_MAX];
    bool found;
} path_t;

bool example_file_exists(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0;
}

/* The file, packed or not. */
static void find_file(path_t *path, const char *folder, const char *name)
{
    static const char *const endings[] = {"", ".gz"};

    path->found = false;
    for (int i = 0; i < 2 && !path->found; i++) {
        int length = snprintf(path->text, sizeof path->text, "%s/%s%s", folder, name, endings[i]);
        path->found =
            length > 0 && (size_t)length < sizeof path->text && example_file_exists(path->text);
    }
}

/* True if any of the files is there: a set with a part missing is damaged, and loading it will say
 * which. */
static bool find_files(path_t paths[FILE_COUNT], const char *folder)
{
    bool found = false;

    for (int i = 0; i < FILE_COUNT; i++) {
        find_file(&paths[i], folder, file_names[i]);
        found = found || paths[i].found;
    }
    return found;
}

/* Files that lie in the folder itself. They do not tell of which set they are: whoever names their
 * folder does, to a program that has one set. */
static bool find_flat(const example_t *example, path_t paths[FILE_COUNT], const char *folder)
{
    const example_program_t *program = example->program;

    if (example->options.data == NULL || !find_files(paths, folder))
        return false;
    if (program->several_sets)
        example_fail("%s: the files there may be of any set; %s takes a folder with %s", folder,
                     program->name, program->data);
    return true;
}

/* In the folder's part for this set, or in the folder itself. */
static bool find_set(const example_t *example, path_t paths[FILE_COUNT], const char *folder,
                     const char *name)
{
    path_t inner;
    int length = snprintf(inner.text, sizeof inner.text, "%s/%s", folder, name);

    if (length > 0 && (size_t)length < sizeof inner.text && find_files(paths, inner.text))
        return true;
    return find_flat(example, paths, folder);
}

static bool wants_generated(const example_t *example)
{
    return example->options.data != NULL && strcmp(example->options.data, "generated") == 0;
}

const char *const *example_folders(const example_t *example)
{
    static const char *folders[3];
    const char *environment = getenv("NEURON_DATA");
    struct stat found;
    int count = 0;

    memset(folders, 0, sizeof folders);
    if (wants_generated(example))
        return folders;
    if (example->options.data != NULL) {
        folders[0] = example->options.data;
        return folders;
    }
    if (environment != NULL && environment[0] != '\0') {
        if (stat(environment, &found) != 0 || !S_ISDIR(found.st_mode))
            example_fail("NEURON_DATA: there is no folder %s", environment);
        folders[count++] = environment;
    }
    folders[count] = "/usr/share/datasets";
    return folders;
}

/* Draws images, unless those of the run before will do. */
static void draw(example_t *example, int32_t extent)
{
    uint64_t seed = example->options.seed;
    int64_t share = example->options.quick ? 4 : 1;
    int64_t shape[NEURON_RANK_MAX] = {0};
    int32_t rank;

    if (example->drawn[0] != NULL)
        must(neuron_dataset_shape(shape, &rank, example->drawn[0]));
    if (shape[0] == extent)
        return;
    neuron_dataset_unref(example->drawn[0]);
    neuron_dataset_unref(example->drawn[1]);
    must(neuron_dataset_generate_glyphs(&example->drawn[0], example->context,
                                        GENERATED_TRAIN / share, extent, extent, 2 * seed));
    must(neuron_dataset_generate_glyphs(&example->drawn[1], example->context,
                                        GENERATED_TEST / share, extent, extent, 2 * seed + 1));
}

/* A dataset of the same images, which can be reshaped and scaled without changing the other. */
static neuron_dataset_t *share(neuron_dataset_t *dataset)
{
    neuron_dataset_t *all;

    must(neuron_dataset_subset(&all, dataset, 0, neuron_dataset_count(dataset)));
    return all;
}

void example_generate(example_t *example, const char *wanted, int32_t extent,
                      neuron_dataset_t **train, neuron_dataset_t **test)
{
    if (example->options.data == NULL)
        fprintf(stderr,
                "No %s in $NEURON_DATA or /usr/share/datasets: using the library's own generated "
                "set of glyphs instead.\n",
                wanted);
    else if (!wants_generated(example))
        example_fail("No %s in %s; --data generated takes drawn images instead", wanted,
                     example->options.data);

    example->data_name = "generated glyphs";
    example->data_source = "generated";
    draw(example, extent);
    *train = share(example->drawn[0]);
    *test = share(example->drawn[1]);
}

static void load(neuron_dataset_t **dataset, neuron_context_t *context, const path_t *files)
{
    must(neuron_dataset_load_idx(dataset, context, files[0].text, files[1].text, CLASS_COUNT));
}

/* The published test images alone, divided. */
static void divide_test(example_t *example, const path_t *files, neuron_dataset_t **train,
                        neuron_dataset_t **test)
{
    static const double fractions[] = {0.8, 0.2};
    neuron_dataset_t *published;
    neuron_dataset_t *parts[2];

    example->data_note =
        "only the 10,000 published test images were there: 8,000 of them, of each "
        "class as many, take the place of the training set, 2,000 are the test set";
    load(&published, example->context, files);
    must(neuron_dataset_split(parts, published, fractions, 2, example->options.seed,
                              "order=stratified"));
    neuron_dataset_unref(published);
    *train = parts[0];
    *test = parts[1];
}

void example_load_images(example_t *example, example_images_t images, neuron_dataset_t **train,
                         neuron_dataset_t **test)
{
    static path_t paths[FILE_COUNT];
    bool found = false;

    example->data_set = sets[images].name;
    for (const char *const *folder = example_folders(example); *folder != NULL && !found; folder++)
        found = find_set(example, paths, *folder, sets[images].folder);
    if (!found) {
        example_generate(example, sets[images].name, 28, train, test);
        return;
    }
    example->data_name = sets[images].name;
    example->data_source = "real";
    example->class_names = sets[images].class_names;
    if (images == EXAMPLE_KMNIST && !paths[TRAIN_IMAGES].found && !paths[TRAIN_LABELS].found) {
        divide_test(example, &paths[TEST_IMAGES], train, test);
        return;
    }
    load(train, example->context, &paths[TRAIN_IMAGES]);
    load(test, example->context, &paths[TEST_IMAGES]);
}

/* Where --data has the table. */
static bool find_table(const char *data, const char *folder, const char *name, path_t *path)
{
    size_t length = strlen(data);

    snprintf(path->text, sizeof path->text, "%s", data);
    if (length > 4 && strcmp(data + length - 4, ".csv") == 0)
        return example_file_exists(path->text);
    snprintf(path->text, sizeof path->text, "%s/%s", data, name);
    if (example_file_exists(path->text))
        return true;
    snprintf(path->text, sizeof path->text, "%s/%s/%s", data, folder, name);
    return example_file_exists(path->text);
}

bool example_load_table(example_t *example, example_images_t images, const char *folder,
                        const char *name, neuron_dataset_t **dataset)
{
    char options[64];
    path_t path;

    if (example->options.data == NULL || !find_table(example->options.data, folder, name, &path))
        return false;
    snprintf(options, sizeof options, "label=first, classes=%d, type=u8, shape=28x28x1",
             CLASS_COUNT);
    must(neuron_dataset_load_csv(dataset, example->context, path.text, options));
    example->data_set = sets[images].name;
    example->data_name = sets[images].name;
    example->data_source = "real";
    example->class_names = sets[images].class_names;
    return true;
}

neuron_dataset_t *example_one_hot(neuron_dataset_t *dataset)
{
    neuron_dataset_t *one_hot;

    must(neuron_dataset_one_hot(&one_hot, dataset));
    neuron_dataset_unref(dataset);
    return one_hot;
}

/* At most `count` examples of a part, unless that is 0. Takes the part over. */
static neuron_dataset_t *cut(neuron_dataset_t *part, int64_t count)
{
    neuron_dataset_t *subset;

    if (count == 0 || count >= neuron_dataset_count(part))
        return part;
    must(neuron_dataset_subset(&subset, part, 0, count));
    neuron_dataset_unref(part);
    return subset;
}

void example_split(example_t *example, neuron_dataset_t *dataset, const double *fractions,
                   int64_t count, const char *options, neuron_dataset_t **parts)
{
    const char *how = strcmp(options, "order=stratified") == 0 ? "of each class, at random"
                      : strcmp(options, "order=shuffled") == 0 ? "at random"
                                                               : "in order";
    char *split = example->split;

    must(neuron_dataset_split(parts, dataset, fractions, count, example->options.seed, options));
    snprintf(split, EXAMPLE_TEXT_MAX, "%.9g", fractions[0]);
    for (int32_t i = 1; i < count; i++)
        snprintf(split + strlen(split), EXAMPLE_TEXT_MAX - strlen(split), ", %.9g", fractions[i]);
    snprintf(split + strlen(split), EXAMPLE_TEXT_MAX - strlen(split), " %s", how);
}

/* For what is shown of them. */
static void name_classes(const example_t *example, neuron_dataset_t *dataset)
{
    if (example->class_names != NULL)
        must(neuron_dataset_set_class_names(dataset, example->class_names,
                                            neuron_dataset_class_count(dataset)));
}

void example_set_data(example_t *example, neuron_dataset_t *train, neuron_dataset_t *validation,
                      neuron_dataset_t *test)
{
    int64_t held_out = example->options.quick ? QUICK_HELD_OUT : 0;

    if (validation == test)
        snprintf(example->split, sizeof example->split, "none: the test set validates");
    neuron_dataset_unref(example->train);
    neuron_dataset_unref(example->validation);
    neuron_dataset_unref(example->test);
    example->train = cut(train, example->options.limit);
    example->validation = cut(validation, held_out);
    example->test = cut(test, held_out);
    name_classes(example, example->train);
    name_classes(example, example->test);
    if (example_only_tells(example))
        return;
    printf("%s: %lld images to train with, %lld to validate, %lld to test\n", example->data_name,
           (long long)neuron_dataset_count(example->train),
           (long long)neuron_dataset_count(example->validation),
           (long long)neuron_dataset_count(example->test));
    example_show_classes(example->train);
    fflush(stdout);
}
