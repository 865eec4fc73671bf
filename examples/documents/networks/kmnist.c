/* The networks of document 000, for images of 28x28. */
#include "kmnist.h"

#include "batch_rotation.h"

static neuron_node_t *image(neuron_graph_t *g)
{
    return neuron_input(g, (const int64_t[]){28, 28, 1}, 3);
}

static neuron_node_t *drop(neuron_graph_t *g, neuron_node_t *x, double rate)
{
    return rate > 0 ? neuron_dropout(g, x, rate) : x;
}

static neuron_node_t *convolve(neuron_graph_t *g, neuron_node_t *x, int64_t filters)
{
    return neuron_relu(g, neuron_conv2d(g, x, filters, 3, 3, NULL));
}

static neuron_node_t *classify(neuron_graph_t *g, neuron_node_t *x)
{
    return neuron_softmax(g, neuron_dense(g, x, 10, NULL), NULL);
}

neuron_node_t *kmnist_mlp(neuron_graph_t *g, const kmnist_network_t *network)
{
    neuron_node_t *x = image(g);

    if (network->rotation > 0)
        x = network->whole_batch ? batch_rotation(g, x, network->rotation)
                                 : neuron_random_rotation(g, x, network->rotation, NULL);
    if (network->noise > 0)
        x = neuron_gaussian_noise(g, x, network->noise);
    x = drop(g, neuron_flatten(g, x), network->input_dropout);
    for (int64_t left = network->hidden_layers - 1; left >= 0; left--) {
        x = neuron_relu(g, neuron_dense(g, x, network->units << left, NULL));
        if (network->batch_norm)
            x = neuron_batch_norm(g, x, NULL);
        x = drop(g, x, network->dropout);
    }
    return classify(g, x);
}

neuron_node_t *kmnist_published_cnn(neuron_graph_t *g, const kmnist_network_t *network)
{
    neuron_node_t *x = convolve(g, convolve(g, image(g), 32), 64);

    x = neuron_flatten(g, neuron_dropout(g, neuron_max_pool2d(g, x, 2, 2, NULL), 0.25));
    x = drop(g, neuron_relu(g, neuron_dense(g, x, 128, NULL)), network->dropout);
    return classify(g, x);
}

neuron_node_t *kmnist_basic_cnn(neuron_graph_t *g, const kmnist_network_t *network)
{
    neuron_node_t *x = neuron_max_pool2d(g, convolve(g, image(g), 32), 2, 2, NULL);

    x = neuron_relu(g, neuron_dense(g, neuron_flatten(g, x), 128, NULL));
    return classify(g, drop(g, x, network->dropout));
}

neuron_node_t *kmnist_deeper_cnn(neuron_graph_t *g, const kmnist_network_t *network)
{
    neuron_node_t *x = image(g);

    for (int64_t filters = 32; filters <= 64; filters *= 2)
        x = neuron_max_pool2d(g, neuron_batch_norm(g, convolve(g, x, filters), NULL), 2, 2, NULL);
    x = neuron_relu(g, neuron_dense(g, neuron_flatten(g, x), 128, NULL));
    return classify(g, drop(g, x, network->dropout));
}
