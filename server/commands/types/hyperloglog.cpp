/// HyperLogLog: PFADD, PFCOUNT, PFMERGE, and PFDEBUG and PFSELFTEST, which show its inside.
#include "server/keyspace/hyperloglog.h"

#include <cmath>
#include <cstring>

#include "server/commands/types/handlers.h"
#include "server/engine/values.h"

namespace node {

namespace {

constexpr std::string_view kNoSketch = "WRONGTYPE Key is not a valid HyperLogLog string value.";
constexpr std::string_view kCorrupt = "INVALIDOBJ Corrupted HLL object detected";

/// What is stored under the key if that is a HyperLogLog; answers when it is anything else.
struct Stored {
  bool refused = false;
  bool present = false;
};

Stored look(Call& c, Entry* e, std::string_view& text, char* digits) {
  if (!e) return {};
  if (e->type() != Type::string) return c.wrong_type(), Stored{true, true};
  text = e->text(digits);
  if (!hll::recognised(text)) return c.error(kNoSketch), Stored{true, true};
  return {false, true};
}

std::size_t sparse_max(const Call& c) {
  return static_cast<std::size_t>(c.engine.config.hll_sparse_max);
}

/// The value to change in place, made when absent. Null after an answer.
std::string* sketch_to_change(Call& c, std::string_view key, bool& made) {
  char digits[24];
  std::string_view text;
  const Stored stored = look(c, c.db().change(key), text, digits);
  if (stored.refused) return nullptr;
  bool ok = true;
  std::string* value = raw_string(c, key, ok);
  made = !stored.present;
  if (made) *value = hll::make();
  return value;
}

}  // namespace

void command_pfadd(Call& c) {
  bool made = false;
  std::string* value = sketch_to_change(c, c.arg(1), made);
  if (!value) return;
  std::uint64_t updates = made;
  for (std::size_t i = 2; i < c.argc(); ++i) {
    const hll::Raised raised = hll::add(*value, c.arg(i), sparse_max(c));
    if (raised == hll::Raised::corrupt) return c.error(kCorrupt);
    updates += raised == hll::Raised::yes;
  }
  if (updates) {
    hll::forget_estimate(*value);
    c.changed(c.arg(1), updates);
    c.event('$', "pfadd", c.arg(1));
  }
  c.reply.integer(updates != 0);
}

namespace {
/// Joins the sketches of argv[1…]. False after an answer.
bool join(Call& c, hll::Registers& max, bool& any_dense) {
  for (std::size_t i = 1; i < c.argc(); ++i) {
    char digits[24];
    std::string_view text;
    const Stored stored = look(c, c.db().read(c.arg(i)), text, digits);
    if (stored.refused) return false;
    if (!stored.present) continue;
    any_dense |= hll::form_of(text) == hll::Form::dense;
    if (!hll::merge_into(max, text)) return c.error(kCorrupt), false;
  }
  return true;
}
}  // namespace

void command_pfcount(Call& c) {
  if (c.argc() > 2) {
    hll::Registers max{};
    bool any_dense = false;
    if (join(c, max, any_dense)) c.reply.integer(static_cast<std::int64_t>(hll::estimate(max)));
    return;
  }
  char digits[24];
  std::string_view text;
  const Stored stored = look(c, c.db().read(c.arg(1)), text, digits);
  if (stored.refused) return;
  if (!stored.present) return c.reply.integer(0);
  if (const auto kept = hll::cached(text)) return c.reply.integer(static_cast<std::int64_t>(*kept));
  const auto estimate = hll::estimate(text);
  if (!estimate) return c.error(kCorrupt);
  // The estimate is kept in the value, which replicas and the append-only file are to hold alike.
  bool ok = true;
  hll::keep_estimate(*raw_string(c, c.arg(1), ok), *estimate);
  c.changed(c.arg(1));
  c.reply.integer(static_cast<std::int64_t>(*estimate));
}

void command_pfmerge(Call& c) {
  hll::Registers max{};
  bool any_dense = false, made = false;
  if (!join(c, max, any_dense)) return;
  std::string* value = sketch_to_change(c, c.arg(1), made);
  if (!value) return;
  if (any_dense && !hll::make_dense(*value)) return c.error(kCorrupt);
  for (std::size_t i = 0; i < hll::kRegisters; ++i)
    if (max[i] && hll::raise(*value, i, max[i], sparse_max(c)) == hll::Raised::corrupt)
      return c.error(kCorrupt);
  hll::forget_estimate(*value);
  c.changed(c.arg(1));
  c.event('$', "pfadd", c.arg(1));
  c.reply.ok();
}

void command_pfdebug(Call& c) {
  const std::string_view key = c.arg(2);
  if (!c.db().contains(key)) return c.error("ERR The specified key does not exist");
  bool made = false;
  std::string* value = sketch_to_change(c, key, made);
  if (!value) return;
  const bool sparse = hll::form_of(*value) == hll::Form::sparse;
  if (c.is(1, "encoding")) return c.reply.status(sparse ? "sparse" : "dense");
  if (c.is(1, "decode")) {
    if (!sparse) return c.error("ERR HLL encoding is not sparse");
    return c.reply.bulk(hll::describe(*value));
  }
  const bool registers = c.is(1, "getreg");
  if (!registers && !c.is(1, "todense"))
    return c.error("ERR Unknown PFDEBUG subcommand '" + std::string(c.arg(1)) + "'");
  if (!hll::make_dense(*value)) return c.error(kCorrupt);
  if (sparse) c.changed(key);
  if (!registers) return c.reply.integer(sparse);
  c.reply.array(hll::kRegisters);
  for (std::size_t i = 0; i < hll::kRegisters; ++i) c.reply.integer(hll::dense_register(*value, i));
}

/// Adds different elements to a sparse and a dense sketch and compares the two, and their estimates with the
/// truth, at each power of ten.
void command_pfselftest(Call& c) {
  constexpr std::uint64_t kElements = 1000000;
  std::string sparse = hll::make(), dense = hll::make();
  hll::make_dense(dense);
  const std::uint64_t salt = random_source().next();
  std::uint64_t next_look = 1;
  for (std::uint64_t n = 1; n <= kElements; ++n) {
    const std::uint64_t element = n ^ salt;
    char bytes[8];
    std::memcpy(bytes, &element, 8);
    hll::add(sparse, {bytes, 8}, sparse_max(c));
    hll::add(dense, {bytes, 8}, sparse_max(c));
    if (n != next_look) continue;
    next_look *= 10;
    const auto a = hll::estimate(sparse), b = hll::estimate(dense);
    if (!a || a != b) return c.error("TESTFAILED dense/sparse disagree");
    // Six standard errors, and one more for a collision among the few.
    const double off = std::abs(static_cast<double>(*a) - static_cast<double>(n));
    if (off > std::ceil(1.04 / std::sqrt(hll::kRegisters) * 6 * static_cast<double>(n)) + 1)
      return c.error("TESTFAILED Too big error. card:" + std::to_string(n) +
                     " estimate:" + std::to_string(*a));
  }
  c.reply.ok();
}

}  // namespace node
