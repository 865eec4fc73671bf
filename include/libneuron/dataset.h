/** @file dataset.h
 *  Datasets: examples and their labels.
 *
 *  Examples stay in memory as they were stored; bytes become float32 only when a batch needs them,
 *  as byte * scale + offset (1/255 and 0 by default, so that pixels lie between 0 and 1). Subsets,
 *  selections and shuffles share the memory of the dataset that they come from.
 *
 *  A dataset may be read by any number of threads; setting something on it is for one alone. What
 *  is set counts for a trainer that has the dataset from its next batch on, and for datasets made
 *  of it afterwards; those made before keep what they had.
 */
#ifndef NEURON_DATASET_H
#define NEURON_DATASET_H

#include <libneuron/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Makes a dataset from tensors, which it keeps. Nothing is copied but class numbers that are not
 *  NEURON_TYPE_I32; what is kept must not change any more.
 *  @param[out] dataset  the new dataset; NULL on failure.
 *  @param examples  NEURON_TYPE_U8 or NEURON_TYPE_F32, [n, ...shape of one example], rank 2 or
 *           more.
 *  @param labels    class numbers [n] as NEURON_TYPE_U8, NEURON_TYPE_I32 or NEURON_TYPE_I64, each 0
 *                   to class_count - 1; or targets [n, class_count] as NEURON_TYPE_F32: one-hot, or
 *                   any finite shares that are not negative and add up to 1 within 0.001.
 *  @param class_count  1 to 65536.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_TYPE, NEURON_E_SHAPE, NEURON_E_DATA for counts that
 *  differ or labels out of range (the first such is named), NEURON_E_MEMORY. Any thread.
 *  Since 0.1. */
NEURON_API int neuron_dataset_create(neuron_dataset_t **dataset, neuron_context_t *context,
                                     neuron_tensor_t *examples, neuron_tensor_t *labels,
                                     int64_t class_count);

