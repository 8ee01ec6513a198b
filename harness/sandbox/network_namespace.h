// A network namespace held by a file descriptor: it needs no name, so nothing of it can outlive the harness.
#pragma once

#include <functional>
#include <utility>

#include "harness/sandbox/file_descriptor.h"

namespace harness {

class NetworkNamespace {
 public:
  /// A new, empty one (lo down, no IPv6). Throws EnvironmentError.
  NetworkNamespace();

  /// The one that the calling thread is in.
  static NetworkNamespace current();

  int fd() const { return fd_.get(); }
  /// Moves the calling thread into it, for good. Throws EnvironmentError.
  void enter() const;
  /// Runs `work` inside, on a thread of its own, and waits for it; what it throws is thrown here. Sockets
  /// opened in there belong to this namespace for as long as they live.
  void run(const std::function<void()>& work) const;

 private:
  explicit NetworkNamespace(FileDescriptor fd) : fd_(std::move(fd)) {}

  FileDescriptor fd_;
};

/// Makes IPv6 vanish from the calling thread's network namespace: no link-local addresses, no waiting for
/// duplicate address detection.
void disable_ipv6();

}  // namespace harness
