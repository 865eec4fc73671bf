/* The product of matrices, of each set of kernels, against plain loops in double: also of left
 * matrices whose depth is cut and whose rows overlap, as convolutions have them. */
#include "layer-fixture.h"

enum { PLAIN, TRANSPOSED, LAYOUTS };
enum { GUARD = 3 }; /* columns of the output beyond the last one, which must stay as they are */

/* How a product begins and ends. */
enum { FROM_ZERO, FROM_BIAS, FROM_OUTPUT, STARTS };
enum { AS_IT_IS, RECTIFIED, SCALED, RECTIFIED_SCALED, GATED, ALL_OF_IT, ENDS };

typedef struct product {
    int64_t rows, columns, depth, output_row;
    float *left, *rows_of_right, *right, *bias, *scale, *shift, *gate, *output, *before;
    neuron_post_ops post;
    neuron_gemm_work work;
} product;

static float *padded_floats(int64_t count, uint32_t stream)
{
    int64_t room = (count + NEURON_PANEL_GROUP - 1) / NEURON_PANEL_GROUP * NEURON_PANEL_GROUP;
    float *values = fixture_floats(room);
    memset(values, 0, (size_t)room * sizeof *values);
    fixture_fill(values, count, stream);
    return values;
}

/* No float more than it has, so that a sanitizer sees reads beyond. */
static float *exact_floats(int64_t count, uint32_t stream)
{
    float *values = fixture_floats(count);
    fixture_fill(values, count, stream);
    return values;
}

static void product_open(product *p, const neuron_kernels *kernels, int64_t rows, int64_t columns,
                         int64_t depth, int layout)
{
    *p = (product){.rows = rows, .columns = columns, .depth = depth};
    p->output_row = columns + GUARD;
    int64_t outputs = rows ? (rows - 1) * p->output_row + columns : 0;
    int64_t room = (columns + NEURON_PANEL_GROUP - 1) / NEURON_PANEL_GROUP * NEURON_PANEL_GROUP;
    p->left = exact_floats(rows * depth, 1);
    p->rows_of_right = exact_floats(depth * columns, 2);
    p->right = fixture_floats(depth * room);
    kernels->gemm->pack(p->right, p->rows_of_right, columns, depth, columns, NULL);
    p->bias = padded_floats(columns, 3);
    p->scale = padded_floats(columns, 4);
    p->shift = padded_floats(columns, 5);
    p->gate = exact_floats(outputs, 6);
    p->output = exact_floats(outputs, 7);
    p->before = exact_floats(outputs, 7);
    p->work = (neuron_gemm_work){
        .rows = rows,
        .columns = columns,
        .depth = depth,
        .left = p->left,
        .left_row = layout == PLAIN ? depth : 1,
        .left_column = layout == PLAIN ? 1 : rows,
        .right = p->right,
        .output = p->output,
        .output_row = p->output_row,
    };
}

static void product_close(product *p)
{
    free(p->left);
    free(p->rows_of_right);
    free(p->right);
    free(p->bias);
    free(p->scale);
    free(p->shift);
    free(p->gate);
    free(p->output);
    free(p->before);
}

static void set_start(product *p, int start)
{
    p->work.bias = start == FROM_BIAS ? p->bias : NULL;
    p->work.add = start == FROM_OUTPUT;
}

static void set_end(product *p, int end)
{
    if (end == RECTIFIED || end == RECTIFIED_SCALED || end == ALL_OF_IT)
        p->post.list[p->post.count++] = (neuron_post_op){.kind = NEURON_POST_RELU};
    if (end == SCALED || end == RECTIFIED_SCALED || end == ALL_OF_IT)
        p->post.list[p->post.count++] =
            (neuron_post_op){.kind = NEURON_POST_SCALE_SHIFT, .scale = p->scale, .shift = p->shift};
    if (end == GATED || end == ALL_OF_IT)
        p->post.list[p->post.count++] = (neuron_post_op){.kind = NEURON_POST_RELU, .seen = p->gate};
    p->work.post.ops = &p->post;
}

