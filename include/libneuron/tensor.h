/** @file tensor.h
 *  Tensors: n-dimensional arrays, row-major, without gaps.
 *
 *  A tensor carries numbers in and out of the library. It can wrap memory of the caller without a
 *  copy, which is how a NumPy array or a camera buffer is predicted from in place. Images are
 *  height x width x channels (NHWC with the batch in front).
 */
#ifndef NEURON_TENSOR_H
#define NEURON_TENSOR_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Element types. Since 0.1. */
enum neuron_type {
    NEURON_TYPE_F32 = 10, /**< float */
    NEURON_TYPE_U8 = 20,  /**< uint8_t */
    NEURON_TYPE_I32 = 30, /**< int32_t */
    NEURON_TYPE_I64 = 40  /**< int64_t */
};

/** Makes a tensor filled with zeros.
 *  @param[out] tensor  the new tensor; NULL on failure.
 *  @param type   NEURON_TYPE_F32, NEURON_TYPE_U8, NEURON_TYPE_I32 or NEURON_TYPE_I64.
 *  @param shape  `rank` extents, outermost first, each 0 or more.
 *  @param rank   0 (one element) to NEURON_RANK_MAX.
 *  @return  0, NEURON_E_ARGUMENT, or NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_tensor_create(neuron_tensor_t **tensor, neuron_context_t *context,
                                    int32_t type, const int64_t *shape, int32_t rank);

/** Makes a tensor with a copy of memory of the caller, which is free again after the call.
 *  @param[out] tensor  the new tensor; NULL on failure.
 *  @param type   as for neuron_tensor_create().
 *  @param shape  likewise.
 *  @param rank   likewise.
 *  @param data   the elements; may be NULL only if there are none.
 *  @return  0, NEURON_E_ARGUMENT, or NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_tensor_copy(neuron_tensor_t **tensor, neuron_context_t *context, int32_t type,
                                  const int64_t *shape, int32_t rank, const void *data);

/** Makes a tensor over memory of the caller: it must stay where it is as long as the tensor and all
 *  that was made with it live, unless neuron_tensor_set_destroy() hands it over.
 *  @param[out] tensor  the new tensor; NULL on failure.
 *  @param type   as for neuron_tensor_create().
 *  @param shape  likewise.
 *  @param rank   likewise.
 *  @param data   the elements, aligned as their type asks; may be NULL only if there are none. They
 *                are written only by a call that fills the tensor: memory that others read, or that
 *                cannot be written, will do for all else.
 *  @return  0, NEURON_E_ARGUMENT, or NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_tensor_wrap(neuron_tensor_t **tensor, neuron_context_t *context, int32_t type,
                                  const int64_t *shape, int32_t rank, void *data);

/** Hands the memory that a tensor was made over to the tensor: a function of the caller's frees it,
 *  or notes that it is free, when the last owner of the tensor has gone.
 *  @param tensor     of neuron_tensor_wrap(), for which this was not called yet.
 *  @param user_data  handed to `destroy`, often the memory itself.
 *  @param destroy    called once; not if this call fails, after which the memory is still the
 *                    caller's.
 *  @return  0, NEURON_E_ARGUMENT, or NEURON_E_STATE for a tensor with memory of its own and for one
 *           that has a function already. No other thread may use the tensor meanwhile. Since 0.1.
 *           */
NEURON_API int neuron_tensor_set_destroy(neuron_tensor_t *tensor, void *user_data,
                                         neuron_destroy_function_t destroy);

/** Loads an array from a .npy file of NumPy, plain or gzip, in C's or Fortran's order and of either
 *  byte order: f2, f4 and f8 become NEURON_TYPE_F32 (f8 by rounding), u1 and b1 NEURON_TYPE_U8, i1,
 *  i2, u2 and i4 NEURON_TYPE_I32, u4, i8 and u8 NEURON_TYPE_I64. Values that are infinite or not a
 *  number stay so. The elements are read into their place: no more memory is taken than the
 *  tensor's, but for a small buffer.
 *  @param[out] tensor  the new tensor; NULL on failure.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_IO, NEURON_E_FORMAT with file and byte offset,
 *           NEURON_E_UNSUPPORTED for other types, more than NEURON_RANK_MAX axes, a version of the
 *           format above 3, or as neuron_dataset_load_idx(),
 *           NEURON_E_DATA with the first finite number of f8 that is too large for float32, or of
 *           u8 for int64,
 *           NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_tensor_load_npy(neuron_tensor_t **tensor, neuron_context_t *context,
                                      const char *path);

/** Reads the bytes of such a file in memory, which are the caller's again after the call. Messages
 *  call them "memory".
 *  @param bytes  `size` of them; NULL for none.
 *  @return  as neuron_tensor_load_npy(). Any thread. Since 0.1. */
NEURON_API int neuron_tensor_load_npy_memory(neuron_tensor_t **tensor, neuron_context_t *context,
                                             const void *bytes, size_t size);

/** Loads one array of a .npz archive, as numpy.savez() and numpy.savez_compressed() write it, of
 *  any size (ZIP64). Of arrays with the same name the last counts, as in NumPy.
 *  @param name  of the array, with or without ".npy".
 *  @return  as neuron_tensor_load_npy(); NEURON_E_DATA if there is no such array, with the names of
 *           those in the archive; NEURON_E_UNSUPPORTED for one that is encrypted or packed by
 *           something else than deflate. Any thread. Since 0.1. */
