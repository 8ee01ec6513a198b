#include "harness/client/outcome.h"

#include <charconv>

#include "harness/core/slot.h"

namespace harness {
namespace {

struct ErrorRule {
  std::string_view code;  // the first word of the reply
  Classification meaning;
};

constexpr Classification not_applied(std::string_view reason) {
  return {NextStep::kFinish, Outcome::kFail, reason};
}

/// Errors that redis and valkey answer before a command is executed (processCommand and the cluster
/// redirections), so that it certainly was not applied.
constexpr ErrorRule kErrorRules[] = {
    {"MOVED", {NextStep::kMoved, Outcome::kFail, "moved"}},
    {"ASK", {NextStep::kAsk, Outcome::kFail, "ask"}},
    {"TRYAGAIN", {NextStep::kTryAgain, Outcome::kFail, "tryagain"}},
    {"CLUSTERDOWN", not_applied("clusterdown")},
    {"LOADING", not_applied("loading")},
    {"READONLY", not_applied("readonly")},
    {"MASTERDOWN", not_applied("masterdown")},
    {"NOREPLICAS", not_applied("noreplicas")},
    {"MISCONF", not_applied("misconf")},
    {"OOM", not_applied("oom")},
    {"BUSY", not_applied("busy")},
    {"NOAUTH", not_applied("noauth")},
    {"WRONGPASS", not_applied("wrongpass")},
    {"NOPERM", not_applied("noperm")},
    {"DENIED", not_applied("denied")},
    {"CROSSSLOT", not_applied("crossslot")},
    {"WRONGTYPE", not_applied("wrongtype")},
    {"NOSCRIPT", not_applied("noscript")},
    {"NOGROUP", not_applied("nogroup")},  // no consumer group of a stream
    {"EXECABORT", not_applied("execabort")},
    {"UNBLOCKED", not_applied("unblocked")},  // a blocked command, ended when the node became a replica
};

}  // namespace

Classification classify(WireFailure failure) {
  switch (failure) {
    case WireFailure::kNone:
      return {NextStep::kFinish, Outcome::kOk, {}};
    case WireFailure::kRefused:
      return not_applied("refused");
    case WireFailure::kConnectTimeout:
      return not_applied("connect-timeout");
    case WireFailure::kNotSent:
      return not_applied("not-sent");
    case WireFailure::kClosed:
      return {NextStep::kFinish, Outcome::kInfo, "closed"};
    case WireFailure::kTimeout:
      return {NextStep::kFinish, Outcome::kInfo, "timeout"};
    case WireFailure::kProtocol:
      return {NextStep::kFinish, Outcome::kInfo, "protocol"};
  }
  return {NextStep::kFinish, Outcome::kInfo, "unknown"};
}

Classification classify_error_reply(std::string_view error) {
  const std::string_view code = error.substr(0, error.find(' '));
  for (const ErrorRule& rule : kErrorRules) {
    if (rule.code != code) continue;
    const bool redirects = rule.meaning.next == NextStep::kMoved || rule.meaning.next == NextStep::kAsk;
    if (redirects && !parse_redirection(error).valid) break;
    return rule.meaning;
  }
  return {NextStep::kFinish, Outcome::kInfo, "error-reply"};
}

Refusal classify_pipeline(std::span<const std::string_view> errors) {
  for (const std::string_view error : errors) {
    if (error.empty()) return {{NextStep::kFinish, Outcome::kOk, {}}, {}};
    if (const Classification meaning = classify_error_reply(error); meaning.outcome != Outcome::kFail)
      return {meaning, error};
  }
  return {classify_error_reply(errors.front()), errors.front()};
}

Refusal classify_transaction(std::string_view exec_error, std::span<const std::string_view> errors) {
  if (exec_error.starts_with("EXECABORT")) {
    for (const std::string_view error : errors)
      if (const Classification why = classify_error_reply(error);
          !error.empty() && why.outcome == Outcome::kFail)
        return {why, error};
    return {not_applied("execabort"), exec_error};
  }
  if (!errors.empty() && !errors.front().empty() && errors.size() > 1) {
    const Refusal alone = classify_pipeline(errors.subspan(1));
    if (alone.meaning.outcome == Outcome::kFail) return alone;
    return {{NextStep::kFinish, Outcome::kInfo, "multi-refused"}, errors.front()};
  }
  return {classify_error_reply(exec_error), exec_error};
}

Classification watched_key_changed() {
  return not_applied("watched-key-changed");
}

Redirection parse_redirection(std::string_view error) {
  Redirection redirection;
  const auto first = error.find(' ');
  if (first == std::string_view::npos) return redirection;
  const auto second = error.find(' ', first + 1);
  if (second == std::string_view::npos) return redirection;
  const std::string_view slot = error.substr(first + 1, second - first - 1);
  const std::string_view address = error.substr(second + 1);
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos) return redirection;
  const std::string_view port = address.substr(colon + 1);
  const auto number = [](std::string_view text, int& value) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    return problem == std::errc{} && end == text.data() + text.size();
  };
  redirection.ip = address.substr(0, colon);
  redirection.valid = number(slot, redirection.slot) && number(port, redirection.port) &&
                      redirection.slot >= 0 && redirection.slot < kSlotCount && redirection.port > 0 &&
                      redirection.port < 65536;
  return redirection;
}

}  // namespace harness