/** Makes a dataset whose targets are any numbers: what a regression predicts, the examples
 *  themselves for an autoencoder, -1 and 1 for a hinge loss. It keeps the tensors as
 *  neuron_dataset_create() does. A trainer needs another loss for it than its default,
 *  cross_entropy: see neuron_trainer_set_loss().
 *
 *  Its number of classes is that of the outputs, and an example belongs to the class of its largest
 *  target; so accuracy is the share of examples whose largest output and largest target have the
 *  same place (of equal numbers the first counts). With a single output there are two classes: an
 *  example belongs to class 1 if its target is above 0.5, else to class 0, and is right if its
 *  output is on the same side.
 *  @param[out] dataset  the new dataset; NULL on failure.
 *  @param examples  as for neuron_dataset_create().
 *  @param targets   NULL for examples without any: to predict, to calibrate a quantisation, or as
 *                   an input of neuron_dataset_zip(). They are all of class 0, the only one, and no
 *                   graph is trained or evaluated on them. Else of any type, [n] for one output or
 *                   [n, ...shape of the targets of one], finite.
 *                   Numbers that are not NEURON_TYPE_F32 become the float32 next to them, in a
 *                   copy. A graph for the dataset has as many outputs: of this shape but for axes
 *                   of extent 1, or flat; for targets [n, outputs] of any shape.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_SHAPE, NEURON_E_DATA for counts that differ or a target
 *  that is not finite (the first such is named), NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_dataset_create_with_targets(neuron_dataset_t **dataset,
                                                  neuron_context_t *context,
                                                  neuron_tensor_t *examples,
                                                  neuron_tensor_t *targets);

/** Loads images and labels from a pair of IDX files, plain or gzip: the format of MNIST,
 *  Fashion-MNIST and K-MNIST. Images [n, height, width] become examples height x width x 1. Here
 *  and wherever gzip data is read, members that follow one another are one, as for gunzip, zeros
 *  behind the last are nothing, and other bytes there are ignored with a warning to the log.
 *  @param class_count  1 to 256.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_IO, NEURON_E_FORMAT with file and byte offset,
 *           NEURON_E_DATA, NEURON_E_UNSUPPORTED for what is packed twice, or gzip data where zlib
 *           is not the version of its headers, NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_idx(neuron_dataset_t **dataset, neuron_context_t *context,
                                       const char *images_path, const char *labels_path,
                                       int64_t class_count);

/** Reads the bytes of such files in memory, which are the caller's again after the call.
 *  @param images  `images_size` bytes; NULL for none.
 *  @param labels  `labels_size` bytes; NULL for none.
 *  @return  as neuron_dataset_load_idx(). Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_idx_memory(neuron_dataset_t **dataset, neuron_context_t *context,
                                              const void *images, size_t images_size,
                                              const void *labels, size_t labels_size,
                                              int64_t class_count);

/** Loads CIFAR-10 from files of its binary version, such as data_batch_1.bin: records of one label
 *  byte and 3072 bytes of a colour image, plane by plane. Images become examples 32 x 32 x 3 of
 *  bytes, with the channels last. Plain or gzip.
 *  @param paths  `count` paths, 1 or more; their records are joined in this order.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_IO, NEURON_E_FORMAT with file and byte offset,
 *           NEURON_E_DATA for a label above 9, NEURON_E_UNSUPPORTED as neuron_dataset_load_idx(),
 *           NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_cifar10(neuron_dataset_t **dataset, neuron_context_t *context,
                                           const char *const *paths, int64_t count);

/** Loads CIFAR-10 from files of its Python version, such as data_batch_1: pickled dictionaries with
 *  "data", an array [n, 3072] of bytes, and "labels", a list of n numbers, as Python 2 wrote them
 *  (protocol 2) or Python 3 does from bytes (protocols 3 to 5). Nothing in a file is run: what such
 *  a dictionary does not need is refused, and the message names it. Plain or gzip.
 *  @param paths  `count` paths, 1 or more; their rows are joined in this order.
 *  @return  as neuron_dataset_load_cifar10(); NEURON_E_DATA also if a file does not have as many
 *           labels as rows. Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_cifar10_pickle(neuron_dataset_t **dataset,
                                                  neuron_context_t *context,
                                                  const char *const *paths, int64_t count);

/** Reads the bytes of files of the binary version in memory, which are the caller's again after the
 *  call.
 *  @param bytes  `count` pointers to the bytes of a file each, 1 or more; joined in this order.
 *  @param sizes  how many bytes each has.
 *  @return  as neuron_dataset_load_cifar10(). Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_cifar10_memory(neuron_dataset_t **dataset,
                                                  neuron_context_t *context,
                                                  const void *const *bytes, const size_t *sizes,
                                                  int64_t count);

/** The same of files of the Python version.
 *  @param bytes  `count` pointers to the bytes of a file each, 1 or more; joined in this order.
 *  @param sizes  how many bytes each has.
 *  @return  as neuron_dataset_load_cifar10_pickle(). Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_cifar10_pickle_memory(neuron_dataset_t **dataset,
                                                         neuron_context_t *context,
                                                         const void *const *bytes,
                                                         const size_t *sizes, int64_t count);

/** Reads examples that are not in memory, for neuron_dataset_create_stream(). It is called by one
 *  thread at a time, which may be another one each time: that of a call that reads the dataset, or
 *  the worker of a training, which reads one batch ahead. It must not use the dataset: a call that
 *  would read it gets NEURON_E_STATE. In a worker it must not throw (`workers=0` has
 *  it called by the thread of the run).
 *  @param[out] examples  room for the elements of the examples, one example after the other; NULL
 *                   if they are not wanted.
 *  @param[out] labels    room for their class numbers; NULL if they are not wanted.
 *  @param positions  `count` indices in the whole set, 0 to its size - 1, in any order; 1 to 1024.
 *  @return  0; or a negative number to fail, which comes back from the call or the run that needed
 *           them (a positive one becomes NEURON_E_CALLBACK). The message then ends with that of the
 *           last call that failed in it. Since 0.1. */
typedef int (*neuron_dataset_read_function_t)(void *examples, int32_t *labels,
                                              const int64_t *positions, int64_t count,
                                              void *user_data);

/** Makes a dataset whose examples are read by a function each time they are needed, for sets that
 *  are larger than memory. Only the class numbers are kept: they are read now, without examples. So
 *  it can be split, filtered, shuffled and folded like any other. A training reads one batch ahead,
 *  in a worker; a run that fails as a number is not finite reads the examples of that step once
 *  more, in the thread of the run, to say which input it was. neuron_dataset_join() and
 *  neuron_dataset_grayscale() read all of it into memory.
 *  @param read       see neuron_dataset_read_function_t.
 *  @param user_data  for `read`, such as an open file. It must live as long as any dataset made of
 *                    this one, which subsets, folds and trainers keep alive.
 *  @param destroy    called with `user_data` when the last of these is gone; not if this call
 *                    fails, after which the caller still has it. May be NULL.
 *  @param count      number of examples, 1 or more.
 *  @param options    as text, see options.h: `shape` of one example, such as `28x28x1`, 1 to 7
 *                    extents; `type` of its elements, `f32` (default) or `u8`; and `classes`, how
 *                    many there are, 1 to 65,536. Shape and classes must be given.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_DATA for a label out of range, NEURON_E_MEMORY, or what
 *           `read` returned. Any thread. Since 0.1. */
NEURON_API int neuron_dataset_create_stream(neuron_dataset_t **dataset, neuron_context_t *context,
                                            neuron_dataset_read_function_t read, void *user_data,
                                            neuron_destroy_function_t destroy, int64_t count,
                                            const char *options);

