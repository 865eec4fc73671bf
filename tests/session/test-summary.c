#include "test-models.h"

#include "base/text.h"

#include <stdio.h>

enum { TEXT_SIZE = 16384 };

/* The whole text; the size that is asked for is the size that it has. */
static char *summary_of(const neuron_graph_t *graph, int64_t batch)
{
    static char text[TEXT_SIZE];
    size_t needed[2];
    memset(text, '#', sizeof text);
    assert_ok(neuron_graph_summary(NULL, 0, &needed[0], graph, batch));
    ck_assert_uint_lt(needed[0], sizeof text);
    assert_ok(neuron_graph_summary(text, needed[0], &needed[1], graph, batch));
    ck_assert_uint_eq(needed[0], needed[1]);
    ck_assert_uint_eq(strlen(text) + 1, needed[0]);
    ck_assert_int_eq(text[needed[0]], '#');
    for (const char *end = strchr(text, '\n'); end; end = strchr(end + 1, '\n'))
        ck_assert(end[-1] != ' ');
    return text;
}

static int64_t working_memory(const neuron_graph_t *graph, const char *purpose, int64_t batch)
{
    int64_t bytes;
    assert_ok(neuron_graph_memory(&bytes, graph, batch, purpose));
    return bytes;
}

/* The widest of some cells and of their title. */
static int widest(const char *title, char cells[][NEURON_NUMBER_ROOM], int count)
{
    size_t width = strlen(title);
    for (int i = 0; i < count; i++)
        width = strlen(cells[i]) > width ? strlen(cells[i]) : width;
    return (int)width;
}

/* A hidden layer whose input is seen again behind it. */
static neuron_graph_t *skip_graph(neuron_context_t *context)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    assert_ok(neuron_graph_set_name(g, "tiny"));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){4}, 1);
    neuron_node_t *h = neuron_dense(g, x, 300, NULL);
    assert_ok(neuron_node_set_name(h, "gr\xc3\xb6\xc3\x9f"
                                      "er"));
    neuron_node_t *both[] = {x, neuron_batch_norm(g, neuron_relu(g, h), NULL)};
    neuron_node_t *joined = neuron_concat(g, both, 2, NULL);
    assert_ok(neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, joined, 2, NULL), NULL)));
    return g;
}

START_TEST(a_skip_concatenation_shows_where_it_comes_from)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = skip_graph(context);
    char expected[4096], prediction[3][NEURON_NUMBER_ROOM], training[4][NEURON_NUMBER_ROOM];
    /* The arrays of 1200, 300, 300, 300, 608 and 2 floats, and the two statistics of 300, each in
     * whole lines of 16. */
    int64_t trainable = 4 * (1200 + 3 * 304 + 608 + 16), all = trainable + 4 * 2 * 304;
    int64_t predicts = working_memory(graph, NULL, 8);
    int64_t trains = working_memory(graph, "training=yes", 8);
    neuron_text_bytes(all, prediction[0]);
    neuron_text_bytes(predicts, prediction[1]);
    neuron_text_bytes(all + predicts, prediction[2]);
    neuron_text_bytes(all, training[0]);
    neuron_text_bytes(2 * trainable, training[1]);
    neuron_text_bytes(trains, training[2]);
    neuron_text_bytes(all + 2 * trainable + trains, training[3]);
    int p = widest("Prediction", prediction, 3);
    int t = widest("Training with Adam", training, 4);
    snprintf(expected, sizeof expected,
             "Model: \"tiny\"\n"
             "---------------------------------------------------------------\n"
             "Layer (type)             Output shape  Parameters  Connected to\n"
             "===============================================================\n"
             "input (input)            (None, 4)              0\n"
             "gr\xc3\xb6\xc3\x9f"
             "er (dense)           (None, 300)        1,500  input\n"
             "relu (relu)              (None, 300)            0  gr\xc3\xb6\xc3\x9f"
             "er\n"
             "batch_norm (batch_norm)  (None, 300)        1,200  relu\n"
             "concat (concat)          (None, 304)            0  input\n"
             "                                                   batch_norm\n"
             "dense (dense)            (None, 2)            610  concat\n"
             "softmax (softmax)        (None, 2)              0  dense\n"
             "===============================================================\n"
             "Total parameters          3,310\n"
             "Trainable parameters      2,710\n"
             "Non-trainable parameters    600\n"
             "\n"
             "Bytes for batches of 8  %*s  %*s\n"
             "Parameters              %*s  %*s\n"
             "Adam's moments          %*s  %*s\n"
             "Working memory          %*s  %*s\n"
             "Total                   %*s  %*s\n",
             p, "Prediction", t, "Training with Adam", p, prediction[0], t, training[0], p, "-", t,
             training[1], p, prediction[1], t, training[2], p, prediction[2], t, training[3]);
    ck_assert_str_eq(summary_of(graph, 8), expected);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* In a plain chain nobody need say where it comes from. */