/* Float k of a row of the left matrix. */
static int64_t left_place(const neuron_gemm_work *work, int64_t m, int64_t k)
{
    int64_t place = m * work->left_row;
    if (!work->stretch)
        return place + k * work->left_column;
    int64_t stretch = k / work->stretch;
    return place + k % work->stretch * work->left_column +
           stretch % work->stretches * work->stretch_step +
           stretch / work->stretches * work->group_step;
}

static double finish(const product *p, int64_t m, int64_t n, double sum)
{
    for (int32_t i = 0; i < p->post.count; i++) {
        const neuron_post_op *op = &p->post.list[i];
        if (op->kind == NEURON_POST_SCALE_SHIFT)
            sum = sum * (double)p->scale[n] + (double)p->shift[n];
        else if (op->seen ? !(p->gate[m * p->output_row + n] > 0) : sum < 0)
            sum = 0;
    }
    return sum;
}

static void check_row(const product *p, int64_t m)
{
    const float *output = p->output + m * p->output_row, *before = p->before + m * p->output_row;
    for (int64_t n = 0; n < p->columns; n++) {
        double sum = p->work.add ? (double)before[n] : p->work.bias ? (double)p->bias[n] : 0;
        double size = fabs(sum);
        for (int64_t k = 0; k < p->depth; k++) {
            double part = (double)p->left[left_place(&p->work, m, k)] *
                          (double)p->rows_of_right[k * p->columns + n];
            sum += part;
            size += fabs(part);
        }
        double expected = finish(p, m, n, sum);
        assert_that(fabs((double)output[n] - expected) <= 1e-6 * (1 + size),
                    "%lldx%lldx%lld (%lld, %lld) is %g, not %g", (long long)p->rows,
                    (long long)p->depth, (long long)p->columns, (long long)m, (long long)n,
                    (double)output[n], expected);
    }
    if (m + 1 < p->rows)
        assert_same_bytes(output + p->columns, before + p->columns, GUARD);
}

static void check(const neuron_kernels *kernels, int64_t rows, int64_t columns, int64_t depth,
                  int layout, int start, int end)
{
    product p;
    product_open(&p, kernels, rows, columns, depth, layout);
    set_start(&p, start);
    set_end(&p, end);
    kernels->gemm->multiply(&p.work);
    for (int64_t m = 0; m < rows; m++)
        check_row(&p, m);
    product_close(&p);
}

START_TEST(agrees_with_plain_loops)
{
    static const int64_t columns[] = {1, 7, 8, 15, 16, 17, 31, 32, 33, 48, 70};
    static const int64_t depths[] = {0, 1, 2, 3, 4, 9, 38};
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    if (!kernels)
        return;
    for (int64_t rows = 0; rows <= 32; rows += rows < 15 ? 1 : 7)
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
            for (size_t d = 0; d < sizeof depths / sizeof *depths; d++)
                for (int layout = 0; layout < LAYOUTS; layout++)
                    check(kernels, rows, columns[c], depths[d], layout, FROM_ZERO, AS_IT_IS);
}
END_TEST

typedef struct cut {
    int64_t rows, columns, stretch, stretches, groups;
    int64_t left_row, left_column, stretch_step, group_step;
} cut;

static void check_cut(const neuron_kernels *kernels, const cut *c)
{
    product p;
    product_open(&p, kernels, c->rows, c->columns, c->stretch * c->stretches * c->groups, PLAIN);
    free(p.left);
    p.work.left_row = c->left_row;
    p.work.left_column = c->left_column;
    p.work.stretch = c->stretch;
    p.work.stretches = c->stretches;
    p.work.stretch_step = c->stretch_step;
    p.work.groups = c->groups;
    p.work.group_step = c->group_step;
    p.left = exact_floats(left_place(&p.work, c->rows - 1, p.depth - 1) + 1, 8);
    p.work.left = p.left;
    set_start(&p, FROM_OUTPUT);
    kernels->gemm->multiply(&p.work);
    for (int64_t m = 0; m < p.rows; m++)
        check_row(&p, m);
    product_close(&p);
}