/** Reads examples that are not in memory and their targets, for
 *  neuron_dataset_create_stream_with_targets(). The rules are those of
 *  neuron_dataset_read_function_t.
 *  @param[out] examples  as for neuron_dataset_read_function_t.
 *  @param[out] targets   room for their targets, those of one example after the other; NULL if they
 *                    are not wanted.
 *  @param positions  as for neuron_dataset_read_function_t.
 *  @return  as for neuron_dataset_read_function_t. Since 0.1. */
typedef int (*neuron_dataset_read_targets_function_t)(void *examples, float *targets,
                                                      const int64_t *positions, int64_t count,
                                                      void *user_data);

/** Makes such a dataset whose targets are any numbers, as those of
 *  neuron_dataset_create_with_targets(). They are read now, and kept. (So are weights of examples,
 *  of any stream, that neuron_dataset_set_weights() sets.)
 *  @param read       see neuron_dataset_read_targets_function_t.
 *  @param user_data  as for neuron_dataset_create_stream().
 *  @param destroy    likewise.
 *  @param count      likewise.
 *  @param options    `shape` and `type` as for neuron_dataset_create_stream(), and `targets`, the
 *                    shape of those of one example: `targets=3`, or `targets=28x28x1`. Shape and
 *                    targets must be given.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_DATA for a target that is not finite, NEURON_E_MEMORY,
 *           or what `read` returned. Any thread. Since 0.1. */
NEURON_API int
neuron_dataset_create_stream_with_targets(neuron_dataset_t **dataset, neuron_context_t *context,
                                          neuron_dataset_read_targets_function_t read,
                                          void *user_data, neuron_destroy_function_t destroy,
                                          int64_t count, const char *options);

/** Loads examples and labels from two .npy files of NumPy. Examples are u1, b1, f2, f4 or f8 arrays
 *  with the shape [n, ...shape of one example]; images [n, height, width] become examples
 *  height x width x 1. Truth values (b1) become inputs 0 and 1. Labels are class numbers [n] or
 *  [n, 1] of whole numbers (i1 to i8, u1 to u8) or b1, or targets [n, class_count] as f2, f4 or f8.
 *  @param class_count  1 to 65536; or 0 for labels that are targets of any kind, of any of these
 *                      types and any shape [n, ...], as of neuron_dataset_create_with_targets().
 *  @return  0, NEURON_E_ARGUMENT, and what neuron_tensor_load_npy(), neuron_dataset_create() and
 *           neuron_dataset_create_with_targets() return. Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_npy(neuron_dataset_t **dataset, neuron_context_t *context,
                                       const char *examples_path, const char *labels_path,
                                       int64_t class_count);

/** Reads the bytes of such files in memory, which are the caller's again after the call.
 *  @param examples  `examples_size` bytes; NULL for none.
 *  @param labels    `labels_size` bytes; NULL for none.
 *  @return  as neuron_dataset_load_npy(). Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_npy_memory(neuron_dataset_t **dataset, neuron_context_t *context,
                                              const void *examples, size_t examples_size,
                                              const void *labels, size_t labels_size,
                                              int64_t class_count);

/** Loads examples and labels, as neuron_dataset_load_npy() does, from two arrays of a .npz archive
 *  such as Keras' mnist.npz, whose arrays are "x_train", "y_train", "x_test" and "y_test".
 *  @return  0, NEURON_E_ARGUMENT, and what neuron_tensor_load_npz() and neuron_dataset_create()
 *           return. Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_npz(neuron_dataset_t **dataset, neuron_context_t *context,
                                       const char *path, const char *examples_name,
                                       const char *labels_name, int64_t class_count);

/** Reads the bytes of such an archive in memory, which are the caller's again after the call.
 *  @param bytes  `size` of them; NULL for none.
 *  @return  as neuron_dataset_load_npz(). Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_npz_memory(neuron_dataset_t **dataset, neuron_context_t *context,
                                              const void *bytes, size_t size,
                                              const char *examples_name, const char *labels_name,
                                              int64_t class_count);

/** Loads a folder with a sub-folder of images for each class. Classes are the sub-folders sorted by
 *  the bytes of their names, which neuron_dataset_class_name() tells; an image's class is the
 *  sub-folder's place in that order. Examples are height x width x channels of bytes, class by
 *  class and sorted by name within one. Names that begin with a dot are left out, as are files
 *  beside the sub-folders. So are, with a line to the log (NEURON_LOG_INFO), sub-folders without an
 *  image, and what systems and programs put beside the files of a user: __MACOSX, @eaDir,
 *  Thumbs.db, desktop.ini and others of their kind. Any other file in a class must be an image.
 *
 *  Images are PBM, PGM and PPM (P1 to P6, samples up to 65535), plain or gzip, and, if the
 *  library was built with libpng, PNG of any kind: 16 bits become 8, palettes become colours,
 *  transparency is left out. Bits and grey images have 1 channel, colour images 3. All must have
 *  the size and the channels of the first.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_IO, NEURON_E_FORMAT, NEURON_E_UNSUPPORTED for a format
 *           that is not read, NEURON_E_DATA if there are no classes or images or one differs from
 *           the first, NEURON_E_MEMORY; the message names the file. Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_folder(neuron_dataset_t **dataset, neuron_context_t *context,
                                          const char *path);

/** Loads a folder as neuron_dataset_load_folder() does, but with the classes of another dataset:
 *  those of the training set for the images to validate and test with. An image's class is the one
 *  that is called as its sub-folder. A class without a sub-folder has no examples; so class numbers
 *  and their count fit where some are missing. Scale and offset are those of any new dataset.
 *  @param classes_of  a dataset whose classes have names: one from a folder, or a subset of one.
 *  @return  as neuron_dataset_load_folder(); NEURON_E_DATA also if the classes have no names or a
 *           sub-folder is called as none of them, with its name. Any thread. Since 0.1. */
