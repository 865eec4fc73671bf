/* Votes, as they are exported (onnx/export/vote.c), and what one value alone is largest in, which
 * is a vote of one. */
#include "onnx/import/operators/recognize.h"

#include "base/text/number.h"
#include "onnx/import/constant.h"
#include "onnx/import/operators/operators.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A vote as it is put together: for each input its values and its weight. */
typedef struct vote {
    neuron_onnx_reader *reader;
    const neuron_onnx_operator *from;
    neuron_onnx_item **inputs;
    double *weights;
    size_t count;
    int32_t axis; /* of the classes; -1 until it is known */
    bool borda;
} vote;

static int begin(vote *v, size_t count)
{
    v->count = count;
    v->axis = -1;
    RETURN_IF_ERROR(neuron_onnx_afford(v->reader, v->from, (int64_t)count));
    v->inputs = neuron_onnx_reader_get(v->reader, (int64_t)count, sizeof(neuron_onnx_item *));
    v->weights = neuron_onnx_reader_get(v->reader, (int64_t)count, sizeof *v->weights);
    return v->inputs && v->weights ? NEURON_OK : NEURON_E_MEMORY;
}

/* Weights such as 0.1 are those again that they were before they became floats, as votes tie by
 * sums of them. */
static double weight_of(float weight)
{
    char text[NEURON_NUMBER_TEXT];
    double value;
    float nearest;
    snprintf(text, sizeof text, "%.6g", (double)weight);
    neuron_number_point(text);
    return neuron_number_parse(text, strlen(text), &value, &nearest) && nearest == weight
               ? value
               : (double)weight;
}

/* Adds an input, whose weight and values a match has as w and x. */
static bool add_input(vote *v, size_t index, const neuron_onnx_match *m)
{
    double weight = neuron_onnx_bound_number(m, 'w');
    v->inputs[index] = neuron_onnx_bound(m, 'x');
    v->weights[index] = weight_of((float)weight);
    return weight >= 0 && v->inputs[index]->node;
}

/* ---- Of several classes ---- */

#define VALUES "Where@z(IsNaN@q(x),0,x)"
#define WEIGHT "Mul@y(Sub(1,ReduceMax(Cast(q))),#w)"

static const char plurality[] = "Mul(Cast(Equal(ArgMax(" VALUES "),#n))," WEIGHT ")";
static const char by_rank[] =
    "Mul(Mul(Sub(ReduceMean@m(Add(Cast(Greater(Unsqueeze@b(" VALUES "),Unsqueeze@c(z))),"
    "Mul(Cast(Equal(b,c)),#h))),#o),#k)," WEIGHT ")";

/* What is compared with all along an axis behind it. */
static bool is_ranked(vote *v, const neuron_onnx_match *m, const neuron_onnx_item *x)
{
    int32_t rank = x->layout.rank, axis = v->axis;
    double classes = (double)x->layout.extent[axis];
    int64_t keeps;
    const neuron_onnx_operator *mean = neuron_onnx_bound(m, 'm')->maker;
    return neuron_onnx_bound_near(m, 'h', 0.5) && neuron_onnx_bound_near(m, 'o', 0.5 / classes) &&
           neuron_onnx_bound_near(m, 'k', 2 / (classes - 1)) &&
           neuron_onnx_has_axis(v->reader, neuron_onnx_bound(m, 'b')->maker, rank + 1, axis + 1) &&
           neuron_onnx_has_axis(v->reader, neuron_onnx_bound(m, 'c')->maker, rank + 1, axis) &&
           neuron_onnx_has_axis(v->reader, mean, rank + 1, axis + 1) &&
           neuron_onnx_read_integer(&keeps, v->reader, mean, "keepdims", 1) == NEURON_OK &&
           keeps == 0;
}

static bool read_ballot(vote *v, size_t i, const neuron_onnx_match *all)
{
    neuron_onnx_match m = {.reader = v->reader};
    neuron_onnx_item *tally = neuron_onnx_bound(all, 't'), *support = neuron_onnx_bound(all, 's');
    neuron_onnx_item *given = neuron_onnx_input_of(v->reader, tally, i);
    v->borda = !neuron_onnx_match_item(&m, given, plurality);
    if ((v->borda && !neuron_onnx_match_item(&m, given, by_rank)) || !add_input(v, i, &m) ||
        !neuron_onnx_match_item(&m, neuron_onnx_input_of(v->reader, support, i), "Mul(z,y)") ||
        neuron_onnx_input_of(v->reader, neuron_onnx_bound(all, 'a'), i) !=
            neuron_onnx_bound(&m, 'y'))
        return false;
    const neuron_onnx_item *x = v->inputs[i];
    if (!neuron_onnx_match_axis(&v->axis, &m, x->layout.rank, v->borda ? "ReduceMean" : "") ||
        v->axis < 0 || v->axis == x->layout.batch)
        return false;
    if (v->borda)
        return is_ranked(v, &m, x);
    return neuron_onnx_numbers_classes(v->reader, v->from, neuron_onnx_bound(&m, 'n'), x, v->axis);
}

