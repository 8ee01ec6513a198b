#include "harness/verbs/report_command.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "harness/core/check.h"
#include "harness/run/progress.h"
#include "harness/run/store.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/judgement.h"
#include "harness/verbs/named_file.h"
#include "harness/verbs/verbs.h"
#include "reports/text.h"

namespace harness {
namespace {

std::filesystem::path output_folder(const std::string& name) {
  std::error_code error;
  std::filesystem::create_directories(name, error);
  if (error || ::access(name.c_str(), W_OK | X_OK) != 0)
    throw UsageError("--output: cannot write into " + name + ": " +
                     (error ? error.message() : std::string(std::strerror(errno))));
  return name;
}

}  // namespace

int report_command(int argc, const char* const* argv) {
  CLI::App app("judges a stored run again and makes its reports again", "report");
  std::string run;
  std::string store = "store";
  bool json = false;
  bool strict = false;
  std::string junit;
  std::string output;
  app.add_option("RUN", run, "a store directory, a run's id or a prefix of it, or latest")->required();
  app.add_option("--store", store, "where the runs are")->capture_default_str();
  app.add_option("--junit", junit, "write junit.xml here too");
  app.add_option("--output", output, "write the reports into this directory, and nothing into the store");
  app.add_flag("--strict", strict, "ask for plain linearizability: no documented window allows a loss");
  app.add_flag("--json", json, "print results.json's object");
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  const RunFiles files = find_run(store, run);
  if (!junit.empty()) require_writable(junit, "--junit");
  const std::filesystem::path folder = output.empty() ? files.directory : output_folder(output);
  Progress progress(progress_style(true) == ProgressStyle::kLive ? ProgressStyle::kLive
                                                                 : ProgressStyle::kNone);
  progress.update("judging " + reporting::terminal_text(files.directory.filename().string()));
  Judgement judgement = judge_run(files, strict);
  progress.clear();
  // The result first: it is known also where no report can be written.
  std::cout << result_text(judgement.record, judgement.verdict, files, json, folder) << std::flush;
  if (output.empty() && ::access(folder.c_str(), W_OK | X_OK) != 0)
    throw EnvironmentError("the reports cannot be written into " + folder.string() + ": " +
                           std::strerror(errno) + "; give --output DIR");
  progress.update("making the reports");
  write_reports(judgement, files, folder);
  progress.clear();
  if (!junit.empty()) write_named_file(junit, judgement.junit, "--junit");
  return judgement.verdict.exit_code;
}

}  // namespace harness