NEURON_API int neuron_dataset_load_folder_as(neuron_dataset_t **dataset, neuron_context_t *context,
                                             const char *path, const neuron_dataset_t *classes_of);

/** Generates images of ten kinds of glyphs, drawn with random shift, rotation, scale, stroke width
 *  and noise, so that a first try needs no download. Images 10 k to 10 k + 9 are one of each class,
 *  in random order, for every k. A linear model learns them clearly worse than a small
 *  convolutional network.
 *  @param count   1 or more.
 *  @param height  8 to 1024 pixels.
 *  @param width   likewise.
 *  @param seed    the same seed gives the same images; image i does not depend on `count`.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. Any thread. Since 0.1. */
NEURON_API int neuron_dataset_generate_glyphs(neuron_dataset_t **dataset, neuron_context_t *context,
                                              int64_t count, int64_t height, int64_t width,
                                              uint64_t seed);

/** Joins datasets into a new one, which holds a copy of all their examples, in order.
 *  @param datasets  `count` of them, 1 or more, with equal shapes, element types, kinds of labels,
 *                   classes and their names, scale and offset; of tables also with equal numbers of
 *                   their words, as neuron_dataset_load_csv_like() makes them.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_SHAPE, NEURON_E_TYPE, NEURON_E_DATA, NEURON_E_MEMORY, or
 *           what a stream returned. Any thread, unless another one changes the dataset meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_dataset_join(neuron_dataset_t **dataset, neuron_dataset_t *const *datasets,
                                   int64_t count);

/** Puts datasets side by side: makes one whose examples have several inputs, several targets or
 *  both, for graphs with as many inputs and outputs (neuron_graph_finish_many()).
 *
 *      neuron_dataset_t *inputs[] = {left, right}, *targets[] = {same, kind};
 *      neuron_dataset_zip(&pairs, inputs, 2, targets, 2);
 *
 *  Example i is made of example i of each. Of a dataset in `inputs` it has the example, with its
 *  type, shape and scale; labels do not matter there. Of one in `targets` it has the label or the
 *  targets, the names of classes, and the weight of the example (neuron_dataset_set_weights()),
 *  which multiplies the loss at that output alone: 0 where a label is not known. A dataset may be
 *  in both lists, and more than once; one that was zipped itself brings all its inputs, or all its
 *  targets. Streams may be among them. Memory is shared, but for an order of the examples each;
 *  what is set on one of them afterwards does not change the zipped one.
 *
 *  Subsets, selections, splits, folds, shuffles and filters of it are zipped as well. Calls that
 *  tell, read or set something of the examples or of the labels mean the first input and the first
 *  target: neuron_dataset_shape(), neuron_dataset_set_scale(), neuron_dataset_read(),
 *  neuron_dataset_filter() and so on. neuron_dataset_input() and neuron_dataset_target() have
 *  the others. neuron_dataset_set_weights() gives each example a weight at all outputs, by which
 *  those of the targets are multiplied. neuron_dataset_join() and neuron_dataset_grayscale() work
 *  on the parts, before they are zipped.
 *  @param[out] zipped   the new dataset; NULL on failure.
 *  @param inputs        `input_count` datasets, 1 or more, in the order of the graph's inputs.
 *  @param targets       `target_count` datasets, in the order of its outputs; NULL with 0 of them
 *                       for a dataset without targets.
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_DATA for datasets of which one has another number of
 *           examples, or one of `targets` without any; NEURON_E_UNSUPPORTED for one of `targets`
 *           that was zipped and given weights afterwards; NEURON_E_MEMORY. Any thread, unless
 *           another one changes one of the datasets meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_dataset_zip(neuron_dataset_t **zipped,
                                               neuron_dataset_t *const *inputs, int64_t input_count,
                                               neuron_dataset_t *const *targets,
                                               int64_t target_count);

/** The examples first, first + 1, ... first + count - 1, sharing memory.
 *  @return  0, NEURON_E_ARGUMENT if there are not so many, NEURON_E_MEMORY. Any thread, unless
 *           another one changes the dataset meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_subset(neuron_dataset_t **subset, neuron_dataset_t *dataset,
                                     int64_t first, int64_t count);

/** The examples of one of several ranks, sharing memory: the same number for each, or one more for
 *  the first ones, in the order of the dataset, so that a stream reads them one after the other.
 *  Of a dataset whose examples are sorted, by class say, shuffle first. For a training with
 *  `data=shard` (neuron_trainer_set()), where no rank needs more than its part.
 *  @param rank  from 0 on, less than `size`: neuron_communicator_rank().
 *  @param size  the number of ranks, 1 to 1,048,576: neuron_communicator_size().
 *  @return  0; NEURON_E_ARGUMENT; NEURON_E_DATA if there are fewer examples than ranks;
 *           NEURON_E_MEMORY. Any thread, unless another one changes the dataset meanwhile. Since
 *           0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_dataset_shard(neuron_dataset_t **shard,
                                                 neuron_dataset_t *dataset, int32_t rank,
                                                 int32_t size);

/** Splits a dataset into subsets that share its memory, none of them overlapping.
 *  A subset's size is its fraction of all examples (stratified: of each class), rounded so that the
 *  subsets never overlap and, if the fractions add up to 1, every example is in one. Options:
 *
 *  - `order`: in which examples are dealt out: `shuffled`, the default, is a random one;
 *    `stratified` is one too, and each class is divided in the same proportion; with `in_order`
 *    the first subset gets the first examples.
 *
 *  @param[out] subsets  room for `count` datasets, all of them set; all NULL on failure.
 *  @param fractions  `count` numbers, each above 0, that add up to 1 or less.
 *  @param count      of subsets, 1 to 1,048,576.
 *  @param seed       of the random order.
 *  @param options    as options.h has them: "order=stratified"; NULL for the defaults.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_DATA if a subset would be empty, NEURON_E_MEMORY. Any
 *           thread, unless another one changes the dataset meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_split(neuron_dataset_t **subsets, neuron_dataset_t *dataset,
                                    const double *fractions, int64_t count, uint64_t seed,
                                    const char *options);

/** Divides a dataset into k folds of nearly equal size and makes two subsets of it that share its
 *  memory: one fold to validate with, and the others to train with. The folds are stratified:
 *  all have the same number of examples of each class, and in total, give or take one. With the
 *  same seed, the k validation subsets together have every example once. Both are in random
 *  order.
 *  @param[out] train       the other folds; NULL on failure.
 *  @param[out] validation  the fold; NULL on failure.
 *  @param k     number of folds, 2 or more and no more than there are examples.
 *  @param fold  which one validates: 0 to k - 1.
 *  @param seed  of the division and of the order.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_DATA for more folds than examples, NEURON_E_MEMORY. Any
 *           thread, unless another one changes the dataset meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_k_fold(neuron_dataset_t **train, neuron_dataset_t **validation,
                                     neuron_dataset_t *dataset, int64_t k, int64_t fold,
                                     uint64_t seed);

/** The same examples in random order, sharing memory. A trainer makes a new order for each epoch
 *  by itself; this is for what reads a dataset in its order.
 *  @param seed  of the order. @return 0, NEURON_E_ARGUMENT, NEURON_E_MEMORY. Any thread, unless
 *  another one changes the dataset meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_shuffle(neuron_dataset_t **shuffled, neuron_dataset_t *dataset,
                                      uint64_t seed);

/** The examples at some positions, in that order and sharing memory: for a bootstrap, or folds of
 *  one's own.
 *  @param positions  `count` numbers, 1 or more, each 0 to neuron_dataset_count() - 1; the same one
 *                    may come again, and its example is then there as often.
 *  @return  0, NEURON_E_ARGUMENT with the first position that is wrong, NEURON_E_MEMORY. Any
 *           thread, unless another one changes the dataset meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_select(neuron_dataset_t **selected, neuron_dataset_t *dataset,
                                     const int64_t *positions, int64_t count);

/** Examples that are drawn at random, each anew of all of them (with replacement), sharing memory:
 *  a bootstrap; with weights, a set in which what is rare comes more often.
 *  @param weights  how likely each example is to be drawn, `weight_count` numbers: finite,
 *                  not negative, and not all 0; they need not add up to 1. NULL if all are equal.
 *                  They have nothing to do with neuron_dataset_set_weights().
 *  @param weight_count  neuron_dataset_count(); 0 with NULL.
 *  @param count    how many to draw, 1 or more.
 *  @param seed     of the draws.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_DATA with the first weight that is wrong,
 *           NEURON_E_MEMORY. Any thread, unless another one changes the dataset meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_dataset_sample(neuron_dataset_t **sample, neuron_dataset_t *dataset,
                                     const double *weights, int64_t weight_count, int64_t count,
                                     uint64_t seed);

/** The examples of some classes, in their order and sharing memory. Class numbers and their count
 *  stay as they are, so that a graph for all classes fits. An example whose target is not one-hot
 *  belongs to the class of its largest number.
 *  @param classes  `count` numbers, 1 or more, each 0 to class_count - 1.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_DATA if no example is of these classes, NEURON_E_MEMORY.
 *           Any thread, unless another one changes the dataset meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_filter(neuron_dataset_t **filtered, neuron_dataset_t *dataset,
                                     const int32_t *classes, int64_t count);

/** The same with classes that are numbered anew: classes[k] becomes class k, and there are `count`
 *  of them. Their names go with them. What the columns of a table were learnt to be does not: see
 *  neuron_dataset_preparation().
 *  @param classes  as for neuron_dataset_filter(), and each only once.
 *  @return  as neuron_dataset_filter(); NEURON_E_TYPE if the dataset has targets other than class
 *           numbers. Any thread, unless another one changes the dataset meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_filter_renumbered(neuron_dataset_t **filtered,
                                                neuron_dataset_t *dataset, const int32_t *classes,
                                                int64_t count);

/** Says whether an example stays.
 *  @param[out] keep  0, to be set to 1 for one that stays.
 *  @param position   its place in the dataset, from 0.
 *  @param label      its class: its class number, or as neuron_dataset_class_counts() counts it.
 *  @return  0. A negative number makes the call fail with it, any other with NEURON_E_CALLBACK.
 *           Since 0.1. */
