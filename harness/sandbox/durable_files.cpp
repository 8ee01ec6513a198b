#include "harness/sandbox/durable_files.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "harness/core/check.h"

namespace harness {
namespace {

namespace fs = std::filesystem;

// Larger files (snapshots) are written from their start to their end once: their length says it all.
constexpr std::uint64_t kContentKept = 1U << 20;

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Whether the path is the root, lies below it, or is a copy of it that is about to be renamed
/// ("nodes.conf.tmp-17").
bool is_of(const fs::path& root, const fs::path& path) {
  const std::string prefix = root.string();
  const std::string text = path.string();
  return text.starts_with(prefix) &&
         (text.size() == prefix.size() || text[prefix.size()] == '/' || text[prefix.size()] == '.');
}

void overwrite(const fs::path& path, const std::string& content) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  if (!out) throw EnvironmentError("cannot write " + path.string());
}

}  // namespace

bool DurableFiles::owns(const fs::path& path) const {
  return std::ranges::any_of(roots_, [&](const fs::path& root) { return is_of(root, path); });
}

void DurableFiles::synced(const fs::path& path, bool appended) {
  std::error_code error;
  Durable durable;
  durable.length = fs::file_size(path, error);
  if (error || !fs::is_regular_file(path, error)) return;  // a folder, or a file that is gone
  if (!appended && durable.length <= kContentKept) durable.content = content_of(path);
  const std::lock_guard lock(mutex_);
  durable_[path] = std::move(durable);
}

void DurableFiles::renamed(const fs::path& from, const fs::path& to) {
  const std::lock_guard lock(mutex_);
  auto known = durable_.extract(from);
  if (known.empty()) return;
  durable_.erase(to);
  known.key() = to;
  durable_.insert(std::move(known));
}

std::vector<fs::path> DurableFiles::files() const {
  std::vector<fs::path> found;
  std::error_code error;
  for (const fs::path& root : roots_) {
    if (fs::is_regular_file(root, error)) found.push_back(root);
    if (!fs::is_directory(root, error)) continue;
    for (fs::recursive_directory_iterator it(root, error), end; !error && it != end; it.increment(error))
      if (it->is_regular_file(error)) found.push_back(it->path());
  }
  return found;
}

DurableFiles::Loss DurableFiles::lose(const fs::path& path, const Durable& durable) const {
  Loss loss;
  loss.path = path;
  loss.before = fs::file_size(path);
  loss.after = durable.content ? durable.content->size() : std::min(loss.before, durable.length);
  loss.lost = loss.before - std::min(loss.before, loss.after);
  if (!durable.content) {
    if (loss.lost > 0) fs::resize_file(path, loss.after);
    return loss;
  }
  const std::string now = content_of(path);
  if (now == *durable.content) return loss;
  if (loss.lost == 0) loss.lost = now.size();
  overwrite(path, *durable.content);
  return loss;
}

std::vector<DurableFiles::Loss> DurableFiles::lose_the_rest() {
  const std::lock_guard lock(mutex_);
  std::vector<Loss> losses;
  for (const fs::path& path : files()) {
    const Loss loss = lose(path, durable_[path]);
    if (loss.lost > 0) losses.push_back(loss);
  }
  return losses;
}

}  // namespace harness