/* Windows of images, and their gradient, whose steps are those of a row and of an image. */
START_TEST(depth_may_be_cut)
{
    static const cut cuts[] = {
        {5, 7, 9, 3, 1, 3, 1, 21, 0},     {14, 32, 5, 5, 1, 1, 1, 18, 0},
        {29, 33, 1, 2, 1, 2, 1, 60, 0},   {3, 16, 8, 1, 1, 40, 1, 0, 0},
        {9, 20, 6, 4, 3, 1, 2, 20, 91},   {30, 6, 3, 3, 2, 1, 10, 50, 190},
        {13, 40, 4, 1, 5, 1, 7, 0, 45},   {1, 1, 1, 1, 1, 1, 3, 0, 0},
        {16, 17, 2, 2, 4, 500, 1, 9, 25}, {15, 31, 10, 2, 2, 4, 1, 64, 200},
    };
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (size_t i = 0; kernels && i < sizeof cuts / sizeof *cuts; i++)
        check_cut(kernels, &cuts[i]);
}
END_TEST

/* A row of pixels side by side under a window of an image of one channel: tiles of the kernel for
 * that may make a row twice, which post-operations must not notice. */
static void check_single_channel(const neuron_kernels *kernels, int64_t rows, int64_t columns,
                                 int64_t window, int end)
{
    product p;
    product_open(&p, kernels, rows, columns, window * window, PLAIN);
    free(p.left);
    p.work.left_row = p.work.left_column = p.work.groups = 1;
    p.work.stretch = p.work.stretches = window;
    p.work.stretch_step = rows + window - 1;
    p.left = exact_floats(p.work.stretch_step * window, 8);
    p.work.left = p.left;
    set_start(&p, FROM_BIAS);
    set_end(&p, end);
    kernels->conv->conv_single_channel(&p.work);
    for (int64_t m = 0; m < p.rows; m++)
        check_row(&p, m);
    product_close(&p);
}

START_TEST(pixels_of_one_channel)
{
    static const int64_t columns[] = {1, 16, 17, 32, 45};
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    if (!kernels)
        return;
    for (int64_t rows = 1; rows <= 27; rows++)
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
            for (int end = 0; end < ENDS; end++)
                check_single_channel(kernels, rows, columns[c], 1 + rows % 5, end);
}
END_TEST

START_TEST(begins_and_ends_as_told)
{
    static const int64_t columns[] = {1, 10, 16, 32, 45};
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    if (!kernels)
        return;
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        for (int start = 0; start < STARTS; start++)
            for (int end = 0; end < ENDS; end++)
                for (int layout = 0; layout < LAYOUTS; layout++)
                    check(kernels, 17, columns[c], 21, layout, start, end);
}
END_TEST

START_TEST(not_a_number_is_passed_on)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    if (!kernels)
        return;
    product p;
    product_open(&p, kernels, 3, 20, 4, PLAIN);
    set_end(&p, RECTIFIED_SCALED);
    p.left[4] = NAN;
    kernels->gemm->multiply(&p.work);
    for (int64_t i = 0; i < 3 * 20; i++)
        ck_assert(isnan(p.output[i / 20 * p.output_row + i % 20]) == (i / 20 == 1));
    product_close(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("multiply");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 240);
    tcase_add_loop_test(all, agrees_with_plain_loops, 0, KERNEL_NAMES);
    tcase_add_loop_test(all, depth_may_be_cut, 0, KERNEL_NAMES);
    tcase_add_loop_test(all, pixels_of_one_channel, 0, KERNEL_NAMES);
    tcase_add_loop_test(all, begins_and_ends_as_told, 0, KERNEL_NAMES);
    tcase_add_loop_test(all, not_a_number_is_passed_on, 0, KERNEL_NAMES);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
