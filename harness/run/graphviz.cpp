#include "harness/run/graphviz.h"

#include <sys/prctl.h>

#include <boost/asio/io_context.hpp>
#include <boost/process.hpp>
#include <boost/process/extend.hpp>
#include <csignal>
#include <filesystem>
#include <future>
#include <system_error>

namespace harness {
namespace {

namespace bp = boost::process;

/// Cuts the program's output into its documents: each begins with an XML declaration.
std::vector<std::string> documents(const std::string& output) {
  static constexpr std::string_view kBegin = "<?xml";
  std::vector<std::string> out;
  for (std::size_t at = output.find(kBegin); at != std::string::npos;) {
    const std::size_t next = output.find(kBegin, at + 1);
    out.push_back(output.substr(at, next - at));
    at = next;
  }
  return out;
}

struct Run {
  std::string output;
  std::string error;
  int exit_code = 0;
  bool timed_out = false;
};

/// A program that ends before it has read everything must not end us: holds SIGPIPE back in this thread, and
/// takes away one that came.
class NoSigpipe {
 public:
  NoSigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoSigpipe() {
    const timespec at_once{};
    if (!sigismember(&before_, SIGPIPE)) sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

 private:
  sigset_t pipe_;
  sigset_t before_;
};

/// Feeds `input` to the program and collects what it says. Throws boost::process::process_error when it
/// cannot be started.
Run run_program(const std::filesystem::path& program, const std::string& input,
                std::chrono::milliseconds time_limit) {
  const NoSigpipe no_sigpipe;
  boost::asio::io_context io;
  std::future<std::string> output, error;
  // The kernel takes dot away with us, however we end.
  const auto die_with_parent = [](auto&) { ::prctl(PR_SET_PDEATHSIG, SIGKILL); };
  bp::child child(program, "-Tsvg", (bp::std_in < boost::asio::buffer(input)), (bp::std_out > output),
                  (bp::std_err > error), io, bp::extend::on_exec_setup = die_with_parent);
  io.run_for(time_limit);
  Run run;
  if (!io.stopped()) {
    run.timed_out = true;
    std::error_code ignored;  // it may have ended just now
    child.terminate(ignored);
    io.run_for(std::chrono::seconds(1));
  }
  child.wait();
  run.exit_code = child.exit_code();
  const auto ready = [](std::future<std::string>& text) {
    return text.valid() && text.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  };
  if (ready(output)) run.output = output.get();
  if (ready(error)) run.error = error.get();
  return run;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

Rendering render_graphs(const std::vector<Graph>& graphs, const std::string& program,
                        std::chrono::milliseconds time_limit) {
  Rendering rendering;
  if (graphs.empty()) {
    rendering.missing = "The observer recorded no view of the cluster, so there is no topology to draw.";
    return rendering;
  }
  const std::filesystem::path path =
      program.find('/') == std::string::npos ? bp::search_path(program) : std::filesystem::path(program);
  if (path.empty()) {
    rendering.missing =
        "The topology is not drawn: Graphviz' " + program +
        " is not on PATH. Install it (Debian: apt-get install graphviz) and make the report again.";
    return rendering;
  }
  std::string input;
  for (const Graph& graph : graphs) input += graph.dot;
  try {
    const Run run = run_program(path, input, time_limit);
    const std::vector<std::string> found = documents(run.output);
    if (run.timed_out)
      rendering.missing = "The topology is not drawn: " + path.string() + " did not finish within " +
                          std::to_string(time_limit.count()) + " ms.";
    else if (run.exit_code != 0 || found.size() != graphs.size())
      rendering.missing = "The topology is not drawn: " + path.string() + " ended with " +
                          std::to_string(run.exit_code) + " and drew " + std::to_string(found.size()) +
                          " of " + std::to_string(graphs.size()) + " graphs: " + first_line(run.error);
    else
      for (std::size_t i = 0; i < found.size(); ++i) rendering.svg[graphs[i].name] = found[i];
  } catch (const std::system_error& error) {
    rendering.missing =
        "The topology is not drawn: " + path.string() + " could not be started: " + error.what();
  }
  return rendering;
}

}  // namespace harness
