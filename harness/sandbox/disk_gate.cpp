#include "harness/sandbox/disk_gate.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "harness/core/check.h"
#include "harness/sandbox/file_descriptor.h"
#include "harness/sandbox/stopped_call.h"

namespace harness {
namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the disk gate does not know this machine's system calls"
#endif

constexpr std::array kCalls = {
#if defined(SYS_rename)
    SYS_rename,
#endif
    SYS_fsync,  SYS_fdatasync, SYS_renameat, SYS_renameat2, SYS_write, SYS_pwrite64,
};

/// Lets all calls pass but those.
std::vector<sock_filter> filter_program() {
  const auto count = static_cast<std::uint8_t>(kCalls.size());
  std::vector<sock_filter> program = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 0, static_cast<std::uint8_t>(count + 1)),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (std::uint8_t i = 0; i < count; ++i)
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(kCalls[i]),
                               static_cast<std::uint8_t>(count - i), 0));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
  return program;
}

/// A message with one descriptor in it.
struct DescriptorMessage {
  explicit DescriptorMessage(int descriptor = -1) {
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
  }
  int descriptor() {
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    int found = -1;
    if (header && header->cmsg_type == SCM_RIGHTS) std::memcpy(&found, CMSG_DATA(header), sizeof(int));
    return found;
  }
  char byte = 0;
  iovec vector{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
};

}  // namespace

struct DiskGate::Impl {
  struct Rule {
    DiskRule rule;
    std::uint64_t answered = 0;
  };
  struct Held {
    int listener;
    std::uint64_t id;
  };

  explicit Impl(std::vector<fs::path> roots) : files(std::move(roots)), program(filter_program()) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
      throw EnvironmentError(std::string("cannot make a socket pair: ") + std::strerror(errno));
    receiver = FileDescriptor(ends[0]);
    sender = FileDescriptor(ends[1]);
    wakeup = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wakeup) throw EnvironmentError(std::string("cannot make an eventfd: ") + std::strerror(errno));
    thread = std::thread([this] { serve(); });
  }
  ~Impl() {
    ending = true;
    wake();
    thread.join();
  }

  void wake() const {
    const std::uint64_t one = 1;
    // A counter that is full wakes as well.
    (void)!::write(wakeup.get(), &one, sizeof one);
  }

  void serve() {
    while (!ending) {
      std::vector<pollfd> ready = {{wakeup.get(), POLLIN, 0}, {receiver.get(), POLLIN, 0}};
      for (const FileDescriptor& listener : listeners) ready.push_back({listener.get(), POLLIN, 0});
      ::poll(ready.data(), ready.size(), until_next_release());
      release_due();
      if (ready[0].revents != 0) drain_wakeup();
      for (std::size_t i = 2; i < ready.size(); ++i) {
        if ((ready[i].revents & POLLIN) != 0) answer_one(ready[i].fd);
        if ((ready[i].revents & (POLLHUP | POLLERR)) != 0) forget(ready[i].fd);
      }
      if ((ready[1].revents & POLLIN) != 0) take_listener();
    }
    for (const auto& [due, call] : held) let_go_on(call.listener, call.id);
  }

  void drain_wakeup() const {
    std::uint64_t count = 0;
    (void)!::read(wakeup.get(), &count, sizeof count);
  }

  int until_next_release() {
    const std::lock_guard lock(mutex);
    if (held.empty()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(held.begin()->first - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(0, left.count()));
  }

  void release_due() {
    const std::lock_guard lock(mutex);
    while (!held.empty() && held.begin()->first <= Clock::now()) {
      let_go_on(held.begin()->second.listener, held.begin()->second.id);
      held.erase(held.begin());
    }
  }

  void take_listener() {
    DescriptorMessage incoming;
    if (::recvmsg(receiver.get(), &incoming.message, MSG_CMSG_CLOEXEC) <= 0) return;
    FileDescriptor listener(incoming.descriptor());
    if (!listener) return;
    prefer_quick_wakeups(listener.get());
    listeners.push_back(std::move(listener));
  }

  /// No process is left behind this listener.
  void forget(int listener) {
    const std::lock_guard lock(mutex);
    std::erase_if(held, [&](const auto& entry) { return entry.second.listener == listener; });
    std::erase_if(listeners, [&](const FileDescriptor& one) { return one.get() == listener; });
  }

  void answer_one(int listener) {
    const auto call = StoppedCall::receive(listener);
    if (!call) return;  // its caller has died meanwhile
    ++calls;
    if (call->is_rename()) {
      if (const auto paths = call->renamed(); paths && files.owns(paths->second))
        files.renamed(paths->first, paths->second);
      return let_go_on(listener, call->id());
    }
    if (!call->is_sync() && no_rules) return let_go_on(listener, call->id());
    const fs::path path = call->file();
    if (!files.owns(path)) return let_go_on(listener, call->id());
    if (!apply_rule(listener, *call, path)) {
      if (call->is_sync()) files.synced(path, call->appends());
      let_go_on(listener, call->id());
    }
  }

  /// False: no rule is for this call. A sync that is held back counts as one of its end.
  bool apply_rule(int listener, const StoppedCall& call, const fs::path& path) {
    const std::lock_guard lock(mutex);
    for (auto& [number, entry] : rules) {
      const DiskRule& rule = entry.rule;
      if (!(call.is_sync() ? rule.on_sync : rule.on_write) || (rule.file && !rule.file(path))) continue;
      if (rule.shorten >= 0 && rule.error == 0 && rule.delay.count() == 0) {
        const auto written = call.write_in_its_place(rule.shorten);
        if (!written) continue;
        answer(listener, call.id(), *written, 0);
      } else if (rule.error != 0) {
        answer(listener, call.id(), 0, rule.error);
      } else {
        if (call.is_sync()) files.synced(path, call.appends());
        held.emplace(Clock::now() + rule.delay, Held{listener, call.id()});
      }
      ++entry.answered;
      return true;
    }
    return false;
  }

  DurableFiles files;
  const std::vector<sock_filter> program;
  FileDescriptor receiver, sender, wakeup;
  std::vector<FileDescriptor> listeners;  // of the thread alone
  std::atomic<bool> ending = false;
  std::atomic<bool> no_rules = true;
  std::atomic<std::uint64_t> calls = 0;
  mutable std::mutex mutex;
  std::map<int, Rule> rules;                    // guarded by mutex
  std::multimap<Clock::time_point, Held> held;  // guarded by mutex
  int next_rule = 1;                            // guarded by mutex
  std::thread thread;
};

