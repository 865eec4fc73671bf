/* The convolutional networks of document 002. */
#include "cifar.h"

/* What follows a layer: its activation, and what comes after that in the document. */
static neuron_node_t *activate(neuron_graph_t *g, neuron_node_t *x, const cifar_network_t *network,
                               cifar_activation_t activation)
{
    x = activation != NULL ? activation(g, x) : neuron_relu(g, x);
    return network->batch_norm ? neuron_batch_norm(g, x, NULL) : x;
}

static neuron_node_t *drop(neuron_graph_t *g, neuron_node_t *x, double rate)
{
    return rate > 0 ? neuron_dropout(g, x, rate) : x;
}

static neuron_node_t *convolve(neuron_graph_t *g, neuron_node_t *x, const cifar_network_t *network,
                               int64_t filters)
{
    neuron_node_t *convolution = neuron_conv2d(g, x, filters, 3, 3, NULL);

    if (!network->simple)
        neuron_node_set(convolution, "padding=same");
    return activate(g, convolution, network, network->in_blocks);
}

neuron_node_t *cifar_network(neuron_graph_t *g, const cifar_network_t *network, int64_t channels)
{
    neuron_node_t *x = neuron_input(g, (const int64_t[]){32, 32, channels}, 3);

    for (int block = 0; block < CIFAR_BLOCKS; block++) {
        x = convolve(g, x, network, network->filters[block]);
        if (!network->simple)
            x = convolve(g, x, network, network->filters[block]);
        x = drop(g, neuron_max_pool2d(g, x, 2, 2, NULL), network->dropout[block]);
    }
    x = neuron_dense(g, neuron_flatten(g, x), network->units, NULL);
    x = drop(g, activate(g, x, network, network->in_hidden), network->dropout[CIFAR_BLOCKS]);
    return neuron_softmax(g, neuron_dense(g, x, 10, NULL), NULL);
}
