#include "harness/verbs/jsonl_threads.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "harness/core/jsonl.h"

namespace harness {
namespace {

/// Pieces between being claimed by a thread and being joined: a ring, so that no thread runs far ahead.
class Pieces {
 public:
  Pieces(std::string_view bytes, std::size_t ring) : bytes_(bytes), ring_(ring) {}

  /// A worker's life.
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return ended_ || all_claimed() || has_room(); });
      if (ended_ || all_claimed()) return;
      parse_next(lock);
    }
  }

  /// Joins all pieces; parses too while none is ready. False when `keep_reading` ended it.
  bool join(JsonlJoiner& joiner, const KeepReading& keep_reading) {
    std::unique_lock lock(mutex_);
    while (!(all_claimed() && joined_ == claimed_)) {
      Slot& next = ring_[joined_ % ring_.size()];
      if (joined_ < claimed_ && next.ready) {
        lock.unlock();
        if (next.failure) std::rethrow_exception(next.failure);
        joiner.take(next.piece);
        if (!keep_reading(next.end)) return false;
        lock.lock();
        next.ready = false;
        ++joined_;
        changed_.notify_all();
      } else if (!all_claimed() && has_room()) {
        parse_next(lock);
      } else {
        changed_.wait(lock);
      }
    }
    return true;
  }

  /// Workers stop after the piece that they are at.
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

 private:
  struct Slot {
    JsonlPiece piece;
    std::size_t end = 0;  // in the file
    bool ready = false;
    std::exception_ptr failure;
  };

  bool all_claimed() const { return at_ == bytes_.size(); }
  bool has_room() const { return claimed_ - joined_ < ring_.size(); }

  void parse_next(std::unique_lock<std::mutex>& lock) {
    Slot& slot = ring_[claimed_++ % ring_.size()];
    const std::string_view rest = bytes_.substr(at_);
    const std::string_view mine = rest.substr(0, jsonl_cut(rest, kJsonlPiece));
    at_ += mine.size();
    slot.end = at_;
    lock.unlock();
    try {
      parse_jsonl(mine, slot.piece);
    } catch (...) {
      slot.failure = std::current_exception();
    }
    lock.lock();
    slot.ready = true;
    changed_.notify_all();
  }

  const std::string_view bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Slot> ring_;
  std::size_t at_ = 0;       // bytes before it are claimed
  std::size_t claimed_ = 0;  // pieces
  std::size_t joined_ = 0;   // pieces
  bool ended_ = false;
};

/// Threads that end with the scope, however it is left.
class Workers {
 public:
  Workers(Pieces& pieces, unsigned count) : pieces_(pieces) {
    for (unsigned i = 0; i < count; ++i) threads_.emplace_back([this] { pieces_.work(); });
  }
  ~Workers() {
    pieces_.end();
    for (std::thread& thread : threads_) thread.join();
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

 private:
  Pieces& pieces_;
  std::vector<std::thread> threads_;
};

}  // namespace

bool read_jsonl_threads(std::string_view bytes, EventSink& sink, const KeepReading& keep_reading,
                        unsigned threads, std::vector<std::string>& warnings) {
  if (threads < 2 || bytes.size() < 4 * kJsonlPiece) return read_jsonl(bytes, sink, keep_reading, &warnings);
  JsonlJoiner joiner(sink);
  Pieces pieces(bytes, 2 * threads);
  const Workers workers(pieces, threads - 1);
  const bool whole = pieces.join(joiner, keep_reading);
  joiner.warn(warnings);
  return whole;
}

}  // namespace harness
