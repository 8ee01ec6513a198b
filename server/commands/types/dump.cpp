/// DUMP and RESTORE: a value as bytes, in the dump file's own encoding.
#include "server/commands/types/handlers.h"
#include "server/engine/reply_errors.h"
#include "server/keyspace/number.h"
#include "server/persistence/rdb.h"

namespace node {

void command_dump(Call& c) {
  Entry* e = c.db().read(c.arg(1));
  e ? c.reply.bulk(RdbWriter::dump(*e)) : c.reply.null();
}

void command_restore(Call& c) {
  bool replace = false, absolute = false;
  std::optional<std::int64_t> idle_s, count;
  for (std::size_t i = 4; i < c.argc(); ++i) {
    if (c.is(i, "replace")) {
      replace = true;
    } else if (c.is(i, "absttl")) {
      absolute = true;
    } else if (c.is(i, "idletime") && i + 1 < c.argc()) {
      idle_s = c.integer_in(++i, 0, INT64_MAX, "ERR Invalid IDLETIME value, must be >= 0");
      if (!idle_s) return;
    } else if (c.is(i, "freq") && i + 1 < c.argc()) {
      count = c.integer_in(++i, 0, 255, "ERR Invalid FREQ value, must be >= 0 and <= 255");
      if (!count) return;
    } else {
      return c.syntax_error();
    }
  }
  const std::string_view key = c.arg(1);
  if (!replace && c.db().lookup(key)) return c.error("BUSYKEY Target key name already exists.");
  const auto ttl = c.integer(2);
  if (!ttl) return;
  if (*ttl < 0) return c.error("ERR Invalid TTL value, must be >= 0");
  int reason = 0;
  auto value = RdbReader::restore(c.arg(3), reason, !c.engine.skip_checksums);
  if (!value && reason == 1) return c.error("ERR DUMP payload version or checksum are wrong");
  if (!value) {
    c.engine.ports.logger.log('#', "RESTORE of a value of type " +
                                       std::to_string(static_cast<unsigned char>(c.arg(3)[0])) +
                                       ": integrity check failed");
    return c.error("ERR Bad data format");
  }
  const bool existed = replace && c.db().remove(key);
  const std::int64_t at = *ttl == 0 || absolute ? *ttl : *ttl + c.engine.state.now_ms;
  if (at && at <= c.engine.state.now_ms && c.client.kind == Session::Kind::normal) {
    // Dead on arrival: only the replaced key's end is told.
    c.propagate_nothing();
    if (existed) {
      c.propagate_as({"DEL", key});
      c.changed(key);
      c.event('g', "del", key);
    }
    return c.reply.ok();
  }
  if (c.seeded(Defect::kRestoreUnapplied)) return c.reply.ok();
  Entry* e = c.db().set(key, std::move(*value));
  access::restore(*e, idle_s, count, c.engine.state.now_ms);
  if (at) {
    c.db().set_expiry(*e, at);
    std::vector<std::string_view> words(c.argv);
    const std::string text = std::to_string(at);
    words[2] = text;
    if (!absolute) words.push_back("ABSTTL");
    c.propagate_as(words);
  }
  c.changed(key);
  c.event('g', "restore", key);
  c.reply.ok();
}

}  // namespace node
