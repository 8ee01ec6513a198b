// OTLP/JSON as its specification has it: ids in hexadecimal, 64-bit numbers as text, enumerations as numbers.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/time.h"

namespace harness::reporting {

using Attributes = std::vector<std::pair<std::string, nlohmann::json>>;  // text, whole number, number or flag

struct SpanEvent {
  std::string name;
  Nanos time = 0;
};

struct TraceSpan {
  std::string name;
  Nanos begin = 0;
  Nanos end = 0;
  Attributes attributes;
  std::vector<SpanEvent> events;
  std::string error;  // why it went wrong; empty: nothing is said
};

/// Collects the spans of one trace.
class Trace {
 public:
  /// `seed` makes the ids; `unix_ms` is the wall clock at time 0.
  Trace(std::string_view seed, std::int64_t unix_ms);
  /// Adds a span, and returns its id: the parent of others. Without a parent: the root.
  std::string add(const TraceSpan& span, const std::string& parent = {});
  /// The whole document.
  nlohmann::ordered_json document(const Attributes& resource) const;

 private:
  std::string time(Nanos time) const;
  std::uint64_t next_id();

  std::uint64_t state_;
  std::int64_t unix_ms_;
  std::string trace_id_;
  nlohmann::ordered_json spans_ = nlohmann::ordered_json::array();
};

}  // namespace harness::reporting
