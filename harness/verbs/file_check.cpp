#include "harness/verbs/file_check.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>

#include "checkers/common/findings.h"
#include "checkers/common/graphviz.h"
#include "checkers/common/parts.h"
#include "checkers/models/kv.h"
#include "checkers/models/register.h"
#include "checkers/models/screening.h"
#include "harness/core/key_sizes.h"

namespace harness {
namespace {

/// As --memory-limit takes them: 1 MB is 2^20 bytes.
std::string megabytes(std::uint64_t bytes) {
  const double all = static_cast<double>(bytes) / (1 << 20);
  char text[32];
  std::snprintf(text, sizeof text, all < 10 ? "%.1f MB" : "%.0f MB", all);
  return text;
}

/// What checking some keys takes: the operations with the checkers' own arrays (the largest of which have
/// some 60 bytes an operation), the values with the places where checkers note them, and all names of keys.
constexpr std::uint64_t kBytesPerOperation = sizeof(Operation) + 64;
std::uint64_t bytes_of(const KeySize& size) {
  return size.operations * kBytesPerOperation + 2 * size.value_bytes;
}
constexpr std::uint64_t kBytesPerKey = 96;  // in arrays by key, whether or not it is loaded

/// Passes all on, and knows how long that took.
class TimedSink final : public EventSink {
 public:
  explicit TimedSink(EventSink& sink) : sink_(sink) {}
  HistoryTables& tables() override { return sink_.tables(); }
  void take(const EventBatch& batch) override {
    const StageTimer timer(seconds_);
    sink_.take(batch);
  }
  double seconds() const { return seconds_; }

 private:
  EventSink& sink_;
  double seconds_ = 0;
};

class FileCheck {
 public:
  FileCheck(const HistoryFile& file, const Model& model, const FileCheckOptions& options)
      : file_(file), model_(model), options_(options), budget_(options.model.budget) {}

  FileChecked run() {
    const bool answered = screens() && screen();
    if (!answered) {
      if (surely_fits()) {
        check_whole();
      } else if (!sizes_.empty() || count()) {
        check_as_it_fits();
      }
    }
    checked_.result.name = model_.name;
    for (const Anomaly& anomaly : checked_.result.anomalies)
      if (options_.graphs) checked_.graphs.push_back(graphs_[{anomaly.type, anomaly.operations}]);
    return std::move(checked_);
  }

 private:
  // --- reading ---

  /// False when it was stopped, by `also` or by the budget; `what` goes on, in words.
  bool read(EventSink& sink, const std::string& what, const KeepReading& also = {}) {
    ReadingOptions reading;
    reading.threads = threads();
    reading.sparing = limit() / 2 < file_.size();
    std::size_t done = 0;
    reading.keep_reading = [&](std::size_t bytes) {
      done = bytes;
      options_.progress(what, share_of(bytes));
      if (also && !also(bytes)) return false;
      out_of_time_ = budget_.stop();
      return !out_of_time_;
    };
    std::vector<std::string> warnings;
    bool whole = false;
    {
      const StageTimer timer(checked_.stages.reading);
      whole = file_.read(sink, reading, warnings);
    }
    if (checked_.warnings.empty()) checked_.warnings = warnings;
    if (out_of_time_) {
      char percent[16];
      std::snprintf(percent, sizeof percent, "%.0f %%", 100 * share_of(done));
      joined_.unknown("the check ran out of its budget of time while " + what + " (" + percent +
                      " of the file); raise it with --time-limit");
    }
    return whole;
  }
  double share_of(std::size_t bytes) const {
    return file_.size() == 0 ? 1 : static_cast<double>(bytes) / static_cast<double>(file_.size());
  }
  std::uint64_t limit() const { return budget_.memory_bytes == 0 ? UINT64_MAX : budget_.memory_bytes; }
  /// A quarter of the limit stays for searches and for what an estimate misses.
  std::uint64_t room() const { return limit() / 4 * 3; }
  unsigned threads() const {
    constexpr std::uint64_t kEach = 64 << 20;  // of the limit, so that pieces of the file take little of it
    return static_cast<unsigned>(std::clamp<std::uint64_t>(limit() / kEach, 1, options_.threads));
  }

