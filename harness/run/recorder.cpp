#include "harness/run/recorder.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>

#include "harness/core/check.h"
#include "harness/core/write_mend.h"

namespace harness {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kWindow = 8U << 20;  // grown and mapped at once; a multiple of the page size

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

Recorder::Recorder(const std::filesystem::path& file, const RunClock& clock) : file_(file), clock_(clock) {
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor_ < 0)
    throw EnvironmentError("cannot create " + file.string() + ": " + std::strerror(errno) +
                           ". Choose a writable place with --store DIR");
  try {
    grow(kJournalSlot);
    map_header();
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
  const JournalSlot header = sum_.header();
  std::memcpy(reserve(header.size()), header.data(), header.size());
}

void Recorder::map_header() {
  void* mapped = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (mapped == MAP_FAILED)
    throw EnvironmentError("cannot map the history " + file_.string() + ": " + std::strerror(errno) +
                           "; raise `ulimit -v`, or end other programs");
  header_ = static_cast<std::byte*>(mapped);
}

Recorder::~Recorder() {
  if (window_) ::munmap(window_, window_size_);
  ::munmap(header_, kPage);
  // A failure here leaves zeros at the end of the file, which read as its end.
  if (::ftruncate(descriptor_, static_cast<off_t>(end_)) != 0) std::perror("harness: journal");
  ::close(descriptor_);
}

void Recorder::grow(std::size_t bytes) {
  const std::size_t page_begin = end_ / kPage * kPage;
  const std::size_t size = (end_ - page_begin + bytes + kWindow - 1) / kWindow * kWindow;
  // posix_fallocate reports a full disk here and now; a sparse file would raise SIGBUS at some later write.
  if (const int error =
          ::posix_fallocate(descriptor_, static_cast<off_t>(page_begin), static_cast<off_t>(size)))
    throw EnvironmentError("cannot grow the history " + file_.string() + ": " + std::strerror(error) +
                           ". What was recorded so far is kept; " + write_mend(error));
  if (window_) ::munmap(window_, window_size_);
  void* mapped =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, static_cast<off_t>(page_begin));
  if (mapped == MAP_FAILED) {
    window_ = nullptr;
    throw EnvironmentError("cannot map the history " + file_.string() + ": " + std::strerror(errno));
  }
  window_ = static_cast<std::byte*>(mapped);
  window_begin_ = page_begin;
  window_size_ = size;
}

std::byte* Recorder::reserve(std::size_t bytes) {
  if (!window_ || end_ + bytes > window_begin_ + window_size_) grow(bytes);
  std::byte* place = window_ + (end_ - window_begin_);
  end_ += bytes;
  return place;
}

/// The tag last, then the header: see journal.h.
void Recorder::write(JournalSlot slot, std::span<const std::byte> payload) {
  std::byte* place = reserve(slot.size() + padded_to_slots(payload.size()));
  sum_.add(slot, payload);
  std::memcpy(place + 1, slot.data() + 1, slot.size() - 1);
  if (!payload.empty()) std::memcpy(place + slot.size(), payload.data(), payload.size());
  std::atomic_ref(*place).store(slot[0], std::memory_order_release);
  std::atomic_signal_fence(std::memory_order_seq_cst);  // a killed writer's header counts no record too many
  const JournalSlot header = sum_.header();
  std::memcpy(header_ + kJournalMagic.size(), header.data() + kJournalMagic.size(),
              header.size() - kJournalMagic.size());
}

void Recorder::append_event(Event event) {
  write(encode_event(event), {});
  ++events_;
}

void Recorder::append_definition(JournalTable table, std::uint32_t number,
                                 std::span<const std::byte> payload) {
  write(encode_definition(table, number, static_cast<std::uint32_t>(payload.size())), payload);
}

std::uint32_t Recorder::key(std::string_view text) {
  const std::lock_guard lock(mutex_);
  const std::size_t known = tables_.keys.size();
  const std::uint32_t number = tables_.keys.intern(text);
  if (number == known) append_definition(JournalTable::kKey, number, bytes_of(text));
  return number;
}

std::uint16_t Recorder::node(std::string_view text) {
  const std::lock_guard lock(mutex_);
  const std::size_t known = tables_.nodes.size();
  const std::uint32_t number = tables_.nodes.intern(text);
  if (number == known) append_definition(JournalTable::kNode, number, bytes_of(text));
  return static_cast<std::uint16_t>(number);
}

std::uint16_t Recorder::error(std::string_view text) {
  const std::lock_guard lock(mutex_);
  const std::size_t known = tables_.errors.size();
  const std::uint32_t number = tables_.errors.intern(text);
  CHECK_THAT_HOLDS(number < kNoError, "reasons are few: they never hold a reply's own text");
  if (number == known) append_definition(JournalTable::kError, number, bytes_of(text));
  return static_cast<std::uint16_t>(number);
}

Value Recorder::text(std::string_view text) {
  const std::lock_guard lock(mutex_);
  const std::size_t known = tables_.values.texts();
  const Value value = tables_.values.text(text);
  if (tables_.values.texts() != known)
    append_definition(JournalTable::kText, static_cast<std::uint32_t>(known), bytes_of(text));
  return value;
}

Value Recorder::list(std::span<const Value> elements) {
  const std::lock_guard lock(mutex_);
  const std::size_t known = tables_.values.lists();
  const Value value = tables_.values.list(elements);
  if (tables_.values.lists() != known)
    append_definition(JournalTable::kList, static_cast<std::uint32_t>(known), std::as_bytes(elements));
  return value;
}

std::string Recorder::key_text(std::uint32_t key) const {
  const std::lock_guard lock(mutex_);
  return std::string(tables_.keys.text(key));
}

std::vector<Value> Recorder::elements(Value list) const {
  const std::lock_guard lock(mutex_);
  const auto elements = tables_.values.as_list(list);
  return {elements.begin(), elements.end()};
}

Nanos Recorder::append(const Operation& op, EventType type, Value value) {
  Event event;
  event.value = value;
  event.process = op.process;
  event.key = op.key;
  event.type = type;
  event.function = op.function;
  if (type != EventType::kInvoke) {
    event.node = op.node;
    event.error = op.error;
  }
  const std::lock_guard lock(mutex_);
  event.time = clock_.now();
  append_event(event);
  if (type != EventType::kInvoke) ++completed_[static_cast<std::size_t>(op.outcome)];
  return event.time;
}

Nanos Recorder::invoke(const Operation& op) {
  return append(op, EventType::kInvoke, op.argument);
}

Nanos Recorder::complete(const Operation& op) {
  switch (op.outcome) {
    case Outcome::kOk:
      return append(op, EventType::kOk, op.result);
    case Outcome::kFail:
      // What a compare-and-set saw in place of the expected value.
      return append(op, EventType::kFail, op.result.is_nil() ? op.argument : op.result);
    case Outcome::kInfo:
      return append(op, EventType::kInfo, op.argument);
  }
  return 0;
}

}  // namespace harness
