#include "harness/verbs/doctor_command.h"

#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "harness/doctor/examination.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/verbs.h"

namespace harness {
namespace {

constexpr int kNameWidth = 16;
constexpr int kStatusWidth = 9;

void print_json(const std::vector<Finding>& findings, std::ostream& out) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& finding : findings)
    list.push_back({{"name", finding.name},
                    {"status", to_string(finding.status)},
                    {"detail", finding.detail},
                    {"mend", finding.mend}});
  const nlohmann::ordered_json object = {{"schema", 1}, {"ready", is_ready(findings)}, {"findings", list}};
  // What other programs printed need not be UTF-8.
  out << object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

void print_text(const std::vector<Finding>& findings, std::ostream& out) {
  for (const auto& finding : findings) {
    out << std::left << std::setw(kStatusWidth) << to_string(finding.status) << std::setw(kNameWidth)
        << finding.name << finding.detail << '\n';
    if (!finding.mend.empty())
      out << std::string(kStatusWidth + kNameWidth, ' ') << "mend: " << finding.mend << '\n';
  }
  out << (is_ready(findings) ? "ready: a default run is possible\n"
                             : "not ready: mend what is marked blocking\n");
}

}  // namespace

int doctor_command(int argc, const char* const* argv) {
  CLI::App app("what this machine allows, and the exact mend for what it does not", "doctor");
  bool json = false;
  std::string store = "store";
  app.add_option("--store", store, "where runs would be kept")->capture_default_str();
  app.add_flag("--json", json, "one JSON object");
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  const auto findings = examine_machine(store);
  json ? print_json(findings, std::cout) : print_text(findings, std::cout);
  return is_ready(findings) ? kExitPass : kExitEnvironment;
}

}  // namespace harness
