#include "harness/verbs/man_page.h"

#include <string_view>

namespace harness {
namespace {

/// Text for roff: nothing in it is a request, an escape or a typographic dash.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
      out += std::string("\\&") + c;
    else
      out += c;
  }
  return out;
}

std::string bold(std::string_view text) {
  return "\\fB" + roff(text) + "\\fR";
}
std::string italic(std::string_view text) {
  return "\\fI" + roff(text) + "\\fR";
}

std::string heading(const std::string& name) {
  return ".TH " + name + " 1 \"\" \"harness " HARNESS_VERSION "\" \"User Commands\"\n.SH NAME\n";
}

struct Row {
  std::string_view term;
  std::string_view text;
};

std::string rows(std::span<const Row> list) {
  std::string out;
  for (const Row& row : list) out += ".TP\n" + bold(row.term) + "\n" + roff(row.text) + "\n";
  return out;
}

constexpr Row kExitCodes[] = {{"0", "pass"},
                              {"1", "a violation, or a regression"},
                              {"2", "wrong usage"},
                              {"3", "the environment or the harness failed"},
                              {"4", "unknown: a checker is incomplete, or the run was too weak to conclude"},
                              {"5", "nothing was selected"},
                              {"130", "interrupted"}};
constexpr Row kFiles[] = {
    {"store/", "where runs, suites and audits are kept, unless --store names another folder"},
    {"store.sqlite", "what `harness trend` remembers of all runs"},
    {"~/.cache/redis-cluster-harness", "servers that were compiled; XDG_CACHE_HOME is honoured"}};
constexpr Row kEnvironment[] = {{"NO_COLOR", "no colours, when it is set and not empty"},
                                {"TERM", "dumb: no colours and no live line"}};

std::string exit_codes() {
  return ".SH \"EXIT STATUS\"\n" + rows(kExitCodes);
}

std::string option_text(const OptionHelp& option) {
  std::string text = ".TP\n" + (option.positional ? italic(option.name) : bold(option.name));
  if (!option.value.empty()) text += " " + italic(option.value);
  text += "\n" + roff(option.description);
  std::string choices;
  for (const std::string& word : option.choices) choices += (choices.empty() ? "" : ", ") + word;
  if (!choices.empty()) text += "\n(" + roff(choices) + ")";
  if (!option.fallback.empty()) text += "\n[" + roff(option.fallback) + "]";
  return text + "\n";
}

std::string synopsis(const CommandHelp& command) {
  std::string text = ".SH SYNOPSIS\n" + bold("harness " + command.name) + " [" + italic("OPTIONS") + "]";
  for (const OptionHelp& option : command.options)
    if (option.positional)
      text += option.required ? " " + italic(option.name) : " [" + italic(option.name) + "]";
  return text + "\n";
}

}  // namespace

std::string man_page() {
  std::string text =
      heading("HARNESS") +
      "harness \\- breaks a Redis Cluster on purpose and judges whether it kept its promises\n"
      ".SH SYNOPSIS\n" +
      bold("harness") + " " + italic("VERB") + " [" + italic("OPTIONS") + "]\n" +
      ".SH DESCRIPTION\nStarts a real Redis or Valkey cluster on this machine, as an ordinary user and "
      "without containers, drives clients against it, applies faults, records every operation, and "
      "decides from the record whether the build kept its promises. A first run:\n.PP\n.RS\n" +
      bold("harness run failover-basic") + "\n.RE\n.SH VERBS\n";
  for (const CommandEntry& command : commands())
    text +=
        ".TP\n" + bold("harness-" + std::string(command.name)) + "(1)\n" + roff(command.description) + "\n";
  return text + exit_codes() + ".SH FILES\n" + rows(kFiles) + ".SH ENVIRONMENT\n" + rows(kEnvironment) +
         ".SH \"SEE ALSO\"\n" + bold("cluster-node") + "(1), " + bold("redis-server") + "(1)\n";
}

std::string man_page(const CommandHelp& command) {
  std::string upper;
  for (const char c : command.name) upper += static_cast<char>(c - ('a' <= c && c <= 'z' ? 32 : 0));
  std::string text = heading("HARNESS\\-" + upper) + "harness\\-" + roff(command.name) + " \\- " +
                     roff(command.description) + "\n" + synopsis(command) + ".SH OPTIONS\n";
  for (const OptionHelp& option : command.options) text += option_text(option);
  return text + exit_codes() + ".SH \"SEE ALSO\"\n" + bold("harness") + "(1)\n";
}

}  // namespace harness