START_TEST(a_chain_is_shown_without_its_links)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = test_cnn(context, 28);
    const char expected[] = "Model: \"cnn\"\n"
                            "------------------------------------------------------\n"
                            "Layer (type)             Output shape       Parameters\n"
                            "======================================================\n"
                            "input (input)            (None, 28, 28, 1)           0\n"
                            "conv2d (conv2d)          (None, 28, 28, 4)          40\n"
                            "batch_norm (batch_norm)  (None, 28, 28, 4)          16\n"
                            "relu (relu)              (None, 28, 28, 4)           0\n"
                            "max_pool2d (max_pool2d)  (None, 14, 14, 4)           0\n"
                            "dropout (dropout)        (None, 14, 14, 4)           0\n"
                            "flatten (flatten)        (None, 784)                 0\n"
                            "dense (dense)            (None, 10)              7,850\n"
                            "softmax (softmax)        (None, 10)                  0\n"
                            "======================================================\n"
                            "Total parameters          7,906\n"
                            "Trainable parameters      7,898\n"
                            "Non-trainable parameters      8\n"
                            "\n"
                            "Bytes for batches of 1,000  Prediction, 128 at a time  ";
    const char *text = summary_of(graph, 1000);
    assert_that(strncmp(text, expected, sizeof expected - 1) == 0, "%s", text);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

START_TEST(a_committee_names_its_members)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *members[] = {test_linear(context, 8), test_linear(context, 8)}, *committee;
    assert_ok(neuron_committee_create(&committee, context, members, 2, NULL, "rule=mean"));
    const char expected[] =
        "Model: \"committee\"\n"
        "-------------------------------------------------------------------------\n"
        "Layer (type)                Output shape     Parameters  Connected to\n"
        "=========================================================================\n"
        "input (input)               (None, 8, 8, 1)           0\n"
        "linear/flatten (flatten)    (None, 64)                0  input\n"
        "linear/dense (dense)        (None, 10)              650  linear/flatten\n"
        "linear/softmax (softmax)    (None, 10)                0  linear/dense\n"
        "linear_1/flatten (flatten)  (None, 64)                0  input\n"
        "linear_1/dense (dense)      (None, 10)              650  linear_1/flatten\n"
        "linear_1/softmax (softmax)  (None, 10)                0  linear_1/dense\n"
        "average (average)           (None, 10)                0  linear/softmax\n"
        "                                                         linear_1/softmax\n"
        "=========================================================================\n"
        "Total parameters          1,300\n";
    const char *text = summary_of(committee, 32);
    assert_that(strncmp(text, expected, sizeof expected - 1) == 0, "%s", text);
    neuron_graph_unref(committee);
    neuron_graph_unref(members[0]);
    neuron_graph_unref(members[1]);
    neuron_context_unref(context);
}
END_TEST

START_TEST(what_cannot_be_trained_says_why)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *member = test_linear(context, 8), *members[] = {member, member}, *vote, *idle;
    assert_ok(neuron_committee_create(&vote, context, members, 2, NULL, "rule=majority_vote"));
    const char *text = summary_of(vote, 32);
    ck_assert_ptr_nonnull(strstr(text, "\nCannot be trained: vote has no gradient\n"));
    ck_assert_ptr_null(strstr(text, "Adam"));

    assert_ok(neuron_graph_create(&idle, context));
    neuron_node_t *x = neuron_input(idle, (const int64_t[]){3}, 1);
    assert_ok(neuron_graph_finish(idle, neuron_relu(idle, x)));
    text = summary_of(idle, 32);
    ck_assert_ptr_nonnull(strstr(text, "\nTotal parameters          0\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nCannot be trained: graph has nothing to train\n"));
    ck_assert_ptr_null(strstr(text, "\nParameters"));

    neuron_graph_unref(idle);
    neuron_graph_unref(vote);
    neuron_graph_unref(member);
    neuron_context_unref(context);
}
END_TEST

