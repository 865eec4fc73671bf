/* A deep Q-network (Mnih et al., 2015, Nature 518): a cart learns to balance a pole by pushing left
 * or right, from nothing but how long the pole stays up.
 *
 * A trainer without a dataset takes batches out of a memory of what happened. A second network, a
 * copy of the first that neuron_graph_copy_arrays() renews now and then, says what a state is worth
 * in the long run; the Huber loss moves the value of the action that was taken towards that. */
#include "recipe.h"

#include <math.h>
#include <string.h>

enum { NUMBERS = 4, ACTIONS = 2, MEMORY = 20000, BATCH = 64, EPISODE = 200 };

/* One step of the cart: position, speed, angle, angular speed. Whether the pole is still up. The
 * constants are those of Barto, Sutton and Anderson (1983). */
static int push(float *state, int right)
{
    float force = right ? 10 : -10, sine = sinf(state[2]), cosine = cosf(state[2]);
    float pull = (force + 0.05f * state[3] * state[3] * sine) / 1.1f;
    float turn =
        (9.8f * sine - cosine * pull) / (0.5f * (4 / 3.0f - 0.1f * cosine * cosine / 1.1f));
    float speeds[] = {state[1], pull - 0.05f * turn * cosine / 1.1f, state[3], turn};
    for (int i = 0; i < NUMBERS; i++)
        state[i] += 0.02f * speeds[i];
    return fabsf(state[0]) < 2.4f && fabsf(state[2]) < 0.21f;
}

static double uniform(void)
{
    static uint32_t state = 1;
    state = state * 1664525 + 1013904223;
    return (state >> 8) / (double)(1 << 24);
}

static void begin(float *state)
{
    for (int i = 0; i < NUMBERS; i++)
        state[i] = (float)(0.1 * uniform() - 0.05);
}

static neuron_graph_t *build(neuron_context_t *context)
{
    neuron_graph_t *graph;
    must(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){NUMBERS}, 1);
    x = neuron_relu(graph, neuron_dense(graph, x, 64, NULL));
    x = neuron_relu(graph, neuron_dense(graph, x, 64, NULL));
    must(neuron_graph_finish(graph, neuron_dense(graph, x, ACTIONS, NULL)));
    return graph;
}

static neuron_tensor_t *tensor(neuron_context_t *context, int64_t rows, int64_t columns)
{
    neuron_tensor_t *made;
    must(
        neuron_tensor_create(&made, context, NEURON_TYPE_F32, (const int64_t[]){rows, columns}, 2));
    return made;
}

static int best_action(const neuron_graph_t *values, const neuron_tensor_t *now,
                       neuron_tensor_t *worth)
{
    const float *value = neuron_tensor_data(worth);
    must(neuron_graph_predict(values, now, worth));
    return value[1] > value[0];
}

/* Plays without chance, and returns for how many steps the pole stays up on average. */
static double play(const neuron_graph_t *values, neuron_tensor_t *now, neuron_tensor_t *worth,
                   int episodes)
{
    int steps = 0;
    for (int episode = 0; episode < episodes; episode++) {
        int up = 1;
        begin(neuron_tensor_data(now));
        for (int i = 0; i < EPISODE && up; i++, steps++)
            up = push(neuron_tensor_data(now), best_action(values, now, worth));
    }
    return (double)steps / episodes;
}

int main(void)
{
    static struct {
        float from[NUMBERS], to[NUMBERS];
        int action, up;
    } memory[MEMORY];
    neuron_context_t *context;
    neuron_optimizer_t *adam;
    neuron_loss_t *huber;
    neuron_trainer_t *trainer;
    must(neuron_context_create(&context, NULL));
    must(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.001"));
    must(neuron_loss_create(&huber, context, "huber", NULL));
    neuron_graph_t *values = build(context), *target = build(context);
    must(neuron_trainer_create(&trainer, values, adam, NULL));
    must(neuron_trainer_set_loss(trainer, huber));

    neuron_tensor_t *now = tensor(context, 1, NUMBERS), *worth = tensor(context, 1, ACTIONS);
    neuron_tensor_t *before = tensor(context, BATCH, NUMBERS),
                    *after = tensor(context, BATCH, NUMBERS);
    neuron_tensor_t *wanted = tensor(context, BATCH, ACTIONS),
                    *later = tensor(context, BATCH, ACTIONS);
    neuron_tensor_t *inputs[] = {before}, *targets[] = {wanted};
    float *state = neuron_tensor_data(now), *from = neuron_tensor_data(before);
    float *to = neuron_tensor_data(after), *want = neuron_tensor_data(wanted);
    const float *next = neuron_tensor_data(later);

    double mean = 0;
    int lasted = 0;
    begin(state);
    for (int step = 0; step < 100000 && mean < 195; step++) {
        int at = step % MEMORY, chosen[BATCH];
        int explores = uniform() < fmax(0.05, 1 - step / 3000.0);
        memory[at].action = explores ? uniform() < 0.5 : best_action(values, now, worth);
        memcpy(memory[at].from, state, sizeof memory[at].from);
        memory[at].up = push(state, memory[at].action);
        memcpy(memory[at].to, state, sizeof memory[at].to);
        if (!memory[at].up || ++lasted == EPISODE) {
            lasted = 0;
            begin(state);
        }

        for (int i = 0; i < BATCH; i++) {
            chosen[i] = (int)(uniform() * (step < MEMORY ? step + 1 : MEMORY));
            memcpy(from + i * NUMBERS, memory[chosen[i]].from, sizeof memory->from);
            memcpy(to + i * NUMBERS, memory[chosen[i]].to, sizeof memory->to);
        }
        must(neuron_graph_predict(values, before, wanted)); /* no error for the other action */
        must(neuron_graph_predict(target, after, later));
        for (int i = 0; i < BATCH; i++) { /* 1 for each step that the pole is up */
            float rest = fmaxf(next[i * ACTIONS], next[i * ACTIONS + 1]);
            want[i * ACTIONS + memory[chosen[i]].action] =
                memory[chosen[i]].up ? 1 + 0.99f * rest : 0;
        }
        must(neuron_trainer_step(NULL, trainer, inputs, 1, targets, 1, NULL));
        if (step % 250 == 0)
            must(neuron_graph_copy_arrays(NULL, target, values, NULL, NULL));
        if (step % 1000 == 999) {
            mean = play(values, now, worth, 20);
            lasted = 0;
            begin(state);
        }
    }
    int status =
        reached("steps that the pole stays up, of 200", play(values, now, worth, 100), 180);

    neuron_tensor_t *tensors[] = {now, worth, before, after, wanted, later};
    for (int i = 0; i < 6; i++)
        neuron_tensor_unref(tensors[i]);
    neuron_trainer_unref(trainer);
    neuron_graph_unref(values);
    neuron_graph_unref(target);
    neuron_loss_unref(huber);
    neuron_optimizer_unref(adam);
    neuron_context_unref(context);
    return status;
}
