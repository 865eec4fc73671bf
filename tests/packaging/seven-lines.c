#include <libneuron/libneuron.h>
#include <stdio.h>
int main(int n, char **names) {
    neuron_context_t *c; neuron_graph_t *g;
    if (neuron_context_create(&c, NULL) < 0 || neuron_graph_load(&g, c, names[n - 1]) < 0) return 1;
    return printf("%lld parameters\n", (long long)neuron_graph_parameter_count(g)) < 0;
}
