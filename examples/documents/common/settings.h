/* What a layer, an optimizer, a loss, a callback and an augmentation are set to, read
 * from the handle itself, in words: "rate 0.3", "learning rate 0.001, beta 1 0.9,
 * beta 2 0.999, epsilon 1e-07".
 *
 * An option with the value that most have is left out: a stride of 1, a bias, Glorot's uniform
 * kernels and the other arrays' usual beginning, edges that go on outside of an augmented image,
 * what is 0 and so does nothing. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <libneuron/libneuron.h>

#include <stdio.h>

/* Of a layer of a finished graph, its arrays' initialisers and regularisers and the mark
 * of a frozen layer with it. */
void settings_of_node(FILE *file, const neuron_graph_t *graph, const neuron_node_t *node);

void settings_of_optimizer(FILE *file, const neuron_optimizer_t *optimizer);
void settings_of_loss(FILE *file, const neuron_loss_t *loss);
void settings_of_callback(FILE *file, const neuron_callback_t *callback);
void settings_of_augmentation(FILE *file, const neuron_augmentation_t *augmentation);

#endif
