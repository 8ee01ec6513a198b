#include "harness/verbs/repeat_options.h"

#include "harness/core/check.h"
#include "harness/verbs/planned_run.h"

namespace harness {

void declare_repeat(CLI::App& app, RepeatOptions& options, const std::string& store_help) {
  app.add_option("RUN", options.run, "a store directory, a run's id or a prefix of it, or latest")
      ->required();
  app.add_option("--store", options.store, store_help)->capture_default_str();
  app.add_option("--sandbox", options.sandbox, "auto, user, root or loopback")
      ->check(CLI::IsMember({"auto", "user", "root", "loopback"}))
      ->capture_default_str();
  app.add_flag("--quick-build", options.quick_build, "as the stored run had it");
  app.add_flag("--other-builds", options.other_builds,
               "also when the SPECs of the run name other builds by now");
  app.add_flag("--json", options.json, "print one JSON object");
  app.add_flag("--no-progress", options.no_progress, "nothing on stderr but errors");
}

ExecuteOptions execution_of(const StoredRun& stored, const RepeatOptions& options, int argc,
                            const char* const* argv) {
  ExecuteOptions execution = execute_options(chosen_mode(options.sandbox), options.quick_build, argc, argv);
  if (const std::string why = why_not_here(stored.plan, execution.mode); !why.empty())
    throw EnvironmentError(why);
  if (!options.other_builds) execution.same_builds = stored.builds;
  execution.reproduce = "./harness run --plan " + stored.files.plan().string();
  return execution;
}

}  // namespace harness