typedef int (*neuron_dataset_keep_function_t)(int32_t *keep, int64_t position, int32_t label,
                                              void *user_data);

/** The examples that a function keeps, in their order and sharing memory.
 *  @param function   called once for each example, in order and in the calling thread, and not
 *                    after this call has returned.
 *  @param user_data  handed to it; may be NULL.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_DATA if nothing is kept, what the function failed with,
 *           NEURON_E_MEMORY. Any thread, unless another one changes the dataset meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_dataset_filter_by(neuron_dataset_t **filtered, neuron_dataset_t *dataset,
                                        neuron_dataset_keep_function_t function, void *user_data);

/** The same examples in grey: a pixel becomes its luma by ITU-R BT.601,
 *  0.299 R + 0.587 G + 0.114 B. The examples are a copy in memory, in which bytes stay bytes,
 *  rounded; labels are shared. Scale and offset are kept.
 *  @param dataset  examples of height x width x 3; they become height x width x 1.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_SHAPE, NEURON_E_UNSUPPORTED after
 *           neuron_dataset_standardize_channels(), NEURON_E_MEMORY, or what a stream returned. Any
 *           thread, unless another one changes the dataset meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_grayscale(neuron_dataset_t **gray, neuron_dataset_t *dataset);

/** The same examples, sharing memory, with targets [class_count] in place of class numbers: 1 for
 *  the example's class and 0 for the others.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_TYPE if it has targets already, NEURON_E_MEMORY. Any
 *           thread, unless another one changes the dataset meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_one_hot(neuron_dataset_t **one_hot, neuron_dataset_t *dataset);

/** Adds an owner. @return  `dataset`. Any thread. Since 0.1. */
NEURON_API neuron_dataset_t *neuron_dataset_ref(neuron_dataset_t *dataset);

