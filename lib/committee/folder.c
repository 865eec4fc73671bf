/* The state of a committee trainer in a folder. `committee.json` says what is trained:
 *
 *     {"libneuron.committee": 1, "method": "bagging", "members": 5, "folds": 0,
 *      "sample_fraction": 1.0, "feature_fraction": 1.0, "class_fraction": 1.0, "seed": 7,
 *      "examples": 60000, "data": checksum}
 *
 * and each member has the file of its training, member-0.safetensors and so on: see
 * checkpoint/write.c. The checksum is of labels, targets and shapes. Snapshots have files of their
 * graphs, and training.safetensors is the training that they are taken of. What can be worked out
 * from these, such as who learns from which example, is not kept. */
#include "committee/committee-trainer.h"

#include "base/checked.h"
#include "base/files/file-write.h"
#include "base/files/file.h"
#include "base/files/json.h"
#include "committee/boost.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char version_key[] = "libneuron.committee", data_key[] = "data";

enum { FOLDER_VERSION = 1, NAME_SIZE = 40 };

/* The path of a file of the folder, which the caller releases. */
static int make_path(char **path, const neuron_committee_trainer_t *trainer, const char *name)
{
    size_t size = strlen(trainer->folder) + strlen(name) + 2;
    *path = neuron_allocate(trainer->context, size, 1);
    if (!*path)
        return NEURON_E_MEMORY;
    snprintf(*path, size, "%s/%s", trainer->folder, name);
    return NEURON_OK;
}

static int put_boosting(json_t *object, const neuron_committee_trainer_t *trainer)
{
    int64_t algorithm = neuron_committee_count(trainer, NEURON_COMMITTEE_ALGORITHM);
    double shrinkage = neuron_committee_value(trainer, NEURON_COMMITTEE_SHRINKAGE);
    bool real = algorithm == NEURON_COMMITTEE_ALGORITHM_SAMME_R;
    RETURN_IF_ERROR(neuron_json_set(object, "algorithm", json_string(real ? "samme_r" : "samme")));
    return neuron_json_set_real(object, "shrinkage", shrinkage);
}

/* FNV-1a, as of weights of examples: see checkpoint/settings.c. */
static uint64_t mix(uint64_t sum, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3;
    return sum;
}

static uint64_t mix_count(uint64_t sum, int64_t count)
{
    unsigned char bytes[8];
    for (int32_t i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)count >> 8 * i & 255);
    return mix(sum, bytes, sizeof bytes);
}

static uint64_t mix_shape(uint64_t sum, const neuron_shape *shape)
{
    sum = mix_count(sum, shape->rank);
    for (int32_t axis = 0; axis < shape->rank; axis++)
        sum = mix_count(sum, shape->extent[axis]);
    return sum;
}

static uint64_t mix_targets(uint64_t sum, const neuron_dataset_t *part)
{
    sum = mix_shape(mix_count(sum, part->class_count), &part->target_shape);
    for (int64_t i = 0; i < part->count; i++) {
        if (part->labels->type != NEURON_TYPE_F32) {
            sum = mix_count(sum, neuron_dataset_label(part, i));
            continue;
        }
        const float *target = (const float *)part->labels->data + part->order[i] * part->outputs;
        for (int64_t k = 0; k < part->outputs; k++) {
            uint32_t bits;
            memcpy(&bits, &target[k], sizeof bits);
            sum = mix_count(sum, bits);
        }
    }
    return sum;
}

/* Of all that a dataset has in memory whatever it is made from: examples themselves may come from a
 * stream. */
static uint64_t data_checksum(const neuron_dataset_t *dataset)
{
    uint64_t sum = 0xcbf29ce484222325;
    for (int64_t i = 0; i < neuron_dataset_inputs(dataset); i++)
        sum = mix_shape(sum, &neuron_dataset_input_at(dataset, i)->shape);
    for (int64_t i = 0; i < neuron_dataset_targets(dataset); i++)
        sum = mix_targets(sum, neuron_dataset_target_at(dataset, i));
    return sum;
}

static int put_header(json_t *object, const neuron_committee_trainer_t *trainer)
{
    const char *method = neuron_committee_method_name(trainer);
    int64_t members = neuron_committee_trainer_member_count(trainer);
    int64_t folds = neuron_committee_count(trainer, NEURON_COMMITTEE_FOLDS);
    double fraction = neuron_committee_value(trainer, NEURON_COMMITTEE_SAMPLE_FRACTION);
    RETURN_IF_ERROR(neuron_json_set(object, version_key, json_integer(FOLDER_VERSION)));
    RETURN_IF_ERROR(neuron_json_set(object, "method", json_string(method)));
    RETURN_IF_ERROR(neuron_json_set(object, "members", json_integer(members)));
    RETURN_IF_ERROR(neuron_json_set(object, "folds", json_integer(folds)));
    RETURN_IF_ERROR(neuron_json_set(object, "sample_fraction", json_real(fraction)));
    RETURN_IF_ERROR(
        neuron_json_set_real(object, "feature_fraction",
                             neuron_committee_value(trainer, NEURON_COMMITTEE_FEATURE_FRACTION)));
    RETURN_IF_ERROR(
        neuron_json_set_real(object, "class_fraction",
                             neuron_committee_value(trainer, NEURON_COMMITTEE_CLASS_FRACTION)));
    if (neuron_committee_is_boosted(trainer))
        RETURN_IF_ERROR(put_boosting(object, trainer));
    /* The bits of the seed in a signed number: JSON numbers of this library are int64_t. */
    RETURN_IF_ERROR(neuron_json_set(object, "seed", json_integer((json_int_t)trainer->seed)));
    RETURN_IF_ERROR(neuron_json_set(object, "examples", json_integer(trainer->train->count)));
    return neuron_json_set(object, data_key,
                           json_integer((json_int_t)data_checksum(trainer->train)));
}

