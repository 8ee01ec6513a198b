// From a server's answer to a completed operation: what every workload does alike.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/client/client.h"
#include "harness/core/history.h"
#include "harness/run/workload.h"

namespace harness {

/// Sets outcome and node, and of what is not ok the reason. True when it is ok: then the result is to be set.
bool take_answer(Operation& op, const Answer& answer, Recorder& recorder);

/// A reply that the command cannot give says nothing about what was applied: info.
void unexpected_reply(Operation& op, Recorder& recorder);

/// The answer of a compare-and-set by script: [1], or [0, the value that it held]. Sets outcome and result.
void take_compare_and_set(Operation& op, const Answer& answer, Recorder& recorder);

/// The text of a string or status reply; nothing for any other.
std::optional<std::string_view> text_of(const redisReply& reply);
bool is_ok(const redisReply& reply);

/// An integer as commands take it.
std::string decimal(Value value);

/// A stored value. An integer as we write them is that integer; anything else ("007", too) is recorded as the
/// text that it is.
Value value_of(std::string_view text, Recorder& recorder);
/// Of a string, integer or nil reply; nothing for any other.
std::optional<Value> value_of(const redisReply& reply, Recorder& recorder);
/// The elements of an array reply, in their order; nothing for any other, or when an element is no value.
std::optional<std::vector<Value>> values_of(const redisReply& reply, Recorder& recorder);
std::optional<Value> list_of(const redisReply& reply, Recorder& recorder);

}  // namespace harness
