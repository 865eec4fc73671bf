/* The runs of document 000. Where it says nothing: Adam, batches of 32, dropout of 0.5, in K3 also
 * of 0.2 on pixels; its levels of rotation are taken for hundredths of a turn, as its result table
 * has them. Its fully connected networks are kept and chosen by their accuracy on the test set, and
 * rotate whole batches instead of images; runs named -sound leave that alone. Its schedule sets the
 * rate, so that the one asked for counts in runs named -tenths alone, where it is divided. */
#include "kmnist_runs.h"

/* clang-format off */
#define BASE_MLP {.draw = kmnist_mlp, .dropout = 0.5, .units = 128, .hidden_layers = 3, \
                  .batch_norm = true}
#define BATCH_TURNING_MLP {.draw = kmnist_mlp, .dropout = 0.5, .units = 128, .hidden_layers = 3, \
                           .batch_norm = true, .whole_batch = true}
#define BEST_MLP(WHOLE_BATCH) \
    {.draw = kmnist_mlp, .dropout = 0.5, .units = 2048, .hidden_layers = 3, .batch_norm = true, \
     .rotation = 0.005, .whole_batch = WHOLE_BATCH, .noise = 0.015, .input_dropout = 0.2}

const kmnist_run_t kmnist_runs[] = {
    {.run = {"K1", "MLP 512-256-128, dropout 0.5 as in the text (validated on the test set)",
             {.test_accuracy = 0.9291, .test_examples = 10000, .epochs = 10,
              .train_accuracy = 0.9548, .parameters = 571018}},
     .network = BASE_MLP, .epochs = 10, .on_test = true},
    {.run = {"K1-sound", "K1 with validation images of its own", {.parameters = 571018}},
     .network = BASE_MLP, .epochs = 10},
    {.run = {"K1-table", "K1 with dropout 0.4 as in the table (validated on the test set)",
             {.parameters = 571018}},
     .network = {.draw = kmnist_mlp, .dropout = 0.4, .units = 128, .hidden_layers = 3,
                 .batch_norm = true},
     .epochs = 10, .on_test = true},
    {.run = {"K2", "MLP, random search among six factors, rotation of whole batches (validated on "
                   "the test set); reported is its best trial, the row is one more training",
             {.test_accuracy = 0.9428, .test_examples = 10000, .epochs = 20,
              .train_accuracy = 0.973150}},
     .network = BATCH_TURNING_MLP, .epochs = 20, .best = true, .on_test = true,
     .search = KMNIST_RANDOM},
    {.run = {"K2-sound", "K2 with rotation of each image, chosen by validation images",
             {.epochs = 0}},
     .network = BASE_MLP, .epochs = 20, .best = true, .search = KMNIST_RANDOM},
    {.run = {"K3", "MLP 8192-4096-2048, rate 0.03, rotation of whole batches (validated on the "
                   "test set, which chooses the epoch)",
             {.test_accuracy = 0.9557, .test_examples = 10000, .epochs = 55,
              .train_accuracy = 0.998, .parameters = 48457738}},
     .network = BEST_MLP(true), .learning_rate = 0.03, .epochs = 55, .best = true, .on_test = true},
    {.run = {"K3-sound", "K3 with rate 0.003, rotation of each image, chosen by validation images",
             {.parameters = 48457738}},
     .network = BEST_MLP(false), .learning_rate = 0.003, .epochs = 55, .best = true},
    {.run = {"K3-search", "the random search that led to K3: deeper, wider, always with noise "
                          "(validated on the test set); as for K2",
             {.test_accuracy = 0.9557, .test_examples = 10000, .epochs = 55,
              .train_accuracy = 0.998}},
     .network = BEST_MLP(true), .epochs = 55, .best = true, .on_test = true,
     .search = KMNIST_WIDER},
    {.run = {"K4", "published CNN, Adadelta with today's rate of 0.001, on all training images "
                   "(validated on the test set)",
             {.test_accuracy = 0.55, .test_examples = 10000, .epochs = 12,
              .parameters = 1199882}},
     .network = {.draw = kmnist_published_cnn, .dropout = 0.5},
     .rule = "adadelta", .batch_size = 128, .epochs = 12, .on_test = true, .one_hot = true},
    {.run = {"K4-published", "K4 with the rate of 1 that its authors had",
             {.test_accuracy = 0.9463, .test_examples = 10000, .epochs = 12,
              .parameters = 1199882}},
     .network = {.draw = kmnist_published_cnn, .dropout = 0.5},
     .rule = "adadelta", .learning_rate = 1, .batch_size = 128, .epochs = 12, .on_test = true,
     .one_hot = true},
    {.run = {"K4-sound", "K4-published with validation images of its own",
             {.parameters = 1199882}},
     .network = {.draw = kmnist_published_cnn, .dropout = 0.5},
     .rule = "adadelta", .learning_rate = 1, .batch_size = 128, .epochs = 12, .one_hot = true},
    {.run = {"K5", "published CNN, Adam, early stopping",
             {.test_accuracy = 0.9523, .test_examples = 10000, .epochs = 20,
              .train_accuracy = 0.99, .validation_accuracy = 0.9854, .parameters = 1199882}},
     .network = {.draw = kmnist_published_cnn, .dropout = 0.5},
     .batch_size = 128, .epochs = 30, .patience = 5},
    {.run = {"K6", "basic CNN",
             {.test_accuracy = 0.9296, .test_examples = 10000, .epochs = 5,
              .train_accuracy = 0.9945, .validation_accuracy = 0.9743, .parameters = 693962}},
     .network = {.draw = kmnist_basic_cnn}, .epochs = 5},
    {.run = {"K7", "deeper CNN, the rate set to 0.001, then to 0.0001",
             {.test_accuracy = 0.9592, .test_examples = 10000, .train_accuracy = 0.995,
              .validation_accuracy = 0.989, .parameters = 225418}},
     .network = {.draw = kmnist_deeper_cnn, .dropout = 0.5},
     .epochs = 30, .patience = 5, .schedule = KMNIST_SET},
    {.run = {"K7-tenths", "K7 with a tenth of the rate every ten epochs", {.parameters = 225418}},
     .network = {.draw = kmnist_deeper_cnn, .dropout = 0.5},
     .epochs = 30, .patience = 5, .schedule = KMNIST_TENTHS},
    {.run = {"K8", "K7 on five folds; reported is their mean, the row is one more training",
             {.test_accuracy = 0.96016, .test_examples = 10000, .train_accuracy = 0.99802,
              .parameters = 225418}},
     .network = {.draw = kmnist_deeper_cnn, .dropout = 0.5},
     .epochs = 30, .patience = 5, .schedule = KMNIST_SET, .on_test = true,
     .search = KMNIST_FOLDS},
    {.run = {"K9", "deeper CNN, rate (which the schedule overwrites) and dropout of the best mean "
                   "of five folds on the test set; as for K8",
             {.test_accuracy = 0.96156, .test_examples = 10000, .parameters = 225418}},
     .network = {.draw = kmnist_deeper_cnn, .dropout = 0.5},
     .epochs = 30, .patience = 5, .schedule = KMNIST_SET, .on_test = true, .search = KMNIST_GRID},
    {.run = {"K9-tenths", "K9 with a tenth of the rate every ten epochs, so that the rate counts",
             {.parameters = 225418}},
     .network = {.draw = kmnist_deeper_cnn, .dropout = 0.5},
     .epochs = 30, .patience = 5, .schedule = KMNIST_TENTHS, .on_test = true,
     .search = KMNIST_GRID},
    {.run = {"K9-sound", "K9-tenths chosen by the images of the fold", {.parameters = 225418}},
     .network = {.draw = kmnist_deeper_cnn, .dropout = 0.5},
     .epochs = 30, .patience = 5, .schedule = KMNIST_TENTHS, .search = KMNIST_GRID},
    {.run = {"K10", "final CNN: rate 0.1, which the schedule overwrites, dropout 0.5",
             {.test_accuracy = 0.967, .test_examples = 10000, .epochs = 19,
              .parameters = 225418}},
     .network = {.draw = kmnist_deeper_cnn, .dropout = 0.5},
     .learning_rate = 0.1, .epochs = 30, .patience = 5, .schedule = KMNIST_SET},
    {.run = {"K10-tenths", "K10 with a tenth of the rate every ten epochs, so that the rate counts",
             {.parameters = 225418}},
     .network = {.draw = kmnist_deeper_cnn, .dropout = 0.5},
     .learning_rate = 0.1, .epochs = 30, .patience = 5, .schedule = KMNIST_TENTHS},
    {.run = {"K10-sound", "K10-tenths by gradient descent, for which 0.1 is a usual rate",
             {.parameters = 225418}},
     .network = {.draw = kmnist_deeper_cnn, .dropout = 0.5},
     .rule = "sgd", .learning_rate = 0.1, .epochs = 30, .patience = 5,
     .schedule = KMNIST_TENTHS},
};
/* clang-format on */

const int kmnist_run_count = sizeof kmnist_runs / sizeof kmnist_runs[0];