static int write_header(const neuron_committee_trainer_t *trainer, const json_t *header,
                        const char *path)
{
    char *text = NULL;
    size_t size;
    int status = neuron_json_write(&text, &size, trainer->context, header);
    if (status == NEURON_OK) {
        text[size] = '\n'; /* in the place of the zero */
        const neuron_file_piece piece = {text, size + 1, 1};
        status = neuron_file_replace(trainer->context, path, &piece, 1);
    }
    neuron_release(trainer->context, text);
    return status;
}

static int compare_header(const json_t *found, json_t *wanted, const char *path)
{
    char who[NEURON_MESSAGE_SIZE];
    const char *key;
    json_t *value;
    if (!json_is_integer(json_object_get(found, version_key)))
        return neuron_fail(NEURON_E_FORMAT, "%s: is not of a committee", path);
    snprintf(who, sizeof who, "%s: belongs to another committee", path);
    json_object_foreach(wanted, key, value)
    {
        if (strcmp(key, data_key) == 0 && !json_equal(json_object_get(found, key), value))
            return neuron_fail(NEURON_E_DATA,
                               "%s, which has other labels, targets or shapes of examples", who);
        RETURN_IF_ERROR(neuron_json_compare(json_object_get(found, key), value, key, who));
    }
    return NEURON_OK;
}

static int check_header(const neuron_committee_trainer_t *trainer, json_t *wanted, const char *path)
{
    void *text = NULL;
    size_t size;
    json_t *found = NULL;
    RETURN_IF_ERROR(neuron_file_read(trainer->context, path, &text, &size));
    int status = neuron_json_parse(&found, trainer->context, text, size, 0, path);
    if (status == NEURON_OK) {
        status = compare_header(found, wanted, path);
        json_decref(found);
    }
    neuron_release(trainer->context, text);
    return status;
}

/* Whether there is something at a path. */
static bool is_there(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0;
}

static int open_header(const neuron_committee_trainer_t *trainer, json_t *header)
{
    char *path;
    RETURN_IF_ERROR(put_header(header, trainer));
    RETURN_IF_ERROR(make_path(&path, trainer, "committee.json"));
    int status =
        is_there(path) ? check_header(trainer, header, path) : write_header(trainer, header, path);
    neuron_release(trainer->context, path);
    return status;
}

int neuron_committee_open_folder(const neuron_committee_trainer_t *trainer)
{
    if (!trainer->folder)
        return NEURON_OK;
    if (mkdir(trainer->folder, 0777) != 0 && errno != EEXIST)
        return neuron_fail(NEURON_E_IO, "%s: %s", trainer->folder, strerror(errno));
    json_t *header = json_object();
    int status = header ? open_header(trainer, header) : neuron_json_no_memory();
    json_decref(header);
    return status;
}

static int member_path(char **path, const neuron_committee_member *member)
{
    char name[NAME_SIZE];
    if (member == &member->committee->source)
        return make_path(path, member->committee, "training.safetensors");
    snprintf(name, sizeof name, "member-%" PRId64 ".safetensors", member->index);
    return make_path(path, member->committee, name);
}

int neuron_committee_save_member(const neuron_committee_member *member)
{
    const neuron_committee_trainer_t *committee = member->committee;
    if (!committee->folder)
        return NEURON_OK;
    char *path;
    RETURN_IF_ERROR(member_path(&path, member));
    int status = neuron_trainer_save(member->trainer, path);
    neuron_release(committee->context, path);
    return status;
}

int neuron_committee_load_member(neuron_committee_member *member)
{
    const neuron_committee_trainer_t *committee = member->committee;
    if (!committee->folder)
        return NEURON_OK;
    char *path;
    RETURN_IF_ERROR(member_path(&path, member));
    int status = is_there(path) ? neuron_trainer_load(member->trainer, path) : NEURON_OK;
    neuron_release(committee->context, path);
    return status;
}

int neuron_committee_save_graph(const neuron_committee_member *member)
{
    const neuron_committee_trainer_t *committee = member->committee;
    if (!committee->folder)
        return NEURON_OK;
    char *path;
    RETURN_IF_ERROR(member_path(&path, member));
    int status = neuron_graph_save(member->graph, path);
    neuron_release(committee->context, path);
    return status;
}

int neuron_committee_load_graph(neuron_committee_member *member)
{
    const neuron_committee_trainer_t *committee = member->committee;
    char *path;
    RETURN_IF_ERROR(member_path(&path, member));
    int status = neuron_graph_load(&member->graph, committee->context, path);
    neuron_release(committee->context, path);
    return status;
}
