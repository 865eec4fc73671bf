/* That libneuron-report is called from C++ as from C: the same report, made by both, is the same
 * bytes, as are event logs but for their times, and texts for terminals. */
#include "expect.hpp"

#include <libneuron-committee/committees.hpp>
#include <libneuron-report/event_log.hpp>
#include <libneuron-report/report.hpp>
#include <libneuron-report/terminal.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace
{

namespace fs = std::filesystem;
namespace terminal = neuron::terminal;

/* What is shown. */
struct study {
    neuron::context context{"threads=1, seed=3"};
    neuron::dataset train = neuron::dataset::generate_glyphs(context, 200, 12, 12, 1);
    neuron::graph graph = network();
    neuron::trainer trainer = trained();
    neuron::evaluation evaluation = graph.evaluate(train);
    neuron::search search = searched();
    neuron::tensor images = neuron::tensor::copy(context, std::vector<float>(18, 0.5f), {2, 3, 3});

    neuron::graph network() const
    {
        neuron::graph made(context);
        made.finish(made.input({12, 12, 1}).flatten().dense(10).softmax());
        return made;
    }
    neuron::trainer trained() const
    {
        neuron::trainer made(graph, neuron::optimizer(context, "adam"), train);
        made.set("epochs=2, validation_split=0.2");
        made.run();
        return made;
    }
    neuron::search searched() const
    {
        neuron::search made(context, [](const neuron::trial &trial) {
            trial.add_figure("training", trial.number("rate") * 2);
            return trial.number("rate");
        });
        made.add_factor("rate", {0.5, 0.25});
        made.run_grid();
        EXPECT(made.figure_count() == 1 && made.figure_name(0) == "training");
        EXPECT(made.trial(1).figure("training") == 0.5 && !made.figure_name(1));
        return made;
    }
};

int collect(const void *bytes, std::size_t size, void *to)
{
    static_cast<std::string *>(to)->append(static_cast<const char *>(bytes), size);
    return 0;
}

std::string by_c(const study &s)
{
    static const char *const names[] = {"one", "two"}, *const values[] = {"1", nullptr};
    static const char *const cells[] = {"a", "b", "c", "d"};
    static const double figures[] = {0.5, 0.25}, errors[] = {0.1, 0.2};
    neuron_report_t *made = nullptr;
    neuron_graph_t *members[] = {s.graph.get(), s.graph.get()};
    const neuron::history history = s.trainer.history();
    const neuron_history_t *histories[] = {history.get(), history.get()};
    std::string html;
    int status = neuron_report_create(&made, s.context.get(), "Title", "digits=3");
    for (const int each : {
             neuron_report_add_text(made, "Words", "Some\n\nmore"),
             neuron_report_add_settings(made, nullptr, names, values, 2),
             neuron_report_add_table(made, "Table", names, 2, cells, 2),
             neuron_report_add_trainer(made, nullptr, s.trainer.get()),
             neuron_report_add_dataset(made, nullptr, s.train.get(), "samples=4"),
             neuron_report_add_graph(made, nullptr, s.graph.get(), "batch=8"),
             neuron_report_add_history(made, nullptr, history.get()),
             neuron_report_add_histories(made, nullptr, histories, names, 2),
             neuron_report_add_histories(made, nullptr, histories, nullptr, 2),
             neuron_report_add_evaluation(made, "Train", s.evaluation.get()),
             neuron_report_add_mistakes(made, nullptr, s.graph.get(), s.train.get(), "count=3"),
             neuron_report_add_comparison(made, nullptr, "accuracy", names, figures, errors,
                                          nullptr, 2),
             neuron_report_add_comparison(made, nullptr, "accuracy", names, figures, errors, errors,
                                          2),
             neuron_report_add_committee(made, nullptr, s.graph.get(), members, names, 2,
                                         s.train.get()),
             neuron_report_add_search(made, nullptr, s.search.get()),
             neuron_report_add_images(made, "Images", s.images.get(), names),
             neuron_report_save_to(made, collect, &html),
         })
        status = status < 0 ? status : each;
    EXPECT(status == NEURON_OK);
    neuron_report_unref(made);
    return html;
}

neuron::report made_by_cpp(const study &s)
{
    const std::vector<std::string> names = {"one", "two"};
    const neuron::history history = s.trainer.history();
    neuron::report made(s.context, "Title", "digits=3");
    made.add_text("Words", "Some\n\nmore");
    made.add_settings(nullptr, names, {"1", nullptr});
    made.add_table("Table", names, {"a", "b", "c", "d"});
    made.add_trainer(nullptr, s.trainer);
    made.add_dataset(nullptr, s.train, {{"samples", 4}});
    made.add_graph(nullptr, s.graph, "batch=8");
    made.add_history(nullptr, history);
    made.add_histories(nullptr, {history, history}, names);
    made.add_histories(nullptr, {history, history});
    made.add_evaluation("Train", s.evaluation);
    made.add_mistakes(nullptr, s.graph, s.train, "count=3");
    made.add_comparison(nullptr, "accuracy", names, {0.5, 0.25}, {0.1, 0.2});
    made.add_comparison(nullptr, "accuracy", names, {0.5, 0.25}, {0.1, 0.2}, {0.1, 0.2});
    made.add_committee(nullptr, s.graph, {s.graph, s.graph}, s.train, names);
    made.add_search(nullptr, s.search);
    made.add_images("Images", s.images, names);
    return made;
}

std::string contents(const fs::path &path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void reports(const study &s, const fs::path &work)
{
    neuron::report made = made_by_cpp(s);
    std::string html;
    made.save_to([&html](neuron::span<const unsigned char> bytes) {
        html.append(bytes.begin(), bytes.end());
    });
    EXPECT(html.size() > 10000 && html == by_c(s));
    made.save((work / "report.html").string());
    EXPECT(contents(work / "report.html") == html);
    made.save_pictures((work / "pictures").string(), {{"theme", "dark"}});
    EXPECT(fs::exists(work / "pictures" / "07-learning-curves-loss.svg"));

    const neuron::report same = made;
    EXPECT(same == made && neuron::report::share(made.get()) == made);
    EXPECT_THROW(made.add_text("Words", nullptr), neuron::error,
                 caught.code() == NEURON_E_ARGUMENT);
    EXPECT_THROW(made.add_settings(nullptr, {"a"}, {}), neuron::error,
                 caught.what() == std::string("report: there are not as many values as names"));
    EXPECT_THROW(made.add_table(nullptr, {"a", "b"}, {"1"}), neuron::error, true);
    EXPECT_THROW(made.add_table(nullptr, {}, {}), neuron::error, true);
    EXPECT_THROW(made.add_histories(nullptr, {s.trainer.history()}, {"a", "b"}), neuron::error,
                 true);
    EXPECT_THROW(made.add_comparison(nullptr, "m", {"a"}, {1.0}, {1.0, 2.0}), neuron::error, true);
    EXPECT_THROW(made.add_comparison(nullptr, "m", {"a"}, {1.0}, {1.0}, {1.0, 2.0}), neuron::error,
                 true);
    EXPECT_THROW(made.add_committee(nullptr, s.graph, {s.graph}, s.train, {"a", "b"}),
                 neuron::error, true);
    EXPECT_THROW(made.add_images(nullptr, s.images, {"a"}), neuron::error, true);
    EXPECT_THROW(neuron::report().add_text("a", "b"), neuron::error,
                 caught.code() == NEURON_E_ARGUMENT);
    EXPECT_THROW(neuron::report(s.context, "Title", "digits=99"), neuron::error, true);
    /* A failed call left it as it was; what the function throws comes out. */
    std::string again;
    made.save_to([&again](neuron::span<const unsigned char> bytes) {
        again.append(bytes.begin(), bytes.end());
    });
    EXPECT(again == html);
    EXPECT_THROW(
        made.save_to([](neuron::span<const unsigned char>) { throw std::out_of_range("full"); }),
        std::out_of_range, caught.what() == std::string("full"));
}

/* The only file of a folder. */
std::string log_of(const fs::path &folder)
{
    std::string all;
    for (const auto &entry : fs::directory_iterator(folder))
        if (entry.is_regular_file())
            all += contents(entry.path());
    return all;
}

void log_by_c(const study &s, const std::string &folder)
{
    static const char *const names[] = {"rate"}, *const values[] = {"0.1"};
    static const char *const metrics[] = {"loss"};
    const float numbers[] = {1, 2, 3};
    neuron_event_log_t *log = nullptr;
    int status = neuron_event_log_create(&log, s.context.get(), folder.c_str(), "purge_step=1");
    for (const int each : {neuron_event_log_add_scalar(log, "loss", 3, 0.5),
                           neuron_event_log_add_histogram(log, "numbers", 4, numbers, 3),
                           neuron_event_log_add_parameters(log, "net", 5, s.graph.get()),
                           neuron_event_log_add_images(log, "images", 6, s.images.get()),
                           neuron_event_log_add_text(log, "notes", 7, "some **words**"),
                           neuron_event_log_add_evaluation(log, "train", 8, s.evaluation.get()),
                           neuron_event_log_add_hparams(log, names, values, 1, metrics, 1),
                           neuron_event_log_flush(log)})
        status = status < 0 ? status : each;
    EXPECT(status == NEURON_OK);
    neuron_event_log_unref(log);
}

void event_logs(study &s, const fs::path &work)
{
    log_by_c(s, (work / "c").string());
    neuron::event_log log(s.context, (work / "cpp").string(), {{"purge_step", 1}});
    log.add_scalar("loss", 3, 0.5);
    log.add_histogram("numbers", 4, {1.0f, 2.0f, 3.0f});
    log.add_parameters("net", 5, s.graph);
    log.add_images("images", 6, s.images);
    log.add_text("notes", 7, "some **words**");
    log.add_evaluation("train", 8, s.evaluation);
    log.add_hparams({"rate"}, {"0.1"}, {"loss"});
    log.flush();
    const std::string ours = log_of(work / "cpp"), theirs = log_of(work / "c");
    EXPECT(ours.size() == theirs.size() && ours.size() > 1000);
    for (const char *word : {"loss", "numbers", "net/dense/kernel", "images", "some **words**",
                             "train/accuracy", "rate"})
        EXPECT(ours.find(word) != std::string::npos);
    EXPECT_THROW(log.add_hparams({"a", "b"}, {"1"}), neuron::error, true);
    EXPECT_THROW(log.add_scalar("", 0, 1), neuron::error, caught.code() == NEURON_E_ARGUMENT);
    EXPECT_THROW(neuron::event_log(s.context, "/dev/null/x"), neuron::error,
                 caught.code() == NEURON_E_IO);

    neuron::trainer trainer(s.graph, neuron::optimizer(s.context, "sgd"), s.train);
    trainer.set("epochs=1");
    trainer.add(
        neuron::event_log::create_callback(s.context, (work / "run").string(), {{"steps", true}}));
    trainer.run();
    EXPECT(log_of(work / "run" / "train").find("epoch_loss") != std::string::npos);
    EXPECT(log_of(work / "run" / "steps").find("batch_loss") != std::string::npos);
}

std::string bars_by_c(const char *options)
{
    static const char *const names[] = {"one", "two"};
    static const double values[] = {1, 2};
    char text[1000];
    EXPECT(neuron_terminal_bars(text, sizeof text, nullptr, names, values, 2, options) ==
           NEURON_OK);
    return text;
}

void terminals(study &s)
{
    EXPECT(terminal::bars({"one", "two"}, {1.0, 2.0}) == bars_by_c(nullptr));
    EXPECT(terminal::bars({"one", "two"}, {1.0, 2.0}, {{"columns", 30}, {"unicode", false}}) ==
           bars_by_c("columns=30, unicode=no"));
    EXPECT_THROW(terminal::bars({"one"}, {1.0, 2.0}), neuron::error, true);
    EXPECT(terminal::class_counts(s.train, "columns=60").find("20") != std::string::npos);
    EXPECT(terminal::confusion(s.evaluation, "columns=20") != terminal::confusion(s.evaluation));
    EXPECT(terminal::sparkline({1.0, 2.0, 3.0}, "unicode=no") == "_~#\n");
    EXPECT_THROW(terminal::sparkline({}), neuron::error, true);
    setenv("COLUMNS", "77", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    EXPECT(terminal::columns(0) == 77 && terminal::unicode() && !terminal::color(-1));

    neuron::trainer trainer(s.graph, neuron::optimizer(s.context, "sgd"), s.train);
    trainer.set("epochs=2");
    std::string shown;
    trainer.add(terminal::progress_bar(
        s.context, [&shown](std::string_view characters) { shown += characters; },
        {{"redraw", false}, {"label", "glyphs"}}));
    trainer.run();
    EXPECT(shown.rfind("glyphs", 0) == 0 && shown.find("2/2") != std::string::npos);
    trainer.add(terminal::progress_bar(
        s.context, [](std::string_view) -> int { throw std::out_of_range("closed"); }));
    trainer.set("epochs=3");
    EXPECT_THROW(trainer.run(), std::out_of_range, caught.what() == std::string("closed"));
}

} // namespace

int main()
{
    std::string pattern = (fs::temp_directory_path() / "neuron-cpp-report-XXXXXX").string();
    const fs::path work = mkdtemp(pattern.data());
    {
        study s;
        reports(s, work);
        event_logs(s, work);
        terminals(s);
    }
    fs::remove_all(work);
    return expectations();
}
