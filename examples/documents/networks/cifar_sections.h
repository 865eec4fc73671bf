/* What the sections of document 002 compare. */
#ifndef CIFAR_SECTIONS_H
#define CIFAR_SECTIONS_H

#include "../common/example.h"

/* A table for each section. */
void cifar_write_sections(const example_t *example, FILE *file);

#endif
