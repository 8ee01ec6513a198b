// Lines of commands of every type on keys that nobody else uses, so that each answer is known beforehand:
// what the workload types sends, and how what came back is compared.
//
// In a line's texts "|" parts commands and their answers. "@" with what follows it is a key of the line, "$"
// its number, "%e200" stands for e1 e2 ... e200, "%p200" for e1 v1 e2 v2 ..., "%s200" for 1 e1 2 e2 ..., and
// "%x200" for one word of so many bytes. In an answer "*" is any, "+" any positive number, "-" nil, and
// arrays stand in brackets.
#pragma once

#include <hiredis/hiredis.h>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

struct TypeLine {
  std::string_view writes;   // commands, carried out as one transaction
  std::string_view answers;  // of each
  std::string_view reads;    // commands that show what they left
  std::string_view shows;    // and the answers then
};
/// Each leaves at least one key.
std::span<const TypeLine> type_lines();

/// A line's commands in words, its keys named after `tag`, so that they lie in one slot.
std::vector<std::vector<std::string>> commands_of(std::string_view text, std::string_view tag,
                                                  std::int64_t number);
/// The keys of a line, each once.
std::vector<std::string> keys_of(const TypeLine& line, std::string_view tag);
/// Parts of a text between bars.
std::vector<std::string_view> parts_of(std::string_view text);

/// As answers are written in a line; an error begins with an exclamation mark.
std::string rendered(const redisReply& reply);
/// Whether an answer is as the line says.
bool matches(std::string_view pattern, std::string_view answer, std::string_view tag, std::int64_t number);
/// Whether the error says that the build does not know such a command, or such an option of it.
bool is_unknown_command(std::string_view error);

}  // namespace harness
