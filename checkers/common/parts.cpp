#include "checkers/common/parts.h"

#include <algorithm>

#include "checkers/common/findings.h"

namespace harness {
namespace {

void join(Measures& into, const Measures& part) {
  for (const auto& measure : part) {
    const std::string& name = measure.first;
    const auto same = std::find_if(into.begin(), into.end(), [&](const auto& m) { return m.first == name; });
    if (same == into.end()) {
      into.push_back(measure);
    } else if (name.ends_with("_max")) {
      same->second = std::max(same->second, measure.second);
    } else {
      same->second += measure.second;
    }
  }
}

bool take_end(std::string& text, const std::string& end) {
  if (end.empty() || !text.ends_with(end)) return false;
  text.resize(text.size() - end.size());
  return true;
}

}  // namespace

void JoinedParts::unknown(const std::string& why) {
  if (joined_.truncated.empty()) joined_.truncated = why;
}

void JoinedParts::keep_earliest() {
  std::stable_sort(joined_.anomalies.begin(), joined_.anomalies.end(),
                   [](const Anomaly& a, const Anomaly& b) { return a.time < b.time; });
  if (joined_.anomalies.size() > Findings::kListed) joined_.anomalies.resize(Findings::kListed);
}

void JoinedParts::add(CheckResult part) {
  // What says that a list is cut is said anew of the joined list.
  if (take_end(part.truncated, cut_words(part.anomalies.size(), part.violations)))
    take_end(part.truncated, "; ");
  if (!part.truncated.empty()) unknown(part.truncated);
  joined_.violations += part.violations;
  joined_.allowed += part.allowed;
  for (Anomaly& anomaly : part.anomalies) joined_.anomalies.push_back(std::move(anomaly));
  keep_earliest();
  join(joined_.measured, part.measured);
  if (joined_.bound.empty()) joined_.bound = part.bound;
  if (!part.note.empty() && std::find(notes_.begin(), notes_.end(), part.note) == notes_.end())
    notes_.push_back(part.note);
  if (part.valid == Validity::kValid) {
    take_end(part.explanation, " " + part.note);
    valid_words_ = part.explanation;
  }
}

CheckResult JoinedParts::finish(std::size_t operations, const std::string& valid_words) {
  joined_.operations = operations;
  conclude(joined_, valid_words_.empty() ? valid_words : valid_words_, notes_);
  return std::move(joined_);
}

}  // namespace harness
