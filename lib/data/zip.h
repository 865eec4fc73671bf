/* ZIP archives in memory, as NumPy writes them: members stored or deflated. */
#ifndef DATA_ZIP_H
#define DATA_ZIP_H

#include "data/content.h"

/* Opens a member as a content of its own, whose name for messages is `label`. Both the archive and
 * the label must stay. NEURON_E_DATA if there is no such member. */
int neuron_zip_open(neuron_content *member, const neuron_content *archive, const char *name,
                    const char *label);

#endif