DiskGate::DiskGate(std::vector<fs::path> roots) : impl_(std::make_unique<Impl>(std::move(roots))) {}
DiskGate::~DiskGate() = default;

int DiskGate::add(DiskRule rule) {
  const std::lock_guard lock(impl_->mutex);
  const int number = impl_->next_rule++;
  impl_->rules[number] = {std::move(rule), 0};
  impl_->no_rules = false;
  return number;
}

void DiskGate::remove(int rule) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->rules.erase(rule);
    impl_->no_rules = impl_->rules.empty();
    // What the rule holds back is due now.
    std::multimap<Clock::time_point, Impl::Held> due;
    for (const auto& [time, call] : impl_->held) due.emplace(Clock::time_point{}, call);
    if (impl_->rules.empty()) impl_->held = std::move(due);
  }
  impl_->wake();
}

std::uint64_t DiskGate::answered(int rule) const {
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->rules.find(rule);
  return found == impl_->rules.end() ? 0 : found->second.answered;
}

std::size_t DiskGate::rules() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->rules.size();
}

std::size_t DiskGate::held_back() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->held.size();
}

std::uint64_t DiskGate::calls() const {
  return impl_->calls;
}

DurableFiles& DiskGate::files() {
  return impl_->files;
}

bool DiskGate::install_in_child() const {
  sock_fprog program{static_cast<unsigned short>(impl_->program.size()),
                     const_cast<sock_filter*>(impl_->program.data())};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  const int listener = static_cast<int>(
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
  if (listener < 0) return false;
  DescriptorMessage outgoing(listener);
  return ::sendmsg(impl_->sender.get(), &outgoing.message, MSG_NOSIGNAL) == 1;
}

std::string why_no_disk_gate() {
  DiskGate gate({"/nowhere"});
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(gate.install_in_child() && ::fsync(-1) != 0 && errno == EBADF ? 0 : errno);
  int status = 0;
  if (pid < 0 || ::waitpid(pid, &status, 0) != pid) return std::string("fork: ") + std::strerror(errno);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && gate.calls() > 0) return {};
  return "the kernel does not let system calls be answered (seccomp user notification): " +
         std::string(std::strerror(WIFEXITED(status) ? WEXITSTATUS(status) : EPERM)) +
         "; it needs Linux 5.5, and a container a seccomp profile that allows seccomp(2)";
}

}  // namespace harness
