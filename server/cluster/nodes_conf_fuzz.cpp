// libFuzzer: any text as nodes.conf is refused or gives a whole state that is written and read back as it is.
#include <cstdlib>

#include "server/cluster/invariants.h"
#include "server/cluster/nodes_conf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace node::cluster;
  State state;
  if (read_nodes_conf({reinterpret_cast<const char*>(data), size}, state, 1)) return 0;
  const std::string text = write_nodes_conf(state);
  State again;
  if (state.myself->in_handshake()) return 0;  // handshakes are not written
  if (read_nodes_conf(text, again, 1)) std::abort();
  return 0;
}
