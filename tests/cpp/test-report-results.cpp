/* libneuron-report from C++ without exceptions: results in their place. */
#include "expect.hpp"

#include <libneuron-report/event_log.hpp>
#include <libneuron-report/report.hpp>
#include <libneuron-report/terminal.hpp>

#include <string>
#include <string_view>

int main()
{
    const auto context = neuron::context::create("threads=1");
    auto report = neuron::report::create(*context, "Title");
    EXPECT(report);
    EXPECT(report->add_text("Words", "some"));
    EXPECT(!report->add_settings(nullptr, {"a"}, {}));
    const auto refused = report->add_text("Words", nullptr);
    EXPECT(!refused && refused.error().code() == NEURON_E_ARGUMENT);
    std::string html;
    EXPECT(report->save_to([&html](neuron::span<const unsigned char> bytes) {
        html.append(bytes.begin(), bytes.end());
        return int{NEURON_OK};
    }));
    EXPECT(html.find("<h2 dir=\"auto\">Words</h2>") != std::string::npos);
    EXPECT(!report->save_to([](neuron::span<const unsigned char>) { return 5; }));

    const auto log = neuron::event_log::create(*context, "/dev/null/x");
    EXPECT(!log && log.error().code() == NEURON_E_IO);
    EXPECT(neuron::event_log::create_callback(*context, "logs"));
    const auto curve = neuron::terminal::sparkline({1.0, 2.0}, "unicode=no");
    EXPECT(curve && *curve == "_#\n");
    EXPECT(!neuron::terminal::sparkline({}));
    EXPECT(neuron::terminal::progress_bar(*context, [](std::string_view) {}));
    return expectations();
}
