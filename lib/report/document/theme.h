/* How pages and pictures look: their colours, light and dark, and their style sheets. */
#ifndef REPORT_DOCUMENT_THEME_H
#define REPORT_DOCUMENT_THEME_H

#include "report/document/section.h"

/* Colours of series, which repeat, and steps of a heat map's scale. */
enum { NEURON_SERIES = 8, NEURON_HEAT_STEPS = 11 };

/* The style sheet of a page. */
void neuron_theme_page(neuron_buffer *buffer, neuron_page_theme theme);

/* That of a picture by itself, light or dark. */
void neuron_theme_picture(neuron_buffer *buffer, neuron_page_theme theme);

/* What is behind it. */
const char *neuron_theme_background(neuron_page_theme theme);

#endif
