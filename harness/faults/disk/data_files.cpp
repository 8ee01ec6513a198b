#include "harness/faults/disk/data_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include "harness/core/check.h"
#include "harness/sandbox/file_descriptor.h"

namespace harness {
namespace {

namespace fs = std::filesystem;

/// Of the folder itself and those directly in it, so that an append-only file's own folder may have any name.
std::vector<fs::path> files_with_suffix(const fs::path& folder, std::string_view suffix) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->is_regular_file(error) && it->path().filename().string().ends_with(suffix))
      found.push_back(it->path());
  std::ranges::sort(found);
  return found;
}

bool has_bytes(const fs::path& path) {
  std::error_code error;
  return fs::file_size(path, error) > 0 && !error;
}

std::optional<fs::path> find_aof(const fs::path& data) {
  for (const fs::path& manifest : files_with_suffix(data, ".manifest")) {
    const std::vector<std::string> parts = manifest_parts(read_data_file(manifest));
    for (auto part = parts.rbegin(); part != parts.rend(); ++part)
      if (const fs::path path = manifest.parent_path() / *part; has_bytes(path)) return path;
  }
  // One file alone, as releases before 7.0 had it.
  for (const fs::path& path : files_with_suffix(data, ".aof"))
    if (path.parent_path() == data && has_bytes(path)) return path;
  return std::nullopt;
}

std::optional<fs::path> find_rdb(const fs::path& data) {
  for (const fs::path& path : files_with_suffix(data, ".rdb"))
    if (path.parent_path() == data && !path.filename().string().starts_with("temp-") && has_bytes(path))
      return path;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(DataFile file) {
  return kDataFileWords[static_cast<std::size_t>(file)];
}

DataFile data_file_from(std::string_view word) {
  const auto found = std::ranges::find(kDataFileWords, word);
  CHECK_THAT_HOLDS(found != std::end(kDataFileWords), "a data file's word: " + std::string(word));
  return static_cast<DataFile>(found - std::begin(kDataFileWords));
}

std::optional<fs::path> find_data_file(const NodeFiles& files, DataFile which, std::string& problem) {
  std::optional<fs::path> found;
  if (which == DataFile::kAof) found = find_aof(files.data());
  if (which == DataFile::kRdb) found = find_rdb(files.data());
  if (which == DataFile::kNodesConf && has_bytes(files.nodes_conf())) found = files.nodes_conf();
  if (!found)
    problem = "it has no " + std::string(to_string(which)) + " file with anything in it (persistence under " +
              "[cluster] says what nodes write)";
  return found;
}

std::vector<std::string> manifest_parts(std::string_view manifest) {
  std::vector<std::string> base, increments;
  std::istringstream lines{std::string(manifest)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key, name, type;
    for (std::string value; words >> key >> value;) {
      if (key == "file") name = value;
      if (key == "type") type = value;
    }
    if (type == "b") base.push_back(name);
    if (type == "i") increments.push_back(name);  // "h" is history, to be deleted
  }
  base.insert(base.end(), increments.begin(), increments.end());
  return base;
}

std::string read_data_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  if (!in.good() && !in.eof())
    throw EnvironmentError("cannot read " + path.string() + ": " + std::strerror(errno));
  return bytes;
}

void write_data_file(const fs::path& path, std::string_view bytes) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  bool written = static_cast<bool>(file);
  while (written && !bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    written = count >= 0 || errno == EINTR;
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  if (!written || ::fsync(file.get()) != 0)
    throw EnvironmentError("cannot write " + path.string() + ": " + std::strerror(errno));
}

}  // namespace harness
