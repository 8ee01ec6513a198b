#include "harness/sandbox/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "harness/core/check.h"
#include "harness/sandbox/file_descriptor.h"

namespace harness {
namespace {

[[noreturn]] void fail(SandboxMode mode, const std::string& what, int error) {
  throw EnvironmentError("cannot " + what + ": " + std::strerror(error) + ". " + namespace_mend(mode, error));
}

void write_file(SandboxMode mode, const char* path, const std::string& text) {
  const FileDescriptor file(::open(path, O_WRONLY | O_CLOEXEC));
  if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    fail(mode, std::string("write ") + path, errno);
}

// A number out of /proc/sys, or nothing-was-there as -1.
long setting(const char* path) {
  long value = -1;
  std::ifstream(path) >> value;
  return value;
}

bool in_container() {
  std::error_code ignored;
  return std::filesystem::exists("/.dockerenv", ignored) ||
         std::filesystem::exists("/run/.containerenv", ignored);
}

}  // namespace

void enter_namespaces(SandboxMode mode, SandboxNetwork network) {
  const int namespaces = CLONE_NEWPID | CLONE_NEWNS | (network == SandboxNetwork::kOwn ? CLONE_NEWNET : 0);
  const auto uid = std::to_string(::geteuid()), gid = std::to_string(::getegid());
  if (mode == SandboxMode::kUserNamespace) {
    if (::unshare(CLONE_NEWUSER | namespaces) != 0)
      fail(mode, "make user, network, pid and mount namespaces", errno);
    // Everyone stays who they are: files that servers write belong to the caller, and programs that look at
    // their user find no root. An unprivileged map of groups asks for setgroups to be given up first.
    write_file(mode, "/proc/self/setgroups", "deny");
    write_file(mode, "/proc/self/uid_map", uid + " " + uid + " 1");
    write_file(mode, "/proc/self/gid_map", gid + " " + gid + " 1");
  } else if (::unshare(namespaces) != 0) {
    fail(mode, "make network, pid and mount namespaces", errno);
  }
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    fail(mode, "make the mounts private", errno);
}

void mount_proc(SandboxMode mode) {
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
    fail(mode, "mount a /proc of its own", errno);
}

std::string namespace_mend(SandboxMode mode, int error) {
  if (mode == SandboxMode::kRoot && ::geteuid() != 0)
    return "This way is for root only: run as root, or inside a user namespace";
  if (mode == SandboxMode::kUserNamespace) {
    if (setting("/proc/sys/user/max_user_namespaces") == 0)
      return "The machine allows no user namespaces: `sudo sysctl -w user.max_user_namespaces=15000` allows "
             "them (a line in /etc/sysctl.d keeps it so), or run as root";
    if (setting("/proc/sys/kernel/unprivileged_userns_clone") == 0)
      return "The kernel keeps user namespaces from ordinary users: `sudo sysctl -w "
             "kernel.unprivileged_userns_clone=1` allows them, or run as root";
    if (setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") > 0)
      return "AppArmor restricts unprivileged user namespaces (as Ubuntu does since 24.04): `sudo sysctl -w "
             "kernel.apparmor_restrict_unprivileged_userns=0` allows them, or run as root";
  }
  for (const char* kind : {"net", "pid", "mnt"})
    if (setting((std::string("/proc/sys/user/max_") + kind + "_namespaces").c_str()) == 0)
      return std::string("The machine allows no such namespaces: `sudo sysctl -w user.max_") + kind +
             "_namespaces=15000` allows them";
  if (error == ENOSPC)
    return "The limit of namespaces is reached: end other runs, or raise user.max_user_namespaces, "
           "user.max_net_namespaces and user.max_pid_namespaces with `sudo sysctl -w`";
  if (in_container())
    return "A container's rules forbid it: start the container with `--privileged`, or with `--cap-add "
           "SYS_ADMIN "
           "--cap-add NET_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
           "--security-opt systempaths=unconfined`";
  if (mode == SandboxMode::kRoot)
    return "Root lacks CAP_SYS_ADMIN here (a container, or a service with a bounded capability set): give it "
           "that and CAP_NET_ADMIN";
  return "A seccomp filter, a chroot or a security module forbids it: run outside of it, or as root";
}

}  // namespace harness