  // --- screening ---

  bool screens() const {
    return options_.screening && model_.screened != Screened::kNo && !options_.model.cross_check;
  }
  ModelOptions as_register() const {
    return model_.screened == Screened::kKv ? kv_as_register(options_.model) : options_.model;
  }

  /// True when that was all. Otherwise the keys may have been counted by the way.
  bool screen() {
    constexpr std::size_t kTrial = 100'000;  // operations after which screening in vain is given up
    std::optional<RegisterScreening> screening(std::in_place, as_register(),
                                               model_.screened == Screened::kKv);
    bool in_vain = false;
    TimedSink timed(*screening);
    const bool whole = read(timed, "screening", [&](std::size_t) {
      const bool hopeless = screening->operations() > kTrial && 2 * screening->closer() > screening->keys();
      in_vain = hopeless && surely_fits();
      if (hopeless || screening->bytes() > room() / 2) screening->give_up();
      return !in_vain;
    });
    checked_.stages.reading -= timed.seconds();
    checked_.stages.screening += timed.seconds();
    if (in_vain) return false;
    operations_ = screening->operations();
    if (!whole) {
      conclude();
      return true;
    }
    const RegisterScreening::Outcome outcome = [&] {
      const StageTimer timer(checked_.stages.screening);
      return screening->finish();
    }();
    if (outcome.closer > 0) {
      take_sizes(screening->sizes(), screening->tables().keys);
      screening.reset();  // its memory is needed now
      if (outcome.fine == 0) return false;
    }
    registers_ = true;
    tally_.zones = outcome.fine;
    if (outcome.closer > 0) check_keys(outcome.closer_look);
    conclude();
    return true;
  }

  // --- the whole history ---

  /// Whatever is in it: a byte of a file becomes hardly ever more than four.
  bool surely_fits() const { return file_.size() < room() / 4; }

  void check_whole() {
    HistoryBuilder builder;
    builder.reserve(operations_ > 0 ? operations_ : file_.operations_guess());
    if (!read(builder, "reading")) {
      operations_ = builder.tables().operations.size();
      return conclude();
    }
    const History history = builder.finish();
    checked_.result = check(history, history.operations.size() * kBytesPerOperation);
  }

  /// `bytes`: what the history takes, about. The rest of the budget is for searches.
  CheckResult check(const History& history, std::uint64_t bytes) {
    options_.progress("checking", -1);
    ModelOptions model = registers_ ? as_register() : options_.model;
    model.increments_return_counts = increments_return_counts_;
    if (budget_.memory_bytes != 0) model.budget.memory_bytes = limit() - std::min(bytes, room());
    const SearchTimer timer(checked_.stages);
    CheckResult result =
        registers_ ? check_register_part(history, model, tally_) : model_.check(history, model);
    if (!options_.graphs) return result;
    const Drawings drawn = model_.draw != nullptr ? model_.draw(history, model) : Drawings();
    for (const Anomaly& anomaly : result.anomalies) {
      const auto better = drawn.find({anomaly.type, anomaly.operations});
      graphs_[{anomaly.type, anomaly.operations}] =
          better != drawn.end() ? better->second : anomaly_graph(history, anomaly);
    }
    return result;
  }

  // --- some keys at a time ---

  void take_sizes(std::vector<KeySize> sizes, StringTable& keys) {
    sizes_ = std::move(sizes);
    // They are held twice: here, and with each part's history.
    base_bytes_ = 2 * names_bytes(keys) + sizes_.size() * kBytesPerKey;
    keys_ = std::move(keys);
  }

  /// False when it was stopped.
  bool count() {
    KeySizes counting;
    const bool whole = read(counting, "counting");
    operations_ = counting.operations();
    increments_return_counts_ = counting.increments_return_counts();
    take_sizes(counting.sizes(), counting.tables().keys);
    if (!whole) conclude();
    return whole;
  }

