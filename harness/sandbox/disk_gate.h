// The disk gate: what a server asks of the disk (write, fsync, fdatasync, rename) comes to the harness first,
// which lets it go on, holds it back, or answers in the disk's place. By seccomp user notification: the
// kernel stops the caller until we answer. A filter cannot be taken off again, so a server has one only when
// the plan names a fault that needs it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/sandbox/durable_files.h"

namespace harness {

/// What the rule does to calls that ask for it, on files of the server that `file` picks.
struct DiskRule {
  bool on_write = false;  // write, pwrite
  bool on_sync = false;   // fsync, fdatasync
  std::function<bool(const std::filesystem::path&)> file;
  int error = 0;                       // answered instead: EIO, ENOSPC; 0: none
  std::chrono::microseconds delay{0};  // held back so long, and then let go on
  std::int64_t shorten = -1;  // so many bytes of a write at the end of a file are written, no more; -1: all
};

class DiskGate {
 public:
  /// Files below the roots count as the server's own: the rest passes.
  explicit DiskGate(std::vector<std::filesystem::path> roots);
  ~DiskGate();  // what is held back goes on
  DiskGate(const DiskGate&) = delete;
  DiskGate& operator=(const DiskGate&) = delete;

  /// In force until it is removed; of several the one added first answers.
  int add(DiskRule rule);
  void remove(int rule);
  /// How many calls a rule has answered so far; that of a removed one is 0.
  std::uint64_t answered(int rule) const;
  /// How many rules are in force, and how many calls are held back now.
  std::size_t rules() const;
  std::size_t held_back() const;
  /// All calls that came here.
  std::uint64_t calls() const;

  DurableFiles& files();

  /// For the new process, between fork and exec, as the last thing: from then on its calls come here. Only
  /// async-signal-safe calls. False, with errno.
  bool install_in_child() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Tried for real, in a process of its own: why calls cannot be answered here; empty: they can.
std::string why_no_disk_gate();

}  // namespace harness
