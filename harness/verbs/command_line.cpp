#include "harness/verbs/command_line.h"

#include <charconv>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/check.h"
#include "harness/core/suggest.h"
#include "harness/verbs/command_help.h"

namespace harness {
namespace {

/// The nearest option to the first argument that nobody expected.
std::string suggestion_for(const CLI::App& app) {
  const std::vector<std::string> extras = app.remaining();
  if (extras.empty()) return {};
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string written = extras.front().substr(0, extras.front().find('='));
  return written.starts_with("-") ? suggestion(written, views) : std::string{};
}

}  // namespace

CLI::Validator number_between(double least, double most) {
  return CLI::Validator(
      [least, most](const std::string& text) -> std::string {
        double number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc{} && end == text.data() + text.size() && least <= number && number <= most)
          return {};
        std::ostringstream why;
        why << "'" << text << "' must be a number from " << least << " to " << most;
        return why.str();
      },
      "NUMBER");
}

bool parse_command_line(CLI::App& app, int argc, const char* const* argv) {
  if (answers_help(app)) return false;
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help("harness");
    return false;
  } catch (const CLI::ExtrasError& error) {
    throw UsageError(std::string(error.what()) + suggestion_for(app) + "; 'harness " + app.get_name() +
                     " --help' shows what there is");
  } catch (const CLI::ParseError& error) {
    throw UsageError(std::string(error.what()) + "; 'harness " + app.get_name() +
                     " --help' shows what there is");
  }
}

}  // namespace harness