START_TEST(bad_calls_are_refused)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = test_linear(context, 8), *unfinished;
    char text[TEXT_SIZE];
    size_t needed;
    assert_ok(neuron_graph_create(&unfinished, context));
    assert_status(neuron_graph_summary(NULL, 0, &needed, NULL, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_graph_summary(NULL, 0, &needed, unfinished, 1), NEURON_E_STATE);
    assert_status(neuron_graph_summary(NULL, 0, &needed, graph, 0), NEURON_E_ARGUMENT);
    assert_message("linear: batch is 0; it must be 1 to 2,147,483,647");
    assert_status(neuron_graph_summary(NULL, 0, &needed, graph, (int64_t)1 << 31),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_graph_summary(NULL, 10, &needed, graph, 1), NEURON_E_ARGUMENT);
    assert_ok(neuron_graph_summary(NULL, 0, NULL, graph, 1));
    assert_ok(neuron_graph_summary(NULL, 0, &needed, graph, 1));
    text[0] = '#';
    assert_status(neuron_graph_summary(text, needed - 1, NULL, graph, 1), NEURON_E_ARGUMENT);
    assert_message("summary: capacity is");
    ck_assert_int_eq(text[0], '#');
    neuron_graph_unref(unfinished);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* ---- The networks of the documents ---- */

/* A network as a line of layers: C32 is a convolution of 32 filters of 3x3 and a ReLU, with k5 of
 * 5x5, with s padded; B batch_norm; P max_pool2d; D dropout; F flatten; H128 a hidden layer with a
 * ReLU. Ten classes end it. The first number is the side of the image. */
typedef struct network {
    const char *name, *layers;
    int64_t side, channels;
    const char *total, *trainable, *rest;
} network;

#define DOUBLED(a, b, c) a " " a " P " b " " b " P " c " " c " P F H64"
#define DEEP(d)          "C32s B C32s B P D C64s B C64s B P D C128s B C128s B P D F H" d " B D"

static const network networks[] = {
    {"K1", "F H512 B D H256 B D H128 B D", 28, 1, "571,018", "569,226", "1,792"},
    {"K3", "F D H8192 B D H4096 B D H2048 B D", 28, 1, "48,457,738", "48,429,066", "28,672"},
    {"K4", "C32 C64 P D F H128 D", 28, 1, "1,199,882", "1,199,882", "0"},
    {"K6", "C32 P F H128", 28, 1, "693,962", "693,962", "0"},
    {"K7", "C32 B P C64 B P F H128 D", 28, 1, "225,418", "225,226", "192"},
    {"M1", "F H512 B H256 B", 28, 1, "538,890", "537,354", "1,536"},
    {"M2", "F H512 B D H256 B D", 28, 1, "538,890", "537,354", "1,536"},
    {"M4", "F H1024 B D H512 B D H256 B D", 28, 1, "1,469,706", "1,466,122", "3,584"},
    {"M5", "F H1024 B H512 B H256 B H128 B H64 B", 28, 1, "1,509,706", "1,505,738", "3,968"},
    {"C1", "C32 P C64 P C64 P F H64", 32, 1, "72,842", "72,842", "0"},
    {"C2", DOUBLED("C32s", "C64s", "C64s"), 32, 1, "205,098", "205,098", "0"},
    {"C3", DOUBLED("C16s", "C32s", "C64s"), 32, 1, "138,042", "138,042", "0"},
    {"C4", DOUBLED("C32s", "C64s", "C128s"), 32, 1, "418,218", "418,218", "0"},
    {"C5", DOUBLED("C64s", "C128s", "C256s"), 32, 1, "1,407,114", "1,407,114", "0"},
    {"C6", DOUBLED("C128s", "C256s", "C512s"), 32, 1, "5,099,082", "5,099,082", "0"},
    {"C13", DEEP("32"), 32, 1, "354,250", "353,290", "960"},
    {"C14", DEEP("64"), 32, 1, "420,266", "419,242", "1,024"},
    {"C15", DEEP("128"), 32, 1, "552,298", "551,146", "1,152"},
    {"C16", DEEP("256"), 32, 1, "816,362", "814,954", "1,408"},
    {"C17", DEEP("512"), 32, 1, "1,344,490", "1,342,570", "1,920"},
    {"C50", DEEP("128"), 32, 3, "552,874", "551,722", "1,152"},
    {"D1", "C32k5s C32k5s P D C64s C64s P D F H256 D", 28, 1, "887,530", "887,530", "0"},
    {"D2", "C64 C32 P F", 28, 1, "65,194", "65,194", "0"},
    {"F1", "F H128", 28, 1, "101,770", "101,770", "0"},
    {"F3", "C64 P C128 P F H256", 28, 1, "896,522", "896,522", "0"},
    {"F5", "C32s B P D C64s B P D F H128 D", 28, 1, "422,026", "421,834", "192"},
};

static neuron_node_t *convolve(neuron_graph_t *g, neuron_node_t *x, const char *word, size_t length)
{
    int64_t size = memchr(word, 'k', length) ? 5 : 3;
    neuron_node_t *c = neuron_conv2d(g, x, strtol(word + 1, NULL, 10), size, size, NULL);
    if (word[length - 1] == 's')
        assert_ok(neuron_node_set(c, "padding=same"));
    return neuron_relu(g, c);
}

static neuron_node_t *add_layer(neuron_graph_t *g, neuron_node_t *x, const char *word,
                                size_t length)
{
    switch (word[0]) {
    case 'C':
        return convolve(g, x, word, length);
    case 'B':
        return neuron_batch_norm(g, x, NULL);
    case 'P':
        return neuron_max_pool2d(g, x, 2, 2, NULL);
    case 'D':
        return neuron_dropout(g, x, 0.5);
    case 'F':
        return neuron_flatten(g, x);
    default:
        return neuron_relu(g, neuron_dense(g, x, strtol(word + 1, NULL, 10), NULL));
    }
}

static neuron_graph_t *build(neuron_context_t *context, const network *n)
{
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    assert_ok(neuron_graph_set_name(g, n->name));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){n->side, n->side, n->channels}, 3);
    for (const char *word = n->layers; *word;) {
        size_t length = strcspn(word, " ");
        x = add_layer(g, x, word, length);
        word += length + (word[length] == ' ');
    }
    assert_ok(neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, x, 10, NULL), NULL)));
    return g;
}

