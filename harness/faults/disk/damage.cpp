#include "harness/faults/disk/damage.h"

#include <fmt/format.h>

#include <charconv>
#include <csignal>

#include "harness/builds/sha256.h"
#include "harness/core/check.h"
#include "harness/core/suggest.h"
#include "harness/faults/common/target.h"
#include "harness/faults/disk/aof_records.h"

namespace harness {
namespace {

constexpr std::size_t kHashDigits = 12;

/// What servers say of files that are not whole.
const std::vector<std::string> kComplaints = {"corrupted cluster config", "Internal error in RDB reading",
                                              "Bad file format", "end of file", "Short read"};

std::string hash_of(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.hex().substr(0, kHashDigits);
}

std::optional<std::size_t> last_line(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const std::size_t line_break = bytes.rfind('\n', bytes.size() - 2);
  const std::size_t begin = line_break == std::string_view::npos ? 0 : line_break + 1;
  return begin + (bytes.size() - begin) / 2;
}

std::optional<std::size_t> from_end(std::string_view place, std::string_view bytes) {
  constexpr std::string_view kPrefix = "end-";
  std::size_t count = 0;
  const auto [end, error] =
      std::from_chars(place.data() + kPrefix.size(), place.data() + place.size(), count);
  if (error != std::errc{} || end != place.data() + place.size() || count > bytes.size()) return std::nullopt;
  return bytes.size() - count;
}

/// Ends the node's process if it runs. False, with the reason in the record, when it does not end.
bool stop_node(Node& node, const FaultRequest& request, FaultRecord& record) {
  if (!node.running()) return true;
  const int signal = request.with.text("stop") == "kill" ? SIGKILL : SIGTERM;
  node.expect_end();
  declare_down(record);
  if (node.signal(signal) && node.wait_for_end(kEndPatience)) return true;
  node.expect_no_end();
  record.error = node.name() + " did not end";
  return false;
}

Effect disk_effect(const FaultRecord& record, DataFile file, const std::string& what) {
  Effect effect;
  effect.kind = EffectKind::kDisk;
  effect.nodes = record.nodes;
  effect.detail = std::string(to_string(file)) + " " + what;
  effect.excuses.exits = effect.excuses.dead_link = true;
  effect.excuses.log_lines = kComplaints;
  effect.excuses.lost_data = file != DataFile::kNodesConf;
  effect.excuses.lost_views = file == DataFile::kNodesConf;
  return effect;
}

/// Starts the node; why it does not answer, empty: it does. Its end on the way is the fault's doing.
std::string start(Node& node) {
  node.start();
  node.expect_end();
  try {
    node.wait_until_answering(kStartPatience);
  } catch (const EnvironmentError& trouble) {
    return trouble.what();
  }
  node.expect_no_end();
  return {};
}

/// One damage of one file.
class DamageRun {
 public:
  DamageRun(Node& node, FaultContext& context, const FaultRequest& request, FaultRecord& record)
      : node_(node), context_(context), request_(request), record_(record) {}

  void run(const Damage& damage) {
    if (!stop_node(node_, request_, record_) || !change(damage)) return;
    record_.active = context_.clock.now();
    if (request_.with.flag("restart")) start_again();
    record_.healed = context_.clock.now();
  }

 private:
  /// False, with the reason in the record, when the file is as it was. The node starts again all the same.
  bool change(const Damage& damage) {
    const DataFile file = data_file_from(request_.with.text("file"));
    const auto path = find_data_file(node_.files(), file, record_.error);
    std::string what;
    if (path) {
      path_ = *path;
      before_ = read_data_file(path_);
      std::string bytes = before_;
      what = damage(bytes, record_.error);
      if (!what.empty()) write_data_file(path_, bytes);
    }
    const std::string after = path ? read_data_file(path_) : std::string();
    if (!what.empty() && after == before_) record_.error = "the file is as it was: " + what;
    if (!record_.error.empty()) {
      record_.error = node_.name() + ": " + record_.error;
      if (request_.with.flag("restart") && !node_.running()) start(node_);
      return false;
    }
    record_.effects.push_back(disk_effect(record_, file, what));
    tell(file, what, after);
    return true;
  }

  void tell(DataFile file, const std::string& what, const std::string& after) {
    record_.evidence =
        fmt::format("{} of {} {}: {} -> {} bytes, sha256 {} -> {}", path_.filename().string(), node_.name(),
                    what, before_.size(), after.size(), hash_of(before_), hash_of(after));
    if (file != DataFile::kAof) return;
    const auto were = aof_records(before_).size();
    const auto are = aof_records(after).size();
    if (are < were) record_.evidence += fmt::format(", {} of {} records lost", were - are, were);
  }

  void start_again() {
    Effect effect;
    effect.kind = EffectKind::kStart;
    effect.nodes = record_.nodes;
    record_.effects.push_back(effect);
    const std::string refusal = start(node_);
    if (refusal.empty()) {
      record_.evidence += fmt::format("; {} answers as process {}", node_.name(), node_.pid());
      return;
    }
    record_.evidence += fmt::format("; {} refused it", node_.name());
    if (!request_.with.flag("mend")) return;
    if (node_.running()) node_.kill();
    write_data_file(path_, before_);
    if (const std::string still = start(node_); !still.empty())
      record_.error = "does not start with its file as it was either: " + still;
    else
      record_.evidence += fmt::format(", and answers as process {} with the file as it was", node_.pid());
  }

  Node& node_;
  FaultContext& context_;
  const FaultRequest& request_;
  FaultRecord& record_;
  std::filesystem::path path_;
  std::string before_;
};

}  // namespace

std::string problem_with_place(const Parameters& with) {
  constexpr std::string_view kPlaces[] = {"last-record", "inside-multi", "end-N"};
  const std::string place = with.text("place");
  const bool digits = place.size() > 4 && place.find_first_not_of("0123456789", 4) == std::string::npos;
  if (with.has("offset") || place == kPlaces[0] || (place.starts_with("end-") && digits)) return {};
  if (place != kPlaces[1])
    return "'place': unknown place '" + place + "'" + suggestion_or_all(place, kPlaces);
  if (data_file_from(with.text("file")) == DataFile::kAof) return {};
  return "'place': only append-only files have transactions, and so an inside-multi";
}

std::optional<std::size_t> damage_place(const FaultRequest& request, std::string_view bytes,
                                        std::string& problem) {
  if (request.with.has("offset")) {
    const auto offset = static_cast<std::size_t>(request.with.integer("offset"));
    if (offset < bytes.size()) return offset;
    problem = fmt::format("it has {} bytes, and none at {}", bytes.size(), offset);
    return std::nullopt;
  }
  const std::string place = request.with.text("place");
  std::optional<std::size_t> found;
  if (place.starts_with("end-"))
    found = from_end(place, bytes);
  else if (data_file_from(request.with.text("file")) == DataFile::kAof)
    found = aof_place(aof_records(bytes), place);
  else if (place == "last-record")
    found = last_line(bytes);
  if (!found) problem = fmt::format("its {} bytes have no place '{}'", bytes.size(), place);
  return found;
}

void damage_file_of(Node& node, FaultContext& context, const FaultRequest& request, FaultRecord& record,
                    const Damage& damage) {
  DamageRun(node, context, request, record).run(damage);
}

void damage_file(FaultContext& context, const FaultRequest& request, FaultRecord& record,
                 const Damage& damage) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return;
  record.description = request.with.text("file") + " of " + record.description + ": " + record.fault;
  damage_file_of(*node, context, request, record, damage);
}

}  // namespace harness
