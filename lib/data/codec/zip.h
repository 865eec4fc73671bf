/* ZIP archives as NumPy writes them: members stored or deflated, ZIP64 or not. */
#ifndef DATA_CODEC_ZIP_H
#define DATA_CODEC_ZIP_H

#include "base/compiler/attributes.h"
#include "data/codec/source.h"

/* A member stays where it is as long as it is open. */
typedef struct neuron_zip_member {
    neuron_source source;
    neuron_source_sum sum;
} neuron_zip_member;

/* Opens the member called `name`, or else the one that is called so with ".npy" behind it; of
 * several the last, as Python does. `label` is "archive: name.npy", and loses its end where the
 * member has none. The archive and the label must stay. NEURON_E_DATA if there is no such member.
 * On success neuron_source_close() must follow. */
NEURON_SHARED int neuron_zip_open(neuron_zip_member *member, const neuron_store *archive,
                                  char *label, const char *name);

#endif
