#include "checkers/transactions/rw_register.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "checkers/transactions/txn_registers.h"

namespace harness {
namespace {

enum class Source : std::uint8_t { kInitial, kWfr, kSequential, kLinearizable };

struct SourceText {
  std::string_view name;
  std::string_view because;
  std::string_view circle;  // the anomaly when only the model asked for promises this order
};

constexpr std::array<SourceText, 4> kSources = {{
    {"initial-state", "the first value comes before every other", "cyclic-versions"},
    {"wfr-keys", "some transaction read the former and wrote the latter", "cyclic-versions-item"},
    {"sequential-keys", "a process met the former before the latter", "cyclic-versions-process"},
    {"linearizable-keys", "the former was met in real time before the latter", "cyclic-versions-realtime"},
}};

struct VersionEdge {
  Index from;
  Index to;
  Source source;
  friend auto operator<=>(const VersionEdge&, const VersionEdge&) = default;
};

constexpr std::size_t kShownVersions = 8;

}  // namespace

class RwRegister::Impl {
 public:
  Impl(const History& history, const ModelOptions& options, TxnBudget& budget)
      : history_(history),
        options_(options),
        budget_(budget),
        registers_(history, options.initial, budget),
        txns_(registers_.txns()) {}

  TxnFindings analyze(const TxnRequest& request) {
    findings_.reason = [this](const CycleStep& step, const std::string& from, const std::string& to) {
      return reason(step, from, to);
    };
    try {
      look_for_everything(request);
    } catch (const TxnBudgetEnded& ended) {
      findings_.incomplete = ended.why;
    }
    return std::move(findings_);
  }

 private:
  void look_for_everything(const TxnRequest& request) {
    linearizable_keys_ = options_.linearizable_keys || request.linearizable_keys;
    sequential_keys_ = options_.sequential_keys || request.sequential_keys;
    wfr_keys_ = options_.wfr_keys || request.wfr_keys;
    note_doubts();
    judge_reads();
    judge_updates();
    order_versions();
    GraphBuilder graph(txns_.size());
    link(graph);
    finish_graph(graph, history_, request, budget_, findings_);
  }

  void note_doubts() {
    for (const Version& version : registers_.versions())
      if (version.written_twice)
        findings_.doubts.push_back("duplicate-writes: " + show(history_, version.value) + " was written to " +
                                   key_name(version.key) +
                                   " more than once, so nobody can say whose write a read of it saw");
  }

  // --- what single reads show ---

  void judge_reads() {
    for (Index txn = 0; txn < txns_.size(); ++txn) {
      budget_.poll();
      bool internal_reported = false;
      for (Index mop = txns_.mop_begin(txn); mop < txns_.mop_end(txn); ++mop) {
        if (txns_.is_write(mop)) continue;
        judge_origin(txn, mop);
        if (!internal_reported) internal_reported = judge_internal(txn, mop);
      }
    }
  }

  void judge_origin(Index txn, Index mop) {
    const Index id = registers_.version_of_mop(mop);
    const Version& version = registers_.versions()[id];
    if (registers_.is_initial(id) || version.written_twice) return;
    const std::string_view type = version.writer == kNoIndex           ? "garbage-read"
                                  : !txns_.is_possible(version.writer) ? "G1a"
                                  : version.writer == txn              ? "future-read"
                                  : version.intermediate               ? "G1b"
                                                                       : "";
    if (type.empty() || (type == "future-read" && version.writer_mop < mop)) return;
    if (type == "garbage-read" && !registers_.known_from_start(version.key)) return;
    findings_.log.add(type, [&] {
      const std::string name = key_name(version.key), value = show(history_, version.value);
      if (type == "garbage-read")
        return anomaly_of(history_, {txn}, name,
                          "T1 read " + name + " = " + value + ", but no transaction ever wrote " + value +
                              " to " + name + ".");
      if (type == "future-read")
        return anomaly_of(history_, {txn}, name,
                          "T1 read " + name + " = " + value + " before T1 itself wrote it.");
      const std::string wrote = "T1 wrote " + name + " = " + value;
      if (type == "G1a")
        return anomaly_of(history_, {version.writer, txn}, name, wrote + " and failed, yet T2 read it.");
      return anomaly_of(history_, {version.writer, txn}, name,
                        wrote + " and then wrote " + name + " again, yet T2 read " + value +
                            ", a state from the middle of T1.");
    });
  }

