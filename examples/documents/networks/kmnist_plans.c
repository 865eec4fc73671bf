/* What the searches of document 000 try: the levels of each factor. */
#include "kmnist_plans.h"

enum { FOLDS = 5, TRIALS = 60 };

#define LEVELS(...)                                                                                \
    (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double)

static const kmnist_factor_t first_factors[] = {
    {"learning rate", LEVELS(0.001, 0.002, 0.003, 0.005, 0.006, 0.007, 0.008, 0.009, 0.01), 0},
    {"last hidden layer", LEVELS(128, 256, 512, 1024), 0},
    {"hidden layers", LEVELS(1, 2, 3, 4), 0},
    {"batch normalisation", LEVELS(0, 1), 0},
    {"rotation", LEVELS(0, 0.5, 1, 5), 0},
    {"noise", LEVELS(0, 0.015, 0.03, 0.06), 0},
};
static const kmnist_factor_t second_factors[] = {
    {"learning rate", LEVELS(0.001, 0.003, 0.01, 0.03), 0},
    {"last hidden layer", LEVELS(512, 1024, 2048), 1},
    {"hidden layers", LEVELS(3, 4, 5), 1},
    {"batch normalisation", LEVELS(0, 1), 0},
    {"rotation", LEVELS(0, 0.1, 0.2, 0.5, 1), 0},
    {"noise", LEVELS(0.015, 0.03, 0.06), 0},
};
static const kmnist_factor_t own_rate[] = {{"learning rate", LEVELS(0.001), 0}};
static const kmnist_factor_t grid_factors[] = {
    {"learning rate", LEVELS(0.1, 0.01, 0.001, 0.0001), 0},
    {"dropout", LEVELS(0.3, 0.5, 0.7), 0},
};

#define FACTORS(array) array, sizeof array / sizeof array[0]

const kmnist_plan_t kmnist_plans[] = {
    [KMNIST_RANDOM] = {FACTORS(first_factors), 1, TRIALS},
    [KMNIST_WIDER] = {FACTORS(second_factors), 1, TRIALS},
    [KMNIST_FOLDS] = {FACTORS(own_rate), FOLDS, 0},
    [KMNIST_GRID] = {FACTORS(grid_factors), FOLDS, 0},
};
