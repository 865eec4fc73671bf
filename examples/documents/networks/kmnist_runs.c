/* The runs of document 000. Where it says nothing: Adam, batches of 32, dropout of 0.5, in K3 also
 * of 0.2 on pixels; its levels of rotation are taken for hundredths of a turn, as its result table
 * has them. Its fully connected networks are kept and chosen by their accuracy on the test set;
 * runs named -sound leave that alone. */
#include "kmnist_runs.h"

/* clang-format off */
#define BASE_MLP {.draw = kmnist_mlp, .dropout = 0.5, .units = 128, .hidden_layers = 3, \
                  .batch_norm = true}
#define BEST_MLP {.draw = kmnist_mlp, .dropout = 0.5, .units = 2048, .hidden_layers = 3, \
                  .batch_norm = true, .rotation = 0.005, .noise = 0.015, .input_dropout = 0.2}

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
    {.run = {"K2", "MLP, random search among six factors (validated on the test set); reported is "
                   "its best trial, the row is one more training",
             {.test_accuracy = 0.9428, .test_examples = 10000, .epochs = 20,
              .train_accuracy = 0.973150}},
     .network = BASE_MLP, .epochs = 20, .best = true, .on_test = true, .search = KMNIST_RANDOM},
    {.run = {"K2-sound", "K2 chosen by validation images", {.epochs = 0}},
     .network = BASE_MLP, .epochs = 20, .best = true, .search = KMNIST_RANDOM},
    {.run = {"K3", "MLP 8192-4096-2048, rate 0.03 (validated on the test set, which chooses the "
                   "epoch)",
             {.test_accuracy = 0.9557, .test_examples = 10000, .epochs = 55,
              .train_accuracy = 0.998, .parameters = 48457738}},
     .network = BEST_MLP, .learning_rate = 0.03, .epochs = 55, .best = true, .on_test = true},
    {.run = {"K3-sound", "K3 with rate 0.003, chosen by validation images",
             {.parameters = 48457738}},
     .network = BEST_MLP, .learning_rate = 0.003, .epochs = 55, .best = true},
    {.run = {"K3-search", "the random search that led to K3: deeper, wider, always with noise "
                          "(validated on the test set); as for K2",
             {.test_accuracy = 0.9557, .test_examples = 10000, .epochs = 55,
              .train_accuracy = 0.998}},
     .network = BEST_MLP, .epochs = 55, .best = true, .on_test = true, .search = KMNIST_WIDER},
    {.run = {"K4", "published CNN, Adadelta with today's rate of 0.001",
             {.test_accuracy = 0.55, .test_examples = 10000, .epochs = 12,
              .parameters = 1199882}},
     .network = {.draw = kmnist_published_cnn, .dropout = 0.5},
     .rule = "adadelta", .batch_size = 128, .epochs = 12},
    {.run = {"K4-sound", "K4 with the rate of 1 that its authors had",
             {.test_accuracy = 0.9463, .test_examples = 10000, .epochs = 12,
              .parameters = 1199882}},
     .network = {.draw = kmnist_published_cnn, .dropout = 0.5},
     .rule = "adadelta", .learning_rate = 1, .batch_size = 128, .epochs = 12},
    {.run = {"K5", "published CNN, Adam, early stopping",
             {.test_accuracy = 0.9523, .test_examples = 10000, .epochs = 20,
              .train_accuracy = 0.99, .validation_accuracy = 0.9854, .parameters = 1199882}},
     .network = {.draw = kmnist_published_cnn, .dropout = 0.5},
     .batch_size = 128, .epochs = 30, .patience = 5},
    {.run = {"K6", "basic CNN",
             {.test_accuracy = 0.9296, .test_examples = 10000, .epochs = 5,
              .train_accuracy = 0.9945, .validation_accuracy = 0.9743, .parameters = 693962}},
     .network = {.draw = kmnist_basic_cnn}, .epochs = 5},
    {.run = {"K7", "deeper CNN",
             {.test_accuracy = 0.9592, .test_examples = 10000, .train_accuracy = 0.995,
              .validation_accuracy = 0.989, .parameters = 225418}},
     .network = {.draw = kmnist_deeper_cnn, .dropout = 0.5},
     .epochs = 30, .patience = 5, .stepped = true},
    {.run = {"K8", "K7 on five folds; reported is their mean, the row is one more training",
             {.test_accuracy = 0.96016, .test_examples = 10000, .train_accuracy = 0.99802,
              .parameters = 225418}},
     .network = {.draw = kmnist_deeper_cnn, .dropout = 0.5},
     .epochs = 30, .patience = 5, .stepped = true, .on_test = true, .search = KMNIST_FOLDS},
    {.run = {"K9", "deeper CNN, rate and dropout of the best mean of five folds on the test set; "
                   "as for K8",
             {.test_accuracy = 0.96156, .test_examples = 10000, .parameters = 225418}},
     .network = {.draw = kmnist_deeper_cnn, .dropout = 0.5},
     .epochs = 30, .patience = 5, .stepped = true, .on_test = true, .search = KMNIST_GRID},
    {.run = {"K9-sound", "K9 chosen by the images of the fold", {.parameters = 225418}},
     .network = {.draw = kmnist_deeper_cnn, .dropout = 0.5},
     .epochs = 30, .patience = 5, .stepped = true, .search = KMNIST_GRID},
    {.run = {"K10", "final CNN: rate 0.1, dropout 0.5",
             {.test_accuracy = 0.967, .test_examples = 10000, .epochs = 19,
              .parameters = 225418}},
     .network = {.draw = kmnist_deeper_cnn, .dropout = 0.5},
     .learning_rate = 0.1, .epochs = 30, .patience = 5, .stepped = true},
    {.run = {"K10-sound", "K10 by gradient descent, for which 0.1 is a usual rate",
             {.parameters = 225418}},
     .network = {.draw = kmnist_deeper_cnn, .dropout = 0.5},
     .rule = "sgd", .learning_rate = 0.1, .epochs = 30, .patience = 5,
     .stepped = true},
};
/* clang-format on */

const int kmnist_run_count = sizeof kmnist_runs / sizeof kmnist_runs[0];
