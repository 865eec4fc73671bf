/* That each function of C++ hands its arguments to C as they are meant, and back what C tells. */
#include "expect.hpp"

#include <libneuron-committee/committees.hpp>

#include <array>
#include <clocale>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#if __cplusplus >= 202002L
#include <span>
#endif

namespace
{

using numbers = std::vector<float>;

/* Files of this program begin so. */
std::string own;

neuron::context one_thread()
{
    return neuron::context("threads=1");
}

void views()
{
    std::vector<int> vector{1, 2, 3};
    const std::array<int, 2> array{4, 5};
    int plain[] = {6};
    auto sum = [](neuron::span<const int> all) {
        int total = 0;
        for (const int each : all)
            total += each;
        return total;
    };
    EXPECT(sum(vector) == 6 && sum(array) == 9 && sum(plain) == 6 && sum({7, 8}) == 15);
    EXPECT(sum({}) == 0 && sum({vector.data(), 2}) == 3);
    neuron::span<int> writable(vector);
    writable[0] = 10;
    EXPECT(sum(writable) == 15 && writable.front() == 10 && writable.back() == 3);
    EXPECT(writable.subspan(1, 2).size() == 2 && !writable.empty());
    static_assert(!std::is_convertible_v<const std::vector<int> &, neuron::span<int>>);
    static_assert(!std::is_convertible_v<std::vector<float> &, neuron::span<const int>>);
#if __cplusplus >= 202002L
    std::span<int> standard = writable;
    EXPECT(sum(standard) == 15);
    neuron::span<int> again = standard;
    EXPECT(again.data() == vector.data());
    standard = neuron::span<int>(vector);
#endif

    const neuron::text none, word = "word";
    const std::string string = word;
    EXPECT(!none && none == "" && word == string && word != "other" && word.str() == "word");
    EXPECT(std::string_view(word).size() == 4);
    std::ostringstream stream;
    stream << word << none;
    EXPECT(stream.str() == "word");

    const neuron::shape shape{2, 3};
    EXPECT(shape.rank() == 2 && shape[1] == 3 && shape.count() == 6 && shape != neuron::shape{2});
    const unsigned char file[] = {1, 2};
    EXPECT(neuron::bytes(file).size() == 2 && neuron::bytes(std::string("abc")).size() == 3);
}

void options()
{
    EXPECT(neuron::options().c_str() == nullptr);
    EXPECT(neuron::text(neuron::options("a=1").c_str()) == "a=1");
    const std::string name = "name";
    /* Whatever the locale. */
    std::setlocale(LC_ALL, "de_DE.UTF-8");
    const neuron::options all{{"a", 1},     {"b", 0.5},  {"c", 1e-7},     {"d", true},
                              {"e", false}, {name, "x"}, {"f", "y, z"},   {"g", 0.1F},
                              {"h", ','},   {"i", ';'},  {"j", INT64_MAX}};
    EXPECT(neuron::text(all.c_str()) ==
           "a=1, b=0.5, c=1e-07, d=yes, e=no, name=x, f=\"y, z\", g=0.1, h=\",\", i=;, "
           "j=9223372036854775807");
    EXPECT(neuron::text(neuron::options{{"a", "b,\"c\""}, {"d", '"'}}.c_str()) ==
           "a=\"b,\"\"c\"\"\", d=\"\"\"\"");
    std::setlocale(LC_ALL, "C");

    const neuron::context context = one_thread();
    neuron::optimizer adam(context, "adam", {{"learning_rate", 0.25}, {"clip_norm", 2}});
    EXPECT(adam.number("learning_rate") == 0.25 && adam.option_text("clip_norm") == "2");
    adam.set_number("learning_rate", 0.5);
    adam.set("beta_1=0.75");
    EXPECT(adam.number("learning_rate") == 0.5 && adam.number("beta_1") == 0.75);
    EXPECT(adam.option_text().find("beta_1=0.75") != std::string::npos);
    bool found = false;
    for (const neuron::text kind : neuron::kinds("optimizer"))
        found = found || kind == "adam";
    EXPECT(found);
    found = false;
    for (const neuron::option &option : neuron::kind_options("layer", "conv2d")) {
        if (option.name() == "padding") {
            found = option.type() == neuron::option_type::word && option.words().size() == 2 &&
                    option.words()[0] == "valid" && option.help();
        } else if (option.name() == "stride_height") {
            EXPECT(option.minimum() == 1 && option.default_value() == 1 && option.maximum() > 1);
        }
    }
    EXPECT(found);
    EXPECT(neuron::version() == NEURON_VERSION_STRING);
    EXPECT(neuron::version_number() == NEURON_VERSION_NUMBER);
    EXPECT(neuron::version_abi() == NEURON_ABI_VERSION);
}

void tensors()
{
    neuron::context context({{"threads", 1}, {"seed", 3}});
    EXPECT(context.seed() == 3 && context.kernels());
    context.set_seed(UINT64_MAX);
    EXPECT(context.seed() == UINT64_MAX);

    auto tensor = neuron::tensor::copy(context, numbers{1, 5, 2, 4, 3, 6}, {2, 3});
    EXPECT(tensor.rank() == 2 && tensor.extent(1) == 3 && tensor.count() == 6);
    EXPECT(tensor.type() == neuron::type::f32 && tensor.elements()[3] == 4);
    const auto top = tensor.top_k(2);
    EXPECT(top.indices == (std::vector<std::int64_t>{1, 2, 2, 0}));
    EXPECT(top.values == (numbers{5, 2, 6, 4}));
    EXPECT_THROW(tensor.top_k(4), neuron::error, caught.code() == NEURON_E_ARGUMENT);
    EXPECT_THROW(neuron::tensor::copy(context, numbers(5), {2, 3}), neuron::error,
                 caught.code() == NEURON_E_SHAPE);
    EXPECT_THROW(neuron::tensor::copy(context, numbers(5), {-1, 3}), neuron::error,
                 caught.code() == NEURON_E_ARGUMENT);
    tensor.save_npy(own + ".npy");
    const auto loaded = neuron::tensor::load_npy(context, own + ".npy");
    EXPECT(loaded.shape() == tensor.shape() && loaded.elements()[5] == 6);
    std::ifstream stream(own + ".npy", std::ios::binary);
    const std::string file((std::istreambuf_iterator<char>(stream)), {});
    EXPECT(neuron::tensor::load_npy_memory(context, file).elements()[1] == 5);
    std::remove((own + ".npy").c_str());
    const neuron::tensor bytes(context, {4}, neuron::type::u8);
    EXPECT(bytes.elements<unsigned char>().size() == 4);
    const std::string image = "P5 2 1 255 \xff" + std::string(1, '\0');
    const auto grey = neuron::tensor::load_image_memory(context, image, {2.0}, {1.0});
    EXPECT(grey.shape() == (neuron::shape{1, 1, 2, 1}) && grey.elements()[0] == 511 &&
           grey.elements()[1] == 1);
}

void datasets()
{
    const neuron::context context = one_thread();
    numbers values(20);
    std::vector<std::int64_t> classes(10);
    for (std::size_t i = 0; i < 10; i++) {
        values[2 * i] = static_cast<float>(i);
        values[2 * i + 1] = 100 + static_cast<float>(i);
        classes[i] = static_cast<std::int64_t>(i % 3);
    }
    const auto examples = neuron::tensor::copy(context, values, {10, 2});
    const auto labels = neuron::tensor::copy(context, classes, {10});
    neuron::dataset all(context, examples, labels, 3);
    EXPECT(all.count() == 10 && all.class_count() == 3 && all.shape() == neuron::shape{2});
    EXPECT(all.type() == neuron::type::f32 && all.input_count() == 1 && all.target_count() == 1);
    EXPECT(all.class_counts() == (std::vector<std::int64_t>{4, 3, 3}));
    EXPECT(all.shard(0, 3).count() == 4 && all.shard(1, 3).count() == 3);
    const auto read = all.subset(4, 2).read(1, 1);
    EXPECT(read.values == (numbers{5, 105}) && read.labels == (std::vector<std::int32_t>{2}));
    EXPECT_THROW(all.read(9, 2), neuron::error, caught.code() == NEURON_E_ARGUMENT);
    numbers room(2);
    EXPECT_THROW(all.read(room, {}, 0, 2), neuron::error, caught.code() == NEURON_E_ARGUMENT);
    all.read(room, {}, 3, 1);
    EXPECT(room == (numbers{3, 103}));

    const auto parts = all.split({0.5, 0.3, 0.2}, 1, "order=in_order");
    EXPECT(parts.size() == 3 && parts[0].count() == 5 && parts[2].count() == 2);
    EXPECT(parts[1].read(0, 1).values[0] == 5);
    const auto fold = all.k_fold(5, 1, 7);
    EXPECT(fold.train.count() == 8 && fold.validation.count() == 2);
    EXPECT(all.select({9, 0, 9}).read(0, 3).values == (numbers{9, 109, 0, 100, 9, 109}));
    EXPECT(all.sample(4, 1, {0, 0, 0, 0, 0, 0, 1, 0, 0, 0}).read(3, 1).values[0] == 6);
    EXPECT(all.filter({2}).count() == 3 && all.filter({2}).class_count() == 3);
    EXPECT(all.filter_renumbered({2, 0}).class_count() == 2);
    EXPECT(all.one_hot().read_targets(1, 1) == (numbers{0, 1, 0}));
    EXPECT(all.shuffle(3).count() == 10);
    const auto joined = neuron::dataset::join({parts[2], parts[0]});
    EXPECT(joined.count() == 7 && joined.read(2, 1).values[0] == 0);
    const auto zipped = neuron::dataset::zip({all, all}, {all});
    EXPECT(zipped.input_count() == 2 && zipped.target_count() == 1);
    EXPECT(zipped.input(1).count() == 10 && zipped.target(0).class_count() == 3);
    all.set_class_names({"a", "b", "c"});
    EXPECT(all.class_name(1) == "b" && !all.class_name(3));
    all.set_scales({2, 1}, {0, 0.5});
    EXPECT(all.scales().scales == (std::vector<double>{2, 1}) && all.scales().offsets[1] == 0.5);
    EXPECT(all.read(4, 1).values == (numbers{8, 104.5}));
    EXPECT_THROW(all.set_scales({2}, {}), neuron::error, caught.code() == NEURON_E_ARGUMENT);
    all.set_scale(3);
    EXPECT(all.read(1, 1).values == (numbers{3, 303}));
    all.normalize(-1, 1);
    EXPECT(all.read(0, 1).values[0] == -1);
    all.standardize(all);
    all.standardize_channels(all);
    all.set_weights(numbers(10, 2));
    numbers weights(2);
    all.read_weights(weights, 8);
    EXPECT(weights == (numbers{2, 2}));
    all.reshape({1, 2});
    EXPECT(all.shape() == (neuron::shape{1, 2}));

    const std::string table = "age,city,income\n30,Bern,low\n40,Basel,high\n50,Bern,low\n";
    const auto people =
        neuron::dataset::load_csv_memory(context, table, "label=income, categories=one_hot");
    EXPECT(people.count() == 3 && people.class_count() == 2);
    const std::string quotes = "x,\"a,\"\"b\"\"\"\n1,u\n2,v\n3,u\n";
    const auto quoted = neuron::dataset::load_csv_memory(context, quotes, {{"label", "a,\"b\""}});
    EXPECT(quoted.count() == 3 && quoted.class_count() == 2);
    /* No value sets another option. */
    EXPECT_THROW(
        neuron::dataset::load_csv_memory(context, quotes, {{"label", "x\", classes=3, ignore=\""}}),
        neuron::error, std::string(caught.what()).find("no column is called") != std::string::npos);
    const auto preparation = people.preparation();
    EXPECT(preparation.field_count() == 2 && preparation.field_name(1) == "city");
    EXPECT(preparation.input_count() == 3 && preparation.input_name(0) == "age");
    EXPECT(preparation.apply({"35", "Basel"})[0] == 35);
    const neuron::preparation copy(context, preparation.json());
    EXPECT(copy.json() == preparation.json() && !all.preparation());
    EXPECT(neuron::dataset::load_csv_like_memory(context, table, people).count() == 3);
    EXPECT(neuron::dataset::load_csv_prepared_memory(context, table, copy).count() == 3);
    EXPECT_THROW(neuron::dataset::load_idx(context, "none", "there"), neuron::error,
                 caught.code() == NEURON_E_IO);
    const auto glyphs = neuron::dataset::generate_glyphs(context, 20, 9, 8, 1);
    EXPECT(glyphs.shape() == (neuron::shape{9, 8, 1}));
    const neuron::augmentation flip(context, "horizontal_flip=yes");
    EXPECT(flip.apply(glyphs, 3, 2, 1, 0).size() == 2 * 72);
}

/* Every builder once; shapes tell whether its numbers came in their order. */
void builders()
{
    const neuron::context context = one_thread();
    neuron::graph graph(context);
    const auto x = graph.input("image", {8, 10, 2});
    EXPECT(x.name() == "image" && x.shape() == (neuron::shape{8, 10, 2}) && x.kind() == "input");
    auto is = [](const neuron::node &node, const neuron::shape &shape) {
        return node && node.shape() == shape;
    };
    EXPECT(is(x.permute({2, 0, 1}), {2, 8, 10}));
    EXPECT(is(x.zero_pad2d(1, 2, 3, 4), {11, 17, 2}));
    EXPECT(is(x.slice(1, 3, "axis=0"), {3, 10, 2}));
    EXPECT(is(x.upsample2d(2, 3), {16, 30, 2}));
    EXPECT(is(x.conv2d(4, 3, 5), {6, 6, 4}));
    EXPECT(is(x.conv2d(4, 3, 5, {{"padding", "same"}}), {8, 10, 4}));
    EXPECT(is(x.conv2d_transpose(4, 3, 5), {10, 14, 4}));
    EXPECT(is(x.depthwise_conv2d(3, 5), {6, 6, 2}));
    EXPECT(is(x.max_pool2d(2, 5), {4, 2, 2}) && is(x.average_pool2d(4, 2), {2, 5, 2}));
    EXPECT(is(x.global_average_pool2d(), {2}) && is(x.global_max_pool2d(), {2}));
    const auto s = x.reshape({20, 8});
    EXPECT(is(s, {20, 8}) && is(s.conv1d(3, 5), {16, 3}));
    EXPECT(is(s.max_pool1d(4), {5, 8}) && is(s.average_pool1d(5), {4, 8}));
    EXPECT(is(s.global_average_pool1d(), {8}) && is(s.global_max_pool1d(), {8}));
    EXPECT(x.rescale(0.5, 2).number("offset") == 2 && x.standardize());
    EXPECT(x.batch_norm("momentum=0.5").number("momentum") == 0.5 && x.layer_norm());
    EXPECT(x.dropout(0.25).number("rate") == 0.25);
    EXPECT(x.gaussian_noise(0.5).number("deviation") == 0.5);
    EXPECT(x.random_rotation(0.125).number("factor") == 0.125);
    EXPECT(x.leaky_relu(0.2).number("slope") == 0.2 && x.elu(0.5).number("alpha") == 0.5);
    for (const auto &node :
         {x.relu(), x.tanh(), x.sigmoid(), x.prelu(), x.gelu(), x.silu(), x.hard_swish(), x.selu(),
          x.softplus(), x.softsign(), x.exponential(), x.softmax(), x.log_softmax(), x.clip(-1, 1),
          x.temperature_scaling(), x.vector_scaling("activation=sigmoid"),
          x.prediction_set("method=aps"), x.piecewise_linear(2), x.layer("relu")})
        EXPECT(is(node, {8, 10, 2}));
    const auto f = x.flatten();
    const auto a = f.dense(5), b = f.dense(5, "use_bias=no");
    a.set_name("a");
    a.set_initializer("kernel", "normal", 0.5);
    EXPECT(a.initializer("kernel").name == "normal" && a.initializer("kernel").parameter == 0.5);
    a.set_regularizer("kernel", {0.25, 0.5});
    EXPECT(a.regularizer("kernel").l1 == 0.25 && a.regularizer("kernel").l2 == 0.5);
    a.set_trainable(false);
    EXPECT(!a.trainable() && b.trainable());
    EXPECT(a.option_text("units") == "5" && a.input_count() == 1 && a.input_at(0) == f);
    EXPECT((a + b).kind() == "add" && (a * b).kind() == "multiply");
    EXPECT(is(graph.concat({a, b}), {10}) && is(graph.concat({a, b}, "axis=0"), {10}));
    EXPECT(is(graph.add({a, b, a}), {5}) && is(graph.multiply({a, b}), {5}));
    EXPECT(is(graph.average({a, b}), {5}) && is(graph.weighted_average({a, b}, {1, 3}), {5}));
    EXPECT(is(graph.uncertainty({a, b}), {1}));
    EXPECT(is(graph.uncertainty({a, b}, "measure=margin", {1, 2}), {1}));
    EXPECT(is(graph.vote({a, b}), {5}) && is(graph.vote({a, b}, {1, 2}), {5}));
    EXPECT(is(graph.layer("concat", {a, b}), {10}));
    EXPECT(is(f.shared_layer(b), {5}));
    const auto shared = graph.shared_layer(a, {f});
    EXPECT(is(shared, {5}) && shared.shared_with() == a);
    const auto again = f.shared_part(f, a);
    EXPECT(is(again, {5}));
    graph.finish({graph.concat({a, b}), b.softmax()});
    EXPECT(graph.output_count() == 2 && graph.input_count() == 1 && graph.input_at(0) == x);
    EXPECT(graph.output_at(1).kind() == "softmax" && graph.find_node("a") == a);
    EXPECT(!graph.find_node("none") && graph.node_at(0) && graph.node_count() > 4);

    neuron::graph wrong(context);
    const auto w = wrong.input({4});
    EXPECT(!wrong.weighted_average({w, w}, {1}));
    EXPECT_THROW(wrong.finish(w), neuron::error, caught.code() == NEURON_E_ARGUMENT);
}

void graphs()
{
    const neuron::context context = one_thread();
    const auto train = neuron::dataset::generate_glyphs(context, 200, 8, 8, 1);
    neuron::graph graph(context);
    graph.set_seed(5);
    const auto x = graph.input("pixels", {8, 8, 1});
    const auto h = x.flatten().dense(12).relu();
    h.set_name("hidden");
    graph.finish(h.dense(10).softmax());
    graph.set_name("net");
    EXPECT(graph.name() == "net" && graph.input_shape() == (neuron::shape{8, 8, 1}));
    EXPECT(graph.parameter_count() == 64 * 12 + 12 + 12 * 10 + 10);
    EXPECT(graph.trainable_parameter_count() == graph.parameter_count() && graph.penalty() == 0);
    const auto kernel = graph.find_array("dense.kernel");
    EXPECT(kernel == 0 && graph.array_count() == 4 && graph.array_name(kernel) == "dense.kernel");
    EXPECT(graph.array_shape(kernel) == (neuron::shape{64, 12}) && graph.array_trainable(kernel));
    auto array = graph.read_array(kernel);
    EXPECT(array.size() == 64 * 12);
    array[3] = 0.5F;
    graph.write_array(kernel, array);
    numbers room(64 * 12);
    graph.read_array(room, kernel);
    EXPECT(room == array);
    EXPECT(graph.summary(16).find("pixels") != std::string::npos);
    EXPECT(graph.memory(1) > 0 && graph.memory(8, "training=yes") > graph.memory(1));

    neuron::trainer trainer(graph, neuron::optimizer(context, "adam"));
    trainer.set_seed(9);
    trainer.add(neuron::callback(context, "early_stopping", {{"monitor", "loss"}}));
    const auto parts = train.split({0.8, 0.2}, 1);
    const auto history = trainer.fit(parts[0], parts[1], {{"epochs", 2}, {"batch_size", 16}});
    EXPECT(history.epochs() == 2 && history.value(1, "validation_loss") > 0);
    EXPECT(history.best("loss") == 1 && history.output_count() == 1);
    EXPECT(history.output_value(0, 0, "accuracy") == history.value(0, "accuracy"));
    EXPECT(history.output_name(0) == graph.output_at(0).name());
    EXPECT(trainer.progress("epoch") == 2 && trainer.stop_reason() == "");
    const auto saved = trainer.save_memory();
    trainer.load_memory(saved);

    const auto whole = graph.evaluate(train);
    EXPECT(whole.count() == 200 && whole.row_count() == 10 && whole.kind() == "classes");
    EXPECT(std::abs(whole.precision(neuron::macro_average) - 0.5) < 0.5);
    EXPECT(whole.support(3) == 20 && whole.confusion(10, 0) == -1);
    std::int64_t right = 0;
    for (std::int64_t i = 0; i < 10; i++)
        right += whole.confusion(i, i);
    EXPECT(static_cast<double>(right) / 200 == whole.accuracy());
    EXPECT(graph.evaluate(train, neuron::loss(context, "mean_squared_error")).loss() < 0.2);
    EXPECT(whole.report(2, {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}).find(" j ") !=
           std::string::npos);
    EXPECT(whole.metric("accuracy") == whole.accuracy());
    EXPECT(whole.metric("f1", 3) == whole.f1(3));
    const auto kept = graph.evaluate(train, neuron::options{{"scores", true}});
    const auto kappa = kept.interval("cohen_kappa", neuron::default_average, {{"samples", 50}});
    EXPECT(kappa.low <= kappa.high && kappa.high <= 1);
    EXPECT(kept.metric("top_k_accuracy", neuron::default_average, {{"k", 10}}) == 1);
    const auto steps = kept.curve("risk_coverage");
    EXPECT(steps.x.size() == steps.at.size() &&
           std::abs(steps.y.back() - 1 + kept.accuracy()) < 1e-12);
    EXPECT(kept.mcnemar(kept).p_value == 1);
    const auto by_hand = neuron::evaluation::create(context, {0, 1, 1}, {0, 1, 0}, 2);
    EXPECT(by_hand.confusion(1, 0) == 1 && by_hand.recall(1) == 0.5 && by_hand.f1(0) > 0.6);

    neuron::tensor all(context, {200, 10});
    graph.predict(train, all);
    const auto inputs = neuron::tensor::copy(context, train.read(0, 3).values, {3, 8, 8, 1});
    const auto outputs = graph.predict(context, inputs);
    EXPECT(outputs.shape() == (neuron::shape{3, 10}));
    EXPECT(std::abs(outputs.elements()[29] - all.elements()[29]) < 1e-5F);
    neuron::tensor same(context, {3, 10}), gradient(context, {3, 8, 8, 1});
    graph.predict({inputs}, {same});
    EXPECT(same.elements()[7] == outputs.elements()[7]);
    graph.gradient({inputs}, {outputs}, {gradient});
    neuron::gradient recorded(graph);
    recorded.add("pixels");
    recorded.forward({inputs});
    neuron::tensor once_more(context, {3, 8, 8, 1});
    recorded.backward({outputs}, {once_more});
    for (std::size_t i = 0; i < 192; i++)
        EXPECT(std::abs(once_more.elements()[i] - gradient.elements()[i]) < 1e-6F);
    const auto targets = neuron::tensor::copy(context, train.read(0, 3).labels, {3});
    EXPECT(trainer.step(inputs, targets) > 0);
    EXPECT(trainer.step({inputs}, {targets}) > 0);
    trainer.step_by_gradient({inputs}, {outputs});

    graph.set_metadata("author", "nobody");
    EXPECT(graph.metadata("author") == "nobody" && !graph.metadata("none"));
    EXPECT(graph.metadata_keys().size() == 1 && graph.metadata_keys()[0] == "author");
    graph.set_class_names({"0", "1", "2", "3", "4", "5", "6", "7", "8", "nine"});
    EXPECT(graph.class_name(9) == "nine");
    graph.set_scales({0.5}, {0.25});
    EXPECT(graph.scales().scales == std::vector<double>{0.5});
    graph.save(own + ".safetensors");
    auto loaded = neuron::graph::load(context, own + ".safetensors");
    EXPECT(loaded.metadata("author") == "nobody" && loaded.read_array(0) == graph.read_array(0));
    EXPECT(loaded.load_arrays(own + ".safetensors") == 4 && loaded.copy_arrays(graph) == 4);
    EXPECT_THROW(loaded.load_arrays(own + ".safetensors", "none/"), neuron::error,
                 caught.code() == NEURON_E_DATA);
    graph.save_state_dict(own + ".safetensors");
    EXPECT(loaded.load_state_dict(own + ".safetensors") == 4);
    EXPECT(loaded.load_state_dict_memory(graph.save_state_dict_memory()) == 4);
    EXPECT_THROW(loaded.load_state_dict(own + ".safetensors", "none/"), neuron::error,
                 caught.code() == NEURON_E_DATA);
    std::remove((own + ".safetensors").c_str());
    EXPECT(graph.with_outputs({graph.find_node("hidden")}).output_shape() == neuron::shape{12});
    EXPECT(graph.quantize(train).find_node("dense").kind() == "quantized_dense");
    EXPECT(graph.clone(context).read_array(1) == graph.read_array(1));

    const std::vector<neuron::graph> members{graph, graph.clone(context)};
    const auto weights = neuron::committee_weights(members, train);
    EXPECT(weights == (std::vector<double>{0.5, 0.5}));
    const auto committee =
        neuron::graph::committee(context, members, weights, {{"rule", "weighted_mean"}});
    EXPECT(committee.parameter_count() == 2 * graph.parameter_count());
    const auto taught = neuron::distil(train, committee, "soft_share=0.5");
    EXPECT(taught.count() == train.count() && taught.read_targets(0, 1).size() == 10);
    EXPECT_THROW(neuron::distil(train, committee, "soft_share=2"), neuron::error,
                 caught.code() == NEURON_E_ARGUMENT);
    neuron::cascade cascade(context, members, {}, "threshold=0");
    const neuron::tensor sure(context, {train.count(), 10});
    const neuron::tensor asked(context, {train.count()}, neuron::type::i32);
    cascade.predict(train, sure, asked);
    EXPECT(cascade.member_count() == 2 && cascade.member(0) == graph && !cascade.member(2));
    EXPECT(asked.elements<std::int32_t>()[0] == 1);
    cascade.tune(train, {{"tolerance", 0}});
    EXPECT(cascade.number("threshold") <= 2);
    const auto curve = cascade.curve(train, {1.0, 2.0});
    EXPECT(curve.extent(1) == 3 && curve.elements()[2] == 3);
    EXPECT_THROW(cascade.curve(train, {1.0}), neuron::error, caught.code() == NEURON_E_ARGUMENT);
    EXPECT_THROW(neuron::cascade(context, members, {1.0}), neuron::error,
                 caught.code() == NEURON_E_ARGUMENT);
    EXPECT_THROW(neuron::graph::committee(context, members, {1.0}), neuron::error,
                 caught.code() == NEURON_E_ARGUMENT);
    neuron::communicator alone(context, 0, 1,
                               [](std::int32_t, neuron::span<const unsigned char>,
                                  neuron::span<unsigned char>) { return -1; });
    unsigned char bytes[] = {1, 2}, gathered[2];
    double sums[] = {0.5};
    neuron::trainer together(graph, neuron::optimizer(context, "sgd"), train);
    together.set_communicator(alone);
    together.set("epochs=1, parts=4");
    EXPECT(together.run().epochs() == 1);
    alone.barrier();
    alone.broadcast(bytes, 0);
    alone.gather(gathered, bytes);
    alone.sum(sums);
    const neuron::communicator first_of_two(
        context, 0, 2,
        [](std::int32_t, neuron::span<const unsigned char>, neuron::span<unsigned char>) {
            return -1;
        },
        [](std::int32_t peer) { return peer == 1; });
    neuron::search shared(context, [](const neuron::trial &trial) { return trial.number("x"); });
    shared.add_factor("x", std::vector<double>{1, 2, 3});
    shared.set_communicator(first_of_two); /* its other rank is gone at once */
    EXPECT(shared.run_grid() && shared.trial_count() == 3 && shared.best().score() == 3);
    EXPECT(alone.rank() == 0 && alone.size() == 1 && gathered[1] == 2 && sums[0] == 0.5);
    EXPECT_THROW(alone.gather(bytes, neuron::span<const unsigned char>(bytes, 1)), neuron::error,
                 caught.code() == NEURON_E_ARGUMENT);
    EXPECT_THROW(alone.broadcast(bytes, 1), neuron::error, caught.code() == NEURON_E_ARGUMENT);
    neuron::graph larger(context);
    const auto y = larger.input({8, 8, 1});
    const auto first = y.import_graph(graph, "first", "trainable=no");
    const auto part = y.import_part(graph, nullptr, "hidden", "second");
    const auto third = larger.import_graph({y}, graph, "third");
    EXPECT(first.name() == "first/softmax" && part.shape() == neuron::shape{12});
    EXPECT(third.size() == 1 && third[0].shape() == neuron::shape{10});
    larger.finish(larger.concat({first, part, third[0]}));
    EXPECT(larger.output_shape() == neuron::shape{32});
}

} // namespace

int main(int, char **argv)
{
    own = argv[0];
    views();
    options();
    tensors();
    datasets();
    builders();
    graphs();
    return expectations();
}
