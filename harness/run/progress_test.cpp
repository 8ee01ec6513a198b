#include "harness/run/progress.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>

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
  CHECK_THAT(load_line(late), Catch::StartsWith("00:50/00:20 [############] "));
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
