// What a user names is written as it is: a device stays a device, a link a link.
#include "harness/verbs/named_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "harness/core/check.h"

using namespace harness;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path;
  Folder() {
    std::string name = "/tmp/harness-named-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() {
    std::error_code ignored;  // a folder of the test's own
    fs::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const char* name) const { return (path / name).string(); }
};

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a regular file is replaced as a whole, through links too") {
  const Folder folder;
  write_named_file(folder / "new", "one", "--junit");
  CHECK(text_of(folder / "new") == "one");
  write_named_file(folder / "new", "2", "--junit");
  CHECK(text_of(folder / "new") == "2");
  fs::create_symlink("new", folder / "link");
  fs::create_symlink("later", folder / "dangling");
  write_named_file(folder / "link", "three", "--junit");
  write_named_file(folder / "dangling", "four", "--junit");
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(text_of(folder / "new") == "three");
  CHECK(fs::is_symlink(folder / "dangling"));
  CHECK(text_of(folder / "later") == "four");
}

TEST_CASE("a FIFO is written and stays one") {
  const Folder folder;
  const std::string fifo = folder / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  REQUIRE_NOTHROW(require_writable(fifo, "--junit"));
  write_named_file(fifo, "through", "--junit");
  std::array<char, 16> got{};
  CHECK(::read(reader, got.data(), got.size()) == 7);
  ::close(reader);
  CHECK(fs::is_fifo(fifo));
}

TEST_CASE("a descriptor of the process is written where it stands: a pipe, or a file that others write too") {
  const Folder folder;
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const std::string pipe = "/proc/self/fd/" + std::to_string(ends[1]);
  fs::create_symlink(pipe, folder / "out");
  for (const std::string& name : {pipe, folder / "out"}) {
    REQUIRE_NOTHROW(require_writable(name, "--junit"));
    write_named_file(name, "through", "--junit");
    std::array<char, 16> got{};
    CHECK(::read(ends[0], got.data(), got.size()) == 7);
  }
  CHECK_THROWS_WITH(require_writable("/dev/fd/" + std::to_string(ends[0]), "--junit"),
                    Catch::Contains("not open for writing"));
  ::close(ends[0]);
  ::close(ends[1]);

  const int shared = ::open((folder / "both").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(shared >= 0);
  REQUIRE(::write(shared, "one ", 4) == 4);
  write_named_file("/dev/fd/" + std::to_string(shared), "two ", "--junit");
  REQUIRE(::write(shared, "three", 5) == 5);
  ::close(shared);
  CHECK(text_of(folder / "both") == "one two three");
}

TEST_CASE("a device is written and stays one") {
  const Folder folder;
  const std::string device = folder / "null";
  if (::mknod(device.c_str(), S_IFCHR | 0600, ::makedev(1, 3)) != 0) {
    WARN("only root makes devices: not tried");
    return;
  }
  if (const int tried = ::open(device.c_str(), O_WRONLY | O_CLOEXEC); tried < 0) {
    WARN("this file system allows no devices: not tried");
    return;
  } else {
    ::close(tried);
  }
  write_named_file(device, "gone", "--junit");
  CHECK(fs::is_character_file(device));
}

TEST_CASE("what cannot be written is refused before it is needed, with the reason") {
  const Folder folder;
  CHECK_THROWS_AS(require_writable(folder.path.string(), "--junit"), UsageError);
  CHECK_THROWS_WITH(require_writable(folder / "no/such/place", "--junit"),
                    Catch::Contains("there is no directory"));
  CHECK_THROWS_AS(write_named_file(folder / "no/such/place", "x", "--junit"), EnvironmentError);
  for (const char* option : {"--output", "--summary"}) {
    CAPTURE(option);
    const auto mend = Catch::Contains(std::string("choose another place with ") + option + " FILE");
    CHECK_THROWS_WITH(require_writable(folder / "no/such/place", option), mend);
    CHECK_THROWS_WITH(write_named_file(folder / "no/such/place", "x", option), mend);
    CHECK_THROWS_WITH(append_to_named_file(folder / "no/such/place", "x", option), mend);
  }
}
