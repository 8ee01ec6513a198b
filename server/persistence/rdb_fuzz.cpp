/// Any bytes as a RESTORE payload (with a right checksum, which a fuzzer would not find) and as a dump file.
/// What is accepted must serialise again and read back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/keyspace/database.h"
#include "server/persistence/checksum.h"
#include "server/persistence/rdb.h"

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
  }
  RdbReader reader(input);
  RdbReader::Handler handler;
  handler.on_key = [](RdbKey) {};
  reader.read_all(handler);
  return 0;
}
