/// Libraries of functions in dump files and in the payloads of FUNCTION DUMP.
#include <cstring>

#include "server/persistence/checksum.h"
#include "server/persistence/rdb.h"
#include "server/persistence/rdb_format.h"

namespace node {

using namespace rdb;

void RdbWriter::function(std::string_view code) {
  byte(op::function);
  string(code);
  flush_if_large();
}

std::string RdbWriter::dump_functions(std::span<const std::string_view> codes) {
  RdbWriter w;
  for (std::string_view code : codes) w.function(code);
  w.little(kVersion, 2);
  w.little(crc64(0, w.out_), 8);
  return std::move(w.out_);
}

std::string RdbReader::function(std::uint8_t mark) {
  if (mark == op::function) return std::string(string());
  // The first release candidates of 7.0 kept name and engine beside the code.
  const std::string name(string()), engine(string());
  if (plain_length()) string();  // a description, of no account
  return "#!" + engine + " name=" + name + "\n" + std::string(string());
}

std::optional<std::string> RdbReader::restore_functions(std::string_view payload,
                                                        std::vector<std::string>& codes) {
  if (!whole_payload(payload)) return "DUMP payload version or checksum are wrong";
  RdbReader reader(payload.substr(0, payload.size() - kFootBytes));
  while (reader.at_ < reader.in_.size()) {
    const std::uint8_t mark = reader.byte();
    if (mark != op::function && mark != op::function_of_candidates) return "given type is not a function";
    codes.push_back(reader.function(mark));
    if (reader.bad_) return "failed loading the given functions payload";
  }
  return std::nullopt;
}

}  // namespace node