  /// INT of Cerone et al.: a read sees the transaction's own latest read or write of the key.
  bool judge_internal(Index txn, Index mop) {
    for (Index earlier = mop; earlier-- > txns_.mop_begin(txn);) {
      if (txns_.key(earlier) != txns_.key(mop)) continue;
      if (txns_.value[earlier] == txns_.value[mop]) return false;
      findings_.log.add("internal", [&] {
        const std::string name = key_name(txns_.key(mop));
        return anomaly_of(history_, {txn}, name,
                          "T1 read " + name + " = " + show(history_, txns_.value[mop]) +
                              ", but it had just " + (txns_.is_write(earlier) ? "written " : "read ") + name +
                              " = " + show(history_, txns_.value[earlier]) + " itself.");
      });
      return true;
    }
    return false;
  }

  /// Two transactions that read one version and went on to write the key: one overwrote the other's update
  /// unseen.
  void judge_updates() {
    std::vector<std::vector<Index>> colliding;
    std::vector<Index> first(registers_.versions().size(), kNoIndex), group(first);
    std::vector<Index> version_of_group;
    for (const Touch& touch : registers_.touches()) {
      if (touch.read == kNoIndex || touch.write == kNoIndex || !txns_.is_ok(touch.txn)) continue;
      if (first[touch.read] == kNoIndex) {
        first[touch.read] = touch.txn;
        continue;
      }
      if (group[touch.read] == kNoIndex) {
        group[touch.read] = static_cast<Index>(colliding.size());
        colliding.push_back({first[touch.read]});
        version_of_group.push_back(touch.read);
      }
      colliding[group[touch.read]].push_back(touch.txn);
    }
    for (std::size_t i = 0; i < colliding.size(); ++i)
      findings_.log.add("lost-update", [&] {
        const Version& version = registers_.versions()[version_of_group[i]];
        const std::string name = key_name(version.key);
        return anomaly_of(history_, colliding[i], name,
                          "All of these read " + name + " = " + show(history_, version.value) +
                              " and went on to write it: each but one overwrote an update it had not seen.");
      });
  }

  // --- the order of versions ---

  void order_versions() {
    std::vector<VersionEdge> accepted;
    std::string sources(kSources[0].name);
    const auto use = [&](bool given, bool inferred, Source source, std::vector<VersionEdge> edges) {
      if (!given && !inferred) return;
      const SourceText& text = kSources[static_cast<std::size_t>(source)];
      sources += ", " + std::string(text.name);
      accept(accepted, std::move(edges), sources, given ? "cyclic-versions" : text.circle);
    };
    use(options_.wfr_keys, wfr_keys_, Source::kWfr, wfr_edges());
    use(options_.sequential_keys, sequential_keys_, Source::kSequential, sequential_edges());
    use(options_.linearizable_keys, linearizable_keys_, Source::kLinearizable, linearizable_edges());
    add_initial_edges(accepted);
    std::ranges::sort(accepted);
    const auto same = [](const VersionEdge& a, const VersionEdge& b) {
      return a.from == b.from && a.to == b.to;
    };
    accepted.erase(std::unique(accepted.begin(), accepted.end(), same), accepted.end());
    version_edges_ = std::move(accepted);
  }

  std::vector<VersionEdge> wfr_edges() const {
    std::vector<VersionEdge> edges;
    if (!wfr_keys_) return edges;
    for (const Touch& touch : registers_.touches())
      if (touch.read != kNoIndex && touch.write != kNoIndex && touch.read != touch.write)
        edges.push_back({touch.read, touch.write, Source::kWfr});
    return edges;
  }

  std::vector<VersionEdge> sequential_edges() const {
    std::vector<VersionEdge> edges;
    if (!sequential_keys_) return edges;
    std::unordered_map<std::uint64_t, Index> last;  // process and key -> the version it met last
    for (const Touch& touch : registers_.touches()) {
      const Operation& op = history_.operations[touch.txn];
      const std::uint64_t of = std::uint64_t{static_cast<std::uint32_t>(op.process)} << 32 | touch.key;
      const auto [at, fresh] = last.try_emplace(of, kNoIndex);
      if (!fresh && at->second != kNoIndex && at->second != touch.first())
        edges.push_back({at->second, touch.first(), Source::kSequential});
      if (op.outcome == Outcome::kOk) at->second = touch.last();
    }
    return edges;
  }

