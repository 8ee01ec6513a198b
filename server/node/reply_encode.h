/// A Reply tree of the cluster and replication rooms on the wire.
#pragma once

#include "server/cluster/reply.h"
#include "server/resp/writer.h"

namespace node {

inline void encode_reply(const Reply& reply, Writer& out) {
  switch (reply.kind) {
    case Reply::Kind::kStatus:
      return out.status(reply.text);
    case Reply::Kind::kError:
      return out.error(reply.text);
    case Reply::Kind::kInteger:
      return out.integer(reply.integer);
    case Reply::Kind::kBulk:
      return out.bulk(reply.text);
    case Reply::Kind::kVerbatim:
      return out.verbatim(reply.text);
    case Reply::Kind::kNull:
      return out.null();
    case Reply::Kind::kArray:
      out.array(reply.items.size());
      break;
    case Reply::Kind::kMap:
      out.map(reply.items.size() / 2);
      break;
  }
  for (const Reply& item : reply.items) encode_reply(item, out);
}

}  // namespace node