/** Takes an owner away. Any thread. Since 0.1. */
NEURON_API void neuron_dataset_unref(neuron_dataset_t *dataset);

/** Gives the examples another shape of as many elements: {784} in place of {28, 28, 1}.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_SHAPE. No other thread may use the dataset meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_dataset_reshape(neuron_dataset_t *dataset, const int64_t *shape,
                                      int32_t rank);

/** Sets how a stored value becomes an input: value * scale + offset, worked out in double and then
 *  rounded to float32, so that an offset far larger than the inputs takes nothing from them. (Bytes
 *  without an offset are multiplied in float32, which is faster.) The default is 1/255 and 0
 *  for bytes, 1 and 0 for float32.
 *  @param scale   finite.
 *  @param offset  finite.
 *  @return  0 or NEURON_E_ARGUMENT. No other thread may use the dataset meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_set_scale(neuron_dataset_t *dataset, double scale, double offset);

/** The same with a scale and an offset for each index of the last axis: the channels of images, the
 *  columns of a table.
 *  @param scales   `count` numbers, finite.
 *  @param offsets  likewise.
 *  @param count  extent of the last axis; or 1, as neuron_dataset_set_scale(); or 0 for the
 *                default, as neuron_graph_scales() has it where nothing is known.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_SHAPE for another count, NEURON_E_MEMORY. On failure
 *           nothing has changed. No other thread may use the dataset meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_set_scales(neuron_dataset_t *dataset, const double *scales,
                                         const double *offsets, size_t count);

/** Tells how a stored value becomes an input, whoever has set it: what a prediction's input is
 *  scaled by, or another dataset with neuron_dataset_set_scales(). The same numbers make the
 *  same inputs, to the last bit; but for neuron_dataset_normalize() with a bound other than 0
 *  that is tiny beside the other one, of values that differ by a millionth or less: then to a
 *  billionth of the bounds' distance.
 *  @param[out] scales   room for `capacity` numbers; NULL with capacity
 *                       0 to ask how many there are.
 *  @param[out] offsets  likewise.
 *  @param[out] needed  1 if all values have the same scale and offset; else the extent of the last
 *                   axis when they were set. May be NULL.
 *  @return  0; NEURON_E_ARGUMENT if there is too little room. Any thread, unless another one
 *           changes the dataset meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_scales(double *scales, double *offsets, size_t capacity,
                                     size_t *needed, const neuron_dataset_t *dataset);

/** Gives the examples weights, by which their losses are multiplied in training and evaluation, as
 *  in Keras: the loss of a batch is the sum of weight times loss, divided by the number of
 *  examples. Accuracy knows no weights. Subsets and joined datasets made afterwards have the
 *  weights of their examples; those made before do not change.
 *  @param weights  copied: one for each example, in order, finite and not negative; NULL for none.
 *                  Of an example that is there more than once, all must be the same.
 *  @param count    neuron_dataset_count().
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_DATA with the first weight that is wrong,
 *           NEURON_E_MEMORY. On failure nothing has changed. No other thread may use the dataset
 *           meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_set_weights(neuron_dataset_t *dataset, const float *weights,
                                          int64_t count);

/** Sets scale and offset so that inputs lie between two bounds: for bytes 0 becomes the minimum and
 *  255 the maximum; for float32 the smallest value of the dataset and the largest (all become the
 *  minimum if they are equal). Both are met exactly, as the float32 next to each bound, and nothing
 *  is outside of them, whatever the values are. Subsets that were made before do not change. For a
 *  test set, take the numbers of the training set with neuron_dataset_scales() and
 *  neuron_dataset_set_scales(); what goes beyond its values then goes beyond the bounds.
 *  @param minimum  finite as float32, and as such below `maximum`.
 *  @param maximum  finite as float32.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_DATA for no examples or for float32 values that are not
 *           finite, NEURON_E_MEMORY; or what a stream returned. No other thread may use the dataset
 *           meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_normalize(neuron_dataset_t *dataset, double minimum, double maximum);

/** Sets scale and offset so that the inputs of a reference have mean 0 and standard deviation 1
 *  over all their elements: the training set for itself, and then the same for validation and test.
 *  The deviation is that of a population, by n and not n - 1; where it is 0, only the mean is
 *  subtracted.
 *  Bytes stay bytes in memory. Subsets that were made before do not change.
 *  @param reference  of the same element type; may be the dataset itself.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_TYPE, NEURON_E_DATA if the reference has no examples, or
 *           values that are not finite, NEURON_E_MEMORY; or what a stream returned. No other thread
 *           may use the dataset meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_standardize(neuron_dataset_t *dataset,
                                          const neuron_dataset_t *reference);

/** The same with a scale and an offset for each index of the last axis: the channels of images, the
 *  columns of a table. One of them is all: see neuron_dataset_standardize().
 *  neuron_dataset_set_scale() takes them away again.
 *  @return  as neuron_dataset_standardize(), NEURON_E_SHAPE if the last axes differ,
 *           NEURON_E_MEMORY. No other thread may use the dataset meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_standardize_channels(neuron_dataset_t *dataset,
                                                   const neuron_dataset_t *reference);

/** Number of examples; 0 for NULL. Any thread, unless another one changes the dataset meanwhile.
 *  Since 0.1. */