  /// Per key, links each touch to those that completed before it was invoked and that no touch between
  /// covers.
  std::vector<VersionEdge> linearizable_edges() const {
    std::vector<VersionEdge> edges;
    if (!linearizable_keys_) return edges;
    std::vector<Index> by_key(registers_.touches().size());
    for (Index i = 0; i < by_key.size(); ++i) by_key[i] = i;
    std::ranges::stable_sort(by_key, {}, [&](Index i) { return registers_.touches()[i].key; });
    std::vector<const Touch*> frontier;
    for (std::size_t i = 0; i < by_key.size(); ++i) {
      const Touch& touch = registers_.touches()[by_key[i]];
      if (i == 0 || registers_.touches()[by_key[i - 1]].key != touch.key) frontier.clear();
      const Operation& op = history_.operations[touch.txn];
      const auto of = [&](const Touch* other) -> const Operation& { return history_.operations[other->txn]; };
      Nanos covered = 0;  // the latest invocation among what completed before this one
      for (const Touch* other : frontier)
        if (of(other).completed < op.invoked) covered = std::max(covered, of(other).invoked);
      std::erase_if(frontier, [&](const Touch* other) { return of(other).completed < covered; });
      for (const Touch* other : frontier)
        if (of(other).completed < op.invoked && other->last() != touch.first())
          edges.push_back({other->last(), touch.first(), Source::kLinearizable});
      if (op.outcome == Outcome::kOk) frontier.push_back(&touch);
    }
    return edges;
  }

  /// Adds a source's edges, except for the keys where they would close a circle of versions.
  void accept(std::vector<VersionEdge>& accepted, std::vector<VersionEdge> edges, const std::string& sources,
              std::string_view anomaly) {
    const auto& versions = registers_.versions();
    GraphBuilder builder(static_cast<Index>(versions.size()));
    for (const VersionEdge& edge : accepted) builder.add(edge.from, edge.to, EdgeType::kWw);
    for (const VersionEdge& edge : edges) builder.add(edge.from, edge.to, EdgeType::kWw);
    for (Index id = 0; id < versions.size(); ++id)
      builder.add(registers_.initial(versions[id].key), id, EdgeType::kWw);
    std::vector<bool> circular(txns_.keys.size(), false);
    for (const std::vector<Index>& circle : strong_components(builder.build(), kAllEdges)) {
      circular[versions[circle.front()].key] = true;
      report_circle(circle, sources, anomaly);
    }
    for (const VersionEdge& edge : edges)
      if (!circular[versions[edge.from].key]) accepted.push_back(edge);
  }

  void report_circle(const std::vector<Index>& circle, const std::string& sources, std::string_view anomaly) {
    findings_.log.add(anomaly, [&] {
      const auto& versions = registers_.versions();
      const std::string name = key_name(versions[circle.front()].key);
      std::string values;
      std::vector<Index> involved;
      for (std::size_t i = 0; i < circle.size() && i < kShownVersions; ++i) {
        values += (i == 0 ? "" : ", ") + show(history_, versions[circle[i]].value);
        for (Index txn : transactions_at(circle[i]))
          if (involved.size() < kShownVersions) involved.push_back(txn);
      }
      if (circle.size() > kShownVersions) values += ", …";
      std::ranges::sort(involved);
      involved.erase(std::unique(involved.begin(), involved.end()), involved.end());
      return anomaly_of(history_, involved, name,
                        "Each of the versions " + values + " of " + name +
                            " would have to come before the others, by " + sources + ".");
    });
  }

  /// Some transactions that wrote or read a version, for a report.
  std::vector<Index> transactions_at(Index version) const {
    std::vector<Index> found;
    for (const Touch& touch : registers_.touches()) {
      if (touch.read == version || touch.write == version) found.push_back(touch.txn);
      if (found.size() >= 3) break;
    }
    return found;
  }

