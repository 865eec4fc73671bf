/* Feeds bytes to the readers of images: PBM, PGM, PPM and PNG. */
#include "limited.h"

#include "data/codec/image.h"

/* An image may have this many times more samples than its file has bytes. */
enum { INPUT_MAX = LIMITED_MEMORY / NEURON_IMAGE_RATIO_MAX };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    neuron_context_t *context = size <= INPUT_MAX ? limited_context(size) : NULL;
    const neuron_content content = neuron_content_of_memory(context, bytes, size, "fuzz");
    neuron_source source;
    if (context && neuron_source_open(&source, &content) == NEURON_OK) {
        neuron_image image = {.pixels = NULL};
        int status = neuron_image_read(&image, &source);
        limited_check(status, image.pixels);
        if (status == NEURON_OK)
            neuron_release(context, image.pixels);
        neuron_source_close(&source);
    }
    neuron_context_unref(context);
    return 0;
}
