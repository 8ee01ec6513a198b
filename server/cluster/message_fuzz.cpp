// libFuzzer: any bytes on a bus connection, whole and torn, never crash a node and never give a stranger a
// slot.
#include <cstdlib>

#include "server/cluster/fixture.h"
#include "server/cluster/invariants.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace node::cluster;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto decoded = decode(bytes);
  if (const auto* message = std::get_if<Message>(&decoded))
    if (message->header.version == kProtocolVersion && message->header.type < kMessageTypes) {
      const auto again = decode(encode(*message));
      if (!std::holds_alternative<Message>(again)) std::abort();
    }
  test::Fixture f;
  const LinkId whole = f.cluster.on_accept("10.0.0.9", "10.0.0.1", f.now);
  f.cluster.on_bytes(whole, bytes, f.now);
  f.drain();
  const LinkId torn = f.cluster.on_accept("10.0.0.9", "10.0.0.1", f.now);
  for (std::size_t at = 0; at < size; at += 1000) f.cluster.on_bytes(torn, bytes.substr(at, 1000), f.now);
  f.pass(200);
  for (const char member : {'a', 'b', 'm', 'r', 's'})
    if (bytes.find(test::text(member)) != std::string_view::npos)
      return check_structure(f.state()) ? std::abort(), 0 : 0;
  if (f.state().owner[0] != f.state().myself || check_structure(f.state())) std::abort();
  return 0;
}
