#include "harness/suite/one_shrink.h"

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>

#include "harness/core/exit_code.h"
#include "harness/run/interrupt.h"
#include "harness/run/store.h"
#include "harness/suite/child_result.h"

namespace harness {

using namespace std::chrono_literals;
using Json = nlohmann::json;

std::vector<std::string> arguments_of_shrink(const std::string& store, double seconds,
                                             const RunSettings& settings) {
  std::vector<std::string> words{"shrink", (settings.files.directory / store).string()};
  const auto add = [&](const std::string& option, const std::string& value) {
    words.push_back(option);
    words.push_back(value);
  };
  add("--times", std::to_string(kReplaysOfNew));
  add("--time", Json(seconds).dump());
  if (settings.sandbox != "auto") add("--sandbox", settings.sandbox);
  if (settings.quick_build) words.emplace_back("--quick-build");
  words.emplace_back("--json");
  words.emplace_back("--no-progress");
  return words;
}

Shrunk shrunk_of(const std::string& store, const std::string& said, const ExitStatus& status) {
  Shrunk shrunk;
  shrunk.store = store;
  const Json json = object_in(said);
  try {
    if (json.is_object() && status.exit_code == kExitPass) {
      shrunk.steps_before = json.at("before").at("steps").get<std::size_t>();
      shrunk.steps = json.at("after").at("steps").get<std::size_t>();
      shrunk.failed = json.at("shrunk").at("failed").get<std::size_t>();
      shrunk.of = json.at("shrunk").at("of").get<std::size_t>();
      shrunk.scenario = store + "/shrunk.toml";
      return shrunk;
    }
  } catch (const Json::exception& error) {
    shrunk.why = std::string("what shrink printed cannot be understood: ") + error.what();
    return shrunk;
  }
  shrunk.why = status.exit_code == kExitUnknown ? "it did not come back" : "shrink " + status.describe();
  if (const std::string text = first_lines(said); !text.empty() && !json.is_object())
    shrunk.why += ": " + text;
  return shrunk;
}

std::optional<Shrunk> shrink_one(const std::string& store, double seconds, const RunSettings& settings,
                                 const std::function<void()>& while_waiting) {
  const std::filesystem::path said = settings.files.directory / store / "shrink.txt";
  write_file(said, "");
  ChildOptions options;
  options.argv = arguments_of_shrink(store, seconds, settings);
  options.argv.insert(options.argv.begin(), "/proc/self/exe");
  options.output = said;
  Child child(options);
  const auto began = std::chrono::steady_clock::now();
  for (;;) {
    if (const auto status = child.wait_for(200ms)) {
      Shrunk shrunk = shrunk_of(store, read_file(said), *status);
      shrunk.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
      return interrupted_by() != 0 ? std::nullopt : std::optional(std::move(shrunk));
    }
    if (interrupted_by() != 0) {
      child.signal(SIGINT);
      child.stop(10s);
      return std::nullopt;
    }
    while_waiting();
  }
}

}  // namespace harness
