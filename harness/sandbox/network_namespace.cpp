#include "harness/sandbox/network_namespace.h"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <string>
#include <thread>

#include "harness/core/check.h"

namespace harness {
namespace {

[[noreturn]] void fail_namespace(const std::string& what) {
  throw EnvironmentError(what + ": " + std::strerror(errno) + "; `harness doctor` names the mend");
}

FileDescriptor open_current() {
  FileDescriptor current(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!current) fail_namespace("cannot open /proc/thread-self/ns/net");
  return current;
}

// Namespaces belong to threads, so that a thread of its own leaves the caller where it is.
void on_own_thread(const std::function<void()>& work) {
  std::exception_ptr thrown;
  std::thread([&] {
    try {
      work();
    } catch (...) {
      thrown = std::current_exception();
    }
  }).join();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace

NetworkNamespace::NetworkNamespace() {
  on_own_thread([this] {
    if (::unshare(CLONE_NEWNET) != 0) fail_namespace("cannot make a network namespace for a host");
    fd_ = open_current();
    disable_ipv6();
  });
}

NetworkNamespace NetworkNamespace::current() {
  return NetworkNamespace(open_current());
}

void NetworkNamespace::enter() const {
  if (::setns(fd_.get(), CLONE_NEWNET) != 0) fail_namespace("cannot enter a host's network namespace");
}

void NetworkNamespace::run(const std::function<void()>& work) const {
  on_own_thread([&] {
    enter();
    work();
  });
}

void disable_ipv6() {
  for (const char* path :
       {"/proc/sys/net/ipv6/conf/default/disable_ipv6", "/proc/sys/net/ipv6/conf/all/disable_ipv6"}) {
    const FileDescriptor file(::open(path, O_WRONLY | O_CLOEXEC));
    if (!file) continue;  // a kernel without IPv6, or a /proc/sys that is read-only: nothing depends on it
    [[maybe_unused]] const auto written = ::write(file.get(), "1", 1);
  }
}

}  // namespace harness