  void check_as_it_fits() {
    std::uint64_t all = base_bytes_;
    WantedKeys every;
    for (std::size_t place = 0; place < sizes_.size(); ++place) {
      all += bytes_of(sizes_[place]);
      every.insert(KeyPlaces::key(place));
    }
    if (all <= room()) return check_whole();
    if (model_.per_key) {
      registers_ = model_.screened == Screened::kRegister;
      check_keys(every);
    } else {
      joined_.unknown("the history takes about " + megabytes(all) + " of memory, and the model " +
                      std::string(model_.name) + " needs all of it at once" + raise_words(all));
    }
    conclude();
  }

  /// Loads and checks as many of these keys at a time as fit.
  void check_keys(const WantedKeys& wanted) {
    std::vector<std::size_t> places;
    for (std::size_t place = 0; place < sizes_.size(); ++place)
      if (sizes_[place].operations > 0 && wanted.contains(KeyPlaces::key(place))) places.push_back(place);
    std::vector<std::size_t> too_large;
    for (std::size_t next = 0; next < places.size();) {
      WantedKeys part;
      KeySize size;
      for (; next < places.size(); ++next) {
        const KeySize& one = sizes_[places[next]];
        if (base_bytes_ + bytes_of(one) > room()) {
          too_large.push_back(places[next]);
          continue;
        }
        const KeySize with{size.value_bytes + one.value_bytes, size.operations + one.operations};
        if (base_bytes_ + bytes_of(with) > room()) break;
        size = with;
        part.insert(KeyPlaces::key(places[next]));
      }
      if (size.operations > 0 && !check_part(part, size)) {
        joined_.unknown(stopped_words("keys", next, places.size()));
        return;
      }
    }
    if (!too_large.empty()) say_too_large(too_large);
  }

  /// False when it was stopped.
  bool check_part(const WantedKeys& part, const KeySize& size) {
    HistoryBuilder builder;
    builder.keep_only(&part);
    builder.reserve(size.operations);
    if (!read(builder, "reading some keys")) return false;
    const History history = builder.finish();
    joined_.add(check(history, base_bytes_ + bytes_of(size)));
    ++parts_;
    return !budget_.stop();
  }

  void say_too_large(const std::vector<std::size_t>& places) {
    std::uint64_t most = 0;
    for (const std::size_t place : places) most = std::max(most, base_bytes_ + bytes_of(sizes_[place]));
    const std::uint32_t key = KeyPlaces::key(places.front());
    std::string text = key == kNoKey ? "what has no key" : "key " + std::string(keys_.text(key));
    if (places.size() > 1) text += " and " + std::to_string(places.size() - 1) + " more keys";
    joined_.unknown(text + (places.size() > 1 ? " take up to " : " takes about ") + megabytes(most) +
                    " of memory, and a key is checked as a whole" + raise_words(most));
  }
  std::string raise_words(std::uint64_t needed) const {
    return ": raise --memory-limit from " + megabytes(limit()) + " to " +
           megabytes(needed / 3 * 4 + (1 << 20));
  }

  void conclude() {
    if (registers_) {
      if (tally_.searched > 0) joined_.measure("search_steps", static_cast<double>(tally_.steps));
      joined_.note(algorithm_words(tally_));
    }
    if (parts_ > 1)
      joined_.note("Checked in " + std::to_string(parts_) + " parts, to keep within --memory-limit.");
    checked_.result = joined_.finish(operations_, "Linearizable.");
  }

  const HistoryFile& file_;
  const Model& model_;
  const FileCheckOptions& options_;
  const Budget& budget_;
  FileChecked checked_;
  JoinedParts joined_;
  bool out_of_time_ = false;
  bool registers_ = false;  // screening found keys fine: all are registers, and the tally goes on
  RegisterTally tally_;
  std::size_t operations_ = 0;
  std::vector<KeySize> sizes_;  // by KeyPlaces; empty: not counted
  StringTable keys_;
  std::uint64_t base_bytes_ = 0;  // of whatever part
  bool increments_return_counts_ = false;
  std::size_t parts_ = 0;
  Drawings graphs_;
};

}  // namespace

FileChecked check_history_file(const HistoryFile& file, const Model& model, const FileCheckOptions& options) {
  return FileCheck(file, model, options).run();
}

}  // namespace harness
