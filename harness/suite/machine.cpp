#include "harness/suite/machine.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace harness {
namespace {

namespace fs = std::filesystem;

constexpr double kGuessedCores = 1;
constexpr double kMostRunsPerCore = 3;  // peaks of several runs may fall together
constexpr std::uint64_t kGuessedBytes = 400ULL << 20;
constexpr double kShareOfMemory = 0.8;  // the rest is for what runs differ by

double allowed_cores() {
  cpu_set_t set;
  double cores = static_cast<double>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  if (::sched_getaffinity(0, sizeof set, &set) == 0) cores = CPU_COUNT(&set);
  std::ifstream file("/sys/fs/cgroup/cpu.max");  // "max 100000", or "150000 100000"
  double quota = 0;
  double period = 0;
  if (file >> quota >> period && quota > 0 && period > 0) cores = std::min(cores, quota / period);
  return cores;
}

/// A number in a file that holds nothing else; 0: there is none.
std::uint64_t number_in(const char* path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  return file >> number ? number : 0;
}

std::uint64_t free_memory() {
  std::ifstream file("/proc/meminfo");
  std::uint64_t kilobytes = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t value = 0;
    if (words >> name >> value && name == "MemAvailable:") kilobytes = value;
  }
  std::uint64_t bytes = kilobytes * 1024;
  const std::uint64_t limit = number_in("/sys/fs/cgroup/memory.max");
  const std::uint64_t used = number_in("/sys/fs/cgroup/memory.current");
  if (limit > 0) bytes = std::min(bytes, limit > used ? limit - used : 0);
  return bytes;
}

/// Ticks of all cores: busy ones, and all of them. Time that a hypervisor took counts as busy.
void read_ticks(std::uint64_t& busy, std::uint64_t& total) {
  std::ifstream file("/proc/stat");
  std::string name;
  file >> name;  // cpu  user nice system idle iowait irq softirq steal …
  busy = total = 0;
  std::uint64_t ticks = 0;
  for (int field = 0; field < 8 && file >> ticks; ++field) {
    const bool idle = field == 3 || field == 4;
    total += ticks;
    if (!idle) busy += ticks;
  }
}

struct Process {
  pid_t parent = 0;
  std::uint64_t bytes = 0;
};

/// "PID (NAME) STATE PPID …", and the name may hold anything; field 24 is the resident size in pages.
bool read_process(const fs::path& directory, Process& process) {
  std::ifstream file(directory / "stat");
  std::string line;
  std::getline(file, line);
  const std::size_t close = line.rfind(')');
  if (close == std::string::npos) return false;
  std::istringstream fields(line.substr(close + 1));
  std::string word;
  for (int field = 3; fields >> word; ++field) {
    if (field == 4) process.parent = static_cast<pid_t>(std::stol(word));
    if (field != 24) continue;
    process.bytes = std::stoull(word) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return true;
  }
  return false;
}

std::map<pid_t, Process> all_processes() {
  std::map<pid_t, Process> processes;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    Process process;
    if (std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c); }) &&
        read_process(entry.path(), process))
      processes[static_cast<pid_t>(std::stol(name))] = process;
  }
  return processes;
}

}  // namespace

void Need::add_run(double cpu_seconds, double seconds) {
  cpu_seconds_ += std::max(0.0, cpu_seconds);
  seconds_ += std::max(0.0, seconds);
}

void Need::see_bytes(std::uint64_t bytes) {
  bytes_ = std::max(bytes_, bytes);
}

double Need::cores() const {
  return seconds_ > 0 ? cpu_seconds_ / seconds_ : kGuessedCores;
}

std::uint64_t Need::bytes() const {
  return bytes_ > 0 ? bytes_ : kGuessedBytes;
}

int runs_side_by_side(const Machine& machine, const Need& need) {
  const double by_cores = std::round(machine.cores / std::max(need.cores(), 0.1));
  const double by_memory =
      std::floor(kShareOfMemory * static_cast<double>(machine.bytes) / static_cast<double>(need.bytes()));
  return static_cast<int>(
      std::clamp(std::min(by_cores, by_memory), 1.0, std::max(1.0, kMostRunsPerCore * machine.cores)));
}

BusyMeter::BusyMeter() {
  read_ticks(busy_, total_);
}

double BusyMeter::measure() {
  constexpr double kWeight = 0.2;  // of the newest of some five looks
  std::uint64_t busy = 0;
  std::uint64_t total = 0;
  read_ticks(busy, total);
  if (total > total_) {
    const double now = static_cast<double>(busy - busy_) / static_cast<double>(total - total_);
    smoothed_ += kWeight * (now - smoothed_);
  }
  busy_ = busy;
  total_ = total;
  return smoothed_;
}

int runs_when(double busy, int running, int limit) {
  constexpr double kFull = 0.85;
  constexpr double kTooFull = 0.97;
  const int more = busy < kFull ? running + 1 : busy > kTooFull ? running - 1 : running;
  return std::clamp(more, 1, std::max(1, limit));
}

Machine measure_machine(std::uint64_t used) {
  return {allowed_cores(), free_memory() + used};
}

std::map<pid_t, std::uint64_t> bytes_of_trees(std::span<const pid_t> roots) {
  const std::map<pid_t, Process> processes = all_processes();
  std::map<pid_t, std::uint64_t> bytes;
  for (const pid_t root : roots) bytes[root] = 0;
  for (const auto& [pid, process] : processes) {
    // Upwards to one of the roots; a chain that is cut while we look ends at 0.
    pid_t ancestor = pid;
    for (int steps = 0; ancestor > 1 && steps < 64 && !bytes.contains(ancestor); ++steps) {
      const auto found = processes.find(ancestor);
      ancestor = found == processes.end() ? 0 : found->second.parent;
    }
    if (const auto root = bytes.find(ancestor); root != bytes.end()) root->second += process.bytes;
  }
  return bytes;
}

int SideBySide::at_first() const {
  return jobs_ > 0 ? jobs_ : runs_side_by_side(measure_machine(0), need_);
}

int SideBySide::measure(std::span<const pid_t> running, int ceiling) {
  if (jobs_ > 0) return jobs_;
  std::uint64_t used = 0;
  for (const auto& [pid, bytes] : bytes_of_trees(running)) {
    need_.see_bytes(bytes);
    used += bytes;
  }
  const int limit = std::min(ceiling, runs_side_by_side(measure_machine(used), need_));
  return runs_when(busy_.measure(), static_cast<int>(running.size()), limit);
}

}  // namespace harness
