// Raw frames: a receiver with a ring in shared memory (a socket's buffer would hold some 150 frames only),
// and a sender of many frames at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/sandbox/file_descriptor.h"

namespace harness {

/// Receives the IPv4 frames of one interface, in the network namespace of the thread that makes it.
class FrameReceiver {
 public:
  /// Throws EnvironmentError.
  explicit FrameReceiver(int interface);
  ~FrameReceiver();
  FrameReceiver(const FrameReceiver&) = delete;
  FrameReceiver& operator=(const FrameReceiver&) = delete;

  int fd() const { return socket_.get(); }
  /// The next frame, valid until done(); empty when none is there. A frame larger than a slot comes cut:
  /// `whole` says so.
  std::span<unsigned char> next(bool& whole);
  void done();
  /// Frames that found the ring full since the last call.
  std::uint64_t take_overflow();

 private:
  unsigned char* slot() const;

  FileDescriptor socket_;
  unsigned char* ring_ = nullptr;
  std::size_t at_ = 0;
};

struct OutgoingFrame {
  int interface = 0;
  std::span<unsigned char> bytes;
};

/// Sends frames out of the interfaces of the network namespace of the thread that makes it.
class FrameSender {
 public:
  FrameSender();
  /// How many could not be sent.
  std::size_t send(const std::vector<OutgoingFrame>& frames);

 private:
  FileDescriptor socket_;
};

}  // namespace harness
