/* The networks that are measured, each described once for this program and for the libraries that
 * compare puts beside it, in the words of drawing.c. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

/* What several of them are made of. Numbers in quotes are parts of the text. */
#define CONVOLUTION(filters) "conv " filters " 3; relu; "
#define POOLED               "max-pool 2; "
#define OUTPUT               "dense 10; softmax"

/* Dense, ReLU, normalised, and half of it dropped. */
#define BLOCK(units) "dense " units "; relu; norm; dropout 0.5; "

/* Two convolutions with padding, each normalised, then pooled. */
#define DOUBLE(filters, rate)                                                                      \
    "conv " filters " 3 same; relu; norm; conv " filters " 3 same; relu; norm; max-pool 2; "       \
    "dropout " rate "; "

#define NORMALISED(filters, window) "conv " filters " " window " same; norm; relu; "

/* Depthwise, then 1x1. */
#define SEPARABLE(filters, stride)                                                                 \
    "depthwise 3 " stride " same; norm; relu; conv " filters " 1; norm; relu; "

/* A residual block of two convolutions; with a stride it has a projection beside it. */
#define TWO(filters, stride)                                                                       \
    "conv " filters " 3 " stride " same; norm; relu; conv " filters " 3 same; norm; "
#define RESIDUAL(filters) "keep a; " TWO(filters, "1") "add a; relu; "
#define RESIDUAL_DOWN(filters)                                                                     \
    "keep a; " TWO(filters, "2") "keep b; from a; conv " filters " 1 2 same; norm; add b; relu; "

static const struct {
    const char *name, *description, *text;
} rows[] = {
    {"mlp-plain", "784-512-256-10, ReLU",
     "batch 128; input 784; dense 512; relu; dense 256; relu; " OUTPUT},
    {"mlp-512", "784-512-256-10, batch normalisation, dropout",
     "batch 128; input 784; " BLOCK("512") BLOCK("256") OUTPUT},
    {"mlp-8192", "784-8192-4096-2048-10, batch normalisation, dropout",
     "batch 128; input 784; dropout 0.2; " BLOCK("8192") BLOCK("4096") BLOCK("2048") OUTPUT},
    {"cnn-basic", "28x28, one convolution, dense 128",
     "batch 128; input 28 28 1; " CONVOLUTION("32") POOLED "flatten; dense 128; relu; " OUTPUT},
    {"cnn-deep", "28x28, two convolutions, batch normalisation",
     "batch 128; input 28 28 1; " CONVOLUTION("32") "norm; " POOLED CONVOLUTION(
         "64") "norm; " POOLED "flatten; dense 128; relu; dropout 0.5; " OUTPUT},
    {"cnn-9", "32x32, six convolutions, batch normalisation, tanh",
     "batch 32; input 32 32 1; " DOUBLE("32", "0.3") DOUBLE("64", "0.4")
         DOUBLE("128", "0.5") "flatten; dense 128; tanh; norm; dropout 0.3; " OUTPUT},
    {"lenet-5", "28x28, 5x5 convolutions, tanh, average pooling",
     "batch 64; input 28 28 1; conv 6 5 same; tanh; average-pool 2; conv 16 5; tanh; "
     "average-pool 2; flatten; dense 120; tanh; dense 84; tanh; " OUTPUT},
    {"cnn-stride", "32x32x3, three convolutions of stride 2",
     "batch 64; input 32 32 3; conv 32 3 2 same; relu; conv 64 3 2 same; relu; "
     "conv 128 3 2 same; relu; global-average; " OUTPUT},
    {"mobile-3", "32x32x3, three depthwise and 1x1 blocks",
     "batch 64; input 32 32 3; " NORMALISED("32", "3") SEPARABLE("64", "1") SEPARABLE("128", "2")
         SEPARABLE("128", "2") "global-average; " OUTPUT},
    {"res-3", "32x32x3, three residual blocks of 16 channels",
     "batch 64; input 32 32 3; " NORMALISED("16", "3") RESIDUAL("16") RESIDUAL("16")
         RESIDUAL("16") "global-average; " OUTPUT},
    {"cnn-7x5", "32x32x3, a 7x7 and a 5x5 convolution",
     "batch 64; input 32 32 3; conv 32 7; relu; max-pool 2; conv 64 5; relu; max-pool 2; "
     "flatten; " OUTPUT},
    {"resnet-20", "ResNet-20 for 32x32x3",
     "batch 128; input 32 32 3; " NORMALISED("16", "3") RESIDUAL("16") RESIDUAL("16") RESIDUAL("16")
         RESIDUAL_DOWN("32") RESIDUAL("32") RESIDUAL("32") RESIDUAL_DOWN("64") RESIDUAL("64")
             RESIDUAL("64") "global-average; " OUTPUT},
    {"mobilenet-v1", "MobileNetV1 for 32x32x3, its first stride 1",
     "batch 64; input 32 32 3; " NORMALISED("32", "3") SEPARABLE("64", "1") SEPARABLE("128", "2")
         SEPARABLE("128", "1") SEPARABLE("256", "2") SEPARABLE("256", "1") SEPARABLE("512", "2")
             SEPARABLE("512", "1") SEPARABLE("512", "1") SEPARABLE("512", "1") SEPARABLE("512", "1")
                 SEPARABLE("512", "1") SEPARABLE("1024", "2")
                     SEPARABLE("1024", "1") "global-average; " OUTPUT},
    {"autoencoder", "784-512-128-32-128-512-784, mean squared error",
     "batch 128; loss mean-squared-error; input 784; dense 512; relu; dense 128; relu; dense 32; "
     "relu; dense 128; relu; dense 512; relu; dense 784"},
    {"vgg-11", "32x32x3, eight convolutions, batch normalisation, dense 512",
     "batch 64; input 32 32 3; " NORMALISED("64", "3") POOLED NORMALISED("128", "3")
         POOLED NORMALISED("256", "3") NORMALISED("256", "3") POOLED NORMALISED("512", "3")
             NORMALISED("512", "3") POOLED NORMALISED("512", "3") NORMALISED("512", "3") POOLED
     "flatten; dense 512; relu; dropout 0.5; " OUTPUT},
};

bench_network_t bench_networks[sizeof rows / sizeof *rows + 1];

void bench_networks_read(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        bench_networks[i] = bench_read_network(rows[i].name, rows[i].description, rows[i].text);
}

/* The text of a file. The caller frees it. */
static char *file_text(const char *path)
{
    enum { SIZE_MAX_ = 1 << 20 };
    FILE *file = fopen(path, "rb");
    char *text = malloc(SIZE_MAX_ + 1);
    if (!file || !text)
        bench_fail("cannot read %s", path);
    size_t size = fread(text, 1, SIZE_MAX_, file);
    text[size] = '\0';
    fclose(file);
    return text;
}

bench_network_t bench_network_of_file(const char *path, char **text)
{
    *text = file_text(path);
    return bench_read_network(path, "", *text);
}