NEURON_API int64_t neuron_dataset_count(const neuron_dataset_t *dataset);

/** How many inputs an example has: 1, but for neuron_dataset_zip(); 0 for NULL. Any thread, unless
 *  another one changes the dataset meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int64_t neuron_dataset_input_count(const neuron_dataset_t *dataset);

/** How many targets an example has, each for an output of a graph: 1, but for neuron_dataset_zip(),
 *  whether that is a class number or many numbers; 0 for a dataset without any, and for NULL. Any
 *  thread, unless another one changes the dataset meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int64_t neuron_dataset_target_count(const neuron_dataset_t *dataset);

/** One input of all examples as a dataset of its own, without labels, sharing memory: what all
 *  other calls tell and read of it.
 *  @param[out] part  the new dataset; NULL on failure.
 *  @param index      0 to neuron_dataset_input_count() - 1.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_MEMORY. Any thread, unless another one changes the
 *           dataset meanwhile. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_dataset_input(neuron_dataset_t **part, neuron_dataset_t *dataset,
                                                 int64_t index);

/** One target likewise: a dataset with these labels or targets, their names and the weights that
 *  came with them. Its examples are those that they were zipped with, of any shape.
 *  @param[out] part  the new dataset; NULL on failure.
 *  @param index      0 to neuron_dataset_target_count() - 1.
 *  @return  as neuron_dataset_input(). Threads as for it. Since 0.1, experimental. */
