/* Finding the data, and the generated set where there is none. */
#include "example.h"

#include <stdlib.h>
#include <sys/stat.h>

enum { CLASS_COUNT = 10, GENERATED_TRAIN = 12000, GENERATED_TEST = 2000, QUICK_HELD_OUT = 250 };

static const char *const fashion_names[CLASS_COUNT] = {
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

static const char *const file_names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                         "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
enum { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, FILE_COUNT };

typedef struct {
    char text[EXAMPLE_PATH_MAX];
} path_t;

static bool exists(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0;
}

/* The file, packed or not; true if it is there. */
static bool find_file(path_t *path, const char *folder, const char *name)
{
    static const char *const endings[] = {"", ".gz"};

    for (int i = 0; i < 2; i++) {
        int length = snprintf(path->text, sizeof path->text, "%s/%s%s", folder, name, endings[i]);
        if (length > 0 && (size_t)length < sizeof path->text && exists(path->text))
            return true;
    }
    return false;
}

/* True if any of the files is there: a set with a part missing is damaged, and loading it will say
 * which. */
static bool find_files(path_t paths[FILE_COUNT], const char *folder)
{
    bool found = false;

    for (int i = 0; i < FILE_COUNT; i++)
        found = find_file(&paths[i], folder, file_names[i]) || found;
    return found;
}

/* In the folder's part for this set, or in the folder itself. */
static bool find_set(path_t paths[FILE_COUNT], const char *folder)
{
    path_t inner;
    int length = snprintf(inner.text, sizeof inner.text, "%s/fashion-mnist", folder);

    if (length > 0 && (size_t)length < sizeof inner.text && find_files(paths, inner.text))
        return true;
    return find_files(paths, folder);
}

/* A folder that was asked for by name is the only one to look in. */
static bool find_anywhere(path_t paths[FILE_COUNT], const char *asked)
{
    const char *environment = getenv("NEURON_DATA");

    if (asked != NULL)
        return find_set(paths, asked);
    if (environment != NULL && environment[0] != '\0' && find_set(paths, environment))
        return true;
    return find_set(paths, "/usr/share/datasets");
}

static void generate(example_t *example, neuron_dataset_t **train, neuron_dataset_t **test)
{
    uint64_t seed = example->options.seed;
    int64_t share = example->options.quick ? 4 : 1;

    if (example->options.data != NULL)
        fprintf(stderr, "No Fashion-MNIST in %s", example->options.data);
    else
        fputs("No Fashion-MNIST in $NEURON_DATA or /usr/share/datasets", stderr);
    fputs(": using the library's own generated set of glyphs instead.\n", stderr);

    example->data_name = "generated glyphs";
    example->data_source = "generated";
    must(neuron_dataset_generate_glyphs(train, example->context, GENERATED_TRAIN / share, 28, 28,
                                        2 * seed));
    must(neuron_dataset_generate_glyphs(test, example->context, GENERATED_TEST / share, 28, 28,
                                        2 * seed + 1));
}

void example_load_fashion_mnist(example_t *example, neuron_dataset_t **train,
                                neuron_dataset_t **test)
{
    static path_t paths[FILE_COUNT];
    neuron_context_t *context = example->context;

    if (!find_anywhere(paths, example->options.data)) {
        generate(example, train, test);
        return;
    }
    example->data_name = "Fashion-MNIST";
    example->data_source = "real";
    example->class_names = fashion_names;
    must(neuron_dataset_load_idx(train, context, paths[TRAIN_IMAGES].text, paths[TRAIN_LABELS].text,
                                 CLASS_COUNT));
    must(neuron_dataset_load_idx(test, context, paths[TEST_IMAGES].text, paths[TEST_LABELS].text,
                                 CLASS_COUNT));
}

/* At most `count` examples of a part, unless that is 0, with one-hot labels. Takes the part over.
 */
static neuron_dataset_t *prepare(neuron_dataset_t *part, int64_t count)
{
    neuron_dataset_t *subset;
    neuron_dataset_t *one_hot;

    if (count == 0 || count > neuron_dataset_count(part))
        count = neuron_dataset_count(part);
    must(neuron_dataset_subset(&subset, part, 0, count));
    must(neuron_dataset_one_hot(&one_hot, subset));
    neuron_dataset_unref(subset);
    neuron_dataset_unref(part);
    return one_hot;
}

void example_set_data(example_t *example, neuron_dataset_t *train, neuron_dataset_t *validation,
                      neuron_dataset_t *test)
{
    int64_t held_out = example->options.quick ? QUICK_HELD_OUT : 0;

    example->train = prepare(train, example->options.limit);
    example->validation = prepare(validation, held_out);
    example->test = prepare(test, held_out);
    printf("%s: %lld images to train with, %lld to validate, %lld to test\n", example->data_name,
           (long long)neuron_dataset_count(example->train),
           (long long)neuron_dataset_count(example->validation),
           (long long)neuron_dataset_count(example->test));
    fflush(stdout);
}
