// Conditions of what is answered, logged and done: answer, log, bus-message, operations.
#pragma once

#include <array>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/conditions/condition.h"

namespace harness {

inline constexpr std::array<std::string_view, 2> kDirections = {"out", "in"};
inline constexpr Parameter kAnswerParameters[] = {
    {"command", Parameter::Kind::kValue, "a string or a list of words", {}, {}},
    {"on", Parameter::Kind::kTarget, "which nodes; all of them", {}, {}},
    {"is", Parameter::Kind::kText, "as `reply` of a command", {}, {}}};
inline constexpr Parameter kLogParameters[] = {
    {"node", Parameter::Kind::kTarget, "whose log", {}, {}},
    {"matches", Parameter::Kind::kText, "a regular expression for a line", {}, {}},
    {"count", Parameter::Kind::kInteger, "so many lines", "lines", "1", 1}};
inline constexpr Parameter kBusMessageParameters[] = {
    {"type", Parameter::Kind::kValue, "PING, FAILOVER_AUTH_ACK, ...; several, or any", {}, {}},
    {"from", Parameter::Kind::kTarget, "the sender", {}, "null"},
    {"to", Parameter::Kind::kTarget, "the receiver", {}, "null"},
    {"count", Parameter::Kind::kInteger, "so many messages", "messages", "1", 1},
    {"direction",
     Parameter::Kind::kChoice,
     "out: sent; in: also handed on to the receiver, not dropped or held back",
     {},
     "\"out\"",
     0,
     0,
     kDirections}};
inline constexpr Parameter kOperationsParameters[] = {
    {"load", Parameter::Kind::kText, "which load; without it all", {}, "null"},
    {"count", Parameter::Kind::kInteger, "so many operations", "operations", {}, 1, 1e12}};

WhyNot why_not_answer(ClusterNow& now, const Parameters& with);
WhyNot why_not_logged(ClusterNow& now, const Parameters& with);
WhyNot why_not_passed(ClusterNow& now, const Parameters& with);
WhyNot why_not_acknowledged(ClusterNow& now, const Parameters& with);

/// The words of a command that is written as one string, as a shell splits it, or as a list of words.
std::vector<std::string> command_words(const nlohmann::json& command, std::string& problem);

/// What is wrong with the expression for a line of a log; empty: nothing.
std::string problem_with_line(const nlohmann::json& with);
/// What is wrong with the types of a bus-message; empty: nothing.
std::string problem_with_message(const nlohmann::json& with);
/// What is wrong with the command or the wanted reply of an answer; empty: nothing.
std::string problem_with_answer(const nlohmann::json& with);

}  // namespace harness
