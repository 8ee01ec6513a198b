// The writing half of edn.h.
#include "harness/core/edn.h"
#include "harness/core/jsonl.h"
#include "harness/core/key_name.h"

namespace harness {
namespace {

/// Operations' names and micro-operations are keywords, whole texts are strings.
void append_edn(std::string& out, const ValueTable& values, Value value, bool micro_operations) {
  if (value.kind() == Value::Kind::kNil) {
    out += "nil";
  } else if (value.kind() == Value::Kind::kList) {
    out += '[';
    bool first = true;
    for (const Value element : values.as_list(value)) {
      if (!first) out += ' ';
      const std::string_view text =
          element.kind() == Value::Kind::kText ? values.as_text(element) : std::string_view{};
      if (first && micro_operations && (text == "r" || text == "w" || text == "append")) {
        out += ":" + std::string(text);
      } else {
        append_edn(out, values, element, micro_operations);
      }
      first = false;
    }
    out += ']';
  } else if (value.kind() == Value::Kind::kOther && !values.as_other(value).empty() &&
             values.as_other(value)[0] == '{') {
    // A JSON object reads as an EDN map but for its colons.
    bool quoted = false;
    const std::string_view json = values.as_other(value);
    for (std::size_t i = 0; i < json.size(); ++i) {
      if (quoted && json[i] == '\\') {
        out += json[i++];
      } else if (json[i] == '"') {
        quoted = !quoted;
      } else if (!quoted && json[i] == ':') {
        out += ' ';
        continue;
      }
      out += json[i];
    }
  } else {
    out += values.to_json(value);
  }
}

}  // namespace

std::string write_edn(const History& history) {
  std::string out;
  std::size_t index = 0;
  for_each_event(history, [&](const Operation& op, EventType type, Nanos time, Value value) {
    out += "{:index " + std::to_string(index++) + ", :type :" + std::string(to_string(type)) + ", :process " +
           std::to_string(op.process) + ", :f :" + std::string(to_string(op.function)) + ", :value ";
    if (op.key != kNoKey) {
      out += "#jepsen.independent/tuple [";
      append_key_json(out, history.key_text(op));
      out += ' ';
    }
    append_edn(out, history.values, value, op.function == Function::kTxn);
    if (op.key != kNoKey) out += ']';
    out += ", :time " + std::to_string(time);
    if (type != EventType::kInvoke && op.node != kNoNode) {
      out += ", :node ";
      append_json_string(out, history.node_text(op));
    }
    if (type != EventType::kInvoke && op.error != kNoError) {
      out += ", :error ";
      append_json_string(out, history.error_text(op));
    }
    out += "}\n";
  });
  return out;
}

}  // namespace harness
