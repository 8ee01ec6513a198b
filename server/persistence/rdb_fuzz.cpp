/// Any bytes as a RESTORE payload (with a right checksum, which a fuzzer would not find) and as a dump file.
/// What is accepted must serialise again and read back, and a stream stand to be used. rdb_seeds/ holds
/// values as redis writes them, without the foot that RESTORE wants.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/keyspace/database.h"
#include "server/persistence/checksum.h"
#include "server/persistence/rdb.h"

namespace {

void use(node::Stream& s) {
  using node::StreamCursor;
  std::size_t forwards = 0, backwards = 0, bytes = 0;
  for (StreamCursor cursor(s); cursor.next(); ++forwards)
    cursor.for_fields(
        [&](std::string_view field, std::string_view value) { bytes += field.size() + value.size(); });
  for (StreamCursor cursor(s, {}, node::StreamId::highest(), StreamCursor::Direction::backwards);
       cursor.next();)
    ++backwards;
  if (forwards != backwards || forwards != s.size()) std::abort();
  for (const auto& [name, group] : s.groups()) s.lag_of(group);
  s.radix_nodes();
  const node::Stream copy(s);
  if (copy.memory() == 0) std::abort();
  node::StreamTrim half;
  half.by = node::StreamTrim::By::length;
  half.length = s.size() / 2;
  s.trim(half);
  if (s.size() != half.length) std::abort();
  s.erase(s.first_id);
  const std::string_view words[] = {"field", "value"};
  if (const auto id = s.last_id.next()) s.append(*id, words);
  half.length = 0;
  s.trim(half);
  if (s.size() != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace node;
  const std::string input(reinterpret_cast<const char*>(data), size);
  std::string payload = input + std::string("\x0a\x00", 2);
  const std::uint64_t crc = crc64(0, payload);
  payload.append(reinterpret_cast<const char*>(&crc), 8);
  int reason = 0;
  if (auto value = RdbReader::restore(payload, reason)) {
    KeyspaceState state;
    Database db(0, state, nullptr);
    Entry* e = db.set("key", std::move(*value));
    if (!RdbReader::restore(RdbWriter::dump(*e), reason)) std::abort();
    if (auto* stream = std::get_if<std::unique_ptr<Stream>>(&e->value)) use(**stream);
  }
  RdbReader reader(input);
  RdbReader::Handler handler;
  handler.on_key = [](RdbKey) {};
  reader.read_all(handler);
  return 0;
}
