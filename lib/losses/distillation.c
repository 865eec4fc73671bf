/* Distillation: the cross-entropies of a student with its teacher, both softened by a temperature,
 * and with the example's class, as neuron_loss_create() says. Exponentials are taken twice, so that
 * no memory is needed for those of both. */
#include "losses/cross-entropy.h"
#include "losses/loss.h"

#include <float.h>
#include <math.h>

/* Numbers that are worked on at once. */
enum { SOME = NEURON_LOSS_POINTS };

/* One example. `sums` are those of both exponentials, plain (1 of probabilities) and softened. */
typedef struct student {
    const neuron_loss_example *example;
    double largest; /* of the logits; */
    double total;   /* or of the outputs' sum, where they are probabilities */
    double cooling; /* 1 / temperature */
    double sums[2];
} student;

static int64_t count_some(int64_t outputs, int64_t first)
{
    return outputs - first < SOME ? outputs - first : SOME;
}

static double share_of(const student *s, int64_t place)
{
    return (double)s->example->output[place] / s->total;
}

/* Whether the loss does not change with an output. */
static bool is_clipped(const student *s, int64_t place)
{
    return !s->example->logits && neuron_loss_clips(share_of(s, place), NEURON_LOSS_EPSILON, 1);
}

/* Logits, below 0 or at most 0. */
static void read_logits(const student *s, int64_t first, int64_t count, double *logits)
{
    const neuron_loss_example *example = s->example;
    for (int32_t i = 0; i < count; i++)
        logits[i] = example->logits
                        ? (double)example->output[first + i] - s->largest
                        : neuron_loss_clip(share_of(s, first + i), NEURON_LOSS_EPSILON, 1);
    if (!example->logits)
        example->kernels->element->logarithms(logits, count, logits);
}

/* The exponentials of logits as they are, which are shares already if the outputs are
 * probabilities and then not wanted, and of the softened. */
static void exponentiate(const student *s, const double *logits, int64_t count, double *plain,
                         double *soft)
{
    const neuron_element_kernels *kernels = s->example->kernels->element;
    for (int32_t i = 0; i < count; i++)
        soft[i] = logits[i] * s->cooling;
    if (s->example->logits)
        kernels->exponentials(logits, count, plain);
    kernels->exponentials(soft, count, soft);
}

/* The sum of the targets times what is said of each is left for the loss. */
static void add_up(student *s, double *targets, double *products, double *of_class)
{
    const neuron_loss_example *example = s->example;
    for (int64_t first = 0; first < example->outputs; first += SOME) {
        double logits[SOME] = {0}, plain[SOME] = {0}, soft[SOME] = {0};
        int64_t count = count_some(example->outputs, first);
        read_logits(s, first, count, logits);
        exponentiate(s, logits, count, plain, soft);
        for (int32_t i = 0; i < count; i++) {
            s->sums[0] += plain[i];
            s->sums[1] += soft[i];
            *targets += (double)example->target[first + i];
            *products += (double)example->target[first + i] * logits[i] * s->cooling;
            if (first + i == example->label)
                *of_class = logits[i];
        }
    }
}

/* By the logits, or by the logarithms of what is not clipped; the sum of those is returned. */
static double write_slopes(const student *s, double soft_factor, double hard_factor, double targets,
                           float *gradient)
{
    const neuron_loss_example *example = s->example;
    double sum = 0;
    for (int64_t first = 0; first < example->outputs; first += SOME) {
        double logits[SOME] = {0}, plain[SOME] = {0}, soft[SOME] = {0};
        int64_t count = count_some(example->outputs, first);
        read_logits(s, first, count, logits);
        exponentiate(s, logits, count, plain, soft);
        for (int32_t i = 0; i < count; i++) {
            double target = (double)example->target[first + i];
            double slope = soft_factor * (soft[i] / s->sums[1] * targets - target) +
                           hard_factor * (plain[i] / s->sums[0] - (first + i == example->label));
            gradient[first + i] = is_clipped(s, first + i) ? 0 : (float)slope;
            sum += (double)gradient[first + i];
        }
    }
    return sum;
}

/* dq_i/dy_j = ((i == j) - q_i) / sum y, and the slope by q is that by its logarithm over q. */
static void write_slopes_of_outputs(const student *s, double sum, float *gradient)
{
    for (int32_t i = 0; i < s->example->outputs; i++) {
        double own = is_clipped(s, i) ? 0 : (double)gradient[i] / share_of(s, i);
        gradient[i] = (float)((own - sum) / s->total);
    }
}

static double compute(const neuron_loss_t *loss, const neuron_loss_example *example, double scale,
                      float *gradient)
{
    double temperature = neuron_loss_option_value(loss, NEURON_LOSS_TEMPERATURE);
    double share = neuron_loss_option_value(loss, NEURON_LOSS_SOFT_SHARE);
    student s = {.example = example, .cooling = 1 / temperature, .sums = {!example->logits}};
    double targets = 0, products = 0, of_class = 0;
    for (int32_t i = 0; i < example->outputs; i++)
        s.total += (double)example->output[i];
    if (example->logits)
        s.largest = (double)example->output[neuron_argmax(example->output, example->outputs)];
    add_up(&s, &targets, &products, &of_class);
    if (gradient) {
        double sum =
            write_slopes(&s, share * temperature * scale, (1 - share) * scale, targets, gradient);
        if (!example->logits)
            write_slopes_of_outputs(&s, sum, gradient);
    }
    return share * temperature * temperature * (targets * log(s.sums[1]) - products) +
           (1 - share) * (log(s.sums[0]) - of_class);
}

/* Softens the targets. What float has as 0 stays 0. */
static void prepare(const neuron_loss_t *loss, float *target, int64_t outputs)
{
    double cooling = 1 / neuron_loss_option_value(loss, NEURON_LOSS_TEMPERATURE), sum = 0;
    double largest = (double)target[neuron_argmax(target, outputs)];
    if (cooling == 1 || !(largest > 0))
        return;
    for (int64_t i = 0; i < outputs; i++) {
        double power = target[i] > 0 ? pow((double)target[i] / largest, cooling) : 0;
        target[i] = (float)power;
        sum += power;
    }
    for (int64_t i = 0; i < outputs; i++)
        target[i] = (float)((double)target[i] / sum);
}

static const neuron_option options[] = {
    NEURON_REAL(NEURON_LOSS_TEMPERATURE, "temperature", FLT_MIN, FLT_MAX, 2,
                "by which logits of teacher and student are divided"),
    NEURON_REAL(NEURON_LOSS_SOFT_SHARE, "soft_share", 0, 1, 0.5,
                "how much the teacher counts; the rest is for the class"),
};

const neuron_loss_row neuron_loss_distillation = {
    .name = "distillation",
    .absorbs = NEURON_ABSORBS_SOFTMAX,
    .options = NEURON_OPTION_TABLE(options),
    .accepts = neuron_cross_entropy_accepts,
    .needs = "class numbers or targets that are probabilities",
    .prepare = prepare,
    .compute = compute,
};