START_TEST(parameters_are_those_of_the_documents)
{
    const network *n = &networks[_i];
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = build(context, n);
    char expected[512];
    int width = (int)strlen(n->total);
    snprintf(expected, sizeof expected,
             "\nTotal parameters          %s\nTrainable parameters      %*s\n"
             "Non-trainable parameters  %*s\n\n",
             n->total, width, n->trainable, width, n->rest);
    const char *text = summary_of(graph, 32);
    assert_that(strstr(text, expected) != NULL, "%s: not%sbut\n%s", n->name, expected, text);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* The skip-concatenation of the committee's document. */
START_TEST(parameters_of_a_skip_concatenation)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *g;
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){784}, 1), *h = x;
    for (int i = 0; i < 2; i++)
        h = neuron_dropout(
            g, neuron_batch_norm(g, neuron_relu(g, neuron_dense(g, h, 30, NULL)), NULL), 0.3);
    neuron_node_t *both = neuron_concat(g, (neuron_node_t *const[]){x, h}, 2, NULL);
    assert_ok(neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, both, 10, NULL), NULL)));
    const char *text = summary_of(g, 32);
    ck_assert_ptr_nonnull(strstr(text, "\nTotal parameters          32,870\n"
                                       "Trainable parameters      32,750\n"
                                       "Non-trainable parameters     120\n"));
    neuron_graph_unref(g);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("summary");
    TCase *tests = tcase_create("summary");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_skip_concatenation_shows_where_it_comes_from);
    tcase_add_test(tests, a_chain_is_shown_without_its_links);
    tcase_add_test(tests, a_committee_names_its_members);
    tcase_add_test(tests, what_cannot_be_trained_says_why);
    tcase_add_test(tests, bad_calls_are_refused);
    tcase_add_loop_test(tests, parameters_are_those_of_the_documents, 0,
                        (int)(sizeof networks / sizeof networks[0]));
    tcase_add_test(tests, parameters_of_a_skip_concatenation);
    return run_suite(suite);
}