NEURON_API int neuron_tensor_load_npz(neuron_tensor_t **tensor, neuron_context_t *context,
                                      const char *path, const char *name);

/** Reads the bytes of such an archive in memory, as neuron_tensor_load_npy_memory() does.
 *  @return  as neuron_tensor_load_npz(). Any thread. Since 0.1. */
NEURON_API int neuron_tensor_load_npz_memory(neuron_tensor_t **tensor, neuron_context_t *context,
                                             const void *bytes, size_t size, const char *name);

/** Loads an image to predict from. It reads what neuron_dataset_load_folder() reads: PBM, PGM, PPM
 *  and, if the library was built with libpng, PNG. Nothing is resized, cut or made grey.
 *
 *      neuron_tensor_load_image(&input, context, "photo.png", NULL, NULL, 0);
 *      neuron_graph_predict(graph, input, output);
 *
 *  @param[out] tensor  the new tensor, NEURON_TYPE_F32 [1, height, width, channels] with 1 channel
 *                  for a grey image and 3 for one with colours; NULL on failure.
 *  @param scales   how a byte becomes an input, byte * scale + offset, as the training set has it:
 *                  `count` numbers, which neuron_dataset_scales() and neuron_graph_scales() tell.
 *  @param offsets  likewise.
 *  @param count    1, or the number of channels; or 0 for 1/255 and 0, the default of datasets,
 *                  and then both may be NULL.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_IO, NEURON_E_FORMAT, NEURON_E_UNSUPPORTED for a format
 *           that is not read, NEURON_E_SHAPE for another count, NEURON_E_MEMORY; the message names
 *           the file. Any thread. Since 0.1. */
NEURON_API int neuron_tensor_load_image(neuron_tensor_t **tensor, neuron_context_t *context,
                                        const char *path, const double *scales,
                                        const double *offsets, size_t count);

/** Reads the bytes of such an image in memory: one that came over a network, or lies in the
 *  program. They are the caller's again after the call.
 *  @param bytes  `size` of them; NULL for none.
 *  @return  as neuron_tensor_load_image(). Any thread. Since 0.1. */
NEURON_API int neuron_tensor_load_image_memory(neuron_tensor_t **tensor, neuron_context_t *context,
                                               const void *bytes, size_t size, const double *scales,
                                               const double *offsets, size_t count);

/** The largest numbers of each row of a tensor, such as the likeliest classes of each prediction.
 *
 *      int64_t classes[5];
 *      float probabilities[5];
 *      neuron_tensor_top_k(classes, probabilities, 5, output, 5);      of one example
 *
 *  @param[out] indices  room for `capacity` numbers, of which k are written for each row: where in
 *                       the row its numbers are, the largest first, of equals the one that comes
 *                       first. What is not a number comes last.
 *  @param[out] values   likewise: these numbers; NULL if they are not wanted.
 *  @param capacity  rows times k, or more.
 *  @param tensor    NEURON_TYPE_F32 with one axis or more; its rows lie along the last.
 *  @param k         1 to the extent of the last axis.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_TYPE, or NEURON_E_SHAPE for a tensor without axes. Any
 *           thread. Since 0.1. */
NEURON_API int neuron_tensor_top_k(int64_t *indices, float *values, size_t capacity,
                                   const neuron_tensor_t *tensor, int64_t k);

/** Saves a tensor as a .npy file that NumPy reads, little-endian. A crash at any
 *  moment leaves the old file or the new one.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_IO or NEURON_E_MEMORY. Any thread, as long as nobody
 *           writes to the tensor. Since 0.1. */
NEURON_API int neuron_tensor_save_npy(const neuron_tensor_t *tensor, const char *path);

/** Adds an owner. @return  `tensor`. Any thread. Since 0.1. */
NEURON_API neuron_tensor_t *neuron_tensor_ref(neuron_tensor_t *tensor);

/** Takes an owner away. Any thread. Since 0.1. */
NEURON_API void neuron_tensor_unref(neuron_tensor_t *tensor);

/** Element type; 0 for a NULL tensor. Any thread. Since 0.1. */
NEURON_API int32_t neuron_tensor_type(const neuron_tensor_t *tensor);

/** Number of dimensions; 0 for a NULL tensor. Any thread. Since 0.1. */
NEURON_API int32_t neuron_tensor_rank(const neuron_tensor_t *tensor);

/** Extent of one dimension; 0 if there is no such dimension. Any thread. Since 0.1. */
NEURON_API int64_t neuron_tensor_extent(const neuron_tensor_t *tensor, int32_t axis);

/** Number of elements; 0 for a NULL tensor. Any thread. Since 0.1. */
NEURON_API int64_t neuron_tensor_count(const neuron_tensor_t *tensor);

/** The elements, to be read and written; NULL for a NULL tensor. The memory belongs to the tensor
 *  (or to whoever lent it) and does not move. Any thread. Since 0.1. */
NEURON_API void *neuron_tensor_data(neuron_tensor_t *tensor);

/** The elements, to be read. Any thread. Since 0.1. */
NEURON_API const void *neuron_tensor_data_const(const neuron_tensor_t *tensor);

#ifdef __cplusplus
}
#endif

#endif
