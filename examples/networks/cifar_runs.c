/* The runs of document 002. What is reported stands in this order: accuracy, loss and macro F1 on
 * the test set, its size; epochs, training accuracy, validation accuracy and loss of the last one;
 * parameters; and 0, since no other accuracy is stated. */
#include "cifar_runs.h"

static const cifar_network_t simple = {.filters = {32, 64, 64}, .simple = true, .units = 64};
static const cifar_network_t doubled = {.filters = {32, 64, 64}, .units = 64};
static const cifar_network_t narrow = {.filters = {16, 32, 64}, .units = 64};
static const cifar_network_t middle = {.filters = {32, 64, 128}, .units = 64};
static const cifar_network_t wide = {.filters = {64, 128, 256}, .units = 64};
static const cifar_network_t widest = {.filters = {128, 256, 512}, .units = 64};

/* The document asks for four rates and its code takes the first one for all. */
#define DROPPED(...)                                                                               \
    {                                                                                              \
        .filters = {32, 64, 128}, .dropout = {__VA_ARGS__}, .units = 64                            \
    }
static const cifar_network_t dropped_half = DROPPED(0.5, 0.5, 0.5, 0.5);
static const cifar_network_t dropped_fifth = DROPPED(0.2, 0.2, 0.2, 0.2);
static const cifar_network_t dropped_third = DROPPED(0.3, 0.3, 0.3, 0.3);
static const cifar_network_t dropped_2345 = DROPPED(0.2, 0.3, 0.4, 0.5);
static const cifar_network_t dropped_3456 = DROPPED(0.3, 0.4, 0.5, 0.6);
static const cifar_network_t dropped_2343 = DROPPED(0.2, 0.3, 0.4, 0.3);
static const cifar_network_t dropped_3453 = DROPPED(0.3, 0.4, 0.5, 0.3);

/* With batch normalisation, and a hidden layer of so many units. */
#define NORMAL(hidden, block_activation, hidden_activation)                                        \
    {                                                                                              \
        .filters = {32, 64, 128}, .batch_norm = true, .dropout = {0.3, 0.4, 0.5, 0.3},             \
        .units = (hidden), .in_blocks = (block_activation), .in_hidden = (hidden_activation)       \
    }
static const cifar_network_t hidden_32 = NORMAL(32, neuron_relu, neuron_relu);
static const cifar_network_t hidden_64 = NORMAL(64, neuron_relu, neuron_relu);
static const cifar_network_t hidden_128 = NORMAL(128, neuron_relu, neuron_relu);
static const cifar_network_t hidden_256 = NORMAL(256, neuron_relu, neuron_relu);
static const cifar_network_t hidden_512 = NORMAL(512, neuron_relu, neuron_relu);
static const cifar_network_t all_tanh = NORMAL(128, neuron_tanh, neuron_tanh);
static const cifar_network_t all_sigmoid = NORMAL(128, neuron_sigmoid, neuron_sigmoid);
static const cifar_network_t relu_tanh = NORMAL(128, neuron_relu, neuron_tanh);

