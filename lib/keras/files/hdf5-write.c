/* Writing, which is left to the HDF5 library: its files are what every other program expects. */
#include "keras/files/hdf5.h"

/* Memory of the file while it is written grows by this. */
enum { GROWTH = 1 << 20 };

void neuron_h5_close(neuron_h5 *h5)
{
    if (!h5->writes)
        return;
    if (h5->file >= 0)
        H5Fclose(h5->file);
    h5->writes = false;
    H5Eset_auto2(H5E_DEFAULT, h5->print, h5->print_data);
}

static int no_memory(const neuron_h5 *h5)
{
    return neuron_fail(NEURON_E_MEMORY, "%s: out of memory for an HDF5 file", h5->name);
}

int neuron_h5_create(neuron_h5 *h5, neuron_context_t *context, const char *name)
{
    *h5 = (neuron_h5){.context = context, .name = name, .file = -1};
    H5Eget_auto2(H5E_DEFAULT, &h5->print, &h5->print_data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    h5->writes = true;
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    if (list < 0)
        return no_memory(h5);
    H5Pset_fapl_core(list, GROWTH, 0);
    H5Pset_fclose_degree(list, H5F_CLOSE_STRONG);
    h5->file = H5Fcreate("libneuron", H5F_ACC_TRUNC, H5P_DEFAULT, list);
    H5Pclose(list);
    return h5->file < 0 ? no_memory(h5) : NEURON_OK;
}

/* What makes the groups on the way to an array or group. */
static hid_t link_list(void)
{
    hid_t list = H5Pcreate(H5P_LINK_CREATE);
    if (list >= 0)
        H5Pset_create_intermediate_group(list, 1);
    return list;
}

int neuron_h5_add_group(neuron_h5 *h5, const char *path)
{
    hid_t list = link_list();
    hid_t group = list < 0 ? -1 : H5Gcreate2(h5->file, path, list, H5P_DEFAULT, H5P_DEFAULT);
    if (list >= 0)
        H5Pclose(list);
    if (group < 0)
        return no_memory(h5);
    H5Gclose(group);
    return NEURON_OK;
}

/* Without a time: the same graph is the same bytes. */
static int add_set(neuron_h5 *h5, const char *path, hid_t space, hid_t file_type, hid_t type,
                   const void *values)
{
    hid_t links = link_list(), list = H5Pcreate(H5P_DATASET_CREATE), set = -1;
    if (links >= 0 && list >= 0 && space >= 0 && H5Pset_obj_track_times(list, 0) >= 0)
        set = H5Dcreate2(h5->file, path, file_type, space, links, list, H5P_DEFAULT);
    bool written = set >= 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    if (set >= 0)
        H5Dclose(set);
    if (list >= 0)
        H5Pclose(list);
    if (links >= 0)
        H5Pclose(links);
    if (space >= 0)
        H5Sclose(space);
    return written ? NEURON_OK : no_memory(h5);
}

int neuron_h5_add(neuron_h5 *h5, const char *path, const neuron_shape *shape, const float *values)
{
    hsize_t extents[NEURON_RANK_MAX];
    for (int32_t axis = 0; axis < shape->rank; axis++)
        extents[axis] = (hsize_t)shape->extent[axis];
    hid_t space =
        shape->rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(shape->rank, extents, NULL);
    return add_set(h5, path, space, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, values);
}

int neuron_h5_add_integer(neuron_h5 *h5, const char *path, int value)
{
    return add_set(h5, path, H5Screate(H5S_SCALAR), H5T_STD_I32LE, H5T_NATIVE_INT, &value);
}

static int set_attribute(neuron_h5 *h5, const char *group, const char *name, hid_t space,
                         const char *const *texts)
{
    hid_t type = H5Tcopy(H5T_C_S1), attribute = -1;
    if (type >= 0 && space >= 0 && H5Tset_size(type, H5T_VARIABLE) >= 0 &&
        H5Tset_cset(type, H5T_CSET_UTF8) >= 0)
        attribute = H5Acreate_by_name(h5->file, group, name, type, space, H5P_DEFAULT, H5P_DEFAULT,
                                      H5P_DEFAULT);
    bool written = attribute >= 0 && (!texts || H5Awrite(attribute, type, texts) >= 0);
    if (attribute >= 0)
        H5Aclose(attribute);
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    return written ? NEURON_OK : no_memory(h5);
}

int neuron_h5_set_text(neuron_h5 *h5, const char *group, const char *attribute, const char *text)
{
    return set_attribute(h5, group, attribute, H5Screate(H5S_SCALAR), &text);
}

int neuron_h5_set_texts(neuron_h5 *h5, const char *group, const char *attribute,
                        const char *const *texts, size_t count)
{
    hsize_t extent = count;
    return set_attribute(h5, group, attribute, H5Screate_simple(1, &extent, NULL),
                         count ? texts : NULL);
}

int neuron_h5_image(void **bytes, size_t *size, neuron_h5 *h5)
{
    *bytes = NULL;
    if (H5Fflush(h5->file, H5F_SCOPE_GLOBAL) < 0)
        return no_memory(h5);
    ssize_t needed = H5Fget_file_image(h5->file, NULL, 0);
    if (needed < 0)
        return no_memory(h5);
    void *image = neuron_allocate(h5->context, (size_t)needed, 1);
    if (!image)
        return NEURON_E_MEMORY;
    if (H5Fget_file_image(h5->file, image, (size_t)needed) != needed) {
        neuron_release(h5->context, image);
        return no_memory(h5);
    }
    *bytes = image;
    *size = (size_t)needed;
    return NEURON_OK;
}