  /// From the first value to every version that no written version is known to precede; the others follow
  /// those.
  void add_initial_edges(std::vector<VersionEdge>& edges) const {
    const auto& versions = registers_.versions();
    std::vector<bool> preceded(versions.size(), false);
    for (const VersionEdge& edge : edges)
      if (registers_.external_writer(edge.from) != kNoIndex) preceded[edge.to] = true;
    for (Index id = 0; id < versions.size(); ++id)
      if (const Index first = registers_.initial(versions[id].key); id != first && !preceded[id])
        edges.push_back({first, id, Source::kInitial});
  }

  // --- dependencies ---

  void link(GraphBuilder& graph) {
    const auto versions = static_cast<Index>(registers_.versions().size());
    std::vector<Index> first_reader(versions + 2, 0);
    for (const Touch& touch : registers_.touches())
      if (touch.read != kNoIndex) ++first_reader[touch.read + 2];
    for (Index id = 0; id < versions; ++id) first_reader[id + 2] += first_reader[id + 1];
    std::vector<Index> readers(first_reader.back());
    for (const Touch& touch : registers_.touches())
      if (touch.read != kNoIndex) readers[first_reader[touch.read + 1]++] = touch.txn;

    std::vector<Index> next_writers;
    auto edge = version_edges_.begin();
    for (Index id = 0; id < versions; ++id) {
      budget_.poll(graph.bytes());
      const std::span<const Index> readers_here(readers.data() + first_reader[id],
                                                readers.data() + first_reader[id + 1]);
      const Index writer = registers_.external_writer(id);
      if (writer != kNoIndex)
        for (Index reader : readers_here) graph.add(writer, reader, EdgeType::kWr);
      next_writers.clear();
      for (; edge != version_edges_.end() && edge->from == id; ++edge)
        if (const Index next = registers_.external_writer(edge->to); next != kNoIndex)
          next_writers.push_back(next);
      if (writer != kNoIndex)
        for (Index next : next_writers) graph.add(writer, next, EdgeType::kWw);
      if (!readers_here.empty() && !next_writers.empty())
        graph.add_product(readers_here, next_writers, EdgeType::kRw);
    }
  }

  // --- words ---

  EdgeReason reason(const CycleStep& step, const std::string& from, const std::string& to) const {
    const auto& touches = registers_.touches();
    for (Index a = registers_.touch_begin(step.from); a < registers_.touch_end(step.from); ++a)
      for (Index b = registers_.touch_begin(step.to); b < registers_.touch_end(step.to); ++b) {
        if (touches[a].key != touches[b].key) continue;
        const Index before = step.type == EdgeType::kRw ? touches[a].read : touches[a].write;
        const Index after = step.type == EdgeType::kWr ? touches[b].read : touches[b].write;
        if (before == kNoIndex || after == kNoIndex) continue;
        const std::string name = key_name(touches[a].key);
        const std::string done =
            from + (step.type == EdgeType::kRw ? " read " : " wrote ") + name + " = " + value_text(before);
        if (step.type == EdgeType::kWr) {
          if (before == after) return {name, done + ", and " + to + " read it"};
        } else if (const VersionEdge* edge = find_edge(before, after)) {
          return {name, done + ", and " + to + " wrote " + name + " = " + value_text(after) +
                            ", a later version (" +
                            std::string(kSources[static_cast<std::size_t>(edge->source)].because) + ")"};
        }
      }
    return {};
  }

  const VersionEdge* find_edge(Index from, Index to) const {
    const auto at = std::ranges::lower_bound(version_edges_, VersionEdge{from, to, Source::kInitial});
    return at != version_edges_.end() && at->from == from && at->to == to ? &*at : nullptr;
  }

  std::string value_text(Index version) const { return show(history_, registers_.versions()[version].value); }
  std::string key_name(Index key) const { return show(history_, txns_.keys[key]); }

  const History& history_;
  const ModelOptions& options_;
  bool linearizable_keys_ = false;  // asked for, or implied by the model
  bool sequential_keys_ = false;
  bool wfr_keys_ = false;
  TxnBudget& budget_;
  Registers registers_;
  const TxnColumns& txns_;
  std::vector<VersionEdge> version_edges_;  // sorted
  TxnFindings findings_;
};

RwRegister::RwRegister(const History& history, const ModelOptions& options, TxnBudget& budget)
    : impl_(std::make_unique<Impl>(history, options, budget)) {}
RwRegister::~RwRegister() = default;

TxnFindings RwRegister::analyze(const TxnRequest& request) {
  return impl_->analyze(request);
}

}  // namespace harness