NEURON_API_EXPERIMENTAL int neuron_dataset_target(neuron_dataset_t **part,
                                                  neuron_dataset_t *dataset, int64_t index);

/** Number of classes; 0 for NULL. neuron_dataset_create_with_targets() says what it is for its
 *  datasets. Any thread, unless another one changes the dataset meanwhile. Since 0.1. */
NEURON_API int64_t neuron_dataset_class_count(const neuron_dataset_t *dataset);

/** Name of a class, if what the dataset was loaded from has names, or they were set; subsets and
 *  joined datasets keep them. The text lives as long as the dataset, or until names are set.
 *  @param k  0 to neuron_dataset_class_count() - 1.
 *  @return  the name; NULL if it is not known or there is no such class. Any thread, unless another
 *           one changes the dataset meanwhile. Since 0.1. */
NEURON_API const char *neuron_dataset_class_name(const neuron_dataset_t *dataset, int64_t k);

/** Names the classes, or what the targets stand for. Datasets that come from this one afterwards
 *  have the names too; a trainer hands them to its graph, and reports of evaluations have them.
 *  @param names  `count` texts of 1 to 255 bytes of UTF-8 without control characters; copied. NULL
 *                to forget them.
 *  @param count  neuron_dataset_class_count(); 0 with NULL.
 *  @return  0, NEURON_E_ARGUMENT or NEURON_E_MEMORY. No other thread may use the dataset meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_dataset_set_class_names(neuron_dataset_t *dataset, const char *const *names,
                                              int64_t count);

/** Type of the stored elements: NEURON_TYPE_U8 or NEURON_TYPE_F32; 0 for NULL. Any thread, unless
 *  another one changes the dataset meanwhile. Since 0.1. */
NEURON_API int32_t neuron_dataset_type(const neuron_dataset_t *dataset);

/** Shape of one example.
 *  @param[out] shape  at least NEURON_RANK_MAX numbers; the first `rank` are written.
 *  @return  0 or NEURON_E_ARGUMENT. Any thread, unless another one changes the dataset meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_dataset_shape(int64_t *shape, int32_t *rank, const neuron_dataset_t *dataset);

/** How many examples each class has. An example whose target is not one-hot belongs to the class of
 *  its largest number.
 *  @param[out] counts  neuron_dataset_class_count() numbers.
 *  @param capacity     room in `counts`; must be enough.
 *  @return  0 or NEURON_E_ARGUMENT. Any thread, unless another one changes the dataset meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_dataset_class_counts(int64_t *counts, int64_t capacity,
                                           const neuron_dataset_t *dataset);

/** Copies examples, scaled, and their class numbers.
 *  @param[out] values   count * (elements of one example) numbers; NULL if not wanted.
 *  @param[out] labels   count numbers, the classes that neuron_dataset_class_counts() counts; NULL
 *                       if not wanted.
 *  @param first  the first of them, counted from 0.
 *  @param count  how many.
 *  @return  0, NEURON_E_ARGUMENT, NEURON_E_MEMORY, or what a stream returned. Any thread, unless
 *           another one changes the dataset meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_read(float *values, int32_t *labels, const neuron_dataset_t *dataset,
                                   int64_t first, int64_t count);

/** Copies the targets of examples, in the order of neuron_dataset_read(): what the predictions of a
 *  regression are compared with after a shuffle or a split. A class number becomes 1 for its class
 *  and 0 for the others, as neuron_dataset_one_hot() makes it.
 *
 *      size_t outputs;
 *      neuron_dataset_read_targets(NULL, 0, &outputs, test, 0, 1);
 *
 *  tells how many targets an example has, as many as a graph for the dataset has outputs.
 *  @param[out] targets  room for `capacity` numbers, [count, outputs] of which are written; NULL
 *                   with capacity 0 to ask how many there are.
 *  @param[out] needed   count * outputs. May be NULL.
 *  @param first  the first of them, counted from 0.
 *  @param count  how many.
 *  @return  0; NEURON_E_ARGUMENT, also if there is too little room; NEURON_E_MEMORY if there are
 *           more targets than memory can have. Any thread, unless another one changes the dataset
 *           meanwhile. Since 0.1. */
NEURON_API int neuron_dataset_read_targets(float *targets, size_t capacity, size_t *needed,
                                           const neuron_dataset_t *dataset, int64_t first,
                                           int64_t count);

/** Copies the weights of examples, in the order of neuron_dataset_read(). Where none were set, each
 *  is 1.
 *  @param[out] weights  `count` numbers.
 *  @param first  the first of them, counted from 0.
 *  @param count  how many.
 *  @return  0 or NEURON_E_ARGUMENT. Any thread, unless another one changes the dataset meanwhile.
 *           Since 0.1. */
NEURON_API int neuron_dataset_read_weights(float *weights, const neuron_dataset_t *dataset,
                                           int64_t first, int64_t count);

#ifdef __cplusplus
}
#endif

#endif