static int read_many(bool *done, vote *v)
{
    static const char whole[] =
        "Where(And(Equal@w(ArgMax(Where(GreaterOrEqual(Sum@t,Mul(ReduceMax(t),#r)),Sum@s,#l)),#n),"
        "LessOrEqual(Div@h(t,Sum@a),ReduceMax@o(Where(w,0,h)))),Mul(o,#u),h)";
    neuron_onnx_match m = {.reader = v->reader};
    *done = false;
    if (!neuron_onnx_match_operator(&m, v->from, whole))
        return NEURON_OK;
    size_t count = neuron_onnx_input_count(neuron_onnx_bound(&m, 't'));
    if (neuron_onnx_input_count(neuron_onnx_bound(&m, 's')) != count ||
        neuron_onnx_input_count(neuron_onnx_bound(&m, 'a')) != count || count == 0)
        return NEURON_OK;
    RETURN_IF_ERROR(begin(v, count));
    bool borda = false;
    for (size_t i = 0; i < count; i++) {
        if (!read_ballot(v, i, &m) || (i > 0 && borda != v->borda))
            return NEURON_OK;
        borda = v->borda;
    }
    const neuron_onnx_item *x = v->inputs[0];
    *done = neuron_onnx_match_axis(&v->axis, &m, x->layout.rank, "") &&
            neuron_onnx_bound_near(&m, 'r', 1) && neuron_onnx_bound_near(&m, 'u', 1) &&
            neuron_onnx_bound_number(&m, 'l') < -1e30 &&
            neuron_onnx_numbers_classes(v->reader, v->from, neuron_onnx_bound(&m, 'n'), x, v->axis);
    return NEURON_OK;
}

/* ---- Of one value, that says which of two classes it is ---- */

static int read_one(bool *done, vote *v)
{
    static const char whole[] =
        "Where(Greater(Sum@a,0),Where(Or(And(Not(LessOrEqual@t(Abs(Sub@g(Sum@y,Sub(a,y))),"
        "Mul(a,#r))),Greater(g,0)),And(t,Greater(Sum@b,0))),Max(Where@s(t,#h,Div(y,a)),#u),"
        "Min(s,#h)),#n)";
    static const char each[] =
        "Mul(Cast(Greater(Where@z(IsNaN@q(x),#h,x),#h)),Mul@y(Sub(1,Cast(q)),#w))";
    neuron_onnx_match m = {.reader = v->reader};
    *done = false;
    if (!neuron_onnx_match_operator(&m, v->from, whole))
        return NEURON_OK;
    const neuron_onnx_item *yes = neuron_onnx_bound(&m, 'y'), *all = neuron_onnx_bound(&m, 'a');
    const neuron_onnx_item *balance = neuron_onnx_bound(&m, 'b');
    size_t count = neuron_onnx_input_count(all);
    if (neuron_onnx_input_count(yes) != count || neuron_onnx_input_count(balance) != count ||
        count == 0)
        return NEURON_OK;
    RETURN_IF_ERROR(begin(v, count));
    *done = neuron_onnx_bound_near(&m, 'h', 0.5) && neuron_onnx_bound_near(&m, 'u', 0.5) &&
            isnan(neuron_onnx_bound_number(&m, 'n')) &&
            fabs(neuron_onnx_bound_number(&m, 'r')) < 1e-5 &&
            neuron_onnx_match_axis(&v->axis, &m, 1, "");
    for (size_t i = 0; *done && i < count; i++) {
        neuron_onnx_match own = {.reader = v->reader};
        *done = neuron_onnx_match_item(&own, neuron_onnx_input_of(v->reader, yes, i), each) &&
                neuron_onnx_match_item(&own, neuron_onnx_input_of(v->reader, balance, i),
                                       "Mul(Sub(z,#h),y)") &&
                neuron_onnx_input_of(v->reader, all, i) == neuron_onnx_bound(&own, 'y') &&
                neuron_onnx_bound_near(&own, 'h', 0.5) && add_input(v, i, &own) &&
                neuron_onnx_match_axis(&v->axis, &own, 1, "");
    }
    if (*done)
        v->axis = v->inputs[0]->layout.rank - 1;
    *done = *done && v->axis >= 0 && v->axis != v->inputs[0]->layout.batch &&
            v->inputs[0]->layout.extent[v->axis] == 1;
    return NEURON_OK;
}

