#include "harness/verbs/report_command.h"

#include <iostream>

#include "harness/run/store.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/judgement.h"
#include "harness/verbs/named_file.h"
#include "harness/verbs/verbs.h"

namespace harness {

int report_command(int argc, const char* const* argv) {
  CLI::App app("judges a stored run again and makes its reports again", "report");
  std::string run;
  std::string store = "store";
  bool json = false;
  bool strict = false;
  std::string junit;
  app.add_option("RUN", run, "a store directory, a run's id or a prefix of it, or latest")->required();
  app.add_option("--store", store, "where the runs are")->capture_default_str();
  app.add_option("--junit", junit, "write junit.xml here too");
  app.add_flag("--strict", strict, "ask for plain linearizability: no documented window allows a loss");
  app.add_flag("--json", json, "print results.json's object");
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  const RunFiles files = find_run(store, run);
  if (!junit.empty()) require_writable(junit);
  const Judgement judgement = judge_and_report(files, strict);
  std::cout << result_text(judgement.record, judgement.verdict, files, json) << std::flush;
  if (!junit.empty()) write_named_file(junit, judgement.junit);
  return judgement.verdict.exit_code;
}

}  // namespace harness