/* clang-format off */
const cifar_run_t cifar_runs[] = {
    {{"C1", "CNN_1: one convolution a block, 32-64-64",
      {0.6666, 1.0218, 0.6652326744791927, 10000, 19, 0.7659, 0.6647, 1.0152, 72842, 0}},
     .network = &simple},
    {{"C2", "CNN_2: two convolutions a block, 32-64-64",
      {0.7228, 1.0749, 0.7231424691248046, 10000, 13, 0.9112, 0.7353, 1.0102, 205098, 0}},
     .network = &doubled},
    {{"C3", "CNN_3_v0: 16-32-64",
      {0.7089, 0.9874, 0.7057414029372829, 10000, 13, 0.8575, 0.7175, 0.9382, 138042, 0}},
     .network = &narrow},
    {{"C4", "CNN_3_v1: 32-64-128",
      {0.7348, 1.1322, 0.7335395749600165, 10000, 11, 0.9322, 0.7485, 1.0662, 418218, 0}},
     .network = &middle},
    {{"C5", "CNN_3_v2: 64-128-256",
      {0.7318, 1.1151, 0.7300428602646897, 10000, 11, 0.9311, 0.7411, 1.0744, 1407114, 0}},
     .network = &wide},
    {{"C6", "CNN_3_v3: 128-256-512",
      {0.7389, 1.2324, 0.7394277856365191, 10000, 11, 0.9546, 0.7473, 1.1687, 5099082, 0}},
     .network = &widest},
    {{"C7", "CNN_4_v1: dropout 0.5 everywhere",
      {0.6805, 0.9503, 0.683772790779732, 10000, 41, 0.7167, 0.7645, 0.7055, 418218, 0}},
     .network = &dropped_half},
    {{"C8", "CNN_4_v2: dropout 0.2 everywhere (asked 0.2/0.3/0.4/0.5)",
      {0.7856, 0.6781, 0.7858889558584797, 10000, 30, 0.7822, 0.7866, 0.6485, 418218, 0}},
     .network = &dropped_fifth},
    {{"C8-sound", "C8 with the rates that were asked for", {.parameters = 418218}},
     .network = &dropped_2345},
    {{"C9", "CNN_4_v3: dropout 0.3 everywhere (asked 0.3/0.4/0.5/0.6)",
      {0.7586, 0.7381, 0.7563097086809136, 10000, 39, 0.7352, 0.7680, 0.6945, 418218, 0}},
     .network = &dropped_third},
    {{"C9-sound", "C9 with the rates that were asked for", {.parameters = 418218}},
     .network = &dropped_3456},
    {{"C10", "CNN_4_v4: dropout 0.2 everywhere (asked 0.2/0.3/0.4/0.3)",
      {0.7656, 0.7059, 0.7626442117827071, 10000, 26, 0.7600, 0.7692, 0.6797, 418218, 0}},
     .network = &dropped_fifth},
    {{"C10-sound", "C10 with the rates that were asked for", {.parameters = 418218}},
     .network = &dropped_2343},
    {{"C11", "CNN_4_v5: dropout 0.3 everywhere (asked 0.3/0.4/0.5/0.3)",
      {0.7912, 0.6395, 0.790620777578482, 10000, 29, 0.8116, 0.7986, 0.6140, 418218, 0}},
     .network = &dropped_third},
    {{"C11-sound", "C11 with the rates that were asked for", {.parameters = 418218}},
     .network = &dropped_3453},
    {{"C12", "CNN_5_v1: batch normalisation, dropout 0.3/0.4/0.5/0.3",
      {0.7983, 0.6444, 0.7952089568619523, 10000, 25, 0.8503, 0.8021, 0.6154, 420266, 0}},
     .network = &hidden_64},
    {{"C13", "CNN_6_v1: hidden layer of 32",
      {0.7965, 0.6160, 0.7994981397584691, 10000, 16, 0.8107, 0.7975, 0.5916, 354250, 0}},
     .network = &hidden_32},
    {{"C14", "CNN_6_v2: hidden layer of 64",
      {0.7618, 0.7383, 0.7622597094878987, 10000, 28, 0.8523, 0.7691, 0.7273, 420266, 0}},
     .network = &hidden_64},
    {{"C15", "CNN_6_v3: hidden layer of 128",
      {0.8313, 0.5340, 0.8305555884405095, 10000, 28, 0.8619, 0.8329, 0.5063, 552298, 0}},
     .network = &hidden_128},
    {{"C16", "CNN_6_v4: hidden layer of 256",
      {0.8282, 0.5532, 0.8287833937717825, 10000, 35, 0.8848, 0.8286, 0.5375, 816362, 0}},
     .network = &hidden_256},
    {{"C17", "CNN_6_v5: hidden layer of 512",
      {0.8363, 0.5087, 0.8357599331433068, 10000, 32, 0.8898, 0.8391, 0.4974, 1344490, 0}},
     .network = &hidden_512},
    {{"C18", "CNN_7_v1: ReLU in blocks, ReLU in the hidden layer",
      {0.8188, 0.5608, 0.8166377155527705, 10000, 22, 0.8476, 0.8216, 0.5311, 552298, 0}},
     .network = &hidden_128},
    {{"C19", "CNN_7_v2: tanh, tanh",
      {0.6689, 0.9790, 0.6586422145661863, 10000, 22, 0.6704, 0.6695, 0.9670, 552298, 0}},
     .network = &all_tanh},
    {{"C20", "CNN_7_v3: sigmoid, sigmoid",
      {0.7321, 0.8193, 0.7278821093685516, 10000, 24, 0.7712, 0.7379, 0.8076, 552298, 0}},
     .network = &all_sigmoid},
    {{"C21", "CNN_7_v4: ReLU, tanh",
      {0.8194, 0.5622, 0.8181551904943317, 10000, 28, 0.8030, 0.7987, 0.6030, 552298, 0}},
     .network = &relu_tanh},
    {{"C22", "CNN_8_v1 with SGD", {0, 0, 0.766, 10000, 36, 0.7585, 0.7728, 0.6504, 552298, 0}},
     .network = &relu_tanh, .rule = NEURON_OPTIMIZER_SGD},
    {{"C23", "CNN_8_v1 with RMSprop by the formula of Keras 3, not the document's Keras 2",
      {0, 0, 0.793, 10000, 13, 0.8147, 0.7917, 0.6208, 552298, 0}},
     .network = &relu_tanh, .rule = NEURON_OPTIMIZER_RMSPROP},
    {{"C24", "CNN_8_v1 with Adagrad", {0, 0, 0.308, 10000, 8, 0.3772, 0.3189, 1.9928, 552298, 0}},
     .network = &relu_tanh, .rule = NEURON_OPTIMIZER_ADAGRAD},
    {{"C25", "CNN_8_v1 with Adadelta", {0, 0, 0.249, 10000, 101, 0.3421, 0.2888, 2.0147, 552298, 0}},
     .network = &relu_tanh, .rule = NEURON_OPTIMIZER_ADADELTA},
    {{"C26", "CNN_8_v1 with Adam", {0, 0, 0.832, 10000, 42, 0.8863, 0.8406, 0.5058, 552298, 0}},
     .network = &relu_tanh},
    {{"C27", "CNN_8_v1 with Adamax", {0, 0, 0.828, 10000, 49, 0.8833, 0.8303, 0.5418, 552298, 0}},
     .network = &relu_tanh, .rule = NEURON_OPTIMIZER_ADAMAX},
    {{"C28", "CNN_8_v1 with Nadam by the formula of Keras 3, not the document's Keras 2",
      {0, 0, 0.825, 10000, 24, 0.8539, 0.8301, 0.5128, 552298, 0}},
     .network = &relu_tanh, .rule = NEURON_OPTIMIZER_NADAM},
    {{"C29", "CNN_8_v1: Adam",
      {0.8354, 0.5231, 0.8333226412165653, 10000, 30, 0.8648, 0.8377, 0.4875, 552298, 0}},
     .network = &relu_tanh},
    {{"C30", "CNN_8_v2: learning rate 0.1",
      {0.6767, 1.1557, 0.6684897418173119, 10000, 22, 0.7089, 0.6822, 1.1251, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.1},
    {{"C31", "CNN_8_v2: learning rate 0.01",
      {0.7882, 0.6515, 0.7904081714872032, 10000, 25, 0.8441, 0.7918, 0.6326, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.01},
    {{"C32", "CNN_8_v2: learning rate 0.001",
      {0.8270, 0.5384, 0.8254859540046618, 10000, 31, 0.8652, 0.8298, 0.5226, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.001},
    {{"C33", "CNN_8_v2: learning rate 0.0001",
      {0.8114, 0.5648, 0.8100927103686075, 10000, 51, 0.8348, 0.8165, 0.5446, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.0001},
    {{"C34", "CNN_8_v2: learning rate 0.0002",
      {0.8012, 0.6294, 0.7984919900421775, 10000, 45, 0.8639, 0.8053, 0.6010, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.0002},
    {{"C35", "CNN_8_v2: learning rate 0.0003",
      {0.8234, 0.5359, 0.8222587933595203, 10000, 33, 0.8545, 0.8280, 0.5109, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.0003},
    {{"C36", "CNN_8_v2: learning rate 0.0004",
      {0.8131, 0.5755, 0.8112449783515515, 10000, 26, 0.8457, 0.8145, 0.5586, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.0004},
    {{"C37", "CNN_8_v2: learning rate 0.0005",
      {0.8146, 0.5501, 0.8142266023523238, 10000, 26, 0.8493, 0.8276, 0.5302, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.0005},
    {{"C38", "CNN_8_v3: batches of 16",
      {0.8350, 0.5013, 0.8328463791656908, 10000, 28, 0.8327, 0.8363, 0.4871, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 16},
    {{"C39", "CNN_8_v3: batches of 32",
      {0.8351, 0.5133, 0.8345594456176757, 10000, 41, 0.8742, 0.8341, 0.5051, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 32},
    {{"C40", "CNN_8_v3: batches of 64",
      {0.8215, 0.5427, 0.8202548959781236, 10000, 36, 0.8633, 0.8318, 0.5165, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.0004},
    {{"C41", "CNN_8_v3: batches of 128",
      {0.7804, 0.6602, 0.7774112270954031, 10000, 24, 0.7878, 0.7791, 0.6518, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 128},
    {{"C42", "CNN_8_v4 sweep: cross-entropy",
      {0, 0, 0.814, 10000, 41, 0.8936, 0.8228, 0.5646, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 128},
    {{"C43", "CNN_8_v4 sweep: mean squared logarithmic error on class numbers",
      {0, 0, 0.035, 10000, 12, 0.0992, 0.1014, 2.4880, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 128,
     .loss = NEURON_LOSS_MEAN_SQUARED_LOGARITHMIC_ERROR, .broadcast = true},
    {{"C43-sound", "C43 with one-hot targets", {.parameters = 552298}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 128,
     .loss = NEURON_LOSS_MEAN_SQUARED_LOGARITHMIC_ERROR},
    {{"C44", "CNN_8_v4 sweep: mean squared error on class numbers",
      {0, 0, 0.075, 10000, 12, 0.1005, 0.1199, 27.6884, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 128,
     .loss = NEURON_LOSS_MEAN_SQUARED_ERROR, .broadcast = true},
    {{"C44-sound", "C44 with one-hot targets", {.parameters = 552298}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 128,
     .loss = NEURON_LOSS_MEAN_SQUARED_ERROR},
    {{"C45", "CNN_8_v4 sweep: hinge on class numbers",
      {0, 0, 0.035, 10000, 14, 0.0980, 0.0698, 0.5541, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 128, .loss = NEURON_LOSS_HINGE,
     .broadcast = true},
    {{"C45-sound", "C45 with one-hot targets", {.parameters = 552298}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 128, .loss = NEURON_LOSS_HINGE},
    {{"C46", "CNN_8_v4 sweep: Kullback-Leibler on class numbers",
      {0, 0, 0.073, 10000, 19, 0.1037, 0.1046, 20.7275, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 128,
     .loss = NEURON_LOSS_KULLBACK_LEIBLER, .broadcast = true},
    {{"C46-sound", "C46 with one-hot targets", {.parameters = 552298}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 128,
     .loss = NEURON_LOSS_KULLBACK_LEIBLER},
    {{"C47", "CNN_8_v4: cross-entropy, batches of 32",
      {0.8264, 0.5291, 0.8245499349288821, 10000, 28, 0.8510, 0.8304, 0.5100, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 32},
    {{"C48", "CNN_9_v1 without augmentation",
      {0.8109, 0.5794, 0.8103610834021039, 10000, 33, 0.8156, 0.8088, 0.5701, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 128},
    {{"C48-aug", "C48 with the augmentation that is prepared at work: no vertical flips",
      {.parameters = 552298}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 128, .augmented = true},
    {{"C49", "CNN_9_v1 \"with augmentation\", which is not used",
      {0.8151, 0.5775, 0.8137635956327902, 10000, 50, 0.8378, 0.8163, 0.5633, 552298, 0}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 32, .epochs = 50},
    {{"C49-aug", "C49 with the augmentation at work", {.parameters = 552298}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 32, .epochs = 50,
     .augmented = true},
    {{"C50", "colour: planes taken for pixels, 0 to 255",
      {0.7078, 0.8741, 0.706955065217025, 10000, 50, 0.7395, 0.7264, 0.8026, 552874, 0}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 32, .epochs = 50,
     .colours = EXAMPLE_SCRAMBLED},
    {{"C50-sound", "C50 with the channels in place, 0 to 1", {.parameters = 552874}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 32, .epochs = 50,
     .colours = EXAMPLE_COLOUR},
    {{"C51", "colour, the same, \"augmented\", which is not used",
      {0.7210, 0.8283, 0.7166387065975547, 10000, 60, 0.7533, 0.7297, 0.7983, 552874, 0}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 32, .epochs = 60,
     .colours = EXAMPLE_SCRAMBLED},
    {{"C51-sound", "C51 with the channels in place, 0 to 1", {.parameters = 552874}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 32, .epochs = 60,
     .colours = EXAMPLE_COLOUR},
    {{"C51-aug", "C51-sound with the augmentation at work", {.parameters = 552874}},
     .network = &relu_tanh, .learning_rate = 0.0004, .batch_size = 32, .epochs = 60,
     .colours = EXAMPLE_COLOUR, .augmented = true},
};
/* clang-format on */

const int cifar_run_count = sizeof cifar_runs / sizeof cifar_runs[0];