static int add_vote(const vote *v)
{
    neuron_node_t **nodes, *node;
    neuron_onnx_layout layout;
    RETURN_IF_ERROR(
        neuron_onnx_rows_of_all(&nodes, &layout, v->reader, v->from, v->inputs, v->count, v->axis));
    RETURN_IF_ERROR(
        neuron_onnx_join(&node, v->reader, v->from,
                         neuron_vote(v->reader->graph, nodes, (int64_t)v->count, v->weights),
                         v->borda ? "ballot=borda" : NULL));
    return neuron_onnx_out(v->reader, v->from, 0, node, &layout);
}

/* Of one input, each of whose values is decided alone. */
static int add_decision(const vote *v)
{
    const neuron_onnx_item *x = v->inputs[0];
    const int64_t alone[] = {neuron_onnx_layout_size(&x->layout), 1};
    neuron_node_t *node;
    RETURN_IF_ERROR(neuron_onnx_view(&node, v->reader, v->from, false, x->node, alone, 2));
    node = neuron_vote(v->reader->graph, &node, 1, NULL);
    RETURN_IF_ERROR(neuron_onnx_join(&node, v->reader, v->from, node, NULL));
    return neuron_onnx_out(v->reader, v->from, 0, node, &x->layout);
}

int neuron_onnx_recognize_vote(bool *done, neuron_onnx_reader *reader,
                               const neuron_onnx_operator *from)
{
    vote v = {.reader = reader, .from = from};
    RETURN_IF_ERROR(read_many(done, &v));
    if (!*done)
        RETURN_IF_ERROR(read_one(done, &v));
    return *done ? add_vote(&v) : NEURON_OK;
}

/* ---- Votes of one ---- */

static int32_t attribute(const vote *v, const neuron_onnx_operator *from, const char *name,
                         int64_t standard)
{
    int64_t value;
    int status = neuron_onnx_read_integer(&value, v->reader, from, name, standard);
    return status < 0 || value < INT32_MIN || value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

/* 1 at the place that ArgMax has found, and 0 elsewhere, along a last axis that is new. */
static bool is_one_hot(vote *v, const neuron_onnx_match *m, const neuron_onnx_operator *from)
{
    const neuron_onnx_item *x = neuron_onnx_bound(m, 'x'), *values = neuron_onnx_bound(m, 'v');
    const neuron_onnx_operator *largest = neuron_onnx_bound(m, 'a')->maker;
    const float *numbers;
    int32_t last = x->layout.rank - 1, axis = attribute(v, largest, "axis", 0);
    int32_t made = attribute(v, from, "axis", -1);
    v->axis = last;
    return last >= 0 && (axis == -1 || axis == last) && (made == -1 || made == last) &&
           attribute(v, largest, "keepdims", 1) == 0 &&
           attribute(v, largest, "select_last_index", 0) == 0 &&
           neuron_onnx_bound_number(m, 'd') == (double)x->layout.extent[last] &&
           values->constant->count == 2 &&
           neuron_onnx_floats_of(&numbers, v->reader, from, values->constant) == NEURON_OK &&
           numbers[0] == 0 && numbers[1] == 1;
}

/* The class in which a value is largest has 1, and the others 0; or so what is above one half. */
int neuron_onnx_recognize_choice(bool *done, neuron_onnx_reader *reader,
                                 const neuron_onnx_operator *from)
{
    vote v = {.reader = reader, .from = from, .axis = -1};
    neuron_onnx_match m = {.reader = reader}, hot = m, above = m;
    double one = 1;
    bool single = false;
    *done = false;
    if (neuron_onnx_match_operator(&m, from, "Cast(Equal(ArgMax(x),#n))")) {
        v.inputs = &m.bound['x' - 'a'];
        *done = neuron_onnx_match_axis(&v.axis, &m, v.inputs[0]->layout.rank, "") && v.axis >= 0 &&
                neuron_onnx_numbers_classes(reader, from, neuron_onnx_bound(&m, 'n'), v.inputs[0],
                                            v.axis);
    } else if (neuron_onnx_match_operator(&hot, from, "OneHot(ArgMax@a(x),#d,#v)")) {
        v.inputs = &hot.bound['x' - 'a'];
        *done = is_one_hot(&v, &hot, from);
    } else if (neuron_onnx_match_operator(&above, from, "Cast(Greater(x,#h))")) {
        v.inputs = &above.bound['x' - 'a'];
        *done = single = neuron_onnx_match_axis(&v.axis, &above, 1, "") &&
                         neuron_onnx_bound_near(&above, 'h', 0.5);
    }
    *done = *done && v.inputs[0]->node && (v.axis < 0 || v.axis != v.inputs[0]->layout.batch);
    if (!*done)
        return NEURON_OK;
    v.weights = &one;
    v.count = 1;
    return single ? add_decision(&v) : add_vote(&v);
}
