#include "harness/verbs/verbs.h"

#include "harness/verbs/audit_command.h"
#include "harness/verbs/bisect_command.h"
#include "harness/verbs/check_command.h"
#include "harness/verbs/completion_command.h"
#include "harness/verbs/diff_command.h"
#include "harness/verbs/doctor_command.h"
#include "harness/verbs/export_command.h"
#include "harness/verbs/gc_command.h"
#include "harness/verbs/list_command.h"
#include "harness/verbs/man_command.h"
#include "harness/verbs/replay_command.h"
#include "harness/verbs/report_command.h"
#include "harness/verbs/run_command.h"
#include "harness/verbs/schema_command.h"
#include "harness/verbs/serve_command.h"
#include "harness/verbs/shrink_command.h"
#include "harness/verbs/suite_command.h"
#include "harness/verbs/trend_command.h"

namespace harness {
namespace {

constexpr CommandEntry kCommands[] = {
    {"run", "one run of a scenario: start a cluster, load it, break it, judge it", run_command},
    {"suite", "a matrix of scenarios, builds and seeds, run side by side", suite_command},
    {"check", "judges a history, or a stored run again", check_command},
    {"list", "the scenarios, suites, workloads, faults, targets, conditions, checkers, models and reports",
     list_command},
    {"report", "makes the report of a stored run again", report_command},
    {"replay", "the plan of a stored run again: how often does its violation come back?", replay_command},
    {"shrink", "the smallest plan that still fails as a stored run did", shrink_command},
    {"diff", "two stored runs side by side", diff_command},
    {"audit", "is a build worse than another one? Pairs of runs of equal plans", audit_command},
    {"trend", "what the last nights say of each scenario on each build", trend_command},
    {"serve", "the stored runs, suites, audits and the trend in a browser, on loopback", serve_command},
    {"bisect", "which commit of a server broke it?", bisect_command},
    {"export", "writes a stored history for other tools", export_command},
    {"gc", "removes old stores, never one that an audit or a track record names", gc_command},
    {"doctor", "what this machine allows, and the exact mend for what it does not", doctor_command},
    {"schema", "the JSON Schema of a file that the harness writes; without a name they are listed",
     schema_command},
    {"completion", "a script that completes command lines, for bash, zsh or fish", completion_command},
    {"man", "the manual page of a verb", man_command},
};

}  // namespace

std::span<const CommandEntry> commands() {
  return kCommands;
}

}  // namespace harness
