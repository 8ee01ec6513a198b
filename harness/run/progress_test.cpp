#include "harness/run/progress.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "harness/sandbox/file_descriptor.h"

using namespace harness;

namespace {

/// What `work` writes to stderr. Nothing may be checked meanwhile: Catch2 would write there too.
template <typename Work>
std::string stderr_of(Work work) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  std::fflush(stderr);
  const FileDescriptor before(::dup(STDERR_FILENO));
  ::dup2(::fileno(file), STDERR_FILENO);
  work();
  std::fflush(stderr);
  ::dup2(before.get(), STDERR_FILENO);
  std::rewind(file);
  std::string text(65536, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

}  // namespace

TEST_CASE("figures have three digits") {
  for (const auto& [number, text] : {std::pair{0.0, "0"},
                                     {7.4, "7"},
                                     {999.4, "999"},
                                     {999.6, "1.0k"},
                                     {1000.0, "1.0k"},
                                     {12'345.0, "12.3k"},
                                     {99'949.0, "99.9k"},
                                     {99'960.0, "100k"},
                                     {212'000.0, "212k"},
                                     {999'499.0, "999k"},
                                     {999'600.0, "1.0M"},
                                     {1'234'567.0, "1.2M"}})
    CHECK(short_number(number) == text);
}

TEST_CASE("the live line tells time, operations, their outcomes and the newest event") {
  LoadFigures figures;
  figures.elapsed = 65 * kSecond;
  figures.expected_s = 130;
  figures.ok = 900;
  figures.fail = 75;
  figures.info = 25;
  figures.per_second = 4987;
  figures.event = "kill n1";
  CHECK(load_line(figures) ==
        "01:05/02:10 [######......] 1.0k ops  5.0k/s  ok 90.0%  fail 7.5%  info 2.5%  ! kill n1");
}

TEST_CASE("the live line stands before the first operation and after the expected end") {
  CHECK(load_line({}) == "00:00 0 ops  0/s  ok 0.0%  fail 0.0%  info 0.0%");
  LoadFigures late;
  late.elapsed = 50 * kSecond;
  late.expected_s = 20;
  CHECK_THAT(load_line(late), Catch::StartsWith("00:50 [############] "));
}

TEST_CASE("no progress is silence") {
  CHECK(stderr_of([] {
          Progress progress(ProgressStyle::kNone);
          progress.say("event");
          progress.update("now");
        }).empty());
  CHECK(progress_style(false) == ProgressStyle::kNone);
}

TEST_CASE("as lines, events stand alone and no escape appears") {
  CHECK(stderr_of([] {
          Progress progress(ProgressStyle::kLines);
          progress.update("too early for a line");
          progress.say("event");
        }) == "event\n");
}

TEST_CASE("on a terminal, events stand above the live line, which goes in the end") {
  CHECK(stderr_of([] {
          Progress progress(ProgressStyle::kLive);
          progress.update("one");
          progress.update("two");
          progress.say("event");
        }) == "one\r\x1b[Ktwo\r\x1b[Kevent\ntwo\r\x1b[K");
}

namespace {

/// A terminal of so many columns, on stderr while it lives.
class Terminal {
 public:
  explicit Terminal(unsigned short columns)
      : ours_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)), before_(::dup(STDERR_FILENO)) {
    REQUIRE(ours_.get() >= 0);
    REQUIRE(::grantpt(ours_.get()) == 0);
    REQUIRE(::unlockpt(ours_.get()) == 0);
    const FileDescriptor theirs(::open(::ptsname(ours_.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    winsize size{};
    size.ws_col = columns;
    size.ws_row = 24;
    REQUIRE(::ioctl(theirs.get(), TIOCSWINSZ, &size) == 0);
    std::fflush(stderr);
    ::dup2(theirs.get(), STDERR_FILENO);
  }
  ~Terminal() { ::dup2(before_.get(), STDERR_FILENO); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// What was written to it since.
  std::string seen() {
    std::fflush(stderr);
    std::string text(4096, '\0');
    text.resize(
        static_cast<std::size_t>(std::max<ssize_t>(0, ::read(ours_.get(), text.data(), text.size()))));
    return text;
  }

 private:
  FileDescriptor ours_;
  FileDescriptor before_;
};

/// A variable of the environment, as it is for a while.
class Set {
 public:
  Set(const char* name, const char* value) : name_(name) {
    if (const char* was = std::getenv(name)) before_ = was;
    value ? ::setenv(name, value, 1) : ::unsetenv(name);
  }
  ~Set() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }
  Set(const Set&) = delete;
  Set& operator=(const Set&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("the live line never fills a narrow terminal, and no character is cut in two") {
  for (const unsigned short columns : {10, 40, 60}) {
    std::string text;
    {
      Terminal terminal(columns);
      Progress progress(ProgressStyle::kLive);
      progress.update(
          "\u00e4\u00e4\u00e4\u00e4 01:05/02:10 [######......] 1.0k ops  5.0k/s  ok 90.0%  fail 7.5%  info "
          "2.5%");
      text = terminal.seen();
    }
    INFO(columns << ": " << text);
    CHECK(text.size() == columns - 1U + 4);  // four of the characters have two bytes
  }
}

TEST_CASE("a terminal has a live line and colours, unless it is dumb or they are not wanted") {
  bool live = false, dumb = true, coloured = false, plain = true, refused = true;
  {
    const Terminal terminal(80);
    const Set colours("NO_COLOR", nullptr);
    {
      const Set term("TERM", "xterm");
      live = progress_style(true) == ProgressStyle::kLive;
      coloured = colours_on(STDERR_FILENO);
      const Set no("NO_COLOR", "1");
      refused = !colours_on(STDERR_FILENO);
    }
    const Set term("TERM", "dumb");
    dumb = progress_style(true) == ProgressStyle::kLines;
    plain = !colours_on(STDERR_FILENO);
  }
  CHECK(live);
  CHECK(coloured);
  CHECK(refused);
  CHECK(dumb);
  CHECK(plain);
}
